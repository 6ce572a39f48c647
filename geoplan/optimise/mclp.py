"""Find the sites that bring most people within a time, for a number of facilities or a budget (maximal covering, Church and ReVelle 1974).

    maximise Σ pᵢ zᵢ   with  zᵢ ≤ Σⱼ∈Nᵢ yⱼ,  Σ cⱼ yⱼ ≤ limit over new sites,  Nᵢ = {j : tᵢⱼ ≤ r}

Existing sites are open. Demands with one Nᵢ are merged and sites that another makes needless are dropped. Whether the limit covers everyone is asked
first (`geoplan.optimise.location_within`), for then nothing is left to prove; else prices prove a bound and shrink the rest
(`geoplan.optimise.location_core`). With capacities people are assigned, split where it helps.

By hand: people (40, 60), minutes [[10, 50], [50, 10]], r = 30, one site: the second, 60 people.
"""

from __future__ import annotations

import numpy as np

from geoplan.optimise.location import Effort, LocationPlan, LocationProblem
from geoplan.optimise.location_core import Choice, choose_sites
from geoplan.optimise.location_cover import find_needless_sites, merge_rows
from geoplan.optimise.location_plans import finish_plan
from geoplan.optimise.location_seats import seat_within_limit
from geoplan.optimise.location_within import cover_within


def solve_mclp(problem: LocationProblem, *, within_min: float, effort: Effort | None = None) -> LocationPlan:
    """Return the sites within the limit that serve most people within ``within_min`` (inclusive).

    Parameters
    ----------
    problem
        Demands, sites, limit.
    within_min
        Longest time that counts as covered, minutes, inclusive.
    effort
        Time and threads of HiGHS.

    Returns
    -------
    LocationPlan
        ``objective`` and ``bound`` are people served, existing sites included; never ``infeasible``.

    Examples
    --------
    >>> import numpy as np
    >>> problem = LocationProblem(np.array([[10.0, 50], [50, 10]]), np.array([40.0, 60]), limit=1)
    >>> plan = solve_mclp(problem, within_min=30)
    >>> plan.built.tolist(), plan.objective
    ([1], 60.0)
    """
    effort = effort or Effort()
    cover = (problem.minutes <= within_min) & np.isfinite(problem.minutes)
    asked = problem.persons > 0
    lost = asked & ~cover.any(axis=1)
    if problem.capacitated:
        solved = seat_within_limit(problem, cover, effort=effort)
        return finish_plan(
            problem, solved.opened, objective=solved.value, bound=solved.bound, finished=solved.finished,
            out_of_reach=lost, cover=cover, flow=solved.flow, partial=True,
        )  # fmt: skip
    left = asked & ~lost & ~cover[:, problem.existing].any(axis=1)
    new = np.flatnonzero(~problem.existing & (problem.cost <= problem.limit + 1e-9))
    open_rows = cover[np.ix_(left, new)]
    first, group = merge_rows(open_rows)
    people = np.bincount(group, weights=problem.persons[left], minlength=len(first))
    rows = open_rows[first]
    useful = ~find_needless_sites(rows, problem.cost[new]) & rows.any(axis=0)
    rows, sites = rows[:, useful], new[useful]
    d = np.where(rows.T, 0.0, np.inf)
    everyone = cover_within(rows, problem.cost[sites], problem.limit).chosen
    if everyone is not None:
        # Nobody is left out, so there is nothing to prove.
        choice = Choice(everyone, 0.0, 0.0, finished=True)
    else:
        choice = choose_sites(d, people.astype(float), problem.cost[sites], problem.limit, effort=effort)
    opened = problem.existing.copy()
    opened[sites[choice.chosen]] = True
    served = cover[:, opened].any(axis=1) & asked
    objective = float(problem.persons[served].sum())
    bound = objective + max(0.0, choice.value - choice.bound)
    return finish_plan(
        problem, opened, objective=objective, bound=bound, finished=choice.finished,
        out_of_reach=lost, cover=cover, flow=None, partial=True,
    )  # fmt: skip
