"""Cut the ground that is left into patches that a site can be built on.

1. Ground narrower than two cells (or a wider width, if asked for) is dropped: a cell stays when it belongs to a 2 × 2 block that is left.
2. Cells that share a side form one piece of ground (corners do not join: nobody builds through a corner).
3. A piece above ``most_m2`` is cut into equal tiles of about that size over its bounding box, so that a valley floor becomes
   several sites, each with its own distance to road and services; parts of a tile that do not hang together are separate.
4. Patches below ``least_m2`` are dropped and counted, then those less compact than ``least_compactness``
   (`geoplan.relocation.compactness`).

By hand, 3 × 5 cells of 100 m, `#` left over: the single column on the right is narrower than two cells and goes.
    ##..#
    ##..#      one patch of 4 cells = 40,000 m²
    ....#
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from geoplan.relocation.compactness import measure_compactness, side_pairs

LARGEST_PATCH_M2 = 100_000.0
"""10 ha houses some 1,100 people at 90 m² each: beyond that a 集中安置点 is planned as several."""


@dataclass(frozen=True)
class Patches:
    """Cells of the patches, sorted by patch."""

    cells: NDArray[np.intp]
    """(n,) flat index of each cell in the grid."""
    patch: NDArray[np.intp]
    """(n,) patch number of each cell, 0..k−1, ascending."""
    sizes: NDArray[np.intp]
    """(k,) cells of each patch."""
    compactness: NDArray[np.float64]
    """(k,) 4πA/P² of each patch."""
    narrow_cells: int
    """Cells dropped because the ground is too narrow."""
    small_cells: int
    """Cells dropped in patches that are too small."""
    small_patches: int
    """How many such patches."""
    straggling_cells: int
    """Cells dropped in patches that are large enough and not compact enough."""
    straggling_patches: int
    """How many such patches."""


def cut_patches(
    left: NDArray[np.bool_],
    cell_m: float,
    *,
    least_m2: float,
    most_m2: float = LARGEST_PATCH_M2,
    least_compactness: float = 0.0,
    least_width_m: float = 0.0,
) -> Patches:
    """Return the patches in ``left``, (rows, cols) bool on a grid of square cells.

    Parameters
    ----------
    left
        Ground that nothing rules out.
    cell_m
        Side of a cell, metres.
    least_m2, most_m2
        Smallest patch, and the size above which a piece of ground is cut up.
    least_compactness
        Least 4πA/P².
    least_width_m
        Ground narrower than this, rounded up to whole cells, is dropped; never less than two cells.
    """
    wide = drop_narrow(left, width_cells=max(2, int(np.ceil(least_width_m / cell_m - 1e-9))))
    labels, _ = ndimage.label(wide)
    cells = np.flatnonzero(labels)
    piece = labels.ravel()[cells].astype(np.intp) - 1
    cols = left.shape[1]
    patch = _connect(cells, _tile(cells, piece, cols, most_m2 / cell_m**2), cols)
    sizes = np.bincount(patch) if len(patch) else np.empty(0, dtype=np.intp)
    large = sizes * cell_m**2 >= least_m2 * (1 - 1e-12)
    compactness = measure_compactness(cells, patch, cols)
    keeps = large & (compactness >= least_compactness * (1 - 1e-12))
    number = np.cumsum(keeps) - 1
    kept = keeps[patch]
    order = np.argsort(number[patch[kept]], kind="stable")
    return Patches(
        cells=cells[kept][order],
        patch=number[patch[kept]][order],
        sizes=sizes[keeps],
        compactness=compactness[keeps],
        narrow_cells=int(left.sum() - wide.sum()),
        small_cells=int(sizes[~large].sum()),
        small_patches=int((~large).sum()),
        straggling_cells=int(sizes[large & ~keeps].sum()),
        straggling_patches=int((large & ~keeps).sum()),
    )


def drop_narrow(left: NDArray[np.bool_], *, width_cells: int = 2) -> NDArray[np.bool_]:
    """Return the cells that belong to some block of ``width_cells`` × ``width_cells`` cells left over.

    By hand: of ``##.`` over ``##.`` the four cells stay, of ``#..`` over ``##.`` none does.
    """
    rows, cols = left.shape
    if rows < width_cells or cols < width_cells:
        return np.zeros(left.shape, dtype=bool)
    down, across = rows - width_cells + 1, cols - width_cells + 1
    steps = range(width_cells)
    lines = np.logical_and.reduce([left[step : step + down] for step in steps])
    block = np.logical_and.reduce([lines[:, step : step + across] for step in steps])
    spread = np.zeros((down, cols), dtype=bool)
    for step in steps:
        spread[:, step : step + across] |= block
    wide = np.zeros(left.shape, dtype=bool)
    for step in steps:
        wide[step : step + down] |= spread
    return wide


def middle_cells(patches: Patches, cols: int) -> NDArray[np.intp]:
    """Return, per patch, the flat index of its cell nearest to its centroid: a point that lies inside, whatever the shape."""
    if not len(patches.sizes):
        return np.empty(0, dtype=np.intp)
    row, col = np.divmod(patches.cells, cols)
    mean_row = np.bincount(patches.patch, weights=row) / patches.sizes
    mean_col = np.bincount(patches.patch, weights=col) / patches.sizes
    off = (row - mean_row[patches.patch]) ** 2 + (col - mean_col[patches.patch]) ** 2
    order = np.lexsort((patches.cells, off, patches.patch))
    first = np.concatenate([[0], np.cumsum(patches.sizes)[:-1]])
    return patches.cells[order[first]]


def _tile(cells: NDArray[np.intp], piece: NDArray[np.intp], cols: int, most_cells: float) -> NDArray[np.intp]:
    """Return a number for each cell that tells pieces apart, and the tiles of a piece that is too large."""
    if not len(cells):
        return piece
    row, col = np.divmod(cells, cols)
    sizes = np.bincount(piece)
    side = max(np.sqrt(most_cells), 2.0)
    number = piece.copy()
    for at in (row, col):
        lowest, highest = np.full(len(sizes), np.iinfo(np.intp).max), np.full(len(sizes), -1)
        np.minimum.at(lowest, piece, at)
        np.maximum.at(highest, piece, at)
        span = highest - lowest + 1
        tiles = np.where(sizes > most_cells, np.ceil(span / side), 1).astype(np.intp)
        number = number * int(tiles.max()) + (at - lowest[piece]) * tiles[piece] // span[piece]
    return number


def _connect(cells: NDArray[np.intp], number: NDArray[np.intp], cols: int) -> NDArray[np.intp]:
    """Return a patch number per cell: cells with one number that share a side belong together."""
    count = len(cells)
    one, other = side_pairs(cells, number, cols)
    graph = sparse.coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(count, count))
    return csgraph.connected_components(graph, directed=False)[1].astype(np.intp) if count else number
