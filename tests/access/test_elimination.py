"""The order of elimination and its shortcuts: chordal, complete, a tree, whatever the graph."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.elimination import eliminate, join_neighbours, order_nodes


@st.composite
def graphs(draw):
    """Arcs with loops, parallel and opposite ones, lonely nodes, several parts; a single node and no arc at all too."""
    size = draw(st.integers(1, 24))
    ends = draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=70))
    pairs = np.array(ends, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], size


def shortcuts_by_hand(start, end, rank):
    """Take the nodes out one by one; return every pair of neighbours that ever was, by rank."""
    neighbours = {x: set() for x in range(len(rank))}
    for a, b in zip(rank[start].tolist(), rank[end].tolist(), strict=True):
        if a != b:
            neighbours[a].add(b)
            neighbours[b].add(a)
    pairs = set()
    for x in range(len(rank)):
        later = {y for y in neighbours[x] if y > x}
        pairs |= {(x, y) for y in later}
        for y in later:
            neighbours[y] |= later - {y}
    return pairs


def pairs_of(found):
    tails = np.repeat(np.arange(len(found.rank)), np.diff(found.first))
    return list(zip(tails.tolist(), found.head.tolist(), strict=True))


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_chordal_arcs_are_those_of_taking_nodes_out_one_by_one(graph):
    start, end, size = graph
    found = eliminate(start, end, node_count=size, fill_max=99.0)
    assert sorted(found.rank.tolist()) == list(range(size))
    assert pairs_of(found) == sorted(shortcuts_by_hand(start, end, found.rank))


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_the_graph_with_its_shortcuts_is_chordal(graph):
    start, end, size = graph
    whole = nx.Graph(pairs_of(eliminate(start, end, node_count=size, fill_max=99.0)))
    assert nx.is_chordal(whole)


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_the_parent_is_the_first_later_neighbour_and_subtrees_are_runs(graph):
    start, end, size = graph
    found = eliminate(start, end, node_count=size, fill_max=99.0)
    for x in range(size):
        later = found.head[found.first[x] : found.first[x + 1]]
        assert found.parent[x] == (later[0] if len(later) else -1)
    below = np.ones(size, int)
    for x in range(size):
        children = np.flatnonzero(found.parent == x)
        below[x] += below[children].sum()
        assert all(x - below[x] < child < x for child in children)


@pytest.mark.parametrize("shape", ["path", "ring", "star", "tree"])
def test_easy_graphs_gain_next_to_nothing(shape):
    """A forest needs no shortcut; a ring of n needs n − 3."""
    size = 200
    if shape == "tree":
        drawn = nx.random_labeled_tree(size, seed=4)
    else:
        drawn = {"path": nx.path_graph, "ring": nx.cycle_graph, "star": lambda n: nx.star_graph(n - 1)}[shape](size)
    start, end = np.array(drawn.edges).T
    found = eliminate(start, end, node_count=size, fill_max=9.0)
    assert len(found.head) == (2 * size - 3 if shape == "ring" else size - 1)


def test_a_long_ring_makes_a_low_tree():
    """Every second node goes in a round: 4,000 nodes in a ring stand at most about 2 · log₂ 4000 = 24 deep."""
    size = 4000
    found = eliminate(np.arange(size), np.roll(np.arange(size), -1), node_count=size, fill_max=9.0)
    depth = np.zeros(size, int)
    for x in range(size - 2, -1, -1):
        depth[x] = depth[found.parent[x]] + 1
    assert depth.max() <= 24


def test_a_grid_fills_less_than_row_by_row():
    """Row by row, a 30 × 30 grid keeps about 30 later neighbours per node."""
    drawn = nx.convert_node_labels_to_integers(nx.grid_2d_graph(30, 30))
    start, end = np.array(drawn.edges).T
    found = eliminate(start, end, node_count=900, fill_max=99.0)
    by_rows = len(shortcuts_by_hand(start, end, np.arange(900)))
    assert len(found.head) < 0.5 * by_rows


def test_a_hub_of_many_roads_is_no_trouble():
    """Nodes with two neighbours, one of them with thousands, stay in the core and are ordered there."""
    size = 3000
    rim = np.arange(1, size)
    start, end = np.concatenate([np.zeros(size - 1, int), rim]), np.concatenate([rim, np.roll(rim, -1)])
    found = eliminate(start, end, node_count=size, fill_max=9.0)
    assert pairs_of(found) == sorted(shortcuts_by_hand(start, end, found.rank))
    assert len(found.head) < 3 * size


def test_graphs_too_dense_are_declined():
    complete = nx.complete_graph(40)
    start, end = np.array(complete.edges).T
    assert order_nodes(*join_neighbours(start, end, 40)) is None
    grid = np.array(nx.convert_node_labels_to_integers(nx.grid_2d_graph(20, 20)).edges).T
    assert eliminate(*grid, node_count=400, fill_max=2.0) is None
    assert eliminate(*grid, node_count=400, fill_max=20.0) is not None


@given(graphs())
@settings(max_examples=20, deadline=None)
def test_neighbours_are_listed_once_and_without_oneself(graph):
    start, end, size = graph
    first, neighbour = join_neighbours(start, end, size)
    drawn = nx.Graph(zip(start.tolist(), end.tolist(), strict=True))
    drawn.add_nodes_from(range(size))
    drawn.remove_edges_from(list(nx.selfloop_edges(drawn)))
    for x in range(size):
        assert sorted(neighbour[first[x] : first[x + 1]].tolist()) == sorted(drawn[x])
