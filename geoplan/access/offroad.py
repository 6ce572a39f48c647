"""Say which straight walks cross a barrier.

A walk is open if nothing of it but its own two ends (to within a centimetre) lies on a line or in an area: a spring on the river is reached from its
bank. One of no length is open unless it lies inside an area. What a walk takes is in `geoplan.access.straight`.
By hand: river from (−100, 0) to (100, 0): from (0, 50) to (0, 0) is open, from (0, 50) to (0, −50) is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

TOUCH_M = 0.01
"""The ends of a leg may lie on a barrier to within a centimetre: a spring on the river is reached from its bank."""


@dataclass(frozen=True)
class Barriers:
    """What no leg may cross: two-point segments of lines and outlines, and the areas themselves."""

    segments: shapely.STRtree
    areas: shapely.STRtree


def prepare_barriers(barriers: gpd.GeoDataFrame | None) -> Barriers | None:
    """Return barriers ready for many tests, or None when there are none.

    Parameters
    ----------
    barriers
        Lines (rivers, cliffs) and polygons (reservoirs); empty and missing geometries block nothing.
    """
    if barriers is None or len(barriers) == 0:
        return None
    shapes = shapely.force_2d(np.asarray(barriers.geometry.array, dtype=object))
    parts = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    while (shapely.get_type_id(parts) >= 4).any():
        parts = shapely.get_parts(parts)
    areas = parts[shapely.get_dimensions(parts) == 2]
    rings = shapely.get_rings(areas)
    lines = np.r_[parts[shapely.get_dimensions(parts) == 1], rings]
    xy, line = shapely.get_coordinates(lines, return_index=True)
    follows = np.flatnonzero(line[1:] == line[:-1])
    segments = shapely.linestrings(np.stack([xy[follows], xy[follows + 1]], axis=1)) if len(follows) else []
    return Barriers(shapely.STRtree(segments), shapely.STRtree(areas))


def find_blocked(a_xy: NDArray[np.float64], b_xy: NDArray[np.float64], barriers: Barriers | None) -> NDArray[np.bool_]:
    """Return which straight legs from ``a_xy`` to ``b_xy`` ((n, 2) metres each) cross a barrier."""
    blocked = np.zeros(len(a_xy), dtype=bool)
    if barriers is None or len(a_xy) == 0:
        return blocked
    run = b_xy - a_xy
    length = np.hypot(run[:, 0], run[:, 1])
    long = np.flatnonzero(length > 2 * TOUCH_M)
    trim = run[long] * (TOUCH_M / length[long])[:, None]
    legs = shapely.linestrings(np.stack([a_xy[long] + trim, b_xy[long] - trim], axis=1)) if len(long) else np.empty(0, object)
    short = np.flatnonzero(length <= 2 * TOUCH_M)
    if len(short) and len(barriers.areas):
        blocked[short[np.unique(barriers.areas.query(shapely.points(a_xy[short]), predicate="within")[0])]] = True
    for tree in (barriers.segments, barriers.areas):
        if len(tree) and len(legs):
            still = np.flatnonzero(~blocked[long])
            hit = tree.query(legs[still], predicate="intersects")[0]
            blocked[long[still[np.unique(hit)]]] = True
    return blocked
