"""Turn what was counted over the draws into tables: probabilities, quantiles, verdicts, rank acceptability, tornado.

A quantile q of the score is where the counts by bin reach q of the draws, linear within the bin, and never outside the lowest and highest score drawn.
A quantile of the rank is the smallest rank that q of the draws do not exceed.

By hand: 100 draws, 90 应搬 and 10 建议搬, certain_share 0.95 → depends, p_must 0.9; with 96 and 4 → certain_move.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.certainty_config import CertaintyConfig
from geoplan.contracts.profiles import RelocationProfile
from geoplan.relocation.certainty_words import Verdicts, describe_factor, explain_verdicts
from geoplan.relocation.draws import Draws
from geoplan.relocation.influence import explain_classes
from geoplan.relocation.tornado import Turns, find_ends, find_turns, list_factors, rate_level
from geoplan.relocation.uncertain import Inputs

_QUANTILES = (("p05", 0.05), ("p50", 0.5), ("p95", 0.95))
_NAMED, _WORTH_NAMING = 3, 0.05
"""At most so many factors are named, each explaining at least this share of the changes of class (the strongest in any case)."""
MUST, SUGGESTED, STAY, UNDECIDED = range(4)
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Tally:
    """Whole numbers counted over the draws, row s for settlement s."""

    classes: NDArray[np.int64]
    """(n, 4) draws in each class: 应搬, 建议搬, 可留, 证据不足."""
    sure: NDArray[np.int64]
    """(n, 3) draws that stay 应搬, that stay 可留, and that could change class, whatever the missing evidence says."""
    scores: NDArray[np.int32]
    """(n, bins) draws by score."""
    extent: NDArray[np.float64]
    """(n, 2) lowest and highest score; infinite where none."""
    by_bin: NDArray[np.int32]
    """(n, factors, bins, 4) draws by factor, bin and class."""
    last: NDArray[np.int64]
    """(bands,) last rank of each band."""
    bands: NDArray[np.int32]
    """(n, bands) draws by band of the rank."""
    ranks: NDArray[np.int32]
    """(n, bins) draws by rank."""
    width: int
    """Ranks in each of these bins."""


def tabulate_settlements(
    ids: NDArray[np.object_],
    tally: Tally,
    draws: Draws,
    inputs: Inputs,
    weights: NDArray[np.float64],
    profile: RelocationProfile,
    config: CertaintyConfig,
) -> pd.DataFrame:
    """Return the settlements' table of `CertaintyResult`, in the order of ``ids``.

    Added columns: relocation_class (as things stand), p_must_sure and p_stay_sure (应搬 and 可留 whatever the missing evidence says), p_open (share of
    draws in which missing evidence could change the class).
    """
    total, count = config.draws, len(ids)
    share = tally.classes / total
    sure = tally.sure / total
    line = config.certain_share - _ROUNDING
    move, stay = sure[:, 0] >= line, sure[:, 1] >= line
    verdict = np.where(move, "certain_move", np.where(stay, "certain_stay", "depends")).astype(object)
    base = rate_level("", np.zeros(count), inputs, weights, profile, config).classes
    explained = explain_classes(tally.by_bin)
    gaps = name_gaps(base, inputs, weights, profile, config)
    named = name_factors(verdict == "depends", explained, sure[:, 2], gaps, [*draws.factors, *inputs.local])
    turns = _turns(named, base, draws, inputs, weights, profile, config)
    found = Verdicts(verdict, base, share, sure, named, turns)
    reason_zh, reason_en = explain_verdicts(found, inputs, weights, profile, config)
    table = pd.DataFrame({"settlement_id": ids})
    for name, column in zip(("must", "suggest", "stay", "undecided"), share.T, strict=True):
        table[f"p_{name}"] = column
    table["verdict"] = verdict
    table["depends_on"] = [";".join(one for one, _ in row) for row in named]
    for of, quantile in (
        ("rank", rank_quantiles(tally, [q for _, q in _QUANTILES])),
        ("score", score_quantiles(tally, [q for _, q in _QUANTILES])),
    ):
        for (name, _), column in zip(_QUANTILES, quantile, strict=True):
            table[f"{of}_{name}"] = column
    table["relocation_class"] = base
    table["p_must_sure"], table["p_stay_sure"], table["p_open"] = sure[:, 0], sure[:, 1], sure[:, 2]
    table["reason_zh"], table["reason_en"] = reason_zh, reason_en
    return table


def name_gaps(
    base: NDArray[np.object_], inputs: Inputs, weights: NDArray[np.float64], profile: RelocationProfile, config: CertaintyConfig
) -> list[list[str]]:
    """Return, per settlement, the factors of its missing evidence, heaviest first: those that alone could change its class, or all if none could.

    A hazard nobody surveyed is one of them whether or not the score asks for it: it decides between 可留 and 证据不足, and by vetoes.
    """
    names, count = [one.id for one in profile.indicators], len(base)
    found: list[list[str]] = [["evidence:hazard"] if one else [] for one in (~inputs.surveyed).tolist()]
    every: list[list[str]] = [[] for _ in range(count)]
    for k in np.argsort(-weights, kind="stable"):
        missing = np.isnan(inputs.points[:, k]) & (weights[k] > 0)
        factor = f"evidence:{names[k]}"
        ends = (
            [rate_level(factor, np.full(count, one), inputs, weights, profile, config).classes for one in (0.0, 1.0)]
            if missing.any()
            else []
        )
        turns = np.any([one != base for one in ends], axis=0) if ends else missing
        for s in np.flatnonzero(missing):
            every[s].append(factor)
            if names[k] == "hazard_index":
                found[s] = [factor, *(one for one in found[s] if one != "evidence:hazard")]
            elif turns[s]:
                found[s].append(factor)
    return [(own or more)[:_NAMED] for own, more in zip(found, every, strict=True)]


def name_factors(
    asked: NDArray[np.bool_],
    explained: NDArray[np.float64],
    opened: NDArray[np.float64],
    gaps: list[list[str]],
    factors: list[str],
) -> list[list[tuple[str, float]]]:
    """Return, per settlement ``asked``, the factors its class depends on with what each explains (0..1), strongest first.

    Missing evidence (``gaps``) explains the share of draws in which it leaves the class open (``opened``). A class that nothing changes depends on
    ``willingness``. By hand: speed explains 0.7, a weight 0.02, missing evidence is open in 0.9 of the draws → evidence, speed.
    """
    found: list[list[tuple[str, float]]] = []
    for s in range(len(asked)):
        order = np.argsort(-explained[s], kind="stable")[:_NAMED]
        own = [(factors[f], float(explained[s, f])) for f in order if explained[s, f] >= _WORTH_NAMING]
        if not own and len(order) and explained[s, order[0]] > 0:
            own = [(factors[order[0]], float(explained[s, order[0]]))]
        gap = [(name, float(opened[s])) for name in gaps[s]] if opened[s] >= _WORTH_NAMING or not own else []
        gap = gap if opened[s] > 0 else []
        row = sorted([*gap, *own], key=lambda one: -one[1])
        found.append((row or [("willingness", 1.0)]) if asked[s] else [])
    return found


def _turns(
    named: list[list[tuple[str, float]]],
    base: NDArray[np.object_],
    draws: Draws,
    inputs: Inputs,
    weights: NDArray[np.float64],
    profile: RelocationProfile,
    config: CertaintyConfig,
) -> list[Turns | None]:
    """Return, per settlement, where the strongest of its factors that can be moved turns its class."""
    first = [next((one for one, _ in row if not one.startswith(("evidence", "willing"))), "") for row in named]
    found: list[Turns | None] = [None] * len(named)
    for factor in sorted(set(first) - {""}):
        rows = np.array([s for s, one in enumerate(first) if one == factor])
        turns = find_turns(factor, base[rows], draws, inputs.take(rows), weights, profile, config)
        for number, s in enumerate(rows):
            found[s] = Turns(turns.level[number : number + 1], turns.classes[number : number + 1])
    return found


def score_quantiles(tally: Tally, shares: Sequence[float]) -> list[NDArray[np.float64]]:
    """Return the quantiles (n,) of the score at ``shares`` of the draws; NaN where no draw has one."""
    if not len(tally.scores):
        return [np.empty(0) for _ in shares]
    reached, rows, found = np.cumsum(tally.scores, axis=1, dtype=np.int32), np.arange(len(tally.scores)), []
    for q in shares:
        wanted = q * reached[:, -1:]
        place = np.minimum((reached < wanted).sum(axis=1), tally.scores.shape[1] - 1)
        inside = tally.scores[rows, place]
        part = np.divide(wanted[:, 0] - (reached[rows, place] - inside), inside, out=np.zeros(len(place)), where=inside > 0)
        level = np.clip((place + part) / tally.scores.shape[1], tally.extent[:, 0], tally.extent[:, 1])
        found.append(np.where(reached[:, -1] > 0, level, np.nan))
    return found


def rank_quantiles(tally: Tally, shares: Sequence[float]) -> list[NDArray[np.int64]]:
    """Return the quantiles (n,) of the rank at ``shares`` of the draws; above 4096 settlements the first rank of its bin."""
    if not len(tally.ranks):
        return [np.empty(0, dtype=np.int64) for _ in shares]
    reached = np.cumsum(tally.ranks, axis=1, dtype=np.int32)
    # A whole number of draws is compared in 32 bits, a fraction of one would be in 64.
    wanted = [np.int32(math.ceil(q * int(reached[0, -1]) - _ROUNDING)) for q in shares]
    return [(reached < one).sum(axis=1) * tally.width + 1 for one in wanted]


def tabulate_ranks(ids: NDArray[np.object_], tally: Tally, draws: int) -> pd.DataFrame:
    """Return the ranks' table of `CertaintyResult`: settlement × band."""
    bands = len(tally.last)
    first = np.concatenate([[1], tally.last[:-1] + 1]) if bands else tally.last
    return pd.DataFrame(
        {
            "settlement_id": np.repeat(ids, bands),
            "rank_from": np.tile(first, len(ids)),
            "rank_to": np.tile(tally.last, len(ids)),
            "acceptability": tally.bands.ravel() / draws,
        }
    )


def tabulate_tornado(
    ids: NDArray[np.object_],
    draws: Draws,
    inputs: Inputs,
    weights: NDArray[np.float64],
    profile: RelocationProfile,
    config: CertaintyConfig,
) -> pd.DataFrame:
    """Return the tornado of `CertaintyResult`: settlement × factor, score and class at the factor's low and high end.

    Added columns: value_low, value_high (the ends, in the factor's own unit), unit.
    """
    names = [one.id for one in profile.indicators]
    parts = []
    for factor in list_factors(draws, inputs, names):
        ends = find_ends(factor, draws, inputs, config)
        low, high = (rate_level(factor, np.full(len(ids), one), inputs, weights, profile, config) for one in ends)
        label_zh, label_en, unit = describe_factor(factor, profile)
        parts.append(
            {
                "factor": factor, "label_zh": label_zh, "label_en": label_en, "score_low": low.score, "score_high": high.score,
                "class_low": low.classes, "class_high": high.classes, "value_low": ends[0], "value_high": ends[1], "unit": unit,
            }
        )  # fmt: skip
    columns = "settlement_id factor label_zh label_en score_low score_high class_low class_high value_low value_high unit".split()
    count, kinds = len(ids), len(parts)
    table: dict[str, object] = {"settlement_id": np.repeat(ids, kinds)}
    for column in columns[1:]:
        each = [np.broadcast_to(np.asarray(one[column], dtype=None), (count,)) for one in parts]
        table[column] = np.stack(each, axis=1).ravel() if each else []
    return pd.DataFrame(table, columns=columns)
