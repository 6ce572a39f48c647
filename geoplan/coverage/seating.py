"""Search how far every seat item's people are from its facilities, and share the seats out: the one call a plan makes for seats and staff.

Who walks: the item's ``walker``, else its age group's, else the service's. How: the item's ``mode``, else the service's. Minutes are one way, in
the item's season, up to the farther of ``within_min`` and ``boarding_within_min``. An item whose service or season the plan does not have gets no
table, and so is unknown.

By hand: grades 1–3 (walker ``child``) and grades 4–6 (``adult``) ask for a seat in one school: two searches, one pool of seats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geoplan.access.service_reach import tabulate_service_reach
from geoplan.access.surface import Surface
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.contracts.coverage import SeatsResult
from geoplan.contracts.reach import Reach
from geoplan.contracts.results import AccessResult, Demand
from geoplan.contracts.standards_profile import StandardItem, StandardsProfile
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
    items = [one for one in standards.items if one.measure == "seat"]
    reach = tabulate_seat_reach(demand, access, standards, items, services, surfaces, config=config, walkers=walkers)
    return assign_seats(demand, access, standards, reach)


def tabulate_seat_reach(
    demand: Demand,
    access: AccessResult,
    standards: StandardsProfile,
    items: Sequence[StandardItem],
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    *,
    config: AccessConfig,
    walkers: Mapping[str, float] | None = None,
) -> dict[str, Reach]:
    """Return item id → reach table; items that travel alike share one search. Takes and raises what `compute_seats` does."""
    asked: dict[str, tuple[str, ServiceConfig, list[StandardItem]]] = {}
    for item in items:
        service = next((one for one in services if one.id == item.service), None)
        if service is None or item.season not in surfaces or item.season not in config.seasons:
            continue
        travel = _travel_as(item, service, standards)
        asked.setdefault(f"{item.season}\x1f{travel.id}", (item.season, travel, []))[2].append(item)
    found: dict[str, Reach] = {}
    for season in dict.fromkeys(one[0] for one in asked.values()):
        mine = [one for one in asked.values() if one[0] == season]
        facilities = {
            travel.id: access.facilities[access.facilities["service"] == members[0].service] for _, travel, members in mine
        }
        tables = tabulate_service_reach(
            demand.settlements,
            facilities,
            [travel for _, travel, _ in mine],
            surfaces,
            config=config,
            cutoff_min={travel.id: max(map(_farthest, members)) for _, travel, members in mine},
            walkers=walkers,
            season=season,
        )
        found |= {item.id: tables[travel.id] for _, travel, members in mine for item in members}
    return found


def _farthest(item: StandardItem) -> float:
    """Return how far an item looks for a seat, minutes."""
    return max(one for one in (item.within_min, item.boarding_within_min) if one is not None)


def _travel_as(item: StandardItem, service: ServiceConfig, standards: StandardsProfile) -> ServiceConfig:
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
    return service.model_copy(update={"id": f"{service.id}\x1f{mode}\x1f{walker}", "mode": mode, "walker": walker})
