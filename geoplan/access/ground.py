"""Make the ground people walk on from an elevation model, land cover and barriers.

Every cell gets a height in decimetres (16 bits hold 6,553 m of relief; whole metres would make slope steps of 3 % on 30 m cells), a walking speed

    level_kmh = walk_kmh · factor(land cover)

and the moves that may not be made from it (`geoplan.access.barriers`). Nobody walks where the height is unknown or the factor is 0 (water); an unknown
class is walked at the profile's default and counted. Roads are vectors and carry their own speed: land cover does not slow them.

By hand: cropland of factor 0.5 at 5 km/h is walked at 2.5 km/h; heights from 700 to 900 m have base 800 m, so 812.34 m is kept as 123 dm.
"""

from __future__ import annotations

import math
from dataclasses import replace

import geopandas as gpd
import numpy as np
from affine import Affine
from numba import njit
from numpy.typing import NDArray
from pyproj import CRS

from geoplan.access.barriers import block_cells, mark_barriers, mark_cliffs
from geoplan.access.smoothing import FILTERS, Smoothing, fill_voids, smooth_heights
from geoplan.contracts.grid import Grid
from geoplan.contracts.ground import MOVES, Ground, GroundReport, Neighbours, opposite
from geoplan.contracts.profiles import WalkingProfile
from geoplan.errors import LayerError
from geoplan.spatial.cells import to_cells, to_ground
from geoplan.spatial.crs import require_metric
from geoplan.spatial.frames import require_same_crs

_RELIEF_MAX_M = 6553.0
_UNKNOWN = 1
"""Speed class of cells whose land cover is not known."""
_CODES = 256
_BLOCK_ROWS = 512
_MAX_CELLS = 1_000_000_000


def build_ground(
    dem: Grid,
    *,
    walking: WalkingProfile,
    walk_kmh: float = 5.0,
    landcover: Grid | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    cliff_deg: float | None = 45.0,
    neighbours: Neighbours = 16,
    smooth: Smoothing = "none",
    fill_cells: int = 0,
) -> Ground:
    """Return the ground of an elevation model.

    Parameters
    ----------
    dem
        Heights, metres, in the working CRS; its cells become the ground's. NaN and infinite are voids.
    walking
        Walking speed by land-cover class.
    walk_kmh
        Speed of an adult without a load on level open ground, km/h.
    landcover
        Class codes in the working CRS, of any resolution: a cell has the class in which its centre lies. None: all ground is walked at
        ``walk_kmh``.
    barriers
        Lines and polygons nobody walks across, in the working CRS.
    cliff_deg
        Steepest slope walked, degrees; None: no limit.
    neighbours
        16, or 8 to leave out the knight's moves.
    smooth
        Filter the heights go through after filling: ``none`` or ``mean3``.
    fill_cells
        Voids up to so many cells from a known height are filled (see `geoplan.access.smoothing.fill_voids`).

    Raises
    ------
    CrsError
        ``CRS-DEGREES`` and its kin when the elevation model is not metric; ``CRS-MISSING``, ``CRS-MIXED`` when a layer is not in its CRS.
    LayerError
        ``DEM-TURNED`` when it is not north-up; ``DEM-RELIEF`` when heights differ by more than 6,553 m.
    """
    require_metric(dem.crs, layer="dem")
    for layer, name in ((landcover, "land cover"), (barriers, "barriers")):
        if layer is not None:
            require_same_crs(layer.crs, dem.crs, what=name)
    _require_north_up(dem.transform)
    heights = dem.values if np.isfinite(dem.values).all() else np.where(np.isfinite(dem.values), dem.values, np.nan)
    void = int(np.isnan(heights).sum())
    heights, filled = fill_voids(heights, fill_cells=fill_cells)
    heights = smooth_heights(heights, smooth=smooth)
    speed_class, level_kmh = _classify(dem, landcover, walking, walk_kmh)
    height_dm, base_m = _to_decimetres(heights)
    speed_class[np.isnan(heights)] = 0
    passable = speed_class != 0
    blocked = block_cells(passable, neighbours=neighbours)
    if barriers is not None:
        mark_barriers(blocked, barriers, transform=dem.transform)
    cliffs = 0 if cliff_deg is None else mark_cliffs(blocked, passable, height_dm, transform=dem.transform, cliff_deg=cliff_deg)
    report = GroundReport(
        cells=int(speed_class.size),
        void_cells=void - filled,
        filled_cells=filled,
        impassable_cells=int(speed_class.size - np.count_nonzero(passable)),
        unknown_cover_cells=0 if landcover is None else int(np.count_nonzero(speed_class == _UNKNOWN)),
        blocked_moves=count_blocked(blocked, neighbours=neighbours),
        cliff_moves=cliffs,
        smoothing=FILTERS[smooth],
    )
    return Ground(height_dm, speed_class, blocked, level_kmh, dem.transform, dem.crs, base_m, report)


def level_ground(
    bounds: tuple[float, float, float, float],
    *,
    cell_m: float,
    crs: CRS,
    walking: WalkingProfile,
    walk_kmh: float = 5.0,
    landcover: Grid | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    neighbours: Neighbours = 16,
) -> Ground:
    """Return level ground over an area that has no elevation model; other options as for `build_ground`.

    Parameters
    ----------
    bounds
        (west, south, east, north) to cover, metres. Cell edges lie on multiples of the cell.
    cell_m
        Cell, metres.
    crs
        Working CRS.

    Raises
    ------
    LayerError
        ``GRID-BOUNDS`` when the bounds are empty, not finite, or hold more than a thousand million cells.
    """
    west, south, east, north = bounds
    finite = all(math.isfinite(one) for one in (*bounds, cell_m)) and cell_m > 0 and west < east and south < north
    if not finite or (east - west) * (north - south) / cell_m**2 > _MAX_CELLS:
        raise LayerError(
            f"bounds {bounds} cannot be cut into cells of {cell_m} m",
            code="GRID-BOUNDS",
            remedy="Check the bounds, or use larger cells.",
        )
    left, top = math.floor(west / cell_m), math.ceil(north / cell_m)
    rows, cols = top - math.floor(south / cell_m), math.ceil(east / cell_m) - left
    level = Grid(np.zeros((rows, cols), dtype=np.float32), Affine(cell_m, 0.0, left * cell_m, 0.0, -cell_m, top * cell_m), crs)
    return build_ground(
        level,
        walking=walking,
        walk_kmh=walk_kmh,
        landcover=landcover,
        barriers=barriers,
        cliff_deg=None,
        neighbours=neighbours,
    )


def add_barriers(ground: Ground, barriers: gpd.GeoDataFrame | None) -> Ground:
    """Return the ground with further barriers (a flood, a landslide); the first one stays as it is.

    Raises
    ------
    CrsError
        ``CRS-MISSING``, ``CRS-MIXED`` when the barriers are not in the ground's CRS.
    """
    if barriers is None or len(barriers) == 0:
        return ground
    require_same_crs(barriers.crs, ground.crs, what="barriers")
    blocked = ground.blocked.copy()
    more = mark_barriers(blocked, barriers, transform=ground.transform)
    return replace(ground, blocked=blocked, report=replace(ground.report, blocked_moves=ground.report.blocked_moves + more))


def count_blocked(blocked: NDArray[np.uint16], *, neighbours: Neighbours = 16) -> int:
    """Return how many moves that stay on the grid are blocked, once for both directions."""
    rows, cols = blocked.shape
    total = 0
    for move in range(neighbours):
        down, right = (int(one) for one in MOVES[move])
        if move < opposite(move):
            inside = blocked[max(-down, 0) : rows - max(down, 0), max(-right, 0) : cols - max(right, 0)]
            total += int(np.count_nonzero(inside & np.uint16(1 << move)))
    return total


def _require_north_up(transform: Affine) -> None:
    """Refuse turned or mirrored grids: rows run south and columns east."""
    if transform.b != 0 or transform.d != 0 or transform.a <= 0 or transform.e >= 0:
        raise LayerError(
            "the grid is not north-up",
            code="DEM-TURNED",
            layer="dem",
            remedy="Read it with `read_raster`, which brings it north-up.",
        )


def _classify(
    dem: Grid, landcover: Grid | None, walking: WalkingProfile, walk_kmh: float
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return the speed class of every cell of ``dem`` by its land cover, and the classes' speeds; 0 impassable, 1 unknown."""
    rows, cols = dem.shape
    if landcover is None:
        return np.full((rows, cols), _UNKNOWN, dtype=np.uint8), np.array([0.0, walk_kmh])
    factors = sorted({row.factor for row in walking.cover if row.factor > 0})
    level_kmh = walk_kmh * np.array([0.0, walking.default_factor, *factors])
    of_code = np.full(_CODES, _UNKNOWN, dtype=np.uint8)
    for row in walking.cover:
        of_code[row.code] = factors.index(row.factor) + 2 if row.factor > 0 else 0
    east, _ = to_ground(dem.transform, np.arange(cols) + 0.5, 0.5)
    _, north = to_ground(dem.transform, 0.5, np.arange(rows) + 0.5)
    across, down = to_cells(landcover.transform, east, north[0])[0], to_cells(landcover.transform, east[0], north)[1]
    speed_class = np.empty((rows, cols), dtype=np.uint8)
    _take_nearest(landcover.values, np.floor(down).astype(np.int64), np.floor(across).astype(np.int64), of_code, speed_class)
    return speed_class, level_kmh


@njit(cache=True, nogil=True)
def _take_nearest(
    values: NDArray[np.floating],
    down: NDArray[np.int64],
    across: NDArray[np.int64],
    of_code: NDArray[np.uint8],
    speed_class: NDArray[np.uint8],
) -> None:
    """Fill the class of each cell from the land-cover cell its centre lies in; off its edge, unknown."""
    for row in range(len(down)):
        for col in range(len(across)):
            code = 0.0
            if 0 <= down[row] < values.shape[0] and 0 <= across[col] < values.shape[1]:
                code = float(values[down[row], across[col]])
            known = 0.0 <= code < len(of_code) and code == np.floor(code)
            speed_class[row, col] = of_code[np.int64(code)] if known else of_code[0]


def _to_decimetres(height_m: NDArray[np.float32]) -> tuple[NDArray[np.int16], float]:
    """Return heights as decimetres above a base in the middle of their range, voids as 0, and the base in metres."""
    known = np.isfinite(height_m)
    if not known.any():
        return np.zeros(height_m.shape, dtype=np.int16), 0.0
    low, high = float(np.nanmin(height_m)), float(np.nanmax(height_m))
    if high - low > _RELIEF_MAX_M:
        raise LayerError(
            f"heights run from {low:.1f} to {high:.1f} m, more than 6,553 m apart",
            code="DEM-RELIEF",
            layer="dem",
            remedy="State the nodata value of the elevation model, or cut the area in two.",
        )
    base_m = round((low + high) / 2, 1)
    height_dm = np.zeros(height_m.shape, dtype=np.int16)
    for top in range(0, len(height_m), _BLOCK_ROWS):
        block = (height_m[top : top + _BLOCK_ROWS].astype(np.float64) - base_m) * 10.0
        height_dm[top : top + _BLOCK_ROWS] = np.rint(np.where(np.isfinite(block), block, 0.0))
    return height_dm, base_m
