"""Carry marked cells of one grid over to another, and grow them by a distance, without drawing a single polygon.

A cell of the other grid is touched when a marked cell enters it (meeting at a side is no entering); counts over rectangles come from sums
of all cells above and to the left. Two cells i columns and j rows apart have the gap

    gap = √( (max(|i| − 1, 0)·w)² + (max(|j| − 1, 0)·h)² )

which is the distance between the centres once one of them has been grown by a cell all around, so one exact distance transform finds
every gap. The touched cells hold the marked ones, so what is grown is never too little, and too much by a cell at most; where the grids
share their cells it is exact.

By hand: cells of 10 m, one marked; within a gap below 10 m lie its eight neighbours, below 10.1 m also those two columns or rows away.
"""

from __future__ import annotations

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from scipy import ndimage

from geoplan.contracts.grid import Grid
from geoplan.spatial.proximity import distance_m

Mask = NDArray[np.bool_]
_TOUCH_CELLS = 1e-9
_TOUCH_M = 1e-6
"""Cells that meet at a side do not enter one another; rounding must not make them."""


def touch_cells(mask: Mask, grid: Grid, like: Grid, *, outside: bool = False) -> Mask:
    """Return the cells of ``like`` that a marked cell of ``grid`` enters.

    Parameters
    ----------
    mask
        (rows, cols) bool on ``grid``.
    grid, like
        Grids in one CRS, north up.
    outside
        True: ground beyond ``grid`` counts as marked.
    """
    height, width = mask.shape
    top, bottom, above, below = _span(
        grid.transform.f, grid.transform.e, height, like.transform.f, like.transform.e, like.shape[0]
    )
    left, right, before, behind = _span(
        grid.transform.c, grid.transform.a, width, like.transform.c, like.transform.a, like.shape[1]
    )
    sums = np.zeros((height + 1, width + 1), dtype=np.int64)
    sums[1:, 1:] = mask.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    low, high = sums[top], sums[bottom]
    found: Mask = (high[:, right] - high[:, left] - low[:, right] + low[:, left]) > 0
    if outside:
        found |= (above | below)[:, None] | (before | behind)[None, :]
    return found


def _span(
    start: float, step: float, count: int, other_start: float, other_step: float, other_count: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return first and last+1 cell of a row of cells that each cell of another row enters, and whether it begins before or ends after them."""
    near = (other_start + np.arange(other_count) * other_step - start) / step
    far = near + other_step / step
    first = np.clip(np.floor(near + _TOUCH_CELLS), 0, count).astype(np.intp)
    last = np.clip(np.ceil(far - _TOUCH_CELLS), 0, count).astype(np.intp)
    return first, np.maximum(last, first), near < -_TOUCH_CELLS, far > count + _TOUCH_CELLS


def near_cells(mask: Mask, grid: Grid, like: Grid, *, reach_m: float) -> Mask:
    """Return the cells of ``like`` within ``reach_m`` of ground that a marked cell of ``grid`` covers, on ``like`` or beyond it."""
    width, height = like.cell_size
    # Ground beyond the other grid reaches into it.
    down, across = (int(np.ceil(reach_m / side)) + 1 for side in (height, width))
    at = like.transform
    moved = Affine(at.a, 0, at.c - across * at.a, 0, at.e, at.f - down * at.e)
    wider = Grid(np.zeros((like.shape[0] + 2 * down, like.shape[1] + 2 * across), dtype=bool), moved, like.crs)
    grown = grow_cells(touch_cells(mask, grid, wider), wider, reach_m)
    return grown[down : down + like.shape[0], across : across + like.shape[1]]


def grow_cells(mask: Mask, like: Grid, reach_m: float) -> Mask:
    """Return the cells of ``like`` with a gap to a marked cell below ``reach_m``, the marked ones included."""
    if not reach_m > _TOUCH_M or not mask.any():
        return np.array(mask, dtype=bool)
    around = ndimage.binary_dilation(mask, structure=np.ones((3, 3), dtype=bool))
    return np.asarray(mask | (distance_m(around, like.cell_size) < reach_m - _TOUCH_M), dtype=bool)
