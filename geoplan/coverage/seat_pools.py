"""Find which standard items ask for the same seats, so that no seat is given away twice.

The seats of a facility are one pool, whoever asks: grades 1–3 and grades 4–6 share a primary school, and two services of a plan that list the
same school (same id, same place) share it too. Nobody has precedence by age. Items of different seasons never meet: the same people ask again.

A profile may ask twice of one age group (a teaching point within 30 min, any school within 60): each child takes one seat all the same, so the
pool is shared out once for each asking, the other age groups asking with what they ask last.

By hand: items p (grades 1–3, primary), q (grades 4–6, primary), r (grades 1–3, primary, farther), k (kindergarten): pools {p, q, r} and {k}; the
first is shared out among p, q and then once more among r, q, of which r is kept; the second among k.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.facilities import locate_points
from geoplan.contracts.standards_profile import StandardItem
from geoplan.contracts.status import Status
from geoplan.coverage.seat_flows import share_seats


@dataclass(frozen=True)
class Asking:
    """What one item asks: people of n settlements, m facilities of its service, and the pairs of them within reach.

    Attributes
    ----------
    persons
        (n,) people asked for, settlements in the order of their ids; NaN: not known, counted nowhere.
    facilities
        m rows in the order of their ids: facility_id, name, level, township_code, village_code, capacity, boarding_seats (NaN: not known), place.
    near, far, minutes
        (p,) settlement, facility (row numbers) and minutes of each pair, sorted by (near, far).
    day, boarding
        (p,) the pair is near enough for a day seat, for a boarding seat.
    """

    item: StandardItem
    persons: NDArray[np.float64]
    facilities: pd.DataFrame
    near: NDArray[np.int64]
    far: NDArray[np.int64]
    minutes: NDArray[np.float64]
    day: NDArray[np.bool_]
    boarding: NDArray[np.bool_]


@dataclass(frozen=True)
class Answer:
    """What one item's people get: seats along every pair, and who is left over (see `geoplan.coverage.seat_flows.SeatFlows`).

    Attributes
    ----------
    day, boarding
        (p,) people sent along each pair to a day seat, to a boarding seat.
    unknown, unseated
        (n,) people.
    day_pool, boarding_pool
        (m,) seats of each facility used by everybody who shares them.
    """

    day: NDArray[np.float64]
    boarding: NDArray[np.float64]
    unknown: NDArray[np.float64]
    unseated: NDArray[np.float64]
    day_pool: NDArray[np.float64]
    boarding_pool: NDArray[np.float64]


def name_places(facilities: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return (m,) what makes a facility the same in two services: its id and where it stands."""
    xy = locate_points(facilities)
    ids = facilities["facility_id"].astype(str)
    return np.array([f"{one}\x1f{x!r}\x1f{y!r}" for one, (x, y) in zip(ids, xy.tolist(), strict=True)], dtype=object)


def find_pools(askings: Sequence[Asking]) -> list[list[Asking]]:
    """Return the askings that share a facility in the same season, directly or through others, in the order given."""
    pools: list[tuple[set[tuple[str, str]], list[int]]] = []
    for number, one in enumerate(askings):
        seats = {(one.item.season, place) for place in one.facilities["place"]}
        touched = [pool for pool in pools if pool[0] & seats]
        pools = [pool for pool in pools if not pool[0] & seats]
        numbers = sorted([number, *(other for pool in touched for other in pool[1])])
        pools.append((seats.union(*(pool[0] for pool in touched)), numbers))
    return [[askings[number] for number in numbers] for _, numbers in sorted(pools, key=lambda pool: pool[1][0])]


def list_rounds(pool: Sequence[Asking]) -> list[list[tuple[Asking, bool]]]:
    """Return who takes part each time the pool is shared out, and whether the answer is kept (False: it only takes room)."""
    by_age: dict[str | None, list[Asking]] = {}
    for one in pool:
        by_age.setdefault(one.item.age_group, []).append(one)
    rounds = max(len(askings) for askings in by_age.values())
    return [
        [(askings[min(turn, len(askings) - 1)], turn < len(askings)) for askings in by_age.values()] for turn in range(rounds)
    ]


def answer_all(askings: Sequence[Asking]) -> dict[str, Answer]:
    """Return item id → answer, every pool shared out on its own."""
    found: dict[str, Answer] = {}
    for pool in find_pools(askings):
        for turn in list_rounds(pool):
            answers = share_pool([one for one, _ in turn])
            found |= {one.item.id: answer for (one, kept), answer in zip(turn, answers, strict=True) if kept}
    return found


def share_pool(askings: Sequence[Asking]) -> list[Answer]:
    """Return what each of the askings gets when they share their seats."""
    places = sorted({place for one in askings for place in one.facilities["place"]})
    index, count, people = pd.Index(places, dtype=object), len(places), len(askings[0].persons)
    capacity = np.full(2 * count, np.nan)
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    at: list[NDArray[np.int64]] = []
    for number, one in enumerate(askings):
        seat = index.get_indexer(pd.Index(one.facilities["place"], dtype=object)).astype(np.int64)
        at.append(seat)
        capacity[seat] = one.facilities["capacity"].to_numpy(dtype=np.float64)
        capacity[seat + count] = one.facilities["boarding_seats"].to_numpy(dtype=np.float64)
        for kept, shift in ((one.day, 0), (one.boarding, count)):
            parts.append((one.near[kept] + number * people, seat[one.far[kept]] + shift, one.minutes[kept]))
    demand, supply, minutes = (np.concatenate([part[place] for part in parts]) for place in range(3))
    order = np.lexsort((supply, demand))
    asked = np.concatenate([np.where(np.isnan(one.persons), 0.0, one.persons) for one in askings])
    flows = share_seats(demand[order], supply[order], minutes[order], asked, capacity, boards=np.arange(2 * count) >= count)
    sent = np.empty(len(order))
    sent[order] = flows.sent
    return _split(askings, sent, (flows.unknown, flows.unseated), [(flows.used[seat], flows.used[seat + count]) for seat in at])


def _split(
    askings: Sequence[Asking],
    sent: NDArray[np.float64],
    left: tuple[NDArray[np.float64], NDArray[np.float64]],
    pools: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> list[Answer]:
    """Return the shared flow item by item."""
    answers, start = [], 0
    for number, (one, pool) in enumerate(zip(askings, pools, strict=True)):
        both = []
        for kept in (one.day, one.boarding):
            along, size = np.zeros(len(one.near)), int(kept.sum())
            along[kept] = sent[start : start + size]
            start += size
            both.append(along)
        rows = slice(number * len(one.persons), (number + 1) * len(one.persons))
        answers.append(Answer(both[0], both[1], left[0][rows], left[1][rows], *pool))
    return answers


def state_of(amounts: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return ok where an amount is known, no_data where it is NaN."""
    return np.where(np.isnan(amounts), str(Status.NO_DATA), str(Status.OK)).astype(object)


def read_capacity(facilities: Mapping[str, pd.Series] | pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column of seats; absent, below zero or without end is not known."""
    values = pd.to_numeric(facilities[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(values) & (values >= 0.0), values, np.nan)
