"""Search grid cells and road nodes together, tile by tile, in whole ticks of time.

The answer is the fixed point t(v) = min over u of t(u) + c(u, v), with t = the seed's time at seeds. All times and costs are whole numbers of
ticks (1/8192 s), each cost at least one, so the fixed point is unique: it does not depend on tiles, threads, order, or whether a source was
there from the start or came later. A cost is within half a tick (0.061 ms) of the formula's value.

Cost of a move of level length d metres between cells of pace p (ticks per metre on level ground), rising by z in the direction of travel:

    c = d · p̄ · exp(3.5 · |z/d + 0.05| − 0.175) · (√(1 + (z/d)²) where lengths follow the slope)

p̄ is the mean of the paces of the cells passed: the two ends of a straight or diagonal move, the two ends and the two middles of a knight's
move, each of which holds a quarter of it. By hand: 30 m level at 5 km/h is 21.6 s = 176,947 ticks; rising 3 m, 21.6 · e^0.35 = 30.652 s.

How: time is cut into windows. Inside a window every tile with work is searched with a bucket queue (Dial 1969) in a local copy with a halo of two
cells, until no tile and no road node has work before the window's end; then the next window begins. A bucket is as wide as the cheapest move, so a
cell is settled once; whatever arrives cheaper later (by road, from the next tile) is simply searched again. What lies beyond the window stays marked
as open and waits. Copies keep the hot loop in cache: speed does not fall with the size of the county.
"""

from __future__ import annotations

import numpy as np
from numba import njit

TICKS_PER_S = 8192.0
NEVER = np.uint32(0xFFFFFFFF)
"""Time of what has not been reached."""
_OPEN, _LINKED, _OUTER = np.uint8(1), np.uint8(2), np.uint8(4)
_LISTED = np.uint8(8)
"""Marks. Of cells: open, has links to road nodes, belongs to another tile. Of nodes: open, stands in the list of those that wait."""
_POWERS = 2.0 ** np.arange(-1, 63)
_LOG2_E = 1.4426950408889634
_STEEP, _EASY, _LEVEL = 3.5, 0.05, 0.175
_FLOOR = 1.0 - _LEVEL
_ROAD_BUCKETS = 256


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def slope_factor(slope: float, stretch: float) -> float:
    """Return minutes on a slope over minutes on the level; ``stretch`` 1 for lengths along the slope, 0 for level lengths.

    2^y by a polynomial on [0, 1), relative error below 3·10⁻⁹.
    """
    y = (_STEEP * abs(slope + _EASY) - _LEVEL) * _LOG2_E
    whole = int(np.floor(y))
    f = y - whole
    power = (((((2.1865784823863317e-04 * f + 1.2391331823096152e-03) * f + 9.68418631164322e-03) * f + 5.548063019600289e-02) * f
              + 2.4023045441248367e-01) * f + 6.931469327588494e-01) * f + 1.0000000025307452  # fmt: skip
    factor = power * _POWERS[min(whole + 1, 63)]
    if stretch > 0.0:
        factor *= np.sqrt(1.0 + stretch * slope * slope)
    return factor


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def move_ticks(paces: float, share_m: float, rise_dm: float, slope_per_dm: float, stretch: float) -> float:
    """Return the cost of a move: ``paces`` added over the cells passed, each holding ``share_m`` metres; not yet rounded."""
    return share_m * paces * slope_factor(rise_dm * slope_per_dm, stretch)


@njit(cache=True, nogil=True, error_model="numpy")
def hand_on(row, begin, end, here, cols, local_flag, local_time, time, flags, tile_first, tile_rows, tile_cols, tiles_across):
    """Write improved cells of other tiles, columns ``begin`` to ``end`` of a row, back, and open them there."""
    for col in range(begin, end):
        if local_flag[here + col - begin] & _OPEN:
            time[row * cols + col] = local_time[here + col - begin]
            flags[row * cols + col] = 1
            other = (row // tile_rows) * tiles_across + col // tile_cols
            tile_first[other] = min(tile_first[other], np.int64(local_time[here + col - begin]))


@njit(cache=True, nogil=True, error_model="numpy")
def search_tile(
    tile, until, rows, cols, height, classes, blocked, time, flags, tile_first, pace, down, right, share_m, slope_per_dm, least, shift,
    stretch, tile_rows, tile_cols, tiles_across, link_first, link_cell, link_node, link_out, node_time, node_flag, node_wait,
    counts, local_time, local_height, local_class, local_blocked, local_flag, head, following, entry,
):  # fmt: skip
    """Search one tile until no cell of it is open before ``until``; hand on what reaches other tiles and road nodes."""
    top, left = (tile // tiles_across) * tile_rows, (tile % tiles_across) * tile_cols
    high, wide = min(tile_rows, rows - top), min(tile_cols, cols - left)
    across = tile_cols + 4
    begin = tile_first[tile]
    pool = len(entry)
    buckets = len(head)
    offset = np.empty(16, dtype=np.int64)
    middle_a, middle_b = np.empty(16, dtype=np.int64), np.empty(16, dtype=np.int64)
    for k in range(16):
        offset[k] = down[k] * across + right[k]
        middle_a[k] = middle_b[k] = 0
        if abs(right[k]) == 2:
            middle_a[k], middle_b[k] = right[k] // 2, down[k] * across + right[k] // 2
        elif abs(down[k]) == 2:
            middle_a[k], middle_b[k] = (down[k] // 2) * across, (down[k] // 2) * across + right[k]
    for b in range(buckets):
        head[b] = -1
    # Entries are taken from a list of those given back, else the next never used.
    free, fresh = np.int64(-1), np.int64(0)
    # Unsigned indices and plain loops: the compiler then copies whole vectors.
    west, east = max(left - 2, 0), min(left + wide + 2, cols)
    for r in range(-2, high + 2):
        row, at = top + r, (r + 2) * across
        for c in range(across):
            local_flag[np.uintp(at + c)] = _OUTER
        if row < 0 or row >= rows:
            for c in range(across):
                local_time[np.uintp(at + c)] = 0
            continue
        for c in range(2):
            local_time[np.uintp(at + c)] = 0
            local_time[np.uintp(at + wide + 2 + c)] = 0
        into, start = at + 2 + west - left, row * cols + west
        for c in range(east - west):
            local_time[np.uintp(into + c)] = time[np.uintp(start + c)]
        for c in range(east - west):
            local_height[np.uintp(into + c)] = height[np.uintp(start + c)]
        for c in range(east - west):
            local_class[np.uintp(into + c)] = classes[np.uintp(start + c)]
        if r < 0 or r >= high:
            continue
        into, start = at + 2, row * cols + left
        for c in range(wide):
            local_blocked[np.uintp(into + c)] = blocked[np.uintp(start + c)]
        for c in range(wide):
            local_flag[np.uintp(into + c)] = flags[np.uintp(start + c)]
        for part in range(0, wide, 32):
            some = np.uint8(0)
            for c in range(part, min(part + 32, wide)):
                some |= local_flag[np.uintp(into + c)]
            if not some:
                continue
            for c in range(part, min(part + 32, wide)):
                here = into + c
                if local_flag[here] & _OPEN and local_time[here] < until and fresh < pool:
                    b = min((local_time[here] - begin) >> shift, buckets - 1)
                    entry[fresh] = here
                    following[fresh] = head[b]
                    head[b] = fresh
                    fresh += 1
    for n in range(link_first[tile], link_first[tile + 1]):
        row, col = link_cell[n] // cols - top, link_cell[n] % cols - left
        local_flag[(row + 2) * across + col + 2] |= _LINKED
    for b in range(buckets):
        while head[b] >= 0:
            e = np.uintp(head[b])
            head[b] = following[e]
            following[e] = free
            free = np.int64(e)
            u = np.uintp(entry[e])
            if not local_flag[u] & _OPEN:
                continue
            local_flag[u] &= ~_OPEN
            t = np.int64(local_time[u])
            barred = local_blocked[u]
            z = float(local_height[u])
            p = pace[local_class[u]]
            for k in range(16):
                if k == 8 and (barred >> 8) == 255:
                    break
                if (barred >> k) & 1:
                    continue
                v = np.uintp(np.int64(u) + offset[k])
                known = np.int64(local_time[v])
                if known <= t + least[k]:
                    continue
                paces = p + pace[local_class[v]]
                if k >= 8:
                    paces += (
                        pace[local_class[np.uintp(np.int64(u) + middle_a[k])]]
                        + pace[local_class[np.uintp(np.int64(u) + middle_b[k])]]
                    )
                level = share_m[k] * paces
                slope = (float(local_height[v]) - z) * slope_per_dm[k]
                # e^x is at least 1 + x: most moves that cannot win are known by that, without the exponential.
                if level * (_FLOOR + _STEEP * abs(slope + _EASY)) >= float(known - t):
                    continue
                cost = level * slope_factor(slope, stretch)
                if cost > 4.0e9:
                    continue
                arrival = t + max(np.int64(cost + 0.5), 1)
                if arrival < known:
                    local_time[v] = arrival
                    mark = local_flag[v]
                    local_flag[v] = mark | _OPEN
                    if not mark & _OUTER and arrival < until and (free >= 0 or fresh < pool):
                        if free >= 0:
                            e = np.uintp(free)
                            free = np.int64(following[e])
                        else:
                            e = np.uintp(fresh)
                            fresh += 1
                        entry[e] = v
                        into = np.uintp(min((arrival - begin) >> shift, buckets - 1))
                        following[e] = head[into]
                        head[into] = e
            if local_flag[u] & _LINKED:
                place = np.int64(u)
                cell = (top + place // across - 2) * cols + left + place % across - 2
                low, up = link_first[tile], link_first[tile + 1]
                while low < up:
                    half = (low + up) // 2
                    if link_cell[half] < cell:
                        low = half + 1
                    else:
                        up = half
                while low < link_first[tile + 1] and link_cell[low] == cell:
                    node = link_node[low]
                    arrival = t + link_out[low]
                    if arrival < node_time[node]:
                        node_time[node] = arrival
                        node_flag[node] |= _OPEN
                        if not node_flag[node] & _LISTED:
                            node_flag[node] |= _LISTED
                            node_wait[counts[0]] = node
                            counts[0] += 1
                        if arrival < counts[1]:
                            counts[1] = arrival
                    low += 1
    first = np.int64(NEVER)
    for r in range(-2, high + 2):
        row, at = top + r, (r + 2) * across
        if row < 0 or row >= rows:
            continue
        if r < 0 or r >= high:
            hand_on(
                row,
                west,
                east,
                at + 2 + west - left,
                cols,
                local_flag,
                local_time,
                time,
                flags,
                tile_first,
                tile_rows,
                tile_cols,
                tiles_across,
            )
            continue
        hand_on(
            row,
            west,
            left,
            at + 2 + west - left,
            cols,
            local_flag,
            local_time,
            time,
            flags,
            tile_first,
            tile_rows,
            tile_cols,
            tiles_across,
        )
        hand_on(
            row,
            left + wide,
            east,
            at + 2 + wide,
            cols,
            local_flag,
            local_time,
            time,
            flags,
            tile_first,
            tile_rows,
            tile_cols,
            tiles_across,
        )
        into, start = at + 2, row * cols + left
        for c in range(wide):
            time[np.uintp(start + c)] = local_time[np.uintp(into + c)]
        for c in range(wide):
            flags[np.uintp(start + c)] = local_flag[np.uintp(into + c)] & _OPEN
        for part in range(0, wide, 32):
            some = np.uint8(0)
            for c in range(part, min(part + 32, wide)):
                some |= local_flag[np.uintp(into + c)] & _OPEN
            if not some:
                continue
            for c in range(part, min(part + 32, wide)):
                if local_flag[np.uintp(into + c)] & _OPEN:
                    first = min(first, np.int64(local_time[np.uintp(into + c)]))
    tile_first[tile] = first


@njit(cache=True, nogil=True, error_model="numpy")
def search_nodes(
    begin, until, node_time, node_flag, node_wait, counts, arc_first, arc_end, arc_ticks, node_first, node_cell, node_out,
    time, flags, cols, tile_first, tile_rows, tile_cols, tiles_across, head, after, before,
):  # fmt: skip
    """Search the road nodes until none is open before ``until``; hand on what reaches cells."""
    buckets = len(head)
    width = max((until - begin) // buckets + 1, 1)
    for b in range(buckets):
        head[b] = -1
    kept = 0
    waiting = counts[0]
    first = np.int64(NEVER)
    for w in range(waiting):
        node = node_wait[w]
        t = np.int64(node_time[node])
        if not node_flag[node] & _OPEN:
            node_flag[node] &= ~_LISTED
            continue
        if t >= until:
            node_wait[kept] = node
            kept += 1
            first = min(first, t)
            continue
        node_flag[node] &= ~_LISTED
        b = max((t - begin) // width, 0)
        before[node] = -1 - b
        after[node] = head[b]
        if head[b] >= 0:
            before[head[b]] = node
        head[b] = node
    for b in range(buckets):
        while head[b] >= 0:
            u = head[b]
            head[b] = after[u]
            if after[u] >= 0:
                before[after[u]] = -1 - b
            node_flag[u] &= ~_OPEN
            t = np.int64(node_time[u])
            for a in range(arc_first[u], arc_first[u + 1]):
                v = arc_end[a]
                arrival = t + arc_ticks[a]
                if arrival >= node_time[v]:
                    continue
                queued = node_flag[v] & _OPEN and node_time[v] < until
                node_time[v] = arrival
                node_flag[v] |= _OPEN
                if arrival >= until:
                    first = min(first, arrival)
                    if not node_flag[v] & _LISTED:
                        node_flag[v] |= _LISTED
                        node_wait[kept] = v
                        kept += 1
                    continue
                if queued:
                    if after[v] >= 0:
                        before[after[v]] = before[v]
                    if before[v] < 0:
                        head[-1 - before[v]] = after[v]
                    else:
                        after[before[v]] = after[v]
                into = max((arrival - begin) // width, 0)
                before[v] = -1 - into
                after[v] = head[into]
                if head[into] >= 0:
                    before[head[into]] = v
                head[into] = v
            for n in range(node_first[u], node_first[u + 1]):
                cell = node_cell[n]
                arrival = t + node_out[n]
                if arrival < time[cell]:
                    time[cell] = arrival
                    flags[cell] = 1
                    tile = (cell // cols // tile_rows) * tiles_across + cell % cols // tile_cols
                    tile_first[tile] = min(tile_first[tile], arrival)
    counts[0] = kept
    counts[1] = first


@njit(cache=True, nogil=True, error_model="numpy")
def search(
    limit, window, rows, cols, height, classes, blocked, time, flags, tile_first, pace, down, right, share_m, slope_per_dm, least, stretch,
    tile_rows, tile_cols, link_first, link_cell, link_node, link_out, node_time, node_flag, node_wait, counts,
    arc_first, arc_end, arc_ticks, node_first, node_cell, node_out,
):  # fmt: skip
    """Search until nothing is open before ``limit`` ticks; returns the number of tile visits.

    Parameters
    ----------
    limit, window
        Ticks: times at or beyond ``limit`` are not final; length of a window.
    height, classes, blocked
        The ground, as in `geoplan.contracts.ground.Ground`.
    time, flags
        (rows · cols,) uint32 ticks and uint8 marks, changed in place; open cells (mark 1) are where the search goes on.
    tile_first
        (tiles,) int64 earliest open time of each tile.
    pace
        (256,) ticks per metre of each class on level ground.
    down, right, share_m, slope_per_dm, least
        (16,) of each move: rows, columns, metres held by each cell passed, slope per decimetre of rise (its sign turns the search
        towards the sources), and the least cost there can be.
    stretch
        1 where lengths follow the slope, 0 where they are level.
    link_first, link_cell, link_node, link_out
        Links from cells to road nodes: first link of each tile, then cell (ascending within a tile), node and ticks.
    node_time, node_flag, node_wait, counts
        Road nodes: (n,) ticks and marks, list of open ones, and (2,) its length and earliest time.
    arc_first, arc_end, arc_ticks, node_first, node_cell, node_out
        Arcs between road nodes and links from nodes to cells, each in compressed rows.
    """
    tiles_across = (cols + tile_cols - 1) // tile_cols
    tiles = len(tile_first)
    size = (tile_rows + 4) * (tile_cols + 4)
    local_time, local_height = np.empty(size, dtype=np.uint32), np.empty(size, dtype=np.int16)
    local_class, local_blocked = np.empty(size, dtype=np.uint8), np.empty(size, dtype=np.uint16)
    local_flag = np.empty(size, dtype=np.uint8)
    shift = 0
    while (2 << shift) <= least.min():
        shift += 1
    head = np.empty(min((window >> shift) + 1, 1 << 16), dtype=np.int32)
    following, entry = np.empty(2 * size, dtype=np.int32), np.empty(2 * size, dtype=np.int32)
    road_head = np.empty(_ROAD_BUCKETS, dtype=np.int32)
    after, before = np.empty(len(node_time), dtype=np.int32), np.empty(len(node_time), dtype=np.int32)
    visits = 0
    while True:
        begin = counts[1]
        for tile in range(tiles):
            begin = min(begin, tile_first[tile])
        if begin >= limit or begin >= np.int64(NEVER):
            return visits
        until = min(begin + window, limit)
        again = True
        while again:
            again = False
            if counts[0] and counts[1] < until:
                search_nodes(
                    begin, until, node_time, node_flag, node_wait, counts, arc_first, arc_end, arc_ticks, node_first, node_cell,
                    node_out, time, flags, cols, tile_first, tile_rows, tile_cols, tiles_across, road_head, after, before,
                )  # fmt: skip
                again = True
            for tile in range(tiles):
                if tile_first[tile] < until:
                    search_tile(
                        tile, until, rows, cols, height, classes, blocked, time, flags, tile_first, pace, down, right, share_m, slope_per_dm,
                        least, shift, stretch, tile_rows, tile_cols, tiles_across, link_first, link_cell, link_node, link_out,
                        node_time, node_flag, node_wait, counts, local_time, local_height, local_class, local_blocked,
                        local_flag, head, following, entry,
                    )  # fmt: skip
                    visits += 1
                    again = True
