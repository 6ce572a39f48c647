"""Fields that can be worked out by pencil: planes, walls, rivers, bridges on stilts, a ridge, and light bending into a road."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from geoplan.access.ticks import NEVER
from geoplan.access.ways import TICKS_PER_MIN

M_PER_MIN = 5000.0 / 60.0
"""Level walking at 5 km/h."""


def minutes(world, surface, here, there, **options):
    return float(world.travel(surface, [here], [there], **options).paths.minutes[0])


@pytest.mark.parametrize(("neighbours", "most"), [(8, 0.0824), (16, 0.0276)])
def test_on_a_level_plane_paths_are_too_long_by_no_more_than_the_moves_allow(world, neighbours, most):
    """In any direction at most 1/cos 22.5° − 1 = 8.24 % with 8 moves and 1/cos 13.28° − 1 = 2.75 % with 16, and never too short."""
    trip = world.travel(world.surface(world.level(0, 0, 3030, 3030, neighbours=neighbours)), [[15, 15]], [[1515, 1515]])
    row, col = np.mgrid[:101, :101] - 50
    straight = 30.0 * np.hypot(row, col) / M_PER_MIN
    far = np.hypot(row, col) > 3
    longer = trip.field.time[far] / TICKS_PER_MIN / straight[far] - 1.0
    assert longer.min() > -1e-5
    assert longer.max() <= most
    assert longer.max() > most - 0.002


@pytest.mark.parametrize(
    ("slope", "up_kmh", "down_kmh"), [(0.0, 5.0, 5.0), (0.05, 4.1973, 5.9562), (0.1, 3.5234, 5.0), (0.3, 1.7497, 2.4829)]
)
def test_an_inclined_strip_is_walked_at_toblers_speed_up_and_down(world, slope, up_kmh, down_kmh):
    """The figures of Tobler's function scaled to 5 km/h on the level, over 1.2 km of cells in one row; to the facility and from it."""
    ground = world.hills(world.grid(slope * 20.0 * np.arange(61)[None, :], cell_m=20.0))
    low, high, surface = (10, -10), (1210, -10), world.surface(ground)
    for towards in (True, False):
        there, back = (minutes(world, surface, a, b, towards=towards) for a, b in ((low, high), (high, low)))
        up, down = (there, back) if towards else (back, there)
        assert 72.0 / up == pytest.approx(up_kmh, abs=5e-5)
        assert 72.0 / down == pytest.approx(down_kmh, abs=5e-5)


def test_an_inclined_plane_is_walked_along_as_if_it_were_level(world):
    """On a plane rising 0.2 to the east, 1.2 km north are 14.4 min either way; up is dearer than down; slant lengths are √1.04 longer."""
    ground = world.hills(world.grid(np.tile(0.2 * 20.0 * np.arange(61), (61, 1)), cell_m=20.0))
    surface, slanted = world.surface(ground), world.surface(ground, along_slope=True)
    south, north, east = (10, -1210), (10, -10), (1210, -1210)
    assert minutes(world, surface, south, north) == minutes(world, surface, north, south) == 14.4
    assert minutes(world, surface, south, east) == pytest.approx(14.4 * np.exp(0.7), abs=1e-9)
    assert minutes(world, surface, east, south) == pytest.approx(14.4 * np.exp(0.35), abs=1e-9)
    assert minutes(world, slanted, south, north) == 14.4
    assert minutes(world, slanted, south, east) == pytest.approx(14.4 * np.exp(0.7) * np.sqrt(1.04), abs=1e-9)


def test_land_cover_slows_by_half_of_each_cell(world):
    """Cropland (2.5 km/h) beside unknown ground (5 km/h): 15 m each, 0.36 + 0.18 min; then slantwise over a corner, half and half."""
    cover = world.grid([[40.0, 0.0, 0.0], [40.0, 0.0, 0.0], [40.0, 40.0, 0.0]])
    trip = world.travel(world.surface(world.hills(world.grid(np.zeros((3, 3))), landcover=cover)), [[15, -15]], [[45, -15]])
    time = trip.field.time / TICKS_PER_MIN
    assert time[0, 0] == pytest.approx(0.54, abs=1e-5)
    assert time[0, 2] == pytest.approx(0.36, abs=1e-5)
    assert time[2, 0] == pytest.approx(0.36 + 30 * np.sqrt(2) / M_PER_MIN * 1.5, abs=1e-5)


def test_a_wall_with_a_gate_is_passed_at_the_gate(world):
    """Side by side with the wall between: 570 m down, 30 m through the gate, 570 m up: 14.04 min. Without a gate there is no way."""
    whole, gated = world.draw(LineString([(300, -9), (300, 609)])), world.draw(LineString([(300, 30), (300, 609)]))
    for wall, expected in ((gated, 14.04), (whole, np.inf)):
        surface = world.surface(world.level(0, 0, 600, 600, barriers=wall), barriers=wall)
        assert minutes(world, surface, (285, 585), (315, 585)) == expected


def test_a_wall_of_no_thickness_is_not_jumped_anywhere(world):
    """A line from edge to edge in any direction parts the ground: nobody on one side reaches the other, by any move."""
    row, col = np.mgrid[:20, :20]
    east, north = 30.0 * col - 285.0, 285.0 - 30.0 * row
    for angle in np.linspace(0.05, 3.1, 23):
        run = np.array([np.cos(angle), np.sin(angle)])
        wall = world.draw(LineString([300 + 2000 * run, 300 - 2000 * run]))
        trip = world.travel(world.surface(world.level(0, 0, 600, 600, barriers=wall), barriers=wall), [[15, 15]], [[555, 255]])
        side, own = run[0] * north - run[1] * east, run[0] * -45 - run[1] * 255
        # Cells within half a metre of the wall stand on neither side.
        assert (trip.field.time[side * np.sign(own) < -0.5] == NEVER).all()
        assert (trip.field.time[side * np.sign(own) > 0.5] < NEVER).all()


def river_world(world, crossing):
    """village ╲road      the river runs from south-west to north-east,
     ╲╱              the road across it on a bridge in the middle
     ╱╲bridge
    ╱  ╲ clinic
    """
    river = world.draw(LineString([(-50, -43), (650, 657)]))
    roads = [[(150, 450), (250, 350)], [(250, 350), (350, 250)], [(350, 250), (450, 150)]]
    ground = world.level(0, 0, 600, 600, barriers=river)
    if crossing is None:
        return world.surface(ground, [roads[0], roads[2]], barriers=river)
    return world.surface(ground, roads, barriers=river, crossing=["", crossing, ""])


def test_a_diagonal_river_is_crossed_by_its_bridge_alone(world):
    """424.26 m of road at 20 km/h are 1.2728 min, 5.0912 on foot; beside the bridge one walks to its end; without it there is no way."""
    run = 300 * np.sqrt(2)
    for crossing in ("bridge", "ford"):
        surface = river_world(world, crossing)
        assert minutes(world, surface, (150, 450), (450, 150)) == pytest.approx(run / 20000 * 60, abs=1e-9)
        assert minutes(world, surface, (150, 450), (450, 150), mode="walk") == pytest.approx(run / M_PER_MIN, abs=1e-9)
        walker = world.travel(surface, [[300, 345]], [[345, 300]]).paths
        # Off the road some 50 m to each end of the bridge and 141.4 m over it; a ford is joined where one comes to it.
        assert (walker.minutes[0] > 1.2 + 0.4 and walker.parts[0, 2] > 141.0) == (crossing == "bridge")
    assert np.isinf(minutes(world, river_world(world, None), (150, 450), (450, 150)))


def test_a_ford_closes_in_the_wet_and_a_bridge_does_not(world):
    """The clinic across the river: 1.2728 min by ford in the dry, none in the wet; by bridge in both."""
    at = (150, 450), (450, 150)
    assert np.isinf(minutes(world, river_world(world, "ford"), *at, season="wet"))
    assert np.isfinite(minutes(world, river_world(world, "bridge"), *at, season="wet"))


@pytest.mark.parametrize("kind", ["bridge", "tunnel", "motorway", "ferry", "rope"])
def test_what_runs_above_or_below_the_ground_is_joined_at_its_ends_only(world, kind):
    """Beside the middle of 600 m on stilts: 300 m on foot to their end and 300 m of road, 4.5 min.

    A cell has one place where its road is joined, half a cell off the road's end: 15 m more are walked, 15 m less driven, 0.135 min.
    """
    columns = {"road_class": ["village", kind, "village"]} if kind in ("motorway", "ferry") else {}
    if kind != "motorway":
        columns["crossing"] = ["", kind, ""]
    lines = [[(-300, 315), (0, 315)], [(0, 315), (600, 315)], [(600, 315), (900, 315)]]
    surface = world.surface(world.level(-300, 0, 900, 600), lines, **columns)
    for beside in ((300, 315), (300, 320)):
        found = minutes(world, surface, beside, (900, 315))
        assert 4.5 <= found <= 4.5 + 0.135 + 0.02


def test_nobody_walks_along_a_motorway(world):
    """The only way is 600 m of motorway at 80 km/h between two banks: 0.45 min by car, none on foot."""
    river = world.draw(box(100, -99, 500, 699))
    lines = [[(0, 315), (60, 315)], [(60, 315), (540, 315)], [(540, 315), (600, 315)]]
    ground = world.level(0, 0, 600, 600, barriers=river)
    surface = world.surface(ground, lines, barriers=river, road_class=["village", "motorway", "village"])
    assert minutes(world, surface, (0, 315), (600, 315)) == pytest.approx(0.18 * 2 + 0.36, abs=1e-9)
    assert np.isinf(minutes(world, surface, (0, 315), (600, 315), mode="walk"))


@pytest.mark.parametrize("gap", [0.5, 20.0, 500.0])
def test_two_villages_on_one_edge_meet_along_it(world, gap):
    """Both on a 10 km edge: straight along it at 20 km/h, whether between the same two stops or not."""
    surface = world.surface(world.level(0, 0, 10_000, 60), [[(0, 30), (10_000, 30)]])
    assert minutes(world, surface, (4010, 30), (4010 + gap, 30)) == pytest.approx(gap / 20000 * 60, abs=1e-9)


def test_one_way_between_two_villages_sends_one_round_the_block(world):
    """With the stream 500 m are 1.5 min; against it the block of 4 km less 500 m, 10.5 min, unless walking back (6 min) is quicker."""
    square = [[(0, 0), (2000, 0)], [(2000, 0), (2000, 2000)], [(2000, 2000), (0, 2000)], [(0, 2000), (0, 0)]]
    surface = world.surface(world.level(-30, -30, 2040, 2040), square, oneway=[1] * 4, road_class=["national"] * 4)
    assert minutes(world, surface, (200, 0), (1200, 0)) == pytest.approx(1.2, abs=1e-9)
    assert minutes(world, surface, (1200, 0), (200, 0)) == pytest.approx(7000 / 50000 * 60, abs=1e-9)
    assert minutes(world, surface, (700, 0), (200, 0)) == pytest.approx(6.0, abs=1e-9)


def test_walking_over_the_ridge_beats_driving_round_it(world):
    """950 m up at 0.2, 50 m level, 950 m down: 39.6 min on foot; the road round takes 59.25 min. With a quick road one drives."""
    # A strip one cell wide: on a broad ridge one would cross the crest slantwise and save 6 s.
    ground = world.hills(world.grid([195.0 - np.abs(np.arange(40) - 19.5) * 10.0], cell_m=50.0, west=-1000.0, north=100.0))
    lines = [[(-975, 75), (-975, 8975), (975, 8975), (975, 75)]]
    over = (950 * np.exp(0.7) + 50 + 950 * np.exp(0.35)) / M_PER_MIN
    trip = world.travel(world.surface(ground, lines), [[-975, 75]], [[975, 75]]).paths
    assert trip.minutes[0] == pytest.approx(over, abs=1e-9)
    assert not trip.on_road[0]
    assert trip.parts[0, 10:].tolist() == pytest.approx([190.0, 190.0])
    quick = world.travel(world.surface(ground, lines, road_class=["national"]), [[-975, 75]], [[975, 75]]).paths
    assert quick.minutes[0] == pytest.approx(19.75 / 50 * 60, abs=1e-9)
    assert quick.on_road[0]


@settings(deadline=None, max_examples=25)
@given(shift=st.tuples(st.floats(0, 30), st.floats(0, 30)), turn=st.floats(0, np.pi / 2))
def test_light_bends_into_the_road_by_snells_law(world, shift, turn):
    """100 m beside a road, 2 km along it: 6 + 1.2·√(1 − 1/16) = 7.1619 min at best.

    Straight to the road and along it is 7.2; sixteen directions on cells add at most 2.75 % of the walk, 2 s.
    """
    along, aside = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    start = np.array(shift)
    line = [start - 300 * along, start + 2300 * along]
    west, south = np.minimum(*line) - 300
    east, north = np.maximum(*line) + 300
    surface = world.surface(world.level(west, south, east, north), [line])
    found = minutes(world, surface, start + 100 * aside, start + 2000 * along)
    assert 6 + 1.2 * np.sqrt(15 / 16) - 1e-9 <= found
    assert found <= 7.2 + 0.0275 * 1.2


def test_exactly_an_hour_is_an_hour(world):
    """20 km at 20 km/h, in one edge and in many of odd lengths; 5 km on foot over cells: 60.0 exactly, not a bit more."""
    ends = (0, 15), (20_000, 15)
    ground = world.level(0, 0, 20_010, 30)
    assert minutes(world, world.surface(ground, [ends]), *ends) == 60.0
    rng = np.random.default_rng(3)
    for _ in range(5):
        cuts = np.r_[0.0, np.sort(rng.uniform(1.0, 19_999.0, 12)), 20_000.0]
        lines = [[(a, 15), (b, 15)] for a, b in pairwise(cuts)]
        assert minutes(world, world.surface(ground, lines), *ends) == 60.0
    field = world.surface(world.level(0, 0, 5100, 90))
    assert minutes(world, field, (20, 45), (5020, 45)) == 60.0
    assert minutes(world, field, (20, 45), (5020, 45), walker=0.5) == 120.0


def test_a_limit_of_an_hour_holds_what_takes_an_hour(world):
    """Exactly 60.0 is within 60; 3 mm farther is not."""
    surface = world.surface(world.level(0, 0, 21_000, 30), [[(0, 15), (21_000, 15)]])
    trip = world.travel(surface, [[0, 15], [20_000, 15], [20_000.003, 15]], [[0, 15]], limit_min=60.0)
    assert trip.paths.minutes.tolist() == [0.0, 60.0, np.inf]
    assert trip.paths.source.tolist() == [0, 0, -1]
