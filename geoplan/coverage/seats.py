"""Say who is within reach of a facility and finds a seat there, item by item of measure ``seat``.

People: the item's age group, counted or derived (`geoplan.coverage.ages`), or everybody. Within reach: at most ``within_min`` for a day seat,
``boarding_within_min`` for a boarding seat; both ends belong to it. Boarding seats are places beside the day seats, not some of them. Seats are
given out as in `geoplan.coverage.seat_flows`, shared as in `geoplan.coverage.seat_pools`.

For every settlement and item: demand = seated + boarding + unseated + unknown. Unknown are those who may have found a seat in a facility of
unknown capacity, and all where nothing is known of facilities or of the settlement's place; a settlement with unknown people is ``no_data``.
So seated + boarding of demand is surely covered, and at most unknown more. Where the people themselves are not known no number is; they take
no seat from others, whose figures are then the most they can be.

By hand: a (30 children) 10 min and b (20) 25 min from school x with 40 seats, within 30 min: a's 30 and 10 of b's find a seat; 10 of b's are
left over, ``full``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.coverage import SeatsResult
from geoplan.contracts.reach import Reach
from geoplan.contracts.results import AccessResult, Demand
from geoplan.contracts.standards_profile import StandardItem, StandardsProfile
from geoplan.contracts.status import Status
from geoplan.coverage.ages import count_age_group
from geoplan.coverage.seat_pools import Answer, Asking, answer_all, name_places, read_capacity, state_of
from geoplan.coverage.seat_ratios import score_seats
from geoplan.coverage.staff import list_staff_gaps
from geoplan.errors import TableError

SEAT_REASONS: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "full": ("范围内学位已满", "every seat within reach is taken"),
    "too_far": ("范围内无设施", "no facility within reach"),
    "unreachable": ("不可达", "no facility can be reached"),
    "unsnapped": ("未能接入路网", "the settlement could not be joined to the ground"),
    "capacity_unknown": ("学位数未知", "seats within reach are not known"),
    "facilities_unknown": ("无该类设施数据", "nothing is known of such facilities"),
    "place_unknown": ("位置未知", "the settlement's place is not known"),
    "people_unknown": ("应服务人数未知", "the people who ask are not known"),
}
"""Chinese and English reason for people without a seat, or not known to have one."""

SEAT_COLUMNS: tuple[str, ...] = tuple(
    (
        "settlement_id item status demand_persons demand_source within_persons seated_persons boarding_persons unseated_persons "
        "unknown_persons reason"
    ).split()
)
FLOW_COLUMNS: tuple[str, ...] = ("settlement_id", "item", "facility_id", "kind", "persons", "travel_time_min")
SEAT_FACILITY_COLUMNS: tuple[str, ...] = tuple(
    "item facility_id name level township_code village_code kind capacity capacity_status used pool_used free".split()
)
_NAMES = ("name", "level", "township_code", "village_code")


@dataclass(frozen=True)
class _Case:
    """One item, its people and its reach table; settlements by rank of id."""

    item: StandardItem
    ages: pd.DataFrame
    reach: Reach | None
    place: NDArray[np.object_]
    """Status of each settlement's place: ok, unreachable, unsnapped or no_data."""


def assign_seats(
    demand: Demand,
    access: AccessResult,
    standards: StandardsProfile,
    reach: Mapping[str, Reach],
    *,
    boarding_reach: Mapping[str, Reach] | None = None,
) -> SeatsResult:
    """Return seats, flows, facilities, ratios and staff of all items.

    Parameters
    ----------
    demand
        Settlements with their people, by age where counted.
    access
        ``facilities`` with capacity and boarding_seats; ``times`` tell a settlement that is too far from one that cannot be reached.
    standards
        The profile; items of measure ``seat`` in its order.
    reach
        Item id → minutes of its settlements to the facilities of its service, as far as ``within_min`` at least (see
        `geoplan.coverage.seating`). An item without a table, or whose table has no facility, is unknown.
    boarding_reach
        Item id → minutes to the facilities that may have boarding seats, as far as ``boarding_within_min`` at least; an item without one looks
        for boarding seats in its own table.

    Raises
    ------
    TableError
        ``SEAT-REACH``: a table ends before the item's minutes, or names settlements or facilities that the county does not have.
    """
    settlements = demand.settlements
    ids = settlements["settlement_id"].astype(str).to_numpy(dtype=object)
    order = np.argsort(ids, kind="stable")
    groups = {one.id: one for one in standards.age_groups}
    cases = []
    for item in (one for one in standards.items if one.measure == "seat"):
        ages = count_age_group(settlements, groups.get(item.age_group or "")).iloc[order].reset_index(drop=True)
        table = reach.get(item.id)
        table = None if table is None or not table.shape[1] else table
        cases.append(_Case(item, ages, table, _place(item, ids[order], table, access)))
    askings = {
        one.item.id: _ask(one, one.reach, (boarding_reach or {}).get(one.item.id), ids[order], access)
        for one in cases
        if one.reach is not None
    }
    answers = answer_all(list(askings.values()))
    rank = np.argsort(order, kind="stable")
    rows = [_list_settlements(one, askings.get(one.item.id), answers.get(one.item.id)).iloc[rank] for one in cases]
    pairs = [(asking, answers[name]) for name, asking in askings.items()]
    return SeatsResult(
        settlements=_join(rows, SEAT_COLUMNS),
        flows=_join([_list_flows(*one, ids[order]) for one in pairs], FLOW_COLUMNS),
        facilities=_join([_list_facilities(*one) for one in pairs], SEAT_FACILITY_COLUMNS),
        ratios=score_seats([(one.item, askings.get(one.item.id), one.place) for one in cases], ids[order], rank),
        staff=list_staff_gaps(access.facilities, standards.items, demand),
    )


def _join(tables: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    """Return the tables below one another, or none of them with these columns."""
    return pd.concat(tables, ignore_index=True)[list(columns)] if tables else pd.DataFrame(columns=list(columns))


def _place(item: StandardItem, ids: NDArray[np.object_], table: Reach | None, access: AccessResult) -> NDArray[np.object_]:
    """Return the status of each settlement's place: as the search found it, and ``unreachable`` where the table of times has proven that."""
    if table is None:
        return np.full(len(ids), str(Status.NO_DATA), dtype=object)
    own = pd.Series(table.demand_status, index=pd.Index(table.demand_ids, dtype=object))
    _refuse_strangers(item, own.index, pd.Index(ids, dtype=object), "settlements")
    place = own.reindex(pd.Index(ids, dtype=object)).fillna(str(Status.NO_DATA)).to_numpy(dtype=object)
    times = access.times
    mine = times[
        (times["service"] == item.service) & (times["season"] == item.season) & (times["status"] == str(Status.UNREACHABLE))
    ]
    paired = pd.Index(table.demand_ids[np.unique(table.demand)], dtype=object)
    proven = pd.Index(ids, dtype=object).isin(mine["settlement_id"]) & ~pd.Index(ids, dtype=object).isin(paired)
    return np.where(proven & (place == str(Status.OK)), str(Status.UNREACHABLE), place).astype(object)


def _refuse_strangers(item: StandardItem, named: pd.Index, known: pd.Index, what: str) -> None:
    """Raise where the table names somebody the county does not have."""
    strange = named[~named.isin(known)]
    if len(strange):
        raise TableError(
            f"the reach table of item {item.id} names {what} that the county does not have",
            code="SEAT-REACH",
            ids=strange,
            remedy="Make the table of this county's settlements and facilities.",
        )


def _ask(case: _Case, table: Reach, far_table: Reach | None, ids: NDArray[np.object_], access: AccessResult) -> Asking:
    """Return what an item asks, its pairs by rank of id."""
    item = case.item
    own = access.facilities[access.facilities["service"] == item.service]
    own = own.iloc[np.argsort(own["facility_id"].astype(str).to_numpy(dtype=object), kind="stable")]
    names = pd.Index(own["facility_id"].astype(str), dtype=object)
    numbers = {one: read_capacity(own, one) for one in ("capacity", "boarding_seats")}
    facilities = pd.DataFrame({"facility_id": names, **{one: own[one].to_numpy() for one in _NAMES}, **numbers})
    day = _pairs(item, table, item.within_min, ids, names)
    boarding = _pairs(item, table if far_table is None else far_table, item.boarding_within_min, ids, names)
    key = np.r_[day[0], boarding[0]]
    near_enough = np.r_[np.ones(len(day[0]), dtype=bool), np.zeros(len(boarding[0]), dtype=bool)]
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(key[order]) > 0]) if len(key) else np.zeros(0, dtype=np.int64)

    def either(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.logical_or.reduceat(flags[order], first) if len(key) else flags

    found = key[order][first]
    minutes = np.minimum.reduceat(np.r_[day[1], boarding[1]][order], first) if len(key) else np.zeros(0)
    return Asking(
        item,
        case.ages["persons"].to_numpy(dtype=np.float64),
        facilities.assign(place=name_places(own)),
        found // max(len(own), 1),
        found % max(len(own), 1),
        minutes,
        either(near_enough),
        either(~near_enough),
    )


def _pairs(
    item: StandardItem, table: Reach, end_min: float | None, ids: NDArray[np.object_], names: pd.Index
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return settlement · facilities + facility (row numbers), and minutes, of the pairs of a table up to an end, its end included."""
    if end_min is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    if end_min > table.cutoff_min:
        raise TableError(
            f"a reach table of item {item.id} ends at {table.cutoff_min:g} min, the item asks for {end_min:g}",
            code="SEAT-REACH",
            remedy="Search as far as the item asks.",
        )
    places = pd.Index(ids, dtype=object)
    _refuse_strangers(item, pd.Index(table.demand_ids, dtype=object), places, "settlements")
    _refuse_strangers(item, pd.Index(table.supply_ids, dtype=object), names, "facilities")
    kept = table.minutes <= end_min
    near = places.get_indexer(pd.Index(table.demand_ids, dtype=object))[table.demand[kept]].astype(np.int64)
    far = names.get_indexer(pd.Index(table.supply_ids, dtype=object))[table.supply[kept]].astype(np.int64)
    return near * len(names) + far, table.minutes[kept]


def _list_settlements(case: _Case, asking: Asking | None, answer: Answer | None) -> pd.DataFrame:
    """Return one row per settlement, by rank of id."""
    persons = case.ages["persons"].to_numpy(dtype=np.float64)
    count = len(persons)
    known, asked = ~np.isnan(persons), np.where(np.isnan(persons), 0.0, persons)
    unsure = (case.place == str(Status.NO_DATA)) if asking is not None else np.full(count, True)
    within = np.zeros(count, dtype=bool)
    seated, boarding, unknown, unseated = (
        np.zeros(count),
        np.zeros(count),
        np.where(unsure, asked, 0.0),
        np.where(unsure, 0.0, asked),
    )
    if asking is not None and answer is not None:
        within[asking.near[asking.day]] = True
        seated, boarding = (
            np.bincount(asking.near, weights=one, minlength=count).astype(np.float64) for one in (answer.day, answer.boarding)
        )
        unknown = np.where(unsure, asked, answer.unknown)
        unseated = np.where(unsure, 0.0, answer.unseated)
        # What is left of the demand is one of the four amounts, so that they add up to the last bit it can be written with.
        seated = np.where((unknown + unseated + boarding == 0.0) & (seated > 0.0), asked, seated)
    reason = np.select(
        [
            ~known,
            np.full(count, asking is None),
            unsure,
            case.place == str(Status.UNSNAPPED),
            case.place == str(Status.UNREACHABLE),
            unknown > 0.0,
            unseated <= 0.0,
            within | _reaches_boarding(asking, count),
        ],
        ["people_unknown", "facilities_unknown", "place_unknown", "unsnapped", "unreachable", "capacity_unknown", "", "full"],
        default="too_far",
    ).astype(object)
    status = np.where(known & ~unsure & (unknown <= 0.0), case.place, str(Status.NO_DATA)).astype(object)

    def number(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(known, values, np.nan)

    table = {
        "settlement_id": case.ages["settlement_id"].to_numpy(dtype=object),
        "item": np.full(count, case.item.id, dtype=object),
        "status": status,
        "demand_persons": persons,
        "demand_source": case.ages["source"].to_numpy(dtype=object),
        "within_persons": number(np.where(unsure, np.nan, np.where(within, asked, 0.0))),
        "seated_persons": number(seated),
        "boarding_persons": number(boarding),
        "unseated_persons": number(unseated),
        "unknown_persons": number(unknown),
        "reason": reason,
    }
    return pd.DataFrame(table)


def _reaches_boarding(asking: Asking | None, count: int) -> NDArray[np.bool_]:
    """Return which settlements reach a facility with boarding seats, taken or not, or with an unknown number."""
    reached = np.zeros(count, dtype=bool)
    if asking is not None:
        seats = asking.facilities["boarding_seats"].to_numpy(dtype=np.float64)
        reached[asking.near[asking.boarding & ~(seats[asking.far] == 0.0)]] = True
    return reached


def _list_flows(asking: Asking, answer: Answer, ids: NDArray[np.object_]) -> pd.DataFrame:
    """Return one row per pair and kind that people are sent along."""
    parts = []
    for kind, sent in (("day", answer.day), ("boarding", answer.boarding)):
        used = np.flatnonzero(sent > 0.0)
        parts.append(
            pd.DataFrame(
                {
                    "settlement_id": ids[asking.near[used]],
                    "item": np.full(len(used), asking.item.id, dtype=object),
                    "facility_id": asking.facilities["facility_id"].to_numpy(dtype=object)[asking.far[used]],
                    "kind": np.full(len(used), kind, dtype=object),
                    "persons": sent[used],
                    "travel_time_min": asking.minutes[used],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _list_facilities(asking: Asking, answer: Answer) -> pd.DataFrame:
    """Return one row per facility and kind of seat that the item looks at."""
    own, count = asking.facilities, len(asking.facilities)
    kinds = [("day", "capacity", answer.day, answer.day_pool)]
    if asking.item.boarding_within_min is not None:
        kinds.append(("boarding", "boarding_seats", answer.boarding, answer.boarding_pool))
    parts = []
    for kind, column, sent, pool in kinds:
        seats = own[column].to_numpy(dtype=np.float64)
        used = np.minimum(np.bincount(asking.far, weights=sent, minlength=count), np.where(np.isnan(seats), 0.0, seats))
        table = {
            "item": np.full(count, asking.item.id, dtype=object),
            **{one: own[one].to_numpy(dtype=object) for one in ("facility_id", *_NAMES)},
            "kind": np.full(count, kind, dtype=object),
            "capacity": seats,
            "capacity_status": state_of(seats),
            "used": used,
            "pool_used": pool,
            "free": seats - pool,
        }
        parts.append(pd.DataFrame(table))
    return pd.concat(parts, ignore_index=True)
