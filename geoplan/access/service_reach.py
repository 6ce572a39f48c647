"""Make the reach tables of several services over one season's surface: what seats and siting are shared out by.

Every service is searched with its own mode, walker and cut-off; settlements enter the surface once for all. A candidate place is a facility
like any other: give its points under the id of a service. Minutes are one way, from the settlement to the facility.

By hand: on a level road of 20 km/h a clinic 1 km and a school 2 km from a village on it: 3.0 and 6.0 min. With cut-offs of 5 min each the
clinic's table has the one pair and the school's has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd

from geoplan.access.compute import Joined, join_points
from geoplan.access.reach_field import tabulate_reach
from geoplan.access.surface import Surface
from geoplan.access.ways import Ways, lay_ways, time_edges
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.contracts.reach import Reach
from geoplan.errors import ConfigError


def tabulate_service_reach(
    settlements: gpd.GeoDataFrame,
    facilities: Mapping[str, gpd.GeoDataFrame],
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    *,
    config: AccessConfig,
    cutoff_min: Mapping[str, float],
    walkers: Mapping[str, float] | None = None,
    season: str | None = None,
) -> dict[str, Reach]:
    """Return service id → reach table of one season; ids of settlements and facilities sorted, nobody left out of the lists.

    Parameters
    ----------
    settlements
        Points with ``settlement_id``, in the surface's CRS.
    facilities
        Service id → points, lines or polygons with ``facility_id``; a service without an entry has an empty table.
    services
        Services to search for, each with its mode and walker. ``trip`` is not looked at: minutes are one way.
    surfaces
        Season → surface (see `join_surface`).
    config
        Seasons, and how far a point may be moved.
    cutoff_min
        Service id → minutes at which its searches stop, inclusive.
    walkers
        Walker of a service → factor on walking speed; ``adult`` is 1.
    season
        Season of the minutes; the first of ``config.seasons`` if not given.

    Raises
    ------
    ConfigError
        ``SEASON-UNKNOWN`` (no surface of that season), ``REACH-CUTOFF`` (a service without a cut-off), ``WALKER-UNKNOWN``.
    CrsError
        ``CRS-MIXED``: layers differ in CRS.
    TableError
        ``ID-DUPLICATE``: settlement ids, or facility ids of one service, occur twice.
    """
    chosen = _choose_season(config, surfaces, season)
    lacking = [one.id for one in services if one.id not in cutoff_min]
    if lacking:
        raise ConfigError(
            "services have no cut-off", code="REACH-CUTOFF", ids=lacking, remedy="Say how many minutes each is looked for."
        )
    one_season = config.model_copy(update={"seasons": [chosen]})
    joined = join_points(settlements, dict(facilities), services, surfaces, one_season, walkers)
    ways: dict[tuple[str, str], Ways] = {}
    for one in services:
        kind = one.mode, one.walker
        if kind not in ways:
            ways[kind] = _lay(joined, *kind, chosen)
    return {one.id: _tabulate(joined, one, ways[one.mode, one.walker], chosen, float(cutoff_min[one.id])) for one in services}


def _choose_season(config: AccessConfig, surfaces: Mapping[str, Surface], season: str | None) -> str:
    """Return the season asked for, or raise."""
    chosen = config.seasons[0] if season is None else season
    if chosen not in surfaces:
        raise ConfigError(
            f"there is no surface of season {chosen!r}",
            code="SEASON-UNKNOWN",
            remedy=f"Use one of {', '.join(sorted(surfaces))}.",
        )
    return chosen


def _lay(joined: Joined, mode: str, walker: str, season: str) -> Ways:
    """Return the ways of a mode and walker."""
    surface, factor = joined.sides[season].surface, joined.walkers[walker]
    return lay_ways(surface, *time_edges(surface.network, mode=mode, season=season, walker=factor), walker=factor)


def _tabulate(joined: Joined, service: ServiceConfig, ways: Ways, season: str, cutoff_min: float) -> Reach:
    """Return the table of one service."""
    side, mine = joined.sides[season], joined.numbers[service.id]
    return tabulate_reach(
        side.near,
        side.far,
        side.surface,
        ways,
        demand_ids=sorted(joined.ids),
        supply_ids=joined.supply["facility_id"].astype(str).to_numpy(dtype=object)[mine].tolist(),
        cutoff_min=cutoff_min,
        facilities=mine,
    )
