"""Compute access: every settlement × service × season over the travel-time field, and every settlement's roads.

One field is solved for every service, season and direction; settlements and facilities enter it at their true positions. The parts of a time add up:
``travel_time_min = off_road_min + network_min + facility_off_road_min = walk_min + ride_min``. What comes before the first road is the settlement's
off-road leg, what comes after the last road the facility's; a way that uses no road is all off-road leg (route ``walk``). For a round trip the
minutes are of the whole trip, there and back to one facility, and the metres of the way there.
By hand: a settlement 100 m beside a level 20 km/h road, 2 km along it to a clinic on the road: 1.2 + 6 + 0 = 7.2 min; walking slantwise to the road
saves up to 0.04 min of it, and the sixteen directions of walking cost up to 0.02 min.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.entries import Entries, enter
from geoplan.access.facilities import COLUMNS, FACTS, locate_points
from geoplan.access.field import TILE_CELLS, Costs, Legs, lay_costs, lay_legs, plant_seeds, solve
from geoplan.access.reading import Meetings, Paths, meet, read_paths
from geoplan.access.roads import find_roads
from geoplan.access.round_trip import Trip, search_round_trip
from geoplan.access.surface import Surface
from geoplan.access.tabulate import TIMES, list_times, tabulate_times
from geoplan.access.ways import Ways, lay_ways, time_edges
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.contracts.profiles import SpeedProfile
from geoplan.contracts.results import AccessResult
from geoplan.errors import ConfigError, CrsError, TableError
from geoplan.spatial.crs import require_metric, same_crs


def compute_access(
    settlements: gpd.GeoDataFrame,
    facilities: dict[str, gpd.GeoDataFrame],
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    *,
    config: AccessConfig,
    speeds: SpeedProfile,
    walkers: Mapping[str, float] | None = None,
) -> AccessResult:
    """Return travel times, road access and where the facilities enter the surface.

    Parameters
    ----------
    settlements
        Points with ``settlement_id``, in the surface's CRS.
    facilities
        Service id → facilities (see `collect_facilities`); a service without an entry has no data.
    services
        Services to compute.
    surfaces
        Season → surface (see `join_surface`), for all of ``config.seasons``; seasons may share one.
    config
        Seasons, and how far a point may be moved.
    speeds
        The profile the network was timed with.
    walkers
        Walker of a service → factor on walking speed; ``adult`` is 1.

    Raises
    ------
    CrsError
        ``CRS-MIXED``: layers differ in CRS.
    TableError
        ``ID-DUPLICATE``: settlement ids, or facility ids of one service, occur twice.
    ConfigError
        ``WALKER-UNKNOWN``: a service names a walker without a factor.
    """
    joined = join_points(settlements, facilities, services, surfaces, config, walkers)
    first = joined.sides[config.seasons[0]]
    road = find_roads(first.near, first.surface, season=config.seasons[0], speeds=speeds).iloc[joined.rank].reset_index(drop=True)
    road.insert(0, "settlement_id", joined.ids)
    return AccessResult(
        _time_services(joined, services, config),
        road,
        _describe_facilities(joined.supply, first.far),
        first.surface.network.report,
    )


def compute_times(
    settlements: gpd.GeoDataFrame,
    facilities: dict[str, gpd.GeoDataFrame],
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    *,
    config: AccessConfig,
    walkers: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return the ``times`` of `compute_access` alone, for who needs neither roads nor where the facilities enter.

    Takes and raises what `compute_access` does.
    """
    return _time_services(join_points(settlements, facilities, services, surfaces, config, walkers), services, config)


_BOTH_WAYS = ((False, TILE_CELLS), (True, 32), (False, 32))
"""Direction and tile of the further costs a round trip is searched with."""


@dataclass(frozen=True)
class Side:
    """One season's surface with the points entered."""

    surface: Surface
    near: Entries
    far: Entries


@dataclass(frozen=True)
class Joined:
    """Settlements in the order of their ids and all facilities, entered into the surfaces."""

    sides: dict[str, Side]
    """By season; seasons with one surface share it."""
    supply: gpd.GeoDataFrame
    numbers: dict[str, NDArray[np.int64]]
    """Service id → its rows of ``supply``."""
    ids: NDArray[np.object_]
    """Settlement ids as given."""
    rank: NDArray[np.int64]
    """Place in the order of ids of each settlement as given."""
    walkers: dict[str, float]


@dataclass(frozen=True)
class Ready:
    """Everything one mode, walker and season share: ways, legs, meetings, and costs either way."""

    ways: Ways
    near_legs: Legs
    far_legs: Legs
    meetings: Meetings
    towards: Costs
    both: tuple[Costs, Costs, Costs] | None
    """Of round trips: costs away from facilities, and towards and away in small tiles."""


def join_points(
    settlements: gpd.GeoDataFrame,
    facilities: dict[str, gpd.GeoDataFrame],
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    config: AccessConfig,
    walkers: Mapping[str, float] | None,
) -> Joined:
    """Check the inputs and enter them into the surfaces."""
    crs = surfaces[config.seasons[0]].ground.crs
    _check_inputs(settlements, facilities, crs)
    factors = {"adult": 1.0, **(walkers or {})}
    strange = sorted({one.walker for one in services} - set(factors))
    if strange:
        raise ConfigError(
            f"no walking factor for {', '.join(strange)}",
            code="WALKER-UNKNOWN",
            remedy=f"Use one of {', '.join(sorted(factors))}.",
        )
    ids = settlements["settlement_id"].astype(str).to_numpy()
    # Searching in the order of ids makes ties fall the same way however the rows are shuffled.
    order = np.argsort(ids, kind="stable")
    supply, numbers = _stack_facilities(facilities, services, crs)
    near_xy, far_xy = locate_points(settlements)[order], locate_points(supply)
    entered: dict[int, Side] = {}
    for season in config.seasons:
        surface = surfaces[season]
        if id(surface) not in entered:
            near, far = (enter(xy, surface, move_max_m=config.move_max_m) for xy in (near_xy, far_xy))
            entered[id(surface)] = Side(surface, near, far)
    sides = {season: entered[id(surfaces[season])] for season in config.seasons}
    return Joined(sides, supply, numbers, ids, np.argsort(order, kind="stable"), factors)


def _check_inputs(settlements: gpd.GeoDataFrame, facilities: dict[str, gpd.GeoDataFrame], crs: Any) -> None:
    """Refuse layers in different CRS and ids that occur twice."""
    frames = {"settlements": settlements.crs, **{name: frame.crs for name, frame in facilities.items() if len(frame)}}
    for name, own in frames.items():
        if not same_crs(require_metric(own, layer=name), crs):
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
    facilities: dict[str, gpd.GeoDataFrame], services: Sequence[ServiceConfig], crs: Any
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
        return gpd.GeoDataFrame({"service": [], "facility_id": []}, geometry=[], crs=crs), numbers
    stacked = pd.concat(tables, ignore_index=True)
    return gpd.GeoDataFrame(stacked, geometry="geometry", crs=crs), numbers


def _time_services(joined: Joined, services: Sequence[ServiceConfig], config: AccessConfig) -> pd.DataFrame:
    """Return the rows of all services and seasons, settlements as given; what a mode and season share is made once."""
    services = [one for one in services if one.times]
    both_ways = {(one.mode, one.walker) for one in services if one.trip == "round_trip"}
    kinds = dict.fromkeys(_kind(one, season) for one in services for season in config.seasons)
    tasks = [(service, season) for service in services for season in config.seasons]
    # The longest first, so that no thread waits at the end for one that began late.
    queue = sorted(range(len(tasks)), key=lambda at: tasks[at][0].trip != "round_trip")
    # The search lets go of the interpreter, so threads share the cores.
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        made = pool.map(lambda kind: make_ready(joined, *kind, away=kind[:2] in both_ways), kinds)
        ready = dict(zip(kinds, made, strict=True))
        made_out = pool.map(lambda at: _time_one(joined, *tasks[at], ready[_kind(*tasks[at])]), queue)
        found = dict(zip(queue, made_out, strict=True))
    if not found:
        return pd.DataFrame(columns=TIMES)
    parts = []
    for at, (service, season) in enumerate(tasks):
        columns = found[at]
        labels = {"service": service.id, "season": season, "trip": service.trip}
        own = {name: column[joined.rank] for name, column in columns.items()}
        parts.append(own | {name: np.full(len(joined.rank), label, dtype=object) for name, label in labels.items()})
    # One table from whole columns: making a table for every service and season costs more than searching.
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    names = _name(columns["facility"], joined.supply)
    times = tabulate_times(columns).assign(settlement_id=np.tile(joined.ids, len(parts)), facility_id=names)
    return times[TIMES]


def _kind(service: ServiceConfig, season: str) -> tuple[str, str, str]:
    """Return what ways and costs depend on."""
    return service.mode, service.walker, season


def make_ready(joined: Joined, mode: str, walker: str, season: str, *, away: bool) -> Ready:
    """Return what one mode, walker and season share."""
    side = joined.sides[season]
    factor = joined.walkers[walker]
    ways = lay_ways(side.surface, *time_edges(side.surface.network, mode=mode, season=season, walker=factor), walker=factor)
    return Ready(
        ways,
        lay_legs(side.near, side.surface, ways),
        lay_legs(side.far, side.surface, ways),
        meet(side.near, side.far, side.surface, ways),
        lay_costs(side.surface, ways, towards=True),
        tuple(lay_costs(side.surface, ways, towards=one, tile=tile) for one, tile in _BOTH_WAYS) if away else None,
    )


def _time_one(joined: Joined, service: ServiceConfig, season: str, ready: Ready) -> dict[str, NDArray[Any]]:
    """Return the columns of one service and season."""
    side, mine = joined.sides[season], joined.numbers[service.id]
    pairs = meetings_with(ready.meetings, mine)
    back: Paths | None = None
    if service.trip == "round_trip" and ready.both is not None:
        trip = Trip(ready.towards, *ready.both, side.near, ready.near_legs, side.far, ready.far_legs, pairs, mine)
        out, back = search_round_trip(trip)
    else:
        field = solve(ready.towards, plant_seeds(ready.far_legs, towards=True, points=mine))
        out = read_paths(field, side.near, ready.near_legs, side.far, ready.far_legs, pairs)
    return list_times(side.near, side.far, out, back, mine, surface=side.surface)


def meetings_with(meetings: Meetings, mine: NDArray[np.int64]) -> Meetings:
    """Return the meetings with some of the facilities."""
    own = np.isin(meetings.b, mine)
    return Meetings(
        meetings.a[own],
        meetings.b[own],
        meetings.there_min[own],
        meetings.back_min[own],
        meetings.parts_there[own],
        meetings.parts_back[own],
    )


def _name(facility: NDArray[np.int64], supply: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return facility ids for facility numbers, empty text where there is none."""
    names = np.append(supply["facility_id"].astype(str).to_numpy(dtype=object), "")
    return names[np.where(facility >= 0, facility, len(names) - 1)]


def _describe_facilities(supply: gpd.GeoDataFrame, entries: Entries) -> gpd.GeoDataFrame:
    """Return the facilities with how they enter the surface: status, how far they were moved, and the nearest road's distance."""
    on_road = np.flatnonzero(entries.edge >= 0)
    off_road = pd.Series(entries.leg_m[on_road]).groupby(entries.point[on_road]).min().reindex(np.arange(len(supply)))
    columns = "facility_id service name level capacity snap_status off_road_m moved_m township_code village_code".split()
    table = supply.assign(snap_status=entries.status, off_road_m=off_road.to_numpy(), moved_m=entries.moved_m)
    table = table.reindex(columns=[*columns, *FACTS, "geometry"])
    table = table.astype(dict.fromkeys(FACTS, "float64"))
    for column in ("name", "level", "township_code", "village_code"):
        table[column] = table[column].astype(object).where(table[column].notna(), "").astype(str)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=supply.crs)
