"""Answer what is asked of a plan beyond its run: the way from here to there, and what a cut or a flood changes.

Nothing is kept; no computation lives here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from geoplan.contracts.config import PlanConfig, ServiceConfig
from geoplan.contracts.scenario import Scenario
from geoplan.errors import ConfigError
from geoplan.stage_runs import Documents, Inputs, gather_barriers, join_surfaces, make_grounds

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geoplan.contracts.grid import Grid
    from geoplan.contracts.reach import Reach


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
    documents: Documents, inputs: Inputs, services: Sequence[str], *, season: str | None, settlement_ids: Collection[str] | None
) -> gpd.GeoDataFrame:
    """Return the legs of the ways of settlements to services; see `geoplan.access.journeys.compute_routes`."""
    from geoplan.access.facilities import collect_facilities
    from geoplan.access.journeys import compute_routes

    plan = documents.plan
    asked, chosen = [find_service(plan, one) for one in services], find_season(plan, season)
    surface = join_surfaces(in_seasons(documents, [chosen]), inputs)[chosen]
    return compute_routes(
        inputs("demand")[0].settlements,
        collect_facilities(inputs("layers"), asked),
        asked,
        surface,
        season=chosen,
        config=plan.access,
        walkers=documents.walking.walker_factors,
        settlement_ids=settlement_ids,
    )


def solve_field(documents: Documents, inputs: Inputs, service: str, *, season: str | None, direction: str) -> Grid:
    """Return minutes of every cell to a service, from it, or both added; see `geoplan.access.service_field.grid_minutes`."""
    from geoplan.access.facilities import collect_facilities, locate_points
    from geoplan.access.service_field import grid_minutes

    plan = documents.plan
    asked, chosen = find_service(plan, service), find_season(plan, season)
    return grid_minutes(
        locate_points(collect_facilities(inputs("layers"), [asked])[asked.id]),
        join_surfaces(in_seasons(documents, [chosen]), inputs)[chosen],
        direction=direction,
        mode=asked.mode,
        season=chosen,
        walker=documents.walking.walker_factors[asked.walker],
        move_max_m=plan.access.move_max_m,
    )


def tabulate_reach(
    documents: Documents,
    inputs: Inputs,
    service: str,
    *,
    season: str | None,
    cutoff_min: float,
    progress: Callable[[int, int], None] | None,
) -> Reach:
    """Return the reach table of a service; see `geoplan.access.reach_field.tabulate_reach`."""
    from geoplan.access.compute import join_points, make_ready
    from geoplan.access.facilities import collect_facilities
    from geoplan.access.reach_field import tabulate_reach as tabulate

    plan = documents.plan
    asked, chosen = find_service(plan, service), find_season(plan, season)
    some = in_seasons(documents, [chosen])
    settlements = inputs("demand")[0].settlements.sort_values("settlement_id")
    joined = join_points(
        settlements,
        collect_facilities(inputs("layers"), [asked]),
        [asked],
        join_surfaces(some, inputs),
        some.plan.access,
        documents.walking.walker_factors,
    )
    side = joined.sides[chosen]
    return tabulate(
        side.near,
        side.far,
        side.surface,
        make_ready(joined, asked.mode, asked.walker, chosen, away=False).ways,
        demand_ids=sorted(joined.ids),
        supply_ids=joined.supply["facility_id"].astype(str).tolist(),
        cutoff_min=cutoff_min,
        progress=progress,
    )


def in_seasons(documents: Documents, seasons: Sequence[str]) -> Documents:
    """Return the documents of the plan in some of its seasons."""
    access = documents.plan.access.model_copy(update={"seasons": list(seasons)})
    return replace(documents, plan=documents.plan.model_copy(update={"access": access}))


def time_scenario(documents: Documents, inputs: Inputs, scenario: Scenario) -> pd.DataFrame:
    """Return the times of every settlement, service and season as they are in a scenario."""
    import pandas as pd

    from geoplan.access.facilities import collect_facilities
    from geoplan.access.scenario_surfaces import time_scenario as time

    plan = documents.plan
    access, known = plan.access, inputs("access").times
    happens: list[str] = [one for one in access.seasons if scenario.happens_in(one)]
    if not happens:
        return known
    some = in_seasons(documents, happens)
    times = time(
        inputs("demand")[0].settlements,
        collect_facilities(inputs("layers"), plan.services),
        plan.services,
        join_surfaces(some, inputs),
        scenario,
        barriers={season: gather_barriers(documents, inputs, season=season) for season in happens},
        config=some.plan.access,
        walkers=documents.walking.walker_factors,
        build=lambda walls: next(iter(make_grounds(some, inputs, dict.fromkeys(happens, walls)).values())),
    )
    return pd.concat([times, known[~known["season"].isin(happens)]], ignore_index=True)
