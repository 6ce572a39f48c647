"""Turn the columns of a result table into the rows that a map's script reads.

By hand: lines of one part each become lists of one list of differences; a sum over nothing known is unknown, not 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.report.encoding import encode_lines, to_lonlat
from geoplan.report.layers import text_of, tidy_number


def as_rows(columns: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    """Return columns of one length as rows.

    >>> as_rows({"a": [1, 2], "b": ["x", "y"]})
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'y'}]
    """
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def encode_each(frame: gpd.GeoDataFrame) -> list[list[list[int]]]:
    """Return the parts of each row's line, encoded as by `encoding.encode_lines`; none where it has no geometry."""
    lonlat = to_lonlat(frame.geometry)
    return [encode_lines(lonlat[k : k + 1]) for k in range(len(lonlat))]


def sum_known(frame: pd.DataFrame, column: str, digits: int = 0) -> float | int | None:
    """Return the sum of what is known of a column; None where nothing is.

    >>> sum_known(pd.DataFrame({"m": [1.0, float("nan")]}), "m"), sum_known(pd.DataFrame({"m": [float("nan")]}), "m")
    (1, None)
    """
    if column not in frame:
        return None
    return tidy_number(float(pd.to_numeric(frame[column], errors="coerce").sum(min_count=1)), digits)


def split_ids(frame: pd.DataFrame, column: str) -> list[list[str]]:
    """Return each row's ids that stand with ``;`` between; none where there are none.

    >>> split_ids(pd.DataFrame({"groups": ["g1;g2", ""]}), "groups")
    [['g1', 'g2'], []]
    """
    return [[part for part in one.split(";") if part] for one in text_of(frame, column)]


def count_ids(frame: pd.DataFrame, column: str) -> list[int]:
    """Return how many ids stand in each row.

    >>> count_ids(pd.DataFrame({"groups": ["g1;g2", ""]}), "groups")
    [2, 0]
    """
    return [len(one) for one in split_ids(frame, column)]
