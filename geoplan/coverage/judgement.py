"""Hold what one standard item says of every settlement, in the settlements' order."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    threshold
        (n,) the threshold that holds there, where it is not the item's for everyone (the radius of a facility's own).
    lacking
        (n,) share of the people asked for who lack the item where there is a gap, where that is known better than all of them (seats).
    """

    status: NDArray[np.object_]
    coverage: NDArray[np.object_]
    value: NDArray[np.float64]
    cause: NDArray[np.object_]
    threshold: NDArray[np.float64] | None = None
    lacking: NDArray[np.float64] | None = None


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
    return replace(
        judged,
        status=np.where(rows, str(Status.NO_DATA), judged.status),
        coverage=np.where(rows, str(Coverage.UNKNOWN), judged.coverage),
        value=np.where(rows, np.nan, judged.value),
        cause=np.where(rows, cause, judged.cause),
    )


def explain(judged: Judgement, rows: NDArray[np.bool_], cause: str) -> Judgement:
    """Return ``judged`` with ``cause`` for those of ``rows`` that are a gap or unreachable; what they are stays as it is."""
    short = np.isin(judged.coverage.astype(str), (str(Coverage.GAP), str(Coverage.UNREACHABLE)))
    return replace(judged, cause=np.where(rows & short, cause, judged.cause))


def _fill(n: int, text: str) -> NDArray[np.object_]:
    return np.full(n, str(text), dtype=object)
