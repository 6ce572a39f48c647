"""Price a slope, and count time in whole ticks of 1/8192 s.

Minutes on a slope z/d over minutes on the level (Tobler's function scaled to the level speed, see `geoplan.access.speeds`):

    f(s) = exp(3.5 · |s + 0.05| − 0.175) · (√(1 + s²) where lengths follow the slope)        s = rise / run in the direction of travel

By hand: f(0) = 1, f(0.1) = e^0.35 = 1.41907, f(−0.05) = e^−0.175 = 0.83946.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

TICKS_PER_S = 8192.0
TICKS_PER_MIN = 60.0 * TICKS_PER_S
NEVER = np.uint32(0xFFFFFFFF)
"""Time of what has not been reached."""
STEEPNESS, EASIEST = 3.5, 0.05
_WHOLE = 6755399441055744.0
"""1.5 · 2⁵²: a whole number added to it stands in the low bits of the sum."""
_EXPONENT_BITS, _EXPONENT_ZERO, _EXPONENT_MAX = 52, 1023, 62.0
_LOG2_E = 1.4426950408889634
_LEVEL = STEEPNESS * EASIEST


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def slope_factor(slope: float, stretch: float) -> float:
    """Return minutes on a slope over minutes on the level; ``stretch`` 1 for lengths along the slope, 0 for level lengths.

    2^y by a polynomial on [0, 1), relative error below 3·10⁻⁹, times a power of two written into its exponent: no table and no branch, so that many
    slopes are priced at once.
    """
    y = (STEEPNESS * abs(slope + EASIEST) - _LEVEL) * _LOG2_E
    whole = np.floor(y)
    f = y - whole
    power = 2.1865784823863317e-04 * f + 1.2391331823096152e-03
    power = (power * f + 9.68418631164322e-03) * f + 5.548063019600289e-02
    power = (power * f + 2.4023045441248367e-01) * f + 6.931469327588494e-01
    bits = np.float64(min(whole, _EXPONENT_MAX) + _WHOLE).view(np.int64)
    factor = (power * f + 1.0000000025307452) * np.int64((bits + _EXPONENT_ZERO) << _EXPONENT_BITS).view(np.float64)
    if stretch > 0.0:
        factor *= np.sqrt(1.0 + stretch * slope * slope)
    return factor


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def exact_slope_factor(slope: float, stretch: float) -> float:
    """Return what `slope_factor` approximates, to the last bit but one, for timing what was found; level ground is 1 exactly."""
    factor = np.exp(STEEPNESS * abs(slope + EASIEST) - _LEVEL)
    if stretch > 0.0:
        factor *= np.sqrt(1.0 + stretch * slope * slope)
    return factor


def count_ticks(minutes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return minutes as whole ticks, at most `NEVER`: a few metres up a spike of the heights may take longer than there are ticks."""
    longest = int(NEVER) / TICKS_PER_MIN
    return np.rint(np.fmin(minutes, longest) * TICKS_PER_MIN).astype(np.int64)
