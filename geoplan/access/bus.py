"""Add bus lines to a road network: passengers wait at a stop, ride to another, and walk from there.

A line is drawn where the bus runs and served both ways (``oneway`` 1: along it only). A bus stop within ``reach_m`` of the line serves it, at the
point of the line nearest to it; a line with fewer than two stops is reported and left out. Boarding takes half the headway on average and getting
off nothing; staying on the bus past a stop takes only the ride. Mode ``bus`` may ride nothing but buses: roads are walked. Other modes do not see them.
A bus goes as fast as buses go on the roads it follows.
By hand: stops at 0, 3 and 6 km of a line of 20 km/h every 30 min: from the first to the last 15 + 18 = 33 min, to the middle one 15 + 9 = 24 min.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.contracts.results import Network
from geoplan.errors import CrsError, TableError
from geoplan.spatial.crs import same_crs
from geoplan.units import M_PER_KM, MIN_PER_HOUR, travel_min

_SAMPLE_M = 50.0
BOARDING, RIDING = "board", "bus"
"""``crossing`` of the edges from a stop to the bus, and along the line."""


@dataclass(frozen=True)
class BusReport:
    """What adding the lines found."""

    lines: int
    stops: int
    """Stops that serve a line."""
    idle_stops: tuple[str, ...]
    """Ids of stops near no line."""
    idle_lines: tuple[str, ...]
    """Ids of lines with fewer than two stops."""


def add_bus_lines(
    network: Network,
    lines: gpd.GeoDataFrame,
    stops: gpd.GeoDataFrame,
    *,
    seasons: Sequence[str],
    reach_m: float = 50.0,
) -> tuple[Network, BusReport]:
    """Return the network with the bus lines, and what was found on the way.

    Parameters
    ----------
    network
        Road graph, timed for mode ``bus``; it is left as it is.
    lines
        LineStrings in the network's CRS: ``line_id``, ``headway_min`` (minutes between two buses), optionally ``kmh`` (halts
        included; otherwise that of a bus on the roads the line follows) and ``oneway``.
    stops
        Points with ``facility_id``.
    seasons
        Seasons to time.
    reach_m
        Farthest a stop may lie from a line it serves, metres, inclusive.

    Raises
    ------
    CrsError
        ``CRS-MIXED``.
    TableError
        ``BUS-LINES``: a line is not a single line, or its headway is not a positive number.
    """
    for name, frame in (("bus lines", lines), ("bus stops", stops)):
        if not same_crs(frame.crs, network.crs):
            raise CrsError("CRS is not the network's", code="CRS-MIXED", layer=name, remedy="Bring it into the working CRS.")
    shapes = _check_lines(lines)
    line, stop, along = _serve(shapes, stops, reach_m)
    served = np.bincount(line, minlength=len(shapes)) >= 2
    keep = served[line]
    line, stop, along = line[keep], stop[keep], along[keep]
    ids = lines["line_id"].astype(str).to_numpy()
    names = stops["facility_id"].astype(str).to_numpy()
    report = BusReport(int(served.sum()), len(np.unique(stop)), tuple(np.delete(names, np.unique(stop))), tuple(ids[~served]))
    if not len(line):
        return network, report
    return _extend(network, lines, shapes, stops, (line, stop, along), seasons=seasons), report


def _check_lines(lines: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the geometries, refusing what is not a line with a headway."""
    shapes = shapely.line_merge(shapely.force_2d(np.asarray(lines.geometry.array, dtype=object)))
    headway = pd.to_numeric(lines["headway_min"], errors="coerce").to_numpy(dtype=np.float64)
    wrong = (shapely.get_type_id(shapes) != 1) | ~(headway > 0) | ~(shapely.length(shapes) > 0)
    if wrong.any():
        raise TableError(
            "a bus line is one line and has a headway above 0", code="BUS-LINES", layer="bus lines", column="headway_min",
            ids=lines["line_id"][wrong], remedy="Draw each line in one piece and give headway_min in minutes.",
        )  # fmt: skip
    return shapes


def _serve(
    shapes: NDArray[np.object_], stops: gpd.GeoDataFrame, reach_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return (line, stop, metres along) of every stop that serves a line, in order along each line."""
    spots = np.asarray(stops.geometry.array, dtype=object)
    stop, line = shapely.STRtree(shapes).query(spots, predicate="dwithin", distance=reach_m)
    along = shapely.line_locate_point(shapes[line], spots[stop])
    order = np.lexsort((stop, along, line))
    return line[order].astype(np.int64), stop[order].astype(np.int64), along[order]


def _extend(
    network: Network,
    lines: gpd.GeoDataFrame,
    shapes: NDArray[np.object_],
    stops: gpd.GeoDataFrame,
    served: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    *,
    seasons: Sequence[str],
) -> Network:
    """Return the network with boarding and riding edges."""
    line, stop, along = served
    halts = shapely.get_coordinates(shapely.line_interpolate_point(shapes[line], along))
    places, street = np.unique(stop, return_inverse=True)
    kerb = shapely.get_coordinates(np.asarray(stops.geometry.array, dtype=object)[places])
    count = len(network.nodes)
    on_bus = count + len(places) + np.arange(len(line))
    next_one = np.flatnonzero(line[1:] == line[:-1])
    table = _describe(lines, line, stop, next_one, stops)
    table["u"], table["v"] = np.r_[count + street, on_bus[next_one]], np.r_[on_bus, on_bus[next_one + 1]]
    ride = [shapely.ops.substring(shapes[line[at]], along[at], along[at + 1]) for at in next_one]
    # Two stops of one line at the same place: no way between them, and no time.
    ride = [one if one.geom_type == "LineString" else shapely.LineString([one, one]) for one in ride]
    board = list(shapely.linestrings(np.stack([kerb[street], halts], axis=1)))
    length = np.r_[np.zeros(len(line)), along[next_one + 1] - along[next_one]]
    table["length_m"] = length
    wait = pd.to_numeric(lines["headway_min"]).to_numpy(dtype=np.float64)[line] / 2.0
    stated = _numbers(lines, "kmh", np.nan)[line[next_one]]
    one_way = _numbers(lines, "oneway", 0.0)[line[next_one]] > 0
    for season in seasons:
        speed = np.where(stated > 0, stated, _road_kmh(network, np.array(ride, dtype=object), season))
        run = np.where(speed > 0, travel_min(length[len(line) :], np.where(speed > 0, speed, 1.0)), np.inf)
        for way, rolling in (("forward", run), ("backward", np.where(one_way, np.inf, run))):
            table[f"bus_{way}_min_{season}"] = np.r_[wait if way == "forward" else np.zeros(len(line)), rolling]
    roads = network.edges.assign(**{name: np.inf for name in table if name.startswith("bus_")})
    table["component"] = int(roads["component"].max() + 1 if len(roads) else 0) + line[np.r_[np.arange(len(line)), next_one]]
    closed = {name: np.inf for name in roads if "_min_" in name and name not in table}
    added = gpd.GeoDataFrame(table.assign(**closed), geometry=np.array(board + ride, dtype=object), crs=network.crs)
    edges = gpd.GeoDataFrame(pd.concat([roads, added[list(roads.columns)]], ignore_index=True), crs=network.crs)
    return replace(network, nodes=np.vstack([network.nodes, kerb, halts]), edges=edges)


def _road_kmh(network: Network, rides: NDArray[np.object_], season: str) -> NDArray[np.float64]:
    """Return the speed of a bus over the roads each ride follows: metres over minutes, sampled every 50 m on the nearest road."""
    edges = network.edges
    fast = np.minimum(edges[f"bus_forward_min_{season}"].to_numpy(), edges[f"bus_backward_min_{season}"].to_numpy())
    usable = np.flatnonzero(np.isfinite(fast) & (edges["length_m"].to_numpy() > 0))
    if not len(usable) or not len(rides):
        return np.zeros(len(rides))
    points, ride = shapely.get_coordinates(shapely.segmentize(rides, _SAMPLE_M), return_index=True)
    tree = shapely.STRtree(np.asarray(edges.geometry.array, dtype=object)[usable])
    edge = usable[tree.nearest(shapely.points(points))]
    pace = fast[edge] / edges["length_m"].to_numpy()[edge]
    mean = np.bincount(ride, weights=pace, minlength=len(rides)) / np.bincount(ride, minlength=len(rides))
    return MIN_PER_HOUR / M_PER_KM / mean


def _describe(
    lines: gpd.GeoDataFrame,
    line: NDArray[np.int64],
    stop: NDArray[np.int64],
    next_one: NDArray[np.int64],
    stops: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Return ids and attributes of the boarding edges, then of the riding edges."""
    ids = lines["line_id"].astype(str).to_numpy()
    names = stops["facility_id"].astype(str).to_numpy()
    board = [f"{ids[a]}@{names[b]}" for a, b in zip(line, stop, strict=True)]
    ride = [f"{ids[line[at]]}:{names[stop[at]]}-{names[stop[at + 1]]}" for at in next_one]
    return pd.DataFrame(
        {
            "edge_id": board + ride,
            "road_id": [ids[a] for a in line] + [ids[line[at]] for at in next_one],
            "road_class": RIDING,
            "surface": "unknown",
            "width_m": np.nan,
            "crossing": [BOARDING] * len(line) + [RIDING] * len(next_one),
            "joinable": False,
            "walked": False,
            "wait_min": 0.0,
        }
    )


def _numbers(lines: gpd.GeoDataFrame, column: str, missing: float) -> NDArray[np.float64]:
    """Return a numeric column with ``missing`` where there is none."""
    if column not in lines:
        return np.full(len(lines), missing)
    return pd.to_numeric(lines[column], errors="coerce").fillna(missing).to_numpy(dtype=np.float64)
