"""Turn raw values into points by fixed anchors, and points into a weighted score that never takes missing for zero.

Value function of an indicator with anchors (x_1, v_1) … (x_m, v_m), x ascending: v(x) is linear between neighbouring
anchors, v_1 left of x_1 and v_m right of x_m. The anchors belong to the policy, not to the data: no other settlement can
move a settlement's points (as min–max scaling would).

Weighted score with points p_i in 0..1, weights w_i ≥ 0 scaled to Σ w_i = 1, and K the indicators that have points:

    evidence_share = Σ_K w_i
    score          = Σ_K w_i p_i / evidence_share          (NaN when evidence_share is 0)
    contribution_i = w_i p_i / evidence_share               (sums to score; 0 where i is not in K)
    score_low      = Σ_K w_i p_i                            (everything missing would have been 0)
    score_high     = Σ_K w_i p_i + (1 − evidence_share)     (everything missing would have been 1)

By hand: anchors (0, 0), (60, 1); 30 min → 0.5. Points (0.5, 1.0, missing), weights (0.5, 0.3, 0.2): evidence_share 0.8,
score (0.25 + 0.30)/0.8 = 0.6875, score_low 0.55, score_high 0.75.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoplan.errors import ConfigError


def apply_anchors(raw: ArrayLike, anchors: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Return the points of ``raw`` on the piecewise-linear function through ``anchors``, flat outside them.

    Parameters
    ----------
    raw
        Values in the indicator's unit, any shape; NaN is missing.
    anchors
        (value, points) pairs, at least two, values strictly ascending and finite.

    Returns
    -------
    ndarray
        Points, same shape; NaN where ``raw`` is NaN.

    Raises
    ------
    ConfigError
        ``ANCHORS`` when the pairs are too few, not finite, or do not ascend.

    Examples
    --------
    >>> apply_anchors([0.0, 30.0, 90.0], [(0.0, 0.0), (60.0, 1.0)]).tolist()
    [0.0, 0.5, 1.0]
    """
    table = np.asarray(anchors, dtype=float)
    if table.ndim != 2 or table.shape[0] < 2 or table.shape[1] != 2 or not np.isfinite(table).all():
        raise ConfigError(
            "a value function needs at least two finite (value, points) pairs", code="ANCHORS", remedy="Correct the anchors."
        )
    if not (np.diff(table[:, 0]) > 0).all():
        raise ConfigError(
            "the values of a value function must ascend strictly", code="ANCHORS", remedy="Order the anchors by value."
        )
    values = np.asarray(raw, dtype=float)
    # np.interp is flat outside the anchors and passes NaN through.
    return np.interp(values, table[:, 0], table[:, 1])


@dataclass(frozen=True)
class WeightedScore:
    """Scores of n places over k indicators; see the module for the formulas."""

    score: NDArray[np.float64]
    """(n,) weighted mean of the points that exist; NaN when none does."""
    low: NDArray[np.float64]
    """(n,) score if everything missing were 0."""
    high: NDArray[np.float64]
    """(n,) score if everything missing were 1."""
    evidence_share: NDArray[np.float64]
    """(n,) share of weight that rests on evidence."""
    contributions: NDArray[np.float64]
    """(n, k) parts that sum to the score; 0 where points are missing, NaN where the score is."""


def weigh(points: NDArray[np.float64], weights: NDArray[np.float64]) -> WeightedScore:
    """Return the weighted score of each row of ``points``.

    Parameters
    ----------
    points
        (n, k), 0..1, NaN is missing.
    weights
        (k,), not negative, summing to 1; or (n, k), each row's own.
    """
    known = ~np.isnan(points)
    weighted = np.where(known, points, 0.0) * weights
    # min(): a sum of weights such as 0.1 + 0.2 + 0.7 may exceed 1 by one rounding step.
    share = np.minimum((known * weights).sum(axis=1), 1.0)
    share = np.where(known.all(axis=1), 1.0, share)
    low = np.minimum(weighted.sum(axis=1), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        contributions = np.where(share[:, None] > 0, weighted / share[:, None], np.nan)
    score = np.minimum(contributions.sum(axis=1), 1.0)
    return WeightedScore(
        score=score, low=low, high=np.minimum(low + (1.0 - share), 1.0), evidence_share=share, contributions=contributions
    )


def scale_weights(weights: dict[str, float]) -> dict[str, float]:
    """Return ``weights`` divided by their sum.

    Raises
    ------
    ConfigError
        ``WEIGHTS-VALUE`` when a weight is negative or not a number, or all are zero.
    """
    wrong = [name for name, one in weights.items() if not np.isfinite(one) or one < 0]
    if wrong:
        raise ConfigError(
            "weights must be numbers of at least 0", code="WEIGHTS-VALUE", ids=wrong, remedy="Correct `weights` in the plan file."
        )
    total = float(sum(weights.values()))
    if total <= 0:
        raise ConfigError("all weights are zero", code="WEIGHTS-VALUE", remedy="Give at least one indicator a weight above 0.")
    return {name: one / total for name, one in weights.items()}
