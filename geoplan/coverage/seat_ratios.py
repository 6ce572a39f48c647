"""Score how many day seats there are per person who asks, when all who share a school share its seats: the enhanced two-step method (E2SFCA).

With P_i people of a settlement and item, S_j seats and w the weight of the minutes: R_j = S_j / Σ_i P_i w_ij, A_i = Σ_j R_j w_ij (Luo & Qi 2009).
Weights fall in three zones of an item's ``within_min``: 1.00 in its first third, 0.68 in the second, 0.22 in the last (their weights for 10, 20
and 30 min; a convention). All items that ask for the same seats press on them together, so over the items of a pool
Σ P_i A_i = Σ_j S_j, the seats of the facilities that anyone reaches: an item that asks alone adds up to its own seats.

By hand: 100 children 0 min and 50 children 30 min from a school with 111 seats, within 30 min: R = 111 / (100 + 0.22 · 50) = 1; A = 1 and 0.22;
100 · 1 + 50 · 0.22 = 111.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.access.accessibility import score_two_step
from geoplan.access.decay import Stepped
from geoplan.access.reach import build_reach
from geoplan.contracts.standards_profile import StandardItem
from geoplan.contracts.status import Status
from geoplan.coverage.seat_pools import Asking, find_pools, list_rounds

ZONES: tuple[tuple[float, float], ...] = ((1.0 / 3.0, 1.0), (2.0 / 3.0, 0.68), (1.0, 0.22))
"""Share of ``within_min`` → weight (Luo & Qi 2009: 1.00, 0.68, 0.22 for 10, 20, 30 min)."""

RATIO_COLUMNS: tuple[str, ...] = ("settlement_id", "item", "method", "ratio", "status")


def score_seats(
    cases: Sequence[tuple[StandardItem, Asking | None, NDArray[np.object_]]],
    ids: NDArray[np.object_],
    rank: NDArray[np.int64],
) -> pd.DataFrame:
    """Return one row per item and settlement: `RATIO_COLUMNS`.

    Parameters
    ----------
    cases
        Items in their order, what each asks (None: its facilities are not known), and (n,) the status of each settlement's place.
    ids
        (n,) settlement ids, sorted.
    rank
        (n,) row of the sorted settlements for each row of the table.

    Returns
    -------
    pandas.DataFrame
        settlement_id, item, method (``e2sfca``), ratio (seats per person; 0 where none is within reach; NaN unless status is ok), status.
    """
    found: dict[str, tuple[NDArray[np.float64], NDArray[np.object_]]] = {}
    for pool in find_pools([asking for _, asking, _ in cases if asking is not None]):
        for turn in list_rounds(pool):
            scores = _score_pool([one for one, _ in turn], ids)
            found |= {one.item.id: score for (one, kept), score in zip(turn, scores, strict=True) if kept}
    tables = []
    for item, _, place in cases:
        nothing = np.full(len(ids), np.nan), np.full(len(ids), str(Status.NO_DATA), dtype=object)
        ratio, status = found.get(item.id, nothing)
        # Whose way to any school is proven impossible has no seat: that is known. Who is not on the ground at all is not.
        none = place == str(Status.UNREACHABLE)
        state = np.where(none, str(Status.OK), np.where(place == str(Status.OK), status, place)).astype(object)
        value = np.where(none, 0.0, np.where(state == str(Status.OK), ratio, np.nan))
        columns = {"settlement_id": ids, "item": item.id, "method": "e2sfca", "ratio": value, "status": state}
        tables.append(pd.DataFrame(columns).iloc[rank])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(RATIO_COLUMNS))


def _score_pool(askings: Sequence[Asking], ids: NDArray[np.object_]) -> list[tuple[NDArray[np.float64], NDArray[np.object_]]]:
    """Return (ratio, status) of each of the askings; minutes are told as shares of each item's reach."""
    places = pd.Index(sorted({place for one in askings for place in one.facilities["place"]}), dtype=object)
    seats = np.full(len(places), np.nan)
    rows, columns, shares = [], [], []
    for number, one in enumerate(askings):
        at = places.get_indexer(pd.Index(one.facilities["place"], dtype=object)).astype(np.int64)
        seats[at] = one.facilities["capacity"].to_numpy(dtype=np.float64)
        rows.append(one.near[one.day] + number * len(ids))
        columns.append(at[one.far[one.day]])
        shares.append(one.minutes[one.day] / (one.item.within_min or 1.0))
    table = build_reach(
        np.concatenate(rows),
        np.concatenate(columns),
        np.concatenate(shares),
        demand_ids=[f"{number}\x1f{one}" for number in range(len(askings)) for one in ids],
        supply_ids=places.tolist(),
        cutoff_min=1.0,
    )
    scored = score_two_step(table, np.concatenate([one.persons for one in askings]), seats, decay=Stepped(ZONES)).demand
    ratio, status = scored["score"].to_numpy(dtype=np.float64), scored["status"].to_numpy(dtype=object)
    cut = [slice(number * len(ids), (number + 1) * len(ids)) for number in range(len(askings))]
    return [(ratio[one], status[one]) for one in cut]
