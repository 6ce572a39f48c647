"""Reach tables of several services at once: each is what its own search gives, and its nearest facility is the access stage's."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access import nearest, tabulate_reach
from geoplan.access.compute import compute_times
from geoplan.access.service_reach import tabulate_service_reach
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.errors import ConfigError

CONFIG = AccessConfig()


def service(name, **options):
    return ServiceConfig(id=name, label_zh=name, label_en=name, layers=[name], **options)


def stand(world, column, points):
    return gpd.GeoDataFrame({column: list(points)}, geometry=[shapely.Point(*xy) for xy in points.values()], crs=world.crs)


def pairs(reach):
    rows = zip(reach.demand_ids[reach.demand], reach.supply_ids[reach.supply], reach.minutes, strict=True)
    return {(demand, supply): minutes for demand, supply, minutes in rows}


@pytest.fixture(scope="module")
def county(world):
    surface = world.surface(world.level(-300, -300, 2700, 300), [[(0, 0), (2400, 0)]])
    places = stand(world, "settlement_id", {"b": (0, 0), "a": (1000, 0), "far": (90_000, 0)})
    supply = {
        "clinic": stand(world, "facility_id", {"k": (1000, 0)}),
        "school": stand(world, "facility_id", {"y": (2000, 0), "k": (0, 0)}),
    }
    return places, supply, {"dry": surface, "wet": surface}


def run(county, services, cutoff_min, **options):
    places, supply, surfaces = county
    return tabulate_service_reach(places, supply, services, surfaces, config=CONFIG, cutoff_min=cutoff_min, **options)


def test_every_service_stops_at_its_own_cut_off(county):
    """By hand, 20 km/h: 1 km is 3 min, 2 km 6 min; an id that two services share is two facilities."""
    found = run(county, [service("clinic"), service("school")], {"clinic": 5.0, "school": 3.0})
    assert pairs(found["clinic"]) == {("a", "k"): 0.0, ("b", "k"): 3.0}
    assert pairs(found["school"]) == {("a", "k"): 3.0, ("a", "y"): 3.0, ("b", "k"): 0.0}
    assert found["clinic"].demand_ids.tolist() == ["a", "b", "far"]
    assert found["clinic"].demand_status.tolist() == ["ok", "ok", "unsnapped"]


def test_a_service_without_facilities_has_an_empty_table(county):
    found = run(county, [service("clinic"), service("bank")], {"clinic": 5.0, "bank": 5.0})
    assert found["bank"].shape == (3, 0)
    assert len(found["clinic"].minutes) == 2


def test_a_child_walks_as_a_child(county):
    """On foot along 1 km of level road an adult takes 12 min and a child of 0.8 times the pace 15."""
    options = {"mode": "walk", "walker": "child"}
    slow = run(county, [service("clinic", **options)], {"clinic": 20.0}, walkers={"child": 0.8})["clinic"]
    quick = run(county, [service("clinic", mode="walk")], {"clinic": 20.0})["clinic"]
    assert pairs(quick)["b", "k"] == pytest.approx(12.0, rel=0.01)
    assert pairs(slow)["b", "k"] == pytest.approx(1.25 * pairs(quick)["b", "k"], rel=1e-4)


def test_a_service_must_say_how_far_it_is_looked_for(county):
    with pytest.raises(ConfigError, match="REACH-CUTOFF"):
        run(county, [service("clinic")], {})
    with pytest.raises(ConfigError, match="SEASON-UNKNOWN"):
        run(county, [service("clinic")], {"clinic": 5.0}, season="monsoon")


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 2**32 - 1), cutoff=st.floats(1.0, 40.0), season=st.sampled_from(["dry", "wet"]))
def test_the_nearest_in_the_table_is_the_access_stages(world, scenes, seed, cutoff, season):
    """The same pairs as the table of times within the cut-off, to a ten-thousandth of a minute, and to the last bit at a threshold."""
    scene = scenes.draw_scene(seed, world.speeds, world.walking)
    ids = (
        {"settlement_id": [f"s{i}" for i in range(len(scene.here))]},
        {"facility_id": [f"f{i}" for i in range(len(scene.there))]},
    )
    places, supply = (
        gpd.GeoDataFrame(names, geometry=gpd.points_from_xy(*xy.T), crs=world.crs)
        for names, xy in zip(ids, (scene.here, scene.there), strict=True)
    )
    surfaces, asked = {"dry": scene.surface, "wet": scene.surface}, [service("clinic")]
    times = compute_times(places, {"clinic": supply}, asked, surfaces, config=CONFIG)
    truth = times[times["season"] == season]["travel_time_min"].to_numpy(dtype=float)
    table = tabulate_service_reach(
        places, {"clinic": supply}, asked, surfaces, config=CONFIG, cutoff_min={"clinic": cutoff}, season=season
    )["clinic"]
    got = nearest(table)["travel_time_min"].to_numpy(dtype=float)
    np.testing.assert_allclose(got, np.where(truth <= cutoff, truth, np.nan), atol=1e-4)
    again = tabulate_service_reach(
        places, {"clinic": supply}, asked, surfaces, config=CONFIG, cutoff_min={"clinic": cutoff}, season=season,
        thresholds_min={"clinic": truth[truth <= cutoff].tolist()},
    )["clinic"]  # fmt: skip
    np.testing.assert_allclose(
        nearest(again)["travel_time_min"].to_numpy(dtype=float), np.where(truth <= cutoff, truth, np.nan), atol=1e-9
    )


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), cutoff=st.floats(1.0, 40.0))
def test_every_pair_is_that_of_timing_every_way_again(world, scenes, seed, cutoff):
    scene = scenes.draw_scene(seed, world.speeds, world.walking)
    places = gpd.GeoDataFrame(
        {"settlement_id": [f"s{i}" for i in range(len(scene.here))]}, geometry=gpd.points_from_xy(*scene.here.T), crs=world.crs
    )
    supply = gpd.GeoDataFrame(
        {"facility_id": [f"f{i}" for i in range(len(scene.there))]}, geometry=gpd.points_from_xy(*scene.there.T), crs=world.crs
    )
    surfaces = {"dry": scene.surface, "wet": scene.surface}
    got = tabulate_service_reach(
        places, {"clinic": supply}, [service("clinic")], surfaces, config=CONFIG, cutoff_min={"clinic": cutoff}
    )["clinic"]
    found = world.travel(scene.surface, scene.here, scene.there)
    truth = tabulate_reach(
        found.near,
        found.far,
        scene.surface,
        found.ways,
        demand_ids=got.demand_ids.tolist(),
        supply_ids=got.supply_ids.tolist(),
        cutoff_min=cutoff,
    )
    np.testing.assert_array_equal(got.demand, truth.demand)
    np.testing.assert_array_equal(got.supply, truth.supply)
    np.testing.assert_allclose(got.minutes, truth.minutes, atol=1e-4)
    assert got.demand_status.tolist() == truth.demand_status.tolist()
