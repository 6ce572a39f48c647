"""Give every road its speed in each mode: car, bus, motorcycle, bicycle.

A car goes by the profile's speed rows. A motorcycle or a bus goes at

    min(factor · car's speed in the season, cap)

by its most specific row: class and surface, then class, then surface, then neither. A motor vehicle does not feel the slope here; a bicycle does
(`geoplan.access.bicycle`), and its speed in this table is the one on level ground. Everyone on a ferry goes at the ferry's speed.

By hand: village gravel 15 km/h dry, motorcycle 1.1 and cap 35 → 16.5 km/h; national asphalt 50 km/h, bus 0.7 and cap 60 → 35 km/h.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.bicycle import bicycle_kmh
from geoplan.access.speeds import edge_speed_kmh
from geoplan.contracts.profiles import ModeRow, SpeedProfile
from geoplan.errors import ConfigError

CAR_MODES = ("ride", "car")
"""Two names of the vehicle that the speed rows speak of."""
_FERRY = "ferry"


def mode_speed_kmh(
    roads: pd.DataFrame, *, speeds: SpeedProfile, season: str, mode: str, walk_kmh: float = 5.0
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the speed of a mode on every road and whether the road's own had to be imputed.

    Parameters
    ----------
    roads
        Columns ``road_class`` and ``surface`` (canonical), optionally ``maxspeed_kmh``, which only lowers a speed.
    speeds
        Profile.
    season
        ``dry`` or ``wet``.
    mode
        ``car`` or ``ride``, ``bus``, ``motorcycle``, ``bicycle`` (on level ground; with slopes see `geoplan.access.bicycle.bicycle_min`).
    walk_kmh
        Walking speed on level ground, for pushing a bicycle, km/h.

    Returns
    -------
    kmh
        (m,) km/h; 0: the mode does not go there.
    imputed
        (m,) True where the class has no speed row and the profile's default was used; never for a bicycle.

    Raises
    ------
    ConfigError
        ``MODE-UNKNOWN`` for a mode the profile has no figures for.
    """
    car_kmh, imputed = edge_speed_kmh(roads, speeds=speeds, season=season)
    if mode in CAR_MODES:
        return car_kmh, imputed
    classes = roads["road_class"].astype(str).to_numpy()
    surfaces = roads["surface"].astype(str).to_numpy()
    sailed = classes == _FERRY
    if mode == "bicycle" and speeds.modes.bicycle is not None:
        level = bicycle_kmh(
            np.zeros(len(roads)), bicycle=speeds.modes.bicycle, surface=surfaces, season=season, walk_kmh=walk_kmh
        )
        level = np.where(np.isin(classes, speeds.no_foot), 0.0, level)
        return np.where(sailed, car_kmh, level), imputed & sailed
    rows = {(row.road_class, row.surface): row for row in speeds.modes.rows if row.mode == mode}
    if not rows:
        raise ConfigError(
            f"speed profile {speeds.id} has no figures for mode {mode!r}",
            code="MODE-UNKNOWN",
            remedy="Use car, or add rows for it under `modes` of the speed profile.",
        )
    factor, cap_kmh = _mode_figures(classes, surfaces, rows, season)
    return np.where(sailed, car_kmh, np.minimum(factor * car_kmh, cap_kmh)), imputed


def _mode_figures(
    classes: NDArray[np.str_], surfaces: NDArray[np.str_], rows: dict[tuple[str, str], ModeRow], season: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the factor and the cap of each road; a road no row speaks of is left at the car's speed."""
    codes, kinds = pd.factorize(pd.MultiIndex.from_arrays([classes, surfaces]))
    factor, cap_kmh = np.ones(len(kinds)), np.full(len(kinds), np.inf)
    for position, (road_class, surface) in enumerate(kinds):
        for key in ((road_class, surface), (road_class, "*"), ("*", surface), ("*", "*")):
            if key in rows:
                row = rows[key]
                wet = season == "wet" and row.wet_factor is not None
                factor[position] = row.wet_factor if wet else row.factor
                cap_kmh[position] = np.inf if row.cap_kmh is None else row.cap_kmh
                break
    return factor[codes], cap_kmh[codes]
