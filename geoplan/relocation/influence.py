"""Say what a settlement's class depends on: the share of the changes of class that each uncertain factor explains by itself.

With the draws cut into bins b of a factor and classes c, p_c the share of draws in class c, p_bc that within bin b, n_b the draws in it:

    τ = (Σ_b (n_b/D) Σ_c p_bc² − Σ_c p_c²) / (1 − Σ_c p_c²)

is the share of the spread of the class (Gini) that knowing the bin removes (L. A. Goodman, W. H. Kruskal, 1954): 0 when the factor says nothing, 1 when
it settles the class. For two classes it is the first-order share of variance of the indicator of one of them. Bins find some order in mere chance, so
τ is corrected as an adjusted R² is, and never below 0.

By hand: two bins of 50 draws, 应搬 in all of one and in none of the other: Σ p_c² = 1/2, within bins 1, τ = (1 − 1/2)/(1/2) = 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def explain_classes(by_bin: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the share (n, f) of class changes that each factor explains; 0 where the class never changes.

    Parameters
    ----------
    by_bin
        (n, f, bins, classes) numbers of draws; a factor's counts add up to all draws.
    """
    found = np.zeros(by_bin.shape[:2])
    for f in range(by_bin.shape[1]):
        counts = by_bin[:, f].astype(float)
        per_bin, per_class, draws = counts.sum(axis=2), counts.sum(axis=1), counts.sum(axis=(1, 2))
        spread = draws - (per_class**2).sum(axis=1) / np.maximum(draws, 1)
        within = draws - ((counts**2).sum(axis=2) / np.maximum(per_bin, 1)).sum(axis=1)
        free = draws - (per_bin > 0).sum(axis=1)
        ratio = np.divide(within, spread, out=np.ones_like(spread), where=spread > 0)
        found[:, f] = np.clip(1.0 - ratio * (draws - 1) / np.maximum(free, 1), 0.0, 1.0)
    return found
