"""Give every row an id: the source's own, or one derived from the layer and the row, and report doubles.

By hand: the third row of ``clinics`` without an id becomes ``clinics-000003``; the number is the row's place in the source, so it
stays while rows are only added at the end.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.results import Problem
from geoplan.contracts.status import Severity
from geoplan.io.codes import restore_codes
from geoplan.io.problems import note_problem

ID_COLUMNS = ("settlement_id", "road_id", "facility_id", "hazard_id", "site_id", "code")
_BY_LAYER = {
    "settlements": "settlement_id",
    "roads": "road_id",
    "county": "code",
    "townships": "code",
    "villages": "code",
    "groups": "code",
    "places": "site_id",
}


def guess_id_column(frame: gpd.GeoDataFrame, layer_id: str) -> str | None:
    """Return the id column a layer has, or the one its catalogue id suggests, or None."""
    if layer_id in _BY_LAYER:
        return _BY_LAYER[layer_id]
    return next((one for one in ID_COLUMNS if one in frame.columns), None)


def give_ids(
    frame: gpd.GeoDataFrame, column: str | None, *, layer_id: str, source_rows: NDArray[np.int64]
) -> tuple[gpd.GeoDataFrame, pd.Series, list[str], list[Problem]]:
    """Return the frame with a full id column, one label per row for reports, notes and problems.

    Parameters
    ----------
    frame
        Index 0..n-1.
    column
        Canonical id column, or None for layers that need none (their labels are row numbers).
    layer_id
        Catalogue id, the prefix of derived ids.
    source_rows
        Place of each row in the source, from 0.
    """
    rows = pd.Series([f"{layer_id}-{one + 1:06d}" for one in source_rows], index=frame.index, dtype=str)
    if column is None:
        return frame, pd.Series([f"row {one + 1}" for one in source_rows], index=frame.index, dtype=str), [], []
    if column not in frame.columns:
        out = frame.copy()
        out.insert(0, column, rows)
        return out, rows, [f"{column} derived from the row's place in the file"] if len(frame) else [], []
    codes, problems = restore_codes(frame[column], layer_id=layer_id, column=column, ids=rows)
    missing = codes.isna()
    ids = codes.where(~missing, rows)
    out = frame.copy()
    out[column] = ids
    if missing.any():
        problems.append(_derived(layer_id, column, ids[missing]))
    doubled = ids.duplicated(keep=False)
    if doubled.any():
        problems.append(_doubled(layer_id, column, ids[doubled]))
    return out, ids, [], problems


def _derived(layer_id: str, column: str, ids: pd.Series) -> Problem:
    return note_problem(
        "ID-MISSING",
        Severity.WARNING,
        layer_id,
        zh=f"{len(ids)} 条记录没有 {column}，已按行号编号",
        en=f"{len(ids)} rows have no {column}; named by their place in the file",
        fix_zh="在来源文件中补充编号。",
        fix_en="Fill in the ids in the source.",
        column=column,
        ids=ids,
    )


def _doubled(layer_id: str, column: str, ids: pd.Series) -> Problem:
    return note_problem(
        "ID-DUPLICATE",
        Severity.ERROR,
        layer_id,
        zh=f"{len(ids)} 条记录的 {column} 重复（{ids.nunique()} 个不同编号）",
        en=f"{len(ids)} rows share {ids.nunique()} values of {column}",
        fix_zh="为每条记录编唯一的号。",
        fix_en="Give every row an id of its own.",
        column=column,
        ids=ids.unique(),
        count=len(ids),
    )
