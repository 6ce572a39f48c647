"""Surveys joined by ids: strangers are told, nobody is willing who does not exist, the silent stay unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geoplan.checks import check_surveys

LEFT, RIGHT = "99082110120100101", "99082110120200101"
NAN = float("nan")


def found(bundle, **layers):
    plan = bundle.good_plan(**{name: name for name in layers})
    return {one.code: one for one in check_surveys(bundle.good_layers(**layers), plan)}


def test_a_whole_survey_raises_nothing(bundle):
    willing = bundle.frame([None, None], settlement_id=[LEFT, RIGHT], willing_households=[30.0, 0.0])
    houses = bundle.frame([box(0, 0, 10, 10)] * 3, settlement_id=[LEFT, LEFT, RIGHT])
    assert found(bundle, willingness=willing, homesteads=houses) == {}
    assert check_surveys(bundle.good_layers(), bundle.good_plan()) == []


@pytest.mark.parametrize(
    ("ids", "willing", "code", "severity", "named"),
    [
        ([LEFT, RIGHT], [31.0, 0.0], "WILLING-ABOVE-HOUSEHOLDS", "error", (LEFT,)),
        ([LEFT, RIGHT], [-1.0, 0.0], "AMOUNT-NEGATIVE", "error", (LEFT,)),
        ([LEFT, RIGHT], [NAN, 0.0], "WILLING-NOT-ASKED", "info", (LEFT,)),
        ([LEFT, RIGHT[1:]], [1.0, 0.0], "SURVEY-UNKNOWN-ID", "warning", (RIGHT[1:],)),
    ],
)
def test_one_spoilt_row_is_named(bundle, ids, willing, code, severity, named):
    problem = found(bundle, willingness=bundle.frame([None, None], settlement_id=ids, willing_households=willing))[code]
    assert (problem.severity, problem.ids, problem.count) == (severity, named, 1)


def test_houses_without_ids_are_refused(bundle):
    problem = found(bundle, homesteads=bundle.frame([Point(0, 0)], name=["x"]))["SURVEY-NO-ID"]
    assert (problem.severity, problem.layer) == ("error", "homesteads")


@given(st.lists(st.floats(0, 60), min_size=2, max_size=2))
def test_more_than_there_are_is_an_error_and_never_else(bundle, willing):
    """30 and 20 households."""
    codes = found(bundle, willingness=bundle.frame([None, None], settlement_id=[LEFT, RIGHT], willing_households=willing))
    assert ("WILLING-ABOVE-HOUSEHOLDS" in codes) == (willing[0] > 30 or willing[1] > 20)
