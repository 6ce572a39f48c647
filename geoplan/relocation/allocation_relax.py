"""Say which limit has to give, and by how much, so that everyone has a site.

Each limit is tried alone, all others as they are: the smallest travel limit, the share by which every site's room and every pool's seats would have to
grow, the most sites, the least size. A wider limit never places fewer people, so the smallest that serves is found by halving; each try asks only
whether everyone fits (no costs). A try that the time does not settle counts as no.

By hand: two groups of 30, one site for 40: room must grow by half (60 / 40); nothing else helps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NoReturn

import numpy as np

from geoplan.contracts.allocation_config import AllocationConfig
from geoplan.errors import InfeasibleError
from geoplan.optimise.assignment import Assignment, assign
from geoplan.optimise.problem import NOWHERE, AssignmentProblem
from geoplan.relocation.placement import Placement

_TRY_S = 5.0
_GROWTH = np.concatenate([np.arange(0.01, 1.0, 0.01), np.arange(1.0, 10.01, 0.1)])


def refuse(placement: Placement, found: Assignment, config: AllocationConfig) -> NoReturn:
    """Raise and say who has no site and what to relax.

    Raises
    ------
    InfeasibleError
        ``ALLOCATION-INFEASIBLE``.
    """
    ways = suggest_relaxations(placement, config)
    left = np.flatnonzero(found.site == NOWHERE)
    people = placement.problem.weight[left].sum()
    remedy = "; or ".join(ways) if ways else "relax the travel limit and the room together: no single limit suffices"
    raise InfeasibleError(
        f"{people:,.0f} people have no site",
        code="ALLOCATION-INFEASIBLE",
        layer="sites",
        ids=[placement.units[i] for i in left],
        remedy=remedy[0].upper() + remedy[1:] + ".",
    )


def suggest_relaxations(placement: Placement, config: AllocationConfig) -> list[str]:
    """Return the single limits that would place everyone, each with how far it has to give."""
    problem, minutes = placement.problem, placement.minutes
    ways = []
    beyond = np.unique(minutes[np.isfinite(minutes) & (minutes > config.travel_limit_min)])
    limit = _first(beyond, lambda one: _places_all(problem, reach=minutes <= one))
    if limit is not None:
        ways.append(f"raise travel_limit_min from {config.travel_limit_min:g} to {np.ceil(limit * 10) / 10:g}")
    reach = np.isfinite(problem.cost)
    growth = _first(_GROWTH, lambda one: _places_all(problem, reach=reach, growth=1 + one))
    if growth is not None:
        ways.append(f"add {growth:.0%} to the room of every site and pool")
    m = len(placement.sites)
    most = _first(
        np.arange(problem.most_open + 1, m + 1), lambda one: _places_all(replace(problem, most_open=int(one)), reach=reach)
    )
    if most is not None:
        ways.append(f"raise max_sites from {problem.most_open} to {most:g}")
    if (problem.least > 0).any():
        shares = np.arange(0.95, -0.01, -0.05)
        share = _first(shares, lambda one: _places_all(replace(problem, least=problem.least * max(one, 0.0)), reach=reach))
        if share is not None:
            ways.append(
                f"lower the least size of sites to {max(share, 0.0):.0%} (from {problem.least.max():,.0f} people at most)"
            )
    return ways


def _first(values: Sequence[float] | np.ndarray, serves: Callable[[float], bool]) -> float | None:
    """Return the first value that serves, where all after it do; None where the last does not."""
    if not len(values) or not serves(float(values[-1])):
        return None
    low, high = 0, len(values) - 1
    while low < high:
        middle = (low + high) // 2
        if serves(float(values[middle])):
            high = middle
        else:
            low = middle + 1
    return float(values[high])


def _places_all(problem: AssignmentProblem, *, reach: np.ndarray, growth: float = 1.0) -> bool:
    """Return whether a plan places everyone, whatever it costs."""
    easy = replace(
        problem,
        cost=np.where(reach, 0.0, np.inf),
        penalty=problem.weight,
        opening=np.zeros(len(problem.opening)),
        room=problem.room * growth,
        limit=problem.limit * growth,
    )
    if not (np.isfinite(easy.cost) & (easy.weight[:, None] <= easy.room + 1e-6)).any(axis=1).all():
        return False
    return bool((assign(easy, gap_share=0.0, time_limit_s=_TRY_S).site != NOWHERE).all())
