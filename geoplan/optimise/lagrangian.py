"""Prove how cheap an allocation can be at best, by pricing every unit and letting each site fill itself.

Give unit i the price vᵢ ≤ penaltyᵢ, shared row e the toll μₑ ≥ 0, and drop the demand that each unit goes somewhere. What is left falls apart
into sites (`geoplan.optimise.knapsack`):

    bound(v, μ) = Σᵢ vᵢ − Σₑ μₑ limitₑ + least of Σⱼ yⱼ κⱼ over y ∈ {0, 1} with at most ``most_open`` ones
    κⱼ          = openⱼ + least filling of j with gains  cᵢⱼ + Σₑ μₑ useₑᵢ − vᵢ

Every (v, μ) gives a proven lower bound (weak duality). Prices are improved by the volume algorithm (Barahona and Anbil, 2000): steps along the
moving average of the fillings, whose shares also say which sites a good plan opens. The number of steps is fixed, so equal input gives equal bounds.

By hand: one unit (cost 5 at the only site, penalty 100), opening 3. With v = 8: κ = 3 + (5 − 8) = 0, bound 8, the optimum.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.optimise.knapsack import fill_site


class Prices(NamedTuple):
    """The best prices found, the bound they prove and what the averaged fillings look like."""

    bound: float
    prices: NDArray[np.float64]
    """(n,) of units."""
    tolls: NDArray[np.float64]
    """(rows,) of shared rows."""
    shares: NDArray[np.float64]
    """(n, m) averaged share of each unit at each site."""
    openness: NDArray[np.float64]
    """(m,) averaged share of fillings in which the site is open."""
    site_values: NDArray[np.float64]
    """(m,) κ at the best prices."""


@njit(cache=True, nogil=True)
def price_sites(
    cost: NDArray[np.float64],
    weight: NDArray[np.float64],
    opening: NDArray[np.float64],
    room: NDArray[np.float64],
    least: NDArray[np.float64],
    use: NDArray[np.float64],
    member: NDArray[np.bool_],
    prices: NDArray[np.float64],
    tolls: NDArray[np.float64],
    whole: bool,
    shares: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    """Write the filling (``shares``: sites × units) and value κ of every site at the prices; ``cost`` is sites × units."""
    for j in range(len(opening)):
        gain = cost[j] - prices
        for e in range(len(tolls)):
            if member[e, j] and tolls[e] != 0.0:
                gain += tolls[e] * use[e]
        values[j] = opening[j] + fill_site(gain, weight, room[j], least[j], whole, shares[j])


@njit(cache=True, nogil=True)
def choose_open(values: NDArray[np.float64], most_open: int, state: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the sites that lower the bound's value, at most ``most_open``; state −1 stays shut, +1 must open."""
    chosen = state == 1
    for j in np.argsort(values, kind="mergesort"):
        if chosen.sum() >= most_open or values[j] >= 0.0:
            break
        if state[j] == 0:
            chosen[j] = True
    return chosen


@njit(cache=True, nogil=True)
def raise_bound(
    cost: NDArray[np.float64],
    weight: NDArray[np.float64],
    penalty: NDArray[np.float64],
    opening: NDArray[np.float64],
    room: NDArray[np.float64],
    least: NDArray[np.float64],
    use: NDArray[np.float64],
    member: NDArray[np.bool_],
    limit: NDArray[np.float64],
    most_open: int,
    state: NDArray[np.int64],
    prices: NDArray[np.float64],
    tolls: NDArray[np.float64],
    target: float,
    ceiling: float,
    steps: int,
    whole: bool,
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return bound, prices, tolls, averaged shares (sites × units), openness and κ after ``steps`` steps, fewer if ``target`` is met.

    ``ceiling`` is the value of a plan, which the steps are measured by; ``state`` as `choose_open`; ``prices`` and ``tolls`` are where to start.
    """
    m, n = cost.shape
    best, best_prices, best_tolls = -np.inf, prices.copy(), tolls.copy()
    best_values = np.zeros(m)
    v, mu = prices.copy(), tolls.copy()
    shares, values = np.zeros((m, n)), np.zeros(m)
    mean, mean_open = np.zeros((m, n)), np.zeros(m)
    scale, stale, fresh = 1.0, 0, 0.1
    for step in range(steps):
        price_sites(cost, weight, opening, room, least, use, member, v, mu, whole, shares, values)
        chosen = choose_open(values, most_open, state)
        bound = v.sum() - (mu * limit).sum()
        for j in range(m):
            if chosen[j]:
                bound += values[j]
        if bound > best:
            stale = 0 if bound > best + 1e-4 * abs(best) else stale + 1
            best = bound
            best_prices[:], best_tolls[:], best_values[:] = v, mu, values
        else:
            stale += 1
        if best >= target:
            break
        if stale >= 12:
            stale = 0
            scale = max(scale * 0.66, 0.005)
            fresh = max(fresh * 0.8, 0.02)
        weigh = 1.0 if step == 0 else fresh
        for j in range(m):
            if chosen[j]:
                mean[j] += weigh * (shares[j] - mean[j])
                mean_open[j] += weigh * (1.0 - mean_open[j])
            else:
                mean[j] -= weigh * mean[j]
                mean_open[j] -= weigh * mean_open[j]
        # A price at its penalty lets the unit stay unassigned at no further cost: whatever is short there is no fault.
        slope = np.ones(n)
        for j in range(m):
            slope -= mean[j]
        for i in range(n):
            if best_prices[i] >= penalty[i] and slope[i] > 0.0:
                slope[i] = 0.0
        steep = -limit.copy()
        for e in range(len(limit)):
            for j in range(m):
                if member[e, j]:
                    steep[e] += (mean[j] * use[e]).sum()
            if best_tolls[e] <= 0.0 and steep[e] < 0.0:
                steep[e] = 0.0
        size = (slope**2).sum() + (steep**2).sum()
        if size <= 1e-18:
            break
        length = scale * max(ceiling - best, 1e-9 * abs(best)) / size
        v[:] = np.minimum(best_prices + length * slope, penalty)
        mu[:] = np.maximum(best_tolls + length * steep, 0.0)
    return best, best_prices, best_tolls, mean, mean_open, best_values


@njit(cache=True, nogil=True)
def price_once(
    cost: NDArray[np.float64],
    weight: NDArray[np.float64],
    penalty: NDArray[np.float64],
    opening: NDArray[np.float64],
    room: NDArray[np.float64],
    least: NDArray[np.float64],
    use: NDArray[np.float64],
    member: NDArray[np.bool_],
    limit: NDArray[np.float64],
    most_open: int,
    prices: NDArray[np.float64],
    tolls: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the bound of split fillings at the prices, κ (m,), gain per person of the unit each filling cuts (m,), and gains (sites × units)."""
    m, n = cost.shape
    values, ratio, gains, share = np.zeros(m), np.zeros(m), np.empty((m, n)), np.zeros(n)
    for j in range(m):
        gain = cost[j] - prices
        for e in range(len(tolls)):
            if member[e, j]:
                gain += tolls[e] * use[e]
        gains[j] = gain
        values[j] = opening[j] + fill_site(gain, weight, room[j], least[j], False, share)
        filled = (share * weight).sum()
        worst, full = -np.inf, filled >= room[j] * (1 - 1e-12) or (least[j] > 0.0 and filled <= least[j] * (1 + 1e-12))
        for i in range(n):
            if share[i] > 0.0:
                worst = max(worst, gain[i] / weight[i])
        # With room to spare the people of a site have no price.
        ratio[j] = worst if full and np.isfinite(worst) else 0.0
    chosen = choose_open(values, most_open, np.zeros(m, dtype=np.int64))
    bound = prices.sum() - (tolls * limit).sum()
    for j in range(m):
        if chosen[j]:
            bound += values[j]
    return bound, values, ratio, gains
