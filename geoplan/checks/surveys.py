"""Check surveys that are joined to settlements by their ids: homesteads and willingness.

A row that names no settlement of the plan counts for nobody, which is told and never silently so. By hand: a survey of 40 households in a
settlement of 35 is an error; one that leaves 3 settlements out is a note, and they stay unknown.
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from geoplan.checks.amounts import find_negatives
from geoplan.checks.lookup import find_layer, read_codes, read_numbers
from geoplan.contracts.config import PlanConfig
from geoplan.contracts.results import Layers, Problem
from geoplan.contracts.status import Severity
from geoplan.io.problems import note_problem


def check_surveys(layers: Layers, plan: PlanConfig) -> list[Problem]:
    """Return what is wrong or left out in the homesteads and the survey of willingness."""
    settlements = find_layer(layers, plan.settlements)
    if settlements is None or "settlement_id" not in settlements:
        return []
    known = read_codes(settlements["settlement_id"])
    problems: list[Problem] = []
    for name in (plan.homesteads, plan.willingness):
        survey = find_layer(layers, name)
        if name is not None and survey is not None:
            problems += _check_ids(name, survey, set(known))
    willingness = find_layer(layers, plan.willingness)
    if plan.willingness is not None and willingness is not None and "settlement_id" in willingness:
        problems += find_negatives(plan.willingness, willingness, ["willing_households"])
        problems += _check_willingness(plan.willingness, willingness, settlements)
    return problems


def _check_ids(name: str, survey: gpd.GeoDataFrame, known: set[str]) -> list[Problem]:
    """Return whether rows of a survey name no settlement."""
    if "settlement_id" not in survey:
        return [
            note_problem(
                "SURVEY-NO-ID",
                Severity.ERROR,
                name,
                zh="没有 settlement_id 列，无法与自然村对应",
                en="has no settlement_id: it cannot be joined to settlements",
                fix_zh="在目录的 columns 中指明自然村编号列。",
                fix_en="Name the column of settlement ids under `columns` in the catalogue.",
                column="settlement_id",
            )
        ]
    named = read_codes(survey["settlement_id"])
    strange = named[~named.isin(known)]
    if strange.empty:
        return []
    return [
        note_problem(
            "SURVEY-UNKNOWN-ID",
            Severity.WARNING,
            name,
            zh=f"{len(strange)} 行的自然村编号在自然村图层中找不到，未计入",
            en=f"{len(strange)} rows name settlements the plan does not have; they count for nobody",
            fix_zh="核对编号（前导零、位数）。",
            fix_en="Compare the ids with those of the settlements (leading zeros, length).",
            column="settlement_id",
            ids=strange.unique(),
            count=len(strange),
        )
    ]


def _check_willingness(name: str, survey: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame) -> list[Problem]:
    """Return more willing households than there are, and who was not asked."""
    ids = read_codes(settlements["settlement_id"])
    willing = pd.Series(read_numbers(survey, "willing_households").to_numpy(), index=read_codes(survey["settlement_id"]))
    asked = willing[~willing.index.duplicated()].reindex(ids).to_numpy()
    more = asked > read_numbers(settlements, "households").to_numpy()
    silent = pd.isna(asked)
    problems = []
    if more.any():
        problems.append(
            note_problem(
                "WILLING-ABOVE-HOUSEHOLDS",
                Severity.ERROR,
                name,
                zh=f"{int(more.sum())} 个自然村的愿搬户数多于户数",
                en=f"in {int(more.sum())} settlements more households are willing than there are",
                fix_zh="更正愿搬户数或户数。",
                fix_en="Correct the willing households, or the households.",
                column="willing_households",
                ids=ids[more],
            )
        )
    if silent.any():
        problems.append(
            note_problem(
                "WILLING-NOT-ASKED",
                Severity.INFO,
                name,
                zh=f"{int(silent.sum())} 个自然村没有意愿调查，意愿按未知处理",
                en=f"{int(silent.sum())} settlements were not asked; their will stays unknown",
                fix_zh="补充调查后重新运行。",
                fix_en="Ask them, and run again.",
                column="willing_households",
                ids=ids[silent],
            )
        )
    return problems
