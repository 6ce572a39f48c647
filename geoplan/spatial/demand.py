"""Turn settlements into demand: a point, its units, its people and households, and the ground it stands on.

People come from the settlement layer where it gives a count. Where it does not, they come from the population raster, whose people all go
to the nearest settlement within ``population_reach_m`` (`geoplan.spatial.zonal.allocate_persons`):

    Σ allocated + unplaced = people of the raster inside the county        (exactly, to rounding)

A settlement with a count of its own keeps it and drops what the raster allocated to it (otherwise its neighbours would be given its people
a second time); the two figures are set side by side in a problem of severity info. So where no settlement has a count, Σ persons + unplaced is the
raster's total; where all have one, the raster changes nothing.

By hand: A has a count of 50; B has none. The raster holds 40 people nearest to A, 30 nearest to B and 5 out of reach:
A 50 (layer), B 30 (raster), 5 unplaced; raster_persons 75 = 40 + 30 + 5.

A settlement without a count that no populated cell is nearest to is not empty, it is unknown: NaN, ``no_data``.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Demand, Layers, Problem
from geoplan.contracts.status import Severity
from geoplan.errors import LayerError, TableError
from geoplan.spatial.frames import require_same_crs
from geoplan.spatial.people import count_households, count_people, note_rows
from geoplan.spatial.terrain import sample_bilinear, sample_slope_deg
from geoplan.spatial.units import (
    UNIT_LEVELS,
    clean_codes,
    complete_units,
    empty_units,
    fill_from_below,
    list_units,
    locate_units,
)


def build_demand(layers: Layers, plan: PlanConfig) -> tuple[Demand, list[Problem]]:
    """Return the settlements as the plan uses them, the unit tables, and what was filled, derived or found wrong.

    Parameters
    ----------
    layers
        All layers in the working CRS.
    plan
        Plan; names the layers, the raster's reach and the people per household.

    Returns
    -------
    demand
        One row per row of the settlement layer, in its order; polygons and lines become a point that lies on them.
    problems
        Codes: ``DEMAND-GEOMETRY`` (error), ``DEMAND-COUNT`` (error), ``DEMAND-UNIT`` (warning), ``DEMAND-UNIT-FILLED`` (info),
        ``DEMAND-UNPLACED`` (warning), ``DEMAND-OUTSIDE`` (info), ``DEMAND-OWN-COUNT`` (info), ``DEMAND-NO-PEOPLE`` (warning).

    Raises
    ------
    LayerError
        ``LAYER-MISSING`` when the plan names a layer that was not read.
    TableError
        ``COLUMN-MISSING`` when the settlements carry no ``settlement_id``.
    CrsError
        ``CRS-MIXED`` when a layer is not in the working CRS.
    """
    source = _vector(layers, plan.settlements)
    if "settlement_id" not in source.columns:
        raise TableError(
            "the settlements carry no settlement_id",
            code="COLUMN-MISSING",
            layer=plan.settlements,
            column="settlement_id",
            remedy="Map the source column to settlement_id in the catalogue.",
        )
    require_same_crs(source.crs, layers.crs, what="settlement layer")
    problems: list[Problem] = []
    settlements = _place_points(source, plan, problems)
    units = {level: list_units(_optional(layers, getattr(plan, f"{level}s")), crs=layers.crs) for level in UNIT_LEVELS}
    settlements = _assign_units(settlements, units, plan, problems)
    county = _optional(layers, plan.county)
    population = None if plan.population is None else _raster(layers, plan.population)
    settlements, totals = count_people(settlements, population, county, plan, problems)
    settlements = count_households(settlements, plan)
    settlements = _read_ground(settlements, _raster(layers, plan.dem))
    tables = _complete_tables(settlements, units)
    demand = Demand(
        settlements=settlements,
        groups=tables["group"],
        villages=tables["village"],
        townships=tables["township"],
        county=_list_county(county, plan, tables["township"], layers.crs),
        raster_persons=totals.raster,
        unplaced_persons=totals.unplaced,
    )
    return demand, problems


# --------------------------------------------------------------------------- layers


def _vector(layers: Layers, name: str) -> gpd.GeoDataFrame:
    if name not in layers.vectors:
        raise LayerError(
            f"the plan names {name!r}, which was not read", code="LAYER-MISSING", layer=name, remedy="Add it to the catalogue."
        )
    return layers.vectors[name]


def _optional(layers: Layers, name: str | None) -> gpd.GeoDataFrame | None:
    return None if name is None else _vector(layers, name)


def _raster(layers: Layers, name: str) -> Grid:
    if name not in layers.rasters:
        raise LayerError(
            f"the plan names {name!r}, which was not read", code="LAYER-MISSING", layer=name, remedy="Add it to the catalogue."
        )
    return layers.rasters[name]


# --------------------------------------------------------------------------- steps


def _place_points(source: gpd.GeoDataFrame, plan: PlanConfig, problems: list[Problem]) -> gpd.GeoDataFrame:
    """Return the settlements as points, every row kept; a row without geometry stays without."""
    geometry = np.asarray(source.geometry.array, dtype=object)
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    points = np.full(len(geometry), None, dtype=object)
    single = shapely.get_type_id(geometry) == shapely.GeometryType.POINT
    points[single & ~missing] = shapely.force_2d(geometry[single & ~missing])
    points[~single & ~missing] = shapely.point_on_surface(shapely.force_2d(geometry[~single & ~missing]))
    table = pd.DataFrame(source.drop(columns=source.geometry.name)).reset_index(drop=True)
    settlements = gpd.GeoDataFrame(table, geometry=points, crs=source.crs)
    settlements["settlement_id"] = clean_codes(settlements["settlement_id"])
    if "name" not in settlements.columns:
        settlements["name"] = ""
    if missing.any():
        texts = (
            "自然村没有坐标，无法计算",
            "settlements have no location; nothing can be worked out for them",
            "补充坐标。",
            "Give their coordinates.",
        )
        ids = settlements.loc[missing, "settlement_id"]
        problems.append(note_rows("DEMAND-GEOMETRY", Severity.ERROR, plan.settlements, texts, ids=ids, column="geometry"))
    return settlements


def _assign_units(
    settlements: gpd.GeoDataFrame, units: dict[str, gpd.GeoDataFrame], plan: PlanConfig, problems: list[Problem]
) -> gpd.GeoDataFrame:
    """Fill group, village and township codes; see `geoplan.spatial.units`."""
    filled = settlements.copy()
    points = np.asarray(filled.geometry.array, dtype=object)
    for place, level in enumerate(UNIT_LEVELS):
        column = f"{level}_code"
        given = clean_codes(filled[column]) if column in filled.columns else pd.Series("", index=filled.index, dtype="str")
        found, contradicted = locate_units(points, units[level], given)
        codes = given.where(given != "", found)
        if place > 0:
            lower = UNIT_LEVELS[place - 1]
            codes = fill_from_below(codes, filled[f"{lower}_code"], units[lower], level=level)
        filled[column] = codes
        if contradicted.any():
            texts = (
                f"{column} 与所在面不一致，保留填报的代码",
                f"{column} is not that of the polygon the settlement lies in; the code given is kept",
                "核对坐标或代码。",
                "Check the location or the code.",
            )
            ids = filled.loc[contradicted, "settlement_id"]
            problems.append(note_rows("DEMAND-UNIT", Severity.WARNING, plan.settlements, texts, ids=ids, column=column))
        added = (given == "") & (codes != "")
        if added.any() and column in settlements.columns:
            texts = (
                f"{column} 缺失，已按所在面或代码结构补充",
                f"{column} was missing and has been filled",
                "核对。",
                "Check them.",
            )
            ids = filled.loc[added, "settlement_id"]
            problems.append(note_rows("DEMAND-UNIT-FILLED", Severity.INFO, plan.settlements, texts, ids=ids, column=column))
    return filled


def _read_ground(settlements: gpd.GeoDataFrame, dem: Grid) -> gpd.GeoDataFrame:
    """Return the slope and elevation at each settlement; NaN off the elevation model."""
    require_same_crs(settlements.crs, dem.crs, what="settlement layer")
    ground = settlements.copy()
    xy = np.column_stack([ground.geometry.x, ground.geometry.y]).astype(float)
    ground["slope_deg"] = sample_slope_deg(dem, xy)
    ground["elevation_m"] = sample_bilinear(dem, xy)
    return ground


def _complete_tables(settlements: gpd.GeoDataFrame, units: dict[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Return the unit tables with every code that settlements carry."""
    tables = {}
    for place, level in enumerate(UNIT_LEVELS):
        above = UNIT_LEVELS[place + 1] if place + 1 < len(UNIT_LEVELS) else None
        parents = None if above is None else settlements[f"{above}_code"]
        tables[level] = complete_units(units[level], settlements[f"{level}_code"], parents)
    return tables


def _list_county(layer: gpd.GeoDataFrame | None, plan: PlanConfig, townships: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Return the county as a unit table: the layer's, else one row named after the plan."""
    county = list_units(layer, crs=crs)
    if len(county):
        return county
    parents = sorted(set(townships["parent_code"]) - {""})
    prefixes = {one[:6] + "000000" for one in townships["code"] if one.isdigit() and len(one) == 12}
    code = parents[0] if len(parents) == 1 else (prefixes.pop() if len(prefixes) == 1 else "county")
    row = gpd.GeoDataFrame({"code": [code], "name": [plan.name], "parent_code": [""]}, geometry=[None], crs=crs)
    return gpd.GeoDataFrame(pd.concat([empty_units(crs), row], ignore_index=True), geometry="geometry", crs=crs)
