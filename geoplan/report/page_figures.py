"""Say where the unit of a page lies, and its headline figures: people, items not met, items not known.

By hand: the states ``0213`` of four items are 2 not met (gap and unreachable), 1 unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoplan.report import style


def find_homes(data: Mapping[str, Any], level: str) -> list[dict[str, str]]:
    """Return, per unit, the township and village it lies in."""
    townships = {one["c"]: one["n"] for one in data["units" if level == "townships" else "townships"]}
    villages = {one["c"]: one for one in data["villages"]}
    return [_home(unit, level, villages, townships) for unit in data["units"]]


def _home(unit: dict[str, Any], level: str, villages: dict[str, dict[str, Any]], townships: dict[str, str]) -> dict[str, str]:
    """Return the township and village a unit lies in, with their names where known."""
    village = unit["a"] if level == "groups" else unit["c"] if level == "villages" else ""
    parent = villages.get(village, {}).get("a", "") if level == "groups" else unit["a"] if level == "villages" else unit["c"]
    return {
        "village": villages.get(village, {}).get("n", "") or (village if level == "groups" else ""), "township_code": parent,
        "township": townships.get(parent, "") or parent,
    }  # fmt: skip


def unit_figures(unit: dict[str, Any]) -> dict[str, Any]:
    """Return the headline figures of a unit."""
    states = unit["s"]
    unmet = sum(one in "12" for one in states)
    return {
        "unmet": unmet, "pill": _pill(unmet, states), "unknown_items": states.count("3"), "items_total": len(states),
        "persons": style.MISSING if unit["p"] is None else f"{unit['p']:,}",
    }  # fmt: skip


def _pill(unmet: int, states: str) -> str:
    """Return the class that colours a number of items not met as the map does."""
    if unmet:
        return f"k{next(k for k, (_, high) in enumerate(style.COUNT_STEPS) if high is None or unmet <= high)}"
    return "" if not states.strip(".") else "gp-hatched" if "3" in states else "met"
