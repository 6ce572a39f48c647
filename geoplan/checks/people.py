"""Check people and households: impossible counts, shares out of range, sums that differ from the units' own totals.

For a unit u whose layer carries persons T_u, with Σ_s P_s over its settlements: a difference of more than one person and more than 0.5% is
doubtful, of more than 5% an error. Units with a settlement of unknown people are only held against Σ > T.
By hand: village 1,000, settlements 400 + 500 → 100 missing, 10%: error.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.checks.amounts import find_negatives
from geoplan.checks.lookup import find_layer, label_rows, name_unit_layers, read_codes, read_numbers
from geoplan.contracts.config import PlanConfig
from geoplan.contracts.results import Demand, Layers, Problem
from geoplan.contracts.status import Severity, Status
from geoplan.io.problems import note_problem

_SHARES = ("safe_water_share", "power_share", "production_power_share", "broadband_share", "tv_share", "reliability_share")
_AMOUNTS = ("households", "willing_households", "farmland_mu", "homestead_m2")
_LARGEST_HOUSEHOLD = 12.0
_DOUBTFUL_SHARE, _WRONG_SHARE = 0.005, 0.05


def check_people(layers: Layers, plan: PlanConfig, demand: Demand | None = None) -> list[Problem]:
    """Return what is impossible or doubtful about people, households and shares.

    With ``demand``, whose people may come from a raster, settlements left without any people known are reported too.
    """
    settlements = find_layer(layers, plan.settlements)
    if settlements is None:
        return []
    if settlements.empty:
        return [_empty(plan.settlements)]
    name, labels = plan.settlements, label_rows(settlements)
    problems = _check_counts(name, settlements, labels, has_raster=plan.population is not None)
    problems += _check_households(name, settlements, labels)
    problems += _check_shares(name, settlements, labels)
    for level, units in name_unit_layers(plan).items():
        frame = find_layer(layers, units)
        if frame is not None and "persons" in frame and "code" in frame:
            problems += _check_totals(settlements, frame, level=level, layer=units)
    return problems + ([] if demand is None else _check_demand(plan, demand))


def _empty(name: str) -> Problem:
    return note_problem(
        "SETTLEMENTS-EMPTY",
        Severity.ERROR,
        name,
        zh="自然村图层没有任何要素，无从计算",
        en="the settlement layer has no features: there is nobody to plan for",
        fix_zh="核对图层与 where 条件。",
        fix_en="Check the layer and `where`.",
    )


def _check_counts(name: str, settlements: gpd.GeoDataFrame, labels: pd.Series, *, has_raster: bool) -> list[Problem]:
    persons = read_numbers(settlements, "persons")
    problems = []
    negative = (persons < 0) | np.isinf(persons)
    if negative.any():
        problems.append(
            note_problem(
                "PERSONS-NEGATIVE",
                Severity.ERROR,
                name,
                zh=f"{int(negative.sum())} 个自然村的人口为负数或无穷",
                en=f"{int(negative.sum())} settlements have a negative or infinite number of people",
                fix_zh="更正人口；未知请留空。",
                fix_en="Correct the counts; leave unknown ones empty.",
                column="persons",
                ids=labels[negative],
            )
        )
    missing = persons.isna()
    if missing.any():
        rest = "由人口栅格补充" if has_raster else "按未知处理"
        problems.append(
            note_problem(
                "PERSONS-MISSING",
                Severity.INFO if has_raster else Severity.WARNING,
                name,
                zh=f"{int(missing.sum())} 个自然村没有人口数，{rest}",
                en=f"{int(missing.sum())} settlements have no count of people: "
                + ("taken from the population raster" if has_raster else "unknown, never 0"),
                fix_zh="补充人口数，或在计划中给出人口栅格。",
                fix_en="Give the counts, or a population raster in the plan.",
                column="persons",
                ids=labels[missing],
            )
        )
    return problems + find_negatives(name, settlements, _AMOUNTS)


def _check_households(name: str, settlements: gpd.GeoDataFrame, labels: pd.Series) -> list[Problem]:
    persons, households = read_numbers(settlements, "persons"), read_numbers(settlements, "households")
    willing = read_numbers(settlements, "willing_households")
    size = persons / households.where(households > 0)
    rows = (
        (
            "HOUSEHOLDS-ABOVE-PERSONS",
            Severity.ERROR,
            "households",
            (households > persons) & (persons >= 0),
            ("户数多于人口", "more households than people"),
        ),
        (
            "HOUSEHOLD-SIZE",
            Severity.WARNING,
            "households",
            (size > _LARGEST_HOUSEHOLD) | ((households == 0) & (persons > 0)),
            (
                f"户均人口超过 {_LARGEST_HOUSEHOLD:.0f} 人，或有人无户",
                f"more than {_LARGEST_HOUSEHOLD:.0f} people per household, or people and no household",
            ),
        ),
        (
            "WILLING-ABOVE-HOUSEHOLDS",
            Severity.ERROR,
            "willing_households",
            willing > households,
            ("愿搬户数多于总户数", "more households willing to move than there are"),
        ),
    )
    return [
        note_problem(
            code,
            severity,
            name,
            zh=f"{int(wrong.sum())} 个自然村{zh}",
            en=f"{int(wrong.sum())} settlements have {en}",
            fix_zh="核对人口与户数。",
            fix_en="Check people and households against each other.",
            column=column,
            ids=labels[wrong],
        )
        for code, severity, column, wrong, (zh, en) in rows
        if wrong.any()
    ]


def _check_shares(name: str, settlements: gpd.GeoDataFrame, labels: pd.Series) -> list[Problem]:
    problems = []
    for column in _SHARES:
        share = read_numbers(settlements, column)
        wrong = (share < 0) | (share > 1)
        if wrong.any():
            problems.append(
                note_problem(
                    "SHARE-RANGE",
                    Severity.ERROR,
                    name,
                    zh=f"{column} 列有 {int(wrong.sum())} 个值不在 0 到 1 之间（百分数？）",
                    en=f"{int(wrong.sum())} values of {column} lie outside 0..1 (per cent?)",
                    fix_zh="把百分数除以 100。",
                    fix_en="Divide percentages by 100.",
                    column=column,
                    ids=labels[wrong],
                )
            )
    return problems


def _check_demand(plan: PlanConfig, demand: Demand) -> list[Problem]:
    """Return the settlements whose people stay unknown after everything was tried."""
    unknown = (demand.settlements["persons_status"] != str(Status.OK)).to_numpy(dtype=bool)
    if not unknown.any():
        return []
    return [
        note_problem(
            "PERSONS-UNKNOWN",
            Severity.WARNING,
            plan.settlements,
            zh=f"{int(unknown.sum())} 个自然村的人口无从得知，汇总时单列、不计入人数",
            en=f"people of {int(unknown.sum())} settlements stay unknown: counted apart, in no sum of people",
            fix_zh="补充人口数。",
            fix_en="Give their counts.",
            column="persons",
            ids=demand.settlements.loc[unknown, "settlement_id"],
        )
    ]


def _check_totals(settlements: gpd.GeoDataFrame, units: gpd.GeoDataFrame, *, level: str, layer: str) -> list[Problem]:
    """Hold the sum over settlements against the people the unit layer itself carries."""
    persons = read_numbers(settlements, "persons")
    if level == "county" and len(units) == 1:
        codes = pd.Series(read_codes(units["code"]).iloc[0], index=settlements.index)
    elif f"{level}_code" in settlements:
        codes = read_codes(settlements[f"{level}_code"])
    else:
        return []
    table = pd.DataFrame({"code": codes.to_numpy(), "persons": persons.to_numpy(), "unknown": persons.isna().to_numpy()})
    sums = table.groupby("code").agg({"persons": "sum", "unknown": "any"})
    own = read_codes(units["code"])
    stated = read_numbers(units, "persons")
    counted = sums["persons"].reindex(own).fillna(0.0).set_axis(units.index)
    unknown = own.isin(sums.index[sums["unknown"]])
    difference = counted - stated
    # Where a settlement's people are unknown the sum may fall short, but never exceed the unit's total.
    difference = difference.where(~unknown | (difference > 0), 0.0)
    share = difference.abs() / stated.where(stated > 0)
    off = (difference.abs() > 1.0) & ((share > _DOUBTFUL_SHARE) | share.isna()) & stated.notna()
    worse = off & ((share > _WRONG_SHARE) | share.isna())
    problems = []
    for rows, severity in ((worse, Severity.ERROR), (off & ~worse, Severity.WARNING)):
        if rows.any():
            total = float(difference[rows].abs().sum())
            problems.append(
                note_problem(
                    "PERSONS-SUM",
                    severity,
                    layer,
                    zh=f"{int(rows.sum())} 个区划的人口与所辖自然村合计不符，共差 {total:,.0f} 人",
                    en=f"people of {int(rows.sum())} units differ from the sum of their settlements, by {total:,.0f} in all",
                    fix_zh="核对口径（户籍或常住）与缺漏的自然村。",
                    fix_en="Check whether both count residents or both registered people, and whether settlements are missing.",
                    column="persons",
                    ids=own[rows],
                )
            )
    return problems
