"""Write what the coverage room found beyond the gaps: one Parquet table each, and what can be drawn as GeoJSON too.

Nothing here is taken over from a source layer but names and codes of units, settlements and facilities: no table carries columns about persons.
By hand: the ``short_persons`` of a township's rows in ``ledger.parquet`` are those of its sheet in the workbook.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

if TYPE_CHECKING:
    from geoplan.contracts.results import PlanResult

DRAWN = ("siting_sites", "road_links", "water_pipes", "power_lines", "comparison_rows")
"""Tables that are written as GeoJSON too."""


def list_coverage_tables(result: PlanResult) -> dict[str, pd.DataFrame]:
    """Return file stem → table of everything the coverage room found beyond the gaps, in the order of the plan's stages."""
    tables: dict[str, pd.DataFrame | None] = {
        "ledger": result.ledger.ledger,
        "gaps_by_deadline": result.ledger.by_year,
        "gaps_by_year": result.ledger.years,
        "seats": result.seats.settlements,
        "seat_flows": result.seats.flows,
        "seat_facilities": result.seats.facilities,
        "seat_ratios": result.seats.ratios,
        "staff": result.seats.staff,
        "road_links": result.programme.links,
        "road_groups": result.programme.groups,
        "water_settlements": result.water.settlements,
        "water_sources": result.water.sources,
        "water_pipes": result.water.pipes,
        "water_rules": result.water.rules,
        "power_settlements": result.lines.settlements,
        "power_lines": result.lines.lines,
        "siting_sites": result.siting.sites,
        "siting_curve": result.siting.curve,
        "siting_assignments": result.siting.assignments,
        "siting_summary": result.siting.summary,
        "ranking": result.ranking.units,
        "ranking_indicators": result.ranking.indicators,
        "ranking_pairs": result.ranking.pairs,
        "comparison_rows": result.comparison.rows,
        "comparison_values": result.comparison.values,
        "comparison_summary": result.comparison.summary,
    }
    return {name: table for name, table in tables.items() if table is not None}


def write_coverage_tables(result: PlanResult, folder: Path) -> list[Path]:
    """Write every table as Parquet, those that can be drawn as GeoJSON too; return the files written.

    Parameters
    ----------
    result
        Result of a plan.
    folder
        Made if absent.
    """
    from geoplan.io.export import write_geojson, write_parquet

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in list_coverage_tables(result).items():
        written.append(write_parquet(table, folder / f"{name}.parquet"))
        if name in DRAWN and isinstance(table, gpd.GeoDataFrame) and len(table):
            path = folder / f"{name}.geojson"
            write_geojson(table, path)
            written.append(path)
    return written
