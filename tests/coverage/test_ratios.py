"""What a unit has for every so many of its people, and when bounds decide."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from geoplan.coverage import classify_gaps
from geoplan.errors import ConfigError

NAN = float("nan")
GPS = {
    "id": "gps",
    "measure": "ratio",
    "service": "hospital",
    "level": "township",
    "amount": "gps",
    "per_persons": 100.0,
    "threshold": 2.0,
    "unit": "per_persons",
}


def facility(**fields):
    return {"facility_id": "f", "service": "hospital", "name": "院", "level": "township", **fields}


def judge(county, facilities, item=GPS, **changes):
    gaps = classify_gaps(
        county.make_demand(**changes), county.make_access(facilities=facilities), county.make_profile(item), year=2020
    )
    return gaps.set_index("settlement_id")


def test_hand_example_of_a_ratio(county):
    """T1: 125 people, 2 + 1 practitioners → 2.4 for 100; T2: 75 people, 1 → 1.33, 0.67 short of 2 with all 75 people."""
    rows = [
        facility(facility_id="a", township_code=county.T1, gps=2.0),
        facility(facility_id="b", township_code=county.T1, gps=1.0),
        facility(facility_id="c", township_code=county.T2, gps=1.0),
    ]
    gaps = judge(county, rows)
    assert gaps["coverage"].tolist() == ["covered"] * 3 + ["gap"]
    assert gaps["value"].tolist() == [2.4] * 3 + [100.0 / 75.0]
    assert gaps.loc["s4", ["cause", "cause_class", "short_persons"]].tolist() == ["STAFF-TOO-FEW", "no_staff", 75.0]
    assert gaps.loc["s4", "shortfall"] == 2.0 - 100.0 / 75.0


def test_exactly_the_ratio_is_enough(county):
    """2.5 practitioners for 125 people are 2 for 100."""
    gaps = judge(county, [facility(township_code=county.T1, gps=2.5)])
    assert gaps["coverage"].tolist() == ["covered"] * 3 + ["gap"]


def test_unit_without_a_facility_lacks_the_facility(county):
    gaps = judge(county, [facility(township_code=county.T1, gps=9.0)])
    assert gaps.loc["s4", ["cause", "cause_class", "value"]].tolist() == ["NONE-IN-UNIT", "no_facility", 0.0]


def test_amount_that_is_no_staff_is_too_little(county):
    item = {**GPS, "amount": "capacity"}
    gaps = judge(county, [facility(township_code=county.T2, capacity=1.0)], item)
    assert gaps.loc["s4", ["cause", "cause_class"]].tolist() == ["AMOUNT-TOO-LOW", "too_little"]


def test_unknown_amount_is_covered_only_by_what_is_known(county):
    """T1: 3 known and one unknown → at least 2.4: covered. T2: 1 known and one unknown → unknown. Both unknown with −1."""
    rows = [
        facility(facility_id="a", township_code=county.T1, gps=3.0),
        facility(facility_id="b", township_code=county.T1, gps=NAN),
        facility(facility_id="c", township_code=county.T2, gps=1.0),
        facility(facility_id="d", township_code=county.T2, gps=-1.0),
    ]
    gaps = judge(county, rows)
    assert gaps["coverage"].tolist() == ["covered"] * 3 + ["unknown"]
    assert gaps.loc["s4", "cause"] == "AMOUNT-UNKNOWN"
    assert np.isnan(gaps.loc["s4", "value"])


def test_facility_that_stands_anywhere_may_be_the_missing_one(county):
    """One of unknown place with 1: T2 could have 2 for 75 people → unknown; were it to have 0.4, 1.4 for 75 are still too few."""
    rows = [facility(facility_id="a", township_code=county.T2, gps=1.0), facility(facility_id="b", gps=1.0)]
    assert judge(county, rows).loc["s4", "coverage"] == "unknown"
    rows[1]["gps"] = 0.4
    assert judge(county, rows).loc["s4", ["coverage", "value"]].tolist() == ["gap", 100.0 * 1.4 / 75.0]


def test_facility_of_unknown_level_may_count(county):
    """levels [township]: a hospital of level "x" with 2 leaves T2 (75 people) unknown, one of level village does not count at all."""
    item = {**GPS, "levels": ["township"]}
    assert judge(county, [facility(level="x", township_code=county.T2, gps=2.0)], item).loc["s4", "coverage"] == "unknown"
    rows = [facility(level="village", township_code=county.T2, gps=2.0)]
    assert judge(county, rows, item).loc["s4", ["coverage", "cause"]].tolist() == ["gap", "NONE-IN-UNIT"]


def test_facility_on_a_border_may_belong_to_either(county):
    """(1000, 500) lies between T1 and T2: both could have its 9."""
    rows = [facility(facility_id="a", gps=9.0, geometry=Point(1000, 500))]
    assert set(judge(county, rows)["coverage"]) == {"unknown"}


def test_unknown_people_only_ever_lower_the_ratio(county):
    """s1 of T1 unknown: 1 for at least 85 people is a gap whoever lives in s1; 9 for at least 85 is not known to be enough."""
    status = ["no_data", "ok", "ok", "ok"]
    short = judge(county, [facility(township_code=county.T1, gps=1.0)], persons_status=status)
    assert short.loc["s2", ["coverage", "value"]].tolist() == ["gap", 100.0 / 85.0]
    many = judge(county, [facility(township_code=county.T1, gps=9.0)], persons_status=status)
    assert many.loc["s2", ["coverage", "cause"]].tolist() == ["unknown", "PEOPLE-UNKNOWN"]


def test_unit_where_nobody_is_asked_for_is_unknown(county):
    gaps = judge(county, [facility(township_code=county.T2, gps=1.0)], persons=[40.0, 60.0, 25.0, 0.0])
    assert gaps.loc["s4", ["coverage", "cause"]].tolist() == ["unknown", "NOBODY-ASKED"]


def test_seats_are_held_against_the_children_and_not_everybody(county):
    """T1: 10 children of 125 people, 8 seats → 0.8 ≥ 0.75; T2: 4 children, 2 seats → 0.5; the 4 children are short, not 75 people."""
    item = {**GPS, "amount": "capacity", "per_persons": 1.0, "threshold": 0.75, "age_group": "kindergarten"}
    rows = [
        facility(facility_id="a", township_code=county.T1, capacity=8.0),
        facility(facility_id="b", township_code=county.T2, capacity=2.0),
    ]
    gaps = judge(county, rows, item, kindergarten_persons=[4.0, 5.0, 1.0, 4.0])
    assert gaps["value"].tolist() == [0.8] * 3 + [0.5]
    assert gaps.loc["s4", ["persons", "asked_persons", "short_persons", "asked_source"]].tolist() == [75.0, 4.0, 4.0, "column"]


def test_settlement_without_a_unit_and_service_not_listed_are_unknown(county):
    gaps = judge(county, [facility(township_code=county.T1, gps=9.0)], township_code=["", county.T1, county.T1, county.T2])
    assert gaps.loc["s1", "cause"] == "UNIT-UNKNOWN"
    assert set(judge(county, [])["cause"]) == {"SERVICE-NOT-IN-PLAN"}


def test_ratio_of_households_is_refused(county):
    with pytest.raises(ConfigError, match="STANDARD-LEVEL"):
        judge(county, [facility(township_code=county.T1, gps=9.0)], {**GPS, "level": "household"})


AMOUNTS = st.one_of(st.just(NAN), st.integers(0, 6).map(float))
ROWS = st.lists(st.tuples(st.sampled_from(["T1", "T2", "nowhere", "abroad"]), AMOUNTS), min_size=1, max_size=6)
PEOPLE = st.lists(st.one_of(st.just(NAN), st.integers(0, 90).map(float)), min_size=4, max_size=4)


def draw(county, rows):
    codes = {"T1": county.T1, "T2": county.T2, "nowhere": None, "abroad": "110101001000"}
    return [facility(facility_id=str(i), township_code=codes[place], gps=amount) for i, (place, amount) in enumerate(rows)]


def give(people):
    return {"persons": people, "persons_status": ["no_data" if np.isnan(one) else "ok" for one in people]}


@settings(deadline=None, max_examples=30)
@given(rows=ROWS, people=PEOPLE)
def test_ratio_equals_every_world_the_data_allow(county, rows, people):
    """Unknown amounts are 0 or huge, unknown people 0 or huge, strays here or elsewhere: covered and gap only where all worlds agree."""
    gaps = judge(county, draw(county, rows), **give(people))
    for township, members in (("T1", ["s1", "s2", "s3"]), ("T2", ["s4"])):
        of_unit = [people[int(one[1]) - 1] for one in members]
        worlds = set()
        for unknown_people in (0.0, 1e9):
            people_here = sum(unknown_people if np.isnan(one) else one for one in of_unit)
            for unknown_amount in (0.0, 1e12):
                for strays in (False, True):
                    here = [
                        unknown_amount if np.isnan(amount) else amount
                        for place, amount in rows
                        if place == township or (strays and place == "nowhere")
                    ]
                    worlds.add(None if people_here == 0.0 else 100.0 * sum(here) / people_here >= 2.0)
        found = set(gaps.loc[members, "coverage"])
        if worlds == {True}:
            assert found == {"covered"}
        elif worlds == {False}:
            assert found == {"gap"}
        elif True in worlds and False in worlds:
            assert found == {"unknown"}
        assert len(found) == 1


@settings(deadline=None, max_examples=30)
@given(rows=ROWS, people=PEOPLE, low=st.floats(0.5, 6.0), more=st.floats(0.0, 6.0))
def test_higher_minimum_never_covers_more_and_never_opens_a_gap(county, rows, people, low, more):
    easy = judge(county, draw(county, rows), {**GPS, "threshold": low}, **give(people))["coverage"]
    hard = judge(county, draw(county, rows), {**GPS, "threshold": low + more}, **give(people))["coverage"]
    assert set(hard.index[hard == "covered"]) <= set(easy.index[easy == "covered"])
    assert set(easy.index[easy == "gap"]) <= set(hard.index[hard == "gap"])


@settings(deadline=None, max_examples=30)
@given(rows=ROWS, people=PEOPLE, extra=st.integers(0, 9))
def test_another_facility_never_uncovers(county, rows, people, extra):
    before = judge(county, draw(county, rows), **give(people))["coverage"]
    after = judge(county, draw(county, [*rows, ("T1", float(extra))]), **give(people))["coverage"]
    assert set(before.index[before == "covered"]) <= set(after.index[after == "covered"])


@settings(deadline=None, max_examples=30)
@given(
    rows=st.lists(st.tuples(st.sampled_from(["T1", "T2"]), st.integers(0, 6).map(float)), min_size=1, max_size=5),
    people=st.lists(st.integers(1, 90).map(float), min_size=4, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_doubling_people_and_amounts_leaves_ratios_and_order_does_not_matter(county, rows, people, order):
    plain = judge(county, draw(county, rows), **give(people))
    twice = judge(county, draw(county, [(p, 2 * a) for p, a in rows]), **give([2 * one for one in people]))
    pd.testing.assert_series_equal(plain["value"], twice["value"])
    pd.testing.assert_series_equal(plain["coverage"], twice["coverage"])
    order.shuffle(rows)
    pd.testing.assert_series_equal(judge(county, draw(county, rows), **give(people))["value"], plain["value"])
