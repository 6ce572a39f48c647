"""Follow the referral chain level by level: settlement → village clinic → township hospital → county hospital (分级诊疗).

Between two levels stands one reach table whose demands are the lower level and whose supplies are the upper one. Three rules:

- ``nearest``: each step goes to the nearest facility of the next level, as a patient who is passed on goes;
- ``designated``: each facility passes on to its own stated parent (column parent_id), near or not; a settlement without one goes to the nearest;
- ``best``: the chain that gets through the most levels in the fewest minutes in all: T(f) = min over g of t(f, g) + T(g), from the top down.

Cumulative minutes are the sum of the legs so far. Where a leg is missing the chain ends there: every later leg has the status of the one that
broke and the cause ``chain_broken``. Every settlement has one row per level.

By hand: a settlement 5 min from clinic x and 8 from y; x is 60 and y 30 min from the township hospital. ``nearest``: x, 5 + 60 = 65;
``best``: y, 8 + 30 = 38.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.reach import absent_status, pick_nearest
from geoplan.contracts.reach import Reach, ReachStatus
from geoplan.errors import ConfigError, TableError

Rule = Literal["nearest", "designated", "best"]
CAUSES: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "level_missing": ("该级无设施", "there is no facility of this level"),
    "out_of_reach": ("下一级设施不可达", "no facility of this level is within reach"),
    "not_in_table": ("该设施未计算到下一级的时间", "this facility was not searched from"),
    "parent_not_stated": ("未指定上级设施", "the facility states no parent"),
    "parent_unknown": ("指定的上级设施不在名录中", "the stated parent is not a facility of the next level"),
    "parent_out_of_reach": ("指定的上级设施不可达", "the stated parent is not within reach"),
    "chain_broken": ("上一段中断", "an earlier leg is missing"),
}
"""Chinese and English label of each cause of a missing leg."""


@dataclass(frozen=True)
class ReferralChains:
    """Chains of all settlements.

    Attributes
    ----------
    legs
        One row per settlement × level, levels rising: settlement_id, leg (from 1), level, from_id ("" if the chain broke before), supply_id ("" if
        none; the stated parent is named even if it is out of reach), travel_time_min, cumulative_min, status, cause (see `CAUSES`).
    totals
        One row per settlement: settlement_id, status (of the first leg that is missing, else ``ok``), total_min, levels_reached, broken_level ("" if
        whole), cause.
    """

    legs: pd.DataFrame
    totals: pd.DataFrame


@dataclass(frozen=True)
class _Step:
    """What happens at one level to each demand of its table: position of the supply (−1: none), minutes (inf), name, status, cause."""

    supply: NDArray[np.int64]
    minutes: NDArray[np.float64]
    supply_id: NDArray[np.object_]
    status: NDArray[np.object_]
    cause: NDArray[np.object_]


def chain_referrals(
    reaches: Sequence[Reach], levels: Sequence[str], *, rule: Rule = "nearest", parents: pd.Series | None = None
) -> ReferralChains:
    """Return the referral chain of every settlement.

    Parameters
    ----------
    reaches
        One table per level, from the lowest: settlements → first level, first level → second, and so on. A level without facilities is a table
        without supplies.
    levels
        Name of each level, as many as tables.
    rule
        ``nearest``, ``designated`` or ``best``.
    parents
        For ``designated``: parent_id by id of facility (and of settlement, where one is assigned to a clinic); missing or empty: not stated.

    Raises
    ------
    ConfigError
        ``REFERRAL-LEVELS`` (levels and tables differ in number, or none), ``REFERRAL-RULE`` (unknown rule, or designated without parents).
    TableError
        ``REFERRAL-PARENTS``: an id states two parents.
    """
    if not reaches or len(reaches) != len(levels):
        raise ConfigError(
            f"{len(levels)} levels for {len(reaches)} tables",
            code="REFERRAL-LEVELS",
            remedy="Give one table per level, the lowest first.",
        )
    if rule not in ("nearest", "designated", "best") or (rule == "designated" and parents is None):
        raise ConfigError(
            f"rule {rule!r} is unknown or lacks parents",
            code="REFERRAL-RULE",
            remedy="Use nearest, best, or designated with parents.",
        )
    stated = _read_parents(parents)
    if rule == "best":
        steps = _step_best(reaches)
    elif rule == "designated":
        steps = [_step_designated(reach, stated, fall_back=not leg) for leg, reach in enumerate(reaches)]
    else:
        steps = [_step_nearest(reach) for reach in reaches]
    return _follow(reaches, levels, steps)


def _read_parents(parents: pd.Series | None) -> pd.Series:
    """Return stated parents by id, without the empty ones."""
    if parents is None:
        return pd.Series(dtype=object)
    repeated = parents.index[parents.index.duplicated()]
    if len(repeated):
        raise TableError(
            "an id states two parents", code="REFERRAL-PARENTS", ids=repeated, remedy="Give each facility one parent_id."
        )
    given = parents.dropna().astype(str)
    return given[given != ""]


def _name_step(reach: Reach, supply: NDArray[np.int64], minutes: NDArray[np.float64]) -> _Step:
    """Return the step to these supplies, with status and cause where there is none."""
    found = supply >= 0
    status = np.where(found, ReachStatus.OK.value, absent_status(reach, np.arange(reach.shape[0])))
    absent = "out_of_reach" if reach.shape[1] else "level_missing"
    cause = np.where(found, "", absent).astype(object)
    return _Step(supply, minutes, np.append(reach.supply_ids, "")[supply], status, cause)


def _step_nearest(reach: Reach) -> _Step:
    """Return each demand's step to its nearest supply."""
    chosen, minutes = pick_nearest(reach)
    return _name_step(reach, chosen[:, 0], minutes[:, 0])


def _step_designated(reach: Reach, parents: pd.Series, *, fall_back: bool) -> _Step:
    """Return each demand's step to its stated parent; with ``fall_back`` those that state none go to the nearest."""
    stated = pd.Series(reach.demand_ids, dtype=object).map(parents)
    has = stated.notna().to_numpy()
    name = stated.where(has, "").to_numpy(dtype=object)
    supply = pd.Index(reach.supply_ids, dtype=object).get_indexer(pd.Index(name, dtype=object)).astype(np.int64)
    demand, known = np.arange(reach.shape[0]), supply >= 0
    minutes = _look_up(reach, demand, supply)
    there = np.isfinite(minutes)
    # absent_status answers for the pair; position 0 stands in where there is none, and its answer is not used.
    away = absent_status(reach, demand, np.maximum(supply, 0) if reach.shape[1] else None)
    status = np.select(
        [there, known], [np.full(len(there), ReachStatus.OK.value), away.astype(str)], default=ReachStatus.NO_DATA.value
    )
    unknown = "parent_unknown" if reach.shape[1] else "level_missing"
    cause = np.select([there, ~has, ~known], ["", "parent_not_stated", unknown], default="parent_out_of_reach")
    step = _Step(np.where(there, supply, -1), minutes, name, status.astype(object), cause.astype(object))
    return _prefer(has, step, _step_nearest(reach)) if fall_back else step


def _prefer(mask: NDArray[np.bool_], one: _Step, other: _Step) -> _Step:
    """Return ``one`` where the mask holds and ``other`` elsewhere."""
    return _Step(*(np.where(mask, getattr(one, field.name), getattr(other, field.name)) for field in fields(_Step)))


def _look_up(reach: Reach, demand: NDArray[np.int64], supply: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the minutes of pairs, inf where a pair is not in the table or ``supply`` is −1."""
    wide = np.int64(max(reach.shape[1], 1))
    keys, wanted = reach.demand * wide + reach.supply, demand * wide + supply
    at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    if not len(keys):
        return np.full(len(demand), np.inf)
    return np.where((keys[at] == wanted) & (supply >= 0), reach.minutes[at], np.inf)


def _step_best(reaches: Sequence[Reach]) -> list[_Step]:
    """Return the steps of the chains that miss the fewest levels, then take the fewest minutes, then go to the id that sorts first."""
    steps: list[_Step] = []
    missing_above, minutes_above = np.zeros(reaches[-1].shape[1], dtype=np.int64), np.zeros(reaches[-1].shape[1])
    for leg in range(len(reaches) - 1, -1, -1):
        reach = reaches[leg]
        missing, total = missing_above[reach.supply], reach.minutes + minutes_above[reach.supply]
        order = np.lexsort((reach.supply_rank[reach.supply], total, missing, reach.demand))
        owner = reach.demand[order]
        first = order[np.r_[True, owner[1:] != owner[:-1]]] if len(order) else order
        at = reach.demand[first]
        supply, minutes = np.full(reach.shape[0], -1, dtype=np.int64), np.full(reach.shape[0], np.inf)
        supply[at], minutes[at] = reach.supply[first], reach.minutes[first]
        steps.insert(0, _name_step(reach, supply, minutes))
        own_missing, own_total = np.full(reach.shape[0], len(reaches) - leg), np.zeros(reach.shape[0])
        own_missing[at], own_total[at] = missing[first], total[first]
        if leg:
            place = _find_below(reaches[leg - 1], reach)
            absent = place < 0
            missing_above = np.where(absent, len(reaches) - leg, own_missing[place] if len(own_missing) else 0)
            minutes_above = np.where(absent, 0.0, own_total[place] if len(own_total) else 0.0)
    return steps


def _find_below(lower: Reach, upper: Reach) -> NDArray[np.int64]:
    """Return the position among the upper table's demands of each supply of the lower table, −1 where it is not there."""
    return pd.Index(upper.demand_ids, dtype=object).get_indexer(pd.Index(lower.supply_ids, dtype=object)).astype(np.int64)


def _follow(reaches: Sequence[Reach], levels: Sequence[str], steps: Sequence[_Step]) -> ReferralChains:
    """Return the chains: each settlement taken from table to table."""
    count = reaches[0].shape[0]
    at, alive = np.arange(count), np.ones(count, dtype=bool)
    here, cumulative = reaches[0].demand_ids.copy(), np.zeros(count)
    ended_status, ended_cause = np.full(count, "", dtype=object), np.full(count, "", dtype=object)
    ended_level, reached = np.full(count, "", dtype=object), np.zeros(count, dtype=np.int64)
    blocks = []
    for leg, (level, step) in enumerate(zip(levels, steps, strict=True)):
        lost = alive & (at < 0)
        whole = _Step(
            supply=np.append(step.supply, -1)[at],
            minutes=np.append(step.minutes, np.inf)[at],
            supply_id=np.append(step.supply_id, "")[at],
            status=np.where(lost, ReachStatus.NO_DATA.value, np.append(step.status, "")[at]),
            cause=np.where(lost, "level_missing" if not reaches[leg].shape[1] else "not_in_table", np.append(step.cause, "")[at]),
        )
        done = alive & (whole.supply >= 0)
        broken = alive & ~done
        ended_status[broken], ended_cause[broken], ended_level[broken] = whole.status[broken], whole.cause[broken], level
        cumulative = np.where(done, cumulative + np.where(done, whole.minutes, 0.0), np.nan)
        blocks.append(
            {
                "settlement_id": reaches[0].demand_ids,
                "leg": np.full(count, leg + 1),
                "level": np.full(count, level, dtype=object),
                "from_id": np.where(alive, here, ""),
                "supply_id": np.where(alive, whole.supply_id, ""),
                "travel_time_min": np.where(done, whole.minutes, np.nan),
                "cumulative_min": cumulative,
                "status": np.where(done, ReachStatus.OK.value, ended_status),
                "cause": np.where(done, "", np.where(broken, ended_cause, "chain_broken")),
            }
        )
        reached += done
        here = np.where(done, whole.supply_id, "")
        if leg + 1 < len(reaches):
            at = np.where(done, np.append(_find_below(reaches[leg], reaches[leg + 1]), -1)[whole.supply], -1)
        alive = done
    order = np.arange(count * len(levels)).reshape(len(levels), count).T.ravel()
    legs = pd.DataFrame({name: np.concatenate([block[name] for block in blocks])[order] for name in blocks[0]})
    totals = {
        "settlement_id": reaches[0].demand_ids,
        "status": np.where(alive, ReachStatus.OK.value, ended_status),
        "total_min": cumulative,
        "levels_reached": reached,
        "broken_level": ended_level,
        "cause": ended_cause,
    }
    return ReferralChains(legs, pd.DataFrame(totals))
