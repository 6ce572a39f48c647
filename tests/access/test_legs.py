"""Off-road legs and snapping: inside edges, over the terrain, never across a barrier."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geoplan.access import snap, snap_all
from geoplan.access.elevation import share_walks, walk_lines_min
from geoplan.access.offroad import find_blocked, prepare_barriers, walk_legs_min
from geoplan.contracts.grid import Grid

ROAD = [[(0, 0), (1000, 0)]]


def frame(world, *shapes):
    return gpd.GeoDataFrame({"barrier_kind": ["river"] * len(shapes)}, geometry=list(shapes), crs=world.crs)


def snap_one(network, xy, *, max_m=2000.0, barriers=None, dem=None):
    return snap(np.array([xy], dtype=float), network, max_m=max_m, barriers=barriers, dem=dem, walk_kmh=5.0).iloc[0]


def test_a_point_snaps_to_the_inside_of_an_edge_and_not_to_its_nodes(world):
    """(400, 30) beside a road from 0 to 1000: 400 m along, 30 m off; the nearest node is 401 m away."""
    found = snap_one(world.network(ROAD), (400, 30))
    assert (found["along_m"], found["offset_m"], found["x"], found["y"], found["status"]) == (400.0, 30.0, 400.0, 0.0, "ok")


def test_the_reach_is_inclusive_and_never_rounded(world):
    """Exactly 2,000 m is inside; the next number above is not; 4 km is unsnapped with NaN, not a far node."""
    network = world.network(ROAD)
    assert snap_one(network, (500, 2000.0))["status"] == "ok"
    assert snap_one(network, (500, np.nextafter(2000.0, 3000.0)))["status"] == "unsnapped"
    far = snap_one(network, (500, 4000))
    assert far["status"] == "unsnapped"
    assert np.isnan(far["offset_m"])
    assert np.isnan(far["to_network_min"])


def test_a_point_without_coordinates_has_no_data(world):
    """NaN in, no_data out, in its own row."""
    points = np.array([[400, 30], [np.nan, np.nan], [500, 10]])
    found = snap(points, world.network(ROAD), max_m=500, barriers=None, dem=None, walk_kmh=5.0)
    assert found["status"].tolist() == ["ok", "no_data", "ok"]


def test_the_nearest_edge_across_a_river_is_not_used(world):
    """A road 100 m away beyond the river, another 300 m away on this side: the second. With the river all round: unsnapped."""
    network = world.network([[(0, 100), (1000, 100)], [(0, -300), (1000, -300)]])
    river = frame(world, shapely.LineString([(-5000, 50), (5000, 50)]))
    assert snap_one(network, (500, 0))["offset_m"] == 100.0
    assert snap_one(network, (500, 0), barriers=river)["offset_m"] == 300.0
    moat = frame(world, shapely.LinearRing([(450, -50), (550, -50), (550, 50), (450, 50)]))
    assert snap_one(network, (500, 0), barriers=moat)["status"] == "unsnapped"


def test_a_road_beyond_many_edges_across_the_river_is_still_found(world):
    """Sixty lanes across the river are nearer than the only one on this side; all are tried before giving up."""
    lanes = [[(20 * i, 100), (20 * i + 10, 300)] for i in range(60)]
    network = world.network([*lanes, [(0, -1500), (1000, -1500)]])
    river = frame(world, shapely.LineString([(-5000, 50), (5000, 50)]))
    assert snap_one(network, (500, 0), barriers=river)["offset_m"] == 1500.0


def test_legs_do_not_cross_a_reservoir_nor_start_in_one(world):
    """Water between point and road, and a point in the water: both unsnapped; from the shore the leg may start on the outline."""
    network = world.network(ROAD)
    lake = frame(world, shapely.box(300, 50, 700, 200))
    assert snap_one(network, (500, 400), barriers=lake, max_m=420)["status"] == "unsnapped"
    assert snap_one(network, (500, 100), barriers=lake, max_m=150)["status"] == "unsnapped"
    assert snap_one(network, (500, 50), barriers=lake)["offset_m"] == 50.0


def test_a_spring_on_the_river_is_reached_from_its_bank(world):
    """A leg may end on a barrier and not cross it; a leg of no length is always open."""
    river = prepare_barriers(frame(world, shapely.LineString([(-100, 0), (100, 0)])))
    a = np.array([[0.0, 50.0], [0.0, 0.0], [0.0, 50.0], [-50.0, 0.0], [-300.0, 5.0]])
    b = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, -50.0], [50.0, 0.0], [300.0, 5.0]])
    assert find_blocked(a, b, river).tolist() == [False, False, True, True, False]


def test_no_leg_joins_inside_a_bridge_tunnel_ferry_rope_or_motorway(world):
    """Beside the middle of each, the leg goes to the road at its end, 510 m along, not to the middle 10 m away."""
    lines = [[(0, 0), (1000, 0)], [(1000, 0), (1500, 0)]]
    for columns in (
        *({"crossing": [kind, ""]} for kind in ("bridge", "tunnel", "ferry", "rope")),
        {"road_class": ["motorway", "village"]},
    ):
        found = snap_one(world.network(lines, **columns), (500, 10))
        assert (found["x"], found["y"]) == (1000.0, 0.0), columns


def test_a_loose_end_of_a_ferry_is_a_landing(world):
    """A ferry with no road at its far bank can be boarded there, at its end only."""
    network = world.network([[(0, 0), (300, 0)], [(300, 0), (900, 0)]], crossing=["ferry", ""])
    found = snap_one(network, (-40, 30))
    assert (found["x"], found["y"], found["offset_m"]) == (0.0, 0.0, 50.0)


def test_the_leg_is_walked_over_the_terrain_in_both_directions(world):
    """1,000 m east on a plane rising 0.1: 17.029 min up, 12 min down; level without a terrain model."""
    a, b = np.array([[-500.0, 0.0]]), np.array([[500.0, 0.0]])
    there, back = walk_legs_min(a, b, dem=world.plane(0.1), walk_kmh=5.0)
    assert (there[0], back[0]) == pytest.approx((12.0 * np.exp(0.35), 12.0))
    assert [one[0] for one in walk_legs_min(a, b, dem=None, walk_kmh=5.0)] == pytest.approx([12.0, 12.0])


def test_a_ridge_between_costs_time_although_both_ends_are_level(world):
    """Ends at 500 m with a 300 m ridge between: slower than level, the same both ways."""
    dem = world.plane(0.0)
    dem.values[:, 300:340] += 300.0 * (1 - np.abs(np.arange(40) - 19.5) / 20)
    [there], [back] = walk_legs_min(np.array([[-800.0, 0.0]]), np.array([[800.0, 0.0]]), dem=dem, walk_kmh=5.0)
    assert there > 2 * 1600 / 5000 * 60
    assert there == pytest.approx(back, rel=1e-6)


def test_a_void_in_the_terrain_is_bridged_and_a_leg_without_heights_is_level(world):
    """On a plane a hole changes nothing; a model of nothing but voids is level ground, never NaN."""
    whole, holed = world.plane(0.1), world.plane(0.1)
    holed.values[:, 310:330] = np.nan
    a, b = np.array([[-500.0, 3.0], [-500.0, 50.0]]), np.array([[500.0, 3.0], [700.0, 90.0]])
    for one, two in zip(walk_legs_min(a, b, dem=whole, walk_kmh=5.0), walk_legs_min(a, b, dem=holed, walk_kmh=5.0), strict=True):
        assert one == pytest.approx(two, rel=0.02)
    blank = Grid(np.full((10, 10), np.nan), Affine(100, 0, -500, 0, -100, 500), world.crs)
    assert walk_legs_min(a[:1], b[:1], dem=blank, walk_kmh=5.0)[0] == pytest.approx([12.0])


centimetres = st.integers(-90_000, 90_000).map(lambda one: one / 100)
bend = st.tuples(centimetres, centimetres)


@settings(deadline=None, max_examples=10)
@given(st.lists(st.tuples(bend, bend), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_a_leg_and_a_line_over_the_same_ground_take_the_same_time(world, ends, seed):
    """Two ways of cutting one straight line agree where slopes are even, and reversing swaps there and back."""
    rise = np.random.default_rng(seed).uniform(-0.4, 0.4)
    dem = world.plane(rise)
    a, b = (np.array([pair[i] for pair in ends]) + i for i in (0, 1))
    apart = np.hypot(*(b - a).T) > 0.1
    a, b = a[apart], b[apart]
    legs = walk_legs_min(a, b, dem=dem, walk_kmh=4.0)
    lines = walk_lines_min(shapely.linestrings(np.stack([a, b], axis=1)), dem=dem, walk_kmh=4.0)
    turned = walk_legs_min(b, a, dem=dem, walk_kmh=4.0)
    for i in (0, 1):
        assert legs[i] == pytest.approx(lines[i], rel=1e-6, abs=1e-9)
        assert legs[i] == pytest.approx(turned[1 - i], rel=1e-6, abs=1e-9)


@settings(deadline=None, max_examples=10)
@given(st.lists(st.tuples(bend, bend), min_size=1, max_size=8), st.lists(st.tuples(bend, bend), min_size=1, max_size=4))
def test_blocked_equals_geos_leg_by_leg(world, ends, rivers):
    """The tree of segments answers as GEOS does for each leg and the whole barrier."""
    lines = [shapely.LineString(one) for one in rivers]
    a, b = (np.array([pair[i] for pair in ends]) for i in (0, 1))
    clear = [
        all(shapely.LineString([p, q]).distance(line) > 0.1 or _well_inside(p, q, line) for line in lines)
        for p, q in zip(a, b, strict=True)
    ]
    found = find_blocked(a, b, prepare_barriers(frame(world, *lines)))
    for i, (p, q) in enumerate(zip(a, b, strict=True)):
        if clear[i]:
            assert found[i] == any(shapely.LineString([p, q]).intersects(line) for line in lines)


def _well_inside(p, q, line):
    """The crossing is at least 0.1 m from the leg's ends, so the centimetre rule does not matter."""
    return all(shapely.Point(end).distance(line) > 0.1 for end in (p, q))


@settings(deadline=None, max_examples=10)
@given(st.lists(st.tuples(bend, bend), min_size=1, max_size=6), st.lists(bend, min_size=1, max_size=6))
def test_the_nearest_leg_equals_a_search_over_all_edges(world, lines, points):
    """offset_m is the least distance to any edge; no candidate list is longer than it has to be."""
    lines = [one for one in lines if np.hypot(*(np.array(one[0]) - one[1])) > 1]
    if not lines:
        return
    network = world.network(lines)
    xy = np.array(points)
    found = snap(xy, network, max_m=700.0, barriers=None, dem=None, walk_kmh=5.0)
    naive = np.array([[shapely.Point(p).distance(line) for line in network.edges.geometry] for p in xy]).min(axis=1)
    near = naive <= 700.0
    assert (found["status"] == "ok").tolist() == near.tolist()
    assert found["offset_m"][near].to_numpy() == pytest.approx(naive[near], abs=1e-9)
    legs = snap_all(xy, network, max_m=700.0, barriers=None, dem=None, walk_kmh=5.0, candidates=2)
    each = legs.groupby(["point", "component"])["offset_m"].min().reset_index()
    for row in each.itertuples():
        edges = network.edges[network.edges["component"] == row.component]
        assert row.offset_m == pytest.approx(edges.geometry.distance(shapely.Point(xy[row.point])).min(), abs=1e-9)
    assert legs.groupby("point").size().le(2 + network.report.components).all()


def test_minutes_on_foot_before_a_point_follow_the_slope_not_the_metres():
    """1 km rising 0.2, then 1 km level: up at 5·exp(−0.7) = 2.4829 km/h 24.165 min, then 12 min: two thirds before the middle."""
    x = np.arange(-2, 44) * 50.0
    height = np.where(x < 1000, x * 0.2, 200.0)
    dem = Grid(values=np.tile(height, (8, 1)), transform=Affine(50, 0, -125, 0, -50, 200), crs=CRS.from_epsg(4544))
    line = np.array([shapely.LineString([(0, 0), (2000, 0)])], dtype=object)
    there, back = share_walks(line, np.array([0, 0, 0]), np.array([0.0, 1000.0, 2000.0]), dem=dem, walk_kmh=5.0)
    assert there.tolist() == pytest.approx([0, 24.165 / 36.165, 1], abs=1e-4)
    # Down at −0.2: 5·exp(−3.5·0.1) = 3.5234 km/h, 17.029 min of 29.029.
    assert back[1] == pytest.approx(17.029 / 29.029, abs=1e-4)
