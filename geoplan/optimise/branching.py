"""Decide which sites open by branch and bound, each branch priced by Lagrangian bounds and rounded to plans on the way.

A branch shuts or opens some sites for good; its bound (`geoplan.optimise.lagrangian`) starts from its parent's prices. Branches whose bound comes
within the asked gap of the best plan are closed; the proven bound of all is the least bound of any branch, closed or open. A site whose
value κ alone lifts the bound that far is settled without a branch. The work is counted in steps, not in seconds, so equal input gives equal
answers.

By hand: two sites, each able to take everyone, openings 10 and 4, pair costs 1: root prices may split the choice; shutting the first gives 4 + 1,
shutting the second 10 + 1; the bound is the lesser, 5, and the plan on the second site meets it.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.optimise.exchange import Arrays, exchange, round_shares
from geoplan.optimise.lagrangian import Prices, price_once, raise_bound
from geoplan.optimise.problem import NOWHERE, AssignmentProblem, find_possible, value_plan
from geoplan.optimise.stirring import stir

_ROOT_STEPS = 600
_BRANCH_STEPS = 70
_MOST_WHOLE_STEPS = 800
_STIR_WORK = 6e7
_MOST_STIRS = 800
_ROUNDS = 60
_THRESHOLDS = (0.05, 0.3, 0.5, 0.7, 0.95)


@dataclass(frozen=True)
class Effort:
    """How much work the search may do."""

    gap_share: float = 0.005
    """Close branches within this share of the best plan's value."""
    most_branches: int = 40
    """Branches priced at most."""
    whole_work: float = 6e8
    """Table cells filled by whole fillings at the root (stronger and slower than split ones); a fortieth of it in every branch."""


def lay_arrays(problem: AssignmentProblem) -> Arrays:
    """Return the problem as the kernels read it; pairs that cannot be are inf, and no room is larger than all people."""
    cost = np.where(find_possible(problem), problem.cost, np.inf)
    room = np.minimum(problem.room, problem.weight.sum())
    weight, penalty, opening, room, least, use, limit = (
        np.ascontiguousarray(one, dtype=np.float64)
        for one in (problem.weight, problem.penalty, problem.opening, room, problem.least, problem.use, problem.limit)
    )
    member, most = np.ascontiguousarray(problem.member, dtype=np.bool_), int(min(problem.most_open, len(room)))
    forward, reverse = np.ascontiguousarray(cost.T), np.ascontiguousarray(cost)
    return Arrays(forward, reverse, weight, penalty, opening, room, least, use, member, limit, most)


class Tree:
    """The search's memory: best plan, root prices, least closed bound, branches waiting."""

    def __init__(self, problem: AssignmentProblem, effort: Effort) -> None:
        self.problem, self.arrays, self.effort = problem, lay_arrays(problem), effort
        nobody = np.full(len(problem.weight), NOWHERE, dtype=np.int64)
        self.site, self.value = nobody, value_plan(problem, nobody)
        self.closed = np.inf
        self.waiting: list[tuple[float, int, NDArray[np.int64], Prices]] = []
        self.branches = 0
        self.root: Prices = self._price_root()

    @property
    def cut(self) -> float:
        """A branch with a bound from here on is near enough to the best plan."""
        return self.value * (1.0 - self.effort.gap_share) - 1e-9 * abs(self.value)

    @property
    def bound(self) -> float:
        """What is proven so far: the root's bound, or the least of all branches once there are some."""
        if not self.branches:
            return min(self.root.bound, self.value)
        least = min([self.closed, self.value] + [one[0] for one in self.waiting])
        return min(max(self.root.bound, least), self.value)

    @property
    def done(self) -> bool:
        """Whether the gap asked for is proven."""
        return self.bound >= self.cut

    def try_plan(self, site: NDArray[np.int64]) -> None:
        """Improve a plan by exchanges and keep it if it is the best so far."""
        site = exchange(self.arrays, site, _ROUNDS)
        value = value_plan(self.problem, site)
        if value < self.value - 1e-9 * abs(self.value):
            self.site, self.value = site, value

    def stir(self) -> None:
        """Improve the best plan by stirs, as many as the size allows."""
        n = len(self.problem.weight)
        turns = int(min(_STIR_WORK / (n * n), _MOST_STIRS))
        if turns and n:
            self.try_plan(stir(self.arrays, self.site, 1.0 - 2.0 * np.abs(self.root.openness - 0.5), turns, 3))

    def _price_root(self) -> Prices:
        """Return the root's prices, rounding on the way: measured against a better plan, the steps are of the right length."""
        m, n = self.arrays.cost.shape
        free = np.zeros(m, dtype=np.int64)
        self.try_plan(round_shares(self.arrays, np.zeros((m, n)), np.ones(m, dtype=np.bool_)))
        prices, tolls = _first_prices(self.arrays), np.zeros(len(self.arrays.limit))
        root = self.price(free, prices, tolls, _ROOT_STEPS, whole_work=0.0)
        self.round(root, free, _THRESHOLDS)
        again = self.price(free, root.prices, root.tolls, _ROOT_STEPS // 2, whole_work=self.effort.whole_work)
        self.round(again, free, _THRESHOLDS)
        return again if again.bound > root.bound else root

    def price(
        self, state: NDArray[np.int64], prices: NDArray[np.float64], tolls: NDArray[np.float64], steps: int, *, whole_work: float
    ) -> Prices:
        """Return the prices of a branch: split fillings first, then whole ones while they are needed and the work lasts."""
        rest = self.arrays[0], *self.arrays[2:10]
        most, target = self.arrays.most_open, max(self.cut, 0.0)
        found = Prices(*raise_bound(*rest, most, state, prices, tolls, target, self.value, steps, False))
        room = float(self.arrays.room.mean()) if len(self.arrays.room) else 0.0
        whole_steps = int(min(whole_work / max(2.0 * len(prices) * room, 1.0), _MOST_WHOLE_STEPS))
        if whole_steps > 1 and found.bound < target:
            start = found.prices, found.tolls
            whole = Prices(*raise_bound(*rest, most, state, *start, target, self.value, whole_steps, True))
            found = whole if whole.bound > found.bound else found
        return found

    def settle(self, state: NDArray[np.int64], found: Prices) -> NDArray[np.int64]:
        """Return the state with every site settled whose other choice the bound already rules out."""
        state, values = state.copy(), found.site_values
        chosen = (values < 0) & (state == 0)
        limited = (state == 1).sum() + chosen.sum() >= self.arrays.most_open
        for j in np.flatnonzero(state == 0):
            lift = values[j] if values[j] >= 0 else (0.0 if limited else -values[j])
            if lift > 0 and found.bound + lift >= self.cut:
                self.closed = min(self.closed, found.bound + lift)
                state[j] = -1 if values[j] >= 0 else 1
        return state

    def push(self, state: NDArray[np.int64], found: Prices, floor: float) -> None:
        """Keep a branch for later, or close it."""
        bound = max(found.bound, floor)
        if bound >= self.cut:
            self.closed = min(self.closed, bound)
            return
        state = self.settle(state, found)
        if not (state == 0).any():
            self.closed = min(self.closed, bound)
            return
        heapq.heappush(self.waiting, (bound, self.branches, state, found))

    def round(self, found: Prices, state: NDArray[np.int64], thresholds: tuple[float, ...]) -> None:
        """Round the averaged fillings of a branch to plans."""
        tried: set[bytes] = set()
        for threshold in thresholds:
            opened = ((found.openness > threshold) | (state == 1)) & (state != -1)
            key = opened.tobytes()
            if key not in tried:
                tried.add(key)
                self.try_plan(round_shares(self.arrays, found.shares, opened))


def branch(tree: Tree) -> None:
    """Branch on sites until the gap is proven or the effort is spent; the tree keeps what is found and proven."""
    free = np.zeros(len(tree.problem.room), dtype=np.int64)
    tree.push(free, tree.root, -np.inf)
    while tree.waiting and tree.branches < tree.effort.most_branches and tree.waiting[0][0] < tree.cut:
        bound, _, state, found = heapq.heappop(tree.waiting)
        split = _choose_site(state, found)
        for side in (1, -1):
            child = state.copy()
            child[split] = side
            tree.branches += 1
            if (child == 1).sum() > tree.arrays.most_open:
                continue
            priced = tree.price(child, found.prices, found.tolls, _BRANCH_STEPS, whole_work=tree.effort.whole_work / 40)
            tree.round(priced, child, (0.5,))
            tree.push(child, priced, bound)


def _first_prices(arrays: Arrays) -> NDArray[np.float64]:
    """Return prices to start from: the cheapest pair and a share of an average opening, never above the penalty."""
    cheapest = arrays.cost.min(axis=0, initial=np.inf)
    each = float(np.mean(arrays.opening / np.maximum(arrays.room, 1.0))) if len(arrays.opening) else 0.0
    return np.minimum(np.where(np.isfinite(cheapest), cheapest + arrays.weight * each, arrays.penalty), arrays.penalty)


def _choose_site(state: NDArray[np.int64], found: Prices) -> int:
    """Return the unsettled site whose openness is nearest to one half; ties go to the first."""
    doubt = np.where(state == 0, np.abs(found.openness - 0.5), np.inf)
    return int(np.argmin(doubt))


def rule_out(tree: Tree, threshold: float) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which pairs and sites may still be part of a plan cheaper than ``threshold``.

    With the root's prices, taking pair (i, j) costs at least bound + max(0, dᵢⱼ − ρⱼ wᵢ) + max(0, κⱼ), ρⱼ being the gain per person of the unit the split
    filling of j cuts; a pair for which that reaches the threshold cannot be part of a cheaper plan.

    Returns
    -------
    tuple
        (n, m) pairs left; (m,) state: −1 for sites shut for certain, else 0.
    """
    arrays = tree.arrays
    rest = arrays[0], *arrays[2:10]
    bound, values, ratio, gains = price_once(*rest, arrays.most_open, tree.root.prices, tree.root.tolls)
    possible = np.isfinite(arrays.reverse)
    lift = np.maximum(gains.T - ratio[None, :] * arrays.weight[:, None], 0.0) + np.maximum(values, 0.0)[None, :]
    pairs = possible & ~(bound + lift >= threshold)
    state = np.where(bound + np.maximum(values, 0.0) >= threshold, -1, 0).astype(np.int64)
    pairs[:, state == -1] = False
    placed = np.flatnonzero(tree.site != NOWHERE)
    pairs[placed, tree.site[placed]] = True
    state[np.unique(tree.site[placed])] = 0
    return pairs, state
