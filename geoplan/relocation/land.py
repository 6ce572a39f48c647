"""Measure the ground a settlement stands on and lives from: ecology overlap, farmland within reach, dispersion.

Per settlement, each with ``<x>_status`` beside it (ok / no_data):

    red_line_share, reserve_share, basic_farmland_share   share of its footprint inside 生态保护红线, 自然保护地, 永久基本农田 (0..1)
    farmland_within_reach_mu_per_person                   `geoplan.relocation.farmland`
    persons_per_km2, nearest_settlement_m, persons_within_1km   `geoplan.relocation.dispersion`

The footprint is the settlement's homestead polygons where it has any, else the circle of ``circle_m`` around its point;
``footprint_basis`` says which and ``footprint_m2`` how large it is. Overlapping polygons of one layer count once:

    share = area(footprint ∩ ∪ polygons) / area(footprint)

A layer that is absent or empty answers nothing: no_data, never 0. A homestead belongs to the settlement its ``settlement_id`` names; a
layer without that column gives each to the nearest settlement within ``HOMESTEAD_REACH_M``.

By hand: homesteads of 300 and 100 m², the second wholly inside the red line and the first outside → 100/400 = 0.25.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.contracts.results import Demand
from geoplan.contracts.status import Status
from geoplan.errors import ConfigError
from geoplan.relocation.dispersion import (
    NEIGHBOUR_REACH_M,
    known_persons,
    nearest_other_m,
    persons_per_km2,
    persons_within,
    settlement_places,
)
from geoplan.relocation.farmland import gather_farmland, share_farmland
from geoplan.spatial.frames import require_same_crs

ECOLOGY_KINDS: dict[str, tuple[str, str]] = {
    "red_line": ("生态保护红线", "ecological red line"),
    "reserve": ("自然保护地", "nature reserve"),
    "basic_farmland": ("永久基本农田", "permanent basic farmland"),
}
"""Kinds of ecology layers with their Chinese and English labels; ``<kind>_share`` is the indicator."""
LAND_INDICATORS: tuple[str, ...] = (
    *(f"{kind}_share" for kind in ECOLOGY_KINDS),
    "farmland_within_reach_mu_per_person",
    "persons_per_km2",
    "nearest_settlement_m",
    "persons_within_1km",
)
"""Indicators `measure_land` answers."""
HOMESTEAD_REACH_M = 500.0
"""A homestead without ``settlement_id`` farther than this from every settlement belongs to none, metres."""
_QUARTER_SEGMENTS = 16


def measure_land(
    demand: Demand,
    *,
    ecology: Mapping[str, gpd.GeoDataFrame],
    homesteads: gpd.GeoDataFrame | None = None,
    farmland: gpd.GeoDataFrame | None = None,
    reach_m: float = 2000.0,
    circle_m: float = 100.0,
) -> pd.DataFrame:
    """Return what the layers say of each settlement's land.

    Parameters
    ----------
    demand
        Settlements in the working CRS.
    ecology
        Kind (red_line, reserve, basic_farmland) → polygons. A kind that is not there is unknown.
    homesteads
        Homestead (宅基地) polygons.
    farmland
        Farmland (耕地) parcels that do not overlap.
    reach_m
        How far people farm, straight, metres. 2,000 m is half an hour's walk on level ground: a convention.
    circle_m
        Radius of the footprint of a settlement without homesteads, metres: a convention.

    Returns
    -------
    DataFrame
        settlement_id, footprint_basis (homesteads / circle / "" without a position), footprint_m2, and `LAND_INDICATORS` each with its
        ``_status``; one row per settlement, in their order.

    Raises
    ------
    ConfigError
        ``ECOLOGY-KIND`` for a kind that is not known.
    CrsError
        ``CRS-MISSING``, ``CRS-MIXED`` when a layer is not in the settlements' CRS.
    """
    _refuse_strangers(demand, ecology, homesteads, farmland)
    ids = demand.settlements["settlement_id"].to_numpy()
    places, persons = settlement_places(demand), known_persons(demand)
    footprints, owner, basis = _footprints(ids, places, homesteads, circle_m)
    area = np.bincount(owner, weights=shapely.area(footprints), minlength=len(ids))
    values: dict[str, NDArray[np.float64]] = {}
    for kind in ECOLOGY_KINDS:
        layer = _shapes(ecology.get(kind))
        covered = np.bincount(owner, weights=covered_area_m2(footprints, layer), minlength=len(ids))
        share = np.divide(covered, area, out=np.full(len(ids), np.nan), where=area > 0)
        # Rounding of two overlays may pass 1 by some billionths.
        values[f"{kind}_share"] = np.clip(share, 0.0, 1.0) if len(layer) else np.full(len(ids), np.nan)
    parcels = _shapes(farmland)
    shared = share_farmland(places, persons, *gather_farmland(parcels), reach_m=reach_m)
    values["farmland_within_reach_mu_per_person"] = shared if len(parcels) else np.full(len(ids), np.nan)
    values["persons_per_km2"] = persons_per_km2(places, persons, demand.county.geometry.to_numpy())
    values["nearest_settlement_m"] = nearest_other_m(places)
    values["persons_within_1km"] = persons_within(places, persons, reach_m=NEIGHBOUR_REACH_M)
    columns: dict[str, object] = {
        "settlement_id": ids,
        "footprint_basis": basis,
        "footprint_m2": np.where(area > 0, area, np.nan),
    }
    for name in LAND_INDICATORS:
        columns[name] = values[name]
        columns[f"{name}_status"] = np.where(np.isfinite(values[name]), str(Status.OK), str(Status.NO_DATA)).astype(object)
    return pd.DataFrame(columns)


def covered_area_m2(footprints: NDArray[np.object_], polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return how much of each footprint lies inside the union of ``polygons``, m².

    >>> two = np.array([shapely.box(0, 0, 10, 10), shapely.box(5, 0, 20, 10)])
    >>> covered_area_m2(np.array([shapely.box(0, 0, 40, 10), shapely.box(50, 0, 60, 10)]), two).tolist()
    [200.0, 0.0]
    """
    covered = np.zeros(len(footprints))
    if not len(footprints) or not len(polygons):
        return covered
    shapely.prepare(polygons)
    # Asked from the polygons' side: a red line is indexed once, not walked once per footprint.
    which, place = shapely.STRtree(footprints).query(polygons, predicate="intersects")
    # Most footprints lie wholly inside or outside: only those on a border need an overlay with a polygon of many thousand vertices.
    inside = shapely.contains_properly(polygons[which], footprints[place])
    whole = np.unique(place[inside])
    covered[whole] = shapely.area(footprints[whole])
    rest = ~np.isin(place, whole)
    place, which = place[rest], which[rest]
    pieces, of = shapely.get_parts(shapely.intersection(footprints[place], polygons[which]), return_index=True)
    solid = shapely.area(pieces) > 0
    pieces, place = pieces[solid], place[of[solid]]
    order = np.argsort(place, kind="stable")
    pieces, place = pieces[order], place[order]
    owner, row = np.unique(place, return_inverse=True)
    # Overlapping polygons count once: the pieces of each footprint are dissolved.
    together = shapely.multipolygons(pieces, indices=row) if len(pieces) else pieces
    covered[owner] = shapely.area(shapely.union_all(together[:, None], axis=1))
    return covered


def _footprints(
    ids: NDArray[np.object_], places: NDArray[np.float64], homesteads: gpd.GeoDataFrame | None, circle_m: float
) -> tuple[NDArray[np.object_], NDArray[np.intp], NDArray[np.object_]]:
    """Return footprint polygons, the row of the settlement each belongs to, and the basis per settlement."""
    own, owner = _own_homesteads(ids, places, homesteads)
    has_homes = np.bincount(owner, minlength=len(ids)) > 0
    located = np.isfinite(places).all(axis=1)
    alone = np.flatnonzero(located & ~has_homes)
    circles = shapely.buffer(shapely.points(places[alone]), circle_m, quad_segs=_QUARTER_SEGMENTS)
    basis = np.where(has_homes, "homesteads", np.where(located, "circle", "")).astype(object)
    return np.concatenate([own, circles]), np.concatenate([owner, alone]), basis


def _own_homesteads(
    ids: NDArray[np.object_], places: NDArray[np.float64], homesteads: gpd.GeoDataFrame | None
) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return the homestead polygons that belong to a settlement, and its row."""
    nothing = np.empty(0, dtype=object), np.empty(0, dtype=np.intp)
    if homesteads is None:
        return nothing
    geometry = homesteads.geometry.to_numpy()
    solid = shapely.area(geometry) > 0  # NaN of a missing shape compares as False
    geometry = geometry[solid]
    if "settlement_id" in homesteads.columns:
        owner = pd.Index(ids).get_indexer(homesteads["settlement_id"].to_numpy()[solid])
        return geometry[owner >= 0], owner[owner >= 0]
    located = np.flatnonzero(np.isfinite(places).all(axis=1))
    if not len(located) or not len(geometry):
        return nothing
    centres = shapely.get_coordinates(shapely.centroid(geometry))
    gap, nearest = cKDTree(places[located]).query(centres)
    near = gap <= HOMESTEAD_REACH_M
    return geometry[near], located[nearest[near]]


def _shapes(layer: gpd.GeoDataFrame | None) -> NDArray[np.object_]:
    """Return the polygons of a layer that have an area; none where it is absent."""
    if layer is None:
        return np.empty(0, dtype=object)
    geometry = layer.geometry.to_numpy()
    return geometry[shapely.area(geometry) > 0]


def _refuse_strangers(
    demand: Demand,
    ecology: Mapping[str, gpd.GeoDataFrame],
    homesteads: gpd.GeoDataFrame | None,
    farmland: gpd.GeoDataFrame | None,
) -> None:
    """Refuse kinds that are not known and layers in another CRS."""
    strange = sorted(set(ecology) - set(ECOLOGY_KINDS))
    if strange:
        raise ConfigError(
            "ecology layers of a kind that is not known",
            code="ECOLOGY-KIND",
            ids=strange,
            remedy=f"Use {', '.join(ECOLOGY_KINDS)}.",
        )
    for what, layer in {**ecology, "homesteads": homesteads, "farmland": farmland}.items():
        if layer is not None:
            require_same_crs(layer.crs, demand.settlements.crs, what=what)
