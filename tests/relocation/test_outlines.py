"""Outlines of cells: against rasterio's polygons and against the cells themselves."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from rasterio import features

from geoplan.relocation.outlines import outline_cells

AT = Affine(50, 0, 1000, 0, -50, 9000)


def _draw(text: str) -> NDArray[np.bool_]:
    return np.array([[one == "#" for one in line.strip()] for line in text.strip().splitlines()])


def _corners(polygon: shapely.Polygon) -> list[int]:
    return [len(ring.coords) - 1 for ring in (polygon.exterior, *polygon.interiors)]


@pytest.mark.parametrize(
    ("drawing", "corners"),
    [
        ("""#.
            ##""", [[6]]),
        ("""###
            #.#
            ###""", [[4, 4]]),
        # Two cells that meet at a corner are two pieces.
        ("""#.
            .#""", [[4], [4]]),
        # A ring closed by a corner only: the hole touches the shell there, and is a hole all the same.
        ("""###
            #.#
            ##.""", [[6, 4]]),
        # Two holes that touch at a corner are two.
        ("""####
            #.##
            ##.#
            ####""", [[4, 4, 4]]),
    ],
)  # fmt: skip
def test_outlines_by_hand(drawing: str, corners: list[list[int]]) -> None:
    found = outline_cells(_draw(drawing), AT)
    assert [_corners(one) for one in found] == corners
    assert shapely.is_valid(found).all()


def test_a_cell_lies_where_its_transform_says() -> None:
    """Row 1, column 2 of 50 m cells from (1000, 9000): x 1100..1150, y 8900..8950."""
    mask = np.zeros((3, 4), dtype=bool)
    mask[1, 2] = True
    assert outline_cells(mask, AT)[0].bounds == (1100.0, 8900.0, 1150.0, 8950.0)
    assert len(outline_cells(np.zeros((3, 4), dtype=bool), AT)) == 0


@settings(deadline=None, max_examples=40)
@given(hnp.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.booleans()))
def test_outlines_hold_exactly_the_cells_and_are_as_many_as_the_pieces(mask: NDArray[np.bool_]) -> None:
    """Oracle: rasterio's polygons; twin: the union of the cells' squares."""
    found = outline_cells(mask, AT)
    traced = [shapely.geometry.shape(one) for one, _ in features.shapes(mask.astype(np.uint8), mask=mask, transform=AT)]
    assert len(found) == len(traced)
    assert shapely.is_valid(found).all()
    row, col = np.nonzero(mask)
    squares = shapely.box(1000 + col * 50, 8950 - row * 50, 1050 + col * 50, 9000 - row * 50)
    assert shapely.equals(shapely.union_all(found), shapely.union_all(squares))
    assert shapely.area(found).sum() == pytest.approx(mask.sum() * 2500)
    assert sorted(shapely.area(found)) == pytest.approx(sorted(one.area for one in traced))
