"""Search the cheapest road from every place to the nearest roads to standard, over ground and existing roads together.

The answer is the fixed point D(v) = min over u of D(u) + c(u, v), with D = 0 on the roads to standard: one search from all of them at once gives
every
place its cheapest link, and the links form a forest (Dijkstra 1959 with a binary heap; costs are whole fen and symmetric, ties go to the lower node).
Nodes are grid cells, numbered by row, then road nodes. Cells are joined by up to sixteen moves (`geoplan.relocation.road_ground`), everything else
by arcs given
in compressed rows.

By hand: a row of four level cells of 30 m with a road to standard in the first, 500 yuan/m: D = 0, 15,000, 30,000, 45,000 yuan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.relocation.road_ground import RoadGround, move_tables, price_move

NEVER = np.iinfo(np.int64).max
NEW, UPGRADE, BRIDGE, EXISTING = 0, 1, 2, 3
"""Kinds of road pieces; EXISTING costs nothing."""


@dataclass(frozen=True)
class Arcs:
    """Joins beside the moves between cells, in compressed rows over all nodes, each listed at both ends.

    Attributes
    ----------
    first
        (nodes + 1,) where the arcs of a node begin.
    to
        (arcs,) node at the other end.
    cost_fen, length_m, kind
        (arcs,) cost, metres built or brought to standard, and kind.
    """

    first: NDArray[np.int64]
    to: NDArray[np.int64]
    cost_fen: NDArray[np.int64]
    length_m: NDArray[np.float64]
    kind: NDArray[np.int8]


def pack_arcs(
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    cost_fen: NDArray[np.int64],
    length_m: NDArray[np.float64],
    kind: NDArray[np.int8],
    *,
    nodes: int,
) -> Arcs:
    """Return undirected joins (a to b) in compressed rows.

    By hand: one join 0–2 among three nodes: first = [0, 1, 1, 2], to = [2, 0].
    """
    start = np.r_[a, b]
    order = np.argsort(start, kind="stable")
    first = np.searchsorted(start[order], np.arange(nodes + 1))
    return Arcs(
        first,
        np.r_[b, a][order],
        np.tile(cost_fen, 2)[order],
        np.tile(length_m, 2)[order],
        np.tile(kind, 2)[order].astype(np.int8),
    )


def search_roads(
    ground: RoadGround, arcs: Arcs, seeds: NDArray[np.int64], targets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cost from the seeds and the parent of every node.

    Parameters
    ----------
    ground
        Where roads may be built.
    arcs
        Roads, and what joins them to cells.
    seeds
        Nodes where the cost is 0.
    targets
        Nodes whose cost is asked for: the search ends when all have theirs, and costs of other nodes may then be too high.

    Returns
    -------
    cost_fen
        (nodes,) fen; ``NEVER`` where nothing leads.
    parent
        (nodes,) next node towards the seeds, −1 at seeds and where nothing leads.
    """
    level, moves, between, bits, prices = move_tables(ground)
    nodes = len(arcs.first) - 1
    wanted = np.zeros(nodes, dtype=np.bool_)
    wanted[targets] = True
    return _search(
        ground.height_m, ground.factor, ground.blocked, ground.river_line, ground.river_area, level, moves, between, bits, prices,
        arcs.first, arcs.to, arcs.cost_fen, np.unique(seeds), wanted,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _push(key: NDArray[np.int64], node: NDArray[np.int64], count: int, cost: int, what: int) -> None:
    """Put a node on the heap of ``count`` entries, ordered by cost, then node."""
    at = count
    while at > 0:
        above = (at - 1) >> 1
        if key[above] < cost or (key[above] == cost and node[above] <= what):
            break
        key[at], node[at] = key[above], node[above]
        at = above
    key[at], node[at] = cost, what


@njit(cache=True, nogil=True)
def _drop(key: NDArray[np.int64], node: NDArray[np.int64], count: int) -> None:
    """Take the first entry off the heap; ``count`` entries are left."""
    cost, what = key[count], node[count]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= count:
            break
        other = below + 1
        if other < count and (key[other] < key[below] or (key[other] == key[below] and node[other] < node[below])):
            below = other
        if cost < key[below] or (cost == key[below] and what <= node[below]):
            break
        key[at], node[at] = key[below], node[below]
        at = below
    key[at], node[at] = cost, what


@njit(cache=True, nogil=True)
def _search(
    height: NDArray[np.float32], factor: NDArray[np.float32], blocked: NDArray[np.uint16], line: NDArray[np.uint16],
    area: NDArray[np.uint16], level: NDArray[np.float64], moves: NDArray[np.int64], between: NDArray[np.int64],
    bits: NDArray[np.uint16], prices: NDArray[np.float64], first: NDArray[np.int64], to: NDArray[np.int64],
    arc_cost: NDArray[np.int64], seeds: NDArray[np.int64], wanted: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    rows, cols = factor.shape
    cells, nodes = rows * cols, len(first) - 1
    cost = np.full(nodes, NEVER, dtype=np.int64)
    parent = np.full(nodes, -1, dtype=np.int64)
    key, node = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
    count, left = 0, 0
    for n in range(nodes):
        left += wanted[n]
    for seed in seeds:
        cost[seed] = 0
    # Seeds and relaxed nodes share the heap; an entry dearer than its node's cost is stale and skipped.
    for s in range(len(seeds)):
        if count == len(key):
            key, node = np.append(key, np.empty_like(key)), np.append(node, np.empty_like(node))
        _push(key, node, count, 0, seeds[s])
        count += 1
    while count > 0 and left > 0:
        here, at = key[0], node[0]
        count -= 1
        _drop(key, node, count)
        if here > cost[at]:
            continue
        if wanted[at]:
            wanted[at] = False
            left -= 1
        if count + 16 + first[at + 1] - first[at] > len(key):
            key, node = np.append(key, np.empty_like(key)), np.append(node, np.empty_like(node))
        for n in range(first[at], first[at + 1]):
            if here + arc_cost[n] < cost[to[n]]:
                cost[to[n]], parent[to[n]] = here + arc_cost[n], at
                _push(key, node, count, cost[to[n]], to[n])
                count += 1
        if at >= cells:
            continue
        row, col = at // cols, at % cols
        for move in range(16):
            if blocked[row, col] & bits[move]:
                continue
            other = (row + moves[move, 0]) * cols + col + moves[move, 1]
            if cost[other] <= here:
                continue
            over_line, over_area = (line[row, col] & bits[move]) != 0, (area[row, col] & bits[move]) != 0
            step, _ = price_move(row, col, move, height, factor, over_line, over_area, level[move], moves, between, prices)
            if here + step < cost[other]:
                cost[other], parent[other] = here + step, at
                _push(key, node, count, cost[other], other)
                count += 1
    return cost, parent


@njit(cache=True, nogil=True)
def _measure(
    child: NDArray[np.int64], parent: NDArray[np.int64], height: NDArray[np.float32], factor: NDArray[np.float32],
    line: NDArray[np.uint16], area: NDArray[np.uint16], level: NDArray[np.float64], moves: NDArray[np.int64],
    between: NDArray[np.int64], bits: NDArray[np.uint16], prices: NDArray[np.float64], first: NDArray[np.int64],
    to: NDArray[np.int64], arc_cost: NDArray[np.int64], arc_length: NDArray[np.float64], arc_kind: NDArray[np.int8],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int8], NDArray[np.int64]]:  # fmt: skip
    rows, cols = factor.shape
    cells = rows * cols
    cost, length = np.full(len(child), NEVER, dtype=np.int64), np.zeros(len(child))
    kind, spans = np.zeros(len(child), dtype=np.int8), np.zeros(len(child), dtype=np.int64)
    for n in range(len(child)):
        if child[n] < cells and parent[n] < cells:
            row, col = child[n] // cols, child[n] % cols
            down, right = parent[n] // cols - row, parent[n] % cols - col
            for move in range(16):
                if moves[move, 0] == down and moves[move, 1] == right:
                    over_line, over_area = (line[row, col] & bits[move]) != 0, (area[row, col] & bits[move]) != 0
                    cost[n], length[n] = price_move(
                        row, col, move, height, factor, over_line, over_area, level[move], moves, between, prices
                    )
                    kind[n] = BRIDGE if over_line or over_area else NEW
                    spans[n] = 1 if over_line and not over_area else 0
            continue
        for m in range(first[child[n]], first[child[n] + 1]):
            if to[m] == parent[n] and arc_cost[m] < cost[n]:
                cost[n], length[n], kind[n] = arc_cost[m], arc_length[m], arc_kind[m]
                spans[n] = 1 if arc_kind[m] == BRIDGE else 0
    return cost, length, kind, spans


def measure_pieces(
    ground: RoadGround, arcs: Arcs, child: NDArray[np.int64], parent: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int8], NDArray[np.int64]]:
    """Return cost (fen), metres, kind and bridges of the pieces from ``child`` to ``parent``, (n,) nodes each.

    A bridge over a river drawn as an area has none of its own here: it may take several pieces, and counts once where they are put together.
    """
    level, moves, between, bits, prices = move_tables(ground)
    return _measure(
        child, parent, ground.height_m, ground.factor, ground.river_line, ground.river_area, level, moves, between, bits, prices,
        arcs.first, arcs.to, arcs.cost_fen, arcs.length_m, arcs.kind,
    )  # fmt: skip
