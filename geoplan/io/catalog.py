"""Read every layer a plan refers to, once, into one working CRS; report everything found, fail only where nothing can go on.

The study area is the county's bounds widened by 2 km (facilities just over the border count), or without a county layer the settlements' bounds
widened by 5 km. Rasters are read for that area; by hand, a county of 60 × 50 km asks for 64 × 54 km of elevation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
from pyproj import CRS

from geoplan.contracts.config import Catalog, LayerSpec, PlanConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import LayerRecord, Layers, Problem
from geoplan.errors import CrsError, GeoplanError, LayerError
from geoplan.io.compare import compare_layers
from geoplan.io.references import Use, list_uses, look_up_specs, raise_first
from geoplan.io.sources import is_raster
from geoplan.io.vector import bring_to_crs, read_vector
from geoplan.spatial.crs import Bounds, choose_crs, parse_crs, require_metric, require_true_scale

Progress = Callable[[str], None]

_COUNTY_MARGIN_M = 2000.0
_SETTLEMENT_MARGIN_M = 5000.0
_FINEST_DEM_M = 30.0
_FAR_DEG = 2.0


@dataclass
class _Read:
    """What has been read so far."""

    vectors: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    rasters: dict[str, Grid] = field(default_factory=dict)
    records: list[LayerRecord] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    errors: list[GeoplanError] = field(default_factory=list)


def working_crs(plan: PlanConfig, catalog: Catalog, base: Path) -> CRS:
    """Return the CRS a plan is computed in: the one it names, or the one for the county (or the settlements).

    Raises
    ------
    CrsError
        When the plan's CRS cannot be measured in.
    """
    specs = look_up_specs(plan, catalog)
    stated = _stated_crs(plan)
    if stated is not None:
        return stated
    name = plan.county or plan.settlements
    frame, _, _ = read_vector(specs[name], layer_id=name, base=base, crs=None, id_column=list_uses(plan)[name].id_column)
    return _crs_for(frame, layer=name)


def read_layers(plan: PlanConfig, catalog: Catalog, base: Path, *, progress: Progress | None = None) -> Layers:
    """Return all layers of a plan in its working CRS, with provenance and every problem found on reading.

    Parameters
    ----------
    plan, catalog
        The documents.
    base
        Folder of the catalogue; relative paths start here.
    progress
        Told the id of each layer before it is read.

    Raises
    ------
    ConfigError
        ``LAYER-UNKNOWN`` (names every id the catalogue lacks) or a catalogue entry that makes no sense.
    LayerError, TableError, CrsError
        The first layer that cannot be read at all; its message counts and names the others.
    """
    specs, uses = look_up_specs(plan, catalog), list_uses(plan)
    tell = progress or (lambda _: None)
    stated = _stated_crs(plan)
    read = _Read()
    for name, spec in specs.items():
        if uses[name].raster or is_raster(spec):
            continue
        tell(name)
        _keep_vector(read, name, spec, uses[name], base)
    raise_first(read.errors)
    name = plan.county or plan.settlements
    crs = stated or _crs_for(read.vectors[name], layer=name)
    for name, frame in list(read.vectors.items()):
        read.vectors[name], found = bring_to_crs(frame, crs, layer_id=name)
        read.problems += found
    bounds = study_bounds(plan, read.vectors)
    require_true_scale(crs, bounds, layer="plan")
    for name, spec in specs.items():
        if name not in read.vectors:
            tell(name)
            _keep_raster(read, name, spec, uses[name], base, crs, bounds)
    raise_first(read.errors)
    read.problems += compare_layers(read.vectors, specs, plan, bounds=bounds, crs=crs)
    order = {name: place for place, name in enumerate(specs)}
    return Layers(
        crs=crs,
        vectors={name: read.vectors[name] for name in specs if name in read.vectors},
        rasters={name: read.rasters[name] for name in specs if name in read.rasters},
        records=tuple(sorted(read.records, key=lambda one: order[one.id])),
        problems=tuple(read.problems),
    )


def study_bounds(plan: PlanConfig, vectors: dict[str, gpd.GeoDataFrame]) -> Bounds:
    """Return the study area in the working CRS, metres: the county's bounds + 2 km, else the settlements' + 5 km.

    Settlements farther than about 2° (220 km) from the middle one do not stretch it: they are misplaced, not remote.

    Raises
    ------
    LayerError
        ``LAYER-EMPTY`` when neither layer has a geometry.
    """
    county = vectors.get(plan.county) if plan.county else None
    if county is not None and not county.geometry.isna().all():
        return _widen(county.total_bounds, _COUNTY_MARGIN_M)
    bounds = vectors[plan.settlements].geometry.dropna().bounds.to_numpy()
    if not len(bounds):
        raise LayerError(
            "has no feature with a geometry",
            code="LAYER-EMPTY",
            layer=plan.settlements,
            remedy="Check the file and the catalogue's `where`.",
        )
    near = _near_middle(bounds, _FAR_DEG * 111_000.0)
    return _widen(np.concatenate([near[:, :2].min(axis=0), near[:, 2:].max(axis=0)]), _SETTLEMENT_MARGIN_M)


def _keep_vector(read: _Read, name: str, spec: LayerSpec, use: Use, base: Path) -> None:
    try:
        frame, record, found = read_vector(spec, layer_id=name, base=base, crs=None, id_column=use.id_column)
    except GeoplanError as error:
        read.errors.append(error)
        return
    read.vectors[name] = frame
    read.records.append(record)
    read.problems += found


def _keep_raster(read: _Read, name: str, spec: LayerSpec, use: Use, base: Path, crs: CRS, bounds: Bounds) -> None:
    from geoplan.io.raster import read_raster

    def take(cell_m: float | None) -> tuple[Grid, LayerRecord, list[Problem]]:
        return read_raster(spec, layer_id=name, base=base, crs=crs, bounds=bounds, cell_m=cell_m, resampling=use.resampling)

    try:
        grid, record, found = take(None)
        resampled = not any("not resampled" in note for note in record.notes)
        if use.raster and use.resampling == "bilinear" and resampled and max(grid.cell_size) < _FINEST_DEM_M:
            grid, record, found = take(_FINEST_DEM_M)
    except GeoplanError as error:
        error.layer = error.layer or name
        read.errors.append(error)
        return
    read.rasters[name] = grid
    read.records.append(record)
    read.problems += found


def _stated_crs(plan: PlanConfig) -> CRS | None:
    """Return the CRS the plan names, None when it leaves the choice."""
    return None if plan.crs == "auto" else require_metric(parse_crs(plan.crs, layer="plan"), layer="plan")


def _crs_for(frame: gpd.GeoDataFrame, *, layer: str) -> CRS:
    """Return the working CRS for where a layer lies; misplaced features far from the middle are left aside."""
    bounds = frame.geometry.dropna().to_crs("EPSG:4326").bounds.to_numpy()
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        raise CrsError(
            "has no geometry to pick a CRS from",
            code="LAYER-EMPTY",
            layer=layer,
            remedy="Check the layer, or name `crs` in the plan.",
        )
    near = _near_middle(bounds, _FAR_DEG)
    return choose_crs(*near[:, :2].min(axis=0).tolist(), *near[:, 2:].max(axis=0).tolist())


def _near_middle(bounds: np.ndarray, reach: float) -> np.ndarray:
    """Return the bounds whose centre lies within ``reach`` of the median centre in x and y (all, if none does)."""
    centres = (bounds[:, :2] + bounds[:, 2:]) / 2
    near = (np.abs(centres - np.median(centres, axis=0)) <= reach).all(axis=1)
    return bounds[near] if near.any() else bounds


def _widen(bounds: np.ndarray, margin_m: float) -> Bounds:
    west, south, east, north = (float(one) for one in bounds)
    return (west - margin_m, south - margin_m, east + margin_m, north + margin_m)
