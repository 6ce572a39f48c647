"""Decide with evidence which mountain settlements should move and which should be served where they stand.

>>> import geoplan as gp
>>> plan = gp.Plan.from_yaml("layers/demo/county.yaml")  # doctest: +SKIP
>>> result = plan.run()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "Plan": ("geoplan.plan", "Plan"),
    "RunResult": ("geoplan.plan", "RunResult"),
    "GeoplanError": ("geoplan.errors", "GeoplanError"),
    "write_outputs": ("geoplan.report.outputs", "write_outputs"),
    "write_candidate_sites": ("geoplan.report.outputs", "write_candidate_sites"),
    "report": ("geoplan.report", None),
    "access": ("geoplan.access", None),
    "coverage": ("geoplan.coverage", None),
    "links": ("geoplan.links", None),
    "relocation": ("geoplan.relocation", None),
    "optimise": ("geoplan.optimise", None),
}

__all__ = sorted([*_PUBLIC, "__version__"])
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load a public name on first use, so that ``import geoplan`` stays quick and loads neither folium nor osmnx."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'geoplan' has no attribute {name!r}")
    module_name, attribute = _PUBLIC[name]
    module = import_module(module_name)
    return module if attribute is None else getattr(module, attribute)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
