"""Value functions with fixed anchors, and the weighted score that leaves missing evidence out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import ConfigError
from geoplan.relocation.value import apply_anchors, scale_weights, weigh

ANCHORS = [(10.0, 0.0), (20.0, 0.5), (40.0, 1.0)]
share = st.floats(0, 1)


def test_value_function_is_linear_between_anchors_and_flat_outside() -> None:
    """10 → 0, 15 → 0.25, 20 → 0.5, 30 → 0.75, 40 → 1; 0 and 90 take the ends; missing stays missing."""
    points = apply_anchors([[0.0, 10.0, 15.0, 20.0], [30.0, 40.0, 90.0, np.nan]], ANCHORS)
    assert points[0].tolist() == [0.0, 0.0, 0.25, 0.5]
    assert points[1, :3].tolist() == [0.75, 1.0, 1.0]
    assert np.isnan(points[1, 3])


def test_falling_anchors_give_falling_points() -> None:
    """Farmland 0 亩 → 1, 0.5 → 0.6, 1 → 0: a quarter 亩 is 0.8."""
    assert apply_anchors([0.25, 0.75], [(0.0, 1.0), (0.5, 0.6), (1.0, 0.0)]) == pytest.approx([0.8, 0.3])


@pytest.mark.parametrize(
    "anchors", [[(0.0, 0.0)], [(1.0, 0.0), (1.0, 1.0)], [(2.0, 0.0), (1.0, 1.0)], [(0.0, 0.0), (np.inf, 1.0)]]
)
def test_anchors_that_make_no_function_are_refused(anchors: list[tuple[float, float]]) -> None:
    with pytest.raises(ConfigError, match="ANCHORS"):
        apply_anchors([1.0], anchors)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.floats(-50, 50))
def test_points_equal_a_twin_written_out(raw: list[float], shift: float) -> None:
    """Naive twin: walk the anchors."""
    anchors = [(x + shift, y) for x, y in ANCHORS]

    def twin(value: float) -> float:
        if value <= anchors[0][0]:
            return anchors[0][1]
        for (x0, y0), (x1, y1) in pairwise(anchors):
            if value <= x1:
                return y0 + (y1 - y0) * (value - x0) / (x1 - x0)
        return anchors[-1][1]

    assert apply_anchors(raw, anchors) == pytest.approx([twin(one) for one in raw], abs=1e-12)


def test_missing_points_are_left_out_and_not_taken_for_zero() -> None:
    """(0.5·0.5 + 1.0·0.3)/0.8 = 0.6875, not 0.55; between 0.55 and 0.75 if the missing 0.2 were known."""
    found = weigh(np.array([[0.5, 1.0, np.nan]]), np.array([0.5, 0.3, 0.2]))
    assert found.score[0] == pytest.approx(0.6875)
    assert (found.low[0], found.high[0], found.evidence_share[0]) == pytest.approx((0.55, 0.75, 0.8))
    assert found.contributions[0].tolist() == pytest.approx([0.3125, 0.375, 0.0])


def test_nothing_known_is_no_score_and_not_zero() -> None:
    found = weigh(np.full((1, 2), np.nan), np.array([0.4, 0.6]))
    assert np.isnan(found.score[0])
    assert np.isnan(found.contributions).all()
    assert (found.low[0], found.high[0], found.evidence_share[0]) == (0.0, 1.0, 0.0)


def test_evidence_of_no_weight_makes_no_score() -> None:
    """Only the indicator of weight 0 is known: that is no evidence."""
    found = weigh(np.array([[0.9, np.nan]]), np.array([0.0, 1.0]))
    assert np.isnan(found.score[0])
    assert found.evidence_share[0] == 0.0


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(st.one_of(st.none(), share), st.floats(0.01, 1)), min_size=1, max_size=8))
def test_contributions_sum_to_the_score_and_the_score_lies_between_its_bounds(parts: list[tuple[float | None, float]]) -> None:
    points = np.array([[np.nan if one is None else one for one, _ in parts]])
    weights = np.array([weight for _, weight in parts])
    found = weigh(points, weights / weights.sum())
    if np.isnan(points).all():
        assert np.isnan(found.score[0])
        return
    assert found.contributions.sum() == pytest.approx(found.score[0])
    assert found.low[0] - 1e-12 <= found.score[0] <= found.high[0] + 1e-12
    known = ~np.isnan(points[0])
    assert points[0, known].min() - 1e-12 <= found.score[0] <= points[0, known].max() + 1e-12


def test_weights_are_scaled_to_one() -> None:
    """2 and 6 are 0.25 and 0.75."""
    assert scale_weights({"a": 2.0, "b": 6.0}) == {"a": 0.25, "b": 0.75}


@pytest.mark.parametrize("weights", [{"a": -0.1, "b": 1.0}, {"a": float("nan")}, {"a": 0.0, "b": 0.0}])
def test_weights_that_cannot_be_scaled_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="WEIGHTS-VALUE"):
        scale_weights(weights)
