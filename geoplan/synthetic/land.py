"""Cover the land: land-cover classes, basic farmland, the ecological red line, and receiving places."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import shapes as trace_shapes
from scipy.ndimage import binary_closing, binary_opening, gaussian_filter
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import COARSE, EPSG, ROUTE, Flags, Floats, Ints
from geoplan.synthetic.ground import Ground
from geoplan.synthetic.hydrology import make_noise

SHRUB, GRASS, CROP, BUILT, BARE, WATER, NEEDLE, BROAD, MIXED = 20, 30, 40, 50, 60, 80, 111, 114, 115
"""Codes of the Copernicus Global Land Cover legend (discrete classification)."""


def cover_land(rng: np.random.Generator, ground: Ground, xy: Floats, persons: Ints) -> Ints:
    """Return the land-cover class of each 100 m cell, (rows, cols)."""
    noise = make_noise(rng, ROUTE.shape, beta=2.6).ravel()
    near = cKDTree(xy).query(ROUTE.centres())[0]
    cover = np.select([ground.z + 160.0 * noise > 1650.0, ground.z + 200.0 * noise > 1050.0], [NEEDLE, MIXED], BROAD)
    cover[(noise > 0.9) & (ground.slope_deg > 12.0)] = SHRUB
    cover[(noise < -1.45) & (ground.z > 900.0)] = GRASS
    cover[(ground.slope_deg > 36.0) & (noise > 0.4)] = BARE
    cover[(ground.slope_deg + 4.0 * noise < 15.0) & (near < 900.0)] = CROP
    built = np.sqrt(persons * 160.0 / np.pi)
    for reach, place in zip(built[built > 130.0], xy[built > 130.0], strict=True):
        cover[(np.hypot(*(ROUTE.centres() - place).T) < reach * (1.0 + 0.2 * noise)) & (ground.slope_deg < 16.0)] = BUILT
    cover[ROUTE.cells(xy)[persons > 90]] = BUILT
    cover[ground.water | (ground.river_m < 15.0 + 0.7 * np.sqrt(ground.river_km2))] = WATER
    return cover.reshape(ROUTE.shape)


def _outline(mask: Flags, frame_cell: float, least_m2: float, soften_m: float) -> list[shapely.Polygon]:
    """Return the outlines of a mask, softened and rounded to whole metres."""
    frame = ROUTE if frame_cell == ROUTE.cell_m else COARSE
    found = trace_shapes(mask.astype(np.uint8), mask=mask, transform=frame.transform)
    shapes = [shapely.Polygon(one["coordinates"][0], one["coordinates"][1:]) for one, _ in found]
    soft = [
        one.buffer(soften_m).buffer(-2 * soften_m).buffer(soften_m).simplify(soften_m / 3.0)
        for one in shapes
        if one.area >= least_m2
    ]
    whole = shapely.get_parts([shapely.set_precision(one, 1.0) for one in soft])
    return [one for one in whole if one.area >= least_m2]


def draw_farmland(ground: Ground, cover: Ints, xy: Floats) -> gpd.GeoDataFrame:
    """Return the permanent basic farmland (永久基本农田): larger gentle fields that spare the houses."""
    near = cKDTree(xy).query(ROUTE.centres())[0].reshape(ROUTE.shape)
    field = (cover == CROP) & (ground.slope_deg.reshape(ROUTE.shape) < 11.0) & (near > 140.0) & ground.inside.reshape(ROUTE.shape)
    shapes = _outline(binary_opening(binary_closing(field)) & field, ROUTE.cell_m, 60_000.0, 42.0)
    shapes = [one for one in shapes if ground.county.contains(one)]
    return gpd.GeoDataFrame({"name": [f"基本农田{k + 1}" for k in range(len(shapes))]}, geometry=shapes, crs=EPSG)


def draw_red_line(rng: np.random.Generator, ground: Ground) -> gpd.GeoDataFrame:
    """Return the ecological red line (生态保护红线): high, wooded, connected ridges."""
    rows, cols = ROUTE.shape
    high = gaussian_filter(ground.z.reshape(rows, cols), 6.0) + 130.0 * make_noise(rng, ROUTE.shape, beta=3.4)
    inside = ground.inside.reshape(rows, cols)
    level = np.quantile(high[inside], 0.80)
    mask = ((high > level) & inside).reshape(rows // 2, 2, cols // 2, 2).all(axis=(1, 3))
    shapes = [shapely.set_precision(one.intersection(ground.county), 1.0) for one in _outline(mask, COARSE.cell_m, 1.5e6, 90.0)]
    parts = [one for one in shapely.get_parts(shapes) if one.geom_type == "Polygon" and one.area > 1e6]
    return gpd.GeoDataFrame({"name": [f"生态保护红线{k + 1}" for k in range(len(parts))]}, geometry=parts, crs=EPSG)


def choose_places(
    rng: np.random.Generator, xy: Floats, names: list[str], town_names: list[str], seats: int, village_seats: Ints, fit: Flags
) -> gpd.GeoDataFrame:
    """Return existing receiving places: market towns (集镇), clustered settlements (聚居点) and industrial parks (园区)."""
    rows, at = [], []
    for k in [0, *(1 + rng.permutation(seats - 1)[:11]).tolist()]:
        rows.append((f"{town_names[k]}集镇安置点", "集镇", float(rng.integers(6, 20) * 10 + (200 if k == 0 else 0))))
        at.append(xy[k] + rng.uniform(-260.0, 260.0, 2))
    for k in [v for v in rng.permutation(village_seats).tolist() if v >= seats and fit[v]][:14]:
        rows.append((f"{names[k]}聚居点", "聚居点", float(rng.integers(2, 9) * 10)))
        at.append(xy[k] + rng.uniform(-150.0, 150.0, 2))
    for n, k in enumerate((0, 0, 1 + int(rng.integers(seats - 1)))):
        rows.append((f"{town_names[k]}{('工业园区', '食品园区', '农业产业园')[n]}", "园区", float(rng.integers(15, 40) * 10)))
        at.append(xy[k] + rng.uniform(-900.0, 900.0, 2))
    data = {
        "site_id": [f"PL{k + 1:03d}" for k in range(len(rows))],
        "name": [one[0] for one in rows],
        "site_kind": [one[1] for one in rows],
        "capacity_households": [one[2] for one in rows],
    }
    return gpd.GeoDataFrame(data, geometry=shapely.points(np.round(np.array(at), 1)), crs=EPSG)
