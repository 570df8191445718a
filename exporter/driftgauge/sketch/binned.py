"""Outcomes by the bin of a column: how many rows, and the sum and squares of what turned out, a number a row.

Over labelled data it says how often a model is right, or how much it errs, where a column (its confidence, its prediction)
is in a bin; the bins are those in which the column itself is counted. Right-closed bins, as of a histogram; rows without a
value of the column, or without an outcome, are left out.

Memory: 24 bytes a bin. Time: about 30 ns a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats
from driftgauge.sketch.additive import Sketch

__all__ = ["Binned", "BinnedSpec"]


@dataclass(frozen=True, slots=True)
class BinnedSpec:
    """Inner edges of the bins, and whether values are compared with them in float32.

    >>> BinnedSpec((0.5,)).of(np.array([[0.2, 0.5, 0.7], [1.0, 0.0, 1.0]])).means.tolist()
    [0.5, 1.0]
    """

    edges: tuple[float, ...]
    narrow: bool = False

    def zero(self) -> Binned:
        """Return the sums of no rows."""
        bins = len(self.edges) + 1
        return Binned(self, np.zeros(bins, dtype=np.int64), np.zeros((2, bins)))

    def holding(self, arrays: Mapping[str, NDArray[Any]]) -> Binned:
        """Return sums around *arrays* (not copied)."""
        return Binned(self, **arrays)

    def of(self, rows: Floats) -> Binned:
        """Count rows of shape [2, rows]: value of the column, outcome."""
        precision = np.float32 if self.narrow else np.float64
        with np.errstate(over="ignore"):  # beyond float32 a value is infinite: the outer bins
            values, edges = rows[0].astype(precision), np.array(self.edges, dtype=precision)
        known = ~np.isnan(values) & np.isfinite(rows[1])
        place, outcome = edges.searchsorted(values[known], side="left"), rows[1][known].astype(np.float64)
        bins = len(edges) + 1
        sums = [np.bincount(place, weights=part, minlength=bins) for part in (outcome, outcome**2)]
        return Binned(self, np.bincount(place, minlength=bins).astype(np.int64), np.stack(sums))


@dataclass(frozen=True, slots=True, eq=False)
class Binned(Sketch):
    """Outcomes by bin.

    Attributes:
        counts: rows, int64 [bins].
        sums: of the outcomes, of their squares; float64 [2, bins].
    """

    spec: BinnedSpec
    counts: Counts
    sums: NDArray[np.float64]

    @property
    def total(self) -> int:
        """Number of rows."""
        return int(self.counts.sum())

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean outcome of each bin; NaN where it is empty."""
        with np.errstate(invalid="ignore"):
            means: NDArray[np.float64] = self.sums[0] / self.counts
        return means
