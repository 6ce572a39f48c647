"""Change which facilities there are, and look up what that makes of the times: nothing is searched.

A pair's minutes do not depend on which other facilities are open. Whose facility stays open keeps the row it has, unless a new one is nearer; whose
facility closes takes the nearest of those left in the table of kept minutes. Where that table has none (the next is farther than it goes) the row is
left to be searched, and named.

By hand: a is 25 min from y and 42 from x; b is 10 from x. Close y: a has 42 min to x, b keeps 10. Open z, 5 from b: b has 5 to z.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from geoplan.access.reach_changes import close_facilities
from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.reach import Reach
from geoplan.contracts.status import Status
from geoplan.coverage.what_if_tables import time_reach


def change_facilities(
    facilities: gpd.GeoDataFrame,
    service: ServiceConfig,
    *,
    close: Collection[str] = (),
    move: Mapping[str, BaseGeometry] | None = None,
    add: Mapping[str, BaseGeometry] | None = None,
) -> gpd.GeoDataFrame:
    """Return the facilities of one service afterwards: those that stay, those moved, the new ones.

    Parameters
    ----------
    facilities
        `AccessResult.facilities`; only rows of the service are looked at.
    service
        The service.
    close
        Facilities that close.
    move
        Facility → where it stands afterwards, with its level and staff; its codes are dropped, so that the new place decides whose it is. One that does
        not give this service is passed over.
    add
        New facility → where it stands; level where the service has but one, and no fact beside it.
    """
    mine = facilities[facilities["service"] == service.id]
    ids = mine["facility_id"].astype(str)
    moved, new = dict(move or {}), dict(add or {})
    stay = mine[~ids.isin([*close, *moved])]
    go = mine[ids.isin(moved) & ~ids.isin(close)]
    go = go.assign(geometry=[moved[one] for one in go["facility_id"].astype(str)], township_code="", village_code="")
    fresh = mine.iloc[:0].reindex(range(len(new))).assign(
        facility_id=list(new), service=service.id, name=list(new), level=service.levels[0] if len(service.levels) == 1 else "",
        township_code="", village_code="", snap_status=str(Status.OK), geometry=list(new.values()),
    )  # fmt: skip
    parts = [one for one in (stay, go, fresh) if len(one)]
    joined = pd.concat(parts, ignore_index=True) if parts else mine.iloc[:0]
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=facilities.crs)


def list_homeless(times: pd.DataFrame, closed: Collection[str]) -> pd.Series:
    """Return ids of the settlements whose facility closes, of the times of one service and season."""
    return times.loc[times["facility_id"].isin(list(closed)), "settlement_id"]


def patch_times(
    times: pd.DataFrame, *, closed: Collection[str] = (), kept: Reach | None = None, new: Reach | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Return the times afterwards by look-up, and the ids of settlements whose next facility is farther than the kept minutes go.

    Parameters
    ----------
    times
        `AccessResult.times` of one service and season.
    closed
        Facilities that close or move away.
    kept
        Minutes to the facilities there are; needed where somebody's closes.
    new
        Minutes to those that open, without a cut-off.

    Returns
    -------
    tuple
        The times, in the order given, and settlement ids. Rows looked up have minutes, facility and status alone; what the way is made of is not known.
    """
    out = times.set_index("settlement_id", drop=False)
    left: list[str] = []
    homeless = list_homeless(times, closed)
    if len(homeless) and kept is not None:
        rest = close_facilities(kept, [one for one in closed if one in set(kept.supply_ids)])
        found = time_reach(rest, service="", season="").set_index("settlement_id").loc[homeless]
        out = _write(out, found.assign(lost=True))
        # With no facility left at all, farther ones need no search.
        left = [] if not rest.shape[1] else found.index[found["status"] == str(Status.UNREACHABLE)].astype(str).tolist()
    if new is not None:
        found = time_reach(new, service="", season="").set_index("settlement_id").reindex(out.index)
        current = out["travel_time_min"].where(out["status"] == str(Status.OK), np.inf)
        nearer = (found["status"] == str(Status.OK)) & (found["travel_time_min"] < current)
        out = _write(out, found[nearer])
    return out.reset_index(drop=True), left


def _write(times: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the times with minutes, facility and status of some settlements, and nothing else known of their ways."""
    out = times.copy()
    numbers = [one for one in out.select_dtypes("number").columns if one != "component"]
    out.loc[rows.index, numbers] = np.nan
    for name in ("travel_time_min", "facility_id", "status"):
        out.loc[rows.index, name] = rows[name].to_numpy()
    out.loc[rows.index, "route"] = ""
    return out
