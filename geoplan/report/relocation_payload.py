"""Gather what the relocation map and the site pages show: who moves where, how sure it is, how full the sites are, what ground is ruled out.

One dictionary feeds map and pages, so a number cannot differ between them. Settlements are columns, as in `payload`; sentences that repeat
are written once and numbered. Shares are per mille: a probability of 0.834 is 834, so that four of them add up to 1,000. Moves are not
written at all: a line runs from a settlement to its site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.contracts.profiles import RelocationProfile
from geoplan.contracts.relocation import AllocationResult, CertaintyResult, DecisionResult
from geoplan.contracts.results import PlanResult
from geoplan.contracts.status import RelocationClass
from geoplan.report.encoding import encode_lines, encode_points, encode_polygons, page_name, to_lonlat
from geoplan.report.exclusion_images import describe_exclusions
from geoplan.report.layers import number_of, text_of, tidy_number
from geoplan.report.payload import CLASSES
from geoplan.report.relocation_parts import MOVES, RelocationParts, balance_people
from geoplan.report.relocation_words import site_page_name
from geoplan.report.style import round_keeping_total

VERDICTS = ("certain_move", "certain_stay", "depends")
SITES_FOLDER, GROUPS_FOLDER = "sites/", "groups/"
_COUNTY_PARTS = ("name", "nameEn", "year", "townships", "roads", "water", "hazards", "surveys", "vintages")
_SERVICES = ("seat", "primary_school", "clinic")
"""Services a site is judged by; the others are on the county's map."""


class Sentences:
    """Sentences in two languages, each written once.

    >>> told = Sentences()
    >>> told.number(["甲", "乙", "甲"], ["a", "b", "a"]), told.pairs
    ([0, 1, 0], [('甲', 'a'), ('乙', 'b')])
    """

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []
        self._place: dict[tuple[str, str], int] = {}

    def number(self, chinese: list[str], english: list[str]) -> list[int]:
        """Return the number of each pair of sentences; -1 where both are empty."""
        return [-1 if not zh and not en else self._add((zh, en)) for zh, en in zip(chinese, english, strict=True)]

    def _add(self, pair: tuple[str, str]) -> int:
        place = self._place.setdefault(pair, len(self.pairs))
        if place == len(self.pairs):
            self.pairs.append(pair)
        return place


def gather_relocation(
    result: PlanResult,
    parts: RelocationParts,
    county: Mapping[str, Any],
    *,
    profile: RelocationProfile | None = None,
    has_group_pages: bool = True,
    has_site_pages: bool = True,
) -> dict[str, Any]:
    """Return everything the relocation map shows, ready for `encoding.encode_json`.

    Parameters
    ----------
    result
        Settlements, candidacy, exposure and sites.
    parts
        Needs the allocation; what else is absent is left out of the map.
    county
        Payload of `payload.gather`: roads, water, hazards, facilities and borders are taken from it as they are.
    profile
        Named as the source of classes and thresholds.
    has_group_pages, has_site_pages
        Whether the pages are there to be linked.
    """
    allocation = parts.need_allocation()
    told = Sentences()
    sites = _describe_sites(result, allocation, told, has_pages=has_site_pages)
    groups = _describe_groups(result, parts, told, has_pages=has_group_pages)
    place = {one["i"]: k for k, one in enumerate(sites)}
    settlements = _describe_settlements(result, parts, told, {one["c"]: k for k, one in enumerate(groups)}, place)
    named = {"zh": "", "en": ""} if profile is None else {"zh": profile.label_zh, "en": profile.label_en}
    return {
        **{name: county[name] for name in _COUNTY_PARTS},
        "facilities": [one for one in county["facilities"] if one["id"] in _SERVICES] or list(county["facilities"][:2]),
        "level": "", "profile": named, "villages": [], "units": groups, "settlements": settlements, "sites": sites,
        "links": describe_links(parts.decision, told), "exclusions": describe_exclusions(result.sites),
        "balance": asdict(balance_people(allocation, result.demand, result.candidacy.candidacy, classes=tuple(CLASSES))),
        "plan": _describe_plan(allocation, parts.certainty), "batches": _describe_batches(parts),
        "texts": [list(one) for one in told.pairs],
    }  # fmt: skip


def _by_settlement(frame: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """Return one row per settlement of ``ids``, in their order; a settlement that is not in the frame has no values."""
    own = frame.assign(settlement_id=frame["settlement_id"].astype(str)).drop_duplicates("settlement_id")
    return own.set_index("settlement_id").reindex(ids)


def _describe_settlements(
    result: PlanResult, parts: RelocationParts, told: Sentences, groups: dict[str, int], sites: dict[str, int]
) -> dict[str, Any]:
    """Return settlements column by column."""
    frame = result.demand.settlements
    ids = pd.Index(frame["settlement_id"].astype(str))
    given = _by_settlement(parts.need_allocation().settlements, ids)
    candidacy = _by_settlement(result.candidacy.candidacy, ids)
    hazard = _by_settlement(result.exposure.summary, ids)
    # Why somebody may stay is on the page of the group; here it would be half of the map's bytes.
    explained = candidacy.where(candidacy["relocation_class"] != RelocationClass.STAY.value)
    moves = {name: k for k, name in enumerate(MOVES)}
    klass = {name: k for k, name in enumerate(CLASSES)}
    same = given["same_township"].fillna(value=False).astype(bool) if "same_township" in given else pd.Series(False, index=ids)
    return {
        "id": ids.tolist(), "n": text_of(frame, "name"), "g": encode_points(to_lonlat(frame.geometry)),
        "u": [groups.get(code, -1) for code in text_of(frame, "group_code")], "w": text_of(frame, "township_code"),
        "p": number_of(frame, "persons", 0), "h": number_of(frame, "households", 0),
        "ps": told.number(*_person_sources(frame)),
        "c": [klass.get(one, 3) for one in text_of(candidacy, "relocation_class")], "sc": number_of(candidacy, "candidacy_score", 3),
        "ev": number_of(candidacy, "evidence_share", 3), "cr": told.number(text_of(explained, "reason_zh"), text_of(explained, "reason_en")),
        "m": [moves.get(one, 3) for one in text_of(given, "move")], "t": [sites.get(one, -1) for one in text_of(given, "site_id")],
        "mn": number_of(given, "travel_min", 1), "st": number_of(given, "straight_m", 0), "same": [int(one) for one in same],
        "r": told.number(text_of(given, "reason_zh"), text_of(given, "reason_en")),
        "hs": text_of(hazard, "hazard_status"), "hk": text_of(hazard, "worst_kind"), "hc": text_of(hazard, "worst_class"),
        **_describe_certainty(parts.certainty, ids, told), **_describe_treatment(parts, ids, told),
    }  # fmt: skip


def _person_sources(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return where the number of people comes from, in words."""
    words = {"layer": ("居民点图层", "settlement layer"), "raster": ("人口栅格分摊", "shared out from the population raster")}
    pairs = [words.get(one, (one, one)) for one in text_of(frame, "persons_source")]
    return [one[0] for one in pairs], [one[1] for one in pairs]


def _describe_certainty(certainty: CertaintyResult | None, ids: pd.Index, told: Sentences) -> dict[str, Any]:
    """Return probabilities (per mille), verdict and what it depends on; nothing without certainty."""
    if certainty is None:
        return {}
    table = _by_settlement(certainty.settlements, ids)
    verdict = {name: k for k, name in enumerate(VERDICTS)}
    labels = certainty.tornado.drop_duplicates("factor")
    factors = [[part for part in one.split(";") if part] for one in text_of(table, "depends_on")]
    names = dict(
        zip(text_of(labels, "factor"), zip(text_of(labels, "label_zh"), text_of(labels, "label_en"), strict=True), strict=True)
    )
    chinese = ["、".join(names.get(part, (part, part))[0] for part in one) for one in factors]
    english = [", ".join(names.get(part, (part, part))[1] for part in one) for one in factors]
    # The sentence is told where something hangs on it: of people who surely stay it is on the page of their group.
    hushed = table.where(table["verdict"] != "certain_stay")
    return {
        "q": _per_mille(table), "v": [verdict.get(one, 2) for one in text_of(table, "verdict")], "d": told.number(chinese, english),
        "vr": told.number(text_of(hushed, "reason_zh"), text_of(hushed, "reason_en")),
    }  # fmt: skip


def _per_mille(table: pd.DataFrame) -> list[list[int]]:
    """Return (n, 4) probabilities of the classes in thousandths that add up to 1,000; an empty list where they are not known."""
    raw = table[["p_must", "p_suggest", "p_stay", "p_undecided"]].to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.isfinite(raw).all(axis=1)
    whole = round_keeping_total(np.where(known[:, None], np.maximum(raw, 0.0), 0.0) * 1000.0)
    return [row if here else [] for row, here in zip(whole.tolist(), known.tolist(), strict=True)]


def _describe_treatment(parts: RelocationParts, ids: pd.Index, told: Sentences) -> dict[str, Any]:
    """Return how the hazard at each settlement is dealt with."""
    if parts.treatment is None:
        return {}
    table = _by_settlement(parts.treatment.summary, ids)
    return {"tr": text_of(table, "treatment"), "tz": told.number(text_of(table, "reason_zh"), text_of(table, "reason_en"))}


def _describe_groups(result: PlanResult, parts: RelocationParts, told: Sentences, *, has_pages: bool) -> list[dict[str, Any]]:
    """Return the groups in which somebody lives: code, name, page, form of the move and its reason."""
    frame = result.demand.settlements
    codes = [one for one in dict.fromkeys(text_of(frame, "group_code")) if one]
    table = result.demand.groups
    names = dict(zip(text_of(table, "code"), text_of(table, "name"), strict=True)) if len(table) else {}
    rows = [
        {"c": code, "n": names.get(code, ""), **({"h": GROUPS_FOLDER + page_name(code)} if has_pages else {})} for code in codes
    ]
    if parts.group_moves is None:
        return rows
    own = parts.group_moves.groups
    form = dict(zip(text_of(own, "group_code"), text_of(own, "form"), strict=True))
    why = dict(
        zip(
            text_of(own, "group_code"), told.number(text_of(own, "reason_zh"), text_of(own, "reason_en")), strict=True
        )
    )  # fmt: skip
    return [row | {"f": form.get(str(row["c"]), ""), "fr": why.get(str(row["c"]), -1)} for row in rows]


def _describe_sites(
    result: PlanResult, allocation: AllocationResult, told: Sentences, *, has_pages: bool
) -> list[dict[str, Any]]:
    """Return every site with its load; a site that stands in the allocation alone is told without a place."""
    load = allocation.sites.assign(site_id=allocation.sites["site_id"].astype(str)).drop_duplicates("site_id")
    frame = result.sites.sites.assign(site_id=result.sites.sites["site_id"].astype(str)).drop_duplicates("site_id")
    ids = pd.Index(load["site_id"])
    frame = frame.set_index("site_id").reindex(ids.union(frame["site_id"], sort=False))
    load = load.set_index("site_id").reindex(frame.index)
    lonlat = to_lonlat(gpd.GeoSeries(frame.geometry, crs=result.sites.sites.crs))
    areal = np.isin(shapely.get_type_id(lonlat), (3, 6))
    areas = encode_polygons(np.where(areal, lonlat, np.array(None, dtype=object)))
    centres = encode_points(shapely.point_on_surface(lonlat))
    opened = load["opened"].fillna(value=False).astype(bool).tolist()
    capacity = load["capacity_persons"].where(load["capacity_persons"].notna(), frame["capacity_persons"])
    names = [one or other for one, other in zip(text_of(frame, "name"), text_of(load, "name"), strict=True)]
    columns = {
        "i": frame.index.astype(str).tolist(), "n": names, "k": text_of(frame, "kind"), "w": text_of(frame, "township_code"),
        "o": [int(one) for one in opened], "p": number_of(load, "persons", 0), "h": number_of(load, "households", 0),
        "cp": number_of(pd.DataFrame({"c": capacity}), "c", 0), "ch": number_of(load, "capacity_households", 0), "b": text_of(load, "binding"),
        "l": number_of(load, "load_share", 5), "ns": number_of(load, "settlements", 0), "ng": number_of(load, "groups", 0),
        "y": number_of(load, "cost_yuan", 0), "r": told.number(text_of(load, "reason_zh"), text_of(load, "reason_en")),
        "cb": told.number(text_of(frame, "capacity_basis_zh"), text_of(frame, "capacity_basis_en")), "s": number_of(frame, "site_score", 3),
        "rk": number_of(frame, "rank", 0), "a": number_of(frame, "area_m2", 0), "sl": number_of(frame, "slope_deg"), "x": text_of(frame, "excluded_reason"),
    }  # fmt: skip
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    pages = [{"href": SITES_FOLDER + site_page_name(one["i"])} if has_pages and one["o"] else {} for one in rows]
    return [row | {"g": g, "area": area} | page for row, g, area, page in zip(rows, centres, areas, pages, strict=True)]


def describe_links(decision: DecisionResult | None, told: Sentences) -> list[dict[str, Any]]:
    """Return the road links that serving in place would need."""
    if decision is None or not len(decision.links):
        return []
    frame = decision.links
    lonlat = to_lonlat(frame.geometry)
    lines = [encode_lines(np.array([one], dtype=object)) for one in lonlat]
    split = told.number(text_of(frame, "split_zh"), text_of(frame, "split_en"))
    columns = {
        "i": text_of(frame, "link_id"), "k": text_of(frame, "kind"), "m": number_of(frame, "length_m", 0), "y": number_of(frame, "capital_yuan", 0),
        "yy": number_of(frame, "yearly_yuan", 0), "b": number_of(frame, "bridges", 0), "p": number_of(frame, "persons", 0),
        "gr": [[part for part in one.split(";") if part] for one in text_of(frame, "groups")], "r": split, "g": lines,
    }  # fmt: skip
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _describe_plan(allocation: AllocationResult, certainty: CertaintyResult | None) -> dict[str, Any]:
    """Return what is told of the plan as a whole."""
    moved = allocation.settlements[allocation.settlements["move"] == "assigned"]
    persons = pd.to_numeric(moved["persons"], errors="coerce").fillna(0.0).to_numpy(dtype=np.float64)
    minutes = moved["travel_min"].to_numpy(dtype=np.float64, na_value=np.nan)
    timed = np.isfinite(minutes)
    weight = persons[timed].sum()
    cost = pd.to_numeric(allocation.sites["cost_yuan"], errors="coerce")
    return {
        "status": str(allocation.status), "gap": tidy_number(float(allocation.gap_share), 5),
        "opened": int(allocation.sites["opened"].fillna(value=False).astype(bool).sum()), "sites": len(allocation.sites),
        "yuan": tidy_number(float(cost.sum()), 0) if cost.notna().any() else None,
        "min": tidy_number(float(persons[timed] @ minutes[timed] / weight), 1) if weight > 0 else None,
        "same": tidy_number(float(persons[moved["same_township"].fillna(value=False).to_numpy(dtype=bool)].sum()), 0),
        "draws": None if certainty is None else int(certainty.draws),
    }  # fmt: skip


def _describe_batches(parts: RelocationParts) -> list[dict[str, Any]]:
    """Return people by batch, whole and adding up."""
    if parts.batches is None or not len(parts.batches.totals):
        return []
    frame = parts.batches.totals
    if frame["batch"].isin(["not_concerned", "unknown"]).all():
        # A policy that knows no batches has nothing to add up.
        return []
    people = round_keeping_total(np.nan_to_num(frame["persons"].to_numpy(dtype=np.float64, na_value=np.nan))[None, :])[0]
    columns = {
        "zh": text_of(frame, "label_zh"), "en": text_of(frame, "label_en"), "p": people.tolist(), "n": number_of(frame, "settlements", 0),
        "src": [" ".join(part for part in one if part) for one in zip(text_of(frame, "source"), text_of(frame, "clause"), strict=True)],
    }  # fmt: skip
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
