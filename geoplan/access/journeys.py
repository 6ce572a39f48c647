"""Draw the ways of settlements to a service: the legs of the very paths that `compute_access` timed.

Only the service and season asked for are searched. A round trip has its legs there and then its legs back, told apart by ``way``; both are to the
facility whose whole trip is quickest. Minutes of the legs add up to ``travel_time_min``; metres of the legs there to ``walk_m + ride_m``.
By hand: water 300 m away down a slope: one leg there of 300 m, one leg back of 300 m, the second slower.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.compute import Joined, Ready, join_points, make_ready, meetings_with
from geoplan.access.field import Legs, plant_seeds, solve
from geoplan.access.reading import Meetings
from geoplan.access.round_trip import Trip, search_round_trip
from geoplan.access.route import draw_routes, follow_routes
from geoplan.access.surface import Surface
from geoplan.access.tabulate import find_status
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.contracts.status import Status
from geoplan.errors import TableError

THERE, BACK = "there", "back"
ROUTE_COLUMNS = (
    "settlement_id service season status facility_id way leg kind crossing road_class surface road_id leg_m leg_min ascent_m descent_m geometry"
).split()


def compute_routes(
    settlements: gpd.GeoDataFrame,
    facilities: Mapping[str, gpd.GeoDataFrame],
    service: ServiceConfig | Sequence[ServiceConfig],
    surface: Surface,
    *,
    season: str,
    config: AccessConfig,
    walkers: Mapping[str, float] | None = None,
    settlement_ids: Collection[str] | None = None,
) -> gpd.GeoDataFrame:
    """Return the legs of the ways of settlements to a service, or to each of several, in one season.

    Parameters
    ----------
    settlements, facilities, config, walkers
        As `geoplan.access.compute.compute_access` takes them.
    service
        The service to go to; of several, what they share is made once.
    surface
        Of the season (see `geoplan.access.seasons.join_seasons`).
    season
        ``dry`` or ``wet``.
    settlement_ids
        Draw these only; all by default.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per leg, by service, settlements in the order given: settlement_id, service, season, status, facility_id, way (``there``, ``back``), leg
        (from 1 each way), kind (`geoplan.access.route.KINDS`), crossing, road_class, surface, road_id, leg_m, leg_min, ascent_m, descent_m,
        geometry (LineString). A settlement without a way has one row with its status, leg 0 and no numbers.

    Raises
    ------
    TableError
        ``ID-UNKNOWN``: a settlement asked for is not there.
    """
    services = [service] if isinstance(service, ServiceConfig) else list(service)
    joined = join_points(
        _choose(settlements, settlement_ids), {one.id: facilities[one.id] for one in services if one.id in facilities}, services,
        {season: surface}, config.model_copy(update={"seasons": [season]}), walkers,
    )  # fmt: skip
    both_ways = {(one.mode, one.walker) for one in services if one.trip == "round_trip"}
    kinds = dict.fromkeys((one.mode, one.walker) for one in services)
    ready = {kind: make_ready(joined, *kind, season, away=kind in both_ways) for kind in kinds}

    def draw(one: ServiceConfig) -> gpd.GeoDataFrame:
        way = _draw_both if one.trip == "round_trip" else _draw_there
        return _name_legs(*way(joined, ready[one.mode, one.walker], season, one), joined, one, season)

    # The search lets go of the interpreter, so threads share the cores.
    with ThreadPoolExecutor() as pool:
        drawn = list(pool.map(draw, services))
    return drawn[0] if len(drawn) == 1 else gpd.GeoDataFrame(pd.concat(drawn, ignore_index=True), crs=drawn[0].crs)


def _choose(settlements: gpd.GeoDataFrame, ids: Collection[str] | None) -> gpd.GeoDataFrame:
    """Return the settlements asked for."""
    if ids is None:
        return settlements
    own = settlements["settlement_id"].astype(str)
    strange = sorted(set(ids) - set(own))
    if strange:
        raise TableError(
            "no settlement has this id", code="ID-UNKNOWN", layer="settlements", column="settlement_id", ids=strange,
            remedy="Take ids from settlements.gpkg.",
        )  # fmt: skip
    return settlements[own.isin(list(ids)).to_numpy()]


Drawn = tuple[gpd.GeoDataFrame, NDArray[np.object_]]
"""Legs by number of settlement (``point``) and facility (``source``), and every settlement's status."""


def _draw_there(joined: Joined, ready: Ready, season: str, service: ServiceConfig) -> Drawn:
    """Return the legs of one-way journeys."""
    side, mine = joined.sides[season], joined.numbers[service.id]
    field = solve(ready.towards, plant_seeds(ready.far_legs, towards=True, points=mine))
    pairs = meetings_with(ready.meetings, mine)
    paths, legs = follow_routes(field, side.near, ready.near_legs, side.far, ready.far_legs, pairs)
    return legs.assign(way=THERE), find_status(side.near, side.far, paths, mine)


def _draw_both(joined: Joined, ready: Ready, season: str, service: ServiceConfig) -> Drawn:
    """Return the legs of round trips, there and back to the facility the whole trip is quickest to."""
    assert ready.both is not None
    side, mine = joined.sides[season], joined.numbers[service.id]
    pairs = meetings_with(ready.meetings, mine)
    trip = Trip(ready.towards, *ready.both, side.near, ready.near_legs, side.far, ready.far_legs, pairs, mine)
    out, back = search_round_trip(trip)
    status = find_status(side.near, side.far, out, mine)
    # Where one facility is nearest both ways, the fields of all facilities lead to it; the others are followed from the settlement.
    drawn = []
    for costs, way in ((ready.towards, THERE), (ready.both[0], BACK)):
        field = solve(costs, plant_seeds(ready.far_legs, towards=costs.towards, points=mine))
        legs = draw_routes(field, side.near, ready.near_legs, side.far, ready.far_legs, pairs)
        drawn.append(legs.assign(way=way))
    nearest = [one.drop_duplicates("point").set_index("point")["source"].reindex(np.arange(len(out.source))) for one in drawn]
    same = (nearest[0].to_numpy() == out.source) & (nearest[1].to_numpy() == out.source)
    tables = [one[same[one["point"].to_numpy(dtype=np.int64)]] for one in drawn]
    for point in np.flatnonzero((out.source >= 0) & ~same):
        limits = float(out.minutes[point]), float(back.minutes[point])
        tables.append(_draw_from(trip, int(point), int(out.source[point]), limits))
    legs = pd.concat([one for one in tables if len(one)]) if any(len(one) for one in tables) else tables[0]
    return gpd.GeoDataFrame(legs, geometry="geometry", crs=side.surface.ground.crs), status


def _draw_from(trip: Trip, point: int, facility: int, limits: tuple[float, float]) -> gpd.GeoDataFrame:
    """Return the legs there and back between one settlement and one facility, followed from the settlement within so many minutes."""
    own = trip.far_legs.point == facility
    mine = Legs(*(getattr(trip.far_legs, one.name)[own] for one in fields(Legs)))
    pair = (trip.meetings.a == point) & (trip.meetings.b == facility)
    m = trip.meetings
    turned = Meetings(m.b[pair], m.a[pair], m.back_min[pair], m.there_min[pair], m.parts_back[pair], m.parts_there[pair])
    tables = []
    for costs, way, limit in ((trip.near_away, THERE, limits[0]), (trip.near_towards, BACK, limits[1])):
        seeds = plant_seeds(trip.near_legs, towards=costs.towards, points=np.array([point]))
        # A little more than was found, because ticks are rounded.
        field = solve(costs, seeds, limit_min=limit + 0.1)
        legs = draw_routes(field, trip.far, mine, trip.near, trip.near_legs, turned, points=np.array([facility]))
        tables.append(legs.assign(way=way, point=point, source=facility))
    return gpd.GeoDataFrame(pd.concat(tables), geometry="geometry", crs=tables[0].crs)


def _name_legs(
    legs: gpd.GeoDataFrame, status: NDArray[np.object_], joined: Joined, service: ServiceConfig, season: str
) -> gpd.GeoDataFrame:
    """Return legs with ids, and a row for every settlement without a way."""
    own = status[legs["point"].to_numpy(dtype=np.int64)] == Status.OK.value if len(legs) else np.zeros(0, dtype=bool)
    drawn = pd.DataFrame(legs[own])
    without = np.setdiff1d(np.arange(len(status)), drawn["point"])
    texts = dict.fromkeys(("way", "kind", "crossing", "road_class", "surface", "road_id"), "")
    rest = pd.DataFrame({"point": without, "source": -1, "leg": 0, **texts, "geometry": None})
    for name in ("leg_m", "leg_min", "ascent_m", "descent_m"):
        rest[name] = np.nan
    table = pd.concat([one for one in (drawn, rest) if len(one)], ignore_index=True) if len(drawn) + len(rest) else drawn
    point = table["point"].to_numpy(dtype=np.int64)
    order = np.argsort(joined.rank, kind="stable")
    given = order[point]
    names = np.append(joined.supply["facility_id"].astype(str).to_numpy(dtype=object), "")
    source = table["source"].to_numpy(dtype=np.int64)
    table = table.assign(
        settlement_id=joined.ids[given], service=service.id, season=season, status=status[point],
        facility_id=names[np.where(source >= 0, source, len(names) - 1)],
    )  # fmt: skip
    rank = np.lexsort((table["leg"], table["way"] == BACK, given))
    frame = gpd.GeoDataFrame(table, geometry="geometry", crs=joined.sides[season].surface.ground.crs)
    return frame.iloc[rank].reset_index(drop=True)[ROUTE_COLUMNS]
