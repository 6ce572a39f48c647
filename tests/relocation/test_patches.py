"""Cutting what is left into patches: shapes drawn in ASCII."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from geoplan.io.documents import read_relocation
from geoplan.relocation.capacity import size_patches, size_places
from geoplan.relocation.patches import cut_patches, drop_narrow, middle_cells

PROFILE = read_relocation("hazard_avoidance_2023")


def _draw(text: str) -> NDArray[np.bool_]:
    return np.array([[one == "#" for one in line.strip()] for line in text.strip().splitlines()])


def test_one_patch_and_a_column_too_narrow_by_hand() -> None:
    """Cells of 100 m: the 2 × 2 block is 40,000 m²; the column of three is narrower than two cells."""
    left = _draw("""
        ##..#
        ##..#
        ....#""")
    patches = cut_patches(left, 100.0, least_m2=10_000)
    assert patches.sizes.tolist() == [4]
    assert patches.cells.tolist() == [0, 1, 5, 6]
    assert (patches.narrow_cells, patches.small_cells, patches.small_patches) == (3, 0, 0)


def test_corners_do_not_join_ground() -> None:
    left = _draw("""
        ##..
        ##..
        ..##
        ..##""")
    assert cut_patches(left, 100.0, least_m2=10_000).sizes.tolist() == [4, 4]


def test_ground_does_not_join_around_the_edge_of_the_grid() -> None:
    """The last cell of a row and the first of the next are far apart on the ground."""
    left = _draw("""
        ##.##
        ##.##""")
    assert cut_patches(left, 100.0, least_m2=10_000).sizes.tolist() == [4, 4]


def test_patches_below_the_least_area_are_counted_and_exactly_the_least_is_kept() -> None:
    left = _draw("""
        ##.###
        ##.###""")
    patches = cut_patches(left, 100.0, least_m2=60_000)
    assert patches.sizes.tolist() == [6]
    assert (patches.small_cells, patches.small_patches) == (4, 1)


def test_large_ground_is_cut_into_equal_pieces() -> None:
    """A strip of 4 × 12 cells with at most 16 cells a patch becomes three of 4 × 4."""
    patches = cut_patches(np.ones((4, 12), dtype=bool), 100.0, least_m2=10_000, most_m2=160_000)
    assert patches.sizes.tolist() == [16, 16, 16]


def test_two_arms_in_one_tile_do_not_join_around_the_edge_of_the_grid() -> None:
    """A U as wide as the grid, cut across: its arms are apart in the upper tiles, though row ends follow one another in memory."""
    left = np.array([[True, True, False, True, True]] * 8 + [[True] * 5] * 4)
    patches = cut_patches(left, 10.0, least_m2=100, most_m2=2500)
    assert sorted(patches.sizes.tolist()) == [8, 8, 8, 8, 20]


def test_parts_of_a_tile_that_do_not_hang_together_are_separate() -> None:
    """A U of two arms: tiles hold a piece of each arm where the ground between is taken."""
    left = _draw("""
        ##..##
        ##..##
        ##..##
        ##..##
        ######
        ######""")
    patches = cut_patches(left, 10.0, least_m2=100, most_m2=1000)
    image = np.full(36, -1)
    image[patches.cells] = patches.patch
    image = image.reshape(6, 6)
    assert image[0, 0] != image[0, 5]
    assert patches.sizes.sum() + patches.small_cells == left.sum()


@settings(deadline=None, max_examples=60)
@given(
    hnp.arrays(bool, st.tuples(st.integers(2, 9), st.integers(2, 9)), elements=st.booleans()),
    st.integers(1, 6),
    st.integers(4, 30),
)
def test_every_cell_is_in_one_connected_patch_or_counted_as_dropped(left: NDArray[np.bool_], least: int, most: int) -> None:
    """Naive twin: flood fill of each patch; and cells in = cells out + narrow + small."""
    patches = cut_patches(left, 1.0, least_m2=least, most_m2=most)
    assert len(patches.cells) + patches.narrow_cells + patches.small_cells == left.sum()
    assert len(np.unique(patches.cells)) == len(patches.cells)
    assert left.ravel()[patches.cells].all()
    cols = left.shape[1]
    for number, size in enumerate(patches.sizes):
        own = {divmod(int(cell), cols) for cell in patches.cells[patches.patch == number]}
        assert size == len(own) >= least
        reached, edge = set(), [next(iter(own))]
        while edge:
            row, col = edge.pop()
            if (row, col) in own and (row, col) not in reached:
                reached.add((row, col))
                edge += [(row + 1, col), (row - 1, col), (row, col + 1), (row, col - 1)]
        assert reached == own


@settings(deadline=None, max_examples=40)
@given(hnp.arrays(bool, st.tuples(st.integers(2, 8), st.integers(2, 8)), elements=st.booleans()))
def test_narrow_ground_equals_a_twin_written_out(left: NDArray[np.bool_]) -> None:
    twin = np.zeros_like(left)
    for row in range(left.shape[0] - 1):
        for col in range(left.shape[1] - 1):
            if left[row : row + 2, col : col + 2].all():
                twin[row : row + 2, col : col + 2] = True
    assert (drop_narrow(left) == twin).all()


def test_the_point_that_stands_for_a_patch_lies_in_it() -> None:
    """An L of 14 cells: centroid at row 27/14 = 1.93, column 22/14 = 1.57; the nearest cell is row 2, column 2."""
    left = _draw("""
        ##...
        ##...
        #####
        #####""")
    patches = cut_patches(left, 10.0, least_m2=100)
    middle = middle_cells(patches, 5)
    assert middle.tolist() == [2 * 5 + 2]
    rows, cols = np.divmod(patches.cells, 5)
    off = np.hypot(rows - rows.mean(), cols - cols.mean())
    assert off[patches.cells == middle[0]][0] == off.min()


def test_capacity_by_hand() -> None:
    """1 ha / 90 m² = 111 people, / 3.6 = 30 households; 90 m² is one person and no household."""
    sized = size_patches(np.array([10_000.0, 90.0]), PROFILE, people_per_household=3.6)
    assert sized["capacity_persons"].tolist() == [111.0, 1.0]
    assert sized["capacity_households"].tolist() == [30.0, 0.0]
    assert sized["capacity_basis_zh"].str.contains("惯例").all()


def test_a_place_without_stated_capacity_has_none_and_not_zero() -> None:
    sized = size_places(np.array([10.0, np.nan, -3.0, 0.0]), "places", people_per_household=3.6)
    assert sized["capacity_persons"].tolist() == pytest.approx([36.0, np.nan, np.nan, 0.0], nan_ok=True)
    assert "未载容量" in sized["capacity_basis_zh"].iloc[1]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=5), st.floats(2, 6))
def test_capacity_never_exceeds_the_ground(areas: list[float], household: float) -> None:
    sized = size_patches(np.array(areas), PROFILE, people_per_household=household)
    assert (sized["capacity_persons"] * PROFILE.site_m2_per_person <= np.array(areas) + 1e-3).all()
    assert (sized["capacity_households"] * household <= sized["capacity_persons"] + 1e-6).all()
