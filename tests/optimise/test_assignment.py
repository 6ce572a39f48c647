"""Assignments equal brute force, keep every limit, and prove what they say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import TableError
from geoplan.optimise import AssignmentProblem, assign, find_breaches, value_plan


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
