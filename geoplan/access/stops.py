"""Put a stop on every joinable road wherever it passes a cell, so that walkers can join and leave it there.

A stop is the point of the road nearest to the centre of a cell it passes; a road that leaves a cell and comes back has a stop for each visit.
Tunnels, bridges, motorways, ferries and ropes have none: they are entered at their ends only. By hand: a straight road from (0, 5) to (40, 5)
over cells of 10 m has stops at 5, 15, 25 and 35 m; one along a diagonal of the cells passes their centres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine
from numba import njit
from numpy.typing import NDArray

from geoplan.contracts.results import Network


@dataclass(frozen=True)
class Stops:
    """Nodes along the edges of a network: its junctions (numbered as there), then the stops.

    Attributes
    ----------
    xy
        (nodes, 2) easting, northing, metres.
    cell
        (nodes,) flat cell a stop lies in, −1 for junctions and outside the grid.
    edge_first, edge_node, edge_along_m
        For every edge, in compressed rows: its nodes from u to v and the metres along it, both ends included.
    """

    xy: NDArray[np.float64]
    cell: NDArray[np.int64]
    edge_first: NDArray[np.int64]
    edge_node: NDArray[np.int64]
    edge_along_m: NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def _emit(edge: int, cell: int, at: NDArray[np.float64], room: int, whole: NDArray[np.int64], real: NDArray[np.float64]) -> int:
    """Write a stop and return the number written so far."""
    whole[0, room], whole[1, room] = edge, cell
    real[:, room] = at
    return room + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _next_border(at: float, step: float) -> float:
    """Return the next whole number beyond ``at`` in the direction of ``step``; one that is met already is passed."""
    return np.floor(at + 1e-9) + 1.0 if step > 0.0 else np.ceil(at - 1e-9) - 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def _walk_edges(
    first: NDArray[np.int64],
    col: NDArray[np.float64],
    row: NDArray[np.float64],
    along: NDArray[np.float64],
    shape: tuple[int, int],
    whole: NDArray[np.int64],
    real: NDArray[np.float64],
) -> int:
    """Follow lines, in cell units, from cell to cell and write the point nearest to each cell's centre; returns how many."""
    room = 0
    rows, cols = shape
    for line in range(len(first) - 1):
        here_r, here_c = np.int64(-9), np.int64(-9)
        best, at = np.inf, np.zeros(3)
        for s in range(first[line], first[line + 1] - 1):
            x0, y0, dx, dy = col[s], row[s], col[s + 1] - col[s], row[s + 1] - row[s]
            size = dx * dx + dy * dy
            if size == 0.0:
                continue
            done = 0.0
            while done < 1.0:
                # The piece up to the next border of cells; a hair further in, so that the same border is not met again.
                upto = 1.0
                if dx != 0.0:
                    upto = min(upto, (_next_border(x0 + done * dx, dx) - x0) / dx)
                if dy != 0.0:
                    upto = min(upto, (_next_border(y0 + done * dy, dy) - y0) / dy)
                upto = max(upto, done + 1e-12)
                middle = 0.5 * (done + min(upto, 1.0))
                r, c = np.int64(np.floor(y0 + middle * dy)), np.int64(np.floor(x0 + middle * dx))
                if r != here_r or c != here_c:
                    if best < np.inf and 0 <= here_r < rows and 0 <= here_c < cols:
                        room = _emit(line, here_r * cols + here_c, at, room, whole, real)
                    here_r, here_c, best = r, c, np.inf
                t = ((c + 0.5 - x0) * dx + (r + 0.5 - y0) * dy) / size
                t = min(max(t, done), min(upto, 1.0))
                x, y = x0 + t * dx, y0 + t * dy
                off = (x - c - 0.5) ** 2 + (y - r - 0.5) ** 2
                if off < best:
                    best = off
                    at[0], at[1], at[2] = along[s] + t * (along[s + 1] - along[s]), x, y
                done = upto
        if best < np.inf and 0 <= here_r < rows and 0 <= here_c < cols:
            room = _emit(line, here_r * cols + here_c, at, room, whole, real)
    return room


def place_stops(network: Network, transform: Affine, shape: tuple[int, int]) -> Stops:
    """Return the nodes of a network with a stop in every cell that a joinable edge passes.

    Parameters
    ----------
    network
        Road graph, metres.
    transform, shape
        The grid's place and (rows, cols); north-up. Stops outside it are not made.
    """
    edges = network.edges
    lines = np.asarray(edges.geometry.array, dtype=object)
    length = edges["length_m"].to_numpy(dtype=np.float64)
    joinable = np.flatnonzero(edges["joinable"].to_numpy())
    xy, owner = shapely.get_coordinates(lines[joinable], return_index=True)
    first = np.searchsorted(owner, np.arange(len(joinable) + 1))
    step = np.r_[0.0, np.hypot(*np.diff(xy, axis=0).T)] if len(xy) else np.zeros(0)
    step[first[:-1]] = 0.0
    run = np.cumsum(step)
    along = run - run[first[:-1]][owner] if len(xy) else run
    col, row = (xy[:, 0] - transform.c) / transform.a, (xy[:, 1] - transform.f) / transform.e
    # Each piece between borders holds at most one stop: borders crossed, plus vertices, plus one per line.
    crossed = np.abs(np.diff(col)).sum() + np.abs(np.diff(row)).sum() if len(xy) else 0
    room = int(2 * crossed) + 4 * len(xy) + 16
    whole, real = np.empty((2, room), dtype=np.int64), np.empty((3, room))
    count = _walk_edges(first, col, row, along, shape, whole, real)
    edge, cell, at = joinable[whole[0][:count]], whole[1][:count], real[0][:count]
    x, y = transform.c + real[1][:count] * transform.a, transform.f + real[2][:count] * transform.e
    nodes = len(network.nodes)
    everyone = np.arange(len(edges))
    all_edge = np.r_[everyone, edge, everyone]
    all_along = np.r_[np.zeros(len(edges)), np.minimum(at, length[edge]), length]
    all_node = np.r_[edges["u"].to_numpy(dtype=np.int64), nodes + np.arange(count), edges["v"].to_numpy(dtype=np.int64)]
    kind = np.r_[np.zeros(len(edges)), np.ones(count), np.full(len(edges), 2.0)]
    order = np.lexsort((np.r_[everyone, np.arange(count), everyone], kind, all_along, all_edge))
    # A stop at the very end of its edge must not be sorted past the junction.
    order = order[np.lexsort((np.arange(len(order)), kind[order] if len(order) else kind, all_edge[order]))]
    return Stops(
        xy=np.vstack([network.nodes.reshape(-1, 2), np.column_stack([x, y])]),
        cell=np.r_[np.full(nodes, -1, dtype=np.int64), cell],
        edge_first=np.searchsorted(all_edge[order], np.arange(len(edges) + 1)),
        edge_node=all_node[order],
        edge_along_m=all_along[order],
    )
