"""Compare two departments' layers about the same things (多部门数据比对): what agrees, what contradicts, what only one of them has.

Rows are matched one to one by code, name and place (`geoplan.coverage.comparison_matching`); then every column of the comparison is held side by side:
numbers agree within the stated difference, texts when they are the same letters in one width and case, and where a side says nothing the answer is
unknown. A pair with one contradiction contradicts; a pair of which nothing could be compared is unknown, it does not agree. Two things nobody has to ask
for count as well: codes of a pair that differ (column ``code``), and places of one code farther apart than ``within_m`` (column ``place``, metres).

Hand example: health has CL1 新寨村卫生室 with 2 doctors and CL2; insurance has YB1 with code CL1 and 1 doctor, and YB2. CL1–YB1 contradicts in ``doctors``
(difference −1), CL2 is left_only, YB2 right_only: 3 rows, shares 1/3 each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.facilities import locate_points
from geoplan.contracts.columns import COLUMNS
from geoplan.contracts.coverage import ComparisonResult
from geoplan.contracts.coverage_config import LayerComparison
from geoplan.contracts.results import Layers
from geoplan.coverage.comparison_matching import Register, compare_names, find_doubled, match_registers, measure_distance
from geoplan.coverage.comparison_names import normalise_name
from geoplan.coverage.comparison_reasons import state_reasons
from geoplan.errors import LayerError

STATES = {
    "agrees": ("一致", "agrees"),
    "contradicts": ("矛盾", "contradicts"),
    "unknown": ("无可比数值", "nothing to compare"),
    "left_only": ("仅左表有", "only on the left"),
    "right_only": ("仅右表有", "only on the right"),
}
"""State of a row → its Chinese and English words, in the order of the summary."""
ROWS = (
    "comparison left_id right_id matched_by distance_m name_similarity state columns unknown_columns doubled_code "
    "left_name right_name township_code reason_zh reason_en"
).split()
VALUES = ["comparison", "left_id", "right_id", "column", "left_value", "right_value", "difference", "agrees"]
_IDS = ("facility_id", "settlement_id", "site_id", "hazard_id", "homestead_id", "road_id", "code")
_PLACE = "place"
_SLACK = 1e-9


def compare_departments(layers: Layers, comparisons: Sequence[LayerComparison]) -> ComparisonResult:
    """Return every comparison of the plan, one after the other.

    Parameters
    ----------
    layers
        Layers of the plan in its working CRS.
    comparisons
        What is compared with what.

    Returns
    -------
    ComparisonResult
        Beside the contract's columns, rows carry unknown_columns (``;`` between) and doubled_code (its code stands on several rows of one list),
        and state may be ``unknown``; summary carries state_zh and state_en, all five states of each comparison in the order of `STATES`.

    Raises
    ------
    LayerError
        ``COMPARISON-LAYER`` when a layer was not read.
    """
    parts = [compare_layers_of(layers, one) for one in comparisons]
    rows = [one.rows for one in parts] or [gpd.GeoDataFrame(columns=[*ROWS, "geometry"], geometry="geometry", crs=layers.crs)]
    values = [one.values for one in parts] or [pd.DataFrame(columns=VALUES)]
    summary = [one.summary for one in parts] or [pd.DataFrame(columns=_SUMMARY)]
    joined = pd.concat(rows, ignore_index=True)
    return ComparisonResult(
        rows=gpd.GeoDataFrame(joined, geometry="geometry", crs=layers.crs),
        values=pd.concat(values, ignore_index=True),
        summary=pd.concat(summary, ignore_index=True),
    )


def compare_layers_of(layers: Layers, comparison: LayerComparison) -> ComparisonResult:
    """Return one comparison: the two layers are looked up, matched and held side by side (see `compare_departments`)."""
    frames = []
    for name in (comparison.left, comparison.right):
        if name not in layers.vectors:
            raise LayerError(
                f"the comparison {comparison.id} needs a layer that was not read",
                code="COMPARISON-LAYER",
                layer=name,
                remedy="Name a vector layer or table of the catalogue under coverage.comparisons.",
            )
        frames.append(layers.vectors[name])
    return compare_tables(frames[0], frames[1], comparison)


def compare_tables(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame, comparison: LayerComparison) -> ComparisonResult:
    """Return the comparison of two tables in one CRS (metres); a table without places has empty geometry.

    Parameters
    ----------
    left, right
        Canonical columns; ids in the first of facility_id, settlement_id, site_id, hazard_id, homestead_id, road_id, code (made from the layer's name and
        the row where missing; a doubled id gets ``#2`` …), name, township_code, and what the comparison names. A table that lacks
        ``comparison.code`` is matched by its ids.
    comparison
        Columns, differences that still agree, and the distance.
    """
    frames = [_order_rows(left), _order_rows(right)]
    names = (comparison.left, comparison.right)
    sides = [_register(frame, name, comparison.code) for frame, name in zip(frames, names, strict=True)]
    pairs = match_registers(sides[0], sides[1], within_m=comparison.within_m)
    i, j = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    distance = measure_distance(sides[0].xy[i], sides[1].xy[j])
    held = [_hold_column(frames, (i, j), column, tolerance) for column, tolerance in comparison.columns.items()]
    held += _hold_identity(sides, pairs, distance, comparison)
    values = _list_values(held, sides, (i, j), comparison.id)
    states, wrong, unknown = _judge(held, len(pairs))
    table = _list_rows(sides, pairs, distance, comparison, states=states, wrong=wrong, unknown=unknown)
    table["reason_zh"], table["reason_en"] = state_reasons(table, comparison)
    points = gpd.GeoSeries(gpd.points_from_xy(table.pop("x"), table.pop("y")), index=table.index, crs=left.crs)
    missing = table.pop("missing").to_numpy()
    points[missing] = None
    rows = gpd.GeoDataFrame(table[ROWS], geometry=points, crs=left.crs)
    return ComparisonResult(rows=rows, values=values, summary=_sum_states(rows, comparison))


def _id_column(frame: pd.DataFrame) -> str | None:
    """Return the column that names the rows."""
    return next((one for one in _IDS if one in frame), None)


def _texts(frame: pd.DataFrame, column: str | None) -> NDArray[np.object_]:
    """Return (n,) texts of a column, "" where it is missing."""
    if column is None or column not in frame:
        return np.full(len(frame), "", dtype=object)
    values = frame[column].astype(object)
    return np.where(values.isna(), "", values.astype(str)).astype(object)


def _order_rows(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows in the order of their ids and contents with a fresh index, so that no answer hangs on the order of a file."""
    texts = pd.DataFrame({column: _texts(frame, column) for column in frame.columns if column != frame.geometry.name})
    texts["place"] = frame.geometry.to_wkt().fillna("").to_numpy()
    first = [one for one in (_id_column(frame),) if one is not None]
    order = texts.reset_index(drop=True).sort_values([*first, *sorted(set(texts.columns) - set(first))], kind="stable").index
    return frame.iloc[order].reset_index(drop=True)


def _register(frame: gpd.GeoDataFrame, layer: str, code: str | None) -> Register:
    """Return the rows of a table as matching wants them."""
    column = _id_column(frame)
    ids = pd.Series(_texts(frame, column), dtype=object)
    ids = ids.where(ids != "", pd.Series([f"{layer}-{k + 1:06d}" for k in range(len(ids))], dtype=object))
    turn = ids.groupby(ids).cumcount()
    ids = ids.where(turn == 0, ids + "#" + (turn + 1).astype(str))
    codes = pd.Series(_texts(frame, None if code is None else code if code in frame else column), dtype=object).str.strip()
    # An id that reading made from the row's place in the file is nobody's code.
    made = codes.str.fullmatch(re.escape(layer) + r"-\d{6}").astype(bool)
    return Register(
        ids=ids.to_numpy(dtype=object),
        codes=codes.mask(made, "").to_numpy(dtype=object),
        names=_texts(frame, "name"),
        townships=_texts(frame, "township_code"),
        xy=locate_points(frame),
    )


Held = tuple[str, NDArray[np.object_], NDArray[np.object_], NDArray[np.float64], NDArray[np.object_]]
"""Column, left and right values as text, difference (right − left), and true / false / unknown."""


def _hold_column(
    frames: list[gpd.GeoDataFrame], pairs: tuple[NDArray[np.int64], NDArray[np.int64]], column: str, tolerance: float
) -> Held:
    """Return one column of all pairs side by side."""
    taken = [
        frame[column].iloc[rows].reset_index(drop=True) if column in frame else pd.Series(np.nan, index=range(len(rows)))
        for frame, rows in zip(frames, pairs, strict=True)
    ]
    if not _is_number(column, frames):
        shown = [_texts(pd.DataFrame({column: one}), column) for one in taken]
        same = np.array([normalise_name(a) == normalise_name(b) for a, b in zip(*shown, strict=True)], dtype=bool)
        known = (shown[0] != "") & (shown[1] != "")
        return column, shown[0], shown[1], np.full(len(same), np.nan), _say(same, known)
    numbers = [pd.to_numeric(one, errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.nan) for one in taken]
    known = np.isfinite(numbers[0]) & np.isfinite(numbers[1])
    difference = np.where(known, np.where(known, numbers[1], 0.0) - np.where(known, numbers[0], 0.0), np.nan)
    size = np.maximum(np.abs(np.nan_to_num(numbers[0])), np.abs(np.nan_to_num(numbers[1])))
    same = np.abs(np.nan_to_num(difference)) <= tolerance + _SLACK * np.maximum(size, 1.0)
    shown = [np.array([f"{one:.10g}" if np.isfinite(one) else "" for one in side], dtype=object) for side in numbers]
    return column, shown[0], shown[1], difference, _say(same, known)


def _is_number(column: str, frames: list[gpd.GeoDataFrame]) -> bool:
    """Say whether a column holds numbers: by the vocabulary, else by what the tables hold."""
    if column in COLUMNS:
        return COLUMNS[column].kind in ("number", "integer", "boolean")
    return all(pd.api.types.is_numeric_dtype(frame[column]) for frame in frames if column in frame)


def _say(same: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Return true, false or unknown."""
    return np.where(known, np.where(same, "true", "false"), "unknown").astype(object)


def _hold_identity(
    sides: list[Register], pairs: pd.DataFrame, distance: NDArray[np.float64], comparison: LayerComparison
) -> list[Held]:
    """Return codes that differ and places of one code that are too far apart; pairs of which neither is true say ``""`` and are not listed."""
    i, j = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    nothing = np.full(len(pairs), np.nan)
    left, right = sides[0].codes[i], sides[1].codes[j]
    differ = (left != "") & (right != "") & (left != right)
    held: list[Held] = []
    if comparison.code is not None and comparison.code not in comparison.columns:
        held.append((comparison.code, left, right, nothing, np.where(differ, "false", "").astype(object)))
    by_code = (pairs["matched_by"] == "code").to_numpy()
    far = by_code & (np.nan_to_num(distance) > comparison.within_m)
    shown = [
        np.array([f"{x:.1f},{y:.1f}" for x, y in side.xy[rows]], dtype=object) for side, rows in zip(sides, (i, j), strict=True)
    ]
    held.append((_PLACE, shown[0], shown[1], np.where(far, distance, np.nan), np.where(far, "false", "").astype(object)))
    return held


def _list_values(
    held: list[Held], sides: list[Register], pairs: tuple[NDArray[np.int64], NDArray[np.int64]], comparison: str
) -> pd.DataFrame:
    """Return the values table, pair after pair."""
    ids = sides[0].ids[pairs[0]], sides[1].ids[pairs[1]]
    parts = []
    for column, left, right, difference, agrees in held:
        table = pd.DataFrame({"comparison": comparison, "left_id": ids[0], "right_id": ids[1], "column": column})
        table = table.assign(left_value=left, right_value=right, difference=difference, agrees=agrees)
        parts.append(table[table["agrees"] != ""])
    if not parts:
        return pd.DataFrame(columns=VALUES)
    joined = pd.concat(parts).sort_index(kind="stable")
    return joined[VALUES].reset_index(drop=True)


def _judge(held: list[Held], count: int) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
    """Return each pair's state, its contradicting columns and its unknown columns (``;`` between)."""
    wrong, unknown, agreed = (np.full(count, "", dtype=object) for _ in range(3))
    for column, _, _, _, agrees in held:
        for kept, answer in ((wrong, "false"), (unknown, "unknown"), (agreed, "true")):
            rows = agrees == answer
            kept[rows] = np.where(kept[rows] == "", column, kept[rows] + ";" + column)
    compared = (agreed != "") | (unknown == "")
    return np.where(wrong != "", "contradicts", np.where(compared, "agrees", "unknown")).astype(object), wrong, unknown


def _list_rows(
    sides: list[Register],
    pairs: pd.DataFrame,
    distance: NDArray[np.float64],
    comparison: LayerComparison,
    *,
    states: NDArray[np.object_],
    wrong: NDArray[np.object_],
    unknown: NDArray[np.object_],
) -> pd.DataFrame:
    """Return every row of both lists once: pairs in the order of the left ids, then what only one side has."""
    i, j = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    alone = [np.setdiff1d(np.arange(len(side.ids)), used) for side, used in zip(sides, (i, j), strict=True)]
    none = [np.full(len(alone[k]), -1, dtype=np.int64) for k in (0, 1)]
    rows = [np.concatenate([i, alone[0], none[1]]), np.concatenate([j, none[0], alone[1]])]
    rest = len(alone[0]) + len(alone[1])
    doubled = [_take(find_doubled(side.codes).astype(object), one, False) for side, one in zip(sides, rows, strict=True)]
    xy = [_take(side.xy, one, np.nan) for side, one in zip(sides, rows, strict=True)]
    place = np.where(np.isfinite(xy[0]), xy[0], xy[1]).astype(float)
    township = [_take(side.townships, one, "") for side, one in zip(sides, rows, strict=True)]
    return pd.DataFrame(
        {
            "comparison": comparison.id,
            "left_id": _take(sides[0].ids, rows[0], ""),
            "right_id": _take(sides[1].ids, rows[1], ""),
            "matched_by": np.r_[pairs["matched_by"].to_numpy(dtype=object), np.full(rest, "", dtype=object)],
            "distance_m": np.r_[distance, np.full(rest, np.nan)],
            "name_similarity": np.r_[compare_names(sides[0], sides[1], i, j), np.full(rest, np.nan)],
            "state": np.r_[states, np.repeat(np.array(["left_only", "right_only"], dtype=object), [len(one) for one in alone])],
            "columns": np.r_[wrong, np.full(rest, "", dtype=object)],
            "unknown_columns": np.r_[unknown, np.full(rest, "", dtype=object)],
            "doubled_code": (doubled[0] | doubled[1]).astype(bool),
            "left_name": _take(sides[0].names, rows[0], ""),
            "right_name": _take(sides[1].names, rows[1], ""),
            "township_code": np.where(township[0] != "", township[0], township[1]).astype(object),
            "x": np.nan_to_num(place[:, 0]),
            "y": np.nan_to_num(place[:, 1]),
            "missing": ~np.isfinite(place).all(axis=1),
        }
    )


def _take(values: NDArray[np.object_] | NDArray[np.float64], rows: NDArray[np.int64], missing: object) -> NDArray[np.object_]:
    """Return ``values[rows]``, ``missing`` where the row is −1."""
    padded = np.concatenate([values, np.full((1, *values.shape[1:]), missing, dtype=values.dtype)])
    return padded[rows]


_SUMMARY = ["comparison", "label_zh", "label_en", "state", "state_zh", "state_en", "rows", "share"]


def _sum_states(rows: pd.DataFrame, comparison: LayerComparison) -> pd.DataFrame:
    """Return the number and share of rows in each state; shares add up to 1 (or are 0 where there is no row)."""
    counts = rows["state"].value_counts().reindex(list(STATES), fill_value=0)
    left = comparison.left_label_zh or comparison.left, comparison.left_label_en or comparison.left
    right = comparison.right_label_zh or comparison.right, comparison.right_label_en or comparison.right
    words = STATES | {
        "left_only": (f"仅{left[0]}有", f"only {left[1]}"),
        "right_only": (f"仅{right[0]}有", f"only {right[1]}"),
    }
    return pd.DataFrame(
        {
            "comparison": comparison.id,
            "label_zh": comparison.label_zh,
            "label_en": comparison.label_en,
            "state": list(counts.index),
            "state_zh": [words[one][0] for one in counts.index],
            "state_en": [words[one][1] for one in counts.index],
            "rows": counts.to_numpy(dtype=np.int64),
            "share": counts.to_numpy(dtype=float) / max(len(rows), 1),
        }
    )
