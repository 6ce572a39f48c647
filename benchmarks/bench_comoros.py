"""Solve the travel-time field of a real country at 30 m: three islands, ferries running (dry) and not (wet).

    python benchmarks/bench_comoros.py

Needs ../shared/data. Prints Markdown tables: cells a second, memory, and who has a time.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from geoplan.access.entries import enter
from geoplan.access.facilities import locate_points
from geoplan.access.field import lay_costs, lay_legs, plant_seeds, solve
from geoplan.access.ways import lay_ways, time_edges
from geoplan.plan import Plan
from geoplan.stage_runs import join_surfaces

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Time the fields of the Comoros and count their places."""
    with tempfile.TemporaryDirectory() as cache:
        plan = Plan.from_yaml(ROOT / "tests" / "plans" / "comoros.yaml", cache=cache)
        result = plan.run()
        surfaces = join_surfaces(plan.documents, plan.begin().result)
    hospitals = result.access.facilities.query("service == 'hospital'")
    surface = surfaces["dry"]
    ground = surface.ground
    passable = int((ground.speed_class > 0).sum())
    print(
        f"{ground.speed_class.size:,} cells, {passable:,} of them land; {len(surface.stops.xy):,} road nodes, {len(surface.link_cell):,} links\n"
    )
    print("| season | field | CPU s | M land cells/s | cells reached |\n|---|---|---:|---:|---:|")
    for season in ("dry", "wet"):
        ways = lay_ways(surface, *time_edges(surface.network, mode="ride", season=season))
        legs = lay_legs(enter(locate_points(hospitals), surface, move_max_m=500), surface, ways)
        for towards in (True, False):
            costs, seeds = lay_costs(surface, ways, towards=towards), plant_seeds(legs, towards=towards)
            solve(costs, seeds)
            began = time.process_time()
            field = solve(costs, seeds)
            taken = time.process_time() - began
            reached = int(np.isfinite(field.minutes()).sum())
            print(
                f"| {season} | {'to' if towards else 'from'} hospitals | {taken:.2f} | {passable / taken / 1e6:.1f} | {reached:,} |"
            )
    print("\n| service | season | with a time | unreachable |\n|---|---|---:|---:|")
    for (service, season), rows in result.access.times.groupby(["service", "season"]):
        print(f"| {service} | {season} | {(rows['status'] == 'ok').sum()} | {(rows['status'] == 'unreachable').sum()} |")
    print(f"\nmost memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
