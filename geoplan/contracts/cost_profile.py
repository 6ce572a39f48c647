"""Describe what things cost: prices of serving a village group where it stands and of moving it, each with its year and source.

Money is yuan. A price is paid once, with a share of it every year after that for upkeep and renewal, or every year. Prices quoted in different
years are brought to the profile's year by one growth rate g: a price p of year y counts as p·(1 + g)^(Y − y).

By hand: 500 yuan/m of 2024, g = 0.02, Y = 2026 → 520.2 yuan/m; with a yearly share of 0.01 its upkeep is 5.202 yuan/m a year.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from geoplan.contracts.base import Code, Frozen, HazardClassName
from geoplan.contracts.cited import Cited

Platform = Literal["industry", "training", "relocation", "infrastructure", "ecology"]
"""The five funding platforms."""

PLATFORM_LABELS: dict[str, tuple[str, str]] = {
    "industry": ("产业发展", "industry"),
    "training": ("教育培训", "education and training"),
    "relocation": ("易地搬迁", "relocation"),
    "infrastructure": ("基础设施", "infrastructure"),
    "ecology": ("生态", "ecology"),
}
"""Platform → (Chinese, English) label."""

ServeBasis = Literal["household", "person", "group", "village", "township"]
MoveBasis = Literal["person", "household", "housing_m2", "site_m2", "homestead_m2"]


class Figure(Cited):
    """A figure that is not a price."""

    value: float
    """The figure, in the unit its key says."""


class Price(Cited):
    """A unit price."""

    yuan: float = Field(ge=0)
    """Yuan per unit, in money of ``price_year``."""
    price_year: int = Field(ge=1990, le=2100)
    """Year the price was paid or quoted."""
    every_year: bool = False
    """Paid every year of the horizon; else once, at the start."""
    yearly_share: float = Field(default=0.0, ge=0, le=1)
    """Upkeep and renewal a year, as a share of a price paid once."""

    @model_validator(mode="after")
    def _is_paid_one_way(self) -> Price:
        if self.every_year and self.yearly_share:
            raise ValueError("yearly_share belongs to a price paid once; this one is paid every year")
        return self


class SlopeRow(Cited):
    """How cut and fill make a road dearer on a slope."""

    slope_max_deg: float = Field(gt=0, le=90)
    """Steepest terrain of the class, degrees; equal is inside."""
    factor: float = Field(ge=1)
    """Cost of a metre, as a multiple of a metre on gentle ground."""


class RoadCosts(Frozen):
    """The road every group must have, and what a metre of it costs."""

    surfaces: list[str] = Field(min_length=1)
    """Surfaces of a road to standard."""
    min_width_m: Figure
    """Smallest width of a road to standard, metres."""
    unknown_width_serves: bool = False
    """Take a road of unknown width and right surface for one to standard; else it has to be upgraded."""
    trunk_classes: list[str] = Field(min_length=1)
    """Classes that lead out of the county: a road to standard counts when roads to standard join it to one of these (to the longest connected
    piece where none of them is to standard)."""
    reach_m: Figure
    """A group whose main place is so near a road to standard, straight and without a barrier between, has its road, metres."""
    new_per_m: Price
    """New road on gentle ground, yuan/m."""
    upgrade_per_m: Price
    """Bringing an existing motor road to standard on gentle ground, yuan/m."""
    slopes: list[SlopeRow] = Field(min_length=1)
    """Classes of terrain slope, ascending; the last must reach 90°."""
    max_grade: Figure
    """Steepest grade along the road, rise per level metre; steeper ground is climbed in bends."""
    cliff_deg: Figure
    """Terrain steeper than this carries no road, degrees."""
    bridge_per_m: Price
    """Bridge, yuan/m."""
    bridge_span_m: Figure
    """Length of the bridge over a river drawn as a line, or in place of a ford, metres."""
    bridged_kinds: list[str]
    """Barrier kinds or barrier layers that a bridge may cross; every other barrier stops a road."""
    split: Literal["persons", "equal"] = "persons"
    """How groups that use one piece of road share its cost: by people, or in equal parts."""

    @model_validator(mode="after")
    def _slopes_ascend(self) -> RoadCosts:
        steepest = [row.slope_max_deg for row in self.slopes]
        if any(b <= a for a, b in pairwise(steepest)) or steepest[-1] != 90.0:
            raise ValueError("slopes must ascend strictly and end at 90°")
        if any(b.factor < a.factor for a, b in pairwise(self.slopes)):
            raise ValueError("a steeper class may not be cheaper")
        if self.max_grade.value <= 0 or self.bridge_span_m.value <= 0 or self.reach_m.value < 0:
            raise ValueError("max_grade and bridge_span_m must be positive, reach_m not negative")
        if (
            not 0 < self.cliff_deg.value < 90
            or self.new_per_m.every_year
            or self.upgrade_per_m.every_year
            or self.bridge_per_m.every_year
        ):
            raise ValueError("cliff_deg must lie between 0 and 90; roads and bridges are paid once")
        return self


class ServeRow(Frozen):
    """What closes a gap where people stand."""

    id: Code
    """Item id."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    gap_items: list[str] = Field(min_length=1)
    """Standard items whose gap it closes; of several the largest gap counts, never their sum. Items that the plan's standards do not ask for are
    left out."""
    basis: ServeBasis
    """What is counted: households or people short, or one for the group, or one for the village or township, shared by its groups that are short."""
    price: Price
    """Per unit of the basis."""
    platform: Platform
    """Who would pay."""
    where_surveyed: bool = False
    """Left out in a county in which nothing is known of any of its items, so that no total waits for what was never surveyed; where something is
    known it counts, and what is unknown leaves the totals of its groups open. The ledger of gaps lists what is unknown either way."""


class WorksRow(Frozen):
    """Works, or watching, against a hazard where people stay."""

    treatment: Literal["工程治理", "监测预警", "避让搬迁"]
    """Treatment it prices; for 避让搬迁: the works that staying would take all the same."""
    hazard_class: HazardClassName | Literal["*"] = "*"
    """Hazard class, ``*`` for any other."""
    price: Price
    """Per person threatened."""


class MoveRow(Frozen):
    """One cost of moving, or what the move sets free."""

    id: Code
    """Item id."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    basis: MoveBasis
    """What is counted: people, households, floor area, site area, or homestead area left behind."""
    credit: bool = False
    """It is worth money and lowers the cost."""
    price: Price
    """Per unit of the basis."""
    platform: Platform
    """Who would pay, or gain."""


class CostProfile(Frozen):
    """Prices, horizon and discount rate."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese title."""
    label_en: str
    """English title."""
    price_year: int = Field(ge=1990, le=2100)
    """Year whose money every result is in."""
    price_growth: Figure
    """Yearly growth of prices, by which a price of another year is brought to ``price_year``."""
    horizon_years: Figure
    """Years of upkeep and yearly costs that count."""
    discount_rate: Figure
    """Yearly discount rate."""
    road: RoadCosts
    """Road link."""
    serve: list[ServeRow]
    """Services where people stand."""
    works: list[WorksRow] = []
    """Hazard works by treatment and class. Most specific row wins."""
    works_platform: Platform = "infrastructure"
    """Who would pay hazard works."""
    housing_m2_per_person: Figure
    """Floor area per person in resettlement housing, m²."""
    site_m2_per_person: Figure
    """Gross site area per person, m²."""
    move: list[MoveRow]
    """Costs of moving and what it sets free."""
    subsidy_per_household: Price
    """Moving subsidy. It says who pays and adds nothing to what the move costs."""

    @model_validator(mode="after")
    def _is_whole(self) -> CostProfile:
        for side in (self.serve, self.move):
            ids = [row.id for row in side]
            doubled = sorted({one for one in ids if ids.count(one) > 1})
            if doubled:
                raise ValueError(f"item ids occur twice: {', '.join(doubled)}")
        kinds = [(row.treatment, row.hazard_class) for row in self.works]
        if len(set(kinds)) < len(kinds):
            raise ValueError("works name a treatment and class twice")
        if self.horizon_years.value <= 0 or self.discount_rate.value < 0 or self.price_growth.value <= -1:
            raise ValueError("horizon_years must be positive, discount_rate not negative, price_growth above -1")
        if self.housing_m2_per_person.value <= 0 or self.site_m2_per_person.value <= 0:
            raise ValueError("areas per person must be positive")
        return self

    def unit_yuan(self, price: Price) -> float:
        """Return a price in money of ``price_year``."""
        return price.yuan * (1.0 + self.price_growth.value) ** (self.price_year - price.price_year)

    @property
    def annuity(self) -> float:
        """Present value of one yuan paid at the end of every year of the horizon.

        a(r, H) = (1 − (1 + r)^−H) / r, and H where r = 0. By hand: r = 0.06, H = 20 → 11.4699.
        """
        rate, years = self.discount_rate.value, self.horizon_years.value
        return years if rate == 0.0 else (1.0 - (1.0 + rate) ** -years) / rate
