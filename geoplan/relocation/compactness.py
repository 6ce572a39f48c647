"""Measure how compact patches of cells are, so that nobody builds a village along a thread.

Polsby and Popper (1991), with the outline of the cells themselves, holes included:

    compactness = 4π A / P²        A cells, P sides of cells that border on ground outside the patch

A circle has 1; on a grid a square is best, with π/4 = 0.785, and a staircase is as long as the two sides it replaces. A strip two cells
wide and n long has 8πn / (2n + 4)².

By hand: 3 × 3 cells: A = 9, P = 12, 0.785; without the middle one: A = 8, P = 12 + 4 = 16, 0.393; a strip of 2 × 40: A = 80, P = 84, 0.142.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]


def side_pairs(cells: Ints, number: Ints, cols: int) -> tuple[Ints, Ints]:
    """Return the positions in ``cells`` of every two cells of one number that share a side.

    Parameters
    ----------
    cells
        (n,) flat indices into a grid of ``cols`` columns, ascending.
    number
        (n,) number of each cell.

    Examples
    --------
    >>> [one.tolist() for one in side_pairs(np.array([0, 1, 2, 3]), np.array([0, 0, 0, 1]), 2)]
    [[0, 0], [1, 2]]
    """
    ends = []
    for beside, step in ((True, 1), (False, cols)):
        at = np.searchsorted(cells, cells + step)
        found = at < len(cells)
        found[found] = cells[at[found]] == cells[found] + step
        if beside:
            # The last cell of a row and the first of the next are far apart on the ground.
            found &= cells % cols != cols - 1
        one = np.flatnonzero(found)
        other = at[found]
        same = number[one] == number[other]
        ends.append(np.stack([one[same], other[same]]))
    one, other = np.concatenate(ends, axis=1)
    return one, other


def measure_compactness(cells: Ints, patch: Ints, cols: int) -> NDArray[np.float64]:
    """Return 4πA/P² of each patch 0..k−1.

    Parameters
    ----------
    cells
        (n,) flat indices into a grid of ``cols`` columns, in any order.
    patch
        (n,) patch of each cell; every number below the largest occurs.

    Examples
    --------
    >>> measure_compactness(np.array([0, 1, 2, 3]), np.zeros(4, dtype=int), 2).round(3).tolist()
    [0.785]
    """
    if not len(cells):
        return np.empty(0)
    order = np.argsort(cells, kind="stable")
    one, _ = side_pairs(cells[order], patch[order], cols)
    size = np.bincount(patch)
    shared = np.bincount(patch[order][one], minlength=len(size))
    outline = 4.0 * size - 2.0 * shared
    return np.asarray(4.0 * np.pi * size / outline**2, dtype=np.float64)
