"""Which roads are to standard, and what joining a place to them costs: links of each group alone, and the cheapest network for all of them together.

Names load on first use, so that a run waits only for what it computes.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "find_served": "geoplan.links.road_standard",
    "join_roads": "geoplan.links.road_arcs",
    "judge_network": "geoplan.links.road_standard",
    "lay_road_ground": "geoplan.links.road_ground",
    "link_groups": "geoplan.links.road_links",
    "link_together": "geoplan.links.road_together",
    "plan_roads": "geoplan.links.road_programme",
    "search_roads": "geoplan.links.road_search",
    "split_shared": "geoplan.links.shared_costs",
    "tabulate_programme": "geoplan.links.road_programme",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'geoplan.links' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
