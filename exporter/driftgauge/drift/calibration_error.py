"""Calibration error: how far confidences are from the share of right predictions (statistics.md 6).

The expected calibration error of a model whose confidences are true is not 0: with n rows in a bin, the share of right ones
scatters by sqrt(c (1 - c) / n). That floor is published beside the error, and what counts is the difference.
Law of the floor: within 4 % of the simulated mean for 50 to 5,000 rows. The signed gap has a z-score of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["CalibrationError", "calibration_error"]


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """Calibration over bins of the confidence; NaN where there are no rows.

    Attributes:
        samples: rows.
        error: expected calibration error, the mean distance of a bin's accuracy from its confidence, 0 to 1.
        floor: what the error would be on average, were the confidences true.
        maximum: largest distance of a bin.
        squared: mean squared distance.
        squared_debiased: the same without the share of the noise; may be negative.
        accuracy: share of right predictions.
        confidence: mean confidence.
    """

    samples: int
    error: float
    floor: float
    maximum: float
    squared: float
    squared_debiased: float
    accuracy: float
    confidence: float

    @property
    def gap(self) -> float:
        """Mean confidence - accuracy: positive where the model is surer than it should be."""
        return self.confidence - self.accuracy

    def z(self, spread: float) -> float:
        """Return the gap in standard errors; *spread* is the sum of c (1 - c). NaN where nothing can scatter."""
        return self.samples * self.gap / math.sqrt(spread) if spread > 0 else math.nan


def calibration_error(counts: ArrayLike, confidence: ArrayLike, correct: ArrayLike) -> CalibrationError:
    """Compare bins: rows, sum of their confidences, right ones, each [bins].

    >>> calibration_error([100], [80.0], [70]).gap
    0.10000000000000009
    """
    counts, confidence, correct = (np.asarray(part, dtype=np.float64) for part in (counts, confidence, correct))
    used = counts > 0
    n, sure, right = counts[used], confidence[used], correct[used]
    total = float(n.sum())
    if not total:
        return CalibrationError(0, *[math.nan] * 7)
    share, certain, hit = n / total, sure / n, right / n
    gap = np.abs(hit - certain)
    scatter = np.sqrt(np.maximum(certain * (1 - certain), 0.0) / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = np.where(n > 1, hit * (1 - hit) / (n - 1), 0.0)
    return CalibrationError(
        int(total),
        float(share @ gap),
        float(share @ scatter) * math.sqrt(2 / math.pi),
        float(gap.max()),
        float(share @ gap**2),
        float(share @ (gap**2 - noise)),
        float(right.sum()) / total,
        float(sure.sum()) / total,
    )
