"""Find and rate receiving sites (安置点): exclusions first, then buildable patches and existing places, then score and capacity.

Patches are what is left of the county after `geoplan.relocation.exclusion`, cut by `geoplan.relocation.patches`; places are the plan's
existing towns and settlement points with stated capacity. Travel times are those of the access room, computed for one point per site: a
place's own position, a patch's cell nearest to its centroid. ``road_m`` is the straight distance from that point to the nearest
all-weather road, ``water_m`` that to the nearest water point. A place that stands in a zone or its margin, mapped or modelled, or where
hazard is unknown, stays in the table with ``excluded_reason`` (``hazard``, ``run_out``, ``flood_prone``, ``hazard_unknown``,
``flood_prone_unknown``) and has neither score nor rank. What a site holds is `geoplan.relocation.capacity`'s, which seats it draws on
`geoplan.relocation.seats`'.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio import features

from geoplan.access.surface import Surface
from geoplan.contracts.config import PlanConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.profiles import RelocationProfile, SpeedProfile
from geoplan.contracts.results import AccessResult, Demand, Layers, SitesResult
from geoplan.contracts.site_profile import SITE_PROFILE, SiteProfile
from geoplan.relocation.capacity import bind_capacity, size_patches
from geoplan.relocation.exclusion import (
    all_weather_roads,
    find_exclusions,
    frame_slope,
    study_mask,
    tabulate_exclusions,
)
from geoplan.relocation.exclusion_maps import map_exclusions
from geoplan.relocation.patches import Patches, cut_patches, middle_cells
from geoplan.relocation.places import read_places
from geoplan.relocation.seats import count_free_seats, find_roomy, pool_seats
from geoplan.relocation.site_ground import add_distances, add_farmland, find_townships, find_water_points, name_patches
from geoplan.relocation.site_safety import exclude_screened, read_screening
from geoplan.relocation.site_score import score_sites, tabulate_contributions
from geoplan.relocation.site_times import (
    ROOMY,
    SITE_SERVICES,
    SiteTravel,
    join_times,
    shortlist,
    site_season,
    time_sites,
)

__all__ = ["SITE_COLUMNS", "SITE_SERVICES", "rate_sites"]

SITE_COLUMNS = (
    "site_id name kind area_m2 slope_deg compactness capacity_persons capacity_households binding seats_status ground_persons ground_households "
    "school_persons school_seats_free school_seats_status clinic_persons clinic_seats_free clinic_seats_status "
    "capacity_basis_zh capacity_basis_en road_m road_status water_m water_status "
    "seat_min seat_status school_min school_status clinic_min clinic_status farmland_mu farmland_mu_per_household farmland_status "
    "site_score score_low score_high evidence_share rank township_code excluded_reason"
).split()


def rate_sites(
    demand: Demand,
    layers: Layers,
    plan: PlanConfig,
    profile: RelocationProfile,
    *,
    surfaces: Mapping[str, Surface],
    speeds: SpeedProfile,
    facilities: dict[str, gpd.GeoDataFrame],
    walkers: Mapping[str, float] | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    access: AccessResult | None = None,
    run_out: gpd.GeoDataFrame | None = None,
    flood_prone: Grid | None = None,
    site_profile: SiteProfile = SITE_PROFILE,
) -> SitesResult:
    """Return rated candidate sites, what they hold, and what ruled out the rest of the county.

    Parameters
    ----------
    demand
        County and township boundaries; settlements name the patches, share the farmland and use the seats.
    layers
        DEM, hazards, exclusion layers, farmland and places, in the working CRS.
    plan
        Its ``sites``, ``hazards``, ``services``, ``access`` and ``people_per_household``.
    profile
        Gross site area per person.
    surfaces, speeds, facilities, walkers
        As `geoplan.access.compute.compute_access` takes them; facilities of `SITE_SERVICES` are enough.
    barriers
        What nobody walks across; no site lies on it.
    access
        Travel times of the settlements: who uses which school and clinic now. Without them free seats are unknown and bind nothing.
    run_out
        Modelled run-out of slides and flows, polygons with ``kind``; no site lies in it or its margin.
    flood_prone
        1 where the terrain says that ground floods, 0 where it does not, NaN where it cannot tell.
    site_profile
        Criteria of the score, seats per 1,000 people, least compactness and reach of farmland.

    Returns
    -------
    SitesResult
        ``sites``: patches and places, best first, excluded ones last. ``exclusions``: reasons in order; the last rows (``too_narrow``,
        ``too_small``, ``too_straggling``, ``beyond_max_sites``) tell what was left but not kept, with the number of ``patches``.

    Raises
    ------
    ConfigError
        ``SITES-EXCLUSION`` for an exclusion or farmland layer that was not read.
    TableError, CrsError
        As `geoplan.relocation.site_safety.read_screening`.
    """
    network = next(iter(surfaces.values())).network
    slope = frame_slope(demand, layers.rasters[plan.dem], plan.sites.cell_m, reach_m=plan.sites.max_road_m)
    screening = read_screening(run_out, flood_prone, like=slope)
    screened = exclude_screened(screening, slope, margin_m=plan.sites.hazard_margin_m)
    found = find_exclusions(layers, plan, slope, network=network, speeds=speeds, barriers=barriers, screened=screened)
    study = study_mask(demand, slope)
    table, left = tabulate_exclusions(found, study, plan.sites.cell_m)
    patches = _cut(left, plan, site_profile)
    parts = [_patch_rows(patches, slope, demand, plan, profile), read_places(layers, plan, slope, screening=screening)]
    # Empty frames are left out: they would turn number columns into objects.
    sites = pd.concat([one for one in parts if len(one)] or parts[:1], ignore_index=True)
    points = gpd.GeoDataFrame(sites, geometry="geometry", crs=layers.crs)
    points["township_code"] = find_townships(points, demand)
    points = add_distances(points, all_weather_roads(network, speeds), find_water_points(layers, plan))
    points, dropped = shortlist(points, facilities, most=plan.sites.max_sites, profile=site_profile)
    points = add_farmland(points, demand, layers, plan, site_profile)
    points, pools = _with_times_and_seats(
        points,
        demand,
        plan,
        SiteTravel(surfaces, facilities, walkers),
        access,
        site_profile,
        least_persons=_least_persons(plan, profile),
    )
    rated = _rank(points, site_profile)
    kept, beyond = _keep_best(rated, plan.sites.max_sites)
    rows = _left_over_rows(patches, pd.concat([beyond["area_m2"], dropped["area_m2"]]), plan, site_profile)
    drawn = _with_polygons(kept, patches, slope)
    return SitesResult(
        sites=drawn[[*SITE_COLUMNS, "geometry"]],
        exclusions=pd.concat([table, rows], ignore_index=True),
        exclusion_maps=map_exclusions(found, study, slope),
        contributions=tabulate_contributions(kept, score_sites(kept, site_profile), site_profile),
        pools=pools[pools["site_id"].isin(kept["site_id"])].reset_index(drop=True),
    )


def _cut(left: NDArray[np.bool_], plan: PlanConfig, profile: SiteProfile) -> Patches:
    """Return the patches of what is left, as the plan wants them."""
    return cut_patches(
        left,
        plan.sites.cell_m,
        least_m2=plan.sites.min_area_m2,
        least_compactness=_least_compactness(plan, profile),
        least_width_m=plan.sites.min_width_m,
    )


def _least_persons(plan: PlanConfig, profile: RelocationProfile) -> float:
    """Return the people of the smallest patch the plan allows."""
    sized = size_patches(np.array([plan.sites.min_area_m2]), profile, people_per_household=plan.people_per_household)
    return float(sized["capacity_persons"].iloc[0])


def _least_compactness(plan: PlanConfig, profile: SiteProfile) -> float:
    """Return the plan's least compactness, else the profile's."""
    return profile.min_compactness if plan.sites.min_compactness is None else plan.sites.min_compactness


def _patch_rows(patches: Patches, slope: Grid, demand: Demand, plan: PlanConfig, profile: RelocationProfile) -> pd.DataFrame:
    """Return one row per patch, its geometry still the point that stands for it."""
    rows, cols = np.divmod(middle_cells(patches, slope.shape[1]), slope.shape[1])
    x, y = slope.transform.c + (cols + 0.5) * slope.transform.a, slope.transform.f + (rows + 0.5) * slope.transform.e
    area = patches.sizes * plan.sites.cell_m**2
    steep = np.bincount(patches.patch, weights=slope.values.ravel()[patches.cells], minlength=len(area))
    frame = pd.DataFrame(
        {
            # Named by where it is, so that a changed weight or rank does not rename it.
            "site_id": [f"P{east:.0f}-{north:.0f}" for east, north in zip(x, y, strict=True)],
            "name": name_patches(np.column_stack([x, y]), demand),
            "kind": "patch",
            "area_m2": area.astype(float),
            "slope_deg": steep / np.maximum(patches.sizes, 1),
            "compactness": patches.compactness,
            "excluded_reason": "",
            "patch": np.arange(len(area)),
            "geometry": shapely.points(x, y),
        }
    )
    return frame.join(size_patches(area.astype(np.float64), profile, people_per_household=plan.people_per_household))


def _with_times_and_seats(
    points: gpd.GeoDataFrame,
    demand: Demand,
    plan: PlanConfig,
    travel: SiteTravel,
    access: AccessResult | None,
    profile: SiteProfile,
    *,
    least_persons: float,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the sites with travel times and capacity, and the pools of seats they draw on."""
    free: dict[str, pd.DataFrame] = {}
    roomy: dict[str, NDArray[np.bool_]] = {}
    for need in profile.seats:
        if need.service not in travel.facilities:
            continue
        free[need.kind] = count_free_seats(
            travel.facilities[need.service],
            need,
            times=None if access is None else access.times,
            settlements=demand.settlements,
            season=site_season(plan),
        )
        roomy[need.service] = find_roomy(free[need.kind], least_seats=least_persons * need.per_1000_persons / 1000.0)
    times = time_sites(points, plan, travel, roomy=roomy)
    ways: dict[str, list[pd.DataFrame]] = {
        str(one.kind): [times[name] for name in (one.service + ROOMY, one.service) if name in times] for one in profile.seats
    }
    pools = pool_seats(points["site_id"].tolist(), profile.seats, free, ways)
    bound = bind_capacity(points, pools, profile.seats, people_per_household=plan.people_per_household)
    timed = join_times(points, times)
    return timed.drop(columns=[one for one in bound.columns if one in timed]).join(bound), pools


def _rank(points: gpd.GeoDataFrame, profile: SiteProfile) -> gpd.GeoDataFrame:
    """Return the sites with score and rank, best first; excluded sites have neither and come last."""
    rated = points.copy()
    scored = score_sites(rated, profile)
    offered = (rated["excluded_reason"] == "").to_numpy(dtype=bool)
    columns = {"site_score": scored.score, "score_low": scored.low, "score_high": scored.high}
    for name, values in columns.items():
        rated[name] = np.where(offered, values, np.nan)
    rated["evidence_share"] = scored.evidence_share
    rated["rank"] = rated["site_score"].round(12).rank(ascending=False, method="min")
    return rated.sort_values(["rank", "site_id"], na_position="last", kind="stable").reset_index(drop=True)


def _keep_best(rated: gpd.GeoDataFrame, most: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the ``most`` best patches with every existing place, and the patches beyond (places are never cut)."""
    is_patch = (rated["kind"] == "patch").to_numpy()
    keeps = ~is_patch | (np.cumsum(is_patch) <= most)
    kept = rated[keeps].reset_index(drop=True)
    kept["rank"] = kept["site_score"].round(12).rank(ascending=False, method="min")
    return kept, rated[~keeps]


def _with_polygons(kept: gpd.GeoDataFrame, patches: Patches, slope: Grid) -> gpd.GeoDataFrame:
    """Return the sites with each patch's outline in place of its point."""
    chosen = kept["patch"].to_numpy(dtype=float)
    wanted = np.zeros(len(patches.sizes), dtype=bool)
    wanted[chosen[np.isfinite(chosen)].astype(int)] = True
    if not wanted.any():
        return kept
    image = np.zeros(slope.shape, dtype=np.int32)
    drawn = wanted[patches.patch]
    image.ravel()[patches.cells[drawn]] = patches.patch[drawn] + 1
    outline = np.full(len(patches.sizes), None, dtype=object)
    for polygon, number in features.shapes(image, mask=image > 0, connectivity=4, transform=slope.transform):
        outline[int(number) - 1] = shapely.geometry.shape(polygon)
    geometry = kept.geometry.to_numpy().copy()
    is_patch = np.isfinite(chosen)
    geometry[is_patch] = outline[chosen[is_patch].astype(int)]
    return kept.set_geometry(gpd.GeoSeries(geometry, crs=kept.crs))


def _left_over_rows(patches: Patches, beyond_m2: pd.Series, plan: PlanConfig, profile: SiteProfile) -> pd.DataFrame:
    """Return the rows that tell what was left after the exclusions and is no site all the same."""
    cell = plan.sites.cell_m**2
    most, least, compact = plan.sites.max_sites, plan.sites.min_area_m2, _least_compactness(plan, profile)
    width_m = max(2 * plan.sites.cell_m, plan.sites.min_width_m)
    rows = [
        ("too_narrow", f"窄于 {width_m:g} m", f"narrower than {width_m:g} m", patches.narrow_cells * cell, 0),
        ("too_small", f"小于 {least:g} m²", f"smaller than {least:g} m²", patches.small_cells * cell, patches.small_patches),
        (
            "too_straggling",
            f"紧凑度 4πA/P² 低于 {compact:g}",
            f"compactness 4πA/P² below {compact:g}",
            patches.straggling_cells * cell,
            patches.straggling_patches,
        ),
        (
            "beyond_max_sites",
            f"排在前 {most} 个之后",
            f"ranked after the first {most}",
            float(beyond_m2.sum()),
            len(beyond_m2),
        ),
    ]
    frame = pd.DataFrame(rows, columns=["reason", "label_zh", "label_en", "excluded_area_m2", "patches"])
    frame["added_area_m2"] = frame["excluded_area_m2"]
    return frame[["reason", "label_zh", "label_en", "excluded_area_m2", "added_area_m2", "patches"]]
