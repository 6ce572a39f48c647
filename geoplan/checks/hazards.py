"""Check the hazard layers: a zone must have a size and a class, and what was surveyed must be known."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.checks.lookup import find_layer, label_rows, read_codes, read_numbers
from geoplan.contracts.config import HazardConfig, PlanConfig
from geoplan.contracts.hazard_words import read_hazard_word
from geoplan.contracts.results import Layers, Problem
from geoplan.contracts.status import Severity
from geoplan.io.problems import note_problem


def check_hazards(layers: Layers, plan: PlanConfig) -> list[Problem]:
    """Return hazards without size or class, and where nothing is known about hazards."""
    if not plan.hazards:
        return [
            note_problem(
                "HAZARD-NONE",
                Severity.INFO,
                "",
                zh="计划没有灾害图层：所有自然村的灾害暴露为未知，而不是无",
                en="the plan has no hazard layer: exposure is unknown everywhere, not none",
                fix_zh="加入地质灾害、洪涝与断层图层。",
                fix_en="Add layers of landslides, floods and faults.",
            )
        ]
    problems = []
    for hazard in plan.hazards:
        frame = find_layer(layers, hazard.layer)
        if frame is not None:
            problems += _check_sizes(hazard, frame)
            problems += _check_classes(hazard, frame)
        elif hazard.layer in layers.rasters and not hazard.thresholds and not hazard.classes:
            problems.append(_no_thresholds(hazard))
    return problems + _check_surveys(layers, plan)


def _check_sizes(hazard: HazardConfig, frame: gpd.GeoDataFrame) -> list[Problem]:
    """Return points without radius and lines without setback: they would threaten nobody."""
    dimension = shapely.get_dimensions(frame.geometry.to_numpy())
    problems = []
    for column, stated, wanted, zh, en in (
        ("radius_m", hazard.radius_m, 0, "威胁半径", "radius"),
        ("setback_m", hazard.setback_m, 1, "避让距离", "setback"),
    ):
        size = read_numbers(frame, column)
        here = dimension == wanted
        lacking = here & size.isna().to_numpy() & (stated is None)
        impossible = here & (size <= 0).to_numpy()
        for rows, code, what_zh, what_en in (
            (lacking, f"HAZARD-{en.upper()}", "没有", "have no"),
            (impossible, f"HAZARD-{en.upper()}-ZERO", "不大于零的", "have a zero or negative"),
        ):
            if rows.any():
                problems.append(
                    note_problem(
                        code,
                        Severity.ERROR,
                        hazard.layer,
                        zh=f"{int(rows.sum())} 处隐患{what_zh}{zh}",
                        en=f"{int(rows.sum())} hazards {what_en} {en}",
                        fix_zh=f"补充 {column}，或在计划的 hazards 中给出。",
                        fix_en=f"Fill in {column}, or state it under `hazards` in the plan.",
                        column=column,
                        ids=label_rows(frame)[rows],
                    )
                )
    return problems


def _check_classes(hazard: HazardConfig, frame: gpd.GeoDataFrame) -> list[Problem]:
    given = read_codes(frame["hazard_class"]) if "hazard_class" in frame else pd.Series("", index=frame.index, dtype=object)
    blank = (given == "") & (hazard.hazard_class is None)
    strange = (given != "") & given.map(lambda word: read_hazard_word(word) == "")
    problems = []
    for rows, code, zh, en in (
        (blank, "HAZARD-CLASS", "没有危险等级", "have no hazard class"),
        (strange, "HAZARD-CLASS-UNKNOWN", "的危险等级不在规定取值内", "have a hazard class no one knows"),
    ):
        if rows.any():
            problems.append(
                note_problem(
                    code,
                    Severity.ERROR,
                    hazard.layer,
                    zh=f"{int(rows.sum())} 处隐患{zh}",
                    en=f"{int(rows.sum())} hazards {en}",
                    fix_zh="在目录的 values 中对应到 extreme、high、medium、low，或在计划中给出 hazard_class。",
                    fix_en="Map it to extreme, high, medium or low under `values`, or state hazard_class in the plan.",
                    column="hazard_class",
                    ids=label_rows(frame)[rows],
                )
            )
    return problems


def _no_thresholds(hazard: HazardConfig) -> Problem:
    return note_problem(
        "HAZARD-THRESHOLDS",
        Severity.ERROR,
        hazard.layer,
        zh="灾害栅格没有分级阈值，无法判断等级",
        en="the hazard raster has no thresholds, so its values have no class",
        fix_zh="在计划的 hazards 中给出 thresholds，编码栅格给出 classes。",
        fix_en="State `thresholds` under `hazards` in the plan, or `classes` for a raster of codes.",
    )


def _check_surveys(layers: Layers, plan: PlanConfig) -> list[Problem]:
    """Return hazards whose survey is not known, and whom each survey leaves out."""
    mapped = [one for one in plan.hazards if one.layer not in layers.rasters]
    nameless = [one.layer for one in mapped if find_layer(layers, one.survey_area) is None]
    problems = []
    if nameless:
        problems.append(
            note_problem(
                "HAZARD-SURVEY-MISSING",
                Severity.INFO,
                ", ".join(nameless),
                zh="没有调查范围：隐患以外的自然村为未知，而不是安全",
                en="no surveyed area is given: settlements outside the zones are unknown, not safe",
                fix_zh="在计划中给出 survey_area。",
                fix_en="State `survey_area` in the plan.",
                ids=nameless,
            )
        )
    settlements = find_layer(layers, plan.settlements)
    for name in dict.fromkeys(one.survey_area for one in mapped):
        survey = find_layer(layers, name)
        if settlements is not None and survey is not None and name is not None:
            problems += _check_reach(name, survey, settlements)
    return problems


def _check_reach(name: str, survey: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame) -> list[Problem]:
    geometry = settlements.geometry.to_numpy()
    area = shapely.union_all(shapely.make_valid(survey.geometry.dropna().to_numpy()))
    shapely.prepare(area)
    outside = ~shapely.intersects(area, geometry) & ~shapely.is_missing(geometry)
    if not outside.any():
        return []
    return [
        note_problem(
            "HAZARD-UNSURVEYED",
            Severity.INFO,
            name,
            zh=f"{int(outside.sum())} 个自然村在调查范围以外，灾害暴露为未知",
            en=f"{int(outside.sum())} settlements lie outside the surveyed area: their exposure is unknown",
            fix_zh="补充调查。",
            fix_en="Survey them.",
            ids=label_rows(settlements)[outside],
        )
    ]
