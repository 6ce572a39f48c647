"""Geometry and raster primitives on metric coordinates."""

from geoplan.spatial.crs import choose_crs, require_metric, same_crs, transform_frame
from geoplan.spatial.demand import build_demand
from geoplan.spatial.proximity import buffer_mask, distance_m, rasterise
from geoplan.spatial.terrain import Profiles, along, hillshade, sample_bilinear, sample_cells, sample_slope_deg, slope_deg
from geoplan.spatial.zonal import Allocation, allocate_persons, cover_cells, zonal_sum

__all__ = [
    "Allocation",
    "Profiles",
    "allocate_persons",
    "along",
    "buffer_mask",
    "build_demand",
    "choose_crs",
    "cover_cells",
    "distance_m",
    "hillshade",
    "rasterise",
    "require_metric",
    "same_crs",
    "sample_bilinear",
    "sample_cells",
    "sample_slope_deg",
    "slope_deg",
    "transform_frame",
    "zonal_sum",
]
