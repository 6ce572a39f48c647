"""Read the ground: slope, shade, elevation at points and along straight legs.

Slope is Horn's (1981, Proc. IEEE 69(1)): with the eight neighbours named by compass point, cells w wide and h high,

    p = ∂z/∂x = [(NE + 2E + SE) − (NW + 2W + SW)] / 8w
    q = ∂z/∂y = [(NW + 2N + NE) − (SW + 2S + SE)] / 8h
    slope_deg = arctan √(p² + q²) · 180/π

that is, a 1-2-1 mean of three central differences. Where neighbours are missing (nodata, the grid's edge), a central difference
becomes one-sided, and a row without any is left out of the mean: a plane keeps its slope to the edge, and a cell without any known
neighbour in one direction has no slope (NaN), not none.

By hand: z rises 3 m to the east and 4 m to the north per 10 m cell: p = 0.3, q = 0.4, √ = 0.5, slope_deg = 26.565.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.contracts.grid import Grid
from geoplan.spatial.cells import to_cells
from geoplan.spatial.crs import require_metric

_BLOCK_ROWS = 1024
"""Rows worked on at once, so that a county's grid needs some hundred megabytes, not gigabytes."""


@dataclass(frozen=True)
class Profiles:
    """Elevations along straight legs, sampled at equal steps from start to end.

    Attributes
    ----------
    elevation_m
        (n, most + 1) float64; leg i holds ``pieces[i] + 1`` samples, the rest of its row is NaN. NaN within a leg: unknown.
    step_m
        (n,) level length of one piece, metres: the leg's length divided by its pieces, never above the step asked for.
    pieces
        (n,) int, at least 1; a leg of no length has one piece of 0 m.
    """

    elevation_m: NDArray[np.float64]
    step_m: NDArray[np.float64]
    pieces: NDArray[np.int64]


def slope_deg(grid: Grid) -> Grid:
    """Return the slope in degrees (0 level, 90 upright) of an elevation model in metres; NaN where it cannot be known.

    Raises
    ------
    CrsError
        When the grid is in degrees, Web Mercator or other units than metres.
    """
    require_metric(grid.crs, layer="dem")
    slope = np.empty(grid.shape, dtype=np.float32)
    for top, east, north in _gradient_blocks(grid):
        slope[top : top + len(east)] = np.degrees(np.arctan(np.hypot(east, north)))
    return Grid(values=slope, transform=grid.transform, crs=grid.crs)


def hillshade(grid: Grid, *, azimuth_deg: float = 315.0, altitude_deg: float = 45.0) -> NDArray[np.uint8]:
    """Return the ground as lit by a sun at an azimuth (clockwise from north) and altitude, for a map's background.

    shade = sin(alt)·cos(s) + cos(alt)·sin(s)·cos(azimuth − aspect), aspect being the compass direction of descent.

    Returns
    -------
    (rows, cols) uint8: 1 (dark) to 255 (lit), 0 where the slope is unknown. Level ground at 45° is 1 + 254·0.7071 = 181.
    """
    require_metric(grid.crs, layer="dem")
    azimuth, altitude = np.radians(azimuth_deg), np.radians(altitude_deg)
    sun_east, sun_north, sun_up = np.sin(azimuth) * np.cos(altitude), np.cos(azimuth) * np.cos(altitude), np.sin(altitude)
    shade = np.empty(grid.shape, dtype=np.uint8)
    for top, east, north in _gradient_blocks(grid):
        # The surface's normal is (−p, −q, 1): its cosine with the sun is the formula above without angles.
        light = (sun_up - east * sun_east - north * sun_north) / np.sqrt(1.0 + east * east + north * north)
        scaled = 1.0 + 254.0 * np.clip(light, 0.0, 1.0)
        shade[top : top + len(east)] = np.where(np.isnan(light), 0.0, np.rint(scaled)).astype(np.uint8)
    return shade


def sample_cells(grid: Grid, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the value of the cell each point falls in; NaN outside the grid and on nodata.

    Parameters
    ----------
    grid
        North-up grid.
    xy
        (n, 2) easting, northing in the grid's CRS.

    Returns
    -------
    (n,) float64. A point on the line between two cells belongs to the eastern, southern one; the outer edges belong to the grid.
    """
    col, row = _fractional_cells(grid, xy)
    rows, cols = grid.shape
    inside = (col >= 0) & (col <= cols) & (row >= 0) & (row <= rows)
    sampled = np.full(len(col), np.nan)
    at_row = np.minimum(row[inside].astype(np.int64), rows - 1)
    at_col = np.minimum(col[inside].astype(np.int64), cols - 1)
    sampled[inside] = grid.values[at_row, at_col]
    return sampled


def sample_bilinear(grid: Grid, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the value at each point, weighted over the four nearest cell centres that carry one.

    A point in a nodata cell or outside the grid is NaN. Beside a void or within half a cell of the edge, the weights of the cells
    that carry a value are scaled to sum to 1. By hand: centres 0 and 10, a point a quarter of the way: 2.5.

    Parameters
    ----------
    grid
        North-up grid.
    xy
        (n, 2) easting, northing in the grid's CRS.

    Returns
    -------
    (n,) float64.
    """
    col, row = _fractional_cells(grid, xy)
    own = sample_cells(grid, xy)
    rows, cols = grid.shape
    left, top = np.floor(col - 0.5), np.floor(row - 0.5)
    across, down = col - 0.5 - left, row - 0.5 - top
    total, weight = np.zeros(len(col)), np.zeros(len(col))
    known = ~np.isnan(own)
    for lower in (0, 1):
        for right in (0, 1):
            at_col, at_row = left[known] + right, top[known] + lower
            share = (across if right else 1 - across)[known] * (down if lower else 1 - down)[known]
            inside = (at_col >= 0) & (at_col < cols) & (at_row >= 0) & (at_row < rows)
            value = np.full(len(share), np.nan)
            value[inside] = grid.values[at_row[inside].astype(np.int64), at_col[inside].astype(np.int64)]
            usable = ~np.isnan(value) & (share > 0)
            total[known] += np.where(usable, value * share, 0.0)
            weight[known] += np.where(usable, share, 0.0)
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), own)


def along(grid: Grid, starts: NDArray[np.float64], ends: NDArray[np.float64], *, step_m: float) -> Profiles:
    """Sample the ground along straight legs at equal steps, both ends included.

    A leg of L metres has ⌈L / step_m⌉ pieces (at least one). By hand: 100 m at steps of 30 m: four pieces of 25 m.

    Parameters
    ----------
    grid
        Elevation, metres, in a metric CRS.
    starts, ends
        (n, 2) easting, northing.
    step_m
        Longest piece, metres.

    Raises
    ------
    ValueError
        When ``step_m`` is not positive or the ends are not finite.
    CrsError
        When the grid is not metric.
    """
    require_metric(grid.crs, layer="dem")
    starts, ends = np.asarray(starts, dtype=float).reshape(-1, 2), np.asarray(ends, dtype=float).reshape(-1, 2)
    if not step_m > 0:
        raise ValueError(f"step_m is {step_m}; give a positive number of metres")
    if starts.shape != ends.shape or not (np.isfinite(starts).all() and np.isfinite(ends).all()):
        raise ValueError("starts and ends must be finite and of one length")
    length = np.hypot(*(ends - starts).T)
    # The slack keeps a length of 3 steps, computed as 3.0000000001, at three pieces.
    pieces = np.maximum(np.ceil(length / step_m - 1e-9), 1).astype(np.int64)
    most = int(pieces.max()) if len(pieces) else 0
    sample = np.arange(most + 1)
    leg, at = np.nonzero(sample[None, :] <= pieces[:, None])
    share = (sample[at] / pieces[leg])[:, None]
    elevation = np.full((len(starts), most + 1), np.nan)
    elevation[leg, at] = sample_bilinear(grid, starts[leg] * (1 - share) + ends[leg] * share)
    return Profiles(elevation_m=elevation, step_m=length / pieces, pieces=pieces)


def _fractional_cells(grid: Grid, xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points as (col, row) counted from the grid's upper-left corner; a cell's centre is at +0.5."""
    xy = np.asarray(xy, dtype=float).reshape(-1, 2)
    col, row = to_cells(grid.transform, xy[:, 0], xy[:, 1])
    # Points without coordinates lie outside.
    return np.where(np.isfinite(col), col, -1.0), np.where(np.isfinite(row), row, -1.0)


def _gradient_blocks(grid: Grid) -> Iterator[tuple[int, NDArray[np.float64], NDArray[np.float64]]]:
    """Yield (first row, p, q) for blocks of rows, each worked out with one row of its neighbours."""
    rows = grid.shape[0]
    width, height = grid.cell_size
    for top in range(0, rows, _BLOCK_ROWS):
        first, last = max(top - 1, 0), min(top + _BLOCK_ROWS + 1, rows)
        values = grid.values[first:last].astype(np.float64)
        kept = slice(top - first, top - first + min(_BLOCK_ROWS, rows - top))
        east = _smoothed_differences(values, width)[kept]
        north = -_smoothed_differences(values.T, height).T[kept]
        missing = np.isnan(values[kept])
        east[missing] = np.nan
        north[missing] = np.nan
        yield top, east, north


def _smoothed_differences(values: NDArray[np.float64], cell: float) -> NDArray[np.float64]:
    """Return Horn's derivative along columns: central or one-sided differences, 1-2-1 over the rows that have one."""
    ahead = np.full(values.shape, np.nan)
    ahead[:, :-1] = np.diff(values, axis=1)
    behind = np.full(values.shape, np.nan)
    behind[:, 1:] = ahead[:, :-1]
    # Where the cell itself is a void its two neighbours still span it.
    across = np.full(values.shape, np.nan)
    across[:, 1:-1] = (values[:, 2:] - values[:, :-2]) / 2.0
    slope = np.where(np.isnan(across), np.where(np.isnan(ahead), behind, ahead), across)
    known = ~np.isnan(slope)
    slope = np.where(known, slope, 0.0)
    weight = known * 2.0
    total = slope * 2.0
    total[1:] += slope[:-1]
    weight[1:] += known[:-1]
    total[:-1] += slope[1:]
    weight[:-1] += known[1:]
    return np.divide(total, weight * cell, out=np.full(values.shape, np.nan), where=weight > 0)


def sample_slope_deg(grid: Grid, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the slope, in degrees, of the cell each point falls in: as `slope_deg`, worked out only where it is asked for.

    Parameters
    ----------
    grid
        Elevation, metres, in a metric CRS.
    xy
        (n, 2) easting, northing.

    Returns
    -------
    (n,) float64; NaN outside the grid, on nodata, and where no neighbour is known.
    """
    require_metric(grid.crs, layer="dem")
    col, row = _fractional_cells(grid, xy)
    rows, cols = grid.shape
    # The outer edges belong to the grid, as in sample_cells.
    col = np.where(col == cols, cols - 1, np.floor(col))
    row = np.where(row == rows, rows - 1, np.floor(row))
    down, right = (one.ravel() for one in np.mgrid[-1:2, -1:2])
    at_row, at_col = row[:, None] + down, col[:, None] + right
    inside = (at_row >= 0) & (at_row < rows) & (at_col >= 0) & (at_col < cols)
    around = np.full(inside.shape, np.nan)
    around[inside] = grid.values[at_row[inside].astype(np.int64), at_col[inside].astype(np.int64)]
    around = around.reshape(-1, 3, 3)
    width, height = grid.cell_size
    east, north = _centre_derivative(around) / width, _centre_derivative(around.transpose(0, 2, 1)) / height
    slope = np.degrees(np.arctan(np.hypot(east, north)))
    return np.where(np.isnan(around[:, 1, 1]), np.nan, slope)


def _centre_derivative(around: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Horn's derivative per cell along the last axis at the middle of (n, 3, 3) neighbourhoods."""
    before, here, after = around[:, :, 0], around[:, :, 1], around[:, :, 2]
    across = (after - before) / 2.0
    single = np.where(np.isnan(after - here), here - before, after - here)
    difference = np.where(np.isnan(across), single, across)
    weight = np.where(np.isnan(difference), 0.0, np.array([1.0, 2.0, 1.0]))
    total = (np.nan_to_num(difference) * weight).sum(axis=1)
    weights = weight.sum(axis=1)
    return np.divide(total, weights, out=np.full(len(around), np.nan), where=weights > 0)
