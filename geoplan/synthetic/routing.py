"""Lay out the road network cell by cell: least-cost paths over the terrain, each new one drawn to the roads before it.

The cost of a step is its length times ``1 + (grade / 0.07)**2``, so roads keep to valley floors and contour lines. A
step over a river costs a bridge more; a step along an existing road costs a quarter, so paths merge into trunks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import ROUTE, Flags, Floats, Ints
from geoplan.synthetic.ground import Ground
from geoplan.synthetic.hydrology import link_cells

BRIDGE_COST_M = 2500.0
NO_RANK = 99
RANKS = ("national", "provincial", "county", "township", "village", "group", "path")


@dataclass(frozen=True)
class StepTable:
    """Every possible step between neighbouring 100 m cells.

    Attributes
    ----------
    u, v
        Cells at its ends.
    cost_m
        Cost as metres of level road; infinite where no road may go.
    crosses
        True where it passes over a river.
    """

    u: Ints
    v: Ints
    cost_m: Floats
    crosses: Flags


def price_steps(ground: Ground) -> StepTable:
    """Return the cost of every step, with river crossings found exactly."""
    u, v, length = link_cells(ROUTE.shape)
    length_m = length * ROUTE.cell_m
    grade = np.abs(ground.z[u] - ground.z[v]) / length_m
    cost = length_m * (1.0 + (grade / 0.07) ** 2)
    cost = cost * np.where(np.minimum(ground.river_m[u], ground.river_m[v]) < 60.0, 2.0, 1.0)
    cost = cost * np.where(ground.inside[u] & ground.inside[v], 1.0, 8.0)
    near = np.flatnonzero((ground.river_m[u] < 160.0) & (ground.river_m[v] < 160.0))
    xy = ROUTE.centres()
    crosses = np.zeros(len(u), dtype=bool)
    crosses[near] = ground.is_blocked(xy[u[near]], xy[v[near]])
    wide = np.sqrt(np.maximum(ground.river_km2[u], 25.0) / 100.0)
    cost = cost + np.where(crosses, BRIDGE_COST_M * np.clip(wide, 0.6, 4.0), 0.0)
    cost[ground.water[u] | ground.water[v]] = np.inf
    return StepTable(u, v, np.round(cost, 3), crosses)


class Layout:
    """The network under construction: the rank and owner of every step that carries a road.

    Attributes
    ----------
    rank
        Index into `RANKS` per step, or `NO_RANK`.
    owner
        Number of the place for which the step was first built, or -1.
    crossing
        Per step: ``""``, ``bridge``, ``ford``, ``ferry`` or ``rope``.
    """

    def __init__(self, steps: StepTable, cells: int) -> None:
        self.steps = steps
        self.cells = cells
        self.rank = np.full(len(steps.u), NO_RANK)
        self.owner = np.full(len(steps.u), -1)
        self.crossing = np.full(len(steps.u), "", dtype=object)
        key = np.minimum(steps.u, steps.v) * cells + np.maximum(steps.u, steps.v)
        self._order = np.argsort(key)
        self._key = key[self._order]

    def find_steps(self, a: Ints, b: Ints) -> Ints:
        """Return the step numbers between neighbouring cells ``a`` and ``b``."""
        key = np.minimum(a, b) * self.cells + np.maximum(a, b)
        return self._order[np.searchsorted(self._key, key)]

    def road_cells(self) -> Ints:
        """Return the cells that carry a road."""
        on = self.rank < NO_RANK
        return np.unique(np.concatenate([self.steps.u[on], self.steps.v[on]]))

    def search(self, sources: Ints, *, closed: Flags) -> tuple[Floats, Ints]:
        """Return least cost from ``sources`` and each cell's predecessor; ``closed`` cells cannot be entered."""
        built = self.rank < NO_RANK
        cost = np.where(built, self.steps.cost_m * 0.25, self.steps.cost_m)
        cost = np.where(built & self.steps.crosses, 40.0, cost)
        keep = np.isfinite(cost) & ~closed[self.steps.u] & ~closed[self.steps.v]
        graph = csr_matrix((cost[keep], (self.steps.u[keep], self.steps.v[keep])), shape=(self.cells, self.cells))
        distance, before, _ = dijkstra(graph, directed=False, indices=sources, min_only=True, return_predecessors=True)
        return distance, before.astype(np.int64)

    def follow(self, before: Ints, target: int) -> Ints:
        """Return the steps from ``target`` back to the source of the search."""
        path = [target]
        while before[path[-1]] >= 0:
            path.append(int(before[path[-1]]))
        cells = np.array(path, dtype=np.int64)
        return self.find_steps(cells[:-1], cells[1:])

    def build(self, path: Ints, *, rank: int, owner: int, crossing: str = "bridge") -> None:
        """Put a road of ``rank`` on the steps of ``path``; a step keeps the higher class it may already have."""
        fresh = path[self.rank[path] == NO_RANK]
        self.owner[fresh] = owner
        self.crossing[fresh[self.steps.crosses[fresh]]] = crossing
        raised = path[self.rank[path] > rank]
        self.rank[raised] = rank


def find_visible_road(ground: Ground, points: Floats, vertices: Floats, *, nearest: int = 60) -> Floats:
    """Return each point's distance to the nearest of ``vertices`` that can be seen without crossing water (inf: none)."""
    count = min(nearest, len(vertices))
    distance, index = cKDTree(vertices).query(points, k=count)
    blocked = ground.is_blocked(np.repeat(points, count, axis=0), vertices[index.ravel()]).reshape(distance.shape)
    return np.where(blocked, np.inf, distance).min(axis=1)
