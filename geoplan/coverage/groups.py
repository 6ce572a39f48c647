"""Roll gaps up to village group, village, township and county, in people and not in points.

For a unit u and an item, with P_s the people of settlement s where they are known:
persons(u) = covered_persons + gap_persons + unreachable_persons + unknown_persons, each the sum of P_s over the unit's settlements in
that state. Settlements whose people are not known add to ``settlements`` and ``persons_unknown_settlements`` and to no sum. A settlement
without a unit's code is kept in a row with code "", so every level adds up to the same people.

Example: 40 people covered, 60 with a gap, one settlement of unknown people with a gap → persons 100, covered_share 0.4,
persons_unknown_settlements 1, coverage gap.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.contracts.results import CoverageResult, Demand
from geoplan.contracts.status import Coverage
from geoplan.coverage.presence import clean_codes

UNASSIGNED_NAME = "未归属/unassigned"
"""Name of the row that keeps settlements without a code of the level."""

ROLL_UP_COLUMNS: tuple[str, ...] = tuple(
    (
        "code name item service settlements persons covered_persons gap_persons unreachable_persons unknown_persons "
        "persons_unknown_settlements covered_share coverage"
    ).split()
)
"""Columns of the roll-ups of `CoverageResult`, in order."""

WORST_FIRST: tuple[str, ...] = (
    str(Coverage.UNREACHABLE),
    str(Coverage.GAP),
    str(Coverage.UNKNOWN),
    str(Coverage.COVERED),
)
"""States in the order in which one of them speaks for a unit."""


def roll_up(gaps: pd.DataFrame, demand: Demand) -> CoverageResult:
    """Return ``gaps`` together with its sums per group, village, township and county.

    Units of the demand's tables without a settlement get a row too (no people, coverage unknown), so a map shows them.
    """
    return CoverageResult(
        gaps=gaps,
        groups=sum_by_unit(gaps, gaps["group_code"], demand.groups),
        villages=sum_by_unit(gaps, gaps["village_code"], demand.villages),
        townships=sum_by_unit(gaps, gaps["township_code"], demand.townships),
        county=_sum_county(gaps, demand.county),
    )


def sum_by_unit(gaps: pd.DataFrame, codes: pd.Series, units: gpd.GeoDataFrame | pd.DataFrame) -> pd.DataFrame:
    """Return one row per unit and item (`ROLL_UP_COLUMNS`), sorted by code, items in the order of ``gaps``.

    Parameters
    ----------
    gaps
        Rows of `classify_gaps`.
    codes
        (rows,) code of the unit each row belongs to; "" where it has none.
    units
        Table with ``code`` and ``name``; codes of ``gaps`` that it does not list are kept without a name.
    """
    items = gaps[["item", "service"]].drop_duplicates(ignore_index=True)
    sums = _sum_states(gaps, codes)
    names = _names(units)
    every = sorted(set(codes) | set(names))
    frame = sums.reindex(pd.MultiIndex.from_product([every, items["item"]], names=["code", "item"])).reset_index()
    # Rows without a settlement are real: nobody lives there, so nothing is known and nothing is summed.
    counts = ["settlements", "persons_unknown_settlements"]
    people = [f"{state}_persons" for state in WORST_FIRST]
    frame[counts] = frame[counts].fillna(0).astype("int64")
    frame[people] = frame[people].fillna(0.0)
    frame["coverage"] = frame["coverage"].fillna(str(Coverage.UNKNOWN)).astype(str)
    frame["persons"] = frame["covered_persons"] + frame["gap_persons"] + frame["unreachable_persons"] + frame["unknown_persons"]
    persons = frame["persons"].to_numpy()
    share = np.divide(frame["covered_persons"].to_numpy(), persons, out=np.full(len(frame), np.nan), where=persons > 0.0)
    frame["covered_share"] = share
    frame["name"] = frame["code"].map({code: names.get(code, "") if code else UNASSIGNED_NAME for code in every}).astype(str)
    frame["service"] = frame["item"].map(dict(zip(items["item"], items["service"], strict=True))).astype(str)
    return frame[list(ROLL_UP_COLUMNS)]


def _sum_states(gaps: pd.DataFrame, codes: pd.Series) -> pd.DataFrame:
    """Return sums per (code, item): settlements, people by state, settlements of unknown people, worst state."""
    persons = gaps["persons"].to_numpy(dtype="float64")
    known = ~np.isnan(persons)
    counted = np.where(known, persons, 0.0)
    state = gaps["coverage"].to_numpy()
    work = pd.DataFrame({"code": codes.to_numpy(), "item": gaps["item"].to_numpy(), "settlements": 1})
    work["persons_unknown_settlements"] = (~known).astype("int64")
    rank = np.full(len(gaps), len(WORST_FIRST), dtype="int64")
    for place, name in enumerate(WORST_FIRST):
        work[f"{name}_persons"] = np.where(state == name, counted, 0.0)
        rank[state == name] = place
    # A state speaks for the unit when it holds for anyone: empty settlements speak only where there are no others.
    inhabited = ~(known & (persons == 0.0))
    work["_rank_any"], work["_rank"] = rank, np.where(inhabited, rank, len(WORST_FIRST))
    sums = work.groupby(["code", "item"], sort=False).agg(
        {name: ("min" if name.startswith("_rank") else "sum") for name in work.columns if name not in ("code", "item")}
    )
    worst = sums["_rank"].where(sums["_rank"] < len(WORST_FIRST), sums["_rank_any"])
    return sums.drop(columns=["_rank", "_rank_any"]).assign(coverage=worst.map(dict(enumerate(WORST_FIRST))))


def _names(units: gpd.GeoDataFrame | pd.DataFrame) -> dict[str, str]:
    """Return name by code, the first where a code is doubled."""
    if not len(units):
        return {}
    pairs = zip(clean_codes(units["code"]), clean_codes(units["name"]), strict=True)
    names: dict[str, str] = {}
    for code, name in pairs:
        if code:
            names.setdefault(code, name)
    return names


def _sum_county(gaps: pd.DataFrame, county: gpd.GeoDataFrame | pd.DataFrame) -> pd.DataFrame:
    """Sum everything into one row per item, under the county's code where the table has exactly one county."""
    one = len(county) == 1
    code = clean_codes(county["code"]).iloc[0] if one else ""
    name = clean_codes(county["name"]).iloc[0] if one else "全部/all"
    codes = pd.Series(code, index=gaps.index, dtype=object)
    return sum_by_unit(gaps, codes, pd.DataFrame({"code": [], "name": []})).assign(name=name)
