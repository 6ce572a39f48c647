r"""Write map data small and safe: whole-number coordinates as differences, JSON that cannot leave its script element.

Coordinates are degrees × 10⁵ (about 1 m), rounded, flat, each pair as the difference from the pair before:
(105.0, 32.0), (105.00002, 32.00001) → [10500000, 3200000, 2, 1]. Shared borders stay shared: equal vertices round equally.
JSON escapes ``<`` (so neither ``</script>`` nor ``<!--`` can occur), U+2028 and U+2029.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

SCALE = 100_000
_LONLAT = CRS.from_epsg(4326)
_SAFE_NAME = re.compile(r"[0-9][0-9A-Za-z_\-]{0,79}")


def encode_json(value: Any) -> str:
    r"""Return compact JSON that is safe inside a ``<script>`` element; NaN is refused, not written.

    >>> encode_json({"a": "</script>"})
    '{"a":"\\u003c/script>"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def page_name(code: str) -> str:
    """Return the file name of a unit's page: its code, or ``x`` and its bytes in hexadecimal where the code is not plain.

    A plain code begins with a digit, so no code can take the name of the index, of another page or of a device.

    >>> page_name("990821001001001"), page_name("../x"), page_name("index")
    ('990821001001001.html', 'x2e2e2f78.html', 'x696e646578.html')
    """
    if _SAFE_NAME.fullmatch(code):
        return f"{code}.html"
    raw = code.encode("utf-8", "surrogatepass")
    return f"x{raw.hex() if len(raw) <= 60 else hashlib.sha256(raw).hexdigest()}.html"


def to_lonlat(frame: gpd.GeoSeries) -> NDArray[np.object_]:
    """Return geometries in longitude, latitude (2-D), as an array."""
    return shapely.force_2d(frame.to_crs(_LONLAT).to_numpy())


def _encode_parts(parts: NDArray[np.object_], *, closed: bool) -> list[list[int]]:
    """Return each line's or ring's vertices as flat differences, all of them in one pass over their coordinates.

    Repeats made by rounding are dropped, never below two pairs; of a ``closed`` ring the last vertex is left out.
    """
    if len(parts) == 0:
        return []
    coordinates, of_part = shapely.get_coordinates(parts, return_index=True)
    whole = np.rint(coordinates * SCALE).astype(np.int64)
    if closed:
        inner = np.append(of_part[1:] == of_part[:-1], False)
        whole, of_part = whole[inner], of_part[inner]
    keep = _is_first(of_part)
    keep[1:] |= (whole[1:] != whole[:-1]).any(axis=1)
    keep |= (np.bincount(of_part[keep], minlength=len(parts)) < 2)[of_part]
    whole, of_part = whole[keep], of_part[keep]
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    first = _is_first(of_part)
    steps[first] = whole[first]
    flat = steps.ravel().tolist()
    ends = 2 * np.cumsum(np.bincount(of_part, minlength=len(parts)))
    return [flat[start:end] for start, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True)]


def _is_first(of_part: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which vertices begin a part."""
    first = np.ones(len(of_part), dtype=bool)
    first[1:] = of_part[1:] != of_part[:-1]
    return first


def encode_points(lonlat: NDArray[np.object_]) -> list[list[int] | None]:
    """Return [x, y] in 1e-5 degrees for each point; None where the geometry is missing or empty."""
    there = ~shapely.is_missing(lonlat) & ~shapely.is_empty(lonlat)
    x, y = np.full(len(lonlat), np.nan), np.full(len(lonlat), np.nan)
    x[there], y[there] = shapely.get_x(lonlat[there]), shapely.get_y(lonlat[there])
    return [
        None if not (np.isfinite(a) and np.isfinite(b)) else [round(float(a) * SCALE), round(float(b) * SCALE)]
        for a, b in zip(x, y, strict=True)
    ]


def encode_lines(lonlat: NDArray[np.object_]) -> list[list[int]]:
    """Return one list of differences for each part of each line; missing and empty geometries give none."""
    parts = shapely.get_parts(lonlat)
    return _encode_parts(parts[~shapely.is_empty(parts)], closed=False)


def encode_polygons(lonlat: NDArray[np.object_]) -> list[list[list[list[int]]]]:
    """Return polygon → parts → rings → differences; rings are closed by the reader, so the last vertex is left out."""
    parts, of_polygon = shapely.get_parts(lonlat, return_index=True)
    there = ~shapely.is_empty(parts)
    parts, of_polygon = parts[there], of_polygon[there]
    rings, of_part = shapely.get_rings(parts, return_index=True)
    encoded: list[list[list[int]]] = [[] for _ in range(len(parts))]
    for part, ring in zip(of_part.tolist(), _encode_parts(rings, closed=True), strict=True):
        encoded[part].append(ring)
    made: list[list[list[list[int]]]] = [[] for _ in range(len(lonlat))]
    for polygon, one in zip(of_polygon.tolist(), encoded, strict=True):
        made[polygon].append(one)
    return made


def simplify_polygons(polygons: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Simplify polygons together so that shared borders stay shared; a polygon that would vanish stays as it was.

    ``polygons`` are in a metric CRS; None stays None. Where the polygons overlap or leave slivers they are no coverage, and
    each unmatched border is simplified on its own.
    """
    out = polygons.copy()
    present = ~shapely.is_missing(polygons) & ~shapely.is_empty(polygons)
    present &= np.isin(shapely.get_type_id(polygons), (3, 6))
    if tolerance_m > 0 and present.any():
        simple = shapely.coverage_simplify(polygons[present], tolerance_m)
        lost = shapely.is_empty(simple) | ~shapely.is_valid(simple)
        out[present] = np.where(lost, polygons[present], simple)
    return out
