"""Say in words how one settlement gets to a service: every leg of its path with its road, metres, minutes and climb.

Minutes are rounded so that those of the legs add up to the total shown: each is the difference of two rounded running totals.
By hand: legs of 1.04, 1.04 and 1.04 min are shown as 1.0, 1.1 and 1.0, and 3.1 in all.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from geoplan.contracts.columns import CROSSINGS, ROAD_CLASSES, SURFACES
from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.status import Status
from geoplan.relocation.explain_access import SEASONS
from geoplan.relocation.reasons import STATUS_EN, STATUS_ZH

KIND_LABELS: dict[str, tuple[str, str]] = {
    "off_road": ("步行(无路)", "walk off the road"),
    "on_foot": ("走", "walk along"),
    "ride": ("乘车", "ride along"),
    "ferry": ("乘渡船", "take the ferry"),
    "bus": ("乘班车", "take the bus"),
    "wait": ("候车", "wait for the bus"),
}
_WAYS = {"there": ("去程", "there"), "back": ("返程", "back")}
_LEAST_CLIMB_M = 5.0
_KM_FROM_M = 1000.0


def say_route(legs: pd.DataFrame, service: ServiceConfig, *, name: str = "", home: str = "", language: str = "zh") -> str:
    """Return the path of one settlement as lines: where to and how long, then a line per leg, in order.

    Parameters
    ----------
    legs
        Rows of one settlement from `geoplan.access.journeys.compute_routes`.
    service
        For its label.
    name
        Name of the facility reached, where known.
    home
        Name of the settlement, where known.
    language
        ``zh`` or ``en``.
    """
    zh = language == "zh"
    first = legs.iloc[0]
    label = service.label_zh if zh else service.label_en
    head = f"{home} {first['settlement_id']}".strip() + f" → {label} · {SEASONS[language].get(first['season'], first['season'])}"
    if first["status"] != Status.OK:
        return f"{head}: {(STATUS_ZH if zh else STATUS_EN)[first['status']]}"
    shown = round_minutes(legs["leg_min"])
    where = " ".join(part for part in (name, str(first["facility_id"])) if part)
    lines, both = [f"{head} · {where}"], len(set(legs["way"])) > 1
    for way, own in legs.groupby("way", sort=False):
        if both:
            lines.append(f" {_WAYS[str(way)][0 if zh else 1]}:")
        lines += [
            f"  {row.leg}. {say_leg(row, shown[at], language)}" for at, row in zip(own.index, own.itertuples(), strict=True)
        ]
    total = f"{legs['leg_min'].sum():.1f}"
    metres = say_length(float(legs["leg_m"].sum()))
    lines.append(f"  合计 {metres},{total} 分钟" if zh else f"  in all {metres}, {total} min")
    return "\n".join(lines)


def round_minutes(minutes: pd.Series) -> pd.Series:
    """Return minutes to a tenth that add up to their rounded total.

    >>> round_minutes(pd.Series([1.04, 1.04, 1.04])).tolist()
    [1.0, 1.1, 1.0]
    """
    running = minutes.cumsum().round(1)
    return running.diff().fillna(running).round(1)


def say_leg(row: Any, minutes: float, language: str) -> str:
    """Return one leg: how, on what, how far, how long, how much up and down.

    >>> from types import SimpleNamespace as Leg
    >>> say_leg(Leg(kind="off_road", crossing="", road_class="", surface="", leg_m=320.4, ascent_m=25.0, descent_m=1.0), 4.1, "zh")
    '步行(无路) 320 m(4.1 分钟,上升 25 m)'
    """
    zh = language == "zh"
    pick = 0 if zh else 1
    words = [KIND_LABELS[row.kind][pick], *_say_road(row, pick)]
    facts = [f"{minutes:.1f} 分钟" if zh else f"{minutes:.1f} min"]
    for up, metres in ((("上升", "up"), row.ascent_m), (("下降", "down"), row.descent_m)):
        if metres >= _LEAST_CLIMB_M:
            facts.append(f"{up[pick]} {metres:.0f} m")
    far = [] if row.kind == "wait" else [say_length(row.leg_m)]
    told = f"({','.join(facts)})" if zh else f" ({', '.join(facts)})"
    return " ".join([*words, *far]) + told


def _say_road(row: Any, pick: int) -> list[str]:
    """Return the road of a leg, with its surface and how it crosses."""
    kind, road_class, surface, crossing = row.kind, row.road_class, row.surface, row.crossing
    if kind not in ("on_foot", "ride"):
        return []
    name = ROAD_CLASSES.get(road_class, (road_class, road_class))[pick]
    paved = "" if surface in ("", "unknown") else SURFACES.get(surface, (surface, surface))[pick]
    over = CROSSINGS.get(crossing, (crossing, crossing))[pick]
    inside = ("," if pick == 0 else ", ").join(one for one in (paved, over) if one)
    return [f"{name}({inside})" if pick == 0 else f"{name} ({inside})"] if inside else [name]


def say_length(metres: float) -> str:
    """Return a length in whole metres, from a kilometre on in kilometres to a tenth.

    >>> say_length(320.4), say_length(1234.0)
    ('320 m', '1.2 km')
    """
    return f"{metres / 1000:.1f} km" if metres >= _KM_FROM_M else f"{metres:.0f} m"
