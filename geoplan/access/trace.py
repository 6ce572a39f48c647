"""Follow paths through a solved field, and time them again to the last bit along what they walk and ride.

Costs are whole ticks, so the step a path came by is the one that fits exactly: t(u) + c(u, v) = t(v); of several, the first move, then the first
link or arc. The minutes reported are not the ticks: each piece is timed again in double precision, and consecutive arcs of one edge as one piece of
it, so that a whole edge of 60 minutes takes 60 minutes exactly. The parts add up:

    minutes = off_road_min (before the first road) + network_min + facility_off_road_min (after the last) = walk_min + ride_min

By hand: 60 m level to a stop, 2 km at 20 km/h, 120 m level to the clinic: 0.72 + 6 + 1.44 = 8.16 min, 2.16 walked and 6 ridden.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.access.field import Field, Legs
from geoplan.access.entries import Entries
from geoplan.access.kernel import slope_factor
from geoplan.contracts.ground import MOVES

PARTS = (
    "off_road_m off_road_min network_m network_min facility_off_road_m facility_off_road_min walk_m walk_min ride_m ride_min ascent_m descent_m"
).split()
"""Columns of what a path is made of, metres and minutes; the first six are its parts in order."""


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


@njit(cache=True, nogil=True, error_model="numpy")
def _find(codes, code):
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
def _step_back(
    code, t, rows, cols, height, classes, blocked, time, pace, down, right, share_m, slope_per_dm, stretch, cell_links,
    link_cell, link_node, link_in, node_time, arc_first, arc_other, arc_ticks, node_first, node_cell, node_in,
):  # fmt: skip
    """Return (code before, via) of the step by which a code got its time; (−1, −1) where none fits."""
    cells = rows * cols
    if code < cells:
        row, col = code // cols, code % cols
        for k in range(16):
            if (blocked[row, col] >> k) & 1:
                continue
            r, c = row + down[k], col + right[k]
            before = np.int64(time[r, c])
            if before >= t:
                continue
            paces = pace[classes[r, c]] + pace[classes[row, col]]
            if k >= 8:
                if abs(right[k]) == 2:
                    paces += pace[classes[row, col + right[k] // 2]] + pace[classes[row + down[k], col + right[k] // 2]]
                else:
                    paces += pace[classes[row + down[k] // 2, col]] + pace[classes[row + down[k] // 2, col + right[k]]]
            slope = (float(height[row, col]) - float(height[r, c])) * slope_per_dm[k]
            cost = share_m[k] * paces * slope_factor(slope, stretch)
            if cost < 4.0e9 and before + max(np.int64(cost + 0.5), 1) == t:
                return r * cols + c, k
        n = _find(cell_links, code)
        while n < len(cell_links) and cell_links[n] == code:
            at = link_cell[n]
            if np.int64(node_time[link_node[at]]) + link_in[at] == t:
                return cells + link_node[at], 16
            n += 1
        return -1, -1
    node = code - cells
    for a in range(arc_first[node], arc_first[node + 1]):
        if np.int64(node_time[arc_other[a]]) + arc_ticks[a] == t:
            return cells + arc_other[a], 17 + a
    for n in range(node_first[node], node_first[node + 1]):
        cell = node_cell[n]
        if np.int64(time[cell // cols, cell % cols]) + node_in[n] == t:
            return cell, 16
    return -1, -1


@njit(cache=True, nogil=True, error_model="numpy")
def _trace(
    start, rows, cols, height, classes, blocked, time, pace, down, right, share_m, slope_per_dm, stretch, cell_links,
    link_cell, link_node, link_in, node_time, arc_first, arc_other, arc_ticks, node_first, node_cell, node_in, seed_code, seed_ticks,
    first, seed, code_out, via_out,
):  # fmt: skip
    """Write the paths of as many starts as there is room for; returns how many."""
    cells = rows * cols
    room = 0
    for p in range(len(start)):
        code = start[p]
        first[p] = room
        while True:
            if room >= len(code_out):
                return p
            t = np.int64(time[code // cols, code % cols]) if code < cells else np.int64(node_time[code - cells])
            s = _find(seed_code, code)
            code_out[room] = code
            via_out[room] = -1
            if s < len(seed_code) and seed_code[s] == code and seed_ticks[s] == t:
                seed[p] = s
                room += 1
                break
            before, via = _step_back(
                code, t, rows, cols, height, classes, blocked, time, pace, down, right, share_m, slope_per_dm, stretch, cell_links,
                link_cell, link_node, link_in, node_time, arc_first, arc_other, arc_ticks, node_first, node_cell, node_in,
            )  # fmt: skip
            via_out[room] = via
            room += 1
            if before < 0:
                break
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
    costs, ground, ways = field.costs, field.costs.surface.ground, field.costs.ways
    rows, cols = ground.shape
    # A step's predecessor is looked for among the arcs that the search ran along, turned round.
    arc_first, order = (ways.first, ways.order) if costs.towards else (ways.back_first, ways.back_order)
    other = (ways.end if costs.towards else ways.start)[order]
    by_cell = costs.link_by_cell
    first, seed = np.zeros(len(start) + 1, dtype=np.int64), np.full(len(start), -1, dtype=np.int64)
    room = 64 * len(start) + 4 * (rows + cols)
    while True:
        code, via = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
        done = _trace(
            start, rows, cols, ground.height_dm, ground.speed_class, ground.blocked, field.time, costs.pace, MOVES[:, 0].copy(),
            MOVES[:, 1].copy(), costs.share_m, costs.slope_per_dm, costs.stretch, costs.link_cell[by_cell], by_cell, costs.link_node,
            costs.link_in, field.node_time, arc_first, other, ways.ticks[order], costs.node_first, costs.node_cell, costs.node_in,
            field.seeds.code, field.seeds.ticks, first, seed, code, via,
        )  # fmt: skip
        if done == len(start):
            break
        room *= 4
    code, via = code[: first[-1]], via[: first[-1]]
    arcs = via >= 17
    via[arcs] = 17 + order[via[arcs] - 17]
    return Steps(first, code, via, seed)


@njit(cache=True, nogil=True, error_model="numpy")
def _retime(
    first, code, via, reverse, start_walk, start_ride, end_walk, end_ride, rows, cols, height, classes, level_s_per_m, walker, down, right,
    share_m, slope_per_m, stretch, link_cell, link_node, link_there, link_back, link_m, link_rise, edge, way, share_from, share_to, length_from,
    length_to, edge_min, edge_walked, edge_m, node_height, parts,
):  # fmt: skip
    """Fill the parts of every path, walked through in the direction of travel."""
    cells = rows * cols
    for p in range(len(first) - 1):
        low, high = first[p], first[p + 1]
        out = parts[p]
        off_m, off_min = start_walk[p, 0], start_walk[p, 1]
        out[6] += off_m
        out[7] += off_min
        if start_walk[p, 2] > 0.0:
            out[10] += start_walk[p, 2]
        else:
            out[11] -= start_walk[p, 2]
        joined = False
        run_edge, run_way = np.int64(start_ride[p, 0]), np.int64(start_ride[p, 1])
        run_a, run_b, run_la, run_lb = start_ride[p, 2], start_ride[p, 3], start_ride[p, 4], start_ride[p, 5]
        for i in range(high - low):
            at = low + i if not reverse else high - 1 - i
            last = i == high - low - 1
            step = np.int64(-2)
            if not last:
                step = via[at] if not reverse else via[at - 1]
            if step >= 17:
                row = step - 17
                if edge[row] == run_edge and way[row] == run_way and abs(share_from[row] - run_b) < 1e-9:
                    run_b, run_lb = share_to[row], length_to[row]
                    rise = node_height[code[at + 1 if not reverse else at - 1] - cells] - node_height[code[at] - cells]
                    if rise > 0.0:
                        out[10] += rise
                    elif rise < 0.0:
                        out[11] -= rise
                    continue
            # Whatever comes now ends the run: book it.
            ends_in_ride = last and end_ride[p, 0] >= 0
            if (
                ends_in_ride
                and np.int64(end_ride[p, 0]) == run_edge
                and np.int64(end_ride[p, 1]) == run_way
                and abs(end_ride[p, 2] - run_b) < 1e-9
            ):
                run_b, run_lb = end_ride[p, 3], end_ride[p, 5]
                ends_in_ride = False
            if run_edge >= 0:
                minutes = edge_min[run_way, run_edge] * abs(run_b - run_a)
                metres = edge_m[run_edge] * abs(run_lb - run_la)
                if not joined:
                    out[0], out[1], joined = off_m, off_min, True
                else:
                    out[2] += off_m
                    out[3] += off_min
                off_m, off_min = 0.0, 0.0
                out[2] += metres
                out[3] += minutes
                foot = 6 if edge_walked[run_way, run_edge] else 8
                out[foot] += metres
                out[foot + 1] += minutes
                run_edge = -1
            if ends_in_ride:
                run_edge, run_way = np.int64(end_ride[p, 0]), np.int64(end_ride[p, 1])
                minutes = edge_min[run_way, run_edge] * abs(end_ride[p, 3] - end_ride[p, 2])
                metres = edge_m[run_edge] * abs(end_ride[p, 5] - end_ride[p, 4])
                if not joined:
                    out[0], out[1], joined = off_m, off_min, True
                else:
                    out[2] += off_m
                    out[3] += off_min
                off_m, off_min = 0.0, 0.0
                out[2] += metres
                out[3] += minutes
                foot = 6 if edge_walked[run_way, run_edge] else 8
                out[foot] += metres
                out[foot + 1] += minutes
            if last:
                break
            if step >= 17:
                run_edge, run_way = edge[step - 17], np.int64(way[step - 17])
                run_a, run_b, run_la, run_lb = (
                    share_from[step - 17],
                    share_to[step - 17],
                    length_from[step - 17],
                    length_to[step - 17],
                )
                rise = node_height[code[at + 1 if not reverse else at - 1] - cells] - node_height[code[at] - cells]
                if rise > 0.0:
                    out[10] += rise
                elif rise < 0.0:
                    out[11] -= rise
                continue
            here, there = code[at], code[at + 1 if not reverse else at - 1]
            if step == 16:
                to_node = here < cells
                cell, node = (here, there - cells) if to_node else (there, here - cells)
                n = _find(link_cell, cell)
                while link_node[n] != node:
                    n += 1
                minutes = (link_there[n] if to_node else link_back[n]) / walker
                metres, rise = link_m[n], link_rise[n] if to_node else -link_rise[n]
            else:
                k = step if not reverse else step ^ 2
                # The move was read off its far end: k leads from here to there.
                r0, c0, r1, c1 = here // cols, here % cols, there // cols, there % cols
                paces = level_s_per_m[classes[r0, c0]] + level_s_per_m[classes[r1, c1]]
                if k >= 8:
                    if abs(right[k]) == 2:
                        paces += level_s_per_m[classes[r0, c0 + right[k] // 2]] + level_s_per_m[classes[r1, c0 + right[k] // 2]]
                    else:
                        paces += level_s_per_m[classes[r0 + down[k] // 2, c0]] + level_s_per_m[classes[r0 + down[k] // 2, c1]]
                rise = 0.1 * (float(height[r1, c1]) - float(height[r0, c0]))
                minutes = share_m[k] * paces * slope_factor(rise * slope_per_m[k], stretch) / (60.0 * walker)
                metres = share_m[k] * (2.0 if k < 8 else 4.0)
            off_m += metres
            off_min += minutes
            out[6] += metres
            out[7] += minutes
            if rise > 0.0:
                out[10] += rise
            else:
                out[11] -= rise
        off_m += end_walk[p, 0]
        off_min += end_walk[p, 1]
        out[6] += end_walk[p, 0]
        out[7] += end_walk[p, 1]
        if end_walk[p, 2] > 0.0:
            out[10] += end_walk[p, 2]
        else:
            out[11] -= end_walk[p, 2]
        if joined:
            out[4], out[5] = off_m, off_min
        else:
            out[0], out[1] = off_m, off_min


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
        Entries and legs of the sources.
    """
    costs, ways, surface = field.costs, field.costs.ways, field.costs.surface
    ground = surface.ground
    rows, cols = ground.shape
    far_leg = field.seeds.leg[steps.seed]
    near_side = _leg_columns(field, near, near_legs, near_leg, leaving=costs.towards)
    far_side = _leg_columns(field, far, far_legs, far_leg, leaving=not costs.towards)
    start, end = (near_side, far_side) if costs.towards else (far_side, near_side)
    known = ground.level_kmh > 0
    pace = np.zeros(256)
    pace[: len(known)][known] = 3.6 / ground.level_kmh[known]
    length = costs.share_m * np.where(np.arange(16) < 8, 2.0, 4.0)
    parts = np.zeros((len(steps.seed), len(PARTS)))
    _retime(
        steps.first, steps.code, steps.via, not costs.towards, start[0], start[1], end[0], end[1], rows, cols, ground.height_dm,
        ground.speed_class, pace, ways.walker, MOVES[:, 0].copy(), MOVES[:, 1].copy(), costs.share_m, 1.0 / length, costs.stretch,
        surface.link_cell, surface.link_node, surface.link_there_min, surface.link_back_min, surface.link_m, surface.link_rise_m,
        ways.edge, ways.way, ways.share_from, ways.share_to, ways.by_length[0], ways.by_length[1], ways.edge_min, ways.edge_walked,
        surface.network.edges["length_m"].to_numpy(dtype=np.float64), np.nan_to_num(surface.height_m), parts,
    )  # fmt: skip
    return parts
