"""Score settlements for 易地搬迁 by hazard, land and remoteness, and find where people could move to.

Names load on first use, so that a changed weight does not wait for what rates sites.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "apply_anchors": "geoplan.relocation.value",
    "build_indicators": "geoplan.relocation.indicators",
    "explain_settlement": "geoplan.relocation.explain",
    "expose": "geoplan.relocation.hazard",
    "index_remoteness": "geoplan.relocation.remoteness",
    "rate_sites": "geoplan.relocation.suitability",
    "read_zones": "geoplan.relocation.zones",
    "score_candidacy": "geoplan.relocation.candidacy",
    "weigh": "geoplan.relocation.value",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'geoplan.relocation' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
