"""Gather what a county map and its pages show: items, units with people by state, settlements with their values.

One dictionary feeds the map and every page, so a number cannot differ between them. Units are village groups where polygons
of them are given, else administrative villages, else townships; with none of them the settlements themselves are coloured.
States are one digit per item in the profile's order: 0 covered, 1 gap, 2 unreachable, 3 unknown, ``.`` no settlement.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.profiles import StandardItem, StandardsProfile
from geoplan.contracts.results import Layers, PlanResult
from geoplan.contracts.status import RelocationClass
from geoplan.report import layers as features
from geoplan.report import style
from geoplan.report.encoding import encode_points, encode_polygons, page_name, simplify_polygons, to_lonlat
from geoplan.report.layers import number_of, plain_numbers, round_decimals, text_of, tidy_number
from geoplan.report.style import STATES, count_people, round_keeping_total

CLASSES = [str(one) for one in RelocationClass]
_DIGITS = {"min": 1, "m": 0, "share": 3, "count": 0}


def unit_level(result: PlanResult) -> str:
    """Return the finest level with polygons: ``groups``, ``villages``, ``townships``, or ``""`` when there is none."""
    for level in ("groups", "villages", "townships"):
        frame = getattr(result.demand, level)
        if len(frame) and np.isin(shapely.get_type_id(frame.geometry.to_numpy()), (3, 6)).any():
            return level
    return ""


MINIMA = ("attribute", "presence", "ratio", "quantity", "seat")
"""Measures whose threshold is a least value."""


def unit_key(item: StandardItem) -> str:
    """Return the key of an item's unit among `style.UNIT_LABELS`; of a ratio by the people it is counted for: ``per_10000``."""
    if item.unit != "per_persons":
        return str(item.unit)
    key = f"per_{item.per_persons:.0f}"
    return key if key in style.UNIT_LABELS else "per_persons"


def describe_item(item: StandardItem) -> dict[str, Any]:
    """Return a standard item as the page's JSON: labels, threshold and the sense in which it binds, source and status."""
    least = item.measure in MINIMA
    threshold = 1.0 if item.threshold is None else item.threshold
    return {
        "id": item.id, "zh": item.label_zh, "en": item.label_en, "level": item.level, "measure": item.measure, "unit": unit_key(item),
        "t": tidy_number(threshold, 6), "least": least, "season": item.season, "source": item.source, "clause": item.clause,
        "status": item.status, "deadline": item.deadline, "rzh": item.remedy_zh, "ren": item.remedy_en,
    }  # fmt: skip


def round_beside_threshold(value: float, unit: str, threshold: float) -> float | int | None:
    """Round for reading, with more digits where rounding would lift a value onto or across its threshold.

    Example: 30.04 min against 30 stays 30.04 (not 30.0, which would look met); 41.96 → 42.
    """
    if not np.isfinite(value):
        return None
    digits = _DIGITS.get(unit, 2)
    rounded = round(value, digits)
    while digits < 9 and value != threshold and (rounded - threshold) * (value - threshold) <= 0:
        digits += 1
        rounded = round(value, digits)
    return tidy_number(rounded, digits)


def round_all_beside_threshold(values: np.ndarray, unit: str, threshold: float) -> list[float | int | None]:
    """Return what `round_beside_threshold` returns for each of ``values`` (n,); only those it moved to or over the threshold go singly."""
    rounded = round_decimals(values, _DIGITS.get(unit, 2))
    with np.errstate(invalid="ignore"):
        crossed = (values != threshold) & ((rounded - threshold) * (values - threshold) <= 0)
    out = plain_numbers(rounded)
    for k in np.flatnonzero(crossed & np.isfinite(values)).tolist():
        out[k] = round_beside_threshold(float(values[k]), unit, threshold)
    return out


def settlement_states(
    gaps: pd.DataFrame, ids: pd.Index, items: list[str], standards: StandardsProfile
) -> tuple[list[str], list[list[Any]]]:
    """Return, per settlement, the digit string of states and the list of rounded values, in item order."""
    digit = {state: str(k) for k, state in enumerate(STATES)}
    known = gaps[gaps["item"].isin(items)]
    rows, columns = ids.get_indexer(known["settlement_id"]), pd.Index(items).get_indexer(known["item"])
    here = rows >= 0
    states = np.full((len(ids), len(items)), ".", dtype="U1")
    states[rows[here], columns[here]] = known["coverage"].map(digit).fillna("3").to_numpy(dtype="U1")[here]
    values = np.full((len(ids), len(items)), np.nan)
    values[rows[here], columns[here]] = known["value"].to_numpy(dtype=np.float64, na_value=np.nan)[here]
    shape = {item.id: (item.unit, 1.0 if item.threshold is None else item.threshold) for item in standards.items}
    rounded = [round_all_beside_threshold(values[:, k], *shape[one]) for k, one in enumerate(items)]
    by_row = [list(row) for row in zip(*rounded, strict=True)] if items else [[] for _ in range(len(ids))]
    return ["".join(row) for row in states.tolist()], by_row


def _describe_settlements(
    result: PlanResult, standards: StandardsProfile, items: list[str], unit_of: dict[str, int], key: str
) -> dict[str, Any]:
    """Return settlements column by column, with candidacy, hazard and coverage."""
    frame = result.demand.settlements
    ids = pd.Index(frame["settlement_id"].astype(str))
    candidacy = result.candidacy.candidacy.set_index("settlement_id").reindex(ids)
    hazard = result.exposure.summary.set_index("settlement_id").reindex(ids)
    states, values = settlement_states(result.coverage.gaps, ids, items, standards)
    klass = {name: k for k, name in enumerate(CLASSES)}
    return {
        "id": ids.tolist(), "n": text_of(frame, "name"), "g": encode_points(to_lonlat(frame.geometry)),
        "u": [unit_of.get(code, -1) for code in text_of(frame, key)] if key else [-1] * len(frame),
        "w": text_of(frame, "township_code"), "p": number_of(frame, "persons", 0), "h": number_of(frame, "households", 0),
        "c": [klass.get(one, 3) for one in text_of(candidacy, "relocation_class")], "sc": number_of(candidacy, "candidacy_score", 3),
        "lo": number_of(candidacy, "score_low", 3), "hi": number_of(candidacy, "score_high", 3),
        "ev": number_of(candidacy, "evidence_share", 3), "rk": number_of(candidacy, "rank", 0),
        "rz": text_of(candidacy, "reason_zh"), "re": text_of(candidacy, "reason_en"),
        "hs": text_of(hazard, "hazard_status"), "hk": text_of(hazard, "worst_kind"), "hc": text_of(hazard, "worst_class"),
        "s": states, "v": values,
    }  # fmt: skip


def _describe_units(
    result: PlanResult, plan: PlanConfig, items: list[str], level: str, *, with_pages: bool
) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Return the units drawn, and their simplified polygons in the working CRS."""
    frame: gpd.GeoDataFrame = getattr(result.demand, level)
    table: pd.DataFrame = getattr(result.coverage, level)
    codes = pd.Index(frame["code"].astype(str))
    table = table[table["item"].isin(items)]
    lost = pd.Index(table["code"].astype(str).unique()).difference(codes, sort=False)
    names = (
        text_of(frame, "name")
        + table.drop_duplicates("code").set_index("code")["name"].reindex(lost).fillna("").astype(str).tolist()
    )
    parents = text_of(frame, "parent_code") + [""] * len(lost)
    all_codes = codes.append(lost)
    rows, columns = all_codes.get_indexer(table["code"].astype(str)), pd.Index(items).get_indexer(table["item"])
    digit = {state: str(k) for k, state in enumerate(STATES)}
    states = np.full((len(all_codes), len(items)), ".", dtype="U1")
    states[rows, columns] = table["coverage"].map(digit).fillna("3").to_numpy(dtype="U1")
    people = np.zeros((len(all_codes), len(items), 4), dtype=np.int64)
    by = table.groupby(table["code"].astype(str))
    settled = by["settlements"].max().reindex(all_codes).fillna(0)
    exact = by["persons"].max().reindex(all_codes).to_numpy(dtype=np.float64, na_value=np.nan)
    persons = _round_units(exact)
    people[rows, columns] = count_people(table, _row_totals(table, exact[rows], persons[rows]))
    uncounted = by["persons_unknown_settlements"].max().reindex(all_codes).fillna(0)
    polygons = simplify_polygons(frame.geometry.to_numpy(), plan.output.simplify_m)
    shapes = encode_polygons(to_lonlat(gpd.GeoSeries(polygons, crs=frame.crs))) + [[]] * len(lost)
    units = [
        {
            "c": code, "n": name, "a": parent, "g": shape, "s": "".join(state), "k": counts.ravel().tolist(), "m": int(m),
            "p": tidy_number(float(p), 0), "q": int(q), **({"h": "groups/" + page_name(code)} if with_pages else {}),
        }
        for code, name, parent, shape, state, counts, m, p, q in zip(
            all_codes, names, parents, shapes, states, people, settled, persons, uncounted, strict=True
        )
    ]  # fmt: skip
    return units, polygons


def _round_units(exact: np.ndarray) -> np.ndarray:
    """Return whole people per unit that add up to the rounded total of all units; NaN stays NaN."""
    known = np.isfinite(exact)
    out = np.full(len(exact), np.nan)
    out[known] = round_keeping_total(exact[known][None, :])[0]
    return out


def _row_totals(table: pd.DataFrame, exact: np.ndarray, rounded: np.ndarray) -> np.ndarray:
    """Return the whole people that each row's states add up to: its unit's, or its own where an item counts fewer people."""
    own = table[[f"{state}_persons" for state in STATES]].fillna(0.0).sum(axis=1).to_numpy(dtype=np.float64)
    same = np.isfinite(rounded) & (np.abs(own - exact) < 1e-6)
    return np.where(same, rounded, np.floor(own + 0.5)).astype(np.int64)


def _outline(result: PlanResult, plan: PlanConfig, level: str, unit: str, polygons: np.ndarray) -> list[dict[str, Any]]:
    """Return the outlines and label points of townships or villages, dissolved from the drawn units where they nest."""
    frame: gpd.GeoDataFrame = getattr(result.demand, level)
    if frame.empty or level == unit:
        return []
    shapes = frame.geometry.to_numpy()
    members = _members(result, level, unit)
    if members is not None:
        made = []
        for code, own in zip(frame["code"], shapes, strict=True):
            inside = polygons[members == code]
            inside = inside[~shapely.is_missing(inside)]
            made.append(shapely.coverage_union_all(inside) if len(inside) else own)
        shapes = np.array(made, dtype=object)
    else:
        shapes = simplify_polygons(shapes, plan.output.simplify_m)
    lonlat = to_lonlat(gpd.GeoSeries(shapes, crs=frame.crs))
    centres = encode_points(shapely.point_on_surface(lonlat))
    encoded = encode_polygons(lonlat)
    return [
        {"c": code, "n": name, "a": parent, "g": shape, "l": centre}
        for code, name, parent, shape, centre in zip(
            text_of(frame, "code"), text_of(frame, "name"), text_of(frame, "parent_code"), encoded, centres, strict=True
        )
    ]


def _members(result: PlanResult, level: str, unit: str) -> np.ndarray | None:
    """Return, per drawn unit, the code of the ``level`` unit that holds it; None where codes do not nest."""
    if unit == "groups":
        village = result.demand.groups["parent_code"]
        if level == "villages":
            return village.to_numpy()
        parents = (
            result.demand.villages.drop_duplicates("code").set_index("code")["parent_code"]
            if len(result.demand.villages)
            else None
        )
        return None if parents is None else village.map(parents).to_numpy()
    if unit == "villages" and level == "townships":
        return result.demand.villages["parent_code"].to_numpy()
    return None


def page_level(result: PlanResult) -> str:
    """Return the level that has pages: the level drawn, else the finest level with figures, else ``""``."""
    return unit_level(result) or next(
        (one for one in ("groups", "villages", "townships") if len(getattr(result.coverage, one))), ""
    )


def gather(
    result: PlanResult,
    *,
    plan: PlanConfig,
    standards: StandardsProfile,
    layers: Layers,
    level: str | None = None,
    with_pages: bool | None = None,
) -> dict[str, Any]:
    """Return everything a county map shows, ready for `encoding.encode_json`; ``level`` is `unit_level` unless given."""
    items = [item.id for item in standards.items]
    level = unit_level(result) if level is None else level
    with_pages = plan.output.group_pages if with_pages is None else with_pages
    units, polygons = (
        _describe_units(result, plan, items, level, with_pages=with_pages) if level else ([], np.array([], dtype=object))
    )
    index = {unit["c"]: k for k, unit in enumerate(units)}
    key = {"groups": "group_code", "villages": "village_code", "townships": "township_code"}.get(level, "")
    county = result.coverage.county
    county = county[county["item"].isin(items)].drop_duplicates("item").set_index("item").reindex(items)
    totals = count_people(county)
    vintages = [
        {"id": one.id, "vintage": one.vintage, "licence": one.licence, "source": one.source}
        for one in (result.records or layers.records)
    ]  # fmt: skip
    return {
        "name": plan.name, "nameEn": plan.name_en or plan.name, "year": plan.year, "level": level,
        "standard": {"zh": standards.label_zh, "en": standards.label_en},
        "items": [describe_item(item) for item in standards.items],
        "totals": totals.ravel().tolist(),
        "unplaced": tidy_number(float(result.demand.unplaced_persons), 0),
        "units": units,
        "settlements": _describe_settlements(result, standards, items, index, key),
        "villages": _outline(result, plan, "villages", level, polygons),
        "townships": _outline(result, plan, "townships", level, polygons),
        "roads": features.describe_roads(layers, plan),
        "water": features.describe_water(layers, plan),
        "hazards": features.describe_hazards(layers, plan),
        "surveys": features.describe_surveys(layers, plan),
        "facilities": features.describe_facilities(result, plan),
        "sites": features.describe_sites(result, plan),
        "vintages": vintages,
    }  # fmt: skip


def bounds_lonlat(result: PlanResult) -> tuple[float, float, float, float]:
    """Return (west, south, east, north) of the county, its units or its settlements, degrees."""
    for frame in (
        result.demand.county,
        result.demand.townships,
        result.demand.villages,
        result.demand.groups,
        result.demand.settlements,
    ):
        geometry = frame.geometry.dropna()
        if len(geometry):
            west, south, east, north = (float(one) for one in geometry.to_crs(4326).total_bounds)
            if np.isfinite([west, south, east, north]).all():
                return (west, south, east, north)
    return (73.0, 18.0, 135.0, 54.0)
