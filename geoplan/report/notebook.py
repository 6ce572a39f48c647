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
