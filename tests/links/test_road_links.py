"""Road links over drawn ground: what they cost, where they go, what they share."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geoplan.access.ground import build_ground
from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.grid import Grid
from geoplan.contracts.ground import MOVES, middles
from geoplan.contracts.results import Network, NetworkReport
from geoplan.io.documents import _read_profile, read_walking
from geoplan.links.road_arcs import join_roads
from geoplan.links.road_ground import lay_road_ground, split_barriers
from geoplan.links.road_links import link_groups
from geoplan.links.road_search import FORD_BRIDGE, NEVER, measure_pieces, pack_arcs, search_roads
from geoplan.links.road_standard import find_served, judge_network

CRS_M = CRS.from_epsg(4544)
REPORT = NetworkReport(0, 0, 0, 0, 0, 0, 0, 0, (), 0, 0, 0, ())
WALKING = read_walking("walking_2026")
COSTS = _read_profile(CostProfile, "costs_cn_2026", None)


def price_roads(profile=COSTS, **changes):
    """The preset with parts of its road changed; ``new``, ``upgrade``, ``bridge`` are yuan."""
    road = profile.road
    for key, field in (("new", "new_per_m"), ("upgrade", "upgrade_per_m"), ("bridge", "bridge_per_m")):
        if key in changes:
            road = road.model_copy(update={field: getattr(road, field).model_copy(update={"yuan": changes.pop(key)})})
    for key in ("max_grade", "cliff_deg", "reach_m", "bridge_span_m"):
        if key in changes:
            road = road.model_copy(update={key: getattr(road, key).model_copy(update={"value": changes.pop(key)})})
    return profile.model_copy(update={"road": road.model_copy(update=changes)})


FLAT = price_roads(reach_m=0.0, new=500.0, upgrade=300.0, bridge=30_000.0)


def make_ground(heights, cell_m=30.0):
    heights = np.asarray(heights, dtype=np.float32)
    grid = Grid(heights, Affine(cell_m, 0, 0, 0, -cell_m, heights.shape[0] * cell_m), CRS_M)
    return build_ground(grid, walking=WALKING, cliff_deg=None)


def make_network(*roads):
    """``roads``: (points, class, surface, width) or with a crossing; ends at the same point meet."""
    names, rows = {}, []
    for points, road_class, surface, width, *crossing in roads:
        crossing = crossing[0] if crossing else ""
        line = shapely.LineString(points)
        u, v = (names.setdefault(tuple(map(float, one)), len(names)) for one in (points[0], points[-1]))
        rows.append(
            {
                "u": u, "v": v, "length_m": line.length, "road_class": road_class, "surface": surface, "width_m": width,
                "crossing": crossing, "joinable": crossing not in ("bridge", "tunnel", "ferry", "rope"),
                "walked": road_class == "path", "geometry": line,
            }
        )  # fmt: skip
    columns = "u v length_m road_class surface width_m crossing joinable walked geometry".split()
    edges = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=CRS_M)
    nodes = np.array(list(names), dtype=float).reshape(-1, 2)
    return Network(nodes, edges.astype({"joinable": bool, "walked": bool, "width_m": float}), REPORT, CRS_M)


def make_groups(**places):
    """``places``: group=(x, y, persons); persons None is not known."""
    people = [one[2] for one in places.values()]
    return pd.DataFrame(
        {
            "group_code": list(places), "persons": [0.0 if one is None else float(one) for one in people],
            "persons_status": ["no_data" if one is None else "ok" for one in people],
            "easting_m": [float(one[0]) for one in places.values()], "northing_m": [float(one[1]) for one in places.values()],
        }
    )  # fmt: skip


def make_barriers(**kinds):
    """``kinds``: kind=geometry."""
    return gpd.GeoDataFrame({"barrier_kind": list(kinds), "layer": "drawn"}, geometry=list(kinds.values()), crs=CRS_M)


def link(ground, network, groups, profile=FLAT, barriers=None):
    return link_groups(groups, network, lay_road_ground(ground, profile, barriers=barriers), profile)


def twin_costs(road, seeds):
    """Dijkstra by networkx over the sixteen moves, priced by the formula written out once more."""
    rows, cols = road.shape
    width, tall = road.ground.cell_size
    graph = nx.Graph()
    graph.add_nodes_from(range(rows * cols))
    for row in range(rows):
        for col in range(cols):
            for move, (down, right) in enumerate(MOVES):
                if road.blocked[row, col] >> move & 1:
                    continue
                r, c = row + down, col + right
                level = np.hypot(down * tall, right * width)
                rise = (int(road.height_dm[r, c]) - int(road.height_dm[row, col])) / 10
                passed = [(row, col), *((row + a, col + b) for a, b in middles(move)), (r, c)]
                factor = float(np.mean([road.factors[road.slope_class[one]] for one in passed]))
                run = max(level, abs(rise) / road.max_grade)
                fen = road.new_fen_per_m * factor * np.hypot(run, rise)
                fen += road.span_fen if road.river_line[row, col] >> move & 1 else 0.0
                graph.add_edge(row * cols + col, r * cols + c, weight=round(fen))
    return nx.multi_source_dijkstra_path_length(graph, set(seeds))


# --------------------------------------------------------------------------- the cost of a metre


def test_level_ground_costs_its_price():
    """A road in the first of four level cells; 30 m at 500 yuan are 15,000 yuan."""
    ground = lay_road_ground(make_ground(np.zeros((1, 4))), FLAT)
    cost, parent = search_roads(ground, no_arcs(4), np.array([0]), np.array([3]))
    assert cost.tolist() == [0, 1_500_000, 3_000_000, 4_500_000]
    assert parent.tolist() == [-1, 0, 1, 2]


def no_arcs(nodes):
    none = np.zeros(0, dtype=np.int64)
    return pack_arcs(none, none, none, np.zeros(0), np.zeros(0, dtype=np.int8), nodes=nodes)


def test_ground_steeper_than_the_grade_is_climbed_in_bends():
    """9 m up over 30 m at 12 %: 75 m of level run, 75.54 m of road; the terrain of 16.7° costs 1.8 times as much."""
    ground = lay_road_ground(make_ground([[0.0, 9.0]]), FLAT)
    cost, _ = search_roads(ground, no_arcs(2), np.array([0]), np.array([1]))
    assert cost[1] == round(100 * 500 * 1.8 * np.hypot(75.0, 9.0))
    fen, length, kind, _ = measure_pieces(ground, no_arcs(2), np.array([1]), np.array([0]))
    assert (fen[0], kind[0]) == (cost[1], 0)
    assert length[0] == pytest.approx(75.54, abs=0.01)


def test_a_slope_on_the_line_belongs_to_the_gentler_class():
    """8° is inside the first class (factor 1), a hair more is in the second (1.3)."""
    rise = 300.0 * np.tan(np.radians(8.0))
    for steeper, factor in ((-0.11, 1.0), (0.11, 1.3)):
        heights = np.linspace(0, 2 * (rise + steeper * 30), 3)[None, :].repeat(3, axis=0)
        assert FLAT.road.slopes[lay_road_ground(make_ground(heights, cell_m=300.0), FLAT).slope_class[1, 1]].factor == factor


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_the_search_finds_what_networkx_finds(seed):
    rng = np.random.default_rng(seed)
    rows, cols = rng.integers(3, 9, 2)
    heights = rng.normal(0, 12, (rows, cols)).cumsum(axis=1)
    river = shapely.LineString(rng.uniform(0, 30 * cols, (3, 2)))
    ground = lay_road_ground(make_ground(heights), FLAT, barriers=make_barriers(river=river))
    seeds = rng.choice(rows * cols, 2, replace=False)
    cost, parent = search_roads(ground, no_arcs(rows * cols), seeds, np.arange(rows * cols))
    twin = twin_costs(ground, seeds)
    for node in range(rows * cols):
        if node in twin:
            assert abs(cost[node] - twin[node]) <= len(twin)
        else:
            assert cost[node] == NEVER
    child = np.flatnonzero(parent >= 0)
    assert (measure_pieces(ground, no_arcs(rows * cols), child, parent[child])[0] == cost[child] - cost[parent[child]]).all()


def test_the_search_keeps_its_answer_where_building_costs_nothing():
    ground = lay_road_ground(make_ground(np.zeros((5, 5))), price_roads(FLAT, new=0.0, upgrade=0.0))
    cost, parent = search_roads(ground, no_arcs(25), np.array([0]), np.arange(25))
    assert (cost == 0).all()
    assert (parent == -1).sum() == 1


@given(st.integers(0, 10_000), st.floats(1.0, 4.0))
@settings(max_examples=15, deadline=None)
def test_a_looser_grade_never_makes_a_road_dearer(seed, easing):
    heights = np.random.default_rng(seed).normal(0, 10, (6, 6))
    costs = []
    for grade in (0.08, 0.08 * easing):
        ground = lay_road_ground(make_ground(heights), price_roads(FLAT, max_grade=grade))
        costs.append(search_roads(ground, no_arcs(36), np.array([0]), np.arange(36))[0])
    assert (costs[1] <= costs[0]).all()


# --------------------------------------------------------------------------- rivers, walls, roads


STRAIGHT = ([(0, 15), (600, 15)], "county", "asphalt", 6.0)
"""A county road along the bottom row of cells of 30 m."""


def test_a_link_over_a_river_pays_one_bridge():
    """Road in the bottom row, a river between rows, a place 120 m north: 120 m of road and one bridge of 30 m at 30,000."""
    ground, place = make_ground(np.zeros((8, 20))), make_groups(a=(315, 135, 10))
    river = make_barriers(river=shapely.LineString([(0, 60), (600, 60)]))
    dry, wet = (link(ground, make_network(STRAIGHT), place, barriers=one) for one in (None, river))
    assert dry.places["alone_yuan"].item() == pytest.approx(120 * 500)
    assert wet.places["alone_yuan"].item() == pytest.approx(120 * 500 + 900_000)
    assert wet.links["kind"].tolist() == ["new", "bridge", "new"]
    assert wet.links["bridges"].tolist() == [0, 1, 0]
    assert shapely.line_merge(shapely.union_all(wet.links.geometry)).equals(shapely.LineString([(315, 135), (315, 15)]))


def test_a_river_drawn_as_an_area_costs_a_bridge_for_its_width():
    """50 m of water between centres 60 m apart: 60 m of bridge at 30,000, and one bridge."""
    river = make_barriers(river=shapely.box(-10, 50, 610, 100))
    found = link(make_ground(np.zeros((8, 20))), make_network(STRAIGHT), make_groups(a=(315, 135, 10)), barriers=river)
    bridge = found.links[found.links["kind"] == "bridge"]
    assert bridge["bridges"].tolist() == [1]
    assert bridge["length_m"].item() == 60.0
    assert bridge["capital_yuan"].item() == 60 * 30_000


@pytest.mark.parametrize("kind", ["reservoir", "cliff", None])
def test_what_no_bridge_crosses_stops_a_road(kind):
    wall = gpd.GeoDataFrame({"barrier_kind": [kind]}, geometry=[shapely.LineString([(-1, 60), (601, 60)])], crs=CRS_M)
    found = link(make_ground(np.zeros((8, 20))), make_network(STRAIGHT), make_groups(a=(315, 135, 10)), barriers=wall)
    assert found.places["status"].tolist() == ["unreachable"]
    assert found.places["alone_yuan"].isna().all()
    assert found.links.empty


def test_barriers_are_told_apart_by_kind_or_by_layer():
    rows = gpd.GeoDataFrame(
        {"barrier_kind": ["river", "reservoir", None], "layer": ["x", "x", "rivers"]},
        geometry=[shapely.Point(0, 0)] * 3,
        crs=CRS_M,
    )
    over, against = split_barriers(rows, ["river", "rivers"])
    assert (over.index.tolist(), against.index.tolist()) == ([0, 2], [1])
    assert split_barriers(None, ["river"]) == (None, None)


def test_an_existing_track_is_brought_to_standard_rather_than_built_anew():
    """A mud track of 120 m from the county road to the place: 120 m at 300."""
    track = ([(315, 15), (315, 135)], "track", "earth", 3.0)
    county = [([(0, 15), (315, 15)], *STRAIGHT[1:]), ([(315, 15), (600, 15)], *STRAIGHT[1:])]
    found = link(make_ground(np.zeros((8, 20))), make_network(*county, track), make_groups(a=(315, 135, 10)))
    assert found.links["kind"].tolist() == ["upgrade"]
    assert found.links["length_m"].item() == pytest.approx(120)
    assert found.links["capital_yuan"].item() == pytest.approx(36_000)


def test_a_ford_is_bridged_where_its_river_is_and_a_footpath_is_not_a_road():
    """A mud road of 210 m over a river: 63,000 and the bridge of 900,000 in place of the ford; no bridge where there is one; a path is no road."""
    county = [([(0, 15), (315, 15)], *STRAIGHT[1:]), ([(315, 15), (600, 15)], *STRAIGHT[1:])]
    river = make_barriers(river=shapely.LineString([(-1, 60), (601, 60)]))
    found = {}
    for name, crossing, road_class in (("plain", "", "group"), ("ford", "ford", "group"), ("path", "", "path")):
        network = make_network(*county, ([(315, 15), (315, 225)], road_class, "earth", 3.0, crossing))
        found[name] = link(make_ground(np.zeros((10, 20))), network, make_groups(a=(315, 225, 10)), barriers=river)
    assert {name: one.places["alone_yuan"].item() for name, one in found.items()} == {
        "plain": 210 * 300, "ford": 210 * 300 + 900_000, "path": 210 * 500 + 900_000
    }  # fmt: skip
    bridge = found["ford"].links.loc[found["ford"].links["kind"] == "bridge"]
    assert bridge["bridges"].tolist() == [1]
    assert bridge.geometry.item().equals(shapely.LineString([(315, 45), (315, 75)]))


def test_a_ford_over_no_mapped_river_is_bridged_in_its_middle():
    county = [([(0, 15), (315, 15)], *STRAIGHT[1:]), ([(315, 15), (600, 15)], *STRAIGHT[1:])]
    network = make_network(*county, ([(315, 15), (315, 225)], "group", "earth", 3.0, "ford"))
    ground = lay_road_ground(make_ground(np.zeros((10, 20))), FLAT)
    graph = join_roads(network, judge_network(network, FLAT.road), ground, FLAT, places=np.zeros((0, 2)))
    at = np.flatnonzero(graph.arcs.kind == FORD_BRIDGE)
    assert graph.arcs.cost_fen[at].tolist() == [90_900_000] * 2
    assert sorted(graph.locate(graph.arcs.to[at])[:, 1]) == [105.0, 135.0]


def test_a_road_to_standard_that_leads_nowhere_serves_nobody_and_costs_nothing():
    """county – 60 m of mud – concrete to the place: only the mud is paid."""
    mud, hard = ([(315, 15), (315, 75)], "group", "earth", 3.5), ([(315, 75), (315, 195)], "group", "concrete", 3.5)
    county = [([(0, 15), (315, 15)], *STRAIGHT[1:]), ([(315, 15), (600, 15)], *STRAIGHT[1:])]
    network = make_network(*county, mud, hard)
    judged = judge_network(network, FLAT.road)
    assert judged.standard.tolist() == [True, True, False, True]
    assert judged.serving.tolist() == [True, True, False, False]
    found = link(make_ground(np.zeros((8, 20))), network, make_groups(a=(315, 195, 10)))
    assert not found.places["has_road"].item()
    assert found.places["alone_yuan"].item() == pytest.approx(60 * 300)
    assert found.links["kind"].tolist() == ["upgrade"]


@pytest.mark.parametrize(
    ("width", "lenient", "standard"), [(3.5, False, True), (3.4, False, False), (np.nan, False, False), (np.nan, True, True)]
)
def test_a_road_of_unknown_width_is_to_standard_only_if_the_profile_says_so(width, lenient, standard):
    road = price_roads(FLAT, unknown_width_serves=lenient).road
    assert judge_network(make_network(([(0, 0), (9, 0)], "village", "concrete", width)), road).standard.tolist() == [standard]


def test_the_longest_piece_serves_where_no_trunk_road_is_to_standard():
    network = make_network(
        ([(0, 0), (50, 0)], "village", "concrete", 4.0),
        ([(0, 90), (80, 90)], "group", "concrete", 4.0),
        ([(0, 200), (900, 200)], "county", "earth", 6.0),
    )
    assert judge_network(network, FLAT.road).serving.tolist() == [False, True, False]


def test_a_place_within_reach_has_its_road_unless_a_barrier_lies_between():
    network = make_network(STRAIGHT)
    xy, judged = np.array([(300.0, 100.0), (300.0, 116.0)]), judge_network(network, FLAT.road)
    assert find_served(xy, network, judged, reach_m=100.0).tolist() == [True, False]
    ground = lay_road_ground(
        make_ground(np.zeros((8, 20))), FLAT, barriers=make_barriers(river=shapely.LineString([(0, 60), (600, 60)]))
    )
    assert find_served(xy, network, judged, reach_m=100.0, walls=ground.walls).tolist() == [False, False]


def test_a_place_without_ground_is_unsnapped_and_nothing_is_proven():
    heights = np.zeros((8, 20))
    heights[:6] = np.nan
    found = link(make_ground(heights), make_network(STRAIGHT), make_groups(a=(315, 225, 10)))
    assert found.places["status"].tolist() == ["unsnapped"]


def test_where_roads_are_of_unknown_surface_nothing_is_proven():
    """Beyond a wall lies only a county road of unknown surface: a place there is not unreachable, its link is not known."""
    wall = make_barriers(cliff=shapely.LineString([(-1, 90), (601, 90)]))
    beyond = {surface: ([(0, 225), (600, 225)], "county", surface, 6.0) for surface in ("unknown", "earth")}
    states = {
        surface: link(make_ground(np.zeros((9, 20))), make_network(STRAIGHT, road), make_groups(a=(315, 135, 10)), barriers=wall)
        for surface, road in beyond.items()
    }
    assert {one: found.places["status"].item() for one, found in states.items()} == {"unknown": "no_data", "earth": "unreachable"}


def test_nobody_builds_a_road_to_nobody():
    found = link(make_ground(np.zeros((8, 20))), make_network(STRAIGHT), make_groups(a=(315, 195, 0), b=(315, 165, None)))
    assert found.links["groups"].tolist() == ["b"]
    assert found.places["status"].tolist() == ["ok", "ok"]


# --------------------------------------------------------------------------- sharing


def shared_county(split="persons"):
    r"""Two places whose links meet on the way to the road.

    A     B      A and B are 90 m north of a junction J; J is 120 m north of the road
     \   /       on a mud track. Everything is level.
       J
       |
    ===+=======
    """
    county = [([(0, 15), (315, 15)], *STRAIGHT[1:]), ([(315, 15), (600, 15)], *STRAIGHT[1:])]
    tracks = [([(315, 15), (315, 135)], "track", "earth", 3.0), ([(315, 135), (225, 225)], "track", "earth", 3.0)]
    tracks.append(([(315, 135), (405, 225)], "track", "earth", 3.0))
    groups = make_groups(A=(225, 225, 30), B=(405, 225, 10))
    return link(make_ground(np.zeros((10, 20))), make_network(*county, *tracks), groups, price_roads(FLAT, split=split))


def test_a_shared_piece_is_paid_once_and_split_by_people():
    found = shared_county()
    own, shared = 300 * 90 * np.sqrt(2), 300 * 120
    assert found.links["capital_yuan"].sum() == pytest.approx(2 * own + shared, abs=0.05)
    both = found.links[found.links["groups"] == "A;B"]
    assert both["capital_yuan"].sum() == pytest.approx(shared, abs=0.05)
    assert (both["persons"] == 40).all()
    share = found.uses.groupby("group_code")["share_fen"].sum() / 100
    assert share["A"] == pytest.approx(own + 0.75 * shared, abs=0.05)
    assert share["B"] == pytest.approx(own + 0.25 * shared, abs=0.05)
    assert found.places["alone_yuan"].tolist() == pytest.approx([own + shared, own + shared], abs=0.05)


def test_equal_parts_forget_people():
    found = shared_county("equal")
    share = found.uses.groupby("group_code")["share_fen"].sum()
    assert abs(share["A"] - share["B"]) <= 2
    assert set(found.links["split_en"]) == {"not shared", "split in equal parts"}


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_shares_add_up_to_what_is_built_and_links_to_what_one_pays_alone(seed):
    rng = np.random.default_rng(seed)
    heights = rng.normal(0, 4, (20, 20)).cumsum(axis=0)
    places = {f"g{n}": (*rng.uniform(5, 595, 2), rng.choice([None, 3, 40])) for n in range(8)}
    network = make_network(
        STRAIGHT, ([(100, 400), (500, 300)], "group", "earth", 3.0), ([(300, 500), (320, 590)], "group", "concrete", 4.0)
    )
    river = make_barriers(river=shapely.LineString([(0, 250), (600, 280)]))
    found = link(make_ground(heights), network, make_groups(**places), barriers=river)
    fen = (found.links["capital_yuan"] * 100).round().astype(int)
    assert found.uses.groupby("shared_id")["share_fen"].sum().reindex(found.links["link_id"]).tolist() == fen.tolist()
    cost = pd.Series(fen.to_numpy(), index=found.links["link_id"])
    whole = found.uses["shared_id"].map(cost).groupby(found.uses["group_code"]).sum() / 100
    alone = found.places.set_index("group_code")["alone_yuan"]
    assert whole.reindex(alone.index).fillna(0.0).tolist() == pytest.approx(alone.tolist())
    users = found.uses.groupby("shared_id")["group_code"].agg(";".join).reindex(found.links["link_id"])
    assert users.tolist() == found.links["groups"].tolist()
    assert (found.links.geometry.length <= found.links["length_m"] + 1e-6).all()


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_a_further_road_to_standard_never_makes_a_link_dearer(seed):
    rng = np.random.default_rng(seed)
    ground = make_ground(rng.normal(0, 4, (20, 20)).cumsum(axis=0))
    places = make_groups(**{f"g{n}": (*rng.uniform(5, 595, 2), 10) for n in range(6)})
    more = ([tuple(one) for one in rng.uniform(0, 600, (3, 2))], "county", "asphalt", 6.0)
    before, after = (link(ground, make_network(*roads), places).places["alone_yuan"] for roads in ((STRAIGHT,), (STRAIGHT, more)))
    assert (after <= before + 0.005).all()


def test_the_order_of_groups_changes_no_cost():
    ground = make_ground(np.random.default_rng(3).normal(0, 3, (20, 20)).cumsum(axis=1))
    places = {f"g{n}": (40.0 + 60 * n, 500.0 - 30 * n, 10 * n + 5) for n in range(8)}
    there, back = (
        link(ground, make_network(STRAIGHT), make_groups(**dict(one))) for one in (places.items(), reversed(places.items()))
    )
    pd.testing.assert_series_equal(
        there.places.set_index("group_code")["alone_yuan"],
        back.places.set_index("group_code")["alone_yuan"].reindex(list(places)),
    )
    assert there.links["capital_yuan"].sum() == pytest.approx(back.links["capital_yuan"].sum())


def test_the_graph_joins_every_cell_a_road_passes():
    ground = lay_road_ground(make_ground(np.zeros((8, 20))), FLAT)
    network = make_network(STRAIGHT)
    graph = join_roads(network, judge_network(network, FLAT.road), ground, FLAT, places=np.array([(315.0, 135.0)]))
    assert len(graph.seeds) == 22
    assert graph.locate(np.array([0, graph.places[0]])).tolist() == [[15.0, 225.0], [315.0, 135.0]]
    # The place sits on a centre: nine cells within one and a half, and itself.
    assert graph.arcs.first[graph.places[0] + 1] - graph.arcs.first[graph.places[0]] == 9
