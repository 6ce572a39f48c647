"""Turn layers and results into the small feature lists that a map page draws: roads, water, hazards, facilities, sites.

Lines are simplified by Douglas–Peucker with the plan's ``output.simplify_m``; polygons together (see `encoding`).
"""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.hazard_words import read_hazard_word
from geoplan.contracts.results import Layers, PlanResult
from geoplan.report.encoding import encode_lines, encode_points, encode_polygons, simplify_polygons, to_lonlat
from geoplan.report.style import ROAD_COLOURS

_POINT, _LINE, _POLYGON = (0, 4), (1, 2, 5), (3, 6)


def text_of(frame: pd.DataFrame, column: str) -> list[str]:
    """Return a column as text, ``""`` where it or a value is missing."""
    if column not in frame:
        return [""] * len(frame)
    values = frame[column]
    return ["" if lost else str(one) for one, lost in zip(values.tolist(), values.isna().tolist(), strict=True)]


def number_of(frame: pd.DataFrame, column: str, digits: int = 1) -> list[float | int | None]:
    """Return a column as rounded numbers, None where it or a value is missing or not finite."""
    if column not in frame:
        return [None] * len(frame)
    return tidy_numbers(pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan), digits)


def tidy_number(value: float, digits: int) -> float | int | None:
    """Return a number rounded for JSON, whole numbers without a point; None where not finite."""
    if not math.isfinite(value):
        return None
    rounded = round(float(value), digits)
    return int(rounded) if rounded == int(rounded) else rounded


def tidy_numbers(values: NDArray[np.float64], digits: int) -> list[float | int | None]:
    """Return what `tidy_number` returns for each of ``values`` (n,)."""
    return plain_numbers(round_decimals(values, digits))


def plain_numbers(values: NDArray[np.float64]) -> list[float | int | None]:
    """Return numbers for JSON: whole ones as integers, None where not finite."""
    finite = np.isfinite(values)
    whole = finite & (values == np.rint(values))
    return [
        int(one) if is_whole else one if known else None
        for one, is_whole, known in zip(values.tolist(), whole.tolist(), finite.tolist(), strict=True)
    ]


def round_decimals(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    """Round to decimals as Python's ``round`` does, which looks at the exact value of the double.

    ``np.round`` scales first, so that 0.15 (a little less than fifteen hundredths) becomes 0.2; values that close to a half, and those
    too large to scale exactly, go through ``round`` one by one. NaN and infinities stay.

    >>> round_decimals(np.array([0.15, 41.96, np.nan]), 1).tolist()
    [0.1, 42.0, nan]
    """
    scale = 10.0**digits
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = values * scale
        rounded = np.rint(scaled) / scale
        single = np.isfinite(values) & ((np.abs(scaled) > 1e9) | (np.abs(np.abs(scaled - np.floor(scaled)) - 0.5) < 1e-6))
    rounded[single] = [round(one, digits) for one in values[single].tolist()]
    return rounded


def _of_type(frame: gpd.GeoDataFrame, types: tuple[int, ...]) -> gpd.GeoDataFrame:
    """Return the rows whose geometry is of the given shapely types and not empty."""
    geometry = frame.geometry.to_numpy()
    return frame[np.isin(shapely.get_type_id(geometry), types) & ~shapely.is_empty(geometry)]


def describe_roads(layers: Layers, plan: PlanConfig) -> dict[str, list[list[int]]]:
    """Return simplified road lines by class, widest class first."""
    frame = layers.vectors.get(plan.roads)
    if frame is None or frame.empty:
        return {}
    lines = _of_type(frame, _LINE)
    classes = lines["road_class"].fillna("unknown") if "road_class" in lines else pd.Series("unknown", index=lines.index)
    classes = classes.where(classes.isin(list(ROAD_COLOURS)), "unknown")
    simple = gpd.GeoSeries(shapely.simplify(lines.geometry.to_numpy(), plan.output.simplify_m), crs=lines.crs)
    lonlat = to_lonlat(simple)
    present = {one: encode_lines(lonlat[(classes == one).to_numpy()]) for one in ROAD_COLOURS}
    return {one: found for one, found in present.items() if found}


_WALLS = ("cliff", "fence", "wall")
"""Kinds of barriers that are no water; whatever has no kind, or another, is drawn as water."""


def describe_water(layers: Layers, plan: PlanConfig) -> dict[str, Any]:
    """Return what no walker may cross: rivers as ``lines``, water bodies as ``areas``, cliffs and fences as ``walls``."""
    lines: list[list[int]] = []
    areas: list[list[list[list[int]]]] = []
    walls: list[list[int]] = []
    for one in plan.access.barriers:
        frame = layers.vectors.get(one)
        if frame is None or frame.empty:
            continue
        dry = frame["barrier_kind"].isin(_WALLS) if "barrier_kind" in frame else pd.Series(False, index=frame.index)
        wall = frame.geometry[dry.to_numpy()].to_numpy()
        outlines = np.where(np.isin(shapely.get_type_id(wall), _POLYGON), shapely.boundary(wall), wall)
        walls += _encode_simple(outlines[np.isin(shapely.get_type_id(outlines), _LINE)], frame, plan)
        wet = frame[~dry.to_numpy()]
        line, area = _of_type(wet, _LINE), _of_type(wet, _POLYGON)
        lines += _encode_simple(line.geometry.to_numpy(), frame, plan)
        if len(area):
            simple = gpd.GeoSeries(simplify_polygons(area.geometry.to_numpy(), plan.output.simplify_m), crs=frame.crs)
            areas += encode_polygons(to_lonlat(simple))
    return {"lines": lines, "areas": areas, "walls": walls}


def _encode_simple(shapes: np.ndarray, frame: gpd.GeoDataFrame, plan: PlanConfig) -> list[list[int]]:
    """Return lines simplified and encoded."""
    if not len(shapes):
        return []
    return encode_lines(to_lonlat(gpd.GeoSeries(shapely.simplify(shapes, plan.output.simplify_m), crs=frame.crs)))


def describe_hazards(layers: Layers, plan: PlanConfig) -> list[dict[str, Any]]:
    """Return one entry per hazard layer of the plan; a raster is listed (``raster``) though it is not drawn."""
    return [_describe_hazard(layers, plan, index) for index in range(len(plan.hazards))]


def _describe_hazard(layers: Layers, plan: PlanConfig, index: int) -> dict[str, Any]:
    spec = plan.hazards[index]
    entry: dict[str, Any] = {"layer": spec.layer, "kind": spec.kind, "raster": spec.layer in layers.rasters}
    frame = layers.vectors.get(spec.layer)
    if frame is None:
        return entry
    for shape, types in (("points", _POINT), ("lines", _LINE), ("areas", _POLYGON)):
        part = _of_type(frame, types)
        if part.empty:
            continue
        geometry = part.geometry.to_numpy()
        reach = np.full(len(part), np.nan)
        if shape == "areas":
            coordinates: list[Any] = encode_polygons(
                to_lonlat(gpd.GeoSeries(simplify_polygons(geometry, plan.output.simplify_m), crs=frame.crs))
            )
        elif shape == "lines":
            simple = gpd.GeoSeries(shapely.simplify(geometry, plan.output.simplify_m), crs=frame.crs)
            coordinates = [encode_lines(np.array([one], dtype=object)) for one in to_lonlat(simple)]
            reach = _first_known(part, "setback_m", spec.setback_m)
        else:
            coordinates = encode_points(shapely.centroid(to_lonlat(part.geometry)))
            reach = _first_known(part, "radius_m", spec.radius_m)
        classes = [read_hazard_word(one) or one or (spec.hazard_class or "") for one in text_of(part, "hazard_class")]
        ids, names = text_of(part, "hazard_id"), text_of(part, "name")
        entry[shape] = [
            {"g": g, "c": c, "i": i, "n": n, "r": tidy_number(r, 1)}
            for g, c, i, n, r in zip(coordinates, classes, ids, names, reach, strict=True)
        ]
    return entry


def _first_known(frame: gpd.GeoDataFrame, column: str, default: float | None) -> np.ndarray:
    """Return the column's own value, else the plan's, else NaN."""
    own = pd.to_numeric(frame[column], errors="coerce") if column in frame else pd.Series(np.nan, index=frame.index)
    return own.fillna(np.nan if default is None else default).to_numpy(dtype=np.float64)


def describe_surveys(layers: Layers, plan: PlanConfig) -> list[list[list[list[int]]]]:
    """Return the outlines of the surveyed areas: outside them hazard is unknown."""
    ids = dict.fromkeys(spec.survey_area for spec in plan.hazards if spec.survey_area)
    out: list[list[list[list[int]]]] = []
    for one in ids:
        frame = layers.vectors.get(one)
        if frame is not None and len(frame):
            simple = simplify_polygons(_of_type(frame, _POLYGON).geometry.to_numpy(), plan.output.simplify_m)
            out += encode_polygons(to_lonlat(gpd.GeoSeries(simple, crs=frame.crs)))
    return out


def describe_facilities(result: PlanResult, plan: PlanConfig) -> list[dict[str, Any]]:
    """Return facilities of each service of the plan, in the plan's order.

    A service whose facilities all stand on the map already (those of another walker, or of one level) has no points of its own.
    """
    frame = result.access.facilities
    drawn: dict[str, set[str]] = {}
    out = []
    for service in plan.services:
        part = frame[frame["service"] == service.id]
        ids, there = set(text_of(part, "facility_id")), drawn.setdefault(";".join(service.layers), set())
        if ids <= there:
            part = part.iloc[:0]
        there |= ids
        places = encode_points(shapely.centroid(to_lonlat(part.geometry))) if len(part) else []
        rows = zip(
            text_of(part, "facility_id"), text_of(part, "name"), text_of(part, "level"), number_of(part, "capacity"),
            text_of(part, "snap_status"), number_of(part, "off_road_m", 0), places, strict=True,
        )  # fmt: skip
        points = [{"i": i, "n": n, "l": lv, "c": c, "st": st, "o": o, "g": g} for i, n, lv, c, st, o, g in rows if g]
        out.append({"id": service.id, "zh": service.label_zh, "en": service.label_en, "points": points})
    return out


def describe_sites(result: PlanResult, plan: PlanConfig) -> list[dict[str, Any]]:
    """Return candidate receiving sites: patches as polygons, existing places as points."""
    frame = result.sites.sites
    if frame.empty:
        return []
    lonlat = to_lonlat(frame.geometry)
    centres = encode_points(shapely.point_on_surface(lonlat))
    areal = np.isin(shapely.get_type_id(lonlat), _POLYGON)
    areas = encode_polygons(np.where(areal, lonlat, np.array(None, dtype=object)))
    columns = {
        "i": text_of(frame, "site_id"), "n": text_of(frame, "name"), "k": text_of(frame, "kind"),
        "a": number_of(frame, "area_m2", 0), "sl": number_of(frame, "slope_deg"), "cp": number_of(frame, "capacity_persons", 0),
        "ch": number_of(frame, "capacity_households", 0), "bz": text_of(frame, "capacity_basis_zh"), "be": text_of(frame, "capacity_basis_en"),
        "ro": number_of(frame, "road_m", 0), "se": number_of(frame, "seat_min"), "sc": number_of(frame, "school_min"),
        "cl": number_of(frame, "clinic_min"), "s": number_of(frame, "site_score", 3), "r": number_of(frame, "rank", 0),
    }  # fmt: skip
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return [row | {"g": centre, "p": area} for row, centre, area in zip(rows, centres, areas, strict=True) if centre]
