"""Draw up the ledger of gaps (台账): what is missing where, why, what would close it, what that costs, and by when.

One row per unit that must have an item and is not known to have it: township items per township, village items per village, group and household
items per village group. A unit in which known nobody lives whom the item is for has no row. What is unknown has its row too: it is ``unverified``, and
its remedy is to look.

Money is that of the decision on serving in place, regrouped (`geoplan.coverage.ledger_costs`): each yuan stands once. Works against hazards are
no gaps and stay out; `reconcile_ledger` shows how both add up to the decision. A cost that is not known is NaN with its status, never 0.

By hand: two groups of 40 and 60 people without a clinic in their village: one row, 100 people short, remedy 1 place, 150,000 yuan.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.coverage import LedgerResult, SeatsResult
from geoplan.contracts.relocation import DecisionResult
from geoplan.contracts.results import AccessResult, CoverageResult, Demand
from geoplan.contracts.standards_profile import StandardsProfile
from geoplan.contracts.status import Coverage, Status
from geoplan.coverage.causes import CAUSE_CLASSES, CAUSES
from geoplan.coverage.deadlines import count_rows_by_deadline
from geoplan.coverage.ledger_costs import MONEY, RegroupedCosts, reconcile_costs, regroup_costs
from geoplan.coverage.remedies import choose_remedies
from geoplan.coverage.unit_gaps import add_empty_units, fill_texts, look_up, name_units, place_rows, sum_by_unit_item

LEDGER_COLUMNS: tuple[str, ...] = tuple(
    (
        "gap_id level unit_code unit_name township_code township_name village_code village_name group_code group_name item label_zh label_en "
        "coverage cause cause_class cause_class_zh cause_class_en cause_zh cause_en settlements persons households asked_persons short_persons "
        "short_households unknown_persons persons_unknown_settlements deadline overdue status status_zh status_en "
        "remedy remedy_zh remedy_en quantity quantity_unit quantity_more "
        "capital_yuan yearly_yuan present_yuan known_yuan cost_status cost_note_zh cost_note_en cost_with "
        "cost_items priced_zh priced_en platform price_status price_source "
        "source clause evidence"
    ).split()
)
"""Columns of `LedgerResult.ledger`, in order."""

_STATES = {"open": ("未销号", "open"), "unverified": ("待核实", "to be verified")}
_NOTES: dict[str, tuple[str, str]] = {
    "ok": ("", ""),
    "shared": ("费用计入编号所列缺口", "paid with the gap named"),
    "part": ("部分数量不详,已知部分另列", "part of the quantity is not known; what is known stands beside"),
    "no_way": ("无路可修", "no road can be built there"),
    "unverified": ("是否短缺尚未核实", "whether it is lacking is not verified"),
    "no_price": ("费用表没有此项单价", "the prices have none for this"),
    "branch": (
        "决策的道路只通到组的主要居民点,此处支线未计价",
        "the decision's road leads to the group's main place; the branch from there is not priced",
    ),
    "none": ("就地配套决策未列此项费用", "the decision on serving in place has no cost for it"),
}
_ROADS = ("road_link", "road_straight", "road_survey", "bridge", "wet_road")
_UNCODED = "none"


def build_ledger(
    coverage: CoverageResult,
    demand: Demand,
    standards: StandardsProfile,
    decision: DecisionResult,
    costs: CostProfile,
    *,
    access: AccessResult,
    seats: SeatsResult | None = None,
    year: int,
) -> LedgerResult:
    """Return the ledger of gaps, and gaps by deadline for every unit up to the city.

    Parameters
    ----------
    coverage
        Gaps of settlements.
    demand
        Settlements and units.
    standards
        What must be there.
    decision
        Costs of serving, and road links.
    costs
        The prices behind the decision.
    access
        Travel times and road access.
    seats
        Staff short at facilities, where known.
    year
        Planning year: a gap whose deadline is this year or earlier is overdue.
    """
    rows = place_rows(coverage.gaps, standards)
    ledger, _ = _draw_up(rows, demand, standards, decision, costs, access=access, seats=seats, year=year)
    by_year, years = count_rows_by_deadline(rows, demand, standards)
    return LedgerResult(ledger, by_year, years)


def reconcile_ledger(
    coverage: CoverageResult,
    demand: Demand,
    standards: StandardsProfile,
    decision: DecisionResult,
    costs: CostProfile,
    *,
    access: AccessResult,
    seats: SeatsResult | None = None,
    year: int,
) -> pd.DataFrame:
    """Return how the cost of serving in place divides into the ledger, works, and what the standards do not ask for.

    Arguments as for `build_ledger`; columns as of `geoplan.coverage.ledger_costs.reconcile_costs`.
    """
    rows = place_rows(coverage.gaps, standards)
    _, regrouped = _draw_up(rows, demand, standards, decision, costs, access=access, seats=seats, year=year)
    return reconcile_costs(regrouped)


def _draw_up(
    rows: pd.DataFrame,
    demand: Demand,
    standards: StandardsProfile,
    decision: DecisionResult,
    costs: CostProfile,
    *,
    access: AccessResult,
    seats: SeatsResult | None,
    year: int,
) -> tuple[pd.DataFrame, RegroupedCosts]:
    every, where = sum_by_unit_item(rows)
    kept = ((every["coverage"] != str(Coverage.COVERED)) & (every["inhabited"] > 0)).to_numpy()
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    cell = number[where]
    units = add_empty_units(every[kept].reset_index(drop=True), demand, standards)
    units = name_units(units, demand, rows)
    for k, tongue in enumerate(("zh", "en")):
        words = rows.drop_duplicates("cause").set_index("cause")[f"cause_{tongue}"]
        known = {code: pair[k] for code, pair in CAUSES.items()}
        units[f"cause_{tongue}"] = _first_of(look_up(units["cause"], words), look_up(units["cause"], known))
        units[f"cause_class_{tongue}"] = look_up(units["cause_class"], {name: pair[k] for name, pair in CAUSE_CLASSES.items()})
    units = units.join(choose_remedies(units, rows, cell, standards, access=access, links=decision.links, seats=seats))
    by_road = units["remedy"].isin(_ROADS).to_numpy()
    regrouped = regroup_costs(rows, cell, decision.items, costs, standards, by_road=by_road)
    return _finish(units, regrouped, standards, costs, year=year), regrouped


def _first_of(texts: pd.Series, others: pd.Series) -> pd.Series:
    return texts.where(texts != "", others)


def _finish(
    units: pd.DataFrame, regrouped: RegroupedCosts, standards: StandardsProfile, costs: CostProfile, *, year: int
) -> pd.DataFrame:
    """Add what the standards and the costs say of every row, and put rows in order."""
    items = pd.DataFrame(
        [(one.id, str(one.level), one.label_zh, one.label_en, one.deadline, one.source, one.clause, str(one.status)) for one in standards.items],
        columns="item level label_zh label_en deadline source clause evidence".split(),
    ).astype({"deadline": "Int64"})  # fmt: skip
    table = units.merge(items, on="item", how="left")
    code = table["unit_code"].where(table["unit_code"] != "", _UNCODED)
    gap_id = code + "-" + table["item"]
    unknown = (table["coverage"] == str(Coverage.UNKNOWN)).to_numpy()
    status = np.where(unknown, "unverified", "open").astype(object)
    words = {
        f"status_{tongue}": pd.Series(status).map({one: two[k] for one, two in _STATES.items()})
        for k, tongue in enumerate(("zh", "en"))
    }
    table = table.assign(gap_id=gap_id, overdue=(table["deadline"] <= year).fillna(False).astype(bool), status=status, **words)
    table = _add_costs(table, regrouped)
    table = table.assign(**_say_costs(table, standards, costs))
    rank = table["unit"].map({"township": 0, "village": 1, "group": 2})
    order = table.assign(rank=rank, blank=table["township_code"] == "").sort_values(
        ["blank", "township_code", "village_code", "rank", "unit_code", "place"], kind="stable"
    )
    texts = {name: fill_texts(order[name]).astype(str) for name in LEDGER_COLUMNS if order[name].dtype == object}
    return order.assign(**texts)[list(LEDGER_COLUMNS)].reset_index(drop=True)


def _add_costs(table: pd.DataFrame, regrouped: RegroupedCosts) -> pd.DataFrame:
    """Add money, its state, and which row pays what this one shares."""
    rows = regrouped.rows.reindex(np.arange(len(table)))
    money = {name: rows[name].astype(np.float64).to_numpy() for name in MONEY}
    texts = {
        name: rows[name].astype(object).where(rows[name].notna(), "").to_numpy()
        for name in ("cost_items", "priced_zh", "priced_en", "platform", "price_status", "price_source")
    }
    pays = regrouped.shared.assign(gap_id=table["gap_id"].to_numpy()[regrouped.shared["pays"].to_numpy(dtype=np.int64)])
    with_ = pays.sort_values(["cell", "gap_id"]).groupby("cell")["gap_id"].agg(";".join).reindex(np.arange(len(table)))
    own = rows["cost_status"].notna().to_numpy()
    status = np.select(
        [own, with_.notna().to_numpy()], [rows["cost_status"].to_numpy(dtype=object), "shared"], default=str(Status.NO_DATA)
    )
    return table.assign(**money, **texts, cost_status=status.astype(object), cost_with=fill_texts(with_).to_numpy(dtype=object))


def _say_costs(table: pd.DataFrame, standards: StandardsProfile, costs: CostProfile) -> dict[str, pd.Series]:
    """Return why a row has no cost of its own, or not all of it."""
    roads = {one.id for one in standards.items if one.measure == "road_access"}
    priced = {gap for row in costs.serve for gap in row.gap_items}
    item, status = table["item"], table["cost_status"]
    key = np.select(
        [
            status == str(Status.OK), status == "shared", status == str(Status.UNREACHABLE), table["cost_items"] != "",
            table["status"] == "unverified", item.isin(roads), ~item.isin(priced),
        ],
        ["ok", "shared", "no_way", "part", "unverified", "branch", "no_price"],
        default="none",
    )  # fmt: skip
    return {
        f"cost_note_{tongue}": pd.Series(key).map({one: two[k] for one, two in _NOTES.items()})
        for k, tongue in enumerate(("zh", "en"))
    }
