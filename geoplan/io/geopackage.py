"""Write GeoPackages that are the same bytes every time: fixed timestamp, UTF-8, plain columns, optional QGIS styles inside."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geoplan.io.atomic import replacing
from geoplan.io.plain import plain_columns

_TIMESTAMP = "2000-01-01T00:00:00.000Z"
"""Written as the time of the last change, which would differ in every run otherwise."""
_STYLES_TABLE = """
CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)
"""
_GEOMETRY = "geom"


def write_gpkg(frames: Mapping[str, pd.DataFrame], path: Path, styles: Mapping[str, str] | None = None) -> Path:
    """Write frames as the layers of one GeoPackage.

    Parameters
    ----------
    frames
        Layer name → frame, with or without geometry. A column called ``fid`` or ``geom`` gets a ``_`` at its end, names that differ only in
        case get a number, because SQLite does not tell them apart.
    path
        File to write, whole or not at all.
    styles
        Layer name → QML style, stored in ``layer_styles`` as that layer's default.

    Raises
    ------
    LayerError
        ``OUTPUT-UNWRITABLE``.
    ValueError
        When there is no frame, or a style names no layer.
    """
    if not frames:
        raise ValueError("a GeoPackage needs at least one layer")
    unknown = sorted(set(styles or {}) - set(frames))
    if unknown:
        raise ValueError(f"styles name layers that are not written: {', '.join(unknown)}")
    path = Path(path)
    with replacing(path) as scratch:
        with _fixed_time():
            for number, (name, frame) in enumerate(frames.items()):
                _write_layer(frame, scratch, name, append=number > 0)
        if styles:
            _write_styles(scratch, frames, styles)
    return path


def _write_layer(frame: pd.DataFrame, path: Path, name: str, *, append: bool) -> None:
    plain = plain_columns(frame)
    if not isinstance(plain, gpd.GeoDataFrame):
        pyogrio.write_dataframe(_distinct(plain), path, driver="GPKG", layer=name, append=append)
        return
    kind, multi = _geometry_type(plain)
    written = _distinct(plain.rename_geometry("geometry") if plain.geometry.name != "geometry" else plain)
    pyogrio.write_dataframe(
        written,
        path,
        driver="GPKG",
        layer=name,
        append=append,
        geometry_type=kind,
        promote_to_multi=multi,
        layer_options={"GEOMETRY_NAME": _GEOMETRY},
    )


def _geometry_type(frame: gpd.GeoDataFrame) -> tuple[str, bool]:
    """Return the layer's geometry type and whether single parts become multiparts; ``Unknown`` where points stand beside polygons."""
    shapes = np.asarray(frame.geometry.array)
    kinds = {one.removeprefix("Multi") for one in frame.geometry.geom_type.dropna().unique()}
    if len(kinds) != 1 or kinds & {"GeometryCollection", "LinearRing"}:
        return "Unknown", False
    kind = kinds.pop()
    multi = kind != "Point" or bool((shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT).any())
    return (f"Multi{kind}", True) if multi else (kind, False)


def _distinct(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with column names that SQLite tells apart and does not use itself."""
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    taken: set[str] = {"fid", _GEOMETRY}
    renamed: dict[str, str] = {}
    for name in frame.columns:
        if name == geometry:
            continue
        chosen, number = name, 2
        if chosen.lower() in ("fid", _GEOMETRY):
            chosen = f"{name}_"
        while chosen.lower() in taken:
            chosen, number = f"{name}_{number}", number + 1
        taken.add(chosen.lower())
        if chosen != name:
            renamed[name] = chosen
    return frame.rename(columns=renamed)


@contextmanager
def _fixed_time() -> Iterator[None]:
    """Let GDAL write a fixed time of change for the length of the block."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _TIMESTAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _write_styles(path: Path, frames: Mapping[str, pd.DataFrame], styles: Mapping[str, str]) -> None:
    """Store QML styles where QGIS looks for them."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_STYLES_TABLE)
        for name, qml in styles.items():
            column = _GEOMETRY if isinstance(frames[name], gpd.GeoDataFrame) else ""
            database.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, "
                "useAsDefault, description, owner, update_time) VALUES ('', '', ?, ?, ?, ?, '', 1, '', '', ?)",
                (name, column, name, qml, _TIMESTAMP),
            )
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
            (_TIMESTAMP,),
        )
