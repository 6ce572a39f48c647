"""Farmland within reach of a site: circles and squares by pencil, and a twin on dots."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geoplan.relocation.site_farmland import count_households, measure_farmland, share_farmland


def test_farmland_within_reach_by_hand(make: SimpleNamespace) -> None:
    """A field of 1,000 × 1,000 m wholly within 2 km is 1,500 mu; half of a plain around a point at its edge is half a disc; far fields are none."""
    points = gpd.GeoSeries([Point(0, 0), Point(10_000, 0), Point(0, 50_000)], crs=make.crs)
    fields = make.frame([box(-500, -500, 500, 500), box(10_000, -5000, 20_000, 5000)])
    found = measure_farmland(points, fields, reach_m=2000.0)
    assert found[0] == pytest.approx(1500.0)
    assert found[1] == pytest.approx(np.pi * 2000**2 / 2 / 666.667, rel=1e-3)
    assert found[2] == 0.0
    assert measure_farmland(points, fields.iloc[:0], reach_m=2000.0).tolist() == [0.0, 0.0, 0.0]


def test_households_within_reach_and_an_unknown_one_makes_the_sum_unknown(make: SimpleNamespace) -> None:
    """10 at 500 m, 20 at exactly 1,000 m, 30 at 1,500 m; a neighbour of unknown size: unknown."""
    people = make.frame(
        [Point(500, 0), Point(0, 1000), Point(1500, 0), Point(9000, 0), Point()], households=[10.0, 20.0, 30.0, np.nan, 7.0]
    )
    points = gpd.GeoSeries([Point(0, 0), Point(8500, 0), Point(0, 90_000)], crs=make.crs)
    assert count_households(points, people, reach_m=1000.0).tolist() == pytest.approx([30.0, np.nan, 0.0], nan_ok=True)


def test_those_who_live_there_share() -> None:
    """1,500 mu among 80 + 20 households: 15 each; unknown or nobody at all: no number."""
    found = share_farmland(np.full(4, 1500.0), np.array([80.0, np.nan, 80.0, 0.0]), np.array([20.0, 20.0, np.nan, 0.0]))
    assert found.tolist() == pytest.approx([15.0, np.nan, np.nan, np.nan], nan_ok=True)


@settings(deadline=None, max_examples=20)
@given(
    st.lists(
        st.tuples(st.integers(-30, 20), st.integers(-30, 20), st.integers(1, 10)),
        min_size=1,
        max_size=4,
        unique_by=lambda one: one[:2],
    )
)
def test_farmland_equals_a_twin_of_dots_and_grows_with_reach(make: SimpleNamespace, fields: list[tuple[int, int, int]]) -> None:
    """Dots every 10 m in a reach of 200 m, fields of 10–100 m; overlapping fields count twice in both."""
    shapes = [box(x * 10, y * 10, (x + size) * 10, (y + size) * 10) for x, y, size in fields]
    point = gpd.GeoSeries([Point(0, 0)], crs=make.crs)
    found = measure_farmland(point, make.frame(shapes), reach_m=200.0)[0]
    at = np.arange(-500, 500, 10) + 5.0
    x, y = np.meshgrid(at, at)
    dots = sum(
        ((x > one.bounds[0]) & (x < one.bounds[2]) & (y > one.bounds[1]) & (y < one.bounds[3]) & (np.hypot(x, y) <= 200)).sum()
        for one in shapes
    )
    assert found == pytest.approx(dots * 100 / 666.667, abs=len(shapes) * 25 * 100 / 666.667 * 0.5)
    assert measure_farmland(point, make.frame(shapes), reach_m=300.0)[0] >= found - 1e-9
