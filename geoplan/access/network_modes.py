"""Time the edges of a network for one more mode: car, bus, motorcycle or bicycle.

Minutes are those of `geoplan.access.mode_times`, with the waiting at a crossing, one-way, and crossings closed in the wet season. Paths and ropes are
nobody's road but the walker's (inf here). By hand: 1 km of village gravel, 16.5 km/h by motorcycle: 3.636 min.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.mode_times import time_lines_min
from geoplan.access.noding import is_off_ground
from geoplan.contracts.grid import Grid
from geoplan.contracts.profiles import SpeedProfile


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
    wait = edges["wait_min"].to_numpy()
    oneway, walked = roads["oneway"].to_numpy(), edges["walked"].to_numpy()
    spans = is_off_ground(edges["crossing"].to_numpy())
    for season in seasons:
        times = time_lines_min(lines, roads, speeds=speeds, season=season, mode=mode, dem=dem, walk_kmh=walk_kmh, spans=spans)
        shut = walked | (np.isin(crossing, speeds.wet_closed) & (season == "wet"))
        for name, taken, allowed in zip(("forward", "backward"), times, (oneway >= 0, oneway <= 0), strict=True):
            edges[f"{mode}_{name}_min_{season}"] = np.where(allowed & ~shut, taken + wait, np.inf)
