"""How scattered people live: neighbours, nearest other, people per square kilometre."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.relocation.dispersion import nearest_other_m, persons_per_km2, persons_within

NO_COUNTY = np.empty(0, dtype=object)
place = st.tuples(st.integers(0, 30).map(lambda n: n * 100.0), st.integers(0, 30).map(lambda n: n * 100.0), st.integers(0, 50))


def test_density_is_people_over_the_circle() -> None:
    """10 + 20 people within 1 km: 30/π people per km²."""
    places = np.array([[0.0, 0.0], [600.0, 0.0], [5000.0, 0.0]])
    density = persons_per_km2(places, np.array([10.0, 20.0, 40.0]), NO_COUNTY)
    assert density == pytest.approx([30 / np.pi, 30 / np.pi, 40 / np.pi])


def test_half_a_circle_beyond_the_border_is_no_empty_ground() -> None:
    county = np.array([shapely.box(0, -9000, 9000, 9000)])
    density = persons_per_km2(np.array([[0.0, 0.0], [5000.0, 0.0]]), np.array([10.0, 40.0]), county)
    assert density == pytest.approx([10 / (np.pi / 2), 40 / np.pi])


def test_a_place_outside_the_county_and_a_county_without_shape_take_the_whole_circle() -> None:
    county = np.array([shapely.box(500, -9000, 9000, 9000), None])
    for shapes in (county, np.array([None], dtype=object)):
        assert persons_per_km2(np.array([[0.0, 0.0]]), np.array([10.0]), shapes) == pytest.approx([10 / np.pi])


def test_no_position_has_no_neighbours_and_is_nobodys() -> None:
    places, persons = np.array([[0.0, 0.0], [np.nan, np.nan]]), np.array([10.0, 20.0])
    assert persons_within(places, persons, reach_m=1000.0)[0] == 10.0
    assert np.isnan(persons_within(places, persons, reach_m=1000.0)[1])
    assert np.isnan(nearest_other_m(places)).all()
    assert np.isnan(persons_per_km2(places, persons, NO_COUNTY)[1])


@settings(deadline=None, max_examples=30)
@given(st.lists(place, min_size=1, max_size=10), st.integers(1, 20).map(lambda n: n * 100.0))
def test_neighbours_equal_a_twin_and_widen_with_the_reach(rows: list[tuple[float, float, int]], reach: float) -> None:
    places, persons = np.array([row[:2] for row in rows]), np.array([float(row[2]) for row in rows])
    found = persons_within(places, persons, reach_m=reach)
    for at, here in enumerate(places):
        assert found[at] == sum(p for p, there in zip(persons, places, strict=True) if np.hypot(*(here - there)) <= reach)
    assert (persons_within(places, persons, reach_m=reach + 100) >= found).all()


@settings(deadline=None, max_examples=20)
@given(st.lists(place, min_size=1, max_size=10), st.integers(1, 9))
def test_density_grows_with_the_people_and_is_moved_by_no_shift(rows: list[tuple[float, float, int]], times: int) -> None:
    places, persons = np.array([row[:2] for row in rows]), np.array([float(row[2]) for row in rows])
    county = np.array([shapely.box(0, 0, 3000, 3000)])
    density = persons_per_km2(places, persons, county)
    assert persons_per_km2(places, persons * times, county) == pytest.approx(density * times)
    moved = persons_per_km2(places + 7000.0, persons, shapely.transform(county, lambda xy: xy + 7000.0))
    assert moved == pytest.approx(density)
