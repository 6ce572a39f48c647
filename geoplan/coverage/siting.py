"""Answer where to build for one question of the plan: best sites, the curve of people covered against money, and an order of building near it.

Covered is who reaches an open facility within ``within_min``, inclusive; people count, not settlements. What stands stays open.

- curve: for 0, 1, 2 … new facilities the most people any so many could cover, each point proven (`geoplan.optimise.mclp`); it ends where more
  facilities cover nobody more, or at ``facilities``. For ``lscp`` the last point is the least number that covers everybody who can be.
- ``mclp``: the sites are an order of building over the best sets of all points and the greedy one, with the least worst shortfall from the
  curve (`geoplan.coverage.build_order`); the other models: their best set, put in such an order.
- ``p_median`` counts whoever nobody serves with ``within_min``; ``p_center`` looks no farther than that either.

People: covered + short of it = demand_persons; of those, ``unreachable_persons`` no facility and no candidate reaches within the minutes.
Settlements whose place is not known have ``unknown_persons`` and no part in the choice; those whose people are not known are assigned and count none.

By hand: people (40, 60) reach one candidate each: curve 0, 60, 100; order: the second, then the first; budget 0, c, 2c.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.reach_changes import add_facilities, cut_reach
from geoplan.contracts.coverage_config import SitingQuestion
from geoplan.contracts.reach import Reach, ReachStatus
from geoplan.contracts.status import Status
from geoplan.coverage.build_order import BuildOrder, order_build
from geoplan.optimise.location import Effort, LocationPlan, LocationProblem, name_nearest
from geoplan.optimise.location_prices import fill_greedily
from geoplan.optimise.location_seats import seat_most, seat_nearest
from geoplan.optimise.lscp import solve_lscp
from geoplan.optimise.mclp import solve_mclp
from geoplan.optimise.p_center import solve_p_center
from geoplan.optimise.p_median import solve_p_median


@dataclass(frozen=True)
class Siting:
    """The answer to one question, in the order of the reach tables; sites are existing facilities, then candidates.

    Attributes
    ----------
    plan
        The best plan of the model, with its proof.
    opened
        (m,) sites of the order and what stands.
    order
        (k,) new sites, first built first.
    curve
        facilities, covered_persons, bound_persons, order_persons, gap_share, shortfall_share; one row per number of facilities.
    demand
        settlement_id, persons, status, candidate_id (existing facility or candidate that serves it, ""), travel_time_min, served.
    gained_persons, served_persons
        (m,) people each new site adds to those before it, and people each open site serves.
    demand_persons, unreachable_persons, unknown_persons
        People asked for, those beyond the reach of any site, those whose place is not known.
    """

    plan: LocationPlan
    opened: NDArray[np.bool_]
    order: NDArray[np.int64]
    curve: pd.DataFrame
    demand: pd.DataFrame
    gained_persons: NDArray[np.float64]
    served_persons: NDArray[np.float64]
    demand_persons: float
    unreachable_persons: float
    unknown_persons: float


def site_facilities(
    question: SitingQuestion,
    persons: pd.Series,
    existing: Reach,
    candidates: Reach,
    *,
    capacity: pd.Series | None = None,
    effort: Effort | None = None,
) -> Siting:
    """Return where to build for a question.

    Parameters
    ----------
    question
        Model, minutes, number, capacity of a new facility.
    persons
        People by settlement id, of an age group where the question has one; NaN where not known.
    existing, candidates
        Minutes of the same settlements to what stands and to candidate places, at least as far as ``within_min``; candidates in the order in which
        ties are broken.
    capacity
        People an existing facility serves, by facility id, looked at where the question has a capacity; a facility without one has no limit.
    effort
        Time and threads of HiGHS for each point.

    Raises
    ------
    TableError
        ``REACH-DEMANDS``, ``REACH-CUTOFF``, ``REACH-IDS``: the tables do not fit together or end too early.
    """
    effort = effort or Effort()
    minutes, stands, ids = _join(question, existing, candidates)
    people = pd.Index(existing.demand_ids).map(persons.rename(index=str)).to_numpy(dtype=np.float64)
    place = np.where(candidates.demand_status == ReachStatus.OK.value, ReachStatus.OK.value, existing.demand_status)
    lost_place = place == ReachStatus.NO_DATA.value
    known = np.isfinite(people) & ~lost_place
    problem = LocationProblem(
        minutes,
        np.where(known, people, 0.0),
        stands,
        limit=float(question.facilities),
        capacity=_read_capacity(question, ids, stands, capacity),
    )
    plan = _solve(question, problem, effort)
    points = _solve_curve(question, problem, plan, effort)
    order = _order(question, problem, plan, points)
    opened = stands.copy()
    opened[order.order] = True
    demand = _assign(question, problem, opened, ids, existing.demand_ids, people, place)
    served = np.bincount(demand["site"][demand["site"] >= 0], weights=demand["counted"][demand["site"] >= 0], minlength=len(ids))
    gained = np.zeros(len(ids))
    gained[order.order] = np.diff(order.persons)
    base = points[0].objective
    reachable = (minutes <= question.within_min).any(axis=1)
    return Siting(
        plan=plan, opened=opened, order=order.order, curve=_tabulate(points, order, base), gained_persons=gained,
        demand=demand.drop(columns=["site", "counted"]), served_persons=served.astype(np.float64),
        demand_persons=float(problem.persons.sum()), unreachable_persons=float(problem.persons[~reachable].sum()),
        unknown_persons=float(np.nansum(people[lost_place])),
    )  # fmt: skip


def _join(question: SitingQuestion, existing: Reach, candidates: Reach) -> tuple[NDArray, NDArray[np.bool_], NDArray[np.object_]]:
    """Return minutes (settlements, sites) within the question's, which sites stand, and their ids."""
    both = add_facilities(*(cut_reach(one, cutoff_min=question.within_min) for one in (existing, candidates)))
    minutes = np.full(both.shape, np.inf)
    minutes[both.demand, both.supply] = both.minutes
    return minutes, np.arange(both.shape[1]) < existing.shape[1], both.supply_ids


def _read_capacity(
    question: SitingQuestion, ids: NDArray[np.object_], stands: NDArray[np.bool_], capacity: pd.Series | None
) -> NDArray[np.float64]:
    """Return the people each site serves; inf without limit."""
    if question.capacity is None:
        return np.full(len(ids), np.inf)
    known = pd.Series(dtype=float) if capacity is None else capacity
    own = pd.Index(ids).map(known.rename(index=str)).to_numpy(dtype=np.float64)
    return np.where(stands, np.where(np.isnan(own), np.inf, own), question.capacity)


def _solve(question: SitingQuestion, problem: LocationProblem, effort: Effort) -> LocationPlan:
    """Return the best plan of the question's model."""
    match question.model:
        case "lscp":
            return solve_lscp(problem, within_min=question.within_min, effort=effort)
        case "mclp":
            return solve_mclp(problem, within_min=question.within_min, effort=effort)
        case "p_median":
            return solve_p_median(problem, beyond_min=question.within_min, effort=effort)
        case "p_center":
            return solve_p_center(problem, effort=effort)


def _solve_curve(question: SitingQuestion, problem: LocationProblem, plan: LocationPlan, effort: Effort) -> list[LocationPlan]:
    """Return the plans that cover most with 0, 1, 2 … new facilities, until more cover nobody more."""
    most = solve_mclp(replace(problem, limit=np.inf), within_min=question.within_min, effort=effort).objective
    points: list[LocationPlan] = []
    # Covering everybody may need more than the question's number: its curve goes on to there.
    end = (
        question.facilities
        if question.model != "lscp"
        else max(question.facilities, int((plan.opened & ~problem.existing).sum()))
    )
    for number in range(end + 1):
        at_last = question.model == "mclp" and number == question.facilities
        points.append(
            plan if at_last else solve_mclp(replace(problem, limit=float(number)), within_min=question.within_min, effort=effort)
        )
        if points[-1].objective >= most * (1 - 1e-9):
            break
    return points


def _order(question: SitingQuestion, problem: LocationProblem, plan: LocationPlan, points: list[LocationPlan]) -> BuildOrder:
    """Return the order of building; people of each step are those beyond what stands."""
    cover = problem.minutes <= question.within_min
    left = (problem.persons > 0) & ~cover[:, problem.existing].any(axis=1)
    best = np.array([one.objective for one in points]) - points[0].objective
    if question.model == "mclp":
        union = np.logical_or.reduce([one.opened for one in points]) & ~problem.existing
        greedy = np.zeros_like(union)
        if not problem.capacitated and left.any():
            weights = problem.persons[left]
            missed = np.ascontiguousarray(np.where(cover[left].T, 0.0, weights[None, :]))
            fill_greedily(missed, weights, np.ones(len(greedy)), float(len(points) - 1), greedy)
        pool, length = np.flatnonzero((union | greedy) & ~problem.existing), len(points) - 1
    else:
        pool = np.flatnonzero(plan.opened & ~problem.existing)
        length = len(pool)
    if problem.capacitated:
        return _order_seats(problem, cover, pool, best, length)
    found = order_build(cover[np.ix_(left, pool)], problem.persons[left], best, length=length)
    return BuildOrder(pool[found.order], found.persons, found.shortfall_share)


def _order_seats(
    problem: LocationProblem, cover: NDArray[np.bool_], pool: NDArray[np.int64], best: NDArray[np.float64], length: int
) -> BuildOrder:
    """Return the order in which each next site seats most people, as seats have no sets of their own to search over."""
    opened, order = problem.existing.copy(), []
    base = float(seat_most(problem, cover, opened).sum())
    seated = [0.0]
    for _ in range(length):
        gains = []
        for j in (one for one in pool if not opened[one]):
            opened[j] = True
            gains.append((round(float(seat_most(problem, cover, opened).sum()) - base, 6), -int(j)))
            opened[j] = False
        most, site = max(gains)
        opened[-site] = True
        order.append(-site)
        seated.append(most)
    aims = best[np.minimum(np.arange(len(seated)), len(best) - 1)]
    short = np.where(aims > 0, np.maximum(aims - np.array(seated), 0.0) / np.where(aims > 0, aims, 1.0), 0.0)
    return BuildOrder(np.array(order, dtype=np.int64), np.array(seated), np.where(short > 1e-6, short, 0.0))


def _assign(
    question: SitingQuestion,
    problem: LocationProblem,
    opened: NDArray[np.bool_],
    ids: NDArray[np.object_],
    settlements: NDArray[np.object_],
    people: NDArray[np.float64],
    place: NDArray[np.object_],
) -> pd.DataFrame:
    """Return who goes where: the nearest open site; where sites have capacities, one row for every site that seats some of a settlement."""
    nearest, _ = name_nearest(problem.minutes, opened)
    row, site, share = np.arange(len(people)), nearest, np.where(nearest >= 0, 1.0, 0.0)
    if problem.capacitated:
        row, site, share = _split(problem, question, opened)
    minutes = np.where(site >= 0, problem.minutes[row, site], np.nan)
    status = np.where(site >= 0, str(Status.OK), np.where(place[row] == str(Status.OK), str(Status.UNREACHABLE), place[row]))
    return pd.DataFrame(
        {
            "settlement_id": settlements[row], "candidate_id": np.append(ids, "")[site], "travel_time_min": minutes,
            "persons": people[row] * np.where(site >= 0, share, np.where(share > 0, share, 1.0)), "served": site >= 0, "status": status,
            "site": site, "counted": problem.persons[row] * share,
        }
    )  # fmt: skip


def _split(
    problem: LocationProblem, question: SitingQuestion, opened: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return settlement, site (−1: no seat) and share of its people, seats given out with the least person-minutes."""
    closed = replace(problem, existing=opened, limit=0.0)
    flow = seat_nearest(closed, problem.minutes, beyond_min=None, effort=Effort()).flow
    row, site = np.nonzero(flow > 1e-6)
    people = problem.persons
    left = people - flow.sum(axis=1)
    alone = np.flatnonzero((left > 1e-6) | (people == 0))
    share = np.r_[flow[row, site] / people[row], np.where(people[alone] > 0, left[alone] / np.maximum(people[alone], 1e-12), 1.0)]
    rows, sites = np.r_[row, alone], np.r_[site, np.full(len(alone), -1)]
    order = np.lexsort((sites, rows))
    return rows[order], sites[order], share[order]


def _tabulate(points: list[LocationPlan], order: BuildOrder, base: float) -> pd.DataFrame:
    """Return the curve; beyond an order's end what it has reached stays."""
    last = max(len(points), len(order.persons))
    best = [points[min(one, len(points) - 1)] for one in range(last)]
    step = np.minimum(np.arange(last), len(order.persons) - 1)
    covered, reached = np.array([one.objective for one in best]), base + order.persons[step]
    gain = covered - base
    short = np.where(gain > 1e-9, np.maximum(covered - reached, 0.0) / np.where(gain > 1e-9, gain, 1.0), 0.0)
    return pd.DataFrame(
        {
            "facilities": np.arange(last), "covered_persons": covered, "bound_persons": [one.bound for one in best],
            "order_persons": reached, "gap_share": [one.gap_share for one in best], "shortfall_share": np.where(short > 1e-9, short, 0.0),
        }
    )  # fmt: skip
