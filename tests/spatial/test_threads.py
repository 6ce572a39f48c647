"""A warning that rasterio hides from its own rasters stays hidden, whatever filters another thread restores meanwhile."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from rasterio.errors import NotGeoreferencedWarning
from rasterio.features import rasterize
from shapely.geometry import box

from geoplan.spatial.threads import calm_threads


def test_rasters_in_memory_do_not_warn_beside_threads_that_restore_filters():
    def restore(_):
        with warnings.catch_warnings():
            return np.arange(200_000).sum()

    def draw(_):
        return int(rasterize([box(0, 0, 5, 5)], out_shape=(50, 50)).sum())

    with calm_threads(), ThreadPoolExecutor(4) as pool:
        restored = pool.map(restore, range(400))
        assert set(pool.map(draw, range(400))) == {25}
        assert set(restored) == {19_999_900_000}


def test_afterwards_every_filter_is_as_before_and_other_warnings_are_never_hidden():
    before = list(warnings.filters)
    with calm_threads(), pytest.warns(UserWarning, match="mine"):
        warnings.warn("mine", UserWarning, stacklevel=1)
    assert list(warnings.filters) == before
    with pytest.warns(NotGeoreferencedWarning):
        warnings.warn("shown again", NotGeoreferencedWarning, stacklevel=1)
