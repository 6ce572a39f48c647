"""Search grid cells and road nodes together, tile by tile, in whole ticks of time.

The answer is the fixed point t(v) = min over u of t(u) + c(u, v), with t = the seed's time at seeds. All times and costs are whole numbers of
ticks (1/8192 s), each cost at least one, so the fixed point is unique: it does not depend on tiles, threads, order, or whether a source was
there from the start or came later. A cost is within half a tick (0.061 ms) of the formula's value.

Cost of a move of level length d metres between cells of pace p (ticks per metre on level ground), rising by z in the direction of travel:

    c = d · p̄ · exp(3.5 · |z/d + 0.05| − 0.175) · (√(1 + (z/d)²) where lengths follow the slope)

p̄ is the mean of the paces of the cells passed: the two ends of a straight or diagonal move, the two ends and the two middles of a knight's
move, each of which holds a quarter of it. By hand: 30 m level at 5 km/h is 21.6 s = 176,947 ticks; rising 3 m, 21.6 · e^0.35 = 30.652 s.

How: time is cut into windows. Inside a window every tile with work is searched with a bucket queue (Dial 1969) in a local copy with a halo of two
cells, until no tile and no road node has work before the window's end; then the next window begins. A bucket is no wider than the cheapest move,
so a cell is settled once; whatever arrives cheaper later (by road, from the next tile) is simply searched again. What lies beyond the window stays
marked as open and waits. Copies keep the hot loop in cache: speed does not fall with the size of the county.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

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
_TOO_DEAR = 4.0e9
_ROAD_BUCKETS = 256
_CHUNK = 32


class Cells(NamedTuple):
    """The ground as in `geoplan.contracts.ground.Ground`, flat, and the state of the search on it."""

    rows: int
    cols: int
    height: NDArray[np.int16]
    classes: NDArray[np.uint8]
    blocked: NDArray[np.uint16]
    time: NDArray[np.uint32]
    """(rows · cols,) ticks, changed in place."""
    flags: NDArray[np.uint8]
    """(rows · cols,) marks, changed in place; open cells (mark 1) are where the search goes on."""


class Moves(NamedTuple):
    """What the sixteen moves cost."""

    pace: NDArray[np.float64]
    """(256,) ticks per metre of each class on level ground."""
    down: NDArray[np.int64]
    right: NDArray[np.int64]
    share_m: NDArray[np.float64]
    """(16,) metres held by each cell passed."""
    slope_per_dm: NDArray[np.float64]
    """(16,) slope per decimetre of rise; its sign turns the search towards the sources."""
    least: NDArray[np.int64]
    """(16,) the least cost there can be, ticks."""
    stretch: float
    """1 where lengths follow the slope, 0 where they are level."""


class Tiles(NamedTuple):
    """Squares of cells."""

    size: int
    across: int
    first: NDArray[np.int64]
    """(tiles,) earliest open time of each tile, changed in place."""


class Links(NamedTuple):
    """Links from cells to road nodes: first link of each tile, then cell (ascending within a tile), node and ticks."""

    first: NDArray[np.int64]
    cell: NDArray[np.int64]
    node: NDArray[np.int32]
    out: NDArray[np.int64]


class Nodes(NamedTuple):
    """Road nodes: state, arcs between them and links to cells, both in compressed rows."""

    time: NDArray[np.uint32]
    flag: NDArray[np.uint8]
    wait: NDArray[np.int32]
    """List of open nodes, as long as ``counts[0]``."""
    counts: NDArray[np.int64]
    """(2,) length of the list, and the earliest time in it."""
    arc_first: NDArray[np.int64]
    arc_end: NDArray[np.int32]
    arc_ticks: NDArray[np.int64]
    link_first: NDArray[np.int64]
    link_cell: NDArray[np.int64]
    link_out: NDArray[np.int64]


class Scratch(NamedTuple):
    """One tile's copy with its halo, and its queue: entries in lists that begin at ``head``."""

    time: NDArray[np.uint32]
    height: NDArray[np.int16]
    classes: NDArray[np.uint8]
    blocked: NDArray[np.uint16]
    flag: NDArray[np.uint8]
    head: NDArray[np.int32]
    following: NDArray[np.int32]
    entry: NDArray[np.int32]


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def slope_factor(slope: float, stretch: float) -> float:
    """Return minutes on a slope over minutes on the level; ``stretch`` 1 for lengths along the slope, 0 for level lengths.

    2^y by a polynomial on [0, 1), relative error below 3·10⁻⁹.
    """
    y = (_STEEP * abs(slope + _EASY) - _LEVEL) * _LOG2_E
    whole = int(np.floor(y))
    f = y - whole
    power = 2.1865784823863317e-04 * f + 1.2391331823096152e-03
    power = (power * f + 9.68418631164322e-03) * f + 5.548063019600289e-02
    power = (power * f + 2.4023045441248367e-01) * f + 6.931469327588494e-01
    factor = (power * f + 1.0000000025307452) * _POWERS[min(whole + 1, 63)]
    if stretch > 0.0:
        factor *= np.sqrt(1.0 + stretch * slope * slope)
    return factor


@njit(cache=True, nogil=True, error_model="numpy")
def _find_cell(cells: NDArray[np.int64], cell: int, low: int, up: int) -> int:
    """Return the first place between ``low`` and ``up`` whose cell is not before ``cell``."""
    while low < up:
        half = (low + up) // 2
        if cells[half] < cell:
            low = half + 1
        else:
            up = half
    return low


@njit(cache=True, nogil=True, error_model="numpy")
def _copy_in(tile: int, cells: Cells, tiles: Tiles, local: Scratch) -> None:
    """Copy a tile and its halo; unsigned indices and plain loops, so that whole vectors are copied."""
    top, left = (tile // tiles.across) * tiles.size, (tile % tiles.across) * tiles.size
    high, wide = min(tiles.size, cells.rows - top), min(tiles.size, cells.cols - left)
    across = tiles.size + 4
    time, height, classes, blocked, flags = cells.time, cells.height, cells.classes, cells.blocked, cells.flags
    local_time, local_height, local_classes = local.time, local.height, local.classes
    local_blocked, local_flag = local.blocked, local.flag
    west, east = max(left - 2, 0), min(left + wide + 2, cells.cols)
    for r in range(-2, high + 2):
        row, at = top + r, (r + 2) * across
        for c in range(across):
            local_flag[np.uintp(at + c)] = _OUTER
        if row < 0 or row >= cells.rows:
            for c in range(across):
                local_time[np.uintp(at + c)] = 0
            continue
        for c in range(2):
            local_time[np.uintp(at + c)] = 0
            local_time[np.uintp(at + wide + 2 + c)] = 0
        into, start = at + 2 + west - left, row * cells.cols + west
        for c in range(east - west):
            local_time[np.uintp(into + c)] = time[np.uintp(start + c)]
        for c in range(east - west):
            local_height[np.uintp(into + c)] = height[np.uintp(start + c)]
        for c in range(east - west):
            local_classes[np.uintp(into + c)] = classes[np.uintp(start + c)]
        if r < 0 or r >= high:
            continue
        into, start = at + 2, row * cells.cols + left
        for c in range(wide):
            local_blocked[np.uintp(into + c)] = blocked[np.uintp(start + c)]
        for c in range(wide):
            local_flag[np.uintp(into + c)] = flags[np.uintp(start + c)]


@njit(cache=True, nogil=True, error_model="numpy")
def _queue_open(tile: int, begin: int, until: int, shift: int, cells: Cells, tiles: Tiles, local: Scratch) -> int:
    """Put the tile's open cells due before ``until`` into buckets; returns the number of entries used."""
    top, left = (tile // tiles.across) * tiles.size, (tile % tiles.across) * tiles.size
    high, wide = min(tiles.size, cells.rows - top), min(tiles.size, cells.cols - left)
    buckets, pool, fresh = len(local.head), len(local.entry), 0
    for b in range(buckets):
        local.head[b] = -1
    for r in range(high):
        into = (r + 2) * (tiles.size + 4) + 2
        for part in range(0, wide, _CHUNK):
            some = np.uint8(0)
            for c in range(part, min(part + _CHUNK, wide)):
                some |= local.flag[np.uintp(into + c)]
            if not some:
                continue
            for c in range(part, min(part + _CHUNK, wide)):
                here = into + c
                # Without room for an entry the cell stays open, and the tile is visited again.
                if local.flag[here] & _OPEN and local.time[here] < until and fresh < pool:
                    b = min((local.time[here] - begin) >> shift, buckets - 1)
                    local.entry[fresh] = here
                    local.following[fresh] = local.head[b]
                    local.head[b] = fresh
                    fresh += 1
    return fresh


@njit(cache=True, nogil=True, error_model="numpy")
def _copy_out(tile: int, cells: Cells, tiles: Tiles, local: Scratch) -> None:
    """Write a tile back, hand improved cells of its halo on, and note the earliest cell still open."""
    top, left = (tile // tiles.across) * tiles.size, (tile % tiles.across) * tiles.size
    high, wide = min(tiles.size, cells.rows - top), min(tiles.size, cells.cols - left)
    across = tiles.size + 4
    time, flags, local_time, local_flag = cells.time, cells.flags, local.time, local.flag
    west, east = max(left - 2, 0), min(left + wide + 2, cells.cols)
    first = np.int64(NEVER)
    for r in range(-2, high + 2):
        row, at = top + r, (r + 2) * across
        if row < 0 or row >= cells.rows:
            continue
        if r < 0 or r >= high:
            _hand_on(row, west, east, at + 2 + west - left, cells, tiles, local)
            continue
        _hand_on(row, west, left, at + 2 + west - left, cells, tiles, local)
        _hand_on(row, left + wide, east, at + 2 + wide, cells, tiles, local)
        into, start = at + 2, row * cells.cols + left
        for c in range(wide):
            time[np.uintp(start + c)] = local_time[np.uintp(into + c)]
        for c in range(wide):
            flags[np.uintp(start + c)] = local_flag[np.uintp(into + c)] & _OPEN
        for part in range(0, wide, _CHUNK):
            some = np.uint8(0)
            for c in range(part, min(part + _CHUNK, wide)):
                some |= local_flag[np.uintp(into + c)] & _OPEN
            if not some:
                continue
            for c in range(part, min(part + _CHUNK, wide)):
                if local_flag[np.uintp(into + c)] & _OPEN:
                    first = min(first, np.int64(local_time[np.uintp(into + c)]))
    tiles.first[tile] = first


@njit(cache=True, nogil=True, error_model="numpy")
def _hand_on(row: int, begin: int, end: int, here: int, cells: Cells, tiles: Tiles, local: Scratch) -> None:
    """Write improved cells of other tiles, columns ``begin`` to ``end`` of a row, back, and open them there."""
    for col in range(begin, end):
        if local.flag[here + col - begin] & _OPEN:
            arrival = local.time[here + col - begin]
            cells.time[row * cells.cols + col] = arrival
            cells.flags[row * cells.cols + col] = 1
            other = (row // tiles.size) * tiles.across + col // tiles.size
            tiles.first[other] = min(tiles.first[other], np.int64(arrival))


@njit(cache=True, nogil=True, error_model="numpy")
def _enter_roads(t: int, cell: int, low: int, up: int, links: Links, nodes: Nodes) -> None:
    """Pass a settled cell's time on to the road nodes it is linked to."""
    n = _find_cell(links.cell, cell, low, up)
    while n < up and links.cell[n] == cell:
        node = links.node[n]
        arrival = t + links.out[n]
        if arrival < nodes.time[node]:
            nodes.time[node] = arrival
            if not nodes.flag[node] & _LISTED:
                nodes.wait[nodes.counts[0]] = node
                nodes.counts[0] += 1
            nodes.flag[node] |= _OPEN | _LISTED
            nodes.counts[1] = min(nodes.counts[1], arrival)
        n += 1


@njit(cache=True, nogil=True, error_model="numpy")
def _search_tile(
    tile: int, until: int, shift: int, cells: Cells, moves: Moves, tiles: Tiles, links: Links, nodes: Nodes, local: Scratch
) -> None:
    """Search one tile until no cell of it is open before ``until``; hand on what reaches other tiles and road nodes."""
    across = tiles.size + 4
    begin = tiles.first[tile]
    top, left = (tile // tiles.across) * tiles.size, (tile % tiles.across) * tiles.size
    offset = moves.down * across + moves.right
    middle_a, middle_b = np.zeros(16, dtype=np.int64), np.zeros(16, dtype=np.int64)
    for k in range(8, 16):
        if abs(moves.right[k]) == 2:
            middle_a[k], middle_b[k] = moves.right[k] // 2, moves.down[k] * across + moves.right[k] // 2
        else:
            middle_a[k], middle_b[k] = (moves.down[k] // 2) * across, (moves.down[k] // 2) * across + moves.right[k]
    _copy_in(tile, cells, tiles, local)
    fresh = np.int64(_queue_open(tile, begin, until, shift, cells, tiles, local))
    first_link, last_link = links.first[tile], links.first[tile + 1]
    for n in range(first_link, last_link):
        local.flag[(links.cell[n] // cells.cols - top + 2) * across + links.cell[n] % cells.cols - left + 2] |= _LINKED
    time, height, classes, blocked, flag = local.time, local.height, local.classes, local.blocked, local.flag
    head, following, entry = local.head, local.following, local.entry
    pace, share_m, slope_per_dm, least, stretch = moves.pace, moves.share_m, moves.slope_per_dm, moves.least, moves.stretch
    buckets, pool = len(head), len(entry)
    # Entries given back are used again first.
    free = np.int64(-1)
    for b in range(buckets):
        while head[b] >= 0:
            e = np.uintp(head[b])
            head[b] = following[e]
            following[e] = free
            free = np.int64(e)
            u = np.uintp(entry[e])
            if not flag[u] & _OPEN:
                continue
            flag[u] &= ~_OPEN
            t = np.int64(time[u])
            barred = blocked[u]
            z = float(height[u])
            p = pace[classes[u]]
            for k in range(16):
                if k == 8 and (barred >> 8) == 255:
                    break
                if (barred >> k) & 1:
                    continue
                v = np.uintp(np.int64(u) + offset[k])
                known = np.int64(time[v])
                if known <= t + least[k]:
                    continue
                paces = p + pace[classes[v]]
                if k >= 8:
                    paces += (
                        pace[classes[np.uintp(np.int64(u) + middle_a[k])]] + pace[classes[np.uintp(np.int64(u) + middle_b[k])]]
                    )
                level = share_m[k] * paces
                slope = (float(height[v]) - z) * slope_per_dm[k]
                # e^x is at least 1 + x: most moves that cannot win are known by that, without the exponential.
                if level * (_FLOOR + _STEEP * abs(slope + _EASY)) >= float(known - t):
                    continue
                cost = level * slope_factor(slope, stretch)
                if cost > _TOO_DEAR:
                    continue
                arrival = t + max(np.int64(cost + 0.5), 1)
                if arrival < known:
                    time[v] = arrival
                    mark = flag[v]
                    flag[v] = mark | _OPEN
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
            if flag[u] & _LINKED:
                place = np.int64(u)
                cell = (top + place // across - 2) * cells.cols + left + place % across - 2
                _enter_roads(t, cell, first_link, last_link, links, nodes)
    _copy_out(tile, cells, tiles, local)


@njit(cache=True, nogil=True, error_model="numpy")
def _unlink(node: int, head: NDArray[np.int32], after: NDArray[np.int32], before: NDArray[np.int32]) -> None:
    """Take a node out of its bucket."""
    if after[node] >= 0:
        before[after[node]] = before[node]
    if before[node] < 0:
        head[-1 - before[node]] = after[node]
    else:
        after[before[node]] = after[node]


@njit(cache=True, nogil=True, error_model="numpy")
def _link(node: int, bucket: int, head: NDArray[np.int32], after: NDArray[np.int32], before: NDArray[np.int32]) -> None:
    """Put a node at the head of a bucket."""
    before[node] = -1 - bucket
    after[node] = head[bucket]
    if head[bucket] >= 0:
        before[head[bucket]] = node
    head[bucket] = node


@njit(cache=True, nogil=True, error_model="numpy")
def _queue_nodes(
    begin: int, until: int, width: int, nodes: Nodes, head: NDArray[np.int32], after: NDArray[np.int32], before: NDArray[np.int32]
) -> tuple[int, int]:
    """Put the listed nodes due before ``until`` into buckets; returns how many stay listed, and the earliest of them."""
    head[:] = -1
    kept, first = np.int64(0), np.int64(NEVER)
    for w in range(nodes.counts[0]):
        node = nodes.wait[w]
        t = np.int64(nodes.time[node])
        if nodes.flag[node] & _OPEN and t >= until:
            nodes.wait[kept] = node
            kept += 1
            first = min(first, t)
            continue
        nodes.flag[node] &= ~_LISTED
        if nodes.flag[node] & _OPEN:
            _link(node, max((t - begin) // width, 0), head, after, before)
    return kept, first


@njit(cache=True, nogil=True, error_model="numpy")
def _search_nodes(
    begin: int, until: int, nodes: Nodes, cells: Cells, tiles: Tiles, head: NDArray[np.int32], after: NDArray[np.int32],
    before: NDArray[np.int32],
) -> None:  # fmt: skip
    """Search the road nodes until none is open before ``until``; hand on what reaches cells."""
    buckets = len(head)
    width = max((until - begin) // buckets + 1, 1)
    kept, first = _queue_nodes(begin, until, width, nodes, head, after, before)
    for b in range(buckets):
        while head[b] >= 0:
            u = head[b]
            _unlink(u, head, after, before)
            nodes.flag[u] &= ~_OPEN
            t = np.int64(nodes.time[u])
            for a in range(nodes.arc_first[u], nodes.arc_first[u + 1]):
                v = nodes.arc_end[a]
                arrival = t + nodes.arc_ticks[a]
                if arrival >= nodes.time[v]:
                    continue
                if nodes.flag[v] & _OPEN and nodes.time[v] < until:
                    _unlink(v, head, after, before)
                nodes.time[v] = arrival
                nodes.flag[v] |= _OPEN
                if arrival < until:
                    _link(v, max((arrival - begin) // width, 0), head, after, before)
                    continue
                first = min(first, arrival)
                if not nodes.flag[v] & _LISTED:
                    nodes.flag[v] |= _LISTED
                    nodes.wait[kept] = v
                    kept += 1
            for n in range(nodes.link_first[u], nodes.link_first[u + 1]):
                cell = nodes.link_cell[n]
                arrival = t + nodes.link_out[n]
                if arrival < cells.time[cell]:
                    cells.time[cell] = arrival
                    cells.flags[cell] = 1
                    tile = (cell // cells.cols // tiles.size) * tiles.across + cell % cells.cols // tiles.size
                    tiles.first[tile] = min(tiles.first[tile], arrival)
    nodes.counts[0] = kept
    nodes.counts[1] = first


@njit(cache=True, nogil=True, error_model="numpy")
def search(limit: int, window: int, cells: Cells, moves: Moves, tiles: Tiles, links: Links, nodes: Nodes) -> int:
    """Search until nothing is open before ``limit`` ticks; times at or beyond it are not final. Returns the number of tile visits.

    Parameters
    ----------
    limit, window
        Ticks: where to stop, and the length of a window.
    cells, moves, tiles, links, nodes
        Ground, costs and roads; the state in them is changed in place.
    """
    size = (tiles.size + 4) * (tiles.size + 4)
    shift = 0
    while (2 << shift) <= moves.least.min():
        shift += 1
    buckets = min((window >> shift) + 1, 1 << 16)
    local = Scratch(
        np.empty(size, dtype=np.uint32), np.empty(size, dtype=np.int16), np.zeros(size, dtype=np.uint8),
        np.empty(size, dtype=np.uint16), np.empty(size, dtype=np.uint8), np.empty(buckets, dtype=np.int32),
        np.empty(2 * size, dtype=np.int32), np.empty(2 * size, dtype=np.int32),
    )  # fmt: skip
    head = np.empty(_ROAD_BUCKETS, dtype=np.int32)
    after, before = np.empty(len(nodes.time), dtype=np.int32), np.empty(len(nodes.time), dtype=np.int32)
    visits = 0
    while True:
        begin = nodes.counts[1]
        for tile in range(len(tiles.first)):
            begin = min(begin, tiles.first[tile])
        if begin >= limit or begin >= np.int64(NEVER):
            return visits
        until = min(begin + window, limit)
        again = True
        while again:
            again = False
            if nodes.counts[0] and nodes.counts[1] < until:
                _search_nodes(begin, until, nodes, cells, tiles, head, after, before)
                again = True
            for tile in range(len(tiles.first)):
                if tiles.first[tile] < until:
                    _search_tile(tile, until, shift, cells, moves, tiles, links, nodes, local)
                    visits += 1
                    again = True
