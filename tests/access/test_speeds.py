"""Speeds of vehicles and feet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access import edge_speed_kmh, tobler_kmh, walk_min


@pytest.mark.parametrize(
    ("slope", "kmh"), [(0, 5.0), (0.05, 4.1973), (-0.05, 5.9562), (0.1, 3.5234), (-0.1, 5.0), (0.3, 1.7497), (-0.3, 2.4829)]
)
def test_tobler_gives_the_tabled_speeds(slope, kmh):
    """The table of the standards file: V = 5 km/h on the level, four decimals."""
    assert float(tobler_kmh(slope, level_kmh=5.0)) == pytest.approx(kmh, abs=5e-5)


@settings(deadline=None, max_examples=60)
@given(st.floats(-3, 3), st.floats(0.5, 10), st.floats(0.1, 10))
def test_walking_scales_with_the_level_speed_and_never_beats_a_gentle_descent(slope, level, factor):
    """Twice the level speed is twice the speed on every slope; the best slope is −0.05."""
    one = float(tobler_kmh(slope, level_kmh=level))
    assert float(tobler_kmh(slope, level_kmh=level * factor)) == pytest.approx(one * factor)
    assert one <= float(tobler_kmh(-0.05, level_kmh=level)) * (1 + 1e-12)


def test_slope_is_a_ratio_and_not_percent_or_degrees():
    """1,000 m climbing 100 m is a slope of 0.1: 60 / 3.5234 = 17.029 min, going down 12.000 min."""
    minutes = walk_min(np.array([1000.0, 1000.0]), np.array([100.0, -100.0]), level_kmh=5.0)
    assert minutes == pytest.approx([12.0 * np.exp(0.35), 12.0])


def test_a_walk_of_no_length_takes_no_time():
    """Standing still costs nothing, whatever the step in height."""
    assert float(walk_min(0.0, 5.0, level_kmh=5.0)) == 0.0


def test_the_most_specific_row_wins_and_missing_classes_are_flagged(speeds):
    """Village concrete has only the row for any surface (20); village earth its own (12, wet 6); a class without a row is imputed."""
    roads = pd.DataFrame(
        {"road_class": ["village", "village", "donkey", "unknown"], "surface": ["concrete", "earth", "earth", "unknown"]}
    )
    kmh, imputed = edge_speed_kmh(roads, speeds=speeds, season="dry")
    assert kmh.tolist() == [20.0, 12.0, speeds.default_kmh, speeds.default_kmh]
    assert imputed.tolist() == [False, False, True, True]
    assert edge_speed_kmh(roads, speeds=speeds, season="wet")[0].tolist()[:2] == [18.0, 6.0]


def test_a_posted_limit_only_lowers_a_speed(speeds):
    """20 km/h by class: a limit of 10 slows it, 80 and a missing one change nothing."""
    roads = pd.DataFrame({"road_class": ["village"] * 3, "surface": ["concrete"] * 3, "maxspeed_kmh": [10.0, 80.0, np.nan]})
    assert edge_speed_kmh(roads, speeds=speeds, season="dry")[0].tolist() == [10.0, 20.0, 20.0]


def test_wet_is_never_quicker_than_dry_and_no_figure_claims_a_text_nobody_read(speeds):
    """Rain never speeds a road up; the design standards are not among the texts at hand, so nothing may be called cited."""
    for row in speeds.rows:
        assert row.wet_kmh is None or row.wet_kmh <= row.kmh
        assert row.status in ("secondary", "convention")
        assert row.source
    assert {"ford", "ferry", "rope"} <= set(speeds.wet_closed)
