"""Choose sites that hold only so many people, and seat people in them; the people of one settlement may be split.

Columns: xᵢⱼ people of demand i at site j (any part of them), yⱼ whether j is open (whole), uᵢ people left out.

    Σⱼ xᵢⱼ + uᵢ = pᵢ      Σᵢ xᵢⱼ ≤ capacityⱼ yⱼ      xᵢⱼ ≤ pᵢ yⱼ      Σ cⱼ yⱼ ≤ limit over new sites      yⱼ = 1 for existing ones

The third, which no plan needs where there is a capacity, lifts the bound of the relaxation. Demands that reach the same sites (for `seat_nearest`: in
the same minutes) are one demand with their people together, which is exact as people may be split; what it gets is shared out by people.

By hand: 50 people reach A (room 30) and B (room 40), either costs 1. With one site B seats 40, 10 are left; with both, all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.optimise.location import Effort, LocationProblem
from geoplan.optimise.location_cover import merge_rows
from geoplan.optimise.location_highs import Program, run_highs


@dataclass(frozen=True)
class Seating:
    """Open sites (m,), who sits where (n, m), the value asked for, its bound, and whether the search ended by itself."""

    opened: NDArray[np.bool_]
    flow: NDArray[np.float64]
    value: float
    bound: float
    finished: bool


@dataclass(frozen=True)
class _Merged:
    """Merged demands: who is in which (−1: in none), their people, and the pairs they may use."""

    group: NDArray[np.int64]
    persons: NDArray[np.float64]
    row: NDArray[np.int64]
    site: NDArray[np.int64]
    minutes: NDArray[np.float64]


def seat_most(problem: LocationProblem, cover: NDArray[np.bool_], opened: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return (n,): the people of each demand that are seated when as many as can be are seated in the open sites."""
    merged = _merge(problem, cover, None)
    program = _lay(problem, merged, cost_left=np.ones(len(merged.persons)), opened=opened)
    answer = run_highs(program, effort=Effort())
    return np.zeros(len(cover)) if answer.values is None else _share_out(problem, merged, answer.values).sum(axis=1)


def seat_within_cost(problem: LocationProblem, cover: NDArray[np.bool_], *, persons: float, effort: Effort) -> Seating:
    """Return the cheapest new sites that seat so many people; ``value`` is their cost, whatever ``problem.limit`` says."""
    merged = _merge(problem, cover, None)
    left = max(0.0, float(merged.persons.sum()) - persons) + 1e-7 * max(1.0, persons)
    program = _lay(problem, merged, cost_site=np.where(problem.existing, 0.0, problem.cost), most_left=left, limit=np.inf)
    return _read(problem, merged, program, effort, lambda opened, _: float(problem.cost[opened & ~problem.existing].sum()))


def seat_within_limit(problem: LocationProblem, cover: NDArray[np.bool_], *, effort: Effort) -> Seating:
    """Return the sites within the limit that seat most people; ``value`` is how many."""
    merged = _merge(problem, cover, None)
    program = _lay(problem, merged, cost_left=np.ones(len(merged.persons)), limit=problem.limit)
    total = float(merged.persons.sum())
    solved = _read(problem, merged, program, effort, lambda _, flow: total - float(flow.sum()))
    return Seating(solved.opened, solved.flow, total - solved.value, total - solved.bound, solved.finished)


def seat_nearest(problem: LocationProblem, minutes: NDArray[np.float64], *, beyond_min: float | None, effort: Effort) -> Seating:
    """Return the sites within the limit with the least person-minutes, ``beyond_min`` for whom no seat is left.

    Without ``beyond_min`` as many as can be are seated first, and ``value`` counts the minutes of those.
    """
    reach = np.isfinite(minutes)
    merged = _merge(problem, reach, minutes)
    most_left = np.inf
    if beyond_min is None:
        served = seat_within_limit(problem, reach, effort=effort)
        total = float(merged.persons.sum())
        most_left = max(0.0, total - served.value) + 1e-7 * max(1.0, total)
    beyond = 0.0 if beyond_min is None else beyond_min
    program = _lay(
        problem, merged, cost_pair=merged.minutes, cost_left=np.full(len(merged.persons), beyond), most_left=most_left,
        limit=problem.limit,
    )  # fmt: skip
    finite = np.where(reach, minutes, 0.0)
    people = float(problem.persons[merged.group >= 0].sum())

    def value(_: NDArray[np.bool_], flow: NDArray[np.float64]) -> float:
        return float((flow * finite).sum()) + beyond * max(0.0, people - float(flow.sum()))

    return _read(problem, merged, program, effort, value)


def _merge(problem: LocationProblem, cover: NDArray[np.bool_], minutes: NDArray[np.float64] | None) -> _Merged:
    """Return demands with people and a site, merged where they reach the same sites (in the same minutes)."""
    group = np.full(len(cover), -1, dtype=np.int64)
    asked = np.flatnonzero((problem.persons > 0) & cover.any(axis=1))
    if minutes is None:
        first, its = merge_rows(cover[asked])
    else:
        times = np.ascontiguousarray(np.where(cover[asked], minutes[asked], np.inf)).view(np.uint8).reshape(len(asked), -1)
        first, its = merge_rows(np.unpackbits(times, axis=1).astype(bool)) if times.shape[1] else merge_rows(cover[asked])
    group[asked] = its
    part = cover[asked[first]]
    row, site = np.nonzero(part)
    time = np.zeros(len(row)) if minutes is None else minutes[asked[first]][row, site]
    persons = np.bincount(its, weights=problem.persons[asked], minlength=len(first)).astype(np.float64)
    return _Merged(group, persons, row, site, time)


def _lay(
    problem: LocationProblem,
    merged: _Merged,
    *,
    cost_pair: NDArray[np.float64] | None = None,
    cost_site: NDArray[np.float64] | None = None,
    cost_left: NDArray[np.float64] | None = None,
    most_left: float = np.inf,
    limit: float = np.inf,
    opened: NDArray[np.bool_] | None = None,
) -> Program:
    """Return the program, columns pairs, then sites, then people left; with ``opened`` sites are given and nothing is whole."""
    pairs, m, n = len(merged.row), len(problem.cost), len(merged.persons)
    pair, site, left = np.arange(pairs), pairs + np.arange(m), pairs + m + np.arange(n)
    people = merged.persons[merged.row]
    room = np.minimum(problem.capacity, merged.persons.sum())
    new = ~problem.existing
    one = np.ones
    blocks = [
        (merged.row, pair, one(pairs)), (np.arange(n), left, one(n)),
        (n + merged.site, pair, one(pairs)), (n + np.arange(m), site, -room),
        (np.full(m, n + m), site, np.where(new, problem.cost, 0.0)), (np.full(n, n + m + 1), left, one(n)),
    ]  # fmt: skip
    count = n + m + 2
    if opened is None:
        rows = count + np.arange(pairs)
        blocks += [(rows, pair, one(pairs)), (rows, site[merged.site], -people)]
        count += pairs
    row, column, value = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    matrix = sparse.csc_matrix((value, (row, column)), shape=(count, pairs + m + n))
    free = count - n - m - 2
    low = np.r_[merged.persons, np.full(m + 2 + free, -np.inf)]
    high = np.r_[merged.persons, np.zeros(m), limit, most_left, np.zeros(free)]
    stand = problem.existing if opened is None else opened
    lower = np.r_[np.zeros(pairs), stand.astype(float), np.zeros(n)]
    upper = np.r_[people, np.ones(m) if opened is None else opened.astype(float), merged.persons]
    costs = [np.zeros(size) if cost is None else cost for cost, size in ((cost_pair, pairs), (cost_site, m), (cost_left, n))]
    whole = np.r_[np.zeros(pairs, dtype=bool), np.full(m, opened is None), np.zeros(n, dtype=bool)]
    return Program(np.concatenate(costs), matrix, low, high, lower, upper, whole)


def _read(problem: LocationProblem, merged: _Merged, program: Program, effort: Effort, value: object) -> Seating:
    """Run the program and read the seating; existing sites stay open, new ones are open where HiGHS opened them."""
    answer = run_highs(program, effort=effort)
    pairs, m = len(merged.row), len(problem.cost)
    flow, opened = np.zeros((len(merged.group), m)), problem.existing.copy()
    if answer.values is not None:
        opened |= answer.values[pairs : pairs + m] > 0.5
        flow = _share_out(problem, merged, answer.values)
        flow[:, ~opened] = 0.0
    worth = value(opened, flow)  # type: ignore[operator]
    return Seating(opened, flow, worth, min(answer.bound, worth), answer.finished)


def _share_out(problem: LocationProblem, merged: _Merged, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, m) people of each demand at each site: what its merged demand has there, by its share of the people."""
    table = np.zeros((len(merged.persons), len(problem.cost)))
    table[merged.row, merged.site] = np.maximum(values[: len(merged.row)], 0.0)
    table[table < 1e-9] = 0.0
    flow = np.zeros((len(merged.group), len(problem.cost)))
    mine = np.flatnonzero(merged.group >= 0)
    group = merged.group[mine]
    flow[mine] = table[group] * (problem.persons[mine] / merged.persons[group])[:, None]
    return flow
