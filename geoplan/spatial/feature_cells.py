"""Say which cells of a grid each feature of a layer stands on; features may share cells.

    point     the cell it falls in
    line      every cell it touches
    polygon   the cells whose centre it covers; every cell it touches when it is too small to cover a centre

By hand, cells of 10 m: a square from (0, 0) to (20, 10) stands on two cells, a square from (1, 1) to (4, 4) on the one it lies in.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio import features

from geoplan.contracts.grid import Grid
from geoplan.spatial.cells import shifted, to_cells
from geoplan.spatial.frames import require_same_crs


@dataclass(frozen=True)
class FeatureCells:
    """Pairs of feature and cell, ordered by feature, then cell.

    Attributes
    ----------
    feature
        (k,) int64, row of the feature in its layer.
    cell
        (k,) int64, number of the cell, row by row from the north-west.
    """

    feature: NDArray[np.int64]
    cell: NDArray[np.int64]


def locate_features(layer: gpd.GeoDataFrame | gpd.GeoSeries, grid: Grid) -> FeatureCells:
    """Return the cells each feature stands on; a feature off the grid, or without geometry, has none.

    Parameters
    ----------
    layer
        Points, lines or polygons in the CRS of ``grid``.
    grid
        Gives shape and transform; its values do not matter.

    Raises
    ------
    CrsError
        ``CRS-MIXED`` when the layer is in another CRS or carries none.
    """
    require_same_crs(layer.crs, grid.crs, what="layer to place on the grid")
    shapes = np.asarray(layer.geometry.array, dtype=object)
    flat = np.where(shapely.is_empty(shapes), -1, shapely.get_dimensions(shapes))
    pairs = [_locate_points(shapes, np.flatnonzero(flat == 0), grid)]
    for number in np.flatnonzero(flat >= 1):
        cells = _burn(shapes[number], grid)
        pairs.append(np.column_stack([np.full(len(cells), number, dtype=np.int64), cells]))
    found = np.unique(np.concatenate(pairs), axis=0)
    return FeatureCells(feature=found[:, 0], cell=found[:, 1])


def _locate_points(shapes: NDArray[np.object_], numbers: NDArray[np.intp], grid: Grid) -> NDArray[np.int64]:
    """Return (feature, cell) pairs of points; the outer edges belong to the grid."""
    xy, part = shapely.get_coordinates(shapes[numbers], return_index=True)
    rows, cols = grid.shape
    col, row = to_cells(grid.transform, xy[:, 0], xy[:, 1])
    inside = (col >= 0) & (col <= cols) & (row >= 0) & (row <= rows)
    at_row = np.minimum(row[inside].astype(np.int64), rows - 1)
    at_col = np.minimum(col[inside].astype(np.int64), cols - 1)
    return np.column_stack([numbers[part[inside]].astype(np.int64), at_row * cols + at_col]).reshape(-1, 2)


def _burn(shape: shapely.Geometry, grid: Grid) -> NDArray[np.int64]:
    """Return the cells of a line or polygon, burnt into the window of its bounds."""
    rows, cols = grid.shape
    west, south, east, north = shape.bounds
    left, top = to_cells(grid.transform, west, north)
    right, bottom = to_cells(grid.transform, east, south)
    # One cell more on each side: a border on a cell's edge touches the next.
    first_col, first_row = max(int(np.floor(left)) - 1, 0), max(int(np.floor(top)) - 1, 0)
    last_col, last_row = min(int(np.floor(right)) + 2, cols), min(int(np.floor(bottom)) + 2, rows)
    if first_col >= last_col or first_row >= last_row:
        return np.empty(0, dtype=np.int64)
    window = (last_row - first_row, last_col - first_col)
    transform = shifted(grid.transform, first_col, first_row)
    burnt = np.zeros(window, dtype=np.uint8)
    if shapely.get_dimensions(shape) == 2:
        burnt = features.rasterize([shape], out_shape=window, transform=transform, dtype="uint8")
    if not burnt.any():
        burnt = features.rasterize([shape], out_shape=window, transform=transform, dtype="uint8", all_touched=True)
    at_row, at_col = np.nonzero(burnt)
    return (at_row + first_row).astype(np.int64) * cols + at_col + first_col
