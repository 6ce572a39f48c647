"""Describe the coverage questions of a plan: where to build, water, power and signal, ranking, and layers compared."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from geoplan.contracts.base import Code, Frozen

SitingModel = Literal["lscp", "mclp", "p_median", "p_center"]


class SitingQuestion(Frozen):
    """Where to build facilities of one service."""

    id: Code
    """Identifier of the question."""
    service: Code
    """Service of the plan; its existing facilities are kept."""
    model: SitingModel = "mclp"
    """lscp: fewest facilities that cover everybody; mclp: most people covered; p_median: least person-minutes; p_center: least worst minutes."""
    within_min: float = Field(gt=0)
    """Travel time that counts as covered (lscp, mclp), and the longest that is looked at, minutes."""
    facilities: int = Field(default=5, ge=1)
    """How many at most are built (the end of the curve)."""
    cost_yuan: float | None = Field(default=None, ge=0)
    """Cost of building one; absent: that of the cost profile, where it has a price for it."""
    capacity: float | None = Field(default=None, gt=0)
    """People one new facility serves; absent: no limit."""
    candidates: Literal["settlements", "villages", "sites"] = "settlements"
    """Where it could stand: at settlements, at the main settlement of each village, or at receiving sites; never on ground known to be in a hazard zone."""
    season: Literal["dry", "wet"] = "dry"
    """Season of the travel times."""
    age_group: str | None = None
    """Count the people of this age group of the standards profile; absent: everybody."""


class WaterConfig(Frozen):
    """How water is judged and schemes are laid out."""

    sources: list[str] = []
    """Catalogue ids of schemes and springs (with ``water_kind``, ``yield_m3_day``, ``reliability_share``); empty: nothing is computed."""
    profile: str = "water_cn_2026"
    """Water profile, name or path: rule versions, demand, pipes, prices."""


class LineNetwork(Frozen):
    """One network that reaches people by lines or by radius: power, mobile signal, broadcast."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    layers: list[str] = Field(min_length=1)
    """Catalogue ids of transformers or masts."""
    radius_m: float = Field(gt=0)
    """Service radius of those that carry no ``radius_m`` of their own, metres."""
    kind: Literal["wired", "signal"] = "wired"
    """wired: a line connects whoever lies beyond the radius; signal: also needs a line of sight, and a new mast connects."""
    yuan_per_m: float | None = Field(default=None, ge=0)
    """Price of a metre of line; absent: cost unknown."""
    source: str = ""
    """Where the radius comes from."""
    clause: str = ""
    """Its clause."""
    status: Literal["cited", "secondary", "convention"] = "convention"
    """How sure it is."""


class RankingConfig(Frozen):
    """How townships are ranked."""

    weights: dict[str, float] = {}
    """Indicator (standard item id) → weight; empty: every item of the standards profile alike."""
    draws: int = Field(default=2000, ge=100)
    """Draws behind the rank intervals."""
    seed: int = 20260101
    """Seed of the draws."""
    interval_share: float = Field(default=0.9, gt=0, lt=1)
    """Share of the draws inside the interval of a rank."""


class LayerComparison(Frozen):
    """Two departments' layers about the same things."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    left: str
    """Catalogue id."""
    right: str
    """Catalogue id."""
    left_label_zh: str = ""
    """Whose it is, Chinese."""
    right_label_zh: str = ""
    """Whose it is, Chinese."""
    left_label_en: str = ""
    """Whose it is, English."""
    right_label_en: str = ""
    """Whose it is, English."""
    code: str | None = None
    """Canonical column with the shared code; absent: not matched by code."""
    within_m: float = Field(default=300.0, gt=0)
    """Farthest that two rows with one place or like names may be apart, metres."""
    columns: dict[str, float] = {}
    """Canonical columns to compare → largest difference that still agrees (numbers); text columns: 0."""


class CoverageConfig(Frozen):
    """Questions about coverage beyond the gaps."""

    siting: list[SitingQuestion] = []
    """Where to build."""
    water: WaterConfig = WaterConfig()
    """Water schemes and rules."""
    lines: list[LineNetwork] = []
    """Power and signal."""
    ranking: RankingConfig = RankingConfig()
    """Ranking of townships."""
    comparisons: list[LayerComparison] = []
    """Layers of two departments compared."""

    @model_validator(mode="after")
    def _ids_are_unique(self) -> CoverageConfig:
        for name, ids in (
            ("siting", [one.id for one in self.siting]),
            ("lines", [one.id for one in self.lines]),
            ("comparisons", [one.id for one in self.comparisons]),
        ):
            doubled = sorted({one for one in ids if ids.count(one) > 1})
            if doubled:
                raise ValueError(f"{name} ids occur twice: {', '.join(doubled)}")
        return self
