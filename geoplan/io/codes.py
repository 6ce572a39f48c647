"""Restore ids and codes that a spreadsheet turned into numbers, and report what cannot be restored.

By hand: 990821100001.0 → "990821100001"; 9.90821E+11 has lost digits and stays missing, reported; in a column of 12-digit codes the
11-digit "10821100001" has probably lost a leading zero: reported, never filled up.
A float holds 15 digits safely (2⁵³ ≈ 9.007·10¹⁵), so a 17-digit settlement id stored as a number is not the id any more.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from geoplan.contracts.results import Problem
from geoplan.contracts.status import Severity
from geoplan.io.problems import note_problem

_PANDAS3 = int(pd.__version__.split(".")[0]) >= 3
_EXACT = 2**53
_SCIENTIFIC = re.compile(r"^[+-]?\d+(\.\d+)?[eE]\+?\d+$")
_WHOLE = re.compile(r"^\d+\.0+$")
_ADMINISTRATIVE = {"code", "parent_code", "group_code", "village_code", "township_code", "county_code", "settlement_id"}
_SHORTENED = {5, 11, 14, 16}
"""One digit less than 6 (county), 12 (village), 15 (group), 17 (settlement)."""


def restore_codes(values: pd.Series, *, layer_id: str, column: str, ids: pd.Series) -> tuple[pd.Series, list[Problem]]:
    """Return codes as text and the problems found; a code that lost digits becomes missing, never a guess.

    Parameters
    ----------
    values
        Text or numbers.
    layer_id, column
        Where they come from.
    ids
        One label per row for the reports.
    """
    texts, lost = _as_codes(values)
    problems = []
    if lost.any():
        problems.append(_lost_digits(values, lost, layer_id, column, ids))
    short = _shortened(texts) if column in _ADMINISTRATIVE else pd.Series(False, index=texts.index)
    if short.any():
        problems.append(
            note_problem(
                "CODE-SHORTENED",
                Severity.ERROR,
                layer_id,
                zh=f"{column} 列有 {int(short.sum())} 个代码位数不足，可能丢失了前导零",
                en=f"{int(short.sum())} codes of {column} are too short: leading zeros were probably lost",
                fix_zh="在来源文件中把该列设为文本格式后重新导出。",
                fix_en="Set the column to text in the source and export it again.",
                column=column,
                ids=texts[short],
            )
        )
    return texts, problems


def _as_codes(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return text codes (missing where unknown), and which cells lost digits."""
    if pd.api.types.is_integer_dtype(values.dtype):
        whole = values.astype(object).where(values.notna(), None).map(lambda one: str(int(one)), na_action="ignore")
        return _as_strings(whole), pd.Series(False, index=values.index)
    # Each distinct cell is looked at once: codes of parents repeat thousands of times.
    cells = values.dropna().unique().tolist()
    if _PANDAS3 and values.dtype == "str" and all(map(_is_plain, cells)):
        return values, pd.Series(False, index=values.index)
    distinct = {one: _code_of(one) for one in cells}
    texts = values.map({one: text for one, (text, _) in distinct.items()}, na_action="ignore").astype(object)
    lost = values.isin([one for one, (_, gone) in distinct.items() if gone])
    return _as_strings(texts.where(texts.notna(), None)), lost.astype(bool)


def _as_strings(texts: pd.Series) -> pd.Series:
    """Return text in the string type of the pandas at hand (``str`` from pandas 3 on, ``object`` before)."""
    return texts.astype("str") if _PANDAS3 else texts


def _is_plain(text: str) -> bool:
    """Return whether a text is surely a code as it stands: all digits, or a word that begins with a letter (and is thus no number)."""
    return text.isdigit() or (text[:1].isalpha() and text[-1:].isalnum())


def _code_of(value: object) -> tuple[str | None, bool]:
    """Return the code a cell holds, and whether its digits were lost."""
    if isinstance(value, float | np.floating):
        number = float(value)
        if not np.isfinite(number) or abs(number) >= _EXACT or not number.is_integer():
            return None, True
        return str(int(number)), False
    text = str(value).strip()
    if _SCIENTIFIC.match(text):
        return None, True
    if _WHOLE.match(text):
        return text.split(".")[0], False
    return text or None, False


def _shortened(texts: pd.Series) -> pd.Series:
    """Return which codes are one digit short of an administrative length, or short of the column's usual length by one."""
    place, distinct = pd.factorize(texts)
    known = place >= 0
    # 0 stands for what is no code of digits.
    length = np.array([len(one) if one.isascii() and one.isdigit() else 0 for one in distinct], dtype=np.int64)
    rows = np.bincount(np.append(length[place[known]], 0))
    rows[0] = 0
    own, digits = int(rows.argmax()), int(rows.sum())
    short = np.isin(length, list(_SHORTENED))
    if own >= 6 and float(rows[own]) >= 0.6 * digits:
        short = (short & (length != own)) | (length == own - 1) | (short & (own in _SHORTENED))
    found = np.zeros(len(texts), dtype=bool)
    found[known] = short[place[known]]
    return pd.Series(found, index=texts.index)


def _lost_digits(values: pd.Series, lost: pd.Series, layer_id: str, column: str, ids: pd.Series) -> Problem:
    samples = ", ".join(str(one) for one in values[lost].head(3))
    return note_problem(
        "CODE-DIGITS-LOST",
        Severity.ERROR,
        layer_id,
        zh=f"{column} 列有 {int(lost.sum())} 个代码以数字保存，末位已丢失（如 {samples}），按缺失处理",
        en=f"{int(lost.sum())} codes of {column} were stored as numbers and lost digits (e.g. {samples}); taken as missing",
        fix_zh="在来源文件中把该列设为文本格式后重新导出。",
        fix_en="Set the column to text in the source and export it again.",
        column=column,
        ids=ids[lost.to_numpy()],
    )
