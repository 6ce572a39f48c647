"""What people open without a network: maps of coverage and relocation, pages per group and per site, the quality page, plots, the output folder.

Names load on first use, so that a run in which nothing changed does not wait for folium.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "assert_offline": "geoplan.report.offline",
    "choose_words": "geoplan.report.map_canvas",
    "cite_layers": "geoplan.report.map_canvas",
    "coverage_map": "geoplan.report.notebook",
    "draw_keys": "geoplan.report.chart_canvas",
    "draw_lines": "geoplan.report.map_canvas",
    "draw_shapes": "geoplan.report.map_canvas",
    "dress_chart": "geoplan.report.chart_canvas",
    "finish_map": "geoplan.report.map_canvas",
    "format_yuan": "geoplan.report.relocation_words",
    "make_backdrop": "geoplan.report.map_canvas",
    "offline_map": "geoplan.report.offline",
    "open_chart": "geoplan.report.chart_canvas",
    "open_figure": "geoplan.report.map_canvas",
    "plot_allocation": "geoplan.report.relocation_plots",
    "plot_bands": "geoplan.report.access_plots",
    "plot_catchments": "geoplan.report.access_plots",
    "plot_chances": "geoplan.report.certainty_plots",
    "plot_cost_items": "geoplan.report.cost_plots",
    "plot_coverage": "geoplan.report.plots",
    "plot_coverage_curve": "geoplan.report.coverage_plots",
    "plot_difference": "geoplan.report.access_plots",
    "plot_exclusions": "geoplan.report.cost_plots",
    "plot_legs": "geoplan.report.place_plots",
    "plot_links": "geoplan.report.place_plots",
    "plot_lorenz": "geoplan.report.coverage_plots",
    "plot_minutes": "geoplan.report.access_plots",
    "plot_places": "geoplan.report.place_plots",
    "plot_ranks": "geoplan.report.coverage_plots",
    "plot_township_gaps": "geoplan.report.coverage_plots",
    "plot_rank_acceptability": "geoplan.report.certainty_plots",
    "plot_roc": "geoplan.report.relocation_plots",
    "plot_serve_or_move": "geoplan.report.cost_plots",
    "plot_success_rate": "geoplan.report.relocation_plots",
    "plot_tornado": "geoplan.report.certainty_plots",
    "programme_map": "geoplan.report.programme_page",
    "quality_page": "geoplan.report.quality",
    "relocation_map": "geoplan.report.notebook",
    "route_map": "geoplan.report.notebook",
    "say_changes": "geoplan.report.changes",
    "static_map": "geoplan.report.static_maps",
    "summarise": "geoplan.report.summary",
    "write_candidate_sites": "geoplan.report.outputs",
    "write_changes": "geoplan.report.changes",
    "arrange_layers": "geoplan.report.qgis_project",
    "write_county_book": "geoplan.report.county_book",
    "write_coverage_gpkg": "geoplan.report.qgis_geopackage",
    "write_group_pages": "geoplan.report.pages",
    "write_outputs": "geoplan.report.outputs",
    "write_workbook": "geoplan.report.workbook",
    "write_static_map": "geoplan.report.static_maps",
    "write_qgis_project": "geoplan.report.qgis_project",
    "write_site_pages": "geoplan.report.site_pages",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'geoplan.report' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
