"""Draw what all settlements of a county share in one draw: the weights of the indicators and how fast people travel.

Weights of indicators with weight above 0, one row per draw, each row summing to 1:

    simplex     w = E/ΣE, E independent exponential            every set of weights equally likely
    ranges      uniform on {Σ w = 1, low ≤ w ≤ high}           all but the widest drawn uniformly, kept where the widest fits in its range
    dirichlet   w ~ Dirichlet(c w0)                            mean w0, variance w0(1 − w0)/(c + 1)
    fixed       w = w0

Times of service s are stretched by exp(σ z + σ_s z_s), z common to the county, z_s the service's own, both standard normal; speeds divide by it.
Every factor is cut into `BINS` equally likely bins, by which `geoplan.relocation.influence` sees what a class depends on.

By hand: weights (0.5, 0.5), ranges ±0.2 of the weight: the first is uniform on 0.4 … 0.6, the second is the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.contracts.certainty_config import CertaintyConfig
from geoplan.errors import ConfigError

BINS = 8
_WEIGHTS, _SPEEDS = 1, 2
_ROUNDS = 2_000
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Draws:
    """What D draws say of the k indicators and of the factors all settlements share."""

    weights: NDArray[np.float64]
    """(D, k) each row sums to 1."""
    stretch: NDArray[np.float64]
    """(D, k) factor on the raw value of a travel time; 1 for other indicators."""
    factors: tuple[str, ...]
    """Factor ids: ``weight:<indicator>``, ``speed`` (common), ``speed:<service>``."""
    values: NDArray[np.float64]
    """(D, f) value of each: the weight, or the factor on travel times."""
    bins: NDArray[np.uint8]
    """(f, D) bin of each value, 0 … `BINS` − 1, ascending."""


def draw_common(names: Sequence[str], weights: NDArray[np.float64], config: CertaintyConfig) -> Draws:
    """Return the draws of weights and speeds.

    Parameters
    ----------
    names
        The k indicator ids; those that end in ``_min`` are travel times.
    weights
        (k,) the weights about which is drawn, summing to 1.
    config
        Spreads, number of draws and seed.

    Raises
    ------
    ConfigError
        ``WEIGHTS-RANGE`` when no weights within the ranges sum to 1, or a range names an unknown indicator.
    """
    drawn = draw_weights(names, weights, config)
    moving = [place for place in range(len(names)) if config.weights != "fixed" and np.ptp(drawn[:, place]) > 0]
    factors, values = [f"weight:{names[place]}" for place in moving], [drawn[:, place] for place in moving]
    stretch = np.ones_like(drawn)
    timed = [place for place, name in enumerate(names) if name.endswith("_min") and weights[place] > 0]
    services = sorted({name_service(names[place]) for place in timed})
    if timed and config.speed_sd > 0:
        common = np.exp(config.speed_sd * np.random.default_rng([config.seed, _SPEEDS]).standard_normal(config.draws))
        stretch[:, timed] *= common[:, None]
        factors.append("speed")
        values.append(common)
    for service in services if config.speed_service_sd > 0 else ():
        # Keyed by the service's name: another service in the plan must not change this one's draws.
        rng = np.random.default_rng([config.seed, _SPEEDS, *service.encode()])
        own = np.exp(config.speed_service_sd * rng.standard_normal(config.draws))
        for place in timed:
            if name_service(names[place]) == service:
                stretch[:, place] *= own
        factors.append(f"speed:{service}")
        values.append(own)
    table = np.stack(values, axis=1) if values else np.empty((config.draws, 0))
    return Draws(drawn, stretch, tuple(factors), table, cut_bins(table))


def name_service(indicator: str) -> str:
    """Return the service a travel-time indicator speaks of.

    >>> name_service("clinic_wet_min"), name_service("water_round_min"), name_service("road_min")
    ('clinic', 'water', 'road')
    """
    return indicator.removesuffix("_min").removesuffix("_wet").removesuffix("_round")


def cut_bins(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the (f, D) bin of each of (D, f) values: `BINS` equally filled bins, ties in the order of the draws.

    >>> cut_bins(np.array([[3.0], [1.0], [2.0], [4.0]])).tolist()
    [[4, 0, 2, 6]]
    """
    count = len(values)
    place = np.argsort(np.argsort(values, axis=0, kind="stable"), axis=0, kind="stable")
    return np.ascontiguousarray((place * BINS // max(count, 1)).T.astype(np.uint8))


def draw_weights(names: Sequence[str], weights: NDArray[np.float64], config: CertaintyConfig) -> NDArray[np.float64]:
    """Return (D, k) weights by the configured spread, each row summing to 1; as `draw_common`."""
    used = np.flatnonzero(weights > 0)
    drawn = np.tile(weights, (config.draws, 1))
    if config.weights == "fixed" or len(used) < 2:
        return drawn
    rng = np.random.default_rng([config.seed, _WEIGHTS])
    if config.weights == "ranges":
        low, high = weight_ranges(names, weights, config)
        if np.array_equal(low, high):
            return drawn
        drawn[:, used] = _within(rng, low[used], high[used], config.draws)
        return drawn
    shape = np.ones(len(used)) if config.weights == "simplex" else weights[used] * config.dirichlet_concentration
    # A gamma of shape 1 is an exponential; normalised gammas are Dirichlet.
    parts = rng.standard_gamma(shape, size=(config.draws, len(used)))
    drawn[:, used] = parts / parts.sum(axis=1, keepdims=True)
    return drawn


def weight_ranges(
    names: Sequence[str], weights: NDArray[np.float64], config: CertaintyConfig
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest weight (k,) of each indicator; those of weight 0 keep it.

    By hand: weight 0.2 and ``weight_share`` 0.3 → 0.14 … 0.26.
    """
    unknown = sorted(set(config.weight_ranges) - set(names))
    low, high = weights * (1.0 - config.weight_share), np.minimum(weights * (1.0 + config.weight_share), 1.0)
    for place, name in enumerate(names):
        if name in config.weight_ranges and weights[place] > 0:
            low[place], high[place] = config.weight_ranges[name]
    if unknown or low.sum() > 1 + _ROUNDING or high.sum() < 1 - _ROUNDING:
        raise ConfigError(
            "weight_ranges name unknown indicators" if unknown else "no weights within the ranges sum to 1",
            code="WEIGHTS-RANGE",
            column="weight_ranges",
            ids=unknown or names,
            remedy=f"Use {', '.join(names)}."
            if unknown
            else "Widen the ranges: the lowest must sum to at most 1, the highest to at least 1.",
        )
    return low, high


def _within(rng: np.random.Generator, low: NDArray[np.float64], high: NDArray[np.float64], draws: int) -> NDArray[np.float64]:
    """Return (draws, k) weights uniform on the part of the simplex within the ranges, by rejection."""
    last = int(np.argmax(high - low))
    kept, found = [], 0
    for _ in range(_ROUNDS):
        batch = low + (high - low) * rng.random((draws, len(low)))
        batch[:, last] = 0.0
        batch[:, last] = 1.0 - batch.sum(axis=1)
        fits = (batch[:, last] >= low[last] - _ROUNDING) & (batch[:, last] <= high[last] + _ROUNDING)
        kept.append(np.maximum(batch[fits], 0.0))
        found += int(fits.sum())
        if found >= draws:
            return np.concatenate(kept)[:draws]
    raise ConfigError(
        "weights within the ranges hardly ever sum to 1",
        code="WEIGHTS-RANGE",
        column="weight_ranges",
        remedy="Widen the ranges, or centre them on weights that sum to 1.",
    )
