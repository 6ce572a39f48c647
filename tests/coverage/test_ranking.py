"""Ranks: by a fixed scale, with intervals that hold what the draws held, and that only widen when less is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from geoplan.contracts.coverage_config import RankingConfig
from geoplan.coverage.rank_intervals import SPREAD, draw_ranks, draw_weights, rank_scores, score_units
from geoplan.coverage.ranking import RANK_COLUMNS, RANK_INDICATOR_COLUMNS, RANK_PAIR_COLUMNS, rank_units
from geoplan.errors import ConfigError

NAN = np.nan


def roll(rows):
    """Roll-up of (code, item, covered, gap, unknown[, settlements, of unknown people])."""
    table = [
        {
            "code": code, "name": f"{code}乡", "item": name, "settlements": rest[0] if rest else 1, "covered_persons": float(covered),
            "gap_persons": float(gap), "unreachable_persons": 0.0, "unknown_persons": float(unknown),
            "persons_unknown_settlements": rest[1] if rest else 0,
        }
        for code, name, covered, gap, unknown, *rest in rows
    ]  # fmt: skip
    return pd.DataFrame(table)


def items(county, *names):
    return county.make_profile(
        *({**county.CLINIC_30, "id": one, "label_zh": f"{one}项", "label_en": f"item {one}"} for one in names)
    ).items


def rank(county, rows, names="pq", **options):
    return rank_units(roll(rows), items(county, *names), RankingConfig(draws=options.pop("draws", 400), **options))


def by_code(result):
    return result.units.set_index("code")


HAND = [("a", "p", 80, 20, 0), ("a", "q", 50, 10, 40), ("b", "p", 70, 30, 0), ("b", "q", 90, 10, 0)]


def test_the_score_is_the_weighted_mean_of_shares(county):
    """By hand: a has 0.8 and 50/60 (between 0.5 and 0.9), b 0.7 and 0.9: scores 0.817 and 0.8; a has at least 0.65, at most 0.85."""
    found = rank(county, HAND)
    own = by_code(found)
    assert own["score"].to_dict() == {"a": pytest.approx((0.8 + 50 / 60) / 2), "b": pytest.approx(0.8)}
    assert own["rank"].to_dict() == {"a": 1, "b": 2}
    assert own.loc["a", ["score_low", "score_high", "unknown_share"]].tolist() == pytest.approx([0.65, 0.85, 0.2])
    assert own.loc["a", ["rank_low", "rank_high"]].tolist() == [1, 2]
    assert own["persons"].to_dict() == {"a": 100.0, "b": 100.0}
    assert list(found.units.columns) == list(RANK_COLUMNS)
    assert list(found.indicators.columns) == list(RANK_INDICATOR_COLUMNS)
    assert list(found.pairs.columns) == list(RANK_PAIR_COLUMNS)
    assert found.indicators.groupby("code")["loss"].sum().to_dict() == pytest.approx((1 - own["score"]).to_dict())


def test_words_name_what_holds_a_unit_down_and_who_stands_apart(county):
    found = by_code(rank(county, [("a", "p", 9, 1, 0), ("a", "q", 10, 0, 0), ("b", "p", 1, 9, 0), ("b", "q", 5, 5, 0)]))
    assert "明显领先于后一名b乡(100%" in found.loc["a", "reason_zh"]
    assert "p项(−0.050)" in found.loc["a", "reason_zh"]
    assert "q项" not in found.loc["a", "reason_zh"]
    assert "held down most by item p (−0.450), item q (−0.250)" in found.loc["b", "reason_en"]
    assert "set apart from the one before, a乡 (below it in 100% of draws)" in found.loc["b", "reason_en"]
    alike = by_code(rank(county, [("a", "p", 9, 1, 0), ("b", "p", 9, 1, 0)], "p"))
    assert alike["rank"].tolist() == [1, 1]
    assert all("not told apart" in one for one in alike["reason_en"])


def test_who_is_asked_nothing_and_people_of_no_unit_have_no_rank(county):
    """Nobody lives in e; "" is no unit; of c nothing is known, so it may be anywhere; a settlement of unknown people counts as the mean one."""
    rows = [
        ("a", "p", 5, 5, 0),
        ("", "p", 9, 1, 0),
        ("e", "p", 0, 0, 0),
        ("c", "p", 0, 0, 7),
        ("d", "p", 8, 2, 0, 3, 1),
        ("f", "p", 0, 0, 0, 2, 2),
    ]
    found = rank(county, rows, "p")
    own = by_code(found)
    assert own["rank"].fillna(0).to_dict() == {"d": 1, "a": 2, "": 0, "c": 0, "e": 0, "f": 0}
    assert own["status"].to_dict() == {"d": "ok", "a": "ok", "": "no_data", "c": "no_data", "e": "no_data", "f": "no_data"}
    assert own.loc[["c", "f"], ["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 4], [1, 4]]
    assert own.loc[["", "e"], "rank_low"].isna().all()
    assert own.loc["d", ["score_low", "score_high"]].tolist() == pytest.approx([8 / 15, 13 / 15])
    assert set(found.pairs["code"]) == {"a", "c", "d", "f"}
    assert "not ranked" in own.loc["e", "reason_en"]


def test_weights_must_be_of_the_profile_and_not_all_nothing(county):
    for weights in ({"z": 1.0}, {"p": -1.0, "q": 2.0}, {"p": 0.0}):
        with pytest.raises(ConfigError, match="RANKING-WEIGHTS"):
            rank(county, HAND, weights=weights)
    assert by_code(rank(county, HAND, weights={"q": 3.0}))["rank"].to_dict() == {"b": 1, "a": 2}


def test_drawn_weights_lie_around_the_stated_ones():
    """Mean w, variance w (1 − w) / (SPREAD n + 1); a weight of 0 stays 0; each draw sums to 1."""
    weights = np.array([0.5, 0.3, 0.2, 0.0])
    drawn = draw_weights(weights, draws=40_000, rng=np.random.default_rng(1))
    assert drawn.sum(axis=1) == pytest.approx(np.ones(40_000))
    assert drawn.mean(axis=0) == pytest.approx(weights, abs=2e-3)
    assert drawn.var(axis=0) == pytest.approx(weights * (1 - weights) / (SPREAD * 3 + 1), rel=0.05)
    assert (drawn[:, 3] == 0).all()


def test_two_unknown_evenly_spread_units_swap_in_half_the_draws():
    """By hand: a 0.9, b 0.5 … 0.7, c 0.6 for sure: b is above c in half the draws."""
    found = draw_ranks(
        np.array([[0.9], [0.5], [0.6]]), np.array([[0.9], [0.7], [0.6]]), np.ones(1), draws=4000, seed=3, interval_share=0.9
    )
    assert found.above[1, 2] == pytest.approx(0.5, abs=0.03)
    assert (found.rank_low.tolist(), found.rank_high.tolist()) == ([1, 2, 2], [1, 3, 3])
    assert found.held.sum(axis=1) == pytest.approx(np.ones(3))


SHARE = st.sampled_from([0.0, 0.2, 0.5, 0.5, 0.8, 1.0])


@st.composite
def tables(draw, *, gaps=True):
    n, k = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    ends = np.sort(np.array(draw(st.lists(st.tuples(SHARE, SHARE), min_size=n * k, max_size=n * k))).reshape(n, k, 2), axis=2)
    low, high = ends[..., 0].copy(), ends[..., 1].copy()
    if gaps and k > 1:
        out = np.array(draw(st.lists(st.integers(0, k), min_size=n, max_size=n)))
        for i, j in enumerate(out):
            if j < k:
                low[i, j] = high[i, j] = NAN
    weights = np.array(draw(st.lists(st.integers(1, 3), min_size=k, max_size=k)), dtype=float)
    return low, high, weights / weights.sum()


def run(low, high, weights, seed=7, draws=120, share=0.8):
    return draw_ranks(low, high, weights, draws=draws, seed=seed, interval_share=share)


def twin(low, high, weights, seed, draws):
    """The draws one by one, the ranks one by one."""
    rng = np.random.default_rng(seed)
    drawn = rng.dirichlet(SPREAD * len(weights) * weights, size=draws)
    ranks, best, worst = [], [], []

    def score(points, w):
        used = [k for k in range(len(w)) if points[k] == points[k]]
        return round(sum(w[k] * points[k] for k in used) / sum(w[k] for k in used), 12)

    for w in drawn:
        mixed = rng.random(low.shape)
        scores = [score(low[i] + mixed[i] * (high[i] - low[i]), w) for i in range(len(low))]
        least, most = [score(one, w) for one in low], [score(one, w) for one in high]
        others = [[j for j in range(len(low)) if j != i] for i in range(len(low))]
        ranks.append([1 + sum(scores[j] > scores[i] for j in others[i]) for i in range(len(low))])
        best.append([1 + sum(least[j] > most[i] for j in others[i]) for i in range(len(low))])
        worst.append([1 + sum(most[j] > least[i] for j in others[i]) for i in range(len(low))])
    return np.array(ranks), np.array(best), np.array(worst)


@settings(deadline=None, max_examples=25)
@given(table=tables(), seed=st.integers(0, 99))
def test_the_draws_are_a_plain_loop(table, seed):
    """Shares of draws equal the loop's; the sure interval holds at least 80 % of all ranks drawn, and of the best and worst that could be."""
    low, high, weights = table
    found, (ranks, best, worst) = run(low, high, weights, seed), twin(low, high, weights, seed, 120)
    n = len(low)
    assert found.held == pytest.approx(np.array([[(ranks[:, i] == r + 1).mean() for r in range(n)] for i in range(n)]))
    for low_rank, high_rank in ((found.likely_low, found.likely_high), (found.rank_low, found.rank_high)):
        assert (((ranks >= low_rank) & (ranks <= high_rank)).mean(axis=0) >= 0.8 - 1e-9).all()
    assert ((best >= found.rank_low).mean(axis=0) >= 0.9 - 1e-9).all()
    assert ((worst <= found.rank_high).mean(axis=0) >= 0.9 - 1e-9).all()
    assert (found.rank_low <= found.likely_low).all()
    assert (found.likely_high <= found.rank_high).all()
    assert (found.above + found.above.T <= 1 + 1e-12).all()


@settings(deadline=None, max_examples=30)
@given(table=tables(), data=st.data())
def test_more_unknown_never_narrows_the_interval(table, data):
    low, high, weights = table
    i = data.draw(st.integers(0, len(low) - 1))
    wider = low.copy(), high.copy()
    wider[0][i], wider[1][i] = low[i] * data.draw(SHARE), high[i] + (1 - high[i]) * data.draw(SHARE)
    before, after = run(low, high, weights), run(*wider, weights)
    assert (after.rank_low <= before.rank_low).all()
    assert (after.rank_high >= before.rank_high).all()


@settings(deadline=None, max_examples=30)
@given(table=tables(gaps=False), better=st.floats(0.01, 0.3))
def test_who_is_surely_better_in_everything_is_always_above(table, better):
    low, high, weights = table
    rows = np.minimum(high[0] + better, 1.0 + better)[None]
    found = run(np.r_[low * 0.7, rows], np.r_[high * 0.7, rows], weights)
    worse = (high * 0.7 < rows).all(axis=1)
    assert (found.above[-1, :-1][worse] == 1.0).all()
    assert (found.rank_low[:-1][worse] > found.rank_low[-1]).all()


@settings(deadline=None, max_examples=30)
@given(scores=st.lists(st.sampled_from([0.0, 0.3, 0.3, 0.9, NAN]), max_size=7))
def test_ties_share_the_smallest_rank(scores):
    values = np.array(scores, dtype=float)
    known = ~np.isnan(values)
    expected = np.zeros(len(values), dtype=int)
    expected[known] = rankdata(-values[known], method="min")
    assert rank_scores(values).tolist() == expected.tolist()


COUNT = st.integers(0, 20)


@st.composite
def rolls(draw):
    n = draw(st.integers(1, 5))
    return [(chr(97 + i), name, draw(COUNT), draw(COUNT), draw(COUNT)) for i in range(n) for name in "pq"]


@settings(deadline=None, max_examples=25)
@given(rows=rolls(), seed=st.integers(0, 99))
def test_another_unit_or_order_of_rows_never_moves_my_score(county, rows, seed):
    """The rank lies in its interval; a further unit leaves every score as it was; the order of rows changes nothing at all."""
    found = rank(county, rows, draws=100)
    own = by_code(found)
    ranked = own[own["status"] == "ok"]
    assert (ranked["rank_low"] <= ranked["rank"]).all()
    assert (ranked["rank"] <= ranked["rank_high"]).all()
    assert (ranked["score_low"] <= ranked["score"] + 1e-9).all()
    assert (ranked["score"] <= ranked["score_high"] + 1e-9).all()
    mixed = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    again = rank(county, mixed, draws=100)
    pd.testing.assert_frame_equal(found.units, again.units)
    pd.testing.assert_frame_equal(found.pairs, again.pairs)
    joined = by_code(rank(county, [*rows, ("z", "p", 3, 1, 0), ("z", "q", 1, 3, 0)], draws=100))
    pd.testing.assert_series_equal(joined.loc[own.index, "score"], own["score"])


def test_scores_are_weighted_means_of_what_is_known():
    points = np.array([[1.0, 0.5], [NAN, 0.5], [NAN, NAN]])
    assert score_units(points, np.array([3.0, 1.0])).tolist() == pytest.approx([0.875, 0.5, NAN], nan_ok=True)
