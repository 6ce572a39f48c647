"""Find a cheap tree that joins terminals to a root, and prove how much cheaper any tree could be.

Finding the cheapest tree is hard (Karp 1972); what is done here:

- **Bound** (dual ascent, Wong 1984). Sets W of nodes that hold a terminal and not the root are given weights so that no join is charged more than it
  costs by the sets it enters: any tree must enter every set, so Σ weights ≤ cost of any tree. A ball grows around each terminal, in what is left of the
  costs, until it meets another that still grows, or the root.
- **Tree**. Terminals are joined one after another by the path that is cheapest where the bound has used costs up (Takahashi and Matsuyama 1980, on
  weights c + λ · left), then every path between two key nodes is exchanged for a cheaper one until none is (Uchoa and Werneck 2010).
- **Few terminals** are solved exactly (`geoplan.optimise.steiner_exact`).

Costs are whole numbers, ties go to the lower node: same input, same tree. By hand: three terminals, each 18 from the root and 10 from a crossing that is
10 from the root: alone 54, together 40.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.optimise.steiner_exact import FEW, solve_few
from geoplan.optimise.steiner_kernel import exchange_paths, grow_tree, raise_duals

_SHARING = 8
"""λ: how strongly growing keeps to joins that the bound has used up."""


@dataclass(frozen=True)
class SteinerTree:
    """A tree and its proof.

    Attributes
    ----------
    parent
        (nodes,) next node towards the root, −1 outside the tree and at the root.
    join_cost
        (nodes,) cost of the join to it.
    cost, bound
        Of the tree, and of any tree at least.
    raised
        (terminals,) each one's part of the bound: those of some terminals alone are a bound for them alone.
    """

    parent: NDArray[np.int64]
    join_cost: NDArray[np.int64]
    cost: int
    bound: int
    raised: NDArray[np.int64]

    @property
    def is_exact(self) -> bool:
        """Whether no tree is cheaper."""
        return self.cost == self.bound


def span_terminals(
    first: NDArray[np.int64],
    to: NDArray[np.int64],
    cost: NDArray[np.int64],
    terminals: NDArray[np.int64],
    own: NDArray[np.int64],
    *,
    beyond: NDArray[np.int64] | None = None,
    start: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
) -> SteinerTree:
    """Return a cheap tree from node 0 to all terminals, and a lower bound.

    Parameters
    ----------
    first, to, cost
        Joins in compressed rows, each at both ends (the root's own row may be left empty); whole costs ≥ 0.
    terminals
        Nodes to join, every one of which the root can reach.
    own
        (terminals,) cost of each one's cheapest path to the root.
    beyond
        Nodes that stand for what was cut away: no tree uses them, and the bound takes them for the root.
    start
        parent and cost of the join to it of a tree to begin with: the answer is not dearer.
    """
    nodes = len(first) - 1
    closed = np.zeros(nodes, dtype=bool)
    closed[beyond if beyond is not None else []] = True
    if len(terminals) == 0:
        return SteinerTree(np.full(nodes, -1), np.zeros(nodes, dtype=np.int64), 0, 0, np.zeros(0, dtype=np.int64))
    ends = closed.copy()
    ends[0] = True
    near, far = np.argsort(own, kind="stable"), np.argsort(-own, kind="stable")
    best, raised = None, np.zeros(0, dtype=np.int64)
    middle = max(int(np.median(own)), 2)
    # All balls at once, and turn by turn: either bound may be the better one, and either may lead to the cheaper tree.
    for steps in (np.zeros(0, dtype=np.int64), np.array([middle // 2, middle, 2 * middle])):
        left = cost.copy()
        gained = np.empty(len(terminals), dtype=np.int64)
        gained[far] = raise_duals(first, to, left, terminals[far], ends, steps)
        if gained.sum() > raised.sum() or len(raised) == 0:
            raised = gained
        tree = grow_tree(first, to, cost, cost + _SHARING * left, terminals[near], closed)
        if best is None or tree[2] < best[2]:
            best = tree
    assert best is not None
    parent, join, total = best
    total = _settle(first, to, cost, parent, join, total, terminals, closed)
    if start is not None:
        other, paid = start[0].copy(), start[1].copy()
        sum_ = int(paid.sum())
        if sum_ < total:
            sum_ = _settle(first, to, cost, other, paid, sum_, terminals, closed)
            parent, join, total = other, paid, sum_
    return SteinerTree(parent, join, int(total), int(raised.sum()), raised)


def _settle(
    first: NDArray[np.int64],
    to: NDArray[np.int64],
    cost: NDArray[np.int64],
    parent: NDArray[np.int64],
    join: NDArray[np.int64],
    total: int,
    terminals: NDArray[np.int64],
    closed: NDArray[np.bool_],
) -> int:
    """Exchange paths until none saves anything, in place; return the cost then."""
    while saved := exchange_paths(first, to, cost, parent, join, terminals, closed):
        total -= saved
    return total


def span_few(
    first: NDArray[np.int64], to: NDArray[np.int64], cost: NDArray[np.int64], terminals: NDArray[np.int64], *, most: int
) -> SteinerTree:
    """Return the cheapest tree from node 0 to at most `FEW` terminals, given that some tree costs ``most``; arguments as for `span_terminals`."""
    if len(terminals) > FEW:
        raise ValueError(f"{len(terminals)} terminals are more than {FEW}")
    if len(terminals) == 0:
        nodes = len(first) - 1
        return SteinerTree(np.full(nodes, -1), np.zeros(nodes, dtype=np.int64), 0, 0, np.zeros(0, dtype=np.int64))
    parent, join, total = solve_few(first, to, cost, terminals, most)
    return SteinerTree(parent, join, int(total), int(total), np.zeros(len(terminals), dtype=np.int64))
