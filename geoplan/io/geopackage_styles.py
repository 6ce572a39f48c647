"""Put QGIS styles into a GeoPackage, where QGIS finds them when a layer is opened.

The table ``layer_styles`` is QGIS's own; it is registered among the contents as a table of attributes, and carries a fixed time, so that the same
styles give the same bytes. By hand: two styles for ``groups`` are two rows; the first is the default.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from geoplan.errors import LayerError

_TIMESTAMP: Final = "2000-01-01T00:00:00.000Z"
_TABLE: Final = """
CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)
"""


def style_geopackage(path: str | Path, styles: Mapping[str, Mapping[str, str]]) -> Path:
    """Store styles in a GeoPackage in place of those it has.

    Parameters
    ----------
    path
        GeoPackage; changed in one transaction.
    styles
        Table → style name → QML; the first of a table is its default.

    Returns
    -------
    The path.

    Raises
    ------
    LayerError
        ``STYLE-NO-LAYER`` when a style names a table that the GeoPackage does not have.

    Examples
    --------
    ``style_geopackage("coverage.gpkg", {"groups": {"未达标项数": qml}})``
    """
    path = Path(path)
    with closing(sqlite3.connect(path)) as database, database:
        found = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents"))
        missing = sorted(set(styles) - set(found))
        if missing:
            raise LayerError(
                f"{path.name} has no layer {', '.join(missing)}",
                code="STYLE-NO-LAYER",
                ids=missing,
                remedy="Style only the layers that were written.",
            )
        geometry = dict(database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        database.execute("DROP TABLE IF EXISTS layer_styles")
        database.execute(_TABLE)
        for table, named in styles.items():
            for number, (name, qml) in enumerate(named.items()):
                database.execute(
                    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, "
                    "useAsDefault, description, owner, ui, update_time) VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '', NULL, ?)",
                    (table, geometry.get(table, ""), name, qml, int(number == 0), name, _TIMESTAMP),
                )
        database.execute("DELETE FROM gpkg_contents WHERE table_name = 'layer_styles'")
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
            (_TIMESTAMP,),
        )
    return path
