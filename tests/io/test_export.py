"""What leaves a run leaves whole, strict, the same every time, and without people's data."""

from __future__ import annotations

import datetime as dt
import enum
import json
import os
import sqlite3
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import CrsError, LayerError, StageError
from geoplan.io import atomic
from geoplan.io.export import (
    exportable,
    publish_folder,
    write_geojson,
    write_gpkg,
    write_json,
    write_parquet,
    write_text,
)
from geoplan.io.plain import plain_columns, plain_value

METRIC = "EPSG:4544"


def layer(**columns):
    shapes = [shapely.Point(500_000, 3_560_000), shapely.Point(501_000, 3_561_000)]
    return gpd.GeoDataFrame({"settlement_id": ["a", "b"], **columns}, geometry=shapes, crs=METRIC)


def strict(path: Path):
    """Parse as JSON proper: NaN and Infinity are errors, and so are doubled keys."""

    def refuse(text):
        raise AssertionError(f"{text} is not JSON")

    def unique(pairs):
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse, object_pairs_hook=unique)


def signed_area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


# --------------------------------------------------------------------------- GeoJSON


def test_geojson_is_in_longitude_and_latitude_with_seven_decimals(tmp_path):
    """Easting 500,000 in EPSG:4544 is the central meridian, 105° E; no crs member is written (RFC 7946)."""
    found = strict(write_geojson(layer(), tmp_path / "out.geojson"))
    assert set(found) == {"type", "features"}
    first = found["features"][0]
    assert set(first) == {"type", "id", "properties", "geometry"}
    lon, lat = first["geometry"]["coordinates"]
    assert lon == 105.0
    assert 32.1 < lat < 32.2
    assert round(lat, 7) == lat


def test_rings_follow_the_right_hand_rule(tmp_path):
    """An outer ring digitised clockwise leaves counter-clockwise, its hole clockwise; also inside multipolygons and collections."""
    outer = [(500_000, 3_560_000), (500_000, 3_561_000), (501_000, 3_561_000), (501_000, 3_560_000)]
    hole = [(500_200, 3_560_200), (500_400, 3_560_200), (500_400, 3_560_400), (500_200, 3_560_400)]
    clockwise = shapely.Polygon(outer, [hole])
    shapes = [
        clockwise,
        shapely.MultiPolygon([clockwise]),
        shapely.GeometryCollection([clockwise, shapely.Point(500_000, 3_560_000)]),
    ]
    gdf = gpd.GeoDataFrame({"site_id": list("abc")}, geometry=shapes, crs=METRIC)
    one, many, mixed = (each["geometry"] for each in strict(write_geojson(gdf, tmp_path / "r.geojson"))["features"])
    for rings in (one["coordinates"], many["coordinates"][0], mixed["geometries"][0]["coordinates"]):
        assert signed_area(rings[0]) > 0
        assert signed_area(rings[1]) < 0
        assert all(ring[0] == ring[-1] for ring in rings)


def test_missing_values_are_null_and_dates_are_text(tmp_path):
    gdf = layer(
        score=[np.nan, np.inf],
        day=[dt.date(2024, 5, 1), None],
        at=pd.to_datetime(["2024-05-01T08:00:00", None]),
        note=pd.Series([None, '引号" </script> \ud800'], dtype=object),
        share=np.array([0.1, 0.2], dtype="float32"),
        served=pd.array([True, None], dtype="boolean"),
        count=pd.array([3, None], dtype="Int64"),
    )
    one, two = (each["properties"] for each in strict(write_geojson(gdf, tmp_path / "n.geojson"))["features"])
    assert (one["score"], two["score"]) == (None, None)
    assert (one["day"], one["at"], two["at"]) == ("2024-05-01", "2024-05-01T08:00:00", None)
    assert two["note"] == '引号" </script> ?'
    assert (one["share"], two["share"]) == (0.1, 0.2)
    assert (one["served"], two["served"], one["count"], two["count"]) == (True, None, 3, None)


def test_missing_geometry_is_null_and_the_row_stays(tmp_path):
    gdf = layer()
    gdf.loc[1, "geometry"] = None
    features = strict(write_geojson(gdf, tmp_path / "g.geojson"))["features"]
    assert [each["id"] for each in features] == ["a", "b"]
    assert features[1]["geometry"] is None


def test_heights_are_left_out_and_the_layer_is_untouched(tmp_path):
    gdf = gpd.GeoDataFrame({"code": ["x"]}, geometry=[shapely.Point(500_000, 3_560_000, 812)], crs=METRIC)
    before = gdf.copy()
    feature = strict(write_geojson(gdf, tmp_path / "z.geojson"))["features"][0]
    assert len(feature["geometry"]["coordinates"]) == 2
    assert feature["id"] == "x"
    assert gdf.equals(before)


def test_an_empty_layer_is_an_empty_collection_and_no_crs_is_refused(tmp_path):
    assert strict(write_geojson(layer().iloc[:0], tmp_path / "e.geojson")) == {"type": "FeatureCollection", "features": []}
    with pytest.raises(CrsError) as caught:
        write_geojson(layer().set_crs(None, allow_override=True), tmp_path / "c.geojson")
    assert caught.value.code == "CRS-MISSING"
    assert not (tmp_path / "c.geojson").exists()


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.floats(450_000, 550_000), st.floats(3_500_000, 3_600_000)), min_size=3, max_size=8, unique=True),
    st.booleans(),
)
def test_geojson_reads_back_as_the_same_place(tmp_path_factory, corners, turned):
    """Back in metres every area is the one that left (1 cm of rounding), whichever way it was digitised."""
    hull = shapely.convex_hull(shapely.MultiPoint(corners))
    if hull.geom_type != "Polygon" or hull.area < 1e6:
        return
    shape = shapely.reverse(hull) if turned else hull
    gdf = gpd.GeoDataFrame({"code": ["x"]}, geometry=[shape], crs=METRIC)
    path = tmp_path_factory.mktemp("geojson") / "x.geojson"
    back = gpd.read_file(write_geojson(gdf, path)).to_crs(METRIC).geometry.iloc[0]
    assert shapely.hausdorff_distance(back, shape) < 0.05
    assert signed_area(strict(path)["features"][0]["geometry"]["coordinates"][0]) > 0


# --------------------------------------------------------------------------- GeoPackage, Parquet, JSON, text


def test_same_input_same_bytes(tmp_path):
    """Two writes more than a second apart differ in nothing, timestamps included."""
    gdf = layer(name=["云雾", "清水"], score=[0.5, np.nan])
    for number in (1, 2):
        write_geojson(gdf, tmp_path / f"{number}.geojson")
        write_gpkg(
            {"settlements": gdf, "facts": pd.DataFrame({"x": [1]})},
            tmp_path / f"{number}.gpkg",
            styles={"settlements": "<qgis/>"},
        )
        write_parquet(gdf, tmp_path / f"{number}.parquet")
        write_json({"b": 1, "a": [np.nan]}, tmp_path / f"{number}.json")
        time.sleep(1.05)
    for kind in ("geojson", "gpkg", "parquet", "json"):
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()


def test_geopackage_holds_every_layer_with_chinese_and_voids(tmp_path):
    polygons = gpd.GeoDataFrame({"code": ["v"]}, geometry=[shapely.box(500_000, 3_560_000, 500_100, 3_560_100)], crs=METRIC)
    mixed = gpd.GeoDataFrame(
        {"site_id": ["p", "q"]}, geometry=[shapely.Point(500_000, 3_560_000), polygons.geometry[0]], crs=METRIC
    )
    frames = {
        "settlements": layer(name=["云雾", None], score=[0.5, np.nan]),
        "villages": polygons,
        "candidate_sites": mixed,
        "empty": layer().iloc[:0],
        "facts": pd.DataFrame({"x": [1]}),
    }
    path = write_gpkg(frames, tmp_path / "中文 数据.gpkg")
    assert {name for name, _ in pyogrio.list_layers(path)} == set(frames)
    back = gpd.read_file(path, layer="settlements")
    assert back["name"].tolist()[0] == "云雾"
    assert pd.isna(back["name"][1])
    assert pd.isna(back["score"][1])
    assert back.crs.to_epsg() == 4544
    assert gpd.read_file(path, layer="villages").geometry[0].area == pytest.approx(10_000)
    assert gpd.read_file(path, layer="candidate_sites").geom_type.tolist() == ["Point", "Polygon"]


def test_column_names_sqlite_cannot_tell_apart_are_kept_apart(tmp_path):
    gdf = layer(fid=[7, 8], geom=["g", "h"], Name=["A", "B"], name=["c", "d"])
    back = gpd.read_file(write_gpkg({"x": gdf}, tmp_path / "x.gpkg"))
    assert back["fid_"].tolist() == [7, 8]
    assert back["geom_"].tolist() == ["g", "h"]
    assert (back["Name"].tolist(), back["name_2"].tolist()) == (["A", "B"], ["c", "d"])


def test_styles_lie_where_qgis_looks(tmp_path):
    path = write_gpkg({"settlements": layer()}, tmp_path / "s.gpkg", styles={"settlements": "<qgis>'中'</qgis>"})
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles").fetchall()
    assert rows == [("settlements", "geom", "<qgis>'中'</qgis>", 1)]
    assert len(gpd.read_file(path, layer="settlements")) == 2
    with pytest.raises(ValueError, match="styles name"):
        write_gpkg({"settlements": layer()}, tmp_path / "s.gpkg", styles={"rivers": "<qgis/>"})
    with pytest.raises(ValueError, match="at least one"):
        write_gpkg({}, tmp_path / "s.gpkg")


def test_parquet_keeps_types_crs_and_rows(tmp_path):
    gdf = layer(persons=[12.0, np.nan], ids=[["x", "y"], None], cause=pd.Categorical(["road", None]))
    back = gpd.read_parquet(write_parquet(gdf.set_index(np.array([5, 9])), tmp_path / "x.parquet"))
    assert back.crs == gdf.crs
    assert back["persons"].isna().tolist() == [False, True]
    assert back["ids"][0] == '["x", "y"]'
    assert back["cause"][0] == "road"
    assert back.index.tolist() == [0, 1]
    table = pd.read_parquet(write_parquet(pd.DataFrame({"a": [1, 2]}), tmp_path / "t.parquet"))
    assert table["a"].tolist() == [1, 2]


def test_json_is_strict_and_keeps_chinese(tmp_path):
    path = write_json(
        {"县": np.float64(np.nan), "n": np.int64(3), "p": Path("a/b"), "t": (1, 2), "e": Kind.ROAD}, tmp_path / "x.json"
    )
    assert strict(path) == {"县": None, "n": 3, "p": "a/b", "t": [1, 2], "e": "road"}
    assert "县" in path.read_text(encoding="utf-8")


class Kind(enum.StrEnum):
    ROAD = "road"


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@settings(deadline=None, max_examples=50)
@given(st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))
def test_any_value_becomes_json(value):
    """Whatever nests, the result is JSON, and making it plain twice changes nothing."""
    once = plain_value(value)
    json.dumps(once, allow_nan=False)
    assert plain_value(once) == once


def test_columns_of_numbers_kept_as_objects_become_numbers():
    frame = pd.DataFrame({"n": pd.Series([1, None, 2.5], dtype=object), "b": pd.Series([True, None, False], dtype=object)})
    plain = plain_columns(frame)
    assert plain["n"].dtype == float
    assert str(plain["b"].dtype) == "boolean"
    assert frame["n"].dtype == object


# --------------------------------------------------------------------------- whole or not at all


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path):
    target = tmp_path / "x.txt"
    write_text("old", target)

    def half() -> None:
        with atomic.replacing(target) as scratch:
            scratch.write_text("half", encoding="utf-8")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        half()
    assert target.read_text(encoding="utf-8") == "old"
    assert sorted(tmp_path.iterdir()) == [target]


def test_text_keeps_its_line_ends(tmp_path):
    assert write_text("一\n二\r\n", tmp_path / "deep" / "x.txt").read_bytes() == "一\n二\r\n".encode()


def test_a_file_in_place_of_a_folder_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(LayerError) as caught:
        write_text("y", tmp_path / "file" / "x.txt")
    assert caught.value.code == "OUTPUT-UNWRITABLE"
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    with pytest.raises(LayerError):
        write_text("y", tmp_path / "folder")


def build(text):
    def fill(folder: Path) -> None:
        (folder / "groups").mkdir()
        (folder / "groups" / "page.html").write_text(text, encoding="utf-8")
        write_json({"made_by": "geoplan"}, folder / "manifest.json")

    return fill


def test_a_folder_is_swapped_in_whole(tmp_path):
    """What the old folder had and the new one has not is gone; nothing else lies beside it."""
    target = tmp_path / "输出 结果"
    publish_folder(build("one"), target)
    (target / "left-over.txt").write_text("x", encoding="utf-8")
    assert publish_folder(build("two"), target) == target
    assert sorted(one.name for one in target.rglob("*")) == ["groups", "manifest.json", "page.html"]
    assert (target / "groups" / "page.html").read_text(encoding="utf-8") == "two"
    assert sorted(tmp_path.iterdir()) == [target]


def test_the_old_folder_stays_when_building_fails(tmp_path):
    target = tmp_path / "out"
    publish_folder(build("one"), target)

    def fail(folder: Path) -> None:
        assert (target / "groups" / "page.html").is_file()
        (folder / "half.txt").write_text("x", encoding="utf-8")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        publish_folder(fail, target)
    assert (target / "groups" / "page.html").read_text(encoding="utf-8") == "one"
    assert sorted(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("manifest", [None, "{}", '{"made_by": "someone"}', "[1]", "not json", "[" * 5000])
def test_a_folder_geoplan_did_not_make_is_never_replaced(tmp_path, manifest):
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "thesis.docx").write_text("years of work", encoding="utf-8")
    if manifest is not None:
        (target / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(LayerError) as caught:
        publish_folder(build("new"), target)
    assert caught.value.code == "OUTPUT-FOREIGN"
    assert (target / "thesis.docx").read_text(encoding="utf-8") == "years of work"
    assert sorted(tmp_path.iterdir()) == [target]


def test_a_folder_filled_by_others_while_building_is_not_replaced(tmp_path):
    target = tmp_path / "out"
    target.mkdir()

    def fill(folder: Path) -> None:
        build("new")(folder)
        (target / "theirs.txt").write_text("x", encoding="utf-8")

    with pytest.raises(LayerError):
        publish_folder(fill, target)
    assert [one.name for one in target.iterdir()] == ["theirs.txt"]


def test_a_file_at_the_target_is_refused_and_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(LayerError):
        publish_folder(build("new"), tmp_path / "file")
    (tmp_path / "empty").mkdir()
    assert (publish_folder(build("new"), tmp_path / "empty") / "manifest.json").is_file()


def test_a_folder_without_manifest_is_not_published(tmp_path):
    with pytest.raises(StageError) as caught:
        publish_folder(lambda folder: None, tmp_path / "out")
    assert caught.value.code == "OUTPUT-UNMARKED"
    assert list(tmp_path.iterdir()) == []


def test_a_run_killed_between_the_two_renames_is_put_right(tmp_path):
    """The old folder, set aside by a run that then died, comes back before the next build; stale scratch folders are swept away."""
    target = tmp_path / "out"
    publish_folder(build("one"), target)
    target.rename(tmp_path / ".out.replaced-dead")
    stale = tmp_path / ".out.geoplan-partial-dead"
    stale.mkdir()
    os.utime(stale, (time.time() - 3 * 86_400,) * 2)
    with pytest.raises(RuntimeError):
        publish_folder(_killed, target)
    assert (target / "groups" / "page.html").read_text(encoding="utf-8") == "one"
    assert sorted(tmp_path.iterdir()) == [target]


def _killed(folder: Path) -> None:
    raise RuntimeError("killed")


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_a_published_folder_can_be_read_by_others_as_any_other(tmp_path):
    before = os.umask(0o022)
    try:
        target = publish_folder(build("one"), tmp_path / "out")
    finally:
        os.umask(before)
    assert target.stat().st_mode & 0o777 == 0o755


# --------------------------------------------------------------------------- personal data


def test_what_is_not_in_the_vocabulary_stays_inside():
    """户主 and telephone came with the source layer; they leave only when the plan names them."""
    gdf = layer(
        persons=[10.0, 20.0],
        户主=["张三", "李四"],
        phone=["1", "2"],
        candidacy_score=[0.4, 0.5],
        clinic_dry_min=[3.0, 4.0],
        clinic_dry_status=["ok", "ok"],
        short_clinic_persons=[0.0, 0.0],
        contact_status=["x", "y"],
    )
    kept = exportable(gdf, personal=[])
    wide = ["candidacy_score", "clinic_dry_min", "clinic_dry_status", "short_clinic_persons"]
    assert sorted(kept.columns) == sorted(["settlement_id", "geometry", "persons", *wide])
    assert "phone" in exportable(gdf, personal=["phone"]).columns
    assert isinstance(kept, gpd.GeoDataFrame)
    assert kept.index.equals(gdf.index)
    assert "phone" in gdf.columns
    assert list(exportable(pd.DataFrame({"code": ["1"], "secret": [1]})).columns) == ["code"]
