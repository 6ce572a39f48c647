"""What a settlement's number means against a standard."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.coverage import CAUSES, GAP_COLUMNS, classify_gaps
from geoplan.errors import TableError

NAN = float("nan")


def judge(county, times=None, item=None, *, year=2020, **access):
    return classify_gaps(
        county.make_demand(), county.make_access(times, **access), county.make_profile(item or county.CLINIC_30), year=year
    )


def test_hand_example_of_the_four_states(county):
    """30.0 | 42.5 | no path | no data against 30 min → covered | gap by 12.5 | unreachable | unknown."""
    times = county.make_times("clinic", [30.0, 42.5, NAN, NAN], ["ok", "ok", "unreachable", "no_data"])
    gaps = judge(county, times)
    assert list(gaps.columns) == list(GAP_COLUMNS)
    assert gaps["coverage"].tolist() == ["covered", "gap", "unreachable", "unknown"]
    assert gaps["cause"].tolist() == ["", "TRAVEL-TOO-LONG", "NO-PATH", "NO-DATA"]
    np.testing.assert_array_equal(gaps["shortfall"], [0.0, 12.5, NAN, NAN])
    np.testing.assert_array_equal(gaps["value"], [30.0, 42.5, NAN, NAN])
    assert gaps["persons"].tolist() == [40.0, 60.0, 25.0, 75.0]


@pytest.mark.parametrize(("minutes", "coverage"), [(60.0, "covered"), (np.nextafter(60.0, 61.0), "gap"), (59.999999, "covered")])
def test_exactly_the_threshold_is_inside_and_nothing_is_rounded(county, minutes, coverage):
    """60.0 min meets 60; the next double above does not."""
    item = {**county.CLINIC_30, "threshold": 60.0}
    gaps = judge(county, county.make_times("clinic", [minutes] * 4), item)
    assert set(gaps["coverage"]) == {coverage}


def test_unsnapped_counts_as_not_served_and_says_why(county):
    """A settlement joined to no network is unreachable with a cause of its own."""
    gaps = judge(county, county.make_times("clinic", [NAN] * 4, ["unsnapped"] * 4))
    assert set(gaps["coverage"]) == {"unreachable"}
    assert set(gaps["cause"]) == {"NOT-JOINED"}
    assert set(gaps["status"]) == {"unsnapped"}


@pytest.mark.parametrize("value", [NAN, np.inf, -1.0])
def test_ok_without_a_usable_value_is_unknown(county, value):
    """ok with NaN, infinity or −1 is a broken promise, not a number."""
    gaps = judge(county, county.make_times("clinic", [value] * 4))
    assert set(gaps["coverage"]) == {"unknown"}
    assert set(gaps["cause"]) == {"VALUE-MISSING"}
    assert gaps["value"].isna().all()


def test_service_the_plan_does_not_list_is_unknown(county):
    """No clinic column → unknown, not a gap and not covered."""
    gaps = judge(county, county.make_times("school", [1.0] * 4))
    assert set(gaps["coverage"]) == {"unknown"}
    assert set(gaps["cause"]) == {"SERVICE-NOT-IN-PLAN"}


def test_season_that_was_not_computed_is_unknown(county):
    """Dry times say nothing of the wet season."""
    gaps = judge(county, item={**county.CLINIC_30, "season": "wet"})
    assert set(gaps["cause"]) == {"SEASON-NOT-COMPUTED"}


def test_each_season_is_held_against_its_own_times(county):
    """Dry 10 min, wet 50 min: covered in the dry item, gap in the wet one."""
    times = pd.concat([county.make_times("clinic", [10.0] * 4), county.make_times("clinic", [50.0] * 4, season="wet")])
    items = county.make_profile({**county.CLINIC_30, "id": "dry"}, {**county.CLINIC_30, "id": "wet", "season": "wet"})
    gaps = classify_gaps(county.make_demand(), county.make_access(times), items, year=2020)
    assert gaps.groupby("item")["coverage"].unique().map(list).to_dict() == {"dry": ["covered"], "wet": ["gap"]}


def test_one_way_minutes_are_never_held_against_a_round_trip(county):
    """15 min one way may be 30 there and back: unknown against 20 min return."""
    gaps = judge(county, county.make_times("clinic", [15.0] * 4), {**county.CLINIC_30, "threshold": 20.0, "trip": "round_trip"})
    assert set(gaps["cause"]) == {"TRIP-DIFFERS"}
    back = county.make_times("clinic", [15.0] * 4, trip="round_trip")
    assert set(judge(county, back, {**county.CLINIC_30, "threshold": 20.0, "trip": "round_trip"})["coverage"]) == {"covered"}


def test_settlement_without_a_row_is_unknown(county):
    """Three rows for four settlements: the fourth is kept as unknown."""
    gaps = judge(county, county.make_times("clinic", [10.0, 20.0, 30.0]))
    assert gaps["coverage"].tolist() == ["covered", "covered", "covered", "unknown"]
    assert gaps["cause"].iloc[3] == "ROW-MISSING"


def test_walk_to_the_road_that_alone_is_too_long_is_named(county):
    """35 min of 40 are the walk to the road: a road link closes the gap, a nearer clinic may not."""
    times = county.make_times(
        "clinic", [40.0] * 4, off_road_min=[35.0, 30.0, 35.0, 5.0], route=["network"] * 2 + ["direct_walk", "network"]
    )
    causes = judge(county, times)["cause"].tolist()
    assert causes == ["OFF-ROAD-LEG-TOO-LONG", "TRAVEL-TOO-LONG", "TRAVEL-TOO-LONG", "TRAVEL-TOO-LONG"]


def test_distance_uses_metres(county):
    """Level distances 100, 200, 300, 400 m against 250 m: gaps of 50 and 150 m."""
    item = {"id": "d", "measure": "distance", "service": "clinic", "threshold": 250.0, "unit": "m"}
    gaps = judge(county, item=item)
    assert gaps["shortfall"].tolist() == [0.0, 0.0, 50.0, 150.0]


def test_doubled_time_rows_are_refused(county):
    times = county.make_times("clinic", [1.0] * 4, settlement_id=["s1", "s1", "s2", "s3"])
    with pytest.raises(TableError, match="ACCESS-DUPLICATE"):
        judge(county, times)


def test_state_no_one_knows_is_refused(county):
    with pytest.raises(TableError, match="ACCESS-STATUS"):
        judge(county, county.make_times("clinic", [1.0] * 4, ["ok", "fine", "ok", "ok"]))


def test_doubled_settlements_are_refused(county):
    demand = county.make_demand(settlement_id=["s1", "s1", "s2", "s3"])
    with pytest.raises(TableError, match="SETTLEMENT-DUPLICATE"):
        classify_gaps(demand, county.make_access(), county.make_profile(county.CLINIC_30), year=2020)


@pytest.mark.parametrize(
    ("share", "coverage", "cause"),
    [
        (1.0, "covered", ""),
        (0.6, "covered", ""),
        (np.nextafter(0.6, 0.0), "gap", "SHARE-TOO-LOW"),
        (NAN, "unknown", "NO-DATA"),
        (1.2, "unknown", "SHARE-INVALID"),
        (60.0, "unknown", "SHARE-INVALID"),
        (-0.1, "unknown", "SHARE-INVALID"),
    ],
)
def test_share_of_households_against_a_minimum(county, share, coverage, cause):
    """At least 60% of households; 60 (per cent in a share column) is invalid, not 6,000% served."""
    item = {
        "id": "b",
        "measure": "attribute",
        "column": "broadband_share",
        "threshold": 0.6,
        "unit": "share",
        "level": "household",
    }
    demand = county.make_demand(broadband_share=[share] * 4)
    gaps = classify_gaps(demand, county.make_access(), county.make_profile(item), year=2020)
    assert set(gaps["coverage"]) == {coverage}
    assert set(gaps["cause"]) == {cause}


def test_absent_column_is_unknown(county):
    item = {"id": "w", "measure": "attribute", "column": "production_water_share", "threshold": 1.0, "unit": "share"}
    assert set(judge(county, item=item)["cause"]) == {"COLUMN-ABSENT"}


def test_overdue_from_the_year_of_the_deadline(county):
    """Deadline 2019: not overdue in 2018, overdue in 2019, and never where covered."""
    item = {**county.CLINIC_30, "threshold": 20.0, "deadline": 2019}
    assert judge(county, item=item, year=2018)["overdue"].tolist() == [False] * 4
    assert judge(county, item=item, year=2019)["overdue"].tolist() == [False, False, True, True]
    assert judge(county, item={**item, "deadline": None}, year=2019)["overdue"].tolist() == [False] * 4


def test_people_that_are_not_known_stay_unknown(county):
    """A count beside persons_status no_data is not a count."""
    demand = county.make_demand(persons_status=["no_data", "ok", "ok", "ok"])
    gaps = classify_gaps(demand, county.make_access(), county.make_profile(county.CLINIC_30), year=2020)
    assert np.isnan(gaps["persons"].iloc[0])


def test_every_cause_speaks_both_languages():
    assert all(zh and en for code, (zh, en) in CAUSES.items() if code)


def test_inputs_are_left_alone(county):
    demand, access = county.make_demand(), county.make_access()
    before = demand.settlements.copy(), access.times.copy(), access.road.copy()
    classify_gaps(demand, access, county.make_profile(county.CLINIC_30), year=2020)
    for was, now in zip(before, (demand.settlements, access.times, access.road), strict=True):
        pd.testing.assert_frame_equal(was, now)


STATES = st.sampled_from(["ok", "unreachable", "unsnapped", "no_data"])
ROWS = st.lists(st.tuples(STATES, st.floats(0.0, 200.0)), min_size=4, max_size=4)


def naive(status, value, threshold):
    if status == "ok":
        return "covered" if value <= threshold else "gap"
    return {"unreachable": "unreachable", "unsnapped": "unreachable", "no_data": "unknown"}[status]


@settings(deadline=None, max_examples=25)
@given(rows=ROWS, threshold=st.floats(0.0, 200.0))
def test_equals_the_obvious_loop(county, rows, threshold):
    """The vectorised rule equals four if's per row; the shortfall is the plain difference."""
    times = county.make_times("clinic", [v if s == "ok" else NAN for s, v in rows], [s for s, _ in rows])
    gaps = judge(county, times, {**county.CLINIC_30, "threshold": threshold})
    assert gaps["coverage"].tolist() == [naive(s, v, threshold) for s, v in rows]
    for (_, value), row in zip(rows, gaps.itertuples(), strict=True):
        if row.coverage == "covered":
            assert row.shortfall == 0.0
        elif row.coverage == "gap":
            assert row.shortfall == value - threshold > 0.0
        else:
            assert np.isnan(row.shortfall)


@settings(deadline=None, max_examples=25)
@given(rows=ROWS, low=st.floats(0.0, 200.0), more=st.floats(0.0, 100.0))
def test_looser_threshold_never_covers_fewer(county, rows, low, more):
    """Raising a maximum keeps every covered settlement covered and never makes an unknown one known."""
    times = county.make_times("clinic", [v if s == "ok" else NAN for s, v in rows], [s for s, _ in rows])
    tight = judge(county, times, {**county.CLINIC_30, "threshold": low})["coverage"]
    loose = judge(county, times, {**county.CLINIC_30, "threshold": low + more})["coverage"]
    assert set(np.flatnonzero(tight == "covered")) <= set(np.flatnonzero(loose == "covered"))
    assert ((tight == "unknown") == (loose == "unknown")).all()
    assert ((tight == "unreachable") == (loose == "unreachable")).all()


@settings(deadline=None, max_examples=25)
@given(order=st.permutations(range(4)), rows=ROWS)
def test_order_of_rows_does_not_matter(county, order, rows):
    """Shuffled times and settlements give each settlement the same verdict."""
    times = county.make_times("clinic", [v if s == "ok" else NAN for s, v in rows], [s for s, _ in rows])
    plain = judge(county, times).set_index("settlement_id")
    demand = county.make_demand()
    shuffled = type(demand)(
        settlements=demand.settlements.iloc[order],
        groups=demand.groups,
        villages=demand.villages,
        townships=demand.townships,
        county=demand.county,
    )
    access = county.make_access(times.iloc[list(reversed(order))])
    again = classify_gaps(shuffled, access, county.make_profile(county.CLINIC_30), year=2020).set_index("settlement_id")
    assert again.index.tolist() == demand.settlements["settlement_id"].iloc[order].tolist()
    pd.testing.assert_frame_equal(again.loc[plain.index], plain)
