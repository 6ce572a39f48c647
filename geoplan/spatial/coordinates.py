"""Refuse coordinates that cannot belong to the CRS they are labelled with.

Each test asks one question of a layer's bounds. By hand, for EPSG:4544 (CM 105° E, false easting 500,000):

    (105.9, 32.3)            both look like degrees                     → CRS-NOT-METRES
    (35 584 700, 3 575 000)  35·10⁶ + 584 700: zone number in front     → CRS-ZONE-PREFIX, EPSG:4523 is meant
    (3 575 000, 584 700)     northing and easting change places         → CRS-AXIS-ORDER
    (584 700, 3 575 000)     105.9° E, 32.3° N                          → fine
"""

from __future__ import annotations

import math

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError as PyprojError
from pyproj.exceptions import ProjError

from geoplan.errors import CrsError
from geoplan.spatial.crs import Bounds, transformer_between

_MARGIN_DEG = 3.0
_LATITUDE_LIMIT_DEG = 85.0
"""A zone serves any latitude; authorities list only where their country lies in it."""
_PREFIX = 1_000_000.0


def zone_crs(prefix: int) -> CRS | None:
    """Return the CGCS2000 Gauss–Krüger CRS whose eastings begin with a zone number (13–23: 6°, 25–45: 3°).

    >>> zone_crs(35).to_epsg()
    4523
    """
    if 13 <= prefix <= 23:
        return CRS.from_epsg(4491 + prefix - 13)
    if 25 <= prefix <= 45:
        return CRS.from_epsg(4513 + prefix - 25)
    return None


def false_easting_m(crs: CRS) -> float | None:
    """Return the false easting of a projected CRS, or None where it has none."""
    operation = crs.coordinate_operation
    for one in operation.params if operation is not None else ():
        if one.name in {"False easting", "Easting at false origin", "Easting at projection centre"}:
            return float(one.value) * float(one.unit_conversion_factor)
    return None


def check_coordinates(bounds: Bounds, crs: CRS, *, layer: str) -> None:
    """Raise if a layer with these bounds cannot be in ``crs``; empty (NaN) bounds pass.

    Parameters
    ----------
    bounds
        West, south, east, north in CRS units.
    crs
        The CRS the layer claims.
    layer
        Catalogue id, for the message.

    Raises
    ------
    CrsError
        ``CRS-NOT-DEGREES``, ``CRS-NOT-METRES``, ``CRS-ZONE-PREFIX``, ``CRS-AXIS-ORDER`` or ``CRS-OUTSIDE``.
    """
    if not all(math.isfinite(one) for one in bounds):
        return
    if crs.is_geographic:
        _check_degrees(bounds, crs, layer)
    elif crs.is_projected:
        _check_metres(bounds, crs, layer)


def _check_degrees(bounds: Bounds, crs: CRS, layer: str) -> None:
    west, south, east, north = bounds
    if west >= -180 and east <= 180 and south >= -90 and north <= 90:
        return
    if south >= -180 and north <= 180 and west >= -90 and east <= 90:
        raise CrsError(
            f"latitude stands before longitude (first {west:.4f}, second {north:.4f})",
            code="CRS-AXIS-ORDER",
            layer=layer,
            remedy="Exchange the coordinates: longitude first, latitude second.",
        )
    raise CrsError(
        f"coordinates such as ({west:.1f}, {south:.1f}) are not degrees, but the layer is labelled {crs.name}",
        code="CRS-NOT-DEGREES",
        layer=layer,
        remedy=_projected_hint(west),
    )


def _projected_hint(easting: float) -> str:
    meant = zone_crs(int(easting // _PREFIX))
    if meant is not None:
        return f"Label the layer with its projected CRS; eastings of this size suggest {meant.to_string()} ({meant.name})."
    return "Label the layer with its projected CRS."


def _check_metres(bounds: Bounds, crs: CRS, layer: str) -> None:
    west, south, east, north = bounds
    false_easting = false_easting_m(crs)
    if false_easting and max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 180:
        raise CrsError(
            f"coordinates such as ({west:.4f}, {south:.4f}) look like degrees, but the layer is labelled {crs.name}",
            code="CRS-NOT-METRES",
            layer=layer,
            remedy="Label the layer with its geographic CRS, e.g. EPSG:4490.",
        )
    if false_easting is not None:
        _check_zone_prefix(bounds, crs, layer, false_easting)
    if not _fits(bounds, crs):
        if _fits((south, west, north, east), crs):
            raise CrsError(
                f"northing stands before easting (first {west:.0f}, second {south:.0f})",
                code="CRS-AXIS-ORDER",
                layer=layer,
                remedy="Exchange the coordinates: easting first, northing second.",
            )
        raise CrsError(
            f"coordinates such as ({west:.0f}, {south:.0f}) lie far outside the area {crs.name} is made for",
            code="CRS-OUTSIDE",
            layer=layer,
            remedy="Check the zone of the layer's CRS.",
        )


def _check_zone_prefix(bounds: Bounds, crs: CRS, layer: str, false_easting: float) -> None:
    first, last = (int(one // _PREFIX) for one in (bounds[0], bounds[2]))
    own = int(false_easting // _PREFIX)
    if own == 0 and first == last and zone_crs(first) is not None and not _fits(bounds, crs):
        meant = zone_crs(first)
        raise CrsError(
            f"eastings such as {bounds[0]:.0f} carry zone number {first} in front, but {crs.name} has none",
            code="CRS-ZONE-PREFIX",
            layer=layer,
            remedy=f"Label the layer {meant.to_string()} ({meant.name})." if meant else "",
        )
    if own > 0 and (first != own or last != own):
        raise CrsError(
            f"eastings such as {bounds[0]:.0f} do not begin with zone number {own}, but those of {crs.name} do",
            code="CRS-ZONE-PREFIX",
            layer=layer,
            remedy="Label the layer with the CRS of its own zone, or the one named by central meridian (CM).",
        )


def _fits(bounds: Bounds, crs: CRS) -> bool:
    """Return whether the corners of the bounds fall into the CRS's area of use, generously; unknown areas fit."""
    area = _area_deg(crs)
    if area is None:
        return True
    x, y = np.array([bounds[0], bounds[2], bounds[0], bounds[2]]), np.array([bounds[1], bounds[1], bounds[3], bounds[3]])
    try:
        longitude, latitude = transformer_between(crs, crs.geodetic_crs).transform(x, y)
    except (PyprojError, ProjError):
        return False
    west, south, east, north = area
    if west > east:
        return True
    inside = (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
    return bool(inside.any())


def _area_deg(crs: CRS) -> Bounds | None:
    """Return the longitudes a CRS is used at, widened by a zone, or 10° around the meridian of a transverse Mercator without one."""
    area = crs.area_of_use
    if area is not None:
        return (area.west - _MARGIN_DEG, -_LATITUDE_LIMIT_DEG, area.east + _MARGIN_DEG, _LATITUDE_LIMIT_DEG)
    operation = crs.coordinate_operation
    if operation is None or "transverse" not in operation.method_name.lower():
        return None
    meridian = [float(one.value) for one in operation.params if one.name == "Longitude of natural origin"]
    return (meridian[0] - 10, -_LATITUDE_LIMIT_DEG, meridian[0] + 10, _LATITUDE_LIMIT_DEG) if meridian else None
