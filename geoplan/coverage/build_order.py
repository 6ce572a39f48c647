"""Put sites in an order of building that stays near the most people so many sites could cover.

Best for k sites covers bₖ people (proven, `geoplan.optimise.mclp`), but the best sets of 1, 2, 3 … need not contain one another, and nobody tears down
last year's clinic. Of all orders over a pool of sites choose the one whose worst relative shortfall

    max over k of  (bₖ − people covered by the first k) / (bₖ − b₀)

is least, then that with the least sum of shortfalls, then the first by the pool's order. The search goes step by step over sets and keeps the
best ``width`` of them: with at most ``width`` sets of any size it tries all orders, so its answer is the least there is.

By hand: site A covers 1, 2; B covers 2, 3; C covers 1, 4 with 3, 4, 4, 3 people: b = 0, 8, 14. B first (8), then C (14): no shortfall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoplan.optimise.location_cover import merge_rows

_EQUAL = 1e-9


@dataclass(frozen=True)
class BuildOrder:
    """An order of building."""

    order: NDArray[np.int64]
    """(k,) columns of the pool, first built first."""
    persons: NDArray[np.float64]
    """(k + 1,) people covered after none, one, two …"""
    shortfall_share: NDArray[np.float64]
    """(k + 1,) how far below the best, as a share of what the best gains; 0 where it gains nothing."""


class _Path(NamedTuple):
    worst: float
    total: float
    order: tuple[int, ...]
    covered: NDArray[np.bool_]
    persons: tuple[float, ...]


def order_build(
    cover: NDArray[np.bool_], persons: NDArray[np.float64], best: ArrayLike, *, length: int | None = None, width: int = 300
) -> BuildOrder:
    """Return the order of building that stays nearest to the best.

    Parameters
    ----------
    cover
        (n, m) which site of the pool covers which demand that nothing existing covers.
    persons
        (n,) people.
    best
        (k + 1,) most people that 0, 1, 2 … sites cover, of the same demands (existing cover left out: it starts at 0); the last holds for longer orders.
    length
        How many sites are built; all of the pool if not given.
    width
        How many sets are kept from one step to the next.

    Examples
    --------
    >>> import numpy as np
    >>> cover = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
    >>> order_build(cover, np.array([3.0, 4, 4, 3]), [0, 8, 14], length=2).order.tolist()
    [1, 2]
    """
    m = cover.shape[1]
    length = m if length is None else min(length, m)
    first, group = merge_rows(cover)
    rows, people = cover[first], np.bincount(group, weights=persons, minlength=len(first)).astype(float)
    most = np.asarray(best, dtype=np.float64)
    paths = [_Path(0.0, 0.0, (), np.zeros(len(first), dtype=bool), (0.0,))]
    for step in range(1, length + 1):
        target = float(most[min(step, len(most) - 1)])
        found: dict[frozenset[int], _Path] = {}
        for path in paths:
            gain = people @ (rows & ~path.covered[:, None]) if len(first) else np.zeros(m)
            for j in (one for one in range(m) if one not in path.order):
                reached = path.persons[-1] + float(gain[j])
                short = max(0.0, target - reached) / target if target > 0 else 0.0
                key = frozenset((*path.order, j))
                mine = (max(path.worst, short), path.total + short, (*path.order, j))
                known = found.get(key)
                if known is None or mine < known[:3]:
                    found[key] = _Path(*mine, path.covered, (*path.persons, reached))
        # Rounding of sums must not order what is equal.
        kept = sorted(found.values(), key=lambda one: (round(one.worst, 12), round(one.total, 12), one.order))[:width]
        paths = [one._replace(covered=one.covered | rows[:, one.order[-1]]) for one in kept]
    chosen = paths[0]
    covered = np.array(chosen.persons)
    aims = most[np.minimum(np.arange(len(covered)), len(most) - 1)] if len(most) else np.zeros(len(covered))
    shares = np.where(aims > 0, np.maximum(aims - covered, 0.0) / np.where(aims > 0, aims, 1.0), 0.0)
    return BuildOrder(np.array(chosen.order, dtype=np.int64), covered, np.where(shares > _EQUAL, shares, 0.0))
