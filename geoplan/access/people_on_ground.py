"""Count the people of a raster by numbered parts of the ground, and those on no part by the reason.

Each populated cell is cut into k × k equal pieces, and every piece lands whole in the ground cell that holds its centre, so nobody is lost or doubled:

    Σ persons of parts + elsewhere + impassable + outside = people of the raster

By hand: a cell of 8 people half on part 0 and half off the grid: 4 on part 0, 4 outside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.contracts.grid import Grid
from geoplan.contracts.ground import Ground
from geoplan.errors import TableError
from geoplan.spatial.cells import to_ground
from geoplan.spatial.frames import require_same_crs

_PIECES_MAX = 8
_CHUNK = 1 << 20


@dataclass(frozen=True)
class PeopleOnGround:
    """People by part of the ground.

    Attributes
    ----------
    persons
        (parts,) people on each part.
    elsewhere
        People on passable ground of no part.
    impassable
        People on cells nobody walks on (status ``unsnapped``).
    outside
        People outside the ground's grid (status ``no_data``).
    """

    persons: NDArray[np.float64]
    elsewhere: float
    impassable: float
    outside: float

    @property
    def total(self) -> float:
        """All people of the raster."""
        return float(self.persons.sum()) + self.elsewhere + self.impassable + self.outside


def count_people(population: Grid, ground: Ground, label: NDArray[np.int32], *, count: int) -> PeopleOnGround:
    """Return the people on each part of the ground.

    Parameters
    ----------
    population
        People per cell of its own grid, in the ground's CRS; NaN is nobody known.
    ground
        Grid that ``label`` is about.
    label
        (rows, cols) part of each cell, 0 to ``count`` − 1; below 0 is none.
    count
        Number of parts.

    Raises
    ------
    CrsError
        ``CRS-MIXED`` or ``CRS-MISSING``.
    TableError
        ``PEOPLE-NEGATIVE``: a cell holds fewer than zero people.
    """
    require_same_crs(population.crs, ground.crs, what="population raster")
    row, col = np.nonzero(np.nan_to_num(population.values) != 0)
    people = population.values[row, col].astype(np.float64)
    if (people < 0).any():
        raise TableError(
            "the population raster holds cells with fewer than zero people",
            code="PEOPLE-NEGATIVE",
            layer="population",
            remedy="Declare its nodata value in the catalogue.",
        )
    # Parts, then passable ground of no part, impassable ground, and what lies outside.
    kind = np.where(label >= 0, label, np.where(ground.speed_class > 0, count, count + 1)).astype(np.int64)
    total = np.zeros(count + 3)
    pieces = _pieces_per_side(population, ground)
    right, down = (one.ravel() for one in np.meshgrid(*[(np.arange(pieces) + 0.5) / pieces] * 2))
    step = max(_CHUNK // pieces**2, 1)
    rows, cols = ground.shape
    for start in range(0, len(row), step):
        some = slice(start, start + step)
        x, y = to_ground(population.transform, col[some, None] + right, row[some, None] + down)
        at_col = np.floor((x - ground.transform.c) / ground.transform.a).astype(np.int64)
        at_row = np.floor((y - ground.transform.f) / ground.transform.e).astype(np.int64)
        inside = (at_row >= 0) & (at_row < rows) & (at_col >= 0) & (at_col < cols)
        part = np.full(inside.shape, count + 2, dtype=np.int64)
        part[inside] = kind[at_row[inside], at_col[inside]]
        each = np.repeat(people[some] / pieces**2, pieces**2)
        total += np.bincount(part.ravel(), weights=each, minlength=count + 3)
    return PeopleOnGround(total[:count], float(total[count]), float(total[count + 1]), float(total[count + 2]))


def _pieces_per_side(population: Grid, ground: Ground) -> int:
    """Return how often a side is cut: not at all where the grids are one, else into pieces of about a third of a ground cell."""
    if population.shape == ground.shape and population.transform.almost_equals(ground.transform):
        return 1
    ratio = max(population.cell_size) / min(ground.cell_size)
    return int(np.clip(math.ceil(3.0 * ratio), 2, _PIECES_MAX))
