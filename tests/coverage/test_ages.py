"""People of an age: counted, derived and said so, or not known; never cut to fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.standards_profile import AgeGroup
from geoplan.coverage.ages import AGE_COLUMNS, AGE_REASONS, count_age_group

COMMON = {"label_zh": "幼儿", "label_en": "children", "source": "test", "status": "convention"}


def group(share=0.04):
    return AgeGroup(id="k", age_from=3, age_to=5, column="kindergarten_persons", share_of_persons=share, **COMMON)


def county(persons, counted=None):
    table = pd.DataFrame({"settlement_id": [f"s{i}" for i in range(len(persons))], "persons": persons})
    return table if counted is None else table.assign(kindergarten_persons=counted)


def twin(persons, counted, share):
    """The rule, one settlement at a time."""
    rows = []
    for people, own in zip(persons, counted, strict=True):
        if own == own:
            bad = own < 0 or (people == people and own > people)
            rows.append((np.nan, "") if bad else (own, "column"))
        elif people == people and share is not None:
            rows.append((people * share, "derived"))
        else:
            rows.append((np.nan, ""))
    return rows


def test_the_column_counts_and_the_share_fills_in():
    """By hand: 12 of 100 counted; 4 % of 200 derived; 60 of 50 is bad data; 0 is a number."""
    found = count_age_group(county([100.0, 200.0, 50.0, 30.0], [12.0, np.nan, 60.0, 0.0]), group())
    assert list(found.columns) == list(AGE_COLUMNS)
    assert found["persons"].fillna(-1).tolist() == [12.0, 8.0, -1.0, 0.0]
    assert found["source"].tolist() == ["column", "derived", "", "column"]
    assert found["status"].tolist() == ["ok", "ok", "no_data", "ok"]
    assert found["reason"].tolist() == ["", "", "beyond_persons", ""]


def test_what_nobody_counted_or_stated_is_not_known():
    assert count_age_group(county([100.0]), group(None))["reason"].tolist() == ["column_missing"]
    assert count_age_group(county([np.nan]), group())["reason"].tolist() == ["persons_unknown"]
    assert count_age_group(county([100.0], [-1.0]), group())["reason"].tolist() == ["negative"]
    assert set(count_age_group(county([np.nan, 5.0], [9.0, 9.0]), group())["reason"]) <= set(AGE_REASONS)


def test_without_a_group_everybody_is_asked():
    found = count_age_group(county([100.0, np.nan]), None)
    assert found["source"].tolist() == ["persons", ""]
    assert found["status"].tolist() == ["ok", "no_data"]


AMOUNT = st.one_of(st.just(np.nan), st.integers(-2, 60).map(float))


@settings(deadline=None, max_examples=30)
@given(
    rows=st.lists(st.tuples(st.one_of(st.just(np.nan), st.integers(0, 50).map(float)), AMOUNT), max_size=8),
    share=st.sampled_from([None, 0.0, 0.04, 1.0]),
)
def test_it_is_the_rule_row_by_row_and_touches_nothing(rows, share):
    persons, counted = [row[0] for row in rows], [row[1] for row in rows]
    table = county(persons, np.array(counted, dtype=float))
    before = table.copy(deep=True)
    found = count_age_group(table, group(share))
    assert table.equals(before)
    for (people, source), row in zip(twin(persons, counted, share), found.itertuples(), strict=True):
        assert (row.persons == people) or (np.isnan(row.persons) and np.isnan(people))
        assert row.source == source
        assert (row.status == "ok") == (row.reason == "") == (source != "") == (not np.isnan(row.persons))
