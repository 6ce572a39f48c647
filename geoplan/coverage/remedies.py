"""Choose the smallest thing that would close each gap, and how much of it.

By what is measured and why it fails:

- a road too far: the decision's road link of the unit's groups (each link counted once), else a road as long at least as the distance beyond
- travel too long: with o minutes and a metres from the settlement to the road, and v metres a minute ridden from there, a road to the door would
  take o' = a/v minutes. If T − o + o' ≤ t for every settlement that is short, a road link alone closes the gap; else a nearer facility, and it says so
- cut off in the wet season: bridges in place of ford, ferry or rope, or a hard surface
- no facility: build as many as are missing; a doctor, general practitioners, seats: as many as are missing, rounded up
- too few households: as many as have to be connected to reach the standard; too little water: the litres missing and m³ a day for the people
- beyond the radius: one more transformer or mast, or a line at least as long as the distance beyond
- unknown: survey what is missing

By hand: 42 min = 25 off road (1,500 m) + 17 ridden at 400 m/min, limit 30: 17 + 1500/400 = 20.75 ≤ 30, a road link closes it. With 35 min ridden
it does not.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.coverage import SeatsResult
from geoplan.contracts.results import AccessResult
from geoplan.contracts.standards_profile import StandardItem, StandardsProfile
from geoplan.contracts.status import Coverage, Status
from geoplan.coverage import causes
from geoplan.coverage.groups import WORST_FIRST
from geoplan.coverage.ratios import STAFF_COLUMNS
from geoplan.coverage.remedy_words import REMEDY_WORDS, round_quantity, write_remedies
from geoplan.coverage.unit_gaps import sum_known

REMEDY_COLUMNS: tuple[str, ...] = ("remedy", "remedy_zh", "remedy_en", "quantity", "quantity_unit", "quantity_more")
"""Columns of `choose_remedies`."""

_BELOW = (causes.NOT_TO_STANDARD, causes.NOT_PUBLIC)
_LENGTHS = ("new_m", "upgrade_m", "bridge_m", "bridges")


def choose_remedies(
    units: pd.DataFrame,
    rows: pd.DataFrame,
    cell: NDArray[np.int64],
    standards: StandardsProfile,
    *,
    access: AccessResult,
    links: gpd.GeoDataFrame,
    seats: SeatsResult | None = None,
) -> pd.DataFrame:
    """Return the remedy of every row of the ledger.

    Parameters
    ----------
    units
        place, item, unit, unit_code, coverage, cause, cause_class, cause_zh, cause_en, asked_persons: n rows that are not covered.
    rows
        See `geoplan.coverage.unit_gaps.place_rows`.
    cell
        (rows,) row of ``units`` each stands under; -1: of none.
    standards
        The profile behind them.
    access
        Travel times and road access.
    links
        `DecisionResult.links`.
    seats
        Staff short, where known.

    Returns
    -------
    pandas.DataFrame
        `REMEDY_COLUMNS`, on the index of ``units``. quantity is NaN where it is not known or the remedy has none; quantity_more is the m³ a day of
        water, or the metres of line.
    """
    lack = (
        measure_lacks(rows, cell, len(units), standards, access=access)
        .join(_sum_links(rows, cell, links))
        .fillna(dict.fromkeys(_LENGTHS, 0.0))
    )
    table = units[["item", "cause", "cause_zh", "cause_en", "coverage", "asked_persons"]].reset_index(drop=True)
    table = table.assign(**{name: lack[name].to_numpy() for name in lack}, staff_short=_staff_short(units, seats).to_numpy())
    parts = [_choose(table[table["item"] == item.id], item) for item in standards.items]
    chosen = pd.concat([one for one in parts if len(one)] or [table.assign(remedy="", quantity=np.nan, more=np.nan)]).sort_index()
    texts = {item.id: (item.remedy_zh or item.label_zh, item.remedy_en or item.label_en) for item in standards.items}
    unit = chosen["remedy"].map({name: words[2] for name, words in REMEDY_WORDS.items()}).astype(object)
    quantity = round_quantity(chosen["quantity"].to_numpy(dtype=np.float64), unit.to_numpy(dtype=object))
    chosen = chosen.assign(
        quantity=quantity,
        **{f"usual_{tongue}": chosen["item"].map({key: two[k] for key, two in texts.items()}) for k, tongue in enumerate(("zh", "en"))},
    )  # fmt: skip
    words = {f"remedy_{tongue}": write_remedies(chosen, tongue) for tongue in ("zh", "en")}
    result = chosen.assign(**words, quantity_unit=unit, quantity_more=chosen["more"])[list(REMEDY_COLUMNS)]
    return result.set_axis(units.index, axis=0)


def measure_lacks(
    rows: pd.DataFrame, cell: NDArray[np.int64], n: int, standards: StandardsProfile, *, access: AccessResult
) -> pd.DataFrame:
    """Return how much is missing per row of the ledger, from its settlements that are short.

    Parameters
    ----------
    rows, cell, standards, access
        As for `choose_remedies`.
    n
        Rows of the ledger.

    Returns
    -------
    pandas.DataFrame
        n rows: shortfall (largest, in the item's unit), to_connect (households), m3_day (water missing), short (people), off_road_m (farthest from a
        motor road), link_closes (a road link to the door would bring all of them within the limit).
    """
    state = rows["state"].to_numpy(dtype=np.int64)
    short = (cell >= 0) & (state < WORST_FIRST.index(str(Coverage.UNKNOWN))) & rows["counts"].to_numpy(dtype=bool)
    some, at = rows[short], cell[short]
    shortfall, persons, households, people = (
        some[name].to_numpy(dtype=np.float64) for name in ("shortfall", "persons", "households", "short_persons")
    )
    road = access.road.drop_duplicates("settlement_id").set_index("settlement_id")["off_road_m"]
    off = some["settlement_id"].map(road).to_numpy(dtype=np.float64)
    fails = ~_closes_by_link(some, standards, access)
    return pd.DataFrame(
        {
            "shortfall": _largest(at, shortfall, n), "to_connect": sum_known(at, households * shortfall, n),
            "m3_day": sum_known(at, persons * shortfall / 1000.0, n), "short": sum_known(at, people, n),
            "off_road_m": _largest(at, off, n),
            "link_closes": (np.bincount(at[fails], minlength=n) == 0) & (np.bincount(at, minlength=n) > 0),
        }
    )  # fmt: skip


def _closes_by_link(some: pd.DataFrame, standards: StandardsProfile, access: AccessResult) -> NDArray[np.bool_]:
    """Return where a road to the door, ridden as fast as the rest of the way, would bring a settlement within its limit."""
    kinds = pd.DataFrame(
        [(one.id, one.service, one.season) for one in standards.items if one.measure == "travel_time"],
        columns=["item", "service", "season"],
    )
    wanted = some[["settlement_id", "item", "threshold"]].assign(row=np.arange(len(some))).merge(kinds, on="item")
    needed = ("travel_time_min", "off_road_min", "off_road_m", "network_min", "network_m", "ride_min")
    if not set(needed) <= set(access.times.columns) or wanted.empty:
        return np.zeros(len(some), dtype=bool)
    times = access.times.loc[access.times["status"] == str(Status.OK), ["settlement_id", "service", "season", *needed]]
    found = wanted.merge(times, on=["settlement_id", "service", "season"], how="left")
    total, off_min, off_m, ridden_min, ridden_m, riding = (found[name].to_numpy(dtype=np.float64) for name in needed)
    with np.errstate(divide="ignore", invalid="ignore"):
        new = total - off_min + off_m * ridden_min / ridden_m
        # Who walks along the road gains nothing by another road.
        closes = (riding > 0.0) & (new <= found["threshold"].to_numpy(dtype=np.float64))
    result = np.zeros(len(some), dtype=bool)
    result[found["row"].to_numpy(dtype=np.int64)[closes]] = True
    return result


def _sum_links(rows: pd.DataFrame, cell: NDArray[np.int64], links: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return metres by kind of the links of the groups that are short, each link once per row of the ledger. Index: row of the ledger."""
    if not len(links):
        return pd.DataFrame(columns=list(_LENGTHS), dtype=np.float64)
    state = rows["state"].to_numpy(dtype=np.int64)
    keep = (cell >= 0) & (state < WORST_FIRST.index(str(Coverage.UNKNOWN))) & rows["counts"].to_numpy(dtype=bool)
    groups = pd.DataFrame({"cell": cell[keep], "group": rows["own_group"].to_numpy(dtype=object)[keep]}).drop_duplicates()
    kind = links["kind"].astype(str).to_numpy(dtype=object)
    bridge, upgrade = pd.Series(kind).str.contains("bridge").to_numpy(), kind == "upgrade"
    length = links["length_m"].to_numpy(dtype=np.float64)
    table = pd.DataFrame(
        {
            "link": np.arange(len(links)), "group": links["groups"].astype(str).str.split(";").to_numpy(),
            "new_m": np.where(bridge | upgrade, 0.0, length), "upgrade_m": np.where(upgrade, length, 0.0),
            "bridge_m": np.where(bridge, length, 0.0), "bridges": links["bridges"].to_numpy(dtype=np.float64),
        }
    )  # fmt: skip
    uses = groups.merge(table[["link", "group"]].explode("group"), on="group").drop_duplicates(["cell", "link"])
    return uses[["cell", "link"]].join(table[list(_LENGTHS)], on="link").groupby("cell")[list(_LENGTHS)].sum()


def _staff_short(units: pd.DataFrame, seats: SeatsResult | None) -> pd.Series:
    """Return the staff missing at the facilities of each unit, NaN where not known."""
    nothing = pd.Series(np.nan, index=units.index)
    if seats is None or not len(seats.staff):
        return nothing
    known = seats.staff[seats.staff["short"].notna()]
    result = nothing
    for kind in ("township", "village"):
        by = np.ceil(known["short"].astype(np.float64)).groupby([known["item"], known[f"{kind}_code"]]).sum()
        found = by.reindex(pd.MultiIndex.from_frame(units[["item", "unit_code"]])).to_numpy(dtype=np.float64)
        result = result.where(units["unit"] != kind, found)
    return result.where(result > 0.0)


def _choose(table: pd.DataFrame, item: StandardItem) -> pd.DataFrame:
    """Return remedy, quantity and the second quantity for the rows of one item."""
    n = len(table)
    metres = table["new_m"] + table["upgrade_m"] + table["bridge_m"]
    lost = (table["coverage"] == str(Coverage.UNREACHABLE)).to_numpy()
    shortfall, more = table["shortfall"], pd.Series(np.nan, index=table.index)
    linked = (metres > 0.0).to_numpy()
    remedy: NDArray[np.object_] = np.full(n, "usual", dtype=object)
    quantity = pd.Series(np.nan, index=table.index)
    match item.measure:
        case "road_access":
            remedy = np.select([linked, lost], ["road_link", "road_survey"], default="road_straight").astype(object)
            quantity = metres.where(linked, shortfall)
        case "travel_time":
            wet, bridged = (table["cause"] == causes.ROAD_CUT_WET).to_numpy(), table["bridges"].to_numpy() > 0.0
            road = lost | (table["link_closes"].to_numpy(dtype=bool) & (item.service != "water"))
            picks = [wet & bridged, wet, road & linked, lost, road]
            remedy = np.select(
                picks,
                ["bridge", "wet_road", "road_link", "road_survey", "road_straight"],
                default="nearer_plain" if item.service == "water" or item.mode == "walk" else "nearer",
            )
            amounts = [table["bridges"], metres * np.nan, metres, metres * np.nan, table["off_road_m"]]
            quantity = pd.Series(np.select(picks, amounts, default=shortfall), table.index)
        case "distance":
            remedy, quantity = np.where(lost, "road_survey", "nearer_m").astype(object), shortfall
        case "presence":
            better = table["cause"].isin(_BELOW).to_numpy()
            staff = np.full(n, bool(STAFF_COLUMNS & set(item.require)))
            remedy = np.select([staff, better], ["doctor", "to_standard"], default="build").astype(object)
            quantity = table["staff_short"].where(staff, shortfall).fillna(1.0)
        case "ratio":
            remedy = np.full(n, "staff" if item.amount in STAFF_COLUMNS else "seats", dtype=object)
            quantity = table["staff_short"].fillna(shortfall * table["asked_persons"] / item.per_persons)
        case "radius":
            remedy, more = np.full(n, "radius", dtype=object), shortfall
            quantity = pd.Series(np.where(shortfall.notna(), 1.0, np.nan), table.index)
        case "quantity":
            remedy, quantity, more = np.full(n, "water", dtype=object), shortfall, table["m3_day"]
        case "attribute":
            remedy, quantity = np.full(n, "connect", dtype=object), table["to_connect"]
        case "seat":
            remedy, quantity = np.full(n, "seats", dtype=object), table["short"]
    unknown = (table["coverage"] == str(Coverage.UNKNOWN)).to_numpy()
    remedy = np.where(unknown, "survey", remedy)
    quantity = quantity.where(~unknown & (remedy != "road_survey"))
    return table.assign(remedy=remedy.astype(object), quantity=quantity.astype(np.float64), more=more.where(~unknown))


def _largest(cell: NDArray[np.int64], values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the largest known value per cell, NaN where none is known."""
    top = np.full(n, -np.inf)
    known = ~np.isnan(values)
    np.maximum.at(top, cell[known], values[known])
    return np.where(np.isfinite(top), top, np.nan)
