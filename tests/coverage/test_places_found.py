"""Who finds a place within reach, and who is short where they are full."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.coverage import SeatsResult
from geoplan.coverage import classify_gaps, compute_coverage

NAN = float("nan")
SEAT = {
    "id": "seat",
    "measure": "seat",
    "service": "school",
    "within_min": 30.0,
    "threshold": 1.0,
    "unit": "share",
    "age_group": "junior",
}
JUNIOR = [20.0, 10.0, 4.0, 8.0]
EMPTY = pd.DataFrame()


def seats(rows, **columns):
    """Rows: (status, demand, within, seated, boarding, unseated)."""
    names = ("status", "demand_persons", "within_persons", "seated_persons", "boarding_persons", "unseated_persons")
    table = pd.DataFrame(rows, columns=list(names)).assign(
        settlement_id=[f"s{i + 1}" for i in range(len(rows))], item="seat", demand_source="column", **columns
    )
    return SeatsResult(table, EMPTY, EMPTY, EMPTY, EMPTY)


def judge(county, found, **changed):
    demand = county.make_demand(junior_persons=JUNIOR)
    access = county.make_access(facilities=[{"facility_id": "f", "service": "school", "name": "校", "level": "junior"}])
    return classify_gaps(demand, access, county.make_profile({**SEAT, **changed}), year=2020, seats=found)


def test_hand_example_of_seats(county):
    """20 pupils, 12 day and 3 boarding → 0.75, 5 short, full; 10 none within reach → all short, too far; 4 of 4; no path."""
    found = seats([("ok", 20, 20, 12, 3, 5), ("ok", 10, 0, 0, 0, 10), ("ok", 4, 4, 4, 0, 0), ("unreachable", 8, 0, 0, 0, 8)])
    gaps = judge(county, found)
    assert gaps["coverage"].tolist() == ["gap", "gap", "covered", "unreachable"]
    assert gaps["cause"].tolist() == ["FULL", "TRAVEL-TOO-LONG", "", "NO-PATH"]
    assert gaps["cause_class"].tolist() == ["full", "too_far", "", "too_far"]
    np.testing.assert_array_equal(gaps["value"], [0.75, 0.0, 1.0, NAN])
    assert gaps["short_persons"].tolist() == [5.0, 10.0, 0.0, 8.0]
    assert gaps["short_households"].isna().tolist() == [True, True, False, True]


def test_people_of_the_county_add_up_to_those_asked_for(county):
    """42 pupils: 15 of s1 and 4 of s3 have a place, 15 are short, 8 cut off; everybody stays 200."""
    found = seats([("ok", 20, 20, 12, 3, 5), ("ok", 10, 0, 0, 0, 10), ("ok", 4, 4, 4, 0, 0), ("unreachable", 8, 0, 0, 0, 8)])
    access = county.make_access(facilities=[{"facility_id": "f", "service": "school", "name": "校", "level": "junior"}])
    whole = compute_coverage(
        county.make_demand(junior_persons=JUNIOR), access, county.make_profile(SEAT), year=2020, seats=found
    ).county.iloc[0]
    names = ["persons", "covered_persons", "gap_persons", "unreachable_persons", "unknown_persons", "resident_persons"]
    assert whole[names].tolist() == [42.0, 19.0, 15.0, 8.0, 0.0, 200.0]


def test_share_below_all_leaves_nobody_short_where_it_is_met(county):
    """75 % asked for: 15 of 20 meet it; 14 of 20 do not and 6 are short."""
    found = seats([("ok", 20, 20, 12, 3, 5), ("ok", 10, 10, 7, 0, 3), ("ok", 4, 4, 4, 0, 0), ("ok", 8, 8, 6, 0, 2)])
    gaps = judge(county, found, threshold=0.75)
    assert gaps["coverage"].tolist() == ["covered", "gap", "covered", "covered"]
    assert gaps["short_persons"].tolist() == [0.0, pytest.approx(3.0), 0.0, 0.0]


def test_unknown_capacity_is_unknown_unless_the_rest_decides(county):
    """At 75 %: 6 unsure of 20 with 14 seated → unknown; 16 seated → covered; 2 unsure with 12 seated → a gap for all 8 not known to sit."""
    rows = [
        ("no_data", 20, 20, 14, 0, 0),
        ("no_data", 10, 10, 8, 0, 0),
        ("no_data", 4, 4, 2.4, 0, 1.2),
        ("no_data", NAN, NAN, NAN, NAN, NAN),
    ]
    found = seats(rows, unknown_persons=[6, 2, 0.4, NAN], reason=["capacity_unknown"] * 3 + ["people_unknown"])
    gaps = judge(county, found, threshold=0.75)
    assert gaps["coverage"].tolist() == ["unknown", "covered", "gap", "unknown"]
    assert gaps["cause"].tolist() == ["CAPACITY-UNKNOWN", "", "FULL", "PEOPLE-UNKNOWN"]
    assert gaps["short_persons"].iloc[2] == pytest.approx(1.6)


def test_where_nobody_asks_nobody_is_short(county):
    gaps = judge(county, seats([("ok", 0, 0, 0, 0, 0)] * 4))
    assert set(gaps["coverage"]) == {"covered"}
    assert set(gaps["value"]) == {1.0}


@pytest.mark.parametrize(
    ("found", "cause"),
    [(None, "SEATS-NOT-COMPUTED"), (seats([("ok", 1, 1, 1, 0, 0)] * 3), "ROW-MISSING")],
)
def test_seats_that_were_not_assigned_are_unknown(county, found, cause):
    assert judge(county, found)["cause"].iloc[3] == cause
    assert judge(county, found, service="hospital")["cause"].iloc[0] == "SERVICE-NOT-IN-PLAN"


COUNTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), min_size=4, max_size=4)


@settings(deadline=None, max_examples=30)
@given(counts=COUNTS, low=st.floats(0.1, 1.0), more=st.floats(0.0, 0.5))
def test_equals_the_obvious_rule_and_a_higher_share_never_covers_more(county, counts, low, more):
    """(seated, boarding, unseated, unsure): covered when those with a place are enough, a gap when all unsure ones would not do."""
    rows = [("no_data" if u else "ok", s + b + n + u, s + n, s, b, n) for s, b, n, u in counts]
    found = seats(rows, unknown_persons=[one[3] for one in counts])
    high = min(1.0, low + more)
    easy, hard = (judge(county, found, threshold=one)["coverage"].tolist() for one in (low, high))
    for (s, b, n, u), state in zip(counts, easy, strict=True):
        total = s + b + n + u
        sure, most = ((s + b) / total, (s + b + u) / total) if total else (1.0, 1.0)
        assert state == ("covered" if sure >= low else "gap" if most < low else "unknown")
    assert {i for i, one in enumerate(hard) if one == "covered"} <= {i for i, one in enumerate(easy) if one == "covered"}
