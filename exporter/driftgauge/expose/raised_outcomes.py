"""What the thresholds would raise now of requests, rows and performance: failures, broken schemas, errors realised and estimated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from driftgauge.drift.words import over
from driftgauge.model import Evaluation, LabelView, ModelView
from driftgauge.profile import CLASSIFICATION

__all__ = ["ERROR_RATIOS", "LEAST", "SCHEMA_RATIO", "Raised", "alert", "performance", "realised", "traffic"]

#: kind, severity, and what is wrong where
Raised = tuple[str, str, dict[str, Any]]

#: shares of the requests, the worse first; share of the rows; requests or rows an hour below which neither is said. As
#: `alerting/limits.py`.
ERROR_RATIOS = (("critical", 0.05), ("warning", 0.01))
SCHEMA_RATIO, LEAST = 0.01, 100


def alert(name: str, severity: str, what: str, **where: str) -> Raised:
    """Put one together."""
    return name, severity, {"feature": None, "role": None, **where, "what": what}


def traffic(view: ModelView) -> Iterator[Raised]:
    """Judge the last hour, as long as the last five minutes say that it goes on."""
    hour, now = view.counters.hour, view.counters.minutes
    if hour.requests >= LEAST:
        for severity, limit in ERROR_RATIOS:
            if min(hour.error_ratio, now.error_ratio) >= limit:
                most = max(hour.failures, key=lambda reason: (hour.failures[reason], reason))
                what = f"{100 * hour.error_ratio:.3g} % of {hour.requests} requests failed (last hour), most by {most.replace('_', ' ')}"
                yield alert("DriftgaugeErrorRatio", severity, what)
                break
    if hour.rows < LEAST or not now.rows:
        return
    found = sorted(hour.violations.items(), key=lambda pair: (-pair[1], pair[0]))
    for (column, reason), count in found:
        share, goes_on = count / hour.rows, now.violations.get((column, reason), 0) / now.rows
        if min(share, goes_on) >= SCHEMA_RATIO:
            what = f"{column}: {reason.replace('_', ' ')} in {100 * min(share, 1.0):.3g} % of the rows (last hour)"
            yield alert("DriftgaugeSchemaViolations", "warning", what)


def realised(view: LabelView) -> Iterator[Raised]:
    """Judge the newest window that has labels enough."""
    figures, limits = view.figures, view.settings
    samples = figures.get("samples")
    if samples is None:
        return
    for place in np.flatnonzero(samples >= limits.least_samples).tolist():
        name = over(view.windows[place].name)
        if "drop_evidence" in figures and "reference_accuracy" in figures:
            now, usual = float(figures["accuracy"][place]), float(figures["reference_accuracy"][0])
            sure = float(figures["drop_evidence"][place]) >= limits.evidence
            if sure and usual - now >= limits.accuracy_drop:
                what = f"{100 * now:.3g} % of the labelled predictions are right ({name}), {100 * usual:.3g} % in the reference"
                yield alert("DriftgaugeAccuracyDrop", "warning", what)
        if "rise_evidence" in figures and "reference_mean_absolute_error" in figures:
            now, usual = (
                float(figures["mean_absolute_error"][place]),
                float(figures["reference_mean_absolute_error"][0]),
            )
            sure = float(figures["rise_evidence"][place]) >= limits.evidence
            if sure and now - usual >= limits.error_increase * usual:
                what = f"the mean absolute error is {now:.4g} ({name}), {usual:.4g} in the reference"
                yield alert("DriftgaugeErrorsGrown", "warning", what)
        if "calibration_error" in figures:
            error, floor = (float(figures[f"calibration_error{part}"][place]) for part in ("", "_floor"))
            if error - floor >= limits.calibration_error:
                what = f"stated and realised confidence differ by {100 * error:.3g} % ({name}), {100 * floor:.2g} % by chance"
                yield alert("DriftgaugeMiscalibrated", "warning", what)
        return


def performance(view: ModelView, evaluation: Evaluation) -> Iterator[Raised]:
    """Judge the estimate of the newest window that holds."""
    found, limits = evaluation.performance, view.settings.labels
    if found is None:
        return
    for place in np.flatnonzero(found.valid == 1).tolist():
        value, usual, window = float(found.value[place]), found.reference, over(evaluation.windows[place].name)
        if not float(found.evidence[place]) >= limits.evidence:
            return
        if found.task == CLASSIFICATION and usual - value >= limits.accuracy_drop:
            what = f"{100 * value:.3g} % of the predictions are expected to be right ({window}), {100 * usual:.3g} % in the reference"
            yield alert("DriftgaugeEstimatedAccuracyDrop", "warning", what)
        elif found.task != CLASSIFICATION and value - usual >= limits.error_increase * usual:
            what = f"a mean absolute error of {value:.4g} is to be expected ({window}), {usual:.4g} in the reference"
            yield alert("DriftgaugeEstimatedErrorGrown", "warning", what)
        return
