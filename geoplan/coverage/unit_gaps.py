"""Gather the gaps of settlements into the units that must have the items: one row per township, village or group that is not covered.

An item of level township is the township's, of level village the village's; items of groups and of households stand under the village group. What
holds for anyone who lives there holds for the unit, worst first: unreachable, gap, unknown. People of settlements short of it add up to
``short_persons`` (of settlements whose people are not known nobody is added, and they are counted), those of settlements about which nothing is known
to ``unknown_persons``. The cause is the one that leaves most people short; of equals the one of more settlements, then the first code in the alphabet.

A settlement without a group code is a group of its own, under its own id, as costs have it. Settlements without a village or township share one row
without a code.

By hand: a village of 40, 60 and 25 people, the 60 with a gap, the 25 unknown: gap, settlements 2, short_persons 60, unknown_persons 25, persons 125.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.results import Demand
from geoplan.contracts.standards_profile import StandardsProfile
from geoplan.contracts.status import Coverage
from geoplan.coverage import causes
from geoplan.coverage.groups import UNASSIGNED_NAME, WORST_FIRST
from geoplan.coverage.presence import clean_codes

UNIT_OF_LEVEL: dict[str, str] = {"township": "township", "village": "village", "group": "group", "household": "group"}
"""Level of an item → kind of unit in whose row it stands."""

_COVERED, _UNKNOWN = str(Coverage.COVERED), str(Coverage.UNKNOWN)


def place_rows(gaps: pd.DataFrame, standards: StandardsProfile) -> pd.DataFrame:
    """Return gaps with the unit each row stands under, its group for costs, and its row in the ledger.

    Parameters
    ----------
    gaps
        `CoverageResult.gaps`. ``asked_persons`` (people the item is for) is by default ``persons``; ``cause_class`` by default "".
    standards
        The profile behind them.

    Returns
    -------
    pandas.DataFrame
        ``gaps`` with place (of the item in the profile), unit (township / village / group), unit_code, own_group, state (place in `WORST_FIRST`),
        counts (somebody it is for may live there), asked_persons, cause_class. Items the profile does not have are left out.
    """
    place = gaps["item"].map({item.id: k for k, item in enumerate(standards.items)})
    rows = gaps[place.notna().to_numpy()].copy()
    place = place.dropna().astype(np.int64)
    codes = {kind: clean_codes(rows[f"{kind}_code"]).to_numpy(dtype=object) for kind in ("township", "village", "group")}
    ids = rows["settlement_id"].to_numpy(dtype=object)
    own = np.where(codes["group"] == "", ids, codes["group"])
    unit = np.array([UNIT_OF_LEVEL[str(item.level)] for item in standards.items], dtype=object)[place.to_numpy()]
    code = np.select([unit == "township", unit == "village"], [codes["township"], codes["village"]], default=own)
    asked = rows.get("asked_persons", rows["persons"]).to_numpy(dtype=np.float64)
    state = pd.Index(WORST_FIRST, dtype=object).get_indexer(rows["coverage"].to_numpy(dtype=object))
    return rows.assign(
        place=place.to_numpy(), unit=unit, unit_code=code, own_group=own, state=state, counts=asked != 0.0, asked_persons=asked,
        cause_class=rows.get("cause_class", pd.Series("", index=rows.index)),
        **{f"{kind}_code": value for kind, value in codes.items()},
    )  # fmt: skip


def sum_by_unit_item(rows: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return one row per unit × item that settlements stand under, and the row each settlement's item belongs to.

    Parameters
    ----------
    rows
        See `place_rows`.

    Returns
    -------
    units
        place, item, unit, unit_code, state, coverage, settlements (short or unknown), inhabited (settlements where somebody it is for may live),
        persons, households, asked_persons, short_persons, short_households,
        unknown_persons, persons_unknown_settlements (short ones), cause, cause_class. NaN sums where no settlement is known.
    cell
        (rows,) row of ``units``.
    """
    keys, where = _number(rows)
    n = len(keys)
    persons, households = (rows[name].to_numpy(dtype=np.float64) for name in ("persons", "households"))
    state, counts = rows["state"].to_numpy(dtype=np.int64), rows["counts"].to_numpy(dtype=bool)
    worst, worst_of_all = np.full(n, len(WORST_FIRST)), np.full(n, len(WORST_FIRST))
    np.minimum.at(worst, where[counts], state[counts])
    np.minimum.at(worst_of_all, where, state)
    spoken = np.where(worst < len(WORST_FIRST), worst, worst_of_all)
    short, unknown = np.isin(state, (0, 1)), state == WORST_FIRST.index(_UNKNOWN)
    open_ = short | unknown
    short_persons, asked = (rows[name].to_numpy(dtype=np.float64) for name in ("short_persons", "asked_persons"))
    sums = {
        "settlements": np.bincount(where[open_], minlength=n),
        "inhabited": np.bincount(where[counts], minlength=n),
        "persons": sum_known(where, persons, n),
        "households": sum_known(where, households, n),
        "asked_persons": sum_known(where, asked, n),
        "short_persons": sum_known(where[short], short_persons[short], n),
        "short_households": sum_known(where[short], rows["short_households"].to_numpy(dtype=np.float64)[short], n),
        "unknown_persons": np.nan_to_num(sum_known(where[unknown], asked[unknown], n)),
        "persons_unknown_settlements": np.bincount(where[short & np.isnan(short_persons)], minlength=n),
    }
    units = keys.assign(state=spoken, coverage=np.array(WORST_FIRST, dtype=object)[spoken], **sums)
    found = _main_causes(rows, where, spoken).reindex(units.index)
    return units.assign(**{name: fill_texts(found[name]) for name in ("cause", "cause_class")}), where


def sum_known(where: NDArray[np.int64], values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the sum of the known values per cell, NaN where none is known.

    By hand: cells 0, 0, 1 with 3, NaN, NaN → 3, NaN.
    """
    known = ~np.isnan(values)
    total = np.bincount(where[known], weights=values[known], minlength=n)
    return np.where(np.bincount(where[known], minlength=n) > 0, total, np.nan)


def look_up(codes: pd.Series, words: Mapping[str, str] | pd.Series) -> pd.Series:
    """Return the word of every code as text, "" where there is none.

    By hand: a, b, c in {a: x, b: NaN} → x, "", "".
    """
    return fill_texts(codes.astype(object).map(words))


def fill_texts(values: pd.Series) -> pd.Series:
    """Return values as plain text objects, what is missing as "" (also where nothing is known at all)."""
    texts = values.astype(object)
    return texts.where(texts.notna(), "")


def name_units(units: pd.DataFrame, demand: Demand, rows: pd.DataFrame) -> pd.DataFrame:
    """Add unit_name and the codes and names of township, village and group ("" above the unit) to rows with unit and unit_code.

    Parameters
    ----------
    units
        Rows with unit and unit_code.
    demand
        Unit tables.
    rows
        See `place_rows`: a unit's parents are those of its first settlement, else those of the unit tables.
    """
    kinds = ("township", "village", "group")
    tables = {kind: _table(getattr(demand, f"{kind}s")) for kind in kinds}
    own = rows.drop_duplicates("own_group").set_index("own_group")
    village = rows.drop_duplicates("village_code").set_index("village_code")
    unit, code = units["unit"].to_numpy(dtype=object), units["unit_code"]
    group = code.where(unit == "group", "")
    above = _find(group, own["village_code"], tables["group"]["parent_code"])
    villages = pd.Series(np.select([unit == "village", unit == "group"], [code, above], default=""), index=units.index)
    direct = _find(group, own["township_code"], pd.Series(dtype=object))
    by_village = _find(villages, village["township_code"], tables["village"]["parent_code"])
    under = np.where(direct != "", direct, by_village)
    townships = pd.Series(np.where(unit == "township", code, under), index=units.index)
    found = {"township": townships, "village": villages, "group": group}
    named: dict[str, pd.Series] = {}
    for kind, codes in found.items():
        named[f"{kind}_code"] = codes.astype(object)
        named[f"{kind}_name"] = look_up(codes, tables[kind]["name"])
    # A settlement that is its own group bears its own name.
    if "name" in demand.settlements:
        places = demand.settlements.drop_duplicates("settlement_id").set_index("settlement_id")["name"]
        named["group_name"] = named["group_name"].where(named["group_name"] != "", look_up(group, places))
    name = np.select([unit == kind for kind in kinds], [named[f"{kind}_name"] for kind in kinds], default="")
    return units.assign(unit_name=np.where(code == "", UNASSIGNED_NAME, name), **named)


def add_empty_units(units: pd.DataFrame, demand: Demand, standards: StandardsProfile) -> pd.DataFrame:
    """Add the units that no settlement names: nobody is known to live there, and nothing is known of their items."""
    parts = [units]
    for kind in ("township", "village", "group"):
        codes = _table(getattr(demand, f"{kind}s")).index
        missing = codes[~codes.isin(set(units.loc[units["unit"] == kind, "unit_code"]) | _codes_named(demand, kind))]
        items = [(k, item.id) for k, item in enumerate(standards.items) if UNIT_OF_LEVEL[str(item.level)] == kind]
        if len(missing) and items:
            n = len(missing)
            parts.append(
                pd.DataFrame(
                    {
                        "place": np.repeat([k for k, _ in items], n), "item": np.repeat(np.array([one for _, one in items], dtype=object), n),
                        "unit": kind, "unit_code": np.tile(missing.to_numpy(dtype=object), len(items)),
                        "state": WORST_FIRST.index(_UNKNOWN), "coverage": _UNKNOWN, "settlements": 0, "unknown_persons": 0.0,
                        "persons_unknown_settlements": 0, "cause": causes.NO_DATA, "cause_class": "unknown",
                    }
                )
            )  # fmt: skip
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else units


def _codes_named(demand: Demand, kind: str) -> set[str]:
    return set(clean_codes(demand.settlements[f"{kind}_code"])) - {""}


def _number(rows: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Give every pair of unit and item a number: items in the profile's order, units by code within them."""
    kinds = rows["unit"].to_numpy(dtype=object)
    code, every = pd.factorize(rows["unit_code"].to_numpy(dtype=object), sort=True)
    place = rows["place"].to_numpy(dtype=np.int64)
    key, first, where = np.unique(place * (len(every) + 1) + code, return_index=True, return_inverse=True)
    keys = pd.DataFrame(
        {
            "place": key // (len(every) + 1), "item": rows["item"].to_numpy(dtype=object)[first],
            "unit": kinds[first], "unit_code": rows["unit_code"].to_numpy(dtype=object)[first],
        }
    )  # fmt: skip
    return keys, where.astype(np.int64)


def _main_causes(rows: pd.DataFrame, where: NDArray[np.int64], spoken: NDArray[np.int64]) -> pd.DataFrame:
    """Return the cause that leaves most people short, per cell that is not covered."""
    state = rows["state"].to_numpy(dtype=np.int64)
    chosen = (state == spoken[where]) & (state != WORST_FIRST.index(_COVERED))
    people = rows["short_persons"].fillna(rows["asked_persons"]).fillna(0.0).to_numpy(dtype=np.float64)
    table = pd.DataFrame(
        {
            "cell": where[chosen], "cause": rows["cause"].to_numpy(dtype=object)[chosen],
            "cause_class": rows["cause_class"].to_numpy(dtype=object)[chosen], "people": people[chosen],
        }
    )  # fmt: skip
    by = table.groupby(["cell", "cause"], sort=True).agg(
        people=("people", "sum"), size=("people", "size"), cause_class=("cause_class", "first")
    )
    # Sums that differ only by the order of adding are equal.
    by = by.reset_index().assign(people=lambda one: one["people"].round(6))
    best = by.sort_values(["cell", "people", "size", "cause"], ascending=[True, False, False, True], kind="stable")
    return best.drop_duplicates("cell").set_index("cell")[["cause", "cause_class"]]


def _table(units: pd.DataFrame) -> pd.DataFrame:
    """Return name and parent_code by code, the first where a code is doubled."""
    if not len(units):
        return pd.DataFrame({"name": [], "parent_code": []}, index=pd.Index([], dtype=object), dtype=object)
    columns = {name: clean_codes(units[name]).to_numpy() if name in units else "" for name in ("name", "parent_code")}
    table = pd.DataFrame(columns, index=pd.Index(clean_codes(units["code"]).to_numpy(dtype=object), dtype=object), dtype=object)
    return table[(table.index != "") & ~table.index.duplicated()]


def _find(codes: pd.Series, first: pd.Series, then: pd.Series) -> pd.Series:
    """Look codes up in one table and, where it has none, in another; "" where neither has."""
    found = look_up(codes, first)
    return found.where(found != "", look_up(codes, then))
