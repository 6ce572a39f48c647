"""Make the terrain and its rivers: a carved landscape on a coarse grid, refined, with flat floors along the rivers.

The coarse landscape (200 m cells) comes from `geoplan.synthetic.hydrology`. It is interpolated to 50 m, roughened in
proportion to its slope, and flattened beside each river. River beds are burnt in last as a running minimum from source
to mouth, so that walking down any river the elevation model never rises.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import COARSE, FINE, HEIGHT_M, NORTH_M, WEST_M, WIDTH_M, Floats, Ints
from geoplan.synthetic.hydrology import carve, make_noise, raise_from_outlets, trace_reaches

RIVER_KM2 = 22.0
"""Streams with at least this much upstream area are mapped as rivers."""
LOW_M, HIGH_M = 400.0, 2200.0
_MAIN_INFLOW_KM2 = 2600.0


@dataclass(frozen=True)
class River:
    """One reach between two confluences, drawn downstream.

    Attributes
    ----------
    xy
        (n, 2) easting, northing, metres.
    bed_m
        (n,) height of the bed, metres, never rising.
    area_km2
        (n,) upstream area.
    """

    xy: Floats
    bed_m: Floats
    area_km2: Floats


def _lay_courses(rng: np.random.Generator) -> tuple[Floats, Ints, Floats, Floats]:
    """Return resistance, outlets, outlet heights and inflow: one great river from north to south, four lesser ways out."""
    rows, cols = COARSE.shape
    noise = make_noise(rng, (rows, cols), beta=2.2)
    resistance = np.exp(0.75 * noise)
    row = np.arange(rows)
    sway = make_noise(rng, (1, rows), beta=2.6, shortest=11.0)[0]
    col = np.clip(np.round(cols * (0.47 + 0.05 * row / rows) + 19.0 * sway), 10, cols - 11).astype(np.int64)
    for step in range(rows):
        low, high = sorted((col[step], col[max(step - 1, 0)]))
        resistance[step, low : high + 1] *= 0.03
    inflow = np.zeros((rows, cols))
    inflow[0, col[0]] = _MAIN_INFLOW_KM2
    outlets = np.array(
        [
            (rows - 1) * cols + col[-1],
            (rows // 4) * cols,
            (3 * rows // 4) * cols,
            (rows // 3 + 1) * cols - 1,
            (4 * rows // 5 + 1) * cols - 1,
        ]
    )
    return resistance, outlets, np.array([0.0, 170.0, 120.0, 210.0, 130.0]), inflow


def _draw_reach(rng: np.random.Generator, cells: Ints, z: Floats, area: Floats) -> River:
    """Return a reach as a smooth, slightly winding line through its cells; both ends stay where they are."""
    centres = COARSE.centres()[cells]
    parts = np.linspace(0.0, len(cells) - 1.0, (len(cells) - 1) * 4 + 1)
    index = np.arange(len(cells))
    xy = np.column_stack([np.interp(parts, index, centres[:, k]) for k in (0, 1)])
    taper = np.minimum(1.0, np.minimum(parts, parts[-1] - parts) / 2.0)[:, None]
    bend = gaussian_filter(rng.standard_normal(xy.shape), (5.0, 0.0))
    soft = gaussian_filter(xy, (6.0, 0.0), mode="nearest")
    xy = xy + taper * (soft - xy + 150.0 * bend)
    return River(
        xy=np.round(xy, 1),
        bed_m=np.interp(parts, index, z.ravel()[cells]),
        area_km2=np.interp(parts, index, np.append(area.ravel()[cells][:-1], area.ravel()[cells][-2])),
    )


def _refine(rng: np.random.Generator, z: Floats) -> Floats:
    """Return the coarse heights on the fine grid, roughened where it is steep."""
    rows, cols = FINE.shape
    scale = FINE.cell_m / COARSE.cell_m
    row = (np.arange(rows) + 0.5) * scale - 0.5
    col = (np.arange(cols) + 0.5) * scale - 0.5
    fine = map_coordinates(z, np.meshgrid(row, col, indexing="ij"), order=3, mode="nearest")
    soft = gaussian_filter(fine, 2.0)
    steep = np.hypot(*np.gradient(soft, FINE.cell_m))
    rough = make_noise(rng, FINE.shape, beta=3.0, shortest=4.0) * 26.0 + make_noise(rng, FINE.shape, beta=2.0, shortest=3.0) * 2.0
    return soft * 0.6 + fine * 0.4 + rough * np.clip(steep / 0.4, 0.05, 1.2)


def _flatten_beside(z: Floats, rivers: list[River], broad: Floats) -> Floats:
    """Return heights with a floor beside each river, as wide as its water asks (m), and nothing below the river."""
    xy = np.vstack([one.xy for one in rivers])
    bed = np.concatenate([one.bed_m for one in rivers])
    area = np.concatenate([one.area_km2 for one in rivers])
    distance, nearest = cKDTree(xy).query(FINE.centres(), distance_upper_bound=1500.0)
    near = np.isfinite(distance)
    d, k = distance[near], nearest[near]
    width = np.clip(55.0 + 11.0 * np.sqrt(area[k]), 80.0, 430.0) * broad.ravel()[near]
    share = np.clip((d - 0.15 * width) / width, 0.0, 1.0)
    share = share * share * (3.0 - 2.0 * share)
    flat = z.ravel().copy()
    flat[near] = np.maximum(bed[k] + 1.5 + 0.012 * d, bed[k] + 1.5 + 0.012 * d + share * (flat[near] - bed[k]))
    return flat.reshape(z.shape)


def _cross_cells(xy: Floats) -> tuple[Ints, Floats]:
    """Return every fine cell a line passes, in order, and where on the line (in vertices from its start) it is inside it."""
    breaks = [np.arange(len(xy), dtype=float)]
    for axis in (0, 1):
        start, end = xy[:-1, axis] / FINE.cell_m, xy[1:, axis] / FINE.cell_m
        low, high = np.ceil(np.minimum(start, end)), np.floor(np.maximum(start, end))
        count = np.maximum(high - low + 1, 0).astype(np.int64)
        segment = np.repeat(np.arange(len(count)), count)
        line = np.repeat(low, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        run = end[segment] - start[segment]
        safe = np.where(run == 0.0, 1.0, run)
        breaks.append(segment + np.where(run == 0.0, 0.0, (line - start[segment]) / safe))
    where = np.unique(np.concatenate(breaks))
    # Vertices and crossings may lie on cell borders, so they are asked for their cell beside the stretches between them.
    where = np.sort(np.concatenate([where, (where[1:] + where[:-1]) / 2.0]))
    index = np.arange(len(xy))
    cells = FINE.cells(np.column_stack([np.interp(where, index, xy[:, k]) for k in (0, 1)]))
    keep = np.append(True, cells[1:] != cells[:-1])
    return cells[keep], where[keep]


def burn_beds(z: Floats, rivers: list[River]) -> Floats:
    """Return heights in which every river runs downhill from cell to cell.

    The cells under each river take its bed; then each bed is lowered to the running minimum of what lies upstream, until
    nothing changes. The limit is the largest surface below the start that never rises downstream.
    """
    flat = np.round(z, 1).ravel()
    paths = []
    for one in rivers:
        cells, where = _cross_cells(one.xy)
        paths.append(cells)
        np.minimum.at(flat, cells, np.round(np.interp(where, np.arange(len(one.xy)), one.bed_m), 1))
    changed = True
    while changed:
        changed = False
        for cells in paths:
            lower = np.minimum.accumulate(flat[cells])
            if (lower < flat[cells]).any():
                np.minimum.at(flat, cells, lower)
                changed = True
    return flat.reshape(z.shape)


def make_terrain(rng: np.random.Generator) -> tuple[Floats, list[River], Floats]:
    """Return the 50 m elevation model (metres), its rivers, and the upstream area on the coarse grid (km²)."""
    resistance, outlets, base_m, inflow = _lay_courses(rng)
    rows, cols = COARSE.shape
    hardness = np.exp(0.28 * make_noise(rng, (rows, cols), beta=3.4, shortest=10.0))
    x = np.linspace(-1.0, 1.0, cols)[None, :]
    hardness *= 0.105 * (1.0 + 0.25 * np.abs(x))
    z, area, receiver = carve(
        raise_from_outlets(resistance, outlets),
        outlets=outlets,
        base_m=base_m,
        inflow_km2=inflow,
        steepness=hardness,
        cell_m=COARSE.cell_m,
        rounds=34,
    )
    inner = z[10:-10, 10:-10]
    z = LOW_M + 12.0 + (z - inner.min()) * ((HIGH_M + 30.0 - LOW_M) / (inner.max() - inner.min()))
    rivers = [_draw_reach(rng, cells, z, area) for cells in trace_reaches(receiver, area.ravel() >= RIVER_KM2)]
    broad = np.clip(1.0 + 0.55 * make_noise(rng, FINE.shape, beta=4.0, shortest=30.0), 0.45, 2.2)
    fine = _flatten_beside(_refine(rng, z), rivers, broad)
    fine = burn_beds(np.clip(fine, LOW_M, HIGH_M), rivers)
    return fine, rivers, area


def map_extent() -> tuple[float, float, float, float]:
    """Return (west, south, east, north) of the map, metres."""
    return (WEST_M, NORTH_M - HEIGHT_M, WEST_M + WIDTH_M, NORTH_M)
