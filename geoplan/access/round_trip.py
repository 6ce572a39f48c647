"""Find the facility with the quickest way there and back, exactly.

Let t(f) and b(f) be the minutes from a settlement to facility f and back. If one facility is nearest both ways, it is the
answer, because min (t + b) ≥ min t + min b. Only where the two differ are single searches run from the settlement, out to a
limit: a best sum R found within it is final if R is at most the limit, since any better facility has t < R and b < R and was
seen. Otherwise the limit grows, up to none at all, so nothing within reach is missed.
By hand: t = (10, 12), b = (30, 12) min: nearest to go to is 1, nearest to come back from is 2; there and back 40 and 24, so 2.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from geoplan.access.graph import TravelGraph
from geoplan.access.search import Paths, read_paths, search_nearest

_BLOCK = 32
_FIRST_LIMIT = 1.25
_LIMITS_TRIED = 6


def search_round_trip(graph: TravelGraph, facilities: NDArray[np.int64]) -> tuple[Paths, Paths]:
    """Return the paths to and from the facility with the quickest round trip, for every settlement.

    Parameters
    ----------
    graph
        From `join_points`, direct walks included.
    facilities
        Facility numbers taking part.

    Returns
    -------
    out, back
        Both to the same facility; both inf where no facility can be reached and left again.
    """
    out = search_nearest(graph, facilities, towards=True)
    back = search_nearest(graph, facilities, towards=False)
    both = np.isfinite(out.minutes) & np.isfinite(back.minutes)
    differ = np.flatnonzero(both & (out.facility != back.facility))
    least = out.minutes + back.minutes
    nothing = ~(both & (out.facility == back.facility))
    out, back = _empty(out, nothing), _empty(back, nothing)
    limit = _FIRST_LIMIT * least
    for attempt in range(_LIMITS_TRIED + 1):
        if attempt == _LIMITS_TRIED:
            limit[:] = np.inf
        order = differ[np.argsort(least[differ], kind="stable")]
        unsure: list[NDArray[np.int64]] = []
        for low in range(0, len(order), _BLOCK):
            block = order[low : low + _BLOCK]
            reach = float(limit[block].max())
            settled = _search_block(graph, facilities, block, reach, out, back)
            unsure.append(block[~settled])
        differ = np.concatenate(unsure) if unsure and np.isfinite(limit).any() else differ[:0]
        if len(differ) == 0:
            break
        limit[differ] *= 2
    return out, back


def _empty(paths: Paths, where: NDArray[np.bool_]) -> Paths:
    """Return a copy of ``paths`` with those ``where`` taken out."""
    none = {"minutes": np.inf, "facility": -1, "component": -1, "direct": False}
    names = [field.name for field in fields(Paths)]
    return Paths(**{name: np.where(where, none.get(name, np.nan), getattr(paths, name)) for name in names})


def _search_block(
    graph: TravelGraph, facilities: NDArray[np.int64], block: NDArray[np.int64], limit: float, out: Paths, back: Paths
) -> NDArray[np.bool_]:
    """Write the round trips proven best within ``limit`` minutes into ``out`` and ``back``; return which are settled."""
    rows = np.arange(len(block))
    searches = []
    for matrix, start, end in (
        (graph.forward, graph.settlement_out, graph.facility_in),
        (graph.backward, graph.settlement_in, graph.facility_out),
    ):
        minutes, before = dijkstra(matrix, directed=True, indices=start[block], return_predecessors=True, limit=limit)
        searches.append((np.atleast_2d(minutes)[:, end[facilities]], np.atleast_2d(before), end))
    total = searches[0][0] + searches[1][0]
    pick = total.argmin(axis=1)
    best = total[rows, pick]
    settled = (np.isfinite(best) & (best <= limit)) | np.isinf(limit)
    done = np.flatnonzero(settled & np.isfinite(best))
    for (minutes, before, end), target, along in zip(searches, (out, back), (True, False), strict=True):
        facility = facilities[pick[done]]
        paths = read_paths(graph, before, done, end[facility], minutes[done, pick[done]], facility, along_arcs=along)
        for field in fields(Paths):
            getattr(target, field.name)[block[done]] = getattr(paths, field.name)
    return settled
