"""Mean of feature vectors: their sum and their number, which is all that a comparison of mean embeddings needs.

Memory: 8 bytes a dimension. Time: one sum, 0.3 ns a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats
from driftgauge.sketch.additive import Sketch

__all__ = ["MeanSpec", "MeanVector"]


@dataclass(frozen=True, slots=True)
class MeanSpec:
    """What is summed.

    Attributes:
        width: dimensions.
        map: digest of the feature map; sums under different maps cannot be added.

    >>> MeanSpec(2).of(np.array([[1.0, 2.0], [3.0, 4.0]])).mean.tolist()
    [2.0, 3.0]
    """

    width: int
    map: str = ""

    def zero(self) -> MeanVector:
        """Return the sum of no rows."""
        return MeanVector(self, np.zeros(1, dtype=np.int64), np.zeros(self.width))

    def holding(self, arrays: Mapping[str, NDArray[Any]]) -> MeanVector:
        """Return a sum around *arrays* (not copied)."""
        return MeanVector(self, **arrays)

    def of(self, vectors: Floats) -> MeanVector:
        """Sum rows [rows, width]; those that are not finite are left out."""
        known = np.isfinite(vectors).all(axis=1)
        sums = vectors[known].sum(axis=0, dtype=np.float64)
        return MeanVector(self, np.array([known.sum()], dtype=np.int64), sums)


@dataclass(frozen=True, slots=True, eq=False)
class MeanVector(Sketch):
    """Rows, int64 [1], and their sum, float64 [width]."""

    spec: MeanSpec
    rows: Counts
    sums: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean of the rows; NaN without any."""
        with np.errstate(invalid="ignore"):
            mean: NDArray[np.float64] = self.sums / self.rows[0]
        return mean
