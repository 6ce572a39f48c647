"""Word the remedy of every gap in Chinese and English, from one table of templates.

A template has ``{n}`` (the quantity), ``{more}`` (a second quantity), ``{parts}`` (new road, upgrade, bridges), ``{usual}`` (what usually closes the gap,
from the standards) and ``{cause}``. Texts are plain: whoever writes them into a page or a sheet escapes them.

By hand: ``connect``, usual 集中供水延伸, n = 12 → 集中供水延伸:12 户.
"""

from __future__ import annotations

from string import Formatter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

REMEDY_WORDS: dict[str, tuple[str, str, str]] = {
    "road_link": ("修通道路:{parts}", "Build the road link: {parts}", "m"),
    "road_straight": ("修路,直线至少 {n} 米", "Build a road: at least {n} m in a straight line", "m"),
    "road_survey": ("现无路可达,先勘察选线", "No way leads there: survey a route for a road or path first", ""),
    "bridge": ("以桥代漫水路、渡口或溜索:{n} 座", "Bridges in place of ford, ferry or rope: {n}", "bridge"),
    "wet_road": (
        "雨季断路处建桥、改造涵洞或硬化路面",
        "Where the road is cut in the wet season: bridge, culvert or hard surface",
        "",
    ),
    "nearer": ("{usual}(现超出 {n} 分钟,仅修路不能达标)", "{usual} (now {n} min beyond; a road alone does not close it)", "min"),
    "nearer_plain": ("{usual}(现超出 {n} 分钟)", "{usual} (now {n} min beyond)", "min"),
    "nearer_m": ("{usual}(现超出 {n} 米)", "{usual} (now {n} m beyond)", "m"),
    "build": ("{usual}:{n} 处", "{usual} (number: {n})", "place"),
    "to_standard": ("{usual}:{n} 处达标", "{usual} (to bring up to standard: {n})", "place"),
    "doctor": ("{usual}:配 {n} 人", "{usual} (staff to be employed: {n})", "staff"),
    "staff": ("{usual}:增配 {n} 人", "{usual} (more staff: {n})", "staff"),
    "seats": ("{usual}:新增 {n} 个座位", "{usual} (more seats: {n})", "seat"),
    "water": (
        "{usual}:每人每天至多还缺 {n} 升,共 {more} 立方米/日",
        "{usual}: up to {n} L a person and day, {more} m³/day in all",
        "l_person_day",
    ),
    "connect": ("{usual}:{n} 户", "{usual} (households: {n})", "household"),
    "radius": (
        "{usual}:增设 {n} 处,或延伸线路,至少 {more} 米",
        "{usual}: {n} more, or a line at least {more} m longer",
        "place",
    ),
    "survey": ("补充调查:{cause}", "Survey: {cause}", ""),
    "usual": ("{usual}", "{usual}", ""),
}
"""Remedy → (Chinese, English, unit of the quantity)."""

UNIT_WORDS: dict[str, tuple[str, str]] = {
    "m": ("米", "m"),
    "bridge": ("座", "bridges"),
    "min": ("分钟", "min"),
    "place": ("处", "places"),
    "staff": ("人", "staff"),
    "seat": ("个", "seats"),
    "l_person_day": ("升/人·日", "L/person/day"),
    "household": ("户", "households"),
    "": ("", ""),
}
"""Unit of a quantity → (Chinese, English)."""

_PARTS: tuple[tuple[str, str, str], ...] = (
    ("new_m", "新修 {n} 米", "{n} m new"),
    ("upgrade_m", "提升 {n} 米", "{n} m upgraded"),
    ("bridge_m", "桥 {n} 米", "{n} m of bridge"),
)
_DECIMALS = {"min": 1, "l_person_day": 1}


def round_quantity(quantity: NDArray[np.float64], unit: NDArray[np.object_]) -> NDArray[np.float64]:
    """Round quantities up to whole pieces, or to a tenth of a minute or litre.

    By hand: 2.4 households → 3; 3.0 → 3; 12.34 min → 12.4.
    """
    scale = 10.0 ** pd.Series(unit, dtype=object).map(_DECIMALS).fillna(0.0).to_numpy(dtype=np.float64)
    # A millionth above a whole is what adding up leaves of it.
    return np.ceil(quantity * scale - 1e-6) / scale


def write_remedies(table: pd.DataFrame, language: str) -> pd.Series:
    """Return one sentence per row.

    Parameters
    ----------
    table
        remedy, quantity (NaN: left out, with all but the usual remedy), more, new_m, upgrade_m, bridge_m, usual_<language>, cause_<language>.
    language
        ``zh`` or ``en``.
    """
    at = 0 if language == "zh" else 1
    result = pd.Series("", index=table.index, dtype=object)
    for remedy, some in table.groupby("remedy", sort=False):
        template, unit = REMEDY_WORDS[str(remedy)][at], REMEDY_WORDS[str(remedy)][2]
        known = some["quantity"].notna() | ("{n}" not in template)
        full, plain = some[known], some[~known]
        result[full.index] = _fill(template, full, unit, language)
        result[plain.index] = plain[f"usual_{language}"]
    return result


def join_parts(table: pd.DataFrame, language: str) -> pd.Series:
    """Return what a road link consists of: 新修 120 米、提升 300 米、桥 30 米."""
    at, mark = (1, "、") if language == "zh" else (2, ", ")
    text = pd.Series("", index=table.index, dtype=object)
    for part in _PARTS:
        length = table[part[0]].fillna(0.0)
        word = _fill_numbers(part[at], {"n": _say_number(length, "m")}, table.index)
        text = text.where(length <= 0.0, text + np.where(text == "", "", mark) + word)
    return text


def _fill(template: str, some: pd.DataFrame, unit: str, language: str) -> pd.Series:
    values = {"usual": some[f"usual_{language}"], "cause": some[f"cause_{language}"], "n": _say_number(some["quantity"], unit)}
    if "{more}" in template:
        values["more"] = _say_number(some["more"], "m" if "radius" in some["remedy"].iloc[:1].to_numpy() else "min")
    if "{parts}" in template:
        values["parts"] = join_parts(some, language)
    return _fill_numbers(template, values, some.index)


def _fill_numbers(template: str, values: dict[str, pd.Series], index: pd.Index) -> pd.Series:
    """Put whole columns into a template: braces in the columns' own text stay as they are."""
    text = pd.Series("", index=index, dtype=object)
    for words, name, _, _ in Formatter().parse(template):
        text = text + words
        if name:
            text = text + values[name].astype(object)
    return text


def _say_number(values: pd.Series, unit: str) -> pd.Series:
    rounded = pd.Series(round_quantity(values.to_numpy(dtype=np.float64), np.full(len(values), unit, dtype=object)), values.index)
    if unit in _DECIMALS:
        return rounded.map("{:.1f}".format).str.removesuffix(".0")
    return rounded.astype("Int64").astype(str)
