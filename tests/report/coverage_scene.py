"""Makes up the tables of the coverage room for any county: ledger, years, seats, water, comparison, ranking, roads, lines, siting."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString

from geoplan.contracts.coverage import (
    ComparisonResult,
    LedgerResult,
    LinesResult,
    RankingResult,
    RoadProgramme,
    SeatsResult,
    SitingResult,
    WaterResult,
)

FORMULA = "=cmd|'/C calc'!A0"
_KEYS = {"township": "township_code", "village": "village_code", "group": "group_code", "household": "group_code"}


@dataclass(frozen=True)
class CoverageScene:
    """Everything the workbook and the GeoPackage take beyond a plan's result."""

    ledger: LedgerResult
    seats: SeatsResult
    water: WaterResult
    comparison: ComparisonResult
    ranking: RankingResult
    roads: RoadProgramme
    lines: LinesResult
    siting: SitingResult


def make_coverage(result: Any, standards: Any) -> CoverageScene:
    """Return made-up tables that keep the contracts of `geoplan.contracts.coverage`."""
    return CoverageScene(
        make_ledger(result, standards),
        _seats(result),
        _water(result),
        _comparison(result),
        _ranking(result),
        _roads(result),
        _lines(result),
        _siting(result),
    )


def make_ledger(result: Any, standards: Any) -> LedgerResult:
    """Return one row per unit × item that is not covered."""
    items = {one.id: one for one in standards.items}
    gaps = result.coverage.gaps
    bad = gaps[gaps.coverage != "covered"]
    names = {
        level: dict(zip(getattr(result.demand, level).code, getattr(result.demand, level).name, strict=True))
        for level in ("townships", "villages", "groups")
    }
    rank = {"unreachable": 0, "gap": 1, "unknown": 2}
    parts = []
    for item, frame in bad.groupby("item", sort=False):
        level = items[item].level
        short = frame.coverage.isin(["gap", "unreachable"])
        table = pd.DataFrame(
            {
                "unit_code": frame[_KEYS[level]],
                "township_code": frame.township_code,
                "village_code": frame.village_code,
                "group_code": frame.group_code,
                "worst": frame.coverage.map(rank),
                "settlements": 1,
                "persons": frame.persons,
                "households": frame.households,
                "short_persons": frame.persons.where(short, 0.0),
                "short_households": frame.households.where(short, 0.0),
                "unknown_persons": frame.persons.where(~short, 0.0),
                "cause": frame.cause,
            }
        )
        by = table.groupby("unit_code", sort=True)
        rows = by.agg(
            township_code=("township_code", "first"),
            village_code=("village_code", "first"),
            group_code=("group_code", "first"),
            worst=("worst", "min"),
            settlements=("settlements", "sum"),
            persons=("persons", "sum"),
            households=("households", "sum"),
            short_persons=("short_persons", "sum"),
            short_households=("short_households", "sum"),
            unknown_persons=("unknown_persons", "sum"),
            cause=("cause", "first"),
        ).reset_index()
        parts.append(rows.assign(item=item, level=level))
    rows = pd.concat(parts, ignore_index=True)
    rows["village_code"] = rows.village_code.where(rows.level != "township", "")
    rows["group_code"] = rows.group_code.where(rows.level.isin(["group", "household"]), "")
    coverage = rows.worst.map({v: k for k, v in rank.items()})
    unknown = coverage == "unknown"
    priced = ~unknown & (np.arange(len(rows)) % 7 != 0)
    capital = pd.Series(np.where(priced, 12_345.6 + 1000.0 * np.arange(len(rows)), np.nan))
    label = [items[one].label_zh for one in rows["item"]]
    ledger = pd.DataFrame(
        {
            "gap_id": rows.unit_code + "-" + rows["item"],
            "level": rows.level,
            "unit_code": rows.unit_code,
            "unit_name": [_name(names, one.level, one.unit_code) for one in rows.itertuples()],
            "township_code": rows.township_code,
            "township_name": rows.township_code.map(names["townships"]),
            "village_code": rows.village_code,
            "village_name": rows.village_code.map(names["villages"]).fillna(""),
            "group_code": rows.group_code,
            "group_name": rows.group_code.map(names["groups"]).fillna(""),
            "item": rows["item"],
            "label_zh": label,
            "label_en": [items[one].label_en for one in rows["item"]],
            "coverage": coverage,
            "cause": rows.cause,
            "cause_class": "far",
            "cause_class_zh": "太远",
            "cause_class_en": "too far",
            "cause_zh": "出行时间超过标准",
            "cause_en": "too far",
            "settlements": rows.settlements,
            "persons": rows.persons,
            "households": rows.households,
            "short_persons": rows.short_persons.where(~unknown),
            "short_households": rows.short_households.where(~unknown),
            "unknown_persons": rows.unknown_persons,
            "deadline": pd.array([items[one].deadline for one in rows["item"]], dtype="Int64"),
            "overdue": ~unknown,
            "status": np.where(unknown, "unverified", "open"),
            "status_zh": np.where(unknown, "待核实", "待解决"),
            "status_en": np.where(unknown, "to verify", "open"),
            "remedy": "build",
            "remedy_zh": [
                FORMULA if k == 0 else f"{items[one].remedy_zh}:新修通组路 {581.4 + k:,.0f} m"
                for k, one in enumerate(rows["item"])
            ],
            "remedy_en": "build",
            "quantity": 581.4,
            "quantity_unit": "m",
            "capital_yuan": capital,
            "yearly_yuan": capital * 0.01,
            "present_yuan": capital * 1.1,
            "cost_status": np.where(priced, "ok", "no_data"),
            "cost_with": "",
            "platform": "infrastructure",
            "price_status": "convention",
            "source": [items[one].source for one in rows["item"]],
            "clause": [items[one].clause for one in rows["item"]],
        }
    )
    order = ledger.sort_values(["township_code", "item", "unit_code"], kind="stable").reset_index(drop=True)
    return LedgerResult(order, _by_year(order), _years(order))


def _name(names: dict[str, dict[str, str]], level: str, code: str) -> str:
    return names[{"township": "townships", "village": "villages"}.get(level, "groups")].get(code, "")


def _by_year(ledger: pd.DataFrame) -> pd.DataFrame:
    sums = {
        "settlements": "sum",
        "persons": "sum",
        "households": "sum",
        "short_persons": "sum",
        "short_households": "sum",
        "unknown_persons": "sum",
    }
    by = ledger.groupby(["township_code", "township_name", "deadline", "item"], as_index=False).agg(sums)
    return by.rename(columns={"township_code": "code", "township_name": "name", "deadline": "year"}).assign(
        level="township", items=1
    )


def _years(ledger: pd.DataFrame) -> pd.DataFrame:
    by = ledger.groupby(["township_code", "township_name", "deadline"], as_index=False).agg(
        items_short=("item", "nunique"),
        settlements=("settlements", "max"),
        short_persons=("short_persons", "max"),
        short_households=("short_households", "max"),
        unknown_persons=("unknown_persons", "max"),
    )
    return by.rename(columns={"township_code": "code", "township_name": "name", "deadline": "year"}).assign(level="township")


def _seats(result: Any) -> SeatsResult:
    some = result.access.facilities.head(4)
    base = pd.DataFrame(
        {name: some[name].to_numpy() for name in ("facility_id", "name", "level", "township_code", "village_code")}
    )
    n = len(base)
    facilities = base.assign(item="school_time", kind="day", capacity=90.0, capacity_status="ok", used=80.5, free=9.5)
    staff = base.assign(item="clinic_here", have=1.0, need=2.0, short=1.0, status="ok")
    staff.loc[n - 1, ["have", "short", "status"]] = [np.nan, np.nan, "no_data"]
    empty = pd.DataFrame()
    return SeatsResult(empty, empty, facilities, empty, staff)


def _water(result: Any) -> WaterResult:
    places = result.demand.settlements.head(40)
    n = len(places)
    how = np.array(["gravity", "pump", "dispersed", "none", "unknown"])[np.arange(n) % 5]
    known = how != "unknown"
    settlements = pd.DataFrame(
        {
            "settlement_id": places.settlement_id.to_numpy(),
            "persons": places.persons.to_numpy(),
            "served_by": how,
            "source_id": "W1",
            "source_name": FORMULA,
            "head_m": np.where(known, 12.5, np.nan),
            "pipe_m": np.where(known, 640.0, np.nan),
            "lift_m": np.where(how == "pump", 30.0, np.nan),
            "l_person_day": np.where(known, 62.0, np.nan),
            "reliability_share": np.where(known, 0.95, np.nan),
            "round_trip_min": np.where(known, 8.0, np.nan),
            "rules": "rural_2018:met",
            "status": np.where(known, "ok", "no_data"),
            "reason_zh": "自流可达",
            "reason_en": "by gravity",
        }
    )
    sources = pd.DataFrame(
        {
            "source_id": ["W1"],
            "name": ["龙洞"],
            "water_kind": ["scheme"],
            "yield_m3_day": [12.0],
            "reliability_share": [0.95],
            "persons": [60.0],
            "demand_m3_day": [6.0],
            "used_share": [0.5],
            "status": ["ok"],
        }
    )
    pipes = _between(result, 5).assign(
        pipe_id=lambda one: [f"P{k}" for k in range(len(one))],
        source_id="W1",
        mode=["gravity", "pump", "gravity", "gravity", "pump"][: min(5, n - 1)],
        settlements=places.settlement_id.iloc[0],
        persons=50.0,
        length_m=640.0,
        diameter_mm=63.0,
        flow_l_s=0.4,
        loss_m=3.2,
        capital_yuan=51_200.0,
    )
    return WaterResult(settlements, sources, pipes, pd.DataFrame())


def _between(result: Any, count: int) -> gpd.GeoDataFrame:
    """Return lines between neighbouring settlements."""
    points = result.demand.settlements.geometry.head(count + 1).to_list()
    return gpd.GeoDataFrame(geometry=[LineString(two) for two in pairwise(points)], crs=result.demand.settlements.crs)


def _comparison(result: Any) -> ComparisonResult:
    places = result.demand.settlements.head(8)
    state = np.array(["agrees", "contradicts", "left_only", "right_only"])[np.arange(len(places)) % 4]
    rows = gpd.GeoDataFrame(
        {
            "comparison": "schools",
            "left_id": np.where(state == "right_only", "", places.settlement_id),
            "right_id": np.where(state == "left_only", "", places.settlement_id),
            "matched_by": np.where(np.isin(state, ["agrees", "contradicts"]), "code", ""),
            "distance_m": np.where(np.isin(state, ["agrees", "contradicts"]), 12.0, np.nan),
            "name_similarity": 1.0,
            "state": state,
            "columns": np.where(state == "contradicts", "capacity", ""),
            "left_name": places.name.to_numpy(),
            "right_name": "+1-800",
            "township_code": places.township_code.to_numpy(),
            "reason_zh": "编码相同",
            "reason_en": "same code",
        },
        geometry=places.geometry.to_numpy(),
        crs=places.crs,
    )
    summary = pd.DataFrame(
        {
            "comparison": "schools",
            "label_zh": "教育与民政:学校",
            "label_en": "schools of two bureaus",
            "state": ["agrees", "contradicts", "left_only", "right_only"],
            "rows": 2,
            "share": 0.25,
        }
    )
    return ComparisonResult(rows, pd.DataFrame(), summary)


def _ranking(result: Any) -> RankingResult:
    towns = result.demand.townships
    n = len(towns)
    rank = np.arange(1, n + 1)
    units = pd.DataFrame(
        {
            "code": towns.code.to_numpy(),
            "name": towns.name.to_numpy(),
            "score": np.linspace(0.9, 0.3, n),
            "rank": rank,
            "rank_low": np.maximum(rank - 1, 1),
            "rank_high": np.minimum(rank + 2, n),
            "p_rank": 0.45,
            "persons": 1000.0,
            "unknown_share": 0.05,
            "status": "ok",
            "reason_zh": "饮水达标率低",
            "reason_en": "water",
        }
    )
    indicators = pd.DataFrame(
        {
            "code": towns.code.to_numpy(),
            "indicator": "safe_water",
            "label_zh": "安全饮水",
            "label_en": "safe water",
            "value": 0.6,
            "low": 0.55,
            "high": 0.7,
            "unit": "share",
            "weight": 1.0,
            "points": 0.6,
            "status": "ok",
        }
    )
    return RankingResult(units, indicators, pd.DataFrame())


def _roads(result: Any) -> RoadProgramme:
    links = _between(result, 4)
    links = links.assign(
        link_id=[f"L{k}" for k in range(len(links))],
        kind=["new", "upgrade", "bridge", "rope_bridge"],
        length_m=581.4,
        capital_yuan=426_166.0,
        yearly_yuan=4261.0,
        bridges=1,
        bridge_m=30.0,
        persons=120.0,
        groups="g1;g2",
        minutes_gained=900.0,
        township_code="",
    )
    return RoadProgramme(links, pd.DataFrame(), 1.0, 1.0, 0.0, 2.0, 1.0, "exact")


def _lines(result: Any) -> LinesResult:
    lines = _between(result, 3)
    lines = lines.assign(
        line_id=[f"N{k}" for k in range(len(lines))],
        network=["power", "signal", "power"],
        from_id="T1",
        settlements="s",
        persons=40.0,
        length_m=210.0,
        capital_yuan=np.nan,
    )
    return LinesResult(pd.DataFrame(), lines)


def _siting(result: Any) -> SitingResult:
    places = result.demand.settlements.iloc[2:6]
    sites = gpd.GeoDataFrame(
        {
            "question": "clinics",
            "service": "clinic",
            "model": "mclp",
            "order": [0, 1, 2, 3],
            "candidate_id": places.settlement_id.to_numpy(),
            "name": places.name.to_numpy(),
            "township_code": places.township_code.to_numpy(),
            "persons_gained": [0.0, 300.0, 200.0, 50.0],
            "persons_served": [900.0, 300.0, 200.0, 50.0],
            "capacity": np.nan,
            "cost_yuan": [0.0, 350_000.0, 350_000.0, 350_000.0],
            "existing": [True, False, False, False],
        },
        geometry=places.geometry.to_numpy(),
        crs=places.crs,
    )
    curve = pd.DataFrame(
        {
            "question": "clinics",
            "facilities": [0, 1, 2, 3],
            "budget_yuan": [0.0, 350_000.0, 700_000.0, 1_050_000.0],
            "covered_persons": [900.0, 1200.0, 1400.0, 1450.0],
            "bound_persons": [900.0, 1200.0, 1400.0, 1450.0],
            "order_persons": [900.0, 1200.0, 1400.0, 1450.0],
            "gap_share": 0.0,
            "demand_persons": 1500.0,
            "unreachable_persons": 20.0,
            "unknown_persons": 5.0,
        }
    )
    summary = pd.DataFrame(
        {
            "question": ["clinics"],
            "label_zh": ["新建卫生室"],
            "label_en": ["new clinics"],
            "service": "clinic",
            "model": "mclp",
            "status": "optimal",
            "objective": 1450.0,
            "bound": 1450.0,
            "gap_share": 0.0,
            "reason_zh": "",
            "reason_en": "",
        }
    )
    return SitingResult(sites, curve, pd.DataFrame(), summary)
