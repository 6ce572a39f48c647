"""Cut houses by hazard zones and surveyed ground, and measure what they cover together.

A zone covers what lies within its reach: the disc of a point, the strip of a line, the polygon itself, the cells of a raster. Zones of a kind overlap, so
areas are those of the union, never sums. Discs and strips are drawn with 256 corners: 0.01 % too small, never too large.

By hand: a house of 10 × 10 m and two zones that cover its western 6 m and its eastern 6 m: 60 m² each, 100 m² together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.contracts.grid import Grid
from geoplan.relocation.place_hazard import BORDER_TOLERANCE_M
from geoplan.relocation.zones import Zones

_QUARTER_CORNERS = 64
_SPECK_SHARE = 1e-9
"""Of a house: what is left over by rounding when it is cut up is no ground of its own."""


@dataclass(frozen=True)
class Pieces:
    """Parts of houses: which house, and the ground (a house may have many, overlapping or not)."""

    house: NDArray[np.intp]
    geometry: NDArray[np.object_]


def join_pieces(pieces: Sequence[Pieces]) -> Pieces:
    """Return all pieces in one; they may overlap."""
    if not pieces:
        return Pieces(np.empty(0, dtype=np.intp), np.empty(0, dtype=object))
    return Pieces(np.concatenate([one.house for one in pieces]), np.concatenate([one.geometry for one in pieces]))


def cut_by_polygons(houses: NDArray[np.object_], polygons: NDArray[np.object_]) -> Pieces:
    """Return the parts of (m,) houses that lie in any of the polygons; a house wholly inside one is its own piece."""
    polygon, house = shapely.STRtree(houses).query(polygons, predicate="intersects")
    used = np.unique(polygon)
    shapely.prepare(polygons[used])
    whole = shapely.covers(polygons[polygon], houses[house])
    pieces = houses[house]
    # Only houses across a border are cut: a flood zone of fifty thousand vertices is not cut for every house within.
    pieces[~whole] = shapely.intersection(houses[house[~whole]], polygons[polygon[~whole]])
    return Pieces(house, pieces)


def cut_by_zones(houses: NDArray[np.object_], zones: Zones) -> Pieces:
    """Return the parts of (m,) houses inside one layer's zones, of whatever class."""
    if zones.raster is not None:
        runs = list_runs(houses, zones.raster)
        inside = runs.index > 0
        return Pieces(runs.house[inside], shapely.intersection(houses[runs.house[inside]], runs.box[inside]))
    zone = np.unique(shapely.STRtree(houses).query(zones.geometry, predicate="dwithin", distance=zones.reach_m)[0])
    shapes, reach = zones.geometry[zone], zones.reach_m[zone]
    shapes[reach > 0] = shapely.buffer(shapes[reach > 0], reach[reach > 0], quad_segs=_QUARTER_CORNERS)
    return cut_by_polygons(houses, shapes)


def cut_by_survey(houses: NDArray[np.object_], zones: Zones) -> Pieces:
    """Return the parts of (m,) houses that one layer surveyed and found free: survey polygons, or a raster's cells without hazard."""
    if zones.raster is None:
        return cut_by_polygons(houses, zones.surveyed)
    runs = list_runs(houses, zones.raster)
    free = runs.index == 0
    pieces = Pieces(runs.house[free], shapely.intersection(houses[runs.house[free]], runs.box[free]))
    if not zones.raster_needs_survey:
        return pieces
    within = cut_by_polygons(pieces.geometry, zones.surveyed)
    return Pieces(pieces.house[within.house], within.geometry)


def measure_pieces(pieces: Pieces, area_m2: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area of each of (m,) houses of ``area_m2`` that its pieces cover together, m²; never more than the house has."""
    count = len(area_m2)
    area = np.zeros(count)
    if not len(pieces.house):
        return area
    # A house that is one of its own pieces is covered, whatever else lies on it: most are, and need no union.
    own = shapely.area(pieces.geometry)
    np.maximum.at(area, pieces.house, own)
    whole = area >= area_m2 * (1.0 - _SPECK_SHARE)
    area[whole] = area_m2[whole]
    open_pieces = ~whole[pieces.house] & (own > 0)
    pieces = Pieces(pieces.house[open_pieces], pieces.geometry[open_pieces])
    if not len(pieces.house):
        return area
    order = np.argsort(pieces.house, kind="stable")
    house, geometry = pieces.house[order], pieces.geometry[order]
    number = np.bincount(house, minlength=count)
    single = number[house] == 1
    if not single.all():
        several, row = np.unique(house[~single], return_inverse=True)
        # Houses that lie under few zones and under many are kept apart, so that the table of pieces has few gaps.
        at = np.arange(len(row)) - np.concatenate([[0], np.cumsum(number[several])])[row]
        for low, high in ((2, 4), (5, 32), (33, int(number.max()))):
            here = (number[several] >= low) & (number[several] <= high)
            if here.any():
                part = here[row]
                table = np.full((int(here.sum()), int(number[several][here].max())), None, dtype=object)
                table[(np.cumsum(here) - 1)[row[part]], at[part]] = geometry[~single][part]
                area[several[here]] = shapely.area(shapely.union_all(table, axis=1))
    return np.where(area >= area_m2 * (1.0 - _SPECK_SHARE), area_m2, area)


@dataclass(frozen=True)
class Runs:
    """Cells of a raster under houses, joined along rows where they have one value."""

    house: NDArray[np.intp]
    box: NDArray[np.object_]
    index: NDArray[np.float64]
    """Exposure index; NaN unknown. Cells off the raster are not listed."""


def list_runs(houses: NDArray[np.object_], grid: Grid) -> Runs:
    """Return the cells that (m,) houses touch, border included, as boxes one cell high; houses without position touch none."""
    placed = np.flatnonzero(~(shapely.is_missing(houses) | shapely.is_empty(houses)))
    west, south, east, north = shapely.bounds(houses[placed]).T
    at, (rows, cols) = grid.transform, grid.shape
    slack = BORDER_TOLERANCE_M
    left = np.clip(np.floor((west - slack - at.c) / at.a), 0, cols).astype(np.int64)
    right = np.clip(np.floor((east + slack - at.c) / at.a) + 1, 0, cols).astype(np.int64)
    top = np.clip(np.floor((north + slack - at.f) / at.e), 0, rows).astype(np.int64)
    bottom = np.clip(np.floor((south - slack - at.f) / at.e) + 1, 0, rows).astype(np.int64)
    wide, high = np.maximum(right - left, 0), np.maximum(bottom - top, 0)
    size = wide * high
    of = np.repeat(np.arange(len(placed)), size)
    step = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    row, col = top[of] + step // np.maximum(wide[of], 1), left[of] + step % np.maximum(wide[of], 1)
    value = grid.values[row, col]
    # A run begins with a house, with a row, and wherever the value changes (NaN never equals itself; -1 stands for it).
    key = np.where(np.isnan(value), -1.0, value)
    begins = np.ones(len(of), dtype=bool)
    begins[1:] = (of[1:] != of[:-1]) | (row[1:] != row[:-1]) | (key[1:] != key[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(of)) - 1 if len(first) else first
    x0, x1 = at.c + col[first] * at.a, at.c + (col[last] + 1) * at.a
    y0, y1 = at.f + (row[first] + 1) * at.e, at.f + row[first] * at.e
    box = np.asarray(shapely.box(x0, y0, x1, y1), dtype=object)
    house = placed[of[first]]
    touched = shapely.dwithin(houses[house], box, BORDER_TOLERANCE_M)
    return Runs(house[touched].astype(np.intp), box[touched], value[first][touched])
