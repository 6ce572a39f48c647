"""Time serving against moving: the road links of a county and of a real country, and the search beside scikit-image and SciPy, answers compared.

    python benchmarks/bench_costs.py            # about 3 min the first time
    python benchmarks/bench_costs.py --quick    # without the Comoros

The Comoros need ../shared/data. Prints Markdown tables.
scikit-image solves something easier: eight moves, a price per cell, no grade, no bridges, no roads. SciPy is given
our sixteen moves and their prices as a sparse matrix, so its answers must be ours; the time to lay the matrix stands beside.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from made_ground import make_ground
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from skimage.graph import MCP_Geometric

from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.ground import MOVES
from geoplan.io.documents import parse, read_yaml
from geoplan.links.road_arcs import join_roads
from geoplan.links.road_ground import RoadGround, lay_road_ground
from geoplan.links.road_links import link_groups
from geoplan.links.road_search import NEVER, measure_pieces, pack_arcs, search_roads
from geoplan.links.road_standard import judge_network
from geoplan.plan import Plan
from geoplan.relocation.cost_groups import gather_groups
from geoplan.relocation.decision import weigh_costs
from geoplan.stage_runs import gather_barriers

ROOT = Path(__file__).resolve().parents[1]
PRESET = ROOT / "geoplan" / "presets" / "costs_cn_2026.yaml"


def spend(run: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """Return the least CPU seconds of several runs, and the last answer."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        answer = run()
        spent.append(time.process_time() - began)
    return min(spent), answer


def time_county(name: str, path: Path, profile: CostProfile, cache: str) -> None:
    """Print what each step takes for a plan, and what it found."""
    plan = Plan.from_yaml(path, cache=cache)
    stage = plan.begin().result
    demand, network = stage("demand")[0], stage("network")
    ground = next(iter(stage("ground").values()))
    barriers, gaps = gather_barriers(plan.documents, stage), stage("coverage").gaps
    groups = gather_groups(demand)
    lay_road_ground(ground, profile, barriers=barriers)
    laid, road_ground = spend(lambda: lay_road_ground(ground, profile, barriers=barriers))
    link_groups(groups, network, road_ground, profile)
    linked, roads = spend(lambda: link_groups(groups, network, road_ground, profile))
    weighed, found = spend(lambda: weigh_costs(demand, groups, gaps, roads, profile))
    judged = judge_network(network, profile.road)
    lacking = groups.loc[~roads.places["has_road"].to_numpy(), ["easting_m", "northing_m"]].to_numpy()
    graph = join_roads(network, judged, road_ground, profile, places=lacking)
    searched, (cost, _) = spend(lambda: search_roads(road_ground, graph.arcs, graph.seeds, graph.places))
    reached = int((cost < NEVER).sum())
    missing = int((roads.places["status"] != "ok").sum())
    print(
        f"| {name} | {cost.size:,} | {len(groups):,} | {len(lacking):,} | {missing} | {laid:.2f} | {linked:.2f} | {searched:.2f} | "
        f"{reached / searched / 1e6:.2f} | {weighed:.2f} | {len(found.items):,} | {found.links['length_m'].sum() / 1000:,.0f} |"
    )


def price_matrix(road: RoadGround) -> csr_array:
    """Return our moves and their prices as SciPy takes them."""
    rows, cols = road.shape
    start, end = [], []
    for move, (down, right) in enumerate(MOVES):
        row, col = np.nonzero((road.blocked >> np.uint16(move) & 1) == 0)
        start.append(row * cols + col)
        end.append((row + down) * cols + col + right)
    a, b = np.concatenate(start), np.concatenate(end)
    none = np.zeros(0, dtype=np.int64)
    arcs = pack_arcs(none, none, none, np.zeros(0), np.zeros(0, dtype=np.int8), nodes=rows * cols)
    return csr_array((measure_pieces(road, arcs, a, b)[0].astype(np.float64), (a, b)), shape=(rows * cols, rows * cols))


def compare(side: int, profile: CostProfile) -> None:
    """Print our search beside its peers on made-up mountains."""
    ground, rivers = make_ground(side)
    barriers = rivers.assign(barrier_kind="river")
    seeds = np.random.default_rng(4).choice(side * side, 2000, replace=False)
    everyone, none = np.arange(side * side), np.zeros(0, dtype=np.int64)
    arcs = pack_arcs(none, none, none, np.zeros(0), np.zeros(0, dtype=np.int8), nodes=side * side)
    print(f"\n| {side}² cells, 2,000 sources | CPU s | M cells/s | as ours |\n|---|---:|---:|---|")
    ours = np.empty(0)
    for neighbours in (16, 8):
        road = lay_road_ground(ground, profile, barriers=barriers, neighbours=neighbours)
        search_roads(road, arcs, seeds, everyone)
        spent, (cost, _) = spend(lambda road=road: search_roads(road, arcs, seeds, everyone))
        print(f"| geoplan, {neighbours} moves | {spent:.2f} | {side * side / spent / 1e6:.2f} | |")
        ours = cost if neighbours == 16 else ours
    road = lay_road_ground(ground, profile, barriers=barriers)
    laid, matrix = spend(lambda: price_matrix(road), 1)
    spent, theirs = spend(lambda: dijkstra(matrix, indices=seeds, min_only=True), 1)
    same = bool(((ours == theirs) | ((ours == NEVER) & np.isinf(theirs))).all())
    print(
        f"| scipy dijkstra, 16 moves (matrix {laid:.1f} s) | {spent:.2f} | {side * side / spent / 1e6:.2f} | {'every cell' if same else 'DIFFERS'} |"
    )
    price = np.where(road.blocked == 0xFFFF, -1.0, road.factors[road.slope_class])
    starts = [tuple(one) for one in np.column_stack(np.divmod(seeds, side))]
    spent, _ = spend(lambda: MCP_Geometric(price, fully_connected=True).find_costs(starts), 1)
    print(f"| scikit-image MCP_Geometric, 8 moves | {spent:.2f} | {side * side / spent / 1e6:.2f} | easier question |")


def main() -> None:
    """Print the tables."""
    profile = parse(CostProfile, read_yaml(PRESET), where=str(PRESET))
    print(
        "| plan | nodes | groups | without road | no link | ground s | links s | of it search s | M nodes/s | weighing s | items | km of links |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    )
    with tempfile.TemporaryDirectory() as cache:
        time_county("demo county", ROOT / "layers" / "demo" / "county.yaml", profile, cache)
        if "--quick" not in sys.argv:
            # OpenStreetMap hardly ever states widths.
            lenient = profile.model_copy(update={"road": profile.road.model_copy(update={"unknown_width_serves": True})})
            time_county("Comoros", ROOT / "tests" / "plans" / "comoros.yaml", lenient, cache)
    compare(1000, profile)
    print(f"\nmost memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
