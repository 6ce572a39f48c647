"""Read the words in which surveys state a hazard class: 极高 or 极高易发区 is ``extreme``, 不易发区 is ``none``, a word nobody knows is no class.

A word is a degree, alone or with what it is a degree of: 高 = 高易发 = 高易发区 = 高危险性 = 高风险区 = high. Two schemes meet in it:

=========  ==================================  ==============================
class      易发性、危险性、风险 in four degrees  易发程度 in four degrees
=========  ==================================  ==============================
extreme    极高
high       高                                   高易发区
medium     中                                   中易发区
low        低                                   低易发区
none       (none: every place has a degree)     不易发区
=========  ==================================  ==============================

A degree below 低 (极低, 微) is taken as ``low``: it is a degree of hazard, not its absence. Words of size (特大型, 小型), of stability (不稳定) and
bare numerals (Ⅰ, 1) are no degrees of hazard and stay unknown: schemes count them in opposite directions. They belong under ``values`` in the
catalogue, where the county says what they mean.

By hand: `" 高易发区 "` → ``high``; `"HIGH"` → ``high``; `"较高"` and `"Ⅱ级"` → ``""`` (unknown, never none).
"""

from __future__ import annotations

import unicodedata
from itertools import product

from geoplan.contracts.cited import Cited

HAZARD_WORDS_CITED: tuple[Cited, ...] = (
    Cited(
        source="地质灾害风险调查评价技术要求(1∶50 000)(试行)",
        clause="易发性、危险性、风险评价：极高、高、中、低",
        status="secondary",
    ),
    Cited(
        source="县(市)地质灾害调查与区划基本要求实施细则(修订稿, 2006-04)",
        clause="易发区划分：高易发区、中易发区、低易发区、不易发区",
        status="secondary",
    ),
    Cited(source="geoplan", clause="极低、微按低计；英文词与省略写法", status="convention"),
)
"""Where the words come from."""

_DEGREES: dict[str, str] = {
    "极高": "extreme",
    "高": "high",
    "中": "medium",
    "中等": "medium",
    "低": "low",
    "极低": "low",
    "微": "low",
}
_OF = ("", "易发", "危险", "风险")
_ENDS = ("", "区", "性", "等级", "级")
_NONE = ("无", "不易发", "不易发区", "非易发", "非易发区", "无危险", "无风险", "无危险区", "无风险区")
_ENGLISH: dict[str, str] = {
    "extreme": "extreme",
    "very high": "extreme",
    "high": "high",
    "medium": "medium",
    "moderate": "medium",
    "low": "low",
    "very low": "low",
    "none": "none",
}
HAZARD_WORDS: dict[str, str] = {
    **{degree + of + end: name for (degree, name), of, end in product(_DEGREES.items(), _OF, _ENDS)},
    **dict.fromkeys(_NONE, "none"),
    **_ENGLISH,
}
"""Word as a survey has it → hazard class."""


def read_hazard_word(word: object) -> str:
    """Return the hazard class a word states: ``extreme``, ``high``, ``medium``, ``low``, ``none``, or ``""`` where nobody knows.

    Full-width letters, upper case and blanks do not matter; but ``None`` is what a program writes for a missing value, and no finding.
    """
    if not isinstance(word, str) or word.strip() == "None":
        return ""
    text = " ".join(unicodedata.normalize("NFKC", word).casefold().replace("_", " ").split())
    return HAZARD_WORDS.get(text, HAZARD_WORDS.get(text.replace(" ", ""), ""))
