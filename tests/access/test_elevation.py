"""Minutes on foot along a line follow its slopes, and so does the share of them that lies before a point."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.elevation import bridge_voids, share_walks, walk_lines_min

metre = st.integers(0, 9000).map(lambda one: one / 10)


def line(*points):
    return np.array([shapely.LineString(points)], dtype=object)


def test_a_line_up_a_plane_takes_toblers_minutes(world):
    """1,000 m rising 0.1: 17.029 min up and 12 min down; level without a model."""
    there, back = walk_lines_min(line((-500, 3), (500, 3)), dem=world.plane(0.1), walk_kmh=5.0)
    assert (there[0], back[0]) == pytest.approx((12.0 * np.exp(0.35), 12.0))
    assert [one[0] for one in walk_lines_min(line((-500, 3), (500, 3)), dem=None, walk_kmh=5.0)] == pytest.approx([12.0, 12.0])


def test_a_ridge_between_costs_time_although_both_ends_are_level(world):
    """A 300 m ridge between level ends: slower than level, the same both ways; a bridge over the valley does not feel it."""
    dem = world.plane(0.0)
    dem.values[:, 300:340] += 300.0 * (1 - np.abs(np.arange(40) - 19.5) / 20)
    over = line((-800, 0), (800, 0))
    [there], [back] = walk_lines_min(over, dem=dem, walk_kmh=5.0)
    assert there > 2 * 1600 / 5000 * 60
    assert there == pytest.approx(back, rel=1e-6)
    assert walk_lines_min(over, dem=dem, walk_kmh=5.0, spans=np.array([True]))[0][0] == pytest.approx(19.2)


def test_a_void_is_bridged_and_a_line_without_heights_is_level(world):
    """On a plane a hole changes nothing; a model of nothing but voids is level ground, never NaN."""
    whole, holed = world.plane(0.1), world.plane(0.1)
    holed.values[:, 310:330] = np.nan
    for one, two in zip(
        *(walk_lines_min(line((-500, 3), (500, 3)), dem=dem, walk_kmh=5.0) for dem in (whole, holed)), strict=True
    ):
        assert one == pytest.approx(two, rel=0.02)
    blank = world.grid(np.full((10, 10), np.nan), cell_m=100.0, west=-500.0, north=500.0)
    assert walk_lines_min(line((-400, 3), (400, 3)), dem=blank, walk_kmh=5.0)[0] == pytest.approx([9.6])


def test_voids_are_filled_from_the_same_line_alone():
    """10, ?, 20 m becomes 15; a void at an end takes its neighbour's height; the next line lends nothing."""
    height = np.array([10.0, np.nan, 20.0, np.nan, 50.0, np.nan])
    along, owner = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), np.array([0, 0, 0, 0, 1, 1])
    assert bridge_voids(height, along, owner).tolist() == [10.0, 15.0, 20.0, 20.0, 50.0, 50.0]


def test_minutes_before_a_point_follow_the_slope_not_the_metres(world):
    """1 km rising 0.2, then 1 km level: up at 5·exp(−0.7) = 2.4829 km/h 24.165 min, then 12 min: two thirds before the middle."""
    x = np.arange(-2, 44) * 50.0
    dem = world.grid(np.tile(np.where(x < 1000, x * 0.2, 200.0), (8, 1)), cell_m=50.0, west=-125.0, north=200.0)
    there, back = share_walks(
        line((0, 0), (2000, 0)), np.zeros(3, dtype=int), np.array([0.0, 1000.0, 2000.0]), dem=dem, walk_kmh=5.0
    )
    assert there.tolist() == pytest.approx([0, 24.165 / 36.165, 1], abs=1e-4)
    # Down at −0.2: 5·exp(−3.5·0.1) = 3.5234 km/h, 17.029 min of 29.029.
    assert back[1] == pytest.approx(17.029 / 29.029, abs=1e-4)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), points=st.lists(st.tuples(metre, metre), min_size=2, max_size=5, unique=True))
def test_turning_a_line_swaps_its_minutes_and_mirrors_its_shares(world, seed, points):
    """Any line on rough ground; shares rise from 0 to 1."""
    shape = shapely.LineString(points)
    if shape.length < 5.0:
        return
    rng = np.random.default_rng(seed)
    dem = world.grid(rng.normal(500, 8, (40, 40)), cell_m=25.0, north=1000.0)
    lines, turned = np.array([shape], dtype=object), np.array([shape.reverse()], dtype=object)
    one, two = (walk_lines_min(some, dem=dem, walk_kmh=5.0) for some in (lines, turned))
    assert one[0] == pytest.approx(two[1])
    assert one[1] == pytest.approx(two[0])
    at, zero = np.linspace(0.0, shape.length, 7), np.zeros(7, dtype=int)
    ahead, behind = share_walks(lines, zero, at, dem=dem, walk_kmh=5.0)
    other = share_walks(turned, zero, at[::-1], dem=dem, walk_kmh=5.0)
    assert ahead == pytest.approx(1 - other[1], abs=1e-6)
    assert behind == pytest.approx(1 - other[0], abs=1e-6)
    assert (np.diff(ahead) >= -1e-9).all()
    assert ahead[[0, -1]] == pytest.approx([0.0, 1.0], abs=1e-9)
