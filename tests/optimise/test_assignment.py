"""Assignments equal brute force, keep every limit, and prove what they say."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import TableError
from geoplan.optimise import AssignmentProblem, assign, find_breaches, value_plan
from geoplan.optimise.branching import Effort, Tree, branch, rule_out


def make_problem(cost, weight, room, *, opening=None, least=None, penalty=None, most_open=None, rows=()):
    """``rows``: (use per unit, member sites, limit)."""
    cost, weight, room = (np.asarray(one, dtype=float) for one in (cost, weight, room))
    n, m = cost.shape
    use = np.array([one[0] for one in rows], dtype=float).reshape(len(rows), n)
    member = np.array([[j in one[1] for j in range(m)] for one in rows], dtype=bool).reshape(len(rows), m)
    return AssignmentProblem(
        cost=cost, weight=weight, penalty=np.asarray(1000.0 * weight if penalty is None else penalty, dtype=float),
        opening=np.zeros(m) if opening is None else np.asarray(opening, dtype=float), room=room,
        least=np.zeros(m) if least is None else np.asarray(least, dtype=float), most_open=m if most_open is None else most_open,
        use=use, member=member, limit=np.array([one[2] for one in rows], dtype=float),
    )  # fmt: skip


def brute_force(problem):
    """The least value over every way to place every unit."""
    n, m = problem.cost.shape
    best = np.inf
    for choice in itertools.product(range(-1, m), repeat=n):
        site = np.array(choice, dtype=np.int64)
        if not find_breaches(problem, site):
            best = min(best, value_plan(problem, site))
    return best


@st.composite
def small_problems(draw):
    n, m = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    whole = st.integers(0, 30)
    cost = [[draw(st.one_of(whole, whole, st.just(np.inf))) for _ in range(m)] for _ in range(n)]
    weight = [draw(st.integers(1, 9)) for _ in range(n)]
    room = [draw(st.integers(0, 25)) for _ in range(m)]
    rows = [
        ([draw(st.integers(0, 5)) for _ in range(n)], draw(st.sets(st.integers(0, m - 1), min_size=1)), draw(st.integers(0, 12)))
        for _ in range(draw(st.integers(0, 2)))
    ]
    return make_problem(
        cost, weight, room, opening=[draw(whole) for _ in range(m)], least=[draw(st.integers(0, 12)) for _ in range(m)],
        penalty=[draw(st.integers(0, 80)) for _ in range(n)], most_open=draw(st.integers(0, m)), rows=rows,
    )  # fmt: skip


def test_two_units_and_two_sites_by_hand():
    found = assign(make_problem([[1, 3], [1, 3]], [10, 10], [10, 20], opening=[1, 1]), gap_share=0.0)
    assert found.objective == pytest.approx(6)
    assert sorted(found.site) == [0, 1]
    assert found.gap_share == pytest.approx(0, abs=1e-9)


@given(small_problems())
@settings(deadline=None, max_examples=40)
def test_the_optimum_is_that_of_trying_every_plan(problem):
    found = assign(problem, gap_share=0.0)
    best = brute_force(problem)
    assert not find_breaches(problem, found.site)
    assert found.objective == pytest.approx(best, abs=1e-6)
    assert found.bound <= best + 1e-6
    assert found.bound >= best - 1e-4


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(TableError, match="ASSIGNMENT-SHAPE"):
        make_problem([[1.0, 2.0]], [1, 1], [1, 1])
    with pytest.raises(TableError, match="ASSIGNMENT-VALUE"):
        make_problem([[1.0]], [0], [1])


def search_by_prices(problem, **effort):
    """The way of large problems, taken by a small one."""
    tree = Tree(problem, Effort(gap_share=0.0, **effort))
    tree.stir()
    branch(tree)
    return tree


@given(small_problems())
@settings(deadline=None, max_examples=40)
def test_prices_prove_no_more_than_the_optimum_and_plans_keep_every_limit(problem):
    tree = search_by_prices(problem)
    best = brute_force(problem)
    assert not find_breaches(problem, tree.site)
    assert tree.value == pytest.approx(value_plan(problem, tree.site))
    assert tree.value >= best - 1e-6
    assert tree.bound <= best + 1e-6


@given(small_problems())
@settings(deadline=None, max_examples=30)
def test_what_the_prices_rule_out_is_in_no_better_plan(problem):
    tree = Tree(problem, Effort(gap_share=0.0, most_branches=0))
    pairs, state = rule_out(tree, tree.value)
    kept = replace(problem, cost=np.where(pairs & (state >= 0), problem.cost, np.inf))
    assert brute_force(kept) == pytest.approx(brute_force(problem), abs=1e-6)


def make_county(seed, n=40, m=8, tight=1.6):
    rng = np.random.default_rng(seed)
    weight = rng.integers(3, 60, n).astype(float)
    cost = weight[:, None] * rng.integers(5, 90, (n, m))
    cost[rng.uniform(size=(n, m)) < 0.3] = np.inf
    room = np.floor(rng.uniform(0.4, 1.6, m) * weight.sum() * tight / m)
    return make_problem(cost, weight, room, opening=rng.integers(500, 4000, m), penalty=1e4 * weight)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_long_way_of_large_problems_agrees_with_highs_alone(seed, monkeypatch):
    problem = make_county(seed)
    alone = assign(problem, gap_share=0.0)
    monkeypatch.setattr("geoplan.optimise.assignment._SMALL", 0)
    priced = assign(problem, gap_share=0.0)
    assert priced.objective == pytest.approx(alone.objective, rel=1e-9)
    assert priced.bound <= priced.objective
    assert priced.gap_share == pytest.approx(0, abs=1e-6)
    again = assign(problem, gap_share=0.0)
    assert (again.site == priced.site).all()


@given(small_problems(), st.data())
@settings(deadline=None, max_examples=25)
def test_another_site_or_more_room_never_worsens_the_optimum(problem, data):
    before = assign(problem, gap_share=0.0).objective
    n = len(problem.weight)
    column = np.array([[data.draw(st.integers(0, 30))] for _ in range(n)], dtype=float)
    wider = replace(
        problem, cost=np.hstack([problem.cost, column]), opening=np.append(problem.opening, 3.0), room=np.append(problem.room, 9.0),
        least=np.append(problem.least, 2.0), member=np.hstack([problem.member, np.zeros((len(problem.limit), 1), dtype=bool)]),
    )  # fmt: skip
    assert assign(wider, gap_share=0.0).objective <= before + 1e-6
    roomier = replace(problem, room=problem.room + data.draw(st.integers(0, 9)), limit=problem.limit + 1.0)
    assert assign(roomier, gap_share=0.0).objective <= before + 1e-6


def test_a_gap_asked_for_is_proven_and_the_bound_is_no_more_than_the_optimum(monkeypatch):
    problem = make_county(3)
    best = assign(problem, gap_share=0.0)
    monkeypatch.setattr("geoplan.optimise.assignment._SMALL", 0)
    near = assign(problem, gap_share=0.05)
    assert near.gap_share <= 0.05 + 1e-9
    assert near.bound <= best.objective + 1e-6 <= near.objective + 2e-6


def test_penalties_are_told_apart_from_costs():
    found = assign(make_problem([[2.0], [np.inf]], [1, 1], [9.0], penalty=[50, 70]), gap_share=0.0)
    assert (found.objective, found.penalty) == (72, 70)
    assert found.cost_gap_share == pytest.approx(0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_capacitated_medians_equal_those_of_spopt():
    """The p-median with room and whole units: at most p sites, no opening cost."""
    locate = pytest.importorskip("spopt.locate", reason="spopt is not installed", exc_type=ImportError)
    import pulp

    rng = np.random.default_rng(5)
    minutes, weight = rng.integers(1, 60, (14, 5)).astype(float), rng.integers(1, 9, 14)
    room = np.full(5, float(np.ceil(weight.sum() * 0.45)))
    peer = locate.PMedian.from_cost_matrix(minutes, weight, p_facilities=3, facility_capacities=room)
    peer = peer.solve(pulp.PULP_CBC_CMD(msg=False))
    own = assign(make_problem(weight[:, None] * minutes, weight, room, most_open=3, penalty=1e6 * weight), gap_share=0.0)
    assert own.objective == pytest.approx(peer.problem.objective.value())
