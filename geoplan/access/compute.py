"""Compute access: every settlement × service × season, and every settlement's roads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.facilities import COLUMNS, locate_points
from geoplan.access.offroad import prepare_barriers
from geoplan.access.roads import find_roads
from geoplan.access.search import Paths
from geoplan.access.travel_time import (
    JoinedPoints,
    Terrain,
    build_graph,
    join_to_network,
    list_times,
    search_one_way,
    search_there_and_back,
    tabulate_times,
)
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.profiles import SpeedProfile
from geoplan.contracts.results import AccessResult, Network
from geoplan.contracts.status import Status
from geoplan.errors import CrsError, TableError
from geoplan.spatial.crs import require_metric, same_crs

TIMES = (
    "settlement_id service season trip status travel_time_min facility_id route off_road_m off_road_min network_min network_m "
    "facility_off_road_m facility_off_road_min level_distance_m climb_m component"
).split()


def compute_access(
    settlements: gpd.GeoDataFrame,
    facilities: dict[str, gpd.GeoDataFrame],
    services: Sequence[ServiceConfig],
    network: Network,
    *,
    config: AccessConfig,
    speeds: SpeedProfile,
    dem: Grid | None,
    barriers: gpd.GeoDataFrame | None,
) -> AccessResult:
    """Return travel times, road access and where the facilities join the network.

    Parameters
    ----------
    settlements
        Points with ``settlement_id``, in the network's CRS.
    facilities
        Service id → facilities (see `collect_facilities`); a service without an entry has no data.
    services
        Services to compute.
    network
        From `build_network`, timed for ``config.seasons``.
    config
        Seasons, walking speed, reach of legs and straight walks.
    speeds
        The profile the network was timed with.
    dem
        Heights in the same CRS, metres, or None for level ground.
    barriers
        Lines and polygons no leg may cross.

    Raises
    ------
    CrsError
        ``CRS-MIXED``: layers differ in CRS.
    TableError
        ``ID-DUPLICATE``: settlement ids, or facility ids of one service, occur twice.
    """
    joined = _join(settlements, facilities, services, network, config=config, dem=dem, barriers=barriers)
    points = joined.points
    road = find_roads(points.settlements_xy, network, speeds=speeds, max_m=config.snap_max_m, terrain=joined.terrain)
    road = road.iloc[joined.rank].reset_index(drop=True)
    road.insert(0, "settlement_id", joined.ids)
    return AccessResult(
        _time_services(joined, services, config), road, _describe_facilities(joined.supply, points), network.report
    )


def compute_times(
    settlements: gpd.GeoDataFrame,
    facilities: dict[str, gpd.GeoDataFrame],
    services: Sequence[ServiceConfig],
    network: Network,
    *,
    config: AccessConfig,
    dem: Grid | None,
    barriers: gpd.GeoDataFrame | None,
) -> pd.DataFrame:
    """Return the ``times`` of `compute_access` alone, for who needs neither roads nor where the facilities join.

    Takes and raises what `compute_access` does.
    """
    return _time_services(
        _join(settlements, facilities, services, network, config=config, dem=dem, barriers=barriers), services, config
    )


@dataclass(frozen=True)
class _Joined:
    """Settlements in the order of their ids and all facilities, joined to the network."""

    points: JoinedPoints
    supply: gpd.GeoDataFrame
    numbers: dict[str, NDArray[np.int64]]
    """Service id → its rows of ``supply``."""
    terrain: Terrain
    ids: NDArray[np.object_]
    """Settlement ids as given."""
    rank: NDArray[np.int64]
    """Place in the order of ids of each settlement as given."""


def _join(
    settlements: gpd.GeoDataFrame,
    facilities: dict[str, gpd.GeoDataFrame],
    services: Sequence[ServiceConfig],
    network: Network,
    *,
    config: AccessConfig,
    dem: Grid | None,
    barriers: gpd.GeoDataFrame | None,
) -> _Joined:
    """Check the inputs and join them to the network."""
    _check_inputs(settlements, facilities, network, dem, barriers)
    terrain = Terrain(dem, config.walk_kmh, prepare_barriers(barriers))
    ids = settlements["settlement_id"].astype(str).to_numpy()
    # Searching in the order of ids makes ties fall the same way however the rows are shuffled.
    order = np.argsort(ids, kind="stable")
    supply, numbers = _stack_facilities(facilities, services, network)
    ends = locate_points(settlements)[order], locate_points(supply)
    points = join_to_network(*ends, network, max_m=config.snap_max_m, terrain=terrain)
    return _Joined(points, supply, numbers, terrain, ids, np.argsort(order, kind="stable"))


def _check_inputs(
    settlements: gpd.GeoDataFrame,
    facilities: dict[str, gpd.GeoDataFrame],
    network: Network,
    dem: Grid | None,
    barriers: gpd.GeoDataFrame | None,
) -> None:
    """Refuse layers in different CRS and ids that occur twice."""
    frames = {"settlements": settlements.crs, **{name: frame.crs for name, frame in facilities.items() if len(frame)}}
    if dem is not None:
        frames["dem"] = dem.crs
    if barriers is not None and len(barriers):
        frames["barriers"] = barriers.crs
    for name, crs in frames.items():
        if not same_crs(require_metric(crs, layer=name), network.crs):
            raise CrsError(
                "CRS is not the network's", code="CRS-MIXED", layer=name, remedy="Bring all layers into the working CRS."
            )
    tables = {"settlements": settlements["settlement_id"], **{name: one["facility_id"] for name, one in facilities.items()}}
    for name, ids in tables.items():
        doubled = ids[ids.duplicated()]
        if len(doubled):
            raise TableError(
                "ids occur twice", code="ID-DUPLICATE", layer=name, column=str(ids.name), ids=doubled.unique(),
                remedy="Give every row its own id.",
            )  # fmt: skip


def _stack_facilities(
    facilities: dict[str, gpd.GeoDataFrame], services: Sequence[ServiceConfig], network: Network
) -> tuple[gpd.GeoDataFrame, dict[str, NDArray[np.int64]]]:
    """Return all facilities in one table, by service and id, and the rows of each service."""
    tables, numbers, count = [], {}, 0
    for service in services:
        table = facilities.get(service.id)
        size = 0 if table is None else len(table)
        numbers[service.id] = np.arange(count, count + size)
        count += size
        if table is not None and size:
            order = np.argsort(table["facility_id"].astype(str).to_numpy(), kind="stable")
            present = [name for name in COLUMNS if name in table]
            plain = pd.DataFrame(table).iloc[order]
            tables.append(plain[present].assign(service=service.id, geometry=table.geometry.iloc[order]))
    if not tables:
        return gpd.GeoDataFrame({"service": [], "facility_id": []}, geometry=[], crs=network.crs), numbers
    stacked = pd.concat(tables, ignore_index=True)
    return gpd.GeoDataFrame(stacked, geometry="geometry", crs=network.crs), numbers


def _time_services(joined: _Joined, services: Sequence[ServiceConfig], config: AccessConfig) -> pd.DataFrame:
    """Return the rows of all services and seasons, settlements as given; each graph of a mode is built once."""
    points, terrain = joined.points, joined.terrain
    modes = {service.mode for service in services if service.trip == "one_way"}
    graphs = {mode: [build_graph(points, mode=mode, season=season) for season in config.seasons] for mode in sorted(modes)}
    reach = config.direct_walk_max_m
    count = len(joined.rank)
    parts: list[dict[str, NDArray[Any]]] = []
    for service in services:
        mine = joined.numbers[service.id]
        found: Sequence[tuple[Paths, Paths | None]]
        if service.trip == "round_trip":
            found = search_there_and_back(
                points, mode=service.mode, seasons=config.seasons, facilities=mine, direct_max_m=reach, terrain=terrain
            )
        else:
            one_way = search_one_way(points, graphs[service.mode], mine, direct_max_m=reach, terrain=terrain)
            found = [(paths, None) for paths in one_way]
        for season, (out, back) in zip(config.seasons, found, strict=True):
            labels = {"service": service.id, "season": season, "trip": service.trip}
            own = {name: column[joined.rank] for name, column in list_times(points, out, back, mine).items()}
            parts.append(own | {name: np.full(count, label, dtype=object) for name, label in labels.items()})
    if not parts:
        return pd.DataFrame(columns=TIMES)
    # One table from whole columns: making a table for every service and season costs more than searching.
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    names = _name(columns["facility"], joined.supply)
    times = tabulate_times(columns).assign(settlement_id=np.tile(joined.ids, len(parts)), facility_id=names)
    return times[TIMES]


def _name(facility: NDArray[np.int64], supply: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return facility ids for facility numbers, empty text where there is none."""
    names = np.append(supply["facility_id"].astype(str).to_numpy(dtype=object), "")
    return names[np.where(facility >= 0, facility, len(names) - 1)]


def _describe_facilities(supply: gpd.GeoDataFrame, points: JoinedPoints) -> gpd.GeoDataFrame:
    """Return the facilities with where they join the network."""
    nearest = points.facility_legs.drop_duplicates("point").set_index("point")["offset_m"].reindex(np.arange(len(supply)))
    located = np.isfinite(points.facilities_xy).all(axis=1)
    absent = np.where(located, Status.UNSNAPPED.value, Status.NO_DATA.value)
    columns = [
        "facility_id",
        "service",
        "name",
        "level",
        "capacity",
        "snap_status",
        "off_road_m",
        "township_code",
        "village_code",
    ]
    table = supply.assign(snap_status=np.where(nearest.notna(), Status.OK.value, absent), off_road_m=nearest.to_numpy())
    table = table.reindex(columns=[*columns, "geometry"])
    for column in ("name", "level", "township_code", "village_code"):
        table[column] = table[column].astype(object).where(table[column].notna(), "").astype(str)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=supply.crs)
