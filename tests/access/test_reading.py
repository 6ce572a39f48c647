"""Reading a field at points: the quickest leg or a direct meeting, ties to the first, and who is there already is there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from geoplan.access.reading import best_legs, follow_paths, meet, read_ticks
from geoplan.access.ticks import NEVER
from geoplan.access.ways import TICKS_PER_MIN


def test_villages_10_and_30_m_along_a_road_are_20_m_apart(world):
    """20 m at 20 km/h are 0.06 min, although the nearest stop lies at 45 m; on foot 0.24."""
    surface = world.surface(world.level(-30, -30, 600, 90), [[(0, 30), (600, 30)]])
    for mode, minutes in (("ride", 0.06), ("walk", 0.24)):
        paths = world.travel(surface, [[10, 30]], [[30, 30]], mode=mode).paths
        assert paths.minutes.tolist() == [minutes]
    assert world.travel(surface, [[10, 30]], [[30, 30]]).paths.parts[0, 2] == pytest.approx(20.0)


@pytest.mark.parametrize("mode", ["ride", "walk"])
@pytest.mark.parametrize("towards", [True, False])
def test_a_settlement_beside_its_facility_is_there_already(world, mode, towards):
    """Both at (500, 100), off the road: 0 min, no leg to a cell or road and back; 3 m off: 2.16 s straight."""
    surface = world.surface(world.level(0, 0, 1000, 300), [[(0, 30), (1000, 30)]])
    paths = world.travel(surface, [[500, 100], [503, 100]], [[500, 100]], mode=mode, towards=towards).paths
    assert paths.minutes.tolist() == pytest.approx([0.0, 0.036])
    assert not paths.on_road.any()
    assert paths.source.tolist() == [0, 0]


def test_neighbours_across_a_river_do_not_meet(world):
    """20 m apart with the river between: no direct way, and none at all without a bridge."""
    river = world.draw(LineString([(-9, 310), (609, 310)]))
    surface = world.surface(world.level(0, 0, 600, 600, barriers=river), barriers=river)
    trip = world.travel(surface, [[300, 300]], [[300, 320]])
    assert len(trip.meetings.a) == 0
    assert np.isinf(trip.paths.minutes[0])
    assert trip.paths.ticks[0] == NEVER


def test_one_way_between_two_feet_is_ridden_one_way(world):
    """Between the same two stops, both feet on the road: with the stream 20 m ridden, against it 20 m walked."""
    surface = world.surface(world.level(-30, -30, 600, 90), [[(0, 30), (600, 30)]], oneway=[1])
    trip = world.travel(surface, [[10, 30]], [[30, 30]])
    assert trip.paths.minutes[0] == 0.06
    assert world.travel(surface, [[10, 30]], [[30, 30]], towards=False).paths.minutes[0] == 0.24


def test_ties_go_to_the_lowest_facility(world):
    """Three clinics at one door: the first of them, for who lives there and for who comes from afar."""
    surface = world.surface(world.level(0, 0, 900, 90), [[(0, 15), (900, 15)]])
    trip = world.travel(surface, [[450, 45], [45, 45], [50, 45]], [[855, 45], [45, 45], [45, 45], [45, 45]])
    assert trip.paths.source[1:].tolist() == [1, 1]
    trip = world.travel(surface, [[450, 45], [45, 45], [850, 45]], [[855, 45], [855, 45]])
    assert trip.paths.source.tolist() == [0, 0, 0]


def test_a_meeting_at_one_point_of_a_road_is_a_walk(world):
    """Round the end of a wall by a road's end, where no cell's centre can be seen: nothing of the road is used, so all is off-road leg."""
    wall = world.draw(LineString([(300, -9), (300, 299)]), LineString([(300, 301), (300, 609)]))
    surface = world.surface(world.level(0, 0, 600, 600, barriers=wall), [[(300, 300), (300, 300.5)]], barriers=wall)
    paths = world.travel(surface, [[290, 320]], [[310, 320]]).paths
    off = 2 * np.hypot(10, 19.5)
    assert paths.minutes[0] == pytest.approx(off / 5000 * 60, abs=1e-9)
    assert paths.parts[0, :6].tolist() == pytest.approx([off, off / 5000 * 60, 0, 0, 0, 0])
    assert not paths.on_road[0]


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), towards=st.booleans(), mode=st.sampled_from(["ride", "walk"]))
def test_ticks_paths_and_steps_tell_one_story(world, scenes, seed, towards, mode):
    """`read_ticks` is what `read_paths` compares by; the quickest leg is no slower than any other; direct ways are mirrored by side."""
    scene = scenes.draw_scene(seed, speeds=world.speeds, walking=world.walking)
    trip = world.travel(scene.surface, scene.here, scene.there, towards=towards, mode=mode)
    count = len(scene.here)
    np.testing.assert_array_equal(read_ticks(trip.field, trip.near_legs, count, trip.meetings), trip.paths.ticks)
    paths, steps, reached = follow_paths(trip.field, trip.near, trip.near_legs, trip.far, trip.far_legs, trip.meetings)
    np.testing.assert_array_equal(paths.minutes, trip.paths.minutes)
    ticks, leg = best_legs(trip.field, trip.near_legs, count)
    assert reached.tolist() == np.flatnonzero(leg >= 0).tolist()
    assert len(steps.seed) == len(reached)
    assert (trip.paths.ticks <= ticks).all()
    turned = meet(trip.far, trip.near, scene.surface, trip.ways)
    key, other = (
        np.lexsort((trip.meetings.there_min, trip.meetings.b, trip.meetings.a)),
        np.lexsort((turned.back_min, turned.a, turned.b)),
    )
    np.testing.assert_array_equal(trip.meetings.a[key], turned.b[other])
    assert trip.meetings.there_min[key] == pytest.approx(turned.back_min[other])
    for minutes, parts in (
        (trip.meetings.there_min, trip.meetings.parts_there),
        (trip.meetings.back_min, trip.meetings.parts_back),
    ):
        known = np.isfinite(minutes)
        assert parts[known][:, [1, 3, 5]].sum(axis=1) == pytest.approx(minutes[known], abs=1e-9)
        assert parts[known][:, [7, 9]].sum(axis=1) == pytest.approx(minutes[known], abs=1e-9)
    known = ticks < NEVER
    assert (trip.paths.minutes[known] <= ticks[known] / TICKS_PER_MIN + 1e-3).all()
