r"""Solve the Steiner tree of few terminals exactly, by the cheapest trees of their subsets (Dreyfus and Wagner 1971; Erickson, Monma, Veinott 1987).

With l(v, X) the cost of the cheapest tree that joins the terminals X to node v,

    l(v, X) = min( min over Y ⊂ X of l(v, Y) + l(v, X \ Y),  min over u of l(u, X) + c(u, v) ),

the first by putting trees together, the second by one Dijkstra search per subset; the answer is l(root, all). Nodes are kept only where l(v, X) is no
more than a tree that is known. Work: 3ᵏ · nodes + 2ᵏ searches.

By hand: terminals a, b each 1 from c, c 1 from the root: l(c, ab) = 2, l(root, ab) = 3.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.optimise.steiner_kernel import NEVER, _pop, _push

FEW = 6
"""Most terminals that are solved exactly."""


@njit(cache=True, nogil=True, error_model="numpy")
def solve_few(
    first: NDArray[np.int64], to: NDArray[np.int64], cost: NDArray[np.int64], terminals: NDArray[np.int64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], np.int64]:
    """Return parent, cost of the join to it, and the cost of the cheapest tree, given that one of at most ``most`` exists."""
    nodes, sets = len(first) - 1, 1 << len(terminals)
    label = np.full((sets, nodes), NEVER, dtype=np.int64)
    # How a label came about: −1 − Y for two trees put together at the node, else the node before it.
    how = np.full((sets, nodes), NEVER, dtype=np.int64)
    keys, heap = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
    for whole in range(1, sets):
        size = 0
        row = label[whole]
        for n in range(len(terminals)):
            if whole == 1 << n:
                row[terminals[n]] = 0
        part = (whole - 1) & whole
        while part > whole - part:
            one, other = label[part], label[whole - part]
            for v in range(nodes):
                if one[v] != NEVER and other[v] != NEVER and one[v] + other[v] < row[v] and one[v] + other[v] <= most:
                    row[v], how[whole, v] = one[v] + other[v], -1 - part
            part = (part - 1) & whole
        for v in range(nodes):
            if row[v] != NEVER:
                if size == len(keys):
                    keys, heap = np.append(keys, np.empty_like(keys)), np.append(heap, np.empty_like(heap))
                _push(keys, heap, size, row[v], v)
                size += 1
        while size > 0:
            d, v = keys[0], heap[0]
            _pop(keys, heap, size)
            size -= 1
            if d > row[v] or v == 0:
                continue
            for k in range(first[v], first[v + 1]):
                u, through = to[k], d + cost[k]
                if through < row[u] and through <= most:
                    row[u], how[whole, u] = through, v
                    if size == len(keys):
                        keys, heap = np.append(keys, np.empty_like(keys)), np.append(heap, np.empty_like(heap))
                    _push(keys, heap, size, through, u)
                    size += 1
    parent = np.full(nodes, -1, dtype=np.int64)
    join = np.zeros(nodes, dtype=np.int64)
    waits = np.empty((2 * sets + 2, 2), dtype=np.int64)
    waits[0, 0], waits[0, 1], waiting = 0, sets - 1, 1
    while waiting > 0:
        waiting -= 1
        v, whole = waits[waiting, 0], waits[waiting, 1]
        while True:
            made = how[whole, v]
            if made == NEVER:
                break
            if made < 0:
                part = -1 - made
                waits[waiting, 0], waits[waiting, 1] = v, whole - part
                waiting += 1
                whole = part
                continue
            # Two parts may run along one path: it is laid once.
            if parent[made] < 0:
                parent[made], join[made] = v, label[whole, v] - label[whole, made]
            v = made
    return parent, join, label[sets - 1, 0]
