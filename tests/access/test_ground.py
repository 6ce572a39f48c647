"""The ground people walk on: heights to the decimetre, speeds by land cover, and what nobody walks on."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import LineString, Point, box

from geoplan.access.barriers import block_moves
from geoplan.access.ground import add_barriers, build_ground, count_blocked, level_ground
from geoplan.contracts.grid import Grid
from geoplan.contracts.ground import MOVES
from geoplan.errors import CrsError, LayerError
from geoplan.io.documents import read_walking

UTM = CRS.from_epsg(32738)
NAN = float("nan")


@pytest.fixture(scope="module")
def walking():
    return read_walking("walking_2026")


def grid(values, *, cell_m=30.0, west=500_000.0, north=8_700_000.0, crs=UTM):
    return Grid(np.array(values, dtype=np.float32), Affine(cell_m, 0.0, west, 0.0, -cell_m, north), crs)


def frame(*shapes, crs=UTM):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def heights_m(ground):
    return ground.base_m + 0.1 * ground.height_dm


def test_heights_are_kept_to_the_decimetre_about_the_middle_of_their_range(walking):
    """700 to 900 m: base 800; 812.34 m is 123 dm."""
    ground = build_ground(grid([[700.0, 812.34, 900.0]]), walking=walking)
    assert ground.base_m == 800.0
    assert ground.height_dm.tolist() == [[-1000, 123, 1000]]
    assert ground.height_dm.dtype == np.int16


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(-400, 6100, width=32), min_size=6, max_size=6))
def test_no_height_is_off_by_more_than_half_a_decimetre(walking, values):
    """From below the sea to the roof of the world."""
    dem = grid([values])
    ground = build_ground(dem, walking=walking, cliff_deg=None)
    assert np.abs(heights_m(ground) - dem.values).max() <= 0.0501


def test_more_relief_than_16_bits_hold_is_refused(walking):
    """6,553 m pass; an undeclared nodata value of −32,768 is named as what it most likely is."""
    assert np.ptp(heights_m(build_ground(grid([[0.0, 6553.0]]), walking=walking))) == pytest.approx(6553.0)
    with pytest.raises(LayerError, match="6,553") as caught:
        build_ground(grid([[-32768.0, 500.0]]), walking=walking)
    assert caught.value.code == "DEM-RELIEF"
    assert "nodata" in caught.value.remedy


def test_nobody_walks_where_the_height_is_unknown(walking):
    """NaN and infinity are voids: impassable, counted, and their moves blocked; the rest keeps its heights."""
    ground = build_ground(grid([[1.0, NAN, 3.0], [1.0, 2.0, np.inf], [1.0, 2.0, 3.0]]), walking=walking)
    assert ground.speed_class.tolist() == [[1, 0, 1], [1, 1, 0], [1, 1, 1]]
    assert (ground.report.void_cells, ground.report.impassable_cells, ground.report.filled_cells) == (2, 2, 0)
    assert ground.blocked[0, 1] == ground.blocked[1, 2] == 0xFFFF
    everywhere = build_ground(grid(np.full((3, 3), NAN)), walking=walking)
    assert (everywhere.blocked == 0xFFFF).all()


def test_voids_are_filled_within_the_stated_reach_and_counted(walking):
    """A plane with a hole of 3 × 3: two steps fill it, and it is the plane again; the elevation model given keeps its hole."""
    row, col = np.indices((7, 8))
    dem = grid(100.0 + 3.0 * col + 1.5 * row)
    plane = dem.values.copy()
    dem.values[2:5, 3:6] = NAN
    ground = build_ground(dem, walking=walking, fill_cells=2)
    assert (ground.report.void_cells, ground.report.filled_cells) == (0, 9)
    assert heights_m(ground) == pytest.approx(plane, abs=0.0501)
    assert np.isnan(dem.values).sum() == 9
    part = build_ground(dem, walking=walking, fill_cells=1)
    assert (part.report.void_cells, part.report.filled_cells, part.report.impassable_cells) == (1, 8, 1)


def test_land_cover_gives_the_speed_and_water_stops(walking):
    """Crops 0.5 of 4 km/h; water and sea impassable; a class without a row and nodata walked at the default, and counted."""
    cover = grid([[40, 80, 200, 50, 0, NAN, 77]])
    ground = build_ground(grid(np.zeros((1, 7))), walking=walking, walk_kmh=4.0, landcover=cover)
    assert ground.level_kmh[ground.speed_class].tolist() == [[2.0, 0.0, 0.0, 4.0, 4.0, 4.0, 4.0]]
    assert (ground.report.unknown_cover_cells, ground.report.impassable_cells) == (3, 2)
    assert ground.level_kmh[0] == 0.0


def test_land_cover_of_another_resolution_is_taken_where_the_centre_lies(walking):
    """100 m classes under 30 m cells: centres at 15, 45, 75 m in the first, 105 to 195 in the second, then off its edge."""
    cover = grid([[50, 40]], cell_m=100.0)
    ground = build_ground(grid(np.zeros((1, 8))), walking=walking, landcover=cover)
    assert ground.level_kmh[ground.speed_class][0].tolist() == [5.0] * 3 + [2.5] * 4 + [5.0]
    assert ground.report.unknown_cover_cells == 1


@settings(deadline=None, max_examples=20)
@given(st.floats(0.5, 3.0), st.lists(st.sampled_from([20.0, 30.0, 40.0, 50.0, 112.0, 80.0]), min_size=12, max_size=12))
def test_walking_k_times_as_fast_scales_every_class(walking, factor, codes):
    """Level speed is walk_kmh times a factor: ground made for k · walk_kmh is the same ground with k times the speeds."""
    dem, cover = grid(np.zeros((3, 4))), grid(np.reshape(codes, (3, 4)))
    one, more = (build_ground(dem, walking=walking, walk_kmh=kmh, landcover=cover) for kmh in (4.0, 4.0 * factor))
    assert more.level_kmh == pytest.approx(factor * one.level_kmh)
    assert np.array_equal(one.speed_class, more.speed_class)
    assert np.array_equal(one.blocked, more.blocked)


def test_moves_are_blocked_by_barriers_cliffs_and_water_together(walking):
    """The mask is that of `block_moves` for the ground's own heights and classes, and the report adds it up."""
    rng = np.random.default_rng(3)
    dem = grid(rng.random((8, 9)) * 60)
    cover = grid(rng.choice([30.0, 80.0], (8, 9), p=[0.9, 0.1]))
    river = frame(LineString([(499_990, 8_699_990), (500_300, 8_699_750)]))
    ground = build_ground(dem, walking=walking, landcover=cover, barriers=river)
    expected = block_moves(river, cover.values != 80, transform=dem.transform, height_dm=ground.height_dm, cliff_deg=45.0)
    assert np.array_equal(ground.blocked, expected)
    pairs = 0
    for move, (down, right) in enumerate(MOVES):
        for row in range(8):
            for col in range(9):
                inside = 0 <= row + down < 8 and 0 <= col + right < 9
                pairs += inside and bool(ground.blocked[row, col] >> move & 1)
    assert ground.report.blocked_moves * 2 == pairs
    gentle = build_ground(dem, walking=walking, landcover=cover, barriers=river, cliff_deg=None)
    assert gentle.report.cliff_moves == 0
    assert ground.report.blocked_moves - gentle.report.blocked_moves == ground.report.cliff_moves > 0


def test_further_barriers_leave_the_first_ground_as_it_is(walking):
    """A flood added later blocks what it blocks when it is there from the start; None and an empty layer change nothing."""
    river, flood = (
        frame(LineString([(499_990, 8_699_990), (500_300, 8_699_750)])),
        frame(box(500_100, 8_699_800, 500_200, 8_699_900)),
    )
    bounds = (500_000, 8_699_700, 500_300, 8_700_000)
    dry = level_ground(bounds, cell_m=30.0, crs=UTM, walking=walking, barriers=river)
    before = dry.blocked.copy()
    wet = add_barriers(dry, flood)
    both = level_ground(bounds, cell_m=30.0, crs=UTM, walking=walking, barriers=frame(*river.geometry, *flood.geometry))
    assert np.array_equal(wet.blocked, both.blocked)
    assert wet.report == both.report
    assert np.array_equal(dry.blocked, before)
    assert add_barriers(dry, None) is dry
    assert add_barriers(dry, flood.iloc[:0]) is dry


def test_the_filter_and_the_neighbours_are_said_in_the_report(walking):
    """A spike of 9 m spreads over nine cells; eight neighbours count no knight's moves as blocked."""
    dem = grid(np.zeros((7, 7)))
    dem.values[3, 3] = 9.0
    ground = build_ground(dem, walking=walking, smooth="mean3", neighbours=8)
    assert heights_m(ground)[2:5, 2:5] == pytest.approx(np.ones((3, 3)), abs=0.051)
    assert ground.report.smoothing
    assert (ground.blocked & 0xFF00 == 0xFF00).all()
    assert ground.report.blocked_moves == count_blocked(ground.blocked, neighbours=8) == 0


def test_level_ground_covers_its_bounds_with_whole_cells(walking):
    """Cells of 30 m on multiples of 30 m; one speed; nothing blocked but the edge."""
    ground = level_ground((500_010, 8_699_999, 500_100, 8_700_031), cell_m=30.0, crs=UTM, walking=walking)
    assert ground.transform[:6] == (30.0, 0.0, 500_010.0, 0.0, -30.0, 8_700_060.0)
    assert ground.shape == (3, 3)
    assert ground.level_kmh.tolist() == [0.0, 5.0]
    assert ground.report.blocked_moves == 0
    for bounds, cell_m in (((0, 0, 0, 10), 30.0), ((0, 0, 10, NAN), 30.0), ((0, 0, 10, 10), 0.0), ((0, 0, 1e7, 1e7), 1.0)):
        with pytest.raises(LayerError, match="cannot be cut"):
            level_ground(bounds, cell_m=cell_m, crs=UTM, walking=walking)


def test_layers_in_another_crs_are_refused(walking):
    """Degrees for the elevation model; another zone, or none at all, for cover and barriers; a turned grid."""
    dem = grid(np.zeros((2, 2)))
    with pytest.raises(CrsError):
        build_ground(grid(np.zeros((2, 2)), crs=CRS.from_epsg(4326)), walking=walking)
    with pytest.raises(CrsError, match="land cover"):
        build_ground(dem, walking=walking, landcover=grid(np.zeros((2, 2)), crs=CRS.from_epsg(32737)))
    with pytest.raises(CrsError, match="barriers"):
        build_ground(dem, walking=walking, barriers=frame(Point(0, 0), crs=CRS.from_epsg(32737)))
    with pytest.raises(CrsError, match="no CRS"):
        add_barriers(build_ground(dem, walking=walking), frame(Point(0, 0), crs=None))
    turned = Grid(dem.values, Affine(30.0, 1.0, 0.0, 0.0, -30.0, 0.0), UTM)
    with pytest.raises(LayerError, match="north-up"):
        build_ground(turned, walking=walking)
