"""Hold how people get water against every rule version of the profile: who meets which, safely, basically or not.

Every rule is judged by itself; versions that conflict are never merged. Equal to a threshold is inside. What is not known is never met:

- a limit on an unknown figure is unknown; a way with a limit known to be broken is broken, whatever else is unknown;
- a rule's walk is met when one way is met, broken when all are broken, else unknown;
- no way leading to water breaks every way, for it is known that nobody gets there.

The grade is ``safe`` where safe is met, else ``basic`` where basic is met, ``short`` where the lowest grade the rule has is broken, and ``unknown``
otherwise. ``met`` is true from basic on (from safe on where the rule has no basic). Quality is not measured here: meeting every rule of this table does not
make water safe to drink.

By hand: 30 L against 40 (safe) and 20 (basic) is basic; 25 min over 400 m and 60 m of climb meets "20 min, or 500 m and 100 m" by its second way.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.status import Status
from geoplan.contracts.water_profile import FetchingWay, WaterProfile, WaterRule

RULE_COLUMNS = "settlement_id rule item value threshold safe_threshold unit status met grade met_by label_zh label_en source clause evidence".split()
"""Columns of the table of rules."""
YES, NO, MAYBE = 1, 0, -1
_LIMITS = ("round_trip_min", "level_m", "climb_m")


def judge_water_rules(facts: pd.DataFrame, profile: WaterProfile) -> pd.DataFrame:
    """Return which settlement meets which rule version.

    Parameters
    ----------
    facts
        One row per settlement: settlement_id, l_person_day, reliability_share (NaN: not known), fetch_status (`Status` of the walk to water),
        round_trip_min, level_m (one way), climb_m (either sign); NaN: not known.
    profile
        Rule versions.

    Returns
    -------
    DataFrame
        `RULE_COLUMNS`, one row per settlement × rule, settlements in their order. ``value`` is the amount, or of a walk its minutes (its level
        metres where the rule asks for none); ``threshold`` the basic one (the safe one where the rule has no basic), of the rule's first way;
        ``met_by`` the limits of the way that is met.
    """
    tables = [_judge_rule(facts, rule) for rule in profile.rules]
    if not tables:
        return pd.DataFrame(columns=RULE_COLUMNS)
    order = np.arange(len(facts) * len(tables)).reshape(len(tables), -1).T.ravel()
    return pd.concat(tables, ignore_index=True).iloc[order].reset_index(drop=True)


def _judge_rule(facts: pd.DataFrame, rule: WaterRule) -> pd.DataFrame:
    """Return the rows of one rule."""
    n = len(facts)
    if rule.item == "fetching":
        value, known, unit = _walk_shown(facts, rule)
        safe, safe_by = _judge_ways(facts, rule.safe_ways)
        basic, basic_by = _judge_ways(facts, rule.basic_ways)
        has_safe, has_basic = bool(rule.safe_ways), bool(rule.basic_ways)
        thresholds = [_first_limit(rule.safe_ways, unit), _first_limit(rule.basic_ways, unit)]
    else:
        column = "l_person_day" if rule.item == "quantity" else "reliability_share"
        unit = "l_person_day" if rule.item == "quantity" else "share"
        value = facts[column].to_numpy(dtype="float64", na_value=np.nan)
        known = np.where(np.isnan(value), str(Status.NO_DATA), str(Status.OK)).astype(object)
        thresholds = [_or_nan(rule.safe_at_least), _or_nan(rule.basic_at_least)]
        has_safe, has_basic = rule.safe_at_least is not None, rule.basic_at_least is not None
        safe, basic = (np.where(np.isnan(value), MAYBE, np.where(value >= one, YES, NO)) for one in thresholds)
        safe_by = basic_by = np.full(n, "", dtype=object)
    lowest = basic if has_basic else safe
    is_safe, is_basic = has_safe & (safe == YES), has_basic & (basic == YES)
    met = np.where(is_safe | is_basic, "true", np.where(lowest == NO, "false", "unknown"))
    grade = np.select([is_safe, is_basic, lowest == NO], ["safe", "basic", "short"], default="unknown")
    return pd.DataFrame(
        {
            "settlement_id": facts["settlement_id"].to_numpy(),
            "rule": rule.id,
            "item": rule.item,
            "value": value,
            "threshold": thresholds[1] if has_basic else thresholds[0],
            "safe_threshold": thresholds[0],
            "unit": unit,
            "status": known,
            "met": met,
            "grade": grade,
            "met_by": np.where(is_safe, safe_by, np.where(is_basic, basic_by, "")),
            "label_zh": rule.label_zh,
            "label_en": rule.label_en,
            "source": rule.source,
            "clause": rule.clause,
            "evidence": rule.status,
        },
        columns=RULE_COLUMNS,
    )


def _or_nan(number: float | None) -> float:
    return float("nan") if number is None else number


def _walk_shown(facts: pd.DataFrame, rule: WaterRule) -> tuple[NDArray[np.float64], NDArray[np.object_], str]:
    """Return the figure of the walk that a rule speaks of, its status and its unit."""
    timed = any(way.round_trip_min is not None for way in rule.safe_ways + rule.basic_ways)
    value = facts["round_trip_min" if timed else "level_m"].to_numpy(dtype="float64", na_value=np.nan)
    asked = facts["fetch_status"].astype(str).to_numpy(dtype=object)
    status = np.where(np.isnan(value) & (asked == str(Status.OK)), str(Status.NO_DATA), asked).astype(object)
    return np.where(status == str(Status.OK), value, np.nan), status, "min" if timed else "m"


def _first_limit(ways: list[FetchingWay], unit: str) -> float:
    """Return the limit, in ``unit``, of the first way that has one."""
    limits = [way.round_trip_min if unit == "min" else way.level_m for way in ways]
    return next((one for one in limits if one is not None), float("nan"))


def _judge_ways(facts: pd.DataFrame, ways: list[FetchingWay]) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return YES, NO or MAYBE per settlement, and the limits of the first way that is met."""
    n = len(facts)
    best = np.full(n, NO, dtype=np.int64)
    met_by = np.full(n, "", dtype=object)
    # Nobody gets there: known. Not asked or not snapped: unknown.
    cut = (facts["fetch_status"].astype(str) == str(Status.UNREACHABLE)).to_numpy(dtype=bool)
    for way in ways:
        limits = [(name, limit) for name in _LIMITS if (limit := getattr(way, name)) is not None]
        states = [_within(facts[name].to_numpy(dtype="float64", na_value=np.nan), limit) for name, limit in limits]
        worst = np.where(np.any([one == NO for one in states], axis=0), NO, np.min(states, axis=0))
        worst = np.where(cut, NO, worst)
        met_by[(worst == YES) & (met_by == "")] = ";".join(name for name, _ in limits)
        best = np.where((best == YES) | (worst == YES), YES, np.where((best == MAYBE) | (worst == MAYBE), MAYBE, NO))
    return best, met_by


def _within(value: NDArray[np.float64], limit: float) -> NDArray[np.int64]:
    """Return YES where a figure, whatever its sign, is within a limit."""
    return np.where(np.isnan(value), MAYBE, np.where(np.abs(value) <= limit, YES, NO))
