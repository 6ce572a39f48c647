"""Read a solved field at points: the quickest way of each, whom it leads to, and what it is made of.

A point reads the field through its legs; the quickest leg wins, ties go to the leg listed first. Points nearer to one another than the cells can tell
meet directly: by a straight walk within two and a half cells, and along the road where both have their foot between the same two nodes.
By hand: villages at 10 and 30 m along one road of 20 km/h, both on it: 20 m are 0.06 min, although the nearest stop lies at 45 m.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.access.entries import REACH_CELLS, Entries, locate_feet
from geoplan.access.field import Field, Legs
from geoplan.access.kernel import NEVER
from geoplan.access.offroad import find_blocked
from geoplan.access.retime import PARTS, measure
from geoplan.access.straight import sample_ground_m, walk_straight
from geoplan.access.surface import Surface
from geoplan.access.ticks import count_ticks
from geoplan.access.trace import Steps, trace
from geoplan.access.ways import Ways

MINUTE_DIGITS = 9
"""Digits of a minute told apart (60 ns): adding up pieces leaves a last bit too much or too little, on either side of a threshold."""


@dataclass(frozen=True)
class Meetings:
    """Pairs of near points and the direct ways between them: (pairs,) numbers, minutes there and back (inf: closed), and (pairs, 12) parts."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    there_min: NDArray[np.float64]
    back_min: NDArray[np.float64]
    parts_there: NDArray[np.float64]
    parts_back: NDArray[np.float64]


@dataclass(frozen=True)
class Paths:
    """The quickest path of each point.

    Attributes
    ----------
    minutes
        (n,) door to door, to nine digits; inf where there is none within the field's limit.
    source
        (n,) number of the source reached, −1 for none.
    parts
        (n, 12) columns `geoplan.access.retime.PARTS`; NaN where there is no path.
    on_road
        (n,) whether any road is used.
    component
        (n,) component of the road first joined, −1 for none.
    leg
        (n,) row of the point's `Legs` it begins with, −1 for a direct meeting.
    ticks
        (n,) time in whole ticks, by which paths were compared.
    """

    minutes: NDArray[np.float64]
    source: NDArray[np.int64]
    parts: NDArray[np.float64]
    on_road: NDArray[np.bool_]
    component: NDArray[np.int64]
    leg: NDArray[np.int64]
    ticks: NDArray[np.int64]


def meet(a: Entries, b: Entries, surface: Surface, ways: Ways) -> Meetings:
    """Return the direct ways between points of ``a`` and points of ``b`` that are near to one another."""
    found = [_meet_on_foot(a, b, surface, ways), _meet_on_edges(a, b, surface, ways)]
    return Meetings(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


Found = tuple[
    NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]
]


def _meet_on_foot(a: Entries, b: Entries, surface: Surface, ways: Ways) -> Found:
    """Return the straight walks between near points."""
    usable = [np.flatnonzero((one.status == "ok") & np.isfinite(one.xy).all(axis=1)) for one in (a, b)]
    if not len(usable[0]) or not len(usable[1]):
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0), np.zeros(0), np.zeros((0, len(PARTS))), np.zeros((0, len(PARTS)))
    reach = REACH_CELLS * max(surface.ground.cell_size)
    near = cKDTree(a.xy[usable[0]]).sparse_distance_matrix(cKDTree(b.xy[usable[1]]), reach, output_type="coo_matrix")
    at, to = usable[0][near.row], usable[1][near.col]
    order = np.lexsort((to, at))
    at, to = at[order], to[order]
    start, end = a.xy[at], b.xy[to]
    there, back, is_open = walk_straight(start, end, surface.ground, cliff_deg=surface.cliff_deg, along_slope=surface.along_slope)
    tried = np.flatnonzero(is_open)
    is_open[tried] = ~find_blocked(start[tried], end[tried], surface.barriers)
    at, to, there, back = at[is_open], to[is_open], there[is_open] / ways.walker, back[is_open] / ways.walker
    metres = np.hypot(*(end - start)[is_open].T)
    rise = np.nan_to_num(sample_ground_m(end[is_open], surface.ground) - sample_ground_m(start[is_open], surface.ground))
    parts = []
    for minutes, up in ((there, rise), (back, -rise)):
        own = np.zeros((len(at), len(PARTS)))
        own[:, 0] = own[:, 6] = metres
        own[:, 1] = own[:, 7] = minutes
        own[:, 10], own[:, 11] = np.maximum(up, 0.0), np.maximum(-up, 0.0)
        parts.append(own)
    return at, to, there, back, parts[0], parts[1]


def _meet_on_edges(a: Entries, b: Entries, surface: Surface, ways: Ways) -> Found:
    """Return the ways between points with their feet between the same two nodes of an edge."""
    tables = []
    for one in (a, b):
        row = np.flatnonzero(one.edge >= 0)
        place = locate_feet(surface, one.edge[row], one.along_m[row]) if len(row) else row
        tables.append(pd.DataFrame({"place": place, "row": row}))
    pairs = tables[0].merge(tables[1], on="place", suffixes=("_a", "_b"), sort=False)
    i, j = pairs["row_a"].to_numpy(dtype=np.int64), pairs["row_b"].to_numpy(dtype=np.int64)
    edge = a.edge[i]
    ahead = (b.along_m[j] >= a.along_m[i]).astype(np.int64)
    sides = []
    for out, first, second in ((1, (a, i), (b, j)), (0, (b, j), (a, i))):
        way = 1 - ahead if out else ahead
        leg_a, at = first
        leg_b, to = second
        kind = np.where(ways.edge_walked[way, edge], 1 + way, 0)
        minutes = ways.edge_min[way, edge]
        is_open = np.isfinite(minutes)
        ride = np.where(is_open, minutes, 0.0) * np.abs(leg_b.share[kind, to] - leg_a.share[kind, at])
        metres = surface.network.edges["length_m"].to_numpy(dtype=np.float64)[edge] * np.abs(
            leg_b.share[0, to] - leg_a.share[0, at]
        )
        walk = leg_a.there_min[at] / ways.walker, leg_b.back_min[to] / ways.walker
        parts = np.zeros((len(i), len(PARTS)))
        parts[:, 0], parts[:, 1], parts[:, 2], parts[:, 3] = leg_a.leg_m[at], walk[0], metres, ride
        parts[:, 4], parts[:, 5] = leg_b.leg_m[to], walk[1]
        # Two walks that meet in one point of the road use none of it.
        bare = metres == 0.0
        parts[bare, 0:2] += parts[bare, 4:6]
        parts[bare, 4:6] = 0.0
        on_foot = ways.edge_walked[way, edge]
        parts[:, 6] = leg_a.leg_m[at] + leg_b.leg_m[to] + np.where(on_foot, metres, 0.0)
        parts[:, 7] = walk[0] + walk[1] + np.where(on_foot, ride, 0.0)
        parts[:, 8], parts[:, 9] = np.where(on_foot, 0.0, metres), np.where(on_foot, 0.0, ride)
        rises = leg_a.rise_m[at], -leg_b.rise_m[to]
        parts[:, 10] = np.maximum(rises[0], 0.0) + np.maximum(rises[1], 0.0)
        parts[:, 11] = np.maximum(-rises[0], 0.0) + np.maximum(-rises[1], 0.0)
        sides.append((np.where(is_open, walk[0] + ride + walk[1], np.inf), parts))
    return a.point[i], b.point[j], sides[0][0], sides[1][0], sides[0][1], sides[1][1]


def best_legs(field: Field, legs: Legs, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (points,) ticks and leg of each point's quickest way through the field; `NEVER` and −1 where there is none."""
    towards = field.costs.towards
    cells = field.time.size
    in_cell = legs.code < cells
    time = np.empty(len(legs.code), dtype=np.int64)
    time[in_cell] = field.time.reshape(-1)[legs.code[in_cell]]
    time[~in_cell] = field.node_time[legs.code[~in_cell] - cells]
    leg = legs.ticks[0 if towards else 1]
    usable = (time < min(field.limit, int(NEVER))) & (leg < int(NEVER))
    total = np.where(usable, time + leg, int(NEVER))
    total = np.where(total < field.limit, total, int(NEVER))
    ticks, leg = np.full(count, int(NEVER), dtype=np.int64), np.full(count, -1, dtype=np.int64)
    if not len(total):
        return ticks, leg
    starts = legs.starts
    least = np.minimum.reduceat(total, starts)
    ticks[legs.point[starts]] = least
    best = np.flatnonzero((total == np.repeat(least, np.diff(np.r_[starts, len(total)]))) & (total < int(NEVER)))
    point = legs.point[best]
    first = best[np.r_[True, point[1:] != point[:-1]]] if len(best) else best
    leg[legs.point[first]] = first
    return ticks, leg


def read_ticks(field: Field, legs: Legs, count: int, meetings: Meetings | None = None) -> NDArray[np.int64]:
    """Return (points,) ticks of each point's quickest way, as `read_paths` would find it; `NEVER` where there is none."""
    ticks, _ = best_legs(field, legs, count)
    if meetings is not None and len(meetings.a):
        at, row = _best_meetings(meetings, ticks, field)
        minutes = meetings.there_min if field.costs.towards else meetings.back_min
        ticks[at] = count_ticks(minutes[row])
    return ticks


def read_paths(
    field: Field, near: Entries, near_legs: Legs, far: Entries, far_legs: Legs, meetings: Meetings | None = None
) -> Paths:
    """Return the quickest path of every point of ``near`` to the field's sources (or from them, as the field was solved).

    Parameters
    ----------
    field
        Solved for sources among the points of ``far``.
    near, near_legs
        Points to read the field at.
    far, far_legs
        All points the sources were taken from.
    meetings
        Direct ways from ``near`` (a) to ``far`` (b), of sources only.
    """
    return follow_paths(field, near, near_legs, far, far_legs, meetings)[0]


def follow_paths(
    field: Field, near: Entries, near_legs: Legs, far: Entries, far_legs: Legs, meetings: Meetings | None = None
) -> tuple[Paths, Steps, NDArray[np.int64]]:
    """Return what `read_paths` does, the steps of the paths through the field, and which points those belong to."""
    count = len(near.xy)
    ticks, leg = best_legs(field, near_legs, count)
    reached = np.flatnonzero(leg >= 0)
    steps = trace(field, near_legs.code[leg[reached]])
    parts = np.full((count, len(PARTS)), np.nan)
    parts[reached] = measure(field, steps, near=near, near_legs=near_legs, near_leg=leg[reached], far=far, far_legs=far_legs)
    source = np.full(count, -1, dtype=np.int64)
    source[reached] = field.seeds.source[steps.seed]
    component = np.full(count, -1, dtype=np.int64)
    component[reached] = _first_component(field, steps, near, near_legs, leg[reached], far, far_legs)
    if meetings is not None and len(meetings.a):
        at, row = _best_meetings(meetings, ticks, field)
        side = meetings.parts_there if field.costs.towards else meetings.parts_back
        parts[at], source[at], leg[at] = side[row], meetings.b[row], -1
        component[at] = -1
        minutes = (meetings.there_min if field.costs.towards else meetings.back_min)[row]
        ticks[at] = count_ticks(minutes)
        on_edge = np.flatnonzero(parts[at, 3] > 0)
        component[at[on_edge]] = _edge_component(field, near, at[on_edge])
    found = source >= 0
    total = np.where(found, np.round(parts[:, 1] + parts[:, 3] + parts[:, 5], MINUTE_DIGITS), np.inf)
    on_road = found & ((component >= 0) | (np.nan_to_num(parts[:, 2]) > 0))
    return Paths(total, source, parts, on_road, component, leg, ticks), steps, reached


def _best_meetings(meetings: Meetings, ticks: NDArray[np.int64], field: Field) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the points whose quickest way is a direct meeting, and its row."""
    minutes = meetings.there_min if field.costs.towards else meetings.back_min
    usable = np.flatnonzero(np.isfinite(minutes))
    own = count_ticks(minutes[usable])
    order = np.lexsort((meetings.b[usable], own, meetings.a[usable]))
    row, own = usable[order], own[order]
    a = meetings.a[row]
    first = np.r_[True, a[1:] != a[:-1]] if len(a) else np.zeros(0, dtype=bool)
    row, own, a = row[first], own[first], a[first]
    better = (own <= ticks[a]) & (own < field.limit)
    return a[better], row[better]


def _first_component(
    field: Field, steps: Steps, near: Entries, near_legs: Legs, leg: NDArray[np.int64], far: Entries, far_legs: Legs
) -> NDArray[np.int64]:
    """Return the component of a road each path uses, −1 where it uses none."""
    edges = field.costs.surface.network.edges["component"].to_numpy(dtype=np.int64)
    component = np.full(len(leg), -1, dtype=np.int64)
    if len(edges) == 0 or len(leg) == 0:
        return component
    far_leg = field.seeds.leg[steps.seed]
    known = far_leg >= 0
    ridden = known & (far_legs.place[np.where(known, far_leg, 0)] >= 0) if len(far_legs.place) else np.zeros(len(leg), dtype=bool)
    component[ridden] = edges[far.edge[far_legs.entry[far_leg[ridden]]]]
    arcs = np.flatnonzero(steps.via >= 17)
    path = np.searchsorted(steps.first, arcs, side="right") - 1
    component[path[::-1]] = edges[field.costs.ways.edge[steps.via[arcs] - 17]][::-1]
    ridden = near_legs.place[leg] >= 0
    component[ridden] = edges[near.edge[near_legs.entry[leg[ridden]]]]
    return component


def _edge_component(field: Field, near: Entries, points: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the component of the nearest road leg of points that meet along an edge."""
    edges = field.costs.surface.network.edges["component"].to_numpy(dtype=np.int64)
    on_road = np.flatnonzero(near.edge >= 0)
    order = on_road[np.lexsort((near.leg_m[on_road], near.point[on_road]))]
    at = order[np.searchsorted(near.point[order], points)]
    return edges[near.edge[at]]
