"""Run the stages about coverage: seats, gaps and their ledger, water, power and signal, where to build, ranking, layers compared.

As in `geoplan.stage_runs`: no computation lives here, and libraries load only when a stage runs.
"""

from __future__ import annotations

from typing import Any

from geoplan.stage_runs import Documents, Inputs


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
