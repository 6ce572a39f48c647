"""Know what an output folder was made of: its recipe, its manifest, and whether it is whole and current.

Nothing here loads what computes or draws, so a run in which nothing changed ends at once.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.stages import digest_json, digest_room

if TYPE_CHECKING:
    from geoplan.plan import Plan

MANIFEST = "manifest.json"


def outputs_recipe(plan: Plan, stages: dict[str, str]) -> str:
    """Return the recipe of the whole output folder: every stage's recipe, the words and faces, and the code that draws.

    Parameters
    ----------
    plan
        The plan.
    stages
        Recipes of its stages: `Plan.recipes` before a run, ``RunResult.recipes`` after it.
    """
    return digest_json(
        {
            "stages": stages,
            "plan": plan.documents.plan.model_dump(mode="json"),
            "standards": plan.documents.standards.model_dump(mode="json"),
            "code": [digest_room(room) for room in ("report", "io", "contracts", "spatial", "plan", "stages")],
        }
    )


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of an output folder, or None where there is none that can be read."""
    try:
        loaded = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return loaded if isinstance(loaded, dict) and loaded.get("made_by") == "geoplan" else None


def is_current(folder: Path, recipe: str, *, language: str) -> bool:
    """Tell whether ``folder`` holds the whole output of ``recipe``: same recipe and language, and every file there with its size."""
    manifest = read_manifest(folder)
    if manifest is None or manifest.get("recipe") != recipe or manifest.get("language") != language:
        return False
    sizes = manifest.get("files")
    if not isinstance(sizes, dict):
        return False
    try:
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except OSError:
        return False
