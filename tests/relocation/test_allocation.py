"""Allocation: whole groups, within room and reach, everyone accounted for, every refusal explained."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.allocation_config import AllocationConfig
from geoplan.contracts.results import CandidacyResult
from geoplan.errors import InfeasibleError, TableError
from geoplan.relocation.allocation import allocate

FREE = {"opening_yuan": 0.0, "same_township_bonus_min": 0.0, "yuan_per_person_minute": 1.0, "gap_share": 0.0}


@pytest.fixture(scope="module")
def run(make):
    """Place settlements at sites: ``minutes`` is settlements × sites (None: no row)."""

    def run(minutes, persons, room, *, config=None, groups=None, classes=None, forms=None, pools=None, townships=None, **sites):
        n, m = len(persons), len(room)
        ids, names = [f"s{i}" for i in range(n)], [f"t{j}" for j in range(m)]
        demand = make.demand(
            np.column_stack([np.arange(n) * 1000.0, np.zeros(n)]), persons=[float(one) for one in persons],
            households=[np.nan] * n, settlement_id=ids, group_code=groups or [f"g{i}" for i in range(n)],
            township_code=townships or ["A"] * n,
        )  # fmt: skip
        candidacy = pd.DataFrame({"settlement_id": ids, "relocation_class": classes or ["应搬"] * n})
        table = make.frame(
            shapely.points(np.column_stack([np.arange(m) * 1000.0, np.full(m, 500.0)])), site_id=names, name=names,
            kind=["patch"] * m, capacity_persons=room, capacity_households=[np.nan] * m,
            **{"township_code": ["A"] * m, **sites},
        )  # fmt: skip
        rows = [(ids[i], names[j], float(minutes[i][j])) for i in range(n) for j in range(m) if minutes[i][j] is not None]
        travel = pd.DataFrame(rows, columns=["settlement_id", "site_id", "travel_min"])
        return allocate(
            demand, CandidacyResult(candidacy, pd.DataFrame()), table, travel, AllocationConfig(**{**FREE, **(config or {})}),
            groups=forms, pools=pools,
        )  # fmt: skip

    return run


def moves_of(result):
    return result.settlements.set_index("settlement_id")["move"].to_dict()


def reason_of(result, one):
    return result.settlements.set_index("settlement_id").loc[one, "reason"]


def test_the_larger_group_is_placed_and_the_other_named_with_what_is_used_up(run):
    found = run([[10], [10]], [30, 20], [40.0])
    assert moves_of(found) == {"s0": "assigned", "s1": "unassigned"}
    assert reason_of(found, "s1") == "room_used_up"
    assert "t0" in found.settlements["reason_en"].iloc[1]
    assert found.status == "optimal"
    assert found.objective == pytest.approx(30 * 10 + 20 * 1e6)


def test_settlements_of_a_group_go_to_one_site_even_where_two_are_nearer(run):
    minutes = [[5, 20], [20, 5], [5, 20]]
    together = run(minutes, [10, 10, 5], [100.0, 100.0], groups=["g", "g", "h"])
    apart = run(minutes, [10, 10, 5], [100.0, 100.0], groups=["g", "g", "h"], config={"keep_together": "settlement"})
    assert together.settlements["site_id"].iloc[0] == together.settlements["site_id"].iloc[1]
    assert list(apart.settlements["site_id"]) == ["t0", "t1", "t0"]
    assert together.objective == pytest.approx(10 * 25 + 25)
    assert apart.objective == pytest.approx(10 * 10 + 25)


def test_the_travel_limit_holds_for_every_settlement_of_the_group_and_is_inclusive(run):
    assert moves_of(run([[60.0], [60.0]], [1, 1], [9.0], groups=["g", "g"])) == {"s0": "assigned", "s1": "assigned"}
    found = run([[10.0], [60.1]], [1, 1], [9.0], groups=["g", "g"])
    assert set(moves_of(found).values()) == {"unassigned"}
    assert reason_of(found, "s0") == "travel_limit"


def test_a_site_of_the_own_township_is_preferred_by_the_stated_minutes(run):
    near, far = {"same_township_bonus_min": 9.0}, {"same_township_bonus_min": 11.0}
    layout = {"township_code": ["A", "B"]}
    assert run([[20, 10]], [5], [9.0, 9.0], config=near, **layout).settlements["site_id"].iloc[0] == "t1"
    kept = run([[20, 10]], [5], [9.0, 9.0], config=far, **layout)
    assert kept.settlements["site_id"].iloc[0] == "t0"
    assert kept.settlements["same_township"].iloc[0]


def test_each_cause_is_named(run):
    assert reason_of(run([[None]], [5], [9.0]), "s0") == "travel_unknown"
    assert reason_of(run([[90]], [5], [9.0]), "s0") == "travel_limit"
    assert reason_of(run([[9]], [50], [9.0]), "s0") == "site_too_small"
    assert reason_of(run([[9]], [50], [np.nan]), "s0") == "site_too_small"
    assert reason_of(run([[9]], [5], [9.0], config={"min_site_persons": 8}), "s0") == "below_least_size"
    assert reason_of(run([[9, None], [None, 9]], [5, 4], [9.0, 9.0], config={"max_sites": 1}), "s1") == "max_sites"
    assert reason_of(run([[9]], [5], [9.0], config={"opening_yuan": 1e9}), "s0") == "dearer_than_penalty"


def test_sites_share_the_free_seats_of_a_school(run):
    pool = pd.DataFrame(
        {
            "site_id": ["t0", "t1"],
            "pool_id": "school",
            "kind": "school",
            "seats_per_person": 0.1,
            "free_seats": 4.0,
            "status": "ok",
        }
    )
    minutes = [[5, None], [None, 5]]
    assert set(moves_of(run(minutes, [30, 20], [99.0, 99.0])).values()) == {"assigned"}
    found = run(minutes, [30, 20], [99.0, 99.0], pools=pool)
    assert moves_of(found) == {"s0": "assigned", "s1": "unassigned"}
    assert reason_of(found, "s1") == "pool_used_up"
    unknown = run(minutes, [30, 20], [99.0, 99.0], pools=pool.assign(free_seats=np.nan))
    assert set(moves_of(unknown).values()) == {"assigned"}
    with pytest.raises(TableError, match="POOL-MIXED"):
        run(minutes, [30, 20], [99.0, 99.0], pools=pool.assign(free_seats=[4.0, 5.0]))


def test_people_add_up_and_the_unknown_are_undecided(run):
    classes = ["应搬", "应搬", "可留", "建议搬", "证据不足", "应搬"]
    found = run([[9]] * 6, [30, np.nan, 7, 8, 9, 99], [40.0], classes=classes)
    assert moves_of(found) == {
        "s0": "assigned", "s1": "undecided", "s2": "stays", "s3": "stays", "s4": "undecided", "s5": "unassigned",
    }  # fmt: skip
    assert reason_of(found, "s1") == "persons_unknown"
    assert reason_of(found, "s3") == "advised_only"
    assert found.settlements["persons"].sum() == 30 + 7 + 8 + 9 + 99
    assert (found.settlements["reason_zh"] != "").all()


def test_a_group_that_moves_whole_takes_those_who_could_stay_along(run):
    forms = pd.DataFrame({"group_code": ["g"], "form": ["whole"], "stage": ["应搬"]})
    found = run([[9]] * 3, [30, 10, 5], [99.0], classes=["应搬", "可留", "可留"], groups=["g", "g", "h"], forms=forms)
    assert moves_of(found) == {"s0": "assigned", "s1": "assigned", "s2": "stays"}
    assert reason_of(found, "s1") == "whole_group"
    single = run(
        [[9]] * 3,
        [30, 10, 5],
        [99.0],
        classes=["应搬", "可留", "可留"],
        groups=["g", "g", "h"],
        forms=forms.assign(form="single"),
    )
    assert moves_of(single) == {"s0": "assigned", "s1": "stays", "s2": "stays"}


def test_those_who_were_asked_and_want_to_move_where_the_plan_says_so(run):
    forms = pd.DataFrame({"group_code": ["g0"], "form": ["none"], "stage": ["愿搬"]})
    asked = run([[9]] * 2, [3, 4], [99.0], classes=["建议搬"] * 2, forms=forms, config={"with_willing": True})
    assert moves_of(asked) == {"s0": "assigned", "s1": "stays"}
    unasked = run([[9]] * 2, [3, 4], [99.0], classes=["建议搬"] * 2, forms=forms)
    assert set(moves_of(unasked).values()) == {"stays"}
    advised = run([[9]] * 2, [3, 4], [99.0], classes=["建议搬"] * 2, config={"classes": ["应搬", "建议搬"]})
    assert set(moves_of(advised).values()) == {"assigned"}


def test_lines_run_from_old_to_new_and_loads_follow(run):
    found = run([[9, 5]], [30], [40.0, 60.0])
    assert found.moves.geometry.iloc[0].equals(shapely.LineString([(0, 0), (1000, 500)]))
    sites = found.sites.set_index("site_id")
    assert sites.loc["t1", "opened"]
    assert sites.loc["t1", "load_share"] == pytest.approx(0.5)
    assert not sites.loc["t0", "opened"]
    assert found.settlements["straight_m"].iloc[0] == pytest.approx(np.hypot(1000, 500))


def test_nobody_to_move_is_an_empty_plan_that_still_lists_everyone(run):
    found = run([[9]], [30], [40.0], classes=["可留"])
    assert found.status == "empty"
    assert len(found.settlements) == 1
    assert len(found.moves) == 0
    assert found.objective == 0
    assert run([[]], [30], []).settlements["move"].iloc[0] == "unassigned"


@pytest.mark.parametrize(
    ("minutes", "persons", "room", "config", "remedy"),
    [
        ([[70], [80]], [3, 4], [9.0], {}, "travel_limit_min from 60 to 80"),
        ([[9], [9]], [30, 30], [40.0], {}, "(?i)add 50% to the room"),
        ([[9, None], [None, 9]], [3, 4], [9.0, 9.0], {"max_sites": 1}, "max_sites from 1 to 2"),
        ([[9]], [5], [9.0], {"min_site_persons": 8}, "least size of sites to 60%"),
    ],
)
def test_a_strict_plan_says_what_has_to_give_and_by_how_much(run, minutes, persons, room, config, remedy):
    with pytest.raises(InfeasibleError, match=remedy) as caught:
        run(minutes, persons, room, config={**config, "strict": True})
    assert caught.value.code == "ALLOCATION-INFEASIBLE"
    assert caught.value.ids


@st.composite
def counties(draw):
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    minute = st.one_of(st.none(), st.integers(1, 90))
    return {
        "minutes": [[draw(minute) for _ in range(m)] for _ in range(n)],
        "persons": [draw(st.one_of(st.integers(0, 30), st.just(np.nan))) for _ in range(n)],
        "room": [float(draw(st.integers(0, 60))) for _ in range(m)],
        "groups": [draw(st.sampled_from(["g", "h", "k"])) for _ in range(n)],
        "classes": [draw(st.sampled_from(["应搬", "应搬", "建议搬", "可留", "证据不足"])) for _ in range(n)],
    }


@given(counties())
@settings(deadline=None, max_examples=25)
def test_rooms_hold_groups_stay_whole_and_people_reconcile(run, county):
    found = run(**county)
    people = pd.Series(county["persons"], dtype=float)
    placed = found.settlements[found.settlements["move"] == "assigned"]
    loads = placed.groupby("site_id")["persons"].sum()
    room = {f"t{j}": one for j, one in enumerate(county["room"])}
    assert all(load <= room[site] for site, load in loads.items())
    assert (placed.groupby("group_code")["site_id"].nunique() == 1).all()
    assert set(found.settlements["move"]) <= {"assigned", "unassigned", "stays", "undecided"}
    assert found.settlements["persons"].sum() == people.sum()
    assert len(found.settlements) == len(people)
    assert found.sites["persons"].sum() == placed["persons"].sum()
    assert found.bound <= found.objective


@given(counties(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=15)
def test_the_order_of_rows_changes_nothing(run, make, county, random):
    n = len(county["persons"])
    order = list(range(n))
    random.shuffle(order)
    first = run(**county)

    ids = [f"s{i}" for i in range(n)]
    names = [f"t{j}" for j in range(len(county["room"]))]
    demand = make.demand(
        np.column_stack([np.array(order) * 1000.0, np.zeros(n)]), persons=[float(county["persons"][i]) for i in order],
        households=[np.nan] * n, settlement_id=[ids[i] for i in order], group_code=[county["groups"][i] for i in order],
        township_code=["A"] * n,
    )  # fmt: skip
    candidacy = pd.DataFrame({"settlement_id": ids, "relocation_class": county["classes"]}).iloc[::-1]
    sites = make.frame(
        shapely.points(np.column_stack([np.arange(len(names)) * 1000.0, np.full(len(names), 500.0)])), site_id=names, name=names,
        kind=["patch"] * len(names), capacity_persons=county["room"], capacity_households=[np.nan] * len(names), township_code="A",
    ).iloc[::-1]  # fmt: skip
    pairs = [(i, j) for i in range(n) for j in range(len(names)) if county["minutes"][i][j] is not None]
    random.shuffle(pairs)
    rows = [(ids[i], names[j], float(county["minutes"][i][j])) for i, j in pairs]
    travel = pd.DataFrame(rows, columns=["settlement_id", "site_id", "travel_min"])
    before = travel.copy()
    second = allocate(demand, CandidacyResult(candidacy, pd.DataFrame()), sites, travel, AllocationConfig(**FREE))
    pd.testing.assert_frame_equal(first.settlements, second.settlements)
    pd.testing.assert_frame_equal(first.sites, second.sites)
    pd.testing.assert_frame_equal(travel, before)


def test_ids_given_twice_are_refused(make):
    demand = make.demand([[0, 0]], persons=[3.0], group_code=["g"], township_code=["A"], households=[1.0])
    sites = make.frame(shapely.points([[0, 0], [1, 1]]), site_id=["t", "t"], name=["a", "b"], capacity_persons=[9.0, 9.0])
    travel = pd.DataFrame({"settlement_id": ["s0"], "site_id": ["t"], "travel_min": [5.0]})
    candidacy = pd.DataFrame({"settlement_id": ["s0"], "relocation_class": ["应搬"]})
    with pytest.raises(TableError, match="ID-DUPLICATE"):
        allocate(demand, CandidacyResult(candidacy, pd.DataFrame()), sites, travel, AllocationConfig())
