"""Set two tables of gaps side by side: who gains and who loses which standard between them, in people, per settlement and per unit.

Both sides are `geoplan.coverage.gaps.classify_gaps`, so every measure is judged on both as in a run (minutes, presence in the village, radius, staff for so
many people), and a difference never comes from two ways of counting. States and sums are those of `geoplan.coverage.what_if_tables`; people are those
whom the item is for.

By hand: 60 people at 42 min and 40 at 20, against 30; 25 and 28 afterwards: 60 gained, nobody lost; person-minutes 60 · (−17) + 40 · 8 = −700.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.contracts.status import Coverage, Status
from geoplan.coverage.what_if_tables import DIFFERENCE_COLUMNS, UNIT_COLUMNS, CoverageChange, sum_changes
from geoplan.errors import TableError


def compare_gaps(
    before: pd.DataFrame, after: pd.DataFrame, times_before: pd.DataFrame, times_after: pd.DataFrame
) -> CoverageChange:
    """Return what changes between two tables of gaps of the same settlements and items.

    Parameters
    ----------
    before, after
        `CoverageResult.gaps`, or some of its items.
    times_before, times_after
        Rows of `AccessResult.times`, each settlement × service once: minutes and facility of the item's service, whatever its measure.

    Raises
    ------
    TableError
        ``GAPS-DIFFER``: a settlement × item is in one table only, or twice.
    """
    if before.empty and after.empty:
        return CoverageChange(pd.DataFrame(columns=list(DIFFERENCE_COLUMNS)), pd.DataFrame(columns=list(UNIT_COLUMNS)))
    key = ["settlement_id", "item"]
    old, new = (one.set_index(pd.MultiIndex.from_frame(one[key].astype(str))) for one in (before, after))
    odd = old.index.symmetric_difference(new.index)
    if len(odd) or old.index.has_duplicates or new.index.has_duplicates:
        raise TableError(
            "the two tables of gaps are not of the same settlements and items, each once", code="GAPS-DIFFER",
            ids=odd.get_level_values(0), remedy="Judge both for the same settlements and items.",
        )  # fmt: skip
    new = new.reindex(old.index)
    was, now = (one["coverage"] == str(Coverage.COVERED) for one in (old, new))
    unknown = (old["coverage"] == str(Coverage.UNKNOWN)) | (new["coverage"] == str(Coverage.UNKNOWN))
    persons = old["asked_persons"].to_numpy(dtype=np.float64, na_value=np.nan)
    way = [_find_ways(old, one) for one in (times_before, times_after)]
    minutes = [one["travel_time_min"].to_numpy(dtype=np.float64, na_value=np.nan) for one in way]
    table = pd.DataFrame(
        {
            "settlement_id": old["settlement_id"].to_numpy(dtype=object),
            "item": old["item"].to_numpy(dtype=object),
            "state": np.select([unknown, now & ~was, was & ~now], ["unknown", "gained", "lost"], default="unchanged"),
            "coverage_before": old["coverage"].to_numpy(dtype=object),
            "coverage_after": new["coverage"].to_numpy(dtype=object),
            "minutes_before": minutes[0],
            "minutes_after": minutes[1],
            "difference_min": minutes[1] - minutes[0],
            "facility_before": way[0]["facility_id"].fillna("").to_numpy(dtype=object),
            "facility_after": way[1]["facility_id"].fillna("").to_numpy(dtype=object),
            "persons": persons,
            "persons_status": np.where(np.isnan(persons), str(Status.NO_DATA), str(Status.OK)),
            **{name: old[name].to_numpy(dtype=object) for name in ("township_code", "village_code", "group_code")},
        }
    )[list(DIFFERENCE_COLUMNS)]
    return CoverageChange(table, sum_changes(table))


def _find_ways(gaps: pd.DataFrame, times: pd.DataFrame) -> pd.DataFrame:
    """Return minutes and facility of each gap's service, in the gaps' order; NaN where there is no row."""
    rows = times.set_index(["settlement_id", "service"])[["travel_time_min", "facility_id"]]
    if rows.index.has_duplicates:
        raise TableError(
            "a settlement has two times to one service", code="GAPS-DIFFER", layer="access.times",
            ids=rows.index[rows.index.duplicated()].get_level_values(0), remedy="Give the rows of one season.",
        )  # fmt: skip
    return rows.reindex(pd.MultiIndex.from_frame(gaps[["settlement_id", "service"]]))
