"""Make one searchable graph of the network, the points and their legs for one mode and season.

Every joining point splits its edge, so two points on one edge meet along it without a detour. Each piece takes its share of the
edge's minutes: by length where it is driven, by the slopes of its own ground where it is walked. A settlement is two nodes,
one that is only left and one that is only entered, and so is a facility: no path runs through somebody else's yard, and the
answer for one settlement does not depend on the others.
Of parallel arcs the quickest is kept, never the sum: 5 min and 3 min are 3 min.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geoplan.access.noding import SAME_PLACE_M
from geoplan.contracts.results import Network

ROAD, SETTLEMENT_LEG, FACILITY_LEG, DIRECT = 0, 1, 2, 3
"""What an arc is."""
WALK_SHARES = ("walk_share_forward", "walk_share_backward")
"""Columns of legs: which share of the edge's minutes on foot, along it and against it, lies before the joining point."""


@dataclass(frozen=True)
class TravelGraph:
    """Arcs of one mode and season, in both directions of search.

    Attributes
    ----------
    forward, backward
        (n, n) minutes; ``backward`` is the transpose, for searches towards facilities.
    key, minutes, length_m, kind
        (arcs,) sorted ``start · n + end`` and what each arc is.
    component
        (n,) component of network and split nodes, −1 for points.
    settlement_out, settlement_in, facility_in, facility_out
        Node numbers of the points.
    """

    forward: csr_array
    backward: csr_array
    key: NDArray[np.int64]
    minutes: NDArray[np.float64]
    length_m: NDArray[np.float64]
    kind: NDArray[np.int8]
    component: NDArray[np.int64]
    settlement_out: NDArray[np.int64]
    settlement_in: NDArray[np.int64]
    facility_in: NDArray[np.int64]
    facility_out: NDArray[np.int64]

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.component)

    def find_arcs(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the positions of existing arcs start → end."""
        return np.searchsorted(self.key, start * self.size + end)


@dataclass(frozen=True)
class _Arcs:
    """Directed arcs before reduction."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    minutes: NDArray[np.float64]
    length_m: NDArray[np.float64]
    kind: int


def _number_stops(network: Network, legs: pd.DataFrame) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Return the node each leg joins at, and the new nodes inside edges (edge, along_m, node)."""
    edges = network.edges
    edge = legs["edge"].to_numpy(dtype=np.int64)
    along = legs["along_m"].to_numpy()
    length = edges["length_m"].to_numpy()[edge]
    node = np.full(len(legs), -1, dtype=np.int64)
    node = np.where(along <= SAME_PLACE_M, edges["u"].to_numpy()[edge], node)
    node = np.where(length - along <= SAME_PLACE_M, edges["v"].to_numpy()[edge], node)
    inner = np.flatnonzero(node < 0)
    kinds = pd.MultiIndex.from_arrays([edge[inner], along[inner]])
    codes, uniques = pd.factorize(kinds)
    node[inner] = len(network.nodes) + codes
    at_edge = np.array(uniques.get_level_values(0), dtype=np.int64) if len(uniques) else np.zeros(0, dtype=np.int64)
    at_along = np.array(uniques.get_level_values(1), dtype=np.float64) if len(uniques) else np.zeros(0)
    stops = pd.DataFrame({"edge": at_edge, "along_m": at_along, "node": len(network.nodes) + np.arange(len(at_edge))})
    first = inner[np.unique(codes, return_index=True)[1]]
    by_length = at_along / edges["length_m"].to_numpy()[at_edge]
    for name in WALK_SHARES:
        stops[name] = legs[name].to_numpy()[first] if name in legs else by_length
    return node, stops


def _road_arcs(
    network: Network,
    stops: pd.DataFrame,
    forward: NDArray[np.float64],
    backward: NDArray[np.float64],
    on_foot: NDArray[np.bool_],
) -> list[_Arcs]:
    """Return the arcs of all edges, split at the stops."""
    edges = network.edges
    count = len(edges)
    length = edges["length_m"].to_numpy()
    edge = np.r_[np.arange(count), stops["edge"].to_numpy(), np.arange(count)]
    along = np.r_[np.zeros(count), stops["along_m"].to_numpy(), length]
    node = np.r_[edges["u"].to_numpy(), stops["node"].to_numpy(), edges["v"].to_numpy()]
    order = np.lexsort((along, edge))
    edge, along, node = edge[order], along[order], node[order]
    same = np.flatnonzero(edge[1:] == edge[:-1])
    of, metres = edge[same], along[same + 1] - along[same]
    a, b = node[same], node[same + 1]
    arcs = []
    for name, start, end, minutes in zip(WALK_SHARES, (a, b), (b, a), (forward, backward), strict=True):
        walked = np.r_[np.zeros(count), stops[name].to_numpy(), np.ones(count)][order]
        share = np.where(on_foot[of], np.maximum(walked[same + 1] - walked[same], 0.0), metres / length[of])
        arcs.append(_Arcs(start, end, share * minutes[of], metres, ROAD))
    return arcs


def _reduce(arcs: list[_Arcs], size: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]]:
    """Return sorted keys, minutes, lengths and kinds with the quickest of parallel arcs; closed arcs are left out."""
    start = np.concatenate([one.start for one in arcs])
    end = np.concatenate([one.end for one in arcs])
    minutes = np.concatenate([one.minutes for one in arcs])
    length = np.concatenate([one.length_m for one in arcs])
    kind = np.concatenate([np.full(len(one.start), one.kind, dtype=np.int8) for one in arcs])
    open_arcs = np.flatnonzero(np.isfinite(minutes) & (start != end))
    key = start[open_arcs] * size + end[open_arcs]
    order = np.lexsort((length[open_arcs], minutes[open_arcs], key))
    key, rows = key[order], open_arcs[order]
    first = np.r_[True, key[1:] != key[:-1]] if len(key) else np.zeros(0, dtype=bool)
    return key[first], minutes[rows[first]], length[rows[first]], kind[rows[first]]


def _matrix(start: NDArray[np.int64], end: NDArray[np.int64], minutes: NDArray[np.float64], size: int) -> csr_array:
    """Return a CSR matrix of arcs without doubles; arcs of zero minutes are kept as stored zeros."""
    order = np.lexsort((end, start))
    pointer = np.r_[0, np.cumsum(np.bincount(start, minlength=size))].astype(np.int32)
    return csr_array((minutes[order], end[order].astype(np.int32), pointer), shape=(size, size))


def join_points(
    network: Network,
    *,
    forward_min: NDArray[np.float64],
    backward_min: NDArray[np.float64],
    settlement_legs: pd.DataFrame,
    facility_legs: pd.DataFrame,
    settlements: int,
    facilities: int,
    direct: pd.DataFrame | None = None,
    on_foot: NDArray[np.bool_] | None = None,
) -> TravelGraph:
    """Return the graph of a network with settlements and facilities joined to it.

    Parameters
    ----------
    network
        Road graph.
    forward_min, backward_min
        (edges,) minutes of the mode and season; inf where not allowed.
    settlement_legs, facility_legs
        From `snap_all`; ``point`` counts settlements and facilities from 0.
    settlements, facilities
        How many points there are.
    direct
        Straight walks: settlement, facility, there_min, back_min, length_m.
    on_foot
        (edges,) which edges are walked in this mode; none when absent.
    """
    legs = pd.concat([settlement_legs, facility_legs], ignore_index=True)
    node, stops = _number_stops(network, legs)
    base = len(network.nodes) + len(stops)
    s_out, s_in = base + np.arange(settlements), base + settlements + np.arange(settlements)
    f_in = base + 2 * settlements + np.arange(facilities)
    f_out = f_in + facilities
    feet = np.zeros(len(network.edges), dtype=bool) if on_foot is None else on_foot
    arcs = _road_arcs(network, stops, forward_min, backward_min, feet)
    split = len(settlement_legs)
    arcs += _leg_arcs(settlement_legs, node[:split], s_out, s_in, SETTLEMENT_LEG)
    arcs += _leg_arcs(facility_legs, node[split:], f_out, f_in, FACILITY_LEG)
    if direct is not None and len(direct):
        s, f = direct["settlement"].to_numpy(), direct["facility"].to_numpy()
        metres = direct["length_m"].to_numpy()
        arcs.append(_Arcs(s_out[s], f_in[f], direct["there_min"].to_numpy(), metres, DIRECT))
        arcs.append(_Arcs(f_out[f], s_in[s], direct["back_min"].to_numpy(), metres, DIRECT))
    size = base + 2 * settlements + 2 * facilities
    key, minutes, length, kind = _reduce(arcs, size)
    start, end = key // size, key % size
    component = np.full(size, -1, dtype=np.int64)
    edge_component = network.edges["component"].to_numpy()
    component[network.edges["u"].to_numpy()] = edge_component
    component[network.edges["v"].to_numpy()] = edge_component
    component[stops["node"].to_numpy()] = edge_component[stops["edge"].to_numpy()]
    matrices = _matrix(start, end, minutes, size), _matrix(end, start, minutes, size)
    return TravelGraph(*matrices, key, minutes, length, kind, component, s_out, s_in, f_in, f_out)


def _leg_arcs(
    legs: pd.DataFrame, node: NDArray[np.int64], leaves: NDArray[np.int64], enters: NDArray[np.int64], kind: int
) -> list[_Arcs]:
    """Return the legs as arcs: from the point's leaving node to the network, and from the network to its entering node."""
    point = legs["point"].to_numpy(dtype=np.int64)
    metres = legs["offset_m"].to_numpy(dtype=np.float64)
    return [
        _Arcs(leaves[point], node, legs["to_network_min"].to_numpy(), metres, kind),
        _Arcs(node, enters[point], legs["from_network_min"].to_numpy(), metres, kind),
    ]
