"""Hold what every document model shares: the frozen base, and the words of which plans, catalogues and profiles are made."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09", "other"]
Season = Literal["dry", "wet"]
Mode = Literal["ride", "walk", "car", "bus", "motorcycle", "bicycle"]
HazardKind = Literal["landslide", "rockfall", "debris_flow", "flood", "flash_flood", "fault", "collapse"]
HazardClassName = Literal["extreme", "high", "medium", "low"]
EcologyKind = Literal["red_line", "reserve", "basic_farmland"]
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z_\-]+$")]


class Frozen(BaseModel):
    """Base of every document model: immutable, strict about keys, documented by attribute docstrings."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
