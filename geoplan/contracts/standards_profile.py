"""Describe service standards: what a township, village, group or household must have, how that is measured, by when, and who says so."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from geoplan.contracts.base import Code, Frozen, Mode, Season
from geoplan.contracts.cited import Cited

Measure = Literal["travel_time", "distance", "presence", "road_access", "attribute", "ratio", "radius", "quantity", "seat"]
Level = Literal["township", "village", "group", "household"]
Unit = Literal["min", "m", "share", "count", "per_persons", "l_person_day"]

_OF_SERVICE = ("travel_time", "distance", "presence", "ratio", "radius", "seat")


class AgeGroup(Cited):
    """People of an age whom a service is for, and how they walk."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    age_from: int = Field(ge=0, le=120)
    """Youngest age, years."""
    age_to: int = Field(ge=0, le=120)
    """Oldest age, years, included."""
    column: str
    """Settlement column that counts them."""
    share_of_persons: float | None = Field(default=None, ge=0, le=1)
    """Share of all people, used where the column is absent or empty (then marked as derived); absent: not known there."""
    walker: str = "adult"
    """Who walks, of the walking preset."""


class StandardItem(Cited):
    """One thing a level must have (乡有…, 村有…, 组有…, 户有…)."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    level: Level
    """The level that must have it."""
    measure: Measure
    """How it is measured: ``travel_time`` (minutes to ``service``), ``distance`` (metres, level distance to ``service``), ``presence``
    (a facility of ``service`` stands in the unit and meets ``require``), ``road_access`` (off-road metres to a road that meets ``surfaces``/``classes``),
    ``attribute`` (share of households in settlement column ``column``), ``ratio`` (facility column ``amount`` summed over the unit,
    for every ``per_persons`` people of it),
    ``radius`` (straight metres to a facility, within its own ``radius_m`` or the threshold), ``quantity`` (settlement column ``column``, per person and day),
    ``seat`` (share of the people asked for who find a seat within ``within_min``)."""
    service: str | None = None
    """Service id of the plan, for travel_time, distance, presence, ratio, radius and seat."""
    column: str | None = None
    """Settlement column holding a share 0..1, for attribute; an amount, for quantity."""
    threshold: float | None = None
    """Largest (travel_time, distance, road_access, radius) or smallest (the others) value that still meets the standard; equal is inside."""
    unit: Unit
    """Unit of the threshold."""
    season: Season = "dry"
    """Season in which it must hold."""
    trip: Literal["one_way", "round_trip"] | None = None
    """Trip the threshold speaks of, for travel_time; times of another kind of trip leave the item unknown (absent: as the plan has it)."""
    mode: Mode | None = None
    """Mode the threshold speaks of, for travel_time; a service the plan reaches otherwise leaves the item unknown (absent: as the plan has it)."""
    walker: str | None = None
    """Who walks, for travel_time; as with ``mode``."""
    age_group: str | None = None
    """People it is for (id of the profile's age group): they are counted short of it, not everybody (absent: everybody)."""
    levels: list[str] = []
    """Facility levels that count, for presence, ratio and radius (empty: all levels of the service)."""
    require: dict[str, float] = {}
    """Facility column → least value that counts, for presence (a doctor, up to standard, public); unknown leaves the item unknown."""
    amount: str | None = None
    """Facility column that is summed, for ratio."""
    per_persons: float = Field(default=1.0, gt=0)
    """People for whom ``amount`` is counted, for ratio."""
    within_min: float | None = Field(default=None, gt=0)
    """Farthest day seat, minutes, for seat."""
    boarding_within_min: float | None = Field(default=None, gt=0)
    """Farthest boarding seat for those without a day seat, minutes, for seat (absent: boarding does not count)."""
    surfaces: list[str] = []
    """Road surfaces that count, for road_access (empty: any)."""
    classes: list[str] = []
    """Road classes that count, for road_access (empty: any motorable)."""
    min_width_m: float | None = None
    """Smallest width that counts, for road_access; unknown width counts as unknown."""
    deadline: int | None = None
    """Year by which it must hold."""
    remedy_zh: str = ""
    """What usually closes the gap, Chinese."""
    remedy_en: str = ""
    """What usually closes the gap, English."""


class StandardsProfile(Frozen):
    """A set of service standards."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese title."""
    label_en: str
    """English title."""
    age_groups: list[AgeGroup] = []
    """Ages that services are for."""
    items: list[StandardItem]
    """Standard items in the order in which they are shown."""

    @model_validator(mode="after")
    def _items_are_whole(self) -> StandardsProfile:
        for name, ids in (("item ids", [item.id for item in self.items]), ("age groups", [one.id for one in self.age_groups])):
            doubled = sorted({one for one in ids if ids.count(one) > 1})
            if doubled:
                raise ValueError(f"{name} occur twice: {', '.join(doubled)}")
        ages = {one.id for one in self.age_groups}
        for item in self.items:
            _check_item(item, ages)
        return self


def _check_item(item: StandardItem, ages: set[str]) -> None:
    """Raise where an item lacks what its measure needs."""
    needs = {
        "a service": item.measure in _OF_SERVICE and item.service is None,
        "a column": item.measure in ("attribute", "quantity") and item.column is None,
        "an amount": item.measure == "ratio" and item.amount is None,
        "within_min": item.measure == "seat" and item.within_min is None,
        "a threshold": item.measure != "presence" and item.threshold is None,
    }
    for what, lacking in needs.items():
        if lacking:
            raise ValueError(f"item {item.id}: measure {item.measure} needs {what}")
    if item.age_group is not None and item.age_group not in ages:
        raise ValueError(f"item {item.id}: the profile has no age group {item.age_group}")
