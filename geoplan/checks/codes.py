"""Check ids and 12-digit codes: doubled, shortened, not beginning with their parent's, naming no unit.

A code of the statistical system reads 县 6 + 乡 3 + 村 3 = 12 digits, with a group's own suffix after its village's 12. So a
township's code begins with the county's first 6 digits, a village's with the township's first 9, a group's with the village's 12.
By hand: group 990821101201001 belongs to village 990821101201, which belongs to township 990821101000.
The rules of the code are applied only where most village codes have 12 digits; other countries' codes are left alone.
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from geoplan.checks.lookup import find_id_column, find_layer, label_rows, name_unit_layers, read_codes
from geoplan.contracts.config import PlanConfig
from geoplan.contracts.results import Layers, Problem
from geoplan.contracts.status import Severity
from geoplan.io.problems import note_problem

_VILLAGE_DIGITS = 12
_SHARED_DIGITS = {"township": 6, "village": 9, "group": 12}
"""Leading digits a unit shares with the unit it belongs to."""
_ABOVE = {"township": "county", "village": "township", "group": "village"}
_MOST = 0.6


def check_codes(layers: Layers, plan: PlanConfig) -> list[Problem]:
    """Return doubled ids in every layer, and codes that break the 12-digit system where it is in use."""
    problems = [found for name, frame in layers.vectors.items() for found in _check_ids(name, frame, plan)]
    if _uses_twelve_digits(layers, plan):
        for name, column, codes, labels in _code_columns(layers, plan):
            problems += _check_length(name, column, codes, labels)
        problems += [found for level in _ABOVE for found in _check_parents(layers, plan, level)]
    return problems + _check_listed(layers, plan)


def _check_ids(name: str, frame: gpd.GeoDataFrame, plan: PlanConfig) -> list[Problem]:
    column = find_id_column(frame)
    # A settlement has many houses: its id names none of them.
    if column is None or (name == plan.homesteads and column == "settlement_id"):
        return []
    ids = read_codes(frame[column])
    doubled = (ids != "") & ids.duplicated(keep=False)
    if not doubled.any():
        return []
    return [
        note_problem(
            "ID-DUPLICATE",
            Severity.ERROR,
            name,
            zh=f"{int(doubled.sum())} 条记录的 {column} 重复（{ids[doubled].nunique()} 个不同编号）",
            en=f"{int(doubled.sum())} rows share {ids[doubled].nunique()} values of {column}",
            fix_zh="为每条记录编唯一的号。",
            fix_en="Give every row an id of its own.",
            column=column,
            ids=ids[doubled].unique(),
            count=int(doubled.sum()),
        )
    ]


def _uses_twelve_digits(layers: Layers, plan: PlanConfig) -> bool:
    """Return whether most village codes have 12 digits."""
    found = [
        read_codes(frame[column])
        for frame, column in ((find_layer(layers, plan.villages), "code"), (find_layer(layers, plan.settlements), "village_code"))
        if frame is not None and column in frame.columns
    ]
    codes = pd.concat(found) if found else pd.Series([], dtype=object)
    codes = codes[codes != ""]
    return len(codes) > 0 and float(codes.str.fullmatch(rf"\d{{{_VILLAGE_DIGITS}}}").mean()) >= _MOST


def _code_columns(layers: Layers, plan: PlanConfig) -> list[tuple[str, str, pd.Series, pd.Series]]:
    """Return (layer, column, codes, labels) of every column that holds a unit's code."""
    found = []
    for name in name_unit_layers(plan).values():
        frame = find_layer(layers, name)
        if frame is not None:
            found += [(name, one, read_codes(frame[one]), label_rows(frame)) for one in ("code", "parent_code") if one in frame]
    settlements = find_layer(layers, plan.settlements)
    if settlements is not None:
        columns = [one for one in ("group_code", "village_code", "township_code") if one in settlements]
        found += [(plan.settlements, one, read_codes(settlements[one]), label_rows(settlements)) for one in columns]
    return found


def _check_length(name: str, column: str, codes: pd.Series, labels: pd.Series) -> list[Problem]:
    """Return codes whose length is not the column's usual one, those one digit short apart: they lost a zero."""
    given = codes[codes != ""]
    if given.empty:
        return []
    lengths = given.str.len()
    usual = int(lengths.mode().iloc[0])
    if usual < _VILLAGE_DIGITS or float((lengths == usual).mean()) < _MOST:
        return []
    digits = given.str.fullmatch(r"\d+").astype(bool)
    short = given.index[(lengths == usual - 1) & digits]
    odd = given.index[((lengths != usual) & ~((lengths == usual - 1) & digits)) | ~digits]
    problems = []
    if len(short):
        problems.append(
            note_problem(
                "CODE-SHORTENED",
                Severity.ERROR,
                name,
                zh=f"{column} 列有 {len(short)} 个代码少一位（应为 {usual} 位），可能丢失了前导零",
                en=f"{len(short)} codes of {column} are one digit short of {usual}: leading zeros were probably lost",
                fix_zh="在来源文件中把该列设为文本格式后重新导出。",
                fix_en="Set the column to text in the source and export it again.",
                column=column,
                ids=labels.loc[short],
            )
        )
    if len(odd):
        problems.append(
            note_problem(
                "CODE-LENGTH",
                Severity.ERROR,
                name,
                zh=f"{column} 列有 {len(odd)} 个代码不是 {usual} 位数字",
                en=f"{len(odd)} codes of {column} are not {usual} digits",
                fix_zh="按统计用区划代码更正。",
                fix_en="Correct them after the statistical codes.",
                column=column,
                ids=labels.loc[odd],
            )
        )
    return problems


def _check_parents(layers: Layers, plan: PlanConfig, level: str) -> list[Problem]:
    """Return units and settlements whose code does not begin with the code of the unit they are said to belong to."""
    problems = []
    digits, above = _SHARED_DIGITS[level], _ABOVE[level]
    units = name_unit_layers(plan).get(level)
    pairs = [(units, "code", "parent_code"), (plan.settlements, f"{level}_code", f"{above}_code")]
    for name, child, parent in pairs:
        frame = find_layer(layers, name)
        if name is None or frame is None or child not in frame or parent not in frame:
            continue
        below, over = read_codes(frame[child]), read_codes(frame[parent])
        wrong = (below != "") & (over != "") & (below.str[:digits] != over.str[:digits])
        if wrong.any():
            problems.append(
                note_problem(
                    "CODE-PREFIX",
                    Severity.ERROR,
                    name,
                    zh=f"{int(wrong.sum())} 条记录的 {child} 与 {parent} 前 {digits} 位不一致",
                    en=f"{child} and {parent} differ within the first {digits} digits in {int(wrong.sum())} rows",
                    fix_zh="核对隶属关系，更正代码。",
                    fix_en="Find out where they belong and correct the code.",
                    column=child,
                    ids=label_rows(frame)[wrong],
                )
            )
    return problems


def _check_listed(layers: Layers, plan: PlanConfig) -> list[Problem]:
    """Return codes that name a unit its own layer does not list."""
    problems = []
    names = name_unit_layers(plan)
    for level, name in names.items():
        units = find_layer(layers, name)
        if units is None or "code" not in units:
            continue
        known = set(read_codes(units["code"]))
        below = next((one for one, above in _ABOVE.items() if above == level), None)
        for layer, column in ((plan.settlements, f"{level}_code"), (names.get(below or ""), "parent_code")):
            frame = find_layer(layers, layer)
            if layer is None or frame is None or column not in frame:
                continue
            codes = read_codes(frame[column])
            orphan = (codes != "") & ~codes.isin(known)
            if orphan.any():
                problems.append(_not_listed(layer, column, name, label_rows(frame)[orphan]))
    return problems


def _not_listed(layer: str, column: str, units: str, ids: pd.Series) -> Problem:
    return note_problem(
        "CODE-NOT-LISTED",
        Severity.WARNING,
        layer,
        zh=f"{len(ids)} 条记录的 {column} 在图层 {units} 中不存在",
        en=f"{column} of {len(ids)} rows names no unit of layer {units}",
        fix_zh="补充该区划，或更正代码（撤并村请用现行代码）。",
        fix_en="Add the unit or correct the code (merged villages: use the present one).",
        column=column,
        ids=ids,
    )
