"""Name the states a number can be in: whether it exists, and what it means against a standard."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Say whether a number exists. Only ``OK`` has a value; the other states hold NaN, never a sentinel."""

    OK = "ok"
    UNREACHABLE = "unreachable"
    """Asked for and proven impossible: no path joins the two."""
    UNSNAPPED = "unsnapped"
    """The point could not be joined to the network within the stated distance."""
    NO_DATA = "no_data"
    """The layer that would answer is absent, empty here, or was not surveyed."""


class Coverage(StrEnum):
    """Say what a number means against its standard."""

    COVERED = "covered"
    GAP = "gap"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """Say whether a problem stops the run."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class RelocationClass(StrEnum):
    """Candidacy classes for 易地搬迁, strongest case first."""

    MUST = "应搬"
    SUGGESTED = "建议搬"
    STAY = "可留"
    UNDECIDED = "证据不足"


RELOCATION_CLASS_EN: dict[str, str] = {
    "应搬": "must move",
    "建议搬": "move advised",
    "可留": "can stay",
    "证据不足": "evidence insufficient",
}


class HazardClass(StrEnum):
    """Hazard classes, worst first; NONE means surveyed and outside every zone."""

    EXTREME = "extreme"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


HAZARD_CLASS_ZH: dict[str, str] = {
    "extreme": "极高",
    "high": "高",
    "medium": "中",
    "low": "低",
    "none": "无",
}
HAZARD_INDEX: dict[str, float] = {"extreme": 1.0, "high": 0.75, "medium": 0.5, "low": 0.25, "none": 0.0}
"""Exposure index of each class (1 is worse). Equal steps: an ordinal class holds no more than its order."""

HAZARD_KIND_ZH: dict[str, str] = {
    "landslide": "滑坡",
    "rockfall": "崩塌",
    "debris_flow": "泥石流",
    "flood": "洪涝",
    "flash_flood": "山洪",
    "fault": "活动断层",
    "collapse": "地面塌陷",
}
