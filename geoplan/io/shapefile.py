"""Read a Shapefile whatever encoding its text is in, and notice one that was cut off.

GDAL is asked for the raw bytes (Latin-1 keeps each byte as one character), and `geoplan.io.encoding` decodes them: a wrong or missing
``.cpg`` does no harm, and a name cut in the middle of a character at the field's last byte keeps its whole characters.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from geoplan.contracts.results import Problem
from geoplan.contracts.status import Severity
from geoplan.io.encoding import Encoding, choose_encoding, decode_value, read_dbf_text
from geoplan.io.problems import note_problem
from geoplan.io.sources import shapefile_parts, unreadable

_SHP_MAGIC = b"\x00\x00\x27\x0a"


def read_shapefile(path: Path, *, stated: str | None, layer_id: str) -> tuple[gpd.GeoDataFrame, list[str], list[Problem]]:
    """Return the features with text decoded, notes and problems.

    Raises
    ------
    LayerError
        ``LAYER-UNREADABLE`` when the files are damaged, cut off, or do not belong together.
    """
    parts = {one.suffix.lower(): one for one in shapefile_parts(path)}
    _check_length(path, layer_id)
    for suffix in (".dbf", ".shx"):
        if suffix not in parts:
            raise unreadable(layer_id, f"{path.stem}{suffix} is missing beside {path.name}")
    values, ldid = read_dbf_text(parts[".dbf"])
    cpg = parts[".cpg"].read_bytes().decode("ascii", errors="replace") if ".cpg" in parts else None
    encoding = choose_encoding(values, stated=stated, cpg=cpg, ldid=ldid)
    raw = pyogrio.read_dataframe(path, encoding="ISO-8859-1")
    shapes = (parts[".shx"].stat().st_size - 100) // 8
    if len(raw) != shapes:
        raise unreadable(layer_id, f"{shapes} shapes and {len(raw)} rows do not belong together")
    frame, cut, bad = _decode_frame(raw, encoding)
    problems = _report(layer_id, encoding, cut, bad)
    notes = [] if encoding.name == "utf-8" or encoding.found == "ascii" else [f"text read as {encoding.name} ({encoding.found})"]
    return frame, notes, problems


def _check_length(path: Path, layer_id: str) -> None:
    with path.open("rb") as stream:
        head = stream.read(100)
    if len(head) < 100 or not head.startswith(_SHP_MAGIC):
        raise unreadable(layer_id, f"{path.name} is not a Shapefile")
    announced = int.from_bytes(head[24:28], "big") * 2
    if path.stat().st_size < announced:
        raise unreadable(layer_id, f"{path.name} is cut off ({path.stat().st_size} of {announced} bytes)")


def _decode_frame(
    raw: gpd.GeoDataFrame, encoding: Encoding
) -> tuple[gpd.GeoDataFrame, dict[str, list[int]], dict[str, list[int]]]:
    """Return the frame with names and text decoded, and per column the rows cut in a character or not decodable."""
    frame = raw.copy()
    cut: dict[str, list[int]] = {}
    bad: dict[str, list[int]] = {}
    renamed = {
        name: decode_value(str(name).encode("latin-1"), encoding.name)[0] for name in raw.columns if name != raw.geometry.name
    }
    for name, target in renamed.items():
        column = raw[name]
        if not (pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)):
            continue
        texts = [one for one in column.dropna().unique() if isinstance(one, str)]
        decoded = {one: decode_value(one.encode("latin-1", errors="replace"), encoding.name) for one in texts}
        frame[name] = column.map({one: found[0] for one, found in decoded.items()}, na_action="ignore")
        for rows, position in ((cut, 1), (bad, 2)):
            wrong = column.isin([one for one, found in decoded.items() if found[position]])
            if wrong.any():
                rows[target] = wrong.to_numpy().nonzero()[0].tolist()
    return frame.rename(columns=renamed), cut, bad


def _decode_names(names: list[str], encoding: Encoding) -> dict[str, str]:
    """Return field name as bytes-in-Latin-1 → decoded; names that only differed in a cut last character get a number."""
    decoded: dict[str, str] = {}
    for name in names:
        text = decode_value(name.encode("latin-1", errors="replace"), encoding.name)[0]
        taken = list(decoded.values())
        number = 2
        unique = text
        while unique in taken:
            unique, number = f"{text}_{number}", number + 1
        decoded[name] = unique
    return decoded


def _report(layer_id: str, encoding: Encoding, cut: dict[str, list[int]], bad: dict[str, list[int]]) -> list[Problem]:
    problems = []
    if encoding.declared_wrongly:
        problems.append(
            note_problem(
                "ENCODING-DECLARED-WRONG",
                Severity.WARNING,
                layer_id,
                zh=f"文件声明的编码 {encoding.declared_wrongly} 与内容不符，按 {encoding.name} 读取",
                en=f"the file declares {encoding.declared_wrongly} but its text is {encoding.name}; read as {encoding.name}",
                fix_zh="更正 .cpg 文件，或在目录中写明 encoding。",
                fix_en="Correct the .cpg file, or state `encoding` in the catalogue.",
                count=1,
            )
        )
    for column, rows in cut.items():
        problems.append(
            note_problem(
                "TEXT-CUT",
                Severity.WARNING,
                layer_id,
                zh=f"{column} 列有 {len(rows)} 个值在字段末尾被截断（半个汉字已去掉）",
                en=f"{len(rows)} values of {column} were cut in the middle of a character at the end of the field",
                fix_zh="改用 GeoPackage，或加长字段后重新导出。",
                fix_en="Use GeoPackage, or export with a longer field.",
                column=column,
                ids=[f"row {one + 1}" for one in rows],
            )
        )
    for column, rows in bad.items():
        problems.append(
            note_problem(
                "TEXT-UNREADABLE",
                Severity.ERROR,
                layer_id,
                zh=f"{column} 列有 {len(rows)} 个值无法按 {encoding.name} 解码",
                en=f"{len(rows)} values of {column} do not decode as {encoding.name}",
                fix_zh="在目录中写明正确的 encoding。",
                fix_en="State the right `encoding` in the catalogue.",
                column=column,
                ids=[f"row {one + 1}" for one in rows],
            )
        )
    return problems
