"""Say whose catchment every cell lies in: the source that the path from it ends at.

The owner of a cell is the owner of the step before it, t(u) + c(u, v) = t(v) in whole ticks, back to a seed; of several steps that fit, the first
move, then the first link or arc, exactly as `geoplan.access.trace` resolves them. Every step is looked for once, and paths are shortened while
they are followed, so the work grows with the number of cells, not with the length of paths. Areas are those of cells: they add up to the reached ground.
By hand: two clinics in a row of six level cells, in the first and the last: three cells each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import geopandas as gpd
import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan.access.cell_polygons import draw_cells
from geoplan.access.entries import Entries
from geoplan.access.field import Field
from geoplan.access.kernel import NEVER, Moves, slope_factor
from geoplan.access.people_on_ground import count_people
from geoplan.access.ticks import EASIEST, STEEPNESS
from geoplan.contracts.grid import Grid
from geoplan.contracts.ground import MOVES
from geoplan.errors import TableError

_TOO_DEAR = 4.0e9


class _Solved(NamedTuple):
    """A solved field, flat: ground, times of cells and nodes, and the steps into a cell or a node other than moves."""

    rows: int
    cols: int
    height: NDArray[np.int16]
    classes: NDArray[np.uint8]
    blocked: NDArray[np.uint16]
    time: NDArray[np.uint32]
    node_time: NDArray[np.uint32]
    link_cell: NDArray[np.int64]
    """Ascending; with ``link_node`` and ``link_in`` the steps from nodes to cells."""
    link_node: NDArray[np.int32]
    link_in: NDArray[np.int64]
    arc_first: NDArray[np.int64]
    arc_from: NDArray[np.int64]
    arc_ticks: NDArray[np.int64]
    node_first: NDArray[np.int64]
    node_cell: NDArray[np.int64]
    node_in: NDArray[np.int64]


def allocate_cells(field: Field) -> NDArray[np.int32]:
    """Return (rows, cols) number of the source every cell belongs to, −1 where the field did not reach.

    Parameters
    ----------
    field
        Solved field, of either direction.

    Returns
    -------
    Numbers as in ``field.seeds.source``: of the points that `plant_seeds` was given. Equal times go to the source that a traced path ends at.
    """
    costs, ground = field.costs, field.costs.surface.ground
    ways, by_cell = costs.ways, costs.link_by_cell
    arc_first, order = (ways.first, ways.order) if costs.towards else (ways.back_first, ways.back_order)
    solved = _Solved(
        *ground.shape, ground.height_dm.reshape(-1), ground.speed_class.reshape(-1), ground.blocked.reshape(-1),
        field.time.reshape(-1), field.node_time, costs.link_cell[by_cell], costs.link_node[by_cell], costs.link_in[by_cell],
        arc_first, (ways.end if costs.towards else ways.start)[order], ways.ticks[order],
        costs.node_first, costs.node_cell, costs.node_in,
    )  # fmt: skip
    moves = Moves(
        costs.pace, MOVES[:, 0].copy(), MOVES[:, 1].copy(), costs.share_m, costs.slope_per_dm, costs.least, costs.stretch
    )
    cells, codes = field.time.size, field.time.size + len(field.node_time)
    # Steps are kept in the place of owners as −2 − code until the owner is known.
    owner = np.full(codes, -1, dtype=np.int32 if codes < np.iinfo(np.int32).max - 2 else np.int64)
    limit = min(field.limit, int(NEVER))
    times = np.concatenate([field.time.reshape(-1)[_in(field, True)], field.node_time[_in(field, False)]])
    began = (times == field.seeds.ticks) & (times < limit)
    owner[field.seeds.code[began]] = field.seeds.source[began]
    _step_cells(limit, solved, moves, owner)
    _step_links(limit, solved, owner)
    _follow_steps(owner)
    return owner[:cells].reshape(field.time.shape).astype(np.int32)


def _in(field: Field, cells: bool) -> NDArray[np.int64]:
    """Return the cells, or the nodes, that seeds stand on; codes ascend, so cells come first."""
    code = field.seeds.code
    return code[code < field.time.size] if cells else code[code >= field.time.size] - field.time.size


@njit(cache=True, nogil=True, error_model="numpy")
def _step_cells(limit: int, solved: _Solved, moves: Moves, owner: NDArray[np.int32]) -> None:
    """Write −2 − the code before every cell that a move led to; cells that none led to stay −1."""
    time, classes, pace, cols = solved.time, solved.classes, moves.pace, solved.cols
    offset = moves.down * cols + moves.right
    middle_a, middle_b = np.zeros(16, dtype=np.int64), np.zeros(16, dtype=np.int64)
    for k in range(8, 16):
        if abs(moves.right[k]) == 2:
            middle_a[k], middle_b[k] = moves.right[k] // 2, moves.down[k] * cols + moves.right[k] // 2
        else:
            middle_a[k], middle_b[k] = (moves.down[k] // 2) * cols, (moves.down[k] // 2) * cols + moves.right[k]
    for cell in range(len(time)):
        if owner[cell] != -1 or time[cell] >= limit:
            continue
        here = np.uintp(cell)
        t, barred, z, p = np.int64(time[here]), solved.blocked[here], float(solved.height[here]), pace[classes[here]]
        for k in range(16):
            if (barred >> k) & 1:
                continue
            other = np.uintp(cell + offset[k])
            taken = t - np.int64(time[other])
            if taken < moves.least[k]:
                continue
            paces = pace[classes[other]] + p
            if k >= 8:
                paces += pace[classes[np.uintp(cell + middle_a[k])]] + pace[classes[np.uintp(cell + middle_b[k])]]
            slope = (z - float(solved.height[other])) * moves.slope_per_dm[k]
            level = moves.share_m[k] * paces
            # A step that does not fit is dearer than the time between its ends; e^x > 0.998 (1 + x + x²/2) tells most of them without the exponential.
            x = STEEPNESS * (abs(slope + EASIEST) - EASIEST)
            if level * 0.998 * (1.0 + x * (1.0 + 0.5 * x)) > float(taken + 1):
                continue
            cost = level * slope_factor(slope, moves.stretch)
            if cost < _TOO_DEAR and max(np.int64(cost + 0.5), 1) == taken:
                owner[here] = -2 - np.int64(other)
                break


@njit(cache=True, nogil=True, error_model="numpy")
def _step_links(limit: int, solved: _Solved, owner: NDArray[np.int32]) -> None:
    """Write −2 − the code before every cell that a link led to and every road node; first those listed first."""
    cells = solved.rows * solved.cols
    for n in range(len(solved.link_cell)):
        cell, node = solved.link_cell[n], np.int64(solved.link_node[n])
        t = np.int64(solved.time[cell])
        if owner[cell] == -1 and t < limit and np.int64(solved.node_time[node]) + solved.link_in[n] == t:
            owner[cell] = -2 - cells - node
    for node in range(len(solved.node_time)):
        t = np.int64(solved.node_time[node])
        if owner[cells + node] != -1 or t >= limit:
            continue
        for a in range(solved.arc_first[node], solved.arc_first[node + 1]):
            if owner[cells + node] == -1 and np.int64(solved.node_time[solved.arc_from[a]]) + solved.arc_ticks[a] == t:
                owner[cells + node] = -2 - cells - solved.arc_from[a]
        for n in range(solved.node_first[node], solved.node_first[node + 1]):
            if owner[cells + node] == -1 and np.int64(solved.time[solved.node_cell[n]]) + solved.node_in[n] == t:
                owner[cells + node] = -2 - solved.node_cell[n]


@njit(cache=True, nogil=True, error_model="numpy")
def _follow_steps(owner: NDArray[np.int32]) -> None:
    """Replace steps by the owner they lead to."""
    for start in range(len(owner)):
        code = np.int64(start)
        while owner[code] <= -2:
            code = np.int64(-2) - owner[code]
        found = owner[code]
        code = np.int64(start)
        while owner[code] <= -2:
            after = np.int64(-2) - owner[code]
            owner[code] = found
            code = after


def draw_catchments(
    field: Field,
    far: Entries,
    ids: Sequence[str] | NDArray[np.object_],
    *,
    points: NDArray[np.int64] | None = None,
    population: Grid | None = None,
    simplify_m: float = 0.0,
) -> gpd.GeoDataFrame:
    """Return the catchment of every facility as a polygon; no facility is left out.

    Parameters
    ----------
    field
        Solved for facilities among the points of ``far``.
    far, ids
        The points as entered, and the id of each.
    points
        Numbers of the points that take part; all by default.
    population
        People per cell of its own grid, in the ground's CRS.
    simplify_m
        Tolerance for simplifying the drawn lines, metres; neighbours keep one common line, and areas stay those of cells.

    Returns
    -------
    GeoDataFrame
        facility_id, status (how the facility entered: ok, unsnapped, no_data), area_km2, persons (with ``population``) and geometry. A facility
        that is nobody's nearest has area 0 and an empty polygon. People outside every catchment are in `count_people`'s states.

    Raises
    ------
    TableError
        ``CATCHMENT-IDS``: not one id per point.
    CrsError
        ``CRS-MIXED``: the people are in another CRS.
    """
    names = np.array(list(ids), dtype=object)
    if len(names) != len(far.xy):
        raise TableError(
            f"{len(names)} ids for {len(far.xy)} points", code="CATCHMENT-IDS", remedy="Give one id for every point entered."
        )
    chosen = np.arange(len(names)) if points is None else np.asarray(points, dtype=np.int64)
    ground, owner = field.costs.surface.ground, allocate_cells(field)
    place = np.full(len(names) + 1, -1, dtype=np.int32)
    place[chosen] = np.arange(len(chosen))
    label = place[owner]
    cell_km2 = ground.cell_size[0] * ground.cell_size[1] / 1e6
    cells = np.bincount(label[label >= 0], minlength=len(chosen))
    columns = {"facility_id": names[chosen], "status": far.status[chosen], "area_km2": cells * cell_km2}
    if population is not None:
        columns["persons"] = count_people(population, ground, label, count=len(chosen)).persons
    shapes = draw_cells(label, ground.transform, count=len(chosen), simplify_m=simplify_m)
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=ground.crs)
