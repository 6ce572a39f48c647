"""Time every way of one mode, season and walker: arcs between road nodes, in minutes and ticks.

In every mode a person may walk; a vehicle is taken on each edge and direction where it is allowed and not slower than walking, so
a one-way street is driven along and walked back. An arc between two nodes of an edge takes its share of the edge's minutes: by length where it is
driven, by the slopes of its own ground where it is walked. A walker slower than an adult by the factor f takes 1/f of the minutes on foot;
waiting for a ferry or a rope is not walking and stays.
By hand: 1 km of road at 20 km/h, halved by a stop: two arcs of 1.5 min = 737,280 ticks each way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.access.kernel import NEVER
from geoplan.access.surface import Surface
from geoplan.access.ticks import TICKS_PER_MIN
from geoplan.contracts.results import Network
from geoplan.errors import NetworkError


@dataclass(frozen=True)
class Ways:
    """Directed arcs between nodes; those of edge e run along it (``along``) or against it.

    Attributes
    ----------
    edge_min
        (2, edges) minutes along and against each edge; inf where closed.
    edge_walked
        (2, edges) whether they are minutes on foot.
    start, end, ticks
        (arcs,) nodes and whole ticks, at least 1.
    edge, way
        (arcs,) edge each arc lies on, and 0 along it, 1 against it.
    share_from, share_to
        (arcs,) share of the edge's minutes (of ``way``) that lies before start and end.
    by_length
        (2, arcs) share of the edge's length that lies before start and end.
    first, order
        (nodes + 1,), (arcs,): arcs by start node; ``back_first``, ``back_order`` by end node.
    walker
        Factor on walking speed.
    """

    edge_min: NDArray[np.float64]
    edge_walked: NDArray[np.bool_]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    ticks: NDArray[np.int64]
    edge: NDArray[np.int64]
    way: NDArray[np.int8]
    share_from: NDArray[np.float64]
    share_to: NDArray[np.float64]
    by_length: NDArray[np.float64]
    first: NDArray[np.int64]
    order: NDArray[np.int64]
    back_first: NDArray[np.int64]
    back_order: NDArray[np.int64]
    walker: float


def time_edges(network: Network, *, mode: str, season: str, walker: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return (2, edges) minutes along and against every edge, and whether they are walked.

    Parameters
    ----------
    network
        From `build_network`, timed for the mode and season.
    mode
        ``walk``, ``ride`` or another mode the network was timed for.
    season
        ``dry`` or ``wet``.
    walker
        Factor on walking speed, > 0.

    Raises
    ------
    NetworkError
        ``NETWORK-SEASON`` or ``NETWORK-MODE``: the network was not timed for it.
    """
    edges = network.edges
    if f"walk_forward_min_{season}" not in edges:
        raise NetworkError(
            f"the network has no minutes for season {season!r}", code="NETWORK-SEASON", remedy="Build it with this season."
        )
    wait = edges["wait_min"].to_numpy(dtype=np.float64)
    foot = np.stack([edges[f"walk_{way}_min_{season}"].to_numpy(dtype=np.float64) for way in ("forward", "backward")])
    sailed = (edges["crossing"] == "ferry").to_numpy()
    foot = np.where(sailed, foot, (foot - wait) / walker + wait)
    if mode == "walk":
        return foot, np.broadcast_to(~sailed, foot.shape).copy()
    prefix = "" if mode == "ride" else f"{mode}_"
    if f"{prefix}forward_min_{season}" not in edges:
        raise NetworkError(
            f"the network has no minutes for mode {mode!r}", code="NETWORK-MODE", remedy="Build it with this mode."
        )
    driven = np.stack([edges[f"{prefix}{way}_min_{season}"].to_numpy(dtype=np.float64) for way in ("forward", "backward")])
    # Paths carry minutes on foot in both columns: those are the walker's own.
    path = edges["walked"].to_numpy(dtype=bool)
    walked = (path | (foot < driven)) & ~sailed
    return np.where(walked, foot, driven), walked


def lay_ways(surface: Surface, edge_min: NDArray[np.float64], edge_walked: NDArray[np.bool_], *, walker: float = 1.0) -> Ways:
    """Return the arcs between the nodes of a surface for the minutes of `time_edges`.

    Ticks are rounded from the share of the edge that lies before each node, so that the arcs of an edge add up to the edge.
    """
    stops = surface.stops
    count = len(stops.edge_first) - 1
    place = np.arange(len(stops.edge_node))
    owner = np.repeat(np.arange(count), np.diff(stops.edge_first))
    low = place[np.r_[owner[1:] == owner[:-1], False]] if len(place) else place
    high = low + 1
    parts = []
    for way in (0, 1):
        edge = owner[low]
        kind = np.where(edge_walked[way][edge], 1 + way, 0)
        shares = surface.share[kind, low], surface.share[kind, high]
        minutes = edge_min[way][edge]
        usable = np.isfinite(minutes)
        ticks = _round_ticks(minutes, shares, usable)
        a, b = (low, high) if way == 0 else (high, low)
        share_a, share_b = shares if way == 0 else shares[::-1]
        length = surface.share[0, a], surface.share[0, b]
        columns = (
            stops.edge_node[a],
            stops.edge_node[b],
            ticks,
            edge,
            np.full(len(low), way, dtype=np.int8),
            share_a,
            share_b,
            *length,
        )
        parts.append([column[usable] for column in columns])
    start, end, ticks, edge, which, share_a, share_b, length_a, length_b = (
        np.concatenate(pair) for pair in zip(*parts, strict=True)
    )
    nodes = len(stops.xy)
    order, back = np.lexsort((ticks, end, start)), np.lexsort((ticks, start, end))
    return Ways(
        edge_min, edge_walked, start, end, ticks, edge, which, share_a, share_b, np.stack([length_a, length_b]),
        np.searchsorted(start[order], np.arange(nodes + 1)), order,
        np.searchsorted(end[back], np.arange(nodes + 1)), back, walker,
    )  # fmt: skip


def _round_ticks(
    minutes: NDArray[np.float64], shares: tuple[NDArray[np.float64], NDArray[np.float64]], usable: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return whole ticks of the arcs between two shares of their edges."""
    whole = np.where(usable, minutes, 0.0) * TICKS_PER_MIN
    before, after = np.rint(whole * shares[0]), np.rint(whole * shares[1])
    return np.clip(after - before, 1.0, float(NEVER)).astype(np.int64)
