"""Paths are followed back step by step: each step fits to the tick, and times again what the search found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.retime import PARTS
from geoplan.access.ticks import TICKS_PER_MIN
from geoplan.access.trace import BY_ARC, BY_LINK, trace
from geoplan.contracts.ground import MOVES


def test_three_level_cells_in_a_row_are_two_moves_west(world):
    """The seed in the first cell: the path of the third is move 2, move 2, seed."""
    ground = world.hills(world.grid(np.zeros((1, 7))))
    trip = world.travel(world.surface(ground), np.zeros((0, 2)), [[15, -15]])
    steps = trace(trip.field, np.array([6]))
    # The facility's own legs reach the cells around it, so the last steps are its straight walk.
    assert steps.via.tolist()[:-1] == [2] * (len(steps.via) - 1)
    assert steps.via[-1] == -1
    assert steps.code.tolist() == list(range(6, 6 - len(steps.code), -1))


def test_the_parts_of_a_hand_made_path_are_told(world):
    """60 m level to the road, 2 km at 20 km/h, 60 m level to the clinic: 0.72 + 6 + 0.72 min, 1.44 walked and 6 ridden."""
    surface = world.surface(world.level(0, 0, 3000, 600), [[(0, 300), (3000, 300)]])
    trip = world.travel(surface, [[500, 360]], [[2500, 240]])
    parts = dict(zip(PARTS, trip.paths.parts[0], strict=True))
    # Slantwise to the road, as light bends into glass: a little more walked, a little less ridden, 0.05 min saved.
    assert 7.39 < trip.paths.minutes[0] <= 7.44
    assert parts["off_road_min"] + parts["network_min"] + parts["facility_off_road_min"] == pytest.approx(trip.paths.minutes[0])
    assert parts["ride_min"] == parts["network_min"] == pytest.approx(parts["ride_m"] / 20000 * 60)
    assert parts["walk_min"] == pytest.approx(parts["walk_m"] / 5000 * 60)
    assert parts["walk_m"] == pytest.approx(120, abs=15)
    assert parts["ascent_m"] == parts["descent_m"] == 0.0


def test_a_climb_is_booked_as_ascent_there_and_descent_back(world):
    """600 m up a plane of 0.1: 60 m up, none down; from the top 60 m down, none up; the same whichever end was searched from."""
    ground = world.hills(world.grid(np.tile(3.0 * np.arange(31), (3, 1))))
    surface = world.surface(ground)
    for towards in (True, False):
        up = world.travel(surface, [[15, -45]], [[615, -45]], towards=towards).paths.parts[0]
        down = world.travel(surface, [[615, -45]], [[15, -45]], towards=towards).paths.parts[0]
        if not towards:
            up, down = down, up
        assert up[10:].tolist() == pytest.approx([60.0, 0.0])
        assert down[10:].tolist() == pytest.approx([0.0, 60.0])


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), towards=st.booleans(), mode=st.sampled_from(["ride", "walk"]))
def test_every_step_fits_to_the_tick_and_leads_to_a_seed(world, twin, scenes, seed, towards, mode):
    """t(next) + cost = t(here) for every move, link and arc, by the naive twin's costs; moves lead where they say."""
    scene = scenes.draw_scene(seed, speeds=world.speeds, walking=world.walking)
    trip = world.travel(scene.surface, scene.here, scene.there, towards=towards, mode=mode)
    cells, cols = trip.field.time.size, trip.field.time.shape[1]
    time = np.r_[trip.field.time.ravel(), trip.field.node_time].astype(np.int64)
    start = np.flatnonzero(time < 2**32 - 1)
    steps = trace(trip.field, start)
    least = {}
    for a, out in twin.lay_arcs(scene.surface, trip.ways, ticks=True).items():
        for b, cost in out:
            least[a, b] = min(least.get((a, b), cost), cost)
    assert (steps.seed >= 0).all()
    for n, first in enumerate(steps.first[:-1]):
        path = steps.code[first : steps.first[n + 1]]
        assert path[0] == start[n]
        assert time[path[-1]] == trip.field.seeds.ticks[steps.seed[n]]
        assert trip.field.seeds.code[steps.seed[n]] == path[-1]
        for here, there, via in zip(path[:-1], path[1:], steps.via[first:], strict=False):
            pair = (here, there) if towards else (there, here)
            assert time[there] + least[pair] == time[here]
            if via < BY_LINK:
                assert (there // cols - here // cols, there % cols - here % cols) == tuple(MOVES[via])
            elif via >= BY_ARC:
                row = via - BY_ARC
                assert (cells + trip.ways.start[row], cells + trip.ways.end[row]) == pair
    assert trip.field.minutes()[trip.field.time < 2**32 - 1] == pytest.approx(
        trip.field.time[trip.field.time < 2**32 - 1] / TICKS_PER_MIN, rel=1e-6
    )
