"""From old land to the receiving site: the plan's own field, one way, nothing beyond the limit."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.ground import build_ground
from geoplan.access.network import build_network
from geoplan.access.surface import join_surface
from geoplan.contracts.grid import Grid
from geoplan.io.documents import read_speeds, read_walking
from geoplan.relocation.site_reach import site_points, time_moves, time_nearest

CRS = pyproj.CRS.from_epsg(4544)


def frame(ids, geometry, name):
    return gpd.GeoDataFrame({name: ids}, geometry=geometry, crs=CRS)


@pytest.fixture(scope="module")
def surface():
    """Level ground of 3 × 3 km and one road along y = 1500 of 20 km/h."""
    dem = Grid(np.full((100, 100), 500.0), Affine(30, 0, 0, 0, -30, 3000), CRS)
    roads = gpd.GeoDataFrame(
        {"road_id": ["r"], "road_class": ["village"], "surface": ["concrete"], "width_m": [4.0], "oneway": [0], "crossing": [""], "road_layer": [0]},
        geometry=[shapely.LineString([(0, 1500), (3000, 1500)])], crs=CRS,
    )  # fmt: skip
    network = build_network(
        roads, speeds=read_speeds("speeds_cn_2026"), seasons=["dry"], dem=dem, walk_kmh=5.0, gap_tolerance_m=2.0
    )
    return join_surface(build_ground(dem, walking=read_walking("walking_2026")), network, dem=dem)


def test_a_way_beyond_the_limit_has_no_row(surface):
    """On the road: 1,000 m at 20 km/h are 3 min, 2,500 m are 7.5; a patch is timed at a point inside it."""
    settlements = frame(["a"], [shapely.Point(100, 1500)], "settlement_id")
    sites = frame(["near", "far"], [shapely.Point(1100, 1500), shapely.Point(2600, 1500)], "site_id")
    found = time_moves(settlements, sites, surface, limit_min=5.0)
    assert found[["settlement_id", "site_id"]].to_numpy().tolist() == [["a", "near"]]
    assert found["travel_min"].tolist() == pytest.approx([3.0])
    patch = frame(["p"], [shapely.box(1050, 1450, 1150, 1550)], "site_id")
    assert site_points(patch)[0].within(patch.geometry.iloc[0])
    assert time_moves(settlements, patch, surface, limit_min=5.0)["travel_min"].tolist() == pytest.approx([3.0])


def test_a_settlement_with_no_site_within_the_limit_keeps_what_lies_beyond(surface):
    """a is 3 min from s, b more than 5 from both: a keeps its one row, b both of its own."""
    settlements = frame(["a", "b"], [shapely.Point(100, 1500), shapely.Point(2900, 200)], "settlement_id")
    sites = frame(["s", "t"], [shapely.Point(1100, 1500), shapely.Point(300, 2700)], "site_id")
    found = time_nearest(settlements, sites, surface, limit_min=5.0)
    assert found[["settlement_id", "site_id"]].to_numpy().tolist() == [["a", "s"], ["b", "s"], ["b", "t"]]
    assert (found.loc[found["settlement_id"] == "b", "travel_min"] > 5.0).all()
    together = time_nearest(settlements.assign(group_code="g"), sites, surface, limit_min=5.0)
    assert together.groupby("settlement_id").size().to_dict() == {"a": 2, "b": 2}
    every = time_moves(settlements, sites, surface, limit_min=np.inf)
    assert len(every.merge(found)) == len(found)


def test_nobody_and_nowhere_give_no_rows(surface):
    nobody = frame([], [], "settlement_id")
    somewhere = frame(["s"], [shapely.Point(100, 1500)], "site_id")
    assert time_moves(nobody, somewhere, surface, limit_min=5.0).empty
    lost = frame(["x"], [None], "settlement_id")
    assert time_moves(lost, somewhere, surface, limit_min=5.0).empty


def test_whichever_side_is_searched_from_the_minutes_are_from_the_site(surface):
    """A one-way road would make the difference; here a slope does: 500 m up take longer than down."""
    dem = Grid(np.tile(np.linspace(800.0, 500.0, 100), (100, 1)), Affine(30, 0, 0, 0, -30, 3000), CRS)
    hill = join_surface(build_ground(dem, walking=read_walking("walking_2026")), surface.network, dem=dem)
    settlements = frame(["up"], [shapely.Point(1000, 800)], "settlement_id")
    more = frame(["up", "b", "c"], [shapely.Point(1000, 800), shapely.Point(200, 200), shapely.Point(300, 200)], "settlement_id")
    sites = frame(["down", "x"], [shapely.Point(1500, 800), shapely.Point(2500, 800)], "site_id")
    few, many = (time_moves(one, sites, hill, limit_min=60.0, mode="walk").set_index(["settlement_id", "site_id"]) for one in (settlements, more))
    assert many.loc[("up", "down"), "travel_min"] == pytest.approx(few.loc[("up", "down"), "travel_min"], abs=1e-4)
    assert few.loc[("up", "down"), "travel_min"] > 7.0  # the way up: 500 m at 0.1 are 8.5 min, down they are 6


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.floats(0, 3000), st.floats(0, 3000)), min_size=1, max_size=4), st.floats(0, 40))
def test_a_longer_limit_only_adds_rows(surface, places, limit):
    settlements = frame([str(n) for n in range(len(places))], [shapely.Point(*one) for one in places], "settlement_id")
    sites = frame(["s", "t"], [shapely.Point(400, 2400), shapely.Point(2200, 1300)], "site_id")
    short, long = (time_moves(settlements, sites, surface, limit_min=one) for one in (limit, limit + 10.0))
    key = ["settlement_id", "site_id"]
    both = short.merge(long, on=key, suffixes=("", "_long"))
    assert len(both) == len(short)
    assert (both["travel_min"] == both["travel_min_long"]).all()
    assert (short["travel_min"] <= limit).all()
