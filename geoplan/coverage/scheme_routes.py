"""Search pipe routes over the ground: from every source a tree of least-cost ways to the settlements in its reach.

A pipe follows the ground from cell centre to cell centre (eight neighbours). A piece of level length d that rises by z is √(d² + z²) long and costs
that, times (price of the thinnest pipe + price of the trench × factor of the ground, mean of both ends). It may not enter a cell above

    top − reserve · ℓ

with top the head at the source, ℓ the pipe so far: there the pipe would lie above the hydraulic grade line whatever its diameter. The search keeps
the cheapest way to a cell, so a dearer but shorter one that stays lower is not looked at. Source and settlement are joined to the nine cells around
them, and straight to one another within one and a half cells. All ways of a source come from one search (Dijkstra 1959) and form a tree: where
they run together the trunk is shared. Cells of unknown height are not entered. Rivers are crossed on the ground's own heights.

By hand: three level cells of 50 m, source and settlement in the middle of the outer two: 100 m of pipe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.contracts.grid import Grid
from geoplan.contracts.water_profile import WaterProfile
from geoplan.coverage.scheme_search import search_tree
from geoplan.spatial.cells import to_cells, to_ground
from geoplan.spatial.terrain import slope_deg


@dataclass(frozen=True)
class PipeGround:
    """Ground that pipes are laid in.

    Attributes
    ----------
    height_m, factor
        (rows, cols) height (NaN: unknown) and trench factor of each cell.
    dem
        Where the cells lie.
    """

    height_m: NDArray[np.float32]
    factor: NDArray[np.float32]
    dem: Grid


@dataclass(frozen=True)
class Routes:
    """Trees of ways, one per source, node after node; node 0 of a tree is its source.

    Attributes
    ----------
    first
        (sources + 1,) where the nodes of a source begin.
    parent
        (nodes,) node before each, counted within the tree; parents come before children.
    length_m, trench_m
        (nodes,) length of the piece that ends in each node, and that length times its trench factor.
    height_m, xy
        (nodes,), (nodes, 2) ground height and place.
    source, settlement, node, yuan
        (pairs,) which settlement is reached from which source, its node within the tree, and the cost of the way alone with the thinnest pipe.
    """

    first: NDArray[np.int64]
    parent: NDArray[np.int64]
    length_m: NDArray[np.float64]
    trench_m: NDArray[np.float64]
    height_m: NDArray[np.float64]
    xy: NDArray[np.float64]
    source: NDArray[np.int64]
    settlement: NDArray[np.int64]
    node: NDArray[np.int64]
    yuan: NDArray[np.float64]


def lay_pipe_ground(dem: Grid, profile: WaterProfile) -> PipeGround:
    """Return the ground priced for trenches; ground of unknown slope counts as the steepest class.

    Raises
    ------
    CrsError
        When the grid is not in metres.
    """
    rows = profile.pipes.trench_slopes
    steepest = np.array([row.slope_max_deg for row in rows])
    factors = np.array([row.factor for row in rows], dtype=np.float32)
    slope = slope_deg(dem).values
    # Stored slopes are float32: 8° written out must not become steeper than 8°.
    at = np.searchsorted(steepest.astype(np.float32), np.where(np.isnan(slope), np.float32(90.0), slope))
    return PipeGround(dem.values.astype(np.float32), factors[np.minimum(at, len(factors) - 1)], dem)


def search_routes(
    ground: PipeGround,
    sources_xyz: NDArray[np.float64],
    top_m: NDArray[np.float64],
    settlements_xyz: NDArray[np.float64],
    least_m: NDArray[np.float64],
    profile: WaterProfile,
    *,
    trench_yuan_per_m: float,
) -> Routes:
    """Return the ways from every source to the settlements it could reach under its head.

    Parameters
    ----------
    ground
        Heights and trench factors.
    sources_xyz, settlements_xyz
        (n, 3) easting, northing, ground height, metres; none NaN.
    top_m
        (sources,) head at each source, metres above the datum.
    least_m
        (settlements,) least head at each settlement, metres above the datum.
    profile
        Longest pipe, reserve, price of the thinnest pipe.
    trench_yuan_per_m
        Trench on gentle ground.
    """
    pipes = profile.pipes
    reach, reserve = pipes.length_max_km.value * 1000.0, pipes.reserve_m_per_km.value / 1000.0
    width, tall = ground.dem.cell_size
    places = [_fractions(ground.dem, xyz) for xyz in (sources_xyz, settlements_xyz)]
    trees = []
    for k in range(len(sources_xyz)):
        far = np.hypot(settlements_xyz[:, 0] - sources_xyz[k, 0], settlements_xyz[:, 1] - sources_xyz[k, 1])
        near = np.flatnonzero((far <= reach) & (least_m <= top_m[k] - reserve * far))
        tree = search_tree(
            ground.height_m, ground.factor, width, tall, places[0][k], sources_xyz[k, 2], top_m[k], places[1][near], settlements_xyz[near, 2],
            reach, reserve, pipes.sizes[0].yuan_per_m, trench_yuan_per_m,
        )  # fmt: skip
        trees.append((near, *tree))
    return _join_trees(ground.dem, trees, sources_xyz, settlements_xyz)


def _fractions(dem: Grid, xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 2) row and column, in cells from the upper-left corner."""
    col, row = to_cells(dem.transform, xyz[:, 0], xyz[:, 1])
    return np.column_stack([row, col])


def _join_trees(
    dem: Grid, trees: Sequence[tuple[NDArray, ...]], sources: NDArray[np.float64], settlements: NDArray[np.float64]
) -> Routes:
    """Put the trees of all sources one after another."""
    empty = np.zeros(0, dtype=np.int64)
    first, places = [0], [np.zeros((0, 2))]
    columns: list[list[NDArray]] = [[empty], [np.zeros(0)], [np.zeros(0)], [np.zeros(0)]]
    pairs: list[list[NDArray]] = [[empty], [empty], [empty], [np.zeros(0)]]
    cols = dem.shape[1]
    for k, (near, cell, parent, length, trench, height, tap, yuan) in enumerate(trees):
        x, y = to_ground(dem.transform, cell % cols + 0.5, cell // cols + 0.5)
        xy = np.column_stack([x, y])
        xy[0] = sources[k, :2]
        joined = np.flatnonzero(tap >= 0)
        xy[tap[joined]] = settlements[near[joined], :2]
        places.append(xy)
        first.append(first[-1] + len(cell))
        for column, values in zip(columns, (parent, length, trench, height), strict=True):
            column.append(values)
        for pair, values in zip(pairs, (np.full(len(joined), k), near[joined], tap[joined], yuan[joined]), strict=True):
            pair.append(values)
    parents, lengths, trenches, heights = (np.concatenate(one) for one in columns)
    source, settlement, node, cost = (np.concatenate(one) for one in pairs)
    return Routes(np.array(first), parents, lengths, trenches, heights, np.vstack(places), source, settlement, node, cost)
