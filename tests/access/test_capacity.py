"""Capacity coverage: nobody twice, nothing above 100%, everyone accounted for; against naive twins and a general solver."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geoplan.access.capacity import REASONS, assign_at_once, assign_in_order
from geoplan.access.reach import build_reach_from_matrix
from geoplan.errors import ConfigError, TableError

INF = np.inf


def table(matrix, *, cutoff_min=60.0, **options):
    matrix = np.array(matrix, dtype=float)
    ids = {"demand_ids": [f"d{i}" for i in range(len(matrix))], "supply_ids": [f"s{j}" for j in range(matrix.shape[1])]}
    return build_reach_from_matrix(matrix, **(ids | options), cutoff_min=cutoff_min)


@st.composite
def counties(draw, amounts=None):
    """Minutes with ties and zeros, people and room of the same order, none of either at times."""
    high, wide = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    cell = st.sampled_from([0.0, 1.0, 5.0, 5.0, 30.0, 60.0, 61.0, INF])
    matrix = np.array(draw(st.lists(st.lists(cell, min_size=wide, max_size=wide), min_size=high, max_size=high)))
    amount = st.integers(0, 12) if amounts is None else amounts
    people = draw(st.lists(amount, min_size=high, max_size=high))
    room = draw(st.lists(amount, min_size=wide, max_size=wide))
    return matrix, np.array(people, dtype=float), np.array(room, dtype=float)


FRACTIONS = st.floats(0, 20).map(lambda one: round(one, 3))


def order_twin(matrix, people, room, turns):
    """One facility after another, one place after another, nearest first, ties by number."""
    left, sent = list(people), {}
    for j in turns:
        free = room[j]
        for t, i in sorted((matrix[i][j], i) for i in range(len(left)) if matrix[i][j] <= 60):
            take = min(left[i], free)
            if take > 0:
                sent[f"d{i}", f"s{j}"] = (t, take)
                left[i] -= take
                free -= take
    return sent, left


def as_sent(coverage):
    rows = coverage.assignments.itertuples(index=False)
    return {(row.demand_id, row.supply_id): (row.travel_time_min, row.persons) for row in rows}


def check_accounts(coverage, matrix, people, room, *, exact=True):
    """Everyone is served or left over, no facility above its room, no pair beyond the catchment, a reason for whoever is left."""
    demand, supply = coverage.demand, coverage.supply
    total = demand["served_persons"] + demand["unserved_persons"]
    assert (total == people).all() if exact else total.to_numpy() == pytest.approx(people)
    assert (demand["unserved_persons"] >= 0).all()
    assert (supply["load_persons"] <= room).all()
    assert (supply["used_share"] <= 1).all()
    by_demand = coverage.assignments.groupby("demand_id")["persons"].sum().reindex(demand["demand_id"], fill_value=0.0)
    by_supply = coverage.assignments.groupby("supply_id")["persons"].sum().reindex(supply["supply_id"], fill_value=0.0)
    assert by_demand.to_numpy() == pytest.approx(demand["served_persons"].to_numpy(), rel=1e-9, abs=1e-9)
    assert by_supply.to_numpy() == pytest.approx(supply["load_persons"].to_numpy(), rel=1e-9, abs=1e-9)
    assert (coverage.assignments["persons"] > 0).all()
    assert (coverage.assignments["travel_time_min"] <= 60).all()
    assert ((demand["reason"] == "") == (demand["unserved_persons"] == 0)).all()
    near = (matrix <= 60).any(axis=1)
    assert (
        demand.loc[demand["unserved_persons"] > 0, "reason"] == np.where(near, "full", "too_far")[demand["unserved_persons"] > 0]
    ).all()


def test_the_near_come_first_and_the_rest_is_left_over_full():
    """80 people at 5 min, 60 at 10, room for 100: 80 and 20, 40 left over."""
    got = assign_in_order(table([[5], [10]]), [80, 60], [100])
    assert got.demand["served_persons"].tolist() == [80, 20]
    assert got.demand["unserved_persons"].tolist() == [0, 40]
    assert got.demand["reason"].tolist() == ["", "full"]
    assert got.supply[["load_persons", "used_share", "turn"]].to_numpy().tolist() == [[100, 1.0, 1]]


def test_least_minutes_in_all_send_the_flexible_away():
    """d0 is 1 min from s0 and 6 from s1, d1 5 and 50; 10 each: 10 · 6 + 10 · 5 = 110, where nearest first costs 510."""
    reach = table([[1, 6], [5, 50]])
    once = assign_at_once(reach, [10, 10], [10, 10])
    assert as_sent(once) == {("d0", "s1"): (6.0, 10.0), ("d1", "s0"): (5.0, 10.0)}
    turns = assign_in_order(reach, [10, 10], [10, 10], order=["s0", "s1"])
    assert as_sent(turns) == {("d0", "s0"): (1.0, 10.0), ("d1", "s1"): (50.0, 10.0)}


def test_one_more_person_served_outweighs_any_minutes():
    """d0 reaches both, d1 only s0: d0 goes 59 minutes farther so that both are served."""
    once = assign_at_once(table([[0, 60], [60, INF]]), [1, 1], [1, 1])
    assert as_sent(once) == {("d0", "s1"): (60.0, 1.0), ("d1", "s0"): (60.0, 1.0)}


def test_room_below_its_own_village_serves_a_part_of_it():
    for assign in (assign_in_order, assign_at_once):
        got = assign(table([[0]]), [250], [100])
        assert got.demand[["served_persons", "unserved_persons"]].to_numpy().tolist() == [[100, 150]]


def test_the_order_decides_who_goes_first_and_is_written_down():
    """Largest first; most people within reach first (s0 reaches 30, s1 and s2 reach 20: by id); as listed."""
    reach, people, room = table([[1, INF, 1], [1, 1, INF], [1, 1, 1]]), [10, 10, 10], [5, 9, 9]
    turns = {
        order: assign_in_order(reach, people, room, order=order).supply["turn"].tolist()
        for order in ("capacity", "persons_within_reach")
    }
    assert turns == {"capacity": [3, 1, 2], "persons_within_reach": [1, 2, 3]}
    assert assign_in_order(reach, people, room, order=["s2", "s0", "s1"]).supply["turn"].tolist() == [2, 3, 1]


def test_every_reason_for_being_left_over_has_its_name():
    """Full; beyond the catchment but in the table; beyond the table; never placed; unknown people; only a facility of unknown capacity; served."""
    matrix = [[10, INF], [40, INF], [INF, INF], [INF, INF], [5, INF], [INF, 5], [5, INF]]
    status = ["ok", "ok", "ok", "unsnapped", "ok", "ok", "ok"]
    people = [8, 8, 8, 8, np.nan, 8, 8]
    got = assign_in_order(table(matrix, demand_status=status), people, [10, np.nan], catchment_min=30)
    assert got.demand["reason"].tolist() == ["full", "too_far", "too_far", "unsnapped", "no_data", "capacity_unknown", ""]
    assert got.demand["served_persons"].tolist()[6] == 8
    assert got.demand["status"].tolist() == ["ok"] * 4 + ["no_data"] + ["ok"] * 2
    assert np.isnan(got.demand["unserved_persons"][4])
    assert (got.left_out_demand_ids, got.left_out_supply_ids) == (("d4",), ("s1",))
    assert got.supply["status"].tolist() == ["ok", "no_data"]
    assert got.supply["load_persons"].tolist()[0] == 10
    assert assign_in_order(table([[INF]], cutoff_min=INF), [5], [5]).demand["reason"].tolist() == ["unreachable"]
    assert assign_at_once(table(np.zeros((1, 0))), [5], []).demand["reason"].tolist() == ["no_data"]
    assert set(got.demand["reason"]) <= set(REASONS)


@given(counties())
@settings(max_examples=40, deadline=None)
def test_taking_turns_is_one_facility_after_another(county):
    matrix, people, room = county
    turns = sorted(range(len(room)), key=lambda j: (-room[j], j))
    sent, left = order_twin(matrix, people, room, turns)
    got = assign_in_order(table(matrix), people, room)
    assert as_sent(got) == sent
    assert got.demand["unserved_persons"].tolist() == left
    check_accounts(got, matrix, people, room)


def best_of_networkx(matrix, people, room):
    """The most that can be served and their least minutes, from networkx' minimum-cost maximum flow (whole minutes)."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["from", "to"])
    for i, one in enumerate(people):
        graph.add_edge("from", f"d{i}", capacity=int(one), weight=0)
    for j, one in enumerate(room):
        graph.add_edge(f"s{j}", "to", capacity=int(one), weight=0)
    for i, j in zip(*np.nonzero(matrix <= 60), strict=True):
        graph.add_edge(f"d{i}", f"s{j}", weight=int(matrix[i, j]))
    flow = nx.max_flow_min_cost(graph, "from", "to")
    return sum(flow["from"].values()), nx.cost_of_flow(graph, flow)


@given(counties())
@settings(max_examples=40, deadline=None)
def test_all_at_once_serves_what_a_maximum_flow_serves_in_the_minutes_of_the_cheapest(county):
    matrix, people, room = county
    got = assign_at_once(table(matrix), people, room)
    served, minutes = best_of_networkx(matrix, people, room)
    assert got.demand["served_persons"].sum() == served
    assert (got.assignments["persons"] * got.assignments["travel_time_min"]).sum() == minutes
    check_accounts(got, matrix, people, room)


@given(counties(FRACTIONS))
@settings(max_examples=40, deadline=None)
def test_parts_of_people_add_up_too(county):
    matrix, people, room = county
    check_accounts(assign_in_order(table(matrix), people, room), matrix, people, room, exact=False)
    check_accounts(assign_at_once(table(matrix), people, room), matrix, people, room, exact=False)


@given(counties(FRACTIONS))
@settings(max_examples=30, deadline=None)
def test_with_room_for_all_no_part_of_a_person_is_left_over(county):
    matrix, people, room = county
    got = assign_at_once(table(matrix), people, np.full(len(room), people.sum() + 1))
    near = (matrix <= 60).any(axis=1)
    assert got.demand["unserved_persons"].to_numpy().tolist() == np.where(near, 0.0, people).tolist()


def test_a_rounding_is_nobody_left_over():
    """Ten times 0.1 is 1, though in float64 it is not."""
    got = assign_in_order(table([[1.0] * 10]), [1.0], [0.1] * 10)
    assert got.demand[["served_persons", "unserved_persons", "reason"]].to_numpy().tolist() == [[1.0, 0.0, ""]]


@given(counties(), st.integers(0, 3), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_more_room_never_serves_fewer(county, where, more):
    matrix, people, room = county
    bigger = room.copy()
    bigger[where % len(room)] += more
    served = [assign_at_once(table(matrix), people, one).demand["served_persons"].sum() for one in (room, bigger)]
    assert served[1] >= served[0]
    assert served[0] >= assign_in_order(table(matrix), people, room).demand["served_persons"].sum()


@given(counties(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_no_assignment_depends_on_the_order_of_rows(county, random):
    matrix, people, room = county
    rows, columns = list(range(len(people))), list(range(len(room)))
    random.shuffle(rows)
    random.shuffle(columns)
    shuffled = table(matrix[np.ix_(rows, columns)], demand_ids=[f"d{i}" for i in rows], supply_ids=[f"s{j}" for j in columns])
    for assign in (assign_in_order, assign_at_once):
        plain, got = assign(table(matrix), people, room), assign(shuffled, people[rows], room[columns])
        assert as_sent(got) == as_sent(plain)
        assert got.demand["demand_id"].tolist() == [f"d{i}" for i in rows]
        again = got.supply.set_index("supply_id").loc[plain.supply["supply_id"]].reset_index()
        pd.testing.assert_frame_equal(again, plain.supply)


@pytest.mark.parametrize("tight", [0.6, 1.0, 1.5])
def test_a_county_comes_out_as_the_linear_programme_says(tight):
    """120 places, 15 facilities, room for 60%, 100% and 150% of the people: persons and person-minutes as HiGHS finds them."""
    rng = np.random.default_rng(20260101)
    minutes = rng.uniform(0, 110, (120, 15))
    people = rng.integers(1, 300, 120).astype(float)
    room = np.floor(people.sum() * tight * rng.dirichlet(np.ones(15)))
    got = assign_at_once(table(minutes), people, room)
    i, j = np.nonzero(minutes <= 60)
    pairs = np.arange(len(i))
    people_rows, room_rows = np.zeros((120, len(i))), np.zeros((15, len(i)))
    people_rows[i, pairs], room_rows[j, pairs] = 1, 1
    worth = minutes[i, j] - 60.0 * 16
    best = linprog(worth, A_ub=np.vstack([people_rows, room_rows]), b_ub=np.r_[people, room], method="highs")
    sent = got.assignments
    assert (sent["persons"] == np.floor(sent["persons"])).all()
    assert sent["persons"].sum() == pytest.approx(best.x.sum())
    assert (sent["persons"] * sent["travel_time_min"]).sum() == pytest.approx((best.x * minutes[i, j]).sum())
    check_accounts(got, minutes, people, room)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("REACH-CUTOFF", {"catchment_min": 61}),
        ("REACH-CUTOFF", {"catchment_min": np.nan}),
        ("CAPACITY-ORDER", {"order": ["s0"]}),
        ("CAPACITY-ORDER", {"order": ["s0", "s0", "s1"]}),
        ("CAPACITY-ORDER", {"order": ["s0", "q"]}),
    ],
)
def test_what_does_not_fit_is_refused_with_its_code(code, options):
    with pytest.raises(TableError) as caught:
        assign_in_order(table([[1, 2]]), [1], [1, 1], **options)
    assert caught.value.code == code


def test_an_order_without_meaning_is_refused():
    with pytest.raises(ConfigError, match="CAPACITY-ORDER"):
        assign_in_order(table([[1]]), [1], [1], order="at random")
