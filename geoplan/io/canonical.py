"""Turn a source's columns into the canonical ones: names, values, constants, kinds; report what does not fit, guess nothing.

By hand, a workbook's row ``编号 = 990821100001.0, 人口 = "约30", 路面 = "沥青"`` under ``columns: {编号: village_code, 人口: persons, 路面: surface}`` and
``values: {surface: {沥青: asphalt}}`` becomes ``village_code "990821100001", persons NaN (reported), surface "asphalt"``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Hashable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.contracts.columns import COLUMNS, CROSSINGS, ROAD_CLASSES, SURFACES
from geoplan.contracts.config import LayerSpec
from geoplan.contracts.results import Problem
from geoplan.contracts.status import Severity
from geoplan.errors import ConfigError
from geoplan.io.codes import restore_codes
from geoplan.io.problems import note_problem

_VOCABULARY = {"road_class": tuple(ROAD_CLASSES), "surface": tuple(SURFACES), "crossing": tuple(CROSSINGS)}
_DBF_NAME_BYTES = 10
_TRUE = {"1", "true", "yes", "y", "t", "是", "有", "1.0"}
_FALSE = {"0", "false", "no", "n", "f", "否", "无", "0.0"}
_AGAINST = {"-1", "reverse", "反向", "逆向"}
_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"


def check_mapping(spec: LayerSpec, *, layer_id: str) -> None:
    """Raise if the catalogue maps columns to names geoplan does not have, or gives one name twice.

    Raises
    ------
    ConfigError
        ``COLUMN-UNKNOWN`` or ``COLUMN-TWICE``.
    """
    named = [*spec.columns.values(), *spec.values, *spec.constants]
    unknown = sorted({one for one in named if one not in COLUMNS})
    if unknown:
        near = difflib.get_close_matches(unknown[0], COLUMNS, n=1)
        raise ConfigError(
            f"maps to columns geoplan does not have: {', '.join(unknown)}",
            code="COLUMN-UNKNOWN",
            layer=layer_id,
            remedy=f"Is {near[0]} meant?" if near else "Use a canonical name, or list the column under `keep`.",
        )
    targets = [*spec.columns.values(), *spec.constants]
    doubled = sorted({one for one in targets if targets.count(one) > 1})
    if doubled:
        raise ConfigError(f"gives {', '.join(doubled)} twice", code="COLUMN-TWICE", layer=layer_id, remedy="Keep one of them.")


def select_rows(frame: gpd.GeoDataFrame, spec: LayerSpec, *, layer_id: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return the rows whose source columns hold one of the values of ``where`` (``["*"]``: any value at all)."""
    chosen = np.ones(len(frame), dtype=bool)
    missing: list[str] = []
    for source, wanted in spec.where.items():
        if source not in frame.columns:
            missing.append(source)
            continue
        texts = as_text(frame[source])
        chosen &= (texts.notna() if "*" in wanted else texts.isin(wanted)).to_numpy(dtype=bool)
    problems = []
    if missing:
        problems.append(_missing_columns(missing, frame, layer_id, "where"))
        chosen[:] = False
    return frame[chosen], problems


def rename_columns(
    frame: gpd.GeoDataFrame, spec: LayerSpec, *, layer_id: str
) -> tuple[gpd.GeoDataFrame, list[str], list[Problem]]:
    """Return canonical columns, ``keep`` columns and geometry; nothing else survives, so personal data stays outside.

    A Shapefile's ten-byte names stand for the one canonical or mapped name they begin.

    Returns
    -------
    frame, notes, problems
    """
    names = [one for one in frame.columns if one != frame.geometry.name]
    chosen: dict[str, str] = {}
    notes: list[str] = []
    missing: list[str] = []
    problems: list[Problem] = []
    for source, target in spec.columns.items():
        found = source if source in names else _cut_name(source, names)
        if found is None:
            missing.append(source)
            continue
        chosen[target] = found
        if found != source:
            notes.append(f"column {found!r} read as {source!r} (names are cut at 10 bytes)")
    for name in names:
        if name in chosen.values() or name in spec.columns:
            continue
        meant = [name] if name in COLUMNS else _canonical_of_cut(name)
        if len(meant) > 1:
            problems.append(_ambiguous(name, meant, layer_id))
        if len(meant) == 1 and meant[0] not in chosen and meant[0] not in spec.constants:
            chosen[meant[0]] = name
            if meant[0] != name:
                notes.append(f"column {name!r} read as {meant[0]!r} (names are cut at 10 bytes)")
    kept = [one for one in spec.keep if one in names]
    missing += [one for one in spec.keep if one not in names]
    parts: dict[Hashable, Any] = {target: frame[source] for target, source in chosen.items()}
    parts |= {one: frame[one] for one in kept if one not in parts}
    parts |= {
        target: pd.Series([value] * len(frame), index=frame.index, dtype=object) for target, value in spec.constants.items()
    }
    out = gpd.GeoDataFrame(parts | {"geometry": frame.geometry}, geometry="geometry", index=frame.index, crs=frame.crs)
    problems += [_missing_columns(missing, frame, layer_id, "columns")] if missing else []
    return out, notes, problems


def map_values(frame: gpd.GeoDataFrame, spec: LayerSpec, *, layer_id: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return the frame with source values replaced by canonical ones; values without a rule stay and are listed.

    Road classes, surfaces and crossings have a vocabulary of their own: a word outside it is listed even when no rule is stated.
    """
    out, problems = frame.copy(), []
    for column in dict.fromkeys([*spec.values, *_VOCABULARY]):
        if column not in frame.columns:
            continue
        rules = spec.values.get(column, {})
        texts = as_text(frame[column])
        known = {*rules, *(str(one) for one in rules.values()), *_VOCABULARY.get(column, ()), ""}
        unmapped = sorted(set(texts.dropna()) - known)
        if rules:
            out[column] = texts.map(rules).where(texts.isin(list(rules)), texts).astype(object)
        if unmapped:
            rows = texts.isin(unmapped)
            problems.append(
                note_problem(
                    "VALUE-UNMAPPED",
                    Severity.WARNING,
                    layer_id,
                    zh=f"{column} 列有目录未说明的取值：{'、'.join(unmapped[:10])}",
                    en=f"{column} holds values the catalogue has no rule for: {', '.join(unmapped[:10])}",
                    fix_zh="在目录的 values 中补充这些取值。",
                    fix_en="Add the values under `values` in the catalogue.",
                    column=column,
                    ids=unmapped,
                    count=int(rows.sum()),
                )
            )
    return out, problems


def coerce_columns(frame: gpd.GeoDataFrame, *, layer_id: str, ids: pd.Series) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return the frame with every canonical column in its kind; cells that do not fit become missing and are reported.

    Parameters
    ----------
    frame
        Canonical columns and kept ones (which stay as they are).
    layer_id
        Catalogue id.
    ids
        One label per row for the reports.
    """
    out, problems = frame.copy(), []
    for name in frame.columns:
        column = COLUMNS.get(str(name))
        if column is None or name == frame.geometry.name:
            continue
        if column.kind == "code":
            out[name], found = restore_codes(frame[name], layer_id=layer_id, column=str(name), ids=ids)
            problems += found
            continue
        if column.kind == "text":
            out[name] = as_text(frame[name])
            continue
        told = read_oneway(frame[name]) if name == "oneway" else frame[name]
        values, bad = _KINDS[column.kind](told)
        out[name] = values
        if bad.any():
            problems.append(_bad_cells(frame[name], bad, layer_id, str(name), ids))
    return out, problems


def as_text(values: pd.Series) -> pd.Series:
    """Return values as stripped text; whole floats lose their ``.0``, missing stays missing."""
    if pd.api.types.is_string_dtype(values.dtype) and not pd.api.types.is_object_dtype(values.dtype):
        return values.str.strip()
    texts = values.astype(object).where(values.notna(), None).map(_text_of, na_action="ignore")
    return texts.astype("str") if _PANDAS3 else texts


_PANDAS3 = int(pd.__version__.split(".")[0]) >= 3


def _text_of(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float | np.floating) and np.isfinite(value) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace").strip()
    return str(value).strip()


def as_numbers(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return floats and which cells held something that is no finite number (never turned into 0)."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return values.astype("float64"), pd.Series(False, index=values.index)
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.astype("float64")
    else:
        texts = as_text(values).astype(object)
        present = texts.notna() & (texts != "")
        # Full-width digits １２ are digits.
        plain = texts.where(present).astype("string").str.normalize("NFKC")
        grouped = plain.str.match(_THOUSANDS).fillna(False).astype(bool)
        plain = plain.where(~grouped, plain.str.replace(",", "", regex=False))
        numbers = pd.to_numeric(plain, errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        numbers = pd.Series(numbers, index=values.index)
        bad = present & ~np.isfinite(numbers)
        return numbers.where(~bad), bad.astype(bool)
    bad = numbers.notna() & ~np.isfinite(numbers)
    return numbers.where(~bad), bad


def _as_integers(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return int64 where every cell has a value, else float64 with NaN; fractions are bad."""
    numbers, bad = as_numbers(values)
    broken = numbers.notna() & (numbers != np.floor(numbers))
    numbers = numbers.where(~broken)
    return (numbers.astype("int64") if numbers.notna().all() else numbers), bad | broken


def read_oneway(values: pd.Series) -> pd.Series:
    """Return one-way words as numbers: yes and its kin 1, no 0, against the line -1; anything else stays to be reported.

    A one-way street taken for two-way would let people drive where they cannot, so the common words are known.

    >>> read_oneway(pd.Series(["yes", "否", "-1", "sometimes"])).tolist()
    ['1', '0', '-1', 'sometimes']
    """
    texts = as_text(values).astype(object)
    lower = texts.map(str.lower, na_action="ignore")
    known = {
        **dict.fromkeys(_TRUE | {"单行", "单向", "正向"}, "1"),
        **dict.fromkeys(_FALSE | {"双向"}, "0"),
        **dict.fromkeys(_AGAINST, "-1"),
    }
    return lower.map(known).where(lower.isin(list(known)), texts)


def _as_booleans(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    texts = as_text(values).astype(object).map(str.lower, na_action="ignore")
    truth, falsehood = texts.isin(_TRUE), texts.isin(_FALSE)
    bad = texts.notna() & ~truth & ~falsehood & (texts != "")
    answer = pd.Series(truth.to_numpy(), index=values.index, dtype="boolean")
    return answer.where(truth | falsehood), bad


_KINDS: dict[str, Callable[[pd.Series], tuple[pd.Series, pd.Series]]] = {
    "number": as_numbers,
    "integer": _as_integers,
    "boolean": _as_booleans,
}


def _cut_name(source: str, names: list[str]) -> str | None:
    """Return the one column that is ``source`` cut to ten bytes in UTF-8 or GBK, or None."""
    cuts = {
        source.encode(codec, errors="replace")[:_DBF_NAME_BYTES].decode(codec, errors="ignore") for codec in ("utf-8", "gb18030")
    }
    found = [one for one in names if one in cuts and one != source]
    return found[0] if len(found) == 1 else None


def _canonical_of_cut(name: str) -> list[str]:
    """Return the canonical names that ten characters may stand for."""
    return [one for one in COLUMNS if one.startswith(name)] if len(name) == _DBF_NAME_BYTES else []


def _ambiguous(name: str, meant: list[str], layer_id: str) -> Problem:
    return note_problem(
        "COLUMN-AMBIGUOUS",
        Severity.WARNING,
        layer_id,
        zh=f"字段 {name} 可能是 {'、'.join(meant)}，未采用",
        en=f"column {name} may stand for {', '.join(meant)}; not used",
        fix_zh="在目录的 columns 中写明。",
        fix_en="Say which under `columns` in the catalogue.",
        column=name,
        ids=meant,
    )


def _missing_columns(missing: list[str], frame: gpd.GeoDataFrame, layer_id: str, where: str) -> Problem:
    names = [str(one) for one in frame.columns if one != frame.geometry.name]
    near = difflib.get_close_matches(missing[0], names, n=1)
    return note_problem(
        "COLUMN-MISSING",
        Severity.ERROR,
        layer_id,
        zh=f"目录 {where} 所列的字段不在文件中：{'、'.join(missing)}",
        en=f"the file lacks columns named under `{where}`: {', '.join(missing)}",
        fix_zh=f"是否为 {near[0]}？" if near else f"文件中的字段：{'、'.join(names[:12])}。",
        fix_en=f"Is {near[0]} meant?" if near else f"The file has {', '.join(names[:12])}.",
        column=missing[0],
        ids=missing,
    )


def _bad_cells(values: pd.Series, bad: pd.Series, layer_id: str, column: str, ids: pd.Series) -> Problem:
    samples = sorted({str(one) for one in values[bad]})[:5]
    return note_problem(
        "CELL-NOT-NUMBER",
        Severity.WARNING,
        layer_id,
        zh=f"{column} 列有 {int(bad.sum())} 个单元格不是有效数值（如 {'、'.join(samples)}），按缺失处理",
        en=f"{int(bad.sum())} cells of {column} are no valid numbers (e.g. {', '.join(samples)}); taken as missing",
        fix_zh="更正这些单元格。",
        fix_en="Correct the cells.",
        column=column,
        ids=ids[bad.to_numpy()],
    )
