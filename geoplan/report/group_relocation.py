"""Print on the page of a village group whether it moves, where to, how sure that is, and what serving and moving cost.

Every text that comes from data is escaped exactly once. By hand: serving 75,000 yuan per person, moving 60,000: moving is cheaper, and
serving would be no dearer from 50 people on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import escape

from geoplan.contracts.status import RELOCATION_CLASS_EN
from geoplan.report import style
from geoplan.report.layers import text_of
from geoplan.report.payload import CLASSES
from geoplan.report.relocation_parts import RelocationParts
from geoplan.report.relocation_words import (
    CHEAPER_LABELS,
    FORM_LABELS,
    MOVE_LABELS,
    VERDICT_LABELS,
    format_yuan,
    say,
    site_page_name,
)

Data = Mapping[str, Any]
_CHANCES = ("p_must", "p_suggest", "p_stay", "p_undecided")

_COST_ONLY = (
    "此处按全组只比费用;哪个居民点应搬由灾害和评分判定,见下表,不因费用而改。",
    "This compares costs alone, for the group as a whole; which settlement must move is judged by hazard and score, below, whatever the costs.",
)


def print_group_plans(data: Data, parts: RelocationParts | None, language: str, *, level: str = "groups") -> list[str]:
    """Return, per unit of the payload, the block about moving as HTML; ``""`` where nothing is known or units are no groups."""
    units = data["units"]
    if parts is None or level != "groups":
        return [""] * len(units)
    heads = _print_forms(parts, language)
    costs = _print_costs(parts, language)
    lines = _print_settlements(data, parts, language)
    return [heads.get(one["c"], "") + costs.get(one["c"], "") + lines.get(k, "") for k, one in enumerate(units)]


def _print_forms(parts: RelocationParts, language: str) -> dict[str, str]:
    """Return group → form of the move with its reason."""
    if parts.group_moves is None:
        return {}
    frame, zh = parts.group_moves.groups, language == "zh"
    rows = zip(*(text_of(frame, one) for one in ("group_code", "form", "reason_zh" if zh else "reason_en")), strict=True)
    return {
        code: f'<p><b class="gp-form">{escape(say(FORM_LABELS, form, language))}</b> {escape(why)}</p>\n'
        for code, form, why in rows
    }


def _print_costs(parts: RelocationParts, language: str) -> dict[str, str]:
    """Return group → what serving and moving cost, which is cheaper, and why."""
    if parts.decision is None:
        return {}
    frame, zh = parts.decision.groups, language == "zh"
    head = ("方案", "人均费用(现值)", "合计", "比较") if zh else ("Way", "Per person (present value)", "In all", "Which")
    out = {}
    for row in frame.to_dict("records"):
        lines = []
        for side, name in (("serve", ("就地保障", "serve in place")), ("move", ("搬迁", "move"))):
            each, total = format_yuan(row[f"{side}_yuan_per_person"], language), _print_total(row, side, language)
            mark = ' class="gp-binds"' if row["cheaper"] == side else ""
            note = (
                say(CHEAPER_LABELS, str(row["cheaper"]), language)
                if row["cheaper"] in (side, "equal", "unknown") and side != "move"
                else ""
            )
            note = say(CHEAPER_LABELS, "move", language) if row["cheaper"] == side == "move" else note
            lines.append(
                f'<tr{mark}><td>{style.label(name, language)}</td><td class="gp-num">{each}</td><td class="gp-num">{total}</td><td>{note}</td></tr>\n'
            )
        why = escape(str(row["reason_zh" if zh else "reason_en"]))
        top = "".join(f"<th>{one}</th>" for one in head)
        table = f'<table class="gp-table gp-decision"><thead><tr>{top}</tr></thead><tbody>\n{"".join(lines)}</tbody></table>\n'
        out[str(row["group_code"])] = f"{table}<p>{why}</p>\n<p><small>{style.label(_COST_ONLY, language)}</small></p>\n"
    return out


def _print_total(row: Mapping[Any, Any], side: str, language: str) -> str:
    """Return a side's total; its range where it is not known and has bounds."""
    low, high = (float(row.get(f"{side}_{one}_yuan", math.nan)) for one in ("low", "high"))
    if math.isnan(row[f"{side}_yuan"]) and low <= high:
        return f"{format_yuan(low, language)} – {format_yuan(high, language)}"
    return format_yuan(row[f"{side}_yuan"], language)


def _print_settlements(data: Data, parts: RelocationParts, language: str) -> dict[int, str]:
    """Return unit → one row per settlement: class, how sure, where to."""
    if parts.allocation is None and parts.certainty is None:
        return {}
    table = data["settlements"]
    sure = _say_certainty(parts, table["id"], language)
    where = _say_moves(parts, table["id"], language)
    head = ("居民点", "判定有多确定", "去向") if language == "zh" else ("Settlement", "How sure the class is", "Where to")
    rows: dict[int, list[str]] = {}
    for k, unit in enumerate(table["u"]):
        if unit >= 0:
            name = escape(table["n"][k] or table["id"][k])
            rows.setdefault(unit, []).append(f"<tr><td>{name}</td><td>{sure[k]}</td><td>{where[k]}</td></tr>\n")
    top = f'<table class="gp-table gp-outcome"><thead><tr>{"".join(f"<th>{one}</th>" for one in head)}</tr></thead><tbody>\n'
    return {unit: f"{top}{''.join(own)}</tbody></table>\n" for unit, own in rows.items()}


def _say_certainty(parts: RelocationParts, ids: Sequence[str], language: str) -> list[str]:
    """Return a sentence per settlement: verdict, chance of the likeliest class, and what it depends on; escaped."""
    if parts.certainty is None:
        return [style.MISSING] * len(ids)
    frame, zh = parts.certainty.settlements, language == "zh"
    own = (
        frame.assign(settlement_id=frame["settlement_id"].astype(str)).drop_duplicates("settlement_id").set_index("settlement_id")
    )
    own = own.reindex(list(ids))
    chance = own[list(_CHANCES)].to_numpy(dtype=np.float64, na_value=np.nan)
    names = {}
    for row in parts.certainty.tornado.drop_duplicates("factor").to_dict("records"):
        names[str(row["factor"])] = str(row["label_zh" if zh else "label_en"])
    out = []
    reasons = text_of(own, "reason_zh" if zh else "reason_en")
    for verdict, on, p, reason in zip(text_of(own, "verdict"), text_of(own, "depends_on"), chance, reasons, strict=True):
        if not np.isfinite(p).all():
            out.append(style.MISSING)
            continue
        klass = CLASSES[int(np.argmax(p))]
        odds = f"{klass if zh else RELOCATION_CLASS_EN[klass]} {p.max():.0%}"
        factors = ("、" if zh else ", ").join(names.get(one, one) for one in on.split(";") if one)
        tail = "" if not factors else f",取决于 {factors}" if zh else f", depends on {factors}"
        why = f"<small>{escape(reason)}</small>" if reason else ""
        out.append(f"{escape(f'{say(VERDICT_LABELS, verdict, language)} ({odds}{tail})')}{why}")
    return out


def _say_moves(parts: RelocationParts, ids: Sequence[str], language: str) -> list[str]:
    """Return what becomes of each settlement, with a link to the page of its site; escaped."""
    if parts.allocation is None:
        return [style.MISSING] * len(ids)
    frame = parts.allocation.settlements
    own = (
        frame.assign(settlement_id=frame["settlement_id"].astype(str)).drop_duplicates("settlement_id").set_index("settlement_id")
    )
    own = own.reindex(list(ids))
    sites = parts.allocation.sites
    names = dict(zip(text_of(sites, "site_id"), text_of(sites, "name"), strict=True))
    minutes = pd.to_numeric(own["travel_min"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    reasons = text_of(own, "reason_zh" if language == "zh" else "reason_en")
    out = []
    for move, site, far, why in zip(text_of(own, "move"), text_of(own, "site_id"), minutes, reasons, strict=True):
        label = escape(say(MOVE_LABELS, move, language)) if move else style.MISSING
        if move == "assigned" and site:
            link = f'<a href="../sites/{site_page_name(site)}">{escape(names.get(site) or site)}</a>'
            label = f"{label} → {link} · {style.format_value(far, 'min', language)}"
        out.append(f"{label}<small>{escape(why)}</small>" if why else str(label))
    return out
