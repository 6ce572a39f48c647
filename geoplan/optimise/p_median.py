"""Find the sites from which people have the least way to go altogether (p-median, ReVelle and Swain 1970).

    minimise Σᵢ pᵢ min(tᵢⱼ over open j)   with  Σ cⱼ yⱼ ≤ limit over new sites

Existing sites are open. Whoever no open site reaches either counts with ``beyond_min`` (a least value: they are farther than that), or,
without it, must be served: if the limit is not enough for that, the plan is ``infeasible`` and serves as many people as can be, with the least
person-minutes of those served (``beyond_min`` made longer until it weighs more than any way). With capacities people are assigned, split where it helps.

By hand: people (40, 60), minutes [[10, 50], [50, 10]], one site: the second, 40·50 + 60·10 = 2,600 person-minutes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import ConfigError
from geoplan.optimise.location import Effort, LocationPlan, LocationProblem
from geoplan.optimise.location_core import Choice, choose_sites
from geoplan.optimise.location_plans import finish_plan
from geoplan.optimise.location_seats import seat_nearest
from geoplan.optimise.mclp import solve_mclp

_DEARER = (1.0, 8.0, 64.0)
"""Prices tried for people whom nobody serves, in longest ways of the table."""


def solve_p_median(problem: LocationProblem, *, beyond_min: float | None = None, effort: Effort | None = None) -> LocationPlan:
    """Return the sites within the limit with the least person-minutes.

    Parameters
    ----------
    problem
        Demands, sites, limit; leave pairs out (inf) that are too far to be looked at.
    beyond_min
        Minutes with which people count whom no open site reaches within them; None: everybody whom some site reaches must be served.
    effort
        Time and threads of HiGHS.

    Returns
    -------
    LocationPlan
        ``objective`` and ``bound`` are person-minutes, of people ``out_of_reach`` none.

    Raises
    ------
    ConfigError
        ``LOCATION-BEYOND``: ``beyond_min`` is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> problem = LocationProblem(np.array([[10.0, 50], [50, 10]]), np.array([40.0, 60]), limit=1)
    >>> plan = solve_p_median(problem)
    >>> plan.built.tolist(), plan.objective
    ([1], 2600.0)
    """
    effort = effort or Effort()
    if beyond_min is not None and not (beyond_min > 0 and np.isfinite(beyond_min)):
        raise ConfigError(f"beyond_min is {beyond_min}", code="LOCATION-BEYOND", remedy="Give minutes above 0, or none.")
    minutes = problem.minutes if beyond_min is None else np.where(problem.minutes <= beyond_min, problem.minutes, np.inf)
    reach = np.isfinite(minutes)
    asked = problem.persons > 0
    lost = asked & ~reach.any(axis=1)
    rows = np.flatnonzero(asked & ~lost)
    if problem.capacitated:
        solved = seat_nearest(problem, minutes, beyond_min=beyond_min, effort=effort)
        return finish_plan(
            problem, solved.opened, objective=solved.value, bound=solved.bound, finished=solved.finished,
            out_of_reach=lost, cover=reach, flow=solved.flow, partial=beyond_min is not None,
        )  # fmt: skip
    people = problem.persons[rows]
    existing = np.where(problem.existing[None, :], minutes[rows], np.inf).min(axis=1, initial=np.inf)
    new = np.flatnonzero(~problem.existing & (problem.cost <= problem.limit + 1e-9))
    d = np.ascontiguousarray((people[:, None] * minutes[np.ix_(rows, new)]).T)
    useful = (minutes[np.ix_(rows, new)] < existing[:, None]).any(axis=0)
    new, d = new[useful], d[useful]
    if beyond_min is not None:
        base = people * np.minimum(existing, beyond_min)
        choice = choose_sites(d, base, problem.cost[new], problem.limit, effort=effort)
    else:
        most = solve_mclp(problem, within_min=np.inf, effort=effort)
        choice = _serve_all(d, people, existing, problem.cost[new], problem.limit, most.opened[new], most.short_persons, effort)
    opened = problem.existing.copy()
    opened[new[choice.chosen]] = True
    return finish_plan(
        problem, opened, objective=choice.value, bound=choice.bound, finished=choice.finished,
        out_of_reach=lost, cover=reach, flow=None, partial=beyond_min is not None,
    )  # fmt: skip


def _serve_all(
    d: NDArray[np.float64],
    people: NDArray[np.float64],
    existing: NDArray[np.float64],
    cost: NDArray[np.float64],
    limit: float,
    start: NDArray[np.bool_],
    short: float,
    effort: Effort,
) -> Choice:
    """Return the best choice that leaves no more than ``short`` people unserved.

    Whom nobody serves is priced, dearer each time, until none is left whom a better choice would serve: the price only lowers the value of other
    choices, so a best choice under it that serves all is a best choice of all.
    """
    known = np.isfinite(existing)
    longest = max(float((d / people[None, :])[np.isfinite(d)].max(initial=1.0)), float(existing[known].max(initial=1.0)))
    for times in _DEARER:
        base = people * np.where(known, existing, times * longest)
        choice = choose_sites(d, base, cost, limit, effort=effort)
        left = ~(known | np.isfinite(d[choice.chosen]).any(axis=0))
        if people[left].sum() <= short + 1e-6 * people.sum():
            unserved = float(base[left].sum())
            return choice._replace(value=choice.value - unserved, bound=choice.bound - unserved)
    return choose_sites(d, people * existing, cost, limit, start=start, effort=effort)
