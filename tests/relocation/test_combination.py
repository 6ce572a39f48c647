"""Kinds combined: the worst, the product, who holds it, and that unknown kinds are no safety."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from geoplan.contracts.config import HazardConfig
from geoplan.relocation import expose
from geoplan.relocation.combination import combine_indices

NAN = float("nan")


def test_two_known_kinds_and_an_unknown_one_by_hand() -> None:
    """1 − 0.5 · 0.75 = 0.625; one kind alone is itself; extreme with anything is 1; nothing known is nothing."""
    index = np.array([[0.5, 0.25, NAN], [0.75, 0.0, 0.0], [1.0, 0.25, NAN], [NAN, NAN, NAN], [0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(combine_indices(index), [0.625, 0.75, 1.0, NAN, 0.0])


def test_worst_and_combination_are_both_kept(make: SimpleNamespace) -> None:
    """Landslide medium, flood low, fault not surveyed: worst 0.5, combined 0.625, two kinds, and the whole is not known."""
    layers = make.layers(
        slides=make.frame([box(0, 0, 9, 9)], hazard_class=["medium"]),
        floods=make.frame([box(0, 0, 9, 9)], hazard_class=["low"]),
        faults=make.frame([box(500, 0, 509, 9)], hazard_class=["high"]),
        survey=make.frame([box(-1e3, -1e3, 1e3, 1e3)]),
    )
    hazards = [
        HazardConfig(layer="faults", kind="fault"),
        HazardConfig(layer="floods", kind="flood", survey_area="survey"),
        HazardConfig(layer="slides", kind="landslide", survey_area="survey"),
    ]
    summary = expose(make.demand([(5, 5), (100, 5), (2000, 0)]), layers, hazards).summary
    row = summary.iloc[0]
    assert row[["hazard_status", "worst_kind", "worst_class", "hazard_index", "combined_index", "kinds"]].tolist() == [
        "no_data", "landslide", "medium", 0.5, 0.625, "flood;landslide",
    ]  # fmt: skip
    assert summary["kinds"].tolist() == ["flood;landslide", "", ""]
    assert summary["exposed_persons"].iloc[:2].tolist() == [10.0, 0.0]
    assert summary[["hazard_index", "combined_index", "exposed_share", "exposed_persons"]].iloc[2].isna().all()


indices = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, NAN]), min_size=1, max_size=7)


@settings(deadline=None, max_examples=30)
@given(indices, st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
def test_combined_is_at_least_the_worst_at_most_the_sum_and_another_kind_never_lowers_it(row: list, more: float) -> None:
    """Naive twin: the product written out. Order does not matter; an unknown kind changes nothing."""
    combined = combine_indices(np.array([row]))[0]
    known = [one for one in row if not np.isnan(one)]
    if not known:
        assert np.isnan(combined)
        return
    free = 1.0
    for one in known:
        free *= 1.0 - one
    assert combined == pytest.approx(1.0 - free)
    assert max(known) <= combined <= min(sum(known), 1.0) + 1e-12
    assert combine_indices(np.array([[*row, more]]))[0] >= combined
    assert combine_indices(np.array([[*row, NAN]]))[0] == combined
    assert combine_indices(np.array([row[::-1]]))[0] == pytest.approx(combined)
