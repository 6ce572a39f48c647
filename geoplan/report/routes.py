"""Describe the ways of settlements for maps: stretches on foot and by vehicle as simplified lines, encoded as all lines are.

Legs that look alike (on foot, by vehicle, by ferry or bus) are one stretch on the map, whatever roads they follow; the numbers beside them are of the
whole way. By hand: 100 m off the road, 300 m along a path, 2 km of village and county road: two stretches, dashed and solid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.status import Status
from geoplan.report.encoding import encode_json, encode_lines, to_lonlat

MAIN_SERVICES = ("clinic", "primary_school")
"""Services whose ways the pages show, where the plan has them; otherwise its first two."""
LOOKS: dict[str, int] = {"off_road": 0, "on_foot": 0, "wait": 0, "ride": 1, "ferry": 2, "bus": 2}
"""Kind of leg → look on the map: 0 on foot, 1 by vehicle, 2 by ferry or bus."""


@dataclass(frozen=True)
class RouteBook:
    """Ways ready for the pages.

    Attributes
    ----------
    services
        Ids of the services, in the order they are offered.
    season
        Season they are of.
    encoded
        Settlement id → service id → JSON of a way (see `encode_routes`).
    """

    services: tuple[str, ...]
    season: str
    encoded: Mapping[str, Mapping[str, str]]


def choose_services(plan: PlanConfig) -> list[str]:
    """Return the services whose ways the pages show."""
    ids = [one.id for one in plan.services]
    return [one for one in MAIN_SERVICES if one in ids] or ids[:2]


def encode_routes(legs: gpd.GeoDataFrame, *, names: Mapping[str, str], simplify_m: float, season: str) -> RouteBook:
    """Return the ways of ``legs`` (`geoplan.access.journeys.compute_routes`, one season) as JSON.

    Parameters
    ----------
    legs
        Legs of one or several services; of round trips the way there is drawn, and the minutes are of the whole trip.
    names
        Facility id → name.
    simplify_m
        Tolerance for simplifying the lines, metres.
    season
        Season they are of.

    Returns
    -------
    RouteBook
        Each way is ``[minutes, minutes on foot, where to, [[look, differences], …]]``; settlements without a way have none.
    """
    asked = tuple(dict.fromkeys(legs["service"]))
    known = legs[legs["status"] == Status.OK.value]
    encoded: dict[str, dict[str, str]] = {}
    if known.empty:
        return RouteBook(asked, season, encoded)
    drawn = draw_stretches(known[known["way"] == "there"], simplify_m=simplify_m)
    totals = _total_ways(known)
    ways: dict[tuple[str, str], list[list[Any]]] = {}
    columns = (drawn[one].tolist() for one in ("settlement_id", "service", "look", "line"))
    for settlement, service, look, line in zip(*columns, strict=True):
        ways.setdefault((settlement, service), []).append([look, line])
    for (settlement, service), lines in ways.items():
        minutes, foot, facility = totals[settlement, service]
        way = encode_json([minutes, foot, names.get(facility, "") or facility, lines])
        encoded.setdefault(settlement, {})[service] = way
    return RouteBook(asked, season, encoded)


def _total_ways(legs: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float, str]]:
    """Return minutes, minutes on foot, and the facility of every settlement and service."""
    foot = legs["leg_min"].where(legs["kind"].isin(["off_road", "on_foot"]), 0.0)
    by = legs.assign(foot_min=foot).groupby(["settlement_id", "service"], sort=False)
    totals = by.agg({"leg_min": "sum", "foot_min": "sum", "facility_id": "first"})
    columns = (totals["leg_min"].round(1), totals["foot_min"].round(1), totals["facility_id"])
    return dict(zip(totals.index.tolist(), zip(*(one.tolist() for one in columns), strict=True), strict=True))


def draw_stretches(legs: gpd.GeoDataFrame, *, simplify_m: float) -> pd.DataFrame:
    """Return settlement_id, service, look and line (differences, as `encoding.encode_lines`) of every stretch, in order along each way."""
    look = legs["kind"].map(LOOKS).to_numpy()
    codes = np.column_stack([pd.factorize(legs[one])[0] for one in ("settlement_id", "service")] + [look])
    stretch = np.cumsum(np.r_[True, (codes[1:] != codes[:-1]).any(axis=1)]) - 1
    first = np.flatnonzero(np.r_[True, stretch[1:] != stretch[:-1]])
    xy, leg = shapely.get_coordinates(legs.geometry.to_numpy(), return_index=True)
    lines = shapely.simplify(shapely.linestrings(xy, indices=stretch[leg]), simplify_m)
    encoded = encode_lines(to_lonlat(gpd.GeoSeries(lines, crs=legs.crs)))
    table = legs[["settlement_id", "service"]].iloc[first].reset_index(drop=True)
    return pd.DataFrame(table).assign(look=look[first], line=encoded)


def page_routes(book: RouteBook, plan: PlanConfig, settlements: Sequence[tuple[int, str]]) -> str:
    """Return the ways of some settlements (place in the payload, id) as safe JSON for a page; ``""`` where there is none.

    The object has ``season``, ``services`` (id, labels, place in the plan) and ``ways``: [settlement, service, way].
    """
    order = {one: k for k, one in enumerate(book.services)}
    ways = [
        f"[{place},{order[service]},{way}]" for place, code in settlements for service, way in book.encoded.get(code, {}).items()
    ]
    if not ways:
        return ""
    labels: list[dict[str, Any]] = [
        {"id": one.id, "zh": one.label_zh, "en": one.label_en, "k": k} for k, one in enumerate(plan.services) if one.id in order
    ]
    labels.sort(key=lambda one: order[str(one["id"])])
    return f'{{"season":{encode_json(book.season)},"services":{encode_json(labels)},"ways":[{",".join(ways)}]}}'
