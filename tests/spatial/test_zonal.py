"""People are placed once and never lost; polygons take exactly what they cover."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
import shapely.ops
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geoplan.contracts.grid import Grid
from geoplan.errors import CrsError
from geoplan.spatial.zonal import allocate_persons, cover_cells, zonal_sum

METRIC = CRS.from_epsg(4544)


def grid(values, cell=100.0):
    values = np.asarray(values, dtype=float)
    return Grid(values, Affine(cell, 0, 0, 0, -cell, values.shape[0] * cell), METRIC)


def polygons(*shapes, crs=METRIC):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def test_cells_in_reach_go_to_the_settlement_and_the_rest_is_a_figure():
    """Cells of 5, 7 and 2 people at 0, 400 and 900 m from the only settlement; reach 500 m: 12 placed, 2 unplaced."""
    people = grid([[5, 0, 0, 0, 7, 0, 0, 0, 0, 2]])
    found = allocate_persons(people, np.array([[50.0, 50.0]]), reach_m=500)
    assert found.persons.tolist() == [12.0]
    assert found.unplaced == 2.0
    assert found.total == 14.0


def test_equal_to_the_reach_is_within_it():
    people = grid([[0, 0, 0, 0, 7]])
    assert allocate_persons(people, np.array([[50.0, 50.0]]), reach_m=400).unplaced == 0.0
    assert allocate_persons(people, np.array([[50.0, 50.0]]), reach_m=399.9).unplaced == 7.0


def test_a_tie_goes_west_whatever_the_order_of_rows():
    """A cell halfway between two settlements goes to the western one, first or second in the table."""
    people = grid([[0, 9, 0]])
    west, east = [50.0, 50.0], [250.0, 50.0]
    assert allocate_persons(people, np.array([west, east]), reach_m=1000).persons.tolist() == [9.0, 0.0]
    assert allocate_persons(people, np.array([east, west]), reach_m=1000).persons.tolist() == [0.0, 9.0]


def test_a_tie_holds_far_from_the_origin():
    """Eastings of half a million and northings of 3.5 million leave less than a micrometre of rounding."""
    people = Grid(np.array([[0, 9.0, 0]]), Affine(30.1, 0, 512_345.7, 0, -30.1, 3_561_234.9), METRIC)
    west = [512_345.7 + 15.05, 3_561_234.9 - 15.05]
    east = [512_345.7 + 75.25, 3_561_234.9 - 15.05]
    assert allocate_persons(people, np.array([east, west]), reach_m=1000).persons.tolist() == [0.0, 9.0]


def test_coincident_settlements_give_the_people_once():
    people = grid([[9]])
    found = allocate_persons(people, np.array([[10.0, 10.0], [10.0, 10.0]]), reach_m=1000)
    assert found.persons.tolist() == [9.0, 0.0]


def test_people_stay_on_their_island():
    """A strait: the cell at 250 m belongs to island 2, whose only settlement is farther away than island 1's."""
    people = grid([[4, 0, 6, 0, 0, 0]])
    points, labels = np.array([[150.0, 50.0], [550.0, 50.0]]), np.array([1, 2])
    cells = np.array([[1, 1, 2, 2, 2, 2]])
    assert allocate_persons(people, points, reach_m=1000).persons.tolist() == [10.0, 0.0]
    assert allocate_persons(people, points, reach_m=1000, groups=(labels, cells)).persons.tolist() == [4.0, 6.0]
    assert allocate_persons(people, points[:1], reach_m=1000, groups=(labels[:1], cells)).unplaced == 6.0


def test_no_settlements_and_no_places_leave_everyone_unplaced():
    people = grid([[4, np.nan, 6]])
    assert allocate_persons(people, np.empty((0, 2)), reach_m=1000).unplaced == 10.0
    nowhere = allocate_persons(people, np.array([[np.nan, np.nan], [50.0, 50.0]]), reach_m=1000)
    assert nowhere.persons.tolist() == [0.0, 10.0]


def test_negative_people_and_degrees_are_refused():
    with pytest.raises(ValueError, match="nodata"):
        allocate_persons(grid([[-99999.0, 3]]), np.array([[50.0, 50.0]]), reach_m=1000)
    with pytest.raises(ValueError, match="reach_m"):
        allocate_persons(grid([[3]]), np.array([[50.0, 50.0]]), reach_m=-1)
    with pytest.raises(CrsError):
        allocate_persons(Grid(np.ones((1, 1)), Affine.identity(), CRS.from_epsg(4326)), np.zeros((1, 2)), reach_m=1)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 12), st.floats(0, 900))
def test_placed_and_unplaced_make_the_raster_and_each_cell_goes_to_the_nearest(seed, count, reach):
    """Σ persons + unplaced = Σ raster to 1e-9; person by person equal to the obvious loop; no settlement gains by a shuffle."""
    rng = np.random.default_rng(seed)
    values = rng.gamma(0.4, 10, (7, 9)).astype("float32")
    values[rng.random((7, 9)) < 0.3] = np.nan
    people, points = grid(values), rng.uniform(0, 900, (count, 2))
    found = allocate_persons(people, points, reach_m=reach)
    assert found.persons.sum() + found.unplaced == pytest.approx(float(np.nansum(values, dtype=float)), rel=1e-9)
    naive = np.zeros(count)
    for (r, c), value in np.ndenumerate(values):
        distance = np.hypot(points[:, 0] - (c + 0.5) * 100, points[:, 1] - (7 - r - 0.5) * 100)
        if value > 0 and distance.min() <= reach:
            naive[distance.argmin()] += float(value)
    assert found.persons == pytest.approx(naive)
    order = rng.permutation(count)
    assert allocate_persons(people, points[order], reach_m=reach).persons == pytest.approx(found.persons[order])


def test_a_half_cell_square_over_nine_cells():
    """3 × 3 cells of 1..9 under a square half a cell in from the edge: corners a quarter, sides a half, the middle whole: 20."""
    nine = grid(np.arange(1, 10).reshape(3, 3))
    found = zonal_sum(nine, polygons(shapely.box(50, 50, 250, 250)))
    assert found["total"].iloc[0] == pytest.approx((1 + 3 + 7 + 9) / 4 + (2 + 4 + 6 + 8) / 2 + 5)
    assert found["known_share"].iloc[0] == pytest.approx(1.0)


def test_a_polygon_smaller_than_a_cell_still_has_a_value():
    """A tenth of a cell's area holds a tenth of its 50 people, though it covers no cell centre."""
    found = zonal_sum(grid([[50.0, 0.0]]), polygons(shapely.box(0, 0, 10, 100)))
    assert found["total"].tolist() == pytest.approx([5.0])


def test_polygons_that_share_a_cell_do_not_count_it_twice():
    halves = polygons(shapely.box(0, 0, 30, 100), shapely.box(30, 0, 100, 100))
    assert zonal_sum(grid([[50.0]]), halves)["total"].tolist() == pytest.approx([15.0, 35.0])


def test_the_unknown_part_of_a_polygon_is_said_not_counted_as_nobody():
    found = zonal_sum(
        grid([[50.0, np.nan]]), polygons(shapely.box(0, 0, 200, 100), shapely.box(120, 0, 180, 50), shapely.Polygon())
    )
    assert found["total"].iloc[0] == 50.0
    assert found["known_share"].iloc[0] == pytest.approx(0.5)
    assert np.isnan(found["total"].iloc[1])
    assert found["known_share"].iloc[1] == 0.0
    assert found.iloc[2].isna().all()


def test_the_index_stays_and_another_crs_is_refused():
    named = polygons(shapely.box(0, 0, 10, 10)).set_index(np.array(["here"]))
    assert zonal_sum(grid([[1.0]]), named).index.tolist() == ["here"]
    with pytest.raises(CrsError):
        zonal_sum(grid([[1.0]]), polygons(shapely.box(0, 0, 1, 1), crs=32648))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.floats(-150, 1350), st.floats(-150, 1050)), min_size=3, max_size=9))
def test_covered_shares_add_up_to_the_polygons_area_on_the_grid(corners):
    """Whatever the shape: Σ share · cell area = area of the polygon clipped to the grid, each cell listed once."""
    shape = shapely.convex_hull(shapely.MultiPoint(corners)).buffer(1.0)
    shape = shape.difference(shapely.Point(600, 450).buffer(120))
    sheet = grid(np.zeros((9, 12)))
    row, col, share = cover_cells(shape, sheet)
    clipped = shapely.intersection(shape, shapely.box(0, 0, 1200, 900)).area
    assert share.sum() * 10_000 == pytest.approx(clipped, rel=1e-9, abs=1e-6)
    assert len(set(zip(row, col, strict=True))) == len(row)
    assert ((share > 0) & (share <= 1)).all()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000))
def test_a_partition_keeps_the_total(seed):
    """The sheet cut by random lines: the pieces' sums make the sheet's."""
    rng = np.random.default_rng(seed)
    sheet = grid(rng.gamma(1, 5, (6, 8)))
    pieces = [shapely.box(0, 0, 800, 600)]
    for _ in range(4):
        (x1, x2), (y1, y2) = rng.uniform(0, 800, 2), rng.uniform(0, 600, 2)
        line = (
            shapely.LineString([(x1 - 5 * (x2 - x1), -6000), (x2 + 5 * (x2 - x1), 6600)])
            if seed % 2
            else shapely.LineString([(-9000, y1), (9000, y2)])
        )
        pieces = [part for one in pieces for part in shapely.get_parts(shapely.ops.split(one, line))]
    assert zonal_sum(sheet, polygons(*pieces))["total"].sum() == pytest.approx(sheet.values.sum(), rel=1e-9)
