"""What the map is given: every unit, every settlement, every person."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.report.encoding import encode_json
from geoplan.report.layers import tidy_number, tidy_numbers
from geoplan.report.payload import (
    bounds_lonlat,
    gather,
    page_level,
    round_all_beside_threshold,
    round_beside_threshold,
    unit_level,
)
from geoplan.report.style import STATES


def _data(made) -> dict:
    return gather(made.result, plan=made.plan, standards=made.standards, layers=made.layers)


def test_people_by_state_equal_the_sums_of_the_gap_table(small):
    """Naive twin: add up the persons of each group × item × state, one by one."""
    data, gaps = _data(small), small.result.coverage.gaps
    for unit in data["units"]:
        for k, item in enumerate(data["items"]):
            for j, state in enumerate(STATES):
                rows = gaps[(gaps.group_code == unit["c"]) & (gaps["item"] == item["id"]) & (gaps.coverage == state)]
                assert unit["k"][4 * k + j] == rows.persons.sum()


def test_people_from_a_raster_still_add_up_after_rounding(small):
    """Give every settlement 10.4 people: 12 × 10.4 = 124.8, shown as 125; units add up to it, and the states of each item to their unit."""
    columns = ["persons", "covered_persons", "gap_persons", "unreachable_persons", "unknown_persons"]
    groups = small.result.coverage.groups.copy()
    share = groups[columns[1:]].div(groups[columns[1:]].sum(axis=1), axis=0)
    groups["persons"] = groups.settlements * 10.4
    groups[columns[1:]] = share.mul(groups.persons, axis=0)
    result = replace(small.result, coverage=replace(small.result.coverage, groups=groups))
    data = gather(result, plan=small.plan, standards=small.standards, layers=small.layers)
    assert sum(unit["p"] or 0 for unit in data["units"]) == 125
    for unit in data["units"]:
        for k in range(len(data["items"])):
            assert sum(unit["k"][4 * k : 4 * k + 4]) == (unit["p"] or 0)


def test_settlement_states_and_values_equal_the_gap_table(small):
    data = _data(small)
    table = small.result.coverage.gaps.set_index(["settlement_id", "item"])
    for i, one in enumerate(data["settlements"]["id"]):
        for k, item in enumerate(data["items"]):
            row = table.loc[(one, item["id"])]
            assert STATES[int(data["settlements"]["s"][i][k])] == row.coverage
            value = data["settlements"]["v"][i][k]
            assert (value is None) == np.isnan(row.value)
            if value is not None:
                assert value == pytest.approx(row.value, abs=0.51 if item["unit"] in ("m", "count") else 0.051)


def test_a_group_without_settlements_is_drawn_and_has_no_state(small):
    last = _data(small)["units"][-1]
    assert last["m"] == 0
    assert set(last["s"]) == {"."}
    assert last["p"] is None


def test_people_that_are_not_known_are_counted_as_settlements_not_as_zero(small):
    data = _data(small)
    assert sum(unit["q"] for unit in data["units"]) == 1
    assert data["settlements"]["p"].count(None) == 1


def test_figures_whose_unit_has_no_polygon_are_kept(small):
    """Drop a group's polygon: the unit stays in the data with its people, without a shape."""
    groups = small.result.demand.groups
    result = replace(small.result, demand=replace(small.result.demand, groups=groups.iloc[1:].reset_index(drop=True)))
    data = gather(result, plan=small.plan, standards=small.standards, layers=small.layers)
    (found,) = [unit for unit in data["units"] if unit["c"] == groups.code.iloc[0]]
    assert found["g"] == []
    assert found["m"] == 3
    assert found["n"] == groups.name.iloc[0]
    assert data["settlements"]["u"].count(-1) == 0


def test_without_polygons_settlements_are_the_units(small):
    demand = small.result.demand
    bare = replace(
        demand,
        groups=demand.groups.iloc[:0],
        villages=demand.villages.iloc[:0],
        townships=demand.townships.iloc[:0],
        county=demand.county.iloc[:0],
    )
    result = replace(small.result, demand=bare)
    assert unit_level(result) == ""
    assert page_level(result) == "groups"
    data = gather(result, plan=small.plan, standards=small.standards, layers=small.layers)
    assert data["units"] == []
    assert len(data["settlements"]["g"]) == 12
    west, south, east, north = bounds_lonlat(result)
    assert 105 < west < east < 107
    assert 32 < south < north < 33


def test_villages_are_the_units_where_groups_have_no_polygons(small):
    demand = replace(small.result.demand, groups=small.result.demand.groups.iloc[:0])
    result = replace(small.result, demand=demand)
    data = gather(result, plan=small.plan, standards=small.standards, layers=small.layers)
    assert data["level"] == "villages"
    assert [unit["c"] for unit in data["units"]] == list(demand.villages.code)
    assert data["villages"] == []


def test_a_missing_row_of_the_gap_table_is_not_taken_for_covered(small):
    gaps = small.result.coverage.gaps
    result = replace(small.result, coverage=replace(small.result.coverage, gaps=gaps.iloc[1:]))
    data = gather(result, plan=small.plan, standards=small.standards, layers=small.layers)
    assert data["settlements"]["s"][0][0] == "."


def test_row_order_of_the_result_tables_does_not_matter(small):
    rng = np.random.default_rng(1)
    coverage = small.result.coverage
    shuffled = replace(
        coverage, gaps=coverage.gaps.sample(frac=1, random_state=rng), groups=coverage.groups.sample(frac=1, random_state=rng)
    )
    candidacy = replace(small.result.candidacy, candidacy=small.result.candidacy.candidacy.sample(frac=1, random_state=rng))
    other = gather(
        replace(small.result, coverage=shuffled, candidacy=candidacy),
        plan=small.plan,
        standards=small.standards,
        layers=small.layers,
    )
    assert encode_json(other) == encode_json(_data(small))


def test_inputs_are_not_changed(small):
    before = small.result.coverage.groups.copy(), small.result.demand.groups.copy()
    _data(small)
    pd.testing.assert_frame_equal(small.result.coverage.groups, before[0])
    pd.testing.assert_frame_equal(pd.DataFrame(small.result.demand.groups), pd.DataFrame(before[1]))


@pytest.mark.parametrize(
    ("value", "unit", "threshold", "shown"),
    [
        (30.04, "min", 30.0, 30.04),
        (29.96, "min", 30.0, 29.96),
        (30.0, "min", 30.0, 30),
        (41.96, "min", 30.0, 42),
        (0.9996, "share", 1.0, 0.9996),
    ],
)
def test_a_value_just_beyond_its_threshold_is_not_shown_as_the_threshold(value: float, unit: str, threshold: float, shown: float):
    assert round_beside_threshold(value, unit, threshold) == shown


@settings(deadline=None, max_examples=150)
@given(st.floats(0, 500), st.sampled_from([0.0, 20.0, 30.0, 0.6, 1.0]), st.sampled_from(["min", "m", "share", "count"]))
def test_rounding_for_reading_never_changes_the_side_of_the_threshold(value: float, threshold: float, unit: str):
    shown = round_beside_threshold(value, unit, threshold)
    if abs(value - threshold) > 1e-8:
        assert (shown > threshold) == (value > threshold)
        assert (shown < threshold) == (value < threshold)
    assert shown == pytest.approx(value, abs=0.51)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.one_of(st.floats(-1e6, 1e6), st.sampled_from([0.15, 2.675, 0.5, 1.5, -0.5, np.nan, np.inf, 1e300])), max_size=20),
    st.integers(0, 4),
)
def test_rounding_a_column_is_rounding_each_value(values: list[float], digits: int):
    """0.15 is a little less than fifteen hundredths: 0.1 as ``round`` has it, not 0.2 as ``np.round`` would."""
    assert tidy_numbers(np.array(values, dtype=float), digits) == [tidy_number(one, digits) for one in values]


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.one_of(st.floats(0, 500), st.sampled_from([30.0, 30.04, 29.96, np.nan])), max_size=20),
    st.sampled_from([20.0, 30.0, 1.0]),
    st.sampled_from(["min", "m", "share", "count"]),
)
def test_a_column_is_kept_on_its_side_of_the_threshold_as_each_value_is(values: list[float], threshold: float, unit: str):
    expected = [round_beside_threshold(one, unit, threshold) for one in values]
    assert round_all_beside_threshold(np.array(values, dtype=float), unit, threshold) == expected


def test_people_short_of_what_every_household_must_have_add_up_to_whole_people(small):
    """Three groups of 10 people with 0.4, 0.4 and 1.3 people short: each item's states add up to the unit's ten."""
    groups = small.result.coverage.groups.copy()
    short = np.resize([0.4, 0.4, 1.3], len(groups))
    groups[["persons", "covered_persons", "gap_persons"]] = np.column_stack([np.full(len(groups), 10.0), 10.0 - short, short])
    groups[["unreachable_persons", "unknown_persons"]] = 0.0
    groups["coverage"] = "gap"
    result = replace(small.result, coverage=replace(small.result.coverage, groups=groups))
    data = gather(result, plan=small.plan, standards=small.standards, layers=small.layers)
    for unit in data["units"][:-1]:
        assert unit["p"] == 10
        for k in range(len(data["items"])):
            assert sum(unit["k"][4 * k : 4 * k + 4]) == 10
    assert {unit["k"][1] for unit in data["units"][:-1]} <= {0, 1}


def test_a_raster_hazard_is_listed_though_not_drawn(small):
    layers = replace(
        small.layers,
        vectors={k: v for k, v in small.layers.vectors.items() if k != "floods"},
        rasters=small.layers.rasters | {"floods": small.layers.rasters["dem"]},
    )
    data = gather(small.result, plan=small.plan, standards=small.standards, layers=layers)
    assert [(one["layer"], one["raster"]) for one in data["hazards"]] == [("landslides", False), ("floods", True)]
