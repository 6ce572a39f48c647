"""Maps of exclusions: the table's areas, and outlines that hold them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from geoplan.relocation import exclusion_maps
from geoplan.relocation.exclusion import Exclusion, tabulate_exclusions
from geoplan.relocation.exclusion_maps import block_mask, count_corners, draw_mask, map_exclusions
from geoplan.relocation.outlines import outline_cells


def test_maps_by_hand(make: SimpleNamespace) -> None:
    """4 × 4 cells of 10 m. First the left half: 20 × 40 m. Then the upper half: 40 × 20 m of its own, of which it adds the right 20 × 20 m."""
    study = np.ones((4, 4), dtype=bool)
    left, top = np.zeros((4, 4), dtype=bool), np.zeros((4, 4), dtype=bool)
    left[:, :2], top[:2] = True, True
    like = make.grid(np.zeros((4, 4)), cell_m=10.0)
    found = map_exclusions([Exclusion("a", "甲", "a", left), Exclusion("b", "乙", "b", top)], study, like)
    assert found[["reason", "scope"]].to_numpy().tolist() == [["a", "own"], ["a", "added"], ["b", "own"], ["b", "added"]]
    assert found["area_m2"].tolist() == [800.0, 800.0, 800.0, 400.0]
    assert found["block_m"].tolist() == [10.0] * 4
    assert [one.bounds for one in found.geometry] == [(0, 0, 20, 40), (0, 0, 20, 40), (0, 20, 40, 40), (20, 20, 40, 40)]
    assert found.crs == make.crs
    assert map_exclusions([], study, like).empty


@pytest.mark.parametrize(("drawing", "corners"), [("#", 4), ("##/#.", 6), ("#./.#", 8), ("###/#.#/###", 8), ("..", 0)])
def test_corners_by_hand(drawing: str, corners: int) -> None:
    assert count_corners(np.array([[one == "#" for one in line] for line in drawing.split("/")])) == corners


masks = hnp.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.booleans())


@settings(deadline=None, max_examples=30)
@given(masks)
def test_corners_are_those_of_the_outline(make: SimpleNamespace, mask: NDArray[np.bool_]) -> None:
    outline = outline_cells(mask, make.grid(np.zeros(mask.shape)).transform)
    rings = shapely.get_num_coordinates(outline).sum() - (len(outline) + shapely.get_num_interior_rings(outline).sum())
    assert count_corners(mask) == rings


@settings(deadline=None, max_examples=30)
@given(masks, st.sampled_from([2, 4]))
def test_blocks_fill_the_area_to_half_a_block(mask: NDArray[np.bool_], block: int) -> None:
    """As many blocks as the area fills (never more than have a marked cell), and none that is less taken than one left out."""
    found = block_mask(mask, block)
    padded = np.pad(mask, [(0, -size % block) for size in mask.shape])
    rows, cols = (size // block for size in padded.shape)
    taken = np.array(
        [[padded[r * block : (r + 1) * block, c * block : (c + 1) * block].sum() for c in range(cols)] for r in range(rows)]
    )
    assert found.sum() == min(np.floor(mask.sum() / block**2 + 0.5), (taken > 0).sum())
    if found.any() and not found.all():
        assert taken[found].min() >= taken[~found].max()


def test_a_ragged_mask_is_drawn_coarser_and_keeps_its_area(make: SimpleNamespace) -> None:
    """A chessboard of 32 × 32 cells has 2,048 corners; with at most 100 it is drawn in blocks, half the ground as before."""
    mask = np.indices((32, 32)).sum(axis=0) % 2 == 0
    like = make.grid(np.zeros((32, 32)), cell_m=10.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exclusion_maps, "MOST_CORNERS", 100)
        drawn, block = draw_mask(mask, like)
    assert block > 1
    assert drawn.area == pytest.approx(mask.sum() * 100, abs=(block * 10) ** 2 / 2)
    whole, fine = draw_mask(mask, like)
    assert (fine, whole.area) == (1, mask.sum() * 100)


@settings(deadline=None, max_examples=20)
@given(st.lists(hnp.arrays(bool, (6, 7), elements=st.booleans()), max_size=4), hnp.arrays(bool, (6, 7), elements=st.booleans()))
def test_maps_tell_the_areas_of_the_table_and_added_ground_never_overlaps(
    make: SimpleNamespace, reasons: list[NDArray[np.bool_]], study: NDArray[np.bool_]
) -> None:
    found = [Exclusion(str(number), "", "", one) for number, one in enumerate(reasons)]
    table, _ = tabulate_exclusions(found, study, 10.0)
    maps = map_exclusions(found, study, make.grid(np.zeros((6, 7)), cell_m=10.0))
    for scope, column in (("own", "excluded_area_m2"), ("added", "added_area_m2")):
        part = maps[maps["scope"] == scope]
        assert part["area_m2"].tolist() == table[column].tolist()
        assert part.geometry.area.tolist() == pytest.approx(table[column].tolist())
    added = maps[maps["scope"] == "added"].geometry
    assert shapely.union_all(added.to_numpy()).area == pytest.approx(added.area.sum())
