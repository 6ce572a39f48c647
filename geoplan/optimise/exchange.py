"""Round averaged fillings to a plan and make it cheaper by exchanges, until no exchange helps.

`round_shares` places the units in order of how sure their share is; `exchange` then tries, in the order of unit and site numbers, and accepts
what lowers the cost and keeps every limit: placing or moving one unit, swapping two, moving one in and another on, closing a site and spreading its
units, opening a site and drawing units to it. No answer here is a proof; it starts the exact search and gives the bound something to be measured against.

By hand: units a, b at sites A, B with costs a: (A 5, B 1), b: (A 1, B 5) and room for one each: starting from (A, B), cost 10, no move
fits, the swap gives (B, A), cost 2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

_SLACK = 1e-6
_BETTER = -1e-7
"""A change counts when it lowers the cost by more: rounding must not go round in circles."""


class Arrays(NamedTuple):
    """A problem as the kernels read it: ``cost`` is sites × units and ``reverse`` units × sites, inf where a unit cannot go."""

    cost: NDArray[np.float64]
    reverse: NDArray[np.float64]
    weight: NDArray[np.float64]
    penalty: NDArray[np.float64]
    opening: NDArray[np.float64]
    room: NDArray[np.float64]
    least: NDArray[np.float64]
    use: NDArray[np.float64]
    member: NDArray[np.bool_]
    limit: NDArray[np.float64]
    most_open: int


class Plan(NamedTuple):
    """A plan under change: site of each unit (−1: none), people and units per site, use of each shared row, cost of each unit."""

    site: NDArray[np.int64]
    load: NDArray[np.float64]
    units: NDArray[np.int64]
    used: NDArray[np.float64]
    charge: NDArray[np.float64]


@njit(cache=True, nogil=True)
def tally(arrays: Arrays, site: NDArray[np.int64]) -> Plan:
    """Return the plan with its loads counted from ``site``, which it keeps and changes."""
    m = len(arrays.opening)
    plan = Plan(site, np.zeros(m), np.zeros(m, dtype=np.int64), np.zeros(len(arrays.limit)), arrays.penalty.copy())
    for i in range(len(site)):
        if site[i] >= 0:
            j = site[i]
            site[i] = -1
            put(arrays, plan, i, j)
    return plan


@njit(cache=True, nogil=True)
def put(arrays: Arrays, plan: Plan, i: int, j: int) -> None:
    """Move unit ``i`` to site ``j`` (−1: nowhere) and keep the tallies."""
    old = plan.site[i]
    for here, sign in ((old, -1.0), (j, 1.0)):
        if here >= 0:
            plan.load[here] += sign * arrays.weight[i]
            plan.units[here] += int(sign)
            if plan.units[here] == 0:
                plan.load[here] = 0.0
            for e in range(len(arrays.limit)):
                if arrays.member[e, here]:
                    plan.used[e] += sign * arrays.use[e, i]
    plan.site[i] = j
    plan.charge[i] = arrays.penalty[i] if j < 0 else arrays.reverse[i, j]


@njit(cache=True, nogil=True)
def fits(arrays: Arrays, plan: Plan, i: int, j: int, out: int) -> bool:
    """Return whether site ``j`` takes unit ``i`` once unit ``out`` (−1: none) has left its own site and ``i`` its own."""
    if not np.isfinite(arrays.cost[j, i]):
        return False
    load = plan.load[j] + arrays.weight[i]
    if out >= 0 and plan.site[out] == j:
        load -= arrays.weight[out]
    if load > arrays.room[j] + _SLACK:
        return False
    for e in range(len(arrays.limit)):
        if arrays.member[e, j]:
            used = plan.used[e] + arrays.use[e, i]
            if plan.site[i] >= 0 and arrays.member[e, plan.site[i]]:
                used -= arrays.use[e, i]
            if out >= 0 and plan.site[out] >= 0 and arrays.member[e, plan.site[out]]:
                used -= arrays.use[e, out]
                if plan.site[i] >= 0 and arrays.member[e, plan.site[i]]:
                    used += arrays.use[e, out]
            if used > arrays.limit[e] + _SLACK:
                return False
    return True


@njit(cache=True, nogil=True)
def may_leave(arrays: Arrays, plan: Plan, i: int) -> bool:
    """Return whether unit ``i`` may leave its site: the site stays large enough, or empties."""
    j = plan.site[i]
    if j < 0 or plan.units[j] == 1:
        return True
    return plan.load[j] - arrays.weight[i] >= arrays.least[j] - _SLACK


@njit(cache=True, nogil=True)
def move_units(arrays: Arrays, plan: Plan) -> bool:
    """Move each unit to the site that saves most, if any does; return whether one moved."""
    moved, opened = False, (plan.units > 0).sum()
    for i in range(len(plan.site)):
        if not may_leave(arrays, plan, i):
            continue
        own = plan.site[i]
        saved = plan.charge[i]
        if own >= 0 and plan.units[own] == 1:
            saved += arrays.opening[own]
        best, to = _BETTER, -1
        for j in range(len(arrays.opening)):
            change = arrays.reverse[i, j] - saved
            if j == own or change >= best:
                continue
            if plan.units[j] == 0:
                change += arrays.opening[j]
                emptied = 1 if own >= 0 and plan.units[own] == 1 else 0
                if change >= best or arrays.weight[i] < arrays.least[j] - _SLACK or opened - emptied + 1 > arrays.most_open:
                    continue
            if fits(arrays, plan, i, j, -1):
                best, to = change, j
        if to >= 0:
            put(arrays, plan, i, to)
            opened = (plan.units > 0).sum()
            moved = True
    return moved


@njit(cache=True, nogil=True)
def swap_units(arrays: Arrays, plan: Plan) -> bool:
    """Swap two units (one of them perhaps without a site) wherever that saves; return whether a pair did."""
    swapped = False
    n, m = arrays.reverse.shape
    there = np.empty(m + 1)  # what i would cost at each site; nowhere stands last, where index −1 looks
    for i in range(n):
        there[:m] = arrays.reverse[i]
        there[m] = arrays.penalty[i]
        for k in range(i + 1, n):
            a, b = plan.site[i], plan.site[k]
            if a == b:
                continue
            after = there[b] + (arrays.penalty[k] if a < 0 else arrays.cost[a, k])
            if after - plan.charge[i] - plan.charge[k] >= _BETTER:
                continue
            shift = arrays.weight[k] - arrays.weight[i]
            if (a >= 0 and plan.load[a] + shift < arrays.least[a] - _SLACK) or (
                b >= 0 and plan.load[b] - shift < arrays.least[b] - _SLACK
            ):
                continue
            if (b < 0 or fits(arrays, plan, i, b, k)) and (a < 0 or fits(arrays, plan, k, a, i)):
                put(arrays, plan, i, b)
                put(arrays, plan, k, a)
                swapped = True
    return swapped


@njit(cache=True, nogil=True)
def chain_units(arrays: Arrays, plan: Plan) -> bool:
    """Move a unit to a better, full site and one of that site's on to a third with room, wherever both together save."""
    moved = False
    n, m = arrays.reverse.shape
    for i in range(n):
        for b in range(m):
            a = plan.site[i]
            saved = plan.charge[i] - arrays.reverse[i, b]
            if b == a or saved <= 0.0 or plan.units[b] == 0 or not may_leave(arrays, plan, i):
                continue
            if a >= 0 and plan.units[a] == 1:
                saved += arrays.opening[a]
            for k in range(n):
                if plan.site[k] != b:
                    continue
                rest = plan.load[b] - arrays.weight[k] + arrays.weight[i]
                if rest > arrays.room[b] + _SLACK or rest < arrays.least[b] - _SLACK:
                    continue
                best, to = saved + plan.charge[k] + _BETTER, -1
                for c in range(m):
                    if arrays.reverse[k, c] < best and c != a and c != b and plan.units[c] > 0 and fits(arrays, plan, k, c, -1):
                        best, to = arrays.reverse[k, c], c
                if to < 0:
                    continue
                put(arrays, plan, k, to)
                if fits(arrays, plan, i, b, -1):
                    put(arrays, plan, i, b)
                    moved = True
                    break
                put(arrays, plan, k, b)
    return moved


@njit(cache=True, nogil=True)
def spread(arrays: Arrays, plan: Plan, j: int) -> float:
    """Empty site ``j``: each unit, heaviest first, to the cheapest open site with room, else nowhere. Return the change of cost."""
    members = np.flatnonzero(plan.site == j)
    change = -arrays.opening[j] if len(members) else 0.0
    for i in members[np.argsort(-arrays.weight[members], kind="mergesort")]:
        best, to = arrays.penalty[i], -1
        for k in range(len(arrays.opening)):
            if k != j and plan.units[k] > 0 and arrays.reverse[i, k] < best and fits(arrays, plan, i, k, -1):
                best, to = arrays.reverse[i, k], k
        change += best - arrays.cost[j, i]
        put(arrays, plan, i, to)
    return change


@njit(cache=True, nogil=True)
def draw(arrays: Arrays, plan: Plan, j: int) -> float:
    """Open site ``j`` and draw to it whoever saves, most per person first. Return the change of cost; inf if it stays too small."""
    n = len(plan.site)
    saving = np.empty(n)
    for i in range(n):
        saving[i] = plan.charge[i] - arrays.cost[j, i]
    change = arrays.opening[j]
    for i in np.argsort(-saving / arrays.weight, kind="mergesort"):
        if saving[i] <= 0.0:
            break
        if may_leave(arrays, plan, i) and fits(arrays, plan, i, j, -1):
            own = plan.site[i]
            if own >= 0 and plan.units[own] == 1:
                change -= arrays.opening[own]
            put(arrays, plan, i, j)
            change -= saving[i]
    return np.inf if plan.units[j] == 0 or plan.load[j] < arrays.least[j] - _SLACK else change


@njit(cache=True, nogil=True)
def change_sites(arrays: Arrays, plan: Plan) -> bool:
    """Close or open single sites wherever that saves; return whether one did."""
    changed = False
    for j in range(len(arrays.opening)):
        before = plan.site.copy()
        if plan.units[j] > 0:
            change = spread(arrays, plan, j)
        elif (plan.units > 0).sum() < arrays.most_open:
            change = draw(arrays, plan, j)
        else:
            continue
        if change < _BETTER:
            changed = True
        else:
            for i in range(len(before)):
                if plan.site[i] != before[i]:
                    put(arrays, plan, i, before[i])
    return changed


@njit(cache=True, nogil=True)
def exchange(arrays: Arrays, site: NDArray[np.int64], rounds: int) -> NDArray[np.int64]:
    """Return the plan after at most ``rounds`` rounds of exchanges; sites below their least size are emptied first."""
    plan = tally(arrays, site.copy())
    for j in range(len(arrays.opening)):
        if plan.units[j] > 0 and plan.load[j] < arrays.least[j] - _SLACK:
            spread(arrays, plan, j)
    for _ in range(rounds):
        moved = move_units(arrays, plan)
        swapped = swap_units(arrays, plan)
        chained = chain_units(arrays, plan)
        changed = change_sites(arrays, plan)
        if not (moved or swapped or chained or changed):
            break
    return plan.site


@njit(cache=True, nogil=True)
def round_shares(arrays: Arrays, shares: NDArray[np.float64], opened: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return a plan on the ``opened`` sites: surest shares first, then whoever is left at the cheapest opened site with room.

    Parameters
    ----------
    shares
        (m, n) averaged share of each unit at each site.
    opened
        (m,) sites that may take anyone.
    """
    m, n = shares.shape
    plan, count = tally(arrays, np.full(n, -1)), 0
    top = np.zeros(n)
    for j in range(m):
        if opened[j]:
            top = np.maximum(top, shares[j])
    for i in np.argsort(-top, kind="mergesort"):
        best, to = -1.0, -1
        for j in range(m):
            if not opened[j] or (plan.units[j] == 0 and count >= arrays.most_open):
                continue
            if shares[j, i] > max(best, 1e-9) and fits(arrays, plan, i, j, -1):
                best, to = shares[j, i], j
        if to < 0:
            best = arrays.penalty[i]
            for j in range(m):
                if not opened[j] or (plan.units[j] == 0 and count >= arrays.most_open):
                    continue
                if arrays.cost[j, i] < best and fits(arrays, plan, i, j, -1):
                    best, to = arrays.cost[j, i], j
        if to >= 0:
            count += plan.units[to] == 0
            put(arrays, plan, i, to)
    return plan.site
