"""Refuse to measure across coordinate systems, or in degrees."""

from __future__ import annotations

from typing import Any

from pyproj import CRS

from geoplan.errors import CrsError


def require_same_crs(found: Any, wanted: CRS, *, what: str) -> None:
    """Raise unless two CRS are the same, however they are written.

    Raises
    ------
    CrsError
        ``CRS-MISSING`` when ``found`` is None, ``CRS-MIXED`` when the two differ.
    """
    if found is None:
        raise CrsError(f"the {what} carries no CRS", code="CRS-MISSING", remedy="State its CRS in the catalogue.")
    if not same_crs(CRS.from_user_input(found), wanted):
        raise CrsError(
            f"the {what} is in {CRS.from_user_input(found).name}, the grid in {wanted.name}",
            code="CRS-MIXED",
            remedy="Bring both into the working CRS first.",
        )


def same_crs(one: CRS, other: CRS) -> bool:
    """Tell whether two CRS put the same numbers on the same ground (axis order aside: geoplan is always easting, northing)."""
    if one.equals(other, ignore_axis_order=True):
        return True
    first, second = one.to_epsg(), other.to_epsg()
    return first is not None and first == second


def require_metric(crs: CRS, *, what: str) -> None:
    """Raise unless a CRS is projected in metres.

    Raises
    ------
    CrsError
        ``CRS-DEGREES`` for geographic coordinates, ``CRS-WEB-MERCATOR`` for EPSG:3857, ``CRS-UNIT`` for other units.
    """
    if crs.is_geographic:
        raise CrsError(f"{what} is in degrees", code="CRS-DEGREES", remedy="Reproject it into the working CRS first.")
    if crs.to_epsg() == 3857:
        raise CrsError(
            f"{what} is in Web Mercator, whose metres are too short",
            code="CRS-WEB-MERCATOR",
            remedy="Use the county's metric CRS.",
        )
    if any(abs(axis.unit_conversion_factor - 1.0) > 1e-12 for axis in crs.axis_info[:2]):
        raise CrsError(f"{what} is not in metres", code="CRS-UNIT", remedy="Use a CRS in metres.")
