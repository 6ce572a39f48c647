"""Change a reach table and say what the change does: close or add facilities, shorten the cut-off, compare nearest times.

A change is a look-up: pairs are dropped or merged, nothing is searched again. That is exact because a pair's minutes do not depend on which
other facilities are open.

By hand: a reaches x in 10 and y in 25 min. Close x: a is ``slower`` by 15 min. Add z at 5 min: a is ``faster`` by 5.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.reach import absent_status, build_reach, pick_nearest
from geoplan.contracts.reach import Reach, ReachStatus
from geoplan.errors import TableError

CHANGES: dict[str, tuple[str, str]] = {
    "same": ("不变", "same facility, same time"),
    "changed_facility": ("换设施", "same time, another facility"),
    "slower": ("变慢", "slower"),
    "faster": ("变快", "faster"),
    "lost": ("失去服务", "nothing within reach any more"),
    "gained": ("新获服务", "something within reach now"),
    "none": ("仍无服务", "nothing within reach before or after"),
    "unknown": ("未知", "not known before or after"),
}
"""Chinese and English label of each change that `compare` names."""
_UNSEARCHED = (ReachStatus.UNSNAPPED.value, ReachStatus.NO_DATA.value)


def close_facilities(reach: Reach, ids: Iterable[str]) -> Reach:
    """Return the table without these facilities and their pairs.

    Raises
    ------
    TableError
        ``REACH-UNKNOWN``: an id is not in the table.
    """
    closed = pd.Index(list(dict.fromkeys(ids)), dtype=object)
    missing = closed[~closed.isin(reach.supply_ids)]
    if len(missing):
        raise TableError(
            "facilities to close are not in the table", code="REACH-UNKNOWN", ids=missing, remedy="Name facilities of this table."
        )
    stays = ~pd.Index(reach.supply_ids, dtype=object).isin(closed)
    position = np.cumsum(stays) - 1
    kept = stays[reach.supply]
    return replace(
        reach,
        demand=reach.demand[kept],
        supply=position[reach.supply[kept]].astype(np.int64),
        minutes=reach.minutes[kept],
        supply_ids=reach.supply_ids[stays],
        supply_status=reach.supply_status[stays],
    )


def add_facilities(reach: Reach, other: Reach) -> Reach:
    """Return the table with the facilities of ``other``, which has the same demands (in any order) and the same cut-off.

    A demand that nothing reached in one of the two is ``ok`` if the other reached it.

    Raises
    ------
    TableError
        ``REACH-CUTOFF``: the cut-offs differ. ``REACH-DEMANDS``: the demands differ. ``REACH-IDS``: a facility is in both.
        ``REACH-STATUS``: a demand was searched in one and not in the other.
    """
    if reach.cutoff_min != other.cutoff_min:
        raise TableError(
            f"the cut-offs are {reach.cutoff_min:g} and {other.cutoff_min:g} min",
            code="REACH-CUTOFF",
            remedy="Shorten the longer with cut_reach.",
        )
    place = _match_demands(reach, other)
    theirs = np.empty_like(other.demand_status)
    theirs[place] = other.demand_status
    ours = reach.demand_status
    odd = (ours != theirs) & (np.isin(ours, _UNSEARCHED) | np.isin(theirs, _UNSEARCHED))
    if odd.any():
        raise TableError(
            "demands were searched in one table and not in the other",
            code="REACH-STATUS",
            ids=reach.demand_ids[odd],
            remedy="Compute both tables on the same ground.",
        )
    return build_reach(
        np.r_[reach.demand, place[other.demand]],
        np.r_[reach.supply, other.supply + reach.shape[1]],
        np.r_[reach.minutes, other.minutes],
        demand_ids=reach.demand_ids,
        supply_ids=np.r_[reach.supply_ids, other.supply_ids],
        cutoff_min=reach.cutoff_min,
        demand_status=np.where(theirs == ReachStatus.OK.value, theirs, ours),
        supply_status=np.r_[reach.supply_status, other.supply_status],
    )


def _match_demands(reach: Reach, other: Reach) -> NDArray[np.int64]:
    """Return the position in ``reach`` of each demand of ``other``; raise unless both have the same demands."""
    ours = pd.Index(reach.demand_ids, dtype=object)
    place = ours.get_indexer(pd.Index(other.demand_ids, dtype=object))
    if (place < 0).any() or len(place) != len(ours):
        differ = ours.symmetric_difference(pd.Index(other.demand_ids, dtype=object))
        raise TableError(
            "the two tables have different demands", code="REACH-DEMANDS", ids=differ, remedy="Compute both for the same demands."
        )
    return place.astype(np.int64)


def cut_reach(reach: Reach, *, cutoff_min: float) -> Reach:
    """Return the table with a shorter cut-off, inclusive.

    Raises
    ------
    TableError
        ``REACH-CUTOFF``: the new cut-off is longer: what lies beyond the old one is not known.
    """
    if not 0 <= cutoff_min <= reach.cutoff_min:
        raise TableError(
            f"the table ends at {reach.cutoff_min:g} min, {cutoff_min:g} were asked for",
            code="REACH-CUTOFF",
            remedy="Search again with the longer cut-off.",
        )
    kept = reach.minutes <= cutoff_min
    return replace(
        reach, demand=reach.demand[kept], supply=reach.supply[kept], minutes=reach.minutes[kept], cutoff_min=float(cutoff_min)
    )


def compare(before: Reach, after: Reach, *, tolerance_min: float = 0.0) -> pd.DataFrame:
    """Return what happens to each demand's nearest facility between two tables of the same demands.

    Parameters
    ----------
    before, after
        The two tables; facilities and cut-offs may differ.
    tolerance_min
        Differences up to this are the same time.

    Returns
    -------
    pandas.DataFrame
        demand_id, change (see `CHANGES`), difference_min (after less before; NaN unless both are known), facility_changed, supply_id_before,
        supply_id_after, travel_time_min_before, travel_time_min_after, status_before, status_after; in the order of ``before``.

    Raises
    ------
    TableError
        ``REACH-DEMANDS``: the demands differ.
    """
    place = _match_demands(before, after)
    order = np.empty_like(place)
    order[place] = np.arange(len(place))
    old, new = _name_nearest(before, np.arange(len(place))), _name_nearest(after, order)
    had, has = old["status"] == ReachStatus.OK.value, new["status"] == ReachStatus.OK.value
    difference = np.where(had & has, new["minutes"] - old["minutes"], np.nan)
    moved = had & has & (old["supply_id"] != new["supply_id"])
    unknown = np.isin(before.demand_status, _UNSEARCHED) | np.isin(after.demand_status[order], _UNSEARCHED)
    change = np.select(
        [unknown, had & ~has, has & ~had, ~had & ~has, difference > tolerance_min, difference < -tolerance_min, moved],
        ["unknown", "lost", "gained", "none", "slower", "faster", "changed_facility"],
        default="same",
    )
    return pd.DataFrame(
        {
            "demand_id": before.demand_ids,
            "change": change.astype(object),
            "difference_min": difference,
            "facility_changed": moved,
            "supply_id_before": old["supply_id"],
            "supply_id_after": new["supply_id"],
            "travel_time_min_before": old["minutes"],
            "travel_time_min_after": new["minutes"],
            "status_before": old["status"],
            "status_after": new["status"],
        }
    )


def _name_nearest(reach: Reach, order: NDArray[np.int64]) -> dict[str, NDArray[np.object_]]:
    """Return supply id ("" if none), minutes (NaN if none) and status of the nearest facility, for demands in this order."""
    chosen, minutes = (one[order, 0] for one in pick_nearest(reach))
    found = chosen >= 0
    return {
        "supply_id": np.append(reach.supply_ids, "")[chosen],
        "minutes": np.where(found, minutes, np.nan),
        "status": np.where(found, ReachStatus.OK.value, absent_status(reach, order)),
    }
