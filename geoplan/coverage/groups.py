"""Roll gaps up to village group, village, township and county, in people and not in points.

For a unit u and an item, with A_s the people of settlement s whom the item is for (``asked_persons``: everybody, or those of its age
group) where they are known: persons(u) = covered_persons + gap_persons + unreachable_persons + unknown_persons, each the sum of A_s over
the unit's settlements in that state; of a settlement with a gap only its ``short_persons`` are in the gap, the others are covered (see
`coverage.gaps`). So the four states of an item for everybody add up to everybody, and those of an item for an age to the people of that
age; ``resident_persons`` is everybody for every item. Settlements whose asked people are not known add to ``settlements`` and
``persons_unknown_settlements`` and to no sum. A settlement without a unit's code is kept in a row with code "", so every level adds up to
the same people.

Example: 40 people covered, 60 with a gap, one settlement of unknown people with a gap → persons 100, covered_share 0.4,
persons_unknown_settlements 1, coverage gap.

Example: school for grades 1–3, 60 people with 4 such pupils beyond 30 minutes, 40 people with 3 within → persons 7, gap_persons 4,
covered_persons 3, resident_persons 100.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.results import CoverageResult, Demand
from geoplan.contracts.status import Coverage
from geoplan.coverage.presence import clean_codes

UNASSIGNED_NAME = "未归属/unassigned"
"""Name of the row that keeps settlements without a code of the level."""

ROLL_UP_COLUMNS: tuple[str, ...] = tuple(
    (
        "code name item service settlements persons covered_persons gap_persons unreachable_persons unknown_persons "
        "persons_unknown_settlements covered_share coverage resident_persons"
    ).split()
)
"""Columns of the roll-ups of `CoverageResult`, in order. ``persons``: people the item is for; ``resident_persons``: everybody."""

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
    pairs = gaps[["item", "service"]].drop_duplicates("item")
    service = dict(zip(pairs["item"].tolist(), pairs["service"].tolist(), strict=True))
    items, names = list(service), _names(units)
    # Plain objects throughout: walking through Arrow text element by element is what costs here.
    of_row, of_item = codes.to_numpy(dtype=object), gaps["item"].to_numpy(dtype=object)
    every = sorted({*pd.unique(of_row), *names})
    cell = pd.Index(every, dtype=object).get_indexer(of_row) * len(items) + pd.Index(items, dtype=object).get_indexer(of_item)
    columns = _sum_states(gaps, cell, len(every) * len(items))
    persons = sum(columns[f"{state}_persons"] for state in ("covered", "gap", "unreachable", "unknown"))
    share = np.divide(columns["covered_persons"], persons, out=np.full(len(every) * len(items), np.nan), where=persons > 0.0)
    labels = {
        "code": np.repeat(np.array(every, dtype=object), len(items)),
        "name": np.repeat(np.array([names.get(one, "") if one else UNASSIGNED_NAME for one in every], dtype=object), len(items)),
        "item": np.tile(np.array(items, dtype=object), len(every)),
        "service": np.tile(np.array([service[one] for one in items], dtype=object), len(every)),
    }
    frame = pd.DataFrame({**labels, **columns, "persons": persons, "covered_share": share})[list(ROLL_UP_COLUMNS)]
    return frame.assign(**{name: frame[name].astype(str) for name in (*labels, "coverage")})


def _sum_states(gaps: pd.DataFrame, cell: NDArray[np.intp], cells: int) -> dict[str, NDArray[Any]]:
    """Return, per cell (unit × item), settlements, people asked for by state, those not known, everybody, and the worst state.

    Parameters
    ----------
    cell
        (rows,) cell each row of ``gaps`` belongs to.
    cells
        How many there are; one without rows has no people and is unknown.
    """
    persons = gaps["asked_persons" if "asked_persons" in gaps else "persons"].to_numpy(dtype="float64")
    residents = gaps["persons"].to_numpy(dtype="float64")
    known = ~np.isnan(persons)
    counted = np.where(known, persons, 0.0)
    state, gap = gaps["coverage"].to_numpy(dtype=object), str(Coverage.GAP)
    short = np.where(known, gaps["short_persons"].to_numpy(dtype="float64"), 0.0)
    columns: dict[str, NDArray[Any]] = {
        "settlements": np.bincount(cell, minlength=cells),
        "resident_persons": np.bincount(cell, weights=np.nan_to_num(residents), minlength=cells),
        "persons_unknown_settlements": np.bincount(cell[~known], minlength=cells),
    }
    # A state speaks for the unit when it holds for anyone: empty settlements speak only where there are no others.
    inhabited = ~(known & (persons == 0.0))
    nobody = len(WORST_FIRST)
    worst, worst_of_all = np.full(cells, nobody), np.full(cells, nobody)
    for place, name in enumerate(WORST_FIRST):
        here = state == name
        columns[f"{name}_persons"] = np.bincount(
            cell[here], weights=short[here] if name == gap else counted[here], minlength=cells
        )
        np.minimum.at(worst, cell[here & inhabited], place)
        np.minimum.at(worst_of_all, cell[here], place)
    served = state == gap
    columns["covered_persons"] = columns["covered_persons"] + np.bincount(
        cell[served], weights=(counted - short)[served], minlength=cells
    )
    spoken = np.where(worst < nobody, worst, worst_of_all)
    columns["coverage"] = np.array([*WORST_FIRST, str(Coverage.UNKNOWN)], dtype=object)[spoken]
    return columns


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
