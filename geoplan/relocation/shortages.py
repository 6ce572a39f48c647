"""Measure what each village group is short of by one price: how much for certain, and how much at most.

For settlement s and item i that the price closes, the shortage is x where it is known, 0 where the item is covered or nobody is asked, else between 0
and a, all people asked (all households). The price is paid once for the items it closes together, so

    low_s = maxᵢ low_si    high_s = maxᵢ high_si    and for the group Σ_s (per household or person) or max_s (a thing of the group, village, township)

A group none of whose settlements was held against the item is short by anything from nobody to everybody. Without a known number of people there is
no upper bound (inf).

By hand: 12 of 20 households of one settlement short, the other of 8 households not surveyed: 12 for certain, 20 at most.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.status import Coverage, Status

SHARED_UNITS: tuple[str, ...] = ("village", "township")
"""Bases of a price that groups share."""

_OK, _NO_DATA = str(Status.OK), str(Status.NO_DATA)
_SHORT = (str(Coverage.GAP), str(Coverage.UNREACHABLE))
_COUNTED = ("household", "person")


def measure_shortages(rows: pd.DataFrame, groups: pd.DataFrame, own: pd.Series, *, basis: str) -> pd.DataFrame:
    """Return the shortage of every group in units of the basis.

    Parameters
    ----------
    rows
        Rows of `CoverageResult.gaps` of the items that one price closes.
    groups
        group_code, persons, households with their status (without a status: known where there is a number).
    own
        Group code by settlement_id.
    basis
        household / person / group / village / township.

    Returns
    -------
    pandas.DataFrame
        group_code, quantity (known to be short), least (short for certain: people who are not known may be nobody), most (at most; inf: no
        bound), persons (short; NaN: not known), persons_low, persons_high (bounds of the people short), status (ok / no_data). One row per group.
    """
    codes = groups["group_code"]
    table = _bound_settlements(rows, basis=basis)
    each = table.groupby("settlement_id").max()
    # One item that everybody lacks settles what is not known of the others.
    each["open"] = each["open"].where((each["low"] < each["high"]) | (each["high"] == 0.0), 0.0)
    each["group_code"] = own.reindex(each.index)
    how = "sum" if basis in _COUNTED else "max"
    found = (
        each.groupby("group_code")
        .agg({"low": how, "least": how, "high": how, "open": "max", "people_low": "sum", "people_high": "sum", "people_open": "max"})
        .reindex(codes.to_numpy())
    )
    # A group none of whose settlements was held against the item is unknown, not served.
    lost = found["open"].isna().to_numpy()
    everybody = _count_all(groups, "persons")
    all_units = (
        everybody if basis == "person" else _count_all(groups, "households") if basis == "household" else np.ones(len(groups))
    )
    quantity = np.where(lost, 0.0, found["low"].to_numpy())
    open_ = lost | (found["open"].to_numpy() > 0.0)
    if basis not in _COUNTED:
        # One settlement that is short settles it for all: the thing is needed whatever the others have.
        open_ = open_ & (quantity == 0.0)
    people_known = ~lost & (found["people_open"].to_numpy() == 0.0)
    return pd.DataFrame(
        {
            "group_code": codes.to_numpy(), "quantity": quantity, "least": np.where(lost, 0.0, found["least"].to_numpy()),
            "most": np.where(open_, np.where(lost, all_units, found["high"].to_numpy()), quantity),
            "persons": np.where(people_known, found["people_low"].to_numpy(), np.nan),
            "persons_low": np.where(lost, 0.0, found["people_low"].to_numpy()),
            "persons_high": np.where(lost, everybody, found["people_high"].to_numpy()),
            "status": np.where(open_, _NO_DATA, _OK).astype(object),
        }
    )  # fmt: skip


def _bound_settlements(rows: pd.DataFrame, *, basis: str) -> pd.DataFrame:
    """Return settlement_id, bounds of the shortage and of the people short, and 1.0 where each is open: one row per row."""
    covered = (rows["coverage"] == str(Coverage.COVERED)).to_numpy()
    short = rows["coverage"].isin(_SHORT).to_numpy()
    persons = rows["persons"].to_numpy(dtype=np.float64, na_value=np.nan)
    asked = rows["asked_persons"].to_numpy(dtype=np.float64, na_value=np.nan) if "asked_persons" in rows else persons
    people = rows["short_persons"].to_numpy(dtype=np.float64, na_value=np.nan)
    most = np.ones(len(rows))
    if basis in _COUNTED:
        value = rows[f"short_{basis}s"].to_numpy(dtype=np.float64, na_value=np.nan)
        value = count_missing(rows, value, basis=basis)
        most = asked
        if basis == "household":
            most = (
                rows["households"].to_numpy(dtype=np.float64, na_value=np.nan)
                if "households" in rows
                else np.full(len(rows), np.nan)
            )
    else:
        value = np.where(covered, 0.0, np.where(short, 1.0, np.nan))
    # Nobody is short where it is covered, and none where nobody lives, or nobody it is for, however many households are stated.
    nobody = covered | (persons == 0.0) | (asked == 0.0)
    uncounted = np.isnan(persons) | np.isnan(asked)
    value, people = np.where(nobody, 0.0, value), np.where(nobody & (covered | np.isnan(people)), 0.0, people)
    return pd.DataFrame(
        {
            "settlement_id": rows["settlement_id"].to_numpy(),
            "low": np.nan_to_num(value), "least": np.where(uncounted, 0.0, np.nan_to_num(value)),
            "high": np.where(np.isnan(value), np.nan_to_num(most, nan=np.inf), value),
            "open": np.isnan(value).astype(np.float64),
            "people_low": np.nan_to_num(people), "people_high": np.where(np.isnan(people), np.nan_to_num(asked, nan=np.inf), people),
            "people_open": np.isnan(people).astype(np.float64),
        }
    )  # fmt: skip


def _count_all(groups: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return all people or households of every group; inf where they are not known."""
    if name not in groups:
        return np.full(len(groups), np.inf)
    count = groups[name].to_numpy(dtype=np.float64, na_value=np.nan)
    if f"{name}_status" in groups:
        count = np.where((groups[f"{name}_status"] == _OK).to_numpy(), count, np.nan)
    return np.nan_to_num(count, nan=np.inf)


def count_missing(rows: pd.DataFrame, short: NDArray[np.float64], *, basis: str) -> NDArray[np.float64]:
    """Return the households or people for whom something has to be supplied, so that the standard is met.

    A standard that leaves room is a settlement's as a whole, which is short of it with everybody; to meet it only the missing part is supplied. Of 100
    households with a share of 0.4 against 0.6, 20 are to be connected; for 6,000 people with 1 doctor per 10,000 against 2, half are to be supplied.
    """
    if not {"unit", "shortfall", "threshold", "households"} <= set(rows.columns):
        return short
    gap = (rows["coverage"] == str(Coverage.GAP)).to_numpy()
    missing, threshold, households = (
        rows[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("shortfall", "threshold", "households")
    )
    if basis == "household":
        connect = gap & (rows["unit"] == "share").to_numpy() & ~np.isnan(missing)
        return np.where(connect, households * missing, short)
    supply = gap & (rows["unit"] == "per_persons").to_numpy() & ~np.isnan(missing) & (threshold > 0.0)
    return np.where(supply, short * missing / np.where(supply, threshold, 1.0), short)
