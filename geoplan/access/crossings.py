"""Find the moves between cell centres that meet a barrier, in cell units.

Barriers are drawn in cell units with centres at whole numbers. Only cells within two cells of a barrier's segment can have a move that meets it; they
are walked row by row, and each of their moves is tested by the signs of four cross products:
segments ab and pq meet when a and b do not lie strictly on one side of pq, nor p and q on one side of ab, and their boxes overlap.

By hand: centres (0, 0) and (1, 0), river from (0.5, −1) to (0.5, 1): crosses of pq with a and b are +1 and −1, those of ab with p and q
−1 and +1, so the move is blocked.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_TOUCH = 1e-9
"""Cells; what comes as near as this counts as touching. Coordinates of millions of metres are rounded to 2·10⁻¹¹ of a 30 m cell."""


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
def block_segments(
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
def block_areas(
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
                for row in range(max(np.int64(np.ceil(max(min(py, qy), -1.0))), top), bottom + 1):
                    if row >= max(py, qy):
                        break
                    x = px + (qx - px) * ((row - py) / (qy - py))
                    beyond = np.int64(np.ceil(max(min(x, cols + 0.0), -1.0)))
                    if beyond <= east:
                        turns[row - top, max(beyond, west) - west] ^= 1
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
