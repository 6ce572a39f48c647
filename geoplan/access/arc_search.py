"""Search a directed graph from many sources at once, arc by arc: the plain way, for graphs too dense for a hierarchy.

The labels (minutes, source number) leave a heap in ascending order and each node keeps the first ``k`` of different sources (Dijkstra 1959, with
k labels). A tie goes to the lowest source number. With ``k`` = 1 and one source this is the table's row of that source.

By hand: sources 0 and 2 of the path 0–1–2 with 3 min per arc; node 1 is 3 min from both and belongs to source number 0.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geoplan.access.arrays import Floats, Ints, Longs
from geoplan.access.sweeps import insert_nearest

Arcs = tuple[Longs, Ints, Floats]
"""Firsts (n + 1,), heads (a,) and minutes (a,): the arcs that leave node x are ``first[x]`` to ``first[x + 1]``."""


def search_arcs(arcs: Arcs, sources: Longs, *, k: int = 1) -> tuple[Floats, Longs]:
    """Return the minutes from the ``k`` nearest sources to every node, and the numbers of these sources.

    Parameters
    ----------
    arcs
        Firsts, heads and minutes; inf is closed. Give the reversed graph for the minutes *to* the sources.
    sources
        (s,) nodes where the search begins; the answer numbers them by their position here.
    k
        Sources kept per node.

    Returns
    -------
    (n, k) minutes ascending, inf where fewer than ``k`` sources reach the node; (n, k) positions in ``sources``, −1 there.
    """
    first, head, minutes = arcs
    return search_labels(first, head, minutes, sources.astype(np.int64), k)


@njit(cache=True, nogil=True)
def group_arcs(key: Ints, count: int) -> tuple[Longs, Ints]:
    """Return (``count`` + 1,) firsts and the arcs in order of their key, int32, those with a negative key left out."""
    first = np.zeros(count + 1, np.int64)
    for one in key:
        if one >= 0:
            first[one + 1] += 1
    for i in range(count):
        first[i + 1] += first[i]
    following = first[:count].copy()
    arcs = np.empty(first[count], np.int32)
    for i in range(len(key)):
        if key[i] >= 0:
            arcs[following[key[i]]] = i
            following[key[i]] += 1
    return first, arcs


@njit(cache=True, nogil=True)
def _before(time: float, number: int, other_time: float, other_number: int) -> bool:
    """Return whether one label leaves the heap before another."""
    return time < other_time or (time == other_time and number < other_number)


@njit(cache=True, nogil=True)
def _add_label(times: Floats, numbers: Longs, nodes: Ints, size: int, time: float, number: int, node: int) -> None:
    """Add a label to the heap of ``size`` labels."""
    i = size
    while i > 0:
        up = (i - 1) >> 2
        if not _before(time, number, times[up], numbers[up]):
            break
        times[i], numbers[i], nodes[i] = times[up], numbers[up], nodes[up]
        i = up
    times[i], numbers[i], nodes[i] = time, number, node


@njit(cache=True, nogil=True)
def _drop_label(times: Floats, numbers: Longs, nodes: Ints, size: int) -> None:
    """Take the first label from the heap of ``size`` labels: the last one sinks from its place."""
    last = size - 1
    time, number, node = times[last], numbers[last], nodes[last]
    i = 0
    while True:
        child = 4 * i + 1
        if child >= last:
            break
        for other in range(child + 1, min(4 * i + 5, last)):
            if _before(times[other], numbers[other], times[child], numbers[child]):
                child = other
        if not _before(times[child], numbers[child], time, number):
            break
        times[i], numbers[i], nodes[i] = times[child], numbers[child], nodes[child]
        i = child
    times[i], numbers[i], nodes[i] = time, number, node


@njit(cache=True, nogil=True)
def search_labels(first: Longs, head: Ints, weight: Floats, sources: Longs, k: int) -> tuple[Floats, Longs]:
    """Return (n, k) minutes and source numbers; see `search_arcs`."""
    size = len(first) - 1
    minutes, index = np.full((size, k), np.inf), np.full((size, k), -1, np.int64)
    room = len(sources) + k * len(head)  # a node is settled by at most k sources, and each may add a label along each arc
    times, numbers, nodes = np.empty(room), np.empty(room, np.int64), np.empty(room, np.int32)
    waiting = 0
    for number in range(len(sources)):
        insert_nearest(minutes, index, sources[number], 0.0, number)
        _add_label(times, numbers, nodes, waiting, 0.0, number, sources[number])
        waiting += 1
    while waiting > 0:
        time, number, x = times[0], numbers[0], nodes[0]
        _drop_label(times, numbers, nodes, waiting)
        waiting -= 1
        stands = False
        for i in range(k):
            stands = stands or (index[x, i] == number and minutes[x, i] == time)
        if not stands:
            continue
        for e in range(first[x], first[x + 1]):
            y, then = head[e], time + weight[e]
            if then == np.inf or then > minutes[y, k - 1]:
                continue
            known = False
            for i in range(k):
                known = known or (index[y, i] == number and minutes[y, i] <= then)
            if known or (then == minutes[y, k - 1] and 0 <= index[y, k - 1] < number):
                continue
            insert_nearest(minutes, index, y, then, number)
            _add_label(times, numbers, nodes, waiting, then, number, y)
            waiting += 1
    return minutes, index
