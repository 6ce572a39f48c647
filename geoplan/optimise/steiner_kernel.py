"""Run the inner loops of a Steiner tree on bare arrays: raise duals, grow a tree, exchange its paths.

The graph is undirected and in compressed rows: the joins of node v are ``to[first[v]:first[v + 1]]`` with the costs beside them, whole numbers ≥ 0,
each join listed at both ends. Node 0 is the root. What `geoplan.optimise.steiner` says of bounds and exchanges happens here.

By hand, of duals: root –10– s –2– t: t grows to 2 and meets s, s grows to 10 and meets the root, together 12, which is what the tree costs.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

NEVER = np.iinfo(np.int64).max


@njit(cache=True, nogil=True, error_model="numpy")
def _push(keys: NDArray[np.int64], nodes: NDArray[np.int64], size: int, key: int, node: int) -> None:
    """Put an entry into a binary heap of ``size`` entries; equal keys come out by node."""
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if keys[up] < key or (keys[up] == key and nodes[up] <= node):
            break
        keys[at], nodes[at] = keys[up], nodes[up]
        at = up
    keys[at], nodes[at] = key, node


@njit(cache=True, nogil=True, error_model="numpy")
def _pop(keys: NDArray[np.int64], nodes: NDArray[np.int64], size: int) -> None:
    """Take the first entry out of a heap of ``size`` entries; the caller has read it."""
    key, node = keys[size - 1], nodes[size - 1]
    size -= 1
    at = 0
    while True:
        low = 2 * at + 1
        if low >= size:
            break
        if low + 1 < size and (keys[low + 1] < keys[low] or (keys[low + 1] == keys[low] and nodes[low + 1] < nodes[low])):
            low += 1
        if key < keys[low] or (key == keys[low] and node <= nodes[low]):
            break
        keys[at], nodes[at] = keys[low], nodes[low]
        at = low
    keys[at], nodes[at] = key, node


@njit(cache=True, nogil=True, error_model="numpy")
def raise_duals(
    first: NDArray[np.int64],
    to: NDArray[np.int64],
    left: NDArray[np.int64],
    terminals: NDArray[np.int64],
    ends: NDArray[np.bool_],
    steps: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Grow a ball around every terminal until it meets another that still grows, or the root; pay for it from ``left``.

    Parameters
    ----------
    left
        (joins,) what is left of the cost of entering v from ``to[k]``, for k in the row of v; changed in place.
    terminals
        In the order in which they grow.
    ends
        (nodes,) bool: the root, and what counts as the root.
    steps
        How far each grows before the next one's turn, turn by turn; the last turn has no limit.

    Returns
    -------
    numpy.ndarray
        (terminals,) how far each ball grew: their sum is a lower bound of the tree.
    """
    nodes = len(first) - 1
    dist = np.full(nodes, NEVER, dtype=np.int64)
    grows = np.zeros(nodes, dtype=np.bool_)
    grows[terminals] = True
    gained = np.zeros(len(terminals), dtype=np.int64)
    touched = np.empty(nodes, dtype=np.int64)
    keys, heap = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
    for turn in range(len(steps) + 1):
        limit = steps[turn] if turn < len(steps) else NEVER
        for n in range(len(terminals)):
            start = terminals[n]
            if not grows[start]:
                continue
            dist[start], touched[0], many = 0, start, 1
            keys[0], heap[0], size = 0, start, 1
            radius, met = limit, False
            while size > 0:
                d, v = keys[0], heap[0]
                _pop(keys, heap, size)
                size -= 1
                if d > dist[v]:
                    continue
                if d >= limit:
                    break
                if ends[v] or (grows[v] and v != start):
                    radius, met = d, True
                    break
                for k in range(first[v], first[v + 1]):
                    u, through = to[k], d + left[k]
                    if through < dist[u]:
                        if dist[u] == NEVER:
                            touched[many] = u
                            many += 1
                        dist[u] = through
                        if size == len(keys):
                            keys, heap = np.append(keys, np.empty_like(keys)), np.append(heap, np.empty_like(heap))
                        _push(keys, heap, size, through, u)
                        size += 1
            if met or limit == NEVER:
                grows[start] = False
            if radius == NEVER:
                radius = 0
            gained[n] += radius
            for i in range(many):
                v = touched[i]
                own = dist[v]
                if own < radius:
                    for k in range(first[v], first[v + 1]):
                        beyond = min(dist[to[k]], radius) - own
                        if beyond > 0:
                            left[k] -= beyond
            for i in range(many):
                dist[touched[i]] = NEVER
    return gained


@njit(cache=True, nogil=True, error_model="numpy")
def grow_tree(
    first: NDArray[np.int64],
    to: NDArray[np.int64],
    cost: NDArray[np.int64],
    weight: NDArray[np.int64],
    terminals: NDArray[np.int64],
    closed: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Join terminals one after another, in order, to the tree of those before by the path of least weight (Takahashi and Matsuyama 1980).

    ``weight`` is of entering v from ``to[k]``; ``closed`` nodes are not used. Returns parent (−1 outside), the cost of the join to it, and the total.
    """
    nodes = len(first) - 1
    parent = np.full(nodes, -1, dtype=np.int64)
    up = np.zeros(nodes, dtype=np.int64)
    inside = np.zeros(nodes, dtype=np.bool_)
    inside[0] = True
    dist = np.full(nodes, NEVER, dtype=np.int64)
    came = np.full(nodes, -1, dtype=np.int64)
    step = np.zeros(nodes, dtype=np.int64)
    touched = np.empty(nodes, dtype=np.int64)
    keys, heap = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
    total = 0
    for start in terminals:
        dist[start], touched[0], many = 0, start, 1
        keys[0], heap[0], size = 0, start, 1
        end = np.int64(-1)
        while size > 0:
            d, v = keys[0], heap[0]
            _pop(keys, heap, size)
            size -= 1
            if d > dist[v]:
                continue
            if inside[v]:
                end = v
                break
            for k in range(first[v], first[v + 1]):
                u, through = to[k], d + weight[k]
                if through < dist[u] and not closed[u]:
                    if dist[u] == NEVER:
                        touched[many] = u
                        many += 1
                    dist[u], came[u], step[u] = through, v, cost[k]
                    if size == len(keys):
                        keys, heap = np.append(keys, np.empty_like(keys)), np.append(heap, np.empty_like(heap))
                    _push(keys, heap, size, through, u)
                    size += 1
        at = end
        while at >= 0 and at != start:
            below = came[at]
            parent[below], up[below], inside[below] = at, step[at], True
            total += step[at]
            at = below
        for i in range(many):
            dist[touched[i]] = NEVER
    return parent, up, total


@njit(cache=True, nogil=True, error_model="numpy")
def _list_below(
    first: NDArray[np.int64],
    to: NDArray[np.int64],
    parent: NDArray[np.int64],
    side: NDArray[np.int8],
    b: np.int64,
    below: NDArray[np.int64],
) -> int:
    """Mark and list the part of the tree that hangs from ``b``, itself first; return how many nodes."""
    side[b], below[0], count, done = 1, b, 1, 0
    while done < count:
        v = below[done]
        done += 1
        for k in range(first[v], first[v + 1]):
            u = to[k]
            if parent[u] == v and side[u] == 0:
                side[u], below[count] = 1, u
                count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def _find_way(
    first: NDArray[np.int64],
    to: NDArray[np.int64],
    cost: NDArray[np.int64],
    below: NDArray[np.int64],
    length: int,
    inside: NDArray[np.bool_],
    side: NDArray[np.int8],
    closed: NDArray[np.bool_],
    dist: NDArray[np.int64],
    came: NDArray[np.int64],
    step: NDArray[np.int64],
    touched: NDArray[np.int64],
) -> tuple[int, int]:
    """Return the node of the rest of the tree that is nearest to ``below``, −1 if none is nearer than ``length``, and how many nodes were touched."""
    keys, heap = np.empty(1024 + len(below), dtype=np.int64), np.empty(1024 + len(below), dtype=np.int64)
    size, many = 0, 0
    for v in below:
        dist[v], touched[many] = 0, v
        many += 1
        _push(keys, heap, size, 0, v)
        size += 1
    while size > 0:
        d, v = keys[0], heap[0]
        _pop(keys, heap, size)
        size -= 1
        if d > dist[v]:
            continue
        if inside[v] and side[v] == 0:
            return v, many
        for k in range(first[v], first[v + 1]):
            u, through = to[k], d + cost[k]
            if through < dist[u] and through < length and not closed[u]:
                if dist[u] == NEVER:
                    touched[many] = u
                    many += 1
                dist[u], came[u], step[u] = through, v, cost[k]
                if size == len(keys):
                    keys, heap = np.append(keys, np.empty_like(keys)), np.append(heap, np.empty_like(heap))
                _push(keys, heap, size, through, u)
                size += 1
    return -1, many


@njit(cache=True, nogil=True, error_model="numpy")
def _hang(
    b: np.int64,
    end: int,
    side: NDArray[np.int8],
    came: NDArray[np.int64],
    step: NDArray[np.int64],
    parent: NDArray[np.int64],
    up: NDArray[np.int64],
    inside: NDArray[np.bool_],
    kids: NDArray[np.int64],
) -> None:
    """Hang what was below ``b`` from ``end`` by the way found; below the way's foot the old tree is turned around as far as ``b``."""
    at = end
    while side[came[at]] != 1:
        under = came[at]
        parent[under], up[under], inside[under] = at, step[at], True
        kids[at] += 1
        at = under
    kids[at] += 1
    hang, price, turn = at, step[at], came[at]
    while True:
        old, paid = parent[turn], up[turn]
        parent[turn], up[turn] = hang, price
        if turn == b:
            return
        kids[old] -= 1
        kids[turn] += 1
        hang, price, turn = turn, paid, old


@njit(cache=True, nogil=True, error_model="numpy")
def exchange_paths(
    first: NDArray[np.int64],
    to: NDArray[np.int64],
    cost: NDArray[np.int64],
    parent: NDArray[np.int64],
    up: NDArray[np.int64],
    terminals: NDArray[np.int64],
    closed: NDArray[np.bool_],
) -> int:
    """Replace, once around, each path between two key nodes (terminals and forks) by the cheapest that joins both sides again; return what that saves.

    ``parent`` and ``up`` (cost of the join to it) are changed in place.
    """
    nodes = len(first) - 1
    is_terminal = np.zeros(nodes, dtype=np.bool_)
    is_terminal[terminals] = True
    kids = np.zeros(nodes, dtype=np.int64)
    inside = parent >= 0
    inside[0] = True
    for v in range(nodes):
        if parent[v] >= 0:
            kids[parent[v]] += 1
    side = np.zeros(nodes, dtype=np.int8)  # 1: below the path, 2: on it
    dist, came = np.full(nodes, NEVER, dtype=np.int64), np.full(nodes, -1, dtype=np.int64)
    step, touched = np.zeros(nodes, dtype=np.int64), np.empty(nodes, dtype=np.int64)
    below, path = np.empty(nodes, dtype=np.int64), np.empty(nodes, dtype=np.int64)
    saved = 0
    keyed: NDArray[np.int64] = np.flatnonzero(inside & (is_terminal | (kids > 1)))
    for b in keyed:
        if b == 0 or parent[b] < 0 or not (is_terminal[b] or kids[b] > 1):
            continue
        on, top, length = 0, parent[b], up[b]
        while top != 0 and not is_terminal[top] and kids[top] == 1:
            path[on], on = top, on + 1
            length += up[top]
            top = parent[top]
        if length == 0:
            continue
        side[path[:on]] = 2
        count = _list_below(first, to, parent, side, b, below)
        end, many = _find_way(first, to, cost, below[:count], length, inside, side, closed, dist, came, step, touched)
        if end >= 0:
            saved += length - dist[end]
            for v in path[:on]:
                parent[v], up[v], inside[v], kids[v] = -1, 0, False, 0
            kids[top] -= 1
            _hang(b, end, side, came, step, parent, up, inside, kids)
        dist[touched[:many]] = NEVER
        side[below[:count]] = 0
        side[path[:on]] = 0
    return saved
