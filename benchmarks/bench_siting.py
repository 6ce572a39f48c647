"""Where to build: geoplan beside spopt with the same solver, HiGHS through pulp.

``python benchmarks/bench_siting.py [--quick] [--alone] [--limit SECONDS]`` prints one markdown table. Made-up county: settlements around 40 towns and
scattered, roads by triangulation with a third left out and three speeds, times along them, one of ten settlements a candidate place, nobody cut
off. spopt's time is building its model and solving it, stopped at the limit (300 s); geoplan's is the whole call, CPU seconds of one core both.
Values must agree where both are proven; a stopped peer has no value. ``--alone`` leaves spopt out, ``--quick`` the larger county.
"""

from __future__ import annotations

import sys
import time
import warnings
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay

from geoplan.optimise.location import LocationProblem
from geoplan.optimise.lscp import solve_lscp
from geoplan.optimise.mclp import solve_mclp
from geoplan.optimise.p_center import solve_p_center
from geoplan.optimise.p_median import solve_p_median

RADIUS_MIN = {"lscp": 60.0, "mclp": 30.0}


def make_county(settlements: int, sites: int) -> tuple[np.ndarray, np.ndarray]:
    """Return minutes (settlements, sites) and people."""
    rng = np.random.default_rng(1)
    towns, scattered = rng.uniform(0, 60, (40, 2)), settlements // 3
    homes = towns[rng.integers(0, 40, settlements - scattered)] + rng.normal(0, 5, (settlements - scattered, 2))
    homes = np.r_[homes, rng.uniform(0, 60, (scattered, 2))]
    corners = Delaunay(homes).simplices
    edges = np.unique(np.sort(np.r_[corners[:, :2], corners[:, 1:], corners[:, ::2]], axis=1), axis=0)
    km = np.hypot(*(homes[edges[:, 0]] - homes[edges[:, 1]]).T)
    minutes = km / rng.choice([10.0, 20.0, 40.0], len(edges)) * 60
    whole = csr_matrix((minutes, (edges[:, 0], edges[:, 1])), shape=(settlements, settlements))
    kept = rng.random(len(edges)) < 0.67
    some = csr_matrix((minutes[kept], (edges[kept, 0], edges[kept, 1])), shape=(settlements, settlements))
    # The spanning tree keeps every place joined, so that spopt, which knows no missing ways, can take part.
    roads = some.maximum(minimum_spanning_tree(whole))
    chosen = rng.choice(settlements, sites, replace=False)
    table = np.round(dijkstra(roads, directed=False, indices=chosen).T, 3)
    return table, np.maximum(3.0, np.round(rng.lognormal(3.9, 0.6, settlements)))


def ask_spopt(model: str, minutes: np.ndarray, people: np.ndarray, count: int, solver: Any) -> float:
    """Return spopt's value, NaN where it was stopped."""
    from spopt.locate import LSCP, MCLP, PCenter, PMedian

    weights = people.reshape(-1, 1)
    made = {
        "lscp": lambda: LSCP.from_cost_matrix(minutes, RADIUS_MIN["lscp"]),
        "mclp": lambda: MCLP.from_cost_matrix(minutes, weights, service_radius=RADIUS_MIN["mclp"], p_facilities=count),
        "p_median": lambda: PMedian.from_cost_matrix(minutes, weights, p_facilities=count),
        "p_center": lambda: PCenter.from_cost_matrix(minutes, p_facilities=count),
    }[model]()
    made = made.solve(solver, results=False)
    # A solver that ran into its limit says so in the solution's status, not in the problem's.
    return float(made.problem.objective.value()) if made.problem.sol_status == 1 else float("nan")


def ask_geoplan(model: str, problem: LocationProblem) -> Any:
    """Return geoplan's plan."""
    if model in RADIUS_MIN:
        return (solve_lscp if model == "lscp" else solve_mclp)(problem, within_min=RADIUS_MIN[model])
    return (solve_p_median if model == "p_median" else solve_p_center)(problem)


def clock(run: Any) -> tuple[float, Any]:
    """Return CPU seconds of this process and the answer."""
    began = time.process_time()
    answer = run()
    return time.process_time() - began, answer


def main() -> None:
    if "--alone" not in sys.argv:
        import pulp

    # PuLP announces the names of its version 4; spopt uses those of today.
    warnings.simplefilter("ignore", DeprecationWarning)
    limit = float(sys.argv[sys.argv.index("--limit") + 1]) if "--limit" in sys.argv else 300.0
    small = LocationProblem(*make_county(100, 20), limit=3)
    for model in ("lscp", "mclp", "p_median", "p_center"):
        ask_geoplan(model, small)  # compiles
    print("| demands × sites | model | geoplan: value | gap | CPU s | spopt + HiGHS: value | CPU s | ratio |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for n, m, count in [(1000, 100, 15), (4000, 400, 20)][: 1 if "--quick" in sys.argv else 2]:
        minutes, people = make_county(n, m)
        for model in ("lscp", "mclp", "p_median", "p_center"):
            problem = LocationProblem(minutes, people, limit=float(count))
            mine, plan = clock(lambda model=model, problem=problem: ask_geoplan(model, problem))
            row = f"| {n:,} × {m} | {model} | {plan.objective:,.6g} | {plan.gap_share:.2%} | {mine:.2f} |"
            if "--alone" in sys.argv:
                print(f"{row} – | – | – |", flush=True)
                continue
            solver = pulp.HiGHS(msg=False, timeLimit=limit, threads=1)
            theirs, value = clock(lambda model=model, solver=solver, at=(minutes, people, count): ask_spopt(model, *at, solver))
            agrees = not (np.isfinite(value) and plan.gap_share == 0.0) or abs(value - plan.objective) <= 1e-6 * abs(value)
            assert agrees, (model, value, plan.objective)
            shown = f"{value:,.6g}" if np.isfinite(value) else "stopped"
            print(f"{row} {shown} | {theirs:.1f} | {theirs / mine:.0f} × |", flush=True)


if __name__ == "__main__":
    main()
