"""Map the hazards: landslides, rockfalls, debris flows, floods, faults, and the ground that was surveyed.

Zones are drawn at planted settlements and, apart from them, where the ground invites them. No zone border passes within
8 m of a settlement, so that who is threatened does not hang on rounding.
"""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import EPSG, ROUTE, Floats
from geoplan.synthetic.ground import Ground

CLASSES = ("extreme", "high", "medium", "low")
KINDS = {"landslides": "landslide", "rockfalls": "rockfall", "debris_flows": "debris_flow", "floods": "flood", "faults": "fault"}
_BORDER_M = 8.0


def draw_survey(county: shapely.Polygon, remote_xy: Floats, seat_xy: Floats) -> gpd.GeoDataFrame:
    """Return the surveyed ground: the county without three remote corners, which no survey team has reached."""
    holes: list[tuple[Floats, shapely.Polygon]] = []
    far = cKDTree(seat_xy).query(remote_xy)[0]
    for k in np.argsort(-far).tolist():
        if all(np.hypot(*(remote_xy[k] - c)) > 9000.0 for c, _ in holes):
            angle = np.linspace(0.0, 2.0 * np.pi, 13)[:-1]
            radius = 3600.0 + 900.0 * np.sin(3.0 * angle + k) + 500.0 * np.cos(5.0 * angle + 2 * k)
            ring = remote_xy[k] + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
            holes.append((remote_xy[k], shapely.Polygon(np.round(ring, 0))))
        if len(holes) == 3:
            break
    area = county.difference(shapely.union_all([one for _, one in holes]))
    parts = [one for one in shapely.get_parts(area) if one.area > 5e6]
    data = {"name": [f"{k + 1}号调查区" for k in range(len(parts))]}
    return gpd.GeoDataFrame(data, geometry=[shapely.set_precision(one, 0.1) for one in parts], crs=EPSG)


def _is_clear(zone: shapely.Geometry, settlements: shapely.STRtree, survey: shapely.Geometry) -> bool:
    """Say whether a zone lies in the surveyed ground and its border keeps off every settlement."""
    border = zone.boundary.buffer(_BORDER_M)
    return bool(survey.contains(zone) and not len(settlements.query(border, predicate="intersects")))


def _frame(rows: list[dict[str, object]], shapes: list[shapely.Geometry], mark: str) -> gpd.GeoDataFrame:
    """Return hazard features with ids."""
    data: dict[str, list[object]] = {"hazard_id": [f"{mark}{k + 1:04d}" for k in range(len(rows))]}
    for name in rows[0]:
        data[name] = [one[name] for one in rows]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=EPSG)


def _place_points(
    rng: np.random.Generator,
    spots: Floats,
    tree: shapely.STRtree,
    survey: shapely.Geometry,
    *,
    mark: str,
    label: str,
    radius: tuple[float, float],
) -> gpd.GeoDataFrame:
    """Return hazard points with a radius, one at each spot where its circle is clear."""
    rows: list[dict[str, object]] = []
    shapes: list[shapely.Geometry] = []
    for xy in spots:
        reach = float(np.round(rng.uniform(*radius) / 5.0) * 5.0)
        point = shapely.Point(np.round(xy, 1))
        if not _is_clear(point.buffer(reach, quad_segs=64), tree, survey):
            continue
        worst = str(rng.choice(CLASSES, p=[0.15, 0.35, 0.35, 0.15]))
        rows.append({"name": f"{label}{len(rows) + 1}号隐患点", "radius_m": reach, "hazard_class": worst})
        shapes.append(point)
    return _frame(rows, shapes, mark)


def _walk(z: Floats, cell: int, *, steps: int, down: bool) -> list[int]:
    """Return the cells of the steepest walk down (or up) from ``cell``; it ends early in a pit, on a top, or at the map's edge."""
    cols = z.shape[1]
    path = [cell]
    while len(path) <= steps:
        r, c = divmod(path[-1], cols)
        block = z[max(r - 1, 0) : r + 2, max(c - 1, 0) : c + 2]
        if block.shape != (3, 3):
            break
        dr, dc = divmod(int(np.argmin(block) if down else np.argmax(block)), 3)
        if (dr, dc) == (1, 1):
            break
        path.append((r + dr - 1) * cols + c + dc - 1)
    return path


def _draw_torrents(
    rng: np.random.Generator, ground: Ground, heads: Floats, targets: Floats, tree: shapely.STRtree, survey: shapely.Geometry
) -> gpd.GeoDataFrame:
    """Return debris-flow paths, widening to a fan: down from each head for up to 2.2 km, and through each target from above."""
    z = ground.z.reshape(ROUTE.shape)
    paths = [_walk(z, cell, steps=21, down=True) for cell in ROUTE.cells(heads).tolist()]
    through = ROUTE.cells(targets).tolist()
    paths += [_walk(z, one, steps=9, down=False)[:0:-1] + _walk(z, one, steps=2, down=True) for one in through]
    data: list[dict[str, object]] = []
    shapes: list[shapely.Geometry] = []
    for path in paths:
        if len(path) < 6:
            continue
        xy = ROUTE.centres()[path]
        parts = [shapely.Point(p).buffer(35.0 + 70.0 * (k / len(xy)) ** 2) for k, p in enumerate(xy)]
        hulls = [shapely.union(a, b).convex_hull for a, b in pairwise(parts)]
        zone = shapely.set_precision(shapely.union_all(hulls).simplify(6.0), 0.1)
        if _is_clear(zone, tree, survey):
            data.append(
                {"name": f"泥石流沟{len(data) + 1}号", "hazard_class": str(rng.choice(CLASSES, p=[0.15, 0.35, 0.35, 0.15]))}
            )
            shapes.append(zone)
    return _frame(data, shapes, "DF")


def _draw_floods(rng: np.random.Generator, ground: Ground, tree: shapely.STRtree, survey: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return flood zones: stretches of river bank within 60-190 m of the water and hardly above it."""
    data: list[dict[str, object]] = []
    shapes: list[shapely.Geometry] = []
    for one in ground.rivers:
        for start in range(0, len(one.xy) - 30, 45):
            if rng.random() > 0.6:
                continue
            line = shapely.LineString(one.xy[start : start + 30])
            width = float(np.clip(60.0 + 2.2 * np.sqrt(one.area_km2[start]), 60.0, 200.0))
            zone = shapely.set_precision(line.buffer(width).simplify(8.0), 0.1)
            for shrink in (0.0, 15.0, 30.0):
                trial = shapely.set_precision(zone.buffer(-shrink), 0.1) if shrink else zone
                if not trial.is_empty and trial.geom_type == "Polygon" and _is_clear(trial, tree, survey):
                    data.append(
                        {"name": f"洪水淹没区{len(data) + 1}号", "hazard_class": str(rng.choice(CLASSES[1:], p=[0.4, 0.4, 0.2]))}
                    )
                    shapes.append(trial)
                    break
    return _frame(data, shapes, "FL")


def _draw_faults(rng: np.random.Generator, ground: Ground, tree: shapely.STRtree, survey: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return two active faults across the county with the setback asked on each side."""
    west, south, east, north = ground.county.bounds
    data: list[dict[str, object]] = []
    shapes: list[shapely.Geometry] = []
    for share, setback in ((0.33, 200.0), (0.71, 100.0)):
        for shift in range(60):
            x = np.linspace(west, east, 60)
            y = south + (north - south) * (share + 0.13 * (x - west) / (east - west)) + shift * 70.0
            y = y + 350.0 * np.sin(x / 5200.0 + share * 9.0) + 120.0 * np.sin(x / 1700.0)
            line = shapely.LineString(np.round(np.column_stack([x, y]), 1)).intersection(survey)
            pieces = [one for one in shapely.get_parts(line) if one.length > 4000.0]
            border = shapely.union_all([one.buffer(setback, quad_segs=64).boundary.buffer(_BORDER_M) for one in pieces])
            if pieces and not len(tree.query(border, predicate="intersects")):
                break
        for piece in pieces:
            data.append(
                {"name": f"F{len(data) + 1}断层", "setback_m": setback, "hazard_class": "high" if setback > 150.0 else "medium"}
            )
            shapes.append(shapely.LineString(np.round(shapely.get_coordinates(piece), 1)))
    return _frame(data, shapes, "FA")


def map_hazards(
    rng: np.random.Generator, ground: Ground, settlement_xy: Floats, survey: gpd.GeoDataFrame, *, threatened: Floats
) -> dict[str, gpd.GeoDataFrame]:
    """Return the five hazard layers.

    Parameters
    ----------
    settlement_xy
        (n, 2) all settlements.
    threatened
        (m, 2) settlements at which a landslide or rockfall is planted; debris flows are led through the first 14 as well.
    """
    area = shapely.union_all(survey.geometry.to_numpy())
    shapely.prepare(area)
    tree = shapely.STRtree(shapely.points(settlement_xy))
    xy = ROUTE.centres()
    steep = rng.permutation(np.flatnonzero(ground.inside & (ground.slope_deg > 24.0) & ~ground.water))
    half = len(threatened) * 2 // 3
    offset = rng.uniform(-70.0, 70.0, threatened.shape)
    slides = np.vstack([threatened[:half] + offset[:half], xy[steep[:45]]])
    falls = np.vstack([threatened[half:] + offset[half:] * 0.6, xy[steep[45:70]]])
    heads = np.flatnonzero(ground.inside & (ground.slope_deg > 20.0) & (ground.river_m < 2500.0) & (ground.river_m > 900.0))
    return {
        "landslides": _place_points(rng, slides, tree, area, mark="LS", label="滑坡", radius=(90.0, 260.0)),
        "rockfalls": _place_points(rng, falls, tree, area, mark="RF", label="崩塌", radius=(60.0, 140.0)),
        "debris_flows": _draw_torrents(rng, ground, xy[rng.permutation(heads)[:28]], threatened[:14], tree, area),
        "floods": _draw_floods(rng, ground, tree, area),
        "faults": _draw_faults(rng, ground, tree, area),
    }


def draw_zones(layers: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return every hazard zone as a polygon with its kind and class (circles within 0.01% of their radius)."""
    kinds, classes, shapes = [], [], []
    for name, kind in KINDS.items():
        layer = layers[name]
        reach = layer.get("radius_m", layer.get("setback_m"))
        zone = (
            layer.geometry.to_numpy()
            if reach is None
            else shapely.buffer(layer.geometry.to_numpy(), reach.to_numpy(), quad_segs=64)
        )
        kinds += [kind] * len(layer)
        classes += layer["hazard_class"].tolist()
        shapes += list(zone)
    return gpd.GeoDataFrame({"hazard_kind": kinds, "hazard_class": classes}, geometry=shapes, crs=EPSG)
