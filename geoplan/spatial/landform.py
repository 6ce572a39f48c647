"""Measure the shape of the ground around each cell: how much height there is within a circle, and whether it is a hollow or a ridge.

    relief_m          = max z − min z over the cells whose centres lie within radius of the cell's (known cells only)
    curvature_per_km  = 1000 · (∂²z/∂x² + ∂²z/∂y²)      1/km, + in hollows (concave upwards), − on ridges

The second derivatives are those of the quadratic that fits the 3×3 cells best (Evans 1980): with rows a, b, c of the three columns W, M, E,

    ∂²z/∂x² = [Σ W + Σ E − 2 Σ M] / 3w²             (columns summed over the three rows; rows likewise for y)

By hand: z = (x² + y²) / 2000, a bowl of radius 1 km at its bottom: ∂²z/∂x² = 1/1000 m, curvature 1000 · 2/1000 = 2 per km. On a plane that rises 3 m per 10 m
cell to the east, relief within 10 m is 6 m.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from geoplan.contracts.grid import Grid
from geoplan.spatial.crs import require_metric

_EQUAL = 1.0 + 1e-9
"""Relative slack that keeps a distance equal to the radius inside."""


def local_relief(dem: Grid, *, radius_m: float) -> Grid:
    """Return the height between the lowest and the highest cell within ``radius_m`` (equal is inside), metres.

    Parameters
    ----------
    dem
        Elevation, metres, in a metric CRS; NaN is nodata.
    radius_m
        Radius, metres.

    Returns
    -------
    Grid of float32; NaN on nodata. Beside nodata and the grid's edge only the known cells count, so relief there is a lower bound.

    Raises
    ------
    CrsError
        When the grid is not metric.
    ValueError
        When the radius is not above 0.
    """
    require_metric(dem.crs, layer="dem")
    if not radius_m > 0:
        raise ValueError(f"radius_m is {radius_m}; give a length above 0")
    ground = dem.values.astype(np.float32)
    missing = np.isnan(ground)
    ground[missing] = -np.inf
    highest = _highest_around(ground, dem.cell_size, radius_m)
    ground[~missing] *= -1
    relief = highest + _highest_around(ground, dem.cell_size, radius_m)
    relief[missing] = np.nan
    return Grid(relief, dem.transform, dem.crs)


def curvature_per_km(dem: Grid) -> Grid:
    """Return the mean curvature (Laplacian) of the ground, 1/km: + in hollows, − on ridges, 0 on a plane.

    Returns
    -------
    Grid of float32; NaN where any of the 3×3 cells is missing (the grid's edge too).

    Raises
    ------
    CrsError
        When the grid is not metric.
    """
    require_metric(dem.crs, layer="dem")
    width, height = dem.cell_size
    curvature = np.full(dem.shape, np.nan, dtype=np.float32)
    if min(dem.shape) >= 3:
        z = dem.values.astype(np.float64)
        across = z[:, :-2] - 2.0 * z[:, 1:-1] + z[:, 2:]
        down = z[:-2] - 2.0 * z[1:-1] + z[2:]
        x = (across[:-2] + across[1:-1] + across[2:]) / (3.0 * width * width)
        y = (down[:, :-2] + down[:, 1:-1] + down[:, 2:]) / (3.0 * height * height)
        curvature[1:-1, 1:-1] = 1000.0 * (x + y)
    return Grid(curvature, dem.transform, dem.crs)


def _highest_around(values: NDArray[np.float32], cell: tuple[float, float], radius_m: float) -> NDArray[np.float32]:
    """Return the largest value within the radius; −inf is none. The circle is a stack of rows, each a sliding maximum."""
    width, height = cell
    rows = values.shape[0]
    highest = np.full(values.shape, -np.inf, dtype=np.float32)
    for down in range(int(radius_m * _EQUAL / height) + 1):
        half = int(np.sqrt(max((radius_m * _EQUAL) ** 2 - (down * height) ** 2, 0.0)) / width)
        along = ndimage.maximum_filter1d(values, 2 * half + 1, axis=1, mode="constant", cval=-np.inf) if half else values
        if down >= rows:
            break
        np.maximum(highest[down:], along[: rows - down], out=highest[down:])
        np.maximum(highest[: rows - down], along[down:], out=highest[: rows - down])
    return highest
