"""Turn what a frame may hold into what a file can hold: plain values, and columns of one type."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import json
import math
from pathlib import PurePath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd


def plain_value(value: Any) -> Any:
    """Return a value as JSON knows it: missing and infinite numbers None, dates as ISO 8601 text, arrays as lists, the rest as text."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, enum.Enum):
        return plain_value(value.value)
    if isinstance(value, str):
        # A lone surrogate (text cut mid-character) is not UTF-8.
        return str(value).encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating | decimal.Decimal):
        # A float32 leaves with its own digits (0.1, not 0.10000000149).
        number = float(str(value)) if isinstance(value, np.float32 | np.float16) else float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, np.datetime64):
        return plain_value(pd.Timestamp(value))
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain_value(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain_value(one) for one in value), key=str)
    if isinstance(value, list | tuple | np.ndarray | pd.Series):
        return [plain_value(one) for one in value]
    if isinstance(value, PurePath):
        return value.as_posix()
    return str(value)


def plain_values(column: pd.Series) -> list[Any]:
    """Return a column's values as `plain_value` has them (a series of float32 would hand out float64 with foreign digits)."""
    return [plain_value(one) for one in (column.to_numpy() if isinstance(column.dtype, np.dtype) else column)]


def plain_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose columns are numbers, booleans, dates or text, for file formats with one type per column.

    Mixed object columns become text (lists and mappings as JSON); numbers kept as objects become numbers; categories become text.
    Rows, order and geometry stay; the index is dropped.
    """
    plain = frame.reset_index(drop=True).copy()
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    for name in plain.columns:
        if name == geometry:
            continue
        column = plain[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(object)
        if column.dtype != object:
            continue
        values = [plain_value(one) for one in column]
        known = [one for one in values if one is not None]
        if known and all(isinstance(one, bool) for one in known):
            plain[name] = pd.Series(values, dtype="boolean")
        elif known and all(isinstance(one, int | float) and not isinstance(one, bool) for one in known):
            plain[name] = pd.Series([math.nan if one is None else one for one in values], dtype=float)
        else:
            texts = [one if one is None or isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in values]
            plain[name] = pd.Series(texts, dtype="str")
    plain.columns = [str(name) for name in plain.columns]
    return plain
