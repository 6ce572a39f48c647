"""Read who was asked whether they would move, and never guess for those who were not.

    willing_share   = willing households / households           of a settlement that was asked
    willing_persons = persons × willing_share                   taking willing households for as large as the others

A settlement that was not asked, or whose households or people are not known, is no_data: neither willing nor unwilling. More willing
households than there are is a contradiction and an error; households that are 0 with 0 willing are 0.

By hand: 12 of 16 households of 60 people are willing: 0.75, 45 people.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.contracts.results import Demand
from geoplan.contracts.status import Status
from geoplan.errors import TableError
from geoplan.relocation.dispersion import known_persons


def measure_willingness(demand: Demand, willingness: pd.DataFrame | None) -> pd.DataFrame:
    """Return how many people of each settlement would move.

    Parameters
    ----------
    demand
        Settlements with people and households.
    willingness
        settlement_id, willing_households and, where it is known, surveyed (the day they were asked); None: nobody was asked.

    Returns
    -------
    DataFrame
        settlement_id, willing_households, willing_share (0..1), willing_persons (NaN unless ok), willing_status (ok / no_data), surveyed; one
        row per settlement, in their order.

    Raises
    ------
    TableError
        ``COLUMN-MISSING``, ``ID-DUPLICATE``, or ``WILLING-HOUSEHOLDS`` where more households are willing than there are, or fewer than none.
    """
    settlements = demand.settlements
    ids = settlements["settlement_id"].to_numpy()
    asked = _checked(willingness).set_index("settlement_id").reindex(ids)
    willing = asked["willing_households"].to_numpy(dtype=float, na_value=np.nan)
    households = (
        settlements["households"].to_numpy(dtype=float, na_value=np.nan)
        if "households" in settlements.columns
        else np.full(len(ids), np.nan)
    )
    wrong = (willing > households) | (willing < 0)
    if wrong.any():
        raise TableError(
            "more households are willing than there are, or fewer than none",
            code="WILLING-HOUSEHOLDS",
            layer="willingness",
            column="willing_households",
            ids=ids[wrong],
            remedy="Correct the willing households, or the households of the settlement.",
        )
    share = np.divide(willing, households, out=np.where(willing == households, 0.0, np.nan), where=households > 0)
    persons = known_persons(demand) * share
    return pd.DataFrame(
        {
            "settlement_id": ids,
            "willing_households": willing,
            "willing_share": share,
            "willing_persons": persons,
            "willing_status": np.where(np.isfinite(persons), str(Status.OK), str(Status.NO_DATA)).astype(object),
            "surveyed": asked["surveyed"].where(asked["surveyed"].notna(), "").astype(str).to_numpy(dtype=object),
        }
    )


def _checked(willingness: pd.DataFrame | None) -> pd.DataFrame:
    """Return the survey with its three columns, one row per settlement."""
    if willingness is None:
        empty = {"settlement_id": pd.Series(dtype=object), "willing_households": pd.Series(dtype=float)}
        return pd.DataFrame({**empty, "surveyed": pd.Series(dtype=object)})
    for column in ("settlement_id", "willing_households"):
        if column not in willingness.columns:
            raise TableError(
                "the survey of willingness lacks a column",
                code="COLUMN-MISSING",
                layer="willingness",
                column=column,
                remedy="Give settlement_id and willing_households.",
            )
    doubled = willingness["settlement_id"][willingness["settlement_id"].duplicated()].unique()
    if len(doubled):
        raise TableError(
            "settlements were asked more than once",
            code="ID-DUPLICATE",
            layer="willingness",
            column="settlement_id",
            ids=doubled,
            remedy="Keep the latest survey of each settlement.",
        )
    surveyed = willingness["surveyed"] if "surveyed" in willingness.columns else ""
    return pd.DataFrame(
        {
            "settlement_id": willingness["settlement_id"].to_numpy(),
            "willing_households": willingness["willing_households"].to_numpy(),
            "surveyed": surveyed,
        }
    )
