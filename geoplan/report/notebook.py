"""Draw a run's result in a notebook: the plan, its standards and its layers are taken from the result itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import folium

from geoplan.errors import StageError
from geoplan.report import maps

if TYPE_CHECKING:
    from geoplan.plan import RunResult


def coverage_map(result: RunResult, *, group: str | None = None, language: str | None = None) -> folium.Map:
    """Return the county's coverage map, opened at a village group if one is named.

    Parameters
    ----------
    result
        Result of `Plan.run`.
    group
        Code of a village group, or of another unit of the map.
    language
        ``zh`` or ``en``; the plan's by default.

    Raises
    ------
    StageError
        ``RESULT-NO-PLAN`` for a result that was put together by hand; use `geoplan.report.maps.coverage_map` then.
    ConfigError
        ``MAP-GROUP`` when no unit has that code.
    """
    if result.plan is None:
        raise StageError("this result carries no plan", code="RESULT-NO-PLAN", remedy="Take it from Plan.run().")
    documents = result.plan.documents
    return maps.coverage_map(
        result,
        plan=documents.plan,
        standards=documents.standards,
        layers=result.plan.layers(),
        language=language,
        group=group,
    )


def relocation_map(result: RunResult, *, language: str | None = None) -> folium.Map:
    """Return the map of who moves where: moves, receiving sites with their loads, ruled-out ground and how sure every class is.

    The map stands alone: it links to no page of a village group or of a site, which `geoplan.report.write_outputs` writes beside its own.

    Parameters
    ----------
    result
        Result of `Plan.run`.
    language
        ``zh`` or ``en``; the plan's by default.

    Raises
    ------
    StageError
        ``RESULT-NO-PLAN`` for a result that was put together by hand; use `geoplan.report.relocation_page.relocation_map` then.
    ConfigError
        ``RELOCATION-ABSENT`` when nothing was allocated.
    """
    from geoplan.report import relocation_page as page
    from geoplan.report.relocation_parts import take_parts

    if result.plan is None:
        raise StageError("this result carries no plan", code="RESULT-NO-PLAN", remedy="Take it from Plan.run().")
    documents = result.plan.documents
    alone = documents.plan.model_copy(update={"output": documents.plan.output.model_copy(update={"group_pages": False})})
    return page.relocation_map(
        result,
        parts=take_parts(result),
        plan=alone,
        standards=documents.standards,
        layers=result.plan.layers(),
        profile=documents.relocation,
        language=language,
        has_site_pages=False,
    )


def route_map(
    result: RunResult, code: str, service: str, *, season: str | None = None, language: str | None = None
) -> folium.Map:
    """Return a map of the way of a settlement, or of all of a village group, to a service, with its legs in words beside it.

    Walking is dashed, riding solid; roads, water and relief around the way are in the page, which needs no network.

    Parameters
    ----------
    result
        Result of `Plan.run`.
    code
        Settlement id, or code of a village group.
    service, season
        Where to, and when; the plan's first season by default.
    language
        ``zh`` or ``en``; the plan's by default.

    Raises
    ------
    StageError
        ``RESULT-NO-PLAN``.
    ConfigError
        ``EXPLAIN-UNKNOWN``, ``SERVICE-UNKNOWN``, ``SEASON-UNKNOWN``.
    """
    from geoplan.questions import find_service
    from geoplan.report.route_page import draw_route_map

    legs = result.route(code, service, season)
    assert result.plan is not None
    plan = result.plan.documents.plan
    spoken = language or plan.language
    facilities = result.access.facilities
    return draw_route_map(
        legs,
        plan=plan,
        service=find_service(plan, service),
        layers=result.plan.layers(),
        settlements=result.demand.settlements,
        names=dict(zip(facilities["facility_id"], facilities["name"].fillna("").astype(str), strict=True)),
        told=result.explain_legs(legs, language=spoken).split("\n\n"),
        language=spoken,
    )
