"""A real country's roads: three islands, real junctions, real mistakes."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from geoplan.access import build_network, nearest_facilities, snap_all
from geoplan.access.graph import join_points
from geoplan.access.search import search_nearest
from geoplan.contracts.config import AccessConfig

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


def test_the_islands_part_in_the_wet_when_ferries_do_not_run(network):
    """Dry: a ferry joins the islands; wet: no way, and a missing number instead of a large one."""
    ferry = network.edges[network.edges["road_class"] == "ferry"]
    assert len(ferry) > 0
    assert np.isinf(ferry["forward_min_wet"]).all()
    config = AccessConfig(direct_walk_max_m=0.0)
    north, south = network.nodes[network.nodes[:, 1].argmax()], network.nodes[network.nodes[:, 1].argmin()]
    times = [
        nearest_facilities(north[None], south[None], network, season=season, config=config).iloc[0] for season in ("dry", "wet")
    ]
    assert (times[0]["status"], times[1]["status"]) == ("ok", "unreachable")
    assert np.isnan(times[1]["travel_time_min"])


@pytest.mark.parametrize("towards", [True, False])
def test_the_search_equals_networkx_on_the_same_graph(network, towards):
    """800 points and 40 facilities anywhere beside the roads: equal to the last bit's neighbourhood."""
    rng = np.random.default_rng(7)
    xy = network.nodes[rng.integers(0, len(network.nodes), 840)] + rng.uniform(-300, 300, (840, 2))
    legs = snap_all(xy, network, max_m=2000.0, barriers=None, dem=None, walk_kmh=5.0)
    own = legs["point"] < 800
    forward, backward = (network.edges[f"{way}_min_dry"].to_numpy() for way in ("forward", "backward"))
    facility_legs = legs[~own].assign(point=legs["point"] - 800)
    graph = join_points(
        network,
        forward_min=forward,
        backward_min=backward,
        settlement_legs=legs[own],
        facility_legs=facility_legs,
        settlements=800,
        facilities=40,
    )
    twin = nx.DiGraph()
    start, end = graph.key // graph.size, graph.key % graph.size
    pairs = (end, start) if towards else (start, end)
    twin.add_weighted_edges_from(zip(*(one.tolist() for one in pairs), graph.minutes.tolist(), strict=True))
    roots = graph.facility_in if towards else graph.facility_out
    targets = graph.settlement_out if towards else graph.settlement_in
    found = nx.multi_source_dijkstra_path_length(twin, set(roots.tolist()))
    naive = np.array([found.get(node, np.inf) for node in targets.tolist()])
    paths = search_nearest(graph, np.arange(40), towards=towards)
    assert paths.minutes == pytest.approx(naive, abs=1e-9)
    total = paths.leg_min + paths.road_min + paths.facility_leg_min
    assert total[np.isfinite(naive)] == pytest.approx(naive[np.isfinite(naive)], abs=1e-6)
