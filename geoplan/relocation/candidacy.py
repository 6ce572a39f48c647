"""Score each settlement's case for 易地搬迁 and put it in a class, with every contribution kept.

Points come from the profile's value functions (`geoplan.relocation.value`), the score is their weighted mean over the indicators
with evidence, and ``score_low`` … ``score_high`` is the range the score could take if the missing evidence were the best or the
worst. A place that can be shown to be unreachable has ``unreachable_points``: that is knowledge, not a hole in it.

Class, the first rule that holds:
1. a veto of the profile                                   → 应搬 (a hazard that decides alone; needs no score)
2. evidence_share < min_evidence_share, or no score        → 证据不足
3. score ≥ must_score                                      → 应搬
4. score ≥ suggest_score                                   → 建议搬
5. hazard_status ok                                        → 可留
6. otherwise (unknown hazard is never safe)                → 证据不足
Comparisons allow 1e-12 for the rounding of sums, on the side of moving (and of having evidence).

Rank 1 is the strongest case: class in the order 应搬, 建议搬, 可留, 证据不足; within 应搬 those with a veto first, the worse hazard
class before the lesser; then the score, descending. Ties share the smallest rank; a settlement without a score comes last in its class.

By hand: weights 0.6 and 0.4, points 1.0 and 0.5 → contributions 0.6 + 0.2 = 0.8. With the second missing → 0.6/0.6 = 1.0 on an
evidence share of 0.6, low 0.6, high 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.certainty_config import WeightScheme
from geoplan.contracts.profiles import RelocationProfile
from geoplan.contracts.results import AccessResult, CandidacyResult, Demand, ExposureResult
from geoplan.contracts.status import HAZARD_INDEX, RelocationClass, Status
from geoplan.relocation.indicators import build_indicators
from geoplan.relocation.reasons import contribution_reasons, settlement_reasons, veto_reasons
from geoplan.relocation.remoteness import index_remoteness
from geoplan.relocation.value import WeightedScore, apply_anchors, weigh
from geoplan.relocation.weighting import choose_weights

ROUNDING = 1e-12
_CLASS_ORDER = {str(one): place for place, one in enumerate(RelocationClass)}


@dataclass(frozen=True)
class Case:
    """What is known of n settlements by k indicators, before any weight."""

    ids: NDArray[np.object_]
    """(n,) settlement ids."""
    table: pd.DataFrame
    """Of `build_indicators`, n × k rows."""
    raw: NDArray[np.float64]
    """(n, k) raw values in the indicators' units; NaN unless ok."""
    status: NDArray[np.object_]
    """(n, k) status of each."""
    points: NDArray[np.float64]
    """(n, k) points 0..1; NaN is missing evidence."""
    hazard_known: NDArray[np.bool_]
    """(n,) the hazard of every kind is known."""


def build_case(
    demand: Demand,
    access: AccessResult,
    exposure: ExposureResult,
    profile: RelocationProfile,
    *,
    land: pd.DataFrame | None = None,
) -> Case:
    """Return raw values, states and points of every settlement, for `score_candidacy` and whatever asks how sure it is.

    Raises
    ------
    TableError
        ``ID-DUPLICATE`` as `build_indicators`.
    """
    names = [one.id for one in profile.indicators]
    table = build_indicators(demand, access, exposure, names, land=land)
    shape = (len(demand.settlements), len(names))
    raw, status = table["raw"].to_numpy(dtype=float).reshape(shape), table["status"].to_numpy(dtype=object).reshape(shape)
    ids = demand.settlements["settlement_id"].to_numpy()
    return Case(ids, table, raw, status, rate_points(raw, status, profile), _hazard_known(exposure, ids))


def score_candidacy(
    demand: Demand,
    access: AccessResult,
    exposure: ExposureResult,
    profile: RelocationProfile,
    *,
    weights: Mapping[str, float] | None = None,
    scheme: WeightScheme | None = None,
    land: pd.DataFrame | None = None,
) -> CandidacyResult:
    """Return score, class, rank and reasons of every settlement, and every indicator's contribution.

    Parameters
    ----------
    demand, access, exposure
        What is known of the settlements, in one order of ids or any.
    profile
        Indicators, anchors, weights, vetoes and class thresholds.
    weights
        Replaces the weight of the indicators it names; then all are scaled to sum to 1.
    scheme
        How weights are found before that: as the profile says (absent), given, judged in pairs or ranked; see `choose_weights`.
    land
        What the land says of each settlement, for indicators that ask for it.

    Raises
    ------
    ConfigError
        ``WEIGHTS-UNKNOWN`` for ids the profile does not have, ``WEIGHTS-VALUE`` for negative or all-zero weights; as `choose_weights`.
    TableError
        ``ID-DUPLICATE`` as `build_indicators`.
    """
    scaled = choose_weights(profile, scheme, weights=weights)
    names = [one.id for one in profile.indicators]
    case = build_case(demand, access, exposure, profile, land=land)
    ids, points = case.ids, case.points
    own_weights = np.array([scaled[name] for name in names])
    found = weigh(points, own_weights)
    contributions = _contribution_rows(case.table, points, own_weights, found, profile)
    vetoes = find_vetoes(exposure, profile, ids)
    classes = classify(found, vetoes["severity"].to_numpy(dtype=float) >= 0, case.hazard_known, profile)
    remote = index_remoteness(pd.DataFrame(points, columns=names), profile, weights=scaled)
    candidacy = pd.DataFrame(
        {
            "settlement_id": ids,
            "candidacy_score": found.score,
            "score_low": found.low,
            "score_high": found.high,
            "evidence_share": found.evidence_share,
            "remoteness_index": remote["remoteness_index"].to_numpy(),
            "relocation_class": classes,
            "rank": rank_cases(classes, vetoes["severity"].to_numpy(dtype=float), found.score),
            "veto": vetoes["veto"].to_numpy(dtype=object),
        }
    )
    reasons = settlement_reasons(candidacy, contributions, vetoes, case.hazard_known, profile)
    candidacy["reason_zh"], candidacy["reason_en"] = reasons
    return CandidacyResult(candidacy=candidacy, contributions=contributions)


def rate_points(raw: NDArray[np.float64], status: NDArray[np.object_], profile: RelocationProfile) -> NDArray[np.float64]:
    """Return (settlements, indicators) points; NaN is missing evidence.

    By hand: anchors (0, 0), (60, 1) and ``unreachable_points`` 1: 30 min ok → 0.5, unreachable → 1, no_data → NaN.
    """
    columns = []
    for place, indicator in enumerate(profile.indicators):
        points = apply_anchors(raw[:, place], indicator.anchors)
        points[status[:, place] != str(Status.OK)] = np.nan
        if indicator.unreachable_points is not None:
            out_of_reach = np.isin(status[:, place].astype(str), [str(Status.UNREACHABLE), str(Status.UNSNAPPED)])
            points[out_of_reach] = indicator.unreachable_points
        columns.append(points)
    return np.stack(columns, axis=1) if columns else np.empty((len(raw), 0))


def classify(
    found: WeightedScore, vetoed: NDArray[np.bool_], hazard_known: NDArray[np.bool_], profile: RelocationProfile
) -> NDArray[np.object_]:
    """Return the relocation class of each settlement by the module's rules."""
    score = np.where(np.isnan(found.score), -1.0, found.score)
    thin = (found.evidence_share < profile.min_evidence_share - ROUNDING) | np.isnan(found.score)
    rules = [vetoed, thin, score >= profile.must_score - ROUNDING, score >= profile.suggest_score - ROUNDING, hazard_known]
    outcomes = [
        RelocationClass.MUST,
        RelocationClass.UNDECIDED,
        RelocationClass.MUST,
        RelocationClass.SUGGESTED,
        RelocationClass.STAY,
    ]
    return np.select(rules, [str(one) for one in outcomes], default=str(RelocationClass.UNDECIDED)).astype(object)


def rank_cases(classes: NDArray[np.object_], severity: NDArray[np.float64], score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return ranks from 1, strongest first; equal cases share the smallest rank whatever their order."""
    order = np.array([_CLASS_ORDER[str(one)] for one in classes], dtype=float)
    # Rounded for comparing only: the same sum in another order must stay a tie.
    key = np.round(np.where(np.isnan(score), -1.0, score), 12)
    cases = np.column_stack([order, -severity, -key])
    if not len(cases):
        return np.empty(0, dtype=np.int64)
    _, case, size = np.unique(cases, axis=0, return_inverse=True, return_counts=True)
    return (np.cumsum(size) - size + 1)[case.ravel()].astype(np.int64)


def find_vetoes(exposure: ExposureResult, profile: RelocationProfile, ids: NDArray[np.object_]) -> pd.DataFrame:
    """Return, per settlement, the ids of the vetoes that hold (``;`` between), the worst class index behind them and why.

    Columns: veto, severity (−1 where none holds), reason_zh, reason_en; in the order of ``ids``.
    """
    rows = exposure.exposure
    held = []
    for place, veto in enumerate(profile.vetoes):
        of_kind = np.ones(len(rows), dtype=bool) if "*" in veto.hazard_kinds else rows["hazard_kind"].isin(veto.hazard_kinds)
        hit = rows[of_kind & (rows["status"] == str(Status.OK)) & rows["hazard_class"].isin(veto.hazard_classes)]
        zh, en = veto_reasons(hit, veto)
        held.append(
            pd.DataFrame(
                {
                    "settlement_id": hit["settlement_id"].to_numpy(),
                    "place": place,
                    "veto": veto.id,
                    "severity": hit["hazard_class"].map(HAZARD_INDEX).to_numpy(dtype=float),
                    "reason_zh": zh,
                    "reason_en": en,
                }
            )
        )
    empty = pd.DataFrame({"veto": "", "severity": -1.0, "reason_zh": "", "reason_en": ""}, index=pd.Index(ids))
    held = [one for one in held if len(one)]
    if not held:
        return empty.reset_index(drop=True)
    every = pd.concat(held, ignore_index=True).sort_values(["place", "severity"], ascending=[True, False], kind="stable")
    grouped = every.groupby("settlement_id", sort=False)
    joined = pd.DataFrame(
        {
            "veto": grouped["veto"].agg(lambda one: ";".join(dict.fromkeys(one))),
            "severity": grouped["severity"].max(),
            "reason_zh": grouped["reason_zh"].agg(";".join),
            "reason_en": grouped["reason_en"].agg("; ".join),
        }
    )
    return joined.reindex(ids).fillna({"veto": "", "severity": -1.0, "reason_zh": "", "reason_en": ""}).reset_index(drop=True)


def _hazard_known(exposure: ExposureResult, ids: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return where the hazard of every kind is known (a settlement without a row is not)."""
    status = exposure.summary.set_index("settlement_id")["hazard_status"].reindex(ids)
    return (status == str(Status.OK)).to_numpy(dtype=bool)


def _contribution_rows(
    table: pd.DataFrame,
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    found: WeightedScore,
    profile: RelocationProfile,
) -> pd.DataFrame:
    """Return one row per settlement × indicator."""
    count = len(points)
    rows = pd.DataFrame(
        {
            "settlement_id": table["settlement_id"],
            "indicator": table["indicator"],
            "raw": table["raw"],
            "unit": np.tile(np.array([one.unit for one in profile.indicators], dtype=object), count),
            "status": table["status"],
            "points": points.ravel(),
            "weight": np.tile(weights, count),
            "contribution": found.contributions.ravel(),
        }
    )
    rows["reason_zh"], rows["reason_en"] = contribution_reasons(rows, table, found, profile)
    return rows
