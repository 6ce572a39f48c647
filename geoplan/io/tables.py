"""Read CSV and Excel tables with coordinates as raw text: no guess about numbers, so codes keep their zeros.

Every cell is text or missing; `geoplan.io.canonical` turns canonical columns into numbers and reports what is none. The CSV delimiter is the
one of comma, semicolon, tab and bar that splits the header into most fields; by hand, ``编号;名称;经度`` has 2 semicolons and no comma.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.contracts.config import LayerSpec
from geoplan.errors import GeoplanError, LayerError
from geoplan.io.encoding import Encoding, choose_encoding, decode_value
from geoplan.io.sources import unreadable

TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
_DELIMITERS = ",;\t|"
_MISSING = {"", "nan", "NaN", "NULL", "null", "None", "N/A", "n/a", "#N/A"}
_MAX_CELL = 1_000_000
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_csv_text(raw: bytes, *, stated: str | None, layer_id: str) -> tuple[pd.DataFrame, Encoding]:
    """Return the rows of a CSV file as text, and its encoding.

    Raises
    ------
    LayerError
        ``LAYER-UNREADABLE`` (no header, doubled column names, rows longer than the header), ``ENCODING-MIXED`` (bytes of no one encoding).
    """
    text, encoding = _decode(raw, stated, layer_id)
    if "\x00" in text:
        raise unreadable(layer_id, "the file holds binary data, not text")
    delimiter = _find_delimiter(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise unreadable(layer_id, f"not a CSV table ({error})") from error
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise unreadable(layer_id, "the table is empty")
    return _text_frame(rows[0], rows[1:], layer_id), encoding


def read_excel_text(path: Path, *, sheet: str | None, layer_id: str) -> pd.DataFrame:
    """Return the rows of a workbook's sheet (the first unless named) as text and numbers as Excel holds them.

    Raises
    ------
    LayerError
        ``LAYER-UNREADABLE``, or ``LAYER-SHEET`` when the sheet is not there.
    """
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            names = book.sheetnames
            if sheet is not None and sheet not in names:
                raise LayerError(
                    f"the workbook has no sheet {sheet!r}",
                    code="LAYER-SHEET",
                    layer=layer_id,
                    remedy=f"Name one of {', '.join(names)}.",
                )
            rows = [list(row) for row in book[sheet or names[0]].iter_rows(values_only=True)]
        finally:
            book.close()
    except GeoplanError:
        raise
    except (
        OSError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        EOFError,
        SyntaxError,
    ) as error:
        raise unreadable(layer_id, f"not a workbook ({type(error).__name__})") from error
    except Exception as error:  # openpyxl raises whatever its XML and zip parsers raise on damaged files
        raise unreadable(layer_id, f"not a workbook ({type(error).__name__})") from error
    rows = [row for row in rows if any(cell is not None and str(cell).strip() for cell in row)]
    if not rows:
        raise unreadable(layer_id, "the sheet is empty")
    return _text_frame(["" if cell is None else str(cell) for cell in rows[0]], rows[1:], layer_id)


def place_points(frame: pd.DataFrame, spec: LayerSpec, *, layer_id: str) -> tuple[gpd.GeoDataFrame, list[int]]:
    """Return the table with points made of ``spec.x`` and ``spec.y``, and the row numbers whose coordinates are not numbers.

    Rows without coordinates keep their place with no geometry.

    Raises
    ------
    LayerError
        ``TABLE-COORDINATES`` when the catalogue names no coordinate columns or the table lacks them.
    """
    if spec.x is None or spec.y is None or spec.x not in frame or spec.y not in frame:
        raise LayerError(
            f"needs coordinate columns; the table has {', '.join(map(str, frame.columns[:12]))}",
            code="TABLE-COORDINATES",
            layer=layer_id,
            remedy="State `x` (longitude or easting) and `y` (latitude or northing) in the catalogue.",
        )
    x, y = (pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan) for name in (spec.x, spec.y))
    known = np.isfinite(x) & np.isfinite(y)
    points = np.full(len(frame), None, dtype=object)
    points[known] = shapely.points(x[known], y[known])
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(points, index=frame.index)), np.flatnonzero(~known).tolist()


def _decode(raw: bytes, stated: str | None, layer_id: str) -> tuple[str, Encoding]:
    for bom, codec in _BOMS:
        if raw.startswith(bom):
            encoding = Encoding(codec, "content")
            break
    else:
        encoding = choose_encoding(raw.split(b"\n"), stated=stated, cpg=None, ldid=0)
    text, cut, bad = decode_value(raw, encoding.name)
    if cut or bad:
        raise LayerError(
            f"the text is not all {encoding.name}",
            code="ENCODING-MIXED",
            layer=layer_id,
            remedy="Save the table as UTF-8, or state its `encoding` in the catalogue.",
        )
    return text, encoding


def _find_delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=header.count)


def _text_frame(header: list[str], rows: Sequence[Sequence[object]], layer_id: str) -> pd.DataFrame:
    """Return rows as a frame under the header; short rows are filled with missing cells, longer ones refused."""
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    doubled = sorted({name for name in names if names.count(name) > 1})
    if not names or doubled:
        raise unreadable(
            layer_id, f"column names occur twice: {', '.join(map(repr, doubled))}" if doubled else "there is no header"
        )
    long = [number for number, row in enumerate(rows, start=2) if any(_cell(one) is not None for one in row[len(names) :])]
    if long:
        raise unreadable(layer_id, f"rows hold more cells than the header (first: row {long[0]})")
    filled = [[_cell(one) for one in row[: len(names)]] + [None] * (len(names) - len(row)) for row in rows]
    return pd.DataFrame(filled, columns=names, dtype=object)


def _cell(value: object) -> object:
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        return None if text in _MISSING else text
    return value
