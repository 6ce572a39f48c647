"""Gaps by deadline: sums nest from group to city, people count once, and a later year never asks for less."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.coverage.deadlines import UNIT_LEVELS, count_by_deadline, name_city
from geoplan.coverage.ledger import build_ledger

_SPEC = importlib.util.spec_from_file_location("ledger_scene", Path(__file__).with_name("ledger_scene.py"))
scene = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(scene)
G = scene.G
STATES = st.lists(st.sampled_from("cgu?"), min_size=4, max_size=4)
SHARES = st.lists(st.sampled_from([0.25, 0.5, "c", "?", "u"]), min_size=4, max_size=4)


def count(demand=None, **states):
    demand = demand or scene.make_demand()
    return count_by_deadline(scene.make_gaps(demand, **states), demand, scene.STANDARDS)


def test_what_is_due_by_a_year_is_counted_with_what_was_due_before():
    """By 2019 the 100 people of the village without a clinic; by 2020 also 12.5 without water, and the school of everybody in the township."""
    by_year, years = count(clinic="ggcc", water=["c", "c", 0.5, "c"])
    county = years[years["level"] == "county"].set_index("year")
    assert county["short_persons"].tolist() == [100.0, 112.5]
    assert county["items_short"].tolist() == [1, 2]
    assert county["gaps"].tolist() == [1, 2]
    item = by_year[(by_year["level"] == "city") & (by_year["item"] == "clinic")].iloc[0]
    assert item[["year", "settlements", "short_persons", "short_households", "items", "gaps"]].tolist() == [
        2019,
        2,
        100.0,
        20.0,
        1,
        1,
    ]


def test_people_short_of_several_items_count_once():
    _, years = count(clinic="ggcc", school="gggc", water=[0.5, "c", "c", "c"])
    last = years[(years["level"] == "county") & (years["year"] == 2020)].iloc[0]
    assert (last["short_persons"], last["settlements"]) == (125.0, 3)


def test_parts_of_a_settlement_give_bounds_and_whole_items_are_exact():
    """Half short of water alone is 20; a quarter and a half of different things are at least 20 and at most 30 of 40."""
    standards = scene.make_standards(
        scene.make_item("a", "household", "attribute", unit="share", deadline=2020),
        scene.make_item("b", "household", "attribute", unit="share", deadline=2020),
    )
    demand = scene.make_demand()
    gaps = scene.make_gaps(demand, standards, a=[0.25, "c", "c", "c"], b=[0.5, "c", "c", "c"])
    _, years = count_by_deadline(gaps, demand, standards)
    row = years[years["level"] == "county"].iloc[0]
    assert (row["short_persons"], row["short_persons_most"]) == (20.0, 30.0)


def test_items_without_a_deadline_are_listed_without_a_year_and_due_by_none():
    by_year, years = count(clinic_30="gggg")
    assert by_year.loc[by_year["item"] == "clinic_30", "year"].isna().all()
    assert years["short_persons"].sum() == 0.0


def test_the_unknown_stand_apart():
    _, years = count(clinic="?gcc")
    row = years[(years["level"] == "county") & (years["year"] == 2019)].iloc[0]
    assert (row["short_persons"], row["unknown_persons"], row["items_unknown"]) == (60.0, 40.0, 0)


def test_settlements_of_unknown_people_are_counted_and_add_nobody():
    demand = scene.make_demand((None, 60.0, 25.0, 75.0))
    _, years = count(demand, clinic="ggcc")
    row = years[(years["level"] == "county") & (years["year"] == 2019)].iloc[0]
    assert (row["short_persons"], row["persons_unknown_settlements"], row["settlements"]) == (60.0, 1, 2)


@pytest.mark.parametrize(("parent", "city"), [("990800000000", "990800000000"), ("", "990800000000")])
def test_the_city_is_the_parent_of_the_county_or_its_first_four_digits(parent, city):
    county = pd.DataFrame({"code": ["990821000000"], "name": ["县"], "parent_code": [parent]})
    assert name_city(county)[2] == city
    assert name_city(county.iloc[:0])[2] == ""


@given(STATES, STATES, STATES, SHARES, st.lists(st.sampled_from([0.0, 7.0, 40.0, None]), min_size=4, max_size=4))
@settings(max_examples=8, deadline=None)
def test_levels_add_up_and_years_never_fall(school, clinic, road, water, people):
    demand = scene.make_demand(people, groups=("", *G[1:]), households=[2.0] * 4)
    by_year, years = count(demand, school=school, clinic=clinic, road=road, water=water)
    for name in ("settlements", "short_persons", "unknown_persons", "persons_unknown_settlements"):
        sums = by_year.groupby(["level", "item"])[name].sum().unstack("level")
        np.testing.assert_allclose(sums.to_numpy(), np.broadcast_to(sums[["city"]].to_numpy(), sums.shape), atol=1e-9)
        if name in years:
            sums = years.groupby(["level", "year"])[name].sum().unstack("level")
            np.testing.assert_allclose(sums.to_numpy(), np.broadcast_to(sums[["city"]].to_numpy(), sums.shape), atol=1e-9)
    assert set(by_year["level"]) == set(UNIT_LEVELS)
    for name in ("items_short", "settlements", "short_persons", "short_persons_most", "short_households", "gaps"):
        table = years.pivot(index=["level", "code"], columns="year", values=name)
        assert (table[2020] >= table[2019] - 1e-9).all()
    assert (years["short_persons_most"] >= years["short_persons"] - 1e-9).all()


@given(STATES, STATES, SHARES)
@settings(max_examples=8, deadline=None)
def test_people_are_those_of_a_naive_reckoning(school, clinic, water):
    demand = scene.make_demand()
    gaps = scene.make_gaps(demand, school=school, clinic=clinic, water=water)
    _, years = count_by_deadline(gaps, demand, scene.STANDARDS)
    for year in (2019, 2020):
        due = gaps[gaps["deadline"].notna() & (gaps["deadline"].fillna(9999) <= year)]
        wanted = sum(some["short_persons"].fillna(0.0).max() for _, some in due.groupby("settlement_id"))
        row = years[(years["level"] == "county") & (years["year"] == year)].iloc[0]
        assert row["short_persons"] == pytest.approx(wanted)


@given(STATES, STATES, STATES, SHARES)
@settings(max_examples=6, deadline=None)
def test_gaps_of_the_county_are_the_open_rows_of_the_ledger(school, clinic, road, water):
    one = scene.make_scene(school=school, clinic=clinic, road=road, water=water)
    result = build_ledger(*one.arguments, access=one.access, year=2026)
    county = result.by_year[result.by_year["level"] == "county"]
    open_ = result.ledger[result.ledger["status"] == "open"]
    assert county["gaps"].sum() == len(open_)
    by_item = open_.groupby("item")["short_persons"].sum()
    np.testing.assert_allclose(county.set_index("item")["short_persons"].reindex(by_item.index), by_item)
