"""Join ground, existing roads and places into one graph for the search of road links.

Existing roads are not burnt into the grid: each keeps its own line, with a stop in every cell it passes (`geoplan.access.stops`) where a new road
may leave it. Along a road to standard a metre costs nothing; along any other motor road it costs the upgrade, times the cut-and-fill factor of the
ground; a ford costs a bridge beside, and where asked for a ferry or a rope is replaced by a bridge of its whole length. Stops and places are joined
to the cell centres, and places to the stops, within one and a half cells by straight legs that are built new; a leg that crosses a barrier is left
out, for bridges are built on the ground's own moves.

By hand: 100 m of mud road on gentle ground at 300 yuan/m cost 30,000 yuan; a leg of 10 m from its last stop to a house, at 500 yuan/m, 5,000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.access.offroad import find_blocked
from geoplan.access.stops import Stops, place_stops
from geoplan.access.straight import sample_ground_m
from geoplan.access.surface import cell_centres, cells_around
from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.results import Network
from geoplan.links.road_ground import FEN_PER_YUAN, RoadGround
from geoplan.links.road_search import EXISTING, FERRY_BRIDGE, FORD_BRIDGE, NEW, ROPE_BRIDGE, UPGRADE, Arcs, pack_arcs
from geoplan.links.road_standard import RoadStandard

_LEG_CELLS = 1.5


@dataclass(frozen=True)
class RoadGraph:
    """What the search runs on.

    Attributes
    ----------
    arcs
        Joins over all nodes: cells by row, then the nodes of `Stops`, then the places.
    seeds, unsure, places
        Nodes on serving roads, on roads that may be to standard, and of the places in their order.
    off_grid_xy
        (nodes beyond the cells, 2) easting, northing, metres.
    ground
        The ground whose cells come first.
    """

    arcs: Arcs
    seeds: NDArray[np.int64]
    unsure: NDArray[np.int64]
    places: NDArray[np.int64]
    off_grid_xy: NDArray[np.float64]
    ground: RoadGround

    def locate(self, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return (n, 2) easting and northing of nodes, metres."""
        cells = self.ground.shape[0] * self.ground.shape[1]
        xy = cell_centres(self.ground.ground, np.minimum(nodes, cells - 1))
        beyond = nodes >= cells
        xy[beyond] = self.off_grid_xy[nodes[beyond] - cells]
        return xy


@dataclass(frozen=True)
class _Joins:
    """Undirected joins, column by column."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    fen: NDArray[np.int64]
    length_m: NDArray[np.float64]
    kind: NDArray[np.int8]


def join_roads(
    network: Network,
    judged: RoadStandard,
    ground: RoadGround,
    profile: CostProfile,
    *,
    places: NDArray[np.float64],
    replace: bool = False,
) -> RoadGraph:
    """Return the graph of a county's ground and roads.

    Parameters
    ----------
    network, judged
        Roads, and what they are against the standard.
    ground
        Where new roads may be built.
    profile
        Prices.
    places
        (n, 2) easting and northing of the places to link, metres.
    replace
        Let bridges replace ferries and ropes (渡改桥, 溜索改桥).
    """
    cells = ground.shape[0] * ground.shape[1]
    stops = place_stops(network, ground.transform, ground.shape)
    edge = np.repeat(np.arange(len(stops.edge_first) - 1), np.diff(stops.edge_first))
    on_road = np.zeros(len(stops.xy), dtype=bool)
    over = (judged.ferry | judged.rope) & replace
    on_road[stops.edge_node[(judged.usable | over)[edge]]] = True
    roads = _price_roads(stops, edge, judged, ground, profile, cells)
    spans = _price_replaced(stops, edge, over, judged, ground, cells)
    stop = np.flatnonzero(on_road & (stops.cell >= 0))
    legs = [_lay_legs(stops.xy[stop], cells + stop, ground)]
    first_place = cells + len(stops.xy)
    nodes = first_place + np.arange(len(places))
    legs.append(_lay_legs(places, nodes, ground))
    legs.append(_lay_stop_legs(places, nodes, stops.xy[stop], cells + stop, ground))
    joins = [roads, spans, *legs]
    arcs = pack_arcs(
        *(np.concatenate([getattr(one, name) for one in joins]) for name in ("a", "b", "fen", "length_m", "kind")),
        nodes=first_place + len(places),
    )
    seeds, unsure = (cells + np.unique(stops.edge_node[one[edge]]) for one in (judged.serving, judged.unsure))
    return RoadGraph(arcs, seeds, unsure, nodes, np.vstack([stops.xy, places.reshape(-1, 2)]), ground)


def _cells_at(xy: NDArray[np.float64], ground: RoadGround) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the (row, col) that points lie in; of the nearest cell off the grid."""
    transform, (rows, cols) = ground.transform, ground.shape
    col = np.clip(np.floor((xy[:, 0] - transform.c) / transform.a), 0, cols - 1).astype(np.int64)
    row = np.clip(np.floor((xy[:, 1] - transform.f) / transform.e), 0, rows - 1).astype(np.int64)
    return row, col


def _near_barriers(xy: NDArray[np.float64], ground: RoadGround) -> NDArray[np.bool_]:
    """Return whether a move from a point's cell, or from one of the eight around it, is stopped or bridged: only there a barrier can cross a leg."""
    row, col = _cells_at(xy, ground)
    near = np.zeros(len(xy), dtype=bool)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            at = np.clip(row + down, 0, ground.shape[0] - 1), np.clip(col + right, 0, ground.shape[1] - 1)
            near |= (ground.blocked[at] | ground.river_line[at] | ground.river_area[at]) != 0
    return near


def _factor_at(xy: NDArray[np.float64], ground: RoadGround) -> NDArray[np.float64]:
    """Return the cut-and-fill factor of the cells that points lie in."""
    return ground.factors[ground.slope_class[_cells_at(xy, ground)]]


def _price_roads(
    stops: Stops, edge: NDArray[np.int64], judged: RoadStandard, ground: RoadGround, profile: CostProfile, cells: int
) -> _Joins:
    """Return the pieces of usable roads between successive nodes."""
    at = np.flatnonzero((edge[1:] == edge[:-1]) & judged.usable[edge[1:]]) if len(edge) else np.zeros(0, dtype=np.int64)
    own = edge[at]
    length = np.maximum(stops.edge_along_m[at + 1] - stops.edge_along_m[at], 0.0)
    factor = _factor_at(stops.xy, ground)
    a, b = stops.edge_node[at], stops.edge_node[at + 1]
    price = profile.unit_yuan(profile.road.upgrade_per_m) * FEN_PER_YUAN
    yuan = price * 0.5 * (factor[a] + factor[b]) * length
    kind = np.where(judged.standard[own], EXISTING, UPGRADE)
    wet = _find_fords(stops, at, own, judged, ground)
    fen = np.rint(np.where(judged.standard[own], 0.0, yuan) + np.where(wet, ground.span_fen, 0.0)).astype(np.int64)
    return _Joins(cells + a, cells + b, fen, length, np.where(wet, FORD_BRIDGE, kind).astype(np.int8))


def _price_replaced(
    stops: Stops, edge: NDArray[np.int64], over: NDArray[np.bool_], judged: RoadStandard, ground: RoadGround, cells: int
) -> _Joins:
    """Return bridges from bank to bank in place of the ferries and ropes among ``over``."""
    at = np.flatnonzero((edge[1:] == edge[:-1]) & over[edge[1:]]) if len(edge) else np.zeros(0, dtype=np.int64)
    length = np.maximum(stops.edge_along_m[at + 1] - stops.edge_along_m[at], 0.0)
    fen = np.rint(ground.bridge_fen_per_m * length).astype(np.int64)
    kind = np.where(judged.ferry[edge[at]], FERRY_BRIDGE, ROPE_BRIDGE).astype(np.int8)
    return _Joins(cells + stops.edge_node[at], cells + stops.edge_node[at + 1], fen, length, kind)


def _find_fords(
    stops: Stops, at: NDArray[np.int64], own: NDArray[np.int64], judged: RoadStandard, ground: RoadGround
) -> NDArray[np.bool_]:
    """Return the pieces (from place ``at`` of edge ``own``) a bridge must replace: of a ford, those that cross a barrier, else the one in its middle."""
    wet = np.zeros(len(at), dtype=bool)
    ford = np.flatnonzero(judged.ford[own])
    start, end = stops.edge_node[at[ford]], stops.edge_node[at[ford] + 1]
    wet[ford] = find_blocked(stops.xy[start], stops.xy[end], ground.walls)
    half = 0.5 * stops.edge_along_m[stops.edge_first[own + 1] - 1]
    middle = (stops.edge_along_m[at] <= half) & (half < stops.edge_along_m[at + 1])
    unseen = np.bincount(own, weights=wet, minlength=len(judged.ford)) == 0
    return wet | (judged.ford[own] & unseen[own] & middle)


def _lay_legs(xy: NDArray[np.float64], node: NDArray[np.int64], ground: RoadGround) -> _Joins:
    """Return straight legs from points to the centres of the cells around them."""
    point, cell = cells_around(ground.ground, xy, reach=2)
    centre = cell_centres(ground.ground, cell)
    off = np.abs(centre - xy[point]) / np.array(ground.ground.cell_size)
    near = np.hypot(off[:, 0], off[:, 1]) <= _LEG_CELLS
    return _price_legs(xy[point[near]], centre[near], node[point[near]], cell[near], ground)


def _lay_stop_legs(
    xy: NDArray[np.float64], node: NDArray[np.int64], stop_xy: NDArray[np.float64], stop: NDArray[np.int64], ground: RoadGround
) -> _Joins:
    """Return straight legs from places to the stops near them."""
    empty = np.zeros(0, dtype=np.int64)
    if len(xy) == 0 or len(stop_xy) == 0:
        return _price_legs(np.zeros((0, 2)), np.zeros((0, 2)), empty, empty, ground)
    near = cKDTree(stop_xy).query_ball_point(xy, _LEG_CELLS * max(ground.ground.cell_size))
    count = np.array([len(one) for one in near])
    place = np.repeat(np.arange(len(xy)), count)
    to = np.concatenate([np.sort(np.asarray(one, dtype=np.int64)) for one in near])
    return _price_legs(xy[place], stop_xy[to], node[place], stop[to], ground)


def _price_legs(
    a_xy: NDArray[np.float64], b_xy: NDArray[np.float64], a: NDArray[np.int64], b: NDArray[np.int64], ground: RoadGround
) -> _Joins:
    """Return straight new road between points, without the legs that cross a barrier."""
    is_open = np.ones(len(a), dtype=bool)
    near = np.flatnonzero(_near_barriers(a_xy, ground))
    is_open[near] = ~find_blocked(a_xy[near], b_xy[near], ground.walls)
    a_xy, b_xy, a, b = a_xy[is_open], b_xy[is_open], a[is_open], b[is_open]
    level = np.hypot(*(b_xy - a_xy).T)
    rise = np.nan_to_num(sample_ground_m(b_xy, ground.ground) - sample_ground_m(a_xy, ground.ground))
    run = np.maximum(level, np.abs(rise) / ground.max_grade)
    length = np.hypot(run, rise)
    factor = 0.5 * (_factor_at(a_xy, ground) + _factor_at(b_xy, ground))
    fen = np.rint(ground.new_fen_per_m * factor * length).astype(np.int64)
    return _Joins(a, b, fen, length, np.full(len(a), NEW, dtype=np.int8))
