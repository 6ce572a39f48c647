"""Tell in plain words whether a village group moves whole, in which stage, and what serving it in place or moving it costs.

Costs are present values in yuan with the price's year, source and evidence; the largest items of each side are named, the others summed,
so that the items told add up to the side's total. An item without a value is said to be not known and makes no sum.

By hand: items of 5, 3, 1, 1 万元 → three named, “其他 1 项 1.00 万元”, in all 10.00 万元.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from geoplan.contracts.profiles import Cited, RelocationProfile
from geoplan.contracts.relocation import DecisionResult, GroupMovesResult
from geoplan.contracts.results import PlanResult
from geoplan.contracts.status import Status
from geoplan.relocation.explain_plan import join_paragraphs, pick_row
from geoplan.relocation.reasons import EVIDENCE_ZH, cite

_OK = str(Status.OK)
_SIDES = {"serve": ("就地配套", "Serving in place"), "move": ("搬迁", "Moving")}
_UNITS = {
    "person": ("人", "person", "people"),
    "household": ("户", "household", "households"),
    "group": ("组", "group", "groups"),
    "village": ("村", "village", "villages"),
    "township": ("乡", "township", "townships"),
    "m2": ("m²", "m²", "m²"),
}
_LARGEST_SHOWN = 3
_WAN = 10_000.0
_CLAUSES = re.compile("[;\uff1b]")
"""Where a sentence of costs is broken into lines: a semicolon, of half or full width."""


def say_group(settlement_id: str, result: PlanResult, profile: RelocationProfile, *, language: str = "zh") -> str:
    """Return two paragraphs on the group of a settlement: whether it moves whole, and what serving and moving cost.

    Parameters
    ----------
    settlement_id
        One of the group's settlements.
    result
        What the run found.
    profile
        For the source of the stages.
    language
        ``zh`` or ``en``.

    Returns
    -------
    str
        Paragraphs with an empty line between. A settlement that belongs to no group is reckoned alone, and that is said.
    """
    zh = language == "zh"
    row = pick_row(result.demand.settlements, "settlement_id", settlement_id) or {}
    code = row.get("group_code", "")
    code = "" if pd.isna(code) else str(code)
    group = pick_row(result.group_moves.groups, "group_code", code) or {}
    title = " ".join(part for part in (str(group.get("name") or ""), code) if part)
    if not code:
        title = "不属于任何村民小组" if zh else "belongs to no village group"
    return join_paragraphs(
        (
            (
                f"整组搬迁与意愿({title})" if zh else f"Whole group and willingness ({title})",
                _say_form(code, result.group_moves, profile, language),
            ),
            (
                f"就地配套还是搬迁({title})" if zh else f"Serve in place or move ({title})",
                _say_costs(code or settlement_id, result.decision, language),
            ),
        ),
        language,
    )


def say_yuan(value: float, language: str) -> str:
    """Return an amount of money with its unit.

    >>> say_yuan(69_380.0, "zh"), say_yuan(69_380.0, "en"), say_yuan(80.0, "zh"), say_yuan(float("nan"), "en")
    ('6.94 万元', '69,380 yuan', '80 元', 'not known')
    """
    if not np.isfinite(value):
        return "未知" if language == "zh" else "not known"
    if language == "zh":
        return f"{value / _WAN:,.2f} 万元" if abs(value) >= _WAN else f"{value:,.0f} 元"
    return f"{value:,.0f} yuan"


def _say_form(code: str, moves: GroupMovesResult, profile: RelocationProfile, language: str) -> list[str]:
    """Return form and willingness, who goes along, and the stage with its years."""
    zh = language == "zh"
    row = pick_row(moves.groups, "group_code", code)
    if row is None or not code:
        return ["  没有村民小组,不作整组判断" if zh else "  without a group there is nothing to move whole"]
    lines = [f"  {row[f'reason_{language}']}"]
    along = float(row.get("along_persons", np.nan))
    if row["form"] == "whole" and along > 0:
        lines.append(
            f"  随整组迁出而本身不属应搬的 {along:,.0f} 人"
            if zh
            else f"  {along:,.0f} people go along who need not move themselves"
        )
    days = sorted({str(row.get(one) or "") for one in ("surveyed_from", "surveyed_to")} - {"", "nan", "None"})
    if days:
        lines.append(f"  意愿调查日期 {' 至 '.join(days)}" if zh else f"  asked on {' to '.join(days)}")
    return [*lines, _say_stage(str(row["stage"]), profile, language)]


def _say_stage(stage: str, profile: RelocationProfile, language: str) -> str:
    """Return the stage and its years, with their source."""
    zh = language == "zh"
    if not stage:
        return (
            "  阶段:无;没有查明的应搬,也没有已知的愿搬"
            if zh
            else "  stage: none; nobody is known to have to move, nor to want to where it is advised"
        )
    about = next((one for one in profile.stages if one.stage == stage), None)
    years = "" if about is None else f" {about.year_from}–{about.year_to}"
    if zh:
        return f"  阶段:{stage}" + (f",{years.strip()} 年;依据 {cite(about)}" if about else ",年份未定")
    spoken = {"应搬": "must move (应搬)", "愿搬": "want to move (愿搬)"}.get(stage, stage)
    return f"  stage: {spoken}" + (f",{years}; per {cite(about, 'en')}" if about else ", years not set")


def _say_costs(key: str, decision: DecisionResult, language: str) -> list[str]:
    """Return the comparison in short lines, then each side with its largest items."""
    row = pick_row(decision.groups, "group_code", key)
    if row is None:
        return []
    lines = [f"  {part.strip()}" for part in _CLAUSES.split(str(row[f"reason_{language}"]).rstrip("\u3002.")) if part.strip()]
    own = decision.items[decision.items["group_code"] == key]
    for side in _SIDES:
        lines += _say_side(row, own[own["side"] == side], side, language)
    return lines


def _say_side(row: dict[str, Any], items: pd.DataFrame, side: str, language: str) -> list[str]:
    """Return the total of a side and its largest items."""
    if items.empty:
        return []
    zh = language == "zh"
    name, total = _SIDES[side][0 if zh else 1], float(row[f"{side}_yuan"])
    sum_known = float(items.loc[items["status"] == _OK, "present_yuan"].sum())
    if np.isfinite(total):
        head = (
            f"  {name}合计现值 {say_yuan(total, language)}:"
            if zh
            else f"  {name}, present value {say_yuan(total, language)} in all:"
        )
    else:
        known = say_yuan(sum_known, language)
        head = (
            f"  {name}合计未知,已知部分现值 {known}:"
            if zh
            else f"  {name}: not known in all, known part {known} (present value):"
        )
    priced = items[items["status"] == _OK]
    order = priced["present_yuan"].abs().sort_values(ascending=False, kind="stable").index
    shown, rest = priced.loc[order[:_LARGEST_SHOWN]], priced.loc[order[_LARGEST_SHOWN:]]
    lines = [head, *(f"    {_say_item(one, language)}" for one in shown.to_dict("records"))]
    if len(rest):
        others = say_yuan(float(rest["present_yuan"].sum()), language)
        lines.append(
            f"    其他 {len(rest)} 项 {others}" if zh else f"    {len(rest)} other item{'s' if len(rest) > 1 else ''}, {others}"
        )
    missing = items.loc[items["status"] != _OK, f"label_{language}"].drop_duplicates().tolist()
    if missing:
        lines.append("    未知:" + "、".join(missing) if zh else "    not known: " + ", ".join(missing))
    return lines


def _say_item(item: dict[Any, Any], language: str) -> str:
    """Return one item: present value, quantity, unit price with year and evidence, the group's share of a shared cost."""
    zh = language == "zh"
    one, single, many = _UNITS.get(str(item["unit"]), (str(item["unit"]),) * 3)
    amount = float(item["quantity"])
    size = f"{amount:,.0f}" if abs(amount) >= 10 or amount == round(amount) else f"{amount:.2g}"
    # The metre of a road costs what its slopes make of it: the price told is the mean over the link.
    mean = ("折合 ", "on average ")[0 if zh else 1] if one == "m" else ""
    price = f"{mean}{float(item['unit_yuan']):,.0f}"
    # A cost without capital is priced by the year.
    yearly = abs(float(item["capital_yuan"])) < 1.0 and abs(float(item["yearly_yuan"])) > 0
    part = float(item["shared_share"])
    value = say_yuan(float(item["present_yuan"]), language)
    source = Cited(source=str(item["source"]), clause=str(item["clause"] or ""), status=item["price_status"])
    if zh:
        shared = f",本组分摊其中 {part:.0%}" if part < 1 else ""
        rate = f"{price} 元/{one}{'·年' if yearly else ''}"
        about = f"{source.source} {source.clause}".strip()
        return f"{item['label_zh']} {value}({size} {one},{rate}{shared};{about},{EVIDENCE_ZH[source.status]},{item['price_year']} 年价)"
    shared = f", of which the group bears {part:.0%}" if part < 1 else ""
    rate = f"{price} yuan per {single}{' a year' if yearly else ''}"
    unit = single if amount == 1 else many
    return f"{item['label_en']} {value} ({size} {unit}, {rate}{shared}; {item['price_year']} prices, {cite(source, 'en')})"
