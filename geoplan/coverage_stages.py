"""List the stages about coverage: seats, gaps and their ledger, water, power and signal, where to build, ranking, layers compared."""

from __future__ import annotations

from geoplan import coverage_runs
from geoplan.stage_shape import READING, Stage, facility_ids, surface_ids

_COVERING = (*READING, "access", "coverage")

_STAGES = (
    Stage(
        "seats",
        "学位与床位",
        "seats and staff",
        ("demand", "network", "ground", "access"),
        _COVERING,
        lambda plan: [*facility_ids(plan), *surface_ids(plan)],
        lambda documents: [
            documents.standards.model_dump(mode="json"),
            documents.walking.model_dump(mode="json"),
            documents.plan.model_dump(mode="json", include={"services", "access"}),
        ],
        coverage_runs.run_seats,
    ),
    Stage(
        "coverage",
        "服务覆盖缺口",
        "coverage gaps",
        ("demand", "access", "seats"),
        (*READING, "coverage"),
        lambda plan: [],
        lambda documents: [
            documents.standards.model_dump(mode="json"),
            documents.speeds.all_weather_surfaces,
            documents.plan.model_dump(mode="json", include={"services", "year"}),
        ],
        coverage_runs.run_coverage,
    ),
    Stage(
        "ledger",
        "缺口台账",
        "ledger of gaps",
        ("demand", "access", "seats", "coverage", "decision"),
        (*READING, "coverage"),
        lambda plan: [],
        lambda documents: [
            documents.standards.model_dump(mode="json"),
            documents.costs.model_dump(mode="json"),
            documents.plan.year,
        ],
        coverage_runs.run_ledger,
    ),
    Stage(
        "water",
        "供水工程与规则",
        "water schemes and rules",
        ("demand", "access"),
        (*READING, "coverage"),
        lambda plan: [plan.dem, *plan.coverage.water.sources],
        lambda documents: [
            documents.water.model_dump(mode="json"),
            documents.plan.model_dump(mode="json", include={"dem"}),
            documents.plan.coverage.model_dump(mode="json", include={"water"}),
            documents.plan.access.seasons[0],
        ],
        coverage_runs.run_water,
    ),
)
COVERAGE_STAGES: dict[str, Stage] = {stage.name: stage for stage in _STAGES}
"""Stages by name; `geoplan.stage_table` puts them in order."""
