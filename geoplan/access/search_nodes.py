"""Search the road nodes with buckets from which a node is moved when it becomes due earlier.

See `geoplan.access.kernel` for what is searched and why it is exact. By hand: of two nodes, one open at 100 ticks and an arc of 7 ticks between
them, the other is left at 107.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.access.search_state import LISTED, OPEN, Cells, Nodes, Tiles
from geoplan.access.ticks import NEVER


@njit(cache=True, nogil=True, error_model="numpy")
def _unlink(node: int, head: NDArray[np.int32], after: NDArray[np.int32], before: NDArray[np.int32]) -> None:
    """Take a node out of its bucket."""
    if after[node] >= 0:
        before[after[node]] = before[node]
    if before[node] < 0:
        head[-1 - before[node]] = after[node]
    else:
        after[before[node]] = after[node]


@njit(cache=True, nogil=True, error_model="numpy")
def _link(node: int, bucket: int, head: NDArray[np.int32], after: NDArray[np.int32], before: NDArray[np.int32]) -> None:
    """Put a node at the head of a bucket."""
    before[node] = -1 - bucket
    after[node] = head[bucket]
    if head[bucket] >= 0:
        before[head[bucket]] = node
    head[bucket] = node


@njit(cache=True, nogil=True, error_model="numpy")
def _queue_nodes(
    begin: int, until: int, width: int, nodes: Nodes, head: NDArray[np.int32], after: NDArray[np.int32], before: NDArray[np.int32]
) -> tuple[int, int]:
    """Put the listed nodes due before ``until`` into buckets; returns how many stay listed, and the earliest of them."""
    head[:] = -1
    kept, first = np.int64(0), np.int64(NEVER)
    for w in range(nodes.counts[0]):
        node = nodes.wait[w]
        t = np.int64(nodes.time[node])
        if nodes.flag[node] & OPEN and t >= until:
            nodes.wait[kept] = node
            kept += 1
            first = min(first, t)
            continue
        nodes.flag[node] &= ~LISTED
        if nodes.flag[node] & OPEN:
            _link(node, max((t - begin) // width, 0), head, after, before)
    return kept, first


@njit(cache=True, nogil=True, error_model="numpy")
def search_nodes(
    begin: int, until: int, nodes: Nodes, cells: Cells, tiles: Tiles, head: NDArray[np.int32], after: NDArray[np.int32],
    before: NDArray[np.int32],
) -> None:  # fmt: skip
    """Search the road nodes until none is open before ``until``; hand on what reaches cells."""
    buckets = len(head)
    width = max((until - begin) // buckets + 1, 1)
    kept, first = _queue_nodes(begin, until, width, nodes, head, after, before)
    for b in range(buckets):
        while head[b] >= 0:
            u = head[b]
            _unlink(u, head, after, before)
            nodes.flag[u] &= ~OPEN
            t = np.int64(nodes.time[u])
            for a in range(nodes.arc_first[u], nodes.arc_first[u + 1]):
                v = nodes.arc_end[a]
                arrival = t + nodes.arc_ticks[a]
                if arrival >= nodes.time[v]:
                    continue
                if nodes.flag[v] & OPEN and nodes.time[v] < until:
                    _unlink(v, head, after, before)
                nodes.time[v] = arrival
                nodes.flag[v] |= OPEN
                if arrival < until:
                    _link(v, max((arrival - begin) // width, 0), head, after, before)
                    continue
                first = min(first, arrival)
                if not nodes.flag[v] & LISTED:
                    nodes.flag[v] |= LISTED
                    nodes.wait[kept] = v
                    kept += 1
            for n in range(nodes.link_first[u], nodes.link_first[u + 1]):
                cell = nodes.link_cell[n]
                arrival = t + nodes.link_out[n]
                if arrival < cells.time[cell]:
                    cells.time[cell] = arrival
                    cells.flags[cell] = 1
                    tile = (cell // cells.cols // tiles.size) * tiles.across + cell % cells.cols // tiles.size
                    tiles.first[tile] = min(tiles.first[tile], arrival)
    nodes.counts[0] = kept
    nodes.counts[1] = first
