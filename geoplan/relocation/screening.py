"""Screen settlements by the elevation model alone: slope, relief, shape, streams, and an index of how prone the ground is to slide.

A screening is a hint of where to look, not a survey. Its ``basis`` is always ``screening``; it makes nobody exposed and nobody safe, and
nothing here reads or writes `ExposureResult`.

    susceptibility_index = Σ_K w_i v_i(x_i) / Σ_K w_i        0..1, 1 more prone

with the measures x_i and the value functions v_i of fixed anchors and weights w_i of `ScreeningConfig`, over the measures K that are known
(see `relocation.value`): what is missing lowers ``evidence_share``, never the index. The class is the highest whose line the index reaches.
flood_prone: the ground stands no more than ``flood_hand_m`` above the stream or coast its water comes to first.

Measures are those of the cell a settlement stands in: a cell is what the model knows.

By hand: slope 20° between anchors (15, 0.3) and (25, 0.8) has 0.55 points, relief 150 m 0.5, a plane (0 per km) 0.5, a stream at 200 m 0.6;
weights 0.50, 0.25, 0.10, 0.15: index 0.275 + 0.125 + 0.05 + 0.09 = 0.54, class medium (from 0.5). Without the curvature 0.49/0.90 = 0.544,
evidence 0.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.contracts.grid import Grid
from geoplan.contracts.relocation import ScreeningResult
from geoplan.contracts.results import Demand
from geoplan.contracts.screening_config import CLASS_UNKNOWN, ScreeningConfig
from geoplan.contracts.status import Status
from geoplan.relocation.value import WeightedScore, apply_anchors, scale_weights, weigh
from geoplan.spatial.flow import Flow, distance_to_stream, height_above_stream, route_flow
from geoplan.spatial.frames import require_same_crs
from geoplan.spatial.landform import curvature_per_km, local_relief
from geoplan.spatial.terrain import sample_cells, slope_deg

BASIS = "screening"
"""What every row of a screening rests on."""
_BLOCK_ROWS = 512
_OK, _NO_DATA = str(Status.OK), str(Status.NO_DATA)


@dataclass(frozen=True)
class Terrain:
    """Measures of the ground, one grid each, all of one shape; NaN where unknown.

    Attributes
    ----------
    slope_deg
        Slope, degrees.
    relief_m
        Height between the lowest and highest ground within the window, metres.
    curvature_per_km
        Curvature, 1/km; + in hollows.
    stream_m
        Level distance to the nearest stream, straight, metres.
    hand_m
        Height above the stream or coast the water comes to first, metres.
    """

    slope_deg: Grid
    relief_m: Grid
    curvature_per_km: Grid
    stream_m: Grid
    hand_m: Grid


def measure_terrain(dem: Grid, config: ScreeningConfig, *, flow: Flow | None = None) -> Terrain:
    """Return the measures that screening reads from an elevation model.

    Parameters
    ----------
    dem
        Elevation, metres, in a metric CRS.
    config
        Window, stream threshold, sea.
    flow
        Flow of the same model where it is at hand; absent: routed here.

    Raises
    ------
    CrsError
        When the grid is not metric.
    """
    flow = route_flow(dem, stream_km2=config.stream_km2, sea_m=config.sea_m) if flow is None else flow
    return Terrain(
        slope_deg=slope_deg(dem),
        relief_m=local_relief(dem, radius_m=config.relief_radius_m),
        curvature_per_km=curvature_per_km(dem),
        stream_m=distance_to_stream(flow),
        hand_m=height_above_stream(flow),
    )


def index_susceptibility(terrain: Terrain, config: ScreeningConfig) -> Grid:
    """Return the susceptibility index of every cell, 0..1; NaN where no measure is known or the slope is not (sea, nodata).

    By hand: see the module.
    """
    grids = [getattr(terrain, one.id) for one in config.indicators]
    index = np.empty(terrain.slope_deg.shape, dtype=np.float32)
    for top in range(0, len(index), _BLOCK_ROWS):
        rows = slice(top, top + _BLOCK_ROWS)
        block = {str(one.id): grid.values[rows].ravel() for one, grid in zip(config.indicators, grids, strict=True)}
        known = ~np.isnan(terrain.slope_deg.values[rows])
        index[rows] = np.where(known, _score(block, config).score.reshape(known.shape), np.nan)
    return Grid(index, terrain.slope_deg.transform, terrain.slope_deg.crs)


def screen_grid(dem: Grid, config: ScreeningConfig, *, flow: Flow | None = None) -> Grid:
    """Return the susceptibility index of every cell of an elevation model, for maps and back-tests: `measure_terrain`, then `index_susceptibility`."""
    return index_susceptibility(measure_terrain(dem, config, flow=flow), config)


def screen(
    demand: Demand, dem: Grid, config: ScreeningConfig, *, flow: Flow | None = None, terrain: Terrain | None = None
) -> ScreeningResult:
    """Return what the elevation model says of every settlement.

    Parameters
    ----------
    demand
        Settlements in the CRS of ``dem``.
    dem
        Elevation, metres.
    config
        Figures of the screening.
    flow, terrain
        Of the same model, where they are at hand.

    Returns
    -------
    ScreeningResult
        The columns of its contract, and ``evidence_share`` (of weight), ``susceptibility_zh``, ``susceptibility_en`` (class in words),
        ``stream_status`` (of ``stream_m``) and ``hand_status`` (of ``hand_m`` and ``flood_prone``). ``status`` speaks of slope, relief and the
        index; outside the model it is ``no_data``. ``flood_prone`` is False where ``hand_status`` is ``no_data``: read it together with that.

    Raises
    ------
    CrsError
        ``CRS-MISSING`` or ``CRS-MIXED`` when settlements and model do not share one CRS.
    """
    settlements = demand.settlements
    require_same_crs(settlements.crs, dem.crs, what="settlement layer")
    terrain = measure_terrain(dem, config, flow=flow) if terrain is None else terrain
    points = settlements.geometry.to_numpy()
    xy = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    measures = {
        name: sample_cells(getattr(terrain, name), xy)
        for name in ("slope_deg", "relief_m", "curvature_per_km", "stream_m", "hand_m")
    }
    known = ~np.isnan(measures["slope_deg"])
    scored = _score(measures, config)
    index = np.where(known, scored.score, np.nan)
    place = classify(index, config)
    words = {one.id: (one.label_zh, one.label_en) for one in config.classes}
    hand = measures["hand_m"]
    table = pd.DataFrame(
        {
            "settlement_id": settlements["settlement_id"].to_numpy(),
            "status": _state(known & ~np.isnan(index)),
            **measures,
            "susceptibility_index": index,
            "susceptibility_class": place,
            "flood_prone": hand <= config.flood_hand_m,
            "basis": BASIS,
            "evidence_share": np.where(known, scored.evidence_share, 0.0),
            "susceptibility_zh": [words[one][0] if one else "未知" for one in place],
            "susceptibility_en": [words[one][1] if one else "unknown" for one in place],
            "stream_status": _state(~np.isnan(measures["stream_m"])),
            "hand_status": _state(~np.isnan(hand)),
        }
    )
    return ScreeningResult(settlements=table)


def classify(index: NDArray[np.float64], config: ScreeningConfig) -> NDArray[np.object_]:
    """Return the class id of each index (any shape): the highest whose line it reaches; "" where the index is NaN.

    By hand, lines 0, 0.25, 0.5, 0.7: 0.5 is medium, 0.4999 low, 0.7 high.
    """
    index = np.asarray(index, dtype=float)
    lines = np.array([one.from_index for one in config.classes])
    ids = np.array([one.id for one in config.classes], dtype=object)
    # Sums of weighted points carry rounding of about 1e-16: a line reached on paper is reached.
    at = np.clip(np.searchsorted(lines, np.nan_to_num(index) + 1e-12, side="right") - 1, 0, None)
    return np.where(np.isnan(index), CLASS_UNKNOWN, ids[at])


def _score(measures: Mapping[str, NDArray[np.floating]], config: ScreeningConfig) -> WeightedScore:
    """Return the weighted score of n places from their measures."""
    weights = scale_weights({one.id: one.weight for one in config.indicators})
    points = np.column_stack([apply_anchors(measures[one.id], one.anchors) for one in config.indicators])
    return weigh(points, np.array([weights[one.id] for one in config.indicators]))


def _state(known: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Return ok or no_data."""
    return np.where(known, _OK, _NO_DATA).astype(object)
