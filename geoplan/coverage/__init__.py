"""Hold settlements against service standards: gaps, causes, and people per unit.

Names load on first use, so that a run waits only for what it computes.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "ALL_WEATHER_SURFACES": "geoplan.coverage.gaps",
    "CAUSES": "geoplan.coverage.causes",
    "GAP_COLUMNS": "geoplan.coverage.gaps",
    "LEVEL_LABELS": "geoplan.coverage.standards",
    "ROLL_UP_COLUMNS": "geoplan.coverage.groups",
    "UNASSIGNED_NAME": "geoplan.coverage.groups",
    "UNIT_COLUMNS": "geoplan.coverage.standards",
    "WORST_FIRST": "geoplan.coverage.groups",
    "classify_gaps": "geoplan.coverage.gaps",
    "compute_coverage": "geoplan.coverage.compute",
    "measure_inequality": "geoplan.coverage.inequality",
    "item_by_id": "geoplan.coverage.standards",
    "items_due": "geoplan.coverage.standards",
    "items_of_level": "geoplan.coverage.standards",
    "roll_up": "geoplan.coverage.groups",
    "services_asked": "geoplan.coverage.standards",
    "sum_by_unit": "geoplan.coverage.groups",
    "tabulate_standards": "geoplan.coverage.standards",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'geoplan.coverage' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
