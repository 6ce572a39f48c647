"""Hold the ground people walk on: heights, walking speeds and blocked moves, five bytes a cell.

A walker stands at a cell's centre and makes one of sixteen moves. Moves are numbered once, here, and everything that blocks, times or
retraces a move uses the numbers: 0–3 east, south, west, north; 4–7 the diagonals; 8–15 the knight's moves of chess. Rows run south, so
``(1, 2)`` is one row south and two columns east. The opposite of move ``k`` is ``k ^ 2``.

By hand: of move 8, ``(1, 2)``, a quarter of the length lies in each of the cells (0, 0), (0, 1), (1, 1), (1, 2): its two middles are
(0, 1) and (1, 1). Height 812.34 m above a base of 800 m is kept as 123 dm and read back as 812.3 m.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

MOVES: NDArray[np.int64] = np.array(
    [
        (0, 1), (1, 0), (0, -1), (-1, 0),
        (1, 1), (1, -1), (-1, -1), (-1, 1),
        (1, 2), (2, 1), (-1, -2), (-2, -1),
        (2, -1), (1, -2), (-2, 1), (-1, 2),
    ],
    dtype=np.int64,
)  # fmt: skip
"""(16, 2) rows south and columns east of each move."""
HALO = 2
"""Cells a move can reach beyond its own."""


def opposite(move: int) -> int:
    """Return the number of the move that leads back.

    >>> opposite(8), opposite(0)
    (10, 2)
    """
    return move ^ 2


def middles(move: int) -> tuple[tuple[int, int], ...]:
    """Return the cells a move passes between its two ends: none, or the two of a knight's move.

    A diagonal touches two cells in their common corner only; those are ``(dr, 0)`` and ``(0, dc)`` and are not listed.

    >>> middles(8)
    ((0, 1), (1, 1))
    >>> middles(9)
    ((1, 0), (1, 1))
    """
    down, right = (int(one) for one in MOVES[move])
    if abs(right) == 2:
        return (0, right // 2), (down, right // 2)
    if abs(down) == 2:
        return (down // 2, 0), (down // 2, right)
    return ()


@dataclass(frozen=True)
class GroundReport:
    """What making the ground changed or could not know, in cells unless the name says otherwise."""

    cells: int
    void_cells: int
    """Cells whose height the elevation model does not know; nobody walks there."""
    filled_cells: int
    """Voids filled from their neighbours within the stated reach."""
    impassable_cells: int
    """Cells of classes nobody walks on (water, ice), voids included."""
    unknown_cover_cells: int
    """Cells whose land cover is not known; walked at the profile's default speed."""
    blocked_moves: int
    """Moves (counted once for both directions) that a barrier, a cliff or an impassable cell blocks."""
    cliff_moves: int
    """Of these, moves steeper than the slope limit alone blocks."""
    smoothing: str
    """The filter heights went through, in words; empty: none."""


@dataclass(frozen=True)
class Ground:
    """A grid to walk on.

    Attributes
    ----------
    height_dm
        (rows, cols) int16 decimetres above ``base_m``; read only where ``speed_class`` is not 0.
    speed_class
        (rows, cols) uint8 index into ``level_kmh``; 0 is impassable.
    blocked
        (rows, cols) uint16; bit k set: move k may not be made from here. Symmetric: bit k here is bit k ^ 2 at the move's end. Moves off the grid
        are blocked.
    level_kmh
        (classes,) walking speed on level ground, km/h, of an adult without a load; 0 for class 0.
    transform, crs
        Place of the cells; north-up, metric.
    base_m
        Height of 0 dm, metres.
    report
        What was changed or is unknown.
    """

    height_dm: NDArray[np.int16]
    speed_class: NDArray[np.uint8]
    blocked: NDArray[np.uint16]
    level_kmh: NDArray[np.float64]
    transform: Affine
    crs: CRS
    base_m: float
    report: GroundReport

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return (int(self.height_dm.shape[0]), int(self.height_dm.shape[1]))

    @property
    def cell_size(self) -> tuple[float, float]:
        """(width, height) of a cell, metres."""
        return (abs(self.transform.a), abs(self.transform.e))


Neighbours = Literal[8, 16]
