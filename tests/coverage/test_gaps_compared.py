"""Two tables of gaps side by side: who gains and who loses, in people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.coverage.gaps_compared import compare_gaps
from geoplan.errors import TableError

COVERAGE = ["covered", "gap", "unreachable", "unknown"]


def make_gaps(states: list[str], persons: list[float], *, item: str = "clinic_30min") -> pd.DataFrame:
    n = len(states)
    return pd.DataFrame(
        {
            "settlement_id": [f"s{at}" for at in range(n)], "item": item, "service": "clinic", "coverage": states, "asked_persons": persons,
            "township_code": "t", "village_code": [f"v{at % 2}" for at in range(n)], "group_code": [f"g{at}" for at in range(n)],
        }
    )  # fmt: skip


def make_times(minutes: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "settlement_id": [f"s{at}" for at in range(len(minutes))], "service": "clinic", "travel_time_min": minutes,
            "facility_id": ["" if np.isnan(one) else "x" for one in minutes],
        }
    )  # fmt: skip


def test_the_example_of_the_module_by_hand():
    before, after = make_gaps(["gap", "covered"], [60.0, 40.0]), make_gaps(["covered", "covered"], [60.0, 40.0])
    change = compare_gaps(before, after, make_times([42.0, 20.0]), make_times([25.0, 28.0]))
    assert change.settlements["state"].tolist() == ["gained", "unchanged"]
    county = change.units.query("level == 'county'").iloc[0]
    assert (county["gained_persons"], county["lost_persons"], county["person_minutes"]) == (60.0, 0.0, -700.0)


def test_the_order_of_rows_changes_nothing():
    before, after = (
        make_gaps(["gap", "covered", "unknown"], [6.0, 4.0, 1.0]),
        make_gaps(["covered", "gap", "gap"], [6.0, 4.0, 1.0]),
    )
    times = make_times([1.0, 2.0, np.nan])
    one, other = compare_gaps(before, after, times, times), compare_gaps(before, after.iloc[::-1], times.iloc[::-1], times)
    pd.testing.assert_frame_equal(one.settlements, other.settlements)
    assert one.settlements["state"].tolist() == ["gained", "lost", "unknown"]


def test_tables_of_other_settlements_or_items_are_refused():
    before = make_gaps(["gap", "covered"], [6.0, 4.0])
    times = make_times([1.0, 2.0])
    for wrong in (before.iloc[:1], make_gaps(["gap", "covered"], [6.0, 4.0], item="other"), pd.concat([before, before])):
        with pytest.raises(TableError, match="GAPS-DIFFER"):
            compare_gaps(before, wrong, times, times)
    with pytest.raises(TableError, match="GAPS-DIFFER"):
        compare_gaps(before, before, pd.concat([times, times]), times)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(COVERAGE), st.sampled_from(COVERAGE), st.one_of(st.just(np.nan), st.floats(0, 500))), max_size=8
    )
)
def test_people_of_the_states_add_up_and_the_way_back_swaps_gained_and_lost(rows):
    was, now, persons = ([one[at] for one in rows] for at in range(3))
    before, after, times = make_gaps(was, persons), make_gaps(now, persons), make_times([5.0] * len(rows))
    forth, back = compare_gaps(before, after, times, times).units, compare_gaps(after, before, times, times).units
    if not rows:
        assert forth.empty
        return
    parts = forth[["gained_persons", "lost_persons", "unchanged_persons", "unknown_persons"]]
    np.testing.assert_allclose(parts.sum(axis=1), forth["persons"])
    np.testing.assert_allclose(forth.groupby("level")["persons"].sum(), np.nansum(persons))
    np.testing.assert_array_equal(forth["gained_persons"], back["lost_persons"])
    np.testing.assert_array_equal(forth["unknown_persons"], back["unknown_persons"])
