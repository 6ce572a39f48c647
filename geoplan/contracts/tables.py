"""Check the tables that cross a room's border: columns, kinds, allowed states, and that a number and its status agree.

Nothing is coerced: a code read as a number is an error, not a text; a CRS is compared, never stamped. Further columns are allowed,
and every broken row is gathered before one error is raised.

By hand: a travel time row with status ``ok`` and no minutes, or ``unreachable`` with 9,999 minutes, breaks the contract: only ``ok``
carries a value, everything else holds NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa
from pyproj import CRS

from geoplan.contracts.status import Coverage, HazardClass, RelocationClass, Status
from geoplan.errors import CrsError, TableError

STATES = tuple(str(one) for one in Status)
COVERAGES = tuple(str(one) for one in Coverage)
_SUM_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Table:
    """One table of the contracts.

    Attributes
    ----------
    name
        How errors call it.
    schema
        Columns and row rules, ``coerce=False``.
    key
        Columns that name a row in errors.
    spatial
        True when it has a geometry and must be in the working CRS.
    """

    name: str
    schema: pa.DataFrameSchema
    key: tuple[str, ...]
    spatial: bool = False


def check_table(frame: pd.DataFrame, table: Table, *, crs: CRS | None = None) -> None:
    """Raise unless ``frame`` keeps the contract of ``table``.

    Parameters
    ----------
    frame
        Table to check; never changed.
    table
        One of the tables of this module.
    crs
        Working CRS that a spatial table must be in.

    Raises
    ------
    TableError
        ``TABLE-CONTRACT``: names every rule broken and the rows that break it.
    CrsError
        ``CRS-MISSING`` or ``CRS-DIFFERS``: nothing is assumed about unlabelled coordinates.
    """
    if table.spatial:
        _check_crs(frame, table, crs)
    try:
        # The geometry column is not pandera's matter, and a plain frame spares it the geopandas machinery.
        table.schema.validate(pd.DataFrame(frame.drop(columns=_geometry_columns(frame))), lazy=True)
    except pa.errors.SchemaErrors as error:
        raise _table_error(frame, table, error.failure_cases) from error


def _geometry_columns(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name, kind in frame.dtypes.items() if str(kind) == "geometry"]


def _check_crs(frame: pd.DataFrame, table: Table, crs: CRS | None) -> None:
    own = frame.crs if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None else None
    if own is None:
        raise CrsError(
            "the table has no geometry with a CRS",
            code="CRS-MISSING",
            layer=table.name,
            column="geometry",
            remedy="Read it with its CRS; none is assumed.",
        )
    if crs is not None and own != crs:
        raise CrsError(
            f"the table is in {own.to_string()}, not in {crs.to_string()}",
            code="CRS-DIFFERS",
            layer=table.name,
            column="geometry",
            remedy="Bring it into the working CRS with to_crs.",
        )


def _table_error(frame: pd.DataFrame, table: Table, cases: pd.DataFrame) -> TableError:
    """Return one error that names every broken rule, and the rows of the first rule that has rows."""
    missing = cases[cases["check"] == "column_in_dataframe"]["failure_case"].astype(str).tolist()
    # A rule over a column that is not there fails with a KeyError: that column is named already.
    rest = cases[(cases["check"] != "column_in_dataframe") & ~cases["failure_case"].astype(str).str.startswith("KeyError")]
    rules = [f"column {one} is missing" for one in missing]
    for (column, rule), rows in rest.groupby([rest["column"].astype(object).fillna(""), "check"], sort=False):
        where = "" if column in ("", table.schema.name) else f"{column}: "
        rules.append(f"{where}{rule}" + (f" ({rows['index'].nunique()} rows)" if rows["index"].notna().any() else ""))
    at = [one for one in pd.unique(rest["index"].dropna()) if one in frame.index]
    keys = [one for one in table.key if one in frame.columns]
    ids = frame.loc[at, keys].astype(str).agg("/".join, axis=1).tolist() if keys and at else at
    return TableError(
        "; ".join(rules),
        code="TABLE-CONTRACT",
        layer=table.name,
        ids=ids,
        remedy="Give the columns in the kinds and states listed in geoplan.contracts.results.",
    )


# --------------------------------------------------------------------------- column kinds


def _is_text(values: pd.Series) -> bool:
    return pd.api.types.infer_dtype(values, skipna=True) in ("string", "empty")


def _is_number(values: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values))


def _is_flag(values: pd.Series) -> bool:
    return bool(pd.api.types.is_bool_dtype(values))


def _column(kind: Callable[[pd.Series], bool], what: str, *rules: pa.Check, nullable: bool, unique: bool = False) -> pa.Column:
    return pa.Column(None, [pa.Check(kind, error=f"must be {what}"), *rules], nullable=nullable, unique=unique, coerce=False)


def _texts(names: str, *, nullable: bool = False, unique: bool = False) -> dict[str, pa.Column]:
    return {name: _column(_is_text, "text", nullable=nullable, unique=unique) for name in names.split()}


def _states(names: str, allowed: Iterable[str]) -> dict[str, pa.Column]:
    known = tuple(allowed)
    rule = pa.Check(lambda values: values.isin(known), error=f"must be one of {', '.join(map(repr, known))}")
    return {name: _column(_is_text, "text", rule, nullable=False) for name in names.split()}


def _numbers(names: str, *, least: float | None = None, most: float | None = None, nullable: bool = True) -> dict[str, pa.Column]:
    """Return numeric columns; infinity is never a value, NaN is where ``nullable``."""

    def within(values: pd.Series) -> pd.Series:
        if not _is_number(values):
            return pd.Series(True, index=values.index)
        numbers = values.astype("float64")
        good = ~np.isinf(numbers)
        if least is not None:
            good &= ~(numbers < least)
        if most is not None:
            good &= ~(numbers > most)
        return good

    bounds = f" between {least} and {most}" if most is not None else f" of at least {least}" if least is not None else ""
    rule = pa.Check(within, error=f"must be a finite number{bounds}")
    return {name: _column(_is_number, "a number", rule, nullable=nullable) for name in names.split()}


def _flags(names: str) -> dict[str, pa.Column]:
    return {name: _column(_is_flag, "true or false", nullable=False) for name in names.split()}


# --------------------------------------------------------------------------- row rules


def _rule(error: str, holds: Callable[[pd.DataFrame], pd.Series]) -> pa.Check:
    """Return a rule over whole rows; missing values are its own matter."""
    return pa.Check(holds, error=error, ignore_na=False)


def _value_iff_ok(value: str, status: str = "status") -> pa.Check:
    """Only ``ok`` carries a value, and ``ok`` always does."""
    return _rule(
        f"{value} is there exactly where {status} is ok",
        lambda frame: frame[value].notna() == (frame[status] == str(Status.OK)),
    )


def _one_row_per(*names: str) -> pa.Check:
    return _rule(f"one row per {' × '.join(names)}", lambda frame: ~frame.duplicated(list(names), keep=False))


def _four_add_up(frame: pd.DataFrame) -> pd.Series:
    parts = frame["covered_persons"] + frame["gap_persons"] + frame["unreachable_persons"] + frame["unknown_persons"]
    return (parts - frame["persons"]).abs() <= _SUM_TOLERANCE * np.maximum(frame["persons"].abs(), 1.0)


def _table(
    name: str, columns: dict[str, pa.Column], *, key: str, checks: Iterable[pa.Check] = (), spatial: bool = False
) -> Table:
    names = tuple(key.split())
    rules = [*checks, _one_row_per(*names)]
    return Table(name, pa.DataFrameSchema(columns, checks=rules, name=name, coerce=False, strict=False), names, spatial)


# --------------------------------------------------------------------------- the tables

SETTLEMENTS = _table(
    "demand.settlements",
    {
        **_texts("settlement_id"),
        **_texts("name group_code village_code township_code persons_source households_source", nullable=True),
        **_states("persons_status", (str(Status.OK), str(Status.NO_DATA))),
        **_numbers("persons households", least=0.0),
        **_numbers("slope_deg", least=0.0, most=90.0),
        **_numbers("elevation_m"),
    },
    key="settlement_id",
    checks=[_value_iff_ok("persons", "persons_status")],
    spatial=True,
)

UNITS = _table("units", {**_texts("code"), **_texts("name parent_code", nullable=True)}, key="code")

TIMES = _table(
    "access.times",
    {
        **_texts("settlement_id service"),
        **_states("season", ("dry", "wet")),
        **_states("trip", ("one_way", "round_trip")),
        **_states("status", STATES),
        **_states("route", ("network", "walk", "")),
        **_texts("facility_id", nullable=True),
        **_numbers(
            "travel_time_min off_road_m off_road_min network_min network_m facility_off_road_m facility_off_road_min "
            "walk_min ride_min walk_m ride_m ascent_m descent_m level_distance_m",
            least=0.0,
        ),
        **_numbers("climb_m"),
    },
    key="settlement_id service season",
    checks=[_value_iff_ok("travel_time_min")],
)

ROAD_ACCESS = _table(
    "access.road",
    {
        **_texts("settlement_id"),
        **_states("status all_weather_status", STATES),
        **_texts("road_id road_class surface all_weather_road_id", nullable=True),
        **_numbers("width_m off_road_m off_road_min all_weather_m all_weather_min moved_m", least=0.0),
    },
    key="settlement_id",
    checks=[_value_iff_ok("off_road_m"), _value_iff_ok("all_weather_m", "all_weather_status")],
)

FACILITIES = _table(
    "access.facilities",
    {
        **_texts("facility_id service"),
        **_texts("name level township_code village_code", nullable=True),
        **_states("snap_status", STATES),
        **_numbers("off_road_m moved_m", least=0.0),
        **_numbers("capacity"),
    },
    key="service facility_id",
    spatial=True,
)

GAPS = _table(
    "coverage.gaps",
    {
        **_texts("settlement_id item service level unit cause cause_zh cause_en township_code village_code group_code"),
        **_texts("cause_class cause_class_zh cause_class_en"),
        **_states("coverage", COVERAGES),
        **_states("status", STATES),
        **_states("asked_source", ("persons", "column", "derived", "")),
        **_numbers("value shortfall persons households short_persons short_households asked_persons", least=0.0),
        **_numbers("threshold", nullable=False),
        **_numbers("deadline"),
        **_flags("overdue"),
    },
    key="settlement_id item",
    checks=[
        _value_iff_ok("value"),
        _rule(
            "shortfall is there exactly where coverage is covered or gap",
            lambda frame: frame["shortfall"].notna() == frame["coverage"].isin(("covered", "gap")),
        ),
        _rule(
            "cause is empty exactly where coverage is covered",
            lambda frame: (frame["coverage"] == "covered") == (frame["cause"] == ""),
        ),
        _rule("a cause has a class, and nothing else", lambda frame: (frame["cause_class"] == "") == (frame["cause"] == "")),
        _rule(
            "asked_source is named exactly where asked_persons is known",
            lambda frame: (frame["asked_source"] == "") == frame["asked_persons"].isna(),
        ),
        # Written as not above: NaN on either side breaks nothing.
        _rule(
            "no more people are short than the item is for",
            lambda frame: ~(frame["short_persons"] > frame["asked_persons"] * (1.0 + _SUM_TOLERANCE)),
        ),
    ],
)

ROLL_UP = _table(
    "coverage roll-up",
    {
        **_texts("code name item service"),
        **_numbers("settlements persons_unknown_settlements", least=0.0, nullable=False),
        **_numbers("persons covered_persons gap_persons unreachable_persons unknown_persons", least=0.0, nullable=False),
        **_numbers("resident_persons", least=0.0, nullable=False),
        **_numbers("covered_share", least=0.0, most=1.0),
        **_states("coverage", COVERAGES),
    },
    key="code item",
    checks=[_rule("the four states add up to persons", _four_add_up)],
)

EXPOSURE = _table(
    "relocation.exposure",
    {
        **_texts("settlement_id hazard_kind"),
        **_states("status", (str(Status.OK), str(Status.NO_DATA))),
        **_states("hazard_class", (*(str(one) for one in HazardClass), "")),
        **_numbers("exposure_index exposed_share unknown_share", least=0.0, most=1.0),
        **_numbers("distance_m exposed_persons", least=0.0),
        **_states("basis", ("footprint", "point")),
    },
    key="settlement_id hazard_kind",
    checks=[_value_iff_ok("exposure_index"), _value_iff_ok("exposed_share"), _value_iff_ok("unknown_share")],
)

EXPOSURE_SUMMARY = _table(
    "relocation.exposure.summary",
    {
        **_texts("settlement_id worst_kind kinds"),
        **_states("hazard_status", (str(Status.OK), str(Status.NO_DATA))),
        **_states("worst_class", (*(str(one) for one in HazardClass), "")),
        **_numbers("hazard_index combined_index exposed_share", least=0.0, most=1.0),
        **_numbers("exposed_persons", least=0.0),
    },
    key="settlement_id",
)

CANDIDACY = _table(
    "relocation.candidacy",
    {
        **_texts("settlement_id reason_zh reason_en"),
        **_states("relocation_class", (str(one) for one in RelocationClass)),
        **_numbers("candidacy_score score_low score_high evidence_share remoteness_index", least=0.0, most=1.0),
        **_numbers("rank", least=1.0),
    },
    key="settlement_id",
)

SITES = _table(
    "relocation.sites",
    {
        **_texts("site_id capacity_basis_zh capacity_basis_en excluded_reason"),
        **_texts("name kind township_code", nullable=True),
        **_states("binding", ("area", "stated", "school", "clinic", "")),
        **_states("seats_status", (str(Status.OK), str(Status.NO_DATA))),
        **_states("road_status water_status seat_status school_status clinic_status farmland_status", STATES),
        **_states("school_seats_status clinic_seats_status", (str(Status.OK), str(Status.NO_DATA), str(Status.UNREACHABLE))),
        **_numbers(
            "area_m2 capacity_persons capacity_households ground_persons ground_households school_persons clinic_persons "
            "school_seats_free clinic_seats_free road_m water_m seat_min school_min clinic_min farmland_mu farmland_mu_per_household",
            least=0.0,
        ),
        **_numbers("compactness site_score score_low score_high", least=0.0, most=1.0),
        **_numbers("evidence_share", least=0.0, most=1.0, nullable=False),
        **_numbers("rank", least=1.0),
    },
    key="site_id",
    checks=[
        *(_value_iff_ok(f"{stem}_min", f"{stem}_status") for stem in ("seat", "school", "clinic")),
        *(_value_iff_ok(f"{stem}_m", f"{stem}_status") for stem in ("road", "water")),
        _value_iff_ok("farmland_mu_per_household", "farmland_status"),
        _rule(
            "capacity_persons is above no ceiling that is known",
            lambda frame: (
                ~(frame["capacity_persons"] > frame[["ground_persons", "school_persons", "clinic_persons"]].min(axis=1))
            ),
        ),
        _rule(
            "what binds is named exactly where there is a capacity",
            lambda frame: (frame["binding"] == "") == frame["capacity_persons"].isna(),
        ),
        _rule(
            "what is offered and rated has a rank, and nothing else",
            lambda frame: frame["rank"].notna() == ((frame["excluded_reason"] == "") & frame["site_score"].notna()),
        ),
    ],
    spatial=True,
)
