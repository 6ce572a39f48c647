"""Search a travel graph on compiled code, and read along the paths found what they are made of.

One multi-source search on the transposed graph gives every settlement its quickest facility: min over facilities f of
d(settlement → f), not d(f → settlement). The parts of the paths found are read by stepping all of them through the tree of
predecessors at once, one array operation per step of the deepest path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from geoplan.access.graph import DIRECT, FACILITY_LEG, ROAD, SETTLEMENT_LEG, TravelGraph


@dataclass(frozen=True)
class Paths:
    """The quickest path of each settlement in one direction.

    Attributes
    ----------
    minutes
        (s,) inf where there is none.
    facility
        (s,) facility number, −1 where there is none.
    road_m, road_min, leg_m, leg_min, facility_leg_m, facility_leg_min
        (s,) parts of the path, NaN where there is none; ``leg`` is the settlement's side and holds a direct walk whole.
    direct
        (s,) True for a direct walk.
    component
        (s,) component of the network where it is joined, −1 for none.
    """

    minutes: NDArray[np.float64]
    facility: NDArray[np.int64]
    road_m: NDArray[np.float64]
    road_min: NDArray[np.float64]
    leg_m: NDArray[np.float64]
    leg_min: NDArray[np.float64]
    facility_leg_m: NDArray[np.float64]
    facility_leg_min: NDArray[np.float64]
    direct: NDArray[np.bool_]
    component: NDArray[np.int64]


def search_nearest(graph: TravelGraph, facilities: NDArray[np.int64], *, towards: bool) -> Paths:
    """Return for every settlement its quickest path to (or from) any of ``facilities``.

    Parameters
    ----------
    graph
        From `join_points`.
    facilities
        Facility numbers taking part.
    towards
        True: settlement → facility; False: facility → settlement.
    """
    targets = graph.settlement_out if towards else graph.settlement_in
    count = len(targets)
    if len(facilities) == 0 or count == 0:
        return read_paths(graph, np.full((1, graph.size), -1), np.zeros(count, dtype=np.int64), targets, np.full(count, np.inf),
                          np.full(count, -1), along_arcs=not towards)  # fmt: skip
    numbers = graph.facility_in if towards else graph.facility_out
    matrix = graph.backward if towards else graph.forward
    minutes, before, source = dijkstra(
        matrix, directed=True, indices=numbers[facilities], return_predecessors=True, min_only=True
    )
    reached = np.isfinite(minutes[targets])
    facility = np.where(reached, source[targets] - numbers[0], -1)
    only_row = np.zeros(count, dtype=np.int64)
    return read_paths(graph, before[None, :], only_row, targets, minutes[targets], facility, along_arcs=not towards)


def read_paths(
    graph: TravelGraph,
    before: NDArray[np.integer],
    row: NDArray[np.int64],
    node: NDArray[np.int64],
    minutes: NDArray[np.float64],
    facility: NDArray[np.int64],
    *,
    along_arcs: bool,
) -> Paths:
    """Return the parts of the paths from each ``node`` back to the root of its search tree.

    Parameters
    ----------
    graph
        The graph that was searched.
    before
        (searches, n) predecessors of the nodes, negative at roots.
    row, node
        (s,) which search and which of its nodes each path ends at.
    minutes, facility
        (s,) as found; paths of infinite minutes are empty.
    along_arcs
        True where the search followed the arcs (predecessor → node), False where it ran against them.
    """
    ends = np.flatnonzero(np.isfinite(minutes))
    sums = _sum_tree if len(before) == 1 else _sum_trees
    part_m, part_min, component = sums(graph, before, row, node.astype(np.int64), ends, along_arcs=along_arcs)
    found = np.isfinite(minutes)
    direct = found & (component < 0)
    legs = (SETTLEMENT_LEG, DIRECT)

    def known(part: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(found, part, np.nan)

    return Paths(
        minutes=minutes,
        facility=facility,
        road_m=known(part_m[ROAD]),
        road_min=known(part_min[ROAD]),
        leg_m=known(part_m[legs, :].sum(axis=0)),
        leg_min=known(part_min[legs, :].sum(axis=0)),
        facility_leg_m=known(part_m[FACILITY_LEG]),
        facility_leg_min=known(part_min[FACILITY_LEG]),
        direct=direct,
        component=component,
    )


_Sums = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]
"""(4, s) metres and (4, s) minutes by kind of arc, and (s,) component where the network is joined."""


def _sum_trees(
    graph: TravelGraph, before: NDArray[np.integer], row: NDArray[np.int64], node: NDArray[np.int64], active: NDArray[np.int64],
    *, along_arcs: bool,
) -> _Sums:  # fmt: skip
    """Sum up the paths of ``active`` in any number of trees, looking up every arc on the way."""
    part_m, part_min = np.zeros((4, len(node))), np.zeros((4, len(node)))
    component = np.full(len(node), -1, dtype=np.int64)
    here = node.copy()
    while len(active):
        at = here[active]
        parent = before[row[active], at].astype(np.int64)
        inner = parent >= 0
        active, at, parent = active[inner], at[inner], parent[inner]
        arc = graph.find_arcs(parent, at) if along_arcs else graph.find_arcs(at, parent)
        kind = graph.kind[arc]
        part_m[kind, active] += graph.length_m[arc]
        part_min[kind, active] += graph.minutes[arc]
        joins = kind == SETTLEMENT_LEG
        component[active[joins]] = np.maximum(graph.component[at[joins]], graph.component[parent[joins]])
        here[active] = parent
    return part_m, part_min, component


def _sum_tree(
    graph: TravelGraph, before: NDArray[np.integer], row: NDArray[np.int64], node: NDArray[np.int64], active: NDArray[np.int64],
    *, along_arcs: bool,
) -> _Sums:  # fmt: skip
    """Sum up the paths of ``active`` in one tree, as `_sum_trees` would, to the last bit.

    Paths of one search share most of their arcs: those of its tree are looked up once, in order. Points have no arcs but their legs and
    straight walks, so only the first and the last arc of a path can be anything but road.
    """
    parents = before[0].astype(np.int64)
    inner = np.flatnonzero(parents >= 0)
    arcs = np.zeros(len(parents), dtype=np.int64)
    arcs[inner] = graph.find_arcs(parents[inner], inner) if along_arcs else graph.find_arcs(inner, parents[inner])
    road = np.zeros((2, len(parents)))
    ways = inner[graph.kind[arcs[inner]] == ROAD]
    road[:, ways] = graph.length_m[arcs[ways]], graph.minutes[arcs[ways]]
    part_m, part_min = np.zeros((4, len(node))), np.zeros((4, len(node)))
    component = np.full(len(node), -1, dtype=np.int64)
    active = active[parents[node[active]] >= 0]
    first = node[active]
    last = first.copy()
    here, places = first, np.arange(len(active))
    metres, minutes = np.zeros(len(active)), np.zeros(len(active))
    while len(here):
        metres += road[0, here]
        minutes += road[1, here]
        parent = parents[here]
        going = parents[parent] >= 0
        if not going.all():
            done = places[~going]
            last[done] = here[~going]
            part_m[ROAD, active[done]], part_min[ROAD, active[done]] = metres[~going], minutes[~going]
            places, parent, metres, minutes = places[going], parent[going], metres[going], minutes[going]
        here = parent
    for paths, at in ((active, first), (active[last != first], last[last != first])):
        arc = arcs[at]
        leg = graph.kind[arc] != ROAD
        part_m[graph.kind[arc[leg]], paths[leg]] += graph.length_m[arc[leg]]
        part_min[graph.kind[arc[leg]], paths[leg]] += graph.minutes[arc[leg]]
        # The settlement's leg is the first arc of a search from the facilities and the last of one from the settlement.
        joins = graph.kind[arc] == SETTLEMENT_LEG
        component[paths[joins]] = np.maximum(graph.component[at[joins]], graph.component[parents[at[joins]]])
    return part_m, part_min, component
