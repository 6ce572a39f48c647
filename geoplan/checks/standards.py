"""Check a standards profile against the plan: what it asks that the plan cannot answer, or answers in other terms.

By hand: a standard on a column that the settlements do not have leaves every settlement unknown; one that asks for a doctor of clinics whose
layer counts none leaves unknown whoever has a clinic.
"""

from __future__ import annotations

from geoplan.checks.lookup import find_layer
from geoplan.contracts.config import PlanConfig, ServiceConfig
from geoplan.contracts.profiles import StandardItem, StandardsProfile
from geoplan.contracts.results import Layers, Problem
from geoplan.contracts.status import Severity
from geoplan.io.problems import note_problem

Found = tuple[str, Severity, list[StandardItem], tuple[str, str], tuple[str, str]]
"""Code, severity, items, message (zh, en), remedy (zh, en)."""


def check_standards(layers: Layers, plan: PlanConfig, standards: StandardsProfile) -> list[Problem]:
    """Return the items of the profile that will be unknown for everyone, or judged too harshly, and why."""
    found = (
        *_find_services(plan, standards),
        *_find_walkers(plan, standards),
        *_find_limits(layers, plan, standards),
        *_find_facts(layers, plan, standards),
    )
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


def _find_walkers(plan: PlanConfig, standards: StandardsProfile) -> list[Found]:
    """Return items of another mode or walker than the plan's service, and items for an age whose pace the service does not walk at."""
    services = {one.id: one for one in plan.services}
    timed = [one for one in standards.items if one.measure == "travel_time" and one.service in services]
    paces = {one.id: one.walker for one in standards.age_groups}
    otherwise = [one for one in timed if _reaches_otherwise(one, services[one.service or ""])]
    return [
        (
            "STANDARD-MODE",
            Severity.WARNING,
            otherwise,
            ("的出行方式或步行者与计划不同，结果为未知", "speak of another mode or walker than the plan: unknown everywhere"),
            (
                "在计划中为该方式和步行者另列一项服务。",
                "List a service of its own for that mode and walker in the plan.",
            ),
        ),
        (
            "STANDARD-WALKER",
            Severity.INFO,
            [
                one
                for one in timed
                if one.age_group is not None and one.walker is None and services[one.service or ""].walker != paces[one.age_group]
            ],
            ("面向某年龄段，但服务按其他步行者的速度计时", "are for an age, and the plan times another walker's pace"),
            ("将该服务的 walker 设为该年龄段的步行者。", "Set the service's `walker` to that age's."),
        ),
    ]


def _reaches_otherwise(item: StandardItem, service: ServiceConfig) -> bool:
    """Return True where the service has another mode or walker than the item names (``car`` is ``ride``)."""
    modes = ["ride" if one == "car" else one for one in (item.mode or service.mode, service.mode)]
    return modes[0] != modes[1] or item.walker not in (None, service.walker)


def _find_facts(layers: Layers, plan: PlanConfig, standards: StandardsProfile) -> list[Found]:
    """Return items about facts that no facility of the service carries, and ages nobody counted."""
    services = {one.id: one for one in plan.services}
    settlements = find_layer(layers, plan.settlements)
    ages = {one.id: one for one in standards.age_groups if settlements is not None and one.column not in settlements}

    def lacks(item: StandardItem) -> bool:
        tables = [find_layer(layers, name) for name in services[item.service or ""].layers]
        given = [one for one in tables if one is not None and len(one)]
        asked = (*item.require, *([] if item.amount is None else [item.amount]))
        return bool(given) and any(all(name not in one or one[name].isna().all() for one in given) for name in asked)

    return [
        (
            "STANDARD-FACT",
            Severity.INFO,
            [one for one in standards.items if one.service in services and lacks(one)],
            (
                "所用字段在设施图层中没有任何值，有设施处结果为未知",
                "use a column no facility carries: unknown where there is one",
            ),
            (
                "在设施图层中补充该字段(人员、达标、公办等)。",
                "Add the column to the facilities (staff, up to standard, public …).",
            ),
        ),
        (
            "STANDARD-AGE-UNKNOWN",
            Severity.WARNING,
            [one for one in standards.items if one.age_group in ages and ages[one.age_group or ""].share_of_persons is None],
            (
                "面向的年龄段没有人数，也没有推算比例，人口为未知",
                "are for an age nobody counted and no share tells: people unknown",
            ),
            ("在自然村图层中补充该年龄段人数。", "Count that age in the settlements."),
        ),
        (
            "STANDARD-AGE-DERIVED",
            Severity.INFO,
            [one for one in standards.items if one.age_group in ages and ages[one.age_group or ""].share_of_persons is not None],
            ("面向的年龄段没有人数，按总人口比例推算", "are for an age nobody counted: derived as a share of all people"),
            ("在自然村图层中补充该年龄段人数。", "Count that age in the settlements."),
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
