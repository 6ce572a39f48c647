"""Keep receiving sites off ground that a slide would run out over and off ground that the terrain says floods, margin included.

Both come from modelling, not from survey: polygons of run-out (``kind``, ``geometry``), and a grid that is 1 where ground is flood-prone,
0 where it is not, NaN where nobody can say. Unknown is never safe: NaN, and ground beyond the grid, are ruled out as
``flood_prone_unknown``. A run-out row without a shape adds nothing here; the zone it starts from is ruled out all the same.

By hand: a run-out of 100 × 100 m and a margin of 50 m: a point 49 m from its side is ruled out, one 51 m away is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.contracts.grid import Grid
from geoplan.contracts.status import HAZARD_KIND_ZH
from geoplan.errors import TableError
from geoplan.relocation.exclusion import Exclusion, mask_near
from geoplan.relocation.grid_masks import near_cells, touch_cells
from geoplan.relocation.outlines import outline_cells
from geoplan.spatial.frames import require_same_crs
from geoplan.spatial.proximity import rasterise

Shapes = NDArray[np.object_]
_TOUCH_M = 1e-6


@dataclass(frozen=True)
class Screening:
    """Modelled danger as polygons in the working CRS."""

    run_out: dict[str, Shapes]
    """Hazard kind → polygons."""
    flood_prone: Grid | None
    """1 (flood-prone), 0 or NaN (nobody can say); None: nothing is asked of it."""


def read_screening(run_out: gpd.GeoDataFrame | None, flood_prone: Grid | None, *, like: Grid) -> Screening:
    """Return the modelled danger; both parts may be absent.

    Raises
    ------
    TableError
        ``COLUMN-MISSING`` when the run-out has no ``kind``.
    CrsError
        ``CRS-MIXED`` when the run-out or the grid is in another CRS than ``like``.
    """
    kinds: dict[str, Shapes] = {}
    if run_out is not None and len(run_out):
        if "kind" not in run_out.columns:
            raise TableError(
                "run-out has no kind", code="COLUMN-MISSING", layer="run_out", column="kind",
                remedy="Give each polygon the hazard kind it belongs to.",
            )  # fmt: skip
        require_same_crs(run_out.crs, like.crs, what="run-out")
        geometry, kind = run_out.geometry.to_numpy(), run_out["kind"].to_numpy(dtype=object)
        drawn = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
        kinds = {str(one): geometry[drawn & (kind == one)] for one in dict.fromkeys(kind[drawn])}
    if flood_prone is not None:
        require_same_crs(flood_prone.crs, like.crs, what="flood-prone grid")
        flood_prone = Grid(np.asarray(flood_prone.values, dtype=float), flood_prone.transform, flood_prone.crs)
    return Screening(kinds, flood_prone)


def exclude_screened(screening: Screening, like: Grid, *, margin_m: float) -> list[Exclusion]:
    """Return the reasons: one for each kind of run-out, then flood-prone ground, then ground of which nobody can say."""
    found = [
        Exclusion(
            f"run_out:{kind}",
            f"{HAZARD_KIND_ZH.get(kind, kind)}运移堆积范围及 {margin_m:g} m 余量(模型推算)",
            f"run-out of {kind.replace('_', ' ')} and a margin of {margin_m:g} m (modelled)",
            mask_near(gpd.GeoSeries(shapes, crs=like.crs), like, margin_m),
        )
        for kind, shapes in screening.run_out.items()
    ]
    grid = screening.flood_prone
    if grid is None:
        return found
    flooded = near_cells(grid.values > 0, grid, like, reach_m=margin_m)
    label = f"地形判断易淹范围及 {margin_m:g} m 余量", f"flood-prone by the terrain, and a margin of {margin_m:g} m"
    found.append(Exclusion("flood_prone", *label, flooded))
    label = "地形判断不了是否易淹", "the terrain cannot tell whether it floods"
    return [*found, Exclusion("flood_prone_unknown", *label, touch_cells(np.isnan(grid.values), grid, like, outside=True))]


def judge_screened(places: Shapes, screening: Screening, *, margin_m: float) -> NDArray[np.object_]:
    """Return ``run_out``, ``flood_prone``, ``flood_prone_unknown`` or ``""`` for each place, a point or the ground it covers."""
    flows = np.concatenate([*screening.run_out.values(), np.empty(0, dtype=object)])
    near_flow = _is_near(places, flows, margin_m)
    near_flood, unknown = np.zeros(len(places), dtype=bool), np.zeros(len(places), dtype=bool)
    grid = screening.flood_prone
    if grid is not None and len(places):
        # Only cells around the places are drawn.
        around = gpd.GeoSeries(shapely.buffer(places, margin_m + max(grid.cell_size)), crs=grid.crs)
        here = rasterise(around, grid, all_touched=True)
        near_flood = _is_near(places, outline_cells((grid.values > 0) & here, grid.transform), margin_m)
        unknown = _is_near(places, outline_cells(np.isnan(grid.values) & here, grid.transform), 0.0)
        unknown |= ~np.asarray(shapely.covers(shapely.box(*grid.bounds), places), dtype=bool)
    choices = ["run_out", "flood_prone", "flood_prone_unknown"]
    return np.select([near_flow, near_flood, unknown], choices, default="").astype(object)


def _is_near(places: Shapes, shapes: Shapes, distance_m: float) -> NDArray[np.bool_]:
    """Return which places lie within a distance of any of the shapes, border included."""
    near = np.zeros(len(places), dtype=bool)
    if len(shapes) and len(places):
        near[shapely.STRtree(shapes).query(places, predicate="dwithin", distance=distance_m + _TOUCH_M)[0]] = True
    return near
