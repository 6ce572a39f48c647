"""Draw small random counties: hills, land cover with water, barriers, and roads of every kind that can be built."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from pyproj import CRS

from geoplan.access import build_ground, build_network, join_surface
from geoplan.access.surface import Surface
from geoplan.contracts.grid import Grid

WORKING = CRS.from_epsg(4544)
COVER = np.array([20.0, 30.0, 50.0, 80.0, 112.0])
CLASSES = np.array(["county", "village", "track", "path", "motorway"], dtype=object)
CROSSINGS = np.array(["", "", "", "bridge", "tunnel", "ford", "ferry", "rope"], dtype=object)


@dataclass(frozen=True)
class Scene:
    """A surface with points on it and what it was made of."""

    surface: Surface
    roads: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    dem: Grid
    cover: Grid
    here: np.ndarray
    there: np.ndarray


def draw_scene(
    seed,
    speeds,
    walking,
    *,
    rows=10,
    cols=10,
    neighbours=16,
    along_slope=False,
    roads=5,
    barriers=2,
    points=4,
    steep=None,
    crossings=CROSSINGS,
    **options,
):
    """Return a scene that depends on its arguments alone."""
    rng = np.random.default_rng(seed)
    width, tall = (30.0, float(rng.choice([30.0, 20.0])))
    size = np.array([cols * width, -rows * tall])
    transform = Affine(width, 0.0, 0.0, 0.0, -tall, 0.0)
    drawn = rng.choice([0.0, 3.0, 15.0])
    steep = drawn if steep is None else steep
    dem = Grid((500.0 + rng.normal(0.0, steep, (rows, cols)).cumsum(axis=int(rng.integers(2)))), transform, WORKING)
    shares = [0.3, 0.2, 0.3, 0.1 * rng.integers(2), 0.1]
    cover = Grid(rng.choice(COVER, (rows, cols), p=np.array(shares) / sum(shares)), transform, WORKING)
    walls = gpd.GeoDataFrame(geometry=[draw_wall(rng, size) for _ in range(rng.integers(barriers + 1))], crs=WORKING)
    lines = draw_roads(rng, size, int(rng.integers(roads + 1)), crossings=crossings)
    return build_scene(
        dem, cover, walls, lines, speeds, walking, neighbours=neighbours, along_slope=along_slope,
        here=rng.uniform(-0.05, 1.05, (points, 2)) * size, there=rng.uniform(0.0, 1.0, (max(points - 1, 1), 2)) * size, **options,
    )  # fmt: skip


def build_scene(dem, cover, walls, lines, speeds, walking, *, here, there, neighbours=16, along_slope=False, walk_kmh=5.0):
    """Return the scene of given layers."""
    ground = build_ground(dem, walking=walking, walk_kmh=walk_kmh, landcover=cover, barriers=walls, neighbours=neighbours)
    network = build_network(lines, speeds=speeds, seasons=["dry", "wet"], dem=dem, walk_kmh=walk_kmh, gap_tolerance_m=0.0)
    surface = join_surface(ground, network, barriers=walls, dem=dem, walk_kmh=walk_kmh, along_slope=along_slope)
    return Scene(surface, lines, walls, dem, cover, here, there)


def draw_wall(rng, size):
    """Return a line or a strip somewhere on the area."""
    points = rng.uniform(0.0, 1.0, (int(rng.integers(2, 5)), 2)) * size
    if rng.random() < 0.3:
        points = np.round(points / 15.0) * 15.0 + 0.0
    line = shapely.LineString(points)
    if line.length == 0.0:
        return shapely.LineString([(0.0, -15.0), (size[0], -15.0)])
    return line.buffer(20.0) if rng.random() < 0.3 else line


def draw_roads(rng, size, count, *, crossings=CROSSINGS):
    """Return ``count`` roads over an area of ``size`` metres east and north."""
    shapes = []
    for _ in range(count):
        points = rng.uniform(0.0, 1.0, (int(rng.integers(2, 5)), 2)) * size
        if rng.random() < 0.5:
            # On corners, borders and centres of cells, where roads meet one another and the grid exactly.
            points = np.round(points / 30.0) * 30.0 - rng.choice([0.0, 15.0])
        steps = np.hypot(*np.diff(points, axis=0).T)
        points = points[np.r_[True, steps > 1.0]]
        shapes.append(shapely.LineString(points if len(points) > 1 else [(0.0, 0.0), size]))
    crossing = crossings[rng.integers(0, len(crossings), count)]
    return gpd.GeoDataFrame(
        {
            "road_id": [f"r{i}" for i in range(count)],
            "road_class": np.where(crossing == "ferry", "ferry", CLASSES[rng.integers(0, len(CLASSES), count)]),
            "surface": np.array(["concrete", "gravel", "earth"], dtype=object)[rng.integers(0, 3, count)],
            "width_m": np.full(count, 4.0),
            "oneway": rng.choice([0, 0, 1, -1], count),
            "crossing": crossing,
            "road_layer": rng.choice([0, 0, 1], count),
        },
        geometry=shapes,
        crs=WORKING,
    )
