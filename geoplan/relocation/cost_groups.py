"""Gather settlements into the village groups that costs are reckoned for.

A group's people are those of its settlements; where one is not known, the sum is of the known ones and says so. A road leads to the group's main
place: the settlement with people that lies nearest to their common centre Σ p·x / Σ p (unknown people weigh as the mean of the known, ties go to
the first row). A settlement without a group code is a group of its own, under its own id.

By hand: 30 people at x = 0 and 10 at x = 100: the centre is at 25, the main place the first.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.results import Demand
from geoplan.contracts.status import Status
from geoplan.errors import TableError


def own_group(demand: Demand) -> pd.Series:
    """Return the group code of every settlement, its own id where it has none; index is settlement_id."""
    frame = demand.settlements
    ids = frame["settlement_id"].astype(str)
    if ids.duplicated().any():
        raise TableError(
            "settlement ids occur twice", code="SETTLEMENT-DUPLICATE", layer="settlements", column="settlement_id",
            ids=ids[ids.duplicated()], remedy="Give every settlement an id of its own.",
        )  # fmt: skip
    codes = frame["group_code"].astype(object).where(frame["group_code"].notna(), "").astype(str).str.strip()
    return pd.Series(
        np.where(codes == "", ids, codes), index=pd.Index(ids, name="settlement_id"), name="group_code", dtype=object
    )


def gather_groups(demand: Demand) -> pd.DataFrame:
    """Return one row per village group that has settlements, in order of first appearance.

    Parameters
    ----------
    demand
        Settlements (``persons_status`` absent: known where there is a number) and group names.

    Returns
    -------
    pandas.DataFrame
        group_code, name, township_code, village_code, persons, persons_status, households, households_status (ok / no_data; the sums are of the known),
        settlements, settlement_id (main place), easting_m, northing_m.

    Raises
    ------
    TableError
        ``SETTLEMENT-DUPLICATE``.
    """
    frame = demand.settlements
    codes = own_group(demand)
    persons = frame["persons"].to_numpy(dtype=np.float64, na_value=np.nan)
    if "persons_status" in frame:
        persons = np.where((frame["persons_status"] == str(Status.OK)).to_numpy(), persons, np.nan)
    households = (
        frame["households"].to_numpy(dtype=np.float64, na_value=np.nan) if "households" in frame else np.full(len(frame), np.nan)
    )
    # Nobody lives there: no households either, even where they are not stated.
    households = np.where((persons == 0.0) & np.isnan(households), 0.0, households)
    table = pd.DataFrame(
        {
            "group_code": codes.to_numpy(),
            "township_code": _texts(frame, "township_code"),
            "village_code": _texts(frame, "village_code"),
            "settlement_id": codes.index.to_numpy(),
            "name": frame["name"].astype(object).where(frame["name"].notna(), "").astype(str).to_numpy(),
            "persons": persons,
            "households": households,
            "easting_m": frame.geometry.x.to_numpy(),
            "northing_m": frame.geometry.y.to_numpy(),
        }
    )
    by = table.groupby("group_code", sort=False)
    groups = by.agg(
        township_code=("township_code", "first"), village_code=("village_code", "first"), name=("name", "first"),
        persons=("persons", "sum"), households=("households", "sum"),
        settlements=("settlement_id", "size"), persons_known=("persons", "count"), households_known=("households", "count"),
    ).reset_index()  # fmt: skip
    for name in ("persons", "households"):
        known = groups[f"{name}_known"] == groups["settlements"]
        groups[f"{name}_status"] = np.where(known, str(Status.OK), str(Status.NO_DATA))
    groups["name"] = _names(groups, demand)
    main = _main_places(table)
    order = "group_code name township_code village_code persons persons_status households households_status settlements".split()
    return groups[order].merge(main, on="group_code", how="left", validate="one_to_one")


def _texts(frame: pd.DataFrame, column: str) -> NDArray[np.object_]:
    """Return a column of codes as text, "" where there is none."""
    if column not in frame:
        return np.full(len(frame), "", dtype=object)
    return frame[column].astype(object).where(frame[column].notna(), "").astype(str).str.strip().to_numpy(dtype=object)


def _names(groups: pd.DataFrame, demand: Demand) -> pd.Series:
    """Return the group's own name where the unit table has it, else its first settlement's."""
    units = demand.groups
    if "code" not in units or units.empty:
        return groups["name"]
    named = units.assign(code=units["code"].astype(str)).drop_duplicates("code").set_index("code")["name"]
    found = groups["group_code"].map(named)
    return found.where(found.notna() & (found != ""), groups["name"])


def _main_places(table: pd.DataFrame) -> pd.DataFrame:
    """Return the settlement with people nearest to their common centre, per group."""
    code = table["group_code"]
    mean = table["persons"].groupby(code).transform("mean").fillna(1.0)
    weight = table["persons"].fillna(mean)
    empty = weight.groupby(code).transform("sum") == 0.0
    weight = weight.mask(empty, 1.0)
    total = weight.groupby(code).transform("sum")
    off = [table[name] - (table[name] * weight).groupby(code).transform("sum") / total for name in ("easting_m", "northing_m")]
    far = np.hypot(*off).where(weight > 0.0, np.inf)
    chosen = far.groupby(code, sort=False).idxmin()
    columns = ["group_code", "settlement_id", "easting_m", "northing_m"]
    return table.loc[chosen.to_numpy(), columns].reset_index(drop=True)
