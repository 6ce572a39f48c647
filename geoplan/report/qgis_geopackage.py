"""Write ``coverage.gpkg``: every layer of coverage in the working CRS, with the map's colours and Chinese column names inside.

QGIS finds the styles in the table ``layer_styles`` when a layer is opened. By hand: 19 items and village groups with polygons give the layer ``groups``
with the columns ``coverage_<item>`` and twenty styles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from geoplan.io.atomic import replacing
from geoplan.io.geopackage import write_gpkg
from geoplan.io.geopackage_styles import style_geopackage
from geoplan.report import qgis_frames as gather
from geoplan.report.coverage_sheets import item_labels
from geoplan.report.qgis_layers import LAYER_TITLES, style_layers
from geoplan.report.qgis_symbols import LayerStyle, style_qml

if TYPE_CHECKING:
    from geoplan.contracts.config import PlanConfig
    from geoplan.contracts.coverage import ComparisonResult, LedgerResult, LinesResult, RoadProgramme, SitingResult, WaterResult
    from geoplan.contracts.results import CoverageResult, Demand
    from geoplan.contracts.standards_profile import StandardsProfile


@dataclass(frozen=True)
class CoverageLayers:
    """What was written to the GeoPackage: table → frame, and table → style name → style."""

    frames: Mapping[str, gpd.GeoDataFrame]
    styles: Mapping[str, Mapping[str, LayerStyle]]


def write_coverage_gpkg(
    path: str | Path,
    *,
    plan: PlanConfig,
    demand: Demand,
    coverage: CoverageResult,
    standards: StandardsProfile,
    ledger: LedgerResult,
    settlements: gpd.GeoDataFrame | None = None,
    facilities: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    roads: RoadProgramme | None = None,
    water: WaterResult | None = None,
    lines: LinesResult | None = None,
    siting: SitingResult | None = None,
    comparison: ComparisonResult | None = None,
    language: str | None = None,
) -> CoverageLayers:
    """Write every layer of coverage to one GeoPackage in the working CRS, with QGIS styles inside; return what was written.

    Parameters
    ----------
    path
        ``.gpkg`` file, written whole or not at all; the same bytes for the same input.
    plan, demand, coverage, standards, ledger
        As `write_workbook` takes them.
    settlements
        Settlements with their relocation class (`RunResult.settlements`); those of ``demand`` by default.
    facilities, sites
        `AccessResult.facilities` and `SitesResult.sites`.
    roads, water, lines, siting, comparison
        Further results; what is None, or has no row, has no layer.
    language
        ``zh`` or ``en``, of labels and column names shown; the plan's by default.

    Raises
    ------
    LayerError
        ``OUTPUT-UNWRITABLE``.
    """
    spoken = language or plan.language
    found: dict[str, gpd.GeoDataFrame] = {}
    for level in gather.UNIT_LEVELS:
        roll_up, units = getattr(coverage, level), getattr(demand, level)
        if len(roll_up) and len(units) and units.geometry.notna().any():
            found[level] = gather.gather_units(roll_up, units, standards)
    found["settlements"] = gather.gather_settlements(
        demand.settlements if settlements is None else settlements, coverage, standards
    )
    if facilities is not None:
        found["facilities"] = gather.gather_facilities(facilities)
    found["open_gaps"] = gather.gather_gaps(ledger, demand, language=spoken, labels=item_labels(standards))
    found |= gather.gather_works(roads, water, lines, siting)
    if comparison is not None:
        found["comparison"] = gather.gather_comparison(comparison, language=spoken)
    if sites is not None:
        found |= gather.gather_sites(sites)
    frames = {name: found[name] for name in LAYER_TITLES if name in found and len(found[name])}
    styles = style_layers(
        frames, standards, language=spoken, services=[(one.id, one.label_zh, one.label_en) for one in plan.services],
        networks=[(one.id, one.label_zh, one.label_en) for one in plan.coverage.lines],
    )  # fmt: skip
    path = Path(path)
    with replacing(path) as scratch:
        write_gpkg(frames, scratch)
        style_geopackage(scratch, {name: _write_out(named, columns_of(frames[name])) for name, named in styles.items()})
    return CoverageLayers(frames, styles)


def columns_of(frame: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the columns of a layer without its geometry."""
    return tuple(str(one) for one in frame.columns if one != frame.geometry.name)


def _write_out(named: Mapping[str, LayerStyle], columns: tuple[str, ...]) -> dict[str, str]:
    """Return a table's styles as QML; the default alone names the columns, which would else stand there once for every item."""
    return {title: style_qml(one, columns, names=number == 0) for number, (title, one) in enumerate(named.items())}
