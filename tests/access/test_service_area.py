"""Bands of travel time: thresholds inside, bands apart, ground and people all accounted for."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.service_area import band_cells, draw_service_areas
from geoplan.contracts.grid import Grid
from geoplan.errors import ConfigError


def test_exactly_the_threshold_is_inside(world):
    """Level 30 m cells at 5 km/h are 0.36 min each: the cell 50 east is 18.0 min away, the 51st is beyond."""
    surface = world.surface(world.level(0, 0, 3000, 30))
    found = world.travel(surface, [(15, 15)], [(15, 15)])
    band = band_cells(found.field, [18.0, 36.0])[0]
    assert band[:51].tolist() == [0] * 51
    assert band[51:100].tolist() == [1] * 49


@settings(deadline=None, max_examples=15)
@given(kmh=st.floats(2.0, 9.0))
def test_the_fiftieth_cell_is_inside_whatever_the_speed(world, kmh):
    """50 cells of 30 m: 1.5 km / kmh, however it rounds to ticks."""
    surface = world.surface(world.level(0, 0, 3000, 30, walk_kmh=kmh))
    found = world.travel(surface, [(15, 15)], [(15, 15)])
    band = band_cells(found.field, [90.0 / kmh])[0]
    assert (band == 0).sum() == 51


def test_the_ground_within_a_time_is_a_disc(world):
    """Level ground, 12 min at 5 km/h = 1 km: between the disc and the sixteen-cornered one 2.75 % smaller in radius."""
    surface = world.surface(world.level(-1500, -1500, 1500, 1500, cell_m=20.0))
    found = world.travel(surface, [(0, 0)], [(0, 0)])
    area = draw_service_areas(found.field, [12.0])["area_km2"].iloc[0]
    assert np.pi * (1.0 / 1.0275) ** 2 * 0.98 <= area <= np.pi * 1.01


def test_bands_and_all_other_ground_are_the_grid(world):
    """A river cuts the east off, the grid is 3 × 1.2 km: bands, beyond, and unreachable add up; polygons do not overlap."""
    import shapely

    river = world.draw(shapely.LineString([(2000, -100), (2000, 1300)]))
    surface = world.surface(world.level(0, 0, 3000, 1200, barriers=river), barriers=river)
    found = world.travel(surface, [(15, 15)], [(200, 600)])
    table = draw_service_areas(found.field, [5.0, 10.0])
    assert table["status"].tolist() == ["ok", "ok", "ok", "unreachable", "unsnapped", "no_data"]
    assert table["area_km2"].sum() == pytest.approx(3.6)
    assert table["area_km2"].iloc[3] == pytest.approx(1.2, abs=0.08)
    np.testing.assert_allclose(table.geometry.area / 1e6, table["area_km2"])
    assert table["to_min"].iloc[2] == np.inf
    assert table["to_min"].iloc[3:].isna().all()


def test_people_of_all_states_are_everybody(world):
    """A raster of 1,000 people, half of it off the grid."""
    surface = world.surface(world.level(0, 0, 1000, 1000, cell_m=50.0))
    found = world.travel(surface, [(15, 15)], [(500, 500)])
    people = Grid(np.full((10, 20), 5.0), Affine(100.0, 0, 0, 0, -100.0, 1000.0), world.crs)
    table = draw_service_areas(found.field, [3.0, 6.0], population=people).set_index("band")
    assert table["persons"].sum() == pytest.approx(1000.0)
    assert table.loc["no_data", "persons"] == pytest.approx(500.0)


def test_a_longer_band_never_holds_less(world, scenes):
    scene = scenes.draw_scene(7, world.speeds, world.walking)
    found = world.travel(scene.surface, scene.here, scene.there)
    areas = [draw_service_areas(found.field, [one])["area_km2"].iloc[0] for one in (0.5, 1.0, 2.0, 4.0)]
    assert areas == sorted(areas)


@pytest.mark.parametrize("bands", [[], [0.0, 5.0], [10.0, 5.0], [float("nan")]])
def test_bands_that_do_not_rise_are_refused(world, bands):
    found = world.travel(world.surface(world.level(0, 0, 300, 300)), [(15, 15)], [(100, 100)])
    with pytest.raises(ConfigError, match="BANDS"):
        draw_service_areas(found.field, bands)


def test_a_band_beyond_the_search_is_refused(world):
    found = world.travel(world.surface(world.level(0, 0, 300, 300)), [(15, 15)], [(100, 100)], limit_min=5.0)
    assert band_cells(found.field, [5.0]).shape == (10, 10)
    with pytest.raises(ConfigError, match="BANDS-LIMIT"):
        band_cells(found.field, [6.0])
