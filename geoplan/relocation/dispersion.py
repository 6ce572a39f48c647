"""Say how scattered people live: people within a distance, the nearest other settlement, people per square kilometre.

    persons_within(i) = Σ_k persons_k over all settlements k with |x_i − x_k| ≤ reach, own and border included
    nearest_other(i)  = min_{k ≠ i} |x_i − x_k|
    density(i)        = persons_within(i) / area of the circle of that reach, of which only the part inside the county counts

The part of a circle beyond the county's border is left out of the area because the people there are in no layer of the county: a hamlet at
the border would look half as dense as it is. A sum over neighbours is unknown (NaN) as soon as one neighbour's people are unknown:
leaving them out would make a place look emptier than it is. Distances in metres on the map.

By hand: settlements at x = 0, 600 and 5000 m with 10, 20 and 40 people, reach 1000 m: people 30, 30, 40; nearest 600, 600, 4400 m; density
30/π = 9.55, 9.55 and 40/π = 12.73 people per km²; were x < 0 outside the county, the first would have 30/(π/2) = 19.10.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.contracts.results import Demand
from geoplan.contracts.status import Status
from geoplan.units import M_PER_KM

NEIGHBOUR_REACH_M = 1000.0
"""Reach within which people count as neighbours, metres."""
_QUARTER_SEGMENTS = 16


def known_persons(demand: Demand) -> NDArray[np.float64]:
    """Return the people of each settlement, NaN where they are not known."""
    settlements = demand.settlements
    persons = settlements["persons"].to_numpy(dtype=float, na_value=np.nan)
    if "persons_status" not in settlements.columns:
        return persons
    return np.where(settlements["persons_status"].to_numpy(dtype=object) == str(Status.OK), persons, np.nan)


def settlement_places(demand: Demand) -> NDArray[np.float64]:
    """Return the (n, 2) easting, northing of the settlements, metres; NaN where there is no position."""
    geometry = demand.settlements.geometry.to_numpy()
    return np.column_stack([shapely.get_x(geometry), shapely.get_y(geometry)])


def persons_within(places: NDArray[np.float64], persons: NDArray[np.float64], *, reach_m: float) -> NDArray[np.float64]:
    """Return the people within ``reach_m`` of each of (n, 2) ``places``; NaN without a position or with a neighbour of unknown size.

    >>> persons_within(np.array([[0.0, 0.0], [600.0, 0.0], [5000.0, 0.0]]), np.array([10.0, 20.0, 40.0]), reach_m=1000.0).tolist()
    [30.0, 30.0, 40.0]
    """
    located = np.flatnonzero(np.isfinite(places).all(axis=1))
    total = np.full(len(places), np.nan)
    total[located] = persons[located]
    if len(located):
        pairs = cKDTree(places[located]).query_pairs(reach_m, output_type="ndarray")
        one, other = located[pairs[:, 0]], located[pairs[:, 1]]
        # NaN of an unknown neighbour spreads to the sum, on purpose.
        np.add.at(total, one, persons[other])
        np.add.at(total, other, persons[one])
    return total


def nearest_other_m(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance from each of (n, 2) ``places`` to the nearest other one, metres; NaN where there is no other or no position.

    >>> nearest_other_m(np.array([[0.0, 0.0], [600.0, 0.0], [5000.0, 0.0]])).tolist()
    [600.0, 600.0, 4400.0]
    """
    located = np.flatnonzero(np.isfinite(places).all(axis=1))
    nearest = np.full(len(places), np.nan)
    if len(located) > 1:
        nearest[located] = cKDTree(places[located]).query(places[located], k=2)[0][:, 1]
    return nearest


def persons_per_km2(
    places: NDArray[np.float64], persons: NDArray[np.float64], county: NDArray[np.object_], *, reach_m: float = NEIGHBOUR_REACH_M
) -> NDArray[np.float64]:
    """Return the people per km² of the circle of ``reach_m`` around each of (n, 2) ``places``.

    Parameters
    ----------
    places, persons
        Positions in metres and people; NaN where unknown.
    county
        Polygons of the county in the same CRS; empty or without shape: the whole circle counts. It counts too around a place outside them.

    Returns
    -------
    ndarray
        (n,) people per km²; NaN as `persons_within`.
    """
    whole_km2 = np.pi * (reach_m / M_PER_KM) ** 2
    share = np.ones(len(places))
    shapes = county[~(shapely.is_missing(county) | shapely.is_empty(county))]
    located = np.flatnonzero(np.isfinite(places).all(axis=1))
    if len(shapes) and len(located):
        inside = shapely.union_all(shapes)
        shapely.prepare(inside)
        circles = shapely.buffer(shapely.points(places[located]), reach_m, quad_segs=_QUARTER_SEGMENTS)
        # Few circles reach over the border, and a county's border has many vertices.
        over = np.flatnonzero(~shapely.contains_properly(inside, circles))
        part = shapely.area(shapely.intersection(circles[over], inside)) / shapely.area(circles[over])
        at_home = shapely.intersects(inside, shapely.points(places[located[over]]))
        share[located[over]] = np.where(at_home & (part > 0), part, 1.0)
    return persons_within(places, persons, reach_m=reach_m) / (whole_km2 * share)
