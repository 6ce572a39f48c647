"""Place what people travel to: clinics, schools, seats, stops, service points and water."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import EPSG, ROUTE, Flags, Floats, Ints

DRY_M = 3100.0
"""No water point within this distance of a waterless group's settlements."""
WATER_REACH_M = 2600.0
"""Every other settlement has a water point within this distance."""


def _points(rows: list[dict[str, object]], xy: Floats) -> gpd.GeoDataFrame:
    """Return rows as points, coordinates rounded to decimetres."""
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapely.points(np.round(xy, 1)), crs=EPSG)


class Place:
    """The settlements as facility planners see them (arrays of equal length)."""

    def __init__(self, settlements: gpd.GeoDataFrame, town_names: dict[str, str], village_names: dict[str, str]) -> None:
        self.xy = shapely.get_coordinates(settlements.geometry.to_numpy())
        self.persons = settlements["persons"].to_numpy()
        self.township = settlements["township_code"].to_numpy(dtype=object)
        self.village = settlements["village_code"].to_numpy(dtype=object)
        self.town_name = [town_names[one] for one in self.township]
        self.village_name = [village_names[one] for one in self.village]

    def row(self, k: int, serial: str, name: str, level: str, capacity: float | None) -> dict[str, object]:
        """Return the common columns of a facility at settlement ``k``."""
        return {
            "facility_id": serial,
            "name": name,
            "level": level,
            "capacity": capacity,
            "township_code": self.township[k],
            "village_code": self.village[k],
        }


def _stand(rng: np.random.Generator, place: Place, rows: Ints, spread_m: float = 45.0) -> Floats:
    """Return coordinates close to the settlements ``rows``."""
    return place.xy[rows] + rng.uniform(-spread_m, spread_m, (len(rows), 2))


def place_clinics(rng: np.random.Generator, place: Place, seats: int, village_seats: Ints) -> gpd.GeoDataFrame:
    """Return the county hospitals, township hospitals (乡镇卫生院) and village clinics (村卫生室, about 85% of villages)."""
    rows: list[dict[str, object]] = []
    at: list[int] = []
    rows += [place.row(0, "CL0001", "示例县人民医院", "county", 420.0) | {"staff": 560.0}]
    rows += [place.row(0, "CL0002", "示例县中医医院", "county", 180.0) | {"staff": 240.0}]
    at += [0, 0]
    for k in range(seats):
        beds = float(np.clip(round(place.persons[k] / 30), 8, 60))
        name = place.town_name[k] + ("中心卫生院" if beds > 30 else "卫生院")
        rows.append(place.row(k, f"CL{100 + k:04d}", name, "township", beds) | {"staff": round(beds * 0.9)})
        at.append(k)
    for n, k in enumerate(village_seats.tolist()):
        if k >= seats and rng.random() < 0.86:
            staff = float(rng.choice([0, 1, 1, 1, 2]))
            rows.append(place.row(k, f"CL{1000 + n:04d}", place.village_name[k] + "卫生室", "village", 2.0) | {"staff": staff})
            at.append(k)
    return _points(rows, _stand(rng, place, np.array(at)))


def place_schools(rng: np.random.Generator, place: Place, seats: int, village_seats: Ints) -> gpd.GeoDataFrame:
    """Return kindergartens, teaching points (教学点), primary and junior schools with seats."""
    rows: list[dict[str, object]] = []
    at: list[int] = []

    def add(k: int, name: str, level: str, capacity: float) -> None:
        rows.append(place.row(k, f"SC{len(rows) + 1:04d}", name, level, capacity))
        at.append(k)

    for name, level, capacity in (
        ("示例县第一幼儿园", "kindergarten", 360.0),
        ("示例县城关小学", "primary", 1400.0),
        ("示例县实验小学", "primary", 900.0),
        ("示例县初级中学", "junior", 1600.0),
    ):
        add(0, name, level, capacity)
    for k in range(1, seats):
        town = place.town_name[k]
        add(k, town + "中心小学", "primary", float(rng.integers(18, 60) * 10))
        if rng.random() < 0.85:
            add(k, town + "公办幼儿园", "kindergarten", float(rng.integers(6, 18) * 10))
        if rng.random() < 0.6:
            add(k, town + "初级中学", "junior", float(rng.integers(20, 60) * 10))
    for k in village_seats.tolist():
        luck = rng.random()
        if k < seats or luck > 0.62:
            continue
        level = "primary" if luck < 0.17 else "teaching_point"
        add(k, place.village_name[k] + ("小学" if level == "primary" else "教学点"), level, 120.0 if level == "primary" else 30.0)
        if luck < 0.33:
            add(k, place.village_name[k] + "幼儿园", "kindergarten", 45.0)
    return _points(rows, _stand(rng, place, np.array(at)))


def place_offices(
    rng: np.random.Generator, place: Place, seats: int, village_seats: Ints
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the government seats (政府驻地) and the service points (便民服务中心, 文化室, 金融服务点)."""
    offices = [place.row(0, "GV0000", "示例县人民政府", "county", None)]
    offices += [place.row(k, f"GV{k + 1:04d}", place.town_name[k] + "人民政府", "township", None) for k in range(seats)]
    seat_points = _points(offices, _stand(rng, place, np.array([0, *range(seats)])))
    rows: list[dict[str, object]] = []
    at: list[int] = []

    def add(k: int, level: str, kind: str) -> None:
        owner = place.town_name[k] if level == "township" else place.village_name[k]
        rows.append(place.row(k, f"SP{len(rows) + 1:04d}", owner + kind, level, None) | {"kind": kind})
        at.append(k)

    for k in range(seats):
        for kind in ("便民服务中心", "文化站", "金融服务点"):
            add(k, "township", kind)
    for k in village_seats.tolist():
        for kind, chance in (("便民服务中心", 0.96), ("文化室", 0.78), ("金融服务点", 0.45)):
            if rng.random() < chance:
                add(k, "village", kind)
    return seat_points, _points(rows, _stand(rng, place, np.array(at)))


def place_stops(
    rng: np.random.Generator, place: Place, seats: int, village_seats: Ints, roads: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return bus stations at township seats and stops (招呼站) on the nearest road of most village seats."""
    served = [k for k in village_seats.tolist() if k >= seats and rng.random() < 0.68]
    at = np.array([*range(seats), *served])
    open_roads = roads.geometry[roads["road_class"].isin(["national", "provincial", "county", "township", "village"])].to_numpy()
    tree = shapely.STRtree(open_roads)
    points = shapely.points(place.xy[at])
    line = open_roads[tree.nearest(points)]
    on_road = shapely.get_coordinates(shapely.line_interpolate_point(line, shapely.line_locate_point(line, points)))
    rows = []
    for n, k in enumerate(at.tolist()):
        station = k < seats
        name = (place.town_name[k] + "客运站") if station else (place.village_name[k] + "招呼站")
        rows.append(place.row(k, f"BS{n + 1:04d}", name, "station" if station else "stop", None))
    return _points(rows, on_road)


def choose_waterless(rng: np.random.Generator, xy: Floats, group: Ints, barred: Flags, *, count: int) -> Flags:
    """Return settlements of ``count`` groups, far apart, that will have no water; groups with a ``barred`` settlement are left."""
    chosen = np.zeros(len(xy), dtype=bool)
    middles: list[Floats] = []
    for one in rng.permutation(np.unique(group)).tolist():
        rows = group == one
        middle = xy[rows].mean(axis=0)
        if barred[rows].any() or rows.sum() > 4 or any(np.hypot(*(middle - m)) < 7500.0 for m in middles):
            continue
        chosen |= rows
        middles.append(middle)
        if len(middles) == count:
            break
    return chosen


def place_water(rng: np.random.Generator, place: Place, seats: int, village_seats: Ints, dry: Flags) -> gpd.GeoDataFrame:
    """Return water schemes and sources (springs): none within 3.1 km of a ``dry`` settlement, one within 2.6 km of all others.

    A settlement too near to a dry one gets its spring at the closest point outside the forbidden ground.
    """
    centres = ROUTE.centres()
    dry_m = cKDTree(place.xy[dry]).query(centres)[0] if dry.any() else np.full(len(centres), np.inf)
    free = (dry_m > DRY_M + 150.0).reshape(ROUTE.shape)
    row, col = distance_transform_edt(~free, return_distances=False, return_indices=True)
    outside = (row * ROUTE.shape[1] + col).ravel()
    rows: list[dict[str, object]] = []
    where: list[Floats] = []

    def add(k: int, point: Floats, kind: str, name: str, level: str, amount: float) -> None:
        serial = f"WA{len(rows) + 1:04d}"
        reliability = round(float(np.clip(rng.normal(0.96 if kind == "scheme" else 0.9, 0.04), 0.6, 1.0)), 2)
        row = place.row(k, serial, name, level, None)
        rows.append(row | {"water_kind": kind, "yield_m3_day": round(amount, 1), "reliability_share": reliability})
        where.append(point)

    for k in [*range(seats), *[v for v in village_seats.tolist() if v >= seats and rng.random() < 0.6]]:
        point = place.xy[k] + rng.uniform(-180.0, 180.0, 2)
        if free.ravel()[ROUTE.cells(point[None, :])[0]]:
            town = k < seats
            name = (place.town_name[k] + "集中供水站") if town else (place.village_name[k] + "供水站")
            add(k, point, "scheme", name, "township" if town else "village", float(place.persons[k]) * 0.12 + 40.0)
    lacking = np.flatnonzero(~dry)
    for k in rng.permutation(lacking).tolist():
        patience = min(WATER_REACH_M, float(rng.lognormal(np.log(700.0), 0.6)))
        if where and np.hypot(*(np.array(where) - place.xy[k]).T).min() <= patience:
            continue
        point = place.xy[k] + rng.uniform(-220.0, 220.0, 2)
        cell = int(ROUTE.cells(point[None, :])[0])
        if not free.ravel()[cell]:
            point = centres[outside[cell]]
        add(k, point, "source", place.village_name[k] + "山泉", "village", float(rng.lognormal(np.log(12.0), 0.6)))
    return _points(rows, np.array(where))
