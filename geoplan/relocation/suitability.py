"""Find and rate receiving sites (安置点): exclusions first, then buildable patches and existing places, then the score.

Patches are what is left of the county after `geoplan.relocation.exclusion`, cut by `geoplan.relocation.patches`; places are
the plan's existing towns and settlement points with stated capacity. Travel times are those of the access room, computed for one
point per site: a place's own position, a patch's cell nearest to its centroid. ``road_m`` is the straight distance from that point to
the nearest all-weather road. A place that stands in a hazard zone or its margin, or where hazard is unknown, stays in the table
with ``excluded_reason`` (``hazard``, ``hazard_unknown``) and has neither score nor rank.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio import features
from scipy.spatial import cKDTree

from geoplan.access.compute import compute_times
from geoplan.access.surface import Surface
from geoplan.contracts.config import PlanConfig, ServiceConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.profiles import RelocationProfile, SpeedProfile
from geoplan.contracts.results import Demand, Layers, SitesResult
from geoplan.contracts.status import Status
from geoplan.relocation.capacity import size_patches
from geoplan.relocation.exclusion import all_weather_roads, find_exclusions, frame_slope, study_mask, tabulate_exclusions
from geoplan.relocation.patches import Patches, cut_patches, middle_cells
from geoplan.relocation.places import read_places
from geoplan.relocation.site_score import score_sites
from geoplan.units import travel_min

SITE_SERVICES = {"seat": "seat", "school": "primary_school", "clinic": "clinic"}
"""Column stem of the sites table → service id of the plan."""
SHORTLIST = 2
"""So many times ``max_sites`` patches are timed on the network."""
GUESSED_KMH = 12.0
"""Straight-line speed of the guess that makes the shortlist: 20 km/h on roads 1.7 times as long as the straight line."""
SITE_COLUMNS = (
    "site_id name kind area_m2 slope_deg capacity_persons capacity_households capacity_basis_zh capacity_basis_en road_m "
    "seat_min seat_status school_min school_status clinic_min clinic_status site_score rank township_code excluded_reason"
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
) -> SitesResult:
    """Return rated candidate sites and what ruled out the rest of the county.

    Parameters
    ----------
    demand
        County and township boundaries; settlements name the patches.
    layers
        DEM, hazards, exclusion layers and places, in the working CRS.
    plan
        Its ``sites``, ``hazards``, ``services``, ``access`` and ``people_per_household``.
    profile
        Gross site area per person.
    surfaces, speeds, facilities, walkers
        As `geoplan.access.compute.compute_access` takes them; facilities of `SITE_SERVICES` are enough.
    barriers
        What nobody walks across; no site lies on it.

    Returns
    -------
    SitesResult
        ``sites``: patches and places, best first, excluded ones last. ``exclusions``: reasons in order; the last rows
        (``too_narrow``, ``too_small``, ``beyond_max_sites``) tell what was left but not kept, with the number of ``patches``.

    Raises
    ------
    ConfigError
        ``SITES-EXCLUSION`` for an exclusion layer that was not read.
    """
    network = next(iter(surfaces.values())).network
    slope = frame_slope(demand, layers.rasters[plan.dem], plan.sites.cell_m, reach_m=plan.sites.max_road_m)
    found = find_exclusions(layers, plan, slope, network=network, speeds=speeds, barriers=barriers)
    table, left = tabulate_exclusions(found, study_mask(demand, slope), plan.sites.cell_m)
    patches = cut_patches(left, plan.sites.cell_m, least_m2=plan.sites.min_area_m2)
    parts = [_patch_rows(patches, slope, demand, plan, profile), read_places(layers, plan, slope)]
    # Empty frames are left out: they would turn number columns into objects.
    sites = pd.concat([one for one in parts if len(one)] or parts[:1], ignore_index=True)
    points = gpd.GeoDataFrame(sites, geometry="geometry", crs=layers.crs)
    points["township_code"] = _townships(points, demand)
    points["road_m"] = _road_m(points, all_weather_roads(network, speeds))
    points, dropped = _shortlist(points, facilities, plan.sites.max_sites)
    points = _with_travel_times(points, plan, facilities, surfaces, walkers)
    rated = _rank(points)
    kept, beyond = _keep_best(rated, plan.sites.max_sites)
    kept = _with_polygons(kept, patches, slope)
    rows = _left_over_rows(patches, pd.concat([beyond["area_m2"], dropped["area_m2"]]), plan)
    return SitesResult(sites=kept[[*SITE_COLUMNS, "geometry"]], exclusions=pd.concat([table, rows], ignore_index=True))


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
            "name": _names(np.column_stack([x, y]), demand),
            "kind": "patch",
            "area_m2": area.astype(float),
            "slope_deg": steep / np.maximum(patches.sizes, 1),
            "excluded_reason": "",
            "patch": np.arange(len(area)),
            "geometry": shapely.points(x, y),
        }
    )
    return frame.join(size_patches(area.astype(np.float64), profile, people_per_household=plan.people_per_household))


def _names(xy: NDArray[np.float64], demand: Demand) -> list[str]:
    """Return the name of the nearest settlement, so that people know where a patch is."""
    settlements = demand.settlements
    located = ~(settlements.geometry.is_empty | settlements.geometry.isna()).to_numpy()
    if not located.any() or "name" not in settlements.columns:
        return [""] * len(xy)
    own = settlements[located]
    nearest = cKDTree(np.column_stack([own.geometry.x, own.geometry.y])).query(xy)[1] if len(xy) else []
    return [f"{one}附近地块" for one in own["name"].to_numpy()[nearest]]


def _townships(points: gpd.GeoDataFrame, demand: Demand) -> NDArray[np.object_]:
    """Return the code of the township a point lies in, else its own, else ``""``."""
    own = (
        points["township_code"].fillna("").to_numpy(dtype=object)
        if "township_code" in points
        else np.full(len(points), "", object)
    )
    polygons = demand.townships[demand.townships.geometry.notna()] if "geometry" in demand.townships else demand.townships
    if not len(polygons) or not len(points):
        return own
    place, unit = shapely.STRtree(polygons.geometry.to_numpy()).query(points.geometry.to_numpy(), predicate="intersects")
    # A point on a border belongs to the township listed first.
    first, pick = np.unique(place, return_index=True)
    found = own.copy()
    found[first] = polygons["code"].to_numpy(dtype=object)[unit[pick]]
    return np.where(own == "", found, own)


def _road_m(points: gpd.GeoDataFrame, roads: gpd.GeoSeries) -> NDArray[np.float64]:
    """Return the straight distance to the nearest all-weather road, metres; NaN where there is none."""
    distance = np.full(len(points), np.nan)
    if len(roads) and len(points):
        (place, _), metres = shapely.STRtree(roads.to_numpy()).query_nearest(
            points.geometry.to_numpy(), return_distance=True, all_matches=False
        )
        distance[place] = metres
    return distance


def _shortlist(
    points: gpd.GeoDataFrame, facilities: dict[str, gpd.GeoDataFrame], most: int
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return every place and the patches worth timing, and the patches that are not.

    Where there are more patches than `SHORTLIST` times the sites wanted, they are scored with times guessed from straight distances,
    and the best go on to the search on the network. The guesses are not kept.
    """
    is_patch = (points["kind"] == "patch").to_numpy()
    if is_patch.sum() <= SHORTLIST * most:
        return points, points.iloc[:0]
    guess = pd.DataFrame(points[["slope_deg", "road_m", "area_m2"]])
    xy = np.column_stack([points.geometry.x, points.geometry.y])
    for stem, service in SITE_SERVICES.items():
        guess[f"{stem}_min"] = np.nan
        supply = facilities.get(service)
        if supply is None:
            continue
        places = supply.geometry[~(supply.geometry.is_empty | supply.geometry.isna())]
        if len(places):
            metres = cKDTree(np.column_stack([places.x, places.y])).query(xy)[0]
            guess[f"{stem}_min"] = travel_min(metres, GUESSED_KMH)
    score = np.where(is_patch, score_sites(guess), np.inf)
    order = np.lexsort((points["site_id"].to_numpy(dtype=str), -score))
    keeps = np.zeros(len(points), dtype=bool)
    keeps[order[: int((~is_patch).sum()) + SHORTLIST * most]] = True
    return points[keeps].reset_index(drop=True), points[~keeps]


def _with_travel_times(
    points: gpd.GeoDataFrame,
    plan: PlanConfig,
    facilities: dict[str, gpd.GeoDataFrame],
    surfaces: Mapping[str, Surface],
    walkers: Mapping[str, float] | None,
) -> gpd.GeoDataFrame:
    """Return the sites with minutes and status to seat, school and clinic, one way, dry season (the plan's own where it has no dry one)."""
    timed = points.copy()
    season = "dry" if "dry" in plan.access.seasons else plan.access.seasons[0]
    for stem in SITE_SERVICES:
        timed[f"{stem}_min"], timed[f"{stem}_status"] = np.nan, str(Status.NO_DATA)
    services: list[ServiceConfig] = [
        one.model_copy(update={"trip": "one_way"}) for one in plan.services if one.id in SITE_SERVICES.values()
    ]
    if not services or not len(points):
        return timed
    places = gpd.GeoDataFrame(
        {"settlement_id": points["site_id"], "name": points["name"], "township_code": points["township_code"]},
        geometry=points.geometry.to_numpy(),
        crs=points.crs,
    )
    times = compute_times(
        places,
        {one.id: facilities[one.id] for one in services if one.id in facilities},
        services,
        surfaces,
        config=plan.access.model_copy(update={"seasons": [season]}),
        walkers=walkers,
    )
    for stem, service in SITE_SERVICES.items():
        rows = times[(times["service"] == service) & (times["season"] == season)]
        rows = rows.set_index("settlement_id").reindex(points["site_id"])
        status = rows["status"].astype(object).where(rows["status"].notna(), str(Status.NO_DATA)).to_numpy(dtype=object)
        minutes = rows["travel_time_min"].to_numpy(dtype=float)
        timed[f"{stem}_status"] = status
        timed[f"{stem}_min"] = np.where(status == str(Status.OK), minutes, np.nan)
    return timed


def _rank(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the sites with score and rank, best first; excluded sites have neither and come last."""
    rated = points.copy()
    rated["site_score"] = np.where(rated["excluded_reason"] == "", score_sites(rated), np.nan)
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


def _left_over_rows(patches: Patches, beyond_m2: pd.Series, plan: PlanConfig) -> pd.DataFrame:
    """Return the rows that tell what was left after the exclusions and is no site all the same."""
    cell = plan.sites.cell_m**2
    most, least = plan.sites.max_sites, plan.sites.min_area_m2
    rows = [
        ("too_narrow", "窄于两个格网", "narrower than two cells", patches.narrow_cells * cell, 0),
        ("too_small", f"小于 {least:g} m²", f"smaller than {least:g} m²", patches.small_cells * cell, patches.small_patches),
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
