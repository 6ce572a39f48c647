"""Bounds of what serving costs: they hold whatever the unknown turns out to be, narrow with knowledge, and decide only what is true."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.cost_profile import Price, ServeRow
from geoplan.io.documents import read_costs
from geoplan.links.shared_costs import split_shared
from geoplan.relocation.cost_items import sum_side, tabulate_item
from geoplan.relocation.deciding_items import find_deciding
from geoplan.relocation.decision import choose
from geoplan.relocation.serve_costs import price_gaps
from geoplan.relocation.share_bounds import bound_shares
from geoplan.relocation.shortages import count_missing, measure_shortages

COSTS = read_costs("costs_cn_2026")
BASES = {"water": "household", "doctor": "person", "hut": "group", "clinic": "village", "school": "township", "either": "person"}
GAP_ITEMS = {"either": ["either_a", "either_b"]}
SETTLEMENTS = (("s0", "g0"), ("s1", "g0"), ("s2", "g1"), ("s3", "g2"), ("s4", "g3"))
VILLAGE = {"g0": "v0", "g1": "v0", "g2": "v1", "g3": ""}


def make_profile(split="persons"):
    serve = [
        ServeRow(
            id=name, label_zh=name, label_en=name, gap_items=GAP_ITEMS.get(name, [name]), basis=basis, platform="training",
            price=Price(yuan=yuan, price_year=COSTS.price_year, source="made up", status="convention", yearly_share=0.03),
        )
        for (name, basis), yuan in zip(BASES.items(), (4_000.0, 81.0, 999.0, 100_000.01, 77_777.0, 400.0), strict=True)
    ]  # fmt: skip
    return COSTS.model_copy(update={"serve": serve, "road": COSTS.road.model_copy(update={"split": split})})


def make_county(people, states):
    """``people``: per settlement, NaN unknown; ``states``: item → a letter a settlement (c covered, g gap, ? unknown)."""
    ids, codes = zip(*SETTLEMENTS, strict=True)
    rows = []
    for item, letters in states.items():
        for one, code, persons, letter in zip(ids, codes, people, letters, strict=True):
            short = {"c": 0.0, "g": persons, "?": np.nan}[letter]
            rows.append(
                (one, item, {"c": "covered", "g": "gap", "?": "unknown"}[letter], persons, persons / 4, short, short / 4, code)
            )
    columns = "settlement_id item coverage persons households short_persons short_households group_code".split()
    table = pd.DataFrame({"group_code": codes, "persons": people}).groupby("group_code", sort=False)["persons"]
    groups = table.sum().reset_index()
    known = table.apply(lambda one: one.notna().all()).to_numpy()
    status = np.where(known, "ok", "no_data")
    groups = groups.assign(
        persons_status=status, households=groups["persons"] / 4, households_status=status,
        village_code=groups["group_code"].map(VILLAGE), township_code="t0",
    )  # fmt: skip
    return pd.DataFrame(rows, columns=columns), groups, pd.Series(codes, index=ids)


def serve(people, states, split="persons"):
    gaps, groups, own = make_county(people, states)
    items, _ = price_gaps(gaps, groups, own, make_profile(split))
    return sum_side(items, groups["group_code"], "serve"), items


def shortages(letters, people=(40.0, 20.0, 12.0, 8.0, 4.0), basis="household"):
    gaps, groups, own = make_county(people, {"thing": letters})
    return measure_shortages(gaps, groups, own, basis=basis).set_index("group_code")


# --------------------------------------------------------------------------- shortages


def test_what_is_not_surveyed_is_between_nobody_and_everybody():
    """10 households short and 5 not surveyed; 3 covered; 2 not surveyed; 1 short."""
    found = shortages("g?c?g")
    assert found["quantity"].tolist() == [10, 0, 0, 1]
    assert found["most"].tolist() == [15, 0, 2, 1]
    assert found["status"].tolist() == ["no_data", "ok", "no_data", "ok"]
    assert found[["persons_low", "persons_high"]].to_numpy().tolist() == [[40, 60], [0, 0], [0, 8], [4, 4]]


def test_without_a_number_of_people_nothing_bounds_the_shortage():
    found = shortages("g?c??", (40.0, np.nan, 12.0, np.nan, 0.0))
    assert found["most"].tolist() == [np.inf, 0, np.inf, 0]
    assert found["status"].tolist() == ["no_data", "ok", "no_data", "ok"]


def test_one_item_that_everybody_lacks_settles_what_one_price_closes():
    gaps, groups, own = make_county((40.0, 20.0, 12.0, 8.0, 4.0), {"a": "gcg??", "b": "??c?c"})
    found = measure_shortages(gaps, groups, own, basis="person").set_index("group_code")
    assert found["quantity"].tolist() == [40, 12, 0, 0]
    assert found["most"].tolist() == [60, 12, 8, 4]
    assert found["status"].tolist() == ["no_data", "ok", "no_data", "no_data"]


def test_a_group_that_was_not_looked_at_may_lack_everything():
    gaps, groups, own = make_county((40.0, 20.0, 12.0, 8.0, 4.0), {"thing": "ccccc"})
    found = measure_shortages(gaps[gaps["settlement_id"] != "s2"], groups, own, basis="person").set_index("group_code").loc["g1"]
    assert (found["quantity"], found["most"], found["status"]) == (0, 12, "no_data")


def test_only_what_is_missing_is_supplied():
    """100 households at a share of 0.4 against 0.6: 20; 6,000 people at 1 a 10,000 against 2: 3,000."""
    rows = pd.DataFrame(
        {
            "coverage": ["gap", "gap"],
            "unit": ["share", "per_persons"],
            "shortfall": [0.2, 1.0],
            "threshold": [0.6, 2.0],
            "households": [100.0, 1500.0],
        }
    )
    short = np.array([100.0, 6_000.0])
    assert count_missing(rows, short, basis="household")[0] == pytest.approx(20)
    assert count_missing(rows, short, basis="person")[1] == pytest.approx(3_000)
    assert count_missing(rows.drop(columns="unit"), short, basis="person").tolist() == [100, 6_000]


# --------------------------------------------------------------------------- shares


def bounds(cost, *users, equal=False):
    """``users``: (least, most, sure)."""
    least, most, sure = (np.array([one[k] for one in users]) for k in range(3))
    thing = pd.Series(["x"] * len(users))
    low, high, open_ = bound_shares(
        thing, np.full(len(users), cost), least.astype(float), most.astype(float), sure.astype(bool), equal=equal
    )
    return low.tolist(), high.tolist(), open_.tolist()


def test_who_may_share_lowers_and_does_not_raise_what_others_pay():
    low, high, open_ = bounds(10_000_000, (30, 30, True), (0, 10, False))
    assert low == [7_499_999, 0]
    assert high == [10_000_000, 2_500_001]
    assert open_ == [True, True]


def test_who_is_alone_for_certain_pays_all():
    assert bounds(500, (0, np.inf, True)) == ([500], [500], [False])


WHO = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=1, max_size=4)


@given(WHO, st.integers(0, 5_000), st.booleans())
@settings(max_examples=30, deadline=None)
def test_bounds_of_a_share_hold_in_every_world(who, cost, equal):
    """Beside every choice of users and of their least or most people, split as shared costs are."""
    users = [(least, least + more, sure) for least, more, sure in who]
    low, high, _ = bounds(cost, *users, equal=equal)
    for pick in product((0, 1), repeat=len(users)):
        for joins in product(*((True,) if sure else (True, False) for _, _, sure in users)):
            present = [k for k, one in enumerate(joins) if one]
            if not present:
                continue
            uses = pd.DataFrame(
                {
                    "shared_id": "x",
                    "group_code": [str(k) for k in present],
                    "persons": [float(users[k][pick[k]]) for k in present],
                }
            )
            split = split_shared(uses, pd.Series({"x": cost}), split="equal" if equal else "persons")
            for k, share in zip(present, split["share_fen"], strict=True):
                assert low[k] <= share <= high[k]


def test_bounds_of_a_share_are_no_wider_than_a_fen_beyond_the_fraction():
    low, high, _ = bounds(1_000_003, (3, 5, True), (2, 7, True), (0, 4, False))
    assert Fraction(1_000_003 * 3, 14) - low[0] <= 1
    assert high[0] - Fraction(1_000_003 * 5, 7) <= 1


# --------------------------------------------------------------------------- sums and the choice


def test_eight_households_not_surveyed_by_pencil():
    """12 at 4,000 yuan known, 20 at most; 6 % over 20 years, 4 % upkeep: 70,022 to 116,703 yuan."""
    item = tabulate_item(
        ["a"], side="serve", item="x", labels=("", ""), unit="household", price=COSTS.serve[0].price, profile=COSTS, platform="ecology",
        quantity=12, status="no_data", most=20.0,
    )  # fmt: skip
    row = sum_side(item, pd.Series(["a", "b"]), "serve")
    assert row["low_yuan"].tolist() == [pytest.approx(70_022, abs=1), 0]
    assert row["high_yuan"].tolist() == [pytest.approx(116_703, abs=1), 0]
    assert row["status"].tolist() == ["no_data", "ok"]
    assert np.isnan(row["total_yuan"].iloc[0])


LETTERS = st.fixed_dictionaries(
    {item: st.text("cg?", min_size=5, max_size=5) for name in BASES for item in GAP_ITEMS.get(name, [name])}
)
PEOPLE = st.lists(st.one_of(st.integers(0, 60).map(float), st.just(np.nan)), min_size=5, max_size=5)


@st.composite
def worlds(draw):
    """A county with unknowns, the same with some of them known, and with all of them known."""
    people, states = draw(PEOPLE), draw(LETTERS)
    all_people = [float(draw(st.integers(0, 60))) if np.isnan(one) else one for one in people]
    every = {item: "".join(draw(st.sampled_from("cg")) if one == "?" else one for one in text) for item, text in states.items()}
    keep = draw(st.lists(st.booleans(), min_size=5, max_size=5))
    some = {item: "".join(b if k else a for a, b, k in zip(states[item], every[item], keep, strict=True)) for item in states}
    some_people = [b if k else a for a, b, k in zip(people, all_people, keep, strict=True)]
    return (people, states), (some_people, some), (all_people, every)


@given(worlds(), st.sampled_from(["persons", "equal"]))
@settings(max_examples=30, deadline=None)
def test_bounds_hold_whatever_the_unknown_is_and_narrow_with_knowledge(county, split):
    (before, _), (between, _), (after, items) = (serve(*one, split=split) for one in county)
    assert (after["status"] == "ok").all()
    assert (items["low_yuan"] == items["high_yuan"]).all()
    eps = 1e-6
    assert (before["low_yuan"] <= after["total_yuan"] + eps).all()
    assert (before["high_yuan"] >= after["total_yuan"] - eps).all()
    assert (between["low_yuan"] >= before["low_yuan"] - eps).all()
    assert (between["high_yuan"] <= before["high_yuan"] + eps).all()


@given(worlds(), st.integers(0, 400_000))
@settings(max_examples=30, deadline=None)
def test_what_bounds_decide_is_true(county, moving):
    """The cheaper side, where named with unknowns, is the cheaper side when everything is known."""
    (before, _), _, (after, _) = (serve(*one) for one in county)
    move = pd.DataFrame({"status": "ok", "low_yuan": float(moving), "high_yuan": float(moving)}, index=before.index)
    guess, truth = choose(before, move), choose(after, move)
    assert all(one in ("unknown", other) for one, other in zip(guess, truth, strict=True))
    assert "unknown" not in truth


def test_nothing_known_is_nothing_for_certain_and_all_at_most():
    sums, items = serve((40.0, 20.0, 12.0, 8.0, 4.0), {"water": "?????"})
    assert sums["low_yuan"].tolist() == [0] * 4
    assert sums["high_yuan"].tolist() == pytest.approx((np.array([15, 3, 2, 1]) * 4_000 * (1 + 0.03 * COSTS.annuity)).tolist())
    assert items["present_yuan"].isna().all()


# --------------------------------------------------------------------------- what would decide


def make_items(*rows):
    """``rows``: (side, low, high) of one group; NaN is no bound."""
    return pd.DataFrame(rows, columns=["side", "low_yuan", "high_yuan"]).assign(group_code="a")


UNDECIDED = pd.DataFrame({"group_code": ["a"], "cheaper": ["unknown"]})


def test_water_would_decide_and_the_sign_would_not():
    items = make_items(("serve", 70, 70), ("serve", 0, 15), ("serve", 0, 2), ("move", 80, 80))
    assert find_deciding(items, UNDECIDED).tolist() == [False, True, False, False]
    assert not find_deciding(items, UNDECIDED.assign(cheaper="serve")).any()


def test_where_no_item_alone_decides_all_do_together():
    items = make_items(("serve", 70, 70), ("serve", 0, 15), ("serve", 0, 14), ("move", 80, 80))
    assert find_deciding(items, UNDECIDED).tolist() == [
        False,
        True,
        True,
        False,
    ]  # 85 > 80, 84 > 80: each may make moving cheaper
    tied = make_items(("serve", 70, 70), ("serve", 0, 8), ("serve", 0, 8), ("serve", 0, 8), ("move", 80, 80))
    assert find_deciding(tied, UNDECIDED).tolist() == [False, True, True, True, False]


PARTS = st.lists(
    st.tuples(st.sampled_from(["serve", "move"]), st.integers(0, 30), st.one_of(st.integers(0, 20), st.none())),
    min_size=1,
    max_size=5,
)


@given(PARTS)
@settings(max_examples=40, deadline=None)
def test_items_that_decide_are_those_of_the_obvious_loop(parts):
    items = make_items(*((side, low, np.nan if more is None else low + more) for side, low, more in parts))
    table = [(side, low, np.inf if more is None else low + more) for side, low, more in parts]

    def decided(rows):
        low, high = ({side: sum(one[k] for one in rows if one[0] == side) for side in ("serve", "move")} for k in (1, 2))
        return high["serve"] < low["move"] or high["move"] < low["serve"]

    open_ = [low != high for _, low, high in table]
    alone = []
    for k, (side, low, high) in enumerate(table):
        ends = [[*table[:k], (side, end, end), *table[k + 1 :]] for end in (low, high)]
        alone.append(open_[k] and (decided(ends[0]) or decided(ends[1])))
    assert find_deciding(items, UNDECIDED).tolist() == (alone if any(alone) else open_)
