"""Ask whether some sites within the limit cover everyone, and prove the answer on the few demands that make it hard.

A cover of all demands covers any part of them, so where no sites within the limit cover a part, none cover all: asked is a small part first, and the
demands that its cover leaves out join it, until nobody is left out (yes) or the part cannot be covered (no; Chen and Chen 2009, Contardo, Iori and
Kramer 2019 for the p-center). A part is covered by a search that swaps sites and lets demands weigh more the longer they stay uncovered; where that
finds nothing, by what demands without a common site cost together, and only then by HiGHS.

By hand: three demands, each covered by a site of its own alone, limit 2: the part of all three costs 3 > 2, so no.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import sparse

from geoplan.optimise.location import Effort
from geoplan.optimise.location_cover import shrink
from geoplan.optimise.location_highs import Program, run_highs

_STEPS = 4000
_MORE = 8
"""Demands that join the part at once."""
_ROUNDING = 1e-9


class Within(NamedTuple):
    """Sites (m,) that cover all, None where none were found; whether that is proven; and the demands that made it hard."""

    chosen: NDArray[np.bool_] | None
    sure: bool
    rows: NDArray[np.int64]


def cover_within(
    cover: NDArray[np.bool_],
    cost: NDArray[np.float64],
    limit: float,
    *,
    rows: NDArray[np.int64] | None = None,
    effort: Effort | None = None,
) -> Within:
    """Return sites within the limit that cover every demand.

    Parameters
    ----------
    cover
        (n, m) which site covers which demand.
    cost, limit
        (m,) above 0, and the most they may cost together.
    rows
        Demands to start from, as an earlier question with the same demands left them.
    effort
        Time and threads of HiGHS; None: it is not asked, and what nothing quick decides stays unsure.

    Examples
    --------
    >>> import numpy as np
    >>> cover_within(np.eye(3, dtype=bool), np.ones(3), 2.0)[:2]
    (None, True)
    >>> cover_within(np.eye(3, dtype=bool), np.ones(3), 3.0).chosen
    array([ True,  True,  True])
    """
    width = cover.sum(axis=1)
    part = np.zeros(0, dtype=np.int64) if rows is None else rows
    if not width.all():
        return Within(None, True, part)
    cheap = cost <= limit + _ROUNDING
    if not cheap.all():
        cover, width = cover & cheap[None, :], cover[:, cheap].sum(axis=1)
        if not width.all():
            return Within(None, True, part)
    chosen = np.zeros(len(cost), dtype=bool)
    while True:
        left = np.flatnonzero(~cover[:, chosen].any(axis=1))
        if not len(left):
            return Within(chosen, True, part)
        part = np.r_[part, _pick_apart(cover, left[np.argsort(width[left], kind="stable")])]
        here = np.ascontiguousarray(cover[part])
        chosen = search_cover(here, cost, limit, _STEPS)
        if here[:, chosen].any(axis=1).all():
            continue
        if count_apart(here, cost) > limit + _ROUNDING:
            return Within(None, True, part)
        if effort is None:
            return Within(None, False, part)
        found, sure = _ask_highs(here, cost, limit, effort)
        if found is None:
            return Within(None, sure, part)
        chosen = found


def count_apart(cover: NDArray[np.bool_], cost: NDArray[np.float64]) -> float:
    """Return a cost that any cover has: that of the cheapest sites of demands of which no two share a site, narrowest first.

    Parameters
    ----------
    cover, cost
        (n, m) and (m,), every demand covered by some site.

    Examples
    --------
    >>> import numpy as np
    >>> count_apart(np.array([[True, False], [False, True], [True, True]]), np.array([2.0, 3.0]))
    5.0
    """
    total, used = 0.0, np.zeros(cover.shape[1], dtype=bool)
    cheapest = np.where(cover, cost[None, :], np.inf).min(axis=1, initial=np.inf)
    for i in np.argsort(cover.sum(axis=1), kind="stable"):
        if not (cover[i] & used).any():
            total += cheapest[i]
            used |= cover[i]
    return float(total)


def _pick_apart(cover: NDArray[np.bool_], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first demands in order of which no two share a site."""
    picked: list[int] = []
    used = np.zeros(cover.shape[1], dtype=bool)
    while len(order) and len(picked) < _MORE:
        picked.append(int(order[0]))
        used |= cover[order[0]]
        order = order[~(cover[order] & used[None, :]).any(axis=1)]
    return np.array(picked, dtype=np.int64)


def _ask_highs(
    cover: NDArray[np.bool_], cost: NDArray[np.float64], limit: float, effort: Effort
) -> tuple[NDArray[np.bool_] | None, bool]:
    """Return a cover within the limit (None: there is none, or time ran out) and whether the answer is proven."""
    rows, sites = shrink(cover, cost)
    part = cover[np.ix_(rows, sites)].astype(float)
    n, m = part.shape
    # Costs in whole numbers make no cover between them.
    most = float(np.floor(limit + _ROUNDING)) if (cost[sites] == np.round(cost[sites])).all() else limit
    program = Program(
        cost[sites], sparse.csc_matrix(np.vstack([part, cost[None, sites]])), np.r_[np.ones(n), -np.inf],
        np.r_[np.full(n, np.inf), most], np.zeros(m), np.ones(m), np.ones(m, dtype=bool),
    )  # fmt: skip
    answer = run_highs(program, effort=effort, enough=most)
    if answer.values is None:
        return None, answer.infeasible
    chosen = np.zeros(len(cost), dtype=bool)
    chosen[sites[answer.values > 0.5]] = True
    kept = bool(cover[:, chosen].any(axis=1).all()) and cost[chosen].sum() <= limit + _ROUNDING
    return (chosen if kept else None), kept


@njit(cache=True, nogil=True)
def search_cover(cover: NDArray[np.bool_], cost: NDArray[np.float64], limit: float, steps: int) -> NDArray[np.bool_]:
    """Return the sites within the limit after at most ``steps`` swaps; they cover every demand, or the search failed.

    Parameters
    ----------
    cover
        (n, m) which site covers which demand.
    cost, limit
        (m,) above 0 and none above the limit, and the most they may cost together.
    steps
        Swaps tried.
    """
    n, m = cover.shape
    weight, times = np.ones(n), np.zeros(n, dtype=np.int64)
    chosen, changed = np.zeros(m, dtype=np.bool_), np.full(m, -2, dtype=np.int64)
    spent = 0.0
    for step in range(steps):
        row = -1
        for i in range(n):
            if times[i] == 0 and (row < 0 or weight[i] > weight[row]):
                row = i
        if row < 0:
            break
        # The site that covers most weight for its cost, the one untouched for longest among equals; not one just taken away.
        enters, most = -1, -1.0
        for j in range(m):
            if not cover[row, j] or changed[j] == step - 1:
                continue
            gain = 0.0
            for i in range(n):
                if times[i] == 0 and cover[i, j]:
                    gain += weight[i]
            gain /= cost[j]
            if gain > most or (gain == most and changed[j] < changed[enters]):
                enters, most = j, gain
        if enters < 0:
            # All that cover it were just taken away: it waits one step, weighing more.
            weight[row] += 1.0
            continue
        chosen[enters] = True
        changed[enters] = step
        spent += cost[enters]
        times += cover[:, enters]
        while spent > limit + 1e-9:
            leaves, least = -1, np.inf
            for j in range(m):
                if not chosen[j] or j == enters:
                    continue
                loss = 0.0
                for i in range(n):
                    if times[i] == 1 and cover[i, j]:
                        loss += weight[i]
                loss /= cost[j]
                if loss < least or (loss == least and changed[j] < changed[leaves]):
                    leaves, least = j, loss
            chosen[leaves] = False
            changed[leaves] = step
            spent -= cost[leaves]
            times -= cover[:, leaves]
        for i in range(n):
            if times[i] == 0:
                weight[i] += 1.0
    return chosen
