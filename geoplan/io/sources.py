"""Find the files of a layer, and sum up their bytes: what a checksum, a manifest and a clear "missing" need."""

from __future__ import annotations

import difflib
import hashlib
from pathlib import Path

from geoplan.contracts.config import LayerSpec
from geoplan.errors import LayerError

_SIDECARS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx")
_CHUNK = 1 << 20
RASTER_SUFFIXES = (".tif", ".tiff", ".vrt", ".hgt", ".hgt.zip", ".img", ".asc", ".nc", ".bil", ".flt", ".dem", ".jp2", ".grd")


def is_database(spec: LayerSpec) -> bool:
    """Return whether the layer lives in a PostGIS database."""
    return isinstance(spec.path, str) and spec.path.startswith("postgis:")


def is_raster(spec: LayerSpec) -> bool:
    """Return whether the layer's path, or the first of several, names a raster."""
    first = spec.path if isinstance(spec.path, str) else (spec.path or [""])[0]
    return first.lower().endswith(RASTER_SUFFIXES)


def resolve_paths(spec: LayerSpec, *, layer_id: str, base: Path) -> tuple[Path, ...]:
    """Return the layer's files in the order of the catalogue, relative paths taken from ``base``.

    Raises
    ------
    LayerError
        ``LAYER-MISSING``, with the nearest name in the folder as a hint.
    """
    names = [spec.path] if isinstance(spec.path, str) else list(spec.path)
    found = [Path(name) if Path(name).is_absolute() else base / name for name in names]
    missing = []
    for path in found:
        try:
            present = path.exists()
        except (OSError, ValueError):
            present = False
        if not present:
            missing.append(path)
    if missing or not found:
        raise LayerError(
            f"{', '.join(_shown(path, base) for path in missing[:3]) or 'the path'} does not exist",
            code="LAYER-MISSING",
            layer=layer_id,
            remedy=_hint(missing[0]) if missing else "Give at least one path.",
        )
    return tuple(found)


def _shown(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)


def _hint(path: Path) -> str:
    """Return what to do about a missing file: the nearest name beside it, or the folder that is missing too."""
    try:
        names = [one.name for one in path.parent.iterdir()]
    except OSError:
        return f"The folder {path.parent} does not exist either: correct the path (it is relative to the catalogue)."
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    return f"Is {near[0]} meant?" if near else "Correct the path (it is relative to the catalogue)."


def layer_files(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return every file whose bytes make up the layer: shapefile parts, all files of a folder, tiles in order."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(one for one in path.rglob("*") if one.is_file() and one.suffix != ".lock")
        elif path.suffix.lower() == ".shp":
            files += shapefile_parts(path)
        else:
            files.append(path)
    return tuple(files)


def shapefile_parts(path: Path) -> list[Path]:
    """Return the files of a shapefile that are there, ``.shp`` first; suffixes may be in either case."""
    beside = {one.suffix.lower(): one for one in sorted(path.parent.iterdir()) if one.stem == path.stem}
    return [path, *(beside[suffix] for suffix in _SIDECARS[1:] if suffix in beside)]


def checksum(paths: tuple[Path, ...], *, layer_id: str) -> str:
    """Return the SHA-256 of the bytes of all the layer's files, in order, as 64 hex digits.

    Raises
    ------
    LayerError
        ``LAYER-UNREADABLE`` when a file cannot be read.
    """
    total = hashlib.sha256()
    try:
        for path in layer_files(paths):
            with path.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    total.update(chunk)
    except OSError as error:
        raise unreadable(layer_id, str(error.strerror or error)) from error
    return total.hexdigest()


def unreadable(layer_id: str, why: str) -> LayerError:
    """Return the one error for a file that is damaged, cut off, or not what its name says."""
    return LayerError(
        f"cannot be read: {why}",
        code="LAYER-UNREADABLE",
        layer=layer_id,
        remedy="Open the file in a GIS, or copy or export it again.",
    )
