"""Raw indicators: sums over neighbours, times by season and trip, and what is not known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import TableError
from geoplan.relocation import build_indicators


def _raw(table: pd.DataFrame, indicator: str) -> list[float]:
    return table.loc[table["indicator"] == indicator, "raw"].tolist()


def _status(table: pd.DataFrame, indicator: str) -> list[str]:
    return table.loc[table["indicator"] == indicator, "status"].tolist()


def test_neighbours_by_hand(make: SimpleNamespace) -> None:
    """x = 0, 600, 1600 and 5000 m with 10, 20, 30, 40 people: exactly 1,000 m counts as within."""
    demand = make.demand(
        [(0, 0), (600, 0), (1600, 0), (5000, 0)], persons=[10.0, 20.0, 30.0, 40.0], group_code=["a", "a", "b", ""]
    )
    ids = demand.settlements["settlement_id"]
    names = ["persons_within_1km", "nearest_settlement_m", "group_persons"]
    table = build_indicators(demand, make.access(ids), make.exposure(ids, ["none"] * 4), names)
    assert _raw(table, "persons_within_1km") == [30.0, 60.0, 50.0, 40.0]
    assert _raw(table, "nearest_settlement_m") == [600.0, 600.0, 1000.0, 3400.0]
    assert _raw(table, "group_persons")[:3] == [30.0, 30.0, 30.0]
    assert _status(table, "group_persons") == ["ok", "ok", "ok", "no_data"]


def test_unknown_people_make_their_neighbours_sums_unknown(make: SimpleNamespace) -> None:
    """Leaving the unknown one out would make its neighbours look emptier than they are."""
    status = ["ok", "no_data", "ok"]
    demand = make.demand(
        [(0, 0), (100, 0), (9000, 0)], persons=[10.0, np.nan, 30.0], persons_status=status, group_code=list("aab")
    )
    ids = demand.settlements["settlement_id"]
    table = build_indicators(demand, make.access(ids), make.exposure(ids, ["none"] * 3), ["persons_within_1km", "group_persons"])
    for name in ("persons_within_1km", "group_persons"):
        assert _status(table, name) == ["no_data", "no_data", "ok"]
        assert np.isnan(_raw(table, name)[0])


def test_a_lone_settlement_has_no_neighbour_and_not_one_at_nought(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0)])
    table = build_indicators(demand, make.access(["s0"]), make.exposure(["s0"], ["none"]), ["nearest_settlement_m"])
    assert table["status"].tolist() == ["no_data"]


def test_farmland_per_person_needs_people(make: SimpleNamespace) -> None:
    """12 亩 / 10 people = 1.2; nobody living there or nothing known is no figure, not infinity and not 0."""
    demand = make.demand([(0, 0), (1, 0), (2, 0), (3, 0)], persons=[10.0, 0.0, np.nan, 5.0], farmland_mu=[12.0, 5.0, 5.0, np.nan])
    ids = demand.settlements["settlement_id"]
    table = build_indicators(demand, make.access(ids), make.exposure(ids, ["none"] * 4), ["farmland_mu_per_person"])
    assert table["raw"].iloc[0] == pytest.approx(1.2)
    assert table["status"].tolist() == ["ok", "no_data", "no_data", "no_data"]


def test_times_keep_season_trip_and_state(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0), (1, 0), (2, 0)])
    ids = demand.settlements["settlement_id"]
    minutes = {
        ("clinic", "dry", "one_way"): [10, "unreachable", "unsnapped"],
        ("clinic", "wet", "one_way"): [25, "unreachable", "no_data"],
        ("water", "dry", "round_trip"): [8, 9, 10],
        ("seat", "dry", "one_way"): [1, 2, 3],
    }
    access = make.access(ids, minutes, road_min=[3.0, "unsnapped", 4.0])
    names = ["clinic_min", "clinic_wet_min", "water_round_min", "water_min", "seat_round_min", "road_min", "road_m"]
    table = build_indicators(demand, access, make.exposure(ids, ["none"] * 3), names)
    assert _status(table, "clinic_min") == ["ok", "unreachable", "unsnapped"]
    assert _status(table, "clinic_wet_min") == ["ok", "unreachable", "no_data"]
    assert (_raw(table, "clinic_min")[0], _raw(table, "clinic_wet_min")[0]) == (10.0, 25.0)
    assert _raw(table, "water_round_min") == _raw(table, "water_min") == [8.0, 9.0, 10.0]
    # One-way minutes must not pass for a round trip.
    assert _status(table, "seat_round_min") == ["no_data"] * 3
    assert _status(table, "road_min") == ["ok", "unsnapped", "ok"]
    assert _raw(table, "road_m")[2] == 320.0


def test_an_indicator_nothing_answers_is_no_data_with_a_reason(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0), (1, 0)], slope_deg=[12.0, np.nan])
    ids = demand.settlements["settlement_id"]
    table = build_indicators(demand, make.access(ids), make.exposure(ids, ["none"] * 2), ["slope_deg", "ecology_index", "name"])
    assert _status(table, "slope_deg") == ["ok", "no_data"]
    for absent in ("ecology_index", "name"):
        rows = table[table["indicator"] == absent]
        assert (rows["status"] == "no_data").all()
        assert (rows["note_zh"] != "").all()
        assert (rows["note_en"] != "").all()


def test_a_partly_known_hazard_is_no_evidence_of_its_lower_bound(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0)])
    exposure = make.exposure(["s0"], ["high"])
    partly = type(exposure)(exposure.exposure, exposure.summary.assign(hazard_status="no_data"))
    table = build_indicators(demand, make.access(["s0"]), partly, ["hazard_index"])
    assert table["status"].tolist() == ["no_data"]
    assert table["raw"].isna().all()


def test_settlements_other_rooms_left_out_are_no_data(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0), (1, 0)])
    access = make.access(["s1"], {("clinic", "dry", "one_way"): [7]})
    table = build_indicators(demand, access, make.exposure(["s1"], ["none"]), ["clinic_min", "road_min", "hazard_index"])
    assert table.loc[table["settlement_id"] == "s0", "status"].tolist() == ["no_data"] * 3
    assert table.loc[table["settlement_id"] == "s1", "raw"].tolist() == [7.0, 5.0, 0.0]


def test_doubled_settlements_are_refused(make: SimpleNamespace) -> None:
    demand = make.demand([(0, 0), (1, 0)], settlement_id=["a", "a"])
    with pytest.raises(TableError, match="ID-DUPLICATE"):
        build_indicators(demand, make.access(["a"]), make.exposure(["a"], ["none"]), ["hazard_index"])


place = st.tuples(
    st.integers(0, 25).map(lambda one: one * 100.0), st.integers(0, 25).map(lambda one: one * 100.0), st.integers(0, 50)
)


@settings(deadline=None, max_examples=30)
@given(st.lists(place, min_size=2, max_size=12))
def test_neighbour_sums_equal_a_twin_written_out(make: SimpleNamespace, places: list[tuple[float, float, int]]) -> None:
    demand = make.demand([(x, y) for x, y, _ in places], persons=[float(p) for _, _, p in places])
    ids = demand.settlements["settlement_id"]
    exposure = make.exposure(ids, ["none"] * len(places))
    table = build_indicators(demand, make.access(ids), exposure, ["persons_within_1km", "nearest_settlement_m"])
    within, nearest = _raw(table, "persons_within_1km"), _raw(table, "nearest_settlement_m")
    for at, (x, y, _) in enumerate(places):
        gaps = [np.hypot(x - u, y - v) for u, v, _ in places]
        assert within[at] == sum(p for gap, (_, _, p) in zip(gaps, places, strict=True) if gap <= 1000)
        assert nearest[at] == pytest.approx(min(gap for other, gap in enumerate(gaps) if other != at))
