"""Hold what a unit has, for every so many of its people, against a standard (doctors, places).

For a unit u with facilities j (of the service, of a level that counts) and settlements s:

    value(u) = k · Σ_j amount_j / Σ_s P_s        (k = ``per_persons``; P of the item's age group where it has one)

Where amounts or people are not known, bounds decide: the least it can be is k · Σ known amounts / all people (0 where some people are
unknown), the most is k · (Σ known + those that may belong) / Σ known people (no limit where some amount is unknown).

- least ≥ threshold: covered, value the least
- most < threshold: gap, value the most (the shortfall is then "at least")
- otherwise unknown (``PEOPLE-UNKNOWN`` where it is only the people, else ``AMOUNT-UNKNOWN``)

Everyone in the unit shares its value. A unit without a known facility is short for ``NONE-IN-UNIT``; one where nobody is asked for is
unknown (``NOBODY-ASKED``), for nothing can be said per person.

By hand: 3 general practitioners, 12,000 people, k = 10,000, threshold 2 → value 2.5, covered; 2 of them → 1.67, gap of 0.33.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.profiles import StandardItem
from geoplan.contracts.results import AccessResult, Demand
from geoplan.contracts.status import Status
from geoplan.coverage import causes
from geoplan.coverage.judgement import Judgement, explain, judge_nothing, judge_values, override
from geoplan.coverage.listed import why_unanswered
from geoplan.coverage.presence import Placement, clean_codes, match_levels, read_columns, refuse_households
from geoplan.coverage.standards import UNIT_COLUMNS

STAFF_COLUMNS: frozenset[str] = frozenset(("staff", "doctors", "gps", "teachers"))
"""Facility columns that count people who work there."""


def judge_ratios(
    demand: Demand,
    access: AccessResult,
    item: StandardItem,
    *,
    placement: Placement,
    persons: NDArray[np.float64],
    services: Sequence[ServiceConfig] = (),
) -> Judgement:
    """Judge a ``ratio`` item: facility column ``amount`` per ``per_persons`` people of the settlement's unit.

    Parameters
    ----------
    demand, access
        Settlements and facilities.
    item
        Standard item of measure ``ratio``.
    placement
        In which unit of ``item.level`` each facility stands.
    persons
        (n,) people the item is for in every settlement; NaN where unknown.
    services
        Services of the plan.

    Raises
    ------
    ConfigError
        ``STANDARD-LEVEL``: asked of households.
    """
    refuse_households(item)
    n = len(demand.settlements)
    unanswered = why_unanswered(access, item.service, services=services)
    if unanswered:
        return judge_nothing(n, unanswered)
    unit = clean_codes(demand.settlements[UNIT_COLUMNS[item.level]])
    amounts = _sum_amounts(access, item, placement, pd.unique(unit))
    people = _sum_people(unit, persons)
    k = float(item.per_persons)
    least_amount, most_amount = amounts["least"].to_numpy(), amounts["most"].to_numpy()
    least_people, open_people = people["known"].to_numpy(), people["open"].to_numpy() > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        least = np.where(open_people, 0.0, k * least_amount / least_people)
        most = np.where(least_people > 0.0, k * most_amount / least_people, np.inf)
    threshold = np.nan if item.threshold is None else float(item.threshold)
    met, missed = least >= threshold, most < threshold
    table = pd.DataFrame(
        {
            "value": np.where(met, least, most),
            "met": met,
            "decided": met | missed,
            "people_only": np.isfinite(most_amount) & (most_amount == least_amount) & open_people,
            "nobody": (least_people == 0.0) & ~open_people,
            "none_here": amounts["facilities"].to_numpy() == 0,
        },
        index=people.index,
    ).reindex(unit)
    value = table["value"].to_numpy(dtype="float64")
    decided = table["decided"].to_numpy(dtype=bool) & np.isfinite(value)
    status = np.where(decided, str(Status.OK), str(Status.NO_DATA)).astype(object)
    cause = causes.STAFF_TOO_FEW if item.amount in STAFF_COLUMNS else causes.AMOUNT_TOO_LOW
    judged = judge_values(status, np.where(decided, value, np.nan), table["met"].to_numpy(dtype=bool), cause=cause)
    judged = explain(judged, table["none_here"].to_numpy(dtype=bool), causes.NONE_IN_UNIT)
    people_only = table["people_only"].to_numpy(dtype=bool)
    judged = override(judged, ~decided & ~people_only, causes.AMOUNT_UNKNOWN)
    judged = override(judged, ~decided & people_only, causes.PEOPLE_UNKNOWN)
    judged = override(judged, table["nobody"].to_numpy(dtype=bool), causes.NOBODY_ASKED)
    return override(judged, (unit == "").to_numpy(), causes.UNIT_UNKNOWN)


def _sum_amounts(access: AccessResult, item: StandardItem, placement: Placement, units: NDArray[np.object_]) -> pd.DataFrame:
    """Return, for every code of ``units``, the least and the most amount (inf where some is unknown) and the facilities known to stand there."""
    fits, possible = match_levels(access.facilities, item)
    amount = read_columns(access.facilities, [str(item.amount)])[:, 0]
    known = np.where(amount >= 0.0, amount, 0.0)
    most = np.where(amount >= 0.0, amount, np.inf)
    at = placement.pairs["facility"].to_numpy()
    certain = placement.pairs["certain"].to_numpy() & fits[at]
    pairs = pd.DataFrame(
        {
            "code": placement.pairs["code"].to_numpy(),
            "least": np.where(certain, known[at], 0.0),
            "most": np.where(possible[at], most[at], 0.0),
            "facilities": certain.astype("float64"),
        }
    )
    table = pairs.groupby("code")[["least", "most", "facilities"]].sum().reindex(units, fill_value=0.0)
    # What may stand anywhere may stand in each of them.
    return table.assign(most=table["most"] + most[placement.anywhere & possible].sum())


def _sum_people(unit: pd.Series, persons: NDArray[np.float64]) -> pd.DataFrame:
    """Return per unit, in order of first sight, the people known and how many settlements' people are not."""
    table = pd.DataFrame({"unit": unit.to_numpy(), "known": np.nan_to_num(persons), "open": np.isnan(persons).astype("float64")})
    return table.groupby("unit", sort=False)[["known", "open"]].sum()
