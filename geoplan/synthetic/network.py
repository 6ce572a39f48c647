"""Decide which places get which road: trunks, township links, village roads, group roads, and the planted crossings."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import ROUTE, Floats, Ints
from geoplan.synthetic.ground import Ground
from geoplan.synthetic.pockets import Plant, merge_zones
from geoplan.synthetic.routing import NO_RANK, Layout, StepTable, find_visible_road

_NATIONAL, _PROVINCIAL, _COUNTY, _TOWNSHIP, _VILLAGE, _GROUP, _PATH = range(7)


def _trunk_ends(ground: Ground) -> tuple[list[int], list[int]]:
    """Return the cells where the national road (along the great river) and the provincial road leave the county."""
    xy = ROUTE.centres()
    dry = ground.inside & ~ground.water
    bank = np.flatnonzero(dry & (ground.river_km2 > 2000.0) & (ground.river_m < 700.0) & (ground.river_m > 120.0))
    floor = np.flatnonzero(dry & (ground.slope_deg < 25.0))
    north, south = bank[np.argmax(xy[bank, 1])], bank[np.argmin(xy[bank, 1])]
    west, east = floor[np.argmin(xy[floor, 0])], floor[np.argmax(xy[floor, 0])]
    return [int(north), int(south)], [int(west), int(east)]


def _neighbour_pairs(xy: Floats, count: int) -> list[tuple[int, int]]:
    """Return the ``count`` closest pairs of seats that do not include the county seat."""
    pairs = sorted((float(np.hypot(*(xy[a] - xy[b]))), a, b) for a in range(1, len(xy)) for b in range(a + 1, len(xy)))
    return [(a, b) for _, a, b in pairs[:count]]


def lay_network(
    rng: np.random.Generator,
    ground: Ground,
    layout: Layout,
    *,
    cells: Ints,
    seats: int,
    village_seats: Ints,
    plants: list[Plant],
    xy: Floats,
) -> None:
    """Build all roads in ``layout``.

    Parameters
    ----------
    cells, xy
        100 m cell and coordinates of every settlement; the first ``seats`` are the township seats, the county's first.
    village_seats
        Settlement numbers of the village seats.
    plants
        Pockets and remote hamlets, whose zones stay free of other roads.
    """
    closed = merge_zones(plants)
    _, before = layout.search(cells[:1], closed=closed)
    national, provincial = _trunk_ends(ground)
    for rank, targets in ((_NATIONAL, national), (_PROVINCIAL, provincial), (_COUNTY, cells[1:seats].tolist())):
        for target in targets:
            layout.build(layout.follow(before, int(target)), rank=rank, owner=_owner(cells, int(target)))
    for a, b in _neighbour_pairs(ROUTE.centres()[cells[:seats]], 9):
        _, before = layout.search(cells[a : a + 1], closed=closed)
        layout.build(layout.follow(before, int(cells[b])), rank=_TOWNSHIP, owner=b)
    _, before = layout.search(layout.road_cells(), closed=closed)
    for k in village_seats.tolist():
        rank = _TOWNSHIP if rng.random() < 0.3 else _VILLAGE
        layout.build(layout.follow(before, int(cells[k])), rank=rank, owner=k)
    _lay_group_roads(rng, ground, layout, cells=cells, xy=xy, first=seats + sum(len(one.cells) for one in plants), plants=plants)
    reach = layout.search(layout.road_cells(), closed=closed)
    for one in plants:
        if one.kind != "no_road":
            _lay_pocket(layout, one, reach, cells)


def _owner(cells: Ints, target: int) -> int:
    """Return the settlement number at ``target``, or 0 (the county seat)."""
    found = np.flatnonzero(cells == target)
    return int(found[0]) if len(found) else 0


def _lay_group_roads(
    rng: np.random.Generator, ground: Ground, layout: Layout, *, cells: Ints, xy: Floats, first: int, plants: list[Plant]
) -> None:
    """Extend the network until every ordinary settlement sees a road within its own patience (200-1,500 m)."""
    patience = np.clip(rng.lognormal(np.log(380.0), 0.8, len(cells)), 150.0, 1450.0)
    closed = merge_zones(plants)
    for _ in range(3):
        vertices = ROUTE.centres()[layout.road_cells()]
        seen = find_visible_road(ground, xy, vertices)
        needy = [k for k in range(first, len(cells)) if seen[k] > patience[k]]
        if not needy:
            return
        _, before = layout.search(layout.road_cells(), closed=closed)
        for k in needy:
            layout.build(layout.follow(before, int(cells[k])), rank=_GROUP, owner=k)


def _lay_pocket(layout: Layout, plant: Plant, reach: tuple[Floats, Ints], cells: Ints) -> None:
    """Join a pocket to the network over one crossing of its kind, and its settlements to one another.

    The crossing is the step over the river, from the zone to ground outside it, that is cheapest to reach from both sides.

    Parameters
    ----------
    reach
        Cost and predecessors of a search from the network that stays out of every zone.
    """
    rank = _PATH if plant.kind == "rope" else _GROUP
    owner = _owner(cells, int(plant.cells[0]))
    steps = layout.steps
    within = np.zeros(layout.cells, dtype=bool)
    within[plant.zone] = True
    cost, before = layout.search(plant.cells[:1], closed=~within)
    over = np.flatnonzero(steps.crosses & (within[steps.u] != within[steps.v]) & (layout.rank == NO_RANK))
    bank = np.where(within[steps.u[over]], steps.u[over], steps.v[over])
    beyond = np.where(within[steps.u[over]], steps.v[over], steps.u[over])
    total = cost[bank] + reach[0][beyond]
    if not np.isfinite(total).any():
        return
    best = int(np.argmin(total))
    layout.build(layout.follow(reach[1], int(beyond[best])), rank=_GROUP, owner=owner)
    inner = layout.follow(before, int(bank[best]))
    layout.build(inner, rank=rank, owner=owner)
    layout.build(over[best : best + 1], rank=rank, owner=owner, crossing=plant.kind)
    for cell in plant.cells[1:].tolist():
        own = np.unique(np.concatenate([steps.u[inner], steps.v[inner], plant.cells[:1]]))
        _, before = layout.search(own, closed=~within)
        more = layout.follow(before, cell)
        layout.build(more, rank=rank, owner=owner)
        inner = np.concatenate([inner, more])


def assign_townships(ground: Ground, steps: StepTable, cells: Ints, seats: int) -> Ints:
    """Return each settlement's township: the seat that is cheapest to reach over the bare terrain, so that ridges divide."""
    keep = np.isfinite(steps.cost_m)
    cost = np.maximum(steps.cost_m[keep] - np.where(steps.crosses[keep], 1500.0, 0.0), 50.0)
    graph = csr_matrix((cost, (steps.u[keep], steps.v[keep])), shape=(len(ground.z), len(ground.z)))
    _, _, source = dijkstra(graph, directed=False, indices=cells[:seats], min_only=True, return_predecessors=True)
    nearest = cKDTree(ROUTE.centres()[cells[:seats]]).query(ROUTE.centres()[cells])[1]
    number = np.full(len(ground.z), -1)
    number[cells[:seats]] = np.arange(seats)
    reached = source[cells] >= 0
    return np.where(reached, number[np.where(reached, source[cells], cells[0])], nearest)
