"""Trace where masses from mapped landslides, rockfalls and debris flows run out, by the angle of reach.

From every cell of a source the mass follows the water's way (D8 of `spatial.flow`: the steepest descent, out of pits by their lowest brim). It
reaches a cell of that way while the line up to the source along the way is no flatter than the angle of reach (Fahrböschung, Heim 1932):

    (z_source − z_cell) / L ≥ tan(angle)          L the level length of the way

and stops at the first cell where it is. On each side the zone widens with the way: a cell at the distance d from a cell of the way is reached when

    d ≤ min(spread_max, L · tan(spread))   and   z_cell ≤ z_source − tan(angle) · (L + d)

and the ground on the straight line between stays below that falling line as well, so nothing jumps a ridge. L and z_source are the greatest of the source cells
whose ways come through. z is the model's ground, pits not filled.

The rule is geometric: no volume, no friction along the way, no dams. Zones show where to look; a survey's own zones stand above them.

By hand: a slope of 30° from 100 m down to a flat at 0 m, angle 20°. The mass stops on the flat at L = 100 / tan 20° = 275 m from the source, of which 173 m are
slope. With 10 m cells: the 27th cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio import features

from geoplan.contracts.config import HazardConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.results import Demand, Layers
from geoplan.contracts.screening_config import RunOutConfig
from geoplan.contracts.status import HAZARD_INDEX, Status
from geoplan.errors import ConfigError, TableError
from geoplan.relocation.run_out_kernel import follow_down, spread_out
from geoplan.relocation.zones import class_index, feature_ids
from geoplan.spatial.cells import shifted
from geoplan.spatial.crs import require_metric
from geoplan.spatial.feature_cells import locate_features
from geoplan.spatial.flow import Flow
from geoplan.spatial.frames import require_same_crs
from geoplan.spatial.terrain import sample_cells

_COLUMNS = "source_id kind status angle_deg spread_deg cells area_m2 length_m drop_m".split()


@dataclass(frozen=True)
class RunOut:
    """Where masses run out.

    Attributes
    ----------
    zones
        GeoDataFrame (polygons): source_id, kind, status (ok; no_data: the source has no place on the model), angle_deg, spread_deg, cells, area_m2,
        length_m (longest way), drop_m (from the highest source cell to the lowest reached). One row per source, in the order of the sources; zones may
        overlap and include the source itself.
    reached
        (rows, cols) bool, cells in any zone. False is not "safe": only mapped sources run out.
    """

    zones: gpd.GeoDataFrame
    reached: NDArray[np.bool_]


def gather_sources(layers: Layers, hazards: Sequence[HazardConfig], config: RunOutConfig) -> gpd.GeoDataFrame:
    """Return the mapped features of the plan's vector hazard layers whose kind runs out.

    Parameters
    ----------
    layers
        Layers in the working CRS.
    hazards
        Hazard layers of the plan; rasters and kinds without an angle of reach are left out.
    config
        Kinds that run out.

    Returns
    -------
    GeoDataFrame: source_id, kind, source_layer, geometry. Points stand for themselves, whatever their threatened radius; features of class
    ``none`` are no sources.
    """
    parts = []
    for one in hazards:
        if one.kind not in config.by_kind or one.layer not in layers.vectors:
            continue
        layer = layers.vectors[one.layer]
        mapped = class_index(layer, one.hazard_class) != HAZARD_INDEX["none"]
        found = {"source_id": feature_ids(layer), "kind": one.kind, "source_layer": one.layer}
        parts.append(gpd.GeoDataFrame(found, geometry=layer.geometry.to_numpy(), crs=layers.crs)[mapped])
    if parts:
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=layers.crs)
    empty = {name: pd.Series(dtype=object) for name in ("source_id", "kind", "source_layer")}
    return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=layers.crs), crs=layers.crs)


def trace_run_out(dem: Grid, sources: gpd.GeoDataFrame, flow: Flow, config: RunOutConfig) -> RunOut:
    """Return the zone each source's mass can reach.

    Parameters
    ----------
    dem
        Elevation, metres, in a metric CRS.
    sources
        source_id, kind, geometry (points, lines or polygons) in the CRS of ``dem``; angle_deg where a survey gives a source its own (NaN: the
        kind's). Further columns are ignored.
    flow
        From `route_flow` on the same model.
    config
        Angle of reach and spread by kind.

    Raises
    ------
    CrsError
        When the grid is not metric or the sources are in another CRS.
    TableError
        ``RUNOUT-GRID`` when flow and model are of different grids; ``RUNOUT-ID`` when an id occurs twice within a kind; ``RUNOUT-ANGLE`` when a
        source's own angle is not between 0° and 90°.
    ConfigError
        ``RUNOUT-KIND`` when a source is of a kind without an angle of reach.
    """
    require_metric(dem.crs, layer="dem")
    ids, kinds = sources["source_id"].astype(str).to_numpy(), sources["kind"].astype(str).to_numpy()
    own = sources["angle_deg"] if "angle_deg" in sources.columns else pd.Series(np.nan, index=sources.index)
    angles = own.to_numpy(dtype=float)
    _refuse(dem, flow, ids, kinds, angles, config)
    rows, cols = dem.shape
    ground = np.ascontiguousarray(dem.values, dtype=np.float32).ravel()
    downstream = flow.downstream.ravel()
    energy, length = np.full(rows * cols, -np.inf), np.zeros(rows * cols)
    mark = np.zeros(rows * cols, dtype=np.int32)
    width, height = dem.cell_size
    found = locate_features(sources, dem)
    # A source on sea or nodata has no way down.
    placed = (downstream[found.cell] >= 0) & np.isfinite(ground[found.cell])
    feature, cell = found.feature[placed], found.cell[placed]
    bounds = np.searchsorted(feature, np.arange(len(sources) + 1))
    table, shapes = [], []
    for number, (one, kind) in enumerate(zip(ids, kinds, strict=True)):
        row = config.by_kind[kind]
        starts = cell[bounds[number] : bounds[number + 1]]
        # The highest first: its energy line is mostly the one that stands.
        starts = starts[np.argsort(-ground[starts], kind="stable")]
        angle = row.angle_deg if np.isnan(angles[number]) else float(angles[number])
        reach, spread = np.tan(np.radians([angle, row.spread_deg]))
        path = follow_down(starts, downstream, ground, cols, width, height, reach, energy, length)
        zone = spread_out(path, ground, cols, width, height, reach, spread, row.spread_max_m, energy, length, mark, number + 1)
        known = len(starts) > 0
        area = len(zone) * width * height
        longest = float(length[path].max()) if known else np.nan
        drop = float(ground[starts].max() - ground[zone].min()) if known else np.nan
        status = str(Status.OK if known else Status.NO_DATA)
        table.append((one, kind, status, angle, row.spread_deg, len(zone), area if known else np.nan, longest, drop))
        shapes.append(_outline(zone, dem))
        energy[path], length[path] = -np.inf, 0.0
    zones = gpd.GeoDataFrame(
        pd.DataFrame(table, columns=_COLUMNS), geometry=gpd.GeoSeries(shapes, crs=dem.crs, dtype="geometry"), crs=dem.crs
    )
    return RunOut(zones=zones, reached=(mark > 0).reshape(rows, cols))


def find_in_run_out(demand: Demand, dem: Grid, run_out: RunOut) -> pd.DataFrame:
    """Return which settlements stand in the run-out of mapped sources.

    Parameters
    ----------
    demand
        Settlements in the CRS of ``dem``.
    dem, run_out
        The elevation model, and what `trace_run_out` found on it.

    Returns
    -------
    DataFrame, one row per settlement in its order: settlement_id, status (ok; no_data where the model has no ground), in_run_out (bool), kinds
    and source_ids (``;`` between, in the order of the sources; "" for none), basis (``screening``). A border is inside. Not in a run-out is not
    safe: nobody traced what nobody mapped.
    """
    settlements = demand.settlements
    require_same_crs(settlements.crs, dem.crs, what="settlement layer")
    points = settlements.geometry.to_numpy()
    zones = run_out.zones
    zone, place = shapely.STRtree(points).query(zones.geometry.to_numpy(), predicate="intersects")
    pairs = pd.DataFrame(
        {"place": place, "id": zones["source_id"].to_numpy()[zone], "kind": zones["kind"].to_numpy()[zone], "zone": zone}
    )
    by_place = pairs.sort_values(["place", "zone"]).groupby("place")
    ids, kinds = (by_place[one].agg(lambda part: ";".join(dict.fromkeys(part))) for one in ("id", "kind"))
    rows = range(len(points))
    known = ~np.isnan(sample_cells(dem, np.column_stack([shapely.get_x(points), shapely.get_y(points)])))
    return pd.DataFrame(
        {
            "settlement_id": settlements["settlement_id"].to_numpy(),
            "status": np.where(known, str(Status.OK), str(Status.NO_DATA)),
            "in_run_out": np.isin(np.arange(len(points)), place),
            "kinds": kinds.reindex(rows, fill_value="").to_numpy(dtype=object),
            "source_ids": ids.reindex(rows, fill_value="").to_numpy(dtype=object),
            "basis": "screening",
        }
    )


def _refuse(
    dem: Grid, flow: Flow, ids: NDArray[np.object_], kinds: NDArray[np.object_], angles: NDArray[np.float64], config: RunOutConfig
) -> None:
    """Raise when the inputs cannot be traced."""
    if flow.shape != dem.shape or flow.transform != dem.transform:
        raise TableError(
            "flow and elevation model are of different grids",
            code="RUNOUT-GRID",
            remedy="Route the flow on the model you trace on.",
        )
    strange = sorted(set(kinds) - set(config.by_kind))
    if strange:
        raise ConfigError(
            "sources of a kind without an angle of reach",
            code="RUNOUT-KIND",
            ids=strange,
            remedy="Add a row for it, or leave them out.",
        )
    wrong = ids[~np.isnan(angles) & ~((angles > 0) & (angles < 90))]
    if len(wrong):
        raise TableError(
            "angles of reach must lie between 0° and 90°",
            code="RUNOUT-ANGLE",
            column="angle_deg",
            ids=wrong,
            remedy="Correct them.",
        )
    doubled = pd.Series(ids)[pd.DataFrame({"id": ids, "kind": kinds}).duplicated().to_numpy()]
    if len(doubled):
        raise TableError("source ids occur twice", code="RUNOUT-ID", ids=doubled, remedy="Give every source its own id.")


def _outline(zone: NDArray[np.int64], dem: Grid) -> shapely.Geometry:
    """Return the polygon of a zone's cells; empty without any."""
    if not len(zone):
        return shapely.Polygon()
    row, col = np.divmod(zone, dem.shape[1])
    top, left = int(row.min()), int(col.min())
    window = np.zeros((int(row.max()) - top + 1, int(col.max()) - left + 1), dtype=np.uint8)
    window[row - top, col - left] = 1
    parts = features.shapes(window, mask=window > 0, transform=shifted(dem.transform, left, top))
    return shapely.union_all([shapely.geometry.shape(one) for one, _ in parts])
