"""Stuck values: judges, once an hour, whether one value stays in a column (`drift.stuck`), and says so in the column's status.

Only what the reference's own stretches of three days have calibrated is judged; of the rest the ratio is published alone. The
thresholds are the configured ones, raised to 1.25 times the largest ratio of those stretches. False alarms: the evidence asked
for has a twentieth of the model's budget of its own, on top of that of the windows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from driftgauge.config import ModelSettings
from driftgauge.drift import (
    STUCK_HOURS,
    UNDECIDED,
    WARN,
    Hysteresis,
    Rule,
    StuckValues,
    evidence_threshold,
    stuck_values,
    values_of,
)
from driftgauge.model.evaluation import Evaluation, StuckScores
from driftgauge.model.sums import Trailing
from driftgauge.profile import HOUR_SECONDS, STUCK, Profile, Reference
from driftgauge.state import State

__all__ = ["StuckJudge", "stuck_value"]

Float64s = NDArray[np.float64]

#: share of the budget of false alarms, on top of it
_BUDGET = 0.05
#: blocks of past traffic that are hours
_HOURS = "1h"


@dataclass(frozen=True, slots=True)
class _Limits:
    """Thresholds of every column, [columns]; infinite where nothing calibrates them."""

    warn: Float64s
    alert: Float64s
    evidence: float

    @classmethod
    def of(cls, reference: Reference, settings: ModelSettings, columns: int) -> _Limits:
        drift = settings.drift
        figures = reference.calibration.get(STUCK)
        total = len(reference.profile.spec.schema.columns)
        largest = np.full(total, np.nan) if figures is None else figures.largest
        warn, alert = (np.where(np.isnan(largest), np.inf, np.fmax(largest, least)) for least in _least(settings))
        budget = drift.false_episodes_per_week * _BUDGET
        sure = evidence_threshold(columns, STUCK_HOURS * HOUR_SECONDS, HOUR_SECONDS, budget=budget)
        return cls(warn, alert, sure if drift.evidence is None else drift.evidence)


class StuckJudge:
    """Judges the hours that were counted as a reference was; remembers the statuses between hours.

    Args:
        reference: what is compared with.
        settings: of the model.
    """

    def __init__(self, reference: Reference, settings: ModelSettings) -> None:
        self._profile = reference.profile
        self._values = values_of(reference.profile)
        judged = sum(int(np.count_nonzero(part.any(axis=1))) for part in self._values)
        self._limits = _Limits.of(reference, settings, judged)
        self._hysteresis = Hysteresis((len(reference.profile.spec.schema.columns),))
        self._found: StuckValues | None = None
        self._any = judged > 0

    def judge(self, evaluation: Evaluation, trailing: Mapping[str, Trailing]) -> Evaluation:
        """Return *evaluation* with what is known of stuck values; *trailing* is empty unless an hour has ended."""
        if not self._any:
            return evaluation
        limits = self._limits
        if _HOURS in trailing:
            self._found = found = self._search(trailing[_HOURS])
            rule = Rule(limits.warn, limits.alert, limits.evidence, 1)
            self._hysteresis.update(rule, found.ratio, found.evidence, np.where(np.isinf(limits.alert), 0, found.hours))
        if self._found is None:
            return evaluation
        status = self._hysteresis.status
        muted = np.array([why == "muted" for why in evaluation.undecided])
        raises = (status >= WARN) & (status > evaluation.status) & ~muted
        scores = StuckScores(
            self._found,
            limits.warn,
            limits.alert,
            limits.evidence,
            np.where(muted, UNDECIDED, status).astype(np.int8),
            evaluation.status,
        )
        return replace(
            evaluation,
            stuck=scores,
            status=np.where(raises, status, evaluation.status).astype(np.int8),
            undecided=tuple("" if up else why for up, why in zip(raises, evaluation.undecided, strict=True)),
        )

    def _search(self, hours: Trailing) -> StuckValues:
        parts = (
            (self._profile.histogram.counts, hours.numeric, self._values[0]),
            (self._profile.categories.counts, hours.categorical, self._values[1]),
        )
        kinds = [stuck_values(total, part[:STUCK_HOURS], values) for total, part, values in parts]
        names = [field.name for field in fields(StuckValues)]
        return StuckValues(*(np.concatenate([getattr(kind, name) for kind in kinds]) for name in names))

    def freeze(self) -> State:
        """Return a copy of the statuses; the rest follows from the windows."""
        return self._hysteresis.freeze()

    def thaw(self, state: State) -> None:
        """Take statuses back.

        Raises:
            StateError: they are of other columns.
        """
        self._hysteresis.thaw(state)


def stuck_value(profile: Profile, stuck: StuckScores, number: int) -> str | float | None:
    """Return the value of a column that is there most, as the reference names it; None where none is."""
    place, numeric = int(stuck.found.place[number]), len(profile.spec.schema.numeric)
    if place < 0:
        return None
    if number < numeric:
        return float(profile.spec.histogram.edges[number][place])
    return profile.spec.categories.names[number - numeric][place]


def _least(settings: ModelSettings) -> tuple[float, float]:
    return settings.drift.stuck_warn, settings.drift.stuck_alert
