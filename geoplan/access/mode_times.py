"""Time roads in one mode, along each line and against it: motors by length and speed, bicycles by the slope of each piece.

Minutes of a motor are 60 · length_km / kmh both ways, whatever the terrain. A bicycle is timed on pieces of at most one cell of the elevation model; a bridge,
tunnel or rope climbs evenly from end to end. Where a mode does not go, the minutes are inf. Waiting and one-way rules are the network's.
By hand: 1 km of asphalt on a plane rising 0.05 along it: 60 / 4.95 = 12.1 min up and, braked to 25 km/h, 2.4 min down; by bus at 35 km/h 1.71 min each way.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.access.bicycle import bicycle_min
from geoplan.access.elevation import bridge_voids, sample_height_m, step_m
from geoplan.access.modes import mode_speed_kmh
from geoplan.contracts.grid import Grid
from geoplan.contracts.profiles import Bicycle, SpeedProfile
from geoplan.units import travel_min


def time_lines_min(
    lines: NDArray[np.object_],
    roads: pd.DataFrame,
    *,
    speeds: SpeedProfile,
    season: str,
    mode: str,
    dem: Grid | None,
    walk_kmh: float,
    spans: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return minutes of a mode along lines, forward and backward; inf where it does not go.

    Parameters
    ----------
    lines
        (n,) LineStrings in the elevation model's CRS, metres.
    roads
        (n,) rows: ``road_class``, ``surface``, optionally ``maxspeed_kmh``.
    speeds, season, mode, walk_kmh
        As for `geoplan.access.modes.mode_speed_kmh`.
    dem
        Heights, metres, for bicycles only; None is level.
    spans
        (n,) True where the line does not lie on the ground (bridge, tunnel, rope).

    Raises
    ------
    ConfigError
        ``MODE-UNKNOWN`` for a mode the profile has no figures for.
    """
    kmh, _ = mode_speed_kmh(roads, speeds=speeds, season=season, mode=mode, walk_kmh=walk_kmh)
    goes = kmh > 0
    length = shapely.length(lines)
    minutes = np.where(goes, travel_min(length, np.where(goes, kmh, 1.0)), np.inf)
    forward, backward = minutes, minutes.copy()
    bicycle = speeds.modes.bicycle
    if mode == "bicycle" and bicycle is not None and dem is not None:
        ridden = np.flatnonzero(goes & (roads["road_class"] != "ferry").to_numpy())
        surface = roads["surface"].astype(str).to_numpy()[ridden]
        even = np.zeros(len(ridden), dtype=bool) if spans is None else np.asarray(spans)[ridden]
        forward[ridden], backward[ridden] = _cycle_min(
            lines[ridden], surface, even, bicycle=bicycle, season=season, dem=dem, walk_kmh=walk_kmh
        )
    return forward, backward


def _cycle_min(
    lines: NDArray[np.object_],
    surface: NDArray[np.str_],
    even: NDArray[np.bool_],
    *,
    bicycle: Bicycle,
    season: str,
    dem: Grid,
    walk_kmh: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return minutes by bicycle forward and backward; lines marked ``even`` climb evenly from end to end."""
    dense = lines.copy()
    dense[~even] = shapely.segmentize(lines[~even], step_m(dem))
    xy, line = shapely.get_coordinates(dense, return_index=True)
    if even.any():
        # Of a span only its ends count, as far apart as it is long.
        inner = np.r_[False, line[1:] == line[:-1]] & np.r_[line[1:] == line[:-1], False]
        keep = ~(inner & even[line])
        xy, line = xy[keep], line[keep]
    same = line[1:] == line[:-1]
    run_m = np.where(even[line[1:]], shapely.length(lines)[line[1:]], np.hypot(*(xy[1:] - xy[:-1]).T))
    run_m = np.where(same, run_m, 0.0)
    height = bridge_voids(sample_height_m(dem, xy), np.r_[0.0, np.cumsum(run_m)], line)
    rise, run, owner = (height[1:] - height[:-1])[same], run_m[same], line[1:][same]
    sums = []
    for one in (rise, -rise):
        minutes = bicycle_min(run, one, bicycle=bicycle, surface=surface[owner], season=season, walk_kmh=walk_kmh)
        sums.append(np.bincount(owner, weights=minutes, minlength=len(lines)).astype(np.float64, copy=False))
    return sums[0], sums[1]
