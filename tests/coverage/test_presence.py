"""Whether a unit has a facility, and when that cannot be told."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from geoplan.coverage import classify_gaps
from geoplan.errors import ConfigError, CrsError

VILLAGE = {"id": "v", "measure": "presence", "service": "clinic", "level": "village", "unit": "count", "threshold": 1}
TOWNSHIP = {**VILLAGE, "id": "t", "level": "township"}


def clinic(**fields):
    return {"facility_id": "f", "service": "clinic", "name": "卫生室", "level": "village", **fields}


def judge(county, facilities, item=VILLAGE, demand=None):
    demand = demand or county.make_demand()
    access = county.make_access(facilities=facilities)
    return classify_gaps(demand, access, county.make_profile(item), year=2020).set_index("settlement_id")


def test_code_of_the_facility_says_where_it_stands(county):
    """A clinic coded V11 covers s1 and s2 (V11), not s3 (V12) nor s4 (V21)."""
    gaps = judge(county, [clinic(village_code=county.V11)])
    assert gaps["coverage"].tolist() == ["covered", "covered", "gap", "gap"]
    assert gaps["value"].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert gaps["shortfall"].tolist() == [0.0, 0.0, 1.0, 1.0]
    assert gaps["cause"].tolist() == ["", "", "NONE-IN-UNIT", "NONE-IN-UNIT"]


def test_point_says_where_a_facility_without_code_stands(county):
    """(1500, 500) lies in V21."""
    gaps = judge(county, [clinic(geometry=Point(1500, 500))])
    assert gaps["coverage"].tolist() == ["gap", "gap", "gap", "covered"]


def test_township_follows_from_the_village_code(county):
    """V12 belongs to T1: s1, s2, s3 have it."""
    gaps = judge(county, [clinic(village_code=county.V12)], TOWNSHIP)
    assert gaps["coverage"].tolist() == ["covered", "covered", "covered", "gap"]


def test_facility_that_cannot_be_placed_forbids_claiming_absence(county):
    """One clinic in V11, one nowhere: V11 is covered, everyone else unknown."""
    gaps = judge(county, [clinic(village_code=county.V11), clinic(facility_id="g")])
    assert gaps["coverage"].tolist() == ["covered", "covered", "unknown", "unknown"]
    assert gaps["cause"].tolist() == ["", "", "FACILITY-UNSURE", "FACILITY-UNSURE"]
    assert gaps["value"].isna().tolist() == [False, False, True, True]


def test_facility_on_a_border_is_a_doubt_for_both_sides_only(county):
    """(500, 500) lies on the border of V11 and V12: both unknown, V21 certainly without."""
    gaps = judge(county, [clinic(geometry=Point(500, 500))])
    assert gaps["coverage"].tolist() == ["unknown", "unknown", "unknown", "gap"]


def test_facility_outside_the_county_counts_for_no_unit(county):
    """A clinic over the border is known to stand elsewhere."""
    gaps = judge(county, [clinic(geometry=Point(5000, 5000))])
    assert set(gaps["coverage"]) == {"gap"}


def test_code_of_another_county_counts_for_no_unit(county):
    gaps = judge(county, [clinic(village_code="990822101201")])
    assert set(gaps["coverage"]) == {"gap"}


def test_code_that_lost_its_tail_is_a_doubt_everywhere(county):
    """99082110120 names no village of the county and no other county's: nobody may be called without."""
    gaps = judge(county, [clinic(village_code="99082110120")])
    assert set(gaps["coverage"]) == {"unknown"}


def test_damaged_code_falls_back_to_the_point(county):
    gaps = judge(county, [clinic(village_code="99082110120", geometry=Point(500, 700))])
    assert gaps["coverage"].tolist() == ["gap", "gap", "covered", "gap"]


def test_without_all_polygons_a_stray_point_is_a_doubt(county):
    """V21 has no polygon: the point (1500, 500) may lie in it."""
    demand = county.make_demand()
    villages = demand.villages.copy()
    villages.loc[2, "geometry"] = None
    holed = type(demand)(demand.settlements, demand.groups, villages, demand.townships, demand.county)
    gaps = judge(county, [clinic(geometry=Point(1500, 500))], demand=holed)
    assert set(gaps["coverage"]) == {"unknown"}


def test_empty_layer_is_unknown_and_missing_service_says_so(county):
    """In the plan without facilities: layer empty. Not in the plan: service missing. Neither is a gap."""
    assert set(judge(county, [])["cause"]) == {"LAYER-EMPTY"}
    assert set(judge(county, [], {**VILLAGE, "service": "culture_room"})["cause"]) == {"SERVICE-NOT-IN-PLAN"}


def test_teaching_point_is_no_central_school(county):
    """levels [primary]: a teaching point does not count; a school of unknown level is a doubt where it stands."""
    item = {**VILLAGE, "levels": ["primary"]}
    rows = [
        clinic(facility_id="a", level="teaching_point", village_code=county.V11),
        clinic(facility_id="b", level="primary", village_code=county.V12),
        clinic(facility_id="c", level=None, village_code=county.V21),
    ]
    assert judge(county, rows, item)["coverage"].tolist() == ["gap", "gap", "covered", "unknown"]


@pytest.mark.parametrize("level", ["school", "", None, "小学"])
def test_level_that_says_nothing_forbids_claiming_absence(county, level):
    """A mapped "school" may be a primary one: its village is unknown, the others are without."""
    gaps = judge(county, [clinic(level=level, village_code=county.V12)], {**VILLAGE, "levels": ["primary"]})
    assert gaps["coverage"].tolist() == ["gap", "gap", "unknown", "gap"]
    assert gaps["cause"].iloc[2] == "FACILITY-UNSURE"


def test_other_services_do_not_count(county):
    rows = [clinic(service="hospital", village_code=county.V11), clinic(village_code=county.V12)]
    assert judge(county, rows)["coverage"].tolist() == ["gap", "gap", "covered", "gap"]


def test_threshold_of_two_counts_facilities(county):
    """Two in V11, one in V12, none in V21 against 2: covered, gap of 1, gap of 2."""
    rows = [clinic(facility_id=i, village_code=v) for i, v in enumerate((county.V11, county.V11, county.V12))]
    gaps = judge(county, rows, {**VILLAGE, "threshold": 2})
    assert gaps["shortfall"].tolist() == [0.0, 0.0, 1.0, 2.0]
    assert gaps["cause"].tolist() == ["", "", "TOO-FEW-IN-UNIT", "NONE-IN-UNIT"]


@pytest.mark.parametrize("missing", ["", None, " "])
def test_settlement_without_a_unit_is_unknown(county, missing):
    demand = county.make_demand(village_code=[missing, county.V11, county.V12, county.V21])
    gaps = judge(county, [clinic(village_code=county.V11)], demand=demand)
    assert gaps["coverage"].tolist() == ["unknown", "covered", "gap", "gap"]
    assert gaps["cause"].iloc[0] == "UNIT-UNKNOWN"


def test_presence_in_a_household_is_refused(county):
    with pytest.raises(ConfigError, match="STANDARD-LEVEL"):
        judge(county, [clinic(village_code=county.V11)], {**VILLAGE, "level": "household"})


def test_facilities_in_another_crs_are_refused(county):
    demand = county.make_demand()
    villages = demand.villages.set_crs("EPSG:4543", allow_override=True)
    other = type(demand)(demand.settlements, demand.groups, villages, demand.townships, demand.county)
    with pytest.raises(CrsError, match="CRS-DIFFERS"):
        judge(county, [clinic(geometry=Point(1, 1))], demand=other)


PLACES = st.sampled_from(["V11", "V12", "V21", "nowhere", "abroad"])


@settings(deadline=None, max_examples=30)
@given(places=st.lists(PLACES, min_size=1, max_size=6), order=st.randoms(use_true_random=False))
def test_presence_equals_the_obvious_loop_in_any_order(county, places, order):
    """Per village: one there → covered; else one nowhere → unknown; else gap."""
    codes = {"V11": county.V11, "V12": county.V12, "V21": county.V21, "nowhere": None, "abroad": "110101001001"}
    rows = [clinic(facility_id=str(i), village_code=codes[p]) for i, p in enumerate(places)]
    gaps = judge(county, rows)
    for row, village in zip(gaps.itertuples(), ("V11", "V11", "V12", "V21"), strict=True):
        assert row.coverage == ("covered" if village in places else "unknown" if "nowhere" in places else "gap")
    order.shuffle(rows)
    pd.testing.assert_frame_equal(judge(county, rows), gaps)


DOCTOR = {**VILLAGE, "require": {"doctors": 1}}


def test_doctor_is_asked_of_the_clinic_and_named_when_missing(county):
    """V11: one doctor; V12: none; V21: no clinic → covered, NO-DOCTOR, NONE-IN-UNIT."""
    rows = [
        clinic(facility_id="a", village_code=county.V11, doctors=1.0),
        clinic(facility_id="b", village_code=county.V12, doctors=0.0),
    ]
    gaps = judge(county, rows, DOCTOR)
    assert gaps["coverage"].tolist() == ["covered", "covered", "gap", "gap"]
    assert gaps["cause"].tolist() == ["", "", "NO-DOCTOR", "NONE-IN-UNIT"]
    assert gaps["cause_class"].tolist() == ["", "", "no_staff", "no_facility"]
    assert gaps["shortfall"].tolist() == [0.0, 0.0, 1.0, 1.0]


def test_unknown_staff_is_unknown_unless_another_clinic_has_it(county):
    """V11: unknown beside one with a doctor; V12: unknown beside one without; V21: a clinic that may stand anywhere is none here."""
    rows = [
        clinic(facility_id="a", village_code=county.V11, doctors=float("nan")),
        clinic(facility_id="b", village_code=county.V11, doctors=2.0),
        clinic(facility_id="c", village_code=county.V12, doctors=float("nan")),
        clinic(facility_id="d", village_code=county.V12, doctors=0.0),
    ]
    gaps = judge(county, rows, DOCTOR)
    assert gaps["coverage"].tolist() == ["covered", "covered", "unknown", "gap"]
    assert gaps["cause"].iloc[2] == "REQUIREMENT-UNKNOWN"


def test_clinic_that_falls_short_is_no_doubt_wherever_it_stands(county):
    """A clinic of unknown place without a doctor cannot be the one a village lacks; with one it may."""
    assert set(judge(county, [clinic(doctors=0.0)], DOCTOR)["coverage"]) == {"gap"}
    assert set(judge(county, [clinic(doctors=1.0)], DOCTOR)["cause"]) == {"FACILITY-UNSURE"}


@pytest.mark.parametrize(
    ("column", "cause", "kind"),
    [
        ("doctors", "NO-DOCTOR", "no_staff"),
        ("teachers", "NO-DOCTOR", "no_staff"),
        ("public", "NOT-PUBLIC", "below_standard"),
        ("standard_met", "NOT-TO-STANDARD", "below_standard"),
        ("capacity", "NOT-TO-STANDARD", "below_standard"),
    ],
)
def test_what_a_facility_lacks_is_the_cause(county, column, cause, kind):
    gaps = judge(county, [clinic(village_code=county.V11, **{column: 0.0})], {**VILLAGE, "require": {column: 1}})
    assert gaps.loc["s1", ["cause", "cause_class"]].tolist() == [cause, kind]


def test_of_several_lacks_the_items_first_is_named(county):
    rows = [clinic(village_code=county.V11, doctors=0.0, standard_met=0.0)]
    assert judge(county, rows, {**VILLAGE, "require": {"standard_met": 1, "doctors": 1}}).loc["s1", "cause"] == "NOT-TO-STANDARD"
    assert judge(county, rows, {**VILLAGE, "require": {"doctors": 1, "standard_met": 1}}).loc["s1", "cause"] == "NO-DOCTOR"


def test_column_no_layer_has_leaves_every_village_with_a_clinic_unknown(county):
    gaps = judge(county, [clinic(village_code=county.V11)], {**VILLAGE, "require": {"beds": 1}})
    assert gaps["coverage"].tolist() == ["unknown", "unknown", "gap", "gap"]


DOCTORS = st.one_of(st.just(float("nan")), st.integers(0, 2).map(float))


@settings(deadline=None, max_examples=30)
@given(rows=st.lists(st.tuples(PLACES, DOCTORS), min_size=1, max_size=6), least=st.integers(1, 3))
def test_required_presence_equals_the_obvious_loop(county, rows, least):
    """Per village: as many as asked known to have a doctor → covered; else enough that may → unknown; else gap."""
    codes = {"V11": county.V11, "V12": county.V12, "V21": county.V21, "nowhere": None, "abroad": "110101001001"}
    made = [clinic(facility_id=str(i), village_code=codes[p], doctors=d) for i, (p, d) in enumerate(rows)]
    gaps = judge(county, made, {**DOCTOR, "threshold": least})
    looser = judge(county, made, {**VILLAGE, "threshold": least})
    for row, village in zip(gaps.itertuples(), ("V11", "V11", "V12", "V21"), strict=True):
        sure = sum(p == village and d >= 1.0 for p, d in rows)
        maybe = sum((p == village and d != d) or (p == "nowhere" and not d < 1.0) for p, d in rows)
        assert row.coverage == ("covered" if sure >= least else "unknown" if sure + maybe >= least else "gap")
        if row.coverage == "covered":
            assert looser.loc[row.Index, "coverage"] == "covered"


@settings(deadline=None, max_examples=20)
@given(rows=st.lists(st.tuples(PLACES, DOCTORS), min_size=1, max_size=6), low=st.integers(0, 3), more=st.integers(0, 3))
def test_asking_for_more_doctors_never_covers_more(county, rows, low, more):
    codes = {"V11": county.V11, "V12": county.V12, "V21": county.V21, "nowhere": None, "abroad": "110101001001"}
    made = [clinic(facility_id=str(i), village_code=codes[p], doctors=d) for i, (p, d) in enumerate(rows)]
    easy, hard = (judge(county, made, {**VILLAGE, "require": {"doctors": one}})["coverage"] for one in (low, low + more))
    assert set(hard.index[hard == "covered"]) <= set(easy.index[easy == "covered"])
