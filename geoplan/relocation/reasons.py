"""Put into words, in Chinese and English, why an indicator counts what it counts and why a class was given.

Every sentence carries the raw value with its unit, the points, the weight, and the document and clause it rests on with the
status of that evidence (cited: text seen; secondary: a re-post; convention: common practice).
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.profiles import Cited, RelocationProfile, Veto
from geoplan.contracts.status import HAZARD_CLASS_ZH, HAZARD_KIND_ZH, RELOCATION_CLASS_EN, RelocationClass
from geoplan.relocation.value import WeightedScore

STATUS_ZH = {"ok": "有数据", "unreachable": "无法到达", "unsnapped": "接不上路网", "no_data": "无数据"}
STATUS_EN = {
    "ok": "known",
    "unreachable": "cannot be reached",
    "unsnapped": "cannot be joined to the network",
    "no_data": "no data",
}
EVIDENCE_ZH = {"cited": "原文", "secondary": "转引", "convention": "惯例"}
UNIT_ZH = {
    "index": "", "share": "", "min": "分钟", "persons": "人", "mu/person": "亩/人", "count": "个",
    "l_person_day": "升/人·日", "per_persons": "(按标准人数)",
}  # fmt: skip
UNIT_EN = {
    "index": "", "share": "", "mu/person": "mu per person", "count": "",
    "l_person_day": "L per person and day", "per_persons": "(per stated people)",
}  # fmt: skip
_SHOWN_PARTS = 3
Pair = tuple[list[str], list[str]]


def cite(cited: Cited, language: str = "zh") -> str:
    """Return document, clause and evidence status in one bracket's worth of words.

    >>> cite(Cited(source="川办发〔2023〕34号", clause="一", status="secondary"))
    '川办发〔2023〕34号 一(转引)'
    """
    where = f"{cited.source} {cited.clause}".strip()
    return f"{where}({EVIDENCE_ZH[cited.status]})" if language == "zh" else f"{where} [{cited.status}]"


def quantity(value: float, unit: str, language: str = "en") -> str:
    """Return a number for reading, with its unit: three significant digits, or whole numbers from 100.

    >>> quantity(31.26, "min", "zh")
    '31.3 分钟'
    """
    return quantities(value, unit)[0 if language == "zh" else 1]


def quantities(value: float, unit: str) -> tuple[str, str]:
    """Return `quantity` in Chinese and English."""
    if not math.isfinite(value):
        return "—", "—"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {UNIT_ZH.get(unit, unit)}".strip(), f"{text} {UNIT_EN.get(unit, unit)}".strip()


def round_parts(parts: NDArray[np.float64], totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``parts`` (n, k) rounded to thousandths such that each row adds up to its rounded total (n,).

    Every part is rounded down and the thousandths still missing go to the largest remainders (Hare–Niemeyer); ties to the first.
    By hand: (0.0334, 0.0333, 0.0333), total 0.100 → (0.034, 0.033, 0.033).
    """
    scaled = np.nan_to_num(parts) * 1000
    # 1e-6: a part that is a whole number of thousandths must not fall below it by rounding.
    floor = np.floor(scaled + 1e-6)
    missing = np.rint(np.nan_to_num(totals) * 1000) - floor.sum(axis=1)
    remainder = np.round(scaled - floor, 6)
    place = np.argsort(np.argsort(-remainder, axis=1, kind="stable"), axis=1, kind="stable")
    return (floor + (place < missing[:, None])) / 1000


def contribution_reasons(rows: pd.DataFrame, table: pd.DataFrame, found: WeightedScore, profile: RelocationProfile) -> Pair:
    """Return the Chinese and English reason of each contribution row (rows and table in the same order)."""
    kinds = len(profile.indicators)
    shown = round_parts(found.contributions, found.score).ravel().tolist()
    share = np.repeat(found.evidence_share, kinds).tolist()
    labels = [(one.label_zh, one.label_en, cite(one), cite(one, "en")) for one in profile.indicators]
    columns = [rows[one].tolist() for one in ("raw", "unit", "status", "points", "weight")]
    notes = table["note_zh"].tolist(), table["note_en"].tolist()
    zh, en = [], []
    for place, (raw, unit, status, points, weight, note_zh, note_en) in enumerate(zip(*columns, *notes, strict=True)):
        label_zh, label_en, cite_zh, cite_en = labels[place % kinds]
        if points != points:  # NaN: no evidence
            zh.append(f"{label_zh}:{note_zh or STATUS_ZH[status]},不计入(权重 {weight:.3f})")
            en.append(f"{label_en}: {note_en or STATUS_EN[status]}, not counted (weight {weight:.3f})")
            continue
        value_zh, value_en = quantities(raw, unit) if status == "ok" else (STATUS_ZH[status], STATUS_EN[status])
        over_zh, over_en = "", ""
        if share[place] < 1:
            over_zh, over_en = f" ÷ 证据占比 {share[place]:.3f}", f" ÷ evidence share {share[place]:.3f}"
        said, weighed, part = f"{points:.3f}", f"{weight:.3f}", f"{shown[place]:.3f}"
        zh.append(f"{label_zh}:{value_zh},{said} 分 × 权重 {weighed}{over_zh} = {part};依据 {cite_zh}")
        en.append(f"{label_en}: {value_en}, points {said} × weight {weighed}{over_en} = {part}; per {cite_en}")
    return zh, en


def veto_reasons(hit: pd.DataFrame, veto: Veto) -> Pair:
    """Return the Chinese and English reason of each exposure row that triggers ``veto``."""
    zh, en = [], []
    clause_zh, clause_en = cite(veto), cite(veto, "en")
    for kind, level, source, layer in zip(
        hit["hazard_kind"], hit["hazard_class"], hit["source_id"], hit["source_layer"], strict=True
    ):
        which = f"{layer} {source}".strip()
        zone_zh = f"{HAZARD_KIND_ZH.get(kind, kind)}隐患({HAZARD_CLASS_ZH[level]}):位于威胁范围内,距离 0 m"
        zh.append(f"{veto.label_zh}:{zone_zh}({which});依据 {clause_zh}")
        en.append(
            f"{veto.label_en}: {kind.replace('_', ' ')} hazard ({level}), inside the threatened zone, distance 0 m ({which}); per {clause_en}"
        )
    return zh, en


def settlement_reasons(
    candidacy: pd.DataFrame,
    contributions: pd.DataFrame,
    vetoes: pd.DataFrame,
    hazard_known: NDArray[np.bool_],
    profile: RelocationProfile,
) -> Pair:
    """Return the Chinese and English reason of each settlement's class."""
    parts_zh, parts_en = _largest_parts(contributions, candidacy, profile)
    zh, en = [], []
    lines_zh = f"应搬线 {profile.must_score:g}、建议搬线 {profile.suggest_score:g}、证据下限 {profile.min_evidence_share:.0%}"
    lines_en = f"must move from {profile.must_score:g}, advised from {profile.suggest_score:g}, "
    lines_en += f"least evidence {profile.min_evidence_share:.0%}"
    end_zh = f"({lines_zh};依据 {cite(profile.thresholds_cited)})"
    end_en = f" ({lines_en}; per {cite(profile.thresholds_cited, 'en')})"
    columns = ("relocation_class", "candidacy_score", "score_low", "score_high", "evidence_share", "veto")
    rows = zip(*(candidacy[one].tolist() for one in columns), vetoes["reason_zh"], vetoes["reason_en"], hazard_known, strict=True)
    for place, (name, score, low, high, share, veto, why_zh, why_en, known) in enumerate(rows):
        said_zh, said_en = _say_score(score, low, high, share)
        if veto:
            lead_zh, lead_en = f"{why_zh}。", f"{why_en}. "
        else:
            lead_zh, lead_en = _say_undecided(name, score, share, profile)
            said_zh, said_en = f"{said_zh};主要因素:{parts_zh[place]}", f"{said_en}; mainly {parts_en[place]}"
        if not known:
            said_zh, said_en = f"{said_zh};灾害未全部查明,不视为安全", f"{said_en}; hazard is not fully known, not taken for safe"
        if name == str(RelocationClass.STAY) and high >= profile.suggest_score:
            said_zh, said_en = (
                f"{said_zh};缺失的证据补齐后可能改变等级",
                f"{said_en}; the missing evidence could change the class",
            )
        zh.append(f"{name}:{lead_zh}{said_zh}{end_zh}")
        en.append(f"{RELOCATION_CLASS_EN[name]}: {lead_en}{said_en}{end_en}")
    return zh, en


def _say_score(score: float, low: float, high: float, share: float) -> tuple[str, str]:
    """Return the score, its range and its evidence in words."""
    if np.isnan(score):
        return "没有任何指标有数据,无法评分", "no indicator has data, no score"
    # A range only where something is missing.
    span_zh, span_en = (f"(可能 {low:.3f}–{high:.3f})", f" (could be {low:.3f} to {high:.3f})") if share < 1 else ("", "")
    return (
        f"得分 {score:.3f}{span_zh},证据占权重 {share:.0%}",
        f"score {score:.3f}{span_en}, evidence for {share:.0%} of the weight",
    )


def _say_undecided(name: str, score: float, share: float, profile: RelocationProfile) -> tuple[str, str]:
    """Return why nothing can be decided, or nothing where something is."""
    if name != str(RelocationClass.UNDECIDED):
        return "", ""
    if np.isnan(score) or share < profile.min_evidence_share:
        return "证据占比低于下限,", "too little evidence, "
    return "得分未达建议搬线,但灾害未查明,不能判为可留,", "the score alone would let it stay, but hazard is not known, "


def _largest_parts(contributions: pd.DataFrame, candidacy: pd.DataFrame, profile: RelocationProfile) -> Pair:
    """Return, per settlement, its largest contributions in words."""
    indicators = profile.indicators
    shape = (len(candidacy), len(indicators))
    parts = contributions["contribution"].to_numpy(dtype=float).reshape(shape)
    raw = contributions["raw"].to_numpy(dtype=float).reshape(shape)
    status = contributions["status"].to_numpy(dtype=object).reshape(shape)
    shown = round_parts(parts, candidacy["candidacy_score"].to_numpy(dtype=float))
    order = np.argsort(-np.nan_to_num(parts), axis=1, kind="stable")[:, :_SHOWN_PARTS]
    labels = [(one.label_zh, one.label_en, one.unit) for one in indicators]
    picked = (np.take_along_axis(one, order, axis=1).tolist() for one in (parts, raw, status, shown))
    zh, en = [], []
    for row in zip(order.tolist(), *picked, strict=True):
        said_zh, said_en = [], []
        for one, part, value, state, said in zip(*row, strict=True):
            if not part > 0:
                continue
            label_zh, label_en, unit = labels[one]
            value_zh, value_en = quantities(value, unit) if state == "ok" else (STATUS_ZH[state], STATUS_EN[state])
            said_zh.append(f"{label_zh} {value_zh}(+{said:.3f})")
            said_en.append(f"{label_en} {value_en} (+{said:.3f})")
        zh.append("、".join(said_zh) or "无")
        en.append(", ".join(said_en) or "none")
    return zh, en
