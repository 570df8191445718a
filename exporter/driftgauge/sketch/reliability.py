"""Reliability: how often predictions of a confidence were right.

Guarantee: counts per bin of the confidence are exact, sums within rounding, so the calibration error over any bins that are
made of these, the Brier score and the signed gap are those of the rows. Values outside 0..1, and NaN, are not counted.

Memory: 24 bytes a bin, 2.4 KB for 100 bins. Time: about 25 ns a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats
from driftgauge.sketch.additive import Sketch

__all__ = ["Bins", "Reliability", "ReliabilitySpec"]

Float64s = NDArray[np.float64]

#: groups that the published figures are about (statistics.md 6)
GROUPS = 10


@dataclass(frozen=True, slots=True)
class Bins:
    """Rows by confidence: each field is [groups]."""

    counts: Counts
    confidence: Float64s
    correct: Counts


@dataclass(frozen=True, slots=True)
class ReliabilitySpec:
    """Number of equal-width bins on 0..1; a multiple of ten, so that ten groups can be made of them.

    >>> spec = ReliabilitySpec()
    >>> round(spec.of(np.array([[0.9, 0.8], [1.0, 0.0]])).brier_score, 3)
    0.325
    """

    bins: int = 100

    def zero(self) -> Reliability:
        """Return the counts of no rows."""
        return Reliability(
            self, np.zeros((2, self.bins), dtype=np.int64), np.zeros(self.bins), np.zeros(2, dtype=np.float64)
        )

    def holding(self, arrays: Mapping[str, NDArray[Any]]) -> Reliability:
        """Return counts around *arrays* (not copied)."""
        return Reliability(self, **arrays)

    def of(self, rows: Floats) -> Reliability:
        """Count rows of shape [2, rows]: confidence, and 1 where the prediction was right, else 0."""
        confidence, correct = rows.astype(np.float64, copy=False)
        with np.errstate(invalid="ignore"):
            usable = (confidence >= 0) & (confidence <= 1)
        confidence, right = confidence[usable], correct[usable] == 1
        place = np.searchsorted(np.linspace(0, 1, self.bins + 1)[1:-1], confidence, side="right")
        counts = np.stack([np.bincount(place, minlength=self.bins), np.bincount(place[right], minlength=self.bins)])
        sums = np.bincount(place, weights=confidence, minlength=self.bins).astype(np.float64)
        products = np.array([np.square(confidence).sum(), confidence[right].sum()])
        return Reliability(self, counts.astype(np.int64), sums, products)


@dataclass(frozen=True, slots=True, eq=False)
class Reliability(Sketch):
    """Rows by confidence.

    Attributes:
        counts: rows, rows whose prediction was right; int64 [2, bins].
        confidence: sum of the confidences, float64 [bins].
        products: sum of the squared confidences, sum of the confidences of right predictions; float64 [2].
    """

    spec: ReliabilitySpec
    counts: Counts
    confidence: Float64s
    products: Float64s

    @property
    def total(self) -> int:
        """Number of rows."""
        return int(self.counts[0].sum())

    @property
    def equal_width(self) -> Bins:
        """The rows in ten groups of equal width: 0 to 0.1, 0.1 to 0.2, ..."""
        return self._grouped(np.arange(self.spec.bins) * GROUPS // self.spec.bins)

    @property
    def equal_mass(self) -> Bins:
        """The rows in up to ten groups of about equal numbers, as far as the bins allow."""
        counts = self.counts[0]
        middle = np.cumsum(counts) - counts / 2
        return self._grouped(np.minimum(middle * GROUPS // max(self.total, 1), GROUPS - 1).astype(np.int64))

    @property
    def brier_score(self) -> float:
        """Mean squared distance of the confidence from 1 where right, 0 where wrong; NaN without rows."""
        if not self.total:
            return np.nan
        return float((self.products[0] - 2 * self.products[1] + self.counts[1].sum()) / self.total)

    @property
    def spread(self) -> float:
        """Variance of the number of right predictions, were the confidences true: sum of c (1 - c)."""
        return float(max(self.confidence.sum() - self.products[0], 0.0))

    def _grouped(self, group: NDArray[np.int64]) -> Bins:
        def added(values: NDArray[Any]) -> Float64s:
            return np.bincount(group, weights=values, minlength=GROUPS).astype(np.float64)

        return Bins(
            added(self.counts[0]).astype(np.int64), added(self.confidence), added(self.counts[1]).astype(np.int64)
        )
