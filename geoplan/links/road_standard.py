"""Say which existing roads are to standard, and which places have one.

A road is to standard when its surface is one of the profile's and its width is known to reach the least (fords are not: they close when wet). It
leads somewhere only if roads to standard join it to a trunk road; a hard road at the end of a mud road serves nobody. Where no trunk road is to
standard, the longest connected piece takes its place. So a place behind a ford, a ferry or a rope alone has no road to standard: in the wet season
it has none at all. A place has a road when one of those is within reach, straight, with no barrier between.

By hand: county road (asphalt 6.5 m) – group road (concrete 3.5 m) – mud road – group road (concrete 3.5 m): the first two serve, the last is an
island.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geoplan.access.offroad import Barriers, find_blocked
from geoplan.contracts.cost_profile import RoadCosts
from geoplan.contracts.results import Network

_NO_ROAD = ("ferry", "rope", "board")


@dataclass(frozen=True)
class RoadStandard:
    """Roads held against the standard.

    Attributes
    ----------
    usable
        (edges,) bool: carries motor vehicles on land.
    standard
        (edges,) bool: to standard.
    serving
        (edges,) bool: to standard, and joined by roads to standard to a trunk road.
    ford
        (edges,) bool: usable, and crosses water without a bridge.
    unsure
        (edges,) bool: may be to standard, for its surface or width is not known.
    ferry, rope
        (edges,) bool: a ferry, a rope over a gorge; neither carries a road, a bridge in its place would.
    """

    usable: NDArray[np.bool_]
    standard: NDArray[np.bool_]
    serving: NDArray[np.bool_]
    ford: NDArray[np.bool_]
    unsure: NDArray[np.bool_]
    ferry: NDArray[np.bool_]
    rope: NDArray[np.bool_]


def judge_network(network: Network, road: RoadCosts) -> RoadStandard:
    """Return which edges of a network are to standard and lead to a trunk road.

    Parameters
    ----------
    network
        Road graph; edges have u, v, length_m, road_class, surface, width_m, crossing, walked.
    road
        Surfaces, least width, trunk classes.
    """
    edges = network.edges
    crossing = edges["crossing"].astype(object).fillna("")
    usable = ~edges["walked"].to_numpy(dtype=bool) & ~crossing.isin(_NO_ROAD).to_numpy()
    usable &= (edges["road_class"] != "ferry").to_numpy()
    ford = usable & (crossing == "ford").to_numpy()
    width = edges["width_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    wide = np.where(np.isnan(width), road.unknown_width_serves, width >= road.min_width_m.value)
    standard = usable & ~ford & edges["surface"].isin(road.surfaces).to_numpy() & wide.astype(bool)
    serving = np.zeros(len(edges), dtype=bool)
    at = np.flatnonzero(standard)
    if len(at):
        u, v = (edges[name].to_numpy(dtype=np.int64)[at] for name in ("u", "v"))
        count = len(network.nodes)
        piece = connected_components(coo_matrix((np.ones(len(at)), (u, v)), shape=(count, count)), directed=False)[1][u]
        trunk = edges["road_class"].isin(road.trunk_classes).to_numpy()[at]
        length = np.bincount(piece, weights=edges["length_m"].to_numpy(dtype=np.float64)[at])
        leads = np.unique(piece[trunk]) if trunk.any() else np.array([np.argmax(length)])
        serving[at] = np.isin(piece, leads)
    surface = edges["surface"].astype(object)
    blank = (surface.isna() | surface.isin(("", "unknown"))).to_numpy(dtype=bool)
    maybe = blank | (np.isnan(width) & surface.isin(road.surfaces).to_numpy())
    unsure = usable & ~ford & ~standard & maybe
    ferry = ((crossing == "ferry") | (edges["road_class"] == "ferry")).to_numpy()
    return RoadStandard(usable, standard, serving, ford, unsure, ferry, ~ferry & (crossing == "rope").to_numpy())


def find_served(
    xy: NDArray[np.float64], network: Network, judged: RoadStandard, *, reach_m: float, walls: Barriers | None = None
) -> NDArray[np.bool_]:
    """Return which places ((n, 2) metres) have a serving road within reach, straight, no barrier between; bridges and tunnels do not count."""
    served = np.zeros(len(xy), dtype=bool)
    lines = np.asarray(network.edges.geometry.array, dtype=object)
    lines = lines[judged.serving & network.edges["joinable"].to_numpy(dtype=bool)]
    if len(lines) == 0 or len(xy) == 0:
        return served
    points = shapely.points(xy)
    place, line = shapely.STRtree(lines).query(points, predicate="dwithin", distance=reach_m)
    if len(place):
        ends = shapely.get_coordinates(shapely.shortest_line(points[place], lines[line])).reshape(-1, 2, 2)
        served[place[~find_blocked(ends[:, 0], ends[:, 1], walls)]] = True
    return served
