"""Rank the cases of each draw, and count how often each settlement comes where.

A case is one whole number, so that sorting numbers ranks cases: class (2 bits), severity of what decides alone (3), score in 10⁻¹² from the top (40), and the
settlement's number (18), which takes no part in the rank. Equal cases share the smallest rank, as in `geoplan.relocation.candidacy.rank_cases`.

By hand: scores 0.7, 0.9, 0.7, all 应搬 without a veto → ranks 2, 1, 2.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

PLACE_BITS = 18
"""Low bits of a case that hold the settlement's number: up to 262,144 settlements."""
_SHIFT_CASE, _SHIFT_PLACE = np.int64(40), np.int64(PLACE_BITS)
_TOP = np.int64(10**12)


@njit(cache=True, nogil=True)
def case_key(group: int, severity: int, score: float, place: int) -> int:
    """Return the place of a case as a whole number, strongest first: class, severity, score to 12 digits (no score: last), and ``place``."""
    inverse = _TOP + 1 if math.isnan(score) else _TOP - np.int64(math.floor(score * 1e12 + 0.5))
    case = (np.int64(group * 8 + (4 - severity)) << _SHIFT_CASE) | inverse
    return (case << _SHIFT_PLACE) | np.int64(place)  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def rank_sorted(first: int, last: int, cases: NDArray[np.int64], ranks: NDArray[np.int32]) -> None:
    """Fill ranks (C, n) of draws ``first`` … ``last`` − 1 from sorted cases (C, n); equal cases share the smallest rank."""
    place = (np.int64(1) << _SHIFT_PLACE) - 1
    for row in range(first, last):
        rank, before = 1, np.int64(-1)
        for position in range(cases.shape[1]):
            case = cases[row, position] >> _SHIFT_PLACE
            if case != before:
                rank, before = position + 1, case
            ranks[row, cases[row, position] & place] = rank


@njit(cache=True, nogil=True)
def count_ranks(
    first: int,
    last: int,
    ranks: NDArray[np.int32],
    width: int,
    band: NDArray[np.int64],
    bands: NDArray[np.int32],
    table: NDArray[np.int32],
) -> None:
    """Add the ranks of settlements ``first`` … ``last`` − 1 to their bands (n, bands) and to bins ``width`` ranks wide (n, bins)."""
    for begin in range(first, last, 64):
        for row in range(len(ranks)):
            for s in range(begin, min(begin + 64, last)):
                rank = ranks[row, s]
                bands[s, band[rank]] += 1
                table[s, (rank - 1) // width] += 1
