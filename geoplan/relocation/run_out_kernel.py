"""Follow masses down the way of the water while the angle of reach allows it, then let them spread to the sides.

Along the way every cell carries two numbers: the height of the energy line e, which begins at the ground of a source cell and falls by tan(angle) per metre of
level way, and the length l of the longest way from the source. A cell is reached while e is not below its ground. Ways join in D8; where they do, the higher
energy line and the longer way go on, so the order in which source cells are taken does not matter.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

SLACK_M = 1e-6
"""An end reached on paper is reached: heights are sums of some thousand rounded steps."""


@njit(cache=True, nogil=True)
def _append(cells: NDArray[np.int64], count: int, cell: int) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """Return ``cells`` with ``cell`` at ``count``, made longer where needed."""
    if count == len(cells):
        longer = np.empty(2 * len(cells), dtype=np.int64)
        longer[:count] = cells
        cells = longer
    cells[count] = cell
    return cells


@njit(cache=True, nogil=True)
def follow_down(
    starts: NDArray[np.int64],
    downstream: NDArray[np.int32],
    ground: NDArray[np.float32],
    cols: int,
    width: float,
    height: float,
    tan_reach: float,
    energy: NDArray[np.float64],
    length: NDArray[np.float64],
) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """Return the cells reached along the way, and leave their energy line and length in ``energy`` (−inf before) and ``length``."""
    diagonal = np.hypot(width, height)
    path = np.empty(256, dtype=np.int64)
    count = 0
    for start in starts:
        cell, e, way = start, np.float64(ground[start]), 0.0
        while True:
            seen = energy[cell] > -np.inf
            if seen and e <= energy[cell] and way <= length[cell]:
                break
            if seen:
                e, way = max(e, energy[cell]), max(way, length[cell])
            else:
                path = _append(path, count, cell)
                count += 1
            energy[cell], length[cell] = e, way
            below = np.int64(downstream[cell])
            if below < 0 or below == cell:
                break
            if below // cols == cell // cols:
                step = width
            elif below % cols == cell % cols:
                step = height
            else:
                step = diagonal
            e, way = e - tan_reach * step, way + step
            # Not a number is not reached either.
            if not e + SLACK_M >= ground[below]:
                break
            cell = below
    return path[:count]


@njit(cache=True, nogil=True)
def _is_open(
    ground: NDArray[np.float32], cols: int, row: int, col: int, down: int, right: int, e: float, fall: float
) -> bool:  # pragma: no cover - compiled
    """Say whether the energy line, falling by ``fall`` over the whole straight way, stays above the ground of every cell on it."""
    pieces = max(abs(down), abs(right))
    for k in range(1, pieces + 1):
        r, c = row + int(np.rint(down * k / pieces)), col + int(np.rint(right * k / pieces))
        if not e - fall * k / pieces + SLACK_M >= ground[r * cols + c]:
            return False
    return True


@njit(cache=True, nogil=True)
def spread_out(
    path: NDArray[np.int64],
    ground: NDArray[np.float32],
    cols: int,
    width: float,
    height: float,
    tan_reach: float,
    tan_spread: float,
    spread_max_m: float,
    energy: NDArray[np.float64],
    length: NDArray[np.float64],
    mark: NDArray[np.int32],
    stamp: int,
) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """Return the cells of the path and those it spreads to; their ``mark`` becomes ``stamp``."""
    rows = len(ground) // cols
    zone = np.empty(max(len(path), 16), dtype=np.int64)
    count = 0
    for cell in path:
        zone = _append(zone, count, cell)
        count += 1
        mark[cell] = stamp
    for cell in path:
        row, col = cell // cols, cell % cols
        wide = min(spread_max_m, tan_spread * length[cell]) + SLACK_M
        most_down, most_right = int(wide / height), int(wide / width)
        for down in range(-most_down, most_down + 1):
            for right in range(-most_right, most_right + 1):
                r, c = row + down, col + right
                if r < 0 or r >= rows or c < 0 or c >= cols or mark[r * cols + c] == stamp:
                    continue
                far = np.hypot(down * height, right * width)
                if far <= wide and _is_open(ground, cols, row, col, down, right, energy[cell], tan_reach * far):
                    mark[r * cols + c] = stamp
                    zone = _append(zone, count, r * cols + c)
                    count += 1
    return zone[:count]
