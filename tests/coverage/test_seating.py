"""Seats searched on a surface: each age walks at its own pace, schools without boarding are not looked for far away, and all adds up."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from pyproj import CRS

from geoplan.access import build_ground, build_network, join_surface
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import AccessResult, Demand
from geoplan.contracts.standards_profile import StandardsProfile
from geoplan.coverage.seating import compute_seats, tabulate_seat_reach
from geoplan.errors import ConfigError
from geoplan.io.documents import read_speeds, read_walking

CRS_OF = CRS.from_epsg(4544)
COMMON = {"label_zh": "项", "label_en": "item", "source": "test", "status": "convention"}
SERVICES = [ServiceConfig(id="school", label_zh="校", label_en="school", layers=["schools"], mode="walk")]
CONFIG = AccessConfig(seasons=["dry"])
WALKERS = {"child": 0.55}


def item(name, age, **options):
    base = {
        "id": name,
        "level": "household",
        "measure": "seat",
        "service": "school",
        "age_group": age,
        "threshold": 1.0,
        "unit": "share",
    }
    return {**COMMON, **base, "within_min": 13.0, **options}


def profile(*items, walker="child"):
    ages = [
        {**COMMON, "id": one, "age_from": 6, "age_to": 11, "column": f"{one}_persons", "walker": walks}
        for one, walks in (("small", walker), ("big", "adult"))
    ]
    return StandardsProfile.model_validate(
        {"id": "p", "label_zh": "集", "label_en": "set", "age_groups": ages, "items": list(items)}
    )


@pytest.fixture(scope="module")
def county():
    """Level ground and no road that helps: a 1 km from x (12 min on foot, 21.8 at a child's pace of 0.55), b 0.5 km from it; y is 2 km from a."""
    height = Grid(np.full((40, 120), 500.0), Affine(30.0, 0.0, -300.0, 0.0, -30.0, 600.0), CRS_OF)
    roads = gpd.GeoDataFrame(
        {
            "road_id": ["r"],
            "road_class": ["village"],
            "surface": ["concrete"],
            "width_m": [4.0],
            "oneway": [0],
            "crossing": [""],
            "road_layer": [0],
        },
        geometry=[shapely.LineString([(-200, -500), (-100, -500)])],
        crs=CRS_OF,
    )
    ground = build_ground(height, walking=read_walking("walking_2026"), walk_kmh=5.0)
    network = build_network(
        roads, speeds=read_speeds("speeds_cn_2026"), seasons=["dry"], dem=height, walk_kmh=5.0, gap_tolerance_m=0.0
    )
    surface = join_surface(ground, network, dem=height, walk_kmh=5.0)
    places = gpd.GeoDataFrame(
        {"settlement_id": ["b", "a"], "persons": [50.0, 50.0], "small_persons": [3.0, 4.0], "big_persons": [5.0, 6.0]},
        geometry=[shapely.Point(500, 0), shapely.Point(0, 0)],
        crs=CRS_OF,
    )
    schools = gpd.GeoDataFrame(
        {"facility_id": ["x", "y"], "service": "school", "name": "", "level": "primary", "township_code": "", "village_code": ""},
        geometry=[shapely.Point(1000, 0), shapely.Point(2000, 0)],
        crs=CRS_OF,
    ).assign(capacity=[10.0, 100.0], boarding_seats=[0.0, 2.0])
    units = gpd.GeoDataFrame({"code": [], "name": [], "parent_code": []}, geometry=[], crs=CRS_OF)
    times = pd.DataFrame({"settlement_id": ["a", "b"], "service": "school", "season": "dry", "status": "ok"})
    return Demand(places, *[units] * 4), AccessResult(times, pd.DataFrame(), schools, None), {"dry": surface}


def run(county, standards, compute=compute_seats):
    demand, access, surfaces = county
    return compute(demand, access, standards, SERVICES, surfaces, config=CONFIG, walkers=WALKERS)


def test_each_age_walks_at_its_own_pace(county):
    """Within 13 min of x: an adult's pace from a (12) and b (6), a child's from b alone (10.9). 10 seats for 3 + 5 + 6."""
    found = run(county, profile(item("s", "small"), item("g", "big"))).settlements.set_index(["item", "settlement_id"])
    assert found["within_persons"].to_dict() == {("s", "b"): 3.0, ("s", "a"): 0.0, ("g", "b"): 5.0, ("g", "a"): 6.0}
    assert found["seated_persons"].sum() == 10.0
    # The fewest minutes leave the farthest over.
    assert found.loc[("g", "a"), "seated_persons"] == 2.0
    assert found.loc[("s", "a"), "reason"] == "too_far"


def test_only_schools_that_may_board_are_looked_for_far_away(county):
    """y has 2 beds 24 min from a, 18 from b: two of the four without a day seat board there; x is searched no farther than its day seats."""
    asked = profile(item("g", "big", boarding_within_min=30.0), item("s", "small"))
    day, boarding = run(county, asked, tabulate_seat_reach)
    assert day["g"].cutoff_min == 13.0
    assert boarding["g"].supply_ids.tolist() == ["y"]
    assert "s" not in boarding
    found = run(county, asked)
    own = found.settlements[found.settlements["item"] == "g"]
    assert own[["seated_persons", "boarding_persons", "unseated_persons"]].sum().tolist() == [7.0, 2.0, 2.0]
    assert found.flows.loc[found.flows["kind"] == "boarding", "travel_time_min"].max() <= 30.0


def test_an_item_of_another_season_or_service_is_unknown(county):
    found = run(county, profile(item("w", "big", season="wet"), item("n", "big", service="none"))).settlements
    assert (found["reason"] == "facilities_unknown").all()
    assert found["unknown_persons"].tolist() == found["demand_persons"].tolist()


def test_nobody_walks_in_an_unknown_way(county):
    with pytest.raises(ConfigError, match="WALKER-UNKNOWN"):
        run(county, profile(item("s", "small"), walker="snail"))


def test_the_order_of_rows_changes_nothing(county):
    demand, access, surfaces = county
    standards = profile(item("s", "small"), item("g", "big", boarding_within_min=30.0))
    mixed = Demand(demand.settlements.iloc[::-1], *[demand.groups] * 4)
    turned = AccessResult(access.times, access.road, access.facilities.iloc[::-1], None)
    one, other = run(county, standards), run((mixed, turned, surfaces), standards)
    key = ["item", "settlement_id"]
    pd.testing.assert_frame_equal(
        one.settlements.sort_values(key, ignore_index=True), other.settlements.sort_values(key, ignore_index=True)
    )
    pd.testing.assert_frame_equal(one.flows, other.flows)
