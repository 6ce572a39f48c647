"""Check where things lie and what they are: geometry, the county's border, facility levels and doubles.

Distances are metres in the working CRS, to the county's polygons. A settlement up to 100 m outside is a matter of two borders drawn apart
and silent; up to 2 km it is doubtful; farther it is in another county. Facilities over the border are wanted (people cross it): they are counted for
information up to 30 km and doubtful beyond.
"""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.checks.amounts import find_negatives
from geoplan.checks.lookup import find_layer, label_rows, name_facility_layers, read_codes
from geoplan.contracts.config import PlanConfig, ServiceConfig
from geoplan.contracts.results import Layers, Problem
from geoplan.contracts.status import Severity
from geoplan.io.problems import note_problem

_BORDER_TOLERANCE_M = 100.0
_WRONG_COUNTY_M = 2_000.0
_FAR_FACILITY_M = 30_000.0
_SAME_PLACE_M = 1.0


def check_places(layers: Layers, plan: PlanConfig, *, unlocated: Collection[str] = ()) -> list[Problem]:
    """Return what is wrong with geometries, with places outside the county, and with facilities.

    Parameters
    ----------
    layers
        All layers in the working CRS.
    plan
        Plan file.
    unlocated
        Layers that the catalogue says have no places (``located: false``): a missing geometry is no problem there. People do live
        somewhere, so it is one for the settlements all the same.
    """
    drawn = {name: frame for name, frame in layers.vectors.items() if name not in unlocated or name == plan.settlements}
    problems = [found for name, frame in drawn.items() for found in _check_geometry(name, frame, plan)]
    county = find_layer(layers, plan.county)
    if county is not None:
        problems += _check_county(layers, plan, county)
    for name in name_facility_layers(plan):
        frame = find_layer(layers, name)
        if frame is not None:
            problems += _check_doubles(name, frame)
            problems += find_negatives(name, frame, ("capacity", "staff", "yield_m3_day"))
    return problems + _check_levels(layers, plan)


def _check_geometry(name: str, frame: gpd.GeoDataFrame, plan: PlanConfig) -> list[Problem]:
    geometry = frame.geometry.to_numpy()
    labels = label_rows(frame)
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    invalid = ~missing & ~shapely.is_valid(geometry)
    problems = []
    if missing.any():
        problems.append(
            note_problem(
                "GEOMETRY-MISSING",
                Severity.ERROR if name == plan.settlements else Severity.WARNING,
                name,
                zh=f"{int(missing.sum())} 条记录没有图形",
                en=f"{int(missing.sum())} rows have no geometry",
                fix_zh="补充图形，或删除这些记录。",
                fix_en="Draw the geometry, or delete the rows.",
                column="geometry",
                ids=labels[missing],
            )
        )
    if invalid.any():
        problems.append(
            note_problem(
                "GEOMETRY-INVALID",
                Severity.ERROR,
                name,
                zh=f"{int(invalid.sum())} 个图形无效（自相交等）",
                en=f"{int(invalid.sum())} geometries are invalid (crossing themselves, …)",
                fix_zh="在来源文件中修复这些图形。",
                fix_en="Repair these geometries in the source.",
                column="geometry",
                ids=labels[invalid],
            )
        )
    return problems


def _check_county(layers: Layers, plan: PlanConfig, county: gpd.GeoDataFrame) -> list[Problem]:
    """Hold settlements and facilities against the county's border."""
    drawn = county.geometry[~(county.geometry.isna() | county.geometry.is_empty)]
    if drawn.empty:
        return []
    area = shapely.make_valid(shapely.union_all(shapely.make_valid(drawn.to_numpy())))
    problems: list[Problem] = []
    cut: list[str] = []
    settlements = find_layer(layers, plan.settlements)
    if settlements is not None:
        away = _distance_m(settlements, area)
        far = away > _WRONG_COUNTY_M
        for rows, severity in ((far, Severity.ERROR), ((away > _BORDER_TOLERANCE_M) & ~far, Severity.WARNING)):
            if rows.any():
                problems.append(
                    _outside("SETTLEMENT-OUTSIDE", severity, plan.settlements, settlements, rows, away, "自然村", "settlements")
                )
    for name in name_facility_layers(plan):
        frame = find_layer(layers, name)
        if frame is None:
            continue
        away = _distance_m(frame, area)
        far = away > _FAR_FACILITY_M
        near = (away > _BORDER_TOLERANCE_M) & ~far
        if far.any():
            problems.append(_outside("FACILITY-OUTSIDE", Severity.WARNING, name, frame, far, away, "设施", "facilities"))
        if near.any():
            problems.append(_outside("FACILITY-OVER-BORDER", Severity.INFO, name, frame, near, away, "设施", "facilities"))
        elif len(frame) and not far.any():
            cut.append(name)
    roads = find_layer(layers, plan.roads)
    if roads is not None and len(roads) and not (_distance_m(roads, area, farthest=True) > _BORDER_TOLERANCE_M).any():
        cut.append(plan.roads)
    return [*problems, _cut_at_border(plan.county or "", cut)] if cut else problems


def _distance_m(frame: gpd.GeoDataFrame, area: shapely.Geometry, *, farthest: bool = False) -> NDArray[np.float64]:
    """Return metres from each geometry to the county (0 inside; NaN without geometry); ``farthest`` measures lines at their ends."""
    geometry = frame.geometry.to_numpy()
    if farthest:
        whole = shapely.buffer(area, _BORDER_TOLERANCE_M)
        shapely.prepare(whole)
        return np.where(shapely.covers(whole, geometry) | shapely.is_missing(geometry), 0.0, np.inf)
    shapely.prepare(area)
    inside = shapely.intersects(area, geometry)
    away = np.where(inside, 0.0, np.nan)
    rest = ~inside & ~shapely.is_missing(geometry)
    away[rest] = shapely.distance(geometry[rest], area)
    return away


def _outside(
    code: str,
    severity: Severity,
    name: str,
    frame: gpd.GeoDataFrame,
    rows: NDArray[np.bool_],
    away: NDArray[np.float64],
    zh: str,
    en: str,
) -> Problem:
    most = float(np.nanmax(away[rows])) / 1000.0
    return note_problem(
        code,
        severity,
        name,
        zh=f"{int(rows.sum())} 个{zh}在县界以外，最远 {most:.1f} km",
        en=f"{int(rows.sum())} {en} lie outside the county, up to {most:.1f} km",
        fix_zh="核对坐标（经纬度是否颠倒、坐标系是否正确）与县界。",
        fix_en="Check the coordinates (swapped? wrong CRS?) and the border.",
        column="geometry",
        ids=label_rows(frame)[rows],
    )


def _cut_at_border(county: str, names: list[str]) -> Problem:
    return note_problem(
        "EDGE-CUT",
        Severity.INFO,
        county,
        zh=f"{len(names)} 个图层止于县界：{'、'.join(names)}；界外的道路或设施未计入，边界附近的出行时间可能偏长",
        en=f"{len(names)} layers end at the county's border ({', '.join(names)}): what lies beyond is not counted, and times near the border "
        "may be too long",
        fix_zh="加入县界外约 10 km 内的要素。",
        fix_en="Add what lies within some 10 km beyond the border.",
        column="geometry",
        ids=names,
    )


def _check_levels(layers: Layers, plan: PlanConfig) -> list[Problem]:
    """Return facilities without level where a service chooses by level, and services that no facility provides."""
    problems = []
    choosing = {layer for service in plan.services if service.levels for layer in service.layers}
    for name in name_facility_layers(plan):
        frame = find_layer(layers, name)
        if frame is None or name not in choosing:
            continue
        level = read_codes(frame["level"]) if "level" in frame else pd.Series("", index=frame.index, dtype=object)
        blank = level == ""
        if blank.any():
            problems.append(
                note_problem(
                    "FACILITY-LEVEL",
                    Severity.ERROR,
                    name,
                    zh=f"{int(blank.sum())} 个设施没有级别，而服务按级别选取，它们不会被计入",
                    en=f"{int(blank.sum())} facilities have no level, and services choose by level: they would not be counted",
                    fix_zh="补充级别，或在目录的 constants 中给出。",
                    fix_en="Fill in the level, or state it under `constants` in the catalogue.",
                    column="level",
                    ids=label_rows(frame)[blank],
                )
            )
    for service in plan.services:
        problems += _check_kinds(layers, service)
        frames = [frame for frame in (find_layer(layers, one) for one in service.layers) if frame is not None]
        if service.levels:
            provided = any("level" in one and read_codes(one["level"]).isin(service.levels).any() for one in frames)
        else:
            provided = any(len(one) for one in frames)
        if not provided:
            problems.append(
                note_problem(
                    "SERVICE-EMPTY",
                    Severity.WARNING,
                    ", ".join(service.layers),
                    zh=f"没有任何设施提供服务 {service.id}（{service.label_zh}）",
                    en=f"no facility provides service {service.id} ({service.label_en})",
                    fix_zh="核对图层内容与 levels。",
                    fix_en="Check the layers and `levels`.",
                    column="level" if service.levels else "",
                    ids=[service.id],
                )
            )
    return problems


def _check_kinds(layers: Layers, service: ServiceConfig) -> list[Problem]:
    """Return a service that takes facilities of several kinds for one: a culture room is no service centre."""
    problems = []
    for name in service.layers:
        frame = find_layer(layers, name)
        if frame is None or "kind" not in frame:
            continue
        chosen = (
            read_codes(frame["level"]).isin(service.levels)
            if service.levels and "level" in frame
            else pd.Series(True, index=frame.index)
        )
        kinds = sorted(set(read_codes(frame.loc[chosen, "kind"])) - {""})
        if len(kinds) > 1:
            problems.append(
                note_problem(
                    "SERVICE-MIXED-KINDS",
                    Severity.WARNING,
                    name,
                    zh=f"服务 {service.id}（{service.label_zh}）把 {len(kinds)} 类设施都计入：{'、'.join(kinds[:10])}",
                    en=f"service {service.id} ({service.label_en}) counts facilities of {len(kinds)} kinds alike: {', '.join(kinds[:10])}",
                    fix_zh="在目录中用 where 按类型分成几个图层，各服务取各自的图层。",
                    fix_en="Split the layer by kind with `where` in the catalogue, and let each service take its own.",
                    column="kind",
                    ids=kinds,
                    count=int(chosen.sum()),
                )
            )
    return problems


def _check_doubles(name: str, frame: gpd.GeoDataFrame) -> list[Problem]:
    """Return facilities of one level and kind that stand within a metre of one another."""
    geometry = shapely.point_on_surface(frame.geometry.to_numpy())
    known = np.flatnonzero(~(shapely.is_missing(geometry) | shapely.is_empty(geometry)))
    one, other = shapely.STRtree(geometry[known]).query(geometry[known], predicate="dwithin", distance=_SAME_PLACE_M)
    one, other = known[one], known[other]
    same = one != other
    for column in ("level", "kind", "water_kind"):
        if column in frame:
            text = read_codes(frame[column]).to_numpy()
            same &= text[one] == text[other]
    rows = np.unique(one[same])
    if not len(rows):
        return []
    return [
        note_problem(
            "FACILITY-DUPLICATE",
            Severity.WARNING,
            name,
            zh=f"{len(rows)} 个同级同类设施位于同一处（相距不到 1 m），容量会重复计算",
            en=f"{len(rows)} facilities of one level and kind stand at the same place (within 1 m): capacity would count twice",
            fix_zh="合并重复记录。",
            fix_en="Merge the doubled rows.",
            column="geometry",
            ids=label_rows(frame).iloc[rows],
        )
    ]
