"""Draw how far ranks can be trusted: ranks under weights drawn around the stated ones, with everything unknown between its bounds.

Unit i has points between low_ik and high_ik of indicator k (equal where everything is known; NaN where the indicator asks nothing of it) and the
score S_i(u) = Σ_k w_k u_ik / Σ_k w_k over the indicators that ask something of it. Draw d takes w from a Dirichlet distribution around the
stated weights and u_ik = low_ik + U (high_ik − low_ik), U uniform. The rank of i is 1 + how many units have a higher score.

Two intervals, both of the middle share s of draws:

- *likely*: ranks held in the middle s of draws, the unknown being drawn like that.
- *sure*: in each draw the best rank i could have (its unknown all served, everybody else's short) and the worst (the reverse); from the
  (1 − s)/2 quantile of the best to the (1 + s)/2 quantile of the worst, and never narrower than the two at the stated weights. It holds
  whatever is unknown turns out to be, contains the likely one, and can only widen when more is unknown.

Weights: w ~ Dirichlet(`SPREAD` · n · w⁰) for n indicators with stated shares w⁰: mean w⁰; equal weights vary by 1/√SPREAD, about a third of
themselves. That figure is a convention (sensitivity to weights is usually looked at within ± 30 %).

By hand: a scores 0.9, b 0.5 … 0.7, c 0.6 for sure: a is 1; b is 3 or 2, each in half the draws; c the other; sure and likely interval of both 2–3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SPREAD = 10.0
"""Concentration of the drawn weights per indicator, no unit; larger: nearer to the stated ones. A convention."""

_CELLS = 4_000_000
"""Numbers held at once while drawing."""
_DIGITS = 12
"""Decimals at which scores are compared, so that equal scores tie however they were summed."""


@dataclass(frozen=True)
class RankDraws:
    """What the draws say of n units.

    Attributes
    ----------
    rank_low, rank_high
        (n,) int64 sure interval.
    likely_low, likely_high
        (n,) int64 likely interval.
    held
        (n, n) share of draws in which unit i (row) has rank r + 1 (column).
    above
        (n, n) share of draws in which unit i (row) has a higher score than unit j (column).
    """

    rank_low: NDArray[np.int64]
    rank_high: NDArray[np.int64]
    likely_low: NDArray[np.int64]
    likely_high: NDArray[np.int64]
    held: NDArray[np.float64]
    above: NDArray[np.float64]


def score_units(points: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (…, n) scores: the weighted mean of the points of (n, k) or (…, n, k) over those that are not NaN; NaN where none is.

    Parameters
    ----------
    points
        (…, n, k) points 0..1.
    weights
        (k,) or (…, k) weights ≥ 0.

    Examples
    --------
    >>> score_units(np.array([[1.0, 0.5], [np.nan, 0.5]]), np.array([3.0, 1.0])).tolist()
    [0.875, 0.5]
    """
    weight = np.where(np.isnan(points), 0.0, np.asarray(weights)[..., None, :])
    total = weight.sum(axis=-1)
    sums = (np.where(np.isnan(points), 0.0, points) * weight).sum(axis=-1)
    return np.round(np.divide(sums, total, out=np.full(total.shape, np.nan), where=total > 0.0), _DIGITS)


def rank_scores(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (n,) ranks, 1 the highest; equal scores share the smallest; 0 where the score is NaN.

    >>> rank_scores(np.array([0.5, 0.9, 0.5, np.nan])).tolist()
    [2, 1, 2, 0]
    """
    known = ~np.isnan(scores)
    ordered = np.sort(-scores[known])
    return np.where(known, np.searchsorted(ordered, np.where(known, -scores, np.inf), side="left") + 1, 0).astype(np.int64)


def draw_weights(weights: NDArray[np.float64], *, draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return (draws, k) weights around (k,) weights that sum to 1; a weight of 0 stays 0."""
    used = weights > 0.0
    drawn = np.zeros((draws, len(weights)))
    if used.any():
        drawn[:, used] = rng.dirichlet(SPREAD * used.sum() * weights[used], size=draws)
    return drawn


def draw_ranks(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    draws: int,
    seed: int,
    interval_share: float,
) -> RankDraws:
    """Return what the draws say; the same numbers for the same seed, bit by bit.

    Parameters
    ----------
    low, high
        (n, k) least and greatest points, 0 ≤ low ≤ high ≤ 1; both NaN where an indicator asks nothing of a unit. Each unit needs one it asks.
    weights
        (k,) stated weights ≥ 0, summing to 1.
    draws
        How many.
    seed
        Seed of the draws.
    interval_share
        Share s of the draws inside an interval, 0..1.
    """
    rng = np.random.default_rng(seed)
    count = len(low)
    drawn = draw_weights(weights, draws=draws, rng=rng)
    ranks, best, worst = (np.empty((draws, count), dtype=np.int64) for _ in range(3))
    above = np.zeros((count, count))
    step = max(1, _CELLS // max(1, count * max(count, low.shape[1])))
    for start in range(0, draws, step):
        part = slice(start, min(start + step, draws))
        mixed = rng.random((part.stop - start, *low.shape))
        scores = score_units(low + mixed * (high - low), drawn[part])
        higher = scores[:, :, None] > scores[:, None, :]
        above += higher.sum(axis=0)
        ranks[part] = 1 + higher.sum(axis=1)
        best[part], worst[part] = _bound_ranks(score_units(low, drawn[part]), score_units(high, drawn[part]))
    sure = [one[0] for one in _bound_ranks(score_units(low, weights)[None], score_units(high, weights)[None])]
    tail = (1.0 - interval_share) / 2.0
    held = np.stack([np.bincount(one - 1, minlength=count) for one in ranks.T]) if count else np.zeros((0, 0))
    return RankDraws(
        np.minimum(_quantile(best, tail, "lower"), sure[0]),
        np.maximum(_quantile(worst, 1.0 - tail, "higher"), sure[1]),
        _quantile(ranks, tail, "lower"),
        _quantile(ranks, 1.0 - tail, "higher"),
        held / draws,
        above / draws,
    )


def _bound_ranks(least: NDArray[np.float64], most: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (d, n) best and worst rank of each unit, from the (d, n) least and greatest scores of all."""
    surely_above = least[:, :, None] > most[:, None, :]
    maybe_above = most[:, :, None] > least[:, None, :]
    itself = np.eye(least.shape[1], dtype=bool)
    return (1 + surely_above.sum(axis=1)).astype(np.int64), (1 + (maybe_above & ~itself).sum(axis=1)).astype(np.int64)


def _quantile(ranks: NDArray[np.int64], share: float, method: str) -> NDArray[np.int64]:
    """Return the (n,) rank that ``share`` of the draws do not exceed, itself a rank that was held."""
    if not ranks.shape[1]:
        return np.zeros(0, dtype=np.int64)
    return np.quantile(ranks, share, axis=0, method=method).astype(np.int64)  # type: ignore[call-overload]
