"""Count the free seats of schools and clinics, and say which receiving site would use which.

    used seats = Σ persons of the settlements whose nearest facility it is × seats per person        (dry season, as the plan times the
    service) free seats = max(capacity − used seats, 0)

A site uses one facility of a kind: the nearest that has room for the smallest site the plan allows, within reach; where none has, the
nearest within reach whatever its room. None within reach is none at all: 0 seats, told as ``unreachable``. Unknown stays unknown and
binds nobody: no capacity stated, no travel times, or people unknown somewhere the facility serves — unless those that are known fill it
already.

Sites with one facility share one pool: Σ over sites of people × ``seats_per_person`` must stay within ``free_seats``.

By hand: a school of 120 places, 1,000 people for whom it is the nearest, 76 places per 1,000: 76 used, 44 free, room for ⌊44 / 0.076⌋ =
578 people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.site_profile import SeatNeed
from geoplan.contracts.status import Status

FREE_COLUMNS = ["facility_id", "kind", "capacity_seats", "used_seats", "free_seats", "status"]
POOL_COLUMNS = "site_id pool_id facility_id kind seats_per_person free_seats status travel_min capacity_seats used_seats".split()
_OK, _NO_DATA, _UNREACHABLE = str(Status.OK), str(Status.NO_DATA), str(Status.UNREACHABLE)


def count_free_seats(
    facilities: gpd.GeoDataFrame, need: SeatNeed, *, times: pd.DataFrame | None, settlements: pd.DataFrame, season: str
) -> pd.DataFrame:
    """Return the free seats of each facility.

    Parameters
    ----------
    facilities
        facility_id, capacity (seats; NaN: not stated).
    need
        Kind, service and seats per 1,000 people.
    times
        Travel times of the settlements (`AccessResult.times`); None: nobody knows who uses what.
    settlements
        settlement_id, persons (NaN: unknown).
    season
        Season of the times that says which facility is the nearest.

    Returns
    -------
    DataFrame
        facility_id, kind, capacity_seats, used_seats (of the people that are known; NaN without times), free_seats, status. One row per
        facility.
    """
    ids = facilities["facility_id"].astype(str).to_numpy(dtype=object)
    capacity = pd.to_numeric(facilities["capacity"], errors="coerce").to_numpy(dtype=float)
    capacity = np.where(np.isfinite(capacity) & (capacity >= 0), capacity, np.nan)
    used, strangers = _count_users(ids, need, times, settlements, season)
    free = np.maximum(capacity - used, 0.0)
    # People nobody counted are not fewer than none: what is full without them is full.
    known = np.isfinite(free) & (~strangers | (free <= 0))
    status = np.where(known, _OK, _NO_DATA).astype(object)
    columns = [ids, np.full(len(ids), need.kind, dtype=object), capacity, used, np.where(known, free, np.nan), status]
    return pd.DataFrame(dict(zip(FREE_COLUMNS, columns, strict=True)))


def _count_users(
    ids: NDArray[np.object_], need: SeatNeed, times: pd.DataFrame | None, settlements: pd.DataFrame, season: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the seats that known people use at each facility, and whether it also serves people nobody counted."""
    rows = None if times is None else times[(times["service"] == need.service) & (times["season"] == season)]
    if rows is None or rows.empty:
        return np.full(len(ids), np.nan), np.zeros(len(ids), dtype=bool)
    rows = rows[rows["status"] == _OK]
    persons = (
        settlements.set_index("settlement_id")["persons"].reindex(rows["settlement_id"]).to_numpy(dtype=float, na_value=np.nan)
    )
    at = pd.Index(ids).get_indexer(rows["facility_id"].astype(str))
    here = at >= 0
    users = np.bincount(at[here], weights=np.nan_to_num(persons[here]), minlength=len(ids))
    strangers = np.bincount(at[here], weights=np.isnan(persons[here]), minlength=len(ids)) > 0
    return np.asarray(users * need.per_1000_persons / 1000.0, dtype=np.float64), strangers


def find_roomy(free: pd.DataFrame, *, least_seats: float) -> NDArray[np.bool_]:
    """Return which facilities are known to have at least ``least_seats`` free."""
    return np.asarray(free["free_seats"].to_numpy(dtype=float) >= least_seats, dtype=bool)


def pool_seats(
    site_ids: Sequence[str],
    needs: Sequence[SeatNeed],
    free: Mapping[str, pd.DataFrame],
    ways: Mapping[str, Sequence[pd.DataFrame]],
) -> pd.DataFrame:
    """Return which pool of seats each site draws on, one row per site × kind.

    Parameters
    ----------
    site_ids
        Sites.
    needs
        Kinds of seats.
    free
        Kind → `count_free_seats`.
    ways
        Kind → frames of status, travel_min and facility_id of the sites, in the order of ``site_ids``: the first that lies within reach
        is the one used (the nearest with room, then the nearest of all). A kind without frames is unknown everywhere.

    Returns
    -------
    DataFrame
        site_id, pool_id, facility_id ("" without one), kind, seats_per_person, free_seats (NaN: unknown, does not bind), status (ok /
        no_data / unreachable: no facility within reach, 0 seats), travel_min, capacity_seats, used_seats. Sites with the same ``pool_id``
        share its ``free_seats``.
    """
    parts = [_pool_kind(np.asarray(site_ids, dtype=object), need, free.get(need.kind), ways.get(need.kind, ())) for need in needs]
    empty = pd.DataFrame({column: pd.Series(dtype=object) for column in POOL_COLUMNS})
    return pd.concat(parts, ignore_index=True)[POOL_COLUMNS] if parts else empty


def _pool_kind(
    site_ids: NDArray[np.object_], need: SeatNeed, free: pd.DataFrame | None, ways: Sequence[pd.DataFrame]
) -> pd.DataFrame:
    """Return the pools of one kind."""
    facility, minutes = np.full(len(site_ids), "", dtype=object), np.full(len(site_ids), np.nan)
    # The last frame speaks for all facilities: it says why there is none.
    state = ways[-1]["status"].to_numpy(dtype=object) if len(ways) else np.full(len(site_ids), _NO_DATA, dtype=object)
    for way in reversed(ways):
        own = way["travel_min"].to_numpy(dtype=float)
        within = (way["status"] == _OK).to_numpy(dtype=bool) & (own <= need.reach_min)
        facility, minutes = np.where(within, way["facility_id"].to_numpy(dtype=object), facility), np.where(within, own, minutes)
    beyond = (facility == "") & np.isin(state, [_OK, _UNREACHABLE])
    table = None if free is None else free.set_index("facility_id").reindex(facility)
    numbers = {
        name: np.full(len(site_ids), np.nan) if table is None else table[name].to_numpy(dtype=float)
        for name in ("capacity_seats", "used_seats", "free_seats")
    }
    seats = np.where(beyond, 0.0, numbers["free_seats"])
    status = np.select([beyond, np.isfinite(seats)], [_UNREACHABLE, _OK], default=_NO_DATA).astype(object)
    alone = np.where(beyond, "beyond", "unknown").astype(object)
    holder = np.where(facility != "", facility, alone + ":" + site_ids)
    return pd.DataFrame(
        {
            "site_id": site_ids, "pool_id": f"{need.kind}:" + holder.astype(object), "facility_id": facility, "kind": need.kind,
            "seats_per_person": need.per_1000_persons / 1000.0, "free_seats": seats, "status": status, "travel_min": minutes,
            "capacity_seats": numbers["capacity_seats"], "used_seats": numbers["used_seats"],
        }
    )  # fmt: skip
