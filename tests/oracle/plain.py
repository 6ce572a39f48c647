"""Recompute a county's travel times with plain tools: geopandas to read, networkx to search, numpy for the walk. No geoplan.

Every road vertex is a node. A point joins, by straight legs no longer than the plan's reach and crossing no barrier, the nearest
point of *every* piece of road between two junctions: there is no list of candidates here that could be too short.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import rasterio
import shapely
import yaml

OFF_GROUND = ("bridge", "tunnel", "ferry", "rope")
WALKED = "path"
TOUCH_M = 0.01


def read_layer(folder: Path, name: str) -> gpd.GeoDataFrame:
    """Return a layer of the catalogue with its columns and words translated, in metres; only what the demo county needs."""
    entry = yaml.safe_load((folder / "catalog.yaml").read_text("utf-8"))["layers"][name]
    if entry["path"].endswith(".csv"):
        rows = pd.read_csv(folder / entry["path"], encoding=entry["encoding"], dtype={"township_code": str, "village_code": str})
        spots = gpd.points_from_xy(rows[entry["x"]], rows[entry["y"]], crs=entry["crs"])
        frame = gpd.GeoDataFrame(rows, geometry=spots)
    else:
        frame = gpd.read_file(folder / entry["path"], layer=entry.get("layer"))
    frame = frame.rename(columns=entry.get("columns", {}))
    for column, words in entry.get("values", {}).items():
        frame[column] = frame[column].replace(words)
    for column, allowed in entry.get("where", {}).items():
        frame = frame[frame[column].isin(allowed)]
    return frame.reset_index(drop=True)


@dataclass
class Heights:
    """A model of heights, read bilinearly between cell centres."""

    values: np.ndarray
    west: float
    north: float
    cell: float

    @classmethod
    def read(cls, path: Path) -> Heights:
        with rasterio.open(path) as source:
            values = source.read(1).astype(float)
            if source.nodata is not None:
                values[values == source.nodata] = np.nan
            values = values * source.scales[0] + source.offsets[0]
            return cls(values, source.transform.c, source.transform.f, source.transform.a)

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        column = np.clip((np.asarray(x) - self.west) / self.cell - 0.5, 0, self.values.shape[1] - 1)
        row = np.clip((self.north - np.asarray(y)) / self.cell - 0.5, 0, self.values.shape[0] - 1)
        c, r = np.minimum(column.astype(int), self.values.shape[1] - 2), np.minimum(row.astype(int), self.values.shape[0] - 2)
        dx, dy = column - c, row - r
        v = self.values
        return (v[r, c] * (1 - dx) + v[r, c + 1] * dx) * (1 - dy) + (v[r + 1, c] * (1 - dx) + v[r + 1, c + 1] * dx) * dy


def walk_min(length: float | np.ndarray, rise: float | np.ndarray, level_kmh: float) -> np.ndarray:
    """Tobler 1993, scaled to ``level_kmh`` on level ground."""
    slope = np.asarray(rise) / np.asarray(length)
    speed = level_kmh * np.exp(-3.5 * np.abs(slope + 0.05)) / np.exp(-3.5 * 0.05)
    return np.asarray(length) / 1000.0 / speed * 60.0


@dataclass
class Roads:
    """The road graph of one county: vertices, pieces between junctions, and minutes per mode and season."""

    heights: Heights
    walk_kmh: float
    reach_m: float
    direct_m: float
    blocked_by: list[Any]
    speeds: dict[str, Any]
    xy: list[tuple[float, float]] = field(default_factory=list)
    segments: list[dict[str, Any]] = field(default_factory=list)
    pieces: list[list[int]] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path, plan: dict[str, Any], speeds: dict[str, Any]) -> Roads:
        access = plan["access"]
        barriers = [one for name in access["barriers"] for one in read_layer(folder, name).geometry]
        heights = Heights.read(folder / "dem.tif")
        own = cls(heights, access["walk_kmh"], access["snap_max_m"], access["direct_walk_max_m"], barriers, speeds)
        own._index(read_layer(folder, "roads"))
        own._barriers = shapely.STRtree(barriers)
        own._shapes = [
            shapely.LineString([own.xy[own.segments[p[0]]["u"]]] + [own.xy[own.segments[s]["v"]] for s in p]) for p in own.pieces
        ]
        own._tree = shapely.STRtree(own._shapes)
        return own

    def _index(self, roads: gpd.GeoDataFrame) -> None:
        lines = [[(round(x, 3), round(y, 3)) for x, y in line.coords] for line in roads.geometry]
        ends = {p for line in lines for p in (line[0], line[-1])}
        met = defaultdict(int)
        for line in lines:
            for point in line:
                met[point] += 1
        number: dict[Any, int] = {}
        for index, (line, road) in enumerate(zip(lines, roads.to_dict("records"), strict=True)):
            crossing = road["crossing"] if isinstance(road["crossing"], str) else ""
            air = crossing in OFF_GROUND
            keys = [p if (not air or p in ends) else (index, k) for k, p in enumerate(line)]
            nodes = []
            for key, point in zip(keys, line, strict=True):
                if key not in number:
                    number[key] = len(self.xy)
                    self.xy.append(point)
                nodes.append(number[key])
            length = np.hypot(*np.diff(np.array(line), axis=0).T)
            piece: list[int] = []
            for k, metres in enumerate(length):
                if metres == 0:
                    continue
                piece.append(len(self.segments))
                self.segments.append({"u": nodes[k], "v": nodes[k + 1], "m": float(metres), "road": road, "crossing": crossing,
                                      "share": float(metres / length.sum()), "line": line, "first": float(length[:k].sum() / length.sum())})  # fmt: skip
                if k == len(length) - 1 or (met[line[k + 1]] > 1 and not (air and line[k + 1] not in ends)):
                    self.pieces.append(piece)
                    piece = []

    def foot_minutes(self, segment: dict[str, Any]) -> tuple[float, float]:
        """Minutes on foot along a segment and back; what hangs in the air climbs evenly from end to end of its line."""
        (x0, y0), (x1, y1) = self.xy[segment["u"]], self.xy[segment["v"]]
        count = max(math.ceil(segment["m"] / self.heights.cell - 1e-9), 1)
        t = np.linspace(0, 1, count + 1)
        if segment["crossing"] in OFF_GROUND:
            (ax, ay), (bx, by) = segment["line"][0], segment["line"][-1]
            a, b = self.heights.at(np.array([ax, bx]), np.array([ay, by]))
            z = a + (b - a) * (segment["first"] + segment["share"] * t)
        else:
            z = self.heights.at(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t)
        step = segment["m"] / count
        return float(walk_min(step, np.diff(z), self.walk_kmh).sum()), float(walk_min(step, -np.diff(z), self.walk_kmh).sum())

    def minutes(self, segment: dict[str, Any], mode: str, season: str) -> tuple[float, float]:
        """Minutes along and against a segment; inf where it cannot be used."""
        road, crossing = segment["road"], segment["crossing"]
        if season == "wet" and crossing in self.speeds["wet_closed"]:
            return math.inf, math.inf
        wait = self.speeds["crossing_wait_min"].get(crossing, 0.0) * segment["share"]
        if road["road_class"] == WALKED or crossing == "rope" or (mode == "walk" and crossing != "ferry"):
            there, back = self.foot_minutes(segment)
            return there + wait, back + wait
        rows = [r for r in self.speeds["rows"] if r["road_class"] == road["road_class"]]
        row = next((r for r in rows if r.get("surface", "*") == road["surface"]), None)
        row = row or next((r for r in rows if r.get("surface", "*") == "*"), {"kmh": self.speeds["default_kmh"]})
        kmh = row.get("wet_kmh", row["kmh"]) if season == "wet" else row["kmh"]
        ride = segment["m"] / 1000.0 / kmh * 60.0 + wait
        oneway = road["oneway"]
        return (ride if oneway >= 0 else math.inf), (ride if oneway <= 0 else math.inf)

    def leg(self, a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float] | None:
        """Minutes of a straight walk there and back, None where it crosses a barrier."""
        length = math.dist(a, b)
        if length == 0:
            return 0.0, 0.0
        if length > 2 * TOUCH_M:
            ux, uy = (b[0] - a[0]) / length * TOUCH_M, (b[1] - a[1]) / length * TOUCH_M
            line = shapely.LineString([(a[0] + ux, a[1] + uy), (b[0] - ux, b[1] - uy)])
            if len(self._barriers.query(line, predicate="intersects")):
                return None
        count = max(math.ceil(length / self.heights.cell), 1)
        t = np.linspace(0, 1, count + 1)
        z = self.heights.at(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)
        rise = np.diff(z)
        return float(walk_min(length / count, rise, self.walk_kmh).sum()), float(
            walk_min(length / count, -rise, self.walk_kmh).sum()
        )

    def legs(self, point: tuple[float, float]) -> Iterable[tuple[int, float, tuple[float, float], tuple[float, float]]]:
        """Yield (segment, metres along it, foot, minutes there and back) for every piece of road within reach."""
        spot = shapely.Point(point)
        for number in self._tree.query(spot, predicate="dwithin", distance=self.reach_m):
            piece = self.pieces[number]
            if self.segments[piece[0]]["crossing"] in OFF_GROUND:
                continue
            along = shapely.line_locate_point(self._shapes[number], spot)
            foot = shapely.line_interpolate_point(self._shapes[number], along)
            minutes = self.leg(point, (foot.x, foot.y))
            if minutes is None:
                continue
            for index in piece:
                if along <= self.segments[index]["m"] + 1e-9 or index == piece[-1]:
                    yield index, min(along, self.segments[index]["m"]), (foot.x, foot.y), minutes
                    break
                along -= self.segments[index]["m"]

    def graph(self, mode: str, season: str, points: dict[Any, tuple[float, float]]) -> nx.DiGraph:
        """Return a graph of the roads with ``points`` joined to it: (key, "out") only leaves, (key, "in") is only entered."""
        found = nx.DiGraph()
        stops: dict[int, list[tuple[float, Any]]] = defaultdict(list)

        def add(a: Any, b: Any, minutes: float) -> None:
            if math.isfinite(minutes) and minutes < found.get_edge_data(a, b, {"minutes": math.inf})["minutes"]:
                found.add_edge(a, b, minutes=minutes)

        for key, point in points.items():
            for leg, (index, along, _, (there, back)) in enumerate(self.cached_legs(key, point)):
                stop = (key, leg)
                stops[index].append((along, stop))
                add((key, "out"), stop, there)
                add(stop, (key, "in"), back)
        for index, segment in enumerate(self.segments):
            there, back = (one / segment["m"] for one in self.cached_minutes(index, mode, season))
            chain = [(0.0, segment["u"]), *sorted(stops.get(index, []), key=lambda one: one[0]), (segment["m"], segment["v"])]
            for (a, one), (b, other) in itertools.pairwise(chain):
                add(one, other, there * (b - a) if b > a else (0.0 if math.isfinite(there) else math.inf))
                add(other, one, back * (b - a) if b > a else (0.0 if math.isfinite(back) else math.inf))
        return found

    def cached_legs(self, key: Any, point: tuple[float, float]) -> list[Any]:
        store = self.__dict__.setdefault("_legs", {})
        if key not in store:
            store[key] = list(self.legs(point))
        return store[key]

    def cached_minutes(self, index: int, mode: str, season: str) -> tuple[float, float]:
        store = self.__dict__.setdefault("_minutes", {})
        if (index, mode, season) not in store:
            store[index, mode, season] = self.minutes(self.segments[index], mode, season)
        return store[index, mode, season]

    def straight_walks(self, a: tuple[float, float], others: dict[Any, tuple[float, float]]) -> dict[Any, tuple[float, float]]:
        """Return minutes there and back of every open straight walk within the plan's reach."""
        near = {key: self.leg(a, b) for key, b in others.items() if math.dist(a, b) <= self.direct_m}
        return {key: one for key, one in near.items() if one is not None}


def one_way(
    roads: Roads, season: str, places: dict[Any, tuple[float, float]], supply: dict[Any, tuple[float, float]]
) -> dict[Any, float]:
    """Return the quickest ride of every place to any of ``supply``, inf where there is none."""
    graph = roads.graph("ride", season, places | supply)
    ends = [(key, "in") for key in supply if (key, "in") in graph]
    minutes = nx.multi_source_dijkstra_path_length(graph.reverse(), ends, weight="minutes") if ends else {}
    found = {}
    for key, xy in places.items():
        walks = [there for there, _ in roads.straight_walks(xy, supply).values()]
        found[key] = min([minutes.get((key, "out"), math.inf), *walks])
    return found


def round_trip(
    roads: Roads, season: str, places: dict[Any, tuple[float, float]], supply: dict[Any, tuple[float, float]]
) -> dict[Any, float]:
    """Return the quickest walk of every place to one of ``supply`` and back, inf where there is none."""
    graph = roads.graph("walk", season, places | supply)
    turned = graph.reverse(copy=True)
    found = {}
    for key, xy in places.items():
        out = nx.single_source_dijkstra_path_length(graph, (key, "out"), weight="minutes") if (key, "out") in graph else {}
        back = nx.single_source_dijkstra_path_length(turned, (key, "in"), weight="minutes") if (key, "in") in graph else {}
        walks = roads.straight_walks(xy, supply)
        no = (math.inf, math.inf)
        found[key] = min(
            min(out.get((one, "in"), math.inf), walks.get(one, no)[0])
            + min(back.get((one, "out"), math.inf), walks.get(one, no)[1])
            for one in supply
        )
    return found
