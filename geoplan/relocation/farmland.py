"""Share farmland among all the people within reach of it, as the two-step floating catchment does with any supply.

A piece j of farmland of A_j 亩 belongs equally to everybody within ``reach_m`` of it, and a settlement i has what it gets of each piece:

    R_j = A_j / Σ_{k: d_kj ≤ reach} persons_k            亩 per person, of piece j
    F_i = Σ_{j: d_ij ≤ reach} R_j                        亩 per person, of settlement i
    Σ_i persons_i F_i = Σ_{j within anybody's reach} A_j  so that no field is counted twice and none that is reached is lost

Distances d are straight, metres. Parcels larger than ``CELL_M`` are cut along a grid of it, and what has its middle in a cell lies at the
centre of mass of that: a field of some kilometres is not within reach as soon as its corner is. A distance is right to about a cell. Parcels
must not overlap.
R_j is unknown where the people of one k are unknown, and F_i with it; where nobody lives within reach of a piece it goes to nobody.

By hand: a field of 30 亩 within reach of hamlets of 10 and 20 people gives each 1 亩 per person; a second of 20 亩 that only the first
reaches gives it 2 more: 3 and 1 亩 per person, 10·3 + 20·1 = 50 = 30 + 20 亩.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.units import M2_PER_MU

CELL_M = 100.0
_LEVELS = (16.0, 4.0, 1.0)
"""Parcels are cut into 1,600 m squares first, then 400 m, then 100 m: a large parcel is never cut into thousands of pieces at once."""


def gather_farmland(parcels: NDArray[np.object_], *, cell_m: float = CELL_M) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (k, 2) centres of mass and (k,) 亩 of the farmland in each square of ``cell_m`` metres that has any.

    The 亩 add up to those of the parcels. Squares lie on multiples of ``cell_m`` and are ordered from west to east, then south to north.
    """
    pieces = parcels[~(shapely.is_missing(parcels) | shapely.is_empty(parcels))]
    for level in _LEVELS:
        pieces = _cut(pieces, level * cell_m)
    area = shapely.area(pieces)
    pieces, area = pieces[area > 0], area[area > 0]
    if not len(pieces):
        return np.empty((0, 2)), np.empty(0)
    centres = shapely.get_coordinates(shapely.centroid(pieces))
    _, cell = np.unique(np.floor(centres / cell_m), axis=0, return_inverse=True)
    cell = cell.ravel()
    total = np.bincount(cell, weights=area)
    middle = np.column_stack([np.bincount(cell, weights=area * centres[:, axis]) / total for axis in (0, 1)])
    return middle, total / M2_PER_MU


def _cut(pieces: NDArray[np.object_], side_m: float) -> NDArray[np.object_]:
    """Return the pieces cut along the lines of a grid of ``side_m``; those no larger than a square are passed on."""
    box = shapely.bounds(pieces).reshape(-1, 2, 2)
    low, high = np.floor(box / side_m).astype(np.int64).transpose(1, 0, 2)
    count = high - low + 1
    many = (box[:, 1] - box[:, 0]).max(axis=1, initial=0.0) > side_m
    if not many.any():
        return pieces
    low, count, whole = low[many], count[many], pieces[many]
    squares = count.prod(axis=1)
    owner = np.repeat(np.arange(len(whole)), squares)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(squares) - squares, squares)
    west = (low[owner, 0] + nth % count[owner, 0]) * side_m
    south = (low[owner, 1] + nth // count[owner, 0]) * side_m
    cut = shapely.intersection(whole[owner], shapely.box(west, south, west + side_m, south + side_m))
    return np.concatenate([pieces[~many], cut[~shapely.is_empty(cut)]])


def share_farmland(
    places: NDArray[np.float64],
    persons: NDArray[np.float64],
    fields: NDArray[np.float64],
    farmland_mu: NDArray[np.float64],
    *,
    reach_m: float,
) -> NDArray[np.float64]:
    """Return the farmland within reach of each place, 亩 per person, shared among all who reach it.

    Parameters
    ----------
    places, persons
        (n, 2) metres and (n,) people; NaN where unknown.
    fields, farmland_mu
        (k, 2) metres and (k,) 亩, as `gather_farmland` returns them.
    reach_m
        Reach in metres, border included.

    Returns
    -------
    ndarray
        (n,) 亩 per person; 0 where no farmland is within reach; NaN where a place has no position, or the people who share with it are not
        known or nobody.

    Examples
    --------
    >>> hamlets, fields = np.array([[0.0, 0.0], [1500.0, 0.0]]), np.array([[800.0, 0.0], [-900.0, 0.0]])
    >>> share_farmland(hamlets, np.array([10.0, 20.0]), fields, np.array([30.0, 20.0]), reach_m=1000.0).tolist()
    [3.0, 1.0]
    """
    located = np.flatnonzero(np.isfinite(places).all(axis=1))
    shared = np.full(len(places), np.nan)
    shared[located] = 0.0
    if not len(located) or not len(fields):
        return shared
    pairs = cKDTree(places[located]).sparse_distance_matrix(cKDTree(fields), reach_m, output_type="ndarray")
    place, field = located[pairs["i"]], pairs["j"]
    # In one order whatever the tree's, so that sums are the same in every run.
    order = np.lexsort((field, place))
    place, field = place[order], field[order]
    people = np.bincount(field, weights=persons[place], minlength=len(fields))
    each = np.divide(farmland_mu, people, out=np.full(len(fields), np.nan), where=people > 0)
    return shared + np.bincount(place, weights=each[field], minlength=len(places))
