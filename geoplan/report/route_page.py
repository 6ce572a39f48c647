"""Draw one way, or those of a village group, on an offline map with its legs told beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine

from geoplan.contracts.config import PlanConfig, ServiceConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Layers
from geoplan.report.assets import css, script, style_payload, templates
from geoplan.report.background import shade_background
from geoplan.report.encoding import encode_json, encode_points, to_lonlat
from geoplan.report.layers import describe_roads, describe_water
from geoplan.report.offline import HillshadeImage, offline_map
from geoplan.report.routes import encode_routes

_MARGIN_M = 600.0
"""Ground shown around the ways, metres."""


def draw_route_map(
    legs: gpd.GeoDataFrame,
    *,
    plan: PlanConfig,
    service: ServiceConfig,
    layers: Layers,
    settlements: gpd.GeoDataFrame,
    names: Mapping[str, str],
    told: Sequence[str],
    language: str,
) -> Any:
    """Return a folium map of the legs of `geoplan.access.journeys.compute_routes`.

    Parameters
    ----------
    legs
        Of one service and season.
    plan, service, layers
        For labels, roads, water and the hillshade; only what lies around the ways is written into the page.
    settlements
        Where the legs begin: settlement_id, name, geometry; shown also where there is no way.
    names
        Facility id → name.
    told
        The ways in words, a paragraph each.
    language
        ``zh`` or ``en``.
    """
    own = settlements[settlements["settlement_id"].isin(legs["settlement_id"])]
    window = _find_window(legs, own)
    around = clip_layers(layers, plan, window)
    book = encode_routes(legs, names=names, simplify_m=min(plan.output.simplify_m / 4, 2.5), season=str(legs["season"].iloc[0]))
    ends = legs[legs["way"] == "there"].groupby("settlement_id", sort=False).last()
    targets = gpd.GeoSeries([shapely.get_point(one, -1) for one in ends.geometry], crs=legs.crs)
    data = {
        "roads": describe_roads(around, plan),
        "water": describe_water(around, plan),
        "season": book.season,
        "service": {"zh": service.label_zh, "en": service.label_en, "k": [one.id for one in plan.services].index(service.id)},
        "homes": list(zip(own["name"].fillna("").astype(str), encode_points(to_lonlat(own.geometry)), strict=True)),
        "targets": encode_points(to_lonlat(targets)) if len(targets) else [],
    }
    ways = ",".join(way for code in own["settlement_id"] for way in book.encoded.get(str(code), {}).values())
    known = [name for code, name in zip(own["settlement_id"], own["name"], strict=True) if str(code) in book.encoded]
    west, south, east, north = (
        float(one) for one in gpd.GeoSeries([shapely.box(*window)], crs=legs.crs).to_crs(4326).total_bounds
    )
    bounds = (west, south, east, north)
    made = offline_map(bounds, background=_shade(around, plan), language=language)
    payload = f'{encode_json(data | {"names": [str(one) for one in known]})[:-1]},"ways":[{ways}]}}'
    _add_page(made, payload, told=told, language=language, bounds=bounds)
    return made


def _find_window(legs: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """Return (west, south, east, north) around ways and settlements, metres."""
    boxes = np.array([one.total_bounds for one in (legs.geometry.dropna(), settlements.geometry.dropna()) if len(one)])
    if not len(boxes):
        return (0.0, 0.0, 1.0, 1.0)
    west, south = boxes[:, :2].min(axis=0) - _MARGIN_M
    east, north = boxes[:, 2:].max(axis=0) + _MARGIN_M
    return float(west), float(south), float(east), float(north)


def clip_layers(layers: Layers, plan: PlanConfig, window: tuple[float, float, float, float]) -> Layers:
    """Return roads, barriers and heights around a window (metres); a margin of half its size is kept for the map's own shape."""
    west, south, east, north = window
    pad = 0.5 * max(east - west, north - south)
    view = shapely.box(west - pad, south - pad, east + pad, north + pad)
    wanted = [plan.roads, *plan.access.barriers]
    vectors = {name: layers.vectors[name] for name in wanted if name in layers.vectors}
    near = {name: frame[shapely.intersects(frame.geometry.to_numpy(), view)] for name, frame in vectors.items()}
    dem = layers.rasters.get(plan.dem)
    return replace(layers, vectors=near, rasters={} if dem is None else {plan.dem: crop_grid(dem, view.bounds)})


def crop_grid(grid: Grid, bounds: tuple[float, float, float, float]) -> Grid:
    """Return the cells of a north-up grid that touch ``bounds``; all of it where none does."""
    west, south, east, north = bounds
    transform, (rows, cols) = grid.transform, grid.shape
    left, right = int((west - transform.c) // transform.a), int((east - transform.c) // transform.a) + 1
    top, bottom = int((north - transform.f) // transform.e), int((south - transform.f) // transform.e) + 1
    left, right, top, bottom = max(left, 0), min(right, cols), max(top, 0), min(bottom, rows)
    if left >= right or top >= bottom:
        return grid
    corner = Affine(transform.a, 0.0, transform.c + left * transform.a, 0.0, transform.e, transform.f + top * transform.e)
    return Grid(grid.values[top:bottom, left:right], corner, grid.crs)


def _shade(layers: Layers, plan: PlanConfig) -> HillshadeImage | None:
    dem = layers.rasters.get(plan.dem)
    return None if dem is None or min(dem.shape) < 3 else shade_background(dem)


def _add_page(made: Any, payload: str, *, told: Sequence[str], language: str, bounds: tuple[float, float, float, float]) -> None:
    """Put panel, data and scripts around the map."""
    from geoplan.report.elements import RawParts

    page = templates(language).get_template("route.html").render(told=told, data=payload, style=encode_json(style_payload()))
    west, south, east, north = (round(one, 6) for one in bounds)
    code = script("core.js", "features.js", "routes.js", "boot_route.js")
    RawParts(
        header=f"<style>{css('popup.css', 'route.css')}</style>",
        html=page,
        script=f'(function () {{\nconst map = {made.get_name()}, lang = "{language}";\n"use strict";\n'
        f"map.fitBounds([[{south}, {west}], [{north}, {east}]], {{ animate: false }});\n{code}\n}})();",
        name="geoplan_route",
    ).add_to(made)
