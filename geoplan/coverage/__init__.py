"""Hold settlements against service standards: gaps, causes, and people per unit."""

from geoplan.coverage.causes import CAUSES
from geoplan.coverage.compute import compute_coverage
from geoplan.coverage.gaps import ALL_WEATHER_SURFACES, GAP_COLUMNS, classify_gaps
from geoplan.coverage.groups import ROLL_UP_COLUMNS, UNASSIGNED_NAME, WORST_FIRST, roll_up, sum_by_unit
from geoplan.coverage.standards import (
    LEVEL_LABELS,
    UNIT_COLUMNS,
    item_by_id,
    items_due,
    items_of_level,
    services_asked,
    tabulate_standards,
)

__all__ = [
    "ALL_WEATHER_SURFACES",
    "CAUSES",
    "GAP_COLUMNS",
    "LEVEL_LABELS",
    "ROLL_UP_COLUMNS",
    "UNASSIGNED_NAME",
    "UNIT_COLUMNS",
    "WORST_FIRST",
    "classify_gaps",
    "compute_coverage",
    "item_by_id",
    "items_due",
    "items_of_level",
    "roll_up",
    "services_asked",
    "sum_by_unit",
    "tabulate_standards",
]
