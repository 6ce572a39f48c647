"""Hold settlements against service standards: gaps, causes, people per unit; seats, the ledger, where to build, water, lines, ranking, comparison.

Names load on first use, so that a run waits only for what it computes.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "ALL_WEATHER_SURFACES": "geoplan.coverage.gaps",
    "CAUSES": "geoplan.coverage.causes",
    "CAUSE_CLASSES": "geoplan.coverage.causes",
    "CLASS_OF_CAUSE": "geoplan.coverage.causes",
    "GAP_COLUMNS": "geoplan.coverage.gaps",
    "LEVEL_LABELS": "geoplan.coverage.standards",
    "ROLL_UP_COLUMNS": "geoplan.coverage.groups",
    "UNASSIGNED_NAME": "geoplan.coverage.groups",
    "UNIT_COLUMNS": "geoplan.coverage.standards",
    "WORST_FIRST": "geoplan.coverage.groups",
    "answer_siting": "geoplan.coverage.siting_answers",
    "assign_seats": "geoplan.coverage.seats",
    "build_ledger": "geoplan.coverage.ledger",
    "change_reach": "geoplan.coverage.place_changes",
    "choose_candidates": "geoplan.coverage.candidates",
    "classify_gaps": "geoplan.coverage.gaps",
    "collect_sources": "geoplan.coverage.scheme_sources",
    "compare_departments": "geoplan.coverage.comparison",
    "compare_layers_of": "geoplan.coverage.comparison",
    "compare_tables": "geoplan.coverage.comparison",
    "compare_coverage": "geoplan.coverage.what_if_tables",
    "compute_coverage": "geoplan.coverage.compute",
    "compute_seats": "geoplan.coverage.seating",
    "compute_water": "geoplan.coverage.schemes",
    "connect_lines": "geoplan.coverage.lines",
    "count_age_group": "geoplan.coverage.ages",
    "count_by_deadline": "geoplan.coverage.deadlines",
    "cover_by_radius": "geoplan.coverage.radius",
    "item_by_id": "geoplan.coverage.standards",
    "items_due": "geoplan.coverage.standards",
    "items_of_level": "geoplan.coverage.standards",
    "join_networks": "geoplan.coverage.lines",
    "judge_water_rules": "geoplan.coverage.water_rules",
    "list_building_costs": "geoplan.coverage.building_costs",
    "list_staff_gaps": "geoplan.coverage.staff",
    "measure_inequality": "geoplan.coverage.inequality",
    "order_build": "geoplan.coverage.build_order",
    "rank_units": "geoplan.coverage.ranking",
    "reconcile_ledger": "geoplan.coverage.ledger",
    "roll_up": "geoplan.coverage.groups",
    "services_asked": "geoplan.coverage.standards",
    "site_facilities": "geoplan.coverage.siting",
    "sum_by_unit": "geoplan.coverage.groups",
    "tabulate_standards": "geoplan.coverage.standards",
    "what_if": "geoplan.coverage.place_changes",
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
