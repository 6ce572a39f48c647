"""Put an index beside a landslide inventory and say whether it stands higher where slides are.

Slides are features (points or polygons); each counts once, its weight shared by the cells it stands on. Other cells of the study area are
the quiet ground. With the index x, s a slide drawn at random (and one of its cells), q a quiet cell drawn at random,

    AUC = P(x_s > x_q) + ½ P(x_s = x_q)          0.5: no better than chance, 1: every slide above all quiet ground

which is the area under the ROC curve, and the Mann–Whitney statistic divided by its largest value. The success-rate curve is the share of
slides in the highest x % of the study area (Chung & Fabbri 2003); cells of one index share its slides evenly.

Neighbouring cells are alike, so a bootstrap of cells would promise too much. The interval resamples square blocks of the study area whole,
with replacement, as many as there are: each draw weighs slides and quiet cells by how often their block came up. For the draws the index
is cut into at most 1,024 bins of equal share (ties within a bin count half: within 0.0005 of the truth); the AUC itself is exact.

By hand: quiet cells 0.2, 0.4, 0.6 and slides on cells 0.6 and 0.8: the first is above two of three and ties with one, 2.5/3; the second is
above all; AUC = (2.5 + 3)/6 = 0.917. The study's five cells in order 0.8, 0.6, 0.6, 0.4, 0.2: the highest 20 % hold half of the slides, the
highest 60 % all, 40 % three quarters.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.grid import Grid
from geoplan.errors import TableError
from geoplan.spatial.feature_cells import locate_features

_BINS = 1024
_BATCH = 64
_CURVE_STEPS = 100


@dataclass(frozen=True)
class BackTest:
    """How well an index foretells an inventory.

    Attributes
    ----------
    auc
        Area under the ROC curve.
    auc_low, auc_high
        Bootstrap interval of it (percentiles) at ``level``; NaN when fewer than two draws could be judged.
    level
        Share of draws inside the interval.
    curve
        area_share, slide_share: 0, 1 % … 100 % of the study area from the highest index down, and the share of slides in it.
    success_area
        Area under that curve.
    slides, slides_outside
        Slides counted, and slides without a cell in the study area where the index is known (not counted).
    slide_cells, study_cells
        Cells slides stand on, and all cells of the study.
    blocks, block_m
        Blocks resampled, and their side, metres.
    draws
        Draws that held slides and quiet ground; others cannot be judged.
    """

    auc: float
    auc_low: float
    auc_high: float
    level: float
    curve: pd.DataFrame
    success_area: float
    slides: int
    slides_outside: int
    slide_cells: int
    study_cells: int
    blocks: int
    block_m: float
    draws: int


def back_test(
    index: Grid,
    inventory: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    rng: np.random.Generator,
    study: NDArray[np.bool_] | None = None,
    block_m: float = 2000.0,
    resamples: int = 1000,
    level: float = 0.95,
) -> BackTest:
    """Return how well an index foretells a landslide inventory.

    Parameters
    ----------
    index
        Any index that is higher where slides are expected, metric CRS; NaN cells are no part of the study.
    inventory
        Slides as points, lines or polygons, in the CRS of ``index``. Give scars or source areas where they are mapped apart from the run-out.
        A list of threatened places (隐患点) is mapped where people live, which is gentle ground: judge it on a ``study`` of such ground, or
        it will say that slides avoid slopes.
    rng
        Source of the draws; the same seed gives the same interval.
    study
        (rows, cols) bool, ground the inventory covers: outside it no slide mapped does not mean none there. Absent: all known cells.
    block_m
        Side of the resampled blocks, metres; larger than the distance over which the ground is alike.
    resamples
        Draws.
    level
        Share of draws inside the interval.

    Raises
    ------
    TableError
        ``BACKTEST-SLIDES`` when no slide, ``BACKTEST-QUIET`` when no quiet ground lies in the study area.
    CrsError
        When index and inventory do not share one CRS.
    ValueError
        When ``block_m``, ``resamples`` or ``level`` make no sense, or the study mask has another shape.
    """
    if not block_m > 0 or resamples < 1 or not 0 < level < 1:
        raise ValueError(
            f"block_m {block_m}, resamples {resamples}, level {level}: give block_m > 0, resamples ≥ 1, 0 < level < 1"
        )
    inside = ~np.isnan(index.values)
    if study is not None:
        if study.shape != index.shape:
            raise ValueError(f"the study mask has the shape {study.shape}, the index {index.shape}")
        inside = inside & study
    weight, slides = weigh_slides(index, inventory, inside)
    cells = np.flatnonzero(inside)
    value, of = index.values.ravel()[cells].astype(float), weight[cells]
    if not slides:
        raise TableError(
            "no slide lies in the study area", code="BACKTEST-SLIDES", remedy="Check the inventory's CRS and the study area."
        )
    if (of > 0).all():
        raise TableError("slides cover the whole study area", code="BACKTEST-QUIET", remedy="Give a larger study area.")
    block = _number_blocks(cells, index, block_m)
    draws = _draw_auc(value, of, block, resamples, rng)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2]) if len(draws) > 1 else (np.nan, np.nan)
    curve = trace_success(value, of)
    area = float(np.trapezoid(curve["slide_share"], curve["area_share"]))
    return BackTest(
        auc=measure_auc(value, of),
        auc_low=float(low),
        auc_high=float(high),
        level=level,
        curve=curve,
        success_area=area,
        slides=slides,
        slides_outside=len(inventory) - slides,
        slide_cells=int((of > 0).sum()),
        study_cells=len(cells),
        blocks=int(block.max()) + 1,
        block_m=block_m,
        draws=len(draws),
    )


def weigh_slides(
    index: Grid, inventory: gpd.GeoDataFrame | gpd.GeoSeries, inside: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], int]:
    """Return the weight of slides on every cell (flat; each slide shares 1 among its cells inside) and how many slides have a cell.

    By hand: a slide on two cells and a point on one of them: weights 1.5 and 0.5, two slides.
    """
    found = locate_features(inventory, index)
    kept = inside.ravel()[found.cell]
    feature, cell = found.feature[kept], found.cell[kept]
    per_slide = np.bincount(feature, minlength=len(inventory))
    weight = np.bincount(cell, weights=1.0 / per_slide[feature], minlength=inside.size)
    return weight.astype(np.float64, copy=False), int((per_slide > 0).sum())


def measure_auc(value: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Return P(x_s > x_q) + ½ P(x_s = x_q) for cells of index ``value`` with slides of ``weight`` (0: quiet). O(n log n).

    By hand: value 0.2, 0.4, 0.6, 0.6, 0.8, weight 0, 0, 0, 1, 1: 0.917.
    """
    slide = weight > 0
    quiet = np.sort(value[~slide])
    below, upto = np.searchsorted(quiet, value[slide], side="left"), np.searchsorted(quiet, value[slide], side="right")
    return float((weight[slide] * (below + upto)).sum() / (2.0 * weight[slide].sum() * len(quiet)))


def trace_success(value: NDArray[np.float64], weight: NDArray[np.float64]) -> pd.DataFrame:
    """Return the share of slides (``slide_share``) in the highest 0, 1 … 100 % (``area_share``) of the cells.

    Cells of one value come in together: within them slides are taken as spread evenly. By hand: see the module.
    """
    levels, group = np.unique(-value, return_inverse=True)
    area = np.concatenate([[0.0], np.cumsum(np.bincount(group, minlength=len(levels)))]) / len(value)
    found = np.concatenate([[0.0], np.cumsum(np.bincount(group, weights=weight, minlength=len(levels)))]) / weight.sum()
    share = np.linspace(0.0, 1.0, _CURVE_STEPS + 1)
    return pd.DataFrame({"area_share": share, "slide_share": np.interp(share, area, np.minimum(found, 1.0))})


def _number_blocks(cells: NDArray[np.intp], index: Grid, block_m: float) -> NDArray[np.int64]:
    """Return the block of each cell, numbered 0, 1 … over the blocks that hold any."""
    width, height = index.cell_size
    across, down = max(round(block_m / width), 1), max(round(block_m / height), 1)
    cols = index.shape[1]
    name = (cells // cols // down) * (cols // across + 1) + cells % cols // across
    return np.unique(name, return_inverse=True)[1].astype(np.int64)


def _draw_auc(
    value: NDArray[np.float64], weight: NDArray[np.float64], block: NDArray[np.int64], resamples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the AUC of each draw of blocks that can be judged."""
    blocks = int(block.max()) + 1
    edges = np.unique(np.quantile(value, np.linspace(0.0, 1.0, _BINS + 1)[1:-1], method="inverted_cdf"))
    at = block * (len(edges) + 1) + np.searchsorted(edges, value, side="left")
    size = blocks * (len(edges) + 1)
    slide = weight > 0
    slides = np.bincount(at[slide], weights=weight[slide], minlength=size).reshape(blocks, -1)
    quiet = np.bincount(at[~slide], minlength=size).reshape(blocks, -1).astype(float)
    times = rng.multinomial(blocks, np.full(blocks, 1.0 / blocks), size=resamples).astype(float)
    found = []
    for first in range(0, resamples, _BATCH):
        s, q = times[first : first + _BATCH] @ slides, times[first : first + _BATCH] @ quiet
        above = (s * (np.cumsum(q, axis=1) - q / 2.0)).sum(axis=1)
        pairs = s.sum(axis=1) * q.sum(axis=1)
        found.append(above[pairs > 0] / pairs[pairs > 0])
    return np.concatenate(found)
