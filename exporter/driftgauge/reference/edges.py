"""Where a numeric column's bins end, chosen from the reference's values.

Bins hold about equal shares of the reference (quantile edges), a value with a share of its own gets a bin of its own,
few distinct values one bin each, and a constant three: below, at, above (statistics.md 1.2). Edges are values that
occur, in the precision in which the column is compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Floats

__all__ = ["BINS", "choose_edges", "needs_float64"]

Float64s = NDArray[np.float64]

#: bins of a continuous column
BINS = 20
#: share of a bin by which an edge may be moved
_SLACK = 0.1


def choose_edges(
    values: Floats,
    weights: Floats,
    bins: int,
    precision: type[np.floating[Any]],
    floors: Floats | None = None,
) -> Float64s:
    """Return ascending float64 edges for right-closed bins.

    Args:
        values: distinct finite values of the column, ascending, representable in *precision*.
        weights: how often each occurs.
        bins: wanted bins, K.
        precision: np.float32 or np.float64; the next smaller value is taken in it.
        floors: where the cells that *values* are the ends of begin; without it each stands for itself alone.

    >>> choose_edges(np.array([0.0, 1.0]), np.array([5.0, 5.0]), 20, np.float64).tolist()
    [-5e-324, 0.0, 1.0]
    """
    if not len(values):
        return np.empty(0)

    if floors is None:
        with np.errstate(over="ignore"):  # nothing finite is before the smallest number
            floors = np.nextafter(values.astype(precision), precision(-np.inf))
    # An edge below the smallest value makes a new, smaller value new mass, as the last edge does for a larger one.
    if len(values) <= bins:
        return _finite(floors[:1], values)
    reached = np.cumsum(weights) / weights.sum()
    levels = np.arange(1, bins) / bins
    place = np.searchsorted(reached, levels - 1e-12)
    quantiles = values[_apart_in_float32(values, reached, place, _SLACK / bins)]
    atoms = weights > weights.sum() / bins
    return _finite(quantiles, floors[atoms], values[atoms])


def _apart_in_float32(values: Floats, reached: Floats, place: NDArray[np.intp], slack: float) -> NDArray[np.intp]:
    """Move edges to the last value that float32 does not tell from them, where that moves no more than *slack* of the rows.

    Then rows that a sender narrowed to float32 fall on the same sides of the edges.
    """
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    ends = np.searchsorted(narrow, narrow[place], side="right") - 1
    return np.where(reached[ends] - reached[place] <= slack, ends, place)


def _finite(*parts: Floats) -> Float64s:
    edges = np.concatenate([part.astype(np.float64) for part in parts])
    return np.unique(edges[np.isfinite(edges)])


def needs_float64(values: Floats) -> bool:
    """Tell whether float32 would merge distinct *values* (ascending, finite), as it does with identifiers and timestamps."""
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    if not np.all(np.isfinite(narrow)):
        return True
    return bool(np.count_nonzero(np.diff(narrow)) < 0.99 * (len(values) - 1))
