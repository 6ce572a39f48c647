"""Decide who is to be placed, and tie the moving settlements of a village group into one unit.

    assigned or unassigned   class among ``classes``; or 建议搬 of a group at the stage 愿搬, where asked; or any class in a group that moves whole
    undecided                class 证据不足 outside such groups; people unknown although it would move
    stays                    everyone else, and places where nobody lives

By hand: group g has a (应搬, 30 people), b (可留, 10). Single: a is a unit of 30, b stays. Whole: one unit of 40.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.allocation_config import AllocationConfig
from geoplan.contracts.results import CandidacyResult, Demand
from geoplan.contracts.status import RelocationClass

_UNDECIDED, _SUGGESTED = str(RelocationClass.UNDECIDED), str(RelocationClass.SUGGESTED)


def sort_movers(
    demand: Demand, candidacy: CandidacyResult, config: AllocationConfig, *, groups: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return every settlement with what becomes of it before any site is looked at, sorted by id.

    Parameters
    ----------
    demand
        Settlements: settlement_id, persons, households, group_code, township_code, geometry.
    candidacy
        Classes; a settlement that is missing is 证据不足.
    config
        Which classes move and whether groups move whole.
    groups
        `GroupMovesResult.groups`: group_code, form, stage. None: no group moves whole and nobody was asked.

    Returns
    -------
    DataFrame
        settlement_id, group_code, township_code, persons, households, relocation_class, move (moves / undecided / stays), reason, x_m, y_m.
    """
    settlements = demand.settlements
    size = len(settlements)
    rows = pd.DataFrame({"settlement_id": settlements["settlement_id"].astype(str).to_numpy(dtype=object)})
    for name in ("group_code", "township_code"):
        given = settlements[name].astype(object) if name in settlements else pd.Series([""] * size)
        rows[name] = given.where(given.notna(), "").astype(str).to_numpy(dtype=object)
    for name in ("persons", "households"):
        given = pd.to_numeric(settlements[name], errors="coerce") if name in settlements else pd.Series(np.full(size, np.nan))
        rows[name] = given.to_numpy(dtype=float, na_value=np.nan)
    rows["x_m"], rows["y_m"] = settlements.geometry.x.to_numpy(dtype=float), settlements.geometry.y.to_numpy(dtype=float)
    classes = candidacy.candidacy.set_index("settlement_id")["relocation_class"].astype(str)
    rows["relocation_class"] = classes.reindex(rows["settlement_id"]).fillna(_UNDECIDED).to_numpy(dtype=object)
    whole, asked = _mark_groups(rows["group_code"], groups, config)
    own = rows["relocation_class"].isin(config.classes).to_numpy() | (asked & (rows["relocation_class"] == _SUGGESTED).to_numpy())
    moves = own | whole
    unknown = rows["persons"].isna().to_numpy()
    rules = [
        moves & unknown,
        moves & (rows["persons"] <= 0).to_numpy(),
        moves,
        (rows["relocation_class"] == _UNDECIDED).to_numpy(),
    ]
    rows["move"] = np.select(rules, ["undecided", "stays", "moves", "undecided"], default="stays")
    advised = (rows["relocation_class"] == _SUGGESTED).to_numpy()
    stays = np.where(advised, "advised_only", "can_stay")
    reasons = [
        np.full(size, "persons_unknown"),
        np.full(size, "nobody_lives_there"),
        np.where(own, "class", "whole_group"),
        np.full(size, "evidence"),
    ]
    rows["reason"] = np.select(rules, reasons, default=stays)
    return rows.sort_values("settlement_id", kind="stable").reset_index(drop=True)


def _mark_groups(
    codes: pd.Series, groups: pd.DataFrame | None, config: AllocationConfig
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where a settlement's group moves whole, and where its people were asked and want to move."""
    nowhere = np.zeros(len(codes), dtype=bool)
    if groups is None or not len(groups):
        return nowhere, nowhere
    table = groups.drop_duplicates("group_code").set_index("group_code")
    named = (codes != "").to_numpy()
    whole = (table["form"].reindex(codes) == "whole").to_numpy() & named if config.whole_groups else nowhere
    asked = (table["stage"].reindex(codes) == "愿搬").to_numpy() & named if config.with_willing else nowhere
    return whole, asked


def tie_units(movers: pd.DataFrame, config: AllocationConfig) -> pd.Series:
    """Return the unit of every mover: its group where groups keep together, else (or without a group) itself. Indexed as ``movers``."""
    alone = "settlement " + movers["settlement_id"].astype(str)
    if config.keep_together == "settlement":
        return alone
    return alone.where(movers["group_code"] == "", "group " + movers["group_code"].astype(str))
