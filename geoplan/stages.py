"""Name the stages of a plan, what each reads, and what makes its result stale.

A stage's recipe is the SHA-256 of: its name, the source code of the rooms it runs, the checksums and catalogue entries of the layers it
reads, its parameters, and the recipes of the stages it builds on. Two runs with one recipe have one result, so a kept result may be
used; anything that could change the result changes the recipe.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from geoplan import stage_runs
from geoplan.contracts.config import PlanConfig
from geoplan.stage_runs import Documents, Inputs

__all__ = ["STAGE", "STAGES", "Documents", "Inputs", "Stage", "stage_recipes"]


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


def _frame_ids(plan: PlanConfig) -> list[str | None]:
    """Return the layers that fix the working CRS and the study area, on which every stage rests."""
    return [plan.settlements, plan.county]


def _unit_ids(plan: PlanConfig) -> list[str | None]:
    return [plan.county, plan.townships, plan.villages, plan.groups]


def _facility_ids(plan: PlanConfig) -> list[str | None]:
    return [layer for service in plan.services for layer in service.layers]


def _hazard_ids(plan: PlanConfig) -> list[str | None]:
    return [name for hazard in plan.hazards for name in (hazard.layer, hazard.survey_area)]


def _all_ids(plan: PlanConfig) -> list[str | None]:
    from geoplan.io.references import layer_ids

    return list(layer_ids(plan))


_READING = ("io", "spatial", "contracts", "units", "errors")
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
        _READING,
        _all_ids,
        lambda documents: documents.plan.model_dump(mode="json", include={"dem", "population"}),
        stage_runs.run_layers,
    ),
    Stage(
        "demand",
        "自然村与人口",
        "settlements and people",
        (),
        _READING,
        lambda plan: [plan.settlements, *_unit_ids(plan), plan.population, plan.dem],
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
        (*_READING, "access"),
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
        (*_READING, "access"),
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
        (*_READING, "access", "checks"),
        _all_ids,
        lambda documents: [
            documents.plan.model_dump(
                mode="json", exclude={"weights", "output", "language", "standards", "relocation", "name", "name_en"}
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
        (*_READING, "access"),
        lambda plan: [
            *(*_facility_ids(plan), *plan.access.barriers, *plan.access.wet_barriers),
            *(plan.access.bus_lines, plan.access.bus_stops),
        ],
        lambda documents: [
            documents.plan.model_dump(mode="json", include={"services", "access"}),
            documents.walking.model_dump(mode="json"),
        ],
        stage_runs.run_access,
    ),
    Stage(
        "exposure",
        "灾害暴露",
        "hazard exposure",
        ("demand",),
        (*_READING, "relocation"),
        _hazard_ids,
        lambda documents: documents.plan.model_dump(mode="json", include={"hazards"}),
        stage_runs.run_exposure,
    ),
    Stage(
        "coverage",
        "服务覆盖缺口",
        "coverage gaps",
        ("demand", "access"),
        (*_READING, "coverage"),
        lambda plan: [],
        lambda documents: [
            documents.standards.model_dump(mode="json"),
            documents.speeds.all_weather_surfaces,
            documents.plan.year,
        ],
        stage_runs.run_coverage,
    ),
    Stage(
        "candidacy",
        "搬迁评分",
        "relocation candidacy",
        ("demand", "access", "exposure"),
        (*_READING, "relocation"),
        lambda plan: [],
        lambda documents: [documents.relocation.model_dump(mode="json"), documents.plan.weights],
        stage_runs.run_candidacy,
    ),
    Stage(
        "sites",
        "安置点选址",
        "candidate sites",
        ("demand", "network", "ground"),
        (*_READING, "access", "relocation"),
        lambda plan: [
            *_facility_ids(plan),
            *_hazard_ids(plan),
            *plan.sites.exclusions,
            plan.sites.places,
            plan.dem,
            *plan.access.barriers,
            *plan.access.wet_barriers,
            *(plan.access.bus_lines, plan.access.bus_stops),
        ],
        lambda documents: [
            documents.plan.model_dump(mode="json", include={"sites", "services", "hazards", "access", "people_per_household"}),
            documents.relocation.model_dump(mode="json", include={"site_m2_per_person", "housing_m2_per_person"}),
        ],
        stage_runs.run_sites,
    ),
)
STAGE: dict[str, Stage] = {stage.name: stage for stage in STAGES}


@cache
def digest_room(room: str) -> str:
    """Return the SHA-256 of the source of a room (a package or a module of geoplan), in path order."""
    digest = hashlib.sha256()
    top = resources.files("geoplan")
    single = top / f"{room}.py"
    for name, node in sorted(_sources(top / room, room)) if not single.is_file() else [(room, single)]:
        digest.update(name.encode())
        digest.update(node.read_bytes())
    return digest.hexdigest()


def _sources(folder: Any, prefix: str) -> Iterable[tuple[str, Any]]:
    for node in folder.iterdir():
        if node.is_dir() and node.name != "__pycache__":
            yield from _sources(node, f"{prefix}/{node.name}")
        elif node.name.endswith((".py", ".yaml", ".html", ".js", ".css", ".json")):
            yield f"{prefix}/{node.name}", node


@cache
def software_versions() -> dict[str, str]:
    """Return the versions that a result rests on: geoplan, Python and the libraries that compute."""
    import platform
    from importlib.metadata import version

    names = (
        "geoplan",
        "numpy",
        "scipy",
        "pandas",
        "geopandas",
        "shapely",
        "pyproj",
        "pyogrio",
        "rasterio",
        "networkx",
        "osmium",
        "numba",
    )
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def digest_json(value: Any) -> str:
    """Return the SHA-256 of a JSON-ready value in canonical form."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def stage_recipes(documents: Documents, checksums: dict[str, str]) -> dict[str, str]:
    """Return the recipe of every stage.

    Parameters
    ----------
    documents
        Plan, catalogue and profiles.
    checksums
        Catalogue id → SHA-256 of the layer's files.
    """
    recipes: dict[str, str] = {}
    for stage in STAGES:
        ids = sorted({name for name in (*_frame_ids(documents.plan), *stage.layers(documents.plan)) if name})
        recipes[stage.name] = digest_json(
            {
                "stage": stage.name,
                "code": [digest_room(room) for room in (*stage.rooms, "stages", "stage_runs")],
                "software": software_versions(),
                "layers": {name: [checksums[name], documents.catalog.layers[name].model_dump(mode="json")] for name in ids},
                "crs": documents.plan.crs,
                "params": stage.params(documents),
                "upstream": [recipes[name] for name in stage.needs],
            }
        )
    return recipes
