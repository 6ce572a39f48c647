"""Read homesteads (宅基地) or building footprints as houses of settlements, and add what is true of houses up to settlements.

A multi-part feature is as many houses; its people are shared among the parts by area. Features of settlements that are not in the plan are nobody's
here. How a settlement's people are spread over its houses: by stated persons where every house has them, else by households, else by area, else
equally.

By hand: a settlement with houses of 300 m² and 100 m² and no counts: weights 0.75 and 0.25. With households 1 and 3: 0.25 and 0.75.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.errors import TableError


@dataclass(frozen=True)
class Houses:
    """The m houses of n settlements."""

    geometry: NDArray[np.object_]
    """(m,) polygons; None where a house has no position."""
    owner: NDArray[np.intp]
    """(m,) row of the settlement."""
    area_m2: NDArray[np.float64]
    """(m,) 0 where it has none (a point) or no position."""
    weight: NDArray[np.float64]
    """(m,) share of its settlement's people; sums to 1 over a settlement."""
    count: int
    """n."""

    def add_up(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n,) sums of (m,) values over each settlement's houses, 0 where it has none."""
        return np.bincount(self.owner, weights=values, minlength=self.count).astype(np.float64)


def read_houses(homesteads: gpd.GeoDataFrame, settlement_ids: NDArray[np.object_]) -> Houses:
    """Return the houses of the settlements.

    Parameters
    ----------
    homesteads
        settlement_id, geometry and, where known, persons and households.
    settlement_ids
        (n,) settlements of the plan.

    Raises
    ------
    TableError
        ``HOMESTEAD-SETTLEMENT`` when the table does not say whose the houses are.
    """
    if "settlement_id" not in homesteads.columns:
        raise TableError(
            "the homesteads do not say to which settlement they belong",
            code="HOMESTEAD-SETTLEMENT",
            column="settlement_id",
            remedy="Map the column with the settlement's id to `settlement_id` in the catalogue.",
        )
    owner = pd.Index(settlement_ids).get_indexer(homesteads["settlement_id"])
    own = np.flatnonzero(owner >= 0)
    shapes = homesteads.geometry.to_numpy()[own]
    parts, of = shapely.get_parts(np.where(shapely.is_empty(shapes), None, shapes), return_index=True)
    lost = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    feature = np.concatenate([of, lost])
    geometry = np.concatenate([parts, np.full(len(lost), None, dtype=object)])
    order = np.argsort(feature, kind="stable")
    feature, geometry = feature[order], geometry[order]
    area = np.nan_to_num(shapely.area(geometry))
    share = _share_out(area, feature, len(own))
    houses = Houses(geometry, owner[own][feature].astype(np.intp), area, area, len(settlement_ids))
    weight = _share_out(area, houses.owner, houses.count)
    for name in ("households", "persons"):
        if name in homesteads.columns:
            stated = pd.to_numeric(homesteads[name], errors="coerce").to_numpy(dtype=float)[own][feature] * share
            usable = np.isfinite(stated) & (stated >= 0)
            complete = (houses.add_up((~usable).astype(float)) == 0) & (houses.add_up(np.where(usable, stated, 0.0)) > 0)
            total = houses.add_up(np.where(usable, stated, 0.0))
            weight = np.where(complete[houses.owner], stated / np.where(complete, total, 1.0)[houses.owner], weight)
    return Houses(geometry, houses.owner, area, weight, houses.count)


def _share_out(amount: NDArray[np.float64], of: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    """Return each element's share of its group's amount; equal shares where the group has none."""
    total = np.bincount(of, weights=amount, minlength=count)[of]
    size = np.bincount(of, minlength=count)[of]
    return np.where(total > 0, amount / np.where(total > 0, total, 1.0), 1.0 / np.maximum(size, 1))
