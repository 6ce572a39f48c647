"""Walk over the county's own 50 m cells, plainly: which cells hang together on foot, and how far it is to a road.

A walker goes from cell centre to cell centre by sixteen moves (the eight neighbours and the knight's moves of chess). A move is shut where its
segment meets a barrier, or rises or falls more than its level length (45°). Points and road vertices are joined to the cell centres within 75 m
that they see. A walk of level length d and slope s takes ``d · exp(3.5 |s + 0.05| - 0.175)``, in metres of level walking (Tobler); joins, paths and
crossings are taken as level. By hand: 100 m up a slope of 0.1 walk like 100 · e^0.35 = 141.9 m, down it like 100 m.

This is scipy and shapely alone, so that what the travel-time field answers can be held against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import FINE, Flags, Floats, Ints

WET_CLOSED = ("ford", "ferry", "rope")
_MOVES = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (2, -1), (1, -2))
_JOIN_M = 75.0
_NEAR_M = 70.0
"""A move that meets a barrier has an end within half a knight's move (56 m) of it; barriers are sampled every 20 m."""
_LIMIT_M = 20_000.0


@dataclass(frozen=True)
class Moves:
    """The moves that are open, each listed once, and what they join.

    Attributes
    ----------
    u, v, length_m
        Cells at both ends and level length of each open move.
    dem
        Heights of the cells, flat, metres.
    label
        Number of the connected piece of ground each cell belongs to.
    barriers
        Spatial index of what nobody walks across.
    """

    u: Ints
    v: Ints
    length_m: Floats
    dem: Floats
    label: Ints
    barriers: shapely.STRtree


def _meets(barriers: shapely.STRtree, a: Floats, b: Floats) -> Flags:
    """Say for each pair of (n, 2) points whether the segment between them meets a barrier."""
    met = np.zeros(len(a), dtype=bool)
    met[barriers.query(shapely.linestrings(np.stack([a, b], axis=1)), predicate="intersects")[0]] = True
    return met


def _find_near(barriers: Sequence[shapely.Geometry], xy: Floats) -> Flags:
    """Return the cells so close to a barrier, or in one, that a move from them may meet it."""
    samples = shapely.get_coordinates(shapely.segmentize(shapely.GeometryCollection(list(barriers)), 20.0))
    near: Flags = np.isfinite(cKDTree(samples).query(xy, distance_upper_bound=_NEAR_M)[0])
    for one in shapely.get_parts(list(barriers)):
        if one.geom_type == "Polygon":
            near |= shapely.contains_xy(one, xy)
    return near


def open_moves(dem: Floats, barriers: Sequence[shapely.Geometry]) -> Moves:
    """Return the open moves over (rows, cols) heights of the 50 m grid.

    Parameters
    ----------
    dem
        Heights, metres.
    barriers
        Lines and polygons nobody walks across; at least one.
    """
    rows, cols = dem.shape
    xy, flat, tree = FINE.centres(), dem.ravel(), shapely.STRtree(list(barriers))
    near = _find_near(barriers, xy)
    number = np.arange(flat.size).reshape(rows, cols)
    parts = []
    for down, right in _MOVES:
        start, end = (slice(max(-right, 0), cols - max(right, 0)), slice(max(right, 0), cols - max(-right, 0)))
        u, v = number[: rows - down, start].ravel(), number[down:, end].ravel()
        length_m = FINE.cell_m * float(np.hypot(down, right))
        is_open = np.abs(flat[u] - flat[v]) <= length_m
        asked = np.flatnonzero(is_open & (near[u] | near[v]))
        is_open[asked] = ~_meets(tree, xy[u[asked]], xy[v[asked]])
        parts.append((u[is_open], v[is_open], np.full(int(is_open.sum()), length_m)))
    u, v, length = (np.concatenate(one) for one in zip(*parts, strict=True))
    graph = csr_matrix((np.ones(len(u), dtype=np.int8), (u, v)), shape=(flat.size, flat.size))
    return Moves(u, v, length, flat, connected_components(graph, directed=False)[1].astype(np.int64), tree)


def join_cells(moves: Moves, xy: Floats) -> tuple[Ints, Ints, Floats]:
    """Return (point, cell, metres) of every straight join from (n, 2) points to the cell centres within 75 m that they see."""
    rows, cols = FINE.shape
    home = FINE.cells(xy)
    down, right = (one.ravel() for one in np.meshgrid([-1, 0, 1], [-1, 0, 1], indexing="ij"))
    row, col = home[:, None] // cols + down, home[:, None] % cols + right
    cell = np.where((row >= 0) & (row < rows) & (col >= 0) & (col < cols), row * cols + col, home[:, None]).ravel()
    point = np.repeat(np.arange(len(xy)), len(down))
    centre = FINE.centres()[cell]
    metres = np.hypot(*(centre - xy[point]).T)
    kept = np.flatnonzero(metres <= _JOIN_M)
    kept = kept[~_meets(moves.barriers, xy[point[kept]], centre[kept])]
    return point[kept], cell[kept], metres[kept]


@dataclass(frozen=True)
class Roads:
    """Road lines as vertices at most 50 m apart: ``xy`` (n, 2), segments ``u``, ``v``, and who may step on (``at_grade``, ``motorable``)."""

    xy: Floats
    u: Ints
    v: Ints
    at_grade: Flags
    motorable: Flags


def split_roads(roads: gpd.GeoDataFrame) -> Roads:
    """Return roads as vertices; lines that share an exact vertex meet there. Nobody steps on or off amid a crossing.

    Motorable are vertices at grade of any road but paths, ferries and ropes.
    """
    xy, line = shapely.get_coordinates(shapely.segmentize(roads.geometry.to_numpy(), 50.0), return_index=True)
    vertex, number = np.unique(np.round(xy, 3), axis=0, return_inverse=True)
    number = number.ravel()
    same = (line[1:] == line[:-1]) & (number[1:] != number[:-1])
    pair = np.sort(np.column_stack([number[:-1][same], number[1:][same]]), axis=1)
    # Each pair once: a sparse matrix would add up the lengths of roads that run along one another.
    pair = np.unique(pair, axis=0)
    ground = (roads["crossing"] == "").to_numpy()
    driven = ground & ~roads["road_class"].isin(["path", "ferry"]).to_numpy()
    at_grade, motorable = np.zeros(len(vertex), dtype=bool), np.zeros(len(vertex), dtype=bool)
    at_grade[number[ground[line]]] = True
    motorable[number[driven[line]]] = True
    return Roads(vertex, pair[:, 0], pair[:, 1], at_grade, motorable)


def find_reached(moves: Moves, roads: gpd.GeoDataFrame, xy: Floats, *, season: str) -> Flags:
    """Say which of the (n, 2) settlements can come to the first of them on foot and by road; fords, ferries and ropes are shut when wet."""
    kept = split_roads(roads if season == "dry" else roads[~roads["crossing"].isin(WET_CLOSED)])
    pieces, vertices = int(moves.label.max()) + 1, len(kept.xy)
    stops = np.flatnonzero(kept.at_grade)
    stop, stop_cell, _ = join_cells(moves, kept.xy[stops])
    point, point_cell, _ = join_cells(moves, xy)
    u = np.concatenate([kept.u + pieces, stops[stop] + pieces, point + pieces + vertices])
    v = np.concatenate([kept.v + pieces, moves.label[stop_cell], moves.label[point_cell]])
    size = pieces + vertices + len(xy)
    label = connected_components(csr_matrix((np.ones(len(u)), (u, v)), shape=(size, size)), directed=False)[1]
    own = label[pieces + vertices :]
    return np.asarray(own == own[0])


def find_joined(roads: gpd.GeoDataFrame, seat: Floats) -> tuple[Floats, Flags]:
    """Return every road vertex (n, 2), at most 50 m apart, and whether roads open in the wet season join it to the one nearest the seat."""
    kept = split_roads(roads[~roads["crossing"].isin(WET_CLOSED)])
    graph = csr_matrix((np.ones(len(kept.u)), (kept.u, kept.v)), shape=(len(kept.xy), len(kept.xy)))
    label = connected_components(graph, directed=False)[1]
    return kept.xy, label == label[cKDTree(kept.xy).query(seat)[1]]


def _pace(slope: Floats) -> Floats:
    """Return Tobler's factor: time over the time on the level."""
    return np.exp(3.5 * np.abs(slope + 0.05) - 0.175)


def measure_road_walk(moves: Moves, roads: gpd.GeoDataFrame, xy: Floats) -> Floats:
    """Return the level length of each settlement's quickest walk to a motorable road in the dry season, metres (inf: none within 20 km).

    The walk goes over the ground, along paths and other roads, and over every crossing; it ends where it first meets a motorable road.
    """
    lines = split_roads(roads)
    cells, vertices = len(moves.dem), len(lines.xy)
    stops = np.flatnonzero(lines.at_grade)
    stop, stop_cell, stop_m = join_cells(moves, lines.xy[stops])
    point, point_cell, point_m = join_cells(moves, xy)
    slope = (moves.dem[moves.v] - moves.dem[moves.u]) / moves.length_m
    u = np.concatenate([lines.u + cells, stops[stop] + cells, point + cells + vertices])
    v = np.concatenate([lines.v + cells, stop_cell, point_cell])
    level = np.concatenate([np.hypot(*(lines.xy[lines.u] - lines.xy[lines.v]).T), stop_m, point_m])
    # Searched from the roads, so every step is entered from its far end: u to v costs what a walker pays from v to u.
    start, end = np.concatenate([moves.u, moves.v, u, v]), np.concatenate([moves.v, moves.u, v, u])
    pace = np.concatenate([moves.length_m * _pace(-slope), moves.length_m * _pace(slope), level, level])
    size = cells + vertices + len(xy)
    graph = csr_matrix((pace, (start, end)), shape=(size, size))
    sources = np.flatnonzero(lines.motorable) + cells
    _, before, _ = dijkstra(graph, indices=sources, min_only=True, return_predecessors=True, limit=_LIMIT_M)
    place = np.vstack([FINE.centres(), lines.xy, xy])
    return _sum_back(before.astype(np.int64), place, np.arange(len(xy)) + cells + vertices)


def _sum_back(before: Ints, place: Floats, ends: Ints) -> Floats:
    """Return the level length of the way back from each of ``ends`` to a source, all of them one step at a time (inf: no way)."""
    total = np.where(before[ends] >= 0, 0.0, np.inf)
    here = ends.copy()
    walking = np.flatnonzero(before[here] >= 0)
    while len(walking):
        step = before[here[walking]]
        total[walking] += np.hypot(*(place[step] - place[here[walking]]).T)
        here[walking] = step
        walking = walking[before[step] >= 0]
    return total
