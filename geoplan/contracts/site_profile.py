"""Hold the figures by which receiving sites are judged: weights and anchors of the score, seats people need, shape of a patch; each cited.

A county replaces any of them by its own `SiteProfile`. What is common practice and no rule says so (``status`` ``convention``).

By hand: 76 school places per 1,000 people and 30 free ones hold ⌊30 / 0.076⌋ = 394 people.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from geoplan.contracts.base import Code, Frozen
from geoplan.contracts.cited import Cited

SeatKind = Literal["school", "clinic"]


class SiteCriterion(Cited):
    """One criterion of the site score, with a value function of fixed anchors."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    column: str
    """Column of the sites table with the raw value."""
    status_column: str = ""
    """Column that says whether it exists; empty: it exists where it is a number."""
    unit: str
    """Unit of the raw value."""
    weight: float = Field(ge=0)
    """Weight; weights of a profile sum to 1."""
    anchors: list[tuple[float, float]] = Field(min_length=2)
    """(raw value, points 0..1) pairs, raw ascending; piecewise linear, flat outside. 1 is the better site."""

    @model_validator(mode="after")
    def _anchors_ascend(self) -> SiteCriterion:
        if any(right[0] <= left[0] for left, right in pairwise(self.anchors)):
            raise ValueError(f"criterion {self.id}: anchors must ascend strictly")
        if any(not 0.0 <= points <= 1.0 for _, points in self.anchors):
            raise ValueError(f"criterion {self.id}: points must lie in 0..1")
        return self


class SeatNeed(Cited):
    """How many seats of one kind of service people need, and how far off a seat still counts."""

    kind: SeatKind
    """``school`` (seats are school places) or ``clinic`` (seats are beds)."""
    service: str
    """Service id of the plan whose facilities hold the seats."""
    label_zh: str
    """Chinese name of the facility."""
    label_en: str
    """English name of the facility."""
    seat_zh: str
    """Chinese name of a seat, with its counter (``个学位``)."""
    seat_en: str
    """English name of seats."""
    per_1000_persons: float = Field(gt=0)
    """Seats that 1,000 people need."""
    reach_min: float = Field(gt=0)
    """Longest way from a site to a seat that counts, minutes one way in the dry season."""
    reach_cited: Cited
    """Where the reach comes from."""


class SiteProfile(Frozen):
    """Everything the rating of receiving sites takes as given."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese title."""
    label_en: str
    """English title."""
    criteria: list[SiteCriterion]
    """Criteria of the score."""
    seats: list[SeatNeed]
    """Services whose free seats limit a site."""
    min_compactness: float = Field(ge=0, le=0.7853)
    """Least 4πA/P² of a patch, P along the cells' sides; no patch of cells exceeds a square's π/4."""
    compactness_cited: Cited
    """Where it comes from."""
    farmland_reach_m: float = Field(gt=0)
    """How far from home land is tilled, straight distance, metres."""
    farmland_cited: Cited
    """Where it comes from."""

    @model_validator(mode="after")
    def _is_whole(self) -> SiteProfile:
        for name, keys in (("criteria", [one.id for one in self.criteria]), ("seats", [str(one.kind) for one in self.seats])):
            doubled = sorted({one for one in keys if keys.count(one) > 1})
            if doubled:
                raise ValueError(f"{name} occur twice: {', '.join(doubled)}")
        total = sum(one.weight for one in self.criteria)
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"weights of the site criteria sum to {total}, not 1")
        return self


_HABIT = {"source": "安置点选址的常用分档,由县级确认", "status": "convention"}
_FARMLAND = {"source": "广元市决定", "clause": "二(四):人均 0.5—1 亩稳产农田,按户均 3.6 人折算", "status": "secondary"}


def _criterion(
    name: str, labels: tuple[str, str], column: str, unit: str, weight: float, *anchors: tuple[float, float], **more: str
) -> SiteCriterion:
    cited = {**_HABIT, **more}
    return SiteCriterion.model_validate(
        {"id": name, "label_zh": labels[0], "label_en": labels[1], "column": column, "unit": unit, "weight": weight, "anchors": anchors, **cited}
    )  # fmt: skip


SITE_PROFILE = SiteProfile(
    id="sites_2026",
    label_zh="安置点选址",
    label_en="choice of receiving sites",
    criteria=[
        _criterion("slope", ("坡度", "slope"), "slope_deg", "°", 0.20, (5.0, 1.0), (15.0, 0.4), (25.0, 0.0)),
        _criterion(
            "road", ("距全天候道路", "distance to an all-weather road"), "road_m", "m", 0.15,
            (100.0, 1.0), (500.0, 0.6), (1000.0, 0.2), (2000.0, 0.0), status_column="road_status",
        ),
        _criterion(
            "water", ("距供水点", "distance to a water point"), "water_m", "m", 0.10,
            (200.0, 1.0), (1000.0, 0.5), (3000.0, 0.0), status_column="water_status",
        ),
        _criterion(
            "school", ("至小学", "time to the primary school"), "school_min", "min", 0.12,
            (10.0, 1.0), (30.0, 0.5), (60.0, 0.0), status_column="school_status",
        ),
        _criterion(
            "clinic", ("至卫生室", "time to the clinic"), "clinic_min", "min", 0.12,
            (10.0, 1.0), (30.0, 0.5), (60.0, 0.0), status_column="clinic_status",
        ),
        _criterion(
            "seat", ("至乡镇驻地", "time to the township seat"), "seat_min", "min", 0.11,
            (10.0, 1.0), (30.0, 0.6), (60.0, 0.0), status_column="seat_status",
        ),
        _criterion(
            "farmland", ("耕作半径内户均耕地", "farmland within reach per household"), "farmland_mu_per_household", "mu/household", 0.08,
            (0.0, 0.0), (1.8, 0.5), (3.6, 1.0), status_column="farmland_status", **_FARMLAND,
        ),
        _criterion("size", ("面积", "size"), "area_m2", "m²", 0.06, (10_000.0, 0.2), (50_000.0, 0.8), (100_000.0, 1.0)),
        _criterion("compactness", ("紧凑度 4πA/P²", "compactness 4πA/P²"), "compactness", "index", 0.06, (0.15, 0.0), (0.50, 0.8), (0.75, 1.0)),
    ],
    seats=[
        SeatNeed(
            kind="school", service="primary_school", label_zh="小学", label_en="primary school", seat_zh="个学位", seat_en="school places",
            per_1000_persons=76.0, source="全国小学在校生与人口之比(2020 年 10,725 万人与 141,178 万人,未核原文),由县级按在校生数核定",
            status="convention", reach_min=30.0,
            reach_cited=Cited(source="国务院办公厅关于乡村小规模学校建设的指导意见", clause="低年级走读单程一般不超过 30 分钟", status="secondary"),
        ),
        SeatNeed(
            kind="clinic", service="clinic", label_zh="卫生室或卫生院", label_en="clinic", seat_zh="张床位", seat_en="beds",
            per_1000_persons=1.2, source="国办发〔2015〕14号", clause="每千常住人口基层医疗卫生机构床位 1.2 张(未核原文)", status="convention", reach_min=30.0,
            reach_cited=Cited(source="基层卫生机构半小时可达的常用值,由县级确认", status="convention"),
        ),
    ],
    min_compactness=0.15,
    compactness_cited=Cited(source="宽 100 m 的地块长不过约 1.9 km;由县级确认", status="convention"),
    farmland_reach_m=2000.0,
    farmland_cited=Cited(source="步行半小时的耕作半径,由县级确认", status="convention"),
)  # fmt: skip
"""The figures used where a plan brings none of its own."""
