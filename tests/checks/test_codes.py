"""12-digit codes: shortened, of odd length, and left alone where they are another system's."""

from __future__ import annotations

import geopandas as gpd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from geoplan.checks import check_codes

VILLAGES = [f"0308211012{i:02d}" for i in range(10)]


def with_villages(bundle, codes, **columns):
    """Ten settlements with these village codes, and no unit layers."""
    rows = {"settlement_id": [f"s{i}" for i in range(len(codes))], "village_code": codes, **columns}
    settlements = gpd.GeoDataFrame(rows, geometry=[Point(i, 0) for i in range(len(codes))], crs=bundle.WORKING)
    layers = bundle.good_layers(settlements=settlements)
    return check_codes(layers, bundle.good_plan(county=None, townships=None, villages=None, groups=None))


def test_code_that_lost_its_leading_zero_is_found(bundle):
    """030821101203 read as a number becomes 30821101203: eleven digits among twelve."""
    codes = [*VILLAGES[:3], VILLAGES[3].lstrip("0"), *VILLAGES[4:]]
    problems = with_villages(bundle, codes)
    assert [(one.code, one.severity, one.ids, one.column) for one in problems] == [
        ("CODE-SHORTENED", "error", ("s3",), "village_code")
    ]


@pytest.mark.parametrize("odd", ["0308211012", "03082110120300", "03082110120X", "0.308211e11"])
def test_code_of_another_length_is_found(bundle, odd):
    problems = with_villages(bundle, [odd, *VILLAGES[1:]])
    assert [(one.code, one.ids) for one in problems] == [("CODE-LENGTH", ("s0",))]


def test_missing_code_is_not_a_wrong_one(bundle):
    """Settlements without a code are another check's matter (they stay, unassigned)."""
    assert with_villages(bundle, [None, "", *VILLAGES[2:]]) == []


@pytest.mark.parametrize("codes", [["KM-01", "KM-02", "KM-3"], ["1", "22", "333"], ["", None, ""]])
def test_other_systems_of_codes_are_left_alone(bundle, codes):
    assert with_villages(bundle, codes, township_code=["x", "y", "z"]) == []


def test_group_begins_with_its_village(bundle):
    """The ninth settlement's group belongs to another village."""
    groups = [code + "001" for code in VILLAGES]
    groups[8] = VILLAGES[9] + "001"
    problems = with_villages(bundle, VILLAGES, group_code=groups)
    assert [(one.code, one.column, one.ids) for one in problems] == [("CODE-PREFIX", "group_code", ("s8",))]


@settings(deadline=None, max_examples=25)
@given(cut=st.sets(st.integers(0, 9), max_size=3))
def test_exactly_the_cut_codes_are_named(bundle, cut):
    """Whichever codes (fewer than 40%) lose their zero, those and no others are named."""
    codes = [code.lstrip("0") if i in cut else code for i, code in enumerate(VILLAGES)]
    named = {one for problem in with_villages(bundle, codes) for one in problem.ids}
    assert named == {f"s{i}" for i in cut}


def test_fifty_ids_are_kept_and_all_are_counted(bundle):
    problems = with_villages(bundle, [f"0308211{i:05d}" for i in range(200)], farmland_mu=0.0)
    assert problems == []
    rows = [f"030821{i:06d}" for i in range(200)] + [f"30821{i:06d}" for i in range(60)]
    found = with_villages(bundle, rows)
    assert (len(found[0].ids), found[0].count) == (50, 60)


def test_a_settlement_may_have_many_houses_but_a_house_has_one_id(bundle):
    """Two houses of one settlement share its id; only a homestead_id of their own may not be doubled."""
    plan = bundle.good_plan(homesteads="homesteads")

    def codes(**columns):
        houses = bundle.frame([Point(0, 0), Point(9, 9)], settlement_id=["s0", "s0"], **columns)
        return [(one.code, one.column) for one in check_codes(bundle.good_layers(homesteads=houses), plan)]

    assert codes() == []
    assert codes(homestead_id=["a", "b"]) == []
    assert codes(homestead_id=["a", "a"]) == [("ID-DUPLICATE", "homestead_id")]
