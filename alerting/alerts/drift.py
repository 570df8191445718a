"""Drift: of inputs, of predictions, of many columns at once, and of one version against another.

What pages is the fleet's score: the day's, or the hour's where the shift is larger than any daily cycle. A pod's own status
is information, except where there is no fleet score because every pod has learned a reference of its own.
"""

from __future__ import annotations

from alerting.alerts.words import COLUMN_LINKS, FEATURE, MODEL_DASHBOARD, MODEL_LINKS, WHERE
from alerting.records import canary, fleet, series
from alerting.records.series import at
from alerting.rule import CRITICAL, INFO, WARNING, Alert
from alerting.scope import COLUMN, MODEL, Scope, expression
from driftgauge import names

__all__ = ["canary_alerts", "fleet_alerts", "pod_alerts"]

_WHY = (
    "A day's score moves by about 1 % in a quarter of an hour, so one that stays over the threshold for that long is no "
    "wobble; keeping it for half an hour makes one page of a score that crosses the threshold several times."
)
_STATUS = ((CRITICAL, 2), (WARNING, 1))


def fleet_alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on the fleet's scores."""
    return (*_features(), *_predictions(), *_many(scope))


def _features() -> tuple[Alert, ...]:
    return tuple(
        Alert(
            name="DriftgaugeFeatureDrift",
            severity=severity,
            expr=_drifted("input", status),
            wait="15m",
            keep="30m",
            why=_WHY,
            summary="An input of a model no longer looks like its reference.",
            description=f"Feature {{{{ $labels.feature }}}} of {WHERE} is at a debiased Jensen-Shannon distance of "
            '{{ $value | printf "%.3f" }} (0 same, 1 disjoint) from reference {{ $labels.reference }} '
            "over {{ $labels.window }}, all pods together.",
            dashboard=FEATURE,
            links=COLUMN_LINKS,
        )
        for severity, status in _STATUS
    )


def _predictions() -> tuple[Alert, ...]:
    return tuple(
        Alert(
            name="DriftgaugePredictionDrift",
            severity=severity,
            expr=_drifted("output", status),
            wait="15m",
            keep="30m",
            why=_WHY,
            summary="The predictions of a model no longer look like its reference.",
            description=f"Output {{{{ $labels.feature }}}} of {WHERE} is at a debiased Jensen-Shannon distance of "
            '{{ $value | printf "%.3f" }} (0 same, 1 disjoint) from reference {{ $labels.reference }} '
            "over {{ $labels.window }}, all pods together.",
            dashboard=FEATURE,
            links=COLUMN_LINKS,
        )
        for severity, status in _STATUS
    )


def _drifted(role: str, status: int) -> str:
    return expression(f"""
      {fleet.SCORES.debiased}{{role="{role}"}}
    and
      {series.STATUS} >= {status}
    """)


def _many(scope: Scope) -> tuple[Alert, ...]:
    judged = at(series.STATUS, fleet.DAY, 'role="input"')
    limits = scope.settings.limits
    count = f"count {scope.by(*MODEL)}"
    return tuple(
        Alert(
            name="DriftgaugeManyFeaturesDrifted",
            severity=severity,
            expr=expression(f"""
              ({count} ({judged} >= 1) >= {limits.many_features_least})
            /
              {count} ({judged})
            >=
              {share}
            """),
            wait="15m",
            keep="30m",
            why=_WHY,
            summary="Many inputs of a model no longer look like their reference.",
            description=f"{{{{ $value | humanizePercentage }}}} of the judged features of {WHERE} have drifted over 24h.",
            dashboard=MODEL_DASHBOARD,
            links=MODEL_LINKS,
        )
        for severity, share in ((CRITICAL, limits.many_features_critical), (WARNING, limits.many_features_warning))
    )


def canary_alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alert on version against version."""
    window, scores = canary.WINDOW, canary.CANARY
    size = scope.recent(at(series.THRESHOLD, fleet.DAY, 'severity="warning"'))
    sure = scope.recent(at(series.EVIDENCE_THRESHOLD, window))
    samples = at(scores.samples, window)
    least = scope.settings.limits.fleet_least_samples
    expr = f"""
      {at(scores.debiased, window)} >= {scope.on(*COLUMN)} group_left () {size}
    and
      {at(scores.evidence, window)} >= {scope.on(*MODEL)} group_left () {sure}
    and
      {samples} >= {least}
    and {scope.on(*MODEL)}
      {series.REQUESTS} > 0
    """
    return (
        Alert(
            name="DriftgaugeCanaryDiffers",
            severity=WARNING,
            expr=expression(expr),
            wait="10m",
            keep="15m",
            why="The window holds both versions' rows of the same time, so a daily cycle cannot do this; ten minutes let the "
            "first minutes of a rollout pass, in which one pod's few clients are all there is.",
            summary="A version of a model sees or says something else than the stable version.",
            description=f"{{{{ $labels.role }}}} {{{{ $labels.feature }}}} of {WHERE} is at a debiased Jensen-Shannon distance "
            'of {{ $value | printf "%.3f" }} (0 same, 1 disjoint) from version {{ $labels.baseline }} over the time of the '
            "last {{ $labels.window }} in which both ran.",
            dashboard=MODEL_DASHBOARD,
            links=MODEL_LINKS,
        ),
    )


def pod_alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on the pods' own statuses."""
    status = scope.recent(scope.metric(names.DRIFT_STATUS))
    count = f"count {scope.by(*COLUMN)}"
    most = f"""
      {count} ({status} == 2) / {count} ({status} >= 0) >= 0.5
    unless {scope.on(*MODEL)}
      {at(fleet.SCORES.samples, fleet.DAY)}
    """
    return (
        _change(scope),
        Alert(
            name="DriftgaugeDriftInMostPods",
            severity=WARNING,
            expr=expression(most),
            wait="15m",
            keep="30m",
            why="A pod's status has a hysteresis of its own; a quarter of an hour lets the pods come to one opinion.",
            summary="Most pods of a model, each by its own reference, say that a column has drifted.",
            description=f"{{{{ $value | humanizePercentage }}}} of the pods of {WHERE} that can judge {{{{ $labels.role }}}} "
            "{{ $labels.feature }} say that it has drifted. There is no score of the whole fleet.",
            dashboard=FEATURE,
            links=COLUMN_LINKS,
        ),
        Alert(
            name="DriftgaugePodDrift",
            severity=INFO,
            expr=f"max {scope.by(scope.pod, *COLUMN)} ({status}) == 2",
            wait="15m",
            why="As for most pods.",
            summary="One pod says that a column has drifted.",
            description=f"Pod {{{{ $labels.{scope.pod} }}}} of {WHERE} says that {{{{ $labels.role }}}} "
            "{{ $labels.feature }} has drifted (status 2). The fleet's score decides, not this.",
            dashboard=FEATURE,
            links=COLUMN_LINKS,
        ),
    )


def _change(scope: Scope) -> Alert:
    limits = scope.settings.limits
    labels = (*COLUMN, "window", "mode")
    debiased, evidence, samples = (
        scope.recent(scope.metric(metric))
        for metric in (names.CHANGE_DEBIASED, names.CHANGE_EVIDENCE, names.CHANGE_SAMPLES)
    )
    sure = scope.recent(scope.metric(names.DRIFT_EVIDENCE_THRESHOLD))
    expr = f"""
      count {scope.by(*labels)} (
          {debiased} >= {limits.change_distance}
        and
          {evidence} >= {scope.on(scope.pod, *MODEL, "window")} group_left () {sure}
        and
          {samples} >= {limits.pod_least_samples}
      )
    /
      count {scope.by(*labels)} ({debiased})
    >=
      0.5
    """
    return Alert(
        name="DriftgaugeSuddenChange",
        severity=WARNING,
        expr=expression(expr),
        wait="15m",
        keep="30m",
        why="The scores change when an hour ends; a quarter of an hour lets all pods end theirs.",
        summary="A column of a model has suddenly changed against its own past.",
        description=f"{{{{ $value | humanizePercentage }}}} of the pods of {WHERE} say that {{{{ $labels.role }}}} "
        "{{ $labels.feature }} over {{ $labels.window }} differs from its own past ({{ $labels.mode }}).",
        dashboard=FEATURE,
        links=COLUMN_LINKS,
    )
