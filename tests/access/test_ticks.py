"""Whole ticks: 1/8192 s each, never more than there are, and never a wrapped number."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geoplan.access.ticks import NEVER, TICKS_PER_MIN, count_ticks


def test_a_minute_is_60_times_8192_ticks():
    assert count_ticks(np.array([0.0, 1.0, 0.5 / 60.0])).tolist() == [0, 491_520, 4096]


def test_what_takes_longer_than_there_are_ticks_or_is_not_known_is_never():
    assert count_ticks(np.array([9000.0, 1e30, np.inf, np.nan])).tolist() == [int(NEVER)] * 4


@given(st.lists(st.floats(0.0, allow_nan=False), min_size=1))
def test_ticks_keep_the_order_and_are_half_a_tick_off_at_most(minutes):
    minutes = np.sort(np.array(minutes))
    ticks = count_ticks(minutes)
    assert (np.diff(ticks) >= 0).all()
    assert (ticks >= 0).all()
    fits = minutes < 8000.0
    assert (np.abs(ticks[fits] - minutes[fits] * TICKS_PER_MIN) <= 0.5).all()


def test_a_spike_of_the_heights_beside_a_place_does_no_harm(world):
    """One cell a thousand metres up: the walk over it takes longer than there are ticks, the way round it does not."""
    dem = world.plane(0.0, half_m=300.0)
    dem.values[10, 11] += 1000.0
    surface = world.surface(world.hills(dem), dem=dem, along_slope=True)
    trip = world.travel(surface, [(-5.0, 0.0)], [(-200.0, 0.0)], towards=False)
    assert 2.0 < trip.paths.minutes[0] < 4.0
