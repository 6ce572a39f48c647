"""What building one facility costs: the remedy's price, by hand and by its laws."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.coverage.building_costs import list_building_costs
from geoplan.io.documents import read_costs, read_standards

COSTS, STANDARDS = read_costs("costs_cn_2026"), read_standards("four_level_2015")


def test_a_village_clinic_costs_what_the_profile_says_and_a_doctor_builds_nothing():
    found = list_building_costs(COSTS, STANDARDS)
    row = next(one for one in COSTS.serve if one.id == "village_clinic")
    assert found["clinic"] == COSTS.unit_yuan(row.price)
    assert not {"water", "transformer", ""} & set(found)


def test_rows_paid_every_year_or_per_head_price_no_building():
    rows = [one.model_copy(update={"basis": "person"}) for one in COSTS.serve]
    assert list_building_costs(COSTS.model_copy(update={"serve": rows}), STANDARDS) == {}


@given(st.floats(0.01, 100.0))
@settings(deadline=None, max_examples=20)
def test_dearer_prices_make_every_building_as_much_dearer(k):
    rows = [one.model_copy(update={"price": one.price.model_copy(update={"yuan": one.price.yuan * k})}) for one in COSTS.serve]
    plain, dearer = (list_building_costs(one, STANDARDS) for one in (COSTS, COSTS.model_copy(update={"serve": rows})))
    assert dearer == {name: pytest.approx(yuan * k) for name, yuan in plain.items()}
