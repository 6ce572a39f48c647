"""Turn settlements, sites, minutes and pools of seats into the arrays of an assignment: units × sites, room, shared rows.

    cost of unit u at site j = yuan_per_person_minute × Σ persons × (minutes + minutes charged for another township) + persons × yuan_per_person
    u may go to j            when the longest of its settlements' minutes is within the travel limit
    shared rows              households of each site that states them; seats of each pool: Σ persons × seats_per_person ≤ free_seats

By hand: settlements of 10 and 30 people at 20 and 40 min, own township, 200 yuan a person-minute: 200 × (200 + 1,200) = 280,000 yuan; mean 35 min.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.allocation_config import AllocationConfig
from geoplan.errors import TableError
from geoplan.optimise.problem import AssignmentProblem

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Placement:
    """The problem in arrays and what its rows and columns are called; units and sites sorted by id."""

    units: list[str]
    sites: list[str]
    minutes: Floats
    """(n, m) the longest way of a unit's settlements; inf: unknown or beyond the table."""
    pairs: Floats
    """(settlements, m) minutes of each moving settlement; inf: unknown or beyond the table."""
    unit: NDArray[np.int64]
    """(settlements,) number of its unit."""
    problem: AssignmentProblem
    rows: list[tuple[str, str]]
    """Shared rows: kind (households / school / clinic …) and name (site or pool id)."""


def lay_placement(
    movers: pd.DataFrame,
    sites: pd.DataFrame,
    travel: pd.DataFrame,
    config: AllocationConfig,
    *,
    pools: pd.DataFrame | None = None,
    known: pd.DataFrame | None = None,
) -> Placement:
    """Return the problem of placing the units of ``movers`` (with ``unit``) at ``sites``, both in the order they are to have.

    ``known`` are all settlements, whose people per household stand in where a mover's households are not known.
    """
    units, at = np.unique(movers["unit"].to_numpy(dtype=object).astype(str), return_inverse=True)
    n, m, persons = len(units), len(sites), movers["persons"].to_numpy(dtype=float)
    weight = np.bincount(at, weights=persons, minlength=n).astype(np.float64)
    pairs = _pivot(movers["settlement_id"], sites["site_id"], travel)
    longest, total, extra = np.full((n, m), -np.inf), np.zeros((n, m)), np.zeros((n, m))
    np.maximum.at(longest, at, pairs)
    np.add.at(total, at, persons[:, None] * pairs)
    away = movers["township_code"].to_numpy(dtype=object)[:, None] != _text(sites, "township_code")[None, :]
    np.add.at(extra, at, persons[:, None] * away * config.same_township_bonus_min)
    per_person = _number(sites, "yuan_per_person", config.site_yuan_per_person)
    cost = config.yuan_per_person_minute * (total + extra) + weight[:, None] * per_person[None, :]
    cost = np.where(longest <= config.travel_limit_min + 1e-9, cost, np.inf)
    households = np.bincount(at, weights=_fill_households(movers, known), minlength=n).astype(np.float64)
    use, member, limit, rows = _lay_rows(sites, pools, weight, households)
    problem = AssignmentProblem(
        cost=cost,
        weight=weight,
        penalty=config.unassigned_yuan_per_person * weight,
        opening=_number(sites, "opening_yuan", config.opening_yuan),
        room=np.nan_to_num(_number(sites, "capacity_persons", np.nan), nan=0.0),
        least=_number(sites, "min_persons", config.min_site_persons),
        most_open=m if config.max_sites is None else min(config.max_sites, m),
        use=use,
        member=member,
        limit=limit,
    )
    return Placement(units.tolist(), sites["site_id"].astype(str).tolist(), longest, pairs, at.astype(np.int64), problem, rows)


def _pivot(settlements: pd.Series, sites: pd.Series, travel: pd.DataFrame) -> Floats:
    """Return (settlements, sites) minutes; inf where the table has none."""
    minutes = np.full((len(settlements), len(sites)), np.inf)
    row = pd.Index(settlements.astype(str)).get_indexer(travel["settlement_id"].astype(str))
    column = pd.Index(sites.astype(str)).get_indexer(travel["site_id"].astype(str))
    values = travel["travel_min"].to_numpy(dtype=float, na_value=np.nan)
    told = (row >= 0) & (column >= 0) & ~np.isnan(values)
    minutes[row[told], column[told]] = values[told]
    return minutes


def _text(table: pd.DataFrame, column: str) -> NDArray[np.object_]:
    """Return a column as text, "" where it is missing."""
    if column not in table:
        return np.full(len(table), "", dtype=object)
    return table[column].astype(object).where(table[column].notna(), "").astype(str).to_numpy(dtype=object)


def _number(table: pd.DataFrame, column: str, default: float) -> Floats:
    """Return a column as numbers, the default where it is missing."""
    if column not in table:
        return np.full(len(table), float(default))
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(values), default, values)


def _fill_households(movers: pd.DataFrame, known: pd.DataFrame | None) -> Floats:
    """Return households, by the mean household of all settlements where a mover's are not known; 0 (binding nobody) where none is."""
    households = movers["households"].to_numpy(dtype=float)
    table = movers if known is None else known
    told = table[table["households"].gt(0) & table["persons"].gt(0)]
    each = told["persons"].sum() / told["households"].sum() if len(told) else np.inf
    return np.where(np.isnan(households), movers["persons"].to_numpy(dtype=float) / each, households)


def _lay_rows(
    sites: pd.DataFrame, pools: pd.DataFrame | None, weight: Floats, households: Floats
) -> tuple[Floats, NDArray[np.bool_], Floats, list[tuple[str, str]]]:
    """Return use (r, n), member (r, m), limit (r,) and kind and name of the shared rows: households of each site, seats of each pool."""
    ids = sites["site_id"].astype(str).to_numpy(dtype=object)
    stated = _number(sites, "capacity_households", np.nan)
    told = np.flatnonzero(~np.isnan(stated))
    use, member, limit = [households] * len(told), [ids == ids[j] for j in told], [stated[j] for j in told]
    rows = [("households", str(ids[j])) for j in told]
    if pools is not None:
        binding = pools[pools["free_seats"].notna() & pools["seats_per_person"].gt(0) & pools["site_id"].isin(ids)]
        for name, pool in binding.sort_values(["pool_id", "site_id"], kind="stable").groupby("pool_id", sort=True):
            if pool[["seats_per_person", "free_seats", "kind"]].drop_duplicates().shape[0] > 1:
                raise TableError(
                    "a pool of seats is told in two ways",
                    code="POOL-MIXED",
                    column="pool_id",
                    ids=[name],
                    remedy="Give every site of a pool the same free_seats, seats_per_person and kind.",
                )
            use.append(weight * float(pool["seats_per_person"].iloc[0]))
            member.append(np.isin(ids, pool["site_id"].astype(str)))
            limit.append(float(pool["free_seats"].iloc[0]))
            rows.append((str(pool["kind"].iloc[0]), str(name)))
    r = len(rows)
    return (
        np.array(use, dtype=float).reshape(r, len(weight)),
        np.array(member, dtype=bool).reshape(r, len(ids)),
        np.array(limit, dtype=float),
        rows,
    )
