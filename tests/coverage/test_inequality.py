"""The Lorenz curve of travel time: answers by pencil, a naive Gini over pairs of people, and its laws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.coverage import measure_inequality
from geoplan.errors import TableError


def _measure(minutes, persons, states=None):
    ids = [f"s{k}" for k in range(len(minutes))]
    times = pd.DataFrame({"settlement_id": ids, "status": states or ["ok"] * len(ids), "travel_time_min": minutes})
    return measure_inequality(times, pd.Series(persons, index=ids, dtype=float))


def test_half_at_ten_and_half_at_thirty_minutes_is_a_quarter():
    found = _measure([30.0, 10.0], [50, 50])
    assert found.curve["people_share"].tolist() == [0.0, 0.5, 1.0]
    assert found.curve["minutes_share"].tolist() == [0.0, 0.25, 1.0]
    assert found.gini == pytest.approx(0.25)


def test_who_has_no_way_or_no_data_stands_outside_and_is_counted():
    found = _measure([10.0, np.nan, np.nan, 10.0], [5, 7, 11, 5], ["ok", "unreachable", "no_data", "ok"])
    assert (found.gini, found.persons, found.unreachable_persons, found.unknown_persons) == (pytest.approx(0.0), 10.0, 7.0, 11.0)
    nobody = _measure([np.nan], [7], ["unreachable"])
    assert np.isnan(nobody.gini)
    assert nobody.unreachable_persons == 7.0


def test_a_settlement_twice_is_refused():
    times = pd.DataFrame({"settlement_id": ["a", "a"], "status": ["ok", "ok"], "travel_time_min": [1.0, 2.0]})
    with pytest.raises(TableError, match="ACCESS-DUPLICATE"):
        measure_inequality(times, pd.Series({"a": 1.0}))


people = st.lists(st.tuples(st.integers(1, 240), st.integers(1, 9)), min_size=1, max_size=8)


@given(people)
@settings(deadline=None, max_examples=30)
def test_gini_is_the_mean_difference_between_two_people_over_twice_the_mean(rows):
    minutes, persons = [float(one) for one, _ in rows], [n for _, n in rows]
    each = np.repeat(minutes, persons)
    twin = np.abs(each[:, None] - each[None, :]).mean() / (2.0 * each.mean())
    assert _measure(minutes, persons).gini == pytest.approx(twin, abs=1e-12)


@given(people, st.floats(0.1, 50.0))
@settings(deadline=None, max_examples=30)
def test_slower_legs_for_all_and_rows_in_another_order_change_nothing(rows, k):
    minutes, persons = [float(one) for one, _ in rows], [n for _, n in rows]
    plain = _measure(minutes, persons)
    assert _measure([one * k for one in minutes], persons).gini == pytest.approx(plain.gini, abs=1e-9)
    assert _measure(minutes[::-1], persons[::-1]).gini == pytest.approx(plain.gini, abs=1e-12)
    assert (plain.curve["minutes_share"] <= plain.curve["people_share"] + 1e-12).all()
