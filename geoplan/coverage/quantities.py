"""Hold an amount per person and day against the least that the standard asks for.

value ≥ threshold: covered; below: a gap (``QUANTITY-TOO-LOW``); a number missing, below zero or without end: unknown.

By hand: 35 L per person and day against 35 → covered; 34.9 → gap of 0.1; −1 → unknown.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.contracts.profiles import StandardItem
from geoplan.contracts.status import Status
from geoplan.coverage import causes
from geoplan.coverage.judgement import Judgement, judge_nothing, judge_values


def judge_quantities(settlements: pd.DataFrame, item: StandardItem) -> Judgement:
    """Judge a ``quantity`` item: the amount in settlement column ``item.column``.

    Parameters
    ----------
    settlements
        `Demand.settlements`.
    item
        Standard item of measure ``quantity``.
    """
    if item.column not in settlements.columns:
        return judge_nothing(len(settlements), causes.COLUMN_ABSENT)
    amount = pd.to_numeric(settlements[item.column], errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    status = np.where(np.isnan(amount), str(Status.NO_DATA), str(Status.OK)).astype(object)
    threshold = np.nan if item.threshold is None else item.threshold
    return judge_values(status, amount, amount >= threshold, cause=causes.QUANTITY_TOO_LOW)
