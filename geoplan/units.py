"""State the conversion factors once; every quantity's name ends in its unit."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

MIN_PER_HOUR = 60.0
M_PER_KM = 1000.0
M2_PER_MU = 10_000.0 / 15.0
"""One 亩 (mu) is 1/15 of a hectare."""
M2_PER_HA = 10_000.0


Quantity = TypeVar("Quantity", float, NDArray[np.float64])
"""A number, or an array of numbers."""


def travel_min(length_m: Quantity, speed_kmh: Quantity | float) -> Quantity:
    """Return the minutes taken to cover ``length_m`` metres at ``speed_kmh`` km/h (scalars or arrays).

    >>> travel_min(5000.0, 5.0)
    60.0
    """
    return length_m / speed_kmh * (MIN_PER_HOUR / M_PER_KM)
