"""The reach table is the field, facility by facility: its least minutes are the nearest-facility times, closing one is solving without it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access import close_facilities, nearest, tabulate_reach
from geoplan.errors import TableError


def table(found, surface, *, cutoff_min=np.inf, **options):
    ids = [f"s{i}" for i in range(len(found.near.xy))], [f"f{i}" for i in range(len(found.far.xy))]
    return tabulate_reach(
        found.near, found.far, surface, found.ways, demand_ids=ids[0], supply_ids=ids[1], cutoff_min=cutoff_min, **options
    )


def test_only_what_lies_within_the_cut_off_is_in_the_table(world):
    """By hand: clinics 1 and 2 km along a road of 20 km/h: 3 and 6 min. Exactly 6.0 is within 6; within 5 is the first alone."""
    surface = world.surface(world.level(-300, -300, 2400, 300), [[(0, 0), (2000, 0)]])
    found = world.travel(surface, [(0, 0)], [(1000, 0), (2000, 0)])
    assert table(found, surface, cutoff_min=6.0).minutes.tolist() == [3.0, 6.0]
    assert table(found, surface, cutoff_min=5.0).minutes.tolist() == [3.0]
    assert table(found, surface, cutoff_min=5.999).minutes.tolist() == [3.0]


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_least_of_each_row_is_the_nearest_facility(world, scenes, seed):
    scene = scenes.draw_scene(seed, world.speeds, world.walking)
    found = world.travel(scene.surface, scene.here, scene.there)
    reach = table(found, scene.surface)
    rows = nearest(reach).set_index("demand_id")["travel_time_min"].to_numpy()
    np.testing.assert_allclose(np.nan_to_num(rows, nan=np.inf), found.paths.minutes, atol=1e-9)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), cutoff=st.floats(0.2, 20.0))
def test_closing_by_look_up_is_searching_without_it(world, scenes, seed, cutoff):
    scene = scenes.draw_scene(seed, world.speeds, world.walking)
    found = world.travel(scene.surface, scene.here, scene.there)
    closed = close_facilities(table(found, scene.surface, cutoff_min=cutoff), ["f0"])
    kept = np.arange(1, len(found.far.xy))
    ids = [f"s{i}" for i in range(len(found.near.xy))], [f"f{i}" for i in kept]
    anew = tabulate_reach(
        found.near, found.far, scene.surface, found.ways, demand_ids=ids[0], supply_ids=ids[1], cutoff_min=cutoff, facilities=kept
    )
    np.testing.assert_array_equal(closed.minutes, anew.minutes)
    np.testing.assert_array_equal(closed.demand, anew.demand)
    assert closed.supply_ids.tolist() == anew.supply_ids.tolist()


def test_nobody_and_no_facility_is_left_out(world):
    """A village off the grid, a clinic off the grid and one without coordinates: listed with their status; progress counts searches."""
    surface = world.surface(world.level(0, 0, 900, 900))
    found = world.travel(surface, [(100, 100), (99_000, 0)], [(500, 500), (99_000, 0), (np.nan, np.nan)])
    told = []
    reach = table(found, surface, progress=lambda done, of: told.append((done, of)))
    assert reach.demand_status.tolist() == ["ok", "unsnapped"]
    assert reach.supply_status.tolist() == ["ok", "unsnapped", "no_data"]
    assert (len(reach.minutes), told) == (1, [(1, 1)])


def test_ids_fit_the_points(world):
    surface = world.surface(world.level(0, 0, 300, 300))
    found = world.travel(surface, [(15, 15)], [(100, 100)])
    with pytest.raises(TableError, match="REACH-IDS"):
        tabulate_reach(found.near, found.far, surface, found.ways, demand_ids=[], supply_ids=["f"], cutoff_min=5.0)
