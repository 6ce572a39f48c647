"""Small worlds for the tests of access: lines in EPSG:4544, metres, 20 km/h concrete village roads unless told otherwise."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS

from geoplan.access import (
    build_ground,
    build_network,
    enter,
    join_surface,
    lay_costs,
    lay_legs,
    lay_ways,
    level_ground,
    meet,
    plant_seeds,
    read_paths,
    solve,
    time_edges,
)
from geoplan.contracts.grid import Grid
from geoplan.io.documents import read_speeds, read_walking

WORKING = CRS.from_epsg(4544)


def lay_roads(lines, **columns):
    """Return roads; each line a list of (x, y) or a geometry."""
    shapes = [one if isinstance(one, shapely.Geometry) else shapely.LineString(one) for one in lines]
    base = {
        "road_id": [f"r{i}" for i in range(len(lines))],
        "road_class": ["village"] * len(lines),
        "surface": ["concrete"] * len(lines),
        "width_m": [4.0] * len(lines),
        "oneway": [0] * len(lines),
        "crossing": [""] * len(lines),
        "road_layer": [0] * len(lines),
    }
    return gpd.GeoDataFrame({**base, **columns}, geometry=shapes, crs=WORKING)


def plane(rise_east=0.0, *, height_m=500.0, cell_m=25.0, half_m=8000.0):
    """Return a plane that rises ``rise_east`` metres per metre towards the east."""
    count = int(2 * half_m / cell_m)
    east = -half_m + (np.arange(count) + 0.5) * cell_m
    return Grid(np.tile(height_m + rise_east * east, (count, 1)), Affine(cell_m, 0, -half_m, 0, -cell_m, half_m), WORKING)


class World(SimpleNamespace):
    """What the tests build with; short in a failing test's report."""

    def __repr__(self):
        return "world"


def grid(values, *, cell_m=30.0, west=0.0, north=0.0, tall_m=None):
    """Return a grid whose upper left corner is (west, north)."""
    transform = Affine(cell_m, 0.0, west, 0.0, -(cell_m if tall_m is None else tall_m), north)
    return Grid(np.asarray(values, dtype=np.float64), transform, WORKING)


def draw(*shapes):
    """Return barriers."""
    return gpd.GeoDataFrame(geometry=list(shapes), crs=WORKING)


def travel(
    surface, here, there, *, mode="ride", season="dry", walker=1.0, towards=True, tile=256, move_max_m=500.0, limit_min=np.inf
):
    """Return everything between two lists of points and the paths from ``here`` to the nearest of ``there`` (or back)."""
    ways = lay_ways(surface, *time_edges(surface.network, mode=mode, season=season, walker=walker), walker=walker)
    near, far = (enter(np.array(xy, dtype=float).reshape(-1, 2), surface, move_max_m=move_max_m) for xy in (here, there))
    near_legs, far_legs = lay_legs(near, surface, ways), lay_legs(far, surface, ways)
    costs = lay_costs(surface, ways, towards=towards, tile=tile)
    field = solve(costs, plant_seeds(far_legs, towards=towards), limit_min=limit_min)
    meetings = meet(near, far, surface, ways)
    paths = read_paths(field, near, near_legs, far, far_legs, meetings)
    return SimpleNamespace(
        ways=ways, near=near, far=far, near_legs=near_legs, far_legs=far_legs, costs=costs, field=field, meetings=meetings, paths=paths
    )  # fmt: skip


def load(name):
    """Return a module of this folder that is not a test."""
    spec = importlib.util.spec_from_file_location(f"access_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def twin():
    """The field once more, by the book."""
    return load("field_twin")


@pytest.fixture(scope="session")
def scenes():
    """Random grounds with roads on them."""
    return load("field_scenes")


@pytest.fixture(scope="session")
def speeds():
    return read_speeds("speeds_cn_2026")


@pytest.fixture(scope="session")
def walking():
    return read_walking("walking_2026")


@pytest.fixture(scope="session")
def world(speeds, walking):
    def connect(roads, *, dem=None, gap_tolerance_m=0.0, profile=speeds, walk_kmh=5.0):
        return build_network(
            roads, speeds=profile, seasons=["dry", "wet"], dem=dem, walk_kmh=walk_kmh, gap_tolerance_m=gap_tolerance_m
        )

    def network(lines, *, dem=None, gap_tolerance_m=0.0, profile=speeds, walk_kmh=5.0, **columns):
        return connect(lay_roads(lines, **columns), dem=dem, gap_tolerance_m=gap_tolerance_m, profile=profile, walk_kmh=walk_kmh)

    def level(west, south, east, north, *, cell_m=30.0, **options):
        return level_ground((west, south, east, north), cell_m=cell_m, crs=WORKING, walking=walking, **options)

    def hills(dem, **options):
        return build_ground(dem, walking=walking, **options)

    def surface(ground, lines=(), *, barriers=None, along_slope=False, cliff_deg=45.0, dem=None, profile=speeds, **columns):
        return join_surface(
            ground,
            network(list(lines), dem=dem, profile=profile, **columns),
            barriers=barriers,
            dem=dem,
            along_slope=along_slope,
            cliff_deg=cliff_deg,
        )

    return World(
        roads=lay_roads, network=network, connect=connect, plane=plane, crs=WORKING, speeds=speeds, walking=walking, grid=grid,
        draw=draw, level=level, hills=hills, surface=surface, travel=travel,
    )  # fmt: skip
