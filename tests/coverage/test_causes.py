"""Every cause has words and a class, and no class of gap swallows what is unknown."""

from __future__ import annotations

import re

from geoplan.coverage import causes


def test_every_cause_has_one_class_and_every_class_words():
    assert set(causes.CLASS_OF_CAUSE) == set(causes.CAUSES)
    assert set(causes.CLASS_OF_CAUSE.values()) == set(causes.CAUSE_CLASSES)
    for name, (zh, en) in causes.CAUSE_CLASSES.items():
        assert (zh == "" and en == "") if name == "" else (re.search(r"[一-鿿]", zh) and en)


def test_every_code_of_the_module_is_a_cause():
    codes = {value for name, value in vars(causes).items() if name.isupper() and isinstance(value, str)}
    assert codes == set(causes.CAUSES)


def test_what_nobody_knows_is_unknown_and_only_that():
    """Whatever an override to unknown can say is of class unknown: it never reads like a gap."""
    unknown = {code for code, name in causes.CLASS_OF_CAUSE.items() if name == "unknown"}
    assert unknown == {
        causes.NO_DATA,
        causes.SERVICE_NOT_IN_PLAN,
        causes.SEASON_NOT_COMPUTED,
        causes.TRIP_DIFFERS,
        causes.MODE_DIFFERS,
        causes.TIMES_NOT_COMPUTED,
        causes.ROW_MISSING,
        causes.VALUE_MISSING,
        causes.LAYER_EMPTY,
        causes.UNIT_UNKNOWN,
        causes.FACILITY_UNSURE,
        causes.REQUIREMENT_UNKNOWN,
        causes.COLUMN_ABSENT,
        causes.SHARE_INVALID,
        causes.ROAD_CONDITION_UNKNOWN,
        causes.ROAD_NOT_RESOLVED,
        causes.AMOUNT_UNKNOWN,
        causes.PEOPLE_UNKNOWN,
        causes.NOBODY_ASKED,
        causes.PLACE_UNKNOWN,
        causes.CAPACITY_UNKNOWN,
        causes.SEATS_NOT_COMPUTED,
    }
