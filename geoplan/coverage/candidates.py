"""List where a facility could stand: settlements, the main settlement of each village, or receiving sites, on land known to be safe that a road reaches.

A place is kept when its hazard class is known and below ``medium`` and a motorable road can be reached from it. Unknown is never safe: a place nobody
surveyed is left out, with that reason. Only where the plan has no hazard layer at all, so that nothing is known of any place, are places kept, with
``hazard_status`` ``no_data``, for else there would be no answer. Roads are those of the dry season: fords and ferries count.

By hand: a (none), b (high), c (not surveyed), d (none, no road): a is kept; b, c, d are listed with their reasons.
"""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.results import Demand
from geoplan.contracts.status import Status

CANDIDATE_REASONS: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "hazard": ("位于中等及以上隐患区", "in a hazard zone of class medium or worse"),
    "hazard_unknown": ("隐患情况未知, 不视为安全", "hazard not known, so not taken for safe"),
    "no_road": ("旱季无机动车道可达", "no motorable road can be reached in the dry season"),
    "road_unknown": ("道路情况未知", "whether a road can be reached is not known"),
    "site_excluded": ("安置点已被排除", "the receiving site is ruled out"),
}
"""Chinese and English reason why a place is no candidate."""

CANDIDATE_COLUMNS: tuple[str, ...] = tuple(
    "candidate_id place_id name township_code village_code persons hazard_class hazard_status kept reason reason_zh reason_en geometry".split()
)
"""Columns of `choose_candidates`, in order."""

_UNSAFE = ("medium", "high", "extreme")


def choose_candidates(
    kind: Literal["settlements", "villages", "sites"],
    demand: Demand,
    hazard: pd.DataFrame,
    road: pd.DataFrame,
    *,
    sites: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return every place looked at, sorted by candidate id, with whether it is kept and why not.

    Parameters
    ----------
    kind
        ``settlements``: all; ``villages``: of each village the largest settlement that is kept, or the largest where none is; ``sites``:
        receiving sites, whose own screening has kept them off hazard.
    demand
        Settlements.
    hazard
        `ExposureResult.summary`: settlement_id, hazard_status, worst_class.
    road
        `AccessResult.road`: settlement_id, status.
    sites
        `SitesResult.sites`, for kind ``sites``.

    Returns
    -------
    geopandas.GeoDataFrame
        `CANDIDATE_COLUMNS`; points; ``candidate_id`` is ``new-<place id>``, so that it is no facility's id.
    """
    if kind == "sites":
        return _list_sites(demand, sites)
    places = _list_settlements(demand, hazard, road)
    if kind == "villages":
        order = places.assign(lost=~places["kept"], fewer=-places["persons"].fillna(-1.0))
        places = places.loc[order.sort_values(["lost", "fewer", "candidate_id"]).drop_duplicates("village_code").index]
    return _finish(places, demand)


def _list_settlements(demand: Demand, hazard: pd.DataFrame, road: pd.DataFrame) -> pd.DataFrame:
    """Return one row per settlement with its reason."""
    settlements = demand.settlements
    ids = pd.Index(settlements["settlement_id"].astype(str), dtype=object)
    danger = hazard.set_index(hazard["settlement_id"].astype(str)).reindex(ids)
    worst = danger["worst_class"].astype(object).where(danger["worst_class"].notna(), "").to_numpy(dtype=object)
    known = (danger["hazard_status"] == str(Status.OK)).fillna(False).to_numpy(dtype=bool)
    mapped = bool(known.any() or np.isin(worst, [*_UNSAFE, "low", "none"]).any())
    way = road.set_index(road["settlement_id"].astype(str)).reindex(ids)["status"].astype(object)
    reason = np.select(
        [
            np.isin(worst, _UNSAFE), ~known & mapped, way.isin([str(Status.UNREACHABLE), str(Status.UNSNAPPED)]).to_numpy(dtype=bool),
            (way != str(Status.OK)).to_numpy(dtype=bool),
        ],
        ["hazard", "hazard_unknown", "no_road", "road_unknown"], default="",
    ).astype(object)  # fmt: skip
    return pd.DataFrame(
        {
            "candidate_id": "new-" + ids.astype(str),
            "place_id": ids.to_numpy(dtype=object),
            "name": settlements["name"].to_numpy(dtype=object),
            "township_code": settlements["township_code"].to_numpy(dtype=object),
            "village_code": settlements["village_code"].to_numpy(dtype=object),
            "persons": settlements["persons"].to_numpy(dtype="float64", na_value=np.nan),
            "hazard_class": np.where(known, worst, ""),
            "hazard_status": np.where(known, str(Status.OK), str(Status.NO_DATA)),
            "kept": reason == "",
            "reason": reason,
            "geometry": settlements.geometry.to_numpy(),
        }
    )


def _list_sites(demand: Demand, sites: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return one row per receiving site."""
    if sites is None or not len(sites):
        return _finish(pd.DataFrame({name: [] for name in CANDIDATE_COLUMNS}), demand)
    n = len(sites)
    ruled_out = sites["excluded_reason"].astype(object).where(sites["excluded_reason"].notna(), "").to_numpy(dtype=object) != ""
    ids = sites["site_id"].astype(str)
    return _finish(
        pd.DataFrame(
            {
                "candidate_id": ("new-" + ids).to_numpy(dtype=object),
                "place_id": ids.to_numpy(dtype=object),
                "name": sites["name"].to_numpy(dtype=object),
                "township_code": sites["township_code"].to_numpy(dtype=object),
                "village_code": np.full(n, "", dtype=object),
                "persons": np.full(n, np.nan),
                "hazard_class": np.full(n, "", dtype=object),
                "hazard_status": np.full(n, str(Status.OK), dtype=object),
                "kept": ~ruled_out,
                "reason": np.where(ruled_out, "site_excluded", ""),
                "geometry": sites.geometry.representative_point().to_numpy(),
            }
        ),
        demand,
    )


def _finish(places: pd.DataFrame, demand: Demand) -> gpd.GeoDataFrame:
    """Return the places with their reasons in words, sorted by id."""
    words: NDArray[np.object_] = np.array([CANDIDATE_REASONS[one] for one in places["reason"]], dtype=object).reshape(-1, 2)
    whole = places.assign(reason_zh=words[:, 0], reason_en=words[:, 1], kept=places["kept"].astype(bool))
    ordered = whole.sort_values("candidate_id", kind="stable", ignore_index=True)[list(CANDIDATE_COLUMNS)]
    return gpd.GeoDataFrame(ordered, geometry="geometry", crs=demand.settlements.crs)
