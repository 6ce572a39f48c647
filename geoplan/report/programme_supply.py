"""Describe who is served with water, power and signal, by what, and what would be laid: settlements, sources, pipes and lines of the map.

Settlements are columns, in the order of the county's table; a settlement that a table does not name is unknown there. Sources are where the plan's
facilities or layers have them; one without a place is told all the same. By hand: of settlements of 60, 30 and 10 people served by gravity, gravity and
nobody knows, ``served`` says gravity 90 (2 settlements), unknown 10 (1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.water_profile import WaterProfile
from geoplan.report.encoding import encode_points, to_lonlat
from geoplan.report.layers import number_of, text_of, tidy_number
from geoplan.report.programme_prices import price_pipes
from geoplan.report.programme_rows import as_rows, count_ids, encode_each, split_ids
from geoplan.report.programme_words import SERVED_LABELS, WITHIN_LABELS

if TYPE_CHECKING:
    from geoplan.contracts.coverage import LinesResult, WaterResult
    from geoplan.contracts.results import Layers, PlanResult
    from geoplan.report.relocation_payload import Sentences

_RULE_DIGITS = {"true": "0", "met": "0", "false": "1", "short": "1"}
SERVED, WITHIN = tuple(SERVED_LABELS), tuple(WITHIN_LABELS)
"""Codes of the states, whose place is the digit in the columns of settlements; the last of each is unknown."""


def describe_supply(result: PlanResult, plan: PlanConfig, layers: Layers, water: WaterProfile | None) -> dict[str, Any]:
    """Return water sources, pipes and lines, the people by state, and the networks of the plan.

    Parameters
    ----------
    result
        Water and lines; each may be None.
    plan
        Networks with their labels and radii.
    layers
        Where water sources lie that are no facilities.
    water
        Profile whose prices are named.
    """
    return {
        "sources": describe_sources(result, plan, layers), "pipes": describe_pipes(result.water),
        "served": _count_served(result.water), "pipePrices": price_pipes(water), "rules": [] if result.water is None else list_rules(result.water),
        "lines": describe_lines(result.lines), "networks": describe_networks(result.lines, plan),
    }  # fmt: skip


def describe_settlements(result: PlanResult, plan: PlanConfig, told: Sentences) -> dict[str, Any]:
    """Return settlements column by column: place, people, water, and one entry per network."""
    frame = result.demand.settlements
    ids = pd.Index(frame["settlement_id"].astype(str))
    groups = result.demand.groups
    names = dict(zip(text_of(groups, "code"), text_of(groups, "name"), strict=True)) if len(groups) else {}
    return {
        "id": ids.tolist(), "n": text_of(frame, "name"), "g": encode_points(to_lonlat(frame.geometry)), "w": text_of(frame, "township_code"),
        "u": [names.get(one) or one for one in text_of(frame, "group_code")], "p": number_of(frame, "persons", 0),
        "water": None if result.water is None or not len(result.water.settlements) else _describe_water(result.water, ids, told),
        "net": {} if result.lines is None else {one.id: _describe_net(result.lines.settlements, one.id, ids, told) for one in plan.coverage.lines},
    }  # fmt: skip


def _by_settlement(frame: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """Return one row per settlement of ``ids``, in their order; one that is not in the frame has no values."""
    if not len(frame):
        return pd.DataFrame(index=ids)
    own = frame.assign(settlement_id=frame["settlement_id"].astype(str)).drop_duplicates("settlement_id")
    return own.set_index("settlement_id").reindex(ids)


def _digits(frame: pd.DataFrame, column: str, codes: tuple[str, ...]) -> list[int]:
    """Return the place of each code; that of unknown, the last, where it is none of them."""
    place = {one: k for k, one in enumerate(codes)}
    return [place.get(one, len(codes) - 1) for one in text_of(frame, column)]


def list_rules(water: WaterResult) -> list[dict[str, str]]:
    """Return the water rules in the order in which they were judged: id and label, the id itself where nobody has labelled it."""
    table = water.rules.drop_duplicates("rule") if "rule" in water.rules else water.rules.iloc[:0]
    labels = dict(
        zip(text_of(table, "rule"), zip(text_of(table, "label_zh"), text_of(table, "label_en"), strict=True), strict=True)
    )
    ids = dict.fromkeys([*labels, *(part.rpartition(":")[0] for one in split_ids(water.settlements, "rules") for part in one)])
    words = {one: labels.get(one, ("", "")) for one in ids}
    return [{"i": one, "zh": zh or one, "en": en or one} for one, (zh, en) in words.items()]


def _judge(frame: pd.DataFrame, rules: list[dict[str, str]]) -> list[str]:
    """Return one digit per rule for each settlement: 0 met, 1 not met, 2 unknown."""
    given = [dict(part.rpartition(":")[::2] for part in one) for one in split_ids(frame, "rules")]
    return ["".join(_RULE_DIGITS.get(one.get(rule["i"], ""), "2") for rule in rules) for one in given]


def _describe_water(water: WaterResult, ids: pd.Index, told: Sentences) -> dict[str, Any]:
    frame, rules = water.settlements, list_rules(water)
    own = _by_settlement(frame, ids)
    return {
        "s": _digits(own, "served_by", SERVED), "i": text_of(own, "source_id"), "n": told.number(text_of(own, "source_name"), text_of(own, "source_name")),
        "h": number_of(own, "head_m"), "m": number_of(own, "pipe_m", 0), "l": number_of(own, "lift_m"), "d": number_of(own, "l_person_day", 0),
        "rel": number_of(own, "reliability_share", 3), "t": number_of(own, "round_trip_min"), "ru": _judge(own, rules),
        "r": told.number(text_of(own, "reason_zh"), text_of(own, "reason_en")),
    }  # fmt: skip


def _describe_net(frame: pd.DataFrame, network: str, ids: pd.Index, told: Sentences) -> dict[str, Any]:
    own = _by_settlement(frame[frame["network"].astype(str) == network] if "network" in frame else frame.iloc[:0], ids)
    return {
        "s": _digits(own, "within", WITHIN), "i": text_of(own, "nearest_id"), "d": number_of(own, "distance_m", 0), "rad": number_of(own, "radius_m", 0),
        "l": number_of(own, "load_share", 3), "m": number_of(own, "connect_m", 0), "y": number_of(own, "capital_yuan", 0),
        "r": told.number(text_of(own, "reason_zh"), text_of(own, "reason_en")),
    }  # fmt: skip


def count_states(frame: pd.DataFrame, column: str, codes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return people and settlements of each state, and how many settlements have no number of people.

    >>> table = pd.DataFrame({"within": ["true", "false", "true"], "persons": [60.0, 30.0, float("nan")]})
    >>> count_states(table, "within", ("true", "false", "unknown"))[0]
    {'k': 'true', 'p': 60, 'n': 2, 'q': 1}
    """
    place = pd.Series(_digits(frame, column, codes), index=frame.index, dtype="int64")
    out = []
    for k, code in enumerate(codes):
        persons = pd.to_numeric(frame.loc[place == k, "persons"], errors="coerce")
        out.append({"k": code, "p": tidy_number(float(persons.sum()), 0), "n": len(persons), "q": int(persons.isna().sum())})
    return out


def _count_served(water: WaterResult | None) -> list[dict[str, Any]]:
    return [] if water is None or not len(water.settlements) else count_states(water.settlements, "served_by", SERVED)


def describe_networks(lines: LinesResult | None, plan: PlanConfig) -> list[dict[str, Any]]:
    """Return each network of the plan with its people by state, what its lines come to, and where its radius comes from."""
    if lines is None:
        return []
    out = []
    for one in plan.coverage.lines:
        mine = lines.settlements["network"].astype(str) == one.id if "network" in lines.settlements else []
        own = lines.settlements[mine] if len(lines.settlements) else None
        drawn = lines.lines[lines.lines["network"].astype(str) == one.id] if len(lines.lines) else lines.lines
        money = pd.to_numeric(drawn["capital_yuan"], errors="coerce") if len(drawn) else pd.Series(dtype="float64")
        out.append(
            {
                "id": one.id, "zh": one.label_zh, "en": one.label_en, "kind": one.kind, "rad": one.radius_m, "src": f"{one.source} {one.clause}".strip(),
                "e": one.status, "states": [] if own is None else count_states(own, "within", WITHIN), "n": len(drawn), "ym": one.yuan_per_m,
                "m": tidy_number(float(pd.to_numeric(drawn["length_m"], errors="coerce").sum()), 0) if len(drawn) else 0,
                "y": tidy_number(float(money.sum()), 0) if money.notna().any() else None, "noprice": int(money.isna().sum()),
            }
        )  # fmt: skip
    return out


def describe_pipes(water: WaterResult | None) -> list[dict[str, Any]]:
    """Return every pipe: gravity or pumped, its size, flow, people and cost."""
    if water is None or not len(water.pipes):
        return []
    frame = water.pipes
    return as_rows(
        {
            "i": text_of(frame, "pipe_id"), "s": text_of(frame, "source_id"), "k": text_of(frame, "mode"), "p": number_of(frame, "persons", 0),
            "m": number_of(frame, "length_m", 0), "d": number_of(frame, "diameter_mm", 0), "f": number_of(frame, "flow_l_s", 2),
            "l": number_of(frame, "loss_m"), "y": number_of(frame, "capital_yuan", 0), "n": count_ids(frame, "settlements"), "g": encode_each(frame),
        }
    )  # fmt: skip


def describe_lines(lines: LinesResult | None) -> list[dict[str, Any]]:
    """Return every line to be built, with the people and settlements behind it."""
    if lines is None or not len(lines.lines):
        return []
    frame = lines.lines
    return as_rows(
        {
            "i": text_of(frame, "line_id"), "k": text_of(frame, "network"), "f": text_of(frame, "from_id"), "p": number_of(frame, "persons", 0),
            "m": number_of(frame, "length_m", 0), "y": number_of(frame, "capital_yuan", 0), "n": count_ids(frame, "settlements"), "g": encode_each(frame),
        }
    )  # fmt: skip


def describe_sources(result: PlanResult, plan: PlanConfig, layers: Layers) -> list[dict[str, Any]]:
    """Return water schemes and springs, with the share of their water that is used; ``g`` is None where the place is not known."""
    if result.water is None or not len(result.water.sources):
        return []
    frame = result.water.sources
    ids = text_of(frame, "source_id")
    places = _find_places(result, plan, layers)
    return as_rows(
        {
            "i": ids, "n": text_of(frame, "name"), "k": text_of(frame, "water_kind"), "q": number_of(frame, "yield_m3_day"),
            "rel": number_of(frame, "reliability_share", 3), "p": number_of(frame, "persons", 0), "d": number_of(frame, "demand_m3_day"),
            "l": number_of(frame, "used_share", 5), "st": text_of(frame, "status"), "g": [places.get(one) for one in ids],
        }
    )  # fmt: skip


def _find_places(result: PlanResult, plan: PlanConfig, layers: Layers) -> dict[str, list[int] | None]:
    """Return the place of every water source: of the facilities that share its layers, else of the layers themselves."""
    wanted = plan.coverage.water.sources
    services = [one.id for one in plan.services if set(one.layers) & set(wanted)]
    facilities = result.access.facilities
    frames = [layers.vectors[name] for name in wanted if name in layers.vectors and "facility_id" in layers.vectors[name]]
    frames.append(facilities[facilities["service"].isin(services)])
    found: dict[str, list[int] | None] = {}
    for frame in frames:
        found |= dict(zip(text_of(frame, "facility_id"), encode_points(shapely.centroid(to_lonlat(frame.geometry))), strict=True))
    return found
