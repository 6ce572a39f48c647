"""Find the text encoding of a Shapefile's DBF or of a CSV, and mend text that was cut in the middle of a character.

A DBF field is a fixed number of bytes (at most 254), so a Chinese name of 85 characters × 3 bytes = 255 loses the last byte of its last
character in UTF-8. The order of belief is: what the catalogue states, then the first of .cpg, the language byte (LDID, byte 29), UTF-8, GB 18030
in which every value decodes, a cut last character apart. Text in UTF-8 is hardly ever valid by chance: three distinct values with Chinese characters
that all decode settle the matter, whatever the file declares; and a declared UTF-8 that does not decode is put aside, and reported.

By hand: 广元 in GBK is B9 E3 D4 AA; B9 cannot begin a UTF-8 character, so the file is not UTF-8. In UTF-8 it is E5 B9 BF E5 85 83.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoplan.errors import LayerError

_GBK_FAMILY = {"gbk", "gb2312", "cp936", "936", "ms936", "gb18030", "ansi 936", "oem 936"}
_LDID = {
    0x4D: "gb18030",
    0x4F: "cp950",
    0x78: "cp950",
    0x79: "cp949",
    0x7A: "gb18030",
    0x7B: "cp932",
    0x03: "cp1252",
    0x13: "cp932",
}
_ENOUGH_UTF8 = 3
_MAX_FIELD_BYTES = 255


@dataclass(frozen=True)
class Encoding:
    """The encoding found, where it was found, and what was declared instead.

    Attributes
    ----------
    name
        Python codec name.
    found
        ``stated`` (catalogue), ``cpg``, ``ldid``, ``content`` or ``ascii``.
    declared_wrongly
        What the file declared when its text says otherwise, else empty.
    """

    name: str
    found: str
    declared_wrongly: str = ""


def normalise_codec(name: str) -> str | None:
    """Return the Python codec for an encoding as people and files write it, or None; the GBK family becomes ``gb18030``.

    >>> normalise_codec("ANSI 936"), normalise_codec("utf8"), normalise_codec("nonsense")
    ('gb18030', 'utf-8', None)
    """
    plain = name.strip().strip("\x00").strip('"').lower()
    if plain in _GBK_FAMILY or plain.removeprefix("cp") == "936":
        return "gb18030"
    for candidate in (plain, f"cp{plain}", plain.replace("ldid/", "")):
        try:
            found = codecs.lookup(candidate).name
        except (LookupError, ValueError):
            continue
        try:
            b"a".decode(found)
        except (LookupError, ValueError):
            return None
        return "gb18030" if found in {"gbk", "gb2312"} else found
    return None


def decode_value(raw: bytes, codec: str) -> tuple[str, bool, bool]:
    """Return ``(text, cut, bad)``: whether the last character was cut off (and left out), and whether other bytes do not decode.

    Bad bytes become U+FFFD; nothing is guessed.
    """
    decoder = codecs.getincrementaldecoder(codec)("strict")
    try:
        text = decoder.decode(raw, final=False)
    except UnicodeDecodeError:
        return raw.decode(codec, errors="replace"), False, True
    pending = bool(decoder.getstate()[0])
    return text, pending, False


def choose_encoding(values: Iterable[bytes], *, stated: str | None, cpg: str | None, ldid: int) -> Encoding:
    """Return the encoding of text values given what the catalogue states and the file declares.

    Parameters
    ----------
    values
        Raw text values; ASCII ones decide nothing.
    stated
        Encoding named in the catalogue: taken as it is.
    cpg
        Content of the ``.cpg`` file, if there is one.
    ldid
        Language byte of the DBF, 0 when there is none.
    """
    if stated is not None:
        return Encoding(_stated_codec(stated), "stated")
    telling = sorted({one for one in values if not one.isascii()})
    declared = [(codec, found) for codec, found in ((_cpg_codec(cpg), "cpg"), (_LDID.get(ldid), "ldid")) if codec is not None]
    if not telling:
        return Encoding(declared[0][0] if declared else "utf-8", declared[0][1] if declared else "ascii")
    wide = [one for one in telling if any(0xE0 <= byte <= 0xF4 for byte in one)]
    if len(wide) >= _ENOUGH_UTF8 and _fits(telling, "utf-8"):
        wrong = declared[0][0] if declared and declared[0][0] != "utf-8" else ""
        return Encoding("utf-8", declared[0][1] if declared and not wrong else "content", wrong)
    for codec, found in [*declared, ("utf-8", "content"), ("gb18030", "content")]:
        if _fits(telling, codec):
            wrong = declared[0][0] if declared and declared[0][0] != codec else ""
            return Encoding(codec, found, wrong)
    fewest = min(("utf-8", "gb18030"), key=lambda codec: sum(decode_value(one, codec)[2] for one in telling))
    return Encoding(fewest, "content", declared[0][0] if declared and declared[0][0] != fewest else "")


def _fits(values: list[bytes], codec: str) -> bool:
    return not any(decode_value(one, codec)[2] for one in values)


def _cpg_codec(cpg: str | None) -> str | None:
    return normalise_codec(cpg) if cpg is not None else None


def _stated_codec(stated: str) -> str:
    codec = normalise_codec(stated)
    if codec is None:
        raise LayerError(
            f"no text encoding is called {stated!r}", code="ENCODING-UNKNOWN", remedy="Write utf-8 or gb18030, or leave it out."
        )
    return codec


def read_dbf_text(path: Path) -> tuple[list[bytes], int]:
    """Return the distinct raw text values and field names of a DBF, and its language byte.

    Raises
    ------
    LayerError
        ``LAYER-UNREADABLE`` when the header is damaged or records are missing.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise LayerError(f"{path.name}: {error.strerror}", code="LAYER-UNREADABLE", remedy="Check permissions.") from error
    fields, count, header, width = _dbf_layout(raw, path.name)
    records = np.frombuffer(raw, dtype=np.uint8, count=count * width, offset=header).reshape(count, width)
    values: set[bytes] = {name for name, _, _, _ in fields}
    for _, kind, start, length in fields:
        if kind == b"C" and length:
            column = np.ascontiguousarray(records[:, start : start + length])
            telling = column[(column >= 0x80).any(axis=1)]
            # numpy's bytes strings drop trailing NULs, which never belong to text.
            values.update(one.rstrip(b" ") for one in np.unique(telling.view(f"S{length}").ravel()).tolist())
    return sorted(values), raw[29]


def _dbf_layout(raw: bytes, name: str) -> tuple[list[tuple[bytes, bytes, int, int]], int, int, int]:
    """Return (name, kind, start, length) per field, the number of records, the header's length and the record's."""

    def damaged(why: str) -> LayerError:
        return LayerError(f"{name} is damaged: {why}", code="LAYER-UNREADABLE", remedy="Copy or export the layer again.")

    if len(raw) < 33:
        raise damaged("the header is cut off")
    count, header, width = (int.from_bytes(raw[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    if header < 33 or width < 1 or header > len(raw):
        raise damaged("the header makes no sense")
    if header + count * width > len(raw):
        raise damaged(f"{count} records are announced, {max(len(raw) - header, 0) // width} are there")
    fields, start = [], 1
    for at in range(32, header - 31, 32):
        if raw[at] == 0x0D:
            break
        field = raw[at : at + 32]
        length = field[16]
        fields.append((field[:11].split(b"\x00")[0], field[11:12], start, length))
        start += length
    if start > width:
        raise damaged("the fields are wider than a record")
    return fields, count, header, width
