"""Hand a mixed-integer program over location to HiGHS, and take back its answer and its bound.

One thread and a fixed seed, so the same program gives the same answer; nothing is printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.errors import InfeasibleError
from geoplan.optimise.location import Effort
from geoplan.optimise.milp import Search, _start_highs


@dataclass(frozen=True)
class Program:
    """min cost · x with low ≤ A x ≤ high, lower ≤ x ≤ upper, some x whole."""

    cost: NDArray[np.float64]
    matrix: Any
    """Sparse (rows, columns)."""
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    whole: NDArray[np.bool_]


@dataclass(frozen=True)
class Answer:
    """What HiGHS found; ``values`` is None where it found nothing."""

    values: NDArray[np.float64] | None
    bound: float
    finished: bool
    infeasible: bool = False


def run_highs(
    program: Program,
    *,
    effort: Effort,
    start: NDArray[np.float64] | None = None,
    enough: float = -np.inf,
    presolve: bool = True,
) -> Answer:
    """Return the least-cost answer of the program, and the bound HiGHS proves.

    Parameters
    ----------
    program
        What to minimise.
    effort
        Time and threads.
    start
        (columns,) feasible values to start from.
    enough
        An answer that costs no more ends the search.
    presolve
        False where the program is known to have nothing that presolving would take away.

    Raises
    ------
    InfeasibleError
        ``LOCATION-UNSOLVED`` when HiGHS ends in a state that is no answer.
    """
    import highspy

    scale = max(1.0, float(np.abs(program.cost).max(initial=0.0)) / 1e3)
    matrix = sparse.csc_matrix(program.matrix)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = matrix.shape[1], matrix.shape[0]
    model.col_cost_ = program.cost / scale
    model.col_lower_, model.col_upper_ = program.lower, program.upper
    model.row_lower_, model.row_upper_ = program.low, program.high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    kinds = np.array([highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger], dtype=object)
    if program.whole.any():
        model.integrality_ = list(kinds[program.whole.astype(int)])
    highs = _start_highs(Search(0.0, effort.time_limit_s, effort.threads))
    if not presolve:
        highs.setOptionValue("presolve", "off")
    if np.isfinite(enough):
        highs.setOptionValue("objective_target", (enough + 1e-9 * max(1.0, abs(enough))) / scale)
    highs.passModel(model)
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start
        highs.setSolution(solution)
    highs.run()
    status = highs.getModelStatus()
    states = highspy.HighsModelStatus
    if status in (states.kInfeasible, states.kUnboundedOrInfeasible):
        return Answer(None, np.inf, finished=True, infeasible=True)
    if status not in (states.kOptimal, states.kTimeLimit, states.kObjectiveTarget):
        raise InfeasibleError(
            f"HiGHS ended as {highs.modelStatusToString(status)}",
            code="LOCATION-UNSOLVED",
            remedy="Check for people, minutes or costs beyond 1e9.",
        )
    info = highs.getInfo()
    values = np.asarray(highs.getSolution().col_value) if info.primal_solution_status == 2 else None
    bound = info.mip_dual_bound if program.whole.any() else info.objective_function_value
    return Answer(values, float(bound) * scale, status == states.kOptimal)
