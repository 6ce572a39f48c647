"""Draw each exclusion as polygons of its own: what it takes by itself (``own``), and what it takes beyond the reasons before it (``added``).

``area_m2`` is counted in cells and is the number of `geoplan.relocation.exclusion.tabulate_exclusions`. The polygons follow the sides of
the cells. Where a mask has more than `MOST_CORNERS` corners (slopes of mountains), it is drawn in blocks of b × b cells, b the least
power of two that comes below: as many blocks as the area fills, those most taken first. What is drawn so has coarser outlines and the
same area to half a block; ``block_m`` says how coarse it is.

By hand: a county of 4 × 4 cells of 10 m whose left half is taken: one rectangle of 20 × 40 m, area_m2 800, block_m 10.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray

from geoplan.contracts.grid import Grid
from geoplan.relocation.exclusion import Exclusion, Mask
from geoplan.relocation.outlines import outline_cells

MOST_CORNERS = 15_000
"""Corners of one outline: some 300 kB of GeoJSON."""
MAP_COLUMNS = ["reason", "label_zh", "label_en", "scope", "area_m2", "block_m", "geometry"]


def map_exclusions(found: Sequence[Exclusion], study: Mask, like: Grid) -> gpd.GeoDataFrame:
    """Return the outlines of every exclusion, two rows each: ``scope`` ``own`` and ``added``.

    Parameters
    ----------
    found
        Reasons in the order in which they apply.
    study
        (rows, cols) cells of the county.
    like
        Grid of the masks; gives transform, cell and CRS.

    Returns
    -------
    GeoDataFrame
        reason, label_zh, label_en, scope, area_m2, block_m, geometry (MultiPolygon; empty where nothing is taken).
    """
    cell = like.cell_size[0]
    left, rows = study.copy(), []
    for one in found:
        own, added = one.mask & study, one.mask & left
        count = int(np.count_nonzero(own)), int(np.count_nonzero(added))
        drawn = draw_mask(own, like)
        # Added is part of own: equal numbers are equal cells.
        drawn_added = drawn if count[0] == count[1] else draw_mask(added, like)
        for scope, cells, (geometry, block) in (("own", count[0], drawn), ("added", count[1], drawn_added)):
            area = float(cells) * cell**2
            rows.append((one.reason, one.label_zh, one.label_en, scope, area, block * cell, geometry))
        left &= ~one.mask
    columns = dict(zip(MAP_COLUMNS, zip(*rows, strict=True) if rows else [[] for _ in MAP_COLUMNS], strict=True))
    return gpd.GeoDataFrame(columns, geometry="geometry", crs=like.crs)


def draw_mask(mask: Mask, like: Grid) -> tuple[shapely.MultiPolygon, int]:
    """Return the outline of the marked cells, and the side of the blocks it is drawn in, cells (1: cell by cell)."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return shapely.MultiPolygon(), 1
    # A window that starts at a multiple of any block keeps blocks in step over all reasons.
    top, left = (int(at) // 64 * 64 for at in (rows[0], cols[0]))
    window = np.s_[top : rows[-1] + 1, left : cols[-1] + 1]
    drawn, block = mask[window], 1
    while count_corners(drawn) > MOST_CORNERS and block < 64:
        block *= 2
        drawn = block_mask(mask[window], block)
    at = like.transform
    moved = Affine(at.a * block, 0, at.c + left * at.a, 0, at.e * block, at.f + top * at.e)
    return shapely.multipolygons(outline_cells(drawn, moved)), block


def count_corners(mask: Mask) -> int:
    """Return how many corners the outline of the marked cells has.

    By hand: one cell has 4, an L of three 6, two that meet at a corner 8.
    """
    padded = np.pad(mask, 1)
    one, two, three, four = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    # Of the four cells around a point an odd number marked turns the outline once, two across from one another twice.
    turns = np.count_nonzero(one ^ two ^ three ^ four)
    return int(turns + 2 * np.count_nonzero((one == four) & (two == three) & (one != two)))


def block_mask(mask: Mask, block: int) -> Mask:
    """Return the blocks of ``block`` × ``block`` cells that stand for the marked cells: as many as fill their area, the fullest first.

    By hand: 2 × 4 cells ``##.#`` over ``##.#``, block 2: 6 of 4 cells each are 1.5 blocks, rounded to 2; ``#...`` over ``....`` gives none.
    """
    taken = _sum_blocks(mask, block)
    count = int(np.floor(np.count_nonzero(mask) / block**2 + 0.5))
    found = np.zeros(taken.size, dtype=bool)
    # Stable: blocks equally full are taken from the north-west on.
    found[np.argsort(-taken.ravel(), kind="stable")[:count]] = True
    return found.reshape(taken.shape) & (taken > 0)


def _sum_blocks(mask: Mask, block: int) -> NDArray[np.int64]:
    """Return how many cells of each block are marked; blocks at the far edges may hold fewer cells."""
    rows, cols = (-(-size // block) for size in mask.shape)
    padded = np.zeros((rows * block, cols * block), dtype=np.uint8)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    return np.asarray(padded.reshape(rows, block, cols, block).sum(axis=(1, 3), dtype=np.int64))
