"""Allocation of village groups to 60 receiving sites: geoplan beside plain HiGHS on the same program, and spopt where it has the model.

``python benchmarks/bench_allocation.py`` prints one markdown table. Two made-up counties of 40 × 40 km with 18 clusters of groups (median 49 people),
20 km/h with detours of up to a half. *Typical*: room for twice the people, old land within 60 minutes, 1 million yuan to open a site.
*Hard*: room for 1.4 times the people, no travel limit, and openings so dear that only as many sites open as hold everyone, each packed full. Asked
for is a gap of 0.5 %; HiGHS alone gets the same 20 seconds and as many threads, with and without xᵢⱼ ≤ yⱼ. spopt knows neither openings nor travel
limits: it is set beside geoplan on the p-median with room (`--spopt`, 300 groups, half the sites), CBC as it does by default.
Kernels are compiled before. Wall and CPU seconds: on a machine that is busy the two part.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from geoplan.optimise import AssignmentProblem, assign
from geoplan.optimise.milp import Search, solve_milp
from geoplan.optimise.problem import NOWHERE, find_possible, value_plan

SITES, GAP_SHARE, LIMIT_S, THREADS = 60, 0.005, 20.0, 1
YUAN_PER_PERSON_MINUTE, PENALTY_YUAN = 200.0, 1_000_000.0


def make_county(groups: int, kind: str) -> AssignmentProblem:
    """Return a made-up county."""
    rng = np.random.default_rng(1)
    towns = rng.uniform(0, 40, (18, 2))
    homes, sites = towns[rng.integers(0, 18, groups)] + rng.normal(0, 3, (groups, 2)), rng.uniform(0, 40, (SITES, 2))
    km = np.hypot(*(homes[:, None] - sites[None]).transpose(2, 0, 1))
    minutes = km / 20 * 60 * rng.uniform(1, 1.5, km.shape)
    people = np.maximum(3, np.round(rng.lognormal(3.9, 0.6, groups)))
    share = rng.uniform(0.3, 1.7, SITES)
    room = np.floor(share / share.sum() * people.sum() * (2.0 if kind == "typical" else 1.4))
    cost = people[:, None] * minutes * YUAN_PER_PERSON_MINUTE
    opening = np.full(SITES, 1e6) if kind == "typical" else 2e6 * rng.uniform(0.5, 1.5, SITES) * groups / 1000
    return AssignmentProblem(
        cost=np.where(minutes <= 60, cost, np.inf) if kind == "typical" else cost,
        weight=people,
        penalty=PENALTY_YUAN * people,
        opening=opening,
        room=room,
        least=np.zeros(SITES),
        most_open=SITES,
    )


def clock(run: Any) -> tuple[float, float, Any]:
    """Return wall seconds, CPU seconds and the answer."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = run()
    return time.perf_counter() - wall, time.process_time() - cpu, answer


def plain(problem: AssignmentProblem, tight: bool) -> tuple[float, float]:
    """Return value and gap of HiGHS alone."""
    solved = solve_milp(problem, find_possible(problem), search=Search(GAP_SHARE, LIMIT_S, THREADS, tight))
    if solved.site is None:
        return float("nan"), float("nan")
    value = value_plan(problem, solved.site)
    return value, (value - solved.bound) / value


def compare(groups: int, kind: str) -> None:
    """Print the lines of one county."""
    problem = make_county(groups, kind)
    wall, cpu, found = clock(lambda: assign(problem, gap_share=GAP_SHARE, time_limit_s=LIMIT_S, threads=THREADS))
    left = int((found.site == NOWHERE).sum())
    line = f"| {groups:,} × {SITES} | {kind} | {{}} | {{:.1f}} | {{:.1f}} | {{:.2f}} | {{:.2%}} | {{}} |"
    print(line.format("geoplan", wall, cpu, found.objective / 1e6, found.gap_share, left), flush=True)
    for name, tight in (("HiGHS alone", False), ("HiGHS alone, xᵢⱼ ≤ yⱼ", True)):
        wall, cpu, (value, gap) = clock(lambda tight=tight: plain(problem, tight))
        print(line.format(name, wall, cpu, value / 1e6, gap, ""), flush=True)


def compare_spopt() -> None:
    """Print the p-median with room, beside spopt."""
    import pulp
    from spopt.locate import PMedian

    county = make_county(300, "hard")
    minutes = county.cost / county.weight[:, None] / YUAN_PER_PERSON_MINUTE
    room = county.room * 1.6
    most = SITES // 2
    own = AssignmentProblem(
        county.weight[:, None] * minutes, county.weight, 1e6 * county.weight, np.zeros(SITES), room, county.least, most
    )
    wall, cpu, found = clock(lambda: assign(own, gap_share=GAP_SHARE, time_limit_s=LIMIT_S, threads=THREADS))
    print(
        f"| 300 × {SITES} | p-median, p = {most} | geoplan | {wall:.1f} | {cpu:.1f} | {found.objective / 1e6:.4f} | {found.gap_share:.2%} | |"
    )
    peer = PMedian.from_cost_matrix(minutes, county.weight, p_facilities=most, facility_capacities=room)
    solver = pulp.PULP_CBC_CMD(msg=False, timeLimit=LIMIT_S, gapRel=GAP_SHARE)
    wall, cpu, _ = clock(lambda: peer.problem.solve(solver))
    value = peer.problem.objective.value()
    print(f"| 300 × {SITES} | p-median, p = {most} | spopt (CBC) | {wall:.1f} | {cpu:.1f} | {value / 1e6:.4f} | not told | |")


def main() -> None:
    """Print the table."""
    assign(make_county(80, "hard"), time_limit_s=1.0)  # compiles
    print(
        "| units × sites | county | who | wall s | CPU s | value, million | proven gap | left out |\n|---|---|---|---:|---:|---:|---:|---:|"
    )
    for kind in ("typical", "hard"):
        for groups in (300, 1_000, 3_000):
            compare(groups, kind)
    if "--spopt" in sys.argv:
        compare_spopt()


if __name__ == "__main__":
    main()
