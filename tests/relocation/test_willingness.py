"""Who wants to move: those who were asked and said so; nothing for the others."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import TableError
from geoplan.relocation.willingness import measure_willingness


def _survey(**willing: float) -> pd.DataFrame:
    return pd.DataFrame({"settlement_id": list(willing), "willing_households": list(willing.values()), "surveyed": "2025-03-03"})


def test_willing_people_by_hand(make: SimpleNamespace) -> None:
    """12 of 16 households of 60 people: 0.75, 45 people. Who was not asked is neither willing nor unwilling."""
    demand = make.demand([(0, 0), (1, 0), (2, 0)], persons=[60.0, 50.0, 40.0], households=[16.0, 10.0, 10.0])
    found = measure_willingness(demand, _survey(s2=0.0, s0=12.0))
    assert found["settlement_id"].tolist() == ["s0", "s1", "s2"]
    assert found["willing_persons"].tolist()[::2] == [45.0, 0.0]
    assert found["willing_status"].tolist() == ["ok", "no_data", "ok"]
    assert np.isnan(found["willing_persons"].iloc[1])
    assert found["surveyed"].tolist() == ["2025-03-03", "", "2025-03-03"]


def test_nobody_asked_is_nobody_known(make: SimpleNamespace) -> None:
    found = measure_willingness(make.demand([(0, 0)], households=[5.0]), None)
    assert found["willing_status"].tolist() == ["no_data"]


def test_unknown_households_or_people_make_it_unknown(make: SimpleNamespace) -> None:
    """Willing households alone are kept, the people they are are not known."""
    demand = make.demand([(0, 0), (1, 0)], persons=[np.nan, 10.0], households=[4.0, np.nan])
    found = measure_willingness(demand, _survey(s0=2.0, s1=1.0))
    assert found["willing_households"].tolist() == [2.0, 1.0]
    assert found["willing_status"].tolist() == ["no_data", "no_data"]
    assert found["willing_share"].iloc[0] == 0.5
    without = measure_willingness(make.demand([(0, 0)]), _survey(s0=1.0))
    assert without["willing_status"].tolist() == ["no_data"]


@pytest.mark.parametrize(("willing", "code"), [({"s0": 6.0}, "WILLING-HOUSEHOLDS"), ({"s0": -1.0}, "WILLING-HOUSEHOLDS")])
def test_contradictions_are_refused(make: SimpleNamespace, willing: dict, code: str) -> None:
    with pytest.raises(TableError, match=code):
        measure_willingness(make.demand([(0, 0)], households=[5.0]), _survey(**willing))


def test_doubled_rows_and_missing_columns_are_refused(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0)], households=[5.0])
    with pytest.raises(TableError, match="ID-DUPLICATE"):
        measure_willingness(demand, pd.concat([_survey(s0=1.0)] * 2))
    with pytest.raises(TableError, match="COLUMN-MISSING"):
        measure_willingness(demand, pd.DataFrame({"settlement_id": ["s0"]}))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 30), st.integers(0, 30), st.booleans()), min_size=1, max_size=8))
def test_a_share_is_of_the_people_and_one_answer_moves_no_other(make: SimpleNamespace, rows: list) -> None:
    persons, households = [float(row[0]) for row in rows], [float(row[1]) for row in rows]
    demand = make.demand([(n, 0) for n in range(len(rows))], persons=persons, households=households)
    willing = {f"s{n}": float(min(row[1], row[2])) for n, row in enumerate(rows) if row[3]}
    found = measure_willingness(demand, _survey(**willing))
    for n, (people, homes, _, asked) in enumerate(rows):
        if not asked:
            assert found["willing_status"].iloc[n] == "no_data"
        elif homes:
            assert found["willing_persons"].iloc[n] == pytest.approx(people * willing[f"s{n}"] / homes)
    fewer = dict(list(willing.items())[1:])
    again = measure_willingness(demand, _survey(**fewer))
    pd.testing.assert_frame_equal(found[found["settlement_id"].isin(fewer)], again[again["settlement_id"].isin(fewer)])
