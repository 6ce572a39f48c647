"""Hold who reaches which facility in how many minutes: the sparse table that catchments, capacity and referral are computed from.

A pair (demand, supply) that stands in the table has its minutes, zero included: zero minutes are a fact (the clinic is in the village), so
pairs are listed, never kept as the non-zeros of a sparse matrix. A pair that does not stand in it is beyond the cut-off or cannot be
reached, unless the status of its demand or of its supply says why it was never searched.

By hand: settlements a, b; clinics x, y; a–x 0 min, a–y 30 min, b–y 45 min; cut-off 60. ``demand = [0, 0, 1]``, ``supply = [0, 1, 1]``,
``minutes = [0, 30, 45]``; b–x is ``beyond_cutoff``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


class ReachStatus(StrEnum):
    """Say whether a pair has minutes. Only ``OK`` has; the other states hold NaN. Widens `Status` by what a cut-off leaves open."""

    OK = "ok"
    BEYOND_CUTOFF = "beyond_cutoff"
    """Not reached within the cut-off: farther away, or not to be reached at all. The search stopped there."""
    UNREACHABLE = "unreachable"
    """Searched without a cut-off and proven impossible."""
    UNSNAPPED = "unsnapped"
    """The demand or the supply could not be placed on the ground or the roads."""
    NO_DATA = "no_data"
    """Not located, not surveyed, or there is no facility at all."""


REACH_STATUS_LABELS: dict[str, tuple[str, str]] = {
    "ok": ("可达", "reached"),
    "beyond_cutoff": ("超出时限", "beyond the cut-off"),
    "unreachable": ("不可达", "unreachable"),
    "unsnapped": ("未能接入路网", "not joined to the ground"),
    "no_data": ("无数据", "no data"),
}
"""Chinese and English label of each `ReachStatus`."""


@dataclass(frozen=True)
class Reach:
    """Minutes of every pair within a cut-off, sorted by (demand, supply), each pair once. Made by `geoplan.access.build_reach`.

    Attributes
    ----------
    demand, supply
        (n,) int64 positions in ``demand_ids`` and ``supply_ids``.
    minutes
        (n,) float64, 0 ≤ minutes ≤ ``cutoff_min``.
    demand_ids, supply_ids
        (d,) and (s,) object arrays of str, each id once, in the caller's order.
    cutoff_min
        Minutes at which the search stopped, inclusive; inf: it did not stop, and an absent pair is unreachable.
    demand_status, supply_status
        (d,) and (s,) object arrays of `ReachStatus` values: ``ok`` (searched), ``unreachable`` (searched, nothing can be reached whatever the
        time), ``unsnapped`` or ``no_data`` (never searched). Those that are not ``ok`` have no pairs.
    """

    demand: NDArray[np.int64]
    supply: NDArray[np.int64]
    minutes: NDArray[np.float64]
    demand_ids: NDArray[np.object_]
    supply_ids: NDArray[np.object_]
    cutoff_min: float
    demand_status: NDArray[np.object_]
    supply_status: NDArray[np.object_]

    @property
    def shape(self) -> tuple[int, int]:
        """(demands, supplies)."""
        return (len(self.demand_ids), len(self.supply_ids))

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """(d + 1,) first pair of each demand; the pairs of demand i are ``starts[i]:starts[i + 1]``."""
        return np.searchsorted(self.demand, np.arange(len(self.demand_ids) + 1)).astype(np.int64)

    @cached_property
    def supply_rank(self) -> NDArray[np.int64]:
        """(s,) place of each supply when their ids are sorted: what breaks ties."""
        return rank_ids(self.supply_ids)

    @cached_property
    def demand_rank(self) -> NDArray[np.int64]:
        """(d,) place of each demand when their ids are sorted."""
        return rank_ids(self.demand_ids)


def rank_ids(ids: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return the place of each id when the ids are sorted as text.

    >>> rank_ids(np.array(["b", "a10", "a9"], dtype=object)).tolist()
    [2, 0, 1]
    """
    rank = np.empty(len(ids), dtype=np.int64)
    rank[np.argsort(ids, kind="stable")] = np.arange(len(ids))
    return rank
