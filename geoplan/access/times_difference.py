"""Set two tables of times side by side: who gets there later, sooner, no longer, at last, or elsewhere, and how many people that is.

    same: as long as before to within ``tolerance_min`` (a hundredth of a minute), or no way before and none after
    slower, faster: longer or shorter by more        lost, gained: a way before and none after, none before and one after
    unknown: before or after nobody can tell (``no_data``), which is never taken for unchanged

By hand: 30 min before and 42.5 after is slower by 12.5 min; 30 min and ``unreachable`` is lost, and has no difference.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.contracts.status import Status
from geoplan.errors import TableError

CHANGES: tuple[str, ...] = ("same", "slower", "faster", "lost", "gained", "unknown")
CHANGE_LABELS: dict[str, tuple[str, str]] = {
    "same": ("不变", "unchanged"),
    "slower": ("变慢", "slower"),
    "faster": ("变快", "faster"),
    "lost": ("中断", "cut off"),
    "gained": ("新通达", "newly reached"),
    "unknown": ("不明", "not known"),
}
_KEYS = ["settlement_id", "service", "season"]


def compare_times(times_a: pd.DataFrame, times_b: pd.DataFrame, *, tolerance_min: float = 0.01) -> pd.DataFrame:
    """Return the difference of two tables of times, one row per settlement × service × season, in the order of the first.

    Parameters
    ----------
    times_a, times_b
        Before and after (`geoplan.contracts.results.AccessResult.times`), of the same settlements, services and seasons.
    tolerance_min
        Differences up to it count as the same, minutes, inclusive.

    Returns
    -------
    pandas.DataFrame
        settlement_id, service, season, change (`CHANGES`), status_a, status_b, minutes_a, minutes_b, difference_min (NaN unless both are
        ``ok``), facility_a, facility_b, other_facility (both have a way, to different ones).

    Raises
    ------
    TableError
        ``TIMES-DIFFER``: the tables are not of the same settlements, services and seasons; ``ID-DUPLICATE``: rows occur twice.
    """
    columns = [*_KEYS, "status", "travel_time_min", "facility_id"]
    for times in (times_a, times_b):
        doubled = times.duplicated(_KEYS)
        if doubled.any():
            raise TableError(
                "rows occur twice", code="ID-DUPLICATE", layer="times", ids=times.loc[doubled, "settlement_id"].unique(),
                remedy="Give one row per settlement, service and season.",
            )  # fmt: skip
    both = times_a[columns].merge(times_b[columns], on=_KEYS, how="outer", suffixes=("_a", "_b"), indicator=True, sort=False)
    lonely = both[both["_merge"] != "both"]
    if len(lonely):
        raise TableError(
            "the two tables are not of the same settlements, services and seasons", code="TIMES-DIFFER", layer="times",
            ids=lonely["settlement_id"].unique(), remedy="Compare tables of one plan; `compare_seasons` compares two seasons of one table.",
        )  # fmt: skip
    both = times_a[_KEYS].merge(both, on=_KEYS, how="left", sort=False)
    ok_a, ok_b = ((both[name] == Status.OK.value).to_numpy() for name in ("status_a", "status_b"))
    minutes_a, minutes_b = (both[f"travel_time_min_{one}"].to_numpy(dtype=np.float64, na_value=np.nan) for one in "ab")
    difference = np.where(ok_a & ok_b, minutes_b - minutes_a, np.nan)
    unknown = (both["status_a"] == Status.NO_DATA.value) | (both["status_b"] == Status.NO_DATA.value)
    with np.errstate(invalid="ignore"):
        cases = [unknown, ok_a & ~ok_b, ~ok_a & ok_b, difference > tolerance_min, difference < -tolerance_min]
    change = np.select(cases, ["unknown", "lost", "gained", "slower", "faster"], "same").astype(object)
    other = ok_a & ok_b & (both["facility_id_a"] != both["facility_id_b"]).to_numpy()
    return both[_KEYS].assign(
        change=change, status_a=both["status_a"], status_b=both["status_b"], minutes_a=minutes_a, minutes_b=minutes_b,
        difference_min=difference, facility_a=both["facility_id_a"], facility_b=both["facility_id_b"], other_facility=other,
    )  # fmt: skip


def compare_seasons(times: pd.DataFrame, before: str = "dry", after: str = "wet", *, tolerance_min: float = 0.01) -> pd.DataFrame:
    """Return the difference of two seasons of one table, ``season`` naming both (``dry → wet``); otherwise as `compare_times`.

    Raises
    ------
    TableError
        ``SEASON-UNKNOWN``: the table lacks one of them.
    """
    missing = [one for one in (before, after) if one not in set(times["season"])]
    if missing:
        raise TableError(
            "the table has no such season", code="SEASON-UNKNOWN", layer="times", ids=missing, remedy="Compute it first."
        )
    name = f"{before} → {after}"
    a, b = (times[times["season"] == one].assign(season=name) for one in (before, after))
    return compare_times(a, b, tolerance_min=tolerance_min)


def count_changes(difference: pd.DataFrame, persons: pd.Series) -> pd.DataFrame:
    """Return settlements and people by service, season and change.

    Parameters
    ----------
    difference
        From `compare_times`.
    persons
        People by settlement id; NaN where nobody counted.

    Returns
    -------
    pandas.DataFrame
        service, season, change, settlements, persons, persons_unknown_settlements, other_facility_persons, mean_difference_min (of people
        whose number and difference are known; NaN without any). Every change has a row, so that every service and season adds up.
    """
    people = difference["settlement_id"].map(persons).to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.nan_to_num(people)
    weight = np.where(np.isfinite(difference["difference_min"]), known, 0.0)
    table = difference[["service", "season", "change"]].assign(
        settlements=1, persons=known, persons_unknown_settlements=np.isnan(people),
        other_facility_persons=np.where(difference["other_facility"], known, 0.0), weight=weight,
        weighted=weight * difference["difference_min"].fillna(0.0),
    )  # fmt: skip
    order = difference[["service", "season"]].drop_duplicates()
    every = order.merge(pd.DataFrame({"change": CHANGES}), how="cross")
    summed = table.groupby(["service", "season", "change"], sort=False).sum().reset_index()
    counted = every.merge(summed, on=["service", "season", "change"], how="left").fillna(0.0)
    mean = counted["weighted"] / counted["weight"].where(counted["weight"] > 0)
    whole = dict.fromkeys(("settlements", "persons_unknown_settlements"), np.int64)
    return counted.drop(columns=["weight", "weighted"]).astype(whole).assign(mean_difference_min=mean)
