"""Find the sites by which the longest way anyone has is shortest (p-center, Hakimi 1964).

    minimise r   such that the cheapest covering of everyone within r costs no more than the limit

The answer is one of the times in the table, none below the longest of all nearest ways, which is tried first. A search by halves with quick answers
only (`geoplan.optimise.location_within`) finds a radius that is kept; whether the next shorter one can be is then asked of HiGHS, and by halves below
it where it can (Minieka, 1970). Existing sites are open. With capacities the halves ask who can be seated.
Where the limit is not enough to reach everyone whom some site reaches, the plan is ``infeasible`` and serves as many people as can be.

By hand: minutes [[10, 50, 30], [50, 10, 30]], one site: the third, nobody farther than 30.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan.optimise.location import Effort, LocationPlan, LocationProblem
from geoplan.optimise.location_plans import finish_plan
from geoplan.optimise.location_seats import seat_most, seat_within_cost
from geoplan.optimise.location_within import cover_within
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
    radii = np.unique(problem.minutes[rows][reach[rows]]) if len(rows) else np.zeros(1)
    usable = problem.existing | (problem.cost <= problem.limit + 1e-9)
    floor = problem.minutes[np.ix_(rows, np.flatnonzero(usable))].min(axis=1, initial=np.inf).max(initial=0.0)
    radii = radii[radii >= min(floor, radii[-1])]
    question = _Question(problem, rows)
    widest = _try_radius(question, radii[-1], effort)
    if widest.opened is None:
        most = solve_mclp(problem, within_min=np.inf, effort=effort)
        longest = float(problem.minutes[np.arange(len(asked)), most.served_by][most.served_persons > 0].max(initial=0.0))
        return finish_plan(
            problem, most.opened, objective=longest, bound=longest, finished=widest.sure,
            out_of_reach=lost, cover=reach, flow=most.flow,
        )  # fmt: skip
    low, high, best = _halve_quickly(question, radii, widest)
    # What is not proven either way lies from `top` up; below it the search goes on, for the bound.
    top, next_shorter = high, not problem.capacitated
    while low < top:
        middle = top - 1 if next_shorter else (low + top) // 2
        next_shorter = False
        tried = _try_radius(question, radii[middle], effort)
        if tried.opened is not None:
            high = top = middle
            best = tried
        elif tried.sure:
            low = middle + 1
        else:
            top = middle
    assert best.opened is not None
    cover = problem.minutes <= radii[high]
    return finish_plan(
        problem, best.opened, objective=float(radii[high]), bound=float(radii[min(low, high)]), finished=low >= high,
        out_of_reach=lost, cover=cover & reach, flow=best.flow,
    )  # fmt: skip


class _Tried:
    """Whether a radius can be kept: the sites that keep it, and whether the answer is proven."""

    def __init__(self, opened: NDArray[np.bool_] | None, sure: bool, flow: NDArray[np.float64] | None = None) -> None:
        self.opened, self.sure, self.flow = opened, sure, flow


class _Question:
    """Who is asked for, and the demands that made earlier radii hard."""

    def __init__(self, problem: LocationProblem, rows: NDArray[np.int64]) -> None:
        self.problem, self.rows = problem, rows
        self.new = np.flatnonzero(~problem.existing)
        self.minutes = np.ascontiguousarray(problem.minutes[np.ix_(rows, self.new)])
        self.stands = np.where(problem.existing[None, :], problem.minutes[rows], np.inf).min(axis=1, initial=np.inf)
        self.hard = np.zeros(0, dtype=np.int64)


def _halve_quickly(question: _Question, radii: NDArray[np.float64], widest: _Tried) -> tuple[int, int, _Tried]:
    """Return the first radius not refuted, one that is kept with its sites; by quick answers only, the least radius first."""
    low, high, best = 0, len(radii) - 1, widest
    if question.problem.capacitated:
        return low, high, best
    start, middle = 0, 0
    while start < high:
        tried = _try_radius(question, radii[middle], None)
        if tried.opened is None:
            start = middle + 1
            low = start if tried.sure else low
        else:
            longest = question.stands
            if len(question.new):
                longest = np.minimum(longest, question.minutes[:, tried.opened[question.new]].min(axis=1, initial=np.inf))
            high, best = int(np.searchsorted(radii, longest.max(initial=0.0))), tried
        middle = (start + high) // 2
    return low, high, best


def _try_radius(question: _Question, radius: float, effort: Effort | None) -> _Tried:
    """Return sites within the limit that serve every row within the radius, none where there are none; without ``effort`` by quick means only."""
    problem, rows = question.problem, question.rows
    radius = min(radius, np.finfo(float).max)
    if problem.capacitated:
        cover = np.zeros(problem.minutes.shape, dtype=bool)
        cover[rows] = problem.minutes[rows] <= radius
        people = float(problem.persons[rows].sum())
        if seat_most(problem, cover, np.ones(len(problem.cost), dtype=bool)).sum() < people * (1 - 1e-9) - 1e-6:
            return _Tried(None, sure=True)
        solved = seat_within_cost(problem, cover, persons=people, effort=effort or Effort())
        fits = solved.value <= problem.limit + 1e-9
        return _Tried(
            solved.opened if fits else None, fits or solved.bound > problem.limit + 1e-9 or solved.finished, solved.flow
        )
    left = np.flatnonzero(question.stands > radius)
    place = np.full(len(rows), -1, dtype=np.int64)
    place[left] = np.arange(len(left))
    hard = place[question.hard]
    found = cover_within(
        question.minutes[left] <= radius, problem.cost[question.new], problem.limit, rows=hard[hard >= 0], effort=effort
    )
    question.hard = np.union1d(question.hard, left[found.rows])
    if found.chosen is None:
        return _Tried(None, sure=found.sure)
    opened = problem.existing.copy()
    opened[question.new[found.chosen]] = True
    return _Tried(opened, sure=True)
