"""Print beside every gap of a page what would close it, what that costs, by when, and its number in the ledger (台账).

A township's or village's gap is one row of the ledger: the pages of all its groups show that row and say whose it is, so that nobody adds its cost up
over groups. Every text that comes from data is escaped exactly once. By hand: the gap 990821100200-village_clinic costs 100,000 yuan and 20,000 a
year for the whole village; the page of each of its groups says so, with “全村”.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import escape

from geoplan.report import style
from geoplan.report.layers import text_of
from geoplan.report.relocation_words import format_yuan

_WHOSE = {"township": ("全乡镇", "whole township"), "village": ("全村", "whole village")}
_UNPRICED = ("费用待定", "cost not known")
_SHARED = ("费用已计入", "paid with")


def print_remedies(
    data: Mapping[str, Any], ledger: pd.DataFrame | None, language: str, *, level: str = "groups"
) -> list[list[str]] | None:
    """Return unit × item → remedy, cost, deadline and number as HTML; ``""`` where the ledger has no row, None without a ledger.

    Parameters
    ----------
    data
        Payload of `payload.gather`.
    ledger
        `LedgerResult.ledger`.
    language
        ``zh`` or ``en``.
    level
        ``groups``, ``villages`` or ``townships``: what the units are. Rows of finer units than these are left to the workbook.
    """
    if ledger is None:
        return None
    items = [one["id"] for one in data["items"]]
    kinds = {one["id"]: one["level"] for one in data["items"]}
    labels = {one["id"]: one["zh" if language == "zh" else "en"] for one in data["items"]}
    printed = _print_rows(ledger, labels, language)
    parents = {one["c"]: one["a"] for one in data["villages"]}
    out = []
    for unit in data["units"]:
        codes = _codes_of(unit, parents, level)
        out.append([printed.get((codes.get(kinds[item], ""), item), "") for item in items])
    return out


def _codes_of(unit: Mapping[str, Any], parents: Mapping[str, str], level: str) -> dict[str, str]:
    """Return the code of the unit that answers for each level of items."""
    own, above = str(unit["c"]), str(unit.get("a", ""))
    if level == "groups":
        return {"household": own, "group": own, "village": above, "township": parents.get(above, "")}
    return {"village": own, "township": above} if level == "villages" else {"township": own}


def _print_rows(ledger: pd.DataFrame, labels: Mapping[str, str], language: str) -> dict[tuple[str, str], str]:
    """Return (unit, item) → HTML."""
    zh = language == "zh"
    tongue = "zh" if zh else "en"
    names = f"gap_id unit_code item level remedy_{tongue} cost_status cost_with platform status_{tongue}".split()
    texts = {name: text_of(ledger, name) for name in names}
    money = zip(ledger["capital_yuan"].tolist(), ledger["yearly_yuan"].tolist(), ledger["overdue"].tolist(), strict=True)
    word = "对策:" if zh else "Remedy: "
    out: dict[tuple[str, str], str] = {}
    for k, (capital, yearly, overdue) in enumerate(money):
        row = {name: column[k] for name, column in texts.items()}
        cost = _say_cost(row, capital, yearly, labels, language)
        whose = style.label(_WHOSE[row["level"]], language) if row["level"] in _WHOSE else ""
        late = f' <b class="gp-late">{"已逾期" if zh else "overdue"}</b>' if overdue else ""
        line = " · ".join(part for part in (whose, cost) if part)
        out[row["unit_code"], row["item"]] = (
            f'<small class="gp-remedy">{word}{escape(row[f"remedy_{tongue}"])}</small>'
            f'<small>{line}{late}</small><small class="gp-gap-id">{"台账" if zh else "ledger"} {escape(row["gap_id"])}</small>'
        )
    return out


def _say_cost(row: Mapping[str, str], capital: float, yearly: float, labels: Mapping[str, str], language: str) -> str:
    """Return the cost in words; what is not known is not nothing."""
    if row["cost_status"] == "shared":
        other = [labels.get(one.rpartition("-")[2], one) for one in row["cost_with"].split(";") if one]
        return f"{style.label(_SHARED, language)}{' ' if language != 'zh' else ''}“{escape('、'.join(dict.fromkeys(other)))}”"
    if row["cost_status"] != "ok" or capital != capital:
        return style.label(_UNPRICED, language)
    parts = []
    if capital > 0.0:
        parts.append(f"{'投资' if language == 'zh' else 'capital'} {format_yuan(capital, language)}")
    if yearly == yearly and yearly > 0.0:
        parts.append(f"{'每年' if language == 'zh' else 'a year'} {format_yuan(yearly, language)}")
    return ", ".join(parts) if language != "zh" else ",".join(parts)
