"""Name what the search is handed: ground, costs, tiles, links, road nodes, and one tile's copy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

OPEN, LINKED, OUTER, LISTED = np.uint8(1), np.uint8(2), np.uint8(4), np.uint8(8)
"""Marks. Of cells: open, has links to road nodes, belongs to another tile. Of nodes: open, stands in the list of those that wait."""


class Cells(NamedTuple):
    """The ground as in `geoplan.contracts.ground.Ground`, flat, and the state of the search on it."""

    rows: int
    cols: int
    height: NDArray[np.int16]
    classes: NDArray[np.uint8]
    blocked: NDArray[np.uint16]
    time: NDArray[np.uint32]
    """(rows · cols,) ticks, changed in place."""
    flags: NDArray[np.uint8]
    """(rows · cols,) marks, changed in place; open cells (mark 1) are where the search goes on."""


class Moves(NamedTuple):
    """What the sixteen moves cost."""

    pace: NDArray[np.float64]
    """(256,) ticks per metre of each class on level ground."""
    down: NDArray[np.int64]
    right: NDArray[np.int64]
    share_m: NDArray[np.float64]
    """(16,) metres held by each cell passed."""
    slope_per_dm: NDArray[np.float64]
    """(16,) slope per decimetre of rise; its sign turns the search towards the sources."""
    least: NDArray[np.int64]
    """(16,) the least cost there can be, ticks."""
    stretch: float
    """1 where lengths follow the slope, 0 where they are level."""


class Tiles(NamedTuple):
    """Squares of cells."""

    size: int
    across: int
    first: NDArray[np.int64]
    """(tiles,) earliest open time of each tile, changed in place."""


class Links(NamedTuple):
    """Links from cells to road nodes: first link of each tile, then cell (ascending within a tile), node and ticks."""

    first: NDArray[np.int64]
    cell: NDArray[np.int64]
    node: NDArray[np.int32]
    out: NDArray[np.int64]


class Nodes(NamedTuple):
    """Road nodes: state, arcs between them and links to cells, both in compressed rows."""

    time: NDArray[np.uint32]
    flag: NDArray[np.uint8]
    wait: NDArray[np.int32]
    """List of open nodes, as long as ``counts[0]``."""
    counts: NDArray[np.int64]
    """(2,) length of the list, and the earliest time in it."""
    arc_first: NDArray[np.int64]
    arc_end: NDArray[np.int32]
    arc_ticks: NDArray[np.int64]
    link_first: NDArray[np.int64]
    link_cell: NDArray[np.int64]
    link_out: NDArray[np.int64]


class Scratch(NamedTuple):
    """One tile's copy with its halo, and its queue: entries in lists that begin at ``head``."""

    time: NDArray[np.uint32]
    height: NDArray[np.int16]
    classes: NDArray[np.uint8]
    blocked: NDArray[np.uint16]
    flag: NDArray[np.uint8]
    head: NDArray[np.int32]
    following: NDArray[np.int32]
    entry: NDArray[np.int32]
    due: NDArray[np.int32]
    """(cells + 1,) what a bucket held."""
