"""Lay out the ledger of gaps (台账) as sheets: all of it, one sheet per township, and what is due by which year.

One row per gap, as `geoplan.contracts.coverage.LedgerResult` has it. People short of an item are summed over gaps, so somebody who lacks three
items counts three times there: the sheets say so (人次), and the sheet of years counts each person once. By hand: 10 people without water and road
give two rows, 20 人次, 10 people.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from geoplan.contracts.cost_profile import PLATFORM_LABELS
from geoplan.contracts.coverage import LedgerResult
from geoplan.report.style import EVIDENCE_LABELS, STATE_LABELS, label
from geoplan.report.workbook_sheet import Field, Sheet

COST_STATUS_LABELS: Final[dict[str, tuple[str, str]]] = {
    "ok": ("已估算", "estimated"),
    "no_data": ("未知(缺单价)", "unknown (no price)"),
    "shared": ("随同项支付", "paid with another gap"),
    "unreachable": ("不可达,未估算", "out of reach, not priced"),
}
QUANTITY_LABELS: Final[dict[str, tuple[str, str]]] = {
    "place": ("处", "places"),
    "m": ("米", "m"),
    "household": ("户", "households"),
    "person": ("人", "people"),
    "min": ("分钟", "min"),
    "seat": ("个(学位)", "seats"),
    "staff": ("人(人员)", "staff"),
    "l_person_day": ("升/人·日", "L per person and day"),
}
"""Units of the ledger's quantities."""
LEDGER_LEVELS: Final[dict[str, tuple[str, str]]] = {
    "household": ("户", "household"),
    "group": ("组", "group"),
    "village": ("村", "village"),
    "township": ("乡镇", "township"),
    "county": ("县", "county"),
    "city": ("市", "city"),
}
OPEN_TAB: Final = "#e69f00"
_UPPER: Final = ("city", "county", "township")
_LEDGER_FIELDS: Final = (
    Field("gap_id", "台账编号", "gap id", "id", 24),
    Field("township_name", "乡镇", "township", "code", 10),
    Field("village_name", "村", "village", "code", 10),
    Field("unit_name", "单位", "unit", "text", 20),
    Field("item_label", "标准项", "standard item", "text", 22),
    Field("state_label", "状态", "state", "code", 13, colour="state"),
    Field("cause_label", "原因", "cause", "text", 22),
    Field("short_persons", "缺口人数(人次)", "people short (person-items)", "count", 10, total=True),
    Field("short_households", "缺口户数(户次)", "households short (household-items)", "count", 10, total=True),
    Field("unknown_persons", "未知人数(人次)", "people not judged (person-items)", "count", 10, total=True),
    Field("deadline", "期限(年)", "due (year)", "year", 7),
    Field("overdue_label", "逾期", "overdue", "code", 7, colour="flag"),
    Field("status_label", "办理状态", "status", "code", 9),
    Field("remedy_label", "对策", "remedy", "text", 34),
    Field("capital_wan", "一次性投资(万元)", "capital (10,000 yuan)", "wan", 11, total=True),
    Field("cost_label", "费用状态", "cost status", "code", 14),
    Field("platform_label", "资金渠道", "platform", "code", 10),
    Field("yearly_wan", "年运行(万元/年)", "yearly (10,000 yuan)", "wan", 11, total=True, extra=True),
    Field("present_wan", "现值(万元)", "present value (10,000 yuan)", "wan", 11, total=True, extra=True),
    Field("level_label", "层级", "level", "code", 7, extra=True),
    Field("cause_class_label", "原因类别", "kind of cause", "code", 11, extra=True),
    Field("settlements", "涉及自然村(个)", "settlements", "count", 10, extra=True),
    Field("persons", "单位人口(人)", "people of the unit", "count", 10, extra=True),
    Field("households", "单位户数(户)", "households of the unit", "count", 10, extra=True),
    Field("unit_code", "单位代码", "unit code", "code", 18, extra=True),
    Field("group_name", "组", "group", "code", 16, extra=True),
    Field("item", "标准项代号", "item id", "code", 26, extra=True),
    Field("cause", "原因代号", "cause code", "code", 22, extra=True),
    Field("remedy", "对策代号", "remedy id", "code", 20, extra=True),
    Field("quantity", "工程量", "quantity", "number", 10, extra=True),
    Field("quantity_label", "工程量单位", "unit of quantity", "code", 12, extra=True),
    Field("priced_label", "计价内容", "what the money buys", "code", 30, extra=True),
    Field("cost_with", "同付台账编号", "paid with gap", "id", 24, extra=True),
    Field("price_label", "单价依据", "price evidence", "code", 16, extra=True),
    Field("price_source", "单价来源", "source of the price", "code", 30, extra=True),
    Field("evidence_label", "标准依据", "evidence of the standard", "code", 16, extra=True),
    Field("source", "标准来源", "source", "code", 24, extra=True),
    Field("clause", "条款", "clause", "code", 36, extra=True),
)
_YEAR_FIELDS: Final = (
    Field("level_label", "层级", "level", "code", 8),
    Field("code", "代码", "code", "code", 16),
    Field("name", "名称", "name", "code", 16),
    Field("year", "期限(年)", "due (year)", "year", 9),
    Field("item_label", "标准项", "standard item", "text", 34),
    Field("settlements", "涉及自然村(个)", "settlements", "count", 11),
    Field("persons", "人口(人)", "people", "count", 11),
    Field("short_persons", "缺口人数(人)", "people short", "count", 12),
    Field("short_households", "缺口户数(户)", "households short", "count", 12),
    Field("unknown_persons", "未知人数(人)", "people not judged", "count", 12),
    Field("persons_unknown_settlements", "人口未知的自然村(个)", "settlements whose people are not known", "count", 12),
)
_DUE_FIELDS: Final = (
    Field("level_label", "层级", "level", "code", 8),
    Field("code", "代码", "code", "code", 16),
    Field("name", "名称", "name", "code", 18),
    Field("year", "至年底(年)", "by the end of", "year", 10),
    Field("items_short", "到期未达标项数", "items due and not met", "count", 14),
    Field("items_unknown", "到期未知项数", "items due and not judged", "count", 13),
    Field("settlements", "涉及自然村(个)", "settlements", "count", 12),
    Field("short_persons", "缺任一到期项的人数(人)", "people short of any item due", "count", 16),
    Field("short_households", "缺任一到期项的户数(户)", "households short of any item due", "count", 16),
    Field("unknown_persons", "未知人数(人)", "people not judged", "count", 13),
    Field("persons_unknown_settlements", "人口未知的自然村(个)", "settlements whose people are not known", "count", 12),
)


def list_ledger_sheets(
    result: LedgerResult, *, language: str, labels: dict[str, tuple[str, str]], townships: pd.DataFrame | None = None
) -> list[Sheet]:
    """Return the sheet of the whole ledger and one for each township, gaps in the ledger's order.

    Parameters
    ----------
    result
        The ledger.
    language
        ``zh`` or ``en``.
    labels
        Item → (Chinese, English); only items without a label of their own need it.
    townships
        code, name of every township, in order: one without a gap has a sheet too (empty). Gaps of no township have a sheet of their own.
    """
    frame = describe_ledger(result.ledger, language=language, labels=labels)
    zh = language == "zh"
    person_items = "人数、户数为人次、户次(一人缺多项按多项计);未知的数留空,状态列说明原因。"
    note = f"一行一个缺口;{person_items}费用为估算,依据见“单价依据”。"
    short = f"{person_items}工程量、单价依据、标准来源见“台账总表”。"
    if not zh:
        note = "One row per gap; people and households count once per item they lack; what is not known is empty, its state stands beside it."
        short = f"{note} Quantities, price evidence and sources stand in Ledger."
    name, title = ("台账总表", "缺口台账总表") if zh else ("Ledger", "Ledger of gaps")
    sheets = [Sheet(name, title, note, _LEDGER_FIELDS, frame, 2, OPEN_TAB)]
    codes = frame["township_code"].fillna("").astype(str)
    names = _township_names(frame, codes, townships)
    for code, township in names.items():
        shown = township or code or ("未归属" if zh else "No township")
        part = frame[(codes == code).to_numpy()]
        title = f"{shown} 缺口台账" if zh else f"Ledger of gaps: {shown}"
        fields = tuple(one for one in _LEDGER_FIELDS if not one.extra and one.key != "township_name")
        sheets.append(Sheet(shown, title, short, fields, part, 1))
    return sheets


def _township_names(frame: pd.DataFrame, codes: pd.Series, townships: pd.DataFrame | None) -> dict[str, str]:
    """Return township code → name: those given first, then those only the ledger knows, the empty code last."""
    names: dict[str, str] = {}
    if townships is not None:
        names = dict(zip(townships["code"].astype(str), townships["name"].fillna("").astype(str), strict=True))
    own = dict(zip(codes.tolist(), frame["township_name"].fillna("").astype(str).tolist(), strict=True))
    names |= {code: name for code, name in sorted(own.items()) if code and code not in names}
    return names | ({"": ""} if "" in own else {})


def describe_ledger(ledger: pd.DataFrame, *, language: str, labels: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """Return the ledger with what a reader is shown: labels instead of codes, ``capital_wan`` … beside yuan.

    Parameters
    ----------
    ledger
        `LedgerResult.ledger`.
    language
        ``zh`` or ``en``.
    labels
        Item → (Chinese, English), where the ledger's own label is missing.
    """
    tail = "zh" if language == "zh" else "en"
    frame = ledger.copy()
    frame["level_label"] = _say(frame["level"], LEDGER_LEVELS, language)
    own = frame[f"label_{tail}"].fillna("").astype(str) if f"label_{tail}" in frame else pd.Series("", index=frame.index)
    frame["item_label"] = own.where(own != "", _say(frame["item"], labels, language))
    frame["state_label"] = _say(frame["coverage"], STATE_LABELS, language)
    for name in ("cause", "cause_class", "status", "remedy", "priced"):
        if f"{name}_{tail}" in frame:
            frame[f"{name}_label"] = frame[f"{name}_{tail}"]
    frame["overdue_label"] = (
        frame["overdue"].fillna(False).astype(bool).map({True: "逾期" if tail == "zh" else "overdue", False: ""})
    )
    for name, shown, words in (
        ("cost_status", "cost_label", COST_STATUS_LABELS),
        ("platform", "platform_label", PLATFORM_LABELS),
        ("price_status", "price_label", EVIDENCE_LABELS),
        ("evidence", "evidence_label", EVIDENCE_LABELS),
        ("quantity_unit", "quantity_label", QUANTITY_LABELS),
    ):
        if name in frame:
            frame[shown] = _say(frame[name], words, language)
    for name in ("capital", "yearly", "present"):
        if f"{name}_yuan" in frame:
            frame[f"{name}_wan"] = frame[f"{name}_yuan"]
    return frame


def _say(column: pd.Series, words: dict[str, tuple[str, str]], language: str) -> pd.Series:
    """Return a column of codes in words, several codes with ``;`` between one by one; a code without words stays as it is."""
    spoken = {code: label(pair, language) for code, pair in words.items()}
    text = column.fillna("").astype(str)
    return text.map({one: ";".join(spoken.get(part, part) for part in one.split(";")) for one in text.unique()})


def list_year_sheets(result: LedgerResult, *, language: str, labels: dict[str, tuple[str, str]]) -> list[Sheet]:
    """Return what is due by each year and not met: people once each (``years``), and item by item (``by_year``).

    Parameters
    ----------
    result
        The ledger. Levels of group and village stay in its tables; the sheets hold township, county and city.
    language
        ``zh`` or ``en``.
    labels
        Item → (Chinese, English).
    """
    zh = language == "zh"
    due = ("按期限年度", "至各年底到期而未达标", "每人只计一次:缺任一到期项即计入;未知人数另列,不算达标。")
    by_item = (
        "按年度逐项",
        "各期限年度逐项缺口",
        "只列有缺口或未知的项;各项之间有重复人口,不可相加。期限空白:标准没有规定期限。",
    )
    if not zh:
        due = ("Due by year", "Due by the end of each year and not met", "Each person once; people not judged are counted apart.")
        by_item = (
            "By year and item",
            "Gaps by year and item",
            "Items with a gap or not judged; people recur from item to item. No year: none is set.",
        )
    open_items = result.by_year[(result.by_year[["settlements", "unknown_persons"]].fillna(0) > 0).any(axis=1)]
    sheets = []
    for words, fields, table in ((due, _DUE_FIELDS, result.years), (by_item, _YEAR_FIELDS, open_items)):
        part = table[table["level"].isin(_UPPER)].copy()
        part["level_label"] = _say(part["level"], LEDGER_LEVELS, language)
        if "item" in part:
            part["item_label"] = _say(part["item"], labels, language)
        order = part["level"].map({one: k for k, one in enumerate(_UPPER)})
        part = part.assign(_order=order).sort_values(["_order", "code", "year"], kind="stable")
        sheets.append(Sheet(*words, fields, part, 4 if "item" in part else 3))
    return sheets
