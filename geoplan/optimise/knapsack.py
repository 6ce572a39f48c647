"""Fill one site with the units that lower its cost most, within its room: the sub-problem a priced allocation falls into.

    minimise Σ dᵢ xᵢ   with  Σ wᵢ xᵢ ≤ room  and, where the site has a least size,  Σ wᵢ xᵢ ≥ least

``d`` is a unit's cost at the site less its price, ``w`` its people. Two answers, both never above the true minimum, so both prove bounds:

- *whole*: x ∈ {0, 1} by dynamic programming over whole people (weights and room rounded down, which only widens the choice);
- *split*: 0 ≤ x ≤ 1, the best value per person first and the last unit split.

A least size that the whole filling does not reach is priced by *split*, which goes on past d = 0 until the size is reached.

By hand: d = (−6, −5, −4), w = (3, 2, 2), room 4. Whole: the last two, −9. Split: −5 and half … per person −2.5, −2, −2: unit 2 whole, then two
thirds of unit 1 (ties by order), −5 − 4 = −9 as well. Room 5: whole −11 (units 1 and 2), split −11.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_TABLE_CELLS = 4_000_000
"""Largest table (units × people) filled for one site; beyond it the split answer stands in."""


@njit(cache=True, nogil=True)
def fill_split(
    gain: NDArray[np.float64], weight: NDArray[np.float64], room: float, least: float, share: NDArray[np.float64]
) -> float:
    """Return the least Σ gain·share with shares in 0..1, and write the shares; inf where even everyone is fewer than ``least``.

    Parameters
    ----------
    gain, weight
        (n,) cost less price, and people > 0, of the units that could go there.
    room, least
        Most and fewest people of the site.
    share
        (n,) written: the share of each unit taken.
    """
    share[:] = 0.0
    order = np.argsort(gain / weight)
    value, taken = 0.0, 0.0
    for place in order:
        if gain[place] >= 0.0 and taken >= least:
            break
        stop = room if gain[place] < 0.0 else least
        left = stop - taken
        if left <= 0.0:
            break
        part = min(1.0, left / weight[place])
        share[place] = part
        taken += part * weight[place]
        value += part * gain[place]
    if taken < least * (1 - 1e-12):
        return np.inf
    return value


@njit(cache=True, nogil=True)
def fill_whole(gain: NDArray[np.float64], weight: NDArray[np.int64], room: int, share: NDArray[np.float64]) -> float:
    """Return the least Σ gain·share with shares 0 or 1 by dynamic programming, and write the shares. Every gain is below zero."""
    count = len(gain)
    share[:] = 0.0
    if weight.sum() <= room:
        share[:] = 1.0
        return gain.sum()
    best = np.zeros(room + 1)
    took = np.zeros((count, room + 1), dtype=np.bool_)
    for i in range(count):
        for people in range(room, weight[i] - 1, -1):
            with_it = best[people - weight[i]] + gain[i]
            if with_it < best[people]:
                best[people] = with_it
                took[i, people] = True
    people = room
    for i in range(count - 1, -1, -1):
        if took[i, people]:
            share[i] = 1.0
            people -= weight[i]
    return best[room]


@njit(cache=True, nogil=True)
def fill_site(
    gain: NDArray[np.float64],
    weight: NDArray[np.float64],
    room: float,
    least: float,
    whole: bool,
    share: NDArray[np.float64],
) -> float:
    """Return the value of the best filling of a site (whole or split, as the module says) and write the shares; inf gains stay out."""
    share[:] = 0.0
    lowering = np.flatnonzero(gain < 0.0)
    found = np.zeros(len(lowering))
    seats = int(np.floor(room + 1e-9))
    if whole and len(lowering) * (seats + 1) <= _TABLE_CELLS:
        value = fill_whole(gain[lowering], np.floor(weight[lowering] + 1e-9).astype(np.int64), seats, found)
        if (found * weight[lowering]).sum() >= least:
            share[lowering] = found
            return value
    if least <= 0.0:
        value = fill_split(gain[lowering], weight[lowering], room, 0.0, found)
        share[lowering] = found
        return value
    within = np.flatnonzero(np.isfinite(gain))
    parts = np.zeros(len(within))
    value = fill_split(gain[within], weight[within], room, least, parts)
    share[within] = parts
    return value
