"""Find where road lines meet, and cut them there.

Two lines meet at a vertex both have, and where they cross or touch without one. They are joined there unless one passes
over the other:

- a shared vertex at which any line ends is a junction, whatever the levels (a ramp meets its bridge);
- a shared vertex interior to every line joins only lines of one level (same ``road_layer``, both or neither on a bridge
  or in a tunnel);
- a crossing or touch without a shared vertex joins only plain roads (no bridge, tunnel, ferry or rope) of one
  ``road_layer``, and never a motorway with another class, because a motorway (高速公路) has no level crossings.

Places left unjoined are counted. By hand: two 200 m roads crossing at their middles give 4 edges of 100 m and 5 nodes; with
one of them a bridge, 2 edges, 4 nodes and one crossing left unjoined.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

SAME_PLACE_M = 1.0e-3
"""Vertices closer than a millimetre are one place."""
_OFF_GROUND = ("bridge", "tunnel", "ferry", "rope")


@dataclass(frozen=True)
class Cuts:
    """Where lines are cut: one row per (line, place).

    Attributes
    ----------
    line, along_m, place
        (c,) line number, metres along it, and number of the place; includes both ends of every line.
    xy
        (places, 2) coordinates.
    joined, unjoined
        Crossings without a shared vertex that were joined; places where lines pass without being joined.
    """

    line: NDArray[np.int64]
    along_m: NDArray[np.float64]
    place: NDArray[np.int64]
    xy: NDArray[np.float64]
    joined: int
    unjoined: int

    @classmethod
    def of_nothing(cls) -> Cuts:
        """Return the cuts of no lines."""
        none = np.zeros(0, dtype=np.int64)
        return cls(none, np.zeros(0), none, np.zeros((0, 2)), 0, 0)


@dataclass(frozen=True)
class _Vertices:
    """All vertices of all lines, flat."""

    xy: NDArray[np.float64]
    line: NDArray[np.int64]
    along_m: NDArray[np.float64]
    is_end: NDArray[np.bool_]
    key: NDArray[np.int64]


def is_off_ground(crossing: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which crossing kinds leave the ground: bridge, tunnel, ferry, rope."""
    return np.isin(crossing.astype(str), _OFF_GROUND)


def _read_vertices(lines: NDArray[np.object_]) -> _Vertices:
    """Return the vertices of lines with their distance along and a key shared by coincident ones."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    starts = np.r_[True, line[1:] != line[:-1]]
    ends = np.r_[starts[1:], True]
    step = np.r_[0.0, np.hypot(*(xy[1:] - xy[:-1]).T)]
    step[starts] = 0.0
    run = np.cumsum(step)
    along = run - run[np.flatnonzero(starts)][line]
    return _Vertices(xy, line, along, starts | ends, number_places(xy))


def number_places(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return a number per point, the same for points in the same millimetre; numbers have no holes."""
    cell = np.round((xy - xy.min(axis=0)) / SAME_PLACE_M).astype(np.int64) if len(xy) else np.zeros((0, 2), dtype=np.int64)
    column = pd.factorize(cell[:, 0])[0].astype(np.int64)
    row = pd.factorize(cell[:, 1])[0].astype(np.int64)
    return pd.factorize(column * (len(xy) + 1) + row)[0].astype(np.int64)


def _level_key(roads: pd.DataFrame) -> NDArray[np.int64]:
    """Return a number per road; roads with the same number lie on one level."""
    crossing = roads["crossing"].astype(str).to_numpy()
    kind = np.where(is_off_ground(crossing), crossing, "")
    return pd.MultiIndex.from_arrays([roads["road_layer"].to_numpy(), kind]).factorize()[0]


def _cut_shared(vertices: _Vertices, level: NDArray[np.int64]) -> tuple[pd.DataFrame, int]:
    """Return cuts at vertices that lines share, and the number of shared vertices left unjoined."""
    table = pd.DataFrame({"key": vertices.key, "line": vertices.line, "along_m": vertices.along_m, "is_end": vertices.is_end})
    table["row"] = np.arange(len(table))
    table["level"] = level[vertices.line]
    by_key = table.groupby("key", sort=False)
    table["met"] = by_key["row"].transform("size")
    table = table[(table["met"] > 1) | table["is_end"]].copy()
    table["any_end"] = table.groupby("key", sort=False)["is_end"].transform("any")
    table["level"] = table["level"].where(~table["any_end"], -1)
    table["with_me"] = table.groupby(["key", "level"], sort=False)["row"].transform("size")
    levels = table.groupby("key", sort=False)["level"].nunique()
    keep = (table["with_me"] > 1) | table["is_end"]
    return table[keep], int((levels > 1).sum())


def _cross_segments(
    start: NDArray[np.float64], end: NDArray[np.float64], one: NDArray[np.int64], two: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Return whether segments cross inside both, and at which share of each."""
    r, s = end[one] - start[one], end[two] - start[two]
    gap = start[two] - start[one]
    turn = r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0]
    sized = np.abs(turn) > 1e-12 * np.hypot(*r.T) * np.hypot(*s.T)
    safe = np.where(sized, turn, 1.0)
    t = (gap[:, 0] * s[:, 1] - gap[:, 1] * s[:, 0]) / safe
    u = (gap[:, 0] * r[:, 1] - gap[:, 1] * r[:, 0]) / safe
    return sized & (t > 0) & (t < 1) & (u > 0) & (u < 1), t, u


def _touch_segments(
    point: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return whether a point lies inside a segment (within a millimetre, ends excluded), and at which share of it."""
    r = end - start
    length = np.hypot(*r.T)
    share = ((point - start) * r).sum(axis=1) / np.where(length > 0, length, 1.0) ** 2
    foot = start + r * share[:, None]
    off = np.hypot(*(point - foot).T)
    inner = (share * length > SAME_PLACE_M) & ((1 - share) * length > SAME_PLACE_M)
    return inner & (off <= SAME_PLACE_M), share


def _meet_without_vertex(vertices: _Vertices) -> pd.DataFrame:
    """Return meetings with no shared vertex: line and distance along on both sides, coordinates.

    A crossing has both distances inside segments; a touch has a vertex of the first line inside a segment of the second.
    """
    follows = vertices.line[1:] == vertices.line[:-1]
    first = np.flatnonzero(follows)
    start, end = vertices.xy[first], vertices.xy[first + 1]
    segments = shapely.linestrings(np.stack([start, end], axis=1))
    one, two = shapely.STRtree(segments).query(segments)
    keep = one < two
    one, two = one[keep], two[keep]
    key_start, key_end = vertices.key[first], vertices.key[first + 1]
    shared = (key_start[one] == key_start[two]) | (key_start[one] == key_end[two])
    shared |= (key_end[one] == key_start[two]) | (key_end[one] == key_end[two])
    length = np.hypot(*(end - start).T)
    found = []
    touched = np.zeros(len(one), dtype=bool)
    for a, b in ((one, two), (two, one)):
        for offset in (0, 1):
            vertex = first[a] + offset
            hit, share = _touch_segments(vertices.xy[vertex], start[b], end[b])
            # A vertex that the other segment's line already has at that place is a shared vertex, not a touch.
            touched |= hit
            at = np.flatnonzero(hit)
            found.append(_meeting(vertices, vertex[at], first[b[at]], share[at] * length[b[at]]))
    crossed, t, u = _cross_segments(start, end, one, two)
    at = np.flatnonzero(crossed & ~touched & ~shared)
    xy = start[one[at]] + (end[one[at]] - start[one[at]]) * t[at, None]
    found.append(
        pd.DataFrame(
            {
                "line_a": vertices.line[first[one[at]]],
                "along_a": vertices.along_m[first[one[at]]] + t[at] * length[one[at]],
                "line_b": vertices.line[first[two[at]]],
                "along_b": vertices.along_m[first[two[at]]] + u[at] * length[two[at]],
                "end_a": False,
                "x": xy[:, 0],
                "y": xy[:, 1],
            }
        )
    )
    meetings = pd.concat([one for one in found if len(one)] or found[:1], ignore_index=True)
    place = number_places(meetings[["x", "y"]].to_numpy(dtype=np.float64))
    doubled = pd.DataFrame({"a": meetings["line_a"], "b": meetings["line_b"], "place": place}).duplicated()
    return meetings[~doubled.to_numpy()]


def _meeting(
    vertices: _Vertices, vertex: NDArray[np.int64], segment_start: NDArray[np.int64], into_m: NDArray[np.float64]
) -> pd.DataFrame:
    """Return rows for vertices that lie inside another line's segments."""
    return pd.DataFrame(
        {
            "line_a": vertices.line[vertex],
            "along_a": vertices.along_m[vertex],
            "line_b": vertices.line[segment_start],
            "along_b": vertices.along_m[segment_start] + into_m,
            "end_a": vertices.is_end[vertex],
            "x": vertices.xy[vertex, 0],
            "y": vertices.xy[vertex, 1],
        }
    )


def _may_join(meetings: pd.DataFrame, roads: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which meetings without a shared vertex are junctions."""
    off_ground = is_off_ground(roads["crossing"].to_numpy())
    layer = roads["road_layer"].to_numpy()
    motorway = (roads["road_class"] == "motorway").to_numpy()
    a, b = meetings["line_a"].to_numpy(), meetings["line_b"].to_numpy()
    ends = meetings["end_a"].to_numpy()
    # The end of a bridge, ferry or rope may land on the side of a plain road; everything else must be plain and level.
    plain = ~off_ground[b] & (~off_ground[a] | ends)
    level = (layer[a] == layer[b]) | (off_ground[a] & ends)
    return plain & level & ((motorway[a] == motorway[b]) | ends)


def cut_lines(lines: NDArray[np.object_], roads: pd.DataFrame) -> Cuts:
    """Return every place where ``lines`` have to be cut, ends included.

    Parameters
    ----------
    lines
        (n,) LineStrings without repeated points, metres.
    roads
        n rows with ``crossing``, ``road_layer``, ``road_class``.
    """
    vertices = _read_vertices(lines)
    shared, passed = _cut_shared(vertices, _level_key(roads))
    meetings = _meet_without_vertex(vertices)
    may = _may_join(meetings, roads)
    joined = meetings[may]
    line = np.r_[shared["line"].to_numpy(), joined["line_a"].to_numpy(), joined["line_b"].to_numpy()]
    along = np.r_[shared["along_m"].to_numpy(), joined["along_a"].to_numpy(), joined["along_b"].to_numpy()]
    at = joined[["x", "y"]].to_numpy(dtype=np.float64)
    xy = np.vstack([vertices.xy[shared["row"].to_numpy()], at, at])
    # Bridges over a shared vertex get a place of their own, so level is part of what makes a place.
    level = np.r_[shared["level"].to_numpy(), np.full(2 * len(joined), -1)]
    here = number_places(xy)
    # Where a joined meeting falls on a shared vertex, all levels of that vertex are one place after all.
    level = np.where(np.isin(here, here[len(shared) :]), -1, level)
    place = pd.factorize(here * (int(level.max(initial=0)) + 2) + level + 1)[0].astype(np.int64)
    first = pd.Series(np.arange(len(place))).groupby(place).first().to_numpy()
    return Cuts(line.astype(np.int64), along, place, xy[first], len(joined), passed + int((~may).sum()))
