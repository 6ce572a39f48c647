"""How long people travel: speeds, road graph, off-road legs, the search, and road access.

Names load on first use, so that a run waits only for what it computes.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "Binary": "geoplan.access.decay",
    "Exponential": "geoplan.access.decay",
    "Gaussian": "geoplan.access.decay",
    "InversePower": "geoplan.access.decay",
    "Stepped": "geoplan.access.decay",
    "add_barriers": "geoplan.access.ground",
    "add_bus_lines": "geoplan.access.bus",
    "add_facilities": "geoplan.access.reach_changes",
    "apply_scenario": "geoplan.access.scenario",
    "assign_at_once": "geoplan.access.capacity",
    "assign_in_order": "geoplan.access.capacity",
    "bicycle_kmh": "geoplan.access.bicycle",
    "bicycle_min": "geoplan.access.bicycle",
    "block_moves": "geoplan.access.barriers",
    "build_ground": "geoplan.access.ground",
    "build_network": "geoplan.access.network",
    "build_reach": "geoplan.access.reach",
    "build_reach_from_matrix": "geoplan.access.reach",
    "chain_referrals": "geoplan.access.referral",
    "change_surfaces": "geoplan.access.scenario_surfaces",
    "close_facilities": "geoplan.access.reach_changes",
    "collect_facilities": "geoplan.access.facilities",
    "compare": "geoplan.access.reach_changes",
    "compare_scenarios": "geoplan.access.scenario_surfaces",
    "compare_seasons": "geoplan.access.times_difference",
    "compare_times": "geoplan.access.times_difference",
    "compute_access": "geoplan.access.compute",
    "compute_routes": "geoplan.access.journeys",
    "count_changes": "geoplan.access.times_difference",
    "cut_reach": "geoplan.access.reach_changes",
    "dominant_cover": "geoplan.access.landcover",
    "draw_routes": "geoplan.access.route",
    "edge_speed_kmh": "geoplan.access.speeds",
    "enter": "geoplan.access.entries",
    "extend": "geoplan.access.field",
    "find_roads": "geoplan.access.roads",
    "join_surface": "geoplan.access.surface",
    "lay_costs": "geoplan.access.field",
    "lay_legs": "geoplan.access.field",
    "lay_ways": "geoplan.access.ways",
    "level_ground": "geoplan.access.ground",
    "mark_sea": "geoplan.access.landcover",
    "grid_minutes": "geoplan.access.service_field",
    "allocate_cells": "geoplan.access.catchment",
    "draw_catchments": "geoplan.access.catchment",
    "draw_service_areas": "geoplan.access.service_area",
    "band_cells": "geoplan.access.service_area",
    "build_hierarchy": "geoplan.access.hierarchy",
    "customise": "geoplan.access.hierarchy",
    "change_arcs": "geoplan.access.hierarchy",
    "travel_table": "geoplan.access.hierarchy",
    "nearest_destinations": "geoplan.access.hierarchy",
    "nearest_of_each": "geoplan.access.hierarchy",
    "meet": "geoplan.access.reading",
    "mode_speed_kmh": "geoplan.access.modes",
    "nearest": "geoplan.access.reach",
    "od_table": "geoplan.access.reach",
    "plant_seeds": "geoplan.access.field",
    "read_paths": "geoplan.access.reading",
    "score_three_step": "geoplan.access.accessibility",
    "score_two_step": "geoplan.access.accessibility",
    "slope_noise_bias": "geoplan.access.smoothing",
    "smooth_heights": "geoplan.access.smoothing",
    "solve": "geoplan.access.field",
    "solve_service": "geoplan.access.service_field",
    "tabulate_service_reach": "geoplan.access.service_reach",
    "tabulate_reach": "geoplan.access.reach_field",
    "time_edges": "geoplan.access.ways",
    "time_lines_min": "geoplan.access.mode_times",
    "time_scenario": "geoplan.access.scenario_surfaces",
    "tobler_kmh": "geoplan.access.speeds",
    "walk_min": "geoplan.access.speeds",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'geoplan.access' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
