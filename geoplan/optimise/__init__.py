"""Choose sites and who goes where: exact models on bare arrays, each answer with its proven gap.

Names load on first use, so that nothing here waits for a solver it does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "Assignment": "geoplan.optimise.assignment",
    "AssignmentProblem": "geoplan.optimise.problem",
    "LocationPlan": "geoplan.optimise.location",
    "LocationProblem": "geoplan.optimise.location",
    "assign": "geoplan.optimise.assignment",
    "find_breaches": "geoplan.optimise.problem",
    "solve_lscp": "geoplan.optimise.lscp",
    "solve_mclp": "geoplan.optimise.mclp",
    "solve_p_center": "geoplan.optimise.p_center",
    "solve_p_median": "geoplan.optimise.p_median",
    "value_plan": "geoplan.optimise.problem",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'geoplan.optimise' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
