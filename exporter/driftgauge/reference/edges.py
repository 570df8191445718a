"""Where a numeric column's bins end, chosen from the reference's values.

Bins hold about equal shares of the reference (quantile edges), a value with a share of its own gets a bin of its own,
few distinct values one bin each, and a constant three: below, at, above (statistics.md 1.2). Edges are values that
occur, in the precision in which the column is compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from driftgauge.batch import Floats

__all__ = ["BINS", "choose_edges", "needs_float64"]

#: bins of a continuous column
BINS = 20


def choose_edges(values: Floats, weights: Floats, bins: int, precision: type[np.floating[Any]]) -> Floats:
    """Return ascending float64 edges for right-closed bins.

    Args:
        values: distinct finite values of the column, ascending, representable in *precision*.
        weights: how often each occurs.
        bins: wanted bins, K.
        precision: np.float32 or np.float64; the next smaller value is taken in it.

    >>> choose_edges(np.array([0.0, 1.0]), np.array([5.0, 5.0]), 20, np.float64).tolist()
    [-5e-324, 0.0, 1.0]
    """
    if not len(values):
        return np.empty(0)

    def before(value: Floats) -> Floats:
        smaller: Floats = np.nextafter(value.astype(precision), precision(-np.inf)).astype(np.float64)
        return smaller

    # An edge below the smallest value makes a new, smaller value new mass, as the last edge does for a larger one.
    if len(values) <= bins:
        return np.unique(np.concatenate([before(values[:1]), values.astype(np.float64)]))
    reached = np.cumsum(weights) / weights.sum()
    levels = np.arange(1, bins) / bins
    quantiles = np.unique(values[np.searchsorted(reached, levels - 1e-12)])
    atoms = values[weights > weights.sum() / bins]
    edges = np.unique(np.concatenate([quantiles.astype(np.float64), atoms.astype(np.float64), before(atoms)]))
    return edges[np.isfinite(edges)]


def needs_float64(values: Floats) -> bool:
    """Tell whether float32 would merge distinct *values* (ascending, finite), as it does with identifiers and timestamps."""
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    if not np.all(np.isfinite(narrow)):
        return True
    return bool(np.count_nonzero(np.diff(narrow)) < 0.99 * (len(values) - 1))
