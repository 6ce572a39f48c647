"""The road graph: where lines join, where they do not, and what is reported."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access import build_network
from geoplan.errors import CrsError, TableError

CROSS = [[(0, -100), (0, 100)], [(-100, 0), (100, 0)]]


def edge(network, road_id):
    return network.edges[network.edges["road_id"] == road_id].iloc[0]


def test_roads_crossing_without_a_node_are_joined_at_grade(world):
    """Two 200 m roads crossing at their middles: 5 nodes, 4 edges of 100 m, 1 component."""
    network = world.network(CROSS)
    assert len(network.nodes) == 5
    assert network.edges["length_m"].tolist() == [100.0] * 4
    assert (network.report.crossings_joined, network.report.crossings_unjoined, network.report.components) == (1, 0, 1)


@pytest.mark.parametrize(
    "columns",
    [
        {"crossing": ["bridge", ""]},
        {"crossing": ["", "tunnel"]},
        {"road_layer": [1, 0]},
        {"crossing": ["ferry", ""]},
        {"crossing": ["rope", ""]},
        {"road_class": ["motorway", "village"]},
    ],
    ids=["bridge", "tunnel", "layer", "ferry", "rope", "motorway"],
)
def test_what_passes_over_or_under_is_not_joined_and_counted(world, columns):
    """A bridge, tunnel, other layer, ferry, rope or motorway: 4 nodes, 2 edges, 2 components, 1 crossing left unjoined."""
    network = world.network(CROSS, **columns)
    assert (len(network.nodes), len(network.edges)) == (4, 2)
    assert (network.report.crossings_joined, network.report.crossings_unjoined, network.report.components) == (0, 1, 2)


def test_a_vertex_shared_by_a_bridge_and_the_road_below_joins_nothing_unless_one_ends_there(world):
    """Drawn with a common vertex at (0, 0): still a bridge. A ramp that ends on that vertex does join the bridge."""
    lines = [[(0, -100), (0, 0), (0, 100)], [(-100, 0), (0, 0), (100, 0)]]
    over = world.network(lines, crossing=["bridge", ""])
    assert (len(over.edges), over.report.components, over.report.crossings_unjoined) == (2, 2, 1)
    ramp = world.network([lines[0], [(-100, 0), (0, 0)]], crossing=["bridge", ""])
    assert (len(ramp.edges), ramp.report.components, ramp.report.crossings_unjoined) == (3, 1, 0)
    same = world.network(lines)
    assert (len(same.edges), same.report.components) == (4, 1)


def test_a_bridge_is_joined_to_the_roads_at_its_ends(world):
    """Road – bridge – road in a row over a river road: the row is one component, the road below another."""
    lines = [[(-200, 0), (-50, 0)], [(-50, 0), (50, 0)], [(50, 0), (200, 0)], [(0, -100), (0, 100)]]
    network = world.network(lines, crossing=["", "bridge", "", ""])
    assert network.report.components == 2
    assert network.report.component_length_m == (400.0, 200.0)
    assert network.report.isolated_ids == ("r3",)


def test_a_road_ending_on_the_side_of_another_is_joined(world):
    """A T drawn without a node on the through road: 4 nodes, 3 edges."""
    network = world.network([[(0, 0), (200, 0)], [(70, 0), (70, 90)]])
    assert (len(network.nodes), len(network.edges), network.report.components) == (4, 3, 1)


def test_ends_that_miss_each_other_within_the_tolerance_are_joined_and_reported(world):
    """Ends 1 m apart: joined at 2 m and at exactly 1 m, not at 0.5 m."""
    lines = [[(0, 0), (100, 0)], [(101, 0), (200, 0)]]
    closed = world.network(lines, gap_tolerance_m=2.0).report
    assert (closed.components, closed.gaps_closed, closed.max_gap_m) == (1, 1, 1.0)
    assert world.network(lines, gap_tolerance_m=1.0).report.components == 1
    assert world.network(lines, gap_tolerance_m=0.5).report.components == 2


def test_an_end_that_misses_the_side_of_a_road_is_joined_to_it(world):
    """A lane ending 1 m short of a through road: 3 edges, 1 gap; a bridge passing 1 m beside it is left alone."""
    lines = [[(0, 0), (200, 0)], [(70, 1), (70, 90)]]
    network = world.network(lines, gap_tolerance_m=2.0)
    assert (len(network.edges), network.report.components, network.report.gaps_closed) == (3, 1, 1)
    assert network.report.max_gap_m == pytest.approx(1.0)
    assert world.network(lines, gap_tolerance_m=2.0, crossing=["bridge", ""]).report.components == 2
    assert world.network(lines, gap_tolerance_m=2.0, road_layer=[1, 0]).report.components == 2


def test_a_short_stub_is_not_bent_back_onto_its_own_road(world):
    """A 1.5 m stub beside the road it leaves is no gap."""
    report = world.network([[(0, 0), (100, 0), (200, 0)], [(100, 0), (101, 1.2)]], gap_tolerance_m=2.0).report
    assert (report.gaps_closed, report.components) == (0, 1)


def test_a_road_drawn_twice_counts_once_and_parallel_roads_stay(world):
    """The same line again, also drawn backwards, is a duplicate; another surface makes it a parallel road, kept as a row."""
    line = [(0, 0), (50, 10), (100, 0)]
    doubled = world.network([line, line, line[::-1]])
    assert (len(doubled.edges), doubled.report.duplicates) == (1, 2)
    straight = [(0, 0), (100, 0)]
    parallel = world.network([straight, straight], surface=["concrete", "earth"])
    assert (len(parallel.edges), parallel.report.duplicates) == (2, 0)
    assert sorted(parallel.edges["forward_min_dry"]) == sorted(0.1 / kmh * 60 for kmh in (20, 12))


def test_the_same_line_with_opposite_one_way_is_no_duplicate(world):
    """One-way along a line and one-way along its reverse are two directions of one street."""
    line = [(0, 0), (100, 0)]
    network = world.network([line, line[::-1]], oneway=[1, 1])
    assert (len(network.edges), network.report.duplicates) == (2, 0)
    assert world.network([line, line[::-1]], oneway=[1, -1]).report.duplicates == 1


def test_zero_length_and_missing_lines_are_counted_and_loops_are_kept(world):
    """A line without length and an empty one are counted; a ring road keeps its whole length as a loop."""
    ring = [(0, 0), (100, 0), (100, 100), (0, 0)]
    network = world.network([[(5, 5), (5, 5)], ring, shapely.LineString()])
    assert (network.report.zero_length, network.report.self_loops) == (2, 1)
    assert network.report.length_m == pytest.approx(200 + 100 * np.sqrt(2))


def test_multi_part_lines_are_split_and_heights_ignored(world):
    """Two parts 50 m apart are two components; Z does not lengthen a road."""
    parts = shapely.MultiLineString([[(0, 0, 0), (100, 0, 900)], [(150, 0, 0), (250, 0, 0)]])
    network = world.network([parts])
    assert network.edges["length_m"].tolist() == [100.0, 100.0]
    assert network.report.components == 2
    assert network.edges["edge_id"].is_unique


def test_curved_roads_keep_their_own_length(world):
    """A hairpin of two 100 m sides between points 10 m apart is 200 m, not 10 m."""
    network = world.network([[(0, 0), (5, np.sqrt(100**2 - 25)), (10, 0)]])
    assert network.edges["length_m"].tolist() == pytest.approx([200.0])


def test_no_component_is_dropped(world):
    """Five separate lanes stay five components, longest first."""
    network = world.network([[(0, 500 * i), (100 + i, 500 * i)] for i in range(5)])
    assert network.report.component_length_m == (104.0, 103.0, 102.0, 101.0, 100.0)
    assert sorted(network.edges["component"]) == [0, 1, 2, 3, 4]
    assert edge(network, "r4")["component"] == 0


def test_one_way_is_kept_in_both_senses(world):
    """1 km at 20 km/h is 3 min along the allowed direction and closed (inf) against it; feet go both ways."""
    lines = [[(0, 1000 * i), (1000, 1000 * i)] for i in range(3)]
    network = world.network(lines, oneway=[1, -1, 0])
    assert network.edges["forward_min_dry"].tolist() == [3.0, np.inf, 3.0]
    assert network.edges["backward_min_dry"].tolist() == [np.inf, 3.0, 3.0]
    assert network.edges["walk_backward_min_dry"].tolist() == pytest.approx([12.0] * 3)


def test_fords_ferries_and_ropes_are_closed_in_the_wet(world):
    """Dry: passable, ferry and rope with their wait; wet: closed for wheels and feet."""
    lines = [[(0, 1000 * i), (100, 1000 * i)] for i in range(4)]
    network = world.network(lines, crossing=["ford", "ferry", "rope", ""])
    wait = world.speeds.crossing_wait_min
    assert network.edges["forward_min_dry"].tolist() == pytest.approx([0.3, 1.0 + wait["ferry"], 1.2 + wait["rope"], 0.3])
    for name in ("forward_min_wet", "backward_min_wet", "walk_forward_min_wet"):
        assert np.isinf(network.edges[name]).tolist() == [True, True, True, False]


def test_a_ferry_cut_into_pieces_is_waited_for_once(world):
    """A landing in mid-line splits the ferry; its pieces share one wait by length."""
    network = world.network([[(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 80)]], crossing=["ferry", ""])
    ferry = network.edges[network.edges["road_id"] == "r0"]
    assert len(ferry) == 2
    assert ferry["forward_min_dry"].sum() == pytest.approx(1.0 + world.speeds.crossing_wait_min["ferry"])


def test_motor_minutes_do_not_depend_on_the_terrain_and_walked_paths_do(world):
    """On a plane rising 0.1 east: 1 km of road 3 min each way; 1 km of path 17.029 min up, 12 min down."""
    lines = [[(0, 0), (1000, 0)], [(0, 500), (1000, 500)]]
    level = world.network(lines, road_class=["village", "path"])
    steep = world.network(lines, road_class=["village", "path"], dem=world.plane(0.1))
    assert level.edges["forward_min_dry"].tolist() == pytest.approx([3.0, 12.0])
    assert steep.edges["forward_min_dry"].tolist() == pytest.approx([3.0, 12.0 * np.exp(0.35)])
    assert steep.edges["backward_min_dry"].tolist() == pytest.approx([3.0, 12.0])


def test_a_footbridge_does_not_follow_the_gorge_below(world):
    """Banks at 500 m, gorge at 300 m between: the bridge is walked level, the path through the gorge is not."""
    dem = world.plane(0.0)
    dem.values[:, 310:330] = 300.0
    lines = [[(-400, 0), (400, 0)], [(-400, 100), (400, 100)]]
    network = world.network(lines, road_class=["path", "path"], crossing=["bridge", ""], dem=dem)
    minutes = network.edges["forward_min_dry"].to_numpy()
    assert minutes[0] == pytest.approx(800 / 5000 * 60)
    assert minutes[1] > 2 * minutes[0]


def test_missing_classes_are_reported_with_their_length(world):
    """300 m without a class of 400 m, at the default speed; nothing else is imputed."""
    network = world.network([[(0, 0), (100, 0)], [(0, 500), (300, 500)]], road_class=["village", None])
    assert network.report.unknown_class_length_m == 300.0
    assert network.report.imputed_speed_length_m == 300.0
    assert edge(network, "r1")["forward_min_dry"] == pytest.approx(0.3 / world.speeds.default_kmh * 60)


def test_a_closed_speed_closes_the_road(world):
    """A wet speed of 0 closes wheels out, not feet."""
    row = world.speeds.rows[0].model_copy(update={"road_class": "mud", "surface": "*", "kmh": 10.0, "wet_kmh": 0.0})
    profile = world.speeds.model_copy(update={"rows": [*world.speeds.rows, row]})
    network = world.network([[(0, 0), (100, 0)]], road_class=["mud"], profile=profile)
    assert np.isinf(network.edges["forward_min_wet"]).all()
    assert network.edges["walk_forward_min_wet"].tolist() == pytest.approx([1.2])


def test_inputs_are_refused_with_a_reason_and_left_as_they_were(world):
    """Degrees, Mercator (also the ellipsoidal one), no CRS, points and NaN coordinates each have one clear error; the roads given are not changed."""
    roads = world.roads(CROSS)
    before = roads.copy(deep=True)
    world.connect(roads)
    assert roads.equals(before)
    for crs, code in ((4490, "CRS-DEGREES"), (3857, "CRS-MERCATOR"), (3395, "CRS-MERCATOR")):
        with pytest.raises(CrsError, match=code):
            world.connect(roads.set_crs(crs, allow_override=True))
    with pytest.raises(CrsError, match="CRS-MISSING"):
        world.connect(gpd.GeoDataFrame(roads.drop(columns="geometry"), geometry=list(roads.geometry)))
    with pytest.raises(TableError, match="ROADS-NOT-LINES"):
        world.connect(world.roads([shapely.Point(0, 0)]))
    with np.errstate(invalid="ignore"):
        broken = shapely.linestrings([[0.0, 0.0], [np.nan, 1.0]])
    with pytest.raises(TableError, match="ROADS-NOT-FINITE"):
        world.connect(world.roads([broken]))


def test_a_county_without_roads_is_an_empty_network(world):
    """No roads is a finding, not a crash."""
    network = world.connect(world.roads([]))
    assert len(network.edges) == 0
    assert network.report.components == 0


def test_only_class_and_geometry_are_needed(world, speeds):
    """Every other attribute may be absent."""
    roads = world.roads(CROSS)[["road_class", "geometry"]]
    network = build_network(roads, speeds=speeds, seasons=["dry"], dem=None, walk_kmh=5.0, gap_tolerance_m=2.0)
    assert network.edges["edge_id"].is_unique
    assert "forward_min_wet" not in network.edges


grid_point = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda p: (p[0] * 100.0, p[1] * 100.0))
grid_line = st.lists(grid_point, min_size=2, max_size=4)


@settings(deadline=None, max_examples=15)
@given(st.lists(grid_line, min_size=1, max_size=6, unique_by=tuple))
def test_noding_keeps_the_length_and_agrees_with_geos(world, lines):
    """Cutting neither loses nor adds length; where GEOS nodes the same lines, the covered set of points is the same."""
    network = world.network(lines)
    kept = sum(shapely.LineString(one).length for one in lines)
    kept -= sum(shapely.LineString(one).length for one in _repeats(lines))
    assert network.report.length_m == pytest.approx(kept)
    edges = network.edges
    for column, end in (("u", 0), ("v", -1)):
        assert all(np.allclose(network.nodes[n], line.coords[end]) for n, line in zip(edges[column], edges.geometry, strict=True))
    drawn = shapely.union_all([shapely.LineString(one) for one in lines])
    if len(edges):
        assert shapely.hausdorff_distance(drawn, shapely.multilinestrings(list(edges.geometry))) < 1e-3
    # Wherever three or more pieces of GEOS meet, there is a node.
    parts = [part for part in shapely.get_parts(drawn) if part.length > 0]
    ends = [tuple(np.round(part.coords[i], 6)) for part in parts for i in (0, -1)]
    for place in {one for one in ends if ends.count(one) >= 3}:
        assert np.hypot(*(network.nodes - place).T).min() < 1e-3


def _repeats(lines):
    """Lines that repeat an earlier one, in either order, after dropping repeated points."""
    seen, doubled = set(), []
    for line in lines:
        clean = tuple(point for i, point in enumerate(line) if i == 0 or point != line[i - 1])
        key = min(clean, clean[::-1])
        if key in seen:
            doubled.append(line)
        seen.add(key)
    return doubled
