"""Decay weights against their formulas by pencil, at the thresholds and at zero minutes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.decay import Binary, Exponential, Gaussian, InversePower, Stepped
from geoplan.errors import ConfigError, TableError

ALL = [
    Binary(60),
    Stepped(((10, 1.0), (20, 0.68), (60, 0.22))),
    Gaussian(60),
    InversePower(60, exponent=1.5, floor_min=2),
    Exponential(60, scale_min=20),
]
BEYOND = np.nextafter(60.0, 61.0)


def test_formulas_by_hand():
    end = math.exp(-0.5)
    assert Binary(60).weigh([0, 60.0, BEYOND]).tolist() == [1, 1, 0]
    assert Gaussian(60).weigh([0, 30, 60.0]) == pytest.approx([1, (math.exp(-0.125) - end) / (1 - end), 0], abs=1e-15)
    assert Gaussian(60).weigh([30])[0] == pytest.approx(0.7014, abs=1e-4)
    assert InversePower(61).weigh([0, 0.5, 1, 40, 61.0, 80]) == pytest.approx([1, 1, 1, 0.025, 1 / 61, 0])
    assert InversePower(60, exponent=2, floor_min=3).weigh([0, 6]) == pytest.approx([1 / 9, 1 / 36])
    assert Exponential(60, scale_min=20).weigh([0, 20, 60.0, BEYOND]) == pytest.approx([1, math.exp(-1), math.exp(-3), 0])


def test_the_end_of_a_zone_belongs_to_it():
    """Luo & Qi's zones 10, 20, 30 min with 1, 0.68, 0.22."""
    zones = Stepped(((10, 1.0), (20, 0.68), (30, 0.22)))
    assert zones.catchment_min == 30
    got = zones.weigh([0, 10.0, np.nextafter(10.0, 11), 20.0, 25, 30.0, np.nextafter(30.0, 31)])
    assert got.tolist() == [1, 1, 0.68, 0.68, 0.22, 0.22, 0]


def test_the_gaussian_ends_in_exactly_nothing():
    """Whatever the catchment: at its end the weight is 0, not a rounding of it."""
    for end in (7.3, 45, 60, 61, 90.1):
        assert Gaussian(end).weigh([end]).tolist() == [0.0]


@given(st.sampled_from(ALL), st.lists(st.floats(0, 200), min_size=1, max_size=20))
@settings(max_examples=40, deadline=None)
def test_farther_never_weighs_more_and_nothing_weighs_beyond_the_catchment(decay, minutes):
    minutes = np.sort(minutes)
    weight = decay.weigh(minutes)
    assert (np.diff(weight) <= 0).all()
    assert (weight >= 0).all()
    assert np.isfinite(weight).all()
    assert not weight[minutes > decay.catchment_min].any()


@pytest.mark.parametrize("decay", [*ALL, Binary(math.inf), Exponential(math.inf, scale_min=5)])
def test_not_reached_weighs_nothing_and_unknown_is_refused(decay):
    assert decay.weigh([math.inf]).tolist() == [0]
    for wrong in (math.nan, -1.0):
        with pytest.raises(TableError, match="DECAY-MINUTES"):
            decay.weigh([1.0, wrong])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Binary(0),
        lambda: Gaussian(math.inf),
        lambda: Gaussian(math.nan),
        lambda: InversePower(60, floor_min=0),
        lambda: InversePower(60, exponent=-1),
        lambda: Exponential(60, scale_min=0),
        lambda: Stepped(()),
        lambda: Stepped(((10, 1.0), (10, 0.5))),
        lambda: Stepped(((20, 1.0), (10, 0.5))),
        lambda: Stepped(((10, -1.0),)),
        lambda: Stepped(((math.nan, 1.0),)),
    ],
)
def test_parameters_that_mean_nothing_are_refused(make):
    with pytest.raises(ConfigError, match="DECAY-"):
        make()
