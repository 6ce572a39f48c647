"""Staff short of the standard: counted facility by facility and unit by unit, rounded up, and open where anything is not known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.coverage.staff import STAFF_COLUMNS, list_staff_gaps
from geoplan.errors import ConfigError

DOCTOR = {
    "id": "doctor",
    "level": "village",
    "measure": "presence",
    "service": "clinic",
    "unit": "count",
    "require": {"doctors": 1.0, "public": 1.0},
}
GPS = {
    "id": "gps", "level": "township", "measure": "ratio", "service": "clinic", "unit": "per_persons", "threshold": 2.0,
    "per_persons": 10_000.0, "amount": "gps",
}  # fmt: skip


def clinics(county, rows):
    """Rows of (township, doctors, gps)."""
    table = county.make_facilities(
        [
            {"facility_id": f"k{i}", "service": "clinic", "name": f"k{i}", "level": "village", "township_code": row[0]}
            for i, row in enumerate(rows)
        ]
    )
    return table.assign(doctors=[float(row[1]) for row in rows], gps=[float(row[2]) for row in rows])


def list_gaps(county, rows, *items, persons=(12_000.0, 345.0, 0.0, 5_000.0)):
    demand = county.make_demand(persons=list(persons))
    return list_staff_gaps(clinics(county, rows), county.make_profile(*items).items, demand)


def test_every_clinic_says_how_many_doctors_it_is_short_of(county):
    """By hand: 0, 2 and an unknown number of doctors where one is needed: short 1, 0, unknown. Public is no staff."""
    found = list_gaps(county, [(county.T1, 0, 0), (county.T1, 2, 0), (county.T2, np.nan, 0)], DOCTOR)
    assert list(found.columns) == list(STAFF_COLUMNS)
    assert found["short"].fillna(-1).tolist() == [1.0, 0.0, -1.0]
    assert found["status"].tolist() == ["ok", "ok", "no_data"]
    assert found["facility_id"].tolist() == ["k0", "k1", "k2"]


def test_a_township_needs_whole_people(county):
    """2 per 10,000 × 12,345 = 2.469 → 3, there are 2: short 1. 5,000 people need 1 and have it."""
    found = list_gaps(county, [(county.T1, 0, 1), (county.T1, 0, 1), (county.T2, 0, 1)], GPS).set_index("unit_code")
    assert found["need"].to_dict() == {county.T1: 3.0, county.T2: 1.0}
    assert found["short"].to_dict() == {county.T1: 1.0, county.T2: 0.0}
    assert found["name"].tolist() == ["东", "西"]
    assert (found["facility_id"] == "").all()


def test_exactly_enough_is_enough(county):
    """2 per 10,000 of 15,000 are 3, not 4, however 2 × 1.5 is written."""
    found = list_gaps(county, [(county.T1, 0, 3), (county.T2, 0, 1)], GPS, persons=(10_000.0, 5_000.0, 0.0, 5_000.0))
    assert found["need"].tolist() == [3.0, 1.0]
    assert found["short"].tolist() == [0.0, 0.0]


def test_unknown_staff_leaves_the_unit_open_unless_enough_are_known(county):
    found = list_gaps(
        county, [(county.T1, 0, 1), (county.T1, 0, np.nan), (county.T2, 0, 1), (county.T2, 0, np.nan)], GPS
    ).set_index("unit_code")
    assert found["status"].to_dict() == {county.T1: "no_data", county.T2: "ok"}
    assert found.loc[county.T2, ["have", "short"]].tolist() == [1.0, 0.0]
    assert found.loc[county.T1, ["have", "short"]].isna().all()
    people = list_gaps(county, [(county.T1, 0, 9), (county.T2, 0, 1)], GPS, persons=(np.nan, 1.0, 1.0, 1.0)).set_index(
        "unit_code"
    )
    assert people["status"].to_dict() == {county.T1: "no_data", county.T2: "ok"}


def test_a_clinic_that_may_stand_anywhere_may_have_the_missing_doctor(county):
    found = list_gaps(county, [(county.T1, 0, 2), ("", 0, 1), (county.T2, 0, 1)], GPS).set_index("unit_code")
    assert found["status"].to_dict() == {county.T1: "no_data", county.T2: "ok"}
    nobody = list_gaps(county, [(county.T1, 0, 2), ("", 0, 0), (county.T2, 0, 1)], GPS).set_index("unit_code")
    assert nobody["short"].to_dict() == {county.T1: 1.0, county.T2: 0.0}


def test_no_facility_known_at_all_is_not_no_staff(county):
    assert (list_gaps(county, [], GPS)["status"] == "no_data").all()
    assert list_gaps(county, [], DOCTOR).empty
    assert list(list_gaps(county, [], DOCTOR).columns) == list(STAFF_COLUMNS)


def test_households_have_no_staff_of_their_own(county):
    with pytest.raises(ConfigError, match="STANDARD-LEVEL"):
        list_gaps(county, [], {**GPS, "level": "household"})


NUMBER = st.one_of(st.just(np.nan), st.integers(0, 6).map(float))


@settings(deadline=None, max_examples=30)
@given(
    rows=st.lists(st.tuples(st.integers(0, 1), NUMBER, NUMBER), max_size=6),
    persons=st.lists(st.one_of(st.just(np.nan), st.integers(0, 30_000).map(float)), min_size=4, max_size=4),
    seed=st.integers(0, 99),
)
def test_it_is_the_rule_unit_by_unit_in_any_order_of_rows(county, rows, persons, seed):
    units = [county.T1, county.T2]
    stand = [(units[one[0]], *one[1:]) for one in rows]
    found = list_gaps(county, stand, GPS, DOCTOR, persons=persons)
    ratio = found[found["item"] == "gps"].set_index("unit_code")
    for number, unit in enumerate(units):
        here = [one[2] for one in rows if one[0] == number]
        people = sum(persons[:3]) if number == 0 else persons[3]
        known = sum(one for one in here if one == one)
        need = math.nan if people != people else math.ceil(2 * people / 10_000 - 1e-9)
        open_end = any(one != one for one in here) or not rows
        short = math.nan if need != need or (open_end and known < need) else max(need - known, 0)
        assert (ratio.loc[unit, "short"] == short) or (math.isnan(short) and math.isnan(ratio.loc[unit, "short"]))
    facilities = clinics(county, stand)
    mixed = facilities.iloc[np.random.default_rng(seed).permutation(len(facilities))]
    items = county.make_profile(GPS, DOCTOR).items
    pd.testing.assert_frame_equal(list_staff_gaps(mixed, items, county.make_demand(persons=persons)), found)
