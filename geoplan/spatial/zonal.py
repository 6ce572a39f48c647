"""Carry quantities between grids, points and polygons without losing or doubling any.

People of a raster go to settlements cell by cell: all of a cell's people to the settlement nearest to its centre, if that lies within
reach. Nothing is split, rounded or dropped:

    Σ persons over settlements + unplaced = Σ people of the raster

By hand: cells of 5, 7 and 2 people at 100, 400 and 900 m from the only settlement, reach 500 m: it gets 12, and 2 stay unplaced.

A polygon takes of every cell the share of the cell's area it covers, worked out by clipping, so polygons smaller than a cell have a value
and polygons that share a cell share its contents.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.contracts.grid import Grid
from geoplan.spatial.cells import to_ground
from geoplan.spatial.crs import require_metric
from geoplan.spatial.frames import require_same_crs

_TIE_M = 1e-6
"""Distances closer than this are equal: rounding of eastings of some millions of metres."""
_TIED_MOST = 8
"""Settlements looked at per cell; more at one distance than these cannot be told apart by a metre's thousandth."""


@dataclass(frozen=True)
class Allocation:
    """People of a raster by settlement.

    Attributes
    ----------
    persons
        (n,) float64, people per point; 0 where no populated cell is nearest.
    unplaced
        People of cells farther than the reach from every point they may go to.
    total
        People of the raster.
    """

    persons: NDArray[np.float64]
    unplaced: float
    total: float


def allocate_persons(
    population: Grid,
    points_xy: NDArray[np.float64],
    *,
    reach_m: float,
    groups: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
) -> Allocation:
    """Give every populated cell's people to the nearest point within reach.

    Parameters
    ----------
    population
        People per cell, metric CRS; NaN is nobody known.
    points_xy
        (n, 2) easting, northing.
    reach_m
        Farthest a cell's centre may be from its point, metres; equal is inside.
    groups
        (n,) label per point and (rows, cols) label per cell: people go only to points of their own label (an island, a village).

    Returns
    -------
    `Allocation`. Of equally near points the one farther west, then south, then first in the table takes the cell, so the order of the
    rows does not matter unless points coincide.

    Raises
    ------
    CrsError
        When the raster is not metric.
    ValueError
        When a cell holds fewer than zero people, or the reach is negative.
    """
    require_metric(population.crs, layer="population")
    points = np.asarray(points_xy, dtype=float).reshape(-1, 2)
    if not reach_m >= 0:
        raise ValueError(f"reach_m is {reach_m}; give a number of metres, 0 or more")
    if np.nanmin(population.values, initial=0.0) < 0:
        raise ValueError("the population raster holds cells with fewer than zero people; declare its nodata value")
    row, col = np.nonzero(np.nan_to_num(population.values) > 0)
    people = population.values[row, col].astype(np.float64)
    centres = np.column_stack(to_ground(population.transform, col + 0.5, row + 0.5))
    owner = np.full(len(row), -1, dtype=np.int64)
    if groups is None:
        owner[:] = _nearest_within(points, centres, reach_m)
    else:
        of_point, of_cell = np.asarray(groups[0]), np.asarray(groups[1])[row, col]
        for label in np.unique(of_point):
            members, cells = np.flatnonzero(of_point == label), np.flatnonzero(of_cell == label)
            found = _nearest_within(points[members], centres[cells], reach_m)
            owner[cells[found >= 0]] = members[found[found >= 0]]
    placed = owner >= 0
    persons = np.bincount(owner[placed], weights=people[placed], minlength=len(points)).astype(np.float64)
    return Allocation(persons=persons, unplaced=float(people[~placed].sum()), total=float(people.sum()))


def _nearest_within(points: NDArray[np.float64], centres: NDArray[np.float64], reach_m: float) -> NDArray[np.int64]:
    """Return the number of each centre's nearest point, −1 where none is within reach."""
    nearest = np.full(len(centres), -1, dtype=np.int64)
    usable = np.flatnonzero(np.isfinite(points).all(axis=1))
    if not len(usable) or not len(centres):
        return nearest
    # Sorted by easting, then northing: the lowest place among equals is the western, southern one. Coincident points: the first row.
    places, first = np.unique(points[usable], axis=0, return_index=True)
    origin = places.mean(axis=0)
    looked = min(_TIED_MOST, len(places))
    distance, place = cKDTree(places - origin).query(centres - origin, k=looked)
    distance, place = distance.reshape(len(centres), looked), place.reshape(len(centres), looked)
    tied = distance <= distance[:, :1] + _TIE_M
    winner = np.where(tied, place, len(places)).min(axis=1)
    reached = distance[:, 0] <= reach_m + _TIE_M
    nearest[reached] = usable[first[winner[reached]]]
    return nearest


def cover_cells(polygon: shapely.Geometry, grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the cells a polygon touches and the share of each cell's area it covers.

    Blocks of cells are halved until they are wholly inside, wholly outside, or a single cell, which is clipped exactly.

    Returns
    -------
    rows, cols
        (k,) cell numbers.
    share
        (k,) float64, above 0 and at most 1.
    """
    rows, cols = grid.shape
    empty = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    if polygon is None or shapely.is_empty(polygon) or rows == 0 or cols == 0:
        return empty
    shapely.prepare(polygon)
    blocks = np.array([[0, rows, 0, cols]], dtype=np.int64)
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    while len(blocks):
        boxes = _block_boxes(blocks, grid)
        touched = shapely.intersects(polygon, boxes)
        blocks, boxes = blocks[touched], boxes[touched]
        whole = shapely.contains_properly(polygon, boxes)
        found.extend((*_cells_of(block), np.ones((block[1] - block[0]) * (block[3] - block[2]))) for block in blocks[whole])
        blocks, boxes = blocks[~whole], boxes[~whole]
        single = (blocks[:, 1] - blocks[:, 0] == 1) & (blocks[:, 3] - blocks[:, 2] == 1)
        share = shapely.area(shapely.intersection(polygon, boxes[single])) / shapely.area(boxes[single])
        found.append((blocks[single, 0], blocks[single, 2], np.minimum(share, 1.0)))
        blocks = _halve(blocks[~single])
    row, col, share = (np.concatenate(parts) for parts in zip(*found, strict=True)) if found else empty
    kept = share > 0
    return row[kept], col[kept], share[kept]


def _block_boxes(blocks: NDArray[np.int64], grid: Grid) -> NDArray[np.object_]:
    """Return each block (top, bottom, left, right) as a rectangle on the ground."""
    west, north = to_ground(grid.transform, blocks[:, 2], blocks[:, 0])
    east, south = to_ground(grid.transform, blocks[:, 3], blocks[:, 1])
    return shapely.box(west, south, east, north)


def _cells_of(block: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows and columns of the cells in a block."""
    row, col = np.mgrid[block[0] : block[1], block[2] : block[3]]
    return row.ravel(), col.ravel()


def _halve(blocks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cut each block across its longer side."""
    top, bottom, left, right = blocks.T
    tall = (bottom - top) >= (right - left)
    middle_row, middle_col = (top + bottom) // 2, (left + right) // 2
    first = np.column_stack([top, np.where(tall, middle_row, bottom), left, np.where(tall, right, middle_col)])
    second = np.column_stack([np.where(tall, middle_row, top), bottom, np.where(tall, left, middle_col), right])
    return np.concatenate([first, second])


def zonal_sum(grid: Grid, polygons: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.DataFrame:
    """Add up a grid under each polygon, every cell by the share of its area that is covered.

    Parameters
    ----------
    grid
        Quantity per cell (people, or 1 for area in cells).
    polygons
        Polygons in the grid's CRS.

    Returns
    -------
    DataFrame with the index of ``polygons``: ``total`` (Σ share · value over known cells; NaN when none is known) and ``known_share``
    (part of the polygon's area that lies on known cells, 0..1; NaN for an empty polygon).

    Raises
    ------
    CrsError
        ``CRS-MISSING`` or ``CRS-MIXED``.
    """
    require_same_crs(polygons.crs, grid.crs, what="polygon layer")
    cell_area = grid.cell_size[0] * grid.cell_size[1]
    total, known_share = np.full(len(polygons), np.nan), np.full(len(polygons), np.nan)
    for at, polygon in enumerate(polygons.geometry.array):
        area = 0.0 if polygon is None else shapely.area(polygon)
        if area == 0.0:
            continue
        row, col, share = cover_cells(polygon, grid)
        value = grid.values[row, col].astype(np.float64)
        known = ~np.isnan(value)
        known_share[at] = min(float(share[known].sum()) * cell_area / area, 1.0)
        if known.any():
            total[at] = float((value[known] * share[known]).sum())
    return pd.DataFrame({"total": total, "known_share": known_share}, index=polygons.index)
