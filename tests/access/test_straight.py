"""Short straight walks over the ground: minutes both ways, closed by water and cliffs, heights between centres."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.straight import sample_ground_m, walk_straight

metre = st.floats(5.0, 595.0)


def legs(*ends):
    return np.array([one[:2] for one in ends], dtype=float), np.array([one[2:] for one in ends], dtype=float)


def test_a_level_walk_takes_its_length(world):
    """100 m at 5 km/h are 72 s, wherever cells begin; no length, no time."""
    there, back, is_open = walk_straight(*legs((17, 33, 117, 33), (40, 40, 40, 40)), world.level(0, 0, 600, 600))
    assert there == pytest.approx([1.2, 0.0])
    assert back == pytest.approx([1.2, 0.0])
    assert is_open.all()


@pytest.mark.parametrize("along_slope", [False, True])
def test_a_walk_up_a_plane_is_toblers(world, along_slope):
    """100 m rising 0.1: 72·e^0.35 = 102.17 s up and 72 s down; √1.01 longer along the slope."""
    ground = world.hills(world.grid(np.tile(3.0 * np.arange(20), (20, 1)), north=600.0))
    there, back, _ = walk_straight(*legs((115, 300, 215, 300)), ground, along_slope=along_slope)
    stretch = np.sqrt(1.01) if along_slope else 1.0
    assert there[0] * 60 == pytest.approx(102.17 * stretch, abs=0.005)
    assert back[0] * 60 == pytest.approx(72.0 * stretch, abs=0.005)


def test_a_walk_is_timed_by_the_cells_it_passes(world):
    """30 m of cropland at 2.5 km/h, 30 m of unknown cover at 5 km/h: 0.72 + 0.36 min."""
    ground = world.hills(world.grid(np.zeros((1, 2))), landcover=world.grid([[40.0, 0.0]]))
    there, _, _ = walk_straight(*legs((0, -15, 60, -15)), ground)
    assert there[0] == pytest.approx(1.08)


def test_water_between_closes_a_walk_and_water_at_its_ends_does_not(world):
    """Somebody lives at the end: a house in a cell of water is left, a cell of water is not crossed."""
    ground = world.hills(world.grid(np.zeros((1, 5))), landcover=world.grid([[0.0, 80.0, 0.0, 80.0, 80.0]]))
    ends = legs(
        (15, -15, 75, -15), (45, -15, 75, -15), (100, -15, 75, -15), (15, -15, 135, -15), (15, -15, -20, -15), (15, -15, -40, -15)
    )
    # Off the grid is like water: its first cell may be an end, and is not crossed.
    assert walk_straight(*ends, ground)[2].tolist() == [False, True, True, False, True, False]


def test_a_cliff_closes_a_walk(world):
    """A step of 40 m between two cells is steeper than 45°; without a limit it is dear and open."""
    ground = world.hills(world.grid([[0.0, 0.0, 40.0, 40.0]]))
    ends = legs((15, -15, 105, -15), (5, -15, 25, -15))
    assert walk_straight(*ends, ground, cliff_deg=45.0)[2].tolist() == [False, True]
    assert walk_straight(*ends, ground)[2].all()


def test_heights_lie_between_the_centres_of_passable_cells(world):
    """Half-way between 500 and 510 m: 505; beside water only the land counts; away from all land: unknown."""
    ground = world.hills(world.grid([[500.0, 510.0, 0.0]]), landcover=world.grid([[0.0, 0.0, 80.0]]))
    xy = np.array([[30.0, -15.0], [15.0, -15.0], [60.0, -15.0], [300.0, -15.0], [np.nan, 0.0]])
    found = sample_ground_m(xy, ground)
    assert found[:3] == pytest.approx([505.0, 500.0, 510.0], abs=0.05)
    assert np.isnan(found[3:]).all()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), ends=st.lists(st.tuples(metre, metre, metre, metre), min_size=1, max_size=6))
def test_turning_a_walk_round_swaps_there_and_back(world, seed, ends):
    """On rough ground of many covers; and nobody is quicker than Tobler's best, 5·e^0.175 = 5.956 km/h."""
    rng = np.random.default_rng(seed)
    cover = world.grid(rng.choice([20.0, 40.0, 50.0], (20, 20)), north=600.0)
    ground = world.hills(world.grid(rng.normal(0, 4, (20, 20)), north=600.0), landcover=cover)
    a, b = legs(*ends)
    there, back, is_open = walk_straight(a, b, ground)
    turned = walk_straight(b, a, ground)
    assert there == pytest.approx(turned[1], rel=1e-6, abs=1e-9)
    assert back == pytest.approx(turned[0], rel=1e-6, abs=1e-9)
    np.testing.assert_array_equal(is_open, turned[2])
    assert (there >= np.hypot(*(b - a).T) / 5956.3 * 60 - 1e-9).all()
