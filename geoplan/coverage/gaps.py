"""Hold every settlement against every item of a standards profile.

Coverage of a settlement i for an item with threshold t and value v:

- a maximum (travel_time, distance, road_access, radius): covered when v ≤ t, else a gap with shortfall v − t
- a minimum (attribute, presence, ratio, quantity, seat): covered when v ≥ t, else a gap with shortfall t − v

in the item's unit, compared as stored, without rounding. The shortfall is 0 when covered and NaN when unreachable or unknown. States
pass through: ``unreachable`` stays unreachable; ``unsnapped`` (not joined to any network within the stated distance) counts
as not served and is shown as unreachable, its cause says so; ``no_data`` is unknown, never covered and never a gap. An item of the dry
season says nothing of the wet one.

People asked for: A = all P people of the settlement, or those of the item's age group (`coverage.ages`). People short of it: all A where
the settlement has a gap or is unreachable, none where it is covered, NaN where unknown. An item that every household must have (attribute
with t = 1) leaves A·(1 − v) short, for the others have it (households taken as equally large); below t = 1 the standard is the settlement's
as a whole, and it is short with everybody. Where places are counted (seat), the unseated are short. Households alike, of an item for
everybody; how many households have somebody of an age is not known (NaN; 0 where covered).

Example: 户有安全饮水 (t = 1), 60 people, v = 0.9 → a gap, shortfall 0.1, 6 people short and not 60.

Example: clinic within 30 min; settlements at 30.0, 42.5 min, without a path, without data → covered, gap (shortfall 12.5),
unreachable, unknown.

Example: school within 30 min for grades 1–3; 60 people of whom 4 are in these grades, 42.5 min → 4 people asked for, 4 short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.coverage import SeatsResult
from geoplan.contracts.profiles import StandardItem, StandardsProfile
from geoplan.contracts.results import AccessResult, Demand
from geoplan.contracts.standards_profile import AgeGroup
from geoplan.contracts.status import Coverage, Status
from geoplan.coverage.ages import count_age_group
from geoplan.coverage.causes import CAUSE_CLASSES, CAUSES, CLASS_OF_CAUSE
from geoplan.coverage.judgement import Judgement
from geoplan.coverage.places_found import judge_places
from geoplan.coverage.presence import Placement, clean_codes, judge_presence, place_facilities
from geoplan.coverage.quantities import judge_quantities
from geoplan.coverage.radius import judge_radii
from geoplan.coverage.ratios import judge_ratios
from geoplan.coverage.roads import judge_roads
from geoplan.coverage.travel import judge_shares, judge_times
from geoplan.errors import TableError

GAP_COLUMNS: tuple[str, ...] = tuple(
    (
        "settlement_id item service level coverage status value threshold unit shortfall deadline overdue cause cause_zh cause_en "
        "persons households short_persons short_households township_code village_code group_code "
        "asked_persons asked_source cause_class cause_class_zh cause_class_en"
    ).split()
)
"""Columns of `CoverageResult.gaps`, in order. ``asked_persons``: people the item is for (NaN unknown); ``asked_source``: ``persons`` /
``column`` / ``derived`` / ``""``; ``cause_class``: see `coverage.causes.CAUSE_CLASSES`."""

ALL_WEATHER_SURFACES: tuple[str, ...] = ("asphalt", "concrete")
"""硬化路: the surfaces that the ``all_weather_*`` columns speak of unless the speed profile says otherwise."""

_MINIMA = ("attribute", "presence", "ratio", "quantity", "seat")
_OF_UNITS = ("presence", "ratio")
_NOWHERE = Placement(pd.DataFrame({"facility": [], "code": [], "certain": []}), np.zeros(0, dtype=bool))
_CODES = ("township_code", "village_code", "group_code")
_CAUSE_TEXTS = ("cause", "cause_zh", "cause_en", "cause_class", "cause_class_zh", "cause_class_en")
_TEXTS = ("settlement_id", "item", "service", "level", "coverage", "status", "unit", *_CODES, "asked_source", *_CAUSE_TEXTS)


@dataclass(frozen=True)
class _Evidence:
    """All that items are held against."""

    demand: Demand
    access: AccessResult
    seats: SeatsResult | None
    services: Sequence[ServiceConfig]
    surfaces: Sequence[str]
    placements: dict[str, Placement]


def classify_gaps(
    demand: Demand,
    access: AccessResult,
    standards: StandardsProfile,
    *,
    year: int,
    all_weather_surfaces: Sequence[str] = ALL_WEATHER_SURFACES,
    services: Sequence[ServiceConfig] = (),
    seats: SeatsResult | None = None,
) -> pd.DataFrame:
    """Return one row per settlement and item: covered, gap, unreachable or unknown, and why.

    Parameters
    ----------
    demand
        Settlements and units.
    access
        Travel times, road access and facilities.
    standards
        What must be there.
    year
        Planning year. ``overdue`` is True where the deadline is ``year`` or earlier and the settlement is not shown to be covered;
        read it together with ``coverage``, for an unknown may be overdue as well.
    all_weather_surfaces
        The speed profile's surfaces behind ``access.road.all_weather_*``.
    services
        Services of the plan; without them an item that names a mode or a walker is unknown.
    seats
        Who finds a place where; without it items of measure ``seat`` are unknown.

    Returns
    -------
    pandas.DataFrame
        `GAP_COLUMNS`; item by item in the profile's order, settlements in their own order.

    Raises
    ------
    TableError
        ``SETTLEMENT-DUPLICATE``, ``ACCESS-DUPLICATE``, ``ACCESS-STATUS``.
    ConfigError
        ``STANDARD-LEVEL``.
    CrsError
        ``CRS-DIFFERS``.
    """
    doubled = demand.settlements["settlement_id"].duplicated()
    if doubled.any():
        raise TableError(
            "settlement ids occur twice",
            code="SETTLEMENT-DUPLICATE",
            layer="settlements",
            column="settlement_id",
            ids=demand.settlements.loc[doubled, "settlement_id"],
            remedy="Give every settlement an id of its own.",
        )
    placements: dict[str, Placement] = {
        str(level): place_facilities(access.facilities, demand, level)
        for level in dict.fromkeys(one.level for one in standards.items if one.measure in _OF_UNITS and one.level != "household")
    }
    evidence = _Evidence(demand, access, seats, services, all_weather_surfaces, placements)
    who = _who(demand)
    ages = {one.id: one for one in standards.age_groups}
    asked_of = {one: _ask(demand.settlements, who, ages.get(one or "")) for one in {item.age_group for item in standards.items}}
    parts = []
    for item in standards.items:
        asked = asked_of[item.age_group]
        parts.append(_tabulate({**who, **asked}, item, _judge(evidence, item, asked["asked_persons"]), year=year))
    if not parts:
        return pd.DataFrame(columns=list(GAP_COLUMNS))
    # One frame from whole columns: making text columns item by item costs more than judging them.
    table = pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in GAP_COLUMNS})
    texts = {name: table[name].astype(str) for name in _TEXTS}
    return table.assign(**texts, deadline=table["deadline"].astype("Int64"))


def _judge(evidence: _Evidence, item: StandardItem, asked: NDArray[np.float64]) -> Judgement:
    """Send an item to the room that knows its measure."""
    demand, access, services = evidence.demand, evidence.access, evidence.services
    ids = pd.Index(demand.settlements["settlement_id"])
    placement = evidence.placements.get(item.level, _NOWHERE)
    match item.measure:
        case "travel_time" | "distance":
            return judge_times(ids, access.times, item, services=services)
        case "road_access":
            return judge_roads(ids, access.road, item, all_weather_surfaces=evidence.surfaces)
        case "attribute":
            return judge_shares(demand.settlements, item)
        case "quantity":
            return judge_quantities(demand.settlements, item)
        case "presence":
            return judge_presence(demand, access, item, placement=placement, services=services)
        case "ratio":
            return judge_ratios(demand, access, item, placement=placement, persons=asked, services=services)
        case "radius":
            return judge_radii(demand.settlements, access, item, services=services)
        case "seat":
            return judge_places(ids, evidence.seats, access, item, services=services)


def share_short(item: StandardItem, judged: Judgement) -> NDArray[np.float64]:
    """Return the share of a settlement's people who lack the item: 0 where covered, NaN where unknown.

    Parameters
    ----------
    item
        Standard item.
    judged
        The item held against n settlements.

    Returns
    -------
    numpy.ndarray
        (n,) shares 0..1: 1 − v where every household must have it and a share v has, the unseated where places are counted, else 1 for a gap
        and for unreachable.
    """
    every_household = item.measure == "attribute" and item.threshold is not None and item.threshold >= 1.0
    gap = judged.coverage == str(Coverage.GAP)
    lacking = np.ones(len(judged.value)) if judged.lacking is None else judged.lacking
    lacking = 1.0 - judged.value if every_household else lacking
    return np.select(
        [judged.coverage == str(Coverage.COVERED), gap, judged.coverage == str(Coverage.UNREACHABLE)],
        [0.0, lacking, 1.0],
        default=np.nan,
    )


def _who(demand: Demand) -> dict[str, NDArray[Any]]:
    """Return the settlement columns every item of the result repeats."""
    settlements = demand.settlements
    persons = settlements["persons"].to_numpy(dtype="float64", na_value=np.nan)
    known = (settlements["persons_status"] == str(Status.OK)).to_numpy(dtype=bool)
    codes = {name: clean_codes(settlements[name]).to_numpy(dtype=object) for name in _CODES}
    return {
        "settlement_id": settlements["settlement_id"].to_numpy(dtype=object),
        "persons": np.where(known, persons, np.nan),
        "households": settlements["households"].to_numpy(dtype="float64", na_value=np.nan),
        **codes,
    }


def _ask(settlements: pd.DataFrame, who: dict[str, NDArray[Any]], group: AgeGroup | None) -> dict[str, NDArray[Any]]:
    """Return the people an item is for, where the number comes from, and their households (known only where it is for everybody)."""
    # A count beside persons_status no_data is not a count: no share of it is one either.
    columns = ["settlement_id", *([group.column] if group is not None and group.column in settlements.columns else [])]
    table = count_age_group(pd.DataFrame(settlements[columns]).assign(persons=who["persons"]), group)
    return {
        "asked_persons": table["persons"].to_numpy(dtype="float64"),
        "asked_source": table["source"].to_numpy(dtype=object),
        "asked_households": who["households"] if group is None else np.full(len(table), np.nan),
    }


def _tabulate(who: dict[str, NDArray[Any]], item: StandardItem, judged: Judgement, *, year: int) -> dict[str, NDArray[Any]]:
    """Put one item's judgement beside the settlements, column by column."""
    n = len(judged.value)
    stated = np.full(n, 1.0 if item.threshold is None else float(item.threshold))
    threshold = stated if judged.threshold is None else judged.threshold
    beyond = threshold - judged.value if item.measure in _MINIMA else judged.value - threshold
    covered, gap = judged.coverage == str(Coverage.COVERED), judged.coverage == str(Coverage.GAP)
    due = item.deadline is not None and item.deadline <= year
    short = share_short(item, judged)
    constants = {"item": item.id, "service": item.service or "", "level": str(item.level), "unit": str(item.unit)}
    return {
        **who,
        "short_persons": _part_of(who["asked_persons"], short),
        "short_households": _part_of(who["asked_households"], short),
        **{name: np.full(n, text, dtype=object) for name, text in constants.items()},
        "coverage": judged.coverage,
        "status": judged.status,
        "value": judged.value,
        "threshold": threshold,
        "shortfall": np.select([covered, gap], [0.0, beyond], default=np.nan),
        "deadline": np.full(n, np.nan if item.deadline is None else float(item.deadline)),
        "overdue": due & ~covered,
        **_say_causes(judged.cause),
    }


def _part_of(amount: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return amount · share; nobody is short of what is covered, however many there are."""
    return np.where(share == 0.0, 0.0, amount * share)


def _say_causes(cause: NDArray[np.object_]) -> dict[str, NDArray[Any]]:
    """Return the cause of every row in words, and its class."""
    codes, places = np.unique(cause.astype(str), return_inverse=True)
    classes = [CLASS_OF_CAUSE[one] for one in codes]
    words = np.array(
        [(one, *CAUSES[one], name, *CAUSE_CLASSES[name]) for one, name in zip(codes, classes, strict=True)], dtype=object
    ).reshape(-1, len(_CAUSE_TEXTS))
    return {name: words[places, at] for at, name in enumerate(_CAUSE_TEXTS)}
