"""Filters of heights, and what steps and errors of heights do to walking time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.smoothing import expect_noise_ratio, expect_step_ratio, fill_voids, slope_noise_bias, smooth_heights

slopes = st.floats(-0.6, 0.6)


def plane(east, south, *, rows=9, cols=11, cell_m=30.0):
    row, col = np.indices((rows, cols))
    return 500.0 + cell_m * (east * col + south * row)


def mean3_twin(height):
    """Return the filter written out cell by cell."""
    rows, cols = height.shape
    result = np.full(height.shape, np.nan)
    for row in range(rows):
        for col in range(cols):
            values = [height[row, col]]
            for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
                ends = [(row + sign * down, col + sign * right) for sign in (1, -1)]
                if all(0 <= r < rows and 0 <= c < cols and not np.isnan(height[r, c]) for r, c in ends):
                    values += [height[one] for one in ends]
            result[row, col] = np.mean(values)
    return result


@settings(deadline=None, max_examples=30)
@given(st.lists(st.one_of(st.floats(0, 100), st.just(float("nan"))), min_size=30, max_size=30))
def test_the_filter_equals_its_naive_twin(values):
    """Voids stay voids and weigh nothing; the heights given are not changed."""
    height = np.array(values).reshape(5, 6)
    before = height.copy()
    assert smooth_heights(height, smooth="mean3") == pytest.approx(mean3_twin(height), abs=1e-4, nan_ok=True)
    assert np.array_equal(height, before, equal_nan=True)
    assert smooth_heights(height, smooth="none") is height


@settings(deadline=None, max_examples=30)
@given(slopes, slopes, st.sets(st.tuples(st.integers(0, 8), st.integers(0, 10)), max_size=20))
def test_a_plane_stays_a_plane_beside_voids_and_at_the_edge(east, south, voids):
    """Opposite neighbours come in pairs, so a lost one takes its partner with it."""
    height = plane(east, south)
    for one in voids:
        height[one] = np.nan
    assert smooth_heights(height, smooth="mean3") == pytest.approx(height, abs=1e-3, nan_ok=True)


def test_the_filter_takes_a_ninth_of_the_variance_and_fills_a_valley():
    """A single spike of 9 m becomes 1 m on nine cells; a V-shaped valley of slope 0.5 on 30 m cells rises by 10 m at the bottom."""
    spike = np.zeros((7, 7))
    spike[3, 3] = 9.0
    assert smooth_heights(spike, smooth="mean3")[2:5, 2:5] == pytest.approx(np.ones((3, 3)))
    valley = np.broadcast_to(15.0 * np.abs(np.arange(-4, 5)), (9, 9))
    assert smooth_heights(valley, smooth="mean3")[4, 4] == pytest.approx(10.0)


@settings(deadline=None, max_examples=20)
@given(slopes, slopes)
def test_a_hole_in_a_plane_is_filled_with_the_plane(east, south):
    """3 × 4 cells of void: within two steps of known heights; all are filled to a centimetre."""
    height = plane(east, south)
    whole = height.copy()
    height[3:6, 3:7] = np.nan
    filled, count = fill_voids(height, fill_cells=2)
    assert count == 12
    assert filled == pytest.approx(whole, abs=0.01)
    assert np.isnan(height).sum() == 12


def test_voids_beyond_the_reach_stay_voids():
    """A void of 5 × 5: one step fills its rim of 16, two steps 24, three all; 0 fills none."""
    height = plane(0.1, 0.0)
    height[2:7, 3:8] = np.nan
    for reach, left in ((0, 25), (1, 9), (2, 1), (3, 0)):
        filled, count = fill_voids(height, fill_cells=reach)
        assert count == 25 - left
        assert np.isnan(filled).sum() == left
    nothing = np.full((3, 3), np.nan)
    assert fill_voids(nothing, fill_cells=5)[1] == 0


@pytest.mark.parametrize("slope", [-0.3, -0.05, 0.0, 0.02, 0.3])
@pytest.mark.parametrize("noise_m", [1.0, 3.0])
def test_errors_slow_a_walker_as_the_folded_normal_says(slope, noise_m):
    """360,000 moves of a planted plane: the moment is met within a percent; an independent integral of the density agrees."""
    expected = float(expect_noise_ratio(slope, cell_m=30.0, noise_m=noise_m))
    measured = slope_noise_bias(slope, cell_m=30.0, rng=np.random.default_rng(7), noise_m=noise_m)
    assert measured == pytest.approx(expected, rel=0.01)
    tau = np.sqrt(2.0) * noise_m / 30.0
    x = np.linspace(-12 * tau, 12 * tau, 200_001)
    density = np.exp(-0.5 * (x / tau) ** 2) / (tau * np.sqrt(2 * np.pi))
    integral = np.trapezoid(density * np.exp(3.5 * np.abs(slope + x + 0.05)), x)
    assert integral / np.exp(3.5 * abs(slope + 0.05)) == pytest.approx(expected, rel=1e-6)


def test_the_hand_example_of_errors_on_level_ground_holds():
    """3 m on 30 m cells: a third slower on ground that is level."""
    assert float(expect_noise_ratio(0.0, cell_m=30.0, noise_m=3.0)) == pytest.approx(1.3495, abs=5e-5)


@pytest.mark.parametrize(
    ("slope", "ratio"), [(0.0, 1.0), (0.1, 1.0), (0.05, 1.0017019), (-0.05, (np.exp(3.5 / 60) + np.exp(3.5 / 60)) / 2)]
)
def test_whole_metres_slow_a_walker_by_the_mean_of_two_steps(slope, ratio):
    """30 m cells: a rise of 3 m is exact; 1.5 m is 1 or 2, half each; going down 1.5 m it is 1 or 2 m either side of the easiest slope."""
    assert float(expect_step_ratio(slope, cell_m=30.0, step_m=1.0)) == pytest.approx(ratio, abs=1e-6)
    assert slope_noise_bias(slope, cell_m=30.0, rng=np.random.default_rng(7), step_m=1.0) == pytest.approx(ratio, rel=2e-3)


@settings(deadline=None, max_examples=40)
@given(slopes, st.sampled_from([0.1, 0.5, 1.0, 5.0]), st.floats(0, 5))
def test_neither_steps_nor_errors_ever_make_walking_quicker(slope, step_m, noise_m):
    """The time is convex in the slope: Jensen's inequality; decimetres cost less than half a percent anywhere."""
    assert float(expect_step_ratio(slope, cell_m=30.0, step_m=step_m)) >= 1.0 - 1e-12
    assert float(expect_noise_ratio(slope, cell_m=30.0, noise_m=noise_m)) >= 1.0 - 1e-12
    assert float(expect_step_ratio(slope, cell_m=30.0, step_m=0.1)) < 1.006


def test_an_error_too_small_to_divide_by_is_none():
    assert float(expect_noise_ratio(0.0, cell_m=30.0, noise_m=2.2e-311)) == 1.0


def test_decimetres_and_the_filter_take_the_bias_away():
    """At the easiest slope whole metres cost 6 %, decimetres under a tenth of that; of 35 % from 3 m of error the filter leaves 1 %."""
    rng = np.random.default_rng(7)
    assert slope_noise_bias(-0.05, cell_m=30.0, rng=rng, step_m=1.0) > 1.05
    assert slope_noise_bias(-0.05, cell_m=30.0, rng=rng) < 1.006
    assert slope_noise_bias(0.0, cell_m=30.0, rng=rng, noise_m=3.0) > 1.3
    assert slope_noise_bias(0.0, cell_m=30.0, rng=rng, noise_m=3.0, smooth="mean3") < 1.01
