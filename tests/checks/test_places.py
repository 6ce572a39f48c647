"""Layers of facts without places are not asked where they lie; settlements always are."""

from __future__ import annotations

import pytest
from shapely.geometry import Point

from geoplan.checks import check_places, check_plan


def missing(problems):
    return [(one.layer, str(one.severity), one.ids) for one in problems if one.code == "GEOMETRY-MISSING"]


@pytest.fixture
def surveyed(bundle):
    """The good county and a survey table of two rows without a place."""
    layers = bundle.good_layers()
    layers.vectors["willingness"] = bundle.frame([None, None], settlement_id=["w1", "w2"])
    return layers


def test_a_layer_without_places_by_the_catalogue_is_not_warned_about(bundle, surveyed):
    plan = bundle.good_plan()
    assert missing(check_places(surveyed, plan)) == [("willingness", "warning", ("w1", "w2"))]
    assert missing(check_places(surveyed, plan, unlocated=["willingness"])) == []
    assert missing(check_plan(surveyed, plan, unlocated=["willingness"]).problems) == []


def test_other_layers_are_warned_about_all_the_same(bundle, surveyed):
    """One layer without places excuses no other, and nothing excuses the settlements."""
    surveyed.vectors["clinics"].loc[1, "geometry"] = None
    surveyed.vectors["settlements"].loc[0, "geometry"] = None
    found = missing(check_places(surveyed, bundle.good_plan(), unlocated=["willingness", "settlements"]))
    ids = surveyed.vectors["settlements"]["settlement_id"]
    assert sorted(found) == [("clinics", "warning", ("c2",)), ("settlements", "error", (ids[0],))]


def test_a_table_of_facts_may_hold_some_places(bundle, surveyed):
    """A shape in one row of it changes nothing: the rows without are excused all the same."""
    surveyed.vectors["willingness"].loc[0, "geometry"] = Point(1000, 1000)
    assert missing(check_places(surveyed, bundle.good_plan(), unlocated=["willingness"])) == []
