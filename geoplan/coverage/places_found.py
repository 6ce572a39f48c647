"""Hold the share of people who find a place (a seat, a bed) within reach against the least that the standard asks for.

value = (seated + boarding) / demand of a settlement; covered when ≥ threshold. In a gap those who are not known to have a place are short,
not everybody. Who would find none though a facility is within reach is kept out because it is ``FULL``; where none is within reach the way is
too long. Where nobody asks, nobody is short: value 1.

Some may have found a place where capacities are not known (``unknown_persons``): covered where those who surely have one are enough, a gap
where they would be too few with all of these, else unknown.

By hand: 20 pupils, 12 day seats and 3 boarding places → value 0.75, gap against 1, 5 pupils short, ``FULL``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.coverage import SeatsResult
from geoplan.contracts.profiles import StandardItem
from geoplan.contracts.results import AccessResult
from geoplan.contracts.status import Status
from geoplan.coverage import causes
from geoplan.coverage.judgement import Judgement, judge_nothing, judge_values, override
from geoplan.coverage.listed import why_unanswered
from geoplan.coverage.travel import align, numbers, states

_COUNTS = ("demand_persons", "within_persons", "seated_persons", "boarding_persons", "unseated_persons")
_UNKNOWN_FOR = {
    "people_unknown": causes.PEOPLE_UNKNOWN,
    "facilities_unknown": causes.LAYER_EMPTY,
    "place_unknown": causes.PLACE_UNKNOWN,
}
"""Reason of `SeatsResult.settlements` → cause of an unknown; any other is ``CAPACITY-UNKNOWN``."""


def judge_places(
    ids: pd.Index,
    seats: SeatsResult | None,
    access: AccessResult,
    item: StandardItem,
    *,
    services: Sequence[ServiceConfig] = (),
) -> Judgement:
    """Judge a ``seat`` item for the settlements ``ids``.

    Parameters
    ----------
    ids
        (n,) settlement ids.
    seats
        Who finds a place where; None where it was not computed.
    access
        Facilities, to tell a service nobody lists from one whose places were not assigned.
    item
        Standard item of measure ``seat``.
    services
        Services of the plan.

    Raises
    ------
    TableError
        ``ACCESS-DUPLICATE`` or ``ACCESS-STATUS``: the seats break their contract.
    """
    unanswered = why_unanswered(access, item.service, services=services)
    if unanswered:
        return judge_nothing(len(ids), unanswered)
    chosen = None if seats is None else seats.settlements[(seats.settlements["item"] == item.id).to_numpy(dtype=bool)]
    if chosen is None or chosen.empty:
        return judge_nothing(len(ids), causes.SEATS_NOT_COMPUTED)
    read = [name for name in ("settlement_id", "status", "reason", "unknown_persons", *_COUNTS) if name in chosen]
    rows = align(chosen[read], ids, table="seats.settlements", of=item.id)
    missing = rows["status"].isna().to_numpy()
    demand, within, seated, boarding, unseated = (numbers(rows, name) for name in _COUNTS)
    maybe = np.nan_to_num(numbers(rows, "unknown_persons")) if "unknown_persons" in read else np.zeros(len(rows))
    reason = rows["reason"].astype(object).fillna("").to_numpy(dtype=object) if "reason" in read else np.full(len(rows), "")
    sure, most = _share(seated + boarding, demand), _share(seated + boarding + maybe, demand)
    # Where everybody has a place the sum may miss the demand by the last digit.
    sure, most = np.where(unseated + maybe == 0.0, 1.0, sure), np.where(unseated == 0.0, 1.0, most)
    threshold = np.nan if item.threshold is None else item.threshold
    state = states(rows)
    decided = (demand > 0.0) & (maybe > 0.0) & ((sure >= threshold) | (most < threshold))
    state[(state == str(Status.NO_DATA)) & decided] = str(Status.OK)
    state[(state == str(Status.OK)) & (maybe > 0.0) & ~decided] = str(Status.NO_DATA)
    cause = np.where((within > 0.0) | (reason == "full"), causes.FULL, causes.TOO_LONG).astype(object)
    judged = judge_values(state, sure, sure >= threshold, cause=cause)
    unknown = judged.status == str(Status.NO_DATA)
    why = np.where(np.isnan(demand), causes.PEOPLE_UNKNOWN, causes.CAPACITY_UNKNOWN).astype(object)
    for word, code in _UNKNOWN_FOR.items():
        why[reason == word] = code
    for code in dict.fromkeys(why.tolist()):
        judged = override(judged, unknown & (why == code), code)
    return replace(override(judged, missing, causes.ROW_MISSING), lacking=1.0 - np.nan_to_num(sure))


def _share(found: NDArray[np.float64], demand: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return found / demand, at most 1; 1 where nobody asks, NaN where the demand is not known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(demand == 0.0, 1.0, np.minimum(found / demand, 1.0))
