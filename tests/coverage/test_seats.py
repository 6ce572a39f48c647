"""Seats: nobody sits on two, no seat is given twice, more seats never seat fewer, and what is not known is neither seated nor left over."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geoplan.access.reach import build_reach_from_matrix
from geoplan.contracts.results import AccessResult, Demand
from geoplan.contracts.standards_profile import StandardsProfile
from geoplan.coverage.seat_flows import share_seats
from geoplan.coverage.seats import FLOW_COLUMNS, SEAT_COLUMNS, SEAT_FACILITY_COLUMNS, SEAT_REASONS, assign_seats
from geoplan.errors import TableError

INF = np.inf
CRS = "EPSG:4544"
COMMON = {"label_zh": "项", "label_en": "item", "source": "test", "status": "convention"}
AMOUNTS = ["demand_persons", "seated_persons", "boarding_persons", "unseated_persons", "unknown_persons"]


def item(name="seat", *, service="school", age=None, within=30.0, boarding=None, **options):
    base = {
        "id": name,
        "level": "household",
        "measure": "seat",
        "service": service,
        "age_group": age,
        "threshold": 1.0,
        "unit": "share",
    }
    return {**COMMON, **base, "within_min": within, "boarding_within_min": boarding, **options}


def profile(*items):
    ages = [{**COMMON, "id": one, "age_from": 6, "age_to": 8, "column": f"{one}_persons"} for one in ("grade13", "grade46")]
    return StandardsProfile.model_validate(
        {"id": "p", "label_zh": "集", "label_en": "set", "age_groups": ages, "items": list(items)}
    )


def county(people, schools, *, service="school", status=None, **columns):
    """Settlements a, b, c … with people (or columns of ages), schools x, y, z … as (day seats, boarding seats)."""
    ids, names = [chr(97 + i) for i in range(len(people))], [chr(120 + j) for j in range(len(schools))]
    settlements = gpd.GeoDataFrame(
        {"settlement_id": ids, "persons": np.array(people, dtype=float), **columns},
        geometry=gpd.points_from_xy(range(len(ids)), [0] * len(ids)),
        crs=CRS,
    )
    empty = gpd.GeoDataFrame({"code": [], "name": [], "parent_code": []}, geometry=[], crs=CRS)
    facilities = gpd.GeoDataFrame(
        {
            "facility_id": names,
            "service": service,
            "name": names,
            "level": "primary",
            "township_code": "",
            "village_code": "",
            "capacity": [float(one[0]) for one in schools],
            "boarding_seats": [float(one[1]) for one in schools],
        },
        geometry=gpd.points_from_xy(range(len(names)), [9] * len(names)),
        crs=CRS,
    )
    times = pd.DataFrame({"settlement_id": ids, "service": service, "season": "dry", "status": status or ["ok"] * len(ids)})
    return Demand(settlements, *[empty] * 4), AccessResult(times, pd.DataFrame(), facilities, None)


def table(matrix, *, cutoff_min=90.0, **options):
    matrix = np.array(matrix, dtype=float)
    ids = {"demand_ids": [chr(97 + i) for i in range(len(matrix))], "supply_ids": [chr(120 + j) for j in range(matrix.shape[1])]}
    return build_reach_from_matrix(matrix, **(ids | options), cutoff_min=cutoff_min)


def rows(result, name="seat"):
    own = result.settlements[result.settlements["item"] == name]
    return own.set_index("settlement_id")


def check_accounts(result):
    """Demand = the four parts; flows are what is seated and used; no seat is used twice."""
    own = result.settlements.dropna(subset=["demand_persons"])
    parts = own[AMOUNTS[1:]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(own["demand_persons"].to_numpy(), abs=1e-5)
    assert (own[AMOUNTS[1:]] >= 0).all(axis=None)
    by_kind = result.flows.groupby(["item", "kind"])["persons"].sum()
    for (name, kind), used in result.facilities.groupby(["item", "kind"])["used"].sum().items():
        sent = by_kind.get((name, kind), 0.0)
        assert used == pytest.approx(sent, abs=1e-5)
        column = "seated_persons" if kind == "day" else "boarding_persons"
        assert result.settlements.loc[result.settlements["item"] == name, column].sum() == pytest.approx(sent, abs=1e-5)
    known = result.facilities.dropna(subset=["capacity"])
    assert (known["used"] <= known["pool_used"] + 1e-9).all()
    assert (known["pool_used"] <= known["capacity"] + 1e-9).all()
    assert (result.facilities.loc[result.facilities["capacity"].isna(), "used"] == 0).all()


def test_the_near_find_seats_and_the_rest_are_left_over():
    """By hand: 30 people at 10 min, 20 at 25, 9 at 40; x has 40 seats, y none: 30 and 10 are seated, 10 left over in b, c is too far."""
    demand, access = county([30, 20, 9], [(40, 0), (0, 0)])
    found = assign_seats(demand, access, profile(item()), {"seat": table([[10, 20], [25, 5], [40, 31]])})
    own = rows(found)
    assert own["seated_persons"].to_dict() == {"a": 30.0, "b": 10.0, "c": 0.0}
    assert own["unseated_persons"].to_dict() == {"a": 0.0, "b": 10.0, "c": 9.0}
    assert own["within_persons"].to_dict() == {"a": 30.0, "b": 20.0, "c": 0.0}
    assert own["reason"].to_dict() == {"a": "", "b": "full", "c": "too_far"}
    assert (own["status"] == "ok").all()
    assert found.facilities.set_index("facility_id")["free"].to_dict() == {"x": 0.0, "y": 0.0}
    assert list(found.settlements.columns) == list(SEAT_COLUMNS)
    assert list(found.flows.columns) == list(FLOW_COLUMNS)
    assert list(found.facilities.columns) == list(SEAT_FACILITY_COLUMNS)
    check_accounts(found)


def test_day_seats_come_before_boarding():
    """By hand: 10 people each at 5 and 20 min from x (10 day, 5 boarding within 60 min): a by day, 5 of b board, 5 are left over."""
    demand, access = county([10, 10], [(10, 5)])
    found = assign_seats(demand, access, profile(item(boarding=60.0)), {"seat": table([[5], [20]])})
    own = rows(found)
    assert own.loc["a", "seated_persons"] + own.loc["b", "seated_persons"] == 10.0
    assert own["boarding_persons"].sum() == 5.0
    assert own.loc["b", "unseated_persons"] == 5.0
    check_accounts(found)
    roomy = county([10, 10], [(20, 5)])
    assert rows(assign_seats(*roomy, profile(item(boarding=60.0)), {"seat": table([[5], [20]])}))["boarding_persons"].sum() == 0.0


def test_a_day_seat_is_left_to_who_may_not_board():
    """Grades 1–3 may not board: with one day seat and one boarding seat the small child has the day seat, however far, and both are seated."""
    demand, access = county([5], [(1, 1)], grade13_persons=[1.0], grade46_persons=[1.0])
    asked = profile(item("small", age="grade13"), item("big", age="grade46", within=60.0, boarding=60.0))
    found = assign_seats(demand, access, asked, {"small": table([[29]]), "big": table([[29]])})
    assert rows(found, "small")["seated_persons"].tolist() == [1.0]
    assert rows(found, "big")["boarding_persons"].tolist() == [1.0]
    check_accounts(found)


def test_ages_share_one_pool_of_seats():
    """8 + 8 pupils, 10 seats: 10 are seated between them and 6 left over; each item's rows tell the pool's use."""
    demand, access = county([50], [(10, 0)], grade13_persons=[8.0], grade46_persons=[8.0])
    asked = profile(item("small", age="grade13"), item("big", age="grade46"))
    found = assign_seats(demand, access, asked, {name: table([[10]]) for name in ("small", "big")})
    assert found.settlements["seated_persons"].sum() == 10.0
    assert found.settlements["unseated_persons"].sum() == 6.0
    assert found.facilities["pool_used"].tolist() == [10.0, 10.0]
    assert found.facilities["used"].sum() == 10.0
    assert (found.ratios["ratio"] * np.array([8.0, 8.0])).sum() == pytest.approx(10.0)
    check_accounts(found)


def test_two_services_with_one_school_share_its_seats():
    """A plan lists a school as a primary school and as a central school: it has 10 seats, not 20."""
    demand, access = county([50], [(10, 0)], grade13_persons=[8.0], grade46_persons=[8.0])
    twice = pd.concat([access.facilities, access.facilities.assign(service="central")], ignore_index=True)
    asked = profile(item("small", age="grade13"), item("big", age="grade46", service="central"))
    found = assign_seats(demand, replace(access, facilities=twice), asked, {name: table([[10]]) for name in ("small", "big")})
    assert found.settlements["seated_persons"].sum() == 10.0


def test_who_is_asked_twice_takes_one_seat():
    """Grades 1–3 within 15 and within 30 min, 10 seats: each asking has all 10; seasons never meet either."""
    demand, access = county([50], [(10, 0)], grade13_persons=[10.0], grade46_persons=[4.0])
    asked = profile(
        item("near", age="grade13", within=15.0), item("far", age="grade13"), item("wet", age="grade13", season="wet")
    )
    found = assign_seats(demand, access, asked, {name: table([[10]]) for name in ("near", "far", "wet")})
    assert found.settlements["seated_persons"].tolist() == [10.0, 10.0, 10.0]
    both = profile(item("near", age="grade13", within=15.0), item("far", age="grade13"), item("big", age="grade46"))
    shared = assign_seats(demand, access, both, {name: table([[10]]) for name in ("near", "far", "big")})
    assert rows(shared, "big")["seated_persons"].item() + rows(shared, "near")["seated_persons"].item() == 10.0
    check_accounts(found)


def test_unknown_seats_seat_nobody_for_sure():
    """x has 5 seats, y an unknown number. a (8, reaches both) and b (4, reaches x alone): 5 are seated for sure, the other 7 are unknown,
    b's too: a could move over. c (3) reaches nothing and is left over for sure."""
    demand, access = county([8, 4, 3], [(5, 0), (np.nan, 0)])
    found = assign_seats(demand, access, profile(item()), {"seat": table([[5, 10], [5, INF], [INF, INF]])})
    own = rows(found)
    assert own["seated_persons"].sum() == 5.0
    assert own["unknown_persons"].sum() == 7.0
    assert own["unseated_persons"].to_dict() == {"a": 0.0, "b": 0.0, "c": 3.0}
    assert own.loc["c", ["status", "reason"]].tolist() == ["ok", "too_far"]
    short = own[own["unknown_persons"] > 0]
    assert (short["status"] == "no_data").all()
    assert (short["reason"] == "capacity_unknown").all()
    check_accounts(found)


def test_states_say_why_there_is_no_seat():
    """a is not on the ground, b has no place, c cannot reach any, d's people are not known; without a table nothing is known."""
    demand, access = county([1, 2, 3, np.nan], [(9, 0)], status=["ok", "ok", "unreachable", "ok"])
    reach = table([[INF], [INF], [INF], [5]], demand_status=["unsnapped", "no_data", "ok", "ok"])
    own = rows(assign_seats(demand, access, profile(item()), {"seat": reach}))
    assert own["status"].to_dict() == {"a": "unsnapped", "b": "no_data", "c": "unreachable", "d": "no_data"}
    assert own["reason"].to_dict() == {"a": "unsnapped", "b": "place_unknown", "c": "unreachable", "d": "people_unknown"}
    assert own["unseated_persons"].fillna(-1).to_dict() == {"a": 1.0, "b": 0.0, "c": 3.0, "d": -1.0}
    assert own["unknown_persons"].fillna(-1).to_dict() == {"a": 0.0, "b": 2.0, "c": 0.0, "d": -1.0}
    nothing = rows(assign_seats(demand, access, profile(item()), {}))
    assert nothing["reason"].tolist() == ["facilities_unknown"] * 3 + ["people_unknown"]
    assert nothing["unknown_persons"].fillna(-1).tolist() == [1.0, 2.0, 3.0, -1.0]
    assert set(own["reason"]) | set(nothing["reason"]) <= set(SEAT_REASONS)


def test_a_table_must_go_as_far_as_the_item_and_name_the_county():
    demand, access = county([1], [(1, 0)])
    with pytest.raises(TableError, match="SEAT-REACH"):
        assign_seats(demand, access, profile(item(within=91.0)), {"seat": table([[5]])})
    with pytest.raises(TableError, match="SEAT-REACH"):
        assign_seats(demand, access, profile(item()), {"seat": table([[5], [5]])})
    with pytest.raises(TableError, match="SEAT-REACH"):
        assign_seats(demand, access, profile(item()), {"seat": table([[5, 5]])})


MINUTES = st.sampled_from([0.0, 5.0, 5.0, 20.0, 30.0, 31.0, 60.0, 61.0, INF])


@st.composite
def schools(draw, *, unknown=True, high=4, wide=3, most=8):
    d, s = draw(st.integers(1, high)), draw(st.integers(1, wide))
    matrix = np.array(draw(st.lists(st.lists(MINUTES, min_size=s, max_size=s), min_size=d, max_size=d)))
    amount = st.integers(0, most).map(float)
    seats = st.one_of(amount, st.just(np.nan)) if unknown else amount
    ages = [draw(st.lists(amount, min_size=d, max_size=d)) for _ in range(2)]
    return matrix, ages, draw(st.lists(st.tuples(seats, seats), min_size=s, max_size=s))


ASKED = profile(item("small", age="grade13"), item("big", age="grade46", within=20.0, boarding=60.0))


def seat(matrix, ages, seats):
    demand, access = county([99.0] * len(matrix), seats, grade13_persons=ages[0], grade46_persons=ages[1])
    return assign_seats(demand, access, ASKED, {"small": table(matrix), "big": table(matrix)})


def most_seated(matrix, ages, seats, unknown):
    """How many can be seated at most, by a general solver; ``unknown``: what an unknown number of seats counts."""
    d, s = matrix.shape
    columns = []
    for (k, i), (j, kind) in product(product(range(2), range(d)), product(range(s), range(2))):
        limit = ((30.0, -1.0), (20.0, 60.0))[k][kind]
        if matrix[i, j] <= limit:
            columns.append((k * d + i, 2 * j + kind))
    if not columns:
        return 0.0
    rooms = [unknown if np.isnan(one) else one for pair in seats for one in pair]
    a = np.zeros((2 * d + 2 * s, len(columns)))
    for n, (row, column) in enumerate(columns):
        a[row, n] = a[2 * d + column, n] = 1.0
    solved = linprog(-np.ones(len(columns)), A_ub=a, b_ub=[*ages[0], *ages[1], *rooms], method="highs")
    return -solved.fun


@settings(deadline=None, max_examples=30)
@given(case=schools())
def test_as_many_are_seated_as_can_be_and_as_few_are_left_over_for_sure(case):
    """Seated: the most with unknown schools shut. Left over for sure: all but the most with unknown schools endless."""
    found = seat(*case)
    check_accounts(found)
    own = found.settlements
    seated = own["seated_persons"].sum() + own["boarding_persons"].sum()
    assert seated == pytest.approx(most_seated(*case, 0.0))
    assert seated + own["unknown_persons"].sum() == pytest.approx(most_seated(*case, 1e4))
    limits = {("small", "day"): 30.0, ("big", "day"): 20.0, ("big", "boarding"): 60.0}
    assert all(row.travel_time_min <= limits[row.item, row.kind] for row in found.flows.itertuples())


@settings(deadline=None, max_examples=25)
@given(case=schools(unknown=False), data=st.data())
def test_one_more_seat_never_leaves_more_people_without(case, data):
    matrix, ages, seats = case
    j, kind = data.draw(st.integers(0, len(seats) - 1)), data.draw(st.integers(0, 1))
    more = [tuple(one + (n == j and k == kind) for k, one in enumerate(pair)) for n, pair in enumerate(seats)]
    before, after = (seat(matrix, ages, one).settlements["unseated_persons"].sum() for one in (seats, more))
    assert before - 1 <= after <= before


@settings(deadline=None, max_examples=20)
@given(case=schools(), factor=st.sampled_from([2.0, 5.0]), seed=st.integers(0, 99))
def test_rows_in_another_order_and_a_county_k_times_as_large(case, factor, seed):
    """The order of rows changes nothing; k times the people and seats are k times the flows' totals."""
    matrix, ages, seats = case
    demand, access = county([99.0] * len(matrix), seats, grade13_persons=ages[0], grade46_persons=ages[1])
    reach = {"small": table(matrix), "big": table(matrix)}
    found, rng = assign_seats(demand, access, ASKED, reach), np.random.default_rng(seed)
    mixed = replace(demand, settlements=demand.settlements.iloc[rng.permutation(len(matrix))])
    again = assign_seats(mixed, replace(access, facilities=access.facilities.iloc[rng.permutation(len(seats))]), ASKED, reach)
    for one, other, key in (
        (found.settlements, again.settlements, ["item", "settlement_id"]),
        (found.flows, again.flows, ["item", "settlement_id", "facility_id", "kind"]),
        (found.facilities, again.facilities, ["item", "facility_id", "kind"]),
    ):
        pd.testing.assert_frame_equal(one.sort_values(key, ignore_index=True), other.sort_values(key, ignore_index=True))
    assert again.settlements["settlement_id"].tolist() == mixed.settlements["settlement_id"].tolist() * 2
    large = seat(matrix, [[factor * one for one in age] for age in ages], [tuple(factor * one for one in pair) for pair in seats])
    for column in AMOUNTS:
        assert large.settlements[column].sum() == pytest.approx(factor * found.settlements[column].sum())


@settings(deadline=None, max_examples=25)
@given(case=schools(unknown=False))
def test_people_times_ratio_are_the_seats_that_anyone_reaches(case):
    """A school counts when somebody with people is near enough for a day seat: small within 30, big within 20 min."""
    matrix, ages, seats = case
    found = seat(*case)
    joined = found.settlements.merge(found.ratios, on=["settlement_id", "item"])
    spread = (joined["demand_persons"] * joined["ratio"]).sum()
    people = np.array(ages)
    reached = [
        pair[0]
        for j, pair in enumerate(seats)
        if (people[0][matrix[:, j] <= 30] > 0).any() or (people[1][matrix[:, j] <= 20] > 0).any()
    ]
    assert spread == pytest.approx(sum(reached))


def brute(matrix, persons, capacity, boards):
    """Every way to seat whole people one by one: most seated, then fewest boarding, then least minutes."""
    people = [i for i, count in enumerate(persons) for _ in range(int(count))]
    best = (0, 0, 0.0)
    for choice in product(range(-1, len(capacity)), repeat=len(people)):
        if any(j >= 0 and matrix[i, j] == INF for i, j in zip(people, choice, strict=True)):
            continue
        if any(choice.count(j) > capacity[j] for j in range(len(capacity))):
            continue
        got = [(i, j) for i, j in zip(people, choice, strict=True) if j >= 0]
        score = (len(got), -sum(boards[j] for _, j in got), -sum(matrix[i, j] for i, j in got))
        best = max(best, score)
    return best


@settings(deadline=None, max_examples=25)
@given(case=schools(unknown=False, high=2, wide=2, most=2))
def test_tiny_counties_equal_every_way_to_seat_people(case):
    matrix, ages, seats = case
    capacity, boards = np.array([one for pair in seats for one in pair]), np.tile([False, True], len(seats))
    wide = np.repeat(matrix, 2, axis=1)
    demand, supply = np.nonzero(np.isfinite(wide))
    persons = np.array(ages[0])
    flows = share_seats(demand, supply, wide[demand, supply], persons, capacity, boards=boards)
    score = (flows.sent.sum(), -flows.sent[boards[supply]].sum(), -(flows.sent * wide[demand, supply]).sum())
    assert score == pytest.approx(brute(wide, persons, capacity, boards))
