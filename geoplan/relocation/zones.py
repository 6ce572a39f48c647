"""Read one hazard layer as zones: geometry, how far it reaches, its class, and where it was surveyed.

A zone is every place within ``reach_m`` of a feature, border included: the threatened radius of a point (own ``radius_m``,
else the plan's), the setback of a line (own ``setback_m``, else the plan's), 0 for a polygon. A cell of a raster is a zone of
the worst class whose threshold its value reaches (depth, susceptibility), or of the class its code stands for (``classes``).

Nothing is invented. A point or line without any reach, or a feature without a position, is *unplaced*: nobody can say which
places it threatens. Classes are read as surveys word them (`geoplan.contracts.hazard_words`: 极高, 高易发区 …); a feature whose class is
missing or a word nobody knows has an *unknown class*. A polygon of class ``none`` is no zone; it states that the ground was looked at. A cell
whose code is not listed is unknown.

By hand: a raster of depths 0.2, 0.6, 1.5 m under ``thresholds: {low: 0.1, high: 1.0}`` is low, low, high; one of codes 1, 4, 9 under
``classes: {1: extreme, 4: none}`` is extreme, none, unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.contracts.config import HazardConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.hazard_words import read_hazard_word
from geoplan.contracts.results import Layers
from geoplan.contracts.status import HAZARD_INDEX
from geoplan.errors import ConfigError, LayerError

_CLASSES_ASCENDING = ("low", "medium", "high", "extreme")


@dataclass(frozen=True)
class Zones:
    """The zones of one hazard layer; arrays have one element per placed feature."""

    layer: str
    kind: str
    vintage: str
    geometry: NDArray[np.object_]
    reach_m: NDArray[np.float64]
    """Radius, setback or 0, metres."""
    index: NDArray[np.float64]
    """Exposure index of the class; NaN where the class is unknown."""
    ids: NDArray[np.object_]
    unplaced_ids: tuple[str, ...]
    """Features without a position, or without a reach that can be known."""
    surveyed: NDArray[np.object_]
    """Polygons that were surveyed (empty: nothing is stated)."""
    raster: Grid | None = None
    """Exposure index per cell (0 surveyed and none, NaN unknown) of a raster source."""
    raster_needs_survey: bool = False
    """Whether the raster's zeroes count only inside ``surveyed``."""


def read_zones(layers: Layers, config: HazardConfig) -> Zones:
    """Return the zones that ``config`` makes of its layer.

    Raises
    ------
    LayerError
        ``LAYER-MISSING`` when the hazard layer or its survey area is not among ``layers``.
    ConfigError
        ``HAZARD-THRESHOLDS`` when a raster has neither thresholds nor classes, or has both, or its thresholds do not rise with the class.
    """
    surveyed = _survey_polygons(layers, config)
    vintage = next((one.vintage for one in layers.records if one.id == config.layer), "")
    if config.layer in layers.vectors:
        return _vector_zones(layers.vectors[config.layer], config, surveyed, vintage)
    if config.layer in layers.rasters:
        return _raster_zones(layers.rasters[config.layer], config, surveyed, vintage)
    raise LayerError(
        f"hazard layer {config.layer!r} was not read",
        code="LAYER-MISSING",
        layer=config.layer,
        remedy="List it in the catalogue, or take it out of `hazards`.",
    )


def _survey_polygons(layers: Layers, config: HazardConfig) -> NDArray[np.object_]:
    """Return the polygons the plan says were surveyed for this layer."""
    if config.survey_area is None:
        return np.empty(0, dtype=object)
    if config.survey_area not in layers.vectors:
        raise LayerError(
            f"survey area {config.survey_area!r} of hazard layer {config.layer!r} was not read",
            code="LAYER-MISSING",
            layer=config.survey_area,
            remedy="List it in the catalogue, or take `survey_area` out of the hazard.",
        )
    polygons = layers.vectors[config.survey_area].geometry.to_numpy()
    return polygons[shapely.area(polygons) > 0] if len(polygons) else np.empty(0, dtype=object)


def feature_ids(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the features' ``hazard_id``, or ``#<row>`` where there is none."""
    rows = [f"#{number}" for number in range(len(frame))]
    if "hazard_id" not in frame.columns:
        return np.array(rows, dtype=object)
    own = frame["hazard_id"]
    named = [str(one) if known and str(one) else row for one, known, row in zip(own, own.notna(), rows, strict=True)]
    return np.array(named, dtype=object)


def class_index(frame: gpd.GeoDataFrame, default: str | None) -> NDArray[np.float64]:
    """Return each feature's exposure index; NaN where its class is unknown.

    By hand: 极高易发区, 中, "" (with ``default`` low) and 严重 give 1.0, 0.5, 0.25 and NaN.

    ``default`` stands in for a class that is not given, never for one that is given and not understood.
    """
    if "hazard_class" not in frame.columns:
        return np.full(len(frame), HAZARD_INDEX[default] if default else np.nan)
    own = frame["hazard_class"]
    text = own.astype("object").where(own.notna(), "").map(str).str.strip()
    filled = text.where(text != "", default or "")
    # Each distinct word is read once; one nobody knows has no index.
    known = {word: HAZARD_INDEX.get(read_hazard_word(word), np.nan) for word in filled.unique()}
    return filled.map(known).to_numpy(dtype=float)


def feature_reach_m(frame: gpd.GeoDataFrame, config: HazardConfig) -> NDArray[np.float64]:
    """Return how far each feature reaches, metres: radius of points, setback of lines, 0 for polygons, NaN unknown."""
    dimension = shapely.get_dimensions(frame.geometry.to_numpy())
    radius = _own_or_stated(frame, "radius_m", config.radius_m)
    setback = _own_or_stated(frame, "setback_m", config.setback_m)
    return np.select([dimension == 0, dimension == 1, dimension == 2], [radius, setback, np.zeros(len(frame))], default=np.nan)


def _own_or_stated(frame: gpd.GeoDataFrame, column: str, stated: float | None) -> NDArray[np.float64]:
    """Return a feature's own reach where it is a length above 0, else the plan's, else NaN."""
    fallback = np.nan if stated is None else float(stated)
    if column not in frame.columns:
        return np.full(len(frame), fallback)
    own = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)
    return np.where(np.isfinite(own) & (own > 0), own, fallback)


def _vector_zones(frame: gpd.GeoDataFrame, config: HazardConfig, surveyed: NDArray[np.object_], vintage: str) -> Zones:
    """Return the zones of a vector layer."""
    geometry = frame.geometry.to_numpy()
    ids, index, reach = feature_ids(frame), class_index(frame, config.hazard_class), feature_reach_m(frame, config)
    located = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    # "None" is a finding, not a zone: a polygon of it is surveyed ground, and a point of it threatens nothing.
    harmless = index == 0
    placed = located & ~harmless & np.isfinite(reach)
    looked_at = geometry[located & harmless & (shapely.get_dimensions(geometry) == 2)]
    return Zones(
        layer=config.layer,
        kind=config.kind,
        vintage=vintage,
        geometry=geometry[placed],
        reach_m=reach[placed],
        index=index[placed],
        ids=ids[placed],
        unplaced_ids=tuple(ids[~placed & ~harmless]),
        surveyed=np.concatenate([surveyed, looked_at]),
    )


def _raster_zones(grid: Grid, config: HazardConfig, surveyed: NDArray[np.object_], vintage: str) -> Zones:
    """Return the zones of a raster, with the cells on a zone's edge as squares for measuring distance."""
    index = _rate_cells(np.asarray(grid.values, dtype=float), config)
    squares, of = _edge_squares(index > 0, grid)
    count = len(squares)
    return Zones(
        layer=config.layer,
        kind=config.kind,
        vintage=vintage,
        geometry=squares,
        reach_m=np.zeros(count),
        index=index[of],
        ids=np.full(count, "", dtype=object),
        unplaced_ids=(),
        surveyed=surveyed,
        raster=Grid(values=index, transform=grid.transform, crs=grid.crs),
        raster_needs_survey=config.survey_area is not None,
    )


def _rate_cells(values: NDArray[np.float64], config: HazardConfig) -> NDArray[np.float64]:
    """Return the exposure index of each cell, by threshold or by code; NaN where the value is missing, infinite or a code nobody explained."""
    steps = [(config.thresholds[name], HAZARD_INDEX[name]) for name in _CLASSES_ASCENDING if name in config.thresholds]
    rising = all(lower[0] < upper[0] for lower, upper in pairwise(steps))
    if not rising or bool(steps) == bool(config.classes):
        raise ConfigError(
            f"raster hazard {config.layer!r} needs either thresholds that rise from low to extreme, or classes by code",
            code="HAZARD-THRESHOLDS",
            layer=config.layer,
            remedy="Give `thresholds`, e.g. {low: 0.1, medium: 0.5, high: 1.0, extreme: 2.0}, or `classes`, e.g. {1: extreme, 2: high}.",
        )
    if config.classes:
        index = np.full(values.shape, np.nan)
        for code, name in config.classes.items():
            index[values == code] = HAZARD_INDEX[name]
        return index
    found = np.array([0.0] + [index for _, index in steps])[np.digitize(values, np.array([value for value, _ in steps]))]
    # Infinite depths are as unknown as NaN: no survey measured them.
    return np.where(np.isfinite(values), found, np.nan)


def _edge_squares(zone: NDArray[np.bool_], grid: Grid) -> tuple[NDArray[np.object_], tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Return the squares of the zone cells that have a neighbour outside the zone, and their (rows, cols)."""
    padded = np.pad(zone, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    rows, cols = np.nonzero(zone & ~inner)
    at = grid.transform
    west, east = at.c + cols * at.a, at.c + (cols + 1) * at.a
    north, south = at.f + rows * at.e, at.f + (rows + 1) * at.e
    return np.asarray(shapely.box(west, south, east, north), dtype=object), (rows, cols)
