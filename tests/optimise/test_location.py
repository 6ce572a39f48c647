"""Where to build equals trying every set of sites, keeps what stands, and agrees with spopt."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geoplan.errors import TableError
from geoplan.optimise.location import NO_SITE, Effort, LocationProblem, PlanStatus, name_nearest
from geoplan.optimise.location_branch import search_branches
from geoplan.optimise.location_cover import find_needless_rows, find_needless_sites, merge_rows, shrink
from geoplan.optimise.location_prices import price
from geoplan.optimise.location_within import count_apart, cover_within, search_cover
from geoplan.optimise.lscp import solve_lscp
from geoplan.optimise.mclp import solve_mclp
from geoplan.optimise.p_center import solve_p_center
from geoplan.optimise.p_median import solve_p_median

RADIUS = 20.0


@st.composite
def problems(draw, capacitated=False):
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    minute = st.one_of(st.integers(0, 40), st.integers(0, 40), st.just(np.inf))
    minutes = np.array([[draw(minute) for _ in range(m)] for _ in range(n)], dtype=float)
    persons = np.array([draw(st.integers(0, 9)) for _ in range(n)], dtype=float)
    existing = np.array([draw(st.integers(0, 4)) == 0 for _ in range(m)])
    cost = np.array([float(draw(st.integers(1, 3))) for _ in range(m)]) if draw(st.booleans()) else np.ones(m)
    capacity = np.array([float(draw(st.integers(0, 20))) for _ in range(m)]) if capacitated else np.full(m, np.inf)
    return LocationProblem(minutes, persons, existing, cost, float(draw(st.integers(0, 5))), capacity)


def every_set(problem, limit=None):
    new = np.flatnonzero(~problem.existing)
    for size in range(len(new) + 1):
        for some in itertools.combinations(new, size):
            opened = problem.existing.copy()
            opened[list(some)] = True
            spent = problem.cost[list(some)].sum()
            if spent <= (problem.limit if limit is None else limit):
                yield opened, spent


def served_share(problem, opened, radius=np.inf):
    _, least = name_nearest(problem.minutes, opened)
    return np.isfinite(least) & (least <= radius)


def seats_by_flow(problem, opened, radius):
    """The most people that can be seated, by a linear program of its own."""
    pairs = [
        (i, j) for i, j in itertools.product(*map(range, problem.minutes.shape)) if opened[j] and problem.minutes[i, j] <= radius
    ]
    if not pairs:
        return 0.0
    rows = [[float(p[0] == i) for p in pairs] for i in range(len(problem.persons))]
    columns = [[float(p[1] == j) for p in pairs] for j in range(len(problem.cost))]
    return -linprog(-np.ones(len(pairs)), A_ub=rows + columns, b_ub=[*problem.persons, *problem.capacity]).fun


@given(problems())
@settings(deadline=None, max_examples=40)
def test_fewest_sites_are_those_of_trying_every_set(problem):
    plan = solve_lscp(problem, within_min=RADIUS)
    can = (problem.persons > 0) & (problem.minutes <= RADIUS).any(axis=1)
    best = min(spent for opened, spent in every_set(problem, np.inf) if served_share(problem, opened, RADIUS)[can].all())
    assert plan.objective == pytest.approx(best) == plan.bound
    assert served_share(problem, plan.opened, RADIUS)[can].all()
    assert (plan.out_of_reach == ((problem.persons > 0) & ~can)).all()
    assert (plan.status == PlanStatus.INFEASIBLE) == bool(plan.out_of_reach.any())


@given(problems())
@settings(deadline=None, max_examples=40)
def test_most_people_are_those_of_trying_every_set(problem):
    plan = solve_mclp(problem, within_min=RADIUS)
    best = max(problem.persons[served_share(problem, opened, RADIUS)].sum() for opened, _ in every_set(problem))
    assert plan.objective == pytest.approx(best) == plan.bound
    assert problem.persons[served_share(problem, plan.opened, RADIUS)].sum() == pytest.approx(best)
    assert problem.cost[plan.opened & ~problem.existing].sum() <= problem.limit


@given(problems())
@settings(deadline=None, max_examples=40)
def test_least_person_minutes_are_those_of_trying_every_set(problem):
    plan = solve_p_median(problem, beyond_min=30)
    can = (problem.persons > 0) & (problem.minutes <= 30).any(axis=1)
    best = min(
        (problem.persons * np.minimum(name_nearest(problem.minutes, opened)[1], 30))[can].sum()
        for opened, _ in every_set(problem)
    )
    assert plan.objective == pytest.approx(best, abs=1e-6)
    assert plan.bound == pytest.approx(best, abs=1e-6)


@given(problems())
@settings(deadline=None, max_examples=40)
def test_without_a_price_for_the_unserved_everyone_is_served_who_can_be(problem):
    plan = solve_p_median(problem)
    can = (problem.persons > 0) & np.isfinite(problem.minutes).any(axis=1)

    def value(opened):
        served = can & served_share(problem, opened)
        minutes = name_nearest(problem.minutes, opened)[1]
        return -problem.persons[served].sum(), (problem.persons[served] * minutes[served]).sum()

    best = min(value(opened) for opened, _ in every_set(problem))
    assert plan.served_persons.sum() == pytest.approx(-best[0])
    assert plan.objective == pytest.approx(best[1], abs=1e-6)
    assert (plan.status == PlanStatus.INFEASIBLE) == (-best[0] < problem.persons[can].sum())


@given(problems())
@settings(deadline=None, max_examples=40)
def test_the_shortest_longest_way_is_that_of_trying_every_set(problem):
    plan = solve_p_center(problem)
    can = (problem.persons > 0) & np.isfinite(problem.minutes).any(axis=1)
    radii = [name_nearest(problem.minutes, opened)[1][can].max(initial=0.0) for opened, _ in every_set(problem)]
    if np.isfinite(min(radii)):
        assert plan.objective == min(radii) == plan.bound
        assert name_nearest(problem.minutes, plan.opened)[1][can].max(initial=0.0) <= plan.objective
    else:
        assert plan.status == PlanStatus.INFEASIBLE
        assert plan.short_persons > 0


@given(problems(capacitated=True))
@settings(deadline=None, max_examples=30)
def test_seats_are_those_of_trying_every_set(problem):
    plan = solve_mclp(problem, within_min=RADIUS)
    best = max(seats_by_flow(problem, opened, RADIUS) for opened, _ in every_set(problem))
    assert plan.objective == pytest.approx(best, abs=1e-5)
    assert (plan.flow.sum(axis=0) <= problem.capacity + 1e-6).all()
    assert (plan.flow.sum(axis=1) <= problem.persons + 1e-6).all()
    cheapest = solve_lscp(problem, within_min=RADIUS)
    most = seats_by_flow(problem, np.ones(len(problem.cost), dtype=bool), RADIUS)
    least = min(spent for opened, spent in every_set(problem, np.inf) if seats_by_flow(problem, opened, RADIUS) >= most - 1e-6)
    assert cheapest.objective == pytest.approx(least, abs=1e-5)
    assert cheapest.served_persons.sum() == pytest.approx(most, abs=1e-5)


def minutes_by_flow(problem, opened):
    """The least person-minutes that serve everybody from open sites, by a linear program of its own; inf where they cannot."""
    pairs = [(i, j) for i, j in itertools.product(*map(range, problem.minutes.shape)) if opened[j]]
    pairs = [(i, j) for i, j in pairs if np.isfinite(problem.minutes[i, j])]
    if not pairs:
        return np.inf
    rows = [[float(p[0] == i) for p in pairs] for i in range(len(problem.persons))]
    columns = [[float(p[1] == j) for p in pairs] for j in range(len(problem.cost))]
    way = [problem.minutes[p] for p in pairs]
    found = linprog(way, A_eq=rows, b_eq=problem.persons, A_ub=columns, b_ub=problem.capacity)
    return found.fun if found.status == 0 else np.inf


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_seats_and_longest_way_with_capacities_are_those_of_trying_every_set(seed):
    rng = np.random.default_rng(seed)
    minutes, persons = rng.integers(1, 40, (5, 4)).astype(float), rng.integers(1, 9, 5).astype(float)
    problem = LocationProblem(minutes, persons, limit=2.0, capacity=rng.integers(8, 30, 4).astype(float))
    sets = [opened for opened, _ in every_set(problem)]
    least = min(minutes_by_flow(problem, opened) for opened in sets)
    median, center = solve_p_median(problem), solve_p_center(problem)
    if not np.isfinite(least):
        assert median.status == center.status == PlanStatus.INFEASIBLE
        return
    assert median.objective == pytest.approx(least, abs=1e-4) == median.bound
    people = persons.sum() - 1e-6
    radius = min(r for r in np.unique(minutes) if any(seats_by_flow(problem, opened, r) >= people for opened in sets))
    assert center.objective == radius == center.bound


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=40)
def test_whether_sites_within_the_limit_cover_everyone_is_that_of_trying_every_set(seed):
    rng = np.random.default_rng(seed)
    cover, cost, limit = rng.random((9, 7)) < 0.3, rng.integers(1, 4, 7).astype(float), float(rng.integers(1, 9))
    sets = [np.array(some) for some in itertools.product([False, True], repeat=7) if cost[list(some)].sum() <= limit]
    can = any(cover[:, some].any(axis=1).all() for some in sets)
    for effort in (Effort(), None):
        found = cover_within(cover, cost, limit, effort=effort)
        assert found.sure or effort is None
        assert can or found.chosen is None
        if found.sure:
            assert (found.chosen is not None) == can
        if found.chosen is not None:
            assert cover[:, found.chosen].any(axis=1).all()
            assert cost[found.chosen].sum() <= limit
    picked = search_cover(cover[:, cost <= limit], cost[cost <= limit], limit, 50)
    assert cost[cost <= limit][picked].sum() <= limit
    if cover.any(axis=1).all():
        whole = min(
            cost[list(s)].sum() for s in itertools.product([False, True], repeat=7) if cover[:, list(s)].any(axis=1).all()
        )
        assert count_apart(cover, cost) <= whole


def test_too_few_seats_say_for_how_many():
    problem = LocationProblem(np.array([[5.0, 5.0]]), np.array([50.0]), capacity=np.array([30.0, 10.0]))
    plan = solve_lscp(problem, within_min=10)
    assert plan.status == PlanStatus.INFEASIBLE
    assert plan.short_persons == pytest.approx(10)
    assert solve_p_median(problem).short_persons == pytest.approx(10)
    assert solve_p_center(problem).short_persons == pytest.approx(10)


def made_up(n=80, m=20, seed=0):
    rng = np.random.default_rng(seed)
    homes, sites = rng.uniform(0, 60, (n, 2)), rng.uniform(0, 60, (m, 2))
    minutes = np.round(np.hypot(*(homes[:, None] - sites[None]).transpose(2, 0, 1)), 2)
    return minutes, rng.integers(5, 200, n).astype(float)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PuLP's own names, which spopt and this solver use, change with its version 4
@pytest.mark.parametrize("seed", [0, 1])
def test_spopt_finds_the_same_values(seed):
    pulp, locate = pytest.importorskip("pulp"), pytest.importorskip("spopt.locate")
    minutes, people = made_up(seed=seed)
    problem = LocationProblem(minutes, people, limit=4)
    solver = pulp.PULP_CBC_CMD(msg=False)
    weights = people.reshape(-1, 1)
    covering = locate.LSCP.from_cost_matrix(minutes, 25).solve(solver)
    assert solve_lscp(problem, within_min=25).objective == covering.problem.objective.value()
    most = locate.MCLP.from_cost_matrix(minutes, weights, service_radius=15, p_facilities=4).solve(solver)
    assert solve_mclp(problem, within_min=15).objective == pytest.approx(most.problem.objective.value())
    median = locate.PMedian.from_cost_matrix(minutes, weights, p_facilities=4).solve(solver)
    assert solve_p_median(problem).objective == pytest.approx(median.problem.objective.value())
    center = locate.PCenter.from_cost_matrix(minutes, p_facilities=4).solve(solver)
    assert solve_p_center(problem).objective == pytest.approx(center.problem.objective.value())


def test_more_facilities_never_serve_worse():
    minutes, people = made_up()
    plans = [LocationProblem(minutes, people, limit=p) for p in range(1, 7)]
    covered = [solve_mclp(one, within_min=12).objective for one in plans]
    median = [solve_p_median(one).objective for one in plans]
    center = [solve_p_center(one).objective for one in plans]
    assert covered == sorted(covered)
    assert median == sorted(median, reverse=True)
    assert center == sorted(center, reverse=True)


def test_one_candidate_more_never_worsens():
    minutes, people = made_up()
    less, more = (LocationProblem(minutes[:, :m], people, limit=3) for m in (12, 20))
    assert solve_mclp(more, within_min=12).objective >= solve_mclp(less, within_min=12).objective
    assert solve_p_median(more).objective <= solve_p_median(less).objective
    assert solve_p_center(more).objective <= solve_p_center(less).objective


def test_k_times_the_people_choose_the_same_sites():
    minutes, people = made_up()
    once, thrice = (LocationProblem(minutes, people * k, limit=4) for k in (1, 3))
    for solve in (lambda one: solve_mclp(one, within_min=12), solve_p_median, solve_p_center):
        assert (solve(once).opened == solve(thrice).opened).all()


def test_the_order_of_rows_does_not_change_the_value_and_runs_repeat():
    minutes, people = made_up()
    order = np.random.default_rng(3).permutation(len(people))
    problem, shuffled = LocationProblem(minutes, people, limit=4), LocationProblem(minutes[order], people[order], limit=4)
    for solve in (lambda one: solve_mclp(one, within_min=12), solve_p_median, solve_p_center):
        first = solve(problem)
        assert solve(shuffled).objective == pytest.approx(first.objective)
        assert (solve(problem).opened == first.opened).all()


def test_what_stands_is_never_closed():
    minutes, people = made_up()
    existing = np.zeros(20, dtype=bool)
    existing[[3, 8]] = True
    problem = LocationProblem(minutes, people, existing, limit=2)
    for solve in (
        lambda one: solve_lscp(one, within_min=25),
        lambda one: solve_mclp(one, within_min=12),
        solve_p_median,
        solve_p_center,
    ):
        assert solve(problem).opened[[3, 8]].all()


def test_demand_without_a_way_is_named_and_does_not_count():
    problem = LocationProblem(np.array([[5.0], [np.inf]]), np.array([10.0, 90.0]), limit=1)
    for plan in (
        solve_mclp(problem, within_min=9),
        solve_p_median(problem),
        solve_p_center(problem),
        solve_lscp(problem, within_min=9),
    ):
        assert plan.out_of_reach.tolist() == [False, True]
        assert plan.served_by.tolist() == [0, NO_SITE]


def test_equal_sites_take_the_first():
    problem = LocationProblem(np.array([[5.0, 5.0, 5.0]]), np.array([10.0]), limit=1)
    for plan in (solve_lscp(problem, within_min=9), solve_mclp(problem, within_min=9), solve_p_median(problem, beyond_min=9)):
        assert plan.built.tolist() == [0]


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=20)
def test_what_is_dropped_as_needless_is_needless(seed):
    rng = np.random.default_rng(seed)
    cover = rng.random((7, 6)) < 0.4
    cover[~cover.any(axis=1), 0] = True
    first, group = merge_rows(cover)
    assert (cover[first][group] == cover).all()
    rows, sites = shrink(cover, np.ones(6))
    for chosen in itertools.product([False, True], repeat=len(sites)):
        if cover[np.ix_(rows, sites)][:, list(chosen)].any(axis=1).all():
            assert cover[:, sites[list(chosen)]].any(axis=1).all()
    for j in np.flatnonzero(find_needless_sites(cover, np.ones(6))):
        assert any((cover[:, j] <= cover[:, k]).all() for k in range(6) if k != j)
    for i in np.flatnonzero(find_needless_rows(cover)):
        assert any((cover[k] <= cover[i]).all() for k in range(7) if k != i)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=20)
def test_prices_never_prove_more_than_is_true(seed):
    rng = np.random.default_rng(seed)
    d, base = rng.integers(0, 50, (6, 8)).astype(float), rng.integers(10, 60, 8).astype(float)
    best = min(
        np.minimum(base, d[list(some)].min(axis=0)).sum() for some in itertools.combinations(range(6), 2)
    )  # fmt: skip
    found = price(d, base, np.ones(6), 2.0)
    assert found.bound <= best + 1e-6
    assert found.value >= best - 1e-9


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(TableError, match="LOCATION-SHAPE"):
        LocationProblem(np.zeros((2, 3)), np.ones(3))
    with pytest.raises(TableError, match="LOCATION-VALUE"):
        LocationProblem(np.array([[np.nan]]), np.ones(1))


@given(st.integers(0, 10_000), st.integers(1, 4))
@settings(deadline=None, max_examples=30)
def test_branches_end_at_the_best_of_every_set(seed, limit):
    rng = np.random.default_rng(seed)
    d, base = rng.integers(0, 50, (7, 9)).astype(float), rng.integers(10, 60, 9).astype(float)
    cost = rng.integers(1, 3, 7).astype(float)
    sets = [list(some) for k in range(8) for some in itertools.combinations(range(7), k) if cost[list(some)].sum() <= limit]
    best = min(np.minimum(base, d[some].min(axis=0, initial=np.inf)).sum() for some in sets)
    found = search_branches(
        d,
        base,
        cost,
        float(limit),
        sites=np.arange(7),
        prices=base / 2,
        chosen=np.zeros(7, dtype=bool),
        bound=0.0,
        time_limit_s=60.0,
    )
    assert found.finished
    assert found.value == pytest.approx(best) == found.bound
    assert cost[found.chosen].sum() <= limit
