"""Rule out the ground where nobody should be resettled, one reason after the other, with the area each takes.

In order: hazard zones with the margin (one reason per hazard layer), run-out and flood-prone ground
(`geoplan.relocation.site_safety`), ground no survey speaks for, slope, the plan's exclusion
layers with their margin, barriers (rivers, reservoirs), ground too far from an all-weather road. Every reason is a mask on one grid;
``excluded_area_m2`` is what it takes by itself inside the county, ``added_area_m2`` what it takes beyond the reasons before it.

Masks err on the side of excluding: a cell is out as soon as a zone touches it, buffers circumscribe the true circle
(distance / cos(π/4q) for q segments per quarter), a cell is surveyed only when it is surveyed whole, and near a road only when
its centre is. Unknown is never safe: an unmapped hazard kind, a hazard without a reach and an unknown slope all exclude.

By hand: a landslide of radius 100 m and a margin of 50 m take π·150² = 70,686 m², and the cells its border touches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from numpy.typing import NDArray

from geoplan.contracts.config import HazardConfig, PlanConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.profiles import SpeedProfile
from geoplan.contracts.results import Demand, Layers, Network
from geoplan.contracts.status import HAZARD_KIND_ZH
from geoplan.errors import ConfigError
from geoplan.relocation.grid_masks import near_cells, touch_cells
from geoplan.relocation.land import ECOLOGY_KINDS
from geoplan.relocation.zones import Zones, read_zones
from geoplan.spatial.proximity import buffer_mask, rasterise
from geoplan.spatial.terrain import slope_deg

Mask = NDArray[np.bool_]
_QUARTER_SEGMENTS = 8
_TILE_CELLS = 512
_CIRCUMSCRIBE = 1.0 / np.cos(np.pi / (4 * _QUARTER_SEGMENTS))
_UNSEEN_CELLS = 0.02
"""GDAL passes over a cell that a polygon enters by less than a hundredth of its side: such cells are looked at one by one."""
_TOUCH_M = 1e-6


@dataclass(frozen=True)
class Exclusion:
    """One reason and the cells it takes."""

    reason: str
    label_zh: str
    label_en: str
    mask: Mask


def frame_slope(demand: Demand, dem: Grid, cell_m: float, *, reach_m: float = 0.0) -> Grid:
    """Return the slope in degrees on the county's grid of ``cell_m`` cells (NaN unknown), bilinear between the DEM's cells.

    The grid covers the county's boundary; where there is none, the settlements and ``reach_m`` around them as far as the DEM goes.
    It is aligned to multiples of ``cell_m``.
    """
    bounds = _study_bounds(demand, dem, reach_m)
    west, south = np.floor(bounds[:2] / cell_m) * cell_m
    east, north = np.ceil(bounds[2:] / cell_m) * cell_m
    cols, rows = max(round((east - west) / cell_m), 1), max(round((north - south) / cell_m), 1)
    slope = slope_deg(_crop(dem, west, south, east, north))
    # Several samples a cell where the DEM is finer than the cell, so that no ground is skipped (at most 4 × 4).
    samples = int(np.clip(np.ceil(cell_m / max(dem.cell_size) - 1e-9), 1, 4))
    offsets = (np.arange(samples) + 0.5) / samples
    total = np.zeros((rows, cols), dtype=np.float32)
    for down in offsets:
        for across in offsets:
            x, y = west + (np.arange(cols) + across) * cell_m, north - (np.arange(rows) + down) * cell_m
            total += _between_cells(slope, x, y)
    return Grid(values=total / samples**2, transform=Affine(cell_m, 0, west, 0, -cell_m, north), crs=dem.crs)


def _study_bounds(demand: Demand, dem: Grid, reach_m: float) -> NDArray[np.float64]:
    """Return (west, south, east, north) of the ground to look at."""
    border = demand.county.total_bounds if len(demand.county) else np.full(4, np.nan)
    if np.isfinite(border).all():  # a county that is only a code has a row and no shape
        return border
    whole, around = np.array(dem.bounds), demand.settlements.total_bounds
    if not np.isfinite(around).all():
        return whole
    around = around + np.array([-reach_m, -reach_m, reach_m, reach_m])
    low, high = np.maximum(around[:2], whole[:2]), np.minimum(around[2:], whole[2:])
    return np.concatenate([low, high]) if (low < high).all() else whole


def _crop(dem: Grid, west: float, south: float, east: float, north: float) -> Grid:
    """Return the part of the DEM that the frame needs, with two cells around it for the slope at its edge."""
    at, (rows, cols) = dem.transform, dem.shape
    left, right = np.clip([(west - at.c) / at.a - 2, (east - at.c) / at.a + 3], 0, cols).astype(int)
    top, bottom = np.clip([(north - at.f) / at.e - 2, (south - at.f) / at.e + 3], 0, rows).astype(int)
    if right - left < 2 or bottom - top < 2:
        return dem
    moved = Affine(at.a, 0, at.c + left * at.a, 0, at.e, at.f + top * at.e)
    return Grid(values=dem.values[top:bottom, left:right], transform=moved, crs=dem.crs)


def _between_cells(grid: Grid, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return (y, x) bilinear values; NaN outside the grid and beside unknown cells."""
    left, right, across = _neighbours((x - grid.transform.c) / grid.transform.a, grid.shape[1])
    top, bottom, down = _neighbours((y - grid.transform.f) / grid.transform.e, grid.shape[0])
    values = np.asarray(grid.values, dtype=np.float32)
    lines = values[top] * (1 - down)[:, None] + values[bottom] * down[:, None]
    return np.asarray(lines[:, left] * (1 - across) + lines[:, right] * across, dtype=np.float32)


def _neighbours(at: NDArray[np.float64], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Return the cells whose centres lie around each fractional position, and the share of the second (NaN outside)."""
    centred = np.clip(at - 0.5, 0, count - 1)
    first = np.floor(centred).astype(np.intp)
    share = np.where((at >= 0) & (at <= count), centred - first, np.nan)
    # An exact hit must not look at the neighbour, which may be unknown.
    second = np.where(share > 0, np.minimum(first + 1, count - 1), first)
    return first, second, share.astype(np.float32)


def study_mask(demand: Demand, slope: Grid) -> Mask:
    """Return the cells whose centre lies in the county (all cells where no boundary is given)."""
    return rasterise(demand.county, slope) if len(demand.county) else np.ones(slope.shape, dtype=bool)


def find_exclusions(
    layers: Layers,
    plan: PlanConfig,
    slope: Grid,
    *,
    network: Network,
    speeds: SpeedProfile,
    barriers: gpd.GeoDataFrame | None,
    screened: Sequence[Exclusion] = (),
) -> list[Exclusion]:
    """Return the reasons in the order in which they apply; ``screened`` ones come after the mapped hazards.

    Raises
    ------
    ConfigError
        ``SITES-EXCLUSION`` when an exclusion layer is missing or no vector layer.
    """
    sites = plan.sites
    zones = [read_zones(layers, one) for one in plan.hazards]
    found = [
        Exclusion(
            f"hazard:{one.layer}",
            f"{HAZARD_KIND_ZH[one.kind]}威胁范围及 {sites.hazard_margin_m:g} m 余量",
            f"{one.kind.replace('_', ' ')} zones and a margin of {sites.hazard_margin_m:g} m",
            mask_zones(one, slope, sites.hazard_margin_m),
        )
        for one in zones
    ]
    found += screened
    found.append(
        Exclusion(
            "hazard_unknown", "灾害未查明的范围", "ground where hazard is not known", mask_unsurveyed(plan.hazards, zones, slope)
        )
    )
    found.append(Exclusion("slope_unknown", "坡度不明", "slope unknown", np.isnan(slope.values)))
    limit = sites.slope_max_deg
    found.append(Exclusion("slope", f"坡度大于 {limit:g}°", f"steeper than {limit:g}°", slope.values > limit))
    for name in sites.exclusions:
        mask = mask_near(vector_layer(layers, name, key="exclusions").geometry, slope, sites.exclusion_margin_m)
        found.append(Exclusion(name, *name_layer(name, plan), mask))
    if barriers is not None and len(barriers):
        mask = mask_near(barriers.geometry, slope, 0.0)
        found.append(Exclusion("barriers", "河流、水库等阻隔", "rivers, reservoirs and other barriers", mask))
    roads = all_weather_roads(network, speeds)
    label_zh, label_en = (
        f"距全天候道路超过 {sites.max_road_m:g} m",
        f"farther than {sites.max_road_m:g} m from an all-weather road",
    )
    found.append(Exclusion("far_from_road", label_zh, label_en, ~mask_road_reach(roads, slope, sites.max_road_m)))
    return found


def tabulate_exclusions(found: Sequence[Exclusion], study: Mask, cell_m: float) -> tuple[pd.DataFrame, Mask]:
    """Return the table of reasons with their areas, and the cells of the study area that none of them takes."""
    left, rows = study.copy(), []
    for one in found:
        rows.append(
            {
                "reason": one.reason,
                "label_zh": one.label_zh,
                "label_en": one.label_en,
                "excluded_area_m2": float(np.count_nonzero(one.mask & study)) * cell_m**2,
                "added_area_m2": float(np.count_nonzero(one.mask & left)) * cell_m**2,
                "patches": 0,
            }
        )
        left &= ~one.mask
    columns = ["reason", "label_zh", "label_en", "excluded_area_m2", "added_area_m2", "patches"]
    return pd.DataFrame(rows, columns=columns), left


def mask_near(geometry: gpd.GeoSeries, like: Grid, distance_m: float | NDArray[np.float64]) -> Mask:
    """Return every cell touched by ground within ``distance_m`` (one number, or one per feature) of the geometry; never too few."""
    shapes = geometry.to_numpy()
    reach = np.broadcast_to(np.asarray(distance_m, dtype=float), shapes.shape)
    # Of a distance next to nothing GEOS makes a buffer without area: such ground would be let off.
    wide = reach > _TOUCH_M
    if not wide.any():
        return rasterise(gpd.GeoSeries(shapes, crs=like.crs), like, all_touched=True)

    def draw(slack_m: float) -> Mask:
        grown = shapely.buffer(shapes, reach * _CIRCUMSCRIBE + slack_m, quad_segs=_QUARTER_SEGMENTS)
        return rasterise(gpd.GeoSeries(np.where(wide, grown, shapes), crs=like.crs), like, all_touched=True)

    near = draw(0.0)
    row, col = np.nonzero(draw(_UNSEEN_CELLS * max(like.cell_size)) & ~near)
    at = like.transform
    edge = shapely.box(at.c + col * at.a, at.f + (row + 1) * at.e, at.c + (col + 1) * at.a, at.f + row * at.e)
    # Reached exactly at its border, nothing of the cell lies within.
    entered = shapely.STRtree(edge).query(shapes[wide], predicate="dwithin", distance=reach[wide] - _TOUCH_M)[1]
    near[row[entered], col[entered]] = True
    return near


def mask_zones(zones: Zones, like: Grid, margin_m: float) -> Mask:
    """Return the cells that any zone of the layer, or its margin, touches; all of them where a feature cannot be placed."""
    if zones.unplaced_ids:
        return np.ones(like.shape, dtype=bool)
    if zones.raster is not None:
        return near_cells(zones.raster.values > 0, zones.raster, like, reach_m=margin_m)
    return mask_near(gpd.GeoSeries(zones.geometry, crs=like.crs), like, zones.reach_m + margin_m)


def mask_unsurveyed(hazards: Sequence[HazardConfig], zones: Sequence[Zones], like: Grid) -> Mask:
    """Return the cells for which some hazard kind is not known whole (every cell where the plan maps no hazard)."""
    if not zones:
        return np.ones(like.shape, dtype=bool)
    unknown, seen = np.zeros(like.shape, dtype=bool), {}
    for kind in dict.fromkeys(one.kind for one in hazards):
        of_kind = [one for one in zones if one.kind == kind]
        polygons = [polygon for one in of_kind if one.raster is None for polygon in one.surveyed]
        union = shapely.union_all(polygons)
        key = shapely.to_wkb(union)
        if key not in seen:
            seen[key] = _mask_outside(union, like)
        of_this = seen[key].copy()
        for one in of_kind:
            if one.raster is not None:
                of_this &= _mask_raster_unknown(one, like)
        unknown |= of_this
    return unknown


def _mask_outside(polygons: shapely.Geometry, like: Grid) -> Mask:
    """Return the cells that do not lie whole inside the polygons."""
    frame = shapely.box(*like.bounds)
    return rasterise(gpd.GeoSeries([shapely.difference(frame, polygons)], crs=like.crs), like, all_touched=True)


def _mask_raster_unknown(zones: Zones, like: Grid) -> Mask:
    """Return the cells that touch ground without a value in a hazard raster, or outside its survey."""
    grid = zones.raster
    assert grid is not None
    unknown = touch_cells(np.isnan(grid.values), grid, like, outside=True)
    if zones.raster_needs_survey:
        unknown |= _mask_outside(shapely.union_all(zones.surveyed), like)
    return unknown


def vector_layer(layers: Layers, name: str, *, key: str) -> gpd.GeoDataFrame:
    """Return the vector layer that ``sites.<key>`` of the plan names.

    Raises
    ------
    ConfigError
        ``SITES-<KEY>`` when it is missing or no vector layer.
    """
    if name not in layers.vectors:
        raise ConfigError(
            f"layer {name!r} of sites.{key} is not a vector layer that was read",
            code=f"SITES-{key.rstrip('s').upper()}",
            layer=name,
            remedy=f"Name polygon layers of the catalogue in `sites.{key}`.",
        )
    return layers.vectors[name]


def all_weather_roads(network: Network, speeds: SpeedProfile) -> gpd.GeoSeries:
    """Return the motorable roads with a surface that carries traffic all year, without crossings that close when it is wet."""
    edges = network.edges
    good = edges["surface"].isin(speeds.all_weather_surfaces) & ~edges["road_class"].isin(speeds.walking_classes)
    return edges.geometry[good & ~edges["crossing"].isin(speeds.wet_closed)]


def mask_road_reach(roads: gpd.GeoSeries, like: Grid, reach_m: float) -> Mask:
    """Return the cells whose centre is within ``reach_m`` of a road; never too many.

    The distance on the grid is that to the nearest cell a road touches; the road itself may pass half a diagonal farther.
    """
    if not len(roads):
        return np.zeros(like.shape, dtype=bool)
    # One geometry of many lines is burnt several times faster than many geometries.
    lines = shapely.multilinestrings(shapely.get_parts(roads.to_numpy()))
    touched = rasterise(gpd.GeoSeries([lines], crs=like.crs), like, all_touched=True)
    half_diagonal = float(np.hypot(*like.cell_size)) / 2
    return _buffer_in_tiles(touched, max(reach_m - half_diagonal, 0.0), like.cell_size)


def _buffer_in_tiles(mask: Mask, radius_m: float, cell: tuple[float, float]) -> Mask:
    """Return `buffer_mask` of ``mask``, tile by tile with the radius around each: the same cells, in a fraction of the memory.

    Tiles with nothing marked within the radius (sea, wilderness) cost nothing.
    """
    found = np.zeros(mask.shape, dtype=bool)
    down, across = int(radius_m / cell[1]) + 1, int(radius_m / cell[0]) + 1
    for top in range(0, mask.shape[0], _TILE_CELLS):
        for left in range(0, mask.shape[1], _TILE_CELLS):
            above, before = max(top - down, 0), max(left - across, 0)
            window = mask[above : top + _TILE_CELLS + down, before : left + _TILE_CELLS + across]
            if window.any():
                near = buffer_mask(window, radius_m, cell)[top - above :, left - before :][:_TILE_CELLS, :_TILE_CELLS]
                found[top : top + _TILE_CELLS, left : left + _TILE_CELLS] = near
    return found


def name_layer(name: str, plan: PlanConfig) -> tuple[str, str]:
    """Return what an exclusion layer is called, in Chinese and English: its kind of protected land, where the plan says so, else its id."""
    kind = next((kind for kind, layers in plan.ecology.items() if name in layers), None)
    return ECOLOGY_KINDS[kind] if kind is not None else (f"避让图层 {name}", f"exclusion layer {name}")
