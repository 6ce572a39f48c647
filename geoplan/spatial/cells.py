"""Go from cells to the ground and back, for any affine transform, written out (affine 3 renamed the product of a transform and a point).

    x = a·col + b·row + c        y = d·col + e·row + f

By hand: cells of 10 m, upper-left corner (500000, 3560000): the corner of column 2, row 1 is (500020, 3559990); its centre is at +0.5.
"""

from __future__ import annotations

from typing import Any

from affine import Affine


def to_ground(transform: Affine, col: Any, row: Any) -> tuple[Any, Any]:
    """Return (x, y) of cell coordinates, numbers or arrays; whole numbers are upper-left corners."""
    return transform.a * col + transform.b * row + transform.c, transform.d * col + transform.e * row + transform.f


def to_cells(transform: Affine, x: Any, y: Any) -> tuple[Any, Any]:
    """Return (col, row), with fractions, of points on the ground; the inverse of `to_ground`."""
    east, north = x - transform.c, y - transform.f
    determinant = transform.a * transform.e - transform.b * transform.d
    return (transform.e * east - transform.b * north) / determinant, (transform.a * north - transform.d * east) / determinant


def shifted(transform: Affine, cols: float, rows: float) -> Affine:
    """Return the transform of the grid that begins ``cols`` columns and ``rows`` rows further in."""
    x, y = to_ground(transform, cols, rows)
    return Affine(transform.a, transform.b, x, transform.d, transform.e, y)
