"""Make the reach tables of several services over one season's surface: what seats and siting are shared out by.

Every service is searched with its own mode, walker and cut-off; settlements enter the surface once for all, and services that travel alike share
what their searches need. A candidate place is a facility like any other: give its points under the id of a service. Minutes are one way, from
the settlement to the facility.

Minutes are those of the search, whole ticks of 1/8192 s a step, which come within a ten-thousandth of a minute of the time along the way; on either
side of a threshold (the cut-off, and whatever others are named) the way is timed again to the last bit, so that exactly 30 minutes are within 30
here as in the table of times. That takes half the time of timing every way again (`geoplan.access.reach_field.tabulate_reach`).

By hand: on a level road of 20 km/h a clinic 1 km and a school 2 km from a village on it: 3.0 and 6.0 min. With cut-offs of 5 min each the
clinic's table has the one pair and the school's has none.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geoplan.access.compute import Joined, Ready, join_points, make_ready, meetings_with
from geoplan.access.field import Field, plant_seeds, solve
from geoplan.access.reach import build_reach
from geoplan.access.reading import MINUTE_DIGITS, best_legs
from geoplan.access.retime import PARTS, measure
from geoplan.access.surface import Surface
from geoplan.access.ticks import NEVER, TICKS_PER_MIN
from geoplan.access.trace import trace
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.contracts.reach import Reach
from geoplan.contracts.status import Status
from geoplan.errors import ConfigError

_SLACK_MIN = 0.01
"""Searched so much farther than the cut-off, and timed again so near to a threshold: a way of many steps may be off by a fraction of a tick each."""
_MINUTES = [PARTS.index(name) for name in ("off_road_min", "network_min", "facility_off_road_min")]


def tabulate_service_reach(
    settlements: gpd.GeoDataFrame,
    facilities: Mapping[str, gpd.GeoDataFrame],
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    *,
    config: AccessConfig,
    cutoff_min: Mapping[str, float],
    walkers: Mapping[str, float] | None = None,
    season: str | None = None,
    thresholds_min: Mapping[str, Sequence[float]] | None = None,
) -> dict[str, Reach]:
    """Return service id → reach table of one season; ids of settlements and facilities sorted, nobody left out of the lists.

    Parameters
    ----------
    settlements
        Points with ``settlement_id``, in the surface's CRS.
    facilities
        Service id → points, lines or polygons with ``facility_id``; a service without an entry has an empty table.
    services
        Services to search for, each with its mode and walker. ``trip`` is not looked at: minutes are one way.
    surfaces
        Season → surface (see `join_surface`).
    config
        Seasons, and how far a point may be moved.
    cutoff_min
        Service id → minutes at which its searches stop, inclusive.
    walkers
        Walker of a service → factor on walking speed; ``adult`` is 1.
    season
        Season of the minutes; the first of ``config.seasons`` if not given.
    thresholds_min
        Service id → minutes, beside the cut-off, on whose right side every pair must stand.

    Raises
    ------
    ConfigError
        ``SEASON-UNKNOWN`` (no surface of that season), ``REACH-CUTOFF`` (a service without a cut-off), ``WALKER-UNKNOWN``.
    CrsError
        ``CRS-MIXED``: layers differ in CRS.
    TableError
        ``ID-DUPLICATE``: settlement ids, or facility ids of one service, occur twice.
    """
    chosen = _choose_season(config, surfaces, season)
    lacking = [one.id for one in services if one.id not in cutoff_min]
    if lacking:
        raise ConfigError(
            "services have no cut-off", code="REACH-CUTOFF", ids=lacking, remedy="Say how many minutes each is looked for."
        )
    one_season = config.model_copy(update={"seasons": [chosen]})
    joined = join_points(settlements, dict(facilities), services, surfaces, one_season, walkers)
    kinds = dict.fromkeys((one.mode, one.walker) for one in services)
    ready = {kind: make_ready(joined, *kind, chosen, away=False) for kind in kinds}
    ends = {one.id: [float(cutoff_min[one.id]), *(thresholds_min or {}).get(one.id, ())] for one in services}
    tasks = [(one, int(number)) for one in services for number in _usable(joined, one, chosen)]

    def search(task: tuple[ServiceConfig, int]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        service, number = task
        return _search(joined, ready[service.mode, service.walker], number, ends[service.id], season=chosen)

    # The search lets go of the interpreter, so threads share the cores.
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        found = list(pool.map(search, tasks))
    return {one.id: _gather(joined, one, tasks, found, season=chosen, cutoff_min=ends[one.id][0]) for one in services}


def _choose_season(config: AccessConfig, surfaces: Mapping[str, Surface], season: str | None) -> str:
    """Return the season asked for, or raise."""
    chosen = config.seasons[0] if season is None else season
    if chosen not in surfaces:
        raise ConfigError(
            f"there is no surface of season {chosen!r}",
            code="SEASON-UNKNOWN",
            remedy=f"Use one of {', '.join(sorted(surfaces))}.",
        )
    return chosen


def _usable(joined: Joined, service: ServiceConfig, season: str) -> NDArray[np.int64]:
    """Return the numbers of a service's facilities that stand on the ground."""
    mine = joined.numbers[service.id]
    return mine[joined.sides[season].far.status[mine] == Status.OK.value]


def _search(
    joined: Joined, ready: Ready, facility: int, ends_min: Sequence[float], *, season: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the settlements within the cut-off (the first of the ends) of one facility, and their minutes."""
    side, one = joined.sides[season], np.array([facility])
    count = len(side.near.xy)
    field = solve(ready.towards, plant_seeds(ready.far_legs, towards=True, points=one), limit_min=ends_min[0] + _SLACK_MIN)
    ticks, leg = best_legs(field, ready.near_legs, count)
    minutes = np.where(ticks < int(NEVER), ticks / TICKS_PER_MIN, np.inf)
    close = np.flatnonzero((np.abs(minutes[:, None] - np.array(ends_min)) <= _SLACK_MIN).any(axis=1) & (leg >= 0))
    minutes[close] = _time_again(joined, ready, field, leg[close], season=season)
    direct = meetings_with(ready.meetings, one)
    np.minimum.at(minutes, direct.a, direct.there_min)
    found = np.flatnonzero(minutes <= ends_min[0])
    return found, minutes[found]


def _time_again(joined: Joined, ready: Ready, field: Field, leg: NDArray[np.int64], *, season: str) -> NDArray[np.float64]:
    """Return the minutes along the ways that begin with these legs, to the last bit."""
    if not len(leg):
        return np.zeros(0)
    side, legs = joined.sides[season], ready.near_legs
    steps = trace(field, legs.code[leg])
    parts = measure(field, steps, near=side.near, near_legs=legs, near_leg=leg, far=side.far, far_legs=ready.far_legs)
    return np.round(parts[:, _MINUTES].sum(axis=1), MINUTE_DIGITS)


def _gather(
    joined: Joined,
    service: ServiceConfig,
    tasks: Sequence[tuple[ServiceConfig, int]],
    found: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]],
    *,
    season: str,
    cutoff_min: float,
) -> Reach:
    """Return the table of one service from what its facilities' searches found."""
    mine, side = joined.numbers[service.id], joined.sides[season]
    own = [(number, *pairs) for (one, number), pairs in zip(tasks, found, strict=True) if one.id == service.id]
    place = np.zeros(len(joined.supply), dtype=np.int64)
    place[mine] = np.arange(len(mine))
    empty = np.zeros(0, dtype=np.int64)
    return build_reach(
        np.concatenate([empty, *(rows for _, rows, _ in own)]),
        np.concatenate([empty, *(np.full(len(rows), place[number]) for number, rows, _ in own)]),
        np.concatenate([np.zeros(0), *(minutes for _, _, minutes in own)]),
        demand_ids=sorted(joined.ids),
        supply_ids=joined.supply["facility_id"].astype(str).to_numpy(dtype=object)[mine].tolist(),
        cutoff_min=cutoff_min,
        demand_status=side.near.status,
        supply_status=side.far.status[mine],
    )
