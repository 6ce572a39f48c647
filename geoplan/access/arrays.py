"""Bring numbers from outside into the arrays that compiled kernels read: one row, contiguous, of one width, so that a kernel is compiled once.

Minutes become multiples of 2⁻³² (14 ns): sums of these below 2²¹ minutes (4 years) are exact in 53 bits, in whatever order they are added.
By hand: 1/3 min becomes 1431655765 / 2³² min, 7.8·10⁻¹¹ min less.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoplan.errors import NetworkError

Marks = NDArray[np.uint8]
"""Flags."""
Ints = NDArray[np.int32]
"""Nodes, ranks, arcs and sources: below 2³¹."""
Longs = NDArray[np.int64]
"""Where the arcs of a node begin; numbers in questions and answers."""
Floats = NDArray[np.float64]
"""Minutes."""
_STEP = 2.0**32


def check_numbers(numbers: ArrayLike, size: int, *, code: str = "NETWORK-NODES") -> Longs:
    """Return the numbers as one row, all of them whole and from 0 to ``size`` − 1.

    Raises
    ------
    NetworkError
        ``code``, naming the numbers that are not.
    """
    given = np.asarray(numbers)
    if given.ndim != 1 or not (given.size == 0 or np.issubdtype(given.dtype, np.integer)):
        raise NetworkError(
            "numbers are not whole, or not in one row", code=code, remedy="Give a one-dimensional array of integers."
        )
    wrong = (given < 0) | (given >= size)
    if wrong.any():
        raise NetworkError(
            f"numbers are not from 0 to {size - 1}", code=code, ids=given[wrong], remedy="Use the network's own numbers."
        )
    return given.astype(np.int64)


def round_minutes(minutes: ArrayLike, arcs: Longs) -> Floats:
    """Return the minutes of ``arcs`` as multiples of 2⁻³²; inf stays.

    Raises
    ------
    NetworkError
        NETWORK-MINUTES, if there is not one number of 0 or more for each arc.
    """
    given = np.asarray(minutes, dtype=np.float64)
    if given.shape != arcs.shape:
        raise NetworkError(
            f"{given.shape} minutes for {len(arcs)} arcs", code="NETWORK-MINUTES", remedy="Give one number per arc."
        )
    wrong = ~(given >= 0.0)
    if wrong.any():
        raise NetworkError(
            "minutes are negative or not a number",
            code="NETWORK-MINUTES",
            ids=arcs[wrong],
            remedy="Give 0 or more; inf closes an arc.",
        )
    rounded = given * _STEP
    np.rint(rounded, out=rounded)
    rounded *= 1.0 / _STEP
    rounded += 0.0  # no negative zero
    return rounded
