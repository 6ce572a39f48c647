"""Whose minutes they are, by what, for whom, and in which season."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.config import ServiceConfig
from geoplan.coverage import classify_gaps, compute_coverage
from geoplan.coverage.listed import differs, why_unanswered

NAN = float("nan")


def service(**fields):
    return ServiceConfig(**{"id": "clinic", "label_zh": "诊所", "label_en": "Clinic", "layers": ["clinics"], **fields})


def judge(county, item, times=None, services=(), **changes):
    access = county.make_access(times)
    return classify_gaps(county.make_demand(**changes), access, county.make_profile(item), year=2020, services=services)


@pytest.mark.parametrize(
    ("item", "plan", "known"),
    [
        ({}, {}, True),
        ({"mode": "walk"}, {}, False),
        ({"mode": "walk"}, {"mode": "walk"}, True),
        ({"mode": "car"}, {"mode": "ride"}, True),
        ({"walker": "child_1_3"}, {}, False),
        ({"walker": "child_1_3"}, {"walker": "child_1_3"}, True),
        ({"walker": "adult", "mode": "walk"}, {"mode": "bus"}, False),
    ],
)
def test_minutes_of_another_mode_or_walker_are_unknown(county, item, plan, known):
    gaps = judge(county, {**county.CLINIC_30, **item}, services=[service(**plan)])
    assert set(gaps["cause"]) == ({"", "TRAVEL-TOO-LONG"} if known else {"MODE-DIFFERS"})
    assert (gaps["coverage"] == "unknown").all() != known


def test_without_the_plans_services_a_named_mode_is_unknown(county):
    assert set(judge(county, {**county.CLINIC_30, "mode": "walk"})["cause"]) == {"MODE-DIFFERS"}
    item = county.make_profile({**county.CLINIC_30, "walker": "elder"}).items[0]
    assert differs(item, [])
    assert differs(item, [service()])
    assert not differs(item, [service(walker="elder")])


def test_service_in_the_plan_without_facilities_is_an_empty_layer(county):
    access = county.make_access(facilities=[{"facility_id": "f", "service": "clinic", "name": "", "level": ""}])
    assert why_unanswered(access, "clinic") == ""
    assert why_unanswered(access, "tower") == "SERVICE-NOT-IN-PLAN"
    assert why_unanswered(access, "tower", services=[service(id="tower")]) == "LAYER-EMPTY"
    assert why_unanswered(county.make_access(), "clinic") == "LAYER-EMPTY"


def test_what_the_wet_season_cuts_is_named(county):
    """Dry 10, 10, 40, 10 min; wet 40 min, no path, 50 min, 20 min → cut, cut, too long anyway, covered."""
    times = pd.concat([
        county.make_times("clinic", [10.0, 10.0, 40.0, 10.0]),
        county.make_times("clinic", [40.0, NAN, 50.0, 20.0], ["ok", "unreachable", "ok", "ok"], season="wet"),
    ])  # fmt: skip
    gaps = judge(county, {**county.CLINIC_30, "season": "wet"}, times)
    assert gaps["coverage"].tolist() == ["gap", "unreachable", "gap", "covered"]
    assert gaps["cause"].tolist() == ["ROAD-CUT-WET", "ROAD-CUT-WET", "TRAVEL-TOO-LONG", ""]
    assert gaps["cause_class"].tolist() == ["wet_cut", "wet_cut", "too_far", ""]


def test_item_of_the_dry_season_does_not_ask_about_the_wet_one(county):
    dry = county.make_times("clinic", [10.0, 10.0, 40.0, 10.0])
    wet = county.make_times("clinic", [NAN] * 4, ["unreachable"] * 4, season="wet")
    both = judge(county, county.CLINIC_30, pd.concat([dry, wet]))
    pd.testing.assert_frame_equal(both, judge(county, county.CLINIC_30, dry))


def test_without_dry_times_the_wet_season_is_not_blamed(county):
    wet = county.make_times("clinic", [40.0] * 4, season="wet")
    assert set(judge(county, {**county.CLINIC_30, "season": "wet"}, wet)["cause"]) == {"TRAVEL-TOO-LONG"}


def test_people_short_are_those_of_the_age(county):
    """s3, s4 too far; 3 of 25 and unknown of 75 in kindergarten age (share 0.04 → 3 derived)."""
    item = {**county.CLINIC_30, "age_group": "kindergarten"}
    times = county.make_times("clinic", [10.0, 20.0, 40.0, 40.0])
    gaps = judge(county, item, times, kindergarten_persons=[2.0, NAN, 3.0, NAN])
    assert gaps["asked_persons"].tolist() == [2.0, pytest.approx(2.4), 3.0, pytest.approx(3.0)]
    assert gaps["asked_source"].tolist() == ["column", "derived", "column", "derived"]
    assert gaps["short_persons"].tolist() == [0.0, 0.0, 3.0, pytest.approx(3.0)]
    assert gaps["persons"].tolist() == [40.0, 60.0, 25.0, 75.0]
    assert gaps["households"].tolist() == [10.0, 15.0, 6.0, 20.0]
    np.testing.assert_array_equal(gaps["short_households"], [0.0, 0.0, NAN, NAN])


def test_age_nobody_counted_is_in_no_sum(county):
    """junior has no share: without a column nobody is known to be asked for, 4 settlements are counted apart."""
    item = {**county.CLINIC_30, "age_group": "junior"}
    whole = compute_coverage(county.make_demand(), county.make_access(), county.make_profile(item), year=2020).county.iloc[0]
    assert whole[["persons", "settlements", "persons_unknown_settlements", "resident_persons"]].tolist() == [0.0, 4, 4, 200.0]


COUNTS = st.lists(st.one_of(st.just(NAN), st.integers(0, 20).map(float)), min_size=4, max_size=4)
MINUTES = st.lists(st.one_of(st.just(NAN), st.floats(0.0, 60.0)), min_size=4, max_size=4)


@settings(deadline=None, max_examples=30)
@given(counts=COUNTS, minutes=MINUTES)
def test_four_states_add_up_to_the_people_asked_for(county, counts, minutes):
    """At every level covered + gap + unreachable + unknown = persons = the children known; residents stay everybody."""
    times = county.make_times("clinic", minutes, ["no_data" if np.isnan(one) else "ok" for one in minutes])
    items = county.make_profile(county.CLINIC_30, {**county.CLINIC_30, "id": "aged", "age_group": "junior"})
    result = compute_coverage(county.make_demand(junior_persons=counts), county.make_access(times), items, year=2020)
    for table in (result.groups, result.villages, result.townships, result.county):
        four = table[["covered_persons", "gap_persons", "unreachable_persons", "unknown_persons"]].sum(axis=1)
        np.testing.assert_allclose(four, table["persons"], atol=1e-9)
        sums = table.groupby("item")[["persons", "resident_persons"]].sum()
        assert sums.loc["aged"].tolist() == [pytest.approx(np.nansum(counts)), 200.0]
        assert sums.loc["clinic_30"].tolist() == [200.0, 200.0]
    short = result.gaps[result.gaps["item"] == "aged"]
    for count, minute, found in zip(counts, minutes, short["short_persons"], strict=True):
        expected = NAN if np.isnan(minute) else 0.0 if minute <= 30.0 else count
        np.testing.assert_equal(found, expected)


@pytest.mark.parametrize("measure", ["travel_time", "distance"])
@pytest.mark.parametrize(("plan", "cause"), [({"times": False}, "TIMES-NOT-COMPUTED"), ({"id": "tower"}, "SERVICE-NOT-IN-PLAN")])
def test_service_listed_without_times_is_not_taken_for_one_nobody_lists(county, measure, plan, cause):
    """No minutes in either case: unknown, and whoever closes it must search the times of the one and list the other."""
    item = {**county.CLINIC_30, "measure": measure, "unit": "min" if measure == "travel_time" else "m"}
    nothing = county.make_times("tower", [10.0] * 4)
    gaps = judge(county, item, nothing, services=[service(**plan)])
    assert set(gaps["cause"]) == {cause}
    assert set(gaps["coverage"]) == {"unknown"}
    assert set(gaps["cause_class"]) == {"unknown"}
    assert gaps["short_persons"].isna().all()


def test_times_that_are_there_are_judged_whatever_the_plan_says_of_searching(county):
    """`times: false` explains minutes that are absent; it never hides minutes that are known."""
    times = county.make_times("clinic", [10.0, 20.0, 40.0, 40.0])
    gaps = judge(county, county.CLINIC_30, times, services=[service(times=False)])
    assert gaps["coverage"].tolist() == ["covered", "covered", "gap", "gap"]
