"""Gather every problem of a plan's inputs in one pass, errors first."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from geoplan.checks.codes import check_codes
from geoplan.checks.hazards import check_hazards
from geoplan.checks.origins import check_origins
from geoplan.checks.people import check_people
from geoplan.checks.places import check_places
from geoplan.checks.roads import check_roads
from geoplan.checks.standards import check_standards
from geoplan.checks.surveys import check_surveys
from geoplan.checks.terrain import check_terrain
from geoplan.contracts.config import PlanConfig
from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.results import CheckReport, Demand, Layers, Network, Problem
from geoplan.contracts.status import Severity

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def check_plan(
    layers: Layers,
    plan: PlanConfig,
    *,
    network: Network | None = None,
    demand: Demand | None = None,
    demand_problems: Iterable[Problem] = (),
    standards: StandardsProfile | None = None,
    unlocated: Collection[str] = (),
) -> CheckReport:
    """Return every problem of the inputs: what reading found, what building demand found, and what the checks find.

    Parameters
    ----------
    layers
        All layers in the working CRS, with the problems reading found (datum offsets among them).
    plan
        Plan file.
    network
        Road network, for gaps and isolated pieces; without it only the lines are checked.
    demand
        Settlements as the plan uses them; its people are held against the raster's.
    demand_problems
        What building the demand found.
    standards
        The profile the plan is held against, for items the plan cannot answer; without it they are not checked.
    unlocated
        Layers that the catalogue lists with ``located: false``.

    Returns
    -------
    CheckReport
        Errors, then warnings, then notes, each in the order found. Where two rooms found the same (code, layer, column, severity), the one that
        concerns more rows is kept.
    """
    found = [
        *layers.problems,
        *demand_problems,
        *check_codes(layers, plan),
        *check_people(layers, plan, demand),
        *check_places(layers, plan, unlocated=unlocated),
        *check_roads(layers, plan, network),
        *check_hazards(layers, plan),
        *check_surveys(layers, plan),
        *check_terrain(layers, plan),
        *check_origins(layers, plan),
        *(check_standards(layers, plan, standards) if standards is not None else ()),
    ]
    return CheckReport(tuple(sorted(merge_problems(found), key=lambda one: _ORDER[one.severity])))


def merge_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems with each (code, layer, column, severity) kept once: the one that concerns most rows.

    Two severities of one code are two statements (some rows doubtful, some wrong) and both stay.
    """
    kept: dict[tuple[str, str, str, Severity], Problem] = {}
    for one in problems:
        key = (one.code, one.layer, one.column, one.severity)
        if key not in kept or one.count > kept[key].count:
            kept[key] = one
    return list(kept.values())
