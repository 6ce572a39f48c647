"""Collect the facilities of every service from the layers of a plan."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.results import Layers

COLUMNS = ["facility_id", "name", "level", "capacity", "township_code", "village_code"]


def collect_facilities(layers: Layers, services: Sequence[ServiceConfig]) -> dict[str, gpd.GeoDataFrame]:
    """Return the facilities of each service: its layers joined, its levels kept.

    Parameters
    ----------
    layers
        Layers of the plan in the working CRS; a layer that is absent contributes nothing.
    services
        Services of the plan.

    Returns
    -------
    dict
        Service id → GeoDataFrame with facility_id, name, level, capacity, township_code, village_code and geometry. Ids
        missing in a layer are made from its name and row; ids that two layers share are prefixed with the layer.
    """
    return {service.id: _collect(layers, service) for service in services}


def _collect(layers: Layers, service: ServiceConfig) -> gpd.GeoDataFrame:
    """Return the facilities of one service."""
    tables = []
    for name in service.layers:
        layer = layers.vectors.get(name)
        if layer is None or len(layer) == 0:
            continue
        table = _complete(layer, name)
        tables.append(table[table["level"].isin(service.levels)] if service.levels else table)
    if not tables:
        empty = {column: pd.Series(dtype=float if column == "capacity" else object) for column in COLUMNS}
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=layers.crs), crs=layers.crs)
    joined = pd.concat(tables, ignore_index=True)
    shared = joined["facility_id"].duplicated(keep=False) & (len(tables) > 1)
    joined["facility_id"] = joined["facility_id"].where(~shared, joined["layer"] + ":" + joined["facility_id"])
    return gpd.GeoDataFrame(joined[[*COLUMNS, "geometry"]], geometry="geometry", crs=layers.crs)


def _complete(layer: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Return a layer with exactly the canonical facility columns and where it came from."""
    rows = pd.Series([f"{name}-{row}" for row in range(len(layer))], index=layer.index, dtype=object)
    table: dict[str, pd.Series] = {"layer": pd.Series(name, index=layer.index, dtype=object)}
    for column in COLUMNS:
        if column == "capacity":
            given = layer[column] if column in layer else pd.Series(np.nan, index=layer.index)
            table[column] = pd.to_numeric(given, errors="coerce").astype(float)
        else:
            given = layer[column].astype(object) if column in layer else pd.Series(None, index=layer.index, dtype=object)
            table[column] = given.where(given.notna(), rows if column == "facility_id" else "").astype(str)
    return gpd.GeoDataFrame(table, geometry=layer.geometry, crs=layer.crs)


def locate_points(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return (n, 2) coordinates of points, or of a point inside each line or polygon; NaN where there is no geometry."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    xy = np.full((len(frame), 2), np.nan)
    known = ~shapely.is_missing(shapes)
    known[known] = ~shapely.is_empty(shapes[known])
    points = shapely.point_on_surface(shapes[known])
    xy[known] = np.stack([shapely.get_x(points), shapely.get_y(points)], axis=1)
    return np.where(np.isfinite(xy).all(axis=1)[:, None], xy, np.nan)
