"""Block the moves of walkers that cross a barrier, a cliff or a cell nobody walks on.

A move is the straight segment between two cell centres. It is blocked where

- the closed segment meets a barrier line or the outline of a barrier polygon, or lies inside such a polygon (a move that only touches an outline from
  outside is blocked too: the safe side; whatever comes within 10⁻⁹ cell, 30 nm at 30 m, counts as touching);
- it starts, ends or (a knight's move) passes in an impassable cell, or goes diagonally between two of them;
- either half of it or the whole is steeper than the cliff slope. Half-way, the ground of a diagonal or a knight's move is as high as the mean of the
  two cells on either side of it there: on a plane nothing changes, and a wall of high cells is not jumped;
- it leaves the grid.

Nothing is thickened and nothing is burnt: a diagonal river a centimetre wide holds, and its two banks stay walkable.

Barriers are drawn in cell units with centres at whole numbers. Only cells within two cells of a barrier's segment can have a move that meets it; they
are walked row by row, and each of their moves is tested by the signs of four cross products:
segments ab and pq meet when a and b do not lie strictly on one side of pq, nor p and q on one side of ab, and their boxes overlap.

By hand: centres (0, 0) and (1, 0), river from (0.5, −1) to (0.5, 1): crosses of pq with a and b are +1 and −1 (times 2·0.5), those of ab with p and q
−1 and +1, so the move is blocked. A cliff of 45° on 30 m cells: 30 m up a straight move passes, 30.1 m does not; a diagonal passes up to 42.4 m.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numba import njit
from numpy.typing import NDArray

from geoplan.contracts.ground import MOVES, Neighbours, middles, opposite
from geoplan.spatial.cells import to_cells

_TOUCH = 1e-9
_HALF: NDArray[np.int64] = np.array([k for k in range(16) if k < opposite(k)], dtype=np.int64)
"""One move of each pair of opposites."""
_BITS: NDArray[np.uint16] = (1 << np.arange(16)).astype(np.uint16)
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
            changed += int(_block_segments(blocked, points, line, _HALF, MOVES, _BITS))
            if area[0] >= 0:
                changed += int(_block_areas(blocked, points, line, area[line], _HALF, MOVES, _BITS))
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
    for row in range(rows):
        for col in range(cols):
            if passable[row, col]:
                continue
            for move in range(16):
                blocked[row, col] |= bits[move]
                r, c = row + moves[move, 0], col + moves[move, 1]
                if 0 <= r < rows and 0 <= c < cols:
                    blocked[r, c] |= bits[move ^ 2]
            # Moves that pass here start at most two cells away.
            for r in range(max(row - 2, 0), min(row + 3, rows)):
                for c in range(max(col - 2, 0), min(col + 3, cols)):
                    for move in range(4, 16):
                        r0, c0 = r + beside[move, 0, 0], c + beside[move, 0, 1]
                        r1, c1 = r + beside[move, 1, 0], c + beside[move, 1, 1]
                        first = r0 == row and c0 == col
                        second = r1 == row and c1 == col
                        if not (first or second):
                            continue
                        if move < 8:
                            other_row, other_col = (r1, c1) if first else (r0, c0)
                            inside = 0 <= other_row < rows and 0 <= other_col < cols
                            if inside and passable[other_row, other_col]:
                                continue
                        blocked[r, c] |= bits[move]


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
    for row in range(rows):
        for col in range(cols):
            if not passable[row, col]:
                continue
            here = np.int64(height[row, col])
            for n in range(len(half)):
                move = half[n]
                if blocked[row, col] & bits[move]:
                    continue
                r, c = row + moves[move, 0], col + moves[move, 1]
                there = np.int64(height[r, c])
                steep = abs(there - here) > limit[move]
                if move >= 4 and not steep:
                    r0, c0 = row + beside[move, 0, 0], col + beside[move, 0, 1]
                    r1, c1 = row + beside[move, 1, 0], col + beside[move, 1, 1]
                    if passable[r0, c0] and passable[r1, c1]:
                        # Twice the mean of two heights over half the length: |mean − end| / (d / 2) is |sum − 2 end| / d.
                        middle = np.int64(height[r0, c0]) + np.int64(height[r1, c1])
                        steep = abs(middle - 2 * here) > limit[move] or abs(middle - 2 * there) > limit[move]
                if steep:
                    blocked[row, col] |= bits[move]
                    blocked[r, c] |= bits[move ^ 2]
                    changed += 1
    return changed


@njit(cache=True, nogil=True, inline="always")
def _meet(ax: float, ay: float, bx: float, by: float, px: float, py: float, qx: float, qy: float, run: float) -> bool:
    """Return whether the closed segments ab and pq (``run`` long) meet or come within the tolerance of meeting."""
    if (
        max(px, qx) < min(ax, bx) - _TOUCH
        or min(px, qx) > max(ax, bx) + _TOUCH
        or max(py, qy) < min(ay, by) - _TOUCH
        or min(py, qy) > max(ay, by) + _TOUCH
    ):
        return False
    slack = _TOUCH * run
    a_side = (qx - px) * (ay - py) - (qy - py) * (ax - px)
    b_side = (qx - px) * (by - py) - (qy - py) * (bx - px)
    if (a_side > slack and b_side > slack) or (a_side < -slack and b_side < -slack):
        return False
    # No move is longer than √5.
    slack = 2.2360679774997896 * _TOUCH
    p_side = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    q_side = (bx - ax) * (qy - ay) - (by - ay) * (qx - ax)
    return not ((p_side > slack and q_side > slack) or (p_side < -slack and q_side < -slack))


@njit(cache=True, nogil=True)
def _block_segments(
    blocked: NDArray[np.uint16],
    points: NDArray[np.float64],
    line: NDArray[np.int64],
    half: NDArray[np.int64],
    moves: NDArray[np.int64],
    bits: NDArray[np.uint16],
) -> int:
    """Block moves that meet a segment between two successive points of a line; count those that were open."""
    rows, cols = blocked.shape
    changed = 0
    for n in range(1, len(points)):
        if line[n] != line[n - 1]:
            continue
        px, py, qx, qy = points[n - 1, 0], points[n - 1, 1], points[n, 0], points[n, 1]
        run = np.hypot(qx - px, qy - py)
        if not run > 0.0:
            continue
        low, high = min(py, qy), max(py, qy)
        if high < -_TOUCH or low > rows - 1 + _TOUCH or max(px, qx) < -_TOUCH or min(px, qx) > cols - 1 + _TOUCH:
            continue
        first = np.int64(max(np.floor(max(low, 0.0) - 2.0 - _TOUCH), 0.0))
        last = np.int64(min(np.ceil(min(high, rows - 1.0) + 2.0 + _TOUCH), rows - 1.0))
        for row in range(first, last + 1):
            # The piece of the segment that moves from this row can reach.
            top, bottom = max(low, row - 2.0 - _TOUCH), min(high, row + 2.0 + _TOUCH)
            if top > bottom:
                continue
            left, right = min(px, qx), max(px, qx)
            if high - low > 4.0:
                x0 = px + (qx - px) * ((top - py) / (qy - py))
                x1 = px + (qx - px) * ((bottom - py) / (qy - py))
                left, right = max(left, min(x0, x1) - 1e-6), min(right, max(x0, x1) + 1e-6)
            begin = np.int64(max(np.floor(max(left, 0.0) - 2.0 - _TOUCH), 0.0))
            end = np.int64(min(np.ceil(min(right, cols - 1.0) + 2.0 + _TOUCH), cols - 1.0))
            for col in range(begin, end + 1):
                for m in range(len(half)):
                    move = half[m]
                    if blocked[row, col] & bits[move]:
                        continue
                    r, c = row + moves[move, 0], col + moves[move, 1]
                    if _meet(float(col), float(row), float(c), float(r), px, py, qx, qy, run):
                        blocked[row, col] |= bits[move]
                        blocked[r, c] |= bits[move ^ 2]
                        changed += 1
    return changed


@njit(cache=True, nogil=True)
def _block_areas(
    blocked: NDArray[np.uint16],
    points: NDArray[np.float64],
    line: NDArray[np.int64],
    area: NDArray[np.int64],
    half: NDArray[np.int64],
    moves: NDArray[np.int64],
    bits: NDArray[np.uint16],
) -> int:
    """Block all moves of cells whose centre lies in a polygon (even–odd over its rings); count those that were open."""
    rows, cols = blocked.shape
    changed = 0
    begin = 0
    while begin < len(points):
        end = begin
        left, right, low, high = np.inf, -np.inf, np.inf, -np.inf
        while end < len(points) and area[end] == area[begin]:
            left, right = min(left, points[end, 0]), max(right, points[end, 0])
            low, high = min(low, points[end, 1]), max(high, points[end, 1])
            end += 1
        top, bottom = np.int64(np.ceil(max(low, 0.0))), np.int64(np.floor(min(high, rows - 1.0)))
        west, east = np.int64(np.ceil(max(left, 0.0))), np.int64(np.floor(min(right, cols - 1.0)))
        if top <= bottom and west <= east:
            # A mark at each outline crossed in a row: left of it and right of it are different sides.
            turns = np.zeros((bottom - top + 1, east - west + 1), dtype=np.uint8)
            for n in range(begin + 1, end):
                if line[n] != line[n - 1]:
                    continue
                px, py, qx, qy = points[n - 1, 0], points[n - 1, 1], points[n, 0], points[n, 1]
                first = max(np.int64(np.ceil(max(min(py, qy), -1.0))), top)
                for row in range(first, bottom + 1):
                    if row >= max(py, qy):
                        break
                    x = px + (qx - px) * ((row - py) / (qy - py))
                    col = np.int64(np.ceil(max(min(x, cols + 0.0), -1.0)))
                    if col <= east:
                        turns[row - top, max(col, west) - west] ^= 1
            for row in range(top, bottom + 1):
                inside = np.uint8(0)
                for col in range(west, east + 1):
                    inside ^= turns[row - top, col - west]
                    if inside == 0:
                        continue
                    for move in range(16):
                        if blocked[row, col] & bits[move]:
                            continue
                        blocked[row, col] |= bits[move]
                        blocked[row + moves[move, 0], col + moves[move, 1]] |= bits[move ^ 2]
                        changed += 1
        begin = end
    return changed
