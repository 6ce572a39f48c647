"""Say what a run found in seven sentences of real figures.

People, access, gaps, classes, how sure they are, cost, and where to. By hand: 710 groups of which serving costs less for 686, moving for 18, and
6 cannot be compared give “… 就地配套更省的 686 个、搬迁更省的 18 个,尚不能比较的 6 个”: the parts add up to the whole.
"""

from __future__ import annotations

import math

import pandas as pd

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.relocation import CertaintyResult
from geoplan.contracts.results import PlanResult
from geoplan.contracts.status import RelocationClass, Status
from geoplan.report.relocation_words import format_yuan


def _number(value: float) -> str:
    """Return a count with thousands separators, rounded half up as on the map, or a dash where it is unknown."""
    return "—" if pd.isna(value) else f"{math.floor(value + 0.5):,}"


def summarise(result: PlanResult, plan: PlanConfig, standards: StandardsProfile, *, language: str) -> list[str]:
    """Return seven sentences: who lives here, how they reach services, what is short, who should move, how sure that is, at what cost, where to.

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
        _certainty(result.certainty, zh),
        _costs(result, zh),
        _sites(result, plan, zh),
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
    # What a text demands comes before what is common practice.
    cited = [item.id for item in standards.items if item.status == "cited" and by_item.get(item.id, 0.0) > 0.0]
    by_item = by_item[by_item.index.isin(cited)] if cited else by_item
    worst = label.get(by_item.index[0], by_item.index[0]) if len(by_item) else "—"
    where = ("有明文依据的标准中缺口最大的是", "the widest gap of a standard that a text demands being") if cited else ("缺口最大的是", "the widest gap being")
    people = _number(by_item.iloc[0] if len(by_item) else 0.0)
    if zh:
        name = "村民小组" if by_group else "行政村"
        return (
            f"{_number(units)} 个{name}至少有一项标准不达标,{where[0]}“{worst}”({people} 人);"
            f"{items} 项标准中有 {unknown} 项对部分人口没有数据,按未知处理{_ledger(result, zh)}。"
        )
    name = "village groups" if by_group else "administrative villages"
    return (
        f"{_number(units)} {name} fall short of at least one standard, {where[1]} “{worst}” ({people} people); "
        f"{unknown} of {items} items cannot be judged for some people and stay unknown{_ledger(result, zh)}."
    )


def _ledger(result: PlanResult, zh: bool) -> str:
    """Say how many gaps the ledger lists, and what of their cost is known; nothing for a result without one."""
    if result.ledger is None:
        return ""
    table = result.ledger.ledger
    open_ = table[table["status"] == "open"]
    late, money = int(open_["overdue"].sum()), format_yuan(float(open_["capital_yuan"].sum()), "zh" if zh else "en")
    unpriced = int((~open_["cost_status"].isin(["ok", "shared"])).sum())
    if zh:
        return f";台账列出未销号缺口 {_number(len(open_))} 条,其中逾期 {_number(late)} 条,已知投资 {money}({_number(unpriced)} 条费用待定)"
    return (
        f"; the ledger lists {_number(len(open_))} open gaps, {_number(late)} of them overdue, of {money} known capital "
        f"({_number(unpriced)} of unknown cost)"
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


def _certainty(certainty: CertaintyResult, zh: bool) -> str:
    """Say of how many settlements the class is certain, and what the others depend on most."""
    counts = certainty.settlements["verdict"].value_counts()
    move, stay, depends = (int(counts.get(one, 0)) for one in ("certain_move", "certain_stay", "depends"))
    first = (
        certainty.settlements.loc[certainty.settlements["verdict"] == "depends", "depends_on"].fillna("").str.split(";").str[0]
    )
    named = first[first != ""].value_counts(sort=True)
    factor = _name_factor(str(named.index[0]), certainty, zh) if len(named) else ""
    if zh:
        tail = f",最常取决于“{factor}”({named.iloc[0]:,} 个)" if factor else ""
        return (
            f"{certainty.draws:,} 次抽样中,{_number(move + stay)} 个自然村的等级是确定的(应搬 {_number(move)} 个、可留 {_number(stay)} 个),"
            f"{_number(depends)} 个尚不确定{tail}。"
        )
    tail = f", most often on “{factor}” ({named.iloc[0]:,})" if factor else ""
    return (
        f"Over {certainty.draws:,} draws the class of {_number(move + stay)} settlements is certain ({_number(move)} to move, {_number(stay)} to stay); "
        f"for {_number(depends)} it depends{tail}."
    )


def _name_factor(factor: str, certainty: CertaintyResult, zh: bool) -> str:
    """Return the label of a factor, without quotation marks; its id where nobody labelled it."""
    labels = certainty.tornado.loc[certainty.tornado["factor"] == factor, "label_zh" if zh else "label_en"]
    return str(labels.iloc[0]).replace("“", "").replace("”", "") if len(labels) else factor


def _costs(result: PlanResult, zh: bool) -> str:
    """Say for how many groups serving, and for how many moving, costs less, and for how many nobody knows."""
    decision = result.decision
    alone = result.demand.settlements["group_code"].fillna("").eq("").any()
    counts = decision.groups["cheaper"].value_counts()
    serve, move, equal = (int(counts.get(one, 0)) for one in ("serve", "move", "equal"))
    total = len(decision.groups)
    unknown = total - serve - move - equal
    years = decision.groups.get("horizon_years", pd.Series(dtype=float)).dropna()
    if zh:
        horizon = f"按 {years.iloc[0]:g} 年现值" if len(years) else "按现值"
        unit = "村民小组或无组的自然村" if alone else "村民小组"
        same = f"、两者相当的 {_number(equal)} 个" if equal else ""
        return (
            f"{horizon},{_number(total)} 个{unit}中就地配套更省的 {_number(serve)} 个、搬迁更省的 {_number(move)} 个{same},"
            f"尚不能比较的 {_number(unknown)} 个。"
        )
    horizon = f"Over {years.iloc[0]:g} years, in present value," if len(years) else "In present value,"
    unit = "village groups and settlements without one" if alone else "village groups"
    same = f", both cost the same for {_number(equal)}" if equal else ""
    return (
        f"{horizon} serving in place costs less than moving for {_number(serve)} of {_number(total)} {unit} and more for {_number(move)}{same}; "
        f"for {_number(unknown)} it is not known."
    )


def _sites(result: PlanResult, plan: PlanConfig, zh: bool) -> str:
    """Say who is to move and where to; where there is no site, what rules out most ground."""
    sites = result.sites.sites
    usable = sites[sites["rank"].notna()]
    table = result.allocation.settlements
    placed, without = (table[table["move"] == one] for one in ("assigned", "unassigned"))
    who, left = _movers(result, plan, zh), _number(without["persons"].sum())
    if usable.empty and len(result.sites.exclusions):
        why = result.sites.exclusions.sort_values("excluded_area_m2", ascending=False, kind="stable").iloc[0]
        if zh:
            tail = f",{left} 人未能安置" if len(without) else ""
            return f"{who};没有可用的安置点,排除面积最大的原因是“{why['label_zh']}”{tail}。"
        tail = f", and {left} people have no place" if len(without) else ""
        return f"{who}; there is no usable receiving site, most ground being ruled out as “{why['label_en']}”{tail}."
    households, there = _number(usable["capacity_households"].sum()), _number(placed["persons"].sum())
    opened = placed["site_id"].nunique()
    if zh:
        return f"{who}:{there} 人安置到 {opened} 处安置点,{left} 人未能安置;可用安置点共 {_number(len(usable))} 处,可安置 {households} 户。"
    return (
        f"{who}: {there} go to {_count(opened, 'receiving site')} and {left} find no place; "
        f"{_count(len(usable), 'usable site')} could take {households} households."
    )


def _movers(result: PlanResult, plan: PlanConfig, zh: bool) -> str:
    """Say how many people are to move, in how many households, and how many groups as a whole."""
    table = result.allocation.settlements
    moving = table[table["move"].isin(["assigned", "unassigned"])]
    people, households = _number(moving["persons"].sum()), _number(moving["households"].sum())
    uncounted = int((table["reason"] == "persons_unknown").sum())
    whole = int((result.group_moves.groups["form"] == "whole").sum()) if plan.allocation.whole_groups else 0
    if zh:
        said = f"需搬迁 {people} 人、{households} 户"
        said += f"(另有 {uncounted} 个应搬的自然村人数未知)" if uncounted else ""
        return said + (f",其中 {whole} 个村民小组整组搬迁" if whole else "")
    said = f"{people} people in {households} households are to move"
    said += f" (and those of {_count(uncounted, 'settlement')} nobody counted)" if uncounted else ""
    return said + (f", {_count(whole, 'village group')} as a whole" if whole else "")


def _count(number: int, noun: str) -> str:
    """Return a number with its English noun.

    >>> _count(1, "site"), _count(6, "site")
    ('1 site', '6 sites')
    """
    return f"{_number(number)} {noun}{'' if number == 1 else 's'}"
