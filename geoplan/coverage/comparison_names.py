"""Measure how alike two names of the same kind of thing are, whatever suffix, width, spaces or township name they are written with.

A name is normalised (NFKC, case folded, only letters and digits kept), and its *stem* is what is left without administrative or kind words at its end
(村卫生室, 村委会, 镇 …). With Levenshtein's distance d and lengths m ≤ n of two stems

    stem similarity = max(1 − d / n,  0.9 · (1 − d′ / m))

where d′ is the distance when whatever precedes in the longer one is free (a township's name before a village's; only if m ≥ 2 and m < n). The
similarity of two names is 0.9 · that of their stems + 0.1 · (1 − d / n) of the normalised names, so equal names are alike 1, and an equal stem at least 0.9.

Hand example: 新寨村卫生室 and 欣寨村卫生站 have the stems 新寨 and 欣寨: 1 − 1/2 = 0.5; the names differ in 2 of 6 letters: 0.9 · 0.5 + 0.1 · 0.667 = 0.517.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SUFFIXES = (
    "村民委员会 居民委员会 社区居委会 社区卫生服务中心 社区卫生服务站 村委会 居委会 中心卫生院 卫生院 卫生室 卫生站 卫生所 医务室 中心小学 中心校 "
    "教学点 小学 中学 初级中学 幼儿园 便民服务中心 人民政府 社区 街道办事处 街道 村民小组 行政村 自然村 村 镇 乡 healthpost healthcentre healthcenter "
    "hospital clinic primaryschool school village township"
).split()
"""Words dropped from the end of a name, longest first, again and again, but never the whole name."""
PREFIX_WEIGHT = 0.9
"""What a name counts that the other one ends with."""
STEM_WEIGHT = 0.9
"""What the stem counts beside the whole name."""
LONGEST = 48
"""Letters of a name that are compared; names equal in all letters are equal however long."""
_LONGEST_FIRST = sorted(SUFFIXES, key=len, reverse=True)
_PAIRS_AT_ONCE = 200_000


def normalise_name(name: object) -> str:
    """Return the letters and digits of a name in one width and one case; "" for what is missing.

    By hand: `` 云台 镇（中心）卫生院`` and ``云台镇(中心)卫生院`` are both ``云台镇中心卫生院``.
    """
    if not isinstance(name, str):
        return ""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(one for one in text if one.isalnum())


def stem_name(normalised: str) -> str:
    """Return a normalised name without the suffixes at its end; a name that is nothing else stays.

    By hand: ``新寨村卫生室`` is ``新寨``, ``卫生院`` stays ``卫生院``.
    """
    text = normalised
    while True:
        suffix = next((one for one in _LONGEST_FIRST if text.endswith(one) and len(text) > len(one)), None)
        if suffix is None:
            return text
        text = text[: -len(suffix)]


def measure_similarity(left: Sequence[object], right: Sequence[object]) -> NDArray[np.float64]:
    """Return (n,) similarity 0..1 of ``left[k]`` and ``right[k]``; 0 where one of them has no letter.

    It does not depend on which side is which. Source: Levenshtein (1966), Soviet Physics Doklady 10(8).
    """
    whole = [[normalise_name(one) for one in side] for side in (left, right)]
    stems = [[stem_name(one) for one in side] for side in whole]
    return measure_normalised(whole[0], whole[1], stems[0], stems[1])


def measure_normalised(
    left: Sequence[str], right: Sequence[str], left_stem: Sequence[str], right_stem: Sequence[str]
) -> NDArray[np.float64]:
    """Return (n,) similarity of names already normalised and stemmed (see `measure_similarity`)."""
    known = np.array([bool(a) and bool(b) for a, b in zip(left, right, strict=True)], dtype=bool)
    stem = _compare_all(left_stem, right_stem, free_prefix=True)
    whole = _compare_all(left, right, free_prefix=False)
    return np.where(known, STEM_WEIGHT * stem + (1.0 - STEM_WEIGHT) * whole, 0.0)


def _compare_all(left: Sequence[str], right: Sequence[str], *, free_prefix: bool) -> NDArray[np.float64]:
    """Return (n,) similarity of texts, each different pair measured once."""
    if not len(left):
        return np.zeros(0)
    pairs = [(a, b) if (len(a), a) >= (len(b), b) else (b, a) for a, b in zip(left, right, strict=True)]
    number = {one: k for k, one in enumerate(dict.fromkeys(pairs))}
    distinct = list(number)
    parts = [
        _compare(distinct[first : first + _PAIRS_AT_ONCE], free_prefix=free_prefix)
        for first in range(0, len(distinct), _PAIRS_AT_ONCE)
    ]
    return np.concatenate(parts)[[number[one] for one in pairs]]


def _compare(pairs: list[tuple[str, str]], *, free_prefix: bool) -> NDArray[np.float64]:
    """Return (n,) similarity of (longer, shorter) texts."""
    same = np.array([a == b for a, b in pairs])
    longer, n = _encode([a for a, _ in pairs])
    shorter, m = _encode([b for _, b in pairs])
    plain = 1.0 - _distance(longer, n, shorter, m, free=False) / np.maximum(n, 1)
    if free_prefix:
        ending = PREFIX_WEIGHT * (1.0 - _distance(longer, n, shorter, m, free=True) / np.maximum(m, 1))
        plain = np.maximum(plain, np.where((m >= 2) & (m < n), ending, 0.0))
    return np.where(same, 1.0, np.clip(plain, 0.0, 1.0))


def _encode(texts: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return (n, width) code points, zeros behind, and (n,) lengths, at most `LONGEST`."""
    cut = [one[:LONGEST] for one in texts]
    width = max(1, max(len(one) for one in cut))
    letters = np.array(cut, dtype=f"<U{width}").view(np.uint32).reshape(len(cut), width)
    return letters, np.array([len(one) for one in cut], dtype=np.int64)


def _distance(
    longer: NDArray[np.uint32], n: NDArray[np.int64], shorter: NDArray[np.uint32], m: NDArray[np.int64], *, free: bool
) -> NDArray[np.float64]:
    """Return (k,) Levenshtein distances, all pairs at once, row by row of the usual table; ``free``: what precedes in the longer one costs nothing."""
    count, width = len(longer), shorter.shape[1]
    row = np.broadcast_to(np.arange(width + 1, dtype=np.int16), (count, width + 1)).copy()
    rows = np.arange(count)
    found = row[rows, m].copy()
    for i in range(longer.shape[1]):
        above = row.copy()
        row[:, 0] = 0 if free else i + 1
        for j in range(width):
            change = above[:, j] + (longer[:, i] != shorter[:, j])
            row[:, j + 1] = np.minimum(np.minimum(above[:, j + 1], row[:, j]) + 1, change)
        found = np.where(n == i + 1, row[rows, m], found)
    return found.astype(np.float64)
