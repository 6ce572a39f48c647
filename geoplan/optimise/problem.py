"""State an allocation in bare arrays: who could go where at what cost, and how much room there is.

    minimise  Σᵢⱼ costᵢⱼ xᵢⱼ + Σⱼ openingⱼ yⱼ + Σᵢ penaltyᵢ uᵢ          x, y, u ∈ {0, 1}
    with      Σⱼ xᵢⱼ + uᵢ = 1                                           each unit goes whole to one site, or nowhere
              leastⱼ yⱼ ≤ Σᵢ weightᵢ xᵢⱼ ≤ roomⱼ yⱼ                     room, and the fewest people of an opened site
              Σⱼ∈ₑ Σᵢ useₑᵢ xᵢⱼ ≤ limitₑ                                shared rows: seats of a school, households of a site
              Σⱼ yⱼ ≤ most_open

By hand: two units of 10 people, sites A (room 10, cost 1 each) and B (room 20, cost 3 each), opening 1 each. Both to B: 6 + 1 = 7; one to each:
1 + 3 + 2 = 6, the optimum.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import TableError

NOWHERE = -1
"""Site number of a unit that stays without one."""
SLACK = 1e-6
"""People (or seats) by which a limit may be passed: the rounding of sums, never a person."""


@dataclass(frozen=True)
class AssignmentProblem:
    """Units, sites and limits; n units, m sites, r shared rows. The order of units and sites breaks ties."""

    cost: NDArray[np.float64]
    """(n, m) ≥ 0; inf: the unit cannot go there."""
    weight: NDArray[np.float64]
    """(n,) people, > 0."""
    penalty: NDArray[np.float64]
    """(n,) cost of leaving the unit without a site."""
    opening: NDArray[np.float64]
    """(m,) ≥ 0, cost of opening."""
    room: NDArray[np.float64]
    """(m,) most people; inf: no ceiling."""
    least: NDArray[np.float64]
    """(m,) fewest people of an opened site."""
    most_open: int
    """Most sites that may open."""
    use: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    """(r, n) ≥ 0, what a unit takes of a shared row."""
    member: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))
    """(r, m) which sites draw on the row."""
    limit: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """(r,) how much the row has."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together.

        Raises
        ------
        TableError
            ``ASSIGNMENT-SHAPE`` or ``ASSIGNMENT-VALUE``.
        """
        n, m = self.cost.shape
        if not len(self.limit):
            object.__setattr__(self, "use", np.zeros((0, n)))
            object.__setattr__(self, "member", np.zeros((0, m), dtype=bool))
        r = len(self.limit)
        wanted = {
            "weight": (n,), "penalty": (n,), "opening": (m,), "room": (m,), "least": (m,),
            "use": (r, n), "member": (r, m), "limit": (r,),
        }  # fmt: skip
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise TableError(
                    f"{name} is {getattr(self, name).shape}, not {shape}",
                    code="ASSIGNMENT-SHAPE",
                    column=name,
                    remedy="Give units × sites and one value of each per unit, site and row.",
                )
            values = getattr(self, name)
            if name != "member" and not bool((values >= 0).all()):
                raise TableError(
                    f"{name} has values below zero or unknown", code="ASSIGNMENT-VALUE", column=name, remedy="Give values ≥ 0."
                )
        finite = np.isfinite(self.weight).all() and np.isfinite(self.penalty).all() and np.isfinite(self.opening).all()
        if not (finite and (self.weight > 0).all() and (self.cost >= 0).all()):
            raise TableError(
                "weights must be above 0, costs at least 0, penalties and openings finite",
                code="ASSIGNMENT-VALUE",
                remedy="Leave out units without people; use inf for a pair that cannot be.",
            )


def find_possible(problem: AssignmentProblem) -> NDArray[np.bool_]:
    """Return (n, m): where a unit could go if it were alone (it reaches the site, and the site and its rows hold it whole)."""
    possible = np.isfinite(problem.cost) & (problem.weight[:, None] <= problem.room + SLACK)
    for e in range(len(problem.limit)):
        possible &= ~(problem.member[e][None, :] & (problem.use[e] > problem.limit[e] + SLACK)[:, None])
    return possible


def value_plan(problem: AssignmentProblem, site: NDArray[np.int64]) -> float:
    """Return what a plan costs: pairs, openings and penalties. ``site``: (n,) site numbers or `NOWHERE`."""
    placed = site != NOWHERE
    units = np.flatnonzero(placed)
    opened = np.unique(site[placed])
    return float(problem.cost[units, site[units]].sum() + problem.opening[opened].sum() + problem.penalty[~placed].sum())


def find_breaches(problem: AssignmentProblem, site: NDArray[np.int64]) -> list[str]:
    """Return which limits a plan breaks, in words; empty for a plan that keeps all of them."""
    placed = site != NOWHERE
    m = problem.cost.shape[1]
    load = np.bincount(site[placed], weights=problem.weight[placed], minlength=m)
    opened = np.bincount(site[placed], minlength=m) > 0
    breaches = [
        f"unit {i} cannot go to site {site[i]}" for i in np.flatnonzero(placed) if not np.isfinite(problem.cost[i, site[i]])
    ]
    breaches += [f"site {j} is over its room" for j in np.flatnonzero(load > problem.room + SLACK)]
    breaches += [f"site {j} is below its least size" for j in np.flatnonzero(opened & (load < problem.least - SLACK))]
    used = sum_rows(problem, site)
    breaches += [f"row {e} is over its limit" for e in np.flatnonzero(used > problem.limit + SLACK)]
    if opened.sum() > problem.most_open:
        breaches.append(f"{opened.sum()} sites open, {problem.most_open} may")
    return breaches


def sum_rows(problem: AssignmentProblem, site: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (r,): how much of every shared row a plan takes."""
    units = np.flatnonzero(site != NOWHERE)
    return np.array([problem.use[e, units] @ problem.member[e, site[units]] for e in range(len(problem.limit))], dtype=float)
