"""Say who should move by hazard, land and remoteness, how sure that is, what it costs beside serving in place, and who goes where.

Names load on first use, so that a changed weight does not wait for what rates sites or draws chances.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "allocate": "geoplan.relocation.allocation",
    "allocate_batches": "geoplan.relocation.batches",
    "apply_anchors": "geoplan.relocation.value",
    "assess_certainty": "geoplan.relocation.certainty",
    "back_test": "geoplan.relocation.backtest",
    "build_indicators": "geoplan.relocation.indicators",
    "choose_treatments": "geoplan.relocation.treatment",
    "choose_weights": "geoplan.relocation.weighting",
    "decide": "geoplan.relocation.decision",
    "describe_consistency": "geoplan.relocation.ahp",
    "explain_settlement": "geoplan.relocation.explain",
    "expose": "geoplan.relocation.hazard",
    "find_in_run_out": "geoplan.relocation.run_out",
    "gather_sources": "geoplan.relocation.run_out",
    "index_remoteness": "geoplan.relocation.remoteness",
    "measure_land": "geoplan.relocation.land",
    "measure_terrain": "geoplan.relocation.screening",
    "measure_willingness": "geoplan.relocation.willingness",
    "rate_sites": "geoplan.relocation.suitability",
    "read_zones": "geoplan.relocation.zones",
    "roll_up_groups": "geoplan.relocation.group_moves",
    "score_candidacy": "geoplan.relocation.candidacy",
    "screen": "geoplan.relocation.screening",
    "screen_grid": "geoplan.relocation.screening",
    "share_alone": "geoplan.relocation.group_moves",
    "sort_movers": "geoplan.relocation.allocation_units",
    "time_moves": "geoplan.relocation.site_reach",
    "time_nearest": "geoplan.relocation.site_reach",
    "trace_run_out": "geoplan.relocation.run_out",
    "weigh": "geoplan.relocation.value",
    "weigh_judgements": "geoplan.relocation.ahp",
    "weigh_ranking": "geoplan.relocation.rank_weights",
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
