"""Open a vector or table file of any supported format as it is: rows, text decoded, the CRS the file itself states.

The format is told by the name's suffix and must agree with the file's first bytes, so a file cannot make another driver run.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from pyproj import CRS

from geoplan.contracts.config import LayerSpec
from geoplan.contracts.results import Problem
from geoplan.contracts.status import Severity
from geoplan.errors import GeoplanError, LayerError
from geoplan.io.encoding import choose_encoding, decode_value
from geoplan.io.problems import note_problem
from geoplan.io.shapefile import read_shapefile
from geoplan.io.sources import unreadable
from geoplan.io.tables import TABLE_SUFFIXES, place_points, read_csv_text, read_excel_text

_MAGIC: dict[str, bytes] = {".gpkg": b"SQLite format 3\x00", ".fgb": b"fgb", ".parquet": b"PAR1", ".geoparquet": b"PAR1"}


_HARMLESS = ("Measured (M) geometry types",)
"""Warnings that say what this room does on purpose."""


@dataclass(frozen=True)
class Opened:
    """A layer as its file holds it.

    Attributes
    ----------
    frame
        Rows with the file's own column names and geometry; its CRS is the file's, or None.
    kind
        ``vector`` or ``table``.
    assumed_crs
        What the format says where the file says nothing (GeoJSON, KML: EPSG:4326).
    """

    frame: gpd.GeoDataFrame
    kind: str = "vector"
    assumed_crs: CRS | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default=())


def open_file(spec: LayerSpec, path: Path, *, layer_id: str) -> Opened:
    """Return the layer in ``path``; whatever a reader raises becomes one `LayerError`.

    Raises
    ------
    LayerError
        ``LAYER-FORMAT`` (no such format), ``LAYER-UNREADABLE``, ``LAYER-AMBIGUOUS`` or ``LAYER-SHEET`` (which layer of the file).
    """
    suffix = ".osm.pbf" if path.name.lower().endswith(".pbf") else path.suffix.lower()
    reader = _READERS.get(suffix)
    if reader is None:
        raise LayerError(
            f"{path.name} is of no known vector format",
            code="LAYER-FORMAT",
            layer=layer_id,
            remedy=f"Give one of {', '.join(sorted(_READERS))}.",
        )
    if path.is_dir() != (suffix == ".gdb"):
        raise unreadable(layer_id, f"{path.name} is a {'folder' if path.is_dir() else 'file'}")
    return guard(lambda: reader(spec, path, layer_id), layer_id)


def guard(read: Callable[[], Opened], layer_id: str) -> Opened:
    """Run a foreign reader; its warnings become problems, its errors one `LayerError`."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            opened = read()
        except GeoplanError as error:
            error.layer = error.layer or layer_id
            raise
        except MemoryError:
            raise
        except Exception as error:
            # Readers of damaged files raise anything (struct, sqlite, arrow, codec errors); to the user it is one thing.
            raise unreadable(layer_id, _first_line(error)) from error
    said = sorted({str(one.message).splitlines()[0] for one in caught if not issubclass(one.category, DeprecationWarning)})
    harmless = [one for one in said if one.startswith(_HARMLESS)]
    said = [one for one in said if one not in harmless]
    notes = (*opened.notes, *(one.rstrip(".") for one in harmless))
    if not said:
        return replace(opened, notes=notes)
    problem = note_problem(
        "LAYER-WARNING",
        Severity.WARNING,
        layer_id,
        zh=f"读取时的提示：{'；'.join(said[:3])}",
        en=f"the reader warns: {'; '.join(said[:3])}",
        fix_zh="在 GIS 中打开该文件核对。",
        fix_en="Open the file in a GIS and look.",
        count=len(said),
    )
    return replace(opened, notes=notes, problems=(*opened.problems, problem))


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__


def _check_magic(path: Path, magic: bytes, layer_id: str) -> None:
    with path.open("rb") as stream:
        head = stream.read(100)
    if not head.startswith(magic):
        raise unreadable(layer_id, f"{path.name} is not what its name says")
    if magic.startswith(b"SQLite") and len(head) == 100 and head[24:28] == head[92:96]:
        page = int.from_bytes(head[16:18], "big") or 0
        page = 65536 if page == 1 else page
        if path.stat().st_size < page * int.from_bytes(head[28:32], "big"):
            raise unreadable(layer_id, f"{path.name} is cut off")


def _pick_layer(path: Path, spec: LayerSpec, layer_id: str) -> str:
    """Return the one layer with geometry, or the one the catalogue names."""
    listed = pyogrio.list_layers(path)
    names = [str(name) for name, _ in listed]
    if spec.layer is not None:
        if spec.layer not in names:
            raise LayerError(
                f"the file has no layer {spec.layer!r}",
                code="LAYER-SHEET",
                layer=layer_id,
                remedy=f"Name one of {', '.join(names)}.",
            )
        return spec.layer
    spatial = [str(name) for name, kind in listed if kind is not None] or names
    if len(spatial) != 1:
        raise LayerError(
            f"the file has {len(spatial)} layers: {', '.join(spatial[:10])}",
            code="LAYER-AMBIGUOUS",
            layer=layer_id,
            remedy="Name one under `layer` in the catalogue.",
        )
    return spatial[0]


def _read_gdal(path: Path, spec: LayerSpec, layer_id: str) -> gpd.GeoDataFrame:
    """Return the layer's features, all that the file announces: GDAL hands on what it got of a file that was cut off."""
    layer = _pick_layer(path, spec, layer_id)
    announced = int(pyogrio.read_info(path, layer=layer)["features"])
    frame = as_spatial(pyogrio.read_dataframe(path, layer=layer), layer_id)
    if announced >= 0 and announced != len(frame):
        raise unreadable(layer_id, f"{path.name} announces {announced} features and yields {len(frame)}: cut off?")
    return frame


def as_spatial(frame: pd.DataFrame, layer_id: str) -> gpd.GeoDataFrame:
    """Return the frame if it has geometry, else raise ``LAYER-UNREADABLE``."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise unreadable(layer_id, "the layer has no geometry")
    for name in frame.columns.drop(frame.geometry.name):
        # Text that is no UTF-8 only shows when it is looked at: here, where the error is one of reading.
        if pd.api.types.is_string_dtype(frame[name].dtype):
            frame[name].to_numpy(dtype=object)
    return frame.reset_index(drop=True)


def _open_database(spec: LayerSpec, path: Path, layer_id: str) -> Opened:
    magic = _MAGIC.get(path.suffix.lower())
    if magic is not None:
        _check_magic(path, magic, layer_id)
    return Opened(_read_gdal(path, spec, layer_id))


def _open_geojson(spec: LayerSpec, path: Path, layer_id: str) -> Opened:
    raw = path.read_bytes()
    encoding = choose_encoding([raw.removeprefix(b"\xef\xbb\xbf")], stated=spec.encoding, cpg=None, ldid=0)
    text, cut, bad = decode_value(raw, encoding.name)
    if cut or bad:
        raise unreadable(layer_id, "the text is not UTF-8")
    document = json.loads(text.lstrip("\ufeff"))
    if not isinstance(document, dict) or document.get("type") not in {"FeatureCollection", "Feature"}:
        raise unreadable(layer_id, "no GeoJSON FeatureCollection")
    if not document.get("features", [document]):
        return Opened(gpd.GeoDataFrame({"geometry": []}, geometry="geometry"), assumed_crs=CRS.from_epsg(4326))
    frame = as_spatial(pyogrio.read_dataframe(json.dumps(document, ensure_ascii=False).encode()), layer_id)
    notes = () if encoding.name in {"utf-8", "ascii"} else (f"text read as {encoding.name}",)
    if "crs" in document:
        return Opened(frame, notes=notes)
    return Opened(frame.set_crs(None, allow_override=True), assumed_crs=CRS.from_epsg(4326), notes=notes)


def _open_kml(spec: LayerSpec, path: Path, layer_id: str) -> Opened:
    with path.open("rb") as stream:
        head = stream.read(4096)
    if b"<kml" not in head.lower():
        raise unreadable(layer_id, f"{path.name} is not KML")
    frame = _read_gdal(path, spec, layer_id)
    return Opened(frame.set_crs(None, allow_override=True), assumed_crs=CRS.from_epsg(4326))


def _open_parquet(spec: LayerSpec, path: Path, layer_id: str) -> Opened:
    _check_magic(path, _MAGIC[".parquet"], layer_id)
    return Opened(as_spatial(gpd.read_parquet(path), layer_id))


def _open_shapefile(spec: LayerSpec, path: Path, layer_id: str) -> Opened:
    frame, notes, problems = read_shapefile(path, stated=spec.encoding, layer_id=layer_id)
    return Opened(as_spatial(frame, layer_id), notes=tuple(notes), problems=tuple(problems))


def _open_table(spec: LayerSpec, path: Path, layer_id: str) -> Opened:
    notes: tuple[str, ...] = ()
    if path.suffix.lower().startswith(".xls"):
        rows = read_excel_text(path, sheet=spec.layer, layer_id=layer_id)
    else:
        rows, encoding = read_csv_text(path.read_bytes(), stated=spec.encoding, layer_id=layer_id)
        notes = () if encoding.name.startswith("utf-8") else (f"text read as {encoding.name}",)
    if not spec.located:
        nowhere = gpd.GeoSeries([None] * len(rows), index=rows.index)
        return Opened(gpd.GeoDataFrame(rows, geometry=nowhere), kind="table", notes=notes)
    frame, unplaced = place_points(rows, spec, layer_id=layer_id)
    if unplaced:
        notes = (*notes, f"{len(unplaced)} rows without usable coordinates")
    return Opened(frame, kind="table", notes=notes)


def _open_osm(spec: LayerSpec, path: Path, layer_id: str) -> Opened:
    from geoplan.io.osm import read_osm

    if spec.osm is None:
        raise LayerError(
            "an .osm.pbf holds everything",
            code="LAYER-AMBIGUOUS",
            layer=layer_id,
            remedy="State `osm: points`, `roads` or `areas` in the catalogue.",
        )
    return Opened(as_spatial(read_osm(path, what=spec.osm, where=spec.where), layer_id))


_READERS: dict[str, Callable[[LayerSpec, Path, str], Opened]] = {
    ".gpkg": _open_database,
    ".gdb": _open_database,
    ".fgb": _open_database,
    ".shp": _open_shapefile,
    ".geojson": _open_geojson,
    ".json": _open_geojson,
    ".kml": _open_kml,
    ".parquet": _open_parquet,
    ".geoparquet": _open_parquet,
    ".osm.pbf": _open_osm,
    **dict.fromkeys(TABLE_SUFFIXES, _open_table),
}
