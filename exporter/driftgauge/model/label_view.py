"""Label view: what labels say of a model, ready to be published.

Figures are arrays [windows], NaN where undefined; those of classes [windows, classes].
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift import calibration_error, drop_evidence, rise_evidence
from driftgauge.label_settings import LabelSettings
from driftgauge.profile import Window
from driftgauge.profile.outcomes import CONFUSION, ERRORS, RELIABILITY, Outcomes, OutcomeSpec
from driftgauge.sketch import Confusion, ErrorSums, Reliability

__all__ = ["DELAY_BUCKETS", "LabelCounters", "LabelView", "figures_of"]

Float64s = NDArray[np.float64]

#: upper bounds of the delay of labels in seconds: from a minute to a month, what feedback takes
DELAY_BUCKETS = (60.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0, 172_800.0, 604_800.0, 1_209_600.0, 2_592_000.0)


@dataclass(frozen=True, slots=True)
class LabelCounters:
    """Accounts of labels and of the predictions that they are for.

    Attributes:
        received: labels taken in.
        matched: those that met their prediction and were counted.
        unmatched: those that did not, by reason: `expired`, `evicted`, or `unusable` where the two cannot be compared.
        duplicates: further labels of an id.
        waiting: labels whose prediction has not come yet.
        predictions: rows with an id.
        forgotten: those that have gone without a label, by reason: `expired`, `evicted`, `replaced`.
        unlabelled: those that still wait.
        delay_counts: labels per bucket of `DELAY_BUCKETS` and beyond, not cumulative.
        delay_sum: seconds.
    """

    received: int
    matched: int
    unmatched: Mapping[str, int]
    duplicates: int
    waiting: int
    predictions: int
    forgotten: Mapping[str, int]
    unlabelled: int
    delay_counts: NDArray[np.int64]
    delay_sum: float


@dataclass(frozen=True, slots=True)
class LabelView:
    """All that labels say of one version of a model at one time.

    Attributes:
        counters: since registration.
        settings: of its labels.
        windows: shortest first.
        classes: names of the classes that have counts of their own.
        spec: what is counted; None while it is not known what the model does.
        reference: outcomes of the reference, where it has some of this task.
        sketches: of every window, by name.
        figures: name -> [windows].
    """

    counters: LabelCounters
    settings: LabelSettings
    windows: tuple[Window, ...]
    classes: tuple[str, ...]
    spec: OutcomeSpec | None
    reference: Outcomes | None
    sketches: tuple[Mapping[str, Any], ...]
    figures: Mapping[str, Float64s]

    def of_classes(self, name: str) -> Float64s:
        """Return `precision`, `recall`, `f1` or `support` of the named classes, [windows, classes]."""
        found = [getattr(sketches[CONFUSION], name)[: len(self.classes)] for sketches in self.sketches]
        return np.stack(found).astype(np.float64)


def figures_of(windows: Sequence[Mapping[str, Any]], reference: Outcomes | None) -> dict[str, Float64s]:
    """Return every figure of the windows' sketches; `reference_...` are those of the reference, [1]."""
    rows = [_figures(sketches, None if reference is None else reference.sketches) for sketches in windows]
    found = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    if reference is not None:
        own = _figures(reference.sketches, None)
        found |= {f"reference_{name}": np.array([value]) for name, value in own.items()}
    return found


def _figures(sketches: Mapping[str, Any], reference: Mapping[str, Any] | None) -> dict[str, float]:
    found: dict[str, float] = {}
    if "coverage" in sketches:
        found["coverage"] = sketches["coverage"].ratio
    if CONFUSION in sketches:
        found |= _of_classes(sketches[CONFUSION], None if reference is None else reference[CONFUSION])
        found |= _of_confidence(sketches[RELIABILITY])
    if ERRORS in sketches:
        found |= _of_errors(sketches[ERRORS], None if reference is None else reference[ERRORS])
    return found


def _of_classes(own: Confusion, reference: Confusion | None) -> dict[str, float]:
    accuracy, n = own.accuracy, own.total
    found = {
        "samples": float(n),
        "accuracy": accuracy,
        "accuracy_stderr": math.sqrt(accuracy * (1 - accuracy) / n) if n else math.nan,
        "macro_f1": own.macro_f1,
    }
    if reference is not None:
        found["drop_evidence"] = drop_evidence(reference.correct, reference.total, own.correct, n)
    return found


def _of_errors(own: ErrorSums, reference: ErrorSums | None) -> dict[str, float]:
    n = own.total
    found = {
        "samples": float(n),
        "mean_error": own.mean_error,
        "mean_absolute_error": own.mean_absolute_error,
        "mean_absolute_error_stderr": math.sqrt(own.absolute_error_variance / n) if n > 1 else math.nan,
        "root_mean_squared_error": own.root_mean_squared_error,
        "r2": own.r2,
        "mean_absolute_percentage_error": own.mean_absolute_percentage_error,
    }
    if reference is not None:
        sides = [(side.mean_absolute_error, side.absolute_error_variance, side.total) for side in (reference, own)]
        found["rise_evidence"] = rise_evidence(*sides)
    return found


def _of_confidence(own: Reliability) -> dict[str, float]:
    wide, even = own.equal_width, own.equal_mass
    found = calibration_error(wide.counts, wide.confidence, wide.correct)
    adaptive = calibration_error(even.counts, even.confidence, even.correct)
    return {
        "calibration_samples": float(found.samples),
        "calibration_error": found.error,
        "calibration_error_floor": found.floor,
        "calibration_error_adaptive": adaptive.error,
        "calibration_error_adaptive_floor": adaptive.floor,
        "calibration_gap": found.gap,
        "calibration_gap_z": found.z(own.spread),
        "brier_score": own.brier_score,
    }
