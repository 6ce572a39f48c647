"""Read a table of a PostGIS database whose address stands in an environment variable, never in a file or a message.

The catalogue says ``path: postgis:COUNTY_DB`` and ``layer: public.roads``; the variable ``COUNTY_DB`` holds the URL. Table names are
quoted and must be plain identifiers.
"""

from __future__ import annotations

import hashlib
import os
import re

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.contracts.config import LayerSpec
from geoplan.errors import LayerError
from geoplan.io.formats import Opened

_IDENTIFIER = re.compile(r"^[^\W\d]\w*(\.[^\W\d]\w*)?$")


def open_postgis(spec: LayerSpec, *, layer_id: str) -> Opened:
    """Return the table ``spec.layer`` of the database named by ``spec.path``.

    Raises
    ------
    LayerError
        ``POSTGIS-URL`` (variable not set), ``POSTGIS-TABLE`` (no plain table name), ``POSTGIS-EXTRA`` (driver not installed) or
        ``LAYER-UNREADABLE``; the URL with its password is in none of them.
    """
    variable = str(spec.path).removeprefix("postgis:")
    url = os.environ.get(variable, "")
    if not url:
        raise LayerError(
            f"environment variable {variable} is not set",
            code="POSTGIS-URL",
            layer=layer_id,
            remedy=f"Set {variable} to the database's URL, e.g. postgresql://user@host/county.",
        )
    if spec.layer is None or not _IDENTIFIER.match(spec.layer):
        raise LayerError(
            f"{spec.layer!r} is no table name", code="POSTGIS-TABLE", layer=layer_id, remedy="State `layer: schema.table`."
        )
    try:
        import sqlalchemy
    except ImportError as error:
        raise LayerError(
            "reading PostGIS needs SQLAlchemy and a driver",
            code="POSTGIS-EXTRA",
            layer=layer_id,
            remedy="Install them: pip install 'geoplan[postgis]'.",
        ) from error
    schema, _, table = spec.layer.rpartition(".")
    try:
        engine = sqlalchemy.create_engine(url)
        try:
            with engine.connect() as connection:
                return Opened(_read_table(connection, schema or "public", table))
        finally:
            engine.dispose()
    except LayerError as error:
        error.layer = layer_id
        raise
    except Exception as error:
        # The driver's text may hold the address, user and password: it is left out on purpose.
        raise LayerError(
            f"the database of {variable} gives no answer ({type(error).__name__})",
            code="LAYER-UNREADABLE",
            layer=layer_id,
            remedy="Check the address, the network and the rights.",
        ) from None


def _read_table(connection: object, schema: str, table: str) -> gpd.GeoDataFrame:
    """Return all rows of a table, ordered by their text so that the same rows give the same frame."""
    named = pd.read_sql(
        f"SELECT f_geometry_column AS name FROM geometry_columns WHERE f_table_schema = '{schema}' AND f_table_name = '{table}'",
        connection,
    )
    if named.empty:
        raise LayerError(
            f"{schema}.{table} is no table with geometry", code="POSTGIS-TABLE", remedy="State `layer: schema.table`."
        )
    geometry = str(named["name"].iloc[0])
    return gpd.read_postgis(f'SELECT * FROM "{schema}"."{table}" t ORDER BY t::text', connection, geom_col=geometry)


def table_checksum(frame: gpd.GeoDataFrame) -> str:
    """Return the SHA-256 of a frame's cells and geometries, as 64 hex digits."""
    total = hashlib.sha256()
    for one in shapely.to_wkb(frame.geometry.to_numpy()):
        total.update(one or b"\x00")
    plain = frame.drop(columns=frame.geometry.name)
    total.update(plain.to_csv(index=False).encode())
    total.update(str(frame.crs).encode())
    return total.hexdigest()
