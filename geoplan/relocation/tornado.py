"""Move one uncertain factor at a time, everything else as it stands: score and class at its low and high end, and where the class turns.

Levels of a factor, and its two ends (5% and 95% of what is drawn):

    weight:<indicator>     the weight; the others keep their ratios and share the rest
    speed, speed:<service> factor on travel times, of all services or of one
    dem_error              error of the slope along the fall line, m per m, and with it of the elevation (in the same standard deviations)
    hazard_class           steps by which every mapped class is worse (+1) or better (−1)
    population             factor on people
    evidence:<indicator>   points of the missing evidence of that indicator, 0 and 1; says nothing where it is not missing

By hand: weights (0.6, 0.4), points (1.0, 0.5), second a time of 50 min on (0, 0), (100, 1): 0.8. At times × 1.2 it is 0.6 + 0.4·0.6 = 0.84, at × 0.8
it is 0.76; with must_score 0.82 the class turns to 应搬 at × 1.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.contracts.certainty_config import CertaintyConfig
from geoplan.contracts.profiles import RelocationProfile
from geoplan.relocation.candidacy import classify
from geoplan.relocation.dem_error import slope_error_sd
from geoplan.relocation.draws import Draws, name_service
from geoplan.relocation.uncertain import ELEVATION, HAZARD, PEOPLE, PER_PERSON, SLOPE, TIME, Inputs
from geoplan.relocation.value import apply_anchors, weigh

_NEUTRAL = {"speed": 1.0, "dem_error": 0.0, "hazard_class": 0.0, "population": 1.0}
_TAIL, _EDGE = 0.05, 0.005
_LEVELS, _HALVINGS = 61, 20
_Z_TAIL, _Z_EDGE = 1.6448536269514722, 2.5758293035489004


@dataclass(frozen=True)
class Outcome:
    """Score and class of n settlements."""

    score: NDArray[np.float64]
    classes: NDArray[np.object_]


@dataclass(frozen=True)
class Turns:
    """The nearest level of a factor at which the class of each of n settlements is another."""

    level: NDArray[np.float64]
    """(n,) NaN where no level within 0.5 … 99.5% turns it."""
    classes: NDArray[np.object_]
    """(n,) the class beyond it; empty where none."""


def list_factors(draws: Draws, inputs: Inputs, names: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of all factors: those all settlements share, their own, and evidence that is missing anywhere."""
    missing = [bool(np.isnan(column).any()) for column in inputs.points.T]
    return (*draws.factors, *inputs.local, *(f"evidence:{name}" for name, one in zip(names, missing, strict=True) if one))


def find_ends(factor: str, draws: Draws, inputs: Inputs, config: CertaintyConfig, *, wide: bool = False) -> tuple[float, float]:
    """Return the low and high end of a factor: 5% and 95% of its draws, or 0.5% and 99.5% if ``wide``."""
    tail, z = (_EDGE, _Z_EDGE) if wide else (_TAIL, _Z_TAIL)
    if factor in draws.factors:
        low, high = np.quantile(draws.values[:, draws.factors.index(factor)], [tail, 1 - tail])
        return float(low), float(high)
    if factor == "dem_error":
        sd = slope_error_sd(error_m=config.dem_error_m, correlation_m=config.dem_correlation_m, step_m=config.dem_step_m)
        return -z * sd, z * sd
    if factor == "hazard_class":
        return (-1.0 if config.hazard_better_share > 0 else 0.0), (1.0 if config.hazard_worse_share > 0 else 0.0)
    if factor == "population":
        low, high = np.quantile(inputs.people, [tail, 1 - tail])
        return float(low), float(high)
    return 0.0, 1.0


def rate_level(
    factor: str,
    level: NDArray[np.float64],
    inputs: Inputs,
    weights: NDArray[np.float64],
    profile: RelocationProfile,
    config: CertaintyConfig,
) -> Outcome:
    """Return score and class of the n settlements of ``inputs`` with ``factor`` alone at ``level`` (n,); ``""`` moves nothing."""
    names = [one.id for one in profile.indicators]
    points, hazard = inputs.points.copy(), inputs.hazard
    own: NDArray[np.float64] = np.broadcast_to(weights, points.shape)
    stem, _, name = factor.partition(":")
    if stem == "weight":
        place = names.index(name)
        own = weights * ((1.0 - level) / (1.0 - weights[place]))[:, None] if weights[place] < 1 else own.copy()
        own[:, place] = level
    elif stem == "hazard_class":
        step = np.rint(level).astype(np.int8)[:, None]
        hazard = np.where(hazard >= 0, np.clip(hazard + step, 0, 4), hazard).astype(np.int8)
    for place in range(len(names)):
        moved = _move(factor, level, place, names[place], inputs, hazard, config)
        if moved is not None:
            known = ~np.isnan(moved)
            points[known, place] = apply_anchors(moved[known], inputs.anchors[place])
    worst = hazard.max(axis=1, initial=-1)
    known = inputs.surveyed | (worst == 4)
    points[np.ix_(~known, inputs.kinds == HAZARD)] = np.nan
    if stem == "evidence":
        gap = np.isnan(points[:, names.index(name)])
        points[gap, names.index(name)] = level[gap]
        known = known | (gap & (name == "hazard_index"))
    found = weigh(points, own)
    return Outcome(found.score, classify(found, _vetoed(hazard, inputs.veto), known, profile))


def _move(
    factor: str,
    level: NDArray[np.float64],
    place: int,
    name: str,
    inputs: Inputs,
    hazard: NDArray[np.int8],
    config: CertaintyConfig,
) -> NDArray[np.float64] | None:
    """Return the raw values (n,) of one indicator at the level, NaN where they stay; None where the factor does not touch it."""
    kind, raw = inputs.kinds[place], inputs.raw[:, place]
    if kind == TIME and factor in ("speed", f"speed:{name_service(name)}"):
        return raw * level
    if factor == "dem_error" and kind == SLOPE:
        return np.degrees(np.arctan(np.abs(np.tan(np.radians(raw)) + level)))
    if factor == "dem_error" and kind == ELEVATION:
        sd = slope_error_sd(error_m=config.dem_error_m, correlation_m=config.dem_correlation_m, step_m=config.dem_step_m)
        return raw + level / sd * config.dem_error_m
    if factor == "population" and kind in (PEOPLE, PER_PERSON):
        return raw * level if kind == PEOPLE else raw / level
    if factor == "hazard_class" and kind == HAZARD:
        base, worst = inputs.hazard.max(axis=1, initial=-1), hazard.max(axis=1, initial=-1)
        moved = np.where(np.isnan(raw), 0.25 * worst, raw + 0.25 * (worst.astype(float) - base))
        return np.where(worst != base, np.clip(moved, 0.0, 1.0), np.nan)
    return None


def _vetoed(hazard: NDArray[np.int8], veto: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where a kind's class decides alone."""
    decides = [(hazard[:, h] >= 0) & veto[h][np.maximum(hazard[:, h], 0)] for h in range(hazard.shape[1])]
    return np.any(decides, axis=0) if decides else np.zeros(len(hazard), dtype=bool)


def find_turns(
    factor: str,
    base: NDArray[np.object_],
    draws: Draws,
    inputs: Inputs,
    weights: NDArray[np.float64],
    profile: RelocationProfile,
    config: CertaintyConfig,
) -> Turns:
    """Return the level of ``factor`` nearest to where it stands at which each settlement's class is not ``base`` (n,).

    Levels are tried from the neutral one outwards over 99% of what is drawn, then the nearest that turns the class is halved towards.
    """
    count = len(base)
    stem, _, name = factor.partition(":")
    here = float(weights[[one.id for one in profile.indicators].index(name)]) if stem == "weight" else _NEUTRAL.get(stem, 0.0)
    low, high = find_ends(factor, draws, inputs, config, wide=True)
    levels = np.array([-1.0, 1.0]) if stem == "hazard_class" else np.linspace(low, high, _LEVELS)
    levels = levels[(levels >= low) & (levels <= high) & (levels != here)]
    found, beyond = np.full(count, np.nan), np.full(count, "", dtype=object)
    for level in levels[np.argsort(np.abs(levels - here), kind="stable")]:
        classes = rate_level(factor, np.full(count, level), inputs, weights, profile, config).classes
        turned = np.isnan(found) & (classes != base)
        found[turned], beyond[turned] = level, classes[turned]
    inside, outside = np.full(count, here), found.copy()
    for _ in range(0 if stem == "hazard_class" else _HALVINGS):
        middle = (inside + outside) / 2
        classes = rate_level(factor, np.where(np.isnan(middle), here, middle), inputs, weights, profile, config).classes
        same = classes == base
        inside, outside = np.where(same, middle, inside), np.where(same, outside, middle)
        beyond = np.where(same | np.isnan(found), beyond, classes).astype(object)
    return Turns(outside, beyond)
