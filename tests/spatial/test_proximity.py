"""Distances on grids against Pythagoras, and geometry burnt into grids."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from scipy import ndimage

from geoplan.contracts.grid import Grid
from geoplan.errors import CrsError
from geoplan.spatial.proximity import buffer_mask, distance_m, rasterise

METRIC = CRS.from_epsg(4544)


def blank(rows, cols, cell=10.0):
    return Grid(np.zeros((rows, cols)), Affine(cell, 0, 0, 0, -cell, rows * cell), METRIC)


def layer(*shapes, crs=METRIC):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def test_distance_is_euclidean_not_chessboard_and_not_diamond():
    """Three cells right and four down on a 10 m grid: 50 m."""
    mask = np.zeros((6, 6), dtype=bool)
    mask[0, 0] = True
    assert distance_m(mask, 10.0)[4, 3] == pytest.approx(50.0)


def test_distance_uses_width_and_height_in_their_order():
    """Cells 10 m wide and 30 m high: the next column is 10 m away, the next row 30 m."""
    mask = np.zeros((3, 3), dtype=bool)
    mask[0, 0] = True
    assert distance_m(mask, (10.0, 30.0))[0, 1] == pytest.approx(10.0)
    assert distance_m(mask, (10.0, 30.0))[1, 0] == pytest.approx(30.0)


def test_a_buffer_has_the_area_of_a_circle_within_one_percent():
    """1 km on 20 m cells: π km²; binary dilation makes a diamond of 2 km² instead."""
    mask = np.zeros((121, 121), dtype=bool)
    mask[60, 60] = True
    area = buffer_mask(mask, 1000.0, 20.0).sum() * 400.0
    assert area == pytest.approx(np.pi * 1e6, rel=0.01)


def test_a_buffer_reaches_as_far_on_the_diagonal():
    """A 1,000 m buffer of a diamond reaches 707 m on the diagonal; 700 m east and 700 m north is 989.9 m away, so inside."""
    mask = np.zeros((121, 121), dtype=bool)
    mask[60, 60] = True
    inside = buffer_mask(mask, 1000.0, 20.0)
    assert inside[60 - 35, 60 + 35]
    assert not inside[60 - 36, 60 + 36]


def test_equal_to_the_radius_is_inside():
    mask = np.zeros((1, 5), dtype=bool)
    mask[0, 0] = True
    assert buffer_mask(mask, 30.0, 10.0).tolist() == [[True, True, True, True, False]]
    assert buffer_mask(mask, 29.999, 10.0).tolist() == [[True, True, True, False, False]]


def test_nothing_marked_is_infinitely_far_and_buffers_nothing():
    mask = np.zeros((2, 2), dtype=bool)
    assert np.isinf(distance_m(mask, 10.0)).all()
    assert not buffer_mask(mask, 1e9, 10.0).any()


def test_radius_zero_is_the_mask_and_a_negative_radius_is_refused():
    mask = np.eye(3, dtype=bool)
    assert np.array_equal(buffer_mask(mask, 0.0, 10.0), mask)
    for radius in (-1.0, np.nan):
        with pytest.raises(ValueError, match="radius_m"):
            buffer_mask(mask, radius, 10.0)
    with pytest.raises(CrsError):
        distance_m(mask, 0.0)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 11)), min_size=1, max_size=6),
    st.sampled_from([(10.0, 10.0), (7.0, 23.0)]),
)
def test_distance_equals_the_nearest_mark_by_brute_force(marks, cell):
    mask = np.zeros((9, 12), dtype=bool)
    mask[tuple(np.transpose(marks))] = True
    row, col = np.indices(mask.shape)
    naive = np.min([np.hypot((col - c) * cell[0], (row - r) * cell[1]) for r, c in marks], axis=0)
    assert distance_m(mask, cell) == pytest.approx(naive)


def test_polygons_cover_the_cells_whose_centre_they_hold():
    """A square from 0 to 24 m holds the centres at 5 and 15 m but not that at 25; all_touched takes the third column too."""
    grid = blank(4, 4)
    square = layer(shapely.box(0, 0, 24, 24))
    assert rasterise(square, grid).sum() == 4
    assert rasterise(square, grid, all_touched=True).sum() == 9
    assert rasterise(square, grid)[2:, :2].all()


def test_a_thin_river_does_not_leak_when_all_touched():
    """A slanting line burnt by all touched cells divides the grid in two, also for walkers who step diagonally."""
    grid = blank(40, 40)
    for bottom, top in ((3, 391), (120, 300), (211, 189), (397, 2)):
        river = rasterise(layer(shapely.LineString([(-10, bottom), (410, top)])), grid, all_touched=True)
        _, pieces = ndimage.label(~river, structure=np.ones((3, 3)))
        assert pieces == 2


def test_points_lines_and_missing_geometry_are_taken():
    grid = blank(3, 3)
    assert rasterise(layer(shapely.Point(15, 15), None, shapely.Polygon()), grid).sum() == 1
    assert not rasterise(layer(None), grid).any()
    assert not rasterise(layer(), grid).any()


def test_a_layer_in_another_crs_is_refused_and_one_written_differently_is_not():
    grid = blank(2, 2)
    with pytest.raises(CrsError) as caught:
        rasterise(layer(shapely.Point(1, 1), crs=32648), grid)
    assert caught.value.code == "CRS-MIXED"
    with pytest.raises(CrsError) as caught:
        rasterise(layer(shapely.Point(1, 1), crs=None), grid)
    assert caught.value.code == "CRS-MISSING"
    assert rasterise(layer(shapely.Point(1, 1), crs=CRS.from_wkt(METRIC.to_wkt("WKT1_GDAL"))), grid).any()
