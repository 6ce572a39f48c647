"""Layers as counties deliver them: every format gives the same rows, every trap gives one clear word, nothing is lost."""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from contextlib import nullcontext

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS, Transformer

from geoplan.contracts.config import LayerSpec
from geoplan.errors import ConfigError, CrsError, GeoplanError, LayerError
from geoplan.io.datum import gcj02_from_wgs84
from geoplan.io.vector import read_vector

GK105 = CRS.from_epsg(4544)
PLACES = [(105.90, 32.30), (105.95, 32.35), (106.00, 32.25)]


def spec(path, **more):
    return LayerSpec(**{"path": path, "datum": "cgcs2000", "vintage": "2024-06", "licence": "test", **more})


def read(base, path, *, layer_id="settlements", id_column="auto", **more):
    return read_vector(spec(path, **more), layer_id=layer_id, base=base, crs=GK105, id_column=id_column)


def codes(problems):
    return sorted({one.code for one in problems})


@pytest.fixture
def frame():
    """Three settlements with 17-digit ids, people, a Chinese name, and a column of personal data."""
    return gpd.GeoDataFrame(
        {
            "settlement_id": [f"9908211000010010{n}" for n in (1, 2, 3)],
            "name": ["张家湾", "李家坪", "沙溪坝"],
            "persons": [120, 35, 8],
            "phone": ["138", "139", "137"],
        },
        geometry=[shapely.Point(*one) for one in PLACES],
        crs=4490,
    )


def write(frame, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    suffix = path.suffix
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix in {".csv", ".xlsx"}:
        table = pd.DataFrame(frame.drop(columns="geometry")).assign(x=frame.geometry.x, y=frame.geometry.y)
        if suffix == ".csv":
            table.to_csv(path, index=False, encoding="utf-8-sig")
        else:
            table.to_excel(path, index=False)
    elif suffix == ".shp":
        frame.rename(columns={"settlement_id": "settlement"}).astype({"persons": float}).to_file(path, encoding="utf-8")
    else:
        layer = {"layer": "places"} if suffix in {".kml", ".gdb"} else {}
        frame = frame.astype({"persons": "int32"}) if "persons" in frame else frame
        driver = {".kml": "KML", ".gdb": "OpenFileGDB", ".fgb": "FlatGeobuf", ".geojson": "GeoJSON", ".gpkg": "GPKG"}[suffix]
        frame.to_file(path, driver=driver, **layer)
    return path.name


FORMATS = [".gpkg", ".shp", ".geojson", ".gdb", ".fgb", ".parquet", ".kml", ".csv", ".xlsx"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_rows(tmp_path, frame, suffix):
    """Ids, people and places are those written, in the working CRS, whatever the container; phone numbers stay outside."""
    name = write(frame, tmp_path / f"资料 {suffix[1:]}{suffix}")
    more = {"crs": "EPSG:4490"} if suffix in {".csv", ".xlsx", ".kml", ".geojson"} else {}
    got, record, problems = read(tmp_path, name, x="x", y="y", **more)
    assert codes(problems) == []
    assert got.crs == GK105
    assert "phone" not in got.columns
    got = got.sort_values("settlement_id", ignore_index=True)
    assert got["settlement_id"].tolist() == frame["settlement_id"].tolist()
    assert got["persons"].tolist() == [120.0, 35.0, 8.0]
    expected = frame.to_crs(GK105).geometry
    assert got.geometry.distance(expected).max() < 0.01
    assert (record.rows_in, record.rows_out) == (3, 3)
    assert len(record.sha256) == 64


def test_kept_columns_survive_under_their_own_name(tmp_path, frame):
    name = write(frame, tmp_path / "a.gpkg")
    got, _, _ = read(tmp_path, name, keep=["phone"])
    assert got["phone"].tolist() == ["138", "139", "137"]


def test_the_checksum_is_of_the_bytes_of_every_part(tmp_path, frame):
    """SHA-256 over .shp, .shx, .dbf, .prj, .cpg in that order; one changed byte of the .prj changes it."""
    write(frame, tmp_path / "a.shp")
    _, record, _ = read(tmp_path, "a.shp")
    parts = [(tmp_path / "a").with_suffix(one) for one in (".shp", ".shx", ".dbf", ".prj", ".cpg")]
    assert record.sha256 == hashlib.sha256(b"".join(one.read_bytes() for one in parts)).hexdigest()
    assert record.paths == tuple(one.name for one in parts)
    with parts[3].open("ab") as stream:
        stream.write(b"\n")
    assert read(tmp_path, "a.shp")[1].sha256 != record.sha256


# --------------------------------------------------------------------------- CRS and datum


def test_a_missing_crs_is_an_error_and_the_catalogue_may_state_it(tmp_path, frame):
    """No .prj: refused. With ``crs`` in the catalogue: used, and said."""
    write(frame, tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(CrsError, match="CRS-MISSING"):
        read(tmp_path, "a.shp")
    got, record, _ = read(tmp_path, "a.shp", crs="EPSG:4490")
    assert len(got) == 3
    assert any("from the catalogue" in note for note in record.notes)


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet"])
def test_files_without_crs_are_never_stamped(tmp_path, frame, suffix):
    """ "Undefined" and "unknown" placeholders count as none."""
    bare = frame.set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs") if suffix != ".parquet" else nullcontext():
        name = write(bare, tmp_path / f"a{suffix}")
    with pytest.raises(CrsError, match="CRS-MISSING"):
        read(tmp_path, name)


def test_a_contradicted_crs_is_an_error_and_one_written_otherwise_is_not(tmp_path, frame):
    """The file says CGCS2000 degrees; the catalogue may say so in any words, and nothing else."""
    name = write(frame, tmp_path / "a.gpkg")
    for other in ("EPSG:4544", "EPSG:4326", "EPSG:4610"):
        with pytest.raises(CrsError, match="CRS-MISMATCH"):
            read(tmp_path, name, crs=other)
    wkt = CRS.from_epsg(4490).to_wkt("WKT1_ESRI")
    assert len(read(tmp_path, name, crs=wkt)[0]) == 3


@pytest.mark.parametrize(
    ("move", "label", "code"),
    [
        (lambda x, y: (y, x), 4490, "CRS-AXIS-ORDER"),
        (lambda x, y: (x, y), 4544, "CRS-NOT-METRES"),
        (lambda x, y: Transformer.from_crs(4490, 4523, always_xy=True).transform(x, y), 4544, "CRS-ZONE-PREFIX"),
        (lambda x, y: Transformer.from_crs(4490, 4544, always_xy=True).transform(x, y)[::-1], 4544, "CRS-AXIS-ORDER"),
        (lambda x, y: Transformer.from_crs(4490, 4544, always_xy=True).transform(x, y), 4490, "CRS-NOT-DEGREES"),
    ],
)
def test_coordinates_that_contradict_their_label_are_refused(tmp_path, move, label, code):
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(*move(*one)) for one in PLACES], crs=label)
    name = write(frame, tmp_path / "a.gpkg")
    with pytest.raises(CrsError) as caught:
        read(tmp_path, name)
    assert (caught.value.code, caught.value.layer) == (code, "settlements")


def test_zone_numbered_eastings_are_read_under_their_own_crs(tmp_path, frame):
    """EPSG:4523 (zone 35 in front) and EPSG:4544 are the same places."""
    name = write(frame.to_crs(4523), tmp_path / "a.gpkg")
    got, _, _ = read(tmp_path, name)
    assert got.geometry.distance(frame.to_crs(GK105).geometry).max() < 1e-3


def test_geojson_without_crs_member_is_degrees_unless_the_catalogue_knows_better(tmp_path, frame):
    """GDAL writes projected coordinates into GeoJSON; without a ``crs`` member they are refused, or read as the catalogue says."""
    metric = frame.to_crs(GK105).to_json(drop_id=True).replace('"crs"', '"was"')
    (tmp_path / "m.geojson").write_text(metric, encoding="utf-8")
    with pytest.raises(CrsError, match="CRS-NOT-DEGREES"):
        read(tmp_path, "m.geojson")
    got, _, _ = read(tmp_path, "m.geojson", crs="EPSG:4544")
    assert got.geometry.distance(frame.to_crs(GK105).geometry).max() < 1e-3


def test_gcj02_layers_land_on_the_true_places(tmp_path, frame):
    """The same settlements exported from a web map and labelled WGS 84: with ``datum: gcj02`` they come home within a millimetre."""
    shifted = frame.set_geometry(gpd.GeoSeries(shapely.transform(frame.geometry.to_numpy(), gcj02_from_wgs84), crs=4326))
    name = write(shifted, tmp_path / "a.gpkg")
    got, record, _ = read(tmp_path, name, datum="gcj02")
    truth = frame.to_crs(GK105).geometry
    assert got.geometry.distance(truth).max() < 1e-3
    assert any("gcj02" in note for note in record.notes)
    wrong, _, _ = read(tmp_path, name, datum="wgs84")
    assert wrong.geometry.distance(truth).min() > 300


def test_old_datums_are_said_to_be_uncertain(tmp_path, frame):
    """Xian 1980 to CGCS2000 needs local parameters nobody published; and a stated cgcs2000 contradicts the file."""
    name = write(frame.set_crs(4610, allow_override=True), tmp_path / "a.gpkg")
    assert codes(read(tmp_path, name)[2]) == ["DATUM-DISAGREES", "DATUM-SHIFT-UNKNOWN"]
    assert codes(read(tmp_path, name, datum="other")[2]) == ["DATUM-SHIFT-UNKNOWN"]


def test_files_of_one_layer_must_share_a_crs(tmp_path, frame):
    write(frame, tmp_path / "a.gpkg")
    write(frame.to_crs(4544), tmp_path / "b.gpkg")
    with pytest.raises(CrsError, match="CRS-MIXED"):
        read(tmp_path, ["a.gpkg", "b.gpkg"])
    write(frame.assign(settlement_id=["a", "b", "c"]), tmp_path / "c.gpkg")
    assert len(read(tmp_path, ["a.gpkg", "c.gpkg"])[0]) == 6


# --------------------------------------------------------------------------- columns, values, ids


def table(path, text):
    path.write_text(text, encoding="utf-8")


CSV = {"crs": "EPSG:4490", "x": "经度", "y": "纬度"}


def read_csv(base, text, **more):
    table(base / "t.csv", text)
    return read_vector(spec("t.csv", **{**CSV, **more}), layer_id="clinics", base=base, crs=GK105)


def test_columns_values_constants_and_where_are_applied(tmp_path):
    """Two of three rows are clinics; 沥青 becomes asphalt; 土 has no rule, stays and is listed; ``level`` is one value for all."""
    got, record, problems = read_csv(
        tmp_path,
        "编号,类,路面,经度,纬度\n01,诊所,沥青,105.9,32.3\n02,学校,沥青,105.9,32.3\n03,诊所,土,105.9,32.3\n",
        columns={"编号": "facility_id", "路面": "surface"},
        values={"surface": {"沥青": "asphalt"}},
        constants={"level": "village"},
        where={"类": ["诊所"]},
    )
    assert got["facility_id"].tolist() == ["01", "03"]
    assert got["surface"].tolist() == ["asphalt", "土"]
    assert got["level"].tolist() == ["village", "village"]
    assert sorted(got.columns) == ["facility_id", "geometry", "level", "surface"]
    assert (record.rows_in, record.rows_out, record.kind) == (3, 2, "table")
    (unmapped,) = problems
    assert (unmapped.code, unmapped.column, unmapped.ids, unmapped.count) == ("VALUE-UNMAPPED", "surface", ("土",), 1)


def test_any_value_but_none_passes_a_star(tmp_path):
    got, _, _ = read_csv(tmp_path, "facility_id,类,经度,纬度\n1,诊所,105.9,32.3\n2,,105.9,32.3\n", where={"类": ["*"]})
    assert got["facility_id"].tolist() == ["1"]


def test_bad_cells_become_missing_and_are_reported_never_zero(tmp_path):
    """约30 and infinity are no numbers; 1,250 is one; an empty cell is missing without complaint."""
    rows = ["a,约30", 'b,"1,250"', "c,", "d,inf", "e, 12.5 ", "f,-3", "g,１２"]
    text = "facility_id,capacity,经度,纬度\n" + "".join(f"{one},105.9,32.3\n" for one in rows)
    got, _, problems = read_csv(tmp_path, text)
    np.testing.assert_array_equal(got["capacity"], [np.nan, 1250, np.nan, np.nan, 12.5, -3, 12])
    (bad,) = problems
    assert (bad.code, bad.column, bad.ids) == ("CELL-NOT-NUMBER", "capacity", ("a", "d"))


def test_whole_numbers_stay_whole_and_fractions_are_no_direction(tmp_path):
    """``oneway`` 0.5 is nothing; a full column is int64, one with holes float with NaN."""
    got, _, problems = read_csv(tmp_path, "facility_id,oneway,road_layer,经度,纬度\n1,-1,0,105.9,32.3\n2,0.5,1.0,105.9,32.3\n")
    assert got["oneway"].tolist()[0] == -1
    assert np.isnan(got["oneway"].iloc[1])
    assert got["road_layer"].tolist() == [0, 1]
    assert got["road_layer"].dtype == np.int64
    assert codes(problems) == ["CELL-NOT-NUMBER"]


def test_codes_from_a_workbook_lose_their_decimal_point_only(tmp_path):
    """990821100001.0 → "990821100001"; a 17-digit id stored as a number has lost its last digits and becomes missing."""
    sheet = pd.DataFrame(
        {
            "facility_id": ["1", "2"],
            "village_code": [990821100001.0, np.nan],
            "group_code": [990821100001001, 990821100001002],
            "经度": 105.9,
            "纬度": 32.3,
        }
    )
    sheet.to_excel(tmp_path / "t.xlsx", index=False)
    got, _, problems = read_vector(spec("t.xlsx", **CSV), layer_id="clinics", base=tmp_path, crs=GK105)
    assert got["village_code"].iloc[0] == "990821100001"
    assert pd.isna(got["village_code"].iloc[1])
    assert got["group_code"].tolist() == ["990821100001001", "990821100001002"]
    assert problems == []
    sheet.assign(facility_id=[9.9082110000100101e16, 9.9082110000100102e16]).to_excel(tmp_path / "t.xlsx", index=False)
    got, _, problems = read_vector(spec("t.xlsx", **CSV), layer_id="clinics", base=tmp_path, crs=GK105)
    assert got["facility_id"].tolist() == ["clinics-000001", "clinics-000002"]
    assert "CODE-DIGITS-LOST" in codes(problems)


def test_scientific_notation_is_lost_not_guessed(tmp_path):
    got, _, problems = read_csv(tmp_path, "facility_id,village_code,经度,纬度\n1,9.90821E+11,105.9,32.3\n")
    assert pd.isna(got["village_code"].iloc[0])
    assert codes(problems) == ["CODE-DIGITS-LOST"]


def test_lost_leading_zeros_are_reported_and_not_filled_up(tmp_path):
    """One of four village codes has 11 digits: listed, kept as it is. Facility numbers of any length are no codes."""
    rows = ["1,010821100001", "2,010821100002", "33,10821100003", "4,010821100004"]
    text = "facility_id,village_code,经度,纬度\n" + "".join(f"{one},105.9,32.3\n" for one in rows)
    got, _, problems = read_csv(tmp_path, text)
    assert got["village_code"].iloc[2] == "10821100003"
    (short,) = problems
    assert (short.code, short.column, short.ids) == ("CODE-SHORTENED", "village_code", ("10821100003",))
    whole = "facility_id,village_code,经度,纬度\n" + "".join(f"{n},1082110000{n},105.9,32.3\n" for n in (1, 2))
    assert codes(read_csv(tmp_path, whole)[2]) == ["CODE-SHORTENED"]


def test_codes_of_several_levels_in_one_table_are_no_mistake(tmp_path):
    text = "code,parent_code,经度,纬度\n990821000000,,105.9,32.3\n990821100000,990821000000,105.9,32.3\n990821100001001,990821100001,105.9,32.3\n"
    table(tmp_path / "t.csv", text)
    _, _, problems = read_vector(spec("t.csv", **CSV), layer_id="groups", base=tmp_path, crs=GK105)
    assert problems == []


def test_duplicate_ids_are_reported_and_every_row_stays(tmp_path):
    got, _, problems = read_csv(tmp_path, "facility_id,经度,纬度\na,105.9,32.3\nb,105.9,32.3\na,105.8,32.3\n")
    assert len(got) == 3
    (double,) = problems
    assert (double.code, double.ids, double.count) == ("ID-DUPLICATE", ("a",), 2)


def test_missing_ids_are_derived_from_the_place_in_the_file(tmp_path):
    """A whole column: said in the notes. One hole: a problem. ``where`` does not renumber."""
    table(tmp_path / "t.csv", "类,经度,纬度\nx,105.9,32.3\ny,105.9,32.3\n")
    got, record, problems = read_vector(
        spec("t.csv", where={"类": ["y"]}, **CSV), layer_id="clinics", base=tmp_path, crs=GK105, id_column="facility_id"
    )
    assert got["facility_id"].tolist() == ["clinics-000002"]
    assert any("derived" in note for note in record.notes)
    assert problems == []
    got, _, problems = read_csv(tmp_path, "facility_id,经度,纬度\na,105.9,32.3\n,105.9,32.3\n")
    assert got["facility_id"].tolist() == ["a", "clinics-000002"]
    assert codes(problems) == ["ID-MISSING"]


def test_ten_byte_field_names_stand_for_the_name_they_begin(tmp_path):
    """A Shapefile cuts ``safe_water_share`` to ``safe_water``, ``village_code`` to ``village_co``; Chinese sources at 3 characters in
    UTF-8. ``production`` may be power or water: said, not guessed."""
    frame = gpd.GeoDataFrame(
        {"settlement": ["1"], "village_co": ["990821100001"], "safe_water": [0.5], "production": [1.0], "自然村": ["张家湾"]},
        geometry=[shapely.Point(*PLACES[0])],
        crs=4490,
    )
    frame.to_file(tmp_path / "a.shp", encoding="utf-8")
    got, record, problems = read(tmp_path, "a.shp", columns={"自然村名称": "name"})
    assert [(one.code, one.column) for one in problems] == [("COLUMN-AMBIGUOUS", "production")]
    row = got.iloc[0]
    assert (row["settlement_id"], row["village_code"], row["safe_water_share"], row["name"]) == (
        "1",
        "990821100001",
        0.5,
        "张家湾",
    )
    assert sum("10 bytes" in note for note in record.notes) == 4


def test_mapped_columns_that_are_not_there_are_named_with_the_nearest(tmp_path):
    _, _, problems = read_csv(tmp_path, "facility_id,容量数,经度,纬度\n1,5,105.9,32.3\n", columns={"容量": "capacity"}, where={})
    (missing,) = problems
    assert (missing.code, missing.ids) == ("COLUMN-MISSING", ("容量",))
    assert "容量数" in missing.remedy_en


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"columns": {"a": "persones"}}, "COLUMN-UNKNOWN"),
        ({"constants": {"nonsense": 1}}, "COLUMN-UNKNOWN"),
        ({"columns": {"a": "name", "b": "name"}}, "COLUMN-TWICE"),
        ({"columns": {"a": "level"}, "constants": {"level": "village"}}, "COLUMN-TWICE"),
    ],
)
def test_catalogue_mistakes_are_mistakes_of_the_plan(tmp_path, more, code):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "a.gpkg", **more)
    assert caught.value.code == code


# --------------------------------------------------------------------------- geometry


def polygons(geometries, crs=GK105):
    return gpd.GeoDataFrame({"code": [str(n) for n in range(len(geometries))]}, geometry=geometries, crs=crs)


BASE = np.array([584_000.0, 3_575_000.0])


def at(coordinates):
    return [tuple(BASE + np.array(one)) for one in coordinates]


def test_a_bow_tie_becomes_two_triangles_and_is_reported(tmp_path):
    """(0 0, 200 200, 200 0, 0 200) crosses itself at (100, 100): two triangles of base 200 and height 100, 20,000 m² in all."""
    bow = shapely.Polygon(at([(0, 0), (200, 200), (200, 0), (0, 200)]))
    box = shapely.box(*at([(0, 0)])[0], *at([(100, 100)])[0])
    name = write(polygons([bow, box]), tmp_path / "a.gpkg")
    got, record, problems = read(tmp_path, name, layer_id="groups")
    assert got.geometry.is_valid.all()
    assert got.geometry.iloc[0].area == pytest.approx(20_000)
    assert got.geometry.iloc[1].equals(box)
    (invalid,) = problems
    assert (invalid.code, invalid.ids) == ("GEOMETRY-INVALID", ("0",))
    assert any("made valid" in note for note in record.notes)


def test_a_polygon_that_collapses_keeps_its_row(tmp_path):
    """A spike without area has no polygonal part: the row stays, without geometry."""
    flat = shapely.Polygon(at([(0, 0), (100, 0), (50, 0), (0, 0)]))
    name = write(polygons([flat]), tmp_path / "a.gpkg")
    got, _, problems = read(tmp_path, name, layer_id="groups")
    assert len(got) == 1
    assert got.geometry.iloc[0] is None
    assert "GEOMETRY-INVALID" in codes(problems)


def test_rows_without_geometry_stay_when_they_have_an_id(tmp_path):
    """A village without outline still has people; a river without a line is nothing."""
    name = write(polygons([shapely.box(*BASE, *(BASE + 10)), None, shapely.Polygon()]), tmp_path / "a.gpkg")
    got, _, problems = read(tmp_path, name, layer_id="villages")
    assert len(got) == 3
    assert got.geometry.isna().tolist() == [False, True, True]
    (missing,) = problems
    assert (missing.code, missing.ids) == ("GEOMETRY-MISSING", ("1", "2"))
    got, record, _ = read(tmp_path, name, layer_id="rivers", id_column=None)
    assert len(got) == 1
    assert any("2 rows without geometry" in note for note in record.notes)


def test_tables_keep_rows_without_coordinates(tmp_path):
    got, _, problems = read_csv(tmp_path, "facility_id,经度,纬度\na,105.9,32.3\nb,,\nc,东经,32.3\n")
    assert got["facility_id"].tolist() == ["a", "b", "c"]
    assert got.geometry.isna().tolist() == [False, True, True]
    assert [one.ids for one in problems if one.code == "GEOMETRY-MISSING"] == [("b", "c")]


def test_infinite_coordinates_are_no_place(tmp_path):
    frame = polygons([shapely.Point(*BASE), shapely.Point(np.inf, 1.0)])
    frame.to_parquet(tmp_path / "a.parquet")
    got, _, problems = read(tmp_path, "a.parquet", layer_id="villages")
    assert got.geometry.isna().tolist() == [False, True]
    assert "GEOMETRY-MISSING" in codes(problems)


def test_heights_and_measures_are_dropped_and_parts_kept(tmp_path):
    """Z goes, a road of two parts stays one road of two parts."""
    line = shapely.MultiLineString([[(*BASE, 500), (*(BASE + 10), 510)], [(*(BASE + 20), 1), (*(BASE + 30), 2)]])
    frame = gpd.GeoDataFrame({"road_id": ["a"]}, geometry=[line], crs=GK105)
    name = write(frame, tmp_path / "a.gpkg")
    got, record, problems = read(tmp_path, name, layer_id="roads")
    assert not got.geometry.has_z.any()
    assert len(got.geometry.iloc[0].geoms) == 2
    assert problems == []
    assert any("Z or M" in note for note in record.notes)


def test_measured_points_of_a_shapefile_are_read(tmp_path, frame):
    """PointM (type 21) as a survey instrument writes it: x, y, m in 24 bytes of content."""
    write(frame[:1], tmp_path / "a.shp")
    x, y = PLACES[0]
    content = struct.pack("<iddd", 21, x, y, 7.0)
    box = struct.pack("<8d", x, y, x, y, 0, 0, 7, 7)

    def head(size):
        return struct.pack(">i20xi", 9994, size // 2) + struct.pack("<ii", 1000, 21) + box

    (tmp_path / "a.shp").write_bytes(head(100 + 8 + len(content)) + struct.pack(">ii", 1, len(content) // 2) + content)
    (tmp_path / "a.shx").write_bytes(head(108) + struct.pack(">ii", 50, len(content) // 2))
    got, _, problems = read(tmp_path, "a.shp")
    assert problems == []
    truth = Transformer.from_crs(4490, 4544, always_xy=True).transform(x, y)
    assert got.geometry.iloc[0].coords[0] == pytest.approx(truth, abs=1e-3)


def test_curves_are_drawn_as_fine_lines(tmp_path):
    """A CURVEPOLYGON of one full circle of radius 100 m has an area within 1% of π·100² = 31,416 m²."""
    name = write(polygons([shapely.box(*BASE, *(BASE + 10))]), tmp_path / "a.gpkg")
    x, y = BASE
    ring = [(x - 100, y), (x + 100, y), (x - 100, y)]
    circular = struct.pack("<BII", 1, 8, 3) + b"".join(struct.pack("<dd", *one) for one in ring)
    wkb = struct.pack("<BII", 1, 10, 1) + circular
    header = b"GP\x00\x01" + struct.pack("<i", 4544)
    with sqlite3.connect(tmp_path / name) as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (trigger,) in triggers:
            database.execute(f'DROP TRIGGER "{trigger}"')
        srs = database.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchone()[0]
        database.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'GEOMETRY'")
        database.execute("UPDATE a SET geom = ?", (header[:4] + struct.pack("<i", srs) + wkb,))
    database.close()
    got, _, _ = read(tmp_path, name, layer_id="groups")
    assert got.geometry.iloc[0].geom_type in {"Polygon", "MultiPolygon"}
    assert got.geometry.iloc[0].area == pytest.approx(np.pi * 100**2, rel=0.01)


# --------------------------------------------------------------------------- files


def test_a_missing_file_names_its_neighbour(tmp_path, frame):
    write(frame, tmp_path / "settlements.gpkg")
    with pytest.raises(LayerError) as caught:
        read(tmp_path, "setlements.gpkg")
    assert caught.value.code == "LAYER-MISSING"
    assert "settlements.gpkg" in caught.value.remedy
    with pytest.raises(LayerError, match="LAYER-MISSING"):
        read(tmp_path, "no/such/folder/a.gpkg")
    with pytest.raises(LayerError, match="LAYER-MISSING"):
        read(tmp_path, "a\x00b.gpkg")


def test_a_layer_must_be_named_when_there_are_several(tmp_path, frame):
    frame.to_file(tmp_path / "a.gpkg", layer="one")
    frame.to_file(tmp_path / "a.gpkg", layer="two")
    with pytest.raises(LayerError, match="LAYER-AMBIGUOUS"):
        read(tmp_path, "a.gpkg")
    assert len(read(tmp_path, "a.gpkg", layer="two")[0]) == 3
    with pytest.raises(LayerError, match="one, two"):
        read(tmp_path, "a.gpkg", layer="three")


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".parquet", ".shp", ".kml", ".xlsx", ".dwg", ".gdb"])
def test_a_file_that_is_not_what_its_name_says_is_one_error(tmp_path, suffix):
    """A virtual layer that names other files must not be run under any name."""
    (tmp_path / f"a{suffix}").write_text('<OGRVRTDataSource><OGRVRTLayer name="x"/></OGRVRTDataSource>')
    with pytest.raises(LayerError):
        read(tmp_path, f"a{suffix}")


def test_a_shapefile_without_its_table_or_with_anothers_is_one_error(tmp_path, frame):
    write(frame, tmp_path / "a.shp")
    write(frame[:2], tmp_path / "b.shp")
    (tmp_path / "a.dbf").write_bytes((tmp_path / "b.dbf").read_bytes())
    with pytest.raises(LayerError, match="LAYER-UNREADABLE"):
        read(tmp_path, "a.shp")
    (tmp_path / "a.dbf").unlink()
    with pytest.raises(LayerError, match="missing beside"):
        read(tmp_path, "a.shp")


def test_an_empty_layer_is_an_empty_frame(tmp_path, frame):
    write(frame[:0], tmp_path / "a.gpkg")
    got, record, _ = read(tmp_path, "a.gpkg")
    assert (len(got), record.rows_out) == (0, 0)
    assert got.crs == GK105
    (tmp_path / "e.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    assert len(read(tmp_path, "e.geojson")[0]) == 0


def test_reading_twice_gives_the_same(tmp_path, frame):
    name = write(frame, tmp_path / "a.gpkg")
    first, second = read(tmp_path, name), read(tmp_path, name)
    pd.testing.assert_frame_equal(first[0], second[0])
    assert first[1:] == second[1:]


def test_every_error_names_the_layer_and_the_way_out(tmp_path, frame):
    write(frame.set_crs(None, allow_override=True), tmp_path / "a.parquet")
    for path in ("nothing.gpkg", "a.parquet"):
        with pytest.raises(GeoplanError) as caught:
            read(tmp_path, path)
        assert caught.value.layer == "settlements"
        assert caught.value.remedy


def test_a_table_of_facts_without_places_keeps_every_row(tmp_path):
    """A survey has ids and no coordinates: read whole, no missing geometry complained about, in the working CRS."""
    table(tmp_path / "t.csv", "自然村,愿搬\n001,5\n002,\n")
    survey = spec("t.csv", located=False, columns={"自然村": "settlement_id", "愿搬": "willing_households"})
    got, record, problems = read_vector(survey, layer_id="willingness", base=tmp_path, crs=GK105, id_column="settlement_id")
    assert got["settlement_id"].tolist() == ["001", "002"]
    assert got["willing_households"].tolist() == pytest.approx([5.0, np.nan], nan_ok=True)
    assert got.geometry.isna().all()
    assert got.crs == GK105
    assert (record.rows_in, record.rows_out) == (2, 2)
    assert "GEOMETRY-MISSING" not in codes(problems)


def test_a_table_of_facts_still_needs_unique_ids(tmp_path):
    table(tmp_path / "t.csv", "settlement_id,willing_households\n001,5\n001,6\n")
    _, _, problems = read_vector(spec("t.csv", located=False), layer_id="w", base=tmp_path, crs=GK105, id_column="settlement_id")
    assert "ID-DUPLICATE" in codes(problems)
