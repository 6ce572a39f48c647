"""Pieces of houses: areas of unions, discs and strips, cells of rasters, against pencil, shapely and a cell-by-cell twin."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geoplan.contracts.config import HazardConfig
from geoplan.relocation import read_zones
from geoplan.relocation.house_pieces import (
    Pieces,
    cut_by_polygons,
    cut_by_survey,
    cut_by_zones,
    join_pieces,
    list_runs,
    measure_pieces,
)


def _array(*shapes: object) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


def test_overlapping_pieces_count_once() -> None:
    """
    A house of 10 × 10 m; zones over its western and its eastern 6 m: 60 m² each, 100 m² together.
    A second house lies wholly in one zone, a third in none.
    """
    houses = _array(box(0, 0, 10, 10), box(2, 20, 4, 24), box(90, 0, 99, 9))
    pieces = cut_by_polygons(houses, _array(box(-5, -5, 6, 50), box(4, -5, 50, 15)))
    assert sorted(pieces.house.tolist()) == [0, 0, 1]
    assert measure_pieces(pieces, shapely.area(houses)).tolist() == [100.0, 8.0, 0.0]


def test_no_pieces_have_no_area() -> None:
    assert measure_pieces(join_pieces([]), np.array([5.0, 0.0])).tolist() == [0.0, 0.0]


def test_points_and_lines_reach_into_houses(make: SimpleNamespace) -> None:
    """A disc of 100 m holds a quarter turn of itself, π·100²/4; a strip of 3 m on each side of a line takes 6 m of a house's 10."""
    slides = make.layers(z=make.frame([Point(0, 0)], hazard_class=["high"], radius_m=[100.0]))
    disc = cut_by_zones(_array(box(0, 0, 200, 200)), read_zones(slides, HazardConfig(layer="z", kind="landslide")))
    assert measure_pieces(disc, np.array([40_000.0])) == pytest.approx(np.pi * 100**2 / 4, rel=2e-4)
    assert measure_pieces(disc, np.array([40_000.0])) <= np.pi * 100**2 / 4
    faults = make.layers(z=make.frame([LineString([(5, -50), (5, 50)])], hazard_class=["high"], setback_m=[3.0]))
    strip = cut_by_zones(_array(box(0, 0, 10, 10)), read_zones(faults, HazardConfig(layer="z", kind="fault")))
    assert measure_pieces(strip, np.array([100.0])) == pytest.approx(60.0)


def test_cells_under_a_house_are_joined_along_rows(make: SimpleNamespace) -> None:
    """
    Cells of 10 m under a house from (5, 5) to (25, 15): the two 0.5 of the upper row are one run.

        .5  .5  0        y 10 to 20
        0   .5  nan      y 0 to 10
    """
    grid = make.grid([[0.5, 0.5, 0.0], [0.0, 0.5, np.nan]], cell_m=10.0)
    runs = list_runs(_array(box(5, 5, 25, 15)), grid)
    assert [one.bounds for one in runs.box] == [
        (0, 10, 20, 20),
        (20, 10, 30, 20),
        (0, 0, 10, 10),
        (10, 0, 20, 10),
        (20, 0, 30, 10),
    ]
    np.testing.assert_array_equal(runs.index, [0.5, 0.0, 0.0, 0.5, np.nan])
    assert (runs.house == 0).all()


def test_a_house_on_the_line_between_cells_touches_both_and_one_off_the_raster_none(make: SimpleNamespace) -> None:
    grid = make.grid([[0.25, 0.75]], cell_m=10.0)
    runs = list_runs(_array(box(2, 2, 10, 8), box(100, 0, 110, 10), None), grid)
    assert runs.house.tolist() == [0, 0]
    assert runs.index.tolist() == [0.25, 0.75]


def test_a_raster_with_a_survey_area_is_free_only_inside_it(make: SimpleNamespace) -> None:
    """Cells 0 over x 0-20; surveyed x 0-12 only: of a house over x 5-15 the 7 m to x = 12 are known to be free."""
    layers = make.layers(z=make.grid([[0.0, 0.0]], cell_m=10.0), s=make.frame([box(0, 0, 12, 10)]))
    stated = HazardConfig(layer="z", kind="flood", thresholds={"low": 1.0}, survey_area="s")
    houses = _array(box(5, 0, 15, 10))
    assert measure_pieces(cut_by_survey(houses, read_zones(layers, stated)), np.array([100.0])).tolist() == [70.0]
    silent = HazardConfig(layer="z", kind="flood", thresholds={"low": 1.0})
    assert measure_pieces(cut_by_survey(houses, read_zones(layers, silent)), np.array([100.0])).tolist() == [100.0]


corner = st.integers(0, 30)
rectangle = st.tuples(corner, corner, st.integers(1, 15), st.integers(1, 15))


@settings(deadline=None, max_examples=30)
@given(st.lists(rectangle, min_size=1, max_size=4), st.lists(rectangle, min_size=1, max_size=40))
def test_covered_area_equals_counting_square_metres(houses: list, zones: list) -> None:
    """Naive twin: whole-metre rectangles painted on a grid of 1 m cells and counted."""
    boxes = _array(*[box(x, y, x + w, y + h) for x, y, w, h in houses])
    painted = np.zeros((50, 50), dtype=bool)
    for x, y, w, h in zones:
        painted[y : y + h, x : x + w] = True
    pieces = cut_by_polygons(boxes, _array(*[box(x, y, x + w, y + h) for x, y, w, h in zones]))
    expected = [painted[y : y + h, x : x + w].sum() for x, y, w, h in houses]
    np.testing.assert_allclose(measure_pieces(pieces, shapely.area(boxes)), expected, atol=1e-9)


@settings(deadline=None, max_examples=20)
@given(st.lists(rectangle, min_size=1, max_size=4), st.lists(st.sampled_from([0.0, 0.25, 1.0, np.nan]), min_size=25, max_size=25))
def test_raster_pieces_equal_a_loop_over_cells(make: SimpleNamespace, houses: list, values: list) -> None:
    """Naive twin: every house against every cell of 10 m, with shapely."""
    grid = make.grid(np.array(values).reshape(5, 5), cell_m=10.0)
    zones = read_zones(make.layers(z=make.grid([[1.0]])), HazardConfig(layer="z", kind="flood", thresholds={"low": 1.0}))
    zones = replace(zones, raster=grid)
    boxes = _array(*[box(x, y, x + w, y + h) for x, y, w, h in houses])
    for cut, wanted in ((cut_by_zones, lambda v: v > 0), (cut_by_survey, lambda v: v == 0)):
        expected = np.zeros(len(boxes))
        for row, col in np.ndindex(5, 5):
            if wanted(grid.values[row, col]):
                expected += shapely.area(shapely.intersection(boxes, box(col * 10, 40 - row * 10, col * 10 + 10, 50 - row * 10)))
        np.testing.assert_allclose(measure_pieces(cut(boxes, zones), shapely.area(boxes)), expected, atol=1e-9)


def test_inputs_stay_as_they_were() -> None:
    houses = _array(box(0, 0, 10, 10))
    pieces = Pieces(np.array([0]), houses.copy())
    measure_pieces(pieces, np.array([100.0]))
    cut_by_polygons(houses, _array(box(5, 5, 20, 20)))
    assert houses[0].equals_exact(box(0, 0, 10, 10), 0.0)
