"""Features on a grid: each keeps its own cells, and no feature is lost for being small."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geoplan.contracts.grid import Grid
from geoplan.errors import CrsError
from geoplan.spatial.feature_cells import locate_features

METRIC = CRS.from_epsg(4544)
GRID = Grid(np.zeros((5, 6)), Affine(10, 0, 0, 0, -10, 50), METRIC)
"""Six columns over 0–60 m, five rows from 50 m down to 0."""


def cells(*shapes, crs=METRIC):
    found = locate_features(gpd.GeoSeries(list(shapes), crs=crs), GRID)
    return {int(one): found.cell[found.feature == one].tolist() for one in np.unique(found.feature)}


def test_points_lines_and_polygons_stand_on_their_cells():
    found = cells(
        shapely.Point(25, 45),
        shapely.LineString([(5, 5), (25, 5)]),
        shapely.box(0, 0, 20, 10),
        shapely.box(1, 1, 4, 4),
    )
    assert found == {0: [2], 1: [24, 25, 26], 2: [24, 25], 3: [24]}


def test_features_that_share_cells_keep_them_all():
    assert cells(shapely.box(0, 0, 20, 10), shapely.box(10, 0, 30, 10)) == {0: [24, 25], 1: [25, 26]}


def test_what_is_off_the_grid_or_missing_has_no_cell_and_the_border_belongs_to_it():
    found = cells(shapely.Point(-1, 5), None, shapely.Point(60, 0), shapely.box(100, 100, 120, 120), shapely.Polygon())
    assert found == {2: [29]}


def test_parts_of_a_feature_count_once():
    assert cells(shapely.MultiPoint([(1, 1), (2, 2), (15, 1)])) == {0: [24, 25]}


@settings(max_examples=30, deadline=None)
@given(st.tuples(st.floats(-5, 65), st.floats(-5, 55)), st.tuples(st.floats(0.5, 40), st.floats(0.5, 40)))
def test_a_polygon_covers_the_centres_inside_it(corner, size):
    box = shapely.box(*corner, corner[0] + size[0], corner[1] + size[1])
    r, c = np.divmod(np.arange(30), 6)
    x, y = c * 10 + 5.0, 45.0 - r * 10
    inside = np.flatnonzero(shapely.contains_xy(box, x, y))
    close = np.flatnonzero(np.abs(shapely.distance(box.boundary, shapely.points(x, y))) < 1e-6)
    found = cells(box).get(0, [])
    if len(inside):
        assert set(inside) - set(close) <= set(found) <= set(inside) | set(close)
    else:
        touched = shapely.intersects(box, shapely.box(c * 10, 40 - r * 10, c * 10 + 10, 50 - r * 10))
        assert set(found) <= set(np.flatnonzero(touched)) | set(close)


def test_another_crs_is_refused():
    with pytest.raises(CrsError, match="CRS-MIXED"):
        cells(shapely.Point(5, 5), crs=CRS.from_epsg(4490))
