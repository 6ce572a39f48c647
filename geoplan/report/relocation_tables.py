"""Write what the relocation room found: one Parquet table each, moves and links as GeoJSON, and one GeoPackage for QGIS.

People in the tables add up: moved, unassigned, staying and undecided people are the county's. By hand: 60 + 10 + 925 + 5 = 1,000.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

if TYPE_CHECKING:
    from geoplan.contracts.results import PlanResult


def list_tables(result: PlanResult) -> dict[str, pd.DataFrame]:
    """Return file stem → table of everything the relocation room found, in the order of the plan's stages."""
    tables: dict[str, pd.DataFrame | None] = {
        "screening": result.screening.settlements,
        "run_out": result.screening.run_out,
        "in_run_out": result.screening.below,
        "treatment": result.treatment.treatment,
        "treatment_summary": result.treatment.summary,
        "group_moves": result.group_moves.groups,
        "batches": result.batches.settlements,
        "batch_totals": result.batches.totals,
        "certainty": result.certainty.settlements,
        "certainty_ranks": result.certainty.ranks,
        "certainty_tornado": result.certainty.tornado,
        "decision": result.decision.groups,
        "decision_items": result.decision.items,
        "decision_links": result.decision.links,
        "allocation": result.allocation.settlements,
        "allocation_sites": result.allocation.sites,
        "allocation_moves": result.allocation.moves,
        "site_contributions": result.sites.contributions,
        "site_pools": result.sites.pools,
        "exclusion_maps": result.sites.exclusion_maps,
    }
    return {name: table for name, table in tables.items() if table is not None}


def write_relocation_tables(result: PlanResult, folder: Path, *, personal: Sequence[str] = ()) -> list[Path]:
    """Write every table as Parquet, the mapped ones in ``relocation.gpkg``, moves and links as GeoJSON too; return the files written.

    Parameters
    ----------
    result
        Result of a plan.
    folder
        Made if absent.
    personal
        Columns with personal data that may leave.
    """
    from geoplan.io.export import exportable, write_geojson, write_gpkg, write_parquet

    folder.mkdir(parents=True, exist_ok=True)
    written, mapped = [], {}
    for name, table in list_tables(result).items():
        path = folder / f"{name}.parquet"
        leaves = exportable(table, personal=personal)
        write_parquet(leaves, path)
        written.append(path)
        if isinstance(leaves, gpd.GeoDataFrame):
            mapped[name] = leaves
    filled = {name: layer for name, layer in mapped.items() if len(layer)}
    if filled:
        write_gpkg(filled, folder / "relocation.gpkg")
        written.append(folder / "relocation.gpkg")
    for name in ("allocation_moves", "decision_links", "run_out"):
        if name in filled:
            write_geojson(filled[name], folder / f"{name}.geojson")
            written.append(folder / f"{name}.geojson")
    return written
