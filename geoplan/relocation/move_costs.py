"""Price what moving village groups takes: housing, land, the site, the move itself, less what it sets free.

Quantities follow from people, households and the homesteads left behind:

    person: P    household: H    housing_m2: a·P    site_m2: b·P    homestead_m2: Σ area

with a the floor area and b the site area per person. A credit (the quota of the land released) counts negative. Homesteads that are not known leave
the items that rest on them without a value, and a group without a total: they are neither free to clear nor worthless.

The moving subsidy is not an item: the house is paid once, whoever pays it. `fund_moves` says how much of the cost it bears.

By hand: 40 people, 25 m² at 1,600 yuan: 1,600,000 yuan of housing; 1,200 m² of homestead at 300 yuan: −360,000.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.status import Status
from geoplan.relocation.cost_items import stack_items, tabulate_item

_OK, _NO_DATA = str(Status.OK), str(Status.NO_DATA)


def price_moves(
    groups: pd.DataFrame, own: pd.Series, profile: CostProfile, *, homesteads: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the items of moving every group.

    Parameters
    ----------
    groups
        See `geoplan.relocation.cost_groups.gather_groups`.
    own
        Group code by settlement_id.
    profile
        Prices and areas per person.
    homesteads
        settlement_id, area_m2 (NaN: not known); a settlement may have several rows. None: no homestead is known.

    Returns
    -------
    pandas.DataFrame
        See `geoplan.relocation.cost_items`.
    """
    people = groups["persons"].to_numpy(dtype=np.float64)
    area, area_known = sum_homesteads(groups["group_code"], own, homesteads, empty=_nobody(groups))
    units = {"person": "person", "household": "household", "housing_m2": "m2", "site_m2": "m2", "homestead_m2": "m2"}
    quantity = {
        "person": people,
        "household": groups["households"].to_numpy(dtype=np.float64),
        "housing_m2": people * profile.housing_m2_per_person.value,
        "site_m2": people * profile.site_m2_per_person.value,
        "homestead_m2": area,
    }
    by_people = groups["persons_status"].to_numpy()
    status = {
        "person": by_people,
        "household": groups["households_status"].to_numpy(),
        "housing_m2": by_people,
        "site_m2": by_people,
        "homestead_m2": np.where(area_known, _OK, _NO_DATA),
    }
    return stack_items(
        [
            tabulate_item(
                groups["group_code"], side="move", item=row.id, labels=(row.label_zh, row.label_en), unit=units[row.basis],
                price=row.price, profile=profile, platform=row.platform, quantity=quantity[row.basis], status=status[row.basis],
                credit=row.credit,
            )
            for row in profile.move
        ]
    )  # fmt: skip


def _nobody(groups: pd.DataFrame) -> NDArray[np.bool_]:
    return ((groups["persons"] == 0.0) & (groups["persons_status"] == _OK)).to_numpy()


def sum_homesteads(
    codes: pd.Series, own: pd.Series, homesteads: pd.DataFrame | None, *, empty: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the known homestead area of every group, m², and whether all of its settlements have theirs.

    Where nobody lives (``empty``) nobody moves, and no land is counted.
    """
    if homesteads is None:
        return np.zeros(len(codes)), empty.copy()
    area = homesteads["area_m2"].astype(np.float64)
    by = pd.DataFrame({"area": area, "open": area.isna()}).groupby(homesteads["settlement_id"].astype(str).to_numpy())
    each = by.agg({"area": "sum", "open": "any"}).reindex(own.index)
    groups = pd.DataFrame({"area": each["area"].fillna(0.0), "open": each["open"].ne(False)}).groupby(own.to_numpy())
    found = groups.agg({"area": "sum", "open": "any"}).reindex(codes.to_numpy())
    return np.where(empty, 0.0, found["area"].to_numpy(dtype=np.float64)), empty | ~found["open"].to_numpy(dtype=bool)


def fund_moves(groups: pd.DataFrame, items: pd.DataFrame, profile: CostProfile) -> pd.DataFrame:
    """Say how much of what moving costs at once the subsidy bears, and what is left to others.

    The subsidy is paid per household and never beyond the cost: with capital K (credits left out) and subsidy S·H, it bears min(K, S·H).

    Returns
    -------
    pandas.DataFrame
        group_code, status (ok / no_data), capital_yuan (before credits), subsidy_yuan, released_yuan (worth of land released), remaining_yuan
        (capital − subsidy − released, at least 0), source, clause, price_year, price_status. One row per group.
    """
    own = items[items["side"] == "move"]
    ok = (own["status"] == _OK).groupby(own["group_code"]).all()
    codes = groups["group_code"]
    capital, released = (
        codes.map(own[own["credit"].astype(bool) == credit].groupby("group_code")["capital_yuan"].sum()).fillna(0.0).abs()
        for credit in (False, True)
    )
    known = codes.map(ok).ne(False) & (groups["households_status"].to_numpy() == _OK)
    price = profile.subsidy_per_household
    subsidy = np.minimum(capital, profile.unit_yuan(price) * groups["households"].to_numpy(dtype=np.float64))
    table = pd.DataFrame(
        {
            "group_code": codes, "status": np.where(known, _OK, _NO_DATA), "capital_yuan": capital, "subsidy_yuan": subsidy,
            "released_yuan": released, "remaining_yuan": np.maximum(capital - subsidy - released, 0.0),
        }
    )  # fmt: skip
    figures = ["capital_yuan", "subsidy_yuan", "released_yuan", "remaining_yuan"]
    table.loc[~known.to_numpy(), figures] = np.nan
    return table.assign(
        source=price.source, clause=price.clause, price_year=price.price_year, price_status=str(price.status)
    ).reset_index(drop=True)
