"""Read every layer a plan refers to, once, into one working CRS; report everything found, fail only where nothing can go on.

The study area is the county's bounds widened by 2 km (facilities just over the border count), or without a county layer the settlements' bounds
widened by 5 km. Rasters are read for that area; by hand, a county of 60 × 50 km asks for 64 × 54 km of elevation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
from pyproj import CRS

from geoplan.contracts.config import Catalog, LayerSpec, PlanConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import LayerRecord, Layers, Problem
from geoplan.errors import ConfigError, CrsError, GeoplanError, LayerError
from geoplan.io.compare import compare_layers
from geoplan.io.postgis import open_postgis, table_checksum
from geoplan.io.sources import checksum, is_database, is_raster, resolve_paths
from geoplan.io.vector import bring_to_crs, read_vector
from geoplan.spatial.crs import Bounds, choose_crs, parse_crs, require_metric, require_true_scale

Progress = Callable[[str], None]
Resampling = Literal["bilinear", "sum", "nearest"]

_COUNTY_MARGIN_M = 2000.0
_SETTLEMENT_MARGIN_M = 5000.0
_FINEST_DEM_M = 30.0
_FAR_DEG = 2.0


@dataclass(frozen=True)
class _Use:
    """What a plan uses a layer for: its id column (None: needs no ids), and how to resample it if it is a raster."""

    id_column: str | None
    resampling: Resampling = "nearest"
    raster: bool = False
    """Must be a raster (elevation, people)."""


@dataclass
class _Read:
    """What has been read so far."""

    vectors: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    rasters: dict[str, Grid] = field(default_factory=dict)
    records: list[LayerRecord] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    errors: list[GeoplanError] = field(default_factory=list)


def layer_ids(plan: PlanConfig) -> list[str]:
    """Return the catalogue ids a plan refers to, each once, in the order of the plan file."""
    return list(_uses(plan))


def checksum_layers(plan: PlanConfig, catalog: Catalog, base: Path) -> dict[str, str]:
    """Return layer id → SHA-256 of its files' bytes (of its rows for a database table).

    Raises
    ------
    ConfigError
        ``LAYER-UNKNOWN`` when the plan names layers the catalogue lacks.
    LayerError
        When files are missing or cannot be read: the first, counting all.
    """
    specs = _specs(plan, catalog)
    sums: dict[str, str] = {}
    errors: list[GeoplanError] = []
    for name, spec in specs.items():
        try:
            if is_database(spec):
                sums[name] = table_checksum(open_postgis(spec, layer_id=name).frame)
            else:
                sums[name] = checksum(resolve_paths(spec, layer_id=name, base=base), layer_id=name)
        except GeoplanError as error:
            errors.append(error)
    _raise_first(errors)
    return sums


def working_crs(plan: PlanConfig, catalog: Catalog, base: Path) -> CRS:
    """Return the CRS a plan is computed in: the one it names, or the one for the county (or the settlements).

    Raises
    ------
    CrsError
        When the plan's CRS cannot be measured in.
    """
    specs = _specs(plan, catalog)
    stated = _stated_crs(plan)
    if stated is not None:
        return stated
    name = plan.county or plan.settlements
    frame, _, _ = read_vector(specs[name], layer_id=name, base=base, crs=None, id_column=_uses(plan)[name].id_column)
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
    specs, uses = _specs(plan, catalog), _uses(plan)
    tell = progress or (lambda _: None)
    stated = _stated_crs(plan)
    read = _Read()
    for name, spec in specs.items():
        if uses[name].raster or is_raster(spec):
            continue
        tell(name)
        _keep_vector(read, name, spec, uses[name], base)
    _raise_first(read.errors)
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
    _raise_first(read.errors)
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


def _uses(plan: PlanConfig) -> dict[str, _Use]:
    """Return what each layer is used for; a layer with two uses keeps the first."""
    units = ((plan.county, "code"), (plan.townships, "code"), (plan.villages, "code"), (plan.groups, "code"))
    found: list[tuple[str | None, _Use]] = [(plan.settlements, _Use("settlement_id"))]
    found += [(name, _Use(column)) for name, column in units]
    found += [(plan.roads, _Use("road_id")), (plan.dem, _Use(None, "bilinear", raster=True))]
    found.append((plan.population, _Use(None, "sum", raster=True)))
    found += [(name, _Use("facility_id")) for service in plan.services for name in service.layers]
    for hazard in plan.hazards:
        found.append((hazard.layer, _Use("hazard_id", "bilinear" if hazard.thresholds else "nearest")))
        found.append((hazard.survey_area, _Use(None)))
    found += [(name, _Use(None)) for name in (*plan.access.barriers, *plan.sites.exclusions)]
    found.append((plan.sites.places, _Use("site_id")))
    uses: dict[str, _Use] = {}
    for name, use in found:
        if name is not None:
            uses.setdefault(name, use)
    return uses


def _specs(plan: PlanConfig, catalog: Catalog) -> dict[str, LayerSpec]:
    names = layer_ids(plan)
    unknown = [name for name in names if name not in catalog.layers]
    if unknown:
        raise ConfigError(
            f"the plan refers to layers the catalogue does not list: {', '.join(unknown)}",
            code="LAYER-UNKNOWN",
            ids=unknown,
            remedy=f"The catalogue lists {', '.join(sorted(catalog.layers))}.",
        )
    return {name: catalog.layers[name] for name in names}


def _keep_vector(read: _Read, name: str, spec: LayerSpec, use: _Use, base: Path) -> None:
    try:
        frame, record, found = read_vector(spec, layer_id=name, base=base, crs=None, id_column=use.id_column)
    except GeoplanError as error:
        read.errors.append(error)
        return
    read.vectors[name] = frame
    read.records.append(record)
    read.problems += found


def _keep_raster(read: _Read, name: str, spec: LayerSpec, use: _Use, base: Path, crs: CRS, bounds: Bounds) -> None:
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


def _raise_first(errors: Iterable[GeoplanError]) -> None:
    """Raise the first error, whose message counts the others; configuration mistakes come first."""
    every = sorted(errors, key=lambda one: not isinstance(one, ConfigError))
    if not every:
        return
    first = every[0]
    if len(every) > 1:
        others = "; ".join(f"[{one.code}] {one.layer}: {one.message}" for one in every[1:6])
        first.message += f" — and {len(every) - 1} more: {others}{'; …' if len(every) > 6 else ''}"
    raise first
