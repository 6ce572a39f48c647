"""Gather what every later step asks of the ground: slope, distance to water, and what one can see without crossing water."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import FINE, NORTH_M, ROUTE, WEST_M, Flags, Floats
from geoplan.synthetic.terrain import River


@dataclass(frozen=True)
class Ground:
    """The land as settlers and road builders meet it, on the 100 m grid (flat arrays, row by row).

    Attributes
    ----------
    dem
        (rows, cols) heights on the 50 m grid, metres.
    rivers
        River reaches.
    county
        County polygon.
    reservoir
        Water polygons (multi-polygon).
    z, slope_deg, river_m, river_km2
        Height (m), slope (°), distance to the nearest river (m) and that river's upstream area (km²).
    inside
        Cells whose centre lies in the county.
    water
        Cells within a reservoir.
    barriers
        Spatial index of river lines and reservoirs.
    """

    dem: Floats
    rivers: list[River]
    county: shapely.Polygon
    reservoir: shapely.MultiPolygon
    z: Floats
    slope_deg: Floats
    river_m: Floats
    river_km2: Floats
    inside: Flags
    water: Flags
    barriers: shapely.STRtree

    def is_blocked(self, a: Floats, b: Floats) -> Flags:
        """Say for each pair of (n, 2) points whether the straight line between them meets water."""
        if len(a) == 0:
            return np.zeros(0, dtype=bool)
        legs = shapely.linestrings(np.stack([a, b], axis=1))
        blocked = np.zeros(len(legs), dtype=bool)
        blocked[self.barriers.query(legs, predicate="intersects")[0]] = True
        return blocked


def draw_reservoirs(rivers: list[River], county: shapely.Polygon) -> shapely.MultiPolygon:
    """Return two reservoirs: stretches of middling rivers, widest at the dam."""
    inner = county.buffer(-4000.0)
    found: list[shapely.Polygon] = []
    for one in sorted(rivers, key=lambda r: -float(r.area_km2[0])):
        if one.area_km2[-1] > 400.0 or len(one.xy) < 90:
            continue
        middle = len(one.xy) // 2
        stretch = one.xy[middle - 14 : middle + 14]
        line = shapely.LineString(stretch)
        if inner.contains(line) and all(line.distance(other) > 9000.0 for other in found):
            parts = [shapely.Point(p).buffer(70.0 + 6.0 * k) for k, p in enumerate(stretch)]
            found.append(shapely.union_all(parts).buffer(30.0).simplify(5.0))
        if len(found) == 2:
            break
    return shapely.MultiPolygon([shapely.set_precision(one, 0.1) for one in found])


def flood_reservoirs(dem: Floats, reservoir: shapely.MultiPolygon) -> Floats:
    """Return heights with a level surface in each reservoir and banks no lower than it."""
    xy = FINE.centres()
    flat = dem.ravel().copy()
    for pool in reservoir.geoms:
        west, south, east, north = pool.buffer(200.0).bounds
        near = np.flatnonzero((xy[:, 0] > west) & (xy[:, 0] < east) & (xy[:, 1] > south) & (xy[:, 1] < north))
        wet = near[shapely.contains_xy(pool.buffer(36.0), xy[near])]
        flat[wet] = flat[wet].min()
    return flat.reshape(dem.shape)


def survey_ground(dem: Floats, rivers: list[River], county: shapely.Polygon, reservoir: shapely.MultiPolygon) -> Ground:
    """Return the ground measured on the 100 m grid."""
    rows, cols = ROUTE.shape
    coarse = dem.reshape(rows, 2, cols, 2).mean(axis=(1, 3))
    dy, dx = np.gradient(gaussian_filter(coarse, 0.6), ROUTE.cell_m)
    xy = ROUTE.centres()
    river_xy = np.vstack([one.xy for one in rivers])
    distance, nearest = cKDTree(river_xy).query(xy)
    shapely.prepare(county)
    lines = [shapely.LineString(one.xy) for one in rivers]
    return Ground(
        dem=dem,
        rivers=rivers,
        county=county,
        reservoir=reservoir,
        z=coarse.ravel(),
        slope_deg=np.degrees(np.arctan(np.hypot(dx, dy))).ravel(),
        river_m=distance,
        river_km2=np.concatenate([one.area_km2 for one in rivers])[nearest],
        inside=shapely.contains_xy(county, xy),
        water=shapely.contains_xy(reservoir.buffer(60.0), xy),
        barriers=shapely.STRtree([*lines, *reservoir.geoms]),
    )


def sample_height(dem: Floats, xy: Floats) -> Floats:
    """Return the height of the 50 m cell under each (n, 2) point, metres."""
    col = ((xy[:, 0] - WEST_M) // FINE.cell_m).astype(np.int64)
    row = ((NORTH_M - xy[:, 1]) // FINE.cell_m).astype(np.int64)
    return dem[np.clip(row, 0, dem.shape[0] - 1), np.clip(col, 0, dem.shape[1] - 1)]
