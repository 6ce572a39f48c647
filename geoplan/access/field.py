"""Solve the travel-time field: minutes to the nearest source, or from it, for every cell and every road node.

``towards`` a facility and away from it are different fields, because walking up takes longer than walking down and one-way streets are
one-way; there and back is their sum. The field is exact for its graph (see `geoplan.access.kernel`), whatever the order or the tiles, and
adding sources to a finished field gives bit for bit the field solved from scratch.
By hand: on level 30 m cells at 5 km/h, the cell five to the east of a source is 5 · 21.6 s = 1.8 min away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geoplan.access.entries import Entries, locate_feet
from geoplan.access.kernel import NEVER, TICKS_PER_S, Cells, Links, Moves, Nodes, Tiles, search
from geoplan.access.surface import Surface
from geoplan.access.ticks import TICKS_PER_MIN, count_ticks
from geoplan.access.ways import Ways
from geoplan.contracts.ground import MOVES

TILE_CELLS = 128
WINDOW_MOVES = 120
"""A window is so many of the cheapest moves long: short enough that little is searched twice, long enough that copying is cheap."""


@dataclass(frozen=True)
class Costs:
    """A surface's costs for one mode, season, walker and direction, laid out for the kernel. Made by `lay_costs`, read by `solve` and `trace`."""

    surface: Surface
    ways: Ways
    towards: bool
    pace: NDArray[np.float64]
    share_m: NDArray[np.float64]
    slope_per_dm: NDArray[np.float64]
    least: NDArray[np.int64]
    stretch: float
    tile: int
    link_first: NDArray[np.int64]
    link_cell: NDArray[np.int64]
    link_node: NDArray[np.int32]
    link_out: NDArray[np.int64]
    link_in: NDArray[np.int64]
    link_by_cell: NDArray[np.int64]
    """Rows of the links in order of cells alone, whatever their tile."""
    arc_first: NDArray[np.int64]
    arc_end: NDArray[np.int32]
    arc_ticks: NDArray[np.int64]
    node_first: NDArray[np.int64]
    node_cell: NDArray[np.int64]
    node_out: NDArray[np.int64]
    node_in: NDArray[np.int64]

    @property
    def tiles(self) -> tuple[int, int]:
        """Tiles down and across."""
        rows, cols = self.surface.ground.shape
        return -(-rows // self.tile), -(-cols // self.tile)

    @cached_property
    def turned(self) -> tuple[NDArray[np.int64], ...]:
        """Arcs by the node they lead to, and links by cell, for following paths back: first, order, other end and ticks of arcs; cells of links."""
        ways = self.ways
        first, order = (ways.first, ways.order) if self.towards else (ways.back_first, ways.back_order)
        other = (ways.end if self.towards else ways.start)[order]
        return first, order, other, ways.ticks[order], self.link_cell[self.link_by_cell]


@dataclass(frozen=True)
class Seeds:
    """Where and when a search begins: one row per code, the earliest seed there.

    Attributes
    ----------
    code
        (seeds,) ascending; flat cell, or number of cells + node.
    ticks
        (seeds,) time from the source (or to it).
    source
        (seeds,) number of the point it belongs to; the lowest of equals.
    leg
        (seeds,) its row of `Legs`.
    """

    code: NDArray[np.int64]
    ticks: NDArray[np.int64]
    source: NDArray[np.int64]
    leg: NDArray[np.int64]


@dataclass(frozen=True)
class Legs:
    """Legs of points to cells and nodes, with the ride from a foot to the nodes before and after it.

    ``entry`` is the row of `Entries`. ``there_min`` and ``back_min`` are minutes from the point to the code and from the code to the point;
    inf where that way is closed. ``way_there`` / ``way_back`` say along (0) or against (1) the edge the ride goes, −1 without a ride.
    """

    point: NDArray[np.int64]
    code: NDArray[np.int64]
    entry: NDArray[np.int64]
    place: NDArray[np.int64]
    """Place in `Stops.edge_node` of the node the ride leads to, −1 without a ride."""
    there_min: NDArray[np.float64]
    back_min: NDArray[np.float64]
    way_there: NDArray[np.int8]
    way_back: NDArray[np.int8]

    @cached_property
    def ticks(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(legs,) whole ticks there and back; `NEVER` where that way is closed."""
        return count_ticks(self.there_min), count_ticks(self.back_min)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """(points with legs,) first leg of each point: legs stand in order of points."""
        return np.flatnonzero(np.r_[True, self.point[1:] != self.point[:-1]]) if len(self.point) else np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Field:
    """A solved field.

    Attributes
    ----------
    costs
        What it was solved with.
    time
        (rows, cols) uint32 ticks of 1/8192 s; `NEVER` where not reached.
    node_time
        (nodes,) the same for road nodes.
    seeds
        Where it began.
    limit
        Ticks at and beyond which times are not final and count as not reached.
    """

    costs: Costs
    time: NDArray[np.uint32]
    node_time: NDArray[np.uint32]
    seeds: Seeds
    limit: int

    def minutes(self) -> NDArray[np.float32]:
        """Return (rows, cols) minutes, NaN where not reached."""
        reached = self.time < min(self.limit, int(NEVER))
        return np.where(reached, self.time / np.float32(TICKS_PER_MIN), np.float32(np.nan)).astype(np.float32)


def lay_costs(surface: Surface, ways: Ways, *, towards: bool, tile: int = TILE_CELLS) -> Costs:
    """Return the costs of a surface for searching towards the sources (people travel to them) or away from them."""
    ground = surface.ground
    known = ground.level_kmh > 0
    pace = np.zeros(256)
    pace[: len(known)][known] = TICKS_PER_S * 3.6 / (ground.level_kmh[known] * ways.walker)
    width, tall = ground.cell_size
    length = np.hypot(MOVES[:, 0] * tall, MOVES[:, 1] * width)
    share_m = length / np.where(np.arange(16) < 8, 2.0, 4.0)
    quickest = pace[pace > 0].min(initial=np.inf)
    least = np.maximum(np.floor(length * (quickest if np.isfinite(quickest) else 1.0) * np.exp(-0.175)), 1.0).astype(np.int64)
    tile = int(min(tile, max(ground.shape)))
    links = _lay_links(surface, ways.walker, towards, tile)
    first, order = (ways.back_first, ways.back_order) if towards else (ways.first, ways.order)
    ends = ways.start if towards else ways.end
    return Costs(
        surface, ways, towards, pace, share_m, (-0.1 if towards else 0.1) / length, least, 1.0 if surface.along_slope else 0.0, tile,
        *links[:6], first, ends[order].astype(np.int32), ways.ticks[order], *links[6:],
    )  # fmt: skip


def _lay_links(surface: Surface, walker: float, towards: bool, tile: int) -> tuple[NDArray[np.int64], ...]:
    """Return the links by tile and cell, and by node, with ticks in the direction of the search."""
    rows, cols = surface.ground.shape
    there, back = (
        np.maximum(count_ticks(one / walker), 1)
        for one in (surface.link_there_min, surface.link_back_min)
    )
    to_node, to_cell = (back, there) if towards else (there, back)
    cell, node = surface.link_cell, surface.link_node
    across = -(-cols // tile)
    number = (cell // cols // tile) * across + cell % cols // tile
    order = np.lexsort((node, cell, number))
    first = np.searchsorted(number[order], np.arange(-(-rows // tile) * across + 1))
    by_node = np.lexsort((cell, node))
    node_first = np.searchsorted(node[by_node], np.arange(len(surface.stops.xy) + 1))
    by_cell = first, cell[order], node[order].astype(np.int32), to_node[order], to_cell[order], np.argsort(order, kind="stable")
    return *by_cell, node_first, cell[by_node], to_cell[by_node], to_node[by_node]


def lay_legs(entries: Entries, surface: Surface, ways: Ways, points: NDArray[np.int64] | None = None) -> Legs:
    """Return the legs of points (all, or those numbered) to cells and road nodes for the minutes of ``ways``."""
    rows = np.arange(len(entries.point)) if points is None else np.flatnonzero(np.isin(entries.point, points))
    road = rows[entries.edge[rows] >= 0]
    plain = rows[entries.edge[rows] < 0]
    cells = surface.ground.shape[0] * surface.ground.shape[1]
    foot = [entries.there_min / ways.walker, entries.back_min / ways.walker]
    code = np.where(entries.cell[plain] >= 0, entries.cell[plain], cells + entries.node[plain])
    none = np.full(len(plain), -1)
    parts = [(plain, code, none, foot[0][plain], foot[1][plain], none, none)]
    if len(road):
        edge = entries.edge[road]
        low = locate_feet(surface, edge, entries.along_m[road])
        for place, out in ((low, 1), (low + 1, 0)):
            # To the node after the foot one rides along the edge, and comes back against it; to the node before, the other way round.
            there = foot[0][road] + ride_min(surface, ways, edge, out, entries.share[:, road], place)
            back = foot[1][road] + ride_min(surface, ways, edge, 1 - out, entries.share[:, road], place)
            node = surface.stops.edge_node[place]
            parts.append((road, cells + node, place, there, back, np.full(len(road), out), np.full(len(road), 1 - out)))
    entry, codes, places, there, back, way_there, way_back = (np.concatenate(one) for one in zip(*parts, strict=True))
    order = np.lexsort((codes, entry))
    point = entries.point[entry]
    return Legs(
        point[order], codes[order], entry[order], places[order], there[order], back[order],
        way_there[order].astype(np.int8), way_back[order].astype(np.int8),
    )  # fmt: skip


def ride_min(
    surface: Surface, ways: Ways, edge: NDArray[np.int64], way: int, share: NDArray[np.float64], place: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return minutes between a foot ((3, n) shares) and a node of its edge, going along (0) or against (1) it; inf where closed."""
    kind = np.where(ways.edge_walked[way][edge], 1 + way, 0)
    at = np.arange(len(edge))
    part = np.abs(surface.share[kind, place] - share[kind, at])
    minutes = ways.edge_min[way][edge]
    return np.where(np.isfinite(minutes), np.where(np.isfinite(minutes), minutes, 0.0) * part, np.inf)


def plant_seeds(
    legs: Legs, *, towards: bool, points: NDArray[np.int64] | None = None, delay_min: NDArray[np.float64] | None = None
) -> Seeds:
    """Return the seeds of points of ``legs``: the earliest of each cell and node, ties to the lowest point.

    Parameters
    ----------
    legs
        Of the sources.
    towards
        True: people travel to the sources, so a seed's time is from its code to the point.
    points
        Numbers of the points that are sources; all by default.
    delay_min
        (points,) minutes each source starts with; 0 by default.
    """
    minutes = legs.back_min if towards else legs.there_min
    if delay_min is not None:
        minutes = minutes + delay_min[legs.point]
    row = np.flatnonzero(np.isfinite(minutes) if points is None else np.isfinite(minutes) & np.isin(legs.point, points))
    ticks = count_ticks(minutes[row])
    order = np.lexsort((row, legs.point[row], ticks, legs.code[row]))
    row, ticks = row[order], ticks[order]
    code = legs.code[row]
    first = np.r_[True, code[1:] != code[:-1]] if len(code) else np.zeros(0, dtype=bool)
    return Seeds(code[first], ticks[first], legs.point[row][first], row[first])


def solve(costs: Costs, seeds: Seeds, *, limit_min: float = np.inf) -> Field:
    """Return the field of ``seeds``.

    Parameters
    ----------
    costs
        From `lay_costs`.
    seeds
        From `plant_seeds`.
    limit_min
        Times beyond it are not looked for, minutes; exactly ``limit_min`` still is.
    """
    ground = costs.surface.ground
    time = np.full(ground.shape, NEVER, dtype=np.uint32)
    node_time = np.full(len(costs.surface.stops.xy), NEVER, dtype=np.uint32)
    limit = int(NEVER) if not np.isfinite(limit_min) else min(int(np.rint(limit_min * TICKS_PER_MIN)) + 1, int(NEVER))
    field = Field(costs, time, node_time, seeds, limit)
    _spread(field, seeds)
    return field


def extend(field: Field, seeds: Seeds) -> Field:
    """Return the field with more sources: bit for bit what solving for all of them gives, at the price of what they improve."""
    both = [np.concatenate(pair) for pair in zip(_columns(field.seeds), _columns(seeds), strict=True)]
    order = np.lexsort((both[2], both[1], both[0]))
    code = both[0][order]
    first = order[np.r_[True, code[1:] != code[:-1]]] if len(code) else order
    merged = Seeds(*(column[first] for column in both))
    grown = replace(field, time=field.time.copy(), node_time=field.node_time.copy(), seeds=merged)
    _spread(grown, seeds)
    return grown


def _columns(seeds: Seeds) -> tuple[NDArray[np.int64], ...]:
    return seeds.code, seeds.ticks, seeds.source, seeds.leg


def _spread(field: Field, seeds: Seeds) -> None:
    """Write the seeds into a field that was made here and search on from them."""
    costs = field.costs
    rows, cols = costs.surface.ground.shape
    down, across = costs.tiles
    flags = np.zeros(rows * cols, dtype=np.uint8)
    node_flag = np.zeros(len(field.node_time), dtype=np.uint8)
    tile_first = np.full(down * across, int(NEVER), dtype=np.int64)
    time = field.time.reshape(-1)
    in_cell = seeds.code < rows * cols
    cell, ticks = seeds.code[in_cell], seeds.ticks[in_cell]
    better = ticks < time[cell]
    cell, ticks = cell[better], ticks[better]
    time[cell], flags[cell] = ticks, 1
    np.minimum.at(tile_first, (cell // cols // costs.tile) * across + cell % cols // costs.tile, ticks)
    node, ticks = seeds.code[~in_cell] - rows * cols, seeds.ticks[~in_cell]
    better = ticks < field.node_time[node]
    node, ticks = node[better], ticks[better]
    field.node_time[node], node_flag[node] = ticks, 9
    waiting = np.zeros(len(field.node_time), dtype=np.int32)
    waiting[: len(node)] = node
    counts = np.array([len(node), ticks.min(initial=int(NEVER))], dtype=np.int64)
    ground = costs.surface.ground
    cells = Cells(
        rows, cols, ground.height_dm.reshape(-1), ground.speed_class.reshape(-1), ground.blocked.reshape(-1), time, flags
    )
    moves = Moves(
        costs.pace, MOVES[:, 0].copy(), MOVES[:, 1].copy(), costs.share_m, costs.slope_per_dm, costs.least, costs.stretch
    )
    links = Links(costs.link_first, costs.link_cell, costs.link_node, costs.link_out)
    nodes = Nodes(
        field.node_time, node_flag, waiting, counts, costs.arc_first, costs.arc_end, costs.arc_ticks, costs.node_first,
        costs.node_cell, costs.node_out,
    )  # fmt: skip
    window = int(costs.least.min()) * WINDOW_MOVES
    search(field.limit, window, cells, moves, Tiles(costs.tile, across, tile_first), links, nodes)
