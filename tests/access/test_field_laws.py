"""Laws that hold for any field, whatever the county: no twin needed, only a second county that differs in one thing."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access import enter, join_surface, lay_costs, lay_ways, plant_seeds, solve, time_edges
from geoplan.access.field import Seeds
from geoplan.access.ground import add_barriers
from geoplan.access.surface import find_loose_ends
from geoplan.access.ticks import NEVER, TICKS_PER_MIN
from geoplan.contracts.grid import Grid

TICK_MIN = 1.0 / TICKS_PER_MIN
FEW = 200 * TICK_MIN
"""A path of some hundred steps, each rounded to a tick: 25 ms."""
GROUNDED = np.array(["", "", "ford"], dtype=object)
options = st.fixed_dictionaries({"seed": st.integers(0, 2**32 - 1), "rows": st.integers(2, 14), "cols": st.integers(2, 14)})
modes = st.sampled_from(["ride", "walk"])
seasons = st.sampled_from(["dry", "wet"])


def redo(scenes, world, scene, **changes):
    """Return a scene with some of its layers exchanged."""
    layers = {"dem": scene.dem, "cover": scene.cover, "walls": scene.barriers, "lines": scene.roads, "speeds": world.speeds}
    layers |= {"walking": world.walking, "here": scene.here, "there": scene.there, **changes}
    return scenes.build_scene(**layers)


def table(world, surface, here, there, **traveller):
    """Return (here, there) minutes, one facility at a time."""
    return np.array([world.travel(surface, here, [one], **traveller).paths.minutes for one in there]).T


def seed_at(code, ticks=0):
    one = np.array([code])
    return Seeds(one, np.array([ticks]), np.zeros(1, dtype=np.int64), np.full(1, -1))


def costs_of(surface, *, mode="ride", season="dry", walker=1.0, towards=True):
    ways = lay_ways(surface, *time_edges(surface.network, mode=mode, season=season, walker=walker), walker=walker)
    return lay_costs(surface, ways, towards=towards)


@settings(deadline=None, max_examples=10)
@given(options=options, mode=modes, season=seasons)
def test_turning_every_way_round_transposes_the_table(world, scenes, options, mode, season):
    """One-ways reversed and hills made valleys: j → i takes what i → j took. And searched from the other end it is the same table."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    plain = table(world, scene.surface, scene.here, scene.there, mode=mode, season=season)
    other_end = table(world, scene.surface, scene.there, scene.here, mode=mode, season=season, towards=False)
    np.testing.assert_array_equal(np.isfinite(plain), np.isfinite(other_end.T))
    assert pytest.approx(plain, abs=FEW) == other_end.T
    mirrored = redo(
        scenes,
        world,
        scene,
        dem=Grid(-scene.dem.values, scene.dem.transform, scene.dem.crs),
        lines=scene.roads.assign(oneway=-scene.roads["oneway"]),
    )
    turned = table(world, mirrored.surface, scene.there, scene.here, mode=mode, season=season)
    assert pytest.approx(plain, abs=FEW) == turned.T


@settings(deadline=None, max_examples=15)
@given(options=options, mode=modes, towards=st.booleans())
def test_the_field_of_many_sources_is_the_least_of_their_fields(world, scenes, options, mode, towards):
    """Tick by tick, cells and nodes; the source named is one that gives it, the lowest in number."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    trip = world.travel(scene.surface, scene.here, scene.there, mode=mode, towards=towards)
    alone = [
        solve(trip.costs, plant_seeds(trip.far_legs, towards=towards, points=np.array([one]))) for one in range(len(scene.there))
    ]
    np.testing.assert_array_equal(trip.field.time, np.min([one.time for one in alone], axis=0))
    np.testing.assert_array_equal(trip.field.node_time, np.min([one.node_time for one in alone], axis=0))
    each = np.array(
        [world.travel(scene.surface, scene.here, [one], mode=mode, towards=towards).paths.ticks for one in scene.there]
    )
    np.testing.assert_array_equal(trip.paths.ticks, each.min(axis=0))
    found = np.flatnonzero(trip.paths.source >= 0)
    np.testing.assert_array_equal(each[trip.paths.source[found], found], trip.paths.ticks[found])


@settings(deadline=None, max_examples=15)
@given(options=options, mode=modes, towards=st.booleans(), pick=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)))
def test_no_detour_over_a_third_place_is_quicker(world, scenes, options, mode, towards, pick):
    """t(a, c) ≤ t(a, b) + t(b, c) for every c, tick by tick."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    costs = costs_of(scene.surface, mode=mode, towards=towards)
    size = scene.surface.ground.speed_class.size + len(scene.surface.stops.xy)
    a, b = (int(share * size) for share in pick)
    first, second = (solve(costs, seed_at(code)) for code in (a, b))
    times = [np.r_[one.time.ravel(), one.node_time].astype(np.int64) for one in (first, second)]
    if times[0][b] < NEVER:
        known = times[1] < NEVER
        assert (times[0][known] <= times[0][b] + times[1][known]).all()
        assert times[0][a] == 0


@settings(deadline=None, max_examples=15)
@given(options=options, mode=modes, towards=st.booleans(), factor=st.floats(1.0, 5.0))
def test_faster_roads_slow_nobody(world, scenes, options, mode, towards, factor):
    """Every speed row times k ≥ 1."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    rows = [row.model_copy(update={"kmh": row.kmh * factor}) for row in world.speeds.rows]
    quick = redo(scenes, world, scene, speeds=world.speeds.model_copy(update={"rows": rows}))
    before, after = (
        world.travel(one.surface, scene.here, scene.there, mode=mode, towards=towards).paths.minutes for one in (scene, quick)
    )
    assert (after <= before + FEW).all()


def draw_new_road(rng, scenes, scene, size):
    """Return a road that meets the others at their ends only, from junction to junction where that can be; None where there is no room."""
    network = scene.surface.network
    lines, nodes = network.edges.geometry, np.delete(network.nodes, find_loose_ends(network), axis=0)
    road = scenes.draw_roads(rng, size, 1, crossings=GROUNDED).assign(road_id="new")
    spots = [rng.uniform(0.0, 1.0, (2, 2)) * size for _ in range(4)]
    pairs = [nodes[rng.choice(len(nodes), 2, replace=False)] for _ in range(6)] if len(nodes) > 1 else []
    for ends in [*pairs, *spots]:
        line = shapely.LineString(ends)
        inner = shapely.ops.substring(line, 0.01, line.length - 0.01)
        if line.length > 1.0 and (len(lines) == 0 or shapely.distance(lines, inner).min() > 0.002):
            return road.set_geometry([line], crs=scene.roads.crs)
    return None


@settings(deadline=None, max_examples=20)
@given(options=options, mode=modes, towards=st.booleans(), more=st.integers(0, 2**32 - 1))
def test_a_new_road_slows_nobody(world, scenes, options, mode, towards, more):
    """Anyone may leave the new road alone.

    A road that crosses others moves the stops of those (a cell's one place to join each piece) by up to half a cell, and a road that meets the loose
    end of a bridge makes it one that is joined at the stops of its cells: neither is asked for here.
    """
    scene = scenes.draw_scene(**options, crossings=GROUNDED, speeds=world.speeds, walking=world.walking)
    size = np.array([options["cols"] * 30.0, -options["rows"] * scene.surface.ground.cell_size[1]])
    extra = draw_new_road(np.random.default_rng(more), scenes, scene, size)
    if extra is None:
        return
    wider = redo(scenes, world, scene, lines=gpd.GeoDataFrame(pd.concat([scene.roads, extra], ignore_index=True), crs=world.crs))
    if len(wider.surface.network.edges) != len(scene.surface.network.edges) + 1:
        return
    # Whoever has to be moved to a place that can be left is moved to the new road, if that is nearer.
    still = enter(scene.there, scene.surface, move_max_m=500.0).moved_m == 0.0
    before, after = (
        world.travel(one.surface, scene.here, scene.there[still], mode=mode, towards=towards) for one in (scene, wider)
    )
    stays = before.near.moved_m == 0.0
    assert (after.paths.minutes <= before.paths.minutes + FEW)[stays].all()
    assert (after.field.time <= before.field.time + 200.0).all()


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), steep=st.sampled_from([1.0, 6.0]))
def test_motor_minutes_along_a_road_do_not_depend_on_the_hills(world, scenes, seed, steep):
    """From junction to junction by car: the same to the last digit on level and on rough ground."""
    rng = np.random.default_rng(seed)
    lines = [[(10, 12), (590, 12)], [(590, 12), (590, 588)], [(590, 588), (10, 588)], [(10, 12), (590, 588)]]
    here, there = [line[0] for line in lines], [(590, 588)]
    found = []
    for rise in (0.0, steep):
        dem = world.grid(500.0 + rise * rng.normal(size=(20, 20)).cumsum(axis=0), north=600.0)
        surface = world.surface(world.hills(dem), lines, dem=dem, road_class=["national"] * 4, oneway=[0, 1, 0, -1])
        found.append(world.travel(surface, here, there).paths)
    np.testing.assert_array_equal(found[0].minutes, found[1].minutes)
    np.testing.assert_array_equal(found[1].parts[:, 7], 0.0)


@settings(deadline=None, max_examples=15)
@given(options=options, mode=modes, towards=st.booleans(), along_slope=st.booleans())
def test_more_neighbours_never_make_a_way_longer(world, scenes, options, mode, towards, along_slope):
    """Sixteen moves hold the eight: no cell and no node later."""
    scene = scenes.draw_scene(**options, along_slope=along_slope, speeds=world.speeds, walking=world.walking)
    fewer = redo(scenes, world, scene, neighbours=8, along_slope=along_slope)
    there = scene.there[enter(scene.there, fewer.surface, move_max_m=500.0).moved_m == 0.0]
    trips = [world.travel(one.surface, scene.here, there, mode=mode, towards=towards) for one in (scene, fewer)]
    assert (trips[0].field.time <= trips[1].field.time).all()
    assert (trips[0].field.node_time <= trips[1].field.node_time).all()
    # A cell that only knight's moves leave is a place to be moved to with sixteen moves, and none with eight.
    stays = trips[1].near.moved_m == 0.0
    assert (trips[0].paths.minutes <= trips[1].paths.minutes + FEW)[stays].all()


@settings(deadline=None, max_examples=15)
@given(options=options, mode=modes, season=seasons, factor=st.floats(0.3, 4.0))
def test_k_times_all_speeds_divide_times_by_k(world, scenes, options, mode, season, factor):
    """Roads and feet k times as quick, and nobody waits for a ferry: every time divided by k."""
    calm = world.speeds.model_copy(update={"crossing_wait_min": {}})
    scene = scenes.draw_scene(**options, speeds=calm, walking=world.walking)
    rows = [
        row.model_copy(update={"kmh": row.kmh * factor, "wet_kmh": None if row.wet_kmh is None else row.wet_kmh * factor})
        for row in calm.rows
    ]
    quick = calm.model_copy(update={"rows": rows, "default_kmh": calm.default_kmh * factor})
    other = redo(scenes, world, scene, speeds=quick, walk_kmh=5.0 * factor)
    before, after = (
        world.travel(one.surface, scene.here, scene.there, mode=mode, season=season).paths.minutes for one in (scene, other)
    )
    within = before < 8000.0 * min(factor, 1.0)
    assert after[within] == pytest.approx(before[within] / factor, abs=FEW * max(1.0, 1.0 / factor), rel=1e-7)


@settings(deadline=None, max_examples=15)
@given(options=options, mode=modes, towards=st.booleans(), more=st.integers(0, 2**32 - 1))
def test_a_new_barrier_helps_nobody_on(world, scenes, options, mode, towards, more):
    """From a place of the surface itself: no cell and no node earlier than before."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    size = np.array([options["cols"] * 30.0, -options["rows"] * scene.surface.ground.cell_size[1]])
    wall = world.draw(scenes.draw_wall(np.random.default_rng(more), size))
    both = gpd.GeoDataFrame(geometry=[*scene.barriers.geometry, *wall.geometry], crs=world.crs)
    walled = join_surface(add_barriers(scene.surface.ground, wall), scene.surface.network, barriers=both, dem=scene.dem)
    start = int(more % scene.surface.ground.speed_class.size)
    fields = [solve(costs_of(one, mode=mode, towards=towards), seed_at(start)) for one in (scene.surface, walled)]
    assert (fields[1].time >= fields[0].time).all()
    assert (fields[1].node_time >= fields[0].node_time).all()


@settings(deadline=None, max_examples=15)
@given(options=options, towards=st.booleans(), walker=st.floats(0.3, 2.0))
def test_a_walker_slower_by_f_takes_one_over_f_on_roadless_ground(world, scenes, options, towards, walker):
    """Half as quick, twice as long; over the ground, and straight from door to door."""
    scene = scenes.draw_scene(**options, roads=0, speeds=world.speeds, walking=world.walking)
    adult, other = (
        world.travel(scene.surface, scene.here, scene.there, towards=towards, walker=one).paths.minutes for one in (1.0, walker)
    )
    within = adult < 8000.0 * min(walker, 1.0)
    assert other[within] == pytest.approx(adult[within] / walker, abs=FEW / min(walker, 1.0), rel=1e-7)


@settings(deadline=None, max_examples=10)
@given(options=options, mode=modes, order=st.randoms(use_true_random=False))
def test_the_order_of_roads_does_not_matter(world, scenes, options, mode, order):
    """Shuffle the rows of the road layer: the same minutes."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    rows = order.sample(range(len(scene.roads)), len(scene.roads))
    other = redo(scenes, world, scene, lines=scene.roads.iloc[rows].reset_index(drop=True))
    before, after = (world.travel(one.surface, scene.here, scene.there, mode=mode).paths.minutes for one in (scene, other))
    assert after == pytest.approx(before, abs=FEW)


@settings(deadline=None, max_examples=10)
@given(options=options, mode=modes)
def test_riding_is_never_slower_than_walking(world, scenes, options, mode):
    """Whoever has a vehicle may leave it: no cell later than on foot, and a quicker walker never later than a slower one."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    paths = [
        world.travel(scene.surface, scene.here, scene.there, mode=one, walker=walker).paths.minutes
        for one, walker in (("ride", 1.0), ("walk", 1.0), (mode, 1.0), (mode, 0.6))
    ]
    assert (paths[0] <= paths[1] + FEW).all()
    assert (paths[2] <= paths[3] + FEW).all()
