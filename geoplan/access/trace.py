"""Follow paths back through a solved field, step by step.

Costs are whole ticks, so the step a path came by is the one that fits exactly: t(u) + c(u, v) = t(v); of several, the first move, then the first
link or arc. By hand: three level cells in a row, a seed in the first: the path of the third is move 2 (west), move 2, seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.access.field import Field
from geoplan.access.kernel import slope_factor
from geoplan.contracts.ground import MOVES

_REMEMBERED_CELLS = 16_000_000
"""On larger grids steps between cells are not remembered: 12 bytes a cell."""
BY_LINK, BY_ARC = 16, 17
"""How a step goes: 0–15 a move, 16 a link, from 17 on the rows of `Ways`."""


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


class Walkable(NamedTuple):
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
def find_row(codes: NDArray[np.int64], code: int) -> int:
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
def add_paces(ground: Walkable, r0: int, c0: int, r1: int, c1: int, k: int) -> float:
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
def _step_back(code: int, t: int, ground: Walkable, back: _Back) -> tuple[int, int]:
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
            cost = ground.share_m[k] * add_paces(ground, r, c, row, col, k) * slope_factor(slope, ground.stretch)
            if cost < 4.0e9 and before + max(np.int64(cost + 0.5), 1) == t:
                return r * ground.cols + c, k
        n = find_row(back.cell, code)
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
    start: NDArray[np.int64], ground: Walkable, back: _Back, first: NDArray[np.int64], seed: NDArray[np.int64],
    code_out: NDArray[np.int64], via_out: NDArray[np.int64], before_of: NDArray[np.int64], via_of: NDArray[np.int32],
) -> int:  # fmt: skip
    """Write the paths of as many starts as there is room for; returns how many.

    Paths run together: the step before a code is found once and kept in ``before_of`` (−2: not yet) and ``via_of``, which may be too short
    for the last codes.
    """
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
            s = find_row(back.seed_code, code)
            code_out[room] = code
            via_out[room] = -1
            room += 1
            if s < len(back.seed_code) and back.seed_code[s] == code and back.seed_ticks[s] == t:
                seed[p] = s
                break
            # Nodes stand after the cells; they come first here, so that a short memory serves the roads.
            place = node if node >= 0 else code + len(back.node_time)
            if place < len(before_of) and before_of[place] != -2:
                before, via = before_of[place], np.int64(via_of[place])
            else:
                before, via = _step_back(code, t, ground, back)
                if place < len(before_of):
                    before_of[place], via_of[place] = before, via
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
    costs = field.costs
    rows, cols = costs.surface.ground.shape
    # A step's predecessor is looked for among the arcs that the search ran along, turned round.
    arc_first, order, other, arc_ticks, link_cell = costs.turned
    ground = describe_ground(field, costs.pace, costs.slope_per_dm)
    back = _Back(
        link_cell, costs.link_by_cell, costs.link_node, costs.link_in, field.node_time, arc_first, other,
        arc_ticks, costs.node_first, costs.node_cell, costs.node_in, field.seeds.code, field.seeds.ticks,
    )  # fmt: skip
    first, seed = np.zeros(len(start) + 1, dtype=np.int64), np.full(len(start), -1, dtype=np.int64)
    known = len(field.node_time) + (rows * cols if rows * cols <= _REMEMBERED_CELLS and len(start) > 1 else 0)
    before_of, via_of = np.full(known, -2, dtype=np.int64), np.empty(known, dtype=np.int32)
    room = 64 * len(start) + 4 * (rows + cols)
    while True:
        code, via = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
        if _trace(start, ground, back, first, seed, code, via, before_of, via_of) == len(start):
            break
        room *= 4
    code, via = code[: first[-1]], via[: first[-1]]
    arcs = via >= BY_ARC
    via[arcs] = BY_ARC + order[via[arcs] - BY_ARC]
    return Steps(first, code, via, seed)


def describe_ground(field: Field, pace: NDArray[np.float64], slope_per_dm: NDArray[np.float64]) -> Walkable:
    """Return the ground and times of a field for following its paths."""
    costs, ground = field.costs, field.costs.surface.ground
    return Walkable(
        *ground.shape, ground.height_dm, ground.speed_class, ground.blocked, field.time, pace, MOVES[:, 0].copy(), MOVES[:, 1].copy(),
        costs.share_m, slope_per_dm, costs.stretch,
    )  # fmt: skip
