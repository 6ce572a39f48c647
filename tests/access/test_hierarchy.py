"""Times read off the hierarchy equal those of a search, bit for bit, and keep the laws of quickest paths."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from geoplan.access import build_network
from geoplan.access.arc_search import group_arcs, search_arcs
from geoplan.access.hierarchy import (
    build_hierarchy,
    change_arcs,
    customise,
    nearest_destinations,
    nearest_of_each,
    travel_table,
)
from geoplan.errors import NetworkError

INF = np.inf
MINUTES = st.one_of(st.integers(0, 6).map(float), st.sampled_from([INF, 0.0, 0.1, 1 / 3]), st.floats(0.0, 500.0))


@st.composite
def worlds(draw):
    """Directed graphs with parallel, one-way, zero-minute and closed arcs, loops, several parts, a single node, no arcs; and places to ask for."""
    size = draw(st.integers(1, 16))
    node = st.integers(0, size - 1)
    arcs = draw(st.lists(st.tuples(node, node, MINUTES), max_size=48))
    table = np.array(arcs, dtype=float).reshape(-1, 3)
    places = st.lists(node, max_size=6).map(lambda some: np.array(some, dtype=np.int64))
    return SimpleNamespace(
        start=table[:, 0].astype(int),
        end=table[:, 1].astype(int),
        minutes=table[:, 2],
        size=size,
        origins=draw(places),
        destinations=draw(places),
        fill_max=draw(st.sampled_from([0.0, 99.0])),
    )


def prepare(world, **other):
    one = SimpleNamespace(**{**vars(world), **other})
    return customise(build_hierarchy(one.start, one.end, node_count=one.size, fill_max=one.fill_max), one.minutes)


def all_times(size, start, end, minutes):
    """Return the (n, n) minutes by Floyd and Warshall, in plain steps."""
    times = np.full((size, size), INF)
    np.minimum.at(times, (start, end), minutes)
    np.fill_diagonal(times, 0.0)
    for via in range(size):
        times = np.minimum(times, times[:, via : via + 1] + times[via])
    return times


def town(side=25, seed=3):
    """Streets of a grid, a third missing and a tenth one-way, with uneven minutes: large enough for a core, several parts and blocks of columns."""
    rng = np.random.default_rng(seed)
    ids = np.arange(side * side).reshape(side, side)
    one, other = (np.concatenate([a.ravel(), b.ravel()]) for a, b in ((ids[:, :-1], ids[:-1]), (ids[:, 1:], ids[1:])))
    kept = rng.random(len(one)) < 0.67
    one, other, minutes = one[kept], other[kept], rng.uniform(0.1, 9.0, kept.sum())
    both = rng.random(len(one)) < 0.9
    start, end = np.concatenate([one, other[both]]), np.concatenate([other, one[both]])
    return SimpleNamespace(
        start=start, end=end, minutes=np.concatenate([minutes, minutes[both]]), size=side * side, fill_max=99.0, rng=rng
    )  # fmt: skip


@pytest.fixture(scope="module")
def streets():
    return town()


@pytest.fixture(scope="module")
def metric(streets):
    return prepare(streets)


def same_bits(one, other):
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("minutes", "up", "down"))


# -- equal to other ways of finding the same


@given(worlds())
@settings(max_examples=40, deadline=None)
def test_tables_equal_floyd_warshall_bit_for_bit(world):
    """Rounded minutes add up exactly, so even another order of adding gives the same numbers."""
    metric = prepare(world)
    times = all_times(world.size, world.start, world.end, metric.minutes)
    assert np.array_equal(
        travel_table(metric, world.origins, world.destinations), times[np.ix_(world.origins, world.destinations)]
    )


@given(worlds())
@settings(max_examples=30, deadline=None)
def test_tables_equal_networkx_on_the_minutes_given(world):
    twin = nx.MultiDiGraph()
    twin.add_nodes_from(range(world.size))
    open_arcs = np.isfinite(world.minutes)
    columns = (world.start[open_arcs].tolist(), world.end[open_arcs].tolist(), world.minutes[open_arcs].tolist())
    twin.add_weighted_edges_from(zip(*columns, strict=True))
    table = travel_table(prepare(world), world.origins, world.destinations)
    for row, origin in zip(table, world.origins.tolist(), strict=True):
        found = nx.single_source_dijkstra_path_length(twin, origin)
        assert row == pytest.approx([found.get(node, INF) for node in world.destinations.tolist()], abs=1e-8)


@given(worlds(), st.integers(1, 4), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_nearest_are_the_least_of_all_times_and_ties_go_to_the_lowest_number(world, k, towards):
    metric = prepare(world)
    times = all_times(world.size, world.start, world.end, metric.minutes)
    each = (times if towards else times.T)[:, world.destinations]
    number = np.argsort(each, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(each, number, axis=1)
    missing = ((0, 0), (0, k - number.shape[1]))
    minutes, index = nearest_destinations(metric, world.destinations, k=k, towards=towards)
    assert np.array_equal(minutes, np.pad(best, missing, constant_values=INF))
    assert np.array_equal(index, np.pad(np.where(np.isinf(best), -1, number), missing, constant_values=-1))


def test_a_whole_town_equals_scipy(streets, metric):
    """All 625 × 625 times; scipy adds the same rounded minutes, so nothing may differ."""
    matrix = sparse.csr_matrix((metric.minutes, (streets.start, streets.end)), shape=(streets.size, streets.size))
    everyone = np.arange(streets.size)
    assert np.array_equal(travel_table(metric, everyone, everyone), dijkstra(matrix))
    assert np.isinf(dijkstra(matrix)).any()


def test_a_whole_town_equals_the_search_arc_by_arc(streets, metric):
    plain = prepare(streets, fill_max=0.0)
    assert plain.hierarchy.chordal is None
    assert metric.hierarchy.chordal is not None
    origins, destinations = streets.rng.integers(0, streets.size, 40), streets.rng.integers(0, streets.size, 90)
    assert np.array_equal(travel_table(metric, origins, destinations), travel_table(plain, origins, destinations))
    for k in (1, 3):
        for one, other in zip(
            nearest_destinations(metric, destinations, k=k), nearest_destinations(plain, destinations, k=k), strict=True
        ):
            assert np.array_equal(one, other)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("fill_max", [0.0, 99.0])
def test_where_all_streets_are_alike_ties_go_to_the_lowest_number(k, fill_max):
    """Whole minutes on every street of a grid of 15 × 15: hundreds of ties, first met in any order."""
    ids = np.arange(225).reshape(15, 15)
    one, other = (np.concatenate([a.ravel(), b.ravel()]) for a, b in ((ids[:, :-1], ids[:-1]), (ids[:, 1:], ids[1:])))
    start, end = np.concatenate([one, other]), np.concatenate([other, one])
    metric = customise(build_hierarchy(start, end, node_count=225, fill_max=fill_max), np.ones(len(start)))
    destinations = np.random.default_rng(8).integers(0, 225, 25)
    times = all_times(225, start, end, metric.minutes)[:, destinations]
    number = np.argsort(times, axis=1, kind="stable")[:, :k]
    minutes, index = nearest_destinations(metric, destinations, k=k)
    assert np.array_equal(index, number)
    assert np.array_equal(minutes, np.take_along_axis(times, number, axis=1))
    assert (np.sort(times, axis=1)[:, 0] == np.sort(times, axis=1)[:, 1]).sum() > 20


def test_a_dense_graph_is_searched_arc_by_arc_unasked():
    complete = np.array(nx.complete_graph(30).edges)
    minutes = np.random.default_rng(2).uniform(1.0, 9.0, len(complete))
    metric = customise(build_hierarchy(complete[:, 0], complete[:, 1], node_count=30), minutes)
    assert metric.hierarchy.chordal is None
    assert np.array_equal(travel_table(metric, [0, 3], [29]), all_times(30, *complete.T, metric.minutes)[[0, 3]][:, [29]])


# -- by hand


def test_one_way_ring_by_hand():
    """0 → 1 (2 min), 1 → 2 (3 min), 2 → 0 (4 min)."""
    metric = customise(build_hierarchy([0, 1, 2], [1, 2, 0], node_count=3), [2.0, 3.0, 4.0])
    assert travel_table(metric, [0, 1, 2], [0, 1, 2]).tolist() == [[0, 2, 5], [7, 0, 3], [4, 6, 0]]


def test_parallel_arcs_keep_the_quickest_and_closing_it_leaves_the_next():
    metric = customise(build_hierarchy([0, 0, 0], [1, 1, 1], node_count=2), [5.0, 3.0, 4.0])
    assert travel_table(metric, [0], [1]).tolist() == [[3.0]]
    assert travel_table(change_arcs(metric, [1], INF), [0], [1]).tolist() == [[4.0]]


def test_a_single_node_and_no_arcs():
    metric = customise(build_hierarchy([], [], node_count=1), [])
    assert travel_table(metric, [0, 0], [0]).tolist() == [[0.0], [0.0]]
    apart = customise(build_hierarchy([], [], node_count=3), [])
    minutes, index = nearest_destinations(apart, [2])
    assert (minutes[:, 0].tolist(), index[:, 0].tolist()) == ([INF, INF, 0.0], [-1, -1, 0])
    nothing = customise(build_hierarchy([], [], node_count=0), [])
    assert travel_table(nothing, [], []).shape == (0, 0)


@pytest.mark.parametrize("shape", [(3, 1), (1, 3), (5, 2), (0, 2), (2, 0), (200, 70), (70, 200)])
def test_rows_are_origins_whichever_are_more(streets, metric, shape):
    """Down a one-way road the two directions differ, so a swap would show."""
    origins, destinations = (streets.rng.integers(0, streets.size, count) for count in shape)
    table = travel_table(metric, origins, destinations)
    assert table.shape == shape
    one_by_one = [[travel_table(metric, [o], [d])[0, 0] for d in destinations[:4]] for o in origins[:4]]
    assert table[:4, :4].tolist() == (one_by_one or [])


def test_without_destinations_nobody_has_a_nearest(metric, streets):
    minutes, index = nearest_destinations(metric, np.empty(0, int), k=2)
    assert minutes.shape == index.shape == (streets.size, 2)
    assert np.isinf(minutes).all()
    assert (index == -1).all()


# -- laws


@given(worlds())
@settings(max_examples=30, deadline=None)
def test_reversing_the_graph_transposes_the_table(world):
    there = travel_table(prepare(world), world.origins, world.destinations)
    back = travel_table(prepare(world, start=world.end, end=world.start), world.destinations, world.origins)
    assert np.array_equal(there, back.T)


@given(worlds(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_numbering_nodes_and_arcs_otherwise_changes_nothing(world, random):
    numbers, arcs = list(range(world.size)), list(range(len(world.start)))
    random.shuffle(numbers)
    random.shuffle(arcs)
    anew, arcs = np.array(numbers), np.array(arcs, dtype=int)
    other = prepare(world, start=anew[world.start][arcs], end=anew[world.end][arcs], minutes=world.minutes[arcs])
    one = travel_table(prepare(world), world.origins, world.destinations)
    assert np.array_equal(one, travel_table(other, anew[world.origins], anew[world.destinations]))


def test_order_of_rows_and_columns_and_threads_do_not_matter(streets, metric):
    origins, destinations = streets.rng.integers(0, streets.size, 150), streets.rng.integers(0, streets.size, 150)
    rows, columns = streets.rng.permutation(150), streets.rng.permutation(150)
    table = travel_table(metric, origins, destinations)
    assert np.array_equal(travel_table(metric, origins[rows], destinations[columns]), table[np.ix_(rows, columns)])
    assert np.array_equal(travel_table(metric, origins, destinations, threads=1), table)
    same_bits(metric, customise(metric.hierarchy, streets.minutes, threads=1))


@given(worlds())
@settings(max_examples=30, deadline=None)
def test_nearest_is_the_minimum_over_single_destinations(world):
    metric = prepare(world)
    minutes, _ = nearest_destinations(metric, world.destinations)
    single = [nearest_destinations(metric, [one])[0][:, 0] for one in world.destinations.tolist()]
    assert np.array_equal(minutes[:, 0], np.min([np.full(world.size, INF), *single], axis=0))
    table = travel_table(metric, np.arange(world.size), world.destinations)
    assert np.array_equal(minutes[:, 0], table.min(axis=1, initial=INF))


def test_services_side_by_side_equal_services_alone(streets, metric):
    services = [streets.rng.integers(0, streets.size, count) for count in (1, 7, 30)]
    for towards in (True, False):
        for together, alone in zip(
            nearest_of_each(metric, services, towards=towards),
            [nearest_destinations(metric, one, towards=towards) for one in services],
            strict=True,
        ):
            assert np.array_equal(together[0], alone[0])
            assert np.array_equal(together[1], alone[1])


@given(worlds(), st.data())
@settings(max_examples=40, deadline=None)
def test_changing_arcs_equals_customising_anew_and_leaves_the_old_alone(world, data):
    metric = prepare(world)
    if not len(world.start):
        return
    arcs = np.array(data.draw(st.lists(st.integers(0, len(world.start) - 1), max_size=6, unique=True)), dtype=int)
    minutes = np.array(data.draw(st.lists(MINUTES, min_size=len(arcs), max_size=len(arcs))))
    kept = {field.name: np.copy(getattr(metric, field.name)) for field in fields(metric) if field.name != "hierarchy"}
    changed, anew = change_arcs(metric, arcs, minutes), world.minutes.copy()
    anew[arcs] = minutes
    same_bits(changed, customise(metric.hierarchy, anew))
    assert all(np.array_equal(getattr(metric, name), array) for name, array in kept.items())
    same_bits(change_arcs(changed, arcs, world.minutes[arcs]), metric)


@pytest.mark.parametrize("count", [1, 12, 400])
def test_closing_and_opening_again_gives_the_same_bits(streets, metric, count):
    """Few closures are carried up arc by arc, many by customising anew; neither may show."""
    arcs = streets.rng.choice(len(streets.start), count, replace=False)
    closed = change_arcs(metric, arcs, INF)
    anew = streets.minutes.copy()
    anew[arcs] = INF
    same_bits(closed, customise(metric.hierarchy, anew))
    same_bits(change_arcs(closed, arcs, streets.minutes[arcs]), metric)
    everyone = np.arange(streets.size)
    before, after = (travel_table(one, everyone, everyone) for one in (metric, closed))
    assert (after >= before).all()
    assert (after > before).any()


def test_quicker_roads_never_slow_anyone(streets, metric):
    arcs = streets.rng.choice(len(streets.start), 30, replace=False)
    everyone = np.arange(streets.size)
    quicker, anew = change_arcs(metric, arcs, streets.minutes[arcs] / 3), streets.minutes.copy()
    anew[arcs] /= 3
    same_bits(quicker, customise(metric.hierarchy, anew))
    assert (travel_table(quicker, everyone, everyone) <= travel_table(metric, everyone, everyone)).all()


def test_parts_finished_side_by_side_share_no_triangle(metric):
    """An arc joins two ranks of one run, or ends at the top of the tree; nothing is left out."""
    graph, tree = metric.hierarchy, metric.hierarchy.chordal
    assert len(graph.runs) > 1
    assert graph.runs.ravel().tolist() == [0, *np.repeat(graph.runs[1:, 0], 2), graph.node_count]
    run = np.repeat(np.arange(len(graph.runs)), np.diff(graph.runs, axis=1).ravel())
    tails = np.repeat(np.arange(graph.node_count), np.diff(tree.first))
    assert ((run[tails] == run[tree.head]) | (graph.top[tree.head] == 1)).all()
    assert (graph.top[tree.parent[(graph.top == 1) & (tree.parent >= 0)]] == 1).all()


def test_minutes_below_zero_by_name_only_are_zero():
    metric = customise(build_hierarchy([0], [1], node_count=2), [-0.0])
    assert not np.signbit(metric.minutes).any()
    assert not np.signbit(travel_table(metric, [0], [1])).any()


def test_inputs_stay_as_they_are(streets):
    before = {name: np.copy(getattr(streets, name)) for name in ("start", "end", "minutes")}
    metric = prepare(streets)
    nearest_destinations(metric, [3, 4], k=2)
    change_arcs(metric, [0], 1.0)
    assert all(np.array_equal(getattr(streets, name), array) for name, array in before.items())


def test_search_from_the_sources_alone():
    """The path 0–1–2 with 3 min per arc, sources 0 and 2: node 1 is 3 min from both and belongs to the first."""
    start, end = np.array([0, 1, 1, 2], np.int32), np.array([1, 0, 2, 1], np.int32)
    first, order = group_arcs(start, 3)
    minutes, number = search_arcs((first, end[order], np.full(4, 3.0)), np.array([0, 2]), k=2)
    assert minutes.tolist() == [[0, 6], [3, 3], [0, 6]]
    assert number.tolist() == [[0, 1], [0, 1], [1, 0]]


# -- refusals


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda m: build_hierarchy([0, 3], [1, 1], node_count=3), "NETWORK-NODES"),
        (lambda m: build_hierarchy([0], [1, 1], node_count=3), "NETWORK-NODES"),
        (lambda m: build_hierarchy([0.5], [1.0], node_count=3), "NETWORK-NODES"),
        (lambda m: travel_table(m, [-1], [0]), "NETWORK-NODES"),
        (lambda m: nearest_destinations(m, [2]), "NETWORK-NODES"),
        (lambda m: nearest_destinations(m, [0], k=0), "NETWORK-RANK"),
        (lambda m: customise(m.hierarchy, [np.nan, 1.0]), "NETWORK-MINUTES"),
        (lambda m: customise(m.hierarchy, [1.0]), "NETWORK-MINUTES"),
        (lambda m: change_arcs(m, [1], -0.5), "NETWORK-MINUTES"),
        (lambda m: change_arcs(m, [2], 1.0), "NETWORK-ARCS"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(ask, code):
    metric = customise(build_hierarchy([0, 1], [1, 0], node_count=2), [1.0, 2.0])
    with pytest.raises(NetworkError) as caught:
        ask(metric)
    assert caught.value.code == code
    assert caught.value.remedy


# -- a real country


@pytest.mark.shared
@pytest.mark.slow
def test_the_comoros_equal_scipy_with_ferries_and_without(comoros_layers, speeds):
    """All roads of three islands. In the wet the ferries stop: ways that were there are gone, and changing the dry minutes says so."""
    roads = comoros_layers.vectors["roads"]
    network = build_network(roads, speeds=speeds, seasons=["dry", "wet"], dem=None, walk_kmh=5.0, gap_tolerance_m=2.0)
    edges, size = network.edges, len(network.nodes)
    start, end = np.concatenate([edges["u"], edges["v"]]), np.concatenate([edges["v"], edges["u"]])
    minutes = {
        season: np.concatenate([edges[f"{way}_min_{season}"] for way in ("forward", "backward")]) for season in ("dry", "wet")
    }
    hierarchy = build_hierarchy(start, end, node_count=size)
    assert hierarchy.chordal is not None
    dry = customise(hierarchy, minutes["dry"])
    differ = np.flatnonzero(minutes["dry"] != minutes["wet"])
    wet = change_arcs(dry, differ, minutes["wet"][differ])
    same_bits(wet, customise(hierarchy, minutes["wet"]))
    rng = np.random.default_rng(11)
    origins, destinations = rng.integers(0, size, 60), rng.integers(0, size, 300)
    unreachable = []
    for metric in (dry, wet):
        pairs = pd.DataFrame({"start": start, "end": end, "minutes": metric.minutes}).query("minutes < inf")
        least = pairs.groupby(["start", "end"], as_index=False)["minutes"].min()  # a sparse matrix would add parallel arcs
        matrix = sparse.csr_matrix((least["minutes"], (least["start"], least["end"])), shape=(size, size))
        times = dijkstra(matrix, indices=origins)[:, destinations]
        table = travel_table(metric, origins, destinations)
        assert np.array_equal(table, times)
        unreachable.append(np.isinf(table).sum())
        assert np.array_equal(nearest_destinations(metric, destinations)[0][origins, 0], table.min(axis=1))
    assert unreachable[0] < unreachable[1]
