"""Confusion counts: how often a class was predicted where another one was true.

Guarantee: every pair counts once, and the accuracy is exact however many classes there are: classes without a cell of
their own share `other`, and of them it is known whether prediction and truth were the same. Precision, recall and F1 of
the classes with a cell are exact too.

Memory: 8 bytes a cell, (classes + 1) x (classes + 2) of them; 3.7 KB for 20 classes. Time: one bincount, 3 ns a pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts
from driftgauge.sketch.additive import Sketch

__all__ = ["Confusion", "ConfusionSpec"]

Float64s = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ConfusionSpec:
    """How many classes have a cell; which class a cell stands for is known to who hands the codes over.

    A pair is handed over as two codes: 0 to `classes` - 1, or `other`; where truth and prediction are the same class
    without a cell, the prediction's code is `agreed`.

    >>> spec = ConfusionSpec(2)
    >>> spec.of(np.array([[0, 1, 1], [0, 0, 1]])).accuracy
    0.6666666666666666
    """

    classes: int

    @property
    def other(self) -> int:
        """Code of a class without a cell."""
        return self.classes

    @property
    def agreed(self) -> int:
        """Code of a prediction that is right about a class without a cell."""
        return self.classes + 1

    def zero(self) -> Confusion:
        """Return the counts of no pairs."""
        return Confusion(self, np.zeros((self.classes + 1, self.classes + 2), dtype=np.int64))

    def holding(self, arrays: Mapping[str, NDArray[Any]]) -> Confusion:
        """Return counts around *arrays* (not copied)."""
        return Confusion(self, **arrays)

    def of(self, codes: NDArray[np.integer[Any]]) -> Confusion:
        """Count pairs of shape [2, rows]: truth, prediction."""
        width = self.classes + 2
        cells = codes[0].astype(np.int64) * width + codes[1]
        counts = np.bincount(cells, minlength=width * (self.classes + 1)).astype(np.int64)
        return Confusion(self, counts.reshape(self.classes + 1, width))


@dataclass(frozen=True, slots=True, eq=False)
class Confusion(Sketch):
    """Pairs per truth and prediction: `counts` int64 [classes + 1, classes + 2]."""

    spec: ConfusionSpec
    counts: Counts

    @property
    def total(self) -> int:
        """Number of pairs."""
        return int(self.counts.sum())

    @property
    def correct(self) -> int:
        """Pairs whose prediction was right."""
        named = self.counts[: self.spec.classes, : self.spec.classes]
        return int(np.trace(named) + self.counts[self.spec.other, self.spec.agreed])

    @property
    def accuracy(self) -> float:
        """Share of right predictions; NaN without pairs."""
        return self.correct / self.total if self.total else np.nan

    @property
    def support(self) -> Counts:
        """Pairs whose truth is the class, [classes]."""
        support: Counts = self.counts[: self.spec.classes].sum(axis=1)
        return support

    @property
    def precision(self) -> Float64s:
        """Share of the predictions of each class that were right, [classes]; NaN where it was never predicted."""
        return _ratio(self._hits, self._predicted)

    @property
    def recall(self) -> Float64s:
        """Share of the pairs of each class that were predicted as it, [classes]; NaN where it was never true."""
        return _ratio(self._hits, self.support)

    @property
    def f1(self) -> Float64s:
        """Harmonic mean of precision and recall, [classes]; NaN where the class was neither true nor predicted."""
        return _ratio(2 * self._hits, self.support + self._predicted)

    @property
    def macro_f1(self) -> float:
        """Mean of the F1 of the classes with a cell that occurred; NaN without any."""
        known = self.f1[~np.isnan(self.f1)]
        return float(known.mean()) if len(known) else np.nan

    @property
    def _hits(self) -> Counts:
        return np.diagonal(self.counts)[: self.spec.classes]

    @property
    def _predicted(self) -> Counts:
        predicted: Counts = self.counts[:, : self.spec.classes].sum(axis=0)
        return predicted


def _ratio(part: Counts, whole: Counts) -> Float64s:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
