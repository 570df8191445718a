"""Labels: a model that is right less often, errs more or is surer than it should be; and labels that do not come or do not fit.

All are tickets: labels are late by nature, and what they say has been so for as long.
"""

from __future__ import annotations

from alerting.alerts.tickets import published, ticket
from alerting.alerts.words import MODEL_DASHBOARD, MODEL_LINKS, WHERE
from alerting.records import series
from alerting.rule import WARNING, Alert
from alerting.scope import MODEL, Scope, expression
from driftgauge import names

__all__ = ["alerts"]

_WHY = (
    "The figure is over a day or a week, so half an hour above is a change and not a few bad rows; an hour of keeping it bridges "
    "a figure that wobbles about the limit."
)


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on labels."""
    return (_accuracy(scope), _errors(scope), _calibration(scope), _gone(scope), _unmatched(scope), _coverage(scope))


def _enough(scope: Scope, samples: str) -> str:
    return f"{samples} >= {scope.on(*MODEL)} group_left () {published(scope, names.LABEL_SAMPLES_THRESHOLD)}"


def _accuracy(scope: Scope) -> Alert:
    one = f"{scope.on(*MODEL)} group_left ()"
    usual = published(scope, names.REFERENCE_ACCURACY_RATIO)
    expr = f"""
      (
          {usual} - {scope.on(*MODEL)} group_right () {series.ACCURACY}
        >= {one}
          {published(scope, names.ACCURACY_DROP_THRESHOLD)}
      )
    and
      ({_enough(scope, series.LABELLED)})
    and
      ({series.ACCURACY_EVIDENCE} >= {one} {published(scope, names.LABEL_EVIDENCE_THRESHOLD)})
    """
    return ticket(
        "DriftgaugeAccuracyDrop",
        expr,
        _WHY,
        "A model is right less often than it was on its reference.",
        f"The accuracy of {WHERE} over {{{{ $labels.window }}}} is {{{{ $value | humanizePercentage }}}} lower than in the reference.",
    )


def _errors(scope: Scope) -> Alert:
    one = f"{scope.on(*MODEL)} group_left ()"
    usual = published(scope, names.REFERENCE_MEAN_ABSOLUTE_ERROR)
    evidence = f"max {scope.by(*MODEL, 'window')} ({scope.recent(scope.metric(names.MEAN_ABSOLUTE_ERROR_EVIDENCE))})"
    expr = f"""
      (
          {series.ERRORS} / {one} {usual} - 1
        >= {one}
          {published(scope, names.ERROR_INCREASE_THRESHOLD)}
      )
    and
      ({_enough(scope, series.LABELLED)})
    and
      ({evidence} >= {one} {published(scope, names.LABEL_EVIDENCE_THRESHOLD)})
    """
    return ticket(
        "DriftgaugeErrorsGrown",
        expr,
        _WHY,
        "A model errs more than it did on its reference.",
        f"The mean absolute error of {WHERE} over {{{{ $labels.window }}}} is {{{{ $value | humanizePercentage }}}} higher than in the "
        "reference.",
    )


def _calibration(scope: Scope) -> Alert:
    expr = f"""
      (
          {series.MISCALIBRATION}
        >= {scope.on(*MODEL)} group_left ()
          {published(scope, names.CALIBRATION_ERROR_THRESHOLD)}
      )
    and
      ({_enough(scope, series.CALIBRATED)})
    """
    return ticket(
        "DriftgaugeMiscalibrated",
        expr,
        _WHY,
        "The probabilities of a model are not what happens.",
        f"The calibration error of {WHERE} over {{{{ $labels.window }}}} is {{{{ $value | humanizePercentage }}}} above what chance "
        "explains.",
    )


def _gone(scope: Scope) -> Alert:
    day, before = scope.settings.window("24h"), scope.settings.window("3d")
    total = f"sum {scope.by(*MODEL)}"
    matched, predicted = scope.metric(names.LABELS_MATCHED), scope.metric(names.LABEL_PREDICTIONS)
    return Alert(
        name="DriftgaugeLabelsGone",
        severity=WARNING,
        expr=expression(f"""
          {total} (increase({matched}[{day}])) == 0
        and
          {total} (increase({matched}[{before}] offset {day})) >= {scope.settings.limits.labels_usual}
        and
          {total} (increase({predicted}[{day}])) > 0
        """),
        wait="30m",
        why="A day without any label is longer than the usual nightly job is late; half an hour outlasts a restart.",
        summary="Labels of a model used to come and do not any more, so nobody knows how good it is.",
        description=f"No label of {WHERE} has met a prediction within a day; there were some in the three days before.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )


def _unmatched(scope: Scope) -> Alert:
    day, limits = scope.settings.window("24h"), scope.settings.limits
    lost = f"sum {scope.by(*MODEL, 'reason')} (increase({scope.metric(names.LABELS_UNMATCHED)}[{day}]))"
    received = f"sum {scope.by(*MODEL)} (increase({scope.metric(names.LABELS)}[{day}]))"
    return Alert(
        name="DriftgaugeLabelsUnmatched",
        severity=WARNING,
        expr=expression(f"""
          {lost}
        / {scope.on(*MODEL)} group_left ()
          ({received} >= {limits.labels_usual})
        >=
          {limits.labels_unmatched_ratio}
        """),
        wait="30m",
        keep="1h",
        why="The share is over a day, which holds a nightly batch of labels as a whole.",
        summary="Labels of a model do not meet their predictions, so its accuracy rests on a part of them.",
        description=f"{{{{ $value | humanizePercentage }}}} of the labels of {WHERE} within a day found no prediction: "
        "{{ $labels.reason }}.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )


def _coverage(scope: Scope) -> Alert:
    week = scope.metric(names.LABEL_COVERAGE_RATIO, 'window="7d"')
    coverage = f"avg {scope.by(*MODEL, 'window')} ({scope.recent(week)})"
    limit = published(scope, names.LABEL_COVERAGE_THRESHOLD)
    return Alert(
        name="DriftgaugeLabelCoverage",
        severity=WARNING,
        expr=f"{coverage} < {scope.on(*MODEL)} group_left () {limit}",
        wait="6h",
        keep="1h",
        why="The share is over a week; six hours outlast a nightly job that is late.",
        summary="Fewer predictions of a model have a label than should.",
        description=f"{{{{ $value | humanizePercentage }}}} of the predictions of {WHERE} over {{{{ $labels.window }}}} have a label.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )
