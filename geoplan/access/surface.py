"""Join the ground to the road network: one surface on which people walk, ride, and change between the two.

Every stop of a joinable road is linked by straight walks to the cell centres within one and a half cells (with the nearest four alone, one journey in
two of the demonstration county came out half a minute too long); a loose end of a bridge, tunnel,
ferry or rope to the sixteen around it. A link is left out where it crosses a barrier, an impassable cell or a cliff. Roads are never burnt into the
grid: a bridge crosses a river that stops walkers, and a one-way street stays one-way.
By hand: a stop 10 m east of a centre, level at 5 km/h, is 7.2 s from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely import STRtree

from geoplan.access.elevation import bridge_voids, share_walks
from geoplan.access.offroad import Barriers, find_blocked, prepare_barriers
from geoplan.access.stops import Stops, place_stops
from geoplan.access.straight import sample_ground_m, walk_straight
from geoplan.contracts.grid import Grid
from geoplan.contracts.ground import Ground
from geoplan.contracts.results import Network
from geoplan.errors import CrsError
from geoplan.spatial.crs import same_crs

_WATERBORNE = ("ferry", "rope", "board")
"""Crossings whose ends are landings: of boats, ropes and buses."""
LINK_CELLS = 1.5
"""Stops are linked to cell centres within so many cells."""


@dataclass(frozen=True)
class Surface:
    """Ground and roads joined.

    Attributes
    ----------
    ground, network, stops, barriers
        What was joined.
    link_cell, link_node
        (links,) flat cell and node of `Stops` that a straight walk joins, by cell, then node.
    link_there_min, link_back_min
        (links,) minutes on foot from the cell to the node and back, of an adult without a load.
    link_m, link_rise_m
        (links,) level length and rise from cell to node, metres.
    share
        (3, places) of every node on every edge (`Stops.edge_node`): the share of the edge that lies before it, by length, by minutes on foot
        along the edge, and by minutes on foot against it.
    height_m
        (nodes,) height of the ground at each node; over water or a void, evenly between the known heights along its roads; NaN where they have none.
    cliff_deg, along_slope
        How straight walks were judged.
    """

    ground: Ground
    network: Network
    stops: Stops
    barriers: Barriers | None
    link_cell: NDArray[np.int64]
    link_node: NDArray[np.int64]
    link_there_min: NDArray[np.float64]
    link_back_min: NDArray[np.float64]
    link_m: NDArray[np.float64]
    link_rise_m: NDArray[np.float64]
    share: NDArray[np.float64]
    height_m: NDArray[np.float64]
    cliff_deg: float | None
    along_slope: bool

    @cached_property
    def edge_owner(self) -> NDArray[np.int64]:
        """(places,) edge of every place of `Stops.edge_node`."""
        return np.repeat(np.arange(len(self.stops.edge_first) - 1), np.diff(self.stops.edge_first))

    @cached_property
    def joinable_lines(self) -> tuple[NDArray[np.int64], NDArray[np.object_], STRtree]:
        """Numbers, lines and search tree of the edges that may be joined along their length."""
        joinable = np.flatnonzero(self.network.edges["joinable"].to_numpy())
        lines = np.asarray(self.network.edges.geometry.array, dtype=object)[joinable]
        return joinable, lines, STRtree(lines)

    @cached_property
    def open_nodes(self) -> tuple[NDArray[np.int64], cKDTree]:
        """Numbers and search tree of the loose ends and stops, in this order."""
        node = np.r_[find_loose_ends(self.network), np.flatnonzero(self.stops.cell >= 0)]
        return node, cKDTree(self.stops.xy[node])


def join_surface(
    ground: Ground,
    network: Network,
    *,
    barriers: gpd.GeoDataFrame | None = None,
    dem: Grid | None = None,
    walk_kmh: float = 5.0,
    cliff_deg: float | None = 45.0,
    along_slope: bool = False,
) -> Surface:
    """Return the surface of a ground and a network.

    Parameters
    ----------
    ground
        Grid to walk on.
    network
        Road graph in the ground's CRS.
    barriers
        The lines and polygons that ``ground`` was made with.
    dem
        Heights that ``network`` was timed with, metres: an edge's minutes on foot spread along it as they were added up. The ground's own
        heights by default, which lack those of impassable cells.
    walk_kmh
        Walking speed on level road, km/h.
    cliff_deg, along_slope
        As the ground was made: steepest walk, and whether lengths follow the slope.

    Raises
    ------
    CrsError
        ``CRS-MIXED``: ground, network and barriers are not in one CRS.
    """
    for name, crs in (("network", network.crs), ("barriers", None if barriers is None or barriers.empty else barriers.crs)):
        if crs is not None and not same_crs(crs, ground.crs):
            raise CrsError(
                "CRS is not the ground's", code="CRS-MIXED", layer=name, remedy="Bring all layers into the working CRS."
            )
    stops = place_stops(network, ground.transform, ground.shape)
    prepared = prepare_barriers(barriers)
    node, cell = _pair_cells(ground, network, stops)
    centre = cell_centres(ground, cell)
    xy = stops.xy[node]
    there, back, is_open = walk_straight(centre, xy, ground, cliff_deg=cliff_deg, along_slope=along_slope)
    near = np.flatnonzero(is_open & _near_obstacles(ground, cell))
    is_open[near] = ~find_blocked(centre[near], xy[near], prepared)
    node, cell, there, back = node[is_open], cell[is_open], there[is_open], back[is_open]
    order = np.lexsort((node, cell))
    node, cell = node[order], cell[order]
    height = sample_ground_m(stops.xy, ground)
    return Surface(
        ground, network, stops, prepared, cell, node, there[order], back[order],
        np.hypot(*(stops.xy[node] - cell_centres(ground, cell)).T),
        np.nan_to_num(height[node] - (ground.base_m + ground.height_dm.ravel()[cell] / 10.0)),
        _share_edges(network, stops, ground if dem is None else dem, walk_kmh), _bridge_heights(height, stops), cliff_deg, along_slope,
    )  # fmt: skip


def cell_centres(ground: Ground, cell: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (n, 2) easting and northing of the centres of flat cells."""
    row, col = np.divmod(cell, ground.shape[1])
    transform = ground.transform
    return np.column_stack([transform.c + (col + 0.5) * transform.a, transform.f + (row + 0.5) * transform.e])


def find_loose_ends(network: Network) -> NDArray[np.int64]:
    """Return the nodes off the ground that may be entered all the same: loose ends, and landings of ferries and ropes.

    Where something joinable meets, its own stops do. In mid-air, between two spans of a bridge, nobody joins.
    """
    edges = network.edges
    ends = np.r_[edges["u"].to_numpy(dtype=np.int64), edges["v"].to_numpy(dtype=np.int64)]
    joinable = np.tile(edges["joinable"].to_numpy(dtype=bool), 2)
    afloat = np.tile(edges["crossing"].isin(_WATERBORNE).to_numpy(), 2)
    count = len(network.nodes)
    degree = np.bincount(ends, minlength=count)
    loose = (degree == 1) | (np.bincount(ends, weights=afloat, minlength=count) == degree)
    return np.flatnonzero(loose & (degree > 0) & (np.bincount(ends, weights=joinable, minlength=count) == 0))


def _pair_cells(ground: Ground, network: Network, stops: Stops) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the node and the cell of every link that may be: cells within one and a half of a stop, sixteen around a loose end."""
    stop = np.flatnonzero(stops.cell >= 0)
    loose = find_loose_ends(network)
    pairs = [cells_around(ground, stops.xy[nodes], reach=2) for nodes in (stop, loose)]
    off = np.abs(cell_centres(ground, pairs[0][1]) - stops.xy[stop[pairs[0][0]]]) / np.array(ground.cell_size)
    near = np.hypot(off[:, 0], off[:, 1]) <= LINK_CELLS
    node = np.r_[stop[pairs[0][0][near]], loose[pairs[1][0]]]
    return node, np.r_[pairs[0][1][near], pairs[1][1]]


def cells_around(ground: Ground, xy: NDArray[np.float64], *, reach: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (point, flat cell) of the passable cells among the 2·reach × 2·reach whose centres lie around each point."""
    rows, cols = ground.shape
    transform = ground.transform
    left = np.floor((xy[:, 0] - transform.c) / transform.a - 0.5).astype(np.int64) - reach + 1
    top = np.floor((xy[:, 1] - transform.f) / transform.e - 0.5).astype(np.int64) - reach + 1
    down, right = (one.ravel() for one in np.mgrid[: 2 * reach, : 2 * reach])
    row, col = top[:, None] + down, left[:, None] + right
    point = np.broadcast_to(np.arange(len(xy))[:, None], row.shape)
    inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
    cell = (row * cols + col)[inside]
    passable = ground.speed_class.ravel()[cell] > 0
    return point[inside][passable], cell[passable]


def _near_obstacles(ground: Ground, cell: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether a move from a cell, or from one of the eight around it, is blocked: only there a barrier can cross a link."""
    rows, cols = ground.shape
    row, col = np.divmod(cell, cols)
    near = np.zeros(len(cell), dtype=bool)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            r, c = np.clip(row + down, 0, rows - 1), np.clip(col + right, 0, cols - 1)
            near |= ground.blocked[r, c] != 0
    return near


def _bridge_heights(height: NDArray[np.float64], stops: Stops) -> NDArray[np.float64]:
    """Return heights of nodes with those that the ground does not tell filled along their roads, from known ones outwards."""
    edge = np.repeat(np.arange(len(stops.edge_first) - 1), np.diff(stops.edge_first))
    filled = height.copy()
    while True:
        along = filled[stops.edge_node]
        known = np.bincount(edge, weights=np.isfinite(along), minlength=len(stops.edge_first)) > 0
        open_ends = np.flatnonzero(np.isnan(along) & known[edge])
        if len(open_ends) == 0:
            return filled
        bridged = bridge_voids(along, stops.edge_along_m, edge)
        node = stops.edge_node[open_ends]
        count = np.bincount(node, minlength=len(filled))
        total = np.bincount(node, weights=bridged[open_ends], minlength=len(filled))
        filled[count > 0] = total[count > 0] / count[count > 0]


def _share_edges(network: Network, stops: Stops, dem: Grid | Ground, walk_kmh: float) -> NDArray[np.float64]:
    """Return how much of its edge lies before every node on it, by length and by minutes on foot either way."""
    edge = np.repeat(np.arange(len(stops.edge_first) - 1), np.diff(stops.edge_first))
    if len(edge) == 0:
        return np.zeros((3, 0))
    length = network.edges["length_m"].to_numpy(dtype=np.float64)[edge]
    by_length = np.divide(stops.edge_along_m, length, out=np.zeros(len(edge)), where=length > 0)
    share = np.stack([by_length, by_length, by_length])
    # Only edges with stops are ever left half-way; all others are taken whole.
    long = np.diff(stops.edge_first) > 2
    within = np.flatnonzero(long[edge])
    lines = np.asarray(network.edges.geometry.array, dtype=object)[long]
    number = np.cumsum(long) - 1
    share[1:, within] = share_walks(lines, number[edge[within]], stops.edge_along_m[within], dem=dem, walk_kmh=walk_kmh)
    # Both ends exactly, whatever adding up made of them: a whole edge takes the whole edge's minutes.
    share[:, stops.edge_first[:-1]] = 0.0
    share[:, stops.edge_first[1:] - 1] = 1.0
    return share
