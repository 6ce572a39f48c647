"""Find the quickest facility of every settlement, door to door, and say of what the time is made.

Riding is: the off-road leg on foot, the network (paths walked, roads driven), the off-road leg at the facility. Walking is the
same on foot all the way. Either gives way to a straight walk where that is quicker. The parts add up:
``travel_time_min = off_road_min + network_min + facility_off_road_min`` (a straight walk is all off-road leg). For a round trip
the minutes are of the whole trip, there and back to one facility, and the metres of the way there.
By hand: a settlement 100 m beside a level 20 km/h road, 2 km along it to a clinic on the road: 1.2 + 6 + 0 = 7.2 min.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.direct import bound_round_trips, find_direct_walks
from geoplan.access.elevation import sample_height_m, share_walks
from geoplan.access.graph import WALK_SHARES, TravelGraph, join_points
from geoplan.access.offroad import Barriers, prepare_barriers
from geoplan.access.round_trip import search_round_trip
from geoplan.access.search import Paths, search_nearest
from geoplan.access.snapping import CANDIDATES, snap_all
from geoplan.contracts.config import AccessConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Network
from geoplan.contracts.status import Status
from geoplan.errors import NetworkError


@dataclass(frozen=True)
class Terrain:
    """What off-road legs need to know: heights, walking speed and barriers."""

    dem: Grid | None
    walk_kmh: float
    barriers: Barriers | None


@dataclass(frozen=True)
class JoinedPoints:
    """Settlements and facilities with the legs that join them to a network."""

    network: Network
    settlements_xy: NDArray[np.float64]
    facilities_xy: NDArray[np.float64]
    settlement_legs: pd.DataFrame
    facility_legs: pd.DataFrame
    settlement_height_m: NDArray[np.float64]
    facility_height_m: NDArray[np.float64]


def join_to_network(
    settlements_xy: NDArray[np.float64],
    facilities_xy: NDArray[np.float64],
    network: Network,
    *,
    max_m: float,
    terrain: Terrain,
    candidates: int = CANDIDATES,
) -> JoinedPoints:
    """Return settlements and facilities ((n, 2) metres) with their legs to the network, none longer than ``max_m``."""
    both = np.vstack([settlements_xy, facilities_xy])
    legs = snap_all(
        both,
        network,
        max_m=max_m,
        barriers=terrain.barriers,
        dem=terrain.dem,
        walk_kmh=terrain.walk_kmh,
        candidates=candidates,
    )
    legs = _share_edges(legs, network, terrain)
    own = (legs["point"] < len(settlements_xy)).to_numpy()
    facility_legs = legs[~own].assign(point=legs["point"][~own] - len(settlements_xy)).reset_index(drop=True)
    heights = sample_height_m(terrain.dem, settlements_xy), sample_height_m(terrain.dem, facilities_xy)
    return JoinedPoints(network, settlements_xy, facilities_xy, legs[own].reset_index(drop=True), facility_legs, *heights)


def _share_edges(legs: pd.DataFrame, network: Network, terrain: Terrain) -> pd.DataFrame:
    """Return the legs with the share of their edge's walking minutes that lies before the joining point."""
    joined, line = np.unique(legs["edge"].to_numpy(dtype=np.int64), return_inverse=True)
    shapes = np.asarray(network.edges.geometry.array, dtype=object)[joined]
    shares = share_walks(shapes, line, legs["along_m"].to_numpy(), dem=terrain.dem, walk_kmh=terrain.walk_kmh)
    return legs.assign(**dict(zip(WALK_SHARES, shares, strict=True)))


def build_graph(points: JoinedPoints, *, mode: str, season: str, direct: pd.DataFrame | None = None) -> TravelGraph:
    """Return the graph to search for one mode (``ride`` / ``walk``) and season.

    Raises
    ------
    NetworkError
        ``NETWORK-SEASON``: the network was not timed for the season.
    """
    prefix = "walk_" if mode == "walk" else ""
    names = [f"{prefix}{way}_min_{season}" for way in ("forward", "backward")]
    if names[0] not in points.network.edges:
        raise NetworkError(
            f"the network has no minutes for season {season!r}", code="NETWORK-SEASON", remedy="Build it with this season."
        )
    edges = points.network.edges
    forward, backward = (edges[name].to_numpy() for name in names)
    # Where riding takes exactly what walking takes, the edge is a path.
    feet = [edges[f"walk_{way}_min_{season}"].to_numpy() for way in ("forward", "backward")]
    return join_points(
        points.network,
        forward_min=forward,
        backward_min=backward,
        settlement_legs=points.settlement_legs,
        facility_legs=points.facility_legs,
        settlements=len(points.settlements_xy),
        facilities=len(points.facilities_xy),
        direct=direct,
        on_foot=(forward == feet[0]) & (backward == feet[1]),
    )


def _take_quicker(paths: Paths, walks: pd.DataFrame) -> Paths:
    """Return paths with a straight walk wherever it is strictly quicker."""
    order = np.lexsort((walks["facility"], walks["there_min"], walks["settlement"]))
    owner = walks["settlement"].to_numpy()[order]
    order = order[np.r_[True, owner[1:] != owner[:-1]]] if len(order) else order
    best = walks.iloc[order]
    best = best[best["there_min"].to_numpy() < paths.minutes[best["settlement"].to_numpy()]]
    at = best["settlement"].to_numpy()
    values = {field.name: getattr(paths, field.name).copy() for field in fields(Paths)}
    values["minutes"][at] = values["leg_min"][at] = best["there_min"].to_numpy()
    values["leg_m"][at] = best["length_m"].to_numpy()
    values["facility"][at] = best["facility"].to_numpy()
    for name in ("road_m", "road_min", "facility_leg_m", "facility_leg_min"):
        values[name][at] = 0.0
    values["direct"][at], values["component"][at] = True, -1
    return Paths(**values)


def search_one_way(
    points: JoinedPoints, graphs: Sequence[TravelGraph], facilities: NDArray[np.int64], *, direct_max_m: float, terrain: Terrain
) -> list[Paths]:
    """Return the quickest path of every settlement to any of ``facilities``, for each graph (season)."""
    found = [search_nearest(graph, facilities, towards=True) for graph in graphs]
    worth = np.max([paths.minutes for paths in found], axis=0) if found else np.zeros(len(points.settlements_xy))
    walks = find_direct_walks(
        points.settlements_xy,
        points.facilities_xy[facilities],
        max_m=direct_max_m,
        barriers=terrain.barriers,
        dem=terrain.dem,
        walk_kmh=terrain.walk_kmh,
        worth_min=worth,
    )
    walks = walks.assign(facility=facilities[walks["facility"].to_numpy()])
    return [_take_quicker(paths, walks) for paths in found]


def search_there_and_back(
    points: JoinedPoints,
    *,
    mode: str,
    seasons: Sequence[str],
    facilities: NDArray[np.int64],
    direct_max_m: float,
    terrain: Terrain,
) -> list[tuple[Paths, Paths]]:
    """Return the quickest round trip of every settlement to one of ``facilities``, for each season."""
    ends = points.settlements_xy, points.facilities_xy[facilities]
    barriers, dem, walk_kmh = terrain.barriers, terrain.dem, terrain.walk_kmh
    bound = bound_round_trips(*ends, max_m=direct_max_m, barriers=barriers, dem=dem, walk_kmh=walk_kmh)
    walks = find_direct_walks(*ends, max_m=direct_max_m, barriers=barriers, dem=dem, walk_kmh=walk_kmh, worth_min=bound)
    walks = walks.assign(facility=facilities[walks["facility"].to_numpy()])
    return [search_round_trip(build_graph(points, mode=mode, season=season, direct=walks), facilities) for season in seasons]


def describe_times(points: JoinedPoints, out: Paths, back: Paths | None, facilities: NDArray[np.int64]) -> pd.DataFrame:
    """Return one row per settlement: status, minutes and their parts, level distance and climb.

    Returns
    -------
    pandas.DataFrame
        status, travel_time_min, facility (Int64 number), route, off_road_m, off_road_min, network_min, network_m,
        facility_off_road_m, facility_off_road_min, level_distance_m, climb_m, component (Int64).
    """
    return tabulate_times(list_times(points, out, back, facilities))


def tabulate_times(columns: dict[str, NDArray[Any]]) -> pd.DataFrame:
    """Return the columns of `list_times` as a table; numbers of facilities and components below 0 become missing."""
    numbered = {name: pd.arrays.IntegerArray(columns[name], columns[name] < 0) for name in ("facility", "component")}
    return pd.DataFrame(columns | numbered)


def list_times(points: JoinedPoints, out: Paths, back: Paths | None, facilities: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return the columns of `describe_times` as (s,) arrays; facility and component are −1 where there is none."""
    count = len(points.settlements_xy)
    status = _find_status(points, out, facilities)
    ok = status == Status.OK.value
    direct = ok & out.direct & (back.direct if back is not None else True)

    def whole(name: str) -> NDArray[np.float64]:
        one = getattr(out, name)
        return np.where(ok, one if back is None else one + getattr(back, name), np.nan)

    facility = np.where(ok, out.facility, 0)
    to_xy = points.facilities_xy[facility] if len(points.facilities_xy) else np.full((count, 2), np.nan)
    to_height = points.facility_height_m[facility] if len(points.facilities_xy) else np.full(count, np.nan)
    rise = to_height - points.settlement_height_m
    known_component = np.where(ok & (out.component >= 0), out.component, _nearest_component(points))
    return {
        "status": status,
        "travel_time_min": whole("minutes"),
        "facility": np.where(ok, facility, -1).astype(np.int64),
        "route": np.where(direct, "direct_walk", np.where(ok, "network", "")),
        "off_road_m": np.where(ok, out.leg_m, np.nan),
        "off_road_min": whole("leg_min"),
        "network_min": np.where(direct, np.nan, whole("road_min")),
        "network_m": np.where(ok & ~direct, out.road_m, np.nan),
        "facility_off_road_m": np.where(ok, out.facility_leg_m, np.nan),
        "facility_off_road_min": whole("facility_leg_min"),
        "level_distance_m": np.where(ok, np.hypot(*(to_xy - points.settlements_xy).T), np.nan),
        "climb_m": np.where(ok, rise, np.nan),
        "component": known_component.astype(np.int64),
    }


def _nearest_component(points: JoinedPoints) -> NDArray[np.int64]:
    """Return the component of each settlement's nearest leg, −1 where it has none."""
    nearest = points.settlement_legs.drop_duplicates("point")
    component = np.full(len(points.settlements_xy), -1, dtype=np.int64)
    component[nearest["point"].to_numpy(dtype=np.int64)] = nearest["component"].to_numpy(dtype=np.int64)
    return component


def _find_status(points: JoinedPoints, out: Paths, facilities: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return why each settlement has or has not a travel time."""
    located = np.isfinite(points.settlements_xy).all(axis=1)
    some = bool(np.isfinite(points.facilities_xy[facilities]).all(axis=1).any())
    joined = np.isin(np.arange(len(points.settlements_xy)), points.settlement_legs["point"].to_numpy())
    status = np.where(joined, Status.UNREACHABLE.value, Status.UNSNAPPED.value).astype(object)
    status[np.isfinite(out.minutes)] = Status.OK.value
    status[~located | (not some)] = Status.NO_DATA.value
    return status


def nearest_facilities(
    settlements_xy: NDArray[np.float64],
    facilities_xy: NDArray[np.float64],
    network: Network,
    *,
    season: str,
    config: AccessConfig,
    mode: str = "ride",
    trip: str = "one_way",
    dem: Grid | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    candidates: int = CANDIDATES,
) -> pd.DataFrame:
    """Return the quickest facility of every settlement for one service and season.

    Parameters
    ----------
    settlements_xy, facilities_xy
        (s, 2) and (f, 2) easting, northing, metres; NaN for a point without coordinates.
    network
        From `build_network`, timed for ``season``.
    season
        ``dry`` or ``wet``.
    config
        Reach of legs and straight walks, walking speed.
    mode
        ``ride`` or ``walk``.
    trip
        ``one_way`` (settlement → facility) or ``round_trip``.
    dem, barriers
        Heights and what no leg may cross, in the network's CRS.
    candidates
        Nearest edges each point may join, beside the nearest of every component. With as many as there are edges, a new
        road can never make anybody slower; with few, a near slow road may push a farther quick one out of the list.

    Returns
    -------
    pandas.DataFrame
        s rows in order, columns of `describe_times`.
    """
    terrain = Terrain(dem, config.walk_kmh, prepare_barriers(barriers))
    points = join_to_network(
        settlements_xy, facilities_xy, network, max_m=config.snap_max_m, terrain=terrain, candidates=candidates
    )
    everyone = np.arange(len(facilities_xy))
    reach = config.direct_walk_max_m
    if trip == "round_trip":
        [(out, back)] = search_there_and_back(
            points, mode=mode, seasons=[season], facilities=everyone, direct_max_m=reach, terrain=terrain
        )
        return describe_times(points, out, back, everyone)
    [out] = search_one_way(points, [build_graph(points, mode=mode, season=season)], everyone, direct_max_m=reach, terrain=terrain)
    return describe_times(points, out, None, everyone)
