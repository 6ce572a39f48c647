"""Score settlements draw by draw in plain Python, from the same random numbers: what the kernel must add up to."""

from __future__ import annotations

import hashlib
import math
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import ndtri

from geoplan.relocation.dem_error import BLOCK, draw_waves

STEPS = {"none": 0, "low": 1, "medium": 2, "high": 3, "extreme": 4}
KINDS = ["landslide", "rockfall", "debris_flow", "flood", "flash_flood", "fault", "collapse"]
WORD = (1 << 64) - 1


def bits(key: int, draw: int, stream: int) -> int:
    z = (key + (draw + 1) * 0x9E3779B97F4A7C15) & WORD
    for again in (True, False):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
        z ^= z >> 31
        if again:
            z = (z + (stream + 1) * 0x9E3779B97F4A7C15) & WORD
    return z


def key_of(seed: int, settlement_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}/{settlement_id}".encode(), digest_size=8).digest(), "big")


def rate(value: float, anchors: list[tuple[float, float]]) -> float:
    if value <= anchors[0][0]:
        return anchors[0][1]
    for (x0, y0), (x1, y1) in pairwise(anchors):
        if value < x1:
            return y0 + (y1 - y0) * (value - x0) / (x1 - x0)
    return anchors[-1][1]


def dem_errors(place: tuple[float, float], draw: int, config: Any) -> tuple[float, float, float]:
    waves = draw_waves(
        draw // BLOCK,
        seed=config.seed,
        error_m=config.dem_error_m,
        correlation_m=config.dem_correlation_m,
        step_m=config.dem_step_m,
    )

    def height(x: float, y: float) -> float:
        phase = waves.frequency @ np.array([x, y])
        return float(np.cos(phase) @ waves.cosine[:, draw % BLOCK] + np.sin(phase) @ waves.sine[:, draw % BLOCK])

    (x, y), step = place, config.dem_step_m
    return (
        height(x, y),
        (height(x + step, y) - height(x - step, y)) / (2 * step),
        (height(x, y + step) - height(x, y - step)) / (2 * step),
    )


def score_one(place: dict[str, Any], draw: int, draws: Any, profile: Any, config: Any) -> tuple[str, float, float]:
    """``place``: id, xy, raw {indicator: value or status}, hazard {kind: class or ""}. Returns class, deciding severity, score."""
    key = key_of(config.seed, place["id"])
    slipped = {}
    for kind, named in place["hazard"].items():
        if named:
            chance = (bits(key, draw, KINDS.index(kind)) >> 11) / 2**53
            step = 1 if chance < config.hazard_worse_share else -1 if chance >= 1 - config.hazard_better_share else 0
            slipped[kind] = min(4, max(0, STEPS[named] + step))
    known = all(place["hazard"].values()) or 4 in slipped.values()
    deciding = [
        code
        for kind, code in slipped.items()
        for veto in profile.vetoes
        if kind in veto.hazard_kinds and any(STEPS[one] == code for one in veto.hazard_classes)
    ]
    people = math.exp(config.population_sd * ndtri(((bits(key, draw, 32) >> 52) + 0.5) / 4096))
    total = share = 0.0
    for k, indicator in enumerate(profile.indicators):
        value = place["raw"][indicator.id]
        if indicator.id == "hazard_index":
            value = max(slipped.values()) / 4 if known and slipped else "no_data"
        elif not isinstance(value, str):
            if indicator.id.endswith("_min"):
                value *= draws.stretch[draw, k]
            elif indicator.id == "slope_deg":
                _, east, north = dem_errors(place["xy"], draw, config)
                value = math.degrees(math.atan(math.hypot(math.tan(math.radians(value)) + east, north)))
            elif indicator.id == "elevation_m":
                value += dem_errors(place["xy"], draw, config)[0]
            elif indicator.id == "farmland_mu_per_person":
                value /= people
            elif indicator.id == "persons_served":
                value *= people
        if isinstance(value, str):
            if value != "unreachable" or indicator.unreachable_points is None:
                continue
            points = indicator.unreachable_points
        else:
            points = rate(value, indicator.anchors)
        total, share = total + points * draws.weights[draw, k], share + draws.weights[draw, k]
    score = total / share if share > 0 else math.nan
    severity = max(deciding, default=-1)
    if severity >= 0:
        return "must", severity, score
    if share < profile.min_evidence_share - 1e-12 or math.isnan(score):
        return "undecided", severity, score
    if score >= profile.must_score - 1e-12:
        return "must", severity, score
    if score >= profile.suggest_score - 1e-12:
        return "suggest", severity, score
    return ("stay" if known else "undecided"), severity, score


def rank_all(cases: list[tuple[str, float, float]]) -> list[int]:
    order = ["must", "suggest", "stay", "undecided"]
    keys = [(order.index(a), -b, -round(-1 if math.isnan(c) else c, 12)) for a, b, c in cases]
    return [1 + sum(other < key for other in keys) for key in keys]
