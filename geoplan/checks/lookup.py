"""Find a plan's layers by role, and a label for each of their rows."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.results import Layers

_ID_COLUMNS = ("homestead_id", "settlement_id", "road_id", "facility_id", "hazard_id", "site_id", "code")


def find_layer(layers: Layers, name: str | None) -> gpd.GeoDataFrame | None:
    """Return a vector layer by catalogue id, or None where the plan names none or it was not read."""
    return None if name is None else layers.vectors.get(name)


def name_facility_layers(plan: PlanConfig) -> tuple[str, ...]:
    """Return the catalogue ids of the facility layers, each once, in the plan's order."""
    return tuple(dict.fromkeys(layer for service in plan.services for layer in service.layers))


def name_unit_layers(plan: PlanConfig) -> dict[str, str]:
    """Return level → catalogue id of the unit layers the plan names, highest first."""
    named = {"county": plan.county, "township": plan.townships, "village": plan.villages, "group": plan.groups}
    return {level: name for level, name in named.items() if name is not None}


def find_id_column(frame: gpd.GeoDataFrame) -> str | None:
    """Return the column that names the rows, or None."""
    return next((one for one in _ID_COLUMNS if one in frame.columns), None)


def label_rows(frame: gpd.GeoDataFrame) -> pd.Series:
    """Return one label per row: its id, or ``row 1`` … where it has none."""
    places = pd.Series([f"row {one + 1}" for one in range(len(frame))], index=frame.index, dtype=object)
    column = find_id_column(frame)
    return places if column is None else read_codes(frame[column]).where(lambda text: text != "", places)


def read_codes(values: pd.Series) -> pd.Series:
    """Return codes as stripped text, a missing one as ""."""
    texts = ["" if gone else str(one).strip() for one, gone in zip(values.tolist(), values.isna().tolist(), strict=True)]
    return pd.Series(texts, index=values.index, dtype=object)


def read_numbers(frame: gpd.GeoDataFrame, column: str) -> pd.Series:
    """Return a column as float64, NaN where it is absent, missing or no number."""
    if column not in frame.columns:
        return pd.Series(float("nan"), index=frame.index, dtype="float64")
    return pd.to_numeric(frame[column], errors="coerce").astype("float64")
