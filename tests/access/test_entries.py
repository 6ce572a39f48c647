"""Points enter at their true position, never across a barrier; what cannot be left is moved within a stated distance, and says so."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from geoplan.access import enter
from geoplan.access.entries import locate_feet
from geoplan.access.surface import cell_centres

LEVEL = (0, 0, 600, 600)


def road_legs(entries):
    return np.flatnonzero(entries.edge >= 0)


def test_a_point_beside_a_road_enters_it_at_its_foot(world):
    """10 m beside a level road: 7.2 s from the foot, 403 m along, wherever cell centres lie; and sixteen centres around it."""
    surface = world.surface(world.level(*LEVEL), [[(0, 300), (600, 300)]])
    found = enter(np.array([[403.0, 310.0]]), surface, move_max_m=0.0)
    [leg] = road_legs(found)
    assert (found.along_m[leg], found.leg_m[leg]) == (403.0, 10.0)
    assert found.there_min[leg] * 60 == pytest.approx(7.2)
    assert found.share[:, leg] == pytest.approx([403 / 600] * 3)
    assert (found.cell >= 0).sum() == 16
    assert (found.moved_m[0], found.status[0]) == (0.0, "ok")
    assert found.xy.tolist() == [[403.0, 310.0]]


def test_a_road_is_joined_straight_within_two_and_a_half_cells(world):
    """75 m off is inside, exactly; a metre more is walked over cells."""
    surface = world.surface(world.level(*LEVEL), [[(0, 300), (600, 300)]])
    found = enter(np.array([[300.0, 375.0], [300.0, 376.0]]), surface, move_max_m=0.0)
    assert found.point[road_legs(found)].tolist() == [0]


def test_no_leg_crosses_the_river_to_a_nearer_road(world):
    """A road 20 m off beyond the river is not joined; one 60 m off on this side is."""
    river = world.draw(LineString([(-9, 310), (609, 310)]))
    surface = world.surface(world.level(*LEVEL, barriers=river), [[(0, 320), (600, 320)], [(0, 240), (600, 240)]], barriers=river)
    found = enter(np.array([[300.0, 300.0]]), surface, move_max_m=0.0)
    assert found.edge[road_legs(found)].tolist() == [1]
    assert (cell_centres(surface.ground, found.cell[found.cell >= 0])[:, 1] < 310).all()


@pytest.mark.parametrize("kind", ["bridge", "tunnel", "ferry", "rope", "motorway"])
def test_nobody_enters_inside_what_is_joined_at_its_ends(world, kind):
    """Beneath the middle there is no leg to the road; beneath a loose end there is one to the node."""
    column = {"road_class": [kind]} if kind == "motorway" else {"crossing": [kind]}
    surface = world.surface(world.level(*LEVEL), [[(100, 300), (500, 300)]], **column)
    found = enter(np.array([[300.0, 310.0], [495.0, 300.0]]), surface, move_max_m=0.0)
    assert len(road_legs(found)) == 0
    at_node = np.flatnonzero(found.node >= 0)
    assert found.point[at_node].tolist() == [1]
    assert surface.stops.xy[found.node[at_node]].tolist() == [[500.0, 300.0]]


def test_a_point_in_a_reservoir_is_moved_ashore_within_the_stated_distance(world):
    """95 m inside a square lake: ashore at the nearest cell that can be left; with less allowed it is unsnapped; the move is told."""
    lake = world.draw(box(100, 100, 500, 500))
    surface = world.surface(world.level(*LEVEL, barriers=lake), barriers=lake)
    point = np.array([[195.0, 315.0]])
    found = enter(point, surface, move_max_m=500.0)
    # The first column of centres outside the lake is x = 75.
    assert found.moved_m[0] == 120.0
    assert found.xy.tolist() == [[75.0, 315.0]]
    assert enter(point, surface, move_max_m=120.0).status.tolist() == ["ok"]
    short = enter(point, surface, move_max_m=np.nextafter(120.0, 0.0))
    assert short.status.tolist() == ["unsnapped"]
    assert np.isnan(short.moved_m[0])
    assert len(short.point) == 0
    assert point.tolist() == [[195.0, 315.0]]


def test_a_point_off_the_grid_is_moved_onto_it_and_one_without_coordinates_has_no_data(world):
    """100 m west of the grid: to the centre 115 m away; 4 km off: unsnapped; NaN: no data; each in its own row."""
    surface = world.surface(world.level(*LEVEL))
    found = enter(np.array([[-100.0, 315.0], [-4000.0, 300.0], [np.nan, 300.0], [300.0, 300.0]]), surface, move_max_m=500.0)
    assert found.status.tolist() == ["ok", "unsnapped", "no_data", "ok"]
    assert found.moved_m[[0, 3]].tolist() == [115.0, 0.0]
    assert np.isnan(found.moved_m[1:3]).all()
    assert sorted(set(found.point.tolist())) == [0, 3]


def test_a_road_beyond_the_ground_takes_a_point_in(world):
    """Where there is no ground, a village on the road is on the road: not moved. One 50 m beside it is moved to the road."""
    surface = world.surface(world.level(*LEVEL), [[(0, 300), (3000, 300)]])
    found = enter(np.array([[2000.0, 300.0], [2000.0, 400.0]]), surface, move_max_m=500.0)
    assert found.status.tolist() == ["ok", "ok"]
    assert found.moved_m.tolist() == [0.0, 100.0]
    assert found.along_m[road_legs(found)].tolist() == [2000.0, 2000.0]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_road_leg_goes_to_the_nearest_point_of_its_road(world, scenes, seed):
    """By GEOS; feet lie between the nodes `locate_feet` names; legs stand in order of points; nothing crosses a barrier."""
    scene = scenes.draw_scene(seed, speeds=world.speeds, walking=world.walking)
    surface = scene.surface
    found = enter(scene.here, surface, move_max_m=300.0)
    assert (np.diff(found.point) >= 0).all()
    assert (found.moved_m[found.status == "ok"] <= 300.0).all()
    lines = surface.network.edges.geometry
    walls = shapely.union_all(list(scene.barriers.geometry))
    for leg in road_legs(found):
        line, point = lines.iloc[found.edge[leg]], shapely.Point(found.xy[found.point[leg]])
        assert found.leg_m[leg] == pytest.approx(line.distance(point), abs=1e-6)
        foot = line.interpolate(found.along_m[leg])
        assert foot.distance(point) == pytest.approx(found.leg_m[leg], abs=1e-6)
        inner = LineString([point, foot])
        if inner.length > 0.1:
            assert not shapely.ops.substring(inner, 0.05, inner.length - 0.05).intersects(walls)
    on_road = road_legs(found)
    if len(on_road):
        low = locate_feet(surface, found.edge[on_road], found.along_m[on_road])
        along = surface.stops.edge_along_m
        assert (along[low] <= found.along_m[on_road] + 1e-9).all()
        assert (along[low + 1] >= found.along_m[on_road] - 1e-9).all()
    assert (found.there_min >= found.leg_m / 5956.3 * 60 - 1e-9).all()


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_foot_on_a_node_is_located_at_it_to_the_last_bit(world, scenes, seed):
    """Whatever the edge's number and the metres before it: the node is the foot's own, or for the edge's end the one before."""
    surface = scenes.draw_scene(seed, world.speeds, world.walking, roads=8).surface
    stops = surface.stops
    edge, place = surface.edge_owner, np.arange(len(stops.edge_node))
    found = locate_feet(surface, edge, stops.edge_along_m)
    assert (found <= stops.edge_first[edge + 1] - 2).all()
    inner = place < stops.edge_first[edge + 1] - 1
    np.testing.assert_array_equal(stops.edge_along_m[found[inner]], stops.edge_along_m[inner])
    np.testing.assert_array_equal(edge[found], edge)
