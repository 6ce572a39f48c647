"""Door-to-door times that can be worked out by pencil: roads, one-ways, ferries, bridges, and what is no way."""

from __future__ import annotations

import numpy as np
import pytest
from shapely import LineString

AREA = (-90, -600, 3090, 1500)


def travel(world, lines, here, there, *, area=AREA, barriers=None, **options):
    columns = {
        name: options.pop(name) for name in list(options) if name in ("crossing", "surface", "road_class", "oneway", "road_layer")
    }
    ground = world.level(*area, barriers=barriers)
    return world.travel(world.surface(ground, lines, barriers=barriers, **columns), here, there, **options).paths


def test_leg_road_and_leg_add_up(world):
    """100 m to the road 1.2 min, 2 km at 20 km/h 6 min, 50 m to the clinic 0.6 min: 7.8 min, less what walking slantwise saves."""
    paths = travel(world, [[(0, 0), (3000, 0)]], [[0, 100]], [[2000, -50]])
    off, network, far = paths.parts[0, [1, 3, 5]]
    assert off + network + far == pytest.approx(paths.minutes[0])
    assert 6 + 1.8 * np.sqrt(15 / 16) <= paths.minutes[0] <= 7.8 + 0.0275 * 1.8
    assert (off, network, far) == pytest.approx((1.2, 6.0, 0.6), abs=0.15)


def test_parallel_edges_keep_the_quickest(world):
    """Two roads between the same ends, 3 and 5 min: 3 min, neither 8 nor 5."""
    line = [(0, 0), (1000, 0)]
    assert travel(world, [line, line], [[0, 0]], [[1000, 0]], surface=["concrete", "earth"]).minutes.tolist() == [3.0]
    assert travel(world, [line, line], [[0, 0]], [[1000, 0]], surface=["earth", "concrete"]).minutes.tolist() == [3.0]


def test_the_way_there_is_not_the_way_back_and_the_table_never_turns(world):
    """A one-way lane towards the clinic is ridden, away from it walked. Three origins for one facility, and one for three."""
    line, here = [(0, 0), (3000, 0)], [[0, 0], [1000, 0], [2000, 0]]
    assert travel(world, [line], here, [[3000, 0]], oneway=[1]).minutes.tolist() == [9.0, 6.0, 3.0]
    assert travel(world, [line], here, [[3000, 0]], oneway=[-1]).minutes.tolist() == [36.0, 24.0, 12.0]
    assert travel(world, [line], here, [[3000, 0]], oneway=[1], towards=False).minutes.tolist() == [36.0, 24.0, 12.0]
    one = travel(world, [line], [[0, 0]], [[3000, 0], [2000, 0], [1000, 0]], oneway=[1])
    assert (one.minutes.tolist(), one.source.tolist()) == ([3.0], [2])


def test_a_bridge_over_the_road_is_no_shortcut(world):
    """High above a gorge whose sides nobody climbs: the clinic stands on the road below, the village on the bridge road: no way down."""
    gorge = world.draw(LineString([(-30, -590), (-30, 1490)]), LineString([(30, -590), (30, 1490)]))
    lines = [[(-80, 15), (-50, 15)], [(-50, 15), (50, 15)], [(50, 15), (500, 15)], [(0, -500), (0, 500)]]
    found = travel(world, lines, [[-80, 15], [0, -400]], [[0, 500]], barriers=gorge, crossing=["", "bridge", "", ""])
    assert found.minutes.tolist() == [np.inf, 2.7]
    assert travel(world, lines, [[-80, 15]], [[500, 15]], barriers=gorge, crossing=["", "bridge", "", ""]).minutes.tolist() == [
        1.74
    ]


def test_roads_on_two_levels_do_not_join_where_they_cross(world):
    """An overpass without a bridge tag, on layer 1: one leaves it on foot there, and rides on below; by wheels alone it is a detour."""
    lines = [[(0, 15), (1000, 15)], [(495, -500), (495, 500)]]
    joined = travel(world, lines, [[0, 15]], [[495, 500]])
    apart = travel(world, lines, [[0, 15]], [[495, 500]], road_layer=[1, 0])
    assert joined.minutes[0] == pytest.approx((495 + 485) / 20000 * 60, abs=1e-9)
    assert joined.minutes[0] <= apart.minutes[0] + 1e-9


def test_the_ferry_village_is_cut_off_in_the_wet(world):
    """Dry: 300 m road 0.9, ferry 200 m at 6 km/h 2 min and 15 of waiting, 500 m road 1.5; wet: no way over the river."""
    river = world.draw(LineString([(400, -600), (400, 1500)]))
    lines = [[(0, 0), (300, 0)], [(300, 0), (500, 0)], [(500, 0), (1000, 0)]]
    columns = {"crossing": ["", "ferry", ""], "road_class": ["village", "ferry", "village"]}
    for mode, road in (("ride", 2.4), ("walk", 9.6)):
        dry = travel(world, lines, [[0, 0]], [[1000, 0]], barriers=river, mode=mode, **columns)
        assert dry.minutes[0] == pytest.approx(road + 2.0 + 15.0, abs=1e-9)
        wet = travel(world, lines, [[0, 0]], [[1000, 0]], barriers=river, mode=mode, season="wet", **columns)
        assert (wet.minutes[0], wet.source[0]) == (np.inf, -1)


def test_an_isolated_piece_next_door_is_not_a_trap(world):
    """A farm lane 20 m away leads nowhere; the road 150 m away leads to the clinic: 1.8 + 3 min, less what walking slantwise saves."""
    lines = [[(0, 15), (200, 15)], [(0, -150), (1100, -150)]]
    paths = travel(world, lines, [[105, 0]], [[1105 - 5, -150]])
    assert 2.985 + 1.8 * np.sqrt(15 / 16) - 1e-9 <= paths.minutes[0] <= 2.985 + 1.8 * 1.0275
    assert paths.on_road[0]


def test_a_facility_far_from_every_road_is_walked_to(world):
    """The only clinic stands 1 km off the network: over the ground, 12 min from the road's end."""
    paths = travel(world, [[(0, 0), (15, 0)]], [[15, 15]], [[15, 1015]])
    assert paths.minutes[0] == pytest.approx(12.0, abs=1e-9)


def test_without_any_road_people_walk(world):
    """An empty network: 600 m straight are 7.2 min, 3 km 36."""
    found = travel(world, [], [[15, 15], [3015, 15]], [[615, 15]])
    assert found.minutes.tolist() == [7.2, 28.8]
    assert not found.on_road.any()


def test_a_ride_beside_a_walk_is_taken_only_if_it_is_quicker(world):
    """300 m across the field 3.6 min against 3 km of road at 9: one walks. With the river between, one rides."""
    loop = [[(0, 0), (0, 1350), (300, 1350), (300, 0)]]
    river = world.draw(LineString([(150, -600), (150, 1300)]))
    walked = travel(world, loop, [[0, 0]], [[300, 0]])
    assert (walked.minutes[0], walked.on_road[0]) == (pytest.approx(3.65, abs=0.05), False)
    ridden = travel(world, loop, [[0, 0]], [[300, 0]], barriers=river)
    assert (ridden.minutes[0], ridden.on_road[0]) == (9.0, True)
