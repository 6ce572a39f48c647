"""Small worlds for the tests of access: lines in EPSG:4544, metres, 20 km/h concrete village roads unless told otherwise."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import CRS

from geoplan.access import build_network
from geoplan.contracts.grid import Grid
from geoplan.io.documents import read_speeds

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


@pytest.fixture(scope="session")
def speeds():
    return read_speeds("speeds_cn_2026")


@pytest.fixture(scope="session")
def world(speeds):
    def connect(roads, *, dem=None, gap_tolerance_m=0.0, profile=speeds, walk_kmh=5.0):
        return build_network(
            roads, speeds=profile, seasons=["dry", "wet"], dem=dem, walk_kmh=walk_kmh, gap_tolerance_m=gap_tolerance_m
        )

    def network(lines, *, dem=None, gap_tolerance_m=0.0, profile=speeds, walk_kmh=5.0, **columns):
        return connect(lay_roads(lines, **columns), dem=dem, gap_tolerance_m=gap_tolerance_m, profile=profile, walk_kmh=walk_kmh)

    return SimpleNamespace(roads=lay_roads, network=network, connect=connect, plane=plane, crs=WORKING, speeds=speeds)
