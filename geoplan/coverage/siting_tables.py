"""Write the answers to where to build as the tables of `SitingResult`, with their reasons in words.

By hand: 100 people asked for, 40 covered before, 90 after two sites of 100,000 yuan each: the curve's row 2 has budget 200,000, covered 90.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.contracts.coverage import SitingResult
from geoplan.contracts.coverage_config import SitingQuestion
from geoplan.contracts.reach import Reach
from geoplan.contracts.results import AccessResult, Demand
from geoplan.coverage.siting import Siting
from geoplan.optimise.location import PlanStatus

MODEL_LABELS: dict[str, tuple[str, str]] = {
    "lscp": ("全覆盖所需最少新建数", "fewest new facilities that cover everybody"),
    "mclp": ("限定新建数下覆盖人口最多", "most people covered by so many new facilities"),
    "p_median": ("总出行人·分钟最少", "least person-minutes altogether"),
    "p_center": ("最远者用时最短", "shortest longest way"),
}
"""Chinese and English label of each model."""

SITE_COLUMNS: tuple[str, ...] = tuple(
    "question service model order candidate_id name township_code persons_gained persons_served capacity cost_yuan existing hazard_status geometry".split()
)
CURVE_COLUMNS: tuple[str, ...] = tuple(
    (
        "question facilities budget_yuan covered_persons bound_persons order_persons gap_share shortfall_share demand_persons "
        "unreachable_persons unknown_persons"
    ).split()
)
ASSIGNMENT_COLUMNS: tuple[str, ...] = tuple("question settlement_id candidate_id travel_time_min persons served status".split())
SUMMARY_COLUMNS: tuple[str, ...] = tuple(
    "question label_zh label_en service model status objective bound gap_share candidates excluded reason_zh reason_en".split()
)

_Answer = tuple[SitingQuestion, Siting, gpd.GeoDataFrame, float]


def tabulate_sitings(
    answers: Sequence[_Answer], reach: Mapping[str, tuple[Reach, Reach]], access: AccessResult, demand: Demand
) -> SitingResult:
    """Return the tables of all answers.

    Parameters
    ----------
    answers
        Question, its answer, the places looked at (`choose_candidates`) and the cost of building one, yuan (NaN: not known).
    reach
        Question id → tables to what stands and to candidates, whose ids the answers count.
    access
        Facilities, for names.
    demand
        For the working CRS.
    """
    sites = [_list_sites(*one, reach[one[0].id], access) for one in answers]
    curve = [
        one.curve.assign(
            question=asked.id, budget_yuan=one.curve["facilities"] * cost, demand_persons=one.demand_persons,
            unreachable_persons=one.unreachable_persons, unknown_persons=one.unknown_persons,
        )[list(CURVE_COLUMNS)]
        for asked, one, _, cost in answers
    ]  # fmt: skip
    assigned = [one.demand.assign(question=asked.id)[list(ASSIGNMENT_COLUMNS)] for asked, one, _, _ in answers]
    summary = pd.DataFrame([_summarise(*one) for one in answers], columns=list(SUMMARY_COLUMNS))
    crs = demand.settlements.crs
    frame = pd.concat(sites, ignore_index=True) if sites else pd.DataFrame(columns=list(SITE_COLUMNS))
    return SitingResult(
        sites=gpd.GeoDataFrame(frame, geometry="geometry", crs=crs),
        curve=_join(curve, CURVE_COLUMNS),
        assignments=_join(assigned, ASSIGNMENT_COLUMNS),
        summary=summary,
    )


def _join(frames: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    """Return the frames one below the other."""
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(columns))


def _list_sites(
    question: SitingQuestion,
    answer: Siting,
    candidates: gpd.GeoDataFrame,
    cost: float,
    reach: tuple[Reach, Reach],
    access: AccessResult,
) -> pd.DataFrame:
    """Return new sites in their order, then what stands by id."""
    stand, new = reach
    count = stand.shape[1]
    mine = access.facilities[access.facilities["service"] == question.service]
    there = mine.set_index(mine["facility_id"].astype(str)).reindex(stand.supply_ids)
    here = candidates.set_index("candidate_id").reindex(new.supply_ids[answer.order - count])
    built = len(here)
    columns = {
        "order": np.r_[np.arange(1, built + 1), np.zeros(count, dtype=int)],
        "candidate_id": np.r_[new.supply_ids[answer.order - count], stand.supply_ids],
        "name": np.r_[here["name"].to_numpy(dtype=object), there["name"].to_numpy(dtype=object)],
        "township_code": np.r_[here["township_code"].to_numpy(dtype=object), there["township_code"].to_numpy(dtype=object)],
        "persons_gained": np.r_[answer.gained_persons[answer.order], np.zeros(count)],
        "persons_served": np.r_[answer.served_persons[answer.order], answer.served_persons[:count]],
        "capacity": np.r_[
            np.full(built, np.nan if question.capacity is None else question.capacity),
            there["capacity"].to_numpy(dtype="float64", na_value=np.nan),
        ],
        "cost_yuan": np.r_[np.full(built, cost), np.zeros(count)],
        "existing": np.r_[np.zeros(built, dtype=bool), np.ones(count, dtype=bool)],
        "hazard_status": np.r_[here["hazard_status"].to_numpy(dtype=object), np.full(count, "", dtype=object)],
        "geometry": np.r_[np.asarray(here["geometry"], dtype=object), np.asarray(there["geometry"], dtype=object)],
    }
    frame = pd.DataFrame(columns).assign(question=question.id, service=question.service, model=question.model)
    return frame[list(SITE_COLUMNS)]


def _summarise(question: SitingQuestion, answer: Siting, candidates: gpd.GeoDataFrame, cost: float) -> dict[str, object]:
    """Return one row about a question."""
    plan = answer.plan
    zh, en = MODEL_LABELS[question.model]
    kept = int(candidates["kept"].sum())
    reason = _explain(question, answer, candidates)
    return {
        "question": question.id, "label_zh": zh, "label_en": en, "service": question.service, "model": question.model,
        "status": str(plan.status), "objective": plan.objective, "bound": plan.bound, "gap_share": plan.gap_share, "candidates": kept,
        "excluded": len(candidates) - kept, "reason_zh": reason[0], "reason_en": reason[1],
    }  # fmt: skip


def _explain(question: SitingQuestion, answer: Siting, candidates: gpd.GeoDataFrame) -> tuple[str, str]:
    """Return what is proven and what is left, in words."""
    plan, curve = answer.plan, answer.curve
    first, last = curve["covered_persons"].iloc[0], curve["order_persons"].iloc[-1]
    zh = [f"{question.within_min:g} 分钟内覆盖人口由 {first:,.0f} 增至 {last:,.0f}(共 {answer.demand_persons:,.0f} 人)"]
    en = [f"{first:,.0f} people within {question.within_min:g} min become {last:,.0f} of {answer.demand_persons:,.0f}"]
    if question.model in ("p_median", "p_center"):
        zh_more, en_more = _explain_minutes(answer)
        zh.append(zh_more)
        en.append(en_more)
    if plan.status == PlanStatus.FEASIBLE:
        zh.append(f"时限内未证明最优, 差距不超过 {plan.gap_share:.2%}")
        en.append(f"not proven best in the time given, at most {plan.gap_share:.2%} off")
    if answer.unreachable_persons > 0:
        zh.append(f"{answer.unreachable_persons:,.0f} 人距任何设施和候选点均超过该时限")
        en.append(f"{answer.unreachable_persons:,.0f} people are farther than that from every facility and candidate")
    if plan.status == PlanStatus.INFEASIBLE and plan.short_persons > 0:
        zh.append(f"另有 {plan.short_persons:,.0f} 人因数量或容量不足未能覆盖")
        en.append(f"{plan.short_persons:,.0f} more are left for want of facilities or seats")
    worst = float(curve["shortfall_share"].max())
    if worst > 0 and question.model in ("mclp", "lscp"):
        zh.append(f"按建设顺序, 新增人口最多比最优少 {worst:.1%}")
        en.append(f"in the order of building at most {worst:.1%} of the best gain is missed on the way")
    unsure = int((candidates["kept"] & (candidates["hazard_status"] != "ok")).sum())
    if unsure:
        zh.append("全县无隐患图层: 候选点的安全性未知, 须先核查")
        en.append("no hazard layer at all: whether candidates are safe is not known and must be checked first")
    if not candidates["kept"].any():
        zh.append("没有安全且通路的候选点")
        en.append("no candidate place is safe and reached by a road")
    return "；".join(zh) + "。", "; ".join(en) + "."


def _explain_minutes(answer: Siting) -> tuple[str, str]:
    """Return how long those served travel once everything is built: the mean over people, and the longest."""
    served = answer.demand[answer.demand["served"] & (answer.demand["persons"] > 0.0)]
    people, minutes = served["persons"].to_numpy(dtype=float), served["travel_time_min"].to_numpy(dtype=float)
    if not len(served):
        return "建成后无人可达", "nobody is reached once everything is built"
    mean, longest = float(people @ minutes) / float(people.sum()), float(minutes.max())
    return (
        f"全部建成后可达者人均出行 {mean:.1f} 分钟, 最远 {longest:.1f} 分钟",
        f"once everything is built those reached travel {mean:.1f} min on average, {longest:.1f} min at most",
    )
