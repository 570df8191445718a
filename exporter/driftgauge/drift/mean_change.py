"""Maximum mean discrepancy of two windows of embeddings, neither of which is a reference with a covariance that is known.

    T = |mean_c - mean_p|^2,  z = 1/n_c + 1/n_p,  S the covariance of the features within the two, pooled
    under no change  E T = z tr S,  Var T = 2 z^2 tr S^2,  third moment 8 z^3 tr S^3

Exact: T, z and tr S, because the sums are there and |phi| = 1: tr S = sum of n (1 - |mean|^2) over (n_c + n_p - 2). Not exact: tr S^2 and
tr S^3, which a part of the features tells (`derive/feature_part.py`), corrected by how far it is off where the traces are known. Pooled
within, a change makes neither the noise nor the distance's scale larger. Measured rates of false alarms are in docs/model-health.md.
Time: 0.1 ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from driftgauge.derive.embedding import WIDTH
from driftgauge.derive.feature_part import part_traces
from driftgauge.drift.mmd import MeanDiscrepancy, of_moments
from driftgauge.sketch import MeanVector, Scatter

__all__ = ["FeatureSums", "mean_change", "traces_of"]

Traces = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class FeatureSums:
    """What is kept of the features of some vectors: their sum, and the second moments of a part of them."""

    mean: MeanVector
    scatter: Scatter

    def merge(self, other: FeatureSums) -> FeatureSums:
        """Return the sums of both.

        Raises:
            MergeError: the two were mapped differently.
        """
        return FeatureSums(self.mean.merge(other.mean), self.scatter.merge(other.scatter))


def mean_change(past: FeatureSums, current: FeatureSums, corrections: tuple[float, float]) -> MeanDiscrepancy:
    """Compare two windows.

    Args:
        past: of the older one.
        current: of the newer one; its rows are the samples.
        corrections: factors of tr S^2 and tr S^3 (`Embedder.corrections`).

    Raises:
        MergeError: the two were mapped differently, so that their distance would mean nothing.
    """
    past.mean.merge(current.mean)  # refuses other maps
    before, now = int(past.mean.rows[0]), int(current.mean.rows[0])
    if not before or not now or (traces := traces_of((past, current), corrections)) is None:
        return MeanDiscrepancy(np.nan, np.nan, np.nan, now)
    distance = float(np.square(current.mean.mean - past.mean.mean).sum())
    return of_moments(distance, traces, before, now)


def traces_of(sides: Sequence[FeatureSums], corrections: tuple[float, float]) -> Traces | None:
    """Return tr S, tr S^2, tr S^3 of the covariance within *sides*, pooled; None where there are too few rows, or all are one."""
    known = [side for side in sides if int(side.mean.rows[0])]
    degrees = sum(int(side.mean.rows[0]) - 1 for side in known)
    counted = sum(max(int(side.scatter.rows[0]) - 1, 0) for side in known)
    if degrees < 1 or counted < 1:
        return None
    within = sum(int(side.mean.rows[0]) * (1 - float(np.square(side.mean.mean).sum())) for side in known)
    if within <= 1e-6 * degrees:  # float32 gives |phi| = 1 to 1e-7
        return None
    total = within / degrees
    covariance = np.sum([side.scatter.within for side in known], axis=0) / counted
    square, cube = part_traces(covariance, WIDTH, total, counted)
    square = min(square * corrections[0], total**2)
    return total, square, min(max(cube * corrections[1], square**2 / total), square**1.5)
