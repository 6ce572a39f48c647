"""Score settlements in many draws: for each settlement and draw its score, class and place in the ranking, added up as whole numbers.

Everything is counted in integers, so neither the order of the work nor how it is cut into chunks or threads can change a bit of the result. What a
settlement does not share with the county is drawn from a hash of (settlement's key, draw, stream), so that no other settlement changes it.

By hand: weights (0.6, 0.4), points (1.0, 0.5), the second a travel time of 50 min on anchors (0, 0), (100, 1). Stretched by 1.2 it is 60 min and 0.6
points; the score is 0.84.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.relocation.dem_error import BLOCK
from geoplan.relocation.draws import BINS
from geoplan.relocation.uncertain import ELEVATION, FIXED, HAZARD, PEOPLE, PEOPLE_STEPS, PER_PERSON, SLOPE, TIME

MUST, SUGGESTED, STAY, UNDECIDED = range(4)
SCORE_BINS = 2048
"""Bins of the score 0..1 in which its distribution is kept."""
SURE_MOVE, SURE_STAY, OPEN = range(3)
PLACE_BITS = 18
"""Low bits of a case's key that hold the settlement's number: up to 262,144 settlements."""
_POPULATION_STREAM = np.uint64(32)
_GOLDEN, _MIX_1, _MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S11, _S27, _S30, _S31, _ONE = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(1)
_UNIT = 1.0 / (1 << 53)
_PEOPLE_SHIFT = np.uint64(64 - int(math.log2(PEOPLE_STEPS)))
_SHIFT_CASE, _SHIFT_PLACE = np.int64(40), np.int64(PLACE_BITS)
_TOP = np.int64(10**12)


class Evidence(NamedTuple):
    """What the settlements are rated by; see `geoplan.relocation.uncertain.Inputs`."""

    raw: NDArray[np.float64]
    points: NDArray[np.float64]
    kinds: NDArray[np.int64]
    anchor_values: NDArray[np.float64]
    anchor_points: NDArray[np.float64]
    anchor_starts: NDArray[np.int64]
    tangent: NDArray[np.float64]
    """(n,) tangent of the slope as it stands; 0 where unknown."""
    xy: NDArray[np.float64]
    located: NDArray[np.bool_]
    key: NDArray[np.uint64]
    people: NDArray[np.float64]
    counted: bool
    """An indicator depends on the number of people."""


class Hazards(NamedTuple):
    """Mapped classes and how they may be wrong."""

    codes: NDArray[np.int8]
    veto: NDArray[np.bool_]
    surveyed: NDArray[np.bool_]
    stream: NDArray[np.uint64]
    worse: float
    better: float


class Chunk(NamedTuple):
    """What a run of draws says of all settlements; ``start`` is the first draw's number, a multiple of `BLOCK`."""

    start: int
    weights: NDArray[np.float64]
    stretch: NDArray[np.float64]
    bins: NDArray[np.uint8]
    """(f, C) bins of the shared factors."""
    totals: NDArray[np.int32]
    """(f, BINS) how many draws of the chunk are in each."""
    frequency: NDArray[np.float64]
    """(blocks, M, 2), and so on as `geoplan.relocation.dem_error.Waves`; no blocks where elevation has no error."""
    step: NDArray[np.float64]
    cosine: NDArray[np.float64]
    sine: NDArray[np.float64]
    edges: NDArray[np.float64]
    """(BINS − 1,) borders of the bins of the error, of the slope (or of the elevation if ``by_rise``)."""
    by_rise: bool
    raised: bool
    """An indicator depends on the elevation itself."""


class Lines(NamedTuple):
    """Where classes begin, lowered by the rounding that is allowed."""

    must: float
    suggest: float
    thin: float


class Counts(NamedTuple):
    """What is added up over the draws; row s is settlement s."""

    classes: NDArray[np.int64]
    """(n, 4) draws in each class."""
    sure: NDArray[np.int64]
    """(n, 3) draws in which the class is 应搬 / 可留 even with the missing evidence at its worst, and in which that evidence is open."""
    scores: NDArray[np.int32]
    """(n, SCORE_BINS) draws by score."""
    extent: NDArray[np.float64]
    """(n, 2) lowest and highest score."""
    by_bin: NDArray[np.int32]
    """(n, factors, BINS, 4) draws by factor, bin and class."""


@njit(cache=True, nogil=True)
def random_bits(key: int, draw: int, stream: int) -> int:
    """Return 64 random bits of (key, draw, stream): the finaliser of splitmix64 (Steele, Lea, Flood 2014), twice."""
    z = np.uint64(key) + (np.uint64(draw) + _ONE) * _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    z = (z ^ (z >> _S31)) + (np.uint64(stream) + _ONE) * _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def rate_value(value: float, evidence: Evidence, k: int) -> float:
    """Return the points of a raw value of indicator ``k``; the arithmetic of ``numpy.interp``."""
    xs, ys = evidence.anchor_values, evidence.anchor_points
    j, last = evidence.anchor_starts[k], evidence.anchor_starts[k + 1] - 1
    if value <= xs[j]:
        return ys[j]  # type: ignore[no-any-return]
    if value >= xs[last]:
        return ys[last]  # type: ignore[no-any-return]
    while xs[j + 1] <= value:
        j += 1
    return (ys[j + 1] - ys[j]) / (xs[j + 1] - xs[j]) * (value - xs[j]) + ys[j]  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def slip_classes(s: int, draw: int, key: int, hazards: Hazards, slips: bool) -> tuple[int, int]:
    """Return the worst class code and the worst deciding one (−1: none) after each known kind slipped or did not."""
    worst, severity = -1, -1
    for h in range(hazards.codes.shape[1]):
        code = int(hazards.codes[s, h])
        if code < 0:
            continue
        if slips:
            chance = np.float64(random_bits(key, draw, hazards.stream[h]) >> _S11) * _UNIT
            if chance < hazards.worse:
                code = min(code + 1, 4)
            elif chance >= 1.0 - hazards.better:
                code = max(code - 1, 0)
        worst = max(worst, code)
        if hazards.veto[h, code]:
            severity = max(severity, code)
    return worst, severity


@njit(cache=True, nogil=True)
def sum_waves(x: float, y: float, chunk: Chunk, block: int, errors: NDArray[np.float64]) -> None:
    """Fill (3, BLOCK) errors of elevation (m), eastward and northward slope (m/m) at one place, wave by wave."""
    errors[:] = 0.0
    rise, east, north = errors[0], errors[1], errors[2]
    for m in range(chunk.frequency.shape[1]):
        phase = chunk.frequency[block, m, 0] * x + chunk.frequency[block, m, 1] * y
        c, s = math.cos(phase), math.sin(phase)
        ce, se, cn, sn = (
            c * chunk.step[block, m, 0],
            s * chunk.step[block, m, 0],
            c * chunk.step[block, m, 1],
            s * chunk.step[block, m, 1],
        )
        cosine, sine = chunk.cosine[block, m], chunk.sine[block, m]
        for d in range(BLOCK):
            east[d] += ce * sine[d] - se * cosine[d]
            north[d] += cn * sine[d] - sn * cosine[d]
        if chunk.raised:
            for d in range(BLOCK):
                rise[d] += c * cosine[d] + s * sine[d]


@njit(cache=True, nogil=True)
def rate_draw(
    s: int, row: int, evidence: Evidence, chunk: Chunk, worst: int, base: int, known: bool, people: float, errors: NDArray[np.float64], at: int
) -> tuple[float, float]:  # fmt: skip
    """Return the score as if all that is missing were 0, and the evidence share (exactly 1 when nothing is missing), in one draw."""
    low, share, missing = 0.0, 0.0, False
    for k in range(len(evidence.kinds)):
        kind, value, rated = evidence.kinds[k], evidence.raw[s, k], evidence.points[s, k]
        if kind == HAZARD:
            if not known:
                rated = math.nan
            elif worst != base:
                value = 0.25 * worst if math.isnan(value) else value + 0.25 * (worst - base)
                rated = rate_value(min(max(value, 0.0), 1.0), evidence, k)
        elif kind != FIXED and not math.isnan(value):
            if kind == TIME:
                value *= chunk.stretch[row, k]
            elif kind == SLOPE:
                value = math.degrees(math.atan(math.sqrt((evidence.tangent[s] + errors[1, at]) ** 2 + errors[2, at] ** 2)))
            elif kind == ELEVATION:
                value += errors[0, at]
            elif kind == PEOPLE:
                value *= people
            elif kind == PER_PERSON:
                value /= people
            rated = rate_value(value, evidence, k)
        if math.isnan(rated):
            missing = True
        else:
            low += rated * chunk.weights[row, k]
            share += chunk.weights[row, k]
    return min(low, 1.0), min(share, 1.0) if missing else 1.0


@njit(cache=True, nogil=True)
def class_between(score: float, lines: Lines) -> int:
    """Return the class of a score by its two lines alone."""
    if score >= lines.must:
        return MUST
    return SUGGESTED if score >= lines.suggest else STAY


@njit(cache=True, nogil=True)
def judge(s: int, low: float, share: float, severity: int, known: bool, lines: Lines, sure: NDArray[np.int64]) -> int:
    """Return the class in one draw by the rules of `geoplan.relocation.candidacy`, and count whether missing evidence could change it."""
    if severity >= 0:
        sure[s, SURE_MOVE] += 1
        return MUST
    thin = share <= 0.0 or share < lines.thin
    group = UNDECIDED if thin else class_between(min(low / share, 1.0), lines)
    if group == STAY and not known:
        group = UNDECIDED
    at_worst = class_between(min(low + (1.0 - share), 1.0), lines)
    if group == MUST and low >= lines.must:
        sure[s, SURE_MOVE] += 1
    elif group == STAY and at_worst == STAY:
        sure[s, SURE_STAY] += 1
    elif group == UNDECIDED or not known or at_worst != class_between(low, lines):
        sure[s, OPEN] += 1
    return group


@njit(cache=True, nogil=True)
def case_key(group: int, severity: int, score: float) -> int:
    """Return the place of a case as a whole number, strongest first: class, severity, score to 12 digits (no score: last)."""
    inverse = _TOP + 1 if math.isnan(score) else _TOP - np.int64(math.floor(score * 1e12 + 0.5))
    return (np.int64(group * 8 + (4 - severity)) << _SHIFT_CASE) | inverse  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def count_bins(
    group: NDArray[np.int8], local: NDArray[np.uint8], chunk: Chunk, used: NDArray[np.bool_], into: NDArray[np.int32]
) -> None:
    """Add one settlement's (factors, BINS, 4) counts by factor, bin and class; a chunk of one class adds the bins' totals."""
    shared, count = chunk.bins.shape[0], len(group)
    alike = True
    for row in range(count):
        alike &= group[row] == group[0]
    for f in range(shared):
        if alike:
            for b in range(BINS):
                into[f, b, group[0]] += chunk.totals[f, b]
        else:
            bins = chunk.bins[f]
            for row in range(count):
                into[f, bins[row], group[row]] += 1
    f = shared
    for number in range(len(used)):
        if used[number]:
            for row in range(count):
                into[f, local[number, row], group[row]] += 1
            f += 1


@njit(cache=True, nogil=True)
def score_chunk(
    first: int, last: int, evidence: Evidence, hazards: Hazards, chunk: Chunk, lines: Lines, used: NDArray[np.bool_],
    counts: Counts, cases: NDArray[np.int64],
) -> None:  # fmt: skip
    """Score settlements ``first`` … ``last`` − 1 in a chunk of draws; only their rows of ``counts`` and columns of ``cases`` (C, n) are written.

    ``used`` (3,): whether the errors of elevation, hazard class and population are factors, in this order.
    """
    count = len(chunk.weights)
    group, local, errors = np.empty(count, np.int8), np.zeros((3, count), np.uint8), np.zeros((3, BLOCK))
    slips, waved = hazards.worse + hazards.better > 0.0, chunk.frequency.shape[0] > 0
    for s in range(first, last):
        key = evidence.key[s]
        base, decided = slip_classes(s, 0, key, hazards, False)
        errors[:] = 0.0
        for row in range(count):
            draw, at, number = chunk.start + row, row % BLOCK, 0
            if waved and at == 0 and evidence.located[s]:
                sum_waves(evidence.xy[s, 0], evidence.xy[s, 1], chunk, row // BLOCK, errors)
            worst, severity = slip_classes(s, draw, key, hazards, True) if slips else (base, decided)
            if evidence.counted:
                number = np.int64(random_bits(key, draw, _POPULATION_STREAM) >> _PEOPLE_SHIFT)  # type: ignore[assignment, arg-type]
            known = evidence_known(hazards.surveyed[s], worst)
            low, share = rate_draw(s, row, evidence, chunk, worst, base, known, evidence.people[number], errors, at)
            score = min(low / share, 1.0) if share > 0.0 else math.nan
            group[row] = judge(s, low, share, severity, known, lines, counts.sure)
            cases[row, s] = (case_key(group[row], severity, score) << _SHIFT_PLACE) | s
            counts.classes[s, group[row]] += 1
            if waved:
                local[0, row] = np.searchsorted(chunk.edges, errors[0, at] if chunk.by_rise else errors[1, at])
            slid = (worst - base) + (severity - decided)
            local[1, row] = 1 if slid == 0 else (2 if slid > 0 else 0)
            local[2, row] = number * BINS // PEOPLE_STEPS
            if not math.isnan(score):
                counts.scores[s, min(int(score * SCORE_BINS), SCORE_BINS - 1)] += 1
                counts.extent[s, 0] = min(counts.extent[s, 0], score)
                counts.extent[s, 1] = max(counts.extent[s, 1], score)
        count_bins(group, local, chunk, used, counts.by_bin[s])


@njit(cache=True, nogil=True)
def evidence_known(surveyed: bool, worst: int) -> bool:
    """Say whether the hazard is known: it was, or a kind is extreme, beyond which nothing can be worse."""
    return surveyed or worst == 4


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
