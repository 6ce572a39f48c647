"""Join what the stages found about settlements into one wide table, one row each, none lost.

Columns: those of `Demand.settlements`; hazard_status, worst_kind, worst_class, hazard_index; candidacy_score … reason_en;
``<service>_<season>_min`` and ``<service>_<season>_status`` for every service and season; ``hazard_<kind>_class`` (empty: not known);
``contribution_<indicator>`` (they add up to candidacy_score); ``coverage_<item>``; road columns; ``gaps`` (items short of the standard: gap or
unreachable) and ``unknowns`` (items that cannot be judged).
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from geoplan.contracts.results import PlanResult
from geoplan.contracts.status import Coverage


def join_settlements(result: PlanResult) -> gpd.GeoDataFrame:
    """Return one row per settlement with everything the run found about it.

    Parameters
    ----------
    result
        Result of a run.

    Returns
    -------
    GeoDataFrame
        Same rows, same order as ``result.demand.settlements``; working CRS.
    """
    frame = result.demand.settlements
    key = frame["settlement_id"]
    wide = frame.copy()
    for table in (result.exposure.summary, result.candidacy.candidacy, result.access.road.rename(columns=_road_names)):
        aligned = table.set_index("settlement_id").reindex(key)
        for name in aligned.columns:
            wide[name] = aligned[name].to_numpy()
    for name, values in widen_times(result.access.times).items():
        wide[str(name)] = values.reindex(key).to_numpy()
    for table, column, value, pattern in (
        (result.exposure.exposure, "hazard_kind", "hazard_class", "hazard_{}_class"),
        (result.candidacy.contributions, "indicator", "contribution", "contribution_{}"),
        (result.coverage.gaps, "item", "coverage", "coverage_{}"),
    ):
        pivoted = table.pivot(index="settlement_id", columns=column, values=value).reindex(key)
        pieces = {pattern.format(name): pivoted[name].to_numpy() for name in dict.fromkeys(table[column])}
        wide = pd.concat([wide, pd.DataFrame(pieces, index=wide.index)], axis=1)
    counts = count_states(result.coverage.gaps).reindex(key)
    wide["gaps"] = counts["gaps"].to_numpy()
    wide["unknowns"] = counts["unknowns"].to_numpy()
    return wide


def _road_names(name: str) -> str:
    """Say whose status, class and surface these are once the road table stands beside others."""
    renamed = {
        "status": "road_status",
        "off_road_m": "road_m",
        "off_road_min": "road_min",
        "surface": "road_surface",
        "width_m": "road_width_m",
    }
    return renamed.get(name, name)


def widen_times(times: pd.DataFrame) -> pd.DataFrame:
    """Return travel times with one column per service and season: ``<service>_<season>_min`` and ``…_status``."""
    column = times["service"] + "_" + times["season"]
    keyed = times.assign(column=column)
    minutes = keyed.pivot(index="settlement_id", columns="column", values="travel_time_min").add_suffix("_min")
    status = keyed.pivot(index="settlement_id", columns="column", values="status").add_suffix("_status")
    wide = pd.concat([minutes, status], axis=1)
    return wide[sorted(wide.columns)]


def count_states(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return per settlement how many items fall short (``gaps``) and how many cannot be judged (``unknowns``)."""
    short = gaps["coverage"].isin([Coverage.GAP.value, Coverage.UNREACHABLE.value])
    unknown = gaps["coverage"].eq(Coverage.UNKNOWN.value)
    table = pd.DataFrame({"settlement_id": gaps["settlement_id"], "gaps": short, "unknowns": unknown})
    return table.groupby("settlement_id", sort=False)[["gaps", "unknowns"]].sum()


def widen_roll_up(roll_up: pd.DataFrame, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row per unit: people, and per item the people short of it, the people not judged, and the share covered.

    Parameters
    ----------
    roll_up
        Long table of `CoverageResult` (code, item, persons, gap_persons, …).
    units
        Unit table of `Demand` (code, name, parent_code, geometry).

    Returns
    -------
    GeoDataFrame
        Rows of ``units`` in order, then units that only the roll-up knows (code ``""``: 未归属). Columns ``short_<item>_persons`` (gap and
        unreachable together), ``unknown_<item>_persons``, ``covered_<item>_share``.
    """
    table = roll_up.assign(short_persons=roll_up["gap_persons"] + roll_up["unreachable_persons"])
    first = table.groupby("code", sort=False)[["name", "persons", "settlements"]].first()
    pieces = [first]
    for value, pattern in (
        ("short_persons", "short_{}_persons"),
        ("unknown_persons", "unknown_{}_persons"),
        ("covered_share", "covered_{}_share"),
    ):
        wide = table.pivot(index="code", columns="item", values=value)
        pieces.append(wide.rename(columns=pattern.format))
    wide = pd.concat(pieces, axis=1)
    known = units[["code", "name", "parent_code", "geometry"]].set_index("code")
    order = [*known.index, *[code for code in wide.index if code not in known.index]]
    joined = known.join(wide.drop(columns="name"), how="outer").reindex(order)
    joined["name"] = joined["name"].fillna(wide["name"])
    joined.index.name = "code"
    return gpd.GeoDataFrame(joined.reset_index(), geometry="geometry", crs=units.crs)
