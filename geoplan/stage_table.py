"""List the stages of a plan: what each needs, which layers and parameters it reads, which code computes it.

A stage lists every layer and parameter that could change its result; `geoplan.stages` makes its recipe of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geoplan import relocation_runs, stage_runs
from geoplan.coverage_stages import COVERAGE_STAGES
from geoplan.stage_runs import Documents, Inputs
from geoplan.stage_shape import READING, Stage, all_ids, facility_ids, hazard_ids, surface_ids, unit_ids


def _profile(documents: Documents) -> Any:
    """Return the relocation profile, JSON-ready."""
    return documents.relocation.model_dump(mode="json")


_NOT_CHECKED = {
    *("weights", "weighting", "certainty", "screening", "run_out", "costs", "allocation", "coverage"),
    *("output", "language", "standards", "relocation", "name", "name_en"),
}
"""Keys of the plan file that no check looks at."""
_RELOCATING = (*READING, "access", "relocation")
_GROUND_KEYS = (
    "seasons",
    "walk_kmh",
    "neighbours",
    "length",
    "cliff_deg",
    "smooth",
    "fill_cells",
    "barriers",
    "wet_barriers",
    "sea",
)

STAGES: tuple[Stage, ...] = (
    Stage(
        "layers",
        "读取图层",
        "reading layers",
        (),
        READING,
        all_ids,
        lambda documents: documents.plan.model_dump(mode="json", include={"dem", "population"}),
        stage_runs.run_layers,
    ),
    Stage(
        "demand",
        "自然村与人口",
        "settlements and people",
        (),
        READING,
        lambda plan: [plan.settlements, *unit_ids(plan), plan.population, plan.dem],
        lambda documents: documents.plan.model_dump(
            mode="json", include={"population", "population_reach_m", "people_per_household"}
        ),
        stage_runs.run_demand,
    ),
    Stage(
        "network",
        "道路网络",
        "road network",
        (),
        (*READING, "access"),
        lambda plan: [plan.roads, plan.dem],
        lambda documents: [
            documents.speeds.model_dump(mode="json"),
            documents.plan.access.model_dump(mode="json", include={"seasons", "walk_kmh", "gap_tolerance_m"}),
            sorted({one.mode for one in documents.plan.services}),
        ],
        stage_runs.run_network,
    ),
    Stage(
        "ground",
        "步行地面",
        "the ground to walk on",
        (),
        (*READING, "access"),
        lambda plan: [
            *(plan.dem, plan.access.landcover, *plan.access.landcover_fractions.values()),
            *(*plan.access.barriers, *plan.access.wet_barriers),
        ],
        lambda documents: [
            documents.walking.model_dump(mode="json"),
            documents.plan.access.model_dump(mode="json", include=set(_GROUND_KEYS)),
        ],
        stage_runs.run_ground,
    ),
    Stage(
        "checks",
        "数据检查",
        "checking the data",
        ("demand", "network"),
        (*READING, "access", "checks"),
        all_ids,
        lambda documents: [
            documents.plan.model_dump(
                mode="json", exclude=_NOT_CHECKED
            ),
            documents.standards.model_dump(mode="json"),
        ],
        stage_runs.run_checks,
    ),
    Stage(
        "access",
        "可达性",
        "access to services",
        ("demand", "network", "ground"),
        (*READING, "access"),
        lambda plan: [
            *(*facility_ids(plan), *plan.access.barriers, *plan.access.wet_barriers),
            *(plan.access.bus_lines, plan.access.bus_stops),
        ],
        lambda documents: [
            documents.plan.model_dump(mode="json", include={"services", "access"}),
            documents.walking.model_dump(mode="json"),
        ],
        stage_runs.run_access,
    ),
    COVERAGE_STAGES["seats"],
    COVERAGE_STAGES["coverage"],
    Stage(
        "exposure",
        "灾害暴露",
        "hazard exposure",
        ("demand",),
        _RELOCATING,
        lambda plan: [*hazard_ids(plan), plan.homesteads],
        lambda documents: documents.plan.model_dump(mode="json", include={"hazards", "homesteads"}),
        relocation_runs.run_exposure,
    ),
    Stage(
        "land",
        "土地与生态",
        "land and ecology",
        ("demand",),
        _RELOCATING,
        lambda plan: [*(one for names in plan.ecology.values() for one in names), plan.homesteads, plan.farmland],
        lambda documents: documents.plan.model_dump(mode="json", include={"ecology", "homesteads", "farmland"}),
        relocation_runs.run_land,
    ),
    Stage(
        "candidacy",
        "搬迁评分",
        "relocation candidacy",
        ("demand", "access", "exposure", "land"),
        _RELOCATING,
        lambda plan: [],
        lambda documents: [_profile(documents), documents.plan.model_dump(mode="json", include={"weights", "weighting"})],
        relocation_runs.run_candidacy,
    ),
    Stage(
        "treatment",
        "防治措施",
        "treatment of hazards",
        ("demand", "exposure"),
        _RELOCATING,
        hazard_ids,
        lambda documents: [_profile(documents), documents.plan.model_dump(mode="json", include={"hazards"})],
        relocation_runs.run_treatment,
    ),
    Stage(
        "group_moves",
        "整组搬迁",
        "whole groups",
        ("demand", "candidacy"),
        _RELOCATING,
        lambda plan: [plan.willingness],
        lambda documents: [_profile(documents), documents.plan.willingness],
        relocation_runs.run_group_moves,
    ),
    Stage(
        "batches",
        "五个一批",
        "five batches",
        ("demand", "candidacy"),
        _RELOCATING,
        lambda plan: [],
        _profile,
        relocation_runs.run_batches,
    ),
    Stage(
        "screening",
        "地形筛查",
        "terrain screening",
        ("demand",),
        _RELOCATING,
        lambda plan: [plan.dem, *hazard_ids(plan)],
        lambda documents: documents.plan.model_dump(mode="json", include={"dem", "hazards", "screening", "run_out"}),
        relocation_runs.run_screening,
    ),
    Stage(
        "sites",
        "安置点选址",
        "candidate sites",
        ("demand", "network", "ground", "access", "screening"),
        (*READING, "access", "relocation"),
        lambda plan: [
            *(*facility_ids(plan), *hazard_ids(plan), *plan.sites.exclusions),
            *(plan.sites.places, plan.sites.farmland, plan.dem),
            *surface_ids(plan),
        ],
        lambda documents: [
            documents.plan.model_dump(mode="json", include={"sites", "services", "hazards", "access", "people_per_household"}),
            documents.relocation.model_dump(mode="json", include={"site_m2_per_person", "housing_m2_per_person"}),
        ],
        relocation_runs.run_sites,
    ),
    COVERAGE_STAGES["programme"],
    Stage(
        "decision",
        "就地服务与搬迁比较",
        "serving in place against moving",
        ("demand", "coverage", "treatment", "programme"),
        (*READING, "links", "relocation"),
        lambda plan: [plan.homesteads],
        lambda documents: [documents.costs.model_dump(mode="json"), documents.plan.homesteads],
        relocation_runs.run_decision,
    ),
    COVERAGE_STAGES["ledger"],
    COVERAGE_STAGES["water"],
    COVERAGE_STAGES["lines"],
    COVERAGE_STAGES["siting"],
    COVERAGE_STAGES["ranking"],
    COVERAGE_STAGES["comparison"],
    Stage(
        "certainty",
        "把握程度",
        "how sure each class is",
        ("demand", "access", "exposure", "land"),
        _RELOCATING,
        lambda plan: [],
        lambda documents: [
            _profile(documents),
            documents.plan.model_dump(mode="json", include={"weights", "weighting", "certainty"}),
        ],
        relocation_runs.run_certainty,
    ),
    Stage(
        "allocation",
        "安置分配",
        "who goes where",
        ("demand", "network", "ground", "candidacy", "group_moves", "sites"),
        (*READING, "access", "optimise", "relocation"),
        surface_ids,
        lambda documents: documents.plan.model_dump(mode="json", include={"allocation", "access", "services"}),
        relocation_runs.run_allocation,
    ),
)
STAGE: dict[str, Stage] = {stage.name: stage for stage in STAGES}
SHARED: dict[str, Callable[[Documents, Inputs], Any]] = {"surfaces": stage_runs.join_surfaces}
"""What several stages take and none keeps: made once in a pass, from results of stages that those who take it need."""
