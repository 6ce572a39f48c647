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
        "programme",
        "道路建设方案",
        "roads to build",
        ("demand", "network", "ground"),
        (*READING, "access", "optimise", "links", "relocation"),
        lambda plan: [*plan.access.barriers, *plan.access.wet_barriers],
        lambda documents: [documents.costs.model_dump(mode="json"), documents.plan.access.seasons],
        coverage_runs.run_programme,
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
    Stage(
        "lines",
        "供电与信号",
        "power and signal",
        ("demand",),
        _COVERING,
        lambda plan: [plan.dem, *(one for network in plan.coverage.lines for one in network.layers)],
        lambda documents: [
            documents.plan.model_dump(mode="json", include={"dem"}),
            documents.plan.coverage.model_dump(mode="json", include={"lines"}),
        ],
        coverage_runs.run_lines,
    ),
    Stage(
        "siting",
        "设施选址",
        "where to build",
        ("demand", "network", "ground", "access", "exposure", "sites"),
        (*_COVERING, "optimise"),
        surface_ids,
        lambda documents: [
            documents.standards.model_dump(mode="json"),
            documents.costs.model_dump(mode="json"),
            documents.walking.model_dump(mode="json"),
            documents.plan.model_dump(mode="json", include={"services", "access"}),
            documents.plan.coverage.model_dump(mode="json", include={"siting"}),
        ],
        coverage_runs.run_siting,
    ),
    Stage(
        "ranking",
        "乡镇排名",
        "townships ranked",
        ("coverage",),
        (*READING, "coverage"),
        lambda plan: [],
        lambda documents: [
            documents.standards.model_dump(mode="json"),
            documents.plan.coverage.model_dump(mode="json", include={"ranking"}),
        ],
        coverage_runs.run_ranking,
    ),
    Stage(
        "comparison",
        "部门数据比对",
        "departments' layers compared",
        (),
        (*READING, "coverage"),
        lambda plan: [one for pair in plan.coverage.comparisons for one in (pair.left, pair.right)],
        lambda documents: documents.plan.coverage.model_dump(mode="json", include={"comparisons"}),
        coverage_runs.run_comparison,
    ),
)
COVERAGE_STAGES: dict[str, Stage] = {stage.name: stage for stage in _STAGES}
"""Stages by name; `geoplan.stage_table` puts them in order."""
