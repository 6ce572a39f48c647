"""Time paths again to the last bit along what they walk and ride.

The minutes reported are not the ticks of the search: each piece is timed again in double precision, and consecutive arcs of one edge as one piece of
it, so that a whole edge of 60 minutes takes 60 minutes exactly. The parts add up:

    minutes = off_road_min (before the first road) + network_min + facility_off_road_min (after the last) = walk_min + ride_min

By hand: 60 m level to a stop, 2 km at 20 km/h, 120 m level to the clinic: 0.72 + 6 + 1.44 = 8.16 min, 2.16 walked and 6 ridden.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.access.entries import Entries
from geoplan.access.field import Field, Legs
from geoplan.access.ticks import exact_slope_factor
from geoplan.access.trace import BY_ARC, BY_LINK, Steps, Walkable, add_paces, describe_ground, find_row

PARTS = (
    "off_road_m off_road_min network_m network_min facility_off_road_m facility_off_road_min walk_m walk_min ride_m ride_min ascent_m descent_m"
).split()
"""Columns of what a path is made of, metres and minutes; the first six are its parts in order."""
_OFF, _NETWORK, _FAR_OFF, _WALK, _RIDE, _ASCENT, _DESCENT = 0, 2, 4, 6, 8, 10, 11
_SAME_SHARE = 1e-9


class _Ends(NamedTuple):
    """Legs at the two ends of paths: (paths, 3) metres, minutes and rise of walks; (paths, 6) edge, way and shares of rides (see `measure`)."""

    start_walk: NDArray[np.float64]
    start_ride: NDArray[np.float64]
    end_walk: NDArray[np.float64]
    end_ride: NDArray[np.float64]


class Roads(NamedTuple):
    """Links, arcs and edges with what they take: minutes on foot of links are an adult's."""

    link_cell: NDArray[np.int64]
    link_node: NDArray[np.int64]
    there_min: NDArray[np.float64]
    back_min: NDArray[np.float64]
    link_m: NDArray[np.float64]
    link_rise: NDArray[np.float64]
    edge: NDArray[np.int64]
    way: NDArray[np.int8]
    share_from: NDArray[np.float64]
    share_to: NDArray[np.float64]
    length_from: NDArray[np.float64]
    length_to: NDArray[np.float64]
    edge_min: NDArray[np.float64]
    edge_walked: NDArray[np.bool_]
    edge_m: NDArray[np.float64]
    node_height: NDArray[np.float64]
    walker: float


@njit(cache=True, nogil=True, error_model="numpy")
def _rise(out: NDArray[np.float64], rise: float) -> None:
    """Book a rise as ascent or descent."""
    if rise > 0.0:
        out[_ASCENT] += rise
    else:
        out[_DESCENT] -= rise


@njit(cache=True, nogil=True, error_model="numpy")
def _book_run(out: NDArray[np.float64], run: NDArray[np.float64], off: NDArray[np.float64], joined: bool, roads: Roads) -> bool:
    """Book what was walked off the road until now and one run along an edge; returns True: a road has been joined."""
    edge, way = np.int64(run[0]), np.int64(run[1])
    metres, minutes = roads.edge_m[edge] * abs(run[5] - run[4]), roads.edge_min[way, edge] * abs(run[3] - run[2])
    before = _NETWORK if joined else _OFF
    out[before] += off[0]
    out[before + 1] += off[1]
    off[:] = 0.0
    out[_NETWORK] += metres
    out[_NETWORK + 1] += minutes
    foot = _WALK if roads.edge_walked[way, edge] else _RIDE
    out[foot] += metres
    out[foot + 1] += minutes
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _walk_on(out: NDArray[np.float64], off: NDArray[np.float64], metres: float, minutes: float, rise: float) -> None:
    """Book a walk off the road."""
    off[0] += metres
    off[1] += minutes
    out[_WALK] += metres
    out[_WALK + 1] += minutes
    _rise(out, rise)


@njit(cache=True, nogil=True, error_model="numpy")
def walk_step(here: int, there: int, step: int, ground: Walkable, roads: Roads) -> tuple[float, float, float]:
    """Return metres, minutes and rise of a move or a link from one code to the next, in the direction of travel."""
    cells = ground.rows * ground.cols
    if step == BY_LINK:
        to_node = here < cells
        cell, node = (here, there - cells) if to_node else (there, here - cells)
        n = find_row(roads.link_cell, cell)
        while roads.link_node[n] != node:
            n += 1
        minutes = (roads.there_min[n] if to_node else roads.back_min[n]) / roads.walker
        return roads.link_m[n], minutes, roads.link_rise[n] if to_node else -roads.link_rise[n]
    r0, c0, r1, c1 = here // ground.cols, here % ground.cols, there // ground.cols, there % ground.cols
    rise_dm = float(ground.height[r1, c1]) - float(ground.height[r0, c0])
    level = ground.share_m[step] * add_paces(ground, r0, c0, r1, c1, step)
    minutes = level * exact_slope_factor(rise_dm * ground.slope_per_dm[step], ground.stretch) / (60.0 * roads.walker)
    return ground.share_m[step] * (2.0 if step < 8 else 4.0), minutes, 0.1 * rise_dm


@njit(cache=True, nogil=True, error_model="numpy")
def continues(run: NDArray[np.float64], edge: int, way: int, share: float) -> bool:
    """Return whether a run along an edge goes on from where it is."""
    return run[0] == edge and run[1] == way and abs(run[3] - share) < _SAME_SHARE


@njit(cache=True, nogil=True, error_model="numpy")
def _retime(
    first: NDArray[np.int64], code: NDArray[np.int64], via: NDArray[np.int64], reverse: bool, ends: _Ends, ground: Walkable,
    roads: Roads, parts: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill the parts of every path, walked through in the direction of travel."""
    cells = ground.rows * ground.cols
    run, off = np.empty(6), np.zeros(2)
    for p in range(len(first) - 1):
        low, high = first[p], first[p + 1]
        out = parts[p]
        off[:] = 0.0
        _walk_on(out, off, ends.start_walk[p, 0], ends.start_walk[p, 1], ends.start_walk[p, 2])
        joined = False
        run[:] = ends.start_ride[p]
        for i in range(high - low - 1):
            # Backwards, a step is written at its far end, and a move is its opposite.
            at, after = (low + i, low + i + 1) if not reverse else (high - 1 - i, high - 2 - i)
            step = via[at] if not reverse else via[after]
            if step >= BY_ARC:
                row = step - BY_ARC
                _rise(out, roads.node_height[code[after] - cells] - roads.node_height[code[at] - cells])
                if continues(run, roads.edge[row], roads.way[row], roads.share_from[row]):
                    run[3], run[5] = roads.share_to[row], roads.length_to[row]
                    continue
                if run[0] >= 0.0:
                    joined = _book_run(out, run, off, joined, roads)
                run[0], run[1], run[2], run[3] = roads.edge[row], roads.way[row], roads.share_from[row], roads.share_to[row]
                run[4], run[5] = roads.length_from[row], roads.length_to[row]
                continue
            if run[0] >= 0.0:
                joined = _book_run(out, run, off, joined, roads)
                run[0] = -1.0
            move = step ^ 2 if reverse and step < BY_LINK else step
            metres, minutes, rise = walk_step(code[at], code[after], move, ground, roads)
            _walk_on(out, off, metres, minutes, rise)
        last = ends.end_ride[p]
        if last[0] >= 0.0 and continues(run, np.int64(last[0]), np.int64(last[1]), last[2]):
            run[3], run[5] = last[3], last[5]
        else:
            if run[0] >= 0.0:
                joined = _book_run(out, run, off, joined, roads)
            run[:] = last
        if run[0] >= 0.0:
            joined = _book_run(out, run, off, joined, roads)
        _walk_on(out, off, ends.end_walk[p, 0], ends.end_walk[p, 1], ends.end_walk[p, 2])
        rest = _FAR_OFF if joined else _OFF
        out[rest] += off[0]
        out[rest + 1] += off[1]


def leg_columns(
    field: Field, entries: Entries, legs: Legs, leg: NDArray[np.int64], *, leaving: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (n, 3) metres, minutes and rise of the walks of legs, and (n, 6) edge, way and shares of their rides, in travel order."""
    surface, ways = field.costs.surface, field.costs.ways
    ride = np.full((len(leg), 6), -1.0)
    if not len(legs.entry):
        # Sources that are places of the surface itself, such as roads, are there without a leg.
        return np.zeros((len(leg), 3)), ride
    entry, place = legs.entry[leg], legs.place[leg]
    minutes = (entries.there_min if leaving else entries.back_min)[entry] / ways.walker
    rise = entries.rise_m[entry] * (1.0 if leaving else -1.0)
    walk = np.column_stack([entries.leg_m[entry], minutes, rise])
    on = np.flatnonzero(place >= 0)
    if len(on):
        edge = entries.edge[entry[on]]
        way = (legs.way_there if leaving else legs.way_back)[leg[on]].astype(np.int64)
        kind = np.where(ways.edge_walked[way, edge], 1 + way, 0)
        foot, node = entries.share[kind, entry[on]], surface.share[kind, place[on]]
        foot_l, node_l = entries.share[0, entry[on]], surface.share[0, place[on]]
        pairs = (foot, node, foot_l, node_l) if leaving else (node, foot, node_l, foot_l)
        ride[on] = np.column_stack([edge, way, *pairs])
    return walk, ride


def describe_ways(field: Field) -> tuple[Walkable, Roads]:
    """Return the ground, with paces in seconds per metre, and the roads of a field, for timing its paths."""
    costs, ways, surface = field.costs, field.costs.ways, field.costs.surface
    known = surface.ground.level_kmh > 0
    s_per_m = np.zeros(256)
    s_per_m[: len(known)][known] = 3.6 / surface.ground.level_kmh[known]
    roads = Roads(
        surface.link_cell, surface.link_node, surface.link_there_min, surface.link_back_min, surface.link_m, surface.link_rise_m,
        ways.edge, ways.way, ways.share_from, ways.share_to, ways.by_length[0], ways.by_length[1], ways.edge_min, ways.edge_walked,
        surface.network.edges["length_m"].to_numpy(dtype=np.float64), np.nan_to_num(surface.height_m), ways.walker,
    )  # fmt: skip
    return describe_ground(field, s_per_m, np.abs(costs.slope_per_dm)), roads


def measure(
    field: Field, steps: Steps, *, near: Entries, near_legs: Legs, near_leg: NDArray[np.int64], far: Entries, far_legs: Legs
) -> NDArray[np.float64]:
    """Return (paths, 12) `PARTS` of paths from legs of ``near`` points to the seeds they reached, in the direction of travel.

    Parameters
    ----------
    field, steps
        Solved field and its traced paths.
    near, near_legs, near_leg
        Entries and legs of the points the paths were traced from, and the leg each path begins with.
    far, far_legs
        Entries and legs of the sources; no legs at all where sources are places of the surface itself.
    """
    costs = field.costs
    far_leg = field.seeds.leg[steps.seed]
    near_side = leg_columns(field, near, near_legs, near_leg, leaving=costs.towards)
    far_side = leg_columns(field, far, far_legs, far_leg, leaving=not costs.towards)
    ends = _Ends(*near_side, *far_side) if costs.towards else _Ends(*far_side, *near_side)
    walkable, roads = describe_ways(field)
    parts = np.zeros((len(steps.seed), len(PARTS)))
    _retime(steps.first, steps.code, steps.via, not costs.towards, ends, walkable, roads, parts)
    return parts
