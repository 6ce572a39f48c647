"""Hold a raster as values, affine transform and CRS: what every terrain and zonal function takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS


@dataclass(frozen=True)
class Grid:
    """One band on a regular, north-up grid.

    Attributes
    ----------
    values
        (rows, cols) float array; NaN is nodata, whatever the file used.
    transform
        Affine from (col, row) of the cell's upper-left corner to (easting, northing) or (longitude, latitude).
    crs
        CRS of the transform.
    """

    values: NDArray[np.floating]
    transform: Affine
    crs: CRS

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return (int(self.values.shape[0]), int(self.values.shape[1]))

    @property
    def cell_size(self) -> tuple[float, float]:
        """(width, height) of a cell in CRS units, both positive."""
        return (abs(self.transform.a), abs(self.transform.e))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(west, south, east, north) of the outer cell edges in CRS units."""
        rows, cols = self.shape
        # Written out: affine 3 renamed the product of a transform and a point.
        west, north = self.transform.c, self.transform.f
        return (west, north + rows * self.transform.e, west + cols * self.transform.a, north)
