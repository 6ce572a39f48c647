"""List the pieces a path is made of, in the direction of travel: walks off the road, and stretches along edges.

The pieces are those that `geoplan.access.retime` adds up, each with its metres, minutes, ascent and descent and with where it begins and ends;
consecutive arcs of one edge are one piece. By hand: 10 m to a road, 500 m along it in three arcs and 20 m to the clinic are three pieces.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import product

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.access.entries import Entries
from geoplan.access.field import Field, Legs
from geoplan.access.reading import Paths
from geoplan.access.retime import Roads, continues, describe_ways, leg_columns, walk_step
from geoplan.access.trace import BY_ARC, BY_LINK, Steps, Walkable

AT_START, AT_END, START_FOOT, END_FOOT = -1, -2, -3, -4
"""Places that are no code: the two points of a path, and the feet of their walks to the road."""
_SAME_LENGTH_M = 1e-6


@dataclass(frozen=True)
class Pieces:
    """Pieces of paths, in order of paths and along each.

    Attributes
    ----------
    path
        (n,) number of the point the path belongs to.
    edge, way
        (n,) edge and 0 along it, 1 against it; −1 off the road.
    begin, end
        (n,) off the road: codes, or `AT_START`, `AT_END`, `START_FOOT`, `END_FOOT`.
    from_share, to_share
        (n,) along an edge: shares of its length.
    metres, minutes, ascent, descent
        (n,) of each piece.
    """

    path: NDArray[np.int64]
    edge: NDArray[np.int64]
    way: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    from_share: NDArray[np.float64]
    to_share: NDArray[np.float64]
    metres: NDArray[np.float64]
    minutes: NDArray[np.float64]
    ascent: NDArray[np.float64]
    descent: NDArray[np.float64]

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Pieces:
        """Return some rows."""
        return Pieces(*(getattr(self, one.name)[rows] for one in fields(self)))


@njit(cache=True, nogil=True, error_model="numpy")
def _walk(
    n: int, path: int, begin: int, end: int, metres: float, minutes: float, rise: float, whole: NDArray[np.int64], real: NDArray[np.float64]
) -> int:  # fmt: skip
    """Write a walk off the road; returns how many pieces there are now."""
    whole[0, n], whole[1, n], whole[2, n], whole[3, n], whole[4, n] = path, -1, -1, begin, end
    real[0, n], real[1, n] = 0.0, 0.0
    real[2, n], real[3, n], real[4, n], real[5, n] = metres, minutes, max(rise, 0.0), max(-rise, 0.0)
    return n + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _ride(n: int, path: int, run: NDArray[np.float64], roads: Roads, whole: NDArray[np.int64], real: NDArray[np.float64]) -> int:
    """Write the run along an edge, if there is one, and end it; returns how many pieces there are now."""
    if run[0] < 0.0:
        return n
    edge, way = np.int64(run[0]), np.int64(run[1])
    whole[0, n], whole[1, n], whole[2, n], whole[3, n], whole[4, n] = path, edge, way, 0, 0
    real[0, n], real[1, n] = run[4], run[5]
    real[2, n], real[3, n] = roads.edge_m[edge] * abs(run[5] - run[4]), roads.edge_min[way, edge] * abs(run[3] - run[2])
    real[4, n], real[5, n] = run[6], run[7]
    run[0], run[6], run[7] = -1.0, 0.0, 0.0
    return n + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _list_pieces(
    steps: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], reverse: bool,
    start: tuple[NDArray[np.float64], NDArray[np.float64]], finish: tuple[NDArray[np.float64], NDArray[np.float64]],
    ground: Walkable, roads: Roads, whole: NDArray[np.int64], real: NDArray[np.float64],
) -> int:  # fmt: skip
    """Write the pieces of every path, as `retime` goes through them; returns how many."""
    first, code, via = steps
    cells = ground.rows * ground.cols
    run = np.zeros(8)
    n = 0
    for p in range(len(first) - 1):
        low, high = first[p], first[p + 1]
        here, last = (code[low], code[high - 1]) if not reverse else (code[high - 1], code[low])
        ride = start[1][p, 0] >= 0.0
        n = _walk(n, p, AT_START, START_FOOT if ride else int(here), start[0][p, 0], start[0][p, 1], start[0][p, 2], whole, real)
        run[:6], run[6:] = start[1][p], 0.0
        for i in range(high - low - 1):
            at, after = (low + i, low + i + 1) if not reverse else (high - 1 - i, high - 2 - i)
            step = via[at] if not reverse else via[after]
            if step >= BY_ARC:
                row = step - BY_ARC
                rise = roads.node_height[code[after] - cells] - roads.node_height[code[at] - cells]
                if not continues(run, roads.edge[row], roads.way[row], roads.share_from[row]):
                    n = _ride(n, p, run, roads, whole, real)
                    run[0], run[1], run[2], run[4] = (
                        roads.edge[row],
                        roads.way[row],
                        roads.share_from[row],
                        roads.length_from[row],
                    )
                run[3], run[5] = roads.share_to[row], roads.length_to[row]
                run[6] += max(rise, 0.0)
                run[7] += max(-rise, 0.0)
                continue
            n = _ride(n, p, run, roads, whole, real)
            move = step ^ 2 if reverse and step < BY_LINK else step
            metres, minutes, rise = walk_step(code[at], code[after], move, ground, roads)
            n = _walk(n, p, int(code[at]), int(code[after]), metres, minutes, rise, whole, real)
        ride = finish[1][p, 0] >= 0.0
        if ride and continues(run, int(finish[1][p, 0]), int(finish[1][p, 1]), finish[1][p, 2]):
            run[3], run[5] = finish[1][p, 3], finish[1][p, 5]
        else:
            n = _ride(n, p, run, roads, whole, real)
            run[:6] = finish[1][p]
        n = _ride(n, p, run, roads, whole, real)
        n = _walk(n, p, END_FOOT if ride else int(last), AT_END, finish[0][p, 0], finish[0][p, 1], finish[0][p, 2], whole, real)
    return n


def list_pieces(
    field: Field, steps: Steps, *, near: Entries, near_legs: Legs, near_leg: NDArray[np.int64], far: Entries, far_legs: Legs
) -> Pieces:
    """Return the pieces of paths through a field, ``path`` counting them; takes what `geoplan.access.retime.measure` does."""
    towards, far_leg = field.costs.towards, field.seeds.leg[steps.seed]
    near_side = leg_columns(field, near, near_legs, near_leg, leaving=towards)
    far_side = leg_columns(field, far, far_legs, far_leg, leaving=not towards)
    start, finish = (near_side, far_side) if towards else (far_side, near_side)
    room = len(steps.code) + 4 * len(steps.seed)
    whole, real = np.empty((5, room), dtype=np.int64), np.empty((6, room))
    count = _list_pieces((steps.first, steps.code, steps.via), not towards, start, finish, *describe_ways(field), whole, real)
    return Pieces(*whole[:, :count], *real[:, :count])


def join_pieces(tables: list[Pieces]) -> Pieces:
    """Return the pieces of several tables in order of paths."""
    columns = [np.concatenate([getattr(one, name.name) for one in tables]) for name in fields(Pieces)]
    order = np.argsort(columns[0], kind="stable")
    return Pieces(*(column[order] for column in columns))


def list_meeting(point: int, paths: Paths, field: Field, near: Entries, far: Entries) -> Pieces:
    """Return the pieces of one direct way: a straight walk, or a walk to the road, along it and from it."""
    towards, parts, source = field.costs.towards, paths.parts[point], int(paths.source[point])
    a, b = (near, far) if towards else (far, near)
    at, to = (point, source) if towards else (source, point)
    off_m, off_min, road_m, road_min, far_m, far_min = (float(one) for one in parts[:6])
    straight = (point, -1, -1, AT_START, AT_END, 0.0, 0.0, off_m, off_min, float(parts[10]), float(parts[11]))
    bare = road_m == 0.0 and far_m == 0.0
    if bare and abs(float(np.hypot(*(a.xy[at] - b.xy[to]))) - off_m) <= _SAME_LENGTH_M:
        return _stack(straight)
    for i, j in product(np.flatnonzero((a.point == at) & (a.edge >= 0)), np.flatnonzero((b.point == to) & (b.edge >= 0))):
        edge = int(a.edge[i])
        way = 0 if b.along_m[j] >= a.along_m[i] else 1
        share = a.share[0, i], b.share[0, j]
        length = float(field.costs.surface.network.edges["length_m"].iloc[edge]) * abs(share[1] - share[0])
        walks = (a.leg_m[i] + b.leg_m[j], 0.0) if bare else (a.leg_m[i], b.leg_m[j])
        # Of several edges that both lie at, the one whose way was measured.
        if edge == b.edge[j] and np.allclose((*walks, length), (off_m, far_m, road_m), rtol=1e-12, atol=1e-9):
            up, down = float(a.rise_m[i]), -float(b.rise_m[j])
            # Walks that meet in one point of the road are measured as one; they bend there all the same.
            first_min = off_min * float(a.leg_m[i]) / off_m if bare else off_min
            last_min = off_min - first_min if bare else far_min
            return _stack(
                (point, -1, -1, AT_START, START_FOOT, 0.0, 0.0, a.leg_m[i], first_min, max(up, 0.0), max(-up, 0.0)),
                (point, edge, way, 0, 0, *share, road_m, road_min, 0.0, 0.0),
                (point, -1, -1, END_FOOT, AT_END, 0.0, 0.0, b.leg_m[j], last_min, max(down, 0.0), max(-down, 0.0)),
            )
    return _stack(straight)


def _stack(*rows: tuple[float, ...]) -> Pieces:
    """Return rows as pieces."""
    columns = np.array(rows, dtype=np.float64).T
    return Pieces(*columns[:5].astype(np.int64), *columns[5:])
