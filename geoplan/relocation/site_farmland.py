"""Say how much farmland a receiving site could give each household: what lies within reach, shared by all who live there then.

    mu within reach     = Σ area(parcel ∩ disc of radius reach around the site) / 666.67 m²
    mu per household    = mu within reach / (households now within reach + households the site holds)

Distance is straight. Those who live there already farm it too, so they share. Where the households of one neighbour are unknown, or what
the site holds, so is the share. Parcels that overlap are counted twice: the check of layers names them.

By hand: a square parcel of 1,000 × 1,000 m (1,500 mu) wholly within reach, 80 households there now and a site for 20: 15 mu per household.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.spatial.frames import require_same_crs
from geoplan.units import M2_PER_MU

_QUARTER_SEGMENTS = 32
Floats = NDArray[np.float64]


def measure_farmland(points: gpd.GeoSeries, farmland: gpd.GeoDataFrame, *, reach_m: float) -> Floats:
    """Return the farmland within ``reach_m`` of each point, mu; a disc of 128 sides stands for the circle (0.04 % less).

    Raises
    ------
    CrsError
        ``CRS-MIXED`` when the layers differ in CRS.
    """
    require_same_crs(farmland.crs, points.crs, what="farmland")
    parcels = farmland.geometry.to_numpy()
    parcels = parcels[~(shapely.is_missing(parcels) | shapely.is_empty(parcels))]
    total = np.zeros(len(points))
    if not len(points) or not len(parcels):
        return total
    discs = shapely.buffer(points.to_numpy(), reach_m, quad_segs=_QUARTER_SEGMENTS)
    disc, parcel = shapely.STRtree(parcels).query(discs, predicate="intersects")
    shapely.prepare(discs)
    whole = shapely.covers(discs[disc], parcels[parcel])
    area = shapely.area(parcels[parcel])
    # Only parcels across the border need cutting.
    area[~whole] = shapely.area(shapely.intersection(discs[disc[~whole]], parcels[parcel[~whole]]))
    return np.asarray(np.bincount(disc, weights=area, minlength=len(points)) / M2_PER_MU, dtype=np.float64)


def count_households(points: gpd.GeoSeries, settlements: gpd.GeoDataFrame, *, reach_m: float) -> Floats:
    """Return the households of all settlements within ``reach_m`` of each point, border included; NaN where one of them is unknown.

    By hand: settlements of 10 and 20 households at 500 and 1,500 m, reach 1,000 m: 10.
    """
    geometry = settlements.geometry.to_numpy()
    located = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    households = (
        settlements["households"].to_numpy(dtype=float, na_value=np.nan)
        if "households" in settlements
        else np.full(len(settlements), np.nan)
    )
    total = np.zeros(len(points))
    if not located.any() or not len(points):
        return total
    centres = shapely.centroid(geometry[located])
    tree = cKDTree(np.column_stack([shapely.get_x(centres), shapely.get_y(centres)]))
    near = tree.query_ball_point(np.column_stack([points.x, points.y]), reach_m * (1 + 1e-12))
    sizes = np.array([len(one) for one in near], dtype=np.intp)
    own = households[located][np.concatenate([np.asarray(one, dtype=np.intp) for one in near])]
    # A plain sum: NaN of an unknown neighbour makes the sum unknown, on purpose.
    return np.asarray(np.bincount(np.repeat(np.arange(len(points)), sizes), weights=own, minlength=len(points)), dtype=np.float64)


def share_farmland(mu: Floats, present_households: Floats, site_households: Floats) -> Floats:
    """Return mu per household; NaN where either number of households is unknown or both are 0.

    Examples
    --------
    >>> share_farmland(np.array([1500.0]), np.array([80.0]), np.array([20.0])).tolist()
    [15.0]
    """
    households = present_households + site_households
    return np.divide(mu, households, out=np.full(len(mu), np.nan), where=households > 0)
