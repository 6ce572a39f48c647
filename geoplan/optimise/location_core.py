"""Choose sites exactly: bound by prices, drop what no better choice uses, and search what is left by HiGHS or by branches.

The core's program has, for each demand with the costs D₁ < D₂ < … of the sites that may serve it, yⱼ for sites and zₖ for "dearer than Dₖ":

    cost = D₁ + Σₖ (Dₖ₊₁ − Dₖ) zₖ        zₖ ≥ zₖ₋₁ − Σ yⱼ over sites at level k,  z₀ = 1

so that only sites are whole numbers, and a demand needs as many columns as it has levels left, not as many as there are sites (Elloumi, 2010).
With costs of 0 and p it is the maximal covering program. The bound proven is the least of HiGHS's for the core and the known value, for all
that was dropped is no better than that value.

By hand: costs 1, 4, 9 from sites a, b, c; with b alone z₁ = 1, z₂ = 0: 1 + 3 = 4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.optimise.location import Effort
from geoplan.optimise.location_branch import search_branches
from geoplan.optimise.location_highs import Program, run_highs
from geoplan.optimise.location_prices import Prices, price, value_choice

_MARGIN = 1e-7
_ROUNDS = 3
_MOST_COLUMNS = 20_000
"""A larger core is searched by branches (`geoplan.optimise.location_branch`): HiGHS would be long over its relaxation."""
_MOST_FOR_HIGHS = 300_000
"""A core that must be HiGHS's and is still larger is left with the gap that prices prove."""


class Choice(NamedTuple):
    """The best choice found, its value, and the value no choice goes below."""

    chosen: NDArray[np.bool_]
    value: float
    bound: float
    finished: bool


def choose_sites(
    d: NDArray[np.float64],
    base: NDArray[np.float64],
    cost: NDArray[np.float64],
    limit: float,
    *,
    start: NDArray[np.bool_] | None = None,
    effort: Effort,
) -> Choice:
    """Return the choice of sites with the least Σᵢ min(baseᵢ, min of dᵢⱼ over chosen j) within the limit.

    Parameters
    ----------
    d
        (m, n) cost of serving each demand from each site; inf: it cannot.
    base
        (n,) cost with nothing chosen; inf: it must be served.
    cost, limit
        (m,) cost of each site, and the most they may cost together.
    start
        (m,) a choice within the limit that serves all that must be; needed where some base is inf.
    effort
        Time and threads of HiGHS.
    """
    m, n = d.shape
    if not m or not n or limit < cost.min(initial=np.inf) - 1e-9:
        nothing = np.zeros(m, dtype=bool)
        return Choice(nothing, float(base.sum()), float(base.sum()), finished=True)
    core = _Core(np.arange(m), price(d, base, cost, limit, start=start), np.isfinite(d), np.zeros(m, dtype=bool))
    for _ in range(_ROUNDS):
        if _closed(core.found):
            break
        smaller = _drop(core, d)
        again = price(
            np.where(smaller.pairs[smaller.sites], d[smaller.sites], np.inf), base, cost[smaller.sites], limit,
            start=smaller.found.chosen, prices=smaller.found.prices, steps=400, heuristic_every=200,
        )  # fmt: skip
        done = len(smaller.sites) > 0.8 * len(core.sites)
        core = _Core(smaller.sites, _keep_better(smaller.found, again), smaller.pairs, smaller.fixed)
        if done:
            break
    chosen = np.zeros(m, dtype=bool)
    chosen[core.sites[core.found.chosen]] = True
    value = float(value_choice(d, base, chosen))
    known = Choice(chosen, value, min(float(core.found.bound), value), finished=True)
    return known._replace(bound=value) if _closed(core.found) else _search_core(core, d, base, cost, limit, known, effort)


class _Core(NamedTuple):
    """What is left to choose from: site numbers, prices over them, pairs (m, n) that may be used, sites (m,) that must be chosen."""

    sites: NDArray[np.int64]
    found: Prices
    pairs: NDArray[np.bool_]
    fixed: NDArray[np.bool_]


def _closed(found: Prices) -> bool:
    """Return whether bound and value meet, but for rounding."""
    return found.bound >= found.value - _MARGIN * max(1.0, abs(found.value))


def _keep_better(known: Prices, again: Prices) -> Prices:
    """Return the better choice with the prices of the better bound; prices and their bound belong together."""
    best = known if known.bound >= again.bound else again
    choice = again if again.value <= known.value else known
    return best._replace(value=choice.value, chosen=choice.chosen)


def _drop(core: _Core, d: NDArray[np.float64]) -> _Core:
    """Return the core without sites and pairs that no better choice uses."""
    found = core.found
    room = found.value - found.bound + _MARGIN * max(1.0, abs(found.value))
    kept = (found.reduced <= room) | found.chosen
    fixed = core.fixed.copy()
    fixed[core.sites[-found.reduced > room]] = True
    dearer = np.maximum(d[core.sites] - found.prices[None, :], 0.0) + np.maximum(found.reduced, 0.0)[:, None]
    pairs = np.zeros_like(core.pairs)
    pairs[core.sites] = core.pairs[core.sites] & (dearer <= room) & kept[:, None]
    # The known choice keeps its pairs: it is what the core is started from.
    best = np.where(found.chosen[:, None], d[core.sites], np.inf)
    mine = core.sites[found.chosen]
    pairs[mine] |= np.isfinite(d[mine]) & (d[mine] == best.min(axis=0, initial=np.inf)[None, :])
    return _Core(
        core.sites[kept],
        found._replace(reduced=found.reduced[kept], chosen=found.chosen[kept], taken=found.taken[kept]),
        pairs,
        fixed,
    )


def _search_core(
    core: _Core,
    d: NDArray[np.float64],
    base: NDArray[np.float64],
    cost: NDArray[np.float64],
    limit: float,
    known: Choice,
    effort: Effort,
) -> Choice:
    """Return the best choice among the sites and pairs that are left, by HiGHS."""
    sites = core.sites
    program, constant = _lay_levels(np.where(core.pairs[sites], d[sites], np.inf), base, cost[sites], limit, core.fixed[sites])
    if len(program.cost) > _MOST_COLUMNS and np.isfinite(base).all():
        worst = np.where(np.isfinite(d), d, base[None, :])
        found = search_branches(
            worst, base, cost, limit, sites=sites, prices=core.found.prices, chosen=known.chosen, bound=known.bound,
            time_limit_s=effort.time_limit_s,
        )  # fmt: skip
        return Choice(*found)
    if len(program.cost) > _MOST_FOR_HIGHS:
        return known._replace(finished=False)
    # Maximal covering has one level a demand and is reduced already: presolving it, and every part of it anew, takes more than half of the time.
    layered = bool((program.low[:-1] != 1.0).any())
    answer = run_highs(program, effort=effort, start=_write_levels(program, known.chosen[sites]), presolve=layered)
    proven = known.value if answer.infeasible else max(known.bound, answer.bound + constant)
    chosen, value = known.chosen, known.value
    if answer.values is not None:
        trial = np.zeros(len(chosen), dtype=bool)
        trial[sites[answer.values[: len(sites)] > 0.5]] = True
        worth = float(value_choice(d, base, trial))
        if worth < value - 1e-9 * abs(value):
            chosen, value = trial, worth
    return Choice(chosen, value, min(proven, value), answer.finished)


def _write_levels(program: Program, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the columns of a choice: sites, then each level's z, which falls to 0 at the first level with a chosen site."""
    m = len(chosen)
    levels = len(program.cost) - m
    sites = program.matrix[:levels, :m] @ chosen.astype(float)
    first = program.low[:levels] == 1.0
    owner = np.cumsum(first) - 1
    reached = np.cumsum(sites > 0)
    before = np.r_[0, reached][np.flatnonzero(first)]
    return np.r_[chosen.astype(float), (reached - before[owner] == 0).astype(float)]


def _lay_levels(
    d: NDArray[np.float64], base: NDArray[np.float64], cost: NDArray[np.float64], limit: float, fixed: NDArray[np.bool_]
) -> tuple[Program, float]:
    """Return the program in levels, columns sites then z, and the constant to add to its cost."""
    m, n = d.shape
    site, demand = np.nonzero(np.isfinite(d) & (d < base[None, :]))
    value = d[site, demand]
    order = np.lexsort((value, demand))
    site, demand, value = site[order], demand[order], value[order]
    new_level = np.r_[True, (demand[1:] != demand[:-1]) | (value[1:] != value[:-1])] if len(demand) else np.zeros(0, dtype=bool)
    level = np.cumsum(new_level) - 1
    heads = np.flatnonzero(new_level)
    owner, height = demand[heads], value[heads]
    last = np.r_[owner[1:] != owner[:-1], True] if len(owner) else np.zeros(0, dtype=bool)
    first = np.r_[True, owner[1:] != owner[:-1]] if len(owner) else np.zeros(0, dtype=bool)
    following = np.where(last, base[owner], np.r_[height[1:], np.inf] if len(height) else height)
    must = last & np.isinf(base[owner])
    step = np.where(must, 0.0, np.where(must, 0.0, following) - height)
    levels = len(heads)
    upward = np.flatnonzero(~first)
    rows = [level, np.arange(levels), upward, np.full(m, levels)]
    columns = [site, m + np.arange(levels), m + upward - 1, np.arange(m)]
    entries = [np.ones(len(level)), np.ones(levels), -np.ones(len(upward)), cost]
    matrix = sparse.csc_matrix(
        (np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns))), shape=(levels + 1, m + levels)
    )
    low = np.r_[np.where(first, 1.0, 0.0), -np.inf]
    high = np.r_[np.full(levels, np.inf), limit]
    upper = np.r_[np.ones(m), np.where(must, 0.0, 1.0)]
    lower = np.r_[fixed.astype(float), np.zeros(levels)]
    whole = np.r_[np.ones(m, dtype=bool), np.zeros(levels, dtype=bool)]
    alone = np.ones(n, dtype=bool)
    alone[owner] = False
    constant = float(height[first].sum() + base[alone].sum())
    return Program(np.r_[np.zeros(m), step], matrix, low, high, lower, upper, whole), constant
