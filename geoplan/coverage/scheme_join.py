"""Join settlements to sources, cheapest per person first, never over a source's yield and never over what its pipes can carry.

Pairs (source, settlement) are taken in the order of cost per person, ties by settlement and source in their order. A settlement that is not joined
yet joins when

- the source has yield left for all its people (a settlement is not divided), and
- with it joined every node of the source's tree keeps its head and no pipe is too fast (`geoplan.coverage.hydraulics.check_tree`).

Since pairs are only ever added, nobody who is joined loses water later. One pass is a rule anyone can follow by hand; it is not proven to serve the
most people.

By hand: a source of 10 m³/d; settlements need 6, 5 and 4 at 100, 200 and 300 yuan a person: the first joins, the second would take 11 and does not,
the third does.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.contracts.water_profile import WaterProfile
from geoplan.coverage.hydraulics import check_tree
from geoplan.coverage.scheme_routes import Routes

JOINED, TAKEN, NO_YIELD, NO_HEAD = 0, 1, 2, 3
"""What became of a pair: joined; its settlement was joined before; no yield left; some point would lie above the grade line, or flow be too fast."""
YIELD_TOLERANCE = 1e-9
"""Share of a source's yield that rounding may exceed."""


def join_settlements(
    routes: Routes,
    start_m: NDArray[np.float64],
    least_m: NDArray[np.float64],
    need_m3_day: NDArray[np.float64],
    flow_l_s: NDArray[np.float64],
    persons: NDArray[np.float64],
    free: NDArray[np.bool_],
    left_m3_day: NDArray[np.float64],
    profile: WaterProfile,
) -> tuple[NDArray[np.int8], NDArray[np.float64], NDArray[np.float64]]:
    """Return what became of every pair, the flow through every node's piece, and the yield that is left.

    Parameters
    ----------
    routes
        Trees and pairs.
    start_m
        (sources,) head at the source, with the pump where there is one.
    least_m
        (settlements,) least head of each, metres above the datum.
    need_m3_day, flow_l_s, persons
        (settlements,) what the source must give a day, peak flow, people (above 0 where ``free``).
    free
        (settlements,) who may join.
    left_m3_day
        (sources,) yield not given away yet; NaN gives nothing.
    profile
        Pipes.
    """
    per_person = routes.yuan / np.where(free, persons, np.inf)[routes.settlement]
    order = np.lexsort((routes.source, routes.settlement, per_person))
    order = order[free[routes.settlement[order]] & ~np.isnan(left_m3_day)[routes.source[order]]]
    fate = np.full(len(routes.source), TAKEN, dtype=np.int8)
    flow = np.zeros(len(routes.parent))
    left = left_m3_day.copy()
    least = routes.height_m.copy()
    node = routes.first[routes.source] + routes.node
    least[node] = least_m[routes.settlement]
    pipes = profile.pipes
    _join(
        order, routes.first, routes.parent, routes.length_m, least, routes.source, routes.settlement, routes.node, start_m, need_m3_day, flow_l_s,
        free.copy(), left, left_m3_day * YIELD_TOLERANCE, pipes.sizes[-1].diameter_mm, pipes.roughness_c.value, pipes.velocity_max_m_s.value, fate, flow,
    )  # fmt: skip
    return fate, flow, np.maximum(left, 0.0)


@njit(cache=True, nogil=True)
def _join(
    order: NDArray[np.int64], first: NDArray[np.int64], parent: NDArray[np.int64], length_m: NDArray[np.float64], least_m: NDArray[np.float64],
    source: NDArray[np.int64], settlement: NDArray[np.int64], node: NDArray[np.int64], start_m: NDArray[np.float64], need: NDArray[np.float64],
    peak: NDArray[np.float64], free: NDArray[np.bool_], left: NDArray[np.float64], slack: NDArray[np.float64], thickest_mm: float, roughness_c: float,
    fastest_m_s: float, fate: NDArray[np.int8], flow: NDArray[np.float64],
) -> None:  # fmt: skip
    head = np.empty(len(parent))
    kept = np.empty(len(parent))
    for pair in order:
        who, k = settlement[pair], source[pair]
        if not free[who]:
            continue
        if need[who] > left[k] + slack[k]:
            fate[pair] = NO_YIELD
            continue
        a, b = first[k], first[k + 1]
        tree, through = parent[a:b], flow[a:b]
        v, depth = node[pair], 0
        while True:
            # Kept, not subtracted again: a rounded rest would look like water.
            kept[depth] = through[v]
            through[v] += peak[who]
            depth += 1
            if v == 0:
                break
            v = tree[v]
        if check_tree(tree, length_m[a:b], least_m[a:b], through, start_m[k], thickest_mm, roughness_c, fastest_m_s, head[a:b]):
            fate[pair] = JOINED
            free[who] = False
            left[k] -= need[who]
            continue
        fate[pair] = NO_HEAD
        v, depth = node[pair], 0
        while True:
            through[v] = kept[depth]
            depth += 1
            if v == 0:
                break
            v = tree[v]
