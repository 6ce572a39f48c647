"""Search the core by branches where its program is too large for HiGHS: a site is built, or it is not, and prices bound either way.

A branch that builds j has baseᵢ ← min(baseᵢ, dᵢⱼ) and limit − cⱼ; one that does not has no j. Each starts from the prices of the one it comes from, so few
steps bound it (`geoplan.optimise.location_prices`); reduced costs drop further sites at once. Branched is on the site of which the prices are least
sure, the likelier way first. A branch ends when its bound meets the best value; when all have ended that value is proven.

By hand: two sites of equal worth and room for one: without the first the bound is the value of the second, which is known; with it there is no room left.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.optimise.location_prices import raise_bound, value_choice

_MARGIN = 1e-7
_STEPS = 120


class Searched(NamedTuple):
    """The best choice, its value, a bound no choice goes below, and whether all branches ended."""

    chosen: NDArray[np.bool_]
    value: float
    bound: float
    finished: bool


class _Branch(NamedTuple):
    bound: float
    sites: NDArray[np.int64]
    """Sites still open to choice."""
    built: NDArray[np.int64]
    prices: NDArray[np.float64]


def search_branches(
    d: NDArray[np.float64],
    base: NDArray[np.float64],
    cost: NDArray[np.float64],
    limit: float,
    *,
    sites: NDArray[np.int64],
    prices: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    bound: float,
    time_limit_s: float,
) -> Searched:
    """Return the best choice among ``sites``.

    Parameters
    ----------
    d, base, cost, limit
        As `geoplan.optimise.location_core.choose_sites` has them, all finite.
    sites
        Sites that a better choice than ``chosen`` may have.
    prices, bound
        Where to start, and what is proven already.
    chosen
        (m,) the best choice known.
    time_limit_s
        Seconds after which the least bound of the branches left is given.
    """
    best, value = chosen.copy(), float(value_choice(d, base, chosen))
    end = time.monotonic() + time_limit_s
    stack = [_Branch(bound, sites, np.zeros(0, dtype=np.int64), prices)]
    while stack:
        if time.monotonic() > end:
            return Searched(best, value, min(value, min(one.bound for one in stack)), finished=False)
        branch = stack.pop()
        target = value - _MARGIN * max(1.0, abs(value))
        if branch.bound >= target:
            continue
        here = np.minimum(base, d[branch.built].min(axis=0, initial=np.inf))
        left = limit - float(cost[branch.built].sum())
        if left < -1e-9:
            continue
        free = branch.sites[cost[branch.sites] <= left + 1e-9]
        part = np.ascontiguousarray(d[free])
        found = raise_bound(
            part,
            here,
            cost[free],
            left,
            np.minimum(branch.prices, here),
            np.zeros(len(free), dtype=bool),
            _STEPS,
            _STEPS - 1,
            target,
            0.3,
        )
        lower, mine, reduced, reached, picked, taken = found
        if reached < target:
            best = np.zeros_like(best)
            best[branch.built], best[free[picked]] = True, True
            value = float(value_choice(d, base, best))
            target = value - _MARGIN * max(1.0, abs(value))
        lower = max(float(lower), branch.bound)
        if lower >= target or not len(free):
            continue
        room = value - float(found[0])
        must, kept = -reduced > room, reduced <= room
        built = np.r_[branch.built, free[must]]
        open_sites, sure = free[kept & ~must], taken[kept & ~must]
        if not len(open_sites):
            stack.append(_Branch(lower, open_sites, built, mine))
            continue
        at = int(np.argmin(np.abs(sure - 0.5)))
        rest = np.delete(open_sites, at)
        with_it, without = _Branch(lower, rest, np.r_[built, open_sites[at]], mine), _Branch(lower, rest, built, mine)
        stack += [without, with_it] if sure[at] >= 0.5 else [with_it, without]
    return Searched(best, value, value, finished=True)
