"""Lay the map's frame: where the grids start, how large their cells are, and how cells become coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray

EPSG = 4544
"""CGCS2000 / 3-degree Gauss-Kruger CM 105E."""
WEST_M = 562_000.0
NORTH_M = 3_602_000.0
WIDTH_M = 56_000.0
HEIGHT_M = 46_000.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Frame:
    """A regular, north-up grid over the map; row 0 is the northernmost."""

    cell_m: float

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return (round(HEIGHT_M / self.cell_m), round(WIDTH_M / self.cell_m))

    @property
    def transform(self) -> Affine:
        """From (col, row) of a cell's upper-left corner to (easting, northing)."""
        return Affine(self.cell_m, 0.0, WEST_M, 0.0, -self.cell_m, NORTH_M)

    def centres(self) -> Floats:
        """Return (rows * cols, 2) cell centres, row by row, metres."""
        rows, cols = self.shape
        x = WEST_M + (np.arange(cols) + 0.5) * self.cell_m
        y = NORTH_M - (np.arange(rows) + 0.5) * self.cell_m
        xs, ys = np.meshgrid(x, y)
        return np.column_stack([xs.ravel(), ys.ravel()])

    def cells(self, xy: Floats) -> Ints:
        """Return the flat cell number of each (n, 2) coordinate; coordinates off the map go to the nearest edge cell."""
        rows, cols = self.shape
        col = np.clip(((xy[:, 0] - WEST_M) // self.cell_m).astype(np.int64), 0, cols - 1)
        row = np.clip(((NORTH_M - xy[:, 1]) // self.cell_m).astype(np.int64), 0, rows - 1)
        return row * cols + col


COARSE = Frame(200.0)
ROUTE = Frame(100.0)
FINE = Frame(50.0)
