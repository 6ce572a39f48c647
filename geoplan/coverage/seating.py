"""Search how far every seat item's people are from its facilities, and share the seats out: the one call a plan makes for seats and staff.

Who walks: the item's ``walker``, else its age group's, else the service's. How: the item's ``mode``, else the service's. Minutes are one way, in
the item's season: up to ``within_min`` to every facility, up to ``boarding_within_min`` to those that have boarding seats or may have some. An item
whose service or season the plan does not have gets no table, and so is unknown.

By hand: grades 1–3 (walker ``child``) and grades 4–6 (``adult``) ask for a seat in one school: two searches, one pool of seats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd

from geoplan.access.service_reach import tabulate_service_reach
from geoplan.access.surface import Surface
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.contracts.coverage import SeatsResult
from geoplan.contracts.reach import Reach
from geoplan.contracts.results import AccessResult, Demand
from geoplan.contracts.standards_profile import StandardItem, StandardsProfile
from geoplan.coverage.seat_pools import read_capacity
from geoplan.coverage.seats import assign_seats
from geoplan.errors import ConfigError


def compute_seats(
    demand: Demand,
    access: AccessResult,
    standards: StandardsProfile,
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    *,
    config: AccessConfig,
    walkers: Mapping[str, float] | None = None,
) -> SeatsResult:
    """Return who finds a seat, how full facilities are, seats per person, and staff short of the standard.

    Parameters
    ----------
    demand, access, standards
        As `geoplan.coverage.seats.assign_seats` takes them.
    services
        Services of the plan.
    surfaces
        Season → surface (see `join_surface`).
    config
        Seasons, and how far a point may be moved.
    walkers
        Walker → factor on walking speed; ``adult`` is 1.

    Raises
    ------
    ConfigError
        ``WALKER-UNKNOWN``: nothing says how somebody walks.
    """
    day, boarding = tabulate_seat_reach(demand, access, standards, services, surfaces, config=config, walkers=walkers)
    return assign_seats(demand, access, standards, day, boarding_reach=boarding)


@dataclass(frozen=True)
class _Search:
    """One search: how people travel, in which season, to which facilities, for which items, to which ends."""

    season: str
    travel: ServiceConfig
    facilities: gpd.GeoDataFrame
    ends_min: dict[str, float]
    """Item id → minutes."""


def tabulate_seat_reach(
    demand: Demand,
    access: AccessResult,
    standards: StandardsProfile,
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    *,
    config: AccessConfig,
    walkers: Mapping[str, float] | None = None,
) -> tuple[dict[str, Reach], dict[str, Reach]]:
    """Return item id → reach table for day seats, and for boarding seats; items that travel alike share one search.

    Takes and raises what `compute_seats` does.
    """
    kinds: dict[str, dict[str, _Search]] = {"day": {}, "boarding": {}}
    for item in (one for one in standards.items if one.measure == "seat"):
        service = next((one for one in services if one.id == item.service), None)
        if service is None or item.season not in surfaces or item.season not in config.seasons:
            continue
        own = access.facilities[access.facilities["service"] == item.service]
        # A school known to have no boarding seat need not be looked for beyond the day seats.
        beds = own[~(read_capacity(own, "boarding_seats") == 0.0)]
        for kind, end_min, facilities in (("day", item.within_min, own), ("boarding", item.boarding_within_min, beds)):
            if end_min is None:
                continue
            travel = _travel_as(item, service, standards, kind)
            search = kinds[kind].setdefault(f"{item.season}\x1f{travel.id}", _Search(item.season, travel, facilities, {}))
            search.ends_min[item.id] = end_min
    tables: dict[str, Reach] = {}
    searches = [one for kind in kinds.values() for one in kind.values()]
    for season in dict.fromkeys(one.season for one in searches):
        mine = [one for one in searches if one.season == season]
        found = tabulate_service_reach(
            demand.settlements,
            {one.travel.id: one.facilities for one in mine},
            [one.travel for one in mine],
            surfaces,
            config=config,
            cutoff_min={one.travel.id: max(one.ends_min.values()) for one in mine},
            walkers=walkers,
            season=season,
            thresholds_min={one.travel.id: list(one.ends_min.values()) for one in mine},
        )
        tables |= {f"{season}\x1f{name}": table for name, table in found.items()}
    day, boarding = ({item: tables[name] for name, one in kind.items() for item in one.ends_min} for kind in kinds.values())
    return day, boarding


def _travel_as(item: StandardItem, service: ServiceConfig, standards: StandardsProfile, kind: str) -> ServiceConfig:
    """Return the service as the people of an item travel to it, under an id of its own."""
    ages = {one.id: one.walker for one in standards.age_groups}
    if item.age_group is not None and item.age_group not in ages:
        raise ConfigError(
            f"item {item.id} asks for age group {item.age_group}",
            code="STANDARD-AGES",
            ids=[item.id],
            remedy="Describe the age group in the profile.",
        )
    walker = item.walker or (ages[item.age_group] if item.age_group is not None else service.walker)
    mode = item.mode or service.mode
    return service.model_copy(update={"id": f"{service.id}\x1f{mode}\x1f{walker}\x1f{kind}", "mode": mode, "walker": walker})
