"""Connect places to a network by the shortest lines: the minimum spanning tree with the existing network as one root.

Places may join the network or one another, and a line that several need is built once. The tree is exact for straight lengths (Prim 1957, over all
pairs; ties go to the lower number), with the length of each place's own way to the network as given.

By hand: the network at x = 0, places at 1,000, 1,500 and 1,800 m on one line: lines of 1,000, 500 and 300 m, 1,800 m in all, not 4,300 m.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

ROOT = -1


@njit(cache=True, nogil=True)
def span_tree(
    xy: NDArray[np.float64], root_m: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the tree that joins places to one root with the least total length.

    Parameters
    ----------
    xy
        (n, 2) easting, northing, metres.
    root_m
        (n,) length of each place's own line to the root; inf where there is none.

    Returns
    -------
    parent
        (n,) place towards the root; −1 where the line leads to the root itself.
    length_m
        (n,) straight length of that line.
    order
        (n,) places in the order in which they were joined: a place comes after its parent.
    """
    n = len(xy)
    parent, order = np.full(n, ROOT, dtype=np.int64), np.empty(n, dtype=np.int64)
    best, joined = root_m.copy(), np.zeros(n, dtype=np.bool_)
    for step in range(n):
        u = -1
        for v in range(n):
            if not joined[v] and (u < 0 or best[v] < best[u]):
                u = v
        joined[u] = True
        order[step] = u
        for v in range(n):
            if not joined[v]:
                far = np.hypot(xy[v, 0] - xy[u, 0], xy[v, 1] - xy[u, 1])
                if far < best[v]:
                    best[v], parent[v] = far, u
    return parent, best, order


def gather_users(parent: NDArray[np.int64], order: NDArray[np.int64]) -> list[list[int]]:
    """Return, per place, the places whose way to the root runs over its line, itself first.

    By hand: 2 hangs on 1, 1 on 0, 0 on the root: [[0, 1, 2], [1, 2], [2]].
    """
    users: list[list[int]] = [[k] for k in range(len(parent))]
    for k in order[::-1]:
        if parent[k] != ROOT:
            users[parent[k]] += users[k]
    return [[one, *sorted(rest)] for one, *rest in users]
