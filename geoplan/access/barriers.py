"""Block the moves of walkers that cross a barrier, a cliff or a cell nobody walks on.

A move is the straight segment between two cell centres. It is blocked where

- the closed segment meets a barrier line or the outline of a barrier polygon, or lies inside such a polygon (a move that only touches an outline from
  outside is blocked too: the safe side; whatever comes within 10⁻⁹ cell, 30 nm at 30 m, counts as touching);
- it starts, ends or (a knight's move) passes in an impassable cell, or goes diagonally between two of them;
- either half of it or the whole is steeper than the cliff slope. Half-way, the ground of a diagonal or a knight's move is as high as the mean of the
  two cells on either side of it there: on a plane nothing changes, and a wall of high cells is not jumped;
- it leaves the grid.

Nothing is thickened and nothing is burnt: a diagonal river a centimetre wide holds, and its two banks stay walkable.

How the moves near a barrier are found is in `geoplan.access.crossings`.
By hand, a cliff of 45° on 30 m cells: 30 m up a straight move passes, 30.1 m does not; an even diagonal passes up to 42.4 m.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numba import njit
from numpy.typing import NDArray

from geoplan.access.crossings import block_areas, block_segments
from geoplan.contracts.ground import MOVES, Neighbours, middles, opposite
from geoplan.spatial.cells import to_cells

_HALF: NDArray[np.int64] = np.array([k for k in range(16) if k < opposite(k)], dtype=np.int64)
"""One move of each pair of opposites."""
_BITS: NDArray[np.uint16] = (1 << np.arange(16)).astype(np.uint16)
_PIECE = 64
"""Cells of a row looked at together for cliffs."""
_NO_LIMIT = np.iinfo(np.int64).max // 4


def _beside(move: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the two cells beside the middle of a diagonal or knight's move; a straight move has none and gets its own start."""
    down, right = (int(one) for one in MOVES[move])
    passed = middles(move)
    if passed:
        return (passed[0], passed[1])
    return ((down, 0), (0, right)) if down and right else ((0, 0), (0, 0))


_BESIDE: NDArray[np.int64] = np.array([_beside(k) for k in range(16)], dtype=np.int64)


def block_moves(
    barriers: gpd.GeoDataFrame | None,
    passable: NDArray[np.bool_],
    *,
    transform: Affine,
    height_dm: NDArray[np.int16] | None = None,
    cliff_deg: float | None = None,
    neighbours: Neighbours = 16,
) -> NDArray[np.uint16]:
    """Return the blocked moves of every cell.

    Parameters
    ----------
    barriers
        Lines and polygons nobody walks across, in the CRS of the grid. Points, empty and missing geometries block nothing; Z is ignored.
    passable
        (rows, cols) whether people walk on the cell.
    transform
        Place of the cells; north-up, metric.
    height_dm
        (rows, cols) heights, decimetres; read only where passable. None: level.
    cliff_deg
        Steepest slope walked, degrees; None: no limit.
    neighbours
        8 blocks every knight's move.

    Returns
    -------
    numpy.ndarray
        (rows, cols) uint16; bit k set: move k of `geoplan.contracts.ground.MOVES` may not be made. Bit k here is bit ``k ^ 2`` at the move's end.
    """
    blocked = block_cells(passable, neighbours=neighbours)
    mark_barriers(blocked, barriers, transform=transform)
    if height_dm is not None and cliff_deg is not None:
        mark_cliffs(blocked, passable, height_dm, transform=transform, cliff_deg=cliff_deg)
    return blocked


def block_cells(passable: NDArray[np.bool_], *, neighbours: Neighbours = 16) -> NDArray[np.uint16]:
    """Return the moves that impassable cells, the grid's edge and the number of neighbours block; see `block_moves`."""
    blocked = np.zeros(passable.shape, dtype=np.uint16)
    if neighbours == 8:
        blocked[:] = 0xFF00
    for move, (down, right) in enumerate(MOVES):
        bit = _BITS[move]
        for index, step in ((0, int(down)), (1, int(right))):
            edge = slice(0, -step) if step < 0 else slice(max(passable.shape[index] - step, 0), None)
            if step:
                blocked[(edge, slice(None)) if index == 0 else (slice(None), edge)] |= bit
    _block_impassable(blocked, np.ascontiguousarray(passable), MOVES, _BESIDE, _BITS)
    return blocked


def mark_cliffs(
    blocked: NDArray[np.uint16], passable: NDArray[np.bool_], height_dm: NDArray[np.int16], *, transform: Affine, cliff_deg: float
) -> int:
    """Block moves steeper than ``cliff_deg``, in place, and return how many (once for both directions) nothing else had blocked."""
    reach_m = np.hypot(MOVES[:, 0] * transform.e, MOVES[:, 1] * transform.a)
    # A whisker of slack, so that a slope of exactly the limit passes whatever tan() rounds to.
    limit_dm = np.floor(10.0 * reach_m * np.tan(np.radians(cliff_deg)) * (1.0 + 1e-12) + 1e-9)
    limit_dm = np.minimum(limit_dm, _NO_LIMIT).astype(np.int64)
    return int(_block_cliffs(blocked, np.ascontiguousarray(passable), height_dm, limit_dm, _HALF, MOVES, _BESIDE, _BITS))


def mark_barriers(blocked: NDArray[np.uint16], barriers: gpd.GeoDataFrame | None, *, transform: Affine) -> int:
    """Block moves that meet a barrier, in place, and return how many (once for both directions) nothing else had blocked."""
    if barriers is None or len(barriers) == 0:
        return 0
    shapes = np.asarray(barriers.geometry.array, dtype=object)
    shapes = shapely.force_2d(shapes[~shapely.is_missing(shapes)])
    parts = _simple_parts(shapes)
    areas = parts[shapely.get_dimensions(parts) == 2]
    rings, owner = shapely.get_rings(areas, return_index=True)
    lines = parts[shapely.get_dimensions(parts) == 1]
    changed = 0
    for some, area in ((lines, np.full(len(lines), -1, dtype=np.int64)), (rings, owner.astype(np.int64))):
        xy, line = shapely.get_coordinates(some, return_index=True)
        col, row = to_cells(transform, xy[:, 0], xy[:, 1])
        points = np.column_stack([col - 0.5, row - 0.5])
        if len(points):
            changed += int(block_segments(blocked, points, line, _HALF, MOVES, _BITS))
            if area[0] >= 0:
                changed += int(block_areas(blocked, points, line, area[line], _HALF, MOVES, _BITS))
    return changed


def _simple_parts(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return single lines and polygons, also those inside nested collections."""
    parts = shapely.get_parts(shapes)
    while (shapely.get_type_id(parts) >= 4).any():
        parts = shapely.get_parts(parts)
    return parts[~shapely.is_empty(parts)]


@njit(cache=True, nogil=True)
def _block_impassable(
    blocked: NDArray[np.uint16],
    passable: NDArray[np.bool_],
    moves: NDArray[np.int64],
    beside: NDArray[np.int64],
    bits: NDArray[np.uint16],
) -> None:
    """Block moves that start, end or pass in an impassable cell, or go diagonally between two."""
    rows, cols = passable.shape
    # Whether a column holds an impassable cell within two rows, with two columns to spare on either side.
    bad = np.zeros(cols + 4, dtype=np.bool_)
    for row in range(rows):
        bad[:] = False
        for r in range(max(row - 2, 0), min(row + 3, rows)):
            for col in range(cols):
                bad[col + 2] |= not passable[r, col]
        for col in range(cols):
            if not passable[row, col]:
                blocked[row, col] = np.uint16(0xFFFF)
                continue
            if not (bad[col] or bad[col + 1] or bad[col + 2] or bad[col + 3] or bad[col + 4]):
                continue
            for move in range(16):
                if blocked[row, col] & bits[move]:
                    continue
                if not passable[row + moves[move, 0], col + moves[move, 1]]:
                    blocked[row, col] |= bits[move]
                elif move >= 4:
                    first = passable[row + beside[move, 0, 0], col + beside[move, 0, 1]]
                    second = passable[row + beside[move, 1, 0], col + beside[move, 1, 1]]
                    if not (first or second) or (move >= 8 and not (first and second)):
                        blocked[row, col] |= bits[move]


@njit(cache=True, nogil=True)
def _block_cliffs(
    blocked: NDArray[np.uint16],
    passable: NDArray[np.bool_],
    height: NDArray[np.int16],
    limit: NDArray[np.int64],
    half: NDArray[np.int64],
    moves: NDArray[np.int64],
    beside: NDArray[np.int64],
    bits: NDArray[np.uint16],
) -> int:
    """Block moves of which the whole or either half is too steep; count those that were open."""
    rows, cols = height.shape
    changed = 0
    for n in range(len(half)):
        move = half[n]
        down, right = moves[move, 0], moves[move, 1]
        first, last = max(-right, 0), cols - max(right, 0)
        for row in range(rows - down):
            # Most pieces of a row hold no cliff: a pass without branches looks at each, and only the others are gone through cell by cell.
            for begin in range(first, last, _PIECE):
                end = min(begin + _PIECE, last)
                here, there = height[row, begin:end], height[row + down, begin + right : end + right]
                r0, c0 = row + beside[move, 0, 0], begin + beside[move, 0, 1]
                r1, c1 = row + beside[move, 1, 0], begin + beside[move, 1, 1]
                left, other = height[r0, c0 : c0 + end - begin], height[r1, c1 : c1 + end - begin]
                if _steepest(here, there, left, other, move >= 4) <= limit[move]:
                    continue
                for k in range(end - begin):
                    col = begin + k
                    if blocked[row, col] & bits[move]:
                        continue
                    low, high = np.int64(here[k]), np.int64(there[k])
                    steep = abs(high - low) > limit[move]
                    if move >= 4 and passable[r0, c0 + k] and passable[r1, c1 + k]:
                        middle = np.int64(left[k]) + np.int64(other[k])
                        steep |= abs(middle - 2 * low) > limit[move] or abs(middle - 2 * high) > limit[move]
                    if steep:
                        blocked[row, col] |= bits[move]
                        blocked[row + down, col + right] |= bits[move ^ 2]
                        changed += 1
    return changed


@njit(cache=True, nogil=True)
def _steepest(
    here: NDArray[np.int16], there: NDArray[np.int16], left: NDArray[np.int16], right: NDArray[np.int16], halves: bool
) -> int:
    """Return the largest rise of the moves from ``here`` to ``there`` and, doubled, of their halves over the mean of ``left`` and ``right``.

    The half's slope is |mean − end| / (d / 2) = |left + right − 2 end| / d.
    """
    most = np.int32(0)
    for k in range(len(here)):
        most = max(most, abs(np.int32(there[k]) - np.int32(here[k])))
    if halves:
        for k in range(len(here)):
            middle = np.int32(left[k]) + np.int32(right[k])
            most = max(most, abs(middle - np.int32(2) * np.int32(here[k])), abs(middle - np.int32(2) * np.int32(there[k])))
    return int(most)
