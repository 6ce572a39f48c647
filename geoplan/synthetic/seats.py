"""Choose the seats: township seats on river terraces, village seats in the middle of their settlements."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.ndimage import distance_transform_edt

from geoplan.synthetic.frame import ROUTE, Flags, Floats, Ints
from geoplan.synthetic.ground import Ground

_SPREADS_M = (7200.0, 6400.0, 5600.0, 4800.0, 4000.0)


def pick_town_seats(rng: np.random.Generator, ground: Ground, count: int) -> Ints:
    """Return the cells of ``count`` township seats, the county town first: gentle ground by water, kilometres apart."""
    xy = ROUTE.centres()
    middle = shapely.get_coordinates(ground.county.centroid)[0]
    edge_m = distance_transform_edt(ground.inside.reshape(ROUTE.shape)).ravel() * ROUTE.cell_m
    fit = ground.inside & ~ground.water & (ground.river_m > 130.0) & (ground.slope_deg < 9.5) & (edge_m > 2500.0)
    appeal = 0.6 * np.log(ground.river_km2) - 0.35 * ground.slope_deg + rng.uniform(0.0, 1.0, len(xy)) - ground.z / 900.0
    far_km = np.hypot(*(xy - middle).T) / 1000.0
    bank = fit & (ground.river_km2 > 2000.0) & (ground.river_m < 700.0)
    seats = [int(np.argmax(np.where(bank, appeal - 0.25 * far_km, -np.inf)))]
    cells = np.flatnonzero(fit)
    cells = cells[np.argsort(-appeal[cells], kind="stable")]
    clear_m = np.hypot(*(xy[cells] - xy[seats[0]]).T)
    for spread_m in _SPREADS_M:
        while len(seats) < count and (clear_m >= spread_m).any():
            chosen = int(cells[np.argmax(clear_m >= spread_m)])
            seats.append(chosen)
            clear_m = np.minimum(clear_m, np.hypot(*(xy[cells] - xy[chosen]).T))
    return np.array(seats)


def pick_village_seats(xy: Floats, village: Ints, slope_deg: Floats, seats: int, planted: Flags) -> Ints:
    """Return each village's seat: its township seat where there is one, else a central, gentle settlement not ``planted``.

    A village of planted settlements alone has none.
    """
    chosen = []
    for one in np.unique(village):
        rows = np.flatnonzero(village == one)
        town, free = rows[rows < seats], rows[~planted[rows]]
        if len(town):
            chosen.append(int(town[0]))
        elif len(free):
            away_m = np.hypot(*(xy[free] - xy[free].mean(axis=0)).T)
            chosen.append(int(free[np.argmin(away_m + 60.0 * slope_deg[free])]))
    return np.array(chosen)
