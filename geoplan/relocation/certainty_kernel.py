"""Score settlements in many draws: for each settlement and draw its score, class and place in the ranking, added up as whole numbers.

Everything is counted in integers, so neither the order of the work nor how it is cut into chunks or threads can change a bit of the result. What a
settlement does not share with the county is drawn from a hash of (settlement's key, draw, stream), so that no other settlement changes it.

By hand: weights (0.6, 0.4), points (1.0, 0.5), the second a travel time of 50 min on anchors (0, 0), (100, 1). Stretched by 1.2 it is 60 min and 0.6
points; the score is 0.84.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.relocation.certainty_ranks import case_key
from geoplan.relocation.certainty_state import SCORE_BINS, Chunk, Counts, Evidence, Hazards, Lines, Own
from geoplan.relocation.dem_error import BLOCK
from geoplan.relocation.draws import BINS
from geoplan.relocation.uncertain import ELEVATION, FIXED, HAZARD, PEOPLE, PEOPLE_STEPS, SLOPE, TIME

MUST, SUGGESTED, STAY, UNDECIDED = range(4)
SURE_MOVE, SURE_STAY, OPEN = range(3)
_POPULATION_STREAM = np.uint64(32)
_GOLDEN, _MIX_1, _MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S11, _S27, _S30, _S31, _ONE = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(1)
_UNIT = 1.0 / (1 << 53)
_PEOPLE_SHIFT = np.uint64(64 - int(math.log2(PEOPLE_STEPS)))


@njit(cache=True, nogil=True)
def mix_draw(key: int, draw: int) -> int:
    """Return 64 random bits of (key, draw): the finaliser of splitmix64 (Steele, Lea, Flood 2014)."""
    z = np.uint64(key) + (np.uint64(draw) + _ONE) * _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def random_bits(mixed: int, stream: int) -> int:
    """Return 64 random bits of (key, draw, stream) from those of (key, draw): the finaliser again."""
    z = np.uint64(mixed) + (np.uint64(stream) + _ONE) * _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def rate_value(value: float, xs: NDArray[np.float64], ys: NDArray[np.float64]) -> float:
    """Return the points of a raw value on the anchors (xs, ys); the arithmetic of ``numpy.interp``."""
    last = len(xs) - 1
    if value <= xs[0]:
        return ys[0]  # type: ignore[no-any-return]
    if value >= xs[last]:
        return ys[last]  # type: ignore[no-any-return]
    j = 0
    while xs[j + 1] <= value:
        j += 1
    return (ys[j + 1] - ys[j]) / (xs[j + 1] - xs[j]) * (value - xs[j]) + ys[j]  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def slip_classes(
    codes: NDArray[np.int8], veto: NDArray[np.bool_], stream: NDArray[np.uint64], mixed: int, worse: float, better: float
) -> tuple[int, int]:  # fmt: skip
    """Return the worst class code and the worst deciding one (−1: none) after each known kind slipped or did not."""
    worst, severity = -1, -1
    for h in range(len(codes)):
        code = int(codes[h])
        if code < 0:
            continue
        if worse + better > 0.0:
            chance = np.float64(random_bits(mixed, stream[h]) >> _S11) * _UNIT
            if chance < worse:
                code = min(code + 1, 4)
            elif chance >= 1.0 - better:
                code = max(code - 1, 0)
        worst = max(worst, code)
        if veto[h, code]:
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
def move_values(
    kind: int, value: float, tangent: float, stretch: NDArray[np.float64], own: Own, xs: NDArray[np.float64], ys: NDArray[np.float64],
    points: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill the points of one known raw value in each draw of a block, by what is uncertain of it."""
    # Beyond the outer anchors points are flat, so most arctangents need not be taken.
    flat, steep = math.tan(math.radians(max(xs[0], 0.0))), math.tan(math.radians(min(xs[-1], 89.0)))
    for d in range(len(stretch)):
        if kind == TIME:
            points[d] = rate_value(value * stretch[d], xs, ys)
        elif kind == SLOPE:
            there = math.sqrt((tangent + own.errors[1, d]) ** 2 + own.errors[2, d] ** 2)
            if there <= flat and xs[0] >= 0.0:
                points[d] = ys[0]
            elif there >= steep and xs[-1] <= 89.0:
                points[d] = ys[-1]
            else:
                points[d] = rate_value(math.degrees(math.atan(there)), xs, ys)
        elif kind == ELEVATION:
            points[d] = rate_value(value + own.errors[0, d], xs, ys)
        elif kind == PEOPLE:
            points[d] = rate_value(value * own.people[d], xs, ys)
        else:
            points[d] = rate_value(value / own.people[d], xs, ys)


@njit(cache=True, nogil=True)
def move_hazard(
    value: float, rated: float, base: int, own: Own, xs: NDArray[np.float64], ys: NDArray[np.float64], points: NDArray[np.float64]
) -> None:
    """Fill the points of the hazard index in each draw of a block: a quarter for each class the worst one slipped; NaN where unknown."""
    for d in range(len(points)):
        if not own.known[d]:
            points[d] = math.nan
        elif own.worst[d] == base:
            points[d] = rated
        else:
            moved = 0.25 * own.worst[d] if math.isnan(value) else value + 0.25 * (own.worst[d] - base)
            points[d] = rate_value(min(max(moved, 0.0), 1.0), xs, ys)


@njit(cache=True, nogil=True)
def rate_block(s: int, first: int, base: int, evidence: Evidence, chunk: Chunk, own: Own) -> None:
    """Fill ``own.low`` and ``own.share`` of the draws from row ``first`` on: the score as if all that is missing were 0, and the evidence share."""
    count = own.size[0]
    low, share, points = own.low[:count], own.share[:count], own.points[:count]
    low[:], share[:], own.gap[:] = 0.0, 0.0, False
    for k in range(len(evidence.kinds)):
        kind, value, rated = evidence.kinds[k], evidence.raw[s, k], evidence.points[s, k]
        weights = chunk.weights[k, first : first + count]
        xs = evidence.anchor_values[evidence.anchor_starts[k] : evidence.anchor_starts[k + 1]]
        ys = evidence.anchor_points[evidence.anchor_starts[k] : evidence.anchor_starts[k + 1]]
        if kind == HAZARD:
            move_hazard(value, rated, base, own, xs, ys, points)
        elif kind == FIXED or math.isnan(value):
            if math.isnan(rated):
                own.gap[:] = True
                continue
            points[:] = rated
        else:
            move_values(kind, value, evidence.tangent[s], chunk.stretch[k, first : first + count], own, xs, ys, points)
        if kind == HAZARD:
            for d in range(count):
                if math.isnan(points[d]):
                    own.gap[d] = True
                else:
                    low[d] += points[d] * weights[d]
                    share[d] += weights[d]
        else:
            for d in range(count):
                low[d] += points[d] * weights[d]
                share[d] += weights[d]
    for d in range(count):
        low[d] = min(low[d], 1.0)
        # Weights add up to 1 but for rounding: a settlement without a gap has all the evidence there is.
        share[d] = min(share[d], 1.0) if own.gap[d] else 1.0


@njit(cache=True, nogil=True)
def class_between(score: float, lines: Lines) -> int:
    """Return the class of a score by its two lines alone."""
    if score >= lines.must:
        return MUST
    return SUGGESTED if score >= lines.suggest else STAY


@njit(cache=True, nogil=True)
def judge(low: float, share: float, severity: int, known: bool, lines: Lines) -> tuple[int, int]:
    """Return the class in one draw by the rules of `geoplan.relocation.candidacy`, and what missing evidence could do to it.

    The second is SURE_MOVE or SURE_STAY where the class is 应搬 or 可留 whatever the missing evidence says, OPEN where that could change it, else −1.
    """
    if severity >= 0:
        return MUST, SURE_MOVE
    thin = share <= 0.0 or share < lines.thin
    group = UNDECIDED if thin else class_between(min(low / share, 1.0), lines)
    if group == STAY and not known:
        group = UNDECIDED
    at_worst = class_between(min(low + (1.0 - share), 1.0), lines)
    if group == MUST and low >= lines.must:
        return group, SURE_MOVE
    if group == STAY and at_worst == STAY:
        return group, SURE_STAY
    return group, OPEN if group == UNDECIDED or not known or at_worst != class_between(low, lines) else -1


@njit(cache=True, nogil=True)
def count_bins(
    group: NDArray[np.int8], local: NDArray[np.uint8], chunk: Chunk, used: NDArray[np.bool_], into: NDArray[np.int32]
) -> None:
    """Add one settlement's (factors, BINS, 4) counts by factor, bin and class.

    Of the factors all share only the draws outside the most frequent class are looked at; that class has what is left of the bins' totals.
    """
    shared, per_class = chunk.bins.shape[0], np.zeros(4, np.int64)
    for row in range(len(group)):
        per_class[group[row]] += 1
    usual = int(np.argmax(per_class))
    odd = np.flatnonzero(group != usual)
    for f in range(shared):
        bins = chunk.bins[f]
        for b in range(BINS):
            into[f, b, usual] += chunk.totals[f, b]
        for other in odd:
            into[f, bins[other], group[other]] += 1
            into[f, bins[other], usual] -= 1
    f = shared
    for number in range(len(used)):
        if used[number]:
            for row in range(len(group)):
                into[f, local[number, row], group[row]] += 1
            f += 1


@njit(cache=True, nogil=True)
def draw_own(
    s: int, draw: int, evidence: Evidence, hazards: Hazards, base: int, decided: int, own: Own, local: NDArray[np.uint8]
) -> None:
    """Fill what is the settlement's own in the draws from ``draw`` on: hazard class, people, and the bins (3, count) they are in."""
    key, codes, surveyed, count = evidence.key[s], hazards.codes[s], hazards.surveyed[s], own.size[0]
    slips = hazards.worse + hazards.better > 0.0
    for d in range(count):
        worst, severity = base, decided
        if slips:
            worst, severity = slip_classes(
                codes, hazards.veto, hazards.stream, mix_draw(key, draw + d), hazards.worse, hazards.better
            )
        # Beyond extreme nothing can be worse: the hazard is known then, whatever else was not surveyed.
        own.worst[d], own.severity[d], own.known[d] = worst, severity, surveyed or worst == 4
        slid = (worst - base) + (severity - decided)
        local[1, d] = 1 if slid == 0 else (2 if slid > 0 else 0)
    if evidence.counted:
        for d in range(count):
            number = np.int64(random_bits(mix_draw(key, draw + d), _POPULATION_STREAM) >> _PEOPLE_SHIFT)  # type: ignore[arg-type, operator]
            own.people[d] = evidence.people[number]
            local[2, d] = number * BINS // PEOPLE_STEPS


@njit(cache=True, nogil=True)
def judge_block(
    s: int, first: int, own: Own, lines: Lines, counts: Counts, group: NDArray[np.int8], cases: NDArray[np.int64]
) -> None:  # fmt: skip
    """Class the draws of a block and add them to the settlement's counts."""
    sure, scores, low_end, high_end = counts.sure[s], counts.scores[s], counts.extent[s, 0], counts.extent[s, 1]
    for d in range(own.size[0]):
        low, share = own.low[d], own.share[d]
        score = min(low / share, 1.0) if share > 0.0 else math.nan
        one, sureness = judge(low, share, own.severity[d], own.known[d], lines)
        group[first + d] = one
        counts.classes[s, one] += 1
        if sureness >= 0:
            sure[sureness] += 1
        cases[first + d, s] = case_key(one, own.severity[d], score, s)
        if share > 0.0:
            scores[min(int(score * SCORE_BINS), SCORE_BINS - 1)] += 1
            low_end, high_end = min(low_end, score), max(high_end, score)
    counts.extent[s, 0], counts.extent[s, 1] = low_end, high_end


@njit(cache=True, nogil=True)
def score_chunk(
    first: int, last: int, evidence: Evidence, hazards: Hazards, chunk: Chunk, lines: Lines, used: NDArray[np.bool_],
    counts: Counts, cases: NDArray[np.int64],
) -> None:  # fmt: skip
    """Score settlements ``first`` … ``last`` − 1 in a chunk of draws; only their rows of ``counts`` and columns of ``cases`` (C, n) are written.

    ``used`` (3,): whether the errors of elevation, hazard class and population are factors, in this order.
    """
    total, waved = chunk.weights.shape[1], chunk.frequency.shape[0] > 0
    group, local = np.empty(total, np.int8), np.zeros((3, total), np.uint8)
    own = Own(
        np.zeros(1, np.int64), np.zeros((3, BLOCK)), np.ones(BLOCK), np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64),
        np.empty(BLOCK, np.bool_), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK, np.bool_),
    )  # fmt: skip
    for s in range(first, last):
        base, decided = slip_classes(hazards.codes[s], hazards.veto, hazards.stream, evidence.key[s], 0.0, 0.0)
        own.errors[:] = 0.0
        for row in range(0, total, BLOCK):
            count = min(BLOCK, total - row)
            own.size[0] = count
            if waved and evidence.located[s]:
                sum_waves(evidence.xy[s, 0], evidence.xy[s, 1], chunk, row // BLOCK, own.errors)
            if waved:
                error = own.errors[0] if chunk.by_rise else own.errors[1]
                for d in range(count):
                    local[0, row + d] = np.searchsorted(chunk.edges, error[d])
            draw_own(s, chunk.start + row, evidence, hazards, base, decided, own, local[:, row : row + count])
            rate_block(s, row, base, evidence, chunk, own)
            judge_block(s, row, own, lines, counts, group, cases)
        count_bins(group, local, chunk, used, counts.by_bin[s])
