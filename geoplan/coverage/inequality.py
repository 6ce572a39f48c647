"""Measure how unequally travel time falls on people: the Lorenz curve and the Gini coefficient.

Settlements in order of travel time, quickest first; F_k is the share of people up to the k-th and L_k their share of all person-minutes. The curve joins
(F_k, L_k), from (0, 0) to (1, 1); the Gini coefficient is one minus twice the area under it:

    G = 1 − Σ_k (F_k − F_{k−1}) · (L_k + L_{k−1})

0: everybody travels equally long; towards 1: a few bear nearly all of it. People, not settlements. Who has no way, or of whom nothing is known, has no
minutes: they stand outside the curve and are counted beside it, never as 0 minutes.

By hand: 50 people at 10 min and 50 at 30 min: F = 0, 0.5, 1; L = 0, 0.25, 1; G = 1 − (0.5·0.25 + 0.5·1.25) = 0.25.

Source: Lorenz (1905), Publications of the American Statistical Association 9(70); Gini (1912), Variabilità e mutabilità.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoplan.contracts.status import Status
from geoplan.errors import TableError


@dataclass(frozen=True)
class Inequality:
    """How unequally travel time falls on people.

    Attributes
    ----------
    curve
        people_share, minutes_share: points of the Lorenz curve from (0, 0) to (1, 1).
    gini
        Gini coefficient 0..1; NaN where nobody has a time, or every time is 0.
    persons, unreachable_persons, unknown_persons
        People with a time, without a way, and of whose time nothing is known; they add up to all people counted.
    """

    curve: pd.DataFrame
    gini: float
    persons: float
    unreachable_persons: float
    unknown_persons: float


def measure_inequality(times: pd.DataFrame, persons: pd.Series) -> Inequality:
    """Return the Lorenz curve of travel time over people.

    Parameters
    ----------
    times
        settlement_id, status, travel_time_min: the rows of one service and season of `AccessResult.times`.
    persons
        People by settlement id; a settlement whose people are not known counts nobody.

    Raises
    ------
    TableError
        ``ACCESS-DUPLICATE``: a settlement occurs twice.
    """
    doubled = times["settlement_id"].duplicated()
    if doubled.any():
        raise TableError(
            "settlements occur twice", code="ACCESS-DUPLICATE", layer="access.times", column="settlement_id",
            ids=times.loc[doubled, "settlement_id"], remedy="Give the rows of one service and one season.",
        )  # fmt: skip
    people = persons.reindex(times["settlement_id"]).fillna(0.0).to_numpy(dtype=np.float64)
    state = times["status"].astype(object).to_numpy()
    minutes = times["travel_time_min"].to_numpy(dtype=np.float64, na_value=np.nan)
    known = (state == str(Status.OK)) & np.isfinite(minutes)
    lost = np.isin(state, (str(Status.UNREACHABLE), str(Status.UNSNAPPED)))
    order = np.argsort(minutes[known], kind="stable")
    weight, spent = people[known][order], (people[known] * minutes[known])[order]
    whole, total = float(weight.sum()), float(spent.sum())
    if whole <= 0.0:
        curve = pd.DataFrame({"people_share": [0.0, 1.0], "minutes_share": [np.nan, np.nan]})
        gini = float("nan")
    else:
        across = np.concatenate([[0.0], np.cumsum(weight) / whole])
        up = np.concatenate([[0.0], np.cumsum(spent) / total]) if total > 0.0 else across.copy()
        curve = pd.DataFrame({"people_share": across, "minutes_share": up})
        gini = float(1.0 - np.sum(np.diff(across) * (up[1:] + up[:-1]))) if total > 0.0 else float("nan")
    return Inequality(
        curve=curve,
        gini=gini,
        persons=whole,
        unreachable_persons=float(people[lost].sum()),
        unknown_persons=float(people[~known & ~lost].sum()),
    )
