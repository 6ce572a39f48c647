"""Cells carried from grid to grid and grown by gaps: against squares and exact distances."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from geoplan.contracts.grid import Grid
from geoplan.relocation.grid_masks import grow_cells, near_cells, touch_cells


def _squares(grid: Grid) -> NDArray[np.object_]:
    rows, cols = np.indices(grid.shape)
    west, north = grid.transform.c + cols * grid.transform.a, grid.transform.f + rows * grid.transform.e
    return shapely.box(west, north + grid.transform.e, west + grid.transform.a, north)


def test_growing_by_hand(make: SimpleNamespace) -> None:
    """Cells of 10 m, one marked: a gap below 10 m holds 3 × 3 cells, below 10.1 m also the twelve two away along rows and columns; 0 m the cell itself."""
    mask = np.zeros((9, 9), dtype=bool)
    mask[4, 4] = True
    like = make.grid(np.zeros((9, 9)), cell_m=10.0)
    assert [int(grow_cells(mask, like, reach).sum()) for reach in (0.0, 0.5, 10.0, 10.1, 14.2)] == [1, 9, 9, 21, 25]
    assert not grow_cells(np.zeros((9, 9), dtype=bool), like, 50.0).any()


def test_cells_that_meet_at_a_side_do_not_enter_one_another(make: SimpleNamespace) -> None:
    """A marked cell of 100 m is four of 50 m exactly, and nothing lies beyond a grid that ends where the other does."""
    mask = np.zeros((3, 3), dtype=bool)
    mask[1, 1] = True
    like = make.grid(np.zeros((6, 6)), cell_m=50.0)
    assert np.argwhere(touch_cells(mask, make.grid(mask), like)).tolist() == [[2, 2], [2, 3], [3, 2], [3, 3]]
    assert touch_cells(mask, make.grid(mask), like, outside=True).sum() == 4
    wider = make.grid(np.zeros((8, 8)), cell_m=50.0, west=-50.0, south=-50.0)
    assert touch_cells(mask, make.grid(mask), wider, outside=True).sum() == 4 + 64 - 36


@settings(deadline=None, max_examples=40)
@given(
    hnp.arrays(bool, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.booleans()),
    st.integers(7, 40),
    st.integers(-30, 60),
    st.integers(-30, 60),
    st.floats(0, 60),
)
def test_no_cell_left_is_within_the_reach_of_a_marked_one(
    make: SimpleNamespace, mask: NDArray[np.bool_], cell: int, west: int, south: int, reach: float
) -> None:
    """Grids of any two cells and origins: touched is exactly where squares overlap, grown is never too little and at most a cell too much."""
    grid = make.grid(mask, cell_m=float(cell), west=float(west), south=float(south))
    like = make.grid(np.zeros((9, 10)), cell_m=10.0)
    squares, marked = _squares(like), shapely.union_all(_squares(grid)[mask])
    touched = touch_cells(mask, grid, like)
    assert (touched == (shapely.area(shapely.intersection(squares, marked)) > 1e-6)).all()
    beyond = shapely.difference(squares, shapely.box(*grid.bounds))
    assert (touch_cells(mask, grid, like, outside=True) == (touched | (shapely.area(beyond) > 1e-6))).all()
    grown, gaps = near_cells(mask, grid, like, reach_m=reach), shapely.distance(squares, marked)
    if mask.any():
        assert (gaps[~grown] >= reach - 1e-5).all()
        assert (gaps[grown] <= reach + 10 * np.sqrt(2) + 1e-5).all()
    assert not (grown & ~near_cells(mask, grid, like, reach_m=reach + 5)).any()
