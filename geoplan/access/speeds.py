"""Give a speed to every kind of road, and to feet on a slope.

Vehicles
--------
The row of the profile for (class, surface) wins; then the row for (class, ``*``); then ``default_kmh``, marked imputed.
In the wet season ``wet_kmh`` replaces ``kmh`` where given; 0 closes the road. A posted limit (``maxspeed_kmh``) can only
lower a speed.

On foot
-------
Tobler's hiking function, scaled so that level ground is the stated speed V:

    v(s) = V · exp(−3.5 · |s + 0.05|) / exp(−0.175)        s = rise / run in the direction of travel

By hand, V = 5 km/h: s 0 → 5.0000, +0.1 → 5·exp(−0.35) = 3.5234, −0.1 → 5.0000 km/h; so 500 m
level take 6 min. Lengths are plan lengths (metres on the map), as in Tobler's own use.
Source: W. Tobler (1993), *Three presentations on geographical analysis and modeling*, NCGIA 93-1.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geoplan.contracts.profiles import SpeedProfile, SpeedRow
from geoplan.units import travel_min

_STEEPNESS = 3.5
_EASIEST_SLOPE = 0.05


def tobler_kmh(slope: ArrayLike, *, level_kmh: float) -> NDArray[np.float64]:
    """Return walking speed on ``slope``.

    Parameters
    ----------
    slope
        Rise over run in the direction of travel (0.1 climbs 10 m in 100 m), any shape; a ratio, not percent or degrees.
    level_kmh
        Speed on level ground, km/h.

    Returns
    -------
    numpy.ndarray
        Speed, km/h, same shape.
    """
    steep = np.asarray(slope, dtype=np.float64)
    return level_kmh * np.exp(-_STEEPNESS * (np.abs(steep + _EASIEST_SLOPE) - _EASIEST_SLOPE))


def walk_min(length_m: ArrayLike, rise_m: ArrayLike, *, level_kmh: float) -> NDArray[np.float64]:
    """Return minutes to walk ``length_m`` on the map while climbing ``rise_m`` (negative: going down).

    Parameters
    ----------
    length_m, rise_m
        Plan length (>= 0) and rise of each piece, metres, broadcastable. A piece of zero length takes no time.
    level_kmh
        Speed on level ground, km/h.
    """
    length = np.asarray(length_m, dtype=np.float64)
    rise = np.asarray(rise_m, dtype=np.float64)
    slope = np.divide(rise, length, out=np.zeros(np.broadcast(rise, length).shape), where=length > 0)
    return travel_min(length, tobler_kmh(slope, level_kmh=level_kmh))


def _row_kmh(row: SpeedRow, season: str) -> float:
    """Return the speed a profile row states for a season, km/h."""
    return row.wet_kmh if season == "wet" and row.wet_kmh is not None else row.kmh


def edge_speed_kmh(roads: pd.DataFrame, *, speeds: SpeedProfile, season: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the vehicle speed of every road and whether it had to be imputed.

    Parameters
    ----------
    roads
        Columns ``road_class`` and ``surface`` (canonical), optionally ``maxspeed_kmh``.
    speeds
        Profile; the most specific row wins.
    season
        ``dry`` or ``wet``.

    Returns
    -------
    kmh
        (m,) km/h; 0 means closed.
    imputed
        (m,) True where the class has no row and ``default_kmh`` was used.
    """
    exact = {(row.road_class, row.surface): _row_kmh(row, season) for row in speeds.rows}
    classes = roads["road_class"].astype(str).to_numpy()
    surfaces = roads["surface"].astype(str).to_numpy()
    kinds = pd.MultiIndex.from_arrays([classes, surfaces])
    codes, uniques = pd.factorize(kinds)
    values = np.empty(len(uniques))
    missing = np.zeros(len(uniques), dtype=bool)
    for position, (road_class, surface) in enumerate(uniques):
        found = exact.get((road_class, surface), exact.get((road_class, "*")))
        missing[position] = found is None
        values[position] = speeds.default_kmh if found is None else found
    kmh = values[codes]
    if "maxspeed_kmh" in roads:
        limit = pd.to_numeric(roads["maxspeed_kmh"], errors="coerce").to_numpy(dtype=np.float64)
        kmh = np.where(limit > 0, np.fmin(kmh, limit), kmh)
    return kmh, missing[codes]
