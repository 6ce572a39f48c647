"""Answer what is asked of a plan's coverage beyond its run: where to build, and who gains and loses when something changes.

A change opens, closes or moves facilities, cuts roads (a scenario) or turns the season, all in one call. Minutes of a pair do not depend on which other
facilities are open, so the minutes to every facility are searched once for a service and kept: each further question is a look-up. Only who is sent farther
than the kept minutes go, and whatever happens on changed roads, is searched. Both sides are then judged as in a run (`classify_gaps`).

By hand: x is 10 min from b and 42 from a, y 25 from a. Close y: a goes to x, 42 min against 30: lost. Nothing is searched a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.coverage_config import SitingQuestion
from geoplan.contracts.results import PlanResult
from geoplan.contracts.scenario import Scenario
from geoplan.contracts.standards_profile import StandardItem
from geoplan.errors import ConfigError
from geoplan.questions import find_season, find_service, in_seasons
from geoplan.stage_runs import Documents, Inputs, gather_barriers, make_grounds

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from geoplan.contracts.coverage import SitingResult
    from geoplan.contracts.reach import Reach
    from geoplan.coverage.what_if_tables import CoverageChange

Place = Any
"""A settlement's id, (easting, northing) in the working CRS, or a point."""


@dataclass(frozen=True)
class Change:
    """What becomes of the facilities of one service: those there are afterwards, ids that close or leave, ids that open or arrive."""

    after: gpd.GeoDataFrame
    gone: list[str]
    new: list[str]


_JUDGED = ("travel_time", "distance", "presence", "ratio", "radius")
_OF_WAYS = ("travel_time", "distance")
_KEPT_MIN = 60.0
"""Kept minutes go so far at least: who loses the nearest facility mostly finds the next within it."""


def answer_questions(documents: Documents, inputs: Inputs, questions: Sequence[SitingQuestion]) -> SitingResult:
    """Return where to build for questions the plan file does not have; see `geoplan.coverage.siting_answers.answer_siting`."""
    from geoplan.coverage_runs import run_siting

    plan = documents.plan
    coverage = plan.coverage.model_copy(update={"siting": list(questions)})
    return run_siting(replace(documents, plan=plan.model_copy(update={"coverage": coverage})), inputs)


def ask_what_if(
    documents: Documents,
    inputs: Inputs,
    found: PlanResult,
    kept: dict[Any, Any],
    *,
    close: Iterable[str] = (),
    move: Mapping[str, Place] | None = None,
    add: Mapping[str, Place] | None = None,
    service: str | Collection[str] | None = None,
    scenario: Scenario | None = None,
    season: str | None = None,
    season_after: str | None = None,
    within_min: float | None = None,
) -> CoverageChange:
    """Return who gains and who loses which standard when facilities open, close or move, roads are cut, or the season turns.

    Parameters
    ----------
    documents, inputs, found
        The plan, what its stages give, and its result, which is the situation before.
    kept
        Minutes kept between questions; filled here.
    close
        Ids of facilities that close, for every service they give.
    move
        Facility → where it moves to, with its people and all its services.
    add
        Id of a new facility → where it stands; of the services named, nothing else known of it (so standards that ask for a doctor stay unknown).
    service
        Services judged; by default those of the facilities closed and moved, or all that are timed where roads or the season change.
    scenario
        Roads and ground as they are afterwards.
    season, season_after
        Season before (the plan's first by default) and after (the same).
    within_min
        Judge also who is within so many minutes of each service, whatever the standards ask.

    Returns
    -------
    CoverageChange
        Per settlement × item and per unit × item; items of measure ``seat`` are left out. Minutes by look-up are within a ten-thousandth of those of a
        run, on the right side of every threshold.

    Raises
    ------
    ConfigError
        ``WHAT-IF-FACILITY`` (no such facility, or an id is taken), ``WHAT-IF-PLACE`` (no such settlement, or nobody can stand there), ``WHAT-IF-SERVICE``
        (a new facility without a service), ``WHAT-IF-NOTHING`` (no standard asks for any of this), ``SERVICE-UNKNOWN``, ``SEASON-UNKNOWN``.
    """
    import pandas as pd

    from geoplan.coverage.gaps import classify_gaps
    from geoplan.coverage.gaps_compared import compare_gaps

    plan, access = documents.plan, found.access
    before = find_season(plan, season)
    after = before if season_after is None else find_season(plan, season_after)
    gone = list(dict.fromkeys([*(close := list(close)), *(move or {})]))
    asked = _choose_services(
        documents, found, gone, service, has_new=bool(add), everywhere=scenario is not None or after != before
    )
    items = _choose_items(documents, asked, before, within_min, places_change=bool(gone or add))
    changes = _change_facilities(found, asked, close, move or {}, add or {})
    old = access.times[(access.times["season"] == before) & access.times["service"].isin([one.id for one in asked])]
    new = [
        _time_after(documents, inputs, found, kept, one, items, changes.get(one.id), season=after, scenario=scenario)
        for one in asked
        if one.times
    ]
    later = pd.concat([old.iloc[:0], *new], ignore_index=True).assign(season=before)
    facilities = pd.concat(
        [access.facilities[~access.facilities["service"].isin(changes)], *(one.after for one in changes.values())],
        ignore_index=True,
    )
    standards = documents.standards.model_copy(update={"items": items})
    shared: dict[str, Any] = {
        "year": plan.year, "all_weather_surfaces": documents.speeds.all_weather_surfaces, "services": plan.services,
    }  # fmt: skip
    was, now = (
        classify_gaps(found.demand, one, standards, **shared)
        for one in (replace(access, times=old), replace(access, times=later, facilities=facilities))
    )
    return compare_gaps(was, now, old, later)


def _choose_services(
    documents: Documents,
    found: PlanResult,
    gone: Sequence[str],
    service: str | Collection[str] | None,
    *,
    has_new: bool,
    everywhere: bool,
) -> list[ServiceConfig]:
    """Return the services that are judged, in the plan's order."""
    facilities = found.access.facilities
    strange = sorted(set(gone) - set(facilities["facility_id"].astype(str)))
    if strange:
        raise ConfigError(
            "there are no such facilities", code="WHAT-IF-FACILITY", ids=strange, remedy="Look their ids up in access.facilities."
        )
    named = [] if service is None else [service] if isinstance(service, str) else list(service)
    for one in named:
        find_service(documents.plan, one)
    if has_new and not named:
        raise ConfigError(
            "a new facility gives no service yet",
            code="WHAT-IF-SERVICE",
            remedy="Name its services: what_if(service=..., add=...).",
        )
    if not named:
        theirs = set(facilities.loc[facilities["facility_id"].astype(str).isin(gone), "service"])
        named = [one.id for one in documents.plan.services if one.id in theirs or (everywhere and one.times)]
    return [one for one in documents.plan.services if one.id in named]


def _choose_items(
    documents: Documents, asked: Sequence[ServiceConfig], season: str, within_min: float | None, *, places_change: bool
) -> list[StandardItem]:
    """Return the items judged: of these services and this season, those of minutes and metres alone where no facility changes."""
    ids, measures = {one.id for one in asked}, _JUDGED if places_change else _OF_WAYS
    items = [one for one in documents.standards.items if one.service in ids and one.season == season and one.measure in measures]
    if within_min is not None:
        items += [
            StandardItem(
                id=f"{one.id}_within", label_zh=f"{one.label_zh}{within_min:g}分钟内", label_en=f"{one.label_en} within {within_min:g} min",
                level="group", measure="travel_time", service=one.id, threshold=within_min, unit="min", season=season, source="as asked",
                status="convention",
            )
            for one in asked if one.times
        ]  # fmt: skip
    if not items:
        raise ConfigError(
            "no standard asks for these services in this season", code="WHAT-IF-NOTHING", ids=sorted(ids),
            remedy="Say within how many minutes: what_if(..., within_min=30).",
        )  # fmt: skip
    return items


def _change_facilities(
    found: PlanResult, asked: Sequence[ServiceConfig], close: Iterable[str], move: Mapping[str, Place], add: Mapping[str, Place]
) -> dict[str, Change]:
    """Return service → what becomes of its facilities, for the services of which some open, close or move."""
    from geoplan.coverage.facility_changes import change_facilities

    frame = found.access.facilities
    taken = sorted(set(add) & set(frame["facility_id"].astype(str)))
    if taken:
        raise ConfigError("ids of new facilities are taken", code="WHAT-IF-FACILITY", ids=taken, remedy="Give them other ids.")
    moved, new = ({name: _find_point(found, place) for name, place in one.items()} for one in (move, add))
    gone = list(dict.fromkeys([*close, *moved]))
    changes = {}
    for one in asked:
        mine = set(frame.loc[frame["service"] == one.id, "facility_id"].astype(str))
        if new or mine & set(gone):
            after = change_facilities(frame, one, close=list(close), move=moved, add=new)
            changes[one.id] = Change(
                after, [name for name in gone if name in mine], [name for name in {**moved, **new} if name in new or name in mine]
            )
    return changes


def _find_point(found: PlanResult, place: Place) -> BaseGeometry:
    """Return the point of a settlement, of a pair of coordinates, or the point itself."""
    from shapely.geometry import Point
    from shapely.geometry.base import BaseGeometry

    if isinstance(place, BaseGeometry):
        return place
    if not isinstance(place, str):
        return Point(*place)
    settlements = found.demand.settlements
    own = settlements.loc[settlements["settlement_id"].astype(str) == place, "geometry"]
    if own.empty or own.iloc[0] is None:
        raise ConfigError(
            f"no settlement {place!r} has a place",
            code="WHAT-IF-PLACE",
            ids=[place],
            remedy="Give its id, or easting and northing.",
        )
    return own.iloc[0]


def _time_after(
    documents: Documents,
    inputs: Inputs,
    found: PlanResult,
    kept: dict[Any, Any],
    service: ServiceConfig,
    items: Sequence[StandardItem],
    change: Change | None,
    *,
    season: str,
    scenario: Scenario | None,
) -> pd.DataFrame:
    """Return the times of one service afterwards: looked up where minutes one way on unchanged roads decide, else searched."""
    import pandas as pd

    from geoplan.coverage.facility_changes import list_homeless, patch_times

    times = found.access.times
    own = times[(times["service"] == service.id) & (times["season"] == season)]
    mine = [one for one in items if one.service == service.id]
    frame = found.access.facilities
    stand = frame[frame["service"] == service.id]
    if scenario is not None:
        key: tuple[Any, ...] = (
            season,
            scenario.model_dump_json(),
            service.id,
            None if change is None else change.after.to_json(),
        )
        if key not in kept:
            kept[key] = _search(documents, inputs, kept, service, stand if change is None else change.after, season, scenario)
        return kept[key]
    if change is None:
        return own
    if service.trip != "one_way" or any(one.measure == "distance" for one in mine):
        return _search(documents, inputs, kept, service, change.after, season)
    ends = sorted({float(one.threshold) for one in mine if one.measure == "travel_time" and one.threshold is not None})
    table = new = None
    if len(list_homeless(own, change.gone)):
        there = (season, service.id, tuple(ends))
        if there not in kept:
            kept[there] = _tabulate(documents, inputs, kept, service, stand, season, ends, max([_KEPT_MIN, *ends]))
        table = kept[there]
    if change.new:
        fresh = change.after[change.after["facility_id"].isin(change.new)]
        new = _tabulate(documents, inputs, kept, service, fresh, season, ends, float("inf"))
        if (nowhere := new.supply_ids[new.supply_status != "ok"]).size:
            raise ConfigError(
                "nobody can stand or walk where a facility is to be",
                code="WHAT-IF-PLACE",
                ids=nowhere,
                remedy="Choose another place.",
            )
    patched, left = patch_times(own, closed=change.gone, kept=table, new=new)
    if left:
        searched = _search(documents, inputs, kept, service, change.after, season)
        patched = pd.concat(
            [patched[~patched["settlement_id"].isin(left)], searched[searched["settlement_id"].isin(left)]], ignore_index=True
        )
    return patched


def _surface(documents: Documents, inputs: Inputs, kept: dict[Any, Any], season: str) -> Any:
    """Return the surface of a season, kept between questions."""
    if ("surface", season) not in kept:
        from geoplan.stage_runs import join_surfaces

        kept["surface", season] = join_surfaces(in_seasons(documents, [season]), inputs)[season]
    return kept["surface", season]


def _search(
    documents: Documents,
    inputs: Inputs,
    kept: dict[Any, Any],
    service: ServiceConfig,
    facilities: gpd.GeoDataFrame,
    season: str,
    scenario: Scenario | None = None,
) -> pd.DataFrame:
    """Return the times to these facilities, searched anew, on roads as they are or as a scenario makes them."""
    from geoplan.access.compute import compute_times
    from geoplan.access.scenario_surfaces import time_scenario

    some = in_seasons(documents, [season])
    surfaces = {season: _surface(documents, inputs, kept, season)}
    given = (inputs("demand")[0].settlements, {service.id: facilities}, [service], surfaces)
    walkers = documents.walking.walker_factors
    if scenario is None:
        return compute_times(*given, config=some.plan.access, walkers=walkers)
    return time_scenario(
        *given,
        scenario,
        barriers={season: gather_barriers(documents, inputs, season=season)},
        config=some.plan.access,
        walkers=walkers,
        build=lambda walls: next(iter(make_grounds(some, inputs, {season: walls}).values())),
    )


def _tabulate(
    documents: Documents,
    inputs: Inputs,
    kept: dict[Any, Any],
    service: ServiceConfig,
    facilities: gpd.GeoDataFrame,
    season: str,
    thresholds_min: Sequence[float],
    cutoff_min: float,
) -> Reach:
    """Return the minutes of every settlement to every one of these facilities within a cut-off."""
    from geoplan.access.service_reach import tabulate_service_reach

    return tabulate_service_reach(
        inputs("demand")[0].settlements,
        {service.id: facilities},
        [service],
        {season: _surface(documents, inputs, kept, season)},
        config=in_seasons(documents, [season]).plan.access,
        cutoff_min={service.id: cutoff_min},
        walkers=documents.walking.walker_factors,
        season=season,
        thresholds_min={service.id: list(thresholds_min)},
    )[service.id]
