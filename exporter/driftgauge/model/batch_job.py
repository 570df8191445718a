"""One batch, such as a night's job, judged as a window of traffic would be: the same scores, thresholds and statuses.

A batch is looked at once, and all of it is there: no warming, no hysteresis, no budget of looks. Its thresholds are the
configured ones, raised to what the reference's own chunks reach over the window length that is nearest to the batch's
time span; rows without event times have no span, and the configured ones hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from driftgauge.batch import Counts
from driftgauge.config import ModelSettings
from driftgauge.model.evaluation import Counters, ModelView
from driftgauge.model.evaluator import Evaluator
from driftgauge.model.health import Health
from driftgauge.model.sums import WindowSums
from driftgauge.profile import HOURS, WINDOWS, Profile, Reference, Window

__all__ = ["WINDOW_NAME", "BatchJob", "calibrated_window", "view_batch"]

#: the name under which a batch stands in the label `window`
WINDOW_NAME = "batch"


@dataclass(frozen=True, slots=True)
class BatchJob:
    """What was counted of a batch.

    Attributes:
        profile: counted with the reference's spec.
        time_range: first and last event time; None without event times.
        hours: rows with an event time by hour of day (UTC), [24].
    """

    profile: Profile
    time_range: tuple[float, float] | None
    hours: Counts

    @property
    def seconds(self) -> float:
        """The time from the first row to the last; 0 without event times."""
        return 0.0 if self.time_range is None else self.time_range[1] - self.time_range[0]


def calibrated_window(reference: Reference, batch: BatchJob) -> Window | None:
    """Return the calibrated window length nearest to the batch's span; None without event times or calibration."""
    figures = reference.calibration
    known = [window for window in WINDOWS if window.name in figures and figures[window.name].usable.any()]
    if batch.time_range is None or not known:
        return None
    span = math.log(max(batch.seconds, 1.0))
    return min(known, key=lambda window: abs(math.log(window.seconds) - span))


def view_batch(
    name: str, version: str, reference: Reference, batch: BatchJob, *, settings: ModelSettings, now: float
) -> ModelView:
    """Score and judge *batch*; *settings* name the thresholds, the evidence among them."""
    found = calibrated_window(reference, batch)
    figures = {} if found is None else {WINDOW_NAME: reference.calibration[found.name]}
    # Without event times nobody knows the hours that strata would have to be weighted with.
    known = replace(reference, calibration=figures, strata=None if batch.time_range is None else reference.strata)
    window = Window(max(1, round(batch.seconds)), WINDOW_NAME)
    settings = replace(settings, seasonality="none")
    sums = WindowSums(
        time=now if batch.time_range is None else batch.time_range[1],
        windows=(window,),
        profiles=(batch.profile,),
        coverage=np.ones(1),
        spans=np.array([batch.seconds]),
        hours=(batch.hours / max(int(batch.hours.sum()), 1)).reshape(1, HOURS),
        trailing={},
        changes=None,
        begun=None if batch.time_range is None else batch.time_range[0],
    )
    evaluation = Health(known, settings).evaluate(Evaluator(known, settings, (window,)).evaluate(sums), sums)
    return ModelView(name, version, "ready", "file", Counters(), (0, 0), reference, batch.profile, evaluation, settings)
