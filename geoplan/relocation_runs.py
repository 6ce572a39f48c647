"""Run the stages about relocation: who is threatened, who should move, where to, and at what cost.

As in `geoplan.stage_runs`: no computation lives here, and libraries load only when a stage runs.
"""

from __future__ import annotations

from typing import Any

from geoplan.stage_runs import Documents, Inputs, gather_barriers

_WORKS = ["hazard_id", "works_yuan"]


def run_exposure(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``exposure``."""
    from geoplan.relocation.hazard import expose

    plan, layers = documents.plan, inputs("layers")
    return expose(inputs("demand")[0], layers, plan.hazards, homesteads=_vector(layers, plan.homesteads))


def run_land(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``land``."""
    import geopandas as gpd
    import pandas as pd

    from geoplan.relocation.land import measure_land

    plan, layers = documents.plan, inputs("layers")
    ecology = {
        kind: gpd.GeoDataFrame(pd.concat([layers.vectors[one][["geometry"]] for one in names], ignore_index=True), crs=layers.crs)
        for kind, names in plan.ecology.items()
        if names
    }
    return measure_land(
        inputs("demand")[0],
        ecology=ecology,
        homesteads=_vector(layers, plan.homesteads),
        farmland=_vector(layers, plan.farmland),
    )


def run_candidacy(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``candidacy``."""
    from geoplan.relocation.candidacy import score_candidacy

    plan = documents.plan
    return score_candidacy(
        inputs("demand")[0],
        inputs("access"),
        inputs("exposure"),
        documents.relocation,
        weights=plan.weights,
        scheme=plan.weighting,
        land=inputs("land"),
    )


def run_certainty(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``certainty``."""
    from geoplan.relocation.certainty import assess_certainty

    plan = documents.plan
    return assess_certainty(
        inputs("demand")[0],
        inputs("access"),
        inputs("exposure"),
        documents.relocation,
        plan.certainty,
        weights=plan.weights,
        scheme=plan.weighting,
        land=inputs("land"),
    )


def run_treatment(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``treatment``."""
    from geoplan.relocation.treatment import choose_treatments

    return choose_treatments(
        inputs("exposure"), inputs("demand")[0], documents.relocation, works=_gather_works(documents, inputs("layers"))
    )


def run_group_moves(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``group_moves``."""
    from geoplan.relocation.group_moves import roll_up_groups

    asked = _vector(inputs("layers"), documents.plan.willingness)
    return roll_up_groups(inputs("candidacy"), inputs("demand")[0], documents.relocation, willingness=asked)


def run_batches(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``batches``."""
    from geoplan.relocation.batches import allocate_batches

    return allocate_batches(inputs("candidacy"), inputs("demand")[0], documents.relocation)


def run_screening(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``screening``."""
    from dataclasses import replace

    from geoplan.relocation.run_out import find_in_run_out, gather_sources, trace_run_out
    from geoplan.relocation.screening import screen
    from geoplan.spatial.flow import route_flow

    plan, layers, demand = documents.plan, inputs("layers"), inputs("demand")[0]
    dem = layers.rasters[plan.dem]
    flow = route_flow(dem, stream_km2=plan.screening.stream_km2, sea_m=plan.screening.sea_m)
    run_out = trace_run_out(dem, gather_sources(layers, plan.hazards, plan.run_out), flow, plan.run_out)
    return replace(
        screen(demand, dem, plan.screening, flow=flow), run_out=run_out.zones, below=find_in_run_out(demand, dem, run_out)
    )


def run_sites(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``sites``."""
    from geoplan.access.facilities import collect_facilities
    from geoplan.relocation.suitability import SITE_SERVICES, rate_sites

    layers, plan = inputs("layers"), documents.plan
    services = [one for one in plan.services if one.id in SITE_SERVICES.values()]
    return rate_sites(
        inputs("demand")[0],
        layers,
        plan,
        documents.relocation,
        surfaces=inputs("surfaces"),
        speeds=documents.speeds,
        walkers=documents.walking.walker_factors,
        facilities=collect_facilities(layers, services),
        barriers=gather_barriers(documents, inputs),
        access=inputs("access"),
        run_out=inputs("screening").run_out,
    )


def run_decision(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``decision``."""
    from geoplan.links.programme_links import read_links
    from geoplan.relocation.cost_groups import gather_groups
    from geoplan.relocation.decision import weigh_costs

    demand = inputs("demand")[0]
    homesteads = _vector(inputs("layers"), documents.plan.homesteads)
    if homesteads is not None:
        homesteads = homesteads[["settlement_id"]].assign(area_m2=homesteads.geometry.area)
    return weigh_costs(
        demand,
        gather_groups(demand),
        inputs("coverage").gaps,
        read_links(inputs("programme")),
        documents.costs,
        treatment=inputs("treatment").treatment,
        homesteads=homesteads,
    )


def run_allocation(documents: Documents, inputs: Inputs) -> Any:
    """Compute the stage ``allocation``."""
    from geoplan.relocation.allocation import allocate
    from geoplan.relocation.allocation_units import sort_movers
    from geoplan.relocation.site_reach import time_nearest

    plan, demand, candidacy = documents.plan, inputs("demand")[0], inputs("candidacy")
    groups, sites = inputs("group_moves").groups, inputs("sites")
    offered = sites.sites[sites.sites["excluded_reason"] == ""]
    season = plan.access.seasons[0]
    states = sort_movers(demand, candidacy, plan.allocation, groups=groups)
    movers = demand.settlements["settlement_id"].isin(states.loc[states["move"] == "moves", "settlement_id"])
    travel = time_nearest(
        demand.settlements[movers],
        offered,
        inputs("surfaces")[season],
        limit_min=plan.allocation.travel_limit_min,
        season=season,
        move_max_m=plan.access.move_max_m,
    )
    return allocate(demand, candidacy, offered, travel, plan.allocation, groups=groups, pools=sites.pools)


def _vector(layers: Any, name: str | None) -> Any:
    """Return a vector layer, None where the plan names none."""
    return None if name is None else layers.vectors[name]


def _gather_works(documents: Documents, layers: Any) -> Any:
    """Return what works against each hazard cost, where the hazard layers say so; None where none does."""
    import pandas as pd

    named = {one.layer: layers.vectors.get(one.layer) for one in documents.plan.hazards}
    told = [frame[_WORKS].assign(layer=name) for name, frame in named.items() if frame is not None and set(_WORKS) <= set(frame)]
    return pd.concat([pd.DataFrame(one) for one in told], ignore_index=True) if told else None
