"""Write the Excel workbook a bureau opens: how to read it, summary, ledger of gaps, by township, findings, standards, sources.

The workbook holds the figures of the tables it is given and adds none but totals: a total is a formula that follows the filter, with its value stored
beside it. Same input, same bytes. By hand: a ledger of two gaps in 城关镇 fills 台账总表 and the sheet 城关镇 with two rows each.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from geoplan.io.atomic import replacing
from geoplan.report import finding_sheets as findings
from geoplan.report.coverage_sheets import item_labels, list_coverage_sheets, standards_sheet
from geoplan.report.ledger_sheets import list_ledger_sheets, list_year_sheets
from geoplan.report.style import EVIDENCE_LABELS, STATE_LABELS, STATES, label
from geoplan.report.workbook_sheet import (
    HEADER_COLOUR,
    Field,
    Pen,
    Sheet,
    clean_text,
    draw_sheet,
    split_sheet,
    state_properties,
    unique_sheet_name,
)

if TYPE_CHECKING:
    from geoplan.contracts.config import PlanConfig
    from geoplan.contracts.coverage import (
        ComparisonResult,
        LedgerResult,
        RankingResult,
        RoadProgramme,
        SeatsResult,
        SitingResult,
        WaterResult,
    )
    from geoplan.contracts.relocation import AllocationResult, DecisionResult
    from geoplan.contracts.results import CoverageResult, Demand, LayerRecord
    from geoplan.contracts.standards_profile import StandardsProfile

_CREATED: Final = dt.datetime(2000, 1, 1)
"""Stands in the file's properties in place of the clock."""
_STATE_MEANINGS: Final[dict[str, tuple[str, str]]] = {
    "covered": ("有数据,且达到标准", "known, and meets the standard"),
    "gap": ("有数据,但未达到标准", "known, and does not meet the standard"),
    "unreachable": ("已证明没有路可到", "proven that no path leads there"),
    "unknown": ("缺数据,无法判断;从不算达标", "no data: cannot be judged, and is never counted as covered"),
}
_SOURCE_FIELDS: Final = (
    Field("id", "图层", "layer", "code", 18), Field("kind", "类型", "kind", "code", 9), Field("source", "来源", "source", "text", 34),
    Field("vintage", "时点", "vintage", "code", 12), Field("licence", "许可", "licence", "code", 16), Field("datum", "坐标基准", "datum", "code", 11),
    Field("rows_in", "读入(条/格)", "rows in", "count", 11), Field("rows_out", "采用(条/格)", "rows out", "count", 11),
    Field("notes", "读入时的更改", "changed on reading", "text", 40), Field("sha256", "校验和 SHA-256", "checksum", "code", 22, extra=True),
)  # fmt: skip


def write_workbook(
    path: str | Path,
    *,
    plan: PlanConfig,
    demand: Demand,
    coverage: CoverageResult,
    standards: StandardsProfile,
    ledger: LedgerResult,
    seats: SeatsResult | None = None,
    water: WaterResult | None = None,
    comparison: ComparisonResult | None = None,
    ranking: RankingResult | None = None,
    roads: RoadProgramme | None = None,
    siting: SitingResult | None = None,
    decision: DecisionResult | None = None,
    allocation: AllocationResult | None = None,
    records: Sequence[LayerRecord] = (),
    language: Literal["zh", "en"] | None = None,
) -> Path:
    """Write the workbook, whole or not at all.

    Parameters
    ----------
    path
        ``.xlsx`` file.
    plan, demand, coverage, standards, ledger
        What every run has: county and year, people, roll-ups, the profile, the ledger of gaps.
    seats, water, comparison, ranking, roads, siting, decision, allocation
        Further results; what is None, or has no row, has no sheet.
    records
        Layers read, for the sheet of sources.
    language
        ``zh`` or ``en``; the plan's by default.

    Returns
    -------
    The path.

    Raises
    ------
    LayerError
        ``OUTPUT-UNWRITABLE``.

    Examples
    --------
    ``write_workbook("台账.xlsx", plan=plan, demand=result.demand, coverage=result.coverage, standards=standards, ledger=result.ledger)``
    """
    import xlsxwriter

    spoken = language or plan.language
    labels = item_labels(standards)
    names = dict(
        zip(demand.settlements["settlement_id"].astype(str), demand.settlements["name"].fillna("").astype(str), strict=True)
    )
    ledgers = list_ledger_sheets(ledger, language=spoken, labels=labels, townships=demand.townships)
    sheets = [
        *list_coverage_sheets(coverage, standards, ledger=ledger.ledger, language=spoken),
        ledgers[0],
        *list_year_sheets(ledger, language=spoken, labels=labels),
        *(findings.list_ranking_sheets(ranking, language=spoken) if ranking is not None else []),
        *(findings.list_seat_sheets(seats, labels=labels, language=spoken) if seats is not None else []),
        *(findings.list_road_sheets(roads, language=spoken) if roads is not None else []),
        *(findings.list_siting_sheets(siting, language=spoken) if siting is not None else []),
        *(findings.list_water_sheets(water, names=names, language=spoken) if water is not None else []),
        *(findings.list_comparison_sheets(comparison, language=spoken) if comparison is not None else []),
        *findings.list_cost_sheets(decision, allocation, language=spoken),
        standards_sheet(standards, language=spoken),
        sources_sheet(records, language=spoken),
        *ledgers[1:],
    ]
    kept = {id(one) for one in (*sheets[:3], *ledgers)}
    parts = [part for one in sheets if len(one.frame) or id(one) in kept for part in split_sheet(one)]
    path = Path(path)
    with replacing(path) as scratch:
        book = xlsxwriter.Workbook(
            str(scratch),
            {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False},
        )
        title = (
            f"{plan.name} {plan.year} 年公共服务缺口台账"
            if spoken == "zh"
            else f"{plan.name_en or plan.name} {plan.year}: ledger of gaps"
        )
        book.set_properties({"title": clean_text(title), "author": "geoplan", "created": _CREATED})
        pen, taken = Pen(book, spoken), ["说明" if spoken == "zh" else "Read me"]
        named = []
        for one in parts:
            taken.append(unique_sheet_name(one.name, taken))
            named.append((taken[-1], one))
        _draw_cover(pen, taken[0], title, plan, demand, standards, named)
        for name, one in named:
            draw_sheet(pen, one, name)
        book.close()
    return path


def sources_sheet(records: Sequence[LayerRecord], *, language: str = "zh") -> Sheet:
    """Return 资料来源: every layer read, with source, vintage, licence, what was changed on reading, and checksum."""
    zh = language == "zh"
    rows = [
        {
            "id": one.id, "kind": one.kind, "source": one.source, "vintage": one.vintage, "licence": one.licence, "datum": one.datum,
            "rows_in": one.rows_in, "rows_out": one.rows_out, "notes": ("；" if zh else "; ").join(one.notes), "sha256": one.sha256,
        }
        for one in records
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=[one.key for one in _SOURCE_FIELDS])
    note = (
        "读入与采用的条数相同即一条未丢;校验和用于核对原文件。"
        if zh
        else "No row is lost between in and out; checksums identify the files."
    )
    return Sheet("资料来源" if zh else "Sources", "资料来源" if zh else "Layers read", note, _SOURCE_FIELDS, frame, 1)


def _draw_cover(
    pen: Pen,
    name: str,
    title: str,
    plan: PlanConfig,
    demand: Demand,
    standards: StandardsProfile,
    sheets: Sequence[tuple[str, Sheet]],
) -> None:
    """Draw the first sheet: what this is, how to read it, what the colours mean, where everything is."""
    zh = pen.language == "zh"
    page = pen.book.add_worksheet(name)
    page.hide_gridlines(2)
    page.set_column(0, 0, 24)
    page.set_column(1, 1, 92)
    page.set_portrait()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_tab_color(HEADER_COLOUR)
    strong, plain = pen.format(bold=True, valign="top"), pen.format(text_wrap=True, valign="top")
    page.write_string(0, 0, clean_text(title), pen.format(bold=True, font_size=16))
    page.set_row(0, 30)
    row = 2
    for heading, text in _facts(plan, demand, standards, zh=zh):
        page.write_string(row, 0, heading, strong)
        page.write_string(row, 1, clean_text(text), plain)
        row += 1
    row = _section(pen, page, row + 1, "状态颜色(与地图相同)" if zh else "Colours of states (as on the map)")
    for state in STATES:
        shown = pen.format(border=1, border_color="#888888", **state_properties(state))
        page.write_string(row, 0, label(STATE_LABELS[state], pen.language), shown)
        page.write_string(row, 1, label(_STATE_MEANINGS[state], pen.language), plain)
        row += 1
    row = _section(pen, page, row + 1, "依据可靠程度" if zh else "Evidence")
    for evidence, text in zip(EVIDENCE_LABELS.values(), _evidence_words(zh), strict=True):
        page.write_string(row, 0, label(evidence, pen.language), plain)
        page.write_string(row, 1, text, plain)
        row += 1
    row = _section(pen, page, row + 1, "目录(点击跳转)" if zh else "Contents (click to go there)")
    link = pen.format(font_color="#0b5394", underline=1)
    for one, sheet in sheets:
        target = one.replace("'", "''")
        page.write_url(row, 0, f"internal:'{target}'!A1", link, one)
        rows = f"{sheet.title}({len(sheet.frame):,} 行)" if zh else f"{sheet.title} ({len(sheet.frame):,} rows)"
        page.write_string(row, 1, clean_text(rows), plain)
        row += 1
    page.activate()


def _section(pen: Pen, page: object, row: int, text: str) -> int:
    shown = pen.format(bold=True, font_color="#ffffff", bg_color=HEADER_COLOUR)
    page.write_string(row, 0, text, shown)  # type: ignore[attr-defined]
    page.write_blank(row, 1, None, shown)  # type: ignore[attr-defined]
    return row + 1


def _evidence_words(zh: bool) -> tuple[str, str, str]:
    if zh:
        return "原文中可以查到", "由转载或他处引述得来,未见原文", "通行做法或常用估算,没有文件规定;引用前须由县里核定"
    return (
        "seen in the text itself",
        "from a re-post, the text was not seen",
        "common practice or an estimate; to be confirmed by the county",
    )


def _facts(plan: PlanConfig, demand: Demand, standards: StandardsProfile, *, zh: bool) -> list[tuple[str, str]]:
    """Return heading and text of each line of the introduction."""
    people = demand.settlements["persons"]
    lost = int(people.isna().sum())
    if zh:
        uncounted = f";另有 {lost:,} 个自然村人口未知,不计入" if lost else ""
        return [
            ("县(区)", plan.name),
            ("规划年度", f"{plan.year} 年(期限不晚于此年而未达标的为逾期)"),
            ("标准", standards.label_zh),
            ("范围", f"{len(demand.townships):,} 个乡镇,{len(demand.settlements):,} 个自然村,{people.sum():,.0f} 人{uncounted}"),
            (
                "怎样看",
                "先看“汇总”,再看“台账总表”或各乡镇台账。表头可筛选;合计行随筛选变化。空格表示未知,旁边的状态列说明原因,从不以 0 代替。",
            ),
            (
                "人数",
                "“汇总”按地图取整,四类之和等于人口;其余表按精确值保存、显示为整数。台账中的缺口人数为人次,一人缺多项按多项计。",
            ),
            ("金额", "标明“万元”的列以万元显示;费用是估算,依据为“惯例”的单价须以本县价格替换后才能引用。"),
            ("台账编号", "由单位代码和标准项代号组成,各年不变,可用来逐年对账销号。"),
        ]
    uncounted = f"; the people of {lost:,} further settlements are not known" if lost else ""
    return [
        ("County", plan.name_en or plan.name),
        ("Year", f"{plan.year} (what was due by then and is not met is overdue)"),
        ("Standards", standards.label_en),
        (
            "Extent",
            f"{len(demand.townships):,} townships, {len(demand.settlements):,} settlements, {people.sum():,.0f} people{uncounted}",
        ),
        (
            "How to read it",
            "Begin with Summary, then Ledger or the sheet of a township. Totals follow the filter. An empty cell is not known; its state stands beside it.",
        ),
        (
            "People",
            "Summary is rounded as on the map; other sheets hold exact values and show them whole. Ledgers count person-items.",
        ),
        (
            "Money",
            "Columns in 10,000 yuan say so. Costs are estimates; prices marked convention are to be replaced by the county's own.",
        ),
        ("Gap ids", "Unit code and item id: the same every year, so that ledgers can be compared."),
    ]
