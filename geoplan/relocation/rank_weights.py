"""Turn a ranking of indicators into weights, where people can say which matters more but not by how much.

For rank r = 1 (most important) … n:

    rank-order centroid   w_r = (1/n) Σ_{i=r..n} 1/i              the mean of all weights that respect the ranking (F. H. Barron, 1992)
    rank sum              w_r = 2 (n + 1 − r) / (n (n + 1))       falling evenly (W. G. Stillwell, D. A. Seaver, W. Edwards, 1981)

Both sum to 1. Tied indicators share the mean of the weights of the ranks they take.

By hand, n = 3: centroid (11/18, 5/18, 2/18) = (0.6111, 0.2778, 0.1111); rank sum (3/6, 2/6, 1/6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import ConfigError

RankMethod = Literal["rank_order", "rank_sum"]


def centroid_weights(count: int) -> NDArray[np.float64]:
    """Return the (count,) rank-order centroid weights, the most important first.

    >>> centroid_weights(2).tolist()
    [0.75, 0.25]
    """
    found: NDArray[np.float64] = np.cumsum(1.0 / np.arange(count, 0, -1.0))[::-1] / count
    return found


def rank_sum_weights(count: int) -> NDArray[np.float64]:
    """Return the (count,) rank-sum weights, the most important first.

    >>> rank_sum_weights(2).round(4).tolist()
    [0.6667, 0.3333]
    """
    found: NDArray[np.float64] = 2.0 * np.arange(count, 0, -1.0) / (count * (count + 1.0))
    return found


def weigh_ranking(ranking: Sequence[str | Sequence[str]], *, method: RankMethod = "rank_order") -> dict[str, float]:
    """Return the weight of every id of ``ranking``, the most important first; a list inside it is a tie.

    Raises
    ------
    ConfigError
        ``RANKING`` when it is empty, holds an empty tie, or names an id twice.

    Examples
    --------
    >>> {name: round(one, 4) for name, one in weigh_ranking(["a", ["b", "c"]]).items()}
    {'a': 0.6111, 'b': 0.1944, 'c': 0.1944}
    """
    steps = [[one] if isinstance(one, str) else list(one) for one in ranking]
    names = [name for step in steps for name in step]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if not names or doubled or not all(steps):
        raise ConfigError(
            "a ranking names indicators, each once, the most important first",
            code="RANKING",
            column="ranking",
            ids=doubled,
            remedy="Correct `ranking`.",
        )
    by_rank = centroid_weights(len(names)) if method == "rank_order" else rank_sum_weights(len(names))
    parts = np.split(by_rank, np.cumsum([len(step) for step in steps])[:-1])
    return {name: float(part.mean()) for step, part in zip(steps, parts, strict=True) for name in step}
