"""Time the edges of a network for one more mode: car, bus, motorcycle or bicycle.

A motor vehicle takes 60 · length_km / kmh whatever the terrain; a bicycle is timed piece by piece for the slope in its direction. One-way holds for
all; paths and ropes are nobody's road but the walker's (inf here). By hand: 1 km of village gravel, 16.5 km/h by motorcycle: 3.636 min.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.bicycle import bicycle_min
from geoplan.access.elevation import cut_slopes
from geoplan.access.modes import mode_speed_kmh
from geoplan.access.noding import is_off_ground
from geoplan.contracts.grid import Grid
from geoplan.contracts.profiles import SpeedProfile
from geoplan.units import travel_min


def time_mode(
    edges: pd.DataFrame,
    roads: pd.DataFrame,
    lines: NDArray[np.object_],
    *,
    mode: str,
    speeds: SpeedProfile,
    seasons: Sequence[str],
    dem: Grid | None,
    walk_kmh: float,
) -> None:
    """Add ``<mode>_forward_min_<season>`` and ``<mode>_backward_min_<season>`` to ``edges``, a frame in the making.

    Parameters
    ----------
    edges
        Edges with ``crossing``, ``length_m``, ``walked``, ``wait_min``; changed in place.
    roads
        The road's attributes of every edge, ``oneway`` and ``maxspeed_kmh`` among them.
    lines
        Their LineStrings.
    mode, speeds, seasons
        What to time.
    dem, walk_kmh
        Heights and walking speed, for a bicycle.
    """
    crossing = edges["crossing"].to_numpy().astype(str)
    length, wait = edges["length_m"].to_numpy(), edges["wait_min"].to_numpy()
    oneway, walked = roads["oneway"].to_numpy(), edges["walked"].to_numpy()
    for season in seasons:
        kmh, _ = mode_speed_kmh(roads, speeds=speeds, season=season, mode=mode, walk_kmh=walk_kmh)
        shut = walked | ~(kmh > 0) | (np.isin(crossing, speeds.wet_closed) & (season == "wet"))
        minutes = [travel_min(length, np.where(kmh > 0, kmh, 1.0))] * 2
        if mode == "bicycle":
            minutes = _cycle_min(lines, roads, crossing, minutes[0], speeds=speeds, season=season, dem=dem, walk_kmh=walk_kmh)
        for name, taken, allowed in (("forward", minutes[0], oneway >= 0), ("backward", minutes[1], oneway <= 0)):
            edges[f"{mode}_{name}_min_{season}"] = np.where(allowed & ~shut, taken + wait, np.inf)


def _cycle_min(
    lines: NDArray[np.object_],
    roads: pd.DataFrame,
    crossing: NDArray[np.str_],
    level_min: NDArray[np.float64],
    *,
    speeds: SpeedProfile,
    season: str,
    dem: Grid | None,
    walk_kmh: float,
) -> list[NDArray[np.float64]]:
    """Return minutes along and against every edge by bicycle; a ferry takes what it takes."""
    bicycle = speeds.modes.bicycle
    if bicycle is None or len(lines) == 0:
        return [level_min, level_min]
    run, rise, owner = cut_slopes(lines, dem=dem, spans=is_off_ground(crossing))
    surface = roads["surface"].astype(str).to_numpy()[owner]
    found = []
    for up in (rise, -rise):
        pieces = bicycle_min(run, up, bicycle=bicycle, surface=surface, season=season, walk_kmh=walk_kmh)
        added = np.bincount(owner, weights=pieces, minlength=len(lines)).astype(np.float64, copy=False)
        found.append(np.where(crossing == "ferry", level_min, added))
    return found
