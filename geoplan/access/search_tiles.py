"""Search one tile of cells with a bucket queue, in a copy that stays in cache.

See `geoplan.access.kernel` for what is searched and why it is exact. By hand: of two cells side by side, one open at 100 ticks and a move of 50
between them, the other is left at 150, and neither is open.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.access.search_state import LINKED, LISTED, OPEN, OUTER, Cells, Links, Moves, Nodes, Scratch, Tiles
from geoplan.access.ticks import NEVER, slope_factor

_TOO_DEAR = 4.0e9
_CHUNK = 32


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
            local_flag[np.uintp(at + c)] = OUTER
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
                if local.flag[here] & OPEN and local.time[here] < until and fresh < pool:
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
            flags[np.uintp(start + c)] = local_flag[np.uintp(into + c)] & OPEN
        for part in range(0, wide, _CHUNK):
            some = np.uint8(0)
            for c in range(part, min(part + _CHUNK, wide)):
                some |= local_flag[np.uintp(into + c)] & OPEN
            if not some:
                continue
            for c in range(part, min(part + _CHUNK, wide)):
                if local_flag[np.uintp(into + c)] & OPEN:
                    first = min(first, np.int64(local_time[np.uintp(into + c)]))
    tiles.first[tile] = first


@njit(cache=True, nogil=True, error_model="numpy")
def _hand_on(row: int, begin: int, end: int, here: int, cells: Cells, tiles: Tiles, local: Scratch) -> None:
    """Write improved cells of other tiles, columns ``begin`` to ``end`` of a row, back, and open them there."""
    for col in range(begin, end):
        if local.flag[here + col - begin] & OPEN:
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
            if not nodes.flag[node] & LISTED:
                nodes.wait[nodes.counts[0]] = node
                nodes.counts[0] += 1
            nodes.flag[node] |= OPEN | LISTED
            nodes.counts[1] = min(nodes.counts[1], arrival)
        n += 1


@njit(cache=True, nogil=True, error_model="numpy")
def _offsets(moves: Moves, across: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return how far each move, and the two middles of a knight's, lie from a cell of a copy."""
    offset = moves.down * across + moves.right
    middle_a, middle_b = np.zeros(16, dtype=np.int64), np.zeros(16, dtype=np.int64)
    for k in range(8, 16):
        if abs(moves.right[k]) == 2:
            middle_a[k], middle_b[k] = moves.right[k] // 2, moves.down[k] * across + moves.right[k] // 2
        else:
            middle_a[k], middle_b[k] = (moves.down[k] // 2) * across, (moves.down[k] // 2) * across + moves.right[k]
    return offset, middle_a, middle_b


@njit(cache=True, nogil=True, error_model="numpy")
def _price_moves(
    tried: int, paces: NDArray[np.float64], rise: NDArray[np.float64], moves: Moves, ticks: NDArray[np.float64]
) -> None:
    """Price the first moves from a cell, in whole ticks: all together without a branch, so that several are computed at once.

    Which of a cell's moves win is hard to guess; pricing one move after another loses more to wrong guesses than leaving moves out saves.
    """
    share_m, slope_per_dm, stretch = moves.share_m, moves.slope_per_dm, moves.stretch
    for k in range(tried):
        cost = share_m[k] * paces[k] * slope_factor(rise[k] * slope_per_dm[k], stretch)
        ticks[k] = max(np.floor(cost + 0.5), 1.0) if cost <= _TOO_DEAR else np.inf


@njit(cache=True, nogil=True, error_model="numpy")
def _mark_links(begin: int, end: int, top: int, left: int, cells: Cells, links: Links, tiles: Tiles, local: Scratch) -> None:
    """Mark the cells of a copy that are linked to road nodes."""
    for n in range(begin, end):
        row, col = links.cell[n] // cells.cols - top, links.cell[n] % cells.cols - left
        local.flag[(row + 2) * (tiles.size + 4) + col + 2] |= LINKED


@njit(cache=True, nogil=True, error_model="numpy")
def _draw(bucket: int, free: int, local: Scratch) -> tuple[int, int]:
    """Draw everything from a bucket into ``due``; returns how many cells are still open, and the first entry given back.

    Without a branch: half of what a bucket holds has been settled earlier, at random.
    """
    flag, head, following, entry, due = local.flag, local.head, local.following, local.entry, local.due
    count, drawn = np.int64(0), np.int64(head[bucket])
    head[bucket] = -1
    while drawn >= 0:
        e = np.uintp(drawn)
        u = np.uintp(entry[e])
        mark = flag[u]
        due[count] = u
        count += np.int64(mark & OPEN)
        flag[u] = mark & ~OPEN
        drawn = np.int64(following[e])
        following[e] = free
        free = np.int64(e)
    return count, free


@njit(cache=True, nogil=True, error_model="numpy")
def search_tile(
    tile: int, until: int, shift: int, cells: Cells, moves: Moves, tiles: Tiles, links: Links, nodes: Nodes, local: Scratch
) -> None:
    """Search one tile until no cell of it is open before ``until``; hand on what reaches other tiles and road nodes."""
    across = tiles.size + 4
    begin = tiles.first[tile]
    top, left = (tile // tiles.across) * tiles.size, (tile % tiles.across) * tiles.size
    offset, middle_a, middle_b = _offsets(moves, across)
    _copy_in(tile, cells, tiles, local)
    fresh = np.int64(_queue_open(tile, begin, until, shift, cells, tiles, local))
    first_link, last_link = links.first[tile], links.first[tile + 1]
    _mark_links(first_link, last_link, top, left, cells, links, tiles, local)
    time, height, classes, blocked, flag = local.time, local.height, local.classes, local.blocked, local.flag
    head, following, entry, pace = local.head, local.following, local.entry, moves.pace
    known, rise, paces, ticks = np.empty(16), np.empty(16), np.empty(16), np.empty(16)
    winner = np.empty(17, dtype=np.int64)
    # Entries given back are used again first.
    free = np.int64(-1)
    for b in range(len(head)):
        while head[b] >= 0:
            count, free = _draw(b, free, local)
            for n in range(count):
                u = np.uintp(local.due[n])
                t = np.int64(time[u])
                barred = blocked[u]
                z = float(height[u])
                p = pace[classes[u]]
                # Without knight's moves, as with eight neighbours, eight are priced.
                tried = 8 if barred >> 8 == 255 else 16
                for k in range(tried):
                    v = np.uintp(np.int64(u) + offset[k])
                    known[k] = time[v]
                    rise[k] = float(height[v]) - z
                    paces[k] = p + pace[classes[v]]
                for k in range(8, tried):
                    first, second = np.uintp(np.int64(u) + middle_a[k]), np.uintp(np.int64(u) + middle_b[k])
                    paces[k] += pace[classes[first]] + pace[classes[second]]
                _price_moves(tried, paces, rise, moves, ticks)
                wins = 0
                for k in range(tried):
                    winner[wins] = k
                    wins += np.int64(t + ticks[k] < known[k]) & (np.int64(~barred >> np.uint16(k)) & 1)
                for w in range(wins):
                    move = winner[w]
                    v = np.uintp(np.int64(u) + offset[move])
                    arrival = t + np.int64(ticks[move])
                    time[v] = arrival
                    mark = flag[v]
                    flag[v] = mark | OPEN
                    if not mark & OUTER and arrival < until and (free >= 0 or fresh < len(entry)):
                        if free >= 0:
                            e = np.uintp(free)
                            free = np.int64(following[e])
                        else:
                            e = np.uintp(fresh)
                            fresh += 1
                        entry[e] = v
                        into = np.uintp(min((arrival - begin) >> shift, len(head) - 1))
                        following[e] = head[into]
                        head[into] = e
                if flag[u] & LINKED:
                    place = np.int64(u)
                    cell = (top + place // across - 2) * cells.cols + left + place % across - 2
                    _enter_roads(t, cell, first_link, last_link, links, nodes)
    _copy_out(tile, cells, tiles, local)
