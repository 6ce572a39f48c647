"""Ground and roads joined: links from stops to cells, none across a barrier, none in mid-air."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from geoplan.access.elevation import sample_height_m
from geoplan.access.ground import build_ground
from geoplan.access.surface import cell_centres, cells_around, find_loose_ends
from geoplan.errors import CrsError


def test_a_stop_is_linked_to_the_cells_within_one_and_a_half(world):
    """Road along y = 305, stop at (315, 305): 10 m from the centre (315, 315), 7.2 s at 5 km/h; all centres up to 45 m off, no others."""
    surface = world.surface(world.level(0, 0, 600, 600), [[(0, 305), (600, 305)]])
    node = int(np.flatnonzero((surface.stops.xy == [315.0, 305.0]).all(axis=1))[0])
    own = surface.link_node == node
    centres = cell_centres(surface.ground, surface.link_cell[own])
    near = [(x, y) for x in (285.0, 315.0, 345.0) for y in (255.0, 285.0, 315.0, 345.0) if np.hypot(x - 315, y - 305) <= 45.0]
    assert sorted(map(tuple, centres)) == near
    at = np.flatnonzero((centres == [315.0, 315.0]).all(axis=1))[0]
    assert surface.link_there_min[own][at] * 60 == pytest.approx(7.2)
    assert surface.link_m[own][at] == pytest.approx(10.0)


def test_no_link_crosses_a_river(world):
    """The river runs 2 m beside the road: no cell beyond it is linked; all on this side are."""
    river = world.draw(LineString([(-9, 307), (609, 307)]))
    surface = world.surface(world.level(0, 0, 600, 600, barriers=river), [[(0, 305), (600, 305)]], barriers=river)
    assert (cell_centres(surface.ground, surface.link_cell)[:, 1] < 307).all()
    assert len(np.unique(surface.link_cell)) == 20


def test_the_middle_of_a_bridge_is_not_linked_and_its_loose_end_is(world):
    """A bridge with a road at one end only: the free end is entered on foot, two spans that meet in mid-air are not."""
    network = world.network(
        [[(0, 305), (200, 305)], [(200, 305), (400, 305)], [(400, 305), (600, 305)]], crossing=["", "bridge", "bridge"]
    )
    loose = find_loose_ends(network)
    assert network.nodes[loose].tolist() == [[600.0, 305.0]]
    surface = world.surface(
        world.level(0, 0, 700, 600), [[(0, 305), (200, 305)], [(200, 305), (600, 305)]], crossing=["", "bridge"]
    )
    x = surface.stops.xy[surface.link_node, 0]
    assert not ((x > 200) & (x < 600)).any()
    assert np.unique(surface.link_cell[x == 600]).size == 16


def test_two_ferries_that_meet_at_a_quay_can_be_left_there(world):
    """A landing is a landing, however many boats call."""
    network = world.network([[(0, 0), (300, 0)], [(300, 0), (300, 400)]], crossing=["ferry", "ferry"])
    assert sorted(map(tuple, network.nodes[find_loose_ends(network)])) == [(0.0, 0.0), (300.0, 0.0), (300.0, 400.0)]


def test_the_share_of_an_edge_before_a_stop_is_by_length_or_by_minutes_on_foot(world):
    """1 km rising 0.2 (24.165 min), then 1 km level (12 min): half the length, two thirds of the minutes up, 0.5866 of those down."""
    # The slope breaks at a centre, where a stop is: heights are bilinear between centres.
    x = np.arange(45) * 50.0 - 100.0
    dem = world.grid(np.tile(np.clip(x, -100.0, 1000.0) * 0.2, (5, 1)), cell_m=50.0, west=-125.0, north=125.0)
    surface = world.surface(world.hills(dem), [[(0, 0), (2000, 0)]], dem=dem)
    at = int(np.flatnonzero(surface.stops.edge_along_m == 1000.0)[0])
    assert surface.share[:, at] == pytest.approx([0.5, 24.165 / 36.165, 17.029 / 29.029], abs=1e-4)
    assert surface.share[:, [0, -1]].tolist() == [[0.0, 1.0]] * 3


def test_layers_of_another_crs_are_refused(world):
    ground = world.level(0, 0, 300, 300)
    with pytest.raises(CrsError, match="CRS-MIXED"):
        world.surface(ground, [[(0, 5), (300, 5)]], barriers=world.draw(Point(1, 1).buffer(5)).to_crs(4545))


def test_heights_along_roads_are_those_of_the_ground_people_walk_on(world):
    """Cells nobody walks on, voids and water, have no height of their own: a point in one takes what passable cells around it say."""
    ground = world.hills(world.grid([[500.0, np.nan], [510.0, 520.0]]), landcover=world.grid([[0.0, 0.0], [80.0, 0.0]]))
    xy = np.array([[15.0, -15.0], [15.0, -45.0], [500.0, 500.0]])
    found = sample_height_m(ground, xy)
    assert found[0] == pytest.approx(500.0, abs=0.06)
    assert np.isnan(found[2])


@settings(deadline=None, max_examples=30)
@given(xy=st.lists(st.tuples(st.floats(-90, 390), st.floats(-90, 390)), min_size=1, max_size=5), reach=st.integers(1, 2))
def test_the_cells_around_a_point_are_the_nearest_square_of_centres(world, xy, reach):
    """2·reach by 2·reach centres, none farther than reach cells either way, and all such."""
    ground = world.level(0, 0, 300, 300)
    points = np.array(xy)
    point, cell = cells_around(ground, points, reach=reach)
    centres = cell_centres(ground, np.arange(100))
    for n, here in enumerate(points):
        off = np.abs(centres - here).max(axis=1)
        own = set(cell[point == n].tolist())
        assert set(np.flatnonzero(off < 30 * reach - 1e-9).tolist()) <= own
        assert (off[sorted(own)] <= 30 * reach + 1e-9).all()
        assert len(own) <= 4 * reach * reach


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_links_stand_by_cell_and_node_and_no_pair_twice(world, scenes, seed):
    """Ascending pairs; nobody is linked to water; every link takes time in proportion to its length."""
    surface = scenes.draw_scene(seed, speeds=world.speeds, walking=world.walking).surface
    key = surface.link_cell * len(surface.stops.xy) + surface.link_node
    assert (np.diff(key) > 0).all()
    assert (surface.ground.speed_class.ravel()[surface.link_cell] > 0).all()
    assert (surface.link_there_min >= surface.link_m / 5956.3 * 60 - 1e-9).all()
    for first, last in itertools.pairwise(surface.stops.edge_first):
        assert (np.diff(surface.share[:, first:last], axis=1) >= -1e-12).all()
        assert surface.share[:, [first, last - 1]].tolist() == [[0.0, 1.0]] * 3


def test_a_stretch_of_a_path_takes_the_minutes_its_own_slope_asks_for(world):
    """A path over a pillar 100 m high that nobody can walk on: the level 800 m before it take 9.6 min at 5 km/h, not a share of less."""
    dem = world.plane(0.0, half_m=1000.0)
    dem.values[39:41, 39:41] += 100.0
    pillar = world.draw(box(-30, -30, 30, 30))
    ground = build_ground(dem, walking=world.walking, barriers=pillar)
    surface = world.surface(ground, [[(-900, 0), (900, 0)]], dem=dem, barriers=pillar, road_class=["path"], surface=["earth"])
    edge_min = surface.network.edges["walk_forward_min_dry"].iloc[0]
    along = surface.stops.edge_along_m
    before = along <= 800
    assert surface.share[1, before] * edge_min == pytest.approx(along[before] / 5000 * 60, abs=1e-6)
