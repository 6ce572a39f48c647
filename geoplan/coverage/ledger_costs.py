"""Give every yuan that serving in place costs to one row of the ledger of gaps.

A decision prices serving group by group: the group's road, its services, works against its hazards. The ledger lists gaps by the unit that must have
the thing. Each cost item of a group goes to

- the first item, in the order of the standards' profile, that its price closes and that the group is short of (or that is not known there);
  the shares of the groups of a village or township add up on its row;
- of roads: the first road item the group is short of, else the first other gap of the group whose remedy is a road.

The other items that the same money closes say ``shared`` and name the row that pays. What no gap asks for stays out of the ledger: works against
hazards, and the rest of a road to the cost profile's standard (a width, a way to the county road) where the group is not short by the standards'.
So, to the fen,

    serving (all groups) = Σ ledger + works + items of groups that are not short

and the same for capital and yearly costs. An item of which part is not known counts with its known part in ``known_yuan`` and leaves its row without
a total.

By hand: a clinic of 150,000 yuan, shared by two groups of a village at 100,000 and 50,000: the village's row says 150,000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.standards_profile import StandardsProfile
from geoplan.contracts.status import Status
from geoplan.coverage.groups import WORST_FIRST

ROAD_ITEMS: tuple[str, ...] = ("road_new", "road_upgrade", "road_bridge")
"""Cost items of a road link."""
MONEY: tuple[str, ...] = ("capital_yuan", "yearly_yuan", "present_yuan", "known_yuan")
"""Columns of money, in order."""

_OK = str(Status.OK)
_CERTAIN_LAST = {"convention": 0, "secondary": 1, "cited": 2}


@dataclass(frozen=True)
class RegroupedCosts:
    """Cost items of serving, each with the row of the ledger that carries it.

    Attributes
    ----------
    items
        The serve items of `DecisionResult.items` with cell (row of units; -1: of none) and part (ledger / works / not_short).
    rows
        Index: cell. capital_yuan, yearly_yuan, present_yuan (NaN unless ok), known_yuan, cost_status (ok / no_data / unreachable), cost_items,
        priced_zh, priced_en (what the money buys; several with ``;`` between), platform (of most of the money), price_status (the least sure),
        price_source (several with ``;`` between).
    shared
        cell, pays (cell that carries the money which closes it too): one row per pair.
    """

    items: pd.DataFrame
    rows: pd.DataFrame
    shared: pd.DataFrame


def regroup_costs(
    rows: pd.DataFrame,
    cell: NDArray[np.int64],
    items: pd.DataFrame,
    costs: CostProfile,
    standards: StandardsProfile,
    *,
    by_road: NDArray[np.bool_] | None = None,
) -> RegroupedCosts:
    """Return which row of the ledger carries which cost of serving.

    Parameters
    ----------
    rows
        See `geoplan.coverage.unit_gaps.place_rows`.
    cell
        (rows,) row of the ledger each stands under.
    items
        `DecisionResult.items`.
    costs
        The prices behind them: which gaps each closes.
    standards
        The standards behind the gaps.
    by_road
        (cells,) True where the remedy of a gap that is no road item is a road.
    """
    serve = items[items["side"] == "serve"].reset_index(drop=True)
    open_ = _open_items(rows, cell)
    offers = _offers(costs, standards, open_, by_road)
    wanted = serve[["group_code", "item"]].assign(row=np.arange(len(serve)))
    pairs = wanted.merge(offers, on=["group_code", "item"], how="inner").sort_values(["row", "order"], kind="stable")
    first = pairs.drop_duplicates("row")
    at = np.full(len(serve), -1, dtype=np.int64)
    at[first["row"].to_numpy(dtype=np.int64)] = first["cell"].to_numpy(dtype=np.int64)
    priced = serve["item"].isin({*ROAD_ITEMS, *(row.id for row in costs.serve)}).to_numpy()
    part = np.select([at >= 0, priced], ["ledger", "not_short"], default="works")
    others = pairs.assign(pays=at[pairs["row"].to_numpy(dtype=np.int64)])
    others = others.loc[others["pays"] != others["cell"], ["cell", "pays"]].drop_duplicates(ignore_index=True)
    placed = serve.assign(cell=at, part=part.astype(object))
    return RegroupedCosts(placed, _sum_rows(placed[at >= 0]), others)


def reconcile_costs(regrouped: RegroupedCosts) -> pd.DataFrame:
    """Return how the cost of serving divides: what the ledger carries, works, and what groups that are not short pay.

    Returns
    -------
    pandas.DataFrame
        part (ledger / works / not_short / total), label_zh, label_en, items, unknown_items, capital_yuan, yearly_yuan, present_yuan (of the items that
        are known), known_yuan. The first three add up to the last.
    """
    items = regrouped.items
    ok = items["status"] == _OK
    money = items[list(MONEY)].astype(np.float64).fillna(0.0)
    table = money.assign(part=items["part"], items=1, unknown_items=(~ok).astype(np.int64))
    sums = table.groupby("part").sum().reindex(["ledger", "works", "not_short"], fill_value=0.0)
    sums.loc["total"] = sums.sum()
    words = {
        "ledger": ("台账所列缺口", "gaps of the ledger"),
        "works": ("灾害治理与监测", "works and watching against hazards"),
        "not_short": ("四级标准未要求的部分", "what the standards do not ask for"),
        "total": ("就地配套合计", "serving in place, all"),
    }
    sums = sums.astype({"items": np.int64, "unknown_items": np.int64}).rename_axis("part").reset_index()
    labels = {
        f"label_{tongue}": sums["part"].map({key: pair[k] for key, pair in words.items()})
        for k, tongue in enumerate(("zh", "en"))
    }
    return sums.assign(**labels)[["part", "label_zh", "label_en", "items", "unknown_items", *MONEY]]


def _open_items(rows: pd.DataFrame, cell: NDArray[np.int64]) -> pd.DataFrame:
    """Return group_code, gap_item, place, cell: what every group with people is short of, or not known to have."""
    state = rows["state"].to_numpy(dtype=np.int64)
    keep = rows["counts"].to_numpy(dtype=bool) & (state >= 0) & (state < WORST_FIRST.index("covered"))
    table = pd.DataFrame(
        {
            "group_code": rows["own_group"].to_numpy(dtype=object)[keep], "gap_item": rows["item"].to_numpy(dtype=object)[keep],
            "place": rows["place"].to_numpy(dtype=np.int64)[keep], "cell": cell[keep], "state": state[keep],
        }
    )  # fmt: skip
    # What is known to be short comes before what is unknown, should a group lie in two units.
    return table.sort_values("state", kind="stable").drop_duplicates(["group_code", "gap_item"])


def _offers(
    costs: CostProfile, standards: StandardsProfile, open_: pd.DataFrame, by_road: NDArray[np.bool_] | None
) -> pd.DataFrame:
    """Return group_code, item (of cost), cell, order: the rows of the ledger that may carry a group's cost item."""
    closes = [(row.id, gap) for row in costs.serve for gap in row.gap_items]
    roads = [(item, one.id) for item in ROAD_ITEMS for one in standards.items if one.measure == "road_access"]
    offers = open_.merge(pd.DataFrame([*closes, *roads], columns=["item", "gap_item"]), on="gap_item")
    parts = [offers.assign(order=offers["place"])]
    if by_road is not None:
        some = open_[by_road[open_["cell"].to_numpy(dtype=np.int64)]]
        last = len(standards.items)
        parts += [some.assign(item=item, order=some["place"] + last) for item in ROAD_ITEMS]
    table = pd.concat(parts, ignore_index=True)[["group_code", "item", "cell", "order"]]
    return table.sort_values("order", kind="stable").drop_duplicates(["group_code", "item", "cell"])


def _sum_rows(items: pd.DataFrame) -> pd.DataFrame:
    """Return the money of every row of the ledger, and what it buys."""
    by = items.groupby("cell", sort=True)
    ok = items["status"] == _OK
    lost = items["status"] == str(Status.UNREACHABLE)
    money = items[list(MONEY)].astype(np.float64)
    sums = money.fillna(0.0).groupby(items["cell"]).sum()
    whole = ok.groupby(items["cell"]).all()
    closed = lost.groupby(items["cell"]).any()
    for name in MONEY[:-1]:
        sums[name] = sums[name].where(whole)
    states = np.select([whole, closed], [_OK, str(Status.UNREACHABLE)], default=str(Status.NO_DATA)).astype(object)
    sure = items["price_status"].map(_CERTAIN_LAST).groupby(items["cell"]).min()
    names = {rank: name for name, rank in _CERTAIN_LAST.items()}
    texts = {
        name: _join(items, column)
        for name, column in (
            ("cost_items", "item"), ("priced_zh", "label_zh"), ("priced_en", "label_en"), ("price_source", "source"),
        )
    }  # fmt: skip
    if not len(by):
        return _no_rows(sums)
    return sums.assign(cost_status=states, price_status=sure.map(names), platform=_main_platform(items), **texts)


def _main_platform(items: pd.DataFrame) -> pd.Series:
    """Return the platform that pays most of each cell, of equals the first by name."""
    by = items.groupby(["cell", "platform"], sort=True)["known_yuan"].sum().reset_index()
    best = by.sort_values(["cell", "known_yuan"], ascending=[True, False], kind="stable").drop_duplicates("cell")
    return best.set_index("cell")["platform"]


def _join(items: pd.DataFrame, column: str) -> pd.Series:
    """Return the different texts of a column per cell, ``;`` between, in the order of the items."""
    once = items[["cell", column]].drop_duplicates()
    many = once["cell"].duplicated(keep=False)
    texts = once[~many].set_index("cell")[column].astype(object)
    return pd.concat([texts, once[many].groupby("cell")[column].agg(";".join).astype(object)])


def _no_rows(sums: pd.DataFrame) -> pd.DataFrame:
    texts = ("cost_status", "price_status", "cost_items", "priced_zh", "priced_en", "platform", "price_source")
    return sums.assign(**{name: pd.Series(dtype=object) for name in texts})
