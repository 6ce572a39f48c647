"""Read quickest times off a finished hierarchy by climbing from the destinations and falling to everyone else.

With up and down minutes finished, a quickest path from any rank to a destination first climbs, then falls. So the minutes t to a destination are

    climb:  t(w) = min over arcs v < w of t(v) + down(w → v), from t(destination) = 0, for v ascending;
    fall:   t(v) = min of itself and over arcs v < w of up(v → w) + t(w), for v descending.

Only ancestors of the destination in the elimination tree can be met climbing, and a rank's minutes need those of its ancestors alone: a table
reads the ancestors of its rows and columns, not the whole graph. From a destination instead of to it, up and down change places.

By hand, ranks 0–2 at 3 min and 1–2 at 4 min, destination 0: climb t(2) = 3, fall t(1) = 4 + 3 = 7.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geoplan.access.arrays import Floats, Ints, Longs


@njit(cache=True, nogil=True)
def list_ancestors(ranks: Ints, parent: Ints, place: Ints) -> Ints:
    """Return all of ``ranks`` and their ancestors, ascending; their positions stand in ``place``, which held −1 throughout."""
    count = 0
    for one in ranks:
        x = one
        while x >= 0 and place[x] < 0:
            place[x] = 0
            count += 1
            x = parent[x]
    found, count = np.empty(count, np.int32), 0
    for one in ranks:
        x = one
        while x >= 0 and place[x] == 0:
            place[x] = 1
            found[count] = x
            count += 1
            x = parent[x]
    found.sort()
    for i in range(count):
        place[found[i]] = i
    return found


@njit(cache=True, nogil=True)
def keep_arcs(nodes: Ints, place: Ints, first: Longs, head: Ints, weight: Floats) -> tuple[Longs, Ints, Floats]:
    """Return firsts, heads by position and minutes of the arcs that start in ``nodes``."""
    kept_first = np.zeros(len(nodes) + 1, np.int64)
    for i in range(len(nodes)):
        kept_first[i + 1] = kept_first[i] + first[nodes[i] + 1] - first[nodes[i]]
    kept_head, kept_weight = np.empty(kept_first[-1], np.int32), np.empty(kept_first[-1], np.float64)
    for i in range(len(nodes)):
        to = kept_first[i]
        for e in range(first[nodes[i]], first[nodes[i] + 1]):
            kept_head[to], kept_weight[to] = place[head[e]], weight[e]
            to += 1
    return kept_first, kept_head, kept_weight


@njit(cache=True, nogil=True, error_model="numpy")
def fill_columns(
    columns: Longs, targets: Ints, rows: Ints, parent: Ints, first: Longs, head: Ints, falling: Floats, nodes: Ints,
    kept_first: Longs, kept_head: Ints, climbing: Floats, table: Floats,
) -> None:  # fmt: skip
    """Write the minutes between ``rows`` and ``targets`` into ``table[:, columns]``.

    ``targets`` are ranks; ``rows`` positions in ``nodes``, the ancestors of all rows, whose arcs (``keep_arcs``) have the minutes ``climbing``;
    ``falling`` are the minutes of all arcs the other way.
    """
    wide = len(columns)
    place = np.full(len(parent), -1, np.int32)
    met = list_ancestors(targets, parent, place)
    near = np.full((len(met), wide), np.inf)
    for j in range(wide):
        near[place[targets[j]], j] = 0.0
    for i in range(len(met)):
        for e in range(first[met[i]], first[met[i] + 1]):
            weight = falling[e]
            if weight < np.inf:
                into = place[head[e]]
                for j in range(wide):
                    near[into, j] = min(near[into, j], near[i, j] + weight)
    minutes = np.empty((len(nodes), wide))
    best = np.empty(wide)
    for i in range(len(nodes) - 1, -1, -1):
        at = place[nodes[i]]
        if at >= 0:
            for j in range(wide):
                best[j] = near[at, j]
        else:
            for j in range(wide):
                best[j] = np.inf
        for e in range(kept_first[i], kept_first[i + 1]):
            weight, above = climbing[e], kept_head[e]
            for j in range(wide):
                best[j] = min(best[j], minutes[above, j] + weight)
        for j in range(wide):
            minutes[i, j] = best[j]
    for i in range(len(rows)):
        for j in range(wide):
            table[i, columns[j]] = minutes[rows[i], j]


@njit(cache=True, nogil=True, error_model="numpy")
def sweep_nearest(
    targets: Ints, rank: Ints, parent: Ints, first: Longs, head: Ints, falling: Floats, climbing: Floats,
) -> tuple[Floats, Longs]:  # fmt: skip
    """Return for every node the minutes and the number of its nearest target, (n, 1), inf and −1 where there is none.

    Of targets equally near the lowest number is taken: minutes are exact, so that a tie on the way is a tie at the end.
    """
    size = len(parent)
    minutes, index, place = np.full(size, np.inf), np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    for number in range(len(targets) - 1, -1, -1):
        minutes[targets[number]], index[targets[number]] = 0.0, number
    for x in list_ancestors(targets, parent, place):
        for e in range(first[x], first[x + 1]):
            y, time = head[e], minutes[x] + falling[e]
            if time < minutes[y] or (time == minutes[y] and time < np.inf and index[x] < index[y]):
                minutes[y], index[y] = time, index[x]
    for x in range(size - 1, -1, -1):
        best, number = minutes[x], index[x]
        for e in range(first[x], first[x + 1]):
            time = minutes[head[e]] + climbing[e]
            if time < best or (time == best and time < np.inf and index[head[e]] < number):
                best, number = time, index[head[e]]
        minutes[x], index[x] = best, number
    times, numbers = np.empty((size, 1)), np.empty((size, 1), np.int64)
    for node in range(size):
        times[node, 0], numbers[node, 0] = minutes[rank[node]], index[rank[node]]
    return times, numbers


@njit(cache=True, nogil=True)
def insert_nearest(minutes: Floats, index: Longs, x: int, time: float, number: int) -> None:
    """Put ``number`` at ``time`` among the nearest of ``x``, each once, by minutes and then by number."""
    at = minutes.shape[1] - 1
    if time > minutes[x, at] or (time == minutes[x, at] and 0 <= index[x, at] < number):
        return
    for i in range(at):
        if index[x, i] == number:
            if minutes[x, i] <= time:
                return
            at = i
            break
    while at > 0 and (minutes[x, at - 1] > time or (minutes[x, at - 1] == time and index[x, at - 1] > number)):
        minutes[x, at], index[x, at] = minutes[x, at - 1], index[x, at - 1]
        at -= 1
    minutes[x, at], index[x, at] = time, number


@njit(cache=True, nogil=True, error_model="numpy")
def sweep_several(
    targets: Ints, k: int, rank: Ints, parent: Ints, first: Longs, head: Ints, falling: Floats, climbing: Floats,
) -> tuple[Floats, Longs]:  # fmt: skip
    """Return for every node the minutes and numbers of its ``k`` nearest targets, (n, k), inf and −1 where there are fewer."""
    size = len(parent)
    minutes, index, place = np.full((size, k), np.inf), np.full((size, k), -1, np.int64), np.full(size, -1, np.int32)
    for number in range(len(targets)):
        insert_nearest(minutes, index, targets[number], 0.0, number)
    for x in list_ancestors(targets, parent, place):
        for e in range(first[x], first[x + 1]):
            for i in range(k):
                time = minutes[x, i] + falling[e]
                if time == np.inf or time > minutes[head[e], k - 1]:
                    break
                insert_nearest(minutes, index, head[e], time, index[x, i])
    for x in range(size - 1, -1, -1):
        for e in range(first[x], first[x + 1]):
            for i in range(k):
                time = minutes[head[e], i] + climbing[e]
                if time == np.inf or time > minutes[x, k - 1]:
                    break
                insert_nearest(minutes, index, x, time, index[head[e], i])
    return minutes[rank], index[rank]
