"""How long people travel: speeds, road graph, off-road legs, the search, and road access.

Names load on first use, so that a run waits only for what it computes.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "build_ground": "geoplan.access.ground",
    "build_network": "geoplan.access.network",
    "collect_facilities": "geoplan.access.facilities",
    "compute_access": "geoplan.access.compute",
    "edge_speed_kmh": "geoplan.access.speeds",
    "enter": "geoplan.access.entries",
    "extend": "geoplan.access.field",
    "find_roads": "geoplan.access.roads",
    "join_surface": "geoplan.access.surface",
    "lay_costs": "geoplan.access.field",
    "lay_legs": "geoplan.access.field",
    "lay_ways": "geoplan.access.ways",
    "level_ground": "geoplan.access.ground",
    "meet": "geoplan.access.reading",
    "plant_seeds": "geoplan.access.field",
    "read_paths": "geoplan.access.reading",
    "solve": "geoplan.access.field",
    "time_edges": "geoplan.access.ways",
    "tobler_kmh": "geoplan.access.speeds",
    "walk_min": "geoplan.access.speeds",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'geoplan.access' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
