"""Check the elevation model: its range, its sea, its voids, and whether it reaches every settlement.

The lowest dry land is −430 m and the highest ground 8,849 m, so a value under −500 or over 9,000 is no elevation (a nodata value read as
one, or feet). The cell a settlement stands in is the one that holds its point.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from geoplan.checks.lookup import find_layer, label_rows
from geoplan.contracts.config import PlanConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Layers, Problem
from geoplan.contracts.status import Severity
from geoplan.io.problems import note_problem

_LOWEST_M, _HIGHEST_M = -500.0, 9_000.0
_SEA_SHARE = 0.01
_COARSE_M = 100.0


def check_terrain(layers: Layers, plan: PlanConfig) -> list[Problem]:
    """Return what is wrong with the elevation model of the plan."""
    dem = layers.rasters.get(plan.dem)
    if dem is None:
        return []
    problems = _check_values(plan.dem, dem)
    settlements = find_layer(layers, plan.settlements)
    if settlements is not None:
        problems += _check_under(plan, dem, settlements.geometry.to_numpy(), label_rows(settlements))
    return problems


def _check_values(name: str, dem: Grid) -> list[Problem]:
    values = np.asarray(dem.values)
    known = np.isfinite(values)
    count = int(known.sum())
    if count == 0:
        return [_of_cells("DEM-EMPTY", Severity.ERROR, name, values.size, "高程全部缺失", "the elevation model holds no value")]
    wrong = int(((values < _LOWEST_M) | (values > _HIGHEST_M)).sum())
    problems = []
    if wrong:
        problems.append(
            _of_cells(
                "DEM-RANGE",
                Severity.ERROR,
                name,
                wrong,
                f"{wrong} 个像元的高程低于 −500 m 或高于 9,000 m（无效值当作高程？单位为英尺？）",
                f"{wrong} cells lie below −500 m or above 9,000 m (nodata read as elevation? feet?)",
            )
        )
    if count > 1 and float(values[known].min()) == float(values[known].max()):
        problems.append(
            _of_cells(
                "DEM-FLAT",
                Severity.WARNING,
                name,
                count,
                "高程全部相同，坡度为零",
                "every cell has the same elevation: no slope anywhere",
            )
        )
    sea = int((values == 0.0).sum())
    if sea > _SEA_SHARE * count and sea < count:
        problems.append(
            _of_cells(
                "DEM-SEA",
                Severity.INFO,
                name,
                sea,
                f"{sea / count:.1%} 的像元恰为 0 m，可能是海面或以 0 表示的无效值",
                f"{sea / count:.1%} of the cells are exactly 0 m: sea, or nodata written as 0",
            )
        )
    if max(dem.cell_size) > _COARSE_M:
        size = max(dem.cell_size)
        problems.append(
            _of_cells(
                "DEM-COARSE",
                Severity.INFO,
                name,
                count,
                f"像元 {size:.0f} m，坡度会被低估",
                f"cells of {size:.0f} m: slopes come out too gentle",
            )
        )
    return problems


def _check_under(plan: PlanConfig, dem: Grid, geometry: np.ndarray, labels: pd.Series) -> list[Problem]:
    """Return settlements off the grid, on a void, or in the sea."""
    placed = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    points = shapely.point_on_surface(geometry)
    inverse = ~dem.transform
    x, y = shapely.get_x(points), shapely.get_y(points)
    col = np.where(placed, np.floor(inverse.a * x + inverse.b * y + inverse.c), -1)
    row = np.where(placed, np.floor(inverse.d * x + inverse.e * y + inverse.f), -1)
    rows, cols = dem.shape
    on = placed & (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
    height = np.full(len(geometry), np.nan)
    height[on] = dem.values[row[on].astype(int), col[on].astype(int)]
    found = (
        ("DEM-OUTSIDE", Severity.WARNING, placed & ~on, "在高程范围以外", "lie outside the elevation model"),
        ("DEM-VOID", Severity.WARNING, on & ~np.isfinite(height), "位于高程空洞上", "stand on a void of the elevation model"),
        (
            "DEM-SETTLEMENT-SEA",
            Severity.WARNING,
            height == 0.0,
            "所在像元高程恰为 0 m（海面？）",
            "stand on a cell of exactly 0 m (sea?)",
        ),
    )
    return [
        note_problem(
            code,
            severity,
            plan.dem,
            zh=f"{int(wrong.sum())} 个自然村{zh}，坡度与步行时间不可靠",
            en=f"{int(wrong.sum())} settlements {en}: slope and walking times cannot be trusted",
            fix_zh="补充或修补高程，或核对坐标。",
            fix_en="Fill the elevation model, or check the coordinates.",
            ids=labels[wrong],
        )
        for code, severity, wrong, zh, en in found
        if wrong.any()
    ]


def _of_cells(code: str, severity: Severity, name: str, count: int, zh: str, en: str) -> Problem:
    return note_problem(
        code,
        severity,
        name,
        zh=zh,
        en=en,
        fix_zh="核对高程图层的无效值、单位与范围。",
        fix_en="Check nodata, unit and extent of the elevation layer.",
        count=count,
    )
