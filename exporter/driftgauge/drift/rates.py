"""Rate ratio of rare classes: what the Jensen-Shannon distance cannot see.

Fraud going from 1 % to 2 % has a distance of 0.035, far below any threshold; its rate has doubled (statistics.md 1.4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats
from driftgauge.drift.gamma import log_normal_tail

__all__ = ["RARE", "RateRatio", "rate_ratio"]

Float64s = NDArray[np.float64]

#: reference share below which a class has a rate ratio
RARE = 0.1


@dataclass(frozen=True, slots=True)
class RateRatio:
    """Current share over reference share of each class, and -log10 of the two-sided p-value of their difference."""

    ratio: Float64s
    evidence: Float64s


def rate_ratio(reference: Floats | Counts, current: Floats | Counts) -> RateRatio:
    """Compare the classes' shares in counts [..., classes]; NaN where a side, or the class in the reference, is empty."""
    r, c = np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
    n_r, n = r.sum(axis=-1)[..., None], c.sum(axis=-1)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        p, q = r / n_r, c / n
        pooled = (r + c) / (n_r + n)
        z = (q - p) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_r))
        ratio = np.where(r > 0, q / p, np.nan)
    evidence = -(log_normal_tail(np.abs(np.nan_to_num(z))) + math.log(2)) / math.log(10)
    return RateRatio(ratio, np.where(np.isnan(ratio), np.nan, np.clip(evidence, 0.0, 300.0)))
