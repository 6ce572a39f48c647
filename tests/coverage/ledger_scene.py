"""A tiny county for the ledger: three groups in two villages of one township, one group in another, gaps and costs written by hand."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, Point

from geoplan.contracts.cost_profile import CostProfile, Price, ServeRow
from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.relocation import DecisionResult
from geoplan.contracts.results import AccessResult, CoverageResult, Demand, NetworkReport
from geoplan.coverage import causes
from geoplan.coverage.groups import roll_up
from geoplan.io.documents import read_costs
from geoplan.relocation.cost_groups import gather_groups, own_group
from geoplan.relocation.cost_items import stack_items, tabulate_item
from geoplan.relocation.serve_costs import price_gaps

CRS = "EPSG:4544"
T1, T2 = "990821101000", "990821102000"
V11, V12, V21 = "990821101201", "990821101202", "990821102201"
G = [V11 + "001", V11 + "002", V12 + "001", V21 + "001"]
REPORT = NetworkReport(0.0, 0.0, 0.0, 0, 0.0, 0, 0, 1, (0.0,), 0, 0, 0, ())
BASE = read_costs("costs_cn_2026")
_CAUSE = {"g": causes.NONE_IN_UNIT, "u": causes.NO_PATH, "?": causes.NO_DATA, "c": ""}
_WORD = {"g": "gap", "u": "unreachable", "?": "unknown", "c": "covered"}


def make_item(id_, level, measure, **more):
    common = {
        "label_zh": "项" + id_,
        "label_en": id_,
        "source": "text",
        "clause": "1",
        "status": "convention",
        "unit": "count",
        "threshold": 1.0,
    }
    extra = {"service": "thing"} if measure in ("presence", "travel_time", "radius", "ratio", "seat", "distance") else {}
    extra |= {"column": "x"} if measure in ("attribute", "quantity") else {}
    words = {"remedy_zh": "补" + id_, "remedy_en": "close " + id_}
    return {**common, **extra, **words, "id": id_, "level": level, "measure": measure, **more}


def make_standards(*items):
    return StandardsProfile.model_validate({"id": "p", "label_zh": "集", "label_en": "set", "items": list(items)})


STANDARDS = make_standards(
    make_item("school", "township", "presence", deadline=2020),
    make_item("clinic", "village", "presence", deadline=2019),
    make_item("road", "group", "road_access", threshold=500.0, unit="m", deadline=2020),
    make_item("water", "household", "attribute", unit="share", deadline=2020),
    make_item("clinic_30", "group", "travel_time", threshold=30.0, unit="min"),
)


def make_demand(
    people=(40.0, 60.0, 25.0, 75.0), groups=None, villages=(V11, V11, V12, V21), townships=(T1, T1, T1, T2), households=None
):
    n = len(people)
    known = [one is not None for one in people]
    numbers = [np.nan if one is None else float(one) for one in people]
    table = {
        "settlement_id": [f"s{k + 1}" for k in range(n)], "name": [f"村{k + 1}" for k in range(n)],
        "group_code": list(groups or G), "village_code": list(villages), "township_code": list(townships),
        "persons": numbers, "persons_status": ["ok" if one else "no_data" for one in known], "persons_source": "layer",
        "households": list(households or [one / 5 for one in numbers]), "households_source": "layer", "slope_deg": 1.0, "elevation_m": 1.0,
    }  # fmt: skip

    def units(rows):
        return gpd.GeoDataFrame(
            pd.DataFrame(rows, columns=["code", "name", "parent_code"], dtype=object), geometry=[None] * len(rows), crs=CRS
        )

    return Demand(
        gpd.GeoDataFrame(table, geometry=[Point(100.0 * k, 0.0) for k in range(n)], crs=CRS),
        units([(code, f"{k + 1}组", code[:12]) for k, code in enumerate(G)]),
        units([(V11, "甲", T1), (V12, "乙", T1), (V21, "丙", T2)]),
        units([(T1, "东乡", "990821000000"), (T2, "西乡", "990821000000")]),
        units([("990821000000", "示例县", "990800000000")]),
    )


def make_gaps(demand, standards=STANDARDS, **states):
    """``states``: item = one letter per settlement (c g u ?), or a share short of water (a gap)."""
    frame = demand.settlements
    parts = []
    for item in standards.items:
        letters = states.get(item.id, "c" * len(frame))
        part = np.array(
            [{"c": 0.0, "g": 1.0, "u": 1.0, "?": np.nan}[one] if isinstance(one, str) else one for one in letters], dtype=float
        )
        words = ["g" if not isinstance(one, str) else one for one in letters]
        gap = np.array([one == "g" for one in words])
        shortfall = np.where(gap, part if item.unit == "share" else 1.0, np.where(np.array(words) == "c", 0.0, np.nan))
        persons, households = frame["persons"].to_numpy(), frame["households"].to_numpy()
        code = np.array([_CAUSE[one] for one in words], dtype=object)
        parts.append(
            pd.DataFrame(
                {
                    "settlement_id": frame["settlement_id"], "item": item.id, "service": item.service or "", "level": item.level,
                    "coverage": [_WORD[one] for one in words], "status": "ok", "value": 0.0, "threshold": item.threshold or 1.0,
                    "unit": item.unit, "shortfall": shortfall, "deadline": item.deadline, "overdue": False, "cause": code,
                    "cause_zh": [causes.CAUSES[one][0] for one in code], "cause_en": [causes.CAUSES[one][1] for one in code],
                    "persons": persons, "households": households, "short_persons": np.where(part == 0.0, 0.0, persons * part),
                    "short_households": np.where(part == 0.0, 0.0, households * part), "township_code": frame["township_code"],
                    "village_code": frame["village_code"], "group_code": frame["group_code"], "asked_persons": persons,
                    "asked_source": "persons", "cause_class": [causes.CLASS_OF_CAUSE[one] for one in code],
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True).astype({"deadline": "Int64"})


def make_costs(*rows):
    """``rows``: (id, gap items, basis, yuan)."""
    serve = [
        ServeRow(
            id=id_, label_zh="费" + id_, label_en="cost " + id_, gap_items=gaps, basis=basis, platform="training",
            price=Price(yuan=yuan, price_year=BASE.price_year, yearly_share=0.05, source="made up", status="convention"),
        )
        for id_, gaps, basis, yuan in rows
    ]  # fmt: skip
    return BASE.model_copy(update={"serve": serve})


COSTS = make_costs(
    ("school", ["school"], "township", 900_000.0), ("clinic", ["clinic"], "village", 150_000.0),
    ("water", ["water"], "household", 4_000.0), ("rounds", ["clinic_30"], "person", 80.0),
)  # fmt: skip


class Scene(NamedTuple):
    demand: Demand
    coverage: CoverageResult
    standards: StandardsProfile
    decision: DecisionResult
    costs: CostProfile
    access: AccessResult

    @property
    def arguments(self):
        return (self.coverage, self.demand, self.standards, self.decision, self.costs)


def make_access(demand, **columns):
    ids = demand.settlements["settlement_id"]
    base = {
        "settlement_id": ids, "service": "thing", "season": "dry", "trip": "one_way", "status": "ok", "travel_time_min": 42.0,
        "off_road_min": 25.0, "off_road_m": 1500.0, "network_min": 17.0, "network_m": 6800.0, "ride_min": 17.0,
    }  # fmt: skip
    road = pd.DataFrame({"settlement_id": ids, "status": "ok", "off_road_m": 800.0})
    facilities = gpd.GeoDataFrame({"facility_id": []}, geometry=[], crs=CRS)
    return AccessResult(pd.DataFrame({**base, **columns}), road, facilities, REPORT)


def make_links(rows=()):
    """``rows``: (kind, metres, bridges, groups)."""
    return gpd.GeoDataFrame(
        {
            "link_id": [f"L{k}" for k in range(len(rows))], "kind": [one[0] for one in rows], "length_m": [float(one[1]) for one in rows],
            "bridges": [one[2] for one in rows], "groups": [one[3] for one in rows],
        },
        geometry=[LineString([(0, 0), (1, 1)])] * len(rows), crs=CRS,
    )  # fmt: skip


def make_scene(demand=None, standards=STANDARDS, costs=COSTS, links=(), roads=(), works=(), access=None, **states):
    """``roads``, ``works``: (group code, yuan) of road_new and hazard_works_high."""
    demand = demand or make_demand()
    gaps = make_gaps(demand, standards, **states)
    groups, own = gather_groups(demand), own_group(demand)
    priced, _ = price_gaps(gaps, groups, own, costs)
    extra = [
        tabulate_item(
            [one[0] for one in rows], side="serve", item=item, labels=("路", item), unit="m", price=BASE.road.new_per_m, profile=costs,
            platform="infrastructure", quantity=1.0, unit_yuan=[one[1] for one in rows],
        )
        for item, rows in (("road_new", roads), ("hazard_works_high", works)) if rows
    ]  # fmt: skip
    moves = tabulate_item(
        groups["group_code"], side="move", item="housing", labels=("房", "housing"), unit="m2", price=BASE.road.new_per_m, profile=costs,
        platform="relocation", quantity=7.0,
    )  # fmt: skip
    items = stack_items([*extra, priced, moves])
    decision = DecisionResult(groups, items, make_links(links))
    return Scene(demand, roll_up(gaps, demand), standards, decision, costs, access or make_access(demand))
