"""Draw the path itself: the legs of every way to a facility as lines, with what each is made of.

A leg is a stretch travelled in one manner on one kind of ground: off the road on foot, along roads of one class and surface on foot or by vehicle,
over a bridge, through a tunnel, on a ferry, waiting for a bus. Off the road it follows the cell centres of the search, on the road the road's own
line. Legs that follow one another share an end; the first begins at the settlement's position used (`Entries.xy`), the last ends at the facility's.
Minutes, metres, ascent and descent are those of `geoplan.access.retime.measure`, leg by leg:

    Σ leg_min = travel_time_min        Σ leg_m = walk_m + ride_m        Σ ascent_m, Σ descent_m as there

By hand: 10 m from a 20 km/h road, 2 km along it, the clinic on it: leg 1 on foot off the road, 10 m and 0.12 min; leg 2 ridden, 2,000 m and 6 min.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.access.entries import Entries
from geoplan.access.field import Field, Legs
from geoplan.access.reading import Meetings, Paths, best_legs, follow_paths
from geoplan.access.route_lines import trace_stretches
from geoplan.access.route_pieces import AT_END, AT_START, END_FOOT, START_FOOT, Pieces, join_pieces, list_meeting, list_pieces
from geoplan.access.surface import Surface, cell_centres

OFF_ROAD, ON_FOOT, RIDE, FERRY, BUS, WAIT = "off_road", "on_foot", "ride", "ferry", "bus", "wait"
"""Kinds of legs: on foot off the road, on foot along a road or path, by vehicle, on a ferry, by bus, waiting for it."""
KINDS: tuple[str, ...] = (OFF_ROAD, ON_FOOT, RIDE, FERRY, BUS, WAIT)
LEG_COLUMNS = "point source leg kind crossing road_class surface road_id leg_m leg_min ascent_m descent_m geometry".split()
_BY_CROSSING = {"ferry": FERRY, "bus": BUS, "board": WAIT}
_SAME_PLACE_M = 1e-6


def draw_routes(
    field: Field,
    near: Entries,
    near_legs: Legs,
    far: Entries,
    far_legs: Legs,
    meetings: Meetings | None = None,
    *,
    points: NDArray[np.int64] | None = None,
) -> gpd.GeoDataFrame:
    """Return the legs of the quickest path of every point of ``near`` through a field, in the direction of travel.

    Parameters
    ----------
    field, near, near_legs, far, far_legs, meetings
        As `geoplan.access.reading.read_paths` takes them.
    points
        Numbers of the points to draw; all by default.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per leg, by point and then along the path: point, source (numbers), leg (from 1), kind (`KINDS`), crossing, road_class,
        surface, road_id (those of the leg in order, joined by ", "), leg_m, leg_min, ascent_m, descent_m, geometry. A point without a
        path has no rows here; `geoplan.access.journeys.compute_routes` gives it one with its status.
    """
    return follow_routes(field, near, near_legs, far, far_legs, meetings, points=points)[1]


def follow_routes(
    field: Field,
    near: Entries,
    near_legs: Legs,
    far: Entries,
    far_legs: Legs,
    meetings: Meetings | None = None,
    *,
    points: NDArray[np.int64] | None = None,
) -> tuple[Paths, gpd.GeoDataFrame]:
    """Return the paths of `geoplan.access.reading.read_paths` and the legs of `draw_routes`."""
    paths, steps, reached = follow_paths(field, near, near_legs, far, far_legs, meetings)
    near_leg = best_legs(field, near_legs, len(near.xy))[1][reached]
    pieces = list_pieces(field, steps, near=near, near_legs=near_legs, near_leg=near_leg, far=far, far_legs=far_legs)
    pieces = replace(pieces, path=reached[pieces.path])
    met = (paths.leg < 0) & (paths.source >= 0)
    wanted = np.ones(len(met), dtype=bool) if points is None else np.isin(np.arange(len(met)), points)
    direct = [list_meeting(int(one), paths, field, near, far) for one in np.flatnonzero(met & wanted)]
    pieces = join_pieces([pieces.take((wanted & ~met)[pieces.path]), *direct])
    return paths, _gather_legs(pieces, field, paths, near, far)


def _find_filled(pieces: Pieces) -> NDArray[np.bool_]:
    """Return which pieces have a length or take time, and one of every path."""
    filled = (pieces.metres > 0) | (pieces.minutes > 0)
    some = np.bincount(pieces.path[filled], minlength=int(pieces.path.max(initial=-1)) + 1) > 0
    first = np.r_[True, pieces.path[1:] != pieces.path[:-1]] if len(pieces.path) else filled
    return filled | (first & ~some[pieces.path])


def _gather_legs(pieces: Pieces, field: Field, paths: Paths, near: Entries, far: Entries) -> gpd.GeoDataFrame:
    """Return the legs that pieces make up: neighbours of one path, kind, crossing, class and surface."""
    surface, towards = field.costs.surface, field.costs.towards
    starts, ends = (near, far) if towards else (far, near)
    at, to = (pieces.path, paths.source[pieces.path]) if towards else (paths.source[pieces.path], pieces.path)
    start, finish = starts.xy[at], ends.xy[to]
    xy, piece = _lay_vertices(pieces, surface, start, finish)
    filled = _find_filled(pieces)
    table = _describe_pieces(pieces, field)[filled]
    same = ["path", "kind", "crossing", "road_class", "surface"]
    codes = np.column_stack([pd.factorize(table[name])[0] for name in same])
    leg = np.cumsum(np.r_[True, (codes[1:] != codes[:-1]).any(axis=1)]) - 1 if len(codes) else np.zeros(0, dtype=np.int64)
    by = table.groupby(leg, sort=False)
    legs = by[same].first().rename(columns={"path": "point"})
    legs[["leg_m", "leg_min", "ascent_m", "descent_m"]] = by[["metres", "minutes", "ascent", "descent"]].sum()
    legs["source"] = paths.source[legs["point"].to_numpy(dtype=np.int64)]
    legs["leg"] = legs.groupby("point", sort=False).cumcount() + 1
    legs["road_id"] = _join_ids(table["road_id"].to_numpy(), leg, len(legs))
    owner = leg[(np.cumsum(filled) - 1)[piece[filled[piece]]]]
    first = np.flatnonzero(filled)[np.searchsorted(leg, np.arange(len(legs)))]
    lines = _draw_lines(xy[filled[piece]], owner, legs["point"].to_numpy(), start[first], finish[first])
    return gpd.GeoDataFrame(legs, geometry=lines, crs=surface.ground.crs)[LEG_COLUMNS]


def _join_ids(road_id: NDArray[np.object_], leg: NDArray[np.int64], count: int) -> list[str]:
    """Return the different ids of each leg in order, joined."""
    own = pd.DataFrame({"leg": leg, "road_id": road_id})[road_id != ""].drop_duplicates()
    ids, first = own["road_id"].tolist(), np.searchsorted(own["leg"].to_numpy(), np.arange(count + 1)).tolist()
    return [", ".join(ids[a:b]) for a, b in pairwise(first)]


def _describe_pieces(pieces: Pieces, field: Field) -> pd.DataFrame:
    """Return path, kind and road of every piece, and what it takes."""
    edges, on_road = field.costs.surface.network.edges, pieces.edge >= 0
    row = np.where(on_road, pieces.edge, 0)
    table = pd.DataFrame({"path": pieces.path})
    for name in ("crossing", "road_class", "surface", "road_id"):
        values = edges[name].astype(object).to_numpy()
        table[name] = np.where(on_road, values[row], "") if len(values) else ""
    walked = field.costs.ways.edge_walked[np.maximum(pieces.way, 0), row] if len(edges) else ~on_road
    kind = np.where(on_road, np.where(walked, ON_FOOT, RIDE), OFF_ROAD).astype(object)
    table["kind"] = table["crossing"].map(_BY_CROSSING).fillna(pd.Series(kind)).astype(object)
    for name in ("metres", "minutes", "ascent", "descent"):
        table[name] = getattr(pieces, name)
    return table


def _lay_vertices(
    pieces: Pieces, surface: Surface, start: NDArray[np.float64], finish: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the vertices of pieces in order, and the piece of each; ``start`` and ``finish`` are the two points of its path."""
    lines = np.asarray(surface.network.edges.geometry.array, dtype=object)
    off = np.flatnonzero(pieces.edge < 0)
    on = np.flatnonzero(pieces.edge >= 0)
    # By the line's own length: boarding a bus is a line on the map and no length in the table.
    length = shapely.length(lines[pieces.edge[on]]) if len(on) else np.zeros(0)
    ridden, number = trace_stretches(lines, pieces.edge[on], pieces.from_share[on] * length, pieces.to_share[on] * length)
    # A walk to or from the foot on a road meets the road where the neighbouring stretch begins or ends.
    head, tail = np.full((len(pieces.edge), 2), np.nan), np.full((len(pieces.edge), 2), np.nan)
    if len(on):
        head[on] = ridden[np.searchsorted(number, np.arange(len(on)))]
        tail[on] = ridden[np.searchsorted(number, np.arange(len(on)), side="right") - 1]
    walks = []
    for place in (pieces.begin[off], pieces.end[off]):
        xy = _locate_codes(np.maximum(place, 0), surface)
        for mark, spots in (
            (AT_START, start[off]),
            (AT_END, finish[off]),
            (START_FOOT, head[np.minimum(off + 1, len(head) - 1)]),
        ):
            xy[place == mark] = spots[place == mark]
        xy[place == END_FOOT] = tail[np.maximum(off - 1, 0)][place == END_FOOT]
        walks.append(xy)
    xy = np.concatenate([np.stack(walks, axis=1).reshape(-1, 2), ridden])
    piece = np.concatenate([np.repeat(off, 2), on[number]])
    order = np.argsort(piece, kind="stable")
    return xy[order], piece[order]


def _locate_codes(code: NDArray[np.int64], surface: Surface) -> NDArray[np.float64]:
    """Return (n, 2) coordinates of cells and nodes."""
    rows, cols = surface.ground.shape
    cells = rows * cols
    xy = cell_centres(surface.ground, np.minimum(code, cells - 1))
    at_node = code >= cells
    xy[at_node] = surface.stops.xy[code[at_node] - cells]
    return xy


def _draw_lines(
    xy: NDArray[np.float64],
    owner: NDArray[np.int64],
    point: NDArray[np.int64],
    start: NDArray[np.float64],
    finish: NDArray[np.float64],
) -> NDArray[np.object_]:
    """Return the line of every leg from its vertices; legs of one point share their ends exactly, and its ends are the two points."""
    if not len(xy):
        return np.zeros(0, dtype=object)
    apart = np.hypot(*np.diff(xy, axis=0).T) > _SAME_PLACE_M
    keep = np.r_[True, apart | (owner[1:] != owner[:-1])]
    xy, owner = xy[keep], owner[keep]
    lonely = np.bincount(owner) == 1
    repeat = np.where(lonely[owner], 2, 1)
    xy, owner = np.repeat(xy, repeat, axis=0), np.repeat(owner, repeat)
    first = np.searchsorted(owner, np.arange(len(point)))
    last = np.r_[first[1:], len(owner)] - 1
    begins, ends = np.r_[True, point[1:] != point[:-1]], np.r_[point[1:] != point[:-1], True]
    xy[first[begins]], xy[last[ends]] = start[begins], finish[ends]
    later = np.flatnonzero(~begins)
    xy[first[later]] = xy[last[later - 1]]
    return shapely.linestrings(xy, indices=owner)
