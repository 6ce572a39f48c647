"""Hold every settlement against every item of a standards profile.

Coverage of a settlement i for an item with threshold t and value v:

- a maximum (travel_time, distance, road_access): covered when v ≤ t, else a gap with shortfall v − t
- a minimum (attribute, presence): covered when v ≥ t, else a gap with shortfall t − v

in the item's unit, compared as stored, without rounding. The shortfall is 0 when covered and NaN when unreachable or unknown. States
pass through: ``unreachable`` stays unreachable; ``unsnapped`` (not joined to any network within the stated distance) counts
as not served and is shown as unreachable, its cause says so; ``no_data`` is unknown, never covered and never a gap.

People short of it: with P people, all P where the settlement has a gap or is unreachable, none where it is covered, NaN where unknown. An
item that every household must have (attribute with t = 1) leaves P·(1 − v) people short, for the v·P others have it (households
taken as equally large); below t = 1 the standard is the settlement's as a whole, and it is short with everybody. Households alike.

Example: 户有安全饮水 (t = 1), 60 people, v = 0.9 → a gap, shortfall 0.1, 6 people short and not 60.

Example: clinic within 30 min; settlements at 30.0, 42.5 min, without a path, without data → covered, gap (shortfall 12.5),
unreachable, unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.profiles import StandardItem, StandardsProfile
from geoplan.contracts.results import AccessResult, Demand
from geoplan.contracts.status import Coverage, Status
from geoplan.coverage.causes import CAUSES
from geoplan.coverage.judgement import Judgement
from geoplan.coverage.presence import Placement, clean_codes, judge_presence, place_facilities
from geoplan.coverage.roads import judge_roads
from geoplan.coverage.travel import judge_shares, judge_times
from geoplan.errors import TableError

GAP_COLUMNS: tuple[str, ...] = tuple(
    (
        "settlement_id item service level coverage status value threshold unit shortfall deadline overdue cause cause_zh cause_en "
        "persons households short_persons short_households township_code village_code group_code"
    ).split()
)
"""Columns of `CoverageResult.gaps`, in order."""

ALL_WEATHER_SURFACES: tuple[str, ...] = ("asphalt", "concrete")
"""硬化路: the surfaces that the ``all_weather_*`` columns speak of unless the speed profile says otherwise."""

_MINIMA = ("attribute", "presence")
_CODES = ("township_code", "village_code", "group_code")
_TEXTS = ("settlement_id", "item", "service", "level", "coverage", "status", "unit", "cause", "cause_zh", "cause_en", *_CODES)


def classify_gaps(
    demand: Demand,
    access: AccessResult,
    standards: StandardsProfile,
    *,
    year: int,
    all_weather_surfaces: Sequence[str] = ALL_WEATHER_SURFACES,
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
        for level in dict.fromkeys(one.level for one in standards.items if one.measure == "presence" and one.level != "household")
    }
    who = _who(demand)
    parts = [
        _tabulate(who, item, _judge(demand, access, item, placements, all_weather_surfaces), year=year)
        for item in standards.items
    ]
    if not parts:
        return pd.DataFrame(columns=list(GAP_COLUMNS))
    # One frame from whole columns: making text columns item by item costs more than judging them.
    table = pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in GAP_COLUMNS})
    texts = {name: table[name].astype(str) for name in _TEXTS}
    return table.assign(**texts, deadline=table["deadline"].astype("Int64"))


def _judge(
    demand: Demand, access: AccessResult, item: StandardItem, placements: dict[str, Placement], surfaces: Sequence[str]
) -> Judgement:
    """Send an item to the room that knows its measure."""
    ids = pd.Index(demand.settlements["settlement_id"])
    match item.measure:
        case "travel_time" | "distance":
            return judge_times(ids, access.times, item)
        case "road_access":
            return judge_roads(ids, access.road, item, all_weather_surfaces=surfaces)
        case "attribute":
            return judge_shares(demand.settlements, item)
        case "presence":
            nowhere = Placement(pd.DataFrame({"facility": [], "code": [], "certain": []}), np.zeros(0, dtype=bool))
            return judge_presence(demand, access, item, placement=placements.get(item.level, nowhere))


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
        (n,) shares 0..1: 1 − v where every household must have it and a share v has, else 1 for a gap and for unreachable.
    """
    every_household = item.measure == "attribute" and item.threshold is not None and item.threshold >= 1.0
    gap = judged.coverage == str(Coverage.GAP)
    lacking = 1.0 - judged.value if every_household else np.ones(len(judged.value))
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


def _tabulate(who: dict[str, NDArray[Any]], item: StandardItem, judged: Judgement, *, year: int) -> dict[str, NDArray[Any]]:
    """Put one item's judgement beside the settlements, column by column."""
    n = len(judged.value)
    threshold = 1.0 if item.threshold is None else float(item.threshold)
    beyond = threshold - judged.value if item.measure in _MINIMA else judged.value - threshold
    covered, gap = judged.coverage == str(Coverage.COVERED), judged.coverage == str(Coverage.GAP)
    due = item.deadline is not None and item.deadline <= year
    short = share_short(item, judged)
    constants = {"item": item.id, "service": item.service or "", "level": str(item.level), "unit": str(item.unit)}
    causes, places = np.unique(judged.cause.astype(str), return_inverse=True)
    sentences = np.array([CAUSES[one] for one in causes], dtype=object).reshape(-1, 2)
    return {
        **who,
        "short_persons": who["persons"] * short,
        "short_households": who["households"] * short,
        **{name: np.full(n, text, dtype=object) for name, text in constants.items()},
        "coverage": judged.coverage,
        "status": judged.status,
        "value": judged.value,
        "threshold": np.full(n, threshold),
        "shortfall": np.select([covered, gap], [0.0, beyond], default=np.nan),
        "deadline": np.full(n, np.nan if item.deadline is None else float(item.deadline)),
        "overdue": due & ~covered,
        "cause": judged.cause,
        "cause_zh": sentences[places, 0],
        "cause_en": sentences[places, 1],
    }
