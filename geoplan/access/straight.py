"""Walk short straight legs over the ground: from a point to the cells and roads around it.

A leg is cut into equal pieces of at most half a cell; each is walked at the level pace of the cell its middle lies in, times Tobler's factor for
its own slope, heights read bilinearly between the centres of cells that can be walked on. A leg that passes an impassable cell is not open, but the
cells of its two ends count as passable: somebody lives there, or a road runs there.
By hand: 100 m level at 5 km/h take 72 s; on a plane rising 0.1 along the leg, 72 · e^0.35 = 102.17 s up and 72 s down.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.access.ticks import exact_slope_factor
from geoplan.contracts.ground import Ground
from geoplan.units import M_PER_KM

_S_PER_HOUR = 3600.0


class _Walked(NamedTuple):
    """Ground to walk straight over: seconds per metre of each class on the level, the slowest of them, cells, and limits."""

    height: NDArray[np.int16]
    classes: NDArray[np.uint8]
    slowness: NDArray[np.float64]
    slowest: float
    width: float
    tall: float
    steepest: float
    stretch: float


@njit(cache=True, nogil=True, error_model="numpy")
def _height_m(height: NDArray[np.int16], classes: NDArray[np.uint8], x: float, y: float) -> float:
    """Return the height at a point in cell units from the passable cells around it, NaN where there is none."""
    rows, cols = classes.shape
    left, top = np.int64(np.floor(x - 0.5)), np.int64(np.floor(y - 0.5))
    across, down = x - 0.5 - left, y - 0.5 - top
    total, weight = 0.0, 0.0
    for i in range(2):
        for j in range(2):
            r, c = top + i, left + j
            if 0 <= r < rows and 0 <= c < cols and classes[r, c] != 0:
                share = (down if i else 1.0 - down) * (across if j else 1.0 - across)
                total += share * height[r, c]
                weight += share
    return 0.1 * total / weight if weight > 1e-12 else np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def _walk(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    ground: _Walked,
    there: NDArray[np.float64],
    back: NDArray[np.float64],
    is_open: NDArray[np.bool_],
) -> None:
    """Fill seconds there and back and whether each leg is open; ends in cell units."""
    height, classes, slowness = ground.height, ground.classes, ground.slowness
    rows, cols = classes.shape
    for n in range(len(a)):
        x0, y0, dx, dy = a[n, 0], a[n, 1], b[n, 0] - a[n, 0], b[n, 1] - a[n, 1]
        length = np.hypot(dx * ground.width, dy * ground.tall)
        there[n], back[n], is_open[n] = 0.0, 0.0, True
        if length == 0.0:
            continue
        pieces = max(np.int64(np.ceil(2.0 * max(abs(dx), abs(dy)) - 1e-9)), 1)
        start = np.int64(np.floor(y0)), np.int64(np.floor(x0))
        end = np.int64(np.floor(y0 + dy)), np.int64(np.floor(x0 + dx))
        step = length / pieces
        below = _height_m(height, classes, x0, y0)
        for p in range(pieces):
            share = (p + 0.5) / pieces
            r, c = np.int64(np.floor(y0 + share * dy)), np.int64(np.floor(x0 + share * dx))
            kind = classes[r, c] if 0 <= r < rows and 0 <= c < cols else 0
            is_end = (r == start[0] and c == start[1]) or (r == end[0] and c == end[1])
            if kind == 0 and not is_end:
                is_open[n] = False
                break
            pace = slowness[kind] if kind != 0 else ground.slowest
            share = (p + 1.0) / pieces
            above = _height_m(height, classes, x0 + share * dx, y0 + share * dy)
            slope = (above - below) / step
            if np.isnan(slope):
                slope = 0.0
            if abs(slope) > ground.steepest and length > 0.5 * min(ground.width, ground.tall):
                is_open[n] = False
                break
            there[n] += step * pace * exact_slope_factor(slope, ground.stretch)
            back[n] += step * pace * exact_slope_factor(-slope, ground.stretch)
            if not np.isnan(above):
                below = above


def walk_straight(
    a_xy: NDArray[np.float64],
    b_xy: NDArray[np.float64],
    ground: Ground,
    *,
    cliff_deg: float | None = None,
    along_slope: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return minutes on foot from a to b and back, and whether the ground lets one pass.

    Parameters
    ----------
    a_xy, b_xy
        (n, 2) ends, easting and northing, metres.
    ground
        Where to walk; barriers are not looked at here (see `geoplan.access.offroad.find_blocked`).
    cliff_deg
        Pieces steeper than this close a leg longer than half a cell; None closes none.
    along_slope
        Lengths follow the slope instead of the level.

    Returns
    -------
    there_min, back_min
        (n,) minutes of an adult without a load; not to be used where ``is_open`` is False.
    is_open
        (n,) bool.
    """
    transform = ground.transform
    ends = [
        np.column_stack([(xy[:, 0] - transform.c) / transform.a, (xy[:, 1] - transform.f) / transform.e]) for xy in (a_xy, b_xy)
    ]
    known = ground.level_kmh > 0
    slowness = np.divide(_S_PER_HOUR / M_PER_KM, ground.level_kmh, out=np.zeros(len(known)), where=known)
    there, back, is_open = np.empty(len(a_xy)), np.empty(len(a_xy)), np.empty(len(a_xy), dtype=np.bool_)
    steepest = np.inf if cliff_deg is None else float(np.tan(np.radians(cliff_deg)))
    width, tall = ground.cell_size
    walked = _Walked(
        ground.height_dm, ground.speed_class, slowness, float(slowness.max(initial=0.0)), width, tall, steepest,
        1.0 if along_slope else 0.0,
    )  # fmt: skip
    _walk(ends[0], ends[1], walked, there, back, is_open)
    return there / 60.0, back / 60.0, is_open


@njit(cache=True, nogil=True, error_model="numpy")
def _sample(
    spots: NDArray[np.float64], height: NDArray[np.int16], classes: NDArray[np.uint8], found: NDArray[np.float64]
) -> None:
    """Fill the height at each spot, in cell units."""
    for n in range(len(spots)):
        found[n] = _height_m(height, classes, spots[n, 0], spots[n, 1])


def sample_ground_m(xy: NDArray[np.float64], ground: Ground) -> NDArray[np.float64]:
    """Return the height of the ground at points ((n, 2) metres), bilinear over passable cells; NaN where none is near."""
    transform = ground.transform
    spots = np.column_stack([(xy[:, 0] - transform.c) / transform.a, (xy[:, 1] - transform.f) / transform.e])
    found = np.empty(len(xy))
    _sample(np.where(np.isfinite(spots), spots, -9.0), ground.height_dm, ground.speed_class, found)
    return found + ground.base_m
