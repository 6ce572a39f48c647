"""Draw cells that carry one number as one polygon.

Cells of a number that share a side make one part; parts that touch in a corner only stay two. By hand: cells 0 0 1 over 1 1 1 of 10 m are polygons of
200 and 400 m².
"""

from __future__ import annotations

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry import shape


def draw_cells(label: NDArray[np.int32], transform: Affine, *, count: int, simplify_m: float = 0.0) -> NDArray[np.object_]:
    """Return (count,) multipolygons: of the cells labelled 0, 1 … count − 1; empty where no cell is.

    Parameters
    ----------
    label
        (rows, cols) number of each cell; below 0 is nobody's.
    transform
        Place of the cells.
    count
        How many polygons to make.
    simplify_m
        Tolerance, metres: lines are simplified together (Visvalingam–Whyatt), so that neighbours neither overlap nor part.
    """
    from rasterio.features import shapes

    found = list(shapes(np.ascontiguousarray(label, dtype=np.int32), mask=label >= 0, connectivity=4, transform=transform))
    drawn = np.full(count, shapely.MultiPolygon(), dtype=object)
    if not found:
        return drawn
    parts = np.array([shape(one) for one, _ in found], dtype=object)
    number = np.array([value for _, value in found], dtype=np.int64)
    order = np.argsort(number, kind="stable")
    kinds, at = np.unique(number[order], return_inverse=True)
    whole = shapely.multipolygons(parts[order], indices=at)
    if simplify_m > 0.0:
        simple = shapely.coverage_simplify(whole, simplify_m)
        whole = np.array(
            [one if one.geom_type == "MultiPolygon" else shapely.MultiPolygon([one]) for one in simple], dtype=object
        )
    drawn[kinds] = whole
    return drawn
