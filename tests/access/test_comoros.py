"""A real country's roads: three islands, real junctions, real mistakes."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from affine import Affine

from geoplan.access import build_network, join_surface, lay_costs, lay_ways, level_ground, solve, time_edges
from geoplan.access.field import Seeds
from geoplan.access.ticks import NEVER
from geoplan.access.ways import TICKS_PER_MIN
from geoplan.contracts.grid import Grid

pytestmark = [pytest.mark.shared, pytest.mark.slow]


@pytest.fixture(scope="module")
def roads(comoros_layers):
    return comoros_layers.vectors["roads"]


@pytest.fixture(scope="module")
def network(roads, speeds):
    return build_network(roads, speeds=speeds, seasons=["dry", "wet"], dem=None, walk_kmh=5.0, gap_tolerance_m=2.0)


def test_no_metre_and_no_road_is_lost(roads, network):
    """Every road of the extract is in the graph, the lengths add up, and the ends of edges are their nodes."""
    assert network.report.length_m == pytest.approx(float(roads.geometry.length.sum()), abs=5.0)
    assert set(network.edges["road_id"]) == set(roads["road_id"])
    first = np.array([line.coords[0] for line in network.edges.geometry])
    assert np.abs(first - network.nodes[network.edges["u"]]).max() == 0.0


def test_components_are_kept_and_equal_those_of_networkx(network):
    """Small pieces stay, each with its own number."""
    graph = nx.MultiGraph()
    graph.add_edges_from(zip(network.edges["u"], network.edges["v"], strict=True))
    assert network.report.components == nx.number_connected_components(graph) > 3
    for part in nx.connected_components(graph):
        assert network.edges.loc[network.edges["u"].isin(part), "component"].nunique() == 1


def test_the_islands_part_in_the_wet_when_ferries_do_not_run(world, network):
    """Dry: a ferry joins the islands over the sea; wet: no way, and a missing number instead of a large one."""
    ferry = network.edges[network.edges["road_class"] == "ferry"]
    assert len(ferry) > 0
    assert np.isinf(ferry["forward_min_wet"]).all()
    surface = join_surface(sea_around(world, network), network)
    north, south = network.nodes[network.nodes[:, 1].argmax()], network.nodes[network.nodes[:, 1].argmin()]
    paths = [world.travel(surface, [north], [south], season=season).paths for season in ("dry", "wet")]
    assert np.isfinite(paths[0].minutes[0])
    assert paths[0].parts[0, 2] > 100_000
    assert (paths[1].minutes[0], paths[1].source[0]) == (np.inf, -1)


def sea_around(world, network):
    """Return a ground of nothing but water under the whole network: roads alone are left."""
    west, south = network.nodes.min(axis=0) - 1000.0
    east, north = network.nodes.max(axis=0) + 1000.0
    cover = Grid(
        np.full((1, 1), 80.0),
        Affine(east - west + 4000.0, 0.0, west - 2000.0, 0.0, south - north - 4000.0, north + 2000.0),
        network.crs,
    )
    return level_ground((west, south, east, north), cell_m=500.0, crs=network.crs, walking=world.walking, landcover=cover)


@pytest.mark.parametrize("towards", [True, False])
@pytest.mark.parametrize("mode", ["ride", "walk"])
def test_the_search_equals_networkx_on_the_roads_of_a_country(world, network, mode, towards):
    """Forty sources, every junction of three islands: the same minutes to a tick for every arc passed."""
    surface = join_surface(sea_around(world, network), network)
    minutes, _ = time_edges(network, mode=mode, season="dry")
    edges = network.edges
    twin = nx.MultiDiGraph()
    twin.add_nodes_from(range(len(network.nodes)))
    for way, start, end in ((0, edges["u"], edges["v"]), (1, edges["v"], edges["u"])):
        known = np.isfinite(minutes[way])
        pairs = (start, end) if not towards else (end, start)
        twin.add_weighted_edges_from(zip(*(one[known].tolist() for one in pairs), minutes[way][known].tolist(), strict=True))
    sources = np.sort(np.random.default_rng(7).choice(len(network.nodes), 40, replace=False))
    found = nx.multi_source_dijkstra_path_length(twin, set(sources.tolist()))
    naive = np.array([found.get(node, np.inf) for node in range(len(network.nodes))])
    costs = lay_costs(surface, lay_ways(surface, *time_edges(network, mode=mode, season="dry")), towards=towards)
    none = np.zeros(len(sources), dtype=np.int64)
    field = solve(costs, Seeds(surface.ground.speed_class.size + sources, none, none, none - 1))
    time = field.node_time[: len(network.nodes)]
    assert np.where(time < NEVER, time / TICKS_PER_MIN, np.inf) == pytest.approx(naive, abs=4000 / TICKS_PER_MIN)
    assert np.isfinite(naive).mean() > 0.9
