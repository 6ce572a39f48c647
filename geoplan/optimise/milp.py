"""Solve an allocation by HiGHS as a mixed-integer program, from a known plan, with the bound HiGHS proves.

Columns: one per possible pair, one per site, one per unit that stays without a site (as `geoplan.optimise.problem` states them). Rows: each unit once;
room and least size of each site; shared rows; most sites; and, where asked, xᵢⱼ ≤ yⱼ for every pair, which no plan needs but which lifts
the bound of the relaxation (Balinski, 1965). Costs are divided by the size of the start plan, so that tolerances mean the same in every county.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.errors import InfeasibleError
from geoplan.optimise.problem import NOWHERE, AssignmentProblem, value_plan

_RANDOM_SEED = 1


@dataclass(frozen=True)
class Search:
    """How far HiGHS may go."""

    gap_share: float = 0.0
    """Stop once the gap is proven to be at most this share of the plan's value."""
    time_limit_s: float = 20.0
    """Seconds."""
    threads: int = 1
    """Threads; fixed, as the path of the search may depend on them."""
    tight: bool = True
    """Add xᵢⱼ ≤ yⱼ for every pair."""


@dataclass(frozen=True)
class Solved:
    """What HiGHS found: the plan (None: it found none), its bound, and whether it ended by itself."""

    site: NDArray[np.int64] | None
    bound: float
    finished: bool


@dataclass(frozen=True)
class _Rows:
    """Rows under construction: entries and the two sides."""

    row: list[NDArray[np.int64]]
    column: list[NDArray[np.int64]]
    value: list[NDArray[np.float64]]
    low: list[NDArray[np.float64]]
    high: list[NDArray[np.float64]]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(len(one) for one in self.low)

    def add(self, entries: list[tuple[NDArray, NDArray, NDArray | float]], low: NDArray, high: NDArray) -> None:
        """Append rows; entries are (row from 0, column, value)."""
        first = self.count
        for row, column, value in entries:
            self.row.append(np.asarray(row) + first)
            self.column.append(np.asarray(column))
            self.value.append(np.broadcast_to(np.asarray(value, dtype=float), np.shape(row)))
        self.low.append(np.asarray(low, dtype=float))
        self.high.append(np.asarray(high, dtype=float))


def solve_milp(
    problem: AssignmentProblem,
    pairs: NDArray[np.bool_],
    *,
    search: Search,
    start: NDArray[np.int64] | None = None,
    state: NDArray[np.int64] | None = None,
) -> Solved:
    """Return the best plan that uses only ``pairs``, and the bound that holds for such plans.

    Parameters
    ----------
    problem
        What to solve.
    pairs
        (n, m) pairs that may be used.
    search
        Gap, time, threads.
    start
        (n,) plan to start from; its pairs must be among ``pairs``.
    state
        (m,) −1: the site stays shut, 1: it opens, 0: either.

    Raises
    ------
    InfeasibleError
        ``ASSIGNMENT-UNSOLVED`` when HiGHS ends in a state that is no answer.
    """
    import highspy

    units, sites = np.nonzero(pairs)
    n, m = problem.cost.shape
    scale = max(1.0, value_plan(problem, start)) / 1e4 if start is not None else max(1.0, float(problem.penalty.sum()) / 1e6)
    costs = np.concatenate([problem.cost[units, sites], problem.opening, problem.penalty]) / scale
    rows = _lay_rows(problem, units, sites, tight=search.tight)
    matrix = sparse.csc_matrix(
        (np.concatenate(rows.value), (np.concatenate(rows.row), np.concatenate(rows.column))), shape=(rows.count, len(costs))
    )
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(costs), rows.count
    model.col_cost_ = costs
    state = np.zeros(m, dtype=np.int64) if state is None else state
    lower, upper = np.zeros(len(costs)), np.ones(len(costs))
    lower[len(units) : len(units) + m] = state == 1
    upper[len(units) : len(units) + m] = state != -1
    model.col_lower_, model.col_upper_ = lower, upper
    model.row_lower_, model.row_upper_ = np.concatenate(rows.low), np.concatenate(rows.high)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    whole, free = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    # Whether a unit stays follows from its pairs, and needs no branching of its own.
    model.integrality_ = [whole] * (len(units) + m) + [free] * n
    highs = _start_highs(search)
    highs.passModel(model)
    if start is not None:
        highs.setSolution(_write_start(start, units, sites, (n, m)))
    highs.run()
    status = highs.getModelStatus()
    if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit):
        raise InfeasibleError(
            f"HiGHS ended as {highs.modelStatusToString(status)}",
            code="ASSIGNMENT-UNSOLVED",
            remedy="Check for limits below zero or costs beyond 1e12.",
        )
    info = highs.getInfo()
    values = np.asarray(highs.getSolution().col_value)
    site = _read_plan(values, units, sites, n) if info.primal_solution_status == 2 else None
    return Solved(site, float(info.mip_dual_bound) * scale, status == highspy.HighsModelStatus.kOptimal)


def _lay_rows(problem: AssignmentProblem, units: NDArray[np.int64], sites: NDArray[np.int64], *, tight: bool) -> _Rows:
    """Return the rows of the program; columns are pairs, then sites, then units without a site."""
    n, m = problem.cost.shape
    count = len(units)
    pair, site, alone = np.arange(count), count + np.arange(m), count + m + np.arange(n)
    rows = _Rows([], [], [], [], [])
    rows.add([(units, pair, 1.0), (np.arange(n), alone, 1.0)], np.ones(n), np.ones(n))
    weight = problem.weight[units]
    room = np.minimum(problem.room, problem.weight.sum())
    rows.add([(sites, pair, weight), (np.arange(m), site, -room)], np.full(m, -np.inf), np.zeros(m))
    # A site opens for somebody: without a least size an open, empty site is merely dear, with one it would break it.
    rows.add([(sites, pair, weight), (np.arange(m), site, -problem.least)], np.zeros(m), np.full(m, np.inf))
    for e in range(len(problem.limit)):
        drawing = np.flatnonzero(problem.member[e][sites])
        zero = np.zeros(len(drawing), dtype=np.int64)
        entries: list[tuple[NDArray, NDArray, NDArray | float]] = [(zero, drawing, problem.use[e, units[drawing]])]
        rows.add(entries, np.array([-np.inf]), problem.limit[e : e + 1])
    if problem.most_open < m:
        rows.add([(np.zeros(m, dtype=np.int64), site, 1.0)], np.array([-np.inf]), np.array([problem.most_open]))
    if tight:
        rows.add([(pair, pair, 1.0), (pair, site[sites], -1.0)], np.full(count, -np.inf), np.zeros(count))
    return rows


def _start_highs(search: Search) -> Any:
    """Return a silent HiGHS with the options of ``search``."""
    # The class below ``highspy.Highs``, which greets on standard output when it is made, before it can be told not to.
    from highspy.highs import _Highs

    # HiGHS keeps one pool of threads a process, of the size first asked for.
    _Highs.resetGlobalScheduler(True)
    highs = _Highs()
    options = {
        "output_flag": False,
        "threads": search.threads,
        "random_seed": _RANDOM_SEED,
        "time_limit": float(search.time_limit_s),
        "mip_rel_gap": float(search.gap_share),
        "mip_abs_gap": 1e-9,
        "mip_feasibility_tolerance": 1e-7,
        "primal_feasibility_tolerance": 1e-7,
    }
    for name, value in options.items():
        highs.setOptionValue(name, value)
    return highs


def _write_start(start: NDArray[np.int64], units: NDArray[np.int64], sites: NDArray[np.int64], shape: tuple[int, int]) -> Any:
    """Return the plan as a HiGHS solution."""
    import highspy

    _, m = shape
    solution = highspy.HighsSolution()
    opened = np.zeros(m)
    opened[start[start != NOWHERE]] = 1.0
    solution.col_value = np.concatenate([(start[units] == sites).astype(float), opened, (start == NOWHERE).astype(float)])
    return solution


def _read_plan(values: NDArray[np.float64], units: NDArray[np.int64], sites: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Return the site of each unit, `NOWHERE` where no pair is taken."""
    site = np.full(n, NOWHERE, dtype=np.int64)
    taken = values[: len(units)] > 0.5
    site[units[taken]] = sites[taken]
    return site
