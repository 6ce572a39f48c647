"""Minutes of a road in each mode and direction."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geoplan.access.bicycle import bicycle_kmh, bicycle_min
from geoplan.access.mode_times import time_lines_min
from geoplan.contracts.grid import Grid

UTM = CRS.from_epsg(32738)


def plane(east, south=0.0, *, wave_m=0.0):
    """Return 30 m cells rising ``east`` along x, with a wave on top."""
    row, col = np.indices((60, 120))
    height = 30.0 * (east * (col + 0.5) + south * (row + 0.5)) + wave_m * np.sin(col / 3.0)
    return Grid(height, Affine(30.0, 0.0, 0.0, 0.0, -30.0, 1800.0), UTM)


def table(*kinds):
    return pd.DataFrame(list(kinds), columns=["road_class", "surface"])


def lay(*lines):
    return np.array([shapely.LineString(one) for one in lines], dtype=object)


ROADS = lay(
    [(300, 900), (1300, 900)], [(300, 300), (800, 700), (1900, 650)], [(2000, 200), (2000, 1500)], [(500, 500), (2500, 500)]
)
KINDS = table(("county", "asphalt"), ("village", "earth"), ("group", "gravel"), ("ferry", "water"))


def test_a_bicycle_feels_the_slope_in_its_direction(speeds):
    """1 km of asphalt on a plane rising 0.05: 60 / 4.95 min up; braked to 25 km/h, 2.4 min down; across the slope as on the level."""
    roads = lay([(300, 900), (1300, 900)], [(600, 400), (600, 1400)])
    kinds = table(("county", "asphalt"), ("county", "asphalt"))
    up, down = time_lines_min(roads, kinds, speeds=speeds, season="dry", mode="bicycle", dem=plane(0.05), walk_kmh=5.0)
    at = [float(bicycle_kmh(slope, bicycle=speeds.modes.bicycle)) for slope in (0.05, -0.05, 0.0)]
    assert up == pytest.approx([60.0 / at[0], 60.0 / at[2]], rel=1e-6)
    assert down == pytest.approx([60.0 / at[1], 60.0 / at[2]], rel=1e-6)


@settings(deadline=None, max_examples=20)
@given(st.floats(-0.2, 0.2), st.floats(0.0, 20.0), st.sampled_from(["car", "motorcycle", "bus"]), st.sampled_from(["dry", "wet"]))
def test_motor_times_do_not_depend_on_the_elevation_model(speeds, east, wave_m, mode, season):
    """Whatever the ground, and the same both ways; the bicycle's do, on the same roads."""
    options = {"speeds": speeds, "season": season, "mode": mode, "walk_kmh": 5.0}
    level = time_lines_min(ROADS, KINDS, dem=None, **options)
    hilly = time_lines_min(ROADS, KINDS, dem=plane(east, wave_m=wave_m), **options)
    assert np.array_equal(level, hilly)
    assert np.array_equal(hilly[0], hilly[1])


@settings(deadline=None, max_examples=20)
@given(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1), st.floats(0.0, 15.0))
def test_the_way_back_is_the_turned_line(speeds, east, south, wave_m):
    """Backward minutes are the forward minutes of the same line drawn the other way; motors and ferries need no turning."""
    options = {"speeds": speeds, "season": "dry", "mode": "bicycle", "dem": plane(east, south, wave_m=wave_m), "walk_kmh": 5.0}
    forward, backward = time_lines_min(ROADS, KINDS, **options)
    turned = time_lines_min(shapely.reverse(ROADS), KINDS, **options)
    assert turned[0] == pytest.approx(backward, rel=1e-9)
    assert turned[1] == pytest.approx(forward, rel=1e-9)


def test_without_heights_a_bicycle_rides_the_level(speeds):
    """At its surface's level speed, both ways; the ferry sails at its own 6 km/h with any heights."""
    options = {"speeds": speeds, "season": "dry", "mode": "bicycle", "walk_kmh": 5.0}
    forward, backward = time_lines_min(ROADS, KINDS, dem=None, **options)
    assert np.array_equal(forward, backward)
    level = [float(bicycle_kmh(0.0, bicycle=speeds.modes.bicycle, surface=one)) for one in KINDS["surface"][:3]]
    assert forward == pytest.approx(0.06 * shapely.length(ROADS) / np.array([*level, 6.0]))
    flat = time_lines_min(ROADS, KINDS, dem=plane(0.0), **options)[0]
    assert flat == pytest.approx(forward)
    assert time_lines_min(ROADS, KINDS, dem=plane(0.1), **options)[0][3] == pytest.approx(20.0)


def test_a_bridge_climbs_evenly_from_end_to_end(speeds):
    """Over a wave of 20 m a bent bridge of 1,100 m rises as its ends do; the road below goes up and down and takes longer."""
    roads, kinds = lay([(300, 900), (600, 900), (600, 1100), (1200, 1100)]), table(("county", "asphalt"))
    dem = plane(0.02, wave_m=20.0)
    options = {"speeds": speeds, "season": "dry", "mode": "bicycle", "dem": dem, "walk_kmh": 5.0}
    bridge = time_lines_min(roads, kinds, spans=np.array([True]), **options)
    below = time_lines_min(roads, kinds, spans=np.array([False]), **options)
    ends = dem.values[0, [10, 40]] - 0.5 * (dem.values[0, [10, 40]] - dem.values[0, [9, 39]])
    rise = float(ends[1] - ends[0])
    for minutes, climb in zip(bridge, (rise, -rise), strict=True):
        assert minutes[0] == pytest.approx(float(bicycle_min(1100.0, climb, bicycle=speeds.modes.bicycle)), rel=1e-6)
    assert below[0][0] + below[1][0] > bridge[0][0] + bridge[1][0]


def test_where_a_mode_does_not_go_there_is_no_time(speeds):
    """No bus on a group road, none on earth in the wet; no bicycle on a motorway: inf both ways, and no row is lost."""
    kinds = table(("group", "gravel"), ("village", "earth"), ("motorway", "asphalt"), ("village", "gravel"))
    bus = time_lines_min(ROADS, kinds, speeds=speeds, season="wet", mode="bus", dem=None, walk_kmh=5.0)
    assert np.isinf(bus[0]).tolist() == np.isinf(bus[1]).tolist() == [True, True, False, False]
    cycled = time_lines_min(ROADS, kinds, speeds=speeds, season="wet", mode="bicycle", dem=plane(0.03), walk_kmh=5.0)
    assert np.isinf(cycled[0]).tolist() == [False, False, True, False]
    nothing = time_lines_min(ROADS[:0], kinds.iloc[:0], speeds=speeds, season="dry", mode="bicycle", dem=plane(0.0), walk_kmh=5.0)
    assert len(nothing[0]) == len(nothing[1]) == 0
