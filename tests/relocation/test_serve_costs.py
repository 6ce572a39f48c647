"""What serving village groups in place costs: by township, by what is missing, and where something was surveyed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.cost_profile import Price, ServeRow
from geoplan.io.documents import read_costs, read_standards
from geoplan.relocation.serve_costs import price_gaps

COSTS = read_costs("costs_cn_2026")
STANDARDS = read_standards("four_level_2015")


def make_groups(people, townships, villages=None):
    n = len(people)
    return pd.DataFrame(
        {
            "group_code": [f"g{k}" for k in range(n)],
            "township_code": townships,
            "village_code": villages or [f"v{k}" for k in range(n)],
            "persons": people,
        }
    )


def make_gaps(people, states, **columns):
    short = {"c": 0.0, "g": 1.0, "u": 1.0, "?": np.nan}
    names = {"c": "covered", "g": "gap", "u": "unreachable", "?": "unknown"}
    part = np.array([short[one] for one in states])
    return pd.DataFrame(
        {
            "settlement_id": [f"s{k}" for k in range(len(people))], "item": "thing", "coverage": [names[one] for one in states],
            "persons": people, "short_persons": np.array(people) * part, "short_households": np.array(people) / 4 * part, **columns,
        }
    )  # fmt: skip


def price(gaps, groups, *, basis, yuan=900_000.0, **more):
    row = ServeRow(
        id="thing", label_zh="物", label_en="thing", gap_items=["thing"], basis=basis, platform="training",
        price=Price(yuan=yuan, price_year=COSTS.price_year, source="made up", status="convention"), **more,
    )  # fmt: skip
    own = pd.Series(groups["group_code"].to_numpy(), index=[f"s{k}" for k in range(len(groups))])
    return price_gaps(gaps, groups, own, COSTS.model_copy(update={"serve": [row]}))


def test_a_thing_of_the_township_is_paid_once_by_its_groups_that_are_short():
    """900,000 yuan for 60 and 30 people of one township, 900,000 for 10 of the other, nothing where it is covered."""
    people = [60.0, 30.0, 500.0, 10.0]
    items, shares = price(make_gaps(people, "ggcg"), make_groups(people, ["T1", "T1", "T1", "T2"]), basis="township")
    assert items["capital_yuan"].tolist() == [600_000, 300_000, 900_000]
    assert items["group_code"].tolist() == ["g0", "g1", "g3"]
    assert items["unit"].unique().tolist() == ["township"]
    assert shares["others"].tolist() == [30, 60, 0]


def test_groups_of_no_township_share_with_nobody():
    people = [40.0, 40.0]
    items, _ = price(make_gaps(people, "gg"), make_groups(people, ["", ""]), basis="township")
    assert items["capital_yuan"].tolist() == [900_000, 900_000]


def test_villages_of_a_township_do_not_share_a_thing_of_the_village():
    people, groups = [40.0, 40.0], make_groups([40.0, 40.0], ["T1", "T1"], ["v1", "v2"])
    assert price(make_gaps(people, "gg"), groups, basis="village")[0]["capital_yuan"].sum() == 1_800_000
    assert price(make_gaps(people, "gg"), groups, basis="township")[0]["capital_yuan"].sum() == 900_000


def test_a_group_of_which_nothing_is_known_leaves_its_share_open():
    people = [40.0, 40.0]
    items, _ = price(make_gaps(people, "g?"), make_groups(people, ["T1", "T1"]), basis="township")
    assert items["status"].tolist() == ["ok", "no_data"]
    assert np.isnan(items["capital_yuan"].iloc[1])


@given(
    st.lists(st.tuples(st.integers(0, 90), st.sampled_from("cgu?"), st.sampled_from(["T1", "T2", ""])), min_size=1, max_size=8),
    st.sampled_from(["village", "township"]),
)
@settings(max_examples=30, deadline=None)
def test_shares_of_a_unit_add_up_to_one_thing_for_every_unit_that_is_short(rows, basis):
    people, states, towns = [float(one) for one, _, _ in rows], "".join(one for _, one, _ in rows), [one for _, _, one in rows]
    items, _ = price(make_gaps(people, states), make_groups(people, towns, towns), basis=basis, yuan=100.01)
    short = [k for k in range(len(rows)) if states[k] in "gu" and people[k] > 0]
    units = {towns[k] or f"g{k}" for k in short}
    assert items.loc[items["status"] == "ok", "known_yuan"].sum() == pytest.approx(100.01 * len(units), abs=1e-6)


def test_only_the_missing_part_of_a_share_is_connected():
    """100 households, 40 % against 60 %: 20 to connect, though the whole settlement is short."""
    gaps = make_gaps([400.0], "g", unit="share", shortfall=0.2, threshold=0.6, households=100.0)
    items, _ = price(gaps, make_groups([400.0], ["T"]), basis="household", yuan=10.0)
    assert items["quantity"].tolist() == pytest.approx([20.0])


def test_only_the_missing_part_of_a_ratio_is_supplied():
    """6,000 people with 1 doctor per 10,000 against 2: half of them are to be supplied."""
    gaps = make_gaps([6_000.0], "g", unit="per_persons", shortfall=1.0, threshold=2.0, households=1_500.0)
    items, _ = price(gaps, make_groups([6_000.0], ["T"]), basis="person", yuan=20.0)
    assert items["capital_yuan"].tolist() == pytest.approx([60_000.0])


def test_what_every_household_must_have_is_counted_as_the_households_without_it():
    gaps = make_gaps([400.0], "g", unit="share", shortfall=0.25, threshold=1.0, households=100.0).assign(short_households=25.0)
    items, _ = price(gaps, make_groups([400.0], ["T"]), basis="household", yuan=10.0)
    assert items["quantity"].tolist() == [25.0]


def test_nobody_is_served_where_nobody_is_asked_for():
    gaps = make_gaps([400.0, 300.0], "gg", asked_persons=[0.0, 9.0])
    items, _ = price(gaps, make_groups([400.0, 300.0], ["T1", "T2"]), basis="village")
    assert items["group_code"].tolist() == ["g1"]


def test_what_nobody_surveyed_leaves_no_total_open_where_the_profile_says_so():
    groups = make_groups([40.0, 40.0], ["T1", "T1"])
    assert price(make_gaps([40.0, 40.0], "??"), groups, basis="village", where_surveyed=True)[0].empty
    assert price(make_gaps([40.0, 40.0], "??"), groups, basis="village")[0]["status"].tolist() == ["no_data"] * 2
    assert price(make_gaps([40.0, 40.0], "c?"), groups, basis="village", where_surveyed=True)[0]["status"].tolist() == ["no_data"]


def test_every_item_of_the_four_level_standard_has_a_price():
    priced = {gap for row in COSTS.serve for gap in row.gap_items}
    lacking = [one.id for one in STANDARDS.items if one.measure != "road_access" and one.id not in priced]
    assert lacking == []


def test_every_price_says_where_it_comes_from_and_that_the_county_must_replace_it():
    for row in COSTS.serve:
        assert row.price.status == "convention"
        assert "县级替换" in row.price.source


def test_one_item_is_closed_by_one_price():
    closed = [gap for row in COSTS.serve for gap in row.gap_items]
    assert len(closed) == len(set(closed))


def test_prices_for_an_age_are_for_items_of_one_age_only():
    """A price per pupil multiplied by everybody would be twenty times too high."""
    ages = {one.id: one.age_group for one in STANDARDS.items}
    for row in COSTS.serve:
        asked = {ages[one] for one in row.gap_items if one in ages}
        assert len(asked) == 1 or row.basis not in ("person", "household")
        assert row.price.yuan < 1_000 or row.basis != "person" or asked != {None}
