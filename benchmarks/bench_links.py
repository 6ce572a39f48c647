"""Time the roads that are cheapest for all groups together: beside each group's own links, and beside networkx's approximation, costs compared.

    python benchmarks/bench_links.py            # the demo county
    python benchmarks/bench_links.py --peers    # and networkx's Steiner tree on the same region, about 10 min and 6 GB

Prints Markdown tables. networkx is given our region as a graph (laying it is not timed) and the method of Mehlhorn; its tree must cost no less than
our bound, and ours should cost no more than its.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from geoplan.links.road_ground import lay_road_ground
from geoplan.links.road_links import link_groups, search_links
from geoplan.links.road_programme import tabulate_programme
from geoplan.links.road_region import Region, cut_region
from geoplan.links.road_together import link_together
from geoplan.plan import Plan
from geoplan.relocation.cost_groups import gather_groups
from geoplan.stage_runs import gather_barriers

ROOT = Path(__file__).resolve().parents[1]


def spend(run: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """Return the least CPU seconds of several runs, and the last answer."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        answer = run()
        spent.append(time.process_time() - began)
    return min(spent), answer


def ask_networkx(region: Region) -> tuple[float, float]:
    """Return CPU seconds and cost (yuan) of networkx's approximation on the region."""
    graph = nx.Graph()
    start = np.repeat(np.arange(len(region.first) - 1), np.diff(region.first))
    order = np.argsort(-region.cost_fen, kind="stable")
    kept = order[region.to[order] != 1]
    # The dearest first: of parallel joins the cheapest stays.
    graph.add_weighted_edges_from(
        zip(start[kept].tolist(), region.to[kept].tolist(), region.cost_fen[kept].tolist(), strict=True)
    )
    terminals = [0, *region.places.tolist()]
    whole = graph.subgraph(nx.node_connected_component(graph, 0)).copy()
    spent, tree = spend(lambda: nx.algorithms.approximation.steiner_tree(whole, terminals, method="mehlhorn"), 1)
    return spent, tree.size("weight") / 100


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as cache:
        plan = Plan.from_yaml(ROOT / "layers" / "demo" / "county.yaml", cache=cache)
        stage = plan.begin().result
        demand, network = stage("demand")[0], stage("network")
        ground, barriers = next(iter(stage("ground").values())), gather_barriers(plan.documents, stage)
    groups, profile = gather_groups(demand), plan.documents.costs
    road_ground = lay_road_ground(ground, profile, barriers=barriers)
    apart, _ = spend(lambda: link_groups(groups, network, road_ground, profile))
    joined, found = spend(lambda: link_together(groups, network, road_ground, profile))
    tabled, programme = spend(lambda: tabulate_programme(found, groups))
    search = search_links(groups, network, road_ground, profile, replace=True)
    places = search.graph.places[search.linked]
    region = cut_region(search.graph, places, search.cost_fen[places])
    print(
        f"| demo county: {len(places)} groups without a road, {len(region.first) - 3:,} nodes, {len(region.to):,} joins | million yuan | CPU s |\n"
        "|---|---:|---:|"
    )
    print(f"| every group its own link | {programme.alone_yuan / 1e6:.2f} | |")
    print(f"| the same, common pieces built once | {programme.shared_yuan / 1e6:.2f} | {apart:.2f} |")
    print(f"| cheapest together | {programme.total_yuan / 1e6:.2f} | {joined:.2f} (tables {tabled:.2f}) |")
    print(f"| bound: no network costs less | {programme.bound_yuan / 1e6:.2f} (gap {programme.gap_share:.2%}) | |")
    if "--peers" in sys.argv:
        spent, yuan = ask_networkx(region)
        print(f"| networkx steiner_tree (Mehlhorn), same region | {yuan / 1e6:.2f} | {spent:.1f} |")
    trees = programme.groups[programme.groups["tree"] != ""].drop_duplicates("tree")
    exact = int((trees["tree_method"] == "exact").sum())
    print(f"\n{len(trees)} trees, {exact} of them proven the cheapest for their groups; {len(programme.links)} links.")


if __name__ == "__main__":
    main()
