"""Find amounts below zero: nobody has −3 households, no clinic −20 beds. Missing values are unknown, not wrong."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd

from geoplan.checks.lookup import label_rows, read_numbers
from geoplan.contracts.results import Problem
from geoplan.contracts.status import Severity
from geoplan.io.problems import note_problem


def find_negatives(name: str, frame: gpd.GeoDataFrame, columns: Iterable[str]) -> list[Problem]:
    """Return one ``AMOUNT-NEGATIVE`` per column of layer ``name`` that holds numbers below zero; absent columns are passed over."""
    problems = []
    for column in columns:
        below = read_numbers(frame, column) < 0
        if below.any():
            problems.append(
                note_problem(
                    "AMOUNT-NEGATIVE",
                    Severity.ERROR,
                    name,
                    zh=f"{column} 列有 {int(below.sum())} 个负数",
                    en=f"{int(below.sum())} values of {column} are negative",
                    fix_zh="更正数值；未知请留空。",
                    fix_en="Correct the values; leave unknown ones empty.",
                    column=column,
                    ids=label_rows(frame)[below],
                )
            )
    return problems
