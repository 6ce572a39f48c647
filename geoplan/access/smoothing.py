"""Take noise and steps out of heights, and say how much they slow a walker down.

Tobler's time on a move of level length d is e^(3.5·|s + 0.05|) with s = rise / d: it is convex, so whatever makes slopes scatter makes walks longer
even where it adds nothing to the climb. On a plane of slope s₀, with a = 3.5 and μ = s₀ + 0.05:

- independent errors of σ metres per cell scatter s by τ = √2·σ/d, and the mean time grows by the moment of the folded normal distribution,

      E[e^(a|X|)] = e^(a²τ²/2) · (e^(aμ)·Φ(μ/τ + aτ) + e^(−aμ)·Φ(−μ/τ + aτ)),      X ~ N(μ, τ²);

- steps of q metres turn the rise r = s₀·d into k·q or (k + 1)·q, k = ⌊r/q⌋, the latter in a share f = r/q − k of the moves.

By hand: level ground, 30 m cells, σ = 3 m: τ = 0.1414, and the mean time is 1.3495 times the exact one; whole metres at s₀ = 0.05: rises of 1 and 2 m, half
each: (e^0.29167 + e^0.40833) / 2 / e^0.35 = 1.0017.

The filter ``mean3`` replaces a height by the mean of itself and of those pairs of opposite neighbours among the 3 × 3 cells that are both known, the plain
low-pass filter (Reuter, Hengl, Gessler & Soille 2009, *Preparation of DEMs for geomorphometric analysis*, in Geomorphometry: Concepts, Software,
Applications) made even-handed: a plane stays a plane next to voids and the edge too. τ falls to √6/9·σ/d, less than a fifth. It costs relief: the
bottom of a V-shaped valley with sides of slope s rises by (2/3)·s·d, 10 m at s = 0.5 and d = 30 m.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage, sparse
from scipy.sparse.linalg import cg
from scipy.special import ndtr

Smoothing = Literal["none", "mean3"]
FILTERS: dict[str, str] = {"none": "", "mean3": "mean of 3 x 3 cells, opposite neighbours in pairs"}
"""Filters and what the report says of them."""
_NO_SCATTER = 1e-12
"""Slopes scattered by less move no time by a part in 10¹⁰; what divides by less may overflow."""
_STEEPNESS, _EASIEST = 3.5, 0.05
_ACROSS = 0.0618033988749895
"""Slope of the planted plane across the direction of travel: a ratio no step divides evenly."""
_KEPT_M = 0.1
"""Heights are kept in decimetres."""


def smooth_heights(height_m: NDArray[np.floating], *, smooth: Smoothing) -> NDArray[np.floating]:
    """Return heights after a filter; voids (NaN) stay voids and weigh nothing.

    Parameters
    ----------
    height_m
        (rows, cols) metres; NaN is a void.
    smooth
        ``none`` (the heights themselves are returned) or ``mean3``.
    """
    if smooth == "none":
        return height_m
    smoothed = np.empty(height_m.shape, dtype=np.float32)
    _mean3(np.ascontiguousarray(height_m), smoothed)
    return smoothed


@njit(cache=True, nogil=True)
def _mean3(height: NDArray[np.floating], smoothed: NDArray[np.float32]) -> None:
    """Fill the mean of each cell and of its pairs of opposite neighbours that are both known."""
    rows, cols = height.shape
    for row in range(rows):
        for col in range(cols):
            total, known = float(height[row, col]), 1
            for down, right in ((0, 1), (1, -1), (1, 0), (1, 1)):
                if row >= down and row + down < rows and 0 <= col - right < cols and 0 <= col + right < cols:
                    pair = float(height[row + down, col + right]) + float(height[row - down, col - right])
                    if not np.isnan(pair):
                        total += pair
                        known += 2
            smoothed[row, col] = total / known


def fill_voids(height_m: NDArray[np.floating], *, fill_cells: int) -> tuple[NDArray[np.floating], int]:
    """Return heights with voids near known heights filled, and how many cells were.

    Voids at most ``fill_cells`` steps (side by side, not slantwise) from a known height become the mean of their known or filled neighbours (the
    discrete Laplace equation): a hole in a plane is filled with the plane. What lies further is left a void.

    Parameters
    ----------
    height_m
        (rows, cols) metres; NaN is a void.
    fill_cells
        Reach, cells; 0 fills nothing.
    """
    void = np.isnan(height_m)
    if fill_cells <= 0 or not void.any() or void.all():
        return height_m, 0
    wanted = ndimage.binary_dilation(~void, iterations=fill_cells) & void
    filled = np.array(height_m)
    filled[wanted] = _solve_laplace(height_m, wanted)
    return filled, int(wanted.sum())


def _solve_laplace(height_m: NDArray[np.floating], wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the heights of wanted cells such that each is the mean of its neighbours that are known or wanted."""
    rows, cols = np.nonzero(wanted)
    number = np.full(wanted.shape, -1, dtype=np.int64)
    number[rows, cols] = np.arange(len(rows))
    degree, right = np.zeros(len(rows)), np.zeros(len(rows))
    pairs = []
    # Heights are taken against their mean, so that the solver's tolerance is millimetres and not a share of the altitude.
    level = float(np.nanmean(height_m, dtype=np.float64))
    for down, east in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        r, c = rows + down, cols + east
        me = np.flatnonzero((r >= 0) & (r < wanted.shape[0]) & (c >= 0) & (c < wanted.shape[1]))
        other, height = number[r[me], c[me]], height_m[r[me], c[me]].astype(np.float64)
        known = np.isfinite(height)
        degree[me] += known | (other >= 0)
        right[me[known]] += height[known] - level
        pairs.append((me[other >= 0], other[other >= 0]))
    row, col = (np.concatenate(side) for side in zip(*pairs, strict=True))
    matrix = sparse.diags(degree) - sparse.csr_matrix((np.ones(len(row)), (row, col)), shape=(len(rows), len(rows)))
    found, _ = cg(matrix.tocsr(), right, rtol=0.0, atol=1e-3, maxiter=20_000, M=sparse.diags(1.0 / degree))
    return found + level


def expect_noise_ratio(slope: ArrayLike, *, cell_m: float, noise_m: float) -> NDArray[np.float64]:
    """Return the expected walking time over the exact one under independent height errors of ``noise_m`` (standard deviation).

    Parameters
    ----------
    slope
        Slope of the plane in the direction of travel, a ratio, any shape.
    cell_m
        Length of a move, metres.
    noise_m
        Standard deviation of a cell's height, metres.
    """
    mean = np.asarray(slope, dtype=np.float64) + _EASIEST
    scatter = np.sqrt(2.0) * noise_m / cell_m
    if scatter < _NO_SCATTER:
        return np.ones_like(mean)
    a = _STEEPNESS
    moment = np.exp(a**2 * scatter**2 / 2) * (
        np.exp(a * mean) * ndtr(mean / scatter + a * scatter) + np.exp(-a * mean) * ndtr(-mean / scatter + a * scatter)
    )
    return moment / np.exp(a * np.abs(mean))


def expect_step_ratio(slope: ArrayLike, *, cell_m: float, step_m: float) -> NDArray[np.float64]:
    """Return the expected walking time over the exact one where heights come in steps of ``step_m`` metres; see `expect_noise_ratio`."""
    exact = np.asarray(slope, dtype=np.float64)
    if step_m == 0.0:
        return np.ones_like(exact)
    steps = exact * cell_m / step_m
    low = np.floor(steps)
    share = steps - low
    less, more = (np.exp(_STEEPNESS * np.abs((low + one) * step_m / cell_m + _EASIEST)) for one in (0, 1))
    return ((1 - share) * less + share * more) / np.exp(_STEEPNESS * np.abs(exact + _EASIEST))


def slope_noise_bias(
    slope: float,
    *,
    cell_m: float,
    rng: np.random.Generator,
    step_m: float = 0.0,
    noise_m: float = 0.0,
    smooth: Smoothing = "none",
    size: int = 600,
) -> float:
    """Measure mean walking time along straight lines on a planted plane over the exact one; 1 is no bias.

    Parameters
    ----------
    slope
        Slope of the plane eastwards, the direction of travel; a ratio.
    cell_m
        Cell, metres.
    rng
        Where errors and the plane's height within a step come from.
    step_m
        Steps the elevation model comes in, metres; 0: none.
    noise_m
        Standard deviation of its independent errors, metres.
    smooth
        Filter before heights are kept in decimetres.
    size
        Rows and columns of the plane.
    """
    place = np.arange(size) * cell_m
    # Sloping across as well, each row starts at its own height within a step, as lines over real ground do.
    height = rng.random() + slope * place + _ACROSS * place[:, None] + noise_m * rng.standard_normal((size, size))
    if step_m > 0:
        height = step_m * np.rint(height / step_m)
    kept = _KEPT_M * np.rint(smooth_heights(height, smooth=smooth).astype(np.float64) / _KEPT_M)
    found = np.exp(_STEEPNESS * np.abs(np.diff(kept, axis=1) / cell_m + _EASIEST)).mean()
    return float(found / np.exp(_STEEPNESS * abs(slope + _EASIEST)))
