"""Where to build counts people, keeps what stands, and its order never passes the curve."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.reach import build_reach_from_matrix
from geoplan.contracts.coverage_config import SitingQuestion
from geoplan.contracts.profiles import StandardItem
from geoplan.coverage.build_order import order_build
from geoplan.coverage.candidates import choose_candidates
from geoplan.coverage.place_changes import change_reach, what_if
from geoplan.coverage.siting import site_facilities
from geoplan.coverage.siting_tables import tabulate_sitings
from geoplan.errors import TableError

INF = np.inf


def table(minutes, supply, cutoff=60.0, **status):
    matrix = np.array(minutes, dtype=float).reshape(len(minutes), len(supply))
    return build_reach_from_matrix(
        matrix, demand_ids=[f"s{i + 1}" for i in range(len(matrix))], supply_ids=supply, cutoff_min=cutoff, **status
    )


def ask(**changes):
    return SitingQuestion(**{"id": "q", "service": "clinic", "within_min": 30, "facilities": 3, **changes})


def people(*counts):
    return pd.Series(list(counts), index=[f"s{i + 1}" for i in range(len(counts))], dtype=float)


def hazard(**worst):
    rows = [(one, "ok" if value is not None else "no_data", value or "") for one, value in worst.items()]
    return pd.DataFrame(rows, columns=["settlement_id", "hazard_status", "worst_class"])


def roads(*status):
    return pd.DataFrame({"settlement_id": [f"s{i + 1}" for i in range(4)], "status": list(status)})


def test_two_settlements_and_two_places_by_hand():
    answer = site_facilities(ask(), people(40, 60), table([[], []], []), table([[10, 50], [50, 10]], ["a", "b"]))
    assert answer.curve["covered_persons"].tolist() == [0, 60, 100]
    assert answer.curve["order_persons"].tolist() == [0, 60, 100]
    assert answer.order.tolist() == [1, 0]
    assert answer.gained_persons.tolist() == [40, 60]
    assert answer.demand["candidate_id"].tolist() == ["a", "b"]


def test_what_stands_is_kept_and_counted_first():
    answer = site_facilities(
        ask(facilities=1), people(40, 60), table([[10], [50]], ["x"]), table([[10, 50], [50, 10]], ["a", "b"])
    )
    assert answer.opened.tolist() == [True, False, True]
    assert answer.curve["covered_persons"].tolist() == [40, 100]
    assert answer.served_persons.tolist() == [40, 0, 60]


def test_unknown_places_and_people_are_never_served_into_the_count():
    existing = table([[10], [INF], [20]], ["x"], demand_status=["ok", "no_data", "ok"])
    candidates = table([[10], [INF], [20]], ["a"], demand_status=["ok", "no_data", "ok"])
    answer = site_facilities(ask(), people(40, 70, np.nan), existing, candidates)
    assert answer.demand_persons == 40
    assert answer.unknown_persons == 70
    assert answer.curve["covered_persons"].iloc[-1] == 40
    assert answer.demand["status"].tolist() == ["ok", "no_data", "ok"]


def test_too_few_seats_leave_people_and_everybody_has_a_row():
    question = ask(model="mclp", facilities=2, capacity=30)
    answer = site_facilities(question, people(50, 20), table([[], []], []), table([[10, 20], [10, INF]], ["a", "b"]))
    assert answer.curve["covered_persons"].tolist() == pytest.approx([0, 30, 60])
    rows = answer.demand
    assert rows["persons"].sum() == pytest.approx(70)
    assert rows.loc[rows["served"], "persons"].sum() == pytest.approx(60)
    assert rows.groupby("candidate_id")["persons"].sum()[["a", "b"]].tolist() == pytest.approx([30, 30])


@pytest.mark.parametrize("model", ["lscp", "mclp", "p_median", "p_center"])
def test_every_model_ends_where_everybody_is_covered(model):
    minutes = [[10, 40, 40], [40, 10, 40], [25, 25, 12]]
    answer = site_facilities(ask(model=model), people(10, 20, 30), table([[], [], []], []), table(minutes, ["a", "b", "c"]))
    assert answer.curve["order_persons"].iloc[-1] == 60 == answer.curve["covered_persons"].iloc[-1]
    assert str(answer.plan.status) == "optimal"


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_no_order_of_building_passes_the_curve_and_none_over_the_pool_stays_nearer(seed):
    rng = np.random.default_rng(seed)
    cover, persons = rng.random((9, 5)) < 0.35, rng.integers(1, 50, 9).astype(float)

    def covered(some):
        return persons[cover[:, list(some)].any(axis=1)].sum()

    best = [max(covered(some) for some in itertools.combinations(range(5), k)) for k in range(6)]
    found = order_build(cover, persons, best)

    def worst(order):
        return max((best[k] - covered(order[:k])) / best[k] if best[k] else 0.0 for k in range(6))

    assert found.persons.tolist() == pytest.approx([covered(found.order[:k]) for k in range(6)])
    assert (found.persons <= np.array(best) + 1e-9).all()
    assert worst(found.order.tolist()) == pytest.approx(min(worst(one) for one in itertools.permutations(range(5))))


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=20)
def test_the_curve_rises_and_one_more_candidate_never_lowers_it(seed):
    rng = np.random.default_rng(seed)
    minutes, persons = rng.uniform(0, 80, (12, 6)), people(*rng.integers(1, 90, 12))
    nothing = table(np.zeros((12, 0)), [])
    curves = [
        site_facilities(ask(), persons, nothing, table(minutes[:, :m], [f"c{j}" for j in range(m)]))
        .curve["covered_persons"]
        .tolist()
        for m in (4, 6)
    ]
    for curve in curves:
        assert curve == sorted(curve)
    length = max(map(len, curves))
    less, more = ([*one, *[one[-1]] * (length - len(one))] for one in curves)
    assert all(a <= b + 1e-9 for a, b in zip(less, more, strict=True))


def test_only_known_safe_land_with_a_road_is_a_candidate(county):
    chosen = choose_candidates(
        "settlements",
        county.make_demand(),
        hazard(s1="none", s2="high", s3=None, s4="low"),
        roads("ok", "ok", "ok", "unreachable"),
    )
    assert chosen["reason"].tolist() == ["", "hazard", "hazard_unknown", "no_road"]
    assert chosen["kept"].tolist() == [True, False, False, False]


def test_without_any_hazard_layer_places_are_kept_and_say_so(county):
    chosen = choose_candidates(
        "settlements", county.make_demand(), hazard(s1=None, s2=None, s3=None, s4=None), roads("ok", "ok", "ok", "ok")
    )
    assert chosen["kept"].all()
    assert set(chosen["hazard_status"]) == {"no_data"}


def test_a_village_offers_its_largest_settlement_that_is_safe(county):
    chosen = choose_candidates(
        "villages", county.make_demand(), hazard(s1="none", s2="high", s3="high", s4="none"), roads("ok", "ok", "ok", "ok")
    )
    assert chosen.loc[chosen["kept"], "place_id"].tolist() == ["s1", "s4"]
    assert chosen.loc[~chosen["kept"], "place_id"].tolist() == ["s3"]


def test_the_tables_hold_every_settlement_and_the_curve_its_budget(county):
    demand, access = county.make_demand(), None
    stand, new = table([[10], [50], [50], [50]], ["x"]), table([[50, 50], [10, 50], [50, 10], [50, 50]], ["new-s2", "new-s3"])
    question = ask()
    answer = site_facilities(question, people(40, 60, 25, 75), stand, new)
    places = choose_candidates("settlements", demand, hazard(s1="none", s2="none", s3="none", s4="none"), roads(*["ok"] * 4))
    facilities = gpd.GeoDataFrame(
        {"facility_id": ["x"], "service": ["clinic"], "name": ["X"], "township_code": ["t"], "capacity": [np.nan]},
        geometry=gpd.points_from_xy([0], [0]), crs=county.CRS,
    )  # fmt: skip

    class Access:
        pass

    access = Access()
    access.facilities = facilities
    result = tabulate_sitings([(question, answer, places, 100_000.0)], {"q": (stand, new)}, access, demand)
    assert result.curve["budget_yuan"].tolist() == [0, 100_000, 200_000]
    assert result.curve["covered_persons"].tolist() == [40, 100, 125]
    assert result.curve["unreachable_persons"].tolist() == [75, 75, 75]
    assert result.sites["candidate_id"].tolist() == ["new-s2", "new-s3", "x"]
    assert result.sites["order"].tolist() == [1, 2, 0]
    assert result.assignments["persons"].sum() == 200
    assert result.summary["status"].tolist() == ["optimal"]
    assert "75" in result.summary["reason_en"][0]


def item(threshold=30.0):
    return StandardItem(
        id="clinic_30min", label_zh="a", label_en="a", level="household", measure="travel_time", service="clinic", threshold=threshold,
        unit="min", source="x", status="convention",
    )  # fmt: skip


def test_opening_closing_and_moving_say_who_gains_and_who_loses_in_people(county):
    demand = county.make_demand()
    reach, places = table([[42], [10], [10], [50]], ["x"]), table([[25], [50], [20], [50]], ["y"])
    opened = what_if(reach, [item()], demand, service="clinic", add=["y"], candidates=places)
    assert opened.settlements["state"].tolist() == ["gained", "unchanged", "unchanged", "unchanged"]
    moved = what_if(reach, [item()], demand, service="clinic", move={"x": "y"}, candidates=places)
    assert moved.settlements["state"].tolist() == ["gained", "lost", "unchanged", "unchanged"]
    whole = moved.units[moved.units["level"] == "county"].iloc[0]
    assert (whole["gained_persons"], whole["lost_persons"], whole["net_persons"], whole["persons"]) == (40, 60, -20, 200)
    closed = what_if(reach, [item()], demand, service="clinic", close=["x"])
    assert closed.settlements["state"].tolist() == ["unchanged", "lost", "lost", "unchanged"]


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=20)
def test_adding_takes_from_nobody_and_closing_gives_to_nobody(county, seed):
    rng = np.random.default_rng(seed)
    demand = county.make_demand()
    reach, places = table(rng.uniform(0, 70, (4, 2)), ["x", "z"]), table(rng.uniform(0, 70, (4, 2)), ["y", "w"])
    added = what_if(reach, [item()], demand, service="clinic", add=["y", "w"], candidates=places)
    closed = what_if(reach, [item()], demand, service="clinic", close=["x"])
    assert (added.units["lost_persons"] == 0).all()
    assert (closed.units["gained_persons"] == 0).all()
    for change in (added, closed):
        sums = change.units[["gained_persons", "lost_persons", "unchanged_persons", "unknown_persons"]].sum(axis=1)
        assert (sums == change.units["persons"]).all()
        assert set(change.units.groupby("level")["persons"].sum()) == {200.0}


def test_a_move_back_changes_nothing():
    reach, places = table([[42], [10]], ["x"]), table([[42], [10]], ["y"])
    there = change_reach(reach, move={"x": "y"}, candidates=places)
    assert (there.minutes == reach.minutes).all()


def test_places_nobody_timed_are_refused():
    reach = table([[42]], ["x"])
    with pytest.raises(TableError, match="REACH-UNKNOWN"):
        change_reach(reach, add=["y"])
    with pytest.raises(TableError, match="REACH-UNKNOWN"):
        change_reach(reach, close=["nobody"])
