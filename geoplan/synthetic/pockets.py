"""Plant the hard places: pockets behind a river, and hamlets beyond every road.

A pocket is a bank that can be left only over its own ford, ferry or rope. Around every planted settlement lies a zone:
all ground within 3.1 km that can be seen from it without looking across water. No other settlement, road or facility may
enter the zone, so no straight leg of 2 km to a road, and no straight walk of 3 km to a facility, can lead out of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import ROUTE, Flags, Floats, Ints
from geoplan.synthetic.ground import Ground

ZONE_M = 3150.0


@dataclass(frozen=True)
class Plant:
    """One planted pocket or remote hamlet.

    Attributes
    ----------
    kind
        ``ford``, ``ferry``, ``rope`` (cut off in the wet season) or ``no_road``.
    cells
        100 m cells of its settlements.
    zone
        100 m cells kept empty around it.
    """

    kind: str
    cells: Ints
    zone: Ints


def see_zone(ground: Ground, tree: cKDTree, cells: Ints) -> Ints:
    """Return the cells within the zone's radius of any of ``cells`` and not hidden behind water."""
    xy = ROUTE.centres()
    seen: set[int] = set()
    for cell in cells.tolist():
        near = np.array(sorted(tree.query_ball_point(xy[cell], ZONE_M)))
        clear = ~ground.is_blocked(np.broadcast_to(xy[cell], (len(near), 2)), xy[near])
        seen.update(near[clear].tolist())
    return np.array(sorted(seen))


def _pick_cells(rng: np.random.Generator, ground: Ground, near: Ints, count: int) -> Ints:
    """Return up to ``count`` habitable cells of ``near``, at least 280 m apart, gentlest first with some chance."""
    xy = ROUTE.centres()
    appeal = ground.slope_deg[near] + rng.uniform(0.0, 6.0, len(near))
    chosen: list[int] = []
    for cell in near[np.argsort(appeal)].tolist():
        if all(np.hypot(*(xy[cell] - xy[other])) >= 280.0 for other in chosen):
            chosen.append(cell)
        if len(chosen) == count:
            break
    return np.array(chosen, dtype=np.int64)


def plant_pockets(rng: np.random.Generator, ground: Ground, seats: Ints, kinds: list[str]) -> list[Plant]:
    """Return pockets on river banks away from the township seats, as many as fit of ``kinds``, in that order."""
    xy = ROUTE.centres()
    tree = cKDTree(xy)
    inner = np.zeros(len(xy), dtype=bool)
    rows, cols = ROUTE.shape
    grid = ground.inside.reshape(rows, cols)
    inner.reshape(rows, cols)[25:-25, 25:-25] = grid[:-50, 25:-25] & grid[50:, 25:-25] & grid[25:-25, :-50] & grid[25:-25, 50:]
    seat_m = cKDTree(xy[seats]).query(xy)[0]
    bank = inner & ~ground.water & (ground.river_m > 150) & (ground.river_m < 420) & (ground.slope_deg < 17) & (seat_m > 4600)
    taken = np.zeros((0, 2))
    plants: list[Plant] = []
    wanted = list(kinds)
    for cell in rng.permutation(np.flatnonzero(bank)).tolist():
        if not wanted:
            break
        ferry = ground.river_km2[cell] > 900.0
        match = next((k for k in wanted if (k == "ferry") == ferry), None)
        if match is None or (len(taken) and np.hypot(*(taken - xy[cell]).T).min() < 7200.0):
            continue
        near = np.array(sorted(tree.query_ball_point(xy[cell], 850.0)))
        near = near[(ground.river_m[near] > 130.0) & (ground.slope_deg[near] < 22.0) & ~ground.water[near]]
        near = near[~ground.is_blocked(np.broadcast_to(xy[cell], (len(near), 2)), xy[near])]
        if len(near) < 12:
            continue
        cells = _pick_cells(rng, ground, near, int(rng.integers(2, 6)))
        zone = see_zone(ground, tree, cells)
        if np.isin(seats, zone).any() or len(zone) > 2200:
            continue
        plants.append(Plant(match, cells, zone))
        wanted.remove(match)
        taken = np.vstack([taken, xy[cell]])
    return plants


def plant_remote(rng: np.random.Generator, ground: Ground, seats: Ints, plants: list[Plant], count: int) -> list[Plant]:
    """Return single high hamlets far from rivers, seats and pockets, beyond every road."""
    xy = ROUTE.centres()
    tree = cKDTree(xy)
    used = np.concatenate([seats, *[one.cells for one in plants]])
    clear_m = cKDTree(xy[used]).query(xy)[0]
    fit = ground.inside & (ground.z > 1150.0) & (ground.slope_deg < 18.0) & (clear_m > 6000.0) & (ground.river_m > 1500.0)
    found: list[Plant] = []
    taken = np.zeros((0, 2))
    for cell in rng.permutation(np.flatnonzero(fit)).tolist():
        if len(found) == count:
            break
        if len(taken) and np.hypot(*(taken - xy[cell]).T).min() < 7000.0:
            continue
        cells = np.array([cell])
        found.append(Plant("no_road", cells, see_zone(ground, tree, cells)))
        taken = np.vstack([taken, xy[cell]])
    return found


def merge_zones(plants: list[Plant]) -> Flags:
    """Return the 100 m cells that lie in any zone."""
    rows, cols = ROUTE.shape
    zone = np.zeros(rows * cols, dtype=bool)
    for one in plants:
        zone[one.zone] = True
    return zone


def place_settlements(rng: np.random.Generator, ground: Ground, seats: Ints, plants: list[Plant], *, count: int) -> tuple[Ints, Floats]:
    """Return the cell of every settlement (seats, planted, then others) and its coordinates (n, 2), metres.

    Ground is the likelier settled the gentler, lower and nearer to a river it is; no two settlements come within 280 m.
    """
    xy = ROUTE.centres()
    allowed = ground.inside & ~ground.water & ~merge_zones(plants) & (ground.river_m > 110.0) & (ground.slope_deg < 30.0)
    weight = np.exp(-((ground.slope_deg / 12.0) ** 2) - (ground.z - 500.0) / 650.0) * (0.25 + np.exp(-ground.river_m / 1500.0))
    key = np.log(np.maximum(weight, 1e-30)) + rng.gumbel(size=len(xy))
    order = np.flatnonzero(allowed)
    order = order[np.argsort(-key[order], kind="stable")]
    fixed = np.concatenate([seats, *[one.cells for one in plants]])
    rows, cols = ROUTE.shape
    busy = np.zeros((rows + 6, cols + 6), dtype=bool)
    disc = np.hypot(*np.mgrid[-3:4, -3:4]) < 2.85
    chosen = fixed.tolist()
    for cell in chosen:
        busy[cell // cols : cell // cols + 7, cell % cols : cell % cols + 7] |= disc
    for cell in order.tolist():
        r, c = divmod(cell, cols)
        if not busy[r + 3, c + 3]:
            busy[r : r + 7, c : c + 7] |= disc
            chosen.append(cell)
            if len(chosen) == count:
                break
    cells = np.array(chosen)
    return cells, np.round(xy[cells] + rng.uniform(-25.0, 25.0, (len(cells), 2)), 1)
