"""Lead water down an elevation model: fill its pits, point every cell down, add up what drains to it, and measure from its streams.

The order of work, on elevations rounded to 1/1024 m (far below any model's error; it makes every sum and difference below exact):

1. Sea (where stated) and nodata are taken out; every cell beside them or on the grid's edge is a place where water may leave.
2. Pits are filled to the height of their lowest way out by priority flood (Wang & Liu 2006, by the library pyflwdir): the filled surface
   f(c) = min over paths from c to a way out of the highest ground on the path.
3. A cell points to the neighbour of steepest descent on f (D8, O'Callaghan & Mark 1984): the greatest (f(c) − f(n)) / distance, the level distance
   being the cell's width, height or diagonal; of equals the first in the order E, SE, S, SW, W, NW, N, NE. A cell without lower neighbour (flats, filled
   pits) points the way the flood came in, which leads out of the flat. Either the height falls or the flood's order does, so there is no loop.
4. upstream_km2 counts a cell itself and all that drain through it; a stream begins where it reaches a threshold.

Height above the nearest stream (HAND; Rennó et al. 2008, Nobre et al. 2011) is f(c) − f(s) for the first stream or coast cell s on c's way down. Where that
way leaves the model first, it is not known (NaN): the stream lies outside.

By hand: a slope that falls 3 m per 10 m cell to the west into a stream at 100 m. The third cell east of it stands at 109 m, 9 m above the stream, 30 m from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyflwdir
from affine import Affine
from numba import njit
from numpy.typing import NDArray
from pyproj import CRS
from scipy import ndimage

from geoplan.contracts.grid import Grid
from geoplan.errors import ConfigError
from geoplan.spatial.crs import require_metric
from geoplan.spatial.proximity import distance_m

_STEPS_PER_M = 1024.0
_DOWN_ROW = np.array([0, 1, 1, 1, 0, -1, -1, -1])
_DOWN_COL = np.array([1, 1, 0, -1, -1, -1, 0, 1])
_D8 = np.array([1, 2, 4, 8, 16, 32, 64, 128], dtype=np.uint8)
_D8_NODATA = np.uint8(247)
_EIGHT = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class Flow:
    """Where water goes on an elevation model of (rows, cols) cells, numbered row by row.

    Attributes
    ----------
    downstream
        (rows, cols) int32, number of the cell the water goes to; the cell's own where it leaves the model, −1 on nodata and sea.
    order
        (n,) int32, cells with data, each after the one it drains to.
    filled_m
        (rows, cols) float32, elevation with pits filled; NaN on nodata and sea.
    upstream_km2
        (rows, cols) float32, area that drains through the cell, itself included; NaN on nodata and sea.
    stream
        (rows, cols) bool.
    coast
        (rows, cols) bool, land beside the sea.
    transform, crs
        Those of the elevation model.
    """

    downstream: NDArray[np.int32]
    order: NDArray[np.int32]
    filled_m: NDArray[np.float32]
    upstream_km2: NDArray[np.float32]
    stream: NDArray[np.bool_]
    coast: NDArray[np.bool_]
    transform: Affine
    crs: CRS

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return (int(self.downstream.shape[0]), int(self.downstream.shape[1]))

    @property
    def cell_size(self) -> tuple[float, float]:
        """(width, height) of a cell, metres."""
        return (abs(self.transform.a), abs(self.transform.e))


def route_flow(dem: Grid, *, stream_km2: float, sea_m: float | None = None, rivers: NDArray[np.bool_] | None = None) -> Flow:
    """Return where the water of an elevation model goes.

    Parameters
    ----------
    dem
        Elevation, metres, in a metric CRS; NaN and infinite cells are nodata, and water leaves into them.
    stream_km2
        Upstream area from which a path is a stream, km²; equal is a stream.
    sea_m
        Cells at or below this height that are joined (by side or corner) to the grid's edge or to nodata are sea. Absent: no sea. A hollow inland
        below it stays land.
    rivers
        (rows, cols) bool, cells of mapped rivers: streams whatever drains to them. The model knows no water from beyond its edge, so a river
        that comes in from outside would begin anew. The ground is not changed for them.

    Raises
    ------
    CrsError
        When the grid is not metric.
    ConfigError
        ``STREAM-AREA`` when ``stream_km2`` is not above 0.
    ValueError
        When ``rivers`` has another shape.
    """
    require_metric(dem.crs, layer="dem")
    if not stream_km2 > 0:
        raise ConfigError(
            f"stream_km2 is {stream_km2}", code="STREAM-AREA", remedy="Give the area at which streams begin, above 0 km²."
        )
    if rivers is not None and rivers.shape != dem.shape:
        raise ValueError(f"rivers have the shape {rivers.shape}, the model {dem.shape}")
    ground = np.array(dem.values, dtype=np.float32)
    ground[~np.isfinite(ground)] = np.nan
    # Exact in float32 up to 16 km, so that filling by differences lands on the very height of the way out.
    np.round(ground * np.float32(_STEPS_PER_M), out=ground)
    ground /= np.float32(_STEPS_PER_M)
    sea = _find_sea(ground, sea_m)
    ground[sea] = np.nan
    coast = ndimage.binary_dilation(sea, _EIGHT) & ~np.isnan(ground) if sea.any() else sea
    filled, flood = pyflwdir.fill_depressions(ground, nodata=np.nan)
    width, height = dem.cell_size
    directions = _steepest(filled, flood, width, height)
    known = directions != _D8_NODATA
    downstream, order, cells = _follow(directions)
    upstream = np.where(known, cells * np.float32(width * height / 1e6), np.float32(np.nan))
    # One cell more or less must not hang on the rounding of a product.
    stream = known & (upstream >= stream_km2 * (1 - 1e-6))
    if rivers is not None:
        stream |= known & rivers
    return Flow(
        downstream=downstream,
        order=order,
        filled_m=filled,
        upstream_km2=upstream,
        stream=stream,
        coast=coast,
        transform=dem.transform,
        crs=dem.crs,
    )


def height_above_stream(flow: Flow) -> Grid:
    """Return each cell's height above the stream or coast its water comes to first, metres, on the filled surface.

    0 on streams, never negative; NaN on nodata and where the water leaves the model before it meets a stream. A hollow counts from its brim: it fills first.
    """
    meets = _meet_stream(flow.order, flow.downstream.ravel(), (flow.stream | flow.coast).ravel())
    filled = flow.filled_m.ravel()
    height = np.where(meets >= 0, filled - filled[meets], np.float32(np.nan))
    return Grid(height.reshape(flow.shape), flow.transform, flow.crs)


def distance_to_stream(flow: Flow, *, along_flow: bool = False) -> Grid:
    """Return each cell's level distance to a stream, metres; NaN on nodata and where there is none.

    Parameters
    ----------
    flow
        From `route_flow`.
    along_flow
        False: straight, centre to centre, to the nearest stream cell. True: along the water's way to the first stream or coast cell; never less.
    """
    if along_flow:
        drains = (flow.stream | flow.coast).ravel()
        length = _measure_way(flow.order, flow.downstream.ravel(), drains, flow.shape[1], *flow.cell_size)
        return Grid(length.reshape(flow.shape), flow.transform, flow.crs)
    straight = distance_m(flow.stream, flow.cell_size).astype(np.float32)
    straight[(flow.downstream < 0) | np.isinf(straight)] = np.nan
    return Grid(straight, flow.transform, flow.crs)


def _follow(directions: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return each cell's downstream cell, the order from the outlets up, and how many cells drain through each."""
    if directions.size < 2 or (directions == _D8_NODATA).all():
        # The library takes no raster without an outlet, nor one of a single cell.
        downstream = np.where(directions == _D8_NODATA, -1, 0).astype(np.int32)
        return downstream, np.flatnonzero(downstream.ravel() == 0).astype(np.int32), np.ones(directions.shape, dtype=np.int32)
    raster = pyflwdir.from_array(directions, ftype="d8", check_ftype=False)
    downstream = raster.idxs_ds.reshape(directions.shape).astype(np.int32, copy=False)
    return downstream, raster.idxs_seq.astype(np.int32, copy=False), raster.upstream_area().astype(np.int32, copy=False)


def _find_sea(ground: NDArray[np.float32], sea_m: float | None) -> NDArray[np.bool_]:
    """Return the cells that are sea."""
    if sea_m is None:
        return np.zeros(ground.shape, dtype=bool)
    low = ground <= sea_m
    basins, _ = ndimage.label(low, structure=_EIGHT)
    open_water = ndimage.binary_dilation(np.isnan(ground), _EIGHT)
    open_water[[0, -1], :] = True
    open_water[:, [0, -1]] = True
    joined = np.unique(basins[open_water & low])
    return np.isin(basins, joined) & low


@njit(cache=True, nogil=True)
def _steepest(
    filled: NDArray[np.float32], flood: NDArray[np.uint8], width: float, height: float
) -> NDArray[np.uint8]:  # pragma: no cover - compiled
    """Return the D8 direction of steepest descent, and the flood's where no neighbour is lower."""
    rows, cols = filled.shape
    reach = np.sqrt(width * width * (_DOWN_COL != 0) + height * height * (_DOWN_ROW != 0))
    out = flood.copy()
    for row in range(rows):
        for col in range(cols):
            if flood[row, col] == _D8_NODATA:
                continue
            steepest = 0.0
            for k in range(8):
                r, c = row + _DOWN_ROW[k], col + _DOWN_COL[k]
                if r < 0 or r >= rows or c < 0 or c >= cols or flood[r, c] == _D8_NODATA:
                    continue
                fall = (np.float64(filled[row, col]) - np.float64(filled[r, c])) / reach[k]
                if fall > steepest:
                    steepest = fall
                    out[row, col] = _D8[k]
    return out


@njit(cache=True, nogil=True)
def _meet_stream(
    order: NDArray[np.int32], downstream: NDArray[np.int32], drains: NDArray[np.bool_]
) -> NDArray[np.int32]:  # pragma: no cover - compiled
    """Return the first draining cell on each cell's way, −1 where there is none."""
    meets = np.full(downstream.size, -1, dtype=np.int32)
    for cell in order:
        if drains[cell]:
            meets[cell] = cell
        elif downstream[cell] != cell:
            meets[cell] = meets[downstream[cell]]
    return meets


@njit(cache=True, nogil=True)
def _measure_way(
    order: NDArray[np.int32], downstream: NDArray[np.int32], drains: NDArray[np.bool_], cols: int, width: float, height: float
) -> NDArray[np.float32]:  # pragma: no cover - compiled
    """Return the length of each cell's way to a draining cell, NaN where it meets none."""
    length = np.full(downstream.size, np.nan, dtype=np.float32)
    diagonal = np.hypot(width, height)
    for cell in order:
        if drains[cell]:
            length[cell] = 0.0
            continue
        below = downstream[cell]
        if below == cell:
            continue
        if below // cols == cell // cols:
            step = width
        elif below % cols == cell % cols:
            step = height
        else:
            step = diagonal
        length[cell] = length[below] + step
    return length
