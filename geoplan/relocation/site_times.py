"""Time receiving sites to seat, school and clinic, and choose which of many patches are worth timing.

One way, dry season (the plan's own where it has no dry one), from one point per site. Where seats are counted, the nearest facility *with
room* is timed beside the nearest of all: a full teaching point round the corner takes no child, a school with room two valleys on does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.access.compute import compute_times
from geoplan.access.surface import Surface
from geoplan.contracts.config import PlanConfig
from geoplan.contracts.site_profile import SiteProfile
from geoplan.contracts.status import Status
from geoplan.relocation.site_score import score_sites
from geoplan.units import travel_min

SITE_SERVICES = {"seat": "seat", "school": "primary_school", "clinic": "clinic"}
"""Column stem of the sites table → service id of the plan."""
SHORTLIST = 2
"""So many times ``max_sites`` patches are timed on the network."""
GUESSED_KMH = 12.0
"""Straight-line speed of the guess that makes the shortlist: 20 km/h on roads 1.7 times as long as the straight line."""
ROOMY = "-roomy"
"""Suffix of the service that knows only the facilities with room."""


@dataclass(frozen=True)
class SiteTravel:
    """How the sites are timed."""

    surfaces: Mapping[str, Surface]
    facilities: Mapping[str, gpd.GeoDataFrame]
    """Service id → facilities."""
    walkers: Mapping[str, float] | None


def site_season(plan: PlanConfig) -> str:
    """Return the season sites are judged in."""
    return "dry" if "dry" in plan.access.seasons else str(plan.access.seasons[0])


def shortlist(
    points: gpd.GeoDataFrame, facilities: Mapping[str, gpd.GeoDataFrame], *, most: int, profile: SiteProfile
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return every place and the patches worth timing, and the patches that are not.

    Where there are more patches than `SHORTLIST` times ``most``, they are scored with times guessed from straight distances, and the best
    go on to the search on the network. The guesses are not kept.
    """
    is_patch = (points["kind"] == "patch").to_numpy()
    if is_patch.sum() <= SHORTLIST * most:
        return points, points.iloc[:0]
    guess = pd.DataFrame(points.drop(columns="geometry"))
    xy = np.column_stack([points.geometry.x, points.geometry.y])
    for stem, service in SITE_SERVICES.items():
        guess[f"{stem}_min"] = np.nan
        metres = straight_m(xy, facilities.get(service))
        if metres is not None:
            guess[f"{stem}_min"] = travel_min(metres, GUESSED_KMH)
    score = np.where(is_patch, score_sites(guess, profile).score, np.inf)
    order = np.lexsort((points["site_id"].to_numpy(dtype=str), -score))
    keeps = np.zeros(len(points), dtype=bool)
    keeps[order[: int((~is_patch).sum()) + SHORTLIST * most]] = True
    return points[keeps].reset_index(drop=True), points[~keeps]


def straight_m(xy: NDArray[np.float64], supply: gpd.GeoDataFrame | None) -> NDArray[np.float64] | None:
    """Return the straight distance to the nearest of ``supply``, metres; None where there is none."""
    if supply is None:
        return None
    places = supply.geometry[~(supply.geometry.is_empty | supply.geometry.isna())].centroid
    if not len(places):
        return None
    return np.asarray(cKDTree(np.column_stack([places.x, places.y])).query(xy)[0], dtype=np.float64) if len(xy) else np.empty(0)


def time_sites(
    points: gpd.GeoDataFrame, plan: PlanConfig, travel: SiteTravel, *, roomy: Mapping[str, NDArray[np.bool_]]
) -> dict[str, pd.DataFrame]:
    """Return service id → status, travel_min and facility_id of every site, in the order of ``points``.

    Parameters
    ----------
    points
        site_id, name, township_code; one point per site.
    plan
        Services and how people travel.
    travel
        What they travel over, and where to.
    roomy
        Service id → which of its facilities have room; timed again as ``<service>-roomy`` where that is some of them and not all.
    """
    season = site_season(plan)
    wanted = [one.model_copy(update={"trip": "one_way"}) for one in plan.services if one.id in SITE_SERVICES.values()]
    supply = {one.id: travel.facilities[one.id] for one in wanted if one.id in travel.facilities}
    again = [one for one in wanted if one.id in supply and one.id in roomy and roomy[one.id].any() and not roomy[one.id].all()]
    supply |= {one.id + ROOMY: supply[one.id][roomy[one.id]] for one in again}
    wanted += [one.model_copy(update={"id": one.id + ROOMY}) for one in again]
    if not wanted or not len(points):
        return {one.id: _nothing(len(points)) for one in wanted}
    places = gpd.GeoDataFrame(
        {"settlement_id": points["site_id"], "name": points["name"], "township_code": points["township_code"]},
        geometry=points.geometry.to_numpy(),
        crs=points.crs,
    )
    config = plan.access.model_copy(update={"seasons": [season]})
    times = compute_times(places, supply, wanted, travel.surfaces, config=config, walkers=travel.walkers)
    times = times[times["season"] == season]
    return {one.id: _in_order(times[times["service"] == one.id], points["site_id"]) for one in wanted}


def _in_order(rows: pd.DataFrame, site_ids: pd.Series) -> pd.DataFrame:
    """Return one service's rows in the order of the sites."""
    found = rows.set_index("settlement_id").reindex(site_ids)
    status = found["status"].astype(object).where(found["status"].notna(), str(Status.NO_DATA)).to_numpy(dtype=object)
    known = status == str(Status.OK)
    minutes = np.where(known, found["travel_time_min"].to_numpy(dtype=float), np.nan)
    facility = np.where(known, found["facility_id"].astype(object).to_numpy(dtype=object), "")
    return pd.DataFrame({"status": status, "travel_min": minutes, "facility_id": facility})


def _nothing(count: int) -> pd.DataFrame:
    """Return rows that say nothing is known."""
    return pd.DataFrame(
        {"status": [str(Status.NO_DATA)] * count, "travel_min": np.full(count, np.nan), "facility_id": [""] * count}
    )


def join_times(points: gpd.GeoDataFrame, times: Mapping[str, pd.DataFrame]) -> gpd.GeoDataFrame:
    """Return the sites with ``<stem>_min`` and ``<stem>_status`` of seat, school and clinic."""
    timed = points.copy()
    for stem, service in SITE_SERVICES.items():
        found = times.get(service, _nothing(len(points)))
        timed[f"{stem}_min"] = found["travel_min"].to_numpy()
        timed[f"{stem}_status"] = found["status"].to_numpy()
    return timed
