"""What closes a gap: the smallest thing, with its quantity."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.coverage import SeatsResult
from geoplan.coverage import causes
from geoplan.coverage.ledger import build_ledger
from geoplan.coverage.remedies import measure_lacks
from geoplan.coverage.remedy_words import REMEDY_WORDS, UNIT_WORDS, join_parts, round_quantity, write_remedies
from geoplan.coverage.unit_gaps import place_rows, sum_by_unit_item

_SPEC = importlib.util.spec_from_file_location("ledger_scene", Path(__file__).with_name("ledger_scene.py"))
scene = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(scene)
G = scene.G


def remedy(item, letters="gccc", *, cause=None, shortfall=None, seats=None, links=(), access=None, people=None, **columns):
    """Return the ledger's row for one item that the first settlement is short of."""
    demand = scene.make_demand() if people is None else scene.make_demand(people)
    one = scene.make_scene(demand, standards=scene.make_standards(item), links=links, access=access, **{item["id"]: letters})
    gaps = one.coverage.gaps
    short = gaps["coverage"] != "covered"
    if cause is not None:
        gaps.loc[short, ["cause", "cause_class"]] = [cause, causes.CLASS_OF_CAUSE[cause]]
    if shortfall is not None:
        gaps.loc[short, "shortfall"] = shortfall
    for name, value in columns.items():
        gaps.loc[short, name] = value
    return build_ledger(*one.arguments, access=one.access, seats=seats, year=2026).ledger.iloc[0]


def test_a_road_link_counts_every_piece_of_the_group_once():
    item = scene.make_item("road", "village", "road_access", threshold=500.0, unit="m")
    links = [
        ("new", 120, 0, G[0]),
        ("upgrade", 300, 0, f"{G[0]};{G[1]}"),
        ("bridge", 30, 1, f"{G[0]};{G[3]}"),
        ("new", 999, 0, G[3]),
    ]
    row = remedy(item, "ggcc", links=links)
    assert (row["remedy"], row["quantity"], row["quantity_unit"]) == ("road_link", 450.0, "m")
    assert row["remedy_zh"] == "修通道路:新修 120 米、提升 300 米、桥 30 米"
    assert row["remedy_en"] == "Build the road link: 120 m new, 300 m upgraded, 30 m of bridge"


def test_without_a_link_a_road_is_at_least_as_long_as_what_is_missing():
    item = scene.make_item("road", "group", "road_access", threshold=500.0, unit="m")
    row = remedy(item, shortfall=441.2)
    assert (row["remedy"], row["quantity"], row["remedy_zh"]) == ("road_straight", 442.0, "修路,直线至少 442 米")


def travel(minutes=42.0, off=25.0, metres=1500.0, ridden=17.0, ridden_m=6800.0, riding=None, **item):
    demand = scene.make_demand()
    access = scene.make_access(
        demand, travel_time_min=minutes, off_road_min=off, off_road_m=metres, network_min=ridden, network_m=ridden_m,
        ride_min=ridden if riding is None else riding,
    )  # fmt: skip
    return scene.make_item("clinic_30", "group", "travel_time", threshold=30.0, unit="min", **item), access


def test_a_road_to_the_door_closes_what_the_walk_to_the_road_made_too_long():
    """25 min of walking become 1500 m / 400 m/min = 3.75 min: 20.75 of 30."""
    item, access = travel()
    row = remedy(item, access=access, shortfall=12.0, links=[("new", 1600, 0, G[0])])
    assert (row["remedy"], row["quantity"]) == ("road_link", 1600.0)
    assert remedy(item, access=access, shortfall=12.0)["remedy"] == "road_straight"


def test_a_nearer_facility_is_needed_where_a_road_alone_is_not_enough():
    item, access = travel(minutes=60.0, ridden=35.0, ridden_m=14_000.0)
    row = remedy(item, access=access, shortfall=30.0, links=[("new", 1600, 0, G[0])])
    assert (row["remedy"], row["quantity"], row["quantity_unit"]) == ("nearer", 30.0, "min")
    assert row["remedy_zh"] == "补clinic_30(现超出 30 分钟,仅修路不能达标)"


@pytest.mark.parametrize("more", [{"riding": 0.0}, {"service": "water"}])
def test_who_walks_on_gains_nothing_by_a_road(more):
    ride = {key: value for key, value in more.items() if key == "riding"}
    item, access = travel(**ride)
    access.times["service"] = more.get("service", "thing")
    item |= {key: value for key, value in more.items() if key == "service"}
    assert remedy(item, access=access, shortfall=12.0)["remedy"].startswith("nearer")


@given(st.floats(1, 40), st.floats(50, 5000), st.floats(1, 60), st.floats(100, 30_000))
@settings(max_examples=8, deadline=None)
def test_a_link_closes_a_gap_exactly_when_the_new_time_is_within_the_limit(off, metres, ridden, ridden_m):
    item, access = travel(off + ridden, off, metres, ridden, ridden_m)
    one = scene.make_scene(standards=scene.make_standards(item), access=access, clinic_30="gccc")
    rows = place_rows(one.coverage.gaps, one.standards)
    _, cell = sum_by_unit_item(rows)
    lacks = measure_lacks(rows, cell, 4, one.standards, access=access)
    new = off + ridden - off + metres * ridden / ridden_m
    assert bool(lacks["link_closes"].iloc[cell[0]]) == (new <= 30.0)


def test_what_the_rains_cut_takes_bridges_or_a_hard_surface():
    item, access = travel(season="wet")
    row = remedy(item, access=access, cause=causes.ROAD_CUT_WET, links=[("bridge", 30, 1, G[0])])
    assert (row["remedy"], row["quantity"], row["quantity_unit"]) == ("bridge", 1.0, "bridge")
    assert remedy(item, access=access, cause=causes.ROAD_CUT_WET)["remedy"] == "wet_road"


def test_no_facility_is_built_and_as_many_as_are_missing():
    assert remedy(scene.make_item("clinic", "village", "presence"), "ggcc", shortfall=2.0)["remedy_zh"] == "补clinic:2 处"


def test_a_doctor_is_employed_and_a_clinic_brought_up_to_standard():
    item = scene.make_item("doctor", "village", "presence", require={"doctors": 1.0})
    row = remedy(item, "ggcc", cause=causes.NO_DOCTOR)
    assert (row["remedy"], row["quantity"], row["quantity_unit"]) == ("doctor", 1.0, "staff")
    better = scene.make_item("better", "village", "presence", require={"standard_met": 1.0})
    assert remedy(better, "ggcc", cause=causes.NOT_TO_STANDARD)["remedy"] == "to_standard"


def test_staff_are_as_many_as_are_missing_rounded_up():
    """125 people at 2 per 10,000 with none: 0.025, so one."""
    item = scene.make_item("gps", "township", "ratio", amount="gps", per_persons=10_000.0, threshold=2.0, unit="per_persons")
    assert remedy(item, "gggc", shortfall=2.0)["quantity"] == 1.0
    people = (6_000.0, 6_000.0, 3_000.0, 75.0)
    assert remedy(item, "gggc", shortfall=1.0, people=people)["quantity"] == 2.0


def test_staff_counted_at_facilities_come_first():
    item = scene.make_item("doctor", "village", "presence", require={"doctors": 1.0})
    staff = pd.DataFrame(
        {
            "item": "doctor", "facility_id": ["f1", "f2", "f3"], "township_code": scene.T1, "village_code": scene.V11, "have": 0.0,
            "need": [1.0, 0.3, np.nan], "short": [1.0, 0.3, np.nan], "status": ["ok", "ok", "no_data"],
        }
    )  # fmt: skip
    nothing = pd.DataFrame()
    seats = SeatsResult(nothing, nothing, nothing, nothing, staff)
    assert remedy(item, "ggcc", cause=causes.NO_DOCTOR, seats=seats)["quantity"] == 2.0


def test_water_is_missing_by_the_litre_and_by_the_day():
    """20 L for 40 people: 0.8 m³ a day."""
    row = remedy(scene.make_item("litres", "household", "quantity", threshold=40.0, unit="l_person_day"), shortfall=20.0)
    assert (row["quantity"], row["quantity_more"]) == (20.0, pytest.approx(0.8))
    assert row["remedy_zh"] == "补litres:每人每天至多还缺 20 升,共 0.8 立方米/日"


def test_households_are_connected_up_to_the_standard():
    """40 people, 8 households, 0.4 short: 3.2, so 4."""
    row = remedy(scene.make_item("water", "household", "attribute", unit="share"), [0.4, "c", "c", "c"])
    assert (row["quantity"], row["quantity_unit"], row["remedy_zh"]) == (4.0, "household", "补water:4 户")


def test_beyond_the_radius_one_more_or_a_line():
    row = remedy(scene.make_item("power", "group", "radius", threshold=500.0, unit="m"), shortfall=230.4)
    assert (row["quantity"], row["quantity_more"]) == (1.0, 230.4)
    assert row["remedy_zh"] == "补power:增设 1 处,或延伸线路,至少 231 米"


def test_seats_are_as_many_as_find_none():
    item = scene.make_item("seat", "group", "seat", within_min=30.0, unit="share")
    row = remedy(item, cause=causes.FULL, short_persons=2.2)
    assert (row["quantity"], row["remedy_zh"]) == (3.0, "补seat:新增 3 个座位")


def test_unknown_asks_for_a_survey_that_names_what_is_missing():
    row = remedy(scene.make_item("clinic", "village", "presence"), "??cc", cause=causes.REQUIREMENT_UNKNOWN)
    assert row["remedy_zh"].startswith("补充调查:")
    assert np.isnan(row["quantity"])


def test_every_remedy_is_worded_in_both_languages_with_a_unit_that_has_words():
    for zh, en, unit in REMEDY_WORDS.values():
        assert ("{n}" in zh) == ("{n}" in en)
        assert ("{more}" in zh) == ("{more}" in en)
        assert unit in UNIT_WORDS


@given(st.floats(0, 1e6), st.sampled_from(sorted(UNIT_WORDS)))
@settings(max_examples=8, deadline=None)
def test_a_quantity_is_rounded_up_and_by_less_than_a_piece(quantity, unit):
    rounded = float(round_quantity(np.array([quantity]), np.array([unit], dtype=object))[0])
    step = 0.1 if unit in ("min", "l_person_day") else 1.0
    assert quantity - 1e-5 <= rounded < quantity + step + 1e-6


def test_braces_in_a_text_are_no_template():
    table = pd.DataFrame(
        {
            "remedy": ["build", "survey"], "quantity": [2.0, np.nan], "more": np.nan, "new_m": 0.0, "upgrade_m": 0.0, "bridge_m": 0.0,
            "usual_zh": ["{n}<b>", "x"], "usual_en": ["{n}", "x"], "cause_zh": ["", "=1+1"], "cause_en": ["", "{usual}"],
        }
    )  # fmt: skip
    assert write_remedies(table, "zh").tolist() == ["{n}<b>:2 处", "补充调查:=1+1"]
    assert write_remedies(table, "en").tolist() == ["{n} (number: 2)", "Survey: {usual}"]


def test_parts_that_are_nought_are_not_named():
    table = pd.DataFrame({"new_m": [0.0, 10.2], "upgrade_m": [5.0, 0.0], "bridge_m": [0.0, 30.0]})
    assert join_parts(table, "zh").tolist() == ["提升 5 米", "新修 11 米、桥 30 米"]
