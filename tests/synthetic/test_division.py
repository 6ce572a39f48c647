"""Units: codes count within their parent, pieces that lie apart are given to their neighbours, cells tile."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.synthetic import names
from geoplan.synthetic.admin import (
    absorb_exclaves,
    cluster,
    dissolve,
    divide,
    draw_cells,
    find_neighbours,
    number_within,
    smooth_units,
)
from geoplan.synthetic.people import describe_people, share_persons


def test_labels_are_numbered_within_their_parent():
    """Parents 0 0 1 1 1 with labels 5 7 2 2 9: 5 and 7 are 1 and 2 in parent 0; 2 and 9 are 1 and 2 in parent 1."""
    assert number_within(np.array([5, 7, 2, 2, 9]), np.array([0, 0, 1, 1, 1])).tolist() == [1, 2, 1, 1, 2]


def test_two_far_heaps_make_two_clusters():
    xy = np.array([[0.0, 0], [1, 0], [0, 1], [100, 100], [101, 100]])
    label = cluster(xy, 2)
    assert len(set(label[:3])) == 1
    assert len(set(label[3:])) == 1
    assert label[0] != label[3]


def test_an_exclave_joins_the_neighbour_it_touches_most():
    """A row of cells A A B A: the last A is cut off by B and becomes B."""
    pairs = np.array([[0, 1], [1, 0], [1, 2], [2, 1], [2, 3], [3, 2]])
    healed = absorb_exclaves(np.array([0, 0, 1, 0]), pairs, np.zeros(4, dtype=np.int64))
    assert healed.tolist() == [0, 0, 1, 1]


def test_of_two_equal_pieces_the_first_stays():
    """A B A: both A are single cells; the first keeps the name, the other joins B."""
    pairs = np.array([[0, 1], [1, 0], [1, 2], [2, 1]])
    healed = absorb_exclaves(np.array([0, 1, 0]), pairs, np.zeros(3, dtype=np.int64))
    assert healed.tolist() == [0, 1, 1]


def test_smoothing_follows_the_majority_but_never_moves_a_seat():
    """A star: the middle is B among four A. It becomes A, unless it is a seat (the first cells are)."""
    pairs = np.array([[4, k] for k in range(4)] + [[k, 4] for k in range(4)])
    label = np.array([0, 0, 0, 0, 1])
    assert smooth_units(label, pairs, fixed=0)[4] == 0
    assert smooth_units(label, pairs, fixed=5).tolist() == label.tolist()


def test_an_exclave_never_leaves_its_parent():
    """A A | B | A with the last cell in another parent than B: nowhere to go, it stays."""
    pairs = np.array([[0, 1], [1, 0], [1, 2], [2, 1], [2, 3], [3, 2]])
    healed = absorb_exclaves(np.array([0, 0, 1, 0]), pairs, np.array([0, 0, 1, 0]))
    assert healed.tolist() == [0, 0, 1, 0]


def test_neighbours_share_a_line_not_a_corner():
    """
    +--+--+
    |a |b |    a touches b and c along a line, d at the corner only
    +--+--+
    |c |d |
    +--+--+
    """
    a, b, c, d = (shapely.box(x, y, x + 1, y + 1) for x, y in ((0, 1), (1, 1), (0, 0), (1, 0)))
    pairs = {tuple(sorted(one)) for one in find_neighbours([a, b, c, d]).tolist()}
    assert pairs == {(0, 1), (0, 2), (1, 3), (2, 3)}


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 1000))
def test_cells_tile_the_county_and_hold_their_settlement(seed):
    rng = np.random.default_rng(seed)
    outline = shapely.box(580_000.0, 3_570_000.0, 586_000.0, 3_575_000.0)
    gx, gy = np.meshgrid(np.arange(580_400.0, 586_000.0, 800.0), np.arange(3_570_400.0, 3_575_000.0, 800.0))
    xy = np.column_stack([gx.ravel(), gy.ravel()]) + rng.uniform(-200.0, 200.0, (gx.size, 2))
    cells = draw_cells(rng, xy, outline)
    assert shapely.coverage_is_valid(np.array(cells, dtype=object))
    assert shapely.area(cells).sum() == pytest.approx(outline.area, abs=1e-3)
    assert shapely.contains(cells, shapely.points(xy)).all()


def test_dissolving_keeps_the_area_and_the_parent():
    cells = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(2, 0, 3, 1)]
    frame = dissolve(cells, ["a", "a", "b"], {"a": "甲", "b": "乙"}, {"a": "p", "b": "p"})
    assert frame["code"].tolist() == ["a", "b"]
    assert frame.geometry.area.tolist() == [2.0, 1.0]
    assert frame["name"].tolist() == ["甲", "乙"]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 1000), count=st.integers(1, 12))
def test_no_cluster_crosses_its_class(seed, count):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0.0, 100.0, (60, 2))
    within = rng.integers(0, 4, 60)
    label = divide(xy, within, count=count)
    assert (label >= 0).all()
    for one in np.unique(label):
        assert len(np.unique(within[label == one])) == 1


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 5000), count=st.integers(300, 900), total=st.integers(60_000, 120_000))
def test_shared_people_add_up(seed, count, total):
    persons = share_persons(np.random.default_rng(seed), seats=18, count=count, total=total)
    assert persons.sum() == total
    assert (persons >= 3).all()
    assert persons[0] == persons.max() or persons[0] >= 11_000


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 5000))
def test_household_figures_stay_in_their_bounds(seed):
    rng = np.random.default_rng(seed)
    persons = share_persons(rng, seats=5, count=200, total=40_000)
    frame = describe_people(rng, persons, seats=5, slope_deg=rng.uniform(0, 40, 200), remote=rng.uniform(0, 1, 200))
    assert (frame["households"] >= 1).all()
    assert (frame["households"] <= persons).all()
    willing = frame["willing_households"].dropna()
    assert (willing <= frame.loc[willing.index, "households"]).all()
    shares = frame.filter(like="_share")
    assert ((shares >= 0) & (shares <= 1) | shares.isna()).all(axis=None)
    assert (frame[["farmland_mu", "homestead_m2"]] >= 0).all(axis=None)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 5000))
def test_names_are_all_different(seed):
    rng = np.random.default_rng(seed)
    towns = names.name_townships(rng, 18)
    assert len(set(towns)) == 18
    assert len(set(names.name_villages(rng, 180))) == 180
    made = names.name_settlements(rng, towns, 1500)
    assert len(made) == 1500
    assert len(set(made)) > 1450
