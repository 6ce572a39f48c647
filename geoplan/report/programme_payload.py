"""Gather what the map of what to build shows: roads, facilities, water, lines, two departments' layers, ranks, and money by platform.

One dictionary feeds map and panel, so a number cannot differ between them; every number in it is one of the result tables'. Sentences that repeat are
written once and numbered (`relocation_payload.Sentences`), and nothing is written for what no table has: the page says of it that there is none.

By hand: a link of 581.4 m for 426,166 yuan on which 120 people rely is ``{"m": 581, "y": 426166, "p": 120}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.coverage_config import SitingQuestion
from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.water_profile import WaterProfile
from geoplan.report.encoding import encode_points, to_lonlat
from geoplan.report.layers import number_of, text_of, tidy_number
from geoplan.report.programme_findings import describe_comparisons, describe_platforms, describe_ranking
from geoplan.report.programme_prices import price_roads, price_site
from geoplan.report.programme_rows import as_rows, encode_each, split_ids, sum_known
from geoplan.report.programme_supply import describe_settlements, describe_supply
from geoplan.report.programme_words import MODEL_LABELS, ROAD_LABELS
from geoplan.report.relocation_payload import Sentences

if TYPE_CHECKING:
    from geoplan.contracts.coverage import RoadProgramme, SitingResult
    from geoplan.contracts.results import Layers, PlanResult

_COUNTY_PARTS = ("name", "nameEn", "year", "townships", "roads", "water", "hazards", "surveys", "vintages")


def gather_programme(
    result: PlanResult,
    county: Mapping[str, Any],
    *,
    plan: PlanConfig,
    standards: StandardsProfile,
    layers: Layers,
    costs: CostProfile | None = None,
    water: WaterProfile | None = None,
) -> dict[str, Any]:
    """Return everything the map of what to build shows, ready for `encoding.encode_json`.

    Parameters
    ----------
    result
        Roads, siting, water, lines, comparison, ledger and ranking; each may be None.
    county
        Payload of `payload.gather`: townships, roads, water and hazards are taken from it as they are.
    plan, standards
        Labels of services, networks and comparisons, and the standards whose gaps are priced.
    layers
        Places of water sources that are no facility of the plan.
    costs, water
        Profiles whose prices are named; without them the page says that the source of a price is not stated.
    """
    told = Sentences()
    return {
        **{name: county[name] for name in _COUNTY_PARTS},
        "profile": {"zh": standards.label_zh, "en": standards.label_en}, "level": "", "units": [], "villages": [],
        "links": describe_links(result.programme, result.demand.groups), "programme": describe_programme(result.programme),
        "roadPrices": price_roads(costs),
        "questions": describe_questions(result.siting, plan, standards, costs, told),
        **describe_supply(result, plan, layers, water), "settlements": describe_settlements(result, plan, told),
        "comparisons": describe_comparisons(result.comparison, result.demand, plan, told), "ranking": describe_ranking(result.ranking, plan, told),
        "platforms": describe_platforms(result.ledger), "texts": [list(one) for one in told.pairs],
    }  # fmt: skip


def describe_links(programme: RoadProgramme | None, groups: pd.DataFrame) -> list[dict[str, Any]]:
    """Return every link of the road programme, with the groups that rely on it by name."""
    if programme is None or not len(programme.links):
        return []
    frame = programme.links
    names = dict(zip(text_of(groups, "code"), text_of(groups, "name"), strict=True)) if len(groups) else {}
    return as_rows(
        {
            "i": text_of(frame, "link_id"), "k": text_of(frame, "kind"), "m": number_of(frame, "length_m", 0), "y": number_of(frame, "capital_yuan", 0),
            "yy": number_of(frame, "yearly_yuan", 0), "b": number_of(frame, "bridges", 0), "bm": number_of(frame, "bridge_m", 0),
            "p": number_of(frame, "persons", 0), "gr": [[names.get(one) or one for one in codes] for codes in split_ids(frame, "groups")],
            "mg": number_of(frame, "minutes_gained", 0), "w": text_of(frame, "township_code"), "g": encode_each(frame),
        }
    )  # fmt: skip


def describe_programme(programme: RoadProgramme | None) -> dict[str, Any] | None:
    """Return what is told of the road programme as a whole; None without one."""
    if programme is None:
        return None
    frame = programme.links
    kinds = text_of(frame, "kind")
    order = [*ROAD_LABELS, *sorted(set(kinds) - set(ROAD_LABELS))]
    sums = [_sum_kind(frame[np.array(kinds) == kind], kind) for kind in order if kind in kinds]
    status = text_of(programme.groups, "status")
    there = programme.groups["has_road"].fillna(value=False).astype(bool).to_numpy() if "has_road" in programme.groups else None
    return {
        "kinds": sums, "n": len(frame), "m": sum_known(frame, "length_m"), "y": tidy_number(programme.total_yuan, 0),
        "bound": tidy_number(programme.bound_yuan, 0), "gap": tidy_number(programme.gap_share, 5), "alone": tidy_number(programme.alone_yuan, 0),
        "shared": tidy_number(programme.shared_yuan, 0), "method": str(programme.method), "bridges": sum_known(frame, "bridges"),
        "groups": len(status), "have": None if there is None else int(there.sum()),
        "joined": sum(1 for one in text_of(programme.groups, "links") if one),
        "open": {one: status.count(one) for one in sorted(set(status)) if one != "ok"},
    }  # fmt: skip


def _sum_kind(frame: pd.DataFrame, kind: str) -> dict[str, Any]:
    return {
        "k": kind,
        "n": len(frame),
        "m": sum_known(frame, "length_m"),
        "y": sum_known(frame, "capital_yuan"),
    }


def describe_questions(
    siting: SitingResult | None, plan: PlanConfig, standards: StandardsProfile, costs: CostProfile | None, told: Sentences
) -> list[dict[str, Any]]:
    """Return every question of where to build: its sites in their order, its curve, and how far it is proven."""
    if siting is None or not len(siting.summary):
        return []
    asked = {one.id: one for one in plan.coverage.siting}
    services = {one.id: (one.label_zh, one.label_en) for one in plan.services}
    sites, curve = _describe_sites(siting.sites), siting.curve
    out = []
    for place, row in enumerate(as_rows({name: siting.summary[name].tolist() for name in siting.summary})):
        name, own = str(row["question"]), curve[curve["question"].astype(str) == str(row["question"])]
        question, model = asked.get(name), str(row["model"])
        service = services.get(str(row["service"]), (str(row["service"]),) * 2)
        words = MODEL_LABELS.get(model, (model, model))
        out.append(
            {
                "id": name, "zh": service[0], "en": service[1], "model": model, "mzh": words[0], "men": words[1], "st": str(row["status"]),
                "gap": tidy_number(float(row["gap_share"]), 5), "obj": tidy_number(float(row["objective"]), 0),
                "r": told.number([str(row["reason_zh"])], [str(row["reason_en"])])[0],
                "within": None if question is None else question.within_min, **_describe_asked(question, costs, standards),
                "sites": [one for one in sites if one["q"] == name], "curve": _describe_curve(own), "k": place,
            }
        )  # fmt: skip
    return out


def _describe_asked(question: SitingQuestion | None, costs: CostProfile | None, standards: StandardsProfile) -> dict[str, Any]:
    """Return whose places count, by which season, and where the cost comes from."""
    if question is None:
        return {"age": None, "season": None, "price": None}
    ages = {one.id: (one.label_zh, one.label_en) for one in standards.age_groups}
    age = None if question.age_group is None else list(ages.get(question.age_group, (question.age_group,) * 2))
    return {"age": age, "season": question.season, "price": price_site(question, costs, standards)}


def _describe_sites(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return new and existing facilities of all questions."""
    if not len(frame):
        return []
    return as_rows(
        {
            "q": text_of(frame, "question"), "i": text_of(frame, "candidate_id"), "n": text_of(frame, "name"), "w": text_of(frame, "township_code"),
            "o": number_of(frame, "order", 0), "pg": number_of(frame, "persons_gained", 0), "ps": number_of(frame, "persons_served", 0),
            "cp": number_of(frame, "capacity", 0), "y": number_of(frame, "cost_yuan", 0),
            "ex": [int(one) for one in frame["existing"].fillna(value=False).astype(bool)], "hz": text_of(frame, "hazard_status"),
            "g": encode_points(shapely.centroid(to_lonlat(frame.geometry))),
        }
    )  # fmt: skip


def _describe_curve(curve: pd.DataFrame) -> dict[str, Any]:
    """Return the curve of people covered against facilities and money."""
    first = curve.iloc[0] if len(curve) else {}
    return {
        "n": number_of(curve, "facilities", 0), "b": number_of(curve, "budget_yuan", 0), "c": number_of(curve, "covered_persons", 0),
        "u": number_of(curve, "bound_persons", 0), "o": number_of(curve, "order_persons", 0),
        **{key: tidy_number(float(first.get(column, np.nan)), 0) for key, column in
           (("all", "demand_persons"), ("far", "unreachable_persons"), ("unknown", "unknown_persons"))},
    }  # fmt: skip
