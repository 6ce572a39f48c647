"""Look along the ground from masts to settlements, whether terrain blocks the straight line between two antennas.

The ray is sampled every half cell (bilinear heights). At distance d₁ from the one end and d₂ from the other, the earth bulges by

    b = d₁ · d₂ / (2 · k · R),   R = 6,371,000 m, k = 4/3 (standard refraction of radio waves)

above the chord between the ends, and the line is blocked where ground + b lies above it; touching is clear. Vegetation and buildings are not seen, and
no clearance for the Fresnel zone is kept, so "clear" is the best case.

By hand: antennas at 110 m and 100 m, 10 km apart, ground at 100 m half-way: the line is at 105 m, the bulge 5000² / (2 · 4/3 · 6,371,000) = 1.47 m,
101.47 m < 105 m: clear. Ground of 104 m half-way blocks it.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.contracts.grid import Grid
from geoplan.spatial.cells import to_cells

EARTH_RADIUS_M = 6_371_000.0
REFRACTION = 4.0 / 3.0
BLOCKED, CLEAR, UNSEEN = 0, 1, -1
"""What a ray is: blocked by terrain, clear, or not known (ground of unknown height on it, and nothing known blocks it)."""


def look_along(
    dem: Grid,
    from_xy: NDArray[np.float64],
    to_xy: NDArray[np.float64],
    *,
    from_above_m: float,
    to_above_m: float,
) -> NDArray[np.int8]:
    """Return BLOCKED, CLEAR or UNSEEN for every ray.

    Parameters
    ----------
    dem
        Heights, metres, in a metric CRS.
    from_xy, to_xy
        (n, 2) easting, northing of the two ends.
    from_above_m, to_above_m
        Antennas above the ground.
    """
    ends = [np.column_stack(to_cells(dem.transform, xy[:, 0], xy[:, 1])) for xy in (from_xy, to_xy)]
    far = np.hypot(*(to_xy - from_xy).T)
    step = 0.5 * min(dem.cell_size)
    return _look(dem.values, ends[0], ends[1], far, step, from_above_m, to_above_m, 2.0 * REFRACTION * EARTH_RADIUS_M)


@njit(cache=True, nogil=True)
def _height_at(values: NDArray[np.floating], col: float, row: float) -> float:
    """Return the bilinear height at a place in cells from the corner; NaN where one of the cells it rests on has none."""
    rows, cols = values.shape
    if col < 0.0 or row < 0.0 or col > cols or row > rows:
        return np.nan
    x, y = min(max(col - 0.5, 0.0), cols - 1.0), min(max(row - 0.5, 0.0), rows - 1.0)
    left, above = int(x), int(y)
    right, below = min(left + 1, cols - 1), min(above + 1, rows - 1)
    across, down = x - left, y - above
    upper = values[above, left] if across == 0.0 else values[above, left] * (1.0 - across) + values[above, right] * across
    if down == 0.0:
        return float(upper)
    lower = values[below, left] if across == 0.0 else values[below, left] * (1.0 - across) + values[below, right] * across
    return float(upper * (1.0 - down) + lower * down)


@njit(cache=True, nogil=True)
def _look(
    values: NDArray[np.floating], start: NDArray[np.float64], end: NDArray[np.float64], far_m: NDArray[np.float64], step_m: float, start_above: float,
    end_above: float, bulge: float,
) -> NDArray[np.int8]:  # fmt: skip
    seen = np.empty(len(far_m), dtype=np.int8)
    for k in range(len(far_m)):
        a = _height_at(values, start[k, 0], start[k, 1]) + start_above
        b = _height_at(values, end[k, 0], end[k, 1]) + end_above
        seen[k] = CLEAR
        if np.isnan(a) or np.isnan(b):
            seen[k] = UNSEEN
            continue
        pieces = int(np.ceil(far_m[k] / step_m))
        for i in range(1, pieces):
            share = i / pieces
            ground = _height_at(
                values,
                start[k, 0] + share * (end[k, 0] - start[k, 0]),
                start[k, 1] + share * (end[k, 1] - start[k, 1]),
            )
            if np.isnan(ground):
                seen[k] = UNSEEN
                continue
            over = share * (1.0 - share) * far_m[k] * far_m[k] / bulge
            if ground + over > a + share * (b - a) + 1e-6:
                seen[k] = BLOCKED
                break
    return seen
