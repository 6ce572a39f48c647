"""Take roads, points or areas from an OpenStreetMap extract (``.osm.pbf``), longitude and latitude, nothing dropped.

Lines keep every vertex exactly as stored (10⁻⁷ degree), so two ways that share a node share a vertex bit for bit: roads meet only where
OpenStreetMap says they do. A node tagged as a ford makes the stretch between its two neighbours a ford of its own, because a ford
on the node closes the road in the wet season all the same.

By hand: way 7 with nodes a b c d, and ``ford=yes`` on node c: ``way/7/1`` a–b, and ``way/7/2`` b–c–d with crossing ``ford``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.errors import LayerError
from geoplan.io import osm_tags

_CRS = "EPSG:4326"
_NAME_LANGUAGES = frozenset({"name:zh", "name:en"})
_ROAD_COLUMNS = [
    "road_id",
    "name",
    "road_class",
    "surface",
    "oneway",
    "crossing",
    "road_layer",
    "width_m",
    "maxspeed_kmh",
    "highway",
]
Where = Mapping[str, Sequence[str]]
_Node = tuple[int, float, float]
"""Id, longitude, latitude."""


def read_osm(
    path: Path,
    *,
    what: Literal["points", "roads", "areas"],
    where: Where,
    tags: Collection[str] | None = None,
) -> gpd.GeoDataFrame:
    """Return features of an OpenStreetMap extract in EPSG:4326.

    Parameters
    ----------
    path
        ``.osm.pbf`` (or ``.osm``, ``.osm.bz2``).
    what
        ``roads``: every way with ``highway`` that exists, and ferry lines. ``points``: nodes, and one point on each area, that match.
        ``areas``: multipolygons that match.
    where
        Tag → values; every tag must match, ``["*"]`` matches any value. Empty: all roads, or everything tagged.
    tags
        Further tags to hand on as columns under their own names. None: all that occur, names in foreign languages aside.

    Returns
    -------
    GeoDataFrame
        roads: road_id (``way/123``; ``way/123/2`` for a stretch of a cut way), name, road_class, surface, oneway, crossing, road_layer, width_m,
        maxspeed_kmh, highway. points: facility_id (``node/…``, ``way/…``, ``relation/…``), name, ``merged`` (an area that was the same place,
        drawn twice) and tags. areas: osm_id, name, admin_level, ref and tags. A feature whose geometry the extract cuts off has none.

    Raises
    ------
    LayerError
        ``LAYER-MISSING`` or ``LAYER-UNREADABLE``.
    """
    if not path.is_file():
        raise LayerError(f"{path.name} not found", code="LAYER-MISSING", remedy="Check the catalogue's path.")
    try:
        if what == "roads":
            return _read_roads(path, where)
        return _read_points(path, where, tags) if what == "points" else _read_areas(path, where, tags)
    except (RuntimeError, ValueError) as error:
        raise LayerError(
            f"{path.name} cannot be read as OpenStreetMap data: {error}", code="LAYER-UNREADABLE", remedy="Download it again."
        ) from error


# --------------------------------------------------------------------------- roads


def _read_roads(path: Path, where: Where) -> gpd.GeoDataFrame:
    """Return one row per road, or per stretch where a ford or a missing node cuts it."""
    import osmium

    fords: set[int] = set()
    ways: list[tuple[int, dict[str, Any], list[_Node | None]]] = []
    reader: Any = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    for item in reader.with_filter(osmium.filter.KeyFilter("ford", "highway", "route")):
        tags = dict(item.tags)
        if item.is_node():
            if tags.get("ford", "no") not in ("no", "none"):
                fords.add(item.id)
        elif osm_tags.is_road(tags) and _matches(tags, where):
            nodes = [(one.ref, one.lon, one.lat) if one.location.valid() else None for one in item.nodes]
            ways.append((item.id, _describe_road(tags), nodes))
    rows: list[dict[str, Any]] = []
    lines: list[list[tuple[float, float]]] = []
    for way_id, described, nodes in ways:
        stretches = _stretches(nodes, fords)
        for number, (coordinates, is_ford) in enumerate(stretches, start=1):
            name = f"way/{way_id}" if len(stretches) == 1 else f"way/{way_id}/{number}"
            rows.append({"road_id": name, **described, **({"crossing": "ford"} if is_ford else {})})
            lines.append(coordinates)
    frame = pd.DataFrame(rows, columns=_ROAD_COLUMNS).astype(
        {"oneway": "int64", "road_layer": "int64", "width_m": float, "maxspeed_kmh": float}
    )
    return gpd.GeoDataFrame(frame, geometry=_draw_lines(lines), crs=_CRS)


def _draw_lines(lines: list[list[tuple[float, float]]]) -> NDArray[np.object_]:
    """Return the lines through lists of vertices."""
    owner = np.repeat(np.arange(len(lines)), [len(one) for one in lines])
    vertices = np.array([vertex for one in lines for vertex in one], dtype=float).reshape(-1, 2)
    return shapely.linestrings(vertices, indices=owner)


def _describe_road(tags: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": tags.get("name", ""),
        "road_class": osm_tags.road_class(tags),
        "surface": osm_tags.surface(tags),
        "oneway": osm_tags.oneway(tags),
        "crossing": osm_tags.crossing(tags),
        "road_layer": osm_tags.road_layer(tags),
        "width_m": osm_tags.width_m(tags),
        "maxspeed_kmh": osm_tags.maxspeed_kmh(tags),
        "highway": tags.get("highway", ""),
    }


def _stretches(nodes: Sequence[_Node | None], fords: Collection[int]) -> list[tuple[list[tuple[float, float]], bool]]:
    """Cut a way where nodes are missing and around ford nodes; returns (coordinates, is ford) with at least two vertices each."""
    stretches: list[tuple[list[tuple[float, float]], bool]] = []
    for first, second in pairwise(nodes):
        if first is None or second is None:
            stretches.append(([], False))
            continue
        is_ford = first[0] in fords or second[0] in fords
        if not stretches or not stretches[-1][0] or stretches[-1][1] != is_ford:
            stretches.append(([first[1:]], is_ford))
        stretches[-1][0].append(second[1:])
    return [one for one in stretches if len(one[0]) >= 2]


# --------------------------------------------------------------------------- points and areas


def _read_points(path: Path, where: Where, tags: Collection[str] | None) -> gpd.GeoDataFrame:
    """Return nodes and a point on every area; a place drawn as node and area is one, at the node."""
    found = _read_features(path, where, nodes=True)
    merged = _merge_doubles(found, where)
    points = [_point_of(one["geometry"]) for one in merged]
    return _frame(merged, "facility_id", points, tags, extra=("merged",))


def _read_areas(path: Path, where: Where, tags: Collection[str] | None) -> gpd.GeoDataFrame:
    """Return multipolygons; a boundary the extract cuts off has no geometry."""
    found = [one for one in _read_features(path, where, nodes=False) if one["kind"] != "line"]
    shapes = [one["geometry"] for one in found]
    return _frame(found, "osm_id", shapes, tags, extra=("admin_level", "ref"))


def _read_features(path: Path, where: Where, *, nodes: bool) -> list[dict[str, Any]]:
    """Return matching features in order of kind and id, each object once: tags and geometry.

    ``kind`` is node (point), line (open way), or area (multipolygon; None when the extract cuts it off).
    """
    stamp = path.stat()
    tagged = _tagged_features(path.resolve(), stamp.st_size, stamp.st_mtime_ns, frozenset(where))
    return [one for one in tagged if (nodes or one["kind"] != "node") and _matches(one["tags"], where)]


@lru_cache(maxsize=4)
def _tagged_features(path: Path, size: int, modified_ns: int, keys: frozenset[str]) -> tuple[dict[str, Any], ...]:
    """Return the features that carry one of the keys at least (any tag without keys), in order of kind and id.

    A plan takes many layers from one extract, by other values of the same few keys: the file is parsed once for each set of keys. Size
    and time of change are arguments so that a file written anew is read anew. Callers must not change what they are given.
    """
    import osmium

    having = osmium.filter.KeyFilter(*sorted(keys)) if keys else osmium.filter.EmptyTagFilter()
    build = osmium.geom.WKBFactory()
    found: dict[str, dict[str, Any]] = {}
    areas: dict[str, shapely.Geometry] = {}
    reader: Any = osmium.FileProcessor(str(path)).with_areas(having).with_filter(having)
    for item in reader:
        if item.is_area():
            # An assembled area lacks its relation's `type` tag: it gives the shape only, the relation itself is matched.
            name = f"{'way' if item.from_way() else 'relation'}/{item.orig_id()}"
            areas[name] = shapely.from_wkb(build.create_multipolygon(item))
            continue
        tags = dict(item.tags)
        if item.is_node():
            point = shapely.Point(item.lon, item.lat)
            found[f"node/{item.id}"] = {"id": f"node/{item.id}", "kind": "node", "tags": tags, "geometry": point}
        elif item.is_way():
            found[f"way/{item.id}"] = {"id": f"way/{item.id}", "kind": "line", "tags": tags, "geometry": _line_of(item)}
        elif item.is_relation() and tags.get("type") in ("multipolygon", "boundary"):
            found[f"relation/{item.id}"] = {"id": f"relation/{item.id}", "kind": "area", "tags": tags, "geometry": None}
    for name in areas.keys() & found.keys():
        found[name] = {**found[name], "kind": "area", "geometry": areas[name]}
    return tuple(found[name] for name in sorted(found, key=_by_kind_and_number))


def _by_kind_and_number(name: str) -> tuple[str, int]:
    kind, number = name.split("/")
    return kind, int(number)


def _line_of(way: Any) -> shapely.Geometry | None:
    """Return the line through a way's known nodes, None when fewer than two are known."""
    known = [(one.lon, one.lat) for one in way.nodes if one.location.valid()]
    return shapely.LineString(known) if len(known) >= 2 else None


def _point_of(geometry: shapely.Geometry | None) -> shapely.Point | None:
    """Return a point on the geometry: itself, inside an area, or halfway along a line."""
    if geometry is None or shapely.is_empty(geometry):
        return None
    if geometry.geom_type == "LineString":
        return shapely.line_interpolate_point(geometry, 0.5, normalized=True)
    return geometry if geometry.geom_type == "Point" else shapely.point_on_surface(geometry)


def _merge_doubles(found: list[dict[str, Any]], where: Where) -> list[dict[str, Any]]:
    """Return features without areas that repeat a node inside them: same values of the tags asked for, names equal or one of them missing.

    The node stays, because a mapper set it at the centre; it takes over tags that only the area has, and notes the area in ``merged``.
    """
    nodes = [one for one in found if one["kind"] == "node"]
    areas = [one for one in found if one["kind"] == "area" and one["geometry"] is not None]
    merged: dict[str, dict[str, Any]] = {}
    gone: set[str] = set()
    if nodes and areas:
        tree = shapely.STRtree([one["geometry"] for one in nodes])
        pairs = tree.query([one["geometry"] for one in areas], predicate="intersects")
        for area_at, node_at in zip(*pairs, strict=True):
            area, node = areas[area_at], merged.get(nodes[node_at]["id"], nodes[node_at])
            if area["id"] not in gone and _same_place(area["tags"], node["tags"], where):
                gone.add(area["id"])
                also = ";".join(filter(None, [node.get("merged", ""), area["id"]]))
                merged[node["id"]] = {**node, "tags": {**area["tags"], **node["tags"]}, "merged": also}
    return [merged.get(one["id"], one) for one in found if one["id"] not in gone]


def _same_place(one: Mapping[str, str], other: Mapping[str, str], where: Where) -> bool:
    names = {tags["name"] for tags in (one, other) if tags.get("name")}
    return bool(where) and len(names) <= 1 and all(one.get(key) == other.get(key) for key in where)


def _matches(tags: Mapping[str, str], where: Where) -> bool:
    """Tell whether every tag asked for is there with one of its values; a list such as ``a;b`` matches on any of its parts."""
    for key, values in where.items():
        if key not in tags:
            return False
        parts = {tags[key], *(one.strip() for one in tags[key].split(";"))}
        if "*" not in values and parts.isdisjoint(values):
            return False
    return True


def _frame(
    found: list[dict[str, Any]],
    id_column: str,
    geometry: list[shapely.Geometry | None],
    tags: Collection[str] | None,
    *,
    extra: tuple[str, ...],
) -> gpd.GeoDataFrame:
    """Return features as a table: id, name, the extra columns, then tags in alphabetical order; a tag a feature lacks is missing."""
    occurring = {key for one in found for key in one["tags"]}
    chosen = (
        set(tags) if tags is not None else {key for key in occurring if not key.startswith("name:") or key in _NAME_LANGUAGES}
    )
    table: dict[str, Any] = {id_column: [one["id"] for one in found], "name": [one["tags"].get("name", "") for one in found]}
    for name in extra:
        table[name] = [one.get(name, one["tags"].get(name)) for one in found]
    for name in sorted(chosen - {"name", "geometry", id_column, *extra}):
        table[name] = [one["tags"].get(name) for one in found]
    frame = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in table.items()})
    return gpd.GeoDataFrame(frame, geometry=np.array([*geometry, None], dtype=object)[:-1], crs=_CRS)
