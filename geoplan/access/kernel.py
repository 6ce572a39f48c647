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

import numpy as np
from numba import njit

from geoplan.access.search_nodes import search_nodes
from geoplan.access.search_state import Cells, Links, Moves, Nodes, Scratch, Tiles
from geoplan.access.search_tiles import search_tile
from geoplan.access.ticks import NEVER, TICKS_PER_S, slope_factor

__all__ = ["NEVER", "TICKS_PER_S", "Cells", "Links", "Moves", "Nodes", "Tiles", "search", "slope_factor"]
_ROAD_BUCKETS = 256


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
        np.empty(2 * size, dtype=np.int32), np.empty(2 * size, dtype=np.int32), np.empty(size + 1, dtype=np.int32),
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
                search_nodes(begin, until, nodes, cells, tiles, head, after, before)
                again = True
            for tile in range(len(tiles.first)):
                if tiles.first[tile] < until:
                    search_tile(tile, until, shift, cells, moves, tiles, links, nodes, local)
                    visits += 1
                    again = True
