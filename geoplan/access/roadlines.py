"""Bring a road layer into single plain lines with every attribute the graph needs, and count what was wrong.

Multi-part lines are split, heights (Z) and repeated points are dropped, lines shorter than a millimetre are set aside and
counted, and a line drawn twice with the same attributes is kept once. Missing attributes become ``unknown``, ``""`` or 0,
never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.access.noding import SAME_PLACE_M
from geoplan.errors import TableError

_LINES = (1, 2, 5)
"""LineString, LinearRing, MultiLineString in shapely's numbering."""


@dataclass(frozen=True)
class RoadLines:
    """Single-part lines with their attributes.

    Attributes
    ----------
    lines
        (n,) LineStrings.
    table
        n rows: road_id, road_class, surface, width_m, oneway, crossing, road_layer, maxspeed_kmh.
    duplicates, zero_length
        Lines drawn again; lines without length (both left out of ``lines``).
    """

    lines: NDArray[np.object_]
    table: pd.DataFrame
    duplicates: int
    zero_length: int


def _text(roads: pd.DataFrame, column: str, missing: str) -> pd.Series:
    """Return a text column with ``missing`` where there is none."""
    if column not in roads:
        return pd.Series(missing, index=roads.index, dtype=object)
    values = roads[column].astype(object)
    return values.where(values.notna(), missing).astype(str).replace("", missing)


def _number(roads: pd.DataFrame, column: str, missing: float) -> pd.Series:
    """Return a numeric column with ``missing`` where there is none."""
    if column not in roads:
        return pd.Series(missing, index=roads.index, dtype=float)
    return pd.to_numeric(roads[column], errors="coerce").astype(float).fillna(missing)


def _attributes(roads: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the attributes the graph needs, complete."""
    numbered = pd.Series([f"road-{row}" for row in range(len(roads))], index=roads.index, dtype=object)
    road_id = _text(roads, "road_id", "")
    table = pd.DataFrame(
        {
            "road_id": road_id.where(road_id != "", numbered),
            "road_class": _text(roads, "road_class", "unknown"),
            "surface": _text(roads, "surface", "unknown"),
            "width_m": _number(roads, "width_m", np.nan),
            "oneway": np.sign(_number(roads, "oneway", 0.0)).astype(np.int64),
            "crossing": _text(roads, "crossing", ""),
            "road_layer": _number(roads, "road_layer", 0.0).astype(np.int64),
            "maxspeed_kmh": _number(roads, "maxspeed_kmh", np.nan),
        }
    )
    ferry = table["road_class"] == "ferry"
    table["crossing"] = table["crossing"].where(~ferry, "ferry")
    table["road_class"] = table["road_class"].where(table["crossing"] != "ferry", "ferry")
    return table.reset_index(drop=True)


def _check_geometry(roads: gpd.GeoDataFrame, table: pd.DataFrame, shapes: NDArray[np.object_]) -> None:
    """Refuse geometries that are not lines and coordinates that are not finite."""
    present = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    wrong = present & ~np.isin(shapely.get_type_id(shapes), _LINES)
    if wrong.any():
        raise TableError(
            "roads must be lines", code="ROADS-NOT-LINES", layer="roads", column="geometry", ids=table["road_id"][wrong],
            remedy="Give centre lines, not points or polygons.",
        )  # fmt: skip
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    broken = np.unique(owner[~np.isfinite(points).all(axis=1)])
    if len(broken):
        raise TableError(
            "coordinates are not finite", code="ROADS-NOT-FINITE", layer="roads", column="geometry",
            ids=table["road_id"].iloc[broken], remedy="Repair or remove these lines.",
        )  # fmt: skip


def read_lines(roads: gpd.GeoDataFrame) -> RoadLines:
    """Return the single-part lines of ``roads`` with complete attributes.

    Raises
    ------
    TableError
        ``ROADS-NOT-LINES`` or ``ROADS-NOT-FINITE``.
    """
    table = _attributes(roads)
    shapes = shapely.force_2d(np.asarray(roads.geometry.array, dtype=object))
    _check_geometry(roads, table, shapes)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    parts = shapely.remove_repeated_points(_as_lines(parts), 0.0)
    short = ~(shapely.length(parts) > SAME_PLACE_M)
    # Whether an empty line has no part or an empty one depends on its kind: those with no part are counted here.
    empty = len(shapes) - len(np.unique(owner))
    parts, owner = parts[~short], owner[~short]
    table = table.iloc[owner].reset_index(drop=True)
    doubled = _find_doubled(parts, table)
    kept = table[~doubled].reset_index(drop=True)
    return RoadLines(parts[~doubled], kept, int(doubled.sum()), int(short.sum()) + empty)


def _as_lines(parts: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return LinearRings as LineStrings."""
    rings = shapely.get_type_id(parts) == 2
    if rings.any():
        parts = parts.copy()
        parts[rings] = [shapely.LineString(ring.coords) for ring in parts[rings]]
    return parts


def _find_doubled(parts: NDArray[np.object_], table: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which lines repeat an earlier one: same points in either order, same attributes, same direction of travel."""
    if len(parts) == 0:
        return np.zeros(0, dtype=bool)
    there, back = shapely.to_wkb(parts), shapely.to_wkb(shapely.reverse(parts))
    turned = np.array([a > b for a, b in zip(there, back, strict=True)])
    same = table.drop(columns="road_id").assign(shape=np.where(turned, back, there))
    same["oneway"] = np.where(turned, -same["oneway"], same["oneway"])
    return same.duplicated().to_numpy()
