"""Put into words, in Chinese and English, why an indicator counts what it counts and why a class was given.

Every sentence carries the raw value with its unit, the points, the weight, and the document and clause it rests on with the
status of that evidence (cited: text seen; secondary: a re-post; convention: common practice).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.profiles import Cited, RelocationProfile, Veto
from geoplan.contracts.status import HAZARD_CLASS_ZH, HAZARD_KIND_ZH, RELOCATION_CLASS_EN, Status

STATUS_ZH = {"ok": "有数据", "unreachable": "无法到达", "unsnapped": "接不上路网", "no_data": "无数据"}
STATUS_EN = {
    "ok": "known",
    "unreachable": "cannot be reached",
    "unsnapped": "cannot be joined to the network",
    "no_data": "no data",
}
EVIDENCE_ZH = {"cited": "原文", "secondary": "转引", "convention": "惯例"}
_SHOWN_PARTS = 3
Pair = tuple[list[str], list[str]]


def cite(cited: Cited, language: str = "zh") -> str:
    """Return document, clause and evidence status in one bracket's worth of words.

    >>> cite(Cited(source="川办发〔2023〕34号", clause="一", status="secondary"))
    '川办发〔2023〕34号 一(转引)'
    """
    where = f"{cited.source} {cited.clause}".strip()
    return f"{where}({EVIDENCE_ZH[cited.status]})" if language == "zh" else f"{where} [{cited.status}]"


def quantity(value: float, unit: str) -> str:
    """Return a number for reading, with its unit: three significant digits or whole numbers above 100."""
    if not np.isfinite(value):
        return "—"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def contribution_reasons(rows: pd.DataFrame, table: pd.DataFrame, profile: RelocationProfile) -> Pair:
    """Return the Chinese and English reason of each contribution row (rows and table in the same order)."""
    by_id = {one.id: one for one in profile.indicators}
    cite_zh = {name: cite(one) for name, one in by_id.items()}
    cite_en = {name: cite(one, "en") for name, one in by_id.items()}
    zh, en = [], []
    columns = ("indicator", "raw", "unit", "status", "points", "weight", "contribution")
    for name, raw, unit, status, points, weight, part, note_zh, note_en in zip(
        *(rows[one].tolist() for one in columns), table["note_zh"].tolist(), table["note_en"].tolist(), strict=True
    ):
        label_zh, label_en = by_id[name].label_zh, by_id[name].label_en
        if np.isnan(points):
            why_zh, why_en = note_zh or STATUS_ZH[status], note_en or STATUS_EN[status]
            zh.append(f"{label_zh}:{why_zh},不计入(权重 {weight:.3f})")
            en.append(f"{label_en}: {why_en}, not counted (weight {weight:.3f})")
            continue
        value_zh = quantity(raw, unit) if status == str(Status.OK) else STATUS_ZH[status]
        value_en = quantity(raw, unit) if status == str(Status.OK) else STATUS_EN[status]
        zh.append(f"{label_zh}:{value_zh},{points:.3f} 分 × 权重 {weight:.3f},贡献 {part:.3f};依据 {cite_zh[name]}")
        en.append(f"{label_en}: {value_en}, points {points:.3f} × weight {weight:.3f}, adds {part:.3f}; per {cite_en[name]}")
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
            f"{veto.label_en}: {kind} hazard ({level}), inside the threatened zone, distance 0 m ({which}); per {clause_en}"
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
    parts_zh, parts_en = _largest_parts(contributions, profile, len(candidacy))
    threshold_zh, threshold_en = cite(profile.thresholds_cited), cite(profile.thresholds_cited, "en")
    zh, en = [], []
    columns = ("relocation_class", "candidacy_score", "score_low", "score_high", "evidence_share", "veto")
    rows = zip(*(candidacy[one].tolist() for one in columns), vetoes["reason_zh"], vetoes["reason_en"], hazard_known, strict=True)
    for place, (name, score, low, high, share, veto, why_zh, why_en, known) in enumerate(rows):
        head_zh, head_en = name, RELOCATION_CLASS_EN[name]
        if np.isnan(score):
            score_zh, score_en = "没有任何指标有数据,无法评分", "no indicator has data, no score"
        else:
            score_zh = f"得分 {score:.3f}(可能范围 {low:.3f}–{high:.3f}),证据占权重 {share:.0%}"
            score_en = f"score {score:.3f} (could be {low:.3f} to {high:.3f}), evidence for {share:.0%} of the weight"
        score_zh += (
            f";应搬线 {profile.must_score:g}、建议搬线 {profile.suggest_score:g},证据下限 {profile.min_evidence_share:.0%}"
        )
        score_en += f"; must move from {profile.must_score:g}, advised from {profile.suggest_score:g}"
        score_en += f", least evidence {profile.min_evidence_share:.0%}"
        unknown_zh = "" if known else ";灾害情况未全部查明,不能视为安全"
        unknown_en = "" if known else "; hazard is not fully known and is not taken for safe"
        if veto:
            zh.append(f"{head_zh}:{why_zh}。{score_zh}{unknown_zh}")
            en.append(f"{head_en}: {why_en}. {score_en}{unknown_en}")
        else:
            zh.append(f"{head_zh}:{score_zh}{unknown_zh};主要因素:{parts_zh[place]};分类线依据 {threshold_zh}")
            en.append(f"{head_en}: {score_en}{unknown_en}; mainly {parts_en[place]}; class lines per {threshold_en}")
    return zh, en


def _largest_parts(contributions: pd.DataFrame, profile: RelocationProfile, count: int) -> Pair:
    """Return, per settlement, its largest contributions in words."""
    indicators = profile.indicators
    parts = contributions["contribution"].to_numpy(dtype=float).reshape(count, len(indicators))
    raw = contributions["raw"].to_numpy(dtype=float).reshape(parts.shape)
    status = contributions["status"].to_numpy(dtype=object).reshape(parts.shape)
    order = np.argsort(-np.nan_to_num(parts), axis=1, kind="stable")[:, :_SHOWN_PARTS]
    zh, en = [], []
    for place in range(count):
        said_zh, said_en = [], []
        for one in order[place]:
            if not parts[place, one] > 0:
                continue
            known = status[place, one] == str(Status.OK)
            value_zh = quantity(raw[place, one], indicators[one].unit) if known else STATUS_ZH[status[place, one]]
            value_en = quantity(raw[place, one], indicators[one].unit) if known else STATUS_EN[status[place, one]]
            said_zh.append(f"{indicators[one].label_zh} {value_zh}(+{parts[place, one]:.3f})")
            said_en.append(f"{indicators[one].label_en} {value_en} (+{parts[place, one]:.3f})")
        zh.append("、".join(said_zh) or "无")
        en.append(", ".join(said_en) or "none")
    return zh, en
