"""Say in rows who comes to a receiving site, how full it is, what makes its score and what it costs; every text that comes from data stays text.

Rows are plain dictionaries of finished strings: the template escapes them. Totals are those of the rows: 3 + 4 people of two settlements
are 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geoplan.contracts.relocation import DecisionResult
from geoplan.contracts.status import HAZARD_KIND_ZH, RELOCATION_CLASS_EN, Status
from geoplan.report import style
from geoplan.report.encoding import page_name
from geoplan.report.payload import CLASSES
from geoplan.report.relocation_words import (
    BINDING_LABELS,
    FORM_LABELS,
    TREATMENT_EN,
    UNIT_LABELS,
    VERDICT_LABELS,
    format_yuan,
    say,
)

Data = Mapping[str, Any]
_OUT = (str(Status.UNREACHABLE), str(Status.UNSNAPPED))
_UNITS = {"mu/household": ("亩/户", "mu per household"), "index": ("", ""), "°": ("°", "°"), "m²": ("m²", "m²")}


@dataclass(frozen=True)
class Spoken:
    """The language rows are written in."""

    language: str

    def t(self, chinese: str, english: str) -> str:
        """Return the half that is shown."""
        return chinese if self.language == "zh" else english

    def value(self, value: float | None, unit: str) -> str:
        """Return a number with its unit; a dash where not known."""
        if value is None or not np.isfinite(value):
            return style.MISSING
        if unit not in _UNITS:
            return style.format_value(value, unit, self.language)
        text = f"{value:,.0f}" if unit == "m²" else f"{value:,.2f}" if unit == "index" else f"{value:,.1f}"
        name = style.label(_UNITS[unit], self.language)
        return f"{text}{name}" if unit == "°" else f"{text} {name}".strip()


def list_comers(data: Data, site: int, language: str) -> list[dict[str, Any]]:
    """Return the groups that come to a site (its place in the payload), each with its settlements and totals, the largest first."""
    table, spoken = data["settlements"], Spoken(language)
    found: dict[int, list[int]] = {}
    for k, target in enumerate(table["t"]):
        if target == site:
            found.setdefault(table["u"][k], []).append(k)
    whole = count_group_people(data)
    out = []
    for unit, members in found.items():
        one = data["units"][unit] if unit >= 0 else {"c": "", "n": ""}
        people = sum(table["p"][k] or 0 for k in members)
        form = say(FORM_LABELS, one["f"], language) if one.get("f") in ("whole", "single") else ""
        part = spoken.t(f"全组 {whole[unit]:,} 人中 {people:,} 人来此", f"{people:,} of the group's {whole[unit]:,} people come")
        out.append(
            {
                "name": one["n"] or one["c"] or spoken.t("未分组", "no group"), "code": one["c"],
                "href": "../groups/" + page_name(one["c"]) if "h" in one else "", "form": " · ".join(one for one in (form, part) if one),
                "people": people, "households": sum(table["h"][k] or 0 for k in members),
                "rows": [_describe_comer(data, k, spoken) for k in sorted(members, key=lambda k: -(table["p"][k] or 0))],
            }
        )  # fmt: skip
    return sorted(out, key=lambda one: (-one["people"], one["code"]))


def count_group_people(data: Data) -> dict[int, int]:
    """Return the people of each group (its place in the payload; -1: of no group), whether they move or not."""
    out: dict[int, int] = {}
    for unit, people in zip(data["settlements"]["u"], data["settlements"]["p"], strict=True):
        out[unit] = out.get(unit, 0) + (people or 0)
    return out


def _describe_comer(data: Data, k: int, spoken: Spoken) -> dict[str, Any]:
    """Return one settlement's row."""
    table = data["settlements"]
    klass = CLASSES[table["c"][k]]
    verdict = spoken.t(*list(VERDICT_LABELS.values())[table["v"][k]]) if "v" in table else ""
    treatment = table["tr"][k] if "tr" in table else ""
    kind = table["hk"][k]
    hazard = (HAZARD_KIND_ZH if spoken.language == "zh" else style.HAZARD_KIND_EN).get(kind, kind)
    level = style.label(style.HAZARD_CLASS_LABELS.get(table["hc"][k], style.HAZARD_CLASS_LABELS[""]), spoken.language)
    return {
        "name": table["n"][k] or table["id"][k], "id": table["id"][k], "people": style.MISSING if table["p"][k] is None else f"{table['p'][k]:,}",
        "households": style.MISSING if table["h"][k] is None else f"{table['h'][k]:,}", "class_number": table["c"][k],
        "class_name": klass if spoken.language == "zh" else RELOCATION_CLASS_EN[klass], "verdict": verdict,
        "hazard": f"{hazard} · {level}" if kind and table["hc"][k] != "none" else spoken.t("无已知威胁", "none known"),
        "treatment": treatment if spoken.language == "zh" else TREATMENT_EN.get(treatment, treatment),
        "minutes": spoken.value(table["mn"][k], "min"), "straight": spoken.value(table["st"][k], "m"),
        "same": spoken.t("同乡镇", "same township") if table["same"][k] else spoken.t("跨乡镇", "another township"),
        "reason": tell(data, table["r"][k], spoken.language),
    }  # fmt: skip


def tell(data: Data, number: int, language: str) -> str:
    """Return a numbered sentence of the payload; ``""`` for -1."""
    return "" if number < 0 else str(data["texts"][number][0 if language == "zh" else 1])


def list_ceilings(site: pd.Series, load: Data, language: str, *, shared: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
    """Return what limits a site: people each ceiling allows, share of it used, and which one binds; the binding one is always told.

    Parameters
    ----------
    site
        Row of the sites table: kind, ground_persons, school_persons, clinic_persons, <kind>_seats_free, <kind>_seats_status.
    load
        The site in the payload.
    language
        ``zh`` or ``en``.
    shared
        Kind of seats → how many other sites draw on the same free seats.
    """
    spoken = Spoken(language)
    ground = "area" if load["k"] == "patch" else "stated"
    found = {
        ground: _number(site.get("ground_persons")),
        "school": _number(site.get("school_persons")),
        "clinic": _number(site.get("clinic_persons")),
    }
    if load["b"] and found.get(load["b"]) is None:
        found[load["b"]] = load["cp"]
    out = []
    for kind, people in found.items():
        status = str(site.get(f"{kind}_seats_status", "") or "")
        if people is None and not status:
            continue
        used = None if not people else (load["p"] or 0) / people
        out.append(
            {
                "label": say(BINDING_LABELS, kind, language),
                "people": spoken.t("未知,不作限制", "unknown, binds nobody") if people is None else f"{people:,.0f}",
                "binds": load["b"] == kind, "share": style.MISSING if used is None else f"{used:.0%}",
                "width": 0 if used is None else round(100 * min(used, 1.0)), "note": _say_seats(site, kind, status, (shared or {}).get(kind, 0), spoken),
            }
        )  # fmt: skip
    return out


def _say_seats(site: pd.Series, kind: str, status: str, others: int, spoken: Spoken) -> str:
    """Return the free seats behind a ceiling, and who else draws on them."""
    free = _number(site.get(f"{kind}_seats_free"))
    if status == _OUT[0]:
        return spoken.t("可达范围内没有", "none within reach")
    if free is None:
        return ""
    told = spoken.t(f"余 {free:,.0f} 个", f"{free:,.0f} free")
    return told if not others else told + spoken.t(f",与另外 {others} 个安置点共用", f", shared with {others} other sites")


def _number(value: Any) -> float | None:
    """Return a finite number, else None."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def score_rows(own: pd.DataFrame, language: str) -> list[dict[str, str]]:
    """Return the printed rows of a site's score from ``SitesResult.contributions``; what is not known is a dash, never a zero."""
    spoken = Spoken(language)
    out = []
    for row in own.to_dict("records"):
        gone = spoken.t("不可达", "not reached") if row["status"] == _OUT[0] else spoken.t("未知", "unknown")
        known = row["status"] == str(Status.OK)
        out.append(
            {
                "label": str(row["label_zh"] if language == "zh" else row["label_en"]),
                "raw": spoken.value(row["raw"], row["unit"]) if known else gone,
                "points": _figure(row["points"], 2), "weight": _figure(row["weight"], 3),
                "adds": style.MISSING if row["status"] == str(Status.NO_DATA) else _figure(row["contribution"], 3),
                "source": " ".join(str(one) for one in (row["source"], row["clause"]) if str(one)),
                "evidence": style.label(style.EVIDENCE_LABELS.get(str(row["evidence"]), ("", "")), language),
            }
        )  # fmt: skip
    return out


def _figure(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else style.MISSING


def cost_rows(decision: DecisionResult | None, coming: Mapping[str, float], language: str) -> tuple[list[dict[str, str]], str]:
    """Return what moving the people who come costs, item by item, and the total, present values.

    Of a group of which only a part comes the same share of its costs is told: 18 of 58 people are 0.31 of them.

    Parameters
    ----------
    decision
        Costs of whole groups.
    coming
        Group code → people who come.
    language
        ``zh`` or ``en``.
    """
    if decision is None:
        return [], style.MISSING
    items = decision.items
    own = items[(items["side"] == "move") & items["group_code"].astype(str).isin(list(coming))]
    if own.empty:
        return [], style.MISSING
    whole = (
        decision.groups.assign(code=decision.groups["group_code"].astype(str))
        .drop_duplicates("code")
        .set_index("code")["persons"]
    )
    codes = own["group_code"].astype(str)
    share = (codes.map(coming) / codes.map(whole).where(lambda people: people > 0)).clip(upper=1.0).fillna(1.0)
    own = own.assign(present_yuan=own["present_yuan"] * share, quantity=own["quantity"] * share)
    zh = language == "zh"
    rows = []
    for _, part in own.groupby("item", sort=False):
        first = part.iloc[0]
        amount, known = part["present_yuan"].sum(min_count=1), int(part["present_yuan"].notna().sum())
        prices = sorted(set(part["unit_yuan"].dropna()))
        unit = say(UNIT_LABELS, str(first["unit"]), language)
        price = " – ".join(dict.fromkeys(f"{one:,.10g}" for one in (prices[0], prices[-1]))) if prices else style.MISSING
        rows.append(
            {
                "label": str(first["label_zh" if zh else "label_en"]), "quantity": f"{part['quantity'].sum():,.0f} {unit}".replace("-", "−"),
                "price": f"{price} {'元' if zh else 'yuan'}/{unit}" if prices else style.MISSING, "total": format_yuan(float(amount), language),
                "missing": "" if known == len(part) else (f"{len(part) - known} 个组无数据" if zh else f"{len(part) - known} groups without data"),
                "source": " ".join(str(one) for one in (first["source"], first["clause"], first["price_year"]) if str(one)),
                "evidence": style.label(style.EVIDENCE_LABELS.get(str(first["price_status"]), ("", "")), language),
            }
        )  # fmt: skip
    whole_known = bool(own["present_yuan"].notna().all())
    total = format_yuan(float(own["present_yuan"].sum(min_count=1)), language)
    return rows, total if whole_known else total + ("(不全)" if zh else " (incomplete)")


def safety_words(site: pd.Series, has_hazards: bool, margin_m: float, language: str) -> str:
    """Return what is known of a site's safety in a sentence; what was not surveyed is never called safe.

    Parameters
    ----------
    site
        Row of the sites table, with ``excluded_reason``.
    has_hazards
        Whether the plan has any hazard layer.
    margin_m
        Margin kept to every zone, metres.
    """
    spoken = Spoken(language)
    reason = str(site.get("excluded_reason", "") or "")
    if not has_hazards or "excluded_reason" not in site.index:
        return spoken.t(
            "计划没有灾害图层:安全性未知,须先调查。", "The plan has no hazard layer: safety is not known, survey first."
        )
    if reason.endswith("unknown"):
        return spoken.t("灾害未查明,不得安置。", "Hazard is not known here: nobody may be settled before it is surveyed.")
    if reason:
        told = spoken.t("位于隐患威胁范围或其余量内,不得安置", "Inside a hazard zone or its margin: nobody may be settled here")
        return f"{told} ({reason})"
    return spoken.t(
        f"在已调查范围内,并避开各类隐患威胁范围及 {margin_m:g} m 余量。",
        f"On surveyed ground, outside every mapped zone and a margin of {margin_m:g} m.",
    )


def hazard_rows(measured: pd.DataFrame, language: str) -> list[dict[str, str]]:
    """Return how far the nearest zone of each hazard lies, from `site_hazards.measure_hazards`, nearest first."""
    spoken = Spoken(language)
    names = HAZARD_KIND_ZH if language == "zh" else style.HAZARD_KIND_EN
    out = []
    for row in measured.sort_values("distance_m", kind="stable", na_position="last").to_dict("records"):
        far = _number(row["distance_m"])
        lost = int(row["unplaced"])
        out.append(
            {
                "kind": names.get(str(row["hazard_kind"]), str(row["hazard_kind"])),
                "distance": spoken.t("未标绘", "none mapped") if far is None else spoken.value(far, "m"),
                "source": " ".join(str(one) for one in (row["source_layer"], row["source_id"], row["vintage"]) if str(one)),
                "note": "" if not lost else spoken.t(f"另有 {lost} 处位置或范围不明", f"{lost} more without place or reach"),
            }
        )  # fmt: skip
    return out
