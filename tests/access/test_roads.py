"""The nearest motorable and the nearest all-weather road of every settlement, over the ground and never across a barrier."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from geoplan.access import enter, find_roads

#   y = 700  ────────── r1 concrete
#               │ r2 footpath
#   y =   0  ────────── r0 earth
LINES = [[(0, 0), (3000, 0)], [(0, 700), (3000, 700)], [(1000, 0), (1000, 700)]]
COLUMNS = {"surface": ["earth", "concrete", "earth"], "road_class": ["village", "village", "path"]}


def roads_of(world, xy, lines=LINES, *, barriers=None, season="dry", **columns):
    ground = world.level(-300, -300, 3300, 1500, barriers=barriers)
    surface = world.surface(ground, lines, barriers=barriers, **(columns or COLUMNS))
    return find_roads(enter(np.array(xy, dtype=float), surface, move_max_m=500.0), surface, season=season, speeds=world.speeds)


def test_gravel_at_300_m_and_concrete_at_800_are_told_apart(world):
    """Level ground: off_road_m 300 and all_weather_m 800, straight along columns of cells; 3.6 and 9.6 min."""
    road = roads_of(world, [[15, 315]], [[(0, 15), (3000, 15)], [(0, 1115), (3000, 1115)]], surface=["gravel", "concrete"]).iloc[
        0
    ]
    assert (road["off_road_m"], road["all_weather_m"]) == pytest.approx((300.0, 800.0))
    assert (road["off_road_min"], road["all_weather_min"]) == pytest.approx((3.6, 9.6))
    assert (road["road_id"], road["surface"], road["all_weather_road_id"]) == ("r0", "gravel", "r1")


def test_a_footpath_is_walked_and_is_no_road(world):
    """Standing on the path at (1000, 300): 300 m along it to the earth road, 400 m to the concrete one."""
    road = roads_of(world, [[1000, 300]]).iloc[0]
    assert (road["off_road_m"], road["road_id"], road["road_class"]) == (pytest.approx(300.0), "r0", "village")
    assert (road["all_weather_m"], road["all_weather_road_id"]) == (pytest.approx(400.0), "r1")


def test_a_road_at_the_door_is_joined_straight(world):
    """12 m beside it, wherever its stops are: 12 m and 0.144 min; on it: 0."""
    road = roads_of(world, [[1234.5, 12], [777, 0]])
    assert road["off_road_m"].tolist() == [12.0, 0.0]
    assert road["off_road_min"].tolist() == pytest.approx([0.144, 0.0])


def test_every_reason_for_no_road_has_its_own_status(world):
    """4 km off the ground: unsnapped; no coordinates: no_data; behind a moat: unreachable. Numbers are missing with it, ids empty."""
    moat = world.draw(LineString([(1900, 1000), (2100, 1000), (2100, 1200), (1900, 1200), (1900, 1000)]))
    road = roads_of(world, [[1000, 300], [0, 9000], [np.nan, 0], [2000, 1100]], barriers=moat)
    assert road["status"].tolist() == ["ok", "unsnapped", "no_data", "unreachable"]
    assert road["all_weather_status"].tolist() == ["ok", "unsnapped", "no_data", "unreachable"]
    assert road["off_road_m"].isna().tolist() == [False, True, True, True]
    assert road["road_id"].tolist()[1:] == ["", "", ""]
    assert road["width_m"].isna().tolist() == [False, True, True, True]


def test_a_river_leaves_the_road_on_this_side(world):
    """Between (1000, 300) and the earth road: the hardened one is the nearest of both kinds, though the path leads over the river on no bridge."""
    river = world.draw(LineString([(-9000, 150), (9000, 150)]))
    road = roads_of(world, [[1305, 300]], LINES[:2], barriers=river, surface=["earth", "concrete"]).iloc[0]
    assert (road["off_road_m"], road["road_id"]) == (pytest.approx(400.0), "r1")
    assert road["all_weather_road_id"] == "r1"


def test_a_county_without_a_hardened_road_has_no_data_on_it(world):
    """The question has no answer in this layer, and says so for everybody; without any road likewise for both."""
    road = roads_of(world, [[1000, 300], [5, 5]], LINES[:1], surface=["earth"])
    assert road["status"].tolist() == ["ok", "ok"]
    assert set(road["all_weather_status"]) == {"no_data"}
    assert road["all_weather_m"].isna().all()
    assert set(roads_of(world, [[1000, 300]], [], surface=[])["status"]) == {"no_data"}


@pytest.mark.parametrize("kind", ["tunnel", "motorway", "ferry", "rope"])
def test_what_cannot_be_joined_is_not_at_the_door(world, kind):
    """A tunnel below, a motorway beside: the road 300 m away counts, not they; at their loose end a tunnel or motorway does."""
    columns = {"road_class": [kind, "village"]} if kind in ("motorway", "ferry") else {"road_class": ["village", "village"]}
    crossing = ["" if kind == "motorway" else kind, ""]
    road = roads_of(world, [[1515, 15]], [[(0, 15), (3000, 15)], [(0, 315), (3000, 315)]], crossing=crossing, **columns).iloc[0]
    assert (road["road_id"], road["off_road_m"]) == ("r1", pytest.approx(300.0))


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), season=st.sampled_from(["dry", "wet"]))
def test_the_all_weather_road_is_never_nearer_than_the_nearest(world, scenes, seed, season):
    """It is a road among others; nobody walks quicker than Tobler's best; a status of ok has its numbers, and no other has."""
    scene = scenes.draw_scene(seed, speeds=world.speeds, walking=world.walking)
    near = enter(scene.here, scene.surface, move_max_m=200.0)
    road = find_roads(near, scene.surface, season=season, speeds=world.speeds)
    for prefix, metres, minutes in (("", "off_road_m", "off_road_min"), ("all_weather_", "all_weather_m", "all_weather_min")):
        ok = road[f"{prefix}status"] == "ok"
        np.testing.assert_array_equal(ok, road[metres].notna())
        np.testing.assert_array_equal(ok, road[minutes].notna())
        np.testing.assert_array_equal(ok, road[f"{prefix}road_id"] != "")
        assert (road.loc[ok, minutes] >= road.loc[ok, metres] / 5956.3 * 60 - 1e-6).all()
    both = road["all_weather_status"] == "ok"
    assert (road.loc[both, "status"] == "ok").all()
    assert (road.loc[both, "off_road_min"] <= road.loc[both, "all_weather_min"] + 1e-3).all()
