"""Search the cheapest road from every place to the nearest roads to standard, over ground and existing roads together.

The answer is the fixed point D(v) = min over u of D(u) + c(u, v), with D = 0 on the roads to standard: one search from all of them at once gives
every place its cheapest link, and the links form a forest (Dijkstra 1959 with buckets, Dial 1969; costs are whole fen and symmetric, ties go to the
lower node). Nodes are grid cells, numbered by row, then road nodes. Cells are joined by up to sixteen moves (`geoplan.links.road_ground`),
everything else by arcs given in compressed rows.

By hand: a row of four level cells of 30 m with a road to standard in the first, 500 yuan/m: D = 0, 15,000, 30,000, 45,000 yuan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.links.road_ground import RoadGround, move_tables, price_move

NEVER = np.iinfo(np.int64).max
NEW, UPGRADE, BRIDGE, EXISTING = 0, 1, 2, 3
"""Kinds of road pieces; EXISTING costs nothing."""
FORD_BRIDGE, FERRY_BRIDGE, ROPE_BRIDGE = 4, 5, 6
"""Bridges in place of a ford, a ferry, a rope."""
_BUCKETS = 4096


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
    ground: RoadGround,
    arcs: Arcs,
    seeds: NDArray[np.int64],
    targets: NDArray[np.int64],
    *,
    start_fen: NDArray[np.int64] | None = None,
    most_fen: int | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cost from the seeds and the parent of every node.

    Parameters
    ----------
    ground
        Where roads may be built.
    arcs
        Roads, and what joins them to cells.
    seeds
        Nodes where the cost is 0, or ``start_fen``; each once.
    targets
        Nodes whose cost is asked for: the search ends when all have theirs, and costs of other nodes may then be too high.
    start_fen
        (seeds,) cost at each seed, not negative; by default 0.
    most_fen
        Search all nodes up to this cost instead of the targets.

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
    seeds, at = np.unique(seeds, return_index=True)
    start = np.zeros(len(seeds), dtype=np.int64) if start_fen is None else start_fen[at]
    return _search(
        ground.height_dm, ground.slope_class, ground.factors, ground.blocked, ground.river_line, ground.river_area, level, moves, between, bits,
        prices, arcs.first, arcs.to, arcs.cost_fen, seeds, start, wanted,
        -1 if most_fen is None else most_fen,
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _choose_width(cheapest_fen: float) -> int:
    """Return how many bits wide a bucket is: no wider than the cheapest move, so that a cell is settled once, and never narrower than 5 yuan.

    Any width is right, for a node that becomes cheaper within its bucket is looked at again.
    """
    shift = 9
    while (2 << shift) <= cheapest_fen:
        shift += 1
    return shift


@njit(cache=True, nogil=True, error_model="numpy")
def _shelve(
    node: int, slot: int, head: NDArray[np.int64], entry: NDArray[np.int64], after: NDArray[np.int64], free: NDArray[np.int64]
) -> None:
    """Put a node into a bucket; ``free`` holds the first unused entry and how many were ever used."""
    at = free[0]
    if at >= 0:
        free[0] = after[at]
    else:
        at = free[1]
        free[1] += 1
    entry[at], after[at] = node, head[slot]
    head[slot] = at


@njit(cache=True, nogil=True, error_model="numpy")
def _search(
    height_dm: NDArray[np.int16], slope_class: NDArray[np.uint8], factors: NDArray[np.float64], blocked: NDArray[np.uint16], line: NDArray[np.uint16],
    area: NDArray[np.uint16], level: NDArray[np.float64], moves: NDArray[np.int64], between: NDArray[np.int64],
    bits: NDArray[np.uint16], prices: NDArray[np.float64], first: NDArray[np.int64], to: NDArray[np.int64],
    arc_cost: NDArray[np.int64], seeds: NDArray[np.int64], start: NDArray[np.int64],
    wanted: NDArray[np.bool_], most: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    rows, cols = slope_class.shape
    cells, nodes = rows * cols, len(first) - 1
    cost = np.full(nodes, NEVER, dtype=np.int64)
    parent = np.full(nodes, -1, dtype=np.int64)
    is_open = np.zeros(nodes, dtype=np.bool_)
    # No factor is below 1 and no road shorter than its level length: a move that cannot win at that price is not priced.
    least = np.floor(min(prices[0], prices[1]) * level * (1.0 - 1e-9)).astype(np.int64)
    shift = _choose_width(prices[0] * level.min())
    head = np.full(_BUCKETS, -1, dtype=np.int64)
    room = 4096 + len(seeds)
    entry, after, free = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64), np.array([-1, 0])
    left, waiting = np.count_nonzero(wanted), len(seeds)
    for n in range(len(seeds)):
        seed = seeds[n]
        cost[seed], is_open[seed] = start[n], True
        _shelve(seed, (start[n] >> shift) & (_BUCKETS - 1), head, entry, after, free)
    bucket = 0
    while waiting > 0 and ((most < 0 and left > 0) or bucket << shift <= most):
        slot = bucket & (_BUCKETS - 1)
        later = np.int64(-1)
        while head[slot] >= 0:
            place = head[slot]
            head[slot] = after[place]
            at = entry[place]
            own = cost[at] >> shift
            if is_open[at] and own > bucket and own & (_BUCKETS - 1) == slot:
                after[place], later = later, place
                continue
            after[place], free[0] = free[0], place
            if not is_open[at] or own != bucket:
                continue
            is_open[at] = False
            waiting -= 1
            if wanted[at]:
                wanted[at] = False
                left -= 1
            here = cost[at]
            while free[1] + 16 + first[at + 1] - first[at] >= len(entry):
                entry, after = np.append(entry, np.empty_like(entry)), np.append(after, np.empty_like(after))
            for n in range(first[at], first[at + 1]):
                waiting += _relax(at, to[n], here + arc_cost[n], shift, cost, parent, is_open, head, entry, after, free)
            if at >= cells:
                continue
            row = at // cols
            col = at - row * cols
            stopped, on_line, on_area = blocked[row, col], line[row, col], area[row, col]
            for move in range(16):
                bit = bits[move]
                other = at + moves[move, 0] * cols + moves[move, 1]
                if stopped & bit or cost[other] < here + least[move]:
                    continue
                over = (on_line & bit) != 0, (on_area & bit) != 0
                step, _ = price_move(
                    row, col, move, height_dm, slope_class, factors, over[0], over[1], level[move], moves, between, prices
                )  # fmt: skip
                waiting += _relax(at, other, here + step, shift, cost, parent, is_open, head, entry, after, free)
        head[slot] = later
        bucket += 1
    return cost, parent


@njit(cache=True, nogil=True, error_model="numpy")
def _relax(
    at: int, other: int, through: int, shift: int, cost: NDArray[np.int64], parent: NDArray[np.int64], is_open: NDArray[np.bool_],
    head: NDArray[np.int64], entry: NDArray[np.int64], after: NDArray[np.int64], free: NDArray[np.int64],
) -> int:  # fmt: skip
    """Offer a node a way through ``at``; return 1 when it begins to wait. Of equal ways the one through the lower node is kept."""
    if through < cost[other]:
        bucket = through >> shift
        again = is_open[other] and cost[other] >> shift == bucket
        begins = not is_open[other]
        cost[other], parent[other], is_open[other] = through, at, True
        if not again:
            _shelve(other, bucket & (_BUCKETS - 1), head, entry, after, free)
        return 1 if begins else 0
    if through == cost[other] and cost[at] < through and at < parent[other]:
        parent[other] = at
    return 0


@njit(cache=True, nogil=True, error_model="numpy")
def _measure(
    child: NDArray[np.int64], parent: NDArray[np.int64], height_dm: NDArray[np.int16], slope_class: NDArray[np.uint8], factors: NDArray[np.float64],
    line: NDArray[np.uint16], area: NDArray[np.uint16], level: NDArray[np.float64], moves: NDArray[np.int64],
    between: NDArray[np.int64], bits: NDArray[np.uint16], prices: NDArray[np.float64], first: NDArray[np.int64],
    to: NDArray[np.int64], arc_cost: NDArray[np.int64], arc_length: NDArray[np.float64], arc_kind: NDArray[np.int8],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int8], NDArray[np.int64]]:  # fmt: skip
    rows, cols = slope_class.shape
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
                        row, col, move, height_dm, slope_class, factors, over_line, over_area, level[move], moves, between, prices
                    )
                    kind[n] = BRIDGE if over_line or over_area else NEW
                    spans[n] = 1 if over_line and not over_area else 0
            continue
        for m in range(first[child[n]], first[child[n] + 1]):
            if to[m] == parent[n] and arc_cost[m] < cost[n]:
                cost[n], length[n], kind[n] = arc_cost[m], arc_length[m], arc_kind[m]
                spans[n] = 1 if arc_kind[m] == BRIDGE or arc_kind[m] == FORD_BRIDGE else 0
    return cost, length, kind, spans


def measure_pieces(
    ground: RoadGround, arcs: Arcs, child: NDArray[np.int64], parent: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int8], NDArray[np.int64]]:
    """Return cost (fen), metres, kind and bridges of the pieces from ``child`` to ``parent``, (n,) nodes each.

    A bridge over a river drawn as an area has none of its own here: it may take several pieces, and counts once where they are put together.
    """
    level, moves, between, bits, prices = move_tables(ground)
    return _measure(
        child, parent, ground.height_dm, ground.slope_class, ground.factors, ground.river_line, ground.river_area, level, moves, between, bits,
        prices, arcs.first, arcs.to, arcs.cost_fen, arcs.length_m, arcs.kind,
    )  # fmt: skip
