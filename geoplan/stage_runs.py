"""Run the stages of a plan: take each one's inputs from the documents and from upstream, and call the room that computes.

No computation lives here, and libraries load only when a stage runs: whether anything changed is known before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoplan.contracts.config import Catalog, PlanConfig
from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.profiles import RelocationProfile, SpeedProfile, StandardsProfile, WalkingProfile
from geoplan.contracts.water_profile import WaterProfile
from geoplan.errors import ConfigError


@dataclass(frozen=True)
class Documents:
    """Everything a plan is, besides its layers: the plan file, the catalogue and the profiles it names."""

    plan: PlanConfig
    catalog: Catalog
    base: Path
    """Folder of the plan file."""
    catalog_base: Path
    """Folder of the catalogue; layer paths are relative to it."""
    standards: StandardsProfile
    speeds: SpeedProfile
    relocation: RelocationProfile
    walking: WalkingProfile
    costs: CostProfile
    water: WaterProfile


Inputs = Callable[[str], Any]
"""Gives the result of an upstream stage by name, or what several stages share (`geoplan.stage_table.SHARED`)."""


def run_layers(documents: Documents, _: Inputs) -> Any:
    """Compute the stage ``layers``."""
    from geoplan.io.catalog import read_layers

    return read_layers(documents.plan, documents.catalog, documents.catalog_base)


def run_demand(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``demand``."""
    from geoplan.spatial.demand import build_demand

    return build_demand(inputs("layers"), documents.plan)


def run_network(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``network``."""
    from geoplan.access.network import build_network

    plan = documents.plan
    layers = inputs("layers")
    return build_network(
        layers.vectors[plan.roads],
        speeds=documents.speeds,
        seasons=plan.access.seasons,
        dem=layers.rasters[plan.dem],
        walk_kmh=plan.access.walk_kmh,
        gap_tolerance_m=plan.access.gap_tolerance_m,
        modes=sorted({one.mode for one in plan.services} - {"ride", "walk"}),
    )


def gather_barriers(documents: Documents, inputs: Inputs, *, season: str = "dry") -> Any:
    """Return the lines and polygons nobody walks across in a season as one frame, with layer and kind; None where there are none."""
    import geopandas as gpd
    import pandas as pd

    layers, access = inputs("layers"), documents.plan.access
    names = [*access.barriers, *(access.wet_barriers if season == "wet" else [])]
    found = {name: layers.vectors[name] for name in names}
    if not found:
        return None
    columns = ["layer", "barrier_kind", "geometry"]
    named = [one.assign(layer=name).reindex(columns=columns) for name, one in found.items()]
    return gpd.GeoDataFrame(pd.concat(named, ignore_index=True), geometry="geometry", crs=layers.crs)


def run_ground(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``ground``."""
    access = documents.plan.access
    return make_grounds(
        documents, inputs, {season: gather_barriers(documents, inputs, season=season) for season in access.seasons}
    )


def make_grounds(documents: Documents, inputs: Inputs, barriers: Mapping[str, Any]) -> Any:
    """Return the ground of each season of the plan with these barriers; see `geoplan.access.seasons.ground_seasons`."""
    from geoplan.access.seasons import ground_seasons

    layers, access = inputs("layers"), documents.plan.access
    return ground_seasons(
        layers.rasters[documents.plan.dem],
        landcover=layers.rasters[access.landcover] if access.landcover else None,
        fractions={code: layers.rasters[name] for code, name in access.landcover_fractions.items()},
        walking=documents.walking,
        config=access,
        barriers=barriers,
    )


def join_surfaces(documents: Documents, inputs: Inputs) -> Any:
    """Return season → surface of the plan, bus lines included where a service goes by bus."""
    from geoplan.access.seasons import join_seasons

    access = documents.plan.access
    barriers = {season: gather_barriers(documents, inputs, season=season) for season in access.seasons}
    dem = inputs("layers").rasters[documents.plan.dem]
    return join_seasons(inputs("ground"), _with_buses(documents, inputs), config=access, barriers=barriers, dem=dem)


def _with_buses(documents: Documents, inputs: Inputs) -> Any:
    """Return the network, with the bus lines where a service asks for mode ``bus``."""
    plan, network = documents.plan, inputs("network")
    if not any(one.mode == "bus" for one in plan.services):
        return network
    from geoplan.access.bus import add_bus_lines

    if plan.access.bus_lines is None or plan.access.bus_stops is None:
        raise ConfigError(
            "a service goes by bus, but the plan has no bus lines or no stops",
            code="PLAN-BUS",
            remedy="Name the layers in access.bus_lines and access.bus_stops, or choose another mode.",
        )
    vectors = inputs("layers").vectors
    return add_bus_lines(network, vectors[plan.access.bus_lines], vectors[plan.access.bus_stops], seasons=plan.access.seasons)[0]


def run_access(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``access``."""
    from geoplan.access.compute import compute_access
    from geoplan.access.facilities import collect_facilities

    plan = documents.plan
    layers = inputs("layers")
    return compute_access(
        inputs("demand")[0].settlements,
        collect_facilities(layers, plan.services),
        plan.services,
        inputs("surfaces"),
        config=plan.access,
        speeds=documents.speeds,
        walkers=documents.walking.walker_factors,
    )


def run_checks(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``checks``."""
    from geoplan.checks.run import check_plan

    demand, demand_problems = inputs("demand")
    return check_plan(
        inputs("layers"),
        documents.plan,
        standards=documents.standards,
        network=inputs("network"),
        demand=demand,
        demand_problems=demand_problems,
        unlocated=[name for name, spec in documents.catalog.layers.items() if not spec.located],
    )
