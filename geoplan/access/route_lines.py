"""Cut the stretches that paths take out of lines, whole arrays at a time and in the direction of travel.

By hand: of the line (0,0)–(10,0)–(10,10), the stretch from 15 m to 5 m is (10,5), (10,0), (5,0).
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray


def trace_stretches(
    lines: NDArray[np.object_], owner: NDArray[np.int64], from_m: NDArray[np.float64], to_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the vertices of stretches of lines, at least two of each, and the stretch each belongs to.

    Parameters
    ----------
    lines
        LineStrings.
    owner
        (n,) line of each stretch.
    from_m, to_m
        (n,) where it begins and ends, metres along the line; ``to_m`` below ``from_m`` runs against it.

    Returns
    -------
    tuple
        (v, 2) coordinates and (v,) numbers of stretches, ascending.
    """
    if len(owner) == 0:
        return np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
    used, line = np.unique(owner, return_inverse=True)
    xy, of = shapely.get_coordinates(lines[used], return_index=True)
    step = np.r_[0.0, np.hypot(*np.diff(xy, axis=0).T)]
    first = np.searchsorted(of, np.arange(len(used)))
    step[first] = 0.0
    run = np.cumsum(step)
    along = run - run[first][of]
    low, high = np.minimum(from_m, to_m), np.maximum(from_m, to_m)
    # Every line has a range of its own, so that one search serves all.
    apart = float(along.max()) + 1.0
    begin = np.searchsorted(along + of * apart, low + line * apart, side="right")
    inner = np.maximum(np.searchsorted(along + of * apart, high + line * apart, side="left") - begin, 0)
    size = inner + 2
    start = np.cumsum(size) - size
    stretch = np.repeat(np.arange(len(owner)), size)
    place = np.arange(len(stretch)) - start[stretch]
    within = (place > 0) & (place < size[stretch] - 1)
    points = np.empty((len(stretch), 2))
    points[within] = xy[(begin[stretch] + place - 1)[within]]
    for at, metres in ((start, low), (start + size - 1, high)):
        points[at] = shapely.get_coordinates(shapely.line_interpolate_point(lines[owner], metres))
    backwards = (to_m < from_m)[stretch]
    order = np.where(backwards, start[stretch] + size[stretch] - 1 - place, np.arange(len(stretch)))
    return points[order], stretch
