"""Run the bus lines: from the county seat along main roads to the township seats that open up most road.

Lines follow the vertices of national, provincial and county roads. The first line goes to the township seat with the longest shortest way; each
further one to the seat whose way has most length not yet served. By hand: on a road seat - A - B with a branch from A to C, the line to B comes first
where it is longest, then the line to C for its branch; A is served and gets no line of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import EPSG, Floats, Ints

HEADWAYS_MIN = (30.0, 45.0, 60.0, 60.0, 90.0)
"""Minutes between buses, one line each: the line that opens up most runs most."""
_MAIN = ("national", "provincial", "county")


def _trace_ways(roads: gpd.GeoDataFrame, seats: Floats) -> tuple[Floats, list[Ints]]:
    """Return the vertices of the main roads and, for each seat, the numbers of those on the shortest way from the first seat."""
    lines = roads.geometry[roads["road_class"].isin(_MAIN)].to_numpy()
    xy, line = shapely.get_coordinates(lines, return_index=True)
    vertex, number = np.unique(np.round(xy, 3), axis=0, return_inverse=True)
    number = number.ravel()
    same = line[1:] == line[:-1]
    u, v = number[:-1][same], number[1:][same]
    pair = np.unique(np.column_stack([np.minimum(u, v), np.maximum(u, v)]), axis=0)
    length = np.hypot(*(vertex[pair[:, 0]] - vertex[pair[:, 1]]).T)
    graph = csr_matrix((length, (pair[:, 0], pair[:, 1])), shape=(len(vertex), len(vertex)))
    ends = cKDTree(vertex).query(seats)[1]
    _, before = dijkstra(graph, directed=False, indices=int(ends[0]), return_predecessors=True)
    ways = []
    for end in ends.tolist():
        way = [end]
        while before[way[-1]] >= 0:
            way.append(int(before[way[-1]]))
        ways.append(np.array(way[::-1], dtype=np.int64))
    return vertex, ways


def _new_length(vertex: Floats, way: Ints, served: set[tuple[int, int]]) -> float:
    """Return the length of a way not yet ``served``, metres."""
    fresh = [k for k, pair in enumerate(zip(way[:-1].tolist(), way[1:].tolist(), strict=True)) if pair not in served]
    steps = np.hypot(*(vertex[way[1:]] - vertex[way[:-1]]).T) if len(way) > 1 else np.zeros(0)
    return float(steps[fresh].sum())


def draw_buses(roads: gpd.GeoDataFrame, seats: Floats, town_names: Sequence[str]) -> gpd.GeoDataFrame:
    """Return up to five bus lines, drawn from the county seat outwards.

    Parameters
    ----------
    roads
        With ``road_class``; lines that meet share exact vertices.
    seats
        (n, 2) township seats, the county's first.
    town_names
        (n,) their townships.

    Returns
    -------
    GeoDataFrame
        line_id, name, headway_min, lines; none where no main road leaves the county seat.
    """
    vertex, ways = _trace_ways(roads, seats)
    left = {k for k in range(1, len(seats)) if len(ways[k]) > 1 and ways[k][0] == ways[0][0]}
    served: set[tuple[int, int]] = set()
    rows: list[tuple[str, str, float]] = []
    shapes: list[shapely.LineString] = []
    for headway_min in HEADWAYS_MIN:
        fresh = {k: round(_new_length(vertex, ways[k], served), 3) for k in sorted(left)}
        best = max(fresh, key=lambda k: (fresh[k], -k), default=0)
        if not best or fresh[best] == 0.0:
            break
        way = ways[best]
        served |= set(zip(way[:-1].tolist(), way[1:].tolist(), strict=True))
        left.discard(best)
        rows.append((f"B{len(rows) + 1:02d}", f"县城—{town_names[best]}", headway_min))
        shapes.append(shapely.LineString(vertex[way]))
    columns = ["line_id", "name", "headway_min"]
    data = {name: [row[k] for row in rows] for k, name in enumerate(columns)}
    return gpd.GeoDataFrame(data, geometry=shapes, crs=EPSG)
