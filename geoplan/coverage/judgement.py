"""Hold what one standard item says of every settlement, in the settlements' order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.contracts.status import Coverage, Status
from geoplan.coverage import causes

_COVERAGE_OF: dict[str, tuple[str, str]] = {
    Status.UNREACHABLE: (Coverage.UNREACHABLE, causes.NO_PATH),
    Status.UNSNAPPED: (Coverage.UNREACHABLE, causes.NOT_JOINED),
    Status.NO_DATA: (Coverage.UNKNOWN, causes.NO_DATA),
}


@dataclass(frozen=True)
class Judgement:
    """One item held against n settlements.

    Attributes
    ----------
    status, coverage, cause
        (n,) object arrays of `Status`, `Coverage` and cause codes as plain strings.
    value
        (n,) float, in the item's unit; NaN unless status is ok.
    """

    status: NDArray[np.object_]
    coverage: NDArray[np.object_]
    value: NDArray[np.float64]
    cause: NDArray[np.object_]


def judge_nothing(n: int, cause: str) -> Judgement:
    """Return ``n`` unknowns for one reason."""
    return Judgement(_fill(n, Status.NO_DATA), _fill(n, Coverage.UNKNOWN), np.full(n, np.nan), _fill(n, cause))


def judge_values(
    status: NDArray[np.object_], value: NDArray[np.float64], met: NDArray[np.bool_], *, cause: str | NDArray[np.object_]
) -> Judgement:
    """Turn states and comparisons into coverage.

    ok and met → covered; ok and not met → gap with ``cause``; unreachable and unsnapped → unreachable; no_data → unknown.
    A row that claims ok without a finite, non-negative value is unknown (``VALUE-MISSING``): never covered, never a gap.

    Parameters
    ----------
    status, value, met
        (n,) state, value in the item's unit, and whether the value meets the threshold.
    cause
        Cause code of a gap: one, or one per row.
    """
    n = len(status)
    ok = status == str(Status.OK)
    usable = ok & np.isfinite(value) & (value >= 0.0)
    gap = usable & ~met
    coverage, why, state = _fill(n, Coverage.UNKNOWN), _fill(n, causes.VALUE_MISSING), _fill(n, Status.NO_DATA)
    coverage[usable & met], why[usable & met] = str(Coverage.COVERED), causes.MET
    coverage[gap] = str(Coverage.GAP)
    why[gap] = cause if isinstance(cause, str) else cause[gap]
    state[usable] = str(Status.OK)
    for one, (meaning, reason) in _COVERAGE_OF.items():
        rows = status == str(one)
        coverage[rows], why[rows], state[rows] = str(meaning), reason, str(one)
    return Judgement(state, coverage, np.where(usable, value, np.nan), why)


def override(judged: Judgement, rows: NDArray[np.bool_], cause: str) -> Judgement:
    """Return ``judged`` with ``rows`` turned to unknown for ``cause``."""
    return Judgement(
        np.where(rows, str(Status.NO_DATA), judged.status),
        np.where(rows, str(Coverage.UNKNOWN), judged.coverage),
        np.where(rows, np.nan, judged.value),
        np.where(rows, cause, judged.cause),
    )


def _fill(n: int, text: str) -> NDArray[np.object_]:
    return np.full(n, str(text), dtype=object)
