"""Performance without labels: what accuracy, or error, a window's mix of rows would have, were every bin as good as ever.

    estimate = sum n_b a_b / N,   s.e.^2 = sum n_b v_b / N^2 + sum (n_b / N)^2 v_b / m_b

a_b and v_b are mean and variance of the outcome (1 where right, 0 where wrong; or the absolute error) in bin b of a column
over m_b labelled rows of the reference, n_b the window's rows in that bin (statistics.md 6: confidence-based performance
estimation from bins). For a classifier the column is its confidence, and a_b = isotonic regression of (right + 1/2) / (m_b + 1);
for a regression it is the prediction itself, which knows less. Both are right if only the mix of inputs has changed, and wrong
where inputs mean something else than they did. Evidence that the estimate is worse than on the reference: Pearson's type III
law (`pearson.py`) of the difference of two means of a_b over independent rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats
from driftgauge.drift.gamma import log_normal_tail
from driftgauge.drift.pearson import MAX_EVIDENCE, pearson_evidence
from driftgauge.sketch import Binned

__all__ = ["LEAST_LABELLED", "Estimate", "Estimator", "isotonic"]

Float64s = NDArray[np.float64]

#: labelled rows that the reference needs
LEAST_LABELLED = 2_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimates of windows, arrays [windows]; NaN where a window has no rows.

    Attributes:
        value: mean outcome to be expected.
        stderr: its standard error.
        evidence: -log10 of the probability of so much worse an estimate without drift, 0 to 300.
        samples: rows that it rests on.
    """

    value: Float64s
    stderr: Float64s
    evidence: Float64s
    samples: Counts


@dataclass(frozen=True, slots=True, eq=False)
class Estimator:
    """Mean and variance of the outcome by bin, and the labelled rows that they rest on; [bins].

    Attributes:
        means: of the outcome.
        variances: of the outcome.
        counts: labelled rows of the reference.
        rising: whether a larger mean is worse, as of an error.
    """

    means: Float64s
    variances: Float64s
    counts: Floats | Counts
    rising: bool = False

    @classmethod
    def of_right(cls, outcomes: Binned) -> Estimator:
        """Make the estimator of an accuracy by bins of the confidence, from 1 where right and 0 where wrong."""
        counts = outcomes.counts
        means = isotonic((outcomes.sums[0] + 0.5) / (counts + 1), counts + 1.0)
        return cls(means, means * (1 - means), counts)

    @classmethod
    def of_errors(cls, outcomes: Binned) -> Estimator:
        """Make the estimator of a mean absolute error by bins of the prediction; an empty bin errs as all together."""
        counts = outcomes.counts
        whole = outcomes.sums.sum(axis=1) / max(outcomes.total, 1)
        with np.errstate(invalid="ignore"):
            mean, square = np.where(counts > 0, outcomes.sums / counts, whole[:, None])
        return cls(mean, np.maximum(square - mean**2, 0.0), counts, rising=True)

    @property
    def reference(self) -> float:
        """The estimate for the labelled reference itself."""
        return float(self.counts @ self.means / self.counts.sum())

    def estimate(self, counts: Counts, dispersion: Floats | float = 1.0) -> Estimate:
        """Estimate windows from their rows by bin, [windows, bins].

        Args:
            counts: rows of each window.
            dispersion: factor by which a window's counts scatter more widely than independent rows, [windows].
        """
        n = counts.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = counts / n[:, None]
            value = share @ self.means
            labelled = np.where(self.counts > 0, self.variances / np.maximum(self.counts, 1), self.variances)
            stderr = np.sqrt(share @ self.variances / n + share**2 @ labelled)
            evidence = self._evidence(value, n / np.asarray(dispersion))
        return Estimate(value, stderr, np.where(n > 0, evidence, np.nan), n)

    def _evidence(self, value: Float64s, n: Float64s) -> Float64s:
        total = float(self.counts.sum())
        sign = 1.0 if self.rising else -1.0
        about = self.means - self.reference
        variance, third = (float(self.counts @ about**power / total) for power in (2, 3))
        worse = sign * (value - self.reference)
        spread = variance * (1 / n + 1 / total)
        skew = sign * third * (1 / n**2 - 1 / total**2)
        normal = -log_normal_tail(worse / np.sqrt(np.where(spread > 0, spread, 1.0))) / math.log(10)
        skewed = pearson_evidence(worse, np.zeros_like(worse), spread, np.maximum(skew, 0.0))
        evidence = np.where(skew > 0, skewed, normal)
        return np.where((worse > 0) & (spread > 0), np.clip(evidence, 0.0, MAX_EVIDENCE), 0.0)


def isotonic(values: Floats, weights: Floats) -> Float64s:
    """Return the closest non-decreasing values by weighted squares (pool adjacent violators).

    >>> isotonic(np.array([1.0, 3.0, 2.0]), np.array([1.0, 1.0, 3.0])).tolist()
    [1.0, 2.25, 2.25]
    """
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        blocks.append((value, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (left, heavy, many), (right, light, few) = blocks[-2:]
            blocks[-2:] = [((left * heavy + right * light) / (heavy + light), heavy + light, many + few)]
    return np.repeat([value for value, _, _ in blocks], [size for _, _, size in blocks]).astype(np.float64)
