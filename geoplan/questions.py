"""Answer what is asked of a plan beyond its run: the way from here to there. Nothing is kept; no computation lives here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from geoplan.contracts.config import PlanConfig, ServiceConfig
from geoplan.errors import ConfigError
from geoplan.stage_runs import Documents, Inputs, join_surfaces

if TYPE_CHECKING:
    import geopandas as gpd


def find_service(plan: PlanConfig, service: str) -> ServiceConfig:
    """Return a service of the plan by its id.

    Raises
    ------
    ConfigError
        ``SERVICE-UNKNOWN``.
    """
    for one in plan.services:
        if one.id == service:
            return one
    known = ", ".join(f"{one.id} ({one.label_zh})" for one in plan.services)
    raise ConfigError(f"the plan has no service {service!r}", code="SERVICE-UNKNOWN", remedy=f"Use one of {known}.")


def find_season(plan: PlanConfig, season: str | None) -> str:
    """Return a season of the plan, its first without one.

    Raises
    ------
    ConfigError
        ``SEASON-UNKNOWN``.
    """
    seasons = plan.access.seasons
    if season is None:
        return seasons[0]
    if season not in seasons:
        raise ConfigError(f"the plan has no season {season!r}", code="SEASON-UNKNOWN", remedy=f"Use one of {', '.join(seasons)}.")
    return season


def draw_ways(
    documents: Documents, inputs: Inputs, service: str, *, season: str | None, settlement_ids: Collection[str] | None
) -> gpd.GeoDataFrame:
    """Return the legs of the ways of settlements to a service; see `geoplan.access.journeys.compute_routes`."""
    from geoplan.access.facilities import collect_facilities
    from geoplan.access.journeys import compute_routes

    plan = documents.plan
    asked, chosen = find_service(plan, service), find_season(plan, season)
    access = plan.access.model_copy(update={"seasons": [chosen]})
    alone = replace(documents, plan=plan.model_copy(update={"access": access}))
    return compute_routes(
        inputs("demand")[0].settlements,
        collect_facilities(inputs("layers"), [asked]),
        asked,
        join_surfaces(alone, inputs)[chosen],
        season=chosen,
        config=access,
        walkers=documents.walking.walker_factors,
        settlement_ids=settlement_ids,
    )
