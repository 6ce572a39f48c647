"""Answer many-to-many travel times on a road network whose closures change, from a hierarchy built once per network.

Three steps, each used again by the next: `build_hierarchy` finds order and shortcuts from the topology alone (`elimination`); `customise` sets minutes,
`change_arcs` changes a few (`triangles`); `travel_table` and `nearest_destinations` read quickest times (`sweeps`).

The answer is d(o, t) = min over paths of the sum of the minutes of their arcs, with arcs of inf minutes closed, inf where no path is open and
0 from a node to itself. Minutes are first rounded to multiples of 2⁻³² (14 ns). Sums below 2²¹ minutes are then exact, so that the same numbers
come out bit for bit whatever the order of nodes, rows, threads or closures, and ties between destinations are true ties. A path of a arcs is
within a · 2⁻³³ min of arithmetic on unrounded minutes.

By hand: one-way streets 0 → 1 (2 min), 1 → 2 (3 min), 2 → 0 (4 min): d(0, 2) = 5 and d(2, 0) = 4.

Graphs that fill up when nodes are taken out (more than `FILL_MAX` chordal arcs per node, or a dense core) are searched arc by arc (`arc_search`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from geoplan.access.arc_search import group_arcs, search_arcs
from geoplan.access.arrays import Floats, Ints, Longs, Marks, check_numbers, round_minutes
from geoplan.access.elimination import Elimination, eliminate
from geoplan.access.sweeps import fill_columns, keep_arcs, list_ancestors, sweep_nearest, sweep_several
from geoplan.access.triangles import change_triangles, close_triangles, find_slots, lay_roads, list_tails, part_tree
from geoplan.errors import NetworkError

FILL_MAX = 64.0
"""Most chordal arcs per node for which a hierarchy is built; beyond it, plain searches."""
_COLUMNS = 64
"""Columns of a table swept together: their minutes at one node are one run of memory."""
_SHARES = 16.0
"""Parts that two threads finish side by side: enough to even out, with little left at the top."""
_FEW_ARCS, _FEW_SHARE = 200, 0.01
"""Chordal arcs, in number and as a share, beyond which a change is quicker made by customising anew."""

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True)
class Hierarchy:
    """A road network's topology, made ready; nothing in it depends on minutes.

    Attributes
    ----------
    node_count, start, end
        Nodes, and the (a,) nodes where each directed arc starts and ends.
    chordal
        Order and shortcuts; None where the graph is searched arc by arc.
    slot, climbs
        (a,) chordal arc of each road arc (−1 for loops), and 1 where the road arc goes up in rank.
    road_first, road
        Road arcs of each chordal arc: ``road[road_first[c]:road_first[c + 1]]``.
    below, tail, arc
        Earlier neighbours of each rank, and the arcs from them.
    top, runs
        (n,) 1 for the ranks at the top of the tree, and (p, 2) runs of ranks that, but for these, can be finished side by side.
    """

    node_count: int
    start: Longs
    end: Longs
    chordal: Elimination | None
    slot: Ints
    climbs: Marks
    road_first: Longs
    road: Ints
    below: Longs
    tail: Ints
    arc: Ints
    top: Marks
    runs: Longs


@dataclass(frozen=True)
class Metric:
    """Minutes on a hierarchy: of its (a,) road arcs, rounded, and of its chordal arcs up and down (empty where there are none)."""

    hierarchy: Hierarchy
    minutes: Floats
    up: Floats
    down: Floats


def build_hierarchy(start: ArrayLike, end: ArrayLike, *, node_count: int, fill_max: float = FILL_MAX) -> Hierarchy:
    """Return the hierarchy of the directed arcs ``start`` → ``end``.

    Parameters
    ----------
    start, end
        (a,) node numbers from 0 to ``node_count`` − 1. Loops, parallel arcs and nodes without arcs are allowed.
    node_count
        Nodes in all.
    fill_max
        Most chordal arcs per node; 0 always searches arc by arc.

    Raises
    ------
    NetworkError
        NETWORK-NODES, if an arc ends at a node that does not exist.

    Examples
    --------
    >>> ring = build_hierarchy([0, 1, 2], [1, 2, 0], node_count=3)
    >>> travel_table(customise(ring, [2.0, 3.0, 4.0]), [0, 2], [2, 0]).tolist()
    [[5.0, 0.0], [0.0, 4.0]]
    """
    start, end = check_numbers(start, node_count), check_numbers(end, node_count)
    if len(start) != len(end):
        raise NetworkError(f"{len(start)} starts, {len(end)} ends", code="NETWORK-NODES", remedy="Give both ends of every arc.")
    chordal = eliminate(start, end, node_count=node_count, fill_max=fill_max) if fill_max > 0.0 else None
    if chordal is None:
        few, many, marks = np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.uint8)
        return Hierarchy(node_count, start, end, None, few, marks, many, few, many, few, few, marks, many.reshape(0, 2))
    slot, climbs = find_slots(chordal.first, chordal.head, chordal.rank, start, end)
    road_first, road = group_arcs(slot, len(chordal.head))
    below, tail, arc = list_tails(chordal.first, chordal.head)
    top, runs = part_tree(chordal.parent, chordal.first, _SHARES)
    return Hierarchy(node_count, start, end, chordal, slot, climbs, road_first, road, below, tail, arc, top, runs)


def customise(hierarchy: Hierarchy, minutes: ArrayLike, *, threads: int = 2) -> Metric:
    """Return the hierarchy with minutes: (a,) per arc, 0 or more, inf where it is closed. Of parallel arcs the quickest counts.

    Raises
    ------
    NetworkError
        NETWORK-MINUTES, if minutes are missing, negative or not a number.
    """
    rounded = round_minutes(minutes, np.arange(len(hierarchy.start)))
    if hierarchy.chordal is None:
        return Metric(hierarchy, rounded, np.empty(0), np.empty(0))
    tree = hierarchy.chordal
    up, down = lay_roads(hierarchy.slot, hierarchy.climbs, rounded, len(tree.head))
    graph = (tree.first, tree.head, hierarchy.below, hierarchy.tail, hierarchy.arc)

    def finish(run: tuple[int, int], which: int = 0) -> None:
        close_triangles(run[0], run[1], hierarchy.top, which, *graph, up, down)

    _run(finish, hierarchy.runs.tolist(), threads)
    finish((0, hierarchy.node_count), 1)
    return Metric(hierarchy, rounded, up, down)


def change_arcs(metric: Metric, arcs: ArrayLike, minutes: ArrayLike) -> Metric:
    """Return the metric with other minutes on some arcs, the same as customising anew; the old one stays as it is.

    Parameters
    ----------
    metric
        From `customise` or this function.
    arcs
        (c,) positions of arcs in the hierarchy's ``start``; of an arc named twice the last minutes stand.
    minutes
        (c,) or one number; inf closes.

    Raises
    ------
    NetworkError
        NETWORK-ARCS for arcs that do not exist, NETWORK-MINUTES as in `customise`.
    """
    hierarchy, tree = metric.hierarchy, metric.hierarchy.chordal
    which = check_numbers(arcs, len(hierarchy.start), code="NETWORK-ARCS")
    changed = metric.minutes.copy()
    changed[which] = round_minutes(np.broadcast_to(minutes, which.shape), which)
    if tree is None:
        return replace(metric, minutes=changed)
    up, down = metric.up.copy(), metric.down.copy()
    slots = hierarchy.slot[which]
    graph = (tree.first, tree.head, hierarchy.below, hierarchy.tail, hierarchy.arc)
    roads = (hierarchy.road_first, hierarchy.road, hierarchy.climbs, changed)
    most = max(_FEW_ARCS, int(_FEW_SHARE * len(tree.head)))
    done = change_triangles(slots[slots >= 0], most, *graph, *roads, up, down)
    return Metric(hierarchy, changed, up, down) if done else customise(hierarchy, changed)


def travel_table(metric: Metric, origins: ArrayLike, destinations: ArrayLike, *, threads: int = 2) -> Floats:
    """Return the (o, d) minutes from each origin to each destination, inf where no open way leads there.

    Parameters
    ----------
    metric
        From `customise` or `change_arcs`.
    origins, destinations
        (o,) and (d,) node numbers, in any order and with repeats.
    threads
        Blocks of 64 columns swept side by side.

    Raises
    ------
    NetworkError
        NETWORK-NODES, if a node does not exist.
    """
    size = metric.hierarchy.node_count
    rows, columns = check_numbers(origins, size), check_numbers(destinations, size)
    table = np.empty((len(rows), len(columns)))
    if not table.size:
        return table
    if len(columns) <= len(rows):  # the shorter side is swept over the longer: less work, the same answer
        _fill_table(metric, rows, columns, table, towards=True, threads=threads)
    else:
        turned = np.empty(table.shape[::-1])
        _fill_table(metric, columns, rows, turned, towards=False, threads=threads)
        table[:] = turned.T
    return table


def nearest_destinations(metric: Metric, destinations: ArrayLike, *, k: int = 1, towards: bool = True) -> tuple[Floats, Longs]:
    """Return for every node the minutes and the numbers of its ``k`` nearest destinations.

    Parameters
    ----------
    metric
        From `customise` or `change_arcs`.
    destinations
        (d,) node numbers; the answer numbers destinations by their position here.
    k
        How many, at least 1.
    towards
        True: minutes from the node to the destination; False: from the destination to the node.

    Returns
    -------
    (n, k) minutes ascending, inf where fewer than ``k`` can be reached, and (n, k) positions in ``destinations``, −1 there. Of destinations
    equally near the one of lowest position comes first. The first column is the least of each row of `travel_table`, bit for bit.

    Raises
    ------
    NetworkError
        NETWORK-NODES, if a node does not exist; NETWORK-RANK, if ``k`` is below 1.
    """
    return nearest_of_each(metric, [destinations], k=k, towards=towards, threads=1)[0]


def nearest_of_each(
    metric: Metric, services: Sequence[ArrayLike], *, k: int = 1, towards: bool = True, threads: int = 2
) -> list[tuple[Floats, Longs]]:
    """Return `nearest_destinations` of several services, each with its own destinations, searched side by side."""
    if k < 1:
        raise NetworkError(f"k is {k}", code="NETWORK-RANK", remedy="Ask for at least the nearest one.")
    size, tree = metric.hierarchy.node_count, metric.hierarchy.chordal
    targets = [check_numbers(one, size) for one in services]
    if tree is None:
        arcs = _lay_arcs(metric, towards=towards)
        return _run(lambda one: search_arcs(arcs, one, k=k), targets, threads)
    falling, climbing = (metric.down, metric.up) if towards else (metric.up, metric.down)
    graph = (tree.rank, tree.parent, tree.first, tree.head, falling, climbing)

    def sweep(nodes: Longs) -> tuple[Floats, Longs]:
        ranks = tree.rank[nodes]
        return sweep_nearest(ranks, *graph) if k == 1 else sweep_several(ranks, k, *graph)

    return _run(sweep, targets, threads)


def _fill_table(metric: Metric, rows: Longs, columns: Longs, table: Floats, *, towards: bool, threads: int) -> None:
    """Write the minutes from ``rows`` to ``columns`` (or back, if not ``towards``) into ``table``."""
    tree = metric.hierarchy.chordal
    if tree is None:
        arcs = _lay_arcs(metric, towards=towards)

        def search(j: int) -> None:
            table[:, j] = search_arcs(arcs, columns[j : j + 1])[0][rows, 0]

        _run(search, range(len(columns)), threads)
        return
    falling, climbing = (metric.down, metric.up) if towards else (metric.up, metric.down)
    place = np.full(metric.hierarchy.node_count, -1, np.int32)
    nodes = list_ancestors(tree.rank[rows], tree.parent, place)
    kept = keep_arcs(nodes, place, tree.first, tree.head, climbing)
    targets = tree.rank[columns]
    order = np.argsort(targets, kind="stable")  # neighbours share their ancestors
    graph = (tree.parent, tree.first, tree.head, falling, nodes, *kept)

    def fill(block: Longs) -> None:
        fill_columns(block, targets[block], place[tree.rank[rows]], *graph, table)

    _run(fill, [order[i : i + _COLUMNS] for i in range(0, len(order), _COLUMNS)], threads)


def _lay_arcs(metric: Metric, *, towards: bool) -> tuple[Longs, Ints, Floats]:
    """Return the arcs as `search_arcs` reads them: turned round where minutes towards the sources are asked for."""
    graph = metric.hierarchy
    tail, head = (graph.end, graph.start) if towards else (graph.start, graph.end)
    first, order = group_arcs(tail.astype(np.int32), graph.node_count)
    return first, head[order].astype(np.int32), metric.minutes[order]


def _run(work: Callable[[S], T], items: Sequence[S], threads: int) -> list[T]:
    """Return the answers for all items, in their order; kernels let go of the interpreter, so that threads help."""
    if threads < 2 or len(items) < 2:
        return [work(one) for one in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))
