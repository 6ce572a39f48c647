"""One ground and one surface for all seasons, unless the wet one has barriers of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from geoplan.access.seasons import ground_seasons, join_seasons
from geoplan.contracts.config import AccessConfig


def make(world, config, barriers, **options):
    dem = world.grid(np.zeros((20, 20)), north=600.0)
    layers = {"landcover": None, "fractions": {}, **options}
    return ground_seasons(dem, walking=world.walking, config=config, barriers=barriers, **layers)


def test_seasons_without_barriers_of_their_own_are_one_ground_and_one_surface(world):
    """Two seasons, one ground named *, one surface under both names."""
    config, barriers = AccessConfig(), {"dry": None, "wet": None}
    grounds = make(world, config, barriers)
    assert list(grounds) == ["*"]
    surfaces = join_seasons(grounds, world.network([[(0, 15), (600, 15)]]), config=config, barriers=barriers)
    assert list(surfaces) == ["dry", "wet"]
    assert surfaces["dry"] is surfaces["wet"]


def test_a_flood_closes_the_ground_in_the_wet_alone(world):
    """600 m on foot in the dry; in the wet the flood lies between and there is no way."""
    flood = world.draw(box(270, -9, 330, 609))
    config, barriers = AccessConfig(wet_barriers=["flood"]), {"dry": None, "wet": flood}
    surfaces = join_seasons(make(world, config, barriers), world.network([]), config=config, barriers=barriers)
    assert surfaces["dry"] is not surfaces["wet"]
    found = [
        world.travel(surfaces[season], [[15, 315]], [[585, 315]], season=season).paths.minutes[0] for season in ("dry", "wet")
    ]
    assert found == [6.84, np.inf]


def test_a_river_is_crossed_by_ford_in_the_dry_alone(world):
    """One ground, one surface: the season is the road's."""
    river = world.draw(LineString([(300, -9), (300, 609)]))
    config, barriers = AccessConfig(), {"dry": river, "wet": river}
    network = world.network(
        [[(0, 315), (280, 315)], [(280, 315), (320, 315)], [(320, 315), (600, 315)]], crossing=["", "ford", ""]
    )
    surfaces = join_seasons(make(world, config, barriers), network, config=config, barriers=barriers)
    found = [
        world.travel(surfaces[season], [[0, 315]], [[600, 315]], season=season).paths.minutes[0] for season in ("dry", "wet")
    ]
    assert found == [1.8, np.inf]


def test_options_of_the_plan_reach_the_ground_and_the_surface(world):
    """Eight neighbours, slant lengths, the sea at 0 m without known cover, and shares of cover: the largest is the cell's class."""
    config = AccessConfig(neighbours=8, length="slope", cliff_deg=30.0, seasons=["dry"], sea=True)
    shares = {40: world.grid(np.full((20, 20), 60.0), north=600.0), 50: world.grid(np.full((20, 20), 40.0), north=600.0)}
    shares[40].values[0, 0] = 30.0
    grounds = make(world, config, {"dry": None}, fractions=shares)
    ground = grounds["*"]
    assert (ground.blocked >> 8 == 255).all()
    assert ground.level_kmh[ground.speed_class[5, 5]] == pytest.approx(2.5)
    assert ground.level_kmh[ground.speed_class[0, 0]] == pytest.approx(5.0)
    surface = join_seasons(grounds, world.network([]), config=config, barriers={"dry": None})["dry"]
    assert surface.along_slope
    assert surface.cliff_deg == 30.0
    sea = make(world, config, {"dry": None}, landcover=world.grid(np.zeros((20, 20)), north=600.0))["*"]
    assert (sea.speed_class == 0).all()


@settings(deadline=None, max_examples=10)
@given(west=st.floats(0, 500), south=st.floats(0, 500), size=st.floats(1, 300))
def test_the_wet_is_never_quicker_on_the_ground(world, west, south, size):
    """Whatever the flood: no cell earlier in the wet than in the dry."""
    flood = world.draw(box(west, south, west + size, south + size))
    config, barriers = AccessConfig(wet_barriers=["flood"]), {"dry": None, "wet": flood}
    surfaces = join_seasons(make(world, config, barriers), world.network([]), config=config, barriers=barriers)
    times = [
        world.travel(surfaces[season], [[15, 15]], [[15, 15]], season=season, move_max_m=0.0).field.time
        for season in ("dry", "wet")
    ]
    assert (times[1] >= times[0]).all()
