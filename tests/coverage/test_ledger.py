"""The ledger of gaps: one row per unit and item, every yuan once, and the same sums as a naive reckoning."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.coverage.ledger import LEDGER_COLUMNS, build_ledger, reconcile_ledger

_SPEC = importlib.util.spec_from_file_location("ledger_scene", Path(__file__).with_name("ledger_scene.py"))
scene = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(scene)
T1, V11, G = scene.T1, scene.V11, scene.G
STATES = st.lists(st.sampled_from("cgu?"), min_size=4, max_size=4)


def build(one, year=2026):
    return build_ledger(*one.arguments, access=one.access, year=year)


def rows_of(one, **more):
    return build(one, **more).ledger.set_index("gap_id")


def test_one_row_per_unit_that_must_have_it():
    """The township without a school is one gap, its two villages without a clinic are two, a household item stands under its group."""
    table = rows_of(scene.make_scene(school="gggc", clinic="gggc", water=[0.5, "c", "c", "c"]))
    assert table.index.tolist() == [f"{T1}-school", f"{V11}-clinic", f"{G[0]}-water", f"{scene.V12}-clinic"]
    row = table.loc[f"{V11}-clinic"]
    assert (row["settlements"], row["persons"], row["short_persons"], row["short_households"]) == (2, 100.0, 100.0, 20.0)
    assert (row["unit_name"], row["township_name"], row["village_name"], row["group_name"]) == ("甲", "东乡", "甲", "")
    water = table.loc[f"{G[0]}-water"]
    assert (water["short_persons"], water["village_code"], water["group_name"], water["level"]) == (20.0, V11, "1组", "household")


def test_columns_are_those_of_the_contract():
    assert tuple(build(scene.make_scene(school="gggc")).ledger.columns) == LEDGER_COLUMNS
    empty = build(scene.make_scene()).ledger
    assert tuple(empty.columns) == LEDGER_COLUMNS
    assert empty.empty


def test_a_thing_of_the_village_carries_the_shares_of_its_groups():
    table = rows_of(scene.make_scene(clinic="gggc"))
    assert table.loc[f"{V11}-clinic", "capital_yuan"] == pytest.approx(150_000)
    assert table.loc[f"{scene.V12}-clinic", "capital_yuan"] == pytest.approx(150_000)
    assert table.loc[f"{V11}-clinic", ["cost_status", "priced_zh", "platform", "price_status"]].tolist() == [
        "ok", "费clinic", "training", "convention",
    ]  # fmt: skip


def test_of_several_gaps_that_one_price_closes_the_first_pays_and_the_others_say_so():
    costs = scene.make_costs(("both", ["clinic_30", "clinic"], "person", 100.0))
    table = rows_of(scene.make_scene(costs=costs, clinic="ggcc", clinic_30="gccc"))
    first, other = table.loc[f"{V11}-clinic"], table.loc[f"{G[0]}-clinic_30"]
    assert first["capital_yuan"] == 100 * 100.0
    assert (other["cost_status"], other["cost_with"]) == ("shared", f"{V11}-clinic")
    assert np.isnan(other["capital_yuan"])
    assert other["cost_note_zh"]


def test_an_unknown_cost_is_no_number_and_never_nought():
    unpriced = scene.make_costs(("other", ["water"], "household", 1.0))
    row = rows_of(scene.make_scene(costs=unpriced, clinic="gggc")).loc[f"{V11}-clinic"]
    assert np.isnan(row["present_yuan"])
    assert (row["cost_status"], row["cost_note_en"]) == ("no_data", "the prices have none for this")


def test_what_is_unknown_is_to_be_verified_by_a_survey():
    row = rows_of(scene.make_scene(clinic="??cc")).loc[f"{V11}-clinic"]
    assert (row["status"], row["status_zh"], row["remedy"], row["cost_status"]) == ("unverified", "待核实", "survey", "no_data")
    assert (row["unknown_persons"], row["settlements"]) == (100.0, 2)
    assert np.isnan(row["short_persons"])
    assert np.isnan(row["present_yuan"])


def test_a_gap_of_some_speaks_for_the_unit_and_the_unknown_are_counted_apart():
    row = rows_of(scene.make_scene(school="g?cc")).loc[f"{T1}-school"]
    assert (row["coverage"], row["short_persons"], row["unknown_persons"], row["persons"]) == ("gap", 40.0, 60.0, 125.0)


def test_unknown_people_are_nobody_and_counted():
    demand = scene.make_demand((None, 60.0, 25.0, 75.0), households=[8.0, 12.0, 5.0, 15.0])
    row = rows_of(scene.make_scene(demand, clinic="ggcc")).loc[f"{V11}-clinic"]
    assert (row["short_persons"], row["persons_unknown_settlements"], row["short_households"]) == (60.0, 1, 20.0)


def test_where_nobody_lives_nothing_is_lacking():
    demand = scene.make_demand((0.0, 60.0, 25.0, 75.0))
    assert build(scene.make_scene(demand, water=[1.0, "c", "c", "c"])).ledger.empty


def test_a_unit_without_a_settlement_is_to_be_verified():
    demand = scene.make_demand((40.0, 60.0, 25.0), G[:3], (V11, V11, scene.V12), (T1, T1, T1))
    table = rows_of(scene.make_scene(demand))
    assert set(table["status"]) == {"unverified"}
    assert f"{scene.T2}-school" in table.index
    assert table.loc[f"{scene.V21}-clinic", ["township_code", "settlements"]].tolist() == [scene.T2, 0]


def test_a_settlement_without_a_group_is_its_own():
    demand = scene.make_demand(groups=("", *G[1:]))
    row = rows_of(scene.make_scene(demand, water=[0.5, "c", "c", "c"])).loc["s1-water"]
    assert (row["group_name"], row["capital_yuan"]) == ("村1", 4 * 4_000.0)


def test_overdue_is_a_matter_of_the_planning_year():
    one = scene.make_scene(clinic="gggc", clinic_30="gccc")
    assert (
        rows_of(one, year=2018).loc[f"{V11}-clinic", "overdue"] is np.False_
        or not rows_of(one, year=2018).loc[f"{V11}-clinic", "overdue"]
    )
    assert rows_of(one, year=2019).loc[f"{V11}-clinic", "overdue"]
    assert not rows_of(one, year=2090).loc[f"{G[0]}-clinic_30", "overdue"]


def test_roads_are_paid_by_the_road_item_and_works_by_none():
    one = scene.make_scene(roads=[(G[0], 1e6), (G[3], 5e5)], works=[(G[0], 7e5)], road="gccc", links=[("new", 900, 0, G[0])])
    assert rows_of(one).loc[f"{G[0]}-road", "capital_yuan"] == 1e6
    parts = reconcile_ledger(*one.arguments, access=one.access, year=2026).set_index("part")
    assert parts["capital_yuan"].tolist() == [1e6, 7e5, 5e5, 2.2e6]
    assert parts["items"].tolist() == [1, 1, 1, 3]


def test_a_road_pays_for_the_travel_time_it_closes_where_no_road_item_is_short():
    one = scene.make_scene(
        roads=[(G[0], 1e6)],
        clinic_30="gccc",
        links=[("new", 900, 0, G[0])],
        costs=scene.make_costs(("x", ["water"], "group", 1.0)),
    )
    row = rows_of(one).loc[f"{G[0]}-clinic_30"]
    assert (row["remedy"], row["capital_yuan"]) == ("road_link", 1e6)


def test_a_road_that_cannot_be_built_has_no_cost():
    one = scene.make_scene(roads=[(G[0], 1e6)], road="uccc")
    items = one.decision.items
    lost = (items["item"] == "road_new").to_numpy()
    items.loc[lost, "status"] = "unreachable"
    items.loc[lost, ["capital_yuan", "yearly_yuan", "present_yuan"]] = np.nan
    row = rows_of(one).loc[f"{G[0]}-road"]
    assert (row["cost_status"], row["cost_note_en"], row["remedy"]) == (
        "unreachable",
        "no road can be built there",
        "road_survey",
    )
    assert np.isnan(row["capital_yuan"])


def test_hostile_names_stay_as_they_are():
    demand = scene.make_demand()
    demand.townships["name"] = ["=cmd|'/C calc'!A0", "<script>{n}{usual}</script>"]
    one = scene.make_scene(demand, school="gggg")
    assert set(rows_of(one)["unit_name"]) == {"=cmd|'/C calc'!A0", "<script>{n}{usual}</script>"}


@given(STATES, STATES, STATES, STATES, STATES, st.lists(st.sampled_from([0.0, 7.0, 40.0, None]), min_size=4, max_size=4))
@settings(max_examples=8, deadline=None)
def test_every_yuan_of_serving_stands_once(school, clinic, road, water, thirty, people):
    demand = scene.make_demand(people, households=[2.0] * 4)
    roads = [(one, 1e5 + 0.01) for one in G[:3]]
    one = scene.make_scene(
        demand, roads=roads, works=[(G[1], 3e5)], school=school, clinic=clinic, road=road, water=water, clinic_30=thirty
    )
    items = one.decision.items[one.decision.items["side"] == "serve"]
    parts = reconcile_ledger(*one.arguments, access=one.access, year=2026).set_index("part")
    ledger = build(one).ledger
    assert parts.loc["total", "known_yuan"] == pytest.approx(items["known_yuan"].sum(), abs=0.005)
    assert parts.loc["ledger", "known_yuan"] == pytest.approx(ledger["known_yuan"].sum(), abs=0.005)
    assert parts.drop("total")["known_yuan"].sum() == pytest.approx(parts.loc["total", "known_yuan"], abs=0.005)
    assert parts.loc["works", "known_yuan"] == pytest.approx(
        items.loc[items["item"] == "hazard_works_high", "known_yuan"].sum(), abs=0.005
    )
    # Nothing but roads may fall to groups that are not short.
    rest = items["known_yuan"].sum() - ledger["known_yuan"].sum() - parts.loc["works", "known_yuan"]
    assert rest <= 3 * (1e5 + 0.01) * (1 + 0.01 * one.costs.annuity) + 0.005


@given(STATES, STATES, STATES)
@settings(max_examples=8, deadline=None)
def test_rows_are_those_of_a_naive_reckoning(school, clinic, water):
    one = scene.make_scene(school=school, clinic=clinic, water=water)
    gaps = one.coverage.gaps
    unit = {"school": "township_code", "clinic": "village_code", "water": "group_code"}
    wanted = {}
    for item, column in unit.items():
        for code, some in gaps[gaps["item"] == item].groupby(column):
            states = set(some["coverage"])
            worst = next(name for name in ("unreachable", "gap", "unknown", "covered") if name in states)
            if worst != "covered":
                short = some[some["coverage"].isin(("gap", "unreachable"))]
                wanted[f"{code}-{item}"] = (
                    worst,
                    short["short_persons"].sum() if len(short) else np.nan,
                    some.loc[some["coverage"] == "unknown", "persons"].sum(),
                )
    table = rows_of(one)
    found = {
        key: tuple(row)
        for key, row in zip(table.index, table[["coverage", "short_persons", "unknown_persons"]].to_numpy(), strict=True)
    }
    assert found.keys() == wanted.keys()
    for key, (worst, short, unknown) in wanted.items():
        assert found[key][0] == worst
        assert found[key][1:] == pytest.approx((short, unknown), nan_ok=True)


@given(st.permutations(range(20)), STATES, STATES)
@settings(max_examples=6, deadline=None)
def test_the_order_of_the_gaps_changes_nothing(order, clinic, water):
    one = scene.make_scene(clinic=clinic, water=water, school="g?cc", road="guc?")
    gaps = one.coverage.gaps.iloc[list(order)].reset_index(drop=True)
    other = scene.Scene(one.demand, scene.roll_up(gaps, one.demand), one.standards, one.decision, one.costs, one.access)
    before, after = build(one), build(other)
    for name in ("ledger", "by_year", "years"):
        pd.testing.assert_frame_equal(getattr(before, name), getattr(after, name))


def test_inputs_stay_as_they_are():
    one = scene.make_scene(clinic="gggc", water=[0.5, "?", "c", "c"])
    before = one.coverage.gaps.copy(), one.decision.items.copy()
    build(one)
    pd.testing.assert_frame_equal(one.coverage.gaps, before[0])
    pd.testing.assert_frame_equal(one.decision.items, before[1])


def test_a_place_of_unknown_people_beside_empty_ones_still_lacks_what_it_lacks():
    demand = scene.make_demand((0.0, None, 0.0, 7.0))
    row = rows_of(scene.make_scene(demand, clinic="cgcc")).loc[f"{V11}-clinic"]
    assert (row["coverage"], row["persons_unknown_settlements"]) == ("gap", 1)


def test_the_demo_county_has_a_row_for_every_unit_on_its_maps_and_its_money_adds_up(demo_result, root):
    from geoplan.io.documents import read_costs, read_standards

    result, standards, costs = demo_result, read_standards("four_level_2015"), read_costs("costs_cn_2026")
    found = build_ledger(result.coverage, result.demand, standards, result.decision, costs, access=result.access, year=2026)
    table = found.ledger
    assert table["gap_id"].is_unique
    for level, name in (("township", "townships"), ("village", "villages"), ("group", "groups"), ("household", "groups")):
        items = [one.id for one in standards.items if one.level == level]
        units = getattr(result.coverage, name)
        # A unit where nobody lives whom the item is for lacks nothing; unknown people may.
        asked = (units["persons"] > 0.0) | (units["persons_unknown_settlements"] > 0)
        open_ = units[units["item"].isin(items) & (units["coverage"] != "covered") & asked & (units["code"] != "")]
        own = table[(table["level"] == level) & table["unit_code"].isin(units["code"])]
        assert set(own["gap_id"]) == set(open_["code"] + "-" + open_["item"])
    serve = result.decision.items[result.decision.items["side"] == "serve"]
    parts = reconcile_ledger(
        result.coverage, result.demand, standards, result.decision, costs, access=result.access, year=2026
    ).set_index("part")
    assert parts.loc["total", "known_yuan"] == pytest.approx(serve["known_yuan"].sum(), abs=0.005)
    assert parts.loc["ledger", "known_yuan"] == pytest.approx(table["known_yuan"].sum(), abs=0.005)
    assert set(serve.loc[serve["item"].str.startswith("hazard"), "item"]) & set(table["cost_items"]) == set()
    county = found.by_year[found.by_year["level"] == "county"].set_index("item")["short_persons"]
    short = table.groupby("item")["short_persons"].sum()
    np.testing.assert_allclose(county.reindex(short.index), short)
