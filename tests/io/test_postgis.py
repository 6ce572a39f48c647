"""Layers from a database: the address stays in its environment variable, table names are names."""

from __future__ import annotations

import sys
import types

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from geoplan.contracts.config import LayerSpec
from geoplan.errors import LayerError
from geoplan.io import postgis
from geoplan.io.vector import read_vector

URL = "postgresql://planner:secret@db.example/county"


def spec(**more):
    return LayerSpec(
        **{"path": "postgis:COUNTY_DB", "layer": "public.roads", "datum": "cgcs2000", "vintage": "2024", "licence": "x", **more}
    )


def rows():
    return gpd.GeoDataFrame(
        {"road_id": ["a", "b"], "surface": ["asphalt", "earth"]},
        geometry=[shapely.LineString([(105.9, 32.3), (105.9, 32.3 + n / 100)]) for n in (1, 2)],
        crs=4490,
    )


@pytest.fixture
def database(monkeypatch):
    """A stand-in for SQLAlchemy that remembers what it was asked; the table is `rows()`."""
    asked = []

    class Connection:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    class Engine:
        def connect(self):
            return Connection()

        def dispose(self):
            asked.append("disposed")

    def create_engine(url):
        asked.append(url)
        return Engine()

    monkeypatch.setitem(sys.modules, "sqlalchemy", types.SimpleNamespace(create_engine=create_engine))
    monkeypatch.setenv("COUNTY_DB", URL)
    monkeypatch.setattr(postgis.pd, "read_sql", lambda sql, connection: pd.DataFrame({"name": ["geom"]}))

    def read_postgis(sql, connection, geom_col):
        asked.append(sql)
        return rows().rename_geometry(geom_col)

    monkeypatch.setattr(postgis.gpd, "read_postgis", read_postgis)
    return asked


def test_a_table_is_read_like_a_file(database, tmp_path):
    """Two roads in canonical columns; the record names the variable and not the address; the engine is closed."""
    frame, record, problems = read_vector(spec(), layer_id="roads", base=tmp_path, crs=CRS.from_epsg(4544))
    assert frame["road_id"].tolist() == ["a", "b"]
    assert frame.geometry.iloc[0].length == pytest.approx(1109, abs=3)  # 0.01° of latitude
    assert problems == []
    assert record.paths == ("postgis:COUNTY_DB",)
    assert "secret" not in repr(record)
    assert database[0] == URL
    assert database[-1] == "disposed"
    assert '"public"."roads"' in database[1]


def test_the_checksum_is_of_the_rows(database, tmp_path, monkeypatch):
    """The same rows give the same checksum, another surface another one."""
    first = read_vector(spec(), layer_id="roads", base=tmp_path, crs=None)[1].sha256
    assert read_vector(spec(), layer_id="roads", base=tmp_path, crs=None)[1].sha256 == first
    changed = rows().assign(surface=["asphalt", "gravel"]).rename_geometry("geom")
    monkeypatch.setattr(postgis.gpd, "read_postgis", lambda *_, **__: changed)
    assert read_vector(spec(), layer_id="roads", base=tmp_path, crs=None)[1].sha256 != first


@pytest.mark.parametrize("table", [None, "", "roads; DROP TABLE x", 'a"b', "a.b.c", "a b", "1a"])
def test_table_names_are_plain_identifiers(database, tmp_path, table):
    with pytest.raises(LayerError, match="POSTGIS-TABLE"):
        read_vector(spec(layer=table), layer_id="roads", base=tmp_path, crs=None)
    assert database == []


def test_an_unset_variable_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("COUNTY_DB", raising=False)
    with pytest.raises(LayerError, match="COUNTY_DB") as caught:
        read_vector(spec(), layer_id="roads", base=tmp_path, crs=None)
    assert caught.value.code == "POSTGIS-URL"


def test_a_missing_driver_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("COUNTY_DB", URL)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(LayerError, match="POSTGIS-EXTRA"):
        read_vector(spec(), layer_id="roads", base=tmp_path, crs=None)


@pytest.mark.parametrize("where", ["connect", "read"])
def test_no_failure_tells_the_password(database, tmp_path, monkeypatch, where):
    """Drivers put the address into their messages; ours leave it out."""

    def fail(*_, **__):
        raise RuntimeError(f"could not connect to {URL} as planner:secret")

    if where == "connect":
        monkeypatch.setattr(sys.modules["sqlalchemy"], "create_engine", fail)
    else:
        monkeypatch.setattr(postgis.gpd, "read_postgis", fail)
    with pytest.raises(LayerError) as caught:
        read_vector(spec(), layer_id="roads", base=tmp_path, crs=None)
    assert "secret" not in str(caught.value)
    assert caught.value.layer == "roads"
