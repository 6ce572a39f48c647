"""Read any raster into the working CRS: tiles joined, nodata understood, nothing shifted by half a cell, no people lost.

Three ways of bringing a raster onto another grid, one for each kind of number:

- ``bilinear`` (elevation): each target cell's centre is weighted over the source centres that carry a value;
- ``nearest`` (classes): the source cell in which the target cell's centre lies;
- ``sum`` (people per cell): each source cell is cut into k × k equal pieces, every piece lands whole in the target cell that holds
  its centre, so Σ target + Σ outside = Σ source whatever the two grids are.

By hand, ``sum``: a source cell of 8 people that straddles two target cells half and half gives 4 to each; nearest-neighbour
resampling would give 8 to one, or to none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from geoplan.contracts.config import LayerSpec
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import LayerRecord, Problem
from geoplan.contracts.status import Severity
from geoplan.errors import LayerError
from geoplan.io.resample import Target, sample_bilinear_onto, sample_nearest_onto
from geoplan.io.sources import checksum
from geoplan.io.tiles import Tile, join_tiles, open_tiles
from geoplan.spatial.cells import to_ground
from geoplan.spatial.crs import same_crs, transformer_between

Resampling = Literal["bilinear", "sum", "nearest"]
Bounds = tuple[float, float, float, float]

_MAX_CELLS = 200_000_000
"""A grid of more cells is a mistake in cell_m or bounds, not a county."""
_CHUNK = 1 << 20
_SUM_PIECES_MAX = 8


def read_raster(
    spec: LayerSpec,
    *,
    layer_id: str,
    base: Path,
    crs: CRS,
    bounds: Bounds,
    cell_m: float | None,
    resampling: Resampling,
) -> tuple[Grid, LayerRecord, list[Problem]]:
    """Read one raster layer, or a mosaic of tiles, into the working CRS.

    Parameters
    ----------
    spec
        The catalogue's entry: path or paths (a ``.zip`` holding one raster is read in place), band, further nodata value, CRS of
        files that carry none. Scale and offset of the file are applied; nodata is compared with the raw numbers before that.
    layer_id
        Catalogue id, for messages.
    base
        Folder that relative paths start from.
    crs
        Working CRS, metric.
    bounds
        (west, south, east, north) wanted, in the working CRS.
    cell_m
        Cell of the result, whose edges lie on multiples of it. None keeps the native cell: without any resampling when the file is
        in the working CRS, else its size on the ground, rounded to the metre (to 0.1 m below 10 m).
    resampling
        ``bilinear``, ``sum`` or ``nearest``; see the module's docstring.

    Returns
    -------
    grid
        float32, NaN where unknown; at least the bounds are covered when resampled, at most when native.
    record
        Provenance; ``notes`` say what was joined, voided, resampled, and how much of a sum lies outside the bounds.
    problems
        What a planner should know: undeclared nodata values, no values at all within the bounds.

    Raises
    ------
    LayerError
        ``LAYER-MISSING``, ``LAYER-UNREADABLE``, ``RASTER-UNPLACED``, ``RASTER-BAND``, ``RASTER-OUTSIDE``, ``RASTER-MISALIGNED``, ``RASTER-SIZE``.
    CrsError
        ``CRS-MISSING``, ``CRS-MIXED`` (the file contradicts the catalogue), ``RASTER-DATUM`` (GCJ-02 or BD-09 raster).
    """
    opened = open_tiles(spec, layer_id=layer_id, base=base, crs=crs, bounds=bounds)
    tiles, joined = join_tiles(opened.tiles, layer_id=layer_id, exact=resampling == "sum")
    notes = [*opened.notes, *joined]
    native = _native(tiles, crs=crs, cell_m=cell_m)
    if native is not None:
        grid = native
        notes.append("native grid kept, not resampled")
    else:
        target = _target(tiles, crs=crs, bounds=bounds, cell_m=cell_m, layer_id=layer_id)
        grid, note = _BRING[resampling](tiles, target)
        notes.append(f"resampled ({resampling}) to {target.transform.a:g} m cells in {crs.name}")
        notes.extend(note)
    problems = [*opened.problems, *_empty_problem(grid, layer_id)]
    record = LayerRecord(
        id=layer_id,
        kind="raster",
        paths=(spec.path,) if isinstance(spec.path, str) else tuple(spec.path),
        sha256=checksum(tuple(opened.paths), layer_id=layer_id),
        crs=opened.crs_text,
        datum=spec.datum,
        vintage=spec.vintage,
        licence=spec.licence,
        source=spec.source,
        rows_in=opened.cells,
        rows_out=int(grid.values.size),
        notes=tuple(notes),
    )
    return grid, record, problems


def _native(tiles: list[Tile], *, crs: CRS, cell_m: float | None) -> Grid | None:
    """Return the only tile as it is, when it is already in the working CRS at the cell asked for."""
    if len(tiles) != 1 or not same_crs(tiles[0].crs, crs) or not tiles[0].north_up:
        return None
    width, height = tiles[0].transform.a, -tiles[0].transform.e
    if cell_m is not None and not (math.isclose(width, cell_m, rel_tol=1e-9) and math.isclose(height, cell_m, rel_tol=1e-9)):
        return None
    return Grid(values=tiles[0].values, transform=tiles[0].transform, crs=crs)


def _target(tiles: list[Tile], *, crs: CRS, bounds: Bounds, cell_m: float | None, layer_id: str) -> Target:
    """Return the grid on multiples of the cell that covers the bounds."""
    cell = cell_m if cell_m is not None else _ground_cell_m(tiles[0], crs)
    # The slack keeps a bound that already is a multiple, computed a hair off, from adding a row.
    west, south = (math.floor(one / cell + 1e-9) for one in bounds[:2])
    east, north = (math.ceil(one / cell - 1e-9) for one in bounds[2:])
    rows, cols = max(north - south, 1), max(east - west, 1)
    if rows * cols > _MAX_CELLS:
        raise LayerError(
            f"{rows} × {cols} cells of {cell:g} m are more than {_MAX_CELLS:,}",
            code="RASTER-SIZE",
            layer=layer_id,
            remedy="Ask for larger cells, or check the county's extent.",
        )
    return Target(Affine(cell, 0.0, west * cell, 0.0, -cell, north * cell), (rows, cols), crs)


def _ground_cell_m(tile: Tile, crs: CRS) -> float:
    """Return the side of a square as large as the tile's middle cell on the ground, metres."""
    rows, cols = tile.values.shape
    corners = [to_ground(tile.transform, cols // 2 + right, rows // 2 + down) for right, down in ((0, 0), (1, 0), (0, 1))]
    east, north = transformer_between(tile.crs, crs).transform(*np.transpose(corners))
    area = abs((east[1] - east[0]) * (north[2] - north[0]) - (east[2] - east[0]) * (north[1] - north[0]))
    side = math.sqrt(area)
    return float(round(side)) if side >= 10 else max(round(side, 1), 0.1)


def _bilinear(tiles: list[Tile], target: Target) -> tuple[Grid, list[str]]:
    return _overlay(
        [sample_bilinear_onto(one, target, ratio=target.transform.a / _ground_cell_m(one, target.crs)) for one in tiles], target
    )


def _nearest(tiles: list[Tile], target: Target) -> tuple[Grid, list[str]]:
    return _overlay([sample_nearest_onto(one, target) for one in tiles], target)


def _overlay(layers: list[NDArray[np.float32]], target: Target) -> tuple[Grid, list[str]]:
    """Lay tiles over one another: of overlapping ones the first with a value wins."""
    filled = layers[0]
    for layer in layers[1:]:
        filled = np.where(np.isnan(filled), layer, filled)
    return Grid(values=filled, transform=target.transform, crs=target.crs), []


def _sum(tiles: list[Tile], target: Target) -> tuple[Grid, list[str]]:
    """Carry people over piece by piece; what lies outside the target is added up, not lost."""
    rows, cols = target.shape
    total = np.zeros(rows * cols)
    known = np.zeros(rows * cols, dtype=bool)
    outside = 0.0
    for tile in tiles:
        pieces = _pieces_per_side(tile, target)
        for cell, amount in _pieces(tile, target, pieces):
            inside = cell >= 0
            outside += float(amount[~inside].sum())
            np.add.at(total, cell[inside], amount[inside])
            known[cell[inside]] = True
    values = np.where(known, total, np.nan).astype(np.float32).reshape(rows, cols)
    kept = float(np.nansum(values, dtype=np.float64))
    return Grid(values=values, transform=target.transform, crs=target.crs), [
        f"sum {kept:.3f} within the bounds, {outside:.3f} outside them"
    ]


def _pieces_per_side(tile: Tile, target: Target) -> int:
    """Return how often a source cell's side is cut: pieces of about a third of a target cell."""
    ratio = _ground_cell_m(tile, target.crs) / target.transform.a
    return int(np.clip(math.ceil(3.0 * ratio), 2, _SUM_PIECES_MAX))


def _pieces(tile: Tile, target: Target, pieces: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Yield (target cell number or −1, amount) of the pieces of known cells, in chunks."""
    rows, cols = target.shape
    transformer = transformer_between(tile.crs, target.crs)
    row, col = np.nonzero(~np.isnan(tile.values))
    offsets = (np.arange(pieces) + 0.5) / pieces
    right, down = (one.ravel() for one in np.meshgrid(offsets, offsets))
    chunk = max(_CHUNK // (pieces * pieces), 1)
    for start in range(0, len(row), chunk):
        at_row, at_col = row[start : start + chunk], col[start : start + chunk]
        x, y = to_ground(tile.transform, (at_col[:, None] + right).ravel(), (at_row[:, None] + down).ravel())
        east, north = transformer.transform(x, y)
        to_col = np.floor((east - target.transform.c) / target.transform.a)
        to_row = np.floor((north - target.transform.f) / target.transform.e)
        inside = (to_col >= 0) & (to_col < cols) & (to_row >= 0) & (to_row < rows)
        cell = np.where(inside, to_row * cols + to_col, -1).astype(np.int64)
        yield cell, np.repeat(tile.values[at_row, at_col].astype(np.float64) / (pieces * pieces), pieces * pieces)


_BRING: dict[str, Callable[[list[Tile], Target], tuple[Grid, list[str]]]] = {
    "bilinear": _bilinear,
    "nearest": _nearest,
    "sum": _sum,
}


def _empty_problem(grid: Grid, layer_id: str) -> list[Problem]:
    """Return a problem when no cell within the bounds carries a value."""
    if np.isfinite(grid.values).any():
        return []
    return [
        Problem(
            code="RASTER-EMPTY",
            severity=Severity.ERROR,
            layer=layer_id,
            message_zh="栅格在本县范围内没有任何有效值",
            message_en="the raster has no value at all within the county's extent",
            remedy_zh="检查文件、波段与 nodata 值。",
            remedy_en="Check the file, the band and the nodata value.",
            count=int(grid.values.size),
        )
    ]
