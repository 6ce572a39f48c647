"""Count gaps by the year in which they are due, for every unit from the village group to the city.

``by_year``: per unit × item, what settlements below it are short of it. ``items`` of a township, village or group says whether the unit is short of the item
(the worst that holds for anyone who lives there); of county and city alike. ``gaps`` counts the townships, villages and groups within it that must have
the item and are short of it, so the county's sum is the ledger's rows that are open. Items without a deadline are listed too, with no year (NA).

``years``: per unit × year Y, over the items due by Y. People count once each:

    short_persons(Y) = Σ over settlements of the largest shortage among the items due by Y

With shortages that are everybody or nobody this is exactly the people short of at least one item. Where an item leaves a part of the households short it
is a lower bound (two parts need not be the same people): ``short_persons_most`` is the upper one, min(people, Σ shortages), and both are equal where
nothing is in doubt. ``items_short`` never falls with the years, nor do people. unknown_persons are those of settlements of which nothing due by then is
known to be missing and something is not known; nobody counts in both, so short + unknown ≤ people.

By hand: 60 people, item A due 2019 leaves 6 short, B due 2020 leaves 60: 6 by 2019, 60 by 2020; items 1, 2.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.results import Demand
from geoplan.contracts.standards_profile import StandardsProfile
from geoplan.coverage.groups import UNASSIGNED_NAME, WORST_FIRST
from geoplan.coverage.presence import clean_codes
from geoplan.coverage.unit_gaps import look_up, place_rows, sum_known

UNIT_LEVELS: tuple[str, ...] = ("group", "village", "township", "county", "city")
"""Levels of `count_by_deadline`, smallest first."""

BY_YEAR_COLUMNS: tuple[str, ...] = tuple(
    (
        "level code name year item settlements persons households short_persons short_households unknown_persons persons_unknown_settlements items gaps"
    ).split()
)
"""Columns of `LedgerResult.by_year`, in order."""

YEARS_COLUMNS: tuple[str, ...] = tuple(
    (
        "level code name year items_short items_unknown gaps settlements short_persons short_persons_most short_households unknown_persons "
        "persons_unknown_settlements"
    ).split()
)
"""Columns of `LedgerResult.years`, in order."""

_SHORT_BELOW, _UNKNOWN = WORST_FIRST.index("unknown"), WORST_FIRST.index("unknown")
_CITY_DIGITS = 4


def count_by_deadline(gaps: pd.DataFrame, demand: Demand, standards: StandardsProfile) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return gaps per unit and item with the year they are due, and per unit and year.

    Parameters
    ----------
    gaps
        `CoverageResult.gaps`.
    demand
        Unit tables. The city is the county's ``parent_code``, else the first four digits of its code and zeros.
    standards
        The profile behind them.

    Returns
    -------
    by_year
        `BY_YEAR_COLUMNS`; persons and households are those of the unit; settlements those short of it. A sum of which nothing is known is NaN (households
        short of an item for an age).
    years
        `YEARS_COLUMNS`; one row per unit and year that is some item's deadline. settlements are those short of something due by then. Households
        of items for an age are not known and not among them.
    """
    return count_rows_by_deadline(place_rows(gaps, standards), demand, standards)


def count_rows_by_deadline(rows: pd.DataFrame, demand: Demand, standards: StandardsProfile) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the same as `count_by_deadline` for gaps that are placed already (`geoplan.coverage.unit_gaps.place_rows`)."""
    codes, names = _codes_by_level(rows, demand)
    marked, of_level = _mark_gaps(rows)
    rows = rows.assign(marked=marked, of_level=of_level)
    by_year = pd.concat(
        [_sum_items(rows, codes[level], level, names[level], standards) for level in UNIT_LEVELS], ignore_index=True
    )
    by_settlement = _sum_settlements(rows, standards)
    years = pd.concat(
        [_sum_years(by_settlement, rows, codes[level], level, names[level]) for level in UNIT_LEVELS], ignore_index=True
    )
    return by_year[list(BY_YEAR_COLUMNS)], years[list(YEARS_COLUMNS)]


def name_city(county: pd.DataFrame) -> tuple[str, str, str, str]:
    """Return code and name of the county, and of the city above it.

    By hand: county 990821000000 with parent 990800000000 → that; without → 9908 and eight zeros. A city has no name of its own in the tables: "".
    """
    if len(county) != 1:
        return "", "全部/all", "", ""
    code = str(clean_codes(county["code"]).iloc[0])
    parent = str(clean_codes(county["parent_code"]).iloc[0]) if "parent_code" in county else ""
    city = parent or (code[:_CITY_DIGITS].ljust(max(len(code), _CITY_DIGITS), "0") if code else "")
    return code, str(clean_codes(county["name"]).iloc[0]), city, ""


def _codes_by_level(rows: pd.DataFrame, demand: Demand) -> tuple[dict[str, NDArray[np.object_]], dict[str, dict[str, str]]]:
    """Return the code of every row's unit, and names by code, per level."""
    county, county_name, city, city_name = name_city(demand.county)
    n = len(rows)
    codes = {level: rows[f"{level}_code"].to_numpy(dtype=object) for level in ("group", "village", "township")}
    codes |= {"county": np.full(n, county, dtype=object), "city": np.full(n, city, dtype=object)}
    names = {level: _names(getattr(demand, f"{level}s")) for level in ("group", "village", "township")}
    names |= {"county": {county: county_name}, "city": {city: city_name}}
    return codes, names


def _names(units: pd.DataFrame) -> dict[str, str]:
    if not len(units):
        return {"": UNASSIGNED_NAME}
    table = pd.Series(clean_codes(units["name"]).to_numpy(), index=clean_codes(units["code"]).to_numpy())
    return {**table[~table.index.duplicated()].to_dict(), "": UNASSIGNED_NAME}


def _sum_items(
    rows: pd.DataFrame, code: NDArray[np.object_], level: str, names: dict[str, str], standards: StandardsProfile
) -> pd.DataFrame:
    """Return one row per unit × item."""
    own = rows["marked"].to_numpy(dtype=bool) & (rows["of_level"].to_numpy(dtype=np.int64) <= UNIT_LEVELS.index(level))
    unit, every = pd.factorize(code, sort=True)
    total = len(standards.items)
    cell = unit.astype(np.int64) * total + rows["place"].to_numpy(dtype=np.int64)
    n = len(every) * total
    state, counts = rows["state"].to_numpy(dtype=np.int64), rows["counts"].to_numpy(dtype=bool)
    short, unknown = state < _SHORT_BELOW, state == _UNKNOWN
    people, asked = (rows[name].to_numpy(dtype=np.float64) for name in ("short_persons", "asked_persons"))
    households = rows["short_households"].to_numpy(dtype=np.float64)
    table = pd.DataFrame(
        {
            "level": level, "code": np.repeat(every, total), "name": np.repeat([names.get(one, "") for one in every], total),
            "year": pd.array(np.tile([pd.NA if one.deadline is None else one.deadline for one in standards.items], len(every)), dtype="Int64"),
            "item": np.tile([one.id for one in standards.items], len(every)),
            "settlements": np.bincount(cell[short & counts], minlength=n),
            "persons": sum_known(cell, rows["persons"].to_numpy(dtype=np.float64), n),
            "households": sum_known(cell, rows["households"].to_numpy(dtype=np.float64), n),
            "short_persons": _sum(cell, people, short, n), "short_households": _sum(cell, households, short, n),
            "unknown_persons": _sum(cell, asked, unknown, n),
            "persons_unknown_settlements": np.bincount(cell[np.isnan(asked)], minlength=n),
            "items": (np.bincount(cell[short & counts], minlength=n) > 0).astype(np.int64),
            "gaps": np.bincount(cell[own], minlength=n), "rows": np.bincount(cell, minlength=n),
        }
    )  # fmt: skip
    return table[table["rows"] > 0]


def _sum_settlements(rows: pd.DataFrame, standards: StandardsProfile) -> pd.DataFrame:
    """Return per settlement × year, over the items due by then, its shortage. Rows: `at`, a row of ``rows`` of the settlement."""
    deadlines = np.array([np.nan if one.deadline is None else one.deadline for one in standards.items], dtype=np.float64)
    years = np.unique(deadlines[~np.isnan(deadlines)]).astype(np.int64)
    settlement, ids = pd.factorize(rows["settlement_id"].to_numpy(dtype=object))
    m, k = len(ids), len(years)
    due = deadlines[rows["place"].to_numpy(dtype=np.int64)]
    dated = ~np.isnan(due)
    slot = settlement[dated].astype(np.int64) * k + np.searchsorted(years, due[dated])
    some = rows[dated]
    state, counts = some["state"].to_numpy(dtype=np.int64), some["counts"].to_numpy(dtype=bool)
    short, unknown = (state < _SHORT_BELOW) & counts, (state == _UNKNOWN) & counts
    people, households = (some[name].to_numpy(dtype=np.float64) for name in ("short_persons", "short_households"))

    def largest(values: NDArray[np.float64]) -> NDArray[np.float64]:
        top = np.zeros(m * k)
        np.maximum.at(top, slot[short], np.nan_to_num(values[short]))
        return np.maximum.accumulate(top.reshape(m, k), axis=1)

    def count(mask: NDArray[np.bool_], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        held = None if weights is None else np.nan_to_num(weights[mask])
        return np.cumsum(np.bincount(slot[mask], weights=held, minlength=m * k).reshape(m, k), axis=1)

    first = np.zeros(m, dtype=np.int64)
    first[settlement[::-1]] = np.arange(len(rows))[::-1]
    everybody = rows["persons"].to_numpy(dtype=np.float64)[first][:, None]
    is_short, is_open = count(short) > 0, count(unknown) > 0
    lost = is_short & (count(short & np.isnan(people)) > 0) | np.isnan(everybody) & (is_short | is_open)
    low = largest(people)
    return pd.DataFrame(
        {
            "at": np.repeat(first, k), "year": np.tile(years, m), "settlements": is_short.ravel().astype(np.int64),
            "short_persons": low.ravel(),
            "short_persons_most": np.fmax(low, np.fmin(np.broadcast_to(everybody, (m, k)), count(short, people))).ravel(),
            "short_households": largest(households).ravel(),
            "unknown_persons": np.where(is_open & ~is_short, np.nan_to_num(everybody), 0.0).ravel(),
            "persons_unknown_settlements": lost.ravel().astype(np.int64),
        }
    )  # fmt: skip


def _sum_years(
    each: pd.DataFrame, rows: pd.DataFrame, code: NDArray[np.object_], level: str, names: dict[str, str]
) -> pd.DataFrame:
    """Return one row per unit × year."""
    sums = (
        each.assign(code=code[each["at"].to_numpy(dtype=np.int64)]).drop(columns="at").groupby(["code", "year"], sort=True).sum()
    )
    own = rows["marked"].to_numpy(dtype=bool) & (rows["of_level"].to_numpy(dtype=np.int64) <= UNIT_LEVELS.index(level))
    state, counts = rows["state"].to_numpy(dtype=np.int64), rows["counts"].to_numpy(dtype=bool)
    table = pd.DataFrame(
        {
            "code": code, "place": rows["place"].to_numpy(), "due": rows["deadline"].to_numpy(dtype=np.float64, na_value=np.nan),
            "short": (state < _SHORT_BELOW) & counts, "open": (state == _UNKNOWN) & counts, "gaps": own,
        }
    )  # fmt: skip
    by = (
        table[table["due"].notna()]
        .groupby(["code", "place"])
        .agg(due=("due", "first"), short=("short", "any"), open=("open", "any"), gaps=("gaps", "sum"))
    )
    by = by.assign(open=by["open"] & ~by["short"]).reset_index().astype({"due": np.int64})
    count = (
        by.groupby(["code", "due"])[["short", "open", "gaps"]]
        .sum()
        .rename_axis(["code", "year"])
        .reindex(sums.index, fill_value=0)
    )
    upto = count.groupby(level="code").cumsum().astype(np.int64)
    table = sums.assign(items_short=upto["short"], items_unknown=upto["open"], gaps=upto["gaps"]).reset_index()
    return table.assign(level=level, name=look_up(table["code"], names), year=table["year"].astype("Int64"))


def _mark_gaps(rows: pd.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return True on one row of every unit × item that is short, and the place of its kind of unit in `UNIT_LEVELS`."""
    state, counts = rows["state"].to_numpy(dtype=np.int64), rows["counts"].to_numpy(dtype=bool)
    some = np.flatnonzero((state < _SHORT_BELOW) & counts)
    mark = np.zeros(len(rows), dtype=bool)
    mark[some[~rows[["place", "unit_code"]].iloc[some].duplicated().to_numpy()]] = True
    return mark, pd.Index(UNIT_LEVELS, dtype=object).get_indexer(rows["unit"].to_numpy(dtype=object)).astype(np.int64)


def _sum(cell: NDArray[np.int64], values: NDArray[np.float64], mask: NDArray[np.bool_], n: int) -> NDArray[np.float64]:
    """Return the sum per cell over the rows marked: 0 where there is none, NaN where there are some and none is known."""
    known = sum_known(cell[mask], values[mask], n)
    return np.where(np.bincount(cell[mask], minlength=n) > 0, known, 0.0)
