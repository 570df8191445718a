"""How sure a score must be before it may change a status: a threshold from a budget of false alarms.

Without drift, F columns judged over windows of W seconds every D seconds give about 2.2 F alpha 604800 / sqrt(W D)
episodes a week with p < alpha (statistics.md 3.2, checked by simulation). Solved for alpha, that is the threshold.
"""

from __future__ import annotations

import math

__all__ = ["FALSE_EPISODES_PER_WEEK", "evidence_threshold"]

#: accepted false episodes per week, model and pod
FALSE_EPISODES_PER_WEEK = 0.5
#: p = 1e-4: below it the tail of the null law is not what decides
LEAST = 4.0
_WEEK_SECONDS = 604_800


def evidence_threshold(
    columns: int,
    window_seconds: float,
    tick_seconds: float,
    windows: int = 1,
    budget: float = FALSE_EPISODES_PER_WEEK,
) -> float:
    """Return the evidence (-log10 p) that keeps false episodes of a model within *budget* a week.

    Args:
        columns: columns that drive the status of the model.
        window_seconds: length of the window judged.
        tick_seconds: time between two evaluations.
        windows: number of windows that may each raise an alarm; they share the budget.
        budget: accepted false episodes a week.

    >>> round(evidence_threshold(100, 3600, 15), 1)
    6.1
    """
    looks = _WEEK_SECONDS / math.sqrt(window_seconds * tick_seconds)
    return max(LEAST, math.log10(2.2 * max(columns, 1) * looks / budget)) + math.log10(max(windows, 1))
