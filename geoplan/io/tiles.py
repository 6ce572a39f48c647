"""Open raster files and join tiles of one grid into one array, with every kind of nodata turned into NaN."""

from __future__ import annotations

import warnings
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from rasterio import crs as raster_crs
from rasterio import warp, windows
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from geoplan.contracts.config import LayerSpec
from geoplan.contracts.results import Problem
from geoplan.contracts.status import Severity
from geoplan.errors import CrsError, LayerError
from geoplan.spatial.cells import shifted, to_cells
from geoplan.spatial.crs import same_crs

Bounds = tuple[float, float, float, float]

_SENTINELS = (-9999.0, -99999.0, -32768.0, -2147483648.0)
"""Numbers that files use for "nothing here" without saying so; none is an elevation, a class or a count of people."""
_HUGE = 1e30
"""Beyond it a number is a driver's "largest float", never a quantity."""
_MARGIN_CELLS = 3
_ALIGNED_CELLS = 1e-3
"""Tiles whose grids differ by less than this part of a cell are of one grid."""


@dataclass(frozen=True)
class Tile:
    """Part of a raster: float32 values with NaN for nodata, their transform and CRS."""

    values: NDArray[np.float32]
    transform: Affine
    crs: CRS

    @property
    def north_up(self) -> bool:
        """Whether rows run south and columns east, without rotation."""
        return self.transform.b == 0 and self.transform.d == 0 and self.transform.a > 0 and self.transform.e < 0


@dataclass(frozen=True)
class Opened:
    """What was read from a layer's files."""

    tiles: list[Tile]
    paths: list[Path]
    crs_text: str
    cells: int
    """Cells in all files, read or not."""
    notes: list[str]
    problems: list[Problem]


def open_tiles(spec: LayerSpec, *, layer_id: str, base: Path, crs: CRS, bounds: Bounds) -> Opened:
    """Read the parts of a layer's files that touch the bounds (given in the working CRS).

    Raises
    ------
    LayerError
        ``LAYER-MISSING``, ``LAYER-UNREADABLE``, ``RASTER-UNPLACED``, ``RASTER-BAND``, ``RASTER-OUTSIDE``.
    CrsError
        ``CRS-MISSING``, ``CRS-MIXED``, ``RASTER-DATUM``.
    """
    if spec.datum in ("gcj02", "bd09"):
        raise CrsError(
            f"a raster in {spec.datum} cannot be shifted without resampling it twice",
            code="RASTER-DATUM",
            layer=layer_id,
            remedy="Ask for the raster in WGS 84 or CGCS2000.",
        )
    named = [spec.path] if isinstance(spec.path, str) else list(spec.path)
    paths = [base / one for one in named]
    missing = [str(one) for one in paths if not one.is_file()]
    if missing or not paths:
        raise LayerError(
            "raster file not found", code="LAYER-MISSING", layer=layer_id, ids=missing, remedy="Check the catalogue's path."
        )
    tiles: list[Tile] = []
    texts: set[str] = set()
    undeclared, voids, cells = 0, 0, 0
    for path in paths:
        part = _open_one(path, spec, layer_id=layer_id, crs=crs, bounds=bounds)
        cells += part.cells
        texts.add(part.crs.to_string())
        undeclared += part.undeclared
        if part.tile is not None:
            voids += int(np.isnan(part.tile.values).sum())
            tiles.append(part.tile)
    if not tiles:
        raise LayerError(
            "no file of the raster touches the county", code="RASTER-OUTSIDE", layer=layer_id, remedy="Check its CRS and tiles."
        )
    notes = [f"{len(tiles)} of {len(paths)} files touch the county", f"{voids} cells read are nodata"]
    return Opened(tiles, paths, ", ".join(sorted(texts)), cells, notes, _undeclared_problem(undeclared, layer_id))


@dataclass(frozen=True)
class _Part:
    tile: Tile | None
    crs: CRS
    cells: int
    undeclared: int


def _open_one(path: Path, spec: LayerSpec, *, layer_id: str, crs: CRS, bounds: Bounds) -> _Part:
    """Read the window of one file that touches the bounds."""
    try:
        with warnings.catch_warnings(), ExitStack() as stack:
            # Said below as an error with a remedy, instead of a warning without one.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            source = stack.enter_context(rasterio.open(_readable(path)))
            _require_placed(source, layer_id=layer_id, path=path)
            file_crs = _crs_of(source.crs, spec, layer_id=layer_id, path=path)
            cells = int(source.width) * int(source.height)
            if spec.band > source.count:
                raise LayerError(
                    f"{path.name} has {source.count} band(s), not {spec.band}",
                    code="RASTER-BAND",
                    layer=layer_id,
                    remedy="Correct `band` in the catalogue.",
                )
            window = _window(source, file_crs, crs=crs, bounds=bounds)
            if window is None:
                return _Part(None, file_crs, cells, 0)
            values, undeclared = _read_values(source, spec, window)
            return _Part(
                Tile(values, shifted(source.transform, window.col_off, window.row_off), file_crs), file_crs, cells, undeclared
            )
    except (RasterioError, OSError, zipfile.BadZipFile) as error:
        if isinstance(error, LayerError):
            raise
        raise LayerError(
            f"{path.name} cannot be read as a raster: {error}",
            code="LAYER-UNREADABLE",
            layer=layer_id,
            remedy="Replace the file.",
        ) from error


def _require_placed(source: rasterio.DatasetReader, *, layer_id: str, path: Path) -> None:
    """Raise when a file does not say where on the ground it lies."""
    if source.transform.is_identity and not source.crs:
        raise LayerError(
            f"{path.name} does not say where it lies (no georeference, no world file)",
            code="RASTER-UNPLACED",
            layer=layer_id,
            remedy="Give the file with its georeference or world file.",
        )


def _readable(path: Path) -> str:
    """Return the name by which GDAL opens a file, looking into an archive where there is one."""
    if path.suffix.lower() != ".zip":
        return str(path)
    with zipfile.ZipFile(path) as archive:
        inside = [
            one for one in archive.namelist() if not one.endswith(("/", ".xml", ".txt", ".md", ".prj", ".tfw", ".pdf", ".html"))
        ]
    if len(inside) != 1:
        raise OSError(f"the archive holds {len(inside)} files that could be rasters; give one per archive")
    return f"/vsizip/{{{path.resolve()}}}/{inside[0]}"


def _crs_of(found: raster_crs.CRS | None, spec: LayerSpec, *, layer_id: str, path: Path) -> CRS:
    """Return the CRS of a file, which must agree with the catalogue's where both speak."""
    stated = CRS.from_user_input(spec.crs) if spec.crs else None
    if found is None:
        if stated is None:
            raise CrsError(
                f"{path.name} carries no CRS", code="CRS-MISSING", layer=layer_id, remedy="State `crs` in the catalogue."
            )
        return stated
    carried = CRS.from_wkt(found.to_wkt())
    if stated is not None and not same_crs(carried, stated):
        raise CrsError(
            f"{path.name} says {carried.name}, the catalogue {stated.name}",
            code="CRS-MIXED",
            layer=layer_id,
            remedy="Find out which is right and correct the other.",
        )
    return carried


def _window(source: rasterio.DatasetReader, file_crs: CRS, *, crs: CRS, bounds: Bounds) -> windows.Window | None:
    """Return the whole cells of a file that touch the bounds, with a margin where they will be resampled; None when none does."""
    whole = windows.Window(0, 0, source.width, source.height)
    transform = source.transform
    if transform.b or transform.d:
        return whole
    margin = 0
    if not same_crs(file_crs, crs):
        bounds = warp.transform_bounds(crs.to_wkt(), file_crs.to_wkt(), *bounds, densify_pts=21)
    cols = sorted((edge - transform.c) / transform.a for edge in (bounds[0], bounds[2]))
    rows = sorted((edge - transform.f) / transform.e for edge in (bounds[1], bounds[3]))
    margin = _MARGIN_CELLS
    left, right = max(int(np.floor(cols[0])) - margin, 0), min(int(np.ceil(cols[1])) + margin, source.width)
    top, bottom = max(int(np.floor(rows[0])) - margin, 0), min(int(np.ceil(rows[1])) + margin, source.height)
    if left >= right or top >= bottom:
        return None
    return windows.Window(left, top, right - left, bottom - top)


def _read_values(source: rasterio.DatasetReader, spec: LayerSpec, window: windows.Window) -> tuple[NDArray[np.float32], int]:
    """Return a window as float32 quantities with NaN for nodata, and how many cells held an undeclared nodata number."""
    raw = source.read(spec.band, window=window)
    void = source.read_masks(spec.band, window=window) == 0
    values = raw.astype(np.float64 if raw.dtype.itemsize > 2 else np.float32)
    declared = [one for one in (source.nodatavals[spec.band - 1], spec.nodata) if one is not None]
    for number in declared:
        # Compared in the file's own precision: −3.4e38 as float32 is not the same as float64.
        void |= np.isnan(values) if np.isnan(number) else np.isclose(values, number, rtol=1e-7, atol=0.0)
    void |= ~np.isfinite(values) | (np.abs(values) > _HUGE)
    sentinel = np.isin(values, _SENTINELS) & ~void
    scale, offset = source.scales[spec.band - 1], source.offsets[spec.band - 1]
    if scale != 1.0 or offset != 0.0:
        values = values * scale + offset
    values[void | sentinel] = np.nan
    return values.astype(np.float32), int(sentinel.sum())


def join_tiles(tiles: list[Tile], *, layer_id: str, exact: bool) -> tuple[list[Tile], list[str]]:
    """Join tiles of one grid into one tile, so that no seam is interpolated across a gap; others are handed back as they are.

    Shared rows and columns (SRTM tiles share one) are counted once: the first tile with a value wins.

    Raises
    ------
    LayerError
        ``RASTER-MISALIGNED`` when ``exact`` is asked for (sums) and the tiles are not of one grid.
    """
    if len(tiles) == 1:
        return list(tiles), []
    first = tiles[0]
    if not all(one.north_up and _aligned(first, one) for one in tiles):
        if exact:
            raise LayerError(
                "the tiles are not of one grid, so their overlaps would be counted twice",
                code="RASTER-MISALIGNED",
                layer=layer_id,
                remedy="Merge the tiles onto one grid first.",
            )
        return list(tiles), [f"{len(tiles)} tiles of different grids, laid over one another in order"]
    corners = [_offset(first, one) for one in tiles]
    left, top = min(col for col, _ in corners), min(row for _, row in corners)
    right = max(col + one.values.shape[1] for (col, _), one in zip(corners, tiles, strict=True))
    bottom = max(row + one.values.shape[0] for (_, row), one in zip(corners, tiles, strict=True))
    joined = np.full((bottom - top, right - left), np.nan, dtype=np.float32)
    for (col, row), tile in zip(corners, tiles, strict=True):
        part = joined[row - top : row - top + tile.values.shape[0], col - left : col - left + tile.values.shape[1]]
        np.copyto(part, tile.values, where=np.isnan(part))
    return [Tile(joined, shifted(first.transform, left, top), first.crs)], [f"{len(tiles)} tiles joined into one grid"]


def _offset(first: Tile, other: Tile) -> tuple[int, int]:
    """Return the (col, row) of another tile's corner in the first one's cells."""
    col, row = to_cells(first.transform, other.transform.c, other.transform.f)
    return round(col), round(row)


def _aligned(first: Tile, other: Tile) -> bool:
    """Tell whether two tiles are of one grid: same CRS, same cell, corners a whole number of cells apart."""
    if not same_crs(first.crs, other.crs):
        return False
    # Cells may differ by so little that the drift over the tile stays under the tolerance.
    drift = _ALIGNED_CELLS / max(*first.values.shape, *other.values.shape)
    if not np.allclose((first.transform.a, first.transform.e), (other.transform.a, other.transform.e), rtol=drift, atol=0.0):
        return False
    col, row = to_cells(first.transform, other.transform.c, other.transform.f)
    return abs(col - round(col)) < _ALIGNED_CELLS and abs(row - round(row)) < _ALIGNED_CELLS


def _undeclared_problem(count: int, layer_id: str) -> list[Problem]:
    """Return a warning when cells held a well-known nodata number that the file does not declare."""
    if not count:
        return []
    return [
        Problem(
            code="RASTER-NODATA",
            severity=Severity.WARNING,
            layer=layer_id,
            message_zh=f"{count} 个像元为未声明的 nodata 值（如 -9999），已按未知处理",
            message_en=f"{count} cells hold a nodata number the file does not declare (such as -9999); taken as unknown",
            remedy_zh="在图层目录中填写 nodata。",
            remedy_en="State `nodata` in the catalogue.",
            count=count,
        )
    ]
