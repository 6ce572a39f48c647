"""Draw the pipes of joined settlements: one row per stretch of one flow, with its diameter, its losses and its price.

A pumped tree starts at the source's head plus the lift. The lift is the least with which every node keeps its head when pipes lose the profile's design
loss, or when all are of the thickest size, whichever is more, and at most the profile's limit:

    lift = min(limit, max over nodes k of max(z_k + p_k + j·ℓ_k, z_k + p_k + loss_thickest(k)) − head at the source)

By hand: a house 40 m above the source, 10 m of residual head, 1 km of pipe at 5 m/km, water 2 m above ground at the source: 40 + 10 + 5 − 2 = 53 m.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry import LineString

from geoplan.contracts.water_profile import WaterProfile
from geoplan.coverage.hydraulics import loss_per_m, size_tree
from geoplan.coverage.scheme_routes import Routes

PIPE_COLUMNS = "pipe_id source_id settlements persons length_m diameter_mm flow_l_s loss_m mode capital_yuan velocity_m_s pressure_max_m".split()
"""Columns of the pipes beside geometry; pressure_max_m: highest head above the pipe when nothing flows."""


@dataclass(frozen=True)
class PipeWorks:
    """Pipes of one mode, gravity or pump, over all sources.

    Attributes
    ----------
    pipes
        GeoDataFrame, `PIPE_COLUMNS`.
    lift_m
        (sources,) lift of its pump; 0 by gravity and where nothing is laid.
    head_m, along_m
        (settlements,) head left above the ground with the pump, and pipe from the source; NaN where not joined.
    """

    pipes: gpd.GeoDataFrame
    lift_m: NDArray[np.float64]
    head_m: NDArray[np.float64]
    along_m: NDArray[np.float64]


def lay_pipes(
    routes: Routes,
    joined: NDArray[np.bool_],
    flow_l_s: NDArray[np.float64],
    source_head_m: NDArray[np.float64],
    settlements: pd.DataFrame,
    source_ids: NDArray[np.object_],
    profile: WaterProfile,
    *,
    mode: str,
    trench_yuan_per_m: float,
    crs: CRS,
) -> PipeWorks:
    """Return the pipes that carry the flows of joined pairs.

    Parameters
    ----------
    routes, joined, flow_l_s
        Trees and pairs, which pairs are joined, flow through the piece that ends in each node.
    source_head_m
        (sources,) head at the source without a pump, metres above the datum.
    settlements
        settlement_id, persons, z, least_m (least head, metres above the datum), in the numbering of the pairs.
    source_ids
        (sources,) ids.
    profile
        Pipes and pump.
    mode
        gravity, or pump: then the source's head is lifted.
    trench_yuan_per_m
        Trench on gentle ground.
    crs
        Of the coordinates.
    """
    pipes = profile.pipes
    sizes = np.array([one.diameter_mm for one in pipes.sizes])
    least = routes.height_m.copy()
    node = routes.first[routes.source] + routes.node
    least[node[joined]] = settlements["least_m"].to_numpy()[routes.settlement[joined]]
    lift = np.zeros(len(source_ids))
    head_m, along_m = np.full(len(settlements), np.nan), np.full(len(settlements), np.nan)
    rows: list[dict[str, object]] = []
    ids, people, z = (settlements[name].to_numpy() for name in ("settlement_id", "persons", "z"))
    for k in np.unique(routes.source[joined]):
        a, b = routes.first[k], routes.first[k + 1]
        tree, length, flow = routes.parent[a:b], routes.length_m[a:b], flow_l_s[a:b]
        start = source_head_m[k]
        if mode == "pump":
            need = _needed_head(
                tree,
                length,
                least[a:b],
                flow,
                profile.pump.design_loss_m_per_km.value / 1000.0,
                sizes[-1],
                pipes.roughness_c.value,
            )
            lift[k] = min(max(need - start, 0.0), profile.pump.lift_max_m.value)
            start += lift[k]
        pipe, size, head = size_tree(
            tree, length, least[a:b], flow, start, sizes, pipes.roughness_c.value, pipes.velocity_max_m_s.value
        )
        here = np.flatnonzero(joined & (routes.source == k))
        taps, who = routes.node[here], routes.settlement[here]
        head_m[who], along_m[who] = head[taps] - z[who], _along(tree, length)[taps]
        users = _users(tree, pipe, taps, len(size))
        for p in range(len(size)):
            rows.append(_describe(routes, a, p, pipe, tree, head, start, flow, profile, size[p], trench_yuan_per_m))
            of = [who[t] for t in users[p]]
            rows[-1] |= {
                "pipe_id": f"{source_ids[k]}-{mode[0].upper()}{p + 1:03d}",
                "source_id": source_ids[k],
                "settlements": ";".join(str(ids[one]) for one in of),
                "persons": float(people[of].sum()),
                "mode": mode,
            }
    frame = pd.DataFrame(rows, columns=[*PIPE_COLUMNS, "geometry"])
    return PipeWorks(gpd.GeoDataFrame(frame, geometry="geometry", crs=crs), lift, head_m, along_m)


def empty_pipes(crs: CRS) -> gpd.GeoDataFrame:
    """Return a table of pipes without rows."""
    return gpd.GeoDataFrame(pd.DataFrame(columns=[*PIPE_COLUMNS, "geometry"]), geometry="geometry", crs=crs)


def _describe(
    routes: Routes, first: int, number: int, pipe: NDArray[np.int64], tree: NDArray[np.int64], head: NDArray[np.float64], start: float,
    flow: NDArray[np.float64], profile: WaterProfile, size: int, trench_yuan: float,
) -> dict[str, object]:  # fmt: skip
    """Return what one pipe is, beside whom it serves."""
    at = np.flatnonzero(pipe == number)
    nodes = np.r_[tree[at[0]], at]
    chosen = profile.pipes.sizes[size]
    length = float(routes.length_m[first + at].sum())
    width_m = chosen.diameter_mm / 1000.0
    return {
        "length_m": length,
        "diameter_mm": chosen.diameter_mm,
        "flow_l_s": float(flow[at[0]]),
        "loss_m": float(head[nodes[0]] - head[at[-1]]),
        "capital_yuan": length * chosen.yuan_per_m + float(routes.trench_m[first + at].sum()) * trench_yuan,
        "velocity_m_s": float(flow[at[0]] / 1000.0 / (0.25 * np.pi * width_m**2)),
        "pressure_max_m": float((start - routes.height_m[first + nodes]).max()),
        "geometry": LineString(routes.xy[first + nodes]),
    }


def _users(tree: NDArray[np.int64], pipe: NDArray[np.int64], taps: NDArray[np.int64], count: int) -> list[list[int]]:
    """Return, per pipe, which of the taps draw through it, in their order."""
    users: list[list[int]] = [[] for _ in range(count)]
    for t, tap in enumerate(taps):
        v, last = int(tap), -1
        while v != 0:
            if pipe[v] != last:
                last = int(pipe[v])
                users[last].append(t)
            v = int(tree[v])
    return users


@njit(cache=True, nogil=True)
def _along(parent: NDArray[np.int64], length_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pipe from the source to every node, metres."""
    along = np.zeros(len(parent))
    for k in range(1, len(parent)):
        along[k] = along[parent[k]] + length_m[k]
    return along


@njit(cache=True, nogil=True)
def _needed_head(
    parent: NDArray[np.int64], length_m: NDArray[np.float64], least_m: NDArray[np.float64], flow_l_s: NDArray[np.float64], loss: float,
    thickest_mm: float, roughness_c: float,
) -> float:  # fmt: skip
    """Return the head at the source that a pumped tree needs."""
    lost, along = np.zeros(len(parent)), np.zeros(len(parent))
    need = least_m[0]
    for k in range(1, len(parent)):
        along[k] = along[parent[k]] + length_m[k]
        if flow_l_s[k] <= 0.0:
            continue
        lost[k] = lost[parent[k]] + length_m[k] * loss_per_m(flow_l_s[k], thickest_mm, roughness_c)
        need = max(need, least_m[k] + max(along[k] * loss, lost[k]))
    return need
