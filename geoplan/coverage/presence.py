"""Find out in which unit each facility stands, and hold "the unit has one" against a standard.

Let c be the facilities of a service known to stand in a unit, m those that may (they stand on a border, or their level is
missing or says nothing where the item asks for levels) and a those that may stand anywhere (neither a known code nor a usable place). With the
threshold k (1 unless the item says otherwise):

- c ≥ k: covered, value c
- c + m + a < k: gap, value c, shortfall k − c
- otherwise unknown: absence may not be claimed.

Where the item asks for more of a facility (``require``: column → least value, yes being 1), only those that reach it count; one whose
column is not known may, one that falls short does not. Where as many as asked for stand in the unit and too few of them reach it, the cause
names what they lack: staff (``NO-DOCTOR``), being public (``NOT-PUBLIC``) or anything else (``NOT-TO-STANDARD``); of several columns the
first one of the item that some facility there falls short of.

By hand: a village with two clinics, doctors 0 and unknown, doctors ≥ 1 asked for → unknown (``REQUIREMENT-UNKNOWN``); both 0 → ``NO-DOCTOR``.

A facility's own code decides where it is one of the county's codes: that is the administrative register. A township's code is also
taken from the village it names. Only a facility without such a code is placed by its point. A point outside every
polygon stands outside the county (facilities over the border belong to the layer) and counts for no unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.profiles import StandardItem
from geoplan.contracts.results import AccessResult, Demand
from geoplan.contracts.status import Status
from geoplan.coverage import causes
from geoplan.coverage.judgement import Judgement, explain, judge_nothing, judge_values, override
from geoplan.coverage.listed import why_unanswered
from geoplan.coverage.standards import UNIT_COLUMNS
from geoplan.errors import ConfigError, CrsError

KNOWN_LEVELS: frozenset[str] = frozenset(
    "village township county kindergarten teaching_point primary junior senior stop station".split()
)
"""Levels that say what a facility is. Any other word (``school``, ``amenity`` …) leaves open which of them it is."""

_CAUSE_OF_COLUMN = {
    **dict.fromkeys(("staff", "doctors", "gps", "teachers"), causes.NO_DOCTOR),
    "public": causes.NOT_PUBLIC,
}
_CODE_DIGITS = 12
_COUNTY_DIGITS = 6


@dataclass(frozen=True)
class Placement:
    """Where facilities stand.

    Attributes
    ----------
    pairs
        facility (row number), code, certain (bool): a facility on a border has several rows, none certain.
    anywhere
        (facilities,) True where nothing says where the facility stands.
    """

    pairs: pd.DataFrame
    anywhere: NDArray[np.bool_]


def clean_codes(codes: pd.Series) -> pd.Series:
    """Return codes as stripped text; missing becomes ""."""
    texts = ["" if gone else str(one).strip() for one, gone in zip(codes.tolist(), codes.isna().tolist(), strict=True)]
    return pd.Series(texts, index=codes.index, dtype=object)


def place_facilities(facilities: gpd.GeoDataFrame, demand: Demand, level: str) -> Placement:
    """Place each row of ``facilities`` in a unit of ``level`` (township, village or group).

    Raises
    ------
    CrsError
        ``CRS-DIFFERS``: facilities and unit polygons are not in one CRS.
    """
    codes = _own_codes(facilities, demand, level)
    known = _known_codes(demand, level)
    sure = codes.isin(known).to_numpy()
    pairs = [pd.DataFrame({"facility": np.flatnonzero(sure), "code": codes[sure].to_numpy(), "certain": True})]
    anywhere = ~sure
    units = getattr(demand, f"{level}s")
    shaped = _with_polygons(units)
    has_place = _has_place(facilities)
    if len(shaped):
        hits = _stand_in(facilities, shaped, ~sure & has_place)
        pairs.append(hits)
        # Only where every unit has its polygon does a point outside all of them stand outside the county.
        complete = known <= set(clean_codes(shaped["code"]))
        anywhere &= ~(has_place & complete)
        anywhere[hits["facility"].to_numpy()] = False
    prefixes = {code[:_COUNTY_DIGITS] for code in known}
    elsewhere = codes.str.fullmatch(rf"\d{{{_CODE_DIGITS},}}").fillna(False).astype(bool) & ~codes.str[:_COUNTY_DIGITS].isin(
        prefixes
    )
    anywhere &= ~elsewhere.to_numpy()
    table = pd.concat([one for one in pairs if len(one)] or pairs[:1], ignore_index=True)
    return Placement(table.astype({"facility": "int64", "certain": "bool"}), anywhere)


def judge_presence(
    demand: Demand, access: AccessResult, item: StandardItem, *, placement: Placement, services: Sequence[ServiceConfig] = ()
) -> Judgement:
    """Judge a ``presence`` item: a facility of the service that meets what is required stands in the settlement's unit.

    Parameters
    ----------
    demand, access
        Settlements and facilities.
    item
        Standard item of measure ``presence``.
    placement
        In which unit of ``item.level`` each facility stands.
    services
        Services of the plan.

    Raises
    ------
    ConfigError
        ``STANDARD-LEVEL``: presence is asked of households, which are no unit a facility could stand in.
    """
    refuse_households(item)
    n = len(demand.settlements)
    unanswered = why_unanswered(access, item.service, services=services)
    if unanswered:
        return judge_nothing(n, unanswered)
    facilities = access.facilities
    fits, possible = match_levels(facilities, item)
    values = read_columns(facilities, list(item.require))
    asked = np.array(list(item.require.values()), dtype="float64")
    fails = values < asked
    meets, may_meet = (values >= asked).all(axis=1), ~fails.any(axis=1)

    unit = clean_codes(demand.settlements[UNIT_COLUMNS[item.level]])

    def count(certain: NDArray[np.bool_], perhaps: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        sure, maybe, anywhere = _count(placement, certain, perhaps)
        here = sure.reindex(unit, fill_value=0).to_numpy(dtype="float64")
        return here, maybe.reindex(unit, fill_value=0).to_numpy(dtype="float64") + anywhere

    least = 1.0 if item.threshold is None else item.threshold
    here, perhaps = count(fits & meets, possible & may_meet)
    stands, _ = count(fits, possible)
    could_stand, _ = count(fits & may_meet, possible & may_meet)
    cause = np.where(stands > 0, causes.TOO_FEW_IN_UNIT, causes.NONE_IN_UNIT).astype(object)
    judged = judge_values(np.full(n, str(Status.OK), dtype=object), here, here >= least, cause=cause)
    for place, column in reversed(list(enumerate(item.require))):
        falls_short = count(fits & fails[:, place], possible)[0] > 0
        judged = explain(judged, (stands >= least) & falls_short, _CAUSE_OF_COLUMN.get(column, causes.NOT_TO_STANDARD))
    unsure = (here < least) & (here + perhaps >= least)
    judged = override(judged, unsure & (could_stand < least), causes.FACILITY_UNSURE)
    judged = override(judged, unsure & (could_stand >= least), causes.REQUIREMENT_UNKNOWN)
    return override(judged, (unit == "").to_numpy(), causes.UNIT_UNKNOWN)


def refuse_households(item: StandardItem) -> None:
    """Raise where something that stands in a unit is asked of households.

    Raises
    ------
    ConfigError
        ``STANDARD-LEVEL``.
    """
    if item.level not in UNIT_COLUMNS:
        raise ConfigError(
            f"item {item.id} asks for {item.measure} at level {item.level}",
            code="STANDARD-LEVEL",
            ids=[item.id],
            remedy="Use level township, village or group, or another measure.",
        )


def match_levels(facilities: pd.DataFrame, item: StandardItem) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return, per facility, whether it is one of the item's for certain, and whether it is or may be (its level says nothing)."""
    of_service = (facilities["service"] == item.service).to_numpy(dtype=bool)
    if not item.levels:
        return of_service, of_service
    level = clean_codes(facilities["level"])
    fits = of_service & level.isin(item.levels).to_numpy()
    return fits, fits | (of_service & ~level.isin(KNOWN_LEVELS).to_numpy())


def read_columns(facilities: pd.DataFrame, columns: list[str]) -> NDArray[np.float64]:
    """Return (facilities, columns) numbers; NaN where a column is absent, empty or no number."""
    found = [
        pd.to_numeric(facilities[name], errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
        if name in facilities.columns
        else np.full(len(facilities), np.nan)
        for name in columns
    ]
    return np.stack(found, axis=1) if found else np.zeros((len(facilities), 0))


def _count(placement: Placement, certain: NDArray[np.bool_], perhaps: NDArray[np.bool_]) -> tuple[pd.Series, pd.Series, int]:
    """Count, per unit code, the facilities that stand there and those that may; and those that may stand anywhere."""
    pairs = placement.pairs
    at = pairs["facility"].to_numpy()
    sure = pairs["certain"].to_numpy() & certain[at]
    maybe = perhaps[at] & ~sure
    counts = pairs[sure].groupby("code")["facility"].nunique()
    maybes = pairs[maybe].groupby("code")["facility"].nunique()
    return counts, maybes, int((placement.anywhere & perhaps).sum())


def _own_codes(facilities: gpd.GeoDataFrame, demand: Demand, level: str) -> pd.Series:
    """Return the unit code each facility carries, a township's also by way of its village."""
    column = UNIT_COLUMNS[level]
    blank = pd.Series("", index=facilities.index, dtype=object)
    codes = clean_codes(facilities[column]) if column in facilities.columns else blank
    if level == "township" and "village_code" in facilities.columns and len(demand.villages):
        parents = pd.Series(clean_codes(demand.villages["parent_code"]).to_numpy(), index=clean_codes(demand.villages["code"]))
        parents = parents[~parents.index.duplicated()]
        by_village = clean_codes(parents.reindex(clean_codes(facilities["village_code"])).set_axis(facilities.index))
        codes = codes.where(codes.isin(_known_codes(demand, level)) | (by_village == ""), by_village)
    return codes


def _known_codes(demand: Demand, level: str) -> set[str]:
    """Return the codes of the county's units, from the unit table and from the settlements."""
    units = getattr(demand, f"{level}s")
    from_units = set(clean_codes(units["code"])) if len(units) else set()
    return (from_units | set(clean_codes(demand.settlements[UNIT_COLUMNS[level]]))) - {""}


def _with_polygons(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the units that carry a polygon (none when the table has no geometry at all)."""
    if not isinstance(units, gpd.GeoDataFrame) or units.active_geometry_name is None or units.empty:
        return units.iloc[:0]
    return units[~(units.geometry.isna() | units.geometry.is_empty)]


def _has_place(facilities: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    if not isinstance(facilities, gpd.GeoDataFrame) or facilities.active_geometry_name is None:
        return np.zeros(len(facilities), dtype=bool)
    return ~(facilities.geometry.isna() | facilities.geometry.is_empty).to_numpy(dtype=bool)


def _stand_in(facilities: gpd.GeoDataFrame, units: gpd.GeoDataFrame, rows: NDArray[np.bool_]) -> pd.DataFrame:
    """Return (facility, code, certain) for the facilities ``rows`` whose point lies in or on a polygon."""
    if facilities.crs != units.crs:
        raise CrsError(
            f"facilities are in {facilities.crs} and unit polygons in {units.crs}",
            code="CRS-DIFFERS",
            layer="facilities",
            remedy="Bring both into the working CRS.",
        )
    at = np.flatnonzero(rows)
    point, polygon = units.sindex.query(facilities.geometry.iloc[at].to_numpy(), predicate="intersects")
    hits = pd.DataFrame({"facility": at[point], "code": clean_codes(units["code"]).to_numpy()[polygon]}).drop_duplicates()
    return hits.assign(certain=~hits["facility"].duplicated(keep=False))
