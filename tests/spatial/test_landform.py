"""Relief and curvature on planes, bowls and random ground."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyproj import CRS

from geoplan.contracts.grid import Grid
from geoplan.errors import CrsError
from geoplan.spatial.landform import curvature_per_km, local_relief

METRIC = CRS.from_epsg(4544)


def grid(values, *, width=10.0, height=10.0, crs=METRIC):
    return Grid(np.asarray(values, dtype=float), Affine(width, 0, 0, 0, -height, 0), crs)


def naive_relief(z, width, height, radius_m):
    """Every cell against every other."""
    r, c = np.indices(z.shape)
    out = np.full(z.shape, np.nan)
    for i, j in np.argwhere(~np.isnan(z)):
        around = z[np.hypot((r - i) * height, (c - j) * width) <= radius_m * (1 + 1e-9)]
        out[i, j] = np.nanmax(around) - np.nanmin(around)
    return out


ground = st.builds(
    lambda z, holes: np.where(holes, np.nan, z),
    hnp.arrays(float, (6, 8), elements=st.integers(0, 100).map(float)),
    hnp.arrays(bool, (6, 8), elements=st.integers(0, 5).map(lambda one: one == 0)),
)


def test_relief_of_a_plane_is_its_rise_over_the_window():
    """3 m per 10 m cell, within 20 m: four cells' rise, 12 m; at the edge half of it."""
    relief = local_relief(grid(np.tile(np.arange(9) * 3.0, (9, 1))), radius_m=20.0).values
    assert relief[4].tolist() == [6.0, 9.0, 12.0, 12.0, 12.0, 12.0, 12.0, 9.0, 6.0]


def test_the_window_is_a_circle_and_its_rim_is_inside():
    """A post of 50 m: seen from the cells within 30 m of it, √2·30 m is outside."""
    z = np.zeros((9, 9))
    z[4, 4] = 50.0
    far = 10 * np.hypot(*np.mgrid[-4:5, -4:5])
    assert ((local_relief(grid(z), radius_m=30.0).values == 50.0) == (far <= 30.0)).all()


@settings(max_examples=30, deadline=None)
@given(ground, st.sampled_from([5.0, 10.0, 25.0, 31.7, 200.0]), st.sampled_from([(10.0, 10.0), (10.0, 15.0)]))
def test_relief_is_that_of_every_cell_against_every_other(z, radius_m, cell):
    found = local_relief(grid(z, width=cell[0], height=cell[1]), radius_m=radius_m).values
    assert found == pytest.approx(naive_relief(z, *cell, radius_m), nan_ok=True)


@settings(max_examples=30, deadline=None)
@given(ground, st.floats(5, 60), st.floats(0, 40))
def test_a_wider_window_never_has_less_relief(z, radius_m, more):
    small, large = (local_relief(grid(z), radius_m=one).values for one in (radius_m, radius_m + more))
    known = ~np.isnan(z)
    assert (large[known] >= small[known]).all()


def test_a_bowl_is_positive_a_dome_negative_a_plane_nothing():
    """z = ±(x² + y²)/2000: second derivatives of 1/1000 m each, 2 per km."""
    y, x = np.mgrid[-5:6, -5:6] * 10.0
    bowl = grid((x**2 + y**2) / 2000.0)
    inner = (slice(1, -1), slice(1, -1))
    assert curvature_per_km(bowl).values[inner] == pytest.approx(2.0)
    assert curvature_per_km(grid(-bowl.values)).values[inner] == pytest.approx(-2.0)
    assert curvature_per_km(grid(3 * x - 4 * y)).values[inner] == pytest.approx(0.0, abs=1e-9)


def test_curvature_does_not_hang_on_the_shape_of_the_cells():
    """The same bowl on cells of 10 m by 20 m."""
    y, x = np.mgrid[-5:6, -5:6] * np.array([20.0, 10.0])[:, None, None]
    assert curvature_per_km(grid((x**2 + y**2) / 2000.0, height=20.0)).values[1:-1, 1:-1] == pytest.approx(2.0)


def test_curvature_is_not_known_beside_a_void_and_at_the_edge():
    z = np.zeros((7, 7))
    z[3, 3] = np.nan
    curvature = curvature_per_km(grid(z)).values
    expected = np.ones((7, 7), dtype=bool)
    expected[1:6, 1:6] = False
    expected[2:5, 2:5] = True
    assert (np.isnan(curvature) == expected).all()


@settings(max_examples=20, deadline=None)
@given(ground, st.floats(-2, 2), st.floats(-2, 2))
def test_tilting_the_ground_changes_no_curvature(z, east, north):
    r, c = np.indices(z.shape)
    plain, tilted = curvature_per_km(grid(z)).values, curvature_per_km(grid(z + east * c + north * r)).values
    assert tilted == pytest.approx(plain, abs=1e-2, nan_ok=True)


def test_degrees_and_senseless_radii_are_refused():
    dem = grid(np.zeros((4, 4)), crs=CRS.from_epsg(4490))
    with pytest.raises(CrsError):
        local_relief(dem, radius_m=10.0)
    with pytest.raises(CrsError):
        curvature_per_km(dem)
    with pytest.raises(ValueError, match="radius_m"):
        local_relief(grid(np.zeros((4, 4))), radius_m=0.0)
