"""The access stage as the other rooms see it: columns, order, statuses, road access."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.access import collect_facilities, compute_access
from geoplan.access.compute import TIMES, compute_times
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.contracts.results import Layers
from geoplan.errors import ConfigError, CrsError, TableError


def service(name, **options):
    return ServiceConfig(id=name, label_zh=name, label_en=name, layers=options.pop("layers", [name]), **options)


SERVICES = [service("clinic"), service("water", mode="walk", trip="round_trip", kind="water"), service("school")]
LINES = [[(0, 0), (3000, 0)], [(0, 700), (3000, 700)], [(1000, 0), (1000, 700)]]
COLUMNS = {"surface": ["earth", "concrete", "earth"], "road_class": ["village", "village", "path"]}


def settle(world, **points):
    return gpd.GeoDataFrame({"settlement_id": list(points)}, geometry=list(points.values()), crs=world.crs)


def stand(world, **points):
    return gpd.GeoDataFrame(
        {"facility_id": list(points), "name": list(points), "level": ["village"] * len(points), "capacity": [1.0] * len(points)},
        geometry=list(points.values()),
        crs=world.crs,
    )


@pytest.fixture(scope="module")
def county(world):
    surface = world.surface(world.level(-300, -300, 3300, 1200), LINES, **COLUMNS)
    places = settle(world, b=shapely.Point(500, 100), a=shapely.Point(1000, 300), c=shapely.Point(0, 9000), d=None)
    supply = {
        "clinic": stand(world, k2=shapely.Point(2000, 0), k1=shapely.box(90, -40, 110, -20)),
        "water": stand(world, w=shapely.Point(500, 60)),
    }
    return {"dry": surface, "wet": surface}, places, supply


def run(world, county, *, services=SERVICES, compute=compute_access, **changes):
    surfaces, places, supply = (
        changes.pop(name, default) for name, default in zip(("surfaces", "places", "supply"), county, strict=True)
    )
    speeds = {"speeds": world.speeds} if compute is compute_access else {}
    return compute(places, supply, services, surfaces, config=AccessConfig(), **speeds, **changes)


def test_there_is_one_row_per_settlement_service_and_season_in_the_order_given(world, county):
    """4 settlements × 3 services × 2 seasons; settlements in the order of the layer; nothing dropped; inputs untouched."""
    surfaces, places, supply = county
    before, clinics = places.copy(deep=True), supply["clinic"].copy(deep=True)
    result = run(world, county)
    assert list(result.times.columns) == TIMES
    assert len(result.times) == 24
    assert result.times["settlement_id"].tolist() == ["b", "a", "c", "d"] * 6
    assert not result.times.duplicated(["settlement_id", "service", "season"]).any()
    assert result.road["settlement_id"].tolist() == ["b", "a", "c", "d"]
    assert places.equals(before)
    assert supply["clinic"].equals(clinics)
    assert result.report is surfaces["dry"].network.report
    pd.testing.assert_frame_equal(run(world, county, compute=compute_times), result.times)


def test_statuses_say_why_and_numbers_are_missing_with_them(world, county):
    """c is 8 km off the ground, d has no point, the school layer is empty."""
    table = run(world, county).times.set_index(["service", "season", "settlement_id"]).sort_index()
    assert table["status"]["clinic", "dry"].to_dict() == {"b": "ok", "a": "ok", "c": "unsnapped", "d": "no_data"}
    assert set(table["status"]["school"]) == {"no_data"}
    assert table["travel_time_min"].notna().equals(table["status"] == "ok")
    assert (table["facility_id"] != "").equals(table["status"] == "ok")


def test_a_facility_drawn_as_an_area_is_reached_at_a_point_inside_it(world, county):
    """The clinic's box from (90, −40) to (110, −20): its inner point is 30 m off the road at 100 m; 400 m of earth at 12 km/h are 2 min."""
    result = run(world, county)
    row = result.times.query("service == 'clinic' and season == 'dry' and settlement_id == 'b'").iloc[0]
    assert row["facility_id"] == "k1"
    whole = (100 + 30) / 5000 * 60 + 0.4 / 12 * 60
    assert whole * 0.95 < row["travel_time_min"] <= whole + 0.05
    table = result.facilities.set_index(["service", "facility_id"]).sort_index()
    assert table.loc[("clinic", "k1"), "off_road_m"] == pytest.approx(30.0)
    assert (table["snap_status"] == "ok").all()
    assert (table["moved_m"] == 0.0).all()
    assert isinstance(result.facilities, gpd.GeoDataFrame)


def test_the_wet_is_slower_on_earth(world, county):
    """200 m of earth road to k2: 12 km/h dry and 6 wet, 1 and 2 min."""
    places = settle(world, a=shapely.Point(1800, 0))
    times = run(world, county, places=places).times.query("service == 'clinic'").set_index("season")["travel_time_min"]
    assert times.to_dict() == {"dry": 1.0, "wet": 2.0}


def test_water_is_walked_there_and_back_with_distance_and_climb(world, county):
    """From b straight down 40 m and back: 0.96 min; level distance 40 m; climb 0 on a plane."""
    row = run(world, county).times.query("service == 'water' and season == 'dry' and settlement_id == 'b'").iloc[0]
    assert row["travel_time_min"] == 0.96
    assert (row["level_distance_m"], row["climb_m"], row["trip"]) == (pytest.approx(40.0), pytest.approx(0.0), "round_trip")
    assert row["route"] == "walk"


def test_a_child_walks_as_a_child_and_rides_as_anyone(world, county):
    """Half as quick on foot: the water takes twice as long; a walker nobody described is refused by name."""
    slow = [service("water", mode="walk", trip="round_trip", walker="child")]
    row = run(world, county, services=slow, walkers={"child": 0.5}).times.iloc[0]
    assert row["travel_time_min"] == 1.92
    with pytest.raises(ConfigError, match="WALKER-UNKNOWN"):
        run(world, county, services=slow)


def test_road_access_is_told_once_per_settlement(world, county):
    """a at (1000, 300) stands on a footpath: nearest motorable road 300 m (earth), nearest hardened 400 m; c and d say why they have none."""
    road = run(world, county).road.set_index("settlement_id")
    assert (road.loc["a", "off_road_m"], road.loc["a", "road_id"]) == (pytest.approx(300.0), "r0")
    assert (road.loc["a", "all_weather_m"], road.loc["a", "all_weather_road_id"]) == (pytest.approx(400.0), "r1")
    assert (road.loc["c", "status"], road.loc["d", "status"]) == ("unsnapped", "no_data")
    assert np.isnan(road.loc["c", "off_road_m"])


def test_shuffled_rows_give_the_same_answer_for_everyone(world, county):
    """Settlements and facilities turned round: the same facility, the same minutes, also in ties."""
    _, places, supply = county
    tied = {**supply, "clinic": stand(world, z=shapely.Point(2000, 0), y=shapely.Point(2000, 0), x=shapely.Point(2000, 0))}
    turned = {name: one.iloc[::-1].reset_index(drop=True) for name, one in tied.items()}
    one = run(world, county, supply=tied).times.sort_values(["settlement_id", "service", "season"], ignore_index=True)
    two = run(world, county, supply=turned, places=places.iloc[::-1].reset_index(drop=True)).times
    two = two.sort_values(["settlement_id", "service", "season"], ignore_index=True)
    pd.testing.assert_frame_equal(one, two)
    assert set(one.loc[(one["service"] == "clinic") & (one["status"] == "ok"), "facility_id"]) == {"x"}


def test_doubled_ids_and_mixed_crs_are_refused(world, county):
    """Two settlements of one id, or facilities in another CRS, are one clear error each."""
    _, places, supply = county
    doubled = places.assign(settlement_id=["b", "b", "c", "d"])
    with pytest.raises(TableError, match="ID-DUPLICATE"):
        run(world, county, places=doubled)
    moved = {"clinic": supply["clinic"].set_crs(4543, allow_override=True)}
    with pytest.raises(CrsError, match="CRS-MIXED"):
        run(world, county, supply=moved)


def test_a_plan_without_services_still_has_road_access(world, county):
    """No services: an empty table with its columns, and one road row per settlement."""
    result = run(world, county, services=[])
    assert list(result.times.columns) == TIMES
    assert len(result.times) == 0
    assert len(result.road) == 4


def test_a_county_without_roads_walks(world, county):
    """No road at all: whoever stands on the ground has a time, and no data on roads."""
    bare = world.surface(world.level(-300, -300, 3300, 1200))
    result = run(world, county, surfaces={"dry": bare, "wet": bare})
    table = result.times.query("service == 'clinic' and season == 'dry'").set_index("settlement_id")
    assert table["status"].to_dict() == {"b": "ok", "a": "ok", "c": "unsnapped", "d": "no_data"}
    assert table.loc["b", "route"] == "walk"
    assert set(result.road["status"]) == {"no_data"}


def test_facilities_are_joined_from_their_layers_by_level(world):
    """Two layers, ids that clash told apart, levels kept, an absent layer adds nothing, a service without any is empty."""
    clinics = stand(world, one=shapely.Point(0, 0), two=shapely.Point(1, 0)).assign(level=["village", "county"])
    posts = gpd.GeoDataFrame({"facility_id": ["one", None]}, geometry=[shapely.Point(5, 5)] * 2, crs=world.crs)
    layers = Layers(crs=world.crs, vectors={"clinics": clinics, "posts": posts}, rasters={}, records=())
    found = collect_facilities(
        layers,
        [
            service("village", layers=["clinics"], levels=["village"]),
            service("all", layers=["clinics", "posts", "gone"]),
            service("none", layers=["gone"]),
        ],
    )
    assert found["village"]["facility_id"].tolist() == ["one"]
    assert found["all"]["facility_id"].tolist() == ["clinics:one", "two", "posts:one", "posts-1"]
    assert found["all"].crs == world.crs
    assert len(found["none"]) == 0
    assert list(found["none"].columns) == list(found["all"].columns)
