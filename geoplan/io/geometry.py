"""Make geometries fit to measure: flat, finite, valid; say what was changed and keep every row.

By hand: the bow-tie (0 0, 2 2, 2 0, 0 2) crosses itself at (1, 1) and becomes two triangles of area 1 each.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.contracts.results import Problem
from geoplan.contracts.status import Severity
from geoplan.io.problems import note_problem

_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7


def clean_geometry(
    frame: gpd.GeoDataFrame, *, layer_id: str, ids: pd.Series
) -> tuple[gpd.GeoDataFrame, list[str], list[Problem]]:
    """Return the frame with 2-D, finite, valid geometries (None where there is none), notes and problems.

    Z and M are dropped, polygons that cross themselves are made valid, rings run to the polygonal part. Rows stay, in order.
    """
    geometry = frame.geometry.to_numpy().copy()
    notes: list[str] = []
    problems: list[Problem] = []
    raised = shapely.has_z(geometry) | (shapely.has_m(geometry) if hasattr(shapely, "has_m") else False)
    if raised.any():
        notes.append(f"Z or M dropped from {int(raised.sum())} geometries")
    geometry = shapely.force_2d(geometry)
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    bounds = shapely.bounds(geometry)
    broken = ~missing & ~np.isfinite(bounds).all(axis=1)
    geometry[missing | broken] = None
    if (missing | broken).any():
        problems.append(_no_geometry(layer_id, ids[missing | broken], int(broken.sum())))
    invalid = ~shapely.is_valid(geometry) & ~shapely.is_missing(geometry)
    if invalid.any():
        before = geometry[invalid]
        geometry[invalid] = _repair(before)
        lost = shapely.is_missing(geometry) & invalid
        notes.append(f"{int(invalid.sum())} invalid geometries made valid")
        problems.append(_made_valid(layer_id, ids[invalid], int(lost.sum())))
    return frame.set_geometry(gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs)), notes, problems


def _repair(geometry: np.ndarray) -> np.ndarray:
    """Return valid geometries of the same dimension; what collapses becomes None."""
    fixed = shapely.make_valid(geometry)
    areal = np.isin(shapely.get_type_id(geometry), (_POLYGON, _MULTIPOLYGON))
    mixed = areal & ~np.isin(shapely.get_type_id(fixed), (_POLYGON, _MULTIPOLYGON))
    for number in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapely.get_parts(fixed[number]))
        parts = parts[shapely.get_type_id(parts) == _POLYGON]
        fixed[number] = shapely.multipolygons(parts) if len(parts) else None
    return fixed


def _no_geometry(layer_id: str, ids: pd.Series, infinite: int) -> Problem:
    return note_problem(
        "GEOMETRY-MISSING",
        Severity.WARNING,
        layer_id,
        zh=f"{len(ids)} 条记录没有图形或坐标无效（{infinite} 条坐标非有限值），保留记录、图形为空",
        en=f"{len(ids)} rows have no geometry ({infinite} with coordinates that are no numbers); kept without one",
        fix_zh="补充图形，或删除这些记录。",
        fix_en="Draw the geometry, or delete the rows.",
        column="geometry",
        ids=ids,
    )


def _made_valid(layer_id: str, ids: pd.Series, lost: int) -> Problem:
    return note_problem(
        "GEOMETRY-INVALID",
        Severity.WARNING,
        layer_id,
        zh=f"{len(ids)} 个图形自相交等无效，已修复（其中 {lost} 个修复后为空）",
        en=f"{len(ids)} geometries were invalid and were made valid ({lost} had nothing left)",
        fix_zh="在来源文件中核对这些图形。",
        fix_en="Look at these geometries in the source.",
        column="geometry",
        ids=ids,
    )
