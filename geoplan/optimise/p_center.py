"""Find the sites by which the longest way anyone has is shortest (p-center, Hakimi 1964).

    minimise r   such that the cheapest covering of everyone within r costs no more than the limit

The answer is one of the times in the table, so a search by halves over them asks `solve_lscp`'s covering each time (Minieka, 1970). Whether a
limit is enough is first asked of a greedy covering (yes) and of demands that no two can share a site (no), and of HiGHS only between. Existing sites are open.
Where the limit is not enough to reach everyone whom some site reaches, the plan is ``infeasible`` and serves as many people as can be.

By hand: minutes [[10, 50, 30], [50, 10, 30]], one site: the third, nobody farther than 30.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan.optimise.location import Effort, LocationPlan, LocationProblem
from geoplan.optimise.location_plans import finish_plan
from geoplan.optimise.location_seats import seat_most, seat_within_cost
from geoplan.optimise.lscp import cover_all
from geoplan.optimise.mclp import solve_mclp


def solve_p_center(problem: LocationProblem, *, effort: Effort | None = None) -> LocationPlan:
    """Return the sites within the limit with the shortest longest way.

    Parameters
    ----------
    problem
        Demands, sites, limit.
    effort
        Time and threads of HiGHS for each covering asked.

    Returns
    -------
    LocationPlan
        ``objective`` and ``bound`` are minutes, of people ``out_of_reach`` none.

    Examples
    --------
    >>> import numpy as np
    >>> plan = solve_p_center(LocationProblem(np.array([[10.0, 50, 30], [50, 10, 30]]), np.ones(2), limit=1))
    >>> plan.built.tolist(), plan.objective
    ([2], 30.0)
    """
    effort = effort or Effort()
    reach = np.isfinite(problem.minutes)
    asked = problem.persons > 0
    lost = asked & ~reach.any(axis=1)
    rows = np.flatnonzero(asked & ~lost)
    radii = np.unique(problem.minutes[rows][reach[rows]])
    floor = problem.minutes[rows].min(axis=1, initial=np.inf).max(initial=0.0)
    radii = radii[radii >= floor] if len(rows) else np.zeros(1)
    widest = _try_radius(problem, rows, radii[-1], effort)
    if widest.opened is None:
        most = solve_mclp(problem, within_min=np.inf, effort=effort)
        longest = float(problem.minutes[np.arange(len(asked)), most.served_by][most.served_persons > 0].max(initial=0.0))
        return finish_plan(
            problem, most.opened, objective=longest, bound=longest, finished=widest.sure,
            out_of_reach=lost, cover=reach, flow=most.flow,
        )  # fmt: skip
    low, high, best = 0, len(radii) - 1, widest
    unsure = len(radii)
    while low < high:
        middle = (low + high) // 2
        tried = _try_radius(problem, rows, radii[middle], effort)
        if tried.opened is not None:
            high, best = middle, tried
        else:
            low = middle + 1
            unsure = min(unsure, len(radii) if tried.sure else middle)
    assert best.opened is not None
    cover = problem.minutes <= radii[high]
    return finish_plan(
        problem, best.opened, objective=float(radii[high]), bound=float(radii[min(unsure, high)]), finished=unsure >= high,
        out_of_reach=lost, cover=cover & reach, flow=best.flow,
    )  # fmt: skip


class _Tried:
    """Whether a radius can be kept: the sites that keep it, and whether the answer is proven."""

    def __init__(self, opened: NDArray[np.bool_] | None, sure: bool, flow: NDArray[np.float64] | None = None) -> None:
        self.opened, self.sure, self.flow = opened, sure, flow


def _try_radius(problem: LocationProblem, rows: NDArray[np.int64], radius: float, effort: Effort) -> _Tried:
    """Return the cheapest sites that serve every row within the radius, none where they cost more than the limit."""
    cover = np.zeros(problem.minutes.shape, dtype=bool)
    cover[rows] = problem.minutes[rows] <= min(radius, np.finfo(float).max)
    if problem.capacitated:
        people = float(problem.persons[rows].sum())
        if seat_most(problem, cover, np.ones(len(problem.cost), dtype=bool)).sum() < people * (1 - 1e-9) - 1e-6:
            return _Tried(None, sure=True)
        solved = seat_within_cost(problem, cover, persons=people, effort=effort)
        fits = solved.value <= problem.limit + 1e-9
        return _Tried(
            solved.opened if fits else None, fits or solved.bound > problem.limit + 1e-9 or solved.finished, solved.flow
        )
    new = np.flatnonzero(~problem.existing)
    left = rows[~cover[np.ix_(rows, np.flatnonzero(problem.existing))].any(axis=1)]
    part = cover[np.ix_(left, new)]
    if not part.any(axis=1).all() or _count_apart(part, problem.cost[new]) > problem.limit + 1e-9:
        return _Tried(None, sure=True)
    chosen, value, bound, finished = cover_all(part, problem.cost[new], effort=effort, enough=problem.limit)
    if value > problem.limit + 1e-9:
        return _Tried(None, sure=finished or bound > problem.limit + 1e-9)
    opened = problem.existing.copy()
    opened[new[chosen]] = True
    return _Tried(opened, sure=True)


def _count_apart(cover: NDArray[np.bool_], cost: NDArray[np.float64]) -> float:
    """Return a cost that any covering has: that of the cheapest sites of demands of which no two share a site, narrowest first."""
    total, used = 0.0, np.zeros(cover.shape[1], dtype=bool)
    cheapest = np.where(cover, cost[None, :], np.inf).min(axis=1, initial=np.inf)
    for i in np.argsort(cover.sum(axis=1), kind="stable"):
        if not (cover[i] & used).any():
            total += cheapest[i]
            used |= cover[i]
    return float(total)
