"""Plant the hard places: pockets behind a river, and hamlets beyond every road.

A pocket is a bank that can be left only over its own ford, ferry or rope: water on one side, and on the other the cliffs that
`geoplan.synthetic.cliffs` draws once its road is laid. Around every planted settlement lies a zone: all ground within 3.1 km that can be seen
from it without looking across water. No other settlement, road or facility may enter the zone, so there is room for the cliffs, and a hamlet
without a road walks far to one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import ROUTE, Flags, Ints
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


def _suits(ground: Ground, kind: str) -> Flags:
    """Return the cells whose nearest river asks for this crossing: ferries on great rivers, ropes over steep, fords over small ones."""
    if kind == "ferry":
        return ground.river_km2 > 900.0
    if kind == "rope":
        return (ground.river_km2 > 28.0) & (ground.river_km2 < 900.0)
    return ground.river_km2 < 320.0


def _erode(flags: Flags, cells: int) -> Flags:
    """Return the 100 m cells at least ``cells`` cells inside ``flags``."""
    grid = np.pad(flags.reshape(ROUTE.shape), 1, constant_values=False)
    return (distance_transform_edt(grid)[1:-1, 1:-1] > cells).ravel()


def plant_pockets(rng: np.random.Generator, ground: Ground, seats: Ints, kinds: list[str]) -> list[Plant]:
    """Return pockets on river banks away from the township seats, as many as fit of ``kinds``, in that order."""
    xy = ROUTE.centres()
    tree = cKDTree(xy)
    seat_m = cKDTree(xy[seats]).query(xy)[0]
    bank = _erode(ground.inside, 22) & ~ground.water & (ground.river_m > 150.0) & (ground.river_m < 420.0)
    bank &= (ground.slope_deg < 17.0) & (seat_m > 3400.0)
    taken = np.zeros((0, 2))
    plants: list[Plant] = []
    for kind in kinds:
        for cell in rng.permutation(np.flatnonzero(bank & _suits(ground, kind)))[:160].tolist():
            if len(taken) and np.hypot(*(taken - xy[cell]).T).min() < 6800.0:
                continue
            plant = _try_pocket(rng, ground, tree, cell, kind)
            if plant is None or np.isin(seats, plant.zone).any():
                continue
            plants.append(plant)
            taken = np.vstack([taken, xy[cell]])
            break
    return plants


def _try_pocket(rng: np.random.Generator, ground: Ground, tree: cKDTree, cell: int, kind: str) -> Plant | None:
    """Return a pocket around ``cell``, or None where there is no room to live or too much ground in view."""
    xy = ROUTE.centres()
    near = np.array(sorted(tree.query_ball_point(xy[cell], 850.0)))
    near = near[(ground.river_m[near] > 130.0) & (ground.slope_deg[near] < 22.0) & ~ground.water[near] & ground.inside[near]]
    near = near[~ground.is_blocked(np.broadcast_to(xy[cell], (len(near), 2)), xy[near])]
    if len(near) < 12:
        return None
    cells = _pick_cells(rng, ground, near, int(rng.integers(2, 6)))
    zone = see_zone(ground, tree, cells)
    return Plant(kind, cells, zone) if len(zone) <= 2600 else None


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


def place_settlements(rng: np.random.Generator, ground: Ground, seats: Ints, plants: list[Plant], *, count: int) -> Ints:
    """Return the 100 m cell of every settlement: seats, planted, then others (fewer than ``count`` when the land is full).

    Ground is the likelier settled the gentler, lower and nearer to a river it is; no two settlements come within 280 m.
    """
    xy = ROUTE.centres()
    allowed = (
        _erode(ground.inside, 2) & ~ground.water & ~merge_zones(plants) & (ground.river_m > 110.0) & (ground.slope_deg < 30.0)
    )
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
    return np.array(chosen)
