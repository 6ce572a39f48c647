"""Good data raise nothing; one spoilt place raises one problem, with its ids and a way out in both languages."""

from __future__ import annotations

import re

import pytest
from shapely.geometry import LineString, Point

from geoplan.checks import check_plan

NAN = float("nan")
LEFT, RIGHT = "99082110120100101", "99082110120200101"

# layer, columns to replace, code, severity, ids expected
SPOILT = [
    ("settlements", {"settlement_id": [LEFT, LEFT]}, "ID-DUPLICATE", "error", (LEFT,)),
    ("clinics", {"facility_id": ["c1", "c2", "c2"]}, "ID-DUPLICATE", "error", ("c2",)),
    ("settlements", {"group_code": ["990821101201001", "990821101202009"]}, "CODE-NOT-LISTED", "warning", (RIGHT,)),
    ("settlements", {"group_code": ["990821101201001", "990821101201002"]}, "CODE-PREFIX", "error", (RIGHT,)),
    ("groups", {"parent_code": ["990821101201", "990821101201"]}, "CODE-PREFIX", "error", ("990821101202001",)),
    ("settlements", {"persons": [-1.0, 60.0]}, "PERSONS-NEGATIVE", "error", (LEFT,)),
    ("settlements", {"persons": [NAN, 60.0]}, "PERSONS-MISSING", "warning", (LEFT,)),
    ("settlements", {"households": [101.0, 20.0]}, "HOUSEHOLDS-ABOVE-PERSONS", "error", (LEFT,)),
    ("settlements", {"households": [8.0, 20.0]}, "HOUSEHOLD-SIZE", "warning", (LEFT,)),
    ("settlements", {"households": [30.0, 0.0], "willing_households": [3.0, 0.0]}, "HOUSEHOLD-SIZE", "warning", (RIGHT,)),
    ("settlements", {"willing_households": [31.0, 0.0]}, "WILLING-ABOVE-HOUSEHOLDS", "error", (LEFT,)),
    ("settlements", {"safe_water_share": [90.0, 1.0]}, "SHARE-RANGE", "error", (LEFT,)),
    ("settlements", {"farmland_mu": [-0.1, 1.0]}, "AMOUNT-NEGATIVE", "error", (LEFT,)),
    ("villages", {"persons": [100.0, 80.0]}, "PERSONS-SUM", "error", ("990821101202",)),
    ("settlements", {"geometry": [Point(1000, 1000), None]}, "GEOMETRY-MISSING", "error", (RIGHT,)),
    ("settlements", {"geometry": [Point(1000, 1000), Point(3000, -500)]}, "SETTLEMENT-OUTSIDE", "warning", (RIGHT,)),
    ("settlements", {"geometry": [Point(1000, 1000), Point(3000, -2001)]}, "SETTLEMENT-OUTSIDE", "error", (RIGHT,)),
    ("clinics", {"level": ["village", None, "village"]}, "FACILITY-LEVEL", "error", ("c2",)),
    ("clinics", {"level": ["county"] * 3}, "SERVICE-EMPTY", "warning", ("clinic",)),
    ("clinics", {"capacity": [5.0, -5.0, 5.0]}, "AMOUNT-NEGATIVE", "error", ("c2",)),
    ("clinics", {"kind": ["a", "b", "a"]}, "SERVICE-MIXED-KINDS", "warning", ("a", "b")),
    (
        "clinics",
        {"geometry": [Point(1000, 1100), Point(1000.5, 1100), Point(5000, 1000)]},
        "FACILITY-DUPLICATE",
        "warning",
        ("c1", "c2"),
    ),
    ("clinics", {"geometry": [Point(1000, 1100), Point(3000, 1100), Point(40000, 1000)]}, "FACILITY-OUTSIDE", "warning", ("c3",)),
    ("roads", {"road_class": ["village", "unknown"]}, "ROAD-CLASS-UNKNOWN", "warning", ("r2",)),
    ("roads", {"road_class": ["乡道", "county"]}, "ROAD-VALUE", "error", ("r1",)),
    ("roads", {"surface": [None, "asphalt"]}, "ROAD-SURFACE-UNKNOWN", "warning", ("r1",)),
    ("roads", {"oneway": [2, 0]}, "ROAD-ONEWAY", "error", ("r1",)),
    ("roads", {"width_m": [0.0, 6.0]}, "ROAD-WIDTH", "warning", ("r1",)),
    ("roads", {"maxspeed_kmh": [0.0, NAN]}, "ROAD-SPEED", "warning", ("r1",)),
    ("roads", {"length_m": [1900.0, 4000.0]}, "ROAD-TOO-SHORT", "warning", ("r1",)),
    (
        "roads",
        {"geometry": [LineString([(0, 990), (0, 990)]), LineString([(0, 990), (6000, 990)])]},
        "ROAD-ZERO-LENGTH",
        "warning",
        ("r1",),
    ),
    ("landslides", {"radius_m": [NAN]}, "HAZARD-RADIUS", "error", ("h1",)),
    ("landslides", {"radius_m": [0.0]}, "HAZARD-RADIUS-ZERO", "error", ("h1",)),
    ("faults", {"setback_m": [None]}, "HAZARD-SETBACK", "error", ("k1",)),
    ("landslides", {"hazard_class": [None]}, "HAZARD-CLASS", "error", ("h1",)),
    ("landslides", {"hazard_class": ["特大"]}, "HAZARD-CLASS-UNKNOWN", "error", ("h1",)),
    ("settlements", {"户主姓名": ["张三", "李四"]}, "PERSONAL-DATA", "warning", ("户主姓名",)),
]


def test_good_data_raise_nothing(bundle):
    """No error and no warning; one note: the clinic over the border, which is wanted."""
    network = bundle.make_network([LineString([(0, 990), (6000, 990)])], [0])
    report = check_plan(bundle.good_layers(), bundle.good_plan(), network=network)
    assert report.ok
    assert [(one.code, one.severity, one.ids) for one in report.problems] == [("FACILITY-OVER-BORDER", "info", ("c3",))]


@pytest.mark.parametrize(
    ("layer", "columns", "code", "severity", "ids"), SPOILT, ids=[f"{s[2]}-{i}" for i, s in enumerate(SPOILT)]
)
def test_one_spoilt_place_raises_its_problem(bundle, layer, columns, code, severity, ids):
    """The problem names layer, severity and ids, and the way out in both languages."""
    report = check_plan(bundle.change(bundle.good_layers(), layer, **columns), bundle.good_plan())
    found = [one for one in report.problems if one.code == code and one.severity == severity]
    assert len(found) == 1, [(one.code, one.severity) for one in report.problems]
    one = found[0]
    assert one.ids == ids
    assert one.layer in (layer, "settlements")
    assert one.count >= 1
    assert re.search(r"[一-鿿]", one.message_zh + one.remedy_zh)
    assert one.message_en
    assert one.remedy_en
    assert report.ok == (not report.errors)
    if severity == "error":
        assert not report.ok
