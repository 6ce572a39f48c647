"""Collect the facilities of every service from the layers of a plan."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.results import Layers

FACTS = "staff doctors gps teachers boarding_seats standard_met public radius_m supply_kva yield_m3_day reliability_share".split()
"""Numbers about a facility beside its capacity; NaN where nothing is known, a yes 1 and a no 0."""
COLUMNS = ["facility_id", "name", "level", "capacity", "township_code", "village_code", *FACTS]
_NUMBERS = ("capacity", *FACTS)


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
        Service id → GeoDataFrame with facility_id, name, level, capacity, township_code, village_code, `FACTS` and geometry. Ids
        missing in a layer are made from its name and row; ids that two layers share are prefixed with the layer.
    """
    used = dict.fromkeys(name for service in services for name in service.layers)
    tables = {name: _complete(layer, name) for name in used if (layer := layers.vectors.get(name)) is not None and len(layer)}
    return {service.id: _collect(tables, service, layers.crs) for service in services}


def _collect(completed: dict[str, pd.DataFrame], service: ServiceConfig, crs: CRS) -> gpd.GeoDataFrame:
    """Return the facilities of one service."""
    tables = [completed[name] for name in service.layers if name in completed]
    if service.levels:
        tables = [table[table["level"].isin(service.levels)] for table in tables]
    if not tables:
        empty = {column: pd.Series(dtype=float if column in _NUMBERS else object) for column in COLUMNS}
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=crs), crs=crs)
    joined = pd.concat(tables, ignore_index=True)
    if len(tables) > 1:
        shared = joined["facility_id"].duplicated(keep=False)
        joined["facility_id"] = joined["facility_id"].where(~shared, joined["layer"] + ":" + joined["facility_id"])
    return gpd.GeoDataFrame(joined[[*COLUMNS, "geometry"]], geometry="geometry", crs=crs)


def _complete(layer: gpd.GeoDataFrame, name: str) -> pd.DataFrame:
    """Return a layer with exactly the canonical facility columns, its geometry and where it came from."""
    given = pd.DataFrame(layer)
    table: dict[str, pd.Series] = {"layer": pd.Series(name, index=layer.index, dtype=object)}
    for column in COLUMNS:
        values = given[column] if column in given else pd.Series(None, index=layer.index, dtype=object)
        if column in _NUMBERS:
            table[column] = pd.to_numeric(values, errors="coerce").astype("Float64").astype("float64")
            continue
        texts = values.astype(object)
        if texts.isna().any():
            rows = [f"{name}-{row}" for row in range(len(layer))] if column == "facility_id" else ""
            texts = texts.where(texts.notna(), pd.Series(rows, index=layer.index, dtype=object))
        table[column] = texts.astype(str)
    return pd.DataFrame(table | {"geometry": layer.geometry})


def locate_points(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return (n, 2) coordinates of points, or of a point inside each line or polygon; NaN where there is no geometry."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    xy = np.full((len(frame), 2), np.nan)
    known = ~shapely.is_missing(shapes)
    known[known] = ~shapely.is_empty(shapes[known])
    points = shapely.point_on_surface(shapes[known])
    xy[known] = np.stack([shapely.get_x(points), shapely.get_y(points)], axis=1)
    return np.where(np.isfinite(xy).all(axis=1)[:, None], xy, np.nan)
