"""Everything at once, errors first, and nothing twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geoplan.checks import check_hazards, check_origins, check_places, check_plan, merge_problems
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Layers, Problem

NAN = float("nan")


def problem(code="X", severity="warning", layer="l", column="", count=1):
    return Problem(code, severity, layer, "", "", "", "", column=column, count=count)


def test_hostile_bundle_is_reported_all_at_once(bundle):
    """Twelve defects in seven layers: one pass names all twelve, errors first."""
    layers = bundle.good_layers()
    layers = bundle.change(
        layers,
        "settlements",
        settlement_id=["s", "s"],
        persons=[-5.0, 60.0],
        willing_households=[99.0, 0.0],
        safe_water_share=[90.0, 1.0],
        身份证号=["1", "2"],
        geometry=[Point(1000, 1000), Point(3000, 99_000)],
    )
    layers = bundle.change(
        layers, "groups", parent_code=[bundle.V2, bundle.V2], geometry=[bundle.BOW_TIE, box(2000, 0, 4000, 4000)]
    )
    layers = bundle.change(layers, "clinics", level=["village", None, "village"])
    layers = bundle.change(layers, "roads", road_class=["unknown", "高速"], surface=["asphalt", "asphalt"])
    layers = bundle.change(layers, "landslides", radius_m=[NAN])
    values = layers.rasters["dem"].values.copy()
    values[0, 0] = -9999.0
    layers = bundle.with_dem(layers, values)
    report = check_plan(layers, bundle.good_plan())
    expected = {
        ("ID-DUPLICATE", "settlements"),
        ("PERSONS-NEGATIVE", "settlements"),
        ("WILLING-ABOVE-HOUSEHOLDS", "settlements"),
        ("SHARE-RANGE", "settlements"),
        ("SETTLEMENT-OUTSIDE", "settlements"),
        ("PERSONAL-DATA", "settlements"),
        ("CODE-PREFIX", "groups"),
        ("GEOMETRY-INVALID", "groups"),
        ("FACILITY-LEVEL", "clinics"),
        ("ROAD-VALUE", "roads"),
        ("HAZARD-RADIUS", "landslides"),
        ("DEM-RANGE", "dem"),
    }
    assert expected <= {(one.code, one.layer) for one in report.problems}
    order = [{"error": 0, "warning": 1, "info": 2}[one.severity] for one in report.problems]
    assert order == sorted(order)
    assert not report.ok
    assert len(report.to_frame()) == len(report.problems)


def test_what_reading_and_demand_found_is_kept_and_not_told_twice(bundle):
    """Reading found the same double: one line. A datum offset only reading can find stays."""
    spoilt = bundle.change(bundle.good_layers(), "settlements", settlement_id=["s", "s"])
    read = (problem("ID-DUPLICATE", "error", "settlements", "settlement_id", 2), problem("DATUM-OFFSET", "error", "clinics"))
    layers = Layers(spoilt.crs, spoilt.vectors, spoilt.rasters, spoilt.records, read)
    report = check_plan(layers, bundle.good_plan(), demand_problems=[problem("DEMAND-UNIT", "warning", "settlements")])
    codes = [one.code for one in report.problems]
    assert codes.count("ID-DUPLICATE") == 1
    assert {"DATUM-OFFSET", "DEMAND-UNIT"} <= set(codes)


def test_merging_keeps_the_larger_count_and_both_severities():
    merged = merge_problems([problem(count=1), problem(count=3), problem(severity="error", count=2), problem(column="c")])
    assert [(one.severity, one.column, one.count) for one in merged] == [
        ("warning", "", 3),
        ("error", "", 2),
        ("warning", "c", 1),
    ]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["error", "info"]), st.integers(0, 5)), max_size=8))
def test_merging_twice_changes_nothing_and_loses_no_code(rows):
    problems = [problem(code, severity, count=count) for code, severity, count in rows]
    once = merge_problems(problems)
    assert merge_problems(once) == once
    assert {(one.code, one.severity) for one in once} == {(code, severity) for code, severity, _ in rows}


@settings(deadline=None, max_examples=8)
@given(order=st.permutations([0, 1, 2]))
def test_order_of_rows_does_not_change_what_is_found(bundle, order):
    """Shuffled facilities give the same problems about the same ids."""
    spoilt = bundle.change(bundle.good_layers(), "clinics", level=["village", None, None], capacity=[1.0, -1.0, 1.0])
    shuffled = Layers(
        spoilt.crs, {**spoilt.vectors, "clinics": spoilt.vectors["clinics"].iloc[order]}, spoilt.rasters, spoilt.records
    )
    first, second = (check_places(one, bundle.good_plan()) for one in (spoilt, shuffled))
    assert [(one.code, one.count, sorted(one.ids)) for one in first] == [(one.code, one.count, sorted(one.ids)) for one in second]


def test_inputs_are_left_alone(bundle):
    layers = bundle.good_layers()
    before = {name: frame.copy() for name, frame in layers.vectors.items()}
    check_plan(layers, bundle.good_plan())
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, layers.vectors[name])


def test_layers_that_end_at_the_border_are_noted(bundle):
    """Roads and clinics all inside: whoever lives at the border may have a nearer clinic beyond it."""
    layers = bundle.change(
        bundle.good_layers(), "roads", geometry=[LineString([(0, 990), (2000, 990)]), LineString([(2000, 990), (4000, 990)])]
    )
    layers = bundle.change(layers, "clinics", geometry=[Point(1000, 1100), Point(3000, 1100), Point(3500, 1000)])
    found = [one for one in check_places(layers, bundle.good_plan()) if one.code == "EDGE-CUT"]
    assert [(one.severity, one.ids) for one in found] == [("info", ("clinics", "roads"))]


def test_county_that_is_not_drawn_is_not_guessed(bundle):
    """Without a county layer nothing is inside or outside."""
    layers = bundle.change(bundle.good_layers(), "settlements", geometry=[Point(1e6, 1e6), Point(3000, 1000)])
    assert not any("OUTSIDE" in one.code for one in check_places(layers, bundle.good_plan(county=None)))


def test_facilities_of_other_levels_or_kinds_may_share_a_place(bundle):
    """A kindergarten in the primary school's yard is no double."""
    layers = bundle.change(
        bundle.good_layers(),
        "clinics",
        geometry=[Point(1000, 1100)] * 2 + [Point(5000, 1000)],
        level=["village", "township", "village"],
    )
    assert not any(one.code == "FACILITY-DUPLICATE" for one in check_places(layers, bundle.good_plan()))


def test_plan_without_hazards_is_told_that_unknown_is_not_none(bundle):
    found = check_hazards(bundle.good_layers(), bundle.good_plan(hazards=[]))
    assert [(one.code, one.severity) for one in found] == [("HAZARD-NONE", "info")]


def test_size_and_class_of_the_plan_stand_in_for_missing_ones(bundle):
    layers = bundle.change(bundle.good_layers(), "landslides", radius_m=[None], hazard_class=[None])
    hazard = {"layer": "landslides", "kind": "landslide", "survey_area": "survey", "radius_m": 50.0, "hazard_class": "medium"}
    assert check_hazards(layers, bundle.good_plan(hazards=[hazard])) == []


def test_survey_that_is_missing_or_leaves_people_out_is_noted_once(bundle):
    """Two hazards share one survey: one note."""
    none = [{"layer": "landslides", "kind": "landslide"}, {"layer": "faults", "kind": "fault"}]
    found = check_hazards(bundle.good_layers(), bundle.good_plan(hazards=none))
    assert [(one.code, one.ids) for one in found] == [("HAZARD-SURVEY-MISSING", ("landslides", "faults"))]
    half = bundle.change(bundle.good_layers(), "survey", geometry=[box(0, 0, 2000, 4000)])
    found = check_hazards(half, bundle.good_plan())
    assert [(one.code, one.layer, one.ids) for one in found] == [("HAZARD-UNSURVEYED", "survey", ("99082110120200101",))]


def test_hazard_raster_needs_thresholds(bundle):
    layers = bundle.good_layers()
    depth = Grid(np.ones((4, 4)), layers.rasters["dem"].transform, layers.crs)
    layers = Layers(layers.crs, layers.vectors, {**layers.rasters, "depth": depth}, layers.records)
    bare, told = ({"layer": "depth", "kind": "flood", **extra} for extra in ({}, {"thresholds": {"high": 1.0}}))
    assert [one.code for one in check_hazards(layers, bundle.good_plan(hazards=[bare]))] == ["HAZARD-THRESHOLDS"]
    assert check_hazards(layers, bundle.good_plan(hazards=[told])) == []


@pytest.mark.parametrize(
    ("vintage", "code"),
    [("2016-12", None), ("2015", "LAYER-OLD"), ("2026-12-31", None), ("2027", "LAYER-LATER"), ("近年", "LAYER-VINTAGE")],
)
def test_age_of_a_layer_against_the_planning_year(bundle, vintage, code):
    """Planned for 2026: ten years old is silent, eleven is old."""
    layers = Layers(bundle.WORKING, {}, {}, (bundle.record("dem", vintage),))
    found = check_origins(layers, bundle.good_plan())
    assert [one.code for one in found] == ([] if code is None else [code])
    assert all(one.severity == "info" for one in found)


@pytest.mark.parametrize("column", ["户主姓名", "身份证号", "联系电话", "phone", "ID_CARD", "owner_name"])
def test_personal_columns_are_named_and_said_to_stay_inside(bundle, column):
    layers = bundle.change(bundle.good_layers(), "settlements", **{column: ["a", "b"]})
    stays = check_origins(layers, bundle.good_plan())
    leaves = check_origins(layers, bundle.good_plan(output={"personal_columns": [column]}))
    assert "none is written" in stays[0].message_en
    assert "will be written" in leaves[0].message_en


@pytest.mark.parametrize("column", ["name", "township_code", "ownership_kind", "embankment_m"])
def test_ordinary_columns_are_not_called_personal(bundle, column):
    layers = bundle.change(bundle.good_layers(), "survey", **{column: ["a"]})
    found = check_origins(layers, bundle.good_plan())
    assert found == []
