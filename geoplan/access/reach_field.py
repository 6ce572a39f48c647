"""Make the reach table of a surface: door-to-door minutes of every settlement to every facility within a cut-off.

One search per facility, no farther than the cut-off, on as many threads as there are cores; each way found is timed again to the last bit
(`geoplan.access.retime`), so a way of exactly the cut-off is in the table and the least of a settlement's minutes is its time in the
nearest-facility table. Closing or adding a facility is then a look-up (`geoplan.access.reach_changes`).
By hand: clinics 1 and 2 km along a level road of 20 km/h from a village on it: 3.0 and 6.0 min; with a cut-off of 5 min only the first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from geoplan.access.compute import meetings_with
from geoplan.access.entries import Entries
from geoplan.access.field import TILE_CELLS, lay_costs, lay_legs, plant_seeds, solve
from geoplan.access.reach import build_reach
from geoplan.access.reading import meet, read_paths
from geoplan.access.surface import Surface
from geoplan.access.ways import Ways
from geoplan.contracts.reach import Reach
from geoplan.contracts.status import Status
from geoplan.errors import TableError

_SLACK_MIN = 0.01
"""Searched so much farther than the cut-off, because a way of many steps may be off by a fraction of a tick each."""
_NEAR_MIN = 30.0
"""Searches no farther than this stay near their facility: small tiles are copied quicker."""


def tabulate_reach(
    near: Entries,
    far: Entries,
    surface: Surface,
    ways: Ways,
    *,
    demand_ids: Sequence[str],
    supply_ids: Sequence[str],
    cutoff_min: float,
    towards: bool = True,
    facilities: NDArray[np.int64] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Reach:
    """Return the minutes of every pair within a cut-off; nobody and no facility is left out of the lists.

    Parameters
    ----------
    near, far
        Settlements and facilities as entered into ``surface``.
    surface, ways
        Where and how people travel: `lay_ways` of a mode, season and walker.
    demand_ids
        One id per point of ``near``.
    supply_ids
        One id per facility taking part.
    cutoff_min
        Minutes at which searches stop, inclusive; inf: they do not stop.
    towards
        True: minutes from each demand to each supply; False: from each supply to each demand.
    facilities
        Numbers of the points of ``far`` that take part; all by default.
    progress
        Called with (facilities done, facilities) as searches end.

    Raises
    ------
    TableError
        ``REACH-IDS``: ids do not fit the points.
    """
    chosen = np.arange(len(far.xy)) if facilities is None else np.asarray(facilities, dtype=np.int64)
    if len(demand_ids) != len(near.xy) or len(supply_ids) != len(chosen):
        raise TableError(
            f"{len(demand_ids)} and {len(supply_ids)} ids for {len(near.xy)} settlements and {len(chosen)} facilities",
            code="REACH-IDS",
            remedy="Give one id per settlement and one per facility taking part.",
        )
    near_legs, far_legs = lay_legs(near, surface, ways), lay_legs(far, surface, ways)
    meetings = meet(near, far, surface, ways)
    costs = lay_costs(surface, ways, towards=towards, tile=64 if cutoff_min <= _NEAR_MIN else TILE_CELLS)

    def search_one(facility: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        one = np.array([facility])
        seeds = plant_seeds(far_legs, towards=towards, points=one)
        field = solve(costs, seeds, limit_min=cutoff_min + _SLACK_MIN)
        paths = read_paths(field, near, near_legs, far, far_legs, meetings_with(meetings, one))
        found = np.flatnonzero((paths.source >= 0) & (paths.minutes <= cutoff_min))
        return found, paths.minutes[found]

    usable = np.flatnonzero(far.status[chosen] == Status.OK.value)
    rows, columns, minutes = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]
    # The search lets go of the interpreter, so threads share the cores.
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for done, (at, found) in enumerate(zip(usable, pool.map(search_one, chosen[usable].tolist()), strict=True), start=1):
            rows.append(found[0])
            columns.append(np.full(len(found[0]), at))
            minutes.append(found[1])
            if progress is not None:
                progress(done, len(usable))
    return build_reach(
        np.concatenate(rows),
        np.concatenate(columns),
        np.concatenate(minutes),
        demand_ids=demand_ids,
        supply_ids=supply_ids,
        cutoff_min=cutoff_min,
        demand_status=near.status,
        supply_status=far.status[chosen],
    )
