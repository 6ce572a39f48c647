"""Sums of settlements against their units' own totals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.checks import check_people
from geoplan.contracts.results import Demand

NAN = float("nan")


def sums(bundle, stated, people=(100.0, 60.0)):
    layers = bundle.change(bundle.good_layers(), "villages", persons=list(stated))
    layers = bundle.change(layers, "settlements", persons=list(people), households=[1.0, 1.0])
    return [(one.severity, one.ids) for one in check_people(layers, bundle.good_plan()) if one.code == "PERSONS-SUM"]


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        ([100.0, 60.0], []),
        ([101.0, 60.0], []),
        ([103.0, 60.0], [("warning", ("990821101201",))]),
        ([120.0, 60.0], [("error", ("990821101201",))]),
        ([103.0, 90.0], [("error", ("990821101202",)), ("warning", ("990821101201",))]),
        ([NAN, 60.0], []),
        ([0.0, 60.0], [("error", ("990821101201",))]),
    ],
)
def test_sum_of_settlements_against_the_unit(bundle, stated, found):
    """100 against 101 is one person (silent), against 103 is 2.9% (doubtful), against 120 is 17% (wrong)."""
    assert sums(bundle, stated) == found


def test_unknown_settlement_may_explain_a_shortfall_but_no_excess(bundle):
    """A village of 500 with one settlement unknown may be right; one of 50 with 60 already counted is not."""
    assert sums(bundle, [500.0, 60.0], (NAN, 60.0)) == []
    layers = bundle.change(bundle.good_layers(), "settlements", village_code=["990821101202"] * 2, persons=[NAN, 60.0])
    layers = bundle.change(layers, "villages", persons=[0.0, 50.0])
    found = [one.ids for one in check_people(layers, bundle.good_plan()) if one.code == "PERSONS-SUM"]
    assert found == [("990821101202",)]


def test_county_total_is_held_against_every_settlement(bundle):
    layers = bundle.change(bundle.good_layers(), "county", persons=[200.0])
    found = [(one.layer, one.ids) for one in check_people(layers, bundle.good_plan()) if one.code == "PERSONS-SUM"]
    assert found == [("county", ("990821000000",))]


def test_raster_makes_a_missing_count_a_note(bundle):
    """With a population raster a missing count is filled, not unknown."""
    layers = bundle.change(bundle.good_layers(), "settlements", persons=[NAN, 60.0])
    plain, raster = (check_people(layers, bundle.good_plan(population=one)) for one in (None, "pop"))
    assert [one.severity for one in plain if one.code == "PERSONS-MISSING"] == ["warning"]
    assert [one.severity for one in raster if one.code == "PERSONS-MISSING"] == ["info"]


def test_people_left_unknown_after_everything_are_reported(bundle):
    """What demand could not fill stays a warning, whatever the raster gave to the others."""
    layers = bundle.good_layers()
    table = layers.vectors["settlements"].assign(persons_status=["ok", "no_data"])
    demand = Demand(table, *(layers.vectors[one] for one in ("groups", "villages", "townships", "county")))
    found = check_people(layers, bundle.good_plan(), demand)
    assert [(one.code, one.ids) for one in found] == [("PERSONS-UNKNOWN", ("99082110120200101",))]


@settings(deadline=None, max_examples=25)
@given(people=st.tuples(st.floats(10.0, 1e4), st.floats(10.0, 1e4)), off=st.floats(-0.5, 0.5))
def test_sums_that_agree_are_silent_and_those_that_do_not_are_not(bundle, people, off):
    """The village states its own sum times (1 + off): silent within a person or 0.5%, warning to 5%, error beyond (of the stated)."""
    stated = people[0] * (1.0 + off)
    difference = abs(people[0] - stated)
    share = difference / stated
    expected = "silent" if difference <= 1.0 or share <= 0.005 else "warning" if share <= 0.05 else "error"
    found = sums(bundle, [stated, people[1]], people)
    assert [severity for severity, _ in found] == ([] if expected == "silent" else [expected])


def test_count_in_text_is_not_read_as_zero(bundle):
    layers = bundle.change(bundle.good_layers(), "settlements", persons=np.array(["约30", "60"], dtype=object))
    assert "PERSONS-MISSING" in [one.code for one in check_people(layers, bundle.good_plan())]
