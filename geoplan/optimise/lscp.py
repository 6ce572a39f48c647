"""Find the least cost of new sites by which everyone who can be is within a time (location set covering, Toregas et al. 1971).

    minimise Σ cⱼ yⱼ   with  Σⱼ∈Nᵢ yⱼ ≥ 1 for every demand i,  Nᵢ = {j : tᵢⱼ ≤ r}

Existing sites are open for nothing. Needless rows and sites are dropped first (`geoplan.optimise.location_cover`). Demand that no site covers is no
part of the program; it makes the plan ``infeasible`` and is named in ``out_of_reach``, and the sites given cover everyone else. With capacities
people are assigned, split where it helps; where even all sites together are short, the plan is ``infeasible``, serves as many as can be served,
and ``short_persons`` says how many are left.

By hand: minutes [[5, 20, 9], [20, 5, 9]], r = 10, costs 1: the third site alone covers both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.optimise.location import Effort, LocationPlan, LocationProblem
from geoplan.optimise.location_cover import shrink
from geoplan.optimise.location_highs import Program, run_highs
from geoplan.optimise.location_plans import finish_plan
from geoplan.optimise.location_seats import seat_most, seat_within_cost


def solve_lscp(problem: LocationProblem, *, within_min: float, effort: Effort | None = None) -> LocationPlan:
    """Return the cheapest set of new sites that serves everyone within ``within_min`` (inclusive) who can be; ``problem.limit`` is not looked at.

    Parameters
    ----------
    problem
        Demands and sites.
    within_min
        Longest time that counts as covered, minutes, inclusive.
    effort
        Time and threads of HiGHS.

    Returns
    -------
    LocationPlan
        ``objective`` and ``bound`` are costs of new sites. ``infeasible`` where somebody cannot be served whatever is built.

    Examples
    --------
    >>> import numpy as np
    >>> plan = solve_lscp(LocationProblem(np.array([[5.0, 20, 9], [20, 5, 9]]), np.array([1.0, 1])), within_min=10)
    >>> plan.built.tolist(), plan.objective
    ([2], 1.0)
    """
    effort = effort or Effort()
    cover = (problem.minutes <= within_min) & np.isfinite(problem.minutes)
    asked = problem.persons > 0
    lost = asked & ~cover.any(axis=1)
    if problem.capacitated:
        most = seat_most(problem, cover, np.ones(len(problem.cost), dtype=bool))
        solved = seat_within_cost(problem, cover, persons=float(most.sum()), effort=effort)
        return finish_plan(
            problem, solved.opened, objective=solved.value, bound=solved.bound, finished=solved.finished,
            out_of_reach=lost, cover=cover, flow=solved.flow, everyone=True,
        )  # fmt: skip
    left = asked & ~lost & ~cover[:, problem.existing].any(axis=1)
    new = np.flatnonzero(~problem.existing)
    chosen, value, bound, finished = cover_all(cover[np.ix_(left, new)], problem.cost[new], effort=effort)
    opened = problem.existing.copy()
    opened[new[chosen]] = True
    return finish_plan(
        problem, opened, objective=value, bound=bound, finished=finished, out_of_reach=lost, cover=cover, flow=None, everyone=True
    )


def cover_all(
    cover: NDArray[np.bool_], cost: NDArray[np.float64], *, effort: Effort, enough: float = -np.inf
) -> tuple[NDArray[np.bool_], float, float, bool]:
    """Return the cheapest sites that cover every row, their cost, its bound, and whether the search ended by itself.

    Parameters
    ----------
    cover
        (n, m); every row is covered by some site.
    cost
        (m,) above 0.
    effort
        Time and threads of HiGHS.
    enough
        A cover that costs no more is good enough: it is returned with what bound there is.
    """
    m = cover.shape[1]
    chosen = np.zeros(m, dtype=bool)
    if not len(cover):
        return chosen, 0.0, 0.0, True
    rows, sites = shrink(cover, cost)
    part = cover[np.ix_(rows, sites)]
    forced = part[part.sum(axis=1) == 1].any(axis=0)
    chosen[sites[forced]] = True
    open_rows = part[~part[:, forced].any(axis=1)][:, ~forced]
    free = sites[~forced]
    finished, bound = True, float(cost[chosen].sum())
    if len(open_rows):
        count, width = open_rows.shape
        program = Program(
            cost[free], sparse.csc_matrix(open_rows.astype(float)), np.ones(count), np.full(count, np.inf),
            np.zeros(width), np.ones(width), np.ones(width, dtype=bool),
        )  # fmt: skip
        greedy = _cover_greedily(open_rows, cost[free])
        if float(cost[chosen].sum() + cost[free][greedy].sum()) <= enough + 1e-9:
            chosen[free[greedy]] = True
            return chosen, float(cost[chosen].sum()), bound, True
        answer = run_highs(program, effort=effort, start=greedy.astype(float))
        picked = greedy if answer.values is None else answer.values > 0.5
        if not open_rows[:, picked].any(axis=1).all() or cost[free][greedy].sum() < cost[free][picked].sum() - 1e-9:
            picked = greedy
        chosen[free[picked]] = True
        finished, bound = answer.finished, bound + answer.bound
    value = float(cost[chosen].sum())
    return chosen, value, min(bound, value), finished


def _cover_greedily(cover: NDArray[np.bool_], cost: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return a cover: the site that covers most of what is left for its cost, the first among equals, until all is covered."""
    chosen, left = np.zeros(cover.shape[1], dtype=bool), np.ones(len(cover), dtype=bool)
    while left.any():
        best = int(np.argmax(cover[left].sum(axis=0) / cost))
        chosen[best] = True
        left &= ~cover[:, best]
    for j in np.flatnonzero(chosen)[::-1]:
        if cover[:, chosen].sum(axis=1)[cover[:, j]].min() > 1:
            chosen[j] = False
    return chosen
