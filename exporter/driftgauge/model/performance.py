"""Performance without labels of a model's windows: the estimate, and whether the traffic still allows one.

An estimate is right if only the mix of inputs has changed. It is called valid while the confidence looks as it may under such
a change (debiased distance under 0.25), no input that drifts does so through values that the reference did not have
(missing, outside its range, unseen), and no embedding has moved (statistics.md 6). Valid is not true: what the target depends on
may have changed with no sign of it in the inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift import JensenShannon
from driftgauge.drift.estimated import LEAST_LABELLED, Estimator
from driftgauge.drift.profiles import missing_ratios
from driftgauge.profile import CLASSIFICATION, INPUT, PERFORMANCE, Profile, Reference, sketch_name
from driftgauge.sketch import Binned

__all__ = ["Performance", "PerformanceJudge", "new_mass"]

Float64s = NDArray[np.float64]

#: debiased distance of the confidence (of the prediction, for a regression) from which on an estimate is not valid
MOST_DISTANCE = 0.25
#: share of a drifting input's rows with values that the reference did not have, beyond its own, which is too much
NEW_MASS = 0.05


@dataclass(frozen=True, slots=True)
class Performance:
    """Estimates of all windows; arrays [windows], NaN where a window has no rows.

    Attributes:
        task: `classification` (the value is an accuracy) or `regression` (a mean absolute error).
        value: the estimate.
        stderr: its standard error.
        evidence: that it is worse than for the reference.
        valid: whether it may be relied on, if only the mix of inputs has changed; 1 or 0.
        samples: rows that it rests on.
        reference: the estimate for the reference itself.
    """

    task: str
    value: Float64s
    stderr: Float64s
    evidence: Float64s
    valid: Float64s
    samples: Float64s
    reference: float


@dataclass(frozen=True, slots=True)
class PerformanceJudge:
    """Estimates for windows that were counted as a reference was.

    Attributes:
        task: of the model.
        column: place of the column whose bins the estimate is made of.
        estimator: what is known of each bin.
    """

    task: str
    column: int
    estimator: Estimator

    @classmethod
    def of(cls, reference: Reference) -> PerformanceJudge | None:
        """Make the judge of a reference; None without enough labelled rows, or where its bins are others by now."""
        spec = reference.profile.spec
        for place, column in enumerate(spec.schema.numeric):
            found = reference.sketches.get(sketch_name(PERFORMANCE, column.name))
            if column.role == INPUT or not isinstance(found, Binned) or found.total < LEAST_LABELLED:
                continue
            if not np.array_equal(found.spec.edges, spec.histogram.edges[place]) or reference.outcomes is None:
                continue
            task = reference.outcomes.spec.task
            make = Estimator.of_right if task == CLASSIFICATION else Estimator.of_errors
            return cls(task, place, make(found))
        return None

    def judge(
        self,
        reference: Profile,
        windows: tuple[Profile, ...],
        scores: JensenShannon,
        *,
        drifts: NDArray[np.bool_],
        allowed: NDArray[np.bool_],
        dispersion: Float64s,
    ) -> Performance:
        """Estimate.

        Args:
            reference: what is compared with.
            windows: what each window holds.
            scores: of the windows, [windows, columns].
            drifts: which columns drift in which window, [windows, columns].
            allowed: which windows have rows enough, and no embedding that moved, [windows].
            dispersion: of the scores, [windows, columns].
        """
        bins = len(reference.spec.histogram.edges[self.column]) + 1
        counts = np.stack([profile.histogram.counts[self.column, :bins] for profile in windows])
        found = self.estimator.estimate(counts, np.maximum(dispersion[:, self.column], 1.0))
        inputs = np.array([column.role == INPUT for column in reference.spec.schema.columns], dtype=bool)
        novel = np.stack([new_mass(reference, profile) for profile in windows]) >= NEW_MASS
        strange = (novel & drifts & inputs).any(axis=1)
        distance = scores.debiased[:, self.column]
        valid = allowed & ~strange & (distance < MOST_DISTANCE)
        return Performance(
            self.task,
            found.value,
            found.stderr,
            found.evidence,
            np.where(found.samples > 0, valid.astype(np.float64), np.nan),
            found.samples.astype(np.float64),
            self.estimator.reference,
        )


def new_mass(reference: Profile, current: Profile) -> Float64s:
    """Return the share of rows with values that the reference did not have, beyond its own share of missing ones, [columns]."""
    with np.errstate(invalid="ignore", divide="ignore"):
        outside = current.histogram.outside.sum(axis=1) / current.histogram.total
        unseen = current.categories.unseen_ratio
    known = np.array(reference.spec.categories.complete, dtype=bool)
    strange = np.nan_to_num(np.concatenate([outside, np.where(known, unseen, 0.0)]))
    missing = np.nan_to_num(missing_ratios(current)) - np.nan_to_num(missing_ratios(reference))
    found: Float64s = strange + np.maximum(missing, 0.0)
    return found
