"""Weights from pairwise judgements."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import ConfigError
from geoplan.relocation.ahp import RANDOM_INDEX, build_matrix, describe_consistency, weigh_judgements

SAATY = [1 / 9, 1 / 7, 1 / 5, 1 / 3, 1 / 2, 1, 2, 3, 4, 5, 7, 9]


def judge(names: str, values: list[float]) -> dict[str, float]:
    return {f"{a}/{b}": value for (a, b), value in zip(combinations(names, 2), values, strict=True)}


def test_three_by_three_by_hand() -> None:
    """3, 5, 3: λ − 3 = x + 1/x − 2 with x = (5/9)^(1/3), the closed form of a 3 × 3 reciprocal matrix; w by its geometric row means."""
    found = weigh_judgements({"a/b": 3, "a/c": 5, "b/c": 3})
    x = (5 / (3 * 3)) ** (1 / 3)
    assert found.largest_eigenvalue == pytest.approx(1 + x + 1 / x, abs=1e-12)
    assert found.consistency_ratio == pytest.approx((x + 1 / x - 2) / 2 / 0.58, abs=1e-12)
    means = np.array([15, 1, 1 / 15]) ** (1 / 3)
    assert found.weights == pytest.approx(means / means.sum(), abs=1e-12)


def test_two_indicators_share_as_judged() -> None:
    found = weigh_judgements({"a/b": 4})
    assert found.weights.tolist() == pytest.approx([0.8, 0.2])
    assert (found.consistency_ratio, found.worst) == (0.0, "")


@settings(deadline=None, max_examples=30)
@given(size=st.integers(3, 8), data=st.data())
def test_weights_are_the_principal_eigenvector_of_numpy(size: int, data: st.DataObject) -> None:
    names = "abcdefgh"[:size]
    pairs = size * (size - 1) // 2
    judgements = judge(names, data.draw(st.lists(st.sampled_from(SAATY), min_size=pairs, max_size=pairs)))
    found = weigh_judgements(judgements, accept_inconsistent=True)
    values, vectors = np.linalg.eig(build_matrix(judgements)[1])
    first = int(np.argmax(values.real))
    vector = np.abs(vectors[:, first].real)
    assert found.weights == pytest.approx(vector / vector.sum(), abs=1e-9)
    assert found.largest_eigenvalue == pytest.approx(values.real[first], abs=1e-9)
    assert found.consistency_ratio == pytest.approx(
        max(0, (values.real[first] - size) / (size - 1)) / RANDOM_INDEX[size - 1], abs=1e-8
    )


@settings(deadline=None, max_examples=30)
@given(weights=st.lists(st.floats(0.05, 1), min_size=3, max_size=7))
def test_judgements_that_are_ratios_of_weights_give_these_weights_back(weights: list[float]) -> None:
    names = "abcdefg"[: len(weights)]
    found = weigh_judgements({f"{a}/{b}": weights[names.index(a)] / weights[names.index(b)] for a, b in combinations(names, 2)})
    assert found.weights == pytest.approx(np.array(weights) / sum(weights), abs=1e-9)
    assert found.consistency_ratio == pytest.approx(0, abs=1e-9)


@settings(deadline=None, max_examples=20)
@given(
    values=st.lists(st.sampled_from(SAATY), min_size=6, max_size=6),
    order=st.permutations("abcd"),
    turned=st.sets(st.integers(0, 5)),
)
def test_neither_the_order_of_names_nor_the_way_a_pair_is_put_counts(
    values: list[float], order: list[str], turned: set[int]
) -> None:
    straight = judge("abcd", values)
    other = {}
    for number, (a, b) in enumerate(combinations(order, 2)):
        value = straight.get(f"{a}/{b}") or 1 / straight[f"{b}/{a}"]
        other |= {f"{b}/{a}": 1 / value} if number in turned else {f"{a}/{b}": value}
    one, two = weigh_judgements(straight, accept_inconsistent=True), weigh_judgements(other, accept_inconsistent=True)
    assert dict(zip(two.names, two.weights, strict=True)) == pytest.approx(
        dict(zip(one.names, one.weights, strict=True)), abs=1e-9
    )
    assert two.consistency_ratio == pytest.approx(one.consistency_ratio, abs=1e-8)


def test_a_circle_is_refused_and_the_worst_judgement_is_named() -> None:
    """a over b, b over c, and d in line with all; c/a = 5 contradicts both: it is the one farthest from the rest."""
    judgements = {"a/b": 2, "b/c": 2, "c/a": 5, "a/d": 4, "b/d": 2, "c/d": 1}
    with pytest.raises(ConfigError) as error:
        weigh_judgements(judgements)
    assert error.value.code == "AHP-INCONSISTENT"
    assert error.value.ids == ("c/a",)
    taken = weigh_judgements(judgements, accept_inconsistent=True)
    assert taken.consistency_ratio > 0.1
    assert f"{taken.consistency_ratio:.3f}" in describe_consistency(taken)[0]


@pytest.mark.parametrize(
    ("judgements", "code", "ids"),
    [
        ({"a/b": 3, "b/c": 2}, "AHP-INCOMPLETE", ("a/c",)),
        ({"a/b": 3, "b/a": 2}, "AHP-RECIPROCAL", ("b/a",)),
        ({"a": 3}, "AHP-JUDGEMENT", ("a",)),
        ({"a/a": 1}, "AHP-JUDGEMENT", ("a/a",)),
        ({"a/b": -1}, "AHP-JUDGEMENT", ("a/b",)),
        ({}, "AHP-JUDGEMENT", ()),
    ],
)
def test_judgements_that_cannot_be_followed_are_named(judgements: dict[str, float], code: str, ids: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as error:
        weigh_judgements(judgements)
    assert (error.value.code, error.value.ids) == (code, ids)


def test_a_pair_judged_both_ways_may_agree() -> None:
    assert weigh_judgements({"a/b": 3, "b/a": 1 / 3}).weights.tolist() == pytest.approx([0.75, 0.25])


def test_more_indicators_than_saatys_table_are_too_many() -> None:
    names = "abcdefghijklmnop"
    with pytest.raises(ConfigError, match="AHP-SIZE"):
        weigh_judgements(judge(names, [1.0] * 120))
