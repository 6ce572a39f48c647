"""Nearest-facility search on one road graph: geoplan, networkx and plain scipy side by side, answers compared.

``python benchmarks/bench_network.py [extract.osm.pbf]`` prints a markdown table. Without an extract it takes the Comoros one
beside the project, and where that is absent a synthetic grid of a similar number of nodes. All three search the graph that
geoplan built: networkx runs one multi-source Dijkstra on the reversed graph, plain scipy one Dijkstra per facility and the
minimum. Times are the best of three; building networkx' graph is not counted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra

from geoplan.access import build_network, snap_all
from geoplan.access.graph import TravelGraph, join_points
from geoplan.access.search import search_nearest
from geoplan.contracts.results import Network
from geoplan.io.documents import read_speeds

EXTRACT = Path(__file__).resolve().parents[2] / "shared" / "data" / "comoros" / "osm" / "comores-2021-04-08.osm.pbf"
SETTLEMENTS, FACILITIES = 1500, 120


def read_roads(path: Path) -> tuple[gpd.GeoDataFrame, str]:
    """Return the roads of the extract in UTM 38S, or a grid of 88 × 88 streets."""
    if path.is_file():
        from geoplan.io.osm import read_osm

        return read_osm(path, what="roads", where={}).to_crs(32738), f"{path.name}"
    steps = np.arange(88) * 250.0
    across = [shapely.LineString([(x, y) for x in steps]) for y in steps]
    down = [shapely.LineString([(x, y) for y in steps]) for x in steps]
    kinds = ["village", "township"] * 88
    return gpd.GeoDataFrame({"road_class": kinds}, geometry=across + down, crs=32738), "synthetic grid"


def join(network: Network, rng: np.random.Generator) -> tuple[TravelGraph, np.ndarray]:
    """Return the graph with settlements and facilities scattered within 200 m of roads."""
    rows = rng.integers(0, len(network.edges), SETTLEMENTS + FACILITIES)
    lines = network.edges.geometry.array[rows]
    on_road = shapely.line_interpolate_point(np.asarray(lines), rng.random(len(rows)), normalized=True)
    xy = shapely.get_coordinates(on_road) + rng.uniform(-140, 140, (len(rows), 2))
    legs = snap_all(xy, network, max_m=2000.0, barriers=None, dem=None, walk_kmh=5.0)
    own = legs["point"] < SETTLEMENTS
    graph = join_points(
        network,
        forward_min=network.edges["forward_min_dry"].to_numpy(),
        backward_min=network.edges["backward_min_dry"].to_numpy(),
        settlement_legs=legs[own],
        facility_legs=legs[~own].assign(point=legs["point"] - SETTLEMENTS),
        settlements=SETTLEMENTS,
        facilities=FACILITIES,
    )
    return graph, np.arange(FACILITIES)


def best_of(run: Callable[[], np.ndarray], times: int = 3) -> tuple[float, np.ndarray]:
    """Return the least wall time in seconds, and the answer."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        answer = run()
        taken.append(time.perf_counter() - start)
    return min(taken), answer


def main() -> int:
    """Print the table; return 1 if the answers differ."""
    roads, name = read_roads(Path(sys.argv[1]) if len(sys.argv) > 1 else EXTRACT)
    speeds = read_speeds("speeds_cn_2026")
    start = time.perf_counter()
    network = build_network(roads, speeds=speeds, seasons=["dry", "wet"], dem=None, walk_kmh=5.0, gap_tolerance_m=2.0)
    built = time.perf_counter() - start
    graph, everyone = join(network, np.random.default_rng(20260101))
    reverse = nx.DiGraph()
    reverse.add_nodes_from(range(graph.size))
    start_node, end_node = graph.key // graph.size, graph.key % graph.size
    reverse.add_weighted_edges_from(zip(end_node.tolist(), start_node.tolist(), graph.minutes.tolist(), strict=True))
    sources, targets = graph.facility_in, graph.settlement_out

    def with_networkx() -> np.ndarray:
        found = nx.multi_source_dijkstra_path_length(reverse, set(sources.tolist()), weight="weight")
        return np.array([found.get(node, np.inf) for node in targets.tolist()])

    def with_scipy() -> np.ndarray:
        return np.min([dijkstra(graph.backward, indices=one)[targets] for one in sources], axis=0)

    ours, answer = best_of(lambda: search_nearest(graph, everyone, towards=True).minutes)
    print(f"{name}: {len(network.nodes):,} junctions, {len(network.edges):,} edges, {network.report.length_m / 1000:,.0f} km, "
          f"{network.report.components} components, built in {built:.2f} s; {graph.size:,} nodes and {len(graph.key):,} arcs searched, "
          f"{SETTLEMENTS:,} settlements, {FACILITIES} facilities\n")  # fmt: skip
    print("| search | seconds | × geoplan | largest difference, min |\n|---|---|---|---|")
    print(f"| geoplan, with the parts of every path | {ours:.3f} | 1.0 | – |")
    worst = 0.0
    for label, run in (("networkx multi-source", with_networkx), ("scipy, one search per facility", with_scipy)):
        seconds, other = best_of(run)
        same = (answer == other) | (np.isinf(answer) & np.isinf(other))
        gap = float(np.max(np.abs(np.where(same, 0.0, answer - other)), initial=0.0))
        worst = max(worst, gap)
        print(f"| {label} | {seconds:.3f} | {seconds / ours:.1f} | {gap:.1e} |")
    return int(not worst < 1e-6)


if __name__ == "__main__":
    sys.exit(main())
