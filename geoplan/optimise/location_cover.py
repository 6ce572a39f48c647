"""Reduce who is covered by which site to what matters: equal rows merged, rows and columns that others make needless dropped.

With Nᵢ the sites that cover demand i and Dⱼ the demands that site j covers:

- demands with one and the same Nᵢ are one demand with their people together
- row i is needless for covering everyone where some Nₖ ⊆ Nᵢ: whoever covers k covers i
- site j is needless where some site k covers Dⱼ ⊆ Dₖ and costs no more; of equals the first stays

By hand: sites A, B, C cover {1}, {1, 2}, {2}; costs 1. A and C are needless; with B alone row 2 is as row 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 2048


def merge_rows(cover: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first row of each group of equal rows, in order, and every row's group.

    Parameters
    ----------
    cover
        (n, m) which site covers which demand.

    Examples
    --------
    >>> import numpy as np
    >>> merge_rows(np.array([[True, False], [False, True], [True, False]]))
    (array([0, 1]), array([0, 1, 0]))
    """
    if not len(cover):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    packed = np.packbits(cover, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return first[order].astype(np.int64), place[group.ravel()].astype(np.int64)


def find_needless_sites(cover: NDArray[np.bool_], cost: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (m,) sites that another one makes needless: it covers all they cover and costs no more; of equals the first stays."""
    m = cover.shape[1]
    counts = cover.sum(axis=0)
    entries = cover.astype(np.float32)
    shared = entries.T @ entries
    # inside[j, k]: k covers all that j covers.
    inside = (shared == counts[:, None]) & (cost[None, :] <= cost[:, None])
    equal = inside & inside.T
    earlier = np.arange(m)[None, :] < np.arange(m)[:, None]
    return (inside & (~equal | earlier)).any(axis=1)


def find_needless_rows(cover: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (n,) rows that are covered whenever some other row is; of equal rows the first stays."""
    n = len(cover)
    counts = cover.sum(axis=1)
    entries = cover.astype(np.float32)
    needless = np.zeros(n, dtype=bool)
    for start in range(0, n, _BLOCK):
        here = slice(start, min(start + _BLOCK, n))
        inside = (entries[here] @ entries.T) == counts[None, :]
        equal = inside & (counts[here, None] == counts[None, :])
        earlier = np.arange(n)[None, :] < np.arange(n)[here, None]
        needless[here] = (inside & (~equal | earlier)).any(axis=1)
    return needless


def shrink(cover: NDArray[np.bool_], cost: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows and the sites that are left of a covering of everyone after needless ones are dropped, over and over.

    Every row must be covered by some site.
    """
    rows, _ = merge_rows(cover)
    sites = np.arange(cover.shape[1])
    while True:
        part = cover[np.ix_(rows, sites)]
        kept_sites = sites[~find_needless_sites(part, cost[sites])]
        part = cover[np.ix_(rows, kept_sites)]
        kept_rows = rows[~find_needless_rows(part)]
        if len(kept_rows) == len(rows) and len(kept_sites) == len(sites):
            return rows, sites
        rows, sites = kept_rows, kept_sites
