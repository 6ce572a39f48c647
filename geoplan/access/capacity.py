"""Assign people to facilities within catchment and capacity, nobody twice: in a stated order, or all at once.

- In order (as AccessMod's coverage analysis does): facilities take turns; each takes those not yet taken, the nearest first, until it is full.
  Which facility goes first decides who is left over, so the order is stated.
- All at once: as many people as capacity allows, in the fewest person-minutes (`geoplan.access.flow`). More capacity never serves fewer.

People of one place may be split between facilities. Ties in minutes go to the id that sorts first. A catchment includes its end. Where persons
and capacities are whole numbers, assigned + unserved = persons exactly; else to a billionth. Unknown persons are counted nowhere, and a
facility of unknown capacity takes nobody: both are listed.

By hand: 80 people 5 min and 60 people 10 min from a clinic for 100: the near 80 are served, 20 of the others; 40 are left over, ``full``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geoplan.access.amounts import align_amounts
from geoplan.access.reach import absent_status
from geoplan.contracts.reach import Reach, ReachStatus
from geoplan.errors import ConfigError, TableError

REASONS: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "full": ("服务半径内设施已满", "every facility in the catchment is full"),
    "capacity_unknown": ("服务半径内有设施容量未知", "a facility in the catchment has an unknown capacity, the others are full"),
    "too_far": ("超出服务半径", "no facility in the catchment"),
    "unreachable": ("不可达", "no facility can be reached"),
    "unsnapped": ("未能接入路网", "the place could not be joined to the ground"),
    "no_data": ("无数据", "not known, or no facility at all"),
}
"""Chinese and English label of each reason for people left over."""


@dataclass(frozen=True)
class CapacityCoverage:
    """Who is served where, who is not and why, and how full facilities are.

    Attributes
    ----------
    assignments
        One row per pair that persons are sent along: demand_id, supply_id, travel_time_min, persons (> 0).
    demand
        One row per demand: demand_id, status (``no_data``: persons unknown), persons, served_persons, unserved_persons, reason (of those unserved,
        see `REASONS`).
    supply
        One row per supply: supply_id, status (``no_data``: capacity unknown), capacity, load_persons, used_share (0..1; 1 where there is no capacity),
        turn (Int64, from 1; missing where all were assigned at once).
    left_out_demand_ids, left_out_supply_ids
        Ids whose persons or capacity are not known.
    """

    assignments: pd.DataFrame
    demand: pd.DataFrame
    supply: pd.DataFrame
    left_out_demand_ids: tuple[str, ...]
    left_out_supply_ids: tuple[str, ...]


@dataclass(frozen=True)
class _Question:
    """Pairs within the catchment, numbered by rank of id and sorted by (demand, supply); amounts by rank, 0 where unknown."""

    demand: NDArray[np.int64]
    supply: NDArray[np.int64]
    minutes: NDArray[np.float64]
    persons: NDArray[np.float64]
    capacity: NDArray[np.float64]
    known_persons: NDArray[np.bool_]
    known_capacity: NDArray[np.bool_]


def assign_in_order(
    reach: Reach,
    persons: ArrayLike | pd.Series,
    capacity: ArrayLike | pd.Series,
    *,
    catchment_min: float | None = None,
    order: str | Sequence[str] = "capacity",
) -> CapacityCoverage:
    """Return the coverage when facilities take turns, each taking the nearest of those left until it is full.

    Parameters
    ----------
    reach
        Minutes of all pairs up to the catchment at least.
    persons, capacity
        People of each demand, people each facility can serve: Series by id, or arrays in the order of the table; NaN: unknown.
    catchment_min
        End of the catchment, inclusive; the table's cut-off if not given.
    order
        ``capacity`` (largest first), ``persons_within_reach`` (most people in the catchment first, counted before anyone is assigned), or all facility
        ids in the order of their turns. Equals go by id.

    Raises
    ------
    TableError
        ``REACH-CUTOFF`` (the table ends before the catchment), ``CAPACITY-ORDER`` (the ids are not those of the table, each once). Also what
        `align_amounts` raises.
    ConfigError
        ``CAPACITY-ORDER``: the order has an unknown name.
    """
    question = _ask(reach, persons, capacity, catchment_min)
    turns = _order_turns(reach, question, order)
    sent = _take_turns(question, turns)
    place = np.empty(len(turns), dtype=np.int64)
    place[turns] = np.arange(1, len(turns) + 1)
    return _describe(reach, question, sent, turn=pd.array(place[reach.supply_rank], dtype="Int64"))


def assign_at_once(
    reach: Reach,
    persons: ArrayLike | pd.Series,
    capacity: ArrayLike | pd.Series,
    *,
    catchment_min: float | None = None,
) -> CapacityCoverage:
    """Return the coverage that serves the most people, and these in the fewest person-minutes.

    Of equal optima one is found, always the same for the same table in any order of rows. Parameters and errors as `assign_in_order`.
    """
    # The solver loads numba, which the rest of this file does without.
    from geoplan.access.flow import share_least_minutes

    question = _ask(reach, persons, capacity, catchment_min)
    sent = share_least_minutes(question.demand, question.supply, question.minutes, question.persons, question.capacity)
    return _describe(reach, question, sent, turn=pd.array(np.full(reach.shape[1], pd.NA), dtype="Int64"))


def _ask(reach: Reach, persons: ArrayLike | pd.Series, capacity: ArrayLike | pd.Series, catchment_min: float | None) -> _Question:
    """Return the question by rank of id, so that no answer depends on the order of rows."""
    end = reach.cutoff_min if catchment_min is None else catchment_min
    if not 0 <= end <= reach.cutoff_min:
        raise TableError(
            f"the table ends at {reach.cutoff_min:g} min, the catchment at {end:g}",
            code="REACH-CUTOFF",
            remedy="Search up to the catchment, or shorten the catchment.",
        )
    people, room = np.empty(reach.shape[0]), np.empty(reach.shape[1])
    people[reach.demand_rank] = align_amounts(persons, reach.demand_ids, name="persons")
    room[reach.supply_rank] = align_amounts(capacity, reach.supply_ids, name="capacity")
    kept = reach.minutes <= end
    i, j, minutes = reach.demand_rank[reach.demand[kept]], reach.supply_rank[reach.supply[kept]], reach.minutes[kept]
    order = np.argsort(i * np.int64(max(reach.shape[1], 1)) + j, kind="stable")
    known = ~np.isnan(people), ~np.isnan(room)
    amounts = np.where(known[0], people, 0.0), np.where(known[1], room, 0.0)
    return _Question(i[order], j[order], minutes[order], *amounts, *known)


def _order_turns(reach: Reach, question: _Question, order: str | Sequence[str]) -> NDArray[np.int64]:
    """Return the facilities, by rank of id, in the order of their turns."""
    rank = np.arange(reach.shape[1])
    if isinstance(order, str):
        if order == "capacity":
            return np.lexsort((rank, -question.capacity))
        if order == "persons_within_reach":
            within = np.bincount(question.supply, weights=question.persons[question.demand], minlength=len(rank))
            return np.lexsort((rank, -within))
        raise ConfigError(
            f"there is no order {order!r}",
            code="CAPACITY-ORDER",
            remedy="Say capacity, persons_within_reach, or list the facility ids.",
        )
    place = pd.Index(reach.supply_ids, dtype=object).get_indexer(pd.Index(list(order), dtype=object))
    if (place < 0).any() or len(np.unique(place)) != len(place) or len(place) != len(rank):
        differ = pd.Index(reach.supply_ids, dtype=object).symmetric_difference(pd.Index(list(order), dtype=object))
        raise TableError(
            "the order does not name every facility once",
            code="CAPACITY-ORDER",
            ids=differ,
            remedy="List each facility of the table once.",
        )
    return reach.supply_rank[place]


def _take_turns(question: _Question, turns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (n,) persons sent along each pair. The turns follow one another; within a turn everything is one pass."""
    sent, left = np.zeros(len(question.demand)), question.persons.copy()
    # Numbers of 16 bits are sorted by counting, in a third of the time.
    key = question.supply.astype(np.uint16) if len(turns) <= 2**16 else question.supply
    order = np.argsort(key, kind="stable")
    starts = np.searchsorted(question.supply[order], np.arange(len(turns) + 1))
    for one in turns:
        pairs = order[starts[one] : starts[one + 1]]
        # Pairs come sorted by demand and sorting is stable: equal minutes go by the demand's id.
        pairs = pairs[np.argsort(question.minutes[pairs], kind="stable")]
        waiting = left[question.demand[pairs]]
        ahead = np.cumsum(waiting) - waiting
        taken = np.clip(question.capacity[one] - ahead, 0.0, waiting)
        sent[pairs] = taken
        left[question.demand[pairs]] = waiting - taken
    return sent


def _describe(
    reach: Reach, question: _Question, sent: NDArray[np.float64], *, turn: pd.api.extensions.ExtensionArray
) -> CapacityCoverage:
    """Return the tables in the caller's order of ids, with the reason of everyone left over."""
    row, column = np.argsort(reach.demand_rank), np.argsort(reach.supply_rank)
    used = np.flatnonzero(sent > 0)
    used = used[np.lexsort((column[question.supply[used]], row[question.demand[used]]))]
    assignments = {
        "demand_id": reach.demand_ids[row[question.demand[used]]],
        "supply_id": reach.supply_ids[column[question.supply[used]]],
        "travel_time_min": question.minutes[used],
        "persons": sent[used],
    }
    served = np.minimum(np.bincount(question.demand, weights=sent, minlength=len(row)), question.persons)
    # What differs by a rounding of float64 is served in full.
    served = np.where(question.persons - served <= 1e-9 * question.persons, question.persons, served)
    load = np.minimum(np.bincount(question.supply, weights=sent, minlength=len(column)), question.capacity)
    room = np.divide(load, question.capacity, out=np.ones(len(load)), where=question.capacity > 0)
    reason = _find_reason(reach, question, question.persons - served)
    by_id, by_supply = reach.demand_rank, reach.supply_rank
    known, sure = question.known_persons, question.known_capacity

    def fill(values: NDArray[np.float64], good: NDArray[np.bool_], at: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.where(good, values, np.nan)[at]

    demand = {
        "demand_id": reach.demand_ids,
        "status": np.where(known, ReachStatus.OK.value, ReachStatus.NO_DATA.value).astype(object)[by_id],
        "persons": fill(question.persons, known, by_id),
        "served_persons": fill(served, known, by_id),
        "unserved_persons": fill(question.persons - served, known, by_id),
        "reason": reason[by_id],
    }
    supply = {
        "supply_id": reach.supply_ids,
        "status": np.where(sure, ReachStatus.OK.value, ReachStatus.NO_DATA.value).astype(object)[by_supply],
        "capacity": fill(question.capacity, sure, by_supply),
        "load_persons": fill(load, sure, by_supply),
        "used_share": fill(room, sure, by_supply),
        "turn": turn,
    }
    left_out = reach.demand_ids[~known[by_id]], reach.supply_ids[~sure[by_supply]]
    return CapacityCoverage(
        pd.DataFrame(assignments), pd.DataFrame(demand), pd.DataFrame(supply), tuple(left_out[0]), tuple(left_out[1])
    )


def _find_reason(reach: Reach, question: _Question, unserved: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return, by rank of id, why people are left over; empty where nobody is."""
    row = np.argsort(reach.demand_rank)
    count = len(row)
    near = np.bincount(question.demand, minlength=count) > 0
    unsure = np.bincount(question.demand, weights=~question.known_capacity[question.supply], minlength=count) > 0
    absent = absent_status(reach, row)
    beyond = (absent == ReachStatus.BEYOND_CUTOFF.value) | (np.bincount(reach.demand_rank[reach.demand], minlength=count) > 0)
    reason = np.select(
        [~question.known_persons, unserved <= 0, unsure, near, beyond],
        ["no_data", "", "capacity_unknown", "full", "too_far"],
        default=absent.astype(str),
    )
    return reason.astype(object)
