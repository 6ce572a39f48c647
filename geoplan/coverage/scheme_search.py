"""Search the least-cost pipe tree of one source: Dijkstra (1959) over the cells around it, with a heap.

See `geoplan.coverage.scheme_routes` for what a piece costs and where it may lie. Equal costs go by cell, so the tree is the same every time.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Tree = tuple[Ints, Ints, Floats, Floats, Floats, Ints, Floats]
_FROM_SOURCE, _NOT_REACHED = -1, -2
_LEG_CELLS = 1.5


@njit(cache=True, nogil=True)
def _push(key: Floats, item: Ints, size: int, cost: float, cell: int) -> None:
    """Put a cell into a heap of ``size``; equal costs go by cell."""
    k = size
    while k > 0:
        up = (k - 1) >> 1
        if key[up] < cost or (key[up] == cost and item[up] <= cell):
            break
        key[k], item[k] = key[up], item[up]
        k = up
    key[k], item[k] = cost, cell


@njit(cache=True, nogil=True)
def _pop(key: Floats, item: Ints, size: int) -> None:
    """Take the first cell out of a heap of ``size``."""
    cost, cell = key[size - 1], item[size - 1]
    last, k = size - 1, 0
    while True:
        down = 2 * k + 1
        if down >= last:
            break
        if down + 1 < last and (key[down + 1] < key[down] or (key[down + 1] == key[down] and item[down + 1] < item[down])):
            down += 1
        if cost < key[down] or (cost == key[down] and cell <= item[down]):
            break
        key[k], item[k] = key[down], item[down]
        k = down
    key[k], item[k] = cost, cell


@njit(cache=True, nogil=True)
def _spread(
    height: NDArray[np.float32], factor: NDArray[np.float32], width: float, tall: float, at: Floats, at_m: float, top: float, reach: float,
    reserve: float, pipe_yuan: float, trench_yuan: float, row0: int, row1: int, col0: int, col1: int, cost: Floats, length: Floats, before: Ints,
    rank: Ints, piece: Floats, piece_trench: Floats,
) -> int:  # fmt: skip
    """Fill cost, length, cell before, rank and last piece of every cell in the window that a pipe may reach; return how many those are."""
    wide = col1 - col0
    key, item = np.empty(8 * len(cost) + 16), np.empty(8 * len(cost) + 16, dtype=np.int64)
    size, settled = 0, 0
    for r in range(max(int(at[0]) - 1, row0), min(int(at[0]) + 2, row1)):
        for c in range(max(int(at[1]) - 1, col0), min(int(at[1]) + 2, col1)):
            z = height[r, c]
            run = np.hypot(np.hypot((r + 0.5 - at[0]) * tall, (c + 0.5 - at[1]) * width), z - at_m)
            # Written so that an unknown height is refused.
            if not z <= top - reserve * run or run > reach:
                continue
            v = (r - row0) * wide + c - col0
            piece[v], piece_trench[v], length[v], before[v] = run, run * factor[r, c], run, _FROM_SOURCE
            cost[v] = run * (pipe_yuan + trench_yuan * factor[r, c])
            _push(key, item, size, cost[v], v)
            size += 1
    while size > 0:
        now, u = key[0], item[0]
        _pop(key, item, size)
        size -= 1
        if rank[u] >= 0:
            continue
        rank[u] = settled
        settled += 1
        r, c = u // wide + row0, u % wide + col0
        for r2 in range(max(r - 1, row0), min(r + 2, row1)):
            for c2 in range(max(c - 1, col0), min(c + 2, col1)):
                v = (r2 - row0) * wide + c2 - col0
                if rank[v] >= 0:
                    continue
                rise = float(height[r2, c2]) - float(height[r, c])
                run = np.sqrt(((r2 - r) * tall) ** 2 + ((c2 - c) * width) ** 2 + rise * rise)
                far = length[u] + run
                if not height[r2, c2] <= top - reserve * far or far > reach:
                    continue
                mean = 0.5 * (float(factor[r, c]) + float(factor[r2, c2]))
                price = now + run * (pipe_yuan + trench_yuan * mean)
                if price < cost[v]:
                    cost[v], length[v], before[v], piece[v], piece_trench[v] = price, far, u, run, run * mean
                    _push(key, item, size, price, v)
                    size += 1
    return settled


@njit(cache=True, nogil=True)
def _tap(
    height: NDArray[np.float32], factor: NDArray[np.float32], width: float, tall: float, at: Floats, at_m: float, target: Floats, target_m: float,
    reach: float, pipe_yuan: float, trench_yuan: float, row0: int, row1: int, col0: int, col1: int, cost: Floats, length: Floats, rank: Ints,
) -> tuple[int, float, float, float]:  # fmt: skip
    """Return the cell from which a settlement is tapped (−1: the source itself, −2: none), its cost, the length of the leg and its trench."""
    end, best, leg, leg_trench = _NOT_REACHED, np.inf, 0.0, 0.0
    wide = col1 - col0
    level = np.hypot((target[0] - at[0]) * tall, (target[1] - at[1]) * width)
    run = np.hypot(level, target_m - at_m)
    if level <= _LEG_CELLS * max(width, tall) and run <= reach:
        f = factor[min(max(int(at[0]), 0), height.shape[0] - 1), min(max(int(at[1]), 0), height.shape[1] - 1)]
        end, best, leg, leg_trench = _FROM_SOURCE, run * (pipe_yuan + trench_yuan * f), run, run * f
    for r in range(max(int(target[0]) - 1, row0), min(int(target[0]) + 2, row1)):
        for c in range(max(int(target[1]) - 1, col0), min(int(target[1]) + 2, col1)):
            v = (r - row0) * wide + c - col0
            if rank[v] < 0:
                continue
            run = np.hypot(np.hypot((r + 0.5 - target[0]) * tall, (c + 0.5 - target[1]) * width), height[r, c] - target_m)
            price = cost[v] + run * (pipe_yuan + trench_yuan * factor[r, c])
            if price < best and length[v] + run <= reach:
                end, best, leg, leg_trench = v, price, run, run * factor[r, c]
    return end, best, leg, leg_trench


@njit(cache=True, nogil=True)
def _prune(end: Ints, before: Ints, rank: Ints, settled: int) -> Ints:
    """Return the cells on the ways to the ends, in the order in which they were reached: a cell comes after the one before it."""
    at_rank = np.full(settled, -1, dtype=np.int64)
    for v in end:
        while v >= 0 and at_rank[rank[v]] < 0:
            at_rank[rank[v]] = v
            v = before[v]
    return at_rank[at_rank >= 0]


@njit(cache=True, nogil=True)
def search_tree(
    height: NDArray[np.float32], factor: NDArray[np.float32], width: float, tall: float, at: Floats, at_m: float, top: float, targets: Floats,
    target_m: Floats, reach: float, reserve: float, pipe_yuan: float, trench_yuan: float,
) -> Tree:  # fmt: skip
    """Return the pipe tree of one source.

    Parameters
    ----------
    height, factor, width, tall
        Height and trench factor of the cells, and their sides, metres.
    at, at_m, top
        Row and column of the source in cells from the corner, its ground height, and the head of its water.
    targets, target_m
        (n, 2) rows and columns, (n,) heights of settlements.
    reach, reserve
        Longest pipe, metres; head kept for losses a metre.
    pipe_yuan, trench_yuan
        Prices a metre.

    Returns
    -------
    cell, parent, run_m, trench_m, height_m
        Nodes: the source, cells, and as last ones the settlements reached.
    tap, cost_yuan
        (n,) node (−1: not reached) and cost of each settlement.
    """
    rows, cols = height.shape
    deep, broad = int(reach / tall) + 2, int(reach / width) + 2
    row0, col0 = min(max(int(at[0]) - deep, 0), rows), min(max(int(at[1]) - broad, 0), cols)
    row1, col1 = max(min(int(at[0]) + deep + 1, rows), row0), max(min(int(at[1]) + broad + 1, cols), col0)
    n, wide, count = (row1 - row0) * (col1 - col0), col1 - col0, len(targets)
    cost, length, piece, piece_trench = np.full(n, np.inf), np.zeros(n), np.zeros(n), np.zeros(n)
    before, rank = np.full(n, _NOT_REACHED, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    settled = _spread(
        height, factor, width, tall, at, at_m, top, reach, reserve, pipe_yuan, trench_yuan, row0, row1, col0, col1, cost, length, before, rank,
        piece, piece_trench,
    )  # fmt: skip
    end, price, leg, leg_trench = np.empty(count, dtype=np.int64), np.empty(count), np.empty(count), np.empty(count)
    for t in range(count):
        end[t], price[t], leg[t], leg_trench[t] = _tap(
            height, factor, width, tall, at, at_m, targets[t], target_m[t], reach, pipe_yuan, trench_yuan, row0, row1, col0, col1, cost, length, rank,
        )  # fmt: skip
    kept = _prune(end, before, rank, settled)
    number = np.zeros(n, dtype=np.int64)
    number[kept] = np.arange(1, len(kept) + 1)
    nodes = 1 + len(kept) + int((end > _NOT_REACHED).sum())
    cell, parent = np.zeros(nodes, dtype=np.int64), np.zeros(nodes, dtype=np.int64)
    run_m, trench_m, height_m = np.zeros(nodes), np.zeros(nodes), np.zeros(nodes)
    height_m[0] = at_m
    for k, v in enumerate(kept):
        r, c = v // wide + row0, v % wide + col0
        cell[k + 1], parent[k + 1] = r * cols + c, (number[before[v]] if before[v] >= 0 else 0)
        run_m[k + 1], trench_m[k + 1], height_m[k + 1] = piece[v], piece_trench[v], height[r, c]
    tap, k = np.full(count, -1, dtype=np.int64), 1 + len(kept)
    for t in range(count):
        if end[t] > _NOT_REACHED:
            tap[t], parent[k] = k, (number[end[t]] if end[t] >= 0 else 0)
            run_m[k], trench_m[k], height_m[k] = leg[t], leg_trench[t], target_m[t]
            k += 1
    return cell, parent, run_m, trench_m, height_m, tap, price
