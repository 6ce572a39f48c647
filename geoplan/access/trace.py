"""Follow paths through a solved field, and time them again to the last bit along what they walk and ride.

Costs are whole ticks, so the step a path came by is the one that fits exactly: t(u) + c(u, v) = t(v); of several, the first move, then the first
link or arc. The minutes reported are not the ticks: each piece is timed again in double precision, and consecutive arcs of one edge as one piece of
it, so that a whole edge of 60 minutes takes 60 minutes exactly. The parts add up:

    minutes = off_road_min (before the first road) + network_min + facility_off_road_min (after the last) = walk_min + ride_min

By hand: 60 m level to a stop, 2 km at 20 km/h, 120 m level to the clinic: 0.72 + 6 + 1.44 = 8.16 min, 2.16 walked and 6 ridden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.access.entries import Entries
from geoplan.access.field import Field, Legs
from geoplan.access.kernel import slope_factor
from geoplan.contracts.ground import MOVES

PARTS = (
    "off_road_m off_road_min network_m network_min facility_off_road_m facility_off_road_min walk_m walk_min ride_m ride_min ascent_m descent_m"
).split()
"""Columns of what a path is made of, metres and minutes; the first six are its parts in order."""
_OFF, _NETWORK, _FAR_OFF, _WALK, _RIDE, _ASCENT, _DESCENT = 0, 2, 4, 6, 8, 10, 11
BY_LINK, BY_ARC = 16, 17
"""How a step goes: 0–15 a move, 16 a link, from 17 on the rows of `Ways`."""
_SAME_SHARE = 1e-9


@dataclass(frozen=True)
class Steps:
    """Paths step by step, from each leg's code to the seed it leads to.

    Attributes
    ----------
    first
        (paths + 1,) rows of each path in the following.
    code
        (steps,) flat cell, or number of cells + node.
    via
        (steps,) how the step *to the next code* goes: move 0–15, 16 for a link, 17 + row of `Ways` for an arc; −1 at the end.
    seed
        (paths,) row of `Seeds` reached, −1 where there is none.
    """

    first: NDArray[np.int64]
    code: NDArray[np.int64]
    via: NDArray[np.int64]
    seed: NDArray[np.int64]


class _Ground(NamedTuple):
    """The ground, the field's times on it, and what moves cost; see `geoplan.access.kernel`."""

    rows: int
    cols: int
    height: NDArray[np.int16]
    classes: NDArray[np.uint8]
    blocked: NDArray[np.uint16]
    time: NDArray[np.uint32]
    pace: NDArray[np.float64]
    down: NDArray[np.int64]
    right: NDArray[np.int64]
    share_m: NDArray[np.float64]
    slope_per_dm: NDArray[np.float64]
    stretch: float


class _Back(NamedTuple):
    """Links by cell and arcs by the node they lead to, with the ticks they were searched with."""

    cell: NDArray[np.int64]
    row: NDArray[np.int64]
    node: NDArray[np.int32]
    ticks: NDArray[np.int64]
    node_time: NDArray[np.uint32]
    arc_first: NDArray[np.int64]
    arc_other: NDArray[np.int64]
    arc_ticks: NDArray[np.int64]
    link_first: NDArray[np.int64]
    link_cell: NDArray[np.int64]
    link_ticks: NDArray[np.int64]
    seed_code: NDArray[np.int64]
    seed_ticks: NDArray[np.int64]


@njit(cache=True, nogil=True, error_model="numpy")
def _find(codes: NDArray[np.int64], code: int) -> int:
    """Return the first row of an ascending array that is not below ``code``."""
    low, up = 0, len(codes)
    while low < up:
        half = (low + up) // 2
        if codes[half] < code:
            low = half + 1
        else:
            up = half
    return low


@njit(cache=True, nogil=True, error_model="numpy")
def _paces(ground: _Ground, r0: int, c0: int, r1: int, c1: int, k: int) -> float:
    """Return the paces of the cells a move passes, added as the search adds them."""
    paces = ground.pace[ground.classes[r0, c0]] + ground.pace[ground.classes[r1, c1]]
    if k >= 8:
        down, right = r1 - r0, c1 - c0
        if abs(right) == 2:
            paces += ground.pace[ground.classes[r0, c0 + right // 2]] + ground.pace[ground.classes[r1, c0 + right // 2]]
        else:
            paces += ground.pace[ground.classes[r0 + down // 2, c0]] + ground.pace[ground.classes[r0 + down // 2, c1]]
    return paces


@njit(cache=True, nogil=True, error_model="numpy")
def _step_back(code: int, t: int, ground: _Ground, back: _Back) -> tuple[int, int]:
    """Return (code before, via) of the step by which a code got its time; (−1, −1) where none fits."""
    cells = ground.rows * ground.cols
    if code < cells:
        row, col = code // ground.cols, code % ground.cols
        for k in range(16):
            if (ground.blocked[row, col] >> k) & 1:
                continue
            r, c = row + ground.down[k], col + ground.right[k]
            before = np.int64(ground.time[r, c])
            if before >= t:
                continue
            slope = (float(ground.height[row, col]) - float(ground.height[r, c])) * ground.slope_per_dm[k]
            cost = ground.share_m[k] * _paces(ground, r, c, row, col, k) * slope_factor(slope, ground.stretch)
            if cost < 4.0e9 and before + max(np.int64(cost + 0.5), 1) == t:
                return r * ground.cols + c, k
        n = _find(back.cell, code)
        while n < len(back.cell) and back.cell[n] == code:
            at = back.row[n]
            if np.int64(back.node_time[back.node[at]]) + back.ticks[at] == t:
                return cells + back.node[at], BY_LINK
            n += 1
        return -1, -1
    node = code - cells
    for a in range(back.arc_first[node], back.arc_first[node + 1]):
        if np.int64(back.node_time[back.arc_other[a]]) + back.arc_ticks[a] == t:
            return cells + back.arc_other[a], BY_ARC + a
    for n in range(back.link_first[node], back.link_first[node + 1]):
        cell = back.link_cell[n]
        if np.int64(ground.time[cell // ground.cols, cell % ground.cols]) + back.link_ticks[n] == t:
            return cell, BY_LINK
    return -1, -1


@njit(cache=True, nogil=True, error_model="numpy")
def _trace(
    start: NDArray[np.int64], ground: _Ground, back: _Back, first: NDArray[np.int64], seed: NDArray[np.int64],
    code_out: NDArray[np.int64], via_out: NDArray[np.int64],
) -> int:  # fmt: skip
    """Write the paths of as many starts as there is room for; returns how many."""
    cells = ground.rows * ground.cols
    room = 0
    for p in range(len(start)):
        code = start[p]
        first[p] = room
        while True:
            if room >= len(code_out):
                return p
            node = code - cells
            t = np.int64(ground.time[code // ground.cols, code % ground.cols]) if node < 0 else np.int64(back.node_time[node])
            s = _find(back.seed_code, code)
            code_out[room] = code
            via_out[room] = -1
            room += 1
            if s < len(back.seed_code) and back.seed_code[s] == code and back.seed_ticks[s] == t:
                seed[p] = s
                break
            before, via = _step_back(code, t, ground, back)
            if before < 0:
                break
            via_out[room - 1] = via
            code = before
        first[p + 1] = room
    return len(start)


def trace(field: Field, start: NDArray[np.int64]) -> Steps:
    """Return the paths from reached codes of a field to its seeds.

    Parameters
    ----------
    field
        Solved field.
    start
        (paths,) codes that the field reached.
    """
    costs, ways = field.costs, field.costs.ways
    rows, cols = costs.surface.ground.shape
    # A step's predecessor is looked for among the arcs that the search ran along, turned round.
    arc_first, order = (ways.first, ways.order) if costs.towards else (ways.back_first, ways.back_order)
    other = (ways.end if costs.towards else ways.start)[order]
    ground = _describe_ground(field, costs.pace, costs.slope_per_dm)
    back = _Back(
        costs.link_cell[costs.link_by_cell], costs.link_by_cell, costs.link_node, costs.link_in, field.node_time, arc_first, other,
        ways.ticks[order], costs.node_first, costs.node_cell, costs.node_in, field.seeds.code, field.seeds.ticks,
    )  # fmt: skip
    first, seed = np.zeros(len(start) + 1, dtype=np.int64), np.full(len(start), -1, dtype=np.int64)
    room = 64 * len(start) + 4 * (rows + cols)
    while True:
        code, via = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
        if _trace(start, ground, back, first, seed, code, via) == len(start):
            break
        room *= 4
    code, via = code[: first[-1]], via[: first[-1]]
    arcs = via >= BY_ARC
    via[arcs] = BY_ARC + order[via[arcs] - BY_ARC]
    return Steps(first, code, via, seed)


def _describe_ground(field: Field, pace: NDArray[np.float64], slope_per_dm: NDArray[np.float64]) -> _Ground:
    """Return the ground and times of a field for following its paths."""
    costs, ground = field.costs, field.costs.surface.ground
    return _Ground(
        *ground.shape, ground.height_dm, ground.speed_class, ground.blocked, field.time, pace, MOVES[:, 0].copy(), MOVES[:, 1].copy(),
        costs.share_m, slope_per_dm, costs.stretch,
    )  # fmt: skip


class _Ends(NamedTuple):
    """Legs at the two ends of paths: (paths, 3) metres, minutes and rise of walks; (paths, 6) edge, way and shares of rides (see `measure`)."""

    start_walk: NDArray[np.float64]
    start_ride: NDArray[np.float64]
    end_walk: NDArray[np.float64]
    end_ride: NDArray[np.float64]


class _Roads(NamedTuple):
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
def _book_run(out: NDArray[np.float64], run: NDArray[np.float64], off: NDArray[np.float64], joined: bool, roads: _Roads) -> bool:
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
def _walk_step(here: int, there: int, step: int, ground: _Ground, roads: _Roads) -> tuple[float, float, float]:
    """Return metres, minutes and rise of a move or a link from one code to the next, in the direction of travel."""
    cells = ground.rows * ground.cols
    if step == BY_LINK:
        to_node = here < cells
        cell, node = (here, there - cells) if to_node else (there, here - cells)
        n = _find(roads.link_cell, cell)
        while roads.link_node[n] != node:
            n += 1
        minutes = (roads.there_min[n] if to_node else roads.back_min[n]) / roads.walker
        return roads.link_m[n], minutes, roads.link_rise[n] if to_node else -roads.link_rise[n]
    r0, c0, r1, c1 = here // ground.cols, here % ground.cols, there // ground.cols, there % ground.cols
    rise_dm = float(ground.height[r1, c1]) - float(ground.height[r0, c0])
    level = ground.share_m[step] * _paces(ground, r0, c0, r1, c1, step)
    minutes = level * slope_factor(rise_dm * ground.slope_per_dm[step], ground.stretch) / (60.0 * roads.walker)
    return ground.share_m[step] * (2.0 if step < 8 else 4.0), minutes, 0.1 * rise_dm


@njit(cache=True, nogil=True, error_model="numpy")
def _continues(run: NDArray[np.float64], edge: int, way: int, share: float) -> bool:
    """Return whether a run along an edge goes on from where it is."""
    return run[0] == edge and run[1] == way and abs(run[3] - share) < _SAME_SHARE


@njit(cache=True, nogil=True, error_model="numpy")
def _retime(
    first: NDArray[np.int64], code: NDArray[np.int64], via: NDArray[np.int64], reverse: bool, ends: _Ends, ground: _Ground,
    roads: _Roads, parts: NDArray[np.float64],
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
                if _continues(run, roads.edge[row], roads.way[row], roads.share_from[row]):
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
            metres, minutes, rise = _walk_step(code[at], code[after], move, ground, roads)
            _walk_on(out, off, metres, minutes, rise)
        last = ends.end_ride[p]
        if last[0] >= 0.0 and _continues(run, np.int64(last[0]), np.int64(last[1]), last[2]):
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


def _leg_columns(
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
    costs, ways, surface = field.costs, field.costs.ways, field.costs.surface
    far_leg = field.seeds.leg[steps.seed]
    near_side = _leg_columns(field, near, near_legs, near_leg, leaving=costs.towards)
    far_side = _leg_columns(field, far, far_legs, far_leg, leaving=not costs.towards)
    ends = _Ends(*near_side, *far_side) if costs.towards else _Ends(*far_side, *near_side)
    known = surface.ground.level_kmh > 0
    s_per_m = np.zeros(256)
    s_per_m[: len(known)][known] = 3.6 / surface.ground.level_kmh[known]
    roads = _Roads(
        surface.link_cell, surface.link_node, surface.link_there_min, surface.link_back_min, surface.link_m, surface.link_rise_m,
        ways.edge, ways.way, ways.share_from, ways.share_to, ways.by_length[0], ways.by_length[1], ways.edge_min, ways.edge_walked,
        surface.network.edges["length_m"].to_numpy(dtype=np.float64), np.nan_to_num(surface.height_m), ways.walker,
    )  # fmt: skip
    parts = np.zeros((len(steps.seed), len(PARTS)))
    ground = _describe_ground(field, s_per_m, np.abs(costs.slope_per_dm))
    _retime(steps.first, steps.code, steps.via, not costs.towards, ends, ground, roads, parts)
    return parts
