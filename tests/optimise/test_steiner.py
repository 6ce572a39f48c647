"""Trees that join terminals to a root: cheapest where few, bounded where many."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.optimise.steiner import span_few, span_terminals
from geoplan.optimise.steiner_kernel import NEVER, raise_duals


def pack(edges, nodes):
    """Undirected edges (a, b, cost) in compressed rows."""
    rows = [[] for _ in range(nodes)]
    for a, b, cost in edges:
        rows[a].append((b, cost))
        rows[b].append((a, cost))
    first = np.cumsum([0, *map(len, rows)])
    to, cost = ([one[n] for row in rows for one in row] for n in (0, 1))
    return first.astype(np.int64), np.array(to, dtype=np.int64), np.array(cost, dtype=np.int64)


def graph_of(edges, nodes):
    graph = nx.Graph()
    graph.add_nodes_from(range(nodes))
    for a, b, cost in edges:
        if not graph.has_edge(a, b) or graph[a][b]["weight"] > cost:
            graph.add_edge(a, b, weight=cost)
    return graph


def random_case(seed, most=9):
    """A connected graph with parallel edges and free ones, and terminals, maybe the root itself, maybe twice the same."""
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(3, most + 1))
    edges = [(int(rng.integers(0, n)), n, int(rng.integers(0, 12))) for n in range(1, nodes)]
    for _ in range(int(rng.integers(0, 2 * nodes))):
        a, b = rng.choice(nodes, 2, replace=False)
        edges.append((int(a), int(b), int(rng.integers(0, 12))))
    terminals = rng.integers(0, nodes, int(rng.integers(1, 6)))
    return edges, nodes, np.asarray(terminals, dtype=np.int64)


def own_costs(edges, nodes, terminals):
    near = nx.single_source_dijkstra_path_length(graph_of(edges, nodes), 0)
    return np.array([near[one] for one in terminals.tolist()], dtype=np.int64)


def span(edges, nodes, terminals, **options):
    return span_terminals(*pack(edges, nodes), terminals, own_costs(edges, nodes, terminals), **options)


def few(edges, nodes, terminals):
    return span_few(*pack(edges, nodes), terminals, most=sum(one[2] for one in edges))


def cheapest_of_all(edges, nodes, terminals):
    """The cheapest spanning tree over every choice of nodes that holds the terminals and the root."""
    graph, needed = graph_of(edges, nodes), {0, *terminals.tolist()}
    others = [n for n in range(nodes) if n not in needed]
    best = None
    for size in range(len(others) + 1):
        for extra in combinations(others, size):
            part = graph.subgraph(needed | set(extra))
            if nx.is_connected(part):
                cost = nx.minimum_spanning_tree(part).size("weight")
                best = cost if best is None else min(best, cost)
    return best


def plain_dreyfus_wagner(edges, nodes, terminals):
    """The recursion over subsets, word by word, on all shortest paths."""
    graph = graph_of(edges, nodes)
    far = dict(nx.all_pairs_dijkstra_path_length(graph))
    names = sorted(set(terminals.tolist()))
    cost = {(frozenset([t]), v): far[t][v] for t in names for v in range(nodes)}
    for size in range(2, len(names) + 1):
        for whole in map(frozenset, combinations(names, size)):
            joined = {}
            for v in range(nodes):
                parts = [frozenset(one) for n in range(1, size) for one in combinations(sorted(whole), n)]
                joined[v] = min(cost[one, v] + cost[whole - one, v] for one in parts)
            for v in range(nodes):
                cost[whole, v] = min(joined[u] + far[u][v] for u in range(nodes))
    return cost[frozenset(names), 0]


def is_tree(tree, edges, nodes, terminals):
    """Whether every terminal hangs from the root by joins of the graph, which add up to the cost."""
    graph = graph_of(edges, nodes)
    prices = {}
    for a, b, cost in edges:
        prices.setdefault((a, b), set()).add(cost)
        prices.setdefault((b, a), set()).add(cost)
    for terminal in terminals.tolist():
        at, steps = terminal, 0
        while at != 0:
            assert tree.join_cost[at] in prices[at, int(tree.parent[at])]
            at, steps = int(tree.parent[at]), steps + 1
            assert steps <= len(graph)
    inside = np.flatnonzero(tree.parent >= 0)
    return int(tree.join_cost[inside].sum()) == tree.cost


SADDLE = [(0, 1, 10), (1, 2, 10), (1, 3, 10), (1, 4, 10), (0, 2, 18), (0, 3, 18), (0, 4, 18)]
"""Three terminals, each 18 from the root and 10 from a crossing 10 from the root."""


def test_a_crossing_that_is_on_nobody_s_way_makes_it_cheaper_together():
    terminals = np.array([2, 3, 4])
    assert own_costs(SADDLE, 5, terminals).sum() == 54
    for tree in (few(SADDLE, 5, terminals), span(SADDLE, 5, terminals)):
        assert (tree.cost, tree.parent.tolist()) == (40, [-1, 0, 1, 1, 1])
    assert span(SADDLE, 5, terminals).is_exact


def test_a_ball_stops_where_it_meets_another_that_grows():
    """root –10– s –2– t: t pays 2, s pays 10."""
    first, to, left = pack([(0, 1, 10), (1, 2, 2)], 3)
    ends = np.array([True, False, False])
    assert raise_duals(first, to, left, np.array([2, 1]), ends, np.zeros(0, dtype=np.int64)).tolist() == [2, 10]
    assert (left >= 0).all()


@given(st.integers(0, 100_000), st.lists(st.integers(1, 6), max_size=3))
@settings(max_examples=30, deadline=None)
def test_no_join_is_charged_more_than_it_costs_and_the_charge_is_a_bound(seed, steps):
    edges, nodes, terminals = random_case(seed)
    first, to, left = pack(edges, nodes)
    ends = np.zeros(nodes, dtype=bool)
    ends[0] = True
    gained = raise_duals(first, to, left, np.unique(terminals), ends, np.array(steps, dtype=np.int64))
    assert (left >= 0).all()
    assert gained.sum() <= cheapest_of_all(edges, nodes, terminals)


@given(st.integers(0, 100_000))
@settings(max_examples=30, deadline=None)
def test_few_terminals_get_the_cheapest_tree(seed):
    edges, nodes, terminals = random_case(seed)
    tree = few(edges, nodes, terminals)
    assert is_tree(tree, edges, nodes, terminals)
    assert tree.cost == cheapest_of_all(edges, nodes, terminals) == plain_dreyfus_wagner(edges, nodes, terminals)


@given(st.integers(0, 100_000))
@settings(max_examples=30, deadline=None)
def test_the_cheapest_lies_between_the_bound_and_the_tree(seed):
    edges, nodes, terminals = random_case(seed, most=14)
    tree, best = span(edges, nodes, terminals), few(edges, nodes, terminals)
    assert is_tree(tree, edges, nodes, terminals)
    assert tree.bound <= best.cost <= tree.cost <= own_costs(edges, nodes, np.unique(terminals)).sum()


def grid_case(seed, side, count):
    """A grid with uneven joins, the root at a corner."""
    rng = np.random.default_rng(seed)
    edges = []
    for row in range(side):
        for col in range(side):
            for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
                r, c = row + down, col + right
                if r < side and 0 <= c < side:
                    edges.append((row * side + col, r * side + c, int(rng.integers(50, 150) * (1.4 if down and right else 1.0))))
    return edges, side * side, rng.choice(np.arange(1, side * side), count, replace=False)


@pytest.mark.parametrize("seed", range(6))
def test_networkx_finds_no_cheaper_tree_and_none_below_the_bound(seed):
    edges, nodes, terminals = grid_case(seed, 14, 12)
    tree = span(edges, nodes, terminals)
    theirs = nx.algorithms.approximation.steiner_tree(graph_of(edges, nodes), [0, *terminals.tolist()], method="mehlhorn")
    assert is_tree(tree, edges, nodes, terminals)
    assert tree.bound <= tree.cost <= theirs.size("weight")
    assert tree.cost <= 1.05 * tree.bound


@given(st.integers(0, 100_000))
@settings(max_examples=20, deadline=None)
def test_one_more_terminal_never_makes_the_cheapest_tree_cheaper(seed):
    edges, nodes, terminals = random_case(seed)
    costs = [few(edges, nodes, terminals[:n]).cost for n in range(1, len(terminals) + 1)]
    assert costs == sorted(costs)


@given(st.integers(0, 100_000), st.integers(2, 5))
@settings(max_examples=20, deadline=None)
def test_prices_times_k_make_cost_and_bound_times_k(seed, k):
    edges, nodes, terminals = grid_case(seed, 6, 7)
    # Fours, so that half of a median is whole.
    once, more = (span([(a, b, n * cost) for a, b, cost in edges], nodes, terminals) for n in (4, 4 * k))
    assert (more.cost, more.bound) == (k * once.cost, k * once.bound)
    assert few(edges, nodes, terminals[:4]).cost * k == few([(a, b, k * c) for a, b, c in edges], nodes, terminals[:4]).cost


@given(st.integers(0, 100_000))
@settings(max_examples=20, deadline=None)
def test_a_tree_to_begin_with_is_never_made_dearer(seed):
    edges, nodes, terminals = grid_case(seed, 7, 8)
    best = span(edges, nodes, terminals)
    again = span(edges, nodes, terminals, start=(best.parent, best.join_cost))
    assert again.cost <= best.cost
    assert (best.parent >= 0).sum() > 0


def test_what_was_cut_away_lowers_the_bound_and_is_not_built_on():
    """root –5– a –1– b and beyond (node 1) one from b: nothing may use it, and b may be had for 1."""
    edges = [(0, 2, 5), (2, 3, 1), (3, 1, 1)]
    tree = span_terminals(*pack(edges, 4), np.array([3]), np.array([6]), beyond=np.array([1]))
    assert (tree.cost, tree.bound, tree.parent.tolist()) == (6, 1, [-1, -1, 0, 2])


def test_nothing_to_join_costs_nothing():
    tree = span(SADDLE, 5, np.zeros(0, dtype=np.int64))
    assert (tree.cost, tree.bound, tree.is_exact) == (0, 0, True)
    assert few(SADDLE, 5, np.zeros(0, dtype=np.int64)).cost == 0


def test_too_many_for_the_exact_way_are_refused():
    with pytest.raises(ValueError, match="7 terminals"):
        few(SADDLE, 5, np.array([1, 2, 3, 4, 1, 2, 3]))
    assert NEVER > 10**18
