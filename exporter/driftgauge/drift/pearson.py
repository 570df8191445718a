"""Evidence of a score from the first three moments of its law under no drift: a Pearson III (shifted gamma) tail.

Right to a factor of 5 in p down to 1e-6 for the Jensen-Shannon divergence and the distance of mean embeddings
(statistics.md 1.3, 5).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift.gamma import log_upper_gamma

__all__ = ["MAX_EVIDENCE", "pearson_evidence"]

Float64s = NDArray[np.float64]

#: evidence beyond this says nothing more and would make axes unreadable
MAX_EVIDENCE = 300.0


def pearson_evidence(score: Float64s, mean: Float64s, variance: Float64s, third: Float64s) -> Float64s:
    """Return -log10 of the probability of a score as large; 0 where the law has no spread."""
    spread = (variance > 0) & (third > 0)
    shape = 4 * variance**3 / third**2
    scale = third / (2 * variance)
    start = mean - shape * scale
    log_p = log_upper_gamma(np.where(spread, shape, 1.0), np.where(spread, (score - start) / scale, 0.0))
    return np.clip(-log_p / math.log(10), 0.0, MAX_EVIDENCE)
