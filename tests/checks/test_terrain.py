"""Elevations that cannot be, and settlements the elevation model does not carry."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.checks import check_terrain


def spoil(bundle, change=None, transform=None):
    layers = bundle.good_layers()
    values = layers.rasters["dem"].values.copy()
    if change is not None:
        change(values)
    return {one.code: one for one in check_terrain(bundle.with_dem(layers, values, transform), bundle.good_plan())}


def put(row, col, value):
    def change(values):
        values[row, col] = value

    return change


def test_void_under_a_settlement_is_named(bundle):
    """(1000, 1000) lies in row 30, column 10 of 100 m cells from (0, 4000)."""
    found = spoil(bundle, put(30, 10, np.nan))
    assert set(found) == {"DEM-VOID"}
    assert found["DEM-VOID"].ids == ("99082110120100101",)


def test_void_elsewhere_is_silent(bundle):
    assert spoil(bundle, put(0, 0, np.nan)) == {}


@pytest.mark.parametrize(
    ("value", "wrong"), [(-500.0, False), (-500.1, True), (9000.0, False), (9000.1, True), (-9999.0, True), (np.inf, True)]
)
def test_range_of_elevation(bundle, value, wrong):
    """−500 and 9,000 are still possible; −9999 is a nodata value no one declared."""
    found = spoil(bundle, put(0, 0, value))
    assert ("DEM-RANGE" in found) is wrong
    if wrong:
        assert (found["DEM-RANGE"].count, found["DEM-RANGE"].severity) == (1, "error")


def test_sea_as_zero_is_told_and_a_settlement_in_it_too(bundle):
    """Rows 30–39 at exactly 0 m: a quarter of the cells, and both settlements (y = 1000 is the top of row 30)."""
    found = spoil(bundle, put(slice(30, 40), slice(None), 0.0))
    assert found["DEM-SEA"].severity == "info"
    assert "25.0%" in found["DEM-SEA"].message_en
    assert found["DEM-SETTLEMENT-SEA"].count == 2


def test_negative_elevations_above_the_lowest_land_are_fine(bundle):
    """Comoros goes down to −14 m."""
    assert spoil(bundle, put(0, 0, -14.0)) == {}


def test_settlement_off_the_grid_is_named(bundle):
    """A grid that ends at x = 2000 does not carry b at x = 3000."""
    found = spoil(bundle, transform=Affine(50, 0, 0, 0, -100, 4000))
    assert set(found) == {"DEM-OUTSIDE"}
    assert found["DEM-OUTSIDE"].ids == ("99082110120200101",)


def test_flat_empty_and_coarse_models_are_told(bundle):
    assert set(spoil(bundle, put(slice(None), slice(None), 7.0))) == {"DEM-FLAT"}
    assert spoil(bundle, put(slice(None), slice(None), np.nan))["DEM-EMPTY"].severity == "error"
    assert set(spoil(bundle, transform=Affine(200, 0, 0, 0, -200, 4000))) == {"DEM-COARSE"}


@settings(deadline=None, max_examples=20)
@given(voids=st.sets(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=30))
def test_only_voids_under_settlements_count(bundle, voids):
    """Settlements stand in cells (30, 10) and (30, 30)."""

    def change(values):
        for cell in voids:
            values[cell] = np.nan

    found = spoil(bundle, change)
    expected = len(voids & {(30, 10), (30, 30)})
    assert (found["DEM-VOID"].count if "DEM-VOID" in found else 0) == expected
