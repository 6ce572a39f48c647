"""Leave a plan that no exchange improves: empty a few sites, fill them again another way, exchange, and keep what is cheaper.

Each stir starts from the best plan so far. In turn it (a) shuts one open site and opens a shut one, or (b) empties two sites that share
many units' interest and fills them by the units' own order. Which ones follows from the turn's number by a fixed sequence, so equal input
gives equal plans.

By hand: sites A and B, each with room for all and opening 5 and 3, two units at cost 1 everywhere, both at A (7): moving one unit costs 3 more, moving
both saves 2; shutting A and opening B finds it.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.optimise.exchange import Arrays, Plan, draw, exchange, fits, put, spread, tally


@njit(cache=True, nogil=True)
def value_of(arrays: Arrays, plan: Plan) -> float:
    """Return what the plan costs."""
    value = plan.charge.sum()
    for j in range(len(arrays.opening)):
        if plan.units[j] > 0:
            value += arrays.opening[j]
    return value


@njit(cache=True, nogil=True)
def refill(arrays: Arrays, plan: Plan, left: NDArray[np.int64], turn: int) -> None:
    """Place the units of ``left`` at the cheapest open site with room, those first who would lose most by waiting."""
    m = len(arrays.opening)
    loss = np.empty(len(left))
    for place in range(len(left)):
        first, second = np.inf, np.inf
        for j in range(m):
            if plan.units[j] > 0 or arrays.least[j] <= 0.0:
                cost = arrays.reverse[left[place], j]
                if cost < first:
                    first, second = cost, first
                elif cost < second:
                    second = cost
        gap = min(second, arrays.penalty[left[place]]) - first
        # Alternately by what waiting costs in all, and by weight alone: heavy units fit worst late.
        loss[place] = gap if turn % 2 == 0 else arrays.weight[left[place]]
    for place in np.argsort(-loss, kind="mergesort"):
        i = left[place]
        best, to = arrays.penalty[i], -1
        for j in range(m):
            if plan.units[j] > 0 and arrays.reverse[i, j] < best and fits(arrays, plan, i, j, -1):
                best, to = arrays.reverse[i, j], j
        if to >= 0:
            put(arrays, plan, i, to)


@njit(cache=True, nogil=True)
def stir(arrays: Arrays, site: NDArray[np.int64], doubt: NDArray[np.float64], turns: int, rounds: int) -> NDArray[np.int64]:
    """Return the best plan after ``turns`` stirs.

    Parameters
    ----------
    site
        (n,) plan to start from.
    doubt
        (m,) how unsure each site's opening is: the surest are shut or opened last.
    turns, rounds
        Stirs, and rounds of exchanges after each.
    """
    best = site.copy()
    plan = tally(arrays, best.copy())
    best_value = value_of(arrays, plan)
    order = np.argsort(-doubt, kind="mergesort")
    seed = np.uint64(88172645463325252)
    for turn in range(turns):
        plan = tally(arrays, best.copy())
        seed ^= seed << np.uint64(13)
        seed ^= seed >> np.uint64(7)
        seed ^= seed << np.uint64(17)
        draw_one, draw_two = int(seed % np.uint64(9973)), int((seed >> np.uint64(20)) % np.uint64(9973))
        opened, shut = order[plan.units[order] > 0], order[plan.units[order] == 0]
        if len(opened) == 0:
            break
        if turn % 3 == 0 and len(shut) > 0:
            # Small numbers, the doubtful sites, come up more often.
            out = opened[int(len(opened) * (draw_one / 9973.0) ** 2)]
            new = shut[int(len(shut) * (draw_two / 9973.0) ** 2)]
            if len(opened) < arrays.most_open:
                draw(arrays, plan, new)
                spread(arrays, plan, out)
            else:
                spread(arrays, plan, out)
                draw(arrays, plan, new)
        else:
            one = opened[draw_one % len(opened)]
            two = _find_rival(arrays, plan, one, draw_two)
            left = np.flatnonzero((plan.site == one) | (plan.site == two) | (plan.site < 0))
            keep_one, keep_two = -1, -1
            for i in left:
                j = plan.site[i]
                if j == one and keep_one < 0:
                    keep_one = int(i)  # stays, so that the site remains open while it is filled
                elif j == two and keep_two < 0:
                    keep_two = int(i)
                elif j >= 0:
                    put(arrays, plan, int(i), -1)
            left = left[plan.site[left] < 0]
            refill(arrays, plan, left, draw_two)
        trial = exchange(arrays, plan.site, rounds)
        plan = tally(arrays, trial)
        value = value_of(arrays, plan)
        if value < best_value - 1e-9 * abs(best_value):
            best, best_value = plan.site.copy(), value
    return best


@njit(cache=True, nogil=True)
def _find_rival(arrays: Arrays, plan: Plan, one: int, draw_two: int) -> int:
    """Return an open site that the units of ``one`` would go to next; which of the three nearest, the turn says."""
    m = len(arrays.opening)
    extra = np.full(m, np.inf)
    members = np.flatnonzero(plan.site == one)
    for j in range(m):
        if j == one or plan.units[j] == 0:
            continue
        total, count = 0.0, 0
        for i in members:
            if np.isfinite(arrays.reverse[i, j]):
                total += (arrays.reverse[i, j] - arrays.reverse[i, one]) / arrays.weight[i]
                count += 1
        if count > 0:
            extra[j] = total / count + 1e6 * (1 - count / len(members))
    near = np.argsort(extra, kind="mergesort")
    pick = near[draw_two % 4 if m > 4 else 0]
    return pick if np.isfinite(extra[pick]) else near[0]
