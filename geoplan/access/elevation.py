"""Read the ground's height along lines, and the minutes it takes to walk them in either direction.

A line is cut at its vertices and at least once per cell; each piece is walked at Tobler's speed for its own slope.
By hand: a 1,000 m line on a plane rising 0.1 takes 1 km / 3.5234 km/h = 17.029 min up and 1 / 5 h = 12 min down.
Where the elevation model has no value, the slope is taken from the nearest known heights along the same line; a line
with no known height at all is walked as level ground.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.access.speeds import walk_min
from geoplan.contracts.grid import Grid
from geoplan.contracts.ground import Ground
from geoplan.spatial.terrain import sample_bilinear

_LEVEL_STEP_M = 1.0e9


def sample_height_m(dem: Grid | Ground | None, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the bilinear height at points, NaN outside the model, in its voids, and everywhere without a model.

    Parameters
    ----------
    dem
        Heights at cell centres, metres, or the ground to walk on, whose impassable cells have none; None gives NaN everywhere.
    xy
        (n, 2) easting, northing in the model's CRS.

    Returns
    -------
    numpy.ndarray
        (n,) metres.
    """
    if dem is None or len(xy) == 0:
        return np.full(len(xy), np.nan)
    if isinstance(dem, Ground):
        # Loads the compiler, which who only times roads does not need.
        from geoplan.access.straight import sample_ground_m

        return sample_ground_m(xy, dem)
    return sample_bilinear(dem, xy)


def step_m(dem: Grid | Ground | None) -> float:
    """Return the length of a piece over which slope is measured: one cell of the model, metres."""
    return _LEVEL_STEP_M if dem is None else float(min(dem.cell_size))


def bridge_voids(height: NDArray[np.float64], along: NDArray[np.float64], line: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return heights with voids filled linearly along each line, from that line's own known heights only."""
    known = np.isfinite(height)
    if known.all():
        return height
    if not known.any():
        return np.zeros_like(height)
    first_of_line = np.r_[True, line[1:] != line[:-1]]
    position = np.arange(len(height))
    before = np.maximum.accumulate(np.where(known, position, -1))
    after = np.minimum.accumulate(np.where(known, position, len(height))[::-1])[::-1]
    start = np.maximum.accumulate(np.where(first_of_line, position, 0))
    end = np.minimum.accumulate(np.where(np.r_[first_of_line[1:], True], position, len(height))[::-1])[::-1]
    has_before, has_after = before >= start, after <= end
    before_safe, after_safe = np.clip(before, 0, None), np.clip(after, None, len(height) - 1)
    low = np.where(has_before, height[before_safe], np.where(has_after, height[after_safe], 0.0))
    high = np.where(has_after, height[after_safe], low)
    run = np.where(has_before & has_after, along[after_safe] - along[before_safe], 0.0)
    share = np.divide(along - along[before_safe], run, out=np.zeros_like(along), where=run > 0)
    return np.where(known, height, low + (high - low) * share)


def walk_lines_min(
    lines: NDArray[np.object_], *, dem: Grid | None, walk_kmh: float, spans: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return minutes on foot along lines, forward and backward.

    Parameters
    ----------
    lines
        (n,) LineStrings in the elevation model's CRS, metres.
    dem
        Heights, metres; None means level ground.
    walk_kmh
        Speed on level ground, km/h.
    spans
        (n,) True where the line does not lie on the ground (bridge, tunnel, rope): its grade runs straight from end to end.

    Returns
    -------
    forward_min, backward_min
        (n,) minutes.
    """
    count = len(lines)
    if count == 0:
        return np.zeros(0), np.zeros(0)
    dense = lines if dem is None else shapely.segmentize(lines, step_m(dem))
    xy, line = shapely.get_coordinates(dense, return_index=True)
    same = line[1:] == line[:-1]
    piece_m = np.where(same, np.hypot(*(xy[1:] - xy[:-1]).T), 0.0)
    along = np.r_[0.0, np.cumsum(piece_m)]
    height = bridge_voids(sample_height_m(dem, xy), along, line)
    if spans is not None and spans.any():
        height = _straighten(height, along, line, spans)
    rise = (height[1:] - height[:-1])[same]
    return add_walks_min(piece_m[same], rise, line[1:][same], count=count, walk_kmh=walk_kmh)


def share_walks(
    lines: NDArray[np.object_],
    line: NDArray[np.int64],
    along_m: NDArray[np.float64],
    *,
    dem: Grid | Ground | None,
    walk_kmh: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the share of a line's minutes on foot that lies before a point on it.

    A road that climbs first and is level after takes most of its minutes on its first half, so metres are no measure of them.

    Parameters
    ----------
    lines
        (n,) LineStrings on the ground, metres.
    line, along_m
        (q,) number of the line and metres along it.
    dem, walk_kmh
        As for `walk_lines_min`.

    Returns
    -------
    forward_share, backward_share
        (q,) 0..1, of the minutes walked along the line and against it.
    """
    length = shapely.length(lines)
    if dem is None or len(line) == 0:
        share = np.divide(along_m, length[line], out=np.zeros(len(line)), where=length[line] > 0)
        return share, share.copy()
    xy, owner = shapely.get_coordinates(shapely.segmentize(lines, step_m(dem)), return_index=True)
    same = owner[1:] == owner[:-1]
    piece_m = np.where(same, np.hypot(*(xy[1:] - xy[:-1]).T), 0.0)
    run = np.r_[0.0, np.cumsum(piece_m)]
    height = bridge_voids(sample_height_m(dem, xy), run, owner)
    rise = np.where(same, height[1:] - height[:-1], 0.0)
    first = np.searchsorted(owner, np.arange(len(lines)), side="left")
    last = np.searchsorted(owner, np.arange(len(lines)), side="right") - 1
    at = np.minimum(run[first[line]] + along_m, run[last[line]])
    shares = []
    for up in (rise, -rise):
        spent = np.r_[0.0, np.cumsum(walk_min(piece_m, up, level_kmh=walk_kmh))]
        whole = spent[last[line]] - spent[first[line]]
        part = np.interp(at, run, spent) - spent[first[line]]
        shares.append(np.clip(np.divide(part, whole, out=np.zeros(len(line)), where=whole > 0), 0.0, 1.0))
    return shares[0], shares[1]


def add_walks_min(
    run_m: NDArray[np.float64], rise_m: NDArray[np.float64], owner: NDArray[np.int64], *, count: int, walk_kmh: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (count,) minutes up and down the pieces (level run, rise; metres) of each ``owner``, summed."""
    up, down = (walk_min(run_m, one, level_kmh=walk_kmh) for one in (rise_m, -rise_m))
    forward = np.bincount(owner, weights=up, minlength=count).astype(np.float64, copy=False)
    return forward, np.bincount(owner, weights=down, minlength=count).astype(np.float64, copy=False)


def _straighten(
    height: NDArray[np.float64], along: NDArray[np.float64], line: NDArray[np.int64], spans: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return heights where lines marked as spans climb evenly from their first to their last point."""
    count = len(spans)
    first = np.searchsorted(line, np.arange(count), side="left")
    last = np.searchsorted(line, np.arange(count), side="right") - 1
    run = along[last] - along[first]
    share = np.divide(along - along[first[line]], run[line], out=np.zeros_like(along), where=run[line] > 0)
    even = height[first[line]] + (height[last[line]] - height[first[line]]) * share
    return np.where(spans[line], even, height)
