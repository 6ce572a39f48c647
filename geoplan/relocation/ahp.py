"""Turn pairwise judgements into weights by the analytic hierarchy process, and say how far the judgements agree with one another.

With a_ij how many times more i counts than j (a_ji = 1/a_ij, a_ii = 1), λ the largest eigenvalue of A and n its size:

    A w = λ w,  Σ w = 1           weights
    CI = (λ − n)/(n − 1)          consistency index; 0 when a_ik = a_ij a_jk throughout, never below
    CR = CI/RI_n                  consistency ratio; RI_n the mean CI of random judgements

RI_n: T. L. Saaty, The Analytic Hierarchy Process, 1980. Above CR = 0.1 he asks that the judgements be made again, and so does this module, naming
the worst: the pair with the largest |ln(a_ij w_j / w_i)|, whose judgement is farthest from what all the others together say (w_i/w_j).

By hand: a/b = 3, a/c = 5, b/c = 3 has column sums 23/15, 13/3, 9; λ = 3.0385, w = (0.6370, 0.2583, 0.1047), CI 0.0193, CR 0.0332.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import ConfigError

RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
"""RI_1 … RI_15."""
CONSISTENT_UP_TO = 0.1
"""Largest consistency ratio that is taken without a flag (Saaty 1980)."""
_RECIPROCAL = 1e-6
"""Judgements written as 0.333333 and 3 still are each other's reciprocal."""
_STEPS = 10_000


@dataclass(frozen=True)
class Judged:
    """Weights from judgements, and how consistent these are."""

    names: tuple[str, ...]
    """n indicator ids, in the order in which the judgements first name them."""
    weights: NDArray[np.float64]
    """(n,) summing to 1."""
    largest_eigenvalue: float
    """λ, at least n."""
    consistency_index: float
    """CI."""
    consistency_ratio: float
    """CR; 0 for one or two indicators, which cannot contradict one another."""
    worst: str
    """The judgement ``a/b`` farthest from the weights; empty when all agree."""
    worst_says: float
    """What it says."""
    worst_should_say: float
    """What the weights say: w_a/w_b."""


def weigh_judgements(judgements: Mapping[str, float], *, accept_inconsistent: bool = False) -> Judged:
    """Return the weights that pairwise judgements imply.

    Parameters
    ----------
    judgements
        ``a/b`` → how many times more a counts than b, above 0. Every pair of the ids named is needed once; both ways only if reciprocal.
    accept_inconsistent
        Take a consistency ratio above 0.1.

    Raises
    ------
    ConfigError
        ``AHP-JUDGEMENT`` for a key that is not ``a/b`` or a value that is not above 0, ``AHP-INCOMPLETE`` for pairs nobody judged,
        ``AHP-RECIPROCAL`` for a pair judged both ways that disagrees, ``AHP-SIZE`` above 15 ids, ``AHP-INCONSISTENT`` above 0.1.

    Examples
    --------
    >>> found = weigh_judgements({"a/b": 3, "a/c": 5, "b/c": 3})
    >>> found.weights.round(4).tolist(), round(found.consistency_ratio, 4)
    ([0.637, 0.2583, 0.1047], 0.0332)
    """
    names, matrix = build_matrix(judgements)
    count = len(names)
    if count > len(RANDOM_INDEX):
        raise ConfigError(
            f"{count} indicators are too many to be judged in pairs (at most {len(RANDOM_INDEX)})",
            code="AHP-SIZE",
            column="judgements",
            remedy="Judge fewer indicators, or give a ranking.",
        )
    weights, largest = _principal(matrix)
    index = max(0.0, (largest - count) / (count - 1)) if count > 2 else 0.0
    ratio = index / RANDOM_INDEX[count - 1] if count > 2 else 0.0
    worst, says, should = _worst(names, matrix, weights)
    if ratio > CONSISTENT_UP_TO and not accept_inconsistent:
        raise ConfigError(
            f"the judgements contradict one another: consistency ratio {ratio:.3f} is above {CONSISTENT_UP_TO}; "
            f"the worst is {worst} = {says:.3g}, where the others together say {should:.3g}",
            code="AHP-INCONSISTENT",
            column="judgements",
            ids=[worst],
            remedy=f"Judge {worst} again, or set `accept_inconsistent: true`.",
        )
    return Judged(names, weights, largest, index, ratio, worst, says, should)


def build_matrix(judgements: Mapping[str, float]) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the ids judged, in order of first mention, and the (n, n) reciprocal matrix of the judgements.

    Raises
    ------
    ConfigError
        As `weigh_judgements`.

    Examples
    --------
    >>> build_matrix({"a/b": 4})
    (('a', 'b'), array([[1.  , 4.  ],
           [0.25, 1.  ]]))
    """
    pairs = [tuple(part.strip() for part in key.split("/")) for key in judgements]
    wrong = [
        key
        for key, pair in zip(judgements, pairs, strict=True)
        if len(pair) != 2 or not all(pair) or pair[0] == pair[1] or not np.isfinite(judgements[key]) or judgements[key] <= 0
    ]
    if wrong or not pairs:
        raise ConfigError(
            "a judgement compares two different indicators, a/b, by a number above 0",
            code="AHP-JUDGEMENT",
            column="judgements",
            ids=wrong,
            remedy="Write e.g. `hazard_index/slope_deg: 3`.",
        )
    names = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    place = {name: number for number, name in enumerate(names)}
    matrix = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(matrix, 1.0)
    against = []
    for (one, other), value in zip(pairs, judgements.values(), strict=True):
        before = matrix[place[one], place[other]]
        if not np.isnan(before) and abs(np.log(value / before)) > _RECIPROCAL:
            against.append(f"{one}/{other}")
        matrix[place[one], place[other]], matrix[place[other], place[one]] = value, 1.0 / value
    if against:
        raise ConfigError(
            "pairs are judged both ways, and one is not the reciprocal of the other",
            code="AHP-RECIPROCAL",
            column="judgements",
            ids=against,
            remedy="Keep one judgement of each pair.",
        )
    missing = [f"{names[i]}/{names[j]}" for i, j in zip(*np.nonzero(np.triu(np.isnan(matrix))), strict=True)]
    if missing:
        raise ConfigError(
            f"{len(missing)} pairs are not judged",
            code="AHP-INCOMPLETE",
            column="judgements",
            ids=missing,
            remedy="Judge every pair once, or name fewer indicators.",
        )
    return names, matrix


def _principal(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the positive eigenvector, summing to 1, and its eigenvalue, by repeated multiplication (Perron–Frobenius: it converges)."""
    weights = np.full(len(matrix), 1.0 / len(matrix))
    for _ in range(_STEPS):
        after = matrix @ weights
        after /= after.sum()
        if np.abs(after - weights).max() < 1e-15:
            break
        weights = after
    return after, float((matrix @ after).sum())


def _worst(names: Sequence[str], matrix: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[str, float, float]:
    """Return the judgement farthest from the weights' ratio, what it says and what the weights say."""
    ratio = weights[:, None] / weights[None, :]
    off = np.abs(np.log(matrix / ratio))
    # Rounded so that a/b and b/a, equally far off, are told apart by order alone; of the two the one above 1 reads better.
    one, other = divmod(int(np.argmax(np.round(off, 9))), len(names))
    if off[one, other] < 1e-9:
        return "", 1.0, 1.0
    if matrix[one, other] < 1:
        one, other = other, one
    return f"{names[one]}/{names[other]}", float(matrix[one, other]), float(ratio[one, other])


def describe_consistency(found: Judged) -> tuple[str, str]:
    """Return in Chinese and English how consistent the judgements are.

    >>> describe_consistency(weigh_judgements({"a/b": 3, "a/c": 5, "b/c": 3}))[1]
    'consistency ratio 0.033 of 3 indicators (at most 0.1; Saaty 1980); farthest from the rest: a/b = 3, the others together say 2.47'
    """
    count, ratio = len(found.names), found.consistency_ratio
    zh = f"{count} 项指标两两判断,一致性比率 {ratio:.3f}(上限 {CONSISTENT_UP_TO};Saaty 1980)"
    en = f"consistency ratio {ratio:.3f} of {count} indicators (at most {CONSISTENT_UP_TO}; Saaty 1980)"
    if found.worst:
        zh += f";与其余最不合的是 {found.worst} = {found.worst_says:.3g},其余合起来为 {found.worst_should_say:.3g}"
        en += f"; farthest from the rest: {found.worst} = {found.worst_says:.3g}, the others together say {found.worst_should_say:.3g}"
    return zh, en
