"""Slope, shade and sampling against planes, whose answers are known by pencil."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geoplan.contracts.grid import Grid
from geoplan.errors import CrsError
from geoplan.spatial.cells import to_ground
from geoplan.spatial.terrain import _BLOCK_ROWS, along, hillshade, sample_bilinear, sample_cells, sample_slope_deg, slope_deg

METRIC = CRS.from_epsg(4544)


def grid(values, cell=10.0, west=500_000.0, north=3_560_000.0, crs=METRIC):
    return Grid(np.asarray(values, dtype=float), Affine(cell, 0, west, 0, -cell, north), crs)


def plane(rows, cols, east, north, *, base=0.0, cell=10.0):
    """z = base + east·x + north·y at cell centres, x and y counted from the grid's lower-left corner."""
    x = (np.arange(cols) + 0.5) * cell
    y = (rows - np.arange(rows) - 0.5) * cell
    return grid(base + east * x[None, :] + north * y[:, None], cell=cell)


def naive_horn(values, cell):
    """Horn's eight neighbours, one cell at a time; inner cells only."""
    out = np.full(values.shape, np.nan)
    for r in range(1, values.shape[0] - 1):
        for c in range(1, values.shape[1] - 1):
            (nw, n, ne), (w, _, e), (sw, s, se) = values[r - 1 : r + 2, c - 1 : c + 2]
            p = ((ne + 2 * e + se) - (nw + 2 * w + sw)) / (8 * cell)
            q = ((nw + 2 * n + ne) - (sw + 2 * s + se)) / (8 * cell)
            out[r, c] = np.degrees(np.arctan(np.sqrt(p * p + q * q)))
    return out


def test_slope_of_a_plane_is_its_slope_to_the_very_edge():
    """3 m east and 4 m north per 10 m: √(0.3² + 0.4²) = 0.5, arctan 0.5 = 26.565° in every cell, border cells included."""
    assert slope_deg(plane(4, 5, 0.3, 0.4)).values == pytest.approx(26.565051, abs=1e-4)


def test_slope_is_in_degrees_not_percent_or_ratio():
    """A rise of 1 in 1 is 45°, not 100 (percent) and not 1 (ratio)."""
    assert slope_deg(plane(3, 3, 1.0, 0.0)).values[1, 1] == pytest.approx(45.0, abs=1e-4)


def test_slope_equals_horn_written_out():
    values = np.random.default_rng(3).normal(500, 40, (9, 7))
    inner = (slice(1, -1), slice(1, -1))
    assert slope_deg(grid(values, cell=30)).values[inner] == pytest.approx(naive_horn(values, 30)[inner], abs=1e-4)


def test_slope_uses_width_and_height_of_oblong_cells():
    """Cells 10 m wide and 20 m high: 10 m up per column is 45°, 10 m up per row is arctan 0.5."""
    oblong = Affine(10, 0, 0, 0, -20, 0)
    values = np.tile(np.arange(5) * 10.0, (5, 1))
    assert slope_deg(Grid(values, oblong, METRIC)).values[2, 2] == pytest.approx(45.0, abs=1e-4)
    assert slope_deg(Grid(values.T, oblong, METRIC)).values[2, 2] == pytest.approx(26.565051, abs=1e-4)


def test_a_void_stays_unknown_and_its_neighbours_keep_the_plane():
    """Beside a void a one-sided difference still measures the plane; the void itself has no slope."""
    tilted = plane(5, 5, 0.3, 0.4)
    holed = tilted.values.copy()
    holed[2, 2] = np.nan
    slope = slope_deg(grid(holed)).values
    assert np.isnan(slope[2, 2])
    assert slope[~np.isnan(slope)] == pytest.approx(26.565051, abs=1e-4)
    assert np.isnan(slope).sum() == 1


def test_a_lone_cell_has_no_slope_rather_than_none():
    """Unknown ground is never flat: one known cell among voids has NaN, and so has a grid of one row."""
    values = np.full((3, 3), np.nan)
    values[1, 1] = 100.0
    assert np.isnan(slope_deg(grid(values)).values).all()
    assert np.isnan(slope_deg(grid([[1.0, 2.0, 3.0]])).values).all()


def test_blocks_of_rows_equal_the_whole():
    """The grid is worked through in blocks; a seam must not show. Compared with Horn on either side of it."""
    values = np.random.default_rng(5).normal(0, 20, (_BLOCK_ROWS + 3, 4))
    near = slice(_BLOCK_ROWS - 3, _BLOCK_ROWS + 3)
    found = slope_deg(grid(values)).values[near][1:-1, 1:-1]
    assert found == pytest.approx(naive_horn(values[near], 10)[1:-1, 1:-1], abs=1e-4)


@settings(deadline=None, max_examples=40)
@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-400, 3000), st.floats(1, 90))
def test_every_plane_has_one_slope(east, north, base, cell):
    """arctan √(east² + north²), wherever the plane lies; below the sea too."""
    truth = np.degrees(np.arctan(np.hypot(east, north)))
    assert slope_deg(plane(4, 4, east, north, base=base, cell=cell)).values == pytest.approx(truth, abs=1e-3)


def test_adding_a_height_changes_no_slope_and_doubling_heights_doubles_the_gradient():
    values = np.random.default_rng(8).normal(0, 5, (8, 8))
    once = np.tan(np.radians(slope_deg(grid(values)).values))
    assert np.tan(np.radians(slope_deg(grid(values + 1000)).values)) == pytest.approx(once, abs=1e-5)
    assert np.tan(np.radians(slope_deg(grid(2 * values)).values)) == pytest.approx(2 * once, abs=1e-5)


def test_degrees_and_web_mercator_are_refused():
    """A rise in metres over a run in degrees is no slope; Web Mercator's metres are too long."""
    for epsg, code in ((4490, "CRS-DEGREES"), (3857, "CRS-MERCATOR")):
        with pytest.raises(CrsError) as caught:
            slope_deg(grid(np.zeros((3, 3)), crs=CRS.from_epsg(epsg)))
        assert caught.value.code == code


def test_hillshade_of_level_ground_is_the_sine_of_the_sun():
    """1 + 254 · sin 45° = 180.6 → 181, at any azimuth."""
    level = grid(np.full((3, 3), 7.0))
    assert (hillshade(level) == 181).all()
    assert (hillshade(level, azimuth_deg=10) == 181).all()


def test_hillshade_lights_the_side_that_faces_the_sun():
    """Ground that falls to the north-west faces a sun at 315°: tilted by 45° it is lit straight on (255); its back is dark (1)."""
    up_to_southeast = np.sqrt(0.5)
    assert (hillshade(plane(3, 3, up_to_southeast, -up_to_southeast)) == 255).all()
    assert (hillshade(plane(3, 3, -up_to_southeast, up_to_southeast)) == 1).all()


def test_hillshade_leaves_the_unknown_at_zero():
    values = np.full((3, 3), 5.0)
    values[0, 0] = np.nan
    shade = hillshade(grid(values))
    assert shade[0, 0] == 0
    assert (shade[~np.isnan(values)] > 0).all()


def test_bilinear_is_exact_on_a_plane_between_centres():
    """x = 23, y = 17 on z = 0.3x + 0.4y: 13.7."""
    tilted = plane(6, 6, 0.3, 0.4)
    west, south = tilted.bounds[:2]
    assert sample_bilinear(tilted, np.array([[west + 23, south + 17]])) == pytest.approx([13.7])


def test_bilinear_at_a_centre_is_that_cell_not_half_a_cell_away():
    """The centre of the upper-left cell is 5 m in from the corner, with 10 m cells."""
    values = np.arange(12.0).reshape(3, 4)
    xy = np.array([[500_005.0, 3_559_995.0], [500_035.0, 3_559_975.0]])
    assert sample_bilinear(grid(values), xy).tolist() == [0.0, 11.0]
    assert sample_cells(grid(values), xy).tolist() == [0.0, 11.0]


def test_bilinear_a_quarter_of_the_way_between_0_and_10_is_2_5():
    assert sample_bilinear(grid([[0.0, 10.0]]), np.array([[500_007.5, 3_559_995.0]])) == pytest.approx([2.5])


def test_bilinear_beside_a_void_rests_on_what_is_known():
    """Between 4 and nodata only 4 is known; inside the void nothing is; the nodata number never leaks into the mean."""
    holed = grid([[4.0, np.nan]])
    xy = np.array([[500_008.0, 3_559_995.0], [500_012.0, 3_559_995.0]])
    found = sample_bilinear(holed, xy)
    assert found[0] == pytest.approx(4.0)
    assert np.isnan(found[1])


def test_outside_is_unknown_and_the_outer_edge_is_inside():
    xy = np.array([[499_999.9, 3_559_995.0], [500_020.0, 3_559_990.0], [500_020.1, 3_559_995.0], [np.nan, 3_559_995.0]])
    for sample in (sample_cells, sample_bilinear, sample_slope_deg):
        found = sample(grid([[1.0, 2.0], [1.0, 2.0]]), xy)
        assert np.isnan(found[[0, 2, 3]]).all()
        assert not np.isnan(found[1])


def test_slope_at_points_equals_slope_of_the_grid_also_at_edges_and_voids():
    values = np.random.default_rng(11).normal(300, 30, (12, 9))
    values[3:5, 4] = np.nan
    values[0, 0] = np.nan
    rough = grid(values)
    col, row = (one.ravel() for one in np.meshgrid(np.arange(9), np.arange(12)))
    centres = np.column_stack(to_ground(rough.transform, col + 0.5, row + 0.5))
    assert sample_slope_deg(rough, centres) == pytest.approx(slope_deg(rough).values.ravel(), abs=1e-4, nan_ok=True)


def test_a_leg_has_equal_pieces_no_longer_than_the_step():
    """100 m at steps of 30 m: four pieces of 25 m, five samples."""
    flat = grid(np.zeros((30, 30)))
    start = np.array([[500_050.0, 3_559_900.0]])
    leg = along(flat, start, np.add(start, (100.0, 0.0)), step_m=30)
    assert leg.pieces.tolist() == [4]
    assert leg.step_m.tolist() == [25.0]
    assert leg.elevation_m.tolist() == [[0.0] * 5]


def test_a_leg_up_a_plane_climbs_evenly():
    """From (55, 55) to (145, 175) on z = 0.3x + 0.4y: 150 m long, from 38.5 to 113.5 m, 0.5 m per metre."""
    tilted = plane(30, 30, 0.3, 0.4)
    corner = np.array(tilted.bounds[:2])
    leg = along(tilted, [np.add(corner, (55, 55))], [np.add(corner, (145, 175))], step_m=50)
    assert leg.step_m == pytest.approx([50.0])
    assert leg.elevation_m[0] == pytest.approx([38.5, 63.5, 88.5, 113.5])


def test_legs_of_different_length_are_padded_and_a_leg_of_no_length_is_one_piece():
    tilted = plane(30, 30, 0.1, 0.0)
    corner = np.array(tilted.bounds[:2])
    legs = along(tilted, [np.add(corner, (50, 50))] * 2, [np.add(corner, (50, 50)), np.add(corner, (80, 50))], step_m=10)
    assert legs.pieces.tolist() == [1, 3]
    assert legs.step_m.tolist() == [0.0, 10.0]
    assert legs.elevation_m[0, :2] == pytest.approx([5.0, 5.0])
    assert np.isnan(legs.elevation_m[0, 2:]).all()
    assert legs.elevation_m[1] == pytest.approx([5, 6, 7, 8])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(*[st.floats(20, 280)] * 4), min_size=1, max_size=8), st.floats(3, 120))
def test_a_leg_walked_back_meets_the_same_ground_in_reverse(ends, step):
    rough = grid(np.random.default_rng(2).normal(0, 30, (30, 30)))
    corner = np.array(rough.bounds[:2])
    ends = np.array(ends)
    there = along(rough, corner + ends[:, :2], corner + ends[:, 2:], step_m=step)
    back = along(rough, corner + ends[:, 2:], corner + ends[:, :2], step_m=step)
    assert there.step_m == pytest.approx(back.step_m)
    assert (there.step_m <= step * (1 + 1e-6)).all()
    for one, other, pieces in zip(there.elevation_m, back.elevation_m, there.pieces, strict=True):
        assert one[: pieces + 1] == pytest.approx(other[: pieces + 1][::-1], abs=1e-6)


def test_a_void_on_the_way_is_seen():
    """Ground that is not known along a leg stays NaN inside it, so a caller can tell it from the padding by ``pieces``."""
    values = np.zeros((1, 5))
    values[0, 2] = np.nan
    leg = along(grid(values), [[500_005.0, 3_559_995.0]], [[500_045.0, 3_559_995.0]], step_m=10)
    assert np.isnan(leg.elevation_m[0]).tolist() == [False, False, True, False, False]


def test_no_legs_give_empty_profiles_and_bad_steps_are_refused():
    flat = grid(np.zeros((3, 3)))
    assert along(flat, np.empty((0, 2)), np.empty((0, 2)), step_m=10).elevation_m.shape == (0, 1)
    with pytest.raises(ValueError, match="step_m"):
        along(flat, [[0, 0]], [[1, 1]], step_m=0)
    with pytest.raises(ValueError, match="finite"):
        along(flat, [[0, np.nan]], [[1, 1]], step_m=10)


def test_inputs_are_left_as_they_were():
    tilted = plane(4, 4, 0.3, 0.4)
    before = tilted.values.copy()
    slope_deg(tilted)
    hillshade(tilted)
    sample_bilinear(tilted, np.array([[500_010.0, 3_559_980.0]]))
    assert np.array_equal(tilted.values, before)
