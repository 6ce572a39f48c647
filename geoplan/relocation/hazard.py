"""Say to which hazards each settlement is exposed, how badly, how much of it, and where nobody has looked.

A settlement is judged by its point and, where homesteads or buildings are mapped, by every house; the worst of them is its class. What is inside a
zone and what is known follow `geoplan.relocation.place_hazard`; how much is exposed, `geoplan.relocation.footprints`; how kinds are combined,
`geoplan.relocation.combination`.

    class            = the worst of point and houses
    none             only where the point and every square metre of every house were surveyed
    exposed_share    = homestead area in zones / homestead area; without houses 1 or 0, as the point has it

A class with share 0 says that the point is in a zone and no house is; houses that only touch a zone's border have a share of 0 as well.

By hand: a landslide at (0, 0), radius 100 m, class high, surveyed square ±1000 m. A settlement at (160, 0) is outside: none, 0, distance 60. It has
two houses of 20 × 20 m centred on (160, 0) and (100, 0): the second lies about half in the zone: high, 0.75, distance 0, exposed_share about 0.25.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.config import HazardConfig
from geoplan.contracts.results import Demand, ExposureResult, Layers
from geoplan.contracts.status import HAZARD_INDEX, Status
from geoplan.relocation.combination import summarise_exposure
from geoplan.relocation.footprints import HouseHazard, measure_houses, read_persons, share_union
from geoplan.relocation.house_pieces import Pieces, join_pieces
from geoplan.relocation.houses import Houses, read_houses
from geoplan.relocation.place_hazard import BORDER_TOLERANCE_M as BORDER_TOLERANCE_M
from geoplan.relocation.place_hazard import PlaceHazard as PlaceHazard
from geoplan.relocation.place_hazard import combine as combine
from geoplan.relocation.place_hazard import locate as locate
from geoplan.relocation.place_hazard import settle as settle
from geoplan.relocation.zones import read_zones
from geoplan.spatial.frames import require_same_crs

_CLASS_OF_INDEX = {index: name for name, index in HAZARD_INDEX.items()}


@dataclass(frozen=True)
class _Kind:
    """What is found for n settlements about one hazard kind."""

    kind: str
    found: PlaceHazard
    share: NDArray[np.float64]
    unknown_share: NDArray[np.float64]
    persons_share: NDArray[np.float64]
    pieces: Pieces


def expose(
    demand: Demand, layers: Layers, hazards: Sequence[HazardConfig], *, homesteads: gpd.GeoDataFrame | None = None
) -> ExposureResult:
    """Return the exposure of every settlement to every hazard kind of the plan.

    Parameters
    ----------
    demand
        Settlements in the working CRS.
    layers
        Layers in the working CRS.
    hazards
        Hazard layers of the plan; several of one kind combine by the worst. None: hazard is unknown everywhere.
    homesteads
        Homestead or building polygons with settlement_id and, where known, persons and households. None: points speak alone.

    Returns
    -------
    ExposureResult
        One row per settlement × kind, and a summary row per settlement. The summary is ``ok`` when every kind is known, or when
        the known ones already reach extreme; a settlement whose position is missing is ``no_data`` unless a house of its own says otherwise.

    Raises
    ------
    CrsError
        ``CRS-MISSING`` or ``CRS-MIXED`` when settlements, layers and homesteads do not share one CRS.
    LayerError, ConfigError
        As `read_zones`.
    TableError
        As `geoplan.relocation.houses.read_houses`.
    """
    settlements = demand.settlements
    require_same_crs(settlements.crs, layers.crs, what="settlement layer")
    ids = settlements["settlement_id"].to_numpy()
    houses = None
    if homesteads is not None:
        require_same_crs(homesteads.crs, layers.crs, what="homestead layer")
        houses = read_houses(homesteads, ids)
    kinds = list(dict.fromkeys(one.kind for one in hazards))
    if not kinds:
        return _unknown_everywhere(ids)
    points, persons = settlements.geometry.to_numpy(), read_persons(settlements)
    zones = [read_zones(layers, one) for one in hazards]
    found: list[_Kind] = []
    frames = []
    for kind in kinds:
        of_kind = [one for one in zones if one.kind == kind]
        by_point = combine([locate(points, one) for one in of_kind])
        found.append(_weigh_kind(kind, by_point, None if houses is None else measure_houses(houses, of_kind), houses))
        frames.append(_kind_rows(ids, found[-1], persons, houses, {one.layer: one.vintage for one in of_kind}))
    # Settlement by settlement, kinds in the plan's order.
    order = np.arange(len(ids) * len(kinds)).reshape(len(kinds), len(ids)).T.ravel()
    exposure = pd.concat(frames, ignore_index=True).iloc[order].reset_index(drop=True)
    share, people = _unite(found, houses, len(ids))
    summary = summarise_exposure(exposure, ids, kinds, exposed_share=share, exposed_persons=people * persons)
    return ExposureResult(exposure=exposure, summary=summary)


def _weigh_kind(kind: str, by_point: PlaceHazard, by_house: HouseHazard | None, houses: Houses | None) -> _Kind:
    """Return the worst of point and houses, and the shares by houses where there are any."""
    inside = (np.nan_to_num(settle(by_point)[1]) > 0).astype(float)
    if by_house is None or houses is None:
        return _Kind(kind, by_point, inside, np.zeros(len(inside)), inside, join_pieces([]))
    mapped = _has_houses(houses)
    theirs = by_house.found
    # Where there is no house the point's layer stands, so that every row names a layer of the kind.
    theirs = replace(theirs, layer=np.where(theirs.layer == "", by_point.layer, theirs.layer))
    both = replace(combine([by_point, theirs]), surveyed=by_point.surveyed & theirs.surveyed)
    return _Kind(
        kind,
        both,
        np.where(mapped, by_house.exposed_share, inside),
        np.where(mapped, by_house.unknown_share, 0.0),
        np.where(mapped, by_house.persons_share, inside),
        by_house.pieces,
    )


def _has_houses(houses: Houses) -> NDArray[np.bool_]:
    """Return which settlements have a house."""
    return np.bincount(houses.owner, minlength=houses.count) > 0


def _unite(found: Sequence[_Kind], houses: Houses | None, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (n,) shares of area and of people under the zones of any known kind."""
    known = [settle(one.found)[0] for one in found]
    by_point = np.zeros(count)
    for one, sure in zip(found, known, strict=True):
        by_point = np.maximum(by_point, np.where(sure, one.share, 0.0))
    if houses is None:
        return by_point, by_point
    parts = []
    for one, sure in zip(found, known, strict=True):
        counts = sure[houses.owner[one.pieces.house]]
        parts.append(Pieces(one.pieces.house[counts], one.pieces.geometry[counts]))
    share, people = share_union(houses, join_pieces(parts))
    mapped = _has_houses(houses)
    return np.where(mapped, share, by_point), np.where(mapped, people, by_point)


def _kind_rows(
    ids: NDArray[np.object_], one: _Kind, persons: NDArray[np.float64], houses: Houses | None, vintages: dict[str, str]
) -> pd.DataFrame:
    """Return the rows of one kind."""
    known, index, decides = settle(one.found)
    mapped = np.zeros(len(ids), dtype=bool) if houses is None else _has_houses(houses)
    return pd.DataFrame(
        {
            "settlement_id": ids,
            "hazard_kind": one.kind,
            "status": np.where(known, str(Status.OK), str(Status.NO_DATA)),
            "hazard_class": [_CLASS_OF_INDEX[value] if sure else "" for value, sure in zip(index, known, strict=True)],
            "exposure_index": index,
            "distance_m": one.found.distance_m,
            "exposed_share": np.where(known, one.share, np.nan),
            "unknown_share": np.where(known, one.unknown_share, np.nan),
            "exposed_persons": np.where(known, one.persons_share * persons, np.nan),
            "basis": np.where(mapped, "footprint", "point"),
            "source_layer": one.found.layer,
            "source_id": decides,
            "vintage": [vintages[layer] for layer in one.found.layer],
        }
    )


def _unknown_everywhere(ids: NDArray[np.object_]) -> ExposureResult:
    """Return the result of a plan that maps no hazard: unknown, not safe."""
    no_data, unknown = str(Status.NO_DATA), np.nan
    nothing = {
        "hazard_class": "",
        "exposure_index": unknown,
        "distance_m": unknown,
        "exposed_share": unknown,
        "unknown_share": unknown,
        "exposed_persons": unknown,
        "basis": "point",
        "source_layer": "",
        "source_id": "",
        "vintage": "",
    }
    summary = {
        "hazard_status": no_data,
        "worst_kind": "",
        "worst_class": "",
        "hazard_index": unknown,
        "combined_index": unknown,
        "kinds": "",
        "exposed_share": unknown,
        "exposed_persons": unknown,
    }
    rows = pd.DataFrame({"settlement_id": ids})
    return ExposureResult(exposure=rows.assign(hazard_kind="any", status=no_data, **nothing), summary=rows.assign(**summary))
