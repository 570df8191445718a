"""Hour strata: the reference's counts by hour of day (UTC), so that an hour is compared with the same hour.

A reference for a window is the mixture of its hours: r_i = sum over h of w_h r_ih / n_rh, with w_h the window's share of
rows in hour h, worth n_r = 1 / sum(w_h^2 / n_rh) rows (statistics.md 12.5). Short windows need it; longer ones while they fill.

Memory: 24 times a column's counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts

__all__ = ["DAY_SECONDS", "HOURS", "HOUR_SECONDS", "Strata"]

Float64s = NDArray[np.float64]

HOURS = 24
HOUR_SECONDS = 3_600
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """Counts by hour: `numeric` int64 [24, columns, bins + 1], `categorical` int64 [24, columns, width]."""

    numeric: Counts
    categorical: Counts

    def weighted(self, shares: Float64s) -> tuple[Float64s, Float64s]:
        """Return the reference counts for a window whose rows fall into the hours by *shares*, [24]."""
        return _mixture(self.numeric, shares), _mixture(self.categorical, shares)

    def without(self, chunk: tuple[Counts, Counts], hours: NDArray[np.int64]) -> Strata:
        """Return the strata less a chunk, whose slots have the given hours."""
        numeric, categorical = self.numeric.copy(), self.categorical.copy()
        np.subtract.at(numeric, hours, chunk[0])
        np.subtract.at(categorical, hours, chunk[1])
        return Strata(numeric, categorical)

    @staticmethod
    def shares(chunk: tuple[Counts, Counts], hours: NDArray[np.int64]) -> Float64s:
        """Return the share of a chunk's rows in each hour."""
        part = chunk[0] if chunk[0].shape[1] else chunk[1]
        rows = part.sum(axis=2).max(axis=1)
        by_hour = np.bincount(hours, weights=rows, minlength=HOURS)
        shares: Float64s = by_hour / max(by_hour.sum(), 1.0)
        return shares


def _mixture(counts: Counts, shares: Float64s) -> Float64s:
    sizes = counts.sum(axis=2)
    weights = np.where(sizes > 0, shares[:, None], 0.0)
    total = weights.sum(axis=0)
    weights = weights / np.where(total > 0, total, 1.0)
    per_row = np.where(sizes > 0, weights / np.where(sizes > 0, sizes, 1), 0.0)
    mixed = np.einsum("hc,hcb->cb", per_row, counts)
    spread = (weights * per_row).sum(axis=0)
    worth = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1.0), 0.0)
    result: Float64s = mixed * worth[:, None]
    return result
