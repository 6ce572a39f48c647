"""Let points enter the surface at their true position: to the cells, the roads and the other points around them.

A point is joined by straight walks to the sixteen cell centres around it and, within two and a half cells, to the nearest point of every joinable
road, to the stops of roads, and to loose ends of bridges and ferries; none may cross a barrier, an impassable cell or a cliff. From the foot of such
a walk the road is taken either way, so two villages on one edge meet along it. A point from which no walk is open (in a reservoir, off the grid) is
moved to the nearest place from which one is, at most a stated distance away, and the move is reported; farther away it is ``unsnapped``.
By hand: a point 10 m beside a level road is 7.2 s from its foot at 5 km/h, wherever cell centres lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numba import njit
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.access.offroad import find_blocked
from geoplan.access.straight import sample_ground_m, walk_straight
from geoplan.access.surface import Surface, cell_centres, cells_around
from geoplan.contracts.ground import Ground
from geoplan.contracts.status import Status

REACH_CELLS = 2.5
"""Roads and other points are joined directly within so many cells."""
_SAME_PLACE_M = 1e-6


@dataclass(frozen=True)
class Entries:
    """Where points enter the surface.

    Attributes
    ----------
    xy
        (points, 2) position used, metres: as given, or moved.
    moved_m
        (points,) how far the point was moved; 0 where it was not, NaN where it has no coordinates or could not be.
    status
        (points,) ok, unsnapped or no_data.
    point
        (legs,) point of each leg; legs stand in order of points.
    cell
        (legs,) flat cell entered, −1 for a road or a node.
    node
        (legs,) node of `Stops` entered, −1 for a cell or the inside of an edge.
    edge, along_m
        (legs,) edge entered and metres along it, −1 and NaN otherwise.
    share
        (3, legs) share of the edge that lies before the foot, as in `Surface.share`; NaN otherwise.
    leg_m, rise_m
        (legs,) level length and rise of the walk from the point, metres.
    there_min, back_min
        (legs,) minutes on foot from the point and back to it, of an adult without a load.
    """

    xy: NDArray[np.float64]
    moved_m: NDArray[np.float64]
    status: NDArray[np.object_]
    point: NDArray[np.int64]
    cell: NDArray[np.int64]
    node: NDArray[np.int64]
    edge: NDArray[np.int64]
    along_m: NDArray[np.float64]
    share: NDArray[np.float64]
    leg_m: NDArray[np.float64]
    rise_m: NDArray[np.float64]
    there_min: NDArray[np.float64]
    back_min: NDArray[np.float64]


def enter(xy: NDArray[np.float64], surface: Surface, *, move_max_m: float) -> Entries:
    """Return where points enter a surface.

    Parameters
    ----------
    xy
        (points, 2) easting, northing, metres; NaN for a point without coordinates.
    surface
        From `join_surface`.
    move_max_m
        Farthest a point may be moved that no walk leaves, metres, inclusive.
    """
    xy = np.array(xy, dtype=np.float64).reshape(-1, 2)
    known = np.flatnonzero(np.isfinite(xy).all(axis=1))
    status = np.full(len(xy), Status.NO_DATA.value, dtype=object)
    status[known] = Status.UNSNAPPED.value
    moved = np.full(len(xy), np.nan)
    legs = _find_legs(xy[known], surface)
    legs["point"] = known[legs["point"]]
    stuck = np.setdiff1d(known, legs["point"])
    moved[np.unique(legs["point"])] = 0.0
    if len(stuck):
        place, off = _nearest_places(xy[stuck], surface, move_max_m)
        saved = stuck[np.isfinite(off)]
        xy[saved], moved[saved] = place[np.isfinite(off)], off[np.isfinite(off)]
        more = _find_legs(xy[saved], surface)
        more["point"] = saved[more["point"]]
        legs = {name: np.concatenate([legs[name], more[name]], axis=-1) for name in legs}
    order = np.argsort(legs["point"], kind="stable")
    legs = {name: values[..., order] for name, values in legs.items()}
    status[np.unique(legs["point"])] = Status.OK.value
    return Entries(xy=xy, moved_m=moved, status=status, **legs)


def _find_legs(xy: NDArray[np.float64], surface: Surface) -> dict[str, NDArray[np.float64]]:
    """Return the columns of the open legs of points (numbered as given)."""
    ground = surface.ground
    point_c, cell = cells_around(ground, xy, reach=2)
    point_r, edge, along, foot = _find_feet(xy, surface)
    point_n, node = _find_ends(xy, surface)
    point = np.r_[point_c, point_r, point_n]
    to = np.vstack([cell_centres(ground, cell), foot, surface.stops.xy[node]])
    there, back, is_open = walk_straight(
        xy[point], to, ground, cliff_deg=surface.cliff_deg, along_slope=surface.along_slope
    )  # fmt: skip
    tried = np.flatnonzero(is_open)
    is_open[tried] = ~find_blocked(xy[point[tried]], to[tried], surface.barriers)
    none = np.full(len(point), -1, dtype=np.int64)
    cells, edges, nodes, alongs = none.copy(), none.copy(), none.copy(), np.full(len(point), np.nan)
    a, b = len(point_c), len(point_c) + len(point_r)
    cells[:a], edges[a:b], alongs[a:b], nodes[b:] = cell, edge, along, node
    columns = {
        "point": point, "cell": cells, "node": nodes, "edge": edges, "along_m": alongs,
        "share": _share_feet(surface, edges, alongs), "leg_m": np.hypot(*(to - xy[point]).T) if len(point) else np.zeros(0),
        "rise_m": _rise_m(surface, xy[point], to), "there_min": there, "back_min": back,
    }  # fmt: skip
    return {name: values[..., is_open] for name, values in columns.items()}


def _rise_m(surface: Surface, a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rise from a to b, 0 where a height is not known."""
    return np.nan_to_num(sample_ground_m(b, surface.ground) - sample_ground_m(a, surface.ground))


def _find_feet(
    xy: NDArray[np.float64], surface: Surface
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return (point, edge, metres along, foot) for every joinable edge within reach of each point."""
    edges = surface.network.edges
    joinable, lines, tree = surface.joinable_lines
    if len(lines) == 0 or len(xy) == 0:
        none = np.zeros(0, dtype=np.int64)
        return none, none.copy(), np.zeros(0), np.zeros((0, 2))
    spots = shapely.points(xy)
    reach = REACH_CELLS * max(surface.ground.cell_size)
    point, line = tree.query(spots, predicate="dwithin", distance=reach)
    order = np.lexsort((line, point))
    point, line = point[order], line[order]
    along = shapely.line_locate_point(lines[line], spots[point])
    foot = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], along)).reshape(-1, 2)
    edge = joinable[line]
    if "cut_from" in edges:
        # A road that a scenario cut into pieces has one foot, as before it was cut: closing a stretch must not open ways.
        kept = _nearest_pieces(point, pd.factorize(edges["cut_from"])[0][edge], np.hypot(*(foot - xy[point]).T))
        point, edge, along, foot = point[kept], edge[kept], along[kept], foot[kept]
    return point, edge, along, foot


def _nearest_pieces(point: NDArray[np.int64], whole: NDArray[np.int64], off: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which feet are the nearest of their point on a whole road; several where pieces of it meet."""
    least = pd.Series(off).groupby([point, whole]).transform("min").to_numpy()
    return off <= least + _SAME_PLACE_M


def _find_ends(xy: NDArray[np.float64], surface: Surface) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (point, node) for every stop and every loose end within reach of each point."""
    node, tree = surface.open_nodes
    if len(node) == 0 or len(xy) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    reach = REACH_CELLS * max(surface.ground.cell_size)
    near = cKDTree(xy).sparse_distance_matrix(tree, reach, output_type="coo_matrix")
    order = np.lexsort((near.col, near.row))
    return near.row[order].astype(np.int64), node[near.col[order]]


def _share_feet(surface: Surface, edge: NDArray[np.int64], along_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (3, legs) shares of the edge before each foot, read between the nodes of the edge; NaN for legs to no edge."""
    stops = surface.stops
    on_road = np.flatnonzero(edge >= 0)
    share = np.full((3, len(edge)), np.nan)
    if len(on_road) == 0:
        return share
    low = locate_feet(surface, edge[on_road], along_m[on_road])
    span = stops.edge_along_m[low + 1] - stops.edge_along_m[low]
    part = np.divide(along_m[on_road] - stops.edge_along_m[low], span, out=np.zeros(len(low)), where=span > 0)
    share[:, on_road] = surface.share[:, low] + (surface.share[:, low + 1] - surface.share[:, low]) * np.clip(part, 0.0, 1.0)
    return share


def locate_feet(surface: Surface, edge: NDArray[np.int64], along_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the place in `Stops.edge_node` of the last node before each foot; the next node follows it on the same edge."""
    stops, place = surface.stops, np.empty(len(edge), dtype=np.int64)
    _locate(edge, along_m, stops.edge_first, stops.edge_along_m, place)
    return place


@njit(cache=True, nogil=True, error_model="numpy")
def _locate(
    edge: NDArray[np.int64],
    along_m: NDArray[np.float64],
    first: NDArray[np.int64],
    node_along_m: NDArray[np.float64],
    place: NDArray[np.int64],
) -> None:
    """Fill the last place of each foot's edge that is not beyond the foot, and not the edge's end."""
    for n in range(len(edge)):
        low, up = first[edge[n]], first[edge[n] + 1] - 1
        while up - low > 1:
            half = (low + up) // 2
            if node_along_m[half] <= along_m[n]:
                low = half
            else:
                up = half
        place[n] = low


def _nearest_places(xy: NDArray[np.float64], surface: Surface, max_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the nearest passable cell's centre or road within ``max_m`` of each point, and its distance; inf where there is none."""
    ground = surface.ground
    cell, off = _nearest_cells(xy, ground, max_m)
    place = np.where(cell[:, None] >= 0, cell_centres(ground, np.maximum(cell, 0)), np.nan)
    _, lines, tree = surface.joinable_lines
    if len(lines) and max_m > 0:
        spots = shapely.points(xy)
        (point, line), metres = tree.query_nearest(spots, max_distance=max_m, return_distance=True, all_matches=False)
        nearer = metres < off[point]
        point, line, metres = point[nearer], line[nearer], metres[nearer]
        foot = shapely.line_interpolate_point(lines[line], shapely.line_locate_point(lines[line], spots[point]))
        place[point], off[point] = shapely.get_coordinates(foot).reshape(-1, 2), metres
    return place, off


def _nearest_cells(xy: NDArray[np.float64], ground: Ground, max_m: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the nearest cell from which some move is open, and the distance to its centre; −1 and inf beyond ``max_m``."""
    transform = ground.transform
    spot = np.column_stack([(xy[:, 0] - transform.c) / transform.a, (xy[:, 1] - transform.f) / transform.e])
    cell, off = np.full(len(xy), -1, dtype=np.int64), np.full(len(xy), np.inf)
    width, tall = ground.cell_size
    _scan_cells(spot, ground.speed_class, ground.blocked, width, tall, max_m, cell, off)
    return cell, off


@njit(cache=True, nogil=True, error_model="numpy")
def _scan_cells(
    spot: NDArray[np.float64],
    classes: NDArray[np.uint8],
    blocked: NDArray[np.uint16],
    width: float,
    tall: float,
    max_m: float,
    cell: NDArray[np.int64],
    off: NDArray[np.float64],
) -> None:
    """Look at every cell within ``max_m`` of each spot."""
    rows, cols = classes.shape
    for n in range(len(spot)):
        x, y = spot[n, 0], spot[n, 1]
        top, bottom = max(np.int64(y - max_m / tall) - 1, 0), min(np.int64(y + max_m / tall) + 2, rows)
        left, right = max(np.int64(x - max_m / width) - 1, 0), min(np.int64(x + max_m / width) + 2, cols)
        for r in range(top, bottom):
            for c in range(left, right):
                if classes[r, c] == 0 or blocked[r, c] == 0xFFFF:
                    continue
                metres = np.hypot((c + 0.5 - x) * width, (r + 0.5 - y) * tall)
                if metres <= max_m and metres < off[n]:
                    off[n], cell[n] = metres, r * cols + c
