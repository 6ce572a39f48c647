"""Carve a landscape that rivers could have made: every cell drains, and the bed is flatter the more water it carries.

The steady state of the stream-power law has bed slope ``S = k * A**-0.45`` (A: upstream area, km²). Starting from a
surface without pits, three steps are repeated: send each cell to its steepest neighbour, add up the upstream area,
and rebuild the heights from the outlets upwards with that slope. A cell with 1 km² upstream and k = 0.1 has slope 0.1;
with 100 km² it has 0.0126. Because every height is its receiver's height plus a positive rise, no pit can appear.
Source: Whipple & Tucker (1999), doi:10.1029/1999JB900120.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from geoplan.synthetic.frame import Flags, Floats, Ints

CONCAVITY = 0.45
_STEPS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))


def make_noise(rng: np.random.Generator, shape: tuple[int, int], *, beta: float, shortest: float = 2.0) -> Floats:
    """Return fractal noise with mean 0 and standard deviation 1.

    Parameters
    ----------
    shape
        (rows, cols).
    beta
        Exponent of the power spectrum; 2 is rough, 4 is smooth.
    shortest
        Shortest wavelength kept, cells.
    """
    fy = np.fft.fftfreq(shape[0])[:, None]
    fx = np.fft.rfftfreq(shape[1])[None, :]
    frequency = np.hypot(fy, fx)
    amplitude = np.where(frequency > 0, np.maximum(frequency, 1.0 / max(shape)), np.inf) ** (-beta / 2.0)
    amplitude[frequency > 1.0 / shortest] = 0.0
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal(shape)) * amplitude, s=shape)
    return np.round((field - field.mean()) / field.std(), 9)


def link_cells(shape: tuple[int, int]) -> tuple[Ints, Ints, Floats]:
    """Return every undirected pair of neighbouring cells (8 neighbours) as (from, to, length in cells)."""
    number = np.arange(shape[0] * shape[1]).reshape(shape)
    pairs = [
        (number[:, :-1], number[:, 1:], 1.0),
        (number[:-1, :], number[1:, :], 1.0),
        (number[:-1, :-1], number[1:, 1:], np.sqrt(2.0)),
        (number[:-1, 1:], number[1:, :-1], np.sqrt(2.0)),
    ]
    u = np.concatenate([a.ravel() for a, _, _ in pairs])
    v = np.concatenate([b.ravel() for _, b, _ in pairs])
    return u, v, np.concatenate([np.full(a.size, length) for a, _, length in pairs])


def raise_from_outlets(resistance: Floats, outlets: Ints) -> Floats:
    """Return a surface without pits: the least sum of ``resistance`` on the way down to an outlet."""
    u, v, length = link_cells(resistance.shape)
    flat = resistance.ravel()
    weight = length * (flat[u] + flat[v]) / 2.0
    graph = csr_matrix((weight, (u, v)), shape=(flat.size, flat.size))
    distance: Floats = dijkstra(graph, directed=False, indices=outlets, min_only=True)
    return np.round(distance.reshape(resistance.shape), 6)


def find_receivers(z: Floats) -> tuple[Ints, Floats]:
    """Return for each cell (flat) the neighbour it drains to by steepest descent, and the distance in cells (0: none)."""
    rows, cols = z.shape
    padded = np.pad(z, 1, constant_values=np.inf)
    best = np.zeros(z.shape)
    receiver = np.arange(z.size).reshape(z.shape)
    run = np.zeros(z.shape)
    number = receiver.copy()
    for dr, dc in _STEPS:
        length = float(np.hypot(dr, dc))
        drop = (z - padded[1 + dr : 1 + dr + rows, 1 + dc : 1 + dc + cols]) / length
        better = drop > best
        best = np.where(better, drop, best)
        receiver = np.where(better, number + dr * cols + dc, receiver)
        run = np.where(better, length, run)
    return receiver.ravel(), run.ravel()


def order_levels(receiver: Ints) -> list[Ints]:
    """Return the cells grouped by their number of steps to an outlet, outlets first."""
    depth = np.where(receiver == np.arange(receiver.size), 0, 1)
    jump = receiver.copy()
    while True:
        further = depth[jump]
        if not further.any():
            break
        depth = depth + further
        jump = jump[jump]
    order = np.argsort(depth, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(depth[order])) + 1)


def accumulate(receiver: Ints, levels: list[Ints], own: Floats) -> Floats:
    """Return the sum of ``own`` over each cell and everything that drains through it."""
    total = own.copy()
    for cells in reversed(levels[1:]):
        np.add.at(total, receiver[cells], total[cells])
    return total


def carve(
    start: Floats, *, outlets: Ints, base_m: Floats, inflow_km2: Floats, steepness: Floats, cell_m: float, rounds: int = 10
) -> tuple[Floats, Floats, Ints]:
    """Return steady-state heights, upstream areas and receivers.

    Parameters
    ----------
    start
        (rows, cols) surface without pits.
    outlets, base_m
        Flat cell numbers of the outlets and their heights, metres.
    inflow_km2
        (rows, cols) area that enters from beyond the map at a cell.
    steepness
        (rows, cols) bed slope at 1 km² upstream.
    cell_m
        Cell side, metres.
    rounds
        Repetitions.

    Returns
    -------
    tuple
        Heights (rows, cols) in metres; upstream area (rows, cols) in km²; flat receivers.
    """
    z = start.copy()
    own = np.full(z.size, (cell_m / 1000.0) ** 2) + inflow_km2.ravel()
    area, receiver = own, np.arange(z.size)
    for _ in range(rounds):
        receiver, run = find_receivers(z)
        receiver[outlets], run[outlets] = outlets, 0.0
        levels = order_levels(receiver)
        area = accumulate(receiver, levels, own)
        slope = np.minimum(steepness.ravel() * area**-CONCAVITY, 0.62)
        height = np.zeros(z.size)
        height[outlets] = base_m
        for cells in levels[1:]:
            height[cells] = height[receiver[cells]] + slope[cells] * run[cells] * cell_m
        z = np.round(height, 4).reshape(z.shape)
    return z, area.reshape(z.shape), receiver


def trace_reaches(receiver: Ints, wet: Flags) -> list[Ints]:
    """Return each river reach as cell numbers from its head or confluence down to the next confluence or outlet."""
    cells = np.flatnonzero(wet)
    down = receiver[cells]
    donors = np.bincount(down[down != cells], minlength=receiver.size)
    heads = cells[donors[cells] != 1]
    stops = set(cells[donors[cells] > 1].tolist())
    reaches = []
    for head in heads.tolist():
        path = [head]
        while receiver[path[-1]] != path[-1]:
            path.append(int(receiver[path[-1]]))
            if path[-1] in stops:
                break
        if len(path) > 1:
            reaches.append(np.array(path))
    return reaches
