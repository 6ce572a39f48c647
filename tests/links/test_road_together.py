"""Links that are cheapest together: on drawn ground, beside the links of each alone, beside an exact answer, with their proof."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.ground import MOVES
from geoplan.links.road_arcs import join_roads
from geoplan.links.road_ground import lay_road_ground
from geoplan.links.road_links import link_groups, search_links
from geoplan.links.road_programme import KIND_LABELS, plan_roads, tabulate_programme
from geoplan.links.road_region import cut_region
from geoplan.links.road_search import FERRY_BRIDGE, ROPE_BRIDGE, search_roads
from geoplan.links.road_standard import judge_network
from geoplan.links.road_together import link_together
from geoplan.relocation.serve_costs import price_links

_spec = importlib.util.spec_from_file_location("road_drawings", Path(__file__).with_name("test_road_links.py"))
drawn = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(drawn)
FLAT, STRAIGHT = drawn.FLAT, drawn.STRAIGHT
make_barriers, make_ground, make_groups, make_network, price_roads = (
    drawn.make_barriers, drawn.make_ground, drawn.make_groups, drawn.make_network, drawn.price_roads
)  # fmt: skip


def together(ground, network, groups, profile=FLAT, barriers=None, **options):
    return link_together(groups, network, lay_road_ground(ground, profile, barriers=barriers), profile, **options)


def random_county(seed, count, side=20):
    rng = np.random.default_rng(seed)
    ground = make_ground(rng.normal(0, 3, (side, side)).cumsum(axis=0))
    places = {f"g{n}": (*rng.uniform(5, 30 * side - 5, 2), int(rng.integers(1, 60))) for n in range(count)}
    track = ([(100, 15), (200, 300), (500, 420)], "group", "earth", 3.0)
    hard = ([(300, 500), (320, 590)], "group", "concrete", 4.0)
    return ground, make_network(STRAIGHT, track, hard), places


def two_valleys():
    r"""Two hamlets 45 m apart across the middle between two county roads 1,020 m away on either side.

    Each alone goes to its own road; together one road serves both.

    =======  A B  =======      (A nearer to the left road, B to the right one)
    """
    roads = [([(15, 0), (15, 150)], "county", "asphalt", 6.0), ([(2055, 0), (2055, 150)], "county", "asphalt", 6.0)]
    groups = make_groups(A=(1005, 75, 10), B=(1065, 75, 30))
    return make_ground(np.zeros((5, 70))), make_network(*roads), groups


def test_two_hamlets_between_two_roads_build_one_road():
    """Alone 990 m each; together 990 m and the 60 m between them."""
    found = together(*two_valleys())
    assert (found.alone_fen, found.forest_fen, found.total_fen) == (2 * 990 * 50_000, 2 * 990 * 50_000, 1050 * 50_000)
    assert found.is_exact
    assert found.gap_share == 0.0
    shared = found.links.links[found.links.links["persons"] == 40]
    assert shared["length_m"].sum() == pytest.approx(990)


def test_a_saddle_on_nobody_s_way_is_found():
    """Walls leave each of three hamlets a dear road of its own and a cheap one over a saddle: the tree has a fork where no link alone runs."""
    walls = make_barriers(cliff=shapely.MultiLineString([[(-1, 285), (285, 285)], [(315, 285), (601, 285)]]))
    roads = [([(0, 15), (600, 15)], "county", "asphalt", 6.0)]
    hamlets = make_groups(a=(285, 405, 5), b=(315, 435, 5), c=(255, 435, 5))
    found = together(make_ground(np.zeros((16, 20))), make_network(*roads), hamlets, barriers=walls)
    assert found.total_fen < found.forest_fen
    assert found.is_exact


def every_join(road, graph):
    """All moves and legs of a graph of roads, written out once more from the ground."""
    whole = nx.Graph()
    rows, cols = road.shape
    for child in range(len(graph.arcs.first) - 1):
        for k in range(graph.arcs.first[child], graph.arcs.first[child + 1]):
            other, cost = int(graph.arcs.to[k]), int(graph.arcs.cost_fen[k])
            if not whole.has_edge(child, other) or whole[child][other]["weight"] > cost:
                whole.add_edge(child, other, weight=cost)
    a = [
        (r * cols + c, (r + d) * cols + c + e)
        for r in range(rows)
        for c in range(cols)
        for m, (d, e) in enumerate(MOVES)
        if not road.blocked[r, c] >> m & 1
    ]
    ends = np.array(a)
    fen = drawn.measure_pieces(road, graph.arcs, ends[:, 0], ends[:, 1])[0]
    for (one, other), cost in zip(a, fen.tolist(), strict=True):
        if not whole.has_edge(one, other) or whole[one][other]["weight"] > cost:
            whole.add_edge(one, other, weight=cost)
    whole.add_edges_from((("road", int(seed)) for seed in graph.seeds), weight=0)
    return whole.subgraph(nx.node_connected_component(whole, "road"))


@pytest.mark.parametrize("seed", range(4))
def test_networkx_finds_nothing_cheaper_on_the_whole_ground(seed):
    ground, network, places = random_county(seed, 5, side=12)
    groups = make_groups(**{name: (x % 360, y % 360, p) for name, (x, y, p) in places.items()})
    found = together(ground, network, groups, replace=False)
    road = lay_road_ground(ground, FLAT)
    search = search_links(groups, network, road, FLAT)
    whole = every_join(road, search.graph)
    terminals = ["road", *search.graph.places[search.linked].tolist()]
    theirs = nx.algorithms.approximation.steiner_tree(whole, terminals, method="mehlhorn").size("weight")
    assert found.is_exact
    assert found.total_fen <= theirs <= 2 * found.total_fen


@given(st.integers(0, 10_000), st.integers(2, 10))
@settings(max_examples=20, deadline=None)
def test_bound_tree_and_forest_stand_in_order_and_shares_add_up(seed, count):
    ground, network, places = random_county(seed, count)
    groups = make_groups(**places)
    found, alone = together(ground, network, groups, replace=False), drawn.link(ground, network, groups)
    assert found.bound_fen <= found.total_fen <= found.forest_fen <= found.alone_fen
    assert found.forest_fen == round(alone.links["capital_yuan"].sum() * 100)
    built = (found.links.links["capital_yuan"] * 100).round().astype(np.int64)
    assert built.sum() == found.total_fen
    assert (
        found.links.uses.groupby("shared_id")["share_fen"].sum().reindex(found.links.links["link_id"]).tolist() == built.tolist()
    )
    pd.testing.assert_series_equal(found.links.places["alone_yuan"], alone.places["alone_yuan"])
    pd.testing.assert_series_equal(found.links.places["status"], alone.places["status"])


@given(st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_one_group_more_never_makes_it_cheaper_and_prices_times_two_cost_twice(seed):
    ground, network, places = random_county(seed, 5, side=14)
    # On cell centres, where a place's legs are no shorter ways than the ground's own moves.
    places = {name: (x % 420 // 30 * 30 + 15, y % 420 // 30 * 30 + 15, p) for name, (x, y, p) in places.items()}
    totals = [together(ground, network, make_groups(**dict(list(places.items())[:n]))).total_fen for n in (3, 4, 5)]
    assert totals == sorted(totals)
    dear = price_roads(FLAT, new=1000.0, upgrade=600.0, bridge=60_000.0)
    twice = together(ground, network, make_groups(**places), dear).total_fen
    assert abs(twice - 2 * totals[-1]) <= 400  # each piece is rounded to a fen


@given(st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_a_further_road_to_standard_never_makes_the_programme_dearer(seed):
    ground, _, places = random_county(seed, 5, side=14)
    groups = make_groups(**{name: (x % 420, y % 420, p) for name, (x, y, p) in places.items()})
    rng = np.random.default_rng(seed + 1)
    more = ([tuple(one) for one in rng.uniform(0, 420, (3, 2))], "county", "asphalt", 6.0)
    before, after = (together(ground, make_network(STRAIGHT, *extra), groups).total_fen for extra in ((), (more,)))
    assert after <= before


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_the_bound_of_many_holds_for_the_exact_answer_of_the_same_groups(seed):
    """Eight groups are bounded; each five of them are solved exactly, and their part of the bound is not above it."""
    ground, network, places = random_county(seed, 8, side=14)
    places = {name: (x % 420, y % 420, p) for name, (x, y, p) in places.items()}
    many = together(ground, network, make_groups(**places))
    some = dict(list(places.items())[:5])
    exact = together(ground, network, make_groups(**some))
    assert exact.is_exact
    assert many.raised_fen.reindex(list(some)).fillna(0).sum() <= exact.total_fen


def test_the_order_of_groups_changes_no_total():
    ground, network, places = random_county(5, 9)
    there, back = (together(ground, network, make_groups(**dict(one))) for one in (places.items(), reversed(places.items())))
    assert there.bound_fen <= back.total_fen
    assert abs(there.total_fen - back.total_fen) <= 0.02 * there.total_fen


# --------------------------------------------------------------------------- the region, crossings, tables


def test_the_region_is_what_lies_nearer_than_each_own_link():
    ground, network = make_ground(np.zeros((8, 40))), make_network(([(0, 15), (1200, 15)], "county", "asphalt", 6.0))
    road = lay_road_ground(ground, FLAT)
    graph = join_roads(network, judge_network(network, FLAT.road), road, FLAT, places=np.array([(615.0, 135.0)]))
    cost, _ = search_roads(road, graph.arcs, graph.seeds, graph.places)
    own = cost[graph.places]
    region = cut_region(graph, graph.places, own)
    away, _ = search_roads(road, graph.arcs, graph.places, np.arange(len(cost)))
    inside = set(np.flatnonzero(away <= own[0])) - set(graph.seeds)
    assert set(region.node[2:]) == inside
    assert region.node[region.places].tolist() == graph.places.tolist()
    assert set(np.unique(region.to)) >= {0, 1}


def gorge(crossing):
    """A county road south of a gorge, a hamlet north of it on a good road that ends at the gorge; a crossing of 90 m joins the two."""
    wall = make_barriers(gorge=shapely.LineString([(-1, 90), (601, 90)]))
    county = [([(0, 45), (315, 45)], *STRAIGHT[1:]), ([(315, 45), (600, 45)], *STRAIGHT[1:])]
    over = ([(315, 45), (315, 135)], "ferry" if crossing == "ferry" else "group", "concrete", 3.5, crossing)
    north = ([(315, 135), (315, 255)], "group", "concrete", 3.5)
    return make_ground(np.zeros((10, 20))), make_network(*county, over, north), make_groups(a=(315, 255, 12)), wall


@pytest.mark.parametrize(("crossing", "kind"), [("ferry", "ferry_bridge"), ("rope", "rope_bridge")])
def test_a_bridge_takes_the_place_of_a_ferry_or_a_rope(crossing, kind):
    """Nothing else leads over: 90 m of bridge at 30,000; without it no road can be built."""
    ground, network, groups, wall = gorge(crossing)
    road = lay_road_ground(ground, FLAT, barriers=wall)
    assert link_groups(groups, network, road, FLAT).places["status"].tolist() == ["unreachable"]
    found = plan_roads(groups, network, road, FLAT)
    assert found.links["kind"].tolist() == [kind]
    assert found.links[["bridges", "bridge_m", "capital_yuan"]].to_numpy().tolist() == [[1, 90.0, 2_700_000.0]]
    assert (found.total_yuan, found.bound_yuan, found.method) == (2_700_000.0, 2_700_000.0, "exact")
    assert found.links["kind_zh"].item() == KIND_LABELS[kind][0]
    graph = join_roads(network, judge_network(network, FLAT.road), road, FLAT, places=np.zeros((0, 2)), replace=True)
    assert (graph.arcs.kind == (FERRY_BRIDGE if crossing == "ferry" else ROPE_BRIDGE)).sum() == 2


def test_a_place_behind_a_ford_has_no_road_to_standard_and_gets_its_bridge():
    """A good road that only a ford joins to the county road closes in the wet season."""
    ground, network, groups, wall = gorge("ford")
    found = plan_roads(groups, network, lay_road_ground(ground, FLAT, barriers=wall), FLAT)
    assert not found.groups["has_road"].item()
    assert set(found.links["kind"]) == {"upgrade", "ford_bridge"}
    ford = found.links[found.links["kind"] == "ford_bridge"]
    assert ford[["bridges", "bridge_m"]].to_numpy().tolist() == [[1, 30.0]]


def test_minutes_are_those_between_walking_and_driving():
    """120 m of new road for 40 people, 4 and 30 km/h: 40 · (1.8 − 0.24)."""
    groups = make_groups(a=(315, 135, 40)).assign(township_code="T1")
    road = lay_road_ground(make_ground(np.zeros((8, 20))), FLAT)
    found = plan_roads(groups, make_network(STRAIGHT), road, FLAT)
    assert found.links["minutes_gained"].tolist() == pytest.approx([40 * 0.12 * (15 - 2)])
    assert found.links["township_code"].tolist() == ["T1"]
    same = plan_roads(groups, make_network(STRAIGHT), road, FLAT, walk_kmh=30.0)
    assert same.links["minutes_gained"].tolist() == pytest.approx([0.0])


def test_a_programme_s_tables_add_up_and_lose_no_group():
    ground, network, places = random_county(11, 12)
    places["empty"] = (300.0, 300.0, 0)
    groups = make_groups(**places).assign(township_code=["T1", "T2"] * 6 + ["T1"])
    shared = together(ground, network, groups)
    found = tabulate_programme(shared, groups)
    assert found.groups["group_code"].tolist() == list(places)
    assert found.groups["share_yuan"].sum() == pytest.approx(found.total_yuan) == pytest.approx(found.links["capital_yuan"].sum())
    trees = found.groups[found.groups["tree"] != ""].drop_duplicates("tree")
    assert trees["tree_yuan"].sum() == pytest.approx(found.total_yuan)
    assert (trees["tree_bound_yuan"] <= trees["tree_yuan"] + 0.005).all()
    assert found.groups.loc[found.groups["group_code"] == "empty", ["links", "tree", "share_yuan"]].to_numpy().tolist() == [
        ["", "", 0.0]
    ]
    named = found.groups.assign(link_id=found.groups["links"].str.split(";")).explode("link_id")
    users = named[named["link_id"] != ""].groupby("link_id")["group_code"].agg(lambda one: ";".join(sorted(one)))
    assert users.reindex(found.links["link_id"]).tolist() == [";".join(sorted(one.split(";"))) for one in found.links["groups"]]
    assert set(found.links["township_code"]) <= {"T1", "T2"}


@pytest.mark.parametrize("seed", [3, 8, 21])
def test_a_small_tree_is_proven_by_solving_its_groups_alone(seed):
    ground, network, places = random_county(seed, 10)
    groups = make_groups(**places)
    shared = together(ground, network, groups)
    plain, proven = (tabulate_programme(shared, groups, prove=one).groups for one in (False, True))
    assert (proven["tree_bound_yuan"].fillna(0) >= plain["tree_bound_yuan"].fillna(0)).all()
    assert (proven["tree_bound_yuan"].fillna(0) <= proven["tree_yuan"].fillna(0) + 0.005).all()
    for name, rows in proven[proven["tree"] != ""].groupby("tree"):
        if len(rows) <= 6:
            alone = together(ground, network, make_groups(**{one: places[one] for one in rows["group_code"]}))
            # Alone, the other places' own legs are not there.
            assert alone.is_exact
            assert rows["tree_bound_yuan"].iloc[0] <= alone.total_fen / 100 + 0.005, name


def test_the_decision_takes_the_links_that_are_cheapest_together():
    ground, network, places = random_county(11, 9)
    shared = together(ground, network, make_groups(**places))
    items, shares = price_links(shared.links, FLAT)
    assert (items["quantity"] * items["unit_yuan"] * items["shared_share"]).sum() == pytest.approx(shared.total_fen / 100)
    assert set(items["item"]) <= {"road_new", "road_upgrade", "road_bridge"}
    assert shares["shared_id"].nunique() == len(shared.links.links)


def test_a_county_without_gaps_has_an_empty_programme():
    found = plan_roads(
        make_groups(a=(315, 15, 10)), make_network(STRAIGHT), lay_road_ground(make_ground(np.zeros((4, 20))), FLAT), FLAT
    )
    assert (found.total_yuan, found.bound_yuan, found.gap_share, found.method, len(found.links)) == (0.0, 0.0, 0.0, "exact", 0)
    assert found.groups["has_road"].tolist() == [True]
