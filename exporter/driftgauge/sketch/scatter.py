"""Scatter of vectors: their second moments, from which a covariance follows.

Of embeddings a part of the features is counted (`derive/feature_part.py`); no row can be read from it. Memory: 8 bytes a pair of dimensions,
66 KB for 128. Time: 1 us a row of 128.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats
from driftgauge.sketch.additive import Sketch

__all__ = ["Scatter", "ScatterSpec"]

Float64s = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScatterSpec:
    """What is summed.

    Attributes:
        width: dimensions.
        map: digest of the feature map; sums under different maps cannot be added.

    >>> ScatterSpec(2).of(np.array([[1.0, 2.0], [3.0, 4.0]])).within.tolist()
    [[2.0, 2.0], [2.0, 2.0]]
    """

    width: int
    map: str = ""

    def zero(self) -> Scatter:
        """Return the moments of no rows."""
        return Scatter(self, np.zeros(1, dtype=np.int64), np.zeros(self.width), np.zeros(len(_pairs(self.width)[0])))

    def holding(self, arrays: Mapping[str, NDArray[Any]]) -> Scatter:
        """Return moments around *arrays* (not copied)."""
        return Scatter(self, **arrays)

    def of(self, vectors: Floats) -> Scatter:
        """Sum rows [rows, width]; those that are not finite are left out."""
        known = vectors[np.isfinite(vectors).all(axis=1)].astype(np.float64, copy=False)
        rows = np.array([len(known)], dtype=np.int64)
        return Scatter(self, rows, known.sum(axis=0), (known.T @ known)[_pairs(self.width)])


@dataclass(frozen=True, slots=True, eq=False)
class Scatter(Sketch):
    """Rows, int64 [1], their sum, float64 [width], and the sums of products of pairs, float64."""

    spec: ScatterSpec
    rows: Counts
    sums: Float64s
    products: Float64s

    @property
    def within(self) -> Float64s:
        """Sums of products about the mean, [width, width]: the covariance times one less than the rows."""
        full = np.zeros((self.spec.width, self.spec.width))
        full[_pairs(self.spec.width)] = self.products
        full = np.triu(full, 1).T + full
        centred: Float64s = full - np.outer(self.sums, self.sums) / max(int(self.rows[0]), 1)
        return centred


@cache
def _pairs(width: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    rows, columns = np.triu_indices(width)
    return rows, columns
