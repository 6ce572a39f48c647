"""Write travel-time rasters of a plan's services: Cloud-Optimized GeoTIFFs that say what, when, which way and from which layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geoplan.io.cog import write_cog
from geoplan.questions import find_season, find_service

if TYPE_CHECKING:
    from geoplan.plan import Plan

_WORDS = {"to": "to the nearest", "from": "from the nearest", "both": "to the nearest and back (sum of both fields)"}


def write_surface(plan: Plan, service: str, path: str | Path, *, season: str | None = None, direction: str = "to") -> Path:
    """Write the minutes of every cell to a service, from it, or both added.

    Parameters
    ----------
    plan
        The plan; its layers, network and ground come from its cache where nothing changed.
    service
        Service id of the plan.
    path
        GeoTIFF to write.
    season
        ``dry`` or ``wet``; the plan's first by default.
    direction
        ``to``, ``from`` or ``both``.

    Raises
    ------
    ConfigError
        ``SERVICE-UNKNOWN``, ``SEASON-UNKNOWN``, ``FIELD-DIRECTION``.
    """
    documents = plan.documents
    asked, chosen = find_service(documents.plan, service), find_season(documents.plan, season)
    grid = plan.field(service, season=chosen, direction=direction)
    sources = [f"{name} ({documents.catalog.layers[name].vintage})" for name in (documents.plan.dem, documents.plan.roads, *asked.layers)]
    tags = {
        "service": asked.id, "service_zh": asked.label_zh, "season": chosen, "direction": direction, "mode": asked.mode,
        "walker": asked.walker, "county": documents.plan.name, "sources": "; ".join(sources),
        "speeds": documents.speeds.id, "walking": documents.walking.id, "software": "geoplan",
    }  # fmt: skip
    description = f"minutes {_WORDS[direction]} {asked.label_en} ({asked.mode}, {chosen})"
    return write_cog(grid, path, description=description, unit="min", tags=tags)


def write_surfaces(plan: Plan, service: str, folder: Path) -> list[Path]:
    """Write ``<service>_<season>.tif`` for each of the plan's seasons, towards the service."""
    return [
        write_surface(plan, service, folder / f"{service}_{season}.tif", season=season)
        for season in plan.documents.plan.access.seasons
    ]
