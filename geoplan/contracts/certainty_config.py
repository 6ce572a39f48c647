"""Describe how candidacy weights are found, and how uncertain each input of the candidacy score is.

Every figure has its unit in its name or docstring and a ``…_cited`` beside it that says where it comes from. A plan that changes a figure without
saying where the new one comes from has changed it on its own authority: the source then reads so, and the status is ``convention``.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from geoplan.contracts.base import Code, Frozen
from geoplan.contracts.cited import Cited

WeightMethod = Literal["profile", "given", "ahp", "rank_order", "rank_sum"]
WeightSpread = Literal["simplex", "ranges", "dirichlet", "fixed"]


class WeightScheme(Frozen):
    """How the weights of the candidacy indicators are found; whatever the method, they are scaled to sum to 1."""

    method: WeightMethod = "profile"
    """``profile``: as the profile says; ``given``: those of ``given`` replace the profile's; ``ahp``: from pairwise ``judgements``;
    ``rank_order``: rank-order centroid of ``ranking``; ``rank_sum``: rank sum of ``ranking``."""
    given: dict[Code, float] = {}
    """Indicator id → weight (no unit), for ``given``."""
    judgements: dict[str, float] = {}
    """``a/b`` → how many times more indicator a counts than b (1/9 … 9), every pair of the indicators named once, for ``ahp``.
    Indicators that no judgement names get weight 0."""
    ranking: list[Code | list[Code]] = []
    """Indicator ids, the most important first, for ``rank_order`` and ``rank_sum``; a list inside the list is a tie.
    Indicators that are not named get weight 0."""
    accept_inconsistent: bool = False
    """Take judgements whose consistency ratio is above 0.1; the ratio is reported all the same."""


_OWN = {"source": "本县计划文件(plan file)", "status": "convention"}


class CertaintyConfig(Frozen):
    """How many draws, what is uncertain and by how much."""

    draws: int = Field(default=10_000, ge=1, le=1_000_000)
    """Number of draws."""
    seed: int = Field(default=20_260_101, ge=0)
    """Seed of all random numbers; the same seed gives the same result bit by bit."""
    certain_share: float = Field(default=0.95, gt=0.5, le=1)
    """Share of draws from which a class is certain."""
    certain_share_cited: Cited = Cited(source="95% 置信水平的统计惯例", status="convention")
    """Where it comes from."""
    weights: WeightSpread = "ranges"
    """``simplex``: any weights, all equally likely; ``ranges``: any weights within ``weight_ranges`` (± ``weight_share`` where an indicator has
    none), all equally likely; ``dirichlet``: around the profile's with ``dirichlet_concentration``; ``fixed``: the profile's.
    An indicator of weight 0 keeps it."""
    weight_share: float = Field(default=0.3, ge=0, le=1)
    """Half width of a weight's range as a share of the weight."""
    weight_share_cited: Cited = Cited(source="权重敏感性分析常用 ±30%", status="convention")
    """Where it comes from."""
    weight_ranges: dict[Code, tuple[float, float]] = {}
    """Indicator id → lowest and highest weight (of weights that sum to 1), for ``ranges``."""
    dirichlet_concentration: float = Field(default=50.0, gt=0)
    """Concentration c: weight w has variance w(1 − w)/(c + 1)."""
    speed_sd: float = Field(default=0.15, ge=0, le=1)
    """Standard deviation of the natural logarithm of travel speed, common to the county: 0.15 is about ±15%. Times scale inversely."""
    speed_service_sd: float = Field(default=0.05, ge=0, le=1)
    """The same for each service by itself, on top of it."""
    speed_cited: Cited = Cited(source="山区道路实测车速与规划取值之差,约 ±15%", status="convention")
    """Where both come from."""
    dem_error_m: float = Field(default=1.7, ge=0)
    """Standard deviation of the error of an elevation, metres."""
    dem_correlation_m: float = Field(default=150.0, gt=0)
    """Length L of the error's correlation exp(−h²/2L²) at distance h, metres."""
    dem_step_m: float = Field(default=30.0, gt=0)
    """Cell over which slopes were taken, metres: the error of a slope is the central difference over two of them."""
    dem_cited: Cited = Cited(
        source="Copernicus DEM GLO-30: relative vertical accuracy < 4 m (90%) on slopes above 20%; 4/1.645/√2 = 1.7 m; 相关长度为惯例",
        status="secondary",
    )
    """Where the three come from."""
    hazard_worse_share: float = Field(default=0.03, ge=0, le=1)
    """Probability that the mapped hazard class of a kind is in truth one class worse."""
    hazard_better_share: float = Field(default=0.03, ge=0, le=1)
    """Probability that it is in truth one class better. Keep both away from 1 − ``certain_share``: there every veto's verdict would be a toss-up."""
    hazard_cited: Cited = Cited(source="地质灾害易发性分区图上下错一级的经验比例", status="convention")
    """Where both come from."""
    population_sd: float = Field(default=0.10, ge=0, le=1)
    """Standard deviation of the natural logarithm of the people actually living in a settlement."""
    population_cited: Cited = Cited(source="户籍人口与常住人口之差的惯例取值", status="convention")
    """Where it comes from."""
    rank_bands: list[int] = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000]
    """Last rank of each band in which rank acceptability is reported; what is left is one more band."""

    @model_validator(mode="before")
    @classmethod
    def _own_figures_say_so(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        stated = {name.split("_")[0] if not name.startswith(("weight_", "certain_")) else name for name in given}
        added = {}
        for cited in (name for name in cls.model_fields if name.endswith("_cited")):
            stem = cited.removesuffix("_cited")
            if cited not in given and stem in stated:
                added[cited] = _OWN
        return {**given, **added}

    @model_validator(mode="after")
    def _is_whole(self) -> CertaintyConfig:
        if self.hazard_worse_share + self.hazard_better_share > 1:
            raise ValueError("hazard_worse_share and hazard_better_share add up to more than 1")
        if (
            any(later <= before for before, later in zip(self.rank_bands, self.rank_bands[1:], strict=False))
            or min(self.rank_bands, default=1) < 1
        ):
            raise ValueError("rank_bands must ascend strictly from 1 or more")
        wrong = [name for name, (low, high) in self.weight_ranges.items() if not 0 <= low <= high <= 1]
        if wrong:
            raise ValueError(f"weight_ranges need 0 ≤ lowest ≤ highest ≤ 1: {', '.join(wrong)}")
        return self
