"""Draw errors of an elevation model: a Gaussian field whose neighbouring errors are alike, and the error of the slope that follows from it.

The error e(x) of the elevation at x has mean 0 and, with h the distance between two places,

    cov(e(x), e(x + h)) = σ² exp(−h²/2L²)

It is drawn in waves (spectral method): with M frequencies ω_m and a_m, b_m independent standard normal,

    e(x) = σ/√M Σ_m (a_m cos ω_m·x + b_m sin ω_m·x)

For given frequencies e is exactly Gaussian with covariance σ²/M Σ cos ω_m·h; over frequencies drawn from N(0, I/L²), new ones every `BLOCK` draws,
the covariance is exactly the one above. Frequencies come in right-angled pairs of stratified length, so that every set of them is nearly isotropic.
A field depends on place and draw alone: which other places are asked changes nothing.

The slope was taken over cells of width Δ, so its error is the central difference (e(x + Δ) − e(x − Δ))/2Δ, which for a wave is in closed form a
factor sin(ω Δ)/Δ. Its variance is σ²(1 − exp(−2Δ²/L²))/2Δ². By hand: σ 1.7 m, L 150 m, Δ 30 m: 0.0111 (1.11 m per 100 m, 0.64°).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 128
"""Draws that share one set of frequencies."""
_WAVES = 16
_STREAM = 3


@dataclass(frozen=True)
class Waves:
    """The waves of `BLOCK` draws."""

    frequency: NDArray[np.float64]
    """(M, 2) radians per metre, eastward and northward."""
    cosine: NDArray[np.float64]
    """(M, BLOCK) a, times σ/√M, metres."""
    sine: NDArray[np.float64]
    """(M, BLOCK) b, times σ/√M, metres."""
    step: NDArray[np.float64]
    """(M, 2) sin(ω Δ)/Δ, radians per metre: what a central difference makes of a wave."""


def draw_waves(block: int, *, seed: int, error_m: float, correlation_m: float, step_m: float) -> Waves:
    """Return the waves of draws ``block``·`BLOCK` … : of standard deviation ``error_m``, correlation length L and cell width Δ in metres."""
    rng = np.random.default_rng([seed, _STREAM, block])
    half = _WAVES // 2
    # |ω|² L²/2 is exponential for a two-dimensional normal ω; one value in each of `half` equally likely strata.
    length = np.sqrt(-2.0 * np.log1p(-(np.arange(half) + rng.random(half)) / half)) / correlation_m
    angle = 2.0 * math.pi * rng.random(half)
    east, north = length * np.cos(angle), length * np.sin(angle)
    frequency = np.stack([np.concatenate([east, -north]), np.concatenate([north, east])], axis=1)
    size = rng.standard_normal((2, _WAVES, BLOCK)) * (error_m / math.sqrt(_WAVES))
    return Waves(frequency, size[0], size[1], np.sin(frequency * step_m) / step_m)


def evaluate_waves(xy: NDArray[np.float64], waves: Waves) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the error of the elevation (m) and of its eastward and northward slope (m/m) at places (n, 2), each (n, BLOCK)."""
    phase = xy @ waves.frequency.T
    cosine, sine = np.cos(phase), np.sin(phase)
    slopes = [(cosine * one) @ waves.sine - (sine * one) @ waves.cosine for one in waves.step.T]
    return cosine @ waves.cosine + sine @ waves.sine, slopes[0], slopes[1]


def slope_error_sd(*, error_m: float, correlation_m: float, step_m: float) -> float:
    """Return the standard deviation of the error of a slope in one direction, metres per metre.

    >>> round(slope_error_sd(error_m=1.7, correlation_m=150.0, step_m=30.0), 4)
    0.0111
    """
    return error_m * math.sqrt(-math.expm1(-2.0 * (step_m / correlation_m) ** 2) / 2.0) / step_m
