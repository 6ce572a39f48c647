"""State where facilities could stand and what they are asked for, in bare arrays, and hold the answer with its proof.

Demand i has pᵢ people; site j takes tᵢⱼ minutes (inf: no way). Some sites exist and stay open; new ones cost cⱼ and may cost Σ cⱼ ≤ limit together (with
costs of 1 the limit is a number of facilities). Four questions are asked of it:

- `solve_lscp`: the least cost of new sites by which everyone who can be is within r minutes (location set covering)
- `solve_mclp`: the most people within r minutes for the limit (maximal covering)
- `solve_p_median`: the least Σ pᵢ · minutes to the nearest open site
- `solve_p_center`: the least longest way of anyone

Where sites have a capacity, people are assigned, and the people of one settlement may be split between sites; without one everybody goes to the nearest.
Demand that no site reaches, and demand without people, never enters a model: the first is named in ``out_of_reach``.

By hand: people (40, 60), two sites, minutes [[10, 50], [50, 10]], limit 1. Within 30 min the better site covers 60; the p-median is site 1 with
40·50 + 60·10 = 2,600 person-minutes (site 0: 3,400); the p-center is 50 either way, and the first site is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import TableError

NO_SITE = -1
"""Site number of demand that nobody serves."""
PROVEN_SHARE = 1e-6
"""A gap up to this share of the objective is rounding: the plan is optimal."""


class PlanStatus(StrEnum):
    """Say what was proven of a plan."""

    OPTIMAL = "optimal"
    """No plan is better."""
    FEASIBLE = "feasible"
    """Time ran out: no plan is better than ``bound``."""
    INFEASIBLE = "infeasible"
    """No plan does what was asked for everyone; the plan given does it for as many people as can be, and ``short_persons`` or ``out_of_reach`` are left."""


@dataclass(frozen=True)
class LocationProblem:
    """Demands, sites and the limit; n demands, m sites. The order of sites breaks ties."""

    minutes: NDArray[np.float64]
    """(n, m) ≥ 0; inf: no way."""
    persons: NDArray[np.float64]
    """(n,) ≥ 0; demand of 0 people asks for nothing."""
    existing: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    """(m,) sites that stand already: never closed, and free. Absent: none."""
    cost: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """(m,) > 0 for new sites, in any one unit. Absent: 1 each, so that ``limit`` is a number."""
    limit: float = np.inf
    """Most that new sites may cost together."""
    capacity: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """(m,) people a site serves; inf: no limit. Absent: inf."""

    def __post_init__(self) -> None:
        """Fill in what is absent and refuse arrays that do not fit.

        Raises
        ------
        TableError
            ``LOCATION-SHAPE`` or ``LOCATION-VALUE``.
        """
        if self.minutes.ndim != 2:
            raise TableError("minutes are no matrix", code="LOCATION-SHAPE", remedy="Give demands × sites.")
        n, m = self.minutes.shape
        for name, value in (("existing", np.zeros(m, dtype=bool)), ("cost", np.ones(m)), ("capacity", np.full(m, np.inf))):
            if not len(getattr(self, name)):
                object.__setattr__(self, name, value)
        for name, shape in {"persons": (n,), "existing": (m,), "cost": (m,), "capacity": (m,)}.items():
            if getattr(self, name).shape != shape:
                raise TableError(
                    f"{name} is {getattr(self, name).shape}, not {shape}",
                    code="LOCATION-SHAPE",
                    column=name,
                    remedy="Give one value per demand or site.",
                )
        fine = {
            "minutes": bool((self.minutes >= 0).all()),
            "persons": bool(((self.persons >= 0) & np.isfinite(self.persons)).all()),
            "cost": bool(((self.cost > 0) & np.isfinite(self.cost))[~self.existing].all()),
            "capacity": bool((self.capacity >= 0).all()),
            "limit": self.limit >= 0,
        }
        for name, good in fine.items():
            if not good:
                raise TableError(
                    f"{name} has values below zero or unknown",
                    code="LOCATION-VALUE",
                    column=name,
                    remedy="Minutes, people and capacities from 0, costs above 0; leave out demand whose people are unknown.",
                )

    @property
    def capacitated(self) -> bool:
        """True where any site has a capacity."""
        return bool(np.isfinite(self.capacity).any())


@dataclass(frozen=True)
class LocationPlan:
    """Which sites are open, who is served by which, and what is proven."""

    opened: NDArray[np.bool_]
    """(m,) open sites, existing ones among them."""
    served_by: NDArray[np.int64]
    """(n,) site that serves most of the demand's people (the nearest, without capacities), `NO_SITE` where none does."""
    served_persons: NDArray[np.float64]
    """(n,) people served."""
    objective: float
    """Cost of new sites (lscp), people served (mclp), person-minutes (p_median), minutes (p_center)."""
    bound: float
    """No plan is better than this."""
    status: PlanStatus
    out_of_reach: NDArray[np.bool_]
    """(n,) demand that no site reaches (lscp, mclp: within the minutes asked for)."""
    short_persons: float
    """People within reach of some site and yet not served; 0 unless the plan is ``infeasible``, or the model is mclp."""
    flow: NDArray[np.float64] | None = None
    """(n, m) people of each demand at each site, where sites have capacities."""

    @property
    def gap_share(self) -> float:
        """|bound − objective| over the objective; 0 where it is rounding only."""
        gap = abs(self.bound - self.objective) / max(abs(self.objective), 1e-12)
        return 0.0 if gap <= PROVEN_SHARE else float(gap)

    @property
    def built(self) -> NDArray[np.int64]:
        """Numbers of open sites in order; those that existed among them."""
        return np.flatnonzero(self.opened)


@dataclass(frozen=True)
class Effort:
    """How far HiGHS may go."""

    time_limit_s: float = 60.0
    """Seconds for one model."""
    threads: int = 1
    """Threads; fixed, as the path of the search may depend on them."""


def name_nearest(minutes: NDArray[np.float64], opened: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each demand's nearest open site (`NO_SITE`: none; the first among equals) and its minutes (inf: none).

    Parameters
    ----------
    minutes
        (n, m) minutes; inf: no way.
    opened
        (m,) which sites are open.

    Examples
    --------
    >>> import numpy as np
    >>> name_nearest(np.array([[5.0, 3.0], [np.inf, np.inf]]), np.array([True, True]))
    (array([ 1, -1]), array([ 3., inf]))
    """
    n, m = minutes.shape
    if not m or not n:
        return np.full(n, NO_SITE, dtype=np.int64), np.full(n, np.inf)
    open_minutes = np.where(opened[None, :], minutes, np.inf)
    nearest = open_minutes.argmin(axis=1).astype(np.int64)
    least = open_minutes[np.arange(n), nearest]
    return np.where(np.isfinite(least), nearest, NO_SITE), least
