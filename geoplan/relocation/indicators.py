"""Build the raw value of every indicator a relocation profile may name, each with its status.

Ids a profile may use, and what they are:

    hazard_index               worst exposure index over all kinds (0..1); known only when every kind is known, or extreme is reached
    farmland_mu_per_person     farmland_mu / persons, 亩 per person; no_data where people are unknown or 0
    persons_within_1km         people of all settlements within 1,000 m, own included and border included
    nearest_settlement_m       straight distance to the nearest other settlement, metres
    group_persons              people of the settlement's village group (村民小组)
    road_min, road_m           walk to the nearest all-weather road, minutes and metres
    <service>_min              travel time to the service in the dry season, minutes
    <service>_wet_min          the same in the wet season
    <service>_round_min        dry season, there and back; only where the plan computes the service as a round trip
    red_line_share …           every column of the land table that has a ``_status`` beside it (`geoplan.relocation.land`)
    any numeric column         of the settlements (slope_deg, elevation_m, safe_water_share …)

A sum over neighbours is unknown as soon as one neighbour's people are unknown: leaving them out would make a place look emptier
than it is. An id that nothing in the plan answers is ``no_data`` everywhere with the reason in ``note_zh`` and ``note_en``.

By hand: settlements at x = 0, 600 and 5000 m with 10, 20 and 40 people: persons_within_1km 30, 30, 40; nearest 600, 600, 4400 m.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.results import AccessResult, Demand, ExposureResult
from geoplan.contracts.status import Status
from geoplan.errors import TableError
from geoplan.relocation.dispersion import NEIGHBOUR_REACH_M, known_persons, nearest_other_m, persons_within, settlement_places

_OK, _NO_DATA = str(Status.OK), str(Status.NO_DATA)
_ABSENT_ZH, _ABSENT_EN = "本计划没有可算此指标的图层", "no layer of this plan answers this indicator"
Raw = tuple[NDArray[np.float64], NDArray[np.object_]]


def build_indicators(
    demand: Demand,
    access: AccessResult,
    exposure: ExposureResult,
    indicators: Sequence[str],
    *,
    land: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the raw values of ``indicators`` for every settlement.

    Parameters
    ----------
    demand, access, exposure
        What is known of the settlements.
    indicators
        Ids as the module lists them.
    land
        What `geoplan.relocation.land.measure_land` found; absent: indicators of land are no_data.

    Returns
    -------
    DataFrame
        settlement_id, indicator, raw (NaN unless ok), status, note_zh, note_en; settlement × indicator, in the given orders.

    Raises
    ------
    TableError
        ``ID-DUPLICATE`` when a settlement occurs twice, here or among the rows of one service and season.
    """
    settlements = demand.settlements
    ids = settlements["settlement_id"]
    _refuse_doubles(ids, "settlements")
    columns = [_one_indicator(name, demand, access, exposure, land) for name in indicators]
    count, kinds = len(settlements), len(columns)
    absent = np.array([one is None for one in columns], dtype=bool)
    nothing: Raw = (np.full(count, np.nan), np.full(count, _NO_DATA, dtype=object))
    pairs = [one if one is not None else nothing for one in columns]
    raw = np.stack([one[0] for one in pairs], axis=1) if pairs else np.empty((count, 0))
    status = np.stack([one[1] for one in pairs], axis=1) if pairs else np.empty((count, 0), dtype=object)
    return pd.DataFrame(
        {
            "settlement_id": np.repeat(ids.to_numpy(), kinds),
            "indicator": np.tile(np.array(list(indicators), dtype=object), count),
            "raw": raw.ravel(),
            "status": status.ravel(),
            "note_zh": np.tile(np.where(absent, _ABSENT_ZH, ""), count),
            "note_en": np.tile(np.where(absent, _ABSENT_EN, ""), count),
        }
    )


def _one_indicator(
    name: str, demand: Demand, access: AccessResult, exposure: ExposureResult, land: pd.DataFrame | None
) -> Raw | None:
    """Return raw and status of one indicator, or None when nothing in the plan answers it."""
    if name in _OWN:
        return _OWN[name](demand, access, exposure)
    if land is not None and {name, f"{name}_status"} <= set(land.columns):
        return _joined(demand, land, name, f"{name}_status", "land")
    if name.endswith("_min"):
        found = _travel_time(name.removesuffix("_min"), demand, access)
        if found is not None:
            return found
    settlements = demand.settlements
    if name in settlements.columns and pd.api.types.is_numeric_dtype(settlements[name]):
        return _stated(settlements[name].to_numpy(dtype=float, na_value=np.nan))
    return None


def _stated(values: NDArray[np.float64]) -> Raw:
    """Return values with status ok where they are finite, no_data elsewhere."""
    known = np.isfinite(values)
    return np.where(known, values, np.nan), np.where(known, _OK, _NO_DATA).astype(object)


def _joined(demand: Demand, table: pd.DataFrame, value: str, status: str, layer: str) -> Raw:
    """Return a column of another room's table in the order of the settlements; rows it lacks are no_data."""
    _refuse_doubles(table["settlement_id"], layer)
    rows = table.set_index("settlement_id").reindex(demand.settlements["settlement_id"])
    values = rows[value].to_numpy(dtype=float, na_value=np.nan)
    states = rows[status].astype(object).where(rows[status].notna(), _NO_DATA).to_numpy(dtype=object)
    said_ok = states == _OK
    states = np.where(said_ok & ~np.isfinite(values), _NO_DATA, states)
    return np.where(said_ok & np.isfinite(values), values, np.nan), states.astype(object)


def _travel_time(stem: str, demand: Demand, access: AccessResult) -> Raw | None:
    """Return travel times for ``<service>``, ``<service>_wet`` or ``<service>_round``."""
    times = access.times
    for suffix, season, trip in (("", "dry", None), ("_wet", "wet", None), ("_round", "dry", "round_trip")):
        service = stem.removesuffix(suffix)
        if suffix and service == stem:
            continue
        chosen = ((times["service"] == service) & (times["season"] == season)).to_numpy(dtype=bool)
        if trip is not None:
            chosen = chosen & (times["trip"] == trip).to_numpy(dtype=bool)
        # Of a wide table only what is read is copied.
        rows = times.loc[chosen, ["settlement_id", "travel_time_min", "status"]]
        if len(rows):
            return _joined(demand, rows, "travel_time_min", "status", f"times of {service}")
    return None


def _hazard_index(demand: Demand, access: AccessResult, exposure: ExposureResult) -> Raw:
    """Return the worst exposure index; a partly known one is no_data (it could only be worse)."""
    return _joined(demand, exposure.summary, "hazard_index", "hazard_status", "exposure summary")


def _road_min(demand: Demand, access: AccessResult, exposure: ExposureResult) -> Raw:
    return _joined(demand, access.road, "all_weather_min", "all_weather_status", "road access")


def _road_m(demand: Demand, access: AccessResult, exposure: ExposureResult) -> Raw:
    return _joined(demand, access.road, "all_weather_m", "all_weather_status", "road access")


def _farmland_mu_per_person(demand: Demand, access: AccessResult, exposure: ExposureResult) -> Raw | None:
    if "farmland_mu" not in demand.settlements.columns:
        return None
    persons, farmland = known_persons(demand), demand.settlements["farmland_mu"].to_numpy(dtype=float, na_value=np.nan)
    return _stated(np.divide(farmland, persons, out=np.full(len(persons), np.nan), where=persons > 0))


def _persons_within_1km(demand: Demand, access: AccessResult, exposure: ExposureResult) -> Raw:
    return _stated(persons_within(settlement_places(demand), known_persons(demand), reach_m=NEIGHBOUR_REACH_M))


def _nearest_settlement_m(demand: Demand, access: AccessResult, exposure: ExposureResult) -> Raw:
    return _stated(nearest_other_m(settlement_places(demand)))


def _group_persons(demand: Demand, access: AccessResult, exposure: ExposureResult) -> Raw | None:
    if "group_code" not in demand.settlements.columns:
        return None
    code = demand.settlements["group_code"]
    named = (code.notna() & (code != "")).to_numpy(dtype=bool)
    persons = known_persons(demand)
    _, group = np.unique(code.where(named, "").to_numpy(dtype=str), return_inverse=True)
    # A plain sum: NaN of one unknown settlement makes its group unknown, on purpose.
    sums = np.bincount(group, weights=persons)[group] if len(group) else persons
    return _stated(np.where(named, sums, np.nan))


def _refuse_doubles(ids: pd.Series, layer: str) -> None:
    """Refuse a table in which a settlement occurs twice."""
    doubled = ids[ids.duplicated()].unique()
    if len(doubled):
        raise TableError(
            "settlements occur more than once",
            code="ID-DUPLICATE",
            layer=layer,
            column="settlement_id",
            ids=doubled,
            remedy="Give each settlement one row.",
        )


_OWN: dict[str, Callable[[Demand, AccessResult, ExposureResult], Raw | None]] = {
    "hazard_index": _hazard_index,
    "farmland_mu_per_person": _farmland_mu_per_person,
    "persons_within_1km": _persons_within_1km,
    "nearest_settlement_m": _nearest_settlement_m,
    "group_persons": _group_persons,
    "road_min": _road_min,
    "road_m": _road_m,
}
