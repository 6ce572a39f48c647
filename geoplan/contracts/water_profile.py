"""Describe water policy and water works: rule versions, what people need, pipes, pumps and trenches, every figure with its source.

Versions of a rule that conflict stand side by side as rules of their own; none is merged with another. A rule about walking to water holds *ways*: a
way is met when all its limits hold, and one way that is met is enough. Equal to a threshold is inside.

By hand: a rule "20 min, or 1,000 m there and back and 100 m of climb" has two ways. A walk of 25 min over 400 m and 60 m of climb meets the second.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from geoplan.contracts.base import Code, Frozen
from geoplan.contracts.cited import Cited
from geoplan.contracts.cost_profile import Figure

WaterItem = Literal["quantity", "fetching", "reliability"]


class FetchingWay(Frozen):
    """Limits of a walk to water that must hold together; a limit that is absent does not ask."""

    round_trip_min: float | None = Field(default=None, gt=0)
    """Longest walk there and back, minutes."""
    level_m: float | None = Field(default=None, gt=0)
    """Farthest level distance one way, metres."""
    climb_m: float | None = Field(default=None, gt=0)
    """Largest difference in height, up or down, metres."""

    @model_validator(mode="after")
    def _asks_something(self) -> FetchingWay:
        if self.round_trip_min is None and self.level_m is None and self.climb_m is None:
            raise ValueError("a way needs at least one limit")
        return self


class WaterRule(Cited):
    """One version of one rule."""

    id: Code
    """Identifier."""
    item: WaterItem
    """quantity (litres per person and day), fetching (the walk to water) or reliability (share of the time)."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    safe_at_least: float | None = Field(default=None, ge=0)
    """Least value that counts as safe (quantity, reliability)."""
    basic_at_least: float | None = Field(default=None, ge=0)
    """Least value that counts as basically safe (quantity, reliability)."""
    safe_ways: list[FetchingWay] = []
    """Walks that count as safe (fetching)."""
    basic_ways: list[FetchingWay] = []
    """Walks that count as basically safe (fetching)."""

    @model_validator(mode="after")
    def _is_whole(self) -> WaterRule:
        amounts, ways = (self.safe_at_least, self.basic_at_least), self.safe_ways + self.basic_ways
        if self.item == "fetching" and (not ways or any(one is not None for one in amounts)):
            raise ValueError(f"rule {self.id}: fetching is judged by safe_ways and basic_ways alone")
        if self.item != "fetching" and (ways or all(one is None for one in amounts)):
            raise ValueError(f"rule {self.id}: {self.item} is judged by safe_at_least and basic_at_least alone")
        if self.safe_at_least is not None and self.basic_at_least is not None and self.safe_at_least < self.basic_at_least:
            raise ValueError(f"rule {self.id}: safe asks for less than basic")
        return self


class PipeSize(Cited):
    """A standard pipe."""

    diameter_mm: float = Field(gt=0)
    """Inner diameter, millimetres."""
    yuan_per_m: float = Field(ge=0)
    """Pipe, fittings and laying without the trench, yuan/m."""


class TrenchRow(Cited):
    """How steep ground makes a trench dearer."""

    slope_max_deg: float = Field(gt=0, le=90)
    """Steepest terrain of the class, degrees; equal is inside."""
    factor: float = Field(ge=1)
    """Price of a metre, as a multiple of a metre on gentle ground."""


class Pipes(Frozen):
    """What pipes there are, and what is asked of them."""

    roughness_c: Figure
    """Hazen–Williams coefficient of the material."""
    sizes: list[PipeSize] = Field(min_length=1)
    """Standard diameters, ascending."""
    velocity_max_m_s: Figure
    """Fastest flow in a pipe, metres per second."""
    residual_min_m: Figure
    """Least head above the ground at the settlement, metres."""
    source_head_m: Figure
    """Water level above the ground at the source, metres."""
    reserve_m_per_km: Figure
    """Head kept for losses while the route is searched, metres per kilometre of pipe."""
    length_max_km: Figure
    """Longest pipe from a source to a settlement, kilometres."""
    trench_per_m: Figure
    """Trench on gentle ground, yuan/m."""
    trench_slopes: list[TrenchRow] = Field(min_length=1)
    """Classes of terrain slope, ascending; the last must reach 90°."""

    @model_validator(mode="after")
    def _ascend(self) -> Pipes:
        sizes = [one.diameter_mm for one in self.sizes]
        steepest = [one.slope_max_deg for one in self.trench_slopes]
        if any(b <= a for a, b in pairwise(sizes)) or any(b.yuan_per_m < a.yuan_per_m for a, b in pairwise(self.sizes)):
            raise ValueError("pipe sizes must ascend strictly, and their prices may not fall")
        if any(b <= a for a, b in pairwise(steepest)) or steepest[-1] != 90.0:
            raise ValueError("trench slopes must ascend strictly and end at 90°")
        if min(self.roughness_c.value, self.velocity_max_m_s.value, self.length_max_km.value) <= 0:
            raise ValueError("roughness_c, velocity_max_m_s and length_max_km must be positive")
        if min(self.residual_min_m.value, self.source_head_m.value, self.reserve_m_per_km.value) < 0:
            raise ValueError("residual_min_m, source_head_m and reserve_m_per_km may not be negative")
        return self


class Pump(Frozen):
    """One pumping station beside a source."""

    lift_max_m: Figure
    """Highest lift, metres; 0: nothing is pumped."""
    design_loss_m_per_km: Figure
    """Head a pumped pipe may lose, metres per kilometre: sets how thick it is."""
    efficiency: Figure
    """Share of the electric power that lifts water."""
    station: Figure
    """Station without its pumps, yuan."""
    per_kw: Figure
    """Pumps and their supply, yuan per kilowatt."""
    per_kwh: Figure
    """Electricity, yuan per kilowatt-hour."""

    @model_validator(mode="after")
    def _is_possible(self) -> Pump:
        if self.lift_max_m.value < 0 or self.design_loss_m_per_km.value <= 0 or not 0 < self.efficiency.value <= 1:
            raise ValueError("lift_max_m may not be negative, design_loss_m_per_km must be positive, efficiency lie in (0, 1]")
        return self


class WaterDemand(Frozen):
    """What people need."""

    piped_l_person_day: Figure
    """Piped to the house, on the day of most use, litres per person."""
    dispersed_l_person_day: Figure
    """Fetched from a spring, litres per person and day."""
    peak_factor: Figure
    """Flow in the hour of most use, as a multiple of the day's mean."""
    loss_share: Figure
    """Share of what leaves the source that is lost in the pipes."""

    @model_validator(mode="after")
    def _is_possible(self) -> WaterDemand:
        if self.piped_l_person_day.value <= 0 or self.dispersed_l_person_day.value <= 0:
            raise ValueError("what people need must be positive")
        if self.peak_factor.value < 1 or not 0 <= self.loss_share.value < 1:
            raise ValueError("peak_factor is at least 1, loss_share lies in [0, 1)")
        return self


class WaterProfile(Frozen):
    """Water rules and figures of water works."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese title."""
    label_en: str
    """English title."""
    price_year: int = Field(ge=1990, le=2100)
    """Year whose money all prices are in."""
    rules: list[WaterRule]
    """Rule versions in the order in which they are shown."""
    demand: WaterDemand
    """What people need."""
    pipes: Pipes
    """Pipes."""
    pump: Pump
    """Pumps."""
    dispersed_way: FetchingWay
    """Walk within which a spring serves a settlement; its minutes count only where the walk was timed."""

    @model_validator(mode="after")
    def _ids_are_unique(self) -> WaterProfile:
        ids = [one.id for one in self.rules]
        doubled = sorted({one for one in ids if ids.count(one) > 1})
        if doubled:
            raise ValueError(f"rules occur twice: {', '.join(doubled)}")
        if self.dispersed_way.level_m is None:
            raise ValueError("dispersed_way needs level_m, beyond which no spring is looked for")
        return self
