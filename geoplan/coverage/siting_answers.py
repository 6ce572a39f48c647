"""Answer all questions of where to build in one go: candidates, times, plans, tables.

Times: one search per season from settlements to what stands and to candidate places, by the service's mode and walker, one way, up to the question's
minutes. A service of the round trip is held against half the question's minutes. Candidates are facilities like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.access.reach_changes import cut_reach
from geoplan.access.service_reach import tabulate_service_reach
from geoplan.access.surface import Surface
from geoplan.contracts.config import AccessConfig, ServiceConfig
from geoplan.contracts.coverage import SitingResult
from geoplan.contracts.coverage_config import SitingQuestion
from geoplan.contracts.reach import Reach
from geoplan.contracts.results import AccessResult, Demand, ExposureResult, SitesResult
from geoplan.contracts.standards_profile import StandardsProfile
from geoplan.coverage.ages import count_age_group
from geoplan.coverage.candidates import choose_candidates
from geoplan.coverage.siting import Siting, site_facilities
from geoplan.coverage.siting_tables import tabulate_sitings
from geoplan.errors import ConfigError
from geoplan.optimise.location import Effort

_NEW = "-candidates"


def answer_siting(
    questions: Sequence[SitingQuestion],
    demand: Demand,
    access: AccessResult,
    exposure: ExposureResult,
    sites: SitesResult | None,
    standards: StandardsProfile,
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    *,
    config: AccessConfig,
    walkers: Mapping[str, float] | None = None,
    costs_yuan: Mapping[str, float] | None = None,
    effort: Effort | None = None,
) -> SitingResult:
    """Return sites, curve, assignments and summary of every question.

    Parameters
    ----------
    questions
        Where to build.
    demand, access, exposure, sites
        Results of the plan; ``sites`` may be None where no question asks for receiving sites.
    standards
        Age groups.
    services
        Services of the plan.
    surfaces
        Season → surface.
    config
        Seasons, and how far a point may be moved.
    walkers
        Walker → factor on walking speed.
    costs_yuan
        Service id → cost of building one, where the cost profile has a price; a question's own ``cost_yuan`` comes first.
    effort
        Time and threads of HiGHS for each point of a curve.

    Raises
    ------
    ConfigError
        ``SITING-SERVICE``: a question names a service, a season or an age group the plan does not have.
    """
    _refuse_unknown(questions, services, surfaces, standards)
    groups = {one.id: one for one in standards.age_groups}
    listed: dict[str, gpd.GeoDataFrame] = {
        kind: choose_candidates(kind, demand, exposure.summary, access.road, sites=None if sites is None else sites.sites)
        for kind in dict.fromkeys(one.candidates for one in questions)
    }
    reach = tabulate_siting_reach(questions, demand, access, listed, services, surfaces, config=config, walkers=walkers)
    answers: list[tuple[SitingQuestion, Siting, gpd.GeoDataFrame, float]] = []
    for one in questions:
        counted = count_age_group(demand.settlements, groups.get(one.age_group or ""))
        persons = pd.Series(counted["persons"].to_numpy(dtype=float), index=counted["settlement_id"].astype(str))
        facilities = access.facilities[access.facilities["service"] == one.service]
        capacity = pd.Series(
            facilities["capacity"].to_numpy(dtype="float64", na_value=np.nan), index=facilities["facility_id"].astype(str)
        )
        answer = site_facilities(one, persons, *reach[one.id], capacity=capacity, effort=effort)
        cost = (costs_yuan or {}).get(one.service, np.nan) if one.cost_yuan is None else one.cost_yuan
        answers.append((one, answer, listed[one.candidates], float(cost)))
    return tabulate_sitings(answers, reach, access, demand)


def tabulate_siting_reach(
    questions: Sequence[SitingQuestion],
    demand: Demand,
    access: AccessResult,
    candidates: Mapping[str, gpd.GeoDataFrame],
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    *,
    config: AccessConfig,
    walkers: Mapping[str, float] | None = None,
) -> dict[str, tuple[Reach, Reach]]:
    """Return question id → minutes to what stands and to candidate places.

    Parameters
    ----------
    candidates
        Kind of candidates → `choose_candidates`; those kept are searched for.
    questions, demand, access, services, surfaces, config, walkers
        As `answer_siting`.
    """
    of = {one.id: one for one in services}
    tables: dict[tuple[str, str], Reach] = {}
    for season in dict.fromkeys(one.season for one in questions):
        searched: dict[str, ServiceConfig] = {}
        places: dict[str, gpd.GeoDataFrame] = {}
        ends: dict[str, float] = {}
        for one in (one for one in questions if one.season == season):
            service = of[one.service]
            for name, frame in zip(_name_searches(one, service), _list_places(one, access, candidates), strict=True):
                searched[name] = service.model_copy(update={"id": name})
                places[name] = frame
                ends[name] = max(ends.get(name, 0.0), one.within_min / (2.0 if service.trip == "round_trip" else 1.0))
        found = tabulate_service_reach(
            demand.settlements,
            places,
            list(searched.values()),
            surfaces,
            config=config,
            cutoff_min=ends,
            walkers=walkers,
            season=season,
        )
        tables |= {(season, name): reach for name, reach in found.items()}
    answers = {}
    for one in questions:
        stand, new = (
            _count_trip(tables[one.season, name], of[one.service], one) for name in _name_searches(one, of[one.service])
        )
        answers[one.id] = (stand, new)
    return answers


def _name_searches(question: SitingQuestion, service: ServiceConfig) -> tuple[str, str]:
    """Return the names of a question's two searches; questions that travel alike to the same places share them."""
    return service.id, f"{question.candidates}-{service.mode}-{service.walker}{_NEW}"


def _list_places(
    question: SitingQuestion, access: AccessResult, candidates: Mapping[str, gpd.GeoDataFrame]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return what stands and the candidates that are kept, with ``facility_id``."""
    listed = candidates[question.candidates]
    kept = listed.loc[listed["kept"], ["candidate_id", "geometry"]].rename(columns={"candidate_id": "facility_id"})
    stand = access.facilities.loc[access.facilities["service"] == question.service, ["facility_id", "geometry"]]
    return stand.reset_index(drop=True), kept.reset_index(drop=True)


def _count_trip(reach: Reach, service: ServiceConfig, question: SitingQuestion) -> Reach:
    """Return the minutes of the trip the service counts, up to the question's: there and back are twice the way there."""
    twice = 2.0 if service.trip == "round_trip" else 1.0
    whole = replace(reach, minutes=twice * reach.minutes, cutoff_min=twice * reach.cutoff_min)
    return cut_reach(whole, cutoff_min=min(float(question.within_min), whole.cutoff_min))


def _refuse_unknown(
    questions: Sequence[SitingQuestion],
    services: Sequence[ServiceConfig],
    surfaces: Mapping[str, Surface],
    standards: StandardsProfile,
) -> None:
    """Raise where a question names what the plan does not have."""
    known: tuple[set[str], ...] = ({one.id for one in services}, set(surfaces), {one.id for one in standards.age_groups})
    for one in questions:
        for value, names, what in zip(
            (one.service, one.season, one.age_group), known, ("service", "season", "age group"), strict=True
        ):
            if value is not None and value not in names:
                raise ConfigError(
                    f"siting question {one.id} names {what} {value!r}, which the plan does not have", code="SITING-SERVICE", ids=[one.id],
                    remedy=f"Name one of {', '.join(sorted(names))}.",
                )  # fmt: skip
