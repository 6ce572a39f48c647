"""Arcs between stops: minutes by mode, season and walker, whole ticks that add up to their edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access import lay_ways, time_edges
from geoplan.access.ways import TICKS_PER_MIN
from geoplan.errors import NetworkError

SIX_DAYS_MIN = 2**32 / TICKS_PER_MIN
"""Ticks that 32 bits do not hold, and so count as never."""


def test_a_stop_halves_a_kilometre_into_two_arcs_each_way(world):
    """1 km at 20 km/h: the arcs between its stops add up to 3 min = 1,474,560 ticks each way, half of them before the middle."""
    surface = world.surface(world.level(0, 0, 1000, 500, cell_m=500.0), [[(0, 250), (1000, 250)]])
    ways = lay_ways(surface, *time_edges(surface.network, mode="ride", season="dry"))
    for way in (0, 1):
        assert ways.ticks[ways.way == way].tolist() == [368_640, 737_280, 368_640]
    assert sorted(ways.share_from[ways.way == 0].tolist()) == [0.0, 0.25, 0.75]


def test_one_way_is_driven_along_and_walked_back(world):
    """1 km at 20 km/h: 3 min with the stream, 12 min on foot against it; in mode walk 12 both ways."""
    network = world.network([[(0, 0), (1000, 0)]], oneway=[1])
    minutes, walked = time_edges(network, mode="ride", season="dry")
    assert minutes.ravel().tolist() == pytest.approx([3.0, 12.0])
    assert walked.ravel().tolist() == [False, True]
    minutes, walked = time_edges(network, mode="walk", season="dry")
    assert minutes.ravel().tolist() == pytest.approx([12.0, 12.0])
    assert walked.all()


def test_a_vehicle_slower_than_walking_is_left(world):
    """A track in the wet at 4 km/h: one walks at 5."""
    rows = [row.model_copy(update={"kmh": 4.0}) for row in world.speeds.rows]
    network = world.network([[(0, 0), (1000, 0)]], profile=world.speeds.model_copy(update={"rows": rows}))
    minutes, walked = time_edges(network, mode="ride", season="dry")
    assert minutes.ravel().tolist() == pytest.approx([12.0, 12.0])
    assert walked.all()


def test_a_walker_is_slowed_on_foot_and_neither_on_wheels_nor_on_water_nor_waiting(world):
    """Half as quick: a path of 12 min takes 24, a road 3 as before, a ferry its 3 + 15 min, a rope 10 min of waiting and twice the walk."""
    lines = [[(0, 0), (1000, 0)], [(0, 900), (1000, 900)], [(0, 1800), (300, 1800)], [(0, 2700), (100, 2700)]]
    network = world.network(lines, road_class=["path", "village", "ferry", "path"], crossing=["", "", "ferry", "rope"])
    minutes, _ = time_edges(network, mode="ride", season="dry", walker=0.5)
    assert minutes[0].tolist() == pytest.approx([24.0, 3.0, 18.0, 10.0 + 2.4])
    assert time_edges(network, mode="walk", season="dry", walker=0.5)[0][0].tolist() == pytest.approx([24.0, 24.0, 18.0, 12.4])


def test_crossings_close_in_the_wet(world):
    """Ford, ferry and rope have no arcs then; a bridge and a road have."""
    lines = [[(0, 900 * i), (100, 900 * i)] for i in range(5)]
    network = world.network(lines, crossing=["ford", "ferry", "rope", "bridge", ""])
    for mode in ("ride", "walk"):
        assert np.isinf(time_edges(network, mode=mode, season="wet")[0]).all(axis=0).tolist() == [True, True, True, False, False]
    surface = world.surface(world.level(0, 0, 300, 3700), lines, crossing=["ford", "ferry", "rope", "bridge", ""])
    ways = lay_ways(surface, *time_edges(surface.network, mode="ride", season="wet"))
    assert set(ways.edge.tolist()) == {3, 4}


def test_a_season_or_mode_the_network_was_not_timed_for_is_refused(world):
    """A monsoon nobody timed, a balloon nobody has: one error each, with its code."""
    network = world.network([[(0, 0), (1000, 0)]])
    with pytest.raises(NetworkError, match="NETWORK-SEASON"):
        time_edges(network, mode="ride", season="monsoon")
    with pytest.raises(NetworkError, match="NETWORK-MODE"):
        time_edges(network, mode="balloon", season="dry")


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), mode=st.sampled_from(["ride", "walk"]), season=st.sampled_from(["dry", "wet"]))
def test_the_arcs_of_an_edge_add_up_to_the_edge(world, scenes, seed, mode, season):
    """Shares join end to end from 0 to 1; ticks sum to the edge's minutes within a tick an arc; closed edges have none."""
    surface = scenes.draw_scene(seed, speeds=world.speeds, walking=world.walking).surface
    ways = lay_ways(surface, *time_edges(surface.network, mode=mode, season=season))
    for edge in range(len(surface.network.edges)):
        for way in (0, 1):
            own = np.flatnonzero((ways.edge == edge) & (ways.way == way))
            if not np.isfinite(ways.edge_min[way, edge]):
                assert len(own) == 0
                continue
            run = np.abs(ways.share_to[own] - ways.share_from[own])
            assert run.sum() == pytest.approx(1.0, abs=1e-9)
            assert (ways.ticks[own] >= 1).all()
            if ways.edge_min[way, edge] > SIX_DAYS_MIN:
                continue
            assert ways.ticks[own].sum() == pytest.approx(ways.edge_min[way, edge] * TICKS_PER_MIN, abs=len(own) + 1)
    assert (np.diff(ways.start[ways.order]) >= 0).all()
    assert (np.diff(ways.end[ways.back_order]) >= 0).all()
