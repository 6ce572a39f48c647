"""The field is what the book says: a heap over dictionaries finds the same, to the last tick, whatever the tiles, threads and order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access import extend, lay_costs, lay_legs, meet, plant_seeds, read_paths, solve
from geoplan.access.ticks import NEVER, TICKS_PER_S, slope_factor
from geoplan.access.ways import TICKS_PER_MIN

TICK_MIN = 1.0 / TICKS_PER_MIN
SIX_DAYS_MIN = int(NEVER) / TICKS_PER_MIN
options = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "rows": st.integers(1, 14),
        "cols": st.integers(1, 14),
        "neighbours": st.sampled_from([8, 16]),
        "along_slope": st.booleans(),
    }
)
travellers = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["ride", "walk"]),
        "season": st.sampled_from(["dry", "wet"]),
        "walker": st.sampled_from([1.0, 0.5, 0.7]),
        "towards": st.booleans(),
    }
)
tiles = st.sampled_from([4, 7, 16])


def times_of(field):
    return np.r_[field.time.ravel(), field.node_time]


def same(one, two):
    np.testing.assert_array_equal(one.time, two.time)
    np.testing.assert_array_equal(one.node_time, two.node_time)


@settings(deadline=None, max_examples=25)
@given(options=options, traveller=travellers, tile=tiles)
def test_the_field_equals_a_heap_over_dictionaries_tick_by_tick(world, twin, scenes, options, traveller, tile):
    """Barriers, water, one-way, bridges, ferries, both modes and directions: every cell and every road node."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    trip = world.travel(scene.surface, scene.here, scene.there, tile=tile, **traveller)
    legs = twin.lay_legs(trip.far, scene.surface, trip.ways)
    found, _ = twin.solve(scene.surface, trip.ways, legs, towards=traveller["towards"], ticks=True)
    cells, nodes = twin.as_arrays(found, scene.surface)
    np.testing.assert_array_equal(trip.field.time, cells)
    np.testing.assert_array_equal(trip.field.node_time, nodes)


@settings(deadline=None, max_examples=20)
@given(options=options, traveller=travellers)
def test_minutes_door_to_door_equal_a_float_twin_within_a_tick_a_step(world, twin, scenes, options, traveller):
    """Each arc is rounded by a tick at most, so the path found is at most that much longer than the best there is; it is timed in float64."""
    towards = traveller["towards"]
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    trip = world.travel(scene.surface, scene.here, scene.there, **traveller)
    far, near = (twin.lay_legs(one, scene.surface, trip.ways) for one in (trip.far, trip.near))
    time, steps = twin.solve(scene.surface, trip.ways, far, towards=towards, ticks=False)
    _, whole_steps = twin.solve(scene.surface, trip.ways, far, towards=towards, ticks=True)
    slack = TICK_MIN * (4 + max(steps.values(), default=0) + max(whole_steps.values(), default=0))
    for code, minutes in time.items():
        if minutes > SIX_DAYS_MIN:
            continue
        assert times_of(trip.field)[code] / TICKS_PER_MIN == pytest.approx(minutes, abs=slack, rel=1e-8)
    naive = twin.read(time, near, len(scene.here), towards=towards)
    direct = trip.meetings.there_min if towards else trip.meetings.back_min
    np.minimum.at(naive, trip.meetings.a, direct)
    naive[naive > SIX_DAYS_MIN] = np.inf
    found = trip.paths.minutes
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(naive))
    known = np.isfinite(naive)
    assert (found[known] >= naive[known] - 1e-9).all()
    assert (found[known] <= naive[known] * (1 + 1e-8) + slack).all()


@settings(deadline=None, max_examples=20)
@given(options=options, traveller=travellers)
def test_the_parts_add_up_and_no_number_stands_without_a_path(world, scenes, options, traveller):
    """off-road + network + off-road = walked + ridden = the time; metres likewise; without a path all is NaN."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    paths = world.travel(scene.surface, scene.here, scene.there, **traveller).paths
    known = paths.source >= 0
    np.testing.assert_array_equal(known, np.isfinite(paths.minutes))
    assert np.isnan(paths.parts[~known]).all()
    parts = paths.parts[known]
    assert np.isfinite(parts).all()
    assert (parts >= 0.0).all()
    for name in (0, 1):
        summed = parts[:, name] + parts[:, 2 + name] + parts[:, 4 + name]
        assert summed == pytest.approx(parts[:, 6 + name] + parts[:, 8 + name], rel=1e-9, abs=1e-9)
    assert paths.minutes[known] == pytest.approx(parts[:, 1] + parts[:, 3] + parts[:, 5], abs=1e-9)
    assert paths.minutes[known] == pytest.approx(paths.ticks[known] / TICKS_PER_MIN, abs=TICK_MIN * 200, rel=1e-8)
    assert (parts[~paths.on_road[known]][:, 2:6] == 0.0).all()


@settings(deadline=None, max_examples=15)
@given(options=options, traveller=travellers, tile=tiles)
def test_whole_equals_tiled_equals_two_threads_at_once(world, scenes, options, traveller, tile):
    """Tiles and threads are a matter of speed alone."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    trip = world.travel(scene.surface, scene.here, scene.there, **traveller)
    costs = lay_costs(scene.surface, trip.ways, towards=traveller["towards"], tile=tile)
    other = lay_costs(scene.surface, trip.ways, towards=not traveller["towards"], tile=tile)
    seeds, back = (plant_seeds(trip.far_legs, towards=one.towards) for one in (costs, other))
    same(solve(costs, seeds), trip.field)
    with ThreadPoolExecutor(2) as pool:
        fields = list(pool.map(solve, [costs, other, costs, other], [seeds, back, seeds, back]))
    same(fields[0], trip.field)
    same(fields[2], trip.field)
    same(fields[1], solve(other, back))
    same(fields[3], fields[1])


def snake(turns, size):
    """Return cover of grass with walls of water: one corridor that runs to and fro."""
    cover = np.full((2 * turns + 1, size), 30.0)
    for wall in range(turns):
        cover[2 * wall + 1, :-1] = 80.0
        if wall % 2:
            cover[2 * wall + 1, 0], cover[2 * wall + 1, -1] = 30.0, 80.0
    return cover


@pytest.mark.parametrize("tile", [4, 7, 16, 256])
def test_a_snake_maze_is_walked_to_its_end_whatever_the_tiles(world, twin, tile):
    """Nine corridors of 23 cells, each entered at the end of the one before: no wall is jumped, no turn cut through water."""
    cover = world.grid(snake(8, 23))
    ground = world.hills(world.grid(np.zeros(cover.values.shape)), landcover=cover)
    trip = world.travel(world.surface(ground), [[23 * 30 - 15, -15 - 16 * 30]], [[15, -15]], tile=tile)
    legs = twin.lay_legs(trip.far, trip.costs.surface, trip.ways)
    found, _ = twin.solve(trip.costs.surface, trip.ways, legs, towards=True, ticks=True)
    np.testing.assert_array_equal(trip.field.time, twin.as_arrays(found, trip.costs.surface)[0])
    # Nine corridors of at least 20 cells and sixteen rows down, at 4.86 km/h.
    assert trip.paths.minutes[0] > (9 * 20 + 16) * 30 * 60 / 4860
    assert (trip.field.time[cover.values == 80.0] == NEVER).all()


@pytest.mark.parametrize("tile", [4, 7, 16, 256])
@pytest.mark.parametrize("upright", [False, True])
def test_a_corridor_one_cell_wide_over_five_tiles_is_walked_through(world, tile, upright):
    """80 cells of 30 m at 4.86 km/h: 79 moves of exactly the same ticks, to the last cell."""
    cover = np.full((5, 80), 80.0)
    cover[2] = 30.0
    cover = world.grid(cover.T if upright else cover)
    ground = world.hills(world.grid(np.zeros(cover.values.shape)), landcover=cover)
    here = [75, -79.5 * 30] if upright else [79.5 * 30, -75]
    there = [75, -15] if upright else [15, -75]
    trip = world.travel(world.surface(ground), [here], [there], tile=tile)
    line = trip.field.time[:, 2] if upright else trip.field.time[2]
    step = round(30 / 4860 * 3600 * TICKS_PER_S)
    np.testing.assert_array_equal(line, step * np.arange(80))
    assert trip.paths.minutes[0] == pytest.approx(79 * 30 / 4860 * 60, abs=1e-9)


@settings(deadline=None, max_examples=20)
@given(options=options, traveller=travellers, tile=tiles)
def test_a_facility_added_later_gives_the_field_solved_from_scratch(world, scenes, options, traveller, tile):
    """One after another, in either order: bit for bit, seeds and sources included; the field extended stays as it was."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    trip = world.travel(scene.surface, scene.here, scene.there, tile=tile, **traveller)
    towards = traveller["towards"]
    seeds = [plant_seeds(trip.far_legs, towards=towards, points=np.array([one])) for one in range(len(scene.there))]
    for order in ([0, 1, 2], [2, 0, 1]):
        field = solve(trip.costs, seeds[order[0]])
        first = times_of(field).copy()
        grown = extend(extend(field, seeds[order[1]]), seeds[order[2]])
        same(grown, trip.field)
        np.testing.assert_array_equal(grown.seeds.code, trip.field.seeds.code)
        np.testing.assert_array_equal(grown.seeds.source, trip.field.seeds.source)
        np.testing.assert_array_equal(times_of(field), first)


@settings(deadline=None, max_examples=25)
@given(options=options, traveller=travellers, tile=tiles, share=st.floats(0.0, 1.2))
def test_a_limit_changes_nothing_within_it_and_reports_nothing_beyond(world, scenes, options, traveller, tile, share):
    """Exactly the limit is within it, in the field and door to door."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    trip = world.travel(scene.surface, scene.here, scene.there, **traveller)
    times = times_of(trip.field)
    reached = np.sort(times[times < NEVER])
    if not len(reached):
        return
    # On a time that occurs, or between two.
    bound = reached[min(int(share * len(reached)), len(reached) - 1)]
    limit_min = bound / TICKS_PER_MIN
    costs = lay_costs(scene.surface, trip.ways, towards=traveller["towards"], tile=tile)
    field = solve(costs, trip.field.seeds, limit_min=limit_min)
    within = times <= bound
    np.testing.assert_array_equal(times_of(field)[within], times[within])
    assert (times_of(field)[~within] > bound).all()
    np.testing.assert_array_equal(np.isfinite(field.minutes()), trip.field.time <= bound)
    paths = read_paths(field, trip.near, trip.near_legs, trip.far, trip.far_legs, trip.meetings)
    kept = trip.paths.ticks <= bound
    np.testing.assert_array_equal(paths.source, np.where(kept, trip.paths.source, -1))
    np.testing.assert_array_equal(paths.minutes[kept], trip.paths.minutes[kept])
    assert np.isinf(paths.minutes[~kept]).all()


@settings(deadline=None, max_examples=10)
@given(options=options, traveller=travellers)
def test_nothing_that_was_handed_in_is_changed(world, scenes, options, traveller):
    """Ground, network, points: as they were."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    ground, network = scene.surface.ground, scene.surface.network
    arrays = [ground.height_dm, ground.speed_class, ground.blocked, ground.level_kmh, network.nodes, scene.here, scene.there]
    before, edges = [one.copy() for one in arrays], network.edges.copy(deep=True)
    trip = world.travel(scene.surface, scene.here, scene.there, **traveller)
    again = read_paths(trip.field, trip.near, trip.near_legs, trip.far, trip.far_legs, trip.meetings)
    np.testing.assert_array_equal(again.minutes, trip.paths.minutes)
    for one, two in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(one, two)
    assert network.edges.equals(edges)


@settings(deadline=None, max_examples=15)
@given(options=options, traveller=travellers, order=st.permutations(range(4)))
def test_shuffled_points_get_the_same_minutes(world, scenes, options, traveller, order):
    """Whoever stands in which row: the same answer, alone too."""
    scene = scenes.draw_scene(**options, speeds=world.speeds, walking=world.walking)
    plain = world.travel(scene.surface, scene.here, scene.there, **traveller)
    mixed = world.travel(scene.surface, scene.here[order], scene.there[::-1], **traveller)
    np.testing.assert_array_equal(mixed.paths.ticks, plain.paths.ticks[order])
    assert mixed.paths.minutes == pytest.approx(plain.paths.minutes[order], abs=TICK_MIN * 200)
    alone = world.travel(scene.surface, scene.here[:1], scene.there, **traveller)
    np.testing.assert_array_equal(alone.paths.minutes, plain.paths.minutes[:1])


@given(st.floats(-12.0, 12.0), st.booleans())
def test_the_polynomial_is_the_exponential_to_three_parts_in_a_thousand_million(slope, along):
    """f(s) = exp(3.5·|s + 0.05| − 0.175), with √(1 + s²) along the slope."""
    naive = np.exp(3.5 * abs(slope + 0.05) - 0.175) * (np.hypot(1.0, slope) if along else 1.0)
    assert slope_factor(slope, 1.0 if along else 0.0) == pytest.approx(naive, rel=3e-9)


def test_tobler_as_in_the_standards():
    """Level 5 km/h: +0.05 → 4.1973, −0.05 → 5.9562, ±0.1 → 3.5234 and 5, ±0.3 → 1.7497 and 2.4829 km/h."""
    expected = {0.0: 5.0, 0.05: 4.1973, -0.05: 5.9562, 0.1: 3.5234, -0.1: 5.0, 0.3: 1.7497, -0.3: 2.4829}
    for slope, kmh in expected.items():
        assert 5.0 / slope_factor(slope, 0.0) == pytest.approx(kmh, abs=5e-5)


def test_a_field_without_sources_or_without_ground_reaches_nothing(world):
    """No facility: NaN everywhere. All water: every point is unsnapped and nobody has a time."""
    surface = world.surface(world.level(0, 0, 300, 300))
    nobody = world.travel(surface, [[100, 100]], np.zeros((0, 2)))
    assert np.isnan(nobody.field.minutes()).all()
    assert nobody.paths.source.tolist() == [-1]
    cover = world.grid(np.full((10, 10), 80.0))
    water = world.surface(world.hills(world.grid(np.zeros((10, 10))), landcover=cover))
    lost = world.travel(water, [[100, -100]], [[200, -200]])
    assert lost.near.status.tolist() == lost.far.status.tolist() == ["unsnapped"]
    assert np.isinf(lost.paths.minutes).all()


def test_five_cells_east_are_five_moves(world):
    """On level 30 m cells at 5 km/h the cell five to the east is 5 · 21.6 s = 1.8 min away, bit for bit in ticks."""
    trip = world.travel(world.surface(world.level(0, 0, 300, 300)), [[165, 165]], [[15, 165]])
    assert trip.field.time[4, 5] - trip.field.time[4, 0] == 5 * round(21.6 * TICKS_PER_S)
    assert trip.paths.minutes[0] == 1.8
    assert meet(trip.near, trip.far, trip.costs.surface, trip.ways).a.tolist() == []
    assert lay_legs(trip.near, trip.costs.surface, trip.ways, np.array([5])).point.tolist() == []
