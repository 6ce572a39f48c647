"""Scenarios: cuts where shapes lie, floods, slow roads, open barriers; and the difference of two worlds in people."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from geoplan.access.compute import compute_times
from geoplan.access.scenario import apply_scenario
from geoplan.access.scenario_surfaces import change_barriers, change_surfaces, compare_scenarios, time_scenario
from geoplan.access.times_difference import CHANGES, compare_seasons, compare_times, count_changes
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.contracts.scenario import Scenario
from geoplan.errors import ConfigError, LayerError, NetworkError, TableError
from geoplan.io.scenarios import read_scenario

CRS = "EPSG:4544"
DRY = AccessConfig(seasons=["dry"])
BOTH = AccessConfig(seasons=["dry", "wet"])
CLINIC = ServiceConfig(id="clinic", label_zh="卫生室", label_en="clinic", layers=["clinics"])


def told(**options):
    return Scenario(name="试", crs=CRS, **options)


def slide(x, y, radius_m):
    return told(close=[{"landslides": [{"x": x, "y": y, "radius_m": radius_m}]}])


def box(*bounds):
    return shapely.box(*bounds).wkt


def places(world, column, **points):
    return gpd.GeoDataFrame(
        {column: list(points), "name": list(points)}, geometry=[shapely.Point(*one) for one in points.values()], crs=world.crs
    )


MINUTES = ["forward_min_dry", "backward_min_dry", "walk_forward_min_wet", "walk_backward_min_wet"]


def test_an_empty_scenario_is_the_network_and_the_surfaces_themselves(world):
    surface = world.surface(world.level(-300, -300, 1300, 300), [[(0, 0), (1000, 0)]])
    assert apply_scenario(surface.network, told(), surface=surface) is surface.network
    assert change_surfaces({"dry": surface}, told(), barriers={"dry": None})["dry"] is surface
    nowhere = told(close=[{"areas": [box(5000, 5000, 6000, 6000)]}], slow=[{"road_ids": ["r0"], "factor": 1.0}])
    assert apply_scenario(surface.network, nowhere, surface=surface) is surface.network


def test_a_landslide_cuts_a_road_between_two_villages_and_leaves_both_their_ends(world):
    """3 km of 20 km/h road with a clinic at each end and a slide in the middle that nobody walks round (a river on both sides).

    Without the slide the village at 1,200 m is 3.6 min from the western clinic and 5.4 from the eastern one; with it the western
    road still takes 3.6 min, and the pieces are those between the stops around the slide, at most a cell wider than its 100 m.
    """
    banks = world.draw(
        shapely.LineString([(-300, 40), (3300, 40)]),
        shapely.LineString([(-300, -40), (3300, -40)]),
        shapely.LineString([(1500, -40), (1500, 40)]),
    )
    surface = world.surface(world.level(-300, -300, 3300, 300, barriers=banks), [[(0, 0), (3000, 0)]], barriers=banks)
    cut = apply_scenario(surface.network, slide(1500, 0, 50), surface=surface)
    assert cut.edges["edge_id"].tolist() == ["r0:0/1", "r0:0/2", "r0:0/3"]
    west, gone, east = cut.edges["length_m"]
    assert west + gone + east == pytest.approx(3000)
    assert 100 <= gone <= 160
    assert cut.edges[MINUTES].iloc[1].tolist() == [np.inf] * 4
    assert cut.edges["forward_min_dry"].iloc[0] == pytest.approx(west / 20000 * 60)
    assert cut.edges["walk_backward_min_wet"].iloc[2] == pytest.approx(east / 5000 * 60)
    assert [list(one.coords) for one in cut.edges.geometry] == [
        [(0, 0), (west, 0)],
        [(west, 0), (west + gone, 0)],
        [(west + gone, 0), (3000, 0)],
    ]
    assert cut.nodes[cut.edges["u"].iloc[1]].tolist() == [west, 0]
    homes, clinics = places(world, "settlement_id", a=(1200, 0), b=(1800, 0)), {"clinic": places(world, "facility_id", w=(0, 0))}
    options = {"barriers": {"dry": banks}, "config": DRY}
    found = compare_scenarios(homes, clinics, [CLINIC], {"dry": surface}, slide(1500, 0, 50), **options).set_index(
        "settlement_id"
    )
    assert found["change"].to_dict() == {"a": "same", "b": "lost"}
    assert found.loc["a", ["minutes_a", "minutes_b"]].tolist() == pytest.approx([3.6, 3.6])
    assert (found.loc["b", "status_b"], np.isnan(found.loc["b", "difference_min"])) == ("unreachable", True)


def test_with_another_clinic_behind_the_slide_people_go_there(world):
    surface = world.surface(world.level(-300, -300, 3300, 300), [[(0, 0), (3000, 0)]])
    homes = places(world, "settlement_id", b=(1400, 0))
    clinics = {"clinic": places(world, "facility_id", east=(2000, 0), west=(0, 0))}
    found = compare_scenarios(
        homes, clinics, [CLINIC], {"dry": surface}, slide(1700, 0, 250), barriers={"dry": None}, config=DRY
    ).iloc[0]  # fmt: skip
    assert (found["facility_a"], found["facility_b"], found["other_facility"], found["change"]) == (
        "east",
        "west",
        True,
        "slower",
    )
    assert (found["minutes_a"], found["minutes_b"]) == pytest.approx((1.8, 4.2))


def test_without_a_surface_whole_edges_are_closed(world):
    network = world.network([[(0, 0), (1000, 0)], [(1000, 0), (2000, 0)]])
    cut = apply_scenario(network, slide(1500, 0, 50))
    assert np.isinf(cut.edges["forward_min_dry"]).tolist() == [False, True]
    assert network.edges["forward_min_dry"].tolist() == [3.0, 3.0]
    with pytest.raises(NetworkError, match="SCENARIO-SURFACE"):
        apply_scenario(cut, slide(1500, 0, 50), surface=world.surface(world.level(-300, -300, 1300, 300), [[(0, 0), (1000, 0)]]))


def test_a_flood_closes_the_ford_and_the_road_and_spares_bridge_and_tunnel(world):
    """Four roads side by side through one flood: ford and plain road are closed inside, bridge and tunnel pass."""
    lines = [[(0, k * 200), (900, k * 200)] for k in range(4)]
    surface = world.surface(world.level(-300, -300, 1300, 1000), lines, crossing=["ford", "", "bridge", "tunnel"])
    flood = told(floods=[box(400, -100, 500, 900)])
    wet = apply_scenario(surface.network, flood, surface=surface)
    closed = wet.edges[np.isinf(wet.edges["forward_min_dry"])]
    assert sorted(set(closed["road_id"])) == ["r0", "r1"]
    assert (wet.edges["road_id"].value_counts()[["r0", "r2", "r3"]] == [3, 1, 1]).all()
    changed = change_surfaces({"dry": surface}, flood, barriers={"dry": None})["dry"]
    assert (changed.ground.blocked != surface.ground.blocked).any()
    bridges = told(close=[{"areas": [box(400, -100, 500, 900)], "crossings": ["bridge"]}])
    assert set(apply_scenario(surface.network, bridges, surface=surface).edges.query("forward_min_dry == inf")["road_id"]) == {
        "r2"
    }


def test_what_stands_in_a_flood_is_not_moved_ashore(world):
    """Two villages and two clinics on level ground; the flood takes one of each, in the wet season alone."""
    surface = world.surface(world.level(-300, -300, 1500, 300))
    homes = places(world, "settlement_id", dry=(0, 0), drowned=(600, 0))
    clinics = {"clinic": places(world, "facility_id", high=(1000, 0), low=(500, 0))}
    flood = told(floods=[box(450, -20, 650, 20)], seasons=["wet"])
    options = {"barriers": {"dry": None, "wet": None}, "config": BOTH}
    found = compare_scenarios(homes, clinics, [CLINIC], {"dry": surface, "wet": surface}, flood, **options)
    by = found.set_index(["season", "settlement_id"])
    assert set(by.loc["dry", "change"]) == {"same"}
    assert by.loc[("wet", "drowned"), ["change", "status_b"]].tolist() == ["lost", "unsnapped"]
    assert by.loc[("wet", "dry"), ["change", "facility_a", "facility_b"]].tolist() == ["slower", "low", "high"]


def test_slow_roads_take_as_many_times_longer_and_walkers_only_where_it_is_said(world):
    """3 min of road by 2 and by 1.5 is 9; on foot 12 min, or 24 where the factor of 2 is for walkers too."""
    network = world.network([[(0, 0), (1000, 0)], [(1000, 0), (2000, 0)]], surface=["earth", "concrete"])
    slow = told(slow=[{"surfaces": ["concrete"], "factor": 2.0}, {"road_ids": ["r1"], "factor": 1.5}])
    edges = apply_scenario(network, slow).edges
    assert edges[["forward_min_dry", "walk_forward_min_dry"]].iloc[1].tolist() == pytest.approx([9.0, 12.0])
    assert edges.iloc[0].equals(network.edges.iloc[0])
    both = apply_scenario(network, told(slow=[{"surfaces": ["concrete"], "factor": 2.0, "on_foot": True}])).edges
    assert both["walk_forward_min_dry"].iloc[1] == pytest.approx(24.0)


def test_a_season_that_is_not_named_keeps_every_minute(world):
    network = world.network([[(0, 0), (1000, 0)]])
    edges = apply_scenario(network, told(close=[{"road_ids": ["r0"]}], seasons=["wet"])).edges
    dry, wet = ([name for name in edges if str(name).endswith(f"_min_{season}")] for season in ("dry", "wet"))
    assert edges[dry].equals(network.edges[dry])
    assert np.isinf(edges[wet].to_numpy()).all()


def test_opening_what_was_a_barrier_restores_the_ground_without_it(world):
    """A river, a cliff and a flood; opening the river leaves exactly what stands without it, opening the flood's own kind is refused."""
    river, cliff = shapely.LineString([(500, -300), (500, 300)]), shapely.LineString([(0, 100), (300, 100)])
    walls = world.draw(river, cliff).assign(layer=["water", "rock"], barrier_kind=["river", "cliff"])

    def build(barriers):
        return world.level(-300, -300, 1500, 300, barriers=barriers)

    surface = world.surface(build(walls), barriers=walls)
    for name in ("water", "river"):
        opened = change_surfaces({"dry": surface}, told(open_barriers=[name]), barriers={"dry": walls}, build=build)["dry"]
        assert (opened.ground.blocked == build(walls[1:]).blocked).all()
    assert len(change_barriers(walls, told(open_barriers=["river"], floods=[box(0, 0, 9, 9)]), crs=world.crs)) == 2
    assert len(walls) == 2
    with pytest.raises(ConfigError, match=r"SCENARIO-BARRIER.*cliff"):
        change_barriers(walls, told(open_barriers=["flood"]), crs=world.crs)
    with pytest.raises(ConfigError, match="SCENARIO-GROUND"):
        change_surfaces({"dry": surface}, told(open_barriers=["river"]), barriers={"dry": walls})


def draw_scenario(rng, size):
    """Return a scenario of slides, a flood and slow classes on a scene of that size."""
    x, y = rng.uniform(0, 1, (2, 2)) * size
    corner = rng.uniform(0, 0.8, 2) * size
    far = corner + 0.2 * size
    return told(
        close=[{"landslides": [{"x": x[0], "y": x[1], "radius_m": float(rng.uniform(5, 60))}]}, {"areas": [shapely.LineString([x, y]).wkt]}],
        slow=[{"road_classes": ["village", "track"], "factor": float(rng.uniform(1, 3)), "areas": [box(*np.minimum(corner, far), *np.maximum(corner, far))]}],
        floods=[box(*np.minimum(corner, far), *np.maximum(corner, far))] if rng.random() < 0.5 else [],
    )  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), mode=st.sampled_from(["ride", "walk"]))
def test_closing_and_slowing_never_speeds_anyone_up(world, scenes, speeds, walking, seed, mode):
    """Whatever is cut, flooded or slowed: nobody arrives sooner, to a few ticks of rounding; the network given is not touched."""
    scene = scenes.draw_scene(seed, speeds, walking)
    surface, scenario = scene.surface, draw_scenario(np.random.default_rng(seed), np.array([300.0, -300.0]))
    before = surface.network.edges.copy(deep=True)
    changed = change_surfaces({"dry": surface}, scenario, barriers={"dry": scene.barriers})["dry"]
    assert surface.network.edges.equals(before)
    dry, wet = (world.travel(one, scene.here, scene.there, mode=mode, move_max_m=0.0).paths.minutes for one in (surface, changed))
    assert (wet >= dry - 1e-4).all()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_cut_edges_add_up_to_the_edge_they_were_cut_from(scenes, speeds, walking, seed):
    """Lengths of the pieces add up, they share their ends, and the open ones take their share of the minutes; the others stay as they were."""
    surface = scenes.draw_scene(seed, speeds, walking).surface
    edges = surface.network.edges
    slow = told(slow=[{"areas": [box(50, -200, 200, -50)], "factor": 2.0}], seasons=["wet"])
    cut = apply_scenario(surface.network, slow, surface=surface)
    whole = cut.edges.assign(edge_id=cut.edges["edge_id"].str.split("/").str[0]).groupby("edge_id", sort=False)
    assert list(whole.groups) == edges["edge_id"].tolist()
    for name in ("length_m", "wait_min", "forward_min_dry", "walk_backward_min_dry"):
        assert whole[name].sum().to_numpy() == pytest.approx(edges[name].to_numpy(), rel=1e-9)
    assert shapely.length(cut.edges.geometry.array) == pytest.approx(cut.edges["length_m"].to_numpy())
    for place, end in ((0, "u"), (-1, "v")):
        ends = shapely.get_coordinates(shapely.get_point(cut.edges.geometry.array, place))
        assert cut.nodes[cut.edges[end]] == pytest.approx(ends, abs=1e-6)
    assert (whole["forward_min_wet"].sum().to_numpy() >= edges["forward_min_wet"].to_numpy() - 1e-9).all()


def table(**minutes):
    """Return times: settlement → minutes, or the status instead."""
    rows = [
        (one, *(("ok", value, "f") if isinstance(value, int | float) else (value, np.nan, ""))) for one, value in minutes.items()
    ]
    return pd.DataFrame(rows, columns=["settlement_id", "status", "travel_time_min", "facility_id"]).assign(
        service="clinic", season="dry"
    )


def test_every_change_has_its_name():
    before = table(a=30, b=30, c=30, d=30, e="unreachable", f="unreachable", g="no_data", h="unsnapped")
    after = table(h="unreachable", a=30.005, b=42.5, c=29, d="unreachable", e=10, f="unreachable", g="no_data")
    found = compare_times(before, after).set_index("settlement_id")
    assert found["change"].to_dict() == dict(
        zip("abcdefgh", ["same", "slower", "faster", "lost", "gained", "same", "unknown", "same"], strict=True)
    )
    assert found.loc["b", "difference_min"] == 12.5
    assert found["difference_min"].isna().to_dict() == {one: one in "defgh" for one in "abcdefgh"}
    assert not found["other_facility"].any()


def test_people_by_change_add_up_and_the_mean_is_of_people():
    """100 people +10 min and 300 people +2 min: 400 slower by 4 on average; one settlement uncounted, one lost."""
    found = compare_times(table(a=30, b=30, c=30, d=30), table(a=40, b=32, c=31, d="unreachable"))
    counted = count_changes(found, pd.Series({"a": 100.0, "b": 300.0, "c": np.nan, "d": 50.0})).set_index("change")
    assert list(counted.index) == list(CHANGES)
    assert counted.loc["slower", ["settlements", "persons", "persons_unknown_settlements", "mean_difference_min"]].tolist() == [
        3,
        400,
        1,
        4.0,
    ]
    assert (counted["settlements"].sum(), counted["persons"].sum()) == (4, 450)
    assert np.isnan(counted.loc["lost", "mean_difference_min"])


def test_wet_against_dry_is_one_call(world):
    """20 km/h dry and 18 wet on 1 km of concrete village road: 3 and 3.333 min."""
    surface = world.surface(world.level(-300, -300, 1300, 300), [[(0, 0), (1000, 0)]])
    homes, clinics = places(world, "settlement_id", a=(0, 0)), {"clinic": places(world, "facility_id", w=(1000, 0))}
    times = compute_times(homes, clinics, [CLINIC], {"dry": surface, "wet": surface}, config=BOTH)
    found = compare_seasons(times).iloc[0]
    assert (found["season"], found["change"], found["difference_min"]) == ("dry → wet", "slower", pytest.approx(1 / 3))
    with pytest.raises(TableError, match="SEASON-UNKNOWN"):
        compare_seasons(times[times["season"] == "dry"])


def test_tables_of_other_settlements_are_refused():
    with pytest.raises(TableError, match=r"TIMES-DIFFER.*b"):
        compare_times(table(a=1), table(a=1, b=2))
    with pytest.raises(TableError, match="ID-DUPLICATE"):
        compare_times(pd.concat([table(a=1), table(a=2)]), table(a=1))


def test_a_scenario_timed_with_nothing_in_it_is_the_times_bit_for_bit(world):
    surface = world.surface(world.level(-300, -300, 1300, 300), [[(0, 0), (1000, 30)]])
    homes, clinics = (
        places(world, "settlement_id", a=(0, 70), b=(700, -40)),
        {"clinic": places(world, "facility_id", w=(1000, 0))},
    )
    surfaces, asked = {"dry": surface, "wet": surface}, [CLINIC, CLINIC.model_copy(update={"id": "none"})]
    plain = compute_times(homes, clinics, asked, surfaces, config=BOTH)
    timed = time_scenario(homes, clinics, asked, surfaces, told(), barriers={"dry": None, "wet": None}, config=BOTH)
    keys = ["service", "season", "settlement_id"]
    assert timed.sort_values(keys).reset_index(drop=True).equals(plain.sort_values(keys).reset_index(drop=True))


def test_a_scenario_is_read_with_its_shapes_from_files_and_mistakes_are_named(tmp_path):
    flood = gpd.GeoDataFrame(geometry=[shapely.box(105, 32, 105.1, 32.1)], crs=4326)
    flood.to_file(tmp_path / "flood.geojson")
    (tmp_path / "s.yaml").write_text("name: 洪水\nfloods: [flood.geojson]\nclose:\n  - crossings: [ford]\n", encoding="utf-8")
    scenario = read_scenario(tmp_path / "s.yaml")
    assert shapely.from_wkt(scenario.floods[0]).equals(flood.geometry.iloc[0])
    assert Scenario.model_validate(scenario.model_dump()) == scenario
    (tmp_path / "s.yaml").write_text("name: x\nfloods: [nothing.geojson]\n", encoding="utf-8")
    with pytest.raises(LayerError, match="SCENARIO-AREA"):
        read_scenario(tmp_path / "s.yaml")
    (tmp_path / "s.yaml").write_text("name: x\nclose:\n  - {}\nslow:\n  - {factor: 0.5, road_ids: [a]}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"names no road.*greater than or equal to 1"):
        read_scenario(tmp_path / "s.yaml")


def test_what_names_nothing_that_is_there_is_refused(world):
    network = world.network([[(0, 0), (1000, 0)]])
    with pytest.raises(ConfigError, match=r"SCENARIO-ROAD.*r9"):
        apply_scenario(network, told(close=[{"road_ids": ["r9"]}]))
    with pytest.raises(ConfigError, match=r"SCENARIO-AREA.*POLYGO"):
        apply_scenario(network, told(close=[{"areas": ["POLYGO((1 2))"]}]))
    with pytest.raises(ValidationError):
        told(close=[{"crossings": ["fjord"]}])
