"""Excess: evidence that a share has risen, exact for shares of one in a hundred and windows of a few hundred rows.

Given how many rows are hit on both sides together, how many of them are the window's follows the hypergeometric law without a rise
(Fisher's exact test). One-sided; of the observed count itself half the probability is taken (mid-p, Lancaster 1961), because the
whole would err towards silence by as much. A normal law would call 1 % of 200 rows by chance ten times too often at p = 0.001.

Time: 50 us; 1 ms for a billion rows.
"""

from __future__ import annotations

import math

import numpy as np

__all__ = ["excess_evidence"]

_MOST = 300.0
#: terms of the tail that are summed: ten standard deviations of 25 million hits
_TERMS = 50_000


def excess_evidence(reference_hits: int, reference_total: int, hits: int, total: int) -> float:
    """Return -log10 of the probability of such a share without a rise, 0 where it has not risen; NaN where a side is empty.

    >>> round(excess_evidence(100, 10_000, 12, 200), 2)
    5.66
    """
    if not (reference_total and total):
        return math.nan
    if hits * reference_total <= reference_hits * total:
        return 0.0
    every, hit = reference_total + total, reference_hits + hits
    start = _log_choices(hit, hits) + _log_choices(every - hit, total - hits) - _log_choices(every, total)
    count = np.arange(hits, min(hit, total, hits + _TERMS), dtype=np.float64)
    steps = (hit - count) * (total - count) / ((count + 1) * (every - hit - total + count + 1))
    logarithm = start + math.log(0.5 + float(np.cumprod(steps).sum()))
    return min(max(-logarithm / math.log(10), 0.0), _MOST)


def _log_choices(of: int, chosen: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)
