"""Many-to-many times on a million road nodes with changing closures: geoplan's hierarchy, scipy and pandana side by side, answers compared.

``python benchmarks/bench_hierarchy.py [side]`` prints markdown tables. The roads are planar and made up: a grid of ``side`` × ``side`` shaken nodes
(1000 unless told otherwise) thinned to a random spanning tree and as many more streets as make 1.25 edges per node (road graphs of countries have 1.2 to
1.3), at 15, 30 or 60 km/h, a tenth of them one-way. Nodes are numbered along a Z-curve, which the peers gain by and geoplan hardly.

Best of three, on two threads; each first call, which compiles or loads kernels, is on a small graph before. scipy's table is measured on 5 of the
500 destinations, pandana's on 20,000 of the 2.5 million pairs and its nearest on one of the five services, told how far the farthest is; these
are multiplied, everything else is measured whole. scipy and geoplan read the same rounded minutes and must agree to the last bit; pandana counts in
whole thousandths of its unit, so it is given minutes × 1000.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
import warnings
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from geoplan.access.hierarchy import Metric, build_hierarchy, change_arcs, customise, nearest_of_each, travel_table

ORIGINS, DESTINATIONS, SERVICES, FACILITIES, CLOSURES = 5000, 500, 5, 200, 50
SCIPY_COLUMNS, PANDANA_PAIRS = 5, 20_000
UNITS_PER_MIN = 1000.0
T = TypeVar("T")


class Roads(NamedTuple):
    """Directed arcs with minutes, and the places of their nodes in metres."""

    start: np.ndarray
    end: np.ndarray
    minutes: np.ndarray
    xy: np.ndarray


class Questions(NamedTuple):
    """Node numbers to ask for, and the arcs to close."""

    services: list[np.ndarray]
    origins: np.ndarray
    destinations: np.ndarray
    closed: np.ndarray


def spread_bits(number: np.ndarray) -> np.ndarray:
    """Return 16-bit numbers with a zero after each bit."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        number = (number | (number << shift)) & mask
    return number


def make_roads(side: int, rng: np.random.Generator) -> Roads:
    """Return the thinned, shaken grid."""
    row, col = np.divmod(np.arange(side * side), side)
    number = np.empty(side * side, np.int64)
    number[np.argsort(spread_bits(col) | (spread_bits(row) << 1))] = np.arange(side * side)
    grid = number.reshape(side, side)
    one = np.concatenate([grid[:, :-1].ravel(), grid[:-1].ravel()])
    other = np.concatenate([grid[:, 1:].ravel(), grid[1:].ravel()])
    chance = 1.0 + rng.random(len(one))
    tree = minimum_spanning_tree(sparse.csr_matrix((chance, (one, other)), shape=(side * side,) * 2)).tocoo()
    pairs = np.minimum(one, other) * side * side + np.maximum(one, other)
    kept = np.isin(pairs, np.minimum(tree.row, tree.col).astype(np.int64) * side * side + np.maximum(tree.row, tree.col))
    spare = np.flatnonzero(~kept)
    kept[rng.choice(spare, side * side // 4, replace=False)] = True
    one, other = one[kept], other[kept]
    xy = np.empty((side * side, 2))
    xy[number] = np.stack([col, row], axis=1) * 100.0 + rng.uniform(-35.0, 35.0, (side * side, 2))
    minutes = np.hypot(*(xy[one] - xy[other]).T) / rng.choice([250.0, 500.0, 1000.0], len(one))
    both = rng.random(len(one)) >= 0.1
    start, end = np.concatenate([one, other[both]]), np.concatenate([other, one[both]])
    return Roads(start, end, np.concatenate([minutes, minutes[both]]), xy)


def ask(roads: Roads, rng: np.random.Generator) -> Questions:
    """Return random questions."""
    size = len(roads.xy)
    services = [rng.integers(0, size, FACILITIES) for _ in range(SERVICES)]
    return Questions(
        services,
        rng.integers(0, size, ORIGINS),
        rng.integers(0, size, DESTINATIONS),
        rng.choice(len(roads.start), CLOSURES, replace=False),
    )


def best_of(run: Callable[[], T], times: int = 3) -> tuple[float, T]:
    """Return the least wall time in seconds, and the answer."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        answer = run()
        taken.append(time.perf_counter() - start)
    return min(taken), answer


def gap_between(one: np.ndarray, other: np.ndarray) -> float:
    """Return the largest difference in minutes; inf where only one of the two is reached."""
    differ = one != other
    return float(np.max(np.abs(one[differ] - other[differ]), initial=0.0))


def run_geoplan(roads: Roads, questions: Questions, times: int = 3) -> tuple[dict[str, float], dict[str, np.ndarray], Metric]:
    """Return the seconds of each step, the answers, and the minutes used."""
    seconds: dict[str, float] = {}
    seconds["build"], hierarchy = best_of(lambda: build_hierarchy(roads.start, roads.end, node_count=len(roads.xy)), times)
    seconds["customise"], metric = best_of(lambda: customise(hierarchy, roads.minutes), times)
    seconds["nearest"], found = best_of(lambda: nearest_of_each(metric, questions.services), times)
    seconds["table"], table = best_of(lambda: travel_table(metric, questions.origins, questions.destinations), times)
    seconds["close"], closed = best_of(lambda: change_arcs(metric, questions.closed, np.inf), times)
    seconds["table after"], after = best_of(lambda: travel_table(closed, questions.origins, questions.destinations), times)
    anew = customise(hierarchy, closed.minutes)
    if not (np.array_equal(anew.up, closed.up) and np.array_equal(anew.down, closed.down)):
        raise AssertionError("closing some arcs differs from customising anew")
    nearest = np.stack([minutes[:, 0] for minutes, _ in found])
    return seconds, {"nearest": nearest, "table": table, "table after": after}, closed


def run_scipy(roads: Roads, minutes: np.ndarray, questions: Questions) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Return the seconds of each step and the answers, the table of a few columns only."""
    size = len(roads.xy)
    seconds: dict[str, float] = {}
    seconds["build"], backward = best_of(lambda: sparse.csr_matrix((minutes, (roads.end, roads.start)), shape=(size, size)), 1)
    seconds["nearest"], nearest = best_of(
        lambda: np.stack([dijkstra(backward, indices=np.unique(one), min_only=True) for one in questions.services]), 1
    )
    some = questions.destinations[:SCIPY_COLUMNS]
    seconds["table"], columns = best_of(lambda: dijkstra(backward, indices=some)[:, questions.origins].T, 1)
    seconds["table"] *= DESTINATIONS / SCIPY_COLUMNS
    return seconds, {"nearest": nearest, "table": columns}


def run_pandana(
    roads: Roads, minutes: np.ndarray, questions: Questions, pairs: np.ndarray, far_min: float
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Return the seconds of each step and the answers: the first service's nearest, and the table at ``pairs`` of the flat table only."""
    import pandana

    seconds: dict[str, float] = {}
    xy = pd.DataFrame(roads.xy, columns=["x", "y"])
    weights = pd.DataFrame({"units": minutes * UNITS_PER_MIN})

    def build() -> pandana.Network:
        with contextlib.redirect_stdout(io.StringIO()):
            return pandana.Network(xy["x"], xy["y"], pd.Series(roads.start), pd.Series(roads.end), weights, twoway=False)

    seconds["build"], network = best_of(build, 1)
    far = far_min * UNITS_PER_MIN

    def nearest() -> np.ndarray:
        places = xy.iloc[questions.services[0]]
        network.set_pois("service", far, 1, places["x"], places["y"])
        return network.nearest_pois(far, "service", num_pois=1)[1].to_numpy() / UNITS_PER_MIN

    seconds["nearest"], found = best_of(nearest, 1)
    seconds["nearest"] *= SERVICES
    rows, columns = np.divmod(pairs, DESTINATIONS)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Unsigned integer")  # it names every pair that is not joined
        seconds["table"], lengths = best_of(
            lambda: np.array(network.shortest_path_lengths(questions.origins[rows], questions.destinations[columns])), 1
        )
    seconds["table"] *= ORIGINS * DESTINATIONS / len(pairs)
    found, lengths = np.where(found >= far_min, np.inf, found), np.where(lengths >= 4.0e6, np.inf, lengths)  # its "not reached"
    return seconds, {"nearest": found, "table": lengths / UNITS_PER_MIN}


def main() -> int:
    """Print the tables; return 1 if scipy differs by a bit or pandana by more than its rounding."""
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rng = np.random.default_rng(20260101)
    small = make_roads(60, rng)
    run_geoplan(small, ask(small, rng), 1)
    roads = make_roads(side, rng)
    questions = ask(roads, rng)
    seconds, answers, closed = run_geoplan(roads, questions)
    rounded = customise(closed.hierarchy, roads.minutes).minutes
    tree = closed.hierarchy.chordal
    print(f"{len(roads.xy):,} nodes, {len(roads.start):,} arcs, {len(tree.head) / len(roads.xy):.1f} chordal arcs per node\n")
    pairs = rng.choice(ORIGINS * DESTINATIONS, PANDANA_PAIRS, replace=False)
    farthest = 1.0 + np.ceil(np.max(answers["nearest"], initial=0.0, where=np.isfinite(answers["nearest"])))
    other = {"scipy": run_scipy(roads, rounded, questions)}
    print({"geoplan": seconds, "scipy": other["scipy"][0]}, file=sys.stderr, flush=True)
    other["pandana"] = run_pandana(roads, rounded, questions, pairs, farthest)
    gaps = {
        "scipy": {"nearest": gap_between(answers["nearest"], other["scipy"][1]["nearest"])},
        "pandana": {"nearest": gap_between(answers["nearest"][0], other["pandana"][1]["nearest"])},
    }
    gaps["scipy"]["table"] = gap_between(answers["table"][:, :SCIPY_COLUMNS], other["scipy"][1]["table"])
    gaps["pandana"]["table"] = gap_between(answers["table"].ravel()[pairs], other["pandana"][1]["table"])
    after = run_scipy(roads, closed.minutes, questions._replace(services=questions.services[:1]))[1]["table"]
    gaps["scipy"]["table after"] = gap_between(answers["table after"][:, :SCIPY_COLUMNS], after)
    print("\n| step | geoplan, s | scipy, s | × | largest difference, min | pandana, s | × | largest difference, min |")
    print("|---|---|---|---|---|---|---|---|")
    total = seconds["close"] + seconds["table after"]
    steps = {
        "build (once per network)": ("build", seconds["build"]),
        "customise (minutes of all arcs)": ("", seconds["customise"]),
        f"nearest of {SERVICES} × {FACILITIES}, all nodes": ("nearest", seconds["nearest"]),
        f"table {ORIGINS:,} × {DESTINATIONS}": ("table", seconds["table"]),
        f"close {CLOSURES} arcs": ("", seconds["close"]),
        f"close {CLOSURES} arcs, and the table again": ("table after", total),
    }
    for label, (key, ours) in steps.items():
        cells = []
        for name in ("scipy", "pandana"):
            theirs = other[name][0].get("table" if key == "table after" and name == "scipy" else key)
            if key == "table after" and name == "pandana":
                theirs = other[name][0]["build"] + other[name][0]["table"]
            gap = gaps[name].get(key)
            cells += [
                f"{theirs:.2f}" if theirs else "–",
                f"{theirs / ours:.0f}" if theirs else "–",
                f"{gap:.1e}" if gap is not None else "–",
            ]
        print(f"| {label} | {ours:.3f} | {' | '.join(cells)} |")
    return int(max(gaps["scipy"].values()) > 0.0 or max(gaps["pandana"].values()) > 0.01)


if __name__ == "__main__":
    sys.exit(main())
