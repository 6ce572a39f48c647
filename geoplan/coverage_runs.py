"""Run the stages about coverage: seats, gaps and their ledger, water, power and signal, where to build, ranking, layers compared.

As in `geoplan.stage_runs`: no computation lives here, and libraries load only when a stage runs.
"""

from __future__ import annotations

from typing import Any

from geoplan.stage_runs import Documents, Inputs, gather_barriers


def run_seats(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``seats``."""
    from geoplan.coverage.seating import compute_seats

    plan = documents.plan
    return compute_seats(
        inputs("demand")[0],
        inputs("access"),
        documents.standards,
        plan.services,
        inputs("surfaces"),
        config=plan.access,
        walkers=documents.walking.walker_factors,
    )


def run_coverage(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``coverage``."""
    from geoplan.coverage.compute import compute_coverage

    return compute_coverage(
        inputs("demand")[0],
        inputs("access"),
        documents.standards,
        year=documents.plan.year,
        all_weather_surfaces=documents.speeds.all_weather_surfaces,
        services=documents.plan.services,
        seats=inputs("seats"),
    )


def run_ledger(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``ledger``."""
    from geoplan.coverage.ledger import build_ledger

    return build_ledger(
        inputs("coverage"),
        inputs("demand")[0],
        documents.standards,
        inputs("decision"),
        documents.costs,
        access=inputs("access"),
        seats=inputs("seats"),
        year=documents.plan.year,
    )


def run_water(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``water``."""
    from geoplan.coverage.scheme_sources import collect_sources
    from geoplan.coverage.schemes import compute_water

    plan, layers = documents.plan, inputs("layers")
    return compute_water(
        inputs("demand")[0],
        collect_sources(layers, plan.coverage.water.sources),
        layers.rasters[plan.dem],
        inputs("access").times,
        documents.water,
        season=plan.access.seasons[0],
    )


def run_lines(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``lines``."""
    from geoplan.access.facilities import collect_facilities
    from geoplan.contracts.config import ServiceConfig
    from geoplan.coverage.lines import connect_lines, join_networks

    plan, layers, demand = documents.plan, inputs("layers"), inputs("demand")[0]
    networks = plan.coverage.lines
    asked = [ServiceConfig(id=one.id, label_zh=one.label_zh, label_en=one.label_en, layers=one.layers) for one in networks]
    supplies = collect_facilities(layers, asked)
    dem = layers.rasters[plan.dem]
    return join_networks([connect_lines(demand, supplies[one.id], one, dem=dem) for one in networks], crs=layers.crs)


def run_ranking(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``ranking``."""
    from geoplan.coverage.ranking import rank_units

    return rank_units(inputs("coverage").townships, documents.standards.items, documents.plan.coverage.ranking)


def run_comparison(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``comparison``."""
    from geoplan.coverage.comparison import compare_departments

    return compare_departments(inputs("layers"), documents.plan.coverage.comparisons)


def run_siting(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``siting``."""
    from geoplan.coverage.building_costs import list_building_costs
    from geoplan.coverage.siting_answers import answer_siting

    plan = documents.plan
    return answer_siting(
        plan.coverage.siting,
        inputs("demand")[0],
        inputs("access"),
        inputs("exposure"),
        inputs("sites"),
        documents.standards,
        plan.services,
        inputs("surfaces"),
        config=plan.access,
        walkers=documents.walking.walker_factors,
        costs_yuan=list_building_costs(documents.costs, documents.standards),
    )


def run_programme(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``programme``."""
    from geoplan.access.seasons import pick_ground
    from geoplan.links.programme_links import keep_links
    from geoplan.links.road_ground import lay_road_ground
    from geoplan.links.road_programme import tabulate_programme
    from geoplan.links.road_together import link_together
    from geoplan.relocation.cost_groups import gather_groups

    season = documents.plan.access.seasons[0]
    ground = pick_ground(inputs("ground"), season)
    walls = gather_barriers(documents, inputs, season=season)
    groups = gather_groups(inputs("demand")[0])
    shared = link_together(groups, inputs("network"), lay_road_ground(ground, documents.costs, barriers=walls), documents.costs)
    return keep_links(tabulate_programme(shared, groups), shared.links)
