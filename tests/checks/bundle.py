"""A county without a flaw, small enough to draw, that each test spoils in one place.

   y
4000 +--------------------+   one county, one township T, villages V1 (left) and V2 (right)
     |    V1   |    V2    |   settlements a (V1) and b (V2), a road through both and on over the border,
     | --a-----|-----b----+-- a clinic in each village and one over the border
   0 +--------------------+ 4000 x
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from affine import Affine
from pyproj import CRS
from shapely.geometry import LineString, Point, Polygon, box

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import LayerRecord, Layers, Network, NetworkReport

WORKING = CRS.from_epsg(4544)
T, V1, V2 = "990821101000", "990821101201", "990821101202"


def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=WORKING)


def good_vectors() -> dict[str, gpd.GeoDataFrame]:
    left, right = box(0, 0, 2000, 4000), box(2000, 0, 4000, 4000)
    return {
        "county": frame([box(0, 0, 4000, 4000)], code=["990821000000"], name=["示例县"], parent_code=[""]),
        "townships": frame([box(0, 0, 4000, 4000)], code=[T], name=["乡"], parent_code=["990821000000"]),
        "villages": frame([left, right], code=[V1, V2], name=["甲", "乙"], parent_code=[T, T], persons=[100.0, 60.0]),
        "groups": frame([left, right], code=[V1 + "001", V2 + "001"], name=["一组", "二组"], parent_code=[V1, V2]),
        "settlements": frame(
            [Point(1000, 1000), Point(3000, 1000)],
            settlement_id=[V1 + "00101", V2 + "00101"],
            name=["上湾", "下湾"],
            group_code=[V1 + "001", V2 + "001"],
            village_code=[V1, V2],
            township_code=[T, T],
            persons=[100.0, 60.0],
            households=[30.0, 20.0],
            willing_households=[3.0, 0.0],
            safe_water_share=[0.9, 1.0],
        ),
        "roads": frame(
            [LineString([(0, 990), (2000, 990)]), LineString([(2000, 990), (6000, 990)])],
            road_id=["r1", "r2"],
            road_class=["village", "county"],
            surface=["concrete", "asphalt"],
            width_m=[3.5, 6.0],
            oneway=[0, 0],
            crossing=["", "bridge"],
        ),
        "clinics": frame(
            [Point(1000, 1100), Point(3000, 1100), Point(5000, 1000)],
            facility_id=["c1", "c2", "c3"],
            name=["甲室", "乙室", "邻县室"],
            level=["village", "village", "village"],
            capacity=[5.0, 5.0, 5.0],
        ),
        "landslides": frame([Point(500, 3000)], hazard_id=["h1"], radius_m=[100.0], hazard_class=["high"]),
        "faults": frame([LineString([(0, 3900), (4000, 3900)])], hazard_id=["k1"], setback_m=[50.0], hazard_class=["low"]),
        "survey": frame([box(0, 0, 4000, 4000)], name=["调查区"]),
    }


def good_dem() -> Grid:
    rows, cols = np.mgrid[0:40, 0:40]
    return Grid((500.0 + rows + 2.0 * cols), Affine(100, 0, 0, 0, -100, 4000), WORKING)


def record(name: str, vintage: str = "2024-06") -> LayerRecord:
    return LayerRecord(name, "vector", (f"{name}.gpkg",), "0" * 64, "EPSG:4544", "cgcs2000", vintage, "test", "test", 1, 1)


def good_layers(**changes: gpd.GeoDataFrame) -> Layers:
    vectors = {**good_vectors(), **changes}
    return Layers(WORKING, vectors, {"dem": good_dem()}, tuple(record(one) for one in vectors))


def good_plan(**changes: Any) -> PlanConfig:
    clinic = {"id": "clinic", "label_zh": "卫生室", "label_en": "Clinic", "layers": ["clinics"], "levels": ["village"]}
    base = {
        "name": "示例县",
        "year": 2026,
        "county": "county",
        "townships": "townships",
        "villages": "villages",
        "groups": "groups",
        "roads": "roads",
        "dem": "dem",
        "services": [clinic],
        "hazards": [
            {"layer": "landslides", "kind": "landslide", "survey_area": "survey"},
            {"layer": "faults", "kind": "fault", "survey_area": "survey"},
        ],
    }
    return PlanConfig.model_validate({**base, **changes})


def change(layers: Layers, name: str, /, **columns: Any) -> Layers:
    """Return the layers with columns of one of them replaced (``geometry`` too)."""
    spoilt = layers.vectors[name].copy()
    for column, values in columns.items():
        if column == "geometry":
            spoilt = spoilt.set_geometry(gpd.GeoSeries(values, index=spoilt.index, crs=WORKING))
        else:
            spoilt[column] = values
    return Layers(layers.crs, {**layers.vectors, name: spoilt}, layers.rasters, layers.records, layers.problems)


def with_dem(layers: Layers, values: np.ndarray, transform: Affine | None = None) -> Layers:
    dem = layers.rasters["dem"]
    grid = Grid(values, transform or dem.transform, dem.crs)
    return Layers(layers.crs, layers.vectors, {"dem": grid}, layers.records, layers.problems)


def make_network(lines: list[LineString], pieces: list[int], **report: Any) -> Network:
    """Return a network of separate lines: line i runs from node 2i to node 2i+1."""
    nodes = np.array([xy for line in lines for xy in (line.coords[0], line.coords[-1])], dtype=float)
    m = len(lines)
    edges = gpd.GeoDataFrame(
        {
            "edge_id": [f"e{i}" for i in range(m)],
            "road_id": [f"r{i}" for i in range(m)],
            "u": np.arange(m) * 2,
            "v": np.arange(m) * 2 + 1,
            "length_m": [line.length for line in lines],
            "component": pieces,
            "crossing": "",
        },
        geometry=lines,
        crs=WORKING,
    )
    total = float(sum(line.length for line in lines))
    base: dict[str, Any] = {
        "length_m": total,
        "imputed_speed_length_m": 0.0,
        "unknown_class_length_m": 0.0,
        "gaps_closed": 0,
        "max_gap_m": 0.0,
        "crossings_unjoined": 0,
        "crossings_joined": 0,
        "components": 1,
        "component_length_m": (total,),
        "duplicates": 0,
        "zero_length": 0,
        "self_loops": 0,
        "isolated_ids": (),
    }
    return Network(nodes, edges, NetworkReport(**{**base, **report}), WORKING)


BOW_TIE = Polygon([(0, 0), (2000, 2000), (2000, 0), (0, 2000)])
