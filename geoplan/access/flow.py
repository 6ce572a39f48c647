"""Share people out within capacity so that as many as possible are served, and those in the fewest person-minutes.

With p_i persons, c_j capacity, t_ij minutes of the pairs within the catchment, x_ij persons sent and u_i left over:
minimise Σ t_ij x_ij + M Σ u_i, subject to Σ_j x_ij + u_i = p_i, Σ_i x_ij ≤ c_j, x, u ≥ 0. M is more than any chain of displacements can cost
(each passes a facility once: M = t_max · (facilities + 1) + 1), so a person more served always outweighs minutes.

Solved by the network simplex: the flow rests on a spanning tree rooted in a sink that every facility (cost 0, at most c_j) and every demand
(cost M) drains into; an arc that would save enters, the tightest arc of the circle it closes leaves. Trees are kept strongly feasible, so no
circle of swaps without gain is possible (Cunningham 1976; the arithmetic is whole numbers: persons in units of 1, or of 2⁻²⁰ where some are
fractions, minutes in units of 2⁻³⁰ where they fit). Prices are looked for block by block (Grigoriadis 1986).

By hand: two places of 10 people, 1 and 5 min from a clinic for 10; the first is 6 min from another for 10, the second 50. Nearest first would
cost 10 · 1 + 10 · 50 = 510 person-minutes; the least is 10 · 6 + 10 · 5 = 110.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

FRACTION = 2.0**-20
"""Unit of persons where some are fractions."""
_ENDLESS = np.int64(2**61)


def share_least_minutes(
    demand: NDArray[np.int64],
    supply: NDArray[np.int64],
    minutes: NDArray[np.float64],
    persons: NDArray[np.float64],
    capacity: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return (n,) persons sent along each pair.

    Where persons and capacities are whole numbers so are the results. Where some are fractions, each demand may keep 2⁻²⁰ of a person's room
    free; what is sent never exceeds persons or capacity.

    Parameters
    ----------
    demand, supply, minutes
        (n,) pairs; minutes finite and ≥ 0. Which of several equal optima is found depends on their order.
    persons, capacity
        (d,) and (s,) finite and ≥ 0.
    """
    sent = np.zeros(len(demand))
    at = np.flatnonzero((persons[demand] > 0) & (capacity[supply] > 0))
    if not len(at):
        return sent
    # Only demands and facilities that meet enter the search.
    rows, i = np.unique(demand[at], return_inverse=True)
    columns, j = np.unique(supply[at], return_inverse=True)
    people, room = persons[rows], capacity[columns]
    whole = bool((people == np.floor(people)).all() and (room == np.floor(room)).all())
    unit = 1.0 if whole else FRACTION
    dear_min = float(minutes[at].max()) * (len(columns) + 1) + 1.0
    scale = 2.0 ** min(30, 58 - math.ceil(math.log2(dear_min)) - 2)
    flow = _run_simplex(
        i.astype(np.int64),
        j.astype(np.int64),
        np.rint(minutes[at] * scale).astype(np.int64),
        np.ceil(people / unit).astype(np.int64),
        # Beyond all people room changes nothing; cut off, it cannot overflow.
        np.floor(np.minimum(room, people.sum() + 1.0) / unit).astype(np.int64),
        int(dear_min * scale) + 1,
    )
    sent[at] = flow * unit
    if not whole:
        _give_back(sent, demand, persons)
    return sent


def _give_back(sent: NDArray[np.float64], demand: NDArray[np.int64], persons: NDArray[np.float64]) -> None:
    """Take from each demand's largest share what rounding persons up has sent too much; in place."""
    excess = np.bincount(demand, weights=sent, minlength=len(persons)) - persons
    order = np.lexsort((-sent, demand))
    largest = order[np.r_[True, demand[order][1:] != demand[order][:-1]]]
    over = largest[excess[demand[largest]] > 0]
    sent[over] = np.maximum(sent[over] - excess[demand[over]], 0.0)


class _Tree(NamedTuple):
    """The spanning tree: of each node its parent, the arc to it, and its place among its brothers. The sink is the last node and the root."""

    parent: NDArray[np.int64]
    over: NDArray[np.int64]
    """Arc between the node and its parent."""
    upward: NDArray[np.bool_]
    """The arc leads to the parent."""
    depth: NDArray[np.int64]
    price: NDArray[np.int64]
    child: NDArray[np.int64]
    following: NDArray[np.int64]
    before: NDArray[np.int64]
    stack: NDArray[np.int64]


class _Arcs(NamedTuple):
    """Pairs first, then one arc from every node to the sink: the demands', for those left over, then the facilities'."""

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    cost: NDArray[np.int64]
    room: NDArray[np.int64]
    flow: NDArray[np.int64]
    state: NDArray[np.int8]
    """1: empty, 0: in the tree, −1: full."""


def _run_simplex(
    source: NDArray[np.int64],
    target: NDArray[np.int64],
    cost: NDArray[np.int64],
    persons: NDArray[np.int64],
    capacity: NDArray[np.int64],
    dear: int,
) -> NDArray[np.int64]:
    """Return (n,) units along each pair. Everything starts left over: the first tree is a star around the sink."""
    pairs, demands, nodes = len(source), len(persons), len(persons) + len(capacity)
    sink, own = nodes, np.arange(nodes)
    arcs = _Arcs(
        tail=np.r_[source, own],
        head=np.r_[target + demands, np.full(nodes, sink)],
        cost=np.r_[cost, np.full(demands, dear), np.zeros(nodes - demands, dtype=np.int64)].astype(np.int64),
        room=np.r_[np.full(pairs + demands, _ENDLESS), capacity],
        flow=np.r_[np.zeros(pairs, dtype=np.int64), persons, np.zeros(nodes - demands, dtype=np.int64)],
        state=np.r_[np.ones(pairs, dtype=np.int8), np.zeros(nodes, dtype=np.int8)],
    )
    tree = _Tree(
        parent=np.r_[np.full(nodes, sink), -1],
        over=np.r_[pairs + own, -1],
        upward=np.ones(nodes + 1, dtype=np.bool_),
        depth=np.r_[np.ones(nodes, dtype=np.int64), 0],
        price=np.r_[np.full(demands, -dear), np.zeros(nodes - demands + 1, dtype=np.int64)].astype(np.int64),
        child=np.r_[np.full(nodes, -1), 0],
        following=np.r_[own[1:], -1, -1],
        before=np.r_[own - 1, -1],
        stack=np.empty(nodes + 1, dtype=np.int64),
    )
    _pivot(arcs, tree)
    return arcs.flow[:pairs]


@njit(cache=True, nogil=True)
def _pivot(arcs: _Arcs, tree: _Tree) -> None:
    """Swap arcs in and out of the tree until none that stays out would save anything; in place."""
    block = max(int(np.sqrt(len(arcs.tail))), 20)
    at, searched = 0, 0
    while searched < len(arcs.tail):
        # The arc of this block that saves most; blocks follow each other round.
        best, entering = np.int64(0), -1
        for _ in range(min(block, len(arcs.tail) - searched)):
            if arcs.state[at] != 0:
                saving = arcs.state[at] * (arcs.cost[at] + tree.price[arcs.tail[at]] - tree.price[arcs.head[at]])
                if saving < best:
                    best, entering = saving, at
            searched += 1
            at = at + 1 if at + 1 < len(arcs.tail) else 0
        if entering < 0:
            continue
        searched = 0
        empty = arcs.state[entering] == 1
        first = arcs.tail[entering] if empty else arcs.head[entering]
        second = arcs.head[entering] if empty else arcs.tail[entering]
        leaving, on_first = _push(arcs, tree, entering, first, second)
        if leaving < 0:
            arcs.state[entering] = -arcs.state[entering]
            continue
        arcs.state[entering] = 0
        arcs.state[tree.over[leaving]] = 1 if arcs.flow[tree.over[leaving]] == 0 else -1
        root, above = (first, second) if on_first else (second, first)
        _rehang(tree, root, above, leaving, entering, root == arcs.tail[entering])
        _reprice(arcs, tree, root)


@njit(cache=True, nogil=True)
def _push(arcs: _Arcs, tree: _Tree, entering: int, first: int, second: int) -> tuple[int, bool]:
    """Send all the circle of the entering arc can carry; return the node below the tightest arc (−1: the entering arc itself) and its side.

    Of equally tight arcs the last one along the circle, seen from where its two sides meet, leaves: that keeps the tree strongly feasible.
    """
    step, leaving, on_first = arcs.room[entering], -1, False
    one, two = first, second
    while one != two:
        if tree.depth[one] >= tree.depth[two]:
            arc = tree.over[one]
            left = arcs.flow[arc] if tree.upward[one] else arcs.room[arc] - arcs.flow[arc]
            if left < step:
                step, leaving, on_first = left, one, True
            one = tree.parent[one]
        else:
            arc = tree.over[two]
            left = arcs.room[arc] - arcs.flow[arc] if tree.upward[two] else arcs.flow[arc]
            if left <= step:
                step, leaving, on_first = left, two, False
            two = tree.parent[two]
    if step > 0:
        arcs.flow[entering] += arcs.state[entering] * step
        while first != one:
            arcs.flow[tree.over[first]] += -step if tree.upward[first] else step
            first = tree.parent[first]
        while second != one:
            arcs.flow[tree.over[second]] += step if tree.upward[second] else -step
            second = tree.parent[second]
    return leaving, on_first


@njit(cache=True, nogil=True)
def _rehang(tree: _Tree, node: int, above: int, leaving: int, arc: int, up: bool) -> None:
    """Hang the branch that leaving cuts off on the entering arc: the parents from its end up to the cut turn round."""
    while True:
        old_parent, old_arc, old_up = tree.parent[node], tree.over[node], tree.upward[node]
        if tree.before[node] >= 0:
            tree.following[tree.before[node]] = tree.following[node]
        else:
            tree.child[old_parent] = tree.following[node]
        if tree.following[node] >= 0:
            tree.before[tree.following[node]] = tree.before[node]
        tree.parent[node], tree.over[node], tree.upward[node] = above, arc, up
        tree.before[node], tree.following[node] = -1, tree.child[above]
        if tree.child[above] >= 0:
            tree.before[tree.child[above]] = node
        tree.child[above] = node
        if node == leaving:
            return
        arc, up = old_arc, not old_up
        above, node = node, old_parent


@njit(cache=True, nogil=True)
def _reprice(arcs: _Arcs, tree: _Tree, root: int) -> None:
    """Set price and depth of a branch from its root's parent down: along every arc of the tree cost + price(tail) = price(head)."""
    tree.stack[0], top = root, 1
    while top > 0:
        top -= 1
        node = tree.stack[top]
        toll, above = arcs.cost[tree.over[node]], tree.parent[node]
        tree.price[node] = tree.price[above] - toll if tree.upward[node] else tree.price[above] + toll
        tree.depth[node] = tree.depth[above] + 1
        twig = tree.child[node]
        while twig >= 0:
            tree.stack[top] = twig
            top += 1
            twig = tree.following[twig]
