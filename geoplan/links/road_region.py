"""Cut the part of a county that matters to its lacking places out of the ground, as one plain graph for the Steiner tree.

Every place t has its own cheapest link, of cost D(t). The region is all nodes nearer to some place than its own link is long,

    V = {v : d(t, v) ≤ D(t) for some t};

all serving roads become the root (node 0), and all else becomes one node (1) that no link may use but that counts as the root in the bound:
drawing nodes together never makes a tree dearer, so the bound of the region holds for the county.

By hand: a place 300,000 yuan from the road: nodes within 300,000 yuan of it are the region, though the county be large.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.links.road_arcs import RoadGraph
from geoplan.links.road_ground import move_tables, price_move
from geoplan.links.road_search import NEVER, search_roads


@dataclass(frozen=True)
class Region:
    """The region as a graph in compressed rows, each join at both ends but for those to the first two nodes.

    Attributes
    ----------
    first, to, cost_fen
        Joins over the region's nodes.
    onto
        (joins,) node of the county at the other end.
    node
        (nodes,) node of the county; −1 for the root and for what lies beyond.
    places
        Nodes of the places asked for, in their order.
    """

    first: NDArray[np.int64]
    to: NDArray[np.int64]
    cost_fen: NDArray[np.int64]
    onto: NDArray[np.int64]
    node: NDArray[np.int64]
    places: NDArray[np.int64]


def cut_region(
    graph: RoadGraph,
    places: NDArray[np.int64],
    own_fen: NDArray[np.int64],
    *,
    from_road: NDArray[np.int64] | None = None,
) -> Region:
    """Return the region of places.

    Parameters
    ----------
    graph
        Ground and roads of the county.
    places, own_fen
        (n,) nodes, and how far around each the region reaches, fen.
    from_road
        (nodes,) cost from the roads to standard, where the search that found it came (`geoplan.links.road_search.search_roads`): nodes that no path
        of ``own_fen`` from a place to a road passes are left out too.
    """
    ground, arcs = graph.ground, graph.arcs
    highest = int(own_fen.max()) if len(own_fen) else 0
    none = np.zeros(0, dtype=np.int64)
    away, _ = search_roads(ground, arcs, places, none, start_fen=highest - own_fen, most_fen=highest)
    kept = away <= highest
    if from_road is not None:
        # The search ended with its dearest place: what it did not settle is at least as far.
        least = np.minimum(from_road, from_road[graph.places][from_road[graph.places] < NEVER].max())
        kept[kept] = away[kept] + least[kept] <= highest
    kept[graph.seeds] = False
    inside = np.flatnonzero(kept)
    number = np.full(len(away), 1, dtype=np.int64)
    number[inside] = 2 + np.arange(len(inside))
    number[graph.seeds] = 0
    level, moves, between, bits, prices = move_tables(ground)
    first, to, cost, onto = _list_joins(
        ground.height_dm, ground.slope_class, ground.factors, ground.blocked, ground.river_line, ground.river_area, level, moves, between, bits,
        prices, arcs.first, arcs.to, arcs.cost_fen, inside, number,
    )  # fmt: skip
    return Region(first, to, cost, onto, np.r_[[-1, -1], inside], number[places])


@njit(cache=True, nogil=True, error_model="numpy")
def _list_joins(
    height_dm: NDArray[np.int16], slope_class: NDArray[np.uint8], factors: NDArray[np.float64], blocked: NDArray[np.uint16], line: NDArray[np.uint16],
    area: NDArray[np.uint16], level: NDArray[np.float64], moves: NDArray[np.int64], between: NDArray[np.int64],
    bits: NDArray[np.uint16], prices: NDArray[np.float64], arc_first: NDArray[np.int64], arc_to: NDArray[np.int64],
    arc_cost: NDArray[np.int64], inside: NDArray[np.int64], number: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    rows, cols = slope_class.shape
    cells = rows * cols
    first = np.zeros(len(inside) + 3, dtype=np.int64)
    n = 0
    for at in inside:
        n += arc_first[at + 1] - arc_first[at]
        if at < cells:
            stopped = blocked[at // cols, at % cols]
            for move in range(16):
                n += (stopped & bits[move]) == 0
    to, cost, onto = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    n = 0
    for i in range(len(inside)):
        at = inside[i]
        first[i + 2] = n
        for k in range(arc_first[at], arc_first[at + 1]):
            to[n], cost[n], onto[n] = number[arc_to[k]], arc_cost[k], arc_to[k]
            n += 1
        if at >= cells:
            continue
        row, col = at // cols, at % cols
        stopped, on_line, on_area = blocked[row, col], line[row, col], area[row, col]
        for move in range(16):
            bit = bits[move]
            if stopped & bit:
                continue
            other = at + moves[move, 0] * cols + moves[move, 1]
            price, _ = price_move(
                row, col, move, height_dm, slope_class, factors, (on_line & bit) != 0, (on_area & bit) != 0, level[move], moves, between, prices
            )  # fmt: skip
            to[n], cost[n], onto[n] = number[other], price, other
            n += 1
    first[len(inside) + 2] = n
    return first, to, cost, onto
