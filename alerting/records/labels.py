"""What labels say of a fleet: the pods' own figures, each weighted with the labels that it rests on."""

from __future__ import annotations

from alerting.records import series
from alerting.rule import Group, Record
from alerting.scope import MODEL, Scope, expression
from driftgauge import names
from driftgauge.names import Metric

__all__ = ["WINDOWS", "groups"]

#: windows of labels that are judged: a day, and what slow or rare labels need
WINDOWS = 'window=~"24h|7d"'
#: twice the natural logarithm of ten: z^2 over it is -log10 of the tail of a normal law, or less
_TWO_LN_TEN = 4.60517


def groups(scope: Scope) -> tuple[Group, ...]:
    """Return the group of labels."""
    samples, calibrated = names.LABELLED_SAMPLES, names.CALIBRATION_SAMPLES
    rules = (
        _sum(scope, series.LABELLED, samples, "labelled predictions, of all pods"),
        _sum(scope, series.CALIBRATED, calibrated, "labelled predictions whose confidence is known, of all pods"),
        _weighted(scope, series.ACCURACY, _recent(scope, names.ACCURACY_RATIO), samples, "accuracy, of all pods"),
        _weighted(
            scope, series.ERRORS, _recent(scope, names.MEAN_ABSOLUTE_ERROR), samples, "mean absolute error, of all pods"
        ),
        _weighted(
            scope,
            series.MISCALIBRATION,
            f"({_recent(scope, names.CALIBRATION_ERROR)} - {_recent(scope, names.CALIBRATION_ERROR_FLOOR)})",
            calibrated,
            "calibration error above its floor, of all pods",
        ),
        _evidence(scope),
    )
    return (Group("driftgauge-labels", scope.settings.intervals.status, rules),)


def _recent(scope: Scope, metric: Metric) -> str:
    return scope.recent(scope.metric(metric, WINDOWS))


def _sum(scope: Scope, name: str, metric: Metric, about: str) -> Record:
    return Record(name, f"sum {scope.by(*MODEL, 'window')} ({_recent(scope, metric)})", about)


def _weighted(scope: Scope, name: str, values: str, samples: Metric, about: str) -> Record:
    rows = _recent(scope, samples)
    total = f"sum {scope.by(*MODEL, 'window')}"
    expr = f"""
      {total} ({values} * {rows})
    /
      ({total} ({rows} and {values}) > 0)
    """
    return Record(name, expression(expr), about)


def _evidence(scope: Scope) -> Record:
    """Return the evidence of a drop: z of the difference, with the variance that the reference's accuracy implies."""
    group = f"{scope.on(*MODEL)} group_right ()"
    usual = f"max {scope.by(*MODEL)} ({scope.recent(scope.metric(names.REFERENCE_ACCURACY_RATIO))})"
    rows = f"max {scope.by(*MODEL)} ({scope.recent(scope.metric(names.REFERENCE_LABELLED_SAMPLES))})"
    expr = f"""
      ({usual} - {group} {series.ACCURACY} > 0) ^ 2
    /
      (
          ({usual} * (1 - {usual}))
        * {group}
          (1 / {series.LABELLED} + {scope.on(*MODEL)} group_left () 1 / {rows})
      )
    / {_TWO_LN_TEN}
    """
    return Record(
        series.ACCURACY_EVIDENCE, expression(expr), "evidence that the accuracy is below the reference's, of all pods"
    )
