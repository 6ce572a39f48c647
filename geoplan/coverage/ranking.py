"""Rank units (townships, counties, villages) by one set of indicators, and say how far each rank can be trusted.

An indicator is a standard item; its value the share of the people asked whom it covers, of those of whom that is known:
value = covered / (covered + gap + unreachable). Bounds: low = covered / asked where all unknown people are short, high = (covered +
unknown) / asked where all are served. Points are the value itself: the scale is fixed, so no other unit moves mine.
Score = Σ weight · points / Σ weight over the indicators with a value; rank 1 is the best served, equal scores share the smallest rank.
Intervals and shares of draws: `geoplan.coverage.rank_intervals`.

People who are not counted at all have no share. A settlement of unknown people is taken for as large as the unit's mean settlement, with
nothing known of it (a convention); where no settlement's people are known the value lies anywhere between 0 and 1.
A unit of which an indicator asks nothing (nobody lives there, no child of that age) is not judged by it; one of which nothing is asked at all,
and people of no unit, are listed without a rank.

By hand: two indicators alike in weight. a: 80 of 100 covered, and 50 of 60 with 40 unknown: values 0.8 and 0.833, score 0.817, second value between
0.5 and 0.9. b: 70 of 100 and 90 of 100: score 0.8. a ranks first, but may be second: 0.65 is the least a can have.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.coverage import RankingResult
from geoplan.contracts.coverage_config import RankingConfig
from geoplan.contracts.standards_profile import StandardItem
from geoplan.contracts.status import Status
from geoplan.coverage.rank_intervals import RankDraws, draw_ranks, rank_scores, score_units
from geoplan.coverage.rank_words import word_ranks
from geoplan.errors import ConfigError

RANK_COLUMNS: tuple[str, ...] = tuple(
    (
        "code name score score_low score_high rank rank_low rank_high likely_low likely_high p_rank persons unknown_share status reason_zh "
        "reason_en"
    ).split()
)
RANK_INDICATOR_COLUMNS: tuple[str, ...] = tuple(
    "code indicator label_zh label_en value low high unit weight points loss status".split()
)
RANK_PAIR_COLUMNS: tuple[str, ...] = ("code", "other", "p_above")


def rank_units(roll_up: pd.DataFrame, items: Sequence[StandardItem], config: RankingConfig) -> RankingResult:
    """Return units, indicators and pairs.

    Parameters
    ----------
    roll_up
        Rows of a roll-up of `CoverageResult` (``townships``, say): code, name, item, settlements, covered_persons, gap_persons,
        unreachable_persons, unknown_persons, persons_unknown_settlements; one row per unit and item.
    items
        Items of the standards profile, for labels and order.
    config
        Weights (empty: every item of the roll-up alike), draws, seed, share of draws inside an interval.

    Returns
    -------
    RankingResult
        Units sorted by rank, those without one last; score_low and score_high at the stated weights; likely_low and likely_high: ranks held in the
        middle share of draws with the unknown drawn evenly; rank_low and rank_high: whatever the unknown is; unknown_share: weighted share of the people
        asked of whom nothing is known. Indicators: loss, how much of the score the indicator takes away, Σ loss = 1 − score.

    Raises
    ------
    ConfigError
        ``RANKING-WEIGHTS``: a weight is below zero or without end, is of no item of the roll-up, or none is above zero.
    """
    listed = [one for one in items if one.id in set(roll_up["item"])]
    weights = _weigh(listed, config)
    codes = sorted(roll_up["code"].astype(str).unique())
    names = roll_up.drop_duplicates("code").set_index("code")["name"].astype(str)
    counts = _count(roll_up, codes, [one.id for one in listed])
    value, low, high = _share(counts)
    asked = ~np.isnan(low) & (weights > 0.0)
    # People of no unit are shown, and no unit is measured by them.
    units = asked.any(axis=1) & (np.array(codes, dtype=object) != "")
    judged = np.where(units[:, None] & asked, value, np.nan)
    score, total = score_units(judged, weights), np.where(~np.isnan(judged), weights, 0.0).sum(axis=1)
    rank = rank_scores(score)
    spread = draw_ranks(
        np.where(asked, low, np.nan)[units],
        np.where(asked, high, np.nan)[units],
        weights,
        draws=config.draws,
        seed=config.seed,
        interval_share=config.interval_share,
    )
    share = np.divide(weights, total[:, None], out=np.zeros_like(judged), where=total[:, None] > 0.0)
    loss = np.where(np.isnan(judged), np.nan, share * (1.0 - judged))
    table = _list_units(codes, names, counts, (low, high), weights, units, score, rank, spread)
    words = word_ranks(table, loss, listed, spread.above, units, interval_share=config.interval_share)
    order = np.lexsort((np.array(codes), np.where(rank > 0, rank, len(codes) + 1)))
    return RankingResult(
        units=table.assign(reason_zh=words[0], reason_en=words[1]).iloc[order].reset_index(drop=True)[list(RANK_COLUMNS)],
        indicators=_list_indicators(codes, listed, (value, low, high), weights, loss),
        pairs=_list_pairs(np.array(codes, dtype=object)[units], spread.above),
    )


def _weigh(items: Sequence[StandardItem], config: RankingConfig) -> NDArray[np.float64]:
    """Return the items' weights, summing to 1."""
    known = [one.id for one in items]
    strange = sorted(set(config.weights) - set(known))
    given = dict.fromkeys(known, 1.0) if not config.weights else config.weights
    bad = [name for name, weight in given.items() if not 0.0 <= weight < np.inf]
    if strange or bad or not sum(given.values()) > 0.0:
        raise ConfigError(
            "ranking weights name no item of the standards profile, are below zero, or are all zero",
            code="RANKING-WEIGHTS",
            ids=strange or bad,
            remedy=f"Use items of the profile ({', '.join(known)}) with weights from 0 upwards.",
        )
    weights = np.array([float(given.get(one, 0.0)) for one in known])
    return weights / weights.sum()


def _count(roll_up: pd.DataFrame, codes: Sequence[str], items: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Return (units, items) people by state; a pair the roll-up does not have counts nobody."""
    row = pd.Index(codes, dtype=object).get_indexer(pd.Index(roll_up["code"].astype(str), dtype=object))
    column = pd.Index(items, dtype=object).get_indexer(pd.Index(roll_up["item"], dtype=object))
    kept = column >= 0
    cell, shape = row[kept] * len(items) + column[kept], (len(codes), len(items))

    def add_up(name: str) -> NDArray[np.float64]:
        amounts = roll_up[name].to_numpy(dtype=np.float64)[kept]
        return np.bincount(cell, weights=amounts, minlength=shape[0] * shape[1]).astype(np.float64).reshape(shape)

    states = "covered_persons gap_persons unreachable_persons unknown_persons persons_unknown_settlements settlements".split()
    return {name: add_up(name) for name in states}


def _share(counts: dict[str, NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return (units, items) value, low and high; all NaN where nobody is asked."""
    covered, unknown, uncounted = (counts[one] for one in ("covered_persons", "unknown_persons", "persons_unknown_settlements"))
    known = covered + counts["gap_persons"] + counts["unreachable_persons"]
    persons, places = known + unknown, counts["settlements"] - uncounted
    mean = np.divide(persons, places, out=np.zeros_like(persons), where=places > 0.0)
    unknown = unknown + uncounted * mean
    persons = known + unknown
    nothing = np.full_like(persons, np.nan)
    # Where no settlement's people are known (or the known ones have none) the uncounted could be anybody.
    anything = (persons <= 0.0) & (uncounted > 0.0)
    value = np.divide(covered, known, out=nothing.copy(), where=known > 0.0)
    low = np.divide(covered, persons, out=nothing.copy(), where=persons > 0.0)
    high = np.divide(covered + unknown, persons, out=nothing.copy(), where=persons > 0.0)
    return value, np.where(anything, 0.0, low), np.where(anything, 1.0, high)


def _list_units(
    codes: Sequence[str],
    names: pd.Series,
    counts: dict[str, NDArray[np.float64]],
    bounds: tuple[NDArray[np.float64], NDArray[np.float64]],
    weights: NDArray[np.float64],
    units: NDArray[np.bool_],
    score: NDArray[np.float64],
    rank: NDArray[np.int64],
    spread: RankDraws,
) -> pd.DataFrame:
    """Return one row per unit, by code."""
    count = len(codes)
    persons = np.sum([counts[f"{state}_persons"] for state in ("covered", "gap", "unreachable", "unknown")], axis=0)
    ranked = rank > 0
    among = np.flatnonzero(units)
    held = np.full(count, np.nan)
    at = np.flatnonzero(ranked[among])
    held[among[at]] = spread.held[at, rank[among[at]] - 1]
    low, high = (np.where(units, score_units(np.where(units[:, None], one, np.nan), weights), np.nan) for one in bounds)

    def number(values: NDArray[np.int64]) -> pd.api.extensions.ExtensionArray:
        wide, gone = np.zeros(count, dtype=np.int64), np.ones(count, dtype=bool)
        wide[among], gone[among] = values, False
        return pd.arrays.IntegerArray(wide, gone)

    return pd.DataFrame(
        {
            "code": np.array(codes, dtype=object),
            "name": names.reindex(list(codes)).to_numpy(dtype=object),
            "score": score,
            "score_low": low,
            "score_high": high,
            "rank": pd.arrays.IntegerArray(rank, ~ranked),
            "rank_low": number(spread.rank_low),
            "rank_high": number(spread.rank_high),
            "likely_low": number(spread.likely_low),
            "likely_high": number(spread.likely_high),
            "p_rank": held,
            "persons": persons.max(axis=1) if persons.shape[1] else np.zeros(count),
            # Between the bounds lies exactly the share of people of whom nothing is known.
            "unknown_share": high - low,
            "status": np.where(ranked, str(Status.OK), str(Status.NO_DATA)).astype(object),
        }
    )


def _list_indicators(
    codes: Sequence[str],
    items: Sequence[StandardItem],
    values: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    weights: NDArray[np.float64],
    loss: NDArray[np.float64],
) -> pd.DataFrame:
    """Return one row per unit and indicator, units by code, items in their order."""
    value, low, high = (one.ravel() for one in values)

    def each(words: Sequence[str]) -> NDArray[np.object_]:
        return np.tile(np.array(words, dtype=object), len(codes))

    table = {
        "code": np.repeat(np.array(codes, dtype=object), len(items)),
        "indicator": each([one.id for one in items]),
        "label_zh": each([one.label_zh for one in items]),
        "label_en": each([one.label_en for one in items]),
        "value": value,
        "low": low,
        "high": high,
        "unit": "share",
        "weight": np.tile(weights, len(codes)),
        "points": value,
        "loss": loss.ravel(),
        "status": np.where(np.isnan(value), str(Status.NO_DATA), str(Status.OK)).astype(object),
    }
    return pd.DataFrame(table)[list(RANK_INDICATOR_COLUMNS)]


def _list_pairs(codes: NDArray[np.object_], above: NDArray[np.float64]) -> pd.DataFrame:
    """Return one row per ordered pair of ranked units."""
    count = len(codes)
    apart = ~np.eye(count, dtype=bool).ravel()
    table = {"code": np.repeat(codes, count), "other": np.tile(codes, count), "p_above": above.ravel()}
    return pd.DataFrame({name: values[apart] for name, values in table.items()})[list(RANK_PAIR_COLUMNS)]
