"""Geometry and raster primitives on metric coordinates.

Names load on first use: who needs a CRS does not wait for what interpolates.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "Allocation": "geoplan.spatial.zonal",
    "Profiles": "geoplan.spatial.terrain",
    "allocate_persons": "geoplan.spatial.zonal",
    "along": "geoplan.spatial.terrain",
    "buffer_mask": "geoplan.spatial.proximity",
    "build_demand": "geoplan.spatial.demand",
    "choose_crs": "geoplan.spatial.crs",
    "cover_cells": "geoplan.spatial.zonal",
    "distance_m": "geoplan.spatial.proximity",
    "hillshade": "geoplan.spatial.terrain",
    "rasterise": "geoplan.spatial.proximity",
    "require_metric": "geoplan.spatial.crs",
    "same_crs": "geoplan.spatial.crs",
    "sample_bilinear": "geoplan.spatial.terrain",
    "sample_cells": "geoplan.spatial.terrain",
    "sample_slope_deg": "geoplan.spatial.terrain",
    "slope_deg": "geoplan.spatial.terrain",
    "transform_frame": "geoplan.spatial.crs",
    "zonal_sum": "geoplan.spatial.zonal",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'geoplan.spatial' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
