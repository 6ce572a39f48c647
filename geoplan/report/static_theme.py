"""Choose what a map for documents shows: the state of one standard item, or how many items are not met, with its legend.

Words, colours and classes are those of the web map. By hand: a unit with 4 items not met of 30 falls into the class 1–5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.contracts.profiles import StandardItem
from geoplan.errors import ConfigError
from geoplan.report import style
from geoplan.report.map_canvas import Label
from geoplan.report.payload import unit_key

COUNT = "count"
"""Instead of an item: how many items are not met."""


@dataclass(frozen=True)
class Theme:
    """What a map shows: (units,) fill and hatch, legend rows (fill, hatch, label), title and what it rests on."""

    fills: list[str]
    hatched: list[bool]
    keys: list[tuple[str, bool, Label]]
    title: Label
    note: Label


def choose_theme(theme: str, units: gpd.GeoDataFrame, table: pd.DataFrame, items: Sequence[StandardItem]) -> Theme:
    """Return what to draw for an item, or for the number of items not met.

    Parameters
    ----------
    theme
        Id of an item, or `COUNT`.
    units
        Units with ``code``, in the order they are drawn.
    table
        Their roll-up.
    items
        Items of the standards profile.

    Raises
    ------
    ConfigError
        ``PLOT-ITEM``: there is no such item.
    """
    codes = units["code"].astype(str)
    if theme == COUNT:
        return _count_theme(codes, table, len(items))
    item = next((one for one in items if one.id == theme), None)
    if item is None:
        raise ConfigError(
            f"no standard item is called {theme!r}",
            code="PLOT-ITEM",
            ids=[one.id for one in items],
            remedy="Use one of the items listed, or `count`.",
        )
    state = codes.map(table[table["item"] == theme].drop_duplicates("code").set_index("code")["coverage"]).fillna("empty")
    shown = [one for one in (*style.STATES, "empty") if (state == one).any()]
    counted = table[(table["item"] == theme)]
    people = {one: float(counted[f"{one}_persons"].sum()) for one in style.STATES}
    keys = [
        (style.STATE_COLOURS[one], one == "unknown", _key_label(one, int((state == one).sum()), people.get(one))) for one in shown
    ]
    source = " ".join(part for part in (item.source, item.clause or "") if part)
    evidence = style.EVIDENCE_LABELS[item.status]
    limit = "" if item.threshold is None else style.format_value(item.threshold, unit_key(item), "zh")
    limit_en = "" if item.threshold is None else style.format_value(item.threshold, unit_key(item), "en")
    note = (
        f"标准:{item.label_zh}{f'(限值 {limit})' if limit else ''}。依据:{source}({evidence[0]})",
        f"Standard: {item.label_en}{f' (limit {limit_en})' if limit_en else ''}. Source: {source} ({evidence[1]})",
    )
    return Theme(
        [style.STATE_COLOURS[one] for one in state],
        [one == "unknown" for one in state],
        keys,
        (item.label_zh, item.label_en),
        note,
    )


def _key_label(state: str, units: int, people: float | None) -> Label:
    zh, en = style.STATE_LABELS[state]
    if people is None:
        return f"{zh}  {units} 个", f"{en}  {units}"
    return f"{zh}  {units} 个 · {style.format_count(people)} 人", f"{en}  {units} · {style.format_count(people)} people"


def _count_theme(codes: pd.Series, table: pd.DataFrame, items: int) -> Theme:
    """Return the number of items not met per unit, in the classes of the web map."""
    missed = table[table["coverage"].isin(["gap", "unreachable"])].groupby("code")["item"].nunique()
    open_ = table[table["coverage"] == "unknown"].groupby("code")["item"].nunique()
    count = codes.map(missed).fillna(0).to_numpy(dtype=np.int64)
    empty = ~codes.isin(table.loc[table["settlements"] > 0, "code"]).to_numpy()
    unknown = (count == 0) & (codes.map(open_).fillna(0).to_numpy() > 0) & ~empty
    fills = np.full(len(codes), style.STATE_COLOURS["covered"], dtype=object)
    keys: list[tuple[str, bool, Label]] = []
    met = (count == 0) & ~unknown & ~empty
    if met.any():
        keys.append((style.STATE_COLOURS["covered"], False, (f"全部达标  {met.sum()} 个", f"all met  {met.sum()}")))
    for (low, high), colour in zip(style.COUNT_STEPS, style.COUNT_COLOURS, strict=True):
        here = (count >= low) & (count <= (high or items)) & ~empty
        fills[here] = colour
        span = f"{low}–{high}" if high else f"≥{low}"
        keys.append((colour, False, (f"{span} 项未达标  {here.sum()} 个", f"{span} not met  {here.sum()}")))
    for mask, state in ((unknown, "unknown"), (empty, "empty")):
        fills[mask] = style.STATE_COLOURS[state]
        if mask.any():
            keys.append((style.STATE_COLOURS[state], state == "unknown", _key_label(state, int(mask.sum()), None)))
    note = (
        f"{items} 项标准中有缺口或不可达的项数;另有未知项的不计为达标",
        f"How many of {items} items have a gap or are out of reach; unknown items never count as met",
    )
    return Theme(fills.tolist(), unknown.tolist(), keys, ("未达标的标准项数", "Standard items not met"), note)
