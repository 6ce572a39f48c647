"""Download the roads, places and facilities of an area from OpenStreetMap, as a GeoPackage with its catalogue.

osmnx keeps its settings in a module: they are set for one call and put back, whatever happens. Every component of the network is kept
(``retain_all``), no speed is imputed, and each edge comes from one way, so its tags are that way's own (see `geoplan.io.osm_tags`).
By hand: a two-way street between two junctions is two directed edges in osmnx and one line here with ``oneway`` 0; a one-way street is
one line drawn in its direction, with ``oneway`` 1.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
import yaml

from geoplan.errors import GeoplanError, LayerError
from geoplan.io import osm_tags

Bounds = tuple[float, float, float, float]

_WAY_TAGS = (
    "highway route name surface oneway junction bridge tunnel ford layer width maxspeed maxspeed:forward maxspeed:backward "
    "motor_vehicle vehicle access area"
).split()
_FEATURES: dict[str, dict[str, list[str]]] = {
    "settlements": {"place": ["city", "town", "village", "hamlet", "isolated_dwelling"]},
    "clinics": {"amenity": ["hospital", "clinic", "doctors"]},
    "schools": {"amenity": ["school", "kindergarten"]},
    "water": {"amenity": ["drinking_water", "water_point"]},
    "bus_stops": {"highway": ["bus_stop"]},
}
_LEVEL_TAG = {"clinics": "amenity", "schools": "amenity", "water": "amenity", "bus_stops": "highway"}
_LARGEST_DEG2 = 25.0


def fetch_area(
    place_or_bounds: str | tuple[float, ...],
    *,
    out: Path,
    overpass_url: str | None = None,
    timeout_s: int = 180,
    retrieved: date | None = None,
) -> Path:
    """Download an area and return the path of the catalogue written beside its GeoPackage.

    Parameters
    ----------
    place_or_bounds
        Name of a place (looked up with Nominatim), or west, south, east, north in degrees.
    out
        Folder for ``osm.gpkg`` (layers roads, settlements, clinics, schools, water, bus_stops) and ``catalog.yaml``.
    overpass_url
        Address of an Overpass server; osmnx's own setting when absent.
    timeout_s
        Longest wait for one answer, seconds.
    retrieved
        Day stated as the layers' vintage; today when absent.

    Raises
    ------
    LayerError
        ``FETCH-AREA`` (no such area), ``FETCH-FAILED`` (no network, no answer), ``FETCH-EMPTY`` (no roads there).
    """
    bounds = None if isinstance(place_or_bounds, str) else _check_bounds(place_or_bounds)
    with _settings(overpass_url, timeout_s):
        try:
            polygon = shapely.box(*bounds) if bounds is not None else _outline(str(place_or_bounds))
            layers = {"roads": _fetch_roads(polygon), **_fetch_points(polygon)}
        except GeoplanError:
            raise
        except Exception as error:
            # osmnx and requests raise their own errors, and ValueError or KeyError on answers they cannot read.
            raise LayerError(
                f"the download failed: {type(error).__name__}: {str(error)[:200]}",
                code="FETCH-FAILED",
                remedy="Check the network and try again later, or give an .osm.pbf extract instead.",
            ) from error
    return _write(layers, out, (retrieved or date.today()).isoformat())


def _check_bounds(values: tuple[float, ...]) -> Bounds:
    west, south, east, north = values if len(values) == 4 else (0.0, 0.0, 0.0, 0.0)
    ordered = -180 <= west < east <= 180 and -90 <= south < north <= 90
    if not ordered or (east - west) * (north - south) > _LARGEST_DEG2:
        raise LayerError(
            f"{values} is no area to download",
            code="FETCH-AREA",
            remedy="Give west,south,east,north in degrees, at most 25 square degrees.",
        )
    return (west, south, east, north)


@contextmanager
def _settings(overpass_url: str | None, timeout_s: int) -> Iterator[None]:
    """Set osmnx's module settings for one call and put everything back, also the resolver that osmnx replaces."""
    import osmnx

    wanted: dict[str, Any] = {
        "use_cache": False,
        "log_console": False,
        "log_file": False,
        "requests_timeout": timeout_s,
        "useful_tags_way": list(_WAY_TAGS),
        "all_oneway": False,
        # Otherwise the host's name is asked of a public resolver when the own one is slow.
        "doh_url_template": None,
        "requests_kwargs": {**osmnx.settings.requests_kwargs, "hooks": {"response": _refuse_partial}},
    }
    if overpass_url is not None:
        wanted |= {"overpass_url": overpass_url, "overpass_rate_limit": False}
    before = {name: getattr(osmnx.settings, name) for name in wanted}
    resolver = socket.getaddrinfo
    try:
        for name, value in wanted.items():
            setattr(osmnx.settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(osmnx.settings, name, value)
        socket.getaddrinfo = resolver


def _refuse_partial(response: Any, *_: Any, **__: Any) -> None:
    """Raise on an answer that osmnx would take for whole: an error status, or data cut short with a remark."""
    if response.status_code in {429, 504}:
        return  # osmnx waits and asks again
    response.raise_for_status()
    try:
        answer = response.json()
    except ValueError:
        return  # the status page is text; osmnx refuses other answers that are no JSON
    remark = answer.get("remark", "") if isinstance(answer, dict) else ""
    if "error" in remark.lower():
        raise OSError(f"the server stopped early: {remark}")


def _outline(place: str) -> shapely.Geometry:
    import osmnx

    found = osmnx.geocode_to_gdf(place)
    return found.geometry.iloc[0]


def _fetch_roads(polygon: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return one line per stretch of road between junctions, in the canonical columns."""
    import osmnx

    try:
        graph = osmnx.graph_from_polygon(
            polygon,
            simplify=False,
            retain_all=True,
            truncate_by_edge=True,
            custom_filter=['["highway"]["area"!~"yes"]', '["route"="ferry"]'],
        )
    except (ValueError, osmnx._errors.InsufficientResponseError) as error:
        raise LayerError("OpenStreetMap has no roads there", code="FETCH-EMPTY", remedy="Check the area.") from error
    graph = osmnx.simplify_graph(graph, edge_attrs_differ=["osmid", "reversed"], remove_rings=False)
    edges = osmnx.graph_to_gdfs(graph, nodes=False)
    edges = edges[~edges["reversed"].astype(bool) | edges["oneway"].astype(bool)].reset_index(drop=True)
    tags = [_tags_of(row) for row in edges.drop(columns="geometry").to_dict("records")]
    real = [osm_tags.is_road(one) for one in tags]
    rows = [_road(one, oneway=bool(way)) for one, way, keep in zip(tags, edges["oneway"], real, strict=True) if keep]
    osmids = edges["osmid"][real].astype(str)
    number = osmids.groupby(osmids).cumcount() + 1
    frame = pd.DataFrame(rows)
    frame.insert(0, "road_id", ("way/" + osmids + "/" + number.astype(str)).to_numpy())
    return gpd.GeoDataFrame(frame, geometry=edges.geometry[real].to_numpy(), crs="EPSG:4326")


def _tags_of(row: dict[str, Any]) -> dict[str, str]:
    """Return an edge's tags as text; osmnx's own attributes and missing ones are left out."""
    return {
        name: str(row[name]) for name in _WAY_TAGS if name != "oneway" and row.get(name) is not None and row[name] == row[name]
    }


def _road(tags: dict[str, str], *, oneway: bool) -> dict[str, Any]:
    return {
        "name": tags.get("name", ""),
        "road_class": osm_tags.road_class(tags),
        "surface": osm_tags.surface(tags),
        "oneway": int(oneway),
        "crossing": osm_tags.crossing(tags),
        "road_layer": osm_tags.road_layer(tags),
        "width_m": osm_tags.width_m(tags),
        "maxspeed_kmh": osm_tags.maxspeed_kmh(tags),
    }


def _fetch_points(polygon: shapely.Geometry) -> dict[str, gpd.GeoDataFrame]:
    """Return one point layer per theme that has features: an area counts by a point inside it."""
    import osmnx

    wanted: dict[str, Any] = {}
    for one in _FEATURES.values():
        for key, values in one.items():
            wanted.setdefault(key, []).extend(values)
    try:
        found = osmnx.features_from_polygon(polygon, tags=wanted)
    except osmnx._errors.InsufficientResponseError:
        return {}
    layers = {}
    for theme, tags in _FEATURES.items():
        ((key, values),) = tags.items()
        chosen = found[found[key].isin(values)] if key in found else found[:0]
        if chosen.empty:
            continue
        names = chosen["name"] if "name" in chosen else pd.Series(None, index=chosen.index, dtype=object)
        column = "settlement_id" if theme == "settlements" else "facility_id"
        ids = [f"{kind}/{number}" for kind, number in chosen.index]
        frame = pd.DataFrame({column: ids, "name": names.fillna("").to_numpy()})
        if theme in _LEVEL_TAG:
            frame["level"] = chosen[key].to_numpy()
        points = shapely.point_on_surface(chosen.geometry.to_numpy())
        layers[theme] = gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")
    return layers


def _write(layers: dict[str, gpd.GeoDataFrame], out: Path, day: str) -> Path:
    """Write the GeoPackage whole or not at all, then the catalogue that describes it."""
    out.mkdir(parents=True, exist_ok=True)
    target, partial = out / "osm.gpkg", out / ".osm.partial.gpkg"
    partial.unlink(missing_ok=True)
    for name, frame in layers.items():
        frame.to_file(partial, layer=name, driver="GPKG")
    partial.replace(target)
    common = {
        "path": target.name,
        "crs": "EPSG:4326",
        "datum": "wgs84",
        "vintage": day,
        "licence": "ODbL",
        "source": "© OpenStreetMap contributors",
    }
    catalog = {"version": 1, "layers": {name: {**common, "layer": name} for name in layers}}
    path = out / "catalog.yaml"
    written = path.with_suffix(".partial")
    written.write_text(yaml.safe_dump(catalog, allow_unicode=True, sort_keys=False), encoding="utf-8")
    written.replace(path)
    return path
