"""Every reached cell has one owner, the one its own path leads to, and areas add up."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.catchment import allocate_cells, draw_catchments
from geoplan.access.kernel import NEVER
from geoplan.access.trace import trace
from geoplan.contracts.grid import Grid
from geoplan.errors import TableError


def test_two_clinics_in_a_row_of_six_share_it(world):
    surface = world.surface(world.level(0, 0, 180, 30))
    found = world.travel(surface, [(15, 15)], [(15, 15), (165, 15)])
    assert allocate_cells(found.field).tolist() == [[0, 0, 0, 1, 1, 1]]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), towards=st.booleans())
def test_the_owner_of_a_cell_is_where_its_path_ends(world, scenes, seed, towards):
    """The same cell for cell as tracing each on its own; cells nobody reached are nobody's."""
    scene = scenes.draw_scene(seed, world.speeds, world.walking)
    found = world.travel(scene.surface, scene.here, scene.there, towards=towards)
    field, owner = found.field, allocate_cells(found.field)
    reached = np.flatnonzero(field.time.reshape(-1) < NEVER)
    steps = trace(field, reached)
    naive = np.full(field.time.size, -1)
    naive[reached] = field.seeds.source[steps.seed]
    np.testing.assert_array_equal(owner.reshape(-1), naive)


def test_catchments_add_up_and_nobodys_nearest_keeps_its_row(world):
    """Three clinics, two at one place: the second of those is nobody's nearest; a fourth is off the grid."""
    surface = world.surface(world.level(0, 0, 900, 600))
    found = world.travel(surface, [(15, 15)], [(100, 300), (800, 300), (800, 300), (90_000, 0)])
    table = draw_catchments(found.field, found.far, ["A", "B", "C", "D"])
    assert table["facility_id"].tolist() == ["A", "B", "C", "D"]
    assert table["status"].tolist() == ["ok", "ok", "ok", "unsnapped"]
    assert table["area_km2"].sum() == pytest.approx(0.9 * 0.6)
    assert table["area_km2"][2:].tolist() == [0.0, 0.0]
    assert table.geometry[2:].is_empty.all()
    np.testing.assert_allclose(table.geometry.area / 1e6, table["area_km2"])
    assert table.geometry.iloc[0].intersection(table.geometry.iloc[1]).area == 0.0


def test_people_of_catchments_are_all_people_on_reached_ground(world):
    """600 people on 30 cells of 100 m, all on the ground: shared out without loss."""
    surface = world.surface(world.level(0, 0, 600, 500, cell_m=50.0))
    found = world.travel(surface, [(15, 15)], [(100, 250), (500, 250)])
    people = Grid(np.full((5, 6), 20.0), Affine(100.0, 0, 0, 0, -100.0, 500.0), world.crs)
    table = draw_catchments(found.field, found.far, ["A", "B"], population=people)
    assert table["persons"].sum() == pytest.approx(600.0)
    assert table["persons"].tolist() == pytest.approx([300.0, 300.0], rel=0.1)


def test_simplified_catchments_neither_overlap_nor_change_their_area(world):
    surface = world.surface(world.level(0, 0, 3000, 3000))
    found = world.travel(surface, [(15, 15)], [(500, 500), (2500, 700), (1500, 2500)])
    plain, simple = (draw_catchments(found.field, found.far, ["A", "B", "C"], simplify_m=one) for one in (0.0, 60.0))
    assert simple["area_km2"].tolist() == plain["area_km2"].tolist()
    assert simple.geometry.count_coordinates().sum() < plain.geometry.count_coordinates().sum()
    assert simple.union_all().area == pytest.approx(simple.geometry.area.sum())


def test_one_id_per_point(world):
    surface = world.surface(world.level(0, 0, 300, 300))
    found = world.travel(surface, [(15, 15)], [(100, 100)])
    with pytest.raises(TableError, match="CATCHMENT-IDS"):
        draw_catchments(found.field, found.far, ["A", "B"])
