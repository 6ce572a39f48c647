"""Draw the outlines of marked cells as polygons, all at once.

Every side of a marked cell whose other side is not marked is one directed edge, the cell to its left. Each edge is followed by the one
that starts where it ends; where two start, at a corner where two marked cells meet across two unmarked ones, the edge turns right when
the two cells hang together elsewhere (the ring would touch itself) and left when they do not. Following is a permutation, its cycles are
the rings: counter-clockwise ones are shells, clockwise ones holes of the piece whose cells they border on.

Cycles are told apart and put in order by pointer doubling: with next¹ = next and next²ᵏ = nextᵏ ∘ nextᵏ, ⌈log₂ n⌉ rounds find every
edge's ring and its place in it.

By hand: an L of three cells is one polygon with six corners; 3 × 3 cells without the middle one have a shell of four corners and a hole
of four.
"""

from __future__ import annotations

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from scipy import ndimage

Ints = NDArray[np.intp]
_ROW = np.array([0, -1, 0, 1])
_COL = np.array([1, 0, -1, 0])
"""Step of an edge heading east, north, west, south, rows downwards; a left turn adds one."""


def outline_cells(mask: NDArray[np.bool_], transform: Affine) -> NDArray[np.object_]:
    """Return the marked cells as polygons along the cells' sides, one for each piece that hangs together by sides.

    Parameters
    ----------
    mask
        (rows, cols) bool.
    transform
        Of the grid: (col, row) to (x, y), north up.

    Returns
    -------
    ndarray of Polygon
        Valid, shells counter-clockwise, without points along straight sides; pieces in the order of their first cell, row by row.
    """
    pieces, _ = ndimage.label(mask)
    row, col, heading, piece = _list_edges(mask, pieces)
    if not len(row):
        return np.empty(0, dtype=object)
    after = _find_next(row, col, heading, piece, mask.shape)
    ring, place = _order_cycles(after)
    before = np.empty_like(after)
    before[after] = np.arange(len(after))
    # Twice the signed area, rows downwards: a shell runs counter-clockwise on the map, so its sum is negative here.
    doubled = np.bincount(ring, weights=col * _ROW[heading] - row * _COL[heading], minlength=len(row))
    hole = doubled[ring] > 0
    corner = np.flatnonzero(heading != heading[before])
    order = corner[np.lexsort((place[corner], ring[corner], hole[corner], piece[corner]))]
    x, y = transform.c + col[order] * transform.a, transform.f + row[order] * transform.e
    starts = np.r_[True, ring[order][1:] != ring[order][:-1]]
    lines = shapely.linearrings(np.column_stack([x, y]), indices=np.cumsum(starts) - 1)
    return np.asarray(shapely.polygons(lines, indices=piece[order][starts] - 1), dtype=object)


def _list_edges(mask: NDArray[np.bool_], pieces: NDArray[np.int32]) -> tuple[Ints, Ints, Ints, Ints]:
    """Return row and column where each edge starts, its heading, and the piece of the cell to its left."""
    padded = np.pad(mask, 1)
    inner = padded[1:-1, 1:-1]
    # Outside below: eastwards along it. Outside right: northwards. Above: westwards. Left: southwards.
    sides = (padded[2:, 1:-1], padded[1:-1, 2:], padded[:-2, 1:-1], padded[1:-1, :-2])
    starts = ((1, 0), (1, 1), (0, 1), (0, 0))
    rows, cols, headings, owners = [], [], [], []
    for heading, (beyond, (down, across)) in enumerate(zip(sides, starts, strict=True)):
        flat = np.flatnonzero(inner > beyond)
        row, col = np.divmod(flat, mask.shape[1])
        rows.append(row + down)
        cols.append(col + across)
        headings.append(np.full(len(row), heading))
        owners.append(pieces.ravel()[flat].astype(np.intp))
    return np.concatenate(rows), np.concatenate(cols), np.concatenate(headings), np.concatenate(owners)


def _find_next(row: Ints, col: Ints, heading: Ints, piece: Ints, shape: tuple[int, int]) -> Ints:
    """Return the edge that follows each edge."""
    points = (shape[0] + 1, shape[1] + 1)
    at = np.full((4, points[0] * points[1]), -1, dtype=np.intp)
    at[heading, row * points[1] + col] = np.arange(len(row))
    end = (row + _ROW[heading]) * points[1] + col + _COL[heading]
    left, ahead, right = (at[(heading + turn) % 4, end] for turn in (1, 0, -1))
    other = piece[right]
    touches = (left >= 0) & (right >= 0) & (other == piece)
    return np.where(touches | ((left < 0) & (ahead < 0)), right, np.where(left >= 0, left, ahead))


def _order_cycles(after: Ints) -> tuple[Ints, Ints]:
    """Return, for each element of a permutation, the least element of its cycle and how many steps it lies behind that one.

    Examples
    --------
    >>> [one.tolist() for one in _order_cycles(np.array([2, 3, 1, 0, 4]))]
    [[0, 0, 0, 0, 4], [0, 2, 1, 3, 0]]
    """
    count = len(after)
    least, jump = np.arange(count), after.copy()
    rounds = max(int(np.ceil(np.log2(count))), 1) if count > 1 else 1
    for _ in range(rounds):
        least = np.minimum(least, least[jump])
        jump = jump[jump]
    # Cut each cycle before its least element and count the steps to the end.
    last = after == least
    jump = np.where(last, np.arange(count), after)
    steps = np.where(last, 0, 1)
    for _ in range(rounds):
        steps = steps + steps[jump]
        jump = jump[jump]
    # The least element has the most steps to go.
    return least, steps[least] - steps
