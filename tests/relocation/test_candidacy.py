"""The candidacy score, its classes, ranks and reasons."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.results import CandidacyResult
from geoplan.contracts.status import HAZARD_INDEX
from geoplan.errors import ConfigError
from geoplan.relocation import index_remoteness, score_candidacy

LINE = [(0.0, 0.0), (100.0, 1.0)]
HAZARD = [(0.0, 0.0), (1.0, 1.0)]
CLASSES = ["none", "low", "medium", "high", "extreme"]


def _two(make: SimpleNamespace, clinic: list, seat: list, hazard: list[str] | None = None, **profile: object) -> CandidacyResult:
    """Score settlements on minutes to clinic (weight 0.6) and seat (0.4), 0..100 min → 0..1 points."""
    ids = [f"s{number}" for number in range(len(clinic))]
    demand = make.demand([(number * 5000.0, 0.0) for number in range(len(clinic))], settlement_id=ids)
    access = make.access(ids, {("clinic", "dry", "one_way"): clinic, ("seat", "dry", "one_way"): seat})
    rules = make.profile(("clinic_min", 0.6, LINE), ("seat_min", 0.4, LINE, profile.pop("unreachable", 1.0)), **profile)
    return score_candidacy(demand, access, make.exposure(ids, hazard or ["none"] * len(ids)), rules)


def test_score_by_hand(make: SimpleNamespace) -> None:
    """100 and 50 min: 0.6·1 + 0.4·0.5 = 0.8. Seat unknown: 0.6/0.6 = 1 on 0.6 of the evidence, 0.6 to 1.0."""
    result = _two(make, [100, 100], [50, "no_data"])
    case = result.candidacy
    assert case["candidacy_score"].tolist() == pytest.approx([0.8, 1.0])
    assert case["evidence_share"].tolist() == pytest.approx([1.0, 0.6])
    assert (case["score_low"].iloc[1], case["score_high"].iloc[1]) == pytest.approx((0.6, 1.0))
    parts = result.contributions
    assert parts["contribution"].tolist() == pytest.approx([0.6, 0.2, 1.0, 0.0])
    assert parts["points"].isna().tolist() == [False, False, False, True]


def test_unreachable_is_the_worst_case_and_not_missing_evidence(make: SimpleNamespace) -> None:
    """Seat unreachable counts 1 point: 0.6·0.5 + 0.4·1 = 0.7 on all the evidence; with null it is missing."""
    stated = _two(make, [50, 50], ["unreachable", "unsnapped"]).candidacy
    assert stated["candidacy_score"].tolist() == pytest.approx([0.7, 0.7])
    assert stated["evidence_share"].tolist() == [1.0, 1.0]
    silent = _two(make, [50], ["unreachable"], unreachable=None).candidacy
    assert silent["candidacy_score"].iloc[0] == pytest.approx(0.5)
    assert silent["evidence_share"].iloc[0] == pytest.approx(0.6)


def test_classes_and_their_borders(make: SimpleNamespace) -> None:
    """Lines 0.6 and 0.4 belong to the class above: 60/60 → 应搬, 40/40 → 建议搬, below → 可留."""
    result = _two(make, [60, 59.99, 40, 39.99], [60, 59.99, 40, 39.99]).candidacy
    assert result["relocation_class"].tolist() == ["应搬", "建议搬", "建议搬", "可留"]
    assert result["rank"].tolist() == [1, 2, 3, 4]


def test_unknown_hazard_is_never_safe(make: SimpleNamespace) -> None:
    """The same low score: 可留 where hazard was surveyed, 证据不足 where it was not; a high score moves either way."""
    result = _two(make, [10, 10, 90], [10, 10, 90], ["none", "", ""]).candidacy
    assert result["relocation_class"].tolist() == ["可留", "证据不足", "应搬"]
    assert "不视为安全" in result["reason_zh"].iloc[1]
    assert "not taken for safe" in result["reason_en"].iloc[1]


def test_a_settlement_without_any_row_of_hazard_is_unknown(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0)], settlement_id=["s0"])
    access = make.access(["s0"], {("clinic", "dry", "one_way"): [5]})
    result = score_candidacy(demand, access, make.exposure([], []), make.profile(("clinic_min", 1.0, LINE)))
    assert result.candidacy["relocation_class"].tolist() == ["证据不足"]


def test_too_little_evidence_decides_nothing_but_a_veto_does(make: SimpleNamespace) -> None:
    """Clinic unknown leaves 0.4 of the weight, below 0.5: 证据不足 though the score is 1; the veto needs no score."""
    result = _two(make, ["no_data", "no_data"], [100, "no_data"], ["none", "high"], vetoes=[make.veto()]).candidacy
    assert result["relocation_class"].tolist() == ["证据不足", "应搬"]
    assert result["candidacy_score"].iloc[0] == pytest.approx(1.0)
    assert np.isnan(result["candidacy_score"].iloc[1])
    assert result["veto"].tolist() == ["", "slide"]
    assert result["rank"].tolist() == [2, 1]


def test_veto_names_hazard_class_and_clause(make: SimpleNamespace) -> None:
    reason = _two(make, [0], [0], ["extreme"], vetoes=[make.veto()]).candidacy.iloc[0]
    for word in ("滑坡隐患(极高)", "威胁范围内", "landslides h1", "川办发 二(转引)"):
        assert word in reason["reason_zh"]
    for word in ("landslide hazard (extreme)", "landslides h1", "[secondary]"):
        assert word in reason["reason_en"]


def test_vetoes_hold_for_their_kinds_and_classes_only(make: SimpleNamespace) -> None:
    """A flood veto does not fire on a slide; `*` fires on any kind; medium is not high; two vetoes are both named, in order."""
    rules = [make.veto(("flood",), ("high",), "flood"), make.veto(("*",), ("high", "extreme"), "any"), make.veto(name="slide")]
    result = _two(make, [0, 0, 0], [0, 0, 0], ["high", "medium", "none"], vetoes=rules).candidacy
    assert result["veto"].tolist() == ["any;slide", "", ""]
    assert result["relocation_class"].tolist() == ["应搬", "可留", "可留"]


def test_rank_puts_urgent_first_and_ties_share_the_smallest(make: SimpleNamespace) -> None:
    """Extreme before high before a plain 应搬 with a higher score; two equal cases share rank 3; the next is 5."""
    result = _two(
        make, [10, 95, 95, 10, 20], [10, 95, 95, 10, 20], ["high", "none", "none", "extreme", "none"], vetoes=[make.veto()]
    )
    assert result.candidacy["rank"].tolist() == [2, 3, 3, 1, 5]


def test_weights_of_the_plan_replace_and_are_scaled(make: SimpleNamespace) -> None:
    """clinic 0.6 → 1.2 beside seat 0.4: 0.75 and 0.25; 100 and 0 min score 0.75."""
    ids = ["s0"]
    access = make.access(ids, {("clinic", "dry", "one_way"): [100], ("seat", "dry", "one_way"): [0]})
    rules = make.profile(("clinic_min", 0.6, LINE), ("seat_min", 0.4, LINE))
    arguments = (make.demand([(0, 0)], settlement_id=ids), access, make.exposure(ids, ["none"]), rules)
    result = score_candidacy(*arguments, weights={"clinic_min": 1.2})
    assert result.candidacy["candidacy_score"].iloc[0] == pytest.approx(0.75)
    assert result.contributions["weight"].tolist() == pytest.approx([0.75, 0.25])
    with pytest.raises(ConfigError, match=r"WEIGHTS-UNKNOWN.*hospital_min"):
        score_candidacy(*arguments, weights={"hospital_min": 0.2})
    with pytest.raises(ConfigError, match="WEIGHTS-VALUE"):
        score_candidacy(*arguments, weights={"seat_min": -0.2})


def test_remoteness_is_the_weighted_mean_of_its_own_indicators(make: SimpleNamespace) -> None:
    """Weights 0.1 and 0.3, points 1.0 and 0.5: 0.625; the second missing: 1.0 on a quarter of the evidence; none: NaN."""
    rules = make.profile(("a_min", 0.1, LINE), ("b_min", 0.3, LINE), ("c_min", 0.6, LINE), remoteness=["a_min", "b_min"])
    points = pd.DataFrame({"a_min": [1.0, 1.0, np.nan], "b_min": [0.5, np.nan, np.nan], "c_min": [0.0, 0.0, 0.0]})
    found = index_remoteness(points, rules, weights={"a_min": 0.1, "b_min": 0.3, "c_min": 0.6})
    assert found["remoteness_index"].tolist() == pytest.approx([0.625, 1.0, np.nan], nan_ok=True)
    assert found["remoteness_evidence_share"].tolist() == pytest.approx([1.0, 0.25, 0.0])


def test_numbers_shown_in_the_reasons_add_up_to_the_score_shown(make: SimpleNamespace) -> None:
    """Thirds of 0.1 are shown as 0.034 + 0.033 + 0.033 = 0.100, not 0.099."""
    ids = ["s0"]
    names = ["a", "b", "c"]
    access = make.access(ids, {(one, "dry", "one_way"): [10] for one in names})
    rules = make.profile(*[(f"{one}_min", weight, LINE) for one, weight in zip(names, [1 / 3, 1 / 3, 1 - 2 / 3], strict=True)])
    result = score_candidacy(make.demand([(0, 0)], settlement_id=ids), access, make.exposure(ids, ["none"]), rules)
    shown = result.contributions["reason_en"].str.extract(r"= (\d\.\d{3})")[0]
    assert shown.tolist() == ["0.034", "0.033", "0.033"]


minutes = st.one_of(st.integers(0, 120), st.sampled_from(["no_data", "unreachable", "unsnapped"]))
case = st.tuples(minutes, minutes, st.sampled_from([*CLASSES, ""]))


def _with_hazard(make: SimpleNamespace, cases: list, weights: dict[str, float] | None = None) -> CandidacyResult:
    ids = [f"s{number}" for number in range(len(cases))]
    demand = make.demand([(number * 3000.0, 0.0) for number in range(len(cases))], settlement_id=ids)
    access = make.access(
        ids, {("clinic", "dry", "one_way"): [c[0] for c in cases], ("seat", "dry", "one_way"): [c[1] for c in cases]}
    )
    rules = make.profile(
        ("hazard_index", 0.5, HAZARD, None), ("clinic_min", 0.3, LINE), ("seat_min", 0.2, LINE), vetoes=[make.veto()]
    )
    return score_candidacy(demand, access, make.exposure(ids, [c[2] for c in cases]), rules, weights=weights)


@settings(deadline=None, max_examples=8)
@given(st.lists(case, min_size=1, max_size=6))
def test_score_equals_a_twin_written_out(make: SimpleNamespace, cases: list) -> None:
    result = _with_hazard(make, cases)
    for (clinic, seat, hazard), row in zip(cases, result.candidacy.itertuples(), strict=True):
        points = [HAZARD_INDEX.get(hazard)]
        points += [None if one == "no_data" else 1.0 if isinstance(one, str) else min(one / 100, 1.0) for one in (clinic, seat)]
        known = [(weight, one) for weight, one in zip((0.5, 0.3, 0.2), points, strict=True) if one is not None]
        share = sum(weight for weight, _ in known)
        if not known:
            assert np.isnan(row.candidacy_score)
        else:
            assert row.candidacy_score == pytest.approx(sum(w * p for w, p in known) / share)
        assert row.evidence_share == pytest.approx(share)
        vetoed = hazard in ("high", "extreme")
        score = -1 if not known else row.candidacy_score
        expected = "应搬" if vetoed else "证据不足" if share < 0.5 - 1e-12 else "应搬" if score >= 0.6 - 1e-12 else None
        expected = expected or ("建议搬" if score >= 0.4 - 1e-12 else "可留" if hazard else "证据不足")
        assert row.relocation_class == expected
    sums = result.contributions.groupby("settlement_id")["contribution"].sum(min_count=1)
    wanted = result.candidacy.set_index("settlement_id")["candidacy_score"]
    assert sums.reindex(wanted.index).tolist() == pytest.approx(wanted.tolist(), nan_ok=True)


@settings(deadline=None, max_examples=8)
@given(st.lists(case, min_size=2, max_size=5), st.integers(0, 4), st.integers(1, 4))
def test_worse_hazard_never_weakens_the_case(make: SimpleNamespace, cases: list, place: int, steps: int) -> None:
    place %= len(cases)
    clinic, seat, hazard = cases[place]
    if hazard == "":
        hazard = "none"
    worse = CLASSES[min(CLASSES.index(hazard) + steps, 4)]
    before = _with_hazard(make, [*cases[:place], (clinic, seat, hazard), *cases[place + 1 :]]).candidacy.iloc[place]
    after = _with_hazard(make, [*cases[:place], (clinic, seat, worse), *cases[place + 1 :]]).candidacy.iloc[place]
    assert after["candidacy_score"] >= before["candidacy_score"] - 1e-12
    assert after["rank"] <= before["rank"]


@settings(deadline=None, max_examples=8)
@given(st.lists(case, min_size=2, max_size=5), case)
def test_other_settlements_cannot_move_a_score(make: SimpleNamespace, cases: list, other: tuple) -> None:
    """Anchors are fixed. (Dispersion indicators are about neighbours by nature; this profile has none.)"""
    columns = [
        "candidacy_score",
        "score_low",
        "score_high",
        "evidence_share",
        "remoteness_index",
        "relocation_class",
        "reason_zh",
    ]
    alone = _with_hazard(make, cases[:1]).candidacy[columns]
    among = _with_hazard(make, [cases[0], *cases[2:], other]).candidacy[columns].iloc[:1]
    pd.testing.assert_frame_equal(alone, among)


@settings(deadline=None, max_examples=8)
@given(st.lists(case, min_size=1, max_size=4), st.floats(0.1, 50))
def test_weights_count_by_their_ratios_only(make: SimpleNamespace, cases: list, factor: float) -> None:
    weights = {"hazard_index": 0.5 * factor, "clinic_min": 0.3 * factor, "seat_min": 0.2 * factor}
    one, other = _with_hazard(make, cases).candidacy, _with_hazard(make, cases, weights).candidacy
    assert other["candidacy_score"].tolist() == pytest.approx(one["candidacy_score"].tolist(), nan_ok=True)


def test_row_order_and_order_of_other_rooms_tables_do_not_matter(make: SimpleNamespace) -> None:
    ids = ["a", "b", "c"]
    minutes = {("clinic", "dry", "one_way"): [10, 50, 90]}
    access, exposure = make.access(ids, minutes), make.exposure(ids, ["none", "high", ""])
    rules = make.profile(("clinic_min", 1.0, LINE), vetoes=[make.veto()])
    demand = make.demand([(0, 0), (1, 0), (2, 0)], settlement_id=ids)
    straight = score_candidacy(demand, access, exposure, rules).candidacy.set_index("settlement_id")
    turned = type(demand)(demand.settlements.iloc[::-1], *[demand.groups] * 4)
    mixed = type(access)(access.times.iloc[[2, 0, 1]], access.road.iloc[::-1], access.facilities, access.report)
    shuffled = type(exposure)(exposure.exposure.iloc[[1, 2, 0]], exposure.summary.iloc[::-1])
    other = score_candidacy(turned, mixed, shuffled, rules).candidacy.set_index("settlement_id")
    pd.testing.assert_frame_equal(straight, other.loc[straight.index])


def test_no_settlements_give_empty_tables_with_all_columns(make: SimpleNamespace) -> None:
    rules = make.profile(("clinic_min", 1.0, LINE), vetoes=[make.veto()])
    result = score_candidacy(make.demand([]), make.access([]), make.exposure([], []), rules)
    assert result.candidacy.empty
    assert result.contributions.empty
    assert "relocation_class" in result.candidacy.columns
