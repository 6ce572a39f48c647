"""Describe what two departments' layers say of one another, how townships rank, and what the gaps cost by platform, for map and panel.

By hand: of four rows, two agree, one contradicts and one is only on the left: the summary says 2, 1, 1 and no others; three gaps of one platform at
100, 200 and no price are 3 gaps, 2 priced at 300 yuan together, 1 without a price.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.contracts.columns import COLUMNS
from geoplan.contracts.config import PlanConfig
from geoplan.contracts.cost_profile import PLATFORM_LABELS
from geoplan.report.encoding import encode_points, to_lonlat
from geoplan.report.layers import number_of, text_of
from geoplan.report.programme_rows import as_rows, sum_known
from geoplan.report.programme_words import PLACE_LABEL, STATE_LABELS

if TYPE_CHECKING:
    from geoplan.contracts.coverage import ComparisonResult, LedgerResult, RankingResult
    from geoplan.contracts.results import Demand
    from geoplan.report.relocation_payload import Sentences

STATES = tuple(STATE_LABELS)
"""States of a compared row, most pressing first; a state that is none of them is unknown."""


def describe_comparisons(
    comparison: ComparisonResult | None, demand: Demand, plan: PlanConfig, told: Sentences
) -> list[dict[str, Any]]:
    """Return every comparison: whose layers, counts by state, and every row with the values of both sides.

    Parameters
    ----------
    comparison
        Rows, values and summary; None gives nothing.
    demand
        Units, in whose middle a row is drawn that has no place but the code of one of them.
    plan
        Names of the two departments.
    told
        Where reasons are written once.
    """
    if comparison is None or not len(comparison.summary):
        return []
    asked = {one.id: one for one in plan.coverage.comparisons}
    middles = _find_middles(demand)
    values = _describe_values(comparison.values)
    out = []
    for name, own in comparison.summary.groupby("comparison", sort=False):
        one, first = asked.get(str(name)), own.iloc[0]
        sides = [("左表", "the left layer"), ("右表", "the right layer")]
        if one is not None:
            left = (one.left_label_zh or one.left, one.left_label_en or one.left)
            sides = [left, (one.right_label_zh or one.right, one.right_label_en or one.right)]
        counts = dict(zip(text_of(own, "state"), number_of(own, "rows", 0), strict=True))
        shares = dict(zip(text_of(own, "state"), number_of(own, "share", 4), strict=True))
        rows = comparison.rows[comparison.rows["comparison"].astype(str) == str(name)]
        out.append(
            {
                "id": str(name), "zh": str(first["label_zh"]), "en": str(first["label_en"]), "left": list(sides[0]), "right": list(sides[1]),
                "sum": [{"k": state, "n": counts[state], "share": shares[state]} for state in STATES if counts.get(state)],
                "rows": _describe_rows(rows, str(name), values, middles, told), "within": None if one is None else one.within_m,
            }
        )  # fmt: skip
    return out


def _find_middles(demand: Demand) -> dict[str, list[int] | None]:
    """Return code → a point inside each township, village and group."""
    found: dict[str, list[int] | None] = {}
    for frame in (demand.townships, demand.villages, demand.groups):
        if len(frame):
            points = encode_points(shapely.point_on_surface(to_lonlat(frame.geometry)))
            found |= {code: point for code, point in zip(text_of(frame, "code"), points, strict=True) if point}
    return found


def _describe_rows(
    rows: gpd.GeoDataFrame,
    name: str,
    values: dict[tuple[str, str, str], list[list[Any]]],
    middles: dict[str, list[int] | None],
    told: Sentences,
) -> list[dict[str, Any]]:
    """Return the rows of one comparison; one without a place stands in the middle of the unit whose code it has, or is told but not drawn."""
    if not len(rows):
        return []
    left, right = text_of(rows, "left_id"), text_of(rows, "right_id")
    own = encode_points(shapely.centroid(to_lonlat(rows.geometry)))
    unit = [middles.get(a) or middles.get(b) for a, b in zip(left, right, strict=True)]
    place = {one: k for k, one in enumerate(STATES)}
    return as_rows(
        {
            "li": left, "ri": right, "ln": text_of(rows, "left_name"), "rn": text_of(rows, "right_name"), "by": text_of(rows, "matched_by"),
            "d": number_of(rows, "distance_m", 0), "sim": number_of(rows, "name_similarity", 2),
            "s": [place.get(one, place["unknown"]) for one in text_of(rows, "state")], "w": text_of(rows, "township_code"),
            "r": told.number(text_of(rows, "reason_zh"), text_of(rows, "reason_en")),
            "v": [values.get((name, a, b), []) for a, b in zip(left, right, strict=True)],
            "g": [a or b for a, b in zip(own, unit, strict=True)], "m": [int(a is None and b is not None) for a, b in zip(own, unit, strict=True)],
        }
    )  # fmt: skip


def _describe_values(values: pd.DataFrame) -> dict[tuple[str, str, str], list[list[Any]]]:
    """Return comparison and ids → [column in Chinese, in English, left, right, difference, agrees] of every column compared."""
    found: dict[tuple[str, str, str], list[list[Any]]] = {}
    if not len(values):
        return found
    columns = zip(
        *(text_of(values, name) for name in ("comparison", "left_id", "right_id", "column", "left_value", "right_value")),
        number_of(values, "difference", 2), text_of(values, "agrees"), strict=True,
    )  # fmt: skip
    for name, left, right, column, a, b, difference, agrees in columns:
        word = COLUMNS.get(column)
        pair = PLACE_LABEL if column == "place" else (column, column) if word is None else (word.label_zh, word.label_en)
        found.setdefault((name, left, right), []).append([*pair, a, b, difference, agrees])
    return found


def describe_ranking(ranking: RankingResult | None, plan: PlanConfig, told: Sentences) -> dict[str, Any] | None:
    """Return townships by rank with the interval of each, the draws behind it, and what is worst in each; None without a ranking."""
    if ranking is None or not len(ranking.units):
        return None
    frame = ranking.units.sort_values(["rank", "code"], kind="stable")
    config = plan.coverage.ranking
    return {
        "draws": config.draws, "share": config.interval_share,
        "units": as_rows(
            {
                "c": text_of(frame, "code"), "n": text_of(frame, "name"), "sc": number_of(frame, "score", 3), "k": number_of(frame, "rank", 0),
                "lo": number_of(frame, "rank_low", 0), "hi": number_of(frame, "rank_high", 0), "pr": number_of(frame, "p_rank", 3),
                "p": number_of(frame, "persons", 0), "us": number_of(frame, "unknown_share", 4), "st": text_of(frame, "status"),
                "r": told.number(text_of(frame, "reason_zh"), text_of(frame, "reason_en")),
            }
        ),
    }  # fmt: skip


def describe_platforms(ledger: LedgerResult | None) -> list[dict[str, Any]]:
    """Return money by platform as the ledger has it: gaps, what the priced ones cost once and a year, and how many have no price or share one."""
    if ledger is None or not len(ledger.ledger):
        return []
    table = ledger.ledger
    names = table["platform"].fillna("").astype(str)
    order = [one for one in PLATFORM_LABELS if (names == one).any()] + sorted(set(names) - set(PLATFORM_LABELS))
    out = []
    for name in order:
        own = table[names == name]
        status = own["cost_status"].astype(str)
        paid = own[status == "ok"]
        out.append(
            {
                "k": name, "n": len(own), "ok": len(paid), "y": sum_known(paid, "capital_yuan"), "yy": sum_known(paid, "yearly_yuan"),
                "shared": int((status == "shared").sum()), "far": int((status == "unreachable").sum()), "no": int((status == "no_data").sum()),
                "e": sorted({one for one in text_of(paid, "price_status") if one}),
            }
        )  # fmt: skip
    return out
