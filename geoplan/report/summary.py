"""Say what a run found in five sentences of real figures."""

from __future__ import annotations

import math

import pandas as pd

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.results import PlanResult
from geoplan.contracts.status import RelocationClass, Status


def _number(value: float) -> str:
    """Return a count with thousands separators, rounded half up as on the map, or a dash where it is unknown."""
    return "—" if pd.isna(value) else f"{math.floor(value + 0.5):,}"


def summarise(result: PlanResult, plan: PlanConfig, standards: StandardsProfile, *, language: str) -> list[str]:
    """Return five sentences: who lives here, how they reach services, what is short, who should move, where to.

    Parameters
    ----------
    result
        Result of a run.
    plan
        Its plan file.
    standards
        The standards the gaps were judged by.
    language
        ``zh`` or ``en``.
    """
    zh = language == "zh"
    return [
        _people(result, plan, zh),
        _access(result, plan, zh),
        _gaps(result, standards, zh),
        _moves(result, zh),
        _sites(result, zh),
    ]


def _people(result: PlanResult, plan: PlanConfig, zh: bool) -> str:
    frame = result.demand.settlements
    persons = frame["persons"].sum()
    unknown = int(frame["persons"].isna().sum())
    groups = frame.loc[frame["group_code"].fillna("") != "", "group_code"].nunique()
    unplaced = result.demand.unplaced_persons
    if zh:
        extra = f",另有 {unknown} 个自然村人口未知" if unknown else ""
        extra += f",人口栅格中 {_number(unplaced)} 人未能落到自然村" if unplaced > 0.5 else ""
        return f"{plan.name}共 {_number(len(frame))} 个自然村、{_number(groups)} 个村民小组、{_number(persons)} 人{extra}。"
    extra = f"; the people of {unknown} settlements are not known" if unknown else ""
    extra += f"; {_number(unplaced)} people of the raster could not be placed" if unplaced > 0.5 else ""
    return f"{plan.name_en or plan.name} has {_number(len(frame))} settlements in {_number(groups)} village groups with {_number(persons)} people{extra}."


def _access(result: PlanResult, plan: PlanConfig, zh: bool) -> str:
    service = next((one for one in plan.services if one.id == "clinic"), plan.services[0])
    times = result.access.times
    rows = times[times["service"] == service.id].merge(
        result.demand.settlements[["settlement_id", "persons"]], on="settlement_id", how="left"
    )
    season = plan.access.seasons[0]
    now = rows[rows["season"] == season]
    within = now.loc[now["travel_time_min"] <= 30.0, "persons"].sum()
    known = now["persons"].sum()
    share = within / known if known else float("nan")
    lost = float("nan")
    if len(plan.access.seasons) > 1:
        wet = rows[rows["season"] == plan.access.seasons[1]].set_index("settlement_id")
        dry = now.set_index("settlement_id")
        ids = dry.index[dry["status"] == Status.OK.value]
        lost = wet.loc[ids][wet.loc[ids, "status"] != Status.OK.value]["persons"].sum()
    if zh:
        tail = f",雨季另有 {_number(lost)} 人完全无法到达" if not pd.isna(lost) else ""
        return f"{_number(within)} 人({share:.1%})可在 30 分钟内到达最近的{service.label_zh}{tail}。"
    tail = f"; in the wet season {_number(lost)} people lose it altogether" if not pd.isna(lost) else ""
    return f"{_number(within)} people ({share:.1%}) reach the nearest {service.label_en} within 30 minutes{tail}."


def _gaps(result: PlanResult, standards: StandardsProfile, zh: bool) -> str:
    gaps = result.coverage.gaps
    short = gaps["coverage"].isin(["gap", "unreachable"])
    by_group = gaps["group_code"].fillna("").ne("").any()
    unit = "group_code" if by_group else "village_code"
    units = gaps.loc[short & gaps[unit].fillna("").ne(""), unit].nunique()
    by_item = gaps[short].groupby("item")["short_persons"].sum().sort_values(ascending=False, kind="stable")
    unknown = gaps.loc[gaps["coverage"] == "unknown", "item"].nunique()
    items = gaps["item"].nunique()
    label = {item.id: item.label_zh if zh else item.label_en for item in standards.items}
    worst = label.get(by_item.index[0], by_item.index[0]) if len(by_item) else "—"
    people = _number(by_item.iloc[0] if len(by_item) else 0.0)
    if zh:
        name = "村民小组" if by_group else "行政村"
        return (
            f"{_number(units)} 个{name}至少有一项标准不达标,缺口最大的是“{worst}”({people} 人);"
            f"{items} 项标准中有 {unknown} 项对部分人口没有数据,按未知处理。"
        )
    name = "village groups" if by_group else "administrative villages"
    return (
        f"{_number(units)} {name} fall short of at least one standard, the widest gap being “{worst}” ({people} people); "
        f"{unknown} of {items} items cannot be judged for some people and stay unknown."
    )


def _moves(result: PlanResult, zh: bool) -> str:
    table = result.candidacy.candidacy.merge(
        result.demand.settlements[["settlement_id", "persons"]], on="settlement_id", how="left"
    )
    counts = table.groupby("relocation_class")["persons"].agg(["size", "sum"])

    def of(one: RelocationClass) -> tuple[str, str]:
        return (
            (_number(counts.loc[one.value, "size"]), _number(counts.loc[one.value, "sum"]))
            if one.value in counts.index
            else ("0", "0")
        )

    must, suggested, undecided = of(RelocationClass.MUST), of(RelocationClass.SUGGESTED), of(RelocationClass.UNDECIDED)
    if zh:
        return f"应搬 {must[0]} 个自然村({must[1]} 人),建议搬 {suggested[0]} 个({suggested[1]} 人),证据不足 {undecided[0]} 个({undecided[1]} 人)。"
    return (
        f"{must[0]} settlements ({must[1]} people) must move (应搬), {suggested[0]} ({suggested[1]}) are advised to (建议搬), and for"
        f" {undecided[0]} ({undecided[1]}) the evidence is insufficient (证据不足)."
    )


def _sites(result: PlanResult, zh: bool) -> str:
    sites = result.sites.sites
    usable = sites[sites["rank"].notna()]
    households = usable["capacity_households"].sum()
    must = result.candidacy.candidacy.merge(
        result.demand.settlements[["settlement_id", "households"]], on="settlement_id", how="left"
    )
    need = must.loc[must["relocation_class"] == RelocationClass.MUST.value, "households"].sum()
    if usable.empty and len(result.sites.exclusions):
        why = result.sites.exclusions.sort_values("excluded_area_m2", ascending=False, kind="stable").iloc[0]
        if zh:
            return f"没有可用的安置点,排除面积最大的原因是“{why['label_zh']}”;应搬户数为 {_number(need)} 户。"
        return f"There is no usable receiving site, most ground being ruled out as “{why['label_en']}”; {_number(need)} households must move."
    if zh:
        return f"找到 {_number(len(usable))} 处可用安置点,共可安置 {_number(households)} 户;应搬户数为 {_number(need)} 户。"
    return f"{_number(len(usable))} usable receiving sites can take {_number(households)} households; {_number(need)} households must move."
