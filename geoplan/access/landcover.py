"""Make one class of every cell out of land-cover fractions, and know the sea where the elevation model calls it 0 m.

Fractions (Copernicus Global Land Cover) give a percentage per class and cell: nine classes that add up to 100, and seasonal water on top of them,
which is left out here. The class with the largest share wins; of equal shares the larger code (water over grass: the safe side). Over the sea all
fractions are nodata, and elevation models write 0 m: both together mean sea, class 200, which nobody walks on.

By hand: shrubs 40, grass 35, trees 25 % is shrubs (20); crops 50, permanent water 50 % is water (80); trees 80 % is closed forest (116), not open (126).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from geoplan.contracts.grid import Grid
from geoplan.errors import LayerError
from geoplan.spatial.cells import to_cells, to_ground
from geoplan.spatial.crs import require_metric
from geoplan.spatial.frames import require_same_crs

OPEN_SEA = 200
_OPEN_FOREST, _CLOSED_FOREST = 126, 116
_CLOSED_PERCENT = 70.0
"""Copernicus legend: forest is closed where trees cover more than 70 %."""
_AROUND = np.ones((3, 3), dtype=bool)


def dominant_cover(fractions: Mapping[int, Grid]) -> Grid:
    """Return the class with the largest share of every cell.

    Parameters
    ----------
    fractions
        Class code (1–255) → share, percent, NaN where unknown; all on one grid. Trees whose type is not known go under 126 and become 116
        (closed forest) where they cover more than 70 %. Leave seasonal water out: its share is not a part of the hundred.

    Returns
    -------
    Grid
        float32 class codes; 0 where no fraction is known or all are 0 (over the sea: see `mark_sea`).

    Raises
    ------
    LayerError
        ``COVER-EMPTY`` without fractions, ``COVER-CODE`` for a code that is none, ``COVER-GRID`` when they lie on different grids.
    """
    if not fractions:
        raise LayerError("no fractions were given", code="COVER-EMPTY", layer="landcover", remedy="Give one grid per class.")
    strange = sorted(code for code in fractions if not 1 <= code <= 255)
    if strange:
        raise LayerError(
            "codes must lie in 1..255", code="COVER-CODE", layer="landcover", ids=strange, remedy="0 is kept for unknown."
        )
    first = next(iter(fractions.values()))
    best = np.zeros(first.shape, dtype=np.float32)
    cover = np.zeros(first.shape, dtype=np.float32)
    for code in sorted(fractions):
        grid = fractions[code]
        require_same_crs(grid.crs, first.crs, what=f"fraction {code}")
        if grid.shape != first.shape or not grid.transform.almost_equals(first.transform):
            raise LayerError(
                f"fraction {code} lies on another grid",
                code="COVER-GRID",
                layer="landcover",
                remedy="Read all with one cell size.",
            )
        # NaN compares as False: unknown never wins.
        wins = (grid.values >= best) & (grid.values > 0)
        cover[wins] = code
        best[wins] = grid.values[wins]
    cover[(cover == _OPEN_FOREST) & (best > _CLOSED_PERCENT)] = _CLOSED_FOREST
    return Grid(cover, first.transform, first.crs)


def mark_sea(landcover: Grid | None, dem: Grid, *, sea_level_m: float = 0.0, shore_m: float = 150.0) -> Grid:
    """Return land cover on the elevation model's cells, with class 200 where the sea is.

    The open sea is what lies at or below sea level (or is a void), has no known land cover, and is joined to the grid's edge by such cells. Its
    shallows are cells at or below sea level that are joined to it and lie within ``shore_m`` of it, whatever their land cover: a cover cell of 100 m on
    the coast holds both. Low land further in and hollows without a way to the sea keep their class.

    Parameters
    ----------
    landcover
        Class codes in the elevation model's CRS, of any resolution, NaN or 0 where unknown. None: nothing is known, height alone decides.
    dem
        Heights, metres; NaN is a void.
    sea_level_m
        Height of the sea in the model, metres.
    shore_m
        Width of the strip in which height is believed rather than land cover, metres; about one land-cover cell's diagonal.

    Raises
    ------
    CrsError
        When the model is not metric or the two are not in one CRS.
    """
    require_metric(dem.crs, layer="dem")
    cover = np.zeros(dem.shape, dtype=np.float32) if landcover is None else _bring(landcover, dem)
    low = ~(dem.values > sea_level_m)
    sea = _joined_to(_edge(low.shape), low & (cover == 0))
    if shore_m > 0 and sea.any() and not sea.all():
        sea = _joined_to(sea, sea | _near(low & ~sea, sea, cell_size=dem.cell_size, reach_m=shore_m))
    cover[sea] = OPEN_SEA
    return Grid(cover, dem.transform, dem.crs)


def _bring(landcover: Grid, dem: Grid) -> np.ndarray:
    """Return the class in which the centre of each cell of ``dem`` lies; 0 where that is unknown or off the grid."""
    require_same_crs(landcover.crs, dem.crs, what="land cover")
    rows, cols = dem.shape
    east, _ = to_ground(dem.transform, np.arange(cols) + 0.5, 0.5)
    _, north = to_ground(dem.transform, 0.5, np.arange(rows) + 0.5)
    col = np.floor(to_cells(landcover.transform, east, north[0])[0]).astype(np.int64)
    row = np.floor(to_cells(landcover.transform, east[0], north)[1]).astype(np.int64)
    tall, wide = landcover.shape
    taken = np.asarray(landcover.values[np.ix_(np.clip(row, 0, tall - 1), np.clip(col, 0, wide - 1))], dtype=np.float32)
    outside = ((row < 0) | (row >= tall))[:, None] | ((col < 0) | (col >= wide))
    return np.where(outside | np.isnan(taken), np.float32(0.0), taken)


def _edge(shape: tuple[int, ...]) -> np.ndarray:
    """Return the outermost cells of a grid."""
    edge = np.zeros(shape, dtype=bool)
    edge[[0, -1], :] = True
    edge[:, [0, -1]] = True
    return edge


def _near(wanted: np.ndarray, sea: np.ndarray, *, cell_size: tuple[float, float], reach_m: float) -> np.ndarray:
    """Return the wanted cells whose centre lies at most ``reach_m`` from the centre of a sea cell."""
    brim = sea & ~ndimage.binary_erosion(sea, structure=_AROUND, border_value=1)
    near = np.zeros(sea.shape, dtype=bool)
    cells = np.argwhere(wanted)
    if brim.any() and len(cells):
        scale = np.array(cell_size[::-1])
        # The bound itself is left out by the tree: a whisker more takes it in.
        away_m, _ = cKDTree(np.argwhere(brim) * scale).query(cells * scale, distance_upper_bound=reach_m * (1 + 1e-9))
        near[tuple(cells[np.isfinite(away_m)].T)] = True
    return near


def _joined_to(start: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Return the allowed cells that are joined, side by side or corner to corner, to an allowed cell of ``start``."""
    label, count = ndimage.label(allowed, structure=_AROUND)
    touched = np.zeros(count + 1, dtype=bool)
    touched[np.unique(label[start])] = True
    touched[0] = False
    return touched[label]
