"""Walk straight to a facility where that beats the network: pairs within reach, not crossing a barrier.

A straight walk cannot be quicker than its length at the best speed of Tobler's function, V · exp(0.175); pairs that cannot
win even so are not walked. By hand: with V = 5 km/h the best speed is 5.956 km/h, so 1,000 m never take less than 10.07 min.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.access.offroad import Barriers, find_blocked, walk_legs_min
from geoplan.access.speeds import tobler_kmh
from geoplan.contracts.grid import Grid
from geoplan.units import travel_min

COLUMNS = ["settlement", "facility", "length_m", "there_min", "back_min"]


def find_direct_walks(
    settlements_xy: NDArray[np.float64],
    facilities_xy: NDArray[np.float64],
    *,
    max_m: float,
    barriers: Barriers | None,
    dem: Grid | None,
    walk_kmh: float,
    worth_min: NDArray[np.float64] | None = None,
) -> pd.DataFrame:
    """Return straight walks between settlements and facilities at most ``max_m`` apart (inclusive).

    Parameters
    ----------
    settlements_xy, facilities_xy
        (s, 2) and (f, 2) metres; NaN points take no part.
    max_m
        Longest straight walk, metres.
    barriers, dem, walk_kmh
        As for off-road legs.
    worth_min
        (s,) minutes already found by other means; pairs that cannot be quicker one way are left out.

    Returns
    -------
    pandas.DataFrame
        settlement, facility (numbers), length_m, there_min (settlement → facility), back_min.
    """
    a_known = np.flatnonzero(np.isfinite(settlements_xy).all(axis=1))
    b_known = np.flatnonzero(np.isfinite(facilities_xy).all(axis=1))
    if len(a_known) == 0 or len(b_known) == 0 or max_m <= 0:
        return _pairs(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), np.zeros(0))
    tree = cKDTree(settlements_xy[a_known])
    near = tree.sparse_distance_matrix(cKDTree(facilities_xy[b_known]), max_m * (1 + 1e-12), output_type="coo_matrix")
    a, b, length = a_known[near.row], b_known[near.col], near.data
    keep = length <= max_m
    if worth_min is not None:
        best_kmh = float(tobler_kmh(-0.05, level_kmh=walk_kmh))
        keep &= travel_min(length, best_kmh) <= worth_min[a]
    order = np.lexsort((b[keep], a[keep]))
    a, b, length = a[keep][order], b[keep][order], length[keep][order]
    blocked = find_blocked(settlements_xy[a], facilities_xy[b], barriers)
    a, b, length = a[~blocked], b[~blocked], length[~blocked]
    there, back = walk_legs_min(settlements_xy[a], facilities_xy[b], dem=dem, walk_kmh=walk_kmh)
    return _pairs(a, b, length, there, back)


def bound_round_trips(
    settlements_xy: NDArray[np.float64],
    facilities_xy: NDArray[np.float64],
    *,
    max_m: float,
    barriers: Barriers | None,
    dem: Grid | None,
    walk_kmh: float,
) -> NDArray[np.float64]:
    """Return (s,) minutes to walk straight to one of the three nearest facilities and back; inf where none can be walked to.

    No round trip has to be looked for that takes longer, so it says which straight walks are worth timing.
    """
    bound = np.full(len(settlements_xy), np.inf)
    a_known = np.flatnonzero(np.isfinite(settlements_xy).all(axis=1))
    b_known = np.flatnonzero(np.isfinite(facilities_xy).all(axis=1))
    if len(a_known) == 0 or len(b_known) == 0 or max_m <= 0:
        return bound
    distance, near = cKDTree(facilities_xy[b_known]).query(settlements_xy[a_known], k=min(3, len(b_known)))
    a = np.repeat(a_known, np.size(near) // len(a_known))
    keep = distance.ravel() <= max_m
    a, b = a[keep], b_known[near.ravel()[keep]]
    clear = ~find_blocked(settlements_xy[a], facilities_xy[b], barriers)
    a, b = a[clear], b[clear]
    there, back = walk_legs_min(settlements_xy[a], facilities_xy[b], dem=dem, walk_kmh=walk_kmh)
    np.minimum.at(bound, a, there + back)
    return bound


def _pairs(
    a: NDArray[np.int64], b: NDArray[np.int64], length: NDArray[np.float64], there: NDArray[np.float64], back: NDArray[np.float64]
) -> pd.DataFrame:
    """Return the table of straight walks."""
    return pd.DataFrame(dict(zip(COLUMNS, (a, b, length, there, back), strict=True)))
