"""Find every coverage gap and roll it up: the one call a plan makes of this room."""

from __future__ import annotations

from collections.abc import Sequence

from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.coverage import SeatsResult
from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.results import AccessResult, CoverageResult, Demand
from geoplan.coverage.gaps import ALL_WEATHER_SURFACES, classify_gaps
from geoplan.coverage.groups import roll_up


def compute_coverage(
    demand: Demand,
    access: AccessResult,
    standards: StandardsProfile,
    *,
    year: int,
    all_weather_surfaces: Sequence[str] = ALL_WEATHER_SURFACES,
    services: Sequence[ServiceConfig] = (),
    seats: SeatsResult | None = None,
) -> CoverageResult:
    """Return gaps per settlement and item, and their sums per group, village, township and county.

    See `classify_gaps` for the rules, the parameters and the errors, `roll_up` for the sums.
    """
    gaps = classify_gaps(
        demand, access, standards, year=year, all_weather_surfaces=all_weather_surfaces, services=services, seats=seats
    )
    return roll_up(gaps, demand)
