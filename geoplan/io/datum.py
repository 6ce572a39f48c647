"""Undo the offsets of Chinese web maps exactly: GCJ-02 and BD-09 to WGS 84 and back.

GCJ-02 moves a point by a few hundred metres with fixed sines of its position; BD-09 bends GCJ-02 once more. With a = 6,378,245 m,
e² = 0.00669342162296594323, x = λ − 105, y = φ − 35, and w² = 1 − e²·sin²φ:

    Δφ = T_φ(x, y) · 180 w³ / (a (1 − e²) π)        Δλ = T_λ(x, y) · 180 w / (a cos φ π)
    T_φ = −100 + 2x + 3y + 0.2y² + 0.1xy + 0.2√|x| + S(6x, 2x) + ⅔(20 sin πy + 40 sin πy/3) + ⅔(160 sin πy/12 + 320 sin πy/30)
    T_λ =  300 +  x + 2y + 0.1x² + 0.1xy + 0.1√|x| + S(6x, 2x) + ⅔(20 sin πx + 40 sin πx/3) + ⅔(150 sin πx/12 + 300 sin πx/30)
    S(6x, 2x) = ⅔(20 sin 6πx + 20 sin 2πx)

    BD-09: r = √(λ² + φ²) + 2·10⁻⁵ sin(φκ), θ = atan2(φ, λ) + 3·10⁻⁶ cos(λκ), κ = 3000π/180,
           λ' = r cos θ + 0.0065, φ' = r sin θ + 0.006

The inverses iterate p ← p + (target − forward(p)) until a millionth of a metre. CGCS2000 is taken as WGS 84: the two frames differ by
centimetres to decimetres, far below the accuracy of any layer here. Points outside China (`inside_china`) stay as they are.

By hand: (116.377817, 39.911954) WGS 84 ↔ (116.38404722455657, 39.91334545536069) GCJ-02, 553 m apart. Source: the formulas
that open implementations have agreed on since 2010 (EvilTransform).
"""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.contracts.config import Datum
from geoplan.errors import CrsError
from geoplan.spatial.crs import datum_key
from geoplan.spatial.outline import inside_china

Points = NDArray[np.float64]
_A_M = 6_378_245.0
_E2 = 0.00669342162296594323
_KAPPA = 3000.0 * np.pi / 180.0
_STOP_DEG = 1e-12
_ROUNDS = 60


def gcj02_from_wgs84(points_deg: Points) -> Points:
    """Return GCJ-02 longitude, latitude of WGS 84 ones; (n, 2) degrees in and out, points outside China untouched."""
    return _inside_only(points_deg, _gcj_forward)


def wgs84_from_gcj02(points_deg: Points) -> Points:
    """Return WGS 84 longitude, latitude of GCJ-02 ones; (n, 2) degrees, exact to 10⁻⁶ m, points outside China untouched."""
    return _inside_only(points_deg, lambda points: _invert(_gcj_forward, points))


def bd09_from_wgs84(points_deg: Points) -> Points:
    """Return BD-09 longitude, latitude of WGS 84 ones; (n, 2) degrees in and out, points outside China untouched."""
    return _inside_only(points_deg, _gcj_bd_forward)


def wgs84_from_bd09(points_deg: Points) -> Points:
    """Return WGS 84 longitude, latitude of BD-09 ones; (n, 2) degrees, exact to 10⁻⁶ m, points outside China untouched."""
    return _inside_only(points_deg, lambda points: _invert(_gcj_bd_forward, points))


def convert_datum(frame: gpd.GeoDataFrame, datum: Datum, *, layer: str) -> tuple[gpd.GeoDataFrame, int]:
    """Return ``frame`` on WGS 84 / CGCS2000, and how many features lie outside China and were left as they were.

    Parameters
    ----------
    frame
        Any geometries with a CRS; for ``gcj02`` and ``bd09`` the CRS must rest on WGS 84 or CGCS2000 (the label such data carry).
    datum
        The layer's stated datum; others than ``gcj02`` and ``bd09`` need no conversion.

    Raises
    ------
    CrsError
        ``DATUM-CRS`` when a web-map datum is stated for a CRS on another datum.
    """
    forward = {"gcj02": _gcj_forward, "bd09": _gcj_bd_forward}.get(datum)
    if forward is None or frame.empty:
        return frame, 0
    if datum_key(frame.crs) not in {"wgs84", "cgcs2000"}:
        raise CrsError(
            f"datum {datum} cannot go with {frame.crs.name}",
            code="DATUM-CRS",
            layer=layer,
            remedy="State the datum the coordinates really have, or the CRS as EPSG:4326.",
        )
    degrees = frame if frame.crs.is_geographic else frame.to_crs("EPSG:4326")
    geometry = degrees.geometry.to_numpy().copy()
    known = ~shapely.is_missing(geometry) & ~shapely.is_empty(geometry)
    anchors = shapely.point_on_surface(geometry[known])
    inside = np.zeros(len(geometry), dtype=bool)
    inside[known] = inside_china(shapely.get_x(anchors), shapely.get_y(anchors))
    # One decision per feature: a polygon on the outline is moved whole or not at all, never torn.
    geometry[inside] = shapely.transform(geometry[inside], lambda points: _invert(forward, points))
    moved = gpd.GeoSeries(geometry, index=frame.index, crs=degrees.crs)
    return frame.set_geometry(moved.to_crs(frame.crs)), int((known & ~inside).sum())


def _inside_only(points_deg: Points, convert: Callable[[Points], Points]) -> Points:
    """Apply ``convert`` to the points inside China and copy the others."""
    points = np.asarray(points_deg, dtype=float)
    moved = points.copy()
    inside = inside_china(points[:, 0], points[:, 1])
    if inside.any():
        moved[inside] = convert(points[inside])
    return moved


def _gcj_forward(points: Points) -> Points:
    longitude, latitude = points[:, 0], points[:, 1]
    x, y = longitude - 105.0, latitude - 35.0
    shared = 2 / 3 * (20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x))
    root = np.sqrt(np.abs(x))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + shared
    north += 2 / 3 * (20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3))
    north += 2 / 3 * (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + shared
    east += 2 / 3 * (20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3))
    east += 2 / 3 * (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30))
    phi = np.radians(latitude)
    w = np.sqrt(1 - _E2 * np.sin(phi) ** 2)
    north_deg = north * 180 * w**3 / (_A_M * (1 - _E2) * np.pi)
    east_deg = east * 180 * w / (_A_M * np.cos(phi) * np.pi)
    return np.column_stack([longitude + east_deg, latitude + north_deg])


def _bd_forward(points: Points) -> Points:
    longitude, latitude = points[:, 0], points[:, 1]
    radius = np.hypot(longitude, latitude) + 2e-5 * np.sin(latitude * _KAPPA)
    angle = np.arctan2(latitude, longitude) + 3e-6 * np.cos(longitude * _KAPPA)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])


def _gcj_bd_forward(points: Points) -> Points:
    return _bd_forward(_gcj_forward(points))


def _invert(forward: Callable[[Points], Points], target: Points) -> Points:
    """Solve forward(p) = target; the map moves points by under 0.02° and changes slowly, so the fixed point converges."""
    guess = target.copy()
    for _ in range(_ROUNDS):
        step = target - forward(guess)
        guess = guess + step
        if np.nanmax(np.abs(step), initial=0.0) < _STOP_DEG:
            break
    return guess
