"""An amount per person against the least that is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.coverage import classify_gaps

NAN = float("nan")
WATER = {
    "id": "water",
    "measure": "quantity",
    "column": "water_l_person_day",
    "threshold": 35.0,
    "unit": "l_person_day",
    "level": "household",
}


def judge(county, litres, **changed):
    demand = county.make_demand() if litres is None else county.make_demand(water_l_person_day=litres)
    return classify_gaps(demand, county.make_access(), county.make_profile({**WATER, **changed}), year=2020)


def test_hand_example_of_litres(county):
    """35 | 34.9 | unknown | −1 L against 35 → covered | gap of 0.1 | unknown | unknown."""
    gaps = judge(county, [35.0, 34.9, NAN, -1.0])
    assert gaps["coverage"].tolist() == ["covered", "gap", "unknown", "unknown"]
    assert gaps["cause"].tolist() == ["", "QUANTITY-TOO-LOW", "NO-DATA", "VALUE-MISSING"]
    assert gaps["cause_class"].tolist() == ["", "too_little", "unknown", "unknown"]
    assert gaps["shortfall"].iloc[1] == pytest.approx(0.1)
    assert gaps["short_persons"].iloc[1] == 60.0


def test_absent_column_is_unknown(county):
    assert set(judge(county, None)["cause"]) == {"COLUMN-ABSENT"}


LITRES = st.lists(st.one_of(st.just(NAN), st.floats(-5.0, 120.0)), min_size=4, max_size=4)


@settings(deadline=None, max_examples=30)
@given(litres=LITRES, low=st.floats(0.0, 80.0), more=st.floats(0.0, 80.0))
def test_equals_the_obvious_rule_and_a_higher_minimum_never_covers_more(county, litres, low, more):
    def plain(value, least):
        return "unknown" if np.isnan(value) or value < 0.0 else "covered" if value >= least else "gap"

    easy, hard = (judge(county, litres, threshold=one)["coverage"].tolist() for one in (low, low + more))
    assert easy == [plain(one, low) for one in litres]
    assert hard == [plain(one, low + more) for one in litres]
    assert {i for i, one in enumerate(hard) if one == "covered"} <= {i for i, one in enumerate(easy) if one == "covered"}
