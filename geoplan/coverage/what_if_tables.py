"""Say what a change of travel times does to a standard: who gains it, who loses it, in people, per settlement and per unit.

Both sides are judged by the same rule as every gap (`geoplan.coverage.travel`), so a difference never comes from two ways of counting. States:
gained (not covered before, covered after), lost (the other way round), unchanged, unknown (before or after not known).

By hand: a (60 people) goes from 42 to 25 min against 30: gained, 60 people; b (40) from 20 to 28: unchanged, 8 min slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoplan.access.reach import pick_nearest
from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.reach import Reach, ReachStatus
from geoplan.contracts.results import Demand
from geoplan.contracts.standards_profile import StandardItem
from geoplan.contracts.status import Coverage, Status
from geoplan.coverage.ages import count_age_group
from geoplan.coverage.travel import judge_times

STATES: dict[str, tuple[str, str]] = {
    "gained": ("新达标", "meets the standard now"),
    "lost": ("不再达标", "meets the standard no more"),
    "unchanged": ("未变", "as before"),
    "unknown": ("未知", "not known before or after"),
}
"""Chinese and English label of each state."""

DIFFERENCE_COLUMNS: tuple[str, ...] = tuple(
    (
        "settlement_id item state coverage_before coverage_after minutes_before minutes_after difference_min facility_before facility_after "
        "persons persons_status township_code village_code group_code"
    ).split()
)
UNIT_COLUMNS: tuple[str, ...] = tuple(
    "level code item settlements persons gained_persons lost_persons unchanged_persons unknown_persons net_persons person_minutes".split()
)
_LEVELS = ("group", "village", "township", "county")


@dataclass(frozen=True)
class CoverageChange:
    """What a change does.

    Attributes
    ----------
    settlements
        `DIFFERENCE_COLUMNS`; one row per settlement × item. ``difference_min`` (after less before) is NaN unless both are known.
    units
        `UNIT_COLUMNS`; level group, village, township, county; gained + lost + unchanged + unknown = persons; net = gained − lost;
        person_minutes is Σ persons × difference_min where both are known.
    """

    settlements: pd.DataFrame
    units: pd.DataFrame


def compare_coverage(
    before: pd.DataFrame,
    after: pd.DataFrame,
    items: Sequence[StandardItem],
    demand: Demand,
    *,
    services: Sequence[ServiceConfig] = (),
    persons: pd.Series | None = None,
) -> CoverageChange:
    """Return who gains and who loses each item between two tables of times.

    Parameters
    ----------
    before, after
        `AccessResult.times` of the same settlements: before and after a road is cut or built, or made by `time_reach`.
    items
        Standard items of measure ``travel_time`` or ``distance``; others are left out.
    demand
        Settlements with their people and units.
    services
        Services of the plan, as `judge_times` takes them.
    persons
        People by settlement id (an age group); everybody if not given.

    Raises
    ------
    TableError
        As `judge_times`.
    """
    settlements = demand.settlements
    ids = pd.Index(settlements["settlement_id"])
    counted = count_age_group(settlements, None)
    people = counted["persons"].to_numpy(dtype=float) if persons is None else ids.map(persons).to_numpy(dtype=float)
    parts = [
        _compare_item(before, after, one, ids, services).assign(
            persons=people, persons_status=np.where(np.isnan(people), str(Status.NO_DATA), str(Status.OK)),
            **{name: settlements[name].to_numpy(dtype=object) for name in ("township_code", "village_code", "group_code")},
        )
        for one in items if one.measure in ("travel_time", "distance")
    ]  # fmt: skip
    if not parts:
        return CoverageChange(pd.DataFrame(columns=list(DIFFERENCE_COLUMNS)), pd.DataFrame(columns=list(UNIT_COLUMNS)))
    table = pd.concat(parts, ignore_index=True)[list(DIFFERENCE_COLUMNS)]
    return CoverageChange(table, sum_changes(table))


def _compare_item(
    before: pd.DataFrame, after: pd.DataFrame, item: StandardItem, ids: pd.Index, services: Sequence[ServiceConfig]
) -> pd.DataFrame:
    """Return the difference of one item."""
    old, new = (judge_times(ids, one, item, services=services) for one in (before, after))
    was, now = (one.coverage == str(Coverage.COVERED) for one in (old, new))
    unknown = (old.coverage == str(Coverage.UNKNOWN)) | (new.coverage == str(Coverage.UNKNOWN))
    facility = [_name_facilities(one, item, ids) for one in (before, after)]
    return pd.DataFrame(
        {
            "settlement_id": ids.to_numpy(dtype=object),
            "item": item.id,
            "state": np.select([unknown, now & ~was, was & ~now], ["unknown", "gained", "lost"], default="unchanged"),
            "coverage_before": old.coverage,
            "coverage_after": new.coverage,
            "minutes_before": old.value,
            "minutes_after": new.value,
            "difference_min": new.value - old.value,
            "facility_before": facility[0],
            "facility_after": facility[1],
        }
    )


def _name_facilities(times: pd.DataFrame, item: StandardItem, ids: pd.Index) -> np.ndarray:
    """Return the facility each settlement goes to, "" where there is none."""
    mine = times[(times["service"] == item.service) & (times["season"] == item.season)]
    named = mine.set_index("settlement_id")["facility_id"].reindex(ids).astype(object)
    return named.where(named.notna(), "").to_numpy(dtype=object)


def sum_changes(table: pd.DataFrame) -> pd.DataFrame:
    """Return `UNIT_COLUMNS` of a table of `DIFFERENCE_COLUMNS`: the sums per unit of every level; people who are not known count none."""
    known = table["persons"].fillna(0.0)
    long = table[["item"]].assign(
        settlements=1, persons=known, person_minutes=(known * table["difference_min"]).fillna(0.0),
        **{f"{one}_persons": known.where(table["state"] == one, 0.0) for one in STATES},
    )  # fmt: skip
    frames = []
    for level in _LEVELS:
        code = table[f"{level}_code"].fillna("").astype(str) if level != "county" else pd.Series("", index=table.index)
        frames.append(long.assign(level=level, code=code).groupby(["level", "code", "item"], sort=True).sum().reset_index())
    units = pd.concat(frames, ignore_index=True)
    return units.assign(net_persons=units["gained_persons"] - units["lost_persons"])[list(UNIT_COLUMNS)]


def time_reach(reach: Reach, *, service: str, season: str, trip: str = "one_way") -> pd.DataFrame:
    """Return the nearest facility of every demand as rows of `AccessResult.times` (its columns that `judge_times` reads).

    Beyond the cut-off of the table nothing is known but that it is farther: such rows are ``unreachable`` (within the table's minutes), so
    the table must go at least as far as the standard asks. A table without facilities is one whose facilities are closed: nobody is served.
    """
    chosen, minutes = (one[:, 0] for one in pick_nearest(reach))
    found = chosen >= 0
    absent = np.where(reach.demand_status == ReachStatus.OK.value, str(Status.UNREACHABLE), reach.demand_status)
    n = reach.shape[0]
    return pd.DataFrame(
        {
            "settlement_id": reach.demand_ids,
            "service": service,
            "season": season,
            "trip": trip,
            "status": np.where(found, str(Status.OK), absent),
            "travel_time_min": np.where(found, minutes, np.nan),
            "facility_id": np.append(reach.supply_ids, "")[chosen],
            "route": "",
            "off_road_min": np.full(n, np.nan),
            "level_distance_m": np.full(n, np.nan),
        }
    )
