"""How sure a class is: laws of the draws, and a naive twin that scores them one by one."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.certainty_config import CertaintyConfig
from geoplan.relocation.candidacy import score_candidacy
from geoplan.relocation.certainty import assess_certainty
from geoplan.relocation.draws import draw_common

_spec = importlib.util.spec_from_file_location("certainty_oracle", Path(__file__).with_name("certainty_oracle.py"))
assert _spec is not None
assert _spec.loader is not None
oracle = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(oracle)

LINE = [(0.0, 0.0), (100.0, 1.0)]
CLASSES = ["none", "low", "medium", "high", "extreme"]
P = ["p_must", "p_suggest", "p_stay", "p_undecided"]
CERTAIN = CertaintyConfig(
    draws=200,
    weights="fixed",
    speed_sd=0,
    speed_service_sd=0,
    dem_error_m=0,
    hazard_worse_share=0,
    hazard_better_share=0,
    population_sd=0,
)


def county(make: SimpleNamespace, count: int = 9, seed: int = 3, **more: Any) -> SimpleNamespace:
    """Settlements near the lines of the classes, some without evidence, some out of reach, two hazard kinds of which one may be unknown."""
    rng = np.random.default_rng(seed)
    ids = [f"s{number}" for number in range(count)]
    xy = rng.uniform(0, 2000, (count, 2)).round(1)
    clinic: list[Any] = rng.uniform(10, 110, count).round(1).tolist()
    seat: list[Any] = rng.uniform(10, 110, count).round(1).tolist()
    slope, farmland = rng.uniform(1, 35, count).round(1), rng.uniform(1, 30, count).round(1)
    height, served = rng.uniform(1000, 1010, count).round(1), rng.uniform(1, 99, count).round(1)
    classes = [rng.choice(CLASSES, count).tolist(), rng.choice([*CLASSES, ""], count).tolist()]
    if count > 4:
        clinic[1], seat[2], slope[3], clinic[4], seat[4] = "no_data", "unreachable", np.nan, "no_data", "no_data"
    parts = [make.exposure(ids, classes[0], "landslide"), make.exposure(ids, classes[1], "flood")]
    exposure = pd.concat([one.exposure for one in parts], ignore_index=True)
    index = np.stack([one.exposure["exposure_index"].to_numpy(dtype=float) for one in parts])
    worst = np.nanmax(index, axis=0)
    known = ~np.isnan(index).any(axis=0) | (worst == 1.0)
    summary = parts[0].summary.assign(hazard_status=np.where(known, "ok", "no_data"), hazard_index=np.where(known, worst, np.nan))
    profile = make.profile(
        ("clinic_min", 0.25, LINE), ("seat_min", 0.15, [(10.0, 0.0), (30.0, 0.5), (80.0, 1.0)]),
        ("slope_deg", 0.1, [(5.0, 0.0), (15.0, 0.4), (25.0, 1.0)]), ("elevation_m", 0.1, [(1002.0, 0.0), (1008.0, 1.0)], None),
        ("persons_served", 0.05, LINE, None),
        ("farmland_mu_per_person", 0.05, [(0.0, 1.0), (2.0, 0.0)], None),
        ("hazard_index", 0.3, [(0.0, 0.0), (1.0, 1.0)], None),
        vetoes=[make.veto(classes=("extreme",)), make.veto(kinds=("flood",), classes=("extreme", "high"), name="water")],
        **more,
    )  # fmt: skip
    return SimpleNamespace(
        ids=ids,
        demand=make.demand(xy, settlement_id=ids, slope_deg=slope, farmland_mu=farmland, elevation_m=height, persons_served=served),
        access=make.access(ids, {("clinic", "dry", "one_way"): clinic, ("seat", "dry", "one_way"): seat}),
        exposure=type(parts[0])(exposure, summary),
        profile=profile,
        places=[
            {
                "id": ids[s],
                "xy": tuple(xy[s]),
                "raw": {
                    "clinic_min": clinic[s], "seat_min": seat[s], "slope_deg": "no_data" if np.isnan(slope[s]) else slope[s],
                    "farmland_mu_per_person": farmland[s] / 10.0, "hazard_index": "", "elevation_m": height[s], "persons_served": served[s],
                },
                "hazard": {"landslide": classes[0][s], "flood": classes[1][s]},
            }
            for s in range(count)
        ],
    )  # fmt: skip


def assess(one: SimpleNamespace, config: CertaintyConfig, **more: Any) -> Any:
    return assess_certainty(one.demand, one.access, one.exposure, one.profile, config, **more)


def pick(one: SimpleNamespace, rows: list[int]) -> SimpleNamespace:
    """The county with its settlements in another order, or fewer of them (population within reach apart, nothing is shared)."""
    ids = [one.ids[row] for row in rows]
    settlements = one.demand.settlements.iloc[rows].reset_index(drop=True)
    demand = type(one.demand)(settlements, *(getattr(one.demand, n) for n in ("groups", "villages", "townships", "county")))
    return SimpleNamespace(**{**vars(one), "ids": ids, "demand": demand})


@pytest.mark.parametrize("weights", ["fixed", "simplex", "ranges", "dirichlet"])
def test_the_draws_add_up_as_a_plain_loop_over_them_does(make: SimpleNamespace, weights: str) -> None:
    """Classes exactly, scores to the bin, ranks exactly: 9 settlements × 300 draws, one by one."""
    one, config = county(make), CertaintyConfig(draws=300, weights=weights, hazard_worse_share=0.2, hazard_better_share=0.3)
    names = [indicator.id for indicator in one.profile.indicators]
    draws = draw_common(names, np.array([indicator.weight for indicator in one.profile.indicators]), config)
    loop = [[oracle.score_one(place, draw, draws, one.profile, config) for place in one.places] for draw in range(config.draws)]
    found = assess(one, config)
    table = found.settlements
    for column, name in zip(P, ["must", "suggest", "stay", "undecided"], strict=True):
        naive = [sum(row[s][0] == name for row in loop) / config.draws for s in range(len(one.ids))]
        assert table[column].tolist() == naive
    ranks = np.array([oracle.rank_all(row) for row in loop])
    scores = np.array([[case[2] for case in row] for row in loop])
    for name, q in [("p05", 0.05), ("p50", 0.5), ("p95", 0.95)]:
        assert table[f"rank_{name}"].tolist() == np.quantile(ranks, q, axis=0, method="inverted_cdf").tolist()
        near = np.nanquantile(scores, q, axis=0, method="inverted_cdf")
        assert table[f"score_{name}"].to_numpy() == pytest.approx(near, abs=1 / 2048, nan_ok=True)
    banded = found.ranks.set_index(["settlement_id", "rank_from"])["acceptability"]
    assert banded.loc[[(name, 1) for name in one.ids]].tolist() == [1.0] * len(one.ids)


def test_nothing_uncertain_gives_the_classes_scores_and_ranks_of_the_candidacy(make: SimpleNamespace) -> None:
    one = county(make, 40)
    table = assess(one, CERTAIN).settlements
    case = score_candidacy(one.demand, one.access, one.exposure, one.profile).candidacy
    assert table["relocation_class"].tolist() == case["relocation_class"].tolist()
    chosen = np.array(["应搬", "建议搬", "可留", "证据不足"])[table[P].to_numpy().argmax(axis=1)]
    assert chosen.tolist() == case["relocation_class"].tolist()
    assert set(table[P].to_numpy().ravel()) == {0.0, 1.0}
    for name in ("p05", "p50", "p95"):
        assert table[f"rank_{name}"].tolist() == case["rank"].tolist()
        assert table[f"score_{name}"].to_numpy() == pytest.approx(case["candidacy_score"].to_numpy(), abs=1e-12, nan_ok=True)


def test_probabilities_and_acceptabilities_sum_to_one(make: SimpleNamespace) -> None:
    one = county(make, 30)
    found = assess(one, CertaintyConfig(draws=500, rank_bands=[1, 3, 10]))
    assert found.settlements[P].sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-12)
    summed = found.ranks.groupby("settlement_id")["acceptability"].sum()
    assert summed.to_numpy() == pytest.approx(1.0, abs=1e-12)
    assert found.ranks.loc[found.ranks["settlement_id"] == "s0", ["rank_from", "rank_to"]].to_numpy().tolist() == [
        [1, 1], [2, 3], [4, 10], [11, 30],
    ]  # fmt: skip
    assert (found.settlements["score_p05"] <= found.settlements["score_p95"]).sum() == len(one.ids)


def test_neither_chunks_nor_threads_change_a_bit(make: SimpleNamespace) -> None:
    one, config = county(make, 25), CertaintyConfig(draws=700)
    whole = assess(one, config, workers=1, chunk_draws=100_000)
    for workers, chunk in [(1, 128), (3, 300)]:
        cut = assess(one, config, workers=workers, chunk_draws=chunk)
        for name in ("settlements", "ranks", "tornado"):
            pd.testing.assert_frame_equal(getattr(whole, name), getattr(cut, name), check_exact=True)


@settings(deadline=None, max_examples=15)
@given(order=st.permutations(range(12)))
def test_the_order_of_settlements_is_the_order_of_the_result_and_nothing_else(make: SimpleNamespace, order: list[int]) -> None:
    one, config = county(make, 12), CertaintyConfig(draws=256)
    straight = assess(one, config).settlements.set_index("settlement_id")
    shuffled = assess(pick(one, order), config).settlements.set_index("settlement_id")
    pd.testing.assert_frame_equal(straight, shuffled.loc[straight.index], check_exact=True)


@settings(deadline=None, max_examples=15)
@given(kept=st.sets(st.integers(0, 11), min_size=1))
def test_other_settlements_cannot_move_a_settlements_scores_and_classes(make: SimpleNamespace, kept: set[int]) -> None:
    """Ranks are among whoever is there; everything else is the settlement's own."""
    one, config = county(make, 12), CertaintyConfig(draws=256)
    every = assess(one, config).settlements.set_index("settlement_id")
    few = assess(pick(one, sorted(kept)), config).settlements.set_index("settlement_id")
    own = [name for name in every.columns if not name.startswith("rank_")]
    pd.testing.assert_frame_equal(every.loc[few.index, own], few[own], check_exact=True)


@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_a_dominated_settlement_never_has_the_higher_probability_of_having_to_move(
    make: SimpleNamespace, data: st.DataObject
) -> None:
    """Weights and speeds are shared by all, so what is better by every indicator is better in every draw."""
    numbers = st.lists(st.floats(0, 120), min_size=2, max_size=2)
    near, more = data.draw(numbers), data.draw(st.lists(st.floats(0, 60), min_size=2, max_size=2))
    index = sorted(data.draw(st.lists(st.integers(0, 4), min_size=2, max_size=2)))
    ids = ["better", "worse"]
    access = make.access(
        ids,
        {("clinic", "dry", "one_way"): [near[0], near[0] + more[0]], ("seat", "dry", "one_way"): [near[1], near[1] + more[1]]},
    )
    profile = make.profile(
        ("clinic_min", 0.4, LINE), ("seat_min", 0.2, LINE), ("hazard_index", 0.4, [(0.0, 0.0), (1.0, 1.0)], None),
        vetoes=[make.veto(classes=("extreme",))],
    )  # fmt: skip
    exposure = make.exposure(ids, [CLASSES[one] for one in index])
    config = CertaintyConfig(draws=256, weights="simplex", hazard_worse_share=0, hazard_better_share=0)
    table = assess_certainty(make.demand([(0, 0), (5000, 0)], settlement_id=ids), access, exposure, profile, config).settlements
    assert table["p_must"].iloc[0] <= table["p_must"].iloc[1]
    assert table["p_stay"].iloc[0] >= table["p_stay"].iloc[1]
    assert table["rank_p50"].iloc[0] >= table["rank_p50"].iloc[1]


def test_missing_evidence_never_moves_a_score_and_leaves_no_class_certain_that_it_could_change(make: SimpleNamespace) -> None:
    """Known 0.8 on 60% of the weight: 应搬 by the score, but 0.48 if the rest were best; that is named."""
    ids = ["s0", "s1"]
    access = make.access(ids, {("clinic", "dry", "one_way"): [80, 80], ("seat", "dry", "one_way"): ["no_data", 80]})
    profile = make.profile(("clinic_min", 0.6, LINE), ("seat_min", 0.4, LINE))
    demand, exposure = make.demand([(0, 0), (5000, 0)], settlement_id=ids), make.exposure(ids, ["none", "none"])
    table = assess_certainty(demand, access, exposure, profile, CERTAIN).settlements
    assert table["p_must"].tolist() == [1.0, 1.0]
    assert table["score_p50"].tolist() == pytest.approx([0.8, 0.8])
    assert table["verdict"].tolist() == ["depends", "certain_move"]
    assert table["depends_on"].tolist() == ["evidence:seat_min", ""]
    assert table["p_open"].tolist() == [1.0, 0.0]


def test_only_the_evidence_that_could_change_the_class_is_named(make: SimpleNamespace) -> None:
    """Known 0.45 on 0.6: 建议搬. Missing 0.35 could make it anything; missing 0.05 at most (0.27 + 0.05)/0.65 = 0.49, 建议搬 still."""
    access = make.access(
        ["s0"],
        {("clinic", "dry", "one_way"): [45], ("seat", "dry", "one_way"): ["no_data"], ("bank", "dry", "one_way"): ["no_data"]},
    )
    profile = make.profile(("clinic_min", 0.6, LINE), ("seat_min", 0.05, LINE), ("bank_min", 0.35, LINE))
    row = assess_certainty(make.demand([(0, 0)]), access, make.exposure(["s0"], ["none"]), profile, CERTAIN).settlements.iloc[0]
    assert row["depends_on"] == "evidence:bank_min"
    assert "取决于缺少的证据:bank_min(在 100% 的抽样中可改变类别),分类线 0.60/0.40" in row["reason_zh"]


def test_unknown_hazard_is_never_certain_to_stay(make: SimpleNamespace) -> None:
    access = make.access(["s0"], {("clinic", "dry", "one_way"): [1]})
    profile = make.profile(("clinic_min", 1.0, LINE))
    table = assess_certainty(make.demand([(0, 0)]), access, make.exposure(["s0"], [""]), profile, CERTAIN).settlements
    assert table[["verdict", "depends_on"]].iloc[0].tolist() == ["depends", "evidence:hazard"]
    assert table["p_undecided"].iloc[0] == 1.0


def test_the_factor_and_the_line_are_named(make: SimpleNamespace) -> None:
    """One travel time of 55 min, line at 60 points: at times 60/55 − 1 = 9% longer the class is 应搬."""
    access = make.access(["s0"], {("clinic", "dry", "one_way"): [55]})
    profile = make.profile(("clinic_min", 1.0, LINE))
    config = CertaintyConfig(draws=2000, speed_service_sd=0)
    row = assess_certainty(make.demand([(0, 0)]), access, make.exposure(["s0"], ["none"]), profile, config).settlements.iloc[0]
    assert row["depends_on"] == "speed"
    # P(55 exp(0.15 z) ≥ 60) = P(z ≥ 0.580) = 0.281
    assert row["p_must"] == pytest.approx(0.281, abs=0.03)
    assert "若路速慢 8%(用时多 9%),则由建议搬变为应搬" in row["reason_zh"]
    assert "if travel is 8% slower (times 9% longer), the class turns from move advised to must move" in row["reason_en"]


def test_a_firm_advice_depends_on_what_people_want(make: SimpleNamespace) -> None:
    access = make.access(["s0"], {("clinic", "dry", "one_way"): [50]})
    profile = make.profile(("clinic_min", 1.0, LINE))
    row = assess_certainty(make.demand([(0, 0)]), access, make.exposure(["s0"], ["none"]), profile, CERTAIN).settlements.iloc[0]
    assert (row["verdict"], row["depends_on"], row["p_suggest"]) == ("depends", "willingness", 1.0)


def test_a_slipped_class_brings_its_veto(make: SimpleNamespace) -> None:
    """High, veto at extreme, one in five slips up: 应搬 in a fifth of the draws, whatever the score."""
    access = make.access(["s0"], {("clinic", "dry", "one_way"): [1]})
    profile = make.profile(("clinic_min", 1.0, LINE), vetoes=[make.veto(classes=("extreme",))])
    config = CERTAIN.model_copy(update={"draws": 4000, "hazard_worse_share": 0.2})
    row = assess_certainty(make.demand([(0, 0)]), access, make.exposure(["s0"], ["high"]), profile, config).settlements.iloc[0]
    assert row["p_must"] == pytest.approx(0.2, abs=0.03)
    assert row["p_must"] + row["p_stay"] == 1.0
    assert row["depends_on"] == "hazard_class"
    assert "若灾害实际等级高一级,则由可留变为应搬" in row["reason_zh"]


@pytest.mark.parametrize(("better", "p_must"), [(0.0, 1.0), (1.0, 0.0)])
def test_beyond_extreme_the_unsurveyed_kind_does_not_matter_and_below_it_does(
    make: SimpleNamespace, better: float, p_must: float
) -> None:
    """Extreme slide, flood never surveyed: the hazard is known, 0.8 + 0.2·0.1 = 0.82. Were the slide one class better, it would not be."""
    parts = [make.exposure(["s0"], ["extreme"], "landslide"), make.exposure(["s0"], [""], "flood")]
    exposure = type(parts[0])(pd.concat([one.exposure for one in parts], ignore_index=True), parts[0].summary)
    profile = make.profile(("clinic_min", 0.2, LINE), ("hazard_index", 0.8, [(0.0, 0.0), (1.0, 1.0)], None))
    config = CERTAIN.model_copy(update={"hazard_better_share": better})
    access = make.access(["s0"], {("clinic", "dry", "one_way"): [10]})
    row = assess_certainty(make.demand([(0, 0)]), access, exposure, profile, config).settlements.iloc[0]
    assert (row["p_must"], row["p_undecided"]) == (p_must, 1.0 - p_must)


def test_no_settlement_gives_empty_tables(make: SimpleNamespace) -> None:
    profile = make.profile(("clinic_min", 1.0, LINE))
    found = assess_certainty(make.demand(np.empty((0, 2))), make.access([], {}), make.exposure([], []), profile, CERTAIN)
    assert (len(found.settlements), len(found.ranks), len(found.tornado)) == (0, 0, 0)
    assert {"p_must", "verdict", "rank_p50", "reason_zh"} <= set(found.settlements.columns)


def test_inputs_are_left_as_they_were(make: SimpleNamespace) -> None:
    one = county(make)
    before = [one.demand.settlements.copy(), one.access.times.copy(), one.exposure.exposure.copy(), one.exposure.summary.copy()]
    assess(one, CertaintyConfig(draws=128))
    after = [one.demand.settlements, one.access.times, one.exposure.exposure, one.exposure.summary]
    for one_before, one_after in zip(before, after, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(one_before), pd.DataFrame(one_after))
