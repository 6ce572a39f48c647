"""Join points to the network: the inside of edges, by straight legs that cross no barrier.

Nearest in distance is not always best: the nearest piece may be an isolated path. A point therefore keeps several legs, all
no longer than ``max_m`` and crossing no barrier: to its ``candidates`` nearest edges, and to the nearest edge of every
component; the search then takes the quickest door to door. `snap` gives the nearest alone, `snap_all` all of them.

A leg may join the inside of any joinable edge; of a bridge, tunnel, motorway, ferry or rope only a loose end, where
nothing joinable meets it. By hand: a point at (40, 30) beside a road from (0, 0) to (100, 0) has along_m 40 and offset_m 30.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.access.offroad import Barriers, find_blocked, prepare_barriers, walk_legs_min
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Network
from geoplan.contracts.status import Status

CANDIDATES = 1000
"""Nearest edges kept per point, beside the nearest of every component: in practice every edge within reach.

A few do not do. Where paths and group roads are dense they crowd out the county road 1 km away: with 4 candidates one settlement in
eight of the demonstration county came out more than a minute too slow, one by 99 minutes, and one in four of the Comoros."""


@dataclass(frozen=True)
class _Targets:
    """What a leg may join: joinable edges whole, and loose ends of the others."""

    shapes: NDArray[np.object_]
    edge: NDArray[np.int64]
    along_m: NDArray[np.float64]
    """NaN for a whole edge."""


def _list_targets(network: Network, usable: NDArray[np.bool_]) -> _Targets:
    """Return the joinable edges and the loose ends of the others."""
    edges = network.edges
    joinable = edges["joinable"].to_numpy() & usable
    whole = np.flatnonzero(joinable)
    u, v = edges["u"].to_numpy(), edges["v"].to_numpy()
    length = edges["length_m"].to_numpy()
    degree = np.bincount(np.r_[u, v], minlength=len(network.nodes))
    others = np.flatnonzero(~joinable & usable)
    ends = np.r_[u[others], v[others]]
    edge = np.r_[others, others]
    along = np.r_[np.zeros(len(others)), length[others]]
    loose = degree[ends] == 1
    shapes = np.r_[np.asarray(edges.geometry.array, dtype=object)[whole], shapely.points(network.nodes[ends[loose]])]
    return _Targets(shapes, np.r_[whole, edge[loose]], np.r_[np.full(len(whole), np.nan), along[loose]])


def _find_pairs(points: NDArray[np.object_], targets: _Targets, component: NDArray[np.int64], max_m: float) -> pd.DataFrame:
    """Return every (point, target) pair within ``max_m`` (inclusive), nearest first for each point."""
    if len(targets.shapes) == 0:
        return pd.DataFrame({"point": [], "target": [], "offset_m": [], "component": []}).astype({"point": int, "target": int})
    # The box test of dwithin may lose the last ulp at exactly max_m, so a hair more is asked for and the rest is cut below.
    point, target = shapely.STRtree(targets.shapes).query(points, predicate="dwithin", distance=max_m * (1 + 1e-12))
    offset = shapely.distance(points[point], targets.shapes[target])
    keep = offset <= max_m
    point, target, offset = point[keep], target[keep], offset[keep]
    order = np.lexsort((target, offset, point))
    pairs = pd.DataFrame({"point": point[order], "target": target[order], "offset_m": offset[order]})
    pairs["component"] = component[targets.edge[pairs["target"].to_numpy()]]
    return pairs


def _foot_of(points_xy: NDArray[np.float64], pairs: pd.DataFrame, targets: _Targets) -> pd.DataFrame:
    """Return ``pairs`` with edge, metres along it and coordinates of the joining point."""
    target, point = pairs["target"].to_numpy(), pairs["point"].to_numpy()
    shapes = targets.shapes[target]
    along = targets.along_m[target].copy()
    whole = np.isnan(along)
    foot = np.empty((len(pairs), 2))
    along[whole] = shapely.line_locate_point(shapes[whole], shapely.points(points_xy[point[whole]]))
    foot[whole] = shapely.get_coordinates(shapely.line_interpolate_point(shapes[whole], along[whole]))
    foot[~whole] = shapely.get_coordinates(shapes[~whole])
    return pairs.assign(edge=targets.edge[target], along_m=along, x=foot[:, 0], y=foot[:, 1])


def _place_in_group(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place (0, 1, …) of each row among the rows of its group, in row order."""
    order = np.argsort(group, kind="stable")
    begins = np.flatnonzero(np.r_[True, group[order][1:] != group[order][:-1]]) if len(group) else np.zeros(0, dtype=np.int64)
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(group)) - np.repeat(begins, np.diff(np.r_[begins, len(group)]))
    return place


def _choose(
    points_xy: NDArray[np.float64], pairs: pd.DataFrame, targets: _Targets, barriers: Barriers | None, candidates: int
) -> pd.DataFrame:
    """Return the open legs to keep: the ``candidates`` nearest of each point and the nearest of each of its components."""
    point = pairs["point"].to_numpy(dtype=np.int64)
    part = _number_parts(pairs)
    waiting, growth = np.arange(len(pairs)), 1
    kept: list[pd.DataFrame] = []
    found = np.zeros(len(points_xy), dtype=np.int64)
    reached = np.zeros(int(part.max(initial=-1)) + 1, dtype=bool)
    while len(waiting):
        need = (candidates - found[point[waiting]]).clip(0)
        ahead = need if barriers is None else growth * (candidates + 1)
        trial = (need > 0) & (_place_in_group(point[waiting]) < ahead) | (_place_in_group(part[waiting]) < growth)
        growth *= 2
        tried = waiting[trial]
        legs = _foot_of(points_xy, pairs.iloc[tried], targets)
        is_open = ~find_blocked(points_xy[point[tried]], legs[["x", "y"]].to_numpy(), barriers)
        kept.append(legs[is_open])
        found += np.bincount(point[tried[is_open]], minlength=len(found))
        reached[part[tried[is_open]]] = True
        waiting = waiting[~trial]
        waiting = waiting[~(reached[part[waiting]] & (found[point[waiting]] >= candidates))]
    legs = pd.concat(kept, ignore_index=True) if kept else _foot_of(points_xy, pairs, targets)
    legs = legs.iloc[np.lexsort((legs["target"], legs["offset_m"], legs["point"]))]
    nearest = _place_in_group(legs["point"].to_numpy(dtype=np.int64)) < candidates
    first = _place_in_group(_number_parts(legs)) < 1
    return legs[nearest | first].reset_index(drop=True)


def _number_parts(pairs: pd.DataFrame) -> NDArray[np.int64]:
    """Return one number per row, the same where point and component are the same."""
    point, component = pairs["point"].to_numpy(dtype=np.int64), pairs["component"].to_numpy(dtype=np.int64)
    return np.unique(point * (component.max(initial=0) + 1) + component, return_inverse=True)[1].astype(np.int64)


def snap_all(
    points_xy: NDArray[np.float64],
    network: Network,
    *,
    max_m: float,
    barriers: Barriers | None,
    dem: Grid | None,
    walk_kmh: float,
    candidates: int = CANDIDATES,
    usable: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Return every leg worth trying from points to the network, nearest first.

    Parameters
    ----------
    points_xy
        (n, 2) easting, northing, metres; NaN points have no legs.
    network
        Road graph.
    max_m
        Longest leg, metres, inclusive.
    barriers
        From `prepare_barriers`.
    dem, walk_kmh
        Heights (m) and level walking speed (km/h) for the minutes of the legs.
    candidates
        Nearest edges kept per point, beside the nearest of every component.
    usable
        (edges,) which edges may be joined at all; all when absent.

    Returns
    -------
    pandas.DataFrame
        point, edge, along_m, offset_m, x, y, component, to_network_min, from_network_min.
    """
    component = network.edges["component"].to_numpy()
    targets = _list_targets(network, np.ones(len(network.edges), dtype=bool) if usable is None else usable)
    known = np.flatnonzero(np.isfinite(points_xy).all(axis=1))
    pairs = _find_pairs(shapely.points(points_xy[known]), targets, component, max_m)
    pairs["point"] = known[pairs["point"].to_numpy()]
    legs = _choose(points_xy, pairs, targets, barriers, candidates)
    start, foot = points_xy[legs["point"].to_numpy()], legs[["x", "y"]].to_numpy()
    there, back = walk_legs_min(start, foot, dem=dem, walk_kmh=walk_kmh)
    legs = legs.assign(to_network_min=there, from_network_min=back)
    return legs[["point", "edge", "along_m", "offset_m", "x", "y", "component", "to_network_min", "from_network_min"]]


def snap(
    points_xy: NDArray[np.float64],
    network: Network,
    *,
    max_m: float,
    barriers: gpd.GeoDataFrame | None,
    dem: Grid | None,
    walk_kmh: float,
) -> pd.DataFrame:
    """Return where each point joins the network: the nearest allowed point inside an edge.

    Parameters
    ----------
    points_xy
        (n, 2) easting, northing, metres.
    network
        Road graph.
    max_m
        Longest leg, metres, inclusive.
    barriers
        Lines and polygons no leg may cross.
    dem, walk_kmh
        Heights (m) and level walking speed (km/h).

    Returns
    -------
    pandas.DataFrame
        n rows in order: edge (Int64), along_m, offset_m, x, y, component (Int64), status (ok / unsnapped / no_data for
        a point without coordinates), to_network_min, from_network_min. Everything but status is missing unless ok.
    """
    legs = snap_all(
        points_xy, network, max_m=max_m, barriers=prepare_barriers(barriers), dem=dem, walk_kmh=walk_kmh, candidates=1
    )
    nearest = legs.drop_duplicates("point").set_index("point")
    table = nearest.reindex(pd.RangeIndex(len(points_xy), name=None))
    known = np.isfinite(points_xy).all(axis=1)
    status = np.where(table["edge"].notna(), Status.OK.value, np.where(known, Status.UNSNAPPED.value, Status.NO_DATA.value))
    table = table.astype({"edge": "Int64", "component": "Int64"})
    table["status"] = status
    return table
