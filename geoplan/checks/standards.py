"""Check a standards profile against the plan: what it asks that the plan cannot answer, or answers in other terms.

By hand: a standard on a column that the settlements do not have leaves every settlement unknown.
"""

from __future__ import annotations

from geoplan.checks.lookup import find_layer
from geoplan.contracts.config import PlanConfig
from geoplan.contracts.profiles import StandardItem, StandardsProfile
from geoplan.contracts.results import Layers, Problem
from geoplan.contracts.status import Severity
from geoplan.io.problems import note_problem

Found = tuple[str, Severity, list[StandardItem], tuple[str, str], tuple[str, str]]
"""Code, severity, items, message (zh, en), remedy (zh, en)."""


def check_standards(layers: Layers, plan: PlanConfig, standards: StandardsProfile) -> list[Problem]:
    """Return the items of the profile that will be unknown for everyone, or judged too harshly, and why."""
    found = (*_find_services(plan, standards), *_find_limits(layers, plan, standards))
    return [
        note_problem(
            code,
            severity,
            standards.id,
            zh=f"{len(items)} 项标准{zh}",
            en=f"{len(items)} standard items {en}",
            fix_zh=fix_zh,
            fix_en=fix_en,
            ids=[one.id for one in items],
        )
        for code, severity, items, (zh, en), (fix_zh, fix_en) in found
        if items
    ]


def _find_services(plan: PlanConfig, standards: StandardsProfile) -> list[Found]:
    """Return items whose service, season or kind of trip the plan does not compute."""
    services = {one.id: one for one in plan.services}
    timed = [one for one in standards.items if one.measure in ("travel_time", "distance")]
    return [
        (
            "STANDARD-SERVICE",
            Severity.INFO,
            [one for one in standards.items if one.service is not None and one.service not in services],
            ("所用服务不在计划的 services 中，结果为未知", "ask for a service the plan does not list: unknown everywhere"),
            ("在计划的 services 中加入该服务。", "List the service under `services` in the plan."),
        ),
        (
            "STANDARD-SEASON",
            Severity.WARNING,
            [one for one in timed if one.season not in plan.access.seasons],
            ("所用季节未计算，结果为未知", "speak of a season the plan does not compute: unknown everywhere"),
            ("在计划的 access.seasons 中加入该季节。", "Add the season to `access.seasons` in the plan."),
        ),
        (
            "STANDARD-TRIP",
            Severity.WARNING,
            [one for one in timed if one.trip is not None and one.service in services and services[one.service].trip != one.trip],
            ("的单程或往返口径与计划不同，结果为未知", "count another kind of trip than the plan: unknown everywhere"),
            ("统一服务的 trip 与标准的 trip。", "Let the service's `trip` and the standard's agree."),
        ),
    ]


def _find_limits(layers: Layers, plan: PlanConfig, standards: StandardsProfile) -> list[Found]:
    """Return items whose column is not there."""
    settlements = find_layer(layers, plan.settlements)
    return [
        (
            "STANDARD-COLUMN",
            Severity.INFO,
            [
                one
                for one in standards.items
                if one.column is not None and settlements is not None and one.column not in settlements
            ],
            ("所用字段不在自然村图层中，结果为未知", "use a column the settlements do not have: unknown everywhere"),
            ("在自然村图层中补充该字段。", "Add the column to the settlements."),
        ),
    ]
