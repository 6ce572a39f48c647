"""Recompute a county's travel times with plain tools: geopandas to read, scipy to search, numpy for the walk. No geoplan.

One explicit graph: every cell of the elevation model with its sixteen moves, and every road with a vertex at least every 25 m. A vertex on the ground is
joined to every cell centre within a cell and a half of it, a place to every centre and vertex within two and a half, by straight walks that cross
no barrier. It has more joints than geoplan has, in other places, so times differ by seconds; who can be reached at all may not differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
import yaml
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

OFF_GROUND = ("bridge", "tunnel", "ferry", "rope")
WALKED = "path"
TOUCH_M = 0.01
STEP_M = 25.0
MOVES = [(r, c) for r in range(-2, 3) for c in range(-2, 3) if (abs(r), abs(c)) in {(0, 1), (1, 0), (1, 1), (1, 2), (2, 1)}]


def read_layer(folder: Path, name: str) -> gpd.GeoDataFrame:
    """Return a layer of the catalogue with its columns and words translated, in metres; only what the demo county needs."""
    entry = yaml.safe_load((folder / "catalog.yaml").read_text("utf-8"))["layers"][name]
    if entry["path"].endswith(".csv"):
        rows = pd.read_csv(folder / entry["path"], encoding=entry["encoding"], dtype={"township_code": str, "village_code": str})
        spots = gpd.points_from_xy(rows[entry["x"]], rows[entry["y"]], crs=entry["crs"])
        frame = gpd.GeoDataFrame(rows, geometry=spots)
    elif entry["path"].endswith(".parquet"):
        frame = gpd.read_parquet(folder / entry["path"]).to_crs("EPSG:4544")
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
class County:
    """One county's cells and roads as one list of arcs, walked and driven, by season."""

    heights: Heights
    kmh: np.ndarray
    """(rows, cols) walking speed on the level."""
    barriers: list[Any]
    speeds: dict[str, Any]
    walk_kmh: float
    cliff: float
    roads: gpd.GeoDataFrame

    @classmethod
    def read(cls, folder: Path, plan: dict[str, Any], speeds: dict[str, Any], walking: dict[str, Any]) -> County:
        access = plan["access"]
        heights = Heights.read(folder / "dem.tif")
        rows, cols = heights.values.shape
        x, y = heights.west + (np.arange(cols) + 0.5) * heights.cell, heights.north - (np.arange(rows) + 0.5) * heights.cell
        kmh = np.full((rows, cols), access["walk_kmh"])
        if access.get("landcover"):
            with rasterio.open(folder / "landcover.tif") as source:
                cover, to = source.read(1), source.transform
            code = cover[np.ix_(((y - to.f) / to.e).astype(int), ((x - to.c) / to.a).astype(int))]
            factor = {row["code"]: row["factor"] for row in walking["cover"]}
            kmh *= np.vectorize(lambda one: factor.get(one, walking["default_factor"]))(code)
        barriers = [one for name in access["barriers"] for one in read_layer(folder, name).geometry]
        cliff = np.tan(np.radians(access.get("cliff_deg", 45.0)))
        own = cls(heights, kmh, barriers, speeds, access["walk_kmh"], cliff, read_layer(folder, "roads"))
        own._tree = shapely.STRtree(barriers)
        own._centres = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        own._walk_cells()
        own._cut_roads()
        return own

    def _open(self, a: np.ndarray, b: np.ndarray, *, trim: float = TOUCH_M) -> np.ndarray:
        """Whether straight walks from a to b cross no barrier; their very ends may touch one."""
        run = b - a
        length = np.hypot(*run.T)
        share = np.divide(trim, length, out=np.zeros(len(a)), where=length > 2 * trim)[:, None]
        lines = shapely.linestrings(np.stack([a + run * share, b - run * share], axis=1))
        is_open = np.ones(len(a), dtype=bool)
        is_open[np.unique(self._tree.query(lines, predicate="intersects")[0])] = False
        return is_open

    def _walk_cells(self) -> None:
        """Arcs of all moves: the time in each cell passed at its own speed, the slope from end to end."""
        z, cell, kmh = self.heights.values, self.heights.cell, self.kmh
        rows, cols = z.shape
        index = np.arange(rows * cols).reshape(rows, cols)
        lines = [one if one.geom_type == "LineString" else one.boundary for one in self.barriers]
        around = shapely.STRtree([one.buffer(3.0 * cell) for one in lines])
        near = np.zeros(rows * cols, dtype=bool)
        near[np.unique(around.query(shapely.points(self._centres), predicate="intersects")[0])] = True
        inside = self._tree.query(shapely.points(self._centres), predicate="intersects")[0]
        near[np.unique(inside)] = True
        starts, ends, minutes = [], [], []
        for down, right in MOVES:
            r, c = slice(max(0, -down), rows - max(0, down)), slice(max(0, -right), cols - max(0, right))
            r2, c2 = slice(max(0, down), rows + min(0, down)), slice(max(0, right), cols + min(0, right))
            a, b = index[r, c].ravel(), index[r2, c2].ravel()
            length = np.hypot(down, right) * cell
            passed = [kmh.ravel()[a], kmh.ravel()[b]]
            if abs(down) + abs(right) == 3:
                half_down, half_right = (0, right // 2) if abs(right) == 2 else (down // 2, 0)
                one = a + half_down * cols + half_right
                passed += [kmh.ravel()[one], kmh.ravel()[b - half_down * cols - half_right]]
            elif abs(down) == abs(right):
                # Between two impassable cells that touch in a corner there is no way through.
                shut = (kmh.ravel()[a + down * cols] == 0) & (kmh.ravel()[a + right] == 0)
                passed[0] = np.where(shut, 0.0, passed[0])
            rise = z.ravel()[b] - z.ravel()[a]
            keep = np.all([one > 0 for one in passed], axis=0) & (np.abs(rise) / length <= self.cliff)
            doubtful = np.flatnonzero(keep & near[a])
            keep[doubtful] = self._open(self._centres[a[doubtful]], self._centres[b[doubtful]], trim=0.0)
            level = sum(length / len(passed) / np.where(one > 0, one, 1.0) for one in passed) * 60.0 / 1000.0
            slow = np.exp(3.5 * (np.abs(rise / length + 0.05) - 0.05))
            starts.append(a[keep]), ends.append(b[keep]), minutes.append((level * slow)[keep])
        self._cells = tuple(np.concatenate(one) for one in (starts, ends, minutes))

    def _cut_roads(self) -> None:
        """Vertices at least every 25 m, shared where road vertices meet; off the ground only ends are shared."""
        number: dict[Any, int] = {}
        self.xy, self.segments, self.grounded = [], [], set()
        for index, (line, road) in enumerate(zip(self.roads.geometry, self.roads.to_dict("records"), strict=True)):
            crossing = road["crossing"] if isinstance(road["crossing"], str) else ""
            air = crossing in OFF_GROUND
            corners = {(round(x, 3), round(y, 3)) for x, y in line.coords}
            points = [(round(x, 3), round(y, 3)) for x, y in shapely.segmentize(line, STEP_M).coords]
            nodes = []
            for k, point in enumerate(points):
                shared = point in corners and (not air or k in (0, len(points) - 1))
                key = point if shared else (index, k)
                if key not in number:
                    number[key] = len(self.xy)
                    self.xy.append(point)
                nodes.append(number[key])
            if not air and road["road_class"] != "motorway":
                self.grounded |= set(nodes)
            else:
                self.grounded |= {nodes[0], nodes[-1]}
            for k in range(len(points) - 1):
                metres = float(np.hypot(points[k + 1][0] - points[k][0], points[k + 1][1] - points[k][1]))
                if metres > 0:
                    self.segments.append((nodes[k], nodes[k + 1], metres, metres / line.length, crossing, road))
        self.xy = np.array(self.xy)
        self.height = self.heights.at(self.xy[:, 0], self.xy[:, 1])
        # What hangs in the air climbs evenly from end to end.
        for road in self.roads.to_dict("records"):
            if isinstance(road["crossing"], str) and road["crossing"] in OFF_GROUND:
                chain = [s for s in self.segments if s[5]["road_id"] == road["road_id"]]
                first, last, run = self.height[chain[0][0]], self.height[chain[-1][1]], 0.0
                for u, _, _, share, _, _ in chain[1:]:
                    run += chain[0][3] if run == 0.0 else share
                    self.height[u] = first + (last - first) * run

    def _speed(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Walking speed of the cells that hold points; open ground's where nobody walks (a road, a house stands there)."""
        rows, cols = self.kmh.shape
        row = np.clip(((self.heights.north - y) / self.heights.cell).astype(int), 0, rows - 1)
        col = np.clip(((x - self.heights.west) / self.heights.cell).astype(int), 0, cols - 1)
        found = self.kmh[row, col]
        return np.where(found > 0, found, self.walk_kmh)

    def _walk(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Minutes of straight walks in ten pieces, each with its own slope and the speed of its own ground."""
        length = np.hypot(*(b - a).T)
        share = np.linspace(0, 1, 11)
        x, y = a[:, :1] + (b - a)[:, :1] * share, a[:, 1:] + (b - a)[:, 1:] * share
        rise = np.diff(self.heights.at(x, y), axis=1)
        step = np.broadcast_to(np.maximum(length, 1e-9)[:, None] / 10.0, rise.shape)
        speed = self._speed((x[:, 1:] + x[:, :-1]) / 2.0, (y[:, 1:] + y[:, :-1]) / 2.0)
        return np.where(length > 0, (walk_min(step, rise, 1.0) / speed).sum(axis=1), 0.0)

    def _join(self, xy: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Pairs (row of xy, cell) within reach with minutes from the place to the cell and back."""
        passable = np.flatnonzero(self.kmh.ravel() > 0)
        near = cKDTree(xy).sparse_distance_matrix(cKDTree(self._centres[passable]), reach, output_type="coo_matrix")
        at, cell = near.row, passable[near.col]
        keep = self._open(xy[at], self._centres[cell])
        at, cell = at[keep], cell[keep]
        return at, cell, self._walk(xy[at], self._centres[cell]), self._walk(self._centres[cell], xy[at])

    def road_minutes(self, segment: tuple, mode: str, season: str) -> tuple[float, float]:
        """Minutes along and against a segment: walked, or driven where that is allowed and quicker; inf where closed."""
        u, v, metres, share, crossing, road = segment
        if season == "wet" and crossing in self.speeds["wet_closed"]:
            return np.inf, np.inf
        wait = self.speeds["crossing_wait_min"].get(crossing, 0.0) * share
        if crossing == "ferry":
            foot = (np.inf, np.inf)
        else:
            rise = self.height[v] - self.height[u]
            foot = tuple(float(walk_min(metres, sign * rise, self.walk_kmh)) + wait for sign in (1, -1))
        if road["road_class"] == WALKED or crossing == "rope" or (mode == "walk" and crossing != "ferry"):
            return foot
        rows = [r for r in self.speeds["rows"] if r["road_class"] == road["road_class"]]
        row = next((r for r in rows if r.get("surface", "*") == road["surface"]), None)
        row = row or next((r for r in rows if r.get("surface", "*") == "*"), {"kmh": self.speeds["default_kmh"]})
        kmh = row.get("wet_kmh", row["kmh"]) if season == "wet" else row["kmh"]
        ride = metres / 1000.0 / kmh * 60.0 + wait
        oneway = road["oneway"]
        return min(foot[0], ride if oneway >= 0 else np.inf), min(foot[1], ride if oneway <= 0 else np.inf)

    def arcs(self, mode: str, season: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All arcs of one mode and season: cells first, then road vertices."""
        store = self.__dict__.setdefault("_arcs", {})
        if (mode, season) in store:
            return store[mode, season]
        cells = self.kmh.size
        u, v = (cells + np.array([segment[k] for segment in self.segments]) for k in (0, 1))
        there, back = np.array([self.road_minutes(segment, mode, season) for segment in self.segments]).T
        if "_links" not in self.__dict__:
            on_ground = np.array(sorted(self.grounded))
            at, cell, to_cell, to_road = self._join(self.xy[on_ground], 1.5 * self.heights.cell)
            self._links = cells + on_ground[at], cell, to_cell, to_road
        node, cell, to_cell, to_road = self._links
        start = np.concatenate([self._cells[0], u, v, node, cell])
        end = np.concatenate([self._cells[1], v, u, cell, node])
        minutes = np.concatenate([self._cells[2], there, back, to_cell, to_road])
        keep = np.isfinite(minutes)
        store[mode, season] = start[keep], end[keep], minutes[keep]
        return store[mode, season]

    def solve(self, mode: str, season: str, places: np.ndarray, supply: np.ndarray) -> np.ndarray:
        """Return the quickest minutes of every place to any of ``supply``, inf where there is none."""
        start, end, minutes = self.arcs(mode, season)
        count = self.kmh.size + len(self.xy)
        both = np.vstack([places, supply])
        point = count + np.arange(len(both))
        at, cell, out, back = self._join(both, 2.5 * self.heights.cell)
        on_ground = np.array(sorted(self.grounded))
        near = cKDTree(both).sparse_distance_matrix(
            cKDTree(self.xy[on_ground]), 2.5 * self.heights.cell, output_type="coo_matrix"
        )
        keep = self._open(both[near.row], self.xy[on_ground[near.col]])
        row, vertex = near.row[keep], on_ground[near.col[keep]]
        pairs = cKDTree(places).sparse_distance_matrix(cKDTree(supply), 2.5 * self.heights.cell, output_type="coo_matrix")
        keep = self._open(places[pairs.row], supply[pairs.col])
        a, b = pairs.row[keep], pairs.col[keep]
        # A place is left and a facility entered, so nobody walks through either.
        leaves, enters = at < len(places), at >= len(places)
        road_leaves, road_enters = row < len(places), row >= len(places)
        start = np.concatenate(
            [start, point[at[leaves]], cell[enters], point[row[road_leaves]], self.kmh.size + vertex[road_enters], point[a]]
        )
        end = np.concatenate(
            [
                end,
                cell[leaves],
                point[at[enters]],
                self.kmh.size + vertex[road_leaves],
                point[row[road_enters]],
                point[len(places) + b],
            ]
        )
        walk = self._walk(both[row], self.xy[vertex]), self._walk(self.xy[vertex], both[row])
        direct = self._walk(places[a], supply[b])
        minutes = np.concatenate([minutes, out[leaves], back[enters], walk[0][road_leaves], walk[1][road_enters], direct])
        order = np.lexsort((minutes, start, end))
        start, end, minutes = start[order], end[order], minutes[order]
        first = np.r_[True, (start[1:] != start[:-1]) | (end[1:] != end[:-1])]
        size = count + len(both)
        # Stored against their direction: the search begins at the facilities. A free passage is a millionth of a minute, not no arc.
        graph = csr_matrix((np.maximum(minutes[first], 1e-6), (end[first], start[first])), shape=(size, size))
        found = dijkstra(graph, directed=True, indices=point[len(places) :], min_only=True)
        return found[point[: len(places)]]
