"""Which windows may judge which columns, how big a score must be in each, and how sure.

A window drives a column's status once 90 % of its length has been observed (statistics.md 4.3, 12.1). Short windows, under
a day, do so only where the clock cannot be mistaken for drift: the reference knows the hours of the day, its own chunks of
that length stay calm, or the inputs are declared to have no rhythm. Until then, and instead, the 1 h window stands guard
with a threshold above any daily cycle.

Thresholds are the configured ones, raised to what undrifted chunks of the reference reach; where that is above a ceiling
the window cannot judge the column (statistics.md 11).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.config import ModelSettings
from driftgauge.drift import Rule, evidence_threshold
from driftgauge.model.column_settings import column_settings
from driftgauge.model.tokens import tokens_of
from driftgauge.profile import CEILING, DAY_SECONDS, HOUR_SECONDS, Reference, Window

__all__ = ["Judgement"]

Float64s = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: share of a window's length that must have been observed
WARM = 0.9
#: share of a day that rows which span it may lose: the oldest of their ten slots, which goes as a whole, and as much again
_STILL_A_DAY = 0.8


@dataclass(frozen=True, slots=True)
class Judgement:
    """Thresholds of a model's windows, fixed when its reference is set; all matrices are [windows, columns].

    Attributes:
        windows: the windows, shortest first.
        drives: which windows judge which columns once they are warm.
        guard: where the catch-all window stands in.
        too_variable: windows whose threshold would be above the ceiling.
        warn: thresholds; infinite where a window does not warn.
        alert: thresholds; infinite where a window does not judge.
        evidence: thresholds, [windows].
        least_samples: samples below which nothing is judged.
        dispersion: how much wider than independent rows the reference's own chunks scatter, >= 1; NaN where there are too
            few of that length.
        timeless: whether the clock cannot be mistaken for drift, because the reference knows the hours or the inputs have
            no rhythm.
        eager: which windows may judge which columns before they are full: where the clock does not matter and no shorter
            window needs a higher threshold.
    """

    windows: tuple[Window, ...]
    drives: Flags
    guard: Flags
    too_variable: Flags
    warn: Float64s
    alert: Float64s
    evidence: Float64s
    least_samples: int
    dispersion: Float64s
    timeless: bool
    eager: Flags

    @classmethod
    def of(cls, settings: ModelSettings, reference: Reference, windows: tuple[Window, ...]) -> Judgement:
        """Work the thresholds out."""
        drift = settings.drift
        timeless = settings.seasonality == "none" or reference.strata is not None
        columns = column_settings(settings, reference.profile.spec.schema.columns)
        seconds = np.array([window.seconds for window in windows])[:, None]
        reached, calm, dispersion = _calibrated(reference, windows, drift.warn)
        allowed = np.array([[not c.windows or w.name in c.windows for c in columns] for w in windows], dtype=bool)
        free = (seconds >= DAY_SECONDS) | timeless | calm
        too_variable = reached > CEILING
        drives = free & allowed & ~too_variable
        catch_all = np.maximum(drift.catch_all, reached)
        guard = (seconds == HOUR_SECONDS) & ~free & allowed & (catch_all <= CEILING)
        raised = np.maximum(reached, drift.warn)
        warn = np.array([drift.warn if column.warn is None else column.warn for column in columns])
        # Who only raises one threshold means that one; the other follows.
        alert = np.array(
            [max(drift.alert, column.warn or 0.0) if column.alert is None else column.alert for column in columns]
        )
        warn = np.minimum(warn, alert)
        raising = int(np.count_nonzero((drives | guard).any(axis=1)))
        looked_at = len(columns) + len(
            tokens_of(reference)
        )  # the words of a text are one thing more that may raise an alarm
        evidence = [
            evidence_threshold(looked_at, window.seconds, settings.tick_seconds, raising, drift.false_episodes_per_week)
            if drift.evidence is None
            else drift.evidence
            for window in windows
        ]
        return cls(
            windows,
            drives,
            guard,
            too_variable & allowed,
            np.where(drives, np.maximum(warn, reached), np.inf),
            np.where(drives, np.maximum(alert, reached), np.where(guard, catch_all, np.inf)),
            np.array(evidence),
            drift.least_samples,
            dispersion,
            timeless,
            # A window that is filling strays as far as the shorter one that it still is.
            drives & timeless & (np.maximum.accumulate(raised, axis=0) <= raised),
        )

    @property
    def rule(self) -> Rule:
        """The thresholds as a rule."""
        return Rule(self.warn, self.alert, self.evidence[:, None], self.least_samples)

    def judges(self, coverage: Float64s, spans: Float64s, before: Flags) -> Flags:
        """Return which windows drive which columns now.

        Args:
            coverage: observed share of each window's length or rows, [windows].
            spans: seconds that each window reaches back; rows must span a day to judge, lest they measure the clock.
            before: which windows judged some column the last time, [windows]. Rows that come at about N a day span a day at one time
                and not at the next; those that judge go on until they span much less.
        """
        counted = np.array([window.rows > 0 for window in self.windows])
        full = (coverage >= WARM)[:, None]
        least = np.where(before, _STILL_A_DAY, 1.0) * DAY_SECONDS
        spanning = (~counted | (spans >= least))[:, None]
        judges: Flags = self.drives & ((full & (self.timeless | spanning)) | (self.eager & ~counted[:, None]))
        return judges


def _calibrated(reference: Reference, windows: tuple[Window, ...], warn: float) -> tuple[Float64s, Flags, Float64s]:
    """Return what undrifted chunks reach, where they stay calm, and how widely they scatter."""
    shape = len(windows), len(reference.profile.spec.schema.columns)
    reached, calm, dispersion = np.zeros(shape), np.zeros(shape, dtype=bool), np.full(shape, np.nan)
    for row, window in enumerate(windows):
        # Rows that judge span a day at least, so they stray as far as a day does.
        calibration = reference.calibration.get("24h" if window.rows else window.name)
        if calibration is not None:
            reached[row] = calibration.reached
            calm[row] = calibration.calm(warn)
            dispersion[row] = np.where(calibration.usable, calibration.dispersion, np.nan)
    return reached, calm, dispersion
