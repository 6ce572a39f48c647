"""Speeds of motorcycles, buses and bicycles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from geoplan.access.bicycle import bicycle_kmh, bicycle_min
from geoplan.access.modes import mode_speed_kmh
from geoplan.access.speeds import edge_speed_kmh, tobler_kmh
from geoplan.contracts.columns import ROAD_CLASSES, SURFACES
from geoplan.contracts.profiles import Bicycle
from geoplan.errors import ConfigError


@pytest.fixture(scope="module")
def bicycle(speeds):
    return speeds.modes.bicycle


@pytest.fixture(scope="module")
def every_road():
    kinds = [(one, other) for one in ROAD_CLASSES for other in SURFACES]
    return pd.DataFrame(kinds, columns=["road_class", "surface"])


def roads(*kinds, **columns):
    return pd.DataFrame({"road_class": [one for one, _ in kinds], "surface": [other for _, other in kinds], **columns})


def test_a_car_rides_by_the_speed_rows(every_road, speeds):
    """``car`` and ``ride`` are two names of one thing, and neither has changed."""
    for season in ("dry", "wet"):
        expected = edge_speed_kmh(every_road, speeds=speeds, season=season)
        for mode in ("car", "ride"):
            found = mode_speed_kmh(every_road, speeds=speeds, season=season, mode=mode)
            assert np.array_equal(found[0], expected[0])
            assert np.array_equal(found[1], expected[1])


@pytest.mark.parametrize(
    ("mode", "season", "kmh"),
    [
        ("motorcycle", "dry", [16.5, 15.0, 50.0, 15.0, 0.0, 6.0, 50.0]),
        ("motorcycle", "wet", [11.0, 6.0, 45.0, 6.0, 0.0, 6.0, 45.0]),
        ("bus", "dry", [10.5, 7.2, 35.0, 0.0, 72.0, 6.0, 35.0]),
        ("bus", "wet", [7.0, 0.0, 31.5, 0.0, 63.0, 6.0, 31.5]),
    ],
)
def test_motor_modes_take_their_share_up_to_their_cap(speeds, mode, season, kmh):
    """Village gravel and earth, national asphalt, track, motorway, ferry, national stone: by hand from the preset's rows."""
    table = roads(
        ("village", "gravel"), ("village", "earth"), ("national", "asphalt"), ("track", "unknown"), ("motorway", "asphalt"),
        ("ferry", "water"), ("national", "stone"),
    )  # fmt: skip
    assert mode_speed_kmh(table, speeds=speeds, season=season, mode=mode)[0] == pytest.approx(kmh)


def test_a_posted_limit_holds_for_every_motor_mode(speeds):
    """20 km/h posted on a national road of 50: the motorcycle does 20, the bus 14."""
    table = roads(("national", "asphalt"), maxspeed_kmh=[20.0])
    assert mode_speed_kmh(table, speeds=speeds, season="dry", mode="motorcycle")[0].tolist() == [20.0]
    assert mode_speed_kmh(table, speeds=speeds, season="dry", mode="bus")[0] == pytest.approx([14.0])


@settings(deadline=None, max_examples=20)
@given(st.floats(0.2, 4.0), st.sampled_from(["car", "motorcycle", "bus"]), st.sampled_from(["dry", "wet"]))
def test_k_times_all_speeds_is_k_times_the_speed_of_every_motor_mode(speeds, every_road, k, mode, season):
    """Speed rows, caps and the default multiplied by k: so are all results, and times are divided by k."""

    def scale(value):
        return None if value is None else value * k

    faster = speeds.model_copy(
        update={
            "rows": [row.model_copy(update={"kmh": row.kmh * k, "wet_kmh": scale(row.wet_kmh)}) for row in speeds.rows],
            "default_kmh": speeds.default_kmh * k,
            "modes": speeds.modes.model_copy(
                update={"rows": [row.model_copy(update={"cap_kmh": scale(row.cap_kmh)}) for row in speeds.modes.rows]}
            ),
        }
    )
    one, more = (mode_speed_kmh(every_road, speeds=profile, season=season, mode=mode)[0] for profile in (speeds, faster))
    assert more == pytest.approx(k * one)


def test_rain_never_speeds_a_mode_up_and_no_road_is_forgotten(speeds, every_road):
    """Every class with every surface has a speed, wet at most dry, in every mode; shuffled rows give shuffled speeds."""
    order = np.random.default_rng(5).permutation(len(every_road))
    for mode in ("car", "motorcycle", "bus", "bicycle"):
        dry, wet = (mode_speed_kmh(every_road, speeds=speeds, season=season, mode=mode)[0] for season in ("dry", "wet"))
        assert np.isfinite(dry).all()
        assert (wet <= dry + 1e-12).all()
        assert np.array_equal(mode_speed_kmh(every_road.iloc[order], speeds=speeds, season="dry", mode=mode)[0], dry[order])


def test_a_mode_without_figures_is_refused_by_name(speeds):
    """Walking is no vehicle; a profile without a bicycle has none."""
    table = roads(("village", "gravel"))
    bare = speeds.model_copy(update={"modes": type(speeds.modes)()})
    for profile, mode in ((speeds, "walk"), (speeds, "horse"), (bare, "bicycle"), (bare, "bus")):
        with pytest.raises(ConfigError) as caught:
            mode_speed_kmh(table, speeds=profile, season="dry", mode=mode)
        assert caught.value.code == "MODE-UNKNOWN"


def test_a_bicycle_keeps_off_motorways_and_sails_with_the_ferry(speeds):
    """No foot, no bicycle; level asphalt at 17.38 km/h; the ferry at 6."""
    table = roads(("motorway", "asphalt"), ("county", "asphalt"), ("ferry", "water"))
    kmh, _ = mode_speed_kmh(table, speeds=speeds, season="dry", mode="bicycle")
    assert kmh == pytest.approx([0.0, 17.38, 6.0], abs=5e-3)


@pytest.mark.parametrize(
    ("slope", "kmh"), [(0.0, 17.38), (0.02, 9.49), (0.05, 4.95), (0.1, 2.8187), (-0.01, 22.67), (-0.05, 25.0)]
)
def test_a_bicycle_rides_the_hand_example(bicycle, slope, kmh):
    """Level 17.38; 10 % is pushed at 0.8 of Tobler's 3.5234; down 5 % is braked to the top speed."""
    assert float(bicycle_kmh(slope, bicycle=bicycle)) == pytest.approx(kmh, abs=6e-3)


def test_slope_is_a_ratio_so_that_a_climb_of_a_tenth_is_no_ride_on_the_level(bicycle):
    """The slip of units that gives 14.43 km/h where 2.23 is meant: 10 % taken as 0.1 % or as 0.1° would ride at 15 km/h or more."""
    right = float(bicycle_kmh(0.1, bicycle=bicycle))
    assert right < 3.0
    assert float(bicycle_kmh(0.001, bicycle=bicycle)) > 15.0
    assert float(bicycle_min(1000.0, 100.0, bicycle=bicycle)) == pytest.approx(60.0 / right)


@settings(deadline=None, max_examples=40)
@given(st.floats(-0.4, 0.4), st.floats(20, 400), st.floats(40, 200), st.sampled_from(sorted(SURFACES)))
def test_the_ridden_speed_balances_power(bicycle, slope, power_w, mass_kg, surface):
    """Where it is neither braked nor pushed, force times speed is the rider's power: put back into the balance."""
    strong = bicycle.model_copy(update={"power_w": power_w, "mass_kg": mass_kg})
    row = next((one for one in strong.surfaces if one.surface == surface), strong.surfaces[-1])
    kmh = float(bicycle_kmh(slope, bicycle=strong, surface=surface))
    pushed = strong.push_factor * float(tobler_kmh(slope, level_kmh=5.0))
    assert pushed - 1e-12 <= kmh <= max(row.top_kmh, pushed) + 1e-12
    if pushed < kmh < row.top_kmh:
        angle = np.arctan(slope)
        v = kmh / 3.6 / np.cos(angle)
        force = mass_kg * 9.81 * (np.sin(angle) + row.rolling * np.cos(angle)) + 0.5 * strong.air_kg_m3 * strong.drag_m2 * v**2
        assert force * v == pytest.approx(power_w * strong.efficiency, rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.floats(-0.5, 0.5), st.floats(0.001, 0.2), st.floats(1.0, 3.0))
def test_a_bicycle_is_slower_on_a_steeper_climb_and_never_with_more_power(bicycle, slope, steeper, stronger):
    """Ridden speed falls with the slope; more power and faster walking never slow anyone down."""
    here = float(bicycle_kmh(slope, bicycle=bicycle))
    if slope >= 0:
        assert float(bicycle_kmh(slope + steeper, bicycle=bicycle)) <= here + 1e-9
    strong = bicycle.model_copy(update={"power_w": bicycle.power_w * stronger})
    assert float(bicycle_kmh(slope, bicycle=strong)) >= here - 1e-9
    assert float(bicycle_kmh(slope, bicycle=bicycle, walk_kmh=5.0 * stronger)) >= here - 1e-9


def test_there_and_back_over_a_hill_takes_longer_than_on_the_level(bicycle):
    """Up 30 m and down 30 m over 1 km each: what the climb costs the descent does not give back; a way of no length takes no time."""
    up, down, level = (float(bicycle_min(1000.0, rise, bicycle=bicycle)) for rise in (30.0, -30.0, 0.0))
    assert up > level > down
    assert up + down > 2 * level
    assert float(bicycle_min(0.0, 5.0, bicycle=bicycle)) == 0.0


def test_surfaces_go_with_their_slopes(bicycle):
    """Arrays broadcast: earth is slower than asphalt, and slower still when wet; an unheard-of surface takes the row for any."""
    kinds = np.array(["asphalt", "gravel", "earth", "felt", "unknown"])
    dry = bicycle_kmh(np.zeros((2, 1)), bicycle=bicycle, surface=kinds)
    assert dry.shape == (2, 5)
    assert dry[0, 0] > dry[0, 1] > dry[0, 2]
    assert dry[0, 3] == dry[0, 4]
    wet = bicycle_kmh(0.0, bicycle=bicycle, surface=kinds, season="wet")
    assert wet[2] < dry[0, 2]
    assert np.array_equal(np.delete(wet, 2), np.delete(dry[0], 2))


def test_a_bicycle_needs_a_figure_for_any_surface_and_none_twice(bicycle):
    """The model refuses a gap and a double."""
    whole = bicycle.model_dump()
    for rows in ([], whole["surfaces"][:1], [*whole["surfaces"], whole["surfaces"][0]]):
        with pytest.raises(ValidationError, match="surfaces"):
            Bicycle.model_validate({**whole, "surfaces": rows})


def test_every_mode_figure_says_where_it_comes_from(speeds, bicycle):
    """None of these is from a text at hand: all are conventions and say so."""
    for row in [*speeds.modes.rows, bicycle, *bicycle.surfaces]:
        assert row.status == "convention"
        assert row.source
