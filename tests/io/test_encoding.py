"""Text in Shapefiles and CSV files: what it is, whatever the file declares."""

from __future__ import annotations

import contextlib
import struct

import geopandas as gpd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.config import LayerSpec
from geoplan.errors import GeoplanError, LayerError
from geoplan.io.encoding import choose_encoding, decode_value, normalise_codec, read_dbf_text
from geoplan.io.tables import read_csv_text
from geoplan.io.vector import read_vector

NAMES = ["广元市昭化区", "张家湾村", "李家坪", "沙溪坝", "青林沟"]
CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=12)


def write_shapefile(path, rows, *, width=40, ldid=0, cpg=None):
    """Write a point Shapefile by hand, so that its bytes are exactly the ones meant: one field NAME, one ID."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = gpd.GeoDataFrame(
        {"ID": [str(n) for n in range(len(rows))]}, geometry=[shapely.Point(105.8, 32.3)] * len(rows), crs=4490
    )
    pyogrio.write_dataframe(frame, path, driver="ESRI Shapefile")
    fields = [(b"ID", 5), (b"NAME", width)]
    header = 32 + 32 * len(fields) + 1
    record = 1 + sum(length for _, length in fields)
    head = struct.pack("<B3BIHH17xB2x", 3, 124, 1, 1, len(rows), header, record, ldid)
    for name, length in fields:
        head += struct.pack("<11sc4xBB14x", name, b"C", length, 0)
    body = b"".join(b" " + f"{n}".encode().ljust(5) + raw[:width].ljust(width) for n, raw in enumerate(rows))
    path.with_suffix(".dbf").write_bytes(head + b"\r" + body + b"\x1a")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_bytes(cpg.encode())


def read_names(path, *, encoding=None):
    spec = LayerSpec(
        path=path.name, datum="cgcs2000", vintage="2024", licence="x", encoding=encoding, columns={"NAME": "name", "ID": "code"}
    )
    frame, record, problems = read_vector(spec, layer_id="villages", base=path.parent, crs=None)
    return frame["name"].tolist(), record, problems


def test_names_of_encodings_are_understood_as_people_write_them():
    assert [normalise_codec(one) for one in ("GBK", "936", "cp936", "GB2312", "ANSI 936", "UTF-8\r\n", "utf8", "65001", "Big5")] == [
        *["gb18030"] * 5, "utf-8", "utf-8", "utf-8", "big5",
    ]  # fmt: skip
    assert normalise_codec("no such thing") is None
    assert normalise_codec("base64") is None  # a codec, but not of text


@pytest.mark.parametrize(
    ("codec", "ldid", "cpg"),
    [
        ("gbk", 0, None),
        ("gbk", 0x4D, None),
        ("gbk", 0x57, None),
        ("gbk", 0, "GBK"),
        ("gbk", 0, "936"),
        ("utf-8", 0, "UTF-8"),
        ("utf-8", 0, None),
        ("utf-8", 0x57, None),
    ],
)
def test_chinese_names_are_read_with_and_without_declaration(tmp_path, codec, ldid, cpg):
    """GBK and UTF-8, declared by .cpg, by the language byte, or not at all: the same five names."""
    path = tmp_path / "村.shp"
    write_shapefile(path, [one.encode(codec) for one in NAMES], ldid=ldid, cpg=cpg)
    names, _, problems = read_names(path)
    assert names == NAMES
    assert problems == []


@pytest.mark.parametrize(("codec", "cpg", "ldid"), [("gbk", "UTF-8", 0), ("utf-8", "GBK", 0), ("utf-8", None, 0x4D)])
def test_a_wrong_declaration_is_put_aside_and_reported(tmp_path, codec, cpg, ldid):
    """UTF-8 declared over GBK bytes, GBK declared over UTF-8 bytes."""
    path = tmp_path / "v.shp"
    write_shapefile(path, [one.encode(codec) for one in NAMES], cpg=cpg, ldid=ldid)
    names, _, problems = read_names(path)
    assert names == NAMES
    assert [one.code for one in problems] == ["ENCODING-DECLARED-WRONG"]


@pytest.mark.parametrize("codec", ["utf-8", "gbk"])
def test_text_cut_in_the_middle_of_a_character_keeps_the_whole_ones(tmp_path, codec):
    """254 bytes hold 84 whole UTF-8 characters and 2 bytes of the next, or (after one ASCII letter) 126 GBK ones and one byte."""
    long = "a" + "张" * 200 if codec == "gbk" else "张" * 200
    path = tmp_path / "v.shp"
    write_shapefile(path, [long.encode(codec), *(one.encode(codec) for one in NAMES)], width=254)
    names, _, problems = read_names(path)
    assert names[0] == long[: 127 if codec == "gbk" else 84]
    assert names[1:] == NAMES
    (cut,) = [one for one in problems if one.code == "TEXT-CUT"]
    assert (cut.column, cut.count, cut.ids) == ("NAME", 1, ("row 1",))


def test_a_stated_encoding_is_believed_and_what_does_not_decode_is_reported(tmp_path):
    """Big5 stated over GBK text: bytes without a character become U+FFFD and an error is noted, nothing is guessed."""
    path = tmp_path / "v.shp"
    write_shapefile(path, ["镕".encode("gb18030"), b"\xff\xff\xff"])
    _, _, problems = read_names(path, encoding="utf-8")
    assert "TEXT-UNREADABLE" in {one.code for one in problems}
    with pytest.raises(LayerError, match="ENCODING-UNKNOWN"):
        read_names(path, encoding="klingon")


def test_chinese_and_spaces_in_paths_and_upper_case_sidecars(tmp_path):
    """``我的 资料/行政 村.shp`` with ``.DBF`` in capitals."""
    path = tmp_path / "我的 资料" / "行政 村.shp"
    write_shapefile(path, [one.encode("gbk") for one in NAMES])
    names, record, _ = read_names(path)
    assert names == NAMES
    assert "行政 村.dbf" in record.paths


def test_one_ascii_layer_decides_nothing():
    assert choose_encoding([b"abc"], stated=None, cpg="GBK", ldid=0).name == "gb18030"
    assert choose_encoding([b"abc"], stated=None, cpg=None, ldid=0).found == "ascii"


@settings(deadline=None, max_examples=60)
@given(
    st.lists(CHINESE, min_size=4, max_size=20, unique=True),
    st.sampled_from(["utf-8", "gb18030"]),
    st.sampled_from([None, "UTF-8", "GBK"]),
)
def test_any_chinese_names_are_told_apart(names, codec, cpg):
    """Property: several real Chinese names are read right in either encoding under any declaration."""
    raw = [one.encode(codec) for one in names]
    found = choose_encoding(raw, stated=None, cpg=cpg, ldid=0)
    assert [decode_value(one, found.name)[0] for one in raw] == names


@settings(deadline=None, max_examples=60)
@given(CHINESE, st.sampled_from(["utf-8", "gb18030"]), st.integers(0, 40))
def test_a_cut_leaves_a_beginning_of_the_text(text, codec, length):
    """Property: cutting bytes anywhere gives a prefix of the characters, flagged exactly when a character was split."""
    raw = text.encode(codec)[:length]
    found, cut, bad = decode_value(raw, codec)
    assert not bad
    assert text.startswith(found)
    assert cut == (found.encode(codec) != raw)


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_dbf_or_one_error(tmp_path_factory, raw):
    path = tmp_path_factory.mktemp("dbf") / "x.dbf"
    path.write_bytes(raw)
    with contextlib.suppress(LayerError):
        values, ldid = read_dbf_text(path)
        assert all(isinstance(one, bytes) for one in values)
        assert 0 <= ldid <= 255


# --------------------------------------------------------------------------- CSV


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_in_any_usual_encoding_and_delimiter(codec, delimiter):
    """Excel writes GBK or UTF-8 with a byte order mark; the mark is no part of the first column's name."""
    text = "\r\n".join(delimiter.join(row) for row in [["编号", "名称"], ["01", "张家湾"], ["02", "李家坪"], ["03", "沙溪坝"]])
    frame, _ = read_csv_text(text.encode(codec), stated=None, layer_id="x")
    assert frame.columns.tolist() == ["编号", "名称"]
    assert frame["编号"].tolist() == ["01", "02", "03"]
    assert frame["名称"].tolist() == ["张家湾", "李家坪", "沙溪坝"]


def test_quoted_delimiters_and_line_ends_stay_inside_their_cell():
    frame, _ = read_csv_text('名称,注\n"张家湾, ""上""","第一行\n第二行"\n'.encode(), stated=None, layer_id="x")
    assert frame.iloc[0].tolist() == ['张家湾, "上"', "第一行\n第二行"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n\n", b"a,a\n1,2", b"a,b\n1,2,3", b"\x00\x01\x02", b'a,b\n"1,2', "名称\n张家湾".encode() + b"\xff\xfe\xfd"],
)
def test_what_is_no_table_is_one_error(raw):
    """Empty, doubled names, a row longer than the header, binary, an open quote, bytes of no one encoding."""
    with pytest.raises(LayerError):
        read_csv_text(raw, stated=None, layer_id="x")


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_one_error(raw):
    with contextlib.suppress(GeoplanError):
        assert len(read_csv_text(raw, stated=None, layer_id="x")[0].columns) >= 1
