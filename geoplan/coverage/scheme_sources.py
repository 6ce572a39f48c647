"""Collect water schemes and springs of a plan's layers, and say what is known of each.

A source can be counted on when its kind, its yield and its place are known; a scheme also needs the ground height at its place. A source that lacks one
serves nobody, and whoever it might have served is unknown, not unserved.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.access.facilities import collect_facilities, locate_points
from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Layers
from geoplan.spatial.frames import require_same_crs
from geoplan.spatial.terrain import sample_bilinear

SCHEME, SPRING = "scheme", "source"
"""Words of ``water_kind``: a central scheme, and a dispersed source."""


def collect_sources(layers: Layers, names: Sequence[str]) -> gpd.GeoDataFrame:
    """Return the water sources of some layers, with the ids that travel times use and with ``water_kind``.

    Parameters
    ----------
    layers
        Layers of the plan in the working CRS; a layer that is absent contributes nothing.
    names
        Catalogue ids.

    Returns
    -------
    GeoDataFrame
        Columns of `geoplan.access.facilities.COLUMNS`, ``water_kind`` ("" where not known), geometry.
    """
    service = ServiceConfig(id="water_sources", label_zh="水源", label_en="Water sources", layers=list(names) or ["none"])
    found = collect_facilities(layers, [service])[service.id]
    kinds = [_kinds(layer) for name in dict.fromkeys(names) if (layer := layers.vectors.get(name)) is not None and len(layer)]
    return found.assign(water_kind=np.concatenate(kinds) if kinds else np.zeros(0, dtype=object))


def _kinds(layer: gpd.GeoDataFrame) -> np.ndarray:
    if "water_kind" not in layer.columns:
        return np.full(len(layer), "", dtype=object)
    return layer["water_kind"].astype(object).where(layer["water_kind"].notna(), "").astype(str).to_numpy(dtype=object)


def place_sources(sources: gpd.GeoDataFrame, dem: Grid | None) -> pd.DataFrame:
    """Return one row per source: what it is, where it lies, how high, what it yields, and whether that is enough to count on it.

    Parameters
    ----------
    sources
        facility_id, name, water_kind, yield_m3_day, reliability_share (absent columns: not known), geometry.
    dem
        Heights, metres, in the sources' CRS; None: no height is known.

    Returns
    -------
    DataFrame
        source_id, name, water_kind (scheme / source / ""), yield_m3_day, reliability_share, x, y, z (metres; NaN: not known), known (bool: may be
        counted on), lacking_zh, lacking_en (what is not known).

    Raises
    ------
    CrsError
        ``CRS-MIXED``: the elevation model lies in another CRS.
    """
    n = len(sources)
    blank = pd.Series(np.full(n, np.nan), index=sources.index)
    kind = sources["water_kind"].astype(str).to_numpy(dtype=object) if "water_kind" in sources else np.full(n, "", dtype=object)
    kind = np.where(np.isin(kind.astype(str), [SCHEME, SPRING]), kind, "").astype(object)
    yields = pd.to_numeric(sources.get("yield_m3_day", blank), errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    # A negative yield is a mistake in the layer, not a measurement.
    yields = np.where(yields >= 0.0, yields, np.nan)
    share = pd.to_numeric(sources.get("reliability_share", blank), errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    xy = locate_points(sources) if n else np.zeros((0, 2))
    z = np.full(n, np.nan)
    if dem is not None:
        require_same_crs(sources.crs, dem.crs, what="water sources")
        placed = ~np.isnan(xy[:, 0])
        z[placed] = sample_bilinear(dem, xy[placed])
    lacks = [
        (kind == "", "供水类型", "kind"),
        (np.isnan(yields), "水量", "yield"),
        (np.isnan(xy[:, 0]), "位置", "place"),
        (np.isnan(z) & ~np.isnan(xy[:, 0]), "高程", "elevation"),
    ]
    words = [["、".join(zh for at, zh, _ in lacks if at[k]), ", ".join(en for at, _, en in lacks if at[k])] for k in range(n)]
    return pd.DataFrame(
        {
            "source_id": sources["facility_id"].astype(str).to_numpy(dtype=object),
            "name": sources["name"].astype(object).where(sources["name"].notna(), "").astype(str).to_numpy(dtype=object),
            "water_kind": kind,
            "yield_m3_day": yields,
            "reliability_share": np.where((share >= 0.0) & (share <= 1.0), share, np.nan),
            "x": xy[:, 0],
            "y": xy[:, 1],
            "z": z,
            "known": [not zh for zh, _ in words],
            "lacking_zh": pd.Series([zh for zh, _ in words], dtype=object),
            "lacking_en": pd.Series([en for _, en in words], dtype=object),
        }
    )
