"""Say how far a settlement's class can be trusted: score the county many times over what is uncertain, and count.

Stochastic multicriteria acceptability (R. Lahdelma, P. Salminen, 2001): in each draw the weights, travel speeds, elevations, hazard classes and numbers of
people are drawn (`geoplan.relocation.draws`, `dem_error`, `uncertain`), and score, class and rank follow by the rules of `candidacy`. Then

    p_must … p_undecided    share of draws in each class; they sum to 1
    acceptability           share of draws in which the rank is in a band; sums to 1 over a settlement's bands
    certain_move            应搬 in at least ``certain_share`` of the draws, whatever the missing evidence says
    certain_stay            可留 in at least that share, whatever the missing evidence says
    depends                 otherwise, with the factors that explain most of the changes (`influence`) and where each turns the class (`tornado`)

Missing evidence is missing in every draw; it never moves a score. Where its best and worst case lie in different classes it is named (``evidence:…``), and
no class is certain that it could change. A class that is 建议搬 throughout is firm and still no verdict: it ``depends`` on ``willingness``.

A share p of D draws has a standard error of √(p(1 − p)/D): 0.002 at p = 0.95 and 10,000 draws, so a class within 0.004 of the line is at it.
Scores are kept in 2048 bins, so their quantiles are good to 0.0005; ranks of up to 4096 settlements are exact. By hand: fixed weights and nothing
uncertain give every draw the class of `score_candidacy`: p is 0 or 1, and all three quantiles are its score and rank.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from geoplan.contracts.certainty_config import CertaintyConfig, WeightScheme
from geoplan.contracts.profiles import RelocationProfile
from geoplan.contracts.relocation import CertaintyResult
from geoplan.contracts.results import AccessResult, Demand, ExposureResult
from geoplan.errors import ConfigError
from geoplan.relocation import certainty_kernel as kernel
from geoplan.relocation import certainty_ranks as ranking
from geoplan.relocation import certainty_state as state
from geoplan.relocation.candidacy import ROUNDING, build_case
from geoplan.relocation.certainty_tables import Tally, tabulate_ranks, tabulate_settlements, tabulate_tornado
from geoplan.relocation.dem_error import BLOCK, draw_waves, slope_error_sd
from geoplan.relocation.draws import BINS, Draws, draw_common
from geoplan.relocation.uncertain import ELEVATION, LOCAL_FACTORS, PEOPLE, PER_PERSON, SLOPE, Inputs, flatten_anchors, lay_inputs
from geoplan.relocation.weighting import choose_weights

_CELLS = 4_000_000
"""Settlements × draws worked on at once: 32 MB of keys, 16 MB of ranks."""
_RANK_BINS = 4096


def assess_certainty(
    demand: Demand,
    access: AccessResult,
    exposure: ExposureResult,
    profile: RelocationProfile,
    config: CertaintyConfig | None = None,
    *,
    weights: Mapping[str, float] | None = None,
    scheme: WeightScheme | None = None,
    land: pd.DataFrame | None = None,
    workers: int | None = None,
    chunk_draws: int | None = None,
) -> CertaintyResult:
    """Return class probabilities, rank acceptability, verdict and tornado of every settlement.

    Parameters
    ----------
    demand, access, exposure, profile, weights, scheme, land
        As `score_candidacy` takes them.
    config
        Number of draws, seed, and what is uncertain by how much; absent: as `CertaintyConfig` says.
    workers
        Threads; absent: as many as there are cores. The result does not depend on it.
    chunk_draws
        Draws worked on at once, rounded up to whole blocks of 128; absent: as fits in about 50 MB. The result does not depend on it.

    Raises
    ------
    ConfigError
        As `score_candidacy` and `draw_common`; ``CERTAINTY-SIZE`` above 262,144 settlements.
    TableError
        ``ID-DUPLICATE`` as `build_indicators`.
    """
    config = config or CertaintyConfig()
    chosen = choose_weights(profile, scheme, weights=weights)
    names = [one.id for one in profile.indicators]
    own = np.array([chosen[name] for name in names])
    case = build_case(demand, access, exposure, profile, land=land)
    if len(case.ids) > 1 << ranking.PLACE_BITS:
        raise ConfigError(
            f"{len(case.ids)} settlements are too many to be ranked in draws",
            code="CERTAINTY-SIZE",
            remedy="Assess the townships one by one.",
        )
    inputs = lay_inputs(demand, exposure, profile, case, own, config)
    draws = draw_common(names, own, config)
    tally = tally_draws(inputs, draws, profile, config, workers=workers, chunk_draws=chunk_draws)
    return CertaintyResult(
        settlements=tabulate_settlements(case.ids, tally, draws, inputs, own, profile, config),
        ranks=tabulate_ranks(case.ids, tally, config.draws),
        tornado=tabulate_tornado(case.ids, draws, inputs, own, profile, config),
        draws=config.draws,
        seed=config.seed,
    )


def tally_draws(
    inputs: Inputs,
    draws: Draws,
    profile: RelocationProfile,
    config: CertaintyConfig,
    *,
    workers: int | None = None,
    chunk_draws: int | None = None,
) -> Tally:
    """Score all draws, a chunk at a time, and return what was counted; as `assess_certainty`."""
    count, total = len(inputs.raw), config.draws
    evidence, hazards = _evidence(inputs), _hazards(inputs, config)
    lines = state.Lines(profile.must_score - ROUNDING, profile.suggest_score - ROUNDING, profile.min_evidence_share - ROUNDING)
    used = np.array([name in inputs.local for name in LOCAL_FACTORS])
    counts = state.Counts(
        classes=np.zeros((count, 4), dtype=np.int64),
        sure=np.zeros((count, 3), dtype=np.int64),
        scores=np.zeros((count, state.SCORE_BINS), dtype=np.int32),
        extent=np.tile([np.inf, -np.inf], (count, 1)),
        by_bin=np.zeros((count, len(draws.factors) + int(used.sum()), BINS, 4), dtype=np.int32),
    )
    last, band = _bands(config.rank_bands, count)
    width = -(-count // _RANK_BINS) or 1
    bands, table = np.zeros((count, len(last)), dtype=np.int32), np.zeros((count, -(-count // width)), dtype=np.int32)
    size = BLOCK * max(1, -(-chunk_draws // BLOCK) if chunk_draws else _CELLS // (BLOCK * max(count, 1)))
    threads = max(1, workers or os.cpu_count() or 1)
    cases = np.empty((min(size, total), count), dtype=np.int64)
    ranks = np.empty(cases.shape, dtype=np.int32)
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, total if count else 0, size):
            chunk = _cut_chunk(start, min(start + size, total), draws, inputs, config)
            own, places = cases[: chunk.weights.shape[1]], ranks[: chunk.weights.shape[1]]
            _share(pool, threads, count, kernel.score_chunk, evidence, hazards, chunk, lines, used, counts, own)
            _share(pool, threads, len(own), _sort_rows, own)
            _share(pool, threads, len(own), ranking.rank_sorted, own, places)
            _share(pool, threads, count, ranking.count_ranks, places, width, band, bands, table)
    return Tally(counts.classes, counts.sure, counts.scores, counts.extent, counts.by_bin, last, bands, table, width)


def _share(pool: ThreadPoolExecutor, threads: int, count: int, work: Callable[..., object], *more: object) -> None:
    """Give each thread an equal run of rows, ``work(first, last, *more)``, and wait for all of them."""
    ends = np.linspace(0, count, threads + 1).astype(int).tolist()
    list(pool.map(lambda first, last: work(first, last, *more), ends[:-1], ends[1:]))


def _sort_rows(first: int, last: int, cases: NDArray[np.int64]) -> None:
    """Sort some rows in place."""
    cases[first:last].sort(axis=1)


def _evidence(inputs: Inputs) -> state.Evidence:
    """Return what the settlements are rated by, as the kernel takes it."""
    values, points, starts = flatten_anchors(inputs)
    slope = inputs.raw[:, inputs.kinds == SLOPE]
    tangent = np.nan_to_num(np.tan(np.radians(slope[:, 0]))) if slope.shape[1] else np.zeros(len(inputs.raw))
    counted = bool(np.isin(inputs.kinds, [PEOPLE, PER_PERSON]).any())
    raw, rated = np.ascontiguousarray(inputs.raw), np.ascontiguousarray(inputs.points)
    return state.Evidence(
        raw, rated, inputs.kinds, values, points, starts, tangent, inputs.xy, inputs.located, inputs.key, inputs.people, counted
    )


def _hazards(inputs: Inputs, config: CertaintyConfig) -> state.Hazards:
    """Return the mapped classes and their slips, as the kernel takes them; none slips where that would touch nothing."""
    slips = "hazard_class" in inputs.local
    worse, better = (config.hazard_worse_share, config.hazard_better_share) if slips else (0.0, 0.0)
    return state.Hazards(inputs.hazard, inputs.veto, inputs.surveyed, inputs.stream, float(worse), float(better))


def _cut_chunk(start: int, end: int, draws: Draws, inputs: Inputs, config: CertaintyConfig) -> state.Chunk:
    """Return draws ``start`` … ``end`` − 1 as the kernel takes them."""
    blocks = range(start // BLOCK, -(-end // BLOCK)) if "dem_error" in inputs.local else range(0)
    waves = [
        draw_waves(
            one, seed=config.seed, error_m=config.dem_error_m, correlation_m=config.dem_correlation_m, step_m=config.dem_step_m
        )
        for one in blocks
    ]
    by_rise = not (inputs.kinds == SLOPE).any()
    slope_sd = slope_error_sd(error_m=config.dem_error_m, correlation_m=config.dem_correlation_m, step_m=config.dem_step_m)
    bins = np.ascontiguousarray(draws.bins[:, start:end])
    totals = np.array([np.bincount(one, minlength=BINS) for one in bins], dtype=np.int32).reshape(len(bins), BINS)
    flat, deep = np.empty((0, 1, 2)), np.empty((0, 1, BLOCK))
    return state.Chunk(
        start=start,
        weights=np.ascontiguousarray(draws.weights[start:end].T),
        stretch=np.ascontiguousarray(draws.stretch[start:end].T),
        bins=bins,
        totals=totals,
        frequency=np.stack([one.frequency for one in waves]) if waves else flat,
        step=np.stack([one.step for one in waves]) if waves else flat,
        cosine=np.stack([one.cosine for one in waves]) if waves else deep,
        sine=np.stack([one.sine for one in waves]) if waves else deep,
        edges=ndtri(np.arange(1, BINS) / BINS) * (config.dem_error_m if by_rise else slope_sd),
        by_rise=bool(by_rise),
        raised=bool((inputs.kinds == ELEVATION).any()),
    )


def _bands(wanted: list[int], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the last rank of each band that has any, and the band of each rank 0 … ``count`` (rank 0 is no rank)."""
    last = np.array([*(one for one in wanted if one < count), count] if count else [], dtype=np.int64)
    return last, np.searchsorted(last, np.arange(count + 1))
