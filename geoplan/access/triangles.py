"""Set the minutes of chordal arcs so that no way round is quicker than the arcs that climb and fall once.

A chordal arc joins ranks x < y and has two times: up (x → y) and down (y → x). It starts with the least minutes of the road arcs between the two and ends with

    up(x, y) = min(road(x → y), min over z < x joined to both of down(z, x) + up(z, y)),    down(x, y) alike with the ways reversed,

taken for x in order of rank, so that what stands on the right is final (customisable contraction hierarchies: Dibbelt, Strasser, Wagner 2016).
After that a quickest path between any two nodes exists that first only climbs in rank and then only falls.

By hand, ranks 0–1 at 2 min and 0–2 at 3 min both ways, nothing between 1 and 2: the arc 1–2 becomes 5 min both ways.

Minutes are multiples of 2⁻³² (14 ns), so that sums below 2²¹ minutes (4 years) are exact: every order of computing gives the same bits.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geoplan.access.arrays import Floats, Ints, Longs, Marks


@njit(cache=True, nogil=True)
def _find_arc(first: Longs, head: Ints, x: int, y: int) -> int:
    """Return the arc from rank x to the later rank y, which exists."""
    low, high = first[x], first[x + 1] - 1
    while low < high:
        middle = (low + high) >> 1
        if head[middle] < y:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def find_slots(first: Longs, head: Ints, rank: Ints, start: Longs, end: Longs) -> tuple[Ints, Marks]:
    """Return the chordal arc of each road arc, −1 for loops, and whether it climbs."""
    slot, climbs = np.full(len(start), -1, np.int32), np.zeros(len(start), np.uint8)
    for i in range(len(start)):
        a, b = rank[start[i]], rank[end[i]]
        if a == b:
            continue
        if a < b:
            climbs[i] = 1
        else:
            a, b = b, a
        slot[i] = _find_arc(first, head, a, b)
    return slot, climbs


@njit(cache=True, nogil=True)
def list_tails(first: Longs, head: Ints) -> tuple[Longs, Ints, Ints]:
    """Return for each rank its earlier neighbours: (n + 1,) firsts, (m,) their ranks ascending, and (m,) the arcs."""
    size = len(first) - 1
    below = np.zeros(size + 1, np.int64)
    for e in range(len(head)):
        below[head[e] + 1] += 1
    for x in range(size):
        below[x + 1] += below[x]
    following = below[:size].copy()
    tail, arc = np.empty(len(head), np.int32), np.empty(len(head), np.int32)
    for x in range(size):
        for e in range(first[x], first[x + 1]):
            at = following[head[e]]
            tail[at], arc[at] = x, e
            following[head[e]] = at + 1
    return below, tail, arc


@njit(cache=True, nogil=True)
def part_tree(parent: Ints, first: Longs, shares: float) -> tuple[Marks, Longs]:
    """Return marks of the ranks at the top of the tree, and (p, 2) runs of the others that no triangle joins to one another.

    A rank is below the top if its subtree holds less than one part in ``shares`` of the triangles; runs are made of whole such subtrees until
    they hold as much.
    """
    size = len(parent)
    work, top = np.ones(size), np.zeros(size, np.uint8)
    for x in range(size):
        later = first[x + 1] - first[x]
        work[x] += 0.5 * later * later
        if parent[x] >= 0:
            work[parent[x]] += work[x]
    total = 0.0
    for x in range(size):
        if parent[x] < 0:
            total += work[x]
    cuts, count, held = np.zeros(2 * int(shares) + 2, np.int64), 0, 0.0
    for x in range(size):
        top[x] = work[x] > total / shares
        if top[x] == 0 and (parent[x] < 0 or work[parent[x]] > total / shares):
            held += work[x]
            if held >= total / shares and count < len(cuts) - 2:
                count += 1
                cuts[count] = x + 1
                held = 0.0
    cuts[count + 1] = size
    runs = np.empty((count + 1, 2), np.int64)
    for i in range(count + 1):
        runs[i, 0], runs[i, 1] = cuts[i], cuts[i + 1]
    return top, runs


@njit(cache=True, nogil=True)
def lay_roads(slot: Ints, climbs: Marks, minutes: Floats, arcs: int) -> tuple[Floats, Floats]:
    """Return the up and down minutes of ``arcs`` chordal arcs from road arcs alone, inf where there are none."""
    up, down = np.full(arcs, np.inf), np.full(arcs, np.inf)
    for i in range(len(slot)):
        if slot[i] >= 0:
            if climbs[i]:
                up[slot[i]] = min(up[slot[i]], minutes[i])
            else:
                down[slot[i]] = min(down[slot[i]], minutes[i])
    return up, down


@njit(cache=True, nogil=True, error_model="numpy")
def close_triangles(
    begin: int, stop: int, top: Marks, which: int, first: Longs, head: Ints, below: Longs, tail: Ints, arc: Ints, up: Floats,
    down: Floats,
) -> None:  # fmt: skip
    """Finish the arcs whose lower ends are the ranks from ``begin`` to ``stop`` with ``top`` equal to ``which``, in place."""
    place = np.empty(len(first), np.uint32)  # unsigned: no test for negative indices in the innermost loop
    for x in range(begin, stop):
        if top[x] != which or first[x] == first[x + 1]:
            continue
        for e in range(first[x], first[x + 1]):
            place[head[e]] = e
        for q in range(below[x], below[x + 1]):
            a, last = arc[q], first[tail[q] + 1]
            fall, climb = down[a], up[a]
            to = place[head[a + 1]] if a + 1 < last else 0
            if a + 1 < last and place[head[last - 1]] - to == last - a - 2:  # their common neighbours are one run: no look-up
                long = np.int64(last - a - 1)
                third_up, third_down, side_up, side_down = (
                    up[to : to + long],
                    down[to : to + long],
                    up[a + 1 : last],
                    down[a + 1 : last],
                )
                for i in range(long):
                    third_up[i] = min(third_up[i], fall + side_up[i])
                for i in range(long):
                    third_down[i] = min(third_down[i], side_down[i] + climb)
                continue
            for e in range(a + 1, last):
                t = place[head[e]]
                up[t] = min(up[t], fall + up[e])
                down[t] = min(down[t], down[e] + climb)


@njit(cache=True, nogil=True)
def _push(heap: Ints, size: int, key: int) -> None:
    """Add ``key`` to the binary heap of ``size`` keys."""
    i = size
    while i > 0 and heap[(i - 1) >> 1] > key:
        heap[i] = heap[(i - 1) >> 1]
        i = (i - 1) >> 1
    heap[i] = key


@njit(cache=True, nogil=True)
def _pop(heap: Ints, size: int) -> int:
    """Take the least key from the binary heap of ``size`` keys."""
    least, key = heap[0], heap[size - 1]
    i, child = 0, 1
    while child < size - 1:
        if child + 1 < size - 1 and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[i] = heap[child]
        i, child = child, 2 * child + 1
    heap[i] = key
    return least


@njit(cache=True, nogil=True, error_model="numpy")
def _finish_arc(
    a: int, x: int, first: Longs, head: Ints, below: Longs, tail: Ints, arc: Ints, road_first: Longs, road: Ints,
    climbs: Marks, minutes: Floats, up: Floats, down: Floats,
) -> tuple[float, float]:  # fmt: skip
    """Return what the two minutes of arc ``a`` with lower end ``x`` must be, its lower triangles being final."""
    rise = fall = np.inf
    for i in range(road_first[a], road_first[a + 1]):
        if climbs[road[i]]:
            rise = min(rise, minutes[road[i]])
        else:
            fall = min(fall, minutes[road[i]])
    y = head[a]
    p, q = below[x], below[y]
    while p < below[x + 1] and q < below[y + 1]:
        if tail[p] < tail[q]:
            p += 1
        elif tail[p] > tail[q]:
            q += 1
        else:
            rise = min(rise, down[arc[p]] + up[arc[q]])
            fall = min(fall, down[arc[q]] + up[arc[p]])
            p += 1
            q += 1
    return rise, fall


@njit(cache=True, nogil=True, error_model="numpy")
def change_triangles(
    changed: Ints, most: int, first: Longs, head: Ints, below: Longs, tail: Ints, arc: Ints, road_first: Longs, road: Ints,
    climbs: Marks, minutes: Floats, up: Floats, down: Floats,
) -> bool:  # fmt: skip
    """Finish again the chordal arcs ``changed`` and all that depend on them, in place; return False, half done, once more than ``most`` are looked at.

    Arcs are looked at in order of number, that is of their lower ends; an arc that keeps its minutes leads no further. A third arc of a triangle is
    looked at if it may have owed its minutes to the arc changed, or is now beaten.
    """
    waits = np.zeros(len(head), np.uint8)
    heap, size, looked = np.empty(64 + len(changed), np.int32), 0, 0
    for a in changed:
        if waits[a] == 0:
            waits[a] = 1
            _push(heap, size, a)
            size += 1
    while size > 0:
        a = _pop(heap, size)
        size -= 1
        looked += 1
        if looked > most:
            return False
        x = int(np.searchsorted(first, a, side="right")) - 1
        old_up, old_down = up[a], down[a]
        up[a], down[a] = _finish_arc(a, x, first, head, below, tail, arc, road_first, road, climbs, minutes, up, down)
        if up[a] == old_up and down[a] == old_down:
            continue
        if size + first[x + 1] - first[x] > len(heap):
            larger = np.empty(2 * len(heap) + first[x + 1] - first[x], np.int32)
            larger[:size] = heap[:size]
            heap = larger
        y = head[a]
        for e in range(first[x], first[x + 1]):
            if e == a:
                continue
            t = _find_arc(first, head, min(y, head[e]), max(y, head[e]))
            if waits[t]:
                continue
            if e > a:  # t climbs from y to the head of e
                was, is_now = (old_down + up[e], down[e] + old_up), (down[a] + up[e], down[e] + up[a])
            else:
                was, is_now = (down[e] + old_up, old_down + up[e]), (down[e] + up[a], down[a] + up[e])
            owed = (was[0] <= up[t] and was[0] < np.inf) or (was[1] <= down[t] and was[1] < np.inf)
            beats = is_now[0] < up[t] or is_now[1] < down[t]
            if owed or beats:
                waits[t] = 1
                _push(heap, size, t)
                size += 1
    return True
