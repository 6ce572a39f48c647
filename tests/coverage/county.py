"""A county of four settlements, drawn by hand, that the tests of this room bend as they need.

Two townships T1 | T2, left and right of x = 1000; T1 has villages V11 (y < 500) and V12 (y > 500), T2 has V21.

      y
   1000 +----------+----------+
        |  V12  s3 |          |
    500 +----------+   V21 s4 |
        |V11 s1 s2 |          |
      0 +----------+----------+ 2000 x
"""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point, box

from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.results import AccessResult, Demand, NetworkReport

CRS = "EPSG:4544"
T1, T2 = "990821101000", "990821102000"
V11, V12, V21 = "990821101201", "990821101202", "990821102201"
REPORT = NetworkReport(0.0, 0.0, 0.0, 0, 0.0, 0, 0, 1, (0.0,), 0, 0, 0, ())

FACTS = ["staff", "doctors", "gps", "teachers", "boarding_seats", "standard_met", "public", "radius_m"]
AGES = [
    {
        "id": "kindergarten",
        "label_zh": "幼儿",
        "label_en": "kindergarten age",
        "age_from": 3,
        "age_to": 5,
        "column": "kindergarten_persons",
        "share_of_persons": 0.04,
        "source": "test",
        "status": "convention",
    },
    {
        "id": "junior",
        "label_zh": "初中",
        "label_en": "junior",
        "age_from": 12,
        "age_to": 14,
        "column": "junior_persons",
        "source": "test",
        "status": "convention",
    },
]

SETTLEMENTS = {
    "settlement_id": ["s1", "s2", "s3", "s4"],
    "name": ["一", "二", "三", "四"],
    "group_code": [V11 + "001", V11 + "002", V12 + "001", V21 + "001"],
    "village_code": [V11, V11, V12, V21],
    "township_code": [T1, T1, T1, T2],
    "persons": [40.0, 60.0, 25.0, 75.0],
    "persons_status": ["ok"] * 4,
    "persons_source": ["layer"] * 4,
    "households": [10.0, 15.0, 6.0, 20.0],
    "households_source": ["layer"] * 4,
    "slope_deg": [1.0] * 4,
    "elevation_m": [500.0] * 4,
}


def units(rows: list[tuple[str, str, str, tuple[float, float, float, float] | None]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": [r[0] for r in rows], "name": [r[1] for r in rows], "parent_code": [r[2] for r in rows]},
        geometry=[None if r[3] is None else box(*r[3]) for r in rows],
        crs=CRS,
    )


def make_demand(**changes: object) -> Demand:
    table = {**SETTLEMENTS, **changes}
    n = len(table["settlement_id"])
    points = [Point(100.0 + 10 * i, 100.0) for i in range(n)]
    return Demand(gpd.GeoDataFrame(table, geometry=points, crs=CRS), *draw_units())


@cache
def draw_units() -> tuple[gpd.GeoDataFrame, ...]:
    """Groups, villages, townships and county of the drawing above; nobody may change them."""
    groups = [(code, f"组{i}", code[:12], None) for i, code in enumerate(SETTLEMENTS["group_code"])]
    villages = [(V11, "甲", T1, (0, 0, 1000, 500)), (V12, "乙", T1, (0, 500, 1000, 1000)), (V21, "丙", T2, (1000, 0, 2000, 1000))]
    townships = [(T1, "东", "990821000000", (0, 0, 1000, 1000)), (T2, "西", "990821000000", (1000, 0, 2000, 1000))]
    return units(groups), units(villages), units(townships), units([("990821000000", "示例县", "", (0, 0, 2000, 1000))])


def make_times(service: str, minutes: list[float], status: list[str] | None = None, **changes: object) -> pd.DataFrame:
    n = len(minutes)
    base = {
        "settlement_id": [f"s{i + 1}" for i in range(n)],
        "service": service,
        "season": "dry",
        "trip": "one_way",
        "status": status or ["ok"] * n,
        "travel_time_min": minutes,
        "facility_id": "f1",
        "route": "network",
        "off_road_m": 100.0,
        "off_road_min": 1.0,
        "network_min": minutes,
        "network_m": 1000.0,
        "facility_off_road_m": 0.0,
        "facility_off_road_min": 0.0,
        "level_distance_m": [10.0 * m for m in minutes],
        "climb_m": 0.0,
        "component": 0,
    }
    return pd.DataFrame({**base, **changes})


def make_road(**changes: object) -> pd.DataFrame:
    base = {
        "settlement_id": ["s1", "s2", "s3", "s4"],
        "status": ["ok"] * 4,
        "road_id": "r1",
        "road_class": "village",
        "surface": "concrete",
        "width_m": 4.0,
        "off_road_m": [100.0, 200.0, 300.0, 400.0],
        "off_road_min": 2.0,
        "all_weather_status": ["ok"] * 4,
        "all_weather_road_id": "r1",
        "all_weather_m": [100.0, 200.0, 300.0, 400.0],
        "all_weather_min": 2.0,
    }
    return pd.DataFrame({**base, **changes})


def make_facilities(rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    columns = [
        "facility_id",
        "service",
        "name",
        "level",
        "capacity",
        "snap_status",
        "off_road_m",
        "township_code",
        "village_code",
        *FACTS,
    ]
    table = pd.DataFrame(rows, columns=[*columns, "geometry"]).astype({"geometry": object, **dict.fromkeys(FACTS, float)})
    return gpd.GeoDataFrame(table[columns], geometry=list(table["geometry"].where(table["geometry"].notna(), None)), crs=CRS)


def make_access(
    times: pd.DataFrame | None = None, road: pd.DataFrame | None = None, facilities: list[dict[str, object]] | None = None
) -> AccessResult:
    return AccessResult(
        times=make_times("clinic", [10.0, 20.0, 30.0, 40.0]) if times is None else times,
        road=make_road() if road is None else road,
        facilities=make_facilities(facilities or []),
        report=REPORT,
    )


def make_profile(*items: dict[str, object]) -> StandardsProfile:
    common = {"label_zh": "项", "label_en": "item", "source": "test", "status": "convention", "level": "group"}
    return StandardsProfile.model_validate(
        {
            "id": "p",
            "label_zh": "集",
            "label_en": "set",
            "age_groups": AGES,
            "items": [{**common, **item} for item in items],
        }
    )


CLINIC_30 = {"id": "clinic_30", "measure": "travel_time", "service": "clinic", "threshold": 30.0, "unit": "min"}
