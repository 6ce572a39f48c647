"""Door-to-door times that can be worked out by pencil."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geoplan.access import nearest_facilities
from geoplan.access.graph import join_points
from geoplan.access.search import search_nearest
from geoplan.access.snapping import snap_all
from geoplan.contracts.config import AccessConfig
from geoplan.errors import NetworkError

CONFIG = AccessConfig(direct_walk_max_m=0.0)


def times(network, here, there, **options):
    options = {"season": "dry", "config": CONFIG, **options}
    return nearest_facilities(np.array(here, dtype=float), np.array(there, dtype=float).reshape(-1, 2), network, **options)


def test_leg_road_and_leg_add_up(world):
    """100 m to the road 1.2 min, 2 km at 20 km/h 6 min, 50 m to the clinic 0.6 min: 7.8 min."""
    row = times(world.network([[(0, 0), (3000, 0)]]), [[0, 100]], [[2000, -50]]).iloc[0]
    assert row["travel_time_min"] == pytest.approx(7.8)
    assert (row["off_road_m"], row["network_m"], row["facility_off_road_m"]) == pytest.approx((100, 2000, 50))
    assert (row["off_road_min"], row["network_min"], row["facility_off_road_min"]) == pytest.approx((1.2, 6.0, 0.6))
    assert row["level_distance_m"] == pytest.approx(np.hypot(2000, 150))
    assert (row["route"], row["component"], row["status"]) == ("network", 0, "ok")


def test_two_points_on_one_edge_travel_along_it(world):
    """Both join one 10 km edge 500 m apart: 1.5 min at 20 km/h, not a detour over its ends."""
    network = world.network([[(0, 0), (10_000, 0)]])
    assert times(network, [[4000, 0]], [[4500, 0]])["travel_time_min"].tolist() == pytest.approx([1.5])


def test_one_way_on_one_edge_sends_the_traveller_round_the_block(world):
    """With the stream 500 m is 1.5 min; against it the square of 4 km less 500 m, 10.5 min."""
    square = [[(0, 0), (1000, 0)], [(1000, 0), (1000, 1000)], [(1000, 1000), (0, 1000)], [(0, 1000), (0, 0)]]
    network = world.network(square, oneway=[1, 1, 1, 1])
    assert times(network, [[200, 0]], [[700, 0]])["travel_time_min"].tolist() == pytest.approx([1.5])
    assert times(network, [[700, 0]], [[200, 0]], candidates=1)["travel_time_min"].tolist() == pytest.approx([10.5])


def test_the_way_there_is_not_the_way_back_and_the_table_never_turns(world):
    """A one-way lane towards the clinic: reachable; away from it: not. Three origins for one facility, and one for three."""
    towards = world.network([[(0, 0), (3000, 0)]], oneway=[1])
    away = world.network([[(0, 0), (3000, 0)]], oneway=[-1])
    here = [[0, 0], [1000, 0], [2000, 0]]
    assert times(towards, here, [[3000, 0]])["travel_time_min"].tolist() == pytest.approx([9.0, 6.0, 3.0])
    assert times(away, here, [[3000, 0]])["status"].tolist() == ["unreachable"] * 3
    one = times(towards, [[0, 0]], [[3000, 0], [2000, 0], [1000, 0]])
    assert one["travel_time_min"].tolist() == pytest.approx([3.0])
    assert one["facility"].tolist() == [2]


def test_parallel_edges_keep_the_quickest(world):
    """Two roads between the same ends, 3 and 5 min: 3 min, neither 8 nor 5."""
    line = [(0, 0), (1000, 0)]
    network = world.network([line, line], surface=["concrete", "earth"])
    assert sorted(network.edges["forward_min_dry"]) == pytest.approx([3.0, 5.0])
    assert times(network, [[0, 0]], [[1000, 0]])["travel_time_min"].tolist() == pytest.approx([3.0])


def test_arcs_of_no_time_are_arcs(world):
    """A stored zero is a free passage, not a missing one: 0 min over an edge that takes none."""
    network = world.network([[(0, 0), (1000, 0)]])
    legs = snap_all(np.array([[0.0, 0.0], [1000.0, 0.0]]), network, max_m=10, barriers=None, dem=None, walk_kmh=5.0)
    graph = join_points(
        network,
        forward_min=np.zeros(1),
        backward_min=np.zeros(1),
        settlement_legs=legs[legs["point"] == 0],
        facility_legs=legs[legs["point"] == 1].assign(point=0),
        settlements=1,
        facilities=1,
    )
    assert search_nearest(graph, np.array([0]), towards=True).minutes.tolist() == [0.0]
    assert graph.forward.nnz == graph.backward.nnz == 6


def test_a_bridge_over_the_road_is_no_shortcut(world):
    """The clinic stands on the road below, the village on the bridge road above: no way down."""
    network = world.network([[(-500, 0), (500, 0)], [(0, -500), (0, 500)]], crossing=["bridge", ""])
    row = times(network, [[-500, 0]], [[0, 500]], config=CONFIG.model_copy(update={"snap_max_m": 100.0}))
    assert row["status"].tolist() == ["unreachable"]


def test_the_ferry_village_is_cut_off_in_the_wet(world):
    """Dry: 300 m road 0.9, ferry 200 m at 6 km/h 2 min and its wait, 500 m road 1.5; wet: unreachable, NaN."""
    network = world.network([[(0, 0), (300, 0)], [(300, 0), (500, 0)], [(500, 0), (1000, 0)]], crossing=["", "ferry", ""])
    options = {"config": CONFIG.model_copy(update={"snap_max_m": 100.0})}
    dry = times(network, [[0, 0]], [[1000, 0]], **options)
    assert dry["travel_time_min"].tolist() == pytest.approx([0.9 + 2.0 + world.speeds.crossing_wait_min["ferry"] + 1.5])
    wet = times(network, [[0, 0]], [[1000, 0]], season="wet", **options).iloc[0]
    assert wet["status"] == "unreachable"
    assert np.isnan(wet["travel_time_min"])


def test_walking_an_inclined_plane_takes_its_direction(world):
    """2 km of road on a plane rising 0.1: on foot up 34.06 min, down 24 min, there and back 58.06; riding 6 min either way."""
    network = world.network([[(-1000, 0), (1000, 0)]], dem=world.plane(0.1))
    low, high, dem = [[-1000, 0]], [[1000, 0]], world.plane(0.1)
    up = 24 * np.exp(0.35)
    options = {"mode": "walk", "dem": dem}
    assert times(network, low, high, **options)["travel_time_min"].tolist() == pytest.approx([up])
    assert times(network, high, low, **options)["travel_time_min"].tolist() == pytest.approx([24.0])
    both = times(network, low, high, trip="round_trip", **options).iloc[0]
    assert both["travel_time_min"] == pytest.approx(up + 24.0)
    assert both["climb_m"] == pytest.approx(200.0)
    assert times(network, low, high, dem=dem)["travel_time_min"].tolist() == pytest.approx([6.0])


def test_a_round_trip_goes_to_and_from_one_facility(world):
    """t = (10, 12), b = (30, 12) min in kind: the nearest to go to is not the nearest to come back from; the best sum wins."""
    # Clinic A at 1 km by a one-way lane, home from it 5 km round; clinic B at 2 km on an ordinary road.
    lines = [[(0, 0), (1000, 0)], [(1000, 0), (1000, 2000), (0, 2000), (0, 0)], [(0, 0), (-2000, 0)]]
    network = world.network(lines, oneway=[1, 1, 0])
    one_way = times(network, [[0, 0]], [[1000, 0], [-2000, 0]], candidates=1)
    assert (one_way["facility"][0], one_way["travel_time_min"][0]) == (0, pytest.approx(3.0))
    both = times(network, [[0, 0]], [[1000, 0], [-2000, 0]], trip="round_trip", candidates=1)
    assert (both["facility"][0], both["travel_time_min"][0]) == (1, pytest.approx(12.0))


def test_a_straight_walk_wins_where_it_is_quicker_and_within_reach(world):
    """300 m across the field 3.6 min against a 3 km road of 9 min; beyond the reach the road is taken."""
    network = world.network([[(0, 0), (0, 1350), (300, 1350), (300, 0)]])
    near = AccessConfig(direct_walk_max_m=300.0)
    row = times(network, [[0, 0]], [[300, 0]], config=near, candidates=1).iloc[0]
    assert (row["route"], row["travel_time_min"], row["off_road_m"]) == ("direct_walk", pytest.approx(3.6), 300.0)
    assert np.isnan(row["network_min"])
    assert np.isnan(row["network_m"])
    far = AccessConfig(direct_walk_max_m=np.nextafter(300.0, 0.0))
    assert times(network, [[0, 0]], [[300, 0]], config=far, candidates=1)["route"].tolist() == ["network"]


def test_a_straight_walk_does_not_cross_the_river(world):
    """The river between: round by the bridge road, 9 min."""
    network = world.network([[(0, 0), (0, 1350), (300, 1350), (300, 0)]])
    river = gpd.GeoDataFrame(geometry=[shapely.LineString([(150, -9000), (150, 1300)])], crs=world.crs)
    row = times(network, [[0, 0]], [[300, 0]], config=AccessConfig(), barriers=river).iloc[0]
    assert (row["route"], row["travel_time_min"]) == ("network", pytest.approx(9.0))


def test_an_isolated_piece_next_door_is_not_a_trap(world):
    """A 200 m farm lane 20 m away leads nowhere; the road 150 m away leads to the clinic: 1.8 + 3 min."""
    network = world.network([[(0, 20), (200, 20)], [(0, -150), (1100, -150)]])
    row = times(network, [[100, 0]], [[1100, -150]], candidates=1).iloc[0]
    assert (row["status"], row["travel_time_min"]) == ("ok", pytest.approx(1.8 + 3.0))
    assert row["component"] == 0


def test_every_reason_for_no_time_has_its_own_status(world):
    """Cut off: unreachable. 4 km from any road: unsnapped. No coordinates, or no facility in the plan: no_data. All NaN."""
    network = world.network([[(0, 0), (1000, 0)], [(0, 9000), (1000, 9000)]])
    here = [[0, 0], [0, 9000], [0, 4500], [np.nan, np.nan]]
    table = times(network, here, [[1000, 0]])
    assert table["status"].tolist() == ["ok", "unreachable", "unsnapped", "no_data"]
    assert table["travel_time_min"].isna().tolist() == [False, True, True, True]
    assert table["component"].isna().tolist() == [False, False, True, True]
    for nobody in (np.zeros((0, 2)), [[np.nan, np.nan]]):
        assert times(network, here, nobody)["status"].tolist() == ["no_data"] * 4
        assert times(network, here, nobody, trip="round_trip")["status"].tolist() == ["no_data"] * 4


def test_a_facility_far_from_every_road_is_unreachable_and_not_ignored(world):
    """The only clinic stands 5 km off the network: everyone is unreachable; within a straight walk it still counts."""
    network = world.network([[(0, 0), (1000, 0)]])
    assert times(network, [[0, 0]], [[500, 5000]])["status"].tolist() == ["unreachable"]
    row = times(network, [[500, 4400]], [[500, 5000]], config=AccessConfig()).iloc[0]
    assert (row["status"], row["route"], row["travel_time_min"]) == ("ok", "direct_walk", pytest.approx(7.2))


def test_without_any_road_people_walk_or_are_unsnapped(world):
    """An empty network: 500 m straight is 6 min, 5 km has no way."""
    network = world.connect(world.roads([]))
    table = times(network, [[0, 0], [0, 5000]], [[500, 0]], config=AccessConfig())
    assert table["status"].tolist() == ["ok", "unsnapped"]
    assert table["travel_time_min"][0] == pytest.approx(6.0)


def test_a_season_the_network_was_not_timed_for_is_refused(world):
    """Asking for a monsoon nobody timed is an error with a code."""
    with pytest.raises(NetworkError, match="NETWORK-SEASON"):
        times(world.network([[(0, 0), (1000, 0)]]), [[0, 0]], [[1000, 0]], season="monsoon")


@pytest.mark.parametrize("trip", ["one_way", "round_trip"])
@pytest.mark.parametrize("mode", ["ride", "walk"])
def test_a_settlement_beside_its_facility_is_there_already(world, mode, trip):
    """Both at (500, 100), off the road: 0 min, no leg to the road and back."""
    network = world.network([[(0, 0), (1000, 0)]])
    row = times(network, [[500, 100]], [[500, 100]], config=AccessConfig(), mode=mode, trip=trip).iloc[0]
    assert (row["status"], row["travel_time_min"], row["route"]) == ("ok", 0.0, "direct_walk")
