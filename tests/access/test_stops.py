"""Stops: one where a road comes nearest to the centre of each cell it passes, on joinable roads only."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.stops import place_stops

TEN = Affine(10.0, 0.0, 0.0, 0.0, -10.0, 40.0)
metre = st.integers(-30, 430).map(lambda one: one / 10)


def inner_stops(stops, edge=0):
    places = slice(stops.edge_first[edge] + 1, stops.edge_first[edge + 1] - 1)
    return stops.edge_along_m[places], stops.edge_node[places]


def test_a_straight_road_stops_beside_every_centre(world):
    """(0, 5) to (40, 5) over cells of 10 m: stops at 5, 15, 25, 35 m in the four cells of the last row, between the junctions 0 and 40."""
    stops = place_stops(world.network([[(0, 5), (40, 5)]]), TEN, (4, 4))
    along, node = inner_stops(stops)
    assert along.tolist() == [5.0, 15.0, 25.0, 35.0]
    assert stops.cell[node].tolist() == [12, 13, 14, 15]
    assert stops.edge_along_m[[0, -1]].tolist() == [0.0, 40.0]
    assert stops.cell[:2].tolist() == [-1, -1]


def test_a_diagonal_road_passes_the_centres(world):
    """From corner to corner: a stop in each cell of the diagonal, at its centre."""
    stops = place_stops(world.network([[(0, 0), (40, 40)]]), TEN, (4, 4))
    _, node = inner_stops(stops)
    assert stops.cell[node].tolist() == [12, 9, 6, 3]
    assert stops.xy[node] == pytest.approx(np.array([[5, 5], [15, 15], [25, 25], [35, 35]]))


@pytest.mark.parametrize("kind", ["bridge", "tunnel", "ferry", "rope"])
def test_what_leaves_the_ground_has_no_stops(world, kind):
    """Only its two ends."""
    stops = place_stops(world.network([[(0, 5), (40, 5)]], crossing=[kind]), TEN, (4, 4))
    assert len(stops.xy) == 2
    assert stops.edge_along_m.tolist() == [0.0, 40.0]


def test_a_motorway_has_no_stops(world):
    assert len(place_stops(world.network([[(0, 5), (40, 5)]], road_class=["motorway"]), TEN, (4, 4)).xy) == 2


def test_a_road_outside_the_grid_has_its_ends_alone(world):
    """Beyond the ground nobody walks, so nobody joins."""
    assert len(place_stops(world.network([[(0, 105), (40, 105)]]), TEN, (4, 4)).xy) == 2
    assert len(place_stops(world.network([]), TEN, (4, 4)).xy) == 0


def test_a_road_that_comes_back_stops_again(world):
    """Out of a cell and back into it: one stop for each visit."""
    stops = place_stops(world.network([[(1, 5), (14, 5), (14, 8), (1, 8)]]), TEN, (4, 4))
    _, node = inner_stops(stops)
    assert stops.cell[node].tolist() == [12, 13, 12]


@settings(deadline=None, max_examples=40)
@given(points=st.lists(st.tuples(metre, metre), min_size=2, max_size=5))
def test_every_cell_a_road_passes_has_its_nearest_point(world, points):
    """By GEOS, cell by cell: the pieces inside, and the point of them nearest to the centre; in order along the edge."""
    line = shapely.LineString(points)
    if line.length < 1.0 or not line.is_simple:
        return
    network = world.network([line])
    if len(network.edges) != 1:
        return
    line = network.edges.geometry.iloc[0]
    stops = place_stops(network, TEN, (4, 4))
    along, node = inner_stops(stops)
    assert (np.diff(stops.edge_along_m) >= 0).all()
    assert shapely.distance(shapely.points(stops.xy[node]), line) == pytest.approx(np.zeros(len(node)), abs=1e-6)
    assert stops.xy[node] == pytest.approx(shapely.get_coordinates(shapely.line_interpolate_point(line, along)), abs=1e-6)
    for cell in range(16):
        row, col = divmod(cell, 4)
        box, centre = (
            shapely.box(10 * col, 30 - 10 * row, 10 * col + 10, 40 - 10 * row),
            shapely.Point(10 * col + 5, 35 - 10 * row),
        )
        # A road along a border belongs to either side: between a cell a hair smaller and one a hair larger.
        inner, outer = (line.intersection(box.buffer(hair, join_style="mitre")) for hair in (-1e-4, 1e-4))
        own = stops.xy[node[stops.cell[node] == cell]]
        if inner.length > 0.01:
            nearest = np.hypot(*(own - [centre.x, centre.y]).T).min()
            assert outer.distance(centre) - 1e-6 <= nearest <= inner.distance(centre) + 1e-6
