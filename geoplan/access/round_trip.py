"""Find the facility with the quickest way there and back, exactly.

Let t(f) and b(f) be the minutes from a settlement to facility f and back, and t°, b° the least of each. If one facility is nearest both ways, it
is the answer, because min (t + b) ≥ t° + b°. Only where the two differ is the surface searched from the settlement itself: for a bound R on the sum,
every facility that could beat it has t < R − b° and b < R − t°, so the searches stop there. A best sum no longer than R is final; otherwise R grows,
up to none at all, so nothing within reach is missed.
By hand: t = (10, 12), b = (30, 12) min: nearest to go to is the first, nearest to come back from the second; there and back 40 and 24, so the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoplan.access.entries import Entries
from geoplan.access.field import Costs, Field, Legs, plant_seeds, solve
from geoplan.access.kernel import NEVER
from geoplan.access.reading import Meetings, Paths, read_paths, read_ticks
from geoplan.access.ticks import TICKS_PER_MIN

_FIRST_BOUND = 1.1
_BOUNDS_TRIED = 5

Mapped = Callable[[Callable[[int], Any], Iterable[int]], Iterable[Any]]


@dataclass(frozen=True)
class Trip:
    """What a round trip is searched with: costs towards and away from the facilities, the points and their legs."""

    towards: Costs
    away: Costs
    near_towards: Costs
    near_away: Costs
    """The same, in small tiles: what one settlement searches lies around it."""
    near: Entries
    near_legs: Legs
    far: Entries
    far_legs: Legs
    meetings: Meetings
    """Between ``near`` (a) and the facilities taking part (b)."""
    facilities: NDArray[np.int64]


def search_round_trip(trip: Trip, *, spread: Mapped = map) -> tuple[Paths, Paths]:
    """Return the paths there and back of every point's quickest round trip, both to one facility; inf where there is none.

    Parameters
    ----------
    trip
        Costs, points and facilities.
    spread
        Calls a function for many settlements (``map``, or that of a pool of threads).
    """
    fields_of = [
        solve(costs, plant_seeds(trip.far_legs, towards=costs.towards, points=trip.facilities))
        for costs in (trip.towards, trip.away)
    ]
    out, back = (read_paths(field, trip.near, trip.near_legs, trip.far, trip.far_legs, trip.meetings) for field in fields_of)
    least = out.minutes, back.minutes
    both = (out.source >= 0) & (back.source >= 0)
    differ = np.flatnonzero(both & (out.source != back.source))
    keep = both & (out.source == back.source)
    out, back = _empty(out, ~keep), _empty(back, ~keep)
    # Read again and again below: of the facilities taking part alone.
    trip = replace(trip, far_legs=_some_legs(trip.far_legs, np.isin(trip.far_legs.point, trip.facilities)))
    for point, found in zip(
        differ, spread(lambda point: _search_one(trip, int(point), least[0][point], least[1][point]), differ), strict=True
    ):
        for target, paths in zip((out, back), found, strict=True):
            for field in fields(Paths):
                getattr(target, field.name)[point] = getattr(paths, field.name)[0]
    return out, back


def _some_legs(legs: Legs, keep: NDArray[np.bool_]) -> Legs:
    """Return some of the legs, in their order."""
    return Legs(*(getattr(legs, one.name)[keep] for one in fields(Legs)))


def _empty(paths: Paths, where: NDArray[np.bool_]) -> Paths:
    """Return a copy of ``paths`` with those ``where`` taken out."""
    none: dict[str, Any] = {
        "minutes": np.inf,
        "source": -1,
        "component": -1,
        "leg": -1,
        "on_road": False,
        "ticks": np.iinfo(np.int64).max,
    }
    values = {}
    for field in fields(Paths):
        column = getattr(paths, field.name).copy()
        column[where] = none.get(field.name, np.nan)
        values[field.name] = column
    return Paths(**values)


def _search_one(trip: Trip, point: int, least_there: float, least_back: float) -> tuple[Paths, Paths]:
    """Return the paths there and back of one point's quickest round trip."""
    bound = _FIRST_BOUND * (least_there + least_back)
    turned = _turn(trip.meetings, point)
    for attempt in range(_BOUNDS_TRIED + 1):
        last = attempt == _BOUNDS_TRIED
        limits = (np.inf, np.inf) if last else (bound - least_back, bound - least_there)
        # From the settlement away is there; towards it is back.
        fields_of = [
            solve(costs, plant_seeds(trip.near_legs, towards=costs.towards, points=np.array([point])), limit_min=limit)
            for costs, limit in zip((trip.near_away, trip.near_towards), limits, strict=True)
        ]
        total = np.zeros(len(trip.far.xy))
        for field in fields_of:
            ticks = read_ticks(field, trip.far_legs, len(total), turned)
            total += np.where(ticks < int(NEVER), ticks / TICKS_PER_MIN, np.inf)
        pick = trip.facilities[int(np.argmin(total[trip.facilities]))]
        if np.isfinite(total[pick]) and (last or total[pick] <= bound):
            out, back = (_read_one(trip, field, turned, pick) for field in fields_of)
            return out, back
        bound *= 2.0
    raise AssertionError("a facility was reached both ways before and is not now")


def _read_one(trip: Trip, field: Field, turned: Meetings, facility: int) -> Paths:
    """Return the path of a field solved from the settlement, read at one facility, as the settlement's own."""
    mine = _some_legs(trip.far_legs, trip.far_legs.point == facility)
    paths = read_paths(field, trip.far, mine, trip.near, trip.near_legs, turned)
    values = {one.name: getattr(paths, one.name)[facility : facility + 1].copy() for one in fields(Paths)}
    return Paths(**values | {"source": np.array([facility])})


def _turn(meetings: Meetings, point: int) -> Meetings:
    """Return the meetings of one point seen from the facilities."""
    own = meetings.a == point
    return Meetings(
        meetings.b[own],
        meetings.a[own],
        meetings.back_min[own],
        meetings.there_min[own],
        meetings.parts_back[own],
        meetings.parts_there[own],
    )
