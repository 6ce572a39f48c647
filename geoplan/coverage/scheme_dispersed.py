"""Share springs among the settlements that no scheme serves, nearest first, never over a spring's yield.

A settlement may fetch from a spring within the profile's walk (`WaterProfile.dispersed_way`): level distance and difference in height at most the
limits, equal inside, and, where the travel times hold a walk of that settlement to that spring, its minutes too. Pairs are taken by level distance,
ties by settlement and spring; a settlement is not divided.

By hand: a spring of 3.5 m³/d at 35 L a person serves 100 people: of settlements of 60, 50 and 40 at 100, 200 and 300 m, the first and the third.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.contracts.water_profile import FetchingWay
from geoplan.coverage.scheme_join import YIELD_TOLERANCE


def pair_springs(
    springs_xyz: NDArray[np.float64],
    settlements_xyz: NDArray[np.float64],
    way: FetchingWay,
    *,
    timed_spring: NDArray[np.int64],
    timed_min: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return (settlement, spring, level distance in metres) of the pairs within a walk, nearest first.

    Parameters
    ----------
    springs_xyz, settlements_xyz
        (n, 3) easting, northing, height, metres; rows with NaN are in no pair.
    way
        Limits; level_m must be given.
    timed_spring, timed_min
        (settlements,) spring whose walk was timed (−1: none) and its round trip, minutes.
    """
    a, b = (np.flatnonzero(~np.isnan(one).any(axis=1)) for one in (settlements_xyz, springs_xyz))
    if len(a) == 0 or len(b) == 0 or way.level_m is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    near = cKDTree(springs_xyz[b, :2]).query_ball_point(settlements_xyz[a, :2], way.level_m * (1.0 + 1e-9))
    who = np.repeat(a, [len(one) for one in near])
    spring = b[np.concatenate([np.asarray(one, dtype=np.int64) for one in near])]
    level = np.hypot(*(settlements_xyz[who, :2] - springs_xyz[spring, :2]).T)
    climb = np.abs(settlements_xyz[who, 2] - springs_xyz[spring, 2])
    keep = (level <= way.level_m) & (climb <= (np.inf if way.climb_m is None else way.climb_m))
    if way.round_trip_min is not None:
        keep &= ~((timed_spring[who] == spring) & (timed_min[who] > way.round_trip_min))
    who, spring, level = who[keep], spring[keep], level[keep]
    order = np.lexsort((spring, who, level))
    return who[order], spring[order], level[order]


def share_springs(
    who: NDArray[np.int64],
    spring: NDArray[np.int64],
    need_m3_day: NDArray[np.float64],
    free: NDArray[np.bool_],
    left_m3_day: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the spring of each settlement (−1: none) and the yield that is left.

    Parameters
    ----------
    who, spring
        Pairs in the order in which they are taken.
    need_m3_day, free
        (settlements,) what each needs a day, and who may join.
    left_m3_day
        (springs,) yield; NaN gives nothing.
    """
    left = left_m3_day.copy()
    chosen = np.full(len(need_m3_day), -1, dtype=np.int64)
    _share(who, spring, need_m3_day, free, left, left_m3_day * YIELD_TOLERANCE, chosen)
    return chosen, np.maximum(left, 0.0)


@njit(cache=True, nogil=True)
def _share(
    who: NDArray[np.int64], spring: NDArray[np.int64], need: NDArray[np.float64], free: NDArray[np.bool_], left: NDArray[np.float64],
    slack: NDArray[np.float64], chosen: NDArray[np.int64],
) -> None:  # fmt: skip
    for k in range(len(who)):
        s, w = spring[k], who[k]
        # A yield that is not known is NaN, and no comparison with it holds.
        if free[w] and chosen[w] < 0 and need[w] <= left[s] + slack[s]:
            chosen[w] = s
            left[s] -= need[w]
