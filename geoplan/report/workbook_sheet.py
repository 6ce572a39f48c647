"""Write one sheet of a workbook: title, note, totals that follow the filter, frozen header, typed columns, colours of states.

Rows of a sheet: title; note; totals (only where a column has one); header; data. A total is ``SUBTOTAL(109, …)`` with its value stored beside
the formula: a reader that does not calculate shows it, one that does finds the same, and a filter changes it. By hand: 3, 4, empty → 7.

Nothing that comes from data is a formula or a link: text is stored as text, and where it begins like a formula the cell also carries the quote
prefix, so that it stays text when it is edited. A number that is not known is an empty cell, never 0; its status stands beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from geoplan.report.style import STATE_COLOURS, STATE_LABELS, STATES, label

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

Kind = Literal["text", "code", "id", "count", "number", "tenth", "metres", "yuan", "wan", "share", "score", "year"]
NUMBER_FORMATS: Final[dict[str, str]] = {
    "count": "#,##0", "number": "#,##0.0##", "tenth": "#,##0.0", "metres": "#,##0", "yuan": "#,##0", "wan": "#,##0.00", "share": "0.0%",
    "score": "0.000", "year": "0",
}  # fmt: skip
"""Kind of a column → Excel number format; text and codes are stored as text."""
MAX_ROWS: Final = 1_000_000
"""Data rows a sheet takes (Excel ends at 1,048,576)."""
FONT: Final = "Microsoft YaHei"
"""Named in every cell; a machine without it takes its own Chinese font."""
HEADER_COLOUR: Final = "#2f4b5c"
LINE_COLOUR: Final = "#d0d0d0"
OVERDUE_COLOUR: Final = "#a50f2d"
_LONGEST: Final = 32_000
"""Characters of a cell (Excel ends at 32,767, counted in UTF-16)."""
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FORMULA_LIKE = ("=", "+", "-", "@", "\t", "\r", "\n", "=", "+", "-", "@")


@dataclass(frozen=True)
class Field:
    """One column of a sheet.

    Attributes
    ----------
    key
        Column of the frame; absent columns are left out of the sheet.
    zh, en
        Header, with its unit.
    kind
        How it is stored and shown. ``wan``: yuan shown in ten thousands.
    width
        Characters of the digit 0; a Chinese character takes two.
    total
        Whether the sheet sums it.
    colour
        ``state`` (colours of the map), ``flag`` (any text is red), "" (none).
    extra
        Beyond the printed page.
    """

    key: str
    zh: str
    en: str
    kind: Kind = "text"
    width: float = 12.0
    total: bool = False
    colour: Literal["", "state", "flag"] = ""
    extra: bool = False


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes
    ----------
    name
        As on its tab; `unique_sheet_name` makes it fit.
    title, note
        First two lines.
    fields
        Columns in order.
    frame
        One row per line of the sheet.
    frozen
        Columns that stay when one scrolls to the right.
    tab
        Colour of the tab, or "".
    """

    name: str
    title: str
    note: str
    fields: tuple[Field, ...]
    frame: pd.DataFrame
    frozen: int = 0
    tab: str = ""


def clean_text(value: object) -> str:
    r"""Return text as a cell may hold it: what XML forbids removed, cut to what Excel takes; ``""`` where missing.

    >>> clean_text("a\x00b\ud800"), clean_text(None), clean_text(float("nan")), clean_text("=1+1")
    ('ab', '', '', '=1+1')
    """
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    text = _ILLEGAL.sub("", str(value))
    if len(text) > _LONGEST // 2 and len(text.encode("utf-16-le")) // 2 > _LONGEST:
        text = text.encode("utf-16-le")[: 2 * _LONGEST].decode("utf-16-le", "ignore") + "…"
    return text


def looks_like_formula(text: str) -> bool:
    """Tell whether a spreadsheet might take text for a formula when it is typed in or read from a CSV.

    >>> looks_like_formula("=cmd|'/C calc'!A0"), looks_like_formula("-1组"), looks_like_formula("1组")
    (True, True, False)
    """
    return text.startswith(_FORMULA_LIKE)


def unique_sheet_name(name: str, taken: Sequence[str]) -> str:
    r"""Return a name that Excel takes: at most 31 UTF-16 units, none of ``[]:*?/\\``, no ``'`` at its ends, unlike any taken (case apart).

    >>> unique_sheet_name("城关镇/一:[x]", ()), unique_sheet_name("城关镇", ("城关镇",)), unique_sheet_name("'", ())
    ('城关镇_一__x_', '城关镇 (2)', '_')
    """
    base = re.sub(r"[\[\]:*?/\\\t\r\n]", "_", clean_text(name)).strip()
    base = re.sub(r"^'|'$", "_", base) or "_"
    if base.lower() == "history":  # Excel keeps this name for itself.
        base += "_"
    used = {one.lower() for one in taken}
    chosen, number = _cut(base, 31), 2
    while chosen.lower() in used:
        tail = f" ({number})"
        chosen, number = _cut(base, 31 - len(tail)) + tail, number + 1
    return chosen


def _cut(text: str, units: int) -> str:
    """Return the longest beginning of a text that takes at most so many UTF-16 units and does not end in a quote."""
    cut = text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore").rstrip()
    return cut[:-1] + "_" if cut.endswith("'") else cut


class Pen:
    """Formats of one workbook, each made once."""

    def __init__(self, book: Workbook, language: str) -> None:
        self.book = book
        self.language = language
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def format(self, **properties: Any) -> Format:
        """Return the format with these properties on top of the common font."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self.book.add_format({"font_name": FONT, "font_size": 10, "valign": "vcenter", **properties})
        return self._made[key]

    def cell(self, kind: Kind) -> Format:
        """Return the format of a data cell."""
        if kind in NUMBER_FORMATS:
            return self.format(border=1, border_color=LINE_COLOUR, num_format=NUMBER_FORMATS[kind])
        return self.format(**_text_properties(kind))

    def rule(self, **properties: Any) -> Format:
        """Return the format of a conditional colour, which must not name a font."""
        key = (("rule", True), *sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self.book.add_format(properties)
        return self._made[key]

    def quoted(self, kind: Kind) -> Format:
        """Return the format of a text cell that begins like a formula."""
        return self.format(**_text_properties(kind), quote_prefix=True)


def _text_properties(kind: Kind) -> dict[str, Any]:
    shown: dict[str, Any] = {"border": 1, "border_color": LINE_COLOUR, "num_format": "@"}
    if kind == "id":
        return shown | {"font_size": 8, "shrink": True}
    return shown | {"indent": 1, "text_wrap": kind == "text"}


def draw_sheet(pen: Pen, sheet: Sheet, name: str) -> None:
    """Add a sheet to the workbook of ``pen`` under ``name``.

    Raises
    ------
    ValueError
        When the frame has more rows than a sheet takes (see `split_sheet`).
    """
    if len(sheet.frame) > MAX_ROWS:
        raise ValueError(f"sheet {sheet.name} has {len(sheet.frame)} rows; at most {MAX_ROWS} fit")
    fields = [one for one in sheet.fields if one.key in sheet.frame.columns]
    page = pen.book.add_worksheet(name)
    page.hide_gridlines(2)
    totals = any(one.total for one in fields)
    header, first = (3, 4) if totals else (2, 3)
    last = first + len(sheet.frame) - 1
    _set_columns(page, fields)
    _write_text(page, pen, 0, 0, sheet.title, pen.format(bold=True, font_size=14))
    _write_text(page, pen, 1, 0, sheet.note, pen.format(font_color="#555555"))
    head = pen.format(
        bold=True,
        font_color="#ffffff",
        bg_color=HEADER_COLOUR,
        border=1,
        border_color=LINE_COLOUR,
        text_wrap=True,
        align="center",
    )
    page.set_row(0, 24)
    page.set_row(header, 32)
    for column, field in enumerate(fields):
        page.write_string(header, column, label((field.zh, field.en), pen.language), head)
        _write_column(page, pen, first, column, field, sheet.frame[field.key])
    for row, lines in enumerate(count_lines(sheet.frame, fields).tolist(), first):
        if lines > 1:
            page.set_row(row, 14.0 * lines + 2)
    if totals:
        _write_totals(page, pen, fields, sheet.frame, first)
    if len(sheet.frame):
        page.autofilter(header, 0, last, len(fields) - 1)
        for column, field in enumerate(fields):
            _colour_column(page, pen, first, last, column, field)
    page.freeze_panes(header + 1, sheet.frozen)
    _set_print(page, pen, fields, header, max(last, header))
    if sheet.tab:
        page.set_tab_color(sheet.tab)


def _set_columns(page: Worksheet, fields: Sequence[Field]) -> None:
    for column, field in enumerate(fields):
        page.set_column(column, column, field.width)


def _write_text(page: Worksheet, pen: Pen, row: int, column: int, value: object, shown: Format) -> None:
    page.write_string(row, column, clean_text(value), shown)


def _write_column(page: Worksheet, pen: Pen, first: int, column: int, field: Field, values: pd.Series) -> None:
    """Write a column cell by cell: numbers as numbers, the rest as text, what is missing as an empty cell."""
    shown = pen.cell(field.kind)
    if field.kind in NUMBER_FORMATS:
        for row, number in enumerate(numbers_of(values, field.kind).tolist(), first):
            if math.isfinite(number):
                page.write_number(row, column, number, shown)
            else:
                page.write_blank(row, column, None, shown)
        return
    quoted = pen.quoted(field.kind)
    tidy = cache(clean_text)
    for row, value in enumerate(values.tolist(), first):
        text = tidy(value) if isinstance(value, str) else clean_text(value)
        if text:
            page.write_string(row, column, text, quoted if looks_like_formula(text) else shown)
        else:
            page.write_blank(row, column, None, shown)


def numbers_of(values: pd.Series, kind: str) -> np.ndarray:
    """Return a column's numbers as they stand in the cells; NaN where missing or not finite. Yuan of kind ``wan`` are divided by 10,000."""
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    return numbers / 1e4 if kind == "wan" else numbers


def count_lines(frame: pd.DataFrame, fields: Sequence[Field]) -> np.ndarray:
    """Return how many lines the tallest wrapped text of each row takes, at most 12: a program that opens the sheet need not measure.

    A character beyond Latin takes two places of a column's width.
    """
    lines = np.ones(len(frame), dtype=np.int64)
    for field in fields:
        if field.kind != "text":
            continue
        room = max(field.width - 2.0, 1.0)
        codes, texts = pd.factorize(frame[field.key].map(clean_text))
        tall = [sum(max(1, math.ceil(_places(part) / room)) for part in one.split("\n")) for one in texts]
        lines = np.maximum(lines, np.array([*tall, 1])[codes])
    return np.minimum(lines, 12)


def _places(text: str) -> float:
    return sum(1.8 if one > "\u2e7f" else 1.05 for one in text)


def _write_totals(page: Worksheet, pen: Pen, fields: Sequence[Field], frame: pd.DataFrame, first: int) -> None:
    from xlsxwriter.utility import xl_range

    line = first - 2
    plain = pen.format(bold=True, top=1, bottom=1, bg_color="#eef3f6")
    last = max(first + len(frame) - 1, first)
    for column, field in enumerate(fields):
        if not field.total:
            page.write_blank(line, column, None, plain)
            continue
        shown = pen.format(bold=True, top=1, bottom=1, bg_color="#eef3f6", num_format=NUMBER_FORMATS[field.kind])
        numbers = numbers_of(frame[field.key], field.kind)
        # An all-unknown column has no total; a sum over nothing would print 0.
        if len(numbers) and np.isfinite(numbers).any():
            total = math.fsum(numbers[np.isfinite(numbers)].tolist())
            page.write_formula(line, column, f"=SUBTOTAL(109,{xl_range(first, column, last, column)})", shown, total)
        else:
            page.write_blank(line, column, None, shown)
    if not fields[0].total:
        page.write_string(line, 0, "合计(随筛选)" if pen.language == "zh" else "Total (filtered)", plain)


def _colour_column(page: Worksheet, pen: Pen, first: int, last: int, column: int, field: Field) -> None:
    if field.colour == "state":
        for state in STATES:
            text = label(STATE_LABELS[state], pen.language)
            rule = {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": pen.rule(**state_properties(state))}
            page.conditional_format(first, column, last, column, rule)
    elif field.colour == "flag":
        red = pen.rule(font_color=OVERDUE_COLOUR, bold=True)
        page.conditional_format(first, column, last, column, {"type": "no_blanks", "format": red})


def state_properties(state: str) -> dict[str, Any]:
    """Return fill and font of a state in the map's colours.

    >>> state_properties("gap")["bg_color"] == STATE_COLOURS["gap"]
    True
    """
    if state == "unknown":
        # White under grey hatching, as on the map.
        return {"pattern": 14, "bg_color": STATE_COLOURS[state], "fg_color": "#b5b5b5", "font_color": "#333333", "italic": True}
    return {"bg_color": STATE_COLOURS[state], "font_color": "#ffffff" if state == "unreachable" else "#1a1a1a"}


def _set_print(page: Worksheet, pen: Pen, fields: Sequence[Field], header: int, last: int) -> None:
    """Set A4 landscape, one page wide, header on every page; columns marked ``extra`` stay off the paper."""
    printed = max((k for k, one in enumerate(fields) if not one.extra), default=0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(header)
    page.print_area(0, 0, last, printed)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&L&A&R&P / &N" if pen.language == "en" else "&L&A&R第 &P 页 / 共 &N 页")


def split_sheet(sheet: Sheet) -> list[Sheet]:
    """Return the sheet, or its parts where it has more rows than one takes."""
    if len(sheet.frame) <= MAX_ROWS:
        return [sheet]
    parts = range(0, len(sheet.frame), MAX_ROWS)
    return [
        Sheet(sheet.name, sheet.title, sheet.note, sheet.fields, sheet.frame.iloc[k : k + MAX_ROWS], sheet.frozen, sheet.tab)
        for k in parts
    ]
