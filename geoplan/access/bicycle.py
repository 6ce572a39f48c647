"""Ride a bicycle at constant power, up and down, and push it where that is quicker.

On a slope s (rise over run, in the direction of travel; θ = arctan s) the steady speed v along the road, m/s, balances power:

    η·P = v·( m·g·(sin θ + C·cos θ) + ½·ρ·D·v² )

P power, η what reaches the wheel, m mass, g = 9.81 m/s², C rolling resistance, ρ air density, D drag area: a cubic with one positive root. The rider brakes
above the surface's top speed, and pushes at ``push_factor`` of Tobler's walking speed where that is faster. Speeds are along the map (v·cos θ), like lengths.
Source of the balance: Martin, Milliken, Cobb, McFadden & Coggan (1998), Validation of a mathematical model for road cycling power, Journal of Applied
Biomechanics 14(3), without wind, bearings and acceleration.

By hand, 75 W, η 0.95, 90 kg, C 0.008, ρ·D 0.66: level 71.25 = v·(7.063 + 0.33·v²) → v = 4.828 m/s = 17.38 km/h; a slope of 0.1 (10 %, 5.7°) gives
71.25 = v·(94.88 + 0.33·v²) → 0.749 m/s = 2.70 km/h, so it is pushed: 0.8·3.523 = 2.82 km/h. Down 0.05 it would run 41 km/h and is braked to 25.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoplan.access.speeds import tobler_kmh
from geoplan.contracts.profiles import Bicycle
from geoplan.units import travel_min

_GRAVITY = 9.81
_KMH_PER_MS = 3.6
_ROUNDS = 60


def bicycle_kmh(
    slope: ArrayLike, *, bicycle: Bicycle, surface: ArrayLike = "asphalt", season: str = "dry", walk_kmh: float = 5.0
) -> NDArray[np.float64]:
    """Return the speed of a bicycle along the map.

    Parameters
    ----------
    slope
        Rise over run in the direction of travel (0.1 climbs 10 m in 100 m): a ratio, not percent or degrees.
    bicycle
        Rider, machine and surfaces.
    surface
        Canonical surface, one or an array that broadcasts with ``slope``; what has no row takes ``*``.
    season
        ``dry`` or ``wet``.
    walk_kmh
        Walking speed on level ground, for pushing, km/h.

    Returns
    -------
    numpy.ndarray
        km/h, of the broadcast shape.
    """
    steep, kind = np.broadcast_arrays(np.asarray(slope, dtype=np.float64), np.asarray(surface))
    rolling, top_kmh = _surface_figures(kind, bicycle, season)
    cosine = 1.0 / np.sqrt(1.0 + steep**2)
    ridden = (
        _KMH_PER_MS
        * cosine
        * _balance(
            power_w=bicycle.power_w * bicycle.efficiency,
            resistance_n=bicycle.mass_kg * _GRAVITY * cosine * (steep + rolling),
            drag=0.5 * bicycle.air_kg_m3 * bicycle.drag_m2,
        )
    )
    pushed = bicycle.push_factor * tobler_kmh(steep, level_kmh=walk_kmh)
    return np.maximum(np.minimum(ridden, top_kmh), pushed)


def bicycle_min(
    length_m: ArrayLike,
    rise_m: ArrayLike,
    *,
    bicycle: Bicycle,
    surface: ArrayLike = "asphalt",
    season: str = "dry",
    walk_kmh: float = 5.0,
) -> NDArray[np.float64]:
    """Return minutes to cycle ``length_m`` on the map while climbing ``rise_m`` (negative: going down); see `bicycle_kmh`.

    A piece of no length takes no time. The way back is ``-rise_m``.
    """
    length, rise = np.broadcast_arrays(np.asarray(length_m, dtype=np.float64), np.asarray(rise_m, dtype=np.float64))
    slope = np.divide(rise, length, out=np.zeros(length.shape), where=length > 0)
    return travel_min(length, bicycle_kmh(slope, bicycle=bicycle, surface=surface, season=season, walk_kmh=walk_kmh))


def _surface_figures(surface: NDArray[np.str_], bicycle: Bicycle, season: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rolling resistance and top speed of each surface."""
    rows = {row.surface: row for row in bicycle.surfaces}
    names, place = np.unique(surface.astype(str), return_inverse=True)
    found = [rows.get(str(name), rows["*"]) for name in names]
    rolling = [row.wet_rolling if season == "wet" and row.wet_rolling is not None else row.rolling for row in found]
    place = place.reshape(surface.shape)
    return np.array(rolling)[place], np.array([row.top_kmh for row in found])[place]


def _balance(*, power_w: float, resistance_n: NDArray[np.float64], drag: float) -> NDArray[np.float64]:
    """Return the positive root v of drag·v³ + resistance·v = power, m/s.

    Newton's method from above: f is increasing and convex right of its root, so it comes down to it without overshooting.
    """
    speed = np.cbrt(power_w / drag) + np.sqrt(np.maximum(-resistance_n, 0.0) / drag)
    for _ in range(_ROUNDS):
        excess = drag * speed**3 + resistance_n * speed - power_w
        step = excess / (3.0 * drag * speed**2 + resistance_n)
        speed = speed - step
        if np.all(np.abs(step) <= 1e-14 * speed):
            break
    return speed
