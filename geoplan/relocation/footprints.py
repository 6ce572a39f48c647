"""Measure how much of each settlement's homesteads (宅基地) or buildings lies in hazard zones, and how many people that is.

For the houses h of a settlement, with areas A_h, shares of its people w_h (`geoplan.relocation.houses`) and a_h the area of h under the union of
one kind's zones:

    exposed_share   = Σ a_h / Σ A_h                      (houses without area: exposed houses / houses)
    exposed_persons = persons · Σ w_h a_h / A_h
    exposed house   = one that a zone so much as touches

    class           = the worst over all houses, by the rules of `geoplan.relocation.place_hazard`
    none            only where every square metre of every house was surveyed; unknown_share is what was not, outside the zones

Without houses the settlement's point speaks (``basis`` point): all of it is exposed or nothing.

By hand: two houses of 200 m² with 4 people each; a zone of class high covers half of one: exposed_buildings 1, exposed_m2 100,
exposed_share 0.25, exposed_persons 2 of 8, worst_class high.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.config import HazardConfig
from geoplan.contracts.results import Demand, Layers
from geoplan.contracts.status import HAZARD_INDEX, Status
from geoplan.relocation.house_pieces import Pieces, cut_by_survey, cut_by_zones, join_pieces, list_runs, measure_pieces
from geoplan.relocation.houses import Houses, read_houses
from geoplan.relocation.place_hazard import PlaceHazard, combine, locate, settle, worst_first
from geoplan.relocation.zones import Zones, read_zones
from geoplan.spatial.frames import require_same_crs

_CLASS_OF_INDEX = {index: name for name, index in HAZARD_INDEX.items()}


@dataclass(frozen=True)
class HouseHazard:
    """What one kind's layers say of the houses of n settlements; NaN or False where a settlement has none."""

    found: PlaceHazard
    """(n,) the worst over houses; ``surveyed`` where all of every house is."""
    pieces: Pieces
    """Parts of houses in zones."""
    exposed_buildings: NDArray[np.int64]
    exposed_m2: NDArray[np.float64]
    exposed_share: NDArray[np.float64]
    unknown_share: NDArray[np.float64]
    persons_share: NDArray[np.float64]


def expose_footprints(
    demand: Demand, layers: Layers, hazards: Sequence[HazardConfig], homesteads: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return what houses alone say: how much of each settlement lies in the zones of each kind.

    Parameters
    ----------
    demand
        Settlements in the working CRS.
    layers
        Layers in the working CRS.
    hazards
        Hazard layers of the plan.
    homesteads
        settlement_id, polygon and, where known, persons and households; working CRS.

    Returns
    -------
    DataFrame
        settlement_id, hazard_kind, status (ok / no_data), buildings, exposed_buildings, homestead_m2, exposed_m2, exposed_share (0..1),
        unknown_share (neither surveyed nor in a zone), exposed_persons, worst_class (``""`` when no_data), basis (``footprint``; ``point`` where no house
        is mapped). Settlement by settlement, kinds in the plan's order. Figures of exposure are NaN where status is no_data; exposed_persons also
        where the settlement's people are not known.

    Raises
    ------
    CrsError
        ``CRS-MISSING`` or ``CRS-MIXED`` when settlements, layers and homesteads do not share one CRS.
    TableError
        As `read_houses`.
    LayerError, ConfigError
        As `read_zones`.
    """
    settlements = demand.settlements
    require_same_crs(settlements.crs, layers.crs, what="settlement layer")
    require_same_crs(homesteads.crs, layers.crs, what="homestead layer")
    ids = settlements["settlement_id"].to_numpy()
    houses = read_houses(homesteads, ids)
    points = settlements.geometry.to_numpy()
    zones = [read_zones(layers, one) for one in hazards]
    kinds = list(dict.fromkeys(one.kind for one in hazards))
    frames = []
    for kind in kinds:
        of_kind = [one for one in zones if one.kind == kind]
        by_point = combine([locate(points, one) for one in of_kind])
        frames.append(_tabulate(ids, kind, houses, measure_houses(houses, of_kind), by_point, read_persons(settlements)))
    if not frames:
        return _tabulate(ids, "any", houses, measure_houses(houses, []), None, read_persons(settlements))
    order = np.arange(len(ids) * len(kinds)).reshape(len(kinds), len(ids)).T.ravel()
    return pd.concat(frames, ignore_index=True).iloc[order].reset_index(drop=True)


def read_persons(settlements: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the people of each settlement; NaN where they are not known."""
    if "persons" not in settlements.columns:
        return np.full(len(settlements), np.nan)
    persons = pd.to_numeric(settlements["persons"], errors="coerce").to_numpy(dtype=float)
    if "persons_status" not in settlements.columns:
        return persons
    return np.where(settlements["persons_status"] == str(Status.OK), persons, np.nan)


def measure_houses(houses: Houses, zones: Sequence[Zones]) -> HouseHazard:
    """Return what ``zones``, the layers of one kind, say of the houses, settlement by settlement (no layer: all is unknown)."""
    count = len(houses.geometry)
    by_layer = [_locate_houses(houses.geometry, one) for one in zones]
    here = combine(by_layer) if by_layer else _nothing_known(count)
    pieces = join_pieces([cut_by_zones(houses.geometry, one) for one in zones])
    exposed = measure_pieces(pieces, houses.area_m2)
    looked_at = join_pieces([pieces, *(cut_by_survey(houses.geometry, one) for one in zones)])
    known = measure_pieces(looked_at, houses.area_m2)
    # A feature that cannot be placed may lie anywhere: what no zone holds is not known, surveyed or not.
    lost = np.full(count, any(one.unplaced_ids for one in zones))
    known = np.where(lost, exposed, known)
    touched = here.distance_m == 0
    # A house without area (a point, or no position) is in or out as a whole, and surveyed as the place it is.
    flat = houses.area_m2 == 0
    share = np.where(flat, touched, exposed / np.where(flat, 1.0, houses.area_m2))
    surveyed = np.where(flat, here.surveyed, known == houses.area_m2) & ~lost
    areal = houses.add_up(houses.area_m2)
    number = houses.add_up(np.ones(count))
    by_number = np.where(areal > 0, np.inf, np.maximum(number, 1.0))
    total = np.where(areal > 0, areal, by_number)
    exposed_sum = np.where(areal > 0, houses.add_up(exposed), houses.add_up(share))
    unknown_sum = np.where(
        areal > 0, houses.add_up(houses.area_m2 - known), houses.add_up((flat & ~touched & ~surveyed).astype(float))
    )
    empty = number == 0
    return HouseHazard(
        found=replace(_gather(houses, here), surveyed=houses.add_up((~surveyed).astype(float)) == 0),
        pieces=pieces,
        exposed_buildings=houses.add_up(touched.astype(float)).astype(np.int64),
        exposed_m2=houses.add_up(exposed),
        exposed_share=np.where(empty, np.nan, np.clip(exposed_sum / total, 0.0, 1.0)),
        unknown_share=np.where(empty, np.nan, np.clip(unknown_sum / total, 0.0, 1.0)),
        persons_share=np.where(empty, np.nan, np.clip(houses.add_up(houses.weight * share), 0.0, 1.0)),
    )


def share_union(houses: Houses, pieces: Pieces) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (n,) shares of homestead area, and of people, under all the pieces together; NaN where a settlement has no house."""
    exposed = measure_pieces(pieces, houses.area_m2)
    flat = houses.area_m2 == 0
    share = exposed / np.where(flat, 1.0, houses.area_m2)
    share[np.intersect1d(pieces.house, np.flatnonzero(flat))] = 1.0
    areal, number = houses.add_up(houses.area_m2), houses.add_up(np.ones(len(share)))
    by_area = np.where(areal > 0, houses.add_up(exposed), houses.add_up(share)) / np.where(
        areal > 0, areal, np.maximum(number, 1.0)
    )
    empty = number == 0
    people = np.clip(houses.add_up(houses.weight * share), 0.0, 1.0)
    return np.where(empty, np.nan, np.clip(by_area, 0.0, 1.0)), np.where(empty, np.nan, people)


def _locate_houses(geometry: NDArray[np.object_], zones: Zones) -> PlaceHazard:
    """Return what one layer says of each house; a house of a raster takes the worst of the cells it touches."""
    if zones.raster is None:
        return locate(geometry, zones)
    found = locate(geometry, replace(zones, raster=None, geometry=zones.geometry))
    runs = list_runs(geometry, zones.raster)
    hit = runs.index > 0
    house, pick = worst_first(runs.house[hit], runs.index[hit], np.full(int(hit.sum()), "", dtype=object))
    index = np.full(len(geometry), np.nan)
    index[house] = runs.index[hit][pick]
    # The raster's own cells say what was surveyed; for houses with area that is measured.
    seen = np.zeros(len(geometry), dtype=bool)
    seen[runs.house[runs.index == 0]] = True
    seen[runs.house[np.isnan(runs.index)]] = False
    return replace(
        found,
        index=index,
        zone_id=np.full(len(geometry), "", dtype=object),
        surveyed=seen & (found.surveyed | ~zones.raster_needs_survey),
        distance_m=np.where(np.isnan(index), found.distance_m, 0.0),
    )


def _gather(houses: Houses, here: PlaceHazard) -> PlaceHazard:
    """Return for each settlement the worst of its houses; without houses nothing, and nothing against it."""
    n = houses.count
    worst, pick = worst_first(houses.owner, here.index, here.zone_id)
    doubtful = np.flatnonzero(here.doubt)
    doubt_of, first = np.unique(houses.owner[doubtful], return_index=True)
    index, zone_id, layer = np.full(n, np.nan), np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    doubt, doubt_id = np.zeros(n, dtype=bool), np.full(n, "", dtype=object)
    index[worst], zone_id[worst], layer[worst] = here.index[pick], here.zone_id[pick], here.layer[pick]
    doubt[doubt_of], doubt_id[doubt_of] = True, here.doubt_id[doubtful[first]]
    decides = np.zeros(n, dtype=bool)
    decides[doubt_of] = True
    decides &= ~(np.nan_to_num(index) >= HAZARD_INDEX["high"])
    from_doubt = np.full(n, "", dtype=object)
    from_doubt[doubt_of] = here.layer[doubtful[first]]
    distance = np.full(n, np.nan)
    np.fmin.at(distance, houses.owner, here.distance_m)
    return PlaceHazard(index, zone_id, np.where(decides, from_doubt, layer), doubt, doubt_id, np.ones(n, dtype=bool), distance)


def _nothing_known(count: int) -> PlaceHazard:
    """Return that no layer speaks of ``count`` houses."""
    unknown, no, text = np.full(count, np.nan), np.zeros(count, dtype=bool), np.full(count, "", dtype=object)
    return PlaceHazard(unknown, text, text, no, text, no, unknown)


def _tabulate(
    ids: NDArray[np.object_],
    kind: str,
    houses: Houses,
    measured: HouseHazard,
    by_point: PlaceHazard | None,
    persons: NDArray[np.float64],
) -> pd.DataFrame:
    """Return the rows of one kind, by houses where there are any, else by the settlement's point."""
    number = houses.add_up(np.ones(len(houses.owner)))
    mapped = number > 0
    known, index, _ = settle(measured.found)
    known &= mapped
    share, unknown, people = measured.exposed_share, measured.unknown_share, measured.persons_share
    if by_point is not None:
        point_known, point_index, _ = settle(by_point)
        inside = (point_index > 0).astype(float)
        known, index = np.where(mapped, known, point_known), np.where(mapped, index, point_index)
        share, people = np.where(mapped, share, inside), np.where(mapped, people, inside)
        unknown = np.where(mapped, unknown, 0.0)
    homestead = np.where(mapped, houses.add_up(houses.area_m2), np.nan)
    return pd.DataFrame(
        {
            "settlement_id": ids,
            "hazard_kind": kind,
            "status": np.where(known, str(Status.OK), str(Status.NO_DATA)),
            "buildings": number.astype(np.int64),
            "exposed_buildings": np.where(known & mapped, measured.exposed_buildings, np.nan),
            "homestead_m2": homestead,
            "exposed_m2": np.where(known & mapped, measured.exposed_m2, np.nan),
            "exposed_share": np.where(known, share, np.nan),
            "unknown_share": np.where(known, unknown, np.nan),
            "exposed_persons": np.where(known, people * persons, np.nan),
            "worst_class": [_CLASS_OF_INDEX[one] if sure else "" for one, sure in zip(index, known, strict=True)],
            "basis": np.where(mapped, "footprint", "point"),
        }
    )
