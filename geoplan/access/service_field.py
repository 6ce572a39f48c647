"""Solve the field of one service, as a grid of minutes: to its nearest facility, from it, or the sum of the two.

There and back is the sum of the field to the facilities and the field from them. Where the nearest to go to is not the nearest to come back from, the
sum is a lower bound of a round trip to one facility (`geoplan.access.round_trip` finds that exactly, for points).
By hand: level ground, walking 5 km/h: 1 km away is 12 min to, 12 min from, 24 min both.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geoplan.access.entries import Entries, enter
from geoplan.access.field import Field, lay_costs, lay_legs, plant_seeds, solve
from geoplan.access.surface import Surface
from geoplan.access.ways import lay_ways, time_edges
from geoplan.contracts.grid import Grid
from geoplan.errors import ConfigError

Direction = Literal["to", "from", "both"]
DIRECTIONS: tuple[Direction, ...] = ("to", "from", "both")


def solve_service(
    facilities_xy: NDArray[np.float64],
    surface: Surface,
    *,
    mode: str,
    season: str,
    walker: float = 1.0,
    towards: bool = True,
    move_max_m: float,
    limit_min: float = np.inf,
) -> tuple[Field, Entries]:
    """Return the field of facilities, and how they entered.

    Parameters
    ----------
    facilities_xy
        (n, 2) easting, northing, metres.
    surface
        Where people travel.
    mode, season, walker
        How, as for `time_edges`.
    towards
        True: minutes to the nearest facility; False: from it.
    move_max_m
        Farthest a facility may be moved that no walk leaves, metres.
    limit_min
        Minutes beyond which nothing is looked for.
    """
    ways = lay_ways(surface, *time_edges(surface.network, mode=mode, season=season, walker=walker), walker=walker)
    entered = enter(facilities_xy, surface, move_max_m=move_max_m)
    seeds = plant_seeds(lay_legs(entered, surface, ways), towards=towards)
    return solve(lay_costs(surface, ways, towards=towards), seeds, limit_min=limit_min), entered


def grid_minutes(
    facilities_xy: NDArray[np.float64],
    surface: Surface,
    *,
    direction: str = "to",
    mode: str,
    season: str,
    walker: float = 1.0,
    move_max_m: float,
) -> Grid:
    """Return float32 minutes of every cell, NaN where there is no way (impassable ground among it).

    Parameters
    ----------
    facilities_xy, surface, mode, season, walker, move_max_m
        As for `solve_service`.
    direction
        ``to`` the nearest facility, ``from`` it, or ``both``: the sum of the two.

    Raises
    ------
    ConfigError
        ``FIELD-DIRECTION``: another word.
    """
    if direction not in DIRECTIONS:
        raise ConfigError(
            f"no direction {direction!r}", code="FIELD-DIRECTION", remedy=f"Use one of {', '.join(DIRECTIONS)}."
        )
    ways = {"to": (True,), "from": (False,), "both": (True, False)}[direction]
    solved = [
        solve_service(
            facilities_xy, surface, mode=mode, season=season, walker=walker, towards=one, move_max_m=move_max_m
        )[0].minutes()
        for one in ways
    ]
    return Grid(np.sum(solved, axis=0, dtype=np.float32), surface.ground.transform, surface.ground.crs)
