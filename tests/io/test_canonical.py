"""Columns, kinds and codes: laws that hold for any cells."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.columns import COLUMNS
from geoplan.contracts.config import LayerSpec
from geoplan.io.canonical import as_numbers, as_text, coerce_columns, map_values, read_oneway, rename_columns, select_rows
from geoplan.io.codes import restore_codes
from geoplan.io.geometry import clean_geometry
from geoplan.io.identity import give_ids
from geoplan.io.sources import is_raster

CELLS = st.one_of(
    st.none(),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=8),
    st.sampled_from(["约30", "1,234", "1,23", "-", "12 ", "１２", "0x10", "1e3", "nan", "inf", "", "三"]),
)
LAW = settings(deadline=None, max_examples=40)


def spec(**more):
    return LayerSpec(**{"path": "a.csv", "datum": "wgs84", "vintage": "2024", "licence": "x", **more})


def frame_of(**columns):
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[shapely.Point(105, 30)] * count, crs=4490)


def labels(count):
    return pd.Series([f"r{n}" for n in range(count)])


@LAW
@given(st.lists(CELLS, min_size=1, max_size=15))
def test_a_cell_that_is_no_number_is_missing_and_counted_never_zero(cells):
    """Property: every cell is a finite number that its text says, or missing; missing with text in it means reported."""
    values = pd.Series(cells, dtype=object)
    numbers, bad = as_numbers(values)
    assert len(numbers) == len(cells)
    for cell, number, wrong in zip(cells, numbers, bad, strict=True):
        assert np.isfinite(number) or np.isnan(number)
        empty = cell is None or cell != cell or (isinstance(cell, str) and not cell.strip())
        assert not (empty and not np.isnan(number))
        if number == 0:
            assert isinstance(cell, int | float) or any(digit in cell for digit in "0０") or cell.strip() == "-0"
        if wrong:
            assert np.isnan(number)
            assert not empty


@pytest.mark.parametrize(
    ("cell", "number"),
    [("1,234", 1234), ("12,345,678.5", 12345678.5), ("-1,234", -1234), ("１２", 12), (" 7 ", 7), ("1e3", 1000)],
)
def test_numbers_as_people_write_them(cell, number):
    assert as_numbers(pd.Series([cell], dtype=object))[0].iloc[0] == number


@pytest.mark.parametrize("cell", ["1,23", "约30", "30人", "85%", "-", "1.2.3", "三", "inf", "0x10"])
def test_what_is_no_number_is_not_guessed(cell):
    """1,23 may be 1.23 or 123; 85% may be 0.85 or 85."""
    numbers, bad = as_numbers(pd.Series([cell], dtype=object))
    assert np.isnan(numbers.iloc[0])
    assert bad.iloc[0]


@LAW
@given(st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=15))
def test_whole_numbers_are_the_same_codes_in_every_dress(codes):
    """Property: as integers, floats, text, or text with .0, a code comes out as its digits."""
    expected = [str(one) for one in codes]
    dresses = (
        pd.Series(codes, dtype="int64"),
        pd.Series(codes, dtype="float64"),
        pd.Series(expected),
        pd.Series([f" {one}.0 " for one in codes]),
        pd.Series(codes, dtype=object),
        pd.Series(codes, dtype="Int64"),
    )
    for dress in dresses:
        texts, problems = restore_codes(dress, layer_id="x", column="facility_id", ids=labels(len(codes)))
        assert texts.tolist() == expected
        assert problems == []


def test_a_number_beyond_what_a_float_holds_is_no_code():
    """2⁵³ = 9,007,199,254,740,992: from there on neighbours share one float."""
    texts, problems = restore_codes(pd.Series([2.0**53, 12.5, 7.0, np.nan]), layer_id="x", column="code", ids=labels(4))
    assert texts.isna().tolist() == [True, True, False, True]
    assert [(one.code, one.count, one.ids) for one in problems] == [("CODE-DIGITS-LOST", 2, ("r0", "r1"))]


@LAW
@given(st.lists(st.text("0123456789abc村", max_size=4).map(str.strip), min_size=1, max_size=20))
def test_every_row_has_an_id_and_doubles_are_all_counted(cells):
    """Property: rows and order stay; ids are never missing; the count of doubles is that of a plain count."""
    frame = frame_of(facility_id=pd.Series([one or None for one in cells], dtype=object))
    out, ids, _, problems = give_ids(frame, "facility_id", layer_id="clinics", source_rows=np.arange(len(cells)))
    assert ids.notna().all()
    assert out["facility_id"].tolist() == ids.tolist()
    assert [given_id for given_id, cell in zip(ids, cells, strict=True) if cell] == [one for one in cells if one]
    expected = sum(cells.count(one) for one in set(cells) if one and cells.count(one) > 1)
    found = [one.count for one in problems if one.code == "ID-DUPLICATE"]
    assert found == ([expected] if expected else [])


@LAW
@given(st.lists(st.sampled_from(["沥青", "水泥", "土", "asphalt", None, ""]), min_size=1, max_size=20))
def test_mapped_values_change_and_all_others_stay(cells):
    """Property against a plain dict: mapped where there is a rule, as it was where there is none, listed exactly then."""
    rules = {"沥青": "asphalt", "水泥": "concrete"}
    frame = frame_of(surface=pd.Series(cells, dtype=object))
    out, problems = map_values(frame, spec(values={"surface": rules}), layer_id="roads")
    got = [None if pd.isna(one) else one for one in out["surface"]]
    assert got == [rules.get(one, one) for one in cells]
    assert [one.ids for one in problems] == ([("土",)] if "土" in cells else [])
    assert sum(one.count for one in problems) == cells.count("土")


def test_words_outside_the_road_vocabulary_are_listed_without_any_rule():
    _, problems = map_values(frame_of(road_class=["village", "村级公路"], crossing=["", "bridge"]), spec(), layer_id="roads")
    assert [(one.column, one.ids) for one in problems] == [("road_class", ("村级公路",))]


@LAW
@given(st.lists(st.sampled_from([1, 2.0, "1", " 2", "3", None]), min_size=1, max_size=20))
def test_where_compares_what_a_reader_sees(cells):
    """Property: 1, 1.0, "1" and " 1" are all the value 1."""
    frame = frame_of(kind=pd.Series(cells, dtype=object))
    chosen, _ = select_rows(frame, spec(where={"kind": ["1", "2"]}), layer_id="x")
    assert len(chosen) == sum(str(one).strip() in {"1", "2", "2.0"} for one in cells)
    anything, _ = select_rows(frame, spec(where={"kind": ["*"]}), layer_id="x")
    assert len(anything) == sum(one is not None for one in cells)


def test_no_step_changes_its_input_or_loses_a_row():
    """Renaming, mapping, coercing, naming and cleaning hand back new frames of the same length and order."""
    frame = frame_of(编号=["a", "b"], persons=["1", "x"], 电话=["138", "139"])
    before = frame.copy(deep=True)
    document = spec(columns={"编号": "settlement_id"}, constants={"level": "village"})
    renamed, _, _ = rename_columns(frame, document, layer_id="x")
    assert sorted(renamed.columns) == ["geometry", "level", "persons", "settlement_id"]
    for step in (
        lambda one: map_values(one, document, layer_id="x")[0],
        lambda one: coerce_columns(one, layer_id="x", ids=labels(2))[0],
        lambda one: clean_geometry(one, layer_id="x", ids=labels(2))[0],
    ):
        held = renamed.copy(deep=True)
        assert len(step(renamed)) == 2
        pd.testing.assert_frame_equal(renamed, held)
    pd.testing.assert_frame_equal(frame, before)


def test_every_canonical_column_is_coerced_to_its_kind():
    """Text in, the kind of `COLUMNS` out: numbers float, integers int, yes and no boolean, codes and texts str."""
    frame = frame_of(**{name: ["1"] for name in COLUMNS})
    out, problems = coerce_columns(frame, layer_id="x", ids=labels(1))
    kinds = {"number": "f", "integer": "i", "boolean": "b"}
    for name, column in COLUMNS.items():
        if column.kind in kinds:
            assert out[name].dtype.kind == kinds[column.kind], name
        else:
            assert out[name].tolist() == ["1"], name
    assert problems == []


def test_text_of_numbers_and_bytes_is_what_people_wrote():
    assert as_text(pd.Series([3.0, 2.5, None, b"\xe6\x9d\x91", True], dtype=object)).tolist()[:2] == ["3", "2.5"]
    assert as_text(pd.Series([3.0, np.nan])).isna().tolist() == [False, True]


def test_several_vector_files_are_no_raster():
    assert is_raster(spec(path=["a.hgt.zip", "b.hgt.zip"]))
    assert is_raster(spec(path="DEM.TIF"))
    assert not is_raster(spec(path=["a.gpkg", "b.gpkg"]))


def test_a_one_way_street_is_one_way_in_whatever_word_it_is_told():
    """yes, 是, True, 1 → 1; -1 and reverse → -1; no, 否, 0 and nothing → as said; an unknown word is reported, not guessed."""
    told = pd.Series(["yes", "是", True, 1, "-1", "reverse", "no", "否", 0, None, "sometimes"], dtype=object)
    assert read_oneway(told).tolist()[:9] == ["1", "1", "1", "1", "-1", "-1", "0", "0", "0"]
    frame = gpd.GeoDataFrame({"oneway": told}, geometry=[shapely.Point(0, 0)] * len(told), crs=4544)
    out, problems = coerce_columns(frame, layer_id="roads", ids=pd.Series([f"r{k}" for k in range(len(told))]))
    assert out["oneway"].tolist()[:9] == [1, 1, 1, 1, -1, -1, 0, 0, 0]
    assert out["oneway"].isna().tolist()[9:] == [True, True]
    assert [one.ids for one in problems] == [("r10",)]
