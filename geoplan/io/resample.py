"""Sample a raster onto another grid: exact on a plane, voids never mixed in, no shift.

The centre of every target cell is carried back into the source's cells (exactly on a lattice of every 16th cell, linearly between: an error
under a centimetre for cells up to 50 m) and weighted over the four nearest source centres that carry a value. A warper whose kernel
widens with the cell would be off by up to 8% of a cell where 26 m cells become 30 m ones, which on a 45° slope is 2 m of noise.

Where target cells are wider than 1.5 source cells, each is the mean of k × k such samples, evenly spread; it is unknown when less than
half of them are known.

By hand: source centres at 5 and 15 m hold 0 and 10; a target centre at 7.5 m holds 2.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from scipy import ndimage

from geoplan.io.tiles import Tile
from geoplan.spatial.cells import shifted, to_cells, to_ground
from geoplan.spatial.crs import transformer_between

_KNOT = 16
_SLACK = 1e-6
"""Rounding of a coordinate carried back and forth must not push an edge outside."""
_BLOCK_ROWS = 192
_BLOCK_COLS = 512
_SAMPLES_MAX = 8
_ONE_SAMPLE_RATIO = 1.5

_Sampler = Callable[[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]], NDArray[np.float32]]


@dataclass(frozen=True)
class Target:
    """The grid to fill: its transform, (rows, cols) and CRS."""

    transform: Affine
    shape: tuple[int, int]
    crs: CRS


def sample_bilinear_onto(tile: Tile, target: Target, *, ratio: float) -> NDArray[np.float32]:
    """Return the tile on the target grid, bilinear; NaN where the source is unknown or ends.

    Parameters
    ----------
    tile
        Source.
    target
        Grid to fill.
    ratio
        Target cell over source cell, both on the ground.
    """
    once = 1 if ratio <= _ONE_SAMPLE_RATIO else min(math.ceil(ratio), _SAMPLES_MAX)
    if once == 1:
        return _fill(tile, target, _bilinear)
    total = np.zeros(target.shape, dtype=np.float32)
    known = np.zeros(target.shape, dtype=np.uint8)
    for down in range(once):
        for right in range(once):
            moved = shifted(target.transform, (right + 0.5) / once - 0.5, (down + 0.5) / once - 0.5)
            layer = _fill(tile, Target(moved, target.shape, target.crs), _bilinear)
            found = ~np.isnan(layer)
            total += np.where(found, layer, 0.0)
            known += found
    mean = np.divide(total, known, out=np.full(target.shape, np.nan, dtype=np.float32), where=known > 0)
    mean[2 * known.astype(np.int16) < once * once] = np.nan
    return mean


def sample_nearest_onto(tile: Tile, target: Target) -> NDArray[np.float32]:
    """Return the value of the source cell in which each target centre lies; NaN outside."""
    return _fill(tile, target, _nearest)


def _fill(tile: Tile, target: Target, sample: _Sampler) -> NDArray[np.float32]:
    """Fill the target in blocks, so that voids and missing tiles slow down only the blocks they touch."""
    filled = np.full(target.shape, np.nan, dtype=np.float32)
    for top, col, row in _source_cells(tile, target):
        for left in range(0, target.shape[1], _BLOCK_COLS):
            block = np.s_[:, left : left + _BLOCK_COLS]
            filled[top : top + len(col)][block] = sample(tile.values, col[block], row[block])
    return filled


def _source_cells(tile: Tile, target: Target) -> Iterator[tuple[int, NDArray[np.float64], NDArray[np.float64]]]:
    """Yield (first row, source col, source row) of the target's centres, in blocks of rows; a source cell's centre is at +0.5."""
    rows, cols = target.shape
    transformer = transformer_between(target.crs, tile.crs)
    across = _Lattice.over(cols)
    for top in range(0, rows, _BLOCK_ROWS):
        down = _Lattice.over(min(_BLOCK_ROWS, rows - top))
        east, north = to_ground(target.transform, across.knots[None, :] + 0.5, down.knots[:, None] + top + 0.5)
        lattice = (len(down.knots), len(across.knots))
        x, y = transformer.transform(np.broadcast_to(east, lattice).copy(), np.broadcast_to(north, lattice).copy())
        col, row = to_cells(tile.transform, np.asarray(x), np.asarray(y))
        yield top, across.fill(down.fill(col.T).T), across.fill(down.fill(row.T).T)


@dataclass(frozen=True)
class _Lattice:
    """Linear interpolation between every so many cells of a row."""

    knots: NDArray[np.float64]
    left: NDArray[np.int64]
    share: NDArray[np.float64]

    @classmethod
    def over(cls, count: int) -> _Lattice:
        """Return the lattice of a row of ``count`` cells."""
        pieces = max(math.ceil((count - 1) / _KNOT), 1)
        knots = np.linspace(0.0, max(count - 1, 1), pieces + 1)
        at = np.arange(count)
        left = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, pieces - 1)
        return cls(knots, left, (at - knots[left]) / (knots[left + 1] - knots[left]))

    def fill(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (lines, count) values from (lines, knots)."""
        step = np.diff(values, axis=1)
        return values[:, self.left] + step[:, self.left] * self.share


def _own_cell(
    shape: tuple[int, int], col: NDArray[np.float64], row: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return whether each position lies in the source, and the flat number of its cell (0 outside); the outer edges belong to it."""
    rows, cols = shape
    inside = (col >= -_SLACK) & (col <= cols + _SLACK) & (row >= -_SLACK) & (row <= rows + _SLACK)
    at_col = np.clip(np.floor(np.where(inside, col, 0.0)), 0, cols - 1).astype(np.int64)
    at_row = np.clip(np.floor(np.where(inside, row, 0.0)), 0, rows - 1).astype(np.int64)
    return inside, at_row * cols + at_col


def _nearest(values: NDArray[np.float32], col: NDArray[np.float64], row: NDArray[np.float64]) -> NDArray[np.float32]:
    inside, own = _own_cell(values.shape, col, row)
    return np.where(inside, values.ravel()[own], np.float32(np.nan))


def _bilinear(values: NDArray[np.float32], col: NDArray[np.float64], row: NDArray[np.float64]) -> NDArray[np.float32]:
    """Weight the four nearest centres; those off the source's edge or without value have no weight."""
    rows, cols = values.shape
    lowest, highest = max(int(row.min()) - 2, 0), min(int(row.max()) + 3, rows)
    leftmost, rightmost = max(int(col.min()) - 2, 0), min(int(col.max()) + 3, cols)
    if lowest >= highest or leftmost >= rightmost:
        return np.full(col.shape, np.nan, dtype=np.float32)
    part = values[lowest:highest, leftmost:rightmost]
    # Positions among centres: a cell's centre is a whole number. Beyond the edge the edge's own centre stands in ("nearest"),
    # which is the same as leaving the absent one out.
    places = np.stack([row - (lowest + 0.5), col - (leftmost + 0.5)])
    known = ~np.isnan(part)
    if not known.any():
        return np.full(col.shape, np.nan, dtype=np.float32)
    mixed = _linear(np.where(known, part, np.float32(0.0)), places)
    whole = row.min() >= 0 and row.max() <= rows and col.min() >= 0 and col.max() <= cols
    if whole and known.all():
        return mixed
    weight = _linear(known.astype(np.float32), places)
    inside, own = _own_cell(values.shape, col, row)
    usable = inside & ~np.isnan(values.ravel()[own]) & (weight > 0)
    return np.divide(mixed, weight, out=np.full(col.shape, np.nan, dtype=np.float32), where=usable)


def _linear(values: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Interpolate linearly at (row, col) positions counted in centres."""
    return ndimage.map_coordinates(values, places, order=1, mode="nearest", prefilter=False, output=np.float32)
