"""Write GeoJSON as RFC 7946 wants it: longitude and latitude on WGS 84, right-hand rule, no ``crs`` member, the same bytes every time.

By hand: a square digitised clockwise in EPSG:4544 leaves as a counter-clockwise ring of degrees with seven decimals (1 cm), its holes clockwise;
a missing number leaves as ``null``, never as ``NaN``, which is not JSON.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry import mapping

from geoplan.errors import CrsError
from geoplan.io.atomic import replacing
from geoplan.io.plain import plain_values

_DECIMALS = 7
_ID_COLUMNS = ("settlement_id", "site_id", "facility_id", "hazard_id", "road_id", "edge_id", "code", "osm_id")


def write_geojson(gdf: gpd.GeoDataFrame, path: Path) -> Path:
    """Write a layer as strict RFC 7946 GeoJSON.

    Parameters
    ----------
    gdf
        Layer in any CRS; rows keep their order, a row without geometry is written with ``null``. The first id column it has
        (settlement_id, site_id, facility_id, …, code) becomes the feature's ``id``.
    path
        File to write, whole or not at all.

    Raises
    ------
    CrsError
        ``CRS-MISSING`` when the layer carries no CRS.
    LayerError
        ``OUTPUT-UNWRITABLE``.
    """
    path = Path(path)
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, allow_nan=False, separators=(",", ":")) for one in to_features(gdf))
    with replacing(path) as scratch:
        scratch.write_bytes(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'.encode())
    return path


def to_features(gdf: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the layer's rows as GeoJSON features, in WGS 84.

    Raises
    ------
    CrsError
        ``CRS-MISSING``.
    """
    if gdf.crs is None:
        raise CrsError("a layer without CRS cannot be brought to WGS 84", code="CRS-MISSING", remedy="State its CRS first.")
    degrees = gdf.geometry.to_crs("EPSG:4326")
    names = [name for name in gdf.columns if name != gdf.geometry.name]
    id_column = next((name for name in _ID_COLUMNS if name in names), None)
    columns = [plain_values(gdf[name]) for name in names]
    features = []
    for at, shape in enumerate(degrees.array):
        feature: dict[str, Any] = {"type": "Feature"}
        values = {str(name): column[at] for name, column in zip(names, columns, strict=True)}
        if id_column is not None and values[id_column] is not None:
            feature["id"] = values[id_column]
        feature["properties"] = values
        feature["geometry"] = to_geometry(shape)
        features.append(feature)
    return features


def to_geometry(shape: shapely.Geometry | None) -> dict[str, Any] | None:
    """Return a geometry in degrees as a GeoJSON object: two dimensions, seven decimals, outer rings counter-clockwise, holes clockwise."""
    if shape is None or shapely.is_empty(shape):
        return None
    return _rewrite(mapping(shapely.force_2d(shape)))


def _rewrite(shape: dict[str, Any]) -> dict[str, Any]:
    kind = shape["type"]
    if kind == "GeometryCollection":
        return {"type": kind, "geometries": [_rewrite(one) for one in shape["geometries"]]}
    if kind == "LinearRing":
        kind = "LineString"
    coordinates = shape["coordinates"]
    if kind == "Polygon":
        return {"type": kind, "coordinates": _rings(coordinates)}
    if kind == "MultiPolygon":
        return {"type": kind, "coordinates": [_rings(one) for one in coordinates]}
    return {"type": kind, "coordinates": _rounded(coordinates)}


def _rings(rings: Any) -> list[list[list[float]]]:
    """Return a polygon's rings, the first counter-clockwise, the others clockwise."""
    turned = []
    for place, ring in enumerate(rings):
        points = _rounded(ring)
        if (_signed_area(ring) > 0) != (place == 0):
            points.reverse()
        turned.append(points)
    return turned


def _signed_area(ring: Any) -> float:
    """Return twice the area inside a ring, positive when it runs counter-clockwise (measured from its first point, for precision)."""
    x0, y0 = ring[0][0], ring[0][1]
    return sum((a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0) for a, b in pairwise(ring))


def _rounded(coordinates: Any) -> Any:
    """Return nested coordinates as lists of numbers with seven decimals; −0.0 becomes 0.0."""
    if isinstance(coordinates[0], int | float):
        return [round(float(one), _DECIMALS) + 0.0 for one in coordinates]
    return [_rounded(one) for one in coordinates]
