"""Write a choice of sites down as a plan: who goes where, who is left, and what that proves.

By hand: 50 people within reach of a site with room for 30, nobody else: ``short_persons`` is 20 and, where everyone was asked for, the plan is infeasible.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan.optimise.location import NO_SITE, PROVEN_SHARE, LocationPlan, LocationProblem, PlanStatus, name_nearest

_PERSON = 1e-6
"""People by which sums may differ through rounding."""


def finish_plan(
    problem: LocationProblem,
    opened: NDArray[np.bool_],
    *,
    objective: float,
    bound: float,
    finished: bool,
    out_of_reach: NDArray[np.bool_],
    cover: NDArray[np.bool_],
    flow: NDArray[np.float64] | None,
    partial: bool = False,
    everyone: bool = False,
) -> LocationPlan:
    """Return the plan.

    Parameters
    ----------
    problem, opened, objective, bound, finished, out_of_reach
        As in `LocationPlan`; ``finished`` is False where time ran out.
    cover
        (n, m) pairs that may be used.
    flow
        (n, m) people, where sites have capacities.
    partial
        True where not everyone within reach was asked for, so that leaving people out is no failure.
    everyone
        True where demand that no site reaches was asked for too, so that there is no plan for everyone.
    """
    asked = problem.persons > 0
    if flow is None:
        nearest, _ = name_nearest(np.where(cover, problem.minutes, np.inf), opened)
        served = np.where((nearest != NO_SITE) & asked, problem.persons, 0.0)
        site = np.where(asked, nearest, NO_SITE)
    else:
        served = flow.sum(axis=1)
        most = flow.argmax(axis=1) if flow.shape[1] else np.zeros(len(flow), dtype=np.int64)
        site = np.where(served > _PERSON, most, NO_SITE)
    short = float((problem.persons - served)[asked & ~out_of_reach].sum())
    short = 0.0 if short <= _PERSON * max(1.0, float(problem.persons.sum())) else short
    proven = abs(bound - objective) <= PROVEN_SHARE * max(abs(objective), 1e-12)
    status = PlanStatus.OPTIMAL if finished or proven else PlanStatus.FEASIBLE
    if (everyone and out_of_reach.any()) or (not partial and short > 0):
        status = PlanStatus.INFEASIBLE
    return LocationPlan(opened, site.astype(np.int64), served, float(objective), float(bound), status, out_of_reach, short, flow)
