"""What a standards profile asks that a plan cannot answer."""

from __future__ import annotations

import pytest

from geoplan.checks import check_plan, check_standards
from geoplan.contracts.profiles import StandardsProfile

CLINIC = {"id": "c", "measure": "travel_time", "service": "clinic", "threshold": 30.0, "unit": "min"}
ROAD = {"id": "r", "measure": "road_access", "threshold": 2000.0, "unit": "m"}
DOCTOR = {
    "id": "d",
    "measure": "presence",
    "service": "clinic",
    "require": {"doctors": 1},
    "threshold": 1.0,
    "unit": "count",
    "level": "village",
}
RATIO = {
    "id": "q",
    "measure": "ratio",
    "service": "clinic",
    "amount": "capacity",
    "threshold": 1.0,
    "unit": "per_persons",
    "level": "village",
}
WATER = {"id": "w", "measure": "attribute", "column": "safe_water_share", "threshold": 1.0, "unit": "share"}


def profile(*items):
    common = {"label_zh": "项", "label_en": "item", "source": "test", "status": "convention", "level": "group"}
    ages = [
        {**common, "id": "old", "age_from": 60, "age_to": 120, "column": "elder_persons", "share_of_persons": 0.2},
        {**common, "id": "child", "age_from": 6, "age_to": 8, "column": "grade13_persons"},
        {**common, "id": "walks", "age_from": 6, "age_to": 8, "column": "persons", "walker": "child_1_3"},
    ]
    for one in ages:
        del one["level"]
    values = {"id": "p", "label_zh": "集", "label_en": "set", "age_groups": ages, "items": [{**common, **one} for one in items]}
    return StandardsProfile.model_validate(values)


def found(bundle, *items, **plan):
    return [
        (one.code, one.severity, one.ids)
        for one in check_standards(bundle.good_layers(), bundle.good_plan(**plan), profile(*items))
    ]


def test_profile_the_plan_can_answer_is_silent(bundle):
    """Clinic in the plan, dry and wet computed, the column there."""
    assert found(bundle, {**CLINIC, "trip": "one_way", "season": "wet"}, ROAD, WATER, RATIO) == []


def test_mode_the_plan_has_is_silent_and_car_is_ride(bundle):
    assert found(bundle, {**CLINIC, "mode": "car", "walker": "adult"}) == []


def test_item_for_an_age_timed_at_another_pace_is_remarked(bundle):
    """The children walk as ``child_1_3``, the plan's service as an adult; an item that names the walker says so itself."""
    assert found(bundle, {**CLINIC, "age_group": "walks"}) == [("STANDARD-WALKER", "info", ("c",))]
    assert found(bundle, {**CLINIC, "age_group": "walks", "walker": "adult"}) == []


@pytest.mark.parametrize(
    ("item", "plan", "code", "severity"),
    [
        ({**CLINIC, "service": "school"}, {}, "STANDARD-SERVICE", "info"),
        ({**CLINIC, "season": "wet"}, {"access": {"seasons": ["dry"]}}, "STANDARD-SEASON", "warning"),
        ({**CLINIC, "trip": "round_trip"}, {}, "STANDARD-TRIP", "warning"),
        ({**WATER, "column": "production_power_share"}, {}, "STANDARD-COLUMN", "info"),
        ({**CLINIC, "mode": "walk"}, {}, "STANDARD-MODE", "warning"),
        ({**CLINIC, "walker": "elder"}, {}, "STANDARD-MODE", "warning"),
        ({**CLINIC, "age_group": "old", "walker": "adult"}, {}, "STANDARD-AGE-DERIVED", "info"),
        ({**CLINIC, "age_group": "child"}, {}, "STANDARD-AGE-UNKNOWN", "warning"),
        ({**DOCTOR}, {}, "STANDARD-FACT", "info"),
        ({**RATIO, "amount": "gps"}, {}, "STANDARD-FACT", "info"),
    ],
)
def test_item_the_plan_cannot_answer_is_named(bundle, item, plan, code, severity):
    assert found(bundle, item, **plan) == [(code, severity, (item["id"],))]


def test_plan_report_holds_the_profile_only_when_given(bundle):
    bad = profile({**CLINIC, "service": "school"})
    codes = [one.code for one in check_plan(bundle.good_layers(), bundle.good_plan(), standards=bad).problems]
    assert codes == ["FACILITY-OVER-BORDER", "STANDARD-SERVICE"]
