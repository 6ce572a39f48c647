"""Water runs downhill: laws of the carved landscape on grids small enough to follow by eye."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.synthetic.hydrology import (
    accumulate,
    carve,
    find_receivers,
    link_cells,
    make_noise,
    order_levels,
    raise_from_outlets,
    trace_reaches,
)


def test_each_cell_drains_to_its_steepest_neighbour():
    """
    9 8 7
    6 5 4      the 5 drops 4 to the corner 1 (over sqrt 2: 2.83) and 3 to the 2 below (3.0): it takes the 2.
    3 2 1      the 1 has no lower neighbour and drains to itself.
    """
    z = np.array([[9.0, 8, 7], [6, 5, 4], [3, 2, 1]])
    receiver, run = find_receivers(z)
    assert receiver[4] == 7
    assert run[4] == 1.0
    assert receiver[8] == 8
    assert run[8] == 0.0


def test_the_outlet_collects_every_cell():
    """A chain 0 -> 1 -> 2 with own areas 1, 2, 4 collects 1, 3, 7."""
    receiver = np.array([1, 2, 2])
    total = accumulate(receiver, order_levels(receiver), np.array([1.0, 2.0, 4.0]))
    assert total.tolist() == [1.0, 3.0, 7.0]


def test_levels_count_the_steps_to_the_outlet():
    """0 -> 1 -> 2 (outlet) and 3 -> 2: levels {2}, {1, 3}, {0}."""
    levels = order_levels(np.array([1, 2, 2, 2]))
    assert [sorted(one.tolist()) for one in levels] == [[2], [1, 3], [0]]


def test_a_two_by_two_grid_has_six_links():
    u, v, length = link_cells((2, 2))
    pairs = {(int(a), int(b)) if a < b else (int(b), int(a)): float(c) for a, b, c in zip(u, v, length, strict=True)}
    assert pairs.keys() == {(0, 1), (2, 3), (0, 2), (1, 3), (0, 3), (1, 2)}
    assert pairs[(0, 1)] == 1.0
    assert pairs[(1, 2)] == np.sqrt(2.0)


def test_reaches_break_at_confluences():
    """0 and 1 meet at 2, which runs 3 -> 4: three reaches, 0-2, 1-2 and 2-3-4."""
    reaches = trace_reaches(np.array([2, 2, 3, 4, 4]), np.ones(5, dtype=bool))
    assert sorted(one.tolist() for one in reaches) == [[0, 2], [1, 2], [2, 3, 4]]


def test_the_bed_of_a_straight_channel_follows_the_power_law():
    """
    One row of 4 cells of 1 km drains to the left; areas from the left 4, 3, 2, 1 km².
    With k = 0.1 the rise into cells 1, 2, 3 is 0.1 * A**-0.45 * 1000 m for A = 3, 2, 1.
    """
    start = np.array([[0.0, 1.0, 2.0, 3.0]])
    z, area, _ = carve(
        start,
        outlets=np.array([0]),
        base_m=np.array([50.0]),
        inflow_km2=np.zeros((1, 4)),
        steepness=np.full((1, 4), 0.1),
        cell_m=1000.0,
        rounds=2,
    )
    rises = 100.0 * np.array([3.0, 2.0, 1.0]) ** -0.45
    np.testing.assert_allclose(z[0], 50.0 + np.concatenate([[0.0], np.cumsum(rises)]), atol=1e-3)
    np.testing.assert_allclose(area[0], [4.0, 3.0, 2.0, 1.0])


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_no_carved_landscape_has_a_pit(seed):
    """Every cell but the outlet has a lower neighbour, and the outlet receives the whole area."""
    rng = np.random.default_rng(seed)
    resistance = np.exp(make_noise(rng, (12, 15), beta=2.0))
    outlets = np.array([int(rng.integers(180))])
    z, area, receiver = carve(
        raise_from_outlets(resistance, outlets),
        outlets=outlets,
        base_m=np.array([100.0]),
        inflow_km2=np.zeros((12, 15)),
        steepness=np.full((12, 15), 0.1),
        cell_m=200.0,
        rounds=4,
    )
    others = np.setdiff1d(np.arange(180), outlets)
    assert (z.ravel()[receiver[others]] < z.ravel()[others]).all()
    np.testing.assert_allclose(area.ravel()[outlets], 180 * 0.04)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), rows=st.integers(4, 30), cols=st.integers(4, 30))
def test_noise_has_mean_zero_and_unit_spread(seed, rows, cols):
    field = make_noise(np.random.default_rng(seed), (rows, cols), beta=2.5)
    assert field.shape == (rows, cols)
    assert abs(field.mean()) < 1e-8
    assert abs(field.std() - 1.0) < 1e-8
