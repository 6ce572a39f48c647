"""Stand transformers and masts so that all but the planted hamlets have power and signal.

A transformer stands beside every settlement that no other is within 450 m of; its own ``radius_m`` is mostly absent (the plan then says 500 m), a
few on long lines reach 700 m. A mast stands on the highest cell of a square of 1.2 km, chosen greedily by the settlements it sees. Planted hamlets
have no neighbour within 900 m and get no transformer; no mast's radius reaches the hamlets planted without signal. Metres, kVA.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import EPSG, Flags, Floats
from geoplan.synthetic.ground import sample_height

POWER_M = 500.0
"""Service radius of a transformer that states none."""
_NEAR_M, _ALONE_M, _LONG_M = 450.0, 900.0, 700.0
_KVA = np.array([30.0, 50.0, 80.0, 100.0, 160.0, 200.0, 315.0, 400.0, 630.0])
_SQUARE_M, _MAST_M, _PHONE_M, _STEP_M = 1200.0, 35.0, 3.0, 50.0
_SEEN_SHARE, _MOST_MASTS = 0.97, 110


def choose_powerless(rng: np.random.Generator, xy: Floats, barred: Flags, *, count: int) -> Flags:
    """Return at most ``count`` settlements that have no other within 900 m and are not ``barred``."""
    gap = cKDTree(xy).query(xy, k=2)[0][:, 1]
    chosen = np.zeros(len(xy), dtype=bool)
    chosen[rng.permutation(np.flatnonzero((gap > _ALONE_M) & ~barred))[:count]] = True
    return chosen


def place_transformers(rng: np.random.Generator, points: gpd.GeoDataFrame, powerless: Flags) -> gpd.GeoDataFrame:
    """Return facility_id, name, township_code, village_code, supply_kva, radius_m (mostly absent) and a point for each transformer."""
    xy = shapely.get_coordinates(points.geometry.to_numpy())
    persons = points["persons"].to_numpy(dtype=float)
    served = np.flatnonzero(~powerless)
    order = served[np.argsort(-persons[served], kind="stable")]
    stand: list[int] = []
    taken = powerless.copy()
    near = cKDTree(xy).query_ball_point(xy, _NEAR_M - 60.0)
    for k in order.tolist():
        if not taken[k]:
            stand.append(k)
            taken[near[k]] = True
    at = np.array(sorted(stand))
    where = np.round(xy[at] + rng.uniform(-40.0, 40.0, (len(at), 2)), 1)
    load = np.bincount(cKDTree(where).query(xy[served])[1], weights=persons[served], minlength=len(at))
    kva = _KVA[np.searchsorted(_KVA, np.clip(load * rng.uniform(0.5, 1.6, len(at)), 0.0, _KVA[-1]))]
    table = pd.DataFrame(
        {
            "facility_id": [f"TR{n + 1:04d}" for n in range(len(at))],
            "name": [f"{name}台区" for name in points["name"].to_numpy()[at]],
            "township_code": points["township_code"].to_numpy()[at],
            "village_code": points["village_code"].to_numpy()[at],
            "supply_kva": kva,
            "radius_m": np.where(rng.random(len(at)) < 0.08, _LONG_M, np.nan),
        }
    )
    return gpd.GeoDataFrame(table, geometry=shapely.points(where), crs=EPSG)


def place_masts(
    rng: np.random.Generator, points: gpd.GeoDataFrame, county: shapely.Polygon, dem: Floats, deaf: Flags
) -> gpd.GeoDataFrame:
    """Return facility_id, name, township_code, village_code, radius_m and a point for each mast; none reaches a ``deaf`` settlement."""
    xy = shapely.get_coordinates(points.geometry.to_numpy())
    peaks = _pick_peaks(county, dem)
    reach = rng.choice([2500.0, 3000.0, 3500.0, 4000.0, 5000.0], len(peaks))
    free = cKDTree(xy[deaf]).query(peaks)[0] > reach + 50.0 if deaf.any() else np.ones(len(peaks), dtype=bool)
    peaks, reach = peaks[free], reach[free]
    sees = _see(peaks, reach, xy, dem)
    wanted = float(points["persons"].to_numpy(dtype=float)[~deaf].sum()) * _SEEN_SHARE
    left = np.where(deaf, 0.0, points["persons"].to_numpy(dtype=float))
    chosen: list[int] = []
    total = left.sum()
    while total - left.sum() < wanted and len(chosen) < _MOST_MASTS:
        gain = sees @ left
        best = int(np.argmax(gain))
        if gain[best] <= 0.0:
            break
        chosen.append(best)
        left = np.where(sees[best], 0.0, left)
    at = np.array(sorted(chosen))
    beside = cKDTree(xy).query(peaks[at])[1]
    table = pd.DataFrame(
        {
            "facility_id": [f"MA{n + 1:04d}" for n in range(len(at))],
            "name": [f"{name}基站" for name in points["name"].to_numpy()[beside]],
            "township_code": points["township_code"].to_numpy()[beside],
            "village_code": points["village_code"].to_numpy()[beside],
            "radius_m": reach[at],
        }
    )
    return gpd.GeoDataFrame(table, geometry=shapely.points(peaks[at]), crs=EPSG)


def find_beyond(xy: Floats, facilities: gpd.GeoDataFrame, *, radius_m: float) -> Flags:
    """Return the (n, 2) points farther from every facility than its own ``radius_m``, or ``radius_m`` where it states none (metres)."""
    where = shapely.get_coordinates(facilities.geometry.to_numpy())
    own = facilities["radius_m"].fillna(radius_m).to_numpy(dtype=float)
    beyond = np.ones(len(xy), dtype=bool)
    for reach in np.unique(own):
        beyond &= cKDTree(where[own == reach]).query(xy)[0] > reach
    return beyond


def _pick_peaks(county: shapely.Polygon, dem: Floats) -> Floats:
    """Return the (k, 2) centres of the highest cells of each square that lie in the county."""
    west, south, east, north = county.bounds
    step = 50.0
    xs, ys = np.meshgrid(np.arange(west, east, step) + step / 2, np.arange(south, north, step) + step / 2)
    xy = np.round(np.column_stack([xs.ravel(), ys.ravel()]), 1)
    xy = xy[shapely.contains_xy(county, xy)]
    height = sample_height(dem, xy)
    square = np.floor((xy - [west, south]) / _SQUARE_M).astype(np.int64)
    table = pd.DataFrame({"i": square[:, 0], "j": square[:, 1], "z": height}).sort_values("z", ascending=False, kind="stable")
    return xy[np.sort(table.drop_duplicates(["i", "j"]).index.to_numpy())]


def _see(peaks: Floats, reach: Floats, xy: Floats, dem: Floats) -> Flags:
    """Return (peaks, settlements) whether the mast sees a phone at the settlement within its reach, over flat earth."""
    sees = np.zeros((len(peaks), len(xy)), dtype=bool)
    home = sample_height(dem, xy) + _PHONE_M
    tree = cKDTree(xy)
    for k, peak in enumerate(peaks):
        near = np.array(tree.query_ball_point(peak, reach[k]), dtype=np.int64)
        if not len(near):
            continue
        along = np.linspace(0.0, 1.0, int(reach[k] / _STEP_M) + 1)[1:-1]
        top = float(sample_height(dem, peak[None, :])[0]) + _MAST_M
        line = peak + along[:, None, None] * (xy[near] - peak)
        ground = sample_height(dem, line.reshape(-1, 2)).reshape(len(along), len(near))
        sees[k, near] = (top + along[:, None] * (home[near] - top) >= ground).all(axis=0)
    return sees
