"""The line of a path: it begins and ends at the true positions, follows the road's own line, and its legs add up to the time."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access.compute import compute_times
from geoplan.access.journeys import compute_routes
from geoplan.access.retime import PARTS
from geoplan.access.route import draw_routes
from geoplan.access.route_lines import trace_stretches
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.errors import TableError

CONFIG = AccessConfig(seasons=["dry", "wet"])


def service(**options):
    return ServiceConfig(id="clinic", label_zh="卫生室", label_en="clinic", layers=["clinics"], **options)


def places(world, column, **points):
    return gpd.GeoDataFrame(
        {column: list(points), "name": list(points)}, geometry=[shapely.Point(*one) for one in points.values()], crs=world.crs
    )


def routes(trip, **options):
    return draw_routes(trip.field, trip.near, trip.near_legs, trip.far, trip.far_legs, trip.meetings, **options)


def hold_together(legs, paths, near, far, *, towards=True):
    """Legs share their ends, begin and end where they must, are as long as they say, and add up to the measured parts."""
    for point, own in legs.groupby("point"):
        lines = own.geometry.tolist()
        start, finish = near.xy[point], far.xy[own["source"].iloc[0]]
        assert lines[0].coords[0] == tuple(start if towards else finish)
        assert lines[-1].coords[-1] == tuple(finish if towards else start)
        assert all(a.coords[-1] == b.coords[0] for a, b in pairwise(lines))
        assert own["leg"].tolist() == list(range(1, len(own) + 1))
        part = dict(zip(PARTS, paths.parts[point], strict=True))
        on_foot = own["kind"].isin(["off_road", "on_foot"])
        assert own["leg_min"].sum() == pytest.approx(paths.minutes[point], abs=1e-9)
        assert own.loc[on_foot, "leg_min"].sum() == pytest.approx(part["walk_min"], abs=1e-9)
        assert own.loc[on_foot, "leg_m"].sum() == pytest.approx(part["walk_m"], abs=1e-6)
        assert own.loc[~on_foot, "leg_m"].sum() == pytest.approx(part["ride_m"], abs=1e-6)
        assert own["ascent_m"].sum() == pytest.approx(part["ascent_m"], abs=1e-6)
        assert own["descent_m"].sum() == pytest.approx(part["descent_m"], abs=1e-6)
        assert own.geometry.length.to_numpy() == pytest.approx(own["leg_m"].to_numpy(), abs=1e-5)


def test_a_stretch_is_cut_out_of_its_line_in_the_direction_of_travel():
    """Of (0,0)–(10,0)–(10,10): from 15 m to 5 m by the corner, and from 2 m to 4 m without one."""
    lines = np.array([shapely.LineString([(0, 0), (10, 0), (10, 10)])], dtype=object)
    xy, owner = trace_stretches(lines, np.array([0, 0]), np.array([15.0, 2.0]), np.array([5.0, 4.0]))
    assert xy.tolist() == [[10, 5], [10, 0], [5, 0], [2, 0], [4, 0]]
    assert owner.tolist() == [0, 0, 0, 1, 1]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_stretches_are_those_of_shapely(seed):
    """Each stretch is shapely's own substring, which is made line by line."""
    rng = np.random.default_rng(seed)
    lines = np.array([shapely.LineString(rng.uniform(0, 100, (rng.integers(2, 8), 2))) for _ in range(5)], dtype=object)
    owner = rng.integers(0, 5, 12)
    a, b = rng.uniform(0, 1, 12) * shapely.length(lines[owner]), rng.uniform(0, 1, 12) * shapely.length(lines[owner])
    xy, of = trace_stretches(lines, owner, a, b)
    for k in range(12):
        expected = np.array(shapely.ops.substring(lines[owner[k]], a[k], b[k]).coords)
        assert xy[of == k] == pytest.approx(expected, abs=1e-9)


def test_a_walk_a_ride_and_a_walk_are_three_legs(world):
    """10 m to the road, along its corner by vehicle, 20 m to the clinic: 0.12 + 2,000 m at 20 km/h (6 min) + 0.24 min."""
    ground = world.level(-300, -300, 1500, 1500)
    surface = world.surface(ground, [[(0, 0), (1000, 0), (1000, 1000)]])
    trip = world.travel(surface, [(0, -10)], [(1020, 1000)])
    legs = routes(trip)
    hold_together(legs, trip.paths, trip.near, trip.far)
    assert legs["kind"].tolist() == ["off_road", "ride", "off_road"]
    assert legs["road_id"].tolist() == ["", "r0", ""]
    assert legs["leg_min"].to_numpy() == pytest.approx([0.12, 6.0, 0.24])
    assert legs["leg_m"].to_numpy() == pytest.approx([10, 2000, 20])
    assert list(legs.geometry.iloc[1].coords) == [(0, 0), (1000, 0), (1000, 1000)]


def test_a_bridge_and_a_ferry_are_legs_of_their_own_and_roads_of_one_kind_are_one(world):
    """Two village roads in a row are one leg with both ids; then a bridge, earth, a ferry."""
    strait = world.draw(shapely.box(4100, -2000, 4900, 2000))
    ground = world.level(-300, -300, 5300, 300, barriers=strait)
    lines = [[(k * 1000, 0), (k * 1000 + 1000, 0)] for k in range(5)]
    surface = world.surface(
        ground, lines, barriers=strait, crossing=["", "", "bridge", "", "ferry"], surface=["concrete"] * 3 + ["earth", "water"],
        road_class=["village"] * 4 + ["ferry"],
    )  # fmt: skip
    trip = world.travel(surface, [(0, 0)], [(5000, 0)])
    legs = routes(trip)
    hold_together(legs, trip.paths, trip.near, trip.far)
    assert legs["kind"].tolist() == ["ride", "ride", "ride", "ferry"]
    assert legs["crossing"].tolist() == ["", "bridge", "", "ferry"]
    assert legs["road_id"].tolist() == ["r0, r1", "r2", "r3", "r4"]


def test_off_the_road_the_line_goes_round_the_barrier_by_cell_centres(world):
    """A wall with a gate 200 m aside: the line passes the gate and crosses the wall nowhere."""
    wall = world.draw(shapely.LineString([(500, -1000), (500, 180)]))
    ground = world.level(0, -1000, 1000, 1000, barriers=wall)
    surface = world.surface(ground, barriers=wall)
    trip = world.travel(surface, [(123, 17)], [(871, 33)])
    legs = routes(trip)
    hold_together(legs, trip.paths, trip.near, trip.far)
    assert legs["kind"].tolist() == ["off_road"]
    assert not legs.geometry.iloc[0].intersects(wall.geometry.iloc[0])


def test_neighbours_meet_straight_or_along_the_road_between_them(world):
    """Two villages beside one road 300 m apart ride along it; two places 20 m apart walk straight."""
    ground = world.level(-300, -300, 1500, 300)
    surface = world.surface(ground, [[(0, 0), (1000, 0)]])
    near_by = world.travel(surface, [(600, 200)], [(612, 216)])
    assert list(routes(near_by).geometry.iloc[0].coords) == [(600, 200), (612, 216)]
    one_stop = world.travel(surface, [(301, 0)], [(309, 0)])
    assert one_stop.paths.leg[0] == -1
    for trip in (near_by, one_stop):
        hold_together(routes(trip), trip.paths, trip.near, trip.far)
    assert routes(one_stop)["kind"].tolist() == ["ride"]


def test_walks_that_meet_at_the_end_of_a_road_bend_there(world):
    """A wall up to half a metre short of a road's end between two places 10 m apart: both walk to its end, √125 m each."""
    wall = world.draw(shapely.LineString([(-400, 0), (-0.5, 0)]))
    surface = world.surface(world.level(-300, -300, 600, 300, barriers=wall), [[(0, 0), (500, 0)]], barriers=wall)
    trip = world.travel(surface, [(-10, 5)], [(-10, -5)])
    legs = routes(trip)
    hold_together(legs, trip.paths, trip.near, trip.far)
    assert legs["leg_m"].tolist() == pytest.approx([2 * 125**0.5])
    assert list(legs.geometry.iloc[0].coords) == [(-10, 5), (0, 0), (-10, -5)]


def test_a_settlement_at_its_facility_has_one_leg_of_no_length(world):
    surface = world.surface(world.level(-300, -300, 300, 300))
    legs = routes(world.travel(surface, [(10, 10)], [(10, 10)]))
    assert legs[["leg_m", "leg_min"]].to_numpy().tolist() == [[0.0, 0.0]]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), towards=st.booleans(), mode=st.sampled_from(["ride", "walk"]), slope=st.booleans())
def test_every_path_holds_together(world, scenes, speeds, walking, seed, towards, mode, slope):
    """Hills, water, walls and roads of every kind: legs add up and share their ends, there and back, whichever are asked for."""
    scene = scenes.draw_scene(seed, speeds, walking, along_slope=slope)
    trip = world.travel(scene.surface, scene.here, scene.there, towards=towards, mode=mode)
    legs = routes(trip)
    assert sorted(legs["point"].unique()) == np.flatnonzero(trip.paths.source >= 0).tolist()
    hold_together(legs, trip.paths, trip.near, trip.far, towards=towards)
    some = routes(trip, points=np.array([0]))
    assert some.to_dict("records") == legs[legs["point"] == 0].to_dict("records")


@pytest.fixture
def county(world):
    """A one-way road down to two springs on a slope: the way there and the way back differ."""
    dem = world.plane(0.15, half_m=2000.0)
    surface = world.surface(
        world.hills(dem), [[(-1000, 0), (0, 0), (900, 0)], [(-500, 0), (-500, 900)]], dem=dem, oneway=[1, 0]
    )  # fmt: skip
    settlements = places(world, "settlement_id", b=(-900, 40), a=(10, 300), far=(-480, 700), gone=(1e6, 1e6))
    return surface, settlements, {"clinic": places(world, "facility_id", up=(800, 10), down=(-950, -200), side=(-510, 880))}


@pytest.mark.parametrize("trip", ["one_way", "round_trip"])
@pytest.mark.parametrize("mode", ["walk", "ride"])
def test_routes_are_those_of_the_times(county, trip, mode):
    """For every settlement: facility, status and minutes of the table; metres of the way there; nothing lost, order as given."""
    surface, settlements, facilities = county
    asked = service(trip=trip, mode=mode)
    times = compute_times(settlements, facilities, [asked], {"dry": surface, "wet": surface}, config=CONFIG)
    times = times[times["season"] == "dry"].set_index("settlement_id")
    legs = compute_routes(settlements, facilities, asked, surface, season="dry", config=CONFIG)
    assert legs["settlement_id"].drop_duplicates().tolist() == ["b", "a", "far", "gone"]
    by = legs.groupby("settlement_id")
    assert by["status"].first().to_dict() == times["status"].to_dict()
    assert by["facility_id"].first().to_dict() == times["facility_id"].to_dict()
    known = times[times["status"] == "ok"]
    assert by["leg_min"].sum()[known.index].to_numpy() == pytest.approx(known["travel_time_min"].to_numpy())
    there = legs[legs["way"] == "there"].groupby("settlement_id")["leg_m"].sum()[known.index]
    assert there.to_numpy() == pytest.approx((known["walk_m"] + known["ride_m"]).to_numpy())
    assert set(legs.loc[legs["status"] == "ok", "way"]) == ({"there", "back"} if trip == "round_trip" else {"there"})
    gone = legs[legs["settlement_id"] == "gone"].iloc[0]
    assert (gone["leg"], gone["status"], gone.geometry) == (0, "unsnapped", None)


def test_a_round_trip_searched_from_the_settlement_comes_home(world):
    """By one-way roads the nearest to go to is not the nearest to come back from: the trip goes to one facility and returns."""
    ground = world.level(-300, -1200, 3300, 1200)
    lines = [
        [(0, 0), (1500, 0)],
        [(1500, 0), (1500, 900), (0, 900), (0, 0)],
        [(0, 0), (0, -1100), (1000, -1100)],
        [(1000, -1100), (0, 0)],
    ]
    surface = world.surface(ground, lines, oneway=[1, 1, 1, 1])
    home, supply = (
        places(world, "settlement_id", h=(0, 0)),
        {"clinic": places(world, "facility_id", a=(1500, 0), b=(1000, -1100))},
    )
    asked = service(trip="round_trip")
    times = compute_times(home, supply, [asked], {"dry": surface, "wet": surface}, config=CONFIG).iloc[0]
    legs = compute_routes(home, supply, asked, surface, season="dry", config=CONFIG)
    assert legs["facility_id"].unique().tolist() == [times["facility_id"]]
    assert legs["leg_min"].sum() == pytest.approx(times["travel_time_min"])
    there, back = (legs[legs["way"] == way].geometry.tolist() for way in ("there", "back"))
    assert there[0].coords[0] == back[-1].coords[-1] == (0, 0)
    assert there[-1].coords[-1] == back[0].coords[0]


def test_some_settlements_are_drawn_as_all_are_and_strangers_are_refused(county):
    surface, settlements, facilities = county
    every = compute_routes(settlements, facilities, service(), surface, season="wet", config=CONFIG)
    one = compute_routes(settlements, facilities, service(), surface, season="wet", config=CONFIG, settlement_ids=["far"])
    assert one.equals(every[every["settlement_id"] == "far"].reset_index(drop=True))
    with pytest.raises(TableError, match="ID-UNKNOWN"):
        compute_routes(settlements, facilities, service(), surface, season="dry", config=CONFIG, settlement_ids=["far", "x"])
    nothing = compute_routes(settlements, {}, service(), surface, season="dry", config=CONFIG)
    assert nothing["status"].tolist() == ["no_data"] * 4


def test_several_services_are_drawn_as_each_alone(county, world):
    """Two services of one mode and a round trip on foot, searched together: the rows of each alone, one below the other."""
    surface, settlements, facilities = county
    water = {"id": "water", "mode": "walk", "trip": "round_trip"}
    asked = [service().model_copy(update=one) for one in ({}, water, {"id": "none"})]
    supply = facilities | {"water": places(world, "facility_id", spring=(-400, 300), well=(100, -50))}
    together = compute_routes(settlements, supply, asked, surface, season="dry", config=CONFIG)
    alone = [compute_routes(settlements, supply, one, surface, season="dry", config=CONFIG) for one in asked]
    assert together["service"].drop_duplicates().tolist() == ["clinic", "water", "none"]
    shown = ["settlement_id", "service", "facility_id", "way", "leg", "kind", "leg_min"]
    expected = [row for one in alone for row in one[shown].fillna(-1.0).to_numpy().tolist()]
    assert together[shown].fillna(-1.0).to_numpy().tolist() == expected
