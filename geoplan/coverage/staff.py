"""List where staff falls short of the standard, and by how many people.

Two kinds of item ask for staff: presence with required staff (a clinic with a qualified doctor) asks it of every facility of the service and its
levels; ratio (two general practitioners per 10,000 people) asks it of the unit: the staff of all its facilities, for all its people.

- need: what ``require`` says; threshold × persons / ``per_persons`` of a ratio, rounded up: 2 per 10,000 × 12,345 people = 2.469 → 3.
- have: the facility's number; the sum over the facilities of the unit of a ratio.
- short = need − have, not below 0.

Unknown stays unknown: a number that is not given, a unit whose people or one of whose facilities is not known, or a facility that may stand
in one unit or another leaves have, need and short open, unless what is known already meets the need: then nothing is short.

By hand: clinics with 0, 2 and an unknown number of doctors, 1 needed: short 1, 0, unknown. A township of 12,345 people with GPs 1 and 1: short 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.results import Demand
from geoplan.contracts.standards_profile import StandardItem
from geoplan.contracts.status import Status
from geoplan.coverage.presence import KNOWN_LEVELS, clean_codes, place_facilities
from geoplan.coverage.standards import UNIT_COLUMNS
from geoplan.errors import ConfigError

STAFF_FACTS: tuple[str, ...] = ("staff", "doctors", "gps", "teachers")
"""Facility columns that count people who work there."""

STAFF_COLUMNS: tuple[str, ...] = tuple(
    "item facility_id unit_code name level township_code village_code column have need short status".split()
)
"""Columns of `list_staff_gaps`, in order."""

_ROUNDING = 1e-9


def list_staff_gaps(facilities: gpd.GeoDataFrame, items: Sequence[StandardItem], demand: Demand) -> pd.DataFrame:
    """Return one row per facility and required number, and one per unit and ratio item, items in their order: `STAFF_COLUMNS`.

    Parameters
    ----------
    facilities
        service, facility_id, name, level, township_code, village_code, `STAFF_FACTS`, geometry.
    items
        Standard items; those that ask for no staff are passed over.
    demand
        Units and their people.

    Returns
    -------
    pandas.DataFrame
        item, facility_id ("" in rows of a unit), unit_code ("" in rows of a facility), name, level (of the facility; of the item for a unit),
        township_code, village_code, column (which staff), have, need, short (NaN where not known), status (ok / no_data).

    Raises
    ------
    ConfigError
        ``STANDARD-LEVEL``: a ratio is asked of households, which have no facilities.
    """
    tables = []
    for item in items:
        if item.measure == "presence":
            tables += [_list_facilities(facilities, item, column) for column in item.require if column in STAFF_FACTS]
        elif item.measure == "ratio" and item.amount in STAFF_FACTS:
            tables.append(_list_units(facilities, item, demand))
    kept = [one for one in tables if len(one)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=list(STAFF_COLUMNS))


def _of_service(facilities: gpd.GeoDataFrame, item: StandardItem) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which facilities count for an item, and which may: their level is not known."""
    own = (facilities["service"] == item.service).to_numpy(dtype=bool)
    if not item.levels:
        return own, own
    level = clean_codes(facilities["level"])
    fits = own & level.isin(item.levels).to_numpy()
    return fits, fits | (own & ~level.isin(KNOWN_LEVELS).to_numpy())


def _read(facilities: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a number of staff; absent, below zero or without end is not known."""
    if column not in facilities.columns:
        return np.full(len(facilities), np.nan)
    values = pd.to_numeric(facilities[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(values) & (values >= 0.0), values, np.nan)


def _list_facilities(facilities: gpd.GeoDataFrame, item: StandardItem, column: str) -> pd.DataFrame:
    """Return one row per facility of a presence item, by id."""
    own = facilities[_of_service(facilities, item)[0]]
    own = own.iloc[np.argsort(own["facility_id"].astype(str).to_numpy(dtype=object), kind="stable")]
    have, need = _read(own, column), np.full(len(own), float(item.require[column]))
    blank = np.full(len(own), "", dtype=object)
    names = {one: clean_codes(own[one]).to_numpy(dtype=object) for one in ("name", "level", "township_code", "village_code")}
    return _tabulate(
        item,
        column,
        {"facility_id": own["facility_id"].astype(str).to_numpy(dtype=object), "unit_code": blank, **names},
        have,
        need,
    )


def _list_units(facilities: gpd.GeoDataFrame, item: StandardItem, demand: Demand) -> pd.DataFrame:
    """Return one row per unit of a ratio item, by code."""
    if item.level not in UNIT_COLUMNS:
        raise ConfigError(
            f"item {item.id} asks for a ratio at level {item.level}",
            code="STANDARD-LEVEL",
            ids=[item.id],
            remedy="Use level township, village or group.",
        )
    settlements, units = demand.settlements, getattr(demand, f"{item.level}s")
    own_unit = clean_codes(settlements[UNIT_COLUMNS[item.level]])
    listed = clean_codes(units["code"]) if len(units) else pd.Series(dtype=object)
    codes = sorted({*own_unit, *listed} - {""})
    if not codes:
        return pd.DataFrame(columns=list(STAFF_COLUMNS))
    persons = pd.to_numeric(settlements["persons"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    # A settlement of unknown people leaves its unit unknown; one without a unit could belong to any and is in none.
    people = pd.Series(persons).groupby(own_unit.to_numpy()).sum(min_count=1, skipna=False).reindex(codes, fill_value=0.0)
    need = np.ceil((item.threshold or 0.0) * people.to_numpy(dtype=np.float64) / item.per_persons - _ROUNDING)
    have, low = _sum_staff(facilities, item, demand, codes)
    met = low >= need
    have = np.where(met & np.isnan(have), low, have)
    names = dict(zip(listed, clean_codes(units["name"]), strict=True)) if len(units) else {}
    blank = np.full(len(codes), "", dtype=object)
    columns = {
        "facility_id": blank,
        "unit_code": np.array(codes, dtype=object),
        "name": np.array([names.get(one, "") for one in codes], dtype=object),
        "level": np.full(len(codes), item.level, dtype=object),
        "township_code": _parents(demand, item.level, codes, "township_code"),
        "village_code": _parents(demand, item.level, codes, "village_code"),
    }
    return _tabulate(item, str(item.amount), columns, have, need)


def _sum_staff(
    facilities: gpd.GeoDataFrame, item: StandardItem, demand: Demand, codes: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return staff per unit: the sum (NaN where it is open) and the least it is."""
    fits, may = _of_service(facilities, item)
    placed = place_facilities(facilities, demand, item.level)
    at, code = placed.pairs["facility"].to_numpy(dtype=np.int64), placed.pairs["code"]
    certain, amount = placed.pairs["certain"].to_numpy(dtype=bool), _read(facilities, str(item.amount))
    sure = certain & fits[at] & ~np.isnan(amount[at])
    adds = may[at] & ~sure & ~(amount[at] == 0.0)
    low = (
        pd.Series(amount[at][sure]).groupby(code.to_numpy()[sure]).sum().reindex(codes, fill_value=0.0).to_numpy(dtype=np.float64)
    )
    open_units = pd.Index(list(codes), dtype=object).isin(code[adds])
    # Staff that may work anywhere may work here.
    anywhere = bool((placed.anywhere & may & ~(amount == 0.0)).any())
    nothing_known = not bool(may.any())
    return np.where(open_units | anywhere | nothing_known, np.nan, low), low


def _parents(demand: Demand, level: str, codes: Sequence[str], column: str) -> NDArray[np.object_]:
    """Return the code above (or of) each unit that its settlements name first; "" where there is none or the unit is higher."""
    order = ["township", "village", "group"]
    if order.index(column.removesuffix("_code")) > order.index(level):
        return np.full(len(codes), "", dtype=object)
    own = pd.Series(
        clean_codes(demand.settlements[column]).to_numpy(), index=clean_codes(demand.settlements[UNIT_COLUMNS[level]])
    )
    first = own[own != ""].groupby(level=0).min()
    named = first.reindex(list(codes)).fillna("").to_numpy(dtype=object)
    return np.array(codes, dtype=object) if column == UNIT_COLUMNS[level] else named


def _tabulate(
    item: StandardItem, column: str, names: dict[str, NDArray[np.object_]], have: NDArray[np.float64], need: NDArray[np.float64]
) -> pd.DataFrame:
    """Return the rows with what is short."""
    short = np.maximum(need - have, 0.0)
    count = len(have)
    status = np.where(np.isnan(short), str(Status.NO_DATA), str(Status.OK)).astype(object)
    labels = {"item": np.full(count, item.id, dtype=object), **names, "column": np.full(count, column, dtype=object)}
    return pd.DataFrame({**labels, "have": have, "need": need, "short": short, "status": status})[list(STAFF_COLUMNS)]
