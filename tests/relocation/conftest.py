"""Small counties drawn by hand: points, zones and travel times in one metric CRS."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from pyproj import CRS

from geoplan.contracts.grid import Grid
from geoplan.contracts.profiles import Cited, Indicator, RelocationProfile, Veto
from geoplan.contracts.results import AccessResult, Demand, ExposureResult, Layers, NetworkReport

CRS_M = CRS.from_epsg(4544)
REPORT = NetworkReport(0, 0, 0, 0, 0, 0, 0, 0, (), 0, 0, 0, ())


def frame(geometry: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs=CRS_M)


@cache
def empty_units() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": [], "name": [], "parent_code": []}, geometry=[], crs=CRS_M)


def make_demand(xy: Any, *, county: Any = None, townships: Any = None, **columns: Any) -> Demand:
    xy = np.asarray(xy, dtype=float).reshape(-1, 2)
    ids = columns.pop("settlement_id", [f"s{number}" for number in range(len(xy))])
    columns.setdefault("persons", [10.0] * len(xy))
    columns.setdefault("name", [f"村{one}" for one in ids])
    settlements = frame(shapely.points(xy), settlement_id=ids, **columns)
    bounds = empty_units() if county is None else frame([county], code=["990821000000"])
    units = empty_units() if townships is None else townships
    return Demand(settlements, empty_units(), empty_units(), units, bounds)


def make_layers(**layers: Any) -> Layers:
    vectors = {name: one for name, one in layers.items() if not isinstance(one, Grid)}
    rasters = {name: one for name, one in layers.items() if isinstance(one, Grid)}
    return Layers(CRS_M, vectors, rasters, ())


def make_grid(values: Any, *, cell_m: float = 100.0, west: float = 0.0, south: float = 0.0) -> Grid:
    values = np.asarray(values, dtype=float)
    return Grid(values, Affine(cell_m, 0, west, 0, -cell_m, south + values.shape[0] * cell_m), CRS_M)


def make_access(ids: Any, minutes: Any = None, *, road_min: Any = None) -> AccessResult:
    """``minutes``: {(service, season, trip): per settlement, a number or a status}."""
    rows = []
    for (service, season, trip), values in (minutes or {}).items():
        for one, value in zip(ids, values, strict=True):
            stated = isinstance(value, str)
            rows.append(
                {
                    "settlement_id": one,
                    "service": service,
                    "season": season,
                    "trip": trip,
                    "status": value if stated else "ok",
                    "travel_time_min": np.nan if stated else float(value),
                    "facility_id": "" if stated else "f1",
                    "route": "" if stated else "walk",
                }
            )
    columns = "settlement_id service season trip status travel_time_min facility_id route".split()
    road_min = [5.0] * len(ids) if road_min is None else road_min
    states = [one if isinstance(one, str) else "ok" for one in road_min]
    numbers = [np.nan if isinstance(one, str) else float(one) for one in road_min]
    road = pd.DataFrame(
        {
            "settlement_id": list(ids),
            "status": states,
            "all_weather_status": states,
            "all_weather_min": numbers,
            "all_weather_m": [one * 80 for one in numbers],
        }
    )
    facilities = empty_units().assign(facility_id=pd.Series(dtype=str))
    return AccessResult(pd.DataFrame(rows, columns=columns), road, facilities, REPORT)


def make_exposure(ids: Any, classes: Any, kind: str = "landslide") -> ExposureResult:
    """``classes``: a class per settlement, or ``""`` for unknown."""
    index = {"extreme": 1.0, "high": 0.75, "medium": 0.5, "low": 0.25, "none": 0.0}
    values = [index.get(one, np.nan) for one in classes]
    status = ["ok" if one else "no_data" for one in classes]
    ids = list(ids)
    exposure = pd.DataFrame(
        {
            "settlement_id": ids,
            "hazard_kind": kind,
            "status": status,
            "hazard_class": list(classes),
            "exposure_index": values,
            "distance_m": [0.0 if one > 0 else 500.0 for one in values],
            "source_layer": "landslides",
            "source_id": "h1",
            "vintage": "2023",
        }
    )
    summary = pd.DataFrame(
        {"settlement_id": ids, "hazard_status": status, "worst_kind": kind, "worst_class": list(classes), "hazard_index": values}
    )
    return ExposureResult(exposure, summary)


def make_profile(*indicators: tuple[str, float, Any], vetoes: Any = (), **changes: Any) -> RelocationProfile:
    """``indicators``: (id, weight, anchors) or (id, weight, anchors, unreachable_points)."""
    cited = {"source": "试验文件", "clause": "一", "status": "convention"}
    made = [
        Indicator(
            id=one[0], label_zh=one[0], label_en=one[0], unit="min", theme="service", weight=one[1], anchors=one[2],
            unreachable_points=one[3] if len(one) > 3 else 1.0, **cited,
        )
        for one in indicators
    ]  # fmt: skip
    settings: dict[str, Any] = {
        "must_score": 0.6,
        "suggest_score": 0.4,
        "min_evidence_share": 0.5,
        "remoteness": [made[-1].id],
        "housing_m2_per_person": 25.0,
        "site_m2_per_person": 90.0,
        **changes,
    }
    return RelocationProfile(
        id="test", label_zh="试", label_en="test", indicators=made, vetoes=list(vetoes),
        thresholds_cited=Cited(**cited), housing_cited=Cited(**cited), site_cited=Cited(**cited), **settings,
    )  # fmt: skip


def make_veto(kinds: Any = ("landslide",), classes: Any = ("extreme", "high"), name: str = "slide") -> Veto:
    return Veto(
        id=name, label_zh="受威胁", label_en="threatened", hazard_kinds=list(kinds), hazard_classes=list(classes),
        source="川办发", clause="二", status="secondary",
    )  # fmt: skip


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """Return the builders (session-wide and without state, so that Hypothesis may use them too)."""
    builders: dict[str, Callable[..., Any]] = {
        "frame": frame,
        "demand": make_demand,
        "layers": make_layers,
        "grid": make_grid,
        "access": make_access,
        "exposure": make_exposure,
        "profile": make_profile,
        "veto": make_veto,
    }
    return SimpleNamespace(crs=CRS_M, **builders)
