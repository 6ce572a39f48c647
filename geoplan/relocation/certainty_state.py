"""Name the arrays the draws are scored from and counted into: tuples the compiled kernel takes, in the shapes it takes them.

n settlements, k indicators, h hazard kinds, C draws of a chunk, f factors that all settlements share. By hand: two settlements scored in three draws that all
class the first 应搬 and the second 可留 have ``classes`` [[3, 0, 0, 0], [0, 0, 3, 0]].
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SCORE_BINS = 2048
"""Bins of the score 0..1 in which its distribution is kept."""


class Evidence(NamedTuple):
    """What the settlements are rated by; see `geoplan.relocation.uncertain.Inputs`."""

    raw: NDArray[np.float64]
    points: NDArray[np.float64]
    kinds: NDArray[np.int64]
    anchor_values: NDArray[np.float64]
    anchor_points: NDArray[np.float64]
    anchor_starts: NDArray[np.int64]
    tangent: NDArray[np.float64]
    """(n,) tangent of the slope as it stands; 0 where unknown."""
    xy: NDArray[np.float64]
    located: NDArray[np.bool_]
    key: NDArray[np.uint64]
    people: NDArray[np.float64]
    counted: bool
    """An indicator depends on the number of people."""


class Hazards(NamedTuple):
    """Mapped classes and how they may be wrong."""

    codes: NDArray[np.int8]
    veto: NDArray[np.bool_]
    surveyed: NDArray[np.bool_]
    stream: NDArray[np.uint64]
    worse: float
    better: float


class Chunk(NamedTuple):
    """What a run of draws says of all settlements; ``start`` is the first draw's number, a multiple of `BLOCK`."""

    start: int
    weights: NDArray[np.float64]
    """(k, C), and so is ``stretch``: the draws of an indicator lie side by side."""
    stretch: NDArray[np.float64]
    bins: NDArray[np.uint8]
    """(f, C) bins of the shared factors."""
    totals: NDArray[np.int32]
    """(f, BINS) how many draws of the chunk are in each."""
    frequency: NDArray[np.float64]
    """(blocks, M, 2), and so on as `geoplan.relocation.dem_error.Waves`; no blocks where elevation has no error."""
    step: NDArray[np.float64]
    cosine: NDArray[np.float64]
    sine: NDArray[np.float64]
    edges: NDArray[np.float64]
    """(BINS − 1,) borders of the bins of the error, of the slope (or of the elevation if ``by_rise``)."""
    by_rise: bool
    raised: bool
    """An indicator depends on the elevation itself."""


class Lines(NamedTuple):
    """Where classes begin, lowered by the rounding that is allowed."""

    must: float
    suggest: float
    thin: float


class Own(NamedTuple):
    """Room for the draws of a block that are one settlement's own, each (BLOCK,) of which the first ``size[0]`` are in use."""

    size: NDArray[np.int64]
    errors: NDArray[np.float64]
    """(3, BLOCK) of elevation, eastward and northward slope."""
    people: NDArray[np.float64]
    worst: NDArray[np.int64]
    severity: NDArray[np.int64]
    known: NDArray[np.bool_]
    low: NDArray[np.float64]
    share: NDArray[np.float64]
    points: NDArray[np.float64]
    gap: NDArray[np.bool_]


class Counts(NamedTuple):
    """What is added up over the draws; row s is settlement s."""

    classes: NDArray[np.int64]
    """(n, 4) draws in each class."""
    sure: NDArray[np.int64]
    """(n, 3) draws in which the class is 应搬 / 可留 even with the missing evidence at its worst, and in which that evidence is open."""
    scores: NDArray[np.int32]
    """(n, SCORE_BINS) draws by score."""
    extent: NDArray[np.float64]
    """(n, 2) lowest and highest score."""
    by_bin: NDArray[np.int32]
    """(n, factors, BINS, 4) draws by factor, bin and class."""
