"""Say who goes to which receiving site: whole groups, within room and reach of the old land, at the least stated cost.

A unit is the moving settlements of one village group. It may go to a site when every one of them reaches it within the travel limit and the site
holds them all. Room is the site's people and households, and the free seats of the schools and clinics that sites share. A plan's cost is
that of `AllocationConfig`; `geoplan.optimise.assign` finds it and proves its gap. People always reconcile:

    assigned + unassigned + stays + undecided = everyone whose number is known

What is unknown never counts as room or as near: a site without a stated capacity takes nobody, a pair without minutes is out of reach.

By hand: groups of 30 and 20 people, one site for 40 within reach of both: 30 are placed (20 without a site cost less than 30 would), and 20
are named: the room within reach is used up.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.contracts.allocation_config import AllocationConfig
from geoplan.contracts.relocation import AllocationResult
from geoplan.contracts.results import CandidacyResult, Demand
from geoplan.errors import TableError
from geoplan.optimise.assignment import Assignment, assign
from geoplan.optimise.problem import NOWHERE
from geoplan.relocation.allocation_reasons import explain_settlements, explain_sites, find_causes
from geoplan.relocation.allocation_relax import refuse
from geoplan.relocation.allocation_units import sort_movers, tie_units
from geoplan.relocation.placement import Placement, lay_placement
from geoplan.spatial.frames import require_same_crs


def allocate(
    demand: Demand,
    candidacy: CandidacyResult,
    sites: gpd.GeoDataFrame,
    travel: pd.DataFrame,
    config: AllocationConfig,
    *,
    groups: pd.DataFrame | None = None,
    pools: pd.DataFrame | None = None,
) -> AllocationResult:
    """Return who goes where, how full each site gets, the moves as lines, and the proven gap.

    Parameters
    ----------
    demand, candidacy
        Settlements and their classes.
    sites
        `SitesResult.sites`: site_id, name, capacity_persons, capacity_households (NaN: not stated), township_code, geometry; optionally
        min_persons, opening_yuan, yuan_per_person, capacity_binding.
    travel
        settlement_id, site_id, travel_min: minutes from the new home to the old land, one row per pair that is reached (NaN or no row: unknown
        or beyond the table's cut-off, which must not lie below the travel limit). Pairs beyond the limit are welcome: they say by how much
        the limit would have to give.
    config
        Who moves, limits, weights, gap.
    groups
        `GroupMovesResult.groups` (group_code, form, stage): which groups move whole.
    pools
        site_id, pool_id, kind (school / clinic), seats_per_person, free_seats (NaN: unknown, binds nobody): seats that sites share.

    Raises
    ------
    TableError
        ``ID-DUPLICATE`` for settlements, sites or pairs given twice, ``POOL-MIXED`` for a pool that is told in two ways.
    CrsError
        Where settlements and sites differ.
    InfeasibleError
        ``ALLOCATION-INFEASIBLE`` when ``config.strict`` and someone has no site; says what to relax and by how much.
    """
    require_same_crs(sites.crs, demand.settlements.crs, what="table of sites")
    _refuse_repeated(demand, sites, travel)
    states = sort_movers(demand, candidacy, config, groups=groups)
    movers = states[states["move"] == "moves"].reset_index(drop=True)
    movers["unit"] = tie_units(movers, config)
    placed = sites.sort_values("site_id", kind="stable").reset_index(drop=True)
    placement = lay_placement(movers, placed, travel, config, pools=pools, known=states)
    found = assign(placement.problem, gap_share=config.gap_share, time_limit_s=config.time_limit_s, threads=config.threads)
    if config.strict and (found.site == NOWHERE).any():
        refuse(placement, found, config)
    return _tabulate(states, movers, placed, placement, found, config)


def _refuse_repeated(demand: Demand, sites: gpd.GeoDataFrame, travel: pd.DataFrame) -> None:
    """Raise for ids given twice."""
    tables = [(demand.settlements, ["settlement_id"]), (sites, ["site_id"]), (travel, ["settlement_id", "site_id"])]
    for table, columns in tables:
        twice = table.duplicated(columns)
        if twice.any():
            raise TableError(
                f"{' and '.join(columns)} given more than once",
                code="ID-DUPLICATE",
                column=columns[-1],
                ids=table.loc[twice, columns[0]],
                remedy="Keep one row of each.",
            )


def _tabulate(
    states: pd.DataFrame,
    movers: pd.DataFrame,
    sites: gpd.GeoDataFrame,
    placement: Placement,
    found: Assignment,
    config: AllocationConfig,
) -> AllocationResult:
    """Return the tables of the plan."""
    number = found.site[placement.unit]
    placed = number != NOWHERE
    causes = find_causes(placement, found, config)
    rows = movers[["settlement_id"]].copy()
    rows["move"] = np.where(placed, "assigned", "unassigned")
    rows["site_id"] = np.array([*placement.sites, ""], dtype=object)[number]
    rows["travel_min"] = np.where(
        placed, np.append(placement.pairs, np.full((len(movers), 1), np.nan), axis=1)[np.arange(len(number)), number], np.nan
    )
    townships = np.append(_townships(sites), "")[number]
    rows["same_township"] = placed & (townships == movers["township_code"].to_numpy(dtype=object)) & (townships != "")
    rows["cause"] = [causes.get(int(one)) for one in placement.unit]
    geometry = sites.geometry.representative_point()
    east, north = np.append(geometry.x, np.nan)[number], np.append(geometry.y, np.nan)[number]
    rows["straight_m"] = np.hypot(east - movers["x_m"], north - movers["y_m"])
    table = states.merge(rows, on="settlement_id", how="left", suffixes=("_before", ""))
    table["move"] = table["move"].where(table["move"].notna(), table["move_before"])
    table["site_id"] = table["site_id"].where(table["site_id"].notna(), "")
    table["same_township"] = table["same_township"].eq(True)
    told = explain_settlements(table, placement, config)
    old_to_new = np.stack([movers[["x_m", "y_m"]].to_numpy(dtype=float), np.column_stack([east, north])], axis=1)[placed]
    lines = told[told["move"] == "assigned"]
    moves = gpd.GeoDataFrame(
        lines[["settlement_id", "site_id", "persons", "travel_min"]].reset_index(drop=True),
        geometry=shapely.linestrings(old_to_new),
        crs=sites.crs,
    )
    status = "optimal" if found.gap_share <= config.gap_share + 1e-9 else "feasible"
    return AllocationResult(
        settlements=told,
        sites=explain_sites(told, sites, placement, found, config),
        moves=moves,
        objective=found.objective,
        bound=found.bound,
        gap_share=found.gap_share,
        status=status if len(movers) and len(sites) else "empty",
    )


def _townships(sites: gpd.GeoDataFrame) -> np.ndarray:
    """Return the township of each site, "" where it is not known."""
    if "township_code" not in sites:
        return np.full(len(sites), "", dtype=object)
    return sites["township_code"].astype(object).where(sites["township_code"].notna(), "").astype(str).to_numpy(dtype=object)
