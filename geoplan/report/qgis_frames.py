"""Gather the layers of ``coverage.gpkg``: units with every item's state, settlements, gaps, works, sites; only columns listed here leave.

The column that a style colours by is text and never missing. ``state`` of a unit counts the items it does not meet as the map does: ``0``, ``1-2`` …
``10+``; ``unknown`` where none is short and at least one cannot be judged; ``empty`` where nobody is settled. By hand: states gap, covered,
unknown → one short, one unknown → ``1-2``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.report.style import COUNT_STEPS
from geoplan.spatial.aggregate import widen_roll_up

if TYPE_CHECKING:
    from geoplan.contracts.coverage import ComparisonResult, LedgerResult, LinesResult, RoadProgramme, SitingResult, WaterResult
    from geoplan.contracts.results import CoverageResult, Demand
    from geoplan.contracts.standards_profile import StandardsProfile

_SETTLEMENT: Final = (
    "settlement_id name group_code village_code township_code persons persons_status households relocation_class candidacy_score hazard_status "
    "worst_kind worst_class road_m road_status gaps unknowns"
).split()
_FACILITY: Final = "facility_id service name level capacity snap_status township_code village_code".split()
_GAP: Final = (
    "gap_id level unit_code unit_name township_code township_name village_name group_name item item_label coverage cause_label settlements "
    "short_persons short_households unknown_persons deadline overdue status_label remedy_label capital_yuan yearly_yuan cost_status platform "
    "source clause"
).split()
_ROAD: Final = (
    "link_id kind length_m bridges bridge_m capital_yuan yearly_yuan persons minutes_gained township_code groups".split()
)
_PIPE: Final = "pipe_id source_id mode persons length_m diameter_mm flow_l_s loss_m capital_yuan settlements".split()
_LINE: Final = "line_id network from_id persons length_m capital_yuan settlements".split()
_PROPOSED: Final = (
    "question service model order state candidate_id name township_code persons_gained persons_served capacity cost_yuan existing"
).split()
_COMPARISON: Final = (
    "comparison state left_id left_name right_id right_name matched_by distance_m name_similarity columns township_code reason_label"
).split()
_SITE: Final = (
    "site_id name kind state area_m2 slope_deg capacity_persons capacity_households binding seats_status road_m seat_min seat_status site_score rank "
    "excluded_reason township_code"
).split()
UNIT_LEVELS: Final = ("townships", "villages", "groups")


def count_class(short: int, unknown: int, settled: bool) -> str:
    """Return the class of a unit by the items it does not meet.

    >>> [count_class(n, 1, True) for n in (0, 2, 9, 12)], count_class(0, 0, True), count_class(0, 0, False)
    (['unknown', '1-2', '6-9', '10+'], '0', 'empty')
    """
    if not settled:
        return "empty"
    if short == 0:
        return "unknown" if unknown else "0"
    return next(step_name(low, high) for low, high in COUNT_STEPS if high is None or short <= high)


def step_name(low: int, high: int | None) -> str:
    """Return the name of a class of counts.

    >>> step_name(1, 2), step_name(10, None)
    ('1-2', '10+')
    """
    return f"{low}+" if high is None else f"{low}-{high}"


def gather_units(roll_up: pd.DataFrame, units: gpd.GeoDataFrame, standards: StandardsProfile) -> gpd.GeoDataFrame:
    """Return one row per unit: people, items short and unknown, and per item the state, people short, people not judged, share covered.

    Parameters
    ----------
    roll_up
        Long table of `CoverageResult`.
    units
        Unit table of `Demand`.
    standards
        Its items in the profile's order.

    Returns
    -------
    GeoDataFrame in the units' order and CRS; units that only the roll-up knows follow without geometry.
    """
    wide = widen_roll_up(roll_up, units)
    code = wide["code"].astype(str)
    table = roll_up.assign(code=roll_up["code"].astype(str))
    by_code = table.pivot(index="code", columns="item", values="coverage").reindex(code)
    items = [one.id for one in standards.items if one.id in by_code.columns]
    states = by_code[items].fillna("empty").astype(str)
    settled = pd.to_numeric(wide["settlements"], errors="coerce").fillna(0).to_numpy() > 0
    states = states.where(pd.Series(settled, index=states.index), "empty")
    short = states.isin(["gap", "unreachable"]).sum(axis=1).to_numpy()
    unknown = states.eq("unknown").sum(axis=1).to_numpy()
    columns: dict[str, object] = {name: wide[name] for name in ("code", "name", "parent_code", "persons", "settlements")}
    columns |= {
        "items_short": short,
        "items_unknown": unknown,
        "state": [count_class(*one) for one in zip(short.tolist(), unknown.tolist(), settled.tolist(), strict=True)],
    }
    for item in items:
        columns[f"coverage_{item}"] = states[item].to_numpy()
        for name in (f"short_{item}_persons", f"unknown_{item}_persons", f"covered_{item}_share"):
            columns[name] = wide[name]
    frame = pd.DataFrame(columns)
    frame["settlements"] = pd.to_numeric(frame["settlements"], errors="coerce").fillna(0).astype(np.int64)
    return gpd.GeoDataFrame(frame, geometry=wide.geometry.to_numpy(), crs=units.crs)


def gather_settlements(settlements: gpd.GeoDataFrame, coverage: CoverageResult, standards: StandardsProfile) -> gpd.GeoDataFrame:
    """Return one row per settlement with its class and the state of every item; a class nobody gave is 证据不足."""
    frame = _choose(settlements, _SETTLEMENT)
    klass = frame["relocation_class"] if "relocation_class" in frame else pd.Series(pd.NA, index=frame.index)
    frame["relocation_class"] = klass.fillna("证据不足").astype(str)
    states = coverage.gaps.pivot(index="settlement_id", columns="item", values="coverage").reindex(frame["settlement_id"])
    wide = {f"coverage_{one.id}": states[one.id].fillna("empty").to_numpy() for one in standards.items if one.id in states}
    return gpd.GeoDataFrame(
        pd.concat([frame, pd.DataFrame(wide, index=frame.index)], axis=1), geometry=frame.geometry.name, crs=frame.crs
    )


def gather_gaps(ledger: LedgerResult, demand: Demand, *, language: str, labels: dict[str, tuple[str, str]]) -> gpd.GeoDataFrame:
    """Return one point per gap: inside its unit's polygon, else at the unit's settlement of most people; without geometry where there is neither.

    Parameters
    ----------
    ledger
        Its gaps, in order.
    demand
        Polygons and settlements.
    language
        ``zh`` or ``en``, of the words for cause, remedy and status.
    labels
        Item → (Chinese, English).
    """
    from geoplan.report.ledger_sheets import describe_ledger

    frame = describe_ledger(ledger.ledger, language=language, labels=labels)
    places = locate_units(demand)
    chosen = frame[[name for name in _GAP if name in frame]].reset_index(drop=True)
    points = gpd.GeoSeries([places.get(str(code)) for code in frame["unit_code"]], crs=demand.settlements.crs)
    return gpd.GeoDataFrame(chosen, geometry=points.to_numpy(), crs=demand.settlements.crs)


def locate_units(demand: Demand) -> dict[str, object]:
    """Return unit code → a point of it: inside its polygon, else its settlement of most people (the first of equals)."""
    places: dict[str, object] = {}
    order = demand.settlements.assign(_persons=demand.settlements["persons"].fillna(-1.0))
    order = order.sort_values(["_persons", "settlement_id"], ascending=[False, True], kind="stable")
    for key in ("township_code", "village_code", "group_code"):
        first = order.drop_duplicates(key)
        places |= dict(zip(first[key].fillna("").astype(str), first.geometry, strict=True))
    for level in UNIT_LEVELS:
        units = getattr(demand, level)
        if not len(units):
            continue
        drawn = units[units.geometry.notna() & ~units.geometry.is_empty]
        places |= dict(zip(drawn["code"].astype(str), drawn.geometry.representative_point(), strict=True))
    places.pop("", None)
    return places


def gather_works(
    roads: RoadProgramme | None, water: WaterResult | None, lines: LinesResult | None, siting: SitingResult | None
) -> dict[str, gpd.GeoDataFrame]:
    """Return what is to be built, as layers ``proposed_sites``, ``road_links``, ``pipes`` and ``lines``; layers without a row are left out."""
    found: dict[str, gpd.GeoDataFrame] = {}
    if siting is not None:
        state = siting.sites["existing"].fillna(False).astype(bool).map({True: "existing", False: "new"})
        found["proposed_sites"] = _choose(siting.sites.assign(state=state), _PROPOSED)
    if roads is not None:
        found["road_links"] = _choose(roads.links, _ROAD)
    if water is not None:
        found["pipes"] = _choose(water.pipes, _PIPE)
    if lines is not None:
        found["lines"] = _choose(lines.lines, _LINE)
    return {name: frame for name, frame in found.items() if len(frame)}


def gather_comparison(comparison: ComparisonResult, *, language: str) -> gpd.GeoDataFrame:
    """Return every row of both layers with what agrees and what contradicts."""
    tail = "zh" if language == "zh" else "en"
    return _choose(comparison.rows.assign(reason_label=comparison.rows[f"reason_{tail}"]), _COMPARISON)


def gather_sites(sites: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return receiving sites apart by shape, for a layer holds one: ``candidate_sites`` (patches) and ``candidate_places`` (points)."""
    excluded = sites["excluded_reason"].fillna("").astype(str) if "excluded_reason" in sites else pd.Series("", index=sites.index)
    frame = _choose(sites.assign(state=np.where(excluded == "", "offered", "excluded")), _SITE)
    areal = frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    parts = {"candidate_sites": frame[areal], "candidate_places": frame[~areal]}
    return {name: part.reset_index(drop=True) for name, part in parts.items() if len(part)}


def gather_facilities(facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return facilities as points."""
    frame = _choose(facilities, _FACILITY)
    areal = ~frame.geometry.geom_type.isin(["Point"]) & frame.geometry.notna()
    frame.geometry = frame.geometry.where(~areal, frame.geometry.centroid)
    return frame


def _choose(frame: gpd.GeoDataFrame, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Return the listed columns that a layer has, in the listed order, and its geometry."""
    kept = [name for name in columns if name in frame.columns]
    return gpd.GeoDataFrame(frame[kept].reset_index(drop=True), geometry=frame.geometry.to_numpy(), crs=frame.crs)
