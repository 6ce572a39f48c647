"""Cut lines into pieces at given distances, whole arrays at a time.

By hand: (0,0)–(10,0)–(10,10) cut at 0, 5 and 20 m gives (0,0)–(5,0) and (5,0)–(10,0)–(10,10).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.access.noding import SAME_PLACE_M


@dataclass(frozen=True)
class Pieces:
    """Pieces of lines between consecutive cuts.

    Attributes
    ----------
    lines
        (p,) LineStrings from node ``u`` to node ``v``.
    owner
        (p,) number of the line each was cut from.
    u, v
        (p,) node numbers.
    """

    lines: NDArray[np.object_]
    owner: NDArray[np.int64]
    u: NDArray[np.int64]
    v: NDArray[np.int64]


def merge_nodes(a: NDArray[np.int64], b: NDArray[np.int64], *, count: int, weight: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each of ``count`` nodes the node that stands for it once all pairs (a, b) are one.

    The heaviest node of a cluster stands for it, the lowest number among equals.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    joined = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    label = connected_components(joined, directed=False)[1]
    order = np.lexsort((np.arange(count), -weight, label))
    first = np.r_[True, label[order][1:] != label[order][:-1]]
    chosen = np.empty(int(label.max()) + 1 if count else 0, dtype=np.int64)
    chosen[label[order][first]] = order[first]
    return chosen[label]


def cut_pieces(
    lines: NDArray[np.object_],
    line: NDArray[np.int64],
    along_m: NDArray[np.float64],
    place: NDArray[np.int64],
    xy: NDArray[np.float64],
) -> tuple[Pieces, NDArray[np.int64]]:
    """Return the pieces of ``lines`` between cuts, and for each place the place that stands for it.

    Parameters
    ----------
    lines
        (n,) LineStrings, metres.
    line, along_m, place
        (c,) line number, metres along, place number of each cut; both ends of every line are among them.
    xy
        (places, 2) coordinates of places.

    Notes
    -----
    Cuts of one line closer than a millimetre are one place: their nodes are merged, so nothing is torn apart.
    """
    order = np.lexsort((along_m, line))
    line, along_m, place = line[order], along_m[order], place[order]
    follows = line[1:] == line[:-1]
    tiny = follows & (along_m[1:] - along_m[:-1] <= SAME_PLACE_M)
    weight = np.bincount(place, minlength=len(xy))
    stands = merge_nodes(place[:-1][tiny], place[1:][tiny], count=len(xy), weight=weight)
    keep = np.r_[True, ~tiny]
    line, along_m, node = line[keep], along_m[keep], stands[place[keep]]
    at = np.flatnonzero(line[1:] == line[:-1])
    pieces = _shape_pieces(lines, line, along_m, node, at, xy)
    return pieces, stands


def _shape_pieces(
    lines: NDArray[np.object_],
    line: NDArray[np.int64],
    along_m: NDArray[np.float64],
    node: NDArray[np.int64],
    at: NDArray[np.int64],
    xy: NDArray[np.float64],
) -> Pieces:
    """Return one LineString per pair of consecutive cuts ``at``, ``at + 1``."""
    vertex_xy, vertex_line = shapely.get_coordinates(lines, return_index=True)
    starts = np.r_[True, vertex_line[1:] != vertex_line[:-1]]
    step = np.r_[0.0, np.hypot(*(vertex_xy[1:] - vertex_xy[:-1]).T)]
    step[starts] = 1.0
    run = np.cumsum(step)
    base = run[starts]
    cut_run = base[line] + along_m
    behind = np.clip(np.searchsorted(cut_run, run, side="right") - 1, 0, len(cut_run) - 1)
    ahead = np.clip(behind + 1, 0, len(cut_run) - 1)
    inner = (line[behind] == vertex_line) & (line[ahead] == vertex_line) & (ahead > behind)
    inner &= (run - cut_run[behind] > SAME_PLACE_M) & (cut_run[ahead] - run > SAME_PLACE_M)
    piece_of_cut = np.full(len(cut_run), -1, dtype=np.int64)
    piece_of_cut[at] = np.arange(len(at))
    piece = np.r_[np.arange(len(at)), piece_of_cut[behind[inner]], np.arange(len(at))]
    rank = np.r_[np.full(len(at), -1.0), run[inner], np.full(len(at), np.inf)]
    u, v = node[at], node[at + 1]
    points = np.vstack([xy[u], vertex_xy[inner], xy[v]])
    order = np.lexsort((rank, piece))
    shapes = shapely.linestrings(points[order], indices=piece[order]) if len(at) else np.empty(0, dtype=object)
    return Pieces(shapes, line[at], u, v)


def move_ends(
    lines: NDArray[np.object_], u: NDArray[np.int64], v: NDArray[np.int64], xy: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Return lines whose first and last point are the coordinates of their nodes."""
    if len(lines) == 0:
        return lines
    points, owner = shapely.get_coordinates(lines, return_index=True)
    first = np.searchsorted(owner, np.arange(len(lines)), side="left")
    last = np.searchsorted(owner, np.arange(len(lines)), side="right") - 1
    points[first], points[last] = xy[u], xy[v]
    return shapely.linestrings(points, indices=owner)
