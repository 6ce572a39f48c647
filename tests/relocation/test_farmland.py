"""Farmland shared among all who reach it: nothing counted twice, nothing lost."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.relocation.farmland import gather_farmland, share_farmland
from geoplan.units import M2_PER_MU

corner = st.integers(-40, 40).map(lambda n: n * 50.0)
size = st.integers(1, 40).map(lambda n: n * 25.0)
person = st.integers(1, 60).map(float)


def test_farmland_by_hand() -> None:
    """30 亩 for 10 + 20 people, 20 亩 that only the 10 reach: 3 and 1 亩 per person, 10·3 + 20·1 = 50."""
    hamlets, fields = np.array([[0.0, 0.0], [1500.0, 0.0]]), np.array([[800.0, 0.0], [-900.0, 0.0]])
    shared = share_farmland(hamlets, np.array([10.0, 20.0]), fields, np.array([30.0, 20.0]), reach_m=1000.0)
    assert shared.tolist() == [3.0, 1.0]


def test_the_reach_includes_its_end_and_beyond_it_there_is_nothing() -> None:
    fields, mu = np.array([[1000.0, 0.0]]), np.array([12.0])
    assert share_farmland(np.array([[0.0, 0.0]]), np.array([6.0]), fields, mu, reach_m=1000.0).tolist() == [2.0]
    assert share_farmland(np.array([[-1.0, 0.0]]), np.array([6.0]), fields, mu, reach_m=1000.0).tolist() == [0.0]


def test_unknown_sharers_make_a_share_unknown() -> None:
    """The second hamlet's people are unknown: what the first shares with it is unknown, what the third has alone is not."""
    hamlets = np.array([[0.0, 0.0], [900.0, 0.0], [9000.0, 0.0]])
    fields = np.array([[400.0, 0.0], [9000.0, 0.0]])
    shared = share_farmland(hamlets, np.array([10.0, np.nan, 5.0]), fields, np.array([30.0, 10.0]), reach_m=1000.0)
    assert np.isnan(shared[:2]).all()
    assert shared[2] == 2.0


def test_land_nobody_lives_by_is_no_infinite_share() -> None:
    shared = share_farmland(np.array([[0.0, 0.0]]), np.array([0.0]), np.array([[10.0, 0.0]]), np.array([30.0]), reach_m=1000.0)
    assert np.isnan(shared).all()


def test_a_large_field_is_cut_so_that_only_its_near_part_is_within_reach() -> None:
    """A strip 3 km long and 100 m wide from a hamlet's feet: of 300,000 m² the first kilometre is within 1,000 m."""
    middle, mu = gather_farmland(np.array([shapely.box(0, 0, 3000, 100)]))
    shared = share_farmland(np.array([[0.0, 50.0]]), np.array([10.0]), middle, mu, reach_m=1000.0)
    assert shared * 10 * M2_PER_MU == pytest.approx([100_000.0])


def test_missing_and_empty_parcels_are_passed_over() -> None:
    middle, mu = gather_farmland(np.array([None, shapely.Polygon(), shapely.box(0, 0, 10, 10)]))
    assert mu * M2_PER_MU == pytest.approx([100.0])
    assert middle == pytest.approx(np.array([[5.0, 5.0]]))
    assert gather_farmland(np.array([None], dtype=object))[0].shape == (0, 2)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(corner, corner, size, size), min_size=1, max_size=6))
def test_cutting_loses_no_land_and_keeps_it_in_its_square(rows: list[tuple[float, float, float, float]]) -> None:
    parcels = np.array([shapely.box(x, y, x + width, y + depth) for x, y, width, depth in rows])
    middle, mu = gather_farmland(parcels)
    assert mu.sum() * M2_PER_MU == pytest.approx(shapely.area(parcels).sum())
    assert len(np.unique(np.floor(middle / 100), axis=0)) == len(middle)
    pulled = (middle * mu[:, None]).sum(axis=0) / mu.sum()
    centres = shapely.get_coordinates(shapely.centroid(parcels))
    assert pulled == pytest.approx(np.average(centres, axis=0, weights=shapely.area(parcels)), abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(corner, corner, person), min_size=1, max_size=8),
    st.lists(st.tuples(corner, corner, person), min_size=1, max_size=8),
)
def test_what_people_have_adds_up_to_the_land_they_reach(hamlets: list, fields: list) -> None:
    places, persons = np.array([row[:2] for row in hamlets]), np.array([row[2] for row in hamlets])
    middle, mu = np.array([row[:2] for row in fields]), np.array([row[2] for row in fields])
    shared = share_farmland(places, persons, middle, mu, reach_m=1500.0)
    gaps = np.hypot(*(places[:, None, :] - middle[None, :, :]).transpose(2, 0, 1))
    within = gaps <= 1500.0
    assert (persons * shared).sum() == pytest.approx(mu[within.any(axis=0)].sum())
    for at in range(len(places)):  # a twin written out
        twin = sum(mu[j] / persons[within[:, j]].sum() for j in range(len(mu)) if within[at, j])
        assert shared[at] == pytest.approx(twin)
