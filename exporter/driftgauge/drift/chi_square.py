"""Pearson's chi-square of two samples.

For display: its p-value is off by up to 47,000 where bins are rare (statistics.md 2), so none is given; the evidence
of `jensen_shannon` takes its place. Without drift it is close to its degrees of freedom.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats

__all__ = ["chi_square"]


def chi_square(reference: Floats | Counts, current: Floats | Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the statistic and its degrees of freedom for counts [..., bins]; NaN where a side is empty."""
    r, c = np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
    n_r, n = r.sum(axis=-1)[..., None], c.sum(axis=-1)[..., None]
    pooled = r + c
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.sqrt(n / n_r) * r - np.sqrt(n_r / n) * c
        statistic = np.where(pooled > 0, gap**2 / pooled, 0.0).sum(axis=-1)
        degrees = (pooled > 0).sum(axis=-1) - 1.0
    undefined = np.where((n_r > 0) & (n > 0), 0.0, np.nan)[..., 0]
    return statistic + undefined, degrees + undefined
