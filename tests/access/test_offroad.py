"""Straight walks never cross a barrier: lines, outlines and areas, leg by leg as GEOS has it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.offroad import find_blocked, prepare_barriers

centimetres = st.integers(-90_000, 90_000).map(lambda one: one / 100)
bend = st.tuples(centimetres, centimetres)


def test_a_spring_on_the_river_is_reached_from_its_bank(world):
    """A leg may end on a barrier and not cross it; a leg of no length is open on a line."""
    river = prepare_barriers(world.draw(shapely.LineString([(-100, 0), (100, 0)])))
    a = np.array([[0.0, 50.0], [0.0, 0.0], [0.0, 50.0], [-50.0, 0.0], [-300.0, 5.0]])
    b = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, -50.0], [50.0, 0.0], [300.0, 5.0]])
    assert find_blocked(a, b, river).tolist() == [False, False, True, True, False]


def test_a_reservoir_is_neither_crossed_nor_started_in(world):
    """From its outline outwards is open; inside, across, from the inside out are not; nor is standing in it, though on its outline one may."""
    lake = prepare_barriers(world.draw(shapely.box(0, 0, 100, 100)))
    a = np.array([[50.0, 100.0], [50.0, 50.0], [-50.0, 50.0], [50.0, 50.0], [50.0, 50.0], [50.0, 100.0]])
    b = np.array([[50.0, 200.0], [50.0, 60.0], [150.0, 50.0], [50.0, 200.0], [50.0, 50.0], [50.0, 100.0]])
    assert find_blocked(a, b, lake).tolist() == [False, True, True, True, True, False]


def test_without_barriers_nothing_is_blocked(world):
    """None, an empty layer, missing and empty geometries alike."""
    legs = np.zeros((2, 2)), np.ones((2, 2)) * 100
    assert prepare_barriers(None) is None
    assert prepare_barriers(world.draw()) is None
    nothing = gpd.GeoDataFrame(geometry=[None, shapely.LineString()], crs=world.crs)
    assert not find_blocked(*legs, prepare_barriers(nothing)).any()


def test_collections_within_collections_are_taken_apart(world):
    """Two lines 200 m apart in a collection of collections: between them nothing is blocked, across each of them everything."""
    lines = shapely.MultiLineString([[(0, 0), (100, 0)], [(300, 0), (400, 0)]])
    nested = world.draw(shapely.GeometryCollection([shapely.GeometryCollection([lines, shapely.MultiPoint([(5, 5)])])]))
    a, b = np.array([[50.0, -9.0], [200.0, -9.0], [350.0, -9.0]]), np.array([[50.0, 9.0], [200.0, 9.0], [350.0, 9.0]])
    assert find_blocked(a, b, prepare_barriers(nested)).tolist() == [True, False, True]


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(bend, bend), min_size=1, max_size=8), st.lists(st.tuples(bend, bend), min_size=1, max_size=4))
def test_blocked_equals_geos_leg_by_leg(world, ends, rivers):
    """The tree of segments answers as GEOS does for each leg and the whole barrier, away from the centimetre at a leg's ends."""
    lines = [shapely.LineString(one) for one in rivers]
    a, b = (np.array([pair[i] for pair in ends]) for i in (0, 1))
    found = find_blocked(a, b, prepare_barriers(world.draw(*lines)))
    for i, (p, q) in enumerate(zip(a, b, strict=True)):
        leg = shapely.LineString([p, q])
        if all(
            leg.distance(line) > 0.1 or min(shapely.Point(p).distance(line), shapely.Point(q).distance(line)) > 0.1
            for line in lines
        ):
            assert found[i] == any(leg.intersects(line) for line in lines)
