"""Work out what a pipe loses and how thick it must be.

Head lost by friction (Hazen–Williams, SI), Q in m³/s, D in m, L in m, C of the material:

    h = 10.67 · L · Q^1.852 / (C^1.852 · D^4.8704)

A tree of pipes starts at a source whose water stands at H₀ and must keep, at every node k, the head z_k + p_k (p: 0 on the way, so that no point of
the pipe lies above the hydraulic grade line; the least head above ground where people draw). Flows add up towards the source. With the thickest
pipe everywhere, heads are the highest there can be, so the tree is possible exactly if it is possible so (`check_tree`). Diameters are then chosen
from the source outwards: a pipe that starts at node u with head H_u may lose

    j = min over all k beyond u of (H_u − z_k − p_k) / (ℓ_k − ℓ_u)

a metre, and gets the smallest standard diameter that loses no more and is not too fast (`size_tree`). What it does not lose is left to the pipes
beyond it, so every node keeps its head. Peak flow sizes pipes; the day's mean is what the source gives.

By hand: 10 L/s through 1,000 m of 100 mm, C = 130: 10.67 · 1000 · 0.01^1.852 / (130^1.852 · 0.1^4.8704) = 19.03 m.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

L_PER_M3 = 1000.0
S_PER_DAY = 86400.0
GRAVITY_M_S2 = 9.81
_K, _FLOW_POWER, _WIDTH_POWER = 10.67, 1.852, 4.8704
EPSILON_M = 1e-9
"""Head below which two heads are one: sums along a pipe are rounded."""


def head_loss_m(
    flow_l_s: NDArray[np.float64], diameter_mm: NDArray[np.float64], length_m: NDArray[np.float64], *, roughness_c: float
) -> NDArray[np.float64]:
    """Return the head lost by friction (Hazen–Williams), metres.

    Parameters
    ----------
    flow_l_s, diameter_mm, length_m
        Flow, inner diameter and length; arrays that broadcast.
    roughness_c
        Hazen–Williams coefficient.

    >>> float(head_loss_m(10.0, 100.0, 1000.0, roughness_c=130.0).round(2))
    19.03
    """
    flow = np.asarray(flow_l_s, dtype=np.float64) / L_PER_M3
    width = np.asarray(diameter_mm, dtype=np.float64) / 1000.0
    return _K * np.asarray(length_m, dtype=np.float64) * flow**_FLOW_POWER / (roughness_c**_FLOW_POWER * width**_WIDTH_POWER)


def velocity_m_s(flow_l_s: NDArray[np.float64], diameter_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean velocity in a full pipe, metres per second: Q / (π D² / 4).

    >>> float(velocity_m_s(10.0, 100.0).round(3))
    1.273
    """
    width = np.asarray(diameter_mm, dtype=np.float64) / 1000.0
    return np.asarray(flow_l_s, dtype=np.float64) / L_PER_M3 / (0.25 * np.pi * width**2)


def to_l_s(flow_m3_day: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return m³/d as L/s.

    >>> float(to_l_s(86.4))
    1.0
    """
    return np.asarray(flow_m3_day, dtype=np.float64) * (L_PER_M3 / S_PER_DAY)


def pump_kw(flow_l_s: float, lift_m: float, *, efficiency: float) -> float:
    """Return the electric power that lifts a flow, kilowatts: ρ g Q H / η, with ρ = 1000 kg/m³.

    >>> round(pump_kw(1.0, 60.0, efficiency=0.6), 3)
    0.981
    """
    return GRAVITY_M_S2 * (flow_l_s / L_PER_M3) * lift_m / efficiency


@njit(cache=True, nogil=True)
def loss_per_m(flow_l_s: float, diameter_mm: float, roughness_c: float) -> float:
    """Return the head a metre of pipe loses; as `head_loss_m`, for kernels."""
    return _K * (flow_l_s / 1000.0) ** _FLOW_POWER / (roughness_c**_FLOW_POWER * (diameter_mm / 1000.0) ** _WIDTH_POWER)


@njit(cache=True, nogil=True)
def is_too_fast(flow_l_s: float, diameter_mm: float, fastest_m_s: float) -> bool:
    """Return whether a flow is faster than allowed."""
    area_m2 = 0.25 * np.pi * (diameter_mm / 1000.0) ** 2
    return flow_l_s / 1000.0 / area_m2 > fastest_m_s * (1.0 + 1e-12)


@njit(cache=True, nogil=True)
def check_tree(
    parent: NDArray[np.int64], length_m: NDArray[np.float64], least_m: NDArray[np.float64], flow_l_s: NDArray[np.float64],
    start_m: float, thickest_mm: float, roughness_c: float, fastest_m_s: float, head_m: NDArray[np.float64],
) -> bool:  # fmt: skip
    """Return whether every node that water flows to keeps its head with the thickest pipe everywhere.

    Parameters
    ----------
    parent
        (n,) node before each, itself for node 0; parents come before their children.
    length_m, flow_l_s
        (n,) length of, and flow through, the piece that ends in each node.
    least_m
        (n,) least head, metres above the datum: the ground on the way, more where people draw.
    start_m
        Head at node 0.
    thickest_mm, roughness_c, fastest_m_s
        Pipe.
    head_m
        (n,) room to work in.
    """
    head_m[0] = start_m
    if flow_l_s[0] > 0.0 and start_m < least_m[0] - EPSILON_M:
        return False
    last, slope = -1.0, 0.0
    for k in range(1, len(parent)):
        if flow_l_s[k] <= 0.0:
            continue
        if flow_l_s[k] != last:
            last = flow_l_s[k]
            if is_too_fast(last, thickest_mm, fastest_m_s):
                return False
            slope = loss_per_m(last, thickest_mm, roughness_c)
        head_m[k] = head_m[parent[k]] - length_m[k] * slope
        if head_m[k] < least_m[k] - EPSILON_M:
            return False
    return True


@njit(cache=True, nogil=True)
def cut_pipes(parent: NDArray[np.int64], flow_l_s: NDArray[np.float64]) -> tuple[NDArray[np.int64], int]:
    """Return the pipe each node's piece belongs to (−1: dry) and how many there are.

    A pipe runs on through nodes with one piece beyond that carries the same flow; it ends where the flow parts.
    """
    n = len(parent)
    beyond = np.zeros(n, dtype=np.int64)
    for k in range(1, n):
        if flow_l_s[k] > 0.0:
            beyond[parent[k]] += 1
    pipe = np.full(n, -1, dtype=np.int64)
    count = 0
    for k in range(1, n):
        if flow_l_s[k] <= 0.0:
            continue
        before = parent[k]
        if before != 0 and beyond[before] == 1 and flow_l_s[before] == flow_l_s[k]:
            pipe[k] = pipe[before]
        else:
            pipe[k] = count
            count += 1
    return pipe, count


@njit(cache=True, nogil=True)
def _allowed_slope(
    from_node: int, first: int, parent: NDArray[np.int64], along_m: NDArray[np.float64], least_m: NDArray[np.float64],
    flow_l_s: NDArray[np.float64], head_m: float, within: NDArray[np.bool_],
) -> float:  # fmt: skip
    """Return the head a metre may lose on every way that begins with the piece ending in ``first``."""
    slope = np.inf
    within[:] = False
    within[first] = True
    for k in range(first, len(parent)):
        if k != first:
            within[k] = within[parent[k]]
        if not within[k] or flow_l_s[k] <= 0.0:
            continue
        run = along_m[k] - along_m[from_node]
        spare = head_m - least_m[k]
        if run > 0.0:
            slope = min(slope, spare / run)
        elif spare < -EPSILON_M:
            return -np.inf
    return slope


@njit(cache=True, nogil=True)
def size_tree(
    parent: NDArray[np.int64], length_m: NDArray[np.float64], least_m: NDArray[np.float64], flow_l_s: NDArray[np.float64],
    start_m: float, sizes_mm: NDArray[np.float64], roughness_c: float, fastest_m_s: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:  # fmt: skip
    """Return the pipe of each node's piece, the size of each pipe, and the head at each node.

    Parameters
    ----------
    parent, length_m, least_m, flow_l_s, start_m, roughness_c, fastest_m_s
        As for `check_tree`.
    sizes_mm
        Standard diameters, ascending.

    Returns
    -------
    pipe
        (n,) pipe of the piece that ends in each node; −1 where none is laid.
    size
        (pipes,) number of its diameter; the thickest where none meets the losses.
    head_m
        (n,) head, metres above the datum; NaN where no pipe is laid.
    """
    n = len(parent)
    pipe, count = cut_pipes(parent, flow_l_s)
    size = np.full(count, -1, dtype=np.int64)
    head = np.full(n, np.nan)
    head[0] = start_m
    along = np.zeros(n)
    within = np.zeros(n, dtype=np.bool_)
    for k in range(1, n):
        along[k] = along[parent[k]] + length_m[k]
    for k in range(1, n):
        if pipe[k] < 0:
            continue
        before = parent[k]
        if size[pipe[k]] < 0:
            slope = _allowed_slope(before, k, parent, along, least_m, flow_l_s, head[before], within)
            chosen = len(sizes_mm) - 1
            for one in range(len(sizes_mm)):
                fits = loss_per_m(flow_l_s[k], sizes_mm[one], roughness_c) <= slope
                if fits and not is_too_fast(flow_l_s[k], sizes_mm[one], fastest_m_s):
                    chosen = one
                    break
            size[pipe[k]] = chosen
        head[k] = head[before] - length_m[k] * loss_per_m(flow_l_s[k], sizes_mm[size[pipe[k]]], roughness_c)
    return pipe, size, head
