"""Score how much supply each demand has per person, when those who share a facility share it: 2SFCA, E2SFCA and 3SFCA.

With P persons, S supply (doctors, beds, seats), w the decay's weight of the minutes between demand i and supply j:

- two steps (2SFCA with `Binary`, E2SFCA with any falling decay; Luo & Wang 2003, Luo & Qi 2009):
  R_j = S_j / Σ_i P_i w_ij,  A_i = Σ_j R_j w_ij;
- three steps (3SFCA; Wan, Zou & Sternberg 2012): people choose among the facilities within reach with the selection weights
  G_ij = w_ij / Σ_k w_ik, and R_j = S_j / Σ_i G_ij P_i w_ij,  A_i = Σ_j G_ij R_j w_ij.

Both share everything out: Σ_i P_i A_i = Σ_j S_j over the facilities that anyone reaches. R and A are supply per person.

By hand: 100 people 0 min and 50 people 30 min from a clinic with 3 doctors, weights 1 and 0.5: R = 3 / 125 = 0.024; A = 0.024 and 0.012;
100 · 0.024 + 50 · 0.012 = 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geoplan.access.amounts import align_amounts
from geoplan.access.decay import Decay
from geoplan.access.reach import sort_pairs
from geoplan.contracts.reach import Reach, ReachStatus
from geoplan.errors import TableError


@dataclass(frozen=True)
class Accessibility:
    """Scores of demands, loads of supplies, and what had to be left out.

    Attributes
    ----------
    demand
        One row per demand: demand_id, status, score (supply per person; 0 where nothing is within the catchment: that is known), facilities
        (how many have a weight above 0), complete (nothing the score rests on was left out for want of data).
    supply
        One row per supply: supply_id, status (``unreachable``: nobody has it within the catchment; ``no_data``: its supply is not known), supply,
        weighted_persons, supply_per_person, complete.
    left_out_demand_ids
        Demands whose people are not known or that were never searched: they press on no facility, so its supply_per_person is at most what is shown.
    left_out_supply_ids
        Supplies whose amount is not known or that were never searched: they help nobody, so two-step scores near them are at least what is shown.
    """

    demand: pd.DataFrame
    supply: pd.DataFrame
    left_out_demand_ids: tuple[str, ...]
    left_out_supply_ids: tuple[str, ...]


def score_two_step(reach: Reach, persons: ArrayLike | pd.Series, supply: ArrayLike | pd.Series, *, decay: Decay) -> Accessibility:
    """Return 2SFCA or E2SFCA scores.

    Parameters
    ----------
    reach
        Minutes of all pairs up to the catchment at least.
    persons, supply
        People of each demand and supply of each facility: Series by id, or arrays in the order of the table; NaN: unknown.
    decay
        Weights; its catchment ends them.

    Raises
    ------
    TableError
        ``REACH-CUTOFF``: the table ends before the catchment. Also what `align_amounts` raises.
    """
    return _share_out(reach, persons, supply, decay, choose=False)


def score_three_step(
    reach: Reach, persons: ArrayLike | pd.Series, supply: ArrayLike | pd.Series, *, decay: Decay
) -> Accessibility:
    """Return 3SFCA scores: as `score_two_step`, with people choosing among the facilities within the catchment by their weights."""
    return _share_out(reach, persons, supply, decay, choose=True)


def _share_out(
    reach: Reach, persons: ArrayLike | pd.Series, supply: ArrayLike | pd.Series, decay: Decay, *, choose: bool
) -> Accessibility:
    """Return the scores; ``choose`` adds the selection weights."""
    if decay.catchment_min > reach.cutoff_min:
        raise TableError(
            f"the table ends at {reach.cutoff_min:g} min, the catchment at {decay.catchment_min:g}",
            code="REACH-CUTOFF",
            remedy="Search up to the catchment, or shorten the catchment.",
        )
    people = align_amounts(persons, reach.demand_ids, name="persons")
    amount = align_amounts(supply, reach.supply_ids, name="supply")
    order = sort_pairs(reach)
    i, j, weight = reach.demand[order], reach.supply[order], decay.weigh(reach.minutes)[order]
    kept = weight > 0
    i, j, weight = i[kept], j[kept], weight[kept]
    known_people, known_amount = ~np.isnan(people), ~np.isnan(amount)
    if choose:
        # An unknown supply is no choice: people would be sent to a facility that then helps nobody, and the rest would not add up.
        weight = np.where(known_amount[j], weight, 0.0)
        total = _sum_by(i, weight, reach.shape[0])[i]
        weight = np.divide(weight**2, total, out=np.zeros_like(weight), where=total > 0)
    load = _sum_by(j, np.where(known_people[i], people[i], 0.0) * weight, reach.shape[1])
    served = (load > 0) & known_amount
    ratio = np.divide(amount, load, out=np.full(len(amount), np.nan), where=served)
    score = _sum_by(i, np.where(served[j], ratio[j], 0.0) * weight, reach.shape[0])
    return _describe(reach, people, amount, pairs=(i, j), load=load, ratio=ratio, score=score)


def _sum_by(group: NDArray[np.int64], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the sum of the values of each group; pairs come sorted by id, so that a sum rounds alike whatever the order of rows."""
    return np.bincount(group, weights=values, minlength=count).astype(np.float64)


def _describe(
    reach: Reach,
    people: NDArray[np.float64],
    amount: NDArray[np.float64],
    *,
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    load: NDArray[np.float64],
    ratio: NDArray[np.float64],
    score: NDArray[np.float64],
) -> Accessibility:
    """Return the tables with the state of every number."""
    i, j = pairs
    never = (ReachStatus.UNSNAPPED.value, ReachStatus.NO_DATA.value)
    searched, supply_searched = ~np.isin(reach.demand_status, never), ~np.isin(reach.supply_status, never)
    unknown_people, unknown_amount = np.isnan(people), np.isnan(amount)
    missing_people = _sum_by(j, unknown_people[i].astype(np.float64), len(amount)) > 0
    # A facility that only empty places reach has no people to share by: it is as unknown to their score as one without an amount.
    missing_supply = _sum_by(i, np.isnan(ratio)[j].astype(np.float64), len(people)) > 0
    shaky = _sum_by(i, missing_people[j].astype(np.float64), len(people)) > 0
    reached = _sum_by(i, (~np.isnan(ratio))[j].astype(np.float64), len(people)) > 0
    status = np.where(searched, ReachStatus.OK.value, reach.demand_status).astype(object)
    status[searched & (unknown_people | (missing_supply & ~reached))] = ReachStatus.NO_DATA.value
    ok = status == ReachStatus.OK.value
    state = np.where(load > 0, ReachStatus.OK.value, ReachStatus.UNREACHABLE.value).astype(object)
    state[(load <= 0) & missing_people] = ReachStatus.NO_DATA.value
    state[unknown_amount] = ReachStatus.NO_DATA.value
    state[~supply_searched] = reach.supply_status[~supply_searched]
    demand = {
        "demand_id": reach.demand_ids,
        "status": status,
        "score": np.where(ok, score, np.nan),
        "facilities": np.bincount(i, minlength=len(people)),
        "complete": ok & ~missing_supply & ~shaky,
    }
    supply = {
        "supply_id": reach.supply_ids,
        "status": state,
        "supply": amount,
        "weighted_persons": load,
        "supply_per_person": np.where(state == ReachStatus.OK.value, ratio, np.nan),
        "complete": (state == ReachStatus.OK.value) & ~missing_people,
    }
    return Accessibility(
        pd.DataFrame(demand),
        pd.DataFrame(supply),
        tuple(reach.demand_ids[unknown_people | (~searched & (people > 0))]),
        tuple(reach.supply_ids[unknown_amount | ~supply_searched]),
    )
