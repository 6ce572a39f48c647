"""Choose the CRS distances are measured in, and refuse the ones they cannot be measured in.

Inside China the working CRS is CGCS2000 / 3-degree Gauss–Krüger *by central meridian* (EPSG:4534 for 75° E … EPSG:4554 for
135° E; eastings about 500,000, no zone prefix); elsewhere UTM on WGS 84 (EPSG:326zz north, 327zz south). By hand:

    central meridian of 106.0° E = 3·round(106.0/3) = 105° E → EPSG:4534 + (105 − 75)/3 = EPSG:4544
    UTM zone of 43.9° E = floor((43.9 + 180)/6) + 1 = 38, south → EPSG:32738

Coordinates are easting, northing or longitude, latitude everywhere (``always_xy=True``), whatever order the authority lists.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS, Proj, Transformer
from pyproj.exceptions import CRSError as PyprojError
from pyproj.transformer import TransformerGroup

from geoplan.errors import CrsError
from geoplan.spatial.outline import inside_china

Bounds = tuple[float, float, float, float]

_GK_FIRST_EPSG, _GK_FIRST_MERIDIAN, _GK_LAST_MERIDIAN = 4534, 75, 135
_UTM_LIMIT_DEG = 84.0
_SCALE_LIMIT = 0.005
_DATUMS = {
    "china2000": "cgcs2000",
    "cgcs2000": "cgcs2000",
    "chinageodeticcoordinatesystem2000": "cgcs2000",
    "worldgeodeticsystem1984": "wgs84",
    "worldgeodeticsystem1984ensemble": "wgs84",
    "wgs1984": "wgs84",
    "wgs84": "wgs84",
}
_WORKING = "Name a metric CRS in the plan (`crs: EPSG:4544`) or leave `crs: auto`."


def parse_crs(value: Any, *, layer: str) -> CRS:
    """Return ``value`` as a horizontal CRS (a compound CRS gives its horizontal part).

    Raises
    ------
    CrsError
        ``CRS-UNKNOWN`` when the text names no CRS.
    """
    try:
        crs = CRS.from_user_input(value)
    except (PyprojError, TypeError, ValueError) as error:
        raise CrsError(
            f"{value!r} names no CRS", code="CRS-UNKNOWN", layer=layer, remedy="Write an EPSG code, e.g. EPSG:4490."
        ) from error
    return crs.sub_crs_list[0] if crs.is_compound else crs


def choose_crs(west: float, south: float, east: float, north: float) -> CRS:
    """Return the metric CRS for an area: CGCS2000 3° Gauss–Krüger in China, UTM on WGS 84 elsewhere.

    Parameters
    ----------
    west, south, east, north
        Bounds of the area, degrees.

    Raises
    ------
    CrsError
        ``CRS-BOUNDS`` when the bounds are not longitudes and latitudes, are empty, or lie beyond 84° N/S.

    Notes
    -----
    The area counts as inside China when most of a 7 × 7 sample of its bounds does. UTM zones are the regular six degrees (the
    Norwegian exceptions are not applied: any metric CRS within a zone's width serves).
    """
    values = (west, south, east, north)
    if not all(math.isfinite(one) for one in values) or west > east or south > north:
        raise CrsError(f"bounds {values} are empty", code="CRS-BOUNDS", remedy="Check the county and settlement layers.")
    if west < -180 or east > 180 or max(abs(south), abs(north)) > _UTM_LIMIT_DEG:
        raise CrsError(f"bounds {values} are no degrees", code="CRS-BOUNDS", remedy="Give longitude and latitude, below 84° N/S.")
    longitude, latitude = (west + east) / 2, (south + north) / 2
    columns, rows = np.meshgrid(np.linspace(west, east, 7), np.linspace(south, north, 7))
    if float(np.mean(inside_china(columns, rows))) > 0.5:
        meridian = min(max(3 * math.floor(longitude / 3 + 0.5), _GK_FIRST_MERIDIAN), _GK_LAST_MERIDIAN)
        return CRS.from_epsg(_GK_FIRST_EPSG + (meridian - _GK_FIRST_MERIDIAN) // 3)
    zone = min(math.floor((longitude + 180) / 6) + 1, 60)
    return CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def require_metric(crs: CRS | None, *, layer: str) -> CRS:
    """Return ``crs`` if lengths and areas may be measured in it.

    Raises
    ------
    CrsError
        ``CRS-MISSING``, ``CRS-DEGREES``, ``CRS-MERCATOR`` (EPSG:3857 and its kin: a "2 km" buffer is 1,782 m at 27° N),
        ``CRS-UNITS`` (not metres) or ``CRS-AXES`` (axes that run west or south).
    """
    if crs is None:
        raise CrsError("has no CRS", code="CRS-MISSING", layer=layer, remedy="State `crs` for the layer in the catalogue.")
    name = crs.name
    if not crs.is_projected:
        raise CrsError(f"{name} is in degrees, not metres", code="CRS-DEGREES", layer=layer, remedy=_WORKING)
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    if re.search(r"mercator", method, re.IGNORECASE) and not re.search(r"transverse|oblique", method, re.IGNORECASE):
        raise CrsError(
            f"{name} stretches distances with latitude (a map kilometre is {math.cos(math.radians(30)):.2f} km at 30°)",
            code="CRS-MERCATOR",
            layer=layer,
            remedy=_WORKING,
        )
    axes = crs.axis_info[:2]
    if any(not math.isclose(axis.unit_conversion_factor, 1.0) for axis in axes):
        raise CrsError(f"{name} is in {axes[0].unit_name}, not metres", code="CRS-UNITS", layer=layer, remedy=_WORKING)
    if {axis.direction.lower() for axis in axes} != {"east", "north"}:
        directions = ", ".join(axis.direction for axis in axes)
        raise CrsError(f"the axes of {name} run {directions}", code="CRS-AXES", layer=layer, remedy=_WORKING)
    return crs


def require_true_scale(crs: CRS, bounds: Bounds, *, layer: str) -> float:
    """Return the largest error of lengths in ``crs`` over an area, as a share, if it is small enough to measure with.

    A Gauss–Krüger zone six degrees off is true in units and wrong in length: at 30° N lengths come out (6°·cos 30°)²/2 = 0.4% long, at twenty
    degrees off 4.6%.

    Parameters
    ----------
    crs
        Metric CRS.
    bounds
        West, south, east, north of the area in ``crs``, metres.
    layer
        Named in the message.

    Raises
    ------
    CrsError
        ``CRS-SCALE`` when lengths are off by more than 0.5% somewhere in the area, or the area has no place in the CRS.
    """
    west, south, east, north = bounds
    x, y = (one.ravel() for one in np.meshgrid(np.linspace(west, east, 3), np.linspace(south, north, 3)))
    longitude, latitude = transformer_between(crs, crs.geodetic_crs).transform(x, y)
    found = Proj(crs).get_factors(longitude, latitude, errcheck=False)
    error = np.abs(np.array([found.meridional_scale, found.parallel_scale]) - 1.0)
    worst = float(error.max()) if np.isfinite(error).all() else math.inf
    if worst > _SCALE_LIMIT:
        raise CrsError(
            f"lengths in {crs.name} are off by {worst:.1%} where the county lies",
            code="CRS-SCALE",
            layer=layer,
            remedy="Leave `crs: auto`, or name the CRS of the county's own zone.",
        )
    return worst


def datum_key(crs: CRS) -> str:
    """Return a comparable name of a CRS's datum: ``wgs84``, ``cgcs2000``, or the datum's own name in lower case."""
    geodetic = crs.geodetic_crs
    name = geodetic.datum.name if geodetic is not None and geodetic.datum is not None else ""
    plain = re.sub(r"[^a-z0-9]", "", name.lower().removeprefix("d_"))
    return _DATUMS.get(plain, plain)


def same_crs(a: CRS, b: CRS) -> bool:
    """Return whether two CRSs are the same one, however each is written (EPSG code, ESRI or OGC WKT, PROJ text).

    They are when they share the datum and take the same places to the same coordinates within a millimetre.
    """
    if a == b:
        return True
    if a.is_geographic != b.is_geographic or datum_key(a) != datum_key(b):
        return False
    first, second = a.ellipsoid, b.ellipsoid
    if first is None or second is None or not math.isclose(first.semi_major_metre, second.semi_major_metre, abs_tol=1e-6):
        return False
    if not math.isclose(first.inverse_flattening, second.inverse_flattening, abs_tol=1e-7):
        return False
    longitude, latitude = (one.ravel() for one in np.meshgrid(np.arange(-177.0, 180.0, 6.0), np.arange(-60.0, 61.0, 20.0)))
    try:
        ours, theirs = (np.array(transformer_between(crs.geodetic_crs, crs).transform(longitude, latitude)) for crs in (a, b))
    except PyprojError:
        return False
    known = np.isfinite(ours).all(axis=0) & np.isfinite(theirs).all(axis=0)
    tolerance = 1e-8 if a.is_geographic else 1e-3
    return bool(known.any()) and bool(np.abs(ours[:, known] - theirs[:, known]).max() <= tolerance)


@lru_cache(maxsize=64)
def transformer_between(source: CRS, target: CRS) -> Transformer:
    """Return the transformer from one CRS to another, easting/longitude first.

    Building one takes some 80 ms and a county's layers ask for the same few dozens of times.
    """
    return Transformer.from_crs(source, target, always_xy=True)


def ballpark_shift(source: CRS, target: CRS) -> bool:
    """Return whether going from one CRS to the other ignores an unknown datum shift (Xian 1980: 100 m and more).

    CGCS2000 and WGS 84 agree within a decimetre or so and count as one datum here.
    """
    modern = {"cgcs2000", "wgs84"}
    if datum_key(source) == datum_key(target) or {datum_key(source), datum_key(target)} <= modern:
        return False
    found = TransformerGroup(source, target, always_xy=True).transformers
    return not found or "ballpark" in found[0].description.lower()


def transform_frame(frame: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Return ``frame`` in ``crs``; rows, order and index stay, the input stays as it was.

    Raises
    ------
    CrsError
        ``CRS-MISSING`` without a CRS, ``CRS-TRANSFORM`` where a coordinate cannot be carried over.
    """
    if frame.crs is None:
        raise CrsError("has no CRS", code="CRS-MISSING", remedy="State `crs` for the layer in the catalogue.")
    if same_crs(frame.crs, crs):
        return frame.set_crs(crs, allow_override=True)
    try:
        moved = frame.to_crs(crs)
    except PyprojError as error:
        raise CrsError(f"cannot go from {frame.crs.name} to {crs.name}", code="CRS-TRANSFORM", remedy=_WORKING) from error
    bounds = moved.geometry.bounds.to_numpy()
    before = frame.geometry.bounds.to_numpy()
    lost = np.isfinite(before).all(axis=1) & ~np.isfinite(bounds).all(axis=1)
    if lost.any():
        raise CrsError(
            f"{frame.crs.name} coordinates have no place in {crs.name}",
            code="CRS-TRANSFORM",
            ids=np.flatnonzero(lost).tolist(),
            remedy="Check the layer's CRS in the catalogue.",
        )
    return moved
