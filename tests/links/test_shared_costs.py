"""What several use is paid once: shares, and the size from which they are worth it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.links.shared_costs import split_shared
from geoplan.relocation.break_even import find_break_even

PEOPLE = st.lists(st.floats(0.0, 5_000.0), min_size=1, max_size=12)


def uses(*people, thing="t"):
    return pd.DataFrame(
        {"shared_id": thing, "group_code": [f"g{n}" for n in range(len(people))], "persons": np.array(people, float)}
    )


def test_a_road_is_split_by_people():
    shares = split_shared(uses(100, 40, 60), pd.Series({"t": 60_000_000}))
    assert shares["share_fen"].tolist() == [30_000_000, 12_000_000, 18_000_000]
    assert shares["others"].tolist() == [100, 160, 140]


def test_an_odd_fen_is_neither_lost_nor_paid_twice():
    assert split_shared(uses(1, 1, 1), pd.Series({"t": 10_000}))["share_fen"].tolist() == [3333, 3334, 3333]


def test_unknown_people_share_in_equal_parts_and_say_so():
    shares = split_shared(uses(100, np.nan), pd.Series({"t": 1_000}))
    assert shares["share_fen"].tolist() == [500, 500]
    assert set(shares["split"]) == {"equal_unknown"}


def test_one_user_pays_everything_whatever_is_known():
    shares = split_shared(uses(np.nan), pd.Series({"t": 999}))
    assert (shares["share_fen"].item(), shares["split"].item(), shares["others"].item()) == (999, "own", 0.0)


@given(PEOPLE, st.integers(0, 10**13), st.sampled_from(["persons", "equal"]))
@settings(max_examples=30, deadline=None)
def test_shares_add_up_to_the_cost_and_lie_within_a_fen_of_their_part(people, fen, split):
    shares = split_shared(uses(*people), pd.Series({"t": fen}), split=split)
    assert shares["share_fen"].sum() == fen
    assert (shares["share_fen"] >= 0).all()
    weight = shares["weight"] / shares["weight"].sum()
    assert (shares["share_fen"] - fen * weight).abs().max() <= 1.0 + 1e-9 * fen


@given(PEOPLE, st.floats(0.0, 1_000.0), st.integers(0, 10**9))
@settings(max_examples=30, deadline=None)
def test_a_bigger_group_never_pays_more_a_person_nor_makes_others_pay_more(people, more, fen):
    people = [one + 1.0 for one in people]
    before = split_shared(uses(*people), pd.Series({"t": fen}))["share_fen"] / np.array(people)
    grown = [people[0] + more, *people[1:]]
    after = split_shared(uses(*grown), pd.Series({"t": fen}))["share_fen"] / np.array(grown)
    assert (after <= before + 2.0 / np.minimum(people, grown) + 1e-9).all()


# --------------------------------------------------------------------------- break-even


def break_even(fixed=0.0, serve=0.0, move=1.0, shared=()):
    """``shared``: (whole, others)."""
    whole, others = np.array(shared, dtype=float).reshape(-1, 2).T
    size, status = find_break_even(
        np.array([float(fixed)]),
        np.array([float(serve)]),
        np.array([float(move)]),
        np.zeros(len(whole), dtype=np.int64),
        whole,
        others,
    )
    return size[0], status[0]


def test_a_link_of_ones_own_is_worth_it_from_its_cost_over_the_difference():
    """1,200,000 yuan; 8,000 and 68,000 a person: 20 people, whether it is called fixed or a thing shared with nobody."""
    assert break_even(1_200_000, 8_000, 68_000) == (pytest.approx(20.0), "ok")
    assert break_even(0, 8_000, 68_000, [(1_200_000, 0)]) == (pytest.approx(20.0), "ok")


def test_a_shared_link_is_worth_it_earlier():
    """1,200,000 for n and 10 others, 60,000 a person: n + 10 = 20."""
    assert break_even(0, 8_000, 68_000, [(1_200_000, 10)]) == (pytest.approx(10.0), "ok")
    assert break_even(0, 8_000, 68_000, [(1_200_000, 20)])[1] == "always"


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ((0, 5, 5), "always"), ((0, 6, 5), "never"), ((0, 4, 5), "always"), ((1, 5, 5), "never"), ((1, 6, 5), "never"),
        ((1, np.nan, 5), "no_data"), ((1, 5, np.nan), "no_data"),
    ],
)  # fmt: skip
def test_at_no_size_at_any_size_or_not_known(case, status):
    size, found = break_even(*case)
    assert found == status
    assert np.isnan(size)


@given(
    st.floats(0, 1e7), st.floats(0, 1e5), st.floats(0, 1e5),
    st.lists(st.tuples(st.floats(1, 1e7), st.floats(0, 1_000)), max_size=4), st.floats(0.01, 10_000),
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_serving_is_dearer_below_the_size_and_not_above(fixed, serve, move, shared, n):
    size, status = break_even(fixed, serve, move, shared)
    costs = fixed + sum(whole * n / (n + others) for whole, others in shared) + serve * n
    limit = {"always": 0.0, "never": np.inf, "ok": size}[status]
    if n > limit * (1 + 1e-6):
        assert costs <= move * n * (1 + 1e-9) + 1e-6
    if n < limit * (1 - 1e-6):
        assert costs >= move * n * (1 - 1e-9) - 1e-6
