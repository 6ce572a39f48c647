"""What a standards profile asks that a plan cannot answer."""

from __future__ import annotations

import pytest

from geoplan.checks import check_plan, check_standards
from geoplan.contracts.profiles import StandardsProfile

CLINIC = {"id": "c", "measure": "travel_time", "service": "clinic", "threshold": 30.0, "unit": "min"}
ROAD = {"id": "r", "measure": "road_access", "threshold": 2000.0, "unit": "m"}
WATER = {"id": "w", "measure": "attribute", "column": "safe_water_share", "threshold": 1.0, "unit": "share"}


def profile(*items):
    common = {"label_zh": "项", "label_en": "item", "source": "test", "status": "convention", "level": "group"}
    return StandardsProfile.model_validate(
        {"id": "p", "label_zh": "集", "label_en": "set", "items": [{**common, **one} for one in items]}
    )


def found(bundle, *items, **plan):
    return [
        (one.code, one.severity, one.ids)
        for one in check_standards(bundle.good_layers(), bundle.good_plan(**plan), profile(*items))
    ]


def test_profile_the_plan_can_answer_is_silent(bundle):
    """Clinic in the plan, dry and wet computed, the column there."""
    assert found(bundle, {**CLINIC, "trip": "one_way", "season": "wet"}, ROAD, WATER) == []


@pytest.mark.parametrize(
    ("item", "plan", "code", "severity"),
    [
        ({**CLINIC, "service": "school"}, {}, "STANDARD-SERVICE", "info"),
        ({**CLINIC, "season": "wet"}, {"access": {"seasons": ["dry"]}}, "STANDARD-SEASON", "warning"),
        ({**CLINIC, "trip": "round_trip"}, {}, "STANDARD-TRIP", "warning"),
        ({**WATER, "column": "production_power_share"}, {}, "STANDARD-COLUMN", "info"),
    ],
)
def test_item_the_plan_cannot_answer_is_named(bundle, item, plan, code, severity):
    assert found(bundle, item, **plan) == [(code, severity, (item["id"],))]


def test_plan_report_holds_the_profile_only_when_given(bundle):
    bad = profile({**CLINIC, "service": "school"})
    codes = [one.code for one in check_plan(bundle.good_layers(), bundle.good_plan(), standards=bad).problems]
    assert codes == ["FACILITY-OVER-BORDER", "STANDARD-SERVICE"]
