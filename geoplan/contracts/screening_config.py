"""Describe terrain screening and run-out as data: thresholds, value functions, class lines and angles of reach, each with its source.

Screening is what an elevation model alone can say. No text fixes its figures, so most of them are conventions that a county replaces by its own
once a landslide inventory has been put beside them (`geoplan.relocation.backtest`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from geoplan.contracts.base import Code, Frozen
from geoplan.contracts.cited import Cited

TerrainMeasure = Literal["slope_deg", "relief_m", "curvature_per_km", "stream_m", "hand_m"]
RunOutKind = Literal["landslide", "rockfall", "debris_flow"]
CLASS_UNKNOWN = ""
"""Susceptibility class of a place the terrain says nothing about."""


class TerrainIndicator(Cited):
    """One measure of the ground with a value function of fixed anchors."""

    id: TerrainMeasure
    """Measure it reads."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    unit: str
    """Unit of the measure."""
    anchors: list[tuple[float, float]] = Field(min_length=2)
    """(value, points 0..1) pairs, values ascending; linear between, flat outside. 1 is more prone to sliding."""
    weight: float = Field(gt=0)
    """Weight; scaled so that the weights sum to 1."""

    @model_validator(mode="after")
    def _anchors_ascend(self) -> TerrainIndicator:
        if any(after[0] <= before[0] for before, after in pairwise(self.anchors)):
            raise ValueError(f"indicator {self.id}: anchors must ascend strictly")
        if any(not 0.0 <= points <= 1.0 for _, points in self.anchors):
            raise ValueError(f"indicator {self.id}: points must lie in 0..1")
        return self


class SusceptibilityClass(Cited):
    """A class of the susceptibility index."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    from_index: float = Field(ge=0, lt=1)
    """Smallest index of the class; equal is inside."""


def _indicators() -> list[TerrainIndicator]:
    """Return the default measures of the susceptibility index."""
    common = "坡度、起伏度、坡形、水系距离为滑坡易发性评价常用因子;分档与权重为惯例,应以本县灾害清单回检"
    rows = [
        ("slope_deg", "坡度", "slope", "°", [(5.0, 0.0), (15.0, 0.3), (25.0, 0.8), (35.0, 1.0)], 0.50),
        ("relief_m", "地形起伏度", "local relief", "m", [(30.0, 0.0), (150.0, 0.5), (300.0, 1.0)], 0.25),
        (
            "curvature_per_km",
            "坡面曲率(凹为正)",
            "curvature (hollows positive)",
            "1/km",
            [(-8.0, 0.0), (0.0, 0.5), (8.0, 1.0)],
            0.10,
        ),
        ("stream_m", "距沟道距离", "distance to a stream", "m", [(0.0, 1.0), (200.0, 0.6), (500.0, 0.2), (1000.0, 0.0)], 0.15),
    ]
    return [
        TerrainIndicator.model_validate(
            {
                "id": name,
                "label_zh": label_zh,
                "label_en": label_en,
                "unit": unit,
                "anchors": anchors,
                "weight": weight,
                "source": common,
                "status": "convention",
            }
        )
        for name, label_zh, label_en, unit, anchors, weight in rows
    ]


def _classes() -> list[SusceptibilityClass]:
    """Return the default classes, in the four grades of Chinese surveys."""
    rows = [
        ("very_low", "非易发", "not prone", 0.0),
        ("low", "低易发", "slightly prone", 0.25),
        ("medium", "中易发", "moderately prone", 0.5),
        ("high", "高易发", "highly prone", 0.7),
    ]
    source = "地质灾害调查以高、中、低、非易发四级表示;指数分界为惯例"
    return [
        SusceptibilityClass(id=one, label_zh=zh, label_en=en, from_index=line, source=source, status="convention")
        for one, zh, en, line in rows
    ]


class ScreeningConfig(Frozen):
    """How settlements are screened by terrain where nobody surveyed."""

    stream_km2: float = Field(default=1.0, gt=0)
    """Upstream area from which a flow path is a stream, km²; equal is a stream."""
    stream_cited: Cited = Cited(source="沟道起始汇水面积 0.4—1 km² 为常用值(Rennó 等 2008 用 0.4 km²)", status="convention")
    """Where it comes from."""
    sea_m: float | None = None
    """Ground at or below this height that is joined to the model's edge is sea, metres; absent: there is none."""
    relief_radius_m: float = Field(default=300.0, gt=0)
    """Radius of the window in which local relief is measured, metres."""
    relief_cited: Cited = Cited(source="起伏度统计窗口随 DEM 分辨率而定,数百米为常用值", status="convention")
    """Where it comes from."""
    indicators: list[TerrainIndicator] = Field(default_factory=_indicators, min_length=1)
    """Measures of the susceptibility index."""
    classes: list[SusceptibilityClass] = Field(default_factory=_classes, min_length=1)
    """Classes of the index, lowest first; the first begins at 0."""
    flood_hand_m: float = Field(default=5.0, ge=0)
    """Height above the nearest stream up to which ground counts as flood-prone, metres; equal is prone."""
    flood_cited: Cited = Cited(
        source="Nobre 等 2011(J. Hydrol. 404)以离河高差约 5 m 为界;山区洪水位变幅应以当地洪痕订正", status="convention"
    )
    """Where it comes from."""

    @model_validator(mode="after")
    def _is_whole(self) -> ScreeningConfig:
        for what, ids in (("indicators", [str(one.id) for one in self.indicators]), ("classes", [one.id for one in self.classes])):
            doubled = sorted({one for one in ids if ids.count(one) > 1})
            if doubled:
                raise ValueError(f"{what} occur twice: {', '.join(doubled)}")
        lines = [one.from_index for one in self.classes]
        if lines[0] != 0.0 or any(after <= before for before, after in pairwise(lines)):
            raise ValueError("class lines must begin at 0 and ascend strictly")
        return self


class ReachRow(Cited):
    """How far one kind of mass runs out, and how wide it spreads."""

    kind: RunOutKind
    """Hazard kind."""
    angle_deg: float = Field(gt=0, lt=90)
    """Angle of reach (Fahrböschung): from the end of the run-out up to the source along the path, degrees. A smaller one reaches farther."""
    spread_deg: float = Field(default=0.0, ge=0, lt=90)
    """Angle by which the zone widens on each side of the path, degrees."""
    spread_max_m: float = Field(default=200.0, ge=0)
    """Widest it spreads on each side, metres."""


def _reaches() -> list[ReachRow]:
    """Return the default angles of reach."""
    rows = [
        (
            "landslide",
            21.0,
            15.0,
            150.0,
            "Corominas 1996(Can. Geotech. J. 33)H/L 随体积减小:1 万—10 万 m³ 时 H/L≈0.34—0.41,即 19°—22°",
        ),
        ("rockfall", 28.0, 15.0, 100.0, "Evans & Hungr 1993、Jaboyedoff & Labiouse 2011:崩塌影角 27.5°—28°,侧向扩散 ±15°"),
        ("debris_flow", 11.0, 10.0, 200.0, "Rickenmann & Zimmermann 1993、Huggel 等 2002:粗颗粒泥石流最小到达角 11°"),
    ]
    return [
        ReachRow.model_validate(
            {
                "kind": kind,
                "angle_deg": angle,
                "spread_deg": spread,
                "spread_max_m": most,
                "source": f"{source};常被引用的数值,未核对原文",
                "status": "convention",
            }
        )
        for kind, angle, spread, most, source in rows
    ]


class RunOutConfig(Frozen):
    """How far masses run out below mapped sources."""

    rows: list[ReachRow] = Field(default_factory=_reaches, min_length=1)
    """One row per kind; sources of a kind without a row are refused."""

    @model_validator(mode="after")
    def _kinds_are_single(self) -> RunOutConfig:
        kinds = [row.kind for row in self.rows]
        doubled = sorted({one for one in kinds if kinds.count(one) > 1})
        if doubled:
            raise ValueError(f"kinds occur twice: {', '.join(doubled)}")
        return self

    @property
    def by_kind(self) -> dict[str, ReachRow]:
        """Kind → row."""
        return {str(row.kind): row for row in self.rows}
