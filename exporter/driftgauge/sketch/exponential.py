"""Exponential histogram: buckets that grow by 2^(1/8), for durations and other positive quantities.

Guarantee: bounds are upper-inclusive, `(2^((i-1)/8), 2^(i/8)]`, the bounds of Prometheus native histograms (schema 3);
a quantile read by logarithmic interpolation is within one bucket, 9 %, and mostly within 2.5 % (statistics.md 7).
Range: 2^-20 s (1 microsecond) to 2^17 s (36 hours), smaller and larger values in the outer buckets; values up to 1e-9
and negative ones count as zero; NaN is not counted.

Memory: 298 buckets of 8 bytes a column. Time: about 15 ns a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats
from driftgauge.sketch.additive import Sketch

__all__ = ["ExponentialHistogram", "ExponentialSpec"]

ZERO_THRESHOLD = 1e-9  # what Prometheus and OpenTelemetry advise for durations in seconds


@dataclass(frozen=True, slots=True)
class ExponentialSpec:
    """Resolution and range: bucket i ends at `2^(i / 2^schema)`; indices run from `first` to `last`.

    >>> spec = ExponentialSpec()
    >>> int(spec.index(np.array([0.25]))[0])
    -16
    """

    columns: int = 1
    schema: int = 3
    first: int = -160
    last: int = 136

    @property
    def bounds(self) -> NDArray[np.float64]:
        """Upper bounds of the buckets, the zero bucket first: shape [buckets]."""
        indices = np.arange(self.first, self.last + 1)
        return np.concatenate([[ZERO_THRESHOLD], np.exp2(indices / 2**self.schema)])

    def index(self, values: Floats) -> NDArray[np.int64]:
        """Return the bucket index of positive finite values; exact at the bounds, because only the mantissa is looked up."""
        per_octave = 2**self.schema
        mantissa, exponent = np.frexp(values)
        within = np.exp2(np.arange(per_octave + 1) / per_octave - 1.0)
        index: NDArray[np.int64] = (exponent.astype(np.int64) - 1) * per_octave + np.searchsorted(within, mantissa)
        return index

    def zero(self) -> ExponentialHistogram:
        """Return the histogram of no values."""
        buckets = self.last - self.first + 2
        return ExponentialHistogram(self, np.zeros((self.columns, buckets), dtype=np.int64), np.zeros(self.columns))

    def holding(self, arrays: Mapping[str, NDArray[Any]]) -> ExponentialHistogram:
        """Return a histogram around *arrays* (not copied)."""
        return ExponentialHistogram(self, **arrays)

    def of(self, columns: Sequence[Floats]) -> ExponentialHistogram:
        """Count the values of each column (lengths may differ)."""
        result = self.zero()
        for row, values in enumerate(columns):
            known = np.asarray(values, dtype=np.float64)
            known = known[~np.isnan(known)]
            cells = np.zeros(len(known), dtype=np.int64)
            positive = known > ZERO_THRESHOLD
            index = self.index(np.minimum(known[positive], np.finfo(np.float64).max))
            cells[positive] = np.clip(index, self.first, self.last) - self.first + 1
            result.counts[row] = np.bincount(cells, minlength=result.counts.shape[1])
            result.sums[row] = known[np.isfinite(known)].sum()
        return result


@dataclass(frozen=True, slots=True, eq=False)
class ExponentialHistogram(Sketch):
    """Values per bucket: `counts` int64 [columns, buckets] (the zero bucket first), `sums` float64 [columns]."""

    spec: ExponentialSpec
    counts: Counts
    sums: NDArray[np.float64]

    @property
    def total(self) -> Counts:
        """Values per column."""
        total: Counts = self.counts.sum(axis=1)
        return total

    def quantiles(self, levels: Sequence[float]) -> NDArray[np.float64]:
        """Return the quantiles of every column, shape [columns, levels]; NaN where nothing was counted.

        Inside a bucket the interpolation is logarithmic (statistics.md 7).
        """
        upper = self.spec.bounds
        growth = 2.0 ** (1 / 2**self.spec.schema)
        result = np.full((len(self.counts), len(levels)), np.nan)
        for row, counts in enumerate(self.counts):
            total = counts.sum()
            if not total:
                continue
            reached = np.cumsum(counts)
            for place, level in enumerate(levels):
                rank = level * total
                bucket = int(np.searchsorted(reached, max(rank, 1e-12)))
                share = (rank - (reached[bucket] - counts[bucket])) / counts[bucket]
                result[row, place] = 0.0 if bucket == 0 else upper[bucket] * growth ** (min(max(share, 0.0), 1.0) - 1.0)
        return result
