"""Roads over water and voids have the heights between their banks: nobody climbs from the sea to a bridge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.retime import PARTS

_UP, _DOWN = PARTS.index("ascent_m"), PARTS.index("descent_m")


def _crossing(world, *, west_m, east_m, water=(8, 12), lines=(((0, 305), (600, 305)),)):
    """Banks at two heights, four columns of water at no height that counts, and a road across."""
    height = np.where(np.arange(20) < 10, west_m, east_m) * np.ones((20, 1))
    cover = np.full((20, 20), 50.0)
    cover[:, water[0] : water[1]] = 80.0
    place = {"west": 0.0, "north": 600.0}
    ground = world.hills(world.grid(height, **place), landcover=world.grid(cover, **place), cliff_deg=None)
    return world.surface(ground, [list(line) for line in lines])


@settings(deadline=None, max_examples=15)
@given(st.integers(100, 3000), st.integers(-60, 60))
def test_crossing_water_climbs_from_bank_to_bank_and_no_more(world, west_m, rise_m):
    """By hand: banks at 500 and 560 m: 60 m up, none down; the other way round."""
    surface = _crossing(world, west_m=float(west_m), east_m=float(west_m + rise_m))
    there = world.travel(surface, [(15, 305)], [(585, 305)]).paths.parts[0]
    back = world.travel(surface, [(585, 305)], [(15, 305)]).paths.parts[0]
    assert there[_UP] == pytest.approx(max(rise_m, 0), abs=0.11)
    assert there[_DOWN] == pytest.approx(max(-rise_m, 0), abs=0.11)
    assert [back[_DOWN], back[_UP]] == pytest.approx([there[_UP], there[_DOWN]], abs=1e-6)


def test_heights_over_water_lie_evenly_between_the_banks(world):
    surface = _crossing(world, west_m=500.0, east_m=560.0)
    x, z = surface.stops.xy[:, 0], surface.height_m
    assert np.isfinite(z).all()
    assert (np.diff(z[np.argsort(x)]) >= -1e-9).all()
    assert z.min() == pytest.approx(500.0, abs=0.1)
    assert z.max() == pytest.approx(560.0, abs=0.1)


def test_a_junction_over_water_takes_the_mean_of_its_roads_and_a_road_in_the_sea_keeps_none(world):
    """Two roads meet in mid-river; a third, all water, joins nothing."""
    lines = (((0, 305), (295, 305)), ((295, 305), (600, 305)), ((270, 20), (270, 60)))
    surface = _crossing(world, west_m=500.0, east_m=560.0, lines=lines)
    junctions = surface.network.nodes
    at = np.flatnonzero((junctions == [295.0, 305.0]).all(axis=1))
    assert surface.height_m[at] == pytest.approx([530.0], abs=0.1)
    sea = surface.stops.xy[:, 1] < 100
    assert np.isnan(surface.height_m[sea]).all()
    assert np.isfinite(surface.height_m[~sea]).all()
