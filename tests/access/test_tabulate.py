"""From paths to the columns of the table of times: parts, routes, and the reason wherever there is no time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from geoplan.access.tabulate import find_status, list_times, nearest_component, tabulate_times

LINES = [[(0, 315), (3000, 315)], [(0, 1215), (600, 1215)]]


def listed(trip, surface, facilities=None):
    mine = np.arange(len(trip.far.xy)) if facilities is None else facilities
    return tabulate_times(list_times(trip.near, trip.far, trip.paths, None, mine, surface=surface))


def test_every_reason_for_no_time_has_its_own_status(world):
    """Behind a moat: unreachable. On the sea, farther than may be moved: unsnapped. No coordinates, or no facility with any: no_data. All NaN."""
    moat = world.draw(LineString([(1500, 1500), (1700, 1500), (1700, 1700), (1500, 1700), (1500, 1500)]))
    surface = world.surface(world.level(0, 0, 3000, 1800, barriers=moat), LINES, barriers=moat)
    here = [[15, 315], [1600, 1600], [15, -900], [np.nan, np.nan]]
    table = listed(world.travel(surface, here, [[2985, 315]]), surface)
    assert table["status"].tolist() == ["ok", "unreachable", "unsnapped", "no_data"]
    numbers = [
        "travel_time_min",
        "network_min",
        "walk_min",
        "off_road_m",
        "facility_off_road_min",
        "level_distance_m",
        "climb_m",
        "facility",
    ]
    for name in numbers:
        assert table[name].isna().tolist() == [False, True, True, True], name
    assert table["route"].tolist() == ["network", "", "", ""]
    for nobody in (np.zeros((0, 2)), [[np.nan, np.nan]]):
        trip = world.travel(surface, here, nobody)
        assert listed(trip, surface)["status"].tolist() == ["no_data"] * 4
    # A facility nobody can leave the sea from is there, and out of reach.
    assert listed(world.travel(surface, here, [[15, -900]]), surface)["status"].tolist()[0] == "unreachable"


def test_a_walk_that_uses_no_road_is_all_off_road_leg(world):
    """300 m over the fields: 3.6 min, route walk, no network, level distance 300 m, no climb; the component is that of the road at the door."""
    surface = world.surface(world.level(0, 0, 3000, 1800), LINES)
    row = listed(world.travel(surface, [[615, 1245]], [[915, 1245]]), surface).iloc[0]
    assert (row["route"], row["travel_time_min"], row["off_road_min"], row["facility_off_road_min"]) == (
        "walk",
        3.6,
        pytest.approx(3.6),
        0.0,
    )
    assert np.isnan(row["network_min"])
    assert np.isnan(row["network_m"])
    assert (row["level_distance_m"], row["climb_m"]) == (300.0, 0.0)
    assert row["component"] == surface.network.edges.set_index("road_id").loc["r1", "component"]


def test_a_ride_tells_its_road_and_its_component(world):
    """2,970 m along the road: 8.91 min, all of it ridden."""
    surface = world.surface(world.level(0, 0, 3000, 1800), LINES)
    row = listed(world.travel(surface, [[15, 315]], [[2985, 315]]), surface).iloc[0]
    assert (row["route"], row["travel_time_min"]) == ("network", 8.91)
    assert (row["network_m"], row["ride_m"], row["walk_m"]) == (pytest.approx(2970.0), pytest.approx(2970.0), 0.0)
    assert row["component"] == surface.network.edges.set_index("road_id").loc["r0", "component"]


def test_the_way_there_and_back_is_told_apart_by_sides(world):
    """Up a plane and down: minutes of both ways, metres of one; the settlement's side is its own both times."""
    surface = world.surface(world.hills(world.grid(np.tile(3.0 * np.arange(40), (3, 1)))))
    there, back = (world.travel(surface, [[15, -45]], [[1035, -45]], towards=one) for one in (True, False))
    columns = list_times(there.near, there.far, there.paths, back.paths, np.arange(1), surface=surface)
    assert columns["travel_time_min"][0] == pytest.approx(12.24 * np.exp(0.35) + 12.24, abs=1e-8)
    assert columns["off_road_min"][0] == pytest.approx(columns["travel_time_min"][0])
    assert columns["walk_m"][0] == pytest.approx(1020.0)
    assert (columns["ascent_m"][0], columns["descent_m"][0], columns["climb_m"][0]) == pytest.approx((102.0, 0.0, 102.0))


def test_the_nearest_component_is_that_of_the_nearest_road_within_reach(world):
    surface = world.surface(world.level(0, 0, 3000, 1800), LINES)
    near = world.travel(surface, [[100, 360], [100, 1200], [100, 700]], [[15, 315]]).near
    ids = surface.network.edges.set_index("road_id")["component"]
    assert nearest_component(near, surface).tolist() == [ids["r0"], ids["r1"], -1]


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), mode=st.sampled_from(["ride", "walk"]))
def test_the_parts_of_the_table_add_up_and_no_number_stands_without_its_status(world, scenes, seed, mode):
    """off-road + network + off-road = walk + ride = the time, for every row that is ok; NaN and an empty route in every other."""
    scene = scenes.draw_scene(seed, points=6, speeds=world.speeds, walking=world.walking)
    trip = world.travel(scene.surface, scene.here, scene.there, mode=mode, move_max_m=40.0)
    table = listed(trip, scene.surface)
    ok = (table["status"] == "ok").to_numpy()
    assert set(table["status"]) <= {"ok", "unreachable", "unsnapped"}
    np.testing.assert_array_equal(table["status"], find_status(trip.near, trip.far, trip.paths, np.arange(len(scene.there))))
    total = table["travel_time_min"].to_numpy()
    np.testing.assert_array_equal(np.isfinite(total), ok)
    parts = table[["off_road_min", "network_min", "facility_off_road_min"]].sum(axis=1).to_numpy()
    assert parts[ok] == pytest.approx(total[ok], abs=1e-8)
    assert table[["walk_min", "ride_min"]].sum(axis=1).to_numpy()[ok] == pytest.approx(total[ok], abs=1e-8)
    np.testing.assert_array_equal(table["network_min"].notna(), table["route"] == "network")
    np.testing.assert_array_equal(table["route"] == "", ~ok)
    np.testing.assert_array_equal(table["facility"].notna(), ok)
