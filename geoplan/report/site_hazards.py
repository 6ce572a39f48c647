"""Measure how far the nearest zone of each hazard lies from a receiving site.

Distance is from the site's outline to the feature, less the feature's reach (radius of points, setback of lines), never below 0. A slide
point 320 m off with a radius of 200 m is 120 m away. Features without position or reach threaten nobody knows what: they are counted, not
measured. A layer in which nothing is mapped has no distance; that is not a distance without end.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.results import Layers
from geoplan.relocation.zones import read_zones

_COLUMNS = "site_id hazard_kind source_layer source_id vintage distance_m unplaced".split()


def measure_hazards(sites: gpd.GeoDataFrame, layers: Layers, plan: PlanConfig) -> pd.DataFrame:
    """Return site_id, hazard_kind, source_layer, source_id, vintage, distance_m (NaN: nothing mapped) and unplaced (features nobody can place).

    One row per site × hazard of the plan; ``sites`` has site_id and geometry in the working CRS.
    """
    shapes = sites.geometry.to_numpy()
    frames = []
    for config in plan.hazards:
        if config.layer not in layers.vectors and config.layer not in layers.rasters:
            continue
        zones = read_zones(layers, config)
        # A polygon of class none says that the ground was looked at: it is no zone.
        held = ~(zones.index == 0.0)
        geometry, reach, ids = zones.geometry[held], zones.reach_m[held], zones.ids[held]
        far, source = np.full(len(shapes), np.nan), np.full(len(shapes), "", dtype=object)
        if len(geometry) and len(shapes):
            apart = np.maximum(shapely.distance(shapes[:, None], geometry[None, :]) - reach[None, :], 0.0)
            nearest = np.where(np.isnan(apart), np.inf, apart).argmin(axis=1)
            far, source = apart[np.arange(len(shapes)), nearest], ids[nearest]
        frames.append(
            pd.DataFrame(
                {
                    "site_id": sites["site_id"].astype(str).to_numpy(), "hazard_kind": zones.kind, "source_layer": zones.layer,
                    "source_id": source, "vintage": zones.vintage, "distance_m": far, "unplaced": len(zones.unplaced_ids),
                }
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)
