"""Match the rows of two lists one to one: by code, then by name, then by place alone, the best pairs of each pass first.

1. *Code*: equal codes that occur once on each side; a code on two rows of a side matches nothing and is reported.
2. *Name*: both have a place: at most ``within_m`` apart and alike `NAME_NEAR` or more; one of them has none: in the same township and alike
   `NAME_ALONE` or more. Pairs are chosen so that the sum of similarity + 0.1 · (1 − distance / within_m) is largest.
3. *Place*: at most ``within_m`` · `PLACE_SHARE` apart; the sum of 2 − distance / limit is largest.

The largest sum is found exactly, piece by piece of the graph of candidate pairs (Kuhn–Munkres as in scipy's `linear_sum_assignment`). Where sums
are equal, pairs that keep the order of the ids win. Which list is called left makes no difference.

Hand example: A1 新寨村 at 0 m, A2 新寨村 at 200 m; B1 新寨村 at 190 m, B2 新寨村 at 320 m; within 300 m. A2–B1 alone is the nearest pair, but A1–B1 and A2–B2
together are worth more (two pairs), so both find a partner.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geoplan.coverage.comparison_names import measure_normalised, normalise_name, stem_name

NAME_NEAR = 0.5
"""Least similarity of two names whose places are near."""
NAME_ALONE = 0.8
"""Least similarity of two names in one township where a place is missing."""
PLACE_SHARE = 1.0 / 3.0
"""Share of ``within_m`` within which place alone is enough."""
_NEARNESS_WEIGHT = 0.1
_TIE = 1e-7

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Register:
    """The rows of one list (arrays of equal length; texts are "" where missing).

    Attributes
    ----------
    ids
        (n,) unique.
    codes, names, townships
        (n,) texts.
    xy
        (n, 2) metres; NaN where there is no place.
    """

    ids: NDArray[np.object_]
    codes: NDArray[np.object_]
    names: NDArray[np.object_]
    townships: NDArray[np.object_]
    xy: Floats


def match_registers(left: Register, right: Register, *, within_m: float) -> pd.DataFrame:
    """Return left, right (row numbers), matched_by (code, name, place): one row per matched pair, each row of a list at most once.

    Parameters
    ----------
    left, right
        The lists.
    within_m
        Farthest that two rows with like names may be apart, metres.
    """
    if _key(right) < _key(left):
        return match_registers(right, left, within_m=within_m).rename(columns={"left": "right", "right": "left"})[
            ["left", "right", "matched_by"]
        ]
    rank = _rank(left), _rank(right)
    free = [np.ones(len(one.ids), dtype=bool) for one in (left, right)]
    parts = []
    i, j = _match_codes(left, right)
    for how in ("code", "name", "place"):
        if how == "name":
            i, j = _assign(*_name_pairs(left, right, free, within_m), rank)
        elif how == "place":
            limit = within_m * PLACE_SHARE
            pairs = _near_pairs(left, right, free, limit)
            i, j = _assign(pairs[0], pairs[1], 2.0 - pairs[2] / limit, rank)
        free[0][i], free[1][j] = False, False
        parts.append(pd.DataFrame({"left": i, "right": j, "matched_by": how}))
    table = pd.concat(parts, ignore_index=True).astype({"left": np.int64, "right": np.int64})
    return table.sort_values("left", kind="stable").reset_index(drop=True)


def find_doubled(codes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return (n,) whether a code stands on more than one row; "" is no code."""
    series = pd.Series(codes, dtype=object)
    return np.asarray(series.duplicated(keep=False) & (series != ""), dtype=bool)


def _rank(one: Register) -> Ints:
    """Return (n,) place of each row in the order of the ids."""
    return np.argsort(np.argsort(one.ids.astype(str), kind="stable"), kind="stable").astype(np.int64)


def _key(one: Register) -> tuple[object, ...]:
    """Return what orders two lists, whichever is called left."""
    places = np.nan_to_num(one.xy, nan=-1e300).ravel().tolist()
    return (len(one.ids), one.ids.tolist(), one.names.tolist(), one.codes.tolist(), one.townships.tolist(), places)


def _match_codes(left: Register, right: Register) -> tuple[Ints, Ints]:
    """Return the pairs of rows with one code that is on a single row of each side."""
    sides = [
        pd.DataFrame({"code": one.codes, name: np.arange(len(one.ids))})[(one.codes != "") & ~find_doubled(one.codes)]
        for one, name in ((left, "left"), (right, "right"))
    ]
    pairs = sides[0].merge(sides[1], on="code")
    return pairs["left"].to_numpy(dtype=np.int64), pairs["right"].to_numpy(dtype=np.int64)


def _near_pairs(left: Register, right: Register, free: list[NDArray[np.bool_]], limit_m: float) -> tuple[Ints, Ints, Floats]:
    """Return the free pairs at most ``limit_m`` apart and their distances."""
    rows = [np.flatnonzero(ok & np.isfinite(one.xy).all(axis=1)) for one, ok in ((left, free[0]), (right, free[1]))]
    if not len(rows[0]) or not len(rows[1]):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    trees = cKDTree(left.xy[rows[0]]), cKDTree(right.xy[rows[1]])
    # The tree rounds otherwise than hypot does: it is asked a little farther, and hypot decides.
    found = trees[0].sparse_distance_matrix(trees[1], limit_m * (1.0 + 1e-9) + 1e-9, output_type="ndarray")
    i, j = rows[0][found["i"]], rows[1][found["j"]]
    distance = measure_distance(left.xy[i], right.xy[j])
    near = distance <= limit_m
    return i[near], j[near], distance[near]


def measure_distance(a: Floats, b: Floats) -> Floats:
    """Return (n,) metres between (n, 2) places; NaN where one is missing."""
    return np.asarray(np.hypot(a[:, 0] - b[:, 0], a[:, 1] - b[:, 1]), dtype=np.float64)


def _name_pairs(left: Register, right: Register, free: list[NDArray[np.bool_]], within_m: float) -> tuple[Ints, Ints, Floats]:
    """Return the pairs that names make candidates, and what each is worth."""
    near_i, near_j, distance = _near_pairs(left, right, free, within_m)
    far_i, far_j = _township_pairs(left, right, free)
    i, j = np.concatenate([near_i, far_i]), np.concatenate([near_j, far_j])
    alike = compare_names(left, right, i, j)
    placed = np.arange(len(i)) < len(near_i)
    worth = alike + _NEARNESS_WEIGHT * np.where(placed, 1.0 - np.concatenate([distance, np.zeros(len(far_i))]) / within_m, 0.0)
    kept = alike >= np.where(placed, NAME_NEAR, NAME_ALONE)
    return i[kept], j[kept], worth[kept]


def compare_names(left: Register, right: Register, i: Ints, j: Ints) -> Floats:
    """Return (k,) similarity of the names of rows ``i`` of the left list and ``j`` of the right one."""
    texts = []
    for one, rows in ((left, i), (right, j)):
        whole = np.array([normalise_name(name) for name in one.names], dtype=object)
        stem = np.array([stem_name(name) for name in whole], dtype=object)
        texts.append((whole[rows].tolist(), stem[rows].tolist()))
    return measure_normalised(texts[0][0], texts[1][0], texts[0][1], texts[1][1])


def _township_pairs(left: Register, right: Register, free: list[NDArray[np.bool_]]) -> tuple[Ints, Ints]:
    """Return the free pairs in one township of which at least one row has no place."""
    sides = [
        pd.DataFrame(
            {"township": one.townships, name: np.arange(len(one.ids)), f"placed_{name}": np.isfinite(one.xy).all(axis=1)}
        )[ok & (one.townships != "")]
        for one, name, ok in ((left, "left", free[0]), (right, "right", free[1]))
    ]
    # Placed rows meet only rows without a place, so a county of places does not make every pair of a township.
    blank = [~one[f"placed_{name}"] for one, name in zip(sides, ("left", "right"), strict=True)]
    pairs = pd.concat(
        [sides[0][blank[0]].merge(sides[1], on="township"), sides[0][~blank[0]].merge(sides[1][blank[1]], on="township")]
    )
    return pairs["left"].to_numpy(dtype=np.int64), pairs["right"].to_numpy(dtype=np.int64)


def _assign(i: Ints, j: Ints, worth: Floats, rank: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Return the pairs, one to one, whose ``worth`` (> 0) adds up to most."""
    if not len(i):
        return i, j
    rows, cols = np.unique(i, return_inverse=True), np.unique(j, return_inverse=True)
    shape = len(rows[0]) + len(cols[0])
    graph = coo_array((np.ones(len(i)), (rows[1], len(rows[0]) + cols[1])), shape=(shape, shape))
    _, piece = connected_components(graph, directed=False)
    piece = piece[rows[1]]
    order = np.argsort(piece, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(piece[order]) != 0])
    sizes = np.diff(np.r_[starts, len(order)])
    chosen = [order[starts[sizes == 1]]]
    for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
        edges = order[start : start + size]
        chosen.append(edges[_solve_piece(i[edges], j[edges], worth[edges], rank)])
    kept = np.sort(np.concatenate(chosen))
    return i[kept], j[kept]


def _solve_piece(i: Ints, j: Ints, worth: Floats, rank: tuple[Ints, Ints]) -> Ints:
    """Return the numbers of the chosen pairs of one connected piece."""
    # Rows and columns in the order of the ids: the answer does not hang on the order of the pairs.
    r, row = np.unique(rank[0][i], return_inverse=True)
    c, col = np.unique(rank[1][j], return_inverse=True)
    size = max(len(r), len(c))
    matrix = np.zeros((len(r), len(c)))
    matrix[row, col] = worth - _TIE * ((row - col) / size) ** 2
    number = np.full(matrix.shape, -1, dtype=np.int64)
    number[row, col] = np.arange(len(i))
    picked = number[linear_sum_assignment(matrix, maximize=True)]
    return picked[picked >= 0]
