"""Bus lines on the surface: waiting, riding, getting off, and what other modes see of them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.bus import add_bus_lines
from geoplan.access.entries import enter
from geoplan.access.field import lay_costs, lay_legs, plant_seeds, solve
from geoplan.access.ground import level_ground
from geoplan.access.network import build_network
from geoplan.access.reading import meet, read_paths
from geoplan.access.surface import join_surface
from geoplan.access.ways import lay_ways, time_edges
from geoplan.errors import TableError
from geoplan.io.documents import read_walking

KMH = 20.0
"""Stated by the lines, unless a test is about roads."""


def lay_line(world, points, *, headway=30.0, **columns):
    columns = {"kmh": KMH, **columns}
    frame = {"line_id": ["L1"], "headway_min": [headway], **{name: [value] for name, value in columns.items()}}
    return gpd.GeoDataFrame(frame, geometry=[shapely.LineString(points)], crs=world.crs)


def lay_road(world, **columns):
    roads = world.roads([[(0, 0), (6000, 0)]], **columns)
    return build_network(
        roads, speeds=world.speeds, seasons=["dry", "wet"], dem=None, walk_kmh=5.0, gap_tolerance_m=0.0, modes=["bus"]
    )


def lay_stops(world, *places):
    ids = [f"s{i}" for i in range(len(places))]
    return gpd.GeoDataFrame({"facility_id": ids}, geometry=[shapely.Point(one) for one in places], crs=world.crs)


def minutes(world, network, start, end, *, mode="bus"):
    ground = level_ground((-500, -500, 7000, 500), cell_m=50.0, crs=world.crs, walking=read_walking("walking_2026"))
    surface = join_surface(ground, network)
    ways = lay_ways(surface, *time_edges(network, mode=mode, season="dry"))
    near, far = (enter(np.array([one], dtype=float), surface, move_max_m=100) for one in (start, end))
    legs = lay_legs(near, surface, ways), lay_legs(far, surface, ways)
    field = solve(lay_costs(surface, ways, towards=True), plant_seeds(legs[1], towards=True))
    return float(read_paths(field, near, legs[0], far, legs[1], meet(near, far, surface, ways)).minutes[0])


@pytest.fixture
def line_of_three(world):
    roads = lay_road(world)
    stops = lay_stops(world, (0, 0), (3000, 0), (6000, 0), (0, 400))
    network, report = add_bus_lines(roads, lay_line(world, [(0, 0), (6000, 0)]), stops, seasons=["dry", "wet"])
    assert (report.lines, report.stops, report.idle_stops) == (1, 3, ("s3",))
    return network


def test_boarding_takes_half_the_headway_and_staying_on_nothing(world, line_of_three):
    """By hand: 15 + 9 to the middle stop, 15 + 18 to the last, the same back."""
    assert minutes(world, line_of_three, (0, 0), (3000, 0)) == pytest.approx(24.0)
    assert minutes(world, line_of_three, (0, 0), (6000, 0)) == pytest.approx(33.0)
    assert minutes(world, line_of_three, (6000, 0), (0, 0)) == pytest.approx(33.0)


def test_where_walking_is_quicker_nobody_waits(world, line_of_three):
    """500 m on foot take 6 min, the wait alone 15."""
    assert minutes(world, line_of_three, (0, 0), (500, 0)) == pytest.approx(6.0)


def test_other_modes_do_not_see_the_bus(world, line_of_three):
    assert minutes(world, line_of_three, (0, 0), (6000, 0), mode="walk") == pytest.approx(72.0)
    assert minutes(world, line_of_three, (0, 0), (6000, 0), mode="ride") == pytest.approx(18.0)


def test_nobody_gets_on_or_off_between_stops(world, line_of_three):
    """At 4.5 km: ride to the stop at 3 km or 6 km and walk 1.5 km of road (18 min) from there, by way of a cell beside the stop."""
    assert 24.0 + 18.0 <= minutes(world, line_of_three, (0, 0), (4500, 0)) <= 24.0 + 18.0 + 0.2


def test_a_one_way_line_is_not_ridden_back(world):
    roads = lay_road(world)
    stops = lay_stops(world, (0, 0), (6000, 0))
    network, _ = add_bus_lines(roads, lay_line(world, [(0, 0), (6000, 0)], oneway=1), stops, seasons=["dry"])
    assert minutes(world, network, (0, 0), (6000, 0)) == pytest.approx(33.0)
    assert minutes(world, network, (6000, 0), (0, 0)) == pytest.approx(72.0)


def test_a_line_with_one_stop_is_reported_and_changes_nothing(world):
    roads = lay_road(world)
    network, report = add_bus_lines(roads, lay_line(world, [(0, 0), (6000, 0)]), lay_stops(world, (0, 0)), seasons=["dry"])
    assert network is roads
    assert report.idle_lines == ("L1",)


@pytest.mark.parametrize("headway", [0.0, -5.0, float("nan")])
def test_a_line_without_a_headway_is_refused(world, headway):
    lines = lay_line(world, [(0, 0), (6000, 0)], headway=headway)
    with pytest.raises(TableError, match="BUS-LINES"):
        add_bus_lines(lay_road(world), lines, lay_stops(world, (0, 0), (6000, 0)), seasons=["dry"])


@settings(deadline=None, max_examples=10)
@given(headway=st.floats(1.0, 120.0), rarer=st.floats(0.0, 60.0))
def test_rarer_buses_never_bring_anyone_sooner(world, headway, rarer):
    roads, stops = lay_road(world), lay_stops(world, (0, 0), (6000, 0))
    often, seldom = (
        add_bus_lines(roads, lay_line(world, [(0, 0), (6000, 0)], headway=one), stops, seasons=["dry"])[0]
        for one in (headway, headway + rarer)
    )
    assert minutes(world, often, (0, 0), (6000, 0)) <= minutes(world, seldom, (0, 0), (6000, 0)) + 1e-9


def test_a_bus_goes_as_fast_as_buses_go_on_the_road_it_follows(world):
    """No speed stated: concrete village road 20 km/h, a bus 0.7 of it; 15 min of waiting and 6 km at 14 km/h."""
    line, stops = lay_line(world, [(0, 0), (6000, 0)], kmh=np.nan), lay_stops(world, (0, 0), (6000, 0))
    network, _ = add_bus_lines(lay_road(world), line, stops, seasons=["dry"])
    assert minutes(world, network, (0, 0), (6000, 0)) == pytest.approx(15.0 + 6.0 / 14.0 * 60.0)
