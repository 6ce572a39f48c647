"""Find every problem of a plan's inputs at once, with ids, severity and the way out."""

from geoplan.checks.codes import check_codes
from geoplan.checks.hazards import check_hazards
from geoplan.checks.origins import check_origins
from geoplan.checks.people import check_people
from geoplan.checks.places import check_places
from geoplan.checks.roads import check_roads
from geoplan.checks.run import check_plan, merge_problems
from geoplan.checks.standards import check_standards
from geoplan.checks.surveys import check_surveys
from geoplan.checks.terrain import check_terrain

__all__ = [
    "check_codes",
    "check_hazards",
    "check_origins",
    "check_people",
    "check_places",
    "check_plan",
    "check_roads",
    "check_standards",
    "check_surveys",
    "check_terrain",
    "merge_problems",
]
