"""Which windows may judge a model, how big a score must be in each, and how sure.

Judging windows (statistics.md 4.3, 12.1): a window drives the status once 90 % of its length has been observed, and of
the short ones (under a day) only where the inputs have no daily rhythm: an hour against an all-day reference measures the
clock, not drift. Until then, and instead, the 1 h window stands guard with a threshold above any daily cycle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.config import ModelSettings
from driftgauge.drift import Rule, evidence_threshold
from driftgauge.profile import Window

__all__ = ["Judgement"]

Float64s = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: share of a window's length that must have been observed
WARM = 0.9
DAY_SECONDS = 86_400
CATCH_ALL_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Judgement:
    """Thresholds of a model's windows, fixed when its reference is set.

    Attributes:
        windows: the windows, shortest first.
        drives: windows that judge once they are warm, [windows].
        guard: the catch-all window, [windows]; nowhere where it judges anyway.
        rule: thresholds [windows, 1]; infinite where a window does not warn or does not judge.
        always_warm: short windows may judge at once, as the inputs have no rhythm.
    """

    windows: tuple[Window, ...]
    drives: Flags
    guard: Flags
    rule: Rule
    always_warm: bool

    @classmethod
    def of(cls, settings: ModelSettings, windows: tuple[Window, ...], columns: int) -> Judgement:
        """Work the thresholds out for *columns* columns."""
        drift = settings.drift
        free = settings.seasonality == "none"
        seconds = np.array([window.seconds for window in windows])
        drives = np.ones(len(windows), dtype=bool) if free else seconds >= DAY_SECONDS
        guard = (seconds == CATCH_ALL_SECONDS) & ~drives
        raising = int(np.count_nonzero(drives | guard))
        evidence = [
            evidence_threshold(columns, window.seconds, settings.tick_seconds, raising, drift.false_episodes_per_week)
            if drift.evidence is None
            else drift.evidence
            for window in windows
        ]
        rule = Rule(
            np.where(drives, drift.warn, np.inf)[:, None],
            np.where(drives, drift.alert, np.where(guard, drift.catch_all, np.inf))[:, None],
            np.array(evidence)[:, None],
            drift.least_samples,
        )
        return cls(windows, drives, guard, rule, free)

    def judging(self, coverage: Float64s) -> Flags:
        """Return which windows drive the status now, [windows]."""
        return self.drives if self.always_warm else self.drives & (coverage >= WARM)
