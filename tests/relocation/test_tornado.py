"""One factor at a time, and what a class depends on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.certainty_config import CertaintyConfig
from geoplan.relocation.candidacy import build_case, score_candidacy
from geoplan.relocation.draws import draw_common
from geoplan.relocation.influence import explain_classes
from geoplan.relocation.tornado import find_ends, find_turns, list_factors, rate_level
from geoplan.relocation.uncertain import lay_inputs

LINE = [(0.0, 0.0), (100.0, 1.0)]
CONFIG = CertaintyConfig(draws=500)


def lay(make: SimpleNamespace, clinic: list[Any], slope: list[float], hazard: list[str], **profile: Any) -> SimpleNamespace:
    """Weights: clinic 0.4, slope 0.2, hazard 0.4; slope points are degrees / 45."""
    ids = [f"s{number}" for number in range(len(clinic))]
    demand = make.demand([(number * 5000.0, 0.0) for number in range(len(clinic))], settlement_id=ids, slope_deg=slope)
    access, exposure = make.access(ids, {("clinic", "dry", "one_way"): clinic}), make.exposure(ids, hazard)
    rules = make.profile(
        ("clinic_min", 0.4, LINE), ("slope_deg", 0.2, [(0.0, 0.0), (45.0, 1.0)]), ("hazard_index", 0.4, [(0.0, 0.0), (1.0, 1.0)], None),
        **profile,
    )  # fmt: skip
    weights = np.array([0.4, 0.2, 0.4])
    inputs = lay_inputs(demand, exposure, rules, build_case(demand, access, exposure, rules), weights, CONFIG)
    draws = draw_common([one.id for one in rules.indicators], weights, CONFIG)
    return SimpleNamespace(
        demand=demand, access=access, exposure=exposure, profile=rules, inputs=inputs, draws=draws, weights=weights
    )


def rate(one: SimpleNamespace, factor: str, level: float) -> Any:
    return rate_level(factor, np.full(len(one.inputs.raw), level), one.inputs, one.weights, one.profile, CONFIG)


def test_each_factor_by_hand(make: SimpleNamespace) -> None:
    """50 min, 20°, medium: 0.4·0.5 + 0.2·20/45 + 0.4·0.5 = 0.4889."""
    one = lay(make, [50], [20.0], ["medium"])
    base = 0.2 + 0.2 * 20 / 45 + 0.2
    steeper = np.degrees(np.arctan(np.tan(np.radians(20)) + 0.02))
    expected = {
        ("", 0.0): base,
        ("speed", 1.2): base + 0.4 * 0.1,
        ("speed:clinic", 0.8): base - 0.4 * 0.1,
        ("dem_error", 0.02): base + 0.2 * (steeper - 20) / 45,
        ("hazard_class", 1.0): base + 0.4 * 0.25,
        ("hazard_class", -1.0): base - 0.4 * 0.25,
        ("weight:clinic_min", 0.7): 0.7 * 0.5 + 0.3 * (base - 0.2) / 0.6,
        ("population", 1.5): base,
    }
    for (factor, level), score in expected.items():
        assert rate(one, factor, level).score[0] == pytest.approx(score, abs=1e-12), factor


def test_missing_evidence_is_filled_in_one_indicator_at_a_time(make: SimpleNamespace) -> None:
    """Clinic unknown: (0.2·x + 0.4·0.5)/0.6 as it stands; with it 0 or 1, that sum plus 0 or 0.4."""
    one = lay(make, ["no_data"], [45.0], ["medium"])
    assert rate(one, "", 0).score[0] == pytest.approx(0.4 / 0.6)
    assert [rate(one, "evidence:clinic_min", end).score[0] for end in (0.0, 1.0)] == pytest.approx([0.4, 0.8])
    assert "evidence:clinic_min" in list_factors(one.draws, one.inputs, [i.id for i in one.profile.indicators])


def test_a_step_of_hazard_brings_its_veto(make: SimpleNamespace) -> None:
    one = lay(make, [1], [0.0], ["high"], vetoes=[make.veto(classes=("extreme",))])
    assert [rate(one, "hazard_class", step).classes[0] for step in (-1, 0, 1)] == ["可留", "可留", "应搬"]


@settings(deadline=None, max_examples=20)
@given(
    clinic=st.lists(st.one_of(st.floats(0, 150), st.sampled_from(["no_data", "unreachable"])), min_size=3, max_size=3),
    hazard=st.lists(st.sampled_from(["none", "low", "medium", "high", "extreme", ""]), min_size=3, max_size=3),
)
def test_nothing_moved_is_the_candidacy(make: SimpleNamespace, clinic: list[Any], hazard: list[str]) -> None:
    one = lay(make, clinic, [3.0, 20.0, float("nan")], hazard, vetoes=[make.veto()])
    case = score_candidacy(one.demand, one.access, one.exposure, one.profile).candidacy
    for factor, level in [("", 0.0), ("speed", 1.0), ("dem_error", 0.0), ("hazard_class", 0.0), ("weight:clinic_min", 0.4)]:
        found = rate(one, factor, level)
        assert found.score == pytest.approx(case["candidacy_score"].to_numpy(), abs=1e-12, nan_ok=True)
        assert found.classes.tolist() == case["relocation_class"].tolist()


@settings(deadline=None, max_examples=20)
@given(clinic=st.lists(st.floats(0, 150), min_size=2, max_size=5), up=st.floats(1, 2))
def test_slower_never_lowers_a_score(make: SimpleNamespace, clinic: list[float], up: float) -> None:
    one = lay(make, clinic, [10.0] * len(clinic), ["low"] * len(clinic))
    assert (rate(one, "speed", up).score >= rate(one, "", 0).score - 1e-12).all()


def test_the_turn_is_where_the_score_meets_the_line(make: SimpleNamespace) -> None:
    """0.4·t/100 + 0.1 + 0.2 with t = 70 is 0.58; 0.6 needs t = 75, times 75/70. With t = 20 no speed within 99% does."""
    one = lay(make, [70, 20], [22.5, 22.5], ["medium", "medium"])
    base = rate(one, "", 0).classes
    turns = find_turns("speed", base, one.draws, one.inputs, one.weights, one.profile, CONFIG)
    assert turns.level[0] == pytest.approx(75 / 70, abs=1e-6)
    assert turns.classes[0] == "应搬"
    low, high = find_ends("speed", one.draws, one.inputs, CONFIG, wide=True)
    # 0.38 is below 0.4: the line of 建议搬 is nearer, at t = 25.
    assert turns.level[1] == pytest.approx(25 / 20, abs=1e-6)
    assert low < 25 / 20 < high
    assert np.isnan(find_turns("dem_error", base, one.draws, one.inputs, one.weights, one.profile, CONFIG).level[1])


def test_a_factor_that_settles_the_class_explains_all_of_it() -> None:
    """50 draws of one class in one bin, 50 of another in the other: 1. Bins alike: 0 (1/99 of chance taken off)."""
    by_bin = np.zeros((2, 1, 2, 4), dtype=np.int32)
    by_bin[0, 0] = [[50, 0, 0, 0], [0, 50, 0, 0]]
    by_bin[1, 0] = [[25, 25, 0, 0], [25, 25, 0, 0]]
    assert explain_classes(by_bin)[:, 0].tolist() == [1.0, 0.0]


@settings(deadline=None, max_examples=20)
@given(counts=st.lists(st.integers(0, 40), min_size=16, max_size=16))
def test_explained_shares_lie_between_nothing_and_all(counts: list[int]) -> None:
    """And equal one minus the ratio of Gini impurities within bins and over all, adjusted for the bins."""
    table = np.array(counts, dtype=np.int32).reshape(1, 1, 4, 4)
    found = explain_classes(table)[0, 0]
    assert 0.0 <= found <= 1.0
    rows = [(b, c) for b in range(4) for c in range(4) for _ in range(table[0, 0, b, c])]
    bins = {b for b, _ in rows}
    if len({c for _, c in rows}) > 1 and len(rows) > len(bins):

        def gini(sample: list[int]) -> float:
            return len(sample) - sum(sample.count(c) ** 2 for c in set(sample)) / len(sample)

        ratio = sum(gini([c for b, c in rows if b == one]) for one in bins) / gini([c for _, c in rows])
        assert found == pytest.approx(min(1.0, max(0.0, 1 - ratio * (len(rows) - 1) / (len(rows) - len(bins)))), abs=1e-12)
    else:
        assert found in (0.0, 1.0)
