"""Choose colours, labels and number formats once, for every map, page and plot.

The colours are drawn from Okabe & Ito (2008) and ColorBrewer YlOrBr. What is covered is light blue, what is not goes from
orange to a dark wine red, so the four states differ in lightness as well as in hue and stay apart for deuteranopes,
protanopes and on a grey printer. *Unknown* is never a plain fill: it is white under grey hatching with a dashed outline,
so that it cannot pass for covered.

Example: 1,234.0 people → ``1,234``; 0.856 as a share → ``85.6%``; 41.96 min → ``42.0``; NaN → ``–``.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

STATES: Final = ("covered", "gap", "unreachable", "unknown")
"""States of coverage in the order in which reports count people."""

STATE_COLOURS: Final[dict[str, str]] = {
    "covered": "#9ecae8",
    "gap": "#e69f00",
    "unreachable": "#7a1f4b",
    "unknown": "#ffffff",
    "empty": "#eceae4",
}
"""Fill of each state; ``empty`` is a unit in which nobody is registered."""

STATE_LABELS: Final[dict[str, tuple[str, str]]] = {
    "covered": ("达标", "covered"),
    "gap": ("有缺口", "gap"),
    "unreachable": ("不可达", "unreachable"),
    "unknown": ("未知(缺数据)", "unknown (no data)"),
    "empty": ("无登记居民点", "no settlement"),
}

COUNT_STEPS: Final = ((1, 5), (6, 10), (11, 15), (16, None))
"""Inclusive classes of the number of standard items not met; the last is open."""
COUNT_COLOURS: Final = ("#fbe3a5", "#f5a83c", "#c75511", "#6b2606")

RELOCATION_COLOURS: Final[dict[str, str]] = {
    "应搬": "#a50f2d",
    "建议搬": "#f0e442",
    "可留": "#0072b2",
    "证据不足": "#ffffff",
}
"""Fill of the dots; every dot carries an outline, a dashed one where evidence is insufficient."""

ROAD_COLOURS: Final[dict[str, tuple[str, float]]] = {
    "motorway": ("#4a3b6b", 3.2),
    "national": ("#5d4037", 2.8),
    "provincial": ("#6d4c41", 2.4),
    "county": ("#7b5e57", 2.0),
    "township": ("#8d6e63", 1.5),
    "village": ("#9c857c", 1.1),
    "group": ("#a89890", 0.9),
    "track": ("#b3a79f", 0.8),
    "path": ("#b3a79f", 0.6),
    "ferry": ("#0072b2", 1.4),
    "unknown": ("#9e9e9e", 0.8),
}
"""Line colour and width (px) of each road class."""

ROADS_SHOWN: Final = ("motorway", "national", "provincial", "county", "township", "village")
"""Road classes drawn on the county map to begin with; the others are one click away."""

HAZARD_COLOURS: Final[dict[str, str]] = {
    "extreme": "#5c0f12",
    "high": "#b2182b",
    "medium": "#d6604d",
    "low": "#f4a582",
    "": "#8c8c8c",
}
HAZARD_CLASS_LABELS: Final[dict[str, tuple[str, str]]] = {
    "extreme": ("极高", "extreme"),
    "high": ("高", "high"),
    "medium": ("中", "medium"),
    "low": ("低", "low"),
    "none": ("无", "none"),
    "": ("未知", "unknown"),
}
HAZARD_KIND_EN: Final[dict[str, str]] = {
    "landslide": "landslide",
    "rockfall": "rockfall",
    "debris_flow": "debris flow",
    "flood": "flood",
    "flash_flood": "flash flood",
    "fault": "active fault",
    "collapse": "ground collapse",
    "any": "any hazard",
}
SITE_COLOUR: Final = "#117733"
RIVER_COLOUR: Final = "#4a90c2"
WALL_COLOUR: Final = "#2b2b2b"
"""Cliffs and fences."""
FACILITY_COLOURS: Final = ("#332288", "#cc79a7", "#117733", "#882255", "#0072b2", "#44aa99", "#999933", "#661100", "#555555")

UNIT_LABELS: Final[dict[str, tuple[str, str]]] = {
    "min": ("分钟", "min"),
    "m": ("米", "m"),
    "share": ("%", "%"),
    "count": ("处", ""),
    "l_person_day": ("升/人·日", "L per person and day"),
    "per_1": ("个/人", "per person"),
    "per_1000": ("/千人", "per 1,000 people"),
    "per_10000": ("/万人", "per 10,000 people"),
    "per_persons": ("(按标准人数)", "(per stated people)"),
}
EVIDENCE_LABELS: Final[dict[str, tuple[str, str]]] = {
    "cited": ("原文可查", "cited"),
    "secondary": ("转引", "secondary source"),
    "convention": ("惯例,待核实", "convention, to be confirmed"),
}
LEVEL_LABELS: Final[dict[str, tuple[str, str]]] = {
    "township": ("乡", "township"),
    "village": ("村", "village"),
    "group": ("组", "group"),
    "household": ("户", "household"),
}
FONT_STACK: Final = (
    '"Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC","Hiragino Sans GB","WenQuanYi Micro Hei",SimHei,'
    "system-ui,sans-serif"
)
MISSING: Final = "–"


def label(pair: tuple[str, str], language: str) -> str:
    """Return the Chinese or English half of a label pair."""
    return pair[0] if language == "zh" else pair[1]


def format_count(value: float | None) -> str:
    """Return people or households with thousands separators, rounded half up; ``–`` where not known.

    >>> format_count(1234.5), format_count(float("nan"))
    ('1,235', '–')
    """
    if value is None or math.isnan(value):
        return MISSING
    return f"{math.floor(value + 0.5):,}"


def format_value(value: float | None, unit: str, language: str = "zh") -> str:
    """Return a measured value with its unit: minutes to 0.1, metres to 1, shares (0..1) as percent to 0.1.

    Rounding never crosses a threshold in the reader's eye: comparisons were made on the unrounded value and the state is
    printed beside it.

    >>> format_value(41.96, "min", "en"), format_value(0.856, "share", "en"), format_value(1234.4, "m", "en")
    ('42.0 min', '85.6%', '1,234 m')
    """
    if value is None or math.isnan(value):
        return MISSING
    if unit == "share":
        return f"{value * 100:.1f}%"
    text = f"{value:,.1f}" if unit == "min" else f"{value:,.0f}" if unit in ("m", "count") else f"{value:,.3g}"
    name = label(UNIT_LABELS.get(unit, (unit, unit)), language)
    return f"{text} {name}" if name else text


def format_rounded(value: float, unit: str, language: str = "zh") -> str:
    """Return a value that was already rounded for reading (`payload.round_beside_threshold`), with its unit and no further rounding.

    >>> format_rounded(30.04, "min", "en"), format_rounded(30, "min", "en"), format_rounded(0.857, "share", "en")
    ('30.04 min', '30.0 min', '85.7%')
    """
    if unit == "share":
        return f"{round(value * 100, 7):,.10g}%"
    text = f"{value:,.10g}" if unit != "min" or value != round(value) else f"{value:,.1f}"
    name = label(UNIT_LABELS.get(unit, (unit, unit)), language)
    return f"{text} {name}" if name else text


def round_keeping_total(parts: NDArray[np.float64], totals: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Round each row so that its parts add up to the rounded total of the row (largest remainder, ties to the first).

    Parameters
    ----------
    parts
        (n, k), not negative, without NaN.
    totals
        (n,) whole totals to reach instead, each the row's sum rounded down or up.

    Returns
    -------
    (n, k) integers. Example: [1.5, 1.5, 0, 0] (total 3) → [2, 1, 0, 0].
    """
    floor = np.floor(parts)
    reach = np.floor(parts.sum(axis=1) + 0.5) if totals is None else totals
    wanted = reach - floor.sum(axis=1)
    order = np.argsort(-(parts - floor), axis=1, kind="stable")
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(parts.shape[1])[None, :].repeat(len(parts), axis=0), axis=1)
    return (floor + (place < wanted[:, None])).astype(np.int64)


def count_people(frame: pd.DataFrame, totals: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Return (n, 4) whole people by state of a roll-up table; every row adds up to its rounded ``persons``, or to ``totals``."""
    columns = [f"{state}_persons" for state in STATES]
    return round_keeping_total(frame[columns].fillna(0.0).to_numpy(dtype=np.float64), totals)
