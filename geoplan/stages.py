"""Say what makes the result of a stage stale: its recipe.

A stage's recipe is the SHA-256 of: its name, the source code of the rooms it runs, the checksums and catalogue entries of the layers it
reads, its parameters, and the recipes of the stages it builds on. Two runs with one recipe have one result, so a kept result may be
used; anything that could change the result changes the recipe.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from geoplan.stage_runs import Documents, Inputs
from geoplan.stage_shape import Stage, frame_ids
from geoplan.stage_table import STAGE, STAGES

__all__ = ["STAGE", "STAGES", "Documents", "Inputs", "Stage", "stage_recipes"]


_WIRING = "stages stage_table stage_shape coverage_stages stage_runs coverage_runs relocation_runs".split()
"""Modules that hand results from stage to stage: part of every recipe."""


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
        "pyflwdir",
        "highspy",
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
        ids = sorted({name for name in (*frame_ids(documents.plan), *stage.layers(documents.plan)) if name})
        recipes[stage.name] = digest_json(
            {
                "stage": stage.name,
                "code": [digest_room(room) for room in (*stage.rooms, *_WIRING)],
                "software": software_versions(),
                "layers": {name: [checksums[name], documents.catalog.layers[name].model_dump(mode="json")] for name in ids},
                "crs": documents.plan.crs,
                "params": stage.params(documents),
                "upstream": [recipes[name] for name in stage.needs],
            }
        )
    return recipes
