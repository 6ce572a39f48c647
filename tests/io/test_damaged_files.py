"""Files cut off, garbled or swapped: one clear error or a frame, never a stray exception, never a half-read layer taken for whole."""

from __future__ import annotations

import shutil

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geoplan.contracts.config import LayerSpec
from geoplan.errors import GeoplanError, LayerError
from geoplan.io.vector import read_vector

GK105 = CRS.from_epsg(4544)
COUNT = 60
FUZZ = settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
SUFFIXES = ["gpkg", "shp", "dbf", "shx", "prj", "geojson", "fgb", "parquet", "kml", "csv", "xlsx"]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """One small layer in every format."""
    folder = tmp_path_factory.mktemp("sound")
    frame = gpd.GeoDataFrame(
        {
            "code": [f"9908211000{n:02d}" for n in range(COUNT)],
            "name": ["张家湾"] * COUNT,
            "persons": [float(n) for n in range(COUNT)],
        },
        geometry=[shapely.Point(105.9 + n / 1000, 32.3).buffer(0.001, quad_segs=2) for n in range(COUNT)],
        crs=4490,
    )
    for suffix in ("gpkg", "shp", "geojson", "fgb", "kml"):
        frame.to_file(folder / f"a.{suffix}", **({"layer": "a", "driver": "KML"} if suffix == "kml" else {}))
    frame.to_parquet(folder / "a.parquet", compression=None)
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(x=105.9, y=32.3)
    table.to_csv(folder / "a.csv", index=False)
    table.to_excel(folder / "a.xlsx", index=False)
    return folder


def damaged(sound, folder, suffix, change):
    """Copy the layer and change the bytes of one of its files; returns what is read."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sound, folder)
    target = folder / f"a.{suffix}"
    target.write_bytes(change(target.read_bytes()))
    name = "a.shp" if suffix in {"shp", "dbf", "shx", "prj"} else target.name
    crs = None if name.endswith((".gpkg", ".shp", ".fgb", ".parquet")) else "EPSG:4490"
    spec = LayerSpec(path=name, datum="cgcs2000", vintage="2024", licence="x", crs=crs, x="x", y="y")
    return read_vector(spec, layer_id="villages", base=folder, crs=GK105)


def outcome(read):
    """What was read, or the geoplan error that says why not; any other exception fails the test."""
    try:
        return read()
    except GeoplanError as error:
        return error


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_sound_layer_is_read_whole(sound, tmp_path, suffix):
    """The control: undamaged, every format gives sixty rows."""
    frame, record, problems = damaged(sound, tmp_path / "x", suffix, lambda raw: raw)
    assert len(frame) == record.rows_in == COUNT
    assert problems == []


@pytest.mark.parametrize("suffix", SUFFIXES)
@FUZZ
@given(share=st.floats(0.0, 0.999))
def test_a_file_cut_off_is_an_error_or_all_there(sound, tmp_path, suffix, share):
    """Property: a copy broken off anywhere is refused, or lost nothing that matters (a trailing byte, a comment)."""
    found = outcome(lambda: damaged(sound, tmp_path / "x", suffix, lambda raw: raw[: int(len(raw) * share)]))
    if isinstance(found, GeoplanError):
        assert found.layer == "villages"
        assert found.remedy
    elif suffix != "csv":
        # A text table has no end mark: a cut between two lines cannot be told from a shorter table.
        assert len(found[0]) == COUNT


@pytest.mark.parametrize("suffix", SUFFIXES)
@FUZZ
@given(seed=st.integers(0, 2**16), count=st.integers(1, 30), data=st.data())
def test_garbled_bytes_never_raise_anything_but_a_geoplan_error(sound, tmp_path, suffix, seed, count, data):
    """Property: a few bytes overwritten anywhere."""
    patch = data.draw(st.binary(min_size=1, max_size=count))

    def garble(raw):
        at = seed * 2654435761 % max(len(raw), 1)
        return raw[:at] + patch + raw[at + len(patch) :]

    found = outcome(lambda: damaged(sound, tmp_path / "x", suffix, garble))
    if isinstance(found, GeoplanError):
        assert found.remedy
    else:
        assert found[0].crs == GK105


def test_text_that_is_no_utf8_in_a_parquet_is_one_error(sound, tmp_path):
    """One byte of one name made 0x80, which begins no character: Arrow only notices when the text is looked at."""

    def garble(raw):
        at = raw.find(b"990821100007")
        return raw[:at] + b"\x80" + raw[at + 1 :]

    with pytest.raises(LayerError, match="LAYER-UNREADABLE"):
        damaged(sound, tmp_path / "x", "parquet", garble)


@pytest.mark.parametrize("suffix", [one for one in SUFFIXES if one not in {"prj"}])
@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 500, "不是图层".encode(), b"<html>404</html>", b"SQLite format 3\x00", b"PK\x03\x04"]
)
def test_other_content_under_the_name_is_one_error(sound, tmp_path, suffix, content):
    """An empty file, zeros, a note, a web server's error page, the beginnings of other formats."""
    with pytest.raises(LayerError):
        damaged(sound, tmp_path / "x", suffix, lambda _: content)
