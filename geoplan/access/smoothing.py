"""Take steps out of heights: fill voids from around them, and average cells with their neighbours."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.linalg import cg

Smoothing = Literal["none", "mean3"]
FILTERS: dict[str, str] = {"none": "", "mean3": "mean of the known heights among 3 x 3 cells"}
"""Filters and what the report says of them."""


def smooth_heights(height_m: NDArray[np.floating], *, smooth: Smoothing) -> NDArray[np.float32]:
    """Return heights after a filter; voids (NaN) stay voids and are left out of every mean.

    Parameters
    ----------
    height_m
        (rows, cols) metres; NaN is a void.
    smooth
        ``none`` or ``mean3``.
    """
    if smooth == "none":
        return np.asarray(height_m, dtype=np.float32)
    smoothed = np.empty(height_m.shape, dtype=np.float32)
    _mean3(np.ascontiguousarray(height_m), smoothed)
    return smoothed


@njit(cache=True, nogil=True)
def _mean3(height: NDArray[np.floating], smoothed: NDArray[np.float32]) -> None:
    """Fill the mean of the known heights among 3 × 3 cells."""
    rows, cols = height.shape
    for row in range(rows):
        for col in range(cols):
            if np.isnan(height[row, col]):
                smoothed[row, col] = np.nan
                continue
            total, known = 0.0, 0
            for r in range(max(row - 1, 0), min(row + 2, rows)):
                for c in range(max(col - 1, 0), min(col + 2, cols)):
                    if not np.isnan(height[r, c]):
                        total += height[r, c]
                        known += 1
            smoothed[row, col] = total / known


def fill_voids(height_m: NDArray[np.floating], *, fill_cells: int) -> tuple[NDArray[np.floating], int]:
    """Return heights with voids near known heights filled, and how many cells were.

    Voids at most ``fill_cells`` steps (side by side, not slantwise) from a known height become the mean of their known or filled neighbours (the
    discrete Laplace equation): a hole in a plane is filled with the plane. What lies further is left a void.

    Parameters
    ----------
    height_m
        (rows, cols) metres; NaN is a void.
    fill_cells
        Reach, cells; 0 fills nothing.
    """
    void = np.isnan(height_m)
    if fill_cells <= 0 or not void.any() or void.all():
        return height_m, 0
    wanted = ndimage.binary_dilation(~void, iterations=fill_cells) & void
    if not wanted.any():
        return height_m, 0
    filled = np.array(height_m)
    filled[wanted] = _solve_laplace(height_m, wanted)
    return filled, int(wanted.sum())


def _solve_laplace(height_m: NDArray[np.floating], wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the heights of wanted cells such that each is the mean of its neighbours that are known or wanted."""
    rows, cols = np.nonzero(wanted)
    number = np.full(wanted.shape, -1, dtype=np.int64)
    number[rows, cols] = np.arange(len(rows))
    degree, right = np.zeros(len(rows)), np.zeros(len(rows))
    pairs = []
    # Heights are taken against their mean, so that the solver's tolerance is millimetres and not a share of the altitude.
    level = float(np.nanmean(height_m, dtype=np.float64))
    for down, east in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        r, c = rows + down, cols + east
        inside = (r >= 0) & (r < wanted.shape[0]) & (c >= 0) & (c < wanted.shape[1])
        me = np.flatnonzero(inside)
        other, height = number[r[me], c[me]], height_m[r[me], c[me]].astype(np.float64)
        known = np.isfinite(height)
        degree[me] += known | (other >= 0)
        right[me[known]] += height[known] - level
        pairs.append((me[other >= 0], other[other >= 0]))
    row, col = (np.concatenate(side) for side in zip(*pairs, strict=True))
    matrix = sparse.diags(degree) - sparse.csr_matrix((np.ones(len(row)), (row, col)), shape=(len(rows), len(rows)))
    found, _ = cg(matrix.tocsr(), right, rtol=0.0, atol=1e-3, maxiter=20_000, M=sparse.diags(1.0 / degree))
    return found + level
