"""Rasters leave as Cloud-Optimized GeoTIFF: what comes back is what went in, in the layout that the name promises."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyproj import CRS

from geoplan.contracts.grid import Grid
from geoplan.errors import LayerError
from geoplan.io.cog import write_cog

PLACE = Affine(50.0, 0, 580_000, 0, -50.0, 3_570_000)


def grid(values):
    return Grid(np.asarray(values, dtype=np.float32), PLACE, CRS.from_epsg(4544))


def test_the_file_is_cloud_optimized_and_says_what_its_numbers_are(tmp_path):
    values = np.add.outer(np.arange(1500.0), np.arange(1200.0))
    values[:, 600] = np.nan
    path = write_cog(grid(values), tmp_path / "分钟.tif", description="minutes to a clinic", unit="min", tags={"season": "wet"})
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.overviews(1)
        assert (file.block_shapes[0], file.descriptions[0], file.units[0]) == ((512, 512), "minutes to a clinic", "min")
        assert file.tags()["season"] == "wet"
        assert file.crs.to_epsg() == 4544
        np.testing.assert_array_equal(file.read(1), values.astype(np.float32))


@settings(deadline=None, max_examples=15)
@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(0, 1e4, width=32) | st.just(np.nan)))
def test_what_is_read_back_is_what_was_written(tmp_path_factory, values):
    path = write_cog(grid(values), tmp_path_factory.mktemp("cog") / "g.tif", description="x", unit="min")
    with rasterio.open(path) as file:
        np.testing.assert_array_equal(file.read(1), values)
        assert file.transform == PLACE


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = write_cog(grid([[1.0]]), tmp_path / "g.tif", description="x", unit="min")
    before = path.read_bytes()
    with pytest.raises(LayerError, match="COG-EMPTY"):
        write_cog(grid(np.zeros((0, 3))), path, description="x", unit="min")
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["g.tif"]
