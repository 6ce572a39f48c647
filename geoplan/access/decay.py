"""Weigh travel time by distance decay: how much a facility t minutes away still counts, within a catchment of t₀ minutes.

- binary: 1 for t ≤ t₀ (Luo & Wang 2003, 2SFCA);
- stepped: the weight of the first zone with t ≤ its end (Luo & Qi 2009, E2SFCA);
- Gaussian: (exp(−½ (t/t₀)²) − exp(−½)) / (1 − exp(−½)), which falls from 1 at 0 to 0 at t₀ (Dai 2010);
- inverse power: max(t, floor)^−β: the floor keeps a clinic in the village itself (0 min) from counting without end;
- exponential: exp(−t / s), s the minutes in which the weight falls to 1/e.

Beyond the catchment every weight is 0; the end of a catchment or zone belongs to it, so 60.0 min is within 60. Minutes are float64 ≥ 0, weights
have no unit but the inverse power's (min^−β), which cancels in 2SFCA.

By hand, t₀ = 60: Gaussian at 30 is (exp(−0.125) − exp(−0.5)) / (1 − exp(−0.5)) = 0.701; inverse power, β 1, floor 1, at 0 and 40: 1 and 0.025.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoplan.errors import ConfigError, TableError


class Decay(Protocol):
    """What a distance decay is: a catchment, and weights of minutes."""

    @property
    def catchment_min(self) -> float:
        """End of the catchment, minutes, inclusive."""

    def weigh(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return the weight of each of the minutes."""


@dataclass(frozen=True)
class Binary:
    """Count everything within ``catchment_min`` fully and nothing beyond."""

    catchment_min: float

    def __post_init__(self) -> None:
        """Refuse a catchment that is none."""
        _require_positive("catchment_min", self.catchment_min, end=math.inf)

    def weigh(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return 1 within the catchment, 0 beyond."""
        return _within(_read_minutes(minutes), self.catchment_min).astype(np.float64)


@dataclass(frozen=True)
class Stepped:
    """Weigh by zones: ``zones`` are (end in minutes, weight), nearest first, ends rising; e.g. ((10, 1.0), (20, 0.68), (30, 0.22))."""

    zones: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        """Refuse zones that do not rise, and weights that are negative or not numbers."""
        ends, weights = [one[0] for one in self.zones], [one[1] for one in self.zones]
        rising = bool(ends) and ends[0] >= 0 and all(a < b for a, b in pairwise(ends))
        if not rising or not all(0 <= one < math.inf for one in weights):
            raise ConfigError(
                f"zones {self.zones} do not rise or have a weight below 0",
                code="DECAY-ZONES",
                remedy="Give (end in minutes, weight) from the nearest zone to the farthest.",
            )

    @property
    def catchment_min(self) -> float:
        """End of the last zone."""
        return self.zones[-1][0]

    def weigh(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return the weight of the zone each of the minutes lies in, 0 beyond the last."""
        ends = np.array([one[0] for one in self.zones], dtype=np.float64)
        weights = np.array([*(one[1] for one in self.zones), 0.0], dtype=np.float64)
        read = _read_minutes(minutes)
        return np.where(_within(read, self.catchment_min), weights[np.searchsorted(ends, read, side="left")], 0.0)


@dataclass(frozen=True)
class Gaussian:
    """Weigh by Dai's Gaussian: 1 at 0 min, 0 at ``catchment_min``."""

    catchment_min: float

    def __post_init__(self) -> None:
        """Refuse a catchment without end or extent."""
        _require_positive("catchment_min", self.catchment_min)

    def weigh(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return (exp(−½ (t/t₀)²) − exp(−½)) / (1 − exp(−½)) within the catchment, 0 beyond."""
        end, share = math.exp(-0.5), _read_minutes(minutes) / self.catchment_min
        # At the end itself the formula is 0; two exponentials may differ there by a rounding.
        return np.where(share < 1.0, np.maximum((np.exp(-0.5 * share**2) - end) / (1.0 - end), 0.0), 0.0)


@dataclass(frozen=True)
class InversePower:
    """Weigh by max(t, ``floor_min``)^−``exponent`` within ``catchment_min``."""

    catchment_min: float
    exponent: float = 1.0
    floor_min: float = 1.0
    """Anything nearer counts as this near; above 0, or 0 min would weigh without end."""

    def __post_init__(self) -> None:
        """Refuse a floor at 0, where the weight has no end."""
        _require_positive("catchment_min", self.catchment_min, end=math.inf)
        _require_positive("exponent", self.exponent)
        _require_positive("floor_min", self.floor_min)

    def weigh(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return max(t, floor)^−β within the catchment, 0 beyond."""
        read = _read_minutes(minutes)
        return np.where(_within(read, self.catchment_min), np.maximum(read, self.floor_min) ** -self.exponent, 0.0)


@dataclass(frozen=True)
class Exponential:
    """Weigh by exp(−t / ``scale_min``) within ``catchment_min``."""

    catchment_min: float
    scale_min: float

    def __post_init__(self) -> None:
        """Refuse a scale that is none."""
        _require_positive("catchment_min", self.catchment_min, end=math.inf)
        _require_positive("scale_min", self.scale_min)

    def weigh(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return exp(−t / s) within the catchment, 0 beyond."""
        read = _read_minutes(minutes)
        return np.where(_within(read, self.catchment_min), np.exp(-read / self.scale_min), 0.0)


def _read_minutes(minutes: ArrayLike) -> NDArray[np.float64]:
    """Return minutes as float64; raise ``DECAY-MINUTES`` where they are negative or unknown: an unknown time has no weight, not even 0."""
    read = np.asarray(minutes, dtype=np.float64)
    if not (read >= 0).all():
        raise TableError(
            "minutes below zero or not a number", code="DECAY-MINUTES", remedy="Leave out pairs whose time is not known."
        )
    return read


def _within(minutes: NDArray[np.float64], catchment_min: float) -> NDArray[np.bool_]:
    """Return which minutes lie in the catchment, its end included; inf (not reached) lies in none."""
    return (minutes <= catchment_min) & np.isfinite(minutes)


def _require_positive(name: str, value: float, *, end: float = math.nan) -> None:
    """Raise ``DECAY-NUMBER`` unless the value is finite (or ``end``) and above 0."""
    if not value > 0 or (math.isinf(value) and value != end):
        raise ConfigError(f"{name} is {value}", code="DECAY-NUMBER", remedy=f"Give {name} as a number above 0.")
