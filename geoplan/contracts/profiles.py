"""Describe policy as data: standards, speeds and relocation profiles, every figure with source, clause and status."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from geoplan.contracts.cited import Cited as Cited
from geoplan.contracts.cited import EvidenceStatus as EvidenceStatus
from geoplan.contracts.config import Code, Frozen, HazardClassName
from geoplan.contracts.standards_profile import AgeGroup as AgeGroup
from geoplan.contracts.standards_profile import Level as Level
from geoplan.contracts.standards_profile import Measure as Measure
from geoplan.contracts.standards_profile import StandardItem as StandardItem
from geoplan.contracts.standards_profile import StandardsProfile as StandardsProfile
from geoplan.contracts.treatment_profile import BatchRule, MoveStage, TreatmentRule, check_batches, check_treatments


class SpeedRow(Cited):
    """Vehicle speed on one kind of road."""

    road_class: str
    """Canonical road class."""
    surface: str = "*"
    """Canonical surface, ``*`` for any."""
    kmh: float = Field(gt=0)
    """Speed in the dry season, km/h."""
    wet_kmh: float | None = Field(default=None, ge=0)
    """Speed in the wet season, km/h; 0 closes the road; absent means no change."""


class ModeRow(Cited):
    """How a motor vehicle's speed follows from the road's own."""

    mode: Literal["motorcycle", "bus"]
    """Vehicle."""
    road_class: str = "*"
    """Canonical road class, ``*`` for any."""
    surface: str = "*"
    """Canonical surface, ``*`` for any."""
    factor: float = Field(ge=0)
    """Share of the speed that the speed rows give the road; 0: the vehicle does not go there."""
    cap_kmh: float | None = Field(default=None, gt=0)
    """Fastest it goes there, km/h."""
    wet_factor: float | None = Field(default=None, ge=0)
    """Share in the wet season, of the road's wet speed; absent: as in the dry season."""


class BicycleSurface(Cited):
    """How a surface lets a bicycle roll."""

    surface: str
    """Canonical surface, ``*`` for any other."""
    rolling: float = Field(gt=0, lt=1)
    """Rolling resistance, newtons per newton of weight."""
    wet_rolling: float | None = Field(default=None, gt=0, lt=1)
    """The same in the wet season; absent: no change."""
    top_kmh: float = Field(gt=0)
    """Fastest it is ridden, downhill too, km/h."""


class Bicycle(Cited):
    """A rider of constant power on a bicycle."""

    power_w: float = Field(gt=0)
    """Power the rider keeps up, watts."""
    efficiency: float = Field(gt=0, le=1)
    """Share of the power that reaches the wheel."""
    mass_kg: float = Field(gt=0)
    """Rider, bicycle and load, kilograms."""
    drag_m2: float = Field(gt=0)
    """Drag coefficient times frontal area, square metres."""
    air_kg_m3: float = Field(gt=0)
    """Density of the air, kilograms per cubic metre."""
    push_factor: float = Field(gt=0, le=1)
    """Speed of pushing it, as a share of walking speed on the same slope."""
    surfaces: list[BicycleSurface]
    """Surfaces; ``*`` is needed."""

    @model_validator(mode="after")
    def _surfaces_are_whole(self) -> Bicycle:
        names = [row.surface for row in self.surfaces]
        if "*" not in names:
            raise ValueError("bicycle surfaces need a row '*' for any other surface")
        doubled = sorted({one for one in names if names.count(one) > 1})
        if doubled:
            raise ValueError(f"bicycle surfaces occur twice: {', '.join(doubled)}")
        return self


class ModeProfile(Frozen):
    """Vehicles beside the car that the speed rows speak of."""

    rows: list[ModeRow] = []
    """Motor vehicles. Most specific row wins: class and surface, then class, then surface, then neither."""
    bicycle: Bicycle | None = None
    """The bicycle; absent: nobody cycles."""


class SpeedProfile(Frozen):
    """Speeds by class, surface and season."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese title."""
    label_en: str
    """English title."""
    rows: list[SpeedRow]
    """Speeds of a car. Most specific row wins: class and surface, then class with ``*``."""
    modes: ModeProfile = ModeProfile()
    """Vehicles beside the car."""
    walking_classes: list[str]
    """Classes that are walked, at Tobler's speed along the edge, in either direction."""
    default_kmh: float = Field(gt=0)
    """Speed of a class without a row; its share of length is reported as imputed, km/h."""
    wet_closed: list[str] = ["ford", "ferry", "rope"]
    """Crossings closed in the wet season."""
    crossing_wait_min: dict[str, float] = {}
    """Waiting time of a crossing kind (ferry, rope), minutes."""
    no_foot: list[str] = []
    """Classes on which walking is not allowed."""
    all_weather_surfaces: list[str]
    """Surfaces that carry traffic all year (硬化路)."""


class Indicator(Cited):
    """One indicator of the candidacy score, with a value function of fixed anchors."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    unit: str
    """Unit of the raw value."""
    theme: Literal["hazard", "ecology", "land", "dispersion", "remoteness", "service"]
    """What the indicator speaks for."""
    anchors: list[tuple[float, float]] = Field(min_length=2)
    """(raw value, points 0..1) pairs, raw ascending; piecewise linear, flat outside. 1 is the stronger case for moving."""
    weight: float = Field(ge=0)
    """Weight; weights of a profile sum to 1."""
    unreachable_points: float | None = Field(default=1.0, ge=0, le=1)
    """Points where the raw value is unreachable or unsnapped: no way to get there is known to be the worst case, not missing evidence.
    ``null`` treats it as missing."""

    @model_validator(mode="after")
    def _anchors_ascend(self) -> Indicator:
        xs = [x for x, _ in self.anchors]
        if any(b <= a for a, b in pairwise(xs)):
            raise ValueError(f"indicator {self.id}: anchors must ascend strictly")
        if any(not 0.0 <= y <= 1.0 for _, y in self.anchors):
            raise ValueError(f"indicator {self.id}: points must lie in 0..1")
        return self


class Veto(Cited):
    """A condition that decides alone."""

    id: Code
    """Identifier."""
    label_zh: str
    """Reason in Chinese."""
    label_en: str
    """Reason in English."""
    hazard_kinds: list[str]
    """Hazard kinds it applies to (``*``: all)."""
    hazard_classes: list[HazardClassName]
    """Hazard classes that trigger it."""


class RelocationProfile(Frozen):
    """A relocation policy: indicators, vetoes, class thresholds, treatment and site figures."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese title."""
    label_en: str
    """English title."""
    indicators: list[Indicator]
    """Indicators with weights."""
    vetoes: list[Veto] = []
    """Conditions that decide alone."""
    must_score: float = Field(gt=0, le=1)
    """Score at or above which a settlement is 应搬."""
    suggest_score: float = Field(gt=0, le=1)
    """Score at or above which a settlement is 建议搬."""
    thresholds_cited: Cited
    """Where the class thresholds come from."""
    min_evidence_share: float = Field(ge=0, le=1)
    """Smallest share of weight with evidence for any class but 证据不足."""
    remoteness: list[str]
    """Indicator ids that make up the remoteness index."""
    housing_m2_per_person: float = Field(gt=0)
    """Floor area per person in resettlement housing, m² (upper limit)."""
    housing_cited: Cited
    """Where it comes from."""
    site_m2_per_person: float = Field(gt=0)
    """Gross site area per person with streets and services, m²."""
    site_cited: Cited
    """Where it comes from."""
    treatments: list[TreatmentRule] = []
    """监测预警 / 工程治理 / 避让搬迁, the first row that holds decides; empty: no treatment is chosen."""
    stages: list[MoveStage] = []
    """Years in which 应搬 and 愿搬 people move."""
    whole_group_share: float = Field(default=0.666, gt=0, le=1)
    """Share of a village group's people that are 应搬 from which the whole group moves (整组搬迁)."""
    whole_group_cited: Cited = Cited(source="三分之二以上多数的常用值", status="convention")
    """Where it comes from."""
    batches: list[BatchRule] = []
    """五个一批, in the order in which they take people; empty: nobody is put in a batch."""
    batch_persons_column: str = "persons"
    """Settlement column that counts the people the batches speak of (``persons``: everybody)."""

    @model_validator(mode="after")
    def _is_whole(self) -> RelocationProfile:
        check_treatments(self.treatments)
        check_batches(self.batches)
        ids = [one.id for one in self.indicators]
        doubled = sorted({one for one in ids if ids.count(one) > 1})
        if doubled:
            raise ValueError(f"indicator ids occur twice: {', '.join(doubled)}")
        total = sum(one.weight for one in self.indicators)
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"weights sum to {total}, not 1")
        if self.suggest_score > self.must_score:
            raise ValueError("suggest_score is above must_score")
        unknown = sorted(set(self.remoteness) - set(ids))
        if unknown:
            raise ValueError(f"remoteness names unknown indicators: {', '.join(unknown)}")
        return self


class CoverRow(Cited):
    """How fast one kind of ground is walked."""

    code: int = Field(ge=1, le=255)
    """Class code of the land-cover raster; 0 is kept for unknown."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    factor: float = Field(ge=0, le=2)
    """Walking speed on level ground of this kind, as a share of the plan's ``walk_kmh``; 0: nobody walks there."""


class WalkerRow(Cited):
    """How fast one kind of person walks."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    factor: float = Field(gt=0, le=2)
    """Walking speed as a share of an adult's without a load."""


class WalkingProfile(Frozen):
    """Walking speed by land cover and by who walks."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese title."""
    label_en: str
    """English title."""
    cover: list[CoverRow]
    """Factor of each class of the land-cover raster."""
    default_factor: float = Field(gt=0, le=2)
    """Factor where the class is unknown or has no row; such cells are counted."""
    default_cited: Cited
    """Where the default comes from."""
    walkers: list[WalkerRow]
    """Who walks; ``adult`` is the one the plan's ``walk_kmh`` speaks of."""

    @model_validator(mode="after")
    def _is_whole(self) -> WalkingProfile:
        for name, keys in (("cover codes", [str(row.code) for row in self.cover]), ("walkers", [row.id for row in self.walkers])):
            doubled = sorted({one for one in keys if keys.count(one) > 1})
            if doubled:
                raise ValueError(f"{name} occur twice: {', '.join(doubled)}")
        if self.walker_factors.get("adult") != 1.0:
            raise ValueError("walker adult needs factor 1: walk_kmh is an adult's speed")
        return self

    @property
    def walker_factors(self) -> dict[str, float]:
        """Walker id → factor on walking speed."""
        return {row.id: row.factor for row in self.walkers}
