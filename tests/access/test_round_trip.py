"""There and back goes to one facility, and to the best one: what trying every facility finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access import lay_costs, lay_legs, lay_ways, meet, time_edges
from geoplan.access.round_trip import Trip, search_round_trip
from geoplan.access.ticks import TICKS_PER_MIN


def prepare(world, surface, here, there, *, mode="ride", season="dry"):
    """Return what a round trip is searched with."""
    one = world.travel(surface, here, there, mode=mode, season=season)
    ways = lay_ways(surface, *time_edges(surface.network, mode=mode, season=season))
    costs = [
        lay_costs(surface, ways, towards=towards, tile=tile)
        for towards, tile in ((True, 256), (False, 256), (True, 4), (False, 4))
    ]
    # Near costs: towards the settlement, and away from it.
    near_legs, far_legs = (lay_legs(entries, surface, ways) for entries in (one.near, one.far))
    pairs = meet(one.near, one.far, surface, ways)
    return Trip(*costs, one.near, near_legs, one.far, far_legs, pairs, np.arange(len(one.far.xy)))


def brute_force(world, surface, here, there, **traveller):
    """Return (here, there) minutes there plus back, one facility at a time."""
    sides = [
        np.array([world.travel(surface, here, [one], towards=towards, **traveller).paths.minutes for one in there]).T
        for towards in (True, False)
    ]
    return sides[0] + sides[1]


def test_a_round_trip_goes_to_and_from_one_facility(world):
    """The nearest to go to is not the nearest to come back from: by the one-way road A is 3 min away and 15 back; B 6 and 6; the sum decides."""
    lines = [[(0, 0), (1000, 0)], [(1000, 0), (1000, 2000), (0, 2000), (0, 0)], [(0, 0), (-2000, 0)]]
    surface = world.surface(world.level(-2100, -60, 1100, 60), lines, oneway=[1, 1, 0], road_class=["county", "county", "county"])
    here, there = [[0, 0]], [[1000, 0], [-1300, 0]]
    nearest = world.travel(surface, here, there).paths
    assert (nearest.source[0], nearest.minutes[0]) == (0, 2.0)
    out, back = search_round_trip(prepare(world, surface, here, there))
    assert (out.source[0], back.source[0]) == (1, 1)
    assert out.minutes[0] == back.minutes[0] == 2.6
    assert brute_force(world, surface, here, there)[0].tolist() == pytest.approx([12.0, 5.2])


def test_walking_up_and_home_down_is_the_sum_of_both(world):
    """1.2 km on a plane of 0.1: up 20.435 min, home 14.4."""
    surface = world.surface(world.hills(world.grid(np.tile(2.0 * np.arange(61), (3, 1)), cell_m=20.0)))
    out, back = search_round_trip(prepare(world, surface, [[10, -30]], [[1210, -30]], mode="walk"))
    assert out.minutes[0] == pytest.approx(14.4 * np.exp(0.35), abs=1e-6)
    assert back.minutes[0] == pytest.approx(14.4, abs=1e-6)


def test_who_can_go_and_not_come_back_has_no_round_trip(world):
    """A one-way over the only dam: there, and never back on wheels or foot, because it is a motorway."""
    lake = world.grid(np.full((40, 40), 80.0), north=600.0, west=-300.0)
    surface = world.surface(
        world.hills(world.grid(np.zeros((40, 40)), north=600.0, west=-300.0), landcover=lake),
        [[(0, 0), (200, 0)], [(200, 0), (500, 0)], [(500, 0), (700, 0)]],
        road_class=["village", "motorway", "village"],
        oneway=[0, 1, 0],
    )
    assert np.isfinite(world.travel(surface, [[0, 0]], [[700, 0]]).paths.minutes[0])
    out, back = search_round_trip(prepare(world, surface, [[0, 0]], [[700, 0]]))
    for paths in (out, back):
        assert np.isinf(paths.minutes[0])
        assert paths.source[0] == -1
        assert np.isnan(paths.parts).all()


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), mode=st.sampled_from(["ride", "walk"]), season=st.sampled_from(["dry", "wet"]))
def test_a_round_trip_is_the_best_sum_over_all_facilities(world, scenes, seed, mode, season):
    """min over f of (to f + from f), one-ways and hills included; both halves to the same facility; parts add up."""
    scene = scenes.draw_scene(seed, points=6, rows=14, cols=14, speeds=world.speeds, walking=world.walking)
    naive = brute_force(world, scene.surface, scene.here, scene.there, mode=mode, season=season)
    out, back = search_round_trip(prepare(world, scene.surface, scene.here, scene.there, mode=mode, season=season))
    slack = 400 / TICKS_PER_MIN
    assert out.minutes + back.minutes == pytest.approx(naive.min(axis=1), abs=slack)
    np.testing.assert_array_equal(out.source, back.source)
    known = np.flatnonzero(out.source >= 0)
    assert naive[known, out.source[known]] == pytest.approx(naive.min(axis=1)[known], abs=slack)
    for paths in (out, back):
        parts = paths.parts[known]
        assert parts[:, [1, 3, 5]].sum(axis=1) == pytest.approx(paths.minutes[known], abs=1e-9)
        assert parts[:, [7, 9]].sum(axis=1) == pytest.approx(paths.minutes[known], abs=1e-9)
