"""Hold travel times, distances and household shares against a threshold.

A value meets a threshold that is a maximum when value ≤ threshold, a minimum when value ≥ threshold; equality is inside and
nothing is rounded first: 60.0 min meets 60, 60.0000001 min does not.

Minutes of another trip, mode or walker than the item speaks of leave it unknown, as does a service whose times the plan does not search
(``times: false``: it is listed, so what is missing is the search, not the service). An item of the wet season that is met in the dry one is
short for ``ROAD-CUT-WET``: a ford, a ferry or a bad surface, not a missing facility.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.profiles import StandardItem
from geoplan.contracts.status import Status
from geoplan.coverage import causes
from geoplan.coverage.judgement import Judgement, explain, judge_nothing, judge_values, override
from geoplan.coverage.listed import differs
from geoplan.errors import TableError

_READ = ("settlement_id", "status", "travel_time_min", "level_distance_m", "off_road_min", "route", "trip")
_STATES = {str(one) for one in Status}


def judge_times(ids: pd.Index, times: pd.DataFrame, item: StandardItem, *, services: Sequence[ServiceConfig] = ()) -> Judgement:
    """Judge a ``travel_time`` (minutes) or ``distance`` (metres) item for the settlements ``ids``.

    ``distance`` is the level distance to the facility that is quickest to reach.

    Parameters
    ----------
    ids
        (n,) settlement ids.
    times
        `AccessResult.times`.
    item
        Standard item of measure ``travel_time`` or ``distance``.
    services
        Services of the plan, to compare mode and walker with an item that names them, and to tell a service without times from one that
        is not listed.

    Raises
    ------
    TableError
        ``ACCESS-DUPLICATE`` or ``ACCESS-STATUS``: the times break their contract.
    """
    of_service = (times["service"] == item.service).to_numpy(dtype=bool)
    if not of_service.any():
        unsearched = any(one.id == item.service and not one.times for one in services)
        return judge_nothing(len(ids), causes.TIMES_NOT_COMPUTED if unsearched else causes.SERVICE_NOT_IN_PLAN)
    chosen = of_service & (times["season"] == item.season).to_numpy(dtype=bool)
    if not chosen.any():
        return judge_nothing(len(ids), causes.SEASON_NOT_COMPUTED)
    if item.measure == "travel_time" and differs(item, services):
        return judge_nothing(len(ids), causes.MODE_DIFFERS)
    rows = _select(times, chosen, ids, item, season=item.season)
    missing = rows["status"].isna().to_numpy()
    value = _value(rows, item)
    met = value <= _threshold(item)
    cause = _why_too_long(rows, item) if item.measure == "travel_time" else np.full(len(ids), causes.TOO_FAR, dtype=object)
    judged = override(judge_values(states(rows), value, met, cause=cause), missing, causes.ROW_MISSING)
    if item.season == "wet":
        dry = _select(times, of_service & (times["season"] == "dry").to_numpy(dtype=bool), ids, item, season="dry")
        met_dry = (states(dry) == str(Status.OK)) & (_value(dry, item) <= _threshold(item))
        judged = explain(judged, met_dry, causes.ROAD_CUT_WET)
    if item.measure == "travel_time" and item.trip is not None:
        trip = rows["trip"].astype(object)
        judged = override(judged, ~missing & (trip != item.trip).to_numpy(dtype=bool), causes.TRIP_DIFFERS)
    return judged


def _select(times: pd.DataFrame, chosen: NDArray[np.bool_], ids: pd.Index, item: StandardItem, *, season: str) -> pd.DataFrame:
    """Return the chosen rows in the order of ``ids``; of a wide table only what is read is copied."""
    return align(
        times.loc[chosen, [name for name in _READ if name in times]], ids, table="access.times", of=f"{item.service}/{season}"
    )


def _value(rows: pd.DataFrame, item: StandardItem) -> NDArray[np.float64]:
    return numbers(rows, "travel_time_min" if item.measure == "travel_time" else "level_distance_m")


def judge_shares(settlements: pd.DataFrame, item: StandardItem) -> Judgement:
    """Judge an ``attribute`` item: the share of households (0..1) in ``item.column`` must reach the threshold."""
    n = len(settlements)
    if item.column not in settlements.columns:
        return judge_nothing(n, causes.COLUMN_ABSENT)
    share = pd.to_numeric(settlements[item.column], errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    status = np.where(np.isnan(share), str(Status.NO_DATA), str(Status.OK)).astype(object)
    judged = judge_values(status, share, share >= _threshold(item), cause=causes.SHARE_TOO_LOW)
    return override(judged, (share < 0.0) | (share > 1.0), causes.SHARE_INVALID)


def align(rows: pd.DataFrame, ids: pd.Index, *, table: str, of: str) -> pd.DataFrame:
    """Return ``rows`` in the order of ``ids``, a row of NaN where there is none.

    Raises
    ------
    TableError
        ``ACCESS-DUPLICATE``: a settlement occurs twice, so its value is ambiguous.
    """
    doubled = rows["settlement_id"].duplicated()
    if doubled.any():
        raise TableError(
            f"settlements occur twice for {of}",
            code="ACCESS-DUPLICATE",
            layer=table,
            column="settlement_id",
            ids=rows.loc[doubled, "settlement_id"],
            remedy="Give one row per settlement, service and season.",
        )
    return rows.set_index("settlement_id").reindex(ids)


def states(rows: pd.DataFrame, column: str = "status") -> NDArray[np.object_]:
    """Return the states as an object array, a missing one as no_data.

    Raises
    ------
    TableError
        ``ACCESS-STATUS``: a state no one knows.
    """
    found = rows[column].astype(object).where(rows[column].notna(), str(Status.NO_DATA))
    strange = ~found.isin(_STATES)
    if strange.any():
        raise TableError(
            f"unknown states: {', '.join(sorted(set(found[strange].astype(str))))}",
            code="ACCESS-STATUS",
            column=column,
            ids=found.index[strange],
            remedy=f"Use one of {', '.join(sorted(_STATES))}.",
        )
    return np.array([str(one) for one in found], dtype=object)


def numbers(rows: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a numeric column as float64, missing as NaN."""
    return rows[column].to_numpy(dtype="float64", na_value=np.nan)


def _why_too_long(rows: pd.DataFrame, item: StandardItem) -> NDArray[np.object_]:
    """Tell the walk to the road from the rest: what closes the gap differs (a road link, or a nearer facility)."""
    alone = (numbers(rows, "off_road_min") > _threshold(item)) & (rows["route"].astype(object) == "network").to_numpy(dtype=bool)
    return np.where(alone, causes.TOO_LONG_OFF_ROAD, causes.TOO_LONG).astype(object)


def _threshold(item: StandardItem) -> float:
    """Return the threshold, which the profile's validator demands of every measure but presence."""
    return np.nan if item.threshold is None else item.threshold
