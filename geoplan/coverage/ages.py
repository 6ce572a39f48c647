"""Count the people of an age group in every settlement: from its own column, else as a stated share of everybody, else not known.

Persons of the group are the settlement's column where it says a number; where it says nothing, ``share_of_persons`` × persons, and marked
derived (not rounded: shares of people add up, rounded people do not). A column that counts more people of one age than the settlement has
people at all, or fewer than none, contradicts itself: that is bad data and stays unknown, never cut to what would fit.

By hand: persons 100, 200, 50, 30; column 12, —, 60, 0; share 0.04 → 12 (column), 8 (derived), unknown (60 of 50), 0 (column).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.standards_profile import AgeGroup
from geoplan.contracts.status import Status

AGE_REASONS: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "beyond_persons": ("该年龄段人数大于总人口, 数据有误", "more people of this age than people at all: bad data"),
    "negative": ("该年龄段人数小于零, 数据有误", "fewer than no people of this age: bad data"),
    "column_missing": ("无该年龄段人数, 也无推算比例", "people of this age are not counted, and no share to derive them from"),
    "persons_unknown": ("人口未知, 无法推算", "the settlement's people are not known, so none can be derived"),
}
"""Chinese and English reason for people of an age that are not known."""

AGE_COLUMNS: tuple[str, ...] = ("settlement_id", "persons", "source", "status", "reason")
"""Columns of `count_age_group`, in order."""

_ROUNDING = 1e-9


def count_age_group(settlements: pd.DataFrame, group: AgeGroup | None) -> pd.DataFrame:
    """Return one row per settlement, in its order and under its index: `AGE_COLUMNS`.

    Parameters
    ----------
    settlements
        settlement_id, persons, and ``group.column`` where the county counts that age.
    group
        The age group; None: everybody (source ``persons``).

    Returns
    -------
    pandas.DataFrame
        settlement_id, persons (NaN where not known), source (``column`` / ``derived`` / ``persons`` / "" where not known), status (ok / no_data),
        reason (see `AGE_REASONS`; "" where known).
    """
    everybody = _read(settlements, "persons")
    if group is None:
        known, gone = np.isfinite(everybody) & (everybody >= 0.0), np.full(len(everybody), "persons_unknown", dtype=object)
        return _frame(settlements, everybody, np.where(known, "persons", "").astype(object), gone)
    counted = _read(settlements, group.column)
    given, known = ~np.isnan(counted), np.isfinite(everybody) & (everybody >= 0.0)
    beyond = given & known & (counted > everybody * (1.0 + _ROUNDING))
    negative = given & (counted < 0.0)
    share = np.nan if group.share_of_persons is None else group.share_of_persons
    derived = ~given & known & ~np.isnan(share)
    source = np.select([negative | beyond, given, derived], ["", "column", "derived"], default="").astype(object)
    reason = np.select(
        [negative, beyond, given | derived, np.full(len(given), np.isnan(share))],
        ["negative", "beyond_persons", "", "column_missing"],
        default="persons_unknown",
    ).astype(object)
    return _frame(settlements, np.where(given, counted, everybody * share), source, reason)


def _read(settlements: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column as numbers, NaN where it is absent or empty; without end is as little known as empty."""
    if column not in settlements.columns:
        return np.full(len(settlements), np.nan)
    values = pd.to_numeric(settlements[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _frame(
    settlements: pd.DataFrame, persons: NDArray[np.float64], source: NDArray[np.object_], reason: NDArray[np.object_]
) -> pd.DataFrame:
    """Return the table; who has no source has no number."""
    known = source != ""
    return pd.DataFrame(
        {
            "settlement_id": settlements["settlement_id"].astype(str).to_numpy(dtype=object),
            "persons": np.where(known, persons, np.nan),
            "source": source,
            "status": np.where(known, str(Status.OK), str(Status.NO_DATA)).astype(object),
            "reason": np.where(known, "", reason).astype(object),
        },
        index=settlements.index,
    )[list(AGE_COLUMNS)]
