"""Look up what a reach table knows: the nearest facilities of every demand, and its origin–destination pairs.

Nothing here searches. Ties go to the facility whose id sorts first, so no result depends on the order of rows. Minutes are float64; the
cut-off is inclusive.

By hand: settlement a reaches x in 10 and y in 25 min, cut-off 60. Nearest two: x 10, y 25; the third of three is ``beyond_cutoff``, and where
there are only two facilities ``no_data``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geoplan.contracts.reach import Reach, ReachStatus
from geoplan.errors import TableError


def build_reach(
    demand: ArrayLike,
    supply: ArrayLike,
    minutes: ArrayLike,
    *,
    demand_ids: Sequence[str] | NDArray[np.object_],
    supply_ids: Sequence[str] | NDArray[np.object_],
    cutoff_min: float,
    demand_status: ArrayLike | None = None,
    supply_status: ArrayLike | None = None,
) -> Reach:
    """Return a reach table from pairs in any order.

    Pairs beyond the cut-off (inf among them) are left out; of a pair given twice the quicker counts.

    Parameters
    ----------
    demand, supply
        (n,) positions in ``demand_ids`` and ``supply_ids``.
    minutes
        (n,) minutes ≥ 0; inf: not reached.
    demand_ids, supply_ids
        Ids, each once.
    cutoff_min
        Minutes at which the search stopped, inclusive; inf: it did not stop.
    demand_status, supply_status
        `ReachStatus` values of each demand and supply; all ``ok`` if not given.

    Raises
    ------
    TableError
        ``REACH-IDS`` (ids repeated, empty or not text), ``REACH-PAIRS`` (lengths or positions do not fit), ``REACH-MINUTES`` (negative or NaN),
        ``REACH-STATUS`` (unknown status, or pairs of a point that was never searched).
    """
    ids = np.array(list(demand_ids), dtype=object), np.array(list(supply_ids), dtype=object)
    for label, one in zip(("demand", "supply"), ids, strict=True):
        _refuse_repeated(label, one)
    rows, columns = np.asarray(demand, dtype=np.int64), np.asarray(supply, dtype=np.int64)
    values = np.asarray(minutes, dtype=np.float64)
    _refuse_misfits(rows, columns, values, len(ids[0]), len(ids[1]))
    if not cutoff_min >= 0:
        raise TableError(f"the cut-off is {cutoff_min} min", code="REACH-MINUTES", remedy="Give minutes from 0 to inf.")
    bad = ~(values >= 0)
    if bad.any():
        raise TableError(
            "minutes below zero or not a number", code="REACH-MINUTES", ids=ids[0][rows[bad]], remedy="Leave the pair out."
        )
    kept = np.isfinite(values) & (values <= cutoff_min)
    rows, columns, values = rows[kept], columns[kept], values[kept]
    order = np.lexsort((values, columns, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    first = np.r_[True, (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])] if len(rows) else np.zeros(0, dtype=bool)
    rows, columns, values = rows[first], columns[first], values[first]
    states = (
        _read_status(demand_status, ids[0], np.unique(rows)),
        _read_status(supply_status, ids[1], np.unique(columns)),
    )
    return Reach(rows, columns, values, ids[0], ids[1], float(cutoff_min), states[0], states[1])


def build_reach_from_matrix(
    minutes: ArrayLike,
    *,
    demand_ids: Sequence[str] | NDArray[np.object_],
    supply_ids: Sequence[str] | NDArray[np.object_],
    cutoff_min: float,
    demand_status: ArrayLike | None = None,
    supply_status: ArrayLike | None = None,
) -> Reach:
    """Return a reach table from a dense (demand, supply) matrix of minutes; inf stands for not reached. Raises as `build_reach`."""
    matrix = np.asarray(minutes, dtype=np.float64)
    if matrix.shape != (len(demand_ids), len(supply_ids)):
        raise TableError(
            f"the matrix is {matrix.shape}, the ids are {(len(demand_ids), len(supply_ids))}",
            code="REACH-PAIRS",
            remedy="Rows are demands, columns are supplies.",
        )
    rows, columns = np.nonzero(~np.isinf(matrix) & ~(matrix > cutoff_min))
    return build_reach(
        rows,
        columns,
        matrix[rows, columns],
        demand_ids=demand_ids,
        supply_ids=supply_ids,
        cutoff_min=cutoff_min,
        demand_status=demand_status,
        supply_status=supply_status,
    )


def _refuse_repeated(label: str, ids: NDArray[np.object_]) -> None:
    """Raise if an id stands twice or is not text; empty text stands for no facility in every table."""
    series = pd.Series(ids, dtype=object)
    bad = series.duplicated() | ~series.map(lambda one: isinstance(one, str) and one != "").astype(bool)
    if bad.any():
        raise TableError(
            f"{label} ids repeat, are empty or not text",
            code="REACH-IDS",
            ids=ids[bad.to_numpy()],
            remedy="Give each id once, as text.",
        )


def _refuse_misfits(
    rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.float64], high: int, wide: int
) -> None:
    """Raise unless the three arrays are of one length and point at ids."""
    if not (rows.ndim == 1 and rows.shape == columns.shape == values.shape):
        raise TableError("demand, supply and minutes differ in length", code="REACH-PAIRS", remedy="Give one of each per pair.")
    if len(rows) and (rows.min() < 0 or columns.min() < 0 or rows.max() >= high or columns.max() >= wide):
        raise TableError(
            "a pair points past the ids",
            code="REACH-PAIRS",
            remedy="Number demands and supplies from 0 in the order of their ids.",
        )


def _read_status(status: ArrayLike | None, ids: NDArray[np.object_], paired: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the status as text, all ``ok`` by default; raise if it is unknown or contradicts the pairs."""
    if status is None:
        return np.full(len(ids), ReachStatus.OK.value, dtype=object)
    known = {one.value for one in ReachStatus} - {ReachStatus.BEYOND_CUTOFF.value}
    read = np.array([str(one) for one in np.asarray(status, dtype=object)], dtype=object)
    if len(read) != len(ids):
        raise TableError(f"{len(read)} statuses for {len(ids)} ids", code="REACH-STATUS", remedy="Give one status per id.")
    wrong = ~np.isin(read, sorted(known))
    wrong[paired] |= read[paired] != ReachStatus.OK.value
    if wrong.any():
        raise TableError(
            "a status is unknown, or a point that was not searched has minutes",
            code="REACH-STATUS",
            ids=ids[wrong],
            remedy="Use ok, unreachable, unsnapped or no_data; only ok has pairs.",
        )
    return read


def absent_status(reach: Reach, demand: NDArray[np.int64], supply: NDArray[np.int64] | None = None) -> NDArray[np.object_]:
    """Return why pairs that are not in the table are not: the demand's status, the supply's, or the cut-off.

    Without ``supply`` the answer is about any facility. Parameters are (n,) positions; the result is (n,) `ReachStatus` values.
    """
    open_end = np.isinf(reach.cutoff_min)
    answer = np.full(len(demand), (ReachStatus.UNREACHABLE if open_end else ReachStatus.BEYOND_CUTOFF).value, dtype=object)
    if supply is not None:
        its = reach.supply_status[supply]
        answer = np.where(its != ReachStatus.OK.value, its, answer)
    own = reach.demand_status[demand]
    answer = np.where(own != ReachStatus.OK.value, own, answer)
    if not reach.shape[1]:
        answer = np.full(len(demand), ReachStatus.NO_DATA.value, dtype=object)
    return answer.astype(object)


def sort_pairs(reach: Reach) -> NDArray[np.int64]:
    """Return (n,) positions of the pairs, sorted by demand id and supply id: the order in which rounding does not depend on that of rows."""
    key = reach.demand_rank[reach.demand] * np.int64(max(reach.shape[1], 1)) + reach.supply_rank[reach.supply]
    return np.argsort(key, kind="stable").astype(np.int64)


def pick_nearest(reach: Reach, k: int = 1) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return (d, k) positions of the k nearest supplies (−1: none) and their minutes (inf where there is none).

    Each rank is one pass: the least minutes of each demand, then the first id among equals, then out of the running.
    """
    count = reach.shape[0]
    chosen, taken = np.full((count, k), -1, dtype=np.int64), np.full((count, k), np.inf)
    if not len(reach.demand):
        return chosen, taken
    rank, last = reach.supply_rank[reach.supply], np.int64(reach.shape[1])
    starts = np.flatnonzero(np.r_[True, reach.demand[1:] != reach.demand[:-1]])
    owner = reach.demand[starts]
    lengths = np.diff(np.r_[starts, len(reach.demand)])
    of_rank = np.argsort(reach.supply_rank)
    left = reach.minutes.copy()
    for column in range(k):
        least = np.minimum.reduceat(left, starts)
        found = np.isfinite(least)
        if not found.any():
            break
        equal = (left == np.repeat(least, lengths)) & np.isfinite(left)
        first = np.minimum.reduceat(np.where(equal, rank, last), starts)
        chosen[owner[found], column] = of_rank[first[found]]
        taken[owner[found], column] = least[found]
        left[equal & (rank == np.repeat(first, lengths))] = np.inf
    return chosen, taken


def nearest(reach: Reach, k: int = 1) -> pd.DataFrame:
    """Return the k nearest facilities of every demand, k rows each: no demand and no rank is left out.

    Returns
    -------
    pandas.DataFrame
        demand_id, rank (1 is nearest), supply_id ("" if none), travel_time_min, status. A rank beyond the number of facilities is ``no_data``.

    Raises
    ------
    TableError
        ``REACH-RANK``: k is below 1.
    """
    if k < 1:
        raise TableError(f"k is {k}", code="REACH-RANK", remedy="Ask for at least the nearest one.")
    chosen, taken = pick_nearest(reach, k)
    demand = np.repeat(np.arange(reach.shape[0]), k)
    rank = np.tile(np.arange(1, k + 1), reach.shape[0])
    flat = chosen.ravel()
    status = np.where(flat >= 0, ReachStatus.OK.value, absent_status(reach, demand))
    known = reach.demand_status[demand] == ReachStatus.OK.value
    status[(flat < 0) & known & (rank > reach.shape[1])] = ReachStatus.NO_DATA.value
    return pd.DataFrame(
        {
            "demand_id": reach.demand_ids[demand],
            "rank": rank,
            "supply_id": _name(reach.supply_ids, flat),
            "travel_time_min": np.where(flat >= 0, taken.ravel(), np.nan),
            "status": status,
        }
    )


def _name(ids: NDArray[np.object_], at: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the ids at positions, empty text at −1."""
    return np.append(ids, "")[at]


def od_table(reach: Reach, *, absent: bool = False) -> pd.DataFrame:
    """Return one row per pair: demand_id, supply_id, travel_time_min, status, by demand and supply in their given order.

    With ``absent`` every pair has a row, those without minutes too, with the reason as status.
    """
    if not absent:
        ok = np.full(len(reach.demand), ReachStatus.OK.value, dtype=object)
        names = {"demand_id": reach.demand_ids[reach.demand], "supply_id": reach.supply_ids[reach.supply]}
        return pd.DataFrame(names | {"travel_time_min": reach.minutes.copy(), "status": ok})
    demands, supplies = reach.shape
    minutes = np.full(demands * supplies, np.nan)
    minutes[reach.demand * supplies + reach.supply] = reach.minutes
    demand, supply = np.repeat(np.arange(demands), supplies), np.tile(np.arange(supplies), demands)
    status = np.where(np.isnan(minutes), absent_status(reach, demand, supply), ReachStatus.OK.value)
    names = {"demand_id": reach.demand_ids[demand], "supply_id": reach.supply_ids[supply]}
    return pd.DataFrame(names | {"travel_time_min": minutes, "status": status})
