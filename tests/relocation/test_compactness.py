"""Compactness of patches: pencil, and a twin that counts sides one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from geoplan.relocation.compactness import measure_compactness
from geoplan.relocation.patches import cut_patches


def _one(mask: NDArray[np.bool_]) -> float:
    cells = np.flatnonzero(mask)
    return float(measure_compactness(cells, np.zeros(len(cells), dtype=np.intp), mask.shape[1])[0])


def test_compactness_by_hand() -> None:
    """A square has π/4 whatever its size; without the middle cell 4π·8/16²; a strip of 2 × 40 cells 4π·80/84²."""
    assert _one(np.ones((3, 3), dtype=bool)) == pytest.approx(np.pi / 4)
    assert _one(np.ones((7, 7), dtype=bool)) == pytest.approx(np.pi / 4)
    ring = np.ones((3, 3), dtype=bool)
    ring[1, 1] = False
    assert _one(ring) == pytest.approx(4 * np.pi * 8 / 16**2)
    assert _one(np.ones((2, 40), dtype=bool)) == pytest.approx(4 * np.pi * 80 / 84**2)


def test_a_thread_of_ground_is_no_patch_and_is_counted() -> None:
    """2 × 40 cells of 50 m are 20 ha and 100 m wide: 0.142 is below 0.15; 2 × 30 cells, 0.184, stay."""
    left = np.zeros((6, 42), dtype=bool)
    left[0:2, :40] = True
    left[3:5, :30] = True
    patches = cut_patches(left, 50.0, least_m2=10_000, most_m2=1e9, least_compactness=0.15)
    assert patches.sizes.tolist() == [60]
    assert (patches.straggling_cells, patches.straggling_patches) == (80, 1)
    assert patches.compactness.tolist() == pytest.approx([4 * np.pi * 60 / 64**2])


def test_a_wider_least_width_drops_what_two_cells_leave() -> None:
    """Ground of 3 cells' width stays for 150 m and goes for 151 m (four cells)."""
    left = np.ones((3, 12), dtype=bool)
    assert cut_patches(left, 50.0, least_m2=1.0, least_width_m=150.0).narrow_cells == 0
    assert cut_patches(left, 50.0, least_m2=1.0, least_width_m=151.0).narrow_cells == 36


@settings(deadline=None, max_examples=30)
@given(hnp.arrays(int, st.tuples(st.integers(1, 8), st.integers(1, 8)), elements=st.integers(0, 2)))
def test_compactness_equals_a_twin_that_counts_sides(image: NDArray[np.int64]) -> None:
    """Any two patches on a grid, touching or not; never above a square's."""
    present = np.unique(image[image > 0])
    if not len(present):
        return
    cells = np.flatnonzero(image.ravel() > 0)
    patch = np.searchsorted(present, image.ravel()[cells])
    found = measure_compactness(cells, patch, image.shape[1])
    padded = np.pad(image, 1)
    for number, label in enumerate(present):
        own = np.argwhere(padded == label)
        sides = sum(padded[r + dr, c + dc] != label for r, c in own for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)))
        assert found[number] == pytest.approx(4 * np.pi * len(own) / sides**2)
    assert (found <= np.pi / 4 + 1e-12).all()
