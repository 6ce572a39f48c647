"""The whole chain against a naive twin on networkx, and the laws every search must keep."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.access import nearest_facilities
from geoplan.contracts.config import AccessConfig

CLASSES = {"county": 30.0, "village": 20.0, "track": 10.0}
ALL = 1000
CONFIG = AccessConfig(snap_max_m=250.0, direct_walk_max_m=300.0)

road = st.tuples(
    st.tuples(st.integers(0, 8), st.integers(0, 8)),
    st.tuples(st.integers(0, 8), st.integers(0, 8)),
    st.sampled_from(sorted(CLASSES)),
    st.sampled_from([0, 0, 1, -1]),
).filter(lambda one: one[0] != one[1])
roads = st.lists(road, min_size=1, max_size=7, unique_by=lambda one: tuple(sorted(one[:2])))
points = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), min_size=1, max_size=4)


def metres(xy, scale):
    return np.array(xy, dtype=float).reshape(-1, 2) * scale


def lay(world, described, *, order=None):
    rows = [described[i] for i in (order if order is not None else range(len(described)))]
    lines = [[np.array(a) * 100.0, np.array(b) * 100.0] for a, b, *_ in rows]
    return world.network(lines, road_class=[row[2] for row in rows], oneway=[row[3] for row in rows])


def naive_minutes(described, origins, destinations, *, walk):
    """(origins, destinations) minutes on a graph of plain dictionaries: every pairwise crossing a node, every leg an arc."""
    graph = nx.DiGraph()

    def add(a, b, minutes):
        if not graph.has_edge(a, b) or graph[a][b]["minutes"] > minutes:
            graph.add_edge(a, b, minutes=minutes)

    def key(point):
        return (round(point.x, 4), round(point.y, 4))

    lines = [shapely.LineString([np.array(a) * 100.0, np.array(b) * 100.0]) for a, b, *_ in described]
    everyone = [("o", i, shapely.Point(xy)) for i, xy in enumerate(origins)]
    everyone += [("d", j, shapely.Point(xy)) for j, xy in enumerate(destinations)]
    for number, (line, (_, _, kind, oneway)) in enumerate(zip(lines, described, strict=True)):
        stops = {0.0, line.length}
        for other in lines[:number] + lines[number + 1 :]:
            for part in getattr(line.intersection(other), "geoms", [line.intersection(other)]):
                stops |= {line.project(shapely.Point(xy)) for xy in part.coords}
        stops = sorted(stops)
        stops = [one for i, one in enumerate(stops) if i == 0 or one - stops[i - 1] > 1e-3]
        cuts = [shapely.LineString([line.interpolate(a), line.interpolate(b)]) for a, b in itertools.pairwise(stops)]
        for cut in cuts:
            here = [(0.0, key(shapely.Point(cut.coords[0]))), (cut.length, key(shapely.Point(cut.coords[-1])))]
            for side, i, point in everyone:
                if cut.distance(point) <= CONFIG.snap_max_m:
                    along = cut.project(point)
                    foot = cut.interpolate(along)
                    here.append((along, key(foot)))
                    leg = foot.distance(point) / 5000 * 60
                    add((side, i), key(foot), leg) if side == "o" else add(key(foot), (side, i), leg)
            kmh = 5.0 if walk else CLASSES[kind]
            for (a, start), (b, end) in itertools.pairwise(sorted(here)):
                minutes = (b - a) / 1000 / kmh * 60
                if walk or oneway >= 0:
                    add(start, end, minutes)
                if walk or oneway <= 0:
                    add(end, start, minutes)
    table = np.full((len(origins), len(destinations)), np.inf)
    for i, origin in enumerate(origins):
        graph.add_node(("o", i))
        found = nx.single_source_dijkstra_path_length(graph, ("o", i), weight="minutes")
        for j, destination in enumerate(destinations):
            straight = float(np.hypot(*(np.array(origin) - destination)))
            direct = straight / 5000 * 60 if straight <= CONFIG.direct_walk_max_m else np.inf
            table[i, j] = min(found.get(("d", j), np.inf), direct)
    return table


def minutes_of(network, origins, destinations, **options):
    table = nearest_facilities(
        origins, destinations, network, **{"season": "dry", "config": CONFIG, "candidates": ALL, **options}
    )
    return table["travel_time_min"].fillna(np.inf).to_numpy()


@settings(deadline=None, max_examples=15)
@given(roads, points, points, st.sampled_from(["ride", "walk"]))
def test_multi_source_search_equals_networkx_on_an_independent_graph(world, described, here, there, mode):
    """Nearest of many equals the smallest entry of the naive table, row by row."""
    origins, destinations = metres(here, 10.7), metres(there, 10.3)
    naive = naive_minutes(described, origins, destinations, walk=mode == "walk").min(axis=1)
    assert minutes_of(lay(world, described), origins, destinations, mode=mode) == pytest.approx(naive, abs=1e-3)


@settings(deadline=None, max_examples=15)
@given(roads, points, points, st.sampled_from(["ride", "walk"]))
def test_a_round_trip_is_the_best_sum_over_one_facility(world, described, here, there, mode):
    """min over f of (to f + from f) by the naive tables, one-way streets included; never to one facility and back from another."""
    origins, destinations = metres(here, 10.7), metres(there, 10.3)
    walk = mode == "walk"
    out = naive_minutes(described, origins, destinations, walk=walk)
    home = naive_minutes(described, destinations, origins, walk=walk).T
    found = minutes_of(lay(world, described), origins, destinations, mode=mode, trip="round_trip")
    assert found == pytest.approx((out + home).min(axis=1), abs=1e-3)


@settings(deadline=None, max_examples=5)
@given(roads, points, points)
def test_reversing_every_road_transposes_the_table(world, described, here, there):
    """With all one-ways turned round, j → i takes what i → j took."""
    origins, destinations = metres(here, 10.7), metres(there, 10.3)
    turned = [(a, b, kind, -oneway) for a, b, kind, oneway in described]
    network, mirrored = lay(world, described), lay(world, turned)
    table = np.array([minutes_of(network, origins, destinations[[j]]) for j in range(len(destinations))]).T
    other = np.array([minutes_of(mirrored, destinations, origins[[i]]) for i in range(len(origins))])
    assert table == pytest.approx(other, abs=1e-6)
    assert minutes_of(network, origins, destinations) == pytest.approx(table.min(axis=1), abs=1e-9)


@settings(deadline=None, max_examples=5)
@given(roads, points, points, road)
def test_a_new_road_slows_nobody(world, described, here, there, extra):
    """Anyone may ignore the new road, so no time rises (with every edge a candidate)."""
    origins, destinations = metres(here, 10.7), metres(there, 10.3)
    before = minutes_of(lay(world, described), origins, destinations)
    after = minutes_of(lay(world, [*described, extra]), origins, destinations)
    assert (after <= before + 1e-3).all()


@settings(deadline=None, max_examples=5)
@given(roads, points, points, st.floats(1.0, 5.0))
def test_quicker_roads_slow_nobody_and_k_times_all_speeds_divide_times_by_k(world, described, here, there, factor):
    """Roads k times as quick: nobody slower. Roads and feet k times as quick: every time divided by k."""
    origins, destinations = metres(here, 10.7), metres(there, 10.3)
    rows = [row.model_copy(update={"kmh": row.kmh * factor}) for row in world.speeds.rows]
    quick = world.speeds.model_copy(update={"rows": rows})
    lines = [[np.array(a) * 100.0, np.array(b) * 100.0] for a, b, *_ in described]
    columns = {"road_class": [row[2] for row in described], "oneway": [row[3] for row in described]}
    before = minutes_of(lay(world, described), origins, destinations)
    network = world.network(lines, profile=quick, **columns)
    assert (minutes_of(network, origins, destinations) <= before + 1e-9).all()
    faster_feet = CONFIG.model_copy(update={"walk_kmh": 5.0 * factor})
    assert minutes_of(network, origins, destinations, config=faster_feet) == pytest.approx(before / factor)


@settings(deadline=None, max_examples=5)
@given(roads, points, points, st.randoms(use_true_random=False))
def test_the_order_of_roads_and_points_does_not_matter(world, described, here, there, random):
    """Shuffle roads, settlements and facilities: the same minutes."""
    origins, destinations = metres(here, 10.7), metres(there, 10.3)
    order, mine, theirs = (random.sample(range(n), n) for n in (len(described), len(origins), len(destinations)))
    plain = minutes_of(lay(world, described), origins, destinations)
    shuffled = minutes_of(lay(world, described, order=order), origins[mine], destinations[theirs])
    assert shuffled == pytest.approx(plain[mine], abs=1e-6)


@settings(deadline=None, max_examples=5)
@given(roads, points, points)
def test_one_settlement_alone_gets_the_same_answer_as_among_others(world, described, here, there):
    """No path leads through somebody else's off-road legs."""
    origins, destinations = metres(here, 10.7), metres(there, 10.3)
    network = lay(world, described)
    together = minutes_of(network, origins, destinations)
    alone = np.concatenate([minutes_of(network, origins[[i]], destinations) for i in range(len(origins))])
    assert alone == pytest.approx(together, abs=1e-9)


def test_a_round_trip_searched_from_one_settlement_alone_keeps_its_road(world):
    """A street of 100 m (0.2 min each way), then 136.9 m on foot (1.6428 min each way): 0.4 of 3.6856 min are by road.

    Nearest to go to is the other facility, over a one-way street, so the round trip is searched from the settlement, alone in its block.
    """
    described = [((0, 0), (0, 1), "county", 0), ((0, 0), (4, 2), "county", 1)]
    origins, destinations = metres([(0, 0)], 10.7), metres([(0, 23), (24, 0)], 10.3)
    one = nearest_facilities(origins, destinations, lay(world, described), season="dry", config=CONFIG, trip="round_trip").iloc[0]
    assert one["route"] == "network"
    assert one["component"] == 0
    assert one["network_min"] == pytest.approx(0.4)
    assert one["facility_off_road_min"] == pytest.approx(3.2856)
    assert one["travel_time_min"] == pytest.approx(3.6856)


@settings(deadline=None, max_examples=15)
@given(roads, points, points, st.sampled_from(["one_way", "round_trip"]))
def test_the_parts_add_up_and_no_sentinel_appears(world, described, here, there, trip):
    """Legs and network sum to the time; a row without a time has NaN everywhere and says why."""
    origins, destinations = metres(here, 10.7), metres(there, 10.3)
    table = nearest_facilities(origins, destinations, lay(world, described), season="dry", config=CONFIG, trip=trip)
    parts = table[["off_road_min", "network_min", "facility_off_road_min"]].sum(axis=1, min_count=1)
    assert parts.to_numpy() == pytest.approx(table["travel_time_min"].to_numpy(), nan_ok=True)
    ok = table["status"] == "ok"
    assert (table["travel_time_min"].notna() == ok).all()
    assert (table["facility"].notna() == ok).all()
    assert not np.isinf(table["travel_time_min"]).any()
    assert (table.loc[ok, "travel_time_min"] < 1000).all()
    assert set(table["status"]) <= {"ok", "unreachable", "unsnapped"}
