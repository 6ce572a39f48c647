"""Prove how cheap a choice of sites can be at best, by pricing every demand; find good choices on the way.

    least  Σᵢ min(baseᵢ, min of dᵢⱼ over chosen j)   with  Σ cⱼ over chosen j ≤ limit

``base`` is what demand i costs with nothing new chosen (inf: it must be served). Give i the price vᵢ ≤ baseᵢ and drop the demand that it goes somewhere:

    ρⱼ          = Σᵢ min(0, dᵢⱼ − vᵢ)                                  what site j saves at these prices
    bound(v)    = Σᵢ vᵢ − λ limit + Σⱼ min(0, ρⱼ + λ cⱼ)               λ ≥ 0: the toll at which the limit is just spent

Every v gives a proven lower bound (weak duality). Prices go up where nobody chosen serves i, down where several do. With U the value of a known
choice and rⱼ = ρⱼ + λ cⱼ, no better choice has a site with bound + rⱼ > U, none lacks one with bound − rⱼ > U, and in none is i served by j where
bound + (dᵢⱼ − vᵢ)⁺ + rⱼ⁺ > U (reduced-cost fixing).

By hand: people 40, 60 at 10 and 50 minutes from site 0, 50 and 10 from site 1; limit 1; base inf. v = (2000, 2600): ρ = (400 − 2000, 0) and
(0, 600 − 2600); bound 4600 − 2000 = 2600, the optimum.

Beasley, "Lagrangean heuristics for location problems", EJOR 65 (1993).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

_BETTER = 1e-9


class Prices(NamedTuple):
    """The best choice and the best prices found."""

    bound: float
    prices: NDArray[np.float64]
    """(n,)"""
    reduced: NDArray[np.float64]
    """(m,) rⱼ at the best prices."""
    value: float
    """Of the best choice."""
    chosen: NDArray[np.bool_]
    """(m,) the best choice."""
    taken: NDArray[np.float64]
    """(m,) how often each site was taken of late, 0..1: near a half nobody knows."""


@njit(cache=True, nogil=True)
def find_toll(saving: NDArray[np.float64], cost: NDArray[np.float64], limit: float) -> float:
    """Return λ ≥ 0: the saving per cost at which the limit is spent, best sites first; 0 where all that save anything fit."""
    ratio = np.where(saving > 0.0, saving / cost, 0.0)
    left = limit
    for j in np.argsort(-ratio, kind="mergesort"):
        if ratio[j] <= 0.0:
            return 0.0
        left -= cost[j]
        if left < -1e-9:
            return ratio[j]
    return 0.0


@njit(cache=True, nogil=True)
def value_choice(d: NDArray[np.float64], base: NDArray[np.float64], chosen: NDArray[np.bool_]) -> float:
    """Return Σᵢ min(baseᵢ, min of dᵢⱼ over chosen j); ``d`` is (m, n)."""
    least = base.copy()
    for j in range(len(chosen)):
        if chosen[j]:
            for i in range(len(least)):
                if d[j, i] < least[i]:
                    least[i] = d[j, i]
    return least.sum()


@njit(cache=True, nogil=True)
def fill_greedily(
    d: NDArray[np.float64], base: NDArray[np.float64], cost: NDArray[np.float64], limit: float, chosen: NDArray[np.bool_]
) -> None:
    """Add to ``chosen`` the site that saves most for its cost, the first among equals, while the limit lasts and anything is saved."""
    m, n = d.shape
    least = base.copy()
    left = limit
    for j in range(m):
        if chosen[j]:
            left -= cost[j]
            least = np.minimum(least, d[j])
    while True:
        best, most = -1, 0.0
        for j in range(m):
            if chosen[j] or cost[j] > left + 1e-9:
                continue
            saving = 0.0
            for i in range(n):
                if d[j, i] < least[i]:
                    saving += least[i] - d[j, i]
            if saving / cost[j] > most * (1 + _BETTER):
                best, most = j, saving / cost[j]
        if best < 0:
            return
        chosen[best] = True
        left -= cost[best]
        least = np.minimum(least, d[best])


@njit(cache=True, nogil=True)
def swap_sites(
    d: NDArray[np.float64], base: NDArray[np.float64], cost: NDArray[np.float64], limit: float, chosen: NDArray[np.bool_]
) -> None:
    """Swap one chosen site for another while that lowers the value (Whitaker's fast interchange), keeping within the limit."""
    m, n = d.shape
    least, second, nearest = np.empty(n), np.empty(n), np.empty(n, dtype=np.int64)
    for _ in range(4 * m):
        least[:], second[:], nearest[:] = base, base, -1
        for j in range(m):
            if chosen[j]:
                for i in range(n):
                    if d[j, i] < least[i]:
                        second[i], least[i], nearest[i] = least[i], d[j, i], j
                    elif d[j, i] < second[i]:
                        second[i] = d[j, i]
        spent = (cost * chosen).sum()
        value = least.sum()
        best_in, best_out, most = -1, -1, _BETTER * abs(value) + 1e-12
        loss = np.empty(m)
        for j in range(m):
            if chosen[j]:
                continue
            gain = 0.0
            loss[:] = 0.0
            for i in range(n):
                if d[j, i] < least[i]:
                    gain += least[i] - d[j, i]
                elif nearest[i] >= 0:
                    loss[nearest[i]] += min(d[j, i], second[i]) - least[i]
            for k in range(m):
                # Where k was the nearest and j is nearer still, leaving k costs nothing: `gain` has it.
                if chosen[k] and spent - cost[k] + cost[j] <= limit + 1e-9 and gain - loss[k] > most:
                    best_in, best_out, most = j, k, gain - loss[k]
        if best_in < 0:
            return
        chosen[best_in], chosen[best_out] = True, False


@njit(cache=True, nogil=True)
def price_sites(d: NDArray[np.float64], prices: NDArray[np.float64], saving: NDArray[np.float64]) -> None:
    """Write what each site saves at the prices."""
    m, n = d.shape
    for j in range(m):
        total = 0.0
        for i in range(n):
            total += max(prices[i] - d[j, i], 0.0)
        saving[j] = total


@njit(cache=True, nogil=True)
def _try_sites(
    d: NDArray[np.float64], base: NDArray[np.float64], cost: NDArray[np.float64], limit: float, saving: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return a choice: the sites that save most for their cost, filled up and then swapped while that helps."""
    trial = np.zeros(len(cost), dtype=np.bool_)
    left = limit
    for j in np.argsort(-saving / cost, kind="mergesort"):
        if saving[j] > 0.0 and cost[j] <= left + 1e-9:
            trial[j] = True
            left -= cost[j]
    fill_greedily(d, base, cost, limit, trial)
    swap_sites(d, base, cost, limit, trial)
    return trial


@njit(cache=True, nogil=True)
def _slope_at(
    d: NDArray[np.float64],
    cost: NDArray[np.float64],
    limit: float,
    prices: NDArray[np.float64],
    saving: NDArray[np.float64],
    toll: float,
    slope: NDArray[np.float64],
    taken: NDArray[np.float64],
) -> float:
    """Return the bound at the prices; write which way each price should go, and count the sites taken."""
    bound = prices.sum() - toll * limit if toll > 0.0 else prices.sum()
    slope[:] = 1.0
    left = limit
    # The sites that pay for themselves at the toll, best first, as long as the limit lasts.
    for j in np.argsort(toll * cost - saving, kind="mergesort"):
        r = toll * cost[j] - saving[j]
        if r < 0.0:
            bound += r
        if saving[j] > 0.0 and cost[j] <= left + 1e-9 and r <= 1e-9:
            left -= cost[j]
            taken[j] += 0.05
            for i in range(len(prices)):
                if d[j, i] < prices[i]:
                    slope[i] -= 1.0
    return bound


@njit(cache=True, nogil=True)
def raise_bound(
    d: NDArray[np.float64],
    base: NDArray[np.float64],
    cost: NDArray[np.float64],
    limit: float,
    prices: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    steps: int,
    heuristic_every: int,
    ceiling: float,
    scale: float,
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], float, NDArray[np.bool_], NDArray[np.float64]]:
    """Return bound, prices, r, value, choice and how often each site was taken, after at most ``steps`` steps along smoothed slopes.

    ``prices`` and ``chosen`` are where to start, ``ceiling`` a value known from elsewhere: a bound that meets it ends the steps; ``scale`` is the first
    length of a step.
    """
    m, n = d.shape
    best, best_prices, best_reduced = -np.inf, prices.copy(), np.zeros(m)
    value, best_chosen = value_choice(d, base, chosen), chosen.copy()
    v, saving, slope, smooth = prices.copy(), np.zeros(m), np.zeros(n), np.zeros(n)
    stale = 0
    taken = np.zeros(m)
    for step in range(steps):
        price_sites(d, v, saving)
        toll = find_toll(saving, cost, limit)
        taken *= 0.95
        bound = _slope_at(d, cost, limit, v, saving, toll, slope, taken)
        if bound > best:
            stale = 0 if bound > best + 1e-5 * abs(best) else stale + 1
            best = bound
            best_prices[:] = v
            best_reduced[:] = toll * cost - saving
        else:
            stale += 1
        if step % heuristic_every == 0:
            trial = _try_sites(d, base, cost, limit, saving)
            found = value_choice(d, base, trial)
            if found < value - _BETTER * abs(value):
                value = found
                best_chosen[:] = trial
        if best >= min(value, ceiling) - 1e-9 * abs(value):
            break
        if stale >= 15:
            stale = 0
            scale *= 0.6
            v[:] = best_prices
            if scale < 1e-4:
                break
            continue
        smooth[:] = 0.7 * slope + 0.3 * smooth
        for i in range(n):
            if v[i] >= base[i] and smooth[i] > 0.0:
                smooth[i] = 0.0
        size = (smooth**2).sum()
        if size <= 1e-18:
            break
        length = scale * max(1.01 * min(value, ceiling) - bound, 1e-9 * abs(value)) / size
        v[:] = np.maximum(np.minimum(v + length * smooth, base), 0.0)
    return best, best_prices, best_reduced, value, best_chosen, taken


def price(
    d: NDArray[np.float64],
    base: NDArray[np.float64],
    cost: NDArray[np.float64],
    limit: float,
    *,
    start: NDArray[np.bool_] | None = None,
    prices: NDArray[np.float64] | None = None,
    steps: int = 600,
    heuristic_every: int = 100,
) -> Prices:
    """Return the bound, its prices, and the best choice found.

    Parameters
    ----------
    d
        (m, n) cost of serving each demand from each site; inf: it cannot.
    base
        (n,) cost with nothing chosen; inf: it must be served.
    cost, limit
        (m,) cost of each site, and the most they may cost together.
    start
        (m,) a choice within the limit; needed where some base is inf.
    prices
        (n,) prices to start from.
    """
    top = np.where(np.isfinite(base), base, 0.0).sum() + np.where(np.isfinite(d), d, 0.0).max(axis=0, initial=0.0).sum()
    # Searching with a large number for inf keeps sums finite; the slope still sees inf bases as free.
    chosen = np.zeros(len(cost), dtype=bool) if start is None else start.copy()
    work_base = np.where(np.isfinite(base), base, 10.0 * top + 1.0)
    work_d = np.ascontiguousarray(np.where(np.isfinite(d), d, 20.0 * top + 2.0))
    if start is None:
        fill_greedily(work_d, work_base, cost, limit, chosen)
    swap_sites(work_d, work_base, cost, limit, chosen)
    if prices is None:
        near = np.where(np.isfinite(d), d, np.inf).min(axis=0, initial=np.inf)
        least = np.minimum(work_base, np.where(chosen[:, None], work_d, np.inf).min(axis=0, initial=np.inf))
        prices = np.minimum(np.where(np.isfinite(near), 0.5 * (near + least), work_base), work_base)
    return Prices(*raise_bound(work_d, work_base, cost, limit, prices, chosen, steps, heuristic_every, np.inf, 1.0))
