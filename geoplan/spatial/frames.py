"""Refuse to lay layers over a grid of another CRS, and to measure on a grid that is not metric."""

from __future__ import annotations

from typing import Any

from pyproj import CRS

from geoplan.errors import CrsError
from geoplan.spatial.crs import same_crs


def require_same_crs(found: Any, wanted: CRS, *, what: str) -> None:
    """Raise unless two CRS are the same, however they are written.

    Raises
    ------
    CrsError
        ``CRS-MISSING`` when ``found`` is None, ``CRS-MIXED`` when the two differ.
    """
    if found is None:
        raise CrsError(f"the {what} carries no CRS", code="CRS-MISSING", remedy="State its CRS in the catalogue.")
    crs = CRS.from_user_input(found)
    if not same_crs(crs, wanted):
        raise CrsError(
            f"the {what} is in {crs.name}, the grid in {wanted.name}",
            code="CRS-MIXED",
            remedy="Bring both into the working CRS first.",
        )
