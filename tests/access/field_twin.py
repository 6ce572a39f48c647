"""Solve the travel-time field the slow way: dictionaries, a heap, and formulas written out once more.

Nothing of geoplan's search is used. ``minutes`` solves in float64 minutes, with `math.exp`; ``ticks`` in whole ticks of 1/8192 s, rounded as the field's
docstrings say, with the same polynomial for the exponential, so that two answers can be the same to the last bit. Codes are flat cells, then
road nodes. What may be walked (blocked moves) and what a straight walk takes (links, legs) is taken as given; both have twins of their own.
"""

from __future__ import annotations

import heapq
import math

import numpy as np

from geoplan.access.ticks import slope_factor
from geoplan.contracts.ground import MOVES, middles

TICKS_PER_MIN = 60 * 8192
NEVER = 0xFFFFFFFF
"""Ticks that 32 bits do not hold, and so count as never: six days."""


def lay_arcs(surface, ways, *, ticks):
    """Return {code: [(code, cost)]} in the direction of travel."""
    arcs = {}
    for start, end, minutes, whole in [*_moves(surface, ways.walker), *_links(surface, ways.walker), *_roads(surface, ways)]:
        arcs.setdefault(start, []).append((end, whole if ticks else minutes))
    return arcs


def _moves(surface, walker):
    ground = surface.ground
    rows, cols = ground.shape
    width, tall = ground.cell_size
    stretch = 1.0 if surface.along_slope else 0.0
    for row in range(rows):
        for col in range(cols):
            for k in range(16):
                if (int(ground.blocked[row, col]) >> k) & 1:
                    continue
                down, right = (int(one) for one in MOVES[k])
                passed = [(row, col), (row + down, col + right), *((row + r, col + c) for r, c in middles(k))]
                kmh = [float(ground.level_kmh[ground.speed_class[cell]]) for cell in passed]
                metres = float(np.hypot(down * tall, right * width))
                rise_dm = float(ground.height_dm[row + down, col + right]) - float(ground.height_dm[row, col])
                slope = rise_dm / 10.0 / metres
                minutes = 0.06 * metres * sum(1.0 / (one * walker) for one in kmh) / len(kmh)
                minutes *= math.exp(3.5 * abs(slope + 0.05) - 0.175) * math.sqrt(1.0 + stretch * slope * slope)
                paces = [8192.0 * 3.6 / (one * walker) for one in kmh]
                summed = paces[0] + paces[1] if len(paces) == 2 else paces[0] + paces[1] + (paces[2] + paces[3])
                cost = metres / len(kmh) * summed * slope_factor(rise_dm * (0.1 / metres), stretch)
                if cost < 4.0e9:
                    yield row * cols + col, (row + down) * cols + col + right, minutes, max(int(cost + 0.5), 1)


def _links(surface, walker):
    cells = surface.ground.shape[0] * surface.ground.shape[1]
    for cell, node, there, back in zip(
        surface.link_cell.tolist(), surface.link_node.tolist(), surface.link_there_min, surface.link_back_min, strict=True
    ):
        yield cell, cells + node, there / walker, _whole(there / walker)
        yield cells + node, cell, back / walker, _whole(back / walker)


def _roads(surface, ways):
    stops = surface.stops
    cells = surface.ground.shape[0] * surface.ground.shape[1]
    for edge in range(len(stops.edge_first) - 1):
        for place in range(stops.edge_first[edge], stops.edge_first[edge + 1] - 1):
            for way in (0, 1):
                whole = float(ways.edge_min[way, edge])
                if not math.isfinite(whole):
                    continue
                kind = 1 + way if ways.edge_walked[way, edge] else 0
                low, high = surface.share[kind, place], surface.share[kind, place + 1]
                ends = cells + int(stops.edge_node[place]), cells + int(stops.edge_node[place + 1])
                ticks = max(round(whole * TICKS_PER_MIN * high) - round(whole * TICKS_PER_MIN * low), 1)
                yield *(ends if way == 0 else ends[::-1]), whole * (high - low), ticks


def _whole(minutes):
    return max(round(minutes * TICKS_PER_MIN), 1)


def turn(arcs):
    """Return the arcs turned round."""
    turned = {}
    for start, out in arcs.items():
        for end, cost in out:
            turned.setdefault(end, []).append((start, cost))
    return turned


def spread(arcs, seeds):
    """Return {code: time} and {code: arcs on its path} from ``seeds`` ({code: time}) along ``arcs``."""
    time, steps = {}, {}
    heap = [(at, 0, code) for code, at in seeds.items()]
    heapq.heapify(heap)
    while heap:
        at, hops, code = heapq.heappop(heap)
        if code in time:
            continue
        time[code], steps[code] = at, hops
        for end, cost in arcs.get(code, ()):
            if end not in time:
                heapq.heappush(heap, (at + cost, hops + 1, end))
    return time, steps


def lay_legs(entries, surface, ways):
    """Return {point: [(code, minutes there, minutes back)]}; from the foot on a road one rides to the node before and the node after."""
    stops = surface.stops
    cells = surface.ground.shape[0] * surface.ground.shape[1]
    legs = {}
    for n, point in enumerate(entries.point.tolist()):
        there, back = entries.there_min[n] / ways.walker, entries.back_min[n] / ways.walker
        own = legs.setdefault(point, [])
        if entries.edge[n] < 0:
            own.append((int(entries.cell[n] if entries.cell[n] >= 0 else cells + entries.node[n]), there, back))
            continue
        edge = int(entries.edge[n])
        places = range(stops.edge_first[edge], stops.edge_first[edge + 1])
        before = max(place for place in places if place == places[0] or stops.edge_along_m[place] <= entries.along_m[n])
        before = min(before, places[-1] - 1)
        for place, out in ((before, 1), (before + 1, 0)):
            ride = []
            for way in (out, 1 - out):
                kind = 1 + way if ways.edge_walked[way, edge] else 0
                whole = float(ways.edge_min[way, edge])
                part = abs(surface.share[kind, place] - entries.share[kind, n])
                ride.append(whole * part if math.isfinite(whole) else math.inf)
            own.append((cells + int(stops.edge_node[place]), there + ride[0], back + ride[1]))
    return legs


def plant(legs, *, towards, ticks, points=None):
    """Return {code: earliest time} of the legs of points (all by default)."""
    seeds = {}
    for point, own in legs.items():
        if points is not None and point not in points:
            continue
        for code, there, back in own:
            minutes = back if towards else there
            if math.isfinite(minutes):
                at = round(minutes * TICKS_PER_MIN) if ticks else minutes
                seeds[code] = min(seeds.get(code, at), at)
    return seeds


def solve(surface, ways, legs, *, towards, ticks, points=None):
    """Return {code: time} and {code: steps} to the points of ``legs`` (``towards``) or from them."""
    arcs = lay_arcs(surface, ways, ticks=ticks)
    return spread(turn(arcs) if towards else arcs, plant(legs, towards=towards, ticks=ticks, points=points))


def read(time, legs, count, *, towards):
    """Return (count,) minutes door to door through a field of minutes; inf where there is none."""
    found = np.full(count, np.inf)
    for point, own in legs.items():
        for code, there, back in own:
            if code in time:
                found[point] = min(found[point], time[code] + (there if towards else back))
    return found


def as_arrays(time, surface):
    """Return ((rows, cols), (nodes,)) of a field of ticks, the largest uint32 where not reached."""
    rows, cols = surface.ground.shape
    full = np.full(rows * cols + len(surface.stops.xy), NEVER, dtype=np.uint32)
    for code, at in time.items():
        full[code] = min(at, NEVER)
    return full[: rows * cols].reshape(rows, cols), full[rows * cols :]
