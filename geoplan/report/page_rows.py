"""Prepare what a group page prints: items with causes and remedies, settlements with hazard and candidacy, in words.

Everything comes from the payload that feeds the map (see `payload`) and from the long tables of the result; tables are split by
settlement once, so a page costs only its own rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import escape

from geoplan.contracts.status import HAZARD_KIND_ZH, RELOCATION_CLASS_EN
from geoplan.report import style
from geoplan.report.layers import tidy_number
from geoplan.report.payload import CLASSES
from geoplan.report.style import STATES

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class PageSource:
    """Everything the pages of a county draw on.

    Attributes
    ----------
    data
        Payload of `payload.gather`.
    causes
        (settlement_id, item) → cause, in words where the table has them.
    exposure, contributions
        settlement_id → rows of the table.
    """

    data: dict[str, Any]
    causes: dict[tuple[str, str], str]
    exposure: Rows
    contributions: Rows
    members: list[list[int]]


def prepare_source(
    data: dict[str, Any], gaps: pd.DataFrame, exposure: pd.DataFrame, contributions: pd.DataFrame, language: str
) -> PageSource:
    """Split the long tables by settlement; causes in words where the gap table carries them, else their codes."""
    column = f"cause_{language}" if f"cause_{language}" in gaps else "cause"
    causes = {
        (str(one), str(item)): str(cause)
        for one, item, cause in zip(gaps["settlement_id"], gaps["item"], gaps[column].fillna(""), strict=True)
        if cause
    }
    members: list[list[int]] = [[] for _ in data["units"]]
    for k, unit in enumerate(data["settlements"]["u"]):
        if unit >= 0:
            members[unit].append(k)
    return PageSource(data, causes, _by_settlement(exposure), _by_settlement(contributions), members)


def _by_settlement(frame: pd.DataFrame) -> Rows:
    """Return settlement_id → list of row dictionaries, in table order."""
    out: Rows = {}
    for row in frame.to_dict("records"):
        out.setdefault(str(row["settlement_id"]), []).append(row)
    return out


def state_of(digit: str) -> str:
    """Return the state of a digit; ``empty`` where there is none."""
    return "empty" if digit == "." else STATES[int(digit)]


def value_range(values: list[float | None], item: dict[str, Any], language: str) -> str:
    """Return the smallest and largest known value, as text."""
    known = [one for one in values if one is not None]
    if not known:
        return style.MISSING
    low, high = style.format_rounded(min(known), item["unit"], language), style.format_rounded(max(known), item["unit"], language)
    return low if low == high else f"{low} – {high}"


def people_words(counts: list[int], language: str) -> str:
    """Return people by state, states without anybody left out."""
    tail = " 人" if language == "zh" else ""
    parts = [
        f"{style.label(style.STATE_LABELS[state], language)} {n:,}{tail}" for state, n in zip(STATES, counts, strict=True) if n
    ]
    return " · ".join(parts) or style.MISSING


def describe_cells(items: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """Return the cells of each item that are the same on every page, escaped once."""
    return [
        {
            "id": escape(item["id"]), "label": escape(item[language]), "level": style.label(style.LEVEL_LABELS[item["level"]], language),
            "limit": escape(limit_text(item, language)), "deadline": item["deadline"] or "",
            "source": escape(" ".join(part for part in (item["source"], item["clause"]) if part)),
            "evidence": escape(style.label(style.EVIDENCE_LABELS[item["status"]], language)),
            "remedy": escape(item["rzh" if language == "zh" else "ren"]),
        }
        for item in items
    ]  # fmt: skip


def item_rows(source: PageSource, index: int, cells: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """Return one printed row per standard item of a unit; ``cells`` are those of `describe_cells`."""
    unit, settlements = source.data["units"][index], source.data["settlements"]
    inside = source.members[index]
    rows = []
    for k, (item, cell) in enumerate(zip(source.data["items"], cells, strict=True)):
        state = state_of(unit["s"][k])
        causes = dict.fromkeys(source.causes.get((settlements["id"][one], item["id"]), "") for one in inside)
        rows.append(
            {
                "item": cell, "state": state, "state_text": style.label(style.STATE_LABELS[state], language),
                "value": value_range([settlements["v"][one][k] for one in inside], item, language),
                "people": people_words(unit["k"][4 * k : 4 * k + 4], language),
                "cause": ("；" if language == "zh" else "; ").join(one for one in causes if one) if state != "covered" else "",
                "remedy": cell["remedy"] if state in ("gap", "unreachable") else "",
            }
        )  # fmt: skip
    return rows


def limit_text(item: dict[str, Any], language: str) -> str:
    """Return the threshold with the sense in which it binds."""
    return ("≥ " if item["least"] else "≤ ") + style.format_rounded(item["t"], item["unit"], language)


def settlement_rows(source: PageSource, index: int, language: str) -> list[dict[str, Any]]:
    """Return one printed block per settlement of a unit: people, class and why, hazards, contributions."""
    table = source.data["settlements"]
    rows = []
    for k in source.members[index]:
        one = table["id"][k]
        klass = CLASSES[table["c"][k]]
        score, low, high = table["sc"][k], table["lo"][k], table["hi"][k]
        bounds = f" ({low:.2f}–{high:.2f})" if low is not None and high is not None else ""
        rows.append(
            {
                "id": one, "name": table["n"][k] or one, "persons": _count(table["p"][k]), "households": _count(table["h"][k]),
                "class_index": table["c"][k], "class": klass if language == "zh" else RELOCATION_CLASS_EN[klass],
                "score": style.MISSING if score is None else f"{score:.2f}{bounds}",
                "evidence": style.MISSING if table["ev"][k] is None else f"{table['ev'][k] * 100:.0f}%",
                "reason": table["rz" if language == "zh" else "re"][k],
                "hazards": [hazard_text(row, language) for row in source.exposure.get(one, [])],
                "contributions": [_contribution(row, language) for row in source.contributions.get(one, [])],
            }
        )  # fmt: skip
    return rows


def _count(value: float | None) -> str:
    return style.MISSING if value is None else f"{value:,}"


def hazard_text(row: dict[str, Any], language: str) -> dict[str, str]:
    """Return kind, class, distance, source of one exposure row in words; no data is unknown, not none."""
    kind = row["hazard_kind"]
    zh = HAZARD_KIND_ZH.get(kind, "任一灾种" if kind == "any" else kind)
    name = zh if language == "zh" else style.HAZARD_KIND_EN.get(kind, kind)
    if row["status"] != "ok":
        return {
            "kind": name,
            "class": "",
            "text": "未调查,未知" if language == "zh" else "not surveyed: unknown",
            "distance": style.MISSING,
            "source": "",
        }
    klass = str(row["hazard_class"])
    return {
        "kind": name, "class": klass, "text": style.label(style.HAZARD_CLASS_LABELS.get(klass, (klass, klass)), language),
        "distance": style.format_value(row["distance_m"], "m", language), "source": f"{row['source_layer']} {row['source_id']} {row['vintage']}".strip(),
    }  # fmt: skip


def _contribution(row: dict[str, Any], language: str) -> dict[str, str]:
    """Return one candidacy contribution in words."""
    points, weight, added = (tidy_number(float(row[one]), 3) for one in ("points", "weight", "contribution"))
    return {
        "reason": str(row["reason_zh" if language == "zh" else "reason_en"]), "points": style.MISSING if points is None else f"{points:.2f}",
        "weight": style.MISSING if weight is None else f"{weight:.3f}", "added": style.MISSING if added is None else f"{added:.3f}",
    }  # fmt: skip
