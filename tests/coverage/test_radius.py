"""Straight distance against the radius each facility serves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from geoplan.coverage import classify_gaps
from geoplan.coverage.radius import cover_by_radius
from geoplan.errors import CrsError

NAN = float("nan")
POWER = {"id": "power", "measure": "radius", "service": "transformer", "threshold": 500.0, "unit": "m"}


def facility(x, y, **fields):
    base = {"facility_id": f"f{x}", "service": "transformer", "name": "台区", "level": ""}
    return {**base, "geometry": Point(x, y), **fields}


def judge(county, facilities, item=POWER, demand=None):
    """The county's settlements stand at (100, 100), (110, 100), (120, 100), (130, 100)."""
    demand = demand or county.make_demand()
    gaps = classify_gaps(demand, county.make_access(facilities=facilities), county.make_profile(item), year=2020)
    return gaps.set_index("settlement_id")


def test_farther_transformer_with_a_larger_radius_covers(county):
    """400 m away of radius 300 m, 900 m away of radius 1,000 m → covered by the farther one."""
    gaps = judge(county, [facility(100, 500, radius_m=300.0), facility(100, 1000, radius_m=1000.0)])
    assert gaps.loc["s1", ["coverage", "value", "threshold", "shortfall"]].tolist() == ["covered", 900.0, 1000.0, 0.0]


def test_distance_of_exactly_the_radius_is_inside(county):
    """3-4-5: (400, 500) is 500 m from (100, 100)."""
    gaps = judge(county, [facility(400, 500)])
    assert gaps.loc["s1", ["coverage", "value"]].tolist() == ["covered", 500.0]
    assert judge(county, [facility(400, 500.0001)]).loc["s1", "coverage"] == "gap"


def test_gap_names_the_facility_least_short(county):
    """700 m of radius 100 m is 600 short; 900 m of radius 650 m only 250: value 900, threshold 650."""
    gaps = judge(county, [facility(100, 800, radius_m=100.0), facility(100, 1000, radius_m=650.0)])
    row = gaps.loc["s1", ["coverage", "value", "threshold", "shortfall", "cause", "cause_class"]]
    assert row.tolist() == ["gap", 900.0, 650.0, 250.0, "OUT-OF-RADIUS", "too_far"]


@pytest.mark.parametrize("radius", [NAN, 0.0, -5.0, np.inf])
def test_radius_that_says_nothing_is_the_threshold(county, radius):
    gaps = judge(county, [facility(100, 590, radius_m=radius)])
    assert gaps.loc["s1", ["coverage", "threshold"]].tolist() == ["covered", 500.0]


def test_facility_of_unknown_place_forbids_claiming_a_gap(county):
    gaps = judge(county, [facility(100, 9000), {**facility(1, 1), "facility_id": "g", "geometry": None}])
    assert set(gaps["coverage"]) == {"unknown"}
    assert set(gaps["cause"]) == {"PLACE-UNKNOWN"}
    near = judge(county, [facility(100, 200), {**facility(1, 1), "facility_id": "g", "geometry": None}])
    assert set(near["coverage"]) == {"covered"}


def test_facility_of_unknown_level_is_a_doubt_within_its_radius_only(county):
    """levels [village]: one of no known level within 500 m → unknown; 5 km away → still a gap."""
    item = {**POWER, "levels": ["village"]}
    far = facility(100, 9000, level="village")
    near = judge(county, [far, facility(100, 200, level="x")], item)
    assert set(near["cause"]) == {"FACILITY-UNSURE"}
    assert set(judge(county, [far, facility(100, 5000, level="x")], item)["coverage"]) == {"gap"}
    assert set(judge(county, [facility(100, 200, level="township")], item)["cause"]) == {"LAYER-EMPTY"}


def test_settlement_of_unknown_place_is_unknown(county):
    demand = county.make_demand()
    settlements = demand.settlements.copy()
    settlements.loc[0, "geometry"] = None
    gone = type(demand)(settlements, demand.groups, demand.villages, demand.townships, demand.county)
    gaps = judge(county, [facility(100, 200)], demand=gone)
    assert gaps.loc["s1", ["coverage", "cause"]].tolist() == ["unknown", "PLACE-UNKNOWN"]
    assert gaps.loc["s2", "coverage"] == "covered"


def test_facilities_in_another_crs_are_refused(county):
    demand = county.make_demand()
    settlements = demand.settlements.set_crs("EPSG:4543", allow_override=True)
    other = type(demand)(settlements, demand.groups, demand.villages, demand.townships, demand.county)
    with pytest.raises(CrsError, match="CRS-DIFFERS"):
        judge(county, [facility(100, 200)], demand=other)


def test_service_not_listed_is_unknown(county):
    assert set(judge(county, [])["cause"]) == {"SERVICE-NOT-IN-PLAN"}


COORD = st.integers(0, 60).map(float)
POINTS = st.lists(st.tuples(COORD, COORD, st.integers(1, 40).map(float)), min_size=1, max_size=8)
PLACES = st.lists(st.tuples(COORD, COORD), min_size=1, max_size=8)


def arrays(points):
    table = np.array(points, dtype=float)
    return table[:, :2], table[:, 2]


@settings(deadline=None, max_examples=30)
@given(places=PLACES, points=POINTS)
def test_equals_the_obvious_double_loop(places, points):
    """Any facility with d ≤ r covers, the nearest of them is told; else the one with the smallest d − r."""
    distance, radius = cover_by_radius(np.array(places), *arrays(points))
    for (x, y), d, r in zip(places, distance, radius, strict=True):
        all_of = [(float(np.hypot(x - u, y - v)), w) for u, v, w in points]
        covering = [one for one in all_of if one[0] <= one[1]]
        if covering:
            assert d <= r
            assert d == min(one[0] for one in covering)
        else:
            assert d > r
            assert d - r == min(one[0] - one[1] for one in all_of)
        assert (d, r) in all_of


@settings(deadline=None, max_examples=30)
@given(
    places=PLACES,
    points=POINTS,
    extra=st.tuples(COORD, COORD, st.integers(1, 40).map(float)),
    order=st.randoms(use_true_random=False),
)
def test_another_facility_never_uncovers_and_order_does_not_matter(places, points, extra, order):
    at = np.array(places)
    distance, radius = cover_by_radius(at, *arrays(points))
    more, wider = cover_by_radius(at, *arrays([*points, extra]))
    assert not ((distance <= radius) & ~(more <= wider)).any()
    order.shuffle(points)
    again = cover_by_radius(at, *arrays(points))
    covered = distance <= radius
    np.testing.assert_array_equal(again[0][covered], distance[covered])
    np.testing.assert_array_equal((again[0] - again[1])[~covered], (distance - radius)[~covered])


@settings(deadline=None, max_examples=15)
@given(low=st.floats(1.0, 3000.0), more=st.floats(0.0, 3000.0), x=st.floats(0.0, 3000.0))
def test_larger_radius_never_covers_fewer(county, low, more, x):
    rows = [facility(x, 900.0)]
    tight = judge(county, rows, {**POWER, "threshold": low})["coverage"]
    loose = judge(county, rows, {**POWER, "threshold": low + more})["coverage"]
    assert set(tight.index[tight == "covered"]) <= set(loose.index[loose == "covered"])


def test_no_points_and_no_places_give_no_distance():
    nothing = np.zeros((0, 2))
    distance, radius = cover_by_radius(np.array([[0.0, 0.0]]), nothing, np.zeros(0))
    assert np.isnan([distance[0], radius[0]]).all()
    assert cover_by_radius(nothing, np.array([[0.0, 0.0]]), np.ones(1))[0].shape == (0,)


def test_result_keeps_the_contract_of_gaps(county):
    from geoplan.contracts.tables import GAPS, check_table

    for rows in ([facility(100, 200)], [facility(100, 9000, radius_m=50.0)]):
        check_table(pd.DataFrame(judge(county, rows).reset_index()), GAPS)
