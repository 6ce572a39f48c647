"""Weights from a ranking, and the choice among all methods."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.certainty_config import WeightScheme
from geoplan.errors import ConfigError
from geoplan.relocation.rank_weights import centroid_weights, rank_sum_weights, weigh_ranking
from geoplan.relocation.weighting import choose_weights

LINE = [(0.0, 0.0), (100.0, 1.0)]


def test_three_by_hand() -> None:
    assert centroid_weights(3).tolist() == pytest.approx([11 / 18, 5 / 18, 2 / 18])
    assert rank_sum_weights(3).tolist() == pytest.approx([3 / 6, 2 / 6, 1 / 6])


@settings(deadline=None, max_examples=20)
@given(count=st.integers(1, 15))
def test_weights_fall_sum_to_one_and_are_exact_fractions(count: int) -> None:
    centroid = [sum(Fraction(1, i) for i in range(r, count + 1)) / count for r in range(1, count + 1)]
    evenly = [Fraction(2 * (count + 1 - r), count * (count + 1)) for r in range(1, count + 1)]
    assert sum(centroid) == sum(evenly) == 1
    assert centroid_weights(count) == pytest.approx([float(one) for one in centroid], abs=1e-14)
    assert rank_sum_weights(count) == pytest.approx([float(one) for one in evenly], abs=1e-14)
    assert (np.diff(centroid_weights(count)) < 0).all()


def test_the_centroid_is_the_mean_of_all_weights_in_that_order() -> None:
    """Sorted points of the simplex, 200,000 of them: 4 standard errors are about 0.002."""
    parts = np.random.default_rng(1).standard_exponential((200_000, 4))
    ordered = np.sort(parts / parts.sum(axis=1, keepdims=True), axis=1)[:, ::-1]
    assert centroid_weights(4) == pytest.approx(ordered.mean(axis=0), abs=0.002)


def test_ties_share_the_mean_of_their_places() -> None:
    assert weigh_ranking(["a", ["b", "c"]], method="rank_sum") == pytest.approx({"a": 3 / 6, "b": 1.5 / 6, "c": 1.5 / 6})


@pytest.mark.parametrize("ranking", [[], ["a", "a"], ["a", ["b", "a"]], ["a", []]])
def test_a_ranking_names_each_once(ranking: list[str]) -> None:
    with pytest.raises(ConfigError, match="RANKING"):
        weigh_ranking(ranking)


def test_every_method_gives_weights_of_the_profile_that_sum_to_one(make: SimpleNamespace) -> None:
    profile = make.profile(("a", 0.5, LINE), ("b", 0.3, LINE), ("c", 0.2, LINE))
    schemes = {
        "profile": (WeightScheme(), {"a": 0.5, "b": 0.3, "c": 0.2}),
        "given": (WeightScheme(method="given", given={"a": 1.5}), {"a": 0.75, "b": 0.15, "c": 0.1}),
        "ahp": (WeightScheme(method="ahp", judgements={"c/a": 3}), {"a": 0.25, "b": 0.0, "c": 0.75}),
        "rank_order": (WeightScheme(method="rank_order", ranking=["b", "a"]), {"a": 0.25, "b": 0.75, "c": 0.0}),
        "rank_sum": (WeightScheme(method="rank_sum", ranking=["b", "a"]), {"a": 1 / 3, "b": 2 / 3, "c": 0.0}),
    }
    for scheme, expected in schemes.values():
        found = choose_weights(profile, scheme)
        assert found == pytest.approx(expected)
        assert list(found) == ["a", "b", "c"]
    over = choose_weights(profile, schemes["rank_order"][0], weights={"c": 1.0})
    assert over == pytest.approx({"a": 0.125, "b": 0.375, "c": 0.5})


def test_unknown_indicators_are_named(make: SimpleNamespace) -> None:
    with pytest.raises(ConfigError, match="WEIGHTS-UNKNOWN") as error:
        choose_weights(make.profile(("a", 1.0, LINE)), WeightScheme(method="rank_order", ranking=["a", "z"]))
    assert error.value.ids == ("z",)
