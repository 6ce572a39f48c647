"""Build the road graph from lines: junctions, edges, minutes by season and direction, and what had to be changed.

Minutes of a motor road are 60 · length_km / kmh, whatever the terrain; a walking class is walked at Tobler's speed along
the ground, each direction by its own slopes; a bridge, tunnel, ferry or rope runs straight from end to end. A ferry or rope
adds its waiting time once per line. By hand: 1 km of concrete village road at 20 km/h takes 3 min each way; the same with
``oneway = 1`` takes 3 min along and cannot be driven back (inf).

Every edge also carries ``walk_forward_min_<season>`` and ``walk_backward_min_<season>``: the minutes on foot, against
one-way too; inf where walking is not allowed or the crossing is closed.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.access.elevation import walk_lines_min
from geoplan.access.gaps import ClosedGaps, close_gaps
from geoplan.access.network_modes import time_mode
from geoplan.access.noding import Cuts, cut_lines, is_off_ground
from geoplan.access.pieces import Pieces, cut_pieces
from geoplan.access.report import label_components, report_network
from geoplan.access.roadlines import RoadLines, read_lines
from geoplan.access.speeds import edge_speed_kmh
from geoplan.contracts.grid import Grid
from geoplan.contracts.profiles import SpeedProfile
from geoplan.contracts.results import Network
from geoplan.errors import CrsError
from geoplan.spatial.crs import require_metric, same_crs
from geoplan.units import travel_min


def build_network(
    roads: gpd.GeoDataFrame,
    *,
    speeds: SpeedProfile,
    seasons: Sequence[str],
    dem: Grid | None,
    walk_kmh: float,
    gap_tolerance_m: float,
    modes: Sequence[str] = (),
) -> Network:
    """Return the graph of ``roads`` with minutes per edge, direction and season.

    Parameters
    ----------
    roads
        Lines in a metric CRS with ``road_class``; ``road_id``, ``surface``, ``width_m``, ``oneway`` (1 along, −1 against, 0
        both), ``crossing``, ``road_layer``, ``maxspeed_kmh`` where known.
    speeds
        Speed profile.
    seasons
        Seasons to time (``dry``, ``wet``).
    dem
        Heights in the same CRS, for walking only; None walks level.
    walk_kmh
        Walking speed on level ground, km/h.
    gap_tolerance_m
        Ends closer than this (inclusive) are joined and reported, metres.
    modes
        Further modes to time (``car``, ``motorcycle``, ``bicycle``), each in columns ``<mode>_forward_min_<season>`` …

    Raises
    ------
    CrsError
        The CRS is missing, not metric, or not the elevation model's.
    TableError
        A geometry is not a line, or a coordinate is not finite.
    """
    crs = require_metric(roads.crs, layer="roads")
    if dem is not None and not same_crs(dem.crs, crs):
        raise CrsError(
            "roads and elevation differ in CRS", code="CRS-MIXED", layer="dem", remedy="Bring both into the working CRS."
        )
    parts = read_lines(roads)
    if len(parts.lines) == 0:
        cuts, closed = Cuts.of_nothing(), ClosedGaps.of_nothing()
    else:
        cuts, closed = _join_lines(parts, gap_tolerance_m)
    pieces, nodes = _drop_unused(closed.pieces, closed.xy)
    edges = _describe_edges(parts, pieces)
    imputed = _time_edges(edges, parts, pieces, speeds=speeds, seasons=seasons, dem=dem, walk_kmh=walk_kmh, modes=modes)
    edges["component"] = label_components(edges, len(nodes))
    frame = gpd.GeoDataFrame(edges, geometry=pieces.lines, crs=crs)
    return Network(nodes, frame, report_network(frame, parts, cuts, closed, imputed), crs)


def _join_lines(parts: RoadLines, gap_tolerance_m: float) -> tuple[Cuts, ClosedGaps]:
    """Return where lines were cut, and the edges with gaps closed."""
    cuts = cut_lines(parts.lines, parts.table)
    pieces, _ = cut_pieces(parts.lines, cuts.line, cuts.along_m, cuts.place, cuts.xy)
    off_ground = is_off_ground(parts.table["crossing"].to_numpy())
    layer = parts.table["road_layer"].to_numpy()
    return cuts, close_gaps(pieces, cuts.xy, off_ground=off_ground, layer=layer, tolerance_m=gap_tolerance_m)


def _drop_unused(pieces: Pieces, xy: NDArray[np.float64]) -> tuple[Pieces, NDArray[np.float64]]:
    """Return the edges that have a length, over nodes numbered without holes."""
    # Only joining both ends of an edge shorter than the tolerance can leave one without length.
    long = shapely.length(pieces.lines) > 0
    pieces = Pieces(pieces.lines[long], pieces.owner[long], pieces.u[long], pieces.v[long])
    used, number = np.unique(np.r_[pieces.u, pieces.v], return_inverse=True)
    count = len(pieces.u)
    return Pieces(pieces.lines, pieces.owner, number[:count], number[count:]), xy[used]


def _describe_edges(parts: RoadLines, pieces: Pieces) -> pd.DataFrame:
    """Return one row per edge with its road's attributes."""
    table = parts.table.iloc[pieces.owner].reset_index(drop=True)
    number = table.groupby("road_id", sort=False).cumcount()
    off_ground = is_off_ground(table["crossing"].to_numpy())
    return pd.DataFrame(
        {
            "edge_id": table["road_id"] + ":" + number.astype(str),
            "road_id": table["road_id"],
            "u": pieces.u,
            "v": pieces.v,
            "length_m": shapely.length(pieces.lines),
            "road_class": table["road_class"],
            "surface": table["surface"],
            "width_m": table["width_m"],
            "crossing": table["crossing"],
            "joinable": ~off_ground & ~table["road_class"].isin(["motorway", "ferry"]).to_numpy(),
        }
    )


def _time_edges(
    edges: pd.DataFrame,
    parts: RoadLines,
    pieces: Pieces,
    *,
    speeds: SpeedProfile,
    seasons: Sequence[str],
    dem: Grid | None,
    walk_kmh: float,
    modes: Sequence[str],
) -> NDArray[np.bool_]:
    """Add the columns of minutes to ``edges`` (a frame made here) and return which motor edges had no speed row."""
    owner, lines = pieces.owner, pieces.lines
    table = parts.table.iloc[owner].reset_index(drop=True)
    crossing = edges["crossing"].to_numpy().astype(str)
    length = edges["length_m"].to_numpy()
    oneway = table["oneway"].to_numpy()
    walked = edges["road_class"].isin(speeds.walking_classes).to_numpy() | (crossing == "rope")
    sailed = crossing == "ferry"
    barred = edges["road_class"].isin(speeds.no_foot).to_numpy()
    part_length = shapely.length(parts.lines)[owner]
    wait = np.array([speeds.crossing_wait_min.get(kind, 0.0) for kind in crossing]) * np.minimum(length / part_length, 1.0)
    edges["walked"], edges["wait_min"] = walked, wait
    foot = [minutes + wait for minutes in walk_lines_min(lines, dem=dem, walk_kmh=walk_kmh, spans=is_off_ground(crossing))]
    imputed = np.zeros(len(edges), dtype=bool)
    for season in seasons:
        kmh, imputed = edge_speed_kmh(table, speeds=speeds, season=season)
        closed = np.isin(crossing, speeds.wet_closed) if season == "wet" else np.zeros(len(edges), dtype=bool)
        driven = np.where(kmh > 0, travel_min(length, np.where(kmh > 0, kmh, 1.0)) + wait, np.inf)
        for name, minutes, allowed in (("forward", foot[0], oneway >= 0), ("backward", foot[1], oneway <= 0)):
            ride = np.where(walked, minutes, np.where(allowed, driven, np.inf))
            walk = np.where(sailed, ride, np.where(barred, np.inf, minutes))
            edges[f"{name}_min_{season}"] = np.where(closed, np.inf, ride)
            edges[f"walk_{name}_min_{season}"] = np.where(closed, np.inf, walk)
    for mode in modes:
        time_mode(edges, table, lines, mode=mode, speeds=speeds, seasons=seasons, dem=dem, walk_kmh=walk_kmh)
    return imputed & ~walked
