"""Assign whole units to sites with room at the least cost, and prove how near to the least it is.

`geoplan.optimise.problem` states the program. A small one goes to HiGHS as it is. A larger one is narrowed first: Lagrangian prices prove a bound
and, rounded and exchanged, give a plan (`branching`); HiGHS then solves the core around that plan for a better one, and last the whole
program without the pairs and sites that the prices rule out, which cannot be part of any better plan. Each step ends as soon as the gap asked
for is proven. The bound is the higher of the two proofs, Lagrange's and HiGHS's; the plan is checked against every limit before it is handed out.

By hand: two units of 10 people, sites A (room 10, cost 1 each) and B (room 20, cost 3 each), opening 1 each → one unit to each site, 1 + 3 + 2 = 6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import GeoplanError
from geoplan.optimise.branching import Effort, Tree, branch, rule_out
from geoplan.optimise.milp import Search, Solved, solve_milp
from geoplan.optimise.problem import NOWHERE, AssignmentProblem, find_breaches, find_possible, value_plan

_SMALL = 30_000
"""Pairs up to which …"""
_FEW_UNITS = 120
"""… and units up to which HiGHS is quicker alone: it is tried first, with half the time."""
_SURE = 0.01
"""Sites as sure as this of being open or shut stay so in the core."""
_CORE_SHARE = 0.4
"""Part of the time HiGHS has that goes to the core."""


@dataclass(frozen=True)
class Assignment:
    """A plan and its proof."""

    site: NDArray[np.int64]
    """(n,) site of each unit, `NOWHERE` where it has none."""
    objective: float
    """Value of the plan: pairs, openings and penalties."""
    bound: float
    """Proven: no plan is cheaper."""
    penalty: float
    """Part of the objective that is penalties of units without a site."""
    proof: str
    """``highs`` or ``lagrange``: who proved the bound."""

    @property
    def gap_share(self) -> float:
        """(objective − bound) / objective; 0 when proven optimal or when nothing costs anything."""
        return (self.objective - self.bound) / self.objective if self.objective > 0 else 0.0

    @property
    def cost_gap_share(self) -> float:
        """(objective − bound) / (objective − penalty): the gap against what the placed units cost; the stricter of the two."""
        rest = self.objective - self.penalty
        return (self.objective - self.bound) / rest if rest > 0 else 0.0


def assign(problem: AssignmentProblem, *, gap_share: float = 0.005, time_limit_s: float = 20.0, threads: int = 1) -> Assignment:
    """Return the cheapest plan found and its proven bound.

    Parameters
    ----------
    problem
        Units, sites, limits.
    gap_share
        Stop once the gap is proven to be at most this (0: optimal).
    time_limit_s
        Seconds HiGHS may search. Pricing before it is a fixed amount of work (some seconds for 3,000 units × 60 sites) and not counted.
    threads
        Threads of HiGHS.

    Raises
    ------
    TableError
        As `AssignmentProblem`.
    InfeasibleError
        ``ASSIGNMENT-UNSOLVED`` as `solve_milp`; never for want of room, as every unit may stay without a site.

    Notes
    -----
    Equal input gives equal output unless the time limit ends the search.
    """
    n = len(problem.weight)
    nobody = np.full(n, NOWHERE, dtype=np.int64)
    possible = find_possible(problem)
    if not possible.any() or problem.most_open == 0:
        return _hand_out(problem, nobody, value_plan(problem, nobody), "lagrange")
    first = Solved(None, -np.inf, finished=False)
    if n <= _FEW_UNITS and possible.sum() <= _SMALL:
        first = solve_milp(problem, possible, search=Search(gap_share, time_limit_s / 2, threads), start=nobody)
        if first.finished and first.site is not None:
            return _hand_out(problem, first.site, first.bound, "highs")
        time_limit_s = time_limit_s / 2
    tree = Tree(problem, Effort(gap_share))
    if first.site is not None:
        tree.try_plan(first.site)
    steps: list[Callable[[], None]] = [
        tree.stir,
        lambda: polish(tree, time_limit_s=_CORE_SHARE * time_limit_s, threads=threads),
        tree.stir,
        lambda: branch(tree),
    ]
    for step in steps:
        if tree.done:
            break
        step()
    if tree.done:
        return _hand_out(problem, tree.site, tree.bound, "lagrange")
    pairs, state = rule_out(tree, tree.value)
    search = Search(gap_share, (1 - _CORE_SHARE) * time_limit_s, threads)
    solved = solve_milp(problem, pairs, search=search, start=tree.site, state=state)
    site = tree.site if solved.site is None or value_plan(problem, solved.site) >= tree.value else solved.site
    # What was ruled out costs at least the plan it was measured against.
    bound = max(min(solved.bound, tree.value), first.bound)
    return _hand_out(problem, site, max(bound, tree.bound), "highs" if bound > tree.bound else "lagrange")


def polish(tree: Tree, *, time_limit_s: float, threads: int) -> None:
    """Improve the tree's plan by HiGHS on the core: pairs the prices use or nearly use, sites they are not sure of. No proof."""
    problem = tree.problem
    pairs, _ = rule_out(tree, tree.value)
    placed = np.flatnonzero(tree.site != NOWHERE)
    opened = np.zeros(len(problem.room), dtype=bool)
    opened[tree.site[placed]] = True
    shut = (tree.root.openness < _SURE) & ~opened
    state = np.where(shut, -1, np.where((tree.root.openness > 1 - _SURE) & opened, 1, 0)).astype(np.int64)
    pairs[:, shut] = False
    price = np.where(pairs, problem.cost - tree.root.prices[:, None], np.inf)
    core = np.zeros_like(pairs)
    core[np.arange(len(price)), np.argmin(price, axis=1)] = True
    core = (core | (tree.root.shares.T > 1e-3)) & pairs
    core[placed, tree.site[placed]] = True
    search = Search(tree.effort.gap_share / 8, time_limit_s, threads)
    solved = solve_milp(problem, core, search=search, start=tree.site, state=state)
    if solved.site is not None:
        tree.try_plan(solved.site)


def _hand_out(problem: AssignmentProblem, site: NDArray[np.int64], bound: float, proof: str) -> Assignment:
    """Return the checked plan; raise if it breaks a limit, which would be a defect here and not of the data."""
    breaches = find_breaches(problem, site)
    if breaches:
        raise GeoplanError(
            f"the plan breaks a limit: {breaches[0]}",
            code="ASSIGNMENT-BROKEN",
            remedy="Report this with the input; it is a defect.",
        )
    value = value_plan(problem, site)
    return Assignment(site, value, min(bound, value), float(problem.penalty[site == NOWHERE].sum()), proof)
