"""Worsening: evidence that a model does worse than it did on its reference data.

One-sided, -log10 of the probability of such a difference without any; both laws are normal, so they want some tens of rows
on each side. Rows are taken to be independent: where errors come in spells, the evidence says too much, which is why a
least drop is asked for beside it.
"""

from __future__ import annotations

import math

import numpy as np

from driftgauge.drift.gamma import log_normal_tail

__all__ = ["drop_evidence", "rise_evidence"]

_MOST = 300.0


def drop_evidence(reference_hits: int, reference_total: int, hits: int, total: int) -> float:
    """Return the evidence that a share fell: two-proportion z with the pooled variance. NaN where a side is empty.

    >>> round(drop_evidence(900, 1000, 850, 1000), 2)
    3.69
    """
    if not (reference_total and total):
        return math.nan
    pooled = (reference_hits + hits) / (reference_total + total)
    spread = pooled * (1 - pooled) * (1 / reference_total + 1 / total)
    return _evidence(reference_hits / reference_total - hits / total, spread)


def rise_evidence(reference: tuple[float, float, int], current: tuple[float, float, int]) -> float:
    """Return the evidence that a mean rose: Welch's z of (mean, variance, rows). NaN where a side has under two rows."""
    (before, scatter_before, rows_before), (after, scatter_after, rows_after) = reference, current
    if rows_before < 2 or rows_after < 2:
        return math.nan
    return _evidence(after - before, scatter_before / rows_before + scatter_after / rows_after)


def _evidence(difference: float, spread: float) -> float:
    if not math.isfinite(difference) or not math.isfinite(spread):
        return math.nan
    if spread <= 0:
        return _MOST if difference > 0 else 0.0
    logarithm = float(log_normal_tail(np.array(difference / math.sqrt(spread))))
    return min(max(-logarithm / math.log(10), 0.0), _MOST)
