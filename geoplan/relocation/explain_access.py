"""Say in words how a settlement reaches each service, in each season and leg by leg, and which standards it misses and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.results import AccessResult
from geoplan.contracts.status import Coverage, Status
from geoplan.relocation.reasons import STATUS_EN, STATUS_ZH, cite, quantity

Said = tuple[list[str], list[str]]
"""Lines that answer, and lines of what is not known."""

SEASONS = {"zh": {"dry": "旱季", "wet": "雨季"}, "en": {"dry": "dry season", "wet": "wet season"}}
_STATES = {
    "zh": {"gap": "未达标", "unreachable": "无法到达", "unknown": "不明"},
    "en": {"gap": "not met", "unreachable": "unreachable", "unknown": "not known"},
}
_LEAST_MIN = 0.05


def say_access(settlement_id: str, access: AccessResult, services: Sequence[ServiceConfig], language: str) -> Said:
    """Return a line per service: the time in each season with its legs, or why there is none.

    Parameters
    ----------
    settlement_id
        Which settlement.
    access
        Travel times, roads and facilities.
    services
        The plan's services, for their labels.
    language
        ``zh`` or ``en``.
    """
    known, unknown = _say_roads(settlement_id, access, language)
    labels = {one.id: one.label_zh if language == "zh" else one.label_en for one in services}
    names = dict(zip(access.facilities["facility_id"], access.facilities["name"].fillna("").astype(str), strict=True))
    own = access.times[access.times["settlement_id"] == settlement_id]
    for service, rows in own.groupby("service", sort=False):
        said = "; ".join(_say_time(row, names, language) for row in rows.itertuples(index=False))
        nothing = rows["status"].eq(Status.NO_DATA.value).all()
        (unknown if nothing else known).append(f"  {labels.get(str(service), service)}: {said}")
    return known, unknown


def _say_roads(settlement_id: str, access: AccessResult, language: str) -> Said:
    """Return a line on the nearest road open all year."""
    known: list[str] = []
    unknown: list[str] = []
    state = STATUS_ZH if language == "zh" else STATUS_EN
    for row in access.road[access.road["settlement_id"] == settlement_id].itertuples(index=False):
        label = "全天候道路" if language == "zh" else "all-weather road"
        said = state[row.all_weather_status]
        if row.all_weather_status == Status.OK:
            said = f"{quantity(row.all_weather_m, 'm', language)}, {quantity(row.all_weather_min, 'min', language)}"
        (unknown if row.all_weather_status == Status.NO_DATA else known).append(f"  {label}: {said}")
    return known, unknown


def _say_time(row: Any, names: dict[str, str], language: str) -> str:
    """Return one season: the time, where to, and its legs; or the state in words."""
    season = SEASONS[language].get(row.season, row.season)
    if row.status != Status.OK:
        return f"{season} {(STATUS_ZH if language == 'zh' else STATUS_EN)[row.status]}"
    zh = language == "zh"
    trip = ("往返" if zh else "there and back ") if row.trip == "round_trip" else ""
    where = " ".join(part for part in (names.get(row.facility_id, ""), str(row.facility_id)) if part)
    return f"{season} {trip}{quantity(row.travel_time_min, 'min', language)} → {where}{_say_legs(row, language)}"


def _say_legs(row: Any, language: str) -> str:
    """Return the legs in brackets, to a tenth of a minute; legs under three seconds are left out."""
    zh = language == "zh"
    if row.route == "walk":
        return "(全程步行,不经道路)" if zh else " (on foot, by no road)"
    legs = (
        (row.off_road_min, "步行至路网" if zh else "walk to the network"),
        (row.network_min, "沿路" if zh else "on the network"),
        (row.facility_off_road_min, "离路至设施" if zh else "from the network"),
    )
    unit = " 分钟" if zh else " min"
    parts = [f"{label} {minutes:.1f}{unit}" for minutes, label in legs if minutes >= _LEAST_MIN]
    return (f"({' + '.join(parts)})" if zh else f" ({' + '.join(parts)})") if parts else ""


def say_gaps(settlement_id: str, gaps: pd.DataFrame, standards: StandardsProfile | None, language: str) -> Said:
    """Return a line per standard that is not met, and one per standard nobody can judge: value, limit, people, cause, source.

    Parameters
    ----------
    settlement_id
        Which settlement.
    gaps
        ``CoverageResult.gaps``.
    standards
        The profile, for labels and sources; ids alone without it.
    language
        ``zh`` or ``en``.
    """
    short: list[str] = []
    unknown: list[str] = []
    items = {} if standards is None else {one.id: one for one in standards.items}
    own = gaps[(gaps["settlement_id"] == settlement_id) & (gaps["coverage"] != Coverage.COVERED.value)]
    for row in own.itertuples(index=False):
        item = items.get(row.item)
        label = row.item if item is None else item.label_zh if language == "zh" else item.label_en
        line = f"  {label}: {_STATES[language].get(row.coverage, row.coverage)}, {_say_value(row, language)}"
        cause = getattr(row, f"cause_{language}", "") or row.cause
        line += f"; {cause}" if cause else ""
        if item is not None:
            line += f" {cite(item, language)}"
        (unknown if row.coverage == Coverage.UNKNOWN else short).append(line)
    return short, unknown


def _say_value(row: Any, language: str) -> str:
    """Return value against limit, and how many people are short of it."""
    value = "—" if pd.isna(row.value) else quantity(float(row.value), str(row.unit), language)
    limit = "—" if pd.isna(row.threshold) else quantity(float(row.threshold), str(row.unit), language)
    people = getattr(row, "short_persons", float("nan"))
    said = "" if pd.isna(people) else (f",涉及 {people:.0f} 人" if language == "zh" else f", {people:.0f} people")
    return f"{value} / {limit}{said}"
