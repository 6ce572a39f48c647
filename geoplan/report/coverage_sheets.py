"""Lay out coverage as sheets: the county item by item, every township item by item, and the standards themselves.

People of the county are those of the map: whole, each line's four states adding up to its people (`style.count_people`). People of townships stay
exact, so that they add up; the cells show them whole. By hand: 30.5 covered and 69.5 short of 100 are 31 and 69 on the first sheet (70 would make 101).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from geoplan.contracts.results import CoverageResult
from geoplan.contracts.standards_profile import StandardItem, StandardsProfile
from geoplan.report.style import EVIDENCE_LABELS, LEVEL_LABELS, STATE_LABELS, STATES, count_people, label
from geoplan.report.workbook_sheet import Field, Sheet

UNIT_WORDS: Final[dict[str, tuple[str, str]]] = {
    "min": ("分钟", "min"), "m": ("米", "m"), "share": ("比例", "share"), "count": ("处", "count"),
    "per_persons": ("每若干人", "per people"), "l_person_day": ("升/人·日", "L per person and day"),
}  # fmt: skip
MEASURE_WORDS: Final[dict[str, tuple[str, str]]] = {
    "travel_time": ("出行时间", "travel time"), "distance": ("距离", "distance"), "presence": ("有无", "presence"),
    "road_access": ("距道路", "road access"), "attribute": ("达标户比例", "share of households"), "ratio": ("人均配置", "ratio"),
    "radius": ("服务半径", "service radius"), "quantity": ("人均水量", "quantity"), "seat": ("学位", "seats"),
}  # fmt: skip
_LEAST: Final = ("attribute", "presence", "ratio", "quantity", "seat")
"""Measures whose threshold is the smallest value that meets the standard."""
_PEOPLE: Final = (
    Field("persons", "人口(人)", "people", "count", 10),
    Field("covered_persons", "达标(人)", "covered", "count", 10),
    Field("gap_persons", "有缺口(人)", "gap", "count", 10),
    Field("unreachable_persons", "不可达(人)", "unreachable", "count", 10),
    Field("unknown_persons", "未知(人)", "unknown", "count", 10),
    Field("covered_share", "达标率", "share covered", "share", 9),
)
_COUNTY: Final = (
    Field("level_label", "层级", "level", "code", 7),
    Field("item_label", "标准项", "standard item", "text", 34),
    Field("state_label", "状态", "state", "code", 13, colour="state"),
    *_PEOPLE,
    Field("deadline", "期限(年)", "due (year)", "year", 8),
    Field("gaps", "缺口(单位·项)", "gaps (units)", "count", 10, total=True),
    Field("unverified", "待核实(单位·项)", "to verify (units)", "count", 11, total=True),
    Field("capital_yuan", "一次性投资(万元)", "capital (10,000 yuan)", "wan", 12, total=True),
    Field("unpriced", "其中未估算(项)", "of which not priced", "count", 10, total=True),
    Field("item", "标准项代号", "item id", "code", 26, extra=True),
)
_TOWNSHIP: Final = (
    Field("code", "乡镇代码", "township code", "code", 15),
    Field("name", "乡镇", "township", "code", 10),
    Field("level_label", "层级", "level", "code", 7),
    Field("item_label", "标准项", "standard item", "text", 34),
    Field("state_label", "状态", "state", "code", 13, colour="state"),
    Field("settlements", "自然村(个)", "settlements", "count", 9),
    *_PEOPLE,
    Field("persons_unknown_settlements", "人口未知的自然村(个)", "settlements whose people are not known", "count", 12),
    Field("item", "标准项代号", "item id", "code", 26, extra=True),
)
_STANDARD: Final = (
    Field("level_label", "层级", "level", "code", 7),
    Field("item_label", "标准项", "standard item", "text", 34),
    Field("measure_label", "口径", "measure", "code", 12),
    Field("sense", "方向", "sense", "code", 6),
    Field("threshold", "标准值", "threshold", "number", 9),
    Field("unit_label", "单位", "unit", "code", 12),
    Field("per", "按人数(人)", "per people", "count", 9),
    Field("deadline", "期限(年)", "due (year)", "year", 9),
    Field("source", "来源", "source", "text", 34),
    Field("clause", "条款", "clause", "text", 28),
    Field("evidence", "依据可靠程度", "evidence", "code", 20),
    Field("remedy", "通常对策", "usual remedy", "text", 30),
    Field("item", "标准项代号", "item id", "code", 26, extra=True),
)


def item_labels(standards: StandardsProfile) -> dict[str, tuple[str, str]]:
    """Return item → (Chinese, English) label, in the order of the profile."""
    return {one.id: (one.label_zh, one.label_en) for one in standards.items}


def list_coverage_sheets(
    coverage: CoverageResult, standards: StandardsProfile, *, ledger: pd.DataFrame | None = None, language: str = "zh"
) -> list[Sheet]:
    """Return 汇总 (county) and 按乡镇 (every township × item).

    Parameters
    ----------
    coverage
        Its roll-ups.
    standards
        Labels and order of the items.
    ledger
        `LedgerResult.ledger`, for the count and cost of open gaps per item; absent: these columns are left out.
    language
        ``zh`` or ``en``.
    """
    zh = language == "zh"
    county = _speak(coverage.county, standards, language)
    county[[f"{state}_persons" for state in STATES]] = count_people(county) if len(county) else np.empty((0, 4))
    known = county["persons"].notna()
    county["persons"] = county[[f"{state}_persons" for state in STATES]].sum(axis=1).where(known)
    if ledger is not None:
        county = county.join(sum_gaps(ledger), on="item")
        for name in ("gaps", "unverified", "unpriced"):
            county[name] = county[name].fillna(0)
    towns = _speak(coverage.townships, standards, language)
    note = (
        "每项的达标、有缺口、不可达、未知四类人数之和等于人口;未知不算达标。各项之间有重复人口,不可纵向相加。"
        if zh
        else "Covered, gap, unreachable and unknown add up to the people of each line; unknown is never covered. People recur from item to item."
    )
    exact = (
        "人数按精确值保存、显示为整数;同一标准项可跨乡镇相加。"
        if zh
        else "People are exact and shown whole; those of one item add up over townships."
    )
    return [
        Sheet(
            "汇总" if zh else "Summary", "全县达标情况" if zh else "Coverage of the county", note, _COUNTY, county, 3, "#0072b2"
        ),
        Sheet(
            "按乡镇" if zh else "By township",
            "各乡镇达标情况" if zh else "Coverage by township",
            exact,
            _TOWNSHIP,
            towns,
            2,
            "#0072b2",
        ),
    ]


def sum_gaps(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return, per item, open gaps, units to verify, capital of the gaps that have a price, and open gaps without one.

    Parameters
    ----------
    ledger
        `LedgerResult.ledger`.

    Returns
    -------
    Index item; gaps (gap or unreachable), unverified (unknown), capital_yuan (NaN where none has a price), unpriced.

    Examples
    --------
    Two gaps of 5 yuan and of unknown cost, one unit unknown → gaps 2, unverified 1, capital 5, unpriced 1.
    """
    short = ledger["coverage"].isin(["gap", "unreachable"])
    table = pd.DataFrame(
        {
            "item": ledger["item"],
            "gaps": short.astype(int),
            "unverified": (ledger["coverage"] == "unknown").astype(int),
            "capital_yuan": pd.to_numeric(ledger["capital_yuan"], errors="coerce"),
            "unpriced": (short & (ledger["cost_status"] == "no_data")).astype(int),
        }
    )
    by = table.groupby("item", sort=False)
    sums = by[["gaps", "unverified", "unpriced"]].sum()
    sums["capital_yuan"] = by["capital_yuan"].sum(min_count=1)
    return sums


def _speak(table: pd.DataFrame, standards: StandardsProfile, language: str) -> pd.DataFrame:
    """Return a roll-up with labels, items in the profile's order within each unit."""
    items = {one.id: one for one in standards.items}
    frame = table.copy()
    order = frame["item"].map({one: k for k, one in enumerate(items)}).fillna(len(items))
    units = pd.factorize(frame["code"])[0]
    frame = (
        frame.assign(_unit=units, _order=order).sort_values(["_unit", "_order"], kind="stable").drop(columns=["_unit", "_order"])
    )

    def of(item: str) -> StandardItem | None:
        return items.get(item)

    frame["item_label"] = [label((one.label_zh, one.label_en), language) if (one := of(k)) else k for k in frame["item"]]
    frame["level_label"] = [label(LEVEL_LABELS[one.level], language) if (one := of(k)) else "" for k in frame["item"]]
    frame["deadline"] = pd.array([one.deadline if (one := of(k)) else None for k in frame["item"]], dtype="Int64")
    frame["state_label"] = [
        label(STATE_LABELS["empty" if n == 0 else state], language)
        for state, n in zip(frame["coverage"].fillna("unknown").astype(str), frame["settlements"], strict=True)
    ]
    return frame.reset_index(drop=True)


def standards_sheet(standards: StandardsProfile, *, language: str = "zh") -> Sheet:
    """Return every item of the profile with its threshold, unit, deadline, source, clause, and how sure the figure is."""
    zh = language == "zh"
    rows = [
        {
            "level_label": label(LEVEL_LABELS[one.level], language),
            "item_label": label((one.label_zh, one.label_en), language),
            "measure_label": label(MEASURE_WORDS[one.measure], language),
            "sense": "≥" if one.measure in _LEAST else "≤",
            "threshold": 1.0 if one.threshold is None else one.threshold,
            "unit_label": label(UNIT_WORDS[one.unit], language),
            "per": one.per_persons if one.measure == "ratio" else np.nan,
            "deadline": one.deadline,
            "source": one.source,
            "clause": one.clause,
            "evidence": label(EVIDENCE_LABELS[one.status], language),
            "remedy": label((one.remedy_zh, one.remedy_en), language),
            "item": one.id,
        }
        for one in standards.items
    ]
    frame = pd.DataFrame(rows, columns=[one.key for one in _STANDARD])
    note = (
        f"标准集:{standards.label_zh}。等于标准值算达标;“惯例,待核实”须由县里核定后使用。"
        if zh
        else f"Profile: {standards.label_en}. A value equal to the threshold meets it; conventions are to be confirmed."
    )
    return Sheet("标准" if zh else "Standards", "标准及出处" if zh else "Standards and their sources", note, _STANDARD, frame, 2)
