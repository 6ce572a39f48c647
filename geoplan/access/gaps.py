"""Join road ends that miss each other by less than the tolerance.

Only dangling ends (one edge, nothing else) are moved: to the nearest node within the tolerance, else to the nearest point
inside an edge within it. A road on the ground is not joined to the middle of a bridge, tunnel, ferry or rope, and layers
are respected. By hand: roads ending at x = 100 and starting at x = 101 are two components at tolerance 0.5 m and one at
2 m, with one gap of 1 m closed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.access.noding import SAME_PLACE_M
from geoplan.access.pieces import Pieces, cut_pieces, merge_nodes, move_ends


@dataclass(frozen=True)
class ClosedGaps:
    """Edges after joining ends, with what was joined."""

    pieces: Pieces
    xy: NDArray[np.float64]
    count: int
    max_gap_m: float

    @classmethod
    def of_nothing(cls) -> ClosedGaps:
        """Return no edges and no gaps."""
        none = np.zeros(0, dtype=np.int64)
        return cls(Pieces(np.empty(0, dtype=object), none, none, none), np.zeros((0, 2)), 0, 0.0)


def _find_dangling(pieces: Pieces, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the nodes with a single edge end, that edge, and every node's number of edge ends."""
    ends = np.r_[pieces.u, pieces.v]
    degree = np.bincount(ends, minlength=count)
    edge_of = np.zeros(count, dtype=np.int64)
    edge_of[ends] = np.r_[np.arange(len(pieces.u)), np.arange(len(pieces.v))]
    nodes = np.flatnonzero(degree == 1)
    return nodes, edge_of[nodes], degree


def _airborne(pieces: Pieces, off_ground: NDArray[np.bool_], degree: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which nodes lie inside bridges, tunnels or ferries: two or more edges, none on the ground."""
    ends, up = np.r_[pieces.u, pieces.v], np.r_[off_ground, off_ground]
    return (np.bincount(ends, weights=~up, minlength=len(degree)) == 0) & (degree > 1)


def _join_to_nodes(
    pieces: Pieces, xy: NDArray[np.float64], off_ground: NDArray[np.bool_], tolerance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the node that stands for each node once dangling ends meet their nearest neighbour, and the gaps closed."""
    nodes, own, degree = _find_dangling(pieces, len(xy))
    used = np.flatnonzero(degree > 0)
    none = np.arange(len(xy)), np.zeros(0)
    if len(nodes) == 0:
        return none
    near = cKDTree(xy[nodes]).sparse_distance_matrix(cKDTree(xy[used]), tolerance_m * (1 + 1e-12), output_type="coo_matrix")
    a, b, gap, edge = nodes[near.row], used[near.col], near.data, own[near.row]
    other_end = np.where(pieces.u[edge] == a, pieces.v[edge], pieces.u[edge])
    keep = (a != b) & (b != other_end) & (gap <= tolerance_m)
    keep &= off_ground[edge] | ~_airborne(pieces, off_ground, degree)[b]
    a, b, gap = a[keep], b[keep], gap[keep]
    order = np.lexsort((b, gap, a))
    first = order[np.r_[True, a[order][1:] != a[order][:-1]]] if len(a) else order
    pairs = np.sort(np.stack([a[first], b[first]], axis=1), axis=1)
    unique, at = np.unique(pairs, axis=0, return_index=True)
    if len(unique) == 0:
        return none
    return merge_nodes(unique[:, 0], unique[:, 1], count=len(xy), weight=degree), gap[first][at]


def _join_to_edges(
    pieces: Pieces, xy: NDArray[np.float64], off_ground: NDArray[np.bool_], layer: NDArray[np.int64], tolerance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return dangling nodes, the edge each is joined to, metres along that edge, and the gap closed."""
    nodes, own, _ = _find_dangling(pieces, len(xy))
    points = shapely.points(xy[nodes])
    which, target = shapely.STRtree(pieces.lines).query(points, predicate="dwithin", distance=tolerance_m)
    edge, node = own[which], nodes[which]
    length = shapely.length(pieces.lines)
    touching = (pieces.u[target] == pieces.u[edge]) | (pieces.u[target] == pieces.v[edge])
    touching |= (pieces.v[target] == pieces.u[edge]) | (pieces.v[target] == pieces.v[edge])
    keep = (target != edge) & ~off_ground[target] & (off_ground[edge] | (layer[edge] == layer[target]))
    # A stub shorter than the tolerance is near the road it branches from: that is no gap.
    keep &= ~(touching & (length[edge] <= 2 * tolerance_m))
    which, target, node = which[keep], target[keep], node[keep]
    gap = shapely.distance(points[which], pieces.lines[target])
    along = shapely.line_locate_point(pieces.lines[target], points[which])
    inside = (along > SAME_PLACE_M) & (length[target] - along > SAME_PLACE_M) & (gap <= tolerance_m)
    target, node, gap, along = target[inside], node[inside], gap[inside], along[inside]
    order = np.lexsort((target, gap, node))
    first = order[np.r_[True, node[order][1:] != node[order][:-1]]] if len(node) else order
    return node[first], target[first], along[first], gap[first]


def close_gaps(
    pieces: Pieces, xy: NDArray[np.float64], *, off_ground: NDArray[np.bool_], layer: NDArray[np.int64], tolerance_m: float
) -> ClosedGaps:
    """Return edges with dangling ends joined to what they miss by at most ``tolerance_m``.

    Parameters
    ----------
    pieces, xy
        Edges and node coordinates, metres.
    off_ground, layer
        Of the lines the edges were cut from (indexed by ``pieces.owner``).
    tolerance_m
        Largest gap closed, inclusive; 0 closes none.
    """
    if tolerance_m <= 0 or len(pieces.u) == 0:
        return ClosedGaps(pieces, xy, 0, 0.0)
    stands, node_gaps = _join_to_nodes(pieces, xy, off_ground[pieces.owner], tolerance_m)
    u, v = stands[pieces.u], stands[pieces.v]
    pieces = Pieces(move_ends(pieces.lines, u, v, xy), pieces.owner, u, v)
    node, target, along, edge_gaps = _join_to_edges(pieces, xy, off_ground[pieces.owner], layer[pieces.owner], tolerance_m)
    if len(node):
        xy = xy.copy()
        xy[node] = shapely.get_coordinates(shapely.line_interpolate_point(pieces.lines[target], along))
        lines = move_ends(pieces.lines, u, v, xy)
        edge = np.arange(len(lines))
        cut_line = np.r_[edge, edge, target]
        cut_along = np.r_[np.zeros(len(edge)), shapely.length(lines), along]
        cut, stands = cut_pieces(lines, cut_line, cut_along, np.r_[u, v, node], xy)
        pieces = Pieces(cut.lines, pieces.owner[cut.owner], cut.u, cut.v)
    gaps = np.r_[node_gaps, edge_gaps]
    return ClosedGaps(pieces, xy, len(gaps), float(gaps.max()) if len(gaps) else 0.0)
