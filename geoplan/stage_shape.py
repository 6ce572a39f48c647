"""Say what a stage is, and which layers parts of a plan read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from geoplan.contracts.config import PlanConfig
from geoplan.stage_runs import Documents, Inputs

READING = ("io", "spatial", "contracts", "units", "errors")
"""Rooms whose source every stage rests on."""


@dataclass(frozen=True)
class Stage:
    """One step of a plan."""

    name: str
    label_zh: str
    label_en: str
    needs: tuple[str, ...]
    """Stages whose results it takes (``layers`` is not listed: the layers themselves are in ``layers``)."""
    rooms: tuple[str, ...]
    """Packages and modules whose source is part of the recipe."""
    layers: Callable[[PlanConfig], Iterable[str | None]]
    """Catalogue ids it reads."""
    params: Callable[[Documents], Any]
    """JSON-ready parameters."""
    run: Callable[[Documents, Inputs], Any]
    """Compute the result."""


def frame_ids(plan: PlanConfig) -> list[str | None]:
    """Return the layers that fix the working CRS and the study area, on which every stage rests."""
    return [plan.settlements, plan.county]


def unit_ids(plan: PlanConfig) -> list[str | None]:
    """Return the layers of the units."""
    return [plan.county, plan.townships, plan.villages, plan.groups]


def facility_ids(plan: PlanConfig) -> list[str | None]:
    """Return the facility layers of the services."""
    return [layer for service in plan.services for layer in service.layers]


def hazard_ids(plan: PlanConfig) -> list[str | None]:
    """Return the hazard layers and what was surveyed."""
    return [name for hazard in plan.hazards for name in (hazard.layer, hazard.survey_area)]


def all_ids(plan: PlanConfig) -> list[str | None]:
    """Return every layer of the plan."""
    from geoplan.io.references import layer_ids

    return list(layer_ids(plan))


def surface_ids(plan: PlanConfig) -> list[str | None]:
    """Return the layers that the surfaces people travel over are made of."""
    return [*plan.access.barriers, *plan.access.wet_barriers, plan.access.bus_lines, plan.access.bus_stops, plan.dem]
