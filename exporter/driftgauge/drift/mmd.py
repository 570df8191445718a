"""Maximum mean discrepancy of two sets of embeddings, from the means of their random Fourier features.

    T = |mean_c - mean_r|^2,  z = 1/n + 1/n_r,  t1 = 1 - |mean_r|^2 = tr S   (|phi| = 1)
    under no drift  E T = z t1,  Var T = 2 z^2 tr S^2,  third moment 8 z^3 tr S^3
    relative = sqrt(max(0, T - E T) / t1),  its floor sqrt(z)

No bootstrap: measured false-alarm rates at 0.05 are 0.03 to 0.08 (statistics.md 5), at 0.01 and 0.001 in
docs/model-health.md. Time: 20 us.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from driftgauge.drift.pearson import pearson_evidence
from driftgauge.sketch import MeanVector

__all__ = ["MMD_ALERT", "MMD_WARN", "MeanDiscrepancy", "mean_discrepancy", "of_moments"]

#: relative discrepancies that warn and alert (statistics.md 5; provisional): 0.25 sigma along the first component is about 0.08
MMD_WARN, MMD_ALERT = 0.05, 0.10


@dataclass(frozen=True, slots=True)
class MeanDiscrepancy:
    """Comparison of two mean embeddings; NaN where a side is empty.

    Attributes:
        relative: distance of the means without the noise's share, in standard deviations of the features, 0 and more.
        noise_floor: the relative distance to be expected without drift.
        evidence: -log10 of the probability of such a distance without drift, 0 to 300.
        samples: current vectors.
    """

    relative: float
    noise_floor: float
    evidence: float
    samples: int


def mean_discrepancy(reference: MeanVector, current: MeanVector, square: float, cube: float) -> MeanDiscrepancy:
    """Compare sums of features; *square* and *cube* are tr S^2 and tr S^3 over the reference.

    Raises:
        MergeError: the two were mapped differently, so that their distance would mean nothing.
    """
    reference.merge(current)  # refuses other maps
    n_r, n = int(reference.rows[0]), int(current.rows[0])
    if not n or not n_r:
        return MeanDiscrepancy(np.nan, np.nan, np.nan, n)
    distance = float(np.square(current.mean - reference.mean).sum())
    total = 1 - float(np.square(reference.mean).sum())
    return of_moments(distance, (total, square, cube), n_r, n)


def of_moments(
    distance: float, traces: tuple[float, float, float], reference_samples: int, samples: int
) -> MeanDiscrepancy:
    """Compare by the squared distance of the means and tr S, tr S^2, tr S^3 of the reference's features."""
    z = 1 / samples + 1 / reference_samples
    total, square, cube = traces
    expected = z * total
    moments = (np.array([part]) for part in (distance, expected, 2 * z**2 * square, 8 * z**3 * cube))
    relative = np.sqrt(max(0.0, distance - expected) / total) if total > 0 else 0.0
    return MeanDiscrepancy(float(relative), float(np.sqrt(z)), float(pearson_evidence(*moments)[0]), samples)
