"""Reading a search tree: its parts, by the quick way for one tree and the plain way for many."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from geoplan.access.search import read_paths
from geoplan.access.travel_time import Terrain, build_graph, join_to_network

POINT = st.tuples(st.integers(-400, 1400), st.integers(-400, 900))
#   (0,600)───(1000,600)
#      │  ╲        │        a lane across, and one on its own in the north that no facility need be on
#   (0,0)────(1000,0)
LANES = [[(0, 0), (1000, 0)], [(1000, 0), (1000, 600)], [(1000, 600), (0, 600)], [(0, 600), (0, 0)], [(0, 600), (1000, 0)],
         [(200, 880), (900, 880)]]  # fmt: skip


@pytest.mark.parametrize("along_arcs", [True, False])
@settings(deadline=None, max_examples=15)
@given(here=st.lists(POINT, min_size=1, max_size=8), there=st.lists(POINT, min_size=1, max_size=4))
def test_one_tree_reads_as_the_same_tree_among_many_to_the_last_bit(world, along_arcs, here, there):
    """Twice the same tree, and paths that end in the first of them: the plain way must say what the quick way says."""
    settlements, facilities = np.array(here, dtype=float), np.array(there, dtype=float)
    terrain = Terrain(world.plane(0.1), 5.0, None)
    network = world.network(LANES, dem=terrain.dem)
    points = join_to_network(settlements, facilities, network, max_m=500.0, terrain=terrain)
    graph = build_graph(points, mode="ride", season="dry")
    ends = graph.settlement_in if along_arcs else graph.settlement_out
    roots = graph.facility_out if along_arcs else graph.facility_in
    matrix = graph.forward if along_arcs else graph.backward
    minutes, before, _ = dijkstra(matrix, directed=True, indices=roots, return_predecessors=True, min_only=True)
    row, nothing = np.zeros(len(ends), dtype=np.int64), np.zeros(len(ends), dtype=np.int64)
    one, many = (
        read_paths(graph, trees, row, ends, minutes[ends], nothing, along_arcs=along_arcs)
        for trees in (before[None, :], np.vstack([before, before]))
    )
    for field in dataclasses.fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(many, field.name), err_msg=field.name)
    known = np.isfinite(one.minutes)
    parts = one.leg_min + one.road_min + one.facility_leg_min
    np.testing.assert_allclose(parts[known], one.minutes[known], rtol=1e-12)
    assert np.isnan(parts[~known]).all()
