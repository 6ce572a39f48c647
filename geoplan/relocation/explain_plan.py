"""Tell in plain words what the plan makes of one settlement: its treatment, where it goes or why not, how sure its class is, and what terrain hints at.

Every number stands with its unit and rests on a source named beside it; what is not known is said as not known. Terrain screening is told
under a heading that calls it what it is, and never among the findings of a survey.

By hand: a settlement at a mapped debris flow (high) that goes 16 minutes to PL001 is told in four short paragraphs: 隐患处置, 去向, 等级把握, 地形筛查.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.relocation import AllocationResult, CertaintyResult, ScreeningResult, TreatmentResult
from geoplan.contracts.results import PlanResult
from geoplan.contracts.screening_config import RunOutConfig, ScreeningConfig
from geoplan.contracts.status import HAZARD_KIND_ZH, RELOCATION_CLASS_EN, Status
from geoplan.relocation.explain_access import SEASONS
from geoplan.relocation.reasons import cite, quantity

_OK = str(Status.OK)
_VERDICTS = {
    "certain_move": ("可确定应搬", "certain to move"),
    "certain_stay": ("可确定可留", "certain to stay"),
    "depends": ("尚不能确定", "not certain"),
}
_MOVES = {
    "assigned": ("已安排安置点", "a site is found"),
    "unassigned": ("应安排而未能安排", "to move, but no site is found"),
    "stays": ("留居", "stays"),
    "undecided": ("未定", "undecided"),
}
_BINDING = {
    "area": ("可建面积", "buildable area"),
    "school": ("学位", "school seats"),
    "clinic": ("医疗服务能力", "clinic capacity"),
    "stated": ("登记容量", "the stated capacity"),
}
_NOTHING = {"zh": "  未知:没有这一项结果", "en": "  not known: there is no such result"}
_TURNING_SHOWN = 3
_PROVEN = 5e-5
"""Gaps that would be shown as 0.00% are none."""


def say_plan(settlement_id: str, result: PlanResult, plan: PlanConfig, *, language: str = "zh") -> str:
    """Return four paragraphs: treatment, where to, how sure the class is, and terrain screening.

    Parameters
    ----------
    settlement_id
        Which settlement.
    result
        What the run found.
    plan
        Its plan file: season of the minutes, lines of the screening and their sources.
    language
        ``zh`` or ``en``.

    Returns
    -------
    str
        Paragraphs with an empty line between; a result that has no row for the settlement is said to be not known.
    """
    zh = language == "zh"
    season = SEASONS[language].get(plan.access.seasons[0], plan.access.seasons[0])
    paragraphs = (
        ("隐患处置" if zh else "Treatment of hazards", _say_treatment(settlement_id, result.treatment, language)),
        ("去向" if zh else "Where to", _say_destination(settlement_id, result.allocation, season, language)),
        ("等级把握" if zh else "How sure the class is", _say_certainty(settlement_id, result.certainty, language)),
        (
            "地形筛查(只由高程模型推算,未经实地调查;不计入评分和等级)"
            if zh
            else "Terrain screening (from the elevation model alone: screening, no survey; no part of score or class)",
            _say_screening(settlement_id, result.screening, plan.screening, plan.run_out, language),
        ),
    )
    return join_paragraphs(paragraphs, language)


def join_paragraphs(paragraphs: Any, language: str) -> str:
    """Return headings with their indented lines; a paragraph without lines says that there is no result.

    >>> print(join_paragraphs([("Where to", [])], "en"))
    Where to:
      not known: there is no such result
    """
    return "\n\n".join("\n".join([f"{head}:", *(lines or [_NOTHING[language]])]) for head, lines in paragraphs)


def pick_row(table: pd.DataFrame | None, column: str, value: str) -> dict[str, Any] | None:
    """Return the first row where ``column`` is ``value``, or None.

    >>> pick_row(pd.DataFrame({"id": ["a", "b"], "name": ["one", "two"]}), "id", "b")
    {'id': 'b', 'name': 'two'}
    """
    if table is None or column not in table:
        return None
    own = table[table[column] == value]
    return None if own.empty else {str(name): cell for name, cell in own.iloc[0].items()}


def _say_treatment(settlement_id: str, treatment: TreatmentResult, language: str) -> list[str]:
    """Return a line per hazard kind, with its reason."""
    table = treatment.treatment
    own = table[table["settlement_id"] == settlement_id]
    return [f"  {one}" for one in own[f"reason_{language}"]]


def _say_destination(settlement_id: str, allocation: AllocationResult, season: str, language: str) -> list[str]:
    """Return where the settlement goes, how far, how full the site is; or why it goes nowhere."""
    zh = language == "zh"
    row = pick_row(allocation.settlements, "settlement_id", settlement_id)
    if row is None:
        return []
    state = _MOVES.get(str(row["move"]), (str(row["move"]),) * 2)[0 if zh else 1]
    lines = [f"  {state}: {row[f'reason_{language}']}"]
    if row["move"] == "assigned":
        lines += [_say_way(row, season, zh), *_say_site(str(row["site_id"]), allocation, zh)]
    if row["move"] in ("assigned", "unassigned") and np.isfinite(allocation.gap_share):
        lines.append(_say_gap(allocation.gap_share, zh))
    return lines


def _say_gap(gap_share: float, zh: bool) -> str:
    """Return how far the whole plan may be from the best one.

    >>> _say_gap(0.0, False), _say_gap(0.00312, False)
    ('  the whole plan is proven the best', '  the whole plan costs at most 0.31% more than the best')
    """
    if gap_share < _PROVEN:
        return "  整个安置方案已证明为最优" if zh else "  the whole plan is proven the best"
    gap = f"{gap_share:.2%}"
    return f"  整个安置方案的代价至多比最优高 {gap}" if zh else f"  the whole plan costs at most {gap} more than the best"


def _say_way(row: dict[str, Any], season: str, zh: bool) -> str:
    """Return minutes, straight distance and township of a move."""
    minutes, straight = float(row["travel_min"]), float(row["straight_m"])
    if zh:
        far = "时间未知" if np.isnan(minutes) else f"{minutes:.0f} 分钟"
        line = "直线距离未知" if np.isnan(straight) else f"直线 {straight / 1000:.1f} km"
        return f"  新居到老地 {far}({season},单程,可乘车),{line};{'在本乡镇' if row['same_township'] else '不在本乡镇'}"
    far = "a time that is not known" if np.isnan(minutes) else f"{minutes:.0f} min"
    line = "straight distance not known" if np.isnan(straight) else f"{straight / 1000:.1f} km straight"
    township = "same township" if row["same_township"] else "another township"
    return f"  from the new home to the old land {far} ({season}, one way, by vehicle on roads), {line}; {township}"


def _say_site(site_id: str, allocation: AllocationResult, zh: bool) -> list[str]:
    """Return the site's name, load and what limits it."""
    site = pick_row(allocation.sites, "site_id", site_id)
    if site is None:
        return []
    name = f"{site['name']}({site_id})" if zh else f"{site['name']} ({site_id})"
    binding = _BINDING.get(str(site["binding"]), (str(site["binding"]),) * 2)[0 if zh else 1]
    room = float(site["capacity_persons"])
    if np.isnan(room):
        room_zh, room_en = "容量未知", "how many it holds is not known"
    else:
        room_zh = f"容量 {room:,.0f} 人,由{binding}决定"
        room_en = f"room for {room:,.0f} people, set by {binding}"
    comers = f"{float(site['persons']):,.0f}"
    return [f"  {name}:共安置 {comers} 人,{room_zh}" if zh else f"  {name}: {comers} people come in all; {room_en}"]


def _say_certainty(settlement_id: str, certainty: CertaintyResult, language: str) -> list[str]:
    """Return verdict with reason, the rank's range, and the factors that alone turn the class."""
    zh = language == "zh"
    row = pick_row(certainty.settlements, "settlement_id", settlement_id)
    if row is None:
        return []
    verdict = _VERDICTS.get(str(row["verdict"]), (str(row["verdict"]),) * 2)[0 if zh else 1]
    lines = [f"  {verdict}: {row[f'reason_{language}']}"]
    first, last = row["rank_p05"], row["rank_p95"]
    total = f"{len(certainty.settlements):,}"
    if not (pd.isna(first) or pd.isna(last)):
        lines.append(
            f"  排序在 90% 的抽样中居 {total} 个自然村的第 {first:,.0f}–{last:,.0f} 位"
            if zh
            else f"  in 90% of the draws it ranks {first:,.0f} to {last:,.0f} of {total} settlements"
        )
    own = certainty.tornado[certainty.tornado["settlement_id"] == settlement_id]
    turning = own[own["class_low"] != own["class_high"]]
    wide = (turning["score_high"] - turning["score_low"]).abs().sort_values(ascending=False, kind="stable").index
    lines += [_say_turn(one, zh) for one in turning.loc[wide[:_TURNING_SHOWN]].to_dict("records")]
    return lines


def _say_turn(row: dict[Any, Any], zh: bool) -> str:
    """Return one factor moved alone between its ends: its values, the score at both, and the class.

    >>> print(_say_turn({"label_zh": "灾害分级误差", "value_low": -1.0, "value_high": 1.0, "unit": "class", "score_low": 0.55,
    ...     "score_high": 0.7, "class_low": "建议搬", "class_high": "应搬"}, True))
      只变“灾害分级误差”(−1 级 → +1 级):得分 0.550 → 0.700,建议搬 → 应搬
    """
    scores = f"{row['score_low']:.3f} → {row['score_high']:.3f}"
    ends = " → ".join(
        _say_level(float(row[f"value_{end}"]), str(row["unit"]), zh) for end in ("low", "high") if f"value_{end}" in row
    )
    if zh:
        name = str(row["label_zh"]).replace("“", "").replace("”", "")
        moved = f"({ends})" if ends else ""
        return f"  只变“{name}”{moved}:得分 {scores},{row['class_low']} → {row['class_high']}"
    moved = f" ({ends})" if ends else ""
    classes = " → ".join(RELOCATION_CLASS_EN.get(row[f"class_{end}"], row[f"class_{end}"]) for end in ("low", "high"))
    return f"  {row['label_en']} alone{moved}: score {scores}, {classes}"


def _say_level(value: float, unit: str, zh: bool) -> str:
    """Return a factor's value with its unit.

    >>> _say_level(1.28, "time factor", False), _say_level(-1.0, "class", True), _say_level(0.448, "weight", True)
    ('times × 1.28', '−1 级', '权重 0.448')
    """
    signed = f"{value:+.3g}".replace("-", "−")
    shown = {
        "weight": (f"权重 {value:.3f}", f"weight {value:.3f}"),
        "time factor": (f"用时 × {value:.2f}", f"times × {value:.2f}"),
        "factor": (f"人口 × {value:.2f}", f"people × {value:.2f}"),
        "class": (f"{signed} 级", f"{signed} class"),
        "points": (f"{value:g} 分", f"{value:g} points"),
        "m/m": (f"坡度误差 {signed} m/m", f"slope error {signed} m/m"),
    }
    return shown.get(unit, (f"{value:.3g} {unit}".strip(),) * 2)[0 if zh else 1]


def _say_screening(
    settlement_id: str, screening: ScreeningResult, config: ScreeningConfig, run_out: RunOutConfig, language: str
) -> list[str]:
    """Return what terrain hints at, with the lines used and their sources."""
    zh = language == "zh"
    row = pick_row(screening.settlements, "settlement_id", settlement_id)
    if row is None or row["status"] != _OK:
        lines = ["  高程模型未覆盖此处,未作筛查" if zh else "  the elevation model says nothing here: not screened"]
    else:
        lines = [_say_ground(row, config, language), _say_water(row, config, language)]
    return [*lines, _say_run_out(settlement_id, screening, run_out, language)]


def _say_ground(row: dict[str, Any], config: ScreeningConfig, language: str) -> str:
    """Return slope, relief and the susceptibility class."""
    index, source = float(row["susceptibility_index"]), cite(config.classes[0], language)
    slope, relief = f"{float(row['slope_deg']):.0f}°", quantity(float(row["relief_m"]), "m", language)
    place = next((one for one in config.classes if one.id == row["susceptibility_class"]), None)
    if language == "zh":
        name = "未知" if place is None else place.label_zh
        return f"  坡度 {slope},{config.relief_radius_m:g} m 半径内起伏 {relief};易滑指数 {index:.2f}(0–1):{name};依据 {source}"
    name = "not known" if place is None else place.label_en
    return f"  slope {slope}, relief {relief} within {config.relief_radius_m:g} m; susceptibility index {index:.2f} of 1: {name}; per {source}"


def _say_water(row: dict[str, Any], config: ScreeningConfig, language: str) -> str:
    """Return distance to and height above the nearest stream, and whether that counts as flood-prone."""
    zh = language == "zh"
    stream, above = float(row["stream_m"]), float(row["hand_m"])
    if np.isnan(stream) or np.isnan(above):
        return (
            "  与最近沟道的距离或高差未知,不能判断是否易淹"
            if zh
            else "  distance to or height above the nearest stream is not known: nor is flooding"
        )
    line, source = quantity(config.flood_hand_m, "m", language), cite(config.flood_cited, language)
    far, high = quantity(stream, "m", language), quantity(above, "m", language)
    prone = bool(row["flood_prone"])
    if zh:
        return f"  距最近沟道 {far},高出 {high}:{'可能受淹' if prone else '不在易淹高度内'}(界限 {line};依据 {source})"
    return f"  {far} from the nearest stream and {high} above it: {'may be flooded' if prone else 'above the height that floods'} (line {line}; per {source})"


def _say_run_out(settlement_id: str, screening: ScreeningResult, config: RunOutConfig, language: str) -> str:
    """Return which mapped sources may run out as far as the settlement."""
    zh = language == "zh"
    row = pick_row(screening.below, "settlement_id", settlement_id)
    if row is None or row["status"] != _OK:
        return "  是否在隐患点的推测到达范围内:未知" if zh else "  whether a mapped source may run out so far: not known"
    if screening.run_out is not None and screening.run_out.empty:
        return "  没有已知的隐患点,不能推测到达范围" if zh else "  no hazard source is known: nothing can be reckoned to run out"
    if not row["in_run_out"]:
        return "  不在已知隐患点的推测到达范围内" if zh else "  no mapped source is reckoned to run out so far"
    kinds = [one.strip() for one in str(row["kinds"]).split(";") if one.strip()]
    names = "、".join(HAZARD_KIND_ZH.get(one, one) for one in kinds) if zh else ", ".join(one.replace("_", " ") for one in kinds)
    ids = str(row["source_ids"]).replace(";", "、" if zh else ", ")
    rules = [one for one in config.rows if one.kind in kinds]
    if zh:
        per = ";".join(f"到达角 {one.angle_deg:g}°,依据 {cite(one)}" for one in rules)
        return f"  处在{names}隐患点 {ids} 的推测到达范围内({per})"
    per = "; ".join(f"angle of reach {one.angle_deg:g}°, per {cite(one, 'en')}" for one in rules)
    return f"  {names} {ids} may run out as far as here ({per})"
