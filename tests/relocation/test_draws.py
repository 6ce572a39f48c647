"""Draws of weights, speeds and elevation errors follow the distributions they say they follow."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.certainty_config import CertaintyConfig
from geoplan.errors import ConfigError
from geoplan.relocation.dem_error import BLOCK, draw_waves, evaluate_waves, slope_error_sd
from geoplan.relocation.draws import BINS, cut_bins, draw_common, draw_weights, name_service

NAMES = ["clinic_min", "clinic_wet_min", "seat_min", "slope_deg"]
WEIGHTS = np.array([0.4, 0.3, 0.2, 0.1])
DEM = {"seed": 5, "error_m": 1.7, "correlation_m": 150.0, "step_m": 30.0}


@settings(deadline=None, max_examples=25)
@given(
    raw=st.lists(st.floats(0.05, 1), min_size=2, max_size=8),
    spread=st.sampled_from(["simplex", "ranges", "dirichlet", "fixed"]),
    seed=st.integers(0, 99),
)
def test_weights_sum_to_one_and_stay_in_their_range(raw: list[float], spread: str, seed: int) -> None:
    weights = np.array([*raw, 0.0]) / sum(raw)
    config = CertaintyConfig(draws=200, weights=spread, seed=seed)
    drawn = draw_weights([f"i{k}" for k in range(len(weights))], weights, config)
    assert drawn.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    assert (drawn >= 0).all()
    assert (drawn[:, -1] == 0).all()
    if spread == "ranges":
        assert (np.abs(drawn - weights) <= 0.3 * weights + 1e-9).all()


def test_the_simplex_is_filled_evenly() -> None:
    """Uniform on the simplex of k: each weight is Beta(1, k − 1), P(w > 1/2) = (1/2)^(k − 1) = 1/8, mean 1/4, variance 3/80."""
    drawn = draw_weights(NAMES, WEIGHTS, CertaintyConfig(draws=40_000, weights="simplex"))
    assert drawn.mean(axis=0) == pytest.approx(0.25, abs=0.005)
    assert drawn.var(axis=0) == pytest.approx(3 / 80, abs=0.002)
    assert (drawn > 0.5).mean(axis=0) == pytest.approx(1 / 8, abs=0.01)


def test_a_dirichlet_has_its_mean_and_variance() -> None:
    drawn = draw_weights(NAMES, WEIGHTS, CertaintyConfig(draws=40_000, weights="dirichlet", dirichlet_concentration=20))
    assert drawn.mean(axis=0) == pytest.approx(WEIGHTS, abs=0.003)
    assert drawn.var(axis=0) == pytest.approx(WEIGHTS * (1 - WEIGHTS) / 21, rel=0.05)


def test_ranges_are_the_simplex_cut_to_them() -> None:
    """The same as uniform weights of the simplex that happen to lie in the ranges: means of 40,000 against those of a rejection by brute force."""
    ranges = {"clinic_min": (0.2, 0.6), "clinic_wet_min": (0.0, 0.5), "seat_min": (0.1, 0.3), "slope_deg": (0.0, 1.0)}
    drawn = draw_weights(NAMES, WEIGHTS, CertaintyConfig(draws=40_000, weight_ranges=ranges))
    parts = np.random.default_rng(2).standard_exponential((400_000, 4))
    parts /= parts.sum(axis=1, keepdims=True)
    low, high = np.array(list(ranges.values())).T
    brute = parts[((parts >= low) & (parts <= high)).all(axis=1)]
    assert drawn.mean(axis=0) == pytest.approx(brute.mean(axis=0), abs=0.004)
    assert np.cov(drawn.T) == pytest.approx(np.cov(brute.T), abs=0.0008)


@pytest.mark.parametrize("ranges", [{"z": (0.0, 1.0)}, {"clinic_min": (0.0, 0.01)}, {"slope_deg": (0.9, 1.0)}])
def test_ranges_that_hold_no_weights_are_refused(ranges: dict[str, tuple[float, float]]) -> None:
    config = CertaintyConfig(weight_ranges=ranges, weight_share=0.05)
    with pytest.raises(ConfigError, match="WEIGHTS-RANGE"):
        draw_weights(NAMES, WEIGHTS, config)


def test_times_stretch_together_and_each_service_by_itself() -> None:
    draws = draw_common(NAMES, WEIGHTS, CertaintyConfig(draws=20_000, speed_sd=0.2, speed_service_sd=0.1))
    log = np.log(draws.stretch)
    assert (log[:, 3] == 0).all()
    assert (log[:, 0] == log[:, 1]).all(), "wet and dry of a service are one service"
    assert log[:, 0].std() == pytest.approx(math.hypot(0.2, 0.1), rel=0.03)
    assert (log[:, 0] - log[:, 2]).std() == pytest.approx(0.1 * math.sqrt(2), rel=0.03)
    assert draws.factors[-3:] == ("speed", "speed:clinic", "speed:seat")


def test_a_service_more_does_not_change_the_draws_of_another() -> None:
    config = CertaintyConfig(draws=100, weights="fixed")
    few = draw_common(["clinic_min", "slope_deg"], np.array([0.5, 0.5]), config)
    more = draw_common(["bank_min", "clinic_min"], np.array([0.5, 0.5]), config)
    assert (few.stretch[:, 0] == more.stretch[:, 1]).all()


def test_bins_are_equally_filled_and_ascend() -> None:
    values = np.random.default_rng(0).random((800, 2))
    bins = cut_bins(values)
    assert [np.bincount(one, minlength=BINS).tolist() for one in bins] == [[100] * BINS] * 2
    assert (np.diff(bins[0][np.argsort(values[:, 0])].astype(int)) >= 0).all()
    assert name_service("school_round_min") == "school"


def fields(places: np.ndarray, blocks: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    parts = [evaluate_waves(places, draw_waves(block, **DEM)) for block in range(blocks)]
    rise, east, north = (np.concatenate([part[number] for part in parts], axis=1) for number in range(3))
    return rise, east, north


def test_the_variogram_of_the_error_is_the_stated_one() -> None:
    """Half the mean square of e(x) − e(x + h) is σ²(1 − exp(−h²/2L²)); 51,200 draws, in any direction and at any place."""
    lags = np.array([0.0, 50.0, 100.0, 200.0, 400.0, 5000.0])
    stated = 1.7**2 * (1 - np.exp(-((lags / 150.0) ** 2) / 2))
    for way in ((1.0, 0.0), (0.0, 1.0), (0.6, 0.8)):
        rise, _, _ = fields(np.array([500_000.0, 3_500_000.0]) + lags[:, None] * np.array(way))
        assert ((rise - rise[0]) ** 2).mean(axis=1) / 2 == pytest.approx(stated, abs=0.08)
        assert rise.mean(axis=1) == pytest.approx(0.0, abs=0.04)


def test_the_slope_error_is_the_central_difference_of_the_field_and_has_its_spread() -> None:
    places = np.array([[100.0, 200.0], [130.0, 200.0], [70.0, 200.0], [100.0, 230.0], [100.0, 170.0]])
    rise, east, north = fields(places)
    assert east[0] == pytest.approx((rise[1] - rise[2]) / 60, abs=1e-12)
    assert north[0] == pytest.approx((rise[3] - rise[4]) / 60, abs=1e-12)
    sd = slope_error_sd(error_m=1.7, correlation_m=150.0, step_m=30.0)
    assert [east[0].std(), north[0].std()] == pytest.approx([sd, sd], rel=0.03)
    assert np.corrcoef(east[0], north[0])[0, 1] == pytest.approx(0, abs=0.03)
    assert sd == pytest.approx(math.sqrt(1.7**2 * (1 - math.exp(-2 * (30 / 150) ** 2)) / (2 * 30**2)))


def test_a_place_has_its_error_whoever_else_is_asked() -> None:
    places = np.random.default_rng(3).uniform(0, 5000, (20, 2))
    waves = draw_waves(7, **DEM)
    alone = np.concatenate([evaluate_waves(place[None], waves)[0] for place in places])
    assert alone.shape == (20, BLOCK)
    assert evaluate_waves(places, waves)[0] == pytest.approx(alone, abs=1e-9)
