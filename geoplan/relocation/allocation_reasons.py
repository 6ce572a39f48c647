"""Name why a unit has no site and why a site is open, full or empty, in Chinese and English.

The first cause that holds, of a unit without a site:
1. travel_unknown      no site has minutes for all of its settlements
2. travel_limit        none lies within the travel limit
3. site_too_small      none within reach, empty, holds the whole unit (people, households, seats)
4. room_used_up        every site within reach that would hold it is open and too full by now
5. max_sites           one is shut, and as many are open as may be
6. pool_used_up        one is shut or has room, but the seats it shares are taken
7. below_least_size    one is shut, and even with everybody who could join, or in this plan, it would stay below the least size
8. dearer_than_penalty the cheapest place costs more than leaving it out
9. not_proven          none of these: a plan within the gap left it out

By hand: a unit of 50, reach of one site with room 40 → site_too_small; with room 60, of which 20 are taken → room_used_up.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.contracts.allocation_config import AllocationConfig
from geoplan.optimise.assignment import Assignment
from geoplan.optimise.problem import NOWHERE, SLACK, find_possible, sum_rows
from geoplan.relocation.placement import Placement

_SHOWN = 3
_KIND_ZH = {"households": "户数", "school": "学位", "clinic": "床位", "persons": "人数"}
_KIND_EN = {"households": "households", "school": "school seats", "clinic": "clinic beds", "persons": "people"}


@dataclass(frozen=True)
class Cause:
    """Why a unit has no site."""

    code: str
    zh: str
    en: str


def find_causes(placement: Placement, found: Assignment, config: AllocationConfig) -> dict[int, Cause]:
    """Return the cause of every unit without a site, by its number."""
    problem, m = placement.problem, len(placement.sites)
    placed = found.site != NOWHERE
    load = np.bincount(found.site[placed], weights=problem.weight[placed], minlength=m)
    opened = np.bincount(found.site[placed], minlength=m) > 0
    used, fits = sum_rows(problem, found.site), find_possible(problem)
    causes = {}
    for i in np.flatnonzero(~placed):
        near = _too_far(placement, int(i), fits[i], config)
        causes[int(i)] = near or _no_room(placement, int(i), fits[i], load, opened, used)
    return causes


def _too_far(placement: Placement, i: int, fits: np.ndarray, config: AllocationConfig) -> Cause | None:
    """Return causes 1 to 3, that no other unit has a part in."""
    minutes, problem = placement.minutes[i], placement.problem
    reach = np.isfinite(problem.cost[i])
    people = f"{problem.weight[i]:,.0f}"
    if not np.isfinite(minutes).any():
        zh, en = (
            "没有任何安置点到老地的时间(未知或超出计算范围)",
            "no site has a known time to the old land (unknown, or beyond what was searched)",
        )
        return Cause("travel_unknown", zh, en)
    if not reach.any():
        j = int(np.argmin(minutes))
        zh = f"{config.travel_limit_min:g} 分钟内没有安置点;最近的 {placement.sites[j]} 需 {minutes[j]:.1f} 分钟"
        en = f"no site within {config.travel_limit_min:g} min of the old land; the nearest, {placement.sites[j]}, is {minutes[j]:.1f} min away"
        return Cause("travel_limit", zh, en)
    if not fits.any():
        largest = int(np.argmax(np.where(reach, problem.room, -1.0)))
        zh = f"需整体安置 {people} 人,可达的 {reach.sum()} 个安置点都容不下;最大的 {placement.sites[largest]} 可容 {problem.room[largest]:,.0f} 人"
        en = (
            f"{people} people are to stay together, and none of the {reach.sum()} sites within reach holds them; "
            f"the largest, {placement.sites[largest]}, takes {problem.room[largest]:,.0f}"
        )
        tight = [
            e for e in range(len(placement.rows)) if problem.member[e, largest] and problem.use[e, i] > problem.limit[e] + SLACK
        ]
        if tight and problem.room[largest] >= problem.weight[i]:
            zh += f",但{_name_row(placement, tight[0])[0]}不足"
            en += f", but {_name_row(placement, tight[0])[1]} do not suffice"
        return Cause("site_too_small", zh, en)
    return None


def _no_room(placement: Placement, i: int, fits: np.ndarray, load: np.ndarray, opened: np.ndarray, used: np.ndarray) -> Cause:
    """Return causes 4 to 9, that rest on who else was placed."""
    problem = placement.problem
    need = problem.weight[i]
    roomy = load + need <= problem.room + SLACK
    full_rows = [e for e in range(len(placement.rows)) if used[e] + problem.use[e, i] > problem.limit[e] + SLACK]
    blocked = problem.member[full_rows].any(axis=0) if full_rows else np.zeros(len(load), dtype=bool)
    own = [e for e in full_rows if placement.rows[e][0] == "households"]
    at_home = problem.member[own].any(axis=0) if own else np.zeros(len(load), dtype=bool)
    free = fits & opened & roomy & ~blocked
    if not free.any():
        if (fits & ~opened).sum() == 0 and not (fits & roomy & blocked & ~at_home).any():
            shown = [f"{placement.sites[j]}({problem.room[j] - load[j]:,.0f})" for j in np.flatnonzero(fits)[:_SHOWN]]
            more = "…" if fits.sum() > _SHOWN else ""
            zh = f"可达安置点的容量已用尽(剩余人数:{'、'.join(shown)}{more});本单元 {need:,.0f} 人"
            en = f"the room within reach is used up (people left: {', '.join(shown)}{more}); this unit is {need:,.0f}"
            return Cause("room_used_up", zh, en)
        if (fits & ~opened & ~blocked).any():
            return _shut(placement, i, fits & ~opened & ~blocked, opened)
        e = next((one for one in full_rows if (problem.member[one] & fits).any()), full_rows[0])
        zh, en = _name_row(placement, e)
        return Cause("pool_used_up", f"可达安置点共用的{zh}已用尽", f"the {en} that the sites within reach share are used up")
    return _dear(placement, i, free, opened)


def _shut(placement: Placement, i: int, shut: np.ndarray, opened: np.ndarray) -> Cause:
    """Return why none of the ``shut`` sites opened for the unit."""
    problem = placement.problem
    names = "、".join(placement.sites[j] for j in np.flatnonzero(shut)[:_SHOWN])
    if opened.sum() >= problem.most_open:
        zh = f"最多开 {problem.most_open} 个安置点,已开满;{names} 未开"
        return Cause("max_sites", zh, f"{problem.most_open} sites may open and do; {names.replace('、', ', ')} stay shut")
    if (problem.least[shut] > problem.weight[i] + SLACK).all():
        least = problem.least[shut].min()
        zh = f"{names} 达不到最小规模 {least:,.0f} 人,未开"
        en = f"{names.replace('、', ', ')} would stay below the least size of {least:,.0f} people in this plan"
        return Cause("below_least_size", zh, en)
    return _dear(placement, i, shut, opened)


def _dear(placement: Placement, i: int, there: np.ndarray, opened: np.ndarray) -> Cause:
    """Return whether a place costs more than the penalty; else the plan was not proven."""
    problem = placement.problem
    price = np.where(there, problem.cost[i] + np.where(opened, 0.0, problem.opening), np.inf)
    j = int(np.argmin(price))
    if price[j] >= problem.penalty[i]:
        zh = f"最便宜的 {placement.sites[j]} 需 {price[j]:,.0f} 元,高于不安置的罚值 {problem.penalty[i]:,.0f} 元"
        en = f"the cheapest place, {placement.sites[j]}, costs {price[j]:,.0f} yuan, more than the penalty of {problem.penalty[i]:,.0f}"
        return Cause("dearer_than_penalty", zh, en)
    return Cause(
        "not_proven", "在求解精度内未排入;缩小允许间隙可再试", "left out within the gap of the search; ask for a smaller gap"
    )


def _name_row(placement: Placement, e: int) -> tuple[str, str]:
    """Return a shared row in words."""
    kind, name = placement.rows[e]
    return f"{_KIND_ZH.get(kind, kind)}({name})", f"{_KIND_EN.get(kind, kind)} ({name})"


_STATES = {
    "can_stay": ("可留,不搬", "can stay"),
    "advised_only": ("建议搬,本方案不安排", "a move is advised, not part of this plan"),
    "nobody_lives_there": ("无人居住,不需安置", "nobody lives there"),
    "evidence": ("证据不足,待核实后再定", "the evidence is insufficient; to be decided once it is there"),
    "persons_unknown": (
        "应搬但人数未知,核实后再排",
        "is to move, but how many people live there is not known; to be placed once they are counted",
    ),
}


def explain_settlements(table: pd.DataFrame, placement: Placement, config: AllocationConfig) -> pd.DataFrame:
    """Return the settlements table of `AllocationResult` with a reason for every row."""
    zh, en, codes = [], [], []
    for row in table.itertuples():
        if row.move == "assigned":
            together = row.reason == "whole_group"
            codes.append("whole_group" if together else "assigned")
            zh.append(f"迁往 {row.site_id},距老地 {row.travel_min:.0f} 分钟" + (",整组搬迁随迁" if together else ""))
            en.append(
                f"goes to {row.site_id}, {row.travel_min:.0f} min from the old land"
                + (", with its whole group" if together else "")
            )
        elif row.move == "unassigned":
            codes.append(row.cause.code)
            zh.append(row.cause.zh)
            en.append(row.cause.en)
        else:
            codes.append(row.reason)
            zh.append(_STATES[row.reason][0])
            en.append(_STATES[row.reason][1])
    told = table.assign(reason=codes, reason_zh=zh, reason_en=en)
    columns = (
        "settlement_id group_code persons households move site_id travel_min same_township straight_m reason reason_zh reason_en"
    )
    return told[[*columns.split(), "relocation_class"]]


def explain_sites(
    told: pd.DataFrame, sites: gpd.GeoDataFrame, placement: Placement, found: Assignment, config: AllocationConfig
) -> pd.DataFrame:
    """Return the sites table of `AllocationResult`: loads, shares, costs, and why each is open or shut."""
    problem = placement.problem
    ids = pd.Index(placement.sites)
    here = told[told["move"] == "assigned"].groupby("site_id")
    persons = here["persons"].sum().reindex(ids, fill_value=0.0).to_numpy(dtype=float)
    opened = persons > 0
    rows = pd.DataFrame({"site_id": placement.sites, "name": sites["name"].to_numpy() if "name" in sites else ""})
    rows["opened"], rows["persons"] = opened, persons
    rows["households"] = here["households"].sum(min_count=1).reindex(ids).where(opened, 0.0).to_numpy(dtype=float)
    for column in ("capacity_persons", "capacity_households"):
        rows[column] = pd.to_numeric(sites[column], errors="coerce").to_numpy(dtype=float) if column in sites else np.nan
    rows["binding"] = _binding(sites)
    share = persons / np.where(problem.room > 0, problem.room, np.inf)
    used = sum_rows(problem, found.site)
    for e, (kind, _) in enumerate(placement.rows):
        if kind == "households" and problem.limit[e] > 0:
            share = np.maximum(share, np.where(problem.member[e], used[e] / problem.limit[e], 0.0))
    rows["load_share"] = np.minimum(share, 1.0)
    rows["settlements"] = here.size().reindex(ids, fill_value=0).to_numpy()
    units = np.bincount(found.site[found.site != NOWHERE], minlength=len(ids))
    rows["groups"] = units
    per_person = pd.to_numeric(sites.get("yuan_per_person"), errors="coerce") if "yuan_per_person" in sites else None
    each = np.full(len(ids), config.site_yuan_per_person)
    if per_person is not None:
        each = np.where(per_person.notna(), per_person, each)
    rows["cost_yuan"] = np.where(opened, problem.opening + persons * each, 0.0)
    words = [_describe_site(rows.iloc[j], bool(np.isfinite(problem.cost[:, j]).any())) for j in range(len(ids))]
    rows["reason_zh"], rows["reason_en"] = [one[0] for one in words], [one[1] for one in words]
    return rows


def _binding(sites: gpd.GeoDataFrame) -> list[str]:
    """Return what limits each site: as the sites say, else the area of a patch and the stated capacity of a place."""
    for column in ("capacity_binding", "binding"):
        if column in sites:
            return sites[column].fillna("").astype(str).tolist()
    kinds = sites["kind"] if "kind" in sites else pd.Series(["patch"] * len(sites))
    return ["area" if one == "patch" else "stated" for one in kinds]


def _describe_site(row: pd.Series, reached: bool) -> tuple[str, str]:
    """Return why a site is open or shut."""
    if row["opened"]:
        full = f"{row['persons']:,.0f} / {row['capacity_persons']:,.0f}"
        return f"启用:安置 {full} 人,负荷 {row['load_share']:.0%}", f"open: {full} people, {row['load_share']:.0%} full"
    if not np.isfinite(row["capacity_persons"]):
        return "未启用:容量未知", "shut: its capacity is not known"
    if not reached:
        return "未启用:时限内没有需要搬迁的单元", "shut: no unit that moves lies within the travel limit"
    return "未启用:其他安置点合计成本更低", "shut: the others cost less in all"
