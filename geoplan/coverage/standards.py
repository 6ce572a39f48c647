"""Answer what a standards profile asks: of whom, of which services, and by which year."""

from __future__ import annotations

import pandas as pd

from geoplan.contracts.profiles import Level, StandardItem, StandardsProfile
from geoplan.errors import ConfigError

LEVEL_LABELS: dict[str, tuple[str, str]] = {
    "township": ("乡", "township"),
    "village": ("村", "village"),
    "group": ("组", "group"),
    "household": ("户", "household"),
}
"""Level → (Chinese, English), highest first."""

UNIT_COLUMNS: dict[str, str] = {"township": "township_code", "village": "village_code", "group": "group_code"}
"""Level that is a unit → settlement column holding the unit's code."""


def item_by_id(standards: StandardsProfile, item_id: str) -> StandardItem:
    """Return the item called ``item_id``.

    Raises
    ------
    ConfigError
        ``STANDARD-MISSING``: the profile has no such item.
    """
    for item in standards.items:
        if item.id == item_id:
            return item
    known = ", ".join(item.id for item in standards.items)
    raise ConfigError(
        f"profile {standards.id} has no item {item_id!r}", code="STANDARD-MISSING", ids=[item_id], remedy=f"Use one of {known}."
    )


def items_of_level(standards: StandardsProfile, level: Level) -> tuple[StandardItem, ...]:
    """Return the items that ``level`` must have, in the profile's order."""
    return tuple(item for item in standards.items if item.level == level)


def services_asked(standards: StandardsProfile) -> tuple[str, ...]:
    """Return the service ids the profile speaks of, each once, in the profile's order."""
    return tuple(dict.fromkeys(item.service for item in standards.items if item.service is not None))


def items_due(standards: StandardsProfile, *, year: int) -> tuple[StandardItem, ...]:
    """Return the items whose deadline is ``year`` or earlier, in the profile's order.

    A deadline of 2020 is due in 2020. Items without a deadline are never due.
    """
    return tuple(item for item in standards.items if item.deadline is not None and item.deadline <= year)


def tabulate_standards(standards: StandardsProfile) -> pd.DataFrame:
    """Return one row per item with everything a report prints beside the figure.

    Columns: item, level, measure, service, column, threshold, unit, season, deadline (Int64), label_zh, label_en, source, clause,
    status (evidence: cited / secondary / convention), remedy_zh, remedy_en; age_group, age_zh, age_en (people it is for; "" for everybody),
    mode, walker, levels (``;`` between), require (``column>=value`` with ``;`` between), amount, per_persons, within_min,
    boarding_within_min (NaN where the measure has none).
    """
    fields = (
        "level measure service column threshold unit season deadline label_zh label_en source clause status remedy_zh remedy_en "
        "age_group mode walker amount"
    ).split()
    ages = {one.id: (one.label_zh, one.label_en) for one in standards.age_groups}
    rows = [
        {
            "item": item.id,
            **{name: getattr(item, name) for name in fields},
            "age_zh": ages.get(item.age_group or "", ("", ""))[0],
            "age_en": ages.get(item.age_group or "", ("", ""))[1],
            "levels": ";".join(item.levels),
            "require": ";".join(f"{name}>={least:g}" for name, least in item.require.items()),
            "per_persons": item.per_persons if item.measure == "ratio" else None,
            "within_min": item.within_min,
            "boarding_within_min": item.boarding_within_min,
        }
        for item in standards.items
    ]
    more = "age_zh age_en levels require per_persons within_min boarding_within_min".split()
    table = pd.DataFrame(rows, columns=["item", *fields, *more])
    texts = {name: table[name].fillna("") for name in ("service", "column", "age_group", "mode", "walker", "amount")}
    numbers = {name: table[name].astype("float64") for name in ("threshold", "per_persons", "within_min", "boarding_within_min")}
    return table.assign(deadline=pd.array([row["deadline"] for row in rows], dtype="Int64"), **texts, **numbers)
