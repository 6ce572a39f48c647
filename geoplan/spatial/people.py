"""Count people and households: the layer's figures first, the raster's for the rest, unknown where neither speaks.

See `geoplan.spatial.demand` for how totals are conserved.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Problem
from geoplan.contracts.status import Severity, Status
from geoplan.spatial.frames import require_same_crs
from geoplan.spatial.zonal import allocate_persons, cover_cells

_KEPT_IDS = 50


def note_rows(
    code: str, severity: Severity, layer: str, texts: tuple[str, str, str, str], *, ids: pd.Series | None = None, column: str = ""
) -> Problem:
    """Return a problem; texts are message zh, en and remedy zh, en."""
    every = () if ids is None else tuple(str(one) for one in ids)
    return Problem(code, severity, layer, *texts, column=column, ids=every[:_KEPT_IDS], count=len(every))


@dataclass(frozen=True)
class Totals:
    """People of the raster inside the county, and those of them out of every settlement's reach."""

    raster: float
    """NaN without a raster."""
    unplaced: float


def count_people(
    settlements: gpd.GeoDataFrame,
    population: Grid | None,
    county: gpd.GeoDataFrame | None,
    plan: PlanConfig,
    problems: list[Problem],
) -> tuple[gpd.GeoDataFrame, Totals]:
    """Return the settlements with persons, persons_status and persons_source, and the raster's totals.

    Parameters
    ----------
    settlements
        Points in the working CRS, with ``settlement_id`` and perhaps ``persons``.
    population
        People per cell, or None.
    county
        Boundary that people must live in, or None: the whole raster.
    plan
        Reach of the raster's people.
    problems
        Problems found are added to it.
    """
    counted = settlements.copy()
    own = _counts(counted, "persons", plan, problems)
    persons, totals = own.copy(), Totals(float("nan"), 0.0)
    if population is not None:
        population = _inside_county(population, county, plan, problems)
        xy = np.column_stack([counted.geometry.x, counted.geometry.y]).astype(float)
        allocation = allocate_persons(population, xy, reach_m=plan.population_reach_m)
        totals = Totals(allocation.total, allocation.unplaced)
        # Nobody allocated is "the raster does not know", not an empty village.
        from_raster = np.where(allocation.persons > 0, allocation.persons, np.nan)
        persons = np.where(np.isnan(own), from_raster, own)
        _note_allocation(counted, own, allocation.persons, totals, plan, problems)
    known = ~np.isnan(persons)
    counted["persons"] = persons
    counted["persons_status"] = np.where(known, Status.OK.value, Status.NO_DATA.value)
    counted["persons_source"] = np.where(~np.isnan(own), "layer", np.where(known, "raster", ""))
    if not known.all():
        texts = ("自然村人口未知", "the people of these settlements are not known", "补充人口数。", "Give their people.")
        ids = counted.loc[~known, "settlement_id"]
        problems.append(note_rows("DEMAND-NO-PEOPLE", Severity.WARNING, plan.settlements, texts, ids=ids, column="persons"))
    return counted, totals


def _counts(settlements: gpd.GeoDataFrame, column: str, plan: PlanConfig, problems: list[Problem]) -> NDArray[np.float64]:
    """Return a column of counts; what is not a number of 0 or more is unknown, and said so."""
    if column not in settlements.columns:
        return np.full(len(settlements), np.nan)
    numbers = pd.to_numeric(settlements[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = (np.isnan(numbers) & settlements[column].notna().to_numpy()) | (numbers < 0) | np.isinf(numbers)
    if wrong.any():
        texts = (
            f"{column} 不是非负数，按未知处理",
            f"{column} is not a number of 0 or more; taken as unknown",
            "改正。",
            "Correct it.",
        )
        ids = settlements.loc[wrong, "settlement_id"]
        problems.append(note_rows("DEMAND-COUNT", Severity.ERROR, plan.settlements, texts, ids=ids, column=column))
    return np.where(wrong, np.nan, numbers)


def _inside_county(population: Grid, boundary: gpd.GeoDataFrame | None, plan: PlanConfig, problems: list[Problem]) -> Grid:
    """Return the raster's people inside the county's polygons: a border cell counts by the share of its area inside."""
    if boundary is None or not len(boundary):
        return population
    require_same_crs(boundary.crs, population.crs, what="county boundary")
    outline = shapely.union_all(np.asarray(boundary.geometry.array))
    share = np.zeros(population.shape, dtype=np.float64)
    row, col, covered = cover_cells(outline, population)
    share[row, col] = covered
    inside = np.where(share > 0, population.values * share, np.nan)
    outside = float(np.nansum(population.values, dtype=np.float64) - np.nansum(inside))
    if outside > 0.5:
        texts = (
            f"人口栅格有 {outside:,.0f} 人在县界外，未计入",
            f"{outside:,.0f} people of the population raster live outside the county's boundary and are not counted",
            "无需处理；如不应如此，请核对县界。",
            "Nothing to do, unless the boundary is wrong.",
        )
        problems.append(note_rows("DEMAND-OUTSIDE", Severity.INFO, str(plan.population), texts))
    return Grid(values=inside, transform=population.transform, crs=population.crs)


def _note_allocation(
    settlements: gpd.GeoDataFrame,
    own: NDArray[np.float64],
    allocated: NDArray[np.float64],
    totals: Totals,
    plan: PlanConfig,
    problems: list[Problem],
) -> None:
    """Say how many people could not be placed, and how own counts compare with the raster."""
    layer = str(plan.population)
    if totals.unplaced > 0.5:
        texts = (
            f"人口栅格中 {totals.unplaced:,.0f} 人距任何自然村超过 {plan.population_reach_m:g} 米，未归属",
            f"{totals.unplaced:,.0f} people of the raster live farther than {plan.population_reach_m:g} m from every settlement",
            "补充缺失的自然村，或放宽 population_reach_m。",
            "Add the settlements that are missing, or widen population_reach_m.",
        )
        problems.append(note_rows("DEMAND-UNPLACED", Severity.WARNING, layer, texts))
    kept = ~np.isnan(own)
    if kept.any():
        counted, raster = float(own[kept].sum()), float(allocated[kept].sum())
        texts = (
            f"采用自然村自报人口 {counted:,.0f} 人；栅格在同处为 {raster:,.0f} 人",
            f"settlements with a count of their own keep it: {counted:,.0f} people, where the raster has {raster:,.0f}",
            "差别大时请核对两者年份。",
            "Compare the two vintages where they differ widely.",
        )
        problems.append(note_rows("DEMAND-OWN-COUNT", Severity.INFO, layer, texts, ids=settlements.loc[kept, "settlement_id"]))


def count_households(settlements: gpd.GeoDataFrame, plan: PlanConfig) -> gpd.GeoDataFrame:
    """Return households: the layer's, else people divided by the plan's people per household (not rounded), else unknown."""
    counted = settlements.copy()
    own = _counts(counted, "households", plan, [])
    derived = counted["persons"].to_numpy() / plan.people_per_household
    households = np.where(np.isnan(own), derived, own)
    counted["households"] = households
    counted["households_source"] = np.where(~np.isnan(own), "layer", np.where(np.isnan(households), "", "derived"))
    return counted
