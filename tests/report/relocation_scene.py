"""Made-up relocation tables for any county of the contract: nearest site with room, costs by hand, the contract's columns and no others."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import LineString

from geoplan.contracts.relocation import (
    AllocationResult,
    BatchesResult,
    CertaintyResult,
    DecisionResult,
    GroupMovesResult,
    ScreeningResult,
    TreatmentResult,
)
from geoplan.contracts.results import PlanResult
from geoplan.report.relocation_parts import RelocationParts

FACTORS = [
    ("hazard_class", "隐患等级", "hazard class"), ("weights", "指标权重", "weights"), ("speed", "出行速度", "travel speeds"),
    ("dem", "高程误差", "elevation error"), ("persons", "人口", "people"),
]  # fmt: skip
STAYS = ("stays", "判定为可留,就地保障", "can stay, served in place")
UNDECIDED = ("undecided", "证据不足,先补充调查", "evidence is missing, survey first")
LIMITS = [("unassigned_capacity", "30 分钟内的安置点都已满员", "every site within 30 min is full")]


def make_screening(settlements: gpd.GeoDataFrame) -> ScreeningResult:
    """Return a screening that found nothing."""
    return ScreeningResult(
        pd.DataFrame({"settlement_id": settlements["settlement_id"], "status": "no_data", "basis": "screening"})
    )


def make_relocation(result: PlanResult, *, full_every: int = 11) -> RelocationParts:
    """Return every part; each ``full_every``-th moving settlement finds no room."""
    allocation = _allocate(result, full_every)
    return RelocationParts(
        allocation=allocation, certainty=_certainty(result), decision=_decision(result), treatment=_treatment(result),
        group_moves=_group_moves(result), batches=_batches(result, allocation),
    )  # fmt: skip


def add_scores(result: PlanResult) -> PlanResult:
    """Return the result with maps of two exclusions and contributions that sum to the score of each site."""
    sites = result.sites.sites
    score, n = sites["site_score"].to_numpy(float), len(sites)
    parts = [
        ("slope", "坡度", "slope", "slope_deg", "°", 0.6),
        ("road", "距全天候道路", "distance to an all-weather road", "road_m", "m", 0.4),
    ]
    contributions = pd.concat(
        [
            pd.DataFrame(
                {"site_id": sites["site_id"], "criterion": name, "label_zh": zh, "label_en": en, "raw": sites[column], "unit": unit, "status": "ok",
                 "points": score, "weight": weight, "contribution": weight * score, "source": "安置点选址的常用分档", "clause": "", "evidence": "convention"}
            )
            for name, zh, en, column, unit, weight in parts
        ],
        ignore_index=True,
    )  # fmt: skip
    west, south, east, north = result.demand.county.total_bounds
    square = shapely.box(west, south, (west + east) / 2, (south + north) / 2)
    rows = [
        ("slope", "坡度大于 15°", "steeper than 15°", scope, square.area, 50.0, shapely.MultiPolygon([square]))
        for scope in ("own", "added")
    ]
    rows += [
        ("red_line", "避让图层 red_line", "exclusion layer red_line", scope, 0.0, 50.0, shapely.MultiPolygon())
        for scope in ("own", "added")
    ]
    maps = gpd.GeoDataFrame(
        rows,
        columns=["reason", "label_zh", "label_en", "scope", "area_m2", "block_m", "geometry"],
        geometry="geometry",
        crs=sites.crs,
    )
    table = pd.DataFrame(
        {"reason": ["slope", "red_line", "far_from_road"], "label_zh": ["坡度大于 15°", "避让图层 red_line", "距全天候道路超过 1000 m"],
         "label_en": ["steeper than 15°", "exclusion layer red_line", "farther than 1000 m from a road"],
         "excluded_area_m2": [square.area, 0.0, 2.5e6], "added_area_m2": [square.area, 0.0, 1.5e6]}
    )  # fmt: skip
    pools = pd.DataFrame(
        {"site_id": sites["site_id"], "pool_id": "F1", "kind": "school", "free_seats": 30.0, "seats_per_person": 0.076}
    )
    more = {"excluded_reason": "", "ground_persons": sites["capacity_persons"], "school_persons": sites["capacity_persons"] * 0.9, "school_seats_free": 30.0,
            "school_seats_status": "ok", "clinic_persons": np.nan, "clinic_seats_free": np.nan, "clinic_seats_status": "no_data"}  # fmt: skip
    made = SimpleNamespace(
        sites=sites.assign(**more), exclusions=table, exclusion_maps=maps, contributions=contributions, pools=pools
    )
    assert n
    return replace(result, sites=made)


def _classes(result: PlanResult) -> pd.Series:
    given = result.candidacy.candidacy.set_index("settlement_id")["relocation_class"]
    return result.demand.settlements["settlement_id"].map(given)


def _allocate(result: PlanResult, full_every: int) -> AllocationResult:
    people, sites = result.demand.settlements, result.sites.sites.reset_index(drop=True)
    klass = _classes(result)
    centre = sites.geometry.representative_point()
    room = sites["capacity_persons"].fillna(0).to_numpy(float).copy()
    rows, lines = [], []
    township = people["township_code"].tolist()
    moving = 0
    for at, (one, kind) in enumerate(zip(people.itertuples(), klass, strict=True)):
        move, site, minutes, straight = {"可留": "stays", "证据不足": "undecided"}.get(kind, "unassigned"), "", np.nan, np.nan
        why = STAYS if move == "stays" else UNDECIDED
        if move == "unassigned":
            moving += 1
            why = LIMITS[0]
            apart = shapely.distance(one.geometry, centre.to_numpy())
            free = np.flatnonzero(room >= np.nan_to_num(one.persons))
            if moving % full_every and len(free):
                k = free[np.argmin(apart[free])]
                room[k] -= np.nan_to_num(one.persons)
                move, site, straight, minutes = "assigned", sites["site_id"][k], apart[k], apart[k] / 250.0 + 4.0
                why = ("nearest_free", "行程最短且有余量的安置点", "the nearest site with room")
                lines.append((one.settlement_id, site, one.persons, minutes, LineString([one.geometry, centre[k]])))
        same = bool(site) and sites["township_code"][sites["site_id"] == site].iloc[0] == township[at]
        rows.append((one.settlement_id, one.group_code, one.persons, one.households, move, site, minutes, same, straight, *why))
    columns = "settlement_id group_code persons households move site_id travel_min same_township straight_m reason reason_zh reason_en".split()
    table = pd.DataFrame(rows, columns=columns)
    moves = gpd.GeoDataFrame(
        lines, columns=["settlement_id", "site_id", "persons", "travel_min", "geometry"], geometry="geometry", crs=people.crs
    )
    filled = table[table.move == "assigned"].groupby("site_id").agg(
        persons=("persons", "sum"), households=("households", "sum"), settlements=("persons", "size"), groups=("group_code", "nunique")
    ).reindex(sites["site_id"]).fillna(0)  # fmt: skip
    binding = np.where(sites["kind"] == "patch", np.where(np.arange(len(sites)) % 3 == 0, "school", "area"), "stated")
    out = pd.DataFrame(
        {
            "site_id": sites["site_id"], "name": sites["name"], "opened": filled["settlements"].to_numpy() > 0,
            "persons": filled["persons"].to_numpy(), "households": filled["households"].to_numpy(),
            "capacity_persons": sites["capacity_persons"], "capacity_households": sites["capacity_households"], "binding": binding,
            "load_share": filled["persons"].to_numpy() / sites["capacity_persons"].where(sites["capacity_persons"] > 0),
            "settlements": filled["settlements"].astype(int).to_numpy(), "groups": filled["groups"].astype(int).to_numpy(),
            "cost_yuan": np.where(filled["settlements"] > 0, 400_000 + 61_000 * filled["persons"], 0.0),
            "reason_zh": np.where(filled["settlements"] > 0, "启用:就近且有余量", "未启用:没有人被分到这里"),
            "reason_en": np.where(filled["settlements"] > 0, "opened: near and with room", "not opened: nobody goes there"),
        }
    )  # fmt: skip
    return AllocationResult(table, out, moves, 1234.5, 1230.0, 0.00364, "optimal")


def _certainty(result: PlanResult) -> CertaintyResult:
    rng = np.random.default_rng(3)
    ids, klass = result.demand.settlements["settlement_id"], _classes(result).to_numpy()
    n = len(ids)
    own = np.where(rng.random(n) < 0.5, 1.0, rng.uniform(0.45, 0.95, n)) if n > 40 else np.linspace(0.5, 1.0, n)
    p = np.zeros((n, 4))
    order = ["应搬", "建议搬", "可留", "证据不足"]
    at = np.array([order.index(one) for one in klass])
    p[np.arange(n), at] = own
    p[np.arange(n), np.where(at == 3, 2, np.where(at == 2, 1, at + 1))] += 1 - own
    verdict = np.where((p[:, 0] + p[:, 1]) >= 0.9, "certain_move", np.where(p[:, 2] >= 0.9, "certain_stay", "depends"))
    depends = np.where(verdict == "depends", "hazard_class;weights", "")
    score = result.candidacy.candidacy.set_index("settlement_id")["candidacy_score"].reindex(ids).to_numpy()
    low, high = np.clip(score - 0.08, 0, 1), np.clip(score + 0.1, 0, 1)
    table = pd.DataFrame(
        {
            "settlement_id": ids, "p_must": p[:, 0], "p_suggest": p[:, 1], "p_stay": p[:, 2], "p_undecided": p[:, 3], "verdict": verdict,
            "depends_on": depends, "rank_p05": 1.0, "rank_p50": 5.0, "rank_p95": 9.0, "score_p05": low, "score_p50": score, "score_p95": high,
            "reason_zh": [f"1,000 次抽样中 {a:.0%} 判为{k}" for a, k in zip(p.max(axis=1), klass, strict=True)],
            "reason_en": [f"{a:.0%} of 1,000 draws give this class" for a in p.max(axis=1)],
        }
    )  # fmt: skip
    bands = pd.DataFrame(
        {"settlement_id": ids.repeat(2).to_numpy(), "rank_from": np.tile([1, 11], n), "rank_to": np.tile([10, n], n),
         "acceptability": np.tile([0.7, 0.3], n)}
    )  # fmt: skip
    swing = np.array([0.18, 0.11, 0.06, 0.02, 0.004])
    tornado = pd.concat(
        [
            pd.DataFrame(
                {"settlement_id": ids, "factor": f, "label_zh": zh, "label_en": en, "score_low": np.clip(score - w, 0, 1),
                 "score_high": np.clip(score + 0.7 * w, 0, 1), "class_low": "可留", "class_high": klass}
            )
            for (f, zh, en), w in zip(FACTORS, swing, strict=True)
        ],
        ignore_index=True,
    )  # fmt: skip
    return CertaintyResult(table, bands, tornado, draws=1000, seed=7)


ITEMS = [
    ("serve", "road", "通组硬化路", "paved link road", 1200.0, "m", 900.0, "《示例县交通工程造价信息》", "表 3"),
    ("serve", "water", "集中供水", "piped water", 40.0, "persons", 1500.0, "水利部 农村供水投资标准", ""),
    ("serve", "hazard_works", "隐患治理", "hazard works", 1.0, "处", 650_000.0, "示例县自然资源局估算", ""),
    ("move", "housing", "安置住房(≤25 m²/人)", "housing (≤ 25 m² per person)", 25.0, "m²", 1900.0, "《关于易地扶贫搬迁的意见》", "三(七)"),
    ("move", "land", "征地", "land", 90.0, "m²", 120.0, "示例县征地区片综合地价", "一级"),
    ("move", "released", "旧宅基地复垦", "land released", -120.0, "m²", 60.0, "增减挂钩节余指标价", ""),
]  # fmt: skip


def _decision(result: PlanResult) -> DecisionResult:
    by = result.demand.settlements.groupby("group_code", sort=False).agg(
        persons=("persons", "sum"), households=("households", "sum")
    )
    names = result.demand.groups.drop_duplicates("code").set_index("code")["name"]
    k, n = np.arange(len(by)), by["persons"].to_numpy(float)
    far = 0.3 + (k * 37 % 100) / 40.0
    serve, each = 1_700_000.0 * far, 41_000.0 + 4_000.0 * (k % 5)
    move = each * n + 150_000.0
    gone = k % 13 == 5
    serve = np.where(gone, np.nan, serve)
    cheaper = np.select([gone | (n == 0), serve < move, serve > move], ["unknown", "serve", "move"], "equal")
    even = np.where(gone, np.nan, (serve - 150_000.0) / each)
    groups = pd.DataFrame(
        {
            "group_code": by.index, "name": names.reindex(by.index).fillna("").to_numpy(), "persons": n, "households": by["households"].to_numpy(),
            "serve_yuan": serve, "move_yuan": move, "serve_status": np.where(gone, "no_data", "ok"), "move_status": "ok",
            "serve_yuan_per_person": serve / np.where(n > 0, n, np.nan), "move_yuan_per_person": move / np.where(n > 0, n, np.nan),
            "cheaper": cheaper, "break_even_persons": even, "break_even_status": np.where(gone, "no_data", "ok"),
            "reason_zh": "就地与搬迁的现值比较", "reason_en": "present values compared",
        }
    )  # fmt: skip
    rows = []
    for code, p, a, b in zip(groups.group_code, n, serve, move, strict=True):
        for side, item, zh, en, q, unit, price, source, clause in ITEMS:
            total = a if side == "serve" else b
            share = {"road": 0.7, "water": 0.1, "hazard_works": 0.2, "housing": 0.9, "land": 0.3, "released": -0.2}[item]
            rows.append((code, side, item, zh, en, q * (p if side == "move" else 1), unit, price, share * total * 0.8, share * total * 0.01,
                         share * total, "ok" if np.isfinite(total) else "no_data",
                         0.4 if item == "road" else 1.0, source, clause, 2024, "convention"))  # fmt: skip
    columns = ("group_code side item label_zh label_en quantity unit unit_yuan capital_yuan yearly_yuan present_yuan status shared_share source "
               "clause price_year price_status").split()  # fmt: skip
    return DecisionResult(groups, pd.DataFrame(rows, columns=columns), _links(result, groups))


def _links(result: PlanResult, groups: pd.DataFrame) -> gpd.GeoDataFrame:
    people = result.demand.settlements
    wanted = groups.group_code[::37] if len(groups) > 100 else groups.group_code[:2]
    rows = []
    for at, code in enumerate(wanted):
        here = people[people.group_code == code].geometry.iloc[0]
        line = LineString([(here.x, here.y), (here.x + 300, here.y + 350), (here.x + 900, here.y + 500)])
        kind = ["new", "upgrade", "bridge"][at % 3]
        cost = (line.length, 900 * line.length, 9 * line.length)
        rows.append((f"K{at}", kind, *cost, int(kind == "bridge"), 40.0, code, "按受益人口分摊", "split by people served", line))
    columns = "link_id kind length_m capital_yuan yearly_yuan bridges persons groups split_zh split_en geometry".split()
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=people.crs)


def _treatment(result: PlanResult) -> TreatmentResult:
    ids, klass = result.demand.settlements["settlement_id"], _classes(result)
    kinds = result.exposure.summary.set_index("settlement_id").reindex(ids)["worst_kind"].fillna("").to_numpy()
    treatment = np.where(
        kinds == "", "", np.where(klass == "应搬", "避让搬迁", np.where(klass == "建议搬", "工程治理", "监测预警"))
    )
    table = pd.DataFrame({"settlement_id": ids, "treatment": treatment, "status": "ok", "hazard_kind": kinds,
                          "reason_zh": "按等级与受威胁人数", "reason_en": "by class and people threatened"})  # fmt: skip
    return TreatmentResult(table, table)


def _group_moves(result: PlanResult) -> GroupMovesResult:
    people = result.demand.settlements.assign(klass=_classes(result).to_numpy())
    by = people.pivot_table(index="group_code", columns="klass", values="persons", aggfunc="sum", fill_value=0.0, sort=False)
    by = by.reindex(columns=["应搬", "建议搬", "可留", "证据不足"], fill_value=0.0)
    total = by.sum(axis=1)
    share = by["应搬"] / total.where(total > 0)
    form = np.select([share >= 0.7, share > 0, by["证据不足"] > 0], ["whole", "single", "undecided"], "none")
    names = result.demand.groups.drop_duplicates("code").set_index("code")["name"].reindex(by.index).fillna("").to_numpy()
    out = pd.DataFrame(
        {
            "group_code": by.index, "name": names, "settlements": people.groupby("group_code", sort=False).size().reindex(by.index).to_numpy(),
            "persons": total.to_numpy(), "must_persons": by["应搬"].to_numpy(), "suggest_persons": by["建议搬"].to_numpy(),
            "stay_persons": by["可留"].to_numpy(), "undecided_persons": by["证据不足"].to_numpy(), "persons_unknown_settlements": 0,
            "moving_share": share.to_numpy(), "form": form, "alone_share": np.where(form == "single", 1.0, 0.0), "willing_persons": np.nan,
            "willing_status": "no_data", "stage": np.where(by["应搬"] > 0, "应搬", ""), "reason_zh": "应搬人口占比与阈值比较",
            "reason_en": "share of people who must move against the threshold",
        }
    )  # fmt: skip
    return GroupMovesResult(out)


def _batches(result: PlanResult, allocation: AllocationResult) -> BatchesResult:
    table = allocation.settlements
    batch = table["move"].map({"assigned": "relocate", "unassigned": "relocate"}).fillna("unknown")
    people = {"settlement_id": table.settlement_id, "batch": batch, "persons": table.persons.fillna(0)}
    rows = pd.DataFrame({**people, "status": "ok", "reason_zh": "", "reason_en": ""})
    totals = rows.groupby("batch").agg(persons=("persons", "sum"), settlements=("persons", "size")).reset_index()
    zh, en = {"relocate": "易地搬迁", "unknown": "未知"}, {"relocate": "relocated", "unknown": "unknown"}
    totals = totals.assign(label_zh=totals.batch.map(zh), label_en=totals.batch.map(en), source="", clause="")
    return BatchesResult(rows, totals)
