"""Referral chains: village clinic → township hospital → county hospital, by three rules, against pencil and every chain tried."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.reach import build_reach_from_matrix
from geoplan.access.referral import CAUSES, chain_referrals
from geoplan.errors import ConfigError, TableError

INF = np.inf
LEVELS = ["village", "township", "county"]


def table(matrix, demands, supplies, *, cutoff_min=240.0, **options):
    matrix = np.array(matrix, dtype=float).reshape(len(demands), len(supplies))
    return build_reach_from_matrix(matrix, demand_ids=demands, supply_ids=supplies, cutoff_min=cutoff_min, **options)


def hill():
    """
    a ──5── v1 ──60── t1 ──20── c1      a is 5 min from v1 and 8 from v2; v2 is 30 from t1 and 10 from t2;
      └─8── v2 ──30── t1                t2 is 100 from c1.
               └─10── t2 ──100── c1
    """
    return [
        table([[5, 8]], ["a"], ["v1", "v2"]),
        table([[60, INF], [30, 10]], ["v1", "v2"], ["t1", "t2"]),
        table([[20], [100]], ["t1", "t2"], ["c1"]),
    ]


def rows(frame, *columns):
    return [tuple(None if value != value else value for value in row) for row in frame[list(columns)].itertuples(index=False)]


def test_each_step_to_the_nearest_adds_up_leg_by_leg():
    got = chain_referrals(hill(), LEVELS)
    assert rows(got.legs, "leg", "level", "from_id", "supply_id", "travel_time_min", "cumulative_min", "status", "cause") == [
        (1, "village", "a", "v1", 5.0, 5.0, "ok", ""),
        (2, "township", "v1", "t1", 60.0, 65.0, "ok", ""),
        (3, "county", "t1", "c1", 20.0, 85.0, "ok", ""),
    ]
    assert rows(got.totals, "status", "total_min", "levels_reached", "broken_level", "cause") == [("ok", 85.0, 3, "", "")]


def test_the_best_chain_may_start_at_the_farther_clinic():
    """a – v2 – t1 – c1: 8 + 30 + 20 = 58, though v1 is nearer and t2 nearer than t1."""
    got = chain_referrals(hill(), LEVELS, rule="best")
    assert got.legs["supply_id"].tolist() == ["v2", "t1", "c1"]
    assert got.totals["total_min"].tolist() == [58.0]


def test_a_stated_parent_is_followed_though_it_is_farther():
    """v1 refers to t1, t1 to c1. a is assigned to no clinic and goes to the nearest; assigned to v2, whose parent is t2, it goes there."""
    parents = pd.Series({"v1": "t1", "v2": "t2", "t1": "c1", "t2": "c1"})
    got = chain_referrals(hill(), LEVELS, rule="designated", parents=parents)
    assert got.legs["supply_id"].tolist() == ["v1", "t1", "c1"]
    assigned = chain_referrals(hill(), LEVELS, rule="designated", parents=pd.concat([parents, pd.Series({"a": "v2"})]))
    assert assigned.legs["supply_id"].tolist() == ["v2", "t2", "c1"]
    assert assigned.totals["total_min"].tolist() == [118.0]


@pytest.mark.parametrize(
    ("parents", "cause", "status", "named"),
    [
        ({}, "parent_not_stated", "no_data", ""),
        ({"v1": ""}, "parent_not_stated", "no_data", ""),
        ({"v1": None}, "parent_not_stated", "no_data", ""),
        ({"v1": "t9"}, "parent_unknown", "no_data", "t9"),
        ({"v1": "t2"}, "parent_out_of_reach", "beyond_cutoff", "t2"),
    ],
)
def test_a_chain_that_breaks_says_where_and_why(parents, cause, status, named):
    got = chain_referrals(hill(), LEVELS, rule="designated", parents=pd.Series(parents, dtype=object))
    assert rows(got.legs, "supply_id", "travel_time_min", "cumulative_min", "status", "cause") == [
        ("v1", 5.0, 5.0, "ok", ""),
        (named, None, None, status, cause),
        ("", None, None, status, "chain_broken"),
    ]
    assert rows(got.totals, "status", "total_min", "levels_reached", "broken_level", "cause") == [
        (status, None, 1, "township", cause)
    ]


@pytest.mark.parametrize("rule", ["nearest", "best", "designated"])
def test_a_missing_level_has_a_status_and_a_cause(rule):
    """No township hospital at all."""
    reaches = [table([[5]], ["a"], ["v1"]), table([], ["v1"], []), table([], [], ["c1"])]
    got = chain_referrals(reaches, LEVELS, rule=rule, parents=pd.Series({"v1": "t1"}))
    assert rows(got.totals, "status", "levels_reached", "broken_level", "cause") == [("no_data", 1, "township", "level_missing")]
    assert got.legs["cause"].tolist() == ["", "level_missing", "chain_broken"]


@pytest.mark.parametrize("rule", ["nearest", "best"])
def test_settlements_that_start_no_chain_are_there_with_their_status(rule):
    reaches = [
        table(
            [[5], [INF], [INF], [INF]],
            ["a", "b", "c", "d"],
            ["v1"],
            cutoff_min=INF,
            demand_status=["ok", "ok", "unsnapped", "no_data"],
        ),
        table([[7]], ["v1"], ["t1"]),
    ]
    got = chain_referrals(reaches, LEVELS[:2], rule=rule)
    assert got.totals["status"].tolist() == ["ok", "unreachable", "unsnapped", "no_data"]
    assert got.totals["cause"].tolist() == ["", *["out_of_reach"] * 3]
    assert len(got.legs) == 8
    assert got.legs["settlement_id"].tolist() == list("aabbccdd")


def test_a_facility_that_was_not_searched_from_is_named():
    reaches = [table([[5]], ["a"], ["v1"]), table([[7]], ["v2"], ["t1"])]
    for rule in ("nearest", "best"):
        got = chain_referrals(reaches, LEVELS[:2], rule=rule)
        assert rows(got.totals, "status", "cause", "broken_level") == [("no_data", "not_in_table", "township")]


def test_of_a_short_dead_end_and_a_long_way_through_the_best_chain_gets_through():
    reaches = [table([[1, 100]], ["a"], ["v1", "v2"]), table([[INF], [50]], ["v1", "v2"], ["t1"])]
    got = chain_referrals(reaches, LEVELS[:2], rule="best")
    assert got.legs["supply_id"].tolist() == ["v2", "t1"]
    assert chain_referrals(reaches, LEVELS[:2]).totals["levels_reached"].tolist() == [1]


@st.composite
def systems(draw):
    """Three tables of small whole minutes with ties and gaps."""
    sizes = [draw(st.integers(1, 4)) for _ in range(4)]
    cell = st.sampled_from([0.0, 1.0, 2.0, 3.0, 7.0, INF])
    return [
        np.array(draw(st.lists(st.lists(cell, min_size=wide, max_size=wide), min_size=high, max_size=high)))
        for high, wide in itertools.pairwise(sizes)
    ]


def build(system, orders=None):
    """Tables of a system; ``orders`` reorders the rows of each level."""
    sizes = [len(system[0]), *(matrix.shape[1] for matrix in system)]
    orders = orders or [list(range(size)) for size in sizes]
    names = [[f"{letter}{at}" for at in order] for letter, order in zip("avtc", orders, strict=True)]
    return [table(matrix[np.ix_(orders[leg], orders[leg + 1])], names[leg], names[leg + 1]) for leg, matrix in enumerate(system)]


def chains_twin(system, start):
    """Every chain as far as it goes: (legs missing, minutes, facilities), least first."""
    first, second, third = system
    found = [(3, 0.0, ())]
    for v in range(first.shape[1]):
        one = first[start, v]
        found.append((2, one, (f"v{v}",)))
        for t in range(second.shape[1]):
            two = one + second[v, t]
            found.append((1, two, (f"v{v}", f"t{t}")))
            found += [(0, two + third[t, c], (f"v{v}", f"t{t}", f"c{c}")) for c in range(third.shape[1])]
    return sorted(chain for chain in found if np.isfinite(chain[1]))


@given(systems())
@settings(max_examples=40, deadline=None)
def test_the_best_chain_is_the_best_of_all_chains_and_no_rule_beats_it(system):
    got = chain_referrals(build(system), LEVELS, rule="best")
    near = chain_referrals(build(system), LEVELS)
    for at in range(len(system[0])):
        missing, minutes, facilities = chains_twin(system, at)[0]
        mine = got.legs[got.legs["settlement_id"] == f"a{at}"]
        assert tuple(mine.loc[mine["status"] == "ok", "supply_id"]) == facilities
        assert got.totals["levels_reached"][at] == 3 - missing >= near.totals["levels_reached"][at]
        if not missing:
            assert got.totals["total_min"][at] == minutes
            assert not near.totals["total_min"][at] < minutes


@given(systems(), st.sampled_from(["nearest", "best", "designated"]), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_no_chain_depends_on_the_order_of_rows(system, rule, random):
    orders = [list(range(size)) for size in (len(system[0]), *(matrix.shape[1] for matrix in system))]
    for order in orders:
        random.shuffle(order)
    parents = pd.Series({"v0": "t0", "v1": "t1", "v2": "t0", "t0": "c0", "t1": "c9", "t2": "c1"})
    plain = chain_referrals(build(system), LEVELS, rule=rule, parents=parents)
    shuffled = chain_referrals(build(system, orders), LEVELS, rule=rule, parents=parents)
    again = shuffled.legs.sort_values(["settlement_id", "leg"], ignore_index=True)
    pd.testing.assert_frame_equal(again, plain.legs)
    assert set(plain.legs["cause"]) <= set(CAUSES)
    ok = plain.legs["status"] == "ok"
    assert (ok == plain.legs["travel_time_min"].notna()).all()
    assert (ok == plain.legs["cumulative_min"].notna()).all()
    assert (ok == (plain.legs["cause"] == "")).all()


@given(systems())
@settings(max_examples=20, deadline=None)
def test_following_the_nearest_as_stated_parents_is_the_nearest_chain(system):
    near = chain_referrals(build(system), LEVELS)
    legs = near.legs[(near.legs["leg"] > 1) & (near.legs["status"] == "ok")].drop_duplicates("from_id")
    parents = legs.set_index("from_id")["supply_id"]
    stated = chain_referrals(build(system), LEVELS, rule="designated", parents=parents)
    pd.testing.assert_series_equal(stated.totals["total_min"], near.totals["total_min"])
    pd.testing.assert_series_equal(stated.legs["supply_id"], near.legs["supply_id"])


@pytest.mark.parametrize(
    ("code", "kind", "make"),
    [
        ("REFERRAL-LEVELS", ConfigError, lambda: chain_referrals(hill(), LEVELS[:2])),
        ("REFERRAL-LEVELS", ConfigError, lambda: chain_referrals([], [])),
        ("REFERRAL-RULE", ConfigError, lambda: chain_referrals(hill(), LEVELS, rule="any")),
        ("REFERRAL-RULE", ConfigError, lambda: chain_referrals(hill(), LEVELS, rule="designated")),
        (
            "REFERRAL-PARENTS",
            TableError,
            lambda: chain_referrals(hill(), LEVELS, rule="designated", parents=pd.Series(["t1", "t2"], index=["v1", "v1"])),
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_code(code, kind, make):
    with pytest.raises(kind) as caught:
        make()
    assert caught.value.code == code
